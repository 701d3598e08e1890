"""Bank files of any size for the parse benchmark: the same payments in every format, deterministic, in flat memory.

    python -m benchmarks.parse_files FORMAT LINES FILE

Statements hold 5,000 entries and follow each other by day, each beginning with the balance of the one before. One entry in 25 is a
payment of ours. What payers say is short text in most entries; remittance lines where the format has them.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TextIO

from benchmarks import bank_files
from benchmarks.payments import Payment, Rail, Statement, Told
from benchmarks.writers import camt, edi823, fedwire, lockbox, mt103, nacha, pacs, processors, remt
from benchmarks.writers.fields import check_digit

STATEMENT_LINES = 5_000
BOX_CHECKS = 5_000
FILE_BOXES = 40
"""Boxes in one lockbox file, whose trailer counts no more than 999,999 records; a larger benchmark holds several files."""

FIRST_DAY = dt.date(2026, 1, 5)
FIRST_BOX = 1_000_001
OPENING_MINOR = 100_000_000
ACCOUNT = "4407001122"
SELDOM_TOLD = frozenset({"camt", "camt052", "camt054", "nacha"})
STATEMENTS_IN_EUROS = frozenset({"mt940", "mt942", "camt", "camt052", "camt054"})
EUROS = STATEMENTS_IN_EUROS | {"mt103", "mt910", "pacs004", "pacs008", "remt"}
PAID_OUT = frozenset({"adyen", "amazon", "stripe"})
"""Reports whose last line is the payout."""
TELL_LINES = bank_files.TELL_LINES | {"camt052", "pacs008", "remt", "x12_823"}
ROUTINGS = tuple(bank + check_digit(bank) for bank in ("09140022", "12187005", "32317004", "02120271", "11190065"))
_WORDS = ("Cedar", "Boulder", "Arden", "Wilder", "Maple", "Granite", "Silver", "Stony", "Twin", "Union", "West", "Harbor", "Clear",
          "Eagle", "Glen", "Iron", "Müller", "Kuiper", "Moreau", "Koskela")
_TRADES = ("Logistics", "Hardware", "Foods", "Marine Supply", "Dental Group", "Interiors", "Textiles", "Packaging", "Electric",
           "Catering", "Printing")
_FORMS = ("Inc.", "LLC", "GmbH", "Ltd", "B.V.", "SARL", "AG")
_IBAN = "DE02120300000000202051"


class Payments(Collection[Payment]):
    """Entries number `first` up to `end` of a format, made anew each time they are asked for."""

    def __init__(self, format_name: str, first: int, end: int) -> None:
        self.format_name, self.first, self.end = format_name, first, end

    def __iter__(self) -> Iterator[Payment]:
        return (payment(self.format_name, number) for number in range(self.first, self.end))

    def __len__(self) -> int:
        return self.end - self.first

    def __contains__(self, item: object) -> bool:
        return any(each == item for each in self)


def payment(format_name: str, number: int) -> Payment:
    """The entry with this number: everything about it follows from the number."""
    payer = number // 10 if format_name == "nacha" else number * 7919
    name = f"{_WORDS[payer % 20]} {_TRADES[payer % 11]} {_FORMS[payer % 7]}"
    is_euro = format_name in EUROS
    amount = 1_000 + number * 7_919_993 % 998_000
    day = _day(format_name, number)
    ours = format_name in bank_files.STATEMENTS and number % 25 == 24
    told = Payment(
        -amount if ours else amount, day, day, _reference(format_name, number), "EUR" if is_euro else "USD",
        f"E2E-{number:09d}" if number % 2 else "", "disbursement" if ours else "receipt", _rail(format_name), name,
        _IBAN if is_euro else f"{ROUTINGS[payer % 5]}/{10_000_000 + payer % 1_000_003}", "",
        f"{20_000_000 + number}" if format_name in {"lockbox", "x12_823"} else "", _text(number), remittance=_told(format_name, number, amount),
    )
    return told._replace(return_reason="AC04 account closed", original_reference=f"OUR-{number:09d}") if format_name == "pacs004" else told


def _rail(format_name: str) -> Rail:
    return bank_files.FORMATS[format_name].rail if format_name in bank_files.FORMATS else "wire"


def _day(format_name: str, number: int) -> dt.date:
    if format_name in {"nacha", "lockbox"}:
        return FIRST_DAY
    return FIRST_DAY + dt.timedelta(days=number // STATEMENT_LINES)


def _reference(format_name: str, number: int) -> str:
    if format_name == "nacha":
        return f"{ROUTINGS[number // 10 % 5][:8]}{number:07d}"
    if format_name == "lockbox":
        batch, item = divmod(number % BOX_CHECKS, lockbox.BATCH_MAX)
        return lockbox.reference(str(FIRST_BOX + number // BOX_CHECKS), batch + 1, item + 1)
    if format_name == "fedwire":
        return fedwire.imad(_day(format_name, number), number)
    return f"{format_name[:2].upper()}{number:012d}"


def _text(number: int) -> str:
    said = f"Invoice INV-2026-{number:07d} of 3 January, thank you"
    return f"{said} - and INV-2026-{number + 1:07d}, less returned goods" if number % 4 == 3 else said


def _told(format_name: str, number: int, amount: int) -> tuple[Told, ...]:
    """A document for each payment, two for every fifth, where the format tells documents; in camt and ACH with every fourth."""
    place = number // 10 if format_name == "nacha" else number  # a run of payments of one payer is one batch
    if format_name not in TELL_LINES or (format_name in SELDOM_TOLD and place % 4):
        return ()
    rest = amount // 3 if place % 5 == 0 else 0
    told = (Told(f"INV-2026-{number:07d}", amount - rest),)
    return (*told, Told(f"INV-2026-{number + 1:07d}", rest)) if rest else told


def write(format_name: str, lines: int, out: TextIO) -> None:
    """A file of so many entries."""
    entries = Payments(format_name, 0, max(lines - (format_name in PAID_OUT), 1))
    if format_name in _OTHERS:
        _OTHERS[format_name](out, entries)
    elif format_name == "lockbox":
        _write_lockbox(lines, out)
    elif format_name == "x12_823":
        for deposit in _deposits(format_name, 0, lines):
            edi823.write_823(out, [deposit], deposited=FIRST_DAY)
    elif format_name == "nacha":
        nacha.write_nacha(out, entries, created=FIRST_DAY, company=bank_files.OWNER, routing=bank_files.ROUTING, account=ACCOUNT)
    elif format_name == "camt052":
        camt.write_camt(out, _statements(format_name, lines), "052")
    elif format_name in bank_files.STATEMENTS | STATEMENTS_IN_EUROS | {"bai2_intraday"}:
        bank_files.FORMATS[format_name].write(out, list(_statements(format_name, lines)))
    else:
        whole = Statement(ACCOUNT, FIRST_DAY, OPENING_MINOR, entries)
        bank_files.FORMATS[format_name].write(out, [whole])


_OTHERS: dict[str, Callable[[TextIO, Payments], None]] = {
    "mt103": lambda out, entries: mt103.write_mt103(out, entries, owner=bank_files.OWNER, account=_IBAN),
    "mt910": lambda out, entries: mt103.write_mt910(out, entries, account=_IBAN),
    "pacs004": pacs.write_pacs_004,
    "pacs008": lambda out, entries: pacs.write_pacs_008(out, entries, owner=bank_files.OWNER, account=_IBAN),
    "remt": lambda out, entries: remt.write_remt(out, entries, created=FIRST_DAY),
    "adyen": lambda out, entries: processors.write_adyen(out, entries, batch="1", paid=FIRST_DAY),
    "amazon": lambda out, entries: processors.write_amazon(out, entries, settlement="1", paid=FIRST_DAY),
    "paypal": lambda out, entries: processors.write_paypal(out, entries, day=FIRST_DAY, opening_minor=OPENING_MINOR),
    "stripe": lambda out, entries: processors.write_stripe(out, entries, payout="po_1", paid=FIRST_DAY),
}
FORMATS = (*bank_files.FORMATS, "camt052", "x12_823", *_OTHERS)


def _statements(format_name: str, lines: int) -> Iterator[Statement]:
    opening = OPENING_MINOR
    currency, account = ("EUR", _IBAN) if format_name in EUROS else ("USD", ACCOUNT)
    for number, first in enumerate(range(0, lines, STATEMENT_LINES), 1):
        payments = Payments(format_name, first, min(first + STATEMENT_LINES, lines))
        day = _day(format_name, first)
        yield Statement(account, day, opening, payments, currency, f"ST-{number:06d}", number, owner=bank_files.OWNER)
        opening += sum(each.amount_minor for each in payments)


def _write_lockbox(lines: int, out: TextIO) -> None:
    per_file = BOX_CHECKS * FILE_BOXES
    for start in range(0, lines, per_file):
        lockbox.write_lockbox(out, _deposits("lockbox", start, min(start + per_file, lines)), deposited=FIRST_DAY)


def _deposits(format_name: str, first: int, end: int) -> Iterator[lockbox.Deposit]:
    """The deposit of each box."""
    for start in range(first, end, BOX_CHECKS):
        yield lockbox.Deposit(str(FIRST_BOX + start // BOX_CHECKS), Payments(format_name, start, min(start + BOX_CHECKS, end)))


if __name__ == "__main__":
    _, wanted, count, path = sys.argv
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        write(wanted, int(count), stream)
