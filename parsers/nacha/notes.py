"""What the addenda of a sheet's plain entries say: text and remittance lines of payers, reasons of returns. Columns 0-based.

The same as `nacha_addenda.read_notes` and the return addenda of `parsers.nacha.entry`, for all entries together; X12 of unusual shape goes
through `read_notes` itself.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.x12 import columns as x12_columns
from parsers.documents import REMITTANCE
from parsers.nacha.addenda import read_notes
from parsers.nacha.sheet import Sheet, texts

if TYPE_CHECKING:
    from parsers.nacha.addenda import Told
    from parsers.nacha.sheet import Numbers

SAID = ("remittance_text", "trace", "payer", "return_reason", "original_reference")
_TEXT = (3, 83)
_TEXT_WIDTH = 80


class Notes(NamedTuple):
    """`said`: the columns SAID for all entries. `told`: what is to be said about entries, by their index."""

    said: dict[str, pl.Series]
    remittance: pl.DataFrame
    told: list[tuple[int, Told]]


class _Piece(NamedTuple):
    """What some entries say: their indexes, and the columns of `SAID` that they fill."""

    entries: Numbers
    columns: dict[str, pl.Series]


def notes_of(sheet: Sheet) -> Notes:
    """The addenda of all entries of a sheet."""
    noted, returned = (np.flatnonzero(chosen) for chosen in (~sheet.back & (sheet.counts > 0), sheet.back))
    written = _written(sheet, noted)
    x12 = written.str.contains(x12_columns.LOOKS_LIKE_X12)
    if not x12.any():
        said = _aligned([_Piece(noted, {"remittance_text": _single_spaced(written)}), _returns(sheet, returned)], len(sheet.entries))
        return Notes(said, pl.DataFrame(schema=REMITTANCE), [])
    advised, silent = noted[x12.to_numpy()], noted[~x12.to_numpy()]
    usual = _usual_advices(sheet, advised, written.filter(x12))
    unusual, lines, told = _unusual_advices(sheet, np.setdiff1d(advised, np.concatenate([noted[:0], *(piece.entries for piece, _ in usual)])))
    text = _Piece(silent, {"remittance_text": _single_spaced(written.filter(~x12))})
    said = _aligned([text, *(piece for piece, _ in usual), unusual, _returns(sheet, returned)], len(sheet.entries))
    return Notes(said, pl.concat([*(lines for _, lines in usual), lines]).sort("row", maintain_order=True), told)


def _aligned(pieces: list[_Piece], entries: int) -> dict[str, pl.Series]:
    """The pieces as columns, a row for each entry; what nobody says is empty."""
    pieces = [piece for piece in pieces if len(piece.entries)]
    said = np.concatenate([np.zeros(0, np.int64), *(piece.entries for piece in pieces)])
    place = np.zeros(entries, np.int64)
    place[said] = np.arange(1, len(said) + 1)
    columns = {}
    for name in SAID:
        if any(name in piece.columns for piece in pieces):
            parts = [piece.columns.get(name, all_alike("", len(piece.entries))) for piece in pieces]
            columns[name] = parts[0] if len(parts[0]) == entries else pl.concat([all_alike("", 1), *parts], rechunk=True).gather(place)
        else:
            columns[name] = all_alike("", entries)
    return columns


def all_alike(value: object, rows: int, dtype: type[pl.DataType] = pl.String) -> pl.Series:
    """One value for all rows."""
    return _single(value, dtype).new_from_index(0, rows)


@lru_cache(maxsize=64)
def _single(value: object, dtype: type[pl.DataType]) -> pl.Series:
    return pl.Series([value], dtype=dtype)


def _written(sheet: Sheet, entries: Numbers) -> pl.Series:
    """The text columns of each entry's addenda, joined."""
    counts, cells = sheet.counts[entries], sheet.cells[:, slice(*_TEXT)]
    written = texts(cells[sheet.entries[entries] + 1], 0, _TEXT_WIDTH)
    several = np.flatnonzero(counts > 1)
    if not len(several):
        return written
    rows = sheet.addenda[np.isin(sheet.owners, entries[several])]
    whole = cells[rows].tobytes().decode("ascii")
    ends = np.cumsum(counts[several] * _TEXT_WIDTH).tolist()
    return written.scatter(several, [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)])


def _single_spaced(written: pl.Series) -> pl.Series:
    text = written.str.strip_chars(" ")
    gaps = text.str.contains("  ", literal=True).arg_true()
    return text if gaps.is_empty() else text.scatter(gaps, text.gather(gaps).str.replace_all(" {2,}", " "))


def _returns(sheet: Sheet, entries: Numbers) -> _Piece:
    if not len(entries):
        return _Piece(entries, {})
    cells = sheet.cells[sheet.entries[entries] + 1]
    reasons, originals, words = (texts(cells, *columns).str.strip_chars(" ") for columns in ((3, 6), (6, 21), (35, 79)))
    return _Piece(entries, {"remittance_text": words, "return_reason": reasons, "original_reference": originals})


def _usual_advices(sheet: Sheet, entries: Numbers, written: pl.Series) -> list[tuple[_Piece, pl.DataFrame]]:
    """Those of the X12 texts that are of the usual shape, with their remittance lines."""
    found = []
    for said in x12_columns.advices(written, np.abs(sheet.amounts[entries])):
        texts_, chosen = written.gather(said.indexes), entries[said.indexes]
        whole = texts_.str.contains("^(?:ISA|ST)")
        loose = (~whole).arg_true()
        notes = (said.notes + " " + said.traces).str.strip_chars(" ").scatter(loose, _single_spaced(texts_.gather(loose)))
        columns = {"remittance_text": notes, "trace": said.traces, "payer": said.payers}
        found.append((_Piece(chosen, columns), _placed(sheet, chosen, said.lines)))
    return found


def _placed(sheet: Sheet, entries: Numbers, lines: pl.DataFrame) -> pl.DataFrame:
    """Remittance lines at the addenda that hold their segments."""
    stretch, row = sheet.stretch, entries[lines["of"].to_numpy()]
    addenda = sheet.entries[row] + 1
    first = addenda + lines["start"].to_numpy() // _TEXT_WIDTH
    last = addenda + (lines["end"].to_numpy() - 1) // _TEXT_WIDTH
    return lines.select(
        pl.Series(row).alias("row"), pl.Series(stretch.number + first).alias("line"),
        pl.Series(stretch.start + first * stretch.width).alias("byte_start"),
        pl.Series(stretch.start + (last + 1) * stretch.width).alias("byte_end"),
        "document_number", "amount_minor", "discount_minor", pl.lit(0, pl.Int64).alias("deduction_minor"),
        pl.lit("").alias("deduction_reason"), "document_type", pl.lit("").alias("memo"),
    )


def _unusual_advices(sheet: Sheet, entries: Numbers) -> tuple[_Piece, pl.DataFrame, list[tuple[int, Told]]]:
    """X12 texts one by one."""
    told: list[tuple[int, Told]] = [(entry, []) for entry in entries.tolist()]
    notes = []
    for entry, issues in told:
        row = int(sheet.entries[entry])
        addenda = [sheet.stretch.record(row + nth) for nth in range(1, int(sheet.counts[entry]) + 1)]
        notes.append(read_notes(sheet.stretch.record(row), addenda, abs(int(sheet.amounts[entry])), issues))
    lines = [(entry, *line.span, *line[1:]) for (entry, _), note in zip(told, notes, strict=True) for line in note.remittance]
    columns = {"remittance_text": [note.text for note in notes], "trace": [note.trace for note in notes], "payer": [note.payer_name for note in notes]}
    said = {name: pl.Series(column, dtype=pl.String) for name, column in columns.items()}
    return _Piece(entries, said), pl.DataFrame(lines, schema=REMITTANCE, orient="row"), told
