"""Whose name a bank text holds, in the words of the books: whole, cut off, glued together, without vowels, or with a typing error.

A bank word stands for all words of the books it may be a spelling of. Rare words weigh more: `Kestrel Steel` and `Sable Steel` are two
parties. `likeness` is the mean of two shares: how much of the entry's words the bank says, and how much of what the bank says (as far as the
books know it) the entry has; a cut name agrees by the second though it says little.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from typing import NamedTuple

from rapidfuzz.distance import OSA

AGREES, DISAGREES = 72, 55
UNKNOWN = 60
"""The likeness where the bank's words are not the books': nobody's name, so nobody else's either."""
BY_INITIALS = 80
"""The likeness where a text of which the books know no word has the initials of the entry's. Other initials speak against nobody."""
_FORMS, _INITIALS = ("C", "I", "L"), 3
_VOWELS, _VOWELS_AND_Y = re.compile("[AEIOU]"), re.compile("[AEIOUY]")
_SPELLED = 4
AGAINST = 15
"""What it takes off that a bank text names another party of the books as well as this one, or better: by a word that it spells and this entry
has not, or by the one or two letters of a cut word at the end. `CASCADE ASHLAND LO` is not Cascade Ashland Office Supply where the books know
Cascade Ashland Logistics."""
_GLUED = 9
_ENOUGH = (AGREES - 0.5) / 50 - 1
"""The share of an entry's words that a text must have at least that has nothing else and agrees."""


class _Said(NamedTuple):
    """A bank text as the books read it."""

    standings: list[tuple[frozenset[str], float]]  # what each of its words stands for, with its weight
    weight: float
    cut: str  # its last letters, where a name goes on with them
    another: list[frozenset[str]]  # the same standings, where some name of the books has all of two and more: whoever lacks one is another


class Lexicon:
    """The words of the books with their weight, and what bank words stand for."""

    def __init__(self, texts: list[str]) -> None:
        distinct = [set(text.split()) for text in dict.fromkeys(texts) if text]
        counted = Counter(word for text in distinct for word in text)
        self._weight = {word: math.log(1 + len(distinct) / count) for word, count in counted.items()}
        self._sorted = sorted(self._weight)
        self._by_bones: dict[str, list[str]] = defaultdict(list)
        for word in self._sorted:
            for bones in _bones(word):
                self._by_bones[bones].append(word)
        self._bones = sorted(self._by_bones)
        self._stands: dict[str, frozenset[str]] = {}
        self._banks: dict[str, _Said | None] = {}
        self._books: dict[str, tuple[frozenset[str], float] | None] = {}
        self._having: dict[frozenset[str], set[int]] = {}
        self._spelled: dict[str, frozenset[str]] = {}
        self._names = distinct
        self._with: dict[str, set[int]] = defaultdict(set)
        for place, words in enumerate(distinct):
            for word in words:
                self._with[word].add(place)

    def knows(self, text: str) -> bool:
        """Whether the text has a word of four letters and more that stands for one of the books'."""
        return any(len(word) >= _SPELLED and self.stands_for(word) for word in text.split())

    def words_of(self, text: str) -> set[str]:
        """The books' words that the text may hold."""
        return {standing for word in text.split() for standing in self.stands_for(word)}

    def likeness(self, bank: str, book: str) -> int | None:
        """0..100, or None where a side says nothing; see the module's head."""
        if bank not in self._banks:
            self._banks[bank] = self._read_bank(bank)
        if book not in self._books:
            self._books[book] = self._read_book(book)
        read, kept = self._banks[bank], self._books[book]
        if read is None or kept is None:
            return None
        theirs, total = kept
        if not read.standings:
            return BY_INITIALS if self._initials(book) & set(bank.split()) else UNKNOWN
        said: set[str] = set()
        agreeing = 0.0
        for standing, weight in read.standings:
            common = standing & theirs
            if common:
                agreeing += weight
                said |= common
        if not said:
            return 0
        goes_on = not read.cut or any(word.startswith(read.cut) for word in theirs - said)
        against = 0 if goes_on and all(standing & theirs for standing in read.another) else AGAINST
        share = 1.0 if len(said) == len(theirs) else sum([self._weight[word] for word in sorted(said)]) / total
        return max(0, round(50 * (share + agreeing / read.weight)) - against)

    def _initials(self, book: str) -> frozenset[str]:
        """What the first letters of the entry's words spell, with and without that of a legal form; of three letters and more."""
        if book not in self._spelled:
            first = "".join(word[0] for word in book.split())
            self._spelled[book] = frozenset(whole for form in ("", *_FORMS) if len(whole := first + form) >= _INITIALS) if len(first) > 1 else frozenset()
        return self._spelled[book]

    def _named_by(self, said: list[frozenset[str]]) -> set[int]:
        """Places of the names that have a word of each."""
        for standing in said:
            if standing not in self._having:
                self._having[standing] = {place for word in standing for place in self._with[word]}
        return set[int].intersection(*(self._having[standing] for standing in said))

    def rarest(self, book: str, count: int) -> list[str]:
        """The words that tell most about the entry."""
        return sorted(set(book.split()), key=lambda word: (-self._weight.get(word, 0.0), word))[:count]

    def bank_keys(self, bank: str) -> list[str]:
        """The books' words that the bank text may hold, and each two of them."""
        words = sorted(self.words_of(bank))
        return [*words, *map(" ".join, combinations(words, 2))]

    def book_keys(self, book: str) -> list[str]:
        """Of which every bank text that is alike (AGREES) has one: the entry's words that weigh enough alone, and each two of the others."""
        words, total = sorted(set(book.split())), sum(self._weight.get(word, 1.0) for word in set(book.split()))
        heavy = [word for word in words if self._weight.get(word, 1.0) >= _ENOUGH * total]
        return [*heavy, *map(" ".join, combinations([word for word in words if word not in heavy], 2))]

    def _cut(self, text: str) -> str:
        """The last word of a bank text, where it is one or two letters with which a name of the books goes on that begins like the text."""
        before, _, last = text.rpartition(" ")
        known = {word for word in before.split() if word in self._weight}
        return last if 1 <= len(last) <= 2 and known and self._goes_on(known, last) else ""

    def _goes_on(self, begun: set[str], cut: str) -> bool:
        named = self._named_by([frozenset([word]) for word in begun])
        return any(word.startswith(cut) for place in named for word in self._names[place] - begun)

    def _read_bank(self, text: str) -> _Said | None:
        """What a bank text says; None where it has no words."""
        mine = [word for word in text.split() if len(word) > 2 or word in self._weight]
        if not mine:
            return None
        standings = [standing for word in mine for standing in self._standings(word)]
        weighed = [(standing, max(self._weight[word] for word in standing)) for standing in standings]
        another = standings if len(standings) > 1 and self._named_by(standings) else []
        return _Said(weighed, sum(weight for _, weight in weighed), self._cut(text), another)

    def _read_book(self, text: str) -> tuple[frozenset[str], float] | None:
        """The words of an entry and their weight together; None where it has none."""
        words = frozenset(text.split())
        return (words, sum(self._weight.get(word, 1.0) for word in sorted(words))) if words else None

    def _standings(self, word: str) -> list[frozenset[str]]:
        """What the word stands for, part by part where it is several words in one."""
        standing = self.stands_for(word)
        whole = sorted(part for part in standing if part in word)
        cut = frozenset(part for part in standing if part not in word and any(word.endswith(part[:size]) for size in range(3, len(part))))
        if len(standing) > 1 and whole and len(whole) + len(cut) == len(standing):
            return [*(frozenset([part]) for part in whole), *([cut] if cut else [])]
        return [standing] if standing else []

    def stands_for(self, word: str) -> frozenset[str]:
        """The books' words that the bank's word may be a spelling of."""
        if word not in self._stands:
            self._stands[word] = frozenset(self._found(word))
        return self._stands[word]

    def _found(self, word: str) -> set[str]:
        if word in self._weight:
            return {word}
        begun = set(_beginning(self._sorted, word)) if len(word) >= 3 else set()
        if begun:
            return begun
        if len(word) >= _GLUED and (glued := self._glued(word)):
            return glued
        if word in _bones(word):
            return {full for cut in _beginning(self._bones, word) for full in self._by_bones[cut]}
        longer = {word[:end] for end in range(_SPELLED + 1, len(word))} & self._weight.keys()
        return longer or self._misspelled(word)

    def _glued(self, word: str) -> set[str]:
        """Words run together, the last perhaps cut: read from the left, the longest first."""
        found: set[str] = set()
        start = 0
        while start < len(word):
            end = next((end for end in range(len(word), start + 2, -1) if word[start:end] in self._weight), None)
            if end is None:
                found |= set(_beginning(self._sorted, word[start:])) if found and len(word) - start >= 3 else set()
                break
            found.add(word[start:end])
            start = end
        return found

    def _misspelled(self, word: str) -> set[str]:
        if len(word) < 6:
            return set()
        alike = self._sorted[bisect_left(self._sorted, word[:2]):bisect_left(self._sorted, word[:2] + "~")]
        return {other for other in alike if abs(len(other) - len(word)) <= 1 and OSA.distance(word, other, score_cutoff=1) <= 1}


class Namesakes:
    """The texts of one side that a text of the other is like (AGREES): found by the words that they must share, each asked for once."""

    def __init__(self, texts: Iterable[str], keys: Callable[[str], list[str]], keys_asked: Callable[[str], list[str]], likeness: Callable[[str, str], int | None]) -> None:
        self._keys_asked, self._likeness = keys_asked, likeness
        self._with: dict[str, list[str]] = defaultdict(list)
        self._told: dict[str, list[str]] = {}
        for text in sorted(set(texts)):
            for key in keys(text):
                self._with[key].append(text)

    def of(self, text: str) -> list[str]:
        """Those that the text is like, sorted."""
        if text not in self._told:
            near = {other for key in self._keys_asked(text) for other in self._with.get(key, ())}
            self._told[text] = sorted(other for other in near if (self._likeness(text, other) or 0) >= AGREES)
        return self._told[text]


def _bones(word: str) -> set[str]:
    """The word without its vowels, where three letters and more are left: with Y as a letter, and without."""
    return {bones for vowels in (_VOWELS, _VOWELS_AND_Y) if len(bones := vowels.sub("", word)) >= 3}


def _beginning(words: list[str], start: str) -> list[str]:
    """The sorted words that begin so."""
    return words[bisect_left(words, start):bisect_left(words, start + "~")]
