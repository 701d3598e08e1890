"""Rows that go on with the text of the entry above, as some banks of Singapore and Hong Kong export them:

    Transaction date,Value date,Description,Withdrawals (SGD),Deposits (SGD)
    01/10/2026,01/10/2026,FAST PAYMENT,,100.00
    ,,OTHR KESTREL AIR PTE LTD INV 4711,,

A bank that writes so does it among its first rows. In all other files a row without date and amount is a note, for which nobody but its
reader can say what it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, zip_longest

from parsers.delimited.balances import is_sum, label_of
from parsers.delimited.layout import Layout
from parsers.delimited.rows import Row, head_rows


def has_continued_rows(head: bytes, layout: Layout, page: str) -> bool:
    """Whether one of the first rows below the header goes on with the one above."""
    below = [row for row in head_rows(head, layout.delimiter, page) if row.line > layout.header_line]
    return any(_is_entry(layout, entry.cells) and _goes_on(layout, after.cells) for entry, after in pairwise(below))


def joined(rows: Iterable[Row], layout: Layout) -> Iterator[Row]:
    """The rows, each with the words and the place of those that go on with it."""
    held: Row | None = None
    for row in rows:
        if held and held.span.line > layout.header_line and _is_entry(layout, held.cells) and _goes_on(layout, row.cells):
            cells = [f"{said} {more}".strip() for said, more in zip_longest(held.cells, row.cells, fillvalue="")]
            held = Row(held.span._replace(end=row.span.end), cells, row.is_open)
            continue
        if held:
            yield held
        held = row
    if held:
        yield held


def _is_entry(layout: Layout, cells: list[str]) -> bool:
    """Whether a row may be an entry, which has a date and as many cells as the header."""
    return len(cells) >= layout.width and layout["date"] < len(cells) and cells[layout["date"]].strip() != ""


def _goes_on(layout: Layout, cells: list[str]) -> bool:
    """Whether a row says something where entries have their words, and nothing anywhere else."""
    filled = [place for place, cell in enumerate(cells) if cell.strip()]
    is_text = len(cells) == layout.width and bool(filled) and set(filled) <= set(layout.texts)
    return is_text and not label_of(cells) and not is_sum(cells)
