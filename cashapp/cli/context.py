"""What every command shares: where the workspace is, which database, who acts. The options stand before or after the command."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cashapp.workspace import Workspace

Command = TypeVar("Command", bound=Callable[..., object])


@dataclass
class Session:
    """The shared options as given so far; None where none was."""

    home: Path | None = None
    db: str | None = None
    actor: str | None = None

    @property
    def workspace(self) -> Workspace:
        """The workspace of `--home`, CASHAPP_HOME or the current folder."""
        from cashapp.workspace import find

        return find(self.home, self.db)

    @property
    def who(self) -> str:
        """Who signs."""
        from cashapp import clock

        return self.actor or clock.actor()

    def open(self, at_once: int = 5) -> tuple[Workspace, Engine]:
        """The workspace, which must be one, and its database at the present schema, for so many connections at once."""
        from cashapp import db

        workspace = self.workspace
        _ = workspace.config  # a folder that is no workspace is refused before anything is made in it
        return workspace, closing(db.opened(workspace.db_url, at_once))


def closing(engine: Engine) -> Engine:
    """The engine, whose connections close with the command."""
    click.get_current_context().call_on_close(engine.dispose)
    return engine


def _keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and param.name is not None:
        setattr(ctx.ensure_object(Session), param.name, value)


def where(command: Command) -> Command:
    """Adds `--home`, `--db` and `--actor`."""
    options = [
        click.option("--home", type=click.Path(path_type=Path, file_okay=False), expose_value=False, callback=_keep,
                     help="The workspace folder (else CASHAPP_HOME, else here)."),
        click.option("--db", metavar="URL", expose_value=False, callback=_keep, help="The database (else CASHAPP_DB, else cashapp.toml)."),
        click.option("--actor", metavar="NAME", expose_value=False, callback=_keep, help="Who signs the action (else CASHAPP_ACTOR, else the login)."),
    ]
    for option in options:
        command = option(command)
    return command


def tell(line: str) -> None:
    """A line for the operator, on stderr."""
    click.echo(line, err=True)


def print_json(value: object) -> None:
    """The one JSON object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_list(name: str, rows: Iterable[object]) -> None:
    """The one JSON object on stdout, which holds a list under this name: a row a line, as they come."""
    sys.stdout.write(f"{{{json.dumps(name)}: [")
    for n, row in enumerate(rows):
        sys.stdout.write(f"{',' if n else ''}\n  {json.dumps(row, ensure_ascii=False)}")
    sys.stdout.write("\n]}\n")
