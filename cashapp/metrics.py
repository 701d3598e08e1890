"""Figures for Prometheus: what the runs did, and how the books and the folders stand now.

Counters add up over all runs that the books remember (`run_count`), so they go on where they were when a process starts anew.
Money is in minor units: a sample is a binary floating-point number, exact for whole numbers up to 2^53 only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, func, select

from cashapp import clock, db, inbox, last_check, schema
from cashapp.tabular import replace_file
from cashapp.workspace import Workspace

CONTENT_TYPE = "text/plain; version=0.0.4"
_AGES = ((0, "0"), (3, "1-3"), (7, "4-7"), (30, "8-30"))
_OLDEST = "31+"
_FILES = ("processed", "skipped", "quarantined")


def text(workspace: Workspace, engine: Engine) -> bytes:
    """All figures in the Prometheus text format, read in one consistent state of the books."""
    with db.reading(engine) as connection:
        families = [*_runs(connection), *_queue(connection), *_folders(workspace), *_check(workspace.home)]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Read(families, workspace.home.resolve().name))
    return generate_latest(registry)


def write(workspace: Workspace, engine: Engine) -> None:
    """Put the figures where `[metrics] textfile` says, by a rename."""
    replace_file(workspace.home / workspace.config.metrics.textfile, text(workspace, engine))


class _Read(Collector):
    """Families that were read already. Each sample names its workspace: one machine may have several."""

    def __init__(self, families: list[Metric], workspace: str) -> None:
        self._families = families
        for family in families:
            family.samples = [sample._replace(labels={"workspace": workspace, **sample.labels}) for sample in family.samples]

    def collect(self) -> list[Metric]:
        return self._families


def _runs(connection: Connection) -> Iterator[Metric]:
    counts = {(what, of): int(n) for what, of, n in connection.execute(
        select(schema.run_count.c.what, schema.run_count.c.of, func.sum(schema.run_count.c.n)).group_by(schema.run_count.c.what, schema.run_count.c.of))}
    files = CounterMetricFamily("cashapp_files", "Files that runs dealt with.", labels=["status", "format"])
    for status in _FILES:
        for (what, of), n in sorted(counts.items()):
            if what == f"files_{status}":
                files.add_metric([status, of or "none"], n)
    yield files
    yield _labelled("cashapp_control_failures", "Totals stated in files that do not tie, flagged or quarantined.", "format", counts, "controls_untied")
    for what, about in (("receipts", "Payments by payers taken in."), ("applied", "Receipts applied unattended."),
                        ("returned", "Receipts taken back by the bank."), ("linked", "Lines that told of money counted before.")):
        yield CounterMetricFamily(f"cashapp_{what}", about, value=counts.get((what, ""), 0))
    yield _labelled("cashapp_received_minor", "Money of the receipts, in minor units.", "currency", counts, "received_minor")
    yield _labelled("cashapp_applied_minor", "Money applied unattended, in minor units.", "currency", counts, "applied_minor")
    seconds = CounterMetricFamily("cashapp_run_stage_seconds", "Time that runs took, by stage.", labels=["stage"])
    for (what, of), n in sorted(counts.items()):
        if what == "milliseconds":
            seconds.add_metric([of], n / 1000)
    yield seconds
    yield from _last_run(connection)


def _labelled(name: str, about: str, label: str, counts: dict[tuple[str, str], int], wanted: str) -> Metric:
    family = CounterMetricFamily(name, about, labels=[label])
    for (what, of), n in sorted(counts.items()):
        if what == wanted:
            family.add_metric([of or "none"], n)
    return family


def _last_run(connection: Connection) -> Iterator[Metric]:
    log, count = schema.run_log, schema.run_count
    runs, last, finished_at = connection.execute(select(func.count(), func.max(log.c.run_id), func.max(log.c.finished_at))).one()
    yield CounterMetricFamily("cashapp_runs", "Runs that came to their end.", value=runs)
    if last is None:
        return
    yield GaugeMetricFamily("cashapp_last_success_timestamp_seconds", "When the last run came to its end.", value=_since_1970(finished_at))
    durations = GaugeMetricFamily("cashapp_last_run_stage_seconds", "Time that the last run took, by stage.", labels=["stage"])
    for stage, n in connection.execute(select(count.c.of, count.c.n).where(count.c.run_id == last, count.c.what == "milliseconds").order_by(count.c.of)):
        durations.add_metric([stage], n / 1000)
    yield durations


def _since_1970(moment: dt.datetime) -> float:
    return moment.replace(tzinfo=dt.UTC).timestamp()


def _queue(connection: Connection) -> Iterator[Metric]:
    case, receipt = schema.exception_case, schema.receipt
    waiting: dict[tuple[str, str], int] = {}
    today = clock.today()
    query = select(case.c.reason, case.c.opened_on, func.count()).where(case.c.status == "open").group_by(case.c.reason, case.c.opened_on)
    for reason, opened_on, n in connection.execute(query):
        bucket = next((name for limit, name in _AGES if (today - opened_on).days <= limit), _OLDEST)
        waiting[reason, bucket] = waiting.get((reason, bucket), 0) + n
    cases = GaugeMetricFamily("cashapp_exceptions_open", "Cases that wait for a person, by reason and age in days.", labels=["reason", "age"])
    for labels, n in sorted(waiting.items()):
        cases.add_metric(labels, n)
    yield cases
    unapplied = GaugeMetricFamily("cashapp_unapplied_minor", "Money received and not applied, in minor units.", labels=["currency"])
    left = select(receipt.c.currency, func.sum(receipt.c.unapplied_minor)).where(receipt.c.unapplied_minor != 0).group_by(receipt.c.currency)
    for currency, minor in connection.execute(left.order_by(receipt.c.currency)):
        unapplied.add_metric([currency], int(minor))
    yield unapplied


def _folders(workspace: Workspace) -> Iterator[Metric]:
    arrived = inbox.look(workspace.folder("inbox"))
    quarantined = [path for path in inbox.look(workspace.folder("quarantine")) if not path.name.endswith(".reason.txt")]
    yield GaugeMetricFamily("cashapp_inbox_files", "Files that lie in the inbox.", value=len(arrived))
    yield GaugeMetricFamily("cashapp_quarantine_files", "Files that lie in quarantine.", value=len(quarantined))


def _check(home: Path) -> Iterator[Metric]:
    found = last_check.find(home)
    if found is None:
        return
    yield GaugeMetricFamily("cashapp_check_broken_proofs", "Proofs of the books that did not hold when `cashapp check` last ran; 0: all hold.", value=found.broken)
    yield GaugeMetricFamily("cashapp_check_timestamp_seconds", "When `cashapp check` last ran.", value=found.at.timestamp())
