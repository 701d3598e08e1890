"""`cashapp exceptions …` and `cashapp explain`: the queue and the reasons, for clerks who type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import click

from cashapp.cli.context import Session, print_json, print_json_list, where

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cashapp.desk import By
    from cashapp.desk_allocations import Share

_AS_OF = click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The business date (else today).")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def exceptions() -> None:
    """The queue: what a person must decide."""


@exceptions.command("list")
@click.option("--reason", help="Only this reason.")
@click.option("--all", "with_resolved", is_flag=True, help="Resolved ones too.")
@_AS_OF
@_JSON
@click.pass_obj
@where
def list_(session: Session, reason: str | None, with_resolved: bool, as_of: dt.datetime | None, as_json: bool) -> None:
    """Show the open exceptions, oldest first."""
    from cashapp import clock, db, exports

    _, engine = session.open()
    with db.reading(engine) as connection:
        statuses = ("open", "resolved") if with_resolved else ("open",)
        frames = exports.exceptions(connection, exports.Bounds(None, None, as_of.date() if as_of else clock.today()), statuses)
        rows = (row for frame in frames for row in frame.iter_rows(named=True) if reason in {None, row["reason"]})
        if as_json:
            print_json_list("exceptions", ({name: str(cell) if isinstance(cell, dt.datetime) else cell for name, cell in row.items()} for row in rows))
        else:
            _print_cases(rows)


_CASES_AT_ONCE = 1_000
"""So many lines are laid out as one table: a long queue comes as it is read."""


def _print_cases(rows: Iterator[dict[str, object]]) -> None:
    from rich.table import Table

    from cashapp.cli.show import console

    columns = (("id", "right"), ("age", "right"), ("reason", "left"), ("amount", "right"), ("", "left"), ("payer", "left"), ("customer", "left"),
               ("reference", "left"), ("suggested", "right"), ("owner", "left"), ("note", "left"))
    fields = ("exception_id", "age_days", "reason", "amount", "currency", "payer_name", "customer_id", "bank_reference", "suggestion_count", "assignee", "note")
    is_empty = True
    while page := list(islice(rows, _CASES_AT_ONCE)):
        is_empty = False
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for name, justify in columns:
            table.add_column(name, justify=justify)  # type: ignore[arg-type]  # rich's literal, spelt above
        for row in page:
            told = row | {"reason": str(row["reason"]).replace("_", " ")}
            table.add_row(*("" if told[field] is None else str(told[field]) for field in fields))
        console().print(table)
    if is_empty:
        console().print("nothing waits for a person")


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@_JSON
@click.pass_obj
@where
def show(session: Session, exception_id: int, as_json: bool) -> None:
    """Show a case: what came, what is suggested and why, what was done so far."""
    from sqlalchemy import select

    from cashapp import db, desk, money, schema
    from cashapp import explain as telling
    from cashapp.cli.show import console
    from cashapp.exceptions import REASONS

    workspace, engine = session.open()
    with db.reading(engine) as connection:
        case = desk.case(connection, exception_id)
        key = connection.execute(select(schema.receipt.c.receipt_key).where(schema.receipt.c.receipt_id == case.receipt_id)).scalar()
        told = telling.explain(connection, key, workspace.config.base_currency) if key else None
    head = {"exception_id": exception_id, "reason": case.reason, "status": case.status, "assignee": case.assignee, "note": case.note,
            "amount": money.shown(case.amount_minor, case.currency)}
    if as_json:
        print_json(head | ({"receipt": told.as_json()} if told else {}))
        return
    console().print(f"[bold]exception {exception_id}[/] {case.status}: {case.reason.replace('_', ' ')} – {REASONS[case.reason]}  {head['amount']}")
    if case.note:
        console().print(f"note: {case.note}", markup=False)
    if told:
        _print_explanation(told)


@click.command()
@click.argument("receipt")
@_JSON
@click.pass_obj
@where
def explain(session: Session, receipt: str, as_json: bool) -> None:
    """Say of a receipt who paid, for what, why, what spoke against it, and what the rivals were."""
    from cashapp import db
    from cashapp import explain as telling
    from cashapp.cli.show import console

    workspace, engine = session.open()
    with db.reading(engine) as connection:
        told = telling.explain(connection, receipt, workspace.config.base_currency)
    if as_json:
        print_json(told.as_json())
        return
    console().print(f"[bold]receipt {told.receipt_id}[/]")
    _print_explanation(told)


def _print_explanation(told: object) -> None:
    """An explanation as a clerk reads it: facts, reasons, suggestions, history."""
    from rich.markup import escape
    from rich.table import Table

    from cashapp.cli.show import console
    from cashapp.explain import Explanation

    assert isinstance(told, Explanation)
    screen = console()
    facts = Table.grid(padding=(0, 2))
    for fact, value in told.came:
        facts.add_row(f"[dim]{fact}[/]", escape(value))
    screen.print(facts)
    if told.thought:
        screen.print("\n[bold]why[/]")
    signs = {"for": "[green]+[/]", "against": "[red]−[/]", "neutral": "·"}
    for question, speaks, finding in told.thought:
        screen.print(f"  {signs.get(speaks, '·')} [dim]{question.replace('_', ' ')}[/]  {escape(finding)}")
    for proposal in told.proposals:
        screen.print(f"\n[bold]suggestion {proposal['rank']}[/]  {escape(str(proposal['explanation']))}  [dim]{proposal['rule']}, {proposal['confidence']}/1000[/]")
        for line in proposal["lines"]:  # type: ignore[attr-defined]  # a list of dicts, see explain._proposals
            extra = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in line.items() if name not in {"invoice_number", "applied"})
            screen.print(f"    {escape(line['invoice_number'] or 'on account'):20} {line['applied']:>18}  {extra}")
    if told.happened:
        screen.print("\n[bold]what happened[/]")
        for line in told.happened:
            screen.print(f"  {escape(line)}")
    if told.waits_for:
        screen.print(f"\n[yellow]waits for a person[/]  {escape(told.waits_for)}")


def _act(session: Session, as_of: dt.datetime | None, verb: Callable[[Connection, By], object], done: str) -> None:
    """Run one verb in one transaction, signed, and say that it is done."""
    from cashapp import clock, db, desk

    workspace, engine = session.open()
    with workspace.locked(60), db.writing(engine) as connection:
        verb(connection, desk.By(session.who, as_of.date() if as_of else clock.today()))
    click.echo(done, err=True)


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--rank", type=click.IntRange(min=1), default=1, show_default=True, help="Which suggestion.")
@_AS_OF
@click.pass_obj
@where
def accept(session: Session, exception_id: int, rank: int, as_of: dt.datetime | None) -> None:
    """Post a suggestion as it stands; what it takes off above your role's limit waits for a second person."""
    from cashapp import desk_allocations
    from cashapp.cli import adjusting

    done = adjusting.signed(session, as_of, lambda c, by: desk_allocations.accept(c, exception_id, rank, by))
    click.echo(f"exception {exception_id}: {adjusting.told(done, f'suggestion {rank}')}", err=True)


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--to", "to", multiple=True, required=True, metavar="INVOICE=AMOUNT", help="May be repeated; more INVOICE=AMOUNT may follow it.")
@click.argument("more", nargs=-1)
@click.option("--discount", multiple=True, metavar="INVOICE=AMOUNT", help="A discount taken beside the cash; may be repeated.")
@click.option("--deduct", multiple=True, metavar="INVOICE=AMOUNT", help="A deduction beside the cash, for --reason; may be repeated.")
@click.option("--reason", default="", help="What is deducted for: a code such as shortage, damage, pricing.")
@_AS_OF
@click.pass_obj
@where
def apply(session: Session, exception_id: int, to: tuple[str, ...], more: tuple[str, ...], discount: tuple[str, ...], deduct: tuple[str, ...], reason: str,
          as_of: dt.datetime | None) -> None:
    """Put amounts on invoices by number."""
    from cashapp.desk_allocations import Share

    cash, discounts, deductions = ([_split(pair) for pair in pairs] for pairs in ((*to, *more), discount, deduct))
    beside = {number: [dict(discounts).get(number, ""), dict(deductions).get(number, "")] for number, _ in (*cash, *discounts, *deductions)}
    amounts = [*cash, *((number, "") for number in beside if number not in dict(cash))]
    shares = [Share(number, amount, discount=beside[number][0], deduction=beside[number][1], reason=reason) for number, amount in amounts]
    _allocated(session, exception_id, shares, as_of, "apply", f"applied to {len(shares)} item(s)")


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--to", "to", multiple=True, required=True, metavar="CUSTOMER=AMOUNT", help="Repeated for each customer; more CUSTOMER=AMOUNT may follow it.")
@click.argument("more", nargs=-1)
@_AS_OF
@click.pass_obj
@where
def split(session: Session, exception_id: int, to: tuple[str, ...], more: tuple[str, ...], as_of: dt.datetime | None) -> None:
    """Divide a payment among customers, each share on that customer's account."""
    from cashapp.desk_allocations import Share

    shares = [Share("", amount, customer) for customer, amount in map(_split, (*to, *more))]
    _allocated(session, exception_id, shares, as_of, "split", f"divided among {len(shares)} customer(s)")


def _allocated(session: Session, exception_id: int, shares: list[Share], as_of: dt.datetime | None, action: str, what: str) -> None:
    from cashapp import desk_allocations
    from cashapp.cli import adjusting

    done = adjusting.signed(session, as_of, lambda c, by: desk_allocations.allocate(c, exception_id, shares, by, action=action))
    click.echo(f"exception {exception_id}: {adjusting.told(done, what)}", err=True)


def _split(pair: str) -> tuple[str, str]:
    number, mark, amount = pair.rpartition("=")
    if not mark or not number:
        raise click.BadParameter(f"{pair!r} is not NAME=AMOUNT")
    return number, amount


@exceptions.command("on-account")
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--customer", required=True, help="Whose account.")
@_AS_OF
@click.pass_obj
@where
def on_account(session: Session, exception_id: int, customer: str, as_of: dt.datetime | None) -> None:
    """Park what is left on a customer's account."""
    from cashapp import desk

    _act(session, as_of, lambda c, by: desk.on_account(c, exception_id, customer, by), f"exception {exception_id}: on account of {customer}")


@exceptions.command("non-ar")
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--gl", required=True, metavar="ACCOUNT", help="The general-ledger account.")
@_AS_OF
@click.pass_obj
@where
def non_ar(session: Session, exception_id: int, gl: str, as_of: dt.datetime | None) -> None:
    """The money is no customer's: post it to a general-ledger account."""
    from cashapp import desk

    _act(session, as_of, lambda c, by: desk.non_ar(c, exception_id, gl, by), f"exception {exception_id}: posted to {gl}")


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--reason", required=True, help="Why nothing is left to do.")
@_AS_OF
@click.pass_obj
@where
def close(session: Session, exception_id: int, reason: str, as_of: dt.datetime | None) -> None:
    """Close a case in which no money waits."""
    from cashapp import desk

    _act(session, as_of, lambda c, by: desk.close(c, exception_id, reason, by), f"exception {exception_id}: closed")


@exceptions.command("write-off")
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--amount", required=True, help="How much.")
@click.option("--reason", required=True, help="Why; it stays in the journal.")
@click.option("--invoice", "document", default="", help="Which item is short (else that of the first suggestion, else the receipt's rest).")
@_AS_OF
@click.pass_obj
@where
def write_off(session: Session, exception_id: int, amount: str, reason: str, document: str, as_of: dt.datetime | None) -> None:
    """Write off a difference; above your role's limit it waits for a second person."""
    from cashapp import desk_adjustments
    from cashapp.cli import adjusting

    done = adjusting.signed(session, as_of, lambda c, by: desk_adjustments.write_off(c, exception_id, amount, reason, document, by))
    click.echo(f"exception {exception_id}: {adjusting.told(done, f'{amount} written off')}", err=True)


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--amount", required=True, help="How much.")
@click.option("--reason", required=True, help="What for: a code such as shortage, damage, pricing; [[deductions]] in cashapp.toml adds others.")
@click.option("--invoice", "document", default="", help="Which item is short (else that of the first suggestion, which is posted with it).")
@_AS_OF
@click.pass_obj
@where
def deduct(session: Session, exception_id: int, amount: str, reason: str, document: str, as_of: dt.datetime | None) -> None:
    """Take a difference off as a deduction with a reason; above your role's limit it waits for a second person."""
    from cashapp import desk_adjustments
    from cashapp.cli import adjusting

    done = adjusting.signed(session, as_of, lambda c, by: desk_adjustments.deduct(c, exception_id, amount, reason, document, by))
    click.echo(f"exception {exception_id}: {adjusting.told(done, f'{amount} deducted')}", err=True)


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--customer", required=True, help="Whose it is.")
@click.option("--reason", required=True, help="Why; it stays in the journal.")
@click.option("--invoice", "document", default="", help="Which item (else the credit that the payment left on account, else what is undecided of it).")
@_AS_OF
@click.pass_obj
@where
def transfer(session: Session, exception_id: int, customer: str, reason: str, document: str, as_of: dt.datetime | None) -> None:
    """Give another customer what stands under the wrong one."""
    from cashapp import desk_adjustments
    from cashapp.cli import adjusting

    done = adjusting.signed(session, as_of, lambda c, by: desk_adjustments.transfer(c, exception_id, customer, document, reason, by))
    click.echo(f"exception {exception_id}: {adjusting.told(done, f'transferred to {customer}')}", err=True)


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--of", "receipt_key", required=True, metavar="RECEIPT", help="The receipt that counts the same money.")
@_AS_OF
@click.pass_obj
@where
def duplicate(session: Session, exception_id: int, receipt_key: str, as_of: dt.datetime | None) -> None:
    """The same money as another receipt, told by another report: it counts once."""
    from cashapp import duplicates

    _act(session, as_of, lambda c, by: duplicates.give_way(c, exception_id, receipt_key, by), f"exception {exception_id}: the same money as {receipt_key}")


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@_AS_OF
@click.pass_obj
@where
def ask(session: Session, exception_id: int, as_of: dt.datetime | None) -> None:
    """Print a mail that asks the payer what the payment is for, and note on the case that it was asked."""
    from cashapp import clock, db, desk, remittance_requests

    workspace, engine = session.open()
    company = workspace.config.desk.company or workspace.home.resolve().name
    with workspace.locked(60), db.writing(engine) as connection:
        mail = remittance_requests.ask(connection, exception_id, company, desk.By(session.who, as_of.date() if as_of else clock.today()))
    click.echo(f"To: {mail.to}\nSubject: {mail.subject}\n\n{mail.body}")


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--amount", default="", help="How much (else all that is left).")
@click.option("--reason", default="overpayment", show_default=True, help="Why; it stays in the journal.")
@_AS_OF
@click.pass_obj
@where
def refund(session: Session, exception_id: int, amount: str, reason: str, as_of: dt.datetime | None) -> None:
    """Give back what is left of the receipt; above your role's limit it waits for a second person."""
    from cashapp import desk_adjustments
    from cashapp.cli import adjusting

    done = adjusting.signed(session, as_of, lambda c, by: desk_adjustments.refund(c, exception_id, amount, reason, by))
    click.echo(f"exception {exception_id}: {adjusting.told(done, 'owed to the payer')}", err=True)


@exceptions.command("return")
@click.argument("exception_id", type=int, metavar="ID")
@click.option("--receipt", "receipt_key", default="", help="The receipt that a waiting return takes back (else the only one it can be).")
@click.option("--reason", default="", help="The bank's code or words, where the bank has not said it yet.")
@_AS_OF
@click.pass_obj
@where
def return_(session: Session, exception_id: int, receipt_key: str, reason: str, as_of: dt.datetime | None) -> None:
    """The payment came back: reopen what it paid, exactly."""
    from cashapp import desk_adjustments
    from cashapp.cli import returning

    key = returning.acted(session, as_of, lambda c, act: desk_adjustments.came_back(c, exception_id, receipt_key, reason, act))
    click.echo(f"exception {exception_id}: receipt {key} is returned", err=True)


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@_AS_OF
@click.pass_obj
@where
def undo(session: Session, exception_id: int, as_of: dt.datetime | None) -> None:
    """Take back the last decision on a case, exactly."""
    from cashapp import desk

    _act(session, as_of, lambda c, by: desk.undo(c, exception_id, by), f"exception {exception_id}: undone, open again")


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.argument("user")
@click.pass_obj
@where
def assign(session: Session, exception_id: int, user: str) -> None:
    """Give a case to somebody."""
    from cashapp import desk

    _act(session, None, lambda c, by: desk.assign(c, exception_id, user, by), f"exception {exception_id}: {user}'s")


@exceptions.command()
@click.argument("exception_id", type=int, metavar="ID")
@click.argument("text")
@click.pass_obj
@where
def note(session: Session, exception_id: int, text: str) -> None:
    """Write a note to a case."""
    from cashapp import desk

    _act(session, None, lambda c, by: desk.note(c, exception_id, text, by), f"exception {exception_id}: noted")
