"""When cases are due: in words of the calendar, and the same by the database's conditions, order and pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from cashapp import db, exceptions, queue, queue_figures, schema
from cashapp.deadlines import Deadlines
from cashapp.desk_policy import DeskRules, DueRule, refused
from cashapp.kept import Kept
from cashapp.queue import Filter
from tests.databases import postgres_database

RULES = DeskRules(due_days=3, due=[DueRule(1, ["return_unmatched"]), DueRule(2, [], "10000.00"), DueRule(0, ["unknown_payer"])], escalate={"senior": 1, "manager": 3})
# opened on, reason, amount, currency, seen on, due on, late by working days, up to
CASES = """
2026-11-09  short_payment     100.00    USD  2026-11-09  2026-11-13  0  -
2026-11-09  short_payment     100.00    USD  2026-11-14  2026-11-13  0  -
2026-11-09  short_payment     100.00    USD  2026-11-16  2026-11-13  1  senior
2026-11-09  short_payment     100.00    USD  2026-11-18  2026-11-13  3  manager
2026-11-10  return_unmatched  100.00    USD  2026-11-12  2026-11-12  0  -
2026-11-10  return_unmatched  100.00    USD  2026-11-13  2026-11-12  1  senior
2026-11-12  short_payment     10000.00  USD  2026-11-17  2026-11-16  1  senior
2026-11-12  short_payment     9999.999  KWD  2026-11-17  2026-11-17  0  -
2026-11-12  short_payment     10000.000 KWD  2026-11-17  2026-11-16  1  senior
2026-11-07  unknown_payer     5.00      USD  2026-11-09  2026-11-07  1  senior
2026-11-24  short_payment     5.00      USD  2026-11-30  2026-11-30  0  -
"""


@pytest.mark.parametrize("row", CASES.strip().splitlines())
def test_a_case_is_due_and_late_by_working_days(row: str) -> None:
    opened, reason, amount, currency, seen, due, late, role = row.split()
    at = Deadlines(RULES, "FED", dt.date.fromisoformat(seen))
    told = at.of(dt.date.fromisoformat(opened), reason, int(amount.replace(".", "")), currency)
    assert (told.on.isoformat(), told.late, told.role) == (due, int(late), "" if role == "-" else role)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def many(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """400 open cases over seven weeks, of four reasons and amounts around the thresholds, some without money. On both databases."""
    if request.param == "sqlite":
        yield _filled(f"sqlite:///{tmp_path_factory.mktemp('many')}/books.db")
        return
    with postgres_database(request.getfixturevalue("postgres_server")) as url:
        engine = _filled(url)
        yield engine
        engine.dispose()


def _filled(url: str) -> Engine:
    engine = db.opened(url)
    reasons = ["short_payment", "return_unmatched", "unknown_payer", "control_mismatch"]
    amounts = [None, 99, 999_999, 1_000_000, -1_000_000, 10_000_000]
    with db.writing(engine) as connection:
        for number in range(400):
            exceptions.open_cases(connection, pl.DataFrame({
                "reason": [reasons[number * 7 % 4]], "currency": [["USD", "KWD", "JPY"][number % 3]], "amount_minor": [amounts[number * 5 % 6]],
            }, schema_overrides={"amount_minor": pl.Int64}), dt.date(2026, 10, 5) + dt.timedelta(number * 11 % 49))
    return engine


@settings(max_examples=25, deadline=None)
@given(st.dates(dt.date(2026, 10, 1), dt.date(2026, 12, 10)), st.integers(1, 60), st.sampled_from(["", "late", "senior", "manager"]))
def test_the_database_finds_and_sorts_what_the_calendar_says(many: Engine, as_of: dt.date, size: int, due: str) -> None:
    at = Deadlines(RULES, "FED", as_of)
    case = schema.exception_case
    with db.reading(many) as connection:
        told = {row.exception_id: (at.of(row.opened_on, row.reason, row.amount_minor, row.currency), row.opened_on) for row in connection.execute(select(case))}
        fitting = {"": lambda _: True, "late": lambda one: one.late > 0}.get(due, lambda one: one.role == due)
        wanted = sorted((one.on, opened, number) for number, (one, opened) in told.items() if fitting(one))
        asked, after, found = Filter(due=due, order="due"), "", []
        while True:
            page = queue.page(connection, asked, at, after, size)
            found += [one.exception_id for one in page.cases]
            if not page.after:
                break
            after = page.after
        assert found == [number for _, _, number in wanted]
        counted = dict(queue_figures.figures(connection, asked, at, Kept()).lateness)
        assert counted == {"late": sum(one.late > 0 for one, _ in told.values())} | {role: sum(one.role == role for one, _ in told.values()) for role in RULES.escalate}
        for place in range(1, len(found) - 1, 37):
            assert queue.neighbours(connection, asked, at, found[place]) == (found[place - 1], found[place + 1])


@pytest.mark.parametrize(("rules", "why"), [
    (DeskRules(due_days=-1), "no number of working days"), (DeskRules(escalate={"auditor": 1}), "no role that decides"),
    (DeskRules(escalate={"senior": 1, "manager": 1}), "its own number"), (DeskRules(escalate={"senior": 0}), "from 1"),
    (DeskRules(due=[DueRule(1, at_least="0")]), "more than nothing"), (DeskRules(), ""),
])
def test_settings_that_make_no_sense_are_refused(rules: DeskRules, why: str) -> None:
    assert why in refused(rules)
    assert bool(refused(rules)) == bool(why)
