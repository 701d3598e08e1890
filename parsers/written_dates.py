"""Dates as spreadsheets and web banks write them: year first or last, named months, two-digit years, a time behind; `2026年11月9日`,
the Japanese era since 2019 (`R8.11.9`), and Buddhist years of four digits (2569 is 2026).

`03/04/2026` is 3 April or 4 March; the other cells of its column tell (`order_of` over them), and where none does, the caller
decides and says so. Everything else is read by its own form. A time of day and a time zone never move the date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from parsers.dates import PIVOT, of_parts

Order = Literal["DMY", "MDY", ""]
"""Which comes first where both day and month are numbers and the year is last; empty while it is not known."""

_TAIL = r"(?:[T ,].*)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})(?:([-/. ])(\d{{1,2}})\2(\d{{1,2}})\.?|(\d\d)(\d\d)){_TAIL}")
_YEAR_NAMED = re.compile(r"(\d{4}|令和 ?(?:\d{1,2}|元)|R\d{1,2})(?:[年년] ?|[./])(\d{1,2})(?:[月월] ?|[./])(\d{1,2})[日일]?(?:[^\d].*)?")
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/. ])(\d{{1,2}})\2(\d{{4}}|\d\d){_TAIL}")
_BUDDHIST_YEARS_FROM = 2500
_DAY_NAME = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,? +", re.IGNORECASE)
_MONTH_NAMED = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[-/. ]+([a-zA-Zäéûôç]{{3,10}})\.?[-/., ]+(\d{{4}}|\d\d){_TAIL}")
_MONTH_FIRST = re.compile(rf"([a-zA-Z]{{3,10}})\.? +(\d{{1,2}})(?:st|nd|rd|th)?,? +(\d{{4}}){_TAIL}")
_MONTHS = {
    name: number
    for number, names in enumerate((
        "jan ene gen", "feb fev fév", "mar mär mrz mrt maa", "apr avr abr", "may mai mei mag maj", "jun jui giu", "jul lug", "aug aou aoû ago",
        "sep set", "oct okt ott out", "nov", "dec dez dic déc des",
    ), start=1)
    for name in names.split()
}


def order_of(texts: Iterable[str]) -> Order:
    """The first cell of which only one reading is a date decides for the column."""
    for text in texts:
        found = _YEAR_LAST.fullmatch(text.strip())
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        if found[2] == "." or first > 12 >= second:
            return "DMY"
        if second > 12 >= first:
            return "MDY"
    return ""


@lru_cache(maxsize=8192)
def needs_order(text: str) -> bool:
    """Whether the cell is written in the form of which only the order of day and month makes a date."""
    return _YEAR_LAST.fullmatch(text.strip()) is not None


@lru_cache(maxsize=8192)
def is_ambiguous(text: str) -> bool:
    """Whether the date depends on the order of day and month."""
    found = _YEAR_LAST.fullmatch(text.strip())
    return found is not None and found[2] != "." and int(found[1]) <= 12 and int(found[3]) <= 12 and found[1] != found[3]


@lru_cache(maxsize=8192)
def written_date(text: str, order: Order) -> dt.date | None:
    """The calendar date of a cell, None where it is none; `order` for the forms that need it (empty reads `DMY`)."""
    text = _DAY_NAME.sub("", text.strip(), count=1)
    if found := _YEAR_FIRST.fullmatch(text):
        return of_parts(_year(found[1]), int(found[3] or found[5]), int(found[4] or found[6]))
    if found := _YEAR_NAMED.fullmatch(text):
        return of_parts(_asian_year(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_LAST.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        is_month_first = order == "MDY" and found[2] != "."
        return of_parts(_year(found[4]), *((first, second) if is_month_first else (second, first)))
    if found := _MONTH_NAMED.fullmatch(text):
        return _named(_year(found[3]), found[2], int(found[1]))
    if found := _MONTH_FIRST.fullmatch(text):
        return _named(int(found[3]), found[1], int(found[2]))
    return None


def _named(year: int, month_name: str, day: int) -> dt.date | None:
    lowered = month_name.lower()
    month = 7 if lowered.startswith("juil") else _MONTHS.get(lowered[:3])
    return of_parts(year, month, day) if month else None


def _asian_year(text: str) -> int:
    """`2026`, or a year of the Japanese era that began in 2019 (`令和8`, `R8`, `令和元`)."""
    if text.isdecimal():
        return int(text)
    number = text.removeprefix("令和").removeprefix("R").strip()
    return 2018 + (1 if number == "元" else int(number))


def _year(text: str) -> int:
    year = int(text)
    if year >= _BUDDHIST_YEARS_FROM:
        return year - 543
    return year if len(text) == 4 else year + (2000 if year < PIVOT else 1900)
