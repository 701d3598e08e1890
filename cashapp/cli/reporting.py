"""`cashapp report`: the books on a screen, on paper, or as data; each report with its proof against the ledger."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cashapp.cli.context import Session, tell, where
from cashapp.errors import UsageError

if TYPE_CHECKING:
    from cashapp.reports.model import Report

NAMES = ("daily-cash", "cash-receipts-journal", "aging", "statement", "unapplied", "returned-items", "good-funds", "adjustments", "exceptions", "match-rate",
         "bank-reconciliation", "trial-balance", "collections", "cash-forecast", "bad-debt", "payment-trends", "audit")
_FORMATS = ("text", "html", "pdf", "xlsx", "csv", "json")
_ENDINGS = {".txt": "text", ".html": "html", ".htm": "html", ".pdf": "pdf", ".xlsx": "xlsx", ".csv": "csv", ".json": "json"}


@click.command()
@click.argument("name", type=click.Choice(NAMES), metavar="NAME")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day (else today; for reports of a day, the latest that the books know).")
@click.option("--period", metavar="YYYY-MM", help="A month; for balances, its last day.")
@click.option("--customer", default="", metavar="ID", help="statement: whose (else everybody's).")
@click.option("--to", type=click.Choice(_FORMATS), help="Format (else by --out, else text).")
@click.option("--out", type=click.Path(path_type=Path), help="Write there instead of standard output.")
@click.option("--account", help="bank-reconciliation: one bank account (else all).")
@click.option("--known-at", type=click.DateTime(), help="bank-reconciliation: as it was known at that moment (UTC).")
@click.pass_obj
@where
def report(session: Session, name: str, as_of: dt.datetime | None, period: str | None, customer: str, to: str | None, out: Path | None, account: str | None,
           known_at: dt.datetime | None) -> int:
    """Make a report: daily-cash, cash-receipts-journal, aging, statement, unapplied, returned-items, good-funds, adjustments, exceptions,
    match-rate, bank-reconciliation, trial-balance, collections, cash-forecast, bad-debt, payment-trends, audit."""
    from cashapp import clock, db, reports, tabular
    from cashapp.reports import as_text, rendering

    if as_of and period:
        raise UsageError("--as-of names a day and --period a month: give one of them")
    wanted = to or (_ENDINGS.get(out.suffix.lower(), "text") if out else "text")
    if out is None and wanted in {"pdf", "xlsx"} and sys.stdout.isatty():
        raise UsageError(f"{wanted} is not for a terminal: name a file with --out")
    if customer and name != "statement":
        raise UsageError("--customer is for the report statement")
    workspace, engine = session.open()
    with db.reading(engine) as connection:
        days = reports.days(connection, name, as_of.date() if as_of else None, reports.month(period) if period else None, clock.today())
        made = reports.make(connection, name, days, workspace.home.resolve().name, reports.Asked(workspace.config, customer, account, known_at))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else as_text.WIDTH
    content = rendering.rendered(made, wanted, workspace.config.base_currency, width)
    with tabular.replaced(out) if out else nullcontext(sys.stdout.buffer) as stream:
        stream.writelines(content)
        stream.flush()
    return _verdict(made)


def _verdict(made: Report) -> int:
    """0, or 4 with a line for each proof that fails."""
    from parsers.amounts import to_text

    for proof in made.broken:
        reported, kept = to_text(proof.reported_minor, proof.currency), to_text(proof.ledger_minor, proof.currency)
        tell(f"cashapp: {made.name} does not tie: {proof.what} {proof.currency}, report {reported}, ledger {kept} – `cashapp check` shows what is wrong in the books")
    return 4 if made.broken else 0
