"""`cashapp parse` and `cashapp formats`: what the readers see, without a database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cashapp.cli.context import where


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "format_name", metavar="NAME", help="Skip recognition.")
@click.option("--to", type=click.Choice(["csv", "jsonl", "parquet", "xlsx"]), help="Row format (else by --out, else csv).")
@click.option("--out", type=click.Path(path_type=Path), help="Write the rows there instead of standard output.")
@click.option("--issues", "issues_out", type=click.Path(path_type=Path), help="Also write the issues there, as JSON lines.")
@click.option("--check", is_flag=True, help="Show each control as stated and as computed instead of the rows.")
@where
def parse(files: tuple[Path, ...], format_name: str | None, to: str | None, out: Path | None, issues_out: Path | None, check: bool) -> int:
    """Read bank files and print their rows; any `error` issue makes the exit status 3."""
    import polars as pl

    from cashapp import reading, tabular

    documents = [(str(path), reading.read_file(path, format_name)) for path in files]
    for file, document in documents:
        for issue in document.issues:
            click.echo(reading.issue_text(file, issue), err=True)
    if issues_out:
        told = "".join(reading.issue_json(file, issue) + "\n" for file, document in documents for issue in document.issues)
        tabular.replace_file(issues_out, told.encode())
    if check:
        ties = [_show_controls(file, document) for file, document in documents]
        return 0 if all(ties) and not any(document.errors for _, document in documents) else 3
    frame = pl.concat([reading.rows(document, file) for file, document in documents])
    tabular.write(frame, tabular.format_for(to, out), out, amounts=reading.AMOUNTS)
    return 3 if any(document.errors for _, document in documents) else 0


def _show_controls(file: str, document: object) -> bool:
    """Print one file's controls as a table; whether all tie."""
    from rich.console import Console
    from rich.table import Table

    from cashapp import reading
    from parsers.documents import Document

    assert isinstance(document, Document)
    table = Table(title=f"{file} ({document.format or 'not recognised'})", title_justify="left")
    for name, justify in (("line", "right"), ("control", "left"), ("stated", "right"), ("computed", "right"), ("", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]  # rich's literal, spelt above
    controls = reading.control_rows(document)
    for line, name, stated, computed, ties in controls:
        table.add_row(line, name, stated, computed, "ties" if ties else "DIFFERS", style=None if ties else "bold red")
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140).print(table)
    return all(ties for *_, ties in controls)


@click.command()
@where
def formats() -> None:
    """List every format and what in a file identifies it."""
    from parsers.registry import all_formats

    for fmt in all_formats().values():
        click.echo(f"{fmt.NAME:10} {fmt.TITLE}\n{'':10} {fmt.IDENTIFIED_BY}")
