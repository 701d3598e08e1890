"""The journal: append-only double entry, the sole writer of its tables and of the balances derived from them.

Every entry's postings sum to zero in each currency; a correction is a reversal (once, with a reason); a unique source key
makes doing a thing twice harmless. Each writing transaction ends in a seal: a SHA-256 over its entries' text, chained to
the seal before, so that any later change of the past shows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import clock, db, periods, schema
from cashapp.accounts import RECEIVABLE, UNAPPLIED
from cashapp.errors import CashappError
from matching.places import nth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ENTRIES = {
    "n": pl.Int64,  # names the entry in POSTINGS
    "kind": pl.String, "entry_date": pl.Date, "source_key": pl.String, "reverses": pl.Int64, "memo": pl.String, "reason": pl.String,
}
POSTINGS = {
    "n": pl.Int64, "account": pl.String, "currency": pl.String,
    "amount_minor": pl.Int64,  # debit positive, credit negative
    "customer_id": pl.String, "item_id": pl.Int64, "receipt_id": pl.Int64,
}
TABLES = (schema.receipt, schema.journal_entry, schema.posting, schema.seal)
"""The tables of entries, of the receipts that they bring and of their seal, as `db.loading` takes them."""
GENESIS = "0" * 64
_AT_ONCE = 50_000  # rows that are text at one time


class Leg(NamedTuple):
    """One posting of an entry made by hand. `amount_minor`: debit positive, credit negative."""

    account: str
    currency: str
    amount_minor: int
    customer_id: str | None = None
    item_id: int | None = None
    receipt_id: int | None = None


class Head(NamedTuple):
    """What an entry made by hand says beside its legs."""

    kind: str
    on: dt.date
    source_key: str
    memo: str = ""
    reason: str = ""


def post(connection: Connection, entries: pl.DataFrame, postings: pl.DataFrame, actor: str, on: dt.date, *, late: bool = False, opened: pl.DataFrame | None = None) -> int:
    """Write the entries with their postings, move the balances they touch, seal; returns the id of the first entry.

    Entry `n` of the frames gets id `first + n` where n counts from 0 without gaps. `on` is the business date (for the
    closing date of items). `opened` (item_id, open_minor) are items that were added in this transaction and have a balance already; they are moved by
    what the postings say beyond it. Raises CashappError when an entry does not balance or items come open without one: nothing is written then; and,
    to be rolled back, when it moves a balance of a receipt or an item that is not there. An entry dated into a locked period is a
    ControlError; `late`, what a file brings, goes to the first open day after it instead.
    """
    if entries.is_empty():
        if opened is not None and not opened.is_empty():
            raise CashappError(f"item {opened['item_id'][0]} comes open with no entry – nothing was posted")
        return db.next_id(connection, schema.journal_entry.c.entry_id)
    with db.loading(connection, *TABLES) as load:
        batch = Batch(connection, load, actor, on)
        first = batch.add(entries, postings, late=late)
        if opened is not None:
            batch.open_with(opened)
        batch.close()
    return first


class Batch:
    """Entries that come in pieces and stand under one seal. `load` takes their rows (TABLES); `close` ends it."""

    def __init__(self, connection: Connection, load: db.Loading, actor: str, on: dt.date) -> None:
        self._connection, self._load, self._actor, self._on = connection, load, actor, on
        self._posted_at, self._closed = clock.now().replace(tzinfo=None), periods.states(connection)
        self._first = self._next = db.next_id(connection, schema.journal_entry.c.entry_id)
        self._cash = [pl.DataFrame(schema={"receipt_id": pl.Int64, "delta": pl.Int64})]
        self._items = [pl.DataFrame(schema={"item_id": pl.Int64, "delta": pl.Int64})]
        self._sealing = _Sealing(connection)

    def add(self, entries: pl.DataFrame, postings: pl.DataFrame, *, late: bool = False) -> int:
        """Take more entries, as `post` has them; returns the id of the first of these."""
        _refuse_unbalanced(entries, postings)
        first, entries = self._next, periods.admitted(entries, self._closed, late=late)
        entries = entries.sort("n").select(  # under the same name, so that of many rows no second copy is held
            (pl.col("n") + first).alias("entry_id"), "kind", "entry_date", pl.lit(self._posted_at).alias("posted_at"),
            "source_key", "reverses", "memo", "reason", pl.lit(self._actor).alias("actor"),
        )
        postings = postings.sort("n", maintain_order=True).select(
            (pl.col("n") + first).alias("entry_id"), nth("n").alias("leg"), *list(POSTINGS)[1:],
        ).rename({"leg": "n"})
        self._next += entries.height
        self._sealing.add(entries, postings)
        self._load.add(schema.journal_entry.name, entries)
        self._load.add(schema.posting.name, postings)
        self._cash.append(_deltas(postings.filter(pl.col("account") == UNAPPLIED), "receipt_id", sign=-1))
        self._items.append(_deltas(postings.filter(pl.col("account") == RECEIVABLE), "item_id", sign=1))
        return first

    def open_with(self, items: pl.DataFrame) -> None:
        """Know that items (item_id, open_minor) were added with a balance."""
        self._items.append(items.select("item_id", delta=-pl.col("open_minor")))

    def bring(self, receipts: pl.DataFrame) -> None:
        """Add new receipts, rows of their table without the balance, with what the entries added so far say of it; no other entry moves it in this
        batch. Raises CashappError where no entry was added."""
        if not receipts.is_empty() and self._next == self._first:
            raise CashappError(f"receipt {receipts['receipt_key'][0]} comes with no entry – nothing was posted")
        cash = _summed(self._cash)
        rows = receipts.join(cash.rename({"delta": "unapplied_minor"}), on="receipt_id", how="left", maintain_order="left")
        self._load.add(schema.receipt.name, rows.with_columns(pl.col("unapplied_minor").fill_null(0)))
        self._cash = [cash.join(receipts, on="receipt_id", how="anti", maintain_order="left")]

    def close(self, payers: pl.DataFrame | None = None) -> None:
        """Move the balances that the entries touch, and seal them; all of it is done when `load` ends.

        `payers` (receipt_id, customer_id) are named on receipts on the way.
        """
        cash, items = _summed(self._cash), _summed(self._items)
        if payers is not None:
            cash = cash.join(payers, on="receipt_id", how="full", coalesce=True).with_columns(pl.col("delta").fill_null(0)).sort("receipt_id")
        self._move_cash(cash)
        self._move_items(items)
        if self._next > self._first:
            self._load.add(schema.seal.name, self._sealing.closed(self._first, self._next - 1))

    def _move_cash(self, cash: pl.DataFrame) -> None:
        """Unapplied cash of receipts follows its postings, in the same transaction; other columns of `cash` are set."""
        db.add_to_column(self._connection, self._load, schema.receipt, "receipt_id", "unapplied_minor", cash, partial(_refuse_missing, "receipts", cash.height))

    def _move_items(self, items: pl.DataFrame) -> None:
        """Open amounts of items follow their postings, in the same transaction."""
        db.add_to_column(self._connection, self._load, schema.open_item, "item_id", "open_minor", items, partial(_refuse_missing, "items", items.height),
                         at_zero=("closed_on", self._on))


def post_one(connection: Connection, *, kind: str, on: dt.date, source_key: str, legs: list[Leg], actor: str, memo: str = "",
             reverses: int | None = None, reason: str = "", late: bool = False) -> int:
    """Write a single entry; returns its id."""
    entries = pl.DataFrame([(0, kind, on, source_key, reverses, memo, reason)], schema=ENTRIES, orient="row")
    return post(connection, entries, pl.DataFrame([(0, *leg) for leg in legs], schema=POSTINGS, orient="row"), actor, on, late=late)


def post_all(connection: Connection, written: Sequence[tuple[Head, Sequence[Leg]]], *, actor: str, on: dt.date, late: bool = False) -> range:
    """Write several entries at once, under one seal; returns their ids in order."""
    entries = pl.DataFrame([(n, head.kind, head.on, head.source_key, None, head.memo, head.reason) for n, (head, _) in enumerate(written)], schema=ENTRIES, orient="row")
    legs = pl.DataFrame([(n, *leg) for n, (_, each) in enumerate(written) for leg in each], schema=POSTINGS, orient="row")
    first = post(connection, entries, legs, actor, on, late=late)
    return range(first, first + len(written))


def reverse(connection: Connection, entry_id: int, *, on: dt.date, reason: str, actor: str) -> int:
    """Take an entry back by its mirror; an entry is reversed at most once. Returns the reversal's id."""
    entry = schema.journal_entry
    row = connection.execute(select(entry.c.kind, entry.c.memo).where(entry.c.entry_id == entry_id)).one()
    if is_reversed(connection, entry_id):
        raise CashappError(f"journal entry {entry_id} is reversed already – an entry is taken back once")
    posting = schema.posting
    legs = connection.execute(select(posting).where(posting.c.entry_id == entry_id).order_by(posting.c.n)).all()
    mirror = [Leg(leg.account, leg.currency, -leg.amount_minor, leg.customer_id, leg.item_id, leg.receipt_id) for leg in legs]
    return post_one(connection, kind="reversal", on=on, source_key=f"reversal:{entry_id}", legs=mirror, actor=actor,
                    memo=f"takes back {row.kind}: {row.memo}", reverses=entry_id, reason=reason)


def reverse_many(connection: Connection, entry_ids: list[int], *, on: dt.date, reason: str, actor: str) -> None:
    """Take many entries back at once, newest first, each by its own mirror and under one seal. None may be reversed already."""
    if not entry_ids:
        return
    entry, leg = schema.journal_entry, schema.posting
    wanted = pl.DataFrame({"entry_id": sorted(entry_ids, reverse=True)}, schema={"entry_id": pl.Int64}).with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    heads = db.frame_of(connection, select(entry.c.entry_id, entry.c.kind, entry.c.memo), entry.c.entry_id, entry_ids,
                        {"entry_id": pl.Int64, "kind": pl.String, "memo": pl.String})
    columns = {"entry_id": pl.Int64, "leg": pl.Int64, **{name: dtype for name, dtype in POSTINGS.items() if name != "n"}}
    legs = db.frame_of(connection, select(leg.c.entry_id, leg.c.n, *(leg.c[name] for name in list(POSTINGS)[1:])), leg.c.entry_id, entry_ids, columns)
    entries = wanted.join(heads, on="entry_id", maintain_order="left").select(
        "n", pl.lit("reversal").alias("kind"), pl.lit(on).alias("entry_date"), pl.format("reversal:{}", "entry_id").alias("source_key"),
        pl.col("entry_id").alias("reverses"), pl.format("takes back {}: {}", "kind", "memo").alias("memo"), pl.lit(reason).alias("reason"))
    mirror = wanted.join(legs, on="entry_id").sort("n", "leg").with_columns(-pl.col("amount_minor"))
    post(connection, entries, mirror.select(list(POSTINGS)), actor, on)


def is_reversed(connection: Connection, entry_id: int) -> bool:
    """Whether a later entry takes it back."""
    entry = schema.journal_entry
    return connection.execute(select(entry.c.entry_id).where(entry.c.reverses == entry_id)).first() is not None


def _refuse_unbalanced(entries: pl.DataFrame, postings: pl.DataFrame) -> None:
    off = postings.group_by("n", "currency").agg(pl.col("amount_minor").sum()).filter(pl.col("amount_minor") != 0)
    if off.height:
        worst = off.sort("n").join(entries, on="n").row(0, named=True)
        raise CashappError(f"entry {worst['source_key']} is out of balance by {worst['amount_minor']} {worst['currency']} minor units")
    lonely = entries.join(postings, on="n", how="anti")
    if lonely.height:
        raise CashappError(f"entry {lonely['source_key'][0]} has no postings")


def _refuse_missing(what: str, named: int, moved: int) -> None:
    if moved != named:
        raise CashappError(f"of {named} {what} whose balance the postings move, {moved} are in the books – nothing was posted; "
                           "`cashapp check` names what is broken")


def _deltas(legs: pl.DataFrame, key: str, sign: int) -> pl.DataFrame:
    """By how much the legs move the balance of each key that they name: key, delta."""
    return legs.filter(pl.col(key).is_not_null()).group_by(key).agg((pl.col("amount_minor").sum() * sign).alias("delta"))


def _summed(deltas: list[pl.DataFrame]) -> pl.DataFrame:
    """The same of many, in order of the keys, without what comes to nothing."""
    whole = pl.concat(deltas)
    return whole.group_by(whole.columns[0]).agg(pl.col("delta").sum()).filter(pl.col("delta") != 0).sort(whole.columns[0])


class _Sealing:
    """The seal over entries that come in pieces; their digests are made in a thread, while the database works."""

    def __init__(self, connection: Connection) -> None:
        seal = schema.seal
        before = connection.execute(select(seal.c.seal_id, seal.c.digest).order_by(seal.c.seal_id.desc()).limit(1)).first()
        self._number, self._previous = (int(before.seal_id) + 1, str(before.digest)) if before else (1, GENESIS)
        self._thread = ThreadPoolExecutor(1, "seal")
        self._entries, self._legs = hashlib.sha256(), hashlib.sha256()
        self._begun: list[Future[None]] = []

    def add(self, entries: pl.DataFrame, legs: pl.DataFrame) -> None:
        """The next entries, with their legs."""
        for content, frame in ((self._entries, entries), (self._legs, legs)):
            self._begun.append(self._thread.submit(_hear, content, frame))

    def closed(self, first: int, last: int) -> pl.DataFrame:
        """The seal over these entries, `first` to `last`, as a row of its table."""
        for piece in self._begun:
            piece.result()
        self._thread.shutdown()
        return pl.DataFrame({"seal_id": self._number, "first_entry": first, "last_entry": last, "digest": _chained(self._previous, self._entries, self._legs)})


def digest(previous: str, entries: Iterable[pl.DataFrame], legs: Iterable[pl.DataFrame]) -> str:
    """The seal over entries and postings: SHA-256 of the previous seal, the SHA-256 of the entries and that of the postings, where those cover
    every column of every row, in order of their keys.

    In a row the columns stand by name, with 0x1F between them and 0x00 for nothing; 0x1E ends it.
    """
    told = hashlib.sha256(), hashlib.sha256()
    for content, frames in zip(told, (entries, legs), strict=True):
        for frame in frames:
            _hear(content, frame)
    return _chained(previous, *told)


def _hear(content: hashlib._Hash, frame: pl.DataFrame) -> None:
    """Go on with a digest: the frame's rows as text."""
    for rows in frame.select(sorted(frame.columns)).iter_slices(_AT_ONCE):
        content.update(rows.write_csv(
            include_header=False, separator="\x1f", line_terminator="\x1e", null_value="\x00", quote_style="never", datetime_format="%Y-%m-%d %H:%M:%S",
        ).encode())


def _chained(previous: str, entries: hashlib._Hash, legs: hashlib._Hash) -> str:
    return hashlib.sha256(previous.encode() + entries.digest() + legs.digest()).hexdigest()


SEALED_ENTRIES = {"entry_id": pl.Int64, "kind": pl.String, "entry_date": pl.Date, "posted_at": pl.Datetime, "source_key": pl.String,
                  "reverses": pl.Int64, "memo": pl.String, "reason": pl.String, "actor": pl.String}
SEALED_POSTINGS = {"entry_id": pl.Int64, "n": pl.Int64, **{k: v for k, v in POSTINGS.items() if k != "n"}}
"""What a seal covers: every column of every entry and posting."""


def sealed(connection: Connection, first_entry: int, last_entry: int) -> tuple[Iterator[pl.DataFrame], Iterator[pl.DataFrame]]:
    """Entries and postings of a range of entries, as `digest` takes them: ordered, in frames of a few thousand rows."""
    entry, leg = schema.journal_entry, schema.posting
    entries = select(*(entry.c[name] for name in SEALED_ENTRIES)).where(entry.c.entry_id.between(first_entry, last_entry))
    legs = select(*(leg.c[name] for name in SEALED_POSTINGS)).where(leg.c.entry_id.between(first_entry, last_entry))
    return (db.frames(connection, entries.order_by(entry.c.entry_id), SEALED_ENTRIES),
            db.frames(connection, legs.order_by(leg.c.entry_id, leg.c.n), SEALED_POSTINGS))


def broken_seals(connection: Connection) -> list[str]:
    """What the chain of seals shows: one sentence for each seal that no longer fits its entries, and for entries under none."""
    found: list[str] = []
    previous, covered = GENESIS, 0
    entry, seal = schema.journal_entry, schema.seal
    for row in connection.execute(select(seal).order_by(seal.c.seal_id)).all():
        if digest(previous, *sealed(connection, row.first_entry, row.last_entry)) != row.digest:
            found.append(f"seal {row.seal_id} over entries {row.first_entry}–{row.last_entry} is broken: the journal was changed after it was written")
        if row.first_entry != covered + 1:
            found.append(f"seal {row.seal_id} begins at entry {row.first_entry}, not at {covered + 1}: entries or a seal are missing")
        previous, covered = row.digest, row.last_entry
    newest = connection.execute(select(func.max(entry.c.entry_id))).scalar() or 0
    if newest != covered:
        found.append(f"entries {covered + 1}–{newest} stand under no seal")
    return found
