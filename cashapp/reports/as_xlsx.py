"""A report as a workbook: a sheet for each section, real numbers and dates, totals, a frozen heading; texts are never formulas."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
import xlsxwriter

from cashapp import money
from cashapp.errors import UsageError
from cashapp.reports.model import Column, Report, Section, Table, tables
from cashapp.reports.proof_table import proof_section
from parsers.amounts import minor_digits

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_SAFE = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False}
_SHEET_NAME = 31
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
_ROWS = 1_048_000


class _Pen(NamedTuple):
    """Where cells are written and how."""

    book: Workbook
    sheet: Worksheet
    formats: dict[tuple[str, bool], Format]

    def look(self, number_format: str, *, bold: bool) -> Format:
        """The cell format, made once in a workbook."""
        key = (number_format, bold)
        if key not in self.formats:
            properties: dict[str, object] = {"num_format": number_format} if number_format else {}
            self.formats[key] = self.book.add_format(properties | ({"bold": True, "top": 1} if bold else {}))
        return self.formats[key]


def as_xlsx(report: Report) -> bytes:
    """The workbook's bytes, the same for the same report."""
    longest = max(section.rows.height for section in report.sections)
    if longest > _ROWS:
        raise UsageError(f"{report.name} has {longest:,} rows, more than the {_ROWS:,} of a sheet – take fewer days, or --to csv")
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, _SAFE)
    book.set_properties({"title": report.title, "subject": report.days, "company": report.books, "created": dt.datetime.combine(report.when.until, dt.time())})
    formats: dict[tuple[str, bool], Format] = {}
    sections = [*report.sections, *([proof_section(report)] if report.proofs else [])]
    for section, name in zip(sections, _sheet_names([section.title for section in sections]), strict=True):
        _sheet(_Pen(book, book.add_worksheet(name), formats), report, section)
    book.close()
    return buffer.getvalue()


def _sheet_names(titles: list[str]) -> list[str]:
    """The titles as Excel takes them for sheets: without its own signs, of at most 31 characters, no two alike."""
    names: list[str] = []
    for title in titles:
        plain = " ".join(_FORBIDDEN.sub(" ", title).split()).strip("'")
        name, count = plain[:_SHEET_NAME], 1
        while name.casefold() in {other.casefold() for other in names}:
            count += 1
            name = f"{plain[:_SHEET_NAME - len(str(count)) - 1]} {count}"
        names.append(name)
    return names


def _sheet(pen: _Pen, report: Report, section: Section) -> None:
    table, sheet = next(tables(section, "data")), pen.sheet
    heading = pen.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for n, column in enumerate(table.columns):
        sheet.write_string(0, n, column.heading, heading)
        sheet.set_column(n, n, _width(table, column))
        _write(pen, n, 1, column, table.rows)
        if column.name in table.totals.columns:
            _write(pen, n, table.rows.height + 1, column, table.totals, bold=True)
    if table.totals.height and not table.columns[0].is_summed:
        sheet.write_string(table.rows.height + 1, 0, "total", pen.look("", bold=True))
    _printing(sheet, report, section)
    sheet.freeze_panes(1, 0)
    if table.rows.height:
        sheet.autofilter(0, 0, table.rows.height, len(table.columns) - 1)


def _write(pen: _Pen, n: int, first_row: int, column: Column, frame: pl.DataFrame, *, bold: bool = False) -> None:
    """The column's cells from a row on."""
    values = frame[column.name]
    match column.kind:
        case "money":
            looks = {code: pen.look(_money_format(code), bold=bold) for code in frame["currency"].unique()}
            exact = money.text(values, frame["currency"])
            for row, (amount, code) in enumerate(zip(exact, frame["currency"], strict=True), start=first_row):
                if amount is not None:
                    pen.sheet.write_number(row, n, float(amount), looks[code])  # the cell format of spreadsheets; the text forms stay exact
        case "share":
            _each(pen, n, first_row, values / 1000, pen.look("0.0%", bold=bold))
        case "count" | "number":
            _each(pen, n, first_row, values, pen.look("#,##0" if column.kind == "count" else "0", bold=bold))
        case "date" | "moment":
            look = pen.look("yyyy-mm-dd" if column.kind == "date" else "yyyy-mm-dd hh:mm:ss", bold=bold)
            for row, moment in enumerate(values, start=first_row):
                if moment is not None:
                    pen.sheet.write_datetime(row, n, moment, look)
        case _:
            look = pen.look("", bold=bold)
            for row, words in enumerate(values, start=first_row):
                if words:
                    pen.sheet.write_string(row, n, words, look)


def _each(pen: _Pen, n: int, first_row: int, values: pl.Series, look: Format) -> None:
    for row, value in enumerate(values, start=first_row):
        if value is not None:
            pen.sheet.write_number(row, n, value, look)


def _money_format(currency: str) -> str:
    digits = minor_digits(currency) if currency else 0
    return f"#,##0.{'0' * digits}" if digits else "#,##0"


def _width(table: Table, column: Column) -> int:
    """Characters that most of the column's cells need."""
    if column.kind == "money":
        return 16
    if column.kind in {"date", "moment"}:
        return 12 if column.kind == "date" else 20
    longest = max((len(str(value)) for value in table.rows[column.name].head(200) if value is not None), default=0)
    return min(60, max(len(column.heading) + 3, longest + 2))


def _printing(sheet: Worksheet, report: Report, section: Section) -> None:
    """On paper: across, one page wide, the heading on each page."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    quiet = [text[:80].replace("&", "&&") for text in (report.books, f"{report.title}: {section.title}, {report.days}", report.seal)]
    sheet.set_header(f"&L{quiet[0]}&C{quiet[1]}")
    sheet.set_footer(f"&L{quiet[2]}&R&P / &N")
