"""Month after month of two accounts, one with a cash book: of months that are settled nothing is drawn again, and nothing reads otherwise for it."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import importlib
import io
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection

from cashapp import db, periods
from cashapp.reconciliation import lines, picture, settled, signing
from cashapp.reconciliation.picture import Picture
from tests.workspaces import cashapp

WITH_BOOK, WITHOUT = "DE89370400440532013000", "DE02120300000000202051"
MONTHS = ("2026-06", "2026-07", "2026-08", "2026-09")
ALL_THERE_WAS = ("--known-at", "2999-01-01")
"""As it is known at a moment to come: drawn from the first line on."""
OF_ALL_TIME = dt.date(2000, 1, 1)


def statement(account: str, month: str, opening: int, moves: list[tuple[int, int, str]]) -> str:
    """An MT940 statement in cents: day, amount, reference."""
    yy = month[2:4] + month[5:]
    rows = [f":20:S{yy}", f":25:{account}", ":28C:1/1", f":60F:C{yy}01EUR{opening // 100},{opening % 100:02d}"]
    for day, amount, reference in moves:
        rows += [f":61:{yy}{day:02d}{yy[2:]}{day:02d}{'C' if amount > 0 else 'D'}{abs(amount) // 100},{abs(amount) % 100:02d}NTRF{reference}//{reference}", f":86:PAYMENT {reference}"]
    closing = opening + sum(amount for _, amount, _ in moves)
    return "\r\n".join([*rows, f":62F:C{yy}28EUR{closing // 100},{closing % 100:02d}", "-", ""])


def written(folder: Path) -> tuple[list[Path], Path]:
    """The statements of all months and the cash book: entries that fit, that come a month late or never, that are wrong by a little, and voids."""
    chance, files, book = random.Random(5), [], []
    opening = dict.fromkeys((WITH_BOOK, WITHOUT), 5_000_000)
    for n, month in enumerate(MONTHS):
        for account, end in ((WITH_BOOK, "a"), (WITHOUT, "b")):
            moves = [(chance.randrange(1, 28), chance.choice((1, 1, -1)) * chance.randrange(1_000, 90_000), f"R{n}{end}{k:03d}") for k in range(40)]
            path = folder / f"{month}{end}.sta"
            path.write_text(statement(account, month, opening[account], moves))
            files.append(path)
            opening[account] += sum(amount for _, amount, _ in moves)
            for k, (day, amount, reference) in enumerate(moves) if account == WITH_BOOK else ():
                late = k % 9 == 0 and n + 1 < len(MONTHS)
                date = f"{MONTHS[n + 1] if late else month}-{day:02d}"
                if k % 11:
                    book.append((f"E{n}{k:03d}", date, amount + (90 if k % 13 == 0 else 0), reference))
        book += [(f"V{n}1", f"{month}-03", -4_711_00 - n, "9001"), (f"V{n}2", f"{month}-04", 4_711_00 + n, "9001"), (f"W{n}", f"{month}-27", -1_234_56 - n, f"77{n}")]
    path = folder / "cashbook.csv"
    path.write_text(of_book(book))
    return files, path


def of_book(rows: list[tuple[str, str, int, str]]) -> str:
    told = [f"{number},{date},{amount / 100:.2f},EUR,{WITH_BOOK},{reference},Payment {reference},entry" for number, date, amount, reference in rows]
    return "\n".join(["entry_id,date,amount,currency,account,reference,description,kind", *told, ""])


@pytest.fixture
def books(home: Path, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace with all months, reconciled one after the other."""
    monkeypatch.setenv("CASHAPP_DB", db_url)
    monkeypatch.setenv("CASHAPP_ACTOR", "pat")
    files, book = written(tmp_path)
    assert cashapp(home, "run", *map(str, files), "--as-of", "2026-09-30").exit_code == 0
    assert cashapp(home, "import", "cashbook", str(book)).exit_code == 0
    for month in MONTHS:
        result = cashapp(home, "reconcile", "--account", WITH_BOOK, "--period", month)
        assert result.exit_code == 0, result.output
    return home


@pytest.fixture
def connection(books: Path, db_url: str) -> Iterator[Connection]:
    """Their database, read."""
    engine = db.connect(db_url)
    with db.reading(engine) as connection:
        yield connection
    engine.dispose()


def exported(home: Path, account: str, month: str, *more: str) -> list[dict[str, str]]:
    result = cashapp(home, "export", "reconciliation", "--account", account, "--period", month, *more)
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_a_month_with_a_cash_book_reads_as_if_all_were_drawn(books: Path) -> None:
    for month in MONTHS:
        assert exported(books, WITH_BOOK, month) == exported(books, WITH_BOOK, month, *ALL_THERE_WAS), month


def test_an_old_entry_that_was_changed_shows_at_once(books: Path, tmp_path: Path) -> None:
    book = (tmp_path / "cashbook.csv").read_text().splitlines()
    changed = next(n for n, row in enumerate(book) if row.startswith("E0001,"))
    cells = book[changed].split(",")
    book[changed] = ",".join([*cells[:2], f"{float(cells[2]) - 7:.2f}", *cells[3:]])
    (tmp_path / "changed.csv").write_text("\n".join([*book, ""]))
    assert cashapp(books, "import", "cashbook", str(tmp_path / "changed.csv")).exit_code == 0
    said = [cashapp(books, "report", "bank-reconciliation", "--account", WITH_BOOK, "--period", MONTHS[-1], "--to", "csv", *more).stdout for more in ((), ALL_THERE_WAS)]
    assert "7.00" in said[0]
    assert [line for line in said[0].splitlines() if "E0001" in line] == [line for line in said[1].splitlines() if "E0001" in line]
    assert exported(books, WITH_BOOK, MONTHS[-1]) == exported(books, WITH_BOOK, MONTHS[-1], *ALL_THERE_WAS)


@pytest.mark.parametrize("account", [WITH_BOOK, WITHOUT])
def test_a_months_end_is_that_of_all_months_together(connection: Connection, account: str) -> None:
    found = lines.find(connection, account)
    for n, name in enumerate(MONTHS):
        month = periods.month(name)
        drawn, every = picture.draw(connection, found, month), picture.draw(connection, found, month._replace(first=OF_ALL_TIME))
        assert open_at_the_end(drawn) == open_at_the_end(every)
        for side in ("bank", "book"):
            assert getattr(drawn, side)["EUR"]["closing"] == getattr(every, side)["EUR"]["closing"]
        assert drawn.unexplained("EUR") == 0
        if n:
            before = picture.draw(connection, found, periods.month(MONTHS[n - 1]))
            assert drawn.bank["EUR"]["opening"] == before.bank["EUR"]["closing"]
            assert drawn.book["EUR"]["opening"] == before.book["EUR"]["closing"]


def test_only_what_may_explain_something_is_drawn(connection: Connection) -> None:
    last = periods.month(MONTHS[-1])
    plain = picture.draw(connection, lines.find(connection, WITHOUT), last)
    assert (plain.rows.height, plain.settled.height) == (0, 40)
    matched = picture.draw(connection, lines.find(connection, WITH_BOOK), last)
    assert matched.settled.height > 25
    assert 0 < matched.rows.height < 80
    old = matched.rows.filter(pl.coalesce("bank_date", "entry_date") < last.first)
    assert set(old["unit"]) - set(matched.units.filter(pl.col("opening") != 0)["unit"]) == set()


def test_a_journals_month_is_its_statement_line_by_line(books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for month, at_once in zip(MONTHS, (1, 7, 40, 1_000), strict=True):
        monkeypatch.setattr(settled, "AT_ONCE", at_once)
        rows = exported(books, WITHOUT, month)
        told = [line for line in (tmp_path / f"{month}b.sta").read_text().splitlines() if line.startswith(":61:")]
        wanted = sorted((f"{month}-{line[8:10]}", line.split("//")[1], f"{'-' if line[14] == 'D' else ''}{line[15:line.index('N')].replace(',', '.')}") for line in told)
        by_match = {match_id: [row for row in rows if row["match_id"] == match_id] for match_id in {row["match_id"] for row in rows}}
        assert sorted((mine["bank_date"], mine["bank_reference"], mine["bank_amount"]) for mine, _ in by_match.values()) == wanted
        for mine, theirs in by_match.values():
            assert (theirs["entry_date"], theirs["entry_amount"], theirs["entry_reference"]) == (mine["bank_date"], mine["bank_amount"], mine["bank_reference"])
            assert re.fullmatch("J[0-9]+/R[0-9A-Z]+|J[0-9]+/L[0-9]+", theirs["entry_id"]), theirs["entry_id"]
            assert (mine["kind"], mine["status"], mine["reason"]) == ("one_to_one", "matched", "the entry was posted from this bank line")
        assert [row["bank_date"] for row in rows if row["bank_date"]] == [date for date, _, _ in wanted]


def test_a_table_reads_the_same_in_whatever_blocks(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    every = exported(books, WITH_BOOK, MONTHS[2], *ALL_THERE_WAS)
    for at_once in (1, 7):
        monkeypatch.setattr(settled, "AT_ONCE", at_once)
        assert exported(books, WITH_BOOK, MONTHS[2]) == every


def report(home: Path, month: str, *more: str) -> dict[str, object]:
    result = cashapp(home, "report", "bank-reconciliation", "--account", WITH_BOOK, "--period", month, "--to", "json", *more)
    assert result.exit_code == 0, result.output
    return {section["name"]: section for section in json.loads(result.stdout)["sections"]}


def test_a_report_reads_as_if_all_were_drawn(books: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for month, listed in zip(MONTHS, (4_000, 3, 10, 4_000), strict=True):
        monkeypatch.setattr(importlib.import_module("cashapp.reports.bank_reconciliation"), "LISTED", listed)  # the package's name for it is the report
        told = report(books, month)
        assert told == report(books, month, *ALL_THERE_WAS), month
        sure = {row["match_id"] for row in exported(books, WITH_BOOK, month) if row["status"] == "matched" and row["kind"] != "offset"}
        assert len(told["matched"]["rows"]) == min(listed, len(sure))
        assert (f"The first {listed} of {len(sure)}" in told["matched"]["note"]) == (listed < len(sure))


def test_what_comes_in_and_goes_out_within_one_match_shows_in_the_proof_of_cash(books: Path, tmp_path: Path, db_url: str) -> None:
    opened = next(row for row in exported(books, WITH_BOOK, MONTHS[1]) if row["kind"] == "unmatched_bank" and row["bank_date"].startswith(MONTHS[1]) and float(row["bank_amount"]) > 0)
    cents = round(float(opened["bank_amount"]) * 100)
    (tmp_path / "more.csv").write_text(of_book([("X1", opened["bank_date"], cents + 50_00, "part"), ("X2", opened["bank_date"], -50_00, "part")]))
    assert cashapp(books, "import", "cashbook", str(tmp_path / "more.csv")).exit_code == 0
    made = cashapp(books, "reconcile", "match", "--account", WITH_BOOK, "--line", opened["bank_reference"], "--entry", "X1", "--entry", "X2")
    assert made.exit_code == 0, made.output
    assert report(books, MONTHS[1]) == report(books, MONTHS[1], *ALL_THERE_WAS)
    assert exported(books, WITH_BOOK, MONTHS[1]) == exported(books, WITH_BOOK, MONTHS[1], *ALL_THERE_WAS)
    engine = db.connect(db_url)
    with db.reading(engine) as connection:
        drawn = picture.draw(connection, lines.find(connection, WITH_BOOK), periods.month(MONTHS[1]))
    engine.dispose()
    assert (50_00, 50_00, 0) in drawn.units.select("receipts", "disbursements", "closing").rows()


@pytest.mark.parametrize("account", [WITH_BOOK, WITHOUT])
def test_a_signature_is_over_what_is_settled_too(connection: Connection, account: str) -> None:
    found, moment = lines.find(connection, account), dt.datetime(2999, 1, 1)
    for name in MONTHS:
        month = periods.month(name)
        drawn = picture.draw(connection, found, month)
        now, then = signing.digest(connection, drawn), signing.digest(connection, picture.draw(connection, found, month, moment))
        assert now == then
        fewer = dataclasses.replace(drawn, settled=drawn.settled.slice(1))
        assert signing.digest(connection, fewer) != now


def open_at_the_end(drawn: Picture) -> dict[str, int]:
    return dict(drawn.units.filter(pl.col("closing") != 0).select("unit", "closing").iter_rows())
