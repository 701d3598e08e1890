"""A workspace: one folder with settings, books and the four file folders; and the lock that lets one run at a time in."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cashapp import config as settings
from cashapp.errors import CashappError, UsageError

COMMENTED = Path(__file__).with_name("settings.toml")
"""Every setting with its default and what it means: a new workspace's cashapp.toml."""
FOLDERS = ("inbox", "archive", "quarantine", "reports")


@dataclass(frozen=True)
class Workspace:
    """Where a company's files and books are. `db_given` is `--db`, which wins over everything."""

    home: Path
    db_given: str | None = None

    @property
    def toml(self) -> Path:
        """The settings file."""
        return self.home / "cashapp.toml"

    def folder(self, name: str) -> Path:
        """One of `FOLDERS`."""
        return self.home / name

    @cached_property
    def config(self) -> settings.Config:
        """The settings; a folder without `cashapp.toml` is no workspace."""
        if not self.toml.is_file():
            raise UsageError(f"{self.home} is no workspace: it has no cashapp.toml – run `cashapp init {self.home}` or name one with --home")
        return settings.load(self.toml)

    @property
    def db_url(self) -> str:
        """`--db`, else CASHAPP_DB, else cashapp.toml, else the embedded file."""
        given = self.db_given or os.environ.get("CASHAPP_DB") or (self.config.database if self.toml.is_file() else "")
        return given or f"sqlite:///{self.home.resolve() / 'cashapp.db'}"

    def create(self) -> None:
        """Make the folders and the commented settings; what is there stays as it is."""
        for name in FOLDERS:
            self.folder(name).mkdir(parents=True, exist_ok=True)
        if not self.toml.exists():
            shutil.copyfile(COMMENTED, self.toml)

    @contextmanager
    def locked(self, wait_seconds: float) -> Iterator[None]:
        """Hold the workspace for writing files and books; the lock dies with the process, however it ends."""
        with (self.home / ".lock").open("a") as handle:
            _acquire(handle.fileno(), time.monotonic() + wait_seconds, self.home)
            yield


def _acquire(descriptor: int, deadline: float, home: Path) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise CashappError(f"another run is at work in {home} – wait for it, or give it longer with --wait SECONDS") from None
            time.sleep(0.1)
        else:
            return


def find(home: Path | None, db: str | None) -> Workspace:
    """The workspace of `--home`, else CASHAPP_HOME, else the current folder."""
    return Workspace(home or Path(os.environ.get("CASHAPP_HOME") or "."), db)
