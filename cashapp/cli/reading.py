"""`cashapp parse` and `cashapp formats`: what the readers see, without a database."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cashapp.cli.context import print_json, where

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cashapp.reading import Check, Telling
    from parsers.second_opinion.entries import Opinion

SHOWN_MAX = 100


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "format_name", metavar="NAME", help="Skip recognition.")
@click.option("--to", type=click.Choice(["csv", "jsonl", "parquet", "xlsx"]), help="Row format (else by --out, else csv).")
@click.option("--out", type=click.Path(path_type=Path), help="Write the rows there instead of standard output.")
@click.option("--issues", "issues_out", type=click.Path(path_type=Path), help="Also write the issues there, as JSON lines.")
@click.option("--check", is_flag=True, help="Show each control as stated and as computed, and what another reader says, instead of the rows.")
@click.option("--json", "as_json", is_flag=True, help="With --check: one JSON object on standard output.")
@where
def parse(files: tuple[Path, ...], format_name: str | None, to: str | None, out: Path | None, issues_out: Path | None, check: bool,
          as_json: bool) -> int:
    """Read bank files and print their rows; any `error` issue makes the exit status 3."""
    from cashapp import reading, tabular
    from cashapp.cli import progress
    from cashapp.errors import UsageError

    if as_json and not check:
        raise UsageError("--json goes with --check; for rows as JSON lines say --to jsonl")
    reading.require(files, format_name)
    with tabular.replaced(issues_out) if issues_out else nullcontext() as stream, progress.watching(is_drawn=bool(out) or not sys.stdout.isatty()) as watcher:
        telling = reading.Telling(stream, tell=watcher.tell)
        found = progress.through((part for path in files for part in telling.through(reading.parts(path, format_name))), files, watcher)
        if check:
            ties = _check(files, format_name, telling, as_json)
            return 0 if ties and not telling.errors else 3
        with tabular.appended(tabular.format_for(to, out), out, amounts=reading.AMOUNTS) as put:
            for frame in reading.row_frames(found):
                put(frame)
    return 3 if telling.errors else 0


def _check(files: tuple[Path, ...], format_name: str | None, telling: Telling, as_json: bool) -> bool:
    """Each file's controls and second opinion; whether all controls tie."""
    from cashapp import reading

    ties = True
    told: list[dict[str, object]] = []
    for path in files:
        found = reading.check(path, telling.through(reading.parts(path, format_name)), format_name)
        ties = ties and found.ties
        if found.opinion:
            telling.opinion(found.file, found.opinion)
        if as_json:
            told.append(found.as_json())
        else:
            _show(found)
    if as_json:
        print_json({"files": told})
    return ties


def _show(found: Check) -> None:
    """One file's controls as a table, and what another reader reads differently as another."""
    from rich.console import Console

    from cashapp.reading import shown

    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140, markup=False, emoji=False, highlight=False)
    table = _table(f"{found.file} ({found.format or 'not recognised'})", "line", "control", "stated", "computed", "")
    for control in found.controls:
        stated, computed = (f"{shown(control, value)} {control.currency}".rstrip() for value in (control.stated, control.computed))
        verdict = "ties" if control.ties else "DIFFERS"
        style = None if control.ties else "bold red"
        table.add_row(str(control.span.line), _printable(control.name), stated, computed, verdict, style=style)
    console.print(table)
    if found.opinion:
        _show_opinion(found.opinion, console)


def _show_opinion(opinion: Opinion, console: Console) -> None:
    title = f"second opinion: {opinion.reader} reads {opinion.lines} line{'' if opinion.lines == 1 else 's'}"
    if not opinion.disagreements:
        console.print(f"{title}, all as we do")
        return
    table = _table(title, "line", "what", "ours", "theirs", "known fault of theirs")
    for each in opinion.disagreements[:SHOWN_MAX]:
        table.add_row(str(each.line), *(_printable(text) for text in each[1:]))
    console.print(table)
    if len(opinion.disagreements) > SHOWN_MAX:
        console.print(f"… and {len(opinion.disagreements) - SHOWN_MAX} more; --json lists all")
    console.print("For information only. Where no fault of theirs is named, compare with the bank's own screen.")


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=_printable(title), title_justify="left")
    for name in columns:
        table.add_column(name, justify="right" if name in {"line", "stated", "computed"} else "left", overflow="fold")
    return table


def _printable(text: str) -> str:
    """Text of a file without what would steer a terminal."""
    return "".join(char if char.isprintable() else "·" for char in text)


@click.command()
@where
def formats() -> None:
    """List every format and what in a file identifies it."""
    from parsers.registry import all_formats

    for fmt in all_formats().values():
        click.echo(f"{fmt.NAME:10} {fmt.TITLE}\n{'':10} {fmt.IDENTIFIED_BY}")
