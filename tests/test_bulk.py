"""Rows in bulk come back as they went in, by each road of each database; what fails leaves nothing behind."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    ForeignKey,
    Index,
    MetaData,
    Select,
    Table,
    Text,
    func,
    inspect,
    literal,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from cashapp import bulk_sqlite, db, schema, sqlite_log
from cashapp.bulk_postgres import MANY_FROM
from cashapp.bulk_sqlite import STAGED_FROM
from cashapp.errors import CashappError
from tests.databases import postgres_database

ODD_TEXTS = ("", None, 'a,"b"\n\\N;é😀', "\\N", "null", "'", "x\x01\x1fy", " lead", "123", "true", "[]", "%s %(a)s", "\r\n")
SHAPE = {"k": pl.Int64(), "words": pl.String(), "day": pl.Date(), "at": pl.Datetime(), "flag": pl.Boolean(), "n": pl.Int64()}
THINGS = Table("things", MetaData(), Column("k", BigInteger, primary_key=True), Column("words", Text), Column("day", Date), Column("at", DateTime),
               Column("flag", Boolean), Column("n", BigInteger))


def things(rows: int, first: int = 0) -> pl.DataFrame:
    """Rows with everything a cell can hold."""
    def told(*cells: object) -> list[object]:
        return [cells[number % len(cells)] for number in range(rows)]

    columns = (range(first, first + rows), told(*ODD_TEXTS), told(dt.date(2026, 1, 2), None), told(dt.datetime(2026, 1, 2, 3, 4, 5), None),
               told(True, False, None), told(2**63 - 1, -2**63, None, 0))
    return pl.DataFrame(dict(zip(SHAPE, columns, strict=True)), schema=SHAPE)


@pytest.fixture
def engine(engine: Engine) -> Engine:
    """Books with a table of things."""
    with db.writing(engine) as connection:
        THINGS.create(connection)
    return engine


@pytest.mark.parametrize("rows", [1, 30, STAGED_FROM + 30])
def test_rows_come_back_in_order_and_alike(engine: Engine, rows: int) -> None:
    given = things(rows)
    with db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, given)
        back = db.frame(connection, select(THINGS).order_by(THINGS.c.k.desc()), SHAPE)
    assert back.reverse().equals(given)
    with db.reading(engine) as connection:
        parts = list(db.frames(connection, select(THINGS).order_by(THINGS.c.k), SHAPE, 7))
        chosen = db.frame(connection, select(THINGS).where(THINGS.c.words == "%s %(a)s", THINGS.c.day == dt.date(2026, 1, 2)), SHAPE)
    assert [part.height for part in parts] == [7] * (rows // 7) + [rows % 7] * (rows % 7 > 0)
    assert pl.concat(parts).equals(given)
    assert chosen.sort("k").equals(given.filter((pl.col("words") == "%s %(a)s") & pl.col("day").is_not_null()))


def test_what_is_committed_comes_from_another_process_where_it_is_much(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    given, day = things(200), THINGS.c.day == dt.date(2026, 1, 2)
    with db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, given)
    with db.writing(engine) as connection:
        connection.execute(THINGS.delete().where(THINGS.c.k == 0))
        monkeypatch.setattr(bulk_sqlite, "ELSEWHERE_FROM", 101)
        with db.committed(connection, few=(select(THINGS).where(day), SHAPE)) as told:
            few = told["few"]()
        with (db.committed(connection, every=(select(THINGS).order_by(THINGS.c.k), SHAPE)) as outer,
              db.committed(connection, some=(select(THINGS).where(day), SHAPE), again=(select(THINGS).order_by(THINGS.c.k), SHAPE)) as inner):
            again, some, every = inner["again"](), inner["some"](), outer["every"]()
    there = given if engine.dialect.name == "sqlite" else given[1:]  # on PostgreSQL the transaction reads itself
    assert few["k"].to_list() == list(range(2, 200, 2))
    assert every.equals(there)
    assert again.equals(there)
    assert some.sort("k").equals(there.filter(pl.col("day").is_not_null()))


def committed(connection: Connection, query: Select[*tuple[object, ...]], shape: db.Shape) -> pl.DataFrame:
    """The query's rows as they are committed."""
    with db.committed(connection, rows=(query, shape)) as told:
        return told["rows"]()


def test_what_cannot_be_read_in_the_other_process_is_told_here(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_sqlite, "ELSEWHERE_FROM", 1)
    with db.writing(engine) as connection:
        connection.exec_driver_sql("CREATE TABLE fresh (k BIGINT)")
        connection.exec_driver_sql("INSERT INTO fresh VALUES (1)")
        fresh = Table("fresh", MetaData(), Column("k", BigInteger))
        if engine.dialect.name == "sqlite":
            with pytest.raises(OperationalError, match="no such table: fresh"):
                committed(connection, select(fresh), {"k": pl.Int64})
        else:
            assert committed(connection, select(fresh), {"k": pl.Int64})["k"].to_list() == [1]


COUNTING = select(literal(0).label("k")).cte("counting", recursive=True)
NUMBERS = COUNTING.union_all(select(COUNTING.c.k + 1))
ENDLESS = select(NUMBERS.c.k).where(NUMBERS.c.k == 0)
"""A query that has one row at once and looks for another without end."""


def test_a_killed_reader_ends_the_run_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_sqlite, "ELSEWHERE_FROM", 1)
    engine = books_of_things(tmp_path)
    with ThreadPoolExecutor(1) as pool, db.writing(engine) as connection:
        killed = pool.submit(kill_first_child)
        with (pytest.raises(CashappError, match=r"was ended from outside.* – nothing was changed; .*run again"),
              db.committed(connection, things=(select(THINGS), SHAPE), endless=(ENDLESS, {"k": pl.Int64})) as told):
            told["things"](), told["endless"]()
        assert killed.result()
    assert not list(tmp_path.glob("*-read*"))


def kill_first_child() -> int:
    """The process that was killed, once there was one."""
    while not (children := multiprocessing.active_children()):
        time.sleep(0.01)
    time.sleep(1)  # it may have begun to read
    children[0].kill()
    return children[0].pid or 0


def test_a_killed_run_leaves_no_reader_behind_and_its_files_are_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = books_of_things(tmp_path)
    (tmp_path / "books.db-read-rows").write_text("of a run that was killed")
    with subprocess.Popen([sys.executable, "-c", READING, str(engine.url)], stdout=subprocess.PIPE) as run:
        assert run.stdout
        assert run.stdout.readline() == b"reading\n"
        run.kill()
        assert run.communicate(timeout=60)[0] == b""  # ends when nobody is left who could write there
    monkeypatch.setattr(bulk_sqlite, "ELSEWHERE_FROM", 1)
    with db.reading(engine) as connection:
        assert committed(connection, select(THINGS).order_by(THINGS.c.k), SHAPE).equals(things(200))
    assert not list(tmp_path.glob("*-read*"))


READING = """
import sys, threading, time, multiprocessing
import polars as pl
from cashapp import bulk_sqlite, db, schema, sqlite_log
from tests.test_bulk import ENDLESS, committed

def tell():
    while not multiprocessing.active_children():
        time.sleep(0.01)
    time.sleep(1)
    print("reading", flush=True)

if __name__ == "__main__":
    bulk_sqlite.ELSEWHERE_FROM = 1
    threading.Thread(target=tell).start()
    with db.reading(db.connect(sys.argv[1])) as connection:
        committed(connection, ENDLESS, {"k": pl.Int64})
"""


def books_of_things(folder: Path) -> Engine:
    """Books in a file with 200 things."""
    engine = db.opened(f"sqlite:///{folder / 'books.db'}")
    with db.writing(engine) as connection:
        THINGS.create(connection)
        db.insert_frame(connection, THINGS, things(200))
    return engine


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))  # PostgreSQL keeps no NUL


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=st.lists(st.tuples(st.none() | TEXTS, st.none() | st.dates(), st.none() | st.integers(-2**63, 2**63 - 1)), min_size=1))
@example(cells=[("", None, 0), (None, dt.date.max, None), ('\U0010ffff\r\n","', dt.date.min, -2**63)])
def test_any_cell_comes_back(engine: Engine, cells: list[tuple[str | None, dt.date | None, int | None]]) -> None:
    shape = {name: SHAPE[name] for name in ("words", "day", "n")}
    things = pl.DataFrame(cells, schema=shape, orient="row").with_row_index("k").with_columns(pl.col("k").cast(pl.Int64))
    with db.writing(engine) as connection:
        connection.execute(THINGS.delete())
        db.insert_frame(connection, THINGS, things)
        query = select(*(THINGS.c[name] for name in things.columns)).order_by(THINGS.c.k)
        assert db.frame(connection, query, things.schema).equals(things)
        assert pl.concat(db.frames(connection, query, things.schema, 2)).equals(things)


def test_no_row_is_an_empty_frame(engine: Engine) -> None:
    with db.reading(engine) as connection:
        assert db.frame(connection, select(THINGS), SHAPE).equals(pl.DataFrame(schema=SHAPE))
        assert [frame.equals(pl.DataFrame(schema=SHAPE)) for frame in db.frames(connection, select(THINGS), SHAPE)] == [True]


def test_rows_are_found_by_many_keys(engine: Engine) -> None:
    with db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, things(STAGED_FROM))
        every_other = [*range(0, STAGED_FROM, 2), -1]
        found = db.frame_of(connection, select(THINGS.c.k), THINGS.c.k, every_other, {"k": pl.Int64})
        said = db.frame_of(connection, select(THINGS.c.k).where(THINGS.c.k < 20), THINGS.c.words, ['a,"b"\n\\N;é😀', "null", "{}"], {"k": pl.Int64})
        none = db.frame_of(connection, select(THINGS.c.k), THINGS.c.k, [], {"k": pl.Int64})
    assert sorted(found["k"]) == every_other[:-1]
    assert sorted(said["k"]) == [2, 4, 15, 17]
    assert none.is_empty()


def add(connection: Connection, changes: pl.DataFrame, at_zero: tuple[str, dt.date] | None = ("day", dt.date(2026, 3, 4))) -> int:
    """Adds to `n` of things; returns of how many."""
    moved: list[int] = []
    with db.loading(connection) as load:
        db.add_to_column(connection, load, THINGS, "k", "n", changes, moved.append, at_zero=at_zero)
    return moved[0]


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
def test_only_the_named_rows_change(engine: Engine, rows: int) -> None:
    with db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, things(rows))
        db.update_frame(connection, THINGS, "k", pl.DataFrame({"k": range(1, rows), "words": ["new"] * (rows - 1)}))
        assert add(connection, pl.DataFrame({"k": [2, 1], "delta": [5, 2**63 - 1]})) == 2
        back = db.frame(connection, select(THINGS).order_by(THINGS.c.k), SHAPE)
    assert set(back["words"][1:]) == {"new"}
    assert back["words"][0] == ""
    assert back["n"][1] == -1
    assert back["day"][1] is None


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
def test_what_is_said_beside_a_balance_is_set(engine: Engine, rows: int) -> None:
    changes = pl.DataFrame({"k": range(rows), "delta": [0, 5, *[0] * (rows - 2)], "words": ["new", None, *["new"] * (rows - 2)]})
    with db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, things(rows).with_columns(pl.lit("old").alias("words"), pl.lit(7).alias("n")))
        assert add(connection, changes, at_zero=None) == rows
        back = db.frame(connection, select(THINGS).order_by(THINGS.c.k), SHAPE)
    assert list(back["words"]) == ["new", "old", *["new"] * (rows - 2)]
    assert list(back["n"]) == [7, 12, *[7] * (rows - 2)]


def test_a_balance_at_zero_is_stamped(engine: Engine) -> None:
    with db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, things(4))
        add(connection, pl.DataFrame({"k": [0], "delta": [1 - 2**63]}))
        assert connection.execute(select(THINGS.c.n, THINGS.c.day).where(THINGS.c.k == 0)).one() == (0, dt.date(2026, 3, 4))


@pytest.mark.parametrize("row", range(len(ODD_TEXTS)))
def test_what_all_rows_share_is_in_each_of_them(engine: Engine, row: int) -> None:
    alike = pl.DataFrame({"k": range(STAGED_FROM)}).join(things(len(ODD_TEXTS))[row].drop("k"), how="cross").select(list(SHAPE))
    with db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, alike)
        back = db.frame(connection, select(THINGS).order_by(THINGS.c.k), SHAPE)
    assert back.equals(alike)


def test_more_large_frames_in_one_transaction_than_files_can_be_attached(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for number in range(12):
            db.insert_frame(connection, THINGS, things(STAGED_FROM, number * STAGED_FROM))
    with db.writing(engine) as connection:  # and again on the same connection of the pool
        db.insert_frame(connection, THINGS, things(STAGED_FROM, 12 * STAGED_FROM))
        assert connection.execute(select(func.count()).select_from(THINGS)).scalar_one() == 13 * STAGED_FROM


@pytest.mark.parametrize("rows", [1, STAGED_FROM - 1, STAGED_FROM + 1])
def test_what_came_in_pieces_is_there_when_the_block_ends(engine: Engine, rows: int) -> None:
    with db.writing(engine) as connection:
        with db.loading(connection, THINGS) as load:
            for number in (2, 0, 1):
                load.add(THINGS.name, things(rows, number * rows))
            db.update_frame(connection, THINGS, "k", things(STAGED_FROM, -STAGED_FROM).select("k", "words"))  # another large frame meanwhile
        back = db.frame(connection, select(THINGS).order_by(THINGS.c.k), SHAPE)
    assert back.equals(pl.concat([things(rows, number * rows) for number in range(3)]))


def test_few_rows_are_there_before_many_that_refer_to_them(tmp_path: Path) -> None:
    heads = Table("heads", MetaData(), Column("k", BigInteger, primary_key=True))
    legs = Table("legs", heads.metadata, Column("k", BigInteger, primary_key=True), Column("head", BigInteger, ForeignKey("heads.k"), nullable=False))
    told: list[tuple[int, int, str]] = []
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    with db.writing(engine) as connection:
        heads.metadata.create_all(connection)
        with db.loading(connection, heads, legs, at=lambda *heard: told.append(heard)) as load:
            load.add("legs", pl.DataFrame({"k": range(STAGED_FROM), "head": 1}))
            load.add("heads", pl.DataFrame({"k": [1, 2]}))
        found = connection.execute(select(func.count()).select_from(legs)).scalar_one()
    engine.dispose()
    assert found == STAGED_FROM
    assert told == [(0, STAGED_FROM + 2, "rows"), (2, STAGED_FROM + 2, "rows")]


@pytest.mark.parametrize("rows", [pl.DataFrame({"k": range(STAGED_FROM)}), pl.DataFrame({"k": [1] * STAGED_FROM})], ids=["taken", "refused"])
def test_a_connection_sorts_and_keeps_pages_as_before(tmp_path: Path, rows: pl.DataFrame) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    with db.writing(engine) as connection:
        THINGS.create(connection)
    with engine.connect() as connection:
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("cache_size", "threads")]
        with suppress(IntegrityError):
            db.insert_frame(connection, THINGS, rows)
        assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("cache_size", "threads")] == settings
    engine.dispose()


def files_beside(folder: Path) -> list[str]:
    """The files that rows are written to, which are gone when the engine is."""
    return [path.name for path in folder.iterdir() if "-staged" in path.name]


def test_a_piece_that_is_refused_leaves_none_and_no_file(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError), db.writing(engine) as connection, db.loading(connection, THINGS) as load:
        load.add(THINGS.name, pl.concat([things(STAGED_FROM)] * 2))
    with db.reading(engine) as connection:
        assert connection.execute(select(THINGS)).first() is None
    engine.dispose()
    assert files_beside(tmp_path) == []


def test_what_goes_wrong_while_rows_are_written_beside_is_told(tmp_path: Path) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    odd = things(STAGED_FROM).with_columns(pl.duration(days="k").alias("words"))  # which SQLite has no type for
    with pytest.raises(OperationalError, match="unsupported type duration"), db.writing(engine) as connection, db.loading(connection, THINGS) as load:
        load.add(THINGS.name, odd)
    engine.dispose()
    assert files_beside(tmp_path) == []


def test_who_asks_while_rows_are_taken_over_hears_why_they_could_not_be_written(tmp_path: Path) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    with db.writing(engine) as connection:
        THINGS.create(connection)

    def write() -> None:
        with db.writing(engine) as connection, db.loading(connection, THINGS) as load:
            for left in (4, 3):
                load.expect(1, left)
                load.add(THINGS.name, things(STAGED_FROM, -left * STAGED_FROM).with_columns(pl.duration(days="k").alias("words")))
            load.complete()
            connection.execute(select(THINGS.c.k)).first()
            pytest.fail("the error was not heard")

    with pytest.raises(OperationalError, match="unsupported type duration"):
        write()
    engine.dispose()
    assert files_beside(tmp_path) == []


@pytest.mark.parametrize("added", ["n", "m"])
def test_an_index_that_takes_in_nothing_of_what_is_added_stays(tmp_path: Path, added: str) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    partial = Table("partial", MetaData(), Column("k", BigInteger, primary_key=True), Column("n", BigInteger), Column("m", BigInteger),
                    Index("ix_partial_n", "n", sqlite_where=Column("n").is_not(None)))
    made = "SELECT rowid FROM sqlite_master WHERE name = 'ix_partial_n'"
    with db.writing(engine) as connection:
        partial.create(connection)
        connection.exec_driver_sql("CREATE TABLE later (n)")  # an index that is made again comes after it
        before = connection.exec_driver_sql(made).scalar_one()
        db.insert_frame(connection, partial, pl.DataFrame({"k": range(STAGED_FROM), "n": None, "m": None}).with_columns(pl.lit(7).alias(added)))
        assert (connection.exec_driver_sql(made).scalar_one() != before) == (added == "n")
        found = connection.execute(select(func.count()).select_from(partial).where(partial.c.n == 7)).scalar_one()
    engine.dispose()
    assert found == (STAGED_FROM if added == "n" else 0)


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
def test_a_refused_row_leaves_none_and_no_file(engine: Engine, rows: int, tmp_path: Path) -> None:
    twice = things(rows).with_columns(pl.when(pl.col("k") == rows - 1).then(0).otherwise("k").alias("k"))
    with pytest.raises(IntegrityError), db.writing(engine) as connection:
        db.insert_frame(connection, THINGS, twice)
    with db.reading(engine) as connection:
        assert connection.execute(select(THINGS)).first() is None
    engine.dispose()
    assert files_beside(tmp_path) == []


def test_a_file_that_a_killed_process_left_is_no_hindrance(tmp_path: Path) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    (tmp_path / "books.db-staged_1").write_bytes(b"half a file")
    (tmp_path / "books.db-staged_7").write_bytes(b"half another")
    with db.writing(engine) as connection:
        THINGS.create(connection)
        db.insert_frame(connection, THINGS, things(STAGED_FROM))
    engine.dispose()
    assert files_beside(tmp_path) == []


KEPT = MetaData()
HOLDER = Table("holder", KEPT, Column("m", BigInteger, primary_key=True))
KEYED = Table("keyed", KEPT, Column("k", BigInteger, primary_key=True), Column("n", BigInteger), Column("m", BigInteger, ForeignKey("holder.m")),
              Index("ix_keyed_n", "n", unique=True), Index("ix_keyed_m", "m", sqlite_where=Column("n") > 5, postgresql_where=Column("n") > 5))
ASIDE = Table("aside", KEPT, Column("k", BigInteger, primary_key=True), Column("n", BigInteger, unique=True), Column("m", BigInteger, unique=True),
              Column("of", BigInteger, ForeignKey("aside.m")))


@pytest.fixture
def keyed(engine: Engine) -> Engine:
    """Books with a table that has indexes and refers to another, and a row in it."""
    with db.writing(engine) as connection:
        hold(connection)
        db.insert_frame(connection, KEYED, pl.DataFrame({"k": [-1], "n": [-1], "m": [-1]}))
    return engine


def hold(connection: Connection) -> None:
    """Make the tables; what the rows refer to are -1 and 0."""
    KEPT.create_all(connection)
    db.insert_frame(connection, HOLDER, pl.DataFrame({"m": [-1, 0]}))


def indexes(engine: Engine) -> list[object]:
    """The table's indexes and what it refers to."""
    told = inspect(engine)
    return [*sorted((index["name"], index["unique"], index["column_names"]) for index in told.get_indexes("keyed")),
            *((key["constrained_columns"], key["referred_table"]) for key in told.get_foreign_keys("keyed"))]


def test_what_is_committed_is_moved_into_the_database_beside_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_log, "_KEPT_UP_EVERY", 0.01)
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    with db.keeping_up(engine):
        with db.writing(engine) as connection:
            KEPT.create_all(connection)
            db.insert_frame(connection, HOLDER, pl.DataFrame({"m": [7]}))
        until = time.monotonic() + 20
        while not (moved := _in_the_database_itself(tmp_path)) and time.monotonic() < until:
            time.sleep(0.01)
        assert moved


def test_who_commits_in_the_block_moves_nothing_and_all_is_moved_when_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_log, "_KEPT_UP_EVERY", 3600)
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    with db.reading(engine) as standing:  # the last that closes the database would move all
        moved_from = standing.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar()
        with db.keeping_up(engine):
            with db.writing(engine) as connection:
                KEPT.create_all(connection)
                db.insert_frame(connection, HOLDER, pl.DataFrame({"m": range(200_000)}))
            assert not _in_the_database_itself(tmp_path)
    assert _in_the_database_itself(tmp_path)
    with db.writing(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar() == moved_from == 1000


def _in_the_database_itself(folder: Path) -> bool:
    """Whether the rows are where they are without the log."""
    alone = folder / "alone.db"
    subprocess.run(["cp", folder / "books.db", alone], check=True)  # this process must not open it beside SQLite
    with closing(sqlite3.connect(alone)) as books, suppress(sqlite3.DatabaseError):  # read while pages come, it may be broken
        return bool(books.execute("SELECT count(*) FROM holder").fetchone()[0])
    return False


@pytest.mark.parametrize(("held", "anew"), [(3 * STAGED_FROM, True), (3 * STAGED_FROM + 1, False)])
def test_in_a_large_table_the_indexes_stay(tmp_path: Path, held: int, anew: bool) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    made = "SELECT rowid FROM sqlite_master WHERE type = 'index' AND name = 'ix_keyed_m'"
    with db.writing(engine) as connection:
        hold(connection)
        db.insert_frame(connection, KEYED, backwards(held))
        connection.exec_driver_sql("CREATE TABLE later (n)")  # an index that is made again comes after it
        before = connection.exec_driver_sql(made).scalar_one()
        db.insert_frame(connection, KEYED, backwards(STAGED_FROM).with_columns(pl.col("k") + held, pl.col("n") + held))
        assert (connection.exec_driver_sql(made).scalar_one() != before) == anew
    engine.dispose()


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[Engine]:
    """Books on PostgreSQL with the tables."""
    with postgres_database(postgres_server) as url:
        engine = db.opened(url)
        with db.writing(engine) as connection:
            hold(connection)
        yield engine
        engine.dispose()


def kept_as(connection: Connection) -> list[int]:
    """By what the server knows the index and the foreign key; those that are made again are others."""
    return list(connection.exec_driver_sql("SELECT 'ix_keyed_m'::regclass::oid::bigint UNION ALL SELECT oid::bigint FROM pg_constraint WHERE conname = 'keyed_m_fkey'").scalars())


@pytest.mark.parametrize(("held", "anew"), [(3 * MANY_FROM, True), (3 * MANY_FROM + 1, False)])
def test_in_a_large_table_on_postgresql_indexes_and_foreign_keys_stay(postgres: Engine, held: int, anew: bool) -> None:
    with db.writing(postgres) as connection:
        db.insert_frame(connection, KEYED, backwards(held))
        before = kept_as(connection)
        db.insert_frame(connection, KEYED, backwards(MANY_FROM).with_columns(pl.col("k") + held, pl.col("n") + held))
        assert set(kept_as(connection)).isdisjoint(before) == anew
        assert len(kept_as(connection)) == len(before) == 2


@pytest.mark.parametrize(("held", "anew"), [(3 * MANY_FROM, True), (3 * MANY_FROM + 5, False)])
def test_of_many_rows_in_pieces_the_first_tells_how_many_there_will_be(postgres: Engine, held: int, anew: bool) -> None:
    coming, part = backwards(MANY_FROM).with_columns(pl.col("k") + held, pl.col("n") + held), MANY_FROM // 5
    with db.writing(postgres) as connection:
        db.insert_frame(connection, KEYED, backwards(held))
        before = kept_as(connection)
        with db.loading(connection, KEYED) as load:
            for number, piece in enumerate(coming.iter_slices(part)):
                load.expect(part, MANY_FROM - number * part)
                load.add(KEYED.name, piece)
        assert set(kept_as(connection)).isdisjoint(before) == anew
    assert len(numbers(postgres)) == held + MANY_FROM


def made_as(connection: Connection) -> dict[str, int]:
    """The table's indexes beside its key, and its foreign key, each by what the server knows it."""
    return dict(connection.exec_driver_sql("""SELECT relname, oid::bigint FROM pg_class WHERE relname IN ('ix_keyed_n', 'ix_keyed_m')
                                              UNION ALL SELECT conname, oid::bigint FROM pg_constraint WHERE conname = 'keyed_m_fkey'""").all())


@pytest.mark.parametrize(("column", "anew"), [("n", {"ix_keyed_n", "ix_keyed_m"}), ("m", {"ix_keyed_m", "keyed_m_fkey"})])
def test_where_many_rows_change_what_depends_on_the_column_is_made_anew_on_postgresql(postgres: Engine, column: str, anew: set[str]) -> None:
    with db.writing(postgres) as connection:
        db.insert_frame(connection, KEYED, backwards(MANY_FROM).with_columns(m=0))
        before = made_as(connection)
        db.update_frame(connection, KEYED, "k", backwards(MANY_FROM).select("k", pl.col("n") + 1, m=pl.lit(-1, pl.Int64)).select("k", column))
        after = made_as(connection)
        assert {name for name in before if before[name] != after[name]} == anew
        assert connection.execute(select(func.count()).where(KEYED.c[column] == (2 if column == "n" else -1))).scalar_one() == (1 if column == "n" else MANY_FROM)


def test_the_server_plans_for_what_came_on_postgresql(postgres: Engine) -> None:
    """What is asked next, in this transaction or another, is not planned for a table with a row in it."""
    with db.writing(postgres) as connection:
        db.insert_frame(connection, KEYED, backwards(MANY_FROM).with_columns(m=0))
    planned = "SELECT reltuples FROM pg_class WHERE oid = 'keyed'::regclass"
    with db.reading(postgres) as connection:
        assert connection.exec_driver_sql(planned).scalar_one() >= MANY_FROM


def test_balances_of_many_receipts_change_within_their_pages(postgres: Engine) -> None:
    new = pl.DataFrame({"receipt_id": range(MANY_FROM), "line_id": range(MANY_FROM), "amount_minor": 700, "unapplied_minor": 700}).with_columns(
        receipt_key=pl.format("R{}", "receipt_id"), account=pl.lit("111"), currency=pl.lit("USD"), value_date=dt.date(2026, 3, 4))
    changed = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'receipt'"
    with db.writing(postgres) as connection:
        db.insert_frame(connection, schema.receipt, new)
        with db.loading(connection) as load:
            moved = new.select("receipt_id", delta=-pl.col("receipt_id") % 700)
            db.add_to_column(connection, load, schema.receipt, "receipt_id", "unapplied_minor", moved, lambda _: None)
        assert connection.exec_driver_sql(changed).one() == (MANY_FROM, MANY_FROM)


def test_what_is_asked_while_pieces_come_waits_until_they_are_there_on_postgresql(postgres: Engine) -> None:
    query = select(KEYED.c.k)
    asked: list[Callable[[Connection], int]] = [
        lambda connection: connection.execute(select(func.count()).select_from(KEYED)).scalar_one(),
        lambda connection: db.frame(connection, query, {"k": pl.Int64}).height,
        lambda connection: sum(piece.height for piece in db.frames(connection, query, {"k": pl.Int64})),
    ]
    with db.writing(postgres) as connection, db.loading(connection, KEYED) as load:
        for number, count in enumerate(asked, start=1):
            load.add(KEYED.name, backwards(MANY_FROM).with_columns(pl.col("k", "n") + number * MANY_FROM))
            assert count(connection) == number * MANY_FROM


def test_what_goes_wrong_when_rows_have_come_already_is_told_on_postgresql(postgres: Engine) -> None:
    ends = select(1 // (MANY_FROM - KEYED.c.k)).order_by(KEYED.c.k)
    with db.writing(postgres) as connection:
        db.insert_frame(connection, KEYED, backwards(MANY_FROM + 1))
    with db.reading(postgres) as connection:
        with pytest.raises(DBAPIError, match="division by zero"):
            db.frame(connection, ends, {"n": pl.Int64})
        connection.rollback()
        assert connection.execute(select(func.count()).select_from(KEYED)).scalar_one() == MANY_FROM + 1


@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_who_reads_no_further_can_begin_again_on_postgresql(postgres: Engine, blocks: int) -> None:
    query = select(KEYED.c.k).order_by(KEYED.c.k)
    with db.writing(postgres) as connection:
        db.insert_frame(connection, KEYED, backwards(MANY_FROM))
    with db.reading(postgres) as connection:
        begun = db.frames(connection, query, {"k": pl.Int64}, MANY_FROM // 2)
        told = [piece.height for piece in islice(begun, blocks)]
        begun.close()
        connection.rollback()
        assert told == [MANY_FROM // 2] * blocks
        assert db.frame(connection, query, {"k": pl.Int64}).height == MANY_FROM


def unique_as(connection: Connection) -> list[int]:
    """By what the server knows that n and m are unique; the latter is referred to."""
    return list(connection.exec_driver_sql("SELECT oid::bigint FROM pg_constraint WHERE conname IN ('aside_n_key', 'aside_m_key') ORDER BY conname DESC").scalars())


def test_what_must_be_unique_is_made_anew_where_nothing_refers_to_it(postgres: Engine) -> None:
    rows = pl.DataFrame({"k": range(MANY_FROM), "n": range(MANY_FROM), "m": range(MANY_FROM), "of": 0})
    with db.reading(postgres) as connection:
        before = unique_as(connection)
    with pytest.raises(IntegrityError, match="aside_n_key"), db.writing(postgres) as connection:
        db.insert_frame(connection, ASIDE, rows.with_columns(n=1))
    with db.writing(postgres) as connection:
        assert unique_as(connection) == before
        db.insert_frame(connection, ASIDE, rows)
        n, m = unique_as(connection)
        assert (n != before[0], m == before[1]) == (True, True)


def test_nobody_who_reads_is_ended_because_tables_are_taken_one_after_the_other(postgres: Engine) -> None:
    waits = "SELECT bool_or(wait_event_type = 'Lock') FROM pg_stat_activity WHERE pid = %s"
    with db.reading(postgres) as reader, ThreadPoolExecutor(1) as beside:
        reader.execute(select(func.count()).select_from(ASIDE)).scalar_one()  # is held until the reader is through
        pid = reader.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with db.writing(postgres) as connection:
            db.insert_frame(connection, KEYED, backwards(MANY_FROM))
            told = beside.submit(lambda: reader.execute(select(func.count()).select_from(KEYED)).scalar_one())
            while not told.done() and not connection.exec_driver_sql(waits, (pid,)).scalar():
                connection.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
            db.insert_frame(connection, ASIDE, pl.DataFrame({"k": range(MANY_FROM)}))
            assert told.result() == 0
    assert len(numbers(postgres)) == MANY_FROM


def test_a_table_that_somebody_reads_keeps_its_indexes_and_takes_the_rows(postgres: Engine) -> None:
    with db.reading(postgres) as reader:
        before = kept_as(reader)
        assert reader.execute(select(func.count()).select_from(KEYED)).scalar_one() == 0
        with db.writing(postgres) as connection:
            db.insert_frame(connection, KEYED, backwards(MANY_FROM))
            db.update_frame(connection, KEYED, "k", backwards(MANY_FROM).select("k", pl.col("n") + 1))
        assert reader.execute(select(func.count()).select_from(KEYED)).scalar_one() == 0
    with db.reading(postgres) as reader:
        assert kept_as(reader) == before
    assert numbers(postgres) == list(range(MANY_FROM + 1, 1, -1))


def test_a_connection_that_is_lost_while_it_waits_for_readers_is_told(postgres: Engine) -> None:
    waits = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
    with db.reading(postgres) as reader, ThreadPoolExecutor(1) as beside:
        reader.execute(select(func.count()).select_from(KEYED)).scalar_one()

        def end(pid: int) -> None:
            while not reader.exec_driver_sql(waits, (pid,)).scalar():
                reader.exec_driver_sql("SELECT pg_stat_clear_snapshot()")
            reader.exec_driver_sql("SELECT pg_terminate_backend(%s)", (pid,))

        def write() -> None:
            with db.writing(postgres) as connection:
                ended = beside.submit(end, connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
                db.insert_frame(connection, KEYED, backwards(MANY_FROM))
                ended.result()

        with pytest.raises(OperationalError, match="terminating connection"):
            write()
    assert numbers(postgres) == []


@pytest.mark.parametrize("pieces", [1, 10])
def test_a_table_that_gets_no_row_beside_one_that_gets_many_stays_empty(keyed: Engine, pieces: int) -> None:
    with db.writing(keyed) as connection:
        with db.loading(connection, ASIDE, KEYED) as load:
            for number, piece in enumerate(in_pieces(range(pieces))):
                load.expect(1, pieces - number)
                load.add(ASIDE.name, pl.DataFrame(schema={"k": pl.Int64, "n": pl.Int64, "m": pl.Int64, "of": pl.Int64}))
                load.add(KEYED.name, piece)
        assert connection.execute(select(func.count()).select_from(ASIDE)).scalar_one() == 0
    assert len(numbers(keyed)) == pieces * STAGED_FROM + 1


def in_pieces(numbers: Iterable[int]) -> list[pl.DataFrame]:
    """Pieces of STAGED_FROM rows by their numbers."""
    return [backwards(STAGED_FROM).with_columns(pl.col("k", "n") + number * STAGED_FROM) for number in numbers]


def bring(connection: Connection, pieces: Sequence[pl.DataFrame]) -> int:
    """Returns how many rows are in the table before the last of them is through."""
    with db.loading(connection, KEYED) as load:
        for through, piece in enumerate(pieces):
            load.expect(1, len(pieces) - through)
            load.add(KEYED.name, piece)
        return connection.execute(select(func.count()).select_from(KEYED)).scalar_one()


_IN_TURN = tuple(range(10))


@pytest.mark.parametrize("order", [_IN_TURN, _IN_TURN[::-1], (0, 1, 2, 3, 4, 9, 8, 7, 6, 5)], ids=["in turn", "backwards", "half in turn"])
def test_rows_in_many_pieces_are_there_with_their_indexes_whatever_their_order(keyed: Engine, order: tuple[int, ...]) -> None:
    before = indexes(keyed)
    with db.writing(keyed) as connection:
        bring(connection, in_pieces(order))
    assert indexes(keyed) == before
    assert numbers(keyed) == [-1, *(number * STAGED_FROM + n for number in _IN_TURN for n in range(STAGED_FROM, 0, -1))]


@pytest.mark.parametrize(("order", "taken"), [(_IN_TURN, True), (_IN_TURN[::-1], False)])
def test_rows_that_come_in_the_order_of_their_keys_are_taken_over_meanwhile(tmp_path: Path, order: tuple[int, ...], taken: bool) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    with db.writing(engine) as connection:
        hold(connection)
        assert (bring(connection, in_pieces(order)) > 0) == taken
    engine.dispose()


def test_when_all_are_through_none_waits_for_the_end_of_the_block(keyed: Engine) -> None:
    with db.writing(keyed) as connection, db.loading(connection, KEYED) as load:
        for through, piece in enumerate(in_pieces(range(3))):
            load.expect(1, 3 - through)
            load.add(KEYED.name, piece)
        load.complete()
        assert connection.execute(select(func.count()).select_from(KEYED)).scalar_one() == 3 * STAGED_FROM + 1
        load.add(KEYED.name, backwards(3).with_columns(pl.col("k", "n") + 9 * STAGED_FROM))  # which nobody announced
    assert len(numbers(keyed)) == 3 * STAGED_FROM + 4


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
def test_rows_change_in_the_block_and_what_hears_of_their_number_may_refuse(keyed: Engine, rows: int) -> None:
    def change(rows: pl.DataFrame, *, refuse: bool) -> None:
        def hear(number: int) -> None:
            if refuse:
                raise CashappError(f"{number} of {rows.height}")

        with db.writing(keyed) as connection, db.loading(connection, KEYED) as load:
            load.change(KEYED.name, "k", rows, {"n": "d.n"}, hear)
            assert connection.execute(select(func.max(KEYED.c.n))).scalar_one() == rows["n"].max()

    with db.writing(keyed) as connection:
        db.insert_frame(connection, KEYED, backwards(rows))
    before, higher = numbers(keyed), backwards(rows).select("k", pl.col("n") + rows)
    with pytest.raises(CashappError, match=f"{rows} of {rows + 1}"):
        change(pl.concat([higher, pl.DataFrame({"k": [-7], "n": [3 * rows]})]), refuse=True)
    assert numbers(keyed) == before
    change(higher, refuse=False)
    assert numbers(keyed) == [-1, *(n + rows for n in before[1:])]


def test_what_is_committed_is_read_while_rows_are_loaded(tmp_path: Path) -> None:
    engine = db.opened(f"sqlite:///{tmp_path / 'books.db'}")
    query = (select(HOLDER.c.m).order_by(HOLDER.c.m), {"m": pl.Int64})
    with db.writing(engine) as connection:
        hold(connection)
    with db.writing(engine) as connection, db.loading(connection, KEYED) as load:
        load.add(KEYED.name, backwards(STAGED_FROM))
        db.insert_frame(connection, HOLDER, pl.DataFrame({"m": [1]}))
        with db.committed(connection, holders=query) as told:
            assert told["holders"]()["m"].to_list() == [-1, 0]
        assert db.frame(connection, *query)["m"].to_list() == [-1, 0, 1]
    engine.dispose()


@pytest.mark.parametrize("ask", [
    lambda connection: connection.execute(select(HOLDER.c.m)).all(),
    lambda connection: db.frame(connection, select(HOLDER.c.m), {"m": pl.Int64}),
    lambda connection: list(db.frames(connection, select(HOLDER.c.m), {"m": pl.Int64})),
], ids=["rows", "frame", "frames"])
def test_who_asks_while_pieces_are_taken_over_hears_what_was_refused(keyed: Engine, ask: Callable[[Connection], object]) -> None:
    twice = in_pieces(_IN_TURN)
    twice[1] = twice[1].with_columns(pl.col("k").clip(STAGED_FROM + 1))

    def write() -> None:
        with db.writing(keyed) as connection, db.loading(connection, KEYED) as load:
            for through, piece in enumerate(twice[:4]):
                load.expect(1, len(twice) - through)
                load.add(KEYED.name, piece)
            ask(connection)
            pytest.fail("the refusal was not heard")

    with pytest.raises(IntegrityError):
        write()
    assert numbers(keyed) == [-1]


def complete(engine: Engine, rows: pl.DataFrame) -> int:
    """Bring all rows of a table, then as many of another; returns how many the first holds before the end."""
    with db.writing(engine) as connection, db.loading(connection, KEYED, ASIDE) as load:
        load.add(KEYED.name, rows)
        load.complete()
        load.add(ASIDE.name, rows.select("k"))
        return connection.execute(select(func.count()).select_from(KEYED)).scalar_one()


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
def test_a_table_is_complete_while_rows_of_others_come(keyed: Engine, rows: int) -> None:
    before = indexes(keyed)
    there = complete(keyed, backwards(rows))
    assert there == rows + 1 or rows < STAGED_FROM
    with db.reading(keyed) as connection:
        assert connection.execute(select(func.count()).select_from(ASIDE)).scalar_one() == rows
    assert numbers(keyed) == [-1, *range(rows, 0, -1)]
    assert indexes(keyed) == before


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
def test_what_is_refused_of_a_complete_table_leaves_none(keyed: Engine, rows: int) -> None:
    before, alike = indexes(keyed), backwards(rows).with_columns(pl.col("n").clip(2))
    with pytest.raises(IntegrityError):
        complete(keyed, alike)
    assert indexes(keyed) == before
    assert numbers(keyed) == [-1]


def test_more_rows_come_in_pieces_in_one_transaction_than_files_can_be_attached_for(keyed: Engine) -> None:
    with db.writing(keyed) as connection:
        for number in range(4):
            bring(connection, in_pieces(range(number * 4, number * 4 + 4)))
            db.update_frame(connection, KEYED, "k", backwards(STAGED_FROM).select("k", "n"))
    assert len(numbers(keyed)) == 16 * STAGED_FROM + 1


def test_a_row_that_is_refused_while_others_come_leaves_none_and_no_file(keyed: Engine, tmp_path: Path) -> None:
    before, twice = indexes(keyed), in_pieces(_IN_TURN)
    twice[1] = twice[1].with_columns(pl.col("k").clip(STAGED_FROM + 1))
    with pytest.raises(IntegrityError), db.writing(keyed) as connection:
        bring(connection, twice)
    assert indexes(keyed) == before
    assert numbers(keyed) == [-1]
    keyed.dispose()
    assert files_beside(tmp_path) == []


def add_at_once(connection: Connection, rows: pl.DataFrame) -> None:
    db.insert_frame(connection, KEYED, rows)


def add_in_pieces(connection: Connection, rows: pl.DataFrame) -> None:
    with db.loading(connection, KEYED) as load:
        load.add(KEYED.name, rows)


def change(connection: Connection, rows: pl.DataFrame) -> None:
    db.insert_frame(connection, KEYED, rows.with_columns(m=0))
    db.update_frame(connection, KEYED, "k", rows)


@pytest.mark.parametrize("rows", [3, MANY_FROM])
@pytest.mark.parametrize("write", [add_at_once, add_in_pieces, change])
def test_a_row_of_many_that_refers_to_nothing_leaves_none_and_the_foreign_key(keyed: Engine, rows: int, write: Callable[[Connection, pl.DataFrame], None]) -> None:
    before, astray = (indexes(keyed), numbers(keyed)), backwards(rows).with_columns(pl.when(pl.col("k") == 1).then(7).otherwise("m").alias("m"))
    with pytest.raises(IntegrityError), db.writing(keyed) as connection:
        write(connection, astray)
    assert (indexes(keyed), numbers(keyed)) == before


def numbers(engine: Engine) -> list[int | None]:
    with db.reading(engine) as connection:
        return list(connection.execute(select(KEYED.c.n).order_by(KEYED.c.k)).scalars())


def backwards(rows: int) -> pl.DataFrame:
    return pl.DataFrame({"k": range(rows), "n": range(rows, 0, -1), "m": [0] * rows})


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
def test_a_table_has_its_indexes_after_many_rows_as_before(keyed: Engine, rows: int) -> None:
    before = indexes(keyed)
    with db.writing(keyed) as connection:
        db.insert_frame(connection, KEYED, backwards(rows))
        db.update_frame(connection, KEYED, "k", backwards(rows).select("k", pl.col("n") + 1))
    assert indexes(keyed) == before
    with db.reading(keyed) as connection:
        assert connection.execute(select(KEYED.c.k).where(KEYED.c.n == 2)).scalars().all() == [rows - 1]


@pytest.mark.parametrize("rows", [3, STAGED_FROM])
@pytest.mark.parametrize("added", [True, False])
def test_a_row_of_many_that_an_index_refuses_leaves_none_and_the_indexes(keyed: Engine, rows: int, added: bool) -> None:
    if not added:
        with db.writing(keyed) as connection:
            db.insert_frame(connection, KEYED, backwards(rows))
    before, alike = (indexes(keyed), numbers(keyed)), backwards(rows).with_columns(pl.lit(1, dtype=pl.Int64).alias("n"))
    with pytest.raises(IntegrityError), db.writing(keyed) as connection:
        db.insert_frame(connection, KEYED, alike) if added else db.update_frame(connection, KEYED, "k", alike)
    assert (indexes(keyed), numbers(keyed)) == before
