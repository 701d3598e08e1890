"""What the reports of payment processors share: rows under a header, cells by name, amounts of a row, proof of its sums.

Column orders differ between versions and users choose columns, so a cell is always asked for by name; of several names the
first that the report has is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from parsers import issues
from parsers.amounts import AmountError, is_currency
from parsers.delimited.rows import Row, fold, rows
from parsers.records import Control, Issue, Record, Span
from parsers.sources import Source
from parsers.written_amounts import AMBIGUOUS, mark_in, read_minor


@dataclass(slots=True)
class Table:
    """The header of a report: which folded name stands in which column."""

    places: dict[str, int]
    mark: str = ""

    def cell(self, row: Row, *names: str) -> str:
        """The cell of the first of these columns that the report has; empty where it has none."""
        for name in names:
            place = self.places.get(name)
            if place is not None:
                return row.cells[place].strip() if place < len(row.cells) else ""
        return ""

    def has(self, *names: str) -> bool:
        """Whether the report has all these columns."""
        return all(name in self.places for name in names)

    def minor(self, row: Row, currency: str, *names: str) -> int:
        """The amount in the first of these columns; 0 where the cell is empty."""
        cell = self.cell(row, *names)
        return read_minor(cell, currency, self.mark) if cell else 0


def table(header: list[str]) -> Table:
    """The columns of a header row; of two with one name the first counts."""
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        places.setdefault(fold(cell), place)
    return Table(places)


def decimal_mark(source: Source, delimiter: str, page: str, columns: Iterable[int]) -> str:
    """The decimal mark of a report, from the first amount that shows it; a point where none does."""
    wanted = tuple(columns)
    cells = (row.cells[place] for row in rows(source, delimiter, page) for place in wanted if place < len(row.cells))
    return next((mark for cell in cells if (mark := mark_in(cell)) not in {"", AMBIGUOUS}), ".")


def currency_of(code: str, span: Span, told: list[Record], fallback: str) -> str:
    """The currency in capitals; one that ISO 4217 does not list is told and read as the profile's."""
    upper = code.upper() or fallback
    if is_currency(upper):
        return upper
    told.append(issues.error(span, "unknown_currency", f"{code!r} is no currency of ISO 4217", code))
    return fallback


def unreadable(row: Row, reason: AmountError) -> Issue:
    """The issue for a row whose amounts cannot be read."""
    return issues.error(row.span, "bad_amount", str(reason), ",".join(row.cells))


@dataclass(slots=True)
class Sums:
    """Gross, fees and net of a report by currency: the report must add up in itself."""

    gross: dict[str, int] = field(default_factory=dict)
    net: dict[str, int] = field(default_factory=dict)

    def add(self, currency: str, gross_less_fee: int, net: int) -> None:
        """One row."""
        self.gross[currency] = self.gross.get(currency, 0) + gross_less_fee
        self.net[currency] = self.net.get(currency, 0) + net

    def controls(self, span: Span) -> Iterator[Control]:
        """The net column against gross and fees."""
        for currency, net in self.net.items():
            yield Control(span, f"net total {currency}", net, self.gross[currency], currency)
