"""A report on paper and in a browser: what both show, as plain words; HTML by a template that escapes everything, PDF by typst.

Typst gets the words as data, so that nothing a customer is called can be markup. The same report gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import files
from typing import TYPE_CHECKING, TypedDict

from cashapp.errors import UsageError
from cashapp.reports import cells
from cashapp.reports.model import Column, Report, Section, Table, tables
from cashapp.reports.proof_table import proof_section

if TYPE_CHECKING:
    from collections.abc import Sequence

_MINUS = "\N{MINUS SIGN}"
_LETTER_CURRENCIES = frozenset({"USD", "CAD", "MXN", "PHP", "CLP", "COP"})
_LONGEST = 20_000  # rows of a PDF: some four hundred pages
_TAGGED = 500
_SHORT = 26  # characters up to which a text is never folded
_GAP = 3
_UPRIGHT = 128  # characters that fit across an upright page
_ACROSS = 165


class Head(TypedDict):
    """A column's heading. Cells of a `number` stand flush right; those of a column that `folds` may take several lines."""

    heading: str
    number: bool
    money: bool
    folds: bool


class PageTable(TypedDict):
    """A table as words, row by row."""

    currency: str
    columns: list[Head]
    breadth: int  # characters across with nothing folded
    least: int  # and with everything folded that may be
    rows: list[tuple[str, ...]]
    totals: list[tuple[str, ...]]
    strong: list[int]  # places of rows that stand out


class PageSection(TypedDict):
    """A section; without tables it says `none`."""

    title: str
    note: str
    tables: list[PageTable]


class Page(TypedDict):
    """Everything that is printed."""

    title: str
    days: str
    books: str
    seal: str
    broken: bool
    sections: list[PageSection]
    notes: list[str]


def page(report: Report) -> Page:
    """The report as words."""
    sections = [*report.sections, *([proof_section(report)] if report.proofs else [])]
    return Page(title=report.title, days=report.days, books=report.books, seal=report.seal, broken=bool(report.broken),
                sections=[_section(section) for section in sections], notes=list(report.notes))


def as_html(report: Report) -> str:
    """One file without script or anything from elsewhere; prints well."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_template("report.html.j2")).render(page(report)) + "\n"


def as_pdf(report: Report, base_currency: str = "USD") -> bytes:
    """PDF/A-2b; the paper is letter where the base currency is one of a country that uses it, A4 elsewhere.

    Tagged for readers that speak, unless it is so long that the tags would be most of the file.
    """
    import typst

    length = sum(section.rows.height for section in report.sections)
    if length > _LONGEST:
        raise UsageError(f"{report.name} has {length:,} rows, more than {_LONGEST:,} for paper – take fewer days, or --to xlsx or csv")
    content = page(report)
    across = any(table["least"] > _UPRIGHT for section in content["sections"] for table in section["tables"])
    layout = {"paper": "us-letter" if base_currency in _LETTER_CURRENCIES else "a4", "across": across, "room": _ACROSS if across else _UPRIGHT}
    inputs = {"report": json.dumps(content, ensure_ascii=False), "layout": json.dumps(layout)}
    compiler = typst.Compiler(_template("report.typ").encode(), font_paths=typst.Fonts(include_system_fonts=False), sys_inputs=inputs)
    printed = compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=dt.datetime.combine(report.when.until, dt.time(), dt.UTC),
                               pdf_tags=length <= _TAGGED)
    assert isinstance(printed, bytes)
    return printed


def _template(name: str) -> str:
    return files("cashapp.reports").joinpath(name).read_text(encoding="utf-8")


def _section(section: Section) -> PageSection:
    shown = [_table(table, section.strong) for table in tables(section, "page")] if section.rows.height else []
    return PageSection(title=section.title, note=section.note if shown else "", tables=shown)


def _table(table: Table, strong: tuple[str, ...]) -> PageTable:
    body, totals = _printed(table.columns, cells.body(table)), _printed(table.columns, cells.totals(table))
    longest = [max(map(len, [c.heading, *body[n], *totals[n]])) for n, c in enumerate(table.columns)]
    folds = [column.is_text and length > _SHORT for column, length in zip(table.columns, longest, strict=True)]
    least = [_SHORT if folding else length for folding, length in zip(folds, longest, strict=True)]
    return PageTable(
        currency=table.currency, rows=list(zip(*body, strict=True)), totals=list(zip(*totals, strict=True)),
        columns=[Head(heading=c.heading, number=c.is_number, money=c.kind == "money", folds=folding) for c, folding in zip(table.columns, folds, strict=True)],
        strong=[n for n, words in enumerate(body[0] if strong else []) if words.startswith(strong)],
        breadth=sum(longest) + _GAP * len(longest), least=sum(least) + _GAP * len(least),
    )


def _printed(columns: Sequence[Column], cells_by_column: list[list[str]]) -> list[list[str]]:
    """Amounts with the sign that paper needs to show it well."""
    return [
        [cell.replace("-", _MINUS) for cell in column_cells] if column.kind == "money" else column_cells
        for column, column_cells in zip(columns, cells_by_column, strict=True)
    ]
