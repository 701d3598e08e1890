"""The audit folder: it holds what an auditor asks for, proves itself without the books, and any change of it shows. On both databases."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from cashapp import db
from tests.bank_drops import Bank
from tests.workspaces import cashapp

INVOICES = "invoice_number,customer_id,customer_name,amount,currency,issue_date,due_date\nINV-1001,ACME,Acme Tools Inc,100.00,USD,2026-10-01,2026-10-31\n"


@pytest.fixture
def bank(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Bank:
    """October's import, November's payment and its return in December."""
    monkeypatch.setenv("CASHAPP_DB", db_url)
    (tmp_path / "invoices.csv").write_text(INVOICES)
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv"), "--as-of", "2026-10-09").exit_code == 0
    made = Bank(home)
    made.statement("2026-11-09", "175 | 100.00 | BR1 | 70001 | CHECK 70001 INV-1001 REMITTER: ACME TOOLS INC")
    made.statement("2026-12-02", "555 | 100.00 | BR9 | 70001 | RETURNED ITEM CHECK 70001 NSF")
    return made


@pytest.fixture
def folder(bank: Bank, tmp_path: Path) -> Path:
    """November's folder, taken away from the workspace."""
    told = json.loads(cashapp(bank.home, "audit", "pack", "--period", "2026-11", "--json").stdout)
    made = Path(told["folder"])
    assert hashlib.sha256((made / "manifest.json").read_bytes()).hexdigest() == told["manifest_sha256"]
    assert told["lacking"] == []
    return Path(shutil.move(made, tmp_path / "elsewhere"))


def verify(folder: Path) -> tuple[int, str]:
    done = cashapp(folder.parent / "no-workspace", "audit", "verify", str(folder))
    return done.exit_code, done.stdout


def test_the_folder_has_reports_files_journal_and_proof(folder: Path) -> None:
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {"manifest.json", "README.txt", "check.json", "chain/seals.jsonl", "chain/entries.jsonl", "chain/postings.jsonl", "files/000001-2026-11-09.bai",
            "reports/trial-balance.pdf", "reports/trial-balance.xlsx", "reports/adjustments.pdf", "reports/returned-items.xlsx"} <= names
    assert "files/000002-2026-12-02.bai" not in names  # December's
    dates = {json.loads(line)["entry_date"] for line in (folder / "chain" / "entries.jsonl").read_text().splitlines()}
    assert dates == {"2026-11-09"}
    assert verify(folder) == (0, "holds   every file is the one that the manifest names\nholds   the journal of the period is what its seals closed over\n")


CHANGES = [
    ("a word of a report", "was changed"), ("a source file gone", "is missing"), ("a file added", "is not in the manifest"),
    ("an amount, manifest and all", "is broken"), ("an entry gone, manifest and all", "is broken"), ("a seal, manifest and all", "is broken"),
    ("an entry disowned, manifest and all", "stands under no seal"),
]


@pytest.mark.parametrize(("change", "why"), CHANGES)
def test_any_change_shows(folder: Path, change: str, why: str) -> None:
    match change:
        case "a word of a report":
            (folder / "README.txt").write_text("nothing to see")
        case "a source file gone":
            next((folder / "files").iterdir()).unlink()
        case "a file added":
            (folder / "files" / "more.txt").write_text("x")
        case "an amount, manifest and all":
            edit(folder, "chain/postings.jsonl", "10000", "10001")
        case "an entry gone, manifest and all":
            path = folder / "chain" / "entries.jsonl"
            path.write_text("\n".join(path.read_text().splitlines()[:-1]) + "\n")
            sign(folder, "chain/entries.jsonl")
        case "an entry disowned, manifest and all":
            edit(folder, "chain/seals.jsonl", "true", "false")
        case _:
            edit(folder, "chain/seals.jsonl", '"digest": "', '"digest": "0')
    status, told = verify(folder)
    assert status == 4
    assert why in told


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Change a file, and the manifest with it, as a forger would."""
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    sign(folder, name)


def sign(folder: Path, name: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for file in manifest["files"]:
        if file["path"] == name:
            file["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_books_and_the_archive_are_proven_in_place(bank: Bank, db_url: str) -> None:
    assert cashapp(bank.home, "audit", "verify").exit_code == 0
    (bank.home / "archive" / "2026-11-09.bai").write_text("another content")
    done = cashapp(bank.home, "audit", "verify")
    assert done.exit_code == 4
    assert "2026-11-09.bai" in done.stdout
    engine = db.connect(db_url)
    with db.writing(engine) as c:
        c.exec_driver_sql("DROP TRIGGER posting_no_update" if c.dialect.name == "sqlite" else "ALTER TABLE posting DISABLE TRIGGER ALL")
        c.exec_driver_sql("UPDATE posting SET amount_minor = amount_minor * 2 WHERE entry_id = 2")
    engine.dispose()
    assert "seal 2 over entries 2–2 is broken" in cashapp(bank.home, "audit", "verify").stdout


def test_a_folder_is_made_once_and_whole(bank: Bank) -> None:
    assert cashapp(bank.home, "audit", "pack", "--period", "2026-11").exit_code == 0
    assert cashapp(bank.home, "audit", "pack", "--period", "2026-11").exit_code == 2
    assert [path.name for path in (bank.home / "reports").iterdir()] == ["audit-2026-11"]


def test_what_is_no_audit_folder_is_said(tmp_path: Path) -> None:
    assert cashapp(tmp_path, "audit", "verify", str(tmp_path)).exit_code == 2
