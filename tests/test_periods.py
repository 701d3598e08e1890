"""Open, soft-closed and locked months, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from cashapp import db, ledger, schema
from cashapp.accounts import TRANSIT, UNAPPLIED
from cashapp.errors import ControlError
from cashapp.ledger import Leg
from tests.books import DAY, bank_line, document, take_in
from tests.workspaces import cashapp

LEGS = [Leg(TRANSIT, "USD", 100), Leg(UNAPPLIED, "USD", -100)]


def close(engine: Engine, state: str, period: str = "2026-11") -> None:
    from cashapp import periods

    with db.writing(engine) as connection:
        periods.change(connection, periods.month(period), state, "kim", "month end")  # type: ignore[arg-type]


def test_a_locked_month_takes_no_posting(engine: Engine) -> None:
    close(engine, "locked")
    with pytest.raises(ControlError, match="2026-11 is locked"), db.writing(engine) as connection:
        ledger.post_one(connection, kind="x", on=DAY, source_key="a", actor="t", legs=LEGS)


def test_a_soft_closed_month_takes_what_a_person_dates_into_it(engine: Engine) -> None:
    close(engine, "soft_closed")
    with db.writing(engine) as connection:
        ledger.post_one(connection, kind="x", on=DAY, source_key="a", actor="t", legs=LEGS)


@pytest.mark.parametrize("state", ["soft_closed", "locked"])
def test_what_comes_late_goes_to_the_open_month_with_a_pointer(engine: Engine, state: str) -> None:
    close(engine, state)
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(50000), bank_line(-1500, "fee")]), "late.sta")
    with db.reading(engine) as connection:
        entry = schema.journal_entry
        rows = connection.execute(select(entry.c.entry_date, entry.c.memo).where(entry.c.kind == "cash")).all()
    assert [(str(date), memo) for date, memo in rows] == [("2026-12-01", "cash of late.sta (late: belongs to 2026-11-09)")]


def test_commands_close_lock_and_reopen_and_all_is_on_record(home: Path) -> None:
    assert cashapp(home, "period", "close", "2026-10").exit_code == 0
    assert cashapp(home, "period", "lock", "2026-10", "--reason", "signed").exit_code == 0
    assert cashapp(home, "period", "lock", "2026-10").exit_code == 2  # it is already
    assert cashapp(home, "period", "reopen", "2026-10").exit_code == 2  # not without a reason
    assert cashapp(home, "--actor", "kim", "period", "reopen", "2026-10", "--reason", "audit finding 4").exit_code == 0
    told = json.loads(cashapp(home, "period", "list", "--json").stdout)["periods"]
    assert [(p["period"], p["state"]) for p in told] == [("2026-10", "open")]
    assert [(e["state"], e["reason"]) for e in told[0]["events"]] == [("soft_closed", ""), ("locked", "signed"), ("open", "audit finding 4")]
    assert cashapp(home, "period", "lock", "October").exit_code == 2


def test_no_command_changes_a_locked_month(home: Path, tmp_path: Path) -> None:
    (tmp_path / "bank.csv").write_text("Date,Description,Amount,Reference\n2026-10-05,ACH CREDIT ACME CORP,1200.50,B-1\n")
    (tmp_path / "book.csv").write_text("entry_id,date,amount,currency,account\nE1,2026-10-02,1200.50,USD,111222333\n")
    assert cashapp(home, "run", str(tmp_path / "bank.csv"), "--as-of", "2026-10-05").exit_code == 0
    assert cashapp(home, "period", "lock", "2026-10").exit_code == 0
    assert cashapp(home, "run", "--as-of", "2026-10-31").exit_code == 4
    assert cashapp(home, "import", "cashbook", str(tmp_path / "book.csv")).exit_code == 4
    assert cashapp(home, "exceptions", "non-ar", "1", "--gl", "suspense", "--as-of", "2026-10-31").exit_code == 4
    assert cashapp(home, "check").exit_code == 0
