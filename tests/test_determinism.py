"""The same world gives the same books to the byte, whatever the order of its files and rows, the threads and the processes."""

from __future__ import annotations

import csv
import io
import os
import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks import world

AS_OF = "2026-11-20"
EXPORTS = ("receipts", "applications", "proposals", "exceptions", "journal", "open-items")
CLOCK_COLUMNS = {"posted_at", "opened_at", "age_days"}


class Way(NamedTuple):
    """How a run goes about the same world. `shuffle` None: rows and files as they were written."""

    shuffle: int | None = None
    threads: str = "2"
    workers: str = "1"
    engine: str = ""
    hash_seed: str = "0"


WAYS = {
    "one thread": Way(threads="1"), "two processes, another order of sets": Way(workers="2", hash_seed="7"),
    "an engine of two workers": Way(engine="local:2"), "shuffled": Way(shuffle=1),
    "shuffled, one thread, two processes": Way(shuffle=2, threads="1", workers="2", hash_seed="9"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A messy world of 250 receipts in a bank file of each format."""
    folder = tmp_path_factory.mktemp("world")
    world.write(world.build(world.Dials(seed=11, receipts=250, customers=100, days=2, mess=2.0)), folder)
    return folder


@pytest.fixture(scope="module")
def expected(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    books = books_of(made, tmp_path_factory.mktemp("plain"), Way())
    assert books["applications"].count("\n") > 80
    assert books["exceptions"].count("\n") > 30
    return books


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_the_same_world_gives_the_same_books(made: Path, expected: dict[str, str], tmp_path: Path, way: Way) -> None:
    got = books_of(made, tmp_path, way)
    for what in EXPORTS:
        assert got[what].splitlines() == expected[what].splitlines(), what


def books_of(made: Path, folder: Path, way: Way) -> dict[str, str]:
    """The exports, without what tells the time of day, after the world went through the program in that way."""
    environment = os.environ | {"POLARS_MAX_THREADS": way.threads, "PYTHONHASHSEED": way.hash_seed}
    chance = random.Random(way.shuffle)

    def cashapp(*words: str) -> str:
        done = subprocess.run([sys.executable, "-m", "cashapp", "--home", str(folder / "home"), *words],
                              capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    cashapp("init", str(folder / "home"))
    for kind in ("customers", "invoices", "remittances"):
        header, *rows = (made / f"{kind}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        if way.shuffle is not None:
            rows = shuffled(rows, chance)
        (folder / f"{kind}.csv").write_text(header + "".join(rows), encoding="utf-8")
        cashapp("import", kind, str(folder / f"{kind}.csv"), "--as-of", AS_OF)
    files = sorted(str(path) for path in (made / "bank").iterdir())
    if way.shuffle is not None:
        chance.shuffle(files)
    settings = folder / "home" / "cashapp.toml"
    settings.write_text(settings.read_text().replace("part = 25000", "part = 50"))
    cashapp("run", *files, "--as-of", AS_OF, "--workers", way.workers, *(["--engine", way.engine] if way.engine else []))
    cashapp("check")
    return {what: without_clock(cashapp("export", what)) for what in EXPORTS}


def shuffled(rows: list[str], chance: random.Random) -> list[str]:
    """The rows in another order; those of one payment (their first column) stay in the payer's, which says what is paid first."""
    first: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows:
        first[row.partition(",")[0]].append(row)
    return [row for key in chance.sample(sorted(first), len(first)) for row in first[key]]


def without_clock(text: str) -> str:
    header, *rows = csv.reader(io.StringIO(text))
    kept = [place for place, name in enumerate(header) if name not in CLOCK_COLUMNS]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([row[place] for place in kept] for row in (header, *rows))
    return out.getvalue()
