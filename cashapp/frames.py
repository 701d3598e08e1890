"""Database rows to the frames of `matching.schema`: the only translator between the books and the matching room."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Table, and_, func, literal, or_, select

from cashapp import accounts, db, learning, money, schema
from matching import number_shapes
from matching import schema as shapes
from matching.schema import Inputs, Policy
from parsers.amounts import minor_digits

CLOSED_DAYS = 90
"""How long a closed item stays known, so that a second payment of it is recognised."""


def inputs(connection: Connection, policy: Policy, as_of: dt.date, base_currency: str, act_after: int = 0) -> Inputs:
    """What there is to match: receipts nobody has decided yet, and every open item.

    `base_currency`: in whose minor digits the amounts of imported remittances stand that name no currency. `act_after`: from so many
    confirmations on, learned names and accounts count as the customer's own; 0: never.
    """
    receipt = schema.receipt
    undecided = and_(receipt.c.state == "open", receipt.c.unapplied_minor != 0, receipt.c.unapplied_minor == receipt.c.amount_minor)
    learned = learning.acting(connection, act_after)
    return _put_together(connection, undecided, base_currency, learned, Known(_items(connection), _closed_items(connection, as_of)), policy)


def past_inputs(connection: Connection, policy: Policy, day: dt.date, base_currency: str, act_after: int = 0) -> Inputs:
    """What there was to match on a day of the past: the receipts whose file was taken in that day, and the items as they stood that
    morning by the journal. Master data is today's; lessons are those of before."""
    receipt, line, file = schema.receipt, schema.bank_line, schema.source_file
    came = select(line.c.line_id).join(file, file.c.file_id == line.c.file_id).where(file.c.as_of == day)
    which = and_(receipt.c.state.in_(("open", "returned")), receipt.c.line_id.in_(came))
    learned = learning.acting(connection, act_after, day)
    return _put_together(connection, which, base_currency, learned, _items_on(connection, day), policy)


class Known(NamedTuple):
    """Items and lately closed items, as `matching.schema` has them."""

    items: pl.DataFrame
    closed: pl.DataFrame


def _put_together(connection: Connection, which: ColumnElement[bool], base_currency: str, learned: pl.DataFrame, known: Known, policy: Policy) -> Inputs:
    receipts = _receipts(connection, which)
    return Inputs(
        receipts=shapes.check(receipts.select(list(shapes.RECEIPTS)), shapes.RECEIPTS, "receipts"),
        remittance=_remittance(connection, receipts, base_currency, which),
        customers=_table(connection, schema.customer, shapes.CUSTOMERS),
        aliases=_with_learned(_table(connection, schema.customer_alias, shapes.ALIASES), learned, learning.ALIAS),
        accounts=_with_learned(_table(connection, schema.customer_account, shapes.ACCOUNTS), learned, learning.ACCOUNT),
        items=known.items, closed_items=known.closed, policy=policy, habits=_habits(learned), shapes=_shapes(learned),
    )


def _with_learned(own: pl.DataFrame, learned: pl.DataFrame, kind: str) -> pl.DataFrame:
    taught = learned.filter(pl.col("kind") == kind).select("customer_id", pl.col("value").alias(own.columns[1]))
    return pl.concat([own, taught.select(own.columns)])


def _habits(learned: pl.DataFrame) -> pl.DataFrame:
    told = learned.filter(pl.col("kind") == learning.HABIT)
    return told.select("customer_id", pl.col("value").alias("habit"), pl.col("confirmations").alias("times"))


def _shapes(learned: pl.DataFrame) -> pl.DataFrame:
    told = learned.filter(pl.col("kind") == learning.SHAPE)
    rows = [(customer_id, *number_shapes.read(value)) for customer_id, value in told.select("customer_id", "value").iter_rows()]
    return pl.DataFrame(rows, schema=shapes.SHAPES, orient="row")


def _table(connection: Connection, table: Table, shape: shapes.Schema) -> pl.DataFrame:
    columns = [table.c[name] for name in shape]
    return db.frame(connection, select(*columns).order_by(*columns), shape)


_RECEIPT_ROW = {
    "receipt_id": pl.Int64, "receipt_key": pl.String, "line_id": pl.Int64, "currency": pl.String, "amount_minor": pl.Int64, "value_date": pl.Date,
    "payer_name": pl.String, "payer_account": pl.String, "structured_reference": pl.String, "remittance_text": pl.String,
    "bank_reference": pl.String, "customer_reference": pl.String, "check_number": pl.String, "fee_minor": pl.Int64,
}


def _receipts(connection: Connection, which: ColumnElement[bool]) -> pl.DataFrame:
    """Receipts with what any report of the same money said. Who paid is left to the evidence: what a receipt's row says of that is the
    engine's own finding, or a decision that was undone."""
    receipt, line = schema.receipt, schema.bank_line
    own = [receipt.c.receipt_id, receipt.c.receipt_key, line.c.line_id, receipt.c.currency, receipt.c.amount_minor, receipt.c.value_date,
           *(line.c[name] for name in list(_RECEIPT_ROW)[6:])]
    frame = db.frame(connection, select(*own).join(line, line.c.line_id == receipt.c.line_id).where(which), _RECEIPT_ROW)
    retold = _retold(connection, which)
    joined = frame.join(retold, on="receipt_id", how="left").with_columns(
        *(pl.when(pl.col(name) == "").then(pl.col(f"other_{name}").fill_null("")).otherwise(pl.col(name)).alias(name)
          for name in ("payer_name", "payer_account", "structured_reference")),
    )
    text = pl.concat_str("remittance_text", "customer_reference", pl.col("other_text").fill_null(""), separator=" ").str.strip_chars()
    return joined.with_columns(text.alias("text"), pl.lit(None, pl.String).alias("customer_id")).sort("receipt_key")


def _told_pairs() -> tuple[object, object]:
    """SELECT pairs (receipt's line, other line) of lines that tell of the same money: later repeats, settling single lines."""
    link, line = schema.line_link, schema.bank_line
    undone = select(line.c.line_id).where(line.c.file_id.in_(select(schema.undone_file.c.file_id)))
    later = select(link.c.counted_by.label("line_id"), link.c.line_id.label("other_id")).where(link.c.how == "repeat", link.c.line_id.not_in(undone))
    single = select(link.c.line_id).group_by(link.c.line_id).having(func.count() == 1)
    settling = select(link.c.counted_by.label("line_id"), link.c.line_id.label("other_id")).where(link.c.how == "settles", link.c.line_id.in_(single))
    return later, settling


def _retold(connection: Connection, which: ColumnElement[bool]) -> pl.DataFrame:
    """For each such receipt, what the other reports of its money add: name, account, reference and text."""
    receipt, line = schema.receipt, schema.bank_line
    names = ("payer_name", "payer_account", "structured_reference")
    rows: list[pl.DataFrame] = []
    shape = {"receipt_id": pl.Int64, "other_id": pl.Int64, **{f"other_{n}": pl.String for n in names}, "other_text": pl.String}
    for pairs in _told_pairs():
        told = pairs.subquery()  # type: ignore[attr-defined]  # a Select
        text = line.c.remittance_text + literal(" ") + line.c.customer_reference
        query = (
            select(receipt.c.receipt_id, told.c.other_id, *(line.c[n] for n in names), text)
            .join(told, told.c.line_id == receipt.c.line_id).join(line, line.c.line_id == told.c.other_id).where(which)
        )
        rows.append(db.frame(connection, query, shape))
    firsts = [pl.col(f"other_{n}").filter(pl.col(f"other_{n}") != "").first() for n in names]
    return pl.concat(rows).sort("receipt_id", "other_id").group_by("receipt_id", maintain_order=True).agg(*firsts, pl.col("other_text").str.join(" "))


_REMITTANCE_ROW = {
    "receipt_id": pl.Int64, "origin": pl.String, "line_number": pl.Int64, "document_number": pl.String, "amount_minor": pl.Int64,
    "discount_minor": pl.Int64, "deduction_minor": pl.Int64, "deduction_reason": pl.String,
}


def _remittance(connection: Connection, receipts: pl.DataFrame, base_currency: str, which: ColumnElement[bool]) -> pl.DataFrame:
    """The remittance lines of each receipt: from its own file, else from another report of the money, else imported."""
    told = pl.concat([_from_files(connection, which), _imported(connection, receipts, base_currency, which)])
    wanted = told.join(receipts.select("receipt_id"), on="receipt_id", how="semi")
    best = wanted.group_by("receipt_id").agg(pl.col("origin").min())
    chosen = wanted.join(best, on=["receipt_id", "origin"]).sort("receipt_id", "line_number", "document_number")
    numbered = chosen.with_columns(pl.int_range(pl.len()).over("receipt_id").cast(pl.Int64).alias("line_number"))
    return shapes.check(numbered.select(list(shapes.REMITTANCE)), shapes.REMITTANCE, "remittance")


def _from_files(connection: Connection, which: ColumnElement[bool]) -> pl.DataFrame:
    receipt, told = schema.receipt, schema.remittance_line
    fields = [told.c[name] for name in list(_REMITTANCE_ROW)[2:]]
    own = select(receipt.c.receipt_id, literal("1 own"), *fields).join(told, told.c.line_id == receipt.c.line_id).where(which)
    frames = [db.frame(connection, own, _REMITTANCE_ROW)]
    for pairs in _told_pairs():
        pair = pairs.subquery()  # type: ignore[attr-defined]  # a Select
        query = (
            select(receipt.c.receipt_id, literal("2 retold"), *fields)
            .join(pair, pair.c.line_id == receipt.c.line_id).join(told, told.c.line_id == pair.c.other_id).where(which)
        )
        frames.append(db.frame(connection, query, _REMITTANCE_ROW))
    return pl.concat(frames)


_NAMES = ("bank_reference", "customer_reference", "check_number")


def _imported(connection: Connection, receipts: pl.DataFrame, base_currency: str, which: ColumnElement[bool]) -> pl.DataFrame:
    """Imported remittance lines joined to the one receipt that their payment reference names.

    A reference is a bank reference, the payer's reference or a check number. Where the advice states the payment's amount or
    currency the receipt must agree; a reference that fits several receipts belongs to none.
    """
    told, receipt, line = schema.remittance_line, schema.receipt, schema.bank_line
    shape = {"remittance_id": pl.Int64, "payment_reference": pl.String, "payment_minor": pl.Int64, "payment_currency": pl.String,
             **dict(list(_REMITTANCE_ROW.items())[2:])}
    query = select(told.c.remittance_id, told.c.payment_reference, told.c.payment_minor, told.c.currency, *(told.c[name] for name in list(_REMITTANCE_ROW)[2:]))
    named = [
        query.join(line, line.c[name] == told.c.payment_reference).join(receipt, receipt.c.line_id == line.c.line_id)
        .where(which, line.c[name] != "", told.c.line_id.is_(None)) for name in _NAMES
    ]
    lines = pl.concat([db.frame(connection, one, shape) for one in named]).unique("remittance_id").drop("remittance_id")
    if lines.is_empty() or receipts.is_empty():
        return pl.DataFrame(schema=_REMITTANCE_ROW)
    names = pl.concat([
        receipts.select("receipt_id", pl.col("amount_minor").alias("received_minor"), "currency", pl.col(name).alias("payment_reference"))
        for name in _NAMES
    ]).filter(pl.col("payment_reference") != "").unique()
    agrees = (pl.col("payment_minor").is_null() | (pl.col("payment_minor") == pl.col("received_minor"))) & (
        (pl.col("payment_currency") == "") | (pl.col("payment_currency") == pl.col("currency")))
    pairs = _in_receipts_digits(lines.join(names, on="payment_reference"), base_currency).filter(agrees)
    pairs = _prefer_full_amount(pairs)
    alone = pairs.group_by("payment_reference").agg(pl.col("receipt_id").n_unique().alias("receipts")).filter(pl.col("receipts") == 1)
    return pairs.join(alone, on="payment_reference", how="semi").with_columns(pl.lit("3 imported").alias("origin")).select(list(_REMITTANCE_ROW))


def _in_receipts_digits(pairs: pl.DataFrame, base_currency: str) -> pl.DataFrame:
    """Amounts that were read in the base currency's minor digits, in those of the receipt's currency; an inexact one is unknown."""
    shift = money.digits_of(pairs["currency"]) - minor_digits(base_currency)
    unnamed = pairs["payment_currency"] == ""
    factor, divisor = (pl.lit(10).pow(pl.Series(steps.clip(0))).cast(pl.Int64) for steps in (shift, -shift))

    def scaled(name: str) -> pl.Expr:
        exact = pl.when((pl.col(name) * factor) % divisor == 0).then(pl.col(name) * factor // divisor)
        return pl.when(pl.lit(unnamed) & (pl.lit(shift) != 0)).then(exact).otherwise(pl.col(name)).alias(name)

    return pairs.with_columns(scaled(name) for name in ("payment_minor", "amount_minor", "discount_minor", "deduction_minor"))


def _prefer_full_amount(pairs: pl.DataFrame) -> pl.DataFrame:
    """Of several receipts under one reference (check numbers repeat), the advice is about the one its lines add up to."""
    totals = pairs.group_by("payment_reference", "receipt_id").agg(
        (pl.col("amount_minor").fill_null(0).sum() == pl.col("received_minor").first()).alias("adds_up"))
    marked = pairs.join(totals, on=["payment_reference", "receipt_id"])
    any_adds_up = pl.col("adds_up").any().over("payment_reference")
    return marked.filter(pl.col("adds_up") | ~any_adds_up).drop("adds_up")


def _items(connection: Connection) -> pl.DataFrame:
    item = schema.open_item
    key = item.c.company + literal("|") + item.c.customer_id + literal("|") + item.c.document_number
    columns = [key if name == "item_key" else item.c[name] for name in shapes.ITEMS]
    return db.frame(connection, select(*columns).where(item.c.open_minor != 0), shapes.ITEMS).sort("item_key")


def _closed_items(connection: Connection, as_of: dt.date) -> pl.DataFrame:
    item = schema.open_item
    columns = [item.c[name] for name in shapes.CLOSED_ITEMS]
    lately = and_(item.c.closed_on >= as_of - dt.timedelta(days=CLOSED_DAYS), or_(item.c.kind == "invoice", item.c.kind == "debit_memo"))
    return db.frame(connection, select(*columns).where(lately).order_by(item.c.customer_id, item.c.document_number), shapes.CLOSED_ITEMS)


def _items_on(connection: Connection, day: dt.date) -> Known:
    """The items as they were on the morning of a day: what applications and their reversals moved since is taken back. What the source
    system said of an item counts as said before."""
    item, leg, entry = schema.open_item, schema.posting, schema.journal_entry
    key = item.c.company + literal("|") + item.c.customer_id + literal("|") + item.c.document_number
    columns = [key if name == "item_key" else item.c[name] for name in shapes.ITEMS]
    since = (
        select(leg.c.item_id, func.sum(leg.c.amount_minor)).join(entry, entry.c.entry_id == leg.c.entry_id)
        .where(leg.c.account == accounts.RECEIVABLE, leg.c.item_id.is_not(None), entry.c.entry_date >= day, entry.c.kind.in_(("application", "reversal"))).group_by(leg.c.item_id)
    )
    moved = db.frame(connection, since, {"item_id": pl.Int64, "moved": pl.Int64})
    there = or_(item.c.issue_date.is_(None), item.c.issue_date <= day)
    lately = {"amount_minor": pl.Int64, "closed_on": pl.Date}
    every = db.frame(connection, select(*columns, item.c.amount_minor, item.c.closed_on).where(there), shapes.ITEMS | lately)
    back = every.join(moved, on="item_id", how="left").with_columns(pl.col("open_minor") - pl.col("moved").fill_null(0))
    gone = (pl.col("open_minor") == 0) & pl.col("closed_on").is_between(day - dt.timedelta(days=CLOSED_DAYS), day - dt.timedelta(days=1))
    closed = back.filter(gone & pl.col("kind").is_in(["invoice", "debit_memo"])).sort("customer_id", "document_number")
    return Known(back.filter(pl.col("open_minor") != 0).sort("item_key").select(list(shapes.ITEMS)), closed.select(list(shapes.CLOSED_ITEMS)))
