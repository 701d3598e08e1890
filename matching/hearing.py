"""What the receipts say, put together: every mention with the items it hits, and whether the payer agrees with the customer there.

References are read before names: a name is compared with others only where nobody is known by it and no reference has led to a customer
of much the same name.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from matching import agreement, customers, itemised, names, near_references, numbers, references
from matching.books import Books
from matching.customers import Payers

GRADED = references.HITS | {"grade": pl.Int8, "payer_evidence": pl.String}


@dataclass(frozen=True, slots=True)
class Heard:
    """The mentions of all receipts."""

    groups: pl.DataFrame  # references.GROUPS
    text_hits: pl.DataFrame  # GRADED, in the receipt's currency
    line_hits: pl.DataFrame  # GRADED, in the receipt's currency
    foreign: pl.DataFrame  # GRADED: what the receipt names is in another currency
    candidates: pl.DataFrame  # customers.CANDIDATES, similar names among them
    alike: pl.DataFrame  # r, c: the names are much alike
    index: numbers.Numbers
    payers: Payers

    def of(self, receipts: pl.DataFrame) -> Heard:
        """What these receipts (r) say."""
        names = ("groups", "text_hits", "line_hits", "foreign", "candidates", "alike")
        said: dict[str, pl.DataFrame] = {name: getattr(self, name).join(receipts, on="r", how="semi") for name in names}
        return Heard(**said, index=self.index, payers=self.payers.of(receipts))


def as_one(parts: list[Heard]) -> Heard:
    """What the parts say, each of other receipts."""
    names = ("groups", "text_hits", "line_hits", "foreign", "candidates", "alike")
    said: dict[str, pl.DataFrame] = {name: pl.concat([getattr(part, name) for part in parts]) for name in names}
    return Heard(**said, index=parts[0].index, payers=customers.as_one([part.payers for part in parts]))


def hear(books: Books, payers: Payers, index: numbers.Numbers, spelled: pl.Series, register: names.Register) -> Heard:
    """The references of all receipts, and the payers as far as references did not make names unnecessary. `index`: the items' numbers; `spelled`: of
    `spelled_customers`."""
    groups = _without_customers(references.groups(books.receipts), spelled)
    text = pl.concat([references.in_text(groups, index, payers.candidates), references.in_words(books.receipts, index)])
    lines = references.in_lines(books.remittance, index, payers.candidates)
    pairs = pl.concat([text.select("r", "c"), lines.select("r", "c")]).unique()
    certain = payers.candidates.filter(pl.col("level") >= customers.CERTAIN).select("r").unique()
    alike = names.resembling(payers, pairs.join(certain, on="r", how="anti"))
    similar = _similar(payers, certain, alike, register, books)
    likely = pl.concat([payers.candidates.join(similar, on="r", how="anti"), similar])
    mentioned = customers.mentioned(likely, books, payers.known).join(likely, on=["r", "c"], how="anti")
    candidates = pl.concat([likely, mentioned]).sort("r", "level", "c", descending=[False, True, False])
    text = pl.concat([_among_common(groups, index, similar), text]).unique(["m", "i"], keep="first", maintain_order=True)
    lines = pl.concat([lines, _near_lines(books, lines, candidates)])
    known = Heard(groups, text, lines, pl.DataFrame(schema=GRADED), candidates, alike, index, payers)
    return _in_currency(known, books)


def spelled_customers(everybody: customers.Known, index: numbers.Numbers) -> pl.Series:
    """The customers' own numbers that begin with letters and go on in figures, where no item is spelled so."""
    customers_own = everybody.numbers["key"].filter(everybody.numbers["key"].str.contains("^[A-Z]+[0-9]+$")).unique().sort()
    letters = customers_own.str.extract("^([A-Z]+)", 1).unique()
    return customers_own.filter(~customers_own.is_in(index.written(letters).implode()))


def _without_customers(groups: pl.DataFrame, spelled: pl.Series) -> pl.DataFrame:
    """`groups` without those that spell a customer's own number with its letters (`Kd.-Nr. D02251`)."""
    one = (pl.col("letters") != "") & (pl.col("runs").list.len() == 1)
    return groups.filter(~(one & pl.concat_str("letters", pl.col("runs").list.first()).is_in(spelled.implode())))


def graded(hits: pl.DataFrame, heard: Heard, books: Books) -> pl.DataFrame:
    """`hits` with the payer's agreement."""
    pairs = hits.select("r", "c").unique()
    strangers = pairs.join(heard.candidates, on="r", how="anti").join(heard.alike, on=["r", "c"], how="anti")
    alike = pl.concat([heard.alike, names.resembling(heard.payers, strangers)]) if len(strangers) else heard.alike
    agreed = agreement.agree(pairs, heard.candidates, alike, books.customers["root"])
    return hits.join(agreed, on=["r", "c"]).select(list(GRADED))


def _similar(payers: Payers, certain: pl.DataFrame, alike: pl.DataFrame, register: names.Register, books: Books) -> pl.DataFrame:
    """Candidates by similar name for receipts whose payer nothing else tells."""
    unknown = payers.spoken.join(payers.unread, on="n", how="semi").join(certain, on="r", how="anti").join(alike.select("r").unique(), on="r", how="anti")
    found = names.similar(payers, register, unknown.select("n").unique().sort("n"), books.policy)
    return found.join(unknown.select("r"), on="r", how="semi")


def _among_common(groups: pl.DataFrame, index: numbers.Numbers, similar: pl.DataFrame) -> pl.DataFrame:
    """Text hits of the receipts with similar names on numbers that too many items share to be looked up without a payer."""
    if similar.is_empty() or index.common.is_empty():
        return pl.DataFrame(schema=references.HITS)
    return references.in_text(groups.join(similar.select("r").unique(), on="r", how="semi"), index, similar)


def _near_lines(books: Books, hits: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """Hits of remittance lines whose number is nearly that of an item of the payer, or of a customer whom other lines name."""
    tokens = itemised.line_tokens(books.remittance, hits)
    if tokens.is_empty():
        return pl.DataFrame(schema=references.HITS)
    likely = pl.concat([candidates.filter(pl.col("level") >= customers.SIMILAR).select("r", "c"), hits.select("r", "c")]).unique()
    lines = books.remittance.select("r", (pl.col("r").cast(pl.Int64) * itemised.LINES_SHIFT + pl.col("line")).alias("m"),
                                    (pl.col("stated") + pl.col("stated_discount") + pl.col("stated_deduction")).alias("gross"), "stated")
    items = books.items.select("i", "c", "open", "discount", pl.len().over("c").alias("items"))
    pairs = tokens.join(lines.drop("r"), on="m").join(likely, on="r").join(items, on="c")
    pays = ((pl.col("open") == pl.col("gross")) | (pl.col("open") - pl.col("discount") == pl.col("stated"))).fill_null(value=False)
    worth = pairs.filter(pays | (pl.col("items") <= near_references.ITEMS_MAX)).select("m", "r", "i", "c")
    return near_references.resembling(worth, tokens, books)


def _in_currency(heard: Heard, books: Books) -> Heard:
    """Hits in the receipt's own currency, graded; those in another currency apart, without the digits that another customer's item has by chance."""
    receipts, of_items = books.receipts.select("r", "currency"), books.items["currency"]  # items stand in order of `i` here
    same, other = [], []
    for hits in (heard.text_hits, heard.line_hits):
        paid = hits.join(receipts, on="r", maintain_order="left")
        priced = paid.with_columns(of_items.gather(paid["i"]).alias("item_currency"))
        same.append(priced.filter(pl.col("currency") == pl.col("item_currency")).select(list(references.HITS)))
        other.append(priced.filter((pl.col("currency") != pl.col("item_currency")) & (pl.col("strength") >= references.DIGITS)).select(list(references.HITS)))
    meant = (pl.col("strength") == references.EXPLICIT) | (pl.col("grade") > agreement.CONTRADICTED)
    text, lines, foreign = (graded(hits, heard, books) for hits in (*same, pl.concat(other)))
    return Heard(heard.groups, text, lines, foreign.filter(meant), heard.candidates, heard.alike, heard.index, heard.payers)
