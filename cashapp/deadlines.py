"""When cases are due, how late they are and who is told: derived from the day they were opened, their reason and their amount, whenever somebody looks.

A case is due so many working days after it was opened (`[desk]` in `cashapp.toml`), and late from the first working day after that. Nothing of it is
stored: other rules, or another day, and every case stands where it would have stood all along.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, and_, case, func, literal

from cashapp import calendars, schema
from cashapp.books_policy import scaled
from cashapp.desk_policy import DeskRules
from parsers.amounts import currencies

_case = schema.exception_case


class Due(NamedTuple):
    """Where a case stands: its age and lateness in working days, the day it is due, the role that a late one has gone up to."""

    age: int
    on: dt.date
    late: int
    role: str


@dataclass(frozen=True)
class Deadlines:
    """The desk's rules on a day."""

    rules: DeskRules
    calendar: str
    as_of: dt.date

    def of(self, opened_on: dt.date, reason: str, amount_minor: int | None, currency: str | None) -> Due:
        """Where a case stands."""
        due = self.shifted(opened_on, self.classes()[self._class(reason, amount_minor, currency)])
        late = working_days(due, self.as_of, self.calendar)
        return Due(working_days(opened_on, self.as_of, self.calendar), due, late, max(
            (role for role, days in self.rules.escalate.items() if late >= days), key=self.rules.escalate.__getitem__, default=""))

    def _class(self, reason: str, amount_minor: int | None, currency: str | None) -> int:
        fits = (number for number, rule in enumerate(self.rules.due) if (not rule.reasons or reason in rule.reasons) and (
            not rule.at_least or (amount_minor is not None and abs(amount_minor) >= scaled(rule.at_least, currency or "USD"))))
        return next(fits, len(self.rules.due))

    def classes(self) -> list[int]:
        """The working days of each block of `[[desk.due]]`, and of the rest."""
        return [*(rule.days for rule in self.rules.due), self.rules.due_days]

    def is_class(self, number: int) -> ColumnElement[bool]:
        """The condition that a case belongs to that block."""
        fits = [self._fits(one) for one in range(len(self.rules.due))]
        if not fits:
            return literal(1) == 1
        return case(*((condition, place) for place, condition in enumerate(fits)), else_=len(fits)) == number

    def _fits(self, number: int) -> ColumnElement[bool]:
        rule = self.rules.due[number]
        conditions: list[ColumnElement[bool]] = [literal(1) == 1]
        if rule.reasons:
            conditions.append(_case.c.reason.in_(rule.reasons))
        if rule.at_least:
            cents = scaled(rule.at_least, "USD")
            conditions.append(func.abs(_case.c.amount_minor) >= case((_case.c.currency.in_(currencies(digits=3)), cents * 10), else_=cents))
        return and_(*conditions)

    def late(self, by: int = 1) -> ColumnElement[bool]:
        """The condition that a case is late by at least so many working days."""
        days = self.classes()
        edges = [literal(self.opened_until(one + by), Date) for one in days]
        if len(edges) == 1:
            return _case.c.opened_on <= edges[0]
        return _case.c.opened_on <= case(*((self._fits(number), edge) for number, edge in enumerate(edges[:-1])), else_=edges[-1])

    def with_role(self, role: str) -> ColumnElement[bool]:
        """The condition that a case has gone up to the role, and not further."""
        days = self.rules.escalate[role]
        further = [late for late in self.rules.escalate.values() if late > days]
        return and_(self.late(days), ~self.late(min(further))) if further else self.late(days)

    def shifted(self, opened_on: dt.date, days: int) -> dt.date:
        """So many working days after the day; on it, where none."""
        return calendars.shift(opened_on, days, self.calendar)

    def opened_until(self, days: int, on: dt.date | None = None) -> dt.date:
        """The last day of opening from which so many working days have passed by then (else by today)."""
        return _opened_until(on or self.as_of, days, self.calendar)


@lru_cache(maxsize=4096)
def _opened_until(on: dt.date, days: int, calendar: str) -> dt.date:
    day = calendars.shift(on + dt.timedelta(1), -days, calendar) if days else on
    while calendars.shift(day, days, calendar) <= on:
        day += dt.timedelta(1)
    while calendars.shift(day, days, calendar) > on:
        day -= dt.timedelta(1)
    return day


@lru_cache(maxsize=8192)
def working_days(since: dt.date, until: dt.date, calendar: str) -> int:
    """How many working days lie after `since`, `until` included; 0 where none."""
    days, day = 0, since
    while (day := calendars.shift(day, 1, calendar)) <= until:
        days += 1
    return days
