"""A report as text: aligned columns, at most the given width; long texts are folded, numbers never."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from cashapp.reports import cells
from cashapp.reports.model import Column, Report, Section, Table, tables
from cashapp.reports.proof_table import proof_section

WIDTH = 110
_GAP = "  "
_NARROWEST = 8


def text(report: Report, width: int = WIDTH) -> str:
    """The whole report; ends with a line end."""
    lines = [_apart(report.title, report.days, width), _apart(report.books, report.seal, width)]
    for section in [*report.sections, *([proof_section(report)] if report.proofs else [])]:
        lines += ["", *_section(section, width)]
    for note in report.notes:
        lines += ["", *textwrap.wrap(note, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _apart(left: str, right: str, width: int) -> str:
    return left + right.rjust(max(width - cell_len(left), cell_len(right) + len(_GAP)))


def _section(section: Section, width: int) -> Iterator[str]:
    if section.rows.is_empty():
        yield f"{section.title}: none"
        return
    for n, table in enumerate(tables(section, "text")):
        if n:
            yield ""
        yield f"{section.title}, {table.currency}" if table.currency else section.title
        yield from _table(table, width)
    yield from textwrap.wrap(section.note, width)


def _table(table: Table, width: int) -> Iterator[str]:
    """Heading, rows, rule, totals."""
    body, totals = cells.body(table), cells.totals(table)
    layout = _layout(table.columns, body, totals, width)
    rule = layout.gap.join("─" * cell_width for cell_width in layout.widths)
    yield from _lines(layout, [column.heading for column in table.columns])
    yield rule
    for row in zip(*body, strict=True):
        yield from _lines(layout, row)
    if totals[0]:
        yield rule
        for row in zip(*totals, strict=True):
            yield from _lines(layout, row)


class _Layout(NamedTuple):
    """How wide each column is, what stands between two, and which are flush right."""

    widths: list[int]
    gap: str
    flush_right: list[bool]


def _layout(columns: Sequence[Column], body: list[list[str]], totals: list[list[str]], width: int) -> _Layout:
    """What each column needs; where that is too much, texts fold between words, then the gaps shrink, then words are cut."""
    natural = [max(map(cell_len, [column.heading, *body[n], *totals[n]])) for n, column in enumerate(columns)]
    texts = [n for n, column in enumerate(columns) if column.is_text]
    words = {n: max(map(_longest_word, [columns[n].heading, *body[n], *totals[n]])) for n in texts}
    flush_right = [column.is_number for column in columns]
    for gap, floors in (("  ", words), (" ", words), (" ", dict.fromkeys(texts, _NARROWEST))):
        room = width - len(gap) * (len(natural) - 1)
        widths = _narrowed(natural, floors, sum(natural) - room)
        if sum(widths) <= room:
            break
    return _Layout(widths, gap, flush_right)


def _narrowed(natural: list[int], floors: dict[int, int], excess: int) -> list[int]:
    """Widths with the excess taken from the widest of the columns, one place at a time, none below its floor."""
    widths = list(natural)
    for _ in range(excess):
        widest = max((n for n, floor in floors.items() if widths[n] > floor), key=widths.__getitem__, default=None)
        if widest is None:
            break
        widths[widest] -= 1
    return widths


def _longest_word(cell: str) -> int:
    return max(map(cell_len, cell.split()), default=0)


def _lines(layout: _Layout, row: Sequence[str]) -> Iterator[str]:
    """One line, or as many as the longest folded text needs."""
    if all(len(cell) <= width and cell.isascii() for width, cell in zip(layout.widths, row, strict=True)):
        yield _line(layout, row)
        return
    folded = [_fold(cell, width) for width, cell in zip(layout.widths, row, strict=True)]
    for n in range(max(map(len, folded))):
        yield _line(layout, [lines[n] if n < len(lines) else "" for lines in folded])


def _fold(cell: str, width: int) -> list[str]:
    """The text in pieces of at most so many terminal cells; wide characters take two."""
    if cell_len(cell) <= width:
        return [cell]
    wide = cell_len(cell) > len(cell)
    return textwrap.wrap(cell, max(1, width // 2 if wide else width)) or [""]


def _line(layout: _Layout, row: Sequence[str]) -> str:
    return layout.gap.join(
        " " * (width - cell_len(cell)) + cell if flush_right else cell + " " * (width - cell_len(cell))
        for cell, width, flush_right in zip(row, layout.widths, layout.flush_right, strict=True)
    )
