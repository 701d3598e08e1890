"""The daily job: every file of the drop into the books, each in one transaction; then all receipts matched together.

Safe to repeat and safe to kill: a file is known by its content, what is stored is stored whole, and matching starts from
what nobody has decided yet. A file is moved only after its transaction is through.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import multiprocessing
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine, func, select

from cashapp import clock, db, frames, ingest, periods, proposals, schema, strata
from cashapp.errors import UsageError
from cashapp.reading import issue_text
from cashapp.tabular import replace_file
from cashapp.workspace import Workspace
from matching.engine import propose
from parsers import documents, registry
from parsers.amounts import to_text
from parsers.issues import REMEDIES
from parsers.profile import Profile

Tell = Callable[[str], None]


class Watcher(Protocol):
    """Who wants to know how a run goes on: `tell` hears of what an operator must know, `stage` of what is being done now."""

    def tell(self, line: str) -> None:
        """A refused or skipped thing, in one line."""

    def stage(self, what: str, done: int, total: int) -> None:
        """What is being done now; `done` of `total` steps of it are through."""


@dataclass
class FileOutcome:
    """What became of one file; `status` is processed, skipped or quarantined."""

    path: str
    format: str
    status: str
    reason: str = ""
    transactions: int = 0
    debit: dict[str, int] = field(default_factory=dict)
    credit: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The contract's object; totals by currency as decimal text."""
        return {
            "path": self.path, "format": self.format, "status": self.status, "reason": self.reason, "transactions": self.transactions,
            "debit_total": money_by_currency(self.debit), "credit_total": money_by_currency(self.credit),
        }


@dataclass
class Summary:
    """What a run did; amounts in minor units by currency."""

    as_of: dt.date
    files: list[FileOutcome] = field(default_factory=list)
    receipt_count: int = 0
    received: dict[str, int] = field(default_factory=dict)
    linked: int = 0
    returned: int = 0
    matched: proposals.Matched = field(default_factory=proposals.Matched)
    exceptions: dict[str, int] = field(default_factory=dict)
    unapplied: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("parse_s", "store_s", "match_s", "post_s", "total_s"), 0.0))

    @property
    def refused(self) -> bool:
        """Whether a file was quarantined."""
        return any(file.status == "quarantined" for file in self.files)

    def as_json(self) -> dict[str, object]:
        """The object that `cashapp run --json` prints."""
        return {
            "as_of": self.as_of.isoformat(),
            "files": [file.as_json() for file in self.files],
            "receipts": {"count": self.receipt_count, "amount": money_by_currency(self.received)},
            "applied": {"auto_count": self.matched.auto_count, "auto_amount": money_by_currency(self.matched.auto_minor)},
            "exceptions": self.exceptions, "returned": self.returned, "linked": self.linked,
            "unapplied": money_by_currency(self.unapplied),
            "timings": {name: round(seconds, 3) for name, seconds in self.timings.items()},
        }


def money_by_currency(minor: dict[str, int]) -> dict[str, str]:
    """Minor units by currency as decimal text by currency."""
    return {currency: to_text(amount, currency) for currency, amount in sorted(minor.items())}


@dataclass(frozen=True)
class Options:
    """How a run is to go. `paths` empty: the inbox."""

    paths: tuple[Path, ...] = ()
    format_name: str | None = None
    as_of: dt.date = field(default_factory=clock.today)
    post: bool = True
    actor: str = "cashapp"
    workers: int = 1


def run(workspace: Workspace, engine: Engine, options: Options, watcher: Watcher) -> Summary:
    """The whole job: files, then matching. Everything is in the books or refused when it returns."""
    began = time.perf_counter()
    if options.format_name and options.format_name not in registry.all_formats():
        raise UsageError(f"{options.format_name!r} is not a format; `cashapp formats` lists them")
    with db.reading(engine) as connection:
        periods.refuse_locked(connection, periods.of(options.as_of), f"nothing can be applied as of {options.as_of}")
    summary, before = Summary(options.as_of), _newest(engine)
    paths = _drop(workspace, options.paths, watcher.tell)
    with _readers(workspace, paths, options) as read:
        for done, path in enumerate(paths):
            watcher.stage(f"reading {path.name}", done, len(paths))
            summary.files.append(_take_file(workspace, engine, path, read, options, summary, watcher.tell))
    watcher.stage("matching", len(paths), len(paths))
    _match(workspace, engine, options, summary)
    summary.timings["total_s"] = time.perf_counter() - began
    _log_run(engine, options, summary, before)
    return summary


def _newest(engine: Engine) -> tuple[int, int]:
    """The latest file and journal entry, by id."""
    with db.reading(engine) as connection:
        ids = (connection.execute(select(func.max(column))).scalar() for column in (schema.source_file.c.file_id, schema.journal_entry.c.entry_id))
        file_id, entry_id = (found or 0 for found in ids)
        return file_id, entry_id


def _drop(workspace: Workspace, paths: Sequence[Path], tell: Tell) -> list[Path]:
    """The files to take: as named, else the inbox's regular files by name; other things there are left and told."""
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise UsageError(f"{missing}: no such file")
    if paths:
        return list(paths)
    wanted: list[Path] = []
    for path in sorted(workspace.folder("inbox").iterdir()):
        if stat.S_ISREG(path.lstat().st_mode):
            if not path.name.startswith(".") and path.suffix != ".part":
                wanted.append(path)
        else:
            tell(f"{path}: skipped – only regular files are read from the inbox")
    return wanted


Reader = Callable[[Path], documents.Document]


@contextmanager
def _readers(workspace: Workspace, paths: Sequence[Path], options: Options) -> Iterator[Reader]:
    """How files are read: here, or ahead in as many processes as were asked for."""
    def profile(path: Path) -> Profile:
        return workspace.config.profile_for(path.name)[0]

    if options.workers == 1 or len(paths) < 2:
        yield lambda path: documents.read(path, format_name=options.format_name, profile=profile(path))
        return
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        ahead = {path: pool.submit(documents.read, path, format_name=options.format_name, profile=profile(path)) for path in paths if path.is_file()}
        yield lambda path: ahead.pop(path).result()


def _take_file(workspace: Workspace, engine: Engine, path: Path, read: Reader, options: Options, summary: Summary, tell: Tell) -> FileOutcome:
    if not path.is_file():
        tell(f"{path}: skipped – not a regular file")
        return FileOutcome(str(path), "", "skipped", "not a regular file")
    began = time.perf_counter()
    digest, size = _sha256(path), path.stat().st_size
    with db.reading(engine) as connection:
        before = ingest.is_known(connection, digest)
    if before is not None:
        tell(f"{path}: skipped – the same content was processed as {before}")
        _put_away(workspace, path, "archive", digest)
        return FileOutcome(str(path), "", "skipped", f"processed before as {before}")
    document = read(path)
    summary.timings["parse_s"] += time.perf_counter() - began
    problems = _why_refused(path.name, document, workspace.config.profile_for(path.name)[1])
    if problems:
        return _quarantine(workspace, path, document, problems, digest, tell)
    began = time.perf_counter()
    with db.writing(engine) as connection:
        taken = ingest.take_in(connection, document, ingest.FileFacts(path.name, digest, size), workspace.config, options.as_of, options.actor)
    summary.timings["store_s"] += time.perf_counter() - began
    _put_away(workspace, path, "archive", digest)
    summary.receipt_count += taken.receipts
    summary.linked += taken.linked
    summary.returned += taken.returned
    for currency, minor in taken.received.items():
        summary.received[currency] = summary.received.get(currency, 0) + minor
    return _processed(path, document)


def _processed(path: Path, document: documents.Document) -> FileOutcome:
    outcome = FileOutcome(str(path), document.format, "processed", transactions=document.lines.height)
    for currency, minor in document.lines.select("currency", "amount_minor").iter_rows():
        side = outcome.credit if minor >= 0 else outcome.debit
        side[currency] = side.get(currency, 0) + minor
    return outcome


def _why_refused(name: str, document: documents.Document, mismatch: str) -> list[str]:
    """The reasons for which the file must not be taken, as told to the operator; empty when it may."""
    reasons = [issue_text(name, issue) for issue in document.errors]
    if mismatch == "quarantine":
        reasons += [issue_text(name, issue) for issue in document.issues if issue.code == "control_mismatch"]
    if not document.statements and not reasons:
        reasons = [f"{name}:1: empty: the file holds no statement – {REMEDIES['empty']}"]
    return reasons


def _quarantine(workspace: Workspace, path: Path, document: documents.Document, reasons: list[str], digest: str, tell: Tell) -> FileOutcome:
    for reason in reasons:
        tell(f"{path.parent}/{reason}" if str(path.parent) != "." else reason)
    there = _put_away(workspace, path, "quarantine", digest)
    replace_file(there.with_name(there.name + ".reason.txt"), ("\n".join(reasons) + "\n").encode())
    return FileOutcome(str(path), document.format, "quarantined", reasons[0], document.lines.height)


def _put_away(workspace: Workspace, path: Path, folder: str, digest: str) -> Path:
    """Move a file of the inbox, copy any other; a name that is taken by other content gets a part of the digest."""
    target = workspace.folder(folder) / path.name
    if target.exists() and _sha256(target) != digest:
        target = target.with_name(f"{path.stem}.{digest[:12]}{path.suffix}")
    if path.resolve().parent == workspace.folder("inbox").resolve():
        shutil.move(path, target)  # a rename where both are on one disk
    elif not target.exists():
        part = target.with_name(target.name + ".part")
        shutil.copyfile(path, part)
        part.replace(target)
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _match(workspace: Workspace, engine: Engine, options: Options, summary: Summary) -> None:
    """Match what nobody has decided, post what is certain, and count what is left."""
    began = time.perf_counter()
    with db.writing(engine) as connection:
        config = workspace.config
        policy = config.matching_policy()
        policy = replace(policy, closed_strata=(*policy.closed_strata, *strata.closed(connection, config.unattended, options.as_of)))
        wanted = frames.inputs(connection, policy, options.as_of, config.base_currency, config.learning.act_after)
        outcome = propose(wanted)
        summary.timings["match_s"] += time.perf_counter() - began
        began = time.perf_counter()
        audit = proposals.Audit(config.unattended.audit_one_in, config.unattended.audit_seed)
        summary.matched = proposals.keep(connection, outcome, wanted.receipts, options.as_of, post=options.post, audit=audit)
        case, receipt = schema.exception_case, schema.receipt
        counts = select(case.c.reason, func.count()).where(case.c.status == "open").group_by(case.c.reason).order_by(case.c.reason)
        summary.exceptions = dict(connection.execute(counts).all())
        left = select(receipt.c.currency, func.sum(receipt.c.unapplied_minor)).where(receipt.c.unapplied_minor != 0).group_by(receipt.c.currency)
        summary.unapplied = {currency: int(minor) for currency, minor in connection.execute(left)}
    summary.timings["post_s"] += time.perf_counter() - began


def _log_run(engine: Engine, options: Options, summary: Summary, before: tuple[int, int]) -> None:
    after = _newest(engine)
    with db.writing(engine) as connection:
        connection.execute(schema.run_log.insert().values(
            run_id=db.next_id(connection, schema.run_log.c.run_id), started_at=clock.now().replace(tzinfo=None), as_of=options.as_of,
            actor=options.actor, summary=json.dumps(summary.as_json()), first_file=before[0] + 1, last_file=after[0], first_entry=before[1] + 1, last_entry=after[1],
        ))
