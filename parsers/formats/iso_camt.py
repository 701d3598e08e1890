"""camt.052, camt.053, camt.054: account report, statement and debit/credit notification of ISO 20022, all versions.

Issuer: ISO 20022 Registration Authority, message set Bank-to-Customer Cash Management. Any namespace or none, any prefixes,
under `AppHdr` or any other wrapper, several statements and several documents in one file.

    Document
      BkToCstmrStmt | BkToCstmrAcctRpt | BkToCstmrDbtCdtNtfctn        version 1: BkToCstmrStmtV01 ...
        GrpHdr     MsgId, CreDtTm, MsgPgntn
        Stmt | Rpt | Ntfctn
          Id, ElctrncSeqNb, FrToDt, Acct, Bal*, TxsSummry
          Ntry*    see `parsers.iso.entry`: one bank line, or one for each TxDtls of a batch

A camt.053 is a statement; 052 and 054 announce. `PDNG`, `FUTR` and `INFO` entries are lines with that status and no part of
the balance. Booking dates are the bank's local dates as written; a booked entry without one stands under its value date, else
under the date of the closing balance.

Controls: opening balance (OPBD, PRCD, else ITBD) + booked entries = closing balance (CLBD, else ITBD), for each currency;
TxsSummry counts and sums; details, number and total of each batch.

A statement with `CpyDplctInd`, its own or (`CpyDplct`) the application header's, is a copy of what the bank told before. A
header that names the business service of tests (`BizSvc` TEST) is an error: the message stands for no money.

Tolerated: a balance without indicator (credit) or date; details in another currency than the entry; `Sts` as text or code;
one page of several whose balances cover all pages (told as `sequence`, no control); UTF-8 that is none; control characters.

    <Ntry><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-01-30</Dt></BookgDt>
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import issues
from parsers.iso import batch
from parsers.iso import entry as iso_entry
from parsers.iso.entry import Detail
from parsers.iso.entry_outline import DetailOutline, EntryOutline, outline_detail, outline_entry
from parsers.iso.messages import HEADER, ROOTS, marked_as_test, message_of
from parsers.iso.statement import Statement, announced, closed, copy_of, fingerprint
from parsers.profile import Profile
from parsers.records import Envelope, Issue, Record, Report, Span
from parsers.sources import Source
from parsers.xml.elements import Charset, Closed, Element, Opened, Part, XmlError
from parsers.xml.records import Between, Piece, Trouble, cuts, pieces
from parsers.xml.records import Record as RecordPiece
from parsers.xml.shapes import Shapes, Values

if TYPE_CHECKING:
    from parsers.documents import Document

NAME = "camt"
TITLE = "ISO 20022 camt.052, camt.053, camt.054"
IDENTIFIED_BY = "an element BkToCstmrStmt, BkToCstmrAcctRpt or BkToCstmrDbtCdtNtfctn, or the namespace of such a message"

_STATEMENTS: dict[str, Report] = {"Stmt": "statement", "Rpt": "announcement", "Ntfctn": "announcement"}
_MESSAGES = frozenset(name + version for name in ("BkToCstmrStmt", "BkToCstmrAcctRpt", "BkToCstmrDbtCdtNtfctn") for version in ("", "V01"))
_ENTRY = "Ntry"
CONTAINERS = _STATEMENTS.keys() | _MESSAGES | ROOTS.keys() | {HEADER}


def sniff(head: bytes) -> bool:
    """Whether the first message in the head is one of the three."""
    return message_of(head) in {"camt.052", "camt.053", "camt.054"}


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's statements, their entries and what the bank states about them."""
    reading = Reading(Charset(source.head, profile.encoding), profile)
    for piece in pieces(source, reading.charset, CONTAINERS, (_ENTRY,)):
        yield from records_of(reading, piece)


def parse_columns(source: Source, profile: Profile) -> Iterator[Document]:
    """The same as documents, runs of entries at once."""
    from parsers.iso import columns

    reading = Reading(Charset(source.head, profile.encoding), profile)
    return columns.parts(source, reading, CONTAINERS, records_of)


def records_of(reading: Reading, piece: Piece) -> Iterable[Record]:
    """What a piece of the file says."""
    if isinstance(piece, RecordPiece):
        yield from _entry(reading, piece)
    elif isinstance(piece, Between):
        yield Envelope(piece.span, "envelope")
    elif isinstance(piece, Opened):
        yield from _open(reading, piece)
    elif isinstance(piece, Part):
        yield from _take(reading, piece)
    elif isinstance(piece, Closed):
        yield from _close(reading, piece)
    else:
        yield from _trouble(reading, piece)


@dataclass(slots=True)
class Reading:
    """Where the reading stands."""

    charset: Charset
    profile: Profile
    entries: Shapes[EntryOutline] = field(init=False)
    details: Shapes[DetailOutline] = field(init=False)
    group: Element = field(default_factory=lambda: Element("GrpHdr", {}, 0))
    statement: Statement | None = None
    statements: int = 0
    copy: str = ""
    """The mark of a copy in the application header, which holds for all statements behind it."""
    seen: set[tuple[object, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.entries = Shapes(outline_entry, self.charset)
        self.details = Shapes(outline_detail, self.charset)


def _open(reading: Reading, piece: Opened) -> Iterator[Issue]:
    """A message begins, its application header, or a statement in it."""
    if piece.name == HEADER:
        reading.copy = ""
    elif piece.name in _MESSAGES:
        reading.statements, reading.group = 0, Element("GrpHdr", {}, 0)
    elif piece.name in _STATEMENTS:
        reading.statements += 1
        reading.statement = Statement(piece.span, _STATEMENTS[piece.name], reading.group, reading.copy)
    else:
        yield issues.error(piece.span, "misplaced_record", f"a {ROOTS[piece.name]} stands among other messages and was not read")


def _take(reading: Reading, piece: Part) -> Iterator[Record]:
    """An element of the application header, of the message's or the statement's head."""
    if reading.statement:
        yield from reading.statement.take(piece)
    elif piece.element.name == "CpyDplct":
        reading.copy = piece.element.text.strip()
    elif piece.element.name == "BizSvc" and (marked := marked_as_test(piece.element.text, piece.span)):
        yield marked
    elif piece.element.name == "GrpHdr":
        reading.group = piece.element


def _close(reading: Reading, piece: Closed) -> Iterator[Record]:
    """A statement ends with its proof; a message without any statement lacks what it is for."""
    statement = reading.statement
    if piece.name in _MESSAGES:
        if not reading.statements:
            yield issues.error(piece.span, "missing_record", "the message holds no statement, report or notification")
    elif statement and piece.name in _STATEMENTS:
        yield from announced(statement, reading.profile, "")
        yield from closed(statement, piece.span)
        yield from _not_twice(reading, statement)
        reading.statement = None


def _not_twice(reading: Reading, statement: Statement) -> Iterator[Issue]:
    """The same statement twice in one file would count its entries twice, where it is not marked as a copy."""
    key = fingerprint(statement)
    if statement.counts and key in reading.seen and not copy_of(statement):
        yield issues.error(statement.span, "duplicate", "the statement stands twice in the file: its entries would count twice")
    reading.seen.add(key)


def _trouble(reading: Reading, piece: Trouble) -> Iterator[Record]:
    """Where the file breaks off, the statement that was being read is told as far as it goes."""
    if reading.statement and piece.severity == "error":
        yield from announced(reading.statement, reading.profile, "")
    yield issues.issue(piece.span, piece.severity, piece.code, piece.message)


def _entry(reading: Reading, piece: RecordPiece) -> Iterable[Record]:
    """An entry's bank lines, or why there are none."""
    statement = reading.statement
    if statement is None:
        return [issues.error(piece.span, "misplaced_record", "an entry stands outside of any statement", piece.data)]
    try:
        outline, values, details = _read(reading, piece)
    except XmlError as error:
        statement.unreadable += 1
        return [issues.error(piece.span, "bad_record", f"the entry cannot be read: {error}", piece.data)]
    if not statement.is_open:
        opening = tuple(announced(statement, reading.profile, outline.amount.currency if outline.amount else ""))
        return itertools.chain(opening, _lines(statement, outline, values, details, piece.span))
    return _lines(statement, outline, values, details, piece.span)


def _lines(statement: Statement, outline: EntryOutline, values: Values, details: list[Detail], span: Span) -> Iterable[Record]:
    entry = iso_entry.read(outline, values, details, span, statement.own)
    if isinstance(entry, Issue):
        statement.unreadable += 1
        return (entry,)
    statement.add(entry)
    return iso_entry.single_line(entry, statement.own) if len(details) < 2 else batch.lines(entry, statement.own)


def _read(reading: Reading, piece: RecordPiece) -> tuple[EntryOutline, Values, list[Detail]]:
    """The entry with its only detail, or the entry and each of its details on their own: a batch of any size has few shapes."""
    data, line, start = piece.data, piece.span.line, piece.span.start
    where = []
    if data.count(b"TxDtls>") > 2 and b"<!" not in data and b"<?" not in data:
        where = cuts(data, data[1:data.index(b"Ntry")] + b"TxDtls")
    if not where:
        outline, values = reading.entries.read(data)
        return outline, values, [Detail(detail, values, piece.span, data) for detail in outline.details]
    outline, values = reading.entries.read(_without(data, where))
    details = []
    counted = 0
    for begin, end in where:
        line += data.count(reading.charset.newline, counted, begin)
        counted = begin
        detail_outline, detail_values = reading.details.read(data[begin:end])
        details.append(Detail(detail_outline, detail_values, Span(line, start + begin, start + end), data[begin:end]))
    return outline, values, details


def _without(data: bytes, where: list[tuple[int, int]]) -> bytes:
    """The entry without its details."""
    kept = [data[end:begin] for (_, end), (begin, _) in itertools.pairwise(where)]
    return b"".join([data[:where[0][0]], *kept, data[where[-1][1]:]])
