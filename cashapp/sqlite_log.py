"""SQLite's log, kept up with while much is written: whoever commits much would otherwise wait until all of it is on the disk and in the database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from sqlalchemy import event

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection

_MOVED_FROM = 1_000  # pages: SQLite's own
_KEPT_UP_EVERY = 1.0  # second


@contextmanager
def keeping_up(engine: Engine) -> Iterator[None]:
    """In the block a thread moves what is committed from the log into the database, and what is written to the log to the disk while more is written. What
    is left when the block ends is moved then. As in SQLite's own commits, what cannot be moved stays in the log, where it is safe, for the next
    who moves."""
    database = engine.url.database
    if not database or database == ":memory:":
        yield
        return
    ended, log = Event(), Path(f"{database}-wal")
    with ThreadPoolExecutor(1, "log") as thread, _unmoved(engine):
        thread.submit(_keep_up, database, log, ended)
        try:
            yield
        finally:
            ended.set()


def _keep_up(database: str, log: Path, ended: Event) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as beside:
        while not ended.wait(_KEPT_UP_EVERY):
            _move(beside)
            with suppress(OSError), log.open("rb") as written:  # which is not there while all is moved
                os.fsync(written)
        _move(beside)


def _move(books: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        books.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


@contextmanager
def _unmoved(engine: Engine) -> Iterator[None]:
    """In the block commits leave what they wrote in the log."""
    def leave(connection: DBAPIConnection, *_told: object) -> None:
        connection.cursor().execute("PRAGMA wal_autocheckpoint = 0")

    def move(connection: DBAPIConnection, *_told: object) -> None:
        connection.cursor().execute(f"PRAGMA wal_autocheckpoint = {_MOVED_FROM}")

    told = (("checkout", leave), ("checkin", move))
    for name, listener in told:
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in told:
            event.remove(engine, name, listener)
