"""BAI2 cash management balance reporting (BAI specification version 2): prior day and intraday.

    01 file · 02 group · 03 account with balances and summaries · 16 detail · 88 continuation · 49 · 98 · 99

Prior-day groups carry as-of-date modifier 2 and opening and closing ledger balances (010, 015); intraday groups modifier 3 and no
closing balance. The account control total (49) is the algebraic sum of every amount in 03 and 16 as written. Text is broken
between words into 88 records of about 80 characters. Wires carry `ORG:=`, `ORG ID:=`, `OBI:=`; ACH entries
`ORIG CO NAME:`; checks the plain text, as US banks write them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Literal, TextIO

from benchmarks.payments import Payment, Statement
from benchmarks.writers.fields import ascii_text, decimal, words, yymmdd

Report = Literal["prior_day", "intraday"]

RECEIPT_TYPES = {"wire": "195", "sepa": "208", "ach": "142", "debit": "165", "check": "175", "book": "206"}
DEBIT_TYPES = {"wire": "495", "sepa": "495", "ach": "451", "debit": "451", "check": "475", "book": "506"}
OTHER_TYPES = {"fee": "698", "interest": "354", "lockbox_deposit": "115"}
TEXTS = {"receipt": "INCOMING PAYMENT", "disbursement": "PAYMENT", "return": "RETURNED ITEM", "fee": "FEE",
         "interest": "INTEREST",
         "lockbox_deposit": "LOCKBOX DEPOSIT", "transfer": "TRANSFER"}
WIDTH = 80

_DELIMITERS = re.compile(r"[,/]")


def write_bai2(out: TextIO, statements: Iterable[Statement], report: Report = "prior_day", sender: str = "121000000",
               receiver: str = "CASHAPP") -> None:
    """A file with one group for each as-of date and currency, an account for each statement."""
    listed = sorted(statements, key=_group_key)
    created = max(statement.date for statement in listed)
    time = "0600" if report == "prior_day" else "1030"
    arrived = created + dt.timedelta(days=report == "prior_day")
    out.write(f"01,{sender},{receiver},{yymmdd(arrived)},{time},1,,,2/\n")
    total, records, groups = 0, 2, 0
    for _, accounts in groupby(listed, key=_group_key):
        group_total, group_records = _write_group(out, list(accounts), report, sender, receiver)
        total, records, groups = total + group_total, records + group_records, groups + 1
    out.write(f"99,{total},{groups},{records}/\n")


def _group_key(statement: Statement) -> tuple[dt.date, str]:
    return statement.date, statement.currency


def _write_group(out: TextIO, accounts: list[Statement], report: Report, sender: str, receiver: str) -> tuple[int, int]:
    modifier, time = ("2", "2359") if report == "prior_day" else ("3", "1030")
    out.write(f"02,{receiver},{sender},1,{yymmdd(accounts[0].date)},{time},{accounts[0].currency},{modifier}/\n")
    total, records = 0, 2
    for statement in accounts:
        account_total, account_records = _write_account(out, statement, report)
        total, records = total + account_total, records + account_records
    out.write(f"98,{total},{len(accounts)},{records}/\n")
    return total, records


def _write_account(out: TextIO, statement: Statement, report: Report) -> tuple[int, int]:
    summaries = _summaries(statement, report)
    lines = list(_account_records(statement, summaries))
    out.writelines(f"{line}\n" for line in lines)
    total = sum(amount for _, amount, _ in summaries)
    records = len(lines) + 1
    for payment in statement.payments:
        detail = "\n".join(_detail(payment))
        out.write(f"{detail}\n")
        total += abs(payment.amount_minor)
        records += detail.count("\n") + 1
    out.write(f"49,{total},{records}/\n")
    return total, records


def _summaries(statement: Statement, report: Report) -> list[tuple[str, int, str]]:
    """Type code, amount, item count; balances have no count."""
    credit_count = sum(payment.amount_minor > 0 for payment in statement.payments)
    credits_, debits = statement.credit_minor, statement.debit_minor
    totals = [("100", credits_, str(credit_count)), ("400", debits, str(len(statement.payments) - credit_count))]
    if report == "intraday":
        return totals
    closing = statement.opening_minor + credits_ - debits
    return [("010", statement.opening_minor, ""), ("015", closing, ""), ("045", closing, ""), *totals]


def _account_records(statement: Statement, summaries: list[tuple[str, int, str]]) -> Iterator[str]:
    """The 03 record; summaries that do not fit its 80 characters go into 88 records."""
    line = f"03,{statement.account},{statement.currency}"
    for code, amount, count in summaries:
        field = f",{code},{amount},{count}," if not count else f",{code},{amount},{count},Z"
        if len(line) + len(field) + 1 > WIDTH:
            yield f"{line}/"
            line = f"88{field}"
        else:
            line += field
    yield f"{line}/"


def _detail(payment: Payment) -> Iterator[str]:
    funds = "Z" if payment.value_date == payment.booking_date else f"V,{yymmdd(payment.value_date)},"
    references = f"{_reference(payment.bank_reference)},{_reference(_own_reference(payment))}"
    head = f"16,{_type_code(payment)},{abs(payment.amount_minor)},{funds},{references},"
    yield f"{head}{TEXTS[payment.kind]}"
    for part in _text_parts(payment):
        for piece in words(ascii_text(part), WIDTH - 3):
            yield f"88,{piece}"


def _type_code(payment: Payment) -> str:
    if payment.kind == "return":
        return "555" if payment.rail == "check" else "557"
    if payment.kind in OTHER_TYPES:
        return OTHER_TYPES[payment.kind]
    return (RECEIPT_TYPES if payment.amount_minor > 0 else DEBIT_TYPES)[payment.rail]


def _own_reference(payment: Payment) -> str:
    return payment.original_reference if payment.kind == "return" else payment.customer_reference or payment.check_number


def _reference(text: str) -> str:
    """A reference field cannot hold the delimiters."""
    return _DELIMITERS.sub("-", ascii_text(text))


def _text_parts(payment: Payment) -> Iterator[str]:
    """What follows in 88 records, each keyword in one of its own."""
    text = " ".join(part for part in (payment.return_reason, payment.structured_reference, payment.text) if part)
    keywords: tuple[tuple[str, str], ...]
    if payment.kind != "receipt":
        keywords = ("", payment.payer_name), ("", text)
    elif payment.rail in {"ach", "debit"}:
        keywords = ("ORIG CO NAME:", payment.payer_name), ("", text)
    elif payment.rail == "check":
        keywords = ("REMITTER:", payment.payer_name), ("CHECK ", f"{payment.check_number} {text}".strip())
    else:
        charges = f"{payment.currency}{decimal(payment.fee_minor, payment.currency)}" if payment.fee_minor else ""
        keywords = (("ORG:=", payment.payer_name), ("ORG ID:=", payment.payer_account), ("OBI:=", text), ("CHARGES:=", charges))
    return (f"{keyword}{value}" for keyword, value in keywords if value)
