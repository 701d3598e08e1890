"""Bank account numbers in one spelling, so that the payer of a bank file meets the account a customer is known by.

Upper case, without the blanks, dashes and dots that people and banks put in to read them: `de89 3704-0044 0532.0130.00`
and `DE89370400440532013000` are one account. The slash of `routing/account` stays: it tells two numbers apart;
zeros that pad the account behind it go.
"""

from __future__ import annotations

import re

import polars as pl

_SEPARATORS = "[ \t\r\n\u00a0\u2007\u2009\u202f.\u2010-\u2014-]+"
_SEPARATED = re.compile(_SEPARATORS)
_PADDING = re.compile("/0+")


def normalise_account(account: str) -> str:
    """One account number in the spelling by which accounts are compared."""
    return _PADDING.sub("/", _SEPARATED.sub("", account)).upper()


def normalised_accounts(accounts: pl.Expr) -> pl.Expr:
    """The same for a whole column."""
    return accounts.str.replace_all(_SEPARATORS, "").str.replace_all(_PADDING.pattern, "/").str.to_uppercase()


def same_account(one: str, other: str) -> bool:
    """Whether two normalised numbers may name one account: equal, or one is the national part of the other's IBAN or of
    `routing/account`. An empty number may be any account."""
    if not one or not other or one == other:
        return True
    short, long = sorted((one.rpartition("/")[2].lstrip("0"), other.rpartition("/")[2].lstrip("0")), key=len)
    return len(short) >= _SHORTEST and (long.endswith(short) or _without_currency(long).endswith(short))


_SHORTEST = 6  # fewer digits say nothing


def _without_currency(account: str) -> str:
    """`NL00BANK0123456789EUR` → without the currency that some banks append."""
    return account[:-3] if account[-3:].isalpha() else account
