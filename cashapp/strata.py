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
from sqlalchemy import BigInteger, ColumnElement, Connection, FromClause, Select, and_, case, cast, func, or_, select

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
    stratum = [head.c[name] for name in STRATUM]
    alone = and_(head.c.rank == 1, head.c.rivals == 0)
    auto = _by_engine(since, until).subquery()
    counted = select(*stratum, func.count(), cast(func.sum(auto.c.wrong), BigInteger)).join(auto, auto.c.receipt_id == head.c.receipt_id).where(alone).group_by(*stratum)
    persons = _by_persons(connection, since, until)
    heads = db.frame_of(connection, select(head.c.receipt_id, *stratum).where(alone), head.c.receipt_id, persons["receipt_id"].to_list(),
                        {"receipt_id": pl.Int64} | dict.fromkeys(STRATUM, pl.String))
    judged = heads.join(persons, on="receipt_id").group_by(STRATUM).agg(pl.len().cast(pl.Int64).alias("decided"), pl.col("wrong").sum().cast(pl.Int64))
    return pl.concat([db.frame(connection, counted, HISTORY), judged]).group_by(STRATUM).agg(pl.col("decided", "wrong").sum()).sort(STRATUM)


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
    engine = db.frame_of(connection, _by_engine(None, None), schema.application.c.receipt_id, sample["receipt_id"].to_list(), {"receipt_id": pl.Int64, "wrong": pl.Boolean})
    judged = sample.join(pl.concat([engine, _by_persons(connection, None, None)]), on="receipt_id", how="left")
    return judged.group_by("rule").agg(
        pl.len().cast(pl.Int64).alias("drawn"), pl.col("wrong").is_not_null().sum().cast(pl.Int64).alias("decided"),
        pl.col("wrong").sum().cast(pl.Int64).alias("wrong")).sort("rule")


def _by_engine(since: dt.date | None, until: dt.date | None) -> Select[int, int]:
    """SELECT receipt_id, wrong (1 or 0): of every receipt that was posted unattended, whether a person took it back."""
    application, reversal = schema.application, schema.journal_entry
    corrected = and_(reversal.c.entry_id.is_not(None), application.c.entry_id.not_in(by_returns()))
    return (
        select(application.c.receipt_id, func.max(case((corrected, 1), else_=0)).label("wrong")).outerjoin(reversal, reversal.c.reverses == application.c.entry_id)
        .where(*_decided(since, until), application.c.source == "auto").group_by(application.c.receipt_id)
    )


def _by_persons(connection: Connection, since: dt.date | None, until: dt.date | None) -> pl.DataFrame:
    """receipt_id, wrong: of every receipt that persons alone decided, whether the first proposal was not the decision."""
    line, other = schema.proposal_line, schema.application.alias()
    by_engine = select(other.c.receipt_id).where(other.c.receipt_id == schema.application.c.receipt_id, other.c.source == "auto", *_decided(since, until, other))
    taken = db.frame(connection, _taken(since, until).where(schema.application.c.source != "auto", ~by_engine.exists()), _TAKEN)
    done = sets(taken.filter(~pl.col("reversed")), "done")
    query = select(line.c.receipt_id, *(line.c[name] for name in SHARE)).where(line.c.rank == 1)
    told = db.frame_of(connection, query, line.c.receipt_id, done["receipt_id"].to_list(), {"receipt_id": pl.Int64} | dict.fromkeys(SHARE, pl.Int64))
    return done.join(sets(told, "told"), on="receipt_id", how="left").select("receipt_id", (pl.col("told").fill_null("") != pl.col("done")).alias("wrong"))


def _decided(since: dt.date | None, until: dt.date | None, application: FromClause = schema.application) -> list[ColumnElement[bool]]:
    """Conditions that an application line was made in these days and says something."""
    days = [application.c.applied_on >= since] if since else []
    days += [application.c.applied_on <= until] if until else []
    return [*days, or_(application.c.item_id.is_not(None), application.c.applied_minor != 0)]


_TAKEN: db.Shape = {"receipt_id": pl.Int64, "source": pl.String} | dict.fromkeys(SHARE, pl.Int64) | {"reversed": pl.Boolean, "returned": pl.Boolean}


def decisions(connection: Connection) -> pl.DataFrame:
    """Every application line: its source, whether it was `reversed`, and whether a bank's return did that (`returned`)."""
    return db.frame(connection, _taken(None, None), _TAKEN)


def _taken(since: dt.date | None, until: dt.date | None) -> Select[*tuple[object, ...]]:
    """SELECT the columns of _TAKEN of the application lines of these days."""
    application, reversal = schema.application, schema.journal_entry
    return (
        select(application.c.receipt_id, application.c.source, *(application.c[name] for name in SHARE), reversal.c.entry_id.is_not(None),
               and_(reversal.c.entry_id.is_not(None), application.c.entry_id.in_(by_returns())))
        .outerjoin(reversal, reversal.c.reverses == application.c.entry_id).where(*_decided(since, until))
    )


def by_returns() -> Select[int]:
    """The journal entries of decisions that a bank's return reversed, and no person."""
    event = schema.return_event
    return select(event.c.entry_id).where(event.c.action == TOOK_OFF, event.c.entry_id.is_not(None))


def sets(lines: pl.DataFrame, name: str) -> pl.DataFrame:
    """A text for each receipt that two equal sets of shares have in common."""
    share = pl.concat_str([pl.col(column).cast(pl.String).fill_null("-") for column in SHARE], separator=" ")
    return lines.group_by("receipt_id").agg(share.sort().implode().list.join(";").first().alias(name))
