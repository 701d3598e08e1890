"""Master data and open items in: lists of customers, invoices, remittances and cash book entries (CSV, XLSX, Parquet).

A list is one database transaction. A bad row is refused alone and told; what a row says again changes nothing; what it
says otherwise updates the record.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, Engine

from cashapp import db
from cashapp.config import Config
from cashapp.errors import UsageError
from cashapp.imports import cashbook, customers, fields, invoices, remittances, tables
from cashapp.imports.faults import Fault, FileFault, refuses
from cashapp.imports.fields import Batch, Field
from cashapp.imports.stored import Source, Stored
from matching.crew import Hearer, nobody


class _Kind(Protocol):
    """What a kind of list is: its columns, and how its rows get into the books."""

    FIELDS: tuple[Field, ...]

    def store(self, connection: Connection, batch: Batch, source: Source, /) -> Stored:
        """Write what is new or changed."""


_KINDS: dict[str, _Kind] = {"customers": customers, "invoices": invoices, "remittances": remittances, "cashbook": cashbook}


class Imported(NamedTuple):
    """What came of one file. `faults` are in the order of its lines; `rows` is the sum of the four counts."""

    path: Path
    kind: str
    new: int
    changed: int
    unchanged: int
    refused: int
    faults: list[Fault]

    @property
    def rows(self) -> int:
        """How many rows the file has."""
        return self.new + self.changed + self.unchanged + self.refused

    @property
    def complete(self) -> bool:
        """Whether everything in the file was taken."""
        return not any(map(refuses, self.faults))

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        counts = {"rows": self.rows, "new": self.new, "changed": self.changed, "unchanged": self.unchanged, "refused": self.refused}
        return {"path": str(self.path), "kind": self.kind, **counts}


def run(engine: Engine, config: Config, kind: str, paths: Sequence[Path], *, as_of: dt.date, actor: str, at: Hearer = nobody) -> list[Imported]:
    """Import the files one after the other, each in a transaction of its own; what became of each. `as_of` dates the postings; `at` hears how it goes on."""
    refuse_missing(paths)
    return [_import(engine, config, kind, path, as_of, actor, at) for path in paths]


def refuse_missing(paths: Sequence[Path]) -> None:
    """A file that is not there is a usage error before any is read."""
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise UsageError(f"{missing[0]}: no such file")


def _import(engine: Engine, config: Config, kind: str, path: Path, as_of: dt.date, actor: str, at: Hearer) -> Imported:
    chosen = _KINDS[kind]
    try:
        digest, batch = _read(path, chosen, config.base_currency, at)
        at(f"storing {path.name}")
        with db.writing(engine) as connection:
            stored = chosen.store(connection, batch, Source(path.name, digest, config.base_currency, as_of, actor, at))
    except FileFault as refusal:
        return Imported(path, kind, 0, 0, 0, 0, [refusal.fault])
    told = sorted(stored.faults)
    refused = {fault.line for fault in told if refuses(fault)}
    return Imported(path, kind, stored.new, stored.changed, stored.unchanged, len(refused), told)


def _read(path: Path, kind: _Kind, base_currency: str, at: Hearer) -> tuple[str, Batch]:
    """The content's SHA-256 and its typed rows; the text of the file is let go of piece by piece."""
    content = path.read_bytes()
    pieces = _followed(tables.pieces(content, [field.name for field in kind.FIELDS]), path.name, _lines(content), at)
    return hashlib.sha256(content).hexdigest(), fields.together(fields.typed(piece, kind.FIELDS, base_currency) for piece in pieces)


def _lines(content: bytes) -> int:
    """How many lines a text has; 0 where it is none, as a workbook."""
    return 0 if b"\0" in content[:1000] else content.count(b"\n")


def _followed(pieces: Iterable[tables.Table], name: str, lines: int, at: Hearer) -> Iterator[tables.Table]:
    """The same pieces; `at` hears behind which line each ends."""
    at(f"reading {name}")
    for piece in pieces:
        yield piece
        if piece.rows.height:
            at(f"reading {name}", min(piece.rows["line"][-1], lines), lines, "lines")
