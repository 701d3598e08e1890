"""CSV, XLSX and Parquet files as text columns, each row with the line it stands on. What the file is, its content says.

- CSV (RFC 4180): UTF-8, with or without a byte order mark; what is not UTF-8 is read as Windows-1252 and told. The
  separator is the one of comma, semicolon and tab that the header uses. Lines end in LF, CRLF or CR; a quoted field may
  hold line ends. A row whose quotes are broken, or that has more or fewer fields than the header, is refused alone.
- XLSX: the first worksheet; its first row that is not empty is the header. A number becomes the shortest decimal text
  that means the same number, a date its ISO form; an error such as #N/A refuses its row, it is never an empty cell.
- Parquet: text, integers, decimals, dates; a floating-point number becomes its shortest decimal text; a list of texts
  becomes one text with `|` between.

Column names are compared in lower case with `_` for blanks and dashes. All text is stripped; an empty cell is "".
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import polars as pl

from cashapp.imports.faults import Fault, FileFault

TABLE_BYTES_MAX = 2 * 1024**3
_ROWS_AT_ONCE = 20_000
_BLOCK_BYTES = 16 * 1024**2
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Table(NamedTuple):
    """The wanted columns that the file has, all text, beside `line`; and what is wrong with rows that are not among them."""

    rows: pl.DataFrame
    faults: list[Fault]


def pieces(content: bytes, wanted: Collection[str]) -> Iterator[Table]:
    """The file's rows, some at a time; raises FileFault where there is no table in it."""
    if not content.strip():
        raise FileFault("empty", "there is nothing in the file")
    if len(content) > TABLE_BYTES_MAX:
        raise FileFault("too_large", f"the file has more than {TABLE_BYTES_MAX // 1024**2} MiB")
    if content.startswith(b"PAR1"):
        found = iter([_parquet(content, wanted)])
    elif content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        found = iter([_sheet(content, wanted)])
    else:
        found = _csv(content, wanted)
    cells = pl.col(pl.String)
    for table in found:
        stripped = table.rows.with_columns(cells.fill_null("").str.strip_chars())
        yield Table(stripped.filter(pl.any_horizontal(cells != "", pl.lit(value=False))), table.faults)


def _places(header: Sequence[str], wanted: Collection[str], line: int) -> dict[str, int]:
    """Where each wanted column stands."""
    names = [re.sub(r"[\s-]+", "_", name.strip().lower()) for name in header]
    twice = sorted({name for name in names if name in wanted and names.count(name) > 1})
    if twice:
        raise FileFault("repeated_column", f"the column {twice[0]} stands there more than once", line)
    return {name: place for place, name in enumerate(names) if name in wanted}


# CSV


def _csv(content: bytes, wanted: Collection[str]) -> Iterator[Table]:
    """Most files are read in whole blocks by `_plain`; what it cannot vouch for is read row by row, which defines the outcome."""
    if content.startswith(_UTF16):
        content = content.decode("utf-16", "replace").encode()
    content = content.removeprefix(b"\xef\xbb\xbf")
    return _plain(content, wanted) or iter([_careful(content, wanted)])


def _plain(content: bytes, wanted: Collection[str], block_bytes: int = _BLOCK_BYTES) -> Iterator[Table] | None:
    """The tables of blocks of about so many bytes, where each of them is plain; else None."""
    form = _Form.of(content)
    are_plain = all(_is_plain(block, form) for block in _blocks(content, form, block_bytes))
    return _plain_tables(_blocks(content, form, block_bytes), form, wanted) if content and are_plain else None


class _Form(NamedTuple):
    """How a file is written, by its first line."""

    separator: str
    line_end: bytes
    columns: int
    is_quoted: bool

    @staticmethod
    def of(content: bytes) -> _Form:
        first_line = content[: content.find(b"\n") + 1]
        separator = _separator(first_line.decode("utf-8", "replace"))
        return _Form(separator, b"\r\n" if first_line.endswith(b"\r\n") else b"\n", first_line.count(separator.encode()) + 1, content.startswith(b'"'))


def _blocks(content: bytes, form: _Form, block_bytes: int) -> Iterator[bytes]:
    """The first line, then the others, so many bytes at a time; each ends as a line does."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + (block_bytes if start else 0)) + 1 or len(content)
        block = content[start:end]
        yield block if block.endswith(b"\n") else block + form.line_end
        start = end


def _is_plain(block: bytes, form: _Form) -> bool:
    """Whether writing what was read gives the very same bytes again and each row is one line."""
    written = io.BytesIO()
    try:
        cells = _cells(block, form)
        cells.write_csv(
            written, include_header=False, separator=form.separator, line_terminator=form.line_end.decode(),
            quote_style="always" if form.is_quoted else "necessary",
        )
    except pl.exceptions.PolarsError:
        return False
    lines, returns = block.count(b"\n"), block.count(b"\r")
    is_same = written.getbuffer() == block and lines == cells.height and returns == lines * (form.line_end == b"\r\n")
    return is_same and cells.width == form.columns


def _plain_tables(blocks: Iterator[bytes], form: _Form, wanted: Collection[str]) -> Iterator[Table]:
    """A table for each block; the first is the header's, without rows."""
    places: dict[str, int] = {}
    line = 1
    for block in blocks:
        cells = _cells(block, form)
        if line == 1:
            places = _places([name or "" for name in cells.row(0)], wanted, 1)
            cells = cells.clear()
        columns = [cells.to_series(place).alias(name) for name, place in places.items()]
        yield Table(pl.DataFrame([pl.Series("line", range(line, line + cells.height), dtype=pl.Int64), *columns]), [])
        line += max(cells.height, 1)


def _cells(block: bytes, form: _Form) -> pl.DataFrame:
    return pl.read_csv(block, has_header=False, infer_schema=False, separator=form.separator)


def _separator(first_line: str) -> str:
    return max(",;\t", key=first_line.count)


def _careful(content: bytes, wanted: Collection[str]) -> Table:
    """Row by row, with every fault of the form told."""
    encoding, faults = _encoding(content)
    lines = [str(line, encoding, "replace") for line in content.splitlines(keepends=True)]
    head = next((number for number, line in enumerate(lines) if line.strip()), None)
    if head is None:
        raise FileFault("empty", "there is nothing in the file")
    separator = _separator(lines[head])
    header, first = _header(lines, head, separator)
    places = _places(header, wanted, head + 1)
    pieces = [_piece(places, rows, numbers) for numbers, rows in _pieces(lines, first, separator, len(header), faults)]
    return Table(pl.concat([_piece(places, [], []), *pieces]), faults)


def _encoding(content: bytes) -> tuple[str, list[Fault]]:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = len(content[: error.start + 1].splitlines())
        return "cp1252", [Fault(line, "encoding", f"byte {content[error.start]:#04x} is not UTF-8; the file was read as Windows-1252")]
    return "utf-8", []


def _header(lines: Sequence[str], head: int, separator: str) -> tuple[list[str], int]:
    """The names of the columns and how many lines are read by then."""
    reader = csv.reader(map(lines.__getitem__, range(head, len(lines))), delimiter=separator, strict=True)
    try:
        return next(reader), head + reader.line_num
    except csv.Error as error:
        raise FileFault("unreadable", f"the header row is broken: {error}", head + 1) from error


def _pieces(
    lines: Sequence[str], first: int, separator: str, width: int, faults: list[Fault],
) -> Iterator[tuple[Sequence[int], Sequence[Sequence[str]]]]:
    """Rows as wide as the header with their line numbers, some thousands at a time."""
    position = first
    while position < len(lines):
        until = min(position + _ROWS_AT_ONCE, len(lines))
        numbers: Sequence[int] = range(position + 1, until + 1)
        rows = _one_for_each_line(lines[position:until], separator)
        if rows is None:
            numbers, rows, until = _one_by_one(lines, position, until, separator, width, faults)
        yield _as_wide_as(width, numbers, rows, faults)
        position = until


def _one_for_each_line(lines: Sequence[str], separator: str) -> list[list[str]] | None:
    """The rows where each is exactly one line, as nearly everywhere; None where a row may go over several or is broken."""
    try:
        rows = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return None
    return rows if len(rows) == len(lines) else None


def _one_by_one(
    lines: Sequence[str], position: int, until: int, separator: str, width: int, faults: list[Fault],
) -> tuple[list[int], list[list[str]], int]:
    """The rows that begin before line `until`, also over several lines. After a row whose quotes are broken, or which
    swallowed lines that do not belong to it, reading goes on at its next line."""
    numbers: list[int] = []
    rows: list[list[str]] = []
    while position < until:
        try:
            for row, after in _whole_rows(lines, position, separator, width):
                numbers.append(position + 1)
                rows.append(row)
                position = after
                if position >= until:
                    break
        except csv.Error as error:
            faults.append(Fault(position + 1, "bad_row", f"the row cannot be read: {error}"))
            position += 1
    return numbers, rows, position


def _whole_rows(lines: Sequence[str], first: int, separator: str, width: int) -> Iterator[tuple[list[str], int]]:
    """Each row from line `first` on and how many lines are read by then; csv.Error at the first that cannot be right."""
    reader = csv.reader(map(lines.__getitem__, range(first, len(lines))), delimiter=separator, strict=True)
    before = first
    for row in reader:
        after = first + reader.line_num
        if after > before + 1 and len(row) != width:
            raise csv.Error(f"it goes over {after - before} lines and has {len(row)} fields, the header has {width}")
        yield row, after
        before = after


def _as_wide_as(width: int, numbers: Sequence[int], rows: list[list[str]], faults: list[Fault]) -> tuple[Sequence[int], Sequence[Sequence[str]]]:
    if set(map(len, rows)) == {width}:
        return numbers, rows
    fit: list[tuple[int, list[str]]] = []
    for number, row in zip(numbers, rows, strict=True):
        if len(row) == width or (len(row) > width and not any(row[width:])):
            fit.append((number, row[:width]))
        elif any(cell.strip() for cell in row):
            faults.append(Fault(number, "bad_row", f"the row has {len(row)} fields, the header has {width}"))
    return [number for number, _ in fit], [row for _, row in fit]


def _piece(places: dict[str, int], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> pl.DataFrame:
    cells: Sequence[Sequence[str]] = list(zip(*rows, strict=True)) if rows else []
    columns = [pl.Series(name, cells[place] if rows else [], dtype=pl.String) for name, place in places.items()]
    return pl.DataFrame([pl.Series("line", numbers, dtype=pl.Int64), *columns])


# XLSX


def _sheet(content: bytes, wanted: Collection[str]) -> Table:
    import fastexcel

    errors = _error_cells(content)
    try:
        book = fastexcel.read_excel(content)
        sheet = book.load_sheet(0, header_row=None, skip_rows=0, dtypes="string")
        text = sheet.to_polars()
        numbers = book.load_sheet(0, header_row=None, skip_rows=0, dtypes="float").to_polars()
    except fastexcel.FastExcelError as error:
        raise FileFault("unreadable", f"the workbook cannot be read: {str(error).splitlines()[0]}") from error
    filled = text.select(pl.any_horizontal(pl.all().str.strip_chars().fill_null("") != "")).to_series().arg_true() if text.width else pl.Series([])
    if filled.is_empty():
        raise FileFault("empty", "the first worksheet has no rows")
    head = int(filled[0])
    places = _places([str(cell or "") for cell in text.row(head)], wanted, head + 1)
    columns = [_shortest(text.to_series(place), numbers.to_series(place)).alias(name) for name, place in places.items()]
    rows = pl.DataFrame([pl.Series("line", range(1, text.height + 1), dtype=pl.Int64), *columns])[head + 1:]
    named = {sheet.selected_columns[place].absolute_index: name for name, place in places.items()}
    faults = [Fault(row, "error_cell", f"{named[column]} is {value}") for row, column, value in errors if column in named and row > head + 1]
    refused = pl.Series([fault.line for fault in faults], dtype=pl.Int64)
    return Table(rows.filter(~pl.col("line").is_in(refused.implode())), faults)


def _shortest(text: pl.Series, numbers: pl.Series) -> pl.Series:
    """The cells as text. The workbook reader writes numbers to nine decimals; a number with a fraction is written here in full."""
    cells = pl.DataFrame({"text": text, "number": numbers}).with_columns(pl.col("number").cast(pl.String).alias("full"))
    odd = cells.with_row_index("row").filter(pl.col("number").is_finite(), pl.col("number") % 1 != 0, pl.col("full") != pl.col("text"))
    mended = [
        (row, full) for row, cell, number, full in odd.iter_rows()
        if f"{number:.9f}".rstrip("0").rstrip(".") == cell  # else it is text that looks like a number
    ]
    return text.scatter([row for row, _ in mended], [full for _, full in mended]) if mended else text


_CELL = re.compile(rb"""<(?:\w+:)?c\b(?=[^>]*\bt=["']e["'])[^>]*\br=["']([A-Z]{1,3})(\d{1,7})["'][^>]*>(.*?)</(?:\w+:)?c>""", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]{1,20})<")


def _error_cells(content: bytes) -> list[tuple[int, int, str]]:
    """Row (from 1), column (from 0) and text of each cell of the first worksheet that holds an error: readers show it as empty."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > TABLE_BYTES_MAX:
                raise FileFault("too_large", f"the workbook unpacks to more than {TABLE_BYTES_MAX // 1024**2} MiB")
            sheet = archive.read(_first_worksheet(archive))
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise FileFault("unreadable", f"the workbook cannot be read: {error}") from error
    if not re.search(rb"""\bt=["']e["']""", sheet):
        return []
    return [(int(row), _place(letters), _error_text(inside)) for letters, row, inside in _CELL.findall(sheet)]


def _first_worksheet(archive: zipfile.ZipFile) -> str:
    """The name of the part that holds the sheet standing first in the workbook."""
    first = re.search(rb"""<(?:\w+:)?sheet\b[^>]*\b\w+:id=["']([^"']+)["']""", archive.read("xl/workbook.xml"))
    for part in re.findall(rb"<Relationship\b[^>]*>", archive.read("xl/_rels/workbook.xml.rels")):
        target = re.search(rb"""\bTarget=["']([^"']+)["']""", part)
        if first and target and re.search(rb"""\bId=["']""" + re.escape(first[1]) + rb"""["']""", part):
            name = target[1].decode("utf-8", "replace")
            return name.lstrip("/") if name.startswith("/") else f"xl/{name}"
    raise KeyError("there is no worksheet in it")


def _place(letters: bytes) -> int:
    """`A` is 0, `Z` 25, `AA` 26."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _error_text(inside: bytes) -> str:
    found = _VALUE.search(inside)
    return found[1].decode("utf-8", "replace") if found else "an error"


# Parquet


def _parquet(content: bytes, wanted: Collection[str]) -> Table:
    try:
        frame = pl.read_parquet(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise FileFault("unreadable", f"the Parquet file cannot be read: {str(error).splitlines()[0]}") from error
    places = _places(frame.columns, wanted, 1)
    columns = [_as_text(frame.to_series(place), name) for name, place in places.items()]
    return Table(pl.DataFrame([pl.Series("line", range(1, frame.height + 1), dtype=pl.Int64), *columns]), [])


def _as_text(column: pl.Series, name: str) -> pl.Series:
    dtype = column.dtype
    if dtype == pl.List(pl.String):
        return column.list.join("|").alias(name)
    if isinstance(dtype, pl.Datetime):
        return column.dt.date().cast(pl.String).alias(name)
    if dtype.is_float():
        return column.cast(pl.String).str.replace(r"\.0$", "").alias(name)
    if dtype in {pl.String, pl.Date, pl.Boolean, pl.Categorical, pl.Enum, pl.Null} or dtype.is_integer() or dtype.is_decimal():
        return column.cast(pl.String).alias(name)
    raise FileFault("bad_column", f"the column {name} is of the type {dtype}")
