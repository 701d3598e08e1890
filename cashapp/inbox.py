"""The inbox folder: which files wait there, and which of them are complete.

A sender writes under a name that ends in `.part`, `.tmp` or `.filepart` (or begins with a dot) and renames: such a file is
left until it has its name. One that is written under its own name is complete when it has stayed as it is for a while and,
where the system can tell, nobody has it open for writing.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

UNFINISHED = (".part", ".tmp", ".filepart")
"""Endings of names under which transfer programs write."""


class Seen(NamedTuple):
    """What tells a file from the same file a moment before."""

    inode: int
    size: int
    mtime_ns: int


def waiting(folder: Path, tell: Callable[[str], None]) -> list[Path]:
    """The regular files under a final name, by name; anything that is no file is told of."""
    wanted: list[Path] = []
    for path in sorted(folder.iterdir()):
        if not stat.S_ISREG(path.lstat().st_mode):
            tell(f"{path}: skipped – only regular files are read from the inbox")
        elif is_final(path.name):
            wanted.append(path)
    return wanted


def is_final(name: str) -> bool:
    """Whether the name is not one under which a sender still writes."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def look(folder: Path) -> dict[Path, Seen]:
    """The regular files that lie there now, under whatever name."""
    found: dict[Path, Seen] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(FileNotFoundError):  # gone since
                facts = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(facts.st_mode):
                    found[Path(entry.path)] = Seen(facts.st_ino, facts.st_size, facts.st_mtime_ns)
    return found


class Arrivals:
    """Which files of the inbox may be taken, look by look."""

    def __init__(self, settle_seconds: float) -> None:
        self._settle_seconds = settle_seconds
        self._unchanged: dict[Path, tuple[Seen, float]] = {}  # since when
        self._in_transfer: set[int] = set()  # inodes that had a name of UNFINISHED at the look before
        self._taken: dict[Path, Seen] = {}

    def complete(self, seen: dict[Path, Seen], now: float) -> list[Path]:
        """By name, the files that have settled by `now` (seconds of a steady clock) or were renamed to a final name."""
        self._unchanged = {path: self._since(path, facts, now) for path, facts in seen.items() if is_final(path.name)}
        ready = [
            path for path, (facts, since) in self._unchanged.items()
            if self._taken.get(path) != facts and (now - since >= self._settle_seconds or facts.inode in self._in_transfer)
        ]
        self._in_transfer = {facts.inode for path, facts in seen.items() if not is_final(path.name)}
        return sorted(ready)

    def _since(self, path: Path, facts: Seen, now: float) -> tuple[Seen, float]:
        before = self._unchanged.get(path)
        return before if before and before[0] == facts else (facts, now)

    def taken(self, paths: Iterable[Path]) -> None:
        """A run had these: one that lies there still, as it was, is not offered again."""
        self._taken = {path: self._unchanged[path][0] for path in paths if path in self._unchanged}


def is_being_written(path: Path) -> bool:
    """Whether another program has the file open for writing; False where the system cannot tell (a network drive, another's file).

    A read lease is refused while there is a writer (fcntl(2), F_SETLEASE). Ignore SIGIO in a process that asks: a writer who comes
    in the moment of the lease raises it.
    """
    with suppress(OSError), path.open("rb") as stream:
        try:
            fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            return error.errno == errno.EAGAIN
        fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


