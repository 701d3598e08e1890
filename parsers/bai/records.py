r"""The record structure of a BAI2 file: physical lines into logical records, with positions, in memory flat in the file's size.

A logical record is a record line and its 88 continuations. Text is handled as Latin-1 while it is cut, one character for
each byte, so positions are byte offsets; what a person reads is decoded afterwards.

Tolerated: LF, CRLF and CR line ends, blank lines, lines filled to 80 columns, a missing final slash, lines before the 01 record
(mailbox cards), a line without a record code (read as a continuation, and told), several records on one line:

    16,165,10000,Z,REF1,,PAYMENT/16,475,2500,Z,REF2,1042,/49,12500,3/

There the slash that ends a record is read as the line's end where a whole record follows it: a 16 by its type code, 49, 98 and
99 by their counts, 02 and 03 by their fields. A slash inside text ("INV 12/16") is none of these.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from parsers.bank_text import joint
from parsers.records import Span
from parsers.sources import BLOCK_BYTES, LINE_BYTES_MAX, Source, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = ("16", "49", "03", "98", "02", "99", "01")
FILLING = "/ \t\r\0\x1a"
"""What may follow the last field of a line and says nothing."""

BLANK = " \t\n\r\v\f\x1c\x1d\x1e\x1f"
"""What may stand around a field: what `str.strip` takes, without letters outside ASCII, which are not decoded yet."""

_CODE = r"(?:16|49|03|98|02|99|01),"
RECORD = re.compile(
    rf"16,(\d{{3}}),(\d{{1,15}}),[Z012]?,([^,/\n]*),([^,/\n]*),(.*)(?:\n88,(.*))?((?:\n88,.*)*)\n(?={_CODE})"
    rf"|{_CODE}.*(?:\n(?!{_CODE}).*)*\n?",
)
"""One logical record. The first branch takes the common detail apart: type code, amount, bank reference, customer reference,
first line of the text, the 88 line after it, further 88 lines; every other record is cut only. Matches follow one another without a gap."""

HEADER = re.compile(r"(?:^|(?<=\n))01,[^,\n]*,[^,\n]*,\d{6,8},[\d:]*,[^\n]*?(?:/\s*(?:\n|$|02,|88,)|\n\s*(?:02|88),)")
_FIRST_RECORD = re.compile(rf"(?:^|(?<=\n)){_CODE}")
_TYPE_CODE = re.compile(r"\d{3}")
_FIELD_END = re.compile(r"[,\n]")
_FUNDS_LENGTH = {"": 1, "Z": 1, "0": 1, "1": 1, "2": 1, "V": 3, "S": 4}
_NEAR_END = 16 * 1024
_LONE_RETURN = re.compile(r"\r(?!\n)")
_RECORD_AFTER_SLASH = re.compile(
    r"/ *(?=16,\d{3},|88,|49,[+-]?\d*,\d+ *(?:/|\n|$)|9[89],[+-]?\d*,\d+,\d+ *(?:/|\n|$)"
    r"|03,[^,/\n ]+,(?:[A-Z]{3})?(?:/|,/|,\d{3},|,,)|02,[^,/\n]*,[^,/\n]*,[1-4],\d{6,8},)",
)


class Block(NamedTuple):
    """Whole logical records: `offset` and `line` of the first character, `breaks` the line ends that we put between records."""

    text: str
    offset: int
    line: int
    breaks: list[int]


Look = Callable[[str], tuple[int, bool]]
"""How many line ends a text has, and whether there may be several records on one of its lines."""


class Logical(NamedTuple):
    """One logical record: its code, its lines without codes and fillings, how many of them count as records for the trailers,
    and the numbers of the lines that have no code."""

    code: str
    pieces: list[str]
    span: Span
    records: int
    uncoded: list[int]

    def fields(self, at_least: int = 0) -> list[str]:
        """The fields of a record without text: the slash at a line's end ends a field as a comma does."""
        found = [piece.strip() for piece in ",".join(self.pieces).split(",")]
        return found + [""] * (at_least - len(found))


class Summary(NamedTuple):
    """A balance or total of a 03 record, as written."""

    code: str
    amount: str
    items: str


class Detail(NamedTuple):
    """The fields of a 16 record, as written; `text` has a line break where the bank began a new line."""

    code: str
    amount: str
    value_date: str
    bank_reference: str
    customer_reference: str
    text: str
    funds_type_missing: bool


def blocks(source: Source, size: int | None = None, look: Look | None = None) -> Iterator[Block]:
    """The file in pieces of some megabytes (or of about `size` bytes), each cut where a logical record begins. A caller who can `look`
    faster may."""
    offset, line, rest, look = 0, 1, "", look or _look
    with source.open() as stream:
        while data := stream.read(size or BLOCK_BYTES):
            while data.endswith(b"\r") and (more := stream.read(1)):
                data += more
            raw = _with_line_feeds(rest + data.decode("latin-1"))
            line_ends, may_hold_several = look(raw)
            text, breaks = _one_record_a_line(raw) if may_hold_several else (raw, [])
            cut = _last_record(text)
            if cut == 0 and len(raw) > LINE_BYTES_MAX + BLOCK_BYTES:
                raise SourceError("hostile", f"the record at line {line} is longer than {LINE_BYTES_MAX} bytes")
            if cut:
                yield Block(text[:cut], offset, line, breaks[: bisect_left(breaks, cut)])
                line += line_ends - raw.count("\n", cut)
            offset, rest = offset + cut, raw[cut:]
    if rest:
        text, breaks = _one_record_a_line(rest)
        yield Block(text, offset, line, breaks)


def _look(raw: str) -> tuple[int, bool]:
    return raw.count("\n"), "/" in raw


def _with_line_feeds(raw: str) -> str:
    """The same characters with LF for a CR alone."""
    return _LONE_RETURN.sub("\n", raw) if "\r" in raw and raw.count("\r") != raw.count("\r\n") else raw


def _one_record_a_line(raw: str) -> tuple[str, list[int]]:
    """The same characters with a line end before each record, and where we had to put one; no position moves."""
    breaks = [found.end() - 1 for found in _RECORD_AFTER_SLASH.finditer(raw)]
    if not breaks:
        return raw, breaks
    pieces = [raw[after + 1 : end] for after, end in zip([-1, *breaks], [*breaks, len(raw)], strict=True)]
    return "\n".join(pieces), breaks


def _last_record(text: str) -> int:
    """Where the last record line begins, 0 if none does after the first; it is usually near the end."""
    near = max(text.rfind(f"\n{code},", -_NEAR_END) for code in CODES)
    return (near if near >= 0 else max(text.rfind(f"\n{code},") for code in CODES)) + 1


def preamble_length(text: str) -> int:
    """How many characters stand before the first line that is a record."""
    found = _FIRST_RECORD.search(text)
    return found.start() if found else len(text)


def lines_in(block: Block, start: int, end: int) -> int:
    """How many lines of the file end in `block.text[start:end]`."""
    found = block.text.count("\n", start, end)
    return found - (bisect_left(block.breaks, end) - bisect_left(block.breaks, start)) if block.breaks else found


def logical(block: Block, start: int, end: int, line: int) -> Logical:
    """The logical record in `block.text[start:end]`, whose first line has number `line`."""
    first, *others = block.text[start:end].split("\n")
    pieces, records, uncoded = [first[3:].rstrip(FILLING)], 1, []
    for distance, other in enumerate(others, 1):
        if other.startswith(("88,", "88:")):
            pieces.append(other[3:].rstrip(FILLING))
            records += 1
        elif stripped := other.rstrip(FILLING):
            pieces.append(stripped)
            uncoded.append(line + distance)
    return Logical(first[:2], pieces, Span(line, block.offset + start, block.offset + end), records, uncoded)


def logical_at(block: Block, start: int) -> Logical:
    """The logical record that begins at `start`, without its line number."""
    found = RECORD.match(block.text, start)
    assert found is not None, "no record begins there"
    return logical(block, start, found.end(), block.line)


def glued(pieces: list[str], first_extra: int, width: int) -> str:
    """The pieces of a text with what `bank_text.joint` puts between them. A line is full where it has the width and none is wider.

    `first_extra`: characters between the record code and the first piece; `width`: of a full line.
    """
    text, *others = [piece.rstrip(FILLING) for piece in pieces]
    full = width - 3
    length = len(text) + first_extra
    wraps = length <= full and all(len(other) <= full for other in others)
    before = text
    for other in others:
        text += joint(before, other, is_full=wraps and length == full) + other
        before, length = other, len(other)
    return text.strip(BLANK)


def split_account(record: Logical) -> tuple[list[str], list[Summary], list[str]]:
    """Account and currency of a 03 record, its summaries, and the fields that fit nowhere.

    `015,/` with `88,250` below it is by the standard a balance without an amount; some banks mean that the balance goes on. That reading is
    taken where the standard's leaves more over, or item counts and type codes without an amount.
    """
    readings = [record.fields(2)]
    if any(piece.endswith(",") for piece in record.pieces[:-1]):
        readings.append(record._replace(pieces=[piece.removesuffix(",") for piece in record.pieces[:-1]] + record.pieces[-1:]).fields(2))
    return min(((fields[:2], *split_summaries(fields[2:])) for fields in readings), key=_oddness)


def _oddness(reading: tuple[list[str], list[Summary], list[str]]) -> tuple[int, int]:
    _, summaries, misfits = reading
    without_amount = [summary for summary in summaries if not summary.amount]
    return len(misfits) + sum(bool(summary.items) for summary in without_amount), len(without_amount)


def split_summaries(fields: list[str]) -> tuple[list[Summary], list[str]]:
    """The balances and totals of a 03 record, and the fields that fit nowhere.

    Surplus empty fields are skipped. A balance may come without item count and funds type, a total without funds type: where a
    type code stands in their place it is read as the next one.
    """
    found: list[Summary] = []
    misfits: list[str] = []
    at = 0
    while at < len(fields):
        code = fields[at]
        at += 1
        if not _TYPE_CODE.fullmatch(code):
            misfits += [code] if code else []
            continue
        amount = fields[at] if at < len(fields) else ""
        at += 1
        items = fields[at] if at < len(fields) else ""
        if code < "100" and _TYPE_CODE.fullmatch(items):
            items = ""
        else:
            at += 1
            at += _funds_length(fields, at) or 0
        found.append(Summary(code, amount, items))
    return found, misfits


def _funds_length(fields: list[str], at: int) -> int | None:
    """How many fields the funds type at `at` takes with what follows it; None when it is none."""
    kind = fields[at].strip().upper() if at < len(fields) else ""
    if kind != "D":
        return _FUNDS_LENGTH.get(kind)
    count = fields[at + 1].strip() if at + 1 < len(fields) else ""
    return 2 + 2 * int(count) if count.isdecimal() and len(count) < 4 else 2


def split_detail(record: Logical, width: int) -> Detail:
    """The fields of a 16 record. The text is the rest after the customer reference; where the references are missing and an 88
    line begins with prose, the text begins there."""
    content = glued(record.pieces, 0, width)
    (code, amount), at = _fields(content, 0, 2)
    ahead, _ = _fields(content, at, 2)
    length = _funds_length(ahead, 0)
    funds, at = _fields(content, at, length or 0)
    references: list[str] = []
    while len(references) < 2 and not _is_prose_line(content, at):
        (reference,), at = _fields(content, at, 1)
        references.append(reference)
    bank_reference, customer_reference = [*references, "", ""][:2]
    value_date = funds[1] if funds and funds[0].upper() == "V" else ""
    return Detail(code, amount, value_date, bank_reference, customer_reference, content[at:].strip(BLANK), length is None)


def _fields(content: str, at: int, count: int) -> tuple[list[str], int]:
    """The next fields, each ended by a comma or a line's end, empty where there are no more, and where the rest begins."""
    found: list[str] = []
    for _ in range(count):
        stop = _FIELD_END.search(content, at)
        end = stop.start() if stop else len(content)
        found.append(content[at:end].strip(BLANK))
        at = min(end + 1, len(content))
    return found, at


def _is_prose_line(content: str, at: int) -> bool:
    """Whether a line begins at `at` whose first words are no reference."""
    return content[at - 1 : at] == "\n" and " " in _fields(content, at, 1)[0][0]
