"""The daily job from the outside: a drop of files, what becomes of each, what a program can rely on."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from tests.workspaces import cashapp, start, table

DAY = "2026-11-09"


def mt940(lines: list[tuple[str, str, str]], *, number: str = "1", opening: int = 0, off: int = 0) -> str:
    """A statement: lines of (amount with comma, bank reference, text); `off` makes the closing balance wrong."""
    total = opening + sum(int(amount.replace(",", "")) for amount, _, _ in lines)
    body = "".join(f":61:2611091109C{amount}NTRFNONREF//{reference}\r\n:86:{text}\r\n" for amount, reference, text in lines)
    return (f":20:STMT{number}\r\n:25:111222333\r\n:28C:{number}/1\r\n:60F:C261108USD{opening // 100},{opening % 100:02}\r\n{body}"
            f":62F:C261109USD{(total + off) // 100},{(total + off) % 100:02}\r\n-\r\n")


@pytest.fixture
def company(home: Path, tmp_path: Path) -> Path:
    """Three customers with one open invoice each."""
    (tmp_path / "invoices.csv").write_text(
        "invoice_number,customer_id,customer_name,amount,currency,issue_date,due_date\n"
        "INV-100201,C1,Acme Tools Inc,100.00,USD,2026-10-01,2026-10-31\n"
        "INV-100202,C2,Borealis Freight LLC,250.50,USD,2026-10-05,2026-11-04\n"
        "INV-100203,C3,Cedar Grove Bakery,75.25,USD,2026-10-09,2026-11-08\n")
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv")).exit_code == 0
    return home


def drop(home: Path, name: str, content: str) -> Path:
    path = home / "inbox" / name
    path.write_bytes(content.encode())
    return path


def summary(home: Path, *words: str) -> dict[str, object]:
    result = cashapp(home, "run", "--as-of", DAY, "--json", *words)
    return json.loads(result.stdout) | {"exit": result.exit_code, "stderr": result.stderr}


GOOD = mt940([("100,00", "BR001", "ACME TOOLS INC INV-100201"), ("250,50", "BR002", "BOREALIS FREIGHT INV-100202"), ("33,00", "BR003", "HELLO")])


def test_a_drop_is_read_applied_posted_and_queued(company: Path) -> None:
    drop(company, "monday.sta", GOOD)
    told = summary(company)
    assert told["exit"] == 0
    assert told["files"] == [{"path": str(company / "inbox" / "monday.sta"), "format": "mt940", "status": "processed", "reason": "",
                              "transactions": 3, "debit_total": {}, "credit_total": {"USD": "383.50"}}]
    assert told["receipts"] == {"count": 3, "amount": {"USD": "383.50"}}
    assert told["applied"] == {"auto_count": 2, "auto_amount": {"USD": "350.50"}}
    assert told["exceptions"] == {"unknown_payer": 1}
    assert told["unapplied"] == {"USD": "33.00"}
    assert set(told["timings"]) == {"parse_s", "store_s", "match_s", "post_s", "total_s"}  # type: ignore[arg-type]
    peaks = [told["peak_mb"][stage] for stage in ("parse", "store", "match", "post")]  # type: ignore[index]
    assert 0 < peaks[0] <= peaks[1] <= peaks[2] <= peaks[3], "the highest so far"
    assert [p.name for p in (company / "inbox").iterdir()] == []
    assert [p.name for p in (company / "archive").iterdir()] == ["monday.sta"]
    applied = sorted((r["bank_reference"], r["invoice_number"], r["applied_amount"], r["source"]) for r in table(company, "applications"))
    assert applied == [("BR001", "INV-100201", "100.00", "auto"), ("BR002", "INV-100202", "250.50", "auto")]
    assert {r["invoice_number"]: r["open_amount"] for r in table(company, "open-items")} == {"INV-100203": "75.25"}
    assert cashapp(company, "check").exit_code == 0


def test_the_same_content_under_another_name_changes_nothing(company: Path) -> None:
    drop(company, "monday.sta", GOOD)
    summary(company)
    before = [table(company, what) for what in ("receipts", "applications", "journal")]
    drop(company, "again.txt", GOOD)
    told = summary(company)
    assert told["exit"] == 0
    assert told["files"][0]["status"] == "skipped"  # type: ignore[index]
    assert "the same content was processed as monday.sta" in str(told["stderr"])
    assert [table(company, what) for what in ("receipts", "applications", "journal")] == before


def test_a_bad_file_is_quarantined_with_its_reason_and_the_good_ones_go_in(company: Path) -> None:
    drop(company, "a_wrong_total.sta", mt940([("5,00", "BR9", "X")], off=100))
    drop(company, "b_noise.bin", "this is no bank file")
    drop(company, "c_good.sta", GOOD)
    told = summary(company)
    assert told["exit"] == 3
    assert [f["status"] for f in told["files"]] == ["quarantined", "quarantined", "processed"]  # type: ignore[attr-defined]
    kept = company / "quarantine"
    assert "control_mismatch: closing balance is stated as" in (kept / "a_wrong_total.sta.reason.txt").read_text()
    assert "unrecognised" in (kept / "b_noise.bin.reason.txt").read_text()
    assert len(table(company, "receipts")) == 3


def test_a_mismatch_can_be_flagged_instead(company: Path) -> None:
    toml = company / "cashapp.toml"
    toml.write_text(toml.read_text().replace('mismatch = "quarantine"', 'mismatch = "flag"'))
    drop(company, "off.sta", mt940([("5,00", "BR9", "X")], off=100))
    told = summary(company)
    assert told["exit"] == 0
    assert told["exceptions"]["control_mismatch"] == 1  # type: ignore[index]


def test_named_files_stay_where_they_are(company: Path, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.sta"
    path.write_bytes(GOOD.encode())
    assert summary(company, str(path))["exit"] == 0
    assert path.exists()
    assert (company / "archive" / "elsewhere.sta").read_bytes() == GOOD.encode()


def test_folders_pipes_and_links_in_the_inbox_are_left_and_told(company: Path, tmp_path: Path) -> None:
    (company / "inbox" / "folder").mkdir()
    os.mkfifo(company / "inbox" / "pipe")
    (tmp_path / "target").write_text(GOOD)
    (company / "inbox" / "link").symlink_to(tmp_path / "target")
    told = summary(company)
    assert told["exit"] == 0
    assert told["files"] == []
    assert str(told["stderr"]).count("only regular files") == 3


def test_a_missing_file_is_wrong_usage(company: Path) -> None:
    assert cashapp(company, "run", "nowhere.sta").exit_code == 2


def test_a_second_run_waits_and_then_says_so(company: Path) -> None:
    with (company / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        result = cashapp(company, "run", "--wait", "0.2")
    assert result.exit_code == 1
    assert "another run is at work" in str(result.exception)


def test_files_may_be_read_by_several_processes(company: Path) -> None:
    drop(company, "good.sta", GOOD)
    drop(company, "noise.bin", "this is no bank file")
    told = summary(company, "--workers", "2")
    assert told["exit"] == 3
    assert told["applied"]["auto_count"] == 2  # type: ignore[index]


def test_a_full_disk_is_one_clear_line_and_nothing_is_half_written(company: Path) -> None:
    """The process may write files up to a size only; the database needs more."""
    before = table(company, "journal")
    drop(company, "big.sta", mt940([(f"{n},00", f"BR{n:06}", f"SOMETHING {n:060}") for n in range(1, 6000)]))
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000)); from cashapp.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", limited, "--home", str(company), "run", "--as-of", DAY], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "nothing was changed" in done.stderr
    assert table(company, "journal") == before
    assert summary(company)["exit"] == 0


def test_no_post_only_proposes(company: Path) -> None:
    drop(company, "monday.sta", GOOD)
    told = summary(company, "--no-post")
    assert told["applied"] == {"auto_count": 0, "auto_amount": {}}
    assert table(company, "applications") == []
    assert {p["invoice_number"] for p in table(company, "proposals")} >= {"INV-100201", "INV-100202"}


def test_a_run_writes_only_what_it_says_differently(company: Path, tmp_path: Path) -> None:
    drop(company, "monday.sta", mt940([("33,00", "BR001", "HELLO"), ("44,00", "BR002", "CEDAR GROVE BAKERY"), ("20,00", "BR003", "ACME TOOLS INC")]))
    summary(company)
    told = {what: table(company, what) for what in ("proposals", "exceptions", "receipts")}
    _refuse_to_write(company)
    assert summary(company)["exit"] == 0
    assert {what: table(company, what) for what in told} == told

    (tmp_path / "invoices.csv").write_text("invoice_number,customer_id,amount,currency,issue_date\nINV-100204,C3,44.00,USD,2026-10-10\n")
    assert cashapp(company, "import", "invoices", str(tmp_path / "invoices.csv")).exit_code == 0
    with pytest.raises(IntegrityError, match="written again"):
        summary(company)


def _refuse_to_write(home: Path) -> None:
    """From now on the database refuses whatever changes what is told of a receipt, or who paid it."""
    with closing(sqlite3.connect(home / "cashapp.db")) as connection:
        for table_, deed in (*product(("proposal", "proposal_line", "evidence"), ("INSERT", "DELETE")), ("receipt", "UPDATE OF customer_id")):
            connection.execute(f"CREATE TRIGGER refuse_{table_}_{deed[:6]} BEFORE {deed} ON {table_} BEGIN SELECT RAISE(ABORT, 'written again'); END")


def test_explain_says_why(company: Path) -> None:
    drop(company, "monday.sta", GOOD)
    summary(company)
    shown = cashapp(company, "explain", "BR001").stdout
    assert "INV-100201" in shown
    assert "monday.sta (mt940), line 5" in shown


def test_a_clerk_decides_and_undoes(company: Path) -> None:
    drop(company, "monday.sta", GOOD)
    summary(company)
    case = next(row for row in table(company, "exceptions") if row["status"] == "open")
    number = case["exception_id"]
    assert cashapp(company, "exceptions", "apply", number, "--to", "INV-100203=33.00", "--actor", "ann").exit_code == 0
    receipt = next(row for row in table(company, "receipts") if row["receipt_id"] == case["receipt_id"])
    assert (receipt["status"], receipt["applied_amount"], receipt["customer_id"]) == ("applied", "33.00", "C3")
    assert cashapp(company, "exceptions", "undo", number).exit_code == 0
    assert cashapp(company, "exceptions", "on-account", number, "--customer", "C3").exit_code == 0
    row = next(row for row in table(company, "applications") if row["receipt_id"] == case["receipt_id"] and row["status"] == "posted")
    assert (row["invoice_number"], row["applied_amount"], row["source"]) == ("", "33.00", "clerk")
    assert {r["kind"]: r["open_amount"] for r in table(company, "open-items")} == {"invoice": "75.25", "on_account": "-33.00"}
    assert cashapp(company, "exceptions", "undo", number).exit_code == 0
    assert cashapp(company, "exceptions", "non-ar", number, "--gl", "4711").exit_code == 0
    assert next(r for r in table(company, "receipts") if r["receipt_id"] == case["receipt_id"])["status"] == "non_ar"
    assert cashapp(company, "check").exit_code == 0


def test_too_much_is_refused_and_nothing_changes(company: Path) -> None:
    drop(company, "monday.sta", GOOD)
    summary(company)
    case = next(row for row in table(company, "exceptions") if row["status"] == "open")
    before = table(company, "journal")
    assert cashapp(company, "exceptions", "apply", case["exception_id"], "--to", "INV-100203=75.25").exit_code == 1
    assert table(company, "journal") == before


def books(home: Path) -> list[list[dict[str, str]]]:
    """Everything in the books that does not tell the time of day."""
    clock_columns = {"posted_at", "opened_at", "age_days"}
    return [[{k: v for k, v in row.items() if k not in clock_columns} for row in table(home, what)]
            for what in ("receipts", "applications", "proposals", "exceptions", "journal", "open-items")]


def busy_inbox(folder: Path, invoices: Path) -> None:
    """A workspace with 2,000 open invoices and four statements that pay most of them."""
    cashapp(folder, "init", str(folder))
    cashapp(folder, "import", "invoices", str(invoices), "--as-of", DAY)
    opening = 0
    for number in range(4):
        lines = [(f"{n % 900 + 1},00", f"BR{n:06}", f"INV-{n:06}") for n in range(number * 450, number * 450 + 450)]
        drop(folder, f"file{number}.sta", mt940(lines, number=str(number + 1), opening=opening))
        opening += sum(int(amount.replace(",", "")) for amount, _, _ in lines)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[dict[str, str]]], float]:
    """The invoices, the books of a run in peace, and how long it took."""
    folder = tmp_path_factory.mktemp("peace")
    invoices = folder / "invoices.csv"
    rows = "".join(f"INV-{n:06},C{n % 50},Customer Number {n % 50},{n % 900 + 1}.00,USD\n" for n in range(2000))
    invoices.write_text("invoice_number,customer_id,customer_name,amount,currency\n" + rows)
    busy_inbox(folder / "home", invoices)
    began = time.monotonic()
    assert start(folder / "home", "run", "--as-of", DAY).wait() == 0
    whole = time.monotonic() - began
    assert len(table(folder / "home", "applications")) > 1500
    return invoices, books(folder / "home"), whole


@pytest.mark.parametrize("share", [0.3, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95])
def test_a_run_killed_anywhere_and_run_again_gives_the_same_books(
        tmp_path: Path, undisturbed: tuple[Path, list[list[dict[str, str]]], float], share: float) -> None:
    """Killed after a share of the time that a run in peace takes, then run again."""
    invoices, expected, whole = undisturbed
    home = tmp_path / "home"
    busy_inbox(home, invoices)
    process = start(home, "run", "--as-of", DAY)
    time.sleep(whole * share)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert start(home, "run", "--as-of", DAY).wait() == 0
    assert books(home) == expected
    assert cashapp(home, "check").exit_code == 0
    assert sorted(p.name for p in (home / "archive").iterdir()) == [f"file{n}.sta" for n in range(4)]
