"""Date fields as banks write them. The bank's local calendar date is the date: offsets and time zones never move it."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

PIVOT = 70
"""Two-digit years below it are 20xx, the others 19xx."""


def of_parts(year: int, month: int, day: int) -> dt.date | None:
    """The date, or None when the calendar has no such day."""
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def yymmdd(text: str) -> dt.date | None:
    """`"260131"` → 2026-01-31; None for anything else."""
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        return None
    year = int(text[:2])
    return of_parts(year + (2000 if year < PIVOT else 1900), int(text[2:4]), int(text[4:6]))


@lru_cache(maxsize=4096)
def yyyymmdd(text: str) -> dt.date | None:
    """The first eight digits as a date (`20260131`, `20260131120000[-5:EST]`); None for anything else."""
    head = text[:8]
    if len(head) != 8 or not (head.isascii() and head.isdigit()):
        return None
    return of_parts(int(head[:4]), int(head[4:6]), int(head[6:8]))


@lru_cache(maxsize=4096)
def iso(text: str) -> dt.date | None:
    """The calendar date of an ISO 8601 date or date-time as written (`2026-01-31T23:59:00+10:00` → 2026-01-31)."""
    head = text.strip()[:10]
    if len(head) != 10 or head[4] != "-" or head[7] != "-":
        return None
    digits = head[:4] + head[5:7] + head[8:]
    return yyyymmdd(digits)


def clamped(year: int, month: int, day: int) -> dt.date | None:
    """The last real day at or before an impossible one (30 February → 28): for banks that book on commercial days."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return next((d for back in range(4) if (d := of_parts(year, month, day - back))), None)
