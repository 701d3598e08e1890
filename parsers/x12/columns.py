r"""What payers say in X12, many texts at once: advices of the usual shape in columns.

    RMR*IV*INV-1**980*1000*20\                                                           a line, or several
    ISA*…\GS*…\ST*820*…\BPR*…\TRN*1*…\N1*PR*…\REF*…\ENT*1\RMR*…\RMR*…\SE*…\GE*…\IEA*…\   a whole 820

Usual is an advice of these segments in this order, of lines without adjustments that add up to the payment as they stand: for
it `segments.read_advice` has but one reading, so it can be read here. All others are for that function, which weighs readings
and tells what is wrong. A differential test holds the two equal.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from parsers.byte_columns import Block, Flags, Ints, Octets, Places, Words, distinct, numbers, opening, opening_of, trimmed, word
from parsers.x12.segments import ON_ACCOUNT, TAGS, TYPES

_LOOKS_LIKE_X12 = rf"^ *(?:{'|'.join(TAGS)})[^A-Za-z0-9 ]"
_BEGIN = np.zeros(1 << 16, np.int64)
_THIRD = np.zeros((len(TAGS) + 1, 256), np.bool_)
"""The first two letters of a tag as a number, and by that the third one; after a tag of two letters stands none."""
_IS_SEPARATOR = np.ones(256, np.bool_)
_IS_SEPARATOR[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ")] = False
for _number, _tag in enumerate(TAGS, 1):
    _BEGIN[word(_tag[:2])] = _BEGIN[word(_tag[:2])] or _number
    _THIRD[_BEGIN[word(_tag[:2])]] |= np.arange(256) == ord(_tag[2]) if len(_tag) > 2 else _IS_SEPARATOR
_STAR, _MINUS, _POINT, _BLANK = b"*-. "
_TERMINATORS = np.frombuffer(b"\\~", np.uint8)
_CONTENT = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,-/()*"
"""Characters that are no terminator to `segments.cut` where the text declares none."""
_STRANGE = bytes(byte not in _CONTENT for byte in range(256))
_ISA_BYTES, _ISA_MARK, _ISA_TERMINATOR, _ISA_ELEMENTS = 106, 103, 105, 16

_FRAME, _LINE, _END, _UNUSUAL = range(4)
_RANKS = dict.fromkeys(("ISA*", "GS*", "ST*", "BPR*", "TRN*", "CUR*", "PER*", "REF*", "DTM*", "N1*", "N2*", "N3*", "N4*", "ENT*"), _FRAME) | {
    "RMR*": _LINE, "SE*": _END, "GE*": _END, "IEA*": _END,
}
_TAGS = np.array(sorted(map(word, _RANKS)), np.uint32)
_RANK_OF_TAG = np.array([rank for _, rank in sorted((word(tag), rank) for tag, rank in _RANKS.items())])
_ISA, _ST, _TRN, _REF, _N1, _RMR = (word(tag) for tag in ("ISA*", "ST*", "TRN*", "REF*", "N1*", "RMR*"))

_TYPES = ("invoice", "on_account", *sorted(set(TYPES.values())))
_INVOICE, _ON_ACCOUNT = 0, 1
_CREDIT_MEMO = _TYPES.index("credit_memo")
_TYPE_OF_QUALIFIER = {opening_of(qualifier): _TYPES.index(name) for qualifier, name in TYPES.items()}
_IS_ON_ACCOUNT = {opening_of(action): 1 for action in ON_ACCOUNT}
_WHOLE_DIGITS_MAX = 12


class Lines(NamedTuple):
    """Remittance lines: `of` the index of the text, `start` and `end` the place of the segment in the block, what the segment says."""

    of: Ints
    start: Ints
    end: Ints
    document_number: pl.Series
    amount_minor: Ints
    discount_minor: Ints
    document_type: pl.Series

    def only(self, which: Ints) -> Lines:
        """Some of them."""
        return Lines(
            self.of[which], self.start[which], self.end[which], self.document_number.gather(which), self.amount_minor[which],
            self.discount_minor[which], self.document_type.gather(which))


class Advices(NamedTuple):
    """The usual texts, `indexes` into those given; `are_whole`: those that are an 820 and no loose segments. What some of them say, by
    their index among the usual ones, and their remittance lines."""

    indexes: Ints
    are_whole: Flags
    notes: dict[int, str]
    traces: dict[int, str]
    payers: dict[int, str]
    lines: Lines


class _Segments(NamedTuple):
    """Some segments: `of` the text, `start` and `stop` without the terminator, `tag` as a word; `star` the number of the first `*`
    among all `stars`. `written` is the block as a string."""

    of: Ints
    start: Ints
    stop: Ints
    tag: Ints
    star: Ints
    stars: Ints
    written: str

    def element(self, position: int) -> Places:
        """Where an element stands; nothing where the segment is shorter."""
        start = np.minimum(self.stars[self.star + position - 1] + 1, self.stop)
        return Places(start, np.minimum(self.stars[self.star + position], self.stop))

    def only(self, chosen: Flags) -> _Segments:
        """Some of them."""
        return self._replace(
            of=self.of[chosen], start=self.start[chosen], stop=self.stop[chosen], tag=self.tag[chosen], star=self.star[chosen])

    def texts(self, position: int) -> list[str]:
        """An element without the blanks around it. So few characters of so few texts are cut fastest one by one."""
        start, stop = self.element(position)
        return list(map(str.strip, map(self.written.__getitem__, map(slice, start.tolist(), stop.tolist()))))


def advices(texts: Block, bodies: Places, paid_minor: Ints) -> Advices:
    """The usual ones of texts of printable ASCII that look like X12, without blanks around them and in the block's order;
    `paid_minor`: the payments in USD that carry them."""
    terminators = texts.octets[bodies.end - 1]
    usual = (terminators == _TERMINATORS[0]) | (terminators == _TERMINATORS[1])
    segments = _segments(texts, bodies, terminators, usual)
    lines, are_read = _lines(texts, segments.only(segments.tag == _RMR))
    usual[lines.of[~are_read]] = False
    usual &= _adds_up(paid_minor, lines.of, lines.amount_minor)
    indexes, new = np.flatnonzero(usual), np.cumsum(usual) - 1
    notes, traces, payers = _said(texts, segments, usual, new)
    if not usual.all():
        lines = lines.only(np.flatnonzero(usual[lines.of]))
    tags, _ = _tags(texts, bodies.start[indexes])
    return Advices(indexes, (tags == _ISA) | (tags == _ST), notes, traces, payers, lines._replace(of=new[lines.of]))


def look_like_x12(begins: Words, texts: pl.Series) -> Flags:
    """Whether printable texts begin with a segment that payers send, as `segments.looks_like_x12` says; `begins`: their first eight bytes."""
    first, third, fourth = (begins & np.uint64(0xFFFF)).astype(np.int64), *((begins >> np.uint64(8 * at) & np.uint64(0xFF)).astype(np.int64) for at in (2, 3))
    looks: Flags = _THIRD[_BEGIN[first], third] & (_IS_SEPARATOR[third] | _IS_SEPARATOR[fourth])
    indented = np.flatnonzero((first & 0xFF) == _BLANK)
    if indented.size:
        looks[indented] = texts.gather(indented).str.contains(_LOOKS_LIKE_X12).to_numpy()
    return looks


def _segments(texts: Block, bodies: Places, terminators: Octets, usual: Flags) -> _Segments:
    """The segments that speak. A text of another shape, or whose separators are not surely these, is no longer `usual`."""
    stars = np.concatenate((texts.places_of("*"), np.full(8, 1 << 62)))
    is_whole = texts.quads[bodies.start] == _ISA
    usual[is_whole] &= _are_declared(texts, Places(bodies.start[is_whole], bodies.end[is_whole]), terminators[is_whole], stars)
    marks = np.flatnonzero(np.frombuffer(texts.data.translate(_STRANGE), np.bool_))
    of = np.repeat(np.arange(len(bodies.start)), np.diff(np.append(np.searchsorted(marks, bodies.start), len(marks))))
    ends = texts.octets[marks] == terminators[of]
    usual[of[~ends & ~is_whole[of]]] = False
    of, stop = of[ends], marks[ends]
    is_first = np.diff(of, prepend=-1) != 0
    start = np.concatenate((stop[:1], stop[:-1] + 1))
    start[is_first] = bodies.start[of[is_first]]
    tag, rank = _tags(texts, start)
    falls = np.zeros(len(of), np.bool_)
    falls[1:] = (rank[1:] < rank[:-1]) & ~is_first[1:]
    usual[of[(rank == _UNUSUAL) | falls | ((tag == _ISA) & ~is_first)]] = False
    speak = np.flatnonzero(((rank == _LINE) | (tag == _TRN) | (tag == _REF) | (tag == _N1)) & usual[of])
    return _Segments(of[speak], start[speak], stop[speak], tag[speak], np.searchsorted(stars, start[speak]), stars, texts.data.decode("ascii"))


def _are_declared(texts: Block, bodies: Places, terminators: Octets, stars: Ints) -> Flags:
    """Whether the ISA at the start declares `*` and these terminators."""
    declared = bodies.length >= _ISA_BYTES
    start = bodies.start[declared]
    elements = np.searchsorted(stars, start + _ISA_MARK + 1) - np.searchsorted(stars, start)
    declared[declared] = (
        (texts.octets[start + _ISA_MARK] == _STAR) & (texts.octets[start + _ISA_TERMINATOR] == terminators[declared]) & (elements == _ISA_ELEMENTS)
    )
    return declared


def _tags(texts: Block, start: Ints) -> tuple[Ints, Ints]:
    """The tag of each segment with its `*`, and the rank of such segments."""
    four = texts.quads[start]
    three = four & np.uint32(0xFFFFFF)
    tag = np.where(three >> 16 == _STAR, three, four)
    at = np.minimum(np.searchsorted(_TAGS, tag), len(_TAGS) - 1)
    return tag, np.where(_TAGS[at] == tag, _RANK_OF_TAG[at], _UNUSUAL)


def _lines(texts: Block, lines: _Segments) -> tuple[Lines, Flags]:
    """RMR segments as remittance lines, and which of them could be read: four to six elements, the amounts plain numbers."""
    (paid, is_paid, are_read), *others = (_cents(texts, lines.element(position)) for position in (4, 5, 6))
    (gross, is_gross, is_gross_read), (discount, _, is_discount_read) = others
    are_read &= is_gross_read & is_discount_read & (is_paid | is_gross)
    are_read &= (lines.stars[lines.star + 3] < lines.stop) & (lines.stars[lines.star + 6] > lines.stop)
    amount = np.where(is_paid, paid, gross - discount)
    types = _numbered(texts, lines.element(1), _TYPE_OF_QUALIFIER)
    types[_numbered(texts, lines.element(3), _IS_ON_ACCOUNT) == 1] = _ON_ACCOUNT
    amount = np.where(types == _CREDIT_MEMO, -np.abs(amount), amount)
    types[(types == _INVOICE) & (amount < 0)] = _CREDIT_MEMO
    numbers_ = texts.column(trimmed(texts, lines.element(2)))
    return Lines(lines.of, lines.start, lines.stop + 1, numbers_, amount, discount, pl.Series(_TYPES).gather(types)), are_read


def _numbered(texts: Block, places: Places, numbers_: dict[int, int]) -> Ints:
    """The numbers of texts by their first eight characters; 0 for those that have none."""
    found, which = distinct(opening(texts, trimmed(texts, places)).astype(np.int64))
    return np.array([numbers_.get(each, 0) for each in found.tolist()], np.int64)[which]


def _cents(texts: Block, places: Places) -> tuple[Ints, Flags, Flags]:
    """The cents in `1234.5`, whether anything stands there, and whether it is nothing or that: up to twelve digits, and up to two after
    the point."""
    value, is_filled, are_read = np.zeros(len(places.start), np.int64), places.is_filled, np.ones(len(places.start), np.bool_)
    if not is_filled.any():
        return value, is_filled, are_read
    octets, start, end = texts.octets, places.start[is_filled], places.end[is_filled]
    is_negative = octets[start] == _MINUS
    start = start + is_negative
    decimals = np.where(octets[end - 3] == _POINT, 2, np.where(octets[end - 2] == _POINT, 1, 0))
    whole = end - start - np.where(decimals > 0, decimals + 1, 0)
    head, are_digits = numbers(texts.eights[start], np.clip(whole, 0, 8))
    are_digits &= (whole > 0) & (whole <= _WHOLE_DIGITS_MAX)
    if (long := np.flatnonzero(are_digits & (whole > 8))).size:
        tail, are_tail_digits = numbers(texts.eights[start[long] + 8], whole[long] - 8)
        head[long] = head[long] * 10 ** (whole[long] - 8) + tail
        are_digits[long] &= are_tail_digits
    cents, are_decimals = numbers(texts.eights[end - decimals], decimals)
    cents = head * 100 + np.where(decimals == 1, cents * 10, cents)
    value[is_filled], are_read[is_filled] = np.where(is_negative, -cents, cents), are_digits & are_decimals
    return value, is_filled, are_read


def _adds_up(paid_minor: Ints, of: Ints, amounts: Ints) -> Flags:
    """Whether the lines of each text, which stand in its order, are its payment; a text without lines has nothing to add up."""
    ends = np.searchsorted(of, np.arange(len(paid_minor)), "right")
    sums = np.diff(np.concatenate(([0], np.cumsum(amounts)))[ends], prepend=0)
    adds_up: Flags = (sums == paid_minor) | (np.diff(ends, prepend=0) == 0)
    return adds_up


def _said(texts: Block, segments: _Segments, usual: Flags, new: Ints) -> tuple[dict[int, str], dict[int, str], dict[int, str]]:
    """Notes, trace and payer of the usual texts that name any."""
    speak = segments.only((segments.tag != _RMR) & usual[segments.of])
    speak = speak._replace(of=new[speak.of])
    payers = speak.only(speak.tag == _N1)
    payers = payers.only(opening(texts, trimmed(texts, payers.element(1))) == np.uint64(opening_of("PR")))
    notes = speak.only(speak.tag == _REF)
    notes = notes.only(opening(texts, trimmed(texts, notes.element(1))) != np.uint64(opening_of("CK")))
    return _all_of_each(notes), _first_of_each(speak.only(speak.tag == _TRN)), _first_of_each(payers)


def _first_of_each(segments: _Segments) -> dict[int, str]:
    """The second element of the first segment of each text that has one."""
    return {of: text for of, text in zip(reversed(segments.of.tolist()), reversed(segments.texts(2)), strict=True) if text}


def _all_of_each(segments: _Segments) -> dict[int, str]:
    """The second and third elements of all segments of each text."""
    found: dict[int, str] = {}
    for of, *words in zip(segments.of.tolist(), segments.texts(2), segments.texts(3), strict=True):
        found[of] = " ".join(filter(None, (found.get(of, ""), *words)))
    return found
