"""What stands around the plain entries of a sheet: statements, controls and issues, as the record reader yields them.

A quiet batch lies in the sheet from header to control, its figures tie, its class allows its entries, they are all of one account
and nothing is to be said about them. Quiet batches, of which a file can have nearly as many as entries, are written down together;
the others go through the functions of the record reader, one by one.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parsers.nacha import batch as nacha_batch
from parsers.documents import Document, Statement, mismatch
from parsers.nacha.batch import FIGURES, HASH_MODULUS
from parsers.nacha.records import COLUMNS
from parsers.nacha.sheet import number
from parsers.nacha.state import Sums
from parsers.records import Control, DetailChange, Issue, Span, StatementClosed, StatementOpened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from parsers.nacha.addenda import Told
    from parsers.nacha.entry import Batch
    from parsers.nacha.lines import Lines
    from parsers.nacha.sheet import Marks, Numbers, Sheet
    from parsers.nacha.state import State
    from parsers.records import Record


class Batches(NamedTuple):
    """The batches of a sheet: the one that was open before it, if any, then those of its headers; `headed` is the first of these.
    `facts` and `sums` of each; `of`: the index of each entry's batch; `bounds`: where the entries of each begin, and the end."""

    headed: int
    facts: list[Batch]
    sums: Numbers
    of: Numbers
    bounds: Numbers


def batches_of(state: State, sheet: Sheet) -> Batches:
    """The batches of a sheet that begins where the state is."""
    before = [] if state.batch is None else [state.batch.facts]
    headers = [sheet.stretch.columns(row, 0, COLUMNS) for row in sheet.headers.tolist()]
    facts = before + [nacha_batch.facts_of(text, state.file.date, state.individuals_pay, state.accounts_pay) for text in headers]
    of = sheet.batches + (len(before) - 1)
    bounds = np.searchsorted(of, np.arange(len(facts) + 1))
    figures = (1 + sheet.counts, sheet.hashes, np.maximum(-sheet.amounts, 0), np.maximum(sheet.amounts, 0))
    sums = [np.diff(np.concatenate(([0], np.cumsum(figure)))[bounds]) for figure in figures]
    return Batches(len(before), facts, np.column_stack(sums), of, bounds)


def fill(document: Document, before: Statement | None, state: State, sheet: Sheet, batches: Batches, lines: Lines) -> Numbers:
    """Puts statements, controls and issues into the document of the lines; tells which entries open a statement (1). The state goes
    on behind the last batch, or in it. `before`: the statement that was open."""
    told = dict(lines.told)
    changes = [] if state.account else _account_changes(sheet, batches, lines.ours)
    quiet = _quiet(sheet, batches)
    quiet[batches.of[[*told, *changes]]] = False
    points = np.unique([*batches.bounds[:-1].tolist(), *told, *changes])
    opens = np.zeros(len(batches.of), np.int64)
    first = 0
    for end in (np.flatnonzero(np.diff(quiet, append=not quiet[-1])) + 1).tolist():
        if quiet[first]:
            opens[batches.bounds[first:end]] = 1
            _write_quiet(document, state, sheet, batches, lines, first, end)
        else:
            for nth in range(first, end):
                entries = points[slice(*np.searchsorted(points, batches.bounds[nth : nth + 2]))]
                _write_one(document, before, state, sheet, batches, lines, told, entries.tolist(), opens, nth)
        first = end
    return opens


def _account_changes(sheet: Sheet, batches: Batches, ours: Marks) -> list[int]:
    """The entries, other than the first of a batch, whose account may be another than before."""
    named = np.flatnonzero(ours)
    accounts, of = sheet.own[:, 12:29] if len(named) == len(ours) else sheet.own[named, 12:29], batches.of[named]
    differs = np.ones(len(named), np.bool_)
    differs[1:] = (accounts[1:] != accounts[:-1]).any(axis=1) | (of[1:] != of[:-1])
    changed = named[differs]
    return changed[changed != batches.bounds[batches.of[changed]]].tolist()


def _quiet(sheet: Sheet, batches: Batches) -> Marks:
    """Which batches have header and control in the sheet, figures that tie and a class that allows them."""
    quiet = np.zeros(len(batches.facts), np.bool_)
    whole = slice(batches.headed, len(sheet.controls))
    sums, stated = batches.sums[whole], sheet.stated[whole]
    headers = sheet.cells[sheet.headers[: len(sums)]]
    computed = np.column_stack((sums[:, 0], sums[:, 1] % HASH_MODULUS, sums[:, 2:], number(headers, 1, 4)[0], number(headers, 87, 94)[0]))
    debits, credits_, classes = computed[:, 2], computed[:, 3], computed[:, 4]
    allowed = ~((classes == 220) & (debits > 0)) & ~((classes == 225) & (credits_ > 0))
    quiet[whole] = (stated == computed).all(axis=1) & allowed
    return quiet


def _write_quiet(document: Document, state: State, sheet: Sheet, batches: Batches, lines: Lines, first: int, end: int) -> None:
    """Batches `first` to `end`, all quiet."""
    facts, entries = batches.facts[first:end], batches.bounds[first:end]
    headers, controls = sheet.headers[first - batches.headed : end - batches.headed], sheet.controls[first:end]
    accounts = [state.account or nacha_batch.own_account(sheet.stretch.columns(row, 12, 29).strip()) if ours else state.account
                for row, ours in zip(sheet.entries[entries].tolist(), lines.ours[entries].tolist(), strict=True)]
    dates = [batch.return_date if back else batch.date for batch, back in zip(facts, sheet.back[entries].tolist(), strict=True)]
    stated = sheet.stated[first:end].T.tolist()
    names = [nacha_batch.statement_id(state.file.label, f"{number or ''}") for number in stated[-1]]
    opened = [StatementOpened(place, name, account, "USD", "cash_report", from_date=date, to_date=date)
              for place, name, account, date in zip(_spans(sheet, headers), names, accounts, dates, strict=True)]
    places = _spans(sheet, controls)
    closed = [StatementClosed(place, closing_date=batch.date) for place, batch in zip(places, facts, strict=True)]
    document.statements.extend(map(Statement, opened, closed))
    proofs = [
        map(Control._make, zip(places, [f"batch {number} {name}" for number in stated[-1]], values, values, [currency] * len(places), strict=True))
        for (name, currency), values in zip(FIGURES, stated, strict=True)
    ]
    document.controls.extend(chain.from_iterable(zip(*proofs, strict=True)))
    state.file.batches += end - first
    state.file.sums.add(Sums(*batches.sums[first:end].sum(axis=0).tolist()))


def _spans(sheet: Sheet, rows: Numbers) -> list[Span]:
    starts = sheet.stretch.start + rows * sheet.stretch.width
    return list(map(Span._make, zip((sheet.stretch.number + rows).tolist(), starts.tolist(), (starts + sheet.stretch.width).tolist(), strict=True)))


def _write_one(document: Document, before: Statement | None, state: State, sheet: Sheet, batches: Batches, lines: Lines,
               told: dict[int, Told], points: list[int], opens: Numbers, nth: int) -> None:
    """A batch about which there is more to say; `points` are its entries at which a statement may open or something is said."""
    stretch = sheet.stretch
    batch = state.batch or nacha_batch.opened(state, stretch.record(int(sheet.headers[nth - batches.headed])))
    state.batch = batch
    for entry in points:
        row = int(sheet.entries[entry])
        account = stretch.columns(row, 12, 29).strip() if lines.ours[entry] else ""
        if batch.account is None or account not in ("", batch.account):
            opening = list(nacha_batch.statement(state, batch, account, batch.facts.return_date if sheet.back[entry] else batch.facts.date))
            opens[entry] = len(opening) > 0
            _take(document, before, opening)
        _take(document, before, told.get(entry, ()))
    batch.sums.add(Sums(*batches.sums[nth].tolist()))
    if points:
        batch.trace = stretch.columns(int(sheet.entries[batches.bounds[nth + 1] - 1]), 79, 94)
    if nth < len(sheet.controls):
        _take(document, before, nacha_batch.closing(state, batch, stretch.record(int(sheet.controls[nth]))))


def _take(document: Document, before: Statement | None, records: Iterable[Record]) -> None:
    for record in records:
        match record:
            case StatementOpened():
                document.statements.append(Statement(record))
            case StatementClosed():
                statement = document.statements[-1] if document.statements else before
                assert statement is not None, "a statement closes that was never opened"
                statement.closed = record
            case Control():
                document.controls.append(record)
                if not record.ties:
                    document.issues.append(mismatch(record))
            case Issue():
                document.issues.append(record)
            case DetailChange():
                document.changes.append(record)
