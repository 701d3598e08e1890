"""A whole file as frames: the records of its reader, drained.

`read` recognises, reads and drains; what cannot be opened or recognised comes back as a document with an `error` issue, so
a caller has one thing to look at. The columns of `LINES` are the row of `cashapp parse` plus positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import polars as pl

from parsers import collector, issues, records, registry
from parsers.amounts import to_text
from parsers.code_page import with_letters_page
from parsers.profile import Profile
from parsers.sources import Source, SourceError, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LINES = {
    "statement": pl.Int32,  # index into Document.statements
    "line": pl.Int64, "byte_start": pl.Int64, "byte_end": pl.Int64,
    "amount_minor": pl.Int64, "currency": pl.String, "kind": pl.String, "booking_date": pl.Date, "value_date": pl.Date,
    "type_code": pl.String, "bank_reference": pl.String, "customer_reference": pl.String, "check_number": pl.String,
    "payer_name": pl.String, "payer_account": pl.String, "structured_reference": pl.String, "remittance_text": pl.String,
    "return_reason": pl.String, "original_reference": pl.String, "batch_reference": pl.String,
    "batch_amount_minor": pl.Int64, "batch_key": pl.Int64, "fee_minor": pl.Int64, "instructed_minor": pl.Int64,
    "instructed_currency": pl.String, "status": pl.String,
}
"""The frame of bank lines: one row each, in file order. Amounts in minor units of `currency`."""

REMITTANCE = {
    "row": pl.Int64,  # index into LINES
    "line": pl.Int64, "byte_start": pl.Int64, "byte_end": pl.Int64,
    "document_number": pl.String, "amount_minor": pl.Int64, "discount_minor": pl.Int64, "deduction_minor": pl.Int64,
    "deduction_reason": pl.String, "document_type": pl.String, "memo": pl.String,
}
"""The frame of remittance lines, each pointing at its bank line."""

CONTROLS = {"line": pl.Int64, "name": pl.String, "stated": pl.Int64, "computed": pl.Int64, "currency": pl.String}
"""The frame of controls: one row each, in file order."""

NO_LINES, NO_REMITTANCE = pl.DataFrame(schema=LINES), pl.DataFrame(schema=REMITTANCE)
START = records.Span(1, 0, 0)
PART_ROWS = 10_000
"""Rows of a part that is drained from records, which need some kilobytes each."""
COLUMNAR_BYTES = 1024 * 1024
"""From this size on a format's columnar reader, where it has one, is worth the start of its engine."""


@dataclass(slots=True)
class Statement:
    """A statement with its opening and its closing, as the file states them."""

    opened: records.StatementOpened
    closed: records.StatementClosed | None = None


class ControlColumns(Protocol):
    """Controls that follow one another, as columns; the records are made only when somebody looks at them."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[records.Control]: ...

    def untied(self) -> Iterable[records.Control]:
        """Those whose two numbers differ."""

    def frame(self) -> pl.DataFrame:
        """All of them with the columns of `CONTROLS`."""


@dataclass(slots=True, eq=False)
class Controls:
    """The controls of a document in file order."""

    pieces: list[list[records.Control] | ControlColumns] = field(default_factory=list)
    _open: list[records.Control] | None = None

    def append(self, control: records.Control) -> None:
        """One more."""
        if self._open is None:
            self._open = []
            self.pieces.append(self._open)
        self._open.append(control)

    def add(self, columns: ControlColumns) -> None:
        """Many more."""
        self.pieces.append(columns)
        self._open = None

    def untied(self) -> Iterator[records.Control]:
        """Those whose two numbers differ; of all others no record is made."""
        for piece in self.pieces:
            yield from (control for control in piece if not control.ties) if isinstance(piece, list) else piece.untied()

    def frame(self) -> pl.DataFrame:
        """All of them with the columns of `CONTROLS`."""
        rows = [_controls_frame(piece) if isinstance(piece, list) else piece.frame() for piece in self.pieces]
        return pl.concat([pl.DataFrame(schema=CONTROLS), *rows])

    def __iter__(self) -> Iterator[records.Control]:
        return chain.from_iterable(self.pieces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Controls) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # more may be appended

    def __len__(self) -> int:
        return sum(map(len, self.pieces))


def _controls_frame(controls: list[records.Control]) -> pl.DataFrame:
    return pl.DataFrame([(c.span.line, c.name, c.stated, c.computed, c.currency) for c in controls], schema=CONTROLS, orient="row")


@dataclass
class Document:
    """One bank file, read."""

    format: str = ""
    statements: list[Statement] = field(default_factory=list)
    lines: pl.DataFrame = field(default_factory=lambda: NO_LINES)
    remittance: pl.DataFrame = field(default_factory=lambda: NO_REMITTANCE)
    controls: Controls = field(default_factory=Controls)
    changes: list[records.DetailChange] = field(default_factory=list)
    issues: list[records.Issue] = field(default_factory=list)

    @property
    def errors(self) -> list[records.Issue]:
        """The issues for which the file must not be taken."""
        return [issue for issue in self.issues if issue.severity == "error"]


def read(content: bytes | Path, *, format_name: str | None = None, profile: Profile | None = None) -> Document:
    """Recognise, read and drain a file. `format_name` skips recognition; an unknown name raises KeyError."""
    return joined(stream(content, format_name=format_name, profile=profile))


def stream(content: bytes | Path, *, format_name: str | None = None, profile: Profile | None = None) -> Iterator[Document]:
    """The same in parts, in memory flat in the size of the file.

    A part's `statement` indexes count through all parts, and only the statements that it opens stand in it; one that closes
    in a later part gets its closing there. `row` in a part's remittance counts from the part's first line.
    """
    wanted = registry.all_formats()[format_name] if format_name else None
    try:
        offset = 0
        for source in open_source(content):
            opened = 0
            for part in _source_parts(source, wanted, profile or Profile()):
                opened += len(part.statements)
                part.lines = part.lines.with_columns(pl.col("statement") + offset) if offset else part.lines
                yield part
            offset += opened
    except SourceError as error:
        yield Document(issues=[issues.error(START, error.code, str(error))])


def _source_parts(source: Source, wanted: registry.Format | None, profile: Profile) -> Iterator[Document]:
    if not source.head.strip():
        yield Document(issues=[issues.error(START, "empty", "the file has no content")])
        return
    claims = [wanted] if wanted else registry.candidates(source.head)
    if len(claims) != 1:
        code = "ambiguous_format" if claims else "unrecognised"
        names = ", ".join(claim.NAME for claim in claims) or "none"
        message = f"{names} of the {len(registry.all_formats())} formats claim{'' if claims else 's'} the file"
        yield Document(issues=[issues.error(START, code, message, source.head[:60])])
        return
    profile = with_letters_page(source.head, profile)
    try:
        if source.size >= COLUMNAR_BYTES and (columns := registry.columnar(claims[0])):
            from parsers.byte_columns import keep_freed_memory  # a small file does without the engine

            keep_freed_memory()
            yield from columns(source, profile)
        else:
            yield from drained(claims[0].NAME, claims[0].parse(source, profile))
    except SourceError as error:
        yield Document(format=claims[0].NAME, issues=[issues.error(START, error.code, str(error))])


def drain(format_name: str, found: Iterable[records.Record]) -> Document:
    """Records into one document; each control that does not tie becomes a `control_mismatch` warning beside the control."""
    return joined(drained(format_name, found))


def drained(format_name: str, found: Iterable[records.Record], rows_max: int = PART_ROWS) -> Iterator[Document]:
    """Records into documents of at most `rows_max` rows each."""
    draining = _Draining(format_name, iter(found), rows_max)
    while True:
        with collector.at_rest():
            part = draining.part()
        yield part
        if not draining.ahead:
            return


@dataclass(slots=True)
class _Draining:
    """Records on their way into documents: those to come, how many statements they have opened, and the last of these. `ahead`: the line
    that was one too many for its part."""

    format_name: str
    found: Iterator[records.Record]
    rows_max: int
    statements: int = 0
    opened: Statement | None = None
    ahead: tuple[records.BankLine, ...] = ()

    def part(self) -> Document:
        """The next document."""
        part = Document(format=self.format_name)
        lines: list[tuple[object, ...]] = []
        told: list[tuple[object, ...]] = []
        ahead, self.ahead = self.ahead, ()
        for record in chain(ahead, self.found):
            match record:
                case records.BankLine():
                    if len(lines) == self.rows_max:
                        self.ahead = (record,)
                        break
                    for line in record.remittance:
                        told.append((len(lines), *line.span, *line[1:]))
                    lines.append((self.statements - 1, *record.span, *record[1:-1]))
                case records.StatementOpened():
                    self.opened = Statement(record)
                    self.statements += 1
                    part.statements.append(self.opened)
                case records.StatementClosed():
                    assert self.opened is not None, "a statement closes that was never opened"
                    self.opened.closed = record
                case records.Control():
                    part.controls.append(record)
                    if not record.ties:
                        part.issues.append(mismatch(record))
                case records.Issue():
                    part.issues.append(record)
                case records.DetailChange():
                    part.changes.append(record)
                case records.Envelope():
                    pass
        return _filled(part, lines, told)


def _filled(part: Document, lines: list[tuple[object, ...]], told: list[tuple[object, ...]]) -> Document:
    part.lines = _frame(lines, LINES) if lines else part.lines
    part.remittance = _frame(told, REMITTANCE) if told else part.remittance
    return part


def _frame(rows: list[tuple[object, ...]], schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(name, column, dtype=dtype, strict=True)
                         for (name, dtype), column in zip(schema.items(), zip(*rows, strict=True), strict=True)])


def mismatch(control: records.Control) -> records.Issue:
    """The issue of a control that does not tie, with both numbers."""
    stated, computed = (
        (to_text(value, control.currency) if control.currency else str(value)) for value in (control.stated, control.computed)
    )
    return issues.warning(control.span, "control_mismatch", f"{control.name} is stated as {stated} and computed as {computed}")


def joined(parts: Iterable[Document]) -> Document:
    """The parts of a file as one document."""
    every = list(parts)
    if len(every) == 1:
        return every[0]
    rows = 0
    told: list[pl.DataFrame] = []
    for part in every:
        told.append(part.remittance.with_columns(pl.col("row") + rows))
        rows += part.lines.height
    return Document(
        format=every[0].format, statements=[s for part in every for s in part.statements],
        lines=pl.concat([part.lines for part in every]), remittance=pl.concat(told),
        controls=Controls([piece for part in every for piece in part.controls.pieces]), changes=[c for part in every for c in part.changes],
        issues=[i for part in every for i in part.issues],
    )
