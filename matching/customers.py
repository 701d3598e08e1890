"""Who paid: what a clerk said, a bank account on file, or a name or alias that is exactly one customer's.

`identify` answers without regard to what is paid. Names that are only similar are the matter of `names`; what a reference says
about the payer comes out when `agreement` holds the customer of an item beside the payer.

Candidates have a level: `CERTAIN` and above stand for themselves; several certain customers for one receipt (a shared bank account,
two customers of one name) are certain as a set only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import polars as pl

from matching import normalize
from matching.books import Books
from matching.places import among, nth

CLERK, ACCOUNT, CERTAIN, SIMILAR, FAINT = 5, 4, 3, 2, 1
"""How much a candidate stands on: a person · the bank account · the exact name · a similar name ahead of all others · less."""

CANDIDATES = {"r": pl.UInt32, "c": pl.UInt32, "level": pl.Int8, "evidence": pl.String}
CUT_KEY_MIN = 12
"""So many letters a truncated name must still have before it counts as the beginning of another."""
FIELD_LENGTHS = (16, 22, 27, 30, 32, 35, 40, 54, 70)
"""A name that fills such a field, but for a blank at its end, may be cut even if it is somebody's whole name."""
ACCOUNT_DIGITS_MIN = 6
IN_TEXT, MENTIONED, BY_NUMBER = "name_in_text", "mentioned", "customer_number"
"""The text has a customer's name and nobody else's is given · it has the name beside a stranger's, or only its beginning · it has a customer's number."""
NUMBER_MIN = 5
FOR_CUSTOMER = frozenset(("ACCOUNT", "ACCT", "CLIENT", "CUST", "CUSTOMER", "DEBTOR", "KD", "KDNR", "KLANT", "KLANTNR", "KUNDE", "KUNDENNR", "KUNDENNUMMER", "MEMBER"))
"""Words behind which a customer's number stands."""
TEXT_NAME_MIN, TEXT_WORDS_MAX = 8, 7
"""A name in free text has at least so many letters; it is looked for in runs of up to so many words."""


@dataclass(frozen=True, slots=True)
class Known:
    """By what the books know everybody, spelled as what payers say is."""

    names: pl.DataFrame  # c, alias and the parts of every customer's names
    wholes: pl.DataFrame  # whole, c: the names in order
    accounts: pl.DataFrame  # c, key, number: the key without the bank
    numbers: pl.DataFrame  # c, key
    in_text: pl.DataFrame  # c, name: the names that are told from other words of a text


@dataclass(frozen=True, slots=True)
class Payers:
    """What is known of the payers before looking at items."""

    candidates: pl.DataFrame  # r, c, level, evidence
    spoken: pl.DataFrame  # r, n: the receipt's payer name is number n of the distinct names
    spellings: pl.DataFrame  # n and the parts of the name; two rows where the field holds two names
    known: Known
    unread: pl.DataFrame  # n: names that are nobody's
    names: int  # so many distinct names there are

    def of(self, receipts: pl.DataFrame) -> Payers:
        """The payers of these receipts (r)."""
        spoken = self.spoken.join(receipts, on="r", how="semi")
        own = [frame.join(spoken, on="n", how="semi") for frame in (self.spellings, self.unread)]
        return Payers(self.candidates.join(receipts, on="r", how="semi"), spoken, own[0], self.known, own[1], self.names)


def as_one(parts: list[Payers]) -> Payers:
    """The payers of all parts, each of other receipts; the names of one part are numbered behind those of another."""
    behind = accumulate((part.names for part in parts[:-1]), initial=0)
    numbered = [[frame.with_columns((pl.col("n") + before).cast(pl.UInt32)) for frame in (part.spoken, part.spellings, part.unread)]
                for part, before in zip(parts, behind, strict=True)]
    spoken, spellings, unread = (pl.concat(frames) for frames in zip(*numbered, strict=True))
    return Payers(pl.concat([part.candidates for part in parts]), spoken, spellings, parts[0].known, unread, sum(part.names for part in parts))


def known(books: Books) -> Known:
    """Everybody in the books."""
    parts = normalize.name_parts(books.names["name"])
    owners = books.names.select("c", "alias").with_row_index("n")
    names = parts.join(owners, on="n").drop("n").unique(["c", "full", "whole"], keep="first", maintain_order=True).sort("c", "alias", "full", "whole")
    return Known(
        names, names.select("whole", "c").sort("whole", "c"),
        books.accounts.select("c", normalize.account_keys(books.accounts["account"])).unique()
        .with_columns(pl.col("key").str.split("/").list.last().alias("number")),
        books.customers.select("c", pl.col("customer_id").str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "").alias("key")),
        _told_in_text(names),
    )


def _told_in_text(names: pl.DataFrame) -> pl.DataFrame:
    """c, name: those of two words or more, and those with their legal form."""
    return pl.concat([
        names.filter(pl.col("core").str.contains(" ", literal=True)).select("c", pl.col("key").alias("name")),
        names.filter(pl.col("form") != "").select("c", pl.col("whole").alias("name")),
    ]).unique()


def identify(books: Books, everybody: Known) -> Payers:
    """The payers of the books' receipts, as far as clerk, bank account and exact name tell."""
    written = books.receipts.select("r", pl.col("payer_name").str.strip_chars().alias("name")).filter(pl.col("name") != "")
    distinct = written.select("name").unique().sort("name").with_row_index("n")
    spellings = _spelled(distinct)
    named = _named_exactly(spellings, everybody)
    bare = _bare(distinct.join(named, on="n", how="anti"))
    if bare.height:
        bared = _spelled(bare)
        alike = _named_exactly(bared, everybody).with_columns(pl.lit(SIMILAR, pl.Int8).alias("level"), pl.lit("name_similar").alias("evidence"))
        named, spellings = pl.concat([named, alike]), pl.concat([spellings.join(bare, on="n", how="anti"), bared])
    spoken = written.join(distinct, on="name").select("r", "n")
    by_name = spoken.join(named, on="n").select(list(CANDIDATES))
    given = books.receipts.filter(pl.col("given").is_not_null()).select("r", pl.col("given").alias("c"))
    clerk = given.with_columns(pl.lit(CLERK, pl.Int8).alias("level"), pl.lit("clerk").alias("evidence"))
    by_text, by_number = _by_text(books, everybody), _by_number(books, everybody)
    twice = by_text.join(by_number, on=["r", "c"], how="semi").select("r", "c")
    told = pl.concat([by_name, _candidates(twice, SIMILAR, IN_TEXT), *(part.join(twice, on=["r", "c"], how="anti") for part in (by_text, by_number))])
    return Payers(
        candidates=_weighed(books, clerk, _by_account(books, everybody), told), spoken=spoken, spellings=spellings, known=everybody,
        unread=distinct.select("n").join(named, on="n", how="anti"), names=distinct.height,
    )


def mentioned(candidates: pl.DataFrame, books: Books, everybody: Known) -> pl.DataFrame:
    """Candidates whose name stands in the text of a receipt that gives the name of somebody who is not known: it may be whom he pays for."""
    strangers = books.receipts.filter(pl.col("payer_name") != "").join(candidates.filter(pl.col("level") >= SIMILAR), on="r", how="anti")
    return _candidates(_names_in(_words(strangers), everybody).select("r", "c").unique(), FAINT, MENTIONED)


def _spelled(names: pl.DataFrame) -> pl.DataFrame:
    """The parts of the names (n, name), with `fills`: whether a name fills a field of a usual length."""
    placed = names.with_row_index("place").select("place", "n", _fills_a_field(pl.col("name").str.len_chars()).alias("fills"))
    return normalize.name_parts(names["name"]).rename({"n": "place"}).join(placed, on="place").select("n", *normalize.NAME_PARTS, "fills")


def _bare(unread: pl.DataFrame) -> pl.DataFrame:
    """N and name of those that have the banks' words around two words or more, without these: a name that is only much like."""
    bare = unread.with_columns(normalize.without_bank_words(unread["name"]).alias("bare"))
    changed = bare.filter((pl.col("bare") != pl.col("name").str.to_uppercase()) & pl.col("bare").str.contains(" "))
    return changed.select("n", pl.col("bare").alias("name"))


def _fills_a_field(length: pl.Expr) -> pl.Expr:
    return length.is_in([taken for field in FIELD_LENGTHS for taken in (field - 1, field)])


def _named_exactly(spellings: pl.DataFrame, everybody: Known) -> pl.DataFrame:
    """n, c, level, evidence: customers whose name it is, to the letter or but for the legal form, or whose name it begins.

    A legal form tells twins apart where the payer gives one; `Acme Inc` for `Acme LLC` is only a similar name.
    """
    same = spellings.select("n", "key", "form", "full").join(
        everybody.names.select("c", "alias", "key", pl.col("form").alias("own_form"), pl.col("full").alias("own_full")), on="key",
    )
    to_the_letter = (pl.col("full") == pl.col("own_full")) & (pl.col("form") != "")
    same = same.with_columns(
        pl.when(to_the_letter).then(3).when((pl.col("form") == "") | (pl.col("own_form") == "") | (pl.col("form") == pl.col("own_form"))).then(2)
        .otherwise(1).alias("fit"),
        pl.when("alias").then(pl.lit("alias")).otherwise(pl.lit("name")).alias("evidence"),
    )
    best = same.filter(pl.col("fit") == pl.col("fit").max().over("n"))
    exact = best.with_columns(pl.when(pl.col("fit") == 1).then(SIMILAR).otherwise(CERTAIN).cast(pl.Int8).alias("level"))
    exact = exact.with_columns(pl.when(pl.col("fit") == 1).then(pl.lit("name_similar")).otherwise("evidence").alias("evidence"))
    maybe_cut = spellings.filter("long").filter(pl.col("fills") | ~pl.col("n").is_in(best["n"].implode()))
    cut = beginnings(maybe_cut, everybody, CUT_KEY_MIN)
    both = pl.concat([exact.select("n", "c", "level", "evidence"), cut.join(exact, on=["n", "c"], how="anti").select("n", "c", "level", "evidence")])
    return both.sort("n", "c", "level", "evidence", descending=[False, False, True, True]).filter(nth("n", "c") == 0)


def beginnings(spellings: pl.DataFrame, everybody: Known, least: int) -> pl.DataFrame:
    """n, c, level, evidence: the customers whose name begins with the spelling of at least so many letters, found in the sorted list of names."""
    asked = spellings.filter(pl.col("whole").str.len_chars() >= least).select("n", "whole")
    names = everybody.wholes["whole"]
    start, end = names.search_sorted(asked["whole"], "left"), names.search_sorted(asked["whole"] + "~", "left")
    places = asked.select("n", pl.int_ranges(start, end, dtype=pl.UInt32).alias("place")).filter(pl.col("place").list.len() > 0).explode("place")
    found = places.select("n", everybody.wholes["c"].gather(places["place"])).unique().sort("n", "c")
    return found.with_columns(pl.lit(CERTAIN, pl.Int8).alias("level"), pl.lit("name_truncated").alias("evidence"))


def _by_text(books: Books, everybody: Known) -> pl.DataFrame:
    """r, c, level, evidence for receipts without a payer's name whose text has a customer's, to the letter: some banks send no other. Some cut
    it: where the text goes on as a longer name does, that one is as likely; whose name else begins so is mentioned."""
    words = _words(books.receipts.filter(pl.col("payer_name") == ""))
    whole = _names_in(words, everybody)
    runs = _runs(words.filter(pl.col("place") < TEXT_WORDS_MAX))
    starts = pl.concat([run.filter(pl.col("place") == 0).select("r", "name") for run in runs]).with_row_index("n")
    begun = starts.join(beginnings(starts.select("n", pl.col("name").alias("whole")), everybody, CUT_KEY_MIN).select("n", "c"), on="n")
    begun = begun.filter(pl.col("n") == pl.col("n").max().over("r")).join(whole, on=["r", "c"], how="anti")
    longer = begun.join(whole, on="r", how="semi").join(whole, on=["r", "name"], how="anti").select("r", "c").unique()
    exact = pl.concat([whole.select("r", "c").unique(), longer])
    return pl.concat([_candidates(exact, SIMILAR, IN_TEXT), _candidates(begun.select("r", "c").unique().join(exact, on=["r", "c"], how="anti"), FAINT, MENTIONED)])


def _candidates(pairs: pl.DataFrame, level: int, evidence: str) -> pl.DataFrame:
    """r, c with the same level and evidence for all."""
    return pairs.with_columns(pl.lit(level, pl.Int8).alias("level"), pl.lit(evidence).alias("evidence")).select(list(CANDIDATES))


def _words(receipts: pl.DataFrame) -> pl.DataFrame:
    """r, place, word: the words of the receipts' texts."""
    spoken = receipts.filter(pl.col("text") != "")
    words = spoken.select("r", normalize.name_words(spoken["text"]).alias("word")).explode("word").filter(pl.col("word") != "")
    return words.with_columns(nth("r").alias("place"))


def _runs(words: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """r, place, name: the runs of one word, of two, and so on up to `TEXT_WORDS_MAX`."""
    for size in range(1, TEXT_WORDS_MAX + 1):
        run = words.with_columns(pl.concat_str([pl.col("word").shift(-step) for step in range(size)]).alias("name"))
        yield run.filter((pl.col("r").shift(1 - size) == pl.col("r")) & (pl.col("name").str.len_bytes() >= TEXT_NAME_MIN)).select("r", "place", "name")


def _names_in(words: pl.DataFrame, everybody: Known) -> pl.DataFrame:
    """r, c, name: the customers whose name is a run of the words. Of names within names (`Acme West` in `Acme West Coast`) the longest counts."""
    every = pl.concat([run.select("r", "name") for run in _runs(words)]).unique().join(everybody.in_text, on="name").select("r", "c", "name")
    within = every.join(every, on="r", suffix="_other").filter(
        (pl.col("name") != pl.col("name_other")) & pl.col("name_other").str.contains(pl.col("name"), literal=True))
    return every.join(within.select("r", "name").unique(), on=["r", "name"], how="anti")


def _by_number(books: Books, everybody: Known) -> pl.DataFrame:
    """r, c, level, evidence where the text has a customer's own number: behind a word for customer, or one with letters and figures."""
    texts = books.receipts.select("r", "text").filter(pl.col("text").str.contains("[0-9]"))
    words = texts.select("r", normalize.plain_numbers(texts["text"]).str.extract_all("[A-Z0-9-]+").alias("word")).explode("word").drop_nulls("word")
    announced = pl.col("word").is_in(sorted(FOR_CUSTOMER)).shift(1, fill_value=False) & (pl.col("r").shift(1) == pl.col("r"))
    shortest = everybody.numbers.select(pl.col("key").str.len_bytes().min().fill_null(0)).item()
    long = words.with_columns(announced.fill_null(value=False).alias("told")).filter(pl.col("word").str.len_bytes() >= shortest)
    figures = long.filter(pl.col("word").str.contains("[0-9]"))
    told = figures.with_columns(pl.col("word").str.replace_all("-", "", literal=True).alias("key"))
    spelled = pl.col("key").str.contains("[A-Z]") & pl.col("key").str.contains("[0-9]") & (pl.col("key").str.len_chars() >= NUMBER_MIN)
    found = told.join(everybody.numbers, on="key").filter(spelled | (pl.col("told") & pl.col("key").str.contains("[0-9]{3}"))).select("r", "c").unique()
    return found.with_columns(pl.lit(SIMILAR, pl.Int8).alias("level"), pl.lit(BY_NUMBER).alias("evidence")).select(list(CANDIDATES))


def _by_account(books: Books, everybody: Known) -> pl.DataFrame:
    """r, c, level, evidence by bank account; an account number without its bank is only as good as a similar name."""
    paid_from = books.receipts.select("r", pl.col("payer_account").alias("account")).filter(pl.col("account") != "")
    distinct = paid_from.select("account").unique()
    keyed = distinct.with_columns(normalize.account_keys(distinct["account"]))
    full = keyed.join(everybody.accounts.select("c", "key"), on="key")
    bare = keyed.filter(~pl.col("key").str.contains("/", literal=True)).join(full, on="account", how="anti")
    numbers = everybody.accounts.select("c", pl.col("number").alias("key")).filter(pl.col("key").str.len_chars() >= ACCOUNT_DIGITS_MIN)
    part = bare.join(numbers, on="key").unique()
    return pl.concat([
        _candidates(paid_from.join(owners, on="account"), level, evidence)
        for owners, level, evidence in ((full, ACCOUNT, "bank_account"), (part, SIMILAR, "account_number"))
    ])


def _weighed(books: Books, clerk: pl.DataFrame, account: pl.DataFrame, name: pl.DataFrame) -> pl.DataFrame:
    """The candidates of all sources. A person's word stands alone. An account and a name that are one customer's, or of one
    family, leave the account's customer; where they contradict each other both are only `SIMILAR`, and nobody is certain."""
    machine = pl.concat([account, name]).filter(~among("r", clerk))
    certain = machine.filter(pl.col("level") >= CERTAIN)
    by_account, by_name = (certain.filter(pl.col("level") == level) for level in (ACCOUNT, CERTAIN))
    both = by_account.join(by_name.select("r", pl.col("c").alias("named")), on="r")
    agreed = both.filter(pl.col("c") == pl.col("named")).select(list(CANDIDATES))
    roots = books.customers["root"]  # in order of `c`
    related = roots.gather(both["c"]) == roots.gather(both["named"])
    disputed = both.filter(~related).filter(~among("r", both.filter(related)))
    kept = [
        clerk,
        agreed,
        by_account.filter(~among("r", agreed) & ~among("r", disputed)),
        by_name.filter(~among("r", by_account)),
        certain.filter(among("r", disputed)).with_columns(pl.lit(SIMILAR, pl.Int8).alias("level")),
        machine.filter((pl.col("level") < CERTAIN) & ~among("r", certain)),
    ]
    ordered = pl.concat(kept).sort("r", "c", "level", "evidence", descending=[False, False, True, False])
    once = ordered.filter(nth("r", "c") == 0)
    return once.sort("r", "level", "c", descending=[False, True, False])
