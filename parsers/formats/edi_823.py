r"""X12 823 – lockbox: the payments a bank took out of a lockbox. ASC X12, functional group LB; 3010 to 8030.

    ISA GS*LB  ST*823*0001~
    N1*… ~ TRN*1*… ~ DTM*… ~                          the bank, the recipient, the report
    DEP*BOX100*20260131*1200*D77*01*026009593*DA*998877~  a deposit: lockbox, date, time, number, our bank and account
      AMT*3*1500~ QTY*41*1~ QTY*42*2~                 its total, its batches, its checks
      BAT*20260131**001~ AMT*2*1500~ QTY*42*2~        a batch in it: date, number, total, checks
        BPR*D*1000*C*CHK**01*021000021*DA*123456~     a payment (older versions: BPS*CHK*1000*…); elements as in the 820
          TRN*1*CHK-5501~ REF*CK*5501~                its reference and check number
          N1*PR*ACME CORP~                            its payer
          RMR*IV*INV-1**1000~                         what it pays, see parsers/x12/segments.py
    SE GE IEA

One bank line for each payment, money in, dated as its deposit. The booked entry on the statement is the deposit: every
payment names it by `batch_reference` (lockbox and deposit number) and `batch_amount`.

Controls: deposit total = sum of payments, batch totals, QTY 41 and 42 (batches, checks), counts and numbers of SE, GE, IEA.
A deposit that is told without its payments proves nothing and books nothing: the statement's line will bring the money.
A missing SE, GE or IEA means the file was cut off.

Tolerated: BPS for BPR, deposits without batches, payer (N1) before or below the remittance, all that parsers/x12/segments.py tolerates.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import issues
from parsers.amounts import AmountError, is_currency, to_text
from parsers.dates import yymmdd, yyyymmdd
from parsers.records import BankLine, Control, Envelope, Issue, Record, Span, StatementClosed, StatementOpened
from parsers.x12.envelope import TransactionSet, read_sets, whole_number
from parsers.x12.segments import Segment, account_of, amount_of, read_advice

if TYPE_CHECKING:
    from parsers.profile import Profile
    from parsers.sources import Source

NAME = "x12-823"
TITLE = "X12 823 lockbox"
IDENTIFIED_BY = "an ISA segment or a bare ST, and the first transaction set is ST*823"

_BEGINS = re.compile(rb"(?:ISA[^A-Za-z0-9\s]|ST([^A-Za-z0-9\s])823\1)")
_FIRST_SET = re.compile(rb"ST([^A-Za-z0-9\s])(\d{3})\1")
_BATCHES, _CHECKS = "41", "42"


def sniff(head: bytes) -> bool:
    """An X12 beginning whose first transaction set is an 823; wrapping may cut through any tag."""
    text = head.lstrip().replace(b"\r", b"").replace(b"\n", b"")
    found = _FIRST_SET.search(text) if _BEGINS.match(text) else None
    return found is not None and found[2] == b"823"


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """One statement for each deposit, one bank line for each payment in it."""
    for item in read_sets(source):
        if not isinstance(item, TransactionSet):
            yield item
        elif item.identifier == "823":
            yield from _lockbox(item, profile)
        else:
            yield Envelope(item.span, f"transaction set {item.identifier}")
            yield issues.warning(item.span, "unknown_record", f"a transaction set {item.identifier} among lockboxes was not read")


@dataclass(slots=True)
class _Group:
    """A deposit or a batch: its segments up to what it contains, its totals, what was counted in it."""

    segment: Segment
    total: Segment | None = None
    total_minor: int | None = None
    quantities: list[Segment] = field(default_factory=list)
    summed: int = 0
    checks: int = 0
    batches: int = 0


@dataclass(slots=True)
class _Deposit:
    """A deposit with its batches and payments, in file order."""

    group: _Group
    parts: list[_Group | list[Segment]] = field(default_factory=list)
    end: Segment | None = None


def _lockbox(report: TransactionSet, profile: Profile) -> Iterator[Record]:
    currency = next((s.value(2) for s in report.segments if s.value(0) == "CUR" and is_currency(s.value(2))), profile.currency)
    deposits = _gathered(report.segments)
    first = deposits[0].group.segment.span.start if deposits else report.segments[-1].span.start
    yield Envelope(Span(report.span.line, report.span.start, first), "lockbox report header")
    if not deposits:
        yield issues.error(report.span, "missing_record", "the lockbox report has no DEP segment")
    for deposit in deposits:
        yield from _deposit(deposit, report, profile, currency)


def _gathered(segments: list[Segment]) -> list[_Deposit]:
    """The deposits; payments as the list of their segments."""
    deposits: list[_Deposit] = []
    payment: list[Segment] | None = None
    group: _Group | None = None
    for segment in segments:
        tag = segment.value(0)
        if tag == "DEP":
            group, payment = _Group(segment), None
            deposits.append(_Deposit(group))
        elif tag == "SE" or not deposits:
            continue
        elif tag == "BAT":
            group, payment = _Group(segment), None
            deposits[-1].parts.append(group)
        elif tag in ("BPR", "BPS"):
            payment = [segment]
            deposits[-1].parts.append(payment)
        elif payment is not None:
            payment.append(segment)
        elif tag == "AMT" and group:
            group.total = group.total or segment
        elif tag == "QTY" and group:
            group.quantities.append(segment)
        deposits[-1].end = segment
    return deposits


def _deposit(deposit: _Deposit, report: TransactionSet, profile: Profile, currency: str) -> Iterator[Record]:
    head = deposit.group.segment
    date = yyyymmdd(head.value(2)) or yymmdd(head.value(2)) or report.date
    end = (deposit.end or head).span
    yield StatementOpened(
        Span(head.span.line, head.span.start, end.end), report.statement_id, head.value(8) or profile.account, currency,
        "cash_report", sequence=head.value(4), from_date=date, to_date=date, lockbox=head.value(1),
    )
    problems: list[Issue] = []
    deposit.group.total_minor = _total(deposit.group, currency, problems)
    batch: _Group | None = None
    for part in deposit.parts:
        if isinstance(part, _Group):
            yield from _proof(batch, currency, "batch", problems)
            batch, deposit.group.batches = part, deposit.group.batches + 1
            batch.total_minor = _total(batch, currency, problems)
            continue
        line = _payment(part, deposit.group, currency, date, problems)
        yield from problems
        problems.clear()
        if line:
            yield line._replace(status="info") if report.is_test else line
            for counted in (deposit.group, batch):
                if counted:
                    counted.summed, counted.checks = counted.summed + line.amount_minor, counted.checks + 1
    yield from _proof(batch, currency, "batch", problems)
    yield from _proof(deposit.group, currency, "deposit", problems)
    yield from problems
    yield StatementClosed(end)


def _total(group: _Group, currency: str, problems: list[Issue]) -> int | None:
    if group.total is None:
        return None
    try:
        return amount_of(group.total, 2, currency)
    except AmountError as error:
        problems.append(issues.error(group.total.span, "bad_amount", f"AMT02: {error}", "*".join(group.total.elements)))
        return None


def _proof(group: _Group | None, currency: str, name: str, problems: list[Issue]) -> Iterator[Record]:
    """The total and the quantities of a deposit or batch beside its payments; nothing where no payment is told."""
    if group is None:
        return
    label = f"{name} {group.segment.value(4 if name == 'deposit' else 3) or group.segment.value(1)}".strip()
    total = group.total_minor
    if not group.checks:
        if total:
            message = f"{label} states {to_text(total, currency)} without its payments; the statement will bring the money"
            problems.append(issues.warning(group.segment.span, "missing_record", message))
        return
    if total is not None and group.total:
        yield Control(group.total.span, f"{label} total", total, group.summed, currency)
    for quantity in group.quantities:
        what, counted = {_BATCHES: ("batches", group.batches), _CHECKS: ("checks", group.checks)}.get(quantity.value(1), ("", 0))
        stated = whole_number(quantity.value(2))
        if what and stated is not None:
            yield Control(quantity.span, f"{label} number of {what}", stated, counted)


def _payment(
    segments: list[Segment], deposit: _Group, currency: str, date: dt.date | None, problems: list[Issue],
) -> BankLine | None:
    order = segments[0]
    older = order.value(0) == "BPS"
    try:
        amount = amount_of(order, 2, currency)
    except AmountError as error:
        problems.append(issues.error(order.span, "bad_amount", f"{order.value(0)}02: {error}", "*".join(order.elements)))
        return None
    advice = read_advice(segments, currency, amount)
    problems.extend(advice.issues)
    if advice.unexplained_minor:
        rest = to_text(advice.unexplained_minor, currency)
        problems.append(issues.warning(order.span, "remittance_mismatch", f"the remittance lines leave {rest} of the payment unexplained"))
    bank, account = (order.value(5), order.value(6)) if older else (order.value(7), order.value(9))
    check = next((s.value(2) for s in segments if s.value(0) == "REF" and s.value(1) == "CK"), "")
    method = order.value(1) if older else order.value(4)
    reference = advice.trace or check
    head, total = deposit.segment, deposit.total_minor
    return BankLine(
        Span(order.span.line, order.span.start, segments[-1].span.end),
        amount, currency, "receipt" if amount else "other", date, date, method, reference, reference,
        check_number=check or (reference if method == "CHK" and reference.isdecimal() else ""),
        payer_name=advice.payer_name or next((s.value(2) for s in segments if s.value(0) == "N1"), ""),
        payer_account=account_of(bank, account),
        remittance_text=advice.text,
        batch_reference="-".join(filter(None, (head.value(1), head.value(4)))),
        batch_amount_minor=total, batch_key=head.span.start if total is not None else None, remittance=advice.lines,
    )
