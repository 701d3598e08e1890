"""The database: opening it, one transaction at a time for writers, and the bulk roads in and out.

SQLite is embedded (WAL, foreign keys on); PostgreSQL is reached through psycopg. Rows in bulk go through `insert_frame`
(executemany on SQLite, COPY on PostgreSQL) and come back as frames through `frame`; small reads and writes are plain
SQLAlchemy Core.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

import polars as pl
from sqlalchemy import Connection, Engine, Select, Table, create_engine, event, func, inspect, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from cashapp.errors import CashappError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.sql.elements import ColumnElement

Shape: TypeAlias = Mapping[str, type[pl.DataType] | pl.DataType]
"""Columns of a frame, by name and type, in order."""

HEAD = "0001"
"""The schema revision this program works with; `cashapp init` brings a database there."""

_WRITER = 0x63617368  # the key of the advisory lock that lets one writer at a time into PostgreSQL


def connect(url: str) -> Engine:
    """An engine for the URL; nothing is opened yet."""
    try:
        engine = create_engine(url)
    except (ArgumentError, NoSuchModuleError) as error:
        raise UsageError(f"{url!r} is no database: {error} – sqlite:///path/cashapp.db or postgresql+psycopg://user@host/name") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
    return engine


def _open_sqlite(connection: DBAPIConnection, _record: object) -> None:
    """Writers begin with BEGIN IMMEDIATE (see `writing`), so pysqlite's own transaction handling is off."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 60000", "cache_size = -65536"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one consistent state and changes nothing."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, all of it or none of it, alone among writers."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITER})
        yield connection


def revision(engine: Engine) -> str | None:
    """The schema revision of the database, None where there is no schema yet."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(engine: Engine) -> None:
    """Bring the schema to `HEAD`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cashapp:migrations")
    with _without_foreign_keys(engine), writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)


@contextmanager
def _without_foreign_keys(engine: Engine) -> Iterator[None]:
    """SQLite remakes a table to change its constraints; the references to it hold again when the migration is through."""
    if engine.dialect.name != "sqlite":
        yield
        return

    def switch_off(connection: DBAPIConnection, _record: object) -> None:
        connection.cursor().execute("PRAGMA foreign_keys = OFF")

    engine.dispose()
    event.listen(engine, "connect", switch_off)
    yield
    event.remove(engine, "connect", switch_off)
    engine.dispose()


def next_id(connection: Connection, column: ColumnElement[int]) -> int:
    """The first free id; safe because writers are alone."""
    return (connection.execute(select(func.max(column))).scalar() or 0) + 1


def distinct(connection: Connection, column: ColumnElement[str], *conditions: ColumnElement[bool]) -> list[str]:
    """The column's values in order, without the empty one: one step in an index for each, however many rows there are.

    The index begins with the columns that `conditions` hold to one value, then has this one.
    """
    first = select(func.min(column).label("value")).where(*conditions, column > "").cte("walk", recursive=True)
    after = select(func.min(column)).where(*conditions, column > first.c.value).scalar_subquery()
    walk = first.union_all(select(after).where(first.c.value.is_not(None)))
    return [value for value in connection.execute(select(walk.c.value)).scalars() if value is not None]


def insert_frame(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """Add the frame's rows; its columns are the table's by name, columns it lacks take their server default."""
    if frame.is_empty():
        return
    if connection.dialect.name == "sqlite":
        _executemany(connection, table, frame)
    else:
        _copy(connection, table, frame)


_AT_ONCE = 100  # rows in one SQLite statement: a third faster than one by one


def _executemany(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    plain = frame.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S.%6f"), pl.col(pl.Boolean).cast(pl.Int8))
    row = f"({', '.join('?' * frame.width)})"
    for count, rows in _in_bundles(plain):
        statement = f"INSERT INTO {table.name} ({', '.join(frame.columns)}) VALUES {', '.join([row] * count)}"
        connection.exec_driver_sql(statement, rows)


def _in_bundles(frame: pl.DataFrame) -> Iterator[tuple[int, list[tuple[object, ...]]]]:
    """The frame's rows, `_AT_ONCE` chained into one tuple as far as they go, the rest one by one."""
    for piece in frame.iter_slices(_AT_ONCE * 500):
        rows = piece.rows()
        whole = len(rows) - len(rows) % _AT_ONCE
        for count, part in ((_AT_ONCE, rows[:whole]), (1, rows[whole:])):
            if part:
                yield count, [tuple(chain.from_iterable(part[n:n + count])) for n in range(0, len(part), count)]


def _copy(connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    import psycopg

    cursor = connection.connection.cursor()
    statement = f"COPY {table.name} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv, NULL '\\N')"
    try:
        with cursor.copy(statement) as copy:
            for piece in frame.iter_slices(50_000):
                copy.write(piece.write_csv(include_header=False, null_value="\\N", quote_style="non_numeric"))
    except psycopg.Error as error:  # outside SQLAlchemy's execute, so wrapped here as it would
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error


def add_to_column(connection: Connection, table: Table, key: str, column: str, changes: pl.DataFrame, *, at_zero: tuple[str, dt.date] | None = None) -> None:
    """`column += delta` for the rows named in `changes` (columns key, delta).

    `at_zero` names a date column that takes the date in rows whose `column` becomes zero, and null in the others.
    """
    if changes.is_empty():
        return
    stamp = f", {at_zero[0]} = CASE WHEN {column} + d.delta = 0 THEN {_date_literal(connection, at_zero[1])} END" if at_zero else ""
    update = f"UPDATE {table.name} SET {column} = {column} + d.delta{stamp}"
    if connection.dialect.name == "sqlite":
        for count, rows in _in_bundles(changes.select("key", "delta")):
            values = ", ".join(["(?, ?)"] * count)
            connection.exec_driver_sql(f"WITH d(key, delta) AS (VALUES {values}) {update} FROM d WHERE {table.name}.{key} = d.key", rows)
        return
    connection.exec_driver_sql(f"{update} FROM unnest(%s::bigint[], %s::bigint[]) AS d(key, delta) WHERE {table.name}.{key} = d.key",
                               (changes["key"].to_list(), changes["delta"].to_list()))


def _date_literal(connection: Connection, date: dt.date) -> str:
    return f"'{date.isoformat()}'" if connection.dialect.name == "sqlite" else f"'{date.isoformat()}'::date"


def frame(connection: Connection, query: Select[*tuple[object, ...]], schema: Shape) -> pl.DataFrame:
    """The query's rows as a frame; `schema` names and types its columns in their order."""
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    parameters: Sequence[object] | Mapping[str, object] = compiled.params
    if compiled.positional:
        parameters = tuple(_plain(compiled.params[name]) for name in compiled.positiontup or ())
    cursor = connection.connection.cursor()  # the driver's own: plain tuples, half the time of SQLAlchemy's rows
    cursor.execute(str(compiled), parameters)
    rows = cursor.fetchall()
    columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) if rows else [[] for _ in schema]
    return pl.DataFrame([_series(name, values, dtype) for (name, dtype), values in zip(schema.items(), columns, strict=True)])


def _plain(value: object) -> object:
    """A parameter as SQLite keeps it: dates in ISO 8601, moments with a blank between date and time."""
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, dt.date) else value


def _series(name: str, values: Sequence[object], dtype: type[pl.DataType] | pl.DataType) -> pl.Series:
    if dtype == pl.Date and any(isinstance(v, str) for v in values):
        return pl.Series(name, values, dtype=pl.String).str.to_date("%Y-%m-%d")
    if dtype == pl.Int64 and isinstance(next((v for v in values if v is not None), None), Decimal):  # PostgreSQL's sums of BIGINT
        return pl.Series(name, [None if v is None else int(str(v)) for v in values], dtype=pl.Int64)
    if dtype == pl.Boolean:
        return pl.Series(name, [None if v is None else bool(v) for v in values], dtype=pl.Boolean)
    if dtype == pl.Datetime:
        return pl.Series(name, [str(v)[:19] for v in values], dtype=pl.String).str.to_datetime("%Y-%m-%d %H:%M:%S")
    return pl.Series(name, values, dtype=dtype)


def operating_error(error: Exception) -> str | None:
    """Words for a failure of the machine under us (full disk, read-only file, server gone); None for anything that is a bug."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    if isinstance(error.orig, sqlite3.OperationalError):
        return f"the database cannot be used: {error.orig} – nothing was changed; check the disk and the file's permissions"
    if type(error.orig).__name__ in {"OperationalError", "DiskFull", "ReadOnlySqlTransaction", "InsufficientPrivilege"}:
        return f"the database cannot be used: {str(error.orig).strip().splitlines()[0]} – nothing was changed; check the server"
    return None


def opened(url: str) -> Engine:
    """The engine of a database at `HEAD`: a new one is made ready, one of another revision is an error that says the remedy."""
    engine = connect(url)
    found = revision(engine)
    if found is None:
        migrate(engine)
    elif found != HEAD:
        raise CashappError(f"the database is at revision {found}, this program works with {HEAD} – run `cashapp init` to bring it up")
    return engine
