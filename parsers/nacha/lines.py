"""The plain entries of a sheet as a frame: the bank lines that `nacha_entry.bank_line` gives one by one. Columns 0-based.

What a batch says of its entries is looked up for all of them at once; what an entry says is cut out of the sheet column by
column. Entries of classes with a layout of their own go through the function of the record reader.
"""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.documents import LINES
from parsers.nacha.entry import CHECKS, COUNTED, INDIVIDUALS, OWN_LAYOUT, party_of
from parsers.nacha.notes import Said, all_alike, overlaid
from parsers.nacha.records import COLUMNS
from parsers.nacha.sheet import DISBURSEMENT, KINDS, OTHER, RECEIPT, RETURN, REVERSAL, Sheet, holds_digit, number, texts
from parsers.records import BankLine

if TYPE_CHECKING:
    from parsers.nacha.addenda import Told
    from parsers.nacha.notes import Notes
    from parsers.nacha.sheet import Marks, Numbers
    from parsers.nacha.statements import Batches

_OURS = (RECEIPT, DISBURSEMENT, REVERSAL)


class Lines(NamedTuple):
    """`columns`: LINES without the statement. `told`: what is to be said, by the index of the entry. `ours`: entries whose account is
    ours and not a payer's."""

    columns: dict[str, pl.Series]
    remittance: pl.DataFrame
    told: list[tuple[int, Told]]
    ours: Marks


def lines_of(sheet: Sheet, batches: Batches, notes: Notes) -> Lines:
    """The entries of a sheet; `notes`: what their addenda say."""
    rows, width, start = sheet.entries, sheet.stretch.width, sheet.stretch.start
    form = batches.form[batches.of]
    kinds = _kinds(sheet, batches)
    dates = pl.Series([date for batch in batches.forms for date in (batch.date, batch.return_date)], dtype=pl.Date).gather(2 * form + sheet.back)
    identifications, payers, checks = _parties(sheet, batches)
    theirs, accounts = _payer_accounts(sheet, batches)
    nothing = all_alike("", len(rows))
    columns = {
        "line": pl.Series(sheet.stretch.number + rows), "byte_start": pl.Series(start + rows * width),
        "byte_end": pl.Series(start + (rows + 1 + sheet.counts) * width), "amount_minor": pl.Series(sheet.amounts),
        "currency": all_alike("USD", len(rows)), "kind": pl.Series(KINDS).gather(kinds), "booking_date": dates, "value_date": dates,
        "type_code": pl.Series([batch.entry_class for batch in batches.forms]).gather(form), "bank_reference": texts(sheet.own, 79, 94),
        "customer_reference": _filled(identifications, notes.traces), "check_number": checks,
        "payer_name": overlaid(payers, notes.payers), "payer_account": accounts, "remittance_text": notes.text,
        "return_reason": overlaid(nothing, notes.return_reasons), "original_reference": overlaid(nothing, notes.originals),
    }
    for name, dtype in LINES.items():
        if name not in columns and name != "statement":
            columns[name] = all_alike(BankLine._field_defaults[name], len(rows), dtype)
    return Lines(columns, notes.remittance, notes.told, np.isin(kinds, _OURS) & ~theirs)


def _kinds(sheet: Sheet, batches: Batches) -> Numbers:
    kinds = sheet.kinds.copy()
    kinds[sheet.amounts == 0] = OTHER
    kinds[batches.marked(batch.reversal for batch in batches.forms)[batches.of] & (kinds != OTHER)] = REVERSAL
    kinds[sheet.back] = RETURN
    return kinds


def _parties(sheet: Sheet, batches: Batches) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Identification, payer and check number. The payer is the company of the batch, or the individual: where it came back, where it
    only carries the payer's order, where no company is named."""
    cells, of, checks = sheet.own, batches.of, all_alike("", len(batches.of))
    identifications, companies = texts(cells, 39, 54).str.strip_chars(" "), batches.companies.gather(of)
    carried = batches.marked(batch.individuals_pay or batch.entry_class in INDIVIDUALS for batch in batches.forms)
    theirs = (carried | (batches.companies == "").to_numpy())[of] | sheet.back
    own = np.flatnonzero(batches.marked(batch.entry_class in OWN_LAYOUT for batch in batches.forms)[of])
    if not len(own) and not theirs.any():
        return identifications, companies, checks
    names = texts(cells, 54, 76).str.strip_chars(" ")
    counted = np.flatnonzero(batches.marked(batch.entry_class in COUNTED for batch in batches.forms)[of] & number(cells, 54, 58)[1])
    names = names.scatter(counted, texts(cells[counted], 58, 74).str.strip_chars(" "))
    if len(own):
        found = _own_parties(sheet, batches, own)
        identifications, names, checks = (column.scatter(own, new) for column, new in zip((identifications, names, checks), found, strict=True))
    at = np.flatnonzero(theirs & (names != "").to_numpy())
    return identifications, companies.scatter(at, names.gather(at)), checks


def _own_parties(sheet: Sheet, batches: Batches, entries: Numbers) -> tuple[pl.Series, ...]:
    """Identification, name and check number of entries of a layout of their own."""
    rows = map(sheet.stretch.columns, sheet.entries[entries].tolist(), repeat(0), repeat(COLUMNS))
    forms = batches.form[batches.of[entries]].tolist()
    parties = [party_of(text, batches.forms[form].entry_class, []) for text, form in zip(rows, forms, strict=True)]
    return tuple(pl.Series(column, dtype=pl.String) for column in zip(*parties, strict=True))


def _payer_accounts(sheet: Sheet, batches: Batches) -> tuple[Marks, pl.Series]:
    """Which entries name the payer's account, and that account as `routing/account`."""
    theirs = batches.marked(batch.accounts_pay or batch.entry_class in CHECKS for batch in batches.forms)[batches.of] | sheet.back
    theirs[theirs] = holds_digit(sheet.own[theirs], 12, 29)
    accounts = all_alike("", len(theirs))
    if theirs.any():
        routing, account = texts(sheet.own[theirs], 3, 12), texts(sheet.own[theirs], 12, 29).str.strip_chars(" ")
        accounts = accounts.scatter(np.flatnonzero(theirs), routing + "/" + account)
    return theirs, accounts


def _filled(column: pl.Series, said: Said) -> pl.Series:
    """The column, and where it is empty what some say."""
    if not len(said.entries):
        return column
    empty = (column.gather(said.entries) == "").arg_true()
    return overlaid(column, Said(said.entries[empty.to_numpy()], said.texts.gather(empty)))
