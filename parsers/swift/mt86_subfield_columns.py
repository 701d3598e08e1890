"""German subfields of `:86:` as columns: the reading of `parsers.swift.mt86_subfields`, many entries at a time.

    166?00GUTSCHRIFT?20EREF+E2E-1?21SVWZ+RE 47?2211?30BIC?31IBAN?32Name?33more name

`find` cuts the subfields of text without line ends, `joints` says which of them go on with the one before, and when the caller
has taken out what stands between those, `read` finds the SEPA key words in what is left. Covered: the delimiter `?`,
subfields in the order of the standard with the whole purpose before the counterparty, one text. Entries that are told
otherwise are doubted, which leaves them to the record reader.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from parsers.byte_columns import (
    Block,
    Flags,
    Ints,
    Octets,
    Places,
    Words,
    chosen,
    empty,
    first_in,
    first_stated,
    has_blank,
    is_one_of,
    numbers,
    rows_holding,
    spread,
    trimmed,
    word,
    word_set,
)
from parsers.swift import mt86_subfields
from parsers.swift.block_columns import Entries
from parsers.swift.mt86_detail_columns import DetailColumns, stated, structured_references
from parsers.swift.mt86_subfields import (
    FIRST_KEYS,
    KEYWORDS,
    NAME_KEYWORDS,
    PURPOSE,
    REFERENCE_WIDTH,
    SUBFIELD_WIDTH,
    TEXT_KEYWORDS,
)

DELIMITER = "?"
KEY_WIDTH = 3
"""The delimiter and two digits."""

_POSTING, _JOURNAL, _PURPOSE, _PARTY, _STRANGE = range(5)
"""What subfields are, in the order in which they stand; strange ones are passed over."""

_IN_ORDER, _OUT_OF_ORDER, _GOES_ON, _TO_ACCOUNT = range(4)
"""How a subfield follows the one before it: as another one, where it must not, as more of the same text, as the account behind
its bank code."""

_KEYS, _NO_KEY = 101, 100
_BANK, _ACCOUNT, _NAME, _MORE_NAME, _IBAN = 30, 31, 32, 33, 38
_JOURNAL_DIGITS = 8
"""A longer journal number is an account (`parsers.swift.mt86_subfields`)."""
_LONG_KEYWORDS = word_set(keyword for keyword in KEYWORDS if len(keyword) == 4)
_TEXTS, _NAMES = (word_set(keyword for keyword in found if keyword) for found in (TEXT_KEYWORDS, NAME_KEYWORDS))
_SHORT_KEYWORD = word("BIC")
_COLON_KEYWORD = "MTLG:"


class Pieces(NamedTuple):
    """The subfields of all entries: whose they are, where they start behind their key and end, the key, and how they follow the
    one before. `first` is the first one of each of the entries `rows`."""

    row: Ints
    start: Ints
    end: Ints
    key: Octets
    step: Octets
    rows: Ints
    first: Ints


class _Keywords(NamedTuple):
    """SEPA key words: whose they are, where they begin, where their values stand, and the key word as a word of four."""

    row: Ints
    begin: Ints
    value: Places
    quad: npt.NDArray[np.uint32]


def _keys(text: Block, marks: Ints) -> Octets:
    """The key behind each delimiter: its two digits as a number."""
    tens, ones = (text.octets[marks + place] - np.uint8(ord("0")) for place in (1, 2))
    return np.where((tens < 10) & (ones < 10), tens * np.uint8(10) + ones, np.uint8(_NO_KEY))


@lru_cache(maxsize=1)
def _kinds() -> Octets:
    """What each key is."""
    kinds = np.full(_KEYS, _STRANGE, np.uint8)
    kinds[30:40] = _PARTY
    kinds[[int(key) for key in PURPOSE]] = _PURPOSE
    kinds[0], kinds[10] = _POSTING, _JOURNAL
    return kinds


@lru_cache(maxsize=1)
def _steps() -> Octets:
    """How the one key follows the other, at `before * _KEYS + behind`."""
    kinds, number = _kinds(), np.arange(_KEYS)
    before, behind = (kinds[:, None], number[:, None]), (kinds[None, :], number[None, :])
    more = (before[0] == _PURPOSE) & (behind[0] == _PURPOSE)
    again = (before[0] == behind[0]) & (behind[1] > before[1])
    steps = np.where(((behind[0] > before[0]) | again) & (behind[1] != _NO_KEY), _IN_ORDER, _OUT_OF_ORDER).astype(np.uint8)
    steps[more] = _GOES_ON
    steps[_NAME, _MORE_NAME], steps[_BANK, _ACCOUNT] = _GOES_ON, _TO_ACCOUNT
    return steps.ravel()


@lru_cache(maxsize=1)
def _known_to_go_on() -> npt.NDArray[np.int8]:
    """`mt86_subfields.goes_on` for pairs of characters, at `left * 128 + right`; -1 for a pair that has not been met."""
    return np.full(128 * 128, -1, np.int8)


def _goes_on(left: Octets, right: Octets) -> Flags:
    """Whether a short subfield goes on, from its last character and the next one's first."""
    known, pair = _known_to_go_on(), (left.astype(np.int64) << 7) + right
    for each in np.unique(pair[known[pair] < 0]).tolist():
        known[each] = mt86_subfields.goes_on(chr(each >> 7), chr(each & 127))
    does: Flags = known[pair] > 0
    return does


def are_subfields(words: Words) -> Flags:
    """Whether a text that begins like this has German subfields: `166?00`, `166?20`."""
    _, has_business = numbers(words, 3)
    is_first = np.zeros(65536, np.bool_)
    is_first[[word(key) for key in FIRST_KEYS]] = True
    is_delimited = (words >> np.uint64(24) & np.uint64(0xFF)) == ord(DELIMITER)
    are: Flags = has_business & is_delimited & is_first[(words >> np.uint64(32) & np.uint64(0xFFFF)).astype(np.int64)]
    return are


def find(text: Block, rows: Ints, details: Places, entries: Entries) -> Pieces:
    """The subfields of these entries, in text without line ends. Those in another order are doubted."""
    if not rows.size:
        nowhere, nothing = np.zeros(0, np.int64), np.zeros(0, np.uint8)
        return Pieces(nowhere, nowhere, nowhere, nothing, nothing, nowhere, nowhere)
    marks = text.places_of(DELIMITER)
    first = np.searchsorted(marks, details.start[rows])
    behind = np.append(first[1:], marks.size)
    if (marks[behind - 1] >= details.end[rows]).any():  # a delimiter stands outside of all details
        behind = np.searchsorted(marks, details.end[rows])
    count = behind - first
    if int(count.sum()) != marks.size:
        marks = marks[spread(first, count)[0]]
    first, row = np.cumsum(count) - count, np.repeat(rows, count)
    end = np.append(marks[1:], 0)
    end[first + count - 1] = details.end[rows]
    key = _keys(text, marks)
    step = np.append(np.uint8(_IN_ORDER), _steps()[key[:-1].astype(np.int64) * _KEYS + key[1:]])
    step[first] = _IN_ORDER
    start = marks + KEY_WIDTH
    entries.doubt(row[(step == _OUT_OF_ORDER) | (end < start)])
    return Pieces(row, start, end, key, step, rows, first)


def joints(text: Block, pieces: Pieces, entries: Entries) -> tuple[Ints, Ints, Ints]:
    """The subfields that go on with the one before them: directly, behind a blank because that one was short, and behind a
    slash as the account of a bank code. Entries that are not sure are left as they are."""
    accounts = np.flatnonzero(pieces.step == _TO_ACCOUNT)
    are_numbers, doubtful = _numbers_of_accounts(text, pieces, accounts)
    entries.doubt(pieces.row[accounts[doubtful]])
    joint = np.flatnonzero(pieces.step == _GOES_ON)
    joint = joint[entries.sure[pieces.row[joint]]]
    left, right = text.octets[pieces.end[joint - 1] - 1], text.octets[pieces.start[joint]]
    before, behind = pieces.end[joint - 1] - pieces.start[joint - 1], pieces.end[joint] - pieces.start[joint]
    entries.doubt(pieces.row[joint[(before == 0) & (behind > 0)]])
    direct = (before >= SUBFIELD_WIDTH) | (before == 0) | (behind == 0) | _goes_on(left, right)
    return joint[direct], joint[~direct], accounts[are_numbers & entries.sure[pieces.row[accounts]]]


def _numbers_of_accounts(text: Block, pieces: Pieces, accounts: Ints) -> tuple[Flags, Flags]:
    """Which accounts are numbers behind a bank code that is a number, and for which that is not clear."""
    account, bank = (Places(pieces.start[index], pieces.end[index]) for index in (accounts, accounts - 1))
    begins = text.octets[account.start] - np.uint8(0x30) < 10
    is_number, has_bank = _are_numbers(text, account), _are_numbers(text, bank)
    is_word = (text.octets[bank.start] | 0x20) - np.uint8(ord("a")) < 26
    doubtful = account.is_filled & begins & (~is_number | ~(has_bank | is_word | ~bank.is_filled))
    return is_number & has_bank & account.is_filled & bank.is_filled, doubtful


def _are_numbers(text: Block, places: Places) -> Flags:
    """Whether texts of up to 16 characters are nothing but digits."""
    length = np.clip(places.length, 0, 8), np.clip(places.length - 8, 0, 8)
    return numbers(text.eights[places.start], length[0])[1] & numbers(text.eights[places.start + 8], length[1])[1] & (places.length <= 16)


def read(text: Block, pieces: Pieces, seams: Ints, is_joined_account: Flags, entries: Entries) -> DetailColumns:
    """The details of the entries; `seams` are the blanks that `joints` asked for."""
    posting, journal, bank, account, name, more, iban = _subfields(pieces, (0, 10, _BANK, _ACCOUNT, _NAME, _MORE_NAME, _IBAN), entries.rows)
    name = trimmed(text, Places(np.where(name.start > 0, name.start, more.start), np.where(more.end > 0, more.end, name.end)))
    posting = trimmed(text, posting)
    account = first_stated(iban, chosen(is_joined_account, Places(bank.start, account.end), account))
    entries.doubt(has_blank(text, account))
    entries.doubt(iban.is_filled & (text.octets[iban.start] - np.uint8(0x30) < 10))
    entries.doubt(~account.is_filled & (journal.length > _JOURNAL_DIGITS))
    purpose = _purpose(pieces, entries.rows)
    said, keywords = _keywords(text, purpose, seams, entries)
    entries.doubt(_rows(keywords, "OAMT"))
    entries.doubt(_rows(keywords, "ABWA", ~name.is_filled))
    entries.doubt(_rows(keywords, "IBAN", ~account.is_filled))
    end_to_end, reference = (stated(text, _value(text, keywords, keyword, entries)) for keyword in ("EREF", "KREF"))
    structured = structured_references(text, said)
    return DetailColumns(first_stated(trimmed(text, said), posting), name, account, end_to_end, reference, structured, posting)


def _subfields(pieces: Pieces, keys: tuple[int, ...], rows: int) -> list[Places]:
    """One column for each of the keys; its start is 0 where an entry does not have it."""
    column = np.full(_KEYS, len(keys))
    column[list(keys)] = np.arange(len(keys))
    at = column[pieces.key] * rows + pieces.row
    start, end = np.zeros((2, (len(keys) + 1) * rows), np.int64)
    start[at], end[at] = pieces.start, pieces.end
    return [Places(*column) for column in zip(np.split(start, len(keys) + 1)[:-1], np.split(end, len(keys) + 1)[:-1], strict=True)]


def _purpose(pieces: Pieces, rows: int) -> Places:
    """The purpose from its first subfield to its last."""
    found, places = np.flatnonzero(_kinds()[pieces.key] == _PURPOSE), empty(rows)
    row = pieces.row[found]
    begins = np.flatnonzero(np.append(row[:1] >= 0, row[1:] != row[:-1]))
    places.start[row[begins]] = pieces.start[found[begins]]
    places.end[row] = pieces.end[found]
    return places


def _keywords(text: Block, purpose: Places, seams: Ints, entries: Entries) -> tuple[Places, _Keywords]:
    """The text of each entry and the SEPA key words with their values. More than one text is doubted."""
    entries.doubt(rows_holding(text.places_of(_COLON_KEYWORD), purpose))
    keywords = _found_keywords(text, purpose)
    row, value = keywords.row, keywords.value
    seam = first_in(seams, value.start, value.end)
    is_text = is_one_of(keywords.quad, _TEXTS)
    reach = np.where(seam < 0, value.end, seam)
    entries.doubt(row[~is_text & (reach - value.start > REFERENCE_WIDTH)])
    part = Places(np.where(is_text, value.start, np.where(seam < 0, value.end, seam + 1)), value.end)
    first = np.flatnonzero(np.concatenate([np.ones(min(row.size, 1), np.bool_), row[1:] != row[:-1]]))
    lead = Places(purpose.start[row[first]], keywords.begin[first])
    has_part, has_lead = part.is_filled & ~is_one_of(keywords.quad, _NAMES), lead.is_filled
    parts = np.bincount(row[has_part], minlength=entries.rows) + np.bincount(row[first[has_lead]], minlength=entries.rows)
    entries.doubt(parts > 1)
    start, end = purpose.start.copy(), purpose.end.copy()
    end[row] = start[row]
    for of, stands in ((row[has_part], Places(part.start[has_part], part.end[has_part])),
                       (row[first[has_lead]], Places(lead.start[has_lead], lead.end[has_lead]))):
        start[of], end[of] = stands
    return Places(start, end), keywords._replace(value=Places(value.start, reach))


def _found_keywords(text: Block, purpose: Places) -> _Keywords:
    """What stands before a `+` and is a key word."""
    marks = text.places_of("+")
    filled = np.flatnonzero(purpose.is_filled)
    start, end = purpose.start[filled], purpose.end[filled]
    of = np.searchsorted(start, marks, "right") - 1
    inside = np.flatnonzero(of >= 0)
    inside = inside[marks[inside] < end[of[inside]]]
    marks, row = marks[inside], filled[of[inside]]
    quad = text.quads[marks - 4]
    is_long = is_one_of(quad, _LONG_KEYWORDS)
    begin = marks - np.where(is_long, 4, 3)
    found = np.flatnonzero((is_long | (quad >> np.uint32(8) == _SHORT_KEYWORD)) & (begin >= purpose.start[row]))
    row, begin, quad, value = row[found], begin[found], quad[found], marks[found] + 1
    close = purpose.end[row]
    followed = np.flatnonzero(row[1:] == row[:-1])
    close[followed] = begin[followed + 1]
    return _Keywords(row, begin, Places(value, close), quad)


def _rows(keywords: _Keywords, keyword: str, which: Flags | None = None) -> Ints:
    """The entries that have the key word, of those that are asked for."""
    rows: Ints = keywords.row[keywords.quad == word(keyword)]
    return rows if which is None else rows[which[rows]]


def _value(text: Block, keywords: _Keywords, keyword: str, entries: Entries) -> Places:
    """The value of a key word; two of it are doubted."""
    found, places = np.flatnonzero(keywords.quad == word(keyword)), empty(entries.rows)
    if not found.size:
        return places
    row = keywords.row[found]
    entries.doubt(row[1:][row[1:] == row[:-1]])
    places.start[row], places.end[row] = keywords.value.start[found], keywords.value.end[found]
    return trimmed(text, places)
