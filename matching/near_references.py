"""Numbers that are nearly an open item's: one edit away, misread (`O` for `0`), cut off, or with their constant beginning left out.

A near number is weak: the neighbour's invoice is one digit away as well. So it is only looked for among items of the payer or items
of exactly the amount; a number that is itself somebody's, open or closed, is never bent into another; and a customer who pays
the same amount again and again may mean an older invoice, so there one edit is none.
"""

from __future__ import annotations

import polars as pl
from rapidfuzz import process
from rapidfuzz.distance import OSA

from matching import customers, normalize, references
from matching.books import Books
from matching.numbers import SHORT_DIGITS, Numbers
from matching.places import neighbour

ITEMS_MAX = 60
"""Customers with more open items are searched by exact amount only."""
SAME_AMOUNT_MAX = 50
WINDOW_MAX = 3
NUMBER_MIN, NUMBER_MAX = 3, 24
SHAPE = r"[0-9].*[0-9]"
EDIT_DIGITS_MIN = 5
CUT_MIN, CUT_TENTHS = 6, 7
"""What is left of a number that was cut off: so many characters, and so many tenths of it."""
PAID_WITH_MIN = 95
"""A payment of so many percent of a closed item may be its second one; another amount is for something else."""
MISREAD = {"O": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8", "G": "6"}

PAIRS_AT_ONCE = 50_000
"""So many pairs of words and numbers are held beside each other at once."""

TOKENS = {"m": pl.Int64, "r": pl.UInt32, "token": pl.String}


def text_tokens(receipts: pl.DataFrame, payers: pl.DataFrame, index: Numbers, closed: Numbers) -> pl.DataFrame:
    """m, r, token: words of the text, alone and run together, that could be a number in bad shape. A number that is somebody's may be
    one only where `payers` (r, c) tells for certain that it is not the payer's."""
    texts = receipts.select("r", "amount", pl.concat_str(pl.col("structured_reference", "text"), separator=" | ").alias("text"))
    spelled = texts.filter(pl.col("text").str.contains(SHAPE))
    words = spelled.select("r", "amount", normalize.plain_numbers(spelled["text"]).str.split(" ").alias("word")).explode("word")
    words = words.with_columns(pl.col("word").str.replace_all(r"[^A-Z0-9]", "").alias("word")).filter(pl.col("word") != "")
    words = words.filter(~_about_other_things(index.prefixes)).with_row_index("w")
    unknown = _not_somebodys(words, payers, index, closed).sort("w")
    windows = []
    for size in range(2, WINDOW_MAX + 1):
        together = (pl.col("r").shift(1 - size) == pl.col("r")) & (pl.col("w").shift(1 - size) == pl.col("w") + size - 1)
        run = pl.concat_str([pl.col("word").shift(-step) for step in range(size)])
        windows.append(unknown.with_columns(run.alias("word")).filter(together & _could_be_a_number(pl.col("word"))).select("r", "amount", "word"))
    joined = _not_somebodys(pl.concat(windows).unique(), payers, index, closed)
    tokens = pl.concat([unknown.filter(_could_be_a_number(pl.col("word"))).select("r", "word"), joined.select("r", "word")]).unique()
    mention = pl.struct("r", "word").rank("dense").cast(pl.Int64) + references.IN_WORDS * 2
    return tokens.with_columns(mention.alias("m")).select("m", "r", pl.col("word").alias("token"))


def in_good_shape(tokens: pl.DataFrame, index: Numbers, closed: Numbers) -> pl.DataFrame:
    """M of the tokens that are somebody's numbers as they stand, with or without their letters."""
    digits = pl.col("token").str.replace_all(r"[^0-9]", "")
    keyed = tokens.with_columns(pl.when(digits.str.len_chars() >= SHORT_DIGITS).then(normalize.digit_key(digits)).alias("key"))
    spelled = pl.concat([numbers.spelled().select(pl.col("squeezed").alias("token")) for numbers in (index, closed)])
    told = pl.concat([numbers.by_digits.select("key").join(keyed, on="key", how="semi") for numbers in (index, closed)])
    return pl.concat([keyed.join(spelled, on="token", how="semi").select("m"), keyed.join(told, on="key", how="semi").select("m")]).unique()


def _about_other_things(prefixes: pl.Series) -> pl.Expr:
    """Whether a word is a figure behind a word that says it is no invoice number: both figures of `TEL 555 0142`."""
    word = pl.col("word")
    says_so = word.is_in(sorted(set(references.OTHER_THINGS) - set(prefixes)))
    figure = ~word.str.contains(r"[A-Z]")
    before, two_before = (neighbour(says_so, steps, "r").fill_null(value=False) for steps in (1, 2))
    return figure & (before | (neighbour(figure, 1, "r").fill_null(value=False) & two_before))


def _could_be_a_number(word: pl.Expr) -> pl.Expr:
    return word.str.len_bytes().is_between(NUMBER_MIN, NUMBER_MAX) & word.str.contains(SHAPE)


def near(tokens: pl.DataFrame, candidates: pl.DataFrame, books: Books) -> pl.DataFrame:
    """HITS of the tokens among the items of the receipts' candidates and items of exactly the amount."""
    items = books.items.select("i", "c", "currency", "open")
    receipts = books.receipts.select("r", "amount", "currency").join(tokens.select("r").unique(), on="r", how="semi")
    as_much = items.filter(pl.col("open").is_in(receipts["amount"].unique().implode()))
    unusual = as_much.filter(pl.len().over("currency", "open") <= SAME_AMOUNT_MAX)
    same_amount = receipts.join(unusual, left_on=["currency", "amount"], right_on=["currency", "open"])
    likely = receipts.select("r", "currency").join(candidates.filter(pl.col("level") >= customers.SIMILAR).select("r", "c"), on="r")
    theirs = items.drop("open").filter(pl.col("c").is_in(likely["c"].unique().implode()))
    of_payer = likely.join(theirs.filter(pl.len().over("c") <= ITEMS_MAX), on=["c", "currency"])
    pairs = pl.concat([frame.select("r", "i", "c") for frame in (same_amount, of_payer)])
    return resembling(pairs.join(tokens.select("r", "m"), on="r"), tokens, books)


def resembling(pairs: pl.DataFrame, tokens: pl.DataFrame, books: Books) -> pl.DataFrame:
    """HITS of the rows of `pairs` (m, r, i, c) in which the token (of TOKENS) is nearly the item's number."""
    if pairs.is_empty():
        return pl.DataFrame(schema=references.HITS)
    alike = _alike(pairs, tokens, books)
    measured = alike.with_columns(_distance(alike, "read", "own_read").alias("spelling"), _distance(alike, "digits", "own_digits").alias("figures"))
    again = books.closed.select("c", "currency", pl.col("amount").alias("open")).unique().with_columns(pl.lit(value=True).alias("again"))
    own = books.items.filter(pl.col("c").is_in(alike["c"].unique().implode()))
    measured = measured.join(own.select("i", "currency", "open", (pl.len().over("c", "currency", "open") == 1).alias("only")), on="i")
    judged = measured.join(again, on=["c", "currency", "open"], how="left").with_columns(pl.col("again").fill_null(value=False))
    size = pl.min_horizontal(pl.col("digits").str.len_chars(), pl.col("own_digits").str.len_chars())
    edited = ~pl.col("again") & (((pl.col("spelling") <= 1) & (size >= EDIT_DIGITS_MIN - 1)) | ((pl.col("figures") <= 1) & (size >= EDIT_DIGITS_MIN)))
    enough = (pl.col("digits").str.len_chars() >= SHORT_DIGITS) | pl.col("only")
    found = judged.filter((pl.col("spelling") == 0) | edited | (_UNPREFIXED & enough) | _CUT)
    return found.select(
        "m", "r", "i", "c", pl.lit("document_number").alias("source"), pl.lit(references.NEAR, pl.Int8).alias("strength"),
    ).unique().sort("r", "m", "i")


_UNPREFIXED = pl.col("own_digits").str.ends_with(pl.col("digits")) & (pl.col("digits").str.len_chars() >= NUMBER_MIN) & (
    pl.col("number").str.starts_with(pl.col("letters")))
"""Whether the token is the last digits of the number, its constant beginning left out; of `_alike`'s columns."""
_CUT = pl.col("number").str.starts_with(pl.col("token")) & (pl.col("token").str.len_chars() >= CUT_MIN) & (
    pl.col("token").str.len_chars() * 10 >= pl.col("number").str.len_chars() * CUT_TENTHS)
"""Whether the token is the beginning of the number, cut off."""


def _alike(pairs: pl.DataFrame, tokens: pl.DataFrame, books: Books) -> pl.DataFrame:
    """The pairs that may be near, with both sides spelled out: `token` has `letters` that it begins with, `digits`, and is `read` without what is easily
    misread; `number`, the item's, has `own_digits` and `own_read`. Most pairs are told by lengths and hashes of halves, before anything is spelled out."""
    items = books.items.select("i", "document_number").join(pairs.select("i").unique(), on="i", how="semi")
    number = normalize.plain_numbers(items["document_number"]).str.replace_all(r"[^A-Z0-9]", "")
    numbers = items.select("i", number.alias("number")).filter(pl.col("number") != "").with_columns(_read_as("number", "own_"))
    words = tokens.select("m", "token", *_read_as("token"), pl.col("token").str.extract(r"^([A-Z]*)", 1).alias("letters"))
    mine, theirs = words.select("m", *_outlines("token")), numbers.select("i", *_outlines("number", "own_"))
    both = [piece.join(mine, on="m").join(theirs, on="i").filter(_may_be_near()).select(pairs.columns) for piece in pairs.iter_slices(PAIRS_AT_ONCE)]
    return pl.concat(both).join(words, on="m").join(numbers, on="i")


def _read_as(word: str, whose: str = "") -> list[pl.Expr]:
    """The word's digits, and the word without what is easily misread."""
    return [pl.col(word).str.replace_all(r"[^0-9]", "").alias(f"{whose}digits"), pl.col(word).str.replace_many(MISREAD).alias(f"{whose}read")]


def _outlines(word: str, whose: str = "") -> list[pl.Expr]:
    """What tells that two words are not near: of the word, as read and of its digits, the lengths, and hashes of both its halves, and of those that are
    as long as the halves of a word shorter by one; of the word's beginning and of its last digits."""
    told = [pl.col(word).str.head(CUT_MIN).hash().alias(f"{whose}beginning"), pl.col(f"{whose}digits").str.tail(NUMBER_MIN).hash().alias(f"{whose}end")]
    for name in ("read", "digits"):
        column, size = pl.col(whose + name), pl.col(whose + name).str.len_chars().cast(pl.Int64)
        told.append(size.alias(f"{whose}{name}_size"))
        for less in (0, 1):
            half = ((size - 1 - less) // 2).clip(0)
            told += [column.str.head(half).hash().alias(f"{whose}{name}_head{less}"), column.str.tail(half).hash().alias(f"{whose}{name}_tail{less}")]
    return told


def _may_be_near() -> pl.Expr:
    """What is so of all pairs that are near, in words of `_outlines`."""
    size, own_size = pl.col("read_size"), pl.col("own_read_size")
    unprefixed = (pl.col("end") == pl.col("own_end")) & (pl.col("digits_size") <= pl.col("own_digits_size"))
    cut = (pl.col("beginning") == pl.col("own_beginning")) & (size <= own_size) & (size * 10 >= own_size * CUT_TENTHS)
    return ((size - own_size).abs() <= NUMBER_MAX // 2) & (_may_be_edited("read") | _may_be_edited("digits") | unprefixed | cut)


def _may_be_edited(name: str) -> pl.Expr:
    """What is so of all words that are one edit apart, a swap of two neighbours included: on one side of the edit lies half of the shorter one."""
    longer = pl.col(f"own_{name}_size") - pl.col(f"{name}_size")
    same = [
        (longer == by) & ((pl.col(f"{name}_head{mine}") == pl.col(f"own_{name}_head{theirs}")) | (pl.col(f"{name}_tail{mine}") == pl.col(f"own_{name}_tail{theirs}")))
        for by, mine, theirs in ((-1, 1, 0), (0, 0, 0), (1, 0, 1))
    ]
    return pl.any_horizontal(same)


def _distance(both: pl.DataFrame, mine: str, theirs: str) -> pl.Series:
    """The edits between the words of each row, where they are more than one some number above it."""
    distances = process.cpdist(both[mine].to_list(), both[theirs].to_list(), scorer=OSA.distance, score_cutoff=1, workers=-1)
    return pl.Series(distances, dtype=pl.Int32)


def _not_somebodys(words: pl.DataFrame, payers: pl.DataFrame, index: Numbers, closed: Numbers) -> pl.DataFrame:
    """`words` (r, word, …) without the numbers of items, open or closed, with or without their letters; of receipts whose payer is
    certain only without the payer's own, and those of its closed items only where the amount is theirs."""
    digits = pl.col("word").str.replace_all(r"[^0-9]", "")
    keyed = words.select("r", "word", "amount", pl.when(digits.str.len_chars() >= SHORT_DIGITS).then(normalize.digit_key(digits)).alias("key")).unique()
    taken = []
    for numbers, is_closed in ((index, False), (closed, True)):
        for told, theirs in (("word", numbers.spelled().rename({"squeezed": "word"})), ("key", numbers.by_digits)):
            somebodys = keyed.drop_nulls(told).join(theirs.select("c", told, "open"), on=told)
            own = somebodys.join(payers, on=["r", "c"], how="semi")
            taken += [
                somebodys.join(payers, on="r", how="anti").select("r", "word"),
                (own.filter(paid_with(pl.col("amount"), pl.col("open"))) if is_closed else own).select("r", "word"),
            ]
    return words.join(pl.concat(taken).unique(), on=["r", "word"], how="anti")


def paid_with(amount: pl.Expr, closed: pl.Expr) -> pl.Expr:
    """Whether the amount may be a second payment of an item that is closed: all of it, or all but a discount."""
    return (amount <= closed) & (amount * 100 >= closed * PAID_WITH_MIN)
