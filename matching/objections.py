"""What a receipt says that keeps its answers from being granted, or takes answers from it: numbers that nobody has, items that are paid
already, texts that take an invoice back, and money that may be meant for something else.
"""

from __future__ import annotations

import polars as pl

from matching import agreement, amounts, certainty, hearing, near_references, numbers, references, stages, unnamed
from matching.books import Books, with_items_of
from matching.hearing import Heard
from matching.stages import Stage

LEAVING = (amounts.OVER, amounts.REST)
"""Evidence of amounts that leave money over."""


def missed(referred: Stage, heard: Heard, books: Books) -> pl.DataFrame:
    """The receipts that name a number which ought to be there and is not; looked for where the answer is not already complete."""
    complete = referred.answers.filter(pl.col("granted") & ~pl.col("amount_evidence").is_in(LEAVING)).select("r").unique()
    groups = heard.groups.join(complete, on="r", how="anti")
    return references.unresolved(groups, meant(heard.text_hits), books.receipts.join(complete, on="r", how="anti"), heard.index)


def held_back(referred: Stage, unresolved: pl.DataFrame, withheld_from: pl.DataFrame, heard: Heard, books: Books) -> Stage:
    """An item is not paid in full and the rest left over where the rest is for something else that the payer named, or makes another
    item, or where the whole amount, or an item and the rest, are that of another item, or where what was said may mean something else as well. Nothing
    is rounded to an item where another has the amount to the cent. No item that a text names is paid where the text says what is not paid,
    nor another customer's beside the payer's own where one of the payer's is open with the same amount: one digit may be wrong."""
    more = referred.answers.filter((pl.col("rule") == certainty.WITH_MORE) | (pl.len().over("r") > 1)).select("r")
    rounded = pl.col("amount_evidence") == amounts.ROUNDING
    same = _amounts_of_others(referred, referred.answers.filter(pl.col("amount_evidence").is_in(LEAVING) | rounded), books)
    other_use = pl.concat([unresolved, more, same]).unique()
    over = pl.col("amount_evidence").is_in(LEAVING) & pl.col("r").is_in(other_use["r"].implode())
    refused = (pl.col("rule") != certainty.ADVICE) & pl.col("r").is_in(withheld_from["r"].implode())
    beside = rounded & pl.col("r").is_in(same["r"].implode())
    doubled = (pl.col("payer_evidence") == certainty.AGENT) & pl.col("r").is_in(_own_alike(referred, heard, books)["r"].implode())
    return Stage(stages.as_suggestions(referred.answers, over | beside | refused | doubled), referred.lines)


def _amounts_of_others(referred: Stage, which: pl.DataFrame, books: Books) -> pl.DataFrame:
    """R of the receipts with an answer among `which` whose whole money, or what pays one item together with what is left over, is just what
    another item of that customer is open with."""
    items = books.items.select("i", "c", "currency")
    paid = referred.lines.join(which.select("r", "a"), on=["r", "a"]).join(books.receipts.select("r", "amount"), on="r").join(items, on="i")
    rest = pl.col("amount") - pl.col("applied").sum().over("r", "a")
    ways = [paid.select("r", "a", "c", "currency", money.alias("open")) for money in (pl.col("amount"), pl.col("applied") + rest)]
    others = with_items_of(pl.concat(ways), books)
    return others.join(paid, left_on=["r", "a", "other"], right_on=["r", "a", "i"], how="anti").select("r").unique()


def _own_alike(referred: Stage, heard: Heard, books: Books) -> pl.DataFrame:
    """R of the receipts with an answer that pays others' items, one of them of the amount of a further item of the payer."""
    agents = referred.answers.filter(pl.col("granted") & (pl.col("payer_evidence") == certainty.AGENT)).select("r", "a")
    paid = referred.lines.join(agents, on=["r", "a"], how="semi").select("r", "a", "i").join(books.items.select("i", "c", "currency", "open"), on="i")
    payers = stages.sole_payers(heard.candidates).select("r", "c")
    others = paid.rename({"c": "owner"}).join(payers, on="r").filter(pl.col("c") != pl.col("owner"))
    own = with_items_of(others, books)
    return own.join(paid, left_on=["r", "a", "other"], right_on=["r", "a", "i"], how="anti").select("r").unique()


def still_open(referred: Stage, posted: pl.DataFrame) -> tuple[Stage, pl.DataFrame]:
    """The answers none of whose items (i) are `posted`; and r, fits: the receipts that named an item of their own customer which another
    receipt has paid, and whether the amount is that item's."""
    waiting, lines = referred.answers, referred.lines
    void = lines.join(posted, on="i", how="semi").select("r", "a").unique()
    settled = pl.col("amount_evidence").is_in(sorted(certainty.SETTLED | certainty.WRITTEN_OFF))
    named = (pl.col("payer_evidence") != "contradicted") & ~pl.col("rule").is_in([certainty.WITH_MORE, certainty.MEANT])
    taken = waiting.join(void, on=["r", "a"], how="semi").filter(named)
    fits = taken.group_by("r").agg(settled.any().alias("fits")).sort("r")
    return Stage(waiting.join(void, on=["r", "a"], how="anti"), lines.join(void, on=["r", "a"], how="anti")), fits


def named_closed(rest: pl.DataFrame, closed: numbers.Numbers, heard: Heard, books: Books) -> pl.DataFrame:
    """r, i, c, fits: the closed items that the receipts name where nothing open has the number, whose they are, and whether the amount is theirs."""
    groups = heard.groups.join(rest, on="r", how="semi").join(references.groups_hit(meant(heard.text_hits)), on="g", how="anti")
    lines = books.remittance.join(rest, on="r", how="semi")
    receipts = books.receipts.join(rest, on="r", how="semi")
    hits = pl.concat([
        references.in_text(groups, closed, heard.candidates), references.in_words(receipts, closed),
        references.in_lines(lines, closed, heard.candidates).join(heard.line_hits.select("m"), on="m", how="anti"),
    ])
    loud = (pl.col("grade") >= agreement.ALIKE) | ((pl.col("grade") == agreement.SILENT) & (pl.col("strength") >= references.DIGITS))
    worth = books.closed.with_row_index("i").select("i", pl.col("amount").alias("closed"))
    priced = hearing.graded(hits, heard, books).filter(loud).join(worth, on="i").join(receipts.select("r", "amount"), on="r")
    return priced.select("r", "i", "c", near_references.paid_with(pl.col("amount"), pl.col("closed")).alias("fits"))


def without_substitutes(referred: Stage, no_longer: pl.DataFrame) -> Stage:
    """The stage without items that the payer did not name, for receipts whose further money is for an item that is closed."""
    substitute = (pl.col("rule") == certainty.WITH_MORE) & pl.col("r").is_in(no_longer["r"].implode())
    answers = referred.answers.filter(~substitute)
    return Stage(answers, referred.lines.join(answers, on=["r", "a"], how="semi"))


def without_mere_nearness(stage: Stage, receipts: pl.DataFrame) -> Stage:
    """The stage without the items that only come near the amount, for receipts that say what they are for."""
    kept = ~pl.col("rule").is_in(sorted(unnamed.INEXACT)) | ~pl.col("r").is_in(receipts["r"].implode())
    answers = stage.answers.filter(kept)
    return Stage(answers, stage.lines.join(answers, on=["r", "a"], how="semi"))


def settling(referred: Stage) -> pl.DataFrame:
    """The receipts whose amount is that of what they name, without items that they do not name."""
    named = pl.col("rule") != certainty.WITH_MORE
    return referred.answers.filter(named & pl.col("amount_evidence").is_in(sorted(certainty.SETTLED))).select("r").unique()


def unsettled(waiting: pl.DataFrame, firsts: pl.DataFrame) -> pl.DataFrame:
    """The waiting receipts whose amount is not that of their first answer."""
    return waiting.join(firsts.filter(pl.col("amount_evidence").is_in(sorted(certainty.SETTLED))), on="r", how="anti")


def referring(referred: Stage) -> pl.DataFrame:
    """The receipts that say what they are for, in more than a few digits."""
    return referred.answers.filter(pl.col("rule") != certainty.SHORT).select("r").unique()


def naming(heard: Heard) -> pl.DataFrame:
    """The receipts that name somebody's item in more than a few digits, though it may be any of several items."""
    return heard.text_hits.filter(pl.col("strength") >= references.DIGITS).select("r").unique()


def meant(hits: pl.DataFrame) -> pl.DataFrame:
    """`hits` without the short numbers that are items of others than the payer only: by chance."""
    return hits.filter((pl.col("strength") >= references.DIGITS) | (pl.col("grade") > agreement.CONTRADICTED))
