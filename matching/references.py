"""What the payer says it pays: remittance lines, structured references, and numbers found in free text.

A *mention* is one number the payer gave, a *hit* an item it may mean. In text, runs of digits are looked at whole, never inside a
longer run (that is an account, a date, a telephone), alone and put together over blanks and punctuation, because numbers get split:

    "Inv. No. 2024-001 23, 2024-00124"  →  2024 · 001 · 23 · 2024001 · 00123 · 202400123 ✓ · 2024 · 00124 · 202400124 ✓ …

How much a hit is worth is its `strength`: `EXPLICIT` is the number unmistakably, with its letters or long enough; `DIGITS` is the
number without the letters it should have; `SHORT` are few digits, or digits that seem to mean something else; `NEAR` is one edit
away, found by `near_references`. A number that several customers' items bear says nothing about who paid.
"""

from __future__ import annotations

import polars as pl

from matching import normalize
from matching.numbers import LEARNED, SHORT_DIGITS, Numbers
from matching.places import neighbour, nth

EXPLICIT, DIGITS, SHORT, NEAR = 4, 3, 2, 1
SPELLED_MIN = 6
"""A number that is given with its letters has at least so many characters before nothing else need speak for it."""
SPELLED_RUNS_MAX, SPELLED_MAX = 6, 35
"""A number with letters behind digits is read out of so many runs of letters and digits, and is no longer than that."""
SHORT_SIZE = 3
DATE_DIGITS = 6
"""So many digits beside others may be a day (`261102`)."""
RUNS_MAX = 4
"""So many runs of digits are put together; a structured reference may have more and is also tried whole."""
GROUP = r"[A-Z]*[^A-Z0-9]{0,4}[0-9]+(?:[^A-Z0-9]{1,3}[0-9]+)*"
YEAR = "20[0-4][0-9]"
_DAY, _MONTH, _YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:20)?[0-4][0-9]"
DATE = rf"(^|[\s,;(|])(?:20[0-4][0-9][-/.]{_MONTH}[-/.]{_DAY}|{_DAY}[-/.]{_MONTH}[-/.]{_YEAR}|{_MONTH}/{_DAY}/{_YEAR})($|[\s,;)|])"
UNTIL = r"([0-9]{4}) *(?:THRU|THROUGH|TO|UNTIL|BIS|TOT|T/M|AU) *([0-9])"
"""A word between the first and the last number of a range; what follows may be the end of a number only."""
CENTS = r"([0-9])[.,][0-9]{2}($|[\s;)|]|,[^0-9]|,$)"
OTHER_THINGS = (
    "PO", "ORDER", "ORD", "SO", "ACCT", "ACCOUNT", "AC", "TEL", "PHONE", "FAX", "DATE", "DATED", "DD", "CUST", "CUSTOMER", "KD", "KDNR", "KUNDENNR",
    "KUNDENNUMMER", "KLANT", "KLANTNR", "CLIENT", "CLIENTE", "DEBITOR", "CHECK", "CHK", "CK", "ACC", "TRACE", "TRN", "ID", "IBAN", "BIC", "BLZ", "KTO", "USD", "EUR", "GBP", "CHF", "AMT", "AMOUNT", "BOX", "SUITE", "UNIT", "ZIP", "VAT", "UST",
)
"""Words before a number that say it is no invoice number (unless the books' numbers begin so)."""
INVOICE_WORDS = (
    "INV", "RE", "RENR", "RG", "RGNR", "RECHNUNG", "RECHNUNGSNR", "FACTURE", "FACT", "FAC", "FATTURA", "FT", "FACTURA", "FRA", "FATURA", "FACTUUR", "FACTUURNR",
    "FAKTURA", "FAKTURANR", "FAKTURY", "SZAMLA", "LASKU", "BILL", "IN",
)

HITS = {"m": pl.Int64, "r": pl.UInt32, "i": pl.UInt32, "c": pl.UInt32, "source": pl.String, "strength": pl.Int8}
GROUPS = {"g": pl.Int64, "r": pl.UInt32, "amount": pl.Int64, "letters": pl.String, "runs": pl.List(pl.String)}
IN_WORDS = 1 << 58
"""Mentions that are words have numbers from here."""
OF_RECEIPT = 1 << 12
"""More groups of one receipt are not read. Numbers of groups and mentions are made of the receipt's number: they are nobody else's."""
RUNS_OF_GROUP = 64
"""More runs of one group are not read. A mention's number is made of its group's number and the places of its first run and behind its last."""


def groups(receipts: pl.DataFrame) -> pl.DataFrame:
    """The groups of digits in the free text of receipts, each with the letters before it; dates and the cents of amounts are none."""
    joined = receipts.select(
        "r", "amount", pl.concat_str("structured_reference", pl.lit(" | "), "text").alias("text")).filter(pl.col("text").str.contains(r"[0-9]"))
    text = normalize.plain_numbers(joined["text"]).str.replace_all(DATE, "$1 | $2").str.replace_all(DATE, "$1 | $2").str.replace_all(CENTS, "$1 | $2").str.replace_all(UNTIL, "$1 - $2")
    written = joined.select("r", "amount", text.str.extract_all(GROUP).list.head(OF_RECEIPT).alias("written")).explode("written").drop_nulls("written")
    return written.with_columns(
        (pl.col("r").cast(pl.Int64) * OF_RECEIPT + nth("r")).alias("g"),
        pl.col("written").str.extract(r"^([A-Z]*)", 1).alias("letters"),
        pl.col("written").str.extract_all(r"[0-9]+").list.head(RUNS_OF_GROUP).alias("runs"),
    ).select(list(GROUPS))


def in_text(found: pl.DataFrame, index: Numbers, payers: pl.DataFrame) -> pl.DataFrame:
    """Hits of the groups of digits: each mention with the items that it may mean and nothing else speaks for more."""
    if index.by_digits.is_empty():
        return pl.DataFrame(schema=HITS)
    grams, known = _grams(found, index.by_digits)
    hits = _look_up(grams, known, index.common, payers)
    rated = hits.with_columns(_at_most_short(_text_strength(index.prefixes))).filter(pl.col("strength") > 0)
    clear = _without_overlaps(_continued(rated))
    place = pl.col("start") * RUNS_OF_GROUP + pl.min_horizontal("stop", RUNS_OF_GROUP - 1)
    return _best(clear.with_columns((pl.col("g") * RUNS_OF_GROUP**2 + place).alias("m")).select(list(HITS)))


def groups_hit(hits: pl.DataFrame) -> pl.DataFrame:
    """g, start, stop: the runs of digits that the hits of groups use."""
    place = pl.col("m") % RUNS_OF_GROUP**2
    return hits.filter(pl.col("m") < IN_WORDS).select(
        (pl.col("m") // RUNS_OF_GROUP**2).alias("g"), (place // RUNS_OF_GROUP).alias("start"), (place % RUNS_OF_GROUP).alias("stop"),
    ).unique()


def in_words(receipts: pl.DataFrame, index: Numbers) -> pl.DataFrame:
    """Hits of what spells a number with letters behind digits (`24A17`, `AR-7-00012-B`, `RF18 …` with letters): runs of letters and digits,
    alone and put together over blanks and punctuation. Of numbers within numbers the longest counts."""
    if index.by_spelling.is_empty():
        return pl.DataFrame(schema=HITS)
    known = index.by_spelling.select("squeezed").unique()
    found = _spellings(receipts, known["squeezed"]).join(known, on="squeezed", how="semi")
    several = found.filter(pl.col("r").is_duplicated())
    wider = several.join(several, on="r", suffix="_other").filter(
        (pl.col("start") >= pl.col("start_other")) & (pl.col("stop") <= pl.col("stop_other")) & (pl.col("squeezed") != pl.col("squeezed_other")))
    longest = found.join(wider.select("r", "start", "stop"), on=["r", "start", "stop"], how="anti").unique(["r", "squeezed"], maintain_order=True)
    place = pl.col("squeezed").rank("dense").over("r").cast(pl.Int64)
    mention = pl.col("r").cast(pl.Int64) * OF_RECEIPT**2 + place + IN_WORDS
    strength = pl.when(pl.col("source") == "po_number").then(DIGITS).otherwise(EXPLICIT).cast(pl.Int8)
    told = longest.join(index.by_spelling, on="squeezed").with_columns(mention.alias("m"), strength.alias("strength"))
    return told.with_columns(pl.col("source").cast(pl.String)).select(list(HITS))


def _spellings(receipts: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """r, start, stop, squeezed: the runs of letters and digits of each receipt's text that hold a digit, up to `SPELLED_RUNS_MAX` put together, where
    they are as long as something `known`."""
    sizes = known.str.len_bytes().unique()
    wanted = sizes.filter(sizes.is_between(SHORT_DIGITS, SPELLED_MAX)).implode()
    joined = receipts.select("r", pl.concat_str("structured_reference", pl.lit(" "), "text").alias("text")).filter(pl.col("text").str.contains("[0-9]"))
    runs = joined.select("r", normalize.plain(joined["text"]).str.extract_all("[A-Z0-9]+").alias("run")).explode("run").drop_nulls("run")
    runs = runs.with_columns(nth("r").alias("start"), pl.col("run").str.len_bytes().alias("size"))
    put = []
    for count in range(1, SPELLED_RUNS_MAX + 1):
        size = pl.sum_horizontal(pl.col("size").shift(-step) for step in range(count))
        first = runs.select(pl.arg_where(size.is_in(wanted) & (pl.col("r").shift(1 - count) == pl.col("r")))).to_series()
        squeezed = pl.concat_str([runs["run"].gather(first + step) for step in range(count)]).alias("squeezed")
        together = runs[first].select("r", "start", (pl.col("start") + count).alias("stop"), squeezed)
        put.append(together.filter(pl.col("squeezed").str.contains("[0-9]")))
    return pl.concat(put)


def in_lines(remittance: pl.DataFrame, index: Numbers, payers: pl.DataFrame) -> pl.DataFrame:
    """Hits of remittance lines (r, line, document_number). These are the payer's own words, so a short number counts as well."""
    gross = pl.col("stated") + pl.col("stated_discount") + pl.col("stated_deduction")
    written = remittance.select("r", "line", gross.alias("amount"), normalize.plain_numbers(remittance["document_number"]).alias("number"))
    parts = normalize.number_parts(written).filter(pl.col("squeezed") != "")
    parts = parts.with_columns((pl.col("r").cast(pl.Int64) * (1 << 20) + pl.col("line")).alias("m"), pl.col("digits").str.len_chars().alias("size"))
    spelled = parts.join(index.by_spelling, on="squeezed").with_columns(pl.col("source").cast(pl.String), pl.lit(EXPLICIT, pl.Int8).alias("strength"))
    plain = parts.filter(pl.col("squeezed") == pl.concat_str("letters", "digits"))
    zeroless = normalize.without_zeros(pl.col("number")).str.replace_all(r"[^0-9]", "")
    keyed = pl.concat([plain.with_columns(normalize.digit_key(digits).alias("key")) for digits in (pl.col("digits"), zeroless)])
    found = _look_up(keyed.drop_nulls("key").unique(["m", "key"], maintain_order=True), index.by_digits, index.common, payers)
    fits = _letters_fit(index.prefixes)
    same = pl.col("letters") == pl.col("letters_item")
    long = pl.min_horizontal("size", "length") >= SHORT_DIGITS
    strength = pl.when((same & (pl.col("source") != LEARNED)) | (fits & long & ~pl.col("source").is_in(["po_number", LEARNED]))).then(EXPLICIT).when(fits).then(DIGITS).otherwise(0)
    rated = found.with_columns(_at_most_short(strength)).filter(pl.col("strength") > 0)
    return _best(pl.concat([spelled.select(list(HITS)), rated.select(list(HITS))]))


def unresolved(found: pl.DataFrame, hits: pl.DataFrame, receipts: pl.DataFrame, index: Numbers) -> pl.DataFrame:
    """r: the receipts with a group that looks like a document number of these books, or stands behind a word for invoice, but hits
    nothing; with a list of numbers of which some do not; or with what is spelled like these books' numbers and is none."""
    used = groups_hit(hits)
    missed = found.join(used, on="g", how="anti")
    whole = _measured(missed.with_columns(pl.col("runs").list.join("").alias("digits")))
    each = missed.filter(pl.col("runs").list.len() > 1).explode("runs").rename({"runs": "digits"})
    single = _measured(each.filter(pl.col("digits").str.len_chars() > DATE_DIGITS))
    worded = whole.filter((pl.col("letters").is_in(INVOICE_WORDS) | pl.col("letters").str.ends_with("INV")) & (pl.col("length") >= 3))
    of_size = _of_size(pl.concat([whole, single]), index)
    return pl.concat([part.select("r") for part in (of_size, worded, _left_in_lists(found, used), _unknown_spelling(receipts, index))]).unique().sort("r")


def _measured(told: pl.DataFrame) -> pl.DataFrame:
    """r, letters, digits, key, length."""
    digits = pl.col("digits")
    return told.select("r", "letters", "digits", normalize.digit_key(digits).alias("key"), digits.str.len_chars().alias("length"))


def _of_size(told: pl.DataFrame, index: Numbers) -> pl.DataFrame:
    """Those that have the letters and the length of the books' numbers; without letters also about their size: newer ones go on from the highest."""
    announced = pl.col("letters").is_in([*OTHER_THINGS, *index.prefixes])
    lettered = told.with_columns(pl.when(announced).then("letters").otherwise(pl.lit("")).alias("letters"))
    bare = (pl.col("length") >= SHORT_DIGITS) & ~_is_date(pl.col("digits")) & pl.col("key").is_between("low", 2 * pl.col("high"))
    return lettered.join(index.shapes, on=["letters", "length"]).filter((pl.col("letters") != "") | bare)


def _unknown_spelling(receipts: pl.DataFrame, index: Numbers) -> pl.DataFrame:
    """The receipts with what is spelled like the books' numbers with letters behind digits, and is none of them."""
    form = pl.col("squeezed").str.replace_all("[0-9]", "9").alias("form")
    documents = index.by_spelling.filter(pl.col("source") == "document_number").select(form).unique()
    long = documents.filter(pl.col("form").str.count_matches("9") >= SHORT_DIGITS)
    if long.is_empty():
        return pl.DataFrame(schema={"r": pl.UInt32})
    spelled = _spellings(receipts, long["form"]).with_columns(form).join(long, on="form", how="semi")
    return spelled.join(index.by_spelling, on="squeezed", how="anti").select("r")


def _left_in_lists(found: pl.DataFrame, used: pl.DataFrame) -> pl.DataFrame:
    """The groups with runs that no hit uses and that are as long as the last run of a number that is hit; beside a long one also with a figure
    left out or put in."""
    lists = found.filter(pl.col("runs").list.len() > 1).join(used, on="g")
    length = pl.col("run").str.len_chars()
    runs = lists.explode("runs").rename({"runs": "run"}).with_columns(pl.int_range(pl.len()).over("g", "start").alias("at"), length.alias("length"))
    ends = runs.filter(pl.col("at") == pl.col("stop") - 1).select("g", pl.col("length").cast(pl.Int64).alias("hit")).unique()
    uses = pl.col("at").is_between(pl.col("start"), pl.col("stop") - 1)
    beside = runs.filter(~uses.any().over("g", "at")).join(ends, on="g")
    apart = (pl.col("length").cast(pl.Int64) - pl.col("hit")).abs()
    return beside.filter(apart <= pl.when(pl.col("hit") > DATE_DIGITS).then(1).otherwise(0))


def _is_date(digits: pl.Expr) -> pl.Expr:
    """Eight digits that are a day between 2000 and 2049, year first or last; six digits are too often something else to tell."""
    day, month = r"(?:0[1-9]|[12][0-9]|3[01])", r"(?:0[1-9]|1[0-2])"
    return digits.str.contains(rf"^(?:20[0-4][0-9]{month}{day}|{day}{month}20[0-4][0-9]|{month}{day}20[0-4][0-9])$")


def _grams(found: pl.DataFrame, by_digits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The numbers that the runs of a group form, alone and put together, as far as they have keys of `by_digits`: g, r, letters, start, stop, key…; and
    those of `by_digits` that have these keys."""
    alone = found.filter(pl.col("runs").list.len() == 1).with_columns(
        pl.col("runs").list.first().alias("digits"), pl.lit(0, pl.Int64).alias("start"), pl.lit(0, pl.UInt32).alias("first"))
    several = found.filter(pl.col("runs").list.len() > 1).with_columns(pl.col("runs").list.len().alias("in_all"))
    runs = several.with_columns(pl.col("runs").list.first().str.len_chars().alias("first")).explode("runs").rename({"runs": "run"})
    runs = runs.with_columns(nth("g").alias("start"), pl.col("run").str.strip_chars_start("0").alias("bare"))
    written, zeroless = [_gram(alone, "digits", 1)], []
    for count in range(1, RUNS_MAX + 1):
        runs = runs.filter(pl.col("in_all") >= count)
        same = pl.col("g").shift(1 - count) == pl.col("g")
        run = pl.concat_str([pl.col("run").shift(-step) for step in range(count)])
        bare = pl.concat_str([pl.col("bare").shift(-step) for step in range(count)])
        zeros = (pl.col("bare") == "") | (pl.col("bare").shift(1 - count) == "")  # at an end: the number is told by the runs without them
        put = runs.with_columns(run.alias("digits"), bare.alias("bare_digits"), zeros.alias("zeros")).filter(same)
        written.append(_gram(put, "digits", count))
        if count > 1:
            zeroless.append(_gram(put.filter(~pl.col("zeros") & (pl.col("digits") != pl.col("bare_digits"))), "bare_digits", count))
    ends = pl.concat([_completed(found, at) for at in (_longest(), _behind_year())])
    others = [_gram(ends, digits, 0).with_columns(pl.lit(value=True).alias("continues")) for digits in ("alone", "behind")]
    others.append(_gram(_with_century(several), "digits", 0, covers=2))
    long = found.filter(pl.col("runs").list.len() > RUNS_MAX)
    whole = long.with_columns(pl.col("runs").list.join("").alias("digits"), pl.lit(0, pl.Int64).alias("start"), pl.lit(0, pl.UInt32).alias("first"))
    others.append(_gram(whole, "digits", RUNS_OF_GROUP))
    as_written, bared, rest = (pl.concat(grams) for grams in (written, zeroless, others))
    known = by_digits.join(pl.concat([as_written, bared, rest]), on="key", how="semi")
    as_written, bared, rest = (grams.join(known, on="key", how="semi") for grams in (as_written, bared, rest))
    return pl.concat([as_written, bared.join(as_written, on=["g", "start", "stop"], how="anti"), rest]), known


def _longest() -> pl.Expr:
    return pl.col("runs").list.eval(pl.element().str.len_chars()).list.arg_max().cast(pl.Int64)


def _behind_year() -> pl.Expr:
    """The place of the run behind a year, else none."""
    return pl.when(pl.col("runs").list.first().str.contains(f"^{YEAR}$")).then(pl.lit(1, pl.Int64)).otherwise(pl.lit(RUNS_OF_GROUP, pl.Int64))


def _with_century(several: pl.DataFrame) -> pl.DataFrame:
    """Numbers whose year is told in two digits: `523/25` is 523/2025, `25-523` is 2025-523."""
    runs = several.explode("runs").rename({"runs": "run"}).with_columns(nth("g").alias("start"))
    pairs = runs.with_columns(neighbour("run", -1, "g").alias("next")).drop_nulls("next")
    short = f"^{YEAR[2:]}$"
    behind = pairs.filter(pl.col("next").str.contains(short)).with_columns(pl.concat_str("run", pl.lit("20"), "next").alias("digits"))
    before = pairs.filter(pl.col("run").str.contains(short)).with_columns(pl.concat_str(pl.lit("20"), "run", "next").alias("digits"))
    return pl.concat([behind, before]).with_columns(pl.lit(0, pl.UInt32).alias("first"))


def _completed(found: pl.DataFrame, place: pl.Expr) -> pl.DataFrame:
    """Short runs behind a long one, at `place`, as the ends of numbers that begin like it: `2026-00123/124/25` has 2026-00124 and 2026-00125 as well.
    One figure that does not count up is rather what a field that was too short left of the next number."""
    at = place.alias("at")
    several = found.filter(pl.col("runs").list.len() > 1)
    shrinking = pl.col("runs").list.last().str.len_chars() < pl.col("runs").list.first().str.len_chars()
    lists = several.filter(shrinking | (pl.col("runs").list.len() > 2)).with_columns(at).filter(pl.col("at") < pl.col("runs").list.len().cast(pl.Int64) - 1)
    before = pl.when(pl.col("at") > 0).then(pl.col("runs").list.get(pl.max_horizontal(pl.col("at") - 1, 0))).otherwise(pl.lit(""))
    runs = lists.with_columns(pl.col("runs").list.get(pl.col("at")).alias("longest"), before.alias("before")).explode("runs").rename({"runs": "run"})
    placed = runs.with_columns(nth("g").alias("start"))
    missing = pl.col("longest").str.len_chars().cast(pl.Int64) - pl.col("run").str.len_chars().cast(pl.Int64)
    counts_up = (pl.col("run").str.len_chars() > 1) | (pl.col("run") > pl.col("longest").str.tail(1))
    ends = placed.filter((pl.col("start") > pl.col("at")) & (missing > 0) & counts_up)
    alone = pl.concat_str(pl.col("longest").str.head(missing), "run")
    return ends.with_columns(alone.alias("alone"), pl.concat_str("before", alone).alias("behind"), pl.lit(0, pl.UInt32).alias("first"))


def _gram(put: pl.DataFrame, digits: str, count: int, covers: int = 1) -> pl.DataFrame:
    """One kind of number: `count` runs put together, or (0) completed from what is told elsewhere, which is never more than a short number
    and `covers` so many runs."""
    size = pl.col(digits).str.len_chars()
    begins = (pl.col("start") == 0) | (size == pl.col("first"))
    return put.select(
        "g", "r", "amount", pl.when(begins).then("letters").otherwise(pl.lit("")).alias("letters"), pl.col("letters").alias("group_letters"),
        "start", (pl.col("start") + (count or covers)).alias("stop"), (size if count else pl.lit(SHORT_SIZE, pl.UInt32)).alias("size"),
        normalize.digit_key(pl.col(digits)).alias("key"), pl.lit(value=False).alias("continues"),
    )


def _look_up(keyed: pl.DataFrame, by_digits: pl.DataFrame, common: pl.DataFrame, payers: pl.DataFrame) -> pl.DataFrame:
    """`keyed` (r, amount, key, …) with the items of that key; a key that many items share (`common`) only with those of the payer's candidates,
    and those of exactly the amount, which are `shared`: the number says no more there than a short one."""
    asking = by_digits.join(keyed, on="key", how="semi")
    numbers_of = asking.select("i", "c", pl.col("source").cast(pl.String), pl.col("letters").cast(pl.String).alias("letters_item"), "length", "key", "open")
    rare = keyed.join(common, on="key", how="anti").join(numbers_of, on="key").with_columns(pl.lit(value=False).alias("shared"))
    asked = keyed.join(common, on="key", how="semi")
    if asked.is_empty():
        return rare
    of_payer = asked.join(payers.select("r", "c").unique(), on="r").join(numbers_of, on=["key", "c"]).with_columns(pl.lit(value=False).alias("shared"))
    of_amount = asked.drop_nulls("amount").join(numbers_of, left_on=["key", "amount"], right_on=["key", "open"], coalesce=False)
    strangers = of_amount.join(payers, on=["r", "c"], how="anti").with_columns(pl.lit(value=True).alias("shared"))
    return pl.concat([rare, of_payer.select(rare.columns), strangers.select(rare.columns)])


def _at_most_short(strength: pl.Expr) -> pl.Expr:
    return pl.when("shared").then(pl.min_horizontal(strength, SHORT)).otherwise(strength).cast(pl.Int8).alias("strength")


def _letters_fit(prefixes: pl.Series) -> pl.Expr:
    """The letters before a number do not say that it is something else."""
    other = pl.col("letters").is_in(list(OTHER_THINGS)) | (pl.col("letters").is_in(prefixes.implode()) & (pl.col("letters_item") != ""))
    return (pl.col("letters") == pl.col("letters_item")) | (pl.col("letters") == "") | ~other


def _text_strength(prefixes: pl.Series) -> pl.Expr:
    """How much a number in free text is worth as the number of the item it hits; 0 for nothing."""
    letters, own = pl.col("letters"), pl.col("letters_item")
    complete = (letters == own) | ((own.str.len_chars() >= 3) & letters.str.ends_with(own))
    size = pl.min_horizontal("size", "length")
    fits = _letters_fit(prefixes) & (pl.col("group_letters").is_in(list(OTHER_THINGS)).not_() | (own == pl.col("group_letters")))
    ordered = (pl.col("source") == "po_number") & ~pl.col("group_letters").is_in(["ACCT", "ACCOUNT", "TEL", "DATE"])
    return (
        pl.when(pl.col("source") == "structured_reference").then(pl.when(size >= 8).then(EXPLICIT).otherwise(0))
        .when(ordered).then(pl.when(size >= SHORT_DIGITS).then(DIGITS).when(size >= 3).then(SHORT).otherwise(0))
        .when(pl.col("source") == LEARNED).then(pl.when(fits & (size >= SHORT_DIGITS)).then(DIGITS).when(fits).then(SHORT).otherwise(0))
        .when(complete & (own != "") & (size + own.str.len_chars() >= SPELLED_MIN)).then(EXPLICIT)
        .when(fits & (own == "") & (size >= SHORT_DIGITS)).then(EXPLICIT)
        .when(fits & (size >= SHORT_DIGITS)).then(DIGITS)
        .when((size >= 3) | complete).then(SHORT)
        .otherwise(0)
    )


def _continued(hits: pl.DataFrame) -> pl.DataFrame:
    """`hits`, in which the end of a number is worth as much as one without letters where it continues a number of the same customer that
    stands in full before it."""
    full = hits.filter((pl.col("strength") == EXPLICIT) & ~pl.col("continues")).select("g", "c").unique().with_columns(pl.lit(value=True).alias("in_full"))
    told = hits.join(full, on=["g", "c"], how="left", maintain_order="left")
    ends = pl.col("continues") & pl.col("in_full").fill_null(value=False) & ~pl.col("shared") & (pl.col("source") == "document_number")
    return told.with_columns(pl.when(ends).then(pl.max_horizontal("strength", pl.lit(DIGITS, pl.Int8))).otherwise("strength").alias("strength")).drop("in_full")


def _without_overlaps(hits: pl.DataFrame) -> pl.DataFrame:
    """Of hits that use the same digits of a group, those that are worth most and then cover most."""
    spans = hits.filter(pl.col("g").is_duplicated()).group_by("g", "start", "stop").agg(pl.max("strength"))
    several = spans.filter(pl.col("g").is_duplicated())
    pairs = several.join(several, on="g", suffix="_other").filter(
        (pl.col("start") < pl.col("stop_other")) & (pl.col("start_other") < pl.col("stop")),
    )
    length, other = pl.col("stop") - pl.col("start"), pl.col("stop_other") - pl.col("start_other")
    beaten = pairs.filter(
        (pl.col("strength_other") > pl.col("strength"))
        | ((pl.col("strength_other") == pl.col("strength")) & ((other > length) | ((other == length) & (pl.col("start_other") < pl.col("start"))))),
    )
    return hits.join(beaten.select("g", "start", "stop").unique(), on=["g", "start", "stop"], how="anti")


def _best(hits: pl.DataFrame) -> pl.DataFrame:
    """For each mention the items that it hits hardest, each item once; in stable order."""
    several = hits.filter(pl.col("m").is_duplicated())
    strongest = several.filter(pl.col("strength") == pl.col("strength").max().over("m"))
    distinct = strongest.sort("m", "i", "source").unique(["m", "i"], keep="first", maintain_order=True)
    return pl.concat([hits.filter(pl.col("m").is_unique()), distinct]).sort("r", "m", "i")
