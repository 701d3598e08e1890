"""The replay laboratory: rules and policy over what has happened, held against what was decided in the end.

Each day on which files were taken in is put before the engine once more: that day's receipts, the items as they stood that morning
by the journal. What the rules would post is compared with what they posted then, or with what the present rules would post
when another `cashapp.toml` is tried, and both with the decisions that stand today. Nothing is written.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, Select, select

from cashapp import db, frames, schema, strata
from cashapp.config import Config
from matching.engine import propose

POSTED = {"receipt_id": pl.Int64, "shares": pl.String, "rule": pl.String, "lines": pl.Int64, "applied": pl.Int64}
OUTCOMES = {
    "won": "posted now and not before", "lost": "posted before and not now", "changed": "posted both times, on other items or amounts",
    "same": "posted both times alike",
}
VERDICTS = {"right": "as decided in the end", "wrong": "otherwise than decided in the end", "undecided": "nobody has decided yet"}


class Replayed(NamedTuple):
    """One row for each receipt that either side posts: receipt_id (the key), currency, outcome, verdict of the new side (of the old where
    only that posts), rule, lines, applied_minor."""

    rows: pl.DataFrame
    receipts: int
    days: int

    def summary(self) -> pl.DataFrame:
        """outcome, verdict, currency, receipts, lines, applied_minor: sorted."""
        return self.rows.group_by("outcome", "verdict", "currency").agg(
            pl.len().cast(pl.Int64).alias("receipts"), pl.col("lines").sum(), pl.col("applied_minor").sum()).sort("outcome", "verdict", "currency")


def replay(connection: Connection, since: dt.date, until: dt.date, rules: Config, before: Config | None) -> Replayed:
    """What `rules` would have posted on these days beside what `before` would have posted; None: what was posted then."""
    days = _days(connection, since, until)
    told = [_posted(connection, day, rules) for day in days]
    now = pl.concat([posted for posted, _ in told]) if told else pl.DataFrame(schema=POSTED)
    count = sum(receipts for _, receipts in told)
    then = _posted_then(connection, days) if before is None else pl.concat([pl.DataFrame(schema=POSTED), *(_posted(connection, day, before)[0] for day in days)])
    return Replayed(_compared(connection, now, then), count, len(days))


def _days(connection: Connection, since: dt.date, until: dt.date) -> list[dt.date]:
    file = schema.source_file
    return list(connection.execute(select(file.c.as_of).distinct().where(file.c.as_of.between(since, until)).order_by(file.c.as_of)).scalars())


def _posted(connection: Connection, day: dt.date, config: Config) -> tuple[pl.DataFrame, int]:
    """POSTED by the engine under these settings on that day, and how many receipts it saw."""
    policy = config.matching_policy()
    policy = replace(policy, closed_strata=(*policy.closed_strata, *strata.closed(connection, config.unattended, day)))
    wanted = frames.past_inputs(connection, policy, day, config.base_currency, config.learning.act_after)
    outcome = propose(wanted)
    heads = outcome.proposals.filter(pl.col("unattended") & (pl.col("rank") == 1)).select("receipt_id", "rule")
    lines = outcome.lines.filter(pl.col("rank") == 1).join(heads, on="receipt_id")
    return _summed(lines), wanted.receipts.height


def _posted_then(connection: Connection, days: list[dt.date]) -> pl.DataFrame:
    """POSTED unattended in fact, on the receipts that came on these days."""
    application = schema.application
    shape = {"receipt_id": pl.Int64, "rule": pl.String} | dict.fromkeys(strata.SHARE, pl.Int64)
    query = select(*(application.c[name] for name in shape)).where(application.c.source == "auto", application.c.receipt_id.in_(_came_on(days)))
    return _summed(db.frame(connection, query, shape))


def _summed(lines: pl.DataFrame) -> pl.DataFrame:
    totals = lines.group_by("receipt_id").agg(pl.col("rule").sort().first(), pl.len().cast(pl.Int64).alias("lines"), pl.col("applied_minor").sum().alias("applied"))
    return totals.join(strata.sets(lines, "shares"), on="receipt_id").select(list(POSTED))


def _compared(connection: Connection, now: pl.DataFrame, then: pl.DataFrame) -> pl.DataFrame:
    taken = strata.decisions(connection)
    final = strata.sets(taken.filter(~pl.col("reversed") | pl.col("returned")), "final")
    both = now.join(then, on="receipt_id", how="full", coalesce=True, suffix="_then").join(final, on="receipt_id", how="left")
    receipt = schema.receipt
    keys = db.frame(connection, select(receipt.c.receipt_id, receipt.c.receipt_key, receipt.c.currency), {
        "receipt_id": pl.Int64, "receipt_key": pl.String, "currency": pl.String})
    mine, theirs = pl.col("shares"), pl.col("shares_then")
    outcome = (
        pl.when(theirs.is_null()).then(pl.lit("won")).when(mine.is_null()).then(pl.lit("lost")).when(mine == theirs).then(pl.lit("same"))
        .otherwise(pl.lit("changed"))
    )
    posted = pl.coalesce(mine, theirs)
    verdict = pl.when(pl.col("final").is_null()).then(pl.lit("undecided")).when(posted == pl.col("final")).then(pl.lit("right")).otherwise(pl.lit("wrong"))
    return both.join(keys, on="receipt_id").with_columns(outcome.alias("outcome"), verdict.alias("verdict")).select(
        pl.col("receipt_key").alias("receipt_id"), "currency", "outcome", "verdict", pl.coalesce("rule", "rule_then").alias("rule"),
        pl.coalesce("lines", "lines_then").alias("lines"), pl.coalesce("applied", "applied_then").alias("applied_minor"),
    ).sort("outcome", "verdict", "currency", "receipt_id")


def _came_on(days: list[dt.date]) -> Select[int]:
    receipt, line, file = schema.receipt, schema.bank_line, schema.source_file
    return (
        select(receipt.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id).join(file, file.c.file_id == line.c.file_id)
        .where(file.c.as_of.in_(days))
    )
