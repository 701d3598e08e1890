"""Rows in bulk into and out of PostgreSQL: COPY, in blocks of CSV that polars writes and reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import polars as pl
from sqlalchemy import ARRAY, any_, literal
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from psycopg import Copy
    from sqlalchemy import ColumnElement, Connection, Select

    Query: TypeAlias = Select[*tuple[object, ...]]

_Key = TypeVar("_Key", int, str)
_AT_ONCE = 50_000


def insert(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    """Add the frame's rows; its columns are the table's by name."""
    with _copying(connection, f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv, NULL '\\N')") as copy:
        for piece in frame.iter_slices(_AT_ONCE):
            copy.write(piece.write_csv(include_header=False, null_value="\\N", quote_style="non_numeric"))


class Loading:
    """Rows for tables that come in pieces; each goes in as it comes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Rows of a table."""
        insert(self._connection, table, frame)


@contextmanager
def loading(connection: Connection, _keys: Mapping[str, str]) -> Iterator[Loading]:
    """What is added in the block is in its tables when it ends."""
    yield Loading(connection)


def update(connection: Connection, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str]) -> int:
    """Change the rows whose `key` stands in the frame: each column takes what is assigned to it, where the frame's columns are `d.column`. Returns
    how many rows those are."""
    settings = ", ".join(f"{column} = {value}" for column, value in assignments.items())
    columns = ", ".join(f"%s::{'bigint' if dtype == pl.Int64 else 'text'}[]" for dtype in changes.dtypes)
    statement = f"UPDATE {table} SET {settings} FROM unnest({columns}) AS d({', '.join(changes.columns)}) WHERE {table}.{key} = d.{key}"
    return connection.exec_driver_sql(statement, tuple(column.to_list() for column in changes)).rowcount


def among(key: ColumnElement[_Key], values: Sequence[_Key]) -> ColumnElement[bool]:
    """The condition that the key is one of the values: one parameter for all of them."""
    return key == any_(literal(list(values), ARRAY(key.type)))


def read(connection: Connection, query: Query, shape: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The query's rows; `shape` names and types its columns in their order."""
    with _copying(connection, *_copy_out(connection, query)) as copy:
        return _frame(b"".join(copy), shape)


def read_blocks(connection: Connection, query: Query, shape: Mapping[str, pl.DataType], rows: int) -> Iterator[pl.DataFrame]:
    """The same, so many rows at a time, in memory flat in their number."""
    with _copying(connection, *_copy_out(connection, query)) as copy:
        lines = iter(copy)  # the protocol gives a row at a time
        while block := b"".join(islice(lines, rows)):
            yield _frame(block, shape)


def _copy_out(connection: Connection, query: Query) -> tuple[str, Mapping[str, object]]:
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    return f"COPY ({compiled}) TO STDOUT (FORMAT csv)", compiled.params


@contextmanager
def _copying(connection: Connection, statement: str, parameters: Mapping[str, object] | None = None) -> Iterator[Copy]:
    """COPY runs outside SQLAlchemy's execute: its errors are wrapped here as SQLAlchemy would."""
    import psycopg

    try:
        with connection.connection.cursor().copy(statement, parameters) as copy:
            yield copy
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error


def _frame(lines: bytes, shape: Mapping[str, pl.DataType]) -> pl.DataFrame:
    if not lines:
        return pl.DataFrame(schema=shape)
    told = {name: pl.String() if isinstance(dtype, pl.Boolean | pl.Datetime) else dtype for name, dtype in shape.items()}
    frame = pl.read_csv(lines, has_header=False, schema=told)
    return frame.select(_typed(name, dtype) for name, dtype in shape.items())


def _typed(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == pl.Boolean:
        return column == "t"
    return column.str.head(19).str.to_datetime("%Y-%m-%d %H:%M:%S") if dtype == pl.Datetime else column
