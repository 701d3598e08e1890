"""Which records of a sheet are odd, and the ranges of plain ones between them.

A plain record stands where it should and nothing is to be said about it: digits stand where digits belong, the transaction code
is known, the routing number ties, the account is not masked, traces ascend, a mandatory name is there. An entry that comes back
has its one addenda 99 with a usual reason, any other has addenda 05 of its own in their order. What is odd is for the record
reader, which knows what to say about it. In doubt a record is odd.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parsers import returns
from parsers.dates import yymmdd
from parsers.nacha.entry import COUNTED, NAMED
from parsers.nacha.records import COLUMNS
from parsers.nacha.sheet import ADDENDA, BACK, CONTROL, ENTRY, HEADER, NOTE, OTHER, ZERO, Sheet, any_of_row, holds_digit, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.nacha.sheet import Cells, Marks, Numbers
    from parsers.nacha.state import State

RECORDS_MIN = 512
"""A shorter range of plain records is not worth the while."""

_UNCOVERED = {"IAT", "ADV"}
"""Entry classes whose records have a layout of their own."""
_OWN_TEXT = {"dishonoured", "contested", "deceased"}
"""Categories of return reasons whose addenda have a layout of their own."""
_FOLLOWS = np.zeros((256, 256), np.bool_)
for _next, _before in {HEADER: b"8", ENTRY: b"567", ADDENDA: b"67", CONTROL: b"67"}.items():
    _FOLLOWS[list(_before), _next] = True
_WEIGHTS = np.array([[3], [7], [1]] * 3, np.uint16)


class Odd(NamedTuple):
    """Which records of a sheet are odd, as far as the sheet itself tells. What stands before it decides the rest: the class of the entries
    without a header in the sheet (`headless` of them), whether the first of these has a trace that follows, and whether banks and accounts with
    a number that cannot be (`untied`, `masked`, by the index of the entry) have been told already."""

    marks: Marks
    headless: int
    untied: dict[int, str]
    masked: dict[int, str]


def ranges(sheet: Sheet, marks: Marks, is_whole: bool) -> Iterator[tuple[int, int]]:
    """The ranges of plain records, first and end. They cut no entry apart; an entry at the very end is left to the record reader,
    for its addenda may follow, unless it is whole."""
    others = np.flatnonzero(sheet.types != ADDENDA)
    last = int(others[-1]) if len(others) else 0
    end = last if sheet.types[last] == ENTRY and not is_whole else len(marks)
    cuts = np.flatnonzero(marks[:end])
    for begin, stop in zip([0, *(cuts + 1).tolist()], [*cuts.tolist(), end], strict=True):
        if stop - begin >= RECORDS_MIN and begin <= last:
            first = int(others[np.searchsorted(others, begin)])
            if stop - first >= RECORDS_MIN:
                yield first, stop


def odd_records(sheet: Sheet) -> Odd:
    """Which records are odd, whatever stands before the sheet."""
    types = sheet.types
    marks = ~_FOLLOWS[np.concatenate((types[:1], types[:-1])), types]
    marks[0] = not _FOLLOWS[:, types[0]].any()
    unprintable = _unprintable(sheet)
    marks |= unprintable
    marks[sheet.addenda[sheet.owners < 0]] = True
    marks[sheet.headers] |= _odd_headers(sheet)
    marks[sheet.controls] |= ~sheet.proves
    marks[sheet.entries] |= _odd_entries(sheet, unprintable)
    headless = int(np.searchsorted(sheet.batches, 1))
    classes = [sheet.stretch.columns(row, 50, 53).strip() for row in sheet.forms.tolist()]
    marks[sheet.entries[headless:]] |= _odd_for_class(sheet, slice(headless, None), classes, sheet.form[sheet.batches[headless:] - 1])
    return Odd(marks, headless, _untied(sheet), _masked(sheet))


def odd_here(state: State, sheet: Sheet, odd: Odd) -> Marks:
    """Which records are odd where the state is."""
    marks = odd.marks.copy()
    if odd.headless and state.batch:
        of_open_batch = slice(0, odd.headless)
        marks[sheet.entries[of_open_batch]] |= _odd_for_class(sheet, of_open_batch, [state.batch.facts.entry_class], np.zeros(odd.headless, np.int64))
        before = state.entry.text[79:94] if state.entry else state.batch.trace
        marks[sheet.entries[0]] |= sheet.stretch.columns(int(sheet.entries[0]), 79, 94) <= before
    marks[sheet.entries[_first_named(odd.untied, state.banks_told)]] = True
    marks[sheet.entries[_first_named(odd.masked, {"", *state.accounts_told})]] = True
    return marks


def _unprintable(sheet: Sheet) -> Marks:
    """Records with control characters other than the line end."""
    if sheet.stretch.is_text and sheet.cells.max() <= ord("~"):
        return np.zeros(len(sheet.cells), np.bool_)
    text = sheet.cells[:, :COLUMNS]
    return any_of_row((text < ord(" ")) | (text > ord("~")))


def _odd_headers(sheet: Sheet) -> Marks:
    """Batch headers without number or class, company or description, or with an effective date that is none."""
    cells = np.take(sheet.cells, sheet.headers, axis=0)
    effective = [sheet.stretch.columns(row, 69, 75) for row in sheet.forms.tolist()]
    undated = np.array([yymmdd(date) is None and bool(date.strip("0 ")) for date in effective], np.bool_)[sheet.form]
    return undated | ~number(cells, 1, 4)[1] | ~number(cells, 87, 94)[1] | _empty(cells, 4, 20) | _empty(cells, 53, 63)


def _odd_entries(sheet: Sheet, unprintable: Marks) -> Marks:
    kinds, own = sheet.kinds, sheet.own
    says_nothing = (own[:, 78] == ord("1")) & (sheet.counts == 0)
    prenote = (kinds == OTHER) & (sheet.amounts != 0) & ((own[:, 2] == ord("3")) | (own[:, 2] == ord("8")))
    odd: Marks = ~sheet.readable | _descends(sheet) | np.where(sheet.back, ~_usual_returns(sheet), says_nothing | prenote) | _odd_addenda(sheet, unprintable)
    return odd


def _odd_for_class(sheet: Sheet, entries: slice, classes: list[str], form: Numbers) -> Marks:
    """Which of some entries are odd for the entry class that their batch has; `form` says which of the classes."""
    uncovered, named, counted = (np.array([name in group for name in classes], np.bool_)[form] for group in (_UNCOVERED, NAMED, COUNTED))
    odd: Marks = uncovered | named & ~sheet.back[entries] & _nameless(sheet.own[entries], counted)
    return odd


def _descends(sheet: Sheet) -> Marks:
    """Entries whose trace does not follow that of the entry before in their batch, or follows one that is no number."""
    descends = np.zeros(len(sheet.entries), np.bool_)
    follows = (sheet.traces[1:] > sheet.traces[:-1]) & sheet.readable[:-1]
    descends[1:] = ~follows & (sheet.batches[1:] == sheet.batches[:-1])
    return descends


def _nameless(cells: Cells, counted: Marks) -> Marks:
    counted = counted & number(cells, 54, 58)[1] if counted.any() else counted
    return np.where(counted, _empty(cells, 58, 74), _empty(cells, 54, 76))


def _empty(cells: Cells, start: int, stop: int) -> Marks:
    """Whether the columns hold blanks and zeros alone."""
    first = cells[:, start]
    found: Marks = (first == ord(" ")) | (first == ZERO)
    rest = cells[found, start:stop]
    found[found] = ((rest == ord(" ")) | (rest == ZERO)).all(axis=1)
    return found


def _usual_returns(sheet: Sheet) -> Marks:
    """Whether an entry that came back has one addenda 99, with a reason that leaves its text where it usually is."""
    usual: Marks = sheet.back & (sheet.counts == 1)
    said = sheet.entries[usual] + 1
    reasons = [_is_usual(sheet.stretch.columns(row, 3, 6)) for row in said.tolist()]
    usual[usual] = (sheet.pairs[said] == BACK) & np.array(reasons, np.bool_)
    return usual


@lru_cache(maxsize=1024)
def _is_usual(reason: str) -> bool:
    known = returns.lookup(reason.strip())
    return known is not None and known.category not in _OWN_TEXT


def _odd_addenda(sheet: Sheet, unprintable: Marks) -> Marks:
    """Entries with addenda that are no notes of theirs or not in the order of their numbers; any addenda do where one came back."""
    kept = sheet.owners >= 0
    rows, owners = sheet.addenda[kept], sheet.owners[kept]
    strange = (sheet.pairs[rows] != NOTE) | (sheet.tails[rows] != sheet.tails[sheet.entries[owners]])
    several = np.flatnonzero(sheet.counts[owners] > 1)
    if len(several):
        numbers, readable = number(np.take(sheet.cells, rows[several], axis=0), 83, 87)
        of = owners[several]
        strange[several] |= ~readable
        strange[several[1:]] |= (numbers[1:] < numbers[:-1]) & (of[1:] == of[:-1])
    odd = np.zeros(len(sheet.entries), np.bool_)
    odd[owners[(strange & ~sheet.back[owners]) | unprintable[rows]]] = True
    return odd


def _untied(sheet: Sheet) -> dict[int, str]:
    """Entries that name a bank whose routing number does not tie, and that number."""
    digits = np.ascontiguousarray(sheet.own[:, 3:12].T) - ZERO
    untied = ((digits * _WEIGHTS).sum(axis=0, dtype=np.uint16) % 10 != 0) | (digits[8] > 9)
    return {nth: sheet.stretch.columns(int(sheet.entries[nth]), 3, 12) for nth in np.flatnonzero(untied).tolist()}


def _masked(sheet: Sheet) -> dict[int, str]:
    """Entries that name an account of ours that has no digit, and that account."""
    ours = ~sheet.back & (sheet.kinds != OTHER) & (sheet.amounts != 0)
    masked = ours & (sheet.own[:, 12] - ZERO > 9)
    masked[masked] = ~holds_digit(sheet.own[masked], 12, 29)
    return {nth: sheet.stretch.columns(int(sheet.entries[nth]), 12, 29).strip() for nth in np.flatnonzero(masked).tolist()}


def _first_named(names: dict[int, str], told: set[str]) -> list[int]:
    """Of the entries that name something those that are the first to do so."""
    return list({name: nth for nth, name in reversed(names.items()) if name not in told}.values())
