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


def read_file(path: Path, format_name: str | None, profile: Profile | None = None) -> documents.Document:
    """The file as a document; a missing file or an unknown format name is a usage error."""
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    if format_name and format_name not in registry.all_formats():
        raise UsageError(f"{format_name!r} is not a format; `cashapp formats` lists them")
    return documents.read(path, format_name=format_name, profile=profile)


def rows(document: documents.Document, file: str) -> pl.DataFrame:
    """The contract's columns, one row for each bank line or detail; empty text becomes null."""
    lines = document.lines
    statements = pl.DataFrame(
        {
            "statement": range(len(document.statements)),
            "statement_id": [s.opened.statement_id for s in document.statements],
            "account": [s.opened.account for s in document.statements],
        },
        schema={"statement": pl.Int32, "statement_id": pl.String, "account": pl.String},
    )
    full = lines.with_row_index("row").join(statements, on="statement", how="left", maintain_order="left").with_columns(
        pl.lit(file).alias("file"),
        pl.lit(document.format).alias("format"),
        money.text(lines["amount_minor"], lines["currency"]).alias("amount"),
        money.text(lines["batch_amount_minor"], lines["currency"]).alias("batch_amount"),
        money.text(lines["fee_minor"], lines["currency"]).alias("fee"),
        money.text(lines["instructed_minor"], lines["instructed_currency"]).alias("instructed_amount"),
        pl.Series("remittance_lines", _remittance_texts(document), dtype=pl.String),
    )
    chosen = full.select(
        "file", "format", "statement_id", "account", "currency", "line", "booking_date", "value_date", "amount",
        *_DIRECT[2:], "batch_amount", "remittance_lines", "fee", "instructed_amount", "instructed_currency", "status",
    )
    return chosen.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


def _remittance_texts(document: documents.Document) -> list[str | None]:
    """For each row the JSON list of its remittance lines, null where it has none."""
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
