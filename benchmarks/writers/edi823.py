"""ASC X12 823 lockbox (005010, functional group LB): one transaction set, a deposit with one batch for each box.

    ISA GS ST N1*BK (DEP AMT*3 QTY*41 QTY*42 BAT AMT*2 QTY*42 (BPR TRN REF*CK N1*PR RMR*)*)* SE GE IEA

A check is a BPR with method CHK; TRN02 and REF*CK are its number. AMT01 3 is the deposit, 2 the batch; QTY01 41 counts batches,
42 checks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TextIO

from benchmarks.payments import Payment
from benchmarks.writers.edi820 import isa, money, plain, remittance
from benchmarks.writers.fields import yyyymmdd
from benchmarks.writers.lockbox import Deposit


def write_823(out: TextIO, deposits: Iterable[Deposit], *, deposited: dt.date) -> None:
    """One interchange; segments end with `~` and a line feed."""
    body = ["N1*BK*OUR BANK", f"DTM*009*{yyyymmdd(deposited)}"]
    for deposit in deposits:
        body += _deposit(deposit, deposited)
    head = [f"GS*LB*BANK*PAYEE*{yyyymmdd(deposited)}*0600*1*X*005010", "ST*823*0001"]
    segments = [*head, *body, f"SE*{len(body) + 2}*0001", "GE*1*1", "IEA*1*000000001"]
    out.write(f"{isa(deposited, '~')}\n")
    out.writelines(f"{segment}~\n" for segment in segments)


def _deposit(deposit: Deposit, deposited: dt.date) -> Iterator[str]:
    total = money(sum(check.amount_minor for check in deposit.checks))
    yield f"DEP*{deposit.lockbox}*{yyyymmdd(deposited)}*1200*D1*01*026009593*DA*998877"
    yield f"AMT*3*{total}"
    yield "QTY*41*1"
    yield f"QTY*42*{len(deposit.checks)}"
    yield f"BAT*{yyyymmdd(deposited)}**001"
    yield f"AMT*2*{total}"
    yield f"QTY*42*{len(deposit.checks)}"
    for check in deposit.checks:
        yield from _check(check)


def _check(check: Payment) -> Iterator[str]:
    routing, _, account = check.payer_account.partition("/")
    yield f"BPR*D*{money(check.amount_minor)}*C*CHK**01*{routing}*DA*{account}"
    yield f"TRN*1*{check.check_number}"
    yield f"REF*CK*{check.check_number}"
    yield f"N1*PR*{plain(check.payer_name)}"
    for told in check.remittance:
        yield remittance(told)
