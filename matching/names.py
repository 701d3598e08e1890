"""Names that are only similar: typing errors, shortened and cut words, words run together.

Distinct names only; pairs to compare are found through shared rare keys (words, beginnings, ends, consonants), never by comparing
everybody with everybody. A score alone says little: `Alpha North` is close to `Alpha South`, and `Acme West` contains `Acme`. So a
similar name counts (`customers.SIMILAR`) only if word by word nothing but typing separates the two, the score reaches the policy's
`name_score`, and the runner-up, any other customer, is `name_margin` behind.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from matching import customers
from matching.places import neighbour, nth
from matching.schema import Policy

KEY_CUSTOMERS_MAX = 200
"""A key that more customers share leads nowhere."""
PARTNERS_MAX = 20
BATCH = 5_000
"""So many names are compared at once; the result does not depend on it."""
KNOWN_BITS, KEY_BITS, SUM_BITS = 24, 20, 26
"""How wide a known name's number, the weight of a key and the sum of weights are, where they stand together in one integer; beside the place
of a name in its batch there is room for them in 63 bits."""
FAINT_SCORE = 75
RESEMBLES = 85
BEGUN_MIN = 4
OTHER_FORM = 5
"""Points that another legal form costs: twins often differ by nothing else."""
SAME_WORD_MIN, CUT_WORD_MIN = 5, 3
ACRONYM = r"^[A-Z]{3,6}$"
Numbers = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
SCORED = {"n": pl.UInt32, "c": pl.UInt32, "score": pl.Int64, "typing": pl.Boolean}


class Compared(NamedTuple):
    """Names as they are compared, as arrays of text."""

    core: Texts
    ordered: Texts  # the words of the core from A to Z
    whole: Texts
    form: pl.Series


class Register(NamedTuple):
    """Everybody's distinct names, and where they are found by their keys."""

    names: pl.DataFrame  # k, core, key, form, whole
    compared: Compared
    owners: pl.DataFrame  # k, c
    places: pl.DataFrame  # hashed, start, len, weight: where in `listed` the names with the key stand
    listed: Numbers  # k
    initials: pl.DataFrame  # c, key: of names of three words or more


def register(everybody: customers.Known) -> Register:
    """The names of everybody. Keys that too many names share are left out; the fewer share one, the more it weighs."""
    parts = ["core", "key", "form", "whole"]
    names = everybody.names.select(parts).unique().sort("core", "form", "whole").with_row_index("k")
    if names.height >> KNOWN_BITS:
        raise OverflowError(f"{names.height:,} names of customers are more than can be told apart by {KNOWN_BITS} bits")
    owners = everybody.names.select("c", *parts).unique().join(names, on=parts).select("k", "c")
    keys = _keys(names, "k").sort("hashed")
    hashed = keys["hashed"].to_numpy()
    first = _firsts(hashed)
    places = pl.DataFrame({"hashed": hashed[first], "start": first, "len": np.diff(first, append=len(hashed))}).filter(pl.col("len") <= KEY_CUSTOMERS_MAX)
    weighed = places.with_columns((1_000_000 // pl.col("len")).alias("weight"))
    return Register(names, _compared(names), owners, weighed, keys["k"].cast(pl.Int64).to_numpy(), _initials(everybody.names))


def similar(payers: customers.Payers, known: Register, wanted: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """r, c, level, evidence for the receipts whose names (`n` in `wanted`) are nobody's: one `SIMILAR` customer, or `FAINT` ones."""
    spelled = payers.spellings.join(wanted, on="n", how="semi")
    if spelled.is_empty() or known.names.is_empty():
        return pl.DataFrame(schema=customers.CANDIDATES)
    scored = _scored(spelled, known, policy)
    ordered = scored.sort("n", "score", "c", descending=[False, True, False])
    runner_up = neighbour("score", -1, "n").fill_null(0)
    ranked = ordered.with_columns(nth("n").alias("place"), (pl.col("score") - runner_up).alias("margin"))
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
    told = pl.concat([told, _by_initials(spelled.join(told, on="n", how="anti"), known.initials, policy.proposals)])
    return payers.spoken.join(told, on="n").select(list(customers.CANDIDATES))


def _begun_by_several(spelled: pl.DataFrame, everybody: customers.Known, most: int) -> pl.DataFrame:
    """n, c, level, evidence where the name, however short, is the beginning of several customers' names: it may be cut, and then
    it is no nearer to the shortest of them than to the others."""
    begun = customers.beginnings(spelled, everybody, BEGUN_MIN)
    twins = begun.filter(pl.len().over("n") > 1).filter(nth("n") < most)
    return twins.with_columns(pl.lit(customers.FAINT, pl.Int8).alias("level"), pl.lit("name_twin").alias("evidence"))


def _initials(names: pl.DataFrame) -> pl.DataFrame:
    words = pl.col("core").str.extract_all(r"\b[A-Z]")
    return names.filter(pl.col("core").str.count_matches(" ", literal=True) > 1).select("c", words.list.join("").alias("key")).unique()


def _by_initials(spelled: pl.DataFrame, initials: pl.DataFrame, most: int) -> pl.DataFrame:
    """n, c, level, evidence where the name is the initials of a customer's: never more than a hint."""
    found = spelled.filter(pl.col("key").str.contains(ACRONYM)).select("n", "key").join(initials, on="key").select("n", "c").unique().sort("n", "c")
    few = found.filter(nth("n") < most)
    return few.with_columns(pl.lit(customers.FAINT, pl.Int8).alias("level"), pl.lit("name_faint").alias("evidence"))


def resembling(payers: customers.Payers, pairs: pl.DataFrame) -> pl.DataFrame:
    """The rows (r, c) of `pairs` in which the payer's name is written much like one of the customer's names."""
    spoken = pairs.join(payers.spoken, on="r").select("n", "c").unique()
    mine = payers.spellings.join(spoken, on="n", how="semi").with_row_index("w")
    theirs = payers.known.names.join(spoken, on="c", how="semi").with_row_index("k")
    both = spoken.join(mine.select("w", "n"), on="n").join(theirs.select("k", "c"), on="c")
    written, long = both["w"].to_numpy(), mine["long"].to_numpy()
    score = _score(_compared(mine), written, _compared(theirs), both["k"].to_numpy(), np.flatnonzero(long[written]))
    own = theirs[both["k"]].select(pl.col("core").alias("core_own"), pl.col("key").alias("key_own"))
    scored = pl.concat([both.with_columns(score), mine[both["w"]].select("core", "key", "long"), own], how="horizontal")
    close = scored.filter((pl.col("score") >= RESEMBLES) | (pl.col("key") == pl.col("key_own")))
    typed = close.filter(_each(close.select("core", "core_own", "long"), _only_typing))
    return payers.spoken.join(typed.select("n", "c").unique(), on="n").join(pairs, on=["r", "c"], how="semi").select("r", "c").unique()


def _scored(spelled: pl.DataFrame, known: Register, policy: Policy) -> pl.DataFrame:
    """n, c, score (0..100), typing: the best pairs of wanted and known names, each customer once. Word by word only those are
    compared that the score lets be the customer or its twin."""
    pairs = pl.concat([_pairs(batch.with_row_index("w"), known) for batch in spelled.iter_slices(BATCH)]).join(known.owners, on="k")
    kept = pairs.sort("n", "c", "score", "core_own", descending=[False, False, True, False]).unique(["n", "c"], keep="first", maintain_order=True)
    shorter = kept["core"].str.len_bytes() < kept["core_own"].str.len_bytes()
    as_many_words = kept["core"].str.count_matches(" ", literal=True) == kept["core_own"].str.count_matches(" ", literal=True)
    may_be_short = (kept["score"] < policy.name_score) & shorter & as_many_words & (kept["core"].str.head(1) == kept["core_own"].str.head(1))
    shortened = _each(kept.select("core", "core_own"), _only_shortened, may_be_short)
    near = kept["score"] >= policy.name_score - policy.name_margin
    typing = shortened | _each(kept.select("core", "core_own", "long"), _only_typing, near & ~shortened)
    lifted = pl.when(shortened).then(policy.name_score).otherwise("score").alias("score")
    return kept.with_columns(lifted, typing.alias("typing")).select(list(SCORED))


def _each(pairs: pl.DataFrame, holds: Callable[..., bool], asked: pl.Series | None = None) -> pl.Series:
    """Whether it `holds` of each row; False for those that are not `asked` about."""
    if asked is None:
        return pl.Series(list(map(holds, *(column.to_list() for column in pairs))), dtype=pl.Boolean)
    return pl.repeat(value=False, n=len(asked), eager=True).scatter(asked.arg_true(), _each(pairs.filter(asked), holds))


def _pairs(wanted: pl.DataFrame, known: Register) -> pl.DataFrame:
    """Names with those known names that share the most and the rarest keys and are at least a little alike, scored."""
    w, k = _sharing(_keys(wanted, "w"), known)
    score = _score(_compared(wanted), w, known.compared, k, np.flatnonzero(wanted["long"].to_numpy()[w]))
    scored = pl.DataFrame({"w": w, "k": k, "score": score}).filter(pl.col("score") >= FAINT_SCORE)
    mine, theirs = wanted[scored["w"]].select("n", "core", "long"), known.names[scored["k"]].select("k", pl.col("core").alias("core_own"))
    return pl.concat([mine, theirs, scored.select("score")], how="horizontal")


def _sharing(keys: pl.DataFrame, known: Register) -> tuple[Numbers, Numbers]:
    """The `PARTNERS_MAX` known names with the most and the rarest keys in common with each name, as w and k. A pair stands in one integer,
    so that sorting brings its keys together, and then the best pairs of a name before the others."""
    shared = keys.join(known.places, on="hashed")
    names, start, many, weight = (shared[column].cast(pl.Int64).to_numpy() for column in ("w", "start", "len", "weight"))
    at = np.repeat(start + many - np.cumsum(many), many) + np.arange(many.sum())
    keyed = np.sort(np.repeat(names << (KNOWN_BITS + KEY_BITS) | weight, many) | known.listed[at] << KEY_BITS)
    first = _firsts(keyed >> KEY_BITS)
    pair, weights = keyed[first] >> KEY_BITS, np.add.reduceat(keyed & _bits(KEY_BITS), first) if len(first) else keyed
    lightness = _bits(SUM_BITS) - np.minimum(weights, _bits(SUM_BITS))
    ranked = np.sort((pair >> KNOWN_BITS << SUM_BITS | lightness) << KNOWN_BITS | pair & _bits(KNOWN_BITS))
    begins = _firsts(ranked >> (SUM_BITS + KNOWN_BITS))
    place = np.arange(len(ranked)) - np.repeat(begins, np.diff(begins, append=len(ranked)))
    nearest = ranked[place < PARTNERS_MAX]
    return nearest >> (SUM_BITS + KNOWN_BITS), nearest & _bits(KNOWN_BITS)


def _bits(many: int) -> int:
    return (1 << many) - 1


def _firsts(ordered: Numbers) -> npt.NDArray[np.intp]:
    """Where another value begins."""
    return np.flatnonzero(np.concatenate([np.ones(min(len(ordered), 1), dtype=bool), ordered[1:] != ordered[:-1]]))


def _compared(names: pl.DataFrame) -> Compared:
    cores = names["core"].to_list()
    ordered = [" ".join(sorted(core.split(" "))) for core in cores]
    core, in_order, whole = (np.array(texts, dtype=object) for texts in (cores, ordered, names["whole"].to_list()))
    return Compared(core, in_order, whole, names["form"])


def _score(mine: Compared, left: Numbers, theirs: Compared, right: Numbers, cut: npt.NDArray[np.intp]) -> pl.Series:
    """How alike the names at those places of `mine` and `theirs` are: as written, in any order of words, or, for the pairs `cut`, as the cut
    beginning of the longer one; 0..100, less than `FAINT_SCORE` being nought."""
    form, other_form = mine.form.gather(left), theirs.form.gather(right)
    differ = ((form != "") & (other_form != "") & (form != other_form)).to_numpy()
    written, in_any_order = (
        _ratio(own[left].tolist(), others[right].tolist()) for own, others in ((mine.core, theirs.core), (mine.ordered, theirs.ordered)))
    alike = np.maximum(written, in_any_order)
    begun, whole = mine.whole[left[cut]].tolist(), theirs.whole[right[cut]].tolist()
    alike[cut] = np.maximum(alike[cut], _ratio(begun, [own[: len(text)] for text, own in zip(begun, whole, strict=True)]))
    return pl.Series("score", np.where(differ, alike - OTHER_FORM, alike))


def _ratio(mine: list[str], theirs: list[str]) -> Numbers:
    return process.cpdist(mine, theirs, scorer=fuzz.ratio, score_cutoff=FAINT_SCORE, workers=-1).astype(np.int64)


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
