"""ISO 20022 bank transaction codes: domain, family and sub-family as one text, and what they say an entry is for us.

    PMNT-RCDT-ESCT    payments, received credit transfers, SEPA credit transfer
    PMNT-IDDT-UPDD    payments, issued direct debits, unpaid direct debit       -> return
    ACMT-MDOP-CHRG    account management, miscellaneous debits, charges         -> fee

After the external code set "Bank Transaction Code". Banks in the US often send BAI's three digits as their proprietary code;
they are read as those where no ISO code stands beside them; so are the codes of German banks, SWIFT's type and the business code
(GVC) of MT940: `NRTI+109+9310`. A code that says nothing leaves money in a receipt.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from parsers.records import Kind

_RETURNS = frozenset({"RRTN", "UPDD", "UPCQ", "UPCT", "RPCR", "RCDD"})
_REVERSALS = frozenset({"PRDD", "CQRV", "RRVS"})
_FEES = frozenset({"CHRG", "COMM", "COME", "COMI", "COMT", "FEES", "OVCH"})
_TRANSFERS = frozenset({"ICCT", "ZABA", "SWEP", "TOPG"})
"""Not AUTT: Swiss banks code payments by QR and ISR reference so."""
_OWN_CASH = "CAMT"
_GERMAN = re.compile(r"[NSF]([A-Z0-9]{3})\+(\d{3})(?:\+|$)")
_CREDITS: dict[str, Kind] = {"LBOX": "lockbox_deposit", "MCRD": "payout"}
_NO_PAYMENTS = frozenset({"ACMT", "CMDT", "DERV", "FORX", "LDAS", "PMET", "SECU"})


class Meaning(NamedTuple):
    """The code as one text, and what the entry is."""

    type_code: str
    kind: Kind


@lru_cache(maxsize=4096)
def meaning(
    domain: str, family: str, sub_family: str, proprietary: str, issuer: str, is_credit: bool, is_return: bool, is_reversal: bool,
) -> Meaning:
    """What the texts of `BkTxCd` say. `is_return`: the entry carries return information; `is_reversal`: it is marked as one."""
    domain, family, sub_family, proprietary = (part.strip() for part in (domain, family, sub_family, proprietary))
    code = "-".join(part for part in (domain, family, sub_family) if part)
    if is_return or sub_family in _RETURNS:
        return Meaning(code or proprietary, "return")
    if is_reversal or sub_family in _REVERSALS:
        return Meaning(code or proprietary, "reversal")
    if not code and "BAI" in issuer.upper() and len(proprietary) == 3 and proprietary.isdigit():
        return Meaning(proprietary, _kind_of_bai(proprietary, is_credit=is_credit))
    if not code and (german := _GERMAN.match(proprietary)):
        return Meaning(proprietary, _kind_of_german(german[1], german[2], is_credit=is_credit))
    return Meaning(code or proprietary, _kind_of_iso(domain, family, sub_family, is_credit=is_credit))


def _kind_of_iso(domain: str, family: str, sub_family: str, *, is_credit: bool) -> Kind:
    if sub_family in _FEES:
        return "fee"
    if sub_family == "INTR":
        return "interest"
    if domain == _OWN_CASH or sub_family in _TRANSFERS:
        return "transfer"
    if not is_credit:
        return "disbursement"
    return "other" if domain in _NO_PAYMENTS else _CREDITS.get(family, "receipt")


def _kind_of_german(code: str, business: str, *, is_credit: bool) -> Kind:
    from parsers.swift.entry import kind_of
    from parsers.swift.mt86_subfields import RETURN_BUSINESS

    return kind_of("C" if is_credit else "D", code, business, business in RETURN_BUSINESS, 1 if is_credit else -1)


def _kind_of_bai(code: str, *, is_credit: bool) -> Kind:
    from parsers.bai import codes

    found = codes.type_code(code)
    if (found.sign > 0) == is_credit:
        return found.kind
    return "receipt" if is_credit else "disbursement"
