"""The leaves of camt entries of one shape, read in columns: what `parsers.iso.messages` reads of one text, read of thousands.

A column is where its texts stand in the block (`parsers.byte_columns`). Only what is plainly by the standard is read by arithmetic;
a text with other characters than ASCII's, or entities, goes through the record reader's own function, and what even so is in doubt
is marked: `sure` says which entries may be told in columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from parsers import dates
from parsers.amounts import minor_digits
from parsers.byte_columns import Flags, Ints, Places, alike, empty, equals, has_blank, numbers, trimmed
from parsers.iso.messages import NO_REFERENCE, SILENT, reference_of
from parsers.xml.shapes import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from parsers.iso.messages import Money, Slot
    from parsers.xml.runs import Alike, Run, Skeleton

NO_DAY = np.iinfo(np.int32).min
"""Where there is no date."""
_EPOCH = 719_163
_DIGITS_MAX = 11
"""Before the decimal mark; so a run's sum stays a machine's number."""
_TENS = 10 ** np.arange(4)
_SPACE, _DOT, _SMALL, _SMALL_N = ord(" "), ord("."), 0x20, ord("n")
_NO_REFERENCE = sorted(NO_REFERENCE, key=lambda word: (word != "NOTPROVIDED", word))
_NO_REFERENCE_BYTES = max(map(len, NO_REFERENCE))


class Leaves:
    """The leaves of entries of one shape."""

    def __init__(self, run: Run, of: Alike, skeleton: Skeleton) -> None:
        self.run, self.of, self.skeleton, self.block = run, of, skeleton, run.block
        self.rows = of.rows
        self.sure: Flags = np.ones(of.rows.size, np.bool_)
        self.none = empty(of.rows.size)
        self._lines: dict[tuple[Slot, Callable[[str], str]], Places] = {}

    def raw(self, slot: Slot) -> Places:
        """The texts as they stand there."""
        return self.none if slot == SILENT else self.run.text(self.of, self.skeleton, slot)

    def told(self, slot: Slot, row: int) -> str:
        """One text, with entities resolved."""
        start, end = self.raw(slot)
        return self.between(int(start[row]), int(end[row]))

    def between(self, start: int, end: int) -> str:
        """What stands there, with entities resolved."""
        return resolved(self.block.text(start, end))

    def texts(self, slot: Slot, rule: Callable[[str], str]) -> Places:
        """The texts as the rule gives them, which must be without effect on words of ASCII but for the blanks around them."""
        if (slot, rule) not in self._lines:
            self._lines[slot, rule] = self._read(slot, rule)
        return self._lines[slot, rule]

    def _read(self, slot: Slot, rule: Callable[[str], str]) -> Places:
        if slot == SILENT:
            return self.none
        places = trimmed(self.block, self.raw(slot))
        odd = self._odd(slot, places)
        if rule is reference_of:
            places, doubtful = self._without_silence(places)
            odd[doubtful] = True
        return self._replaced(slot, places, odd, rule)

    def _odd(self, slot: Slot, places: Places) -> Flags:
        """Which texts are not plain words of ASCII."""
        odd = self.block.octets[places.start] < _SPACE
        marked = self.run.odd(self.of, self.skeleton, slot)
        return odd if marked is None else odd | marked

    def _replaced(self, slot: Slot, places: Places, odd: Flags, rule: Callable[[str], str]) -> Places:
        """The odd ones as the rule gives them."""
        rows = np.flatnonzero(odd)
        if not rows.size:
            return places
        raw, start, end = self.raw(slot), places.start.copy(), places.end.copy()
        for row in rows.tolist():
            text = rule(self.between(int(raw.start[row]), int(raw.end[row])))
            if text.encode() != self.block.data[int(start[row]) : int(end[row])]:
                start[row], end[row] = self.block.add(text)
        return Places(start, end)

    def _without_silence(self, places: Places) -> tuple[Places, Ints]:
        """References without those that say there is none, and those that may say so in other words."""
        rows = np.flatnonzero((self.block.octets[places.start] | _SMALL == _SMALL_N) & places.is_filled)
        rows = rows[places.length[rows] <= _NO_REFERENCE_BYTES]
        if not rows.size:
            return places, rows
        end = places.end.copy()
        for word in _NO_REFERENCE:
            are = equals(self.block, places.start[rows], places.length[rows], word)
            end[rows[are]] = places.start[rows[are]]
            rows = rows[~are]
        return Places(places.start, end), rows

    def accounts(self, slot: Slot, own: str) -> tuple[Places, Flags]:
        """Account numbers without blanks, and which of them are our own."""
        if slot == SILENT:
            return self.none, np.zeros(self.rows.size, np.bool_)
        places = trimmed(self.block, self.raw(slot))
        are_own = equals(self.block, places.start, places.length, own)
        odd = self._odd(slot, places)
        odd[has_blank(self.block, places)] = True
        places = self._replaced(slot, places, odd, _without_blanks)
        for row in np.flatnonzero(odd).tolist():
            are_own[row] = self.block.text(int(places.start[row]), int(places.end[row])) == own
        return places, are_own

    def minor(self, stated: Money) -> Ints:
        """Amounts in minor units."""
        digits, octets, eights = minor_digits(stated.currency), self.block.octets, self.block.eights
        start, end = self.raw(stated.slot)
        fraction = np.zeros(start.size, np.int64)
        for places in range(1, digits + 1):
            fraction[octets[end - places - 1] == _DOT] = places
        point = end - fraction - (fraction > 0)
        count = point - start
        self.sure &= (count > 0) & (count <= _DIGITS_MAX)
        high_count = np.clip(count - 8, 0, 8)
        low_count = np.clip(count, 0, 8)
        high, is_high = numbers(eights[start], high_count)
        low, is_low = numbers(eights[start + high_count], low_count)
        cents, are_cents = numbers(eights[end - fraction], fraction)
        self.sure &= is_high & is_low & are_cents
        return (high * 100_000_000 + low) * _TENS[digits] + cents * _TENS[digits - fraction]

    def days(self, slot: Slot) -> Ints:
        """Dates, in days since 1970."""
        if slot == SILENT:
            return np.full(self.rows.size, NO_DAY, np.int64)
        start, end = self.raw(slot)
        head, tail = self.block.eights[start], self.block.eights[start + 2]
        firsts = _firsts((head[1:] != head[:-1]) | (tail[1:] != tail[:-1]))
        data = self.block.data
        found = [dates.iso(data[place : place + 10].decode("ascii", "replace")) for place in start[firsts].tolist()]
        days = repeated(np.array([day.toordinal() - _EPOCH if day else NO_DAY for day in found]), firsts, start.size)
        self.sure &= (days != NO_DAY) | (end == start)
        return days

    def words(self, slot: Slot, known: Sequence[str], silent: int = 0) -> Ints:
        """Which of the known words, of up to eight letters, each text is; `silent` where the record does not say."""
        if slot == SILENT:
            return np.full(self.rows.size, silent)
        start, length = self.raw(slot).start, self.raw(slot).length
        found = np.full(start.size, -1)
        for number, word in enumerate(known):
            found[equals(self.block, start, length, word)] = number
        self.sure &= found >= 0
        return found

    def same(self, one: Slot, other: Slot) -> Flags:
        """Whether two texts are the same."""
        return alike(self.block, self.raw(one), self.raw(other))

    def changes(self, slots: Sequence[Slot], *flags: Flags) -> Ints:
        """The entries whose texts or flags are not those of the one before."""
        changed = np.zeros(max(0, self.rows.size - 1), np.bool_)
        for flag in flags:
            changed |= flag[1:] != flag[:-1]
        for slot in slots:
            start, end = self.raw(slot)
            changed |= ~alike(self.block, Places(start[1:], end[1:]), Places(start[:-1], end[:-1]))
        return _firsts(changed)

    def plain(self, slots: Sequence[Slot]) -> None:
        """What is odd in those texts is not told here."""
        for slot in slots:
            marked = self.run.odd(self.of, self.skeleton, slot)
            if marked is not None:
                self.sure &= ~marked


def repeated(values: Ints, firsts: Ints, size: int) -> Ints:
    """The values of the entries where something changes, for all entries."""
    return np.repeat(values, np.diff(np.append(firsts, size)))


def _firsts(changed: Flags) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.flatnonzero(changed) + 1])


def _without_blanks(text: str) -> str:
    return "".join(text.split())
