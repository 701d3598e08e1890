"""Our entries against another reader's, statement by statement and entry by entry.

The two lists are brought into line by amount and bank reference, so that an entry that one of them lacks does not make all
that follow look different. References are compared without blanks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from parsers.amounts import to_text
from parsers.documents import Document
from parsers.profile import Profile
from parsers.second_opinion.entries import Disagreement, Entry, Library, Opinion, Told, squeezed
from parsers.sources import Source

ALIGNED_MAX = 1000
"""Lists that differ over a longer stretch are compared in their order: finding the best line-up takes time squared."""


class _Line(NamedTuple):
    """Our entry with its place."""

    line: int
    raw: str
    entry: Entry


def compared(library: Library, source: Source, document: Document, profile: Profile) -> Opinion:
    """The library asked, and its answer beside ours."""
    answer = library.read(source, document, profile)
    if answer.failure:
        ours_in_all = _count(document.lines.height)
        return Opinion(library.name, 0, [Disagreement(1, "failure", ours_in_all, answer.failure, answer.known_fault)])
    found: list[Disagreement] = []
    for statement, lines, told in zip_longest(document.statements, _by_statement(document, source.read()), answer.statements):
        place = statement.opened.span.line if statement else 1
        found += _differences(library, place, lines or [], told or Told([]))
    return Opinion(library.name, sum(len(told.entries) for told in answer.statements), found)


def _by_statement(document: Document, content: bytes) -> list[list[_Line]]:
    """Our lines as entries, in a list for each statement."""
    found: list[list[_Line]] = [[] for _ in document.statements]
    chosen = document.lines.select(
        "statement", "line", "byte_start", "byte_end", "amount_minor", "currency",
        "booking_date", "value_date", "bank_reference", "customer_reference", "check_number",
    )
    for statement, line, start, end, amount, currency, booked, value, bank, customer, check in chosen.iter_rows():
        entry = Entry(Decimal(to_text(amount, currency)), booked, value, bank, (customer,) if customer else (), check)
        found[statement].append(_Line(line, content[start:end].decode("latin-1"), entry))
    return found


def _differences(library: Library, place: int, ours: list[_Line], told: Told) -> list[Disagreement]:
    """What differs in one statement; `place` is the line on which it begins."""
    if told.failure:
        return [Disagreement(place, "failure", _count(len(ours)), told.failure, told.known_fault)]
    found = list(_of_entries(library, place, ours, told)) if ours and (told.entries or told.refused) else []
    if len(ours) != len(told.entries):
        reasons = {each.known_fault for each in found if each.what == "entry"}
        known = told.known_fault or (reasons.pop() if len(reasons) == 1 else "")
        who = f" in account {told.account}" if told.account and not ours else ""
        found.insert(0, Disagreement(place, "count", _count(len(ours)), f"{_count(len(told.entries))}{who}", known))
    return found


def _count(entries: int) -> str:
    return f"{entries} {'entry' if entries == 1 else 'entries'}"


def _of_entries(library: Library, place: int, ours: list[_Line], told: Told) -> Iterator[Disagreement]:
    pairs = list(_aligned(ours, told.entries))
    alone = sum(theirs is None for _, theirs in pairs)
    refused = iter(told.refused if alone == len(told.refused) else ())
    for line, theirs in pairs:
        if line is None:
            assert theirs is not None, "a pair has at least one side"
            yield Disagreement(place, "entry", "not read", _whole(theirs), library.fault("entry", "", None, theirs))
            continue
        place = line.line
        if theirs is None:
            reason = next(refused, "")
            known = library.fault("entry", line.raw, line.entry, None)
            yield Disagreement(place, "entry", _whole(line.entry), f"refused: {reason}" if reason else "not read", known)
            continue
        for what in library.compared:
            if not _agree(what, line.entry, theirs):
                known = library.fault(what, line.raw, line.entry, theirs)
                yield Disagreement(place, what, _shown(getattr(line.entry, what)), _shown(getattr(theirs, what)), known)


def _aligned(ours: list[_Line], theirs: list[Entry]) -> Iterator[tuple[_Line | None, Entry | None]]:
    """Pairs in order; where one side lacks an entry, the other stands alone."""
    keys, other_keys = [_key(line.entry) for line in ours], [_key(entry) for entry in theirs]
    shorter = min(len(keys), len(other_keys))
    first = next((at for at in range(shorter) if keys[at] != other_keys[at]), shorter)
    last = next((at for at in range(shorter - first) if keys[-1 - at] != other_keys[-1 - at]), shorter - first)
    yield from zip(ours[:first], theirs[:first], strict=True)
    mine, other = slice(first, len(ours) - last), slice(first, len(theirs) - last)
    yield from _lined_up(ours[mine], theirs[other], keys[mine], other_keys[other])
    yield from zip(ours[len(ours) - last:], theirs[len(theirs) - last:], strict=True)


def _lined_up(
    ours: list[_Line], theirs: list[Entry], keys: list[tuple[Decimal, str]], other_keys: list[tuple[Decimal, str]],
) -> Iterator[tuple[_Line | None, Entry | None]]:
    if max(len(ours), len(theirs)) > ALIGNED_MAX:
        yield from zip_longest(ours, theirs)
        return
    for _, start, end, other_start, other_end in SequenceMatcher(None, keys, other_keys, autojunk=False).get_opcodes():
        yield from zip_longest(ours[start:end], theirs[other_start:other_end])


def _key(entry: Entry) -> tuple[Decimal, str]:
    return entry.amount, squeezed(entry.bank_reference)


def _agree(what: str, ours: Entry, theirs: Entry) -> bool:
    mine, other = getattr(ours, what), getattr(theirs, what)
    if what == "customer_reference":
        return mine == other or bool({squeezed(text) for text in mine} & {squeezed(text) for text in other})
    if isinstance(mine, str) and isinstance(other, str):
        return squeezed(mine) == squeezed(other)
    return bool(mine == other)


def _shown(value: Decimal | dt.date | str | tuple[str, ...] | None) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return " | ".join(value)
    return "" if value is None else str(value)


def _whole(entry: Entry) -> str:
    """An entry that stands alone, in a few words."""
    said = (_shown(entry.amount), _shown(entry.booking_date), entry.bank_reference or _shown(entry.customer_reference[:1]))
    return " ".join(text for text in said if text)
