"""The journal: balanced, append-only, reversed once, sealed; balances follow it. On both databases."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from cashapp import db, ledger, schema
from cashapp.accounts import IMPORTED, RECEIVABLE, TRANSIT, UNAPPLIED
from cashapp.errors import CashappError
from cashapp.ledger import Leg

DAY = dt.date(2026, 11, 9)


@pytest.fixture
def books(engine: Engine) -> Engine:
    """One customer with an open invoice of 100.00, which is also a posting."""
    with db.writing(engine) as c:
        c.execute(schema.customer.insert().values(customer_id="C1", name="Acme"))
        c.execute(schema.open_item.insert().values(
            item_id=1, customer_id="C1", document_number="INV-1", kind="invoice", currency="USD", amount_minor=10000,
            imported_open_minor=10000, open_minor=0, discount_minor=0))
        ledger.post_one(c, kind="open_items", on=DAY, source_key="import:1", actor="test",
                        legs=[Leg(RECEIVABLE, "USD", 10000, "C1", 1), Leg(IMPORTED, "USD", -10000)])
    return engine


def open_minor(engine: Engine) -> tuple[int, object]:
    with db.reading(engine) as c:
        item = schema.open_item
        return tuple(c.execute(select(item.c.open_minor, item.c.closed_on)).one())


def settle(engine: Engine, minor: int, key: str) -> int:
    with db.writing(engine) as c:
        return ledger.post_one(c, kind="application", on=DAY, source_key=key, actor="test",
                               legs=[Leg(TRANSIT, "USD", minor), Leg(RECEIVABLE, "USD", -minor, "C1", 1)])


def test_open_amounts_follow_the_postings(books: Engine) -> None:
    assert open_minor(books) == (10000, None)
    settle(books, 4000, "a")
    assert open_minor(books) == (6000, None)
    second = settle(books, 6000, "b")
    assert open_minor(books) == (0, DAY)
    with db.writing(books) as c:
        ledger.reverse(c, second, on=DAY, reason="NSF", actor="test")
    assert open_minor(books) == (6000, None)


def test_an_entry_that_does_not_balance_is_refused_whole(books: Engine) -> None:
    with pytest.raises(CashappError, match="out of balance by 1 USD"), db.writing(books) as c:
        ledger.post_one(c, kind="x", on=DAY, source_key="off", actor="t", legs=[Leg(TRANSIT, "USD", 1001), Leg(UNAPPLIED, "USD", -1000)])
    with db.reading(books) as c:
        assert len(c.execute(select(schema.journal_entry)).all()) == 1


def test_currencies_balance_each_for_itself(books: Engine) -> None:
    with pytest.raises(CashappError, match="out of balance"), db.writing(books) as c:
        ledger.post_one(c, kind="x", on=DAY, source_key="fx", actor="t", legs=[Leg(TRANSIT, "USD", 10), Leg(UNAPPLIED, "EUR", -10)])


@pytest.mark.parametrize(("account", "named", "what"), [(RECEIVABLE, {"item_id": 2}, "1 items"), (UNAPPLIED, {"receipt_id": 2}, "1 receipts")])
def test_a_balance_that_is_not_there_is_not_moved(books: Engine, account: str, named: dict[str, int], what: str) -> None:
    with pytest.raises(CashappError, match=f"of {what} .* 0 are in the books"), db.writing(books) as c:
        ledger.post_one(c, kind="x", on=DAY, source_key="gone", actor="t", legs=[Leg(account, "USD", 10, **named), Leg(TRANSIT, "USD", -10)])
    with db.reading(books) as c:
        assert len(c.execute(select(schema.journal_entry)).all()) == 1


def test_new_receipts_come_with_the_balance_of_their_postings(books: Engine) -> None:
    new = pl.DataFrame({"receipt_id": [1, 2], "receipt_key": ["RA", "RB"], "line_id": [1, 2], "account": "111", "currency": "USD", "amount_minor": [700, 50], "value_date": DAY})
    entries = pl.DataFrame([(0, "cash", DAY, "cash:1", None, "", "")], schema=ledger.ENTRIES, orient="row")
    legs = [(0, *Leg(TRANSIT, "USD", 700)), (0, *Leg(UNAPPLIED, "USD", -700, receipt_id=1))]
    with db.writing(books) as c:
        with db.loading(c, *ledger.TABLES) as load:
            batch = ledger.Batch(c, load, "test", DAY)
            batch.add(entries, pl.DataFrame(legs, schema=ledger.POSTINGS, orient="row"))
            batch.bring(new)
            batch.close()
        receipt = schema.receipt
        assert c.execute(select(receipt.c.receipt_key, receipt.c.unapplied_minor).order_by(receipt.c.receipt_id)).all() == [("RA", 700), ("RB", 0)]


@pytest.mark.parametrize("comes_with", [0, 700, 500])
def test_an_item_that_comes_open_has_in_the_end_what_is_posted(books: Engine, comes_with: int) -> None:
    item = schema.open_item
    entries = pl.DataFrame([(0, "open_items", DAY, "import:2", None, "", "")], schema=ledger.ENTRIES, orient="row")
    legs = [(0, *Leg(RECEIVABLE, "USD", 700, "C1", 2)), (0, *Leg(IMPORTED, "USD", -700))]
    with db.writing(books) as c:
        c.execute(item.insert().values(item_id=2, customer_id="C1", document_number="INV-2", kind="invoice", currency="USD", amount_minor=700,
                                       imported_open_minor=700, open_minor=comes_with, discount_minor=0))
        opened = pl.DataFrame({"item_id": [2], "open_minor": [comes_with]})
        ledger.post(c, entries, pl.DataFrame(legs, schema=ledger.POSTINGS, orient="row"), "test", DAY, opened=opened)
        assert c.execute(select(item.c.item_id, item.c.open_minor, item.c.closed_on).order_by(item.c.item_id)).all() == [(1, 10000, None), (2, 700, None)]


def test_an_item_does_not_come_open_without_an_entry(books: Engine) -> None:
    opened = pl.DataFrame({"item_id": [2], "open_minor": [700]})
    with pytest.raises(CashappError, match="item 2 comes open with no entry"), db.writing(books) as c:
        ledger.post(c, pl.DataFrame(schema=ledger.ENTRIES), pl.DataFrame(schema=ledger.POSTINGS), "test", DAY, opened=opened)


def test_receipts_do_not_come_without_an_entry(books: Engine) -> None:
    new = pl.DataFrame({"receipt_id": [1], "receipt_key": ["RA"]})
    with pytest.raises(CashappError, match="RA comes with no entry"), db.writing(books) as c, db.loading(c, *ledger.TABLES) as load:
        ledger.Batch(c, load, "test", DAY).bring(new)


def test_an_entry_is_reversed_once(books: Engine) -> None:
    entry = settle(books, 100, "a")
    with db.writing(books) as c:
        ledger.reverse(c, entry, on=DAY, reason="typo", actor="t")
    with pytest.raises(CashappError, match="reversed already"), db.writing(books) as c:
        ledger.reverse(c, entry, on=DAY, reason="again", actor="t")


def test_the_same_source_key_posts_once(books: Engine) -> None:
    settle(books, 100, "once")
    with pytest.raises(IntegrityError):
        settle(books, 100, "once")


def entries_of(*keys: str) -> pl.DataFrame:
    return pl.DataFrame([(n, "application", DAY, key, None, "", "") for n, key in enumerate(keys)], schema=ledger.ENTRIES, orient="row")


def legs_of(*minors: int) -> pl.DataFrame:
    """For each entry cash on the way, put on the item."""
    legs = [(n, *leg) for n, minor in enumerate(minors) for leg in (Leg(TRANSIT, "USD", minor), Leg(RECEIVABLE, "USD", -minor, "C1", 1))]
    return pl.DataFrame(legs, schema=ledger.POSTINGS, orient="row")


def test_entries_in_pieces_are_as_if_they_had_come_at_once(books: Engine) -> None:
    with db.writing(books) as c:
        with db.loading(c, *ledger.TABLES) as load:
            batch = ledger.Batch(c, load, "test", DAY)
            firsts = [batch.add(entries_of("a", "b"), legs_of(1000, 2000)), batch.add(entries_of(), legs_of()), batch.add(entries_of("c"), legs_of(7000))]
            batch.close()
        assert firsts == [2, 4, 4]
    assert open_minor(books) == (0, DAY)
    with db.reading(books) as c:
        entry, seal = schema.journal_entry, schema.seal
        assert list(c.execute(select(entry.c.source_key).order_by(entry.c.entry_id)).scalars()) == ["import:1", "a", "b", "c"]
        assert c.execute(select(seal.c.first_entry, seal.c.last_entry).order_by(seal.c.seal_id)).all() == [(1, 1), (2, 4)]
        assert ledger.broken_seals(c) == []
        whole = ledger.digest(ledger.GENESIS, *ledger.sealed(c, 2, 4))
        pieces = [[frame for part in parts for frame in part] for parts in zip(ledger.sealed(c, 2, 3), ledger.sealed(c, 4, 4), strict=True)]
    assert ledger.digest(ledger.GENESIS, *pieces) == whole


@pytest.mark.parametrize("statement", [
    "UPDATE posting SET amount_minor = 1", "DELETE FROM posting", "UPDATE journal_entry SET memo = 'x'", "DELETE FROM seal",
])
def test_the_past_cannot_be_changed(books: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), db.writing(books) as c:
        c.exec_driver_sql(statement)


def test_seals_hold_until_somebody_gets_past_the_triggers(books: Engine) -> None:
    settle(books, 100, "a")
    with db.reading(books) as c:
        assert ledger.broken_seals(c) == []
    with db.writing(books) as c:
        drop = "DROP TRIGGER posting_no_update" if c.dialect.name == "sqlite" else "ALTER TABLE posting DISABLE TRIGGER ALL"
        c.exec_driver_sql(drop)
        c.exec_driver_sql("UPDATE posting SET customer_id = 'C2' WHERE entry_id = 1 AND n = 0")
    with db.reading(books) as c:
        assert "seal 1 over entries 1–1 is broken" in ledger.broken_seals(c)[0]


def test_a_failed_transaction_leaves_nothing(books: Engine) -> None:

    def half() -> None:
        with db.writing(books) as c:
            ledger.post_one(c, kind="x", on=DAY, source_key="half", actor="t", legs=[Leg(TRANSIT, "USD", 1), Leg(UNAPPLIED, "USD", -1)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with db.reading(books) as c:
        assert len(c.execute(select(schema.journal_entry)).all()) == 1
        assert ledger.broken_seals(c) == []
