"""`cashapp rules …`: what was learned from decisions, and what other rules would have done with the past."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cashapp.cli.context import Session, print_json, where

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from cashapp.replay import Replayed

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_DIFFERENCES_SHOWN = 20


@click.group()
def rules() -> None:
    """What the engine learned, and rules replayed on history."""


@rules.command("list")
@_JSON
@click.pass_obj
@where
def list_(session: Session, as_json: bool) -> None:
    """Show what decisions taught: names, accounts, habits, shapes of numbers; whether each acts, and who taught it."""
    from cashapp import db, learning
    from cashapp.cli.show import console

    workspace, engine = session.open()
    after = workspace.config.learning.act_after
    with db.reading(engine) as connection:
        told = learning.rules(connection, after)
    if as_json:
        print_json({"act_after": after, "rules": [row | {"since": row["since"].isoformat()} for row in told.iter_rows(named=True)]})
        return
    table = _table(("kind", "left"), ("customer", "left"), ("what", "left"), ("confirmed", "right"), ("since", "left"), ("taught by", "left"), ("status", "left"))
    for row in told.iter_rows(named=True):
        what = learning.in_words(row["kind"], row["value"])
        status = f"in shadow until {after} receipts confirm it" if row["status"] == "shadow" and after else row["status"]
        table.add_row(row["kind"], row["customer_id"], what, str(row["confirmations"]), row["since"].isoformat(), row["taught_by"], status)
    console().print(table if told.height else "nothing was learned yet")


@rules.command()
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), required=True, help="First day on which files were taken in.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Last day.")
@click.option("--config", "other", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="A cashapp.toml to try against the present one (else: the present one against what was posted then).")
@_JSON
@click.pass_obj
@where
def replay(session: Session, since: dt.datetime, until: dt.datetime, other: Path | None, as_json: bool) -> None:
    """Replay rules on history: lines won, lines lost, wrong against what was decided, money. Writes nothing."""
    from cashapp import config, db
    from cashapp.errors import UsageError
    from cashapp.replay import replay as replayed

    if until < since:
        raise UsageError(f"--until {until.date()} lies before --from {since.date()} – swap them")
    workspace, engine = session.open()
    present = workspace.config
    with db.reading(engine) as connection:
        told = replayed(connection, since.date(), until.date(), config.load(other) if other else present, present if other else None)
    if as_json:
        print_json(_as_json(told))
    else:
        _print(told, "the present rules" if other else "what was posted then")


def _as_json(told: Replayed) -> dict[str, object]:
    return {"receipts": told.receipts, "days": told.days, "summary": _rows(told.summary()), "differences": _rows(_differences(told))}


def _rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    from parsers.amounts import to_text

    return [{("applied" if name == "applied_minor" else name): (to_text(int(str(value)), row["currency"]) if name == "applied_minor" else value)
             for name, value in row.items()} for row in frame.iter_rows(named=True)]


def _differences(told: Replayed) -> pl.DataFrame:
    import polars as pl

    return told.rows.filter((pl.col("outcome") != "same") | (pl.col("verdict") == "wrong"))


def _print(told: Replayed, beside: str) -> None:
    from cashapp.cli.show import console
    from cashapp.replay import OUTCOMES, VERDICTS

    screen = console()
    screen.print(f"{told.receipts:,} receipts of {told.days} days, beside {beside}")
    table = _table(("", "left"), ("against the decision", "left"), ("receipts", "right"), ("lines", "right"), ("applied", "right"), ("", "left"), ("means", "left"))
    for row in _rows(told.summary()):
        means = f"{OUTCOMES[str(row['outcome'])]}; {VERDICTS[str(row['verdict'])]}"
        table.add_row(str(row["outcome"]), str(row["verdict"]), f"{row['receipts']:,}", f"{row['lines']:,}", str(row["applied"]), str(row["currency"]), means)
    screen.print(table)
    differences = _rows(_differences(told))
    for row in differences[:_DIFFERENCES_SHOWN]:
        screen.print(f"{row['outcome']:8} {row['verdict']:10} {row['receipt_id']} {row['rule']} {row['applied']} {row['currency']}", markup=False)
    if len(differences) > _DIFFERENCES_SHOWN:
        screen.print(f"… and {len(differences) - _DIFFERENCES_SHOWN} more; --json has them all")


def _table(*columns: tuple[str, str]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name, justify in columns:
        table.add_column(name, justify=justify)  # type: ignore[arg-type]  # rich's literal, spelt by the callers
    return table
