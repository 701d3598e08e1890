"""In words: proposals with a sentence each, the trail of evidence, and the verdicts, as frames of the schema.

A sentence says who pays which items and how the amount comes out; the trail says it question by question and ends with what spoke
against posting. Sentences are put together by columns, not by rows: a million receipts have theirs in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from matching import certainty, money, reasons, schema
from matching.books import Books
from matching.crew import in_order
from matching.places import nth
from matching.stages import Stage

NUMBERS_MAX = 5
"""So many document numbers are told; the rest is counted."""

WHO: dict[str, str] = {
    "clerk": "{} was named as the payer by a person", "bank_account": "{} pays from this bank account", "name": "the payer's name is exactly {}'s",
    "alias": "the payer's name is one that {} goes by", "name_truncated": "the payer's name is the beginning of {}'s",
    "name_similar": "the payer's name is much like {}'s", "account_number": "the account number is one of {}'s, the bank is not told",
    "name_in_text": "the text has the name of {}", "mentioned": "nobody is known by the name and account given, but the text mentions {}", "customer_number": "the text has the customer number of {}",
    "family": "the payer belongs to one family of companies with {}", "reference": "nothing but the reference points to {}",
    "contradicted": "the payer is somebody else than {}", "agent": "the payer, another customer, names in full what several owe: {}", "disputed": "bank account and name point to different customers, {} is one of them",
    "ambiguous": "several customers fit the payer, {} is one of them", "name_twin": "several customers have names like the payer's, {} is one of them",
    "name_faint": "the payer's name is only a little like {}'s", "none": "nobody is known by the payer's name or account; {} owes this amount",
}
WHAT: dict[str, str] = {
    certainty.ADVICE: "The remittance lines name {}", certainty.STRUCTURED: "The structured reference is that of {}",
    certainty.NUMBER: "The text names {}", certainty.DIGITS: "The text has the digits of {}", certainty.ORDER: "The text names the purchase order of {}",
    certainty.RANGE: "The text names the first and the last of these: {}", certainty.SHORT: "The text has a short or shared number, as {} has", certainty.NEAR: "The text has a number that is nearly that of {}",
    certainty.WITH_CREDIT: "The text names these, and an open credit makes up the difference: {}",
    certainty.WITH_MORE: "The payer names some of these, the rest of the money is another open item: {}",
    certainty.MEANT: "These have the amounts that the remittance lines state, some of them under other numbers: {}",
    certainty.PART: "Of the items that are named these make the amount: {}", "single_item": "One open item has the amount: {}",
    "clear_account": "Everything that is open: {}", "combination": "These open items together have the amount: {}",
    "loose_combination": "Among many other sets these open items have the amount: {}", "nearest_item": "The amount comes near to {}", "remote_item": "No open item has the amount, the nearest is {}",
    "autocash_match": "By the payer's rule set, one open item has the amount: {}",
    "autocash_clear_account": "By the payer's rule set, everything that is open: {}",
    "autocash_past_due": "By the payer's rule set, everything that is past due: {}",
    "autocash_by_term": "By the payer's rule set, what is past due of one payment term: {}",
    "autocash_exclusion": "By the payer's rule set, everything but a few items: {}",
    "autocash_combination": "By the payer's rule set, these open items together have the amount: {}",
    "autocash_oldest_first": "By the payer's rule set, the oldest first: {}",
    "oldest_items": "The oldest items, as this payer is used to pay: {}",
    certainty.ABROAD: "What is named is in another currency: {}", certainty.ABROAD_BY_AMOUNT: "One open item in another currency is worth about the amount: {}",
    "amount_only": "The amount alone points to {}", certainty.ON_ACCOUNT: "No open item is clearly meant{}",
}
HOW_MUCH: dict[str, str] = {
    "exact": "{} is exactly what is open", "net_of_discount": "{} is what is open less the earned discount",
    "rounding": "{} is short of what is open by a rounding difference, which is written off",
    "stated_fee": "{} is short of what is open by the bank fee that the message states, which is written off",
    "stated_deduction": "{} is what the payer's lines come to, with the deductions they itemise",
    "claimed_deduction": "{} is what the payer's lines come to, with a deduction by a number that is not known",
    "credit_deducted": "{} is what the payer's lines come to, with a deduction as large as an open credit",
    "anothers_amount": "{} is what the payer's lines come to, one of which states the amount of another open item than it names",
    "unstated_fee": "{} is short by what a bank on the way may have taken; the difference is written off",
    "told_deduction": "{} is short of what is open by a deduction for which the text gives amount and reason",
    "likely_deduction": "{} is short of what is open by what may be a deduction",
    "late_discount": "{} would be right with a discount that came too late",
    "over": "{} is more than is open; the rest stays unapplied", "with_rest": "{} is more than the payer's lines, which pay their items exactly, come to; the rest stays unapplied", "short": "{} is less than is open", "mismatch": "{} is not what the remittance lines come to",
    "partly_found": "{} covers lines for which nothing was found", "none": "{} is left on account",
} | dict.fromkeys((certainty.EXCHANGED, certainty.EXCHANGED_OVER, certainty.EXCHANGED_PART), "{}")
ANSWER = ["r", "a"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of the receipts."""

    payers: pl.DataFrame  # r, c: who paid, where that is certain
    posted: Stage
    suggested: Stage
    told: pl.DataFrame  # r, reason: the receipts that wait for a person
    withheld: pl.DataFrame  # r, word: those of them whose text takes something back or excepts it, and the word that says so
    differences: pl.DataFrame  # residual.HYPOTHESES: why amounts may not come out
    exchanged: pl.DataFrame  # exchange.SHARES: what suggested lines are in another currency

    def between(self, first: int, last: int) -> Decided:
        """What became of the receipts from `first` to `last`."""
        these = pl.col("r").is_between(first, last)
        posted, suggested = (Stage(stage.answers.filter(these), stage.lines.filter(these)) for stage in (self.posted, self.suggested))
        rest = (frame.filter(these) for frame in (self.told, self.withheld, self.differences, self.exchanged))
        return Decided(self.payers.filter(these), posted, suggested, *rest)


def outcomes(books: Books, decided: Decided, at_once: int) -> Iterator[schema.Outcome]:
    """Everything as the outside wants it, for so many receipts at once, in their order. Items are found by their place: `books` must have all of them."""
    if not books.items["i"].equals(pl.int_range(books.items.height, dtype=pl.UInt32, eager=True), check_dtypes=False, check_names=False):
        raise ValueError("items are missing or out of their order")
    yield from in_order(_outcome, range(0, max(books.receipts.height, 1), at_once), at_once, books, decided)


def _outcome(start: int, at_once: int, everything: Books, all_decided: Decided) -> schema.Outcome:
    """That of the receipts from `start`."""
    books = replace(everything, receipts=everything.receipts.slice(start, at_once))
    decided = all_decided.between(start, start + at_once - 1)
    first = pl.lit(1, pl.Int64).alias("rank")
    posted, suggested, told = decided.posted, decided.suggested, decided.told
    ranked = suggested.answers.sort("r", "confidence", "a", descending=[False, True, False]).with_columns(
        (nth("r") + 1).alias("rank"))
    answers = pl.concat([
        posted.answers.with_columns(first, pl.lit(value=True).alias("unattended")), ranked.with_columns(pl.lit(value=False).alias("unattended")),
    ]).sort("r", "rank")
    lines = pl.concat([posted.lines, suggested.lines])
    worded = _worded(answers, lines, books, decided).join(told, on="r", how="left", maintain_order="left")
    keys = books.receipts.select("r", "receipt_id")
    proposals = worded.with_columns(_sentence().alias("explanation")).join(keys, on="r", maintain_order="left")
    return schema.Outcome(
        proposals=proposals.select(list(schema.PROPOSALS)),
        lines=_lines(lines, answers, decided.exchanged, books),
        evidence=_evidence(worded, decided, keys),
        verdicts=_verdicts(worded, told, decided.payers, books),
    )


def _lines(lines: pl.DataFrame, answers: pl.DataFrame, exchanged: pl.DataFrame, books: Books) -> pl.DataFrame:
    ranked = lines.join(answers.select("r", "a", "rank"), on=ANSWER).join(exchanged.drop("words"), on=["r", "a", "i"], how="left")
    named = ranked.with_columns(books.items["item_id"].gather(ranked["i"]))  # items stand in order of `i` here
    return named.join(books.receipts.select("r", "receipt_id"), on="r").sort("r", "rank", "i", nulls_last=True).select(
        "receipt_id", "rank", "item_id", pl.col("applied").alias("applied_minor"), pl.col("discount").alias("discount_minor"),
        pl.col("deduction").alias("deduction_minor"), pl.col("reason").alias("deduction_reason"), pl.col("write_off").alias("write_off_minor"),
        "item_minor", pl.col("rate").fill_null(""),
    )


def _worded(answers: pl.DataFrame, lines: pl.DataFrame, books: Books, decided: Decided) -> pl.DataFrame:
    """The answers with `customer_id`, and the three phrases `who`, `what` and `how_much`."""
    paid = lines.select("r", "a", "i").drop_nulls("i").sort("r", "a", "i")
    numbers = paid.with_columns(books.items["document_number"].gather(paid["i"])).group_by(ANSWER).agg(
        pl.col("document_number").head(NUMBERS_MAX).implode().list.join(", ").first().alias("numbers"), pl.len().alias("count"))
    more = pl.when(pl.col("count") > NUMBERS_MAX).then(pl.format("{} and {} more", "numbers", pl.col("count") - NUMBERS_MAX)).otherwise("numbers")
    payer = decided.payers.rename({"c": "payer"})
    exchanged = decided.exchanged.select("r", "a", "words").unique(ANSWER)
    owner = books.customers.select("c", "customer_id", pl.coalesce(pl.col("name"), pl.col("customer_id")).alias("customer"))
    receipts = books.receipts.select("r", money.as_text(pl.col("amount"), pl.col("currency")).alias("money"))
    told = (
        answers.join(numbers, on=ANSWER, how="left").join(payer, on="r", how="left")
        .with_columns(pl.coalesce("c", "payer").alias("c"))
        .join(owner, on="c", how="left").join(receipts, on="r").join(exchanged, on=ANSWER, how="left").sort("r", "rank")
    )
    name = pl.coalesce(pl.col("customer"), pl.lit("the customers"))
    return told.with_columns(
        _phrase("payer_evidence", WHO, name).alias("who"), _phrase("rule", WHAT, pl.coalesce(more, pl.lit(""))).alias("what"),
        _phrase("amount_evidence", HOW_MUCH, pl.coalesce("words", "money")).alias("how_much"),
    )


def _phrase(column: str, phrases: dict[str, str], filling: pl.Expr) -> pl.Expr:
    """The phrase for the code in `column`, with `filling` at its braces."""
    before = {code: phrase.partition("{}")[0] for code, phrase in phrases.items()}
    behind = {code: phrase.partition("{}")[2] for code, phrase in phrases.items()}
    code = pl.col(column)
    return pl.concat_str(code.replace_strict(before, return_dtype=pl.String), filling, code.replace_strict(behind, return_dtype=pl.String))


def _sentence() -> pl.Expr:
    """Items, amount, payer, and what speaks against."""
    rivals = pl.when(pl.col("rivals") == 1).then(pl.lit("; one other answer is as good")).when(pl.col("rivals") > 1).then(
        pl.format("; {} other answers are as good", "rivals")).otherwise(pl.lit(""))
    against = pl.when(pl.col("reason").is_null()).then(pl.lit("")).otherwise(
        pl.concat_str(pl.lit(" For a person: "), pl.col("reason").replace_strict(schema.REASONS, default="", return_dtype=pl.String), pl.lit(".")))
    return pl.concat_str("what", pl.lit("; "), "how_much", pl.lit("; "), "who", rivals, pl.lit("."), against)


def _evidence(worded: pl.DataFrame, decided: Decided, keys: pl.DataFrame) -> pl.DataFrame:
    """Who, what and how much of the first answer, the word that forbids to post it, and what may explain the difference; then, where a person
    must decide, why."""
    first = worded.filter(pl.col("rank") == 1)
    known = pl.col("payer_evidence").is_in(sorted(certainty.AGREEING))
    against = pl.col("payer_evidence").is_in(["contradicted", "disputed", "ambiguous", "name_twin", "none"])
    settled = pl.col("amount_evidence").is_in(sorted(certainty.SETTLED | certainty.WRITTEN_OFF | {"stated_deduction", certainty.EXCHANGED}))
    undecided = pl.col("amount_evidence") == certainty.UNDECIDED
    rows = [
        _step(first.filter(pl.col("payer_evidence") != "reference"), 1, "who", pl.when(known).then(pl.lit("for")).when(against).then(pl.lit("against"))
              .otherwise(pl.lit("neutral")), "who"),
        _step(first, 2, "what", pl.when(pl.col("rule").is_in(sorted(reasons.BY_REFERENCE))).then(pl.lit("for")).otherwise(pl.lit("neutral")), "what"),
        _step(first, 3, "how_much", pl.when(settled).then(pl.lit("for")).when(undecided).then(pl.lit("neutral")).otherwise(pl.lit("against")), "how_much"),
        _step(first.filter(pl.col("rivals") > 0).with_columns(pl.format("answers that are as good: {}", "rivals").alias("finding")), 4, "how_sure",
              pl.lit("against"), "finding"),
        _step(decided.withheld.sort("r").with_columns(_withheld().alias("finding")), 4, "how_sure", pl.lit("against"), "finding"),
    ]
    guesses = decided.differences.sort("r", "rank").select(
        "r", pl.lit(4, pl.Int64).alias("step"), pl.lit("difference").alias("question"), pl.lit("neutral").alias("speaks"), "finding")
    why = decided.told.with_columns(pl.col("reason").replace_strict(schema.REASONS, default="", return_dtype=pl.String).alias("finding"))
    contested = pl.when(pl.col("reason") == "contested_item").then(pl.lit("together")).otherwise(pl.lit("how_sure"))
    last = why.select("r", pl.lit(5, pl.Int64).alias("step"), contested.alias("question"), pl.lit("against").alias("speaks"), "finding")
    trail = pl.concat([*rows, guesses, last]).sort("r", "step", maintain_order=True).join(keys, on="r", maintain_order="left")
    return trail.with_columns((nth("r") + 1).alias("step"), _as_sentence(pl.col("finding")).alias("finding")).select(
        list(schema.EVIDENCE))


def _withheld() -> pl.Expr:
    return pl.format('the text says "{}": what it names may be just what is not paid', pl.col("word").str.to_lowercase())


def _step(answers: pl.DataFrame, step: int, question: str, speaks: pl.Expr, finding: str) -> pl.DataFrame:
    return answers.select(
        "r", pl.lit(step, pl.Int64).alias("step"), pl.lit(question).alias("question"), speaks.alias("speaks"), pl.col(finding).alias("finding"),
    )


def _as_sentence(text: pl.Expr) -> pl.Expr:
    return pl.concat_str(text.str.head(1).str.to_uppercase(), text.str.slice(1), pl.lit("."))


def _verdicts(worded: pl.DataFrame, told: pl.DataFrame, payers: pl.DataFrame, books: Books) -> pl.DataFrame:
    """One row for each receipt: its reason, and who paid where that is certain."""
    payer = payers.rename({"c": "payer"})
    sure = (pl.col("unattended") | (pl.col("rule").is_in(sorted(certainty.EXPLICIT)) & pl.col("payer_evidence").is_in(sorted(certainty.AGREEING))))
    by_item = worded.filter((pl.col("rank") == 1) & sure).select("r", pl.col("c").alias("owner"))
    ids = books.customers.select("c", "customer_id")
    return (
        books.receipts.select("r", "receipt_id").join(told, on="r", how="left").join(payer, on="r", how="left").join(by_item, on="r", how="left")
        .with_columns(pl.coalesce("payer", "owner").alias("c")).join(ids, on="c", how="left").sort("r")
        .select("receipt_id", pl.col("reason").fill_null(""), "customer_id")
    )
