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

from cashapp.errors import UsageError
from cashapp.reports.aging import aging
from cashapp.reports.audit import audit
from cashapp.reports.bank_reconciliation import bank_reconciliation
from cashapp.reports.daily_cash import daily_cash, latest_days
from cashapp.reports.exceptions_queue import exceptions
from cashapp.reports.ledger_side import state_of_journal
from cashapp.reports.match_rate import match_rate
from cashapp.reports.model import Report, When
from cashapp.reports.receipts_journal import receipts_journal
from cashapp.reports.returned_items import returned_items
from cashapp.reports.trial_balance import trial_balance
from cashapp.reports.unapplied import unapplied


class Kind(NamedTuple):
    """How a report is made, and whether its date names one day or everything up to it."""

    make: Callable[[Connection, When], Report]
    about: Literal["day", "all"]


REPORTS: dict[str, Kind] = {
    "daily-cash": Kind(daily_cash, "day"),
    "cash-receipts-journal": Kind(receipts_journal, "day"),
    "aging": Kind(aging, "all"),
    "unapplied": Kind(unapplied, "all"),
    "returned-items": Kind(returned_items, "all"),
    "exceptions": Kind(exceptions, "all"),
    "match-rate": Kind(match_rate, "all"),
    "trial-balance": Kind(trial_balance, "all"),
    "audit": Kind(audit, "all"),
    "bank-reconciliation": Kind(bank_reconciliation, "all"),
}


def month(text: str) -> When:
    """`2026-11` → its first and last day."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if found is None or found[1] == "0000":
        raise UsageError(f"{text!r} is no period – write it YYYY-MM")
    year, number = int(found[1]), int(found[2])
    return When(dt.date(year, number, 1), dt.date(year, number, calendar.monthrange(year, number)[1]))


def make(connection: Connection, name: str, when: When, books: str = "", account: str | None = None, known_at: dt.datetime | None = None) -> Report:
    """The report, with whose books it is about and which state of the journal it was drawn from. A bank reconciliation may be of one `account`, and as
    it was known at a moment."""
    made = bank_reconciliation(connection, when, account, known_at) if name == "bank-reconciliation" else REPORTS[name].make(connection, when)
    return replace(made, books=books, seal=state_of_journal(connection))


def days(connection: Connection, name: str, as_of: dt.date | None, period: When | None, today: dt.date) -> When:
    """The days that the options ask for."""
    if period is not None:
        return period
    if REPORTS[name].about == "day":
        return When(as_of, as_of) if as_of else latest_days(connection, today)
    return When(None, as_of or today)
