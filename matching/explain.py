"""In words: proposals with a sentence each, what else was found, and the verdicts, as frames of the schema.

A sentence says who pays which items and how the amount comes out. With it comes how long its phrases are: `steps` takes them from it again where
somebody asks. Sentences are put together by columns, not by rows: a million receipts have theirs in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from matching import certainty, money, schema
from matching.books import Books
from matching.crew import in_order
from matching.places import nth
from matching.stages import Stage
from matching.steps import BETWEEN

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
    keys = books.receipts.select("r", "receipt_id")
    answers = pl.concat([
        posted.answers.with_columns(first, pl.lit(value=True).alias("unattended")), ranked.with_columns(pl.lit(value=False).alias("unattended")),
    ]).sort("r", "rank").join(keys, on="r", maintain_order="left").with_row_index("answer")
    lines = _by_answer(pl.concat([posted.lines, suggested.lines]), answers, books)
    worded = _worded(answers, lines, books, decided).join(told, on="r", how="left", maintain_order="left")
    proposals = worded.with_columns(_sentence().alias("explanation"), *_lengths())
    return schema.Outcome(
        proposals=proposals.select(list(schema.PROPOSALS)),
        lines=_lines(lines, decided.exchanged, books),
        evidence=_evidence(decided, keys),
        verdicts=_verdicts(worded, told, decided.payers, books),
    )


def _by_answer(lines: pl.DataFrame, answers: pl.DataFrame, books: Books) -> pl.DataFrame:
    """The lines with `answer`, `rank` and `receipt_id` of their answers, in the order of these; each answer's in that of its items, money on account
    last. They are sorted by one number, since two columns take many times as long."""
    last = books.items.height
    place = pl.col("answer").cast(pl.Int64) * (last + 1) + pl.col("i").fill_null(last)
    return lines.join(answers.select(*ANSWER, "answer", "rank", "receipt_id"), on=ANSWER).sort(place).with_columns(pl.col("answer").set_sorted())


def _lines(lines: pl.DataFrame, exchanged: pl.DataFrame, books: Books) -> pl.DataFrame:
    named = lines.with_columns(books.items["item_id"].gather(lines["i"]))  # items stand in order of `i` here
    return named.join(exchanged.drop("words"), on=["r", "a", "i"], how="left", maintain_order="left").select(
        "receipt_id", "rank", "item_id", pl.col("applied").alias("applied_minor"), pl.col("discount").alias("discount_minor"),
        pl.col("deduction").alias("deduction_minor"), pl.col("reason").alias("deduction_reason"), pl.col("write_off").alias("write_off_minor"),
        "item_minor", pl.col("rate").fill_null(""),
    )


def _worded(answers: pl.DataFrame, lines: pl.DataFrame, books: Books, decided: Decided) -> pl.DataFrame:
    """The answers with `customer_id`, and the three phrases `who`, `what` and `how_much`."""
    paid = lines.select("answer", "i").drop_nulls("i")
    numbers = paid.with_columns(books.items["document_number"].gather(paid["i"])).group_by("answer").agg(
        pl.col("document_number").head(NUMBERS_MAX).implode().list.join(", ").first().alias("numbers"), pl.len().alias("count"))
    more = pl.when(pl.col("count") > NUMBERS_MAX).then(pl.format("{} and {} more", "numbers", pl.col("count") - NUMBERS_MAX)).otherwise("numbers")
    payer = decided.payers.rename({"c": "payer"})
    exchanged = decided.exchanged.select("r", "a", "words").unique(ANSWER)
    owner = books.customers.select("c", "customer_id", pl.coalesce(pl.col("name"), pl.col("customer_id")).alias("customer"))
    receipts = books.receipts.select("r", money.as_text(pl.col("amount"), pl.col("currency")).alias("money"))
    told = answers
    for beside, key in ((numbers, ["answer"]), (payer, ["r"]), (receipts, ["r"]), (exchanged, ANSWER)):
        told = told.join(beside, on=key, how="left", maintain_order="left")
    told = told.with_columns(pl.coalesce("c", "payer").alias("c")).join(owner, on="c", how="left", maintain_order="left")
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
    between = pl.lit(BETWEEN)
    return pl.concat_str("what", between, "how_much", between, "who", rivals, pl.lit("."), against)


def _lengths() -> list[pl.Expr]:
    return [pl.col(phrase).str.len_chars().cast(pl.Int64).alias(f"{phrase}_chars") for phrase in ("what", "how_much", "who")]


def _evidence(decided: Decided, keys: pl.DataFrame) -> pl.DataFrame:
    """What was found beside the first answer: the word that forbids to post it, and what may explain the difference; then, where a person must
    decide, why."""
    why = pl.col("reason").replace_strict(schema.REASONS, default="", return_dtype=pl.String)
    contested = pl.when(pl.col("reason") == "contested_item").then(pl.lit("together")).otherwise(pl.lit("how_sure"))
    against = pl.lit("against").alias("speaks")
    found = [
        decided.withheld.sort("r").select("r", pl.lit("how_sure").alias("question"), against, _withheld().alias("finding")),
        decided.differences.sort("r", "rank").select("r", pl.lit("difference").alias("question"), pl.lit("neutral").alias("speaks"), "finding"),
        decided.told.select("r", contested.alias("question"), against, why.alias("finding")),
    ]
    told = pl.concat(found).sort("r", maintain_order=True).join(keys, on="r", maintain_order="left")
    return told.with_columns((nth("r") + 1).alias("step"), _as_sentence(pl.col("finding")).alias("finding")).select(list(schema.EVIDENCE))


def _withheld() -> pl.Expr:
    return pl.format('the text says "{}": what it names may be just what is not paid', pl.col("word").str.to_lowercase())


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
