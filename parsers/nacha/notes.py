"""What the addenda of a sheet's plain entries say: text and remittance lines of payers, reasons of returns. Columns 0-based.

The same as `addenda.read_notes` and the return addenda of `parsers.nacha.entry`, for all entries together; X12 of unusual shape goes
through `read_notes` itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.byte_columns import PADDING, Places, block, spread
from parsers.documents import NO_REMITTANCE, REMITTANCE
from parsers.nacha.addenda import Notes as AddendaNotes
from parsers.nacha.addenda import read_notes
from parsers.nacha.sheet import Sheet, texts, words
from parsers.x12 import columns as x12_columns

if TYPE_CHECKING:
    from parsers.nacha.addenda import Told
    from parsers.nacha.sheet import Cells, Numbers

_TEXT, _TEXT_END = 3, 83
_TEXT_WIDTH = _TEXT_END - _TEXT
_BLANK = ord(" ")


class Said(NamedTuple):
    """What some entries say, by their index; the others are silent about it."""

    entries: Numbers
    texts: pl.Series


class Notes(NamedTuple):
    """`text` of every entry; what some say beside it; `told`: what is to be said about entries, by their index."""

    text: pl.Series
    traces: Said
    payers: Said
    return_reasons: Said
    originals: Said
    remittance: pl.DataFrame
    told: list[tuple[int, Told]]


class _Advised(NamedTuple):
    """What X12 says; `texts` where they are not what stands in the addenda."""

    texts: Said
    traces: Said
    payers: Said
    remittance: pl.DataFrame
    told: list[tuple[int, Told]]


def notes_of(sheet: Sheet) -> Notes:
    """The addenda of all entries of a sheet."""
    noted, returned = (np.flatnonzero(chosen) for chosen in (~sheet.back & (sheet.counts > 0), sheet.back))
    first = np.take(sheet.cells, sheet.entries[noted] + 1, axis=0)[:, _TEXT:_TEXT_END]
    written = texts(first, 0, _TEXT_WIDTH)
    advised = noted[x12_columns.look_like_x12(words(first, 0), written)]
    said = _advised(sheet, advised) if len(advised) else _Advised(_NOBODY, _NOBODY, _NOBODY, NO_REMITTANCE, [])
    is_told = np.zeros(len(sheet.entries), np.bool_)
    is_told[said.texts.entries] = True
    plain = np.flatnonzero(~is_told[noted])
    notes = overlaid(written.gather(plain), _several(sheet, noted[plain]))
    reasons, originals, reported = _returns(sheet, returned)
    text = all_alike("", len(sheet.entries))
    for spoken in (Said(noted[plain], _single_spaced(notes)), said.texts, reported):
        text = overlaid(text, spoken)
    return Notes(text, said.traces, said.payers, reasons, originals, said.remittance, said.told)


def overlaid(column: pl.Series, said: Said) -> pl.Series:
    """The column with what some say."""
    return column.clone().scatter(said.entries, said.texts) if len(said.entries) else column  # scatter changes what it is called on


_NOBODY = Said(np.zeros(0, np.int64), pl.Series([], dtype=pl.String))


def all_alike(value: object, rows: int, dtype: type[pl.DataType] = pl.String) -> pl.Series:
    """One value for all rows."""
    return _many_alike(value, 1 << rows.bit_length(), dtype).head(rows)


@lru_cache(maxsize=64)
def _many_alike(value: object, rows: int, dtype: type[pl.DataType]) -> pl.Series:
    return pl.Series([value], dtype=dtype).new_from_index(0, rows)


def _several(sheet: Sheet, entries: Numbers) -> Said:
    """The text columns of the addenda, joined, of those of the entries that have several, by their index among these."""
    indexes = np.flatnonzero(sheet.counts[entries] > 1)
    counts = sheet.counts[entries[indexes]]
    rows, _ = spread(sheet.entries[entries[indexes]] + 1, counts)
    whole = np.take(sheet.cells, rows, axis=0)[:, _TEXT:_TEXT_END].tobytes().decode("ascii")
    ends = np.cumsum(counts * _TEXT_WIDTH).tolist()
    return Said(indexes, pl.Series([whole[start:end] for start, end in zip([0, *ends], ends, strict=False)], dtype=pl.String))


def _single_spaced(written: pl.Series) -> pl.Series:
    text = written.str.strip_chars(" ")
    gaps = text.str.contains("  ", literal=True).arg_true()
    return text.scatter(gaps, text.gather(gaps).str.replace_all(" {2,}", " ")) if len(gaps) else text


def _returns(sheet: Sheet, entries: Numbers) -> tuple[Said, Said, Said]:
    """Reasons, original traces and words of the entries that came back."""
    if not len(entries):
        return _NOBODY, _NOBODY, _NOBODY
    cells = np.take(sheet.cells, sheet.entries[entries] + 1, axis=0)
    reasons, originals, words = (Said(entries, texts(cells, *columns).str.strip_chars(" ")) for columns in ((3, 6), (6, 21), (35, 79)))
    return reasons, originals, words


def _advised(sheet: Sheet, entries: Numbers) -> _Advised:
    """What entries say whose addenda begin like X12."""
    counts = sheet.counts[entries]
    rows, _ = spread(sheet.entries[entries] + 1, counts)
    cells = sheet.cells[:, _TEXT:_TEXT_END][rows]
    said = x12_columns.advices(block(b"".join((cells.data, PADDING))), _bodies(cells, np.cumsum(counts)), np.abs(sheet.amounts[entries]))
    usual = entries[said.indexes]
    is_usual = np.zeros(len(entries), np.bool_)
    is_usual[said.indexes] = True
    others = entries[~is_usual]
    notes, lines, told = _unusual_advices(sheet, others)
    whole = {nth: f"{said.notes.get(nth, '')} {said.traces.get(nth, '')}".strip() for nth in np.flatnonzero(said.are_whole).tolist()}
    remittance = _placed(sheet, usual, rows, said.lines)
    return _Advised(
        _said(usual, whole, others, {nth: note.text for nth, note in enumerate(notes)}),
        _said(usual, said.traces, others, {nth: note.trace for nth, note in enumerate(notes) if note.trace}),
        _said(usual, said.payers, others, {nth: note.payer_name for nth, note in enumerate(notes) if note.payer_name}),
        pl.concat([remittance, lines]).sort("row", maintain_order=True) if lines.height else remittance, told,
    )


def _bodies(cells: Cells, ends: Numbers) -> Places:
    """The texts in rows of cells, each up to one of the ends, without the blanks behind them."""
    blanks = np.argmax(cells[ends - 1, ::-1] != _BLANK, axis=1)
    stop = ends * _TEXT_WIDTH
    return Places(np.concatenate(([0], stop[:-1])), stop - blanks)


def _said(usual: Numbers, texts: dict[int, str], others: Numbers, other_texts: dict[int, str]) -> Said:
    """What some of the usual entries and some of the others, by their index among these, say."""
    entries = np.concatenate((usual[np.array(list(texts), np.int64)], others[np.array(list(other_texts), np.int64)]))
    return Said(entries, pl.Series([*texts.values(), *other_texts.values()], dtype=pl.String))


def _placed(sheet: Sheet, entries: Numbers, rows: Numbers, lines: x12_columns.Lines) -> pl.DataFrame:
    """Remittance lines of entries at the addenda, of these rows, that hold their segments."""
    stretch = sheet.stretch
    first, last = rows[lines.start // _TEXT_WIDTH], rows[(lines.end - 1) // _TEXT_WIDTH]
    none, nothing = all_alike("", len(first)), all_alike(0, len(first), pl.Int64)
    return pl.DataFrame({
        "row": entries[lines.of], "line": stretch.number + first,
        "byte_start": stretch.start + first * stretch.width, "byte_end": stretch.start + (last + 1) * stretch.width,
        "document_number": lines.document_number, "amount_minor": lines.amount_minor, "discount_minor": lines.discount_minor,
        "deduction_minor": nothing, "deduction_reason": none, "document_type": lines.document_type, "memo": none,
    })


def _unusual_advices(sheet: Sheet, entries: Numbers) -> tuple[list[AddendaNotes], pl.DataFrame, list[tuple[int, Told]]]:
    """X12 texts one by one."""
    if not len(entries):
        return [], NO_REMITTANCE, []
    told: list[tuple[int, Told]] = [(entry, []) for entry in entries.tolist()]
    notes = []
    for entry, issues in told:
        row = int(sheet.entries[entry])
        addenda = [sheet.stretch.record(row + nth) for nth in range(1, int(sheet.counts[entry]) + 1)]
        notes.append(read_notes(sheet.stretch.record(row), addenda, abs(int(sheet.amounts[entry])), issues))
    lines = [(entry, *line.span, *line[1:]) for (entry, _), note in zip(told, notes, strict=True) for line in note.remittance]
    return notes, pl.DataFrame(lines, schema=REMITTANCE, orient="row"), told
