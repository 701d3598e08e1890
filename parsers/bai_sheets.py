"""A block of a BAI2 file as a sheet: where each logical record stands, and the plain details in columns.

The 88 lines of a record hang on it behind a fold, so that one split gives the records and one more their fields:

    16,165,10000,Z,REF77,,ORIG CO NAME:BETA INC␟INVOICE 4711

A detail is plain if it is in ASCII, its type code is listed and moves money, and its amount, funds type and references stand on its
first line and are as usual; all others are for the long road of `parsers.bai_details`. What a plain detail says is the same here and
there: tables, patterns and the rule that glues cut words are shared, and a differential test holds the two equal.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import bai_codes, bai_records
from parsers import bank_text_columns as questions
from parsers.bai_levels import date_of, line_width
from parsers.bai_records import BLANK, CODES, FILLING, Block
from parsers.bank_text import LABEL

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOLD, _GLUE = "\x1f", "\x1e"
_HEADER = re.compile(r"^01,", re.MULTILINE)
_FILLED = f"[{FILLING}]+([{_FOLD}{_GLUE}])"
_AMOUNT = "^[0-9]{1,12}$"
"""A larger amount takes the long road, so that the sums of a block stay far inside 64 bits."""

_FUNDS = ["", "Z", "0", "1", "2", "V"]
_LISTED = [code for code in bai_codes.details_with_money() if code]
_MEANINGS = [bai_codes.type_code(code) for code in _LISTED]
_SIGN = pl.Series([meaning.sign for meaning in _MEANINGS], dtype=pl.Int64)
_KIND = pl.Series([meaning.kind for meaning in _MEANINGS], dtype=pl.String)
_NAMES_PAYER = pl.Series([meaning.names_payer and meaning.kind != "return" for meaning in _MEANINGS])
_HAS_SERIAL = pl.Series([meaning.code in bai_codes.SERIAL_IS_CUSTOMER_REFERENCE for meaning in _MEANINGS])
_IS_BOOK_TRANSFER = pl.Series([meaning.code in bai_codes.BOOK_TRANSFERS for meaning in _MEANINGS])


class Sheet(NamedTuple):
    """The logical records of a block, in order: `start` and `end` in its text, number of the first line, how many lines count as
    records, whether it is a plain detail. `details` has a row for each plain one, with its place among the records in `record`."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    line: NDArray[np.int64]
    counted: NDArray[np.int64]
    is_plain: NDArray[np.bool_]
    details: pl.DataFrame


def sheet(block: Block, width: int) -> Sheet | None:
    """The sheet of a block whose lines are full at `width`, if no 01 record in it says otherwise; None where only the record reader
    knows: several records on a line, mixed line ends, control characters that are our folds, files of two widths."""
    text = block.text
    line_end = "\r\n" if "\r" in text else "\n"
    widths = _widths(block, width)
    if block.breaks or _FOLD in text or _GLUE in text or len(widths) > 1 or text.count("\r") not in {0, text.count("\n")}:
        return None
    marked = _marked(text, line_end, widths.pop())
    folded = marked.replace(f"{line_end}88,", _FOLD).replace(f"{line_end[:-1]}{_GLUE}88,", _GLUE)
    records = _records(folded, line_end, block)
    if not records.height:
        return None
    details = _fields(records)
    is_plain = _is_plain(details)
    return Sheet(records["start"].to_numpy(), records["end"].to_numpy(), records["line"].to_numpy(), records["counted"].to_numpy(),
                 is_plain.to_numpy(), _told(details.filter(is_plain)))


def _widths(block: Block, width: int) -> set[int]:
    """The widths of full lines in the files that the block holds parts of."""
    headers = [bai_records.RECORD.match(block.text, found.start()) for found in _HEADER.finditer(block.text)]
    stated = {line_width(bai_records.logical(block, *header.span(), block.line)) for header in headers if header}
    begins_a_file = headers and headers[0] and headers[0].start() == bai_records.preamble_length(block.text)
    return stated if begins_a_file else stated | {width}


def _marked(text: str, line_end: str, width: int) -> str:
    """The text with a glue for the line end after each full line that an 88 line continues inside a word, as `bai_records.glued` does
    it: not before a label, and not in a record that has a fuller line."""
    letters = np.frombuffer(text.encode("latin-1") + b"\0\0\0", np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    lengths = np.diff(ends, prepend=-1) - len(line_end)
    is_filled = np.isin(letters[ends - len(line_end)], np.frombuffer(FILLING.encode(), np.uint8))
    long = np.flatnonzero((lengths > width) | ((lengths == width) & ~is_filled))
    if not long.size:
        return text
    starts = np.append(0, ends + 1)
    is_continuation = (letters[starts] == ord("8")) & (letters[starts + 1] == ord("8")) & (letters[starts + 2] == ord(","))
    record = np.cumsum(~is_continuation)
    lines = text.split("\n")
    stripped = {at: len(lines[at].rstrip(FILLING)) for at in long.tolist()}
    too_full = {record[at] for at, length in stripped.items() if length > width}
    glued = [ends[at] for at, length in stripped.items() if length == width and is_continuation[at + 1] and record[at] not in too_full
             and not LABEL.match(lines[at + 1][3:].rstrip(FILLING))]
    marked = letters[:-3].copy()
    marked[glued] = ord(_GLUE)
    return marked.tobytes().decode("latin-1")


def _records(folded: str, line_end: str, block: Block) -> pl.DataFrame:
    """Each logical record: its text, where it starts and ends, its line, how many lines count, whether all of them have a code."""
    folds = pl.col("text").str.count_matches(f"[{_FOLD}{_GLUE}]" if _GLUE in folded else _FOLD)
    rows = pl.Series("text", [folded]).str.split(line_end).explode().to_frame().with_columns(counted=folds.cast(pl.Int64) + 1)
    size = pl.col("text").str.len_chars().cast(pl.Int64) + (pl.col("counted") - 1) * (len(line_end) + 2) + len(line_end)
    rows = rows.with_columns(next_row=size.cum_sum(), line=pl.col("counted").cum_sum().shift(1, fill_value=0) + block.line)
    rows = rows.with_columns(start=pl.col("next_row").shift(1, fill_value=0))
    records = rows.filter(pl.col("text").str.slice(0, 3).is_in([f"{code}," for code in CODES]))
    return records.with_columns(end=pl.col("start").shift(-1, fill_value=len(block.text))).with_columns(
        has_codes=pl.col("end") == pl.col("next_row"))


def _fields(records: pl.DataFrame) -> pl.DataFrame:
    """The fields of the records as if they were details, the date of a value date behind the rest."""
    cut = pl.col("text").str.splitn(",", 7).struct.rename_fields(
        ["record", "code", "amount", "funds", "bank_reference", "customer_reference", "words"])
    fields = records.select("has_codes", cut.alias("cut"), is_ascii=pl.col("text").str.len_chars() == pl.col("text").str.len_bytes())
    fields = fields.unnest("cut")
    valued = pl.col("funds") == "V"
    rest = pl.when(valued).then("words").str.splitn(",", 3).struct
    return fields.with_columns(
        pl.when(valued).then(rest.field("field_0")).otherwise("bank_reference").alias("bank_reference"),
        pl.when(valued).then(rest.field("field_1")).otherwise("customer_reference").alias("customer_reference"),
        pl.when(valued).then(rest.field("field_2")).otherwise("words").alias("words"),
        date=pl.when(valued).then("bank_reference").otherwise(pl.lit("")), time=pl.when(valued).then("customer_reference"),
        place=pl.col("code").replace_strict(_LISTED, list(range(len(_LISTED))), default=None, return_dtype=pl.UInt32),
    )


def _is_plain(fields: pl.DataFrame) -> pl.Series:
    """Which records are plain details; never the last one, for nobody knows what follows it, and no deposit before its item."""
    packages = bai_codes.ITEM_OF_PACKAGE
    item = pl.col("code").replace_strict(list(packages), list(packages.values()), default=None)
    is_detail = pl.col("record") == "16"
    references_in_line = [~pl.col(name).str.contains(_ANY_FOLD) for name in ("bank_reference", "customer_reference")]
    return fields.select(
        pl.all_horizontal(
            is_detail, "has_codes", "is_ascii", pl.col("place").is_not_null(), pl.col("amount").str.contains(_AMOUNT),
            pl.col("funds").is_in(_FUNDS), *references_in_line, ~pl.col("time").fill_null("").str.contains(_ANY_FOLD),
            (pl.col("date") == "") | pl.col("value_date").is_not_null(), pl.col("words").is_not_null(), pl.col("code").shift(-1).is_not_null(),
            ~(is_detail.shift(-1) & (pl.col("code").shift(-1) == item)).fill_null(value=False),
        ).fill_null(value=False),
    ).to_series()


def _told(details: pl.DataFrame) -> pl.DataFrame:
    """What the details say, as `bai_account.bank_line` reads it, apart from what their account adds."""
    place = details["place"]
    kind = _KIND.gather(place)
    words = _words(details["words"])
    ...
