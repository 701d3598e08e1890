"""`cashapp returns …`: payments that came back, their fees and their next presentment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from cashapp.cli.context import Session, print_json, where

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cashapp.returns import Act

Outcome = TypeVar("Outcome")
_DATE = click.DateTime(["%Y-%m-%d"])
_AS_OF = click.option("--as-of", type=_DATE, help="The business date (else today).")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_ID = click.argument("return_id", type=int, metavar="ID")


def acted(session: Session, as_of: dt.datetime | None, verb: Callable[[Connection, Act], Outcome]) -> Outcome:
    """Run one verb in one transaction, signed, by the workspace's rules."""
    from cashapp import clock, db
    from cashapp.returns import Act

    workspace, engine = session.open()
    act = Act(session.who, as_of.date() if as_of else clock.today(), workspace.config.returns)
    with workspace.locked(60), db.writing(engine) as connection:
        return verb(connection, act)


@click.group()
def returns() -> None:
    """Payments that came back."""


@returns.command("list")
@click.option("--waiting", is_flag=True, help="Only those whose payment was not found.")
@_AS_OF
@_JSON
@click.pass_obj
@where
def list_(session: Session, waiting: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """Show the returned items, newest first, and what may be done with each."""
    from rich.table import Table

    from cashapp import clock, db, returns_view
    from cashapp.cli.show import console

    workspace, engine = session.open()
    with db.reading(engine) as connection:
        rows = returns_view.listing(connection, workspace.config, as_of.date() if as_of else clock.today())
    chosen = [row for row in rows if not waiting or row["method"] == "waiting"]
    if as_json:
        print_json({"returns": chosen})
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    columns = ("id", "on", "payer", "amount", "code", "how worked", "receipt", "fee", "retry", "flag")
    for name in columns:
        table.add_column(name, justify="right" if name in {"id", "amount"} else "left")
    for row in chosen:
        table.add_row(*(str(row[name] or "") for name in ("return_id", "returned_on", "payer", "amount", "code", "outcome", "receipt_id", "fee", "retry", "flag")))
    console().print(table if chosen else "nothing came back")


@returns.command()
@_ID
@_AS_OF
@_JSON
@click.pass_obj
@where
def show(session: Session, return_id: int, as_of: dt.datetime | None, as_json: bool) -> None:
    """Show one returned item: what came back, how it was found, what was done, whether it may be presented again."""
    from rich.markup import escape
    from rich.table import Table

    from cashapp import clock, db, returns_view
    from cashapp.cli.show import console

    workspace, engine = session.open()
    with db.reading(engine) as connection:
        told = returns_view.details(connection, return_id, workspace.config, as_of.date() if as_of else clock.today())
    if as_json:
        print_json(told)
        return
    facts = Table.grid(padding=(0, 2))
    for name, value in told.items():
        if value and not isinstance(value, list):
            facts.add_row(f"[dim]{name.replace('_', ' ')}[/]", escape(str(value)))
    console().print(facts)
    for title in ("reopened", "candidates", "history"):
        lines = told[title]
        if isinstance(lines, list) and lines:
            console().print(f"\n[bold]{title}[/]")
            for line in lines:
                console().print(f"  {escape(str(line))}")


@returns.command()
@_ID
@click.argument("receipt", metavar="RECEIPT")
@_AS_OF
@click.pass_obj
@where
def link(session: Session, return_id: int, receipt: str, as_of: dt.datetime | None) -> None:
    """Say which receipt a waiting return takes back."""
    from cashapp import explain
    from cashapp import returns as work

    def verb(connection: Connection, act: Act) -> str:
        key = str(explain.find_receipt(connection, receipt).receipt_key)
        work.link(connection, return_id, key, act)
        return key

    click.echo(f"return {return_id}: takes back receipt {acted(session, as_of, verb)}", err=True)


@returns.command()
@_ID
@click.option("--amount", help="How much (else by the fee table).")
@_AS_OF
@click.pass_obj
@where
def fee(session: Session, return_id: int, amount: str | None, as_of: dt.datetime | None) -> None:
    """Charge the customer's fee for a returned item, once."""
    from cashapp import return_cases
    from cashapp.errors import UsageError

    entry_id = acted(session, as_of, lambda c, act: return_cases.charge(c, return_id, amount, act.rules, act.actor, act.on))
    if entry_id is None:
        raise UsageError(f"the fee table has no fee for return {return_id}; give --amount")
    click.echo(f"return {return_id}: fee charged, entry {entry_id}", err=True)


@returns.command()
@_ID
@click.option("--reason", required=True, help="Why; it stays on record.")
@_AS_OF
@click.pass_obj
@where
def waive(session: Session, return_id: int, reason: str, as_of: dt.datetime | None) -> None:
    """Waive the customer's fee, for a reason."""
    from cashapp import return_cases

    acted(session, as_of, lambda c, act: return_cases.waive(c, return_id, reason, act.actor, act.on))
    click.echo(f"return {return_id}: fee waived", err=True)


@returns.command()
@_ID
@click.option("--on", "day", type=_DATE, help="The day (else the next usual pay day).")
@_AS_OF
@click.pass_obj
@where
def retry(session: Session, return_id: int, day: dt.datetime | None, as_of: dt.datetime | None) -> None:
    """Plan the next presentment, within what the clearing house allows."""
    from cashapp import return_cases

    calendar = session.workspace.config.links.calendar
    plan = acted(session, as_of, lambda c, act: return_cases.retry(c, return_id, day.date() if day else None, act.rules, act.actor, act.on, calendar))
    click.echo(f"return {return_id}: present again on {plan.on} – {plan.why}", err=True)
