"""BAI lockbox file in 104 columns: checks and the documents they pay.

    1 file · 2 service · ((5 batch · (6 check · 4 document*)* · 7)* · 8 lockbox total)* · 9 trailer

Record 6: batch 2-4, item 5-7, amount 8-17, routing 18-26, account 27-36, check number 37-46, date MMDDYY 47-52, remitter 53-82.
Record 4: batch 2-4, item 5-7, `6`, sequence 9-10, last flag 11 (9 = last), document 12-31, amount 32-41 in cents, a credit memo's
with a leading minus. The totals' columns bound a lockbox to 9,999 checks and 99,999,999.99, a file to 999,999 records.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, TextIO

from benchmarks.payments import Payment
from benchmarks.writers.fields import ascii_text, yymmdd

WIDTH = 104
BATCH_MAX = 999
CHECKS_MAX = 9_999
RECORDS_MAX = 999_999
AMOUNT_MAX = 10**10 - 1


class Deposit(NamedTuple):
    """What one lockbox took in: seven digits of its number, its checks in order, and the number of its first batch."""

    lockbox: str
    checks: Collection[Payment]
    first_batch: int = 1


def reference(lockbox: str, batch: int, item: int) -> str:
    """`lockbox-batch-item`, what the bank calls a check: batches and items count from 1."""
    return f"{lockbox:>07}-{batch:03d}-{item:03d}"


def write_lockbox(out: TextIO, deposits: Iterable[Deposit], *, deposited: dt.date, batch_size: int = BATCH_MAX) -> None:
    """The deposits of one day; each check's `bank_reference` is what `reference` says of its batch and item."""
    parties = f"{'OURCOMPANY':>10}{'0999999999':>10}"
    out.write(_line(f"100{parties}{yymmdd(deposited)}0600"))
    out.write(_line(f"2{parties}{'':10}400{WIDTH:03d}{WIDTH:03d}1"))
    records = 3
    for deposit in deposits:
        records += _write_deposit(out, deposit, yymmdd(deposited), parties, batch_size)
    out.write(_line(f"9{_bounded(records, RECORDS_MAX):06d}"))


def _write_deposit(out: TextIO, deposit: Deposit, day: str, parties: str, batch_size: int) -> int:
    number = f"{deposit.lockbox:>07}"
    records, count, total, batch = 1, 0, 0, deposit.first_batch - 1
    waiting = iter(deposit.checks)
    while group := list(islice(waiting, batch_size)):
        batch += 1
        lines = list(_batch(group, _bounded(batch, BATCH_MAX), number, day, parties))
        out.writelines(lines)
        records += len(lines)
        count += len(group)
        total += sum(check.amount_minor for check in group)
    out.write(_line(f"8000000{number}{day}{_bounded(count, CHECKS_MAX):04d}{_bounded(total, AMOUNT_MAX):010d}"))
    return records


def _bounded(figure: int, limit: int) -> int:
    """A figure that its columns can hold."""
    if figure > limit:
        raise ValueError(f"{figure} does not fit a lockbox file, which holds {limit}")
    return figure


def _line(text: str) -> str:
    return f"{text:<{WIDTH}}\n"


def _batch(checks: list[Payment], batch: int, number: str, day: str, parties: str) -> Iterator[str]:
    yield _line(f"5{batch:03d}000{number}{day}{parties}")
    for item, check in enumerate(checks, 1):
        routing, _, account = check.payer_account.partition("/")
        yield _line(f"6{batch:03d}{item:03d}{check.amount_minor:010d}{routing:>09}{account[-10:]:>010}{check.check_number:>010}"
                    f"{check.value_date:%m%d%y}{ascii_text(check.payer_name)[:30]:<30}")
        last = len(check.remittance)
        for sequence, told in enumerate(check.remittance, 1):
            yield _line(f"4{batch:03d}{item:03d}6{sequence:02d}{'9' if sequence == last else '0'}"
                        f"{ascii_text(told.document_number)[:20]:<20}{told.amount_minor:010d}")
    total = sum(check.amount_minor for check in checks)
    yield _line(f"7{batch:03d}000{number}{day}{len(checks):03d}{_bounded(total, AMOUNT_MAX):010d}")
