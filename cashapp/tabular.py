"""Frames out as CSV, JSON lines, Parquet or XLSX, one way for every command.

Text that a spreadsheet would run as a formula is neutralised in CSV (a leading `'`) and written as plain text cells in
XLSX; JSON lines and Parquet carry it as it is. Amounts arrive as decimal text; in XLSX they become numbers.
"""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from cashapp.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

ENDINGS = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".jsonl": "jsonl", ".json": "jsonl"}
_FORMULA = r"^[=+\-@\t\r|%]"
_PLAIN_NUMBER = r"^-?\d+(\.\d+)?$"


def format_for(to: str | None, out: Path | None, default: str = "csv") -> str:
    """The wanted format: as named, else by the file's ending, else the default."""
    return to or (ENDINGS.get(out.suffix.lower(), default) if out else default)


def write(frame: pl.DataFrame, to: str, out: Path | None, *, amounts: Collection[str] = ()) -> None:
    """Write to the file, whole or not at all, or to standard output. `amounts` names the columns of decimal text."""
    _require_file(to, out)
    if out is None:
        _write(frame, to, sys.stdout.buffer, amounts)
        sys.stdout.flush()
        return
    buffer = io.BytesIO()
    _write(frame, to, buffer, amounts)
    replace_file(out, buffer.getvalue())


@contextmanager
def appended(to: str, out: Path | None, *, amounts: Collection[str] = ()) -> Iterator[Callable[[pl.DataFrame], None]]:
    """The same as `write` for frames that come one after the other: in memory flat for CSV and JSON lines, collected for the others.

    Give it at least one frame, be it empty, for the header.
    """
    if to in {"csv", "jsonl"}:
        with replaced(out) if out else nullcontext(sys.stdout.buffer) as stream:
            is_first = True

            def put(frame: pl.DataFrame) -> None:
                nonlocal is_first
                _write(frame, to, stream, amounts, with_header=is_first)
                is_first = False

            yield put
            stream.flush()
        return
    _require_file(to, out)
    frames: list[pl.DataFrame] = []
    yield frames.append
    write(pl.concat(frames), to, out, amounts=amounts)


def _require_file(to: str, out: Path | None) -> None:
    if out is None and to in {"xlsx", "parquet"}:
        raise UsageError(f"{to} is not for a terminal: name a file with --out")


def replace_file(path: Path, content: bytes) -> None:
    """Put the content in place by a rename, so that no reader ever sees half of it."""
    with replaced(path) as stream:
        stream.write(content)


@contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """A stream whose content takes the place of the file at the end by a rename; where it fails, the file stays as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write(frame: pl.DataFrame, to: str, stream: BinaryIO, amounts: Collection[str], *, with_header: bool = True) -> None:
    match to:
        case "csv":
            neutralised(frame).write_csv(stream, include_header=with_header)
        case "jsonl":
            frame.write_ndjson(stream)
        case "parquet":
            frame.write_parquet(stream)
        case "xlsx":
            write_sheet(frame, stream, amounts)
        case _:
            raise UsageError(f"{to!r} is not one of csv, jsonl, parquet, xlsx")


def neutralised(frame: pl.DataFrame) -> pl.DataFrame:
    """Text cells that a spreadsheet would run as a formula get a leading apostrophe; plain numbers stay."""
    def guard(name: str) -> pl.Expr:
        cell = pl.col(name)
        runs = cell.str.contains(_FORMULA) & ~cell.str.contains(_PLAIN_NUMBER)
        return pl.when(runs).then(pl.lit("'") + cell).otherwise(cell).alias(name)

    return frame.with_columns(guard(name) for name, dtype in frame.schema.items() if dtype == pl.String)


def write_sheet(frame: pl.DataFrame, stream: BinaryIO, amounts: Collection[str]) -> None:
    """One worksheet with a frozen header, a filter, real numbers and dates."""
    import xlsxwriter

    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False, "strings_to_numbers": False})
    head = book.add_format({"bold": True, "bottom": 1})
    number = book.add_format({"num_format": "#,##0.00##"})
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, frame.columns, head)
    for index, column in enumerate(frame.get_columns()):
        width = min(50, max([len(column.name), *(len(str(v)) for v in column.head(200) if v is not None)]) + 2)
        sheet.set_column(index, index, width, number if column.name in amounts else None)
        for row, value in enumerate(column, start=1):
            if value is None:
                continue
            if column.name in amounts:
                sheet.write_number(row, index, float(value))  # the cell format of spreadsheets; the text forms stay exact
            elif column.dtype == pl.Date:
                sheet.write_datetime(row, index, value, date)
            elif column.dtype.is_numeric():
                sheet.write_number(row, index, value)
            else:
                sheet.write_string(row, index, str(value))
    if frame.height:
        sheet.autofilter(0, 0, frame.height, frame.width - 1)
    book.close()
