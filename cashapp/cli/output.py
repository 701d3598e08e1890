"""`cashapp export`: tables out."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from cashapp.cli.context import Session, where
from cashapp.errors import UsageError

WHATS = ("receipts", "applications", "proposals", "exceptions", "journal", "open-items", "reconciliation")
_DATE = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("what", type=click.Choice(WHATS))
@click.option("--out", type=click.Path(path_type=Path), help="Write there instead of standard output.")
@click.option("--to", type=click.Choice(["csv", "xlsx", "parquet", "jsonl"]), help="Format (else by --out, else csv).")
@click.option("--from", "since", type=_DATE, help="First date.")
@click.option("--until", type=_DATE, help="Last date.")
@click.option("--as-of", type=_DATE, help="The date as of which ages are counted (else today).")
@click.option("--account", help="reconciliation: the bank account.")
@click.option("--period", metavar="YYYY-MM", help="reconciliation: the month.")
@click.option("--known-at", type=click.DateTime(), help="reconciliation: as it was known at that moment (UTC).")
@click.pass_obj
@where
def export(session: Session, what: str, out: Path | None, to: str | None, since: dt.datetime | None, until: dt.datetime | None,
           as_of: dt.datetime | None, account: str | None, period: str | None, known_at: dt.datetime | None) -> None:
    """Write one of the books' tables for another program."""
    from cashapp import clock, db, exports, tabular

    _, engine = session.open()
    if what == "reconciliation":
        if account is None or period is None:
            raise UsageError("`export reconciliation` needs --account ACCOUNT and --period YYYY-MM")
        with db.reading(engine) as connection, tabular.appended(tabular.format_for(to, out), out, amounts=exports.RECONCILIATION_AMOUNTS) as put:
            for frame in exports.reconciliation(connection, account, period, known_at):
                put(frame)
        return
    chosen = exports.EXPORTS[what]
    bounds = exports.Bounds(since.date() if since else None, until.date() if until else None, as_of.date() if as_of else clock.today())
    with db.reading(engine) as connection, tabular.appended(tabular.format_for(to, out), out, amounts=chosen.amounts) as put:
        for frame in chosen.read(connection, bounds):
            put(frame)
