"""`cashapp parse`: bank files to rows, controls and issues, without any database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from cashapp import money
from cashapp.errors import UsageError
from parsers import documents, registry
from parsers.amounts import to_text
from parsers.issues import REMEDIES

if TYPE_CHECKING:
    from parsers.profile import Profile
    from parsers.records import Issue

AMOUNTS = ("amount", "batch_amount", "fee", "instructed_amount")
_DIRECT = (
    "booking_date", "value_date", "type_code", "kind", "bank_reference", "customer_reference", "check_number",
    "payer_name", "payer_account", "structured_reference", "remittance_text", "return_reason", "original_reference", "batch_reference",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file as its reader yields it. `statements`: those that its lines can belong to, the first with number `first`."""

    file: str
    document: documents.Document
    statements: list[documents.Statement]
    first: int


def parts(paths: Sequence[Path], format_name: str | None, profile: Profile | None = None) -> Iterator[Part]:
    """The files in order, part by part, in memory flat in their size. A missing file or an unknown format name is a usage error,
    found before anything is read."""
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
    if format_name and format_name not in registry.all_formats():
        raise UsageError(f"{format_name!r} is not a format; `cashapp formats` lists them")
    for path in paths:
        first = 0
        before: list[documents.Statement] = []  # the one that was open when the part before ended
        for document in documents.stream(path, format_name=format_name, profile=profile):
            statements = before + document.statements
            yield Part(str(path), document, statements, first)
            before = statements[-1:]
            first += len(statements) - len(before)


def row_frames(found: Iterable[Part]) -> Iterator[pl.DataFrame]:
    """The rows of all parts, at least one frame: small files are made rows together, for a frame costs more than a file."""
    waiting: list[Part] = []
    count = 0
    is_told = False
    for part in found:
        if count and count + part.document.lines.height > documents.PART_ROWS:
            yield rows(waiting)
            is_told, waiting, count = True, [], 0
        if part.document.lines.height:
            waiting.append(part)
            count += part.document.lines.height
    if waiting or not is_told:
        yield rows(waiting)


def rows(found: Sequence[Part]) -> pl.DataFrame:
    """The contract's columns, one row for each bank line or detail; empty text becomes null."""
    lines = pl.concat([part.document.lines for part in found]) if found else pl.DataFrame(schema=documents.LINES)
    full = lines.with_columns(
        *_origin(found),
        money.text(lines["amount_minor"], lines["currency"]).alias("amount"),
        money.text(lines["batch_amount_minor"], lines["currency"]).alias("batch_amount"),
        money.text(lines["fee_minor"], lines["currency"]).alias("fee"),
        money.text(lines["instructed_minor"], lines["instructed_currency"]).alias("instructed_amount"),
        pl.Series("remittance_lines", [text for part in found for text in _remittance_texts(part.document)], dtype=pl.String),
    )
    chosen = full.select(
        "file", "format", "statement_id", "account", "currency", "line", "booking_date", "value_date", "amount",
        *_DIRECT[2:], "batch_amount", "remittance_lines", "fee", "instructed_amount", "instructed_currency", "status",
    )
    return chosen.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


def _origin(found: Sequence[Part]) -> list[pl.Series]:
    """File, format, statement and account of each row; what belongs to no statement has none."""
    told: list[tuple[str, str, str | None, str | None]] = []
    places: list[pl.Series] = []
    for part in found:
        file, name = part.file, part.document.format
        places.append(part.document.lines["statement"].cast(pl.Int64) - part.first + 1 + len(told))
        told.append((file, name, None, None))
        told += [(file, name, statement.opened.statement_id, statement.opened.account) for statement in part.statements]
    place = pl.concat(places) if places else pl.Series([], dtype=pl.Int64)
    columns = zip(*told, strict=True) if told else ([] for _ in range(4))
    names = ("file", "format", "statement_id", "account")
    return [pl.Series(name, column, dtype=pl.String).gather(place) for name, column in zip(names, columns, strict=True)]


def _remittance_texts(document: documents.Document) -> list[str | None]:
    """For each row the JSON list of its remittance lines, null where it has none."""
    if document.remittance.is_empty():
        return [None] * document.lines.height
    currencies = document.lines["currency"]
    told: dict[int, list[dict[str, str | None]]] = {}
    for line in document.remittance.iter_rows(named=True):
        currency = currencies[line["row"]]
        told.setdefault(line["row"], []).append({
            "invoice_number": line["document_number"],
            "amount": None if line["amount_minor"] is None else to_text(line["amount_minor"], currency),
            "discount_amount": to_text(line["discount_minor"], currency),
            "deduction_amount": to_text(line["deduction_minor"], currency),
            "reason": line["deduction_reason"],
        })
    return [json.dumps(told[row], ensure_ascii=False) if row in told else None for row in range(document.lines.height)]


def issue_text(file: str, found: Issue) -> str:
    """`file:line: code: what – what to do`."""
    raw = f" ({found.raw.strip()!r})" if found.raw.strip() else ""
    return f"{file}:{found.span.line}: {found.code}: {found.message}{raw} – {REMEDIES[found.code]}"


def issue_json(file: str, found: Issue) -> str:
    """The same for programs."""
    return json.dumps(
        {"file": file, "line": found.span.line, "severity": found.severity, "code": found.code, "message": found.message}, ensure_ascii=False,
    )


def control_rows(document: documents.Document) -> list[tuple[str, str, str, str, bool]]:
    """Line, control, stated, computed, ties."""
    def shown(value: int, currency: str) -> str:
        return f"{to_text(value, currency)} {currency}" if currency else str(value)

    return [
        (str(c.span.line), c.name, shown(c.stated, c.currency), shown(c.computed, c.currency), c.ties) for c in document.controls
    ]
