"""What payers say they pay, told in a list of its own: each line names its payment by a reference and a document.

A line's key is the payment, the document and its how-manieth among the lines of that pair that differ: a row that is
there twice is one line, a row that was changed updates its line. A row without a currency means that of its payment,
which is not known here: its amounts are read with the minor digits of the base currency. `amount` may be empty: the
payer named the document only.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection

from cashapp import db, schema
from cashapp.imports import upsert
from cashapp.imports.fields import Batch, Field
from cashapp.imports.stored import Source, Stored

FIELDS: tuple[Field, ...] = (
    Field("payment_reference", required=True), Field("invoice_number", required=True),
    Field("amount", "amount"), Field("discount_amount", "amount"), Field("deduction_amount", "amount"),
    Field("deduction_reason"), Field("memo", "prose"), Field("payer_name"),
    Field("payment_date", "date"), Field("payment_amount", "amount"), Field("currency", "currency"),
)
_NAMES = {
    "invoice_number": "document_number", "discount_amount_minor": "discount_minor", "deduction_amount_minor": "deduction_minor",
    "payment_amount_minor": "payment_minor",
}
_VALUES = {
    "amount_minor": pl.Int64, "discount_minor": pl.Int64, "deduction_minor": pl.Int64, "deduction_reason": pl.String, "memo": pl.String,
    "payer_name": pl.String, "payment_date": pl.Date, "payment_minor": pl.Int64, "currency": pl.String,
}
_KEY = ("content_key",)


def store(connection: Connection, batch: Batch, _source: Source) -> Stored:
    """Add the new lines, change those that read otherwise now."""
    lines = batch.rows.rename(_NAMES).with_columns(pl.col("discount_minor", "deduction_minor").fill_null(0))
    once = lines.unique([name for name in lines.columns if name != "line"], keep="first", maintain_order=True).pipe(_keyed)
    found = upsert.known(connection, schema.remittance_line, _KEY, once, {"content_key": pl.String, **_VALUES})
    rows = upsert.beside(once, found, _KEY)
    new, changed = rows.filter("is_new"), rows.filter(~pl.col("is_new") & upsert.differs(_VALUES))
    _insert(connection, new)
    upsert.update(connection, schema.remittance_line, _KEY, changed.select(*_KEY, *_VALUES))
    return Stored(new.height, changed.height, lines.height - new.height - changed.height, batch.faults)


def _keyed(lines: pl.DataFrame) -> pl.DataFrame:
    """With `content_key` and the line's place among the lines of its payment."""
    reference, document = (pl.col(name).str.replace_all("|", r"\|", literal=True) for name in ("payment_reference", "document_number"))
    ordinal = pl.int_range(1, pl.len() + 1).over("payment_reference", "document_number")
    return lines.with_columns(
        pl.format("{}|{}|{}", reference, document, ordinal).alias("content_key"),
        pl.int_range(1, pl.len() + 1).over("payment_reference").alias("line_number"),
    )


def _insert(connection: Connection, new: pl.DataFrame) -> None:
    first = db.next_id(connection, schema.remittance_line.c.remittance_id)
    numbered = new.select(
        (pl.int_range(pl.len(), dtype=pl.Int64) + first).alias("remittance_id"), *_KEY, "line_number", "payment_reference", "document_number", *_VALUES,
    )
    db.insert_frame(connection, schema.remittance_line, numbered)
