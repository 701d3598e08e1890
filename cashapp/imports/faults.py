"""What can be wrong with a row or a file that is imported, in words for the person who keeps the list.

A fault refuses its row alone; a fault of `FILE_FAULTS` refuses the file; one of `WARNINGS` is only told.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

REMEDIES: dict[str, str] = {
    "empty": "export the list again",
    "unreadable": "save it as CSV (UTF-8), XLSX or Parquet",
    "too_large": "split it into smaller files",
    "missing_column": "add the column, or correct its name in the first row",
    "repeated_column": "keep one of the columns",
    "bad_column": "write the column as text, numbers or dates",
    "encoding": "save the file as UTF-8 to be sure of every letter",
    "bad_row": "correct the quotes or separators of the row; put text that holds either into double quotes",
    "bad_text": "remove the character, or shorten the text",
    "error_cell": "correct the formula",
    "missing_value": "fill in the field",
    "bad_amount": "write the amount as digits with a point: 1234.50",
    "bad_date": "write the date as 2026-01-31",
    "unknown_currency": "use a code of ISO 4217, such as USD",
    "unknown_kind": "use one of the kinds named",
    "unknown_customer": "import the customer first, or fill in customer_name",
    "negative_amount": "give it the kind credit_memo or on_account",
    "bad_discount": "correct the discount",
    "currency_changed": "import it under a number of its own, or correct the currency",
    "repeated_key": "keep the row that is right",
    "limit_currency": "give currency and credit_limit together",
    "bad_parent": "correct parent_id",
    "unknown_parent": "import the parent too, or correct parent_id",
    "unknown_terms": "write them as 2/10 net 30, or give due_date, discount_date and discount_amount",
}
FILE_FAULTS = frozenset({"empty", "unreadable", "too_large", "missing_column", "repeated_column", "bad_column"})
WARNINGS = frozenset({"encoding", "unknown_parent", "unknown_terms"})


class Fault(NamedTuple):
    """One finding. `line`: the physical line of a CSV file, the row of a sheet, the record of a Parquet file."""

    line: int
    code: str
    what: str


class FileFault(Exception):  # noqa: N818 - it carries a fault, as its name says
    """The file cannot be taken at all."""

    def __init__(self, code: str, what: str, line: int = 1) -> None:
        super().__init__(what)
        self.fault = Fault(line, code, what)


def refuses(fault: Fault) -> bool:
    """Whether its row, or the whole file, was not taken."""
    return fault.code not in WARNINGS


def text(path: object, fault: Fault) -> str:
    """`file:line: code: what – what to do`, always on one line."""
    what = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in fault.what[:300])
    return f"{path}:{fault.line}: {fault.code}: {what} – {REMEDIES[fault.code]}"


def where(rows: pl.DataFrame, wrong: pl.Expr, code: str, what: pl.Expr) -> list[Fault]:
    """A fault for each row that is wrong; `what` puts it into words."""
    assert code in REMEDIES, f"unlisted code {code}"
    found = rows.filter(wrong).select("line", what.alias("what"))
    return [Fault(line, code, words) for line, words in found.iter_rows()]


def shown(column: str) -> pl.Expr:
    """A cell as it may be quoted: not longer than a line can bear."""
    cell = pl.col(column)
    return pl.when(cell.str.len_chars() > 60).then(cell.str.slice(0, 60) + "…").otherwise(cell)


def without(rows: pl.DataFrame, found: list[Fault]) -> pl.DataFrame:
    """The rows that no fault refuses."""
    lines = [fault.line for fault in found if refuses(fault)]
    if not lines:
        return rows
    return rows.filter(~pl.col("line").is_in(pl.Series(lines, dtype=pl.Int64).implode()))
