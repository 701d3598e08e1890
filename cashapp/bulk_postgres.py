"""Rows in bulk into and out of PostgreSQL: COPY, in blocks of CSV that polars writes and reads.

One row of many that is put into an index where it falls, or looked up for a foreign key, costs several times what it costs where all are sorted
or joined at once. So where the rows are many beside their table, its indexes and constraints go before the statement and are made anew after it,
in the same transaction. Whoever reads waits for its end then; where somebody is reading already, they stay.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from itertools import islice
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import polars as pl
from sqlalchemy import ARRAY, any_, event, literal
from sqlalchemy.exc import DBAPIError, OperationalError

if TYPE_CHECKING:
    from psycopg import Copy
    from sqlalchemy import ColumnElement, Connection, Select

    Query: TypeAlias = Select[*tuple[object, ...]]

_Key = TypeVar("_Key", int, str)

MANY_FROM = 5_000
"""From so many rows on they are looked at as many: changes go over a table of their own, indexes may be made anew."""

MADE_ANEW_FROM = 4
"""Where one row in so many of the table is written, or more, its indexes and constraints are made anew."""

_AT_ONCE = 50_000
_IN_HAND = 4  # pieces that may wait for the thread that sends them
_SENT = "sent"  # those that it has begun or will begin, in the connection's own notes
_JOINED_AT_ONCE = "128MB"  # of the server's memory for changes beside their table: what does not fit is changed in no order, each page many times
_VACUUM_ENDS = "1500ms"  # longer than the second after which the server calls off a vacuum that is in the way
_READERS_END = "900ms"  # shorter than the second after which it ends one of two who wait for each other


def insert(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    """Add the frame's rows; its columns are the table's by name."""
    _finish(connection)
    with _made_anew(connection, table, frame.height, MADE_ANEW_FROM - 1):
        _copy_in(connection, table, frame)


def _copy_in(connection: Connection, table: str, frame: pl.DataFrame) -> None:
    with _copying(connection, f"COPY {table} ({', '.join(frame.columns)}) FROM STDIN (FORMAT csv, NULL '\\N')") as copy:
        for piece in frame.iter_slices(_AT_ONCE):
            copy.write(piece.write_csv(include_header=False, null_value="\\N", quote_style="non_numeric"))


class Loading:
    """Rows for tables that come in pieces; a thread sends each as it comes, while the caller makes the next."""

    def __init__(self, connection: Connection, until_the_end: ExitStack) -> None:
        self._connection, self._until_the_end = connection, until_the_end
        self._thread = until_the_end.enter_context(ThreadPoolExecutor(1, "sending"))
        self._begun: set[str] = set()
        self._part, self._left = 1, 1

    def expect(self, part: int, left: int) -> None:
        """What is added next comes of so many of those that are left, these included."""
        self._part, self._left = part, left

    def change(self, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str], done: Callable[[int], None]) -> None:
        """As `update` has it; `done` hears how many rows those were."""
        done(update(self._connection, table, key, changes, assignments))

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Rows of a table; how many the first piece that has any has, and what of it is left, tells whether they are many."""
        if frame.is_empty():
            return
        if table not in self._begun:
            expected = frame.height * self._left // self._part
            self._until_the_end.enter_context(_made_anew(self._connection, table, expected, MADE_ANEW_FROM - 1))
            self._begun.add(table)
        _finish(self._connection, at_most=_IN_HAND - 1)
        self._connection.info[_SENT].append(self._thread.submit(_copy_in, self._connection, table, frame))

    def complete(self) -> None:
        """What has come is sent already; what is added from now on comes whole."""
        self._part = self._left = 1


@contextmanager
def loading(connection: Connection, _keys: Mapping[str, str], _at: Callable[[int, int, str], None]) -> Iterator[Loading]:
    """What is added in the block is in its tables when it ends; nothing is left for its end but what is made anew. Whatever else is asked of the
    database in the block waits until what was added is there."""
    def finish(*_told: object) -> None:
        _finish(connection)

    event.listen(connection, "before_cursor_execute", finish)
    sent = connection.info.setdefault(_SENT, deque())
    try:
        with ExitStack() as until_the_end:
            yield Loading(connection, until_the_end)
            finish()
    finally:
        sent.clear()
        event.remove(connection, "before_cursor_execute", finish)


def _finish(connection: Connection, at_most: int = 0) -> None:
    """Wait until at most so many pieces are still to be sent; what went wrong with one is raised here."""
    sent: deque[Future[None]] = connection.info.get(_SENT, deque())
    while len(sent) > at_most:
        sent.popleft().result()


def update(connection: Connection, table: str, key: str, changes: pl.DataFrame, assignments: Mapping[str, str]) -> int:
    """Change the rows whose `key` stands in the frame: each column takes what is assigned to it, where the frame's columns are `d.column`. Returns
    how many rows those are."""
    settings = ", ".join(f"{column} = {value}" for column, value in assignments.items())
    types = ["bigint" if dtype == pl.Int64 else "text" for dtype in changes.dtypes]
    statement = f"UPDATE {table} SET {settings} FROM {{}} WHERE {table}.{key} = d.{key}"
    if changes.height < MANY_FROM:
        columns = ", ".join(f"%s::{name}[]" for name in types)
        told = statement.format(f"unnest({columns}) AS d({', '.join(changes.columns)})")
        return connection.exec_driver_sql(told, tuple(column.to_list() for column in changes)).rowcount
    with _made_anew(connection, table, changes.height, MADE_ANEW_FROM, of=list(assignments)):
        connection.exec_driver_sql(f"CREATE TEMPORARY TABLE d ({', '.join(map(' '.join, zip(changes.columns, types, strict=True)))})")
        _copy_in(connection, "d", changes)
        connection.exec_driver_sql("ANALYZE d")
        connection.exec_driver_sql(f"SET LOCAL work_mem = '{_JOINED_AT_ONCE}'")
        done = connection.exec_driver_sql(statement.format("d")).rowcount
        connection.exec_driver_sql("SET LOCAL work_mem TO DEFAULT")
        connection.exec_driver_sql("DROP TABLE d")
    return done


@contextmanager
def _made_anew(connection: Connection, table: str, rows: int, beside: int, of: Sequence[str] = ()) -> Iterator[None]:
    """In the block so many rows of the table are written: where it holds at most `beside` times as many, without its indexes and
    constraints, or those `of` some columns where no others change. A block within such a block finds none and makes none. The server is told what
    the table then holds: until its own daemon has looked, it would plan for the few rows of before."""
    held = f"SELECT count(*) FROM (SELECT FROM {table} LIMIT {beside * rows + 1}) AS held"
    apart = rows >= MANY_FROM and connection.exec_driver_sql(held).scalar_one() <= beside * rows and _alone(connection)
    made = [*_indexes(connection, table, of), *_constraints(connection, table, of)] if apart else []
    for take_away, _ in made:
        connection.exec_driver_sql(take_away)
    yield
    for _, make in made:
        connection.exec_driver_sql(make)
    if made:
        connection.exec_driver_sql(f"ANALYZE {table}")


def _alone(connection: Connection) -> bool:
    """Lock the books for this transaction alone; False where somebody is reading in them.

    All tables at once, also those that are written later: a reader of one that is free still may wait for one that is not, and the server
    would end that reader if the former were wanted then. A vacuum is called off first, while nobody has to wait.
    """
    tables = connection.exec_driver_sql("""SELECT string_agg(oid::regclass::text, ', ' ORDER BY relname) FROM pg_class
        WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND pg_has_role(relowner, 'USAGE')""").scalar_one()
    try:
        with connection.begin_nested():
            for setting, patience, mode in (("lock_timeout", _VACUUM_ENDS, "SHARE UPDATE EXCLUSIVE"), ("statement_timeout", _READERS_END, "ACCESS EXCLUSIVE")):
                connection.exec_driver_sql(f"SET LOCAL {setting} = '{patience}'")
                connection.exec_driver_sql(f"LOCK TABLE {tables} IN {mode} MODE")
                connection.exec_driver_sql(f"SET LOCAL {setting} TO DEFAULT")
    except OperationalError as refusal:
        if refusal.connection_invalidated:
            raise
        return False
    return True


def _indexes(connection: Connection, table: str, of: Sequence[str]) -> list[tuple[str, str]]:
    """The table's indexes, or those that depend on any of the columns, by a condition too: each as what takes it away and what makes it again. Those
    of its keys and constraints are part of the table itself."""
    query = """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
               WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
               AND (%s::text[] = '{}' OR EXISTS (
                   SELECT FROM pg_depend JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
                   WHERE classid = 'pg_class'::regclass AND objid = indexrelid AND refclassid = 'pg_class'::regclass AND attrelid = indrelid AND attname = ANY (%s)
               )) ORDER BY 1"""
    return [(f"DROP INDEX {name}", definition) for name, definition in connection.exec_driver_sql(query, (table, list(of), list(of)))]


def _constraints(connection: Connection, table: str, of: Sequence[str]) -> list[tuple[str, str]]:
    """What must be unique in the table, where nothing refers to it, and what the table refers to, or of these what has any of the columns; in the same form."""
    query = """SELECT quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint AS kept WHERE conrelid = %s::regclass AND (contype = 'f'
               OR contype = 'u' AND NOT EXISTS (SELECT FROM pg_constraint AS other WHERE other.contype = 'f' AND other.conindid = kept.conindid))
               AND (%s::text[] = '{}' OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey) AND attname = ANY (%s)))
               ORDER BY contype DESC, conname"""
    return [(f"ALTER TABLE {table} DROP CONSTRAINT {name}", f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            for name, definition in connection.exec_driver_sql(query, (table, list(of), list(of)))]


def among(key: ColumnElement[_Key], values: Sequence[_Key]) -> ColumnElement[bool]:
    """The condition that the key is one of the values: one parameter for all of them."""
    return key == any_(literal(list(values), ARRAY(key.type)))


def read(connection: Connection, query: Query, shape: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The query's rows; `shape` names and types its columns in their order."""
    _finish(connection)
    with _copying(connection, *_copy_out(connection, query)) as copy:
        return _frame(_joined(_lines(copy)), shape)


@contextmanager
def read_committed(connection: Connection, queries: Mapping[str, tuple[Query, Mapping[str, pl.DataType]]]) -> Iterator[dict[str, Callable[[], pl.DataFrame]]]:
    """What gives the rows of each query, by its name."""
    yield {name: partial(read, connection, *query) for name, query in queries.items()}


@contextmanager
def read_ahead(_connection: Connection, _queries: Mapping[str, tuple[Query, Mapping[str, pl.DataType]]]) -> Iterator[Callable[[Connection], dict[str, Callable[[], pl.DataFrame]]]]:
    """Gives nothing: no mark says that nobody has committed since."""
    yield lambda _later: {}


def read_blocks(connection: Connection, query: Query, shape: Mapping[str, pl.DataType], rows: int) -> Iterator[pl.DataFrame]:
    """The same, so many rows at a time, in memory flat in their number."""
    _finish(connection)
    with _copying(connection, *_copy_out(connection, query)) as copy:
        lines = _lines(copy)
        while block := _joined(islice(lines, rows)):
            yield _frame(block, shape)


def _copy_out(connection: Connection, query: Query) -> tuple[str, Mapping[str, object]]:
    compiled = query.compile(connection, compile_kwargs={"render_postcompile": True})
    return f"COPY ({compiled}) TO STDOUT (FORMAT csv)", compiled.params


def _lines(copy: Copy) -> Iterator[memoryview]:
    """What the server sends, a row at a time as the protocol has it. Taken from libpq as it lies there: psycopg's own road asks the socket again for each row."""
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    server = copy.connection.pgconn
    with DefaultSelector() as socket:
        socket.register(server.socket, EVENT_READ)
        while (told := server.get_copy_data(1))[0] >= 0:
            if told[0]:
                yield told[1]
            else:
                socket.select()
                server.consume_input()
    for result in [*iter(server.get_result, None)]:  # all of them, so that the connection takes the next statement
        if result.status != ExecStatus.COMMAND_OK:
            raise error_from_result(result)


def _joined(lines: Iterable[memoryview]) -> bytes:
    """The lines as one; none is kept by itself."""
    whole = BytesIO()
    for line in lines:
        whole.write(line)
    return whole.getvalue()


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
