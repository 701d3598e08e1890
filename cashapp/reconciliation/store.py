"""Matches in the database: made once, never changed; confirmed or broken by events. What stood at any moment can be told.

A match stands from when it was made until it is broken. A cash book entry that is changed after it was matched breaks its match: the money is
not the same any more.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, Select, and_, func, or_, select

from cashapp import clock, db, schema
from cashapp.reconciliation.lines import OPENING, Account, whole_lines

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


def standing(connection: Connection, account: Account, known_at: dt.datetime | None = None, *, without: Select[int] | None = None) -> Stored:
    """The account's matches that stand now, or stood at a moment; `without` those of which this gives the match_id."""
    match, member, event = schema.bank_match, schema.bank_match_member, schema.bank_match_event
    made = [match.c.account.in_(account.spellings), *([match.c.made_at <= known_at] if known_at else [])]
    kept = db.left(select(match.c.match_id, match.c.currency, match.c.kind, match.c.status, match.c.confidence, match.c.reason, match.c.made_at, match.c.actor).where(*made), without, [match.c.match_id])
    matches = db.frame(connection, kept.order_by(match.c.match_id), MATCHES)
    happened = [match.c.account.in_(account.spellings), *([event.c.at <= known_at] if known_at else [])]
    events = db.frame(connection, select(event.c.match_id, event.c.action, event.c.actor).join(match, match.c.match_id == event.c.match_id).where(*happened),
                      {"match_id": pl.Int64, "action": pl.String, "confirmed_by": pl.String})
    told = matches.join(events.filter(pl.col("action") == "broken"), on="match_id", how="anti", maintain_order="left").join(
        events.filter(pl.col("action") == "confirmed").unique("match_id", keep="first", maintain_order=True).select("match_id", "confirmed_by"), on="match_id", how="left", maintain_order="left")
    status = pl.when(pl.col("confirmed_by").is_not_null()).then(pl.lit("matched")).otherwise("status")
    parts = select(member.c.match_id, member.c.line_id, member.c.book_account, member.c.entry_id, member.c.amount_minor, member.c.date).join(match, match.c.match_id == member.c.match_id)
    members = db.frame(connection, db.left(parts.where(*made), without, [match.c.match_id]), MEMBERS)
    return Stored(told.with_columns(status.alias("status")), members.join(told.select("match_id"), on="match_id", how="semi").sort("match_id", "line_id", "entry_id", nulls_last=True))


def settled(account: Account, before: dt.date = dt.date.max, *, final: bool = False) -> Select[int]:
    """SELECT match_id of the matches that stand now and of which there is nothing more to say: all they hold is of before that day, reads as it did when
    they were made, and comes to the same at the bank and in the books. `final`: without suggestions that nobody has confirmed."""
    match, member, event, entry = schema.bank_match, schema.bank_match_member, schema.bank_match_event, schema.cashbook_entry
    line = select(schema.bank_line.c.line_id, schema.bank_line.c.amount_minor).where(whole_lines(account), schema.bank_line.c.booking_date < before).subquery()
    same = and_(entry.c.account == member.c.book_account, entry.c.entry_id == member.c.entry_id, entry.c.entry_date == member.c.date,
                entry.c.amount_minor == member.c.amount_minor, entry.c.entry_date < before, func.lower(entry.c.kind).not_in(OPENING))
    apart = func.sum(func.coalesce(line.c.amount_minor, 0) - func.coalesce(entry.c.amount_minor, 0))
    broken, confirmed = (select(event.c.match_id).where(event.c.action == action) for action in ("broken", "confirmed"))
    vouched = [or_(match.c.status != "suggested", match.c.match_id.in_(confirmed))] if final else []
    return (
        select(member.c.match_id).join(match, match.c.match_id == member.c.match_id).outerjoin(line, line.c.line_id == member.c.line_id).outerjoin(entry, same)
        .where(match.c.account.in_(account.spellings), match.c.match_id.not_in(broken), *vouched)
        .group_by(member.c.match_id).having(func.count() == func.count(line.c.line_id) + func.count(entry.c.entry_id), apart == 0)
    )


class Members(NamedTuple):
    """SELECT line_id and SELECT account, entry_id of what belongs to some matches."""

    lines: Select[int]
    entries: Select[str, str]


def members_of(matches: Select[int]) -> Members:
    """The bank lines and the cash book's entries of these matches."""
    member = schema.bank_match_member
    theirs = member.c.match_id.in_(matches)
    return Members(select(member.c.line_id).where(theirs, member.c.line_id.is_not(None)), select(member.c.book_account, member.c.entry_id).where(theirs, member.c.entry_id.is_not(None)))


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
