"""A bank account's month through the program: the bank's file and the cash book in, `cashapp reconcile` once and again, the report and the export of it.

    python -m benchmarks.month --events 22000 88000 880000 [--postgresql | --db URL] [--into docs/performance.md]

The month is that of `benchmarks.bank_book_world`: of 880,000 events a million bank lines and 1.3 million entries of the cash book, on one account. Each command is a
process of its own; processor seconds, memory and growth are those of `benchmarks.day`, for a bank line. The export is judged by the truth.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks import bank_book_world
from benchmarks.day import Books, Stage, database, elsewhere, table
from benchmarks.sections import put

ACCOUNT, MONTH, NEXT, AS_OF = "111222333", "2026-10", "2026-11", "2026-11-20"
_PROFILE = f'\n[[profiles]]\nname = "month"\nfiles = "bank.csv"\naccount = "{ACCOUNT}"\n'


def write(folder: Path, seed: int, events: int, mess: float) -> int:
    """The month's files; how many bank lines it has."""
    world = bank_book_world.build(seed, events, mess)
    bank_book_world.write(world, folder)
    return world.bank.height


def judged(exported: Path, seed: int, events: int, mess: float) -> str:
    """How much of what the export says is matched is not so in truth, pair by pair."""
    ours = pl.col("source").eq_missing(pl.lit("journal"))  # what the program's own books say of a returned item
    told = pl.read_csv(exported, infer_schema=False).filter(~ours).with_columns(
        pl.coalesce("match_id", pl.format("{}{}", pl.col("bank_reference").fill_null(""), pl.col("entry_id").fill_null(""))).alias("m"))
    members = told.select("m", pl.col("bank_reference").str.strip_prefix("B").cast(pl.Int64).alias("line_id"), "entry_id")
    every = pl.concat([members.drop_nulls("line_id").with_columns(pl.lit(None, pl.String).alias("entry_id")), members.drop_nulls("entry_id").with_columns(pl.lit(None, pl.Int64).alias("line_id"))])
    score = bank_book_world.score(bank_book_world.build(seed, events, mess), told.select("m", "status").unique("m"), every.unique())["all"]
    return f"{score.certain:,} pairs matched, {score.certain_wrong:,} of them otherwise than in truth"


def month(books: Books, folder: Path, dials: tuple[int, int, float]) -> Iterator[Stage]:
    """The stages of one month."""
    with (books.home / "cashapp.toml").open("a", encoding="utf-8") as settings:
        settings.write(_PROFILE)
    yield books.run("import", "cashbook", str(folder / "cashbook.csv"))[1]
    yield books.run("run", str(folder / "bank.csv"), "--as-of", AS_OF)[1]._replace(what="run")
    for what, period in (("reconcile", MONTH), ("reconcile again, for the next month", NEXT)):
        output, cost = books.run("reconcile", "--account", ACCOUNT, "--period", period, "--json")
        yield cost._replace(what=what, note=f"{json.loads(output)['made']:,} matches made")
    yield books.run("report", "bank-reconciliation", "--period", MONTH, "--to", "csv", "--out", str(folder / "report.csv"))[1]._replace(what="report bank-reconciliation")
    cost = books.run("export", "reconciliation", "--account", ACCOUNT, "--period", MONTH, "--out", str(folder / "exported.csv"))[1]
    yield cost._replace(note=elsewhere(judged, folder / "exported.csv", *dials))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, nargs="+", default=[22_000, 88_000], help="Sizes, ascending.")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--mess", type=float, default=1.0)
    parser.add_argument("--db", help="A database URL; else SQLite in the workspace.")
    parser.add_argument("--postgresql", action="store_true", help="A PostgreSQL server of its own for each size.")
    parser.add_argument("--into", type=Path, help="The document whose section on this database gets the table.")
    options = parser.parse_args()
    lines: list[int] = []
    found: list[list[Stage]] = []
    for events in options.events:
        with tempfile.TemporaryDirectory() as name, database(options) as stored:
            dials = (options.seed, events, options.mess)
            lines.append(elsewhere(write, Path(name) / "month", *dials))
            found.append(list(month(Books(Path(name) / "home", stored), Path(name) / "month", dials)))
    told = table(lines, found, what="bank lines")
    sys.stdout.write(told)
    if options.into:
        on = "PostgreSQL" if options.postgresql or options.db else "SQLite"
        words = " ".join(["python -m benchmarks.month --events", *map(str, options.events), *(["--postgresql"] if options.postgresql else [])])
        put(options.into, f"## An account's month on {on}", f"`{words}`, one reading.\n\n{told}")


if __name__ == "__main__":
    main()
