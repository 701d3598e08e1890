"""The queue's rows: what a person must decide. Opened and closed here, worked with in `cashapp.desk`."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, bindparam, select

from cashapp import case_search, clock, db, schema
from matching.schema import REASONS as MATCHING_REASONS

REASONS: dict[str, str] = MATCHING_REASONS | {
    "deposit_without_detail": "a lockbox deposit was booked, and the file with its checks has not come",
    "unexplained_line": "money moved that is neither a payment nor anything else the program knows",
    "return_unmatched": "a payment came back, and the receipt it takes back was not found",
    "return_conflict": "a payment came back whose money has been used since; its entries cannot simply be taken back",
    "refund_returned": "a refund of ours came back; the customer is owed it again, pay it another way",
    "copy_of_nothing": "a copy of a statement tells of money that no statement told before; it does not count until that statement comes",
    "control_mismatch": "the file's own totals do not tie",
    "bank_details_change": "the bank says that a payer's account details are to be corrected",
    "reopened": "a decision was undone; decide anew",
}
"""Why something stands in the queue, in a clerk's words."""

_CASE = {
    "exception_id": pl.Int64, "receipt_id": pl.Int64, "line_id": pl.Int64, "file_id": pl.Int64, "reason": pl.String, "note": pl.String,
    "opened_on": pl.Date, "opened_at": pl.Datetime, "currency": pl.String, "amount_minor": pl.Int64, "customer_id": pl.String,
}


TABLES = (schema.exception_case, schema.case_word)
"""The tables of cases, as `db.loading` takes them."""


def open_cases(connection: Connection, cases: pl.DataFrame, as_of: dt.date) -> None:
    """Open cases from a frame with `reason` and any of the other columns of a case; ids follow the frame's order."""
    if cases.is_empty():
        return
    opened = _opened(cases, db.next_id(connection, schema.exception_case.c.exception_id), as_of)
    words = case_search.words(opened, *(db.frame(connection, *query) for query in case_search.lines_of(connection, opened)))
    with db.loading(connection, *TABLES) as load:
        _add(load, opened, words)


def _add(load: db.Loading, opened: pl.DataFrame, words: pl.DataFrame) -> None:
    for table, rows in zip(TABLES, (opened, words), strict=True):
        load.add(table.name, rows)


def _opened(cases: pl.DataFrame, first: int, as_of: dt.date) -> pl.DataFrame:
    """The rows of the cases, numbered from `first` on."""
    given = cases.with_row_index("n").with_columns(
        (pl.col("n").cast(pl.Int64) + first).alias("exception_id"), pl.lit(as_of).alias("opened_on"),
        pl.lit(clock.now().replace(tzinfo=None)).alias("opened_at"),
    )
    missing = [pl.lit("" if name == "note" else None, dtype=dtype).alias(name) for name, dtype in _CASE.items() if name not in given.columns]
    return given.with_columns(missing).select(list(_CASE))


def open_for_lines(connection: Connection, lines: pl.DataFrame, as_of: dt.date) -> None:
    """Cases for bank lines (columns line_id, reason, currency, amount_minor)."""
    open_cases(connection, lines.sort("line_id"), as_of)


def open_for_file(connection: Connection, file_id: int, reason: str, note: str, as_of: dt.date) -> None:
    """A case for a whole file."""
    open_cases(connection, pl.DataFrame({"file_id": [file_id], "reason": [reason], "note": [note]}), as_of)


class Standing(NamedTuple):
    """The queue before receipts are looked at."""

    cases: pl.DataFrame  # of receipts, open: receipt_id, exception_id, was
    next_id: int


def standing(connection: Connection) -> Standing:
    """The queue as it is now."""
    case = schema.exception_case
    query = select(case.c.receipt_id, case.c.exception_id, case.c.reason).where(case.c.status == "open", case.c.receipt_id.is_not(None))
    cases = db.frame(connection, query, {"receipt_id": pl.Int64, "exception_id": pl.Int64, "was": pl.String})
    return Standing(cases, db.next_id(connection, case.c.exception_id))


def sync_receipts(connection: Connection, load: db.Loading, before: Standing, verdicts: pl.DataFrame, as_of: dt.date) -> None:
    """Bring the open cases of receipts in line with the latest verdicts; `load` takes new ones (TABLES). The receipts and their lines are committed.

    `verdicts`: receipt_id, receipt_key, reason ("" = nothing left to decide), currency, amount_minor, customer_id.
    """
    case = schema.exception_case
    joined = verdicts.join(before.cases, on="receipt_id", how="left")
    fresh = joined.filter(pl.col("exception_id").is_null() & (pl.col("reason") != "")).sort("receipt_key")
    opened = _opened(fresh.select("receipt_id", "reason", "currency", "amount_minor", "customer_id"), before.next_id, as_of)
    of_receipts, of_lines = case_search.lines_of(connection, opened)
    with db.committed(connection, of_receipts=of_receipts, of_lines=of_lines) as told:
        _add(load, opened, case_search.words(opened, told["of_receipts"](), told["of_lines"]()))
    changed = joined.filter(pl.col("exception_id").is_not_null() & (pl.col("reason") != "") & (pl.col("reason") != pl.col("was")))
    db.update_frame(connection, case, "exception_id", changed.select("exception_id", "reason", "customer_id").sort("exception_id"))
    over = joined.filter(pl.col("exception_id").is_not_null() & (pl.col("reason") == ""))["exception_id"].sort()
    _resolve_all(connection, over, "cashapp", "the evidence came in")


def resolve(connection: Connection, exception_id: int, actor: str, action: str, detail: str = "", entry_id: int | None = None) -> None:
    """Close a case and say by what."""
    case = schema.exception_case
    connection.execute(case.update().where(case.c.exception_id == exception_id).values(status="resolved", closed_at=clock.now().replace(tzinfo=None)))
    record(connection, exception_id, actor, action, detail, entry_id)


def _resolve_all(connection: Connection, cases: pl.Series, actor: str, detail: str) -> None:
    """`resolve` for many cases."""
    if cases.is_empty():
        return
    case, event, now = schema.exception_case, schema.exception_event, clock.now().replace(tzinfo=None)
    closing = case.update().where(case.c.exception_id == bindparam("number")).values(status="resolved", closed_at=now)
    connection.execute(closing, [{"number": number} for number in cases])
    first = db.next_id(connection, event.c.event_id)
    db.insert_frame(connection, event, pl.DataFrame({"event_id": range(first, first + len(cases)), "exception_id": cases}).with_columns(
        pl.lit(now).alias("at"), pl.lit(actor).alias("actor"), pl.lit("resolved").alias("action"), pl.lit(detail).alias("detail")))


def settle(connection: Connection, exception_id: int, receipt_id: int, actor: str, action: str, detail: str, entry_id: int) -> None:
    """After a decision on its receipt: the case closes when nothing is left; else it stays, with the rest."""
    receipt, case = schema.receipt, schema.exception_case
    left = connection.execute(select(receipt.c.unapplied_minor).where(receipt.c.receipt_id == receipt_id)).scalar_one()
    if left == 0:
        resolve(connection, exception_id, actor, action, detail, entry_id)
        return
    connection.execute(case.update().where(case.c.exception_id == exception_id).values(amount_minor=left, reason="over_payment"))
    record(connection, exception_id, actor, action, detail, entry_id)


def reopen(connection: Connection, exception_id: int, actor: str, detail: str) -> None:
    """Put a case back into the queue."""
    case = schema.exception_case
    connection.execute(case.update().where(case.c.exception_id == exception_id).values(status="open", closed_at=None))
    record(connection, exception_id, actor, "undo", detail)


def requeue(connection: Connection, receipt_id: int, actor: str, detail: str, on: dt.date) -> None:
    """A receipt that has money to decide on again stands in the queue: its open case with what is left, else its last one anew."""
    case, receipt = schema.exception_case, schema.receipt
    row = connection.execute(select(receipt).where(receipt.c.receipt_id == receipt_id)).one()
    if row.unapplied_minor == 0 or row.state != "open":
        return
    last = connection.execute(select(case).where(case.c.receipt_id == receipt_id).order_by(case.c.status, case.c.exception_id.desc())).first()
    if last is None:
        open_cases(connection, pl.DataFrame({
            "receipt_id": [receipt_id], "reason": ["reopened"], "currency": [row.currency], "amount_minor": [row.unapplied_minor], "customer_id": [row.customer_id],
        }, schema_overrides={"customer_id": pl.String}), on)
        return
    connection.execute(case.update().where(case.c.exception_id == last.exception_id).values(amount_minor=row.unapplied_minor, reason="reopened"))
    if last.status != "open":
        reopen(connection, last.exception_id, actor, detail)


def requeue_many(connection: Connection, receipt_ids: list[int], actor: str, detail: str, on: dt.date) -> None:
    """`requeue` for receipts that have money to decide on; those without a case get theirs together."""
    if not receipt_ids:
        return
    case, receipt = schema.exception_case, schema.receipt
    known = set(db.frame_of(connection, select(case.c.receipt_id), case.c.receipt_id, receipt_ids, {"receipt_id": pl.Int64})["receipt_id"])
    for receipt_id in receipt_ids:
        if receipt_id in known:
            requeue(connection, receipt_id, actor, detail, on)
    query = select(receipt.c.receipt_id, receipt.c.currency, receipt.c.unapplied_minor, receipt.c.customer_id)
    fresh = db.frame_of(connection, query, receipt.c.receipt_id, sorted({*receipt_ids} - known),
                        {"receipt_id": pl.Int64, "currency": pl.String, "amount_minor": pl.Int64, "customer_id": pl.String})
    open_cases(connection, fresh.sort("receipt_id").with_columns(pl.lit("reopened").alias("reason")), on)


def record(connection: Connection, exception_id: int, actor: str, action: str, detail: str = "", entry_id: int | None = None) -> None:
    """Add to the case's history."""
    connection.execute(schema.exception_event.insert().values(
        event_id=db.next_id(connection, schema.exception_event.c.event_id), exception_id=exception_id, at=clock.now().replace(tzinfo=None),
        actor=actor, action=action, detail=detail, entry_id=entry_id,
    ))


def resolve_where(connection: Connection, column: str, value: int, actor: str, detail: str) -> None:
    """Close the open cases of a receipt (`receipt_id`) or bank line (`line_id`) that events have overtaken."""
    case = schema.exception_case
    query = select(case.c.exception_id).where(case.c[column] == value, case.c.status == "open").order_by(case.c.exception_id)
    for exception_id in connection.execute(query).scalars().all():
        resolve(connection, exception_id, actor, "resolved", detail)
