"""Imported remittance advices whose payment reference no report of money bears, joined to the receipt that they describe.

Payers send advices by e-mail or portal under numbers of their own. Such an advice is a payment's where it states the payment's amount
and currency, its date lies about the receipt's day, the payer's name begins as the bank wrote it (or the bank's text has the advice's
number), and where this is so of one advice and one receipt only. Two that fit equally well stay apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, or_, select

from cashapp import db, schema
from matching import normalize

EARLY_DAYS, LATE_DAYS = 14, 5
"""The payer's date lies at most so many days before the bank's (checks are in the post), or after it."""
LETTERS = 12
"""So many letters of the name must be the same, or all of a shorter one."""
LETTERS_MIN = 6
NUMBER_MIN = 5
"""A shorter number of an advice may stand in any text."""
AT_ONCE = 500

_ADVICE: dict[str, type[pl.DataType]] = {"payment_reference": pl.String, "payer_name": pl.String, "payment_date": pl.Date}
_LINE: dict[str, type[pl.DataType]] = {
    "line_number": pl.Int64, "document_number": pl.String, "amount_minor": pl.Int64, "discount_minor": pl.Int64, "deduction_minor": pl.Int64,
    "deduction_reason": pl.String,
}


def described(connection: Connection, receipts: pl.DataFrame, base_currency: str, which: ColumnElement[bool]) -> pl.DataFrame:
    """The lines of the advices that describe `receipts` (receipt_id, amount_minor, value_date, payer_name, text): receipt_id and the line's
    columns. `which`: the condition that these receipts meet in the books."""
    if receipts.is_empty():
        return pl.DataFrame(schema={"receipt_id": pl.Int64, **_LINE})
    told, receipt = schema.remittance_line, schema.receipt
    days = receipts.select(pl.col("value_date").min().alias("first"), pl.col("value_date").max().alias("last")).row(0)
    currency = or_(told.c.currency == receipt.c.currency, and_(told.c.currency == "", receipt.c.currency == base_currency))
    query = (
        select(receipt.c.receipt_id, *(told.c[name] for name in _ADVICE)).distinct()
        .join(receipt, receipt.c.amount_minor == told.c.payment_minor)
        .where(which, currency, told.c.line_id.is_(None), told.c.payment_minor.is_not(None),
               told.c.payment_date.between(days[0] - dt.timedelta(days=EARLY_DAYS), days[1] + dt.timedelta(days=LATE_DAYS)))
    )
    known = receipts.select("receipt_id", "amount_minor", "value_date", pl.col("payer_name").alias("paid_by"), "text")
    likely = db.frame(connection, query, {"receipt_id": pl.Int64, **_ADVICE}).join(known, on="receipt_id")
    days_between = (pl.col("value_date") - pl.col("payment_date")).dt.total_days()
    fitting = _naming_the_payer(likely.filter(days_between.is_between(-LATE_DAYS, EARLY_DAYS)))
    sole = fitting.filter((pl.len().over("receipt_id") == 1) & (pl.len().over(*_ADVICE, "amount_minor") == 1))
    return _lines(connection, sole.join(_borne(connection, sole["payment_reference"]), on="payment_reference", how="anti"))


def _naming_the_payer(likely: pl.DataFrame) -> pl.DataFrame:
    """The pairs whose advice names the payer as the bank began to write it, or bears a number that stands in the bank's text."""
    name, bank_name, text = (normalize.plain(likely[column]).str.replace_all(r"[^A-Z0-9]", "") for column in ("payer_name", "paid_by", "text"))
    words = normalize.plain(likely["text"]).str.split(" ")
    said = pl.when(pl.lit(bank_name) != "").then(pl.lit(bank_name)).otherwise(pl.lit(text))
    marked = likely.with_columns(name=name, said=said, words=words, number=normalize.plain(likely["payment_reference"]))
    begins = pl.col("said").str.starts_with(pl.col("name").str.head(LETTERS)) & (pl.col("name").str.len_chars() >= LETTERS_MIN)
    cut = pl.col("name").str.starts_with(pl.col("said")) & (pl.col("said").str.len_chars() >= LETTERS_MIN)
    numbered = pl.col("words").list.contains(pl.col("number")) & (pl.col("number").str.len_chars() >= NUMBER_MIN)
    return marked.filter(begins | cut | numbered)


def _borne(connection: Connection, references: pl.Series) -> pl.DataFrame:
    """payment_reference: those of the references that some report of money bears; their advices are that money's."""
    line, shape = schema.bank_line, {"payment_reference": pl.String}
    found = [
        db.frame(connection, select(line.c[name]).where(line.c[name].in_(some)), shape)
        for some in _some(references) for name in ("bank_reference", "customer_reference", "check_number")
    ]
    return pl.concat([pl.DataFrame(schema=shape), *found]).unique()


def _lines(connection: Connection, advices: pl.DataFrame) -> pl.DataFrame:
    told = schema.remittance_line
    shape: dict[str, type[pl.DataType]] = {**_ADVICE, "payment_minor": pl.Int64, **_LINE}
    read = [
        db.frame(connection, select(*(told.c[name] for name in shape)).where(told.c.line_id.is_(None), told.c.payment_reference.in_(some)), shape)
        for some in _some(advices["payment_reference"])
    ]
    lines = pl.concat([pl.DataFrame(schema=shape), *read])
    of_receipts = advices.select("receipt_id", *_ADVICE, pl.col("amount_minor").alias("payment_minor"))
    return lines.join(of_receipts, on=[*_ADVICE, "payment_minor"]).select("receipt_id", *_LINE)


def _some(references: pl.Series) -> Iterator[list[str]]:
    for start in range(0, len(references), AT_ONCE):
        yield references[start:start + AT_ONCE].to_list()
