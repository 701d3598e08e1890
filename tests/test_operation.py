"""What an operator's tools see of the program: figures for Prometheus, events for a log, both without a payer's name."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine, select

from cashapp import clock, db, metrics, schema, users
from cashapp.workspace import Workspace
from tests.desks import Client, served
from tests.test_daily import DAY, GOOD, drop, mt940
from tests.workspaces import cashapp

Samples = dict[tuple[str, ...], float]


def samples(text: str) -> Samples:
    """Name and label values (but the workspace's) → value."""
    return {(sample.name, *(value for label, value in sorted(sample.labels.items()) if label != "workspace")): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def set_key(home: Path, block: str, key: str, value: str) -> None:
    """Change a setting as an administrator does, in the file that `init` wrote."""
    toml = home / "cashapp.toml"
    text, changes = re.subn(rf"(\[{block}\]\n(?:[^\[]*\n)?){key} = .*", rf'\g<1>{key} = "{value}"', toml.read_text(), count=1)
    assert changes == 1
    toml.write_text(text)


@pytest.fixture
def day(home: Path) -> Path:
    """A workspace into whose inbox a good statement, one whose total is wrong, and a copy of the good one came."""
    drop(home, "a_monday.sta", GOOD)
    drop(home, "b_off.sta", mt940([("5,00", "BR9", "MARIA EXAMPLE")], off=100))
    drop(home, "c_again.sta", GOOD)
    return home


def test_the_textfile_holds_what_the_run_did_and_how_the_books_stand(day: Path) -> None:
    set_key(day, "metrics", "textfile", "reports/cashapp.prom")
    before = clock.now().timestamp()
    assert cashapp(day, "run", "--as-of", DAY).exit_code == 3
    told = samples((day / "reports" / "cashapp.prom").read_text())
    expected = {
        ("cashapp_files_total", "mt940", "processed"): 1, ("cashapp_files_total", "mt940", "quarantined"): 1, ("cashapp_files_total", "none", "skipped"): 1,
        ("cashapp_control_failures_total", "mt940"): 1, ("cashapp_runs_total",): 1, ("cashapp_receipts_total",): 3, ("cashapp_applied_total",): 0,
        ("cashapp_received_minor_total", "USD"): 38350, ("cashapp_unapplied_minor", "USD"): 38350,
        ("cashapp_quarantine_files",): 1, ("cashapp_inbox_files",): 0,
    }
    assert {name: told[name] for name in expected} == expected
    assert sum(value for name, value in told.items() if name[0] == "cashapp_exceptions_open") == 3
    assert told["cashapp_last_success_timestamp_seconds",] >= before
    assert {name[1] for name in told if name[0] == "cashapp_last_run_stage_seconds"} == {"parse", "store", "match", "post", "total"}
    assert not [name for name in told if name[0].startswith("cashapp_check")]


def test_counters_add_up_over_runs_and_check_tells_its_result(day: Path) -> None:
    set_key(day, "metrics", "textfile", "reports/cashapp.prom")
    cashapp(day, "run", "--as-of", DAY)
    drop(day, "tuesday.sta", mt940([("7,00", "BR77", "X")], number="2", opening=38350))
    cashapp(day, "run", "--as-of", DAY)
    assert cashapp(day, "check").exit_code == 0
    told = samples((day / "reports" / "cashapp.prom").read_text())
    assert told["cashapp_files_total", "mt940", "processed"] == 2
    assert told["cashapp_runs_total",] == 2
    assert told["cashapp_received_minor_total", "USD"] == 39050
    assert told["cashapp_check_broken_proofs",] == 0


def test_a_broken_book_is_seen_in_the_figures(day: Path) -> None:
    cashapp(day, "run", "--as-of", DAY)
    workspace = Workspace(day)
    engine = db.connect(workspace.db_url)
    with db.writing(engine) as connection:
        connection.execute(schema.receipt.update().values(unapplied_minor=schema.receipt.c.unapplied_minor + 1))
    assert cashapp(day, "check").exit_code == 4
    told = samples(metrics.text(workspace, engine).decode())
    engine.dispose()
    assert told["cashapp_check_broken_proofs",] >= 1


@pytest.mark.parametrize(("days", "bucket"), [(0, "0"), (1, "1-3"), (3, "1-3"), (4, "4-7"), (30, "8-30"), (31, "31+")])
def test_cases_by_age(home: Path, monkeypatch: pytest.MonkeyPatch, days: int, bucket: str) -> None:
    drop(home, "monday.sta", mt940([("5,00", "BR9", "X")]))
    cashapp(home, "run", "--as-of", DAY)
    later = clock.dt.date.fromisoformat(DAY) + clock.dt.timedelta(days)
    monkeypatch.setattr(clock, "today", lambda: later)
    workspace = Workspace(home)
    engine = db.connect(workspace.db_url)
    told = samples(metrics.text(workspace, engine).decode())
    engine.dispose()
    assert {name[1:]: value for name, value in told.items() if name[0] == "cashapp_exceptions_open"} == {(bucket, "unknown_payer"): 1}


def test_a_textfile_that_cannot_be_written_does_not_spoil_the_run(day: Path) -> None:
    (day / "taken").write_text("a file where a folder is wanted")
    set_key(day, "metrics", "textfile", "taken/cashapp.prom")
    done = cashapp(day, "run", "--as-of", DAY)
    assert done.exit_code == 3
    assert "the figures were not written" in done.stderr


def test_the_desk_shows_the_figures_to_a_token_only(office: tuple[Workspace, Engine]) -> None:
    workspace, engine = office
    with db.writing(engine) as connection:
        token = users.issue_token(connection, "otto", "prometheus")
    with served(workspace, engine) as base:
        stranger = Client(base)
        assert stranger.get("/metrics").status_code == 401
        assert stranger.get("/metrics").headers["www-authenticate"] == "Bearer"
        assert Client(base, "mia").get("/metrics").status_code == 401, "a session opens pages, not what programs ask for"
        stranger.http.headers["Authorization"] = f"Bearer {token}"
        answer = stranger.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    told = samples(answer.text)
    assert told["cashapp_runs_total",] == 5
    with db.reading(engine) as connection:
        case = schema.exception_case
        waiting = connection.execute(select(case.c.exception_id).where(case.c.status == "open")).all()
    assert sum(value for name, value in told.items() if name[0] == "cashapp_exceptions_open") == len(waiting)


def events(lines: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines.splitlines()]


def test_each_event_is_a_line_of_json_with_the_key_that_the_books_keep(day: Path) -> None:
    set_key(day, "log", "format", "json")
    done = cashapp(day, "run", "--as-of", DAY, "--json")
    told = events(done.stderr)
    assert [event["event"] for event in told] == ["run_started", "file_processed", "file_quarantined", "file_skipped", "matched", "posted", "run_finished"]
    assert {event["run"] for event in told} == {json.loads(done.stdout)["run"]}
    processed, quarantined, skipped = told[1:4]
    assert (processed["file"], processed["stage"], processed["receipts"], processed["level"]) == ("a_monday.sta", "store", 3, "info")
    assert (quarantined["file"], quarantined["problems"], quarantined["level"]) == ("b_off.sta", ["line 7: control_mismatch"], "warning")
    assert processed["sha256"] == skipped["sha256"] != quarantined["sha256"]
    engine = db.connect(Workspace(day).db_url)
    with db.reading(engine) as connection:
        assert connection.execute(select(schema.run_log.c.run_key)).scalars().all() == [told[0]["run"]]
    engine.dispose()


def test_no_payer_and_no_account_stands_in_a_log(day: Path) -> None:
    """Nor the text of a line, which a bank may fill with either."""
    set_key(day, "log", "format", "json")
    drop(day, "d_bad_line.sta", GOOD.replace(":61:2611091109C100,00", ":61:2611091109C1x0,00"))
    logged = cashapp(day, "run", "--as-of", DAY).stderr
    assert logged.count("file_quarantined") == 2
    for word in ("ACME", "BOREALIS", "MARIA", "111222333", "INV-100201", "1x0"):
        assert word not in logged, word


def test_a_log_file_is_added_to_and_stderr_stays_for_people(day: Path) -> None:
    set_key(day, "log", "format", "text")
    set_key(day, "log", "file", "logs/cashapp.log")
    first = cashapp(day, "run", "--as-of", DAY)
    cashapp(day, "run", "--as-of", DAY)
    assert "control_mismatch: closing balance" in first.stderr
    lines = (day / "logs" / "cashapp.log").read_text().splitlines()
    assert len(lines) == 7 + 4
    assert re.fullmatch(r"at=\S+ level=info event=run_started run=\S+ as_of=2026-11-09 files=3", lines[0])
    assert len({re.search(r" run=(\S+)", line)[1] for line in lines}) == 2  # type: ignore[index]


def test_a_run_that_fails_says_so_in_its_log(home: Path) -> None:
    set_key(home, "log", "format", "json")
    assert cashapp(home, "period", "lock", "2026-11", "--reason", "month end").exit_code == 0
    done = cashapp(home, "run", "--as-of", DAY)
    assert done.exit_code == 4
    failed = events(done.stderr)[-1]
    assert (failed["event"], failed["level"]) == ("run_failed", "error")
    assert "locked" in str(failed["error"])
