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

The currency is the first that a CUR of the set names up to the first payment's end; a payment, batch or deposit in another one is an error.

Tolerated: BPS for BPR, deposits without batches, payer (N1) before or below the remittance, all that parsers/x12/segments.py tolerates.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import issues
from parsers.amounts import AmountError, to_text
from parsers.dates import yymmdd, yyyymmdd
from parsers.records import BankLine, Control, Envelope, Record, Span, StatementClosed, StatementOpened
from parsers.x12.envelope import TransactionSet, read_sets, whole_number
from parsers.x12.segments import Advice, Segment, account_of, amount_of, currency_told, read_advice, unknown_currencies

if TYPE_CHECKING:
    from parsers.profile import Profile
    from parsers.sources import Source

NAME = "x12-823"
TITLE = "X12 823 lockbox"
IDENTIFIED_BY = "an ISA segment or a bare ST, and the first transaction set is ST*823"

_BEGINS = re.compile(rb"(?:ISA[^A-Za-z0-9\s]|ST([^A-Za-z0-9\s])823\1)")
_FIRST_SET = re.compile(rb"ST([^A-Za-z0-9\s])(\d{3})\1")
_BATCHES, _CHECKS = "41", "42"
_PAYMENTS = frozenset(["BPR", "BPS"])
_BEGIN_LOOPS = _PAYMENTS | {"DEP", "BAT", "SE"}


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
            span = item.passed_over()
            yield Envelope(span, f"transaction set {item.identifier}")
            yield issues.warning(span, "unknown_record", f"a transaction set {item.identifier} among lockboxes was not read")


@dataclass(slots=True)
class _Group:
    """A deposit or a batch: its segments up to what it contains, its total as stated, and what was counted in it."""

    segments: list[Segment]
    total_minor: int | None = None
    summed: int = 0
    checks: int = 0
    batches: int = 0

    @property
    def head(self) -> Segment:
        """DEP or BAT."""
        return self.segments[0]

    @property
    def span(self) -> Span:
        """Where its own segments stand."""
        return Span(self.head.span.line, self.head.span.start, self.segments[-1].span.end)

    def first(self, tag: str) -> Segment | None:
        """Its first segment of this tag."""
        return next((s for s in self.segments if s.value(0) == tag), None)


@dataclass(slots=True)
class _Reading:
    """Where the reading of a set stands: the deposit and the batch at hand. `held`: a deposit and its batches up to its first payment,
    which may be the first to name the `currency`."""

    report: TransactionSet
    profile: Profile
    currency: str = ""
    held: list[_Group] = field(default_factory=list)
    deposit: _Group | None = None
    batch: _Group | None = None
    deposits: int = 0


def _lockbox(report: TransactionSet, profile: Profile) -> Iterator[Record]:
    """The set loop by loop, in memory flat in its size."""
    reading, end = _Reading(report, profile), report.header.span
    for loop in _loops(report.segments):
        tag = loop[0].value(0)
        yield from unknown_currencies(loop)
        reading.currency = reading.currency or currency_told(loop)
        if tag in ("DEP", "SE"):
            yield from _end_of_deposit(reading, end)
        if tag == "DEP":
            reading.held, reading.deposits = [_Group(loop)], reading.deposits + 1
        elif tag == "BAT" and reading.deposits:
            reading.held.append(_Group(loop))
        elif tag in _PAYMENTS and reading.deposits:
            yield from _told(reading)
            yield from _payment(reading, loop)
        elif tag != "SE":
            yield from _before_deposits(loop)
        end = loop[-1].span
    yield from _end_of_deposit(reading, end)
    if not reading.deposits:
        yield issues.error(report.span, "missing_record", "the lockbox report has no DEP segment")


def _loops(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """What stands before the deposits, each deposit and batch up to what it contains, each payment, and the trailer."""
    loop: list[Segment] = []
    for segment in segments:
        if segment.elements[0] in _BEGIN_LOOPS and loop:
            yield loop
            loop = []
        loop.append(segment)
    yield loop


def _before_deposits(loop: list[Segment]) -> Iterator[Record]:
    first = loop[0]
    yield Envelope(Span(first.span.line, first.span.start, loop[-1].span.end), "lockbox report header")
    if first.value(0) != "ST":
        yield issues.error(first.span, "misplaced_record", f"{first.value(0)} stands before any deposit", "*".join(first.elements))


def _told(reading: _Reading) -> Iterator[Record]:
    """The deposit and the batches that were held."""
    if reading.held:
        reading.currency = reading.currency or reading.profile.currency
    for group in reading.held:
        if group.head.value(0) == "DEP":
            yield _opened(reading, group)
            reading.deposit, reading.batch = group, None
        elif reading.deposit:
            yield Envelope(group.span, "batch header")
            yield from _proof(reading.batch, reading.currency, "batch")
            reading.deposit.batches, reading.batch = reading.deposit.batches + 1, group
        if (named := currency_told(group.segments) or reading.currency) != reading.currency:
            yield issues.error(group.span, "bad_record", f"a deposit or batch in {named} stands in a report in {reading.currency}")
        if total := group.first("AMT"):
            try:
                group.total_minor = amount_of(total, 2, reading.currency)
            except AmountError as error:
                yield issues.error(total.span, "bad_amount", f"AMT02: {error}", "*".join(total.elements))
    reading.held = []


def _opened(reading: _Reading, deposit: _Group) -> StatementOpened:
    head, date = deposit.head, _date(reading, deposit)
    return StatementOpened(
        deposit.span, reading.report.statement_id, head.value(8) or reading.profile.account, reading.currency,
        "cash_report", sequence=head.value(4), from_date=date, to_date=date, lockbox=head.value(1),
    )


def _date(reading: _Reading, deposit: _Group) -> dt.date | None:
    return yyyymmdd(deposit.head.value(2)) or yymmdd(deposit.head.value(2)) or reading.report.date


def _end_of_deposit(reading: _Reading, end: Span) -> Iterator[Record]:
    yield from _told(reading)
    if reading.deposit:
        yield from _proof(reading.batch, reading.currency, "batch")
        yield from _proof(reading.deposit, reading.currency, "deposit")
        yield StatementClosed(end)
    reading.deposit = reading.batch = None


def _proof(group: _Group | None, currency: str, name: str) -> Iterator[Record]:
    """The total and the quantities of a deposit or batch beside its payments; nothing where no payment is told."""
    if group is None:
        return
    label = f"{name} {group.head.value(4 if name == 'deposit' else 3) or group.head.value(1)}".strip()
    total = group.total_minor
    if not group.checks:
        if total:
            message = f"{label} states {to_text(total, currency)} without its payments; the statement will bring the money"
            yield issues.warning(group.head.span, "missing_record", message)
        return
    if total is not None:
        yield Control((group.first("AMT") or group.head).span, f"{label} total", total, group.summed, currency)
    for quantity in group.segments:
        if quantity.value(0) != "QTY":
            continue
        what, counted = {_BATCHES: ("batches", group.batches), _CHECKS: ("checks", group.checks)}.get(quantity.value(1), ("", 0))
        stated = whole_number(quantity.value(2))
        if what and stated is not None:
            yield Control(quantity.span, f"{label} number of {what}", stated, counted)


def _payment(reading: _Reading, segments: list[Segment]) -> Iterator[Record]:
    """A payment's bank line, counted in its deposit and batch, or why there is none."""
    assert reading.deposit, "a payment is read in a deposit"
    order, currency = segments[0], currency_told(segments) or reading.currency
    span = Span(order.span.line, order.span.start, segments[-1].span.end)
    try:
        amount = amount_of(order, 2, currency)
    except AmountError as error:
        yield Envelope(span, "unreadable payment")
        yield issues.error(order.span, "bad_amount", f"{order.value(0)}02: {error}", "*".join(order.elements))
        return
    if currency != reading.currency:
        yield issues.error(span, "bad_record", f"a payment in {currency} stands in a deposit in {reading.currency}")
    advice = read_advice(segments, currency, amount)
    yield from advice.issues
    if advice.unexplained_minor:
        rest = to_text(advice.unexplained_minor, currency)
        yield issues.warning(order.span, "remittance_mismatch", f"the remittance lines leave {rest} of the payment unexplained")
    for group in (reading.deposit, reading.batch):
        if group:
            group.summed, group.checks = group.summed + amount, group.checks + 1
    yield _line(reading, segments, span, amount, currency, advice)


def _line(reading: _Reading, segments: list[Segment], span: Span, amount: int, currency: str, advice: Advice) -> BankLine:
    assert reading.deposit, "a payment is read in a deposit"
    order, head, total = segments[0], reading.deposit.head, reading.deposit.total_minor
    older = order.value(0) == "BPS"
    bank, account = (order.value(5), order.value(6)) if older else (order.value(7), order.value(9))
    check = next((s.value(2) for s in segments if s.value(0) == "REF" and s.value(1) == "CK"), "")
    method = order.value(1) if older else order.value(4)
    reference, date = advice.trace or check, _date(reading, reading.deposit)
    return BankLine(
        span, amount, currency, "receipt" if amount else "other", date, date, method, reference, reference,
        check_number=check or (reference if method == "CHK" and reference.isdecimal() else ""),
        payer_name=advice.payer_name or next((s.value(2) for s in segments if s.value(0) == "N1"), ""),
        payer_account=account_of(bank, account),
        remittance_text=advice.text, status="info" if reading.report.is_test else "booked",
        batch_reference="-".join(filter(None, (head.value(1), head.value(4)))),
        batch_amount_minor=total, batch_key=head.span.start if total is not None else None, remittance=advice.lines,
    )
