"""What a run looks like on a terminal: one screen that a controller reads from the top."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cashapp.daily import Summary, money_by_currency
from cashapp.exceptions import REASONS
from cashapp.proof import Proof

if TYPE_CHECKING:
    from rich.console import RenderableType


def console() -> Console:
    """Standard output at the terminal's width, or at 110 columns where it is no terminal."""
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 110, highlight=False)


def summary(told: Summary) -> None:
    """Files, receipts, what was applied, what waits for a person."""
    parts: list[RenderableType] = [_headline(told)]
    if told.files:
        parts.append(_files(told))
    if told.exceptions:
        parts.append(_exceptions(told))
    console().print(Panel(Group(*parts), title=f"cash application as of {told.as_of.isoformat()}", title_align="left", padding=(0, 1)))


def money(minor: dict[str, int]) -> str:
    """`1,234.50 USD + 20.00 EUR`, or a dash."""
    texts = [f"{_grouped(amount)} {currency}" for currency, amount in money_by_currency(minor).items()]
    return " + ".join(texts) or "–"


def _grouped(amount: str) -> str:
    whole, mark, fraction = amount.partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}{mark}{fraction}"


def _headline(told: Summary) -> RenderableType:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(justify="left")
    facts.add_column(justify="right")
    facts.add_column(justify="left")
    facts.add_row("received", f"{told.receipt_count:,}", money(told.received))
    facts.add_row("applied unattended", f"{told.matched.auto_count:,}", money(told.matched.auto_minor), style="green")
    if told.linked:
        facts.add_row("told before", f"{told.linked:,}", "lines linked to money already counted")
    if told.returned:
        facts.add_row("came back", f"{told.returned:,}", "receipts reversed, their invoices open again", style="yellow")
    waiting = sum(told.exceptions.values())
    facts.add_row("waiting for a person", f"{waiting:,}", f"{money(told.unapplied)} unapplied", style="bold yellow" if waiting else "")
    return facts


def _files(told: Summary) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), title="files", title_justify="left", title_style="bold", show_edge=False)
    for name, justify in (("file", "left"), ("format", "left"), ("lines", "right"), ("in", "right"), ("out", "right")):
        table.add_column(name, justify=justify, header_style="dim", no_wrap=name != "file")  # type: ignore[arg-type]  # rich's literal, spelt above
    for file in told.files:
        name = file.path.rpartition("/")[2]
        if file.status == "processed":
            table.add_row(name, file.format, f"{file.transactions:,}", money(file.credit), money(file.debit))
        else:
            style = "bold red" if file.status == "quarantined" else "dim"
            table.add_row(name, file.status, style=style)
    notes = [Text(f"{file.path.rpartition('/')[2]}: {file.reason}", style="red" if file.status == "quarantined" else "dim", overflow="fold")
             for file in told.files if file.reason]
    return Group("", table, *notes)


def _exceptions(told: Summary) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), title="the queue", title_justify="left", title_style="bold", show_header=False, show_edge=False)
    table.add_column(justify="right")
    table.add_column()
    table.add_column(style="dim")
    for reason, count in sorted(told.exceptions.items(), key=lambda pair: (-pair[1], pair[0])):
        table.add_row(f"{count:,}", reason.replace("_", " "), REASONS[reason])
    return Group("", table)


def farewell(home: Path, proofs: list[Proof]) -> None:
    """Whether the books hold, and what to try next."""
    screen = console()
    for told in proofs:
        screen.print(f"[green]holds[/]  {told.what}" if not told.broken else f"[bold red]BROKEN[/] {told.what}: {told.broken[0]}")
    screen.print("\nThe workspace stays. Try:")
    for command, what in (
        ("exceptions list", "what waits for a person"), ("exceptions show 1", "one case, with the reasons"),
        ("exceptions accept 1", "post its first suggestion; undo takes it back"), ("report daily-cash", "money by day and account"),
        ("export applications", "what was applied, as a table"), ("reconcile --account 4407001122 --period 2026-11", "bank and cash book, matched and tied"),
        ("serve", "all of it in a browser"), ("check", "the proof of the books"),
    ):
        screen.print(f"  cashapp --home {home} {command:47} [dim]{what}[/]")
