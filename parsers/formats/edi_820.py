r"""X12 820 – payment order / remittance advice. ASC X12, functional group RA; 4010 to 8030, also the 5010X218 and X306 guides.

    ISA GS*RA  ST*820*0001~                                   envelope, see parsers/x12/envelope.py
    BPR*C*980*C*ACH*CTX*01*021000021*DA*123456*1234567890**01*026009593*DA*998877*20260131~
        01 handling   C payment with remittance, D payment only, P prenotification of a payment, U split; I remittance only
        02 amount     03 C credit to us, D debit of our account (the payee is the other side)     04 method (ACH, CHK, FWT, NON)
        07, 09 payer's bank and account    13, 15 ours    16 settlement date
    TRN*1*PAY-4711*1234567890~                                trace: the reference of the payment
    CUR*PR*USD~  REF*…~  NTE*…~  DTM*…~                       currency and notes
    N1*PR*ACME CORP~  N1*PE*SELLER INC~                       payer and payee
    ENT*1~ RMR*IV*INV-1*PI*980*1000*20~ REF*PO*4711~ ADX*…~   what is paid, see parsers/x12/segments.py
    SE*9*0001~ GE IEA

One bank line for each ST..SE. BPR01 C, D, P or U report cash; I and all others announce a payment that the bank will
report. BPR02 zero (method NON) is a remittance without money: its lines net each other. A check's TRN02 is its number.

Controls: segments, sets and groups; control numbers of SE, GE, IEA. That the lines add up to BPR02 is a payer's business,
not the file's: a difference is the warning `remittance_mismatch`. A missing SE, GE or IEA means the file was cut off.

Tolerated: any separators, an ISA that is not 106 bytes, line ends anywhere, `\` as terminator, bare ST..SE, several sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from parsers import issues
from parsers.amounts import AmountError, to_text
from parsers.dates import yymmdd, yyyymmdd
from parsers.records import BankLine, Envelope, Kind, Record, Report, StatementClosed, StatementOpened
from parsers.x12.envelope import TransactionSet, read_sets
from parsers.x12.segments import Segment, account_of, amount_of, currency_told, read_advice, unknown_currencies

if TYPE_CHECKING:
    import datetime as dt

    from parsers.profile import Profile
    from parsers.sources import Source

NAME = "x12-820"
TITLE = "X12 820 payment order / remittance advice"
IDENTIFIED_BY = "an ISA segment or a bare ST, and the first transaction set is ST*820"

_BEGINS = re.compile(rb"(?:ISA[^A-Za-z0-9\s]|ST([^A-Za-z0-9\s])820\1)")
_FIRST_SET = re.compile(rb"ST([^A-Za-z0-9\s])(\d{3})\1")
_CASH_HANDLING = {"C", "D", "P", "U"}


def sniff(head: bytes) -> bool:
    """An X12 beginning whose first transaction set is an 820; wrapping may cut through any tag."""
    text = head.lstrip().replace(b"\r", b"").replace(b"\n", b"")
    found = _FIRST_SET.search(text) if _BEGINS.match(text) else None
    return found is not None and found[2] == b"820"


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """One statement with one bank line for each transaction set."""
    for item in read_sets(source):
        if not isinstance(item, TransactionSet):
            yield item
        elif item.identifier == "820":
            yield from _payment(item, list(item.segments), profile)
        else:
            span = item.passed_over()
            yield Envelope(span, f"transaction set {item.identifier}")
            yield issues.warning(span, "unknown_record", f"a transaction set {item.identifier} among payments was not read")


def _payment(payment: TransactionSet, segments: list[Segment], profile: Profile) -> Iterator[Record]:
    order = next((s for s in segments if s.value(0) == "BPR"), None)
    if order is None:
        yield Envelope(payment.span, "transaction set 820")
        yield issues.error(payment.span, "missing_record", "the payment has no BPR: its amount is unknown")
        return
    yield from unknown_currencies(segments)
    currency = currency_told(segments) or profile.currency
    try:
        amount = amount_of(order, 2, currency)
    except AmountError as error:
        yield Envelope(payment.span, "transaction set 820")
        yield issues.error(order.span, "bad_amount", f"BPR02: {error}", "*".join(order.elements))
        return
    yield StatementOpened(payment.header.span, payment.statement_id, order.value(15) or profile.account, currency, _report(order))
    if order.value(16) and _date(order.value(16)) is None:
        message = f"BPR16 is no date; the payment stands under {payment.date or 'no date'}"
        yield issues.warning(order.span, "bad_date", message, order.value(16))
    yield from _line(payment, segments, order, amount, currency)
    yield StatementClosed(payment.last.span)


def _line(payment: TransactionSet, segments: list[Segment], order: Segment, amount: int, currency: str) -> Iterator[Record]:
    advice = read_advice(segments, currency, amount)
    yield from advice.issues
    if advice.unexplained_minor:
        rest = to_text(advice.unexplained_minor, currency)
        yield issues.warning(order.span, "remittance_mismatch", f"the remittance lines leave {rest} of BPR02 unexplained")
    date = _date(order.value(16)) or payment.date
    yield BankLine(
        payment.span, -amount if order.value(3) == "D" else amount, currency, _kind(order, amount),
        booking_date=date, value_date=date, type_code=order.value(4),
        bank_reference=advice.trace, customer_reference=advice.trace,
        check_number=advice.trace if order.value(4) == "CHK" else "",
        payer_name=_payee(segments) if order.value(3) == "D" else advice.payer_name,
        payer_account=account_of(order.value(7), order.value(9)),
        remittance_text=advice.text, status="info" if payment.is_test else "booked", remittance=advice.lines,
    )


def _report(order: Segment) -> Report:
    return "cash_report" if order.value(1) in _CASH_HANDLING else "announcement"


def _kind(order: Segment, amount: int) -> Kind:
    if amount == 0:
        return "other"
    return "disbursement" if order.value(3) == "D" else "receipt"


def _payee(segments: list[Segment]) -> str:
    """Who debits us: then we are the payer, and the payee is the other side."""
    return next((s.value(2) for s in segments if s.value(0) == "N1" and s.value(1) == "PE"), "")


def _date(text: str) -> dt.date | None:
    return yyyymmdd(text) if len(text) == 8 else yymmdd(text)
