"""The audit folder of a month: every report, the files the money came in with, the journal with its proof, and a manifest.

    reports/     each report as PDF and as workbook
    files/       the source files taken in for the month, as they were
    chain/       the seals of the books; the entries and postings of the month's seals
    check.json   what `cashapp check` said when the folder was made
    manifest.json  every file with its size and SHA-256; its own digest is told when it is made, to be kept elsewhere

`cashapp audit verify FOLDER` proves all of it on any machine, without the books.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import audit_proof, clock, ledger, proof, reports, schema
from cashapp.errors import UsageError
from cashapp.reports import as_xlsx, pages
from cashapp.reports.model import When
from cashapp.workspace import Workspace

_README = """Audit folder of {books}, {period}.

manifest.json lists every file here with its SHA-256: compare it with the digest that was told when the folder was made.
Without any program of ours:  sha256sum manifest.json
With it, offline:             cashapp audit verify .
chain/ holds the journal of the month and the seals of the whole books. A seal is the SHA-256 of the seal before, of the SHA-256 of the
entries under it and of that of their postings; the digest before the month's first seal is the last seal in the folder of the month before.
"""


class Packed(NamedTuple):
    """Where the folder is, how many files it has, its manifest's digest, and what could not be put into it."""

    folder: Path
    files: int
    manifest_sha256: str
    lacking: list[str]


def pack(connection: Connection, workspace: Workspace, when: When, folder: Path) -> Packed:
    """Write the folder, which must not exist yet; it appears whole or not at all."""
    if folder.exists():
        raise UsageError(f"{folder} is there already – an audit folder is made once; name another with --out")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
        lacking = [*_reports(connection, workspace, when, part / "reports"), *_source_files(connection, workspace, when, part / "files")]
        _chain(connection, when, part)
        proofs = proof.prove(connection)
        _write(part / "check.json", json.dumps([told.as_json() for told in proofs], ensure_ascii=False, indent=2) + "\n")
        books, period = workspace.home.resolve().name, f"{when.until:%Y-%m}"
        _write(part / "README.txt", _README.format(books=books, period=period))
        files = _manifest(part, books, period, lacking)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return Packed(folder, files, audit_proof.sha256_of(folder / audit_proof.MANIFEST), lacking)


def _reports(connection: Connection, workspace: Workspace, when: When, folder: Path) -> list[str]:
    """Each report as PDF and workbook; one that is too long for paper is said to be."""
    folder.mkdir()
    lacking: list[str] = []
    asked = reports.Asked(workspace.config)
    for name in reports.REPORTS:
        made = reports.make(connection, name, when, workspace.home.resolve().name, asked)
        for ending in ("pdf", "xlsx"):
            try:
                content = pages.as_pdf(made, workspace.config.base_currency) if ending == "pdf" else as_xlsx.as_xlsx(made)
            except UsageError as error:
                lacking.append(f"reports/{name}.{ending}: {error}")
            else:
                (folder / f"{name}.{ending}").write_bytes(content)
    return lacking


def _source_files(connection: Connection, workspace: Workspace, when: When, folder: Path) -> list[str]:
    """The files of the month from the archive; the name tells the file's number in the books, so that two of one name both fit."""
    folder.mkdir()
    file, archive = schema.source_file, audit_proof.archived(workspace.folder("archive"))
    wanted = connection.execute(select(file).where(file.c.as_of.between(when.since, when.until)).order_by(file.c.file_id)).all()
    for row in wanted:
        if row.sha256 in archive:
            shutil.copyfile(archive[row.sha256], folder / f"{row.file_id:06}-{Path(row.name).name}")
    return [f"files: {row.name} (SHA-256 {row.sha256}) is not in the archive" for row in wanted if row.sha256 not in archive]


def _chain(connection: Connection, when: When, folder: Path) -> None:
    """All seals, and the journal under those that hold an entry of the month, from the first to the last of them."""
    (folder / "chain").mkdir()
    seal, entry = schema.seal, schema.journal_entry
    first, last = connection.execute(select(func.min(entry.c.entry_id), func.max(entry.c.entry_id)).where(entry.c.entry_date.between(when.since, when.until))).one()
    seals = connection.execute(select(seal).order_by(seal.c.seal_id)).all()
    covering = [row for row in seals if first is not None and row.last_entry >= first and row.first_entry <= last]
    span = (covering[0].first_entry, covering[-1].last_entry) if covering else (0, -1)
    entries, postings = ledger.sealed(connection, *span)
    _write(folder / audit_proof.SEALS, "".join(
        json.dumps({"seal_id": row.seal_id, "first_entry": row.first_entry, "last_entry": row.last_entry, "digest": row.digest,
                    "journal_here": span[0] <= row.first_entry <= span[1]}) + "\n" for row in seals))
    for name, frames in ((audit_proof.ENTRIES, entries), (audit_proof.POSTINGS, postings)):
        with (folder / name).open("w", encoding="utf-8") as stream:
            for frame in frames:
                plain = frame.with_columns(pl.col(pl.Date).cast(pl.String), pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S"))
                stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in plain.iter_rows(named=True))


def _manifest(folder: Path, books: str, period: str, lacking: list[str]) -> int:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [{"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": audit_proof.sha256_of(path)} for path in paths]
    told = {"books": books, "period": period, "made_at": clock.now().astimezone(dt.UTC).isoformat(), "files": files, "lacking": lacking}
    _write(folder / audit_proof.MANIFEST, json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return len(files)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
