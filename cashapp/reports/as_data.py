"""A report for programs: JSON with everything in it, CSV with the rows of each section. Amounts are exact decimal text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import polars as pl

from cashapp import money
from cashapp.reports.model import Report, Section, Table, tables
from cashapp.tabular import neutralised
from parsers.amounts import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = 20_000


def as_csv(report: Report) -> Iterator[bytes]:
    """Each section with its header row, an empty line between two; no totals. Text is safe for spreadsheets."""
    for n, section in enumerate(report.sections):
        if n:
            yield b"\n"
        for m, piece in enumerate(_pieces(_data(section))):
            yield neutralised(_plain(piece)).write_csv(include_header=m == 0).encode()


def as_json(report: Report) -> Iterator[str]:
    """One object: the days, sections with columns, rows and totals, proofs with both numbers."""
    yield _opened({
        "report": report.name, "title": report.title, "books": report.books, "since": _iso(report.when.since), "until": _iso(report.when.until),
        "journal": report.seal,
    }) + ', "sections": ['
    for n, section in enumerate(report.sections):
        yield ", " if n else ""
        yield from _section(section)
    yield "], " + _json({
        "proofs": [{
            "what": proof.what, "currency": proof.currency, "report": to_text(proof.reported_minor, proof.currency),
            "ledger": to_text(proof.ledger_minor, proof.currency), "ties": proof.ties,
        } for proof in report.proofs],
        "notes": list(report.notes),
    })[1:] + "\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _opened(value: dict[str, object]) -> str:
    """The object as JSON, to be gone on with."""
    return _json(value)[:-1]


def _iso(value: object) -> str | None:
    return str(value) if value is not None else None


def _data(section: Section) -> Table:
    return next(tables(section, "data"))


def _section(section: Section) -> Iterator[str]:
    table = _data(section)
    totals = table._replace(rows=table.totals, columns=tuple(c for c in table.columns if c.name in table.totals.columns))
    yield _opened({
        "name": section.name, "title": section.title, "note": section.note,
        "columns": [{"name": column.name, "kind": column.kind} for column in table.columns],
    }) + ', "rows": ['
    for n, piece in enumerate(_pieces(table)):
        yield (", " if n else "") + _json(_rows(piece))[1:-1]
    yield "], " + _json({"totals": _rows(totals) if totals.rows.height else []})[1:]


def _pieces(table: Table) -> Iterator[Table]:
    """The table in pieces of so many rows, at least one."""
    for first in range(0, max(table.rows.height, 1), _AT_ONCE):
        yield table._replace(rows=table.rows.slice(first, _AT_ONCE))


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
