"""The day's benchmark: what its table and chart tell of measured stages, and which section of a document they go into."""

from __future__ import annotations

import argparse
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import day
from benchmarks.day import Stage
from benchmarks.sections import put


def stages(size: int, seconds: float) -> list[Stage]:
    """A day in which each stage takes so long."""
    inner = [Stage(f"run: {name}", None, seconds, 100) for name in day.STAGES]
    return [Stage("import invoices", seconds, seconds / 2, 90, "20 rows"), *inner, Stage("run", 5 * seconds, 4 * seconds, 120, f"{size:,} receipts", server=1.5),
            Stage(day.PEER, 60 * seconds, 60 * seconds, 500, "applied")]


def rows(told: str) -> dict[str, list[str]]:
    """The table's cells by the name of their row."""
    cells = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in told.splitlines()]
    return {first: rest for first, *rest in cells}


POSTED = """bank_reference,customer_id,invoice_number,applied_amount,discount_amount,deduction_amount,write_off_amount,status,source
R1,A,1001,90.00,10.00,0.00,0.00,posted,auto
R2,A,1002,50.00,0.00,0.00,0.00,posted,auto
R3,A,1004,70.00,0.00,0.00,0.00,posted,auto
R4,A,1005,60.00,0.00,0.00,0.00,reversed,auto
R5,A,1006,60.00,0.00,0.00,0.00,posted,manual
R6,A,1007,10.00,0.00,0.00,0.00,posted,auto
"""
TRUTH = """bank_reference,invoice_number,item_customer_id,applied_amount,discount_amount,deduction_amount,write_off_amount
R1,1001,A,90.00,10.00,0.00,0.00
R2,1002,A,50.00,0.00,0.00,0.00
R2,1003,A,5.00,0.00,0.00,0.00
R3,1004,A,60.00,0.00,10.00,0.00
R4,,,,,,
R5,,,,,,
R6,,,,,,
"""


def test_what_was_posted_is_judged_by_the_truth(tmp_path: Path) -> None:
    for name, told in (("ours", POSTED), ("truth", TRUTH)):
        (tmp_path / name).write_text(told, encoding="utf-8")
    assert day.judged(tmp_path / "ours", tmp_path / "truth") == (4, 3)  # one item too few, a share that differs, and an item for what is nobody's


def test_the_table_tells_growth_and_speed() -> None:
    told = rows(day.table([1_000, 10_000], [stages(1_000, 1.0), stages(10_000, 11.0)]))
    assert told["run"] == ["5.00", "4.00", "120", "55.00", "44.00", "120", "227", "1.10", "10,000 receipts, the server 1.50 s"]
    assert told["run: match"] == ["", "1.00", "100", "", "11.00", "100", "909", "1.10", ""], "a stage inside the run goes by the clock"


def test_one_size_has_no_growth() -> None:
    assert rows(day.table([1_000], [stages(1_000, 2.0)]))["run"] == ["10.00", "8.00", "120", "125", "1,000 receipts, the server 1.50 s"]


@pytest.mark.parametrize(("seconds", "last"), [(0.05, "3,000"), (1.0, "60,000")])
def test_the_chart_has_a_bar_for_each_size_and_the_peer(seconds: float, last: str) -> None:
    drawn = ET.fromstring(day.chart([1_000], [stages(1_000, seconds)], "SQLite"))
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"1,000 receipts", "the peer's", "imports", "post", f"{seconds * 60_000:,.0f} µs", last} <= set(texts)


def test_a_section_is_replaced_up_to_the_next(tmp_path: Path) -> None:
    document = tmp_path / "told.md"
    document.write_text("# All\n\nfirst\n\n## A day on SQLite\n\nold\n\n# Next\n\nlast\n")
    put(document, "## A day on SQLite", "new\n")
    assert document.read_text() == "# All\n\nfirst\n\n## A day on SQLite\n\nnew\n\n# Next\n\nlast\n"


def test_what_a_day_costs_in_larger_books_has_a_section_of_its_own(tmp_path: Path) -> None:
    document = tmp_path / "told.md"
    document.write_text("## A day on SQLite\n\nold\n\n## In books that hold more, on SQLite\n\nold\n")
    found = [stages(1_000, 1.0), stages(1_000, 1.5)]
    options = argparse.Namespace(receipts=[1_000], settled=[10, 20], postgresql=False, db=None, into=document)
    day.section(options, day.table([1_000, 1_000], found, options.settled), found)
    first, _, last = document.read_text().partition("## In books that hold more, on SQLite\n\n")
    assert first == "## A day on SQLite\n\nold\n\n"
    assert last.startswith("`python -m benchmarks.day --receipts 1000 --settled 10 20`, one reading.\n\n| stage | in books of 10: CPU s |")
    assert list(tmp_path.iterdir()) == [document], "the table says it all"
