"""A report for programs: JSON with everything in it, CSV with the rows of each section. Amounts are exact decimal text."""

from __future__ import annotations

import json

import polars as pl

from cashapp import money
from cashapp.reports.model import Report, Section, Table, tables
from cashapp.tabular import neutralised
from parsers.amounts import to_text


def as_csv(report: Report) -> bytes:
    """Each section with its header row, an empty line between two; no totals. Text is safe for spreadsheets."""
    return b"\n".join(neutralised(_plain(_data(section))).write_csv().encode() for section in report.sections)


def as_json(report: Report) -> str:
    """One object: the days, sections with columns, rows and totals, proofs with both numbers."""
    return json.dumps({
        "report": report.name, "title": report.title, "books": report.books, "since": _iso(report.when.since), "until": _iso(report.when.until),
        "journal": report.seal, "sections": [_section(section) for section in report.sections],
        "proofs": [{
            "what": proof.what, "currency": proof.currency, "report": to_text(proof.reported_minor, proof.currency),
            "ledger": to_text(proof.ledger_minor, proof.currency), "ties": proof.ties,
        } for proof in report.proofs],
        "notes": list(report.notes),
    }, ensure_ascii=False) + "\n"


def _iso(value: object) -> str | None:
    return str(value) if value is not None else None


def _data(section: Section) -> Table:
    return next(tables(section, "data"))


def _section(section: Section) -> dict[str, object]:
    table = _data(section)
    totals = table._replace(rows=table.totals, columns=tuple(c for c in table.columns if c.name in table.totals.columns))
    return {
        "name": section.name, "title": section.title, "note": section.note,
        "columns": [{"name": column.name, "kind": column.kind} for column in table.columns],
        "rows": _rows(table), "totals": _rows(totals) if totals.rows.height else [],
    }


def _rows(table: Table) -> list[dict[str, object]]:
    return _plain(table).with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%SZ")).to_dicts()


def _plain(table: Table) -> pl.DataFrame:
    """The columns in order: amounts as decimal text, shares as percent text."""
    told = [
        money.text(table.rows[column.name], table.rows["currency"]) if column.kind == "money" else pl.col(column.name)
        for column in table.columns
    ]
    shares = [
        pl.format("{}.{}", pl.col(column.name) // 10, pl.col(column.name) % 10).alias(column.name) for column in table.columns if column.kind == "share"
    ]
    return table.rows.select(told).with_columns(shares)
