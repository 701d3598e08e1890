"""A run as the command line drives it: under the lock, logged, measured; once, or again and again."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from cashapp import daily, db, last_check, logs, watching
from cashapp.cli import progress
from cashapp.cli.context import Session, tell
from cashapp.config import Log
from cashapp.proof import Proof
from cashapp.workspace import Workspace


def once(workspace: Workspace, engine: Engine, options: daily.Options, wait_seconds: float) -> daily.Summary:
    """One run. What fails is logged and raised."""
    with logs.opened(workspace.config.log, workspace.home, options.key) as events:
        try:
            summary = _run(workspace, engine, options, wait_seconds, events)
        except Exception as error:
            events.failed(error)
            raise
    _measure(workspace, engine)
    return summary


def _run(workspace: Workspace, engine: Engine, options: daily.Options, wait_seconds: float, events: logs.Events) -> daily.Summary:
    with workspace.locked(wait_seconds), progress.watching(events) as watcher:
        return daily.run(workspace, engine, options, watcher)


def stay(session: Session, options: Callable[[], daily.Options], wait_seconds: float, pace: watching.Pace) -> int:
    """Runs until SIGTERM or SIGINT."""
    workspace = session.workspace
    with watching.stopped_by_signals() as stop:
        watchman = _Watchman(session, lambda: replace(options(), stopping=stop.is_set), wait_seconds, workspace.config.log)
        watchman.tell(f"watching {workspace.folder('inbox')}")
        watching.watch(workspace.folder("inbox"), workspace.toml, watchman, pace, stop)
        watchman.tell("stopped; nothing is left half done")
    return 0


class _Watchman:
    """Each run reads the settings and opens the books anew; `log` is where the last settings that could be read have events go."""

    def __init__(self, session: Session, options: Callable[[], daily.Options], wait_seconds: float, log: Log) -> None:
        self._session, self._options, self._wait_seconds, self._log = session, options, wait_seconds, log
        self._key = ""

    def run(self, files: tuple[Path, ...]) -> None:
        options = replace(self._options(), paths=files)
        self._key = options.key
        with self._books() as (workspace, engine):
            with logs.opened(self._log, workspace.home, self._key) as events:
                summary = _run(workspace, engine, options, self._wait_seconds, events)
            _measure(workspace, engine)
        if summary.files:
            self.tell(_line(summary))

    def failed(self, error: Exception) -> None:
        with logs.opened(self._log, self._session.workspace.home, self._key) as events:
            events.failed(error)
        words = logs.words_of(error)
        if words is None and not self._log.on_stderr:
            traceback.print_exception(error)
        self.tell(f"the run failed: {words or type(error).__name__} – it is tried again")

    def idle(self) -> None:
        with self._books() as (workspace, engine):
            _measure(workspace, engine)

    def tell(self, line: str) -> None:
        if not self._log.on_stderr:
            tell(line)

    @contextmanager
    def _books(self) -> Iterator[tuple[Workspace, Engine]]:
        workspace = self._session.workspace
        self._log = workspace.config.log
        engine = db.opened(workspace.db_url)
        try:
            yield workspace, engine
        finally:
            engine.dispose()


def _line(summary: daily.Summary) -> str:
    waiting = sum(summary.exceptions.values())
    return (f"run {summary.key}: {len(summary.files)} files, {summary.receipt_count} receipts, {summary.matched.auto_count} applied unattended, "
            f"{waiting} waiting for a person")


def keep_check(workspace: Workspace, engine: Engine, proofs: list[Proof]) -> None:
    """What the books' proof found, for the figures. A folder that cannot be written to is told; the proof stands."""
    try:
        last_check.keep(workspace.home, proofs)
    except OSError as error:
        tell(f"the result is not kept for the figures: {logs.words_of(error)}")
    _measure(workspace, engine)


def _measure(workspace: Workspace, engine: Engine) -> None:
    """The figures into their file, where one is wanted; where that fails, the work is done all the same."""
    if not workspace.config.metrics.textfile:
        return
    from cashapp import metrics

    try:
        metrics.write(workspace, engine)
    except OSError as error:
        tell(f"the figures were not written: {logs.words_of(error)}")
