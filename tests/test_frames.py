"""What the matching room is given: remittances joined to their receipts, texts of all reports of one money. On both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from cashapp import db, frames, schema
from matching.schema import Policy
from tests.books import DAY, bank_line, document, take_in


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


def test_the_texts_of_all_reports_are_heard(engine: Engine) -> None:
    with db.writing(engine) as connection:
        take_in(connection, document([bank_line(5000, bank_reference="BR-1", remittance_text="FIRST")], report="announcement", format_name="mt942"), "a")
        take_in(connection, document([bank_line(5000, bank_reference="BR-1", remittance_text="SECOND", payer_name="ACME")]), "s")
    with db.reading(engine) as connection:
        receipt = frames.inputs(connection, Policy(), DAY, "USD").receipts.row(0, named=True)
    assert (receipt["text"], receipt["payer_name"]) == ("FIRST  SECOND", "ACME")
