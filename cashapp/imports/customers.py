"""Customers with the names they also pay under and the bank accounts they pay from.

`aliases` and `bank_accounts` hold several, `|` between them. An import replaces what an import brought; what a clerk
taught stays. Accounts are stored in one spelling (`cashapp.bank_accounts`). A column that the file does not have leaves
known customers as they are; an empty cell clears. A credit limit is in the customer's currency, else the base currency.
Parents may come in any order, also from a later file, but nobody is above himself.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, Table, select

from cashapp import db, schema
from cashapp.bank_accounts import normalised_accounts
from cashapp.imports import faults, fields, upsert
from cashapp.imports.faults import Fault
from cashapp.imports.fields import LENGTHS_MAX, Batch, Field
from cashapp.imports.stored import Source, Stored

FIELDS: tuple[Field, ...] = (
    Field("customer_id", required=True), Field("name", required=True), Field("parent_id"),
    Field("aliases", "list"), Field("bank_accounts", "list"), Field("email"),
    Field("currency", "currency"), Field("payment_terms"), Field("credit_limit", "amount"),
)
_KEY = ("customer_id",)
_VALUES = {
    "name": pl.String, "parent_id": pl.String, "email": pl.String, "currency": pl.String, "payment_terms": pl.String, "credit_limit_minor": pl.Int64,
}
_LISTS = {"aliases": (schema.customer_alias, "alias"), "bank_accounts": (schema.customer_account, "account")}


class _Moves(NamedTuple):
    """What a table of aliases or accounts loses and gains."""

    table: Table
    gone: pl.DataFrame
    come: pl.DataFrame


def store(connection: Connection, batch: Batch, source: Source) -> Stored:
    """Add the new customers, change those that read otherwise now, with their lists."""
    single, repeats = fields.first_of_each(batch, _KEY)
    rows, found = _checked(connection, single, source)
    moves = [_moves(connection, *_LISTS[name], rows.select("customer_id", name)) for name in _LISTS if name not in batch.absent]
    touched = pl.concat([rows.clear().select("customer_id"), *(part.select("customer_id") for move in moves for part in (move.gone, move.come))])
    differs = upsert.differs(_VALUES) | pl.col("customer_id").is_in(touched["customer_id"].implode())
    new, changed = rows.filter("is_new"), rows.filter(~pl.col("is_new") & differs)
    db.insert_frame(connection, schema.customer, new.select(*_KEY, *_VALUES))
    upsert.update(connection, schema.customer, _KEY, changed.select(*_KEY, *_VALUES))
    for move in moves:
        upsert.remove(connection, move.table, move.gone)
        db.insert_frame(connection, move.table, move.come.with_columns(pl.lit("import").alias("source")))
    return Stored(new.height, changed.height, rows.height - new.height - changed.height + repeats, [*found, *_unknown_parents(connection, rows)])


def _checked(connection: Connection, batch: Batch, source: Source) -> tuple[pl.DataFrame, list[Fault]]:
    """The rows that can be taken beside what is known of them, with their lists split; and what is wrong with the others."""
    split = batch.rows.with_columns(
        pl.when(pl.col("parent_id") != "").then("parent_id").alias("parent_id"),
        _split(pl.col("aliases")), _split(normalised_accounts(pl.col("bank_accounts"))),
    )
    known = upsert.known(connection, schema.customer, _KEY, split, {"customer_id": pl.String, **_VALUES})
    rows = upsert.beside(split, known, _KEY, absent=batch.absent)
    found = [*batch.faults, *_long_names(rows), *_limits_without_currency(rows, batch.absent, source.base_currency)]
    found += _circles(connection, faults.without(rows, found))
    return faults.without(rows, found), found


def _split(cells: pl.Expr) -> pl.Expr:
    """The parts between `|`, each once, none empty."""
    parts = cells.str.split("|").list.eval(pl.element().str.strip_chars())
    return parts.list.eval(pl.element().filter(pl.element() != "")).list.unique(maintain_order=True)


def _long_names(rows: pl.DataFrame) -> list[Fault]:
    most = LENGTHS_MAX["text"]
    return [
        fault for name in _LISTS
        for fault in faults.where(
            rows, pl.col(name).list.eval(pl.element().str.len_chars() > most).list.any(), "bad_text", pl.lit(f"one of {name} is longer than {most} letters"))
    ]


def _limits_without_currency(rows: pl.DataFrame, absent: frozenset[str], base_currency: str) -> list[Fault]:
    """A limit is a number of a currency's minor units: where only one of the two columns is there, the other must not change its meaning."""
    if ("currency" in absent) == ("credit_limit_minor" in absent):
        return []
    now, before = (pl.when(pl.col(name).fill_null("") == "").then(pl.lit(base_currency)).otherwise(name) for name in ("currency", "currency_known"))
    wrong = now != (pl.lit(base_currency) if "currency" in absent else before)
    kept = pl.col("credit_limit_minor").is_not_null() & ~(pl.col("is_new") & pl.lit("credit_limit_minor" in absent))
    what = pl.format("the customer is known in {}: its credit limit would change its meaning", before)
    return faults.where(rows, wrong & kept, "limit_currency", what)


def _circles(connection: Connection, rows: pl.DataFrame) -> list[Fault]:
    """Rows by which somebody would be above himself; of each circle the last row in the file is refused."""
    ids, parents, numbers = (rows[name].to_list() for name in ("customer_id", "parent_id", "line"))
    if not any(parents):
        return []
    before = _known_parents(connection)
    above = before | dict(zip(ids, parents, strict=True))
    line_of = dict(zip(ids, numbers, strict=True))
    found: list[Fault] = []
    settled: set[str] = set()
    for customer in ids:
        while circle := _circle_above(customer, above, settled):
            refusable = [member for member in circle if member in line_of]
            if not refusable:
                break
            last = max(refusable, key=line_of.__getitem__)
            way = " → ".join([*circle, circle[0]][:8])
            found.append(Fault(line_of.pop(last), "bad_parent", f"'{last}' would be above itself: {way}"))
            above[last] = before.get(last)
    return found


def _known_parents(connection: Connection) -> dict[str, str | None]:
    customer = schema.customer
    query = select(customer.c.customer_id, customer.c.parent_id).where(customer.c.parent_id.is_not(None))
    return {row.customer_id: row.parent_id for row in connection.execute(query)}


def _circle_above(customer: str, above: dict[str, str | None], settled: set[str]) -> list[str]:
    """The customers in a circle on the way up, empty where the way ends; who stands on such a way is settled."""
    way: dict[str, int] = {}
    here: str | None = customer
    while here is not None and here not in settled:
        if here in way:
            return list(way)[way[here]:]
        way[here] = len(way)
        here = above.get(here)
    settled.update(way)
    return []


def _moves(connection: Connection, table: Table, column: str, rows: pl.DataFrame) -> _Moves:
    """The table's imported rows that the lists no longer hold, and what they hold that nobody has told yet."""
    listed = rows.select("customer_id", pl.col(rows.columns[1]).alias(column)).explode(column).drop_nulls()
    known = upsert.known(connection, table, _KEY, rows, {"customer_id": pl.String, column: pl.String, "source": pl.String})
    both = ["customer_id", column]
    gone = known.filter(pl.col("source") == "import").join(listed, on=both, how="anti").select(both)
    return _Moves(table, gone, listed.join(known, on=both, how="anti", maintain_order="left"))


def _unknown_parents(connection: Connection, rows: pl.DataFrame) -> list[Fault]:
    asked = rows.filter(pl.col("parent_id").is_not_null()).select("line", "parent_id")
    parents = asked.select(pl.col("parent_id").alias("customer_id"))
    known = upsert.known(connection, schema.customer, _KEY, parents, {"customer_id": pl.String})
    strangers = asked.join(known, left_on="parent_id", right_on="customer_id", how="anti", maintain_order="left")
    return faults.where(strangers, pl.lit(value=True), "unknown_parent", pl.format("there is no customer '{}' yet", faults.shown("parent_id")))
