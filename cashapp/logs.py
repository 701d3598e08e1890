"""What happened in a run, for programs that gather logs: one line for each event, JSON or `key=value`, with the run's key in each.

An event names files, digests, stages, counts and seconds. Names of payers, account numbers and what a bank wrote in a line never
stand in it; only a file's own name and the words of an error, which name paths and settings, come from outside.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cashapp import clock, db
from cashapp.config import Log
from cashapp.errors import CashappError


def run_key() -> str:
    """A key for a run, by its moment and 24 bits of chance: `20261122T060000Z-3f9a1c`."""
    return f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


_LOGGER = logging.getLogger("cashapp.run")
_LOGGER.setLevel(logging.INFO)
_LOGGER.propagate = False  # a run's handler is its own (`opened`)


class Events:
    """What happens in one run. `on_stderr`: that is what standard error shows, and plain lines are not wanted there."""

    def __init__(self, run: str = "", *, on_stderr: bool = False) -> None:
        self._run, self.on_stderr = run, on_stderr

    def tell(self, event: str, **facts: object) -> None:
        """Something happened as it should."""
        self._write(logging.INFO, event, facts)

    def warn(self, event: str, **facts: object) -> None:
        """Something was refused; the run goes on."""
        self._write(logging.WARNING, event, facts)

    def failed(self, error: Exception) -> None:
        """The run ended here: what an operator is told, or, for a bug, its type and the places it came through, without its words."""
        words = words_of(error)
        facts: dict[str, object] = {"error": words} if words else {"error": type(error).__name__, "trace": places(error)}
        self._write(logging.ERROR, "run_failed", facts)

    def _write(self, level: int, event: str, facts: dict[str, object]) -> None:
        _LOGGER.log(level, event, extra={"facts": {"run": self._run} | facts})


def words_of(error: Exception) -> str | None:
    """An error in words that are meant for the operator; None for a bug."""
    if isinstance(error, CashappError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or ''}: {error.strerror or error}"
    return db.operating_error(error)


def places(error: Exception) -> list[str]:
    """Where an error came through, the innermost last, without its words: they may hold what a bank wrote."""
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]


@contextmanager
def opened(settings: Log, home: Path, run: str) -> Iterator[Events]:
    """The events of the run with that key, as `[log]` has it: nowhere, on standard error, or at the end of a file."""
    handler = _handler(settings, home)
    handler.setFormatter(_AsJson() if settings.format == "json" else _AsText())
    _LOGGER.addHandler(handler)
    try:
        yield Events(run, on_stderr=settings.on_stderr)
    finally:
        _LOGGER.removeHandler(handler)
        handler.close()


def _handler(settings: Log, home: Path) -> logging.Handler:
    if settings.format == "none":
        return logging.NullHandler()
    return _at_end_of(home / settings.file) if settings.file else logging.StreamHandler(sys.stderr)


def _at_end_of(path: Path) -> logging.FileHandler:
    path.parent.mkdir(parents=True, exist_ok=True)
    return logging.FileHandler(path, encoding="utf-8")


def _facts(record: logging.LogRecord) -> dict[str, object]:
    facts: dict[str, object] = record.__dict__["facts"]
    return {"at": clock.now().isoformat(), "level": record.levelname.lower(), "event": record.getMessage()} | facts


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), ensure_ascii=False)


class _AsText(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={_word(value)}" for name, value in _facts(record).items())


def _word(value: object) -> str:
    """Bare where it is one word; else as JSON, so that a line has one reading."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    plain = text.isprintable() and text and not any(char in ' "=' for char in text)
    return text if plain else json.dumps(value, ensure_ascii=False)
