"""Rows in bulk into and out of SQLite.

In, as whole columns: ADBC writes large frames into a file of its own beside the database; the file is attached, and one statement for each table
takes its rows over inside the transaction that is open, with every check of the table. From there the file is only read, so that the
transaction stays one of one database; its name is gone at once, its content when the connection is given back. Rows that come in many pieces
stand in a few such files: one thread writes the next while another takes the last ones over and the caller makes the next pieces.

Out: tuples in blocks. ADBC must not open the database itself: it brings an SQLite of its own, and where two of them have one file open in one
process, the first that closes it lets go of the locks of both. So what is many and committed a process of its own reads, by ADBC, as whole columns.
"""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import re
import sqlite3
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import polars as pl
from sqlalchemy import event, func, select
from sqlalchemy.exc import DBAPIError

from cashapp.errors import CashappError

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Cursor
    from sqlalchemy import ColumnElement, Connection, Select
    from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
    from sqlalchemy.pool import ConnectionPoolEntry

    Query: TypeAlias = Select[*tuple[object, ...]]

_Key = TypeVar("_Key", int, str)

STAGED_FROM = 5_000
"""From so many rows on a frame takes the road over a file; below, its start costs more than it saves."""

ELSEWHERE_FROM = 200_000
"""From so many rows on another process reads what is committed; below, its start costs more than it saves."""

MADE_ANEW_FROM = 4
"""Where one statement writes one row in so many of the table, or more, the table's indexes are made anew."""

_ATTACHED_MAX = 10  # SQLite's own limit; one is kept for `loading`, beyond the others a frame goes in row by row
_FILES = "files"  # how many of them a transaction speaks for, in the connection's own notes
_WORKERS = "workers"  # those that may be at the books, likewise
_ITSELF = "itself"  # what tells a connection of SQLite's from all others, likewise
_HANDED_OVER_AT = (0.75, 0.5, 0.25, 0.1)  # of all that comes in pieces is left, when what has come is taken over
_AT_ONCE = 50_000
_IN_HAND = 7  # frames that may wait to be written: what is told and posted of one part of the receipts, and one more
_STAGED_PAGE = 65536  # the largest: what is staged is written and read from end to end
_SORTED_AT_ONCE = 4_096  # KiB
_READ_AT_ONCE = 1_000  # few enough to be in the processor's cache while they are turned into columns


def insert(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    """Add the frame's rows; its columns are the table's by name."""
    columns = ", ".join(frame.columns)
    with _staged(connection, frame) as staged:
        if staged:
            given = [column.name for column in frame if column.null_count() < frame.height]
            with _at_books(connection) as books:
                _taken_over(books, table, frame.height, f"INSERT INTO {table} ({columns}) {staged.rows}", given, staged.values)
        else:
            _each(connection, f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * frame.width)})", frame)


def update(connection: Connection, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str]) -> int:
    """Change the rows whose `key` stands in the frame: each column takes what is assigned to it, where the frame's columns are `d.column`. Returns
    how many rows those are."""
    with _staged(connection, changes) as staged:
        if not staged:
            return _change_each(connection, table, key, changes, assignments)
        with _at_books(connection) as books:
            return _taken_over(books, table, changes.height, _changing(table, key, assignments, staged.rows), assignments, staged.values, adds=False)


def _change_each(connection: Connection, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str]) -> int:
    return _each(connection, _changing(table, key, assignments, f"SELECT {', '.join(f'? AS {name}' for name in changes.columns)}"), changes)


def _changing(table: str, key: str, assignments: Mapping[str, str], changes: str) -> str:
    settings = ", ".join(f"{column} = {value}" for column, value in assignments.items())
    return f"UPDATE {table} SET {settings} FROM ({changes}) AS d WHERE {table}.{key} = d.{key}"


def _taken_over(books: DBAPICursor, table: str, rows: int, statement: str, columns: Collection[str], values: tuple[object, ...] = (), *, adds: bool = True) -> int:
    """Run the statement that adds so many rows to the table with something in these columns, or changes these columns of so many; returns how
    many it did."""
    apart = _taken_away(books, table, rows, columns, adds=adds)
    with _sorting(books):
        books.execute(statement, values)
        done = books.rowcount
        for definition in apart:
            books.execute(definition)
    return done


def _taken_away(books: DBAPICursor, table: str, rows: int, columns: Collection[str], *, adds: bool = True) -> list[str]:
    """The statements that make the indexes again which go before so many rows come.

    A row put into an index where it falls costs several times what it costs among all that are sorted at once. So where the rows are
    many beside the table, the indexes that they would change go before the statement and are made anew after it.
    """
    held_at_most = rows * (MADE_ANEW_FROM - 1 if adds else MADE_ANEW_FROM)
    books.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {held_at_most + 1})")
    ((held,),) = books.fetchall()
    told = _takes_from if adds else _names
    apart = {name: made for name, made in _indexes(books, table) if told(made, columns)} if held <= held_at_most else {}
    for name in apart:
        books.execute(f"DROP INDEX {name}")
    return list(apart.values())


@contextmanager
def _sorting(books: DBAPICursor) -> Iterator[None]:
    """In the block SQLite sorts in runs that fit into the processor's cache, one of them in a thread while the next is gathered.

    How long a run is follows from the pages that the database keeps, so that there are few of them meanwhile.
    """
    books.execute("PRAGMA main.cache_size")
    ((kept,),) = books.fetchall()
    books.execute(f"PRAGMA main.cache_size = -{_SORTED_AT_ONCE}")
    books.execute("PRAGMA threads = 1")
    try:
        yield
    finally:
        books.execute("PRAGMA threads = 0")
        books.execute(f"PRAGMA main.cache_size = {kept}")


def _make(books: DBAPICursor, indexes: Iterable[str]) -> None:
    """Run the statements that make indexes."""
    with _sorting(books):
        for statement in indexes:
            books.execute(statement)


def _indexes(books: DBAPICursor, table: str) -> Sequence[tuple[str, str]]:
    """The table's indexes by name, each with the statement that makes it; those of its keys and constraints are part of the table itself."""
    books.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name", (table,))
    return [(str(name), str(definition)) for name, definition in books.fetchall()]


def _names(definition: str, columns: Collection[str]) -> bool:
    """Whether an index stands on one of the columns."""
    return not set(columns).isdisjoint(re.findall(r"\w+", definition.partition("(")[2]))


def _takes_from(definition: str, columns: Collection[str]) -> bool:
    """Whether an index takes in rows that have something in these columns only."""
    where = re.search(r" WHERE (\w+) IS NOT NULL$", definition)
    return where is None or where[1] in columns


def _each(connection: Connection, statement: str, frame: pl.DataFrame) -> int:
    return sum(connection.exec_driver_sql(statement, piece.rows()).rowcount for piece in _plain(frame).iter_slices(_AT_ONCE))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """As SQLite keeps it: integers and text, dates in ISO 8601, moments with a blank between date and time."""
    moment = pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M:%S.%6f")
    return frame.with_columns(pl.col(pl.Date, pl.Null).cast(pl.String), moment, pl.col(pl.Boolean).cast(pl.Int8))


@contextmanager
def _staged(connection: Connection, frame: pl.DataFrame) -> Iterator[_Told | None]:
    """What selects the frame's rows in this transaction; None where they should go row by row."""
    if frame.height < STAGED_FROM:
        yield None
        return
    with closing(_Worker(connection)) as worker:
        file = _file(connection, worker, _ATTACHED_MAX - 1)
        if file:
            file.write("staged", frame)
            file.attach()
            worker.finish()
        yield file.told("staged", frame.columns) if file else None


@dataclass
class _Coming:
    """Rows of a table that come in pieces: what waits of them in memory, and what is known of all."""

    key: str
    first: pl.DataFrame  # without rows
    waiting: list[pl.DataFrame] = field(default_factory=list)
    count: int = 0
    given: set[str] = field(default_factory=set)  # columns with something in them
    last: object = None  # of the key's first column
    in_order: bool = True

    def add(self, frame: pl.DataFrame) -> None:
        self.waiting.append(frame)
        if frame.is_empty():
            return
        keys = frame[self.key.partition(",")[0]]
        self.in_order = self.in_order and keys.is_sorted() and (self.last is None or self.last <= keys[0])
        self.last = keys[-1]
        self.count += frame.height
        self.given |= {column.name for column in frame if column.null_count() < frame.height}

    def taken(self) -> pl.DataFrame:
        """What waits, which waits no longer."""
        whole = pl.concat([self.first, *self.waiting])
        self.waiting.clear()
        return whole


class Loading:
    """Rows for tables that come in pieces: kept until there are many, then in a file. A thread takes files over meanwhile, as long as rows come in
    the order of their keys, and makes changes; `taken_over` puts what is left into the tables and makes their indexes."""

    def __init__(self, connection: Connection, worker: _Worker, keys: Mapping[str, str]) -> None:
        self._connection, self._worker, self._keys = connection, worker, keys
        self._coming: dict[str, _Coming] = {}
        self._file: _File | None = None
        self._apart: dict[str, list[str]] = {}  # what makes the indexes again that went before the rows
        self._whole = self._left = 0

    def expect(self, _part: int, left: int) -> None:
        """What is added next comes of so many of those that are left, these included."""
        self._whole = self._whole or left
        if any(left <= mark * self._whole < self._left for mark in _HANDED_OVER_AT):
            self._hand_over(1 - left / self._whole)
        self._left = left

    def change(self, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str], done: Callable[[int], None]) -> None:
        """As `update` has it, soon; `done` hears how many rows those were."""
        file = _file(self._connection, self._worker, _ATTACHED_MAX - 1) if changes.height >= STAGED_FROM else None
        if not file:
            done(_change_each(self._connection, table, key, changes, assignments))
            return
        file.write("staged", changes)
        file.attach()
        told = file.told("staged", changes.columns)
        statement = _changing(table, key, assignments, told.rows)
        self._worker.books.do(lambda: done(_taken_over(self._worker.cursor, table, changes.height, statement, assignments, told.values, adds=False)))

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Rows of a table, in columns that are the same in each piece."""
        coming = self._coming.setdefault(table, _Coming(self._keys[table], frame.clear()))
        coming.add(frame)
        if sum(piece.height for piece in coming.waiting) >= STAGED_FROM:
            self._file = self._file or _file(self._connection, self._worker, _ATTACHED_MAX)
            if self._file:
                self._file.write(table, coming.taken())

    def _hand_over(self, share: float) -> None:
        """Let the thread take over what has come, which is this share of all; the indexes in its way go before, so that nothing has to wait for it."""
        if not self._file or _spoken_for(self._connection) > len(_HANDED_OVER_AT) + 1 or not all(rows.in_order for rows in self._coming.values()):
            return
        for table, rows in self._in_turn():
            if rows.count:
                self._take_away(table, round(rows.count / share))
        file, self._file = self._completed(self._file), None
        for table, _ in self._in_turn():
            if file.holds(table):
                self._worker.books.do(partial(self._worker.cursor.execute, *self._taking(file, table)))

    def complete(self) -> None:
        """Of the tables that rows came for no more will come: what came is taken over now, and its indexes are made, beside what the caller does."""
        self._hand_over(1)
        if self._file:  # it waits for the end, as rows that are few
            return
        self._worker.books.do(partial(_make, self._worker.cursor, [made for each in self._apart.values() for made in each]))
        self._apart.clear()

    def taken_over(self, at: Callable[[int, int, str], None]) -> None:
        """All rows that are left into their tables, one table after the other as the keys name them, in the order of the key: where a table is kept
        by its key, each page is then written once. `at` hears how many of how many rows are there, with their indexes."""
        done, total = 0, sum(rows.count for rows in self._coming.values())
        file = self._completed(self._file) if self._file else None
        self._worker.finish()
        for table, rows in self._in_turn():
            at(done, total, "rows")
            if rows.waiting:
                insert(self._connection, table, rows.taken())
            left = [self._taking(file, table)] if file and file.holds(table) else []
            if left:
                self._take_away(table, rows.count)
            if table in self._apart:
                with _at_books(self._connection) as books, _sorting(books):
                    for statement, values in left:
                        books.execute(statement, values)
                    for statement in self._apart[table]:
                        books.execute(statement)
            done += rows.count

    def _in_turn(self) -> list[tuple[str, _Coming]]:
        """The tables that rows came for, those that others refer to first."""
        return [(table, self._coming[table]) for table in self._keys if table in self._coming]

    def _completed(self, file: _File) -> _File:
        """The same file, which has all rows that wait and can be read from now on."""
        for table, rows in self._coming.items():
            if any(piece.height for piece in rows.waiting):
                file.write(table, rows.taken())
        file.attach()
        return file

    def _take_away(self, table: str, rows: int) -> None:
        """The table's indexes go where they are in the way of so many rows."""
        if table not in self._apart:
            with _at_books(self._connection) as books:
                self._apart[table] = _taken_away(books, table, rows, self._coming[table].given)

    def _taking(self, file: _File, table: str) -> tuple[str, tuple[object, ...]]:
        """The statement that takes the file's rows over into the table, and its values."""
        rows = self._coming[table]
        told, order = file.told(table, rows.first.columns), "" if rows.in_order else f" ORDER BY {rows.key}"
        return f"INSERT INTO {table} ({', '.join(rows.first.columns)}) {told.rows}{order}", told.values


@contextmanager
def loading(connection: Connection, keys: Mapping[str, str], at: Callable[[int, int, str], None]) -> Iterator[Loading]:
    """What is added in the block is in its tables when it ends; `keys` are the columns of each table's key, tables that others refer to first.
    Whatever else is asked of the database in the block waits until the thread has left the books."""
    def leave(*_told: object) -> None:
        _leave(connection)

    workers = connection.info.setdefault(_WORKERS, [])
    with closing(_Worker(connection)) as worker:
        workers.append(worker)
        event.listen(connection, "before_cursor_execute", leave)
        try:
            load = Loading(connection, worker, keys)
            yield load
            load.taken_over(at)
        finally:
            event.remove(connection, "before_cursor_execute", leave)
            workers.remove(worker)


def _leave(connection: Connection) -> None:
    """Wait until no thread is at the books. Of two that use one connection SQLite lets one at a time, but keeps one last error and one count of
    changed rows for both: who asks may be told the other's, and a refused statement pass for done."""
    for worker in connection.info.get(_WORKERS, ()):
        worker.books.finish()


@contextmanager
def _at_books(connection: Connection) -> Iterator[DBAPICursor]:
    """The database's own cursor, when no thread is at the books."""
    _leave(connection)
    with _errors(connection), closing(connection.connection.cursor()) as books:
        yield books


class _Worker:
    """Two threads beside the caller: `staging` writes files, by ADBC, `books` takes them over on the database's own connection, by `cursor`. A job
    of the second may wait for one of the first, never the other way round."""

    def __init__(self, connection: Connection) -> None:
        self.until_closed = ExitStack()
        self.database = _database(connection)
        self.cursor = connection.connection.cursor()
        self.staging, self.books = _Thread(connection, "staging"), _Thread(connection, "books")

    def finish(self) -> None:
        """Wait until all is done."""
        self.staging.finish()
        self.books.finish()

    def close(self) -> None:
        """What has not begun is not done any more."""
        self.staging.close()
        self.books.close()
        self.until_closed.close()
        self.cursor.close()


class _Thread:
    """Does one thing after the other, while the caller makes the next; ADBC and SQLite leave the interpreter to others.

    What goes wrong in it is raised where the caller waits for it.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._pool = ThreadPoolExecutor(1, name)
        self._waiting: deque[Future[object]] = deque()

    def do(self, job: Callable[[], object]) -> Future[object]:
        """Soon."""
        self._waiting.append(self._pool.submit(job))
        return self._waiting[-1]

    def finish(self, at_most: int = 0) -> None:
        """Wait until all is done, or at most so many jobs are left."""
        while len(self._waiting) > at_most:
            self._wait()

    def _wait(self) -> None:
        with _errors(self._connection):
            self._waiting.popleft().result()

    def close(self) -> None:
        """What has not begun is not done any more."""
        self._pool.shutdown(cancel_futures=True)


class _Told(NamedTuple):
    """A statement that selects rows of a file, and its values."""

    rows: str
    values: tuple[object, ...]


class _Part(NamedTuple):
    """Some rows for a table: where the file has them, and what is the same in all of them, which it has not."""

    name: str
    said: dict[str, object]


class _File:
    """A file beside the database that frames are written to, table by table, until it is attached. The worker does all of it."""

    def __init__(self, worker: _Worker, name: str) -> None:
        self._name = name  # under which its tables can be read in this transaction
        self._parts: dict[str, list[_Part]] = {}
        self._worker, self._path = worker, Path(f"{worker.database}-{name}")
        self._open = ExitStack()
        self._cursor: Cursor | None = None
        self._writing: list[Future[object]] = []
        worker.until_closed.callback(self._close)

    def write(self, table: str, frame: pl.DataFrame) -> None:
        """Add the frame's rows for a table, soon."""
        parts, same = self._parts.setdefault(table, []), _same(frame)
        if not parts:
            parts.append(_Part(table, same))
        elif not parts[-1].said.items() <= same.items():
            parts.append(_Part(f"{table}_{len(parts)}", {name: value for name, value in parts[-1].said.items() if (name, value) in same.items()}))
        self._worker.staging.finish(at_most=_IN_HAND - 1)
        self._writing.append(self._worker.staging.do(partial(self._write, parts[-1].name, frame.drop(parts[-1].said))))

    def holds(self, table: str) -> bool:
        """Whether there are rows for the table."""
        return table in self._parts

    def told(self, table: str, columns: Sequence[str]) -> _Told:
        """What selects these columns of the rows for the table, all that it has, once it is attached."""
        parts = self._parts[table]
        told = [f"SELECT {', '.join(f'? AS {name}' if name in said else name for name in columns)} FROM {self._name}.{part}" for part, said in parts]
        return _Told(" UNION ALL ".join(told), tuple(said[name] for _, said in parts for name in columns if name in said))

    def _write(self, table: str, frame: pl.DataFrame) -> None:
        if self._cursor is None:
            self._cursor = self._opened()
        for piece in frame.iter_slices(_AT_ONCE):
            self._cursor.adbc_ingest(table, _plain(piece), mode="create_append")

    def _opened(self) -> Cursor:
        from adbc_driver_sqlite import dbapi as sqlite

        file = self._open.enter_context(sqlite.connect(str(self._path), autocommit=True))
        cursor = self._open.enter_context(file.cursor())
        for statement in (f"PRAGMA page_size = {_STAGED_PAGE}", "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN"):
            cursor.execute(statement)
        return cursor

    def attach(self) -> None:
        """Let it be read, soon; nothing is written to it from then on, and its name goes."""
        self._writing.append(self._worker.staging.do(self._complete))
        self._worker.books.do(self._attach)

    def _complete(self) -> None:
        assert self._cursor, "nothing was written to it"
        with self._open:
            self._cursor.execute("COMMIT")

    def _attach(self) -> None:
        for part in self._writing:  # nothing is taken over of a file in which something is missing
            part.result()
        self._worker.cursor.execute(f"ATTACH ? AS {self._name}", (str(self._path),))
        self._path.unlink()

    def _close(self) -> None:
        self._open.close()
        self._path.unlink(missing_ok=True)


def _same(frame: pl.DataFrame) -> dict[str, object]:
    """What is one in all rows of a column, for each column behind the first."""
    first = _plain(frame.head(1)).row(0, named=True)
    return {column.name: first[column.name] for column in frame[:, 1:] if column[0] == column[-1] and column.eq_missing(column[0]).all()}


def _file(connection: Connection, worker: _Worker, at_most: int) -> _File | None:
    """A file to write rows to; None where the database is none, or `at_most` files are spoken for in this transaction."""
    count = _spoken_for(connection)
    if not worker.database or count >= at_most:
        return None
    if not count:
        for left in range(1, _ATTACHED_MAX + 1):  # by a process that was killed: writers are alone
            Path(f"{worker.database}-staged_{left}").unlink(missing_ok=True)
    connection.info[_FILES] = count + 1
    return _File(worker, f"staged_{count + 1}")


def _spoken_for(connection: Connection) -> int:
    """How many files this transaction has attached, or will attach."""
    return int(connection.info.get(_FILES, 0))


def _database(connection: Connection) -> str:
    """The path of the database, empty where it is in memory."""
    return next((file for _, name, file in connection.exec_driver_sql("PRAGMA database_list") if name == "main"), "")


@contextmanager
def _errors(connection: Connection) -> Iterator[None]:
    """ADBC's errors, a full disk and the like, in the words that SQLAlchemy has for SQLite; CashappError where the reading process was killed."""
    from adbc_driver_manager import dbapi

    try:
        yield
    except BrokenProcessPool as error:
        raise CashappError("the process that reads the books was ended from outside, as systems do that run out of memory – nothing was changed; "
                           "see that memory is free and run again") from error
    except (dbapi.Error, sqlite3.Error) as error:
        cause = error if isinstance(error, sqlite3.Error) else sqlite3.OperationalError(str(error))
        raise DBAPIError.instance("rows in bulk", None, cause, sqlite3.Error, dialect=connection.dialect) from error


def release(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
    """Let go of the files that the last transaction read its rows from."""
    record.info.pop(_FILES, None)
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
    return _joined(_blocks(connection, query, shape, _READ_AT_ONCE), shape)


def _joined(blocks: Iterable[list[pl.Series]], shape: Mapping[str, pl.DataType]) -> pl.DataFrame:
    parts = {name: [pl.Series(name, dtype=_kept_as(dtype))] for name, dtype in shape.items()}
    for block in blocks:
        for column in block:
            parts[column.name].append(column)
    whole = (pl.concat(parts.pop(name), rechunk=True) for name in shape)  # one column after the other, so that only one stands there twice
    return pl.DataFrame([_typed(column, shape[column.name]) for column in whole])


@contextmanager
def read_committed(connection: Connection, queries: Mapping[str, tuple[Query, Mapping[str, pl.DataType]]]) -> Iterator[dict[str, Callable[[], pl.DataFrame]]]:
    """What gives the rows of each query, by its name, as `read` does; where they are many without what this transaction has changed itself: they are
    read then while the block goes on. The files that they come in stand beside the database and are removed; those of a run that was killed, the next
    run writes over. Who takes the rows hears a CashappError where the reading process was killed."""
    if any(worker.database for worker in connection.info.get(_WORKERS, ())):
        yield {name: partial(_read_beside, connection, query, shape) for name, (query, shape) in queries.items()}
        return
    with _read_elsewhere(connection, queries, "read") as elsewhere:
        yield {name: partial(elsewhere[name], connection) if elsewhere else partial(read, connection, *query) for name, query in queries.items()}


@contextmanager
def read_ahead(connection: Connection, queries: Mapping[str, tuple[Query, Mapping[str, pl.DataType]]]) -> Iterator[Callable[[Connection], dict[str, Callable[[], pl.DataFrame]]]]:
    """The same before it is wanted: in the block it gives, in a transaction, what gives the rows of each query, nothing where another connection has
    committed since or the rows are few. `connection` is wanted at the beginning only."""
    before = _mark(connection)
    with _read_elsewhere(connection, queries, "read-ahead") as elsewhere:
        def told(later: Connection) -> dict[str, Callable[[], pl.DataFrame]]:
            return {name: partial(rows, later) for name, rows in elsewhere.items()} if _mark(later) == before else {}

        yield told


def _mark(connection: Connection) -> tuple[object, int]:
    """What stays the same on a connection of SQLite's until another one commits."""
    return connection.info.setdefault(_ITSELF, object()), connection.exec_driver_sql("PRAGMA data_version").scalar_one()


@contextmanager
def _read_elsewhere(connection: Connection, queries: Mapping[str, tuple[Query, Mapping[str, pl.DataType]]], how: str) -> Iterator[dict[str, Callable[[Connection], pl.DataFrame]]]:
    """Begin to read what is committed in a process that ends when it is through; in the block it gives what gives the rows of each query, nothing where
    they are few and nothing is begun. `how` they are read tells their files from others'."""
    database = _database(connection)
    if not database or not any(_are_many(connection, query) for query, _ in queries.values()):
        yield {}
        return
    files = {name: Path(f"{database}-{how}-{name}") for name in queries}
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _end_with_parent)
    with ExitStack() as stack:
        for file in files.values():
            stack.callback(file.unlink, missing_ok=True)  # when the process is through, which may still write one after an error
        with _errors(connection):
            written = {name: pool.submit(_write_out, database, _with_types(connection, *query), str(files[name])) for name, query in queries.items()}
        stack.callback(wait, written.values())
        pool.shutdown(wait=False)
        yield {name: partial(_read_in, written[name], files[name], shape) for name, (_, shape) in queries.items()}


def _read_beside(connection: Connection, query: Query, shape: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """What is committed, by a connection for this alone, while rows are loaded by the other."""
    database = next(worker.database for worker in connection.info[_WORKERS])
    with _errors(connection), closing(sqlite3.connect(database)) as beside:
        return _joined(_fetched(beside.execute(*_compiled(connection, query)), shape, _READ_AT_ONCE), shape)


def _are_many(connection: Connection, query: Query) -> bool:
    return connection.execute(select(func.count()).select_from(query.limit(ELSEWHERE_FROM).subquery())).scalar_one() == ELSEWHERE_FROM


def _with_types(connection: Connection, query: Query, shape: Mapping[str, pl.DataType]) -> str:
    """The statement with a row before all others from which ADBC, which goes by what it sees first, takes the columns' types."""
    first = ", ".join(f"{0 if _kept_as(dtype).is_integer() else repr('')} AS {name}" for name, dtype in shape.items())
    compiled = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
    return f"SELECT {first} UNION ALL SELECT * FROM ({compiled})"


def _end_with_parent() -> None:
    """Let this process end as soon as the one that started it does, however that ends: nobody else would take what it writes."""
    parent = multiprocessing.parent_process()
    assert parent, "this is the process that others are started from"
    Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _write_out(database: str, statement: str, file: str) -> None:
    """What the statement gives behind its first row, to an Arrow file: done in a process in which nothing else has the database open."""
    from adbc_driver_manager import dbapi
    from adbc_driver_sqlite import dbapi as sqlite

    try:
        with sqlite.connect(database, autocommit=True) as books, books.cursor() as cursor:
            cursor.execute("PRAGMA query_only = ON")
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_AT_ONCE)})
            cursor.execute(statement)
            pl.DataFrame(cursor.fetch_arrow()).slice(1).write_ipc(file)
    except dbapi.Error as error:
        raise sqlite3.OperationalError(str(error)) from None  # another process can be told this one


def _read_in(written: Future[None], file: Path, shape: Mapping[str, pl.DataType], connection: Connection) -> pl.DataFrame:
    with _errors(connection):
        written.result()
    frame = pl.read_ipc(file)
    file.unlink()
    return pl.DataFrame([_typed(frame[name], dtype) for name, dtype in shape.items()])


def read_blocks(connection: Connection, query: Query, shape: Mapping[str, pl.DataType], rows: int) -> Iterator[pl.DataFrame]:
    """The same, so many rows at a time, in memory flat in their number."""
    for block in _blocks(connection, query, shape, rows):
        yield pl.DataFrame([_typed(column, shape[column.name]) for column in block])


def _blocks(connection: Connection, query: Query, shape: Mapping[str, pl.DataType], rows: int) -> Iterator[list[pl.Series]]:
    """The rows as columns of what SQLite keeps, so many rows at a time."""
    cursor = connection.connection.cursor()
    _leave(connection)
    cursor.execute(*_compiled(connection, query))
    for block in _fetched(cursor, shape, rows):
        yield block
        _leave(connection)


def _fetched(cursor: DBAPICursor | sqlite3.Cursor, shape: Mapping[str, pl.DataType], rows: int) -> Iterator[list[pl.Series]]:
    kept = {name: _kept_as(dtype) for name, dtype in shape.items()}
    while block := cursor.fetchmany(rows):
        yield [pl.Series(name, cells, dtype) for (name, dtype), cells in zip(kept.items(), zip(*block, strict=True), strict=True)]


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


def _typed(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    if dtype == pl.Date:
        return column.str.to_date("%Y-%m-%d")
    if dtype == pl.Datetime:
        return column.str.head(19).str.to_datetime("%Y-%m-%d %H:%M:%S")
    return column.cast(dtype)
