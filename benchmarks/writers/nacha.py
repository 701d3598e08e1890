"""NACHA ACH file as our bank delivers it: credits received (PPD, CCD, CCD+, CTX) and returns of our own debits (addenda 99).

    1 file · (5 batch · (6 entry · 7 addenda*)* · 8)* · 9 · padding with 9s to whole blocks of ten 94-byte records

A batch is opened for each run of payments of one payer, bank, class and settlement day: the payer is the originating company of the 5
record and its bank the ODFI, the first eight digits of the trace number (`bank_reference`, 15 digits). The remittance decides the
class: none → PPD with the text as its addendum, one line → CCD with an `RMR` addendum, more → CTX with a
whole 820 interchange cut into 80-byte addenda. A `return` payment is an entry 26 with its addendum 99 under our own company's
batch; its `original_reference` is the original trace, its `return_reason` an R code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TextIO
from zlib import crc32

from benchmarks.payments import Payment
from benchmarks.writers.edi820 import interchange, remittance
from benchmarks.writers.fields import ascii_text, check_digit, yymmdd

HASH_MODULUS = 10**10
BatchKey = tuple[str, str, str, dt.date]


class Totals:
    """Running counts, hash and sums of a batch or a file."""

    __slots__ = ("count", "credit", "debit", "hash")

    def __init__(self) -> None:
        self.count = self.hash = self.debit = self.credit = 0

    def add(self, other: Totals) -> None:
        """Carry a batch into its file."""
        self.count += other.count
        self.hash = (self.hash + other.hash) % HASH_MODULUS
        self.debit += other.debit
        self.credit += other.credit


def write_nacha(out: TextIO, payments: Iterable[Payment], *, created: dt.date, company: str, routing: str, account: str) -> None:
    """`company`, `routing` and `account` are ours: the receiver of credits, the originator of what is returned."""
    destination, origin = f"{routing:>10}", f"{routing:>10}"
    out.write(f"101{destination}{origin}{yymmdd(created)}0600A094101{_text(company, 23)}{_text('OUR BANK', 23)}{'':8}\n")
    file, batches, records = Totals(), 0, 2
    for key, group in groupby(payments, key=_batch_key):
        batches += 1
        totals, written = _write_batch(out, key, group, batches, _Receiver(company, routing, account))
        file.add(totals)
        records += written
    blocks = -(-records // 10)
    out.write(f"9{batches:06d}{blocks:06d}{file.count:08d}{file.hash:010d}{file.debit:012d}{file.credit:012d}{'':39}\n")
    out.write(f"{'9' * 94}\n" * (blocks * 10 - records))


class _Receiver:
    __slots__ = ("account", "company", "routing")

    def __init__(self, company: str, routing: str, account: str) -> None:
        self.company, self.routing, self.account = company, routing, account


def _batch_key(payment: Payment) -> BatchKey:
    payer = "" if payment.kind == "return" else payment.payer_name
    return payer, payment.bank_reference[:8], _class_code(payment), payment.booking_date


def _class_code(payment: Payment) -> str:
    if payment.kind == "return" or len(payment.remittance) == 1:
        return "CCD"
    return "CTX" if payment.remittance else "PPD"


def _text(text: str, width: int) -> str:
    return f"{ascii_text(text)[:width]:<{width}}"


def _write_batch(out: TextIO, key: BatchKey, group: Iterable[Payment], number: int, ours: _Receiver) -> tuple[Totals, int]:
    payer, odfi, code, day = key
    returned = not payer
    service = "225" if returned else "220"
    identification = f"1{_number(payer or ours.company):09d}"
    description = "RETURN" if returned else "PAYMENT"
    out.write(f"5{service}{_text(payer or ours.company, 16)}{'':20}{identification}{code}{description:<10}"
              f"{yymmdd(day)}{yymmdd(day)}{day.timetuple().tm_yday:03d}1{odfi}{number:07d}\n")
    totals = Totals()
    records = 2
    for payment in group:
        for record in _return_records(payment, ours) if returned else _credit_records(payment, code, ours):
            out.write(record)
            records += 1
            totals.count += 1
        totals.hash = (totals.hash + int(_routing_of(payment, ours)[:8])) % HASH_MODULUS
        totals.credit += max(payment.amount_minor, 0)
        totals.debit += max(-payment.amount_minor, 0)
    out.write(f"8{service}{totals.count:06d}{totals.hash:010d}{totals.debit:012d}{totals.credit:012d}"
              f"{identification}{'':25}{odfi}{number:07d}\n")
    return totals, records


def _number(text: str) -> int:
    """A company identification that depends on the name alone."""
    return crc32(text.encode()) % 10**9


def _routing_of(payment: Payment, ours: _Receiver) -> str:
    """The receiving bank of the entry: ours for a credit, the payer's for the return of a debit."""
    return payment.payer_account.partition("/")[0].rjust(9, "0") if payment.kind == "return" else ours.routing


def _credit_records(payment: Payment, code: str, ours: _Receiver) -> Iterator[str]:
    addenda = list(_addenda(payment, code, ours))
    receiver = (f"{len(addenda):04d}{_text(ours.company, 16)}{'':4}" if code == "CTX" else f"{_text(ours.company, 22)}  ")
    yield (f"622{ours.routing[:8]}{check_digit(ours.routing)}{_text(ours.account, 17)}{payment.amount_minor:010d}"
           f"{_text(payment.customer_reference, 15)}{receiver}{'1' if addenda else '0'}{payment.bank_reference:>15}\n")
    for sequence, text in enumerate(addenda, 1):
        yield f"705{text:<80}{sequence:04d}{payment.bank_reference[-7:]:>7}\n"


def _addenda(payment: Payment, code: str, ours: _Receiver) -> Iterator[str]:
    if code == "CTX":
        whole = interchange(payment, payee=ours.company, terminator="\\")
        yield from (whole[start : start + 80] for start in range(0, len(whole), 80))
    elif payment.remittance:
        yield f"{remittance(payment.remittance[0])}\\"[:80]
    elif payment.text:
        yield ascii_text(payment.text)[:80]


def _return_records(payment: Payment, ours: _Receiver) -> Iterator[str]:
    routing = _routing_of(payment, ours)
    account = payment.payer_account.partition("/")[2]
    yield (f"626{routing[:8]}{check_digit(routing)}{_text(account, 17)}{-payment.amount_minor:010d}"
           f"{_text(payment.customer_reference, 15)}{_text(payment.payer_name, 22)}  1{payment.bank_reference:>15}\n")
    yield (f"799{payment.return_reason[:3]:<3}{payment.original_reference:>15}{'':6}{routing[:8]}{_text(payment.text, 44)}"
           f"{payment.bank_reference:>15}\n")
