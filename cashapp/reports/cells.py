"""A column's values as people read them: `1,234.50`, `–` for zero, `93.2`, empty where there is nothing.

Programs get `cashapp.money.text` instead; the sign is a minus in both.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import polars as pl

from parsers.amounts import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cashapp.reports.model import Column, Table

ZERO = "–"


def grouped(minor: int, currency: str) -> str:
    """123450, "USD" → `1,234.50`."""
    power, digits = _scale(currency)
    if digits == 0:
        return f"{minor:,}"
    whole, fraction = divmod(abs(minor), power)
    return f"{'-' if minor < 0 else ''}{whole:,}.{fraction:0{digits}d}"


@lru_cache(maxsize=256)
def _scale(currency: str) -> tuple[int, int]:
    digits = minor_digits(currency) if currency else 0
    return 10**digits, digits


def shown(column: Column, frame: pl.DataFrame, currency: str) -> list[str]:
    """The column's cells; `currency` stands where the frame has no such column."""
    values = frame[column.name]
    match column.kind:
        case "money":
            codes: Iterable[str] = frame["currency"] if "currency" in frame.columns else [currency] * frame.height
            return ["" if v is None else grouped(v, code) if v else ZERO for v, code in zip(values, codes, strict=True)]
        case "count":
            return ["" if v is None else f"{v:,}" if v else ZERO for v in values]
        case "share":
            return ["" if v is None else f"{v // 10}.{v % 10}" for v in values]
        case "code":
            return values.str.replace_all("_", " ", literal=True).fill_null("").to_list()
        case "moment":
            return values.dt.strftime("%Y-%m-%d %H:%M").fill_null("").to_list()
        case _:
            return values.cast(pl.String).fill_null("").to_list()


def body(table: Table) -> list[list[str]]:
    """The table's rows, column by column."""
    return [shown(column, table.rows, table.currency) for column in table.columns]


def totals(table: Table) -> list[list[str]]:
    """Its total rows, column by column: `total` under the first column, the currency under its own."""
    rows = table.totals
    if rows.is_empty():
        return [[] for _ in table.columns]
    told: list[list[str]] = []
    for n, column in enumerate(table.columns):
        if column.is_summed or column.kind == "share":
            told.append(shown(column, rows, table.currency))
        elif n == 0:
            told.append(["total"] + [""] * (rows.height - 1))
        else:
            told.append(rows["currency"].to_list() if column.name == "currency" and "currency" in rows.columns else [""] * rows.height)
    return told

