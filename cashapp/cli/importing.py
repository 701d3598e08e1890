"""`cashapp import`: lists of customers, invoices, remittances and cash book entries into the books."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cashapp.cli.context import Session, print_json, tell, where

if TYPE_CHECKING:
    from cashapp.imports import Imported


@click.command("import")
@click.argument("kind", type=click.Choice(["customers", "invoices", "remittances", "cashbook"]))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The date on which open items are posted (else today).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--wait", type=float, default=60.0, show_default=True, help="Seconds to wait for another run to finish.")
@click.pass_obj
@where
def import_(session: Session, kind: str, files: tuple[Path, ...], as_of: dt.datetime | None, as_json: bool, wait: float) -> int:
    """Bring in lists as CSV, XLSX or Parquet; a refused row is told on stderr and makes the exit status 3."""
    from cashapp import clock, imports
    from cashapp.cli import progress

    workspace, engine = session.open()
    imports.refuse_missing(files)
    date = as_of.date() if as_of else clock.today()
    done: list[Imported] = []
    with workspace.locked(wait), progress.watching() as watcher:
        for path in files:
            done += imports.run(engine, workspace.config, kind, [path], as_of=date, actor=session.who, at=watcher.stage)
            _tell(done[-1], as_json=as_json)
    if as_json:
        print_json({"files": [file.as_json() for file in done]})
    return 0 if all(file.complete for file in done) else 3


def _tell(file: Imported, *, as_json: bool) -> None:
    """Each fault on stderr; the counts on stdout, or on stderr where stdout is for programs."""
    from cashapp.imports import faults

    for fault in file.faults:
        tell(faults.text(file.path, fault))
    counts = f"{file.rows} rows: {file.new} new, {file.changed} changed, {file.unchanged} unchanged, {file.refused} refused"
    click.echo(f"{file.path}: {counts}", err=as_json)
