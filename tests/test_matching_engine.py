"""What holds for every outcome of `propose`: money is conserved, order does not matter, strangers change nothing, the policy is kept."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from matching import certainty, combine, engine, explain, schema, steps, unnamed
from tests.test_matching_tables import TABLES, read, told

NAMES = ("Acme Inc.", "Acme West Inc.", "Globex Corporation", "Müller & Söhne GmbH", "Twin Pine LLC", "Twin Pine Corp.", "Bravo")
AMOUNTS = (10_000, 20_000, 30_000, 12_345, 54_321, 30_000, 98_765)
DAY = dt.date(2026, 11, 1)
ROOT = Path(__file__).resolve().parent.parent


@st.composite
def worlds(draw: st.DrawFn) -> schema.Inputs:
    """Small worlds in which names, numbers and amounts collide all the time."""
    customers = draw(st.integers(1, 5))
    names = draw(st.permutations(NAMES))[:customers]
    parents = [draw(st.sampled_from([None, "C0"])) for _ in names]
    items = draw(st.lists(st.tuples(
        st.integers(0, customers - 1), st.sampled_from(["INV-2026-0012", "INV-2026-0021", "100234", "4711", "CM-77"]), st.integers(0, 3),
        st.sampled_from(AMOUNTS), st.sampled_from([0, 0, 200]), st.sampled_from([1, 1, 1, 1, -1])), max_size=9))
    receipts = draw(st.lists(st.tuples(
        st.sampled_from([*names, "Zebra Zoo", "ACME", None]), st.sampled_from([*AMOUNTS, 9_800, 22_345, 40_000]),
        st.lists(st.sampled_from(["INV-2026-00123", "INV 2026 00211", "100234", "1002342", "4711", "PAYMENT", "2026-11-01", "CM-770"]), max_size=3),
        st.integers(0, 4), st.sampled_from([0, 0, 300])), max_size=7))
    lines = draw(st.lists(st.tuples(
        st.integers(0, 6), st.sampled_from(["INV-2026-00120", "1002343", "47110", "", "NOTHING"]), st.sampled_from([None, 5_000, 10_000, -500]),
        st.sampled_from([0, 0, 200]), st.sampled_from([0, 0, 150])), max_size=4))
    return schema.Inputs(
        receipts=pl.DataFrame([
            (n, f"key {n}", "USD", amount, DAY + dt.timedelta(days=later), name, None, None, " ".join(words), fee, None)
            for n, (name, amount, words, later, fee) in enumerate(receipts)], schema=schema.RECEIPTS, orient="row"),
        remittance=pl.DataFrame([(r, n, number, amount, discount, deduction, "") for n, (r, number, amount, discount, deduction) in enumerate(lines)],
                                schema=schema.REMITTANCE, orient="row"),
        customers=pl.DataFrame([(f"C{n}", name, parents[n]) for n, name in enumerate(names)], schema=schema.CUSTOMERS, orient="row"),
        aliases=schema.empty(schema.ALIASES),
        accounts=schema.empty(schema.ACCOUNTS),
        items=pl.DataFrame([
            (n, f"X|C{c}|{number}{end}|{n}", "X", f"C{c}", f"{number}{end}", "invoice" if sign > 0 else "credit_memo", "USD", sign * amount, DAY,
             DAY + dt.timedelta(days=n % 3), DAY + dt.timedelta(days=1), discount, None, None)
            for n, (c, number, end, amount, discount, sign) in enumerate(items)], schema=schema.ITEMS, orient="row"),
        closed_items=schema.empty(schema.CLOSED_ITEMS),
    )


def frames(outcome: schema.Outcome) -> dict[str, pl.DataFrame]:
    return {"proposals": outcome.proposals, "lines": outcome.lines, "evidence": outcome.evidence, "verdicts": outcome.verdicts}


def reduced() -> pl.Expr:
    return pl.sum_horizontal("applied_minor", "discount_minor", "deduction_minor", "write_off_minor")


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_money_is_conserved(inputs: schema.Inputs) -> None:
    outcome = engine.propose(inputs)
    spent = outcome.lines.group_by("receipt_id", "rank").agg(pl.sum("applied_minor")).join(inputs.receipts, on="receipt_id")
    assert (spent["applied_minor"] <= spent["amount_minor"]).all()
    posted = outcome.lines.join(outcome.proposals.filter("unattended"), on=["receipt_id", "rank"])
    per_item = posted.group_by("item_id").agg(reduced().sum().alias("reduced")).join(inputs.items, on="item_id")
    assert (per_item["reduced"].abs() <= per_item["open_minor"].abs()).all()
    assert (per_item["reduced"].sign() == per_item["open_minor"].sign()).all()
    per_line = outcome.lines.drop_nulls("item_id").join(inputs.items, on="item_id").with_columns(reduced().alias("reduced"))
    assert (per_line["reduced"].abs() <= per_line["open_minor"].abs()).all()


@settings(max_examples=25, deadline=None)
@given(worlds())
def test_every_receipt_has_one_verdict_and_posts_or_waits(inputs: schema.Inputs) -> None:
    outcome = engine.propose(inputs)
    assert sorted(outcome.verdicts["receipt_id"]) == sorted(inputs.receipts["receipt_id"])
    assert set(outcome.verdicts["reason"]) <= {"", *schema.REASONS}
    unattended = outcome.proposals.filter("unattended")
    assert set(unattended["rank"]) <= {1}
    assert set(unattended["receipt_id"]) == set(outcome.verdicts.filter(pl.col("reason") == "")["receipt_id"])
    ranks = outcome.proposals.sort("receipt_id", "rank").group_by("receipt_id", maintain_order=True).agg("rank")["rank"]
    assert all(rank == list(range(1, len(rank) + 1)) and len(rank) <= 3 for rank in ranks.to_list())


@settings(max_examples=15, deadline=None)
@given(worlds(), st.integers(0, 2**32))
def test_the_order_of_rows_does_not_matter(inputs: schema.Inputs, seed: int) -> None:
    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.sample(fraction=1, shuffle=True, seed=seed)

    other = schema.Inputs(
        shuffled(inputs.receipts), shuffled(inputs.remittance), shuffled(inputs.customers), shuffled(inputs.aliases), shuffled(inputs.accounts),
        shuffled(inputs.items), shuffled(inputs.closed_items),
    )
    straight, turned = frames(engine.propose(inputs)), frames(engine.propose(other))
    for name, frame in straight.items():
        assert_frame_equal(frame, turned[name])


@settings(max_examples=15, deadline=None)
@given(worlds(), st.integers(1, 4))
def test_how_many_receipts_are_looked_at_at_once_does_not_matter(inputs: schema.Inputs, at_once: int) -> None:
    pieces = list(engine.outcomes(inputs, at_once))
    assert all(piece.verdicts.height <= at_once for piece in pieces)
    whole, joined = frames(engine.propose(inputs)), frames(schema.joined(pieces))
    for name, frame in whole.items():
        assert_frame_equal(frame, joined[name])


@settings(max_examples=15, deadline=None)
@given(worlds())
def test_a_customer_who_has_nothing_to_do_with_it_changes_nothing(inputs: schema.Inputs) -> None:
    stranger = pl.DataFrame([("A stranger", "Quixotic Xylophones", None)], schema=schema.CUSTOMERS, orient="row")
    item = pl.DataFrame([(99, "A", "X", "A stranger", "QX-888777", "invoice", "USD", 777_777_77, DAY, DAY, None, 0, None, None)], schema=schema.ITEMS, orient="row")
    other = schema.Inputs(
        inputs.receipts, inputs.remittance, pl.concat([inputs.customers, stranger]), inputs.aliases, inputs.accounts,
        pl.concat([inputs.items, item]), inputs.closed_items,
    )
    before, after = frames(engine.propose(inputs)), frames(engine.propose(other))
    for name, frame in before.items():
        assert_frame_equal(frame, after[name])


DIGEST = """
import hashlib
from benchmarks import seen, world
from matching import engine, schema
inputs = seen.inputs(world.build(world.Dials(seed=5, receipts=600, customers=250, mess=2.0)))
for at_once in (100_000, 40):  # in so many parts that some are put together when references have settled theirs
    outcome = schema.joined(list(engine.outcomes(inputs, at_once)))
    for frame in (outcome.proposals, outcome.lines, outcome.evidence, outcome.verdicts):
        print(hashlib.sha256(frame.write_csv().encode()).hexdigest())
"""


def test_neither_threads_nor_parts_show_in_a_messy_world() -> None:
    digests = [
        subprocess.run([sys.executable, "-c", DIGEST], env=os.environ | {"POLARS_MAX_THREADS": threads}, check=True, capture_output=True, cwd=ROOT).stdout
        for threads in ("1", "3")
    ]
    whole, in_parts = digests[0].split()[:4], digests[0].split()[4:]
    assert whole == in_parts
    assert digests[0] == digests[1]


def test_nothing_in_nothing_out() -> None:
    outcome = engine.propose(read("").inputs())
    assert all(frame.is_empty() for frame in frames(outcome).values())


@pytest.mark.parametrize("title", TABLES)
def test_outcomes_have_the_columns_of_the_schema(title: str) -> None:
    outcome = engine.propose(read(TABLES[title]).inputs())
    expected = {"proposals": schema.PROPOSALS, "lines": schema.PROPOSAL_LINES, "evidence": schema.EVIDENCE, "verdicts": schema.VERDICTS}
    for name, frame in frames(outcome).items():
        assert frame.schema == pl.Schema(expected[name]), name
        assert_frame_equal(frame, schema.check(frame, expected[name], name))
    first = outcome.evidence.group_by("receipt_id").agg(pl.col("step").sort())["step"].to_list()
    assert all(each == list(range(1, len(each) + 1)) for each in first)
    assert set(outcome.evidence["question"]) <= {"difference", "how_sure", "together"}
    assert set(outcome.evidence["speaks"]) <= {"against", "neutral"}


def test_a_wrong_column_is_refused_by_name() -> None:
    inputs = read("").inputs()
    with pytest.raises(TypeError, match=r"items: open_minor: None instead of Int64"):
        engine.propose(schema.Inputs(
            inputs.receipts, inputs.remittance, inputs.customers, inputs.aliases, inputs.accounts, inputs.items.drop("open_minor"), inputs.closed_items,
        ))


PLAIN = """
    customers
        A | Acme Inc.
    items
        A INV-1001 500.00
        A INV-1002 600.00
        A INV-1003 700.00
    receipts
        500.00 | Acme Inc. | INV-1001
        600.00 | Acme Inc. |
        650.00 | Acme Inc. |
        - INV-1003 650.00 deduction=50.00 reason=FREIGHT
    """


@pytest.mark.parametrize(("policy", "expected"), [
    (schema.Policy(), ["posted", "posted", "posted"]),
    (schema.Policy(unattended_limit_minor=55_000), ["posted", "amount_limit", "amount_limit"]),
    (schema.Policy(unattended_rules=frozenset({"reference_exact"})), ["posted", "weak_evidence", "deduction"]),
    (schema.Policy(post_deductions=False), ["posted", "posted", "deduction"]),
], ids=["default", "limit", "rules", "deductions"])
def test_the_policy_decides_what_may_post(policy: schema.Policy, expected: list[str]) -> None:
    table = read(PLAIN)
    sentences = told(table, engine.propose(table.inputs(policy)))
    assert [sentence.split(":")[0] for sentence in sentences] == expected


def test_fewer_proposals_when_the_policy_wants_fewer() -> None:
    table = read(TABLES["ties are never broken"])
    outcome = engine.propose(table.inputs(schema.Policy(proposals=1)))
    assert set(outcome.proposals["rank"]) == {1}
    assert outcome.proposals["rivals"].to_list() == [1, 1, 1]


def test_four_of_many_items_are_a_suggestion() -> None:
    amounts = [pow(7, place, 1_000_003) for place in range(101, 119)]
    items = "\n".join(f"A INV-{1000 + place} {amount // 100}.{amount % 100:02d}" for place, amount in enumerate(amounts))
    total = sum(amounts[place] for place in (2, 5, 11, 16))
    table = read(f"customers\nA | Acme Inc.\nitems\n{items}\nreceipts\n{total // 100}.{total % 100:02d} | Acme Inc. |")
    outcome = engine.propose(table.inputs())
    assert outcome.proposals.row(0, named=True)["rule"] == unnamed.LOOSE_SET
    assert sorted(outcome.lines.filter(pl.col("rank") == 1)["item_id"]) == [3, 6, 12, 17]
    assert outcome.verdicts["reason"].to_list() == ["no_reference"]


def test_of_very_many_items_one_that_makes_what_is_left_over_holds_the_rest_back() -> None:
    items = "\n".join(f"A INV-{n} {n}.{n % 100:02d}" for n in range(1001, 1001 + combine.RUNS_MAX + 10))
    table = read(f"customers\nA | Acme Inc.\nitems\n{items}\nreceipts\n2103.03 | Acme Inc. | INV-1001\n2502.91 | Acme Inc. | INV-1002")
    assert told(table, engine.propose(table.inputs())) == [
        "over_payment: INV-1001 1001.01, INV-1102 1102.02 or INV-1001 1001.01", "posted: INV-1002 1002.02",
    ]


def test_sentences_for_clerks() -> None:
    table = read("""
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 500.00
            A INV-1003 700.00
        receipts
            700.00 | Acme Inc. | INV-1003
            500.00 | Acme Inc. |
    """)
    outcome = engine.propose(table.inputs())
    assert outcome.proposals["explanation"].to_list()[:2] == [
        "The text names INV-1003; USD 700.00 is exactly what is open; the payer's name is exactly Acme Inc.'s.",
        ("One open item has the amount: INV-1001; USD 500.00 is exactly what is open; the payer's name is exactly Acme Inc.'s; one other answer is as good."
         " For a person: two or more sets of open items fit equally well."),
    ]
    first = outcome.proposals.filter(pl.col("receipt_id") == 2, pl.col("rank") == 1).select(steps.Answer._fields).row(0)
    beside = outcome.evidence.filter(pl.col("receipt_id") == 2).select("question", "speaks", "finding").rows()
    assert [*steps.first_steps(steps.Answer(*first)), *beside] == [
        ("who", "for", "The payer's name is exactly Acme Inc.'s."),
        ("what", "neutral", "One open item has the amount: INV-1001."),
        ("how_much", "for", "USD 500.00 is exactly what is open."),
        ("how_sure", "against", "Answers that are as good: 1."),
        ("how_sure", "against", "Two or more sets of open items fit equally well."),
    ]
    assert outcome.verdicts.rows() == [(1, "", "A"), (2, "ambiguous_items", "A")]


@pytest.mark.parametrize(("text", "word"), [
    ("INV-1003 is in dispute", "in dispute"), ("Storno Rechnung INV-1003", "storno"), ("nicht für Rechnung INV-1003", "nicht fuer"), ("INV-1003", None),
])
def test_the_word_that_takes_an_invoice_back_is_told(text: str, word: str | None) -> None:
    table = read(f"""
    customers
        A | Acme Inc.
    items
        A INV-1003 700.00
    receipts
        690.00 | Acme Inc. | {text}
    """)
    findings = engine.propose(table.inputs()).evidence.filter(pl.col("speaks") == "against")["finding"].to_list()
    told_of = [finding for finding in findings if finding.startswith("The text says")]
    assert told_of == ([f'The text says "{word}": what it names may be just what is not paid.'] if word else [])


def test_every_code_has_its_words() -> None:
    rules = {rule for stratum in certainty.STRATA for rule in stratum.rules} | set(certainty.LIKELIHOOD)
    assert rules == set(explain.WHAT) == set(certainty.LIKELIHOOD)
    assert set(certainty.OF_PAYER) == set(explain.WHO)
    assert set(certainty.OF_AMOUNT) == set(explain.HOW_MUCH)
    assert rules > unnamed.INEXACT


def test_what_may_post_is_likelier_than_any_suggestion() -> None:
    assert min(stratum.confidence for stratum in certainty.STRATA) > max(certainty.LIKELIHOOD.values())
    assert max(stratum.confidence for stratum in certainty.STRATA) <= 1000
