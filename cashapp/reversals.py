"""One journal entry taken back exactly, with everything that stands beside it: the receipt's state and payer, the adjustment,
the returned item's fee. Every undo, of a single decision or of a whole file, comes down to this.

An entry whose money has been used since is not taken back: the error names what used it, and nothing is written.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, func, select

from cashapp import accounts, clock, db, ledger, schema
from cashapp.errors import CashappError
from cashapp.ledger import Leg
from cashapp.money import shown

_AGAIN = "again:"
"""How the source key of a decision begins that is posted once more."""


class Why(NamedTuple):
    """Who takes back, for which business date, and the reason that the journal keeps."""

    actor: str
    on: dt.date
    reason: str
    decision: bool = True  # a person takes a decision back: the payer is as before, nothing is posted unattended again; not so a bank's return


def take_back(connection: Connection, entry_id: int, why: Why) -> int:
    """Reverse the entry; returns the reversal's id. CashappError where what it made has been used, or it was reversed before."""
    made = _made_by(connection, entry_id)
    used = next((item for item in made if item.open_minor != item.posted), None)
    if used is not None:
        raise CashappError(f"the money of {used.document_number} has been used since{_by_what(connection, used.item_id, entry_id)} – undo what used it first")
    reversal = ledger.reverse(connection, entry_id, on=why.on, reason=why.reason, actor=why.actor)
    _refuse_overdrawn(connection, entry_id)
    _suggest_again(connection, [entry_id])
    entry = schema.journal_entry
    beside = _BESIDE.get(connection.execute(select(entry.c.kind).where(entry.c.entry_id == entry_id)).scalar_one())
    if beside is not None:
        beside(connection, entry_id, reversal, why)
    return reversal


def _suggest_again(connection: Connection, entry_ids: list[int]) -> None:
    """What these entries posted unattended and whole is a suggestion again, in its words and with its lines."""
    head, told, applied, entry = schema.proposal, schema.proposal_line, schema.application, schema.journal_entry
    theirs = and_(db.among(connection, applied.c.entry_id, entry_ids), applied.c.source == "auto")
    connection.execute(told.insert().from_select(told.columns.keys(), posted_lines().where(theirs)))
    memos = select(entry.c.memo).join(applied, applied.c.entry_id == entry.c.entry_id).where(theirs, applied.c.receipt_id == head.c.receipt_id)
    wordless = and_(head.c.explanation.is_(None), head.c.receipt_id.in_(select(applied.c.receipt_id).where(theirs)))
    connection.execute(head.update().where(wordless).values(explanation=memos.limit(1).scalar_subquery()))


def posted_lines() -> Select[*tuple[object, ...]]:
    """SELECT the lines of proposals that were posted unattended and whole, in the columns of `proposal_line`."""
    head, told, applied = schema.proposal, schema.proposal_line, schema.application
    nth = (func.row_number().over(partition_by=(applied.c.receipt_id, applied.c.entry_id), order_by=applied.c.application_id) - 1).label("n")
    own: dict[str, ColumnElement[int]] = {"rank": head.c.rank, "n": nth}
    return select(*(own[column.name] if column.name in own else applied.c[column.name] for column in told.columns)).join(
        head, and_(head.c.receipt_id == applied.c.receipt_id, head.c.explanation.is_(None))).where(applied.c.source == "auto")


def restore(connection: Connection, entry_id: int, why: Why) -> int:
    """Post a decision that was taken back once more, exactly: the same postings on the same items, under a key of its own; returns the entry.

    CashappError where its items have been settled otherwise since.
    """
    entry, leg, rows = schema.journal_entry, schema.posting, schema.application
    original = connection.execute(select(entry).where(entry.c.entry_id == entry_id)).one()
    legs = connection.execute(select(leg).where(leg.c.entry_id == entry_id).order_by(leg.c.n)).all()
    count = connection.execute(select(func.count()).where(entry.c.source_key.startswith(f"{_AGAIN}{entry_id}:"))).scalar_one()
    again = ledger.post_one(
        connection, kind=original.kind, on=why.on, source_key=f"{_AGAIN}{entry_id}:{count + 1}", actor=why.actor, memo=original.memo, reason=why.reason,
        legs=[Leg(row.account, row.currency, row.amount_minor, row.customer_id, row.item_id, row.receipt_id) for row in legs])
    _refuse_overdrawn(connection, again)
    applied = connection.execute(select(rows).where(rows.c.entry_id == entry_id).order_by(rows.c.application_id)).all()
    first = db.next_id(connection, rows.c.application_id)
    for number, row in enumerate(applied):
        connection.execute(rows.insert().values({**row._mapping, "application_id": first + number, "entry_id": again, "applied_on": why.on}))  # noqa: SLF001 - SQLAlchemy's documented name
    table = schema.adjustment
    connection.execute(table.update().where(table.c.entry_id == entry_id).values(entry_id=again, status="posted"))
    return again


def stands_as(connection: Connection) -> dict[int, int]:
    """Each decision that was ever posted once more, and the entry that it stands as now: the newest, however often it was taken off and put back."""
    entry = schema.journal_entry
    again = connection.execute(select(entry.c.entry_id, entry.c.source_key).where(entry.c.source_key.startswith(_AGAIN)).order_by(entry.c.entry_id.desc()))
    newest: dict[int, int] = {}
    for entry_id, key in again:  # newest first: what an entry stands as is known before the one that it repeats
        newest.setdefault(int(key.removeprefix(_AGAIN).split(":")[0]), newest.get(entry_id, entry_id))
    return newest


def keep_before(connection: Connection, entry_id: int, receipt: Row[*tuple[object, ...]]) -> None:
    """Note who the receipt's payer was and its state before the decision that the entry posts."""
    connection.execute(schema.receipt_before.insert().values(
        entry_id=entry_id, receipt_id=receipt.receipt_id, customer_id=receipt.customer_id, state=receipt.state))


def take_back_many(connection: Connection, entry_ids: list[int], why: Why) -> None:
    """Reverse decisions together, with all that stands beside them. What used what they made must be among them: CashappError otherwise."""
    ids = sorted(entry_ids, reverse=True)
    if not ids:
        return
    ledger.reverse_many(connection, ids, on=why.on, reason=why.reason, actor=why.actor)
    touched = _touched(connection, ids)
    _refuse_used(connection, touched, set(ids))
    _refuse_overdrawn_among(connection, touched)
    _suggest_again(connection, ids)
    entry, before, receipt = schema.journal_entry, schema.receipt_before, schema.receipt
    kinds = dict(db.frame_of(connection, select(entry.c.entry_id, entry.c.kind), entry.c.entry_id, ids, {"entry_id": pl.Int64, "kind": pl.String}).iter_rows())
    reversal_of = dict(db.frame_of(connection, select(entry.c.reverses, entry.c.entry_id), entry.c.reverses, ids, {"reverses": pl.Int64, "entry_id": pl.Int64}).iter_rows())
    by_hand = set(db.frame_of(connection, select(before.c.entry_id), before.c.entry_id, ids, {"entry_id": pl.Int64})["entry_id"])
    for entry_id in ids:
        if entry_id in by_hand or kinds[entry_id] in {"adjustment", "return_fee"}:
            _BESIDE[kinds[entry_id]](connection, entry_id, reversal_of[entry_id], why)
    if why.decision:
        held = [{"key": number} for number in touched["receipt_id"].drop_nulls().unique().sort()]
        if held:
            connection.execute(receipt.update().where(receipt.c.receipt_id == bindparam("key")).values(held=True), held)


def _touched(connection: Connection, ids: list[int]) -> pl.DataFrame:
    """The postings of the entries on receivables and unapplied cash: entry, item, receipt."""
    leg = schema.posting
    query = select(leg.c.entry_id, leg.c.item_id, leg.c.receipt_id).where(leg.c.account.in_((accounts.RECEIVABLE, accounts.UNAPPLIED)))
    return db.frame_of(connection, query, leg.c.entry_id, ids, {"entry_id": pl.Int64, "item_id": pl.Int64, "receipt_id": pl.Int64})


def _refuse_used(connection: Connection, touched: pl.DataFrame, ids: set[int]) -> None:
    """An item that one of the entries opened has nothing on it any more."""
    leg, item = schema.posting, schema.open_item
    items = touched["item_id"].drop_nulls().unique().sort().to_list()
    first = select(leg.c.item_id, leg.c.entry_id).where(leg.c.account == accounts.RECEIVABLE)
    opened = db.frame_of(connection, first, leg.c.item_id, items, {"item_id": pl.Int64, "entry_id": pl.Int64}).group_by("item_id").agg(pl.col("entry_id").min())
    left = db.frame_of(connection, select(item.c.item_id, item.c.document_number).where(item.c.open_minor != 0), item.c.item_id, items,
                       {"item_id": pl.Int64, "document_number": pl.String})
    for item_id, number, entry_id in left.join(opened, on="item_id").sort("item_id").iter_rows():
        if entry_id in ids:
            raise CashappError(f"the money of {number} has been used since{_by_what(connection, item_id, entry_id)} – undo what used it first")


def _refuse_overdrawn_among(connection: Connection, touched: pl.DataFrame) -> None:
    receipt, item = schema.receipt, schema.open_item
    cash = select(receipt.c.receipt_id).where((receipt.c.unapplied_minor < 0) | (receipt.c.unapplied_minor > receipt.c.amount_minor))
    for receipt_id in db.frame_of(connection, cash, receipt.c.receipt_id, touched["receipt_id"].drop_nulls().unique().sort().to_list(), {"receipt_id": pl.Int64})["receipt_id"]:
        raise CashappError(_overdrawn(connection.execute(select(receipt).where(receipt.c.receipt_id == receipt_id)).one()))
    turned = select(item.c.item_id).where(_turned())
    for item_id in db.frame_of(connection, turned, item.c.item_id, touched["item_id"].drop_nulls().unique().sort().to_list(), {"item_id": pl.Int64})["item_id"]:
        row = connection.execute(select(item).where(item.c.item_id == item_id)).one()
        raise CashappError(f"{row.document_number} would be left with {shown(row.open_minor, row.currency)} open – undo what used it first")


def standing(connection: Connection, receipt_id: int) -> list[Row[*tuple[object, ...]]]:
    """The entries that moved money of the receipt since it came in and were not taken back, newest first (entry_id, kind)."""
    entry, leg = schema.journal_entry, schema.posting
    reversal = entry.alias()
    query = (
        select(entry.c.entry_id, entry.c.kind).distinct().join(leg, leg.c.entry_id == entry.c.entry_id)
        .outerjoin(reversal, reversal.c.reverses == entry.c.entry_id)
        .where(leg.c.receipt_id == receipt_id, entry.c.kind.in_(("application", "non_ar", "adjustment")), reversal.c.reverses.is_(None))
        .order_by(entry.c.entry_id.desc())
    )
    return list(connection.execute(query).all())


def _made_by(connection: Connection, entry_id: int) -> list[Row[*tuple[object, ...]]]:
    """The items that the entry opened: it holds their first posting. With what it posted on them."""
    leg, item = schema.posting, schema.open_item
    here = select(leg.c.item_id, func.sum(leg.c.amount_minor).label("posted")).where(
        leg.c.entry_id == entry_id, leg.c.account == accounts.RECEIVABLE, leg.c.item_id.is_not(None)).group_by(leg.c.item_id).subquery()
    first = select(func.min(leg.c.entry_id)).where(leg.c.item_id == here.c.item_id, leg.c.account == accounts.RECEIVABLE).scalar_subquery()
    query = select(item, here.c.posted).join(here, here.c.item_id == item.c.item_id).where(first == entry_id).order_by(item.c.item_id)
    return list(connection.execute(query).all())


def _by_what(connection: Connection, item_id: int, entry_id: int) -> str:
    leg, entry = schema.posting, schema.journal_entry
    reversal = entry.alias()
    user = connection.execute(
        select(entry.c.entry_id, entry.c.kind).join(leg, leg.c.entry_id == entry.c.entry_id).outerjoin(reversal, reversal.c.reverses == entry.c.entry_id)
        .where(leg.c.item_id == item_id, entry.c.entry_id != entry_id, entry.c.kind != "reversal", reversal.c.reverses.is_(None))
        .order_by(entry.c.entry_id.desc()).limit(1)).first()
    return f" by {user.kind.replace('_', ' ')} (entry {user.entry_id})" if user else ""


def _refuse_overdrawn(connection: Connection, entry_id: int) -> None:
    """After the reversal no receipt may hold less than nothing or more than came, and no item may have changed its side."""
    leg, receipt, item = schema.posting, schema.receipt, schema.open_item
    cash = connection.execute(
        select(receipt).where(receipt.c.receipt_id.in_(select(leg.c.receipt_id).where(leg.c.entry_id == entry_id, leg.c.account == accounts.UNAPPLIED)),
                              (receipt.c.unapplied_minor < 0) | (receipt.c.unapplied_minor > receipt.c.amount_minor))).first()
    if cash is not None:
        raise CashappError(_overdrawn(cash))
    turned = connection.execute(
        select(item).where(item.c.item_id.in_(select(leg.c.item_id).where(leg.c.entry_id == entry_id, leg.c.account == accounts.RECEIVABLE)),
                           _turned())).first()
    if turned is not None:
        raise CashappError(f"{turned.document_number} would be left with {shown(turned.open_minor, turned.currency)} open – undo what used it first")


def _overdrawn(receipt: Row[*tuple[object, ...]]) -> str:
    return (f"receipt {receipt.receipt_key} would be left with {shown(receipt.unapplied_minor, receipt.currency)}: its money has been used since – "
            "undo what used it first")


def _turned() -> ColumnElement[bool]:
    """An item that is owed to us and open for less than nothing, or a credit for more."""
    item = schema.open_item
    return ((item.c.amount_minor > 0) & (item.c.open_minor < 0)) | ((item.c.amount_minor < 0) & (item.c.open_minor > 0))


def _after_decision(connection: Connection, entry_id: int, _reversal: int, why: Why) -> None:
    """The receipt gets back the payer and the state it had, once nothing else stands on it, and waits for a person."""
    if not why.decision:
        return
    before, receipt, leg = schema.receipt_before, schema.receipt, schema.posting
    kept = connection.execute(select(before).where(before.c.entry_id == entry_id)).first()
    ids = connection.execute(select(leg.c.receipt_id).distinct().where(leg.c.entry_id == entry_id, leg.c.receipt_id.is_not(None), leg.c.account != accounts.TRANSIT)).scalars().all()
    for receipt_id in ids:
        connection.execute(receipt.update().where(receipt.c.receipt_id == receipt_id).values(held=True))
    if kept is not None and not standing(connection, kept.receipt_id):
        connection.execute(receipt.update().where(receipt.c.receipt_id == kept.receipt_id).values(customer_id=kept.customer_id, state=kept.state))


def _after_adjustment(connection: Connection, entry_id: int, reversal: int, why: Why) -> None:
    table = schema.adjustment
    row = connection.execute(select(table).where(table.c.entry_id == entry_id)).one()
    if row.kind == "deposit":
        _refuse_without_deposit(connection, row)
    connection.execute(table.update().where(table.c.adjustment_id == row.adjustment_id).values(status="reversed"))
    connection.execute(schema.adjustment_event.insert().values(
        event_id=db.next_id(connection, schema.adjustment_event.c.event_id), adjustment_id=row.adjustment_id, at=clock.now().replace(tzinfo=None),
        actor=why.actor, action="reversed", detail=why.reason, entry_id=reversal))
    _after_decision(connection, entry_id, reversal, why)


def _refuse_without_deposit(connection: Connection, row: Row[*tuple[object, ...]]) -> None:
    """Security that was given back is no longer there to be taken back."""
    leg = schema.posting
    mine = (leg.c.account == accounts.DEPOSITS, leg.c.customer_id == row.customer_id, leg.c.currency == row.currency)
    if int(connection.execute(select(func.sum(leg.c.amount_minor)).where(*mine)).scalar() or 0) > 0:
        raise CashappError(f"the security deposit of {row.customer_id} has been given back – undo that first")


def _after_fee(connection: Connection, entry_id: int, reversal: int, why: Why) -> None:
    table = schema.returned_item
    row = connection.execute(select(table).where(table.c.fee_entry_id == entry_id)).one()
    connection.execute(table.update().where(table.c.return_id == row.return_id).values(fee_state="none", fee_minor=0, fee_item_id=None, fee_entry_id=None))
    note_return(connection, row.return_id, why.actor, "fee taken back", why.reason, reversal)


def note_return(connection: Connection, return_id: int, actor: str, action: str, detail: str = "", entry_id: int | None = None) -> None:
    """Add to a returned item's history."""
    connection.execute(schema.return_event.insert().values(
        event_id=db.next_id(connection, schema.return_event.c.event_id), return_id=return_id, at=clock.now().replace(tzinfo=None),
        actor=actor, action=action, detail=detail, entry_id=entry_id))


_BESIDE = {"application": _after_decision, "non_ar": _after_decision, "duplicate": _after_decision, "adjustment": _after_adjustment, "return_fee": _after_fee}
