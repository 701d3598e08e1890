"""The answers that references give: which items the mentions of a receipt mean together.

Where a mention has one item the answer is plain. A purchase order means any of its items, a number that several items bear means
one of them: then the sets that make the amount are looked for. The weaker mentions join the strong ones only as a further answer,
since a chance number must not spoil what the payer said clearly.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice, product
from typing import NamedTuple

import numpy as np
import polars as pl

from matching import amounts, combine, normalize, references
from matching.agreement import ALIKE, CONTRADICTED, FAMILY, SILENT
from matching.books import Books
from matching.places import nth

MEMBERS = {
    "r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32, "c": pl.UInt32, "source": pl.String, "strength": pl.Int8, "grade": pl.Int8,
    "payer_evidence": pl.String,
}
CHOICES_MAX = 64
ANSWERS_MAX = 6
PARTS_FROM, RANGE_FROM, MORE_FROM = 16, 31, 32
"""Answers are numbered from here where they leave out named items, take in those between, or others."""
THROUGH = r"[0-9] *(?:-|–|\.\.|THRU|THROUGH|TO|UNTIL|BIS|AU|A) *[A-Z]*[ -]?[0-9]"
RANGE_MAX = 200
"""Numbers further apart are not the ends of a range."""


def answers(hits: pl.DataFrame, books: Books) -> pl.DataFrame:
    """MEMBERS of the answers to `hits` (HITS with grade and payer_evidence), which are in the receipts' own currency."""
    speaking = _one_item_each(_loud_enough(_of_the_payer(hits), books))
    vague = pl.col("r").is_in(speaking.filter(pl.col("m").is_duplicated())["r"].implode())
    hard, plain = speaking.filter(vague), _each_once(speaking.filter(~vague))
    return pl.concat([_by_strength(plain), _by_choice(hard, books)]).select(list(MEMBERS))


def parts(members: pl.DataFrame, books: Books) -> pl.DataFrame:
    """MEMBERS of answers that leave out some of the named items so that the amount is right; for receipts that nothing else settles."""
    widest = members.filter(pl.col("a") == pl.col("a").max().over("r")).filter(pl.len().over("r").is_between(2, combine.SMALL))
    priced = amounts.terms(widest, books).sort("r", "due_date", "i", nulls_last=True)
    named = priced.group_by("r", maintain_order=True).agg(pl.first("amount"), "i", "open", (pl.col("open") - pl.col("earned")).alias("net"))
    receipts, targets, items = (named[column].to_list() for column in ("r", "amount", "i"))
    gross, net = (_sets_making(named[column].to_list(), targets) for column in ("open", "net"))
    rows: list[tuple[int, int, int]] = []
    for r, own, found in zip(receipts, items, map(chain, gross, net), strict=True):
        some = [chosen for chosen in dict.fromkeys(found) if len(chosen) < len(own)]
        for place, chosen in enumerate(some[:ANSWERS_MAX]):
            rows += [(r, PARTS_FROM + place, own[at]) for at in chosen]
    chosen_rows = pl.DataFrame(rows, schema={"r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32}, orient="row")
    return chosen_rows.join(widest.drop("a"), on=["r", "i"]).select(list(MEMBERS))


def ranges(members: pl.DataFrame, books: Books) -> pl.DataFrame:
    """MEMBERS of answers that take all items between the first and the last number that are named: `1001-1005`, `1001 thru 1005`."""
    widest = members.filter((pl.col("a") == pl.col("a").max().over("r")) & (pl.col("c").min().over("r") == pl.col("c").max().over("r")))
    pairs = widest.filter(pl.len().over("r") == 2)
    texts = books.receipts.select("r", "text").join(pairs.select("r").unique(), on="r", how="semi")
    told = texts.filter(normalize.plain(texts["text"]).str.contains(THROUGH)).select("r")
    ends = pairs.join(told, on="r", how="semi").join(books.items.select("i", "document_number"), on="i").with_columns(_last_number().alias("number"))
    spans = ends.group_by("r", "c").agg(
        pl.min("number").alias("low"), pl.max("number").alias("high"), pl.min("strength", "grade"), pl.max("payer_evidence"))
    short = spans.filter(pl.col("high") - pl.col("low") <= RANGE_MAX).join(books.receipts.select("r", "currency", "amount"), on="r")
    owed = books.items.filter(pl.col("c").is_in(short["c"].unique().implode()) & (pl.col("open") > 0))
    items = owed.select("i", "c", "currency", "open", "document_number")
    numbered = short.join(items, on=["c", "currency"]).with_columns(_last_number().alias("number"))
    within = numbered.filter(pl.col("number").is_between(pl.col("low"), pl.col("high")))
    whole = within.filter((pl.col("open").sum().over("r") == pl.col("amount")) & (pl.len().over("r") > 2))
    return whole.with_columns(pl.lit(RANGE_FROM, pl.UInt32).alias("a"), pl.lit("range").alias("source")).select(list(MEMBERS))


def with_more(members: pl.DataFrame, weighed: pl.DataFrame, books: Books) -> pl.DataFrame:
    """MEMBERS of answers that add what the payer did not name and what makes the amount right: an open credit that was netted, or
    further invoices, one only where the customer has very many. `source` of the added items is `credit` or `unnamed`."""
    open_ended = weighed.filter(pl.col("amount_evidence") != amounts.LATE).select("r", "a", "gap")
    named = members.join(open_ended, on=["r", "a"]).join(books.receipts.select("r", "currency"), on="r")
    wanted = named.group_by("r", "a", "c").agg(pl.first("gap", "currency"), pl.min("strength", "grade"), pl.max("payer_evidence"))
    items = books.items.select("i", "c", "currency", "open", "due_date")
    over, short = wanted.filter(pl.col("gap") < 0), wanted.filter(pl.col("gap") > 0)
    netted = short.with_columns((-pl.col("gap")).alias("open")).join(items.filter(pl.col("open") < 0), on=["c", "currency", "open"])
    theirs = items.filter(pl.col("c").is_in(over["c"].unique().implode()))
    few, missing = (pl.len().over("c", "currency") <= combine.RUNS_MAX).alias("few"), over.select(-pl.col("gap"))["gap"].implode()
    others = over.join(theirs.with_columns(few).filter(pl.col("few") | pl.col("open").is_in(missing)), on=["c", "currency"])
    others = others.filter(pl.col("few") | (pl.col("open") == -pl.col("gap"))).join(members.select("r", "a", "i"), on=["r", "a", "i"], how="anti")
    others = others.sort("r", "a", "c", "due_date", "i", nulls_last=True)
    columns = [*MEMBERS, "together"]
    netted = netted.with_columns(pl.lit("credit").alias("source"), pl.col("i").alias("together"))
    added = pl.concat([netted.select(columns), _adding_up(others).select(columns)])
    numbered = added.sort("r", "a", "together", "i").with_columns(
        (pl.struct("a", "together").rank("dense").over("r").cast(pl.UInt32) - 1 + MORE_FROM).alias("more"))
    kept = numbered.filter(pl.col("more") < MORE_FROM + ANSWERS_MAX)
    before = kept.select("r", "a", "more").unique().join(members, on=["r", "a"])
    return pl.concat([frame.with_columns(pl.col("more").alias("a")).select(list(MEMBERS)) for frame in (before, kept)])


def _adding_up(others: pl.DataFrame) -> pl.DataFrame:
    """The sets of `others` (in order of due date) that make what is over; `together` tells the sets apart."""
    lists = others.group_by("r", "a", "c", maintain_order=True).agg(-pl.first("gap"), "i", "open")
    sets = zip(lists["i"].to_list(), _sets_making(lists["open"].to_list(), lists["gap"].to_list()), strict=True)
    rows = [
        (at, items[chosen], at * ANSWERS_MAX + place)
        for at, (items, found) in enumerate(sets) for place, members in enumerate(found[:ANSWERS_MAX]) for chosen in members
    ]
    chosen_rows = pl.DataFrame(rows, schema={"at": pl.UInt32, "i": pl.UInt32, "together": pl.UInt32}, orient="row")
    found = chosen_rows.with_columns(lists.select("r", "a", "c")[chosen_rows["at"]]).drop("at")
    return found.join(others, on=["r", "a", "c", "i"]).with_columns(pl.lit("unnamed").alias("source"))


def _last_number() -> pl.Expr:
    """The last run of digits of a document number, by which numbers follow each other."""
    return normalize.digit_key(pl.col("document_number").str.extract(r"([0-9]+)[^0-9]*$", 1)).cast(pl.Int64, strict=False)


def _of_the_payer(hits: pl.DataFrame) -> pl.DataFrame:
    """Of a mention's items those of the payer, where the payer is one of the customers."""
    best = pl.col("grade").max().over("m")
    several = hits.filter(pl.col("m").is_duplicated())
    return pl.concat([hits.filter(pl.col("m").is_unique()), several.filter((best < ALIKE) | (pl.col("grade") == best))])


def _loud_enough(hits: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Without the chance hits: weak ones with which neither the payer nor the amount agrees, alone or together with the customer's others,
    and those on other customers' items where the payer's own, named in full, make the amount."""
    priced = amounts.terms(hits, books)
    contradicted = priced.filter(pl.col("grade") == CONTRADICTED)["r"].unique()
    asked = priced.filter(pl.col("r").is_in(contradicted.implode()))
    own = asked.filter((pl.col("grade") >= FAMILY) & (pl.col("strength") == references.EXPLICIT)).unique(["r", "i"])
    made = own.group_by("r").agg(pl.sum("open", "earned"), pl.first("amount")).filter(
        (pl.col("open") == pl.col("amount")) | (pl.col("open") - pl.col("earned") == pl.col("amount")))
    priced = priced.filter((pl.col("grade") != CONTRADICTED) | ~pl.col("r").is_in(made["r"].implode()))
    fits = (pl.col("open") == pl.col("amount")) | ((pl.col("earned") > 0) & (pl.col("open") - pl.col("earned") == pl.col("amount")))
    clear = (pl.col("strength") == references.EXPLICIT) | (pl.col("grade") >= ALIKE)
    silent = pl.col("grade") == SILENT
    sums = priced.filter(silent).unique(["r", "i"]).group_by("r", "c").agg(pl.sum("open").alias("sum"))
    added = priced.join(sums, on=["r", "c"], how="left", maintain_order="left")
    fits |= (silent & (pl.col("sum") == pl.col("amount"))).fill_null(value=False)
    return added.filter(clear | ((pl.col("strength") == references.DIGITS) & silent) | fits).select(hits.columns)


def _one_item_each(hits: pl.DataFrame) -> pl.DataFrame:
    """An item named twice counts once, by its strongest mention; a vague mention is dropped where another one names one of its items.

    The number that several items bear is as weak as a few digits. A number in bad shape is no echo of another: where it may mean several
    items, and another number means one of them, it means one of the rest.
    """
    several = pl.col("m").is_duplicated()
    told = hits.with_columns(
        pl.when(several & (pl.col("source") != "po_number")).then(pl.min_horizontal("strength", pl.lit(references.SHORT, pl.Int8)))
        .otherwise("strength").alias("strength"),
        several.alias("vague"),
    )
    vague = told.filter("vague")
    named = told.filter(~pl.col("vague") & pl.col("r").is_in(vague["r"].implode())).select("r", "i").unique()
    rest = vague.filter(pl.col("strength") == references.NEAR).join(named, on=["r", "i"], how="anti")
    echoes = vague.join(named, on=["r", "i"], how="semi")
    apart = pl.col("m").is_in(pl.concat([echoes["m"], rest["m"]]).implode())
    return pl.concat([_each_once(told.filter(~apart)), rest]).drop("vague")


def _each_once(hits: pl.DataFrame) -> pl.DataFrame:
    """Each item of a receipt by its strongest mention."""
    return hits.sort("r", "i", "strength", "m", descending=[False, False, True, False]).filter(nth("r", "i") == 0)


def _by_strength(hits: pl.DataFrame) -> pl.DataFrame:
    """One answer of the explicit mentions, one with those without letters, one with all; each only where it has more to say."""
    tiers = []
    for a, least in enumerate((references.EXPLICIT, references.DIGITS, references.NEAR)):
        tier = hits.filter(pl.col("strength") >= least)
        if a:
            above = references.EXPLICIT if a == 1 else references.DIGITS
            tier = tier.join(hits.filter(pl.col("strength").is_between(least, above - 1)).select("r").unique(), on="r", how="semi")
        tiers.append(tier.with_columns(pl.lit(a, pl.UInt32).alias("a")).select(list(MEMBERS)))
    return pl.concat(tiers)


def _by_choice(hits: pl.DataFrame, books: Books) -> pl.DataFrame:
    """Answers for receipts with vague mentions, one for each choice that makes the amount, else for the first few choices."""
    priced = amounts.terms(hits, books).sort("r", "m", "due_date", "i", nulls_last=True)
    rows: list[tuple[int, int, int]] = []
    named = priced.group_by("r", maintain_order=True).agg(
        pl.first("amount"), "m", "i", "c", "open", (pl.col("open") - pl.col("earned")).alias("net"), pl.col("source") == "po_number")
    for r, *told in named.iter_rows():
        for a, chosen in enumerate(_choices(Said(*told))[:ANSWERS_MAX]):
            rows += [(r, a, i) for i in chosen]
    sets = pl.DataFrame(rows, schema={"r": pl.UInt32, "a": pl.UInt32, "i": pl.UInt32}, orient="row")
    return sets.join(_each_once(hits), on=["r", "i"]).select(list(MEMBERS))


class Said(NamedTuple):
    """What one receipt with vague mentions says: for each hit its mention, item, customer, amounts, and whether it names an order."""

    target: int
    mentions: list[int]
    items: list[int]
    customers: list[int]
    opens: list[int]
    nets: list[int]
    orders: list[bool]


def _choices(said: Said) -> list[tuple[int, ...]]:
    """The sets of items that the mentions of one receipt may mean."""
    opens, nets = dict(zip(said.items, said.opens, strict=True)), dict(zip(said.items, said.nets, strict=True))
    owners = dict(zip(said.items, said.customers, strict=True))
    mentions: dict[int, list[int]] = {}
    for m, i in zip(said.mentions, said.items, strict=True):
        mentions.setdefault(m, []).append(i)
    ordered = {m for m, order in zip(said.mentions, said.orders, strict=True) if order}
    fixed = [meant[0] for m, meant in mentions.items() if len(meant) == 1]
    either = [meant for m, meant in mentions.items() if len(meant) > 1 and m not in ordered]
    orders = [i for m, meant in mentions.items() if len(meant) > 1 and m in ordered for i in meant]
    settling: list[tuple[int, ...]] = []
    others: list[tuple[int, ...]] = []
    for picked in _picks(either, owners):
        base = [*fixed, *picked]
        if len(set(base)) < len(base):
            continue
        for value in (opens, nets):
            rest = said.target - sum(value[i] for i in base)
            if not orders:
                settling += [tuple(base)] if rest == 0 else []
            elif rest > 0:
                found = _sets_making([[value[i] for i in orders]], [rest])[0]
                settling += [(*base, *(orders[at] for at in chosen)) for chosen in found]
        others.append((*base, *orders))
    return list(dict.fromkeys(tuple(sorted(chosen)) for chosen in settling or others))


def _picks(either: list[list[int]], owners: dict[int, int]) -> Iterator[tuple[int, ...]]:
    """One item of each vague mention: first those of one customer, then any, as many as are worth trying."""
    for customer in sorted(set.intersection(*({owners[i] for i in meant} for meant in either))) if either else []:
        yield from islice(product(*([i for i in meant if owners[i] == customer] for meant in either)), CHOICES_MAX)
    yield from islice(product(*either), CHOICES_MAX)


def _sets_making(opens: list[list[int]], targets: list[int]) -> list[list[combine.Chosen]]:
    """For each list of amounts the sets that make its target; lists of one length are looked at together."""
    lengths: dict[int, list[int]] = {}
    for at, amounts_open in enumerate(opens):
        lengths.setdefault(len(amounts_open), []).append(at)
    found: dict[int, list[combine.Chosen]] = {}
    for places in lengths.values():
        rows, wanted = (np.array([told[at] for at in places], dtype=np.int64) for told in (opens, targets))
        found |= zip(places, combine.find(rows, wanted), strict=True)
    return [found[at] for at in range(len(opens))]
