"""Bar charts as SVG text: few marks, readable in print, in daylight and in the dark. No library, no script, no outside font."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, LEFT, RIGHT, TOP, ROW, BAR = 760, 190, 70, 54, 26, 16
COLOURS = {
    "right": "#2f7d4f", "wrong": "#c0392b", "first": "#7fb3d5", "later": "#cfe2f0", "none": "#d7d7d7",
    "imports": "#b8bec6", "parse": "#e0b04c", "store": "#7fb3d5", "match": "#2f7d4f", "post": "#27567a", "peer": "#c0392b",
}
INK, PALE = "#333333", "#888888"


class Row(NamedTuple):
    """A label, its parts (colour name and share of 1), and what stands behind the bar."""

    label: str
    parts: tuple[tuple[str, float], ...]
    note: str


def bars(title: str, legend: Sequence[tuple[str, str]], rows: Sequence[Row], last: int = 100) -> str:
    """Stacked horizontal bars over a common scale from 0 to `last`, at which a part of 1 ends. `legend`: colour name and meaning."""
    height = TOP + ROW * len(rows) + 16
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(12, 20, title, size=14, weight="bold"),
        *_legend(legend), *_grid(len(rows), last),
        *(mark for at, row in enumerate(rows) for mark in _row(TOP + ROW * at, row)),
        "</svg>",
    ]
    return "\n".join(body) + "\n"


def _row(top: float, row: Row) -> list[str]:
    marks = [_text(LEFT - 8, top + 13, row.label, anchor="end")]
    left = float(LEFT)
    for colour, part in row.parts:
        width = part * (WIDTH - LEFT - RIGHT)
        if width > 0:
            marks.append(f'<rect x="{left:.1f}" y="{top}" width="{max(width, 1.5):.1f}" height="{BAR}" fill="{COLOURS[colour]}"/>')
        left += width
    return [*marks, _text(WIDTH - RIGHT + 6, top + 13, row.note, fill=PALE)]


def _grid(rows: int, last: int) -> list[str]:
    bottom = TOP + ROW * rows
    places = [(tenth, LEFT + tenth / 10 * (WIDTH - LEFT - RIGHT)) for tenth in range(0, 11, 2)]
    lines = [f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{bottom}" stroke="#e6e6e6"/>' for _, x in places]
    return lines + [_text(x, bottom + 11, f"{tenth * last / 10:,g}", anchor="middle", size=10, fill=PALE) for tenth, x in places]


def _legend(legend: Sequence[tuple[str, str]]) -> list[str]:
    marks, left = [], 12.0
    for colour, meaning in legend:
        marks += [f'<rect x="{left}" y="29" width="11" height="11" fill="{COLOURS[colour]}"/>', _text(left + 16, 39, meaning, size=11)]
        left += 34 + 6.2 * len(meaning)
    return marks


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, weight: str = "normal", fill: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" fill="{fill}">{escape(text)}</text>'
