"""What no whole group explains: the subset of a party's or a day's rows that makes an amount."""

from __future__ import annotations

from itertools import accumulate, combinations, pairwise
from math import gcd
from typing import NamedTuple

import polars as pl

from matching.bank_book import claims, subsets
from matching.bank_book.claims import Claim
from matching.bank_book.schema import ONE_TO_MANY
from matching.bank_book.sides import Sides
from matching.bank_book.ways import CHANCE_MAX, STRANGE_MAX, Way, ways, what_of
from matching.bank_book.words import DISAGREES, Namesakes

_GATHERED = (STRANGE_MAX, 0.02, 0.1)
"""Sets that chance may make where a row says that it is put together of many, so that one of the sets is expected: step by step, the surest first."""
_GATHERED_DAYS, _GATHERED_LAG = 3, 6
"""Calendar days within which the parts of such a row lie, and from the books to the bank."""
_PARTY_DAYS, _COMPLETED_MAX = 3, 6
"""Days about a party's rows in which others may be its own, and how many such rows of a party are looked at."""


def subset_sums(sides: Sides) -> pl.DataFrame:
    """Claims of subsets, for what no whole group explains: the surest first, because fewer rows are left for the others and make fewer sets."""
    found: list[pl.DataFrame] = []
    texts = [_Texts(way.namesakes(), {}) for way in ways(sides)]
    for chance_max in _GATHERED:
        for number in (0, 1):
            way = ways(sides)[number]
            asked = way if chance_max < _GATHERED[-1] else way._replace(single=way.single.filter("gathers"))
            claimed = claims.frame(_of_subsets(asked, chance_max, texts[number]))
            found.append(claimed)
            sides = claims.left(sides, claimed)
    return pl.concat(found)


def _of_subsets(way: Way, gathered_max: float, texts: _Texts) -> list[Claim]:
    """Singles in order of their size, the largest first; a set that two singles ask for goes to neither but as a suggestion."""
    if way.single.is_empty() or way.parts.is_empty():
        return []
    parts = _Parts(way, gathered_max, texts)
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


class _Texts(NamedTuple):
    """What is known of the words of single rows and of parts: which are alike, and how alike they are, as far as that was asked."""

    namesakes: Namesakes
    likeness: dict[tuple[str, str], int | None]


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
    """The rows that may be added up, by currency, direction and day, where a day has few, and by the words they use."""

    def __init__(self, way: Way, gathered_max: float, texts: _Texts) -> None:
        self._way, self._gathered_max, self._namesakes, self._likeness = way, gathered_max, texts.namesakes, texts.likeness
        self._by_day: dict[tuple[str, bool, int], list[_Part]] = {}
        self._by_words: dict[tuple[str, bool, str], list[_Part]] = {}
        for place, currency, amount, day, words in way.parts.sort("day", "place").select("place", "currency", "amount", "day", "words").iter_rows():
            part = _Part(place, amount, day, words)
            self._by_day.setdefault((currency, amount > 0, day), []).append(part)
            self._by_words.setdefault((currency, amount > 0, words), []).append(part)
        self._by_day = {day: group for day, group in self._by_day.items() if len(group) <= subsets.ITEMS_MAX}
        self._near = sorted(range(way.first, way.last + 1), key=lambda lag: (abs(lag), lag)) if self._by_day else []

    def explain(self, single: _Single) -> _Found | None:
        """The set that makes the amount: of the party's rows, else of a day's, else of some days', else of all near rows where they are few."""
        currency, amount, day, words, _ = single
        first, last, what = day + self._way.first, day + self._way.last, what_of(self._way)
        named = (part for other in self._namesakes.of(words) for part in self._by_words.get((currency, amount > 0, other), ()))
        party = sorted((part for part in named if first <= part.day <= last and abs(part.amount) < abs(amount)), key=lambda part: (part.day, part.place))
        found = _search(party, amount, 930, f"{{}} of the party's {len(party)} open {what} add up to it") if len(party) > 1 else None
        if found is not None:
            mine = [part for part in party if part.place in found.parts]
            told = len({part.words for part in mine}) == 1 and sum(part.amount % claims.ROUND == 0 for part in mine) < 2
            return found if told else found._replace(confidence=min(found.confidence, 800))
        completed = self._completed(party, amount, currency, words)
        return completed or (self._of_days(single) if single.gathers or self._gathered_max == STRANGE_MAX else None)

    def _of_days(self, single: _Single) -> _Found | None:
        """A set of rows of which none names another party: of one day, for what is put together of many of a few days, of all near days."""
        currency, amount, day, words, gathers = single
        what, usual = what_of(self._way), range(-_GATHERED_LAG, 1) if self._way.kind == ONE_TO_MANY else range(_GATHERED_LAG + 1)
        rows = {day + lag: self._strangers(currency, amount, day + lag, words) for lag in self._near}
        if not any(rows.values()):
            return None
        for on, group in rows.items():
            chance_max = self._gathered_max if gathers and on - day in usual else STRANGE_MAX
            found = _search(group, amount, 860, f"{{}} {what} of one day add up to it", chance_max) if 1 < len(group) <= subsets.ITEMS_MAX else None
            if found is not None:
                return found
        for on in rows if gathers else ():
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
        if not strangers:
            return None
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
        if len(found) != 1 or all(part.amount % claims.ROUND == 0 for part in next(iter(found))):
            return None
        chosen = sorted(part.place for part in next(iter(found)))
        return _Found(chosen, 790, f"{len(chosen)} {what_of(self._way)} of the party and of nobody else add up to it")

    def _strangers(self, currency: str, amount: int, day: int, words: str) -> list[_Part]:
        """The day's rows that are not another party's; none where there are too many to tell anything."""
        return [p for p in self._by_day.get((currency, amount > 0, day), ()) if abs(p.amount) < abs(amount) and self._may_be(words, p.words)]

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
    sums = abs(sum(amounts)) // max(1, gcd(*amounts))  # so many different sums there may be
    by_chance = 2.0 ** len(nearest) / max(sums, 1) > chance_max
    if by_chance and not _is_some_run(amounts, amount):
        return None
    found = subsets.ways(amounts, amount)
    if not found:
        return None
    everything = len(found[0]) == len(nearest)
    if by_chance and not (everything and len(nearest) > 2) and not (_is_run(found[0]) and of_party):
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
    return amount % claims.ROUND == 0 and all(amounts[place] % claims.ROUND == 0 for place in chosen)


def _is_some_run(amounts: list[int], amount: int) -> bool:
    """Whether amounts that stand beside each other make it."""
    totals = [0, *accumulate(amounts)]
    return any(totals[end] - totals[start] == amount for start, end in combinations(range(len(totals)), 2))


def _is_run(chosen: tuple[int, ...]) -> bool:
    return all(after == before + 1 for before, after in pairwise(chosen))
