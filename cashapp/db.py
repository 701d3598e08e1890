"""The database: opening it, one transaction at a time for writers, and the bulk roads in and out.

SQLite is embedded (WAL, foreign keys on); PostgreSQL is reached through psycopg. Rows in bulk go in through `insert_frame`
and come back through `frame`, `frames` and `committed`, each database by its own road (`bulk_sqlite`, `bulk_postgres`); small
reads and writes are plain SQLAlchemy Core.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar, TypeVarTuple

import polars as pl
from sqlalchemy import Connection, Engine, Select, Table, UnaryExpression, and_, create_engine, event, func, inspect, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.sql.operators import custom_op

from cashapp import bulk_postgres, bulk_sqlite, sqlite_log
from cashapp.errors import CashappError, UsageError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.sql.elements import ColumnElement

Shape: TypeAlias = Mapping[str, type[pl.DataType] | pl.DataType]
"""Columns of a frame, by name and type, in order."""

_Key = TypeVar("_Key", int, str)
_Columns = TypeVarTuple("_Columns")

HEAD = "0001"
"""The schema revision this program works with; `cashapp init` brings a database there."""

_WRITER = 0x63617368  # the key of the advisory lock that lets one writer at a time into PostgreSQL


def connect(url: str, at_once: int = 5) -> Engine:
    """An engine for the URL that keeps so many connections open; nothing is opened yet."""
    try:
        engine = create_engine(url, pool_size=at_once, max_overflow=at_once)
    except (ArgumentError, NoSuchModuleError) as error:
        raise UsageError(f"{url!r} is no database: {error} – sqlite:///path/cashapp.db or postgresql+psycopg://user@host/name") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "checkin", bulk_sqlite.release)
    return engine


def _open_sqlite(connection: DBAPIConnection, _record: object) -> None:
    """Writers begin with BEGIN IMMEDIATE (see `writing`), so pysqlite's own transaction handling is off. The size of pages is that of
    new databases. What is deleted is overwritten where its page is written anyway: some builds of SQLite would otherwise write every
    page of an index that is taken away."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("page_size = 16384", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 60000", "cache_size = -65536",
                   "secure_delete = FAST"):
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


def keeping_up(engine: Engine) -> AbstractContextManager[None]:
    """For a block that writes much: what is committed in it goes to its place in the database beside what the block does, all of it before the block ends."""
    return sqlite_log.keeping_up(engine) if engine.dialect.name == "sqlite" else nullcontext()


def let_go(connection: Connection) -> None:
    """Give the memory back that the connection keeps pages in: for when much else is done before it is asked again."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA shrink_memory")


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
    if frame.height:
        _bulk(connection).insert(connection, table.name, frame)


@contextmanager
def loading(connection: Connection, *tables: Table, at: Callable[[int, int, str], None] | None = None) -> Iterator[Loading]:
    """Rows of these tables that come in pieces: what is added in the block is in the tables when it ends, in the order of their keys. A table stands
    after those that it refers to. `at` hears meanwhile how many of how many rows are there, where they go in at the end."""
    with _bulk(connection).loading(connection, {table.name: ", ".join(table.primary_key.columns.keys()) for table in tables}, at or nobody) as load:
        yield load


def nobody(_done: int, _total: int, _of: str) -> None:
    """Hears nothing."""


def update_frame(connection: Connection, table: Table, key: str, changes: pl.DataFrame) -> None:
    """Set the other columns of the frame in the table's rows with its keys."""
    if changes.height:
        _bulk(connection).update(connection, table.name, key, changes, {name: f"d.{name}" for name in changes.columns if name != key})


def add_to_column(connection: Connection, load: Loading, table: Table, key: str, column: str, changes: pl.DataFrame, moved: Callable[[int], None], *,
                  at_zero: tuple[str, dt.date] | None = None) -> None:
    """`column += delta` for the rows named in `changes` (columns: the key, delta), soon, and before anything else is asked; `moved` hears how many of
    them there are.

    Further columns of `changes` are set where they say something. `at_zero` names a date column that takes the date in rows whose `column`
    becomes zero, and null in the others.
    """
    if changes.is_empty():
        return
    said = {name: f"coalesce(d.{name}, {table.name}.{name})" for name in changes.columns if name not in {key, "delta"}}
    stamp = {at_zero[0]: f"CASE WHEN {column} + d.delta = 0 THEN {_date_literal(connection, at_zero[1])} END"} if at_zero else {}
    load.change(table.name, key, changes, {column: f"{column} + d.delta"} | said | stamp, moved)


def _date_literal(connection: Connection, date: dt.date) -> str:
    return f"'{date.isoformat()}'" if connection.dialect.name == "sqlite" else f"'{date.isoformat()}'::date"


def frame(connection: Connection, query: Select[*tuple[object, ...]], schema: Shape) -> pl.DataFrame:
    """The query's rows as a frame; `schema` names and types its columns in their order."""
    return _bulk(connection).read(connection, query, _types(schema))


def committed(connection: Connection, **queries: tuple[Select[*tuple[object, ...]], Shape]) -> AbstractContextManager[dict[str, Callable[[], pl.DataFrame]]]:
    """What gives the rows of each query as a frame, as they are committed: what this transaction itself has changed may be missing. Many rows are read
    beside what is done in the block; blocks within each other name their queries differently."""
    return _bulk(connection).read_committed(connection, {name: (query, _types(schema)) for name, (query, schema) in queries.items()})


@contextmanager
def ahead(engine: Engine, **queries: tuple[Select[*tuple[object, ...]], Shape]) -> Iterator[Callable[[Connection], dict[str, Callable[[], pl.DataFrame]]]]:
    """The same before it is wanted: begins to read what is committed now. What it gives, asked in a transaction, gives the rows of each query, or nothing:
    where another connection may have committed since, and on PostgreSQL. What that transaction's own connection has committed since may be missing."""
    with ExitStack() as until_the_end:
        with reading(engine) as connection:
            told = until_the_end.enter_context(_bulk(connection).read_ahead(connection, {name: (query, _types(schema)) for name, (query, schema) in queries.items()}))
        yield told


def frames(connection: Connection, query: Select[*tuple[object, ...]], schema: Shape, rows: int = 10_000) -> Iterator[pl.DataFrame]:
    """The same in frames of so many rows, at least one, in memory flat in their number."""
    is_told = False
    for block in _bulk(connection).read_blocks(connection, query, _types(schema), rows):
        yield block
        is_told = True
    if not is_told:
        yield pl.DataFrame(schema=schema)


def frame_of(connection: Connection, query: Select[*tuple[object, ...]], key: ColumnElement[_Key], values: Sequence[_Key], schema: Shape) -> pl.DataFrame:
    """The query's rows whose key is one of the values, found by an index on it: for some rows among many."""
    return frame(connection, query.where(among(connection, key, values)), schema) if values else pl.DataFrame(schema=schema)


def among(connection: Connection, key: ColumnElement[_Key], values: Sequence[_Key]) -> ColumnElement[bool]:
    """The condition that the key is one of the values, however many."""
    return _bulk(connection).among(key, values)


def left(query: Select[*_Columns], without: Select[*tuple[object, ...]] | None, key: Sequence[ColumnElement[object]]) -> Select[*_Columns]:
    """The query's rows but those whose key is a row of `without`, if there is one. As NOT IN, PostgreSQL would go through a long list for each row, and SQLite
    where the key is of several columns; and SQLite would ask for it anew for each row, were it not told that it comes once."""
    if without is None:
        return query
    gone = without.cte("gone").prefix_with("MATERIALIZED")
    return query.outerjoin(gone, and_(*(column == mine for column, mine in zip(gone.c, key, strict=True)))).where(next(iter(gone.c)).is_(None))


def by_bytes(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    """The text column to be sorted as its bytes are, as polars does and whatever the language of the server."""
    return column.collate("BINARY" if connection.dialect.name == "sqlite" else "C")


def to_sort(connection: Connection, column: ColumnElement[dt.date]) -> ColumnElement[dt.date]:
    """The column to sort all rows of a table by. SQLite would read them in the order of an index on it, each from another page."""
    return UnaryExpression(column, operator=custom_op("+"), type_=column.type) if connection.dialect.name == "sqlite" else column


class Loading(Protocol):
    """Takes rows of tables, piece by piece."""

    def expect(self, part: int, left: int, /) -> None:
        """What is added next comes of so many (receipts, lines of a file) of those that are left, these included."""

    def add(self, table: str, frame: pl.DataFrame, /) -> None:
        """Rows of a table, by its name, in columns that are the same in each piece."""

    def complete(self) -> None:
        """Of the tables that rows came for no more will come; what is added from now on comes whole."""

    def change(self, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str], done: Callable[[int], None], /) -> None:
        """Change the rows with these keys, soon, and before anything else is asked; `done` hears how many there are."""


class _Bulk(Protocol):
    """A database's roads for many rows, in and out."""

    def among(self, key: ColumnElement[_Key], values: Sequence[_Key], /) -> ColumnElement[bool]:
        """The condition that the key is one of the values, however many."""

    def insert(self, connection: Connection, table: str, frame: pl.DataFrame, /) -> None:
        """Add the frame's rows."""

    def loading(self, connection: Connection, keys: Mapping[str, str], at: Callable[[int, int, str], None], /) -> AbstractContextManager[Loading]:
        """Takes rows of tables, each with the columns of its key."""

    def update(self, connection: Connection, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str], /) -> int:
        """Change the rows with these keys; returns how many there are."""

    def read(self, connection: Connection, query: Select[*tuple[object, ...]], shape: Mapping[str, pl.DataType], /) -> pl.DataFrame:
        """The query's rows."""

    def read_committed(
        self, connection: Connection, queries: Mapping[str, tuple[Select[*tuple[object, ...]], Mapping[str, pl.DataType]]], /,
    ) -> AbstractContextManager[dict[str, Callable[[], pl.DataFrame]]]:
        """What gives the rows of each query, as they are committed."""

    def read_ahead(
        self, connection: Connection, queries: Mapping[str, tuple[Select[*tuple[object, ...]], Mapping[str, pl.DataType]]], /,
    ) -> AbstractContextManager[Callable[[Connection], dict[str, Callable[[], pl.DataFrame]]]]:
        """Begins to read what is committed; gives what gives the rows of each query in a later transaction, or nothing where others may have changed them."""

    def read_blocks(self, connection: Connection, query: Select[*tuple[object, ...]], shape: Mapping[str, pl.DataType], rows: int, /) -> Iterator[pl.DataFrame]:
        """The query's rows, so many at a time."""


def _bulk(connection: Connection) -> _Bulk:
    return bulk_sqlite if connection.dialect.name == "sqlite" else bulk_postgres


def _types(schema: Shape) -> dict[str, pl.DataType]:
    return {name: dtype() if isinstance(dtype, type) else dtype for name, dtype in schema.items()}


def operating_error(error: Exception) -> str | None:
    """Words for a failure of the machine under us (full disk, read-only file, server gone); None for anything that is a bug."""
    if not isinstance(error, DBAPIError) or error.orig is None:
        return None
    if isinstance(error.orig, sqlite3.OperationalError):
        return f"the database cannot be used: {error.orig} – nothing was changed; check the disk and the file's permissions"
    if type(error.orig).__name__ in {"OperationalError", "DiskFull", "ReadOnlySqlTransaction", "InsufficientPrivilege"}:
        return f"the database cannot be used: {str(error.orig).strip().splitlines()[0]} – nothing was changed; check the server"
    return None


def opened(url: str, at_once: int = 5) -> Engine:
    """The engine of a database at `HEAD`: a new one is made ready, one of another revision is an error that says the remedy."""
    engine = connect(url, at_once)
    found = revision(engine)
    if found is None:
        migrate(engine)
    elif found != HEAD:
        raise CashappError(f"the database is at revision {found}, this program works with {HEAD} – run `cashapp init` to bring it up")
    return engine
