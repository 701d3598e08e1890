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
    return left + right.rjust(max(width - _breadth(left), _breadth(right) + len(_GAP)))


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
    yield from _rows(layout, [[column.heading] for column in table.columns])
    yield rule
    yield from _rows(layout, body)
    if totals[0]:
        yield rule
        yield from _rows(layout, totals)


class _Layout(NamedTuple):
    """How wide each column is, what stands between two, and which are flush right."""

    widths: list[int]
    gap: str
    flush_right: list[bool]


def _layout(columns: Sequence[Column], body: list[list[str]], totals: list[list[str]], width: int) -> _Layout:
    """What each column needs; where that is too much, texts fold between words, then the gaps shrink, then words are cut."""
    told = [{column.heading, *body[n], *totals[n]} for n, column in enumerate(columns)]
    natural = [max(map(_breadth, cells_of_column)) for cells_of_column in told]
    texts = [n for n, column in enumerate(columns) if column.is_text]
    words = {n: max(map(_longest_word, told[n])) for n in texts}
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
    return max(map(_breadth, cell.split()), default=0)


def _rows(layout: _Layout, columns: list[list[str]]) -> Iterator[str]:
    """The lines of some rows. Column by column, which is quick; a row with a text that must fold takes as many as it needs."""
    padded = [_padded(column, width, flush_right=right) for column, width, right in zip(columns, layout.widths, layout.flush_right, strict=True)]
    for n, row in enumerate(zip(*padded, strict=True)):
        if None in row:
            yield from _folded_row(layout, [column[n] for column in columns])
        else:
            yield layout.gap.join(cell for cell in row if cell is not None)


def _breadth(text: str) -> int:
    """Cells of a terminal that the text takes."""
    return len(text) if text.isascii() else cell_len(text)


def _padded(column: list[str], width: int, *, flush_right: bool) -> list[str | None]:
    """The cells at the column's width; None where one does not fit."""
    side = ">" if flush_right else "<"
    return [
        f"{cell:{side}{width + len(cell) - taken}}" if (taken := _breadth(cell)) <= width else None
        for cell in column
    ]


def _folded_row(layout: _Layout, row: Sequence[str]) -> Iterator[str]:
    folded = [_fold(cell, width) for cell, width in zip(row, layout.widths, strict=True)]
    deepest = max(map(len, folded))
    yield from _rows(layout, [lines + [""] * (deepest - len(lines)) for lines in folded])


def _fold(cell: str, width: int) -> list[str]:
    """The text in pieces of at most so many terminal cells; wide characters take two."""
    if _breadth(cell) <= width:
        return [cell]
    wide = _breadth(cell) > len(cell)
    return textwrap.wrap(cell, max(1, width // 2 if wide else width)) or [""]
