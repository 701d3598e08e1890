"""How sure: which answers may be posted without a person.

An answer belongs to a stratum: the rule that found it, the evidence of the payer, the evidence of the amount. `STRATA` lists those that
post unattended, so that a controller can read and sign the list; everything else is a suggestion, however likely. `confidence`
orders the suggestions and is no licence. An answer that has a rival, an equally good one, never posts.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

import polars as pl

from matching import amounts, autocash, stated_amounts, unnamed
from matching.schema import Policy

KNOWN = frozenset(("clerk", "bank_account", "name", "alias", "name_truncated"))
FAMILY = frozenset(("family",))
ALIKE = frozenset(("name_similar", "name_in_text", "account_number", "customer_number"))
SILENT = frozenset(("reference",))
AGREEING = KNOWN | FAMILY | ALIKE
AGENT = "agent"
"""A customer who pays by their full numbers what several others owe: a property manager, a purchasing office."""
RIVALLED = frozenset(("ambiguous", "name_twin", "disputed"))
"""Evidence that fits several customers."""

ADVICE, STRUCTURED, NUMBER, DIGITS, ORDER, RANGE, SHORT, NEAR, WITH_CREDIT, WITH_MORE, PART, MEANT, ON_ACCOUNT = (
    "remittance_advice", "structured_reference", "reference_exact", "reference_digits", "purchase_order", "reference_range", "reference_short",
    "reference_near", "reference_and_credit", "reference_and_more", "reference_part", "amounts_of_lines", "on_account",
)
ABROAD, ABROAD_BY_AMOUNT = "other_currency_named", "other_currency_amount"
"""Rules of `exchange`: what pays items in another currency."""
EXPLICIT = frozenset((ADVICE, STRUCTURED, NUMBER))
UNDECIDED = "none"
"""The amount evidence of money that is left on account."""
EXCHANGED, EXCHANGED_OVER, EXCHANGED_PART = "exchanged", "exchanged_over", "exchanged_part"
"""The amount evidence of `exchange`."""
SETTLED = frozenset((amounts.EXACT, amounts.NET))
TAKEN_OFF = frozenset((amounts.UNSTATED_FEE, amounts.TOLD_DEDUCTION, amounts.LIKELY_DEDUCTION))
"""Answers with the items of another one, in full."""
WRITTEN_OFF = frozenset((amounts.ROUNDING, amounts.FEE))


class Stratum(NamedTuple):
    """A permission: answers by any of these rules, with any of these evidences, may be posted by themselves."""

    rules: frozenset[str]
    payer: frozenset[str]
    amount: frozenset[str]
    confidence: int


STRATA = (
    Stratum(EXPLICIT, KNOWN, SETTLED, 995),
    Stratum(EXPLICIT, FAMILY | ALIKE, SETTLED, 985),
    Stratum(EXPLICIT, SILENT, SETTLED, 975),
    Stratum(EXPLICIT, frozenset((AGENT,)), frozenset((amounts.EXACT,)), 955),
    Stratum(EXPLICIT, AGREEING, WRITTEN_OFF, 970),
    Stratum(EXPLICIT, SILENT, WRITTEN_OFF, 955),
    Stratum(frozenset((ADVICE,)), AGREEING, frozenset((stated_amounts.DEDUCTION,)), 965),
    Stratum(EXPLICIT, KNOWN | FAMILY, frozenset((amounts.OVER, amounts.REST)), 905),
    Stratum(frozenset((ADVICE,)), ALIKE | SILENT, frozenset((amounts.REST,)), 900),
    Stratum(frozenset((DIGITS,)), AGREEING, SETTLED | WRITTEN_OFF, 965),
    Stratum(frozenset((DIGITS,)), SILENT, SETTLED, 945),
    Stratum(frozenset((ORDER,)), AGREEING, SETTLED, 960),
    Stratum(frozenset((ORDER,)), SILENT, frozenset((amounts.EXACT,)), 930),
    Stratum(frozenset((RANGE,)), AGREEING, SETTLED, 945),
    Stratum(frozenset((RANGE,)), SILENT, frozenset((amounts.EXACT,)), 925),
    Stratum(frozenset((SHORT, NEAR)), AGREEING, SETTLED, 940),
    Stratum(frozenset((SHORT,)), KNOWN, WRITTEN_OFF, 930),
    Stratum(frozenset((unnamed.SINGLE,)), KNOWN, SETTLED, 950),
    Stratum(frozenset((unnamed.SINGLE,)), ALIKE, SETTLED, 910),
    Stratum(frozenset((unnamed.EVERYTHING,)), KNOWN, SETTLED, 940),
    Stratum(frozenset((unnamed.SMALL_SET,)), KNOWN, SETTLED, 915),
)

LIKELIHOOD: dict[str, int] = {
    ADVICE: 890, STRUCTURED: 890, NUMBER: 890, DIGITS: 870, WITH_CREDIT: 870, WITH_MORE: 875, RANGE: 880, ORDER: 850, SHORT: 800, NEAR: 820, PART: 845, MEANT: 875,
    unnamed.SINGLE: 840, unnamed.EVERYTHING: 820, unnamed.SMALL_SET: 780, unnamed.LOOSE_SET: 620, unnamed.NEAREST: 610, unnamed.AMOUNT_ONLY: 600, unnamed.OLDEST: 660,
    ON_ACCOUNT: 300, unnamed.REMOTE: 290, ABROAD: 890, ABROAD_BY_AMOUNT: 630,
} | {autocash.PREFIX + name: 860 for name in autocash.RULES} | {autocash.PREFIX + "oldest_first": 850}
"""How likely an answer of the rule is, in a thousand, before the payer and the amount are looked at: less than any stratum's confidence."""
BY_RULE_SET = 925
"""How sure an answer of a rule is that the manager lets post."""
OF_RIVAL, RIVALS_MAX = 10, 3
"""What each rival takes off, and how many of them do."""
OF_PAYER: dict[str, int] = dict.fromkeys(KNOWN, 100) | dict.fromkeys(FAMILY | ALIKE, 99) | {
    "reference": 98, AGENT: 97, "contradicted": 90, "disputed": 94, "ambiguous": 92, "name_twin": 92, "mentioned": 90, "name_faint": 80, "none": 60,
}
OF_AMOUNT: dict[str, int] = {
    amounts.EXACT: 100, amounts.NET: 100, amounts.ROUNDING: 99, amounts.FEE: 99, stated_amounts.DEDUCTION: 98, stated_amounts.CREDIT: 97, stated_amounts.CLAIM: 97, amounts.LATE: 97, amounts.OVER: 93, amounts.REST: 94, amounts.UNSTATED_FEE: 91, amounts.TOLD_DEDUCTION: 96,
    amounts.LIKELY_DEDUCTION: 92,
    amounts.SHORT: 94, stated_amounts.ANOTHERS: 93, stated_amounts.MISMATCH: 93, stated_amounts.PARTLY_FOUND: 92, UNDECIDED: 100,
    EXCHANGED: 97, EXCHANGED_OVER: 93, EXCHANGED_PART: 93,
}


def judge(answers: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """`answers` (r, a, rule, payer_evidence, amount_evidence, rivals) with `granted`: whether its stratum may post; `likelihood` as a mere
    suggestion; and `confidence`, which is that of the stratum for what is granted."""
    key = ["rule", "payer_evidence", "amount_evidence"]
    others = pl.len().over("r", *key).cast(pl.Int64) - 1
    rivals = answers.with_columns(pl.max_horizontal("rivals", others).alias("rivals"))
    permitted = _permissions(policy)
    likely = (
        pl.col("rule").replace_strict(LIKELIHOOD, return_dtype=pl.Int64) * pl.col("payer_evidence").replace_strict(OF_PAYER, return_dtype=pl.Int64)
        * pl.col("amount_evidence").replace_strict(OF_AMOUNT, return_dtype=pl.Int64) // 10_000
        - pl.min_horizontal("rivals", RIVALS_MAX) * OF_RIVAL
    )
    judged = rivals.join(permitted, on=key, how="left", maintain_order="left").with_columns(likely.alias("likelihood"))
    alone = pl.col("rivals") == 0
    return judged.with_columns(
        pl.when(alone).then(pl.coalesce("permission", "likelihood")).otherwise("likelihood").alias("confidence"),
        (alone & pl.col("permission").is_not_null()).alias("granted"),
    ).drop("permission")


def name_of(rule: str, payer_evidence: str, amount_evidence: str) -> str:
    """A stratum's name in policies and reports."""
    return f"{rule}/{payer_evidence}/{amount_evidence}"


def names() -> list[str]:
    """The strata that `STRATA` lets post, by name, sorted."""
    return sorted({name_of(rule, payer, amount) for each in STRATA for rule in each.rules for payer in each.payer for amount in each.amount})


def may_post(policy: Policy, rule: str, payer_evidence: str, amount_evidence: str) -> bool:
    """Whether the policy leaves the stratum open; the beginning of a name up to a slash names all strata that begin so."""
    name = name_of(rule, payer_evidence, amount_evidence)

    def fits(patterns: tuple[str, ...]) -> bool:
        return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}/*") for pattern in patterns)

    listed = policy.unattended_rules is None or rule in policy.unattended_rules
    return listed and (not policy.open_strata or fits(policy.open_strata)) and not fits(policy.closed_strata)


def _permissions(policy: Policy) -> pl.DataFrame:
    """rule, payer_evidence, amount_evidence, permission: the strata one by one, as far as the policy allows them."""
    rows = [
        (rule, payer, amount, stratum.confidence)
        for stratum in STRATA for rule in sorted(stratum.rules) for payer in sorted(stratum.payer) for amount in sorted(stratum.amount)
        if (policy.post_deductions or amount != stated_amounts.DEDUCTION) and may_post(policy, rule, payer, amount)
    ]
    schema = {"rule": pl.String, "payer_evidence": pl.String, "amount_evidence": pl.String, "permission": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")
