"""Rows in bulk into and out of SQLite as whole columns: no Python object is made for a cell on the way.

In: ADBC writes a large frame into a file of its own beside the database; the file is attached, and one statement takes its
rows over inside the transaction that is open, with every check of the table. From there the file is only read, so that the
transaction stays one of one database; its name is gone at once, its content when the connection is given back. Out: one JSON
array for each column, or tuples in blocks.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import polars as pl
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.engine.interfaces import DBAPIConnection

    Query: TypeAlias = Select[*tuple[object, ...]]

_Key = TypeVar("_Key", int, str)

STAGED_FROM = 5_000
"""From so many rows on a frame takes the road over a file; below, its start costs more than it saves."""

_ATTACHED_MAX = 10  # SQLite's own limit; beyond it a frame goes in row by row
_AT_ONCE = 50_000


def insert(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    """Add the frame's rows; its columns are the table's by name."""
    columns = ", ".join(frame.columns)
    with _staged(connection, frame) as staged:
        if staged:
            connection.exec_driver_sql(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {staged}")
        else:
            _each(connection, f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * frame.width)})", frame)


def update(connection: Connection, table: str, key: str, changes: pl.DataFrame, assignments: str) -> None:
    """Change the rows whose `key` stands in the frame; the assignments name its columns as `d.column`."""
    with _staged(connection, changes) as staged:
        statement = f"UPDATE {table} SET {assignments} FROM {{}} AS d WHERE {table}.{key} = d.{key}"
        if staged:
            connection.exec_driver_sql(statement.format(staged))
        else:
            _each(connection, statement.format(f"(SELECT {', '.join(f'? AS {name}' for name in changes.columns)})"), changes)


def _each(connection: Connection, statement: str, frame: pl.DataFrame) -> None:
    for piece in _plain(frame).iter_slices(_AT_ONCE):
        connection.exec_driver_sql(statement, piece.rows())


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """As SQLite keeps it: integers and text, dates in ISO 8601, moments with a blank between date and time."""
    moment = pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S.%6f")
    return frame.with_columns(pl.col(pl.Date, pl.Null).cast(pl.String), moment, pl.col(pl.Boolean).cast(pl.Int8))


@contextmanager
def _staged(connection: Connection, frame: pl.DataFrame) -> Iterator[str | None]:
    """The name under which the frame's rows can be read in this transaction; None where it should go row by row."""
    attached: Sequence[tuple[int, str, str]] = connection.exec_driver_sql("PRAGMA database_list").all() if frame.height >= STAGED_FROM else ()
    count = sum(name not in {"main", "temp"} for _, name, _ in attached)
    database = next((file for _, name, file in attached if name == "main"), "")
    if not database or count == _ATTACHED_MAX:
        yield None
        return
    path = Path(f"{database}-staged")
    try:
        _write(connection, path, _plain(frame))
        connection.exec_driver_sql(f"ATTACH ? AS staged_{count}", (str(path),))
        yield f"staged_{count}.staged"
    finally:
        path.unlink(missing_ok=True)


def _write(connection: Connection, path: Path, frame: pl.DataFrame) -> None:
    from adbc_driver_manager import dbapi
    from adbc_driver_sqlite import dbapi as sqlite

    path.unlink(missing_ok=True)  # of a process that was killed: writers are alone
    try:
        with sqlite.connect(str(path), autocommit=True) as file, file.cursor() as cursor:
            for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN"):
                cursor.execute(statement)
            cursor.adbc_ingest("staged", frame)
            cursor.execute("COMMIT")
    except dbapi.Error as error:  # a full disk and the like, in the words that SQLAlchemy has for SQLite
        cause = sqlite3.OperationalError(str(error))
        raise DBAPIError.instance("staging rows", None, cause, sqlite3.Error, dialect=connection.dialect) from error


def release(connection: DBAPIConnection, _record: object) -> None:
    """Let go of the files that the last transaction read its rows from."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA database_list")
    for _, name, _ in cursor.fetchall():
        if name.startswith("staged_"):
            cursor.execute(f"DETACH {name}")
    cursor.close()


def among(key: ColumnElement[_Key], values: Sequence[_Key]) -> ColumnElement[bool]:
    """The condition that the key is one of the values: one parameter for all of them."""
    return key.in_(select(func.json_each(json.dumps(values)).table_valued("value").c.value))


def read(connection: Connection, query: Query, shape: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The query's rows; `shape` names and types its columns in their order."""
    names, arrays = ", ".join(f"c{n}" for n in range(len(shape))), ", ".join(f"json_group_array(c{n})" for n in range(len(shape)))
    statement, parameters = _compiled(connection, query)
    cursor = connection.connection.cursor()
    cursor.execute(f"WITH told({names}) AS ({statement}) SELECT {arrays} FROM told", parameters)
    texts = pl.DataFrame([cursor.fetchone()], schema=dict.fromkeys(shape, pl.String), orient="row")
    columns = [_typed(pl.col(name).str.json_decode(pl.List(_kept_as(dtype))).explode(), dtype) for name, dtype in shape.items()]
    return texts.select(columns)


def read_blocks(connection: Connection, query: Query, shape: Mapping[str, pl.DataType], rows: int) -> Iterator[pl.DataFrame]:
    """The same, so many rows at a time, in memory flat in their number."""
    cursor = connection.connection.cursor()
    cursor.execute(*_compiled(connection, query))
    while block := cursor.fetchmany(rows):
        plain = pl.DataFrame(block, schema={name: _kept_as(dtype) for name, dtype in shape.items()}, orient="row")
        yield plain.select(_typed(pl.col(name), dtype) for name, dtype in shape.items())


def _compiled(connection: Connection, query: Query) -> tuple[str, tuple[object, ...]]:
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    return str(compiled), tuple(_parameter(compiled.params[name]) for name in compiled.positiontup or ())


def _parameter(value: object) -> object:
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, dt.date) else value


def _kept_as(dtype: pl.DataType) -> pl.DataType:
    """The type in which SQLite gives a column of this one."""
    return pl.Int64() if dtype == pl.Boolean else pl.String() if isinstance(dtype, pl.Date | pl.Datetime) else dtype


def _typed(column: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    if dtype == pl.Date:
        return column.str.to_date("%Y-%m-%d")
    if dtype == pl.Datetime:
        return column.str.head(19).str.to_datetime("%Y-%m-%d %H:%M:%S")
    return column.cast(dtype)
