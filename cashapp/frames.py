"""Database rows to the frames of `matching.schema`: the only translator between the books and the matching room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeAlias

import polars as pl
from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, and_, exists, func, literal, or_, select

from cashapp import accounts, advices, db, learning, money, schema
from matching import number_shapes
from matching import schema as shapes
from matching.schema import Inputs, Policy
from parsers.amounts import minor_digits

CLOSED_DAYS = 90
"""How long a closed item stays known, so that a second payment of it is recognised."""


class InHand:
    """What a run need not read again: file by file the receipts that it has stored itself and that were new to the books, and what the lines tell; and the
    items, open and lately closed, read ahead, until they change.

    A line never changes, nor do a receipt's key, currency and amount; its date is its line's. Whether it waits, and by which line, only the books know.
    """

    def __init__(self, ahead: _Ahead = lambda _connection: {}, newest: int = 0) -> None:
        self._files: list[_Stored] = []
        self._ahead, self._newest = ahead, newest

    def add(self, receipts: pl.DataFrame, lines: pl.DataFrame) -> None:
        """A file's new receipts and its lines, as their tables have them."""
        if receipts.height:
            self._files.append(_Stored(receipts.select(list(_COUNTED)), lines.select(list(_REPORTED))))

    def taken(self) -> list[_Stored]:
        """What was added, which is no longer in hand."""
        files, self._files = self._files, []
        return files

    def items(self, connection: Connection) -> _Told:
        """What gives the items of `_items_read`, by its names, as they are committed; nothing where they are to be read. No posting of the run's own that
        names an item may have come since they were read: they are made and moved with one, but for an import, which is no run."""
        leg = schema.posting
        told = self._ahead(connection)
        touched = select(leg.c.entry_id).where(leg.c.entry_id > self._newest, leg.c.item_id.is_not(None)).limit(1)
        return told if told and connection.execute(touched).first() is None else {}


_Told: TypeAlias = dict[str, Callable[[], pl.DataFrame]]
_Ahead: TypeAlias = Callable[[Connection], _Told]


@contextmanager
def in_hand(engine: Engine, as_of: dt.date) -> Iterator[InHand]:
    """For a run of that date that begins now: the items are read from now on, beside what it does."""
    with db.reading(engine) as connection:
        newest = connection.execute(select(func.max(schema.posting.c.entry_id))).scalar() or 0
    with db.ahead(engine, **_items_read(as_of)) as ahead:
        yield InHand(ahead, newest)


class _Stored(NamedTuple):
    """A file's receipts (_COUNTED) with ids from the first to the last without a gap, and its lines (_REPORTED), likewise."""

    receipts: pl.DataFrame
    lines: pl.DataFrame


def inputs(connection: Connection, policy: Policy, as_of: dt.date, base_currency: str, act_after: int = 0, in_hand: InHand | None = None) -> Inputs:
    """What there is to match: receipts nobody has decided yet, and every open item, as they are committed.

    `base_currency`: in whose minor digits the amounts of imported remittances stand that name no currency. `act_after`: from so many
    confirmations on, learned names and accounts count as the customer's own; 0: never. What is `in_hand` is not read again, and no longer in hand.
    """
    receipt, in_hand = schema.receipt, in_hand or InHand()
    undecided = and_(receipt.c.state == "open", receipt.c.unapplied_minor != 0, receipt.c.unapplied_minor == receipt.c.amount_minor)
    with _items(connection, as_of, in_hand) as known:
        receipts = _waiting(connection, undecided, in_hand)
        return _put_together(connection, undecided, receipts, base_currency, learning.acting(connection, act_after), known, policy)


def past_inputs(connection: Connection, policy: Policy, day: dt.date, base_currency: str, act_after: int = 0) -> Inputs:
    """What there was to match on a day of the past: the receipts whose file was taken in that day, and the items as they stood that
    morning by the journal. Master data is today's; lessons are those of before."""
    receipt, line, file = schema.receipt, schema.bank_line, schema.source_file
    came = select(line.c.line_id).join(file, file.c.file_id == line.c.file_id).where(file.c.as_of == day)
    which = and_(receipt.c.state.in_(("open", "returned")), receipt.c.line_id.in_(came))
    learned = learning.acting(connection, act_after, day)
    return _put_together(connection, which, _receipts(connection, which), base_currency, learned, lambda: _items_on(connection, day), policy)


class Known(NamedTuple):
    """Items and lately closed items, as `matching.schema` has them."""

    items: pl.DataFrame
    closed: pl.DataFrame


def _put_together(connection: Connection, which: ColumnElement[bool], receipts: pl.DataFrame, base_currency: str, learned: pl.DataFrame,
                  known: Callable[[], Known], policy: Policy) -> Inputs:
    """`receipts` are those of `which`, as `_receipts` has them; `known` is asked last."""
    retellings = _retellings(connection, which)
    heard = _with_texts(connection, receipts, retellings)
    remittance = _remittance(connection, receipts, heard, retellings, base_currency, which)
    items, closed = known()
    return Inputs(
        receipts=heard, remittance=remittance,
        customers=_table(connection, schema.customer, shapes.CUSTOMERS),
        aliases=_with_learned(_table(connection, schema.customer_alias, shapes.ALIASES), learned, learning.ALIAS),
        accounts=_with_learned(_table(connection, schema.customer_account, shapes.ACCOUNTS), learned, learning.ACCOUNT),
        items=items, closed_items=closed, policy=policy, habits=_habits(learned), shapes=_shapes(learned),
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


_COUNTED: shapes.Schema = {
    "line_id": pl.Int64, "receipt_id": pl.Int64, "receipt_key": pl.String, "currency": pl.String, "amount_minor": pl.Int64, "value_date": pl.Date,
}
_REPORTED: shapes.Schema = {
    "line_id": pl.Int64, "payer_name": pl.String, "payer_account": pl.String, "structured_reference": pl.String, "remittance_text": pl.String,
    "bank_reference": pl.String, "customer_reference": pl.String, "check_number": pl.String, "fee_minor": pl.Int64,
}


def _waiting(connection: Connection, which: ColumnElement[bool], in_hand: InHand) -> pl.DataFrame:
    """The same receipts as of `_receipts`. From the first that is in hand on, the books only say which of them wait no longer; all are read where others
    wait there as well, which another process has stored, or brought by another line."""
    files, receipt = in_hand.taken(), schema.receipt
    if not files:
        return _receipts(connection, which)
    first = files[0].receipts["receipt_id"][0]
    told = pl.concat(_still_waiting(connection, which, file) for file in files)
    if connection.execute(select(func.count()).where(which, receipt.c.receipt_id >= first)).scalar_one() > told.height:
        return _receipts(connection, which)
    return pl.concat([_receipts(connection, and_(which, receipt.c.receipt_id < first)), told]).sort("receipt_key")


def _still_waiting(connection: Connection, which: ColumnElement[bool], file: _Stored) -> pl.DataFrame:
    """Those of the file's receipts that the books have by a line of it and among `which`, as `_receipts` has them."""
    receipt, lines = schema.receipt, file.lines["line_id"]
    mine = receipt.c.receipt_id.between(file.receipts["receipt_id"][0], file.receipts["receipt_id"][-1])
    gone = select(receipt.c.receipt_id).where(mine, ~and_(which, receipt.c.line_id.between(lines[0], lines[-1])))
    there = file.receipts.join(db.frame(connection, gone, {"receipt_id": pl.Int64}), on="receipt_id", how="anti", maintain_order="left")
    return there.drop("line_id").hstack(file.lines.drop("line_id")[there["line_id"] - lines[0]])


def _receipts(connection: Connection, which: ColumnElement[bool]) -> pl.DataFrame:
    """Receipts as their own lines tell of them, in the order of their keys. Who paid is left to the evidence: what a receipt's row says of that is
    the engine's own finding, or a decision that was undone."""
    receipt, line = schema.receipt, schema.bank_line
    counted = select(*(receipt.c[name] for name in _COUNTED)).where(which)
    told = line.c.line_id.in_(select(receipt.c.line_id).where(which))  # apart from the receipts, as lines are stored: any other order jumps about
    lines = select(*(line.c[name] for name in _REPORTED)).where(told)
    with db.committed(connection, receipts=(counted, _COUNTED), lines=(lines, _REPORTED)) as read:
        return read["receipts"]().join(read["lines"](), on="line_id").drop("line_id").sort("receipt_key")


def _retellings(connection: Connection, which: ColumnElement[bool]) -> pl.DataFrame:
    """receipt_id, line_id: the other lines that tell of a receipt's money, later repeats and single lines that settle it. Sorted."""
    receipt, link, other, line = schema.receipt, schema.line_link, schema.line_link.alias(), schema.bank_line
    undone = exists().where(line.c.line_id == link.c.line_id, line.c.file_id == schema.undone_file.c.file_id)
    shared = exists().where(other.c.line_id == link.c.line_id, other.c.counted_by != link.c.counted_by)
    tells = or_(and_(link.c.how == "repeat", ~undone), and_(link.c.how == "settles", ~shared))
    query = select(receipt.c.receipt_id, link.c.line_id).join(link, link.c.counted_by == receipt.c.line_id).where(which, tells)
    return db.frame(connection, query, {"receipt_id": pl.Int64, "line_id": pl.Int64}).sort("receipt_id", "line_id")


def _with_texts(connection: Connection, receipts: pl.DataFrame, retellings: pl.DataFrame) -> pl.DataFrame:
    """The receipts as matching has them: with the text of all reports of the money, and of what their own leave out the first that another says.
    A check's own number is no reference to what it pays."""
    line, names = schema.bank_line, ("payer_name", "payer_account", "structured_reference")
    texts: shapes.Schema = dict.fromkeys((*names, "remittance_text", "customer_reference", "check_number"), pl.String)
    query = select(line.c.line_id, *(line.c[name] for name in texts))
    told = db.frame_of(connection, query, line.c.line_id, _ids(retellings), {"line_id": pl.Int64} | texts)
    firsts = [pl.col(name).filter(pl.col(name) != "").first().alias(f"other_{name}") for name in names]
    reference = pl.when(pl.col("customer_reference") == pl.col("check_number")).then(pl.lit("")).otherwise("customer_reference")
    text = pl.concat_str("remittance_text", reference, separator=" ")
    others = retellings.join(told, on="line_id", maintain_order="left").group_by("receipt_id", maintain_order=True).agg(
        *firsts, text.str.join(" ").alias("other_text"))
    told_or_heard = [pl.when(pl.col(name) == "").then(pl.col(f"other_{name}").fill_null("")).otherwise(pl.col(name)).alias(name) for name in names]
    every = pl.concat_str("remittance_text", reference, pl.col("other_text").fill_null(""), separator=" ").str.strip_chars()
    return receipts.join(others, on="receipt_id", how="left", maintain_order="left").select(
        "receipt_id", "receipt_key", "currency", "amount_minor", "value_date", *told_or_heard, every.alias("text"), "fee_minor",
        pl.lit(None, pl.String).alias("customer_id"))


def _ids(retellings: pl.DataFrame) -> list[int]:
    return retellings["line_id"].unique().sort().to_list()


_TOLD: shapes.Schema = {
    "line_number": pl.Int64, "document_number": pl.String, "amount_minor": pl.Int64, "discount_minor": pl.Int64, "deduction_minor": pl.Int64,
    "deduction_reason": pl.String,
}
_REMITTANCE_ROW: shapes.Schema = {"receipt_id": pl.Int64, "origin": pl.String, **_TOLD}


def _remittance(connection: Connection, receipts: pl.DataFrame, heard: pl.DataFrame, retellings: pl.DataFrame, base_currency: str, which: ColumnElement[bool]) -> pl.DataFrame:
    """The remittance lines of each receipt: from its own file, else from another report of the money, else imported, by reference or else
    by what they say of the payment; `heard` are the receipts with what all reports say."""
    referred = pl.concat([_from_own_files(connection, which), _from_others(connection, retellings), _imported(connection, receipts, base_currency)])
    described = advices.described(connection, heard.join(referred, on="receipt_id", how="anti"), base_currency)
    told = pl.concat([referred, described.select("receipt_id", pl.lit("4 described").alias("origin"), *_TOLD)])
    best = told.group_by("receipt_id").agg(pl.col("origin").min())
    chosen = told.join(best, on=["receipt_id", "origin"]).sort("receipt_id", *_TOLD)
    return chosen.with_columns(pl.int_range(pl.len()).over("receipt_id").cast(pl.Int64).alias("line_number")).select(list(shapes.REMITTANCE))


def _from_own_files(connection: Connection, which: ColumnElement[bool]) -> pl.DataFrame:
    receipt, told = schema.receipt, schema.remittance_line
    query = select(receipt.c.receipt_id, literal("1 own"), *(told.c[name] for name in _TOLD)).join(told, told.c.line_id == receipt.c.line_id)
    return db.frame(connection, query.where(which), _REMITTANCE_ROW)


def _from_others(connection: Connection, retellings: pl.DataFrame) -> pl.DataFrame:
    told = schema.remittance_line
    query = select(told.c.line_id, *(told.c[name] for name in _TOLD))
    lines = db.frame_of(connection, query, told.c.line_id, _ids(retellings), {"line_id": pl.Int64} | _TOLD)
    return retellings.join(lines, on="line_id").select("receipt_id", pl.lit("2 retold").alias("origin"), *_TOLD)


_NAMES = ("bank_reference", "customer_reference", "check_number")


def _imported(connection: Connection, receipts: pl.DataFrame, base_currency: str) -> pl.DataFrame:
    """Imported remittance lines joined to the one receipt that their payment reference names.

    A reference is a bank reference, the payer's reference or a check number. Where the advice states the payment's amount or
    currency the receipt must agree; a reference that fits several receipts belongs to none.
    """
    names = pl.concat([
        receipts.select("receipt_id", pl.col("amount_minor").alias("received_minor"), "currency", pl.col(name).alias("payment_reference"))
        for name in _NAMES
    ]).filter(pl.col("payment_reference") != "")
    told = schema.remittance_line
    query = select(told.c.payment_reference, told.c.payment_minor, told.c.currency, *(told.c[name] for name in _TOLD)).where(told.c.line_id.is_(None))
    shape = {"payment_reference": pl.String, "payment_minor": pl.Int64, "payment_currency": pl.String} | _TOLD
    lines = _naming(connection, query, names["payment_reference"], shape)
    if lines.is_empty():
        return pl.DataFrame(schema=_REMITTANCE_ROW)
    agrees = (pl.col("payment_minor").is_null() | (pl.col("payment_minor") == pl.col("received_minor"))) & (
        (pl.col("payment_currency") == "") | (pl.col("payment_currency") == pl.col("currency")))
    named = names.join(lines.select("payment_reference").unique(), on="payment_reference", how="semi").unique()
    pairs = _in_receipts_digits(lines.join(named, on="payment_reference"), base_currency).filter(agrees)
    pairs = _prefer_full_amount(pairs)
    alone = pairs.group_by("payment_reference").agg(pl.col("receipt_id").n_unique().alias("receipts")).filter(pl.col("receipts") == 1)
    return pairs.join(alone, on="payment_reference", how="semi").with_columns(pl.lit("3 imported").alias("origin")).select(list(_REMITTANCE_ROW))


def _naming(connection: Connection, query: Select[*tuple[object, ...]], references: pl.Series, shape: shapes.Schema) -> pl.DataFrame:
    """The query's imported lines under one of the references; all that there are, where they are no more than the references."""
    reference = schema.remittance_line.c.payment_reference
    imported = select(reference).where(reference > "").limit(len(references) + 1)
    if connection.execute(select(func.count()).select_from(imported.subquery())).scalar_one() <= len(references):
        return db.frame(connection, query.where(reference > ""), shape)
    return db.frame_of(connection, query, reference, references.unique().sort().to_list(), shape)


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


_ITEM = {name: dtype for name, dtype in shapes.ITEMS.items() if name != "item_key"}


def _items_read(as_of: dt.date) -> dict[str, tuple[Select[*tuple[object, ...]], shapes.Schema]]:
    """How the open items are read and, as of that date, the lately closed ones."""
    item = schema.open_item
    opened = select(*(item.c[name] for name in _ITEM)).where(item.c.open_minor != 0).order_by(item.c.item_id)  # as stored: any other order jumps about
    lately = and_(item.c.closed_on >= as_of - dt.timedelta(days=CLOSED_DAYS), or_(item.c.kind == "invoice", item.c.kind == "debit_memo"))
    return {"opened": (opened, _ITEM), "closed": (select(*(item.c[name] for name in shapes.CLOSED_ITEMS)).where(lately), shapes.CLOSED_ITEMS)}


@contextmanager
def _items(connection: Connection, as_of: dt.date, in_hand: InHand) -> Iterator[Callable[[], Known]]:
    """What gives the items: those in hand, or else read while the block goes on."""
    def known(told: _Told) -> Known:
        return Known(_keyed(told["opened"]()), told["closed"]().sort("customer_id", "document_number"))

    ahead = in_hand.items(connection)
    if ahead:
        yield partial(known, ahead)
        return
    with db.committed(connection, **_items_read(as_of)) as told:
        yield partial(known, told)


def _keyed(items: pl.DataFrame) -> pl.DataFrame:
    """The items in matching's columns."""
    return items.with_columns(pl.concat_str("company", "customer_id", "document_number", separator="|").alias("item_key")).select(list(shapes.ITEMS))


def _items_on(connection: Connection, day: dt.date) -> Known:
    """The items as they were on the morning of a day: what applications and their reversals moved since is taken back. What the source
    system said of an item counts as said before."""
    item, leg, entry = schema.open_item, schema.posting, schema.journal_entry
    since = (
        select(leg.c.item_id, func.sum(leg.c.amount_minor)).join(entry, entry.c.entry_id == leg.c.entry_id)
        .where(leg.c.account == accounts.RECEIVABLE, leg.c.item_id.is_not(None), entry.c.entry_date >= day, entry.c.kind.in_(("application", "reversal"))).group_by(leg.c.item_id)
    )
    moved = db.frame(connection, since, {"item_id": pl.Int64, "moved": pl.Int64})
    there = or_(item.c.issue_date.is_(None), item.c.issue_date <= day)
    lately = {"amount_minor": pl.Int64, "closed_on": pl.Date}
    columns = [item.c[name] for name in (*_ITEM, *lately)]
    every = db.frame(connection, select(*columns).where(there), _ITEM | lately)
    back = every.join(moved, on="item_id", how="left").with_columns(pl.col("open_minor") - pl.col("moved").fill_null(0))
    gone = (pl.col("open_minor") == 0) & pl.col("closed_on").is_between(day - dt.timedelta(days=CLOSED_DAYS), day - dt.timedelta(days=1))
    closed = back.filter(gone & pl.col("kind").is_in(["invoice", "debit_memo"])).sort("customer_id", "document_number")
    return Known(_keyed(back.filter(pl.col("open_minor") != 0)), closed.select(list(shapes.CLOSED_ITEMS)))
