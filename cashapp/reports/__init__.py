"""The reports, by name. Each is a function of a connection and the days to a `Report`; a renderer makes it text, a page or data.

`--as-of DATE` gives balances at the end of that day, a daily report of that day, and for the others all up to it;
`--period YYYY-MM` gives that month, and balances at its end.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from cashapp.config import Config
from cashapp.errors import UsageError
from cashapp.reports.adjustments import adjustments
from cashapp.reports.aging import aging
from cashapp.reports.audit import audit
from cashapp.reports.bad_debt import bad_debt
from cashapp.reports.bank_reconciliation import bank_reconciliation
from cashapp.reports.cash_forecast import cash_forecast
from cashapp.reports.collections import collections
from cashapp.reports.daily_cash import daily_cash, latest_days
from cashapp.reports.exceptions_queue import exceptions
from cashapp.reports.good_funds import good_funds
from cashapp.reports.ledger_side import state_of_journal
from cashapp.reports.match_rate import match_rate
from cashapp.reports.model import Report, When
from cashapp.reports.payment_trends import payment_trends
from cashapp.reports.receipts_journal import receipts_journal
from cashapp.reports.returned_items import returned_items
from cashapp.reports.statement import statement
from cashapp.reports.trial_balance import trial_balance
from cashapp.reports.unapplied import unapplied


class Asked(NamedTuple):
    """What some reports need beside the days: the workspace's rules, a customer, a bank account and the moment of what was known of it."""

    config: Config = Config()
    customer_id: str = ""
    account: str | None = None
    known_at: dt.datetime | None = None


class Kind(NamedTuple):
    """How a report is made, and whether its date names one day or everything up to it."""

    make: Callable[[Connection, When, Asked], Report]
    about: Literal["day", "all"]


def _plain(make_it: Callable[[Connection, When], Report]) -> Callable[[Connection, When, Asked], Report]:
    return lambda connection, when, _asked: make_it(connection, when)


REPORTS: dict[str, Kind] = {
    "daily-cash": Kind(_plain(daily_cash), "day"),
    "cash-receipts-journal": Kind(_plain(receipts_journal), "day"),
    "aging": Kind(_plain(aging), "all"),
    "statement": Kind(lambda c, when, asked: statement(c, when, asked.customer_id), "all"),
    "unapplied": Kind(_plain(unapplied), "all"),
    "returned-items": Kind(lambda c, when, asked: returned_items(c, when, asked.config.returns), "all"),
    "good-funds": Kind(lambda c, when, asked: good_funds(c, when, asked.config.returns, asked.config.links.calendar), "all"),
    "adjustments": Kind(_plain(adjustments), "all"),
    "exceptions": Kind(_plain(exceptions), "all"),
    "match-rate": Kind(_plain(match_rate), "all"),
    "bank-reconciliation": Kind(lambda c, when, asked: bank_reconciliation(c, when, asked.account, asked.known_at), "all"),
    "trial-balance": Kind(_plain(trial_balance), "all"),
    "collections": Kind(lambda c, when, asked: collections(c, when, asked.config.returns), "all"),
    "cash-forecast": Kind(_plain(cash_forecast), "all"),
    "bad-debt": Kind(lambda c, when, asked: bad_debt(c, when, asked.config.bad_debt.rates), "all"),
    "payment-trends": Kind(_plain(payment_trends), "all"),
    "audit": Kind(_plain(audit), "all"),
}


def month(text: str) -> When:
    """`2026-11` → its first and last day."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if found is None or found[1] == "0000":
        raise UsageError(f"{text!r} is no period – write it YYYY-MM")
    year, number = int(found[1]), int(found[2])
    return When(dt.date(year, number, 1), dt.date(year, number, calendar.monthrange(year, number)[1]))


def make(connection: Connection, name: str, when: When, books: str = "", asked: Asked | None = None) -> Report:
    """The report, with whose books it is about and which state of the journal it was drawn from."""
    return replace(REPORTS[name].make(connection, when, asked or Asked()), books=books, seal=state_of_journal(connection))


def days(connection: Connection, name: str, as_of: dt.date | None, period: When | None, today: dt.date) -> When:
    """The days that the options ask for."""
    if period is not None:
        return period
    if REPORTS[name].about == "day":
        return When(as_of, as_of) if as_of else latest_days(connection, today)
    return When(None, as_of or today)
