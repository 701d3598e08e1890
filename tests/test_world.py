"""The synthetic world: the same seed gives the same bytes, and its truth is consistent with its own books."""

from __future__ import annotations

import csv
import datetime as dt
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks import bank_files, documents, judge, world
from benchmarks.behaviours import BEHAVIOURS
from benchmarks.books import Customer, Item, Receipt
from benchmarks.world import Dials, World
from parsers import documents as reading

DAY = dt.date(2026, 11, 9)


@pytest.fixture(scope="module")
def messy() -> World:
    return world.build(Dials(seed=3, receipts=1500, customers=600, days=3))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    dials = Dials(seed=5, receipts=200, customers=100)
    for name in ("first", "second"):
        world.write(world.build(dials), tmp_path / name)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


def test_the_order_of_sets_in_memory_does_not_matter(tmp_path: Path) -> None:
    for name in ("1", "2"):
        subprocess.run([sys.executable, "-m", "benchmarks.world", "--seed", "5", "--receipts", "300", "--customers", "100", "--mess", "2", "--out", str(tmp_path / name)],
                       check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": name})
    assert files_of(tmp_path / "1") == files_of(tmp_path / "2")


def test_another_seed_gives_another_world(tmp_path: Path) -> None:
    for seed in (1, 2):
        world.write(world.build(Dials(seed=seed, receipts=50, customers=30)), tmp_path / str(seed))
    assert files_of(tmp_path / "1")["truth.csv"] != files_of(tmp_path / "2")["truth.csv"]


def test_every_behaviour_occurs(messy: World) -> None:
    seen = {receipt.behaviour for receipt in messy.receipts}
    assert {weight.behave.__name__ for weight in BEHAVIOURS} <= seen


def test_a_clean_world_has_nothing_to_ask_but_what_amounts_leave_open() -> None:
    clean = world.build(Dials(seed=4, receipts=400, customers=600, mess=0))
    assert {r.behaviour for r in clean.receipts if r.expected == "ask"} <= {"no_reference_single", "clear_account"}


def test_what_is_applied_fits_the_receipt_and_the_items(messy: World) -> None:
    """Cash applied never exceeds the receipt; cash, discount, deduction and write-off never exceed what is open on an item."""
    for receipt in messy.receipts:
        cash = sum(applied.applied_minor for applied in receipt.applied)
        in_full = receipt.applied and receipt.behaviour != "overpayment"
        assert cash == receipt.amount_minor if in_full else cash < receipt.amount_minor
        for applied in receipt.applied:
            reduced = sum(applied[1:])
            assert abs(reduced) <= applied.item.open_minor
            assert (reduced < 0) == (applied.item.kind == "credit_memo")


def test_no_item_is_paid_twice(messy: World) -> None:
    paid: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for receipt in messy.receipts:
        for applied in receipt.applied:
            paid[applied.item.company, applied.item.customer_id, applied.item.invoice_number] += sum(applied[1:])
    opened = {(item.company, item.customer_id, item.invoice_number): item.owed_minor for item in messy.items}
    assert all(abs(minor) <= abs(opened[key]) for key, minor in paid.items())


def test_an_items_key_is_unique(messy: World) -> None:
    keys = Counter((item.company, item.customer_id, item.invoice_number) for item in messy.items)
    assert max(keys.values()) == 1


def test_bank_references_name_one_receipt(messy: World) -> None:
    references = Counter(receipt.bank_reference for receipt in messy.receipts)
    assert max(references.values()) == 1


def test_truth_csv_says_what_the_world_knows(messy: World, tmp_path: Path) -> None:
    world.write(messy, tmp_path)
    with (tmp_path / "truth.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    cash = defaultdict(Decimal)
    for row in rows:
        cash[row["bank_reference"]] += Decimal(row["applied_amount"] or "0")
    for receipt in messy.receipts:
        assert cash[receipt.bank_reference] == Decimal(sum(applied.applied_minor for applied in receipt.applied)) / 100
    assert {row["bank_reference"] for row in rows} == {receipt.bank_reference for receipt in messy.receipts}
    assert {row["expected"] for row in rows} == {"post", "ask"}


@pytest.mark.parametrize("format_name", bank_files.FORMATS)
def test_each_format_holds_all_receipts(format_name: str, tmp_path: Path) -> None:
    """A world in one format, read back: each receipt once with its amount, all controls tied, nothing to complain about."""
    made = world.build(Dials(seed=6, receipts=300, customers=150, format=format_name, days=2))
    world.write(made, tmp_path)
    read = [reading.read(path) for path in sorted((tmp_path / "bank").iterdir())]
    assert {issue.code for document in read for issue in document.issues} <= {"remittance_mismatch"}  # payers who overpay say so
    assert all(control.ties for document in read for control in document.controls)
    lines = [row for document in read for row in document.lines.to_dicts() if row["kind"] == "receipt"]
    assert {row["bank_reference"]: (row["amount_minor"], row["currency"]) for row in lines} == {
        receipt.bank_reference: (receipt.amount_minor, receipt.currency) for receipt in made.receipts}


def open_item(amount: int, discount: int = 0) -> Item:
    return Item(f"N{amount}", "C1", "US01", "USD", amount, amount, DAY, DAY, discount_date=DAY if discount else None,
                discount_minor=discount)


@pytest.mark.parametrize(("amounts", "target", "count"), [
    ((100, 200, 400), 300, 1),
    ((100, 200, 300), 300, 2),
    ((100, 100), 100, 2),
    ((100, 200, 400), 500, 1),
    ((100,), 50, 0),
])
def test_ways_counts_the_sets_that_give_an_amount(amounts: tuple[int, ...], target: int, count: int) -> None:
    assert judge.ways([open_item(amount) for amount in amounts], target, DAY) == count


def test_ways_counts_an_item_net_of_its_discount_too() -> None:
    assert judge.ways([open_item(1000, 20), open_item(980)], 980, DAY) == 2
    assert judge.ways([open_item(1000, 20)], 980, DAY + dt.timedelta(30)) == 0


@pytest.mark.parametrize(("left", "right", "apart"), [
    ("10428", "10428", True), ("10428", "10482", True), ("10428", "10429", True), ("10428", "1042", True),
    ("10428", "104288", True),
    ("10428", "10391", False), ("10428", "104", False),
])
def test_one_apart(left: str, right: str, apart: bool) -> None:
    assert judge.one_apart(left, right) is apart


def test_a_payer_known_by_account_and_amount_suffices_unless_two_sets_fit() -> None:
    customer = Customer("C1", "Acme Foods Inc.", "US", "USD", "US01", known_accounts=["1/2"],
                        items=[open_item(100), open_item(250)])
    receipt = Receipt("no_reference_single", 250, "USD", DAY, "ACME", "1/2", customer, by_amount=True, references="none")
    judge.judge(receipt, judge.known([customer]), account_told=True, name_width=140)
    assert receipt.expected == "post"
    customer.items.append(open_item(150))
    judge.judge(receipt, judge.known([customer]), account_told=True, name_width=140)
    assert (receipt.expected, receipt.sufficient) == ("ask", False)


def test_check_digits_tie() -> None:
    assert documents.creditor_reference(260209) == "RF71000000260209"
    assert documents.qr_reference(21000000000313947143000901 // 10)[-1].isdigit()
    assert documents.qr_reference(21000000000313947143000901)[:26] == "21000000000313947143000901"
    assert documents.qr_reference(21000000000313947143000901)[26] == "7"


@pytest.mark.parametrize(("garble", "number", "written"), [
    (documents.zero_stripped, "INV-2026-004711", "INV-2026-4711"),
    (documents.zero_stripped, "0001260002", "1260002"),
    (documents.prefix_less, "INV-2026-004711", "004711"),
    (documents.prefix_less, "RE2026/08103", "08103"),
    (documents.prefix_less, "40210001", "40210001"),
])
def test_garbles(garble: documents.Garble, number: str, written: str) -> None:
    assert garble(random.Random(1), number) == written
