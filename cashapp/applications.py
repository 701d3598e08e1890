"""Money put on open items, and taken off again. One journal entry for each decision on a receipt, whoever made it.

Application: Dr unapplied cash / Cr receivable for each item, with Dr discount, deduction or write-off for what the item is
reduced by beyond the cash. Cash of one currency on an item of another goes over the exchange account, so that each currency balances by
itself: Dr unapplied cash / Cr exchange in the receipt's, Dr exchange / Cr receivable in the item's. Money left on account becomes an
on-account credit of the customer: an open item of its own.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import accounts, db, ledger, schema
from cashapp.errors import CashappError
from cashapp.money import shown

HEADS = {
    "receipt_id": pl.Int64, "receipt_key": pl.String, "currency": pl.String, "customer_id": pl.String, "source": pl.String,
    "rule": pl.String, "confidence": pl.Int64, "memo": pl.String,
}
LINES = {
    "receipt_id": pl.Int64, "item_id": pl.Int64,
    "customer_id": pl.String,  # null: the item's own
    "applied_minor": pl.Int64, "discount_minor": pl.Int64,
    "deduction_minor": pl.Int64, "deduction_reason": pl.String, "write_off_minor": pl.Int64,
    "item_minor": pl.Int64,  # what an item in another currency is reduced by, in that currency; else null
    "rate": pl.String,  # at which rate, as decimal text; else ""
}

TABLES = (*ledger.TABLES, schema.application)
"""The tables of decisions, as `db.loading` takes them."""
_LEGS = 7  # of one share, at most
_REDUCED = {"item_id": pl.Int64, "item_currency": pl.String, "reduction": pl.Int64}


class Known(NamedTuple):
    """What was read in the same transaction before anything is posted."""

    receipts: pl.DataFrame  # receipt_id, amount_minor: what is left of them
    items: pl.DataFrame  # item_id, customer_id, open_minor, currency: all that are open


class Line(NamedTuple):
    """One item's share of a decision; `item_id` None leaves the money on account."""

    item_id: int | None
    customer_id: str
    applied_minor: int
    discount_minor: int = 0
    deduction_minor: int = 0
    deduction_reason: str = ""
    write_off_minor: int = 0
    item_minor: int | None = None
    rate: str = ""


def apply(connection: Connection, heads: pl.DataFrame, lines: pl.DataFrame, *, actor: str, on: dt.date) -> int:
    """Post decisions, one for each row of `heads` (HEADS) with its `lines` (LINES); returns the first journal entry's id.

    Entries come in the order of the receipts' keys. Raises CashappError, with nothing written, when more money is put on
    items than a receipt has, an item is reduced below zero, or cash meets an item in another currency without saying what it is worth there.
    """
    with db.loading(connection, *TABLES) as load:
        decisions = Decisions(connection, load, actor, on)
        first = decisions.add(heads, lines)
        decisions.close()
    return first


class Decisions:
    """Decisions that come in pieces, each piece with receipts of its own, and stand under one seal. `load` takes their rows (TABLES); `close` ends it.

    Without `known` it is read when it is needed.
    """

    def __init__(self, connection: Connection, load: db.Loading, actor: str, on: dt.date, known: Known | None = None) -> None:
        self._connection, self._load, self._actor, self._on, self._known = connection, load, actor, on, known
        self._batch = ledger.Batch(connection, load, actor, on)
        self._next = db.next_id(connection, schema.application.c.application_id)
        self._newest = connection.execute(select(func.max(schema.application.c.receipt_id))).scalar() or 0  # with a decision before these
        self._reduced = pl.DataFrame(schema=_REDUCED)
        self._last_key = ""

    def add(self, heads: pl.DataFrame, lines: pl.DataFrame) -> int:
        """Post more decisions, as `apply` has them, of receipts whose keys come after the earlier ones'."""
        ordered = heads.sort("receipt_key").with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
        self._refuse_earlier(ordered["receipt_key"])
        shares = self._shares(ordered, lines)
        first = self._batch.add(_entries(self._connection, ordered, self._on, self._newest), _postings(shares))
        rows = shares.join(ordered.select("receipt_id", "source", "rule", "confidence"), on="receipt_id", maintain_order="left").with_row_index("k")
        self._load.add(schema.application.name, rows.select(
            (pl.col("k").cast(pl.Int64) + self._next).alias("application_id"), (pl.col("n") + first).alias("entry_id"), "receipt_id", "customer_id",
            pl.when(~pl.col("on_account")).then(pl.col("item_id")).alias("item_id"),
            "applied_minor", "discount_minor", "deduction_minor", "write_off_minor", "deduction_reason", "item_minor", "rate", "source", "rule", "confidence",
            pl.lit(self._on).alias("applied_on"), pl.lit(self._actor).alias("actor"),
        ))
        self._next += rows.height
        return first

    def close(self, payers: pl.DataFrame | None = None) -> None:
        """Move the balances and seal the entries; `payers` are as `ledger.Batch.close` has them."""
        self._batch.close(payers=payers)

    def _refuse_earlier(self, keys: pl.Series) -> None:
        """What is left of a receipt is asked before its money moves, so that it may come once only."""
        if keys.len() and keys[0] <= self._last_key:
            raise CashappError(f"receipt {keys[0]} comes after {self._last_key}: decisions are posted in the order of the receipts' keys, each once")
        self._last_key = keys[-1] if keys.len() else self._last_key

    def _shares(self, ordered: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
        """The lines with their decision's `n` and receipt, each with an item and a customer, in the order of the entries; refused as `apply` says."""
        items = self._items(lines["item_id"].drop_nulls().unique().sort())
        owned = lines.join(items.select("item_id", "owner", "item_currency"), on="item_id", how="left").with_columns(pl.coalesce("customer_id", "owner")).drop("owner")
        parked = _park_on_account(self._connection, ordered, owned, self._on)
        shares = parked.join(ordered.select("n", "receipt_id", "receipt_key", "currency"), on="receipt_id").sort("n", "item_id").with_columns(
            pl.coalesce("item_currency", "currency").alias("item_currency"))
        on_items = shares.filter(~pl.col("on_account"))
        _refuse_unexchanged(self._connection, on_items)
        _refuse_more_than_received(shares, self._left(ordered["receipt_id"]))
        _refuse_more_than_open(self._connection, self._reductions(on_items), items)
        return shares

    def _left(self, receipt_ids: pl.Series) -> pl.DataFrame:
        """What is left of the receipts: receipt_id, left."""
        if self._known is None:
            return _left(self._connection, receipt_ids)
        return self._known.receipts.join(receipt_ids.to_frame(), on="receipt_id").select("receipt_id", pl.col("amount_minor").alias("left"))

    def _items(self, item_ids: pl.Series) -> pl.DataFrame:
        """What is open of the items, in which currency, and whose they are: item_id, owner, open_minor, item_currency."""
        if self._known is None:
            return _items(self._connection, item_ids)
        these = self._known.items.join(item_ids.to_frame(), on="item_id")
        return these.select("item_id", pl.col("customer_id").alias("owner"), "open_minor", pl.col("currency").alias("item_currency"))

    def _reductions(self, shares: pl.DataFrame) -> pl.DataFrame:
        """By how much these and the earlier decisions reduce the items of these."""
        these = shares.group_by("item_id").agg(pl.first("item_currency"), _reduction().sum().alias("reduction"))
        earlier = self._reduced.join(these, on="item_id", how="semi")
        self._reduced = pl.concat([self._reduced, these])
        return pl.concat([earlier, these]).group_by("item_id").agg(pl.first("item_currency"), pl.col("reduction").sum())


def _entries(connection: Connection, ordered: pl.DataFrame, on: dt.date, newest: int) -> pl.DataFrame:
    """The journal entry of each decision; `newest` is as `_rounds` has it."""
    return ordered.join(_rounds(connection, ordered, newest), on="receipt_id", how="left").select(
        "n", pl.lit("application").alias("kind"), pl.lit(on).alias("entry_date"),
        pl.format("application:{}:{}", "receipt_key", pl.col("round").fill_null(0)).alias("source_key"),
        pl.lit(None, dtype=pl.Int64).alias("reverses"), "memo", pl.lit("").alias("reason"),
    )


def _park_on_account(connection: Connection, heads: pl.DataFrame, lines: pl.DataFrame, on: dt.date) -> pl.DataFrame:
    """Lines without an item get a new on-account credit as their item (column `on_account` tells them apart)."""
    flagged = lines.with_columns(pl.col("item_id").is_null().alias("on_account"))
    parked = flagged.filter("on_account").join(heads.select("n", "receipt_id", "receipt_key", "currency"), on="receipt_id").sort("n", "customer_id")
    if parked.is_empty():
        return flagged
    first = db.next_id(connection, schema.open_item.c.item_id)
    item = schema.open_item
    taken: set[str] = set()
    numbers = [_free_number(connection, f"OA-{key}", taken) for key in parked["receipt_key"]]
    made = parked.with_row_index("k").with_columns(
        (pl.col("k").cast(pl.Int64) + first).alias("item_id"), pl.Series("document_number", numbers))
    db.insert_frame(connection, item, made.select(
        "item_id", pl.lit("").alias("company"), "customer_id", "document_number", pl.lit("on_account").alias("kind"), "currency",
        (-pl.col("applied_minor")).alias("amount_minor"), pl.lit(0, dtype=pl.Int64).alias("imported_open_minor"),
        pl.lit(0, dtype=pl.Int64).alias("open_minor"), pl.lit(on).alias("issue_date"), pl.lit(0, dtype=pl.Int64).alias("discount_minor"),
    ))
    return pl.concat([flagged.filter(~pl.col("on_account")), made.select(flagged.columns)])


def _free_number(connection: Connection, wanted: str, taken: set[str]) -> str:
    item, number, count = schema.open_item, wanted, 1
    while number in taken or connection.execute(select(item.c.item_id).where(item.c.document_number == number)).first() is not None:
        count += 1
        number = f"{wanted}-{count}"
    taken.add(number)
    return number


def _rounds(connection: Connection, heads: pl.DataFrame, newest: int) -> pl.DataFrame:
    """How many decisions each receipt has had before, those after the `newest` none: a receipt that was undone is decided anew under a new source key."""
    application = schema.application
    earlier = heads["receipt_id"].filter(heads["receipt_id"] <= newest)
    query = select(application.c.receipt_id, application.c.entry_id).distinct()
    past = db.frame_of(connection, query, application.c.receipt_id, earlier.to_list(), {"receipt_id": pl.Int64, "entry_id": pl.Int64})
    return past.group_by("receipt_id").agg(pl.len().cast(pl.Int64).alias("round"))


def _reduction() -> pl.Expr:
    """What an item is reduced by, in its own currency."""
    return pl.coalesce("item_minor", _off_in_receipt_currency())


def _off_in_receipt_currency() -> pl.Expr:
    return pl.col("applied_minor") + pl.col("discount_minor") + pl.col("deduction_minor") + pl.col("write_off_minor")


def _items(connection: Connection, item_ids: pl.Series) -> pl.DataFrame:
    item = schema.open_item
    query = select(item.c.item_id, item.c.customer_id, item.c.open_minor, item.c.currency)
    return db.frame_of(connection, query, item.c.item_id, item_ids.to_list(),
                       {"item_id": pl.Int64, "owner": pl.String, "open_minor": pl.Int64, "item_currency": pl.String})


def _left(connection: Connection, receipt_ids: pl.Series) -> pl.DataFrame:
    receipt = schema.receipt
    query = select(receipt.c.receipt_id, receipt.c.unapplied_minor)
    return db.frame_of(connection, query, receipt.c.receipt_id, receipt_ids.to_list(), {"receipt_id": pl.Int64, "left": pl.Int64})


def _refuse_more_than_received(shares: pl.DataFrame, left: pl.DataFrame) -> None:
    """A receipt must not be used beyond what is left of it."""
    used = shares.group_by("receipt_id").agg(pl.first("receipt_key", "currency"), pl.col("applied_minor").sum())
    over = used.join(left, on="receipt_id", how="left").filter((pl.col("applied_minor") > pl.col("left").fill_null(0)) | (pl.col("applied_minor") < 0))
    if over.height:
        row = over.sort("receipt_key").row(0, named=True)
        raise CashappError(f"receipt {row['receipt_key']} has {shown(row['left'] or 0, row['currency'])} left, less than {shown(row['applied_minor'], row['currency'])}")


def _refuse_unexchanged(connection: Connection, shares: pl.DataFrame) -> None:
    """Cash meets an item in another currency only where it is told what it is worth there."""
    wrong = shares.filter((pl.col("currency") == pl.col("item_currency")) != pl.col("item_minor").is_null())
    if wrong.height:
        row = wrong.sort("n", "item_id").row(0, named=True)
        raise CashappError(f"item {_number(connection, row['item_id'])} is in {row['item_currency']}, not {shown(row['applied_minor'], row['currency'])}")


def _refuse_more_than_open(connection: Connection, reductions: pl.DataFrame, items: pl.DataFrame) -> None:
    """An item must not be used beyond what is left of it."""
    reduced = reductions.join(items.select("item_id", "open_minor"), on="item_id", how="left")
    left = pl.col("open_minor").fill_null(0)
    beyond = reduced.filter(((left - pl.col("reduction")) * left.sign() < 0) | (left == 0))
    if beyond.height:
        row = beyond.sort("item_id").row(0, named=True)
        raise CashappError(f"item {_number(connection, row['item_id'])} has {shown(row['open_minor'] or 0, row['item_currency'])} open, "
                           f"not {shown(row['reduction'], row['item_currency'])}")


def _number(connection: Connection, item_id: int) -> str:
    item = schema.open_item
    return connection.execute(select(item.c.document_number).where(item.c.item_id == item_id)).scalar() or str(item_id)


def _postings(shares: pl.DataFrame) -> pl.DataFrame:
    """Debits and credits of the decisions, in a fixed order: the shares stand in that of decisions and items."""
    none = pl.lit(None, dtype=pl.Int64)
    item, receipt = pl.col("item_id"), pl.col("receipt_id")

    def legs(order: int, account: str, amount: pl.Expr, item: pl.Expr = item, currency: str = "currency", of: pl.DataFrame = shares) -> pl.DataFrame:
        return of.select(
            "n", pl.lit(order).alias("order"), pl.lit(account).alias("account"), pl.col(currency).alias("currency"), amount.alias("amount_minor"),
            "customer_id", item.alias("item_id"), receipt.alias("receipt_id"),
        )

    exchanged = shares.filter(pl.col("item_minor").is_not_null())
    cash = legs(0, accounts.UNAPPLIED, pl.col("applied_minor"), none)
    cash = cash.group_by("n").agg(pl.col("amount_minor").sum(), pl.exclude("amount_minor").first())  # a decision is on one receipt
    other = pl.concat([
        legs(1, accounts.DISCOUNT, pl.col("discount_minor")),
        legs(2, accounts.DEDUCTION, pl.col("deduction_minor")),
        legs(3, accounts.WRITE_OFF, pl.col("write_off_minor")),
        legs(4, accounts.EXCHANGE, -_off_in_receipt_currency(), of=exchanged),
        legs(5, accounts.EXCHANGE, pl.col("item_minor"), currency="item_currency", of=exchanged),
        legs(6, accounts.RECEIVABLE, -_reduction(), currency="item_currency"),
    ])
    whole = pl.concat([cash.select(other.columns), other]).filter(pl.col("amount_minor") != 0)
    return whole.sort(pl.col("n") * _LEGS + pl.col("order"), maintain_order=True).select(list(ledger.POSTINGS))
