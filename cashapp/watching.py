"""`cashapp run --watch`: a run whenever files of the inbox are complete, until it is told to stop."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple, Protocol

from cashapp import inbox

RETRY_SECONDS_MAX = 300.0
IDLE_SECONDS = 60.0


class Watchman(Protocol):
    """Who does what the inbox calls for."""

    def run(self, files: tuple[Path, ...]) -> None:
        """Take these files, be it none, and match what is undecided."""

    def failed(self, error: Exception) -> None:
        """Tell of a run that failed; it comes again."""

    def idle(self) -> None:
        """Another minute has passed without a run."""


class Pace(NamedTuple):
    """How often the inbox is looked at: every `poll_seconds`, or (None) when the system tells of a change; how long files settle."""

    settle_seconds: float
    poll_seconds: float | None = None


def watch(folder: Path, settings: Path, watchman: Watchman, pace: Pace, stop: threading.Event) -> None:
    """Have complete files taken until `stop` is set; once at the start whatever is there, so that a run that died is made good.

    A run that fails is tried again, at first after five seconds, at last every five minutes; at once when the settings file changes.
    """
    arrivals = inbox.Arrivals(pace.settle_seconds)
    is_due, failures, not_before, idle_at, known = True, 0, 0.0, 0.0, _stamp(settings)
    for _ in _looks(folder, pace, stop):
        now = time.monotonic()
        if known != (known := _stamp(settings)):
            not_before = 0.0
        try:
            files = tuple(path for path in arrivals.complete(inbox.look(folder), now) if not inbox.is_being_written(path))
            if (files or is_due) and now >= not_before:
                watchman.run(files)
                arrivals.taken(files)
                is_due, failures, idle_at = False, 0, now + IDLE_SECONDS
            elif now >= idle_at:
                watchman.idle()
                idle_at = now + IDLE_SECONDS
        except Exception as error:  # noqa: BLE001 - the edge of the process: told, and tried again
            is_due, failures = True, failures + 1
            not_before = now + min(5.0 * 2 ** (failures - 1), RETRY_SECONDS_MAX)
            watchman.failed(error)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


def _looks(folder: Path, pace: Pace, stop: threading.Event) -> Iterator[None]:
    """Once at the start, then when something changed or time has passed, until `stop` is set."""
    yield
    if pace.poll_seconds is not None:
        while not stop.wait(pace.poll_seconds):
            yield
        return
    import watchfiles

    every = max(200, int(pace.settle_seconds * 1000))  # network drives tell of nothing: there it is this that finds files
    for _ in watchfiles.watch(folder, recursive=False, stop_event=stop, yield_on_timeout=True, rust_timeout=every, debounce=200, step=50):
        if stop.is_set():
            return
        yield


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM or SIGINT sets; a second one of the same ends the process at once, which loses nothing either."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGIO)}

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # see inbox.is_being_written
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
