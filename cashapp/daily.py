"""The daily job: every file of the drop into the books, each in one transaction; then all receipts matched together.

Safe to repeat and safe to kill: a file is known by its content, what is stored is stored whole, and matching starts from
what nobody has decided yet. A file is moved only after its transaction is through.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import multiprocessing
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl
from sqlalchemy import Engine, func, select

from cashapp import clock, crews, db, frames, inbox, ingest, logs, memory, periods, proposals, schema, strata
from cashapp.errors import UsageError
from cashapp.reading import issue_text
from cashapp.tabular import replace_file
from cashapp.workspace import Workspace
from matching.schema import Outcome
from parsers import documents, registry
from parsers.amounts import to_text
from parsers.issues import REMEDIES
from parsers.profile import Profile

_PEAK_PER_MB = 1 << 20 if sys.platform == "darwin" else 1 << 10  # getrusage tells bytes there, kilobytes elsewhere

Tell = Callable[[str], None]
STAGES = ("parse", "store", "match", "post")
"""What a run is made of, each told with its seconds and memory."""


class Watcher(Protocol):
    """Who wants to know how a run goes on: `tell` hears of what an operator must know, `stage` of what is being done now.

    `events` are for programs: each thing that was done, with its counts and seconds (`cashapp.logs`).
    """

    events: logs.Events

    def tell(self, line: str) -> None:
        """A refused or skipped thing, in one line."""

    def stage(self, what: str, done: int = 0, total: int = 0, of: str = "bytes") -> None:
        """What is being done now; `done` of `total` bytes (or what else it is done by) are through, where that is known."""


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
    untied: int = 0  # controls that do not tie

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
    key: str
    files: list[FileOutcome] = field(default_factory=list)
    receipt_count: int = 0
    received: dict[str, int] = field(default_factory=dict)
    linked: int = 0
    returned: int = 0
    matched: proposals.Matched = field(default_factory=proposals.Matched)
    exceptions: dict[str, int] = field(default_factory=dict)
    unapplied: dict[str, int] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=lambda: dict.fromkeys((*(f"{stage}_s" for stage in STAGES), "total_s"), 0.0))
    peak_mb: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))  # of memory, the highest up to the end of each stage

    @property
    def refused(self) -> bool:
        """Whether a file was quarantined."""
        return any(file.status == "quarantined" for file in self.files)

    def took(self, stage: str, seconds: float) -> None:
        """A part of a stage is over."""
        self.timings[f"{stage}_s"] += seconds
        self.peak_mb[stage] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _PEAK_PER_MB

    def counts(self) -> Counter[tuple[str, str]]:
        """What is added up over all runs, by what it is and of which format, currency (minor units) or stage (milliseconds)."""
        counts: Counter[tuple[str, str]] = Counter()
        for file in self.files:
            counts[f"files_{file.status}", file.format] += 1
            counts["controls_untied", file.format] += file.untied
        counts["receipts", ""] += self.receipt_count
        counts["applied", ""] += self.matched.auto_count
        counts["returned", ""] += self.returned
        counts["linked", ""] += self.linked
        for what, money in (("received_minor", self.received), ("applied_minor", self.matched.auto_minor)):
            counts.update({(what, currency): minor for currency, minor in money.items()})
        counts.update({("milliseconds", name.removesuffix("_s")): round(seconds * 1000) for name, seconds in self.timings.items()})
        return counts

    def as_json(self) -> dict[str, object]:
        """The object that `cashapp run --json` prints."""
        return {
            "run": self.key, "as_of": self.as_of.isoformat(),
            "files": [file.as_json() for file in self.files],
            "receipts": {"count": self.receipt_count, "amount": money_by_currency(self.received)},
            "applied": {"auto_count": self.matched.auto_count, "auto_amount": money_by_currency(self.matched.auto_minor)},
            "exceptions": self.exceptions, "returned": self.returned, "linked": self.linked,
            "unapplied": money_by_currency(self.unapplied),
            "timings": {name: round(seconds, 3) for name, seconds in self.timings.items()}, "peak_mb": self.peak_mb,
        }


def money_by_currency(minor: dict[str, int]) -> dict[str, str]:
    """Minor units by currency as decimal text by currency."""
    return {currency: to_text(amount, currency) for currency, amount in sorted(minor.items())}


@dataclass(frozen=True)
class Options:
    """How a run is to go. `paths` None: the inbox. Once `stopping` says so, no further file is begun."""

    paths: tuple[Path, ...] | None = None
    format_name: str | None = None
    as_of: dt.date = field(default_factory=clock.today)
    post: bool = True
    actor: str = "cashapp"
    workers: int = 1
    engine: str = ""  # who matches, as `crews.hired` takes it; empty: as the settings say
    key: str = field(default_factory=logs.run_key)
    stopping: Callable[[], bool] = lambda: False


def run(workspace: Workspace, engine: Engine, options: Options, watcher: Watcher) -> Summary:
    """The whole job: files, then matching. Everything is in the books or refused when it returns."""
    began, started_at = time.perf_counter(), clock.now()
    if options.format_name and options.format_name not in registry.all_formats():
        raise UsageError(f"{options.format_name!r} is not a format; `cashapp formats` lists them")
    with db.reading(engine) as connection:
        periods.refuse_locked(connection, periods.of(options.as_of), f"nothing can be applied as of {options.as_of}")
    summary, before = Summary(options.as_of, options.key), _newest(engine)
    paths = _drop(workspace, options.paths, watcher.tell)
    watcher.events.tell("run_started", as_of=options.as_of.isoformat(), files=len(paths))
    with db.keeping_up(engine), frames.in_hand(engine, options.as_of) as in_hand:
        with _readers(workspace, paths, options, watcher) as read:
            for path in paths:
                if options.stopping():
                    break
                summary.files.append(_take_file(workspace, engine, path, read, options, summary, in_hand, watcher))
        watcher.stage("matching")
        began_matching = time.perf_counter()
        _match(workspace, engine, options, summary, in_hand, watcher)
    summary.took("post", time.perf_counter() - began_matching - summary.timings["match_s"])
    watcher.events.tell("matched", stage="match", receipts=summary.matched.considered, seconds=round(summary.timings["match_s"], 3))
    watcher.events.tell("posted", stage="post", applied=summary.matched.auto_count, seconds=round(summary.timings["post_s"], 3))
    summary.timings["total_s"] = time.perf_counter() - began
    _log_run(engine, options, summary, before, started_at)
    watcher.events.tell("run_finished", files=len(summary.files), receipts=summary.receipt_count, applied=summary.matched.auto_count,
                        exceptions=sum(summary.exceptions.values()), seconds=round(summary.timings["total_s"], 3))
    return summary


def _newest(engine: Engine) -> tuple[int, int]:
    """The latest file and journal entry, by id."""
    with db.reading(engine) as connection:
        ids = (connection.execute(select(func.max(column))).scalar() for column in (schema.source_file.c.file_id, schema.journal_entry.c.entry_id))
        file_id, entry_id = (found or 0 for found in ids)
        return file_id, entry_id


def _drop(workspace: Workspace, paths: Sequence[Path] | None, tell: Tell) -> list[Path]:
    """The files to take, by name: as given, else the inbox's regular files; other things there are left and told."""
    if paths is None:
        return inbox.waiting(workspace.folder("inbox"), tell)
    missing = next((path for path in paths if not path.exists()), None)
    if missing is not None:
        raise UsageError(f"{missing}: no such file")
    return sorted(paths, key=lambda path: (path.name, path))


Reader = Callable[[Path], documents.Document]


@contextmanager
def _readers(workspace: Workspace, paths: Sequence[Path], options: Options, watcher: Watcher) -> Iterator[Reader]:
    """How files are read: here, or ahead in as many processes as were asked for."""
    total = sum(path.stat().st_size for path in paths)
    through = 0  # bytes of the files before

    def profile(path: Path) -> Profile:
        return workspace.config.profile_for(path.name)[0]

    def at(path: Path, done: int) -> None:
        watcher.stage(f"reading {path.name}", through + done, total)

    def read(path: Path) -> documents.Document:
        nonlocal through
        parts = documents.stream(path, format_name=options.format_name, profile=profile(path))
        document = documents.joined(_followed(parts, partial(at, path)))
        through += path.stat().st_size
        return document

    def read_ahead(path: Path) -> documents.Document:
        nonlocal through
        at(path, 0)
        document = ahead.pop(path).result()
        through += path.stat().st_size
        return document

    if options.workers == 1 or len(paths) < 2:
        yield read
        return
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        ahead = {path: pool.submit(documents.read, path, format_name=options.format_name, profile=profile(path)) for path in paths if path.is_file()}
        yield read_ahead


def _followed(parts: Iterable[documents.Document], at: Callable[[int], None]) -> Iterator[documents.Document]:
    """The same parts; `at` hears before each how many bytes are through."""
    at(0)
    for part in parts:
        if part.lines.height:
            at(part.lines["byte_end"][-1])
        yield part


def _take_file(workspace: Workspace, engine: Engine, path: Path, read: Reader, options: Options, summary: Summary, in_hand: frames.InHand,
               watcher: Watcher) -> FileOutcome:
    tell, events = watcher.tell, watcher.events
    if not path.is_file():
        tell(f"{path}: skipped – not a regular file")
        events.warn("file_skipped", file=path.name, reason="not a regular file")
        return FileOutcome(str(path), "", "skipped", "not a regular file")
    began = time.perf_counter()
    digest, size = _sha256(path), path.stat().st_size
    with db.reading(engine) as connection:
        before = ingest.is_known(connection, digest)
    if before is not None:
        tell(f"{path}: skipped – the same content was processed as {before}")
        events.tell("file_skipped", file=path.name, sha256=digest, reason="known content")
        _put_away(workspace, path, "archive", digest)
        return FileOutcome(str(path), "", "skipped", f"processed before as {before}")
    document = read(path)
    read_s = time.perf_counter() - began
    summary.took("parse", read_s)
    problems = _why_refused(path.name, document, workspace.config.profile_for(path.name)[1])
    if problems:
        events.warn("file_quarantined", file=path.name, sha256=digest, stage="parse", format=document.format, lines=document.lines.height,
                    problems=[f"line {problem.span.line}: {problem.code}" for problem in document.issues if problem.severity != "info"][:20],
                    seconds=round(read_s, 3))
        return _quarantine(workspace, path, document, problems, digest, tell)
    began = time.perf_counter()
    with db.writing(engine) as connection:
        taken = ingest.take_in(connection, document, ingest.FileFacts(path.name, digest, size), workspace.config, options.as_of, options.actor, watcher.stage)
    in_hand.add(taken.fresh, taken.told)
    store_s = time.perf_counter() - began
    summary.took("store", store_s)
    events.tell("file_processed", file=path.name, sha256=digest, stage="store", format=document.format, lines=document.lines.height,
                receipts=taken.receipts, linked=taken.linked, returned=taken.returned, read_seconds=round(read_s, 3), seconds=round(store_s, 3))
    _put_away(workspace, path, "archive", digest)
    summary.receipt_count += taken.receipts
    summary.linked += taken.linked
    summary.returned += taken.returned
    for currency, minor in taken.received.items():
        summary.received[currency] = summary.received.get(currency, 0) + minor
    return _processed(path, document)


def _processed(path: Path, document: documents.Document) -> FileOutcome:
    outcome = FileOutcome(str(path), document.format, "processed", transactions=document.lines.height, untied=_untied(document))
    for side, lines in ((outcome.debit, pl.col("amount_minor") < 0), (outcome.credit, pl.col("amount_minor") >= 0)):
        side.update(document.lines.filter(lines).group_by("currency").agg(pl.col("amount_minor").sum()).iter_rows())
    return outcome


def _untied(document: documents.Document) -> int:
    return sum(1 for _ in document.controls.untied())


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
    return FileOutcome(str(path), document.format, "quarantined", reasons[0], document.lines.height, untied=_untied(document))


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


def _match(workspace: Workspace, engine: Engine, options: Options, summary: Summary, in_hand: frames.InHand, watcher: Watcher) -> None:
    """Match what nobody has decided, post what is certain, and count what is left."""
    began = time.perf_counter()
    config = workspace.config
    wanted_engine = options.engine or config.workers.engine
    with crews.hired(wanted_engine, config.workers.part, watcher.stage) as outcomes, db.writing(engine) as connection:
        policy = config.matching_policy()
        policy = replace(policy, closed_strata=(*policy.closed_strata, *strata.closed(connection, config.unattended, options.as_of)))
        wanted = frames.inputs(connection, policy, options.as_of, config.base_currency, config.learning.act_after, in_hand)
        db.let_go(connection)
        memory.give_back()
        summary.took("match", time.perf_counter() - began)
        receipts, items = wanted.receipts.select(proposals.RECEIPTS), wanted.items.select(proposals.ITEMS)
        pieces = _followed_outcomes(_timed(outcomes(wanted), summary), receipts.height, watcher)
        del wanted  # so that who matches can let go of it
        audit = proposals.Audit(config.unattended.audit_one_in, config.unattended.audit_seed)
        summary.matched = proposals.keep(connection, pieces, receipts, items, options.as_of, post=options.post, audit=audit, at=watcher.stage)
        case, receipt = schema.exception_case, schema.receipt
        counts = select(case.c.reason, func.count()).where(case.c.status == "open").group_by(case.c.reason).order_by(case.c.reason)
        summary.exceptions = dict(connection.execute(counts).all())
        left = select(receipt.c.currency, func.sum(receipt.c.unapplied_minor)).where(receipt.c.unapplied_minor != 0).group_by(receipt.c.currency)
        summary.unapplied = {currency: int(minor) for currency, minor in connection.execute(left)}
        watcher.stage("committing")


def _followed_outcomes(pieces: Iterator[Outcome], receipts: int, watcher: Watcher) -> Iterator[Outcome]:
    """The same pieces; the watcher hears of how many receipts what was found is told."""
    done = 0
    for piece in pieces:
        yield piece
        done += piece.verdicts.height
        watcher.stage("telling what was found", done, receipts, "receipts")


def _timed(pieces: Iterator[Outcome], summary: Summary) -> Iterator[Outcome]:
    """The pieces; the time that each takes to come is that of matching."""
    while True:
        began = time.perf_counter()
        piece = next(pieces, None)
        summary.took("match", time.perf_counter() - began)
        if piece is None:
            return
        yield piece


def _log_run(engine: Engine, options: Options, summary: Summary, before: tuple[int, int], started_at: dt.datetime) -> None:
    after = _newest(engine)
    with db.writing(engine) as connection:
        run_id = db.next_id(connection, schema.run_log.c.run_id)
        connection.execute(schema.run_log.insert().values(
            run_id=run_id, run_key=options.key, started_at=started_at.replace(tzinfo=None), finished_at=clock.now().replace(tzinfo=None),
            as_of=options.as_of, actor=options.actor, summary=json.dumps(summary.as_json()),
            first_file=before[0] + 1, last_file=after[0], first_entry=before[1] + 1, last_entry=after[1],
        ))
        counts = [{"run_id": run_id, "what": what, "of": of, "n": n} for (what, of), n in sorted(summary.counts().items())]
        connection.execute(schema.run_count.insert(), counts)
