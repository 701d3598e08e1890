"""The first steps say what the sentence says, phrase by phrase, whatever stands in names."""

from __future__ import annotations

import polars as pl
import pytest

from matching import engine, schema
from matching.steps import BETWEEN, Answer, Finding, first_steps
from tests.test_matching_tables import TABLES, read


def firsts(outcome: schema.Outcome) -> list[Answer]:
    """The first proposals, in order of receipts."""
    rows = outcome.proposals.filter(pl.col("rank") == 1).sort("receipt_id").select(Answer._fields).iter_rows()
    return [Answer(*row) for row in rows]


def test_a_name_may_hold_what_stands_between_phrases() -> None:
    table = read("""
        customers
            A | Smith; Sons. Inc.
        items
            A INV-1001 700.00
            A INV-1002 800.00
        receipts
            700.00 | Smith; Sons. Inc. | INV-1001
            650.00 | Quite Another Ltd | INV-1002
    """)
    named, referred = firsts(engine.propose(table.inputs()))
    assert first_steps(named) == [
        Finding("who", "for", "The payer's name is exactly Smith; Sons. Inc.'s."),
        Finding("what", "for", "The text names INV-1001."),
        Finding("how_much", "for", "USD 700.00 is exactly what is open."),
    ]
    assert [(step.question, step.speaks) for step in first_steps(referred)] == [("what", "for"), ("how_much", "against")]


@pytest.mark.parametrize("title", TABLES)
def test_the_phrases_make_the_sentence(title: str) -> None:
    for first in firsts(engine.propose(read(TABLES[title]).inputs())):
        told = {step.question: step.finding.removesuffix(".") for step in first_steps(first)}
        begun = BETWEEN.join(told[question] for question in ("what", "how_much", "who") if question in told)
        assert first.explanation.lower().startswith(begun.lower())
        assert ("who" in told, "how_sure" in told) == (first.payer_evidence != "reference", first.rivals > 0)
