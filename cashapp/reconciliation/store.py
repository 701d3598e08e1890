"""Matches in the database: made once, never changed; confirmed or broken by events. What stood at any moment can be told.

A match stands from when it was made until it is broken. A cash book entry that is changed after it was matched breaks its match: the money is
not the same any more.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, exists, false, func, or_, select

from cashapp import clock, db, schema
from cashapp.periods import Month
from cashapp.reconciliation import lines as sides
from cashapp.reconciliation.lines import Account

MATCHES: db.Shape = {
    "match_id": pl.Int64, "currency": pl.String, "kind": pl.String, "status": pl.String, "confidence": pl.Int64, "reason": pl.String, "made_at": pl.Datetime, "actor": pl.String,
}
MEMBERS: db.Shape = {
    "match_id": pl.Int64, "line_id": pl.Int64, "book_account": pl.String, "entry_id": pl.String, "amount_minor": pl.Int64, "date": pl.Date,
}


class Stored(NamedTuple):
    """Matches that stand (MATCHES with `confirmed_by`) and their members (MEMBERS)."""

    matches: pl.DataFrame
    members: pl.DataFrame


def standing(connection: Connection, account: Account, known_at: dt.datetime | None = None, *, of: Sequence[int] | None = None) -> Stored:
    """The account's matches that stand now, or stood at a moment; of these numbers, where some are named."""
    match, member, event = schema.bank_match, schema.bank_match_member, schema.bank_match_event

    def mine(number: ColumnElement[int], time: ColumnElement[dt.datetime]) -> list[ColumnElement[bool]]:
        named = [] if of is None else [db.among(connection, number, of)]
        return [match.c.account.in_(account.spellings), *named, *([time <= known_at] if known_at else [])]

    made = select(match.c.match_id, match.c.currency, match.c.kind, match.c.status, match.c.confidence, match.c.reason, match.c.made_at, match.c.actor)
    matches = db.frame(connection, made.where(*mine(match.c.match_id, match.c.made_at)).order_by(match.c.match_id), MATCHES)
    happened = select(event.c.match_id, event.c.action, event.c.actor).join(match, match.c.match_id == event.c.match_id).where(*mine(event.c.match_id, event.c.at))
    events = db.frame(connection, happened, {"match_id": pl.Int64, "action": pl.String, "confirmed_by": pl.String})
    told = matches.join(events.filter(pl.col("action") == "broken"), on="match_id", how="anti", maintain_order="left").join(
        events.filter(pl.col("action") == "confirmed").unique("match_id", keep="first", maintain_order=True).select("match_id", "confirmed_by"), on="match_id", how="left", maintain_order="left")
    status = pl.when(pl.col("confirmed_by").is_not_null()).then(pl.lit("matched")).otherwise("status")
    parts = select(member.c.match_id, member.c.line_id, member.c.book_account, member.c.entry_id, member.c.amount_minor, member.c.date).join(match, match.c.match_id == member.c.match_id)
    members = db.frame(connection, parts.where(*mine(member.c.match_id, match.c.made_at)), MEMBERS)
    return Stored(told.with_columns(status.alias("status")), members.join(told.select("match_id"), on="match_id", how="semi").sort("match_id", "line_id", "entry_id", nulls_last=True))


class Weighed(NamedTuple):
    """The numbers of the matches that stand now and have to be looked at one by one; and those settled within a month (HEADS), in order of their days and lines."""

    unsettled: list[int]
    settled: pl.DataFrame


HEADS: db.Shape = {
    "number": pl.Int64, "begins": pl.Date, "line_id": pl.Int64, "currency": pl.Categorical, "kind": pl.Categorical, "status": pl.Categorical, "by_hand": pl.Boolean,
    "rows": pl.Int64, "minor": pl.Int64,
}
"""Of a settled match its number, first day and line, whether a person vouched for it, how many rows it has, what it comes to on either side."""


_WEIGHED: db.Shape = {name: pl.String if dtype is pl.Categorical else dtype for name, dtype in HEADS.items()}


def weigh(connection: Connection, account: Account, month: Month | None = None) -> Weighed:
    """Every match of the account that stands now. It is settled where all it holds reads as it did when it was made and comes to the same at the bank and in the
    books – and where a month is asked for, lies before it, after it, or in it with a bank line and with what comes in and what goes out each the same on both
    sides: then it explains nothing, and nothing explains it. Where none is asked for, a suggestion that nobody confirmed is not settled."""
    match, member, entry = schema.bank_match, schema.bank_match_member, schema.cashbook_entry
    line = select(schema.bank_line.c.line_id).where(sides.whole_lines(account)).subquery()
    same = and_(entry.c.account == member.c.book_account, entry.c.entry_id == member.c.entry_id, entry.c.entry_date == member.c.date,
                entry.c.amount_minor == member.c.amount_minor, func.lower(entry.c.kind).not_in(sides.OPENING))
    at_bank = member.c.line_id.is_not(None)
    apart = case((at_bank, member.c.amount_minor), else_=-member.c.amount_minor)
    first, last, rows, own = func.min(member.c.date), func.max(member.c.date), func.count(), func.min(member.c.line_id)
    vouched = _happened("confirmed")
    tied = and_(rows == func.count(line.c.line_id) + func.count(entry.c.entry_id), func.sum(apart) == 0)
    if month is None:
        within: ColumnElement[bool] = false()
        settled = and_(tied, or_(match.c.status != "suggested", vouched))
    else:
        even = [func.sum(case((sign, apart), else_=0)) == 0 for sign in (member.c.amount_minor > 0, member.c.amount_minor < 0)]
        within = and_(first >= month.first, last <= month.last)
        settled = and_(tied, or_(last < month.first, first > month.last, and_(within, own.is_not(None), *even)))
    query = (
        select(match.c.match_id, first, own, match.c.currency, match.c.kind, match.c.status, vouched, rows, func.sum(case((at_bank, member.c.amount_minor), else_=0)), settled)
        .join(member, member.c.match_id == match.c.match_id).outerjoin(line, line.c.line_id == member.c.line_id).outerjoin(entry, same)
        .where(match.c.account.in_(account.spellings), ~_happened("broken")).group_by(match.c.match_id).having(or_(~settled, within))
    )
    unsettled: list[int] = []
    settled_ones: list[pl.DataFrame] = []
    for block in db.frames(connection, query, {**_WEIGHED, "is_settled": pl.Boolean}, 100_000):
        unsettled += block.filter(~pl.col("is_settled"))["number"].to_list()
        vouched_for = pl.when("by_hand").then(pl.lit("matched")).otherwise("status").alias("status")
        settled_ones.append(block.filter("is_settled").with_columns(vouched_for).select(pl.col(name).cast(dtype) for name, dtype in HEADS.items()))
    return Weighed(sorted(unsettled), pl.concat(settled_ones).sort("begins", "line_id"))


def is_matched(connection: Connection, account: Account) -> bool:
    """Whether any match of the account stands."""
    match = schema.bank_match
    return connection.execute(select(match.c.match_id).where(match.c.account.in_(account.spellings), ~_happened("broken")).limit(1)).first() is not None


def of_matches(connection: Connection, account: Account, members: pl.DataFrame, names: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """LINES, or those columns, and ENTRIES of the members."""
    line_ids, entry_ids = (members[name].drop_nulls().to_list() for name in ("line_id", "entry_id"))
    lines = sides.bank_lines(connection, account, which=db.among(connection, schema.bank_line.c.line_id, line_ids), names=names)
    return lines, sides.cash_book(connection, account, entry_ids=entry_ids).join(members, on=["book_account", "entry_id"], how="semi", maintain_order="left")


def left_over(connection: Connection, account: Account, names: Collection[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """LINES, or those columns, and ENTRIES that stand in no match of the account."""
    match, member = schema.bank_match, schema.bank_match_member
    stands = [match.c.account.in_(account.spellings), ~_happened("broken")]
    lines = select(member.c.line_id).join(match, match.c.match_id == member.c.match_id).where(member.c.line_id.is_not(None), *stands)
    entries = select(member.c.book_account, member.c.entry_id).join(match, match.c.match_id == member.c.match_id).where(member.c.entry_id.is_not(None), *stands)
    return sides.bank_lines(connection, account, without=lines, names=names), sides.cash_book(connection, account, without=entries)


def _happened(action: str) -> ColumnElement[bool]:
    match, event = schema.bank_match, schema.bank_match_event
    return exists().where(event.c.match_id == match.c.match_id, event.c.action == action)


def holding(connection: Connection, account: Account, line_ids: Sequence[int], entry_ids: Sequence[str]) -> Stored:
    """The standing matches in which one of these lines or entries is."""
    match, member = schema.bank_match, schema.bank_match_member
    theirs = or_(db.among(connection, member.c.line_id, line_ids), db.among(connection, member.c.entry_id, entry_ids))
    found = connection.execute(select(member.c.match_id).distinct().join(match, match.c.match_id == member.c.match_id).where(match.c.account.in_(account.spellings), theirs)).scalars()
    return standing(connection, account, of=sorted(found))


def add(connection: Connection, account: Account, matches: pl.DataFrame, members: pl.DataFrame, actor: str) -> int:
    """Keep new matches (m, currency, kind, status, confidence, reason) with their members (m and MEMBERS); how many."""
    if matches.is_empty():
        return 0
    first = db.next_id(connection, schema.bank_match.c.match_id)
    numbered = matches.sort("m").with_row_index("n").with_columns((pl.col("n").cast(pl.Int64) + first).alias("match_id"))
    db.insert_frame(connection, schema.bank_match, numbered.select(
        "match_id", pl.lit(account.name).alias("account"), "currency", "kind", "status", "confidence", "reason", pl.lit(clock.now().replace(tzinfo=None)).alias("made_at"), pl.lit(actor).alias("actor")))
    db.insert_frame(connection, schema.bank_match_member, members.join(numbered.select("m", "match_id"), on="m").sort("match_id", "line_id", "entry_id", nulls_last=True).select(list(MEMBERS)))
    return matches.height


def mark(connection: Connection, match_ids: list[int], action: str, actor: str, reason: str) -> None:
    """Confirm or break matches."""
    frame = pl.DataFrame({"match_id": match_ids}, schema={"match_id": pl.Int64})
    db.insert_frame(connection, schema.bank_match_event, frame.with_columns(
        pl.lit(action).alias("action"), pl.lit(clock.now().replace(tzinfo=None)).alias("at"), pl.lit(actor).alias("actor"), pl.lit(reason).alias("reason")))
