"""Runs the matching room over the books: stores what it proposes, posts what is certain, opens what a person must decide."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Subquery, Table, bindparam, func, select, union_all

from cashapp import applications, db, exceptions, reversals, schema, strata
from matching.crew import Hearer, nobody
from matching.places import nth
from matching.schema import Outcome

ENGINE = "cashapp"
"""The actor of unattended postings."""
TOLD = (schema.proposal, schema.proposal_line, schema.evidence)
"""The tables of what is told of a receipt."""
RECEIPTS = ("receipt_id", "receipt_key", "currency", "amount_minor")
"""What `keep` must know of the receipts: the amount is what is left of them, read in the same transaction."""
ITEMS = ("item_id", "customer_id", "open_minor", "currency")
"""What it must know of every open item, read likewise."""


def _explanation() -> ColumnElement[str]:
    head, applied, entry = schema.proposal, schema.application, schema.journal_entry
    posted = (
        select(entry.c.memo).join(applied, applied.c.entry_id == entry.c.entry_id).where(applied.c.receipt_id == head.c.receipt_id, applied.c.source == "auto")
        .order_by(entry.c.entry_id.desc()).limit(1).scalar_subquery()
    )
    return func.coalesce(head.c.explanation, posted, "").label(head.c.explanation.name)


EXPLANATION = _explanation()
"""A proposal's sentence: its own or, where it was posted, what its entry says."""
HEAD = tuple(EXPLANATION if column.name == "explanation" else column for column in schema.proposal.columns)
"""A proposal's columns as they are read."""


def lines_of(receipt_id: int) -> Subquery:
    """The lines of the receipt's proposals, in the columns of their table: their own and, of one that was posted whole, those of its entry."""
    told, applied = schema.proposal_line, schema.application
    newest = select(func.max(applied.c.entry_id)).where(applied.c.receipt_id == receipt_id, applied.c.source == "auto").scalar_subquery()
    posted = reversals.posted_lines().where(applied.c.receipt_id == receipt_id, applied.c.entry_id == newest)
    return union_all(select(told).where(told.c.receipt_id == receipt_id), posted).subquery()


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


def keep(connection: Connection, pieces: Iterable[Outcome], receipts: pl.DataFrame, items: pl.DataFrame, as_of: dt.date, *, post: bool,
         audit: Audit = Audit(), at: Hearer = nobody) -> Matched:
    """Store the outcome of `receipts` (RECEIPTS) among open `items` (ITEMS), which comes in pieces in the order of the receipts' keys: proposals and
    evidence replace the former ones where they differ, certain ones are posted, the queue follows. Of the pieces no more is kept in memory than who
    paid and what was used of each receipt. `at` hears how the writing goes on."""
    newest, held, queue, matched = _newest(connection), _held(connection), exceptions.standing(connection), Matched(considered=receipts.height)
    kept: list[_Kept] = []
    with db.loading(connection, *TOLD, *applications.TABLES, *exceptions.TABLES, at=partial(at, "writing what was found")) as load:
        decisions = applications.Decisions(connection, load, ENGINE, as_of, applications.Known(receipts, items))
        ahead = receipts.height
        for piece in pieces:
            load.expect(piece.verdicts.height, ahead)
            ahead -= piece.verdicts.height
            theirs = receipts.join(piece.verdicts, on="receipt_id", how="semi")
            outcome = _held_back(connection, piece, theirs, held, audit, as_of)
            certain = outcome.proposals.filter(pl.col("unattended") & (pl.col("rank") == 1) & post)
            used = _post(decisions, certain, outcome.lines, theirs)
            _store(connection, load, _without_posted(outcome, certain, used, theirs), newest)
            kept.append(_Kept(outcome.verdicts, used))
        load.complete()
        verdicts, used = (pl.concat(frames) for frames in zip(*kept, strict=True))
        decisions.close(_payers(connection, verdicts, newest))
        exceptions.sync_receipts(connection, load, queue, _undecided(verdicts, used, held, receipts), as_of)
    matched.auto_count = used.height
    matched.auto_minor = dict(used.group_by("currency").agg(pl.col("used_minor").sum()).sort("currency").iter_rows())
    return matched


class _Kept(NamedTuple):
    """What is remembered of a piece: its verdicts, and what was used of the receipts that were posted (_USED)."""

    verdicts: pl.DataFrame
    used: pl.DataFrame


_USED = ("receipt_id", "currency", "used_minor")


def _undecided(verdicts: pl.DataFrame, used: pl.DataFrame, held: pl.Series, receipts: pl.DataFrame) -> pl.DataFrame:
    """The verdicts as the queue has them: nothing is left to decide of what was posted, unless the receipt holds more than its items took; that rest
    stays unapplied."""
    beside = verdicts.join(receipts.select(RECEIPTS), on="receipt_id").join(used.select("receipt_id", "used_minor"), on="receipt_id", how="left")
    left = pl.col("amount_minor") - pl.col("used_minor")
    reason = (
        pl.when(left == 0).then(pl.lit("")).when(left.is_not_null()).then(pl.lit("over_payment"))
        .when(pl.col("receipt_id").is_in(held.implode())).then(pl.lit("reopened"))
        .when(pl.col("reason") == "").then(pl.lit("weak_evidence")).otherwise(pl.col("reason"))
    )
    return beside.select("receipt_id", reason.alias("reason"), "customer_id", "receipt_key", "currency",
                         pl.when(left != 0).then(left).otherwise("amount_minor").alias("amount_minor"))


def _without_posted(outcome: Outcome, certain: pl.DataFrame, used: pl.DataFrame, receipts: pl.DataFrame) -> Outcome:
    """The outcome without the words and lines of what was posted and took all of its receipt: the journal has them."""
    whole = used.join(receipts, left_on=["receipt_id", "used_minor"], right_on=["receipt_id", "amount_minor"], how="semi")
    posted = certain.select("receipt_id", "rank").join(whole, on="receipt_id", how="semi")
    proposals = outcome.proposals.join(posted.with_columns(posted=True), on=["receipt_id", "rank"], how="left", maintain_order="left")
    return replace(outcome, proposals=proposals.with_columns(pl.when(pl.col("posted").is_null()).then("explanation")).drop("posted"),
                   lines=outcome.lines.join(posted, on=["receipt_id", "rank"], how="anti", maintain_order="left"))


def _newest(connection: Connection) -> int:
    """The newest receipt of which anything is told; of those after it there is nothing to compare."""
    return max(connection.execute(select(func.max(table.c.receipt_id))).scalar() or 0 for table in TOLD)


def _store(connection: Connection, load: db.Loading, piece: Outcome, newest: int) -> None:
    """Stores what the piece says anew."""
    numbered = piece.lines.with_columns(nth("receipt_id", "rank").alias("n"))
    told = dict(zip(TOLD, (piece.proposals, numbered, _findings(piece.evidence)), strict=True))
    earlier = piece.verdicts["receipt_id"].filter(piece.verdicts["receipt_id"] <= newest).sort()
    changed = _changed(connection, told, earlier)
    _forget(connection, changed)
    anew = ~pl.col("receipt_id").is_in(earlier.implode()) | pl.col("receipt_id").is_in(changed.implode())
    for table, rows in told.items():
        load.add(table.name, rows.filter(anew))


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


def _post(decisions: applications.Decisions, certain: pl.DataFrame, lines: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """Posts the certain answers; returns what they use of their receipts (_USED)."""
    heads = certain.join(receipts.select("receipt_id", "receipt_key", "currency"), on="receipt_id").select(
        "receipt_id", "receipt_key", "currency", "customer_id", pl.lit("auto").alias("source"), "rule", "confidence", pl.col("explanation").alias("memo"),
    )
    payer = pl.when(pl.col("item_id").is_null()).then("customer_id").alias("customer_id")  # what is left on account is the payer's
    shares = lines.filter(pl.col("rank") == 1).join(heads.select("receipt_id", "customer_id", "currency"), on="receipt_id").with_columns(payer)
    decisions.add(heads, shares.select(list(applications.LINES)))
    return shares.group_by("receipt_id", "currency").agg(pl.col("applied_minor").sum().alias("used_minor")).select(_USED)


def _payers(connection: Connection, verdicts: pl.DataFrame, newest: int) -> pl.DataFrame:
    """Whose payer is certain and stands not on the receipt yet (receipt_id, customer_id); those after `newest` carry none."""
    receipt = schema.receipt
    named = verdicts.filter(pl.col("customer_id").is_not_null()).select("receipt_id", "customer_id").sort("receipt_id")
    earlier = named["receipt_id"].filter(named["receipt_id"] <= newest).to_list()
    standing = db.frame_of(connection, select(receipt.c.receipt_id, receipt.c.customer_id), receipt.c.receipt_id, earlier, named.schema)
    return named.join(standing, on=named.columns, how="anti", maintain_order="left")
