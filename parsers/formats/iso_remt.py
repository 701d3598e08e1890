"""remt.001: stand-alone remittance advice of ISO 20022, sent apart from the payment that it explains.

Issuer: ISO 20022 Registration Authority, message set Stand-Alone Remittance Advice; part of FedNow and RTP. Any version,
namespace, prefix and wrapper.

    RmtAdvc
      GrpHdr    MsgId
      RmtInf*   RmtId, Ustrd*, Strd* (see `parsers.iso.remittance`)
        OrgnlPmtInf   Refs (EndToEndId, TxId, UETR), Amt/InstdAmt@Ccy, ReqdExctnDt, Dbtr, DbtrAcct, Cdtr, CdtrAcct

Each `RmtInf` that says something of what is paid is a line with status `info`: it announces a payment, names it by its
references and carries the documents. One without text and documents says nothing and is an envelope.

Controls: the payment's amount against the sum of its documents, where each of them says what is remitted for it.

Tolerated: a payment without an amount (the sum of its documents stands for it) or without a currency (its documents' own, else
the profile's).

    <RmtInf><Strd><RfrdDocInf><Nb>INV-17</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="USD">100.00</RmtdAmt></RfrdDocAmt></Strd>
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from parsers import dates, issues
from parsers.amounts import AmountError, to_minor
from parsers.iso.messages import (
    ROOTS,
    Money,
    Party,
    Slot,
    account_of,
    amount_issue,
    message_of,
    money,
    name_of,
    party,
    reference_of,
    slot,
)
from parsers.iso.remittance import Remittance, currency_of, remittance, told
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Record, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.xml.elements import Charset, Closed, Element, Opened, Part, XmlError
from parsers.xml.records import Between, pieces
from parsers.xml.records import Record as RecordPiece
from parsers.xml.shapes import Shapes, Values

NAME = "remt"
TITLE = "ISO 20022 remittance advice (remt.001)"
IDENTIFIED_BY = "an element RmtAdvc, or the namespace of remt.001"


class _Outline(NamedTuple):
    """Where a `RmtInf` says what."""

    amount: Money | None
    date: Slot
    end_to_end_id: Slot
    transaction_id: Slot
    debtor: Party
    creditor: Party
    remittance: Remittance


@dataclass(slots=True)
class _Reading:
    """Where the reading stands."""

    profile: Profile
    shapes: Shapes[_Outline]
    message_id: str = ""
    account: str | None = None


def sniff(head: bytes) -> bool:
    """Whether the first message in the head is a remittance advice."""
    return message_of(head) == "remt.001"


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The payments that the advice explains."""
    charset = Charset(source.head, profile.encoding)
    reading = _Reading(profile, Shapes(_outline, charset))
    for piece in pieces(source, charset, (*ROOTS, "remt.001.001.01"), ("RmtInf",)):
        if isinstance(piece, RecordPiece):
            yield from _advice(reading, piece)
        elif isinstance(piece, Between):
            yield Envelope(piece.span, "envelope")
        elif isinstance(piece, Opened):
            reading.message_id, reading.account = "", None
            if ROOTS.get(piece.name, "remt.001") != "remt.001":
                yield issues.error(piece.span, "misplaced_record", f"a {ROOTS[piece.name]} stands among other messages and was not read")
        elif isinstance(piece, Part):
            reading.message_id = reading.message_id or piece.element.value("MsgId")
        elif isinstance(piece, Closed):
            yield from _close(reading, piece.span)
        else:
            yield issues.issue(piece.span, piece.severity, piece.code, piece.message)


def _outline(advice: Element) -> _Outline:
    payment = advice.first("OrgnlPmtInf") or advice
    return _Outline(
        amount=money(payment, "Amt/InstdAmt", "Amt/EqvtAmt/Amt"),
        date=slot(payment, "ReqdExctnDt/Dt", "ReqdExctnDt", "ReqdColltnDt"),
        end_to_end_id=slot(payment, "Refs/EndToEndId"),
        transaction_id=slot(payment, "Refs/TxId", "Refs/UETR", "Refs/InstrId"),
        debtor=party(payment, payment, "Dbtr"),
        creditor=party(payment, payment, "Cdtr"),
        remittance=remittance(advice),
    )


def _close(reading: _Reading, span: Span) -> Iterator[Record]:
    if reading.account is not None:
        yield StatementClosed(span)
        reading.account = None


def _advice(reading: _Reading, piece: RecordPiece) -> Iterator[Record]:
    """The payment that one `RmtInf` explains, or why there is none."""
    try:
        outline, values = reading.shapes.read(piece.data)
    except XmlError as error:
        yield issues.error(piece.span, "bad_record", f"the advice cannot be read: {error}", piece.data)
        return
    if not (outline.remittance.text or outline.remittance.documents):
        yield Envelope(piece.span, "RmtInf")
        return
    currency = outline.amount.currency if outline.amount else currency_of(outline.remittance) or reading.profile.currency
    said = told(outline.remittance, values, currency, piece.span, piece.data)
    remitted = [line.amount_minor for line in said.lines if line.amount_minor is not None]
    total = sum(remitted) if len(remitted) == len(said.lines) else None
    text = values[outline.amount.slot] if outline.amount else ""
    try:
        amount = to_minor(text, currency) if outline.amount else total or 0
    except AmountError as error:
        yield amount_issue(error, currency, text, piece.span)
        return
    yield from _statement(reading, outline, values, currency, piece.span)
    yield BankLine(
        piece.span, amount, currency, "receipt", None, dates.iso(values[outline.date]), "remt.001",
        reference_of(values[outline.transaction_id]), reference_of(values[outline.end_to_end_id]), "",
        name_of(outline.debtor, values), account_of(outline.debtor, values), said.structured_reference, said.text,
        status="info", remittance=said.lines,
    )
    yield from said.issues
    if outline.amount and total is not None and said.lines:
        yield Control(piece.span, "payment against its documents", amount, total, currency)


def _statement(reading: _Reading, outline: _Outline, values: Values, currency: str, span: Span) -> Iterator[Record]:
    """The opening of a statement where the creditor's account begins or changes."""
    account = account_of(outline.creditor, values)
    if reading.account is not None and account in {"", reading.account}:
        return
    account = account or reading.profile.account
    place = Span(span.line, span.start, span.start)
    yield from _close(reading, place)
    yield StatementOpened(place, reading.message_id, account, currency, "announcement")
    reading.account = account
