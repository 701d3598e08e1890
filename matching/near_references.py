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


def _about_other_things(prefixes: pl.Series) -> pl.Expr:
    """Whether a word is a figure behind a word that says it is no invoice number: both figures of `TEL 555 0142`."""
    word = pl.col("word")
    says_so = word.is_in(sorted(set(references.OTHER_THINGS) - set(prefixes)))
    figure = ~word.str.contains(r"[A-Z]")
    before, two_before = (says_so.shift(steps).over("r").fill_null(value=False) for steps in (1, 2))
    return figure & (before | (figure.shift(1).over("r").fill_null(value=False) & two_before))


def _could_be_a_number(word: pl.Expr) -> pl.Expr:
    return word.str.len_bytes().is_between(NUMBER_MIN, NUMBER_MAX) & word.str.contains(SHAPE)


def near(tokens: pl.DataFrame, candidates: pl.DataFrame, books: Books) -> pl.DataFrame:
    """HITS of the tokens among the items of the receipts' candidates and items of exactly the amount."""
    items = books.items.select("i", "c", "currency", "open", "document_number")
    receipts = books.receipts.select("r", "amount", "currency").join(tokens.select("r").unique(), on="r", how="semi")
    as_much = items.filter(pl.col("open").is_in(receipts["amount"].unique().implode()))
    unusual = as_much.filter(pl.len().over("currency", "open") <= SAME_AMOUNT_MAX)
    same_amount = receipts.join(unusual, left_on=["currency", "amount"], right_on=["currency", "open"])
    likely = receipts.join(candidates.filter(pl.col("level") >= customers.SIMILAR).select("r", "c"), on="r")
    theirs = items.filter(pl.col("c").is_in(likely["c"].unique().implode()))
    of_payer = likely.join(theirs.filter(pl.len().over("c") <= ITEMS_MAX), on=["c", "currency"])
    pairs = pl.concat([frame.select("r", "i", "c") for frame in (same_amount, of_payer)]).unique()
    return resembling(pairs.join(tokens, on="r"), books)


def resembling(pairs: pl.DataFrame, books: Books) -> pl.DataFrame:
    """HITS of the rows of `pairs` (m, r, i, c, token) in which the token is nearly the item's number."""
    if pairs.is_empty():
        return pl.DataFrame(schema=references.HITS)
    numbered = books.items.join(pairs.select("i").unique(), on="i", how="semi").select("i", "document_number", "currency", "open")
    spelled = numbered.with_columns(normalize.plain_numbers(numbered["document_number"]).str.replace_all(r"[^A-Z0-9]", "").alias("number"))
    both = pairs.join(spelled.filter(pl.col("number") != ""), on="i").with_columns(
        pl.col("token").str.replace_all(r"[^0-9]", "").alias("digits"), pl.col("number").str.replace_all(r"[^0-9]", "").alias("own_digits"),
        pl.col("token").str.replace_many(MISREAD).alias("read"), pl.col("number").str.replace_many(MISREAD).alias("own_read"),
    )
    both = both.filter((pl.col("number").str.len_chars().cast(pl.Int64) - pl.col("token").str.len_chars()).abs() <= NUMBER_MAX // 2)
    measured = both.with_columns(_distance(both, "read", "own_read").alias("spelling"), _distance(both, "digits", "own_digits").alias("figures"))
    again = books.closed.select("c", "currency", pl.col("amount").alias("open")).unique().with_columns(pl.lit(value=True).alias("again"))
    own = books.items.filter(pl.col("c").is_in(pairs["c"].unique().implode()))
    measured = measured.join(own.select("i", (pl.len().over("c", "currency", "open") == 1).alias("only")), on="i")
    judged = measured.join(again, on=["c", "currency", "open"], how="left").with_columns(pl.col("again").fill_null(value=False))
    size = pl.min_horizontal(pl.col("digits").str.len_chars(), pl.col("own_digits").str.len_chars())
    misread = pl.col("spelling") == 0
    edited = ~pl.col("again") & (((pl.col("spelling") <= 1) & (size >= EDIT_DIGITS_MIN - 1)) | ((pl.col("figures") <= 1) & (size >= EDIT_DIGITS_MIN)))
    begins = pl.col("token").str.extract(r"^([A-Z]*)", 1)
    enough = (pl.col("digits").str.len_chars() >= SHORT_DIGITS) | pl.col("only")
    unprefixed = pl.col("own_digits").str.ends_with(pl.col("digits")) & (pl.col("digits").str.len_chars() >= NUMBER_MIN) & enough & (
        (begins == "") | pl.col("number").str.starts_with(begins))
    length = pl.col("token").str.len_chars()
    cut = pl.col("number").str.starts_with(pl.col("token")) & (length >= CUT_MIN) & (length * 10 >= pl.col("number").str.len_chars() * CUT_TENTHS)
    found = judged.filter(misread | edited | unprefixed | cut)
    return found.select(
        "m", "r", "i", "c", pl.lit("document_number").alias("source"), pl.lit(references.NEAR, pl.Int8).alias("strength"),
    ).unique().sort("r", "m", "i")


def _distance(both: pl.DataFrame, mine: str, theirs: str) -> pl.Series:
    distances = process.cpdist(both[mine].to_list(), both[theirs].to_list(), scorer=OSA.distance, score_cutoff=1, workers=-1)
    return pl.Series(distances).cast(pl.Int32)


def _not_somebodys(words: pl.DataFrame, payers: pl.DataFrame, index: Numbers, closed: Numbers) -> pl.DataFrame:
    """`words` (r, word, …) without the numbers of items, open or closed, with or without their letters; of receipts whose payer is
    certain only without the payer's own, and those of its closed items only where the amount is theirs."""
    digits = pl.col("word").str.replace_all(r"[^0-9]", "")
    keyed = words.select("r", "word", "amount", pl.when(digits.str.len_chars() >= SHORT_DIGITS).then(normalize.digit_key(digits)).alias("key")).unique()
    taken = []
    for numbers, is_closed in ((index, False), (closed, True)):
        frame = pl.concat([numbers.by_digits, numbers.by_spelling]).select("c", "key", pl.col("squeezed").alias("word"), "open")
        for told in ("word", "key"):
            somebodys = keyed.drop_nulls(told).join(frame.select("c", told, "open"), on=told)
            own = somebodys.join(payers, on=["r", "c"], how="semi")
            taken += [
                somebodys.join(payers, on="r", how="anti").select("r", "word"),
                (own.filter(paid_with(pl.col("amount"), pl.col("open"))) if is_closed else own).select("r", "word"),
            ]
    return words.join(pl.concat(taken).unique(), on=["r", "word"], how="anti")


def paid_with(amount: pl.Expr, closed: pl.Expr) -> pl.Expr:
    """Whether the amount may be a second payment of an item that is closed: all of it, or all but a discount."""
    return (amount <= closed) & (amount * 100 >= closed * PAID_WITH_MIN)
