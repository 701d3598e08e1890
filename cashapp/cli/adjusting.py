"""`cashapp adjust …` and `cashapp approve …`: money moved by hand, within limits, above them by two people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from cashapp.cli.context import Session, print_json, where

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cashapp.adjustments import Done, Signed

Outcome = TypeVar("Outcome")
_DATE = click.DateTime(["%Y-%m-%d"])
_AS_OF = click.option("--as-of", type=_DATE, help="The business date (else today).")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_KINDS = ("write-off", "small-difference", "deduction", "credit-memo", "credit", "debit-memo", "charge", "late-fee", "refund", "deposit", "deposit-refund",
          "transfer", "split", "apply-credit")


def signed(session: Session, as_of: dt.datetime | None, verb: Callable[[Connection, Signed], Outcome]) -> Outcome:
    """Run one verb in one transaction, signed, under the workspace's roles."""
    from cashapp import clock, db
    from cashapp.adjustments import Signed

    workspace, engine = session.open()
    by = Signed.under(workspace.config, session.who, as_of.date() if as_of else clock.today())
    with workspace.locked(60), db.writing(engine) as connection:
        return verb(connection, by)


def told(done: Done, what: str) -> str:
    """What became of it, in words."""
    if done.status == "pending":
        return f"adjustment {done.adjustment_id} waits for a second person: `cashapp approve approve {done.adjustment_id}`"
    return f"{what}, entry {done.entry_id}"


@click.command()
@click.argument("kind", type=click.Choice(_KINDS), metavar="KIND")
@click.option("--reason", required=True, help="Why, in words; for a deduction a code of the closed list ([[deductions]] in cashapp.toml). It stays in the journal.")
@click.option("--amount", default="", help="How much (else all that is open or unapplied).")
@click.option("--invoice", "document", default="", help="The item it is about, by number.")
@click.option("--receipt", "receipt_key", default="", help="Or the receipt whose unapplied money it is about.")
@click.option("--customer", default="", help="Or the customer, for a document of its own; also says whose item is meant.")
@click.option("--currency", default="", help="Where neither item nor receipt says it.")
@click.option("--to", "to_document", default="", help="apply-credit: the invoice that takes the credit; split: the number of the new part.")
@click.option("--to-customer", default="", help="transfer: who takes the item over.")
@click.option("--owner", default="", help="deduction: who answers for it.")
@click.option("--note", default="", help="Anything else.")
@click.option("--due", type=_DATE, help="When a new document is due.")
@_AS_OF
@_JSON
@click.pass_obj
@where
def adjust(session: Session, kind: str, reason: str, amount: str, document: str, receipt_key: str, customer: str, currency: str, to_document: str,
           to_customer: str, owner: str, note: str, due: dt.datetime | None, as_of: dt.datetime | None, as_json: bool) -> None:
    """Move money by hand: KIND is write-off, small-difference, deduction, credit-memo, credit, debit-memo, charge, late-fee, refund, deposit,
    deposit-refund, transfer, split or apply-credit. What is above your role's limit waits for `cashapp approve`."""
    from cashapp import adjustments

    wanted = adjustments.Wanted(kind.replace("-", "_"), reason, amount, currency, customer, document, receipt_key, to_customer, to_document, note, owner,
                                due.date() if due else None)
    done = signed(session, as_of, lambda c, by: adjustments.request(c, wanted, by))
    if as_json:
        print_json(done._asdict())
    else:
        click.echo(told(done, f"adjustment {done.adjustment_id}: {kind} posted"), err=True)


@click.group()
def approve() -> None:
    """What waits for a second person."""


@approve.command("list")
@_JSON
@click.pass_obj
@where
def list_(session: Session, as_json: bool) -> None:
    """Show the adjustments that wait, oldest first."""
    from rich.table import Table
    from sqlalchemy import select

    from cashapp import db, money, schema
    from cashapp.cli.show import console

    _, engine = session.open()
    table, item, receipt = schema.adjustment, schema.open_item, schema.receipt
    query = (
        select(table, item.c.document_number.label("document"), receipt.c.receipt_key).outerjoin(item, item.c.item_id == table.c.item_id)
        .outerjoin(receipt, receipt.c.receipt_id == table.c.receipt_id).where(table.c.status == "pending").order_by(table.c.adjustment_id)
    )
    with db.reading(engine) as connection:
        rows = connection.execute(query).all()
    waiting = [{
        "adjustment_id": row.adjustment_id, "kind": row.kind, "amount": money.shown(row.amount_minor, row.currency), "customer_id": row.customer_id,
        "about": row.document or row.receipt_key or "", "reason": row.reason, "asked_by": row.requested_by, "asked_on": row.requested_on.isoformat(),
    } for row in rows]
    if as_json:
        print_json({"pending": waiting})
        return
    shown = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("id", "kind", "amount", "customer", "about", "reason", "asked by", "on"):
        shown.add_column(name, justify="right" if name in {"id", "amount"} else "left")
    for row in waiting:
        shown.add_row(*(str(cell or "") for cell in row.values()))
    console().print(shown if waiting else "nothing waits for approval")


@approve.command("approve")
@click.argument("adjustment_id", type=int, metavar="ID")
@_AS_OF
@click.pass_obj
@where
def approve_(session: Session, adjustment_id: int, as_of: dt.datetime | None) -> None:
    """Approve and post; never what you asked for yourself."""
    from cashapp import adjustments

    entry_id = signed(session, as_of, lambda c, by: adjustments.approve(c, adjustment_id, by))
    click.echo(f"adjustment {adjustment_id}: approved and posted, entry {entry_id}", err=True)


@approve.command("reject")
@click.argument("adjustment_id", type=int, metavar="ID")
@click.option("--reason", required=True, help="Why not.")
@_AS_OF
@click.pass_obj
@where
def reject(session: Session, adjustment_id: int, reason: str, as_of: dt.datetime | None) -> None:
    """Turn it down; nothing is posted."""
    from cashapp import adjustments

    signed(session, as_of, lambda c, by: adjustments.reject(c, adjustment_id, reason, by))
    click.echo(f"adjustment {adjustment_id}: rejected", err=True)
