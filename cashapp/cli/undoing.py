"""`cashapp undo …`: anything taken back exactly; with `--preview` it only says what would be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import click

from cashapp.cli.context import Session, print_json, where

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cashapp.undoing import Chosen, Undone

Command = TypeVar("Command", bound=Callable[..., object])
_DATE = click.DateTime(["%Y-%m-%d"])


def _how(command: Command) -> Command:
    options = [
        click.option("--preview", is_flag=True, help="Say what would be undone, and undo nothing."),
        click.option("--reason", default="", help="Why; it stays in the journal."),
        click.option("--with-dependents", "dependents", is_flag=True, help="Undo the files that rest on it too."),
        click.option("--as-of", type=_DATE, help="The business date of the reversals (else today)."),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


class _Wish(NamedTuple):
    """The options that every kind of undo shares."""

    preview: bool
    reason: str
    dependents: bool
    as_of: dt.datetime | None
    as_json: bool


def _undo(session: Session, wish: _Wish, choose: Callable[[Connection], Chosen]) -> None:
    """Choose, undo or preview, and tell, in one transaction."""
    from cashapp import clock, db, undoing
    from cashapp.reversals import Why

    workspace, engine = session.open()
    with workspace.locked(60), db.writing(engine) as connection:
        chosen = choose(connection)
        why = Why(session.who, wish.as_of.date() if wish.as_of else clock.today(), f"undo of {chosen.what} {chosen.name}{f': {wish.reason}' if wish.reason else ''}")
        work = undoing.preview if wish.preview else undoing.undo
        done = work(connection, chosen, why, dependents=wish.dependents)
    if wish.as_json:
        print_json({"preview": wish.preview, **done.as_json()})
    else:
        _print(done, wish)


def _print(done: Undone, wish: _Wish) -> None:
    click.echo(f"{'would undo' if wish.preview else 'undone'}: {done.what} {done.name}")
    for title, lines in (("files", done.files), ("entries", done.entries), ("items", done.items), ("receipts", done.receipts)):
        if lines:
            click.echo(f"{title}:")
        for line in lines:
            click.echo(f"  {line}")


@click.group()
def undo() -> None:
    """Take anything back exactly: a file, a run, a rule's work, a clerk's day, an application, an entry."""


@undo.command()
@click.argument("name")
@_how
@click.pass_obj
@where
def file(session: Session, name: str, preview: bool, reason: str, dependents: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """A file by name, id or digest, with its receipts; the same content may then be taken in again."""
    from cashapp import undoing

    _undo(session, _Wish(preview, reason, dependents, as_of, as_json), lambda c: undoing.a_file(c, name))


@undo.command()
@click.argument("number", type=int, required=False)
@_how
@click.pass_obj
@where
def run(session: Session, number: int | None, preview: bool, reason: str, dependents: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """A run by number (else the last): its files, and what it applied unattended."""
    from cashapp import undoing

    _undo(session, _Wish(preview, reason, dependents, as_of, as_json), lambda c: undoing.a_run(c, number))


@undo.command()
@click.argument("name")
@click.option("--since", type=_DATE, help="First business date.")
@click.option("--until", type=_DATE, help="Last business date.")
@_how
@click.pass_obj
@where
def rule(session: Session, name: str, since: dt.datetime | None, until: dt.datetime | None, preview: bool, reason: str, dependents: bool,
         as_of: dt.datetime | None, as_json: bool) -> None:
    """Every standing application that a rule made."""
    from cashapp import undoing

    dates = (since.date() if since else None, until.date() if until else None)
    _undo(session, _Wish(preview, reason, dependents, as_of, as_json), lambda c: undoing.a_rule(c, name, *dates))


@undo.command()
@click.argument("name")
@click.option("--day", type=_DATE, required=True, help="The business date.")
@_how
@click.pass_obj
@where
def clerk(session: Session, name: str, day: dt.datetime, preview: bool, reason: str, dependents: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """Every standing decision of a person for a day."""
    from cashapp import undoing

    _undo(session, _Wish(preview, reason, dependents, as_of, as_json), lambda c: undoing.a_clerks_day(c, name, day.date()))


@undo.command()
@click.argument("receipt")
@click.option("--invoice", "document", default="", help="Only what went to this item.")
@_how
@click.pass_obj
@where
def application(session: Session, receipt: str, document: str, preview: bool, reason: str, dependents: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """The application of a receipt, or of it the part on one item."""
    from cashapp import undoing

    _undo(session, _Wish(preview, reason, dependents, as_of, as_json), lambda c: undoing.an_application(c, receipt, document))


@undo.command()
@click.argument("entry_id", type=int, metavar="ENTRY")
@_how
@click.pass_obj
@where
def entry(session: Session, entry_id: int, preview: bool, reason: str, dependents: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """One decision by the number of its journal entry: an application, an adjustment, a fee."""
    from cashapp import undoing

    _undo(session, _Wish(preview, reason, dependents, as_of, as_json), lambda c: undoing.an_entry(c, entry_id))
