"""Imported remittance advices whose payment reference no report of money bears, joined to the receipt that they describe.

Payers send advices by e-mail or portal under numbers of their own. Such an advice is a payment's where it states the payment's amount
and currency, its date lies about the receipt's day, the payer's name begins as the bank wrote it (or the bank's text has the advice's
number), and where this is so of one advice and one receipt only. Two that fit equally well stay apart.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, false, or_, select

from cashapp import db, schema
from matching import normalize
from parsers.amounts import minor_digits

EARLY_DAYS, LATE_DAYS = 14, 5
"""The payer's date lies at most so many days before the bank's (checks are in the post), or after it."""
LETTERS = 12
"""So many letters of the name must be the same, or all of a shorter one."""
LETTERS_MIN = 6
NUMBER_MIN = 5
"""A shorter number of an advice may stand in any text."""
LINES_MAX = 200
"""So many lines of an advice are shown."""

_RECEIPT: dict[str, type[pl.DataType]] = {
    "receipt_id": pl.Int64, "currency": pl.String, "amount_minor": pl.Int64, "value_date": pl.Date, "payer_name": pl.String, "text": pl.String,
}
_ADVICE: dict[str, type[pl.DataType]] = {"payment_reference": pl.String, "payer_name": pl.String, "payment_date": pl.Date, "payment_minor": pl.Int64}
_LINE: dict[str, type[pl.DataType]] = {
    "line_number": pl.Int64, "document_number": pl.String, "amount_minor": pl.Int64, "discount_minor": pl.Int64, "deduction_minor": pl.Int64,
    "deduction_reason": pl.String,
}


def described(connection: Connection, receipts: pl.DataFrame, base_currency: str) -> pl.DataFrame:
    """The lines of the advices that describe `receipts` (_RECEIPT): receipt_id and the line's columns. An advice that names no currency is in
    `base_currency`."""
    sole, told = _sole(connection, receipts, base_currency), schema.remittance_line
    shape: dict[str, type[pl.DataType]] = {**_ADVICE, **_LINE}
    query = select(*(told.c[name] for name in shape)).where(told.c.line_id.is_(None))
    lines = db.frame_of(connection, query, told.c.payment_reference, sole["payment_reference"].unique().sort().to_list(), shape)
    return lines.join(sole, on=list(_ADVICE)).select("receipt_id", *_LINE)


def of_receipt(connection: Connection, receipt_id: int, base_currency: str) -> ColumnElement[bool]:
    """The condition that a remittance line is one of the advice that describes the receipt, whatever has become of it."""
    told = schema.remittance_line
    itself = db.frame(connection, _as_told().where(schema.receipt.c.receipt_id == receipt_id), _RECEIPT)
    heads = _sole(connection, itself, base_currency).drop("receipt_id").iter_rows(named=True)
    return and_(told.c.line_id.is_(None), or_(false(), *(and_(*(told.c[name] == value for name, value in head.items())) for head in heads)))


class Remitted(NamedTuple):
    """A remittance line as it is read beside its payment: amounts in minor units of `currency`, None where they are not told or have too many digits for
    it; `advice` and `sender` of one that did not come with the payment."""

    document_number: str
    currency: str
    amount_minor: int | None
    discount_minor: int | None
    deduction_minor: int | None
    deduction_reason: str
    memo: str
    advice: str
    sender: str


def lines_read(connection: Connection, receipt_id: int | None, line: Row[*tuple[object, ...]], base_currency: str) -> list[Remitted]:
    """The remittance lines that are read beside a bank line: its own file's and those imported under one of its references, or else those of the
    advice that describes its receipt; at most `LINES_MAX`."""
    return [_remitted(row, line.currency, base_currency) for row in _lines(connection, receipt_id, line, base_currency)]


def _remitted(row: Row[*tuple[object, ...]], currency: str, base_currency: str) -> Remitted:
    own = row.line_id is not None
    shift = 0 if own or row.currency else minor_digits(currency) - minor_digits(base_currency)  # an import that names no currency is read in the base's digits

    def scaled(minor: int | None) -> int | None:
        if minor is None or shift >= 0:
            return minor if minor is None else minor * 10**shift
        whole, rest = divmod(minor, 10**-shift)
        return None if rest else whole

    return Remitted(row.document_number, row.currency or currency, scaled(row.amount_minor), scaled(row.discount_minor), scaled(row.deduction_minor),
                    row.deduction_reason, row.memo, "" if own else row.payment_reference, "" if own else row.payer_name)


def _lines(connection: Connection, receipt_id: int | None, line: Row[*tuple[object, ...]], base_currency: str) -> Sequence[Row[*tuple[object, ...]]]:
    told = schema.remittance_line
    references = [reference for reference in (line.bank_reference, line.customer_reference, line.check_number) if reference]
    lines = select(told).order_by(told.c.line_number, told.c.remittance_id).limit(LINES_MAX)
    referred = connection.execute(lines.where((told.c.line_id == line.line_id) | (told.c.line_id.is_(None) & told.c.payment_reference.in_(references)))).all()
    if referred or receipt_id is None:
        return referred
    return connection.execute(lines.where(of_receipt(connection, receipt_id, base_currency))).all()


def _sole(connection: Connection, receipts: pl.DataFrame, base_currency: str) -> pl.DataFrame:
    """receipt_id, _ADVICE: the receipts and advices that fit each other and no other. A receipt that is settled may be what an advice is about
    as well as one that waits."""
    if receipts.is_empty():
        return pl.DataFrame(schema={"receipt_id": pl.Int64, **_ADVICE})
    advices = _unborne(connection, receipts)
    stated = advices.with_columns(pl.when(pl.col("currency") == "").then(pl.lit(base_currency)).otherwise("currency").alias("currency"))
    asked = receipts.select(list(_RECEIPT))
    every = pl.concat([asked, _others(connection, stated).join(asked, on="receipt_id", how="anti")]).rename({"amount_minor": "payment_minor", "payer_name": "paid_by"})
    days_between = (pl.col("value_date") - pl.col("payment_date")).dt.total_days()
    likely = stated.join(every, on=["currency", "payment_minor"]).filter(days_between.is_between(-LATE_DAYS, EARLY_DAYS))
    fitting = _naming_the_payer(likely).select("receipt_id", *_ADVICE).unique()
    return fitting.filter((pl.len().over("receipt_id") == 1) & (pl.len().over(list(_ADVICE)) == 1)).join(asked, on="receipt_id", how="semi")


def _as_told() -> Select[*tuple[object, ...]]:
    """SELECT the columns of _RECEIPT, as the receipts' own lines tell of them."""
    receipt, line = schema.receipt, schema.bank_line
    text = line.c.remittance_text + " " + line.c.customer_reference
    return select(receipt.c.receipt_id, receipt.c.currency, receipt.c.amount_minor, receipt.c.value_date, line.c.payer_name, text).join(
        line, line.c.line_id == receipt.c.line_id)


def _others(connection: Connection, advices: pl.DataFrame) -> pl.DataFrame:
    """_RECEIPT: all receipts that count, of the amounts and about the days of the advices."""
    if advices.is_empty():
        return pl.DataFrame(schema=_RECEIPT)
    receipt, (first, last) = schema.receipt, advices.select(pl.col("payment_date").min().alias("first"), pl.col("payment_date").max().alias("last")).row(0)
    near = receipt.c.value_date.between(first - dt.timedelta(days=LATE_DAYS), last + dt.timedelta(days=EARLY_DAYS))
    return db.frame_of(connection, _as_told().where(receipt.c.state != "linked", near), receipt.c.amount_minor, advices["payment_minor"].unique().sort().to_list(), _RECEIPT)


def _unborne(connection: Connection, receipts: pl.DataFrame) -> pl.DataFrame:
    """The advices (_ADVICE, currency) that state the amount of one of the receipts and a date about theirs, and whose reference no report of money bears: another's
    advice would be that money's."""
    told, line = schema.remittance_line, schema.bank_line
    first, last = receipts.select(pl.col("value_date").min().alias("first"), pl.col("value_date").max().alias("last")).row(0)
    borne = (exists().where(each) for each in schema.bearing(line, told.c.payment_reference))
    query = select(*(told.c[name] for name in _ADVICE), told.c.currency).distinct().where(
        told.c.line_id.is_(None), told.c.payment_minor.is_not(None),
        told.c.payment_date.between(first - dt.timedelta(days=EARLY_DAYS), last + dt.timedelta(days=LATE_DAYS)), *(~each for each in borne))
    return db.frame_of(connection, query, told.c.payment_minor, receipts["amount_minor"].unique().sort().to_list(), {**_ADVICE, "currency": pl.String})


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
