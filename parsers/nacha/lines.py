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
from parsers.nacha.notes import Said, all_alike, notes_of, overlaid
from parsers.nacha.records import COLUMNS
from parsers.nacha.sheet import DISBURSEMENT, KINDS, OTHER, RECEIPT, RETURN, REVERSAL, Sheet, holds_digit, number, texts
from parsers.records import BankLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.nacha.addenda import Told
    from parsers.nacha.entry import Batch
    from parsers.nacha.sheet import Marks, Numbers

_OURS = (RECEIPT, DISBURSEMENT, REVERSAL)


class Lines(NamedTuple):
    """`frame`: LINES without the statement. `told`: what is to be said, by the index of the entry. `ours`: entries whose account is
    ours and not a payer's."""

    frame: pl.DataFrame
    remittance: pl.DataFrame
    told: list[tuple[int, Told]]
    ours: Marks


def lines_of(sheet: Sheet, facts: Sequence[Batch], of: Numbers) -> Lines:
    """The entries of a sheet; `of` is the index of each one's batch in `facts`."""
    rows, width, start = sheet.entries, sheet.stretch.width, sheet.stretch.start
    kinds, notes = _kinds(sheet, facts, of), notes_of(sheet)
    dates = pl.Series([date for batch in facts for date in (batch.date, batch.return_date)], dtype=pl.Date).gather(2 * of + sheet.back)
    identifications, payers, checks = _parties(sheet, facts, of)
    theirs, accounts = _payer_accounts(sheet, facts, of)
    nothing = all_alike("", len(rows))
    columns = {
        "line": pl.Series(sheet.stretch.number + rows), "byte_start": pl.Series(start + rows * width),
        "byte_end": pl.Series(start + (rows + 1 + sheet.counts) * width), "amount_minor": pl.Series(sheet.amounts),
        "currency": all_alike("USD", len(rows)), "kind": pl.Series(KINDS).gather(kinds), "booking_date": dates, "value_date": dates,
        "type_code": pl.Series([batch.entry_class for batch in facts]).gather(of), "bank_reference": texts(sheet.own, 79, 94),
        "customer_reference": _filled(identifications, notes.traces), "check_number": checks,
        "payer_name": overlaid(payers, notes.payers), "payer_account": accounts, "remittance_text": notes.text,
        "return_reason": overlaid(nothing, notes.return_reasons), "original_reference": overlaid(nothing, notes.originals),
    }
    for name, dtype in LINES.items():
        if name not in columns and name != "statement":
            columns[name] = all_alike(BankLine._field_defaults[name], len(rows), dtype)
    return Lines(pl.DataFrame(columns), notes.remittance, notes.told, np.isin(kinds, _OURS) & ~theirs)


def _kinds(sheet: Sheet, facts: Sequence[Batch], of: Numbers) -> Numbers:
    kinds = sheet.kinds.copy()
    kinds[sheet.amounts == 0] = OTHER
    kinds[np.array([batch.reversal for batch in facts])[of] & (kinds != OTHER)] = REVERSAL
    kinds[sheet.back] = RETURN
    return kinds


def _parties(sheet: Sheet, facts: Sequence[Batch], of: Numbers) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Identification, payer and check number. The payer is the company of the batch, or the individual: where it came back, where it
    only carries the payer's order, where no company is named."""
    cells, checks = sheet.own, all_alike("", len(of))
    identifications, companies = texts(cells, 39, 54).str.strip_chars(" "), pl.Series([batch.company for batch in facts]).gather(of)
    own = np.flatnonzero(np.array([batch.entry_class in OWN_LAYOUT for batch in facts])[of])
    theirs = np.array([batch.individuals_pay or batch.entry_class in INDIVIDUALS or not batch.company for batch in facts])[of] | sheet.back
    if not len(own) and not theirs.any():
        return identifications, companies, checks
    names = texts(cells, 54, 76).str.strip_chars(" ")
    counted = np.flatnonzero(np.array([batch.entry_class in COUNTED for batch in facts])[of] & number(cells, 54, 58)[1])
    names = names.scatter(counted, texts(cells[counted], 58, 74).str.strip_chars(" "))
    if len(own):
        texts_ = map(sheet.stretch.columns, sheet.entries[own].tolist(), repeat(0), repeat(COLUMNS))
        parties = [party_of(text, facts[batch].entry_class, []) for text, batch in zip(texts_, of[own].tolist(), strict=True)]
        found = (pl.Series(column, dtype=pl.String) for column in zip(*parties, strict=True))
        identifications, names, checks = (column.scatter(own, new) for column, new in zip((identifications, names, checks), found, strict=True))
    at = np.flatnonzero(theirs & (names != "").to_numpy())
    return identifications, companies.scatter(at, names.gather(at)), checks


def _payer_accounts(sheet: Sheet, facts: Sequence[Batch], of: Numbers) -> tuple[Marks, pl.Series]:
    """Which entries name the payer's account, and that account as `routing/account`."""
    theirs = np.array([batch.accounts_pay or batch.entry_class in CHECKS for batch in facts])[of] | sheet.back
    theirs[theirs] = holds_digit(sheet.own[theirs], 12, 29)
    accounts = all_alike("", len(of))
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
