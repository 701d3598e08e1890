"""One line for several entries, or several lines for one entry: deposits, payment runs, weeks of card sales.

First whole groups (what shares a number, a day and a party, a day) whose sum is the amount of one row on the other side; then, for what is
left, a subset of the party's or the day's rows. A sum counts only if no other set makes it; among rows of equal amounts the earliest are
taken, and said so. `_Way` turns the same code round for the other direction.
"""

from __future__ import annotations

from itertools import groupby, pairwise
from math import gcd
from typing import NamedTuple

import numpy as np
import polars as pl

from matching.bank_book import claims, subsets
from matching.bank_book.claims import Claim
from matching.bank_book.schema import MANY_TO_ONE, ONE_TO_MANY
from matching.bank_book.sides import Sides
from matching.bank_book.words import AGREES, DISAGREES, UNKNOWN, Lexicon
from matching.schema import Schema

EARLIER, LATER = 16, 3
"""Calendar days before and after the single row within which its parts lie (seen from the books to the bank)."""
CHANCE_MAX = 0.05
"""Sets that would make the amount by mere chance; above it a sum is no evidence."""
_ROUND = 1_000
"""Minor units; sums of multiples of it are no evidence among strangers."""
STRANGE_MAX = 0.002
"""The same where the rows are not of one party: many more sets were looked at."""


GATHERED, _GATHERED_DAYS, _GATHERED_LAG = (STRANGE_MAX, 0.02, 0.1), 3, 6
"""The same, step by step, where a row says that it is put together of many, so that one of the sets is expected; the days within which its parts then lie, and
from the books to the bank."""
_IS_PAYMENT = pl.col("way").ne_missing("own")
"""Transfers between own accounts go one by one."""


class _Way(NamedTuple):
    """One direction: the side whose single rows are explained, and the side whose rows are added up."""

    kind: str
    single: pl.DataFrame
    parts: pl.DataFrame
    single_numbers: pl.DataFrame
    part_numbers: pl.DataFrame
    lexicon: Lexicon
    first: int  # the parts lie from `first` to `last` days after the single row
    last: int

    def likeness(self, single: str, part: str) -> int | None:
        """How alike the words of a single row and of a part are."""
        return self.lexicon.likeness(single, part) if self.kind == ONE_TO_MANY else self.lexicon.likeness(part, single)

    def tells_apart(self, single: str, part: str) -> bool:
        """Whether the words of a single row and of a part are those of two parties."""
        alike = self.likeness(single, part)
        return alike is not None and alike < DISAGREES

    def single_words(self, words: str) -> set[str]:
        """The books' words in a single row."""
        return self.lexicon.words_of(words) if self.kind == ONE_TO_MANY else set(words.split())

    def read_words(self, words: str) -> set[str]:
        """The books' words by which a part is found."""
        return set(self.lexicon.rarest(words, 2)) if self.kind == ONE_TO_MANY else self.lexicon.words_of(words)

    def claim(self, single: int, parts: list[int], status: str, confidence: int, reason: str) -> Claim:
        """The claim with lines and entries where they belong."""
        lines, entries = ([single], parts) if self.kind == ONE_TO_MANY else (parts, [single])
        return Claim(lines, entries, self.kind, status, confidence, reason)


def _ways(sides: Sides) -> tuple[_Way, _Way]:
    lines = sides.bank.filter(~pl.col("kind").str.contains("FEE|INTEREST") & _IS_PAYMENT)  # the bank's own charges are nobody's batch
    entries = sides.book.filter(_IS_PAYMENT)
    return (_Way(ONE_TO_MANY, lines, entries, sides.bank_numbers, sides.book_numbers, sides.lexicon, -EARLIER, LATER),
            _Way(MANY_TO_ONE, entries, lines, sides.book_numbers, sides.bank_numbers, sides.lexicon, -LATER, EARLIER))


def numbered(sides: Sides) -> pl.DataFrame:
    """Claims of groups that name one number: a deposit slip, a payment run."""
    found = _whole(sides, ("number",))
    return found.filter(pl.col("status") == claims.CERTAIN)


def whole(sides: Sides) -> pl.DataFrame:
    """Claims of groups of one number where others fit as well, and of groups of a day: one party's, one kind's, all."""
    return _whole(sides, ("number", "party", "day_kind", "day"))


def _whole(sides: Sides, kinds: tuple[str, ...]) -> pl.DataFrame:
    found: list[pl.DataFrame] = []
    for number in (0, 1):
        for by in kinds:
            way = _ways(sides)[number]
            claimed = claims.frame(_of_groups(way, by))
            found.append(claimed)
            sides = claims.left(sides, claimed)
    return pl.concat(found)


def _of_groups(way: _Way, by: str) -> list[Claim]:
    members = _members(way, by)
    groups = members.group_by("key", "currency").agg(
        pl.col("amount").sum(), pl.col("place").sort().alias("parts"), pl.col("day").min().alias("since"), pl.col("day").max().alias("until"),
        pl.col("words").unique().sort(), (pl.col("amount") > 0).all().alias("ins"), (pl.col("amount") < 0).all().alias("outs"),
        (pl.col("amount") % _ROUND == 0).all().alias("round"), pl.when((pl.col("way") == pl.col("way").first()).all()).then(pl.col("way").first()).alias("way"),
    ).filter((pl.col("parts").list.len() > 1) & (pl.col("ins") | pl.col("outs")))
    singles = way.single.select(pl.col("place").alias("single"), "currency", "amount", "day", pl.col("words").alias("words_single"), pl.col("way").alias("way_single"))
    fitting = groups.join(singles, on=["currency", "amount"]).filter(
        (pl.col("since") >= pl.col("day") + way.first) & (pl.col("until") <= pl.col("day") + way.last))
    liking = _least if by == "number" else _most
    likeness = [liking(_likenesses(way, *row)) for row in fitting.select("words_single", "words").iter_rows()]
    fitting = fitting.with_columns(pl.Series("alike", likeness, dtype=pl.Int64).fill_null(UNKNOWN))
    if by == "number":
        fitting = _named_first(way, fitting)
    else:
        same_way = (pl.col("way") == pl.col("way_single")).fill_null(value=False)
        is_telling = ~pl.col("round") | (pl.col("alike") >= AGREES) | same_way
        fitting = fitting.with_columns(pl.lit(value=False).alias("named")).filter((pl.col("alike") >= DISAGREES) & is_telling)
    best = fitting.sort("single", -pl.col("alike"), (pl.col("since") - pl.col("day")).abs(), "key")
    claimed: list[Claim] = []
    gone: set[int] = set()
    rivals = dict(best.group_by("single").agg(pl.col("parts").n_unique()).iter_rows())
    claimants = dict(best.group_by("key", "currency").agg(pl.col("single").n_unique()).select("key", "single").iter_rows())
    used: set[int] = set()
    for row in best.iter_rows(named=True):
        parts: list[int] = row["parts"]
        if row["single"] in used or gone & set(parts):
            continue
        clear = rivals[row["single"]] == 1 and claimants[row["key"]] == 1
        told = row["named"] or row["alike"] >= AGREES or by != "party"
        telling = not row["round"] or row["named"] or (row["ins"] and row["way"] == row["way_single"] == "paper")
        sure = clear and told and telling
        status, confidence = (claims.CERTAIN, _CONFIDENCE[by]) if sure else (claims.LIKELY, 740)
        claimed.append(way.claim(row["single"], parts, status, confidence, f"{len(parts)} {_what(way)} {_BY[by]} add up to it{'' if clear else '; another group does so too'}"))
        used.add(row["single"])
        gone |= set(parts)
    return claimed


def _likenesses(way: _Way, single: str, parts: list[str]) -> list[int]:
    """How alike a single row is to each of the parts' texts; nothing where a side says nothing."""
    return [alike for words in parts if (alike := way.likeness(single, words)) is not None]


def _most(likenesses: list[int]) -> int | None:
    """One party of a day's may be the only one that the bank names."""
    return max(likenesses, default=None)


def _least(likenesses: list[int]) -> int | None:
    """A number that rows of several parties happen to have makes no group of them."""
    return min(likenesses, default=None)


def _named_first(way: _Way, fitting: pl.DataFrame) -> pl.DataFrame:
    """Where a single row names the number of a group, no other group is its; one that names somebody else is not a group's that it does
    not name by number."""
    number = pl.col("key").str.split("|").list.first()
    named = fitting.with_columns(number.alias("number")).join(
        way.single_numbers.select(pl.col("place").alias("single"), "number", pl.lit(value=True).alias("named")), on=["single", "number"], how="left", maintain_order="left")
    told = pl.col("named").fill_null(value=False)
    return named.filter(told | (~told.any().over("single") & (pl.col("alike") >= DISAGREES))).drop("number").with_columns(told.alias("named"))


_CONFIDENCE = {"number": 985, "party": 960, "day_kind": 940, "day": 930}
_BY = {"number": "that name one number", "party": "of one party", "day_kind": "of one day and kind", "day": "of one day"}


def _what(way: _Way) -> str:
    return "entries" if way.kind == ONE_TO_MANY else "bank lines"


def _members(way: _Way, by: str) -> pl.DataFrame:
    """The parts with the `key` of the group they are in."""
    rows = way.parts.with_columns((pl.col("amount") > 0).alias("into"))
    match by:
        case "number":
            spread = way.part_numbers.filter((pl.col("spread") > 1) & (pl.col("spread") <= 200))
            return spread.join(rows, on="place").with_columns(pl.concat_str("number", pl.lit("|"), "into").alias("key"))
        case "party":
            named = rows.filter(pl.col("squeezed").str.len_chars() >= 3)
            return named.with_columns(pl.concat_str("squeezed", pl.lit("|"), "day", pl.lit("|"), "into").alias("key"))
        case "day_kind":
            return rows.filter(pl.col("kind") != "").with_columns(pl.concat_str("day", pl.lit("|"), "kind", pl.lit("|"), "into").alias("key"))
        case _:
            return rows.with_columns(pl.concat_str("day", pl.lit("|"), "into").alias("key"))


_PARTY_DAYS, _COMPLETED_MAX = 3, 6
"""Days about a party's rows in which others may be its own, and how many such rows of a party are looked at."""
_PARTY_MAX = 11
"""Rows of one party of which every subset is looked at; of more, those of so many neighbours in time."""


def of_named_parties(sides: Sides) -> pl.DataFrame:
    """Claims of subsets of one party's rows for single rows whose texts name that party."""
    return _subsets_of_parties(sides, AGREES)


def of_parties(sides: Sides) -> pl.DataFrame:
    """Claims of subsets of one party's rows, whatever the single row says: few enough sets to be evidence where only one fits."""
    return _subsets_of_parties(sides, DISAGREES)


def _subsets_of_parties(sides: Sides, alike_min: int) -> pl.DataFrame:
    found: list[pl.DataFrame] = []
    for number in (0, 1):
        claimed = claims.frame(_of_parties(_ways(sides)[number], alike_min))
        found.append(claimed)
        sides = claims.left(sides, claimed)
    return pl.concat(found)


def _of_parties(way: _Way, alike_min: int) -> list[Claim]:
    hits = _party_sets(way)
    singles = way.single.select(pl.col("place").alias("single"), "currency", "amount", "day", pl.col("words").alias("words_single"))
    fitting = hits.join(singles, on=["currency", "amount"]).filter(
        (pl.col("since") >= pl.col("day") + way.first) & (pl.col("until") <= pl.col("day") + way.last)).unique().sort("single", "parts")
    if fitting.is_empty():
        return []
    likeness = [way.likeness(*row) for row in fitting.select("words_single", "words").iter_rows()]
    alike = fitting.with_columns(pl.Series("alike", likeness, dtype=pl.Int64).fill_null(UNKNOWN)).filter(pl.col("alike") >= alike_min)
    told = alike.with_columns((pl.col("alike") >= AGREES).alias("same")).filter(pl.col("same") | ~pl.col("same").any().over("single"))
    told = told.with_columns(pl.len().over("single", "amounts").alias("equal")).sort("since", "until", "parts").unique(
        ["single", "amounts"], keep="first", maintain_order=True)
    told = told.with_columns(pl.col("amounts").list.eval(pl.element() % _ROUND == 0).list.sum().alias("rounds"), pl.len().over("single").alias("rivals"),
                             pl.col("single").n_unique().over("parts").alias("claimants"))
    telling = pl.col("same") | (pl.col("rounds") < pl.col("amounts").list.len())
    claimed: list[Claim] = []
    gone: set[int] = set()
    for row in told.filter((pl.col("rivals") == 1) & telling).sort(~pl.col("same"), "single").iter_rows(named=True):
        parts: list[int] = row["parts"]
        if gone & set(parts):
            continue
        gone |= set(parts)
        clear = row["claimants"] == 1 and row["equal"] == 1
        sure = row["same"] and clear and row["rounds"] < 2  # others may make the same round sum
        confidence = 950 if sure else 800 if clear else 700
        doubt = "" if row["equal"] == 1 else "; rows of equal amounts taken in order of their dates"
        told_by = "the texts name the same party" if row["same"] else "no other party's do"
        claimed.append(way.claim(row["single"], parts, claims.CERTAIN if sure else claims.LIKELY, confidence,
                                 f"{len(parts)} of one party's {_what(way)} add up to it, and {told_by}{doubt}"))
    return claimed


def _party_sets(way: _Way) -> pl.DataFrame:
    """currency, amount, parts, amounts, since, until, words: sets of two and more rows of one party that make the amount of some single row.
    A bank text that has no word of the books is nobody's name: `INTERNET TRF`."""
    nobody = [text for text in way.parts["words"].unique() if way.kind == MANY_TO_ONE and not way.lexicon.knows(text)]
    rows = way.parts.filter((pl.col("squeezed").str.len_chars() >= 3) & ~pl.col("words").is_in(nobody)).with_columns((pl.col("amount") > 0).alias("into")).sort("squeezed", "currency", "into", "day", "place")
    targets = {str(key[0]): np.sort(group["amount"].unique().to_numpy()) for key, group in way.single.group_by("currency")}
    found: list[tuple[str, int, list[int], list[int], int, int, str]] = []
    for (_, currency, _), group in groupby(rows.select("squeezed", "currency", "into", "place", "amount", "day", "words").iter_rows(), key=lambda row: row[:3]):
        members = list(group)
        wanted = targets.get(currency)
        if len(members) < 2 or wanted is None:
            continue
        places, amounts, day = [row[3] for row in members], [row[4] for row in members], [row[5] for row in members]
        for start in range(max(1, len(members) - _PARTY_MAX + 1)):
            sums = subsets.sums(amounts[start:start + _PARTY_MAX])
            at = np.minimum(np.searchsorted(wanted, sums), len(wanted) - 1)
            for mask in np.flatnonzero(wanted[at] == sums).tolist():
                chosen = [start + n for n in subsets.members(mask)]
                if len(chosen) > 1:
                    found.append((currency, int(sums[mask]), sorted(places[n] for n in chosen), sorted(amounts[n] for n in chosen), day[chosen[0]], day[chosen[-1]], members[0][6]))
    shape: Schema = {"currency": pl.String, "amount": pl.Int64, "parts": pl.List(pl.Int64), "amounts": pl.List(pl.Int64), "since": pl.Int64, "until": pl.Int64, "words": pl.String}
    return pl.DataFrame(found, schema=shape, orient="row")


_RUN_MIN, _RUN_MAX = 2, 40
"""Entries that follow one another of which sums are looked at."""


def in_a_row(sides: Sides) -> pl.DataFrame:
    """Claims of entries of a few days that follow one another in the books, nothing between them: a deposit that was entered in one go."""
    way, _ = _ways(sides)
    singles = way.single.select(pl.col("place").alias("single"), "currency", "amount", "day", "words")
    lag = pl.col("day") - pl.col("until")
    fitting = _runs(way).join(singles, on=["currency", "amount"]).filter(lag.is_between(0, _RUN_DAYS) & ~pl.col("round"))
    days = np.sort(way.parts["day"].to_numpy())
    until = fitting["until"].to_numpy()
    near = np.searchsorted(days, until, "right") - np.searchsorted(days, until - _RUN_DAYS, "left")
    chance = pl.Series("near", near) * pl.col("parts").list.len() / pl.col("amount").abs()
    likely = fitting.filter((chance <= CHANCE_MAX) | (pl.col("since") == pl.col("until")))
    meant = [not any(way.tells_apart(one, other) for other in words) for one, words in likely.select("words", "words_book").iter_rows()]
    alone = likely.filter(pl.Series(meant, dtype=pl.Boolean)).filter(pl.len().over("single") == 1).sort("single")
    crossing = alone.select("single", pl.col("parts")).explode("parts").filter(pl.len().over("parts") > 1).select("single").unique()
    return claims.frame([
        way.claim(single, parts, claims.LIKELY, 800, f"{len(parts)} entries that follow one another in the books add up to it")
        for single, parts in alone.join(crossing, on="single", how="anti", maintain_order="left").select("single", "parts").iter_rows()
    ])


def _runs(way: _Way) -> pl.DataFrame:
    """currency, amount, since, until, parts, words_book, round: entries that follow one another and make the amount of some single row."""
    rows = way.parts.sort("order").with_columns((pl.col("amount") > 0).alias("into"))
    changes = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in ("currency", "into"))
    apart = (pl.col("order").diff() != 1) | (pl.col("day").diff().abs() > _RUN_SPREAD) | changes
    wanted = {str(key[0]): np.sort(group["amount"].unique().to_numpy()) for key, group in way.single.group_by("currency")}
    found: list[tuple[str, int, int, int, list[int], list[str], bool]] = []
    for _, group in rows.with_columns(apart.fill_null(value=True).cum_sum().alias("run")).group_by("run", maintain_order=True):
        places, amounts, words, days, currency = group["place"].to_list(), group["amount"].to_numpy(), group["words"].to_list(), group["day"].to_list(), group["currency"][0]
        total = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(amounts)])
        targets = wanted.get(currency)
        if targets is None:
            continue
        for length in range(_RUN_MIN, min(_RUN_MAX, len(places)) + 1):
            sums = total[length:] - total[:-length]
            at = np.minimum(np.searchsorted(targets, sums), len(targets) - 1)
            for start in np.flatnonzero(targets[at] == sums).tolist():
                end = start + length
                since, until = min(days[start:end]), max(days[start:end])
                if until - since <= _RUN_SPREAD:
                    is_round = all(amount % _ROUND == 0 for amount in amounts[start:end])
                    found.append((currency, int(sums[start]), since, until, sorted(places[start:end]), words[start:end], is_round))
    shape: Schema = {"currency": pl.String, "amount": pl.Int64, "since": pl.Int64, "until": pl.Int64, "parts": pl.List(pl.Int64), "words_book": pl.List(pl.String), "round": pl.Boolean}
    return pl.DataFrame(found, schema=shape, orient="row")


_RUN_DAYS, _RUN_SPREAD = 5, 3
"""Calendar days from such entries to the bank, and from the first of them to the last."""


def some(sides: Sides) -> pl.DataFrame:
    """Claims of subsets, for what no whole group explains: the surest first, because fewer rows are left for the others and make fewer sets."""
    found: list[pl.DataFrame] = []
    alike: tuple[_Likeness, _Likeness] = ({}, {})
    for chance_max in GATHERED:
        for number in (0, 1):
            way = _ways(sides)[number]
            asked = way if chance_max < GATHERED[-1] else way._replace(single=way.single.filter("gathers"))
            claimed = claims.frame(_of_subsets(asked, chance_max, alike[number]))
            found.append(claimed)
            sides = claims.left(sides, claimed)
    return pl.concat(found)


def _of_subsets(way: _Way, gathered_max: float, alike: _Likeness) -> list[Claim]:
    """Singles in order of their size, the largest first; a set that two singles ask for goes to neither but as a suggestion."""
    if way.single.is_empty() or way.parts.is_empty():
        return []
    parts = _Parts(way, gathered_max, alike)
    wanted: list[tuple[int, _Found]] = []
    for single in way.single.select("currency", "amount", "day", "words", "gathers", "place").iter_rows():
        place, answer = single[-1], parts.explain(_Single(*single[:-1]))
        if answer is not None:
            wanted.append((place, answer))
    claimants: dict[int, int] = {}
    for _, answer in wanted:
        for part in answer.parts:
            claimants[part] = claimants.get(part, 0) + 1
    claimed: list[Claim] = []
    gone: set[int] = set()
    for place, answer in sorted(wanted, key=lambda pair: (-pair[1].confidence, pair[0])):
        contested = any(claimants[part] > 1 for part in answer.parts)
        if gone & set(answer.parts):
            continue
        sure = answer.confidence >= 900 and not contested
        claimed.append(way.claim(place, answer.parts, claims.CERTAIN if sure else claims.LIKELY, min(answer.confidence, 700) if contested else answer.confidence, answer.reason))
        gone |= set(answer.parts)
    return claimed


_Likeness = dict[tuple[str, str], int | None]
"""How alike the words of a single row and of a part are, as far as that was asked."""


class _Single(NamedTuple):
    """A row that is to be explained."""

    currency: str
    amount: int
    day: int
    words: str
    gathers: bool


class _Found(NamedTuple):
    """A set that makes an amount."""

    parts: list[int]
    confidence: int
    reason: str


class _Parts:
    """The rows that may be added up, by currency, direction and day, and by the words they use."""

    def __init__(self, way: _Way, gathered_max: float, alike: _Likeness) -> None:
        self._way, self._gathered_max, self._likeness = way, gathered_max, alike
        self._by_day: dict[tuple[str, bool, int], list[_Part]] = {}
        self._by_word: dict[tuple[str, bool, str], list[_Part]] = {}
        for place, currency, amount, day, words in way.parts.sort("day", "place").select("place", "currency", "amount", "day", "words").iter_rows():
            part = _Part(place, amount, day, words)
            self._by_day.setdefault((currency, amount > 0, day), []).append(part)
            for word in sorted(way.read_words(words)):
                self._by_word.setdefault((currency, amount > 0, word), []).append(part)

    def explain(self, single: _Single) -> _Found | None:
        """The set that makes the amount: of the party's rows, else of a day's, else of some days', else of all near rows where they are few."""
        currency, amount, day, words, _ = single
        first, last, what = day + self._way.first, day + self._way.last, _what(self._way)
        speaking = {part for word in self._way.single_words(words) for part in self._by_word.get((currency, amount > 0, word), ())}
        party = sorted((p for p in speaking if first <= p.day <= last and abs(p.amount) < abs(amount) and (self._alike(words, p.words) or 0) >= AGREES),
                       key=lambda p: (p.day, p.place))
        found = _search(party, amount, 930, f"{{}} of the party's {len(party)} open {what} add up to it") if len(party) > 1 else None
        if found is not None:
            mine = [part for part in party if part.place in found.parts]
            told = len({part.words for part in mine}) == 1 and sum(part.amount % _ROUND == 0 for part in mine) < 2
            return found if told else found._replace(confidence=min(found.confidence, 800))
        completed = self._completed(party, amount, currency, words)
        return completed or (self._of_days(single) if single.gathers or self._gathered_max == STRANGE_MAX else None)

    def _of_days(self, single: _Single) -> _Found | None:
        """A set of rows of which none names another party: of one day, for what is put together of many of a few days, of all near days."""
        currency, amount, day, words, gathers = single
        what, usual = _what(self._way), range(-_GATHERED_LAG, 1) if self._way.kind == ONE_TO_MANY else range(_GATHERED_LAG + 1)
        near = sorted(range(day + self._way.first, day + self._way.last + 1), key=lambda one: (abs(one - day), one))
        rows = {on: self._strangers(currency, amount, on, words) for on in near}
        for on in near:
            chance_max = self._gathered_max if gathers and on - day in usual else STRANGE_MAX
            found = _search(rows[on], amount, 860, f"{{}} {what} of one day add up to it", chance_max) if 1 < len(rows[on]) <= subsets.ITEMS_MAX else None
            if found is not None:
                return found
        for on in near if gathers else ():
            group = [part for one in range(on - _GATHERED_DAYS, on + 1) if one - day in usual for part in rows.get(one, ())]
            found = _search(group, amount, 780, f"{{}} {what} of a few days add up to it", self._gathered_max) if 1 < len(group) <= subsets.ITEMS_MAX else None
            if found is not None:
                return found
        every = sorted((part for group in rows.values() for part in group), key=lambda p: (p.day, p.place))
        return _search(every, amount, 760, f"{{}} of the {len(every)} open {what} of these weeks add up to it", STRANGE_MAX) if len(every) <= 16 else None

    def _completed(self, party: list[_Part], amount: int, currency: str, words: str) -> _Found | None:
        """Rows of the party and one or two of the days about them whose words tell nobody apart, where just one such set makes the amount."""
        if not 0 < len(party) <= _COMPLETED_MAX:
            return None
        days = sorted({part.day + n for part in party for n in range(-_PARTY_DAYS, _PARTY_DAYS + 1)})
        strangers = [part for day in days for part in self._strangers(currency, amount, day, words) if part not in party]
        sums = subsets.sums([part.amount for part in party]).tolist()
        tried = len(sums) * (len(strangers) + 1) ** 2 / 2
        if tried > STRANGE_MAX * abs(amount):
            return None
        at: dict[int, list[_Part]] = {}
        for part in strangers:
            at.setdefault(part.amount, []).append(part)
        found: set[frozenset[_Part]] = set()
        for mask, made in enumerate(sums):
            mine = [party[n] for n in subsets.members(mask)]
            if not mine or abs(made) >= abs(amount):
                continue
            found |= {frozenset([*mine, one]) for one in at.get(amount - made, ())}
            found |= {frozenset([*mine, one, other]) for one in strangers for other in at.get(amount - made - one.amount, ()) if other is not one}
        if len(found) != 1 or all(part.amount % _ROUND == 0 for part in next(iter(found))):
            return None
        chosen = sorted(part.place for part in next(iter(found)))
        return _Found(chosen, 790, f"{len(chosen)} {_what(self._way)} of the party and of nobody else add up to it")

    def _strangers(self, currency: str, amount: int, day: int, words: str) -> list[_Part]:
        """The day's rows that are not another party's; none where there are too many to tell anything."""
        group = self._by_day.get((currency, amount > 0, day), [])
        if len(group) > subsets.ITEMS_MAX:
            return []
        return [p for p in group if abs(p.amount) < abs(amount) and self._may_be(words, p.words)]

    def _may_be(self, single: str, part: str) -> bool:
        """Whether the words do not tell two parties apart."""
        alike = self._alike(single, part)
        return alike is None or alike >= DISAGREES

    def _alike(self, single: str, part: str) -> int | None:
        key = (single, part)
        if key not in self._likeness:
            self._likeness[key] = self._way.likeness(single, part)
        return self._likeness[key]


class _Part(NamedTuple):
    """A row that may be added up."""

    place: int
    amount: int
    day: int
    words: str


def _search(rows: list[_Part], amount: int, confidence: int, reason: str, chance_max: float = CHANCE_MAX) -> _Found | None:
    """The only set among the rows that makes the amount, or the earliest where sets differ in rows of equal amounts alone."""
    nearest, of_party = rows[-subsets.ITEMS_MAX:], chance_max == CHANCE_MAX
    amounts = [part.amount for part in nearest]
    if len(nearest) < 2 or abs(sum(amounts)) < abs(amount):
        return None
    found = subsets.ways(amounts, amount)
    if not found:
        return None
    everything = len(found[0]) == len(nearest)
    sums = abs(sum(amounts)) // max(1, gcd(*amounts))  # so many different sums there may be
    if not (everything and len(nearest) > 2) and 2.0 ** len(nearest) / max(sums, 1) > chance_max and not (_is_run(found[0]) and of_party):
        return None
    if not of_party and _is_round(amounts, amount, found[0]):
        return None
    kinds = {tuple(sorted(amounts[place] for place in chosen)) for chosen in found}
    if len(kinds) > 1:
        return None
    chosen = min(found)
    told, places = reason.format(len(chosen)), [nearest[place].place for place in chosen]
    return _Found(places, 700, f"{told}; rows of equal amounts taken in order of their dates") if len(found) > 1 else _Found(places, confidence, told)


def _is_round(amounts: list[int], amount: int, chosen: tuple[int, ...]) -> bool:
    """Whether round amounts make a round sum: chance does that too often."""
    return amount % _ROUND == 0 and all(amounts[place] % _ROUND == 0 for place in chosen)


def _is_run(chosen: tuple[int, ...]) -> bool:
    return all(after == before + 1 for before, after in pairwise(chosen))
