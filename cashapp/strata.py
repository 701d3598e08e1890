"""How often the engine was wrong, by kind of evidence, and what follows from it: the error budget and the blind audit.

A *stratum* is a rule with the evidence of the payer and of the amount. Its history are the receipts that stood alone in it (no rival
answer) and have been decided: an unattended posting is wrong when a person took it back (a bank's return is nobody's error), a
suggestion is wrong when the person decided otherwise. What the counts prove is said by the exact bounds of `matching.binomial`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import Connection, Select, and_, or_, select

from cashapp import db, schema
from matching import binomial, certainty

if TYPE_CHECKING:
    from cashapp.config import Unattended

STRATUM = ["rule", "payer_evidence", "amount_evidence"]
HISTORY = dict.fromkeys(STRATUM, pl.String) | {"decided": pl.Int64, "wrong": pl.Int64}
TOOK_OFF = "took off"
"""What a returned item's history says of each decision that its return reversed."""
SHARE = ("item_id", "applied_minor", "discount_minor", "deduction_minor", "write_off_minor")


def history(connection: Connection, since: dt.date | None = None, until: dt.date | None = None) -> pl.DataFrame:
    """HISTORY, sorted: the strata with receipts that were decided in these days."""
    head = schema.proposal
    alone = select(head.c.receipt_id, *(head.c[name] for name in STRATUM)).where(head.c.rank == 1, head.c.rivals == 0)
    heads = db.frame(connection, alone, {"receipt_id": pl.Int64} | dict.fromkeys(STRATUM, pl.String))
    judged = heads.join(_judged(connection, since, until), on="receipt_id")
    return judged.group_by(STRATUM).agg(pl.len().cast(pl.Int64).alias("decided"), pl.col("wrong").sum().cast(pl.Int64)).sort(STRATUM).select(list(HISTORY))


def with_bounds(told: pl.DataFrame, confidence: float) -> pl.DataFrame:
    """The history with `at_least` and `at_most`: one-sided exact bounds of the error rate."""
    pairs = list(told.select("wrong", "decided").iter_rows())
    return told.with_columns(
        pl.Series("at_least", [binomial.lower_bound(wrong, decided, confidence) for wrong, decided in pairs], dtype=pl.Float64),
        pl.Series("at_most", [binomial.upper_bound(wrong, decided, confidence) for wrong, decided in pairs], dtype=pl.Float64),
    )


def closed(connection: Connection, rules: Unattended, as_of: dt.date) -> tuple[str, ...]:
    """The strata that the error budget closes: by "disproven" those whose history shows more errors than the budget, by "unproven" all
    whose history does not yet show that they keep it."""
    if rules.enforce == "off":
        return ()
    told = with_bounds(history(connection, as_of - dt.timedelta(rules.history_days), as_of), rules.confidence / 100)
    budget = 1 / rules.wrong_in
    known = {certainty.name_of(*row[:3]): (row[3], row[4]) for row in told.select(*STRATUM, "at_least", "at_most").iter_rows()}
    if rules.enforce == "disproven":
        return tuple(name for name, (at_least, _) in known.items() if at_least > budget)
    return tuple(name for name in certainty.names() if known.get(name, (0.0, 1.0))[1] > budget)


def drawn(receipt_keys: pl.Series, one_in: int, seed: str) -> pl.Series:
    """Which receipts are drawn for the audit: the same ones in every run and on every machine, because the key decides."""
    if one_in == 0:
        return pl.Series([False] * len(receipt_keys), dtype=pl.Boolean)
    digests = (hashlib.sha256(f"{seed}:{key}".encode()).digest() for key in receipt_keys)
    return pl.Series([int.from_bytes(digest[:8], "big") % one_in == 0 for digest in digests], dtype=pl.Boolean)


def record_audit(connection: Connection, certain: pl.DataFrame, as_of: dt.date) -> None:
    """Remember the drawn answers (receipt_id and STRATUM) that are not yet known."""
    table = schema.audit_sample
    known = db.frame_of(connection, select(table.c.receipt_id), table.c.receipt_id, certain["receipt_id"].to_list(), {"receipt_id": pl.Int64})
    fresh = certain.select("receipt_id", *STRATUM).join(known, on="receipt_id", how="anti").sort("receipt_id")
    db.insert_frame(connection, table, fresh.with_columns(pl.lit(as_of).alias("drawn_on")))


def audited(connection: Connection, since: dt.date | None, until: dt.date) -> pl.DataFrame:
    """rule, drawn, decided, wrong: the audit's answers drawn in these days, by rule."""
    table = schema.audit_sample
    query = select(table.c.receipt_id, table.c.rule).where(table.c.drawn_on <= until, *([table.c.drawn_on >= since] if since else []))
    sample = db.frame(connection, query, {"receipt_id": pl.Int64, "rule": pl.String})
    judged = sample.join(_judged(connection, None, None), on="receipt_id", how="left")
    return judged.group_by("rule").agg(
        pl.len().cast(pl.Int64).alias("drawn"), pl.col("wrong").is_not_null().sum().cast(pl.Int64).alias("decided"),
        pl.col("wrong").sum().cast(pl.Int64).alias("wrong")).sort("rule")


def _judged(connection: Connection, since: dt.date | None, until: dt.date | None) -> pl.DataFrame:
    """receipt_id, wrong: of every receipt that was decided, whether the first proposal was not the decision."""
    taken = decisions(connection, since, until)
    told = sets(_told(connection, taken), "told")
    standing = taken.filter(~pl.col("reversed"))
    corrected = taken.filter((pl.col("source") == "auto") & pl.col("reversed") & ~pl.col("returned")).select("receipt_id").unique()
    unattended = taken.filter((pl.col("source") == "auto") & (~pl.col("reversed") | pl.col("returned"))).select("receipt_id").unique()
    by_person = sets(standing.filter(pl.col("source") != "auto"), "done").join(unattended, on="receipt_id", how="anti").join(corrected, on="receipt_id", how="anti")
    compared = by_person.join(told, on="receipt_id", how="left").select("receipt_id", (pl.col("told").fill_null("") != pl.col("done")).alias("wrong"))
    return pl.concat([
        unattended.join(corrected, on="receipt_id", how="anti").with_columns(pl.lit(value=False).alias("wrong")),
        corrected.with_columns(pl.lit(value=True).alias("wrong")), compared,
    ])


def decisions(connection: Connection, since: dt.date | None, until: dt.date | None) -> pl.DataFrame:
    """Every application line of these days: its source, whether it was `reversed`, and whether a bank's return did that (`returned`)."""
    application, reversal = schema.application, schema.journal_entry
    days = [application.c.applied_on >= since] if since else []
    days += [application.c.applied_on <= until] if until else []
    query = (
        select(application.c.receipt_id, application.c.source, *(application.c[name] for name in SHARE), reversal.c.entry_id.is_not(None),
               and_(reversal.c.entry_id.is_not(None), application.c.entry_id.in_(by_returns())))
        .outerjoin(reversal, reversal.c.reverses == application.c.entry_id)
        .where(*days, or_(application.c.item_id.is_not(None), application.c.applied_minor != 0))
    )
    shape = {"receipt_id": pl.Int64, "source": pl.String} | dict.fromkeys(SHARE, pl.Int64) | {"reversed": pl.Boolean, "returned": pl.Boolean}
    return db.frame(connection, query, shape)


def by_returns() -> Select[int]:
    """The journal entries of decisions that a bank's return reversed, and no person."""
    event = schema.return_event
    return select(event.c.entry_id).where(event.c.action == TOOK_OFF, event.c.entry_id.is_not(None))


def _told(connection: Connection, taken: pl.DataFrame) -> pl.DataFrame:
    line = schema.proposal_line
    query = select(line.c.receipt_id, *(line.c[name] for name in SHARE)).where(line.c.rank == 1)
    shape = {"receipt_id": pl.Int64} | dict.fromkeys(SHARE, pl.Int64)
    return db.frame(connection, query, shape).join(taken.select("receipt_id").unique(), on="receipt_id", how="semi")


def sets(lines: pl.DataFrame, name: str) -> pl.DataFrame:
    """A text for each receipt that two equal sets of shares have in common."""
    share = pl.concat_str([pl.col(column).cast(pl.String).fill_null("-") for column in SHARE], separator=" ")
    return lines.group_by("receipt_id").agg(share.sort().implode().list.join(";").first().alias(name))
