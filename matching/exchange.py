"""Money that pays items in another currency: what it is worth there at the rate of its day, and what that suggests.

What is named in another currency (a text, an advice) is one answer for each customer:

    exchanged        what came is worth what is open, but for the bank's share: it pays all of it
    exchanged_over   it is worth more: all is paid, the rest of the money stays unapplied
    exchanged_part   it is worth less than the one item that is named: a part of it is paid

Where nothing is named, a single item of the payer in another currency is an answer if what came is worth it (`exchanged`). A person decides all of
them. The rate is that of the receipt's day or of the latest day before it, not older than the policy allows; of two currencies that are both quoted in
the base currency the rates are divided. A rate has at most `PLACES` decimals, and an amount is its product with the rate as written, half a minor unit
rounded up: whoever knows both can do the sum again.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl

from matching import amounts, certainty, money
from matching.books import Books
from matching.places import nth
from matching.residual import HYPOTHESES, TOLD_MAX
from matching.schema import Exchange
from matching.stages import ANSWERS, UNJUDGED, Stage

PLACES = 10
SHOWN_PLACES = 4
"""Rates are written with so many decimals at least."""
RATE_MAX = 10**8
"""A rate as high is a slip of the key: it counts for none. Below it no product of an amount and a rate leaves 128 bits."""
AMOUNT_MAX = 10**15
EXCHANGE_FROM = 5000
SHARES = {"r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32, "item_minor": pl.Int64, "rate": pl.String, "words": pl.String}
"""What a line's item is reduced by in its own currency, at which rate, and in words what the whole answer comes to."""
_SCALE = 10**PLACES
_KEY = ["currency", "theirs", "date"]


class Rate(NamedTuple):
    """What one unit of a currency is worth in units of another, in parts of 10^-PLACES, and since which day."""

    parts: int
    since: dt.date

    def __str__(self) -> str:
        """As decimal text: `1.0870`."""
        whole, part = divmod(self.parts, _SCALE)
        return f"{whole}.{f'{part:0{PLACES}}'.rstrip('0').ljust(SHOWN_PLACES, '0')}"

    def worth(self, amount_minor: int, currency: str, theirs: str) -> int:
        """The amount in the other currency's minor units."""
        worth: int = money.half_up(amount_minor * self.parts * 10**money.digits(theirs), _SCALE * 10**money.digits(currency))
        return worth


def rate(exchange: Exchange, currency: str, theirs: str, date: dt.date | None) -> Rate | None:
    """The latest rate of the day or before it that quotes both currencies; None where there is none, or it is too old."""
    latest = _latest(exchange, currency, theirs, date)
    return latest if latest is not None and date is not None and (date - latest.since).days <= exchange.days else None


def missing(exchange: Exchange, currency: str, theirs: str, date: dt.date | None) -> str:
    """Why there is no rate, in words."""
    latest = _latest(exchange, currency, theirs, date)
    if latest is None or date is None:
        return f"no rate from {currency} to {theirs} is known for {date or 'a payment without a date'}"
    return f"the last rate from {currency} to {theirs} is of {latest.since}, {(date - latest.since).days} days before"


def settles(exchange: Exchange, worth_minor: int, open_minor: int) -> bool:
    """Whether money of that worth pays an item of that amount, but for the bank's share."""
    return abs(worth_minor - open_minor) * 1000 <= abs(open_minor) * exchange.spread_permille


def _latest(exchange: Exchange, currency: str, theirs: str, date: dt.date | None) -> Rate | None:
    quoted = [told for told in exchange.rates if date is not None and told.since <= date and {currency, theirs} <= told.millionths.keys()]
    if not quoted:
        return None
    table = max(quoted, key=lambda told: told.since)
    parts = money.half_up(table.millionths[currency] * _SCALE, table.millionths[theirs])
    return Rate(parts, table.since) if 0 < parts < RATE_MAX * _SCALE else None


class Suggested(NamedTuple):
    """Answers with their lines in the receipts' currency, SHARES in the items', and HYPOTHESES for what is named and makes no answer."""

    stage: Stage
    shares: pl.DataFrame
    differences: pl.DataFrame


def suggested(waiting: pl.DataFrame, payers: pl.DataFrame, foreign: pl.DataFrame, books: Books) -> Suggested:
    """What `waiting` receipts (r) may pay in other currencies: what they name (`foreign`: hearing.GRADED), else items of their payers
    (`payers`: customers.CANDIDATES, one for each receipt)."""
    members = _members(waiting, payers, foreign, books)
    priced = _priced(members, books.policy.exchange)
    answers = _nearest(priced.filter(pl.col("amount_evidence") != ""), books.policy.proposals)
    judged = certainty.judge(answers.with_columns(pl.lit(0, pl.Int64).alias("rivals")).select(list(UNJUDGED)), books.policy)
    lines = _lines(members.select("r", "set", "i", "open").join(answers.drop("open"), on=["r", "set"]))
    unanswered = priced.filter((pl.col("rule") == certainty.ABROAD) & (pl.col("amount_evidence") == ""))
    return Suggested(Stage(judged.select(list(ANSWERS)), lines.select(list(amounts.LINES))), lines.select(list(SHARES)), _differences(unanswered))


def _members(waiting: pl.DataFrame, payers: pl.DataFrame, foreign: pl.DataFrame, books: Books) -> pl.DataFrame:
    """The items that belong together (r, set), with the receipt's money and the items'.

    What a receipt names of one customer in one currency is a set; where a number is that of several items each of them is one, and so is each item of a
    payer who names nothing in another currency.
    """
    receipts = books.receipts.select("r", "currency", "amount", "date").join(waiting, on="r", how="semi")
    items = books.items.select("i", "open", "document_number", pl.col("currency").alias("theirs"))
    named = receipts.join(foreign.select("r", "m", "i", "c", "payer_evidence"), on="r").join(items, on="i")
    together = ["r", "c", "theirs"]
    shared = pl.col("i").n_unique().over(together) > pl.col("m").n_unique().over(together)
    named = named.with_columns(pl.when(shared).then("i").otherwise(pl.col("i").min().over(together)).alias("set"), pl.lit(certainty.ABROAD).alias("rule"))
    silent = receipts.join(named, on="r", how="anti").join(payers.select("r", "c", pl.col("evidence").alias("payer_evidence")), on="r")
    owed = silent.join(items.join(books.items.select("i", "c"), on="i"), on="c").filter((pl.col("theirs") != pl.col("currency")) & (pl.col("open") > 0))
    single = owed.with_columns(pl.col("i").alias("set"), pl.lit(certainty.ABROAD_BY_AMOUNT).alias("rule"))
    columns = named.drop("m").columns
    return pl.concat([named.select(columns), single.select(columns)]).unique(["r", "i"]).sort("r", "i")


def _priced(members: pl.DataFrame, exchange: Exchange) -> pl.DataFrame:
    """The sets with the rate of the day (or, in `missing`, why there is none), what the money is worth there (`worth`), what of it the items need
    (`needed`), and the evidence of the amount, "" where there is none."""
    sets = members.group_by("r", "set", maintain_order=True).agg(
        pl.first("c", "currency", "theirs", "amount", "date", "payer_evidence", "rule"), pl.sum("open"), pl.len().alias("items"),
        pl.col("document_number").implode().list.join(", ").first().alias("numbers"))
    priced = sets.join(_rates(sets.select(_KEY).unique().sort(_KEY), exchange), on=_KEY, how="left", nulls_equal=True, maintain_order="left")
    amount, wanted, parts = (pl.col(name).cast(pl.Int128) for name in ("amount", "open", "parts"))
    own, other = (pl.lit(10, pl.Int64).pow(money.minor_digits(pl.col(code))).cast(pl.Int128) for code in ("currency", "theirs"))
    weighed = priced.with_columns(
        money.half_up(amount * parts * other, own * _SCALE).alias("worth"), money.half_up(wanted * own * _SCALE, parts * other).alias("needed"))
    worth, owed = pl.col("worth"), pl.col("open")
    named = pl.col("rule") == certainty.ABROAD
    evidence = (
        pl.when(pl.col("rate").is_null() | (owed <= 0) | ~worth.is_between(1, AMOUNT_MAX)).then(pl.lit(""))
        .when((worth - owed).abs() * 1000 <= owed * exchange.spread_permille).then(pl.lit(certainty.EXCHANGED))
        .when(named & (worth > owed)).then(pl.lit(certainty.EXCHANGED_OVER))
        .when(named & (pl.col("items") == 1)).then(pl.lit(certainty.EXCHANGED_PART)).otherwise(pl.lit(""))
    )
    return weighed.with_columns(evidence.alias("amount_evidence"), (worth - owed).abs().alias("off"))


def _rates(keys: pl.DataFrame, exchange: Exchange) -> pl.DataFrame:
    """The rate of each pair of currencies on its day."""
    rows = []
    for currency, theirs, date in keys.iter_rows():
        found = rate(exchange, currency, theirs, date)
        told = (found.parts, str(found), found.since, None) if found else (None, None, None, missing(exchange, currency, theirs, date))
        rows.append((currency, theirs, date, *told))
    return pl.DataFrame(rows, orient="row", schema={
        "currency": pl.String, "theirs": pl.String, "date": pl.Date, "parts": pl.Int128, "rate": pl.String, "since": pl.Date, "missing": pl.String})


def _nearest(answers: pl.DataFrame, most: int) -> pl.DataFrame:
    """The nearest answers of each receipt, numbered, and in words what they come to."""
    ranked = answers.sort("r", "off", "set").with_columns(nth("r").alias("turn")).filter(pl.col("turn") < most)
    left = pl.col("amount_evidence").replace_strict({certainty.EXCHANGED_OVER: "; the rest of the money stays unapplied"}, default="", return_dtype=pl.String)
    words = pl.concat_str(_in_words(), pl.lit(", and "), money.as_text(pl.col("open"), pl.col("theirs")), pl.lit(" is open"), left)
    return ranked.with_columns((pl.col("turn") + EXCHANGE_FROM).cast(pl.UInt32).alias("a"), words.alias("words"))


def _lines(placed: pl.DataFrame) -> pl.DataFrame:
    """The money over the items in proportion to what is open, to the last minor unit."""
    part = pl.col("amount_evidence") == certainty.EXCHANGED_PART
    amount = pl.col("amount").cast(pl.Int128)
    used = pl.when(pl.col("amount_evidence") == certainty.EXCHANGED_OVER).then(pl.min_horizontal("needed", amount)).otherwise(amount)
    owed = pl.col("open").cast(pl.Int128)
    ordered = placed.sort("r", "a", "i").with_columns(
        used.alias("used"), owed.cum_sum().over("r", "a").alias("up_to"), owed.sum().over("r", "a").alias("total"))
    until, before = (pl.col("used") * reached // pl.col("total") for reached in (pl.col("up_to"), pl.col("up_to") - owed))
    nil = pl.lit(0, pl.Int64)
    return ordered.with_columns(
        (until - before).cast(pl.Int64).alias("applied"), pl.when(part).then("worth").otherwise("open").cast(pl.Int64).alias("item_minor"),
        nil.alias("discount"), nil.alias("deduction"), pl.lit("").alias("reason"), nil.alias("write_off"))


def _differences(unanswered: pl.DataFrame) -> pl.DataFrame:
    """Of what is named and makes no answer what the money is worth beside it, or why nobody knows."""
    wanted = money.as_text(pl.col("open"), pl.col("theirs"))
    finding = pl.when(pl.col("missing").is_null()).then(pl.format("{}; of {} {} is open", _in_words(), "numbers", wanted)).otherwise(
        pl.format("of {} {} is open; {}", "numbers", wanted, "missing"))
    told = unanswered.sort("r", "off", "set", nulls_last=True).select(
        "r", (nth("r") + 1).alias("rank"), pl.lit("other_currency").alias("hypothesis"), finding.alias("finding"))
    return told.filter(pl.col("rank") <= TOLD_MAX).select(list(HYPOTHESES))


def _in_words() -> pl.Expr:
    """`EUR 920.00 at 1.0870 of 2026-11-20 is USD 1000.04`."""
    came, worth = money.as_text(pl.col("amount"), pl.col("currency")), money.as_text(pl.col("worth"), pl.col("theirs"))
    return pl.format("{} at {} of {} is {}", came, "rate", "since", worth)
