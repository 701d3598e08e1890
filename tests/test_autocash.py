"""AutoCash rule sets as tables: what is open, what came, and which items the rule pays. One payer, dollars, on 2026-11-01.

The settings stand before the items; an item is number, amount, due date, and where it has one discount and its last day.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from cashapp import config
from matching import engine, schema
from matching.schema import Inputs, Policy, RuleSet

TODAY = dt.date(2026, 11, 1)
TABLES = {
    "match: one item owes the amount": """
        rules=match,oldest_first
        INV-1 500.00 2026-10-01
        INV-2 600.00 2026-10-05
        600.00 => autocash_match: INV-2 600.00
    """,
    "match: net of the earned discount": """
        rules=match
        INV-1 500.00 2026-11-20 10.00 2026-10-30
        INV-2 600.00 2026-11-20
        490.00 => autocash_match: INV-1 490.00 discount 10.00
    """,
    "match: a discount that is too late counts only where the set says so": """
        rules=match discounts=earned_and_unearned
        INV-1 500.00 2026-11-20 10.00 2026-10-01
        INV-2 600.00 2026-11-20
        490.00 => autocash_match: INV-1 490.00 discount 10.00
    """,
    "match: no discounts at all": """
        rules=match discounts=none
        INV-1 500.00 2026-11-20 10.00 2026-10-30
        INV-2 600.00 2026-11-20
        500.00 => autocash_match: INV-1 500.00
    """,
    "match: two items owe it, both stand side by side and the next rule is not asked": """
        rules=match,oldest_first post=match,oldest_first
        INV-1 500.00 2026-10-05
        INV-2 500.00 2026-10-01
        500.00 => autocash_match: INV-2 500.00 | autocash_match: INV-1 500.00
    """,
    "match posts where the manager lets it": """
        rules=match post=match
        INV-1 500.00 2026-10-05
        INV-2 611.00 2026-10-01
        500.00 => posted autocash_match: INV-1 500.00
    """,
    "match does not post where a pair has the amount as well": """
        rules=match post=match
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-10-01
        INV-3 200.00 2026-10-02
        500.00 => autocash_match: INV-1 500.00
    """,
    "clear the account, credits taken off": """
        rules=match,clear_account
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-12-01
        CM-1 -100.00 2026-10-02
        700.00 => autocash_clear_account: CM-1 -100.00, INV-1 500.00, INV-2 300.00
    """,
    "clear past due; what is not due yet stays": """
        rules=match,clear_account,past_due
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-10-31
        INV-3 150.00 2026-11-01
        800.00 => autocash_past_due: INV-1 500.00, INV-2 300.00
    """,
    "past due by payment term": """
        rules=past_due,by_term
        INV-1 500.00 2026-10-05 issued=2026-09-05
        INV-2 300.00 2026-10-31 issued=2026-10-01
        INV-3 150.00 2026-10-20 issued=2026-10-10
        800.00 => autocash_by_term: INV-1 500.00, INV-2 300.00
    """,
    "two terms owe the same": """
        rules=by_term
        INV-1 500.00 2026-10-05 issued=2026-09-05
        INV-2 500.00 2026-10-20 issued=2026-10-10
        INV-3 111.00 2026-12-20 issued=2026-10-10
        500.00 => autocash_by_term: INV-1 500.00 | autocash_by_term: INV-2 500.00
    """,
    "all but one": """
        rules=exclusion
        INV-1 501.00 2026-10-05
        INV-2 302.00 2026-10-06
        INV-3 153.00 2026-10-07
        INV-4 44.00 2026-10-08
        698.00 => autocash_exclusion: INV-1 501.00, INV-3 153.00, INV-4 44.00
    """,
    "a combination": """
        rules=match,combination
        INV-1 501.00 2026-10-05
        INV-2 302.00 2026-10-06
        INV-3 153.00 2026-10-07
        INV-4 44.00 2026-10-08
        INV-5 27.00 2026-10-09
        545.00 => autocash_combination: INV-1 501.00, INV-4 44.00
    """,
    "two combinations": """
        rules=combination post=combination
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-10-06
        INV-3 400.00 2026-10-07
        INV-4 400.00 2026-10-08
        INV-5 27.00 2026-10-09
        800.00 => autocash_combination: INV-1 500.00, INV-2 300.00 | autocash_combination: INV-3 400.00, INV-4 400.00
    """,
    "oldest first, whole items only; the rest stays unapplied": """
        rules=match,oldest_first
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-10-06
        INV-3 400.00 2026-10-07
        900.00 => autocash_oldest_first: INV-1 500.00, INV-2 300.00
    """,
    "oldest first, the last item in part": """
        rules=oldest_first partial
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-10-06
        INV-3 400.00 2026-10-07
        900.00 => autocash_oldest_first: INV-1 500.00, INV-2 300.00, INV-3 100.00
    """,
    "oldest first, the rest on account": """
        rules=oldest_first remainder=on_account post=oldest_first
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-10-06
        900.00 => posted autocash_oldest_first: INV-1 500.00, INV-2 300.00, on account 100.00
    """,
    "oldest first pays nothing where the oldest is too large": """
        rules=oldest_first
        INV-1 500.00 2026-10-05
        INV-2 300.00 2026-10-06
        310.00 => on_account: on account 310.00
    """,
    "late charges and disputed items are left out": """
        rules=clear_account left_out=LC-*,INV-9
        INV-1 500.00 2026-10-05
        INV-9 300.00 2026-10-06
        LC-1 7.50 2026-10-07
        INV-2 33.00 2026-10-07
        533.00 => autocash_clear_account: INV-1 500.00, INV-2 33.00
    """,
    "a payer with rules posts by them only": """
        rules=match
        INV-1 500.00 2026-10-05
        INV-2 311.00 2026-10-06
        500.00 => autocash_match: INV-1 500.00
    """,
    "where something is named the rules are not asked": """
        rules=match post=match
        INV-1001 500.00 2026-10-05
        INV-2002 311.00 2026-10-06
        500.00 INV-2002 => single_item: INV-1001 500.00
    """,
}


def minor(text: str) -> int:
    whole, _, cents = text.partition(".")
    return int(whole + cents)


def money(amount: int) -> str:
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02}"


def rule_set(line: str) -> RuleSet:
    told = dict(word.partition("=")[::2] for word in line.split())
    return RuleSet("test", ("A",), tuple(told["rules"].split(",")), frozenset(filter(None, told.get("post", "").split(","))), told.get("discounts", "earned"),
                   tuple(filter(None, told.get("left_out", "").split(","))), "partial" in told, told.get("remainder", "unapplied"))


def item(number: int, line: str) -> dict[str, object]:
    words = [word for word in line.split() if "=" not in word]
    issued = next((word.partition("=")[2] for word in line.split() if word.startswith("issued=")), "2026-09-01")
    return {
        "item_id": number, "item_key": f"|A|{words[0]}", "company": "", "customer_id": "A", "document_number": words[0],
        "kind": "credit_memo" if words[1].startswith("-") else "invoice", "currency": "USD", "open_minor": minor(words[1]),
        "issue_date": dt.date.fromisoformat(issued), "due_date": dt.date.fromisoformat(words[2]),
        "discount_minor": minor(words[3]) if len(words) > 3 else 0, "discount_date": dt.date.fromisoformat(words[4]) if len(words) > 4 else None,
        "po_number": "", "structured_reference": "",
    }


def inputs(table: str) -> Inputs:
    settings, *items, came = [line.strip() for line in table.strip().splitlines()]
    amount, _, text = came.partition(" =>")[0].partition(" ")
    receipt = {"receipt_id": 1, "receipt_key": "R1", "currency": "USD", "amount_minor": minor(amount), "value_date": TODAY, "payer_name": "Acme Trading Inc.",
               "payer_account": "", "structured_reference": "", "text": text, "fee_minor": 0, "customer_id": None}
    frames = {"receipts": [receipt], "remittance": [], "customers": [{"customer_id": "A", "name": "Acme Trading Inc.", "parent_id": None}], "aliases": [],
              "accounts": [], "items": [item(number, line) for number, line in enumerate(items, 1)], "closed_items": []}
    shapes = {"receipts": schema.RECEIPTS, "remittance": schema.REMITTANCE, "customers": schema.CUSTOMERS, "aliases": schema.ALIASES,
              "accounts": schema.ACCOUNTS, "items": schema.ITEMS, "closed_items": schema.CLOSED_ITEMS}
    return Inputs(**{name: pl.DataFrame(rows, schema=shapes[name], orient="row") for name, rows in frames.items()},
                  policy=Policy(rule_sets=(rule_set(settings),)))


def told(table: str) -> list[str]:
    """The answers by rule set, or else the first answer."""
    given = inputs(table)
    outcome = engine.propose(given)
    numbers = dict(given.items.select("item_id", "document_number").iter_rows())
    answers = []
    for head in outcome.proposals.sort("rank").iter_rows(named=True):
        lines = outcome.lines.filter(pl.col("rank") == head["rank"]).iter_rows(named=True)
        shares = sorted(f"{numbers[line['item_id']]} {money(line['applied_minor'])}" + (f" discount {money(line['discount_minor'])}" if line["discount_minor"] else "")
                        for line in lines if line["item_id"] is not None)
        rest = [f"on account {money(line['applied_minor'])}" for line in outcome.lines.filter(pl.col("rank") == head["rank"]).iter_rows(named=True)
                if line["item_id"] is None]
        answers.append(f"{'posted ' * head['unattended']}{head['rule']}: {', '.join(shares + rest)}")
    return [answer for answer in answers if "autocash" in answer] or answers[:1]


@pytest.mark.parametrize("title", TABLES)
def test_rule(title: str) -> None:
    expected = TABLES[title].strip().splitlines()[-1].partition("=> ")[2].split(" | ")
    assert told(TABLES[title]) == expected


@pytest.mark.parametrize(("patterns", "customer", "parent", "fits"), [
    (("C1*",), "C123", "", True), (("C1*",), "C223", "", False), (("P-7",), "C223", "P-7", True), (("*",), "anybody", "", True), ((), "C1", "", False),
])
def test_whose_set_it_is(patterns: tuple[str, ...], customer: str, parent: str, *, fits: bool) -> None:
    from matching import autocash

    found = autocash.rule_set_of((customer, *([parent] if parent else [])), (RuleSet("x", patterns, ("match",)),))
    assert (found is not None) == fits


def test_settings_become_rule_sets(tmp_path: object) -> None:
    path = tmp_path / "cashapp.toml"
    path.write_text("""
[[autocash]]
name = "retail"
customers = ["C1*"]
rules = ["match", "oldest_first"]
post = ["match"]
late_charges = ["LC-*"]
include_late_charges = false
disputed = ["INV-9"]
partial = true
remainder = "on_account"
""")
    policy = config.load(path).matching_policy()
    assert policy.rule_sets == (RuleSet("retail", ("C1*",), ("match", "oldest_first"), frozenset({"match"}), "earned", ("LC-*", "INV-9"), partial=True,
                                        remainder="on_account"),)


def test_an_unknown_rule_is_refused(tmp_path: object) -> None:
    from cashapp.errors import UsageError

    path = tmp_path / "cashapp.toml"
    path.write_text('[[autocash]]\nname = "x"\ncustomers = ["*"]\nrules = ["guess"]\n')
    with pytest.raises(UsageError, match="guess"):
        config.load(path)
