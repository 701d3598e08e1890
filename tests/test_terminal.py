"""What a person at a terminal sees beside the results: a bar on stderr, and help without waiting."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from tests.test_daily import mt940


def on_terminal(out: Path, *words: str) -> bytes:
    """Run a command whose stderr is a terminal and whose stdout is a file; what the terminal showed."""
    ours, theirs = pty.openpty()
    with out.open("wb") as rows:
        process = subprocess.Popen([sys.executable, "-m", "cashapp", *words], stdout=rows, stderr=theirs, env=os.environ | {"TERM": "xterm", "COLUMNS": "120"})
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # how Linux tells that the other end is closed
        while block := os.read(ours, 65536):
            shown += block
    os.close(ours)
    assert process.wait() == 0
    return shown


def test_a_bar_is_drawn_on_the_terminal_and_the_rows_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "many.sta"
    path.write_text(mt940([("1,00", f"BR{n:06}", f"PAYER {n}") for n in range(3000)]))
    shown = on_terminal(tmp_path / "rows.csv", "parse", str(path))
    assert b"reading many.sta" in shown
    assert b"MB" in shown
    plain = subprocess.run([sys.executable, "-m", "cashapp", "parse", str(path)], capture_output=True, check=True)
    assert (tmp_path / "rows.csv").read_bytes() == plain.stdout
    assert plain.stderr == b""


def test_an_import_tells_how_many_rows_are_through(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "invoices.csv"
    rows = "".join(f"INV-{n},C1,Northwind,10.00,USD,2026-11-01\n" for n in range(20_000))
    path.write_text(f"invoice_number,customer_id,customer_name,amount,currency,issue_date\n{rows}")
    shown = on_terminal(tmp_path / "told", "--home", str(home), "import", "invoices", str(path))
    assert b"0 of 20,000 rows" in shown
    assert b"posting invoices.csv" in shown
    assert (tmp_path / "told").read_text() == f"{path}: 20000 rows: 20000 new, 0 changed, 0 unchanged, 0 refused\n"


def test_help_of_every_command_loads_neither_frames_nor_database() -> None:
    script = """
import sys
import click
from cashapp.cli import cli

def shown(command, path):
    context = click.Context(command, info_name=path)
    assert command.get_help(context)
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        shown(command.get_command(context, name), f"{path} {name}")

shown(cli, "cashapp")
print(sorted({"polars", "sqlalchemy", "rich", "litestar", "numpy", "lxml", "prometheus_client", "watchfiles"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout == "[]\n"
