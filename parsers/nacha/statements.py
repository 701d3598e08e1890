"""What stands around the plain entries of a sheet: statements, controls and issues, as the record reader yields them.

A quiet batch lies in the sheet from header to control, its figures tie, its class allows its entries, they are all of one account
and nothing is to be said about them. Quiet batches, of which a file can have nearly as many as entries, are written down together;
the others go through the functions of the record reader, one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np
import polars as pl

from parsers.documents import CONTROLS, Document, Statement
from parsers.nacha import batch as nacha_batch
from parsers.nacha.batch import FIGURES, HASH_MODULUS
from parsers.nacha.records import COLUMNS
from parsers.nacha.sheet import alike, number, strings, words
from parsers.nacha.state import Sums
from parsers.records import Control, Span, StatementClosed, StatementOpened

if TYPE_CHECKING:
    from parsers.nacha.addenda import Told
    from parsers.nacha.entry import Batch
    from parsers.nacha.lines import Lines
    from parsers.nacha.parts import Parts
    from parsers.nacha.sheet import Marks, Numbers, Sheet
    from parsers.nacha.state import State

_Tuple = TypeVar("_Tuple", Span, StatementOpened, StatementClosed)


class Batches(NamedTuple):
    """The batches of a sheet: the one that was open before it, if any, then those of its headers; `headed` is the first of these.

    `forms`: the facts of different batches, but for the company; `form`: which of them each batch has; `companies` and `sums` of
    each; `computed`: the `FIGURES` of those with a header, as we count them; `of`: the index of each entry's batch; `bounds`: where the
    entries of each begin, and the end."""

    headed: int
    forms: list[Batch]
    form: Numbers
    companies: pl.Series
    sums: Numbers
    computed: Numbers
    of: Numbers
    bounds: Numbers

    def marked(self, said: Iterable[bool]) -> Marks:
        """For each batch what is said of its form."""
        found: Marks = np.array(list(said), np.bool_)[self.form]
        return found


def batches_of(state: State, sheet: Sheet) -> Batches:
    """The batches of a sheet that begins where the state is."""
    before = [] if state.batch is None else [state.batch.facts]
    texts_ = [sheet.stretch.columns(row, 0, COLUMNS) for row in sheet.forms.tolist()]
    forms = before + [nacha_batch.facts_of(text, state.file.date, state.individuals_pay, state.accounts_pay) for text in texts_]
    form = np.concatenate((np.zeros(len(before), np.int64), sheet.form + len(before)))
    headers = np.take(sheet.cells, sheet.headers, axis=0)
    companies = [facts.company for facts in before] + strings(headers, 4, 20)
    of = sheet.batches + (len(before) - 1)
    bounds = np.searchsorted(of, np.arange(len(form) + 1))
    figures = (1 + sheet.counts, sheet.hashes, np.maximum(-sheet.amounts, 0), np.maximum(sheet.amounts, 0))
    sums = np.column_stack([np.diff(np.concatenate(([0], np.cumsum(figure)))[bounds]) for figure in figures])
    counts, hashes, debits, credits_ = sums[len(before) :].T
    computed = np.column_stack((counts, hashes % HASH_MODULUS, debits, credits_, number(headers, 1, 4)[0], number(headers, 87, 94)[0]))
    return Batches(len(before), forms, form, pl.Series(companies, dtype=pl.String), sums, computed, of, bounds)


def fill(parts: Parts, document: Document, state: State, sheet: Sheet, batches: Batches, lines: Lines) -> Numbers:
    """Puts statements, controls and issues into the document of the lines; tells each entry's statement. The state goes on behind the
    last batch, or in it."""
    told = dict(lines.told)
    changes = [] if state.account else _account_changes(sheet, batches, lines.ours)
    quiet = _quiet(sheet, batches)
    quiet[batches.of[[*told, *changes]]] = False
    points = np.unique(np.concatenate((batches.bounds[:-1], np.array([*told, *changes], np.int64))))
    statements = np.full(len(batches.of), parts.statements - 1)
    first = 0
    for end in (np.flatnonzero(np.diff(quiet, append=not quiet[-1])) + 1).tolist():
        if quiet[first]:
            statements[batches.bounds[first:end]] = parts.statements + np.arange(end - first)
            _write_quiet(parts, document, state, sheet, batches, lines, first, end)
        else:
            for nth in range(first, end):
                entries = points[slice(*np.searchsorted(points, batches.bounds[nth : nth + 2]))]
                _write_one(parts, document, state, sheet, batches, lines, told, entries.tolist(), statements, nth)
        first = end
    return np.maximum.accumulate(statements)


def _account_changes(sheet: Sheet, batches: Batches, ours: Marks) -> list[int]:
    """The entries, other than the first of a batch, whose account may be another than before."""
    named = np.flatnonzero(ours)
    own, of = sheet.own if len(named) == len(ours) else sheet.own[named], batches.of[named]
    differs = np.diff(of, prepend=-1) != 0
    for account in (words(own, 12), words(own, 20), words(own, 21)):
        differs[1:] |= account[1:] != account[:-1]
    changed = named[differs]
    within: list[int] = changed[changed != batches.bounds[batches.of[changed]]].tolist()
    return within


def _quiet(sheet: Sheet, batches: Batches) -> Marks:
    """Which batches have header, entries and control in the sheet, figures that tie and a class that allows them."""
    quiet = np.zeros(len(batches.form), np.bool_)
    whole = slice(batches.headed, len(sheet.controls))
    stated = sheet.stated[whole]
    computed = batches.computed[: len(stated)]
    debits, credits_, classes = computed[:, 2], computed[:, 3], computed[:, 4]
    allowed = ~((classes == 220) & (debits > 0)) & ~((classes == 225) & (credits_ > 0))
    quiet[whole] = (stated == computed).all(axis=1) & allowed & (np.diff(batches.bounds)[whole] > 0)
    return quiet


def _write_quiet(parts: Parts, document: Document, state: State, sheet: Sheet, batches: Batches, lines: Lines, first: int, end: int) -> None:
    """Batches `first` to `end`, all quiet."""
    entries, controls = batches.bounds[first:end], _spans(sheet, sheet.controls[first:end])
    headed = slice(first - batches.headed, end - batches.headed)
    headers = _spans(sheet, sheet.headers[headed])
    names = nacha_batch.statement_ids(state.file.label, sheet.stated[first:end, -1].tolist())
    dates = [date for batch in batches.forms for date in (batch.date, batch.return_date)]
    form = batches.form[first:end]
    opening = [dates[nth] for nth in (2 * form + sheet.back[entries]).tolist()]
    closing = [dates[nth] for nth in (2 * form).tolist()]
    accounts = _accounts(state, sheet, entries, lines.ours[entries])
    opened = _made(StatementOpened, headers, names, accounts, repeat("USD"), repeat("cash_report"), repeat(""), opening, opening)
    closed = _made(StatementClosed, controls, repeat(None), closing)
    statements = list(map(Statement, opened, closed))
    document.statements.extend(statements)
    parts.opened(statements)
    document.controls.add(BatchControls(controls, sheet.stated[first:end], batches.computed[headed]))
    state.file.batches += end - first
    state.file.sums.add(Sums(*batches.sums[first:end].sum(axis=0).tolist()))


@dataclass(frozen=True, slots=True)
class BatchControls:
    """The controls of batches: the spans of their records, and the `FIGURES` of each as stated and as computed."""

    spans: list[Span]
    stated: Numbers
    computed: Numbers

    def __len__(self) -> int:
        return self.stated.size

    def __iter__(self) -> Iterator[Control]:
        return self._records(range(len(self.spans)))

    def untied(self) -> Iterator[Control]:
        """Those whose two numbers differ."""
        differing = np.flatnonzero((self.stated != self.computed).any(axis=1))
        return (control for control in self._records(differing.tolist()) if not control.ties)

    def frame(self) -> pl.DataFrame:
        """A row for each."""
        figures = pl.DataFrame(FIGURES, schema=("figure", "currency"), orient="row")[np.tile(np.arange(len(FIGURES)), len(self.spans))]
        batch, line = (np.repeat(each, len(FIGURES)) for each in (self.computed[:, -1], [span.line for span in self.spans]))
        return figures.select(
            pl.lit(pl.Series(line, dtype=CONTROLS["line"])).alias("line"), pl.format("batch {} {}", pl.Series(batch), "figure").alias("name"),
            pl.lit(pl.Series(self.stated.ravel())).alias("stated"), pl.lit(pl.Series(self.computed.ravel())).alias("computed"), "currency",
        )

    def _records(self, batches: Iterable[int]) -> Iterator[Control]:
        for batch in batches:
            stated, computed = self.stated[batch].tolist(), self.computed[batch].tolist()
            for (name, currency), theirs, ours in zip(FIGURES, stated, computed, strict=True):
                yield Control(self.spans[batch], f"batch {computed[-1]} {name}", theirs, ours, currency)


def _made(kind: type[_Tuple], *columns: Iterable[object]) -> list[_Tuple]:
    """Named tuples of columns, the fields behind these silent; their own constructor takes half as long again."""
    silent = (repeat(kind._field_defaults[name]) for name in kind._fields[len(columns):])
    return list(map(tuple.__new__, repeat(kind), zip(*columns, *silent, strict=False)))  # the constants among the columns have no end


def _accounts(state: State, sheet: Sheet, entries: Numbers, ours: Marks) -> list[str]:
    """Whose statement each of these entries opens."""
    if state.account:
        return [state.account] * len(entries)
    firsts, kind = alike(sheet.own[entries], (12, 29))
    accounts = [nacha_batch.own_account(sheet.stretch.columns(row, 12, 29).strip()) for row in sheet.entries[entries[firsts]].tolist()]
    if len(accounts) == 1 and ours.all():
        return accounts * len(entries)
    return [accounts[nth] if is_ours else "" for nth, is_ours in zip(kind.tolist(), ours.tolist(), strict=True)]


def _spans(sheet: Sheet, rows: Numbers) -> list[Span]:
    starts = sheet.stretch.start + rows * sheet.stretch.width
    return _made(Span, (sheet.stretch.number + rows).tolist(), starts.tolist(), (starts + sheet.stretch.width).tolist())


def _write_one(parts: Parts, document: Document, state: State, sheet: Sheet, batches: Batches, lines: Lines,
               told: dict[int, Told], points: list[int], statements: Numbers, nth: int) -> None:
    """A batch about which there is more to say; `points` are its entries at which a statement may open or something is said."""
    stretch = sheet.stretch
    batch = state.batch or nacha_batch.opened(state, stretch.record(int(sheet.headers[nth - batches.headed])))
    state.batch = batch
    for entry in points:
        row = int(sheet.entries[entry])
        account = stretch.columns(row, 12, 29).strip() if lines.ours[entry] else ""
        if batch.account is None or account not in ("", batch.account):
            opening = list(nacha_batch.statement(state, batch, account, batch.facts.return_date if sheet.back[entry] else batch.facts.date))
            parts.take(document, opening)
            statements[entry] = parts.statements - 1
        parts.take(document, told.get(entry, ()))
    batch.sums.add(Sums(*batches.sums[nth].tolist()))
    if points:
        batch.trace = stretch.columns(int(sheet.entries[batches.bounds[nth + 1] - 1]), 79, 94)
    if nth < len(sheet.controls):
        parts.take(document, nacha_batch.closing(state, batch, stretch.record(int(sheet.controls[nth]))))
