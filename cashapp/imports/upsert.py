"""What a table already has of the rows that come in, and changing it in bulk: three roads that take a frame.

Keys are staged in a temporary table and joined there, so that ten rows are quick in a table of a million, and a million
rows are no list of parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import Column, Connection, MetaData, Table, and_, exists, select

from cashapp import db

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def known(connection: Connection, table: Table, key: Sequence[str], rows: pl.DataFrame, columns: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    """The table's rows whose key stands in `rows`; `columns` names and types what is wanted of them."""
    wanted = [table.c[name] for name in columns]
    if rows.is_empty() or not holds_any(connection, table):
        return pl.DataFrame(schema=dict(columns))
    staged = _stage(connection, table, rows.select(key).unique(maintain_order=True))
    found = db.frame(connection, select(*wanted).where(_same(table, staged, key)), columns)
    staged.drop(connection)
    return found


def holds_any(connection: Connection, table: Table) -> bool:
    """Whether the table has a row."""
    return connection.execute(select(*table.primary_key).limit(1)).first() is not None


def beside(rows: pl.DataFrame, found: pl.DataFrame, key: Sequence[str], *, absent: Collection[str] = ()) -> pl.DataFrame:
    """Each row with what is known of it in `…_known` (null where it is new), and `is_new`.

    A column that the file does not have (`absent`) keeps its known value.
    """
    renamed = found.select(*key, *(pl.col(name).alias(f"{name}_known") for name in found.columns if name not in key), pl.lit(value=False).alias("is_new"))
    both = rows.join(renamed, on=list(key), how="left", maintain_order="left").with_columns(pl.col("is_new").fill_null(value=True))
    kept = [name for name in rows.columns if name in absent and f"{name}_known" in both.columns]
    return both.with_columns(pl.when("is_new").then(name).otherwise(f"{name}_known").alias(name) for name in kept)


def differs(columns: Collection[str]) -> pl.Expr:
    """Whether a row of `beside` says something else than what is known."""
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_known")) for name in columns)


def update(connection: Connection, table: Table, key: Sequence[str], rows: pl.DataFrame) -> None:
    """Set the other columns of `rows` in the table's rows with its keys."""
    if rows.is_empty():
        return
    staged = _stage(connection, table, rows)
    values = {name: staged.c[name] for name in rows.columns if name not in key}
    connection.execute(table.update().values(values).where(_same(table, staged, key)))
    staged.drop(connection)


def remove(connection: Connection, table: Table, keys: pl.DataFrame) -> None:
    """Delete the table's rows that have these values."""
    if keys.is_empty():
        return
    staged = _stage(connection, table, keys)
    connection.execute(table.delete().where(exists(select(1).where(_same(table, staged, keys.columns)))))
    staged.drop(connection)


def _stage(connection: Connection, table: Table, rows: pl.DataFrame) -> Table:
    """A temporary table with the rows; a failed transaction takes it along."""
    columns = [Column(name, table.c[name].type) for name in rows.columns]
    staged = Table(f"incoming_{table.name}", MetaData(), *columns, prefixes=["TEMPORARY"])
    staged.create(connection)
    db.insert_frame(connection, staged, rows)
    return staged


def _same(table: Table, staged: Table, key: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == staged.c[name] for name in key))
