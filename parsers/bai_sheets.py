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
    """The fields of the records as if all were details; date and time of a value date stand behind the others."""
    cut = pl.col("text").str.splitn(",", 7).struct.rename_fields(["record", "code", "amount", "funds", "first", "second", "rest"])
    fields = records.select(cut.alias("cut"), "has_codes", is_ascii=pl.col("text").str.len_chars() == pl.col("text").str.len_bytes())
    fields = fields.unnest("cut")
    valued = pl.col("funds") == "V"
    dates = {text: date_of(text) for text in fields.filter(valued)["first"].unique().to_list() if text}
    after = pl.when(valued).then("rest").str.splitn(",", 3).struct
    return fields.with_columns(
        bank_reference=pl.when(valued).then(after.field("field_0")).otherwise("first"),
        customer_reference=pl.when(valued).then(after.field("field_1")).otherwise("second"),
        words=pl.when(valued).then(after.field("field_2")).otherwise("rest"),
        date=pl.when(valued).then("first").otherwise(pl.lit("")),
        time=pl.when(valued).then("second").otherwise(pl.lit("")),
        value_date=pl.when(valued).then("first").replace_strict(list(dates), list(dates.values()), default=None, return_dtype=pl.Date),
        place=pl.col("code").replace_strict(_LISTED, range(len(_LISTED)), default=None, return_dtype=pl.UInt32),
    )


def _is_plain(fields: pl.DataFrame) -> pl.Series:
    """Which records are plain details: never the last one, for nobody knows what follows it, and no deposit before its item."""
    is_detail = pl.col("record") == "16"
    item = pl.col("code").replace_strict(bai_codes.ITEM_OF_PACKAGE, default=None, return_dtype=pl.String)
    opens_package = is_detail.shift(-1) & (pl.col("code").shift(-1) == item)
    conditions = [
        is_detail, pl.col("has_codes"), pl.col("is_ascii"), pl.int_range(pl.len()) < pl.len() - 1, ~opens_package.fill_null(value=False),
        pl.col("place").is_not_null(), pl.col("amount").str.contains(_AMOUNT), pl.col("funds").is_in(_FUNDS),
        (pl.col("date") == "") | pl.col("value_date").is_not_null(), pl.col("words").is_not_null(),
        *(~pl.col(name).str.contains(f"[{_FOLD}{_GLUE}]") for name in ("bank_reference", "customer_reference", "time")),
    ]
    return fields.select(pl.all_horizontal(condition.fill_null(value=False) for condition in conditions)).to_series()


def _told(details: pl.DataFrame) -> pl.DataFrame:
    """What the details say, as `bai_account.bank_line` reads it, apart from what their account adds."""
    asked, place, words = questions.asked, details["place"], _words(details["words"])
    bank_reference, customer_reference = (details[name].str.strip_chars(BLANK) for name in ("bank_reference", "customer_reference"))
    kind = _KIND.gather(place)
    is_return = kind == "return"
    number = _check_number(_HAS_SERIAL.gather(place), is_return, customer_reference, words)
    original = asked(questions.original_trace, is_return, words)
    return pl.DataFrame({
        "type_code": details["code"],
        "amount": details["amount"].cast(pl.Int64),
        "sign": _SIGN.gather(place),
        "kind": _with_own_transfers(kind, _IS_BOOK_TRANSFER.gather(place), words),
        "value_date": details["value_date"],
        "bank_reference": asked(questions.clearing_reference, _is_blank(bank_reference), words, bank_reference),
        "customer_reference": asked(questions.payer_reference, _is_blank(customer_reference), words, customer_reference),
        "check_number": number,
        "payer_name": asked(questions.returned_payer_name, is_return, words,
                            asked(questions.payer_name, _NAMES_PAYER.gather(place), words)),
        "remittance_text": words.str.replace_all("\n", " ", literal=True).str.strip_chars(" ,"),
        "return_reason": asked(questions.return_reason, is_return, words),
        "original_reference": number.zip_with(is_return & (original == ""), original),
    })


def _words(texts: pl.Series) -> pl.Series:
    """The texts with a line break for each fold, none for a glue, and no filling before either."""
    if texts.str.contains(f"[{FILLING}][{_FOLD}{_GLUE}]").any():
        texts = texts.str.replace_all(f"[{FILLING}]+([{_FOLD}{_GLUE}])", "${1}")
    unglued = texts.str.replace_all(_GLUE, "", literal=True)
    return unglued.str.strip_chars_end(FILLING).str.replace_all(_FOLD, "\n", literal=True).str.strip_chars(BLANK)


def _is_blank(reference: pl.Series) -> pl.Series:
    return reference.str.contains("^0*$")


def _check_number(has_serial: pl.Series, is_return: pl.Series, reference: pl.Series, words: pl.Series) -> pl.Series:
    """The serial number: of a returned check as the text names it, of another as the reference says."""
    by_reference = questions.asked(_number_of, has_serial, reference)
    by_text = questions.asked(questions.check_serial, has_serial & (is_return | (by_reference == "")), words)
    return by_text.zip_with(by_text != "", by_reference)


def _number_of(reference: pl.Series) -> pl.Series:
    return reference.str.extract("^0*([0-9]*)$").fill_null("")


def _with_own_transfers(kind: pl.Series, is_book_transfer: pl.Series, words: pl.Series) -> pl.Series:
    rows = is_book_transfer.arg_true()
    return kind.scatter(rows.filter(questions.is_between_own_accounts(words.gather(rows))), "transfer")
