"""Banking days by the calendar of a settlement system."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache


@lru_cache(maxsize=4)
def _holidays(calendar: str) -> object:
    import holidays

    return holidays.financial_holidays(calendar)


@lru_cache(maxsize=8192)
def shift(day: dt.date, banking_days: int, calendar: str) -> dt.date:
    """The day so many banking days after (before, when negative) `day`."""
    closed = _holidays(calendar)
    step = dt.timedelta(days=1 if banking_days >= 0 else -1)
    left = abs(banking_days)
    while left:
        day += step
        if day.weekday() < 5 and day not in closed:  # type: ignore[operator]  # holidays is untyped
            left -= 1
    return day
