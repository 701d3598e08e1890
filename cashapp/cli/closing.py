"""`cashapp period list|close|lock|reopen`: which months take postings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cashapp.cli.context import Session, print_json, tell, where

if TYPE_CHECKING:
    from cashapp.periods import State

_REASON = click.option("--reason", default="", help="Why.")


@click.group()
def period() -> None:
    """Accounting periods: open, soft-closed, locked."""


@period.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
@where
def list_(session: Session, as_json: bool) -> None:
    """Every month that the books know, with what was done to it."""
    from cashapp import db, periods

    _, engine = session.open()
    with db.reading(engine) as connection:
        states, events, known = periods.states(connection), periods.events(connection), periods.known(connection)
    if as_json:
        print_json({"periods": [{
            "period": name, "state": states.get(name, periods.OPEN),
            "events": [{"state": e.state, "at": f"{e.at:%Y-%m-%dT%H:%M:%SZ}", "actor": e.actor, "reason": e.reason} for e in events if e.period == name],
        } for name in known]})
        return
    for name in known:
        done = "; ".join(f"{e.state.replace('_', ' ')} by {e.actor} on {e.at:%Y-%m-%d}{f' ({e.reason})' if e.reason else ''}" for e in events if e.period == name)
        click.echo(f"{name}  {states.get(name, periods.OPEN).replace('_', ' '):12}  {done}".rstrip())


@period.command()
@click.argument("name", metavar="YYYY-MM")
@_REASON
@click.pass_obj
@where
def close(session: Session, name: str, reason: str) -> None:
    """Soft-close a month: what comes late goes to the next open one, a person may still date a correction into it."""
    _change(session, name, "soft_closed", reason)


@period.command()
@click.argument("name", metavar="YYYY-MM")
@_REASON
@click.pass_obj
@where
def lock(session: Session, name: str, reason: str) -> None:
    """Lock a month: nothing changes it any more."""
    _change(session, name, "locked", reason)


@period.command()
@click.argument("name", metavar="YYYY-MM")
@_REASON
@click.pass_obj
@where
def reopen(session: Session, name: str, reason: str) -> None:
    """Open a closed month again; a locked one needs a reason. It stays on record."""
    _change(session, name, "open", reason)


def _change(session: Session, name: str, state: State, reason: str) -> None:
    from cashapp import db, periods

    _, engine = session.open()
    with db.writing(engine) as connection:
        periods.change(connection, periods.month(name), state, session.who, reason)
    tell(f"{name} is {state.replace('_', ' ')}")
