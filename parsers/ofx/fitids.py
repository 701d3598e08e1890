"""Which FITIDs of an account the columnar reader has told already, in some forty bytes for each.

What is kept of an entry is a hash of its account and FITID with its number, in sorted runs that are merged as they grow, and the place
where it stands. Two entries with one hash are not yet two with one FITID: the earlier is read again from the file to say so.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from parsers.byte_columns import Block, Flags, Ints, Places, Words

_WORD_BYTES = 8
_WORD = (1 << 64) - 1
_FACTOR = 0x9E3779B97F4A7C15
_SPREAD = 0xD6E8FEB86659FD93
_SHIFT = 32
_NUMBER_BITS = 30
_SLOT_BITS = 23
_MERGED = 4
_SLOT_SHIFT = np.uint64(64 - _SLOT_BITS)
_NUMBER = np.uint64((1 << _NUMBER_BITS) - 1)
WORD_MASKS = np.array([(1 << 8 * count) - 1 for count in range(_WORD_BYTES + 1)], np.uint64)
"""The first so many bytes of a word."""


class Entries(NamedTuple):
    """Where entries of one statement stand: their bytes in the file, their lines, the statement's number and currency."""

    start: Ints
    end: Ints
    line: Ints
    statement: int
    currency: str


class Place(NamedTuple):
    """The same of one entry."""

    start: int
    end: int
    line: int
    statement: int
    currency: str


def hashes(text: Block, places: Places) -> Words:
    """A hash for each text, 0 for an empty one."""
    length = places.length
    words = text.eights[places.start] & WORD_MASKS[np.minimum(length, _WORD_BYTES)]
    found = np.maximum(_mixed(words), np.uint64(1)) * (length > 0)
    offset, rows = _WORD_BYTES, np.flatnonzero(length > _WORD_BYTES)
    while rows.size:
        left = length[rows] - offset
        words = text.eights[places.start[rows] + offset] & WORD_MASKS[np.minimum(left, _WORD_BYTES)]
        found[rows] = np.maximum(_mixed(found[rows] ^ words), np.uint64(1))
        offset += _WORD_BYTES
        rows = rows[left > _WORD_BYTES]
    return found


@lru_cache(maxsize=64)
def _hash_of_account(account: str) -> int:
    return hash_of(account)


def hash_of(text: str) -> int:
    """The same of one text."""
    data, found = text.encode(), 0
    for offset in range(0, len(data), _WORD_BYTES):
        found = max(_mixed_one(found ^ int.from_bytes(data[offset : offset + _WORD_BYTES], "little")), 1)
    return found


def _mixed(words: Words) -> Words:
    words = words * np.uint64(_FACTOR)
    return (words ^ words >> np.uint64(_SHIFT)) * np.uint64(_SPREAD)


def _mixed_one(number: int) -> int:
    number = number * _FACTOR & _WORD
    return (number ^ number >> _SHIFT) * _SPREAD & _WORD


@dataclass(slots=True)
class Fitids:
    """The memory of one file."""

    _may_be_known: Flags = field(default_factory=lambda: np.zeros(1 << _SLOT_BITS, np.bool_))
    _runs: list[Words] = field(default_factory=list)
    _entries: list[Entries] = field(default_factory=list)
    _firsts: list[int] = field(default_factory=list)
    _count: int = 0
    _elsewhere: list[tuple[str, str]] = field(default_factory=list)

    def told_before(self, account: str, fitids: Words) -> Ints:
        """The rows whose FITID may be one that the account had before, or has twice in these rows."""
        if self._elsewhere:
            self._add(np.array([_key(*told) for told in self._elsewhere], np.uint64) | _NUMBER)
            self._elsewhere = []
        keyed = np.sort(_keys(account, fitids) | np.arange(fitids.size, dtype=np.uint64))
        keys = keyed & ~_NUMBER
        is_again = keys[1:] == keys[:-1]
        known = [keyed[1:][is_again]] if is_again.any() else []
        may_be = np.flatnonzero(self._may_be_known[keys >> _SLOT_SHIFT])
        for run in self._runs if may_be.size else []:
            near = run[np.minimum(np.searchsorted(run, keys[may_be]), run.size - 1)]
            known.append(keyed[may_be[near & ~_NUMBER == keys[may_be]]])
        if not known:
            return np.zeros(0, np.int64)
        rows: Ints = np.unique(np.concatenate(known) & _NUMBER).astype(np.int64)
        told: Ints = rows[fitids[rows] != 0]
        return told

    def add(self, account: str, fitids: Words, entries: Entries) -> None:
        """Entries that nobody told before."""
        number = np.arange(self._count, self._count + fitids.size, dtype=np.uint64)
        self._firsts.append(self._count)
        self._entries.append(entries)
        self._count += fitids.size
        self._add((_keys(account, fitids) | number)[fitids != 0])

    def add_elsewhere(self, account: str, fitid: str) -> None:
        """An entry that somebody else keeps."""
        if fitid:
            self._elsewhere.append((account, fitid))

    def places(self, account: str, fitid: str) -> list[Place]:
        """Where the entries stand that may have the FITID, in file order."""
        if not self._count or not self._may_be_known[(key := _key(account, fitid)) >> int(_SLOT_SHIFT)]:
            return []
        numbers: list[int] = []
        for run in self._runs:
            at, end = np.searchsorted(run, np.array([key, key | int(_NUMBER)], np.uint64))
            numbers += (run[at:end] & _NUMBER).tolist()
        return [self._place(number) for number in sorted(numbers) if number < self._count]

    def _place(self, number: int) -> Place:
        at = bisect_right(self._firsts, number) - 1
        entries, row = self._entries[at], number - self._firsts[at]
        return Place(int(entries.start[row]), int(entries.end[row]), int(entries.line[row]), entries.statement, entries.currency)

    def _add(self, run: Words) -> None:
        """Four runs of much the same size become one, so that there are few of them and each entry is merged seldom."""
        run = np.sort(run)
        self._may_be_known[run >> _SLOT_SHIFT] = True
        if run.size:
            self._runs.append(run)
        while len(self._runs) >= _MERGED and self._runs[-_MERGED].size <= 2 * self._runs[-1].size:
            self._runs[-_MERGED:] = [np.sort(np.concatenate(self._runs[-_MERGED:]), kind="stable")]


def _keys(account: str, fitids: Words) -> Words:
    """The hash of account and FITID, with room for the entry's number."""
    return _mixed(fitids ^ np.uint64(_hash_of_account(account))) & ~_NUMBER


def _key(account: str, fitid: str) -> int:
    """The same of one entry."""
    return _mixed_one(hash_of(fitid) ^ _hash_of_account(account)) & ~int(_NUMBER)
