"""pacs, pain and payment investigation messages of ISO 20022: wires, real-time payments, SEPA, their returns and recalls.

Issuer: ISO 20022 Registration Authority; Fedwire, FedNow and RTP follow it since 2025, 2023 and 2017. Any version, namespace
and prefix, with `AppHdr` before or beside it, under any wrapper (`FedwireFundsIncoming`, RTP's `Message/CreditTransfer`).

    FIToFICstmrCdtTrf    pacs.008 credit transfer            PmtRtr            pacs.004 return
    FICdtTrf             pacs.009 of a bank, or cover        FIToFIPmtRvsl     pacs.007 reversal
    FIToFICstmrDrctDbt   pacs.003 direct debit               FIToFIPmtCxlReq   camt.056 request to give back
    CstmrCdtTrfInitn     pain.001, CstmrDrctDbtInitn pain.008: what we send ourselves
      GrpHdr    MsgId, NbOfTxs, CtrlSum, TtlIntrBkSttlmAmt, IntrBkSttlmDt
      PmtInf    (pain) NbOfTxs, CtrlSum, ReqdExctnDt, DbtrAcct
        CdtTrfTxInf | DrctDbtTxInf | TxInf*   see `parsers.iso.payment`: one bank line each

All of it is announced: the statement books it. Status reports (pacs.002), answers and requests to pay hold no lines; a message
that is not in the table is told as one and read as an envelope. A header that names the business service of tests (`BizSvc` TEST) is an
error: the message stands for no money.

Controls: NbOfTxs, CtrlSum and the settlement total of the message; NbOfTxs and CtrlSum of each PmtInf.

Tolerated: the namespace missing; several accounts in one message (each run of one account is a statement of its own).

    <CdtTrfTxInf><PmtId><EndToEndId>INV-17</EndToEndId><TxId>T1</TxId></PmtId><IntrBkSttlmAmt Ccy="USD">100.00</IntrBkSttlmAmt>
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers import dates, issues
from parsers.amounts import AmountError, to_minor
from parsers.iso.messages import HEADER, ROOTS, marked_as_test, message_of
from parsers.iso.payment import (
    MEANINGS,
    RECORDS,
    WITHOUT_MONEY,
    Group,
    PaymentOutline,
    bank_line,
    imad_of,
    outline_payment,
    own_account,
)
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Issue, Record, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.xml.elements import Charset, Closed, Element, Opened, Part, XmlError
from parsers.xml.records import Between, pieces
from parsers.xml.records import Record as RecordPiece
from parsers.xml.shapes import Shapes

NAME = "pacs"
TITLE = "ISO 20022 payments (pacs, pain, camt.056; Fedwire, FedNow, RTP)"
IDENTIFIED_BY = "the root element or the namespace of any ISO 20022 message but camt.052, 053, 054 and remt.001"

_OTHERS = frozenset({"", "camt.052", "camt.053", "camt.054", "remt.001"})
_FIRST_VERSIONS = {f"{message}.001.{version:02}": message for message in MEANINGS for version in (1, 2, 3)}
_MESSAGES = ROOTS | _FIRST_VERSIONS
_BATCHES = frozenset({"PmtInf", "OrgnlPmtInfAndRvsl", "OrgnlPmtInfAndCxl", "CdtInstr", "Undrlyg"})


def sniff(head: bytes) -> bool:
    """Whether the first message in the head is one of ISO 20022's that no other format reads."""
    return message_of(head) not in _OTHERS


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's payments and what its messages state about them."""
    charset = Charset(source.head, profile.encoding)
    reading = _Reading(profile, Shapes(outline_payment, charset))
    for piece in pieces(source, charset, _MESSAGES.keys() | _BATCHES | {HEADER}, RECORDS):
        if isinstance(piece, RecordPiece):
            yield from _payment(reading, piece)
        elif isinstance(piece, Between):
            yield Envelope(piece.span, "envelope")
        elif isinstance(piece, Opened):
            _open(reading, piece)
        elif isinstance(piece, Part):
            _take(reading, piece)
        elif isinstance(piece, Closed):
            yield from _close(reading, piece)
        else:
            yield issues.issue(piece.span, piece.severity, piece.code, piece.message)
    if not reading.messages:
        yield issues.warning(Span(1, 0, 0), "unknown_record", f"{message_of(source.head)} is a message that is not read: it was taken as an envelope")


@dataclass(slots=True)
class _Head:
    """What a message or a batch in it states for all its payments, and their tally."""

    span: Span
    name: str = ""
    element: Element = field(default_factory=lambda: Element("", {}, 0))
    at: dict[str, Span] = field(default_factory=dict)
    count: int = 0
    unreadable: int = 0
    settled: dict[str, int] = field(default_factory=dict)
    instructed: dict[str, int] = field(default_factory=dict)

    def take(self, part: Part) -> None:
        """One more of its elements."""
        self.element.children.append(part.element)
        self.at[part.element.name] = part.span

    def add(self, line: BankLine | None) -> None:
        """One more payment."""
        self.count += 1
        if line is None:
            self.unreadable += 1
            return
        self.settled[line.currency] = self.settled.get(line.currency, 0) + abs(line.amount_minor)
        currency = line.instructed_currency or line.currency
        minor = line.amount_minor if line.instructed_minor is None else line.instructed_minor
        self.instructed[currency] = self.instructed.get(currency, 0) + abs(minor)


@dataclass(slots=True)
class _Reading:
    """Where the reading stands."""

    profile: Profile
    shapes: Shapes[PaymentOutline]
    head: _Head = field(default_factory=lambda: _Head(Span(1, 0, 0)))
    batch: _Head | None = None
    group: Group | None = None
    account: str | None = None
    messages: int = 0


def _open(reading: _Reading, piece: Opened) -> None:
    """A message begins, its application header, or a batch in it."""
    reading.group = None
    if piece.name in _BATCHES:
        reading.batch = _Head(piece.span, piece.name)
    elif piece.name == HEADER:
        reading.head, reading.batch = _Head(piece.span, HEADER), None
    else:
        reading.messages += 1
        reading.head, reading.batch = _Head(piece.span, _MESSAGES[piece.name]), None


def _take(reading: _Reading, piece: Part) -> None:
    """An element of the head of the message or the batch."""
    reading.group = None
    (reading.batch or reading.head).take(piece)


def _close(reading: _Reading, piece: Closed) -> Iterator[Record]:
    """A batch or a message ends with its proof; the header of a test refuses the file."""
    if piece.name in _BATCHES:
        if reading.batch:
            yield from _controls(reading.batch, f" of {reading.batch.element.value('PmtInfId') or 'the batch'}")
        reading.batch = reading.group = None
        return
    head = reading.head
    if piece.name == HEADER:
        if marked := marked_as_test(head.element.value("BizSvc"), head.span):
            yield marked
        return
    if head.name not in MEANINGS:
        if head.name not in WITHOUT_MONEY:
            yield issues.error(head.span, "misplaced_record", f"a {head.name} stands among other messages and was not read")
        return
    if not head.count and MEANINGS[head.name].status == "booked":
        yield issues.error(piece.span, "missing_record", "the message holds no payment")
    yield from _controls(head, "")
    if reading.account is not None:
        yield StatementClosed(piece.span)
        reading.account = None


def _payment(reading: _Reading, piece: RecordPiece) -> Iterator[Record]:
    """A payment's bank line, or why there is none."""
    head = reading.head
    if head.name not in MEANINGS:
        yield Envelope(piece.span, "TxInf")
        return
    try:
        outline, values = reading.shapes.read(piece.data)
    except XmlError as error:
        _tally(reading, None)
        yield issues.error(piece.span, "bad_record", f"the payment cannot be read: {error}", piece.data)
        return
    group = reading.group = reading.group or _group(reading)
    line, problems = bank_line(outline, values, piece, group)
    _tally(reading, line)
    if line is None:
        yield from problems
        return
    yield from _statement(reading, own_account(outline, values, group), line)
    yield line
    yield from problems


def _tally(reading: _Reading, line: BankLine | None) -> None:
    reading.head.add(line)
    if reading.batch:
        reading.batch.add(line)


def _statement(reading: _Reading, account: str, line: BankLine) -> Iterator[Record]:
    """The opening of a statement where the account begins or changes."""
    if reading.account is not None and account in {"", reading.account}:
        return
    account = account or reading.profile.account
    place = Span(line.span.line, line.span.start, line.span.start)
    if reading.account is not None:
        yield StatementClosed(place)
    head = reading.head
    date = dates.iso(head.element.value("GrpHdr/IntrBkSttlmDt"))
    identity = head.element.value("GrpHdr/MsgId", "Assgnmt/Id")
    yield StatementOpened(head.span if reading.account is None else place, identity, account, line.currency, "announcement", "", date, date)
    reading.account = account


def _group(reading: _Reading) -> Group:
    """What the message and its batch say for all payments in it."""
    message, batch = reading.head.element, (reading.batch or reading.head).element
    meaning = MEANINGS[reading.head.name]
    side = f"{meaning.own_role}Acct/Id"
    return Group(
        reading.head.name, meaning,
        message.value("GrpHdr/IntrBkSttlmDt") or batch.value("ReqdExctnDt/Dt", "ReqdExctnDt/DtTm", "ReqdExctnDt", "ReqdColltnDt"),
        imad_of(message.value("GrpHdr/MsgId"), message.value("GrpHdr/SttlmInf/ClrSys/Cd")),
        batch.value(f"{side}/IBAN", f"{side}/Othr/Id", f"{side}/PrtryAcct/Id", f"{side}/BBAN").replace(" ", ""),
        message.value("OrgnlGrpInf/OrgnlMsgNmId"),
    )


_TOTALS = ("GrpHdr/TtlIntrBkSttlmAmt", "GrpHdr/TtlRtrdIntrBkSttlmAmt", "GrpHdr/TtlRvsdIntrBkSttlmAmt")


def _controls(head: _Head, of_what: str) -> Iterator[Control | Issue]:
    """What is stated of number and sum. The control sum adds what was settled, or what was instructed: either may tie."""
    span = next((head.at[name] for name in ("GrpHdr", "CtrlData", "NbOfTxs") if name in head.at), head.span)
    count = head.element.value("GrpHdr/NbOfTxs", "CtrlData/NbOfTxs", "NbOfTxs")
    if count.isdigit() and (head.count or int(count)):
        yield Control(span, f"number of payments{of_what}", int(count), head.count)
    if head.unreadable or len(head.settled) != 1:
        return
    (currency, settled), = head.settled.items()
    for name, found in (
        (f"control sum{of_what}", head.element.first("GrpHdr/CtrlSum", "CtrlData/CtrlSum", "CtrlSum")),
        ("settlement total", head.element.first(*_TOTALS)),
    ):
        if found is None:
            continue
        try:
            stated = to_minor(found.text, currency)
        except AmountError as error:
            yield issues.warning(span, "bad_record", f"the {name}: {error}", found.text)
            continue
        yield Control(span, name, stated, stated if name != "settlement total" and stated == head.instructed.get(currency) else settled, currency)
