"""The command line: options in, one call into the middle, words or rows out. A command's module is loaded when it is called."""

from __future__ import annotations

import importlib

import click

from cashapp import __version__
from cashapp.cli.context import Session, where

_COMMANDS = {
    "demo": "daily", "init": "daily", "run": "daily", "exceptions": "queue", "explain": "queue", "export": "output", "check": "daily",
    "report": "reporting", "serve": "serving", "parse": "reading", "formats": "reading", "import": "importing", "rules": "rules",
    "returns": "returning", "adjust": "adjusting", "approve": "adjusting", "undo": "undoing", "audit": "auditing", "reconcile": "reconciling",
    "period": "closing",
}


class _Lazy(click.Group):
    """A group whose commands live in sibling modules, so that `--help` stays instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        name = "import_" if cmd_name == "import" else cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"cashapp.cli.{module}"), name)
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="cashapp")
@where
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Bank files in, invoices settled, exceptions in a queue, books that balance."""
    ctx.ensure_object(Session)
