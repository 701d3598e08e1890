"""What the matching room is given: remittances joined to their receipts, texts of all reports of one money. On both databases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, func, select, text

from cashapp import bulk_sqlite, db, explain, frames, schema
from matching.schema import Policy
from tests.books import DAY, bank_line, document, owe, take_in


def remitted(engine: Engine, *rows: dict[str, object]) -> list[tuple[str, int | None]]:
    """Import remittance lines and say what the receipts get: (document, amount)."""
    with db.writing(engine) as connection:
        for n, row in enumerate(rows, 1):
            connection.execute(schema.remittance_line.insert().values(
                {"remittance_id": n, "content_key": str(n), "line_number": n, "discount_minor": 0, "deduction_minor": 0} | row))
    with db.reading(engine) as connection:
        return frames.inputs(connection, Policy(), DAY, "USD").remittance.select("document_number", "amount_minor").rows()


@pytest.mark.parametrize(("why", "line", "row", "expected"), [
    ("by bank reference", {"bank_reference": "BR-1"}, {"payment_reference": "BR-1"}, [("INV-1", 5000)]),
    ("by payer's reference", {"customer_reference": "E2E-1"}, {"payment_reference": "E2E-1"}, [("INV-1", 5000)]),
    ("by check number", {"check_number": "1001"}, {"payment_reference": "1001"}, [("INV-1", 5000)]),
    ("another payment", {"check_number": "1001"}, {"payment_reference": "1002"}, []),
    ("the stated amount contradicts", {"check_number": "1001"}, {"payment_reference": "1001", "payment_minor": 4999}, []),
    ("the stated currency contradicts", {"check_number": "1001"}, {"payment_reference": "1001", "currency": "EUR"}, []),
])
def test_an_advice_finds_its_payment(engine: Engine, why: str, line: dict[str, object], row: dict[str, object], expected: object) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, **line)]), "s")
    assert remitted(engine, {"document_number": "INV-1", "amount_minor": 5000} | row) == expected, why


@pytest.mark.parametrize(("line", "text"), [
    ({"check_number": "523790", "customer_reference": "523790"}, "STUB"),
    ({"check_number": "523790", "customer_reference": "INV-7"}, "STUB INV-7"),
    ({"customer_reference": "523790"}, "STUB 523790"),
])
def test_the_number_of_a_check_is_no_reference(engine: Engine, line: dict[str, object], text: str) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, remittance_text="STUB", **line)]), "s")
    with db.reading(engine) as connection:
        assert frames.inputs(connection, Policy(), DAY, "USD").receipts["text"].to_list() == [text]


ADVICE: dict[str, object] = {
    "payment_reference": "MAIL-77", "document_number": "INV-1", "amount_minor": 5000, "payer_name": "Whitby Bathrooms Ltd", "payment_minor": 5000,
    "payment_date": DAY, "currency": "USD",
}
PAID: dict[str, object] = {"payer_name": "WHITBY BATHROOMS"}


@pytest.mark.parametrize(("why", "line", "row", "finds"), [
    ("amount, payer and date", PAID, {}, True),
    ("the bank cut the name", {"payer_name": "WHITBY BATH"}, {}, True),
    ("the bank has the name in its text only", {"payer_name": "", "remittance_text": "WHITBY BATHROOMS FP 12/11/26"}, {}, True),
    ("a check that was in the post", PAID, {"payment_date": DAY - dt.timedelta(days=12)}, True),
    ("the number of the advice in the bank's text", {"payer_name": "J SMITH", "remittance_text": "ADVICE MAIL-77"}, {}, True),
    ("without a currency: the books' own", PAID, {"currency": ""}, True),
    ("another amount", PAID, {"payment_minor": 4999}, False),
    ("no amount stated", PAID, {"payment_minor": None}, False),
    ("another currency", PAID, {"currency": "EUR"}, False),
    ("last month's payment", PAID, {"payment_date": DAY - dt.timedelta(days=30)}, False),
    ("no date stated", PAID, {"payment_date": None}, False),
    ("somebody else's", {"payer_name": "WHITBY BREWERY"}, {}, False),
    ("a payer nobody names", {"payer_name": ""}, {}, False),
    ("a name too short to tell", {"payer_name": "WHIT"}, {}, False),
])
def test_an_advice_under_the_payers_own_number_finds_what_it_describes(
    engine: Engine, why: str, line: dict[str, object], row: dict[str, object], finds: bool,
) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, **line)]), "s")
    assert remitted(engine, ADVICE | row) == ([("INV-1", 5000)] if finds else []), why


@pytest.mark.parametrize(("number", "currency"), [("MAIL-77", "USD"), ("BR-1", "USD"), ("BR-1", "EUR")])
def test_explain_says_which_advice_tells_what_is_paid(engine: Engine, number: str, currency: str) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, bank_reference="BR-1", **PAID)]), "s")
    remitted(engine, ADVICE | {"payment_reference": number, "currency": currency, "deduction_minor": 250, "deduction_reason": "freight"})
    with db.reading(engine) as connection:
        came = explain.explain(connection, "BR-1", "USD").came
    assert ("pays", f"INV-1 50.00 {currency}, deduction 2.50 {currency} freight, says the advice {number} of Whitby Bathrooms Ltd") in came


def test_an_advice_that_describes_two_payments_is_neithers(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, bank_reference=f"BR-{n}", **PAID) for n in (1, 2)]), "s")
    assert remitted(engine, ADVICE) == []


def test_an_advice_that_describes_a_settled_payment_too_is_not_that_of_the_next_alike(engine: Engine) -> None:
    """Who pays the same every week sends an advice each time: last week's must not name what this week's money is for."""
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, bank_reference=f"BR-{n}", **PAID) for n in (1, 2)]), "s")
        first = select(func.min(schema.receipt.c.receipt_id)).scalar_subquery()
        connection.execute(schema.receipt.update().where(schema.receipt.c.receipt_id == first).values(unapplied_minor=0))
    assert remitted(engine, ADVICE) == []


def test_of_two_advices_that_describe_a_payment_neither_is_its(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, **PAID)]), "s")
    assert remitted(engine, ADVICE, ADVICE | {"payment_reference": "MAIL-78", "document_number": "INV-2"}) == []


def test_an_advice_of_another_payment_describes_no_second_one(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(7000, bank_reference="MAIL-77"), bank_line(5000, **PAID)]), "s")
    assert remitted(engine, ADVICE) == []


def test_an_advice_by_reference_goes_before_one_by_description(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, bank_reference="BR-1", **PAID)]), "s")
    assert remitted(engine, ADVICE, ADVICE | {"payment_reference": "BR-1", "document_number": "INV-2"}) == [("INV-2", 5000)]


def test_of_two_checks_with_one_number_the_one_that_adds_up(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, check_number="1001"), bank_line(7000, check_number="1001")]), "s")
    rows = [{"payment_reference": "1001", "document_number": n, "amount_minor": a} for n, a in (("A", 4000), ("B", 3000))]
    assert remitted(engine, *rows) == [("A", 4000), ("B", 3000)]


def test_two_checks_with_one_number_and_one_amount_get_nothing(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, check_number="1001", payer_name=name) for name in "AB"]), "s")
    assert remitted(engine, {"payment_reference": "1001", "document_number": "A", "amount_minor": 5000}) == []


def test_amounts_without_a_currency_are_read_in_the_receipts_digits(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(1200, currency="JPY", bank_reference="BR-1")]), "s")
    assert remitted(engine, {"payment_reference": "BR-1", "document_number": "A", "amount_minor": 120000}) == [("A", 1200)]


@pytest.mark.parametrize(("currency", "told", "expected"), [
    ("JPY", {"amount_minor": 120000, "discount_minor": 500}, ["A 1200 JPY, discount 5 JPY, says the advice BR-1"]),
    ("JPY", {"amount_minor": 120050}, ["A, says the advice BR-1"]),
    ("KWD", {"amount_minor": 120050}, ["A 1200.500 KWD, says the advice BR-1"]),
    ("JPY", {"amount_minor": 1200, "currency": "JPY"}, ["A 1200 JPY, says the advice BR-1"]),
    ("USD", {"amount_minor": 120050}, ["A 1200.50 USD, says the advice BR-1"]),
])
def test_a_clerk_reads_what_the_engine_reads(engine: Engine, currency: str, told: dict[str, object], expected: list[str]) -> None:
    """An advice that names no currency was read in dollars' digits: it is shown in those of its payment, an amount with too many not at all."""
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(1200, currency=currency, bank_reference="BR-1")]), "s")
    remitted(engine, {"payment_reference": "BR-1", "document_number": "A"} | told)
    with db.reading(engine) as connection:
        came = explain.explain(connection, "BR-1", "USD").came
    assert [value for fact, value in came if fact == "pays"] == expected


def test_the_texts_of_all_reports_are_heard(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, bank_reference="BR-1", remittance_text="FIRST")], report="announcement", format_name="mt942"), "a")
        take_in(connection, document([bank_line(5000, bank_reference="BR-1", remittance_text="SECOND", payer_name="ACME")]), "s")
    with db.reading(engine) as connection:
        receipt = frames.inputs(connection, Policy(), DAY, "USD").receipts.row(0, named=True)
    assert (receipt["text"], receipt["payer_name"]) == ("FIRST  SECOND", "ACME")


def a_day_is_taken_in(connection: Connection) -> None:
    take_in(connection, document([bank_line(5000), bank_line(-100, "fee")]), "own")


def an_item_is_made(connection: Connection) -> None:
    owe(connection, 2, "C1", "INV-2", 700)


def an_item_is_described(connection: Connection) -> None:
    connection.execute(schema.open_item.update().values(due_date=DAY))


@pytest.mark.parametrize(("why", "change", "by_others", "still"), [
    ("receipts and cash of the run's own", a_day_is_taken_in, False, True),
    ("an item that the run itself makes", an_item_is_made, False, False),
    ("an import meanwhile", an_item_is_described, True, False),
    ("a clerk's work meanwhile", an_item_is_made, True, False),
    ("another's file meanwhile", a_day_is_taken_in, True, False),
])
def test_items_are_in_hand_until_one_can_have_changed(engine: Engine, monkeypatch: pytest.MonkeyPatch, why: str, change: Callable[[Connection], None], *,
                                                      by_others: bool, still: bool) -> None:
    monkeypatch.setattr(bulk_sqlite, "ELSEWHERE_FROM", 1)
    others = db.connect(engine.url.render_as_string(hide_password=False))
    with db.writing(engine) as connection:
        connection.execute(schema.customer.insert().values(customer_id="C1", name="ACME"))
        owe(connection, 1, "C1", "INV-1", 5000)
        connection.execute(schema.open_item.insert().values(
            item_id=7, customer_id="C1", document_number="INV-0", kind="invoice", currency="USD", amount_minor=900, imported_open_minor=0, open_minor=0, discount_minor=0,
            closed_on=DAY))
    with frames.in_hand(engine, DAY) as in_hand:
        with db.writing(others if by_others else engine) as connection:
            change(connection)
        with db.writing(engine) as connection:
            is_sqlite, ahead = engine.dialect.name == "sqlite", in_hand.items(connection)
            assert bool(ahead) == (still and is_sqlite), why
            read = frames.inputs(connection, Policy(), DAY, "USD", in_hand=in_hand)
            item = schema.open_item
            books = connection.execute(select(item.c.document_number, item.c.due_date).where(item.c.open_minor != 0).order_by(item.c.item_id)).all()
    others.dispose()
    assert read.items.select("document_number", "due_date").rows() == [tuple(row) for row in books]
    assert read.closed_items.rows() == [("C1", "INV-0", "USD", 900, DAY)]


def test_a_run_leaves_nothing_of_what_it_read_ahead(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_sqlite, "ELSEWHERE_FROM", 1)
    with db.writing(engine) as connection:
        connection.execute(schema.customer.insert().values(customer_id="C1", name="ACME"))
        owe(connection, 1, "C1", "INV-1", 5000)
    with suppress(ZeroDivisionError), frames.in_hand(engine, DAY):
        raise ZeroDivisionError
    assert not list(tmp_path.glob("*-read*"))


@pytest.mark.parametrize(("why", "between", "texts"), [
    ("nothing happens: not read again", "", ["AS STORED", "IN HAND"]),
    ("one of them is decided", "UPDATE receipt SET state = 'non_ar' WHERE amount_minor = 5000", ["AS STORED"]),
    ("another line brings it", "UPDATE receipt SET line_id = 4 WHERE amount_minor = 5000", ["ALSO STORED", "AS STORED"]),
    ("another process stores a file", "another file", ["ALSO STORED", "AS STORED", "AS STORED"]),
])
def test_what_a_run_has_stored_itself_is_not_read_again(engine: Engine, why: str, between: str, texts: list[str]) -> None:
    in_hand = frames.InHand()
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(4000, remittance_text="AS STORED")]), "before")
        taken = take_in(connection, document([bank_line(5000, remittance_text="AS STORED"), bank_line(-6000, "fee")], reference="2"), "own")
        in_hand.add(taken.fresh, taken.told.with_columns(remittance_text=pl.lit("IN HAND")))
        other = bank_line(7000, "receipt" if between == "another file" else "fee", remittance_text="ALSO STORED")
        take_in(connection, document([other], reference="3"), "other")
        if between.startswith("UPDATE"):
            connection.execute(text(between))
    with db.reading(engine) as connection:
        receipts = frames.inputs(connection, Policy(), DAY, "USD", in_hand=in_hand).receipts
    assert sorted(receipts["text"]) == texts, why
    assert receipts["receipt_key"].is_sorted()
