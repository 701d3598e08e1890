"""What a manager asks of a morning, in figures that come out of indexes: how right the engine is, what lies unapplied, what came in."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, exists, func, select

from cashapp import schema, strata
from cashapp.proposals import ENGINE
from cashapp.reports.unapplied import AGES, OLDEST
from matching import binomial

DAYS = 14
_LOOK_BACK = dt.timedelta(days=21)
HISTORY = dt.timedelta(days=90)


class Precision(NamedTuple):
    """Of `decided` unattended postings persons took `wrong` back; the share that was right lies between `low` and `high`, with 95 % confidence."""

    decided: int
    wrong: int
    low: float
    high: float

    @property
    def right(self) -> float:
        """The share that nobody took back."""
        return 1 - self.wrong / self.decided if self.decided else 0.0

    @property
    def scale_from(self) -> float:
        """Where a drawing of the interval begins."""
        return next(edge for edge in (0.999, 0.99, 0.9, 0.5, 0.0) if edge <= self.low)


class Bar(NamedTuple):
    """One bar of a drawing: its label, how many receipts it stands for and how much in minor units."""

    label: str
    receipts: int
    minor: int


def precision(connection: Connection, since: dt.date) -> Precision:
    """How right the unattended postings since that day were; a bank's return is nobody's error."""
    entry = schema.journal_entry
    back = entry.alias()
    mine = entry.c.kind == "application", entry.c.actor == ENGINE, entry.c.entry_date >= since
    decided = connection.execute(select(func.count()).select_from(entry).where(*mine)).scalar_one()
    taken_back = select(func.count()).select_from(back).where(
        back.c.reverses > 0, back.c.reverses.not_in(strata.by_returns()), exists().where(entry.c.entry_id == back.c.reverses, *mine))
    wrong = connection.execute(taken_back).scalar_one()
    return Precision(decided, wrong, *binomial.interval(decided - wrong, decided))


def unapplied_by_age(connection: Connection, today: dt.date) -> dict[str, list[Bar]]:
    """For each currency what is unapplied, by the ages of the report."""
    receipt = schema.receipt
    query = (
        select(receipt.c.currency, receipt.c.value_date, func.count(), func.sum(receipt.c.unapplied_minor)).where(receipt.c.unapplied_minor != 0)
        .group_by(receipt.c.currency, receipt.c.value_date)
    )
    labels = [*(name for _, name in AGES), OLDEST]
    sums: dict[str, dict[str, tuple[int, int]]] = {}
    for currency, day, count, minor in connection.execute(query):
        label = next((name for limit, name in AGES if (today - day).days <= limit), OLDEST)
        kept = sums.setdefault(currency, dict.fromkeys(labels, (0, 0)))
        kept[label] = (kept[label][0] + count, kept[label][1] + int(minor))
    return {currency: [Bar(label, *sums[currency][label]) for label in labels] for currency in sorted(sums)}


def cash_by_day(connection: Connection, today: dt.date) -> dict[str, list[Bar]]:
    """For each currency what customers' receipts brought on the last DAYS days on which any came, oldest first."""
    receipt = schema.receipt
    newest = connection.execute(select(func.max(receipt.c.value_date)).where(receipt.c.value_date <= today)).scalar()
    if newest is None:
        return {}
    key = (receipt.c.value_date, receipt.c.state, receipt.c.currency)  # in the order of the index
    query = select(*key, func.count(), func.sum(receipt.c.amount_minor)).where(receipt.c.value_date.between(newest - _LOOK_BACK, newest)).group_by(*key)
    sums: dict[tuple[str, dt.date], tuple[int, int]] = {}
    for day, state, currency, receipts, minor in connection.execute(query):
        if state in {"open", "returned"}:
            before = sums.get((currency, day), (0, 0))
            sums[currency, day] = (before[0] + receipts, before[1] + int(minor))
    days = sorted({day for _, day in sums})[-DAYS:]
    return {currency: [Bar(f"{day:%d %b}", *sums.get((currency, day), (0, 0))) for day in days] for currency in sorted({currency for currency, _ in sums})}
