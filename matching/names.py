"""Names that are only similar: typing errors, shortened and cut words, words run together.

Distinct names only; pairs to compare are found through shared rare keys (words, beginnings, ends, consonants), never by comparing
everybody with everybody. A score alone says little: `Alpha North` is close to `Alpha South`, and `Acme West` contains `Acme`. So a
similar name counts (`customers.SIMILAR`) only if word by word nothing but typing separates the two, the score reaches the policy's
`name_score`, and the runner-up, any other customer, is `name_margin` behind.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from matching import customers
from matching.schema import Policy

KEY_CUSTOMERS_MAX = 200
"""A key that more customers share leads nowhere."""
PARTNERS_MAX = 20
BATCH = 5_000
"""So many names are compared at once; the result does not depend on it."""
PAIR = 1 << 32
FAINT_SCORE = 75
RESEMBLES = 85
BEGUN_MIN = 4
OTHER_FORM = 5
"""Points that another legal form costs: twins often differ by nothing else."""
SAME_WORD_MIN, CUT_WORD_MIN = 5, 3
ACRONYM = r"^[A-Z]{3,6}$"
SCORED = {"n": pl.UInt32, "c": pl.UInt32, "score": pl.Int64, "typing": pl.Boolean}


def similar(payers: customers.Payers, wanted: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """r, c, level, evidence for the receipts whose names (`n` in `wanted`) are nobody's: one `SIMILAR` customer, or `FAINT` ones."""
    spelled = payers.spellings.join(wanted, on="n", how="semi")
    if spelled.is_empty() or payers.known.is_empty():
        return pl.DataFrame(schema=customers.CANDIDATES)
    scored = _scored(spelled, payers.known, policy)
    ordered = scored.sort("n", "score", "c", descending=[False, True, False])
    runner_up = pl.col("score").shift(-1).over("n").fill_null(0)
    place = pl.int_range(pl.len()).over("n")
    ranked = ordered.with_columns(place.alias("place"), (pl.col("score") - runner_up).alias("margin"))
    ranked = ranked.filter((pl.col("place") < policy.proposals) & (pl.col("score") >= FAINT_SCORE))
    counts = (pl.col("place") == 0) & pl.col("typing") & (pl.col("score") >= policy.name_score) & (pl.col("margin") >= policy.name_margin)
    best = pl.col("score").max().over("n")
    twin = pl.col("typing") & (best >= policy.name_score) & (pl.col("score") > best - policy.name_margin)
    levels = ranked.with_columns(
        pl.when(counts).then(customers.SIMILAR).otherwise(customers.FAINT).cast(pl.Int8).alias("level"),
        pl.when(counts).then(pl.lit("name_similar")).when(twin).then(pl.lit("name_twin")).otherwise(pl.lit("name_faint")).alias("evidence"),
    )
    alone = levels.filter((pl.col("level") == customers.SIMILAR) | ~(pl.col("level") == customers.SIMILAR).any().over("n"))
    begun = _begun_by_several(spelled, payers.known, policy.proposals)
    told = pl.concat([alone.select("n", "c", "level", "evidence").join(begun, on="n", how="anti"), begun])
    told = pl.concat([told, _initials(spelled.join(told, on="n", how="anti"), payers.known, policy.proposals)])
    return payers.spoken.join(told, on="n").select(list(customers.CANDIDATES))


def _begun_by_several(spelled: pl.DataFrame, known: pl.DataFrame, most: int) -> pl.DataFrame:
    """n, c, level, evidence where the name, however short, is the beginning of several customers' names: it may be cut, and then
    it is no nearer to the shortest of them than to the others."""
    begun = customers.beginnings(spelled, known, BEGUN_MIN)
    twins = begun.filter(pl.len().over("n") > 1).filter(pl.int_range(pl.len()).over("n") < most)
    return twins.with_columns(pl.lit(customers.FAINT, pl.Int8).alias("level"), pl.lit("name_twin").alias("evidence"))


def _initials(spelled: pl.DataFrame, known: pl.DataFrame, most: int) -> pl.DataFrame:
    """n, c, level, evidence where the name is the initials of a customer's three words or more: never more than a hint."""
    letters = known.filter(pl.col("core").str.count_matches(" ") > 1).select("c", pl.col("core").str.extract_all(r"\b[A-Z]").list.join("").alias("key"))
    found = spelled.filter(pl.col("key").str.contains(ACRONYM)).select("n", "key").join(letters, on="key").select("n", "c").unique().sort("n", "c")
    few = found.filter(pl.int_range(pl.len()).over("n") < most)
    return few.with_columns(pl.lit(customers.FAINT, pl.Int8).alias("level"), pl.lit("name_faint").alias("evidence"))


def resembling(payers: customers.Payers, pairs: pl.DataFrame) -> pl.DataFrame:
    """The rows (r, c) of `pairs` in which the payer's name is written much like one of the customer's names."""
    spoken = pairs.join(payers.spoken, on="r").select("n", "c").unique()
    left = spoken.join(payers.spellings.select("n", "core", "key", "form", "whole", "ordered", "long"), on="n")
    both = left.join(payers.known.select("c", "core", "key", "form", "whole", "ordered"), on="c", suffix="_own")
    if both.is_empty():
        return pairs.select("r", "c").clear()
    close = both.with_columns(_score(both)).filter((pl.col("score") >= RESEMBLES) | (pl.col("key") == pl.col("key_own")))
    typed = close.filter(pl.Series([_only_typing(*row) for row in close.select("core", "core_own", "long").iter_rows()], dtype=pl.Boolean))
    return payers.spoken.join(typed.select("n", "c").unique(), on="n").join(pairs, on=["r", "c"], how="semi").select("r", "c").unique()


def _scored(spelled: pl.DataFrame, known: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """n, c, score (0..100), typing: the best pairs of wanted and known names, each customer once. Word by word only those are
    compared that the score lets be the customer or its twin."""
    own = known.select("core", "key", "form", "whole", "ordered").unique().sort("core", "form", "whole").with_row_index("k")
    batches = [batch.with_row_index("w") for batch in spelled.iter_slices(BATCH)]
    wanted_keys = [_keys(batch, "w") for batch in batches]
    own_keys = _keys(own, "k").join(pl.concat(wanted_keys).select("hashed").unique(), on="hashed", how="semi")
    common = own_keys.group_by("hashed").len().filter(pl.col("len") <= KEY_CUSTOMERS_MAX)
    index = own_keys.join(common, on="hashed").select("hashed", "k", (1_000_000 // pl.col("len")).alias("weight"))
    found = [_pairs(batch, keys, own, index) for batch, keys in zip(batches, wanted_keys, strict=True)]
    owners = known.select("c", "core", "form", "whole").unique()
    pairs = pl.concat(found).join(owners, left_on=["core_own", "form_own", "whole_own"], right_on=["core", "form", "whole"])
    kept = pairs.sort("n", "c", "score", "core_own", descending=[False, False, True, False]).unique(["n", "c"], keep="first", maintain_order=True)
    least = policy.name_score - policy.name_margin
    rows = list(kept.select("score", "core", "core_own", "long").iter_rows())
    shortened = [score < policy.name_score and _only_shortened(core, own) for score, core, own, _ in rows]
    typing = [short or (score >= least and _only_typing(core, own, long)) for short, (score, core, own, long) in zip(shortened, rows, strict=True)]
    lifted = pl.when(pl.Series(shortened, dtype=pl.Boolean)).then(policy.name_score).otherwise("score").alias("score")
    return kept.with_columns(lifted, pl.Series("typing", typing, dtype=pl.Boolean)).select(list(SCORED))


def _pairs(wanted: pl.DataFrame, keys: pl.DataFrame, own: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Names with those known names that share the most and the rarest keys and are at least a little alike, scored."""
    nearest = _sharing(keys, index)
    both = nearest.join(wanted, on="w").join(own, on="k", suffix="_own")
    scored = both.with_columns(_score(both)).filter(pl.col("score") >= FAINT_SCORE)
    return scored.select("n", "core", "long", "core_own", "form_own", "whole_own", "score")


def _sharing(keys: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """w, k, weight: each name's `PARTNERS_MAX` known names with the most and the rarest keys in common. A pair is one integer while
    millions of them are added up."""
    pair = pl.col("w").cast(pl.UInt64) * PAIR + pl.col("k")
    shared = keys.join(index, on="hashed").select(pair.alias("pair"), "weight").group_by("pair").agg(pl.sum("weight"))
    placed = shared.with_columns((pl.col("pair") // PAIR).cast(pl.UInt32).alias("w"))
    least = placed.group_by("w").agg(pl.col("weight").top_k(PARTNERS_MAX).min().alias("least"))
    near = placed.join(least, on="w").filter(pl.col("weight") >= pl.col("least"))
    ordered = near.select("w", (pl.col("pair") % PAIR).cast(pl.UInt32).alias("k"), "weight").sort("w", "weight", "k", descending=[False, True, False])
    return ordered.filter(pl.int_range(pl.len()).over("w") < PARTNERS_MAX)


def _score(both: pl.DataFrame) -> pl.Series:
    """How alike the names are, 0..100: as written, in any order of words, or as the cut beginning of the longer one."""
    core, other = both["core"].to_list(), both["core_own"].to_list()
    mine, theirs = both["form"], both["form_own"]
    other_form = ((mine != "") & (theirs != "") & (mine != theirs)).to_numpy()
    straight = process.cpdist(core, other, scorer=fuzz.ratio, workers=-1)
    turned = process.cpdist(both["ordered"].to_list(), both["ordered_own"].to_list(), scorer=fuzz.ratio, workers=-1)
    cut = both.select(pl.col("whole_own").str.slice(0, pl.col("whole").str.len_chars()))["whole_own"]
    begun = process.cpdist(both["whole"].to_list(), cut.to_list(), scorer=fuzz.ratio, workers=-1)
    begun = np.where(both["long"].to_numpy(), begun, 0)
    alike = np.maximum(np.maximum(straight, turned), begun).astype(np.int64)
    return pl.Series("score", np.where(other_form, alike - OTHER_FORM, alike))


def _keys(names: pl.DataFrame, number: str) -> pl.DataFrame:
    """number, hashed: what two spellings of one name are likely to share. Each kind of key has its own seed."""
    key = pl.col("key")
    consonants = key.str.replace_all(r"[AEIOUY]", "")
    of_name = (
        key.str.head(5), key.str.tail(5), consonants.str.head(6), consonants.str.tail(6),
        pl.concat_str(key.str.head(3), key.str.tail(2)), pl.concat_str(key.str.head(2), key.str.tail(3)),
    )
    words = names.select(pl.col(number), pl.col("core").str.split(" ").alias("word")).explode("word")
    written = words.filter(pl.col("word").str.len_bytes() >= 3)
    longer = words.filter(pl.col("word").str.len_bytes() >= 5)
    parts = [names.select(number, part.hash(seed=seed).alias("hashed")) for seed, part in enumerate(of_name)]
    parts.append(written.select(number, pl.col("word").hash(seed=10).alias("hashed")))
    parts.append(longer.select(number, pl.col("word").str.head(4).hash(seed=11).alias("hashed")))
    parts.append(longer.select(number, pl.col("word").str.tail(4).hash(seed=12).alias("hashed")))
    return pl.concat(parts)


def _only_typing(core: str, other: str, long: bool) -> bool:
    """Whether nothing but typing, shortening or cutting separates two names.

    >>> _only_typing("GLOBAL LOGISTCS PARTNERS", "GLOBAL LOGISTICS PARTNERS", False), _only_typing("ACME", "ACME WEST", False)
    (True, False)
    >>> _only_typing("ALPHA NORTH", "ALPHA SOUTH", False), _only_typing("BLUESTAR FREIGHT", "BLUE STAR FREIGHT", False)
    (False, True)
    """
    mine, theirs = core.split(" "), other.split(" ")
    if len(mine) == len(theirs):
        return all(map(_alike, mine, theirs)) or all(map(_alike, sorted(mine), sorted(theirs)))
    joined, other_joined = core.replace(" ", ""), other.replace(" ", "")
    if _digits(joined) == _digits(other_joined) and OSA.distance(joined, other_joined, score_cutoff=1) <= 1:
        return True
    begun = long and len(mine) < len(theirs)
    return begun and all(map(_alike, mine[:-1], theirs)) and theirs[len(mine) - 1].startswith(mine[-1])


def _only_shortened(core: str, other: str) -> bool:
    """Whether word by word the one is the other, cut or without its vowels, and a long word is the same in both.

    >>> _only_shortened("ROCKY MTN ELEC CONTR", "ROCKY MOUNTAIN ELECTRICAL CONTRACTORS"), _only_shortened("ROCKY MTN GAS", "ROCKY MARINE GAS")
    (True, False)
    """
    pairs = list(zip(core.split(" "), other.split(" "), strict=False))
    if core.count(" ") != other.count(" ") or not any(mine == theirs and len(mine) >= SAME_WORD_MIN for mine, theirs in pairs):
        return False
    return all(mine == theirs or (len(mine) >= CUT_WORD_MIN and (theirs.startswith(mine) or _is_contraction(mine, theirs))) for mine, theirs in pairs)


def _is_contraction(short: str, word: str) -> bool:
    """`HTG` for `HEATING`: its first and last letter and some between in their order, no vowel but the first letter."""
    if short[0] != word[0] or short[-1] != word[-1] or len(word) < len(short) + 2 or any(letter in "AEIOU" for letter in short[1:]):
        return False
    letters = iter(word)
    return all(letter in letters for letter in short)


@lru_cache(maxsize=1 << 16)
def _alike(word: str, other: str) -> bool:
    """One word in two spellings: the longer, the more errors; a number in it must be the same."""
    if word == other:
        return True
    shorter = min(len(word), len(other))
    if shorter < 3 or _digits(word) != _digits(other):
        return False
    if word.startswith(other) or other.startswith(word):
        return True
    allowed = 2 if shorter >= 8 else 1 if shorter >= 4 else 0
    return OSA.distance(word, other, score_cutoff=allowed) <= allowed


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))
