"""`cashapp demo`: a small company's week, run for real in a workspace that stays to play with."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from cashapp import daily, db, imports, proof
from cashapp.errors import CashappError, UsageError
from cashapp.workspace import Workspace

MONDAY = dt.date(2026, 11, 9)
CLERK = "demo"


def company() -> Path:
    """The folder with the demo company: beside the packages in a checkout, inside the package when installed."""
    here = Path(__file__).resolve().parent
    for folder in (here / "demo_company", here.parent / "fixtures" / "demo"):
        if (folder / "customers.csv").is_file():
            return folder
    raise CashappError("the demo company is not part of this installation – install cashapp again")


def prepare(home: Path) -> tuple[Workspace, Engine]:
    """A fresh workspace with the company's customers, open items, remittances and cash book."""
    if (home / "cashapp.toml").exists() or (home / "cashapp.db").exists():
        raise UsageError(f"{home} is a workspace already – name an empty folder, or remove it")
    workspace = Workspace(home)
    workspace.create()
    settings = company() / "cashapp.toml"
    if settings.exists():
        shutil.copyfile(settings, workspace.toml)
    engine = db.opened(workspace.db_url)
    for kind in ("customers", "invoices", "remittances", "cashbook"):
        imports.run(engine, workspace.config, kind, [company() / f"{kind}.csv"], as_of=MONDAY, actor=CLERK)
    return workspace, engine


def week(workspace: Workspace, engine: Engine, watcher: daily.Watcher) -> Iterator[daily.Summary]:
    """Each day's files into the inbox, then the daily job, Monday to Friday."""
    for number in range(5):
        date = MONDAY + dt.timedelta(days=number)
        for path in sorted((company() / f"day{number + 1}").iterdir()):
            shutil.copyfile(path, workspace.folder("inbox") / path.name)
        yield daily.run(workspace, engine, daily.Options(as_of=date, actor=CLERK), watcher)


def proofs(engine: Engine) -> list[proof.Proof]:
    """What `cashapp check` says of the books."""
    with db.reading(engine) as connection:
        return proof.prove(connection)
