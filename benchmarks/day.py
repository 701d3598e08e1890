"""A whole day through the program, stage by stage: a world's customers and open items in, one bank file through `cashapp run`.

    python -m benchmarks.day --receipts 100000 --items 100000 --customers 5000 [--format mt940] [--db URL] [--out docs/performance-day.md]

Each command is a process of its own, as a user runs it; seconds are wall time, memory is the process's peak. The world is
made once for each size and seed and lies in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AS_OF = "2026-11-20"


def cashapp(home: Path, *words: str) -> tuple[str, float, int]:
    """Run a command; its output, seconds and peak kilobytes."""
    read, write = os.pipe()
    began = time.perf_counter()
    with os.fdopen(write, "w") as told:
        process = subprocess.Popen([sys.executable, "-m", "cashapp", "--home", str(home), *words], stdout=subprocess.PIPE, stderr=told)
        assert process.stdout is not None
        output = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
    os.close(read)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise SystemExit(f"{' '.join(words)} ended with {code}")
    return output, time.perf_counter() - began, usage.ru_maxrss


def day(folder: Path, options: argparse.Namespace) -> list[tuple[str, float, str]]:
    """The stages as (what, seconds, note)."""
    world, home = folder / "world", folder / "home"
    made = ["--seed", str(options.seed), "--receipts", str(options.receipts), "--customers", str(options.customers),
            "--out", str(world), "--format", options.format]
    subprocess.run([sys.executable, "-m", "benchmarks.world", *made], check=True, stdout=subprocess.DEVNULL)
    database = ["--db", options.db] if options.db else []
    cashapp(home, "init", str(home), *database)
    stages: list[tuple[str, float, str]] = []
    for kind in ("customers", "invoices", "remittances"):
        output, seconds, peak = cashapp(home, "import", kind, str(world / f"{kind}.csv"), "--as-of", AS_OF, "--json", *database)
        rows = json.loads(output)["files"][0]["rows"]
        stages.append((f"import {kind}", seconds, f"{rows:,} rows, {peak // 1024:,} MB"))
    files = sorted(str(path) for path in (world / "bank").iterdir())
    output, seconds, peak = cashapp(home, "run", *files, "--as-of", AS_OF, "--json", *database)
    told = json.loads(output)
    stages += [(f"run: {name.removesuffix('_s')}", told["timings"][name], "") for name in ("parse_s", "store_s", "match_s", "post_s")]
    receipts, applied = told["receipts"]["count"], told["applied"]["auto_count"]
    stages.append(("run: whole process", seconds,
                   f"{receipts:,} receipts, {applied:,} applied unattended, {sum(told['exceptions'].values()):,} exceptions, {peak // 1024:,} MB"))
    for words in (["check"], ["export", "applications", "--out", str(folder / "applications.csv")], ["export", "journal", "--out", str(folder / "journal.csv")]):
        _, seconds, peak = cashapp(home, *words, *database)
        stages.append((" ".join(words[:2]), seconds, f"{peak // 1024:,} MB"))
    return stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--receipts", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", default="mt940")
    parser.add_argument("--db", help="a database URL; else SQLite in the workspace")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stages = day(Path(folder), options)
    rows = [f"| {what} | {seconds:.2f} | {note} |" for what, seconds, note in stages]
    table = "\n".join(["| stage | seconds | |", "| --- | ---: | --- |", *rows]) + "\n"
    sys.stdout.write(table)
    if options.out:
        options.out.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
