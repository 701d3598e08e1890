"""What a report is: a title, the days it covers, sections of rows, and the proofs that tie it to the ledger.

    Report ── when, notes, seal of the journal
      ├─ Section ── columns (text, date, money …), rows as a frame, totals by currency
      └─ Proof ──── what, currency, the report's amount beside the ledger's

Amounts are minor units of the row's `currency`; they become text in a renderer. Totals are computed from the rows, so the
two cannot disagree, and amounts of different currencies are never added.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import polars as pl

Kind = Literal["text", "code", "date", "moment", "number", "count", "money", "share"]
"""`code` is a word of ours with `_` for blanks; `number` names a thing (an entry, a case), `count` is how many; `share` is a part of a whole."""
Medium = Literal["text", "page", "data"]
"""A terminal of 110 columns; paper and browser; programs and spreadsheets."""

_ROOM: tuple[Medium, ...] = ("text", "page", "data")
_NUMBERS = frozenset({"number", "count", "money", "share"})
FULL_SHARE = 1000


class When(NamedTuple):
    """The days of a report; `since` None: from the beginning, which for balances means as of `until`."""

    since: dt.date | None
    until: dt.date

    def told(self, *, as_of: bool) -> str:
        """For a headline: `as of 2026-11-30`, one day, or the first and last day."""
        if as_of or self.since is None:
            return f"as of {self.until}" if as_of else f"up to {self.until}"
        return str(self.until) if self.since == self.until else f"{self.since} to {self.until}"


class Column(NamedTuple):
    """A column of a section. `shown` is the narrowest medium that has room for it."""

    name: str
    kind: Kind = "text"
    title: str = ""  # else the name with blanks
    shown: Medium = "text"
    optional: bool = False  # left out of text and page where it holds nothing or nothing but zeros
    summed: bool = True  # counts and amounts that may be added
    of: tuple[str, str] = ("", "")  # a share: the columns of its part and its whole

    @property
    def heading(self) -> str:
        """What stands over it."""
        return self.title or self.name.replace("_", " ")

    @property
    def is_number(self) -> bool:
        """Whether it stands flush right."""
        return self.kind in _NUMBERS

    @property
    def is_text(self) -> bool:
        """Whether it may be folded."""
        return self.kind in {"text", "code"}

    @property
    def is_summed(self) -> bool:
        """Whether it has a total."""
        return self.summed and self.kind in {"count", "money"}


CURRENCY = Column("currency", title="ccy")
"""The column that every section with money has."""


class Section(NamedTuple):
    """A table. Rows with money have a `currency`; `apart` prints a table for each currency and not the column."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: pl.DataFrame
    apart: bool = False
    totalled: bool = True
    note: str = ""
    strong: tuple[str, ...] = ()  # how the first column of rows begins that stand out on a page: sums among the rows


class Table(NamedTuple):
    """A section's rows as one medium shows them; `rows` and `totals` have the columns' names and `currency`."""

    currency: str  # "" where the section is not taken apart
    columns: tuple[Column, ...]
    rows: pl.DataFrame
    totals: pl.DataFrame


class Proof(NamedTuple):
    """The report's amount beside the ledger's; `what` names the account and is read as a credit where the account is one."""

    what: str
    currency: str
    reported_minor: int
    ledger_minor: int

    @property
    def ties(self) -> bool:
        """Whether the report is the ledger."""
        return self.reported_minor == self.ledger_minor


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report, ready for any renderer."""

    name: str
    title: str
    when: When
    sections: tuple[Section, ...]
    as_of: bool = False  # it tells of balances at the end of a day, not of what happened in a span of days
    proofs: tuple[Proof, ...] = ()
    notes: tuple[str, ...] = ()
    books: str = ""  # whose books they are
    seal: str = ""  # which state of the journal it was drawn from

    @property
    def broken(self) -> tuple[Proof, ...]:
        """The proofs that fail."""
        return tuple(proof for proof in self.proofs if not proof.ties)

    @property
    def days(self) -> str:
        """The days it covers, for the headline."""
        return self.when.told(as_of=self.as_of)


def tables(section: Section, medium: Medium) -> Iterator[Table]:
    """The section as the medium shows it: one table, or one for each currency."""
    rows = section.rows.with_columns(_share(column) for column in section.columns if column.kind == "share")
    if not section.apart or medium == "data" or rows.is_empty():
        yield _table(section, medium, rows, "")
        return
    for currency in rows["currency"].unique().sort():
        yield _table(section, medium, rows.filter(pl.col("currency") == currency), str(currency))


def _table(section: Section, medium: Medium, rows: pl.DataFrame, currency: str) -> Table:
    hidden = {"currency"} if currency else set[str]()
    room = _ROOM.index(medium)
    columns = tuple(
        column for column in section.columns
        if _ROOM.index(column.shown) <= room and column.name not in hidden and _holds_something(column, rows, medium)
    )
    return Table(currency, columns, rows, _totals(section, rows))


def _holds_something(column: Column, rows: pl.DataFrame, medium: Medium) -> bool:
    if not column.optional or medium == "data":
        return True
    values = rows[column.name].drop_nulls()
    return bool((values != "").any() if column.is_text else (values != 0).any() if column.is_number else values.len())


def _share(column: Column) -> pl.Expr:
    """The part of the whole in thousandths, rounded down, so that only a whole is a whole; null where there is no whole."""
    part, whole = pl.col(column.of[0]), pl.col(column.of[1])
    return pl.when(whole != 0).then(part * FULL_SHARE // whole).alias(column.name)


def _totals(section: Section, rows: pl.DataFrame) -> pl.DataFrame:
    """One row for each currency (one row where the section has no money) with the sums, and the shares of the sums."""
    summed = [column.name for column in section.columns if column.is_summed]
    if not section.totalled or not summed or rows.height < 1:
        return pl.DataFrame()
    sums = [pl.col(name).sum() for name in summed]
    has_money = any(column.kind == "money" for column in section.columns)
    added = rows.group_by("currency").agg(sums).sort("currency") if has_money else rows.select(sums)
    return added.with_columns(_share(column) for column in section.columns if column.kind == "share")


def amounts(rows: pl.DataFrame, column: str) -> dict[str, int]:
    """The column's sum by currency, in minor units."""
    return dict(rows.group_by("currency").agg(pl.col(column).sum()).sort("currency").iter_rows())


def proofs(what: str, reported: dict[str, int], ledger: dict[str, int]) -> tuple[Proof, ...]:
    """One proof for each currency that either side knows."""
    return tuple(Proof(what, currency, reported.get(currency, 0), ledger.get(currency, 0)) for currency in sorted(reported.keys() | ledger.keys()))
