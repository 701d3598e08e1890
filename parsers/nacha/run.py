"""Long runs of like NACHA entries read together: the same bank lines as `parsers.nacha.entry.bank_line` gives, several times faster.

Only where there is nothing to say about any of them: one transaction code, one of our accounts, no addenda or one of plain
text each, no amount of zero, names in place, clean characters, tying check digits, ascending traces. Everything else is read entry by entry.
The two readings are held equal by a test.
"""

from __future__ import annotations

import re
from itertools import count, repeat
from operator import lt
from typing import NamedTuple

from parsers.nacha.entry import DIRECTIONS, OWN_LAYOUT, Batch, routing_ties
from parsers.nacha.records import Stretch
from parsers.records import BankLine, Span
from parsers.x12.segments import FIRST_TAG

_LIKE_ENTRIES = re.compile("6{8,}(?=[^7])|(?:67){8,}(?=[^7])")
_TAIL = BankLine(Span(0, 0, 0), 0, "", "other")[11:]
_BEFORE_TEXT = _TAIL[: BankLine._fields.index("remittance_text") - 11]
_AFTER_TEXT = _TAIL[len(_BEFORE_TEXT) + 1 :]


class Run(NamedTuple):
    """The lines of a run, the records it took, the sum and hash of its entries, the last trace number."""

    lines: list[BankLine]
    records: int
    amount_minor: int
    hash: int
    trace: str


def run_end(stretch: Stretch, first: int) -> int:
    """Where a run of entries that begins at record `first` ends; `first` itself where there is none worth the while."""
    found = _LIKE_ENTRIES.match(stretch.kinds, first)
    return found.end() if found else first


def read_run(stretch: Stretch, first: int, end: int, batch: Batch, accounts: set[str], trace: str) -> Run | None:
    """The entries in the records `first` to `end`, whose account is one of `accounts` (any, where it is empty)."""
    text, width = stretch.text, stretch.width
    noted = stretch.kinds[first + 1] == "7"
    begin, stop, step = first * width, end * width, width * (2 if noted else 1)
    movement = DIRECTIONS.get(text[begin + 1 : begin + 3])
    if movement is None or movement[1] not in ("receipt", "disbursement") or batch.entry_class in OWN_LAYOUT or batch.accounts_pay:
        return None
    keys = [text[at : at + 26] for at in range(begin + 3, stop, step)]
    digits = [text[at : at + 10] for at in range(begin + 29, stop, step)]
    traces = [text[at : at + 15] for at in range(begin + 79, stop, step)]
    hashes = {key: _hash(key, accounts) for key in set(keys)}
    if (
        text[begin + 1 : stop : step].strip(text[begin + 1]) or text[begin + 2 : stop : step].strip(text[begin + 2])
        or text[begin + 78 : stop : step].strip("1" if noted else "0") or not "".join(digits).isdigit() or "0000000000" in digits
        or not "".join(traces).isdigit() or traces[0] <= trace or not all(map(lt, traces, traces[1:]))
        or 0 in hashes.values() or not set(text[begin + 54 : stop : step]).isdisjoint(" 0")
        or not text[begin:stop].replace("\n", "").replace("\r", "").isprintable()
    ):
        return None
    notes = _notes(stretch, first, end, traces) if noted else None
    if noted and not notes:
        return None
    amounts = [movement[0] * int(amount) for amount in digits]
    lines = _lines(stretch, first, step, batch, amounts, traces, notes)
    return Run(lines, end - first, sum(amounts), sum(map(hashes.__getitem__, keys)), traces[-1])


def _hash(key: str, accounts: set[str]) -> int:
    """What an entry adds to the entry hash; 0 where something is to be said about its bank or account."""
    routing, account = key[:9], key[9:].strip()
    masked = not any(map(str.isdigit, account))
    return int(routing[:8]) if routing_ties(routing) and not masked and (not accounts or account in accounts) else 0


def _notes(stretch: Stretch, first: int, end: int, traces: list[str]) -> list[str]:
    """The text of each entry's one addenda; nothing unless all are addenda 05 of their entries and none holds X12."""
    text, width = stretch.text, stretch.width
    begin, stop, step = (first + 1) * width, end * width, 2 * width
    written = [text[at : at + 80].strip() for at in range(begin + 3, stop, step)]
    owners = [text[at : at + 7] for at in range(begin + 87, stop, step)]
    if (
        text[begin + 1 : stop : step].strip("0") or text[begin + 2 : stop : step].strip("5")
        or owners != [trace[8:] for trace in traces] or any(map(FIRST_TAG.match, written))
    ):
        return []
    return [" ".join(note.split()) if "  " in note else note for note in written]


def _lines(
    stretch: Stretch, first: int, step: int, batch: Batch, amounts: list[int], traces: list[str], notes: list[str] | None,
) -> list[BankLine]:
    text, width, date, entry_class = stretch.text, stretch.width, batch.date, batch.entry_class
    begin = first * width
    stop = begin + step * len(amounts)
    kind = "reversal" if batch.reversal else "receipt" if amounts[0] > 0 else "disbursement"
    numbers, starts = count(stretch.number + first, step // width), range(stretch.start + begin, stretch.start + stop, step)
    identifications = [text[at : at + 15].strip() for at in range(begin + 39, stop, step)]
    if batch.individuals_pay or not batch.company:
        payers = [text[at : at + 22].strip() for at in range(begin + 54, stop, step)]
    else:
        payers = [batch.company] * len(amounts)
    tails = [(*_BEFORE_TEXT, note, *_AFTER_TEXT) for note in notes] if notes else repeat(_TAIL)
    make, whole, place = tuple.__new__, BankLine, Span  # a NamedTuple's own constructor takes half as long again
    return [
        make(whole, (make(place, (number, start, start + step)), amount, "USD", kind, date, date, entry_class, trace, reference, "", payer, *tail))
        for number, start, amount, trace, reference, payer, tail in zip(
            numbers, starts, amounts, traces, identifications, payers, tails, strict=False,
        )
    ]
