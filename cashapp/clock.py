"""The only reader of the wall clock and of the name that signs."""

from __future__ import annotations

import datetime as dt
import getpass
import os


def now() -> dt.datetime:
    """The moment in UTC, to the second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def today() -> dt.date:
    """The calendar date where the program runs."""
    return dt.date.today()


def actor() -> str:
    """Who acts: `CASHAPP_ACTOR`, else the login name."""
    try:
        return os.environ.get("CASHAPP_ACTOR") or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
