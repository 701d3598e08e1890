"""The leaves of camt entries of one shape, read in columns: what `parsers.iso.messages` reads of one text, read of thousands.

A column is where its texts stand in the block (`parsers.byte_columns`). Only what is plainly by the standard is read by arithmetic;
a text with other characters than ASCII's, or entities, goes through the record reader's own function, and what even so is in doubt
is marked: `sure` says which entries may be told in columns.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parsers import dates
from parsers.amounts import minor_digits
from parsers.byte_columns import Flags, Ints, Places, Words, alike, empty, equals, has_blank, numbers, trimmed
from parsers.iso.messages import NO_REFERENCE, SILENT, reference_of, stated_name
from parsers.xml.runs import DOUBLE
from parsers.xml.shapes import resolved

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from parsers.iso.messages import Slot
    from parsers.xml.runs import Alike, Run, Skeleton

NO_DAY = np.iinfo(np.int32).min
"""Where there is no date."""
_EPOCH = 719_163
_DIGITS_MAX = 13
"""Of an amount in minor units; so a run's sum stays a machine's number."""
_TENS = 10 ** np.arange(_DIGITS_MAX)
_SPACE, _DOT, _SMALL, _SMALL_N = (np.uint64(code) for code in b" . n")
_OCTET, _TWO_OCTETS, _WORD = (np.uint64(number) for number in (0xFF, 0xFFFF, 64))
_TELLING_SILENCE = frozenset({reference_of, stated_name})
"""The rules that take what says that there is nothing for nothing."""

_AMOUNTS = frozenset({"amount", "instructed", "due", "remitted", "discount"})
_NO_REFERENCE = sorted(NO_REFERENCE, key=lambda word: (word != "NOTPROVIDED", word))
_NO_REFERENCE_BYTES = max(map(len, NO_REFERENCE))


class Part(NamedTuple):
    """Entries of one shape: which leaf of theirs each field is."""

    alike: Alike
    skeleton: Skeleton
    fields: Mapping[str, Slot]


class Leaves:
    """The fields of entries of several shapes, in file order. Of each text the first
    16 bytes are at hand, of each amount the last ones, as two words each."""

    def __init__(self, run: Run, parts: Sequence[Part]) -> None:
        self.run, self.block = run, run.block
        self.sizes = [part.alike.rows.size for part in parts]
        rows = np.concatenate([part.alike.rows for part in parts])
        self.order = np.argsort(rows, kind="stable") if len(parts) > 1 else np.arange(rows.size)
        self.rows = rows[self.order]
        self.sure: Flags = np.ones(rows.size, np.bool_)
        self.none = empty(rows.size)
        self._nowhere = run.block.size + 1
        names = dict.fromkeys(name for part in parts for name in part.fields)
        amounts = [name for name in names if name.rpartition("_")[0] in _AMOUNTS or name in _AMOUNTS]
        texts = [name for name in names if name not in amounts]
        self._number = {name: number for number, name in enumerate([*texts, *amounts])}
        self._starts, self._ends = (np.ascontiguousarray(every.T) for every in self._places(parts))
        self._openings = _words_at(run, self._starts[: len(texts)])
        self._last_octets = self.block.octets[self._ends[: len(texts)] - 1]
        self._closings = dict(zip(amounts, _words_at(run, self._ends[len(texts) :] - DOUBLE).transpose(1, 0, 2), strict=True))
        self._odd_texts = self._marks(parts)
        self._made: dict[tuple[str, Callable[[str], str]], Places] = {}

    def _places(self, parts: Sequence[Part]) -> tuple[Ints, Ints]:
        """Where each field of each entry stands; one that a shape has not is empty and stands nowhere."""
        starts, ends = [], []
        for (_, _, pieces), skeleton, fields in parts:
            slots = np.array([fields.get(name, SILENT) for name in self._number])
            start, end = pieces.take(slots, axis=1) + skeleton.sizes[slots], pieces.take(slots + 1, axis=1)
            start[:, slots == SILENT] = end[:, slots == SILENT] = self._nowhere
            starts.append(start)
            ends.append(end)
        if len(parts) == 1:
            return starts[0], ends[0]
        return np.concatenate(starts)[self.order], np.concatenate(ends)[self.order]

    def _marks(self, parts: Sequence[Part]) -> Flags | None:
        """Which texts are marked as odd in the block; two fields may be one leaf."""
        first_tags, odd = self.run.first_tags, self.run.laid.odd_tags
        first, end = np.searchsorted(odd, [first_tags[0], first_tags[-1] + self.run.tag_counts[-1]])
        if first == end:
            return None
        odd = odd[first:end]
        marks = np.zeros((len(self._number), self.rows.size), np.bool_)
        for (_, rows, _), skeleton, fields in parts:
            row = np.maximum(np.searchsorted(first_tags[rows], odd, side="right") - 1, 0)
            opening_tags = skeleton.begins[np.array([*fields.values()]) + 1] - 1
            which, field = np.nonzero((odd - first_tags[rows[row]])[:, None] == opening_tags)
            marks[np.array([self._number[name] for name in fields])[field], np.searchsorted(self.rows, rows[row[which]])] = True
        return marks

    def has(self, name: str) -> bool:
        """Whether any of the shapes has the field."""
        return name in self._number

    def count(self, name: str) -> int:
        """How many fields of that name there are, which are numbered."""
        return next(number for number in itertools.count() if not self.has(f"{name}_{number}"))

    def is_there(self, name: str) -> Flags:
        """The entries that have the field."""
        found: Flags = self.raw(name).start != self._nowhere
        return found & self.has(name)

    def raw(self, name: str) -> Places:
        """The texts as they stand there."""
        if name not in self._number:
            return self.none
        return Places(self._starts[self._number[name]], self._ends[self._number[name]])

    def told(self, name: str, row: int) -> str:
        """One text, with entities resolved."""
        start, end = self.raw(name)
        return self.between(int(start[row]), int(end[row]))

    def between(self, start: int, end: int) -> str:
        """What stands there, with entities resolved."""
        return resolved(self.block.text(start, end))

    def octets(self, name: str, rows: Ints) -> list[bytes]:
        """The texts of some entries as they stand there."""
        start, end = self.raw(name)
        return [bytes(self.block.data[first:last]) for first, last in zip(start[rows].tolist(), end[rows].tolist(), strict=True)]

    def texts(self, name: str, rule: Callable[[str], str]) -> Places:
        """The texts as the rule gives them, which must be without effect on words of ASCII but for the blanks around them."""
        if (name, rule) not in self._made:
            self._made[name, rule] = self._read(name, rule) if self.has(name) else self.none
        return self._made[name, rule]

    def _read(self, name: str, rule: Callable[[str], str]) -> Places:
        places = self._trimmed(name)
        odd = self._odd(name, places)
        if rule in _TELLING_SILENCE:
            places, doubtful = self._without_silence(name, places)
            odd[doubtful] = True
        return self._replaced(name, places, odd, rule)

    def _trimmed(self, name: str) -> Places:
        places, first, last = self.raw(name), self._openings[0, self._number[name]] & _OCTET, self._last_octets[self._number[name]]
        return trimmed(self.block, places) if (first == _SPACE).any() or (last == _SPACE).any() else places

    def _odd(self, name: str, places: Places) -> Flags:
        """Which texts are not plain words of ASCII."""
        is_moved = places.start.base is not self._starts
        odd = self.block.octets[places.start] < _SPACE if is_moved else self._openings[0, self._number[name]] & _OCTET < _SPACE
        marked = self._marked(name)
        return odd if marked is None else odd | marked

    def _marked(self, name: str) -> Flags | None:
        return self._odd_texts[self._number[name]] if self._odd_texts is not None else None

    def _replaced(self, name: str, places: Places, odd: Flags, rule: Callable[[str], str]) -> Places:
        """The odd ones as the rule gives them."""
        rows = np.flatnonzero(odd)
        if not rows.size:
            return places
        start, end = places.start.copy(), places.end.copy()
        made: dict[bytes, tuple[int, int] | None] = {}
        for row, told in zip(rows.tolist(), self.octets(name, rows), strict=True):
            if told not in made:
                text = rule(resolved(told.decode()))
                is_other = text.encode() != self.block.data[int(start[row]) : int(end[row])]
                made[told] = self.block.add(text) if is_other else None
            if place := made[told]:
                start[row], end[row] = place
        return Places(start, end)

    def _without_silence(self, name: str, places: Places) -> tuple[Places, Ints]:
        """References without those that say there is none, and those that may say so in other words."""
        length = places.length
        rows = np.flatnonzero((self._openings[0, self._number[name]] & _OCTET | _SMALL == _SMALL_N) & (length > 0) & (length <= _NO_REFERENCE_BYTES))
        if places.start.base is not self._starts:
            return places, np.flatnonzero(length <= _NO_REFERENCE_BYTES)
        if not rows.size:
            return places, rows
        end = places.end.copy()
        for word in _NO_REFERENCE:
            are = self._are(name, word, rows)
            end[rows[are]] = places.start[rows[are]]
            rows = rows[~are]
            if not rows.size:
                break
        return Places(places.start, end), rows

    def _are(self, name: str, word: str, rows: Ints | slice = slice(None)) -> Flags:
        """Whether texts are this word of up to 16 letters."""
        are: Flags = self.raw(name).length[rows] == len(word)
        for number, part in enumerate((word[:8], word[8:16])):
            if part:
                kept = np.uint64((1 << 8 * len(part)) - 1)
                are &= self._openings[number, self._number[name]][rows] & kept == int.from_bytes(part.encode(), "little")
        return are

    def accounts(self, name: str, own: str) -> tuple[Places, Flags]:
        """Account numbers without blanks, and which of them are our own."""
        if not self.has(name):
            return self.none, np.zeros(self.rows.size, np.bool_)
        places = self._trimmed(name)
        are_own = places.length == len(own)
        if (rows := np.flatnonzero(are_own)).size:
            are_own[rows] = equals(self.block, places.start[rows], places.length[rows], own)
        odd = self._odd(name, places)
        odd[has_blank(self.block, places)] = True
        places = self._replaced(name, places, odd, _without_blanks)
        for row in np.flatnonzero(odd).tolist():
            are_own[row] = self.block.text(int(places.start[row]), int(places.end[row])) == own
        return places, are_own

    def minor(self, name: str, currency: str) -> Ints:
        """Amounts in minor units; 0 where the entry has none."""
        if not self.has(name):
            return np.zeros(self.rows.size, np.int64)
        digits, length, is_missing = minor_digits(currency), self.raw(name).length, ~self.is_there(name)
        left, right = self._closings[name]
        fraction = np.zeros(length.size, np.int64)
        for places in range(1, digits + 1):
            fraction[right >> np.uint64(56 - 8 * places) & _OCTET == _DOT] = places
        behind = np.where(fraction > 0, fraction + 1, 0)
        count = length - behind
        self.sure &= (count > 0) & (count <= _DIGITS_MAX - digits) | is_missing
        bits = (behind << 3).astype(np.uint64)
        whole, are_digits = _number_at_end(right << bits | left >> _WORD - bits, np.clip(count, 0, 8))
        self.sure &= are_digits
        if (count > 8).any():
            high, are_digits = _number_at_end(left << bits, np.clip(count - 8, 0, 8))
            whole += high * 100_000_000
            self.sure &= are_digits
        if digits:
            cents, are_digits = _number_at_end(right, fraction)
            self.sure &= are_digits
            whole = whole * _TENS[digits] + cents * _TENS[digits - fraction]
        whole[is_missing] = 0
        return whole

    def days(self, name: str) -> Ints:
        """Dates, in days since 1970."""
        if not self.has(name):
            return np.full(self.rows.size, NO_DAY, np.int64)
        start, end = self.raw(name)
        head, tail = self._openings[0, self._number[name]], self._openings[1, self._number[name]] & _TWO_OCTETS
        firsts = _firsts((head[1:] != head[:-1]) | (tail[1:] != tail[:-1]))
        data = self.block.data
        found = [dates.iso(data[place : place + 10].decode("ascii", "replace")) for place in start[firsts].tolist()]
        days = repeated(np.array([day.toordinal() - _EPOCH if day else NO_DAY for day in found]), firsts, start.size)
        is_empty = end == start
        self.sure &= (days != NO_DAY) | is_empty
        days[is_empty] = NO_DAY
        return days

    def words(self, name: str, known: Sequence[str]) -> Ints:
        """Which of the known words each text is; the first one where the record does not say."""
        if not self.has(name):
            return np.zeros(self.rows.size, np.int64)
        found = np.where(self._are(name, known[0]) | ~self.is_there(name), 0, -1)
        for number, word in enumerate(known[1:], 1):
            if (rows := np.flatnonzero(found < 0)).size:
                found[rows[self._are(name, word, rows)]] = number
        self.sure &= found >= 0
        return found

    def same(self, one: str, other: str) -> Flags:
        """Whether two amounts, of up to 16 characters, are written the same."""
        length = self.raw(one).length
        same: Flags = (length == self.raw(other).length) & (length <= DOUBLE)
        for number, behind in ((1, 0), (0, 8)):
            kept = np.clip(length - behind, 0, 8) << 3
            same &= (self._closings[one][number] ^ self._closings[other][number]) >> _WORD - kept.astype(np.uint64) == 0
        return same

    def changes(self, names: Sequence[str], *flags: Flags) -> Ints:
        """The entries whose texts or flags are not those of the one before."""
        changed = np.zeros(max(0, self.rows.size - 1), np.bool_)
        for flag in flags:
            changed |= flag[1:] != flag[:-1]
        for name in filter(self.has, names):
            changed |= self._differ(name)
        return _firsts(changed)

    def _differ(self, name: str) -> Flags:
        """The entries whose text is not that of the one before."""
        start, end = self.raw(name)
        length = end - start
        if (length > DOUBLE).any():
            return ~alike(self.block, Places(start[1:], end[1:]), Places(start[:-1], end[:-1]))
        differ: Flags = length[1:] != length[:-1]
        for number, word in enumerate(self._openings[:, self._number[name]]):
            kept = np.clip(length - 8 * number, 0, 8) << 3
            told = word << _WORD - kept.astype(np.uint64)
            differ |= told[1:] != told[:-1]
        return differ

    def plain(self, names: Sequence[str]) -> None:
        """What is odd in those texts is not told here."""
        for name in names:
            if self.has(name) and (marked := self._marked(name)) is not None:
                self.sure &= ~marked


def _words_at(run: Run, places: Ints) -> Words:
    """The 16 bytes at each place: two words, for each leaf, for each row."""
    return run.laid.doubles[places].view(np.uint64).reshape(*places.shape, 2).transpose(2, 0, 1)


def _number_at_end(words: Words, count: Ints) -> tuple[Ints, Flags]:
    """The number that the last characters of each word are, and whether they are digits."""
    return numbers(words >> _WORD - (count << 3).astype(np.uint64), count)


def repeated(values: Ints, firsts: Ints, size: int) -> Ints:
    """The values of the entries where something changes, for all entries."""
    return np.repeat(values, np.diff(np.append(firsts, size)))


def _firsts(changed: Flags) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.flatnonzero(changed) + 1])


def _without_blanks(text: str) -> str:
    return "".join(text.split())
