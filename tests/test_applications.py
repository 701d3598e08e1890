"""Decisions that come in pieces: what one piece uses is gone for the next. On both databases."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, select

from cashapp import applications, db, ledger, schema
from cashapp.errors import CashappError
from tests import books
from tests.books import DAY

RECEIPTS = {"RA": 6000, "RB": 5000, "RC": 4000}


@pytest.fixture
def owed(engine: Engine) -> Engine:
    """An invoice of 100.00, and receipts of 60.00, 50.00 and 40.00 that nobody has decided on."""
    with db.writing(engine) as c:
        c.execute(schema.customer.insert().values(customer_id="C1", name="Acme"))
        books.owe(c, 1, "C1", "INV-1", 10000)
        books.take_in(c, books.document([books.bank_line(minor, bank_reference=key) for key, minor in RECEIPTS.items()]), "bank.sta")
    return engine


def decided(connection: Connection, item: int | None = 1, **uses: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Heads and lines of decisions that use so much of these receipts, told by their bank reference, for the invoice, or leave it on account."""
    receipt, line = schema.receipt, schema.bank_line
    query = select(receipt.c.receipt_id, receipt.c.receipt_key, line.c.bank_reference).join(line, line.c.line_id == receipt.c.line_id)
    known = [(receipt_id, key, uses[name]) for receipt_id, key, name in connection.execute(query) if name in uses]
    heads = [(receipt_id, key, "USD", "C1", "auto", "reference_exact", 1000, "") for receipt_id, key, _ in known]
    lines = [(receipt_id, item, "C1", minor, 0, 0, "", 0, None, "") for receipt_id, _, minor in known]
    return pl.DataFrame(heads, schema=applications.HEADS, orient="row"), pl.DataFrame(lines, schema=applications.LINES, orient="row")


def in_order(connection: Connection) -> list[str]:
    """The receipts' bank references in the order of their keys, as decisions come."""
    receipt, line = schema.receipt, schema.bank_line
    query = select(line.c.bank_reference).join(receipt, line.c.line_id == receipt.c.line_id).order_by(receipt.c.receipt_key)
    return list(connection.execute(query).scalars())


def read_before(connection: Connection) -> applications.Known:
    """All receipts and items, as a run has them."""
    receipt, item = schema.receipt, schema.open_item
    left = db.frame(connection, select(receipt.c.receipt_id, receipt.c.unapplied_minor), {"receipt_id": pl.Int64, "amount_minor": pl.Int64})
    owed = db.frame(connection, select(item.c.item_id, item.c.customer_id, item.c.open_minor, item.c.currency),
                    {"item_id": pl.Int64, "customer_id": pl.String, "open_minor": pl.Int64, "currency": pl.String})
    return applications.Known(left, owed)


def post(engine: Engine, uses: dict[str, int], *, on_account: tuple[str, ...] = (), backwards: bool = False, is_known: bool = False) -> None:
    """Each decision in a piece of its own: for the invoice, or left on account."""
    with db.writing(engine) as c, db.loading(c, *applications.TABLES) as load:
        decisions = applications.Decisions(c, load, "test", DAY, read_before(c) if is_known else None)
        for name in sorted(uses, key=in_order(c).index, reverse=backwards):
            decisions.add(*decided(c, None if name in on_account else 1, **{name: uses[name]}))
        decisions.close()


def standing(engine: Engine) -> tuple[tuple[int, dt.date | None], list[int], list[str]]:
    """What is open of the invoice, since when it is closed, what is left of the receipts, and which seals are broken."""
    with db.reading(engine) as c:
        item = schema.open_item
        invoice = tuple(c.execute(select(item.c.open_minor, item.c.closed_on)).one())
        return invoice, [left for _, _, left in books.receipts(c)], ledger.broken_seals(c)


UNTOUCHED = ((10000, None), [4000, 5000, 6000], [])


@pytest.mark.parametrize("is_known", [False, True])
def test_what_fits_is_posted_in_pieces(owed: Engine, *, is_known: bool) -> None:
    post(owed, {"RA": 6000, "RC": 4000}, is_known=is_known)
    assert standing(owed) == ((0, DAY), [0, 5000, 0], [])


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(("uses", "refusal"), [
    ({"RA": 6000, "RB": 5000}, "item INV-1 has 100.00 USD open, not 110.00 USD"),
    ({"RA": 4000, "RC": 4500}, "has 40.00 USD left, less than 45.00 USD"),
])
def test_no_more_than_there_is_in_all_pieces_together(owed: Engine, uses: dict[str, int], refusal: str, *, is_known: bool) -> None:
    with pytest.raises(CashappError, match=refusal):
        post(owed, uses, is_known=is_known)
    assert standing(owed) == UNTOUCHED


def test_a_receipt_is_not_decided_on_in_two_pieces(owed: Engine) -> None:
    with pytest.raises(CashappError, match="in the order of the receipts' keys, each once"):
        post(owed, {"RA": 1000, "RB": 1000, "RC": 1000}, backwards=True)
    assert standing(owed) == UNTOUCHED


def test_money_left_on_account_in_pieces_has_an_item_for_each_receipt(owed: Engine) -> None:
    item = schema.open_item
    post(owed, RECEIPTS, on_account=("RA", "RC"))
    with db.reading(owed) as c:
        posted = select(schema.posting.c.item_id, schema.posting.c.amount_minor).where(schema.posting.c.item_id.is_not(None))
        found = c.execute(select(item.c.kind, item.c.open_minor).order_by(item.c.open_minor)).all()
        assert [tuple(row) for row in found] == [("on_account", -6000), ("on_account", -4000), ("invoice", 5000)]
        told = c.execute(posted.where(schema.posting.c.item_id != 1).order_by(schema.posting.c.amount_minor)).all()
        assert ([minor for _, minor in told], len({item_id for item_id, _ in told})) == ([-6000, -4000], 2)
        assert ([left for _, _, left in books.receipts(c)], ledger.broken_seals(c)) == ([0, 0, 0], [])


def test_an_error_in_the_third_piece_leaves_nothing(owed: Engine) -> None:
    with db.reading(owed) as c:
        first, _, third = in_order(c)
    with pytest.raises(CashappError, match="less than"):
        post(owed, RECEIPTS | {third: RECEIPTS[third] + 1}, on_account=(first,))
    assert standing(owed) == UNTOUCHED
