"""The chain of seals, proven without a database: from an audit folder's own files, or from the books and their archive.

A seal is the SHA-256 of the seal before and of two more: over every column of the entries under it, and of their postings (`ledger.digest`). A folder holds
the seals of all the books and the journal of its period; the digest before its first seal is the anchor, which stands as the
last seal in the folder of the period before.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, select

from cashapp import ledger, schema
from cashapp.errors import UsageError

MANIFEST = "manifest.json"
SEALS, ENTRIES, POSTINGS = "chain/seals.jsonl", "chain/entries.jsonl", "chain/postings.jsonl"


class Verdict(NamedTuple):
    """What was looked at, and the sentences that contradict it."""

    what: str
    broken: list[str]


def of_folder(folder: Path) -> list[Verdict]:
    """Every file against the manifest, and the journal against the seals; reads nothing but the folder."""
    manifest = _manifest(folder)
    return [
        Verdict("every file is the one that the manifest names", _against_manifest(folder, manifest)),
        Verdict("the journal of the period is what its seals closed over", _against_seals(folder)),
    ]


def of_books(connection: Connection, archive: Path) -> list[Verdict]:
    """The whole chain in the database, and each file that was taken in against its copy in the archive."""
    return [
        Verdict("the seals over the journal are unbroken", ledger.broken_seals(connection)),
        Verdict("each file that was taken in is in the archive as it was", list(_not_archived(connection, archive))),
    ]


def sha256_of(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def archived(archive: Path) -> dict[str, Path]:
    """The archive's files by digest."""
    return {sha256_of(path): path for path in sorted(archive.iterdir()) if path.is_file()} if archive.is_dir() else {}


def _not_archived(connection: Connection, archive: Path) -> Iterator[str]:
    file, there = schema.source_file, archived(archive)
    for row in connection.execute(select(file).order_by(file.c.file_id)):
        if row.sha256 not in there:
            yield f"{row.name} (SHA-256 {row.sha256[:16]}…, taken in {row.processed_at:%Y-%m-%d}) is not in {archive} with this content"


def _manifest(folder: Path) -> dict[str, dict[str, object]]:
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {str(file["path"]): file for file in told["files"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{folder} is no audit folder: {MANIFEST} cannot be read ({error})") from error


def _against_manifest(folder: Path, manifest: dict[str, dict[str, object]]) -> list[str]:
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST}
    missing = [f"{name} is missing" for name in sorted(manifest.keys() - there)]
    added = [f"{name} is not in the manifest" for name in sorted(there - manifest.keys())]
    changed = [f"{name} was changed" for name in sorted(there & manifest.keys()) if sha256_of(folder / name) != manifest[name]["sha256"]]
    return [*missing, *added, *changed]


def _against_seals(folder: Path) -> list[str]:
    """Each seal of the folder's journal recomputed from the one before."""
    try:
        seals = _lines(folder / SEALS)
        entries = pl.DataFrame([_typed(row) for row in _lines(folder / ENTRIES)], schema=ledger.SEALED_ENTRIES)
        postings = pl.DataFrame(_lines(folder / POSTINGS), schema=ledger.SEALED_POSTINGS)
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        return [f"the chain cannot be read: {error}"]
    found: list[str] = []
    previous, covered = ledger.GENESIS, 0
    told = {*entries["entry_id"], *postings["entry_id"]}
    for seal in seals:
        first, last, number = int(str(seal["first_entry"])), int(str(seal["last_entry"])), seal["seal_id"]
        if first != covered + 1:
            found.append(f"seal {number} begins at entry {first}, not at {covered + 1}")
        if seal["journal_here"]:
            told -= set(range(first, last + 1))
            inside = pl.col("entry_id").is_between(first, last)
            if ledger.digest(previous, [entries.filter(inside).sort("entry_id")], [postings.filter(inside).sort("entry_id", "n")]) != seal["digest"]:
                found.append(f"seal {number} over entries {first}–{last} is broken")
        previous, covered = str(seal["digest"]), last
    return [*found, *([f"entry {min(told)} stands under no seal of this folder"] if told else [])]


def _lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _typed(row: dict[str, object]) -> dict[str, object]:
    return row | {"entry_date": dt.date.fromisoformat(str(row["entry_date"])), "posted_at": dt.datetime.fromisoformat(str(row["posted_at"]))}
