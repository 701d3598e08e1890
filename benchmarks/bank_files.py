"""Receipts into bank files: which format carries which receipt, what survives there, and the files themselves.

Each format and currency has an account of its own, so that nothing is reported twice by accident. What a format cannot carry
moves: text of a check becomes document numbers of the lockbox, remittance lines that a statement has no place for become a
separate advice.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TextIO

from benchmarks.books import Receipt
from benchmarks.payments import Payment, Rail, Statement, Told
from benchmarks.writers import bai2, bank_csv, camt, edi820, fedwire, lockbox, mt940, nacha, ofx

OWNER = "Larkspur Trading Company"
ROUTING = "121007018"
OPENING_MINOR = 100_000_000
ALL = frozenset({"USD", "EUR", "GBP", "CHF"})
DOLLARS = frozenset({"USD"})


class Carrier(NamedTuple):
    """A format: the currencies it is used for here, the file's extension, the rail of its payments, and how to write a day's
    statements."""

    currencies: frozenset[str]
    extension: str
    rail: Rail
    write: Callable[[TextIO, list[Statement]], None]


def _nacha(out: TextIO, statements: list[Statement]) -> None:
    for statement in statements:
        nacha.write_nacha(out, statement.payments, created=statement.date, company=OWNER, routing=ROUTING,
                          account=statement.account)


def _lockbox(out: TextIO, statements: list[Statement]) -> None:
    for statement in statements:
        boxes: dict[str, list[Payment]] = defaultdict(list)
        for payment in statement.payments:
            boxes[payment.bank_reference[:7]].append(payment)
        lockbox.write_lockbox(out, [lockbox.Deposit(*box) for box in boxes.items()], deposited=statement.date)


def _fedwire(out: TextIO, statements: list[Statement]) -> None:
    for statement in statements:
        fedwire.write_fedwire(out, statement.payments, owner=OWNER, account=statement.account, routing=ROUTING)


def _x12(out: TextIO, statements: list[Statement]) -> None:
    for statement in statements:
        edi820.write_820(out, statement.payments, created=statement.date, payee=OWNER)


FORMATS = {
    "mt940": Carrier(ALL, "sta", "sepa", mt940.write_mt940),
    "mt942": Carrier(ALL, "mt942", "sepa", mt940.write_mt942),
    "camt": Carrier(ALL, "xml", "sepa", camt.write_camt),
    "camt054": Carrier(ALL, "xml", "sepa", lambda out, statements: camt.write_camt(out, statements, "054")),
    "bai2": Carrier(ALL, "bai", "wire", bai2.write_bai2),
    "bai2_intraday": Carrier(ALL, "bai", "wire", lambda out, statements: bai2.write_bai2(out, statements, "intraday")),
    "ofx": Carrier(ALL, "ofx", "ach", ofx.write_ofx),
    "ofx1": Carrier(ALL, "ofx", "ach", lambda out, statements: ofx.write_ofx(out, statements, "1")),
    "csv": Carrier(ALL, "csv", "ach", bank_csv.write_csv),
    "nacha": Carrier(DOLLARS, "ach", "ach", _nacha),
    "lockbox": Carrier(DOLLARS, "bai", "check", _lockbox),
    "fedwire": Carrier(DOLLARS, "txt", "wire", _fedwire),
    "x12": Carrier(DOLLARS, "edi", "ach", _x12),
}
DOLLAR_MIX = {"bai2": 30, "nacha": 20, "lockbox": 20, "ofx": 12, "csv": 8, "fedwire": 5, "x12": 5}
OTHER_MIX = {"mt940": 50, "camt": 50}
TELL_ACCOUNT = frozenset({"mt940", "mt942", "camt", "camt054", "lockbox", "fedwire", "csv", "x12"})
"""Formats with a field for the payer's account; BAI2 has it at best somewhere in the text."""
NAME_WIDTHS = {"nacha": 16, "lockbox": 30, "ofx": 32, "ofx1": 32, "fedwire": 35, "mt940": 54, "mt942": 54}
TELL_FEE = frozenset({"mt940", "mt942", "camt", "camt054", "fedwire", "bai2", "bai2_intraday"})
TELL_LINES = frozenset({"camt", "camt054", "nacha", "x12", "lockbox"})
"""Formats with room for remittance lines; the lockbox has none for discounts and deductions."""
STATEMENTS = frozenset({"mt940", "camt", "bai2", "ofx", "ofx1", "csv"})
BOX_SIZE = 5000
FIRST_BOX = 7_700_001


def currencies(format_name: str) -> frozenset[str]:
    """What customers pay in when all is in this format."""
    return ALL if format_name == "mix" else FORMATS[format_name].currencies


def assign(receipts: list[Receipt], format_name: str, chance: random.Random) -> None:
    """Give each receipt its format, what the payer says in the form that the format can carry, and the bank's reference."""
    for receipt in receipts:
        mix = DOLLAR_MIX if receipt.currency == "USD" else OTHER_MIX
        receipt.format = chance.choices(list(mix), list(mix.values()))[0] if format_name == "mix" else format_name
        _fit(receipt)
    _number(receipts)


def _fit(receipt: Receipt) -> None:
    """Move what the format cannot carry."""
    lines = receipt.format in TELL_LINES
    if receipt.fee_minor and receipt.format not in TELL_FEE:
        receipt.fee_minor, receipt.expected, receipt.sufficient = 0, "ask", False
    if receipt.structured_reference and receipt.format == "lockbox":
        receipt.written, receipt.medium = (Told(receipt.structured_reference, receipt.amount_minor),), "file"
    if receipt.medium == "text" and (receipt.format in {"lockbox",
                                                        "x12"} or (receipt.format == "nacha" and len(receipt.text) > 80)):
        receipt.medium = "file"
    deducted = any(told.deduction_minor for told in receipt.written)
    if receipt.medium == "file" and (not lines or (deducted and receipt.format == "lockbox")):
        receipt.medium = "advice"
    if receipt.medium != "text" and receipt.format in {"lockbox", "x12"}:
        receipt.text = ""


def _number(receipts: list[Receipt]) -> None:
    """The bank's references in the order of the files; NACHA's by payer, a lockbox's by place in the deposit."""
    counters: dict[str, int] = defaultdict(int)
    boxes: dict[dt.date, tuple[int, int]] = {}
    box = FIRST_BOX - 1
    for receipt in sorted(receipts, key=_file_order):
        counters[receipt.format] += 1
        number = counters[receipt.format]
        if receipt.format == "lockbox":
            current, position = boxes.get(receipt.day, (0, BOX_SIZE))
            if position == BOX_SIZE:
                box += 1
                current, position = box, 0
            boxes[receipt.day] = current, position + 1
            receipt.bank_reference = lockbox.reference(str(current), *_place(position))
            receipt.check_number = f"{20_000_000 + number}"
        elif receipt.format == "nacha":
            receipt.bank_reference = f"{receipt.payer_account[:8]}{number:07d}"
            receipt.customer_reference = f"VND{receipt.payer_account[-5:]}"
        elif receipt.format == "fedwire":
            receipt.bank_reference, receipt.customer_reference = fedwire.imad(receipt.day, number), f"W{number:09d}"
        else:
            receipt.bank_reference = f"{receipt.format[:2].upper()}{receipt.day:%y%m%d}{number:08d}"
            receipt.customer_reference = f"E2E{number:09d}" if number % 2 else ""


def _place(position: int) -> tuple[int, int]:
    batch, item = divmod(position, lockbox.BATCH_MAX)
    return batch + 1, item + 1


def _file_order(receipt: Receipt) -> tuple[str, dt.date, str]:
    return receipt.format, receipt.day, f"{receipt.payer_name}|{receipt.payer_account}" if receipt.format == "nacha" else ""


def payment(receipt: Receipt) -> Payment:
    """What the bank knows of a receipt."""
    said = receipt.medium == "file"
    return Payment(
        receipt.amount_minor, receipt.day, receipt.day, receipt.bank_reference, receipt.currency, receipt.customer_reference,
        "receipt",
        FORMATS[receipt.format].rail, receipt.payer_name, receipt.payer_account, "", receipt.check_number,
        "" if said else receipt.text, receipt.structured_reference, receipt.fee_minor, remittance=receipt.written if said else ())


def write(receipts: list[Receipt], folder: Path) -> list[Path]:
    """A file for each format and day, all currencies in it."""
    days: dict[tuple[str, dt.date], dict[str, list[Payment]]] = defaultdict(lambda: defaultdict(list))
    for receipt in sorted(receipts, key=_file_order):
        days[receipt.format, receipt.day][receipt.currency].append(payment(receipt))
    balances: dict[tuple[str, str], int] = defaultdict(lambda: OPENING_MINOR)
    written = []
    for sequence, ((format_name, day), by_currency) in enumerate(sorted(days.items()), 1):
        statements = []
        for currency, payments in sorted(by_currency.items()):
            lines = [*payments, *_other_lines(format_name, currency, day, len(payments))]
            statement = Statement(_account(format_name, currency), day, balances[format_name, currency], lines, currency,
                                  f"{format_name[:4].upper()}{day:%y%m%d}{currency}", sequence, owner=OWNER)
            balances[format_name, currency] = statement.closing_minor
            statements.append(statement)
        path = folder / f"{format_name}_{day:%Y%m%d}.{FORMATS[format_name].extension}"
        with path.open("w", encoding="utf-8", newline="") as out:
            FORMATS[format_name].write(out, statements)
        written.append(path)
    return written


def _account(format_name: str, currency: str) -> str:
    place = list(FORMATS).index(format_name) * 10 + sorted(ALL).index(currency)
    return f"{4407001000 + place}"


def _other_lines(format_name: str, currency: str, day: dt.date, receipts: int) -> Iterator[Payment]:
    """A statement has more than receipts: what we paid, a fee, interest."""
    if format_name not in STATEMENTS:
        return
    reference = f"{format_name[:2].upper()}{day:%y%m%d}{currency[:1]}"
    for number in range(receipts // 25):
        yield Payment(-(10_000 + number), day, day, f"{reference}P{number:06d}", currency, kind="disbursement",
                      payer_name="A SUPPLIER",
                      text="OUR PAYMENT RUN")
    yield Payment(-2500, day, day, f"{reference}FEE0001", currency, kind="fee", text="ACCOUNT MAINTENANCE FEE")
    yield Payment(311, day, day, f"{reference}INT0001", currency, kind="interest", text="INTEREST PAID")
