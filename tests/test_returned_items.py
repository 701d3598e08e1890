"""A payment comes back after people have worked with it: everything is as it was, and the books hold. On both databases."""

from __future__ import annotations

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, select

from cashapp import db, desk, exceptions, ledger, proof, schema
from cashapp.accounts import IMPORTED, RECEIVABLE, RETURNS
from cashapp.ledger import Leg
from tests.books import DAY, apply_to, balances, bank_line, document, reasons, receipts, take_in

BY = desk.By("ann", DAY)


@pytest.fixture
def case(engine: Engine) -> tuple[Engine, int]:
    """A receipt of 12.44 in the queue, and an open invoice of 100.00."""
    with db.writing(engine) as c:
        c.execute(schema.customer.insert().values(customer_id="C1", name="Acme"))
        c.execute(schema.open_item.insert().values(
            item_id=1, customer_id="C1", document_number="INV-1", kind="invoice", currency="USD", amount_minor=10000,
            imported_open_minor=10000, open_minor=0, discount_minor=0))
        ledger.post_one(c, kind="open_items", on=DAY, source_key="import:1", actor="test",
                        legs=[Leg(RECEIVABLE, "USD", 10000, "C1", 1), Leg(IMPORTED, "USD", -10000)])
        take_in(c, document([bank_line(1244, bank_reference="T-77")]), "s")
        receipt_id = c.execute(select(schema.receipt.c.receipt_id)).scalar_one()
        exceptions.open_cases(c, pl.DataFrame({"receipt_id": [receipt_id], "reason": ["no_reference"], "currency": ["USD"], "amount_minor": [1244]}), DAY)
    return engine, 1


def bounce(connection: Connection) -> None:
    take_in(connection, document([bank_line(-1244, "return", day=11, original_reference="T-77", return_reason="R01")]), "r")


@pytest.mark.parametrize("decisions", [
    [],
    [("apply", "1.00")],
    [("apply", "1.00"), ("non_ar", "")],
    [("apply", "1.00"), ("apply", "11.44")],
    [("apply", "1.00"), ("on_account", "")],
    [("non_ar", "")],
    [("non_ar", ""), ("undo", ""), ("on_account", "")],
])
def test_whatever_was_decided_is_taken_back(case: tuple[Engine, int], decisions: list[tuple[str, str]]) -> None:
    engine, number = case
    for verb, amount in decisions:
        with db.writing(engine) as c:
            match verb:
                case "apply":
                    apply_to(c, number, [("INV-1", amount)], BY)
                case "non_ar":
                    desk.non_ar(c, number, "4711", BY)
                case "on_account":
                    desk.on_account(c, number, "C1", BY)
                case "undo":
                    desk.undo(c, number, BY)
    with db.writing(engine) as c:
        bounce(c)
    with db.reading(engine) as c:
        assert receipts(c) == [(1244, "returned", 0)]
        assert balances(c) == {RECEIVABLE: 10000, IMPORTED: -10000}
        assert c.execute(select(schema.open_item.c.open_minor).where(schema.open_item.c.item_id == 1)).scalar_one() == 10000
        assert [p.what for p in proof.prove(c) if p.broken] == []
        assert c.execute(select(schema.exception_case.c.status)).scalars().all() == ["resolved"]


def test_money_that_has_moved_on_is_owed_anew(case: tuple[Engine, int]) -> None:
    """Left on account and then used for an invoice by somebody: the applications stay, a debit memo takes the place of the money."""
    engine, number = case
    with db.writing(engine) as c:
        desk.on_account(c, number, "C1", BY)
        credit = c.execute(select(schema.open_item.c.item_id).where(schema.open_item.c.kind == "on_account")).scalar_one()
        ledger.post_one(c, kind="transfer", on=DAY, source_key="use", actor="ann",
                        legs=[Leg(RECEIVABLE, "USD", 1244, "C1", credit), Leg(RECEIVABLE, "USD", -1244, "C1", 1)])
        bounce(c)
    with db.reading(engine) as c:
        assert list(c.execute(select(schema.exception_case.c.reason).where(schema.exception_case.c.status == "open"))) == []
        assert balances(c) == {RECEIVABLE: 10000, IMPORTED: -10000}
        item = schema.open_item
        owed = c.execute(select(item.c.kind, item.c.open_minor).where(item.c.open_minor != 0).order_by(item.c.item_id)).all()
        assert [tuple(row) for row in owed] == [("invoice", 10000 - 1244), ("debit_memo", 1244)]
        assert [p.what for p in proof.prove(c) if p.broken] == []


def test_many_in_one_file_each_by_itself(case: tuple[Engine, int]) -> None:
    """One whose money moved on, two that can be mirrored, one told twice, one that nobody knows: posted together, each as if alone."""
    engine, number = case
    with db.writing(engine) as c:
        desk.on_account(c, number, "C1", BY)
        credit = c.execute(select(schema.open_item.c.item_id).where(schema.open_item.c.kind == "on_account")).scalar_one()
        ledger.post_one(c, kind="transfer", on=DAY, source_key="use", actor="ann",
                        legs=[Leg(RECEIVABLE, "USD", 1244, "C1", credit), Leg(RECEIVABLE, "USD", -1244, "C1", 1)])
        take_in(c, document([bank_line(500, bank_reference="T-78"), bank_line(700, bank_reference="T-79")]), "s2")
        other = c.execute(select(schema.receipt.c.receipt_id).where(schema.receipt.c.amount_minor == 500)).scalar_one()
        exceptions.open_cases(c, pl.DataFrame({"receipt_id": [other], "reason": ["no_reference"], "currency": ["USD"], "amount_minor": [500]}), DAY)
        apply_to(c, 2, [("INV-1", "5.00")], BY)
        back = [(-1244, "T-77"), (-500, "T-78"), (-700, "T-79"), (-700, "T-79"), (-1, "T-80")]
        lines = [bank_line(minor, "return", day=11, original_reference=reference, return_reason="R01") for minor, reference in back]
        taken = take_in(c, document(lines), "r")
        assert taken.returned == 3
    with db.reading(engine) as c:
        assert receipts(c) == [(500, "returned", 0), (700, "returned", 0), (1244, "returned", 0)]
        table = schema.returned_item
        worked = c.execute(select(table.c.amount_minor, table.c.method).order_by(table.c.amount_minor, table.c.method)).all()
        assert [tuple(row) for row in worked] == [(1, "waiting"), (500, "mirror"), (700, "mirror"), (700, "waiting"), (1244, "debit_memo")]
        assert reasons(c) == ["return_unmatched", "return_unmatched"]
        assert balances(c) == {RECEIVABLE: 10000, IMPORTED: -10000, RETURNS: 701, "bank:111222333": -701}
        assert [p.what for p in proof.prove(c) if p.broken] == []
