"""Who paid, cut out of the words of many details at once: what `parsers.bank_text.payer_name` finds in each.

Most texts have a label, and behind it a name and no more; those names are cut out by places. A value that may run on into the next
label, has an account before the name, or is odd in another way goes to `bank_text`, which knows all about it.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from parsers import bank_text, bank_text_columns as questions
from parsers.byte_columns import Block, Flags, Ints, Places, first_in, trimmed

_LETTER_BITS = 5
_NO_TEXT = 2**32 - 1


def _ending(first: Ints, second: Ints, third: Ints) -> Ints:
    """Three letters as a number, capital or not: others may share it."""
    bits = 2**_LETTER_BITS - 1
    return ((first & bits) << 2 * _LETTER_BITS) + ((second & bits) << _LETTER_BITS) + (third & bits)


_ENDS_LABEL = np.zeros(2 ** (3 * _LETTER_BITS), np.bool_)
_ENDS_LABEL[_ending(*np.array([list(f" {label}"[-3:].encode()) for label in bank_text.NEXT_LABELS]).T)] = True


def payer_name(text: Block, places: Places, words: pl.Series, where: Flags) -> pl.Series:
    """The names, empty where none is asked for or found. `words` are the texts at `places`, in ASCII and without blanks around."""
    rows = np.flatnonzero(where)
    found = questions.label_place(bank_text.PAYER, words.gather(rows)).fill_null(_NO_TEXT).to_numpy().astype(np.int64)
    labelled = rows[found != _NO_TEXT]
    values = _values(text, places.start[labelled] + found[found != _NO_TEXT], places.end[labelled])
    start, end = np.zeros(where.size, np.int64), np.zeros(where.size, np.int64)
    start[labelled], end[labelled] = names = _names(text, values)
    without = where.copy()
    without[labelled[values.is_filled]] = False
    others = np.flatnonzero(values.is_filled & ~_are_plain(text, values, names))
    told = text.column(Places(start, end)).scatter(labelled[others], [
        bank_text.name_in(text.text(*each)) for each in zip(values.start[others].tolist(), values.end[others].tolist(), strict=True)])
    return questions.asked(questions.payer_name, pl.Series(without), words, told) if without.any() else told


def _values(text: Block, label: Ints, words_end: Ints) -> Places:
    """What stands behind each label, which begins at its place or one further: up to the next sign of a label or the line's end."""
    stops = np.append(_stops(text), [text.size] * 3)
    at = np.searchsorted(stops, label + 1)
    has_second_sign = text.octets[stops[at] + 1] == ord("=")
    return Places(stops[at] + 1 + has_second_sign, np.minimum(stops[at + 1 + has_second_sign], words_end))


def _stops(text: Block) -> Ints:
    """Where a value ends at the latest: each `\\n`, `:`, `;`, `=`, `#`, `|` and `\\`."""
    octets = text.octets[: text.size]
    found = octets == ord("\n")
    found |= (octets & 0xFE) == ord(":")
    found |= octets == ord("=")
    found |= octets == ord("#")
    found |= (octets | 0x20) == ord("|")
    return np.flatnonzero(found)


def _names(text: Block, values: Places) -> Places:
    """The names, if the values are plain: up to a double space, without blanks and punctuation around."""
    start, end = trimmed(text, values)
    double = first_in(text.places_of("  "), start, end)
    return trimmed(text, Places(start, np.where(double < 0, end, double)), questions.AROUND_NAME)


def _are_plain(text: Block, values: Places, names: Places) -> Flags:
    """Whether the name is all that may be taken of a value: it begins with a letter, has no slash, and no label may end it."""
    first = text.octets[trimmed(text, values).start] | 0x20
    ending = _ending(*(text.octets[names.end - place].astype(np.int64) for place in (3, 2, 1)))
    plain = (first >= ord("a")) & (first <= ord("z")) & (names.length > 3) & ~_ENDS_LABEL[ending]
    return plain & (first_in(text.places_of("/"), names.start, names.end) < 0)
