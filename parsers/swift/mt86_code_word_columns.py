"""Code words of `:86:` as columns: the reading of `parsers.swift.mt86` for Dutch banks, many entries at a time.

    /TRTP/SEPA OVERBOEKING/IBAN/NL..../BIC/..../NAME/../REMI/../EREF/..
    /EREF/..//CNTP/NL..../BIC/Name/City///REMI/USTD//text/

Covered: each code word once. Entries that are told otherwise, and returns, are doubted, which leaves them to the record reader.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parsers.byte_columns import (
    Block,
    Flags,
    Ints,
    Places,
    chosen,
    empty,
    equals,
    first_in,
    first_stated,
    is_one_of,
    rows_holding,
    trimmed,
    word,
    word_set,
)
from parsers.swift import mt86
from parsers.swift.block_columns import Entries
from parsers.swift.mt86_detail_columns import DetailColumns, collapse, dutch_references, stated

_SLASH_AND_BLANK = "/ "
_WORDS = np.array([0, *sorted(word(known) for known in mt86.CODE_WORDS)], np.uint32)
_TELLING = word_set(known for known in mt86.TELLING_CODE_WORDS if len(known) == 4)
_REFERENCES = ("PREF", "KREF", "CREF", "ROC")
_OTHER_PARTIES = ("ORDP", "BENM", "BO", "BN")


class _CodeWords(NamedTuple):
    """Code words: whose they are, where their values stand, and which they are."""

    row: Ints
    value: Places
    known: Ints


def are_code_words(text: Block, start: Ints) -> Flags:
    """Whether texts begin with a code word."""
    are: Flags = (text.octets[start] == ord("/")) & (text.octets[start + 5] == ord("/"))
    rows = np.flatnonzero(are)
    are[rows] = is_one_of(text.quads[start[rows] + 1], _TELLING)
    return are


def read(text: Block, slashes: Ints, details: Places, is_code_words: Flags, entries: Entries) -> DetailColumns:
    """The details of the entries that have code words."""
    found = _code_words(text, slashes, details, np.flatnonzero(is_code_words), entries)
    values = {known: _value(found, known, entries.rows) for known in ("NAME", "IBAN", "CNTP", "REMI", "EREF", "TRTP", *_REFERENCES)}
    name, account = _counterparty(slashes, values)
    _doubt(found, name, values["REMI"], entries)
    name, account, end_to_end, reference = (
        trimmed(text, told, _SLASH_AND_BLANK)
        for told in (name, account, values["EREF"], first_stated(*(values[known] for known in _REFERENCES))))
    entries.doubt(rows_holding(slashes, name))
    said, structured = _said(text, values["REMI"])
    return DetailColumns(first_stated(said, values["TRTP"]), name, account, stated(text, end_to_end), stated(text, reference), structured,
                         empty(entries.rows))


def _code_words(text: Block, slashes: Ints, details: Places, rows: Ints, entries: Entries) -> _CodeWords:
    """Known words between two slashes, each with its value up to the next; words that share a slash are doubted."""
    start, end = details.start[rows], details.end[rows]
    first = np.flatnonzero(slashes[1:] - slashes[:-1] <= 5)
    width = slashes[first + 1] - slashes[first] - 1
    quad = text.quads[slashes[first] + 1] & (np.uint32(0xFFFFFFFF) >> (32 - 8 * width).astype(np.uint32))
    known = np.searchsorted(_WORDS, quad)
    known[known == _WORDS.size] = 0
    hit = np.flatnonzero((_WORDS[known] == quad) & (width > 1))
    first, known, width = first[hit], known[hit], width[hit]
    of = np.searchsorted(start, slashes[first], "right") - 1
    inside = np.flatnonzero((of >= 0) & (slashes[first + 1] < end[of])) if rows.size else hit[:0]
    first, known, of = first[inside], known[inside], of[inside]
    shared = np.flatnonzero(first[1:] == first[:-1] + 1)
    entries.doubt(rows[of[shared]])
    close = end[of]
    followed = np.flatnonzero(of[1:] == of[:-1])
    close[followed] = slashes[first[followed + 1]]
    return _CodeWords(rows[of], Places(slashes[first + 1] + 1, close), known)


def _places(found: _CodeWords, known: str) -> Ints:
    return np.flatnonzero(_WORDS[found.known] == word(known))


def _value(found: _CodeWords, known: str, rows: int) -> Places:
    index, places = _places(found, known), empty(rows)
    places.start[found.row[index]], places.end[found.row[index]] = found.value.start[index], found.value.end[index]
    return places


def _doubt(found: _CodeWords, name: Places, remittance: Places, entries: Entries) -> None:
    """What is not surely read here: a word that comes again, a return, a second text, two parties, a counterparty or a text under another word."""
    each = found.row * _WORDS.size + found.known
    ordered = np.sort(each)
    entries.doubt(ordered[1:][ordered[1:] == ordered[:-1]] // _WORDS.size)
    entries.doubt(found.row[_places(found, "RTRN")])
    entries.doubt(found.row[_places(found, "RFB")])
    entries.doubt(np.intersect1d(found.row[_places(found, "ORDP")], found.row[_places(found, "BENM")]))
    for known, is_told in (*((party, name.is_filled) for party in _OTHER_PARTIES), ("PY", remittance.start > 0)):
        rows = found.row[_places(found, known)]
        entries.doubt(rows[~is_told[rows]])


def _counterparty(slashes: Ints, values: dict[str, Places]) -> tuple[Places, Places]:
    """Name and account; `/CNTP/account/BIC/name/city` has both."""
    told = values["CNTP"]
    has_both = told.start > 0
    if not has_both.any():
        return values["NAME"], values["IBAN"]
    start, ends = told.start, []
    for _ in range(3):
        slash = first_in(slashes, start, told.end)
        ends.append(np.where(slash < 0, told.end, slash))
        start = np.minimum(ends[-1] + 1, told.end)
    account, name = Places(told.start, ends[0]), Places(np.minimum(ends[1] + 1, told.end), ends[2])
    return chosen(has_both, name, values["NAME"]), chosen(has_both, account, values["IBAN"])


def _said(text: Block, remittance: Places) -> tuple[Places, Places]:
    """The payer's text, and the structured reference in it."""
    start, is_bare = remittance.start.copy(), np.ones(remittance.start.size, np.bool_)
    for form in mt86.REMITTANCE_FORMS:
        rows = np.flatnonzero(is_bare & equals(text, remittance.start, np.minimum(remittance.length, len(form)), form))
        start[rows] += len(form)
        is_bare[rows] = False
    said = trimmed(text, Places(start, remittance.end), _SLASH_AND_BLANK)
    said = Places(said.start.copy(), said.end.copy())
    collapse(text, said)
    return said, dutch_references(text, remittance, remittance, said)
