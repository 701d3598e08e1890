r"""ASC X12: cutting into segments, and what a payer says in RMR loops.

An interchange declares its own separators in its first segment, which is 106 bytes long:

    ISA*00*          *00*          *ZZ*PAYERCO        *ZZ*SELLERCO       *260131*1200*^*00501*000000001*0*P*:~
       | element separator (byte 4)                                          component separator (byte 105) |
                                                                              segment terminator (byte 106)  |

Where the ISA was squeezed or stretched on its way, its sixteen elements are counted instead. Text without an ISA (the
addenda of NACHA entries, Fedwire {8200}) shows its separators by the first tag (`RMR*`) and by what stands before the
next one; banks like `\` there. Line ends inside segments are wrapping, not content.

`read_advice` follows table 2 of the 820 (loops ENT, RMR, ADX; the 823 has the same RMR loop):

    RMR*IV*INV-1*PI*880*1000*20~        qualifier, number, action, net paid, gross, discount
    REF*PO*4711~ NTE**two pallets~      notes about the line
    ADX*-100*01*CM*CB-9~                an adjustment inside the line: negative reduces the payment; reason; reference
    ADX*-5*L1~                          before the first RMR of its ENT: an adjustment of the whole payment

By the standard RMR04 is what is paid, after discount and adjustments, and signed. Some payers send it before them, or
send credit memos without a sign: such a reading is taken only where it, and not the standard's, adds up to the payment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from parsers import issues
from parsers.amounts import AmountError, is_currency, to_minor
from parsers.records import Issue, RemittanceLine, Span
from parsers.sources import LINE_BYTES_MAX, SourceError, decode

if TYPE_CHECKING:
    from parsers.sources import Source

MEMO_CHARACTERS_MAX = 500
"""A memo is a help for the eye: item lists below an RMR can be longer than anyone reads."""

Place: TypeAlias = Callable[[int, int, int], Span]
"""Segment number, first and last offset in the text → where that stands in the file."""
DocumentType: TypeAlias = Literal["invoice", "credit_memo", "debit_memo", "purchase_order", "on_account", "other"]


class Separators(NamedTuple):
    """The characters that part elements and segments; without a `segment` terminator the text is one segment."""

    element: str
    segment: str


class Segment(NamedTuple):
    """One segment: `elements[0]` is its tag, `elements[n]` the standard's element n, without its padding."""

    span: Span
    elements: list[str]

    def value(self, position: int) -> str:
        """Element n; empty where the segment is shorter."""
        return self.elements[position] if position < len(self.elements) else ""


class Advice(NamedTuple):
    """What a payer says about one payment. `unexplained_minor`: the payment less the lines, 0 where amounts are missing."""

    lines: tuple[RemittanceLine, ...] = ()
    text: str = ""
    trace: str = ""
    payer_name: str = ""
    unexplained_minor: int = 0
    issues: tuple[Issue, ...] = ()


TAGS = (
    "ISA", "GS", "ST", "BPR", "BPS", "TRN", "CUR", "REF", "DTM", "NTE", "PER", "ENT", "N1", "N2", "N3", "N4", "NM1", "RMR", "ADX", "IT1", "SLN",
    "SAC", "TXP", "DED", "LX", "SE", "GE", "IEA",
)
"""Segments that payers send."""

_TAGS = rf"(?:{'|'.join(TAGS)})"
FIRST_TAG = re.compile(rf"[ \t\r\n\0]*{_TAGS}([^A-Za-z0-9 \t\r\n])")
_ISA_CHARACTERS_MAX = 64 * 1024
"""So many are looked at for what an interchange says of its separators; 106 where it is whole."""
_BLANK = re.compile(r"[ \t\r\n\0\x1a]*")  # not \s, which takes the control characters that some senders use as terminators
_WRAPPING = str.maketrans("", "", "\r\n")


def looks_like_x12(text: str) -> bool:
    """Whether the text begins with a segment that payers send: `RMR*…`, `ISA*…`."""
    return FIRST_TAG.match(text) is not None


def advice_of_text(text: str, currency: str, paid_minor: int | None, place: Place = Span) -> Advice | None:
    """What X12 inside another message says (NACHA addenda, Fedwire {8200}); None where the text is no X12.

    `paid_minor` is the payment that carries it, `place` tells where offsets of `text` stand in the file.
    """
    return read_advice(cut(text, place), currency, paid_minor) if looks_like_x12(text) else None


def cut(text: str, place: Place = Span) -> Iterator[Segment]:
    """The segments of an interchange, of a bare ST..SE, or of loose segments; every non-blank character is in one."""
    return _cut((text, ""), place, str)


def cut_source(source: Source) -> Iterator[Segment]:
    """The segments of a file, in memory flat in its size; spans count bytes. Text is UTF-8 where the bytes are that, else cp1252."""
    blocks = (block.decode("latin-1") for block in source.marked_blocks(_segment_mark(source.head)))
    return _cut(blocks, Span, lambda element: decode(element.encode("latin-1")))


def _cut(blocks: Iterable[str], place: Place, read: Callable[[str], str]) -> Iterator[Segment]:
    """The segments of a text that comes in blocks, an empty one at last; `read` tells what an element says that is not in ASCII."""
    text, offset, number = "", 0, 0
    marks: Separators | None = None
    for block in blocks:
        text += block
        position = 0
        while (start := _end_of_blank(text, position)) < len(text):
            if marks is None or text.startswith("ISA", start):
                if block and len(text) - start < _ISA_CHARACTERS_MAX:
                    break
                marks = _separators(text, start)
            end = text.find(marks.segment, start) if marks.segment else -1
            if end < 0:
                if block:
                    break
                end = len(text)
            position, number = min(end + 1, len(text)), number + 1
            body = text[start:end]
            if "\n" in body or "\r" in body:
                body = body.translate(_WRAPPING)
            elements = body.split(marks.element)
            yield Segment(place(number, offset + start, offset + position), list(map(str.strip, elements if body.isascii() else map(read, elements))))
        text, offset = text[position:], offset + position
        if len(text) > LINE_BYTES_MAX:
            raise SourceError("hostile", f"no segment ends in the {len(text)} bytes from byte {offset} on")


def _segment_mark(head: bytes) -> bytes:
    """What ends the segments of a file by its beginning; where that does not show, what parts their elements."""
    marks = _separators(head.decode("latin-1"), 0)
    return (marks.segment or marks.element).encode("latin-1")


def _end_of_blank(text: str, position: int) -> int:
    found = _BLANK.match(text, position)
    return found.end() if found else position


def _separators(text: str, start: int) -> Separators:
    start = _end_of_blank(text, start)
    if text.startswith("ISA", start) and (declared := _declared(text, start)):
        return declared
    found = FIRST_TAG.match(text, start)
    element = found[1] if found else "*"
    if shown := _terminator(element).search(text, start):
        return Separators(element, shown[1] or shown[2])
    last = text.rstrip()[-1:]
    return Separators(element, last if last and last in "\\~'^|" and last != element else "")


@lru_cache(maxsize=64)
def _terminator(element: str) -> re.Pattern[str]:
    """What stands before the tag of a next segment: a character that no value ends with, or a line end."""
    mark = re.escape(element)
    return re.compile(rf"([^A-Za-z0-9 .,\-/()\r\n\t{mark}])[ \t\r\n]*(?={_TAGS}{mark})|(\n)(?={_TAGS}{mark})")


def _declared(text: str, start: int) -> Separators | None:
    """What the ISA says; None where it has not even its sixteen elements."""
    element = text[start + 3 : start + 4]
    if not element or element.isalnum() or element in " \t\r\n":
        return None
    head = text[start : start + 106]
    if len(head) == 106 and head.count(element, 0, 104) == 16 and head[103] == element and not head[105].isalnum():
        return Separators(element, head[105])
    position = start
    for _ in range(16):
        position = text.find(element, position) + 1
        if position == 0 or position > start + 400:
            return None
    if text[position + 1 : position + 3] == "GS":  # the component separator was dropped
        return Separators(element, text[position])
    tail = text[position + 1 : position + 3]
    return Separators(element, "\n" if tail == "\r\n" else tail[:1])


@dataclass(slots=True)
class _Line:
    """An RMR loop, or an ADX that stands alone, while its segments are gathered."""

    first: Span
    last: Span
    number: str
    type: DocumentType
    paid: int | None
    gross: int | None = None
    discount: int = 0
    adjustment: int = 0
    reasons: list[str] = field(default_factory=list)
    memo: list[str] = field(default_factory=list)
    alone: bool = False


TYPES: dict[str, DocumentType] = {
    "CM": "credit_memo", "CL": "credit_memo", "CD": "credit_memo", "DB": "debit_memo", "DL": "debit_memo", "PO": "purchase_order",
    "11": "other", "12": "other", "14": "other", "1L": "other", "38": "other", "AZ": "other", "CT": "other",
}
"""Qualifier of an RMR → what its number stands for; an invoice where none of these."""

ON_ACCOUNT = {"PO", "PA"}
"""Actions of an RMR that pay on account."""

_NINE_EMPTY = [""] * 9
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")


def currency_told(segments: Iterable[Segment]) -> str:
    """The currency that a CUR segment names, "" where none does."""
    return next((s.value(2) for s in segments if s.value(0) == "CUR" and is_currency(s.value(2))), "")


def unknown_currencies(segments: Iterable[Segment]) -> Iterator[Issue]:
    """An issue for each CUR segment that names none of ISO 4217."""
    for segment in segments:
        if segment.value(0) == "CUR" and not is_currency(segment.value(2)):
            yield issues.error(segment.span, "unknown_currency", f"CUR02: {segment.value(2)!r} is no currency of ISO 4217", "*".join(segment.elements))


def account_of(bank: str, account: str) -> str:
    """A payer's account as master data names it: the IBAN, or `routing/account`; empty where either is missing."""
    if _IBAN.fullmatch(account):
        return account
    return f"{bank}/{account}" if bank and account else ""


def read_advice(segments: Iterable[Segment], currency: str, paid_minor: int | None = None) -> Advice:
    """The lines, notes, trace and payer of the segments of one payment; `paid_minor`: what they should add up to."""
    lines: list[_Line] = []
    notes: list[str] = []
    problems: list[Issue] = []
    current: _Line | None = None
    trace = payer = ""
    for segment in segments:
        match segment.elements[0]:
            case "RMR":
                current = _remittance(segment, currency, problems)
                lines.append(current)
            case "ADX":
                current = _adjust(segment, current, currency, problems)
                if current.alone:
                    lines.append(current)
            case "ENT" | "LX" | "SE":
                current = None
            case "TRN":
                trace = trace or segment.value(2)
            case "N1" if segment.value(1) == "PR":
                payer = payer or segment.value(2)
            case "REF" | "NTE" | "DTM" as tag:
                words = _words(tag, segment, inside=current is not None)
                (current.memo if current else notes).extend(words)
                _widen(current, segment)
            case "IT1" | "SLN" | "SAC" | "NM1":
                _widen(current, segment)
    told, rest = _settled(lines, paid_minor)
    return Advice(told, " ".join(notes), trace, payer, rest, tuple(problems))


def _remittance(segment: Segment, currency: str, problems: list[Issue]) -> _Line:
    _, qualifier, number, action, _, _, _, reason, *_ = *segment.elements, *_NINE_EMPTY
    amounts = {at: _amount(segment, at, currency, problems) for at in (4, 5, 6, 8) if segment.value(at)}
    kind = "on_account" if action in ON_ACCOUNT else TYPES.get(qualifier, "invoice")
    return _Line(
        segment.span, segment.span, number, kind, amounts.get(4), amounts.get(5), amounts.get(6) or 0, amounts.get(8) or 0,
        [reason] if amounts.get(8) else [],
    )


def _adjust(segment: Segment, current: _Line | None, currency: str, problems: list[Issue]) -> _Line:
    """An adjustment of the RMR it stands under; without one a line of its own, so that the lines still make the payment."""
    amount = _amount(segment, 1, currency, problems) if segment.value(1) else None
    if current is None or current.alone:
        kind = TYPES.get(segment.value(3), "other") if segment.value(4) else "other"
        return _Line(segment.span, segment.span, segment.value(4), kind, amount, reasons=[segment.value(2)], alone=True)
    current.adjustment += amount or 0
    if amount:
        current.reasons.append(segment.value(2))
    if segment.value(4):
        current.memo.append(segment.value(4))
    _widen(current, segment)
    return current


def amount_of(segment: Segment, position: int, currency: str) -> int:
    """A monetary element in minor units; `AmountError` says why not. The standard gives it at most 18 digits."""
    text = segment.value(position)
    if len(text) > 30:
        raise AmountError(f"{text[:30]!r}… is too long for an amount")
    return to_minor(text, currency)


def _amount(segment: Segment, position: int, currency: str, problems: list[Issue]) -> int | None:
    try:
        return amount_of(segment, position, currency)
    except AmountError as error:
        message = f"{segment.value(0)}{position:02}: {error}; the payment itself is read"
        problems.append(issues.warning(segment.span, "bad_amount", message, "*".join(segment.elements)))
        return None


def _words(tag: str, segment: Segment, *, inside: bool) -> list[str]:
    """What a note says in the payer's own words: no qualifiers, which would read as document numbers."""
    if tag == "DTM":
        return [segment.value(2)] if inside and segment.value(1) == "003" and segment.value(2) else []
    if tag == "NTE":
        return [segment.value(2) or segment.value(1)] if segment.value(2) or len(segment.value(1)) > 3 else []
    return [value for value in (segment.value(2), segment.value(3)) if value and segment.value(1) != "CK"]


def _widen(current: _Line | None, segment: Segment) -> None:
    if current:
        current.last = segment.span


def _settled(lines: list[_Line], paid: int | None) -> tuple[tuple[RemittanceLine, ...], int]:
    """The lines in the reading that adds up to the payment, the standard's first; and what no reading explains."""
    standard = tuple(_told(line, before=False, unsigned=True) for line in lines)
    if paid is None or not lines or any(line.amount_minor is None for line in standard):
        return standard, 0
    rest = paid - _sum(standard)
    for before, unsigned in ((False, False), (True, True), (True, False)) if rest else ():
        told = tuple(_told(line, before=before, unsigned=unsigned) for line in lines)
        if _sum(told) == paid:
            return told, 0
    return standard, rest


def _sum(lines: tuple[RemittanceLine, ...]) -> int:
    return sum(line.amount_minor or 0 for line in lines)


def _told(line: _Line, *, before: bool, unsigned: bool) -> RemittanceLine:
    """One reading of a line. `before`: RMR04 stands before its discount and adjustments. `unsigned`: a credit memo
    without a sign still reduces the payment."""
    paid, deduction = line.paid, -line.adjustment
    if paid is None and line.gross is not None:
        paid = line.gross - line.discount - deduction
    elif paid is not None and before and line.gross in (None, paid):
        paid -= line.discount + deduction
    elif paid is not None and before and line.gross == paid + line.discount:
        paid -= deduction
    elif paid is not None and line.gross is not None and abs(line.gross - line.discount - paid) == abs(deduction):
        deduction = line.gross - line.discount - paid  # the three amounts tell the sign that ADX01 or RMR08 left out
    kind = line.type
    if paid is not None and kind == "credit_memo" and unsigned and not line.alone:
        paid = -abs(paid)
    if paid is not None and paid < 0 and kind == "invoice":
        kind = "credit_memo"
    reason = ", ".join(dict.fromkeys(filter(None, line.reasons)))
    memo = " ".join(line.memo)[:MEMO_CHARACTERS_MAX]
    span = Span(line.first.line, line.first.start, max(line.first.end, line.last.end))
    return RemittanceLine(span, line.number, paid, line.discount, deduction, reason, kind, memo)
