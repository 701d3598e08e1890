"""What stands beside the list of the queue: how many cases wait for each reason, how long, for how much, with whom.

Each list of counts is what the filter leaves when it asks nothing of its own field, so that a count is what a click on it would show. One pass over
an index that holds all of it gives them; a list whose own field is asked for takes one more.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, func, select

from cashapp import queue, schema
from cashapp.deadlines import Deadlines
from cashapp.kept import Kept
from cashapp.queue import Filter

DAYS = (1, 3, 7, 14, 30)
"""Days after which a case is counted as waiting so long."""
AMOUNTS = ("1000", "10000", "100000")
"""From which amounts cases are counted, in units of the currency."""
_case = schema.exception_case
_Groups = list[Row[*tuple[Any, ...]]]


class Figures(NamedTuple):
    """`counts`: (reason, cases), most first; `totals`: (currency, cases, sum in minor units); `lateness`: ("late", cases) and (role, cases that have gone up
    to it); `ages`: (days, cases that have waited as long); `sizes`: (amount as decimal text, cases of so much); `owners`: (login, cases), nobody is ""."""

    counts: list[tuple[str, int]]
    totals: list[tuple[str, int, int]]
    lateness: list[tuple[str, int]]
    ages: list[tuple[int, int]]
    sizes: list[tuple[str, int]]
    owners: list[tuple[str, int]]


def figures(connection: Connection, wanted: Filter, at: Deadlines, kept: Kept) -> Figures:
    """All of them under the filter; what was counted of these books before is not counted again."""
    lists = _lists(wanted, at)
    free = [name for name, (own, _) in lists.items() if own == wanted]

    def grouped(own: Filter, names: list[str]) -> _Groups:
        marks = [mark for name in names for mark in lists[name][1].values()]
        asked = own._replace(reason="", owner="", order="")  # nothing of these is asked of the database
        return kept.get(connection, (asked, tuple(names), at.as_of), lambda: _groups(connection, asked, at, marks))

    groups = grouped(wanted, free)
    told = dict(_split(groups, {name: lists[name][1] for name in free}, wanted))
    for name, (own, marks) in lists.items():
        if name not in free:
            told |= _split(grouped(own, [name]), {name: marks}, wanted)
    reasons, owners = _sums(groups, "reason", "assignee", wanted.owner), _sums(groups, "assignee", "reason", wanted.reason)
    totals: dict[str, tuple[int, int]] = {}
    for row in groups:
        if _asked(row, wanted):
            count, minor = totals.get(row.currency or "", (0, 0))
            totals[row.currency or ""] = (count + row.cases, minor + int(row.minor))
    return Figures(
        sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])), [(currency, *totals[currency]) for currency in sorted(totals)],
        told["due"], [(int(days), count) for days, count in told["age"]], told["at_least"], sorted(owners.items()))


_Marks = dict[str, ColumnElement[bool]]


def _lists(wanted: Filter, at: Deadlines) -> dict[str, tuple[Filter, _Marks]]:
    """By the field of the filter that each list leads to: the filter without it, and what is counted."""
    late = {"late": at.late()} | {role: at.with_role(role) for role in sorted(at.rules.escalate, key=at.rules.escalate.__getitem__)}
    minor = {text: queue.minor_of(text, wanted.currency) for text in AMOUNTS}
    return {
        "due": (wanted._replace(due=""), late),
        "age": (wanted._replace(age=0), {str(days): queue.waiting(days, at) for days in DAYS}),
        "at_least": (wanted._replace(at_least="", at_most=""), {text: func.abs(_case.c.amount_minor) >= amount for text, amount in minor.items()}),
    }


def _groups(connection: Connection, wanted: Filter, at: Deadlines, marks: list[ColumnElement[bool]]) -> _Groups:
    """reason, currency, assignee, cases, minor, and how many cases each mark is on."""
    key = (_case.c.reason, _case.c.currency, _case.c.assignee)  # in the order of the index
    query = select(*key, func.count().label("cases"), func.coalesce(func.sum(_case.c.amount_minor), 0).label("minor"), *(func.count().filter(mark) for mark in marks))
    return list(connection.execute(query.where(*queue.conditions(wanted, at)).group_by(*key)))


def _split(groups: _Groups, lists: dict[str, _Marks], wanted: Filter) -> dict[str, list[tuple[str, int]]]:
    """The marks' sums as lists, in the order in which `_groups` was asked for them."""
    asked = [row for row in groups if _asked(row, wanted)]
    place, told = 5, {}
    for name, marks in lists.items():
        told[name] = [(mark, sum(row[place + n] for row in asked)) for n, mark in enumerate(marks)]
        place += len(marks)
    return told


def _asked(row: Row[*tuple[object, ...]], wanted: Filter) -> bool:
    return _has(row, "reason", wanted.reason) and _has(row, "assignee", wanted.owner)


def _has(row: Row[*tuple[object, ...]], field: str, asked: str) -> bool:
    return asked == "" or asked == (getattr(row, field) or "-")


def _sums(groups: _Groups, field: str, other: str, asked: str) -> dict[str, int]:
    """Cases by one of reason and owner, where the other is as asked."""
    sums: dict[str, int] = {}
    for row in groups:
        if _has(row, other, asked):
            value = str(getattr(row, field))
            sums[value] = sums.get(value, 0) + row.cases
    return sums
