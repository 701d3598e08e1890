"""Who paid, cut out of the words of many details at once: what `parsers.bank_text.payer_name` finds in each.

Most texts have a label at the start of a line and behind it a name and no more; those names are cut out by places. All other texts go
to `parsers.bank_text_columns`, which knows about values that run on into the next label, accounts before names, and the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import bank_text, payer_phrase_columns
from parsers import bank_text_columns as questions
from parsers.byte_columns import Places, characters_before, strings

if TYPE_CHECKING:
    from parsers.byte_columns import Block as Text
    from parsers.byte_columns import Flags, Ints

_BYTES_OF_WORD = 8


class Labelled(NamedTuple):
    """A text, where its lines end, and pieces of it: in ASCII, without blanks around, their places and strings; `blocks` holds the text
    in each row."""

    text: Text
    breaks: Ints
    places: Places
    words: pl.Series
    blocks: pl.DataFrame


def payer_name(labelled: Labelled, where: Flags) -> pl.Series:
    """The names; empty where none is asked for or found."""
    rows, label = _labels(labelled.words, where)
    values = _values(labelled, rows, label)
    told = strings("payer_name", values, slice(None), labelled.blocks.head(rows.size))
    are_plain = told.str.contains(questions.PLAIN_NAME).to_numpy()
    told = told.str.strip_chars(questions.AROUND_NAME)
    if rows.size == where.size and are_plain.all():
        return told
    others, plain = where.copy(), rows[are_plain]
    others[plain] = False
    found = pl.Series([""]).new_from_index(0, where.size).scatter(plain, told.filter(pl.Series(are_plain)))
    if not others.any():
        return found
    by_label = questions.asked(questions.payer_name, pl.Series(others), labelled.words, found)
    return questions.asked(_by_phrase, pl.Series(others) & (by_label == ""), labelled.words, by_label)


def _by_phrase(words: pl.Series) -> pl.Series:
    return payer_phrase_columns.with_told(pl.Series([""]).new_from_index(0, len(words)), words)


def _labels(words: pl.Series, where: Flags) -> tuple[Ints, Ints]:
    """The rows that have a payer's label, and how far from the beginning it stands, or the sign before it."""
    asked = np.flatnonzero(where)
    label = questions.label_place(bank_text.PAYER, words if asked.size == where.size else words.gather(asked))
    have_one = label.is_not_null().to_numpy()
    return asked[have_one], label.drop_nulls().to_numpy().astype(np.int64)


def _values(labelled: Labelled, rows: Ints, label: Ints) -> Places:
    """What stands behind each label up to the line's end."""
    text, end = labelled.text, labelled.places.end[rows]
    start = np.minimum(_sign_after(text, labelled.places.start[rows] + label + 1) + 1, end)
    start += text.octets[start] == ord("=")
    breaks = np.append(labelled.breaks, text.size)
    return Places(start, np.minimum(breaks[np.searchsorted(breaks, start)], end))


def _sign_after(text: Text, start: Ints) -> Ints:
    """Where the label's sign stands: the first colon or equals sign from the place on."""
    found, rows = start.copy(), np.arange(start.size)
    while rows.size:
        following = text.eights[found[rows]]
        before = np.minimum(characters_before(following, ":"), characters_before(following, "="))
        found[rows] += before
        rows = rows[before == _BYTES_OF_WORD]
    return found
