"""What every command shares: where the workspace is, which database, who acts. The options stand before or after the command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])


@dataclass
class Session:
    """The shared options as given so far; None where none was."""

    home: Path | None = None
    db: str | None = None
    actor: str | None = None


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
