"""What the engine costs and gives: the same day matched by one process, by an engine of one and of two workers, and by two of which one is killed.

    python -m benchmarks.engines --receipts 100000 [--world DIR] [--part 25000] [--into docs/performance.md]

Each is `cashapp run` in a process of its own on a copy of the same imported books. Told are the wall seconds of the stage `match` and of the whole run,
the processor seconds of all its processes, and whether the exports are those of one process, byte for byte. With one thread of polars for each process the
first ways show what a second worker gives, with as many as there are cores what an engine costs beside them. The worker is killed in the
middle of the stage, as long as that took without a killing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks import day
from benchmarks.sections import put

EXPORTS = ("receipts", "applications")


class Way(NamedTuple):
    """Who matches, with how many threads of polars in each process (none: as many as cores), and whether a worker is killed meanwhile."""

    how: str
    engine: str = ""
    threads: str = ""
    killed: bool = False


WAYS = (
    Way("one process, one thread", threads="1"), Way("an engine of one, one thread", "local:1", "1"), Way("an engine of two, one thread each", "local:2", "1"),
    Way("one process"), Way("an engine of one", "local:1"), Way("an engine of two", "local:2"), Way("an engine of two, one killed", "local:2", killed=True),
)


class Told(NamedTuple):
    """What one run cost; `digest` is that of its exports."""

    how: str
    match_s: float
    total_s: float
    processor_s: float
    digest: str


def runs(world: Path, folder: Path, part: int) -> Iterator[Told]:
    """The same day, done by each."""
    imported = folder / "imported"
    books = day.Books(imported, day.Database())
    for kind in ("customers", "invoices", "remittances"):
        books.run("import", kind, str(world / f"{kind}.csv"), "--as-of", day.AS_OF)
    settings = imported / "cashapp.toml"
    settings.write_text(re.sub(r"(?m)^(# )?part = \d+", f"part = {part}", settings.read_text()))
    before_s = 0.0
    for way in WAYS:
        home = shutil.copytree(imported, folder / way.how.replace(" ", "-"))
        told = _run(home, world, folder, way, before_s / 2 if way.killed else 0)
        before_s = told.match_s
        yield told
        shutil.rmtree(home)


def _run(home: Path, world: Path, folder: Path, way: Way, killed_after: float) -> Told:
    command = [sys.executable, "-m", "cashapp", "--home", str(home)]
    files = sorted(str(path) for path in (world / "bank").iterdir())
    environment = os.environ | ({"POLARS_MAX_THREADS": way.threads} if way.threads else {})
    with subprocess.Popen([*command, "run", *files, "--as-of", day.AS_OF, "--json", *(["--engine", way.engine] if way.engine else [])],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        if killed_after:
            threading.Thread(target=_kill_a_worker, args=(process.pid, killed_after), daemon=True).start()
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{way.how}: ended with {process.returncode}")
    timings = json.loads(output)["timings"]
    digest = hashlib.sha256()
    for what in EXPORTS:
        out = folder / f"{what}.csv"
        subprocess.run([*command, "export", what, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
        digest.update(out.read_bytes())
    return Told(way.how, timings["match_s"], timings["total_s"], usage.ru_utime + usage.ru_stime, digest.hexdigest())


def _kill_a_worker(run: int, after_s: float) -> None:
    """A worker is a process below one of the run's children (Dask's nannies); one is killed so many seconds after both are there."""
    while len(workers := _workers(run)) < 2:
        time.sleep(0.05)
    time.sleep(after_s)
    os.kill(workers[0], signal.SIGKILL)


def _workers(run: int) -> list[int]:
    """The run's processes that Dask started, by their command."""
    found = []
    for process in _below(run):
        command = Path(f"/proc/{process}/cmdline")
        if command.exists() and b"spawn_main" in command.read_bytes():
            found.append(process)
    return sorted(found)


def _below(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in task.read_text().split():
            yield int(child)
            yield from _below(int(child))


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--receipts", type=int, default=100_000)
    parser.add_argument("--world", type=Path, help="One that was made before.")
    parser.add_argument("--part", type=int, default=25_000, help="Receipts that a worker is handed at once.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--several", type=float, default=0.1)
    parser.add_argument("--format", default="mt940")
    parser.add_argument("--into", type=Path, help="The document whose section on engines gets the table.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = options.world or day.world(folder / "world", options, options.receipts)
        lines = ["| matched by | match, wall s | whole run, wall s | processor s | exports |", "| --- | ---: | ---: | ---: | --- |"]
        first = ""
        for told in runs(world, folder, options.part):
            first = first or told.digest
            same = "the same" if told.digest == first else "OTHER"
            lines.append(f"| {told.how} | {told.match_s:.1f} | {told.total_s:.1f} | {told.processor_s:.1f} | {same} |")
    table = "".join(f"{line}\n" for line in lines)
    sys.stdout.write(table)
    if options.into:
        put(options.into, "# Matching on an engine", f"`python -m benchmarks.engines --receipts {options.receipts}`, one reading each.\n\n{table}")


if __name__ == "__main__":
    main()
