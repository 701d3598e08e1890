"""The month-end bank reconciliation through the command line, on both databases; figures a clerk can check by hand."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cashapp import clock
from tests.workspaces import cashapp

OCTOBER = """Date,Description,Amount,Reference,Check Number
2026-10-05,ACH CREDIT ACME CORP,1200.50,B-1,
2026-10-09,CHECK 1001,-500.00,B-2,1001
2026-10-12,DEPOSIT,300.17,B-3,
2026-10-14,WIRE IN CASCADE DENTAL,985.00,B-4,
2026-10-20,CHECK 1002,-582.10,B-5,1002
2026-10-30,MONTHLY SERVICE CHARGE,-15.00,B-6,
2026-10-30,INTEREST PAID,1.25,B-7,
"""
NOVEMBER = """Date,Description,Amount,Reference,Check Number
2026-11-03,CHECK 1003,-77.70,N-1,1003
2026-11-04,ACH CREDIT BIRCH HARDWARE,44.00,N-2,
"""
CASH_BOOK = """entry_id,date,amount,currency,account,reference,description,kind
E1,2026-10-02,1200.50,USD,111222333,PV-1,Payment from Acme Corporation,receipt
E2,2026-10-01,-500.00,USD,111222333,1001,Landlord,check
E3,2026-10-10,100.00,USD,111222333,,Check from Alder,deposit
E4,2026-10-10,200.17,USD,111222333,,Check from Elm,deposit
E5,2026-10-13,1000.00,USD,111222333,PV-2,Wire Cascade Dental Inc,receipt
E6,2026-10-12,-528.10,USD,111222333,1002,Utility,check
E7,2026-10-28,-77.70,USD,111222333,1003,Lumber Yard,check
E8,2026-10-30,44.00,USD,111222333,PV-3,Payment from Birch Hardware,receipt
E9,2026-10-06,-90.00,USD,111222333,1000,Paper Mill,check
E10,2026-10-08,90.00,USD,111222333,1000,VOID check 1000 Paper Mill,void
"""
ACCOUNT = ("--account", "111222333")
MONTH = (*ACCOUNT, "--period", "2026-10")


@pytest.fixture
def books(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace with October's statement and the cash book, on either database."""
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "pat")
    for name, text in (("october.csv", OCTOBER), ("november.csv", NOVEMBER), ("cashbook.csv", CASH_BOOK)):
        (tmp_path / name).write_text(text)
    assert cashapp(home, "run", str(tmp_path / "october.csv"), "--as-of", "2026-10-31").exit_code == 0
    assert cashapp(home, "import", "cashbook", str(tmp_path / "cashbook.csv")).exit_code == 0
    return home


def reconciled(home: Path, *words: str) -> dict[str, object]:
    result = cashapp(home, "reconcile", *(words or MONTH), "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def table(home: Path, period: str = "2026-10") -> list[dict[str, str]]:
    result = cashapp(home, "export", "reconciliation", *ACCOUNT, "--period", period)
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def pairs(rows: list[dict[str, str]]) -> set[str]:
    """`B-1 = E1 one_to_one matched`, one for each match; open rows alone."""
    units: dict[str, list[dict[str, str]]] = {}
    for n, row in enumerate(rows):
        units.setdefault(row["match_id"] or f"open {n}", []).append(row)
    told = set()
    for unit in units.values():
        mine, theirs = ("+".join(sorted(row[name] for row in unit if row[name])) or "-" for name in ("bank_reference", "entry_id"))
        told.add(f"{mine} = {theirs} {unit[0]['kind']} {unit[0]['status']}")
    return told


WANTED = {
    "B-1 = E1 one_to_one matched", "B-2 = E2 one_to_one matched", "B-3 = E3+E4 one_to_many matched", "B-4 = E5 difference matched", "B-5 = E6 difference matched",
    "- = E10+E9 offset matched", "B-6 = - unmatched_bank unmatched", "B-7 = - unmatched_bank unmatched", "- = E7 unmatched_book unmatched", "- = E8 unmatched_book unmatched",
}


def test_a_month_is_matched_and_explained(books: Path) -> None:
    told = reconciled(books)
    assert pairs(table(books)) == WANTED
    assert told["balances"] == [{
        "currency": "USD",
        "bank": {"opening": "0.00", "receipts": "2486.92", "disbursements": "1097.10", "closing": "1389.82"}, "stated_closing": None,
        "book": {"opening": "0.00", "receipts": "2634.67", "disbursements": "1195.80", "closing": "1438.87"},
        "reconciling_items": {
            "bank charges not yet booked": "15.00", "deposits in transit": "44.00", "differences between bank and books": "69.00",
            "interest not yet booked": "-1.25", "outstanding checks and payments": "-77.70",
        },
        "unexplained": "0.00",
    }]
    assert cashapp(books, "check").exit_code == 0


def test_amounts_and_differences_of_the_export(books: Path) -> None:
    reconciled(books)
    rows = {row["bank_reference"] or row["entry_id"]: row for row in table(books)}
    assert (rows["B-5"]["bank_amount"], rows["E6"]["entry_amount"], rows["B-5"]["difference"]) == ("-582.10", "-528.10", "-54.00")
    assert (rows["B-1"]["bank_date"], rows["B-1"]["entry_id"], rows["B-1"]["difference"], rows["B-6"]["difference"]) == ("2026-10-05", "", "0.00", "")
    assert list(rows["B-1"])[:12] == ["match_id", "kind", "bank_reference", "bank_date", "bank_amount", "entry_id", "entry_date", "entry_amount", "difference", "reason", "confidence", "status"]


def test_a_second_run_changes_nothing(books: Path) -> None:
    reconciled(books)
    before = table(books)
    told = reconciled(books)
    assert (told["made"], told["broken"]) == (0, 0)
    assert table(books) == before


def test_open_items_are_carried_forward_and_clear_in_the_next_month(books: Path, tmp_path: Path) -> None:
    reconciled(books)
    assert cashapp(books, "run", str(tmp_path / "november.csv"), "--as-of", "2026-11-05").exit_code == 0
    reconciled(books, *ACCOUNT, "--period", "2026-11")
    assert pairs(table(books, "2026-11")) == {
        "N-1 = E7 one_to_one matched", "N-2 = E8 one_to_one matched", "B-6 = - unmatched_bank unmatched", "B-7 = - unmatched_bank unmatched"}
    october = {row["entry_id"]: row for row in table(books) if row["entry_id"]}
    assert (october["E7"]["status"], october["E7"]["reason"]) == ("unmatched", "outstanding at the period's end; the bank showed it on 2026-11-03")
    assert pairs(table(books)) == WANTED


def test_a_clerk_breaks_makes_and_confirms_matches(books: Path) -> None:
    reconciled(books)
    number = next(row["match_id"] for row in table(books) if row["bank_reference"] == "B-3")
    assert cashapp(books, "reconcile", "unmatch", number, *ACCOUNT, "--reason", "the slip says otherwise").exit_code == 0
    assert "B-3 = - unmatched_bank unmatched" in pairs(table(books))
    assert cashapp(books, "reconcile", "match", *ACCOUNT, "--line", "B-3", "--entry", "E3").exit_code == 2  # the amounts differ: not without a reason
    assert cashapp(books, "reconcile", "match", *ACCOUNT, "--line", "B-3", "--entry", "E3", "--entry", "E4").exit_code == 0
    assert "B-3 = E3+E4 one_to_many matched" in pairs(table(books))
    assert cashapp(books, "reconcile", "match", *ACCOUNT, "--line", "B-3", "--entry", "E7").exit_code == 2  # matched already
    again = next(row["match_id"] for row in table(books) if row["bank_reference"] == "B-3")
    assert cashapp(books, "reconcile", "confirm", again, *ACCOUNT).exit_code == 0
    assert {row["confirmed_by"] for row in table(books) if row["match_id"] == again} == {"pat"}
    assert cashapp(books, "check").exit_code == 0


def test_charges_are_booked_only_when_confirmed(books: Path) -> None:
    reconciled(books)
    listed = cashapp(books, "reconcile", "charges", *MONTH)
    assert "-15.00 USD  MONTHLY SERVICE CHARGE" in listed.stdout
    assert "B-6 = - unmatched_bank unmatched" in pairs(table(books))
    assert cashapp(books, "reconcile", "charges", *MONTH, "--book").exit_code == 0
    assert not [row for row in table(books) if row["kind"] == "unmatched_bank"]
    assert reconciled(books)["balances"][0]["book"]["closing"] == "1425.12"  # 1438.87 − 15.00 + 1.25
    assert cashapp(books, "reconcile", "charges", *MONTH, "--book").exit_code == 0  # nothing is left: nothing is booked twice
    assert reconciled(books)["balances"][0]["book"]["closing"] == "1425.12"


def test_a_report_before_any_matching_says_so(books: Path) -> None:
    words = ("report", "bank-reconciliation", *MONTH)
    assert "nothing has been matched yet – `cashapp reconcile --account 111222333 --period 2026-10`" in cashapp(books, *words).stdout
    reconciled(books)
    assert "nothing has been matched" not in cashapp(books, *words).stdout


def test_a_changed_entry_breaks_its_match(books: Path, tmp_path: Path) -> None:
    reconciled(books)
    (tmp_path / "changed.csv").write_text(CASH_BOOK.replace("E1,2026-10-02,1200.50", "E1,2026-10-02,1200.05"))
    assert cashapp(books, "import", "cashbook", str(tmp_path / "changed.csv")).exit_code == 0
    assert reconciled(books)["broken"] == 1
    assert "B-1 = E1 difference matched" in pairs(table(books))


def test_preparer_and_reviewer_are_two_people_and_then_it_is_closed(books: Path, tmp_path: Path) -> None:
    reconciled(books)
    assert cashapp(books, "reconcile", "sign", *MONTH, "--review").exit_code == 2  # nobody prepared it
    assert cashapp(books, "reconcile", "sign", *MONTH).exit_code == 0
    assert cashapp(books, "reconcile", "sign", *MONTH, "--review").exit_code == 4  # pat again
    assert cashapp(books, "--actor", "kim", "reconcile", "sign", *MONTH, "--review").exit_code == 0
    number = next(row["match_id"] for row in table(books) if row["bank_reference"] == "B-1")
    for words in (("unmatch", number, *ACCOUNT, "--reason", "no"), ("charges", *MONTH, "--book"), ("sign", *MONTH)):
        assert cashapp(books, "reconcile", *words).exit_code == 4
    assert cashapp(books, "run", str(tmp_path / "november.csv"), "--as-of", "2026-11-05").exit_code == 0
    reconciled(books, *ACCOUNT, "--period", "2026-11")
    assert cashapp(books, "check").exit_code == 0  # what cleared later does not change what was signed
    assert cashapp(books, "reconcile", "reopen", *MONTH, "--reason", "a late charge").exit_code == 0
    assert cashapp(books, "reconcile", "unmatch", number, *ACCOUNT, "--reason", "now").exit_code == 0


def test_a_signed_month_that_changes_is_a_failed_control(books: Path, tmp_path: Path) -> None:
    reconciled(books)
    assert cashapp(books, "reconcile", "sign", *MONTH).exit_code == 0
    assert cashapp(books, "--actor", "kim", "reconcile", "sign", *MONTH, "--review").exit_code == 0
    (tmp_path / "more.csv").write_text("Date,Description,Amount,Reference,Check Number\n2026-10-31,LATE CHARGE,-3.00,B-9,\n")
    assert cashapp(books, "run", str(tmp_path / "more.csv"), "--as-of", "2026-11-05").exit_code == 0
    told = cashapp(books, "check")
    assert told.exit_code == 4
    assert "changed after kim reviewed it" in told.stdout


def test_without_a_cash_book_the_journal_is_the_book(home: Path, tmp_path: Path) -> None:
    (tmp_path / "october.csv").write_text(OCTOBER)
    cashapp(home, "run", str(tmp_path / "october.csv"), "--as-of", "2026-10-31")
    told = reconciled(home, "--account", "", "--period", "2026-10")
    assert told["book"] == "journal"
    assert told["counts"] == {"one_to_one": 14}
    assert told["balances"][0]["bank"] == told["balances"][0]["book"]


def test_as_it_was_known_at_a_day(books: Path) -> None:
    reconciled(books)

    def known(day: str) -> set[str]:
        result = cashapp(books, "export", "reconciliation", *MONTH, "--known-at", day)
        assert result.exit_code == 0, result.output
        return pairs(list(csv.DictReader(io.StringIO(result.stdout))))

    assert known(f"{clock.now():%Y-%m-%d}") == WANTED
    assert not [pair for pair in known("2020-01-01") if pair.startswith("B-")]
    assert "known at 2020-01-01 23:59:59" in cashapp(books, "report", "bank-reconciliation", *MONTH, "--known-at", "2020-01-01").stdout


LATER = ("--as-of", "2026-11-05")


@pytest.fixture
def ticking(monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Each reading of the clock is a second after the one before; returns the moment it is, as `--known-at` takes it."""
    at = [dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)]

    def now() -> dt.datetime:
        at[0] += dt.timedelta(seconds=1)
        return at[0]

    monkeypatch.setattr(clock, "now", now)
    return lambda: f"{at[0]:%Y-%m-%d %H:%M:%S}"


def printed(home: Path, known_at: str) -> tuple[list[dict[str, str]], dict[str, object]]:
    """The month's table and the report's figures as they were known then."""
    words = (*MONTH, "--known-at", known_at)
    rows = cashapp(home, "export", "reconciliation", *words)
    report = cashapp(home, "report", "bank-reconciliation", *words, "--to", "json")
    assert (rows.exit_code, report.exit_code) == (0, 0), rows.output + report.output
    told = json.loads(report.stdout)
    return list(csv.DictReader(io.StringIO(rows.stdout))), {"sections": told["sections"], "notes": told["notes"]}


@pytest.mark.parametrize("with_cash_book", [True, False], ids=["cash book", "journal"])
def test_what_was_reviewed_prints_the_same_whatever_came_after(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch,
                                                                ticking: Callable[[], str], *, with_cash_book: bool) -> None:
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "pat")
    statement = ":20:A\n:25:111222333\n:28C:10/1\n:60F:C261001USD0,\n:61:2610051005C1200,50NTRFB-1\n:86:ACME CORP INV-1\n:61:2610121012C300,17NTRFB-3\n:86:ALDER\n:62F:C261031USD1500,67\n"
    for name, text in (("october.sta", statement), ("cashbook.csv", CASH_BOOK), ("late.csv", "Date,Description,Amount,Reference,Account\n2026-10-31,LATE CHARGE,-3.00,B-9,111222333\n"),
                       ("changed.csv", CASH_BOOK.replace("E1,2026-10-02,1200.50", "E1,2026-10-02,1200.05")), ("customers.csv", "customer_id,name\nC1,Acme Corp\n"),
                       ("invoices.csv", "invoice_number,customer_id,amount,currency,invoice_date,due_date\nINV-1,C1,1200.50,USD,2026-09-01,2026-10-01\n")):
        (tmp_path / name).write_text(text)

    def done(*words: str) -> str:
        result = cashapp(home, *words)
        assert result.exit_code == 0, result.output
        return result.stdout

    for what in ("customers", "invoices", *(["cashbook"] if with_cash_book else [])):
        done("import", what, str(tmp_path / f"{what}.csv"))
    before_the_statement = ticking()
    done("run", str(tmp_path / "october.sta"), "--as-of", "2026-10-31")
    done("reconcile", *MONTH)
    if with_cash_book:
        done("reconcile", "own", *MONTH, "--owner", "kim", "--note", "opening balance")
    done("reconcile", "sign", *MONTH)
    done("--actor", "kim", "reconcile", "sign", *MONTH, "--review")
    reviewed, then = ticking(), printed(home, ticking())
    assert [row["bank_reference"] for row in printed(home, before_the_statement)[0] if row["bank_reference"]] == []

    done("reconcile", "reopen", *MONTH, "--reason", "something came")  # and now everything changes
    done("run", str(tmp_path / "late.csv"), *LATER)
    applied = next(csv.DictReader(io.StringIO(done("export", "applications"))))
    done("undo", "application", applied["receipt_id"], "--reason", "was not theirs")
    if with_cash_book:
        done("import", "cashbook", str(tmp_path / "changed.csv"))
        done("reconcile", *MONTH)
    done("undo", "file", "october.sta", "--reason", "the wrong bank")

    assert printed(home, reviewed) == then
    assert not [note for note in then[1]["notes"] if "BROKEN" in note]
    assert printed(home, ticking())[0] != then[0]


def test_an_account_is_one_however_it_is_written(books: Path) -> None:
    reconciled(books)
    told = reconciled(books, "--account", "021000021/0111222333", "--period", "2026-10")
    assert (told["account"], told["made"], told["broken"]) == ("111222333", 0, 0)
    assert cashapp(books, "reconcile", "sign", "--account", "111-222-333", "--period", "2026-10").exit_code == 0
    assert reconciled(books)["prepared_by"] == "pat"


def test_an_unknown_account_is_told_with_the_known_ones(books: Path) -> None:
    result = cashapp(books, "reconcile", "--account", "999888777", "--period", "2026-10")
    assert result.exit_code == 2
    assert "known are: (unnamed), 111222333" in str(result.exception)


@pytest.mark.parametrize("to", ["text", "html", "pdf", "xlsx", "csv", "json"])
def test_the_report_in_every_format(books: Path, tmp_path: Path, to: str) -> None:
    reconciled(books)
    out = tmp_path / f"report.{to}"
    assert cashapp(books, "report", "bank-reconciliation", *MONTH, "--to", to, "--out", str(out)).exit_code == 0
    content = out.read_bytes()
    if to in {"text", "html"}:
        for words in ("Adjusted bank balance", "1,356.12", "Lumber Yard", "MONTHLY SERVICE CHARGE", "two digits are exchanged", "VOID check 1000 Paper Mill", "Proof of cash"):
            assert words in content.decode()
    if to == "json":
        sections = {section["name"]: section for section in json.loads(content)["sections"]}
        adjusted = [row["balance"] for row in sections["balances"]["rows"] if row["line"].startswith(("Adjusted", "Unexplained"))]
        assert adjusted == ["1356.12", "1356.12", "0.00"]
        assert [row for row in sections["proof_of_cash"]["rows"] if row["line"] == "Left unexplained"] == [
            {"line": "Left unexplained", "currency": "USD", "opening": "0.00", "receipts": "0.00", "disbursements": "0.00", "closing": "0.00"}]
