"""The columns of every frame that crosses the edge of this package. Amounts are minor units (Int64) of the row's currency.

Frames are checked against these once, at the seam (`check`); inside, functions trust them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import polars as pl

from matching import deduction_codes

Schema: TypeAlias = dict[str, "type[pl.DataType] | pl.DataType"]

RECEIPTS: Schema = {
    "receipt_id": pl.Int64,
    "receipt_key": pl.String,  # stable content key: the order of output, so that results do not depend on row order
    "currency": pl.String,
    "amount_minor": pl.Int64,  # what is still unapplied; always positive
    "value_date": pl.Date,
    "payer_name": pl.String,
    "payer_account": pl.String,
    "structured_reference": pl.String,
    "text": pl.String,  # remittance text and references, as the bank sent them, joined by a space
    "fee_minor": pl.Int64,  # a charge the message states was taken before the amount reached us
    "customer_id": pl.String,  # null unless a person has already said who paid
}
REMITTANCE: Schema = {
    "receipt_id": pl.Int64,
    "line_number": pl.Int64,
    "document_number": pl.String,  # as the payer wrote it
    "amount_minor": pl.Int64,  # net cash for it; null when the payer gave only a number; negative for a credit memo
    "discount_minor": pl.Int64,
    "deduction_minor": pl.Int64,
    "deduction_reason": pl.String,
}
CUSTOMERS: Schema = {"customer_id": pl.String, "name": pl.String, "parent_id": pl.String}
ALIASES: Schema = {"customer_id": pl.String, "alias": pl.String}  # other names it pays under, imported or learned
ACCOUNTS: Schema = {"customer_id": pl.String, "account": pl.String}  # IBAN or routing/account, normalised
ITEMS: Schema = {
    "item_id": pl.Int64,
    "item_key": pl.String,  # company|customer|number: stable order
    "company": pl.String,
    "customer_id": pl.String,
    "document_number": pl.String,
    "kind": pl.String,  # invoice, debit_memo, credit_memo, on_account
    "currency": pl.String,
    "open_minor": pl.Int64,  # negative for credit_memo and on_account
    "issue_date": pl.Date,
    "due_date": pl.Date,
    "discount_date": pl.Date,
    "discount_minor": pl.Int64,  # still available; 0 when none
    "po_number": pl.String,
    "structured_reference": pl.String,
}
CLOSED_ITEMS: Schema = {  # closed lately: to recognise a double payment
    "customer_id": pl.String, "document_number": pl.String, "currency": pl.String, "amount_minor": pl.Int64, "closed_on": pl.Date,
}
HABITS: Schema = {"customer_id": pl.String, "habit": pl.String, "times": pl.Int64}  # how often persons settled its receipts so; see `matching.habits`
DEDUCTS, OLDEST_FIRST, STATEMENT_TOTAL = "deduction:", "oldest_first", "statement_total"
"""Habits that are no evidence of an amount: a deduction, with its reason code behind the colon; which items are chosen."""
SHAPES: Schema = {"customer_id": pl.String, "form": pl.String, "start": pl.Int64, "stop": pl.Int64}  # `matching.number_shapes`

PROPOSALS: Schema = {
    "receipt_id": pl.Int64,
    "rank": pl.Int64,  # 1 is the first suggestion
    "customer_id": pl.String,  # null when nobody is identified
    "rule": pl.String,  # the rule that made it, e.g. "reference_exact"
    "payer_evidence": pl.String,  # e.g. "bank_account", "reference", "name"
    "amount_evidence": pl.String,  # e.g. "exact", "net_of_discount", "stated_deduction"
    "rivals": pl.Int64,  # other answers with as good evidence
    "confidence": pl.Int64,  # 0..1000
    "unattended": pl.Boolean,  # may be posted without a person; only ever on rank 1
    "explanation": pl.String,  # one sentence in a clerk's words: who, which items, what spoke against it
    "what_chars": pl.Int64, "how_much_chars": pl.Int64, "who_chars": pl.Int64,  # how long its phrases are, in their order (`steps`)
}
PROPOSAL_LINES: Schema = {
    "receipt_id": pl.Int64,
    "rank": pl.Int64,
    "item_id": pl.Int64,  # null: left on account for the proposal's customer
    "applied_minor": pl.Int64,  # cash; negative on a credit memo
    "discount_minor": pl.Int64,
    "deduction_minor": pl.Int64,
    "deduction_reason": pl.String,
    "write_off_minor": pl.Int64,
    "item_minor": pl.Int64,  # what an item in another currency is reduced by, in that currency; else null
    "rate": pl.String,  # at which rate, as decimal text; else ""
}
EVIDENCE: Schema = {  # what was found of a receipt beside what its first proposal says, in the order of thought
    "receipt_id": pl.Int64, "step": pl.Int64,
    "question": pl.String,  # difference, how_sure, together
    "speaks": pl.String,  # against, neutral
    "finding": pl.String,  # one sentence
}
VERDICTS: Schema = {  # one row for each receipt
    "receipt_id": pl.Int64,
    "reason": pl.String,  # why a person must decide (a code of REASONS); "" when rank 1 may post unattended
    "customer_id": pl.String,  # who paid, where that much is certain; else null
}

REASONS: dict[str, str] = {
    "unknown_payer": "nobody in the books is known by this name, account or reference",
    "ambiguous_payer": "two or more customers fit equally well",
    "no_reference": "the payer is known, but not what the money is for",
    "ambiguous_items": "two or more sets of open items fit equally well",
    "reference_not_found": "the references given are not among the open items",
    "already_paid": "the item referred to is closed: this looks like a double payment",
    "short_payment": "less came than the items referred to, and the payer does not say why",
    "over_payment": "more came than the items referred to",
    "late_discount": "a discount was taken after its date",
    "deduction": "the payer deducted for a reason that a person must accept",
    "currency_mismatch": "the money and the items are in different currencies",
    "remittance_mismatch": "the remittance lines do not add up to the payment",
    "weak_evidence": "there is a likely answer, but not enough speaks for it to post unattended",
    "third_party_payer": "the payer is another customer than the one whose item is named",
    "contested_item": "two or more receipts claim the same item, and none has the better right to it",
    "amount_limit": "the answer is clear, but the amount is above the limit for unattended posting",
}


class Rates(NamedTuple):
    """What one unit of each currency is worth from a day on, in millionths of one unit of the base currency."""

    since: dt.date
    millionths: dict[str, int]


@dataclass(frozen=True, slots=True)
class Exchange:
    """By which rates money pays items in another currency."""

    rates: tuple[Rates, ...] = ()  # the latest of the receipt's day or before counts
    days: int = 31  # if it is at most so many days old
    spread_permille: int = 10  # what the money is worth may be off from the item by so much: banks take their share of the rate


@dataclass(frozen=True, slots=True)
class RuleSet:
    """An AutoCash rule set (`matching.autocash`): what becomes of certain payers' money that names nothing."""

    name: str
    customers: tuple[str, ...]  # patterns such as "C0001*" that the customer's or its parent's id fits
    rules: tuple[str, ...]  # codes of `autocash.NAMES`, in order
    post: frozenset[str] = frozenset()  # which of them may post without a person
    discounts: str = "earned"  # none, earned, earned_and_unearned
    left_out: tuple[str, ...] = ()  # patterns of document numbers that owe nothing here: late charges, disputed items
    partial: bool = False  # whether oldest_first pays the last item in part
    remainder: str = "unapplied"  # what oldest_first does with the rest: unapplied, on_account


@dataclass(frozen=True, slots=True)
class Policy:
    """What the manager allows. Days are calendar days; `rounding_minor` is per currency by its minor digits."""

    discount_grace_days: int = 3
    rounding: tuple[tuple[int, int], ...] = ((0, 5), (2, 5), (3, 50))  # (minor digits, minor units) up to which a difference is written off
    bank_fee_limit: tuple[tuple[int, int], ...] = ((0, 3500), (2, 3500), (3, 35000))  # only where the message states a fee
    unattended_limit_minor: int | None = None  # above it a person decides
    unattended_limits: tuple[tuple[str, int], ...] = ()  # the same by currency, where it is another
    open_strata: tuple[str, ...] = ()  # which strata may post, as patterns of "rule/payer evidence/amount evidence"; empty: all
    closed_strata: tuple[str, ...] = ()  # which may not
    unattended_rules: frozenset[str] | None = None  # None: every rule whose evidence suffices
    post_deductions: bool = True  # a deduction that the payer itemises, in lines that add up
    name_score: int = 90
    name_margin: int = 4
    subset_items: int = 10  # a unique sum among more open items is no evidence without a second sign
    subset_size: int = 4
    proposals: int = 3
    exchange: Exchange = Exchange()
    rule_sets: tuple[RuleSet, ...] = ()  # the first that fits a payer is its own
    deductions: tuple[deduction_codes.Reason, ...] = deduction_codes.DEFAULTS  # why payers take something off: the closed list


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything one run looks at."""

    receipts: pl.DataFrame
    remittance: pl.DataFrame
    customers: pl.DataFrame
    aliases: pl.DataFrame
    accounts: pl.DataFrame
    items: pl.DataFrame
    closed_items: pl.DataFrame
    policy: Policy = field(default_factory=Policy)
    habits: pl.DataFrame = field(default_factory=lambda: empty(HABITS))
    shapes: pl.DataFrame = field(default_factory=lambda: empty(SHAPES))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the run proposes; every receipt has exactly one verdict."""

    proposals: pl.DataFrame
    lines: pl.DataFrame
    evidence: pl.DataFrame
    verdicts: pl.DataFrame


def joined(pieces: list[Outcome]) -> Outcome:
    """One outcome of pieces of it."""
    return Outcome(*(pl.concat([getattr(piece, name) for piece in pieces]) for name in ("proposals", "lines", "evidence", "verdicts")))


def check(frame: pl.DataFrame, schema: Schema, name: str) -> pl.DataFrame:
    """The frame with exactly the schema's columns in its order; TypeError names what is missing or of another type."""
    wrong = [f"{column}: {frame.schema.get(column)} instead of {dtype}" for column, dtype in schema.items() if frame.schema.get(column) != dtype]
    if wrong:
        raise TypeError(f"{name}: {'; '.join(wrong)}")
    return frame.select(list(schema))


def empty(schema: Schema) -> pl.DataFrame:
    """A frame of the schema without rows."""
    return pl.DataFrame(schema=schema)
