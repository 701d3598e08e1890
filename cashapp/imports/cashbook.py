"""The cash book: the books' side of a bank account, entry by entry. Its key is the account and the entry's id.

Money in is positive. An amount of zero is taken: a voided check stays in the book. The account is kept in the spelling
by which accounts are compared, as the accounts of bank statements are. How a changed entry read before is kept beside it.
"""

from __future__ import annotations

import polars as pl
from sqlalchemy import Connection

from cashapp import clock, db, periods, schema
from cashapp.bank_accounts import normalised_accounts
from cashapp.imports import fields, upsert
from cashapp.imports.fields import Batch, Field
from cashapp.imports.stored import Source, Stored

FIELDS: tuple[Field, ...] = (
    Field("entry_id", required=True), Field("date", "date", required=True), Field("amount", "amount", required=True),
    Field("currency", "currency", required=True), Field("account", required=True),
    Field("reference"), Field("description", "prose"), Field("kind"),
)
_KEY = ("account", "entry_id")
_VALUES = {
    "entry_date": pl.Date, "amount_minor": pl.Int64, "currency": pl.String, "reference": pl.String, "description": pl.String, "kind": pl.String,
}


def store(connection: Connection, batch: Batch, _source: Source) -> Stored:
    """Add the new entries, change those that read otherwise now."""
    entries = batch.rows.rename({"date": "entry_date"}).with_columns(normalised_accounts(pl.col("account")))
    single, repeats = fields.first_of_each(batch._replace(rows=entries), _KEY)
    found = upsert.known(connection, schema.cashbook_entry, _KEY, single.rows, {**dict.fromkeys(_KEY, pl.String), **_VALUES, "known_at": pl.Datetime})
    rows = upsert.beside(single.rows, found, _KEY, absent=batch.absent)
    new, changed = rows.filter("is_new"), rows.filter(~pl.col("is_new") & upsert.differs(_VALUES))
    _refuse_locked(connection, pl.concat([new["entry_date"], changed["entry_date"], changed["entry_date_known"]]))
    now = pl.lit(clock.now().replace(tzinfo=None))
    replaced = found.join(changed.select(_KEY), on=list(_KEY), how="semi").with_columns(now.alias("replaced_at"))
    db.insert_frame(connection, schema.cashbook_entry_before, replaced.filter(pl.col("known_at") < pl.col("replaced_at")))
    db.insert_frame(connection, schema.cashbook_entry, new.select(*_KEY, *_VALUES, now.alias("known_at")))
    upsert.update(connection, schema.cashbook_entry, _KEY, changed.select(*_KEY, *_VALUES, now.alias("known_at")))
    return Stored(new.height, changed.height, rows.height - new.height - changed.height + repeats, single.faults)


def _refuse_locked(connection: Connection, dates: pl.Series) -> None:
    """A list that would change the cash book of a locked period is refused whole: the month was signed as it is."""
    for date in dates.unique().sort():
        periods.refuse_locked(connection, periods.of(date), f"the cash book has new or changed entries of {date}")
