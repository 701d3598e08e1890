"""`cashapp reconcile …`: a bank account's month against the books, and what people decide about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cashapp.cli.context import Session, print_json, tell, where
from cashapp.errors import UsageError

if TYPE_CHECKING:
    from polars import Expr
    from sqlalchemy import Connection, Engine

    from cashapp.periods import Month
    from cashapp.reconciliation.lines import Account
    from cashapp.reconciliation.picture import Picture

_ACCOUNT = click.option("--account", required=True, help="The bank account, as the bank or the cash book writes it.")
_PERIOD = click.option("--period", required=True, metavar="YYYY-MM", help="The month.")


@click.group(invoke_without_command=True)
@click.option("--account", help="The bank account, as the bank or the cash book writes it.")
@click.option("--period", metavar="YYYY-MM", help="The month.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
@where
def reconcile(ctx: click.Context, account: str | None, period: str | None, as_json: bool) -> None:
    """Tie a bank account's month to the books: match what is open, show what is left."""
    if ctx.invoked_subcommand is not None:
        return
    if account is None or period is None:
        raise UsageError("`reconcile` needs --account ACCOUNT and --period YYYY-MM")
    from cashapp.cli import progress
    from cashapp.reconciliation import matching_run, picture

    session: Session = ctx.obj
    with _writing(session, account, period) as (connection, found, month), progress.watching() as watcher:
        watcher.stage(f"matching {account}")
        ran = matching_run.run(connection, found, month.last, session.who)
        watcher.stage(f"proving {period}")
        drawn = picture.draw(connection, found, month)
        told = _told(connection, drawn)
    told["made"], told["broken"] = ran.made, ran.broken
    if as_json:
        print_json(told)
    else:
        _show(drawn, told)


@reconcile.command("match")
@_ACCOUNT
@click.option("--line", "lines", multiple=True, help="A bank line by its bank reference, or L and its id; may stand several times.")
@click.option("--entry", "entries", multiple=True, help="An entry of the cash book by its id; may stand several times.")
@click.option("--reason", default="", help="Why; needed where the amounts differ.")
@click.pass_obj
@where
def match_(session: Session, account: str, lines: tuple[str, ...], entries: tuple[str, ...], reason: str) -> None:
    """Say that these lines and entries are the same money."""
    from cashapp.reconciliation import decisions

    with _writing(session, account) as (connection, found, _):
        decisions.match(connection, found, lines, entries, reason=reason, actor=session.who)
    tell("matched")


@reconcile.command()
@click.argument("matches", nargs=-1, required=True, metavar="M1 M2 …")
@_ACCOUNT
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
@where
def unmatch(session: Session, matches: tuple[str, ...], account: str, reason: str) -> None:
    """Break matches; their rows are open again."""
    from cashapp.reconciliation import decisions

    with _writing(session, account) as (connection, found, _):
        count = decisions.unmatch(connection, found, matches, reason=reason, actor=session.who)
    tell(f"{count} broken")


@reconcile.command()
@click.argument("matches", nargs=-1, required=True, metavar="M1 M2 …")
@_ACCOUNT
@click.pass_obj
@where
def confirm(session: Session, matches: tuple[str, ...], account: str) -> None:
    """Vouch for suggested matches."""
    from cashapp.reconciliation import decisions

    with _writing(session, account) as (connection, found, _):
        count = decisions.confirm(connection, found, matches, actor=session.who)
    tell(f"{count} confirmed")


@reconcile.command()
@_ACCOUNT
@_PERIOD
@click.option("--book", is_flag=True, help="Book them into the cash book, each matched with its line.")
@click.option("--line", "lines", multiple=True, help="Only these, by bank reference or L and the line's id.")
@click.pass_obj
@where
def charges(session: Session, account: str, period: str, book: bool, lines: tuple[str, ...]) -> None:
    """The bank's charges and interest that the books lack, ready to book."""
    from cashapp.money import shown
    from cashapp.reconciliation import decisions, picture

    with _writing(session, account, period) as (connection, found, month):
        drawn = picture.draw(connection, found, month)
        for row in decisions.charges(drawn).iter_rows(named=True):
            click.echo(f"L{row['line_id']}  {row['date']}  {row['kind']:12}  {shown(row['amount_minor'], row['currency']):>18}  {row['description']}")
        booked = decisions.book_charges(connection, found, drawn, lines, actor=session.who) if book else 0
    if book:
        tell(f"{booked} booked")


@reconcile.command()
@_ACCOUNT
@_PERIOD
@click.option("--owner", required=True, help="Who looks for it.")
@click.option("--note", default="", help="What is known.")
@click.pass_obj
@where
def own(session: Session, account: str, period: str, owner: str, note: str) -> None:
    """Name the owner of the month's unexplained difference."""
    from cashapp.reconciliation import signing

    with _writing(session, account, period) as (connection, found, month):
        signing.own(connection, found, month, owner=owner, note=note, actor=session.who)
    tell(f"{owner} owns what is unexplained")


@reconcile.command()
@_ACCOUNT
@_PERIOD
@click.option("--review", is_flag=True, help="Sign as the reviewer (else as the preparer); never the same person.")
@click.option("--note", default="", help="A remark beside the signature.")
@click.pass_obj
@where
def sign(session: Session, account: str, period: str, review: bool, note: str) -> None:
    """Sign the month: first who prepared it, then who reviewed it; a reviewed month takes no change."""
    from cashapp.reconciliation import picture, signing

    with _writing(session, account, period) as (connection, found, month):
        drawn = picture.draw(connection, found, month)
        (signing.review if review else signing.prepare)(connection, drawn, actor=session.who, note=note)
    tell(f"{'reviewed' if review else 'prepared'} by {session.who}")


@reconcile.command()
@_ACCOUNT
@_PERIOD
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
@where
def reopen(session: Session, account: str, period: str, reason: str) -> None:
    """Take the month's signatures back."""
    from cashapp.reconciliation import signing

    with _writing(session, account, period) as (connection, found, month):
        signing.reopen(connection, found, month, actor=session.who, reason=reason)
    tell(f"{period} is open again")


@contextmanager
def _writing(session: Session, account: str, period: str | None = None) -> Iterator[tuple[Connection, Account, Month]]:
    """One transaction for the account; the month is the present one where none is named."""
    from cashapp import clock, db, periods
    from cashapp.reconciliation import lines

    month = periods.month(period or periods.of(clock.today()))
    engine: Engine = session.open()[1]
    with db.writing(engine) as connection:
        yield connection, lines.find(connection, account), month


def _told(connection: Connection, drawn: Picture) -> dict[str, object]:
    """The month in figures, for `--json`."""
    from cashapp.reconciliation import signing, table
    from parsers.amounts import to_text

    rows = table.sums(drawn, table.order(drawn.rows, drawn.month))
    signed = signing.signed(connection, drawn.account, drawn.month.name)

    def money(minor: int, currency: str) -> str:
        return to_text(minor, currency)

    return {
        "account": drawn.account.name, "period": drawn.month.name, "book": "cashbook" if drawn.has_cash_book else "journal",
        "balances": [{
            "currency": currency, "bank": {name: money(minor, currency) for name, minor in drawn.bank[currency].items()},
            "stated_closing": money(drawn.stated[currency], currency) if currency in drawn.stated else None,
            "book": {name: money(minor, currency) for name, minor in drawn.book[currency].items()},
            "reconciling_items": {group: money(minor, currency) for group, own, minor in drawn.units.group_by("group", "currency").agg(
                _sum_of("closing")).sort("group").iter_rows() if own == currency and minor},
            "unexplained": money(drawn.unexplained(currency), currency),
        } for currency in drawn.currencies],
        "counts": dict(rows.group_by("kind").agg(_sum_of("rows")).sort("kind").iter_rows()),
        "rows": dict(rows.group_by("status").agg(_sum_of("rows")).sort("status").iter_rows()),
        "prepared_by": signed.prepared.actor if signed.prepared else None, "reviewed_by": signed.reviewed.actor if signed.reviewed else None,
    }


def _show(drawn: Picture, told: dict[str, object]) -> None:
    """A screen for the clerk."""
    from cashapp.money import shown

    click.echo(f"{drawn.account.name} {drawn.month.name}, books: {told['book']}; {told['made']} new matches, {told['broken']} broken")
    for currency in drawn.currencies:
        click.echo(f"  bank {shown(drawn.bank[currency]['closing'], currency)}, books {shown(drawn.book[currency]['closing'], currency)}, "
                   f"explained {shown(drawn.explained(currency), currency)}, unexplained {shown(drawn.unexplained(currency), currency)}")
    counts = told["counts"]
    assert isinstance(counts, dict)
    for kind, count in counts.items():
        click.echo(f"  {count:7,}  {str(kind).replace('_', ' ')}")


def _sum_of(name: str) -> Expr:
    import polars as pl

    return pl.col(name).sum()
