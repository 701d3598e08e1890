"""Runs the matching room over the books: stores what it proposes, posts what is certain, opens what a person must decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import polars as pl
from sqlalchemy import Connection, Table, bindparam, func, select

from cashapp import applications, db, exceptions, schema, strata
from matching.schema import Outcome, joined

ENGINE = "cashapp"
"""The actor of unattended postings."""
TOLD = (schema.proposal, schema.proposal_line, schema.evidence)
"""The tables of what is told of a receipt."""
RECEIPTS = ("receipt_id", "receipt_key", "currency", "amount_minor")
"""What `keep` must know of the receipts."""


@dataclass
class Matched:
    """What a run of the engine did, by currency in minor units where it is money."""

    considered: int = 0
    auto_count: int = 0
    auto_minor: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audit:
    """Which share of the certain answers a person sees first: one in `one_in`, none where it is 0."""

    one_in: int = 0
    seed: str = ""


def keep(connection: Connection, pieces: Iterable[Outcome], receipts: pl.DataFrame, as_of: dt.date, *, post: bool, audit: Audit = Audit()) -> Matched:
    """Store the outcome of `receipts` (RECEIPTS), which comes in pieces: proposals and evidence replace the former ones where they differ, certain ones
    are posted, the queue follows. Of the pieces only what is posted is kept in memory."""
    newest, held = _newest(connection), _held(connection)
    with db.loading(connection, *TOLD) as load:
        outcome = joined([_stored(connection, load, _held_back(connection, piece, receipts, held, audit, as_of), newest) for piece in pieces])
    matched = Matched(considered=receipts.height)
    certain = outcome.proposals if post else outcome.proposals.clear()
    with db.rewriting(connection, schema.receipt, certain.height):
        if certain.height:
            matched.auto_count, matched.auto_minor = _post(connection, certain, outcome.lines, receipts, as_of)
        _name_payers(connection, outcome.verdicts, newest)
    undecided = pl.when(pl.col("receipt_id").is_in(certain["receipt_id"].implode())).then(pl.lit("")).otherwise(
        pl.when(pl.col("receipt_id").is_in(held.implode())).then(pl.lit("reopened"))
        .when(pl.col("reason") == "").then(pl.lit("weak_evidence")).otherwise(pl.col("reason")))
    verdicts = outcome.verdicts.with_columns(undecided.alias("reason")).join(
        receipts.select(RECEIPTS), on="receipt_id")
    rest = _overpaid(certain, outcome.lines, verdicts)
    exceptions.sync_receipts(connection, pl.concat([verdicts.join(rest, on="receipt_id", how="anti"), rest.select(verdicts.columns)]), as_of)
    return matched


def _newest(connection: Connection) -> int:
    """The newest receipt of which anything is told; of those after it there is nothing to compare."""
    return max(connection.execute(select(func.max(table.c.receipt_id))).scalar() or 0 for table in TOLD)


def _stored(connection: Connection, load: db.Loading, piece: Outcome, newest: int) -> Outcome:
    """Stores what the piece says anew; returns what is left to do: the certain answers with their lines, and the verdicts."""
    numbered = piece.lines.with_columns(pl.int_range(pl.len()).over("receipt_id", "rank").alias("n"))
    told = dict(zip(TOLD, (piece.proposals, numbered, _findings(piece.evidence)), strict=True))
    earlier = piece.verdicts["receipt_id"].filter(piece.verdicts["receipt_id"] <= newest).sort()
    changed = _changed(connection, told, earlier)
    _forget(connection, changed)
    anew = ~pl.col("receipt_id").is_in(earlier.implode()) | pl.col("receipt_id").is_in(changed.implode())
    for table, rows in told.items():
        load.add(table.name, rows.filter(anew))
    certain = piece.proposals.filter(pl.col("unattended") & (pl.col("rank") == 1))
    return Outcome(certain, piece.lines.join(certain, on=["receipt_id", "rank"], how="semi"), piece.evidence.clear(), piece.verdicts)


def _changed(connection: Connection, told: dict[Table, pl.DataFrame], earlier: pl.Series) -> pl.Series:
    """Those of the earlier receipts of which something else is told than stands in the tables, in order."""
    changed = [earlier.clear()]
    for table, rows in told.items():
        now = rows.filter(pl.col("receipt_id").is_in(earlier.implode()))
        query = select(*(table.c[name] for name in rows.columns))
        before = db.frame_of(connection, query, table.c.receipt_id, earlier.to_list(), rows.schema)
        for these, those in ((now, before), (before, now)):
            changed.append(these.join(those, on=rows.columns, how="anti", nulls_equal=True)["receipt_id"])
    return pl.concat(changed).unique().sort()


def _held_back(connection: Connection, outcome: Outcome, receipts: pl.DataFrame, held: pl.Series, audit: Audit, as_of: dt.date) -> Outcome:
    """The outcome without unattended postings that a person took back before, and without those drawn for the audit."""
    certain = outcome.proposals.filter(pl.col("unattended") & (pl.col("rank") == 1))
    if certain.is_empty():
        return outcome
    keys = certain.join(receipts.select("receipt_id", "receipt_key"), on="receipt_id", maintain_order="left")["receipt_key"]
    drawn = certain.filter(strata.drawn(keys, audit.one_in, audit.seed))
    strata.record_audit(connection, drawn, as_of)
    unattended = pl.col("unattended") & ~pl.col("receipt_id").is_in(pl.concat([drawn["receipt_id"], held]).implode())
    return replace(outcome, proposals=outcome.proposals.with_columns(unattended.alias("unattended")))


def _held(connection: Connection) -> pl.Series:
    """Receipts of which a person took an application back: a person decides again."""
    receipt = schema.receipt
    return db.frame(connection, select(receipt.c.receipt_id).where(receipt.c.held, receipt.c.unapplied_minor != 0), {"receipt_id": pl.Int64})["receipt_id"]


def _forget(connection: Connection, ids: pl.Series) -> None:
    """Take away what is told of these receipts."""
    rows = [{"receipt": receipt_id} for receipt_id in ids]
    for table in TOLD if rows else ():
        connection.execute(table.delete().where(table.c.receipt_id == bindparam("receipt")), rows)


def _findings(evidence: pl.DataFrame) -> pl.DataFrame:
    """One row for each receipt: its findings in order, as JSON."""
    each = pl.concat_list("question", "speaks", "finding")
    told = evidence.sort("receipt_id", "step").group_by("receipt_id", maintain_order=True).agg(each.alias("findings"))
    return told.with_columns(pl.struct("findings").struct.json_encode().str.strip_prefix('{"findings":').str.strip_suffix("}").alias("findings"))


def _post(connection: Connection, certain: pl.DataFrame, lines: pl.DataFrame, receipts: pl.DataFrame, as_of: dt.date) -> tuple[int, dict[str, int]]:
    heads = certain.join(receipts.select("receipt_id", "receipt_key", "currency"), on="receipt_id").select(
        "receipt_id", "receipt_key", "currency", "customer_id", pl.lit("auto").alias("source"), "rule", "confidence", pl.col("explanation").alias("memo"),
    )
    payer = pl.when(pl.col("item_id").is_null()).then("customer_id").alias("customer_id")  # what is left on account is the payer's
    shares = lines.filter(pl.col("rank") == 1).join(heads.select("receipt_id", "customer_id"), on="receipt_id").with_columns(payer)
    applications.apply(connection, heads, shares.select(list(applications.LINES)), actor=ENGINE, on=as_of)
    by_currency = shares.join(heads.select("receipt_id", "currency"), on="receipt_id").group_by("currency").agg(pl.col("applied_minor").sum()).sort("currency")
    return heads.height, dict(by_currency.iter_rows())


def _overpaid(certain: pl.DataFrame, lines: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """Posted receipts that hold more than their items took: the rest stays unapplied and in the queue."""
    used = lines.filter(pl.col("rank") == 1).join(certain.select("receipt_id"), on="receipt_id").group_by("receipt_id").agg(pl.col("applied_minor").sum())
    left = verdicts.join(used, on="receipt_id").with_columns((pl.col("amount_minor") - pl.col("applied_minor")).alias("amount_minor"))
    return left.filter(pl.col("amount_minor") != 0).with_columns(pl.lit("over_payment").alias("reason"))


def _name_payers(connection: Connection, verdicts: pl.DataFrame, newest: int) -> None:
    """Receipts whose payer is certain carry the customer; those after `newest` carry none yet."""
    receipt = schema.receipt
    named = verdicts.filter(pl.col("customer_id").is_not_null()).select("customer_id", "receipt_id").sort("receipt_id")
    earlier = named["receipt_id"].filter(named["receipt_id"] <= newest).to_list()
    standing = db.frame_of(connection, select(receipt.c.customer_id, receipt.c.receipt_id), receipt.c.receipt_id, earlier, named.schema)
    db.update_frame(connection, receipt, "receipt_id", named.join(standing, on=named.columns, how="anti", maintain_order="left"))
