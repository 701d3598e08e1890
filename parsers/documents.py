"""A whole file as frames: the records of its reader, drained.

`read` recognises, reads and drains; what cannot be opened or recognised comes back as a document with an `error` issue, so
a caller has one thing to look at. The columns of `LINES` are the row of `cashapp parse` plus positions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from parsers import issues, records, registry
from parsers.amounts import to_text
from parsers.profile import Profile
from parsers.sources import SourceError, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LINES = {
    "statement": pl.Int32,  # index into Document.statements
    "line": pl.Int64, "byte_start": pl.Int64, "byte_end": pl.Int64,
    "amount_minor": pl.Int64, "currency": pl.String, "kind": pl.String, "booking_date": pl.Date, "value_date": pl.Date,
    "type_code": pl.String, "bank_reference": pl.String, "customer_reference": pl.String, "check_number": pl.String,
    "payer_name": pl.String, "payer_account": pl.String, "structured_reference": pl.String, "remittance_text": pl.String,
    "return_reason": pl.String, "original_reference": pl.String, "batch_reference": pl.String,
    "batch_amount_minor": pl.Int64, "batch_line": pl.Int64, "fee_minor": pl.Int64, "instructed_minor": pl.Int64,
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

START = records.Span(1, 0, 0)


@dataclass
class Statement:
    """A statement with its opening and its closing, as the file states them."""

    opened: records.StatementOpened
    closed: records.StatementClosed | None = None


@dataclass
class Document:
    """One bank file, read."""

    format: str = ""
    statements: list[Statement] = field(default_factory=list)
    lines: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=LINES))
    remittance: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REMITTANCE))
    controls: list[records.Control] = field(default_factory=list)
    changes: list[records.DetailChange] = field(default_factory=list)
    issues: list[records.Issue] = field(default_factory=list)

    @property
    def errors(self) -> list[records.Issue]:
        """The issues for which the file must not be taken."""
        return [issue for issue in self.issues if issue.severity == "error"]


def read(content: bytes | Path, *, format_name: str | None = None, profile: Profile | None = None) -> Document:
    """Recognise, read and drain a file. `format_name` skips recognition; an unknown name raises KeyError."""
    wanted = registry.all_formats()[format_name] if format_name else None
    try:
        parts = [_read_source(source, wanted, profile or Profile()) for source in open_source(content)]
    except SourceError as error:
        return Document(issues=[issues.error(START, error.code, str(error))])
    return parts[0] if len(parts) == 1 else _joined(parts)


def _read_source(source: object, wanted: registry.Format | None, profile: Profile) -> Document:
    from parsers.sources import Source  # noqa: PLC0415

    assert isinstance(source, Source)
    if not source.head.strip():
        return Document(issues=[issues.error(START, "empty", "the file has no content")])
    claims = [wanted] if wanted else registry.candidates(source.head)
    if len(claims) != 1:
        code = "ambiguous_format" if claims else "unrecognised"
        names = ", ".join(claim.NAME for claim in claims) or "none"
        message = f"{names} of the {len(registry.all_formats())} formats claim{'' if claims else 's'} the file"
        return Document(issues=[issues.error(START, code, message, source.head[:60])])
    try:
        return drain(claims[0].NAME, claims[0].parse(source, profile))
    except SourceError as error:
        return Document(format=claims[0].NAME, issues=[issues.error(START, error.code, str(error))])


def drain(format_name: str, stream: Iterable[records.Record]) -> Document:
    """Records into frames; each control that does not tie becomes a `control_mismatch` warning beside the control."""
    document = Document(format=format_name)
    lines: list[tuple[object, ...]] = []
    remittance: list[tuple[object, ...]] = []
    for record in stream:
        match record:
            case records.BankLine():
                for told in record.remittance:
                    remittance.append((len(lines), *told.span, *told[1:]))
                lines.append((len(document.statements) - 1, *record.span, *record[1:-1]))
            case records.StatementOpened():
                document.statements.append(Statement(record))
            case records.StatementClosed():
                document.statements[-1].closed = record
            case records.Control():
                document.controls.append(record)
                if not record.ties:
                    document.issues.append(_mismatch(record))
            case records.Issue():
                document.issues.append(record)
            case records.DetailChange():
                document.changes.append(record)
            case records.Envelope():
                pass
    document.lines = _frame(lines, LINES)
    document.remittance = _frame(remittance, REMITTANCE)
    return document


def _frame(rows: list[tuple[object, ...]], schema: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    return pl.DataFrame([pl.Series(name, column, dtype=dtype, strict=True)
                         for (name, dtype), column in zip(schema.items(), columns, strict=True)])


def _mismatch(control: records.Control) -> records.Issue:
    stated, computed = (
        (to_text(value, control.currency) if control.currency else str(value)) for value in (control.stated, control.computed)
    )
    return issues.warning(control.span, "control_mismatch", f"{control.name} is stated as {stated} and computed as {computed}")


def _joined(parts: list[Document]) -> Document:
    """The files of one archive as one document."""
    whole = Document(format=parts[0].format)
    frames: list[pl.DataFrame] = []
    told: list[pl.DataFrame] = []
    rows = 0
    for part in parts:
        frames.append(part.lines.with_columns(pl.col("statement") + len(whole.statements)))
        told.append(part.remittance.with_columns(pl.col("row") + rows))
        rows += part.lines.height
        whole.statements += part.statements
        whole.controls += part.controls
        whole.changes += part.changes
        whole.issues += part.issues
    whole.lines, whole.remittance = pl.concat(frames), pl.concat(told)
    return whole
