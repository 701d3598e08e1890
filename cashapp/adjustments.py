"""Adjustments: money that moves without a bank. Each has a reason and a journal entry of its own, and is undone by its reversal.

    write_off, small_difference    what an item lacks, or what is left of a receipt, to an account of our own
    deduction                      a short payment with a reason code and an owner who answers for it
    credit_memo, credit            less owed: a credit of its own, or on the invoice that is named
    debit_memo, charge, late_fee   more owed: a new document
    refund                         an overpayment or a credit goes back to the customer
    deposit, deposit_refund        money held as security, and given back
    transfer, split, apply_credit  an item to another customer, in two, a credit on an invoice: nothing is lost or won

What is within the limit of a person's role is posted at once; what is above waits for a second person (`approve`), never the
one who asked. Pieces on one item or receipt count together, so that a limit is not passed in slices.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, func, select

from cashapp import adjustment_legs, authority, clock, db, exceptions, ledger, reversals, schema
from cashapp.adjustment_legs import Subject
from cashapp.books_policy import Role, same_person
from cashapp.config import Config
from cashapp.errors import ControlError, UsageError
from cashapp.money import shown
from matching.deduction_codes import DEFAULTS, Reason
from matching.schema import Exchange
from parsers.amounts import AmountError, to_minor

KINDS = tuple(adjustment_legs.KINDS)


class Signed(NamedTuple):
    """Who acts, on which business date, under which roles and rates."""

    actor: str
    on: dt.date
    roles: list[Role]
    reasons: tuple[Reason, ...] = DEFAULTS  # the closed list of why payers deduct
    exchange: Exchange = Exchange()

    @classmethod
    def under(cls, config: Config, actor: str, on: dt.date) -> Signed:
        """The person under the company's settings."""
        return cls(actor, on, config.roles, config.deduction_reasons(), config.exchange())


class Wanted(NamedTuple):
    """An adjustment as asked for; documents by number, receipts by id. `amount` empty: all that is left."""

    kind: str
    reason: str
    amount: str = ""
    currency: str = ""  # where neither item nor receipt says it
    customer_id: str = ""
    document: str = ""
    receipt_key: str = ""
    to_customer: str = ""
    to_document: str = ""
    note: str = ""
    owner: str = ""
    due: dt.date | None = None
    exception_id: int | None = None


class Done(NamedTuple):
    """What became of it: `posted` with its entry, or `pending` until a second person approves."""

    adjustment_id: int
    status: str
    entry_id: int | None


def request(connection: Connection, wanted: Wanted, by: Signed) -> Done:
    """Ask for an adjustment: posted at once within the role's limit, else pending. UsageError where it cannot be."""
    subject, amount = _resolve(connection, wanted)
    adjustment_legs.check(connection, subject, amount)
    if wanted.kind == "deduction":
        wanted = wanted._replace(reason=listed(wanted.reason, by.reasons))
    table = schema.adjustment
    number = db.next_id(connection, table.c.adjustment_id)
    connection.execute(table.insert().values(
        adjustment_id=number, kind=wanted.kind, status="pending", customer_id=subject.customer_id, item_id=subject.item_id, receipt_id=subject.receipt_id,
        to_item_id=subject.to_item_id, to_customer_id=subject.to_customer_id, exception_id=wanted.exception_id, currency=subject.currency, amount_minor=amount,
        reason=wanted.reason.strip(), note=wanted.note, owner=wanted.owner or (by.actor if wanted.kind == "deduction" else ""), document_number=wanted.to_document if wanted.kind == "split" else "",
        due_date=wanted.due, requested_by=by.actor, requested_on=by.on))
    _note(connection, number, by.actor, "requested", f"{shown(amount, subject.currency)}: {wanted.reason}")
    if authority.may_post(connection, by.roles, by.actor, wanted.kind, _in_slices(connection, number), subject.currency):
        return Done(number, "posted", _post(connection, number, by, ""))
    if wanted.exception_id is not None:
        exceptions.record(connection, wanted.exception_id, by.actor, "waits for approval", f"adjustment {number}, {wanted.kind.replace('_', ' ')} {shown(amount, subject.currency)}")
    return Done(number, "pending", None)


def listed(reason: str, reasons: tuple[Reason, ...]) -> str:
    """The code of the closed list; a UsageError with the list where it is none."""
    code = reason.strip().casefold().replace("-", "_").replace(" ", "_")
    if code not in {known.code for known in reasons}:
        listed = "; ".join(f"{known.code} ({known.name})" for known in reasons)
        raise UsageError(f"{reason!r} is no reason for a deduction – take one of: {listed}; [[deductions]] in cashapp.toml adds others")
    return code


def approve(connection: Connection, adjustment_id: int, by: Signed) -> int:
    """Post what another person asked for; returns the entry. ControlError where it is one's own, or above what the role may approve."""
    row = _pending(connection, adjustment_id)
    if same_person(by.actor, row.requested_by):
        raise ControlError(f"adjustment {adjustment_id} was asked for by {row.requested_by}: a second person approves it, never the same")
    if not authority.may_approve(connection, by.roles, by.actor, row.amount_minor, row.currency):
        raise ControlError(f"adjustment {adjustment_id} over {shown(row.amount_minor, row.currency)} is above what {by.actor} may approve")
    entry_id = _post(connection, adjustment_id, by, f", approved by {by.actor}")
    table = schema.adjustment
    connection.execute(table.update().where(table.c.adjustment_id == adjustment_id).values(decided_by=by.actor, decided_on=by.on))
    _note(connection, adjustment_id, by.actor, "approved", entry_id=entry_id)
    return entry_id


def reject(connection: Connection, adjustment_id: int, reason: str, by: Signed) -> None:
    """Turn a pending adjustment down, with a reason; the one who asked may withdraw it so."""
    row = _pending(connection, adjustment_id)
    table = schema.adjustment
    connection.execute(table.update().where(table.c.adjustment_id == adjustment_id).values(status="rejected", decided_by=by.actor, decided_on=by.on))
    _note(connection, adjustment_id, by.actor, "rejected", reason)
    if row.exception_id is not None:
        exceptions.record(connection, row.exception_id, by.actor, "rejected", f"adjustment {adjustment_id}: {reason}")


def get(connection: Connection, adjustment_id: int) -> Row[*tuple[object, ...]]:
    """The adjustment, or a usage error that says where to look."""
    table = schema.adjustment
    row = connection.execute(select(table).where(table.c.adjustment_id == adjustment_id)).first()
    if row is None:
        raise UsageError(f"there is no adjustment {adjustment_id}; `cashapp approve list` shows what waits, `cashapp report adjustments` all")
    return row


def _pending(connection: Connection, adjustment_id: int) -> Row[*tuple[object, ...]]:
    row = get(connection, adjustment_id)
    if row.status != "pending":
        raise UsageError(f"adjustment {adjustment_id} is {row.status}; it waits for nobody")
    return row


def _resolve(connection: Connection, wanted: Wanted) -> tuple[Subject, int]:
    """The records that the request names, and its amount in minor units."""
    if wanted.kind not in adjustment_legs.KINDS:
        raise UsageError(f"{wanted.kind!r} is no adjustment; the kinds are {', '.join(KINDS)}")
    if not wanted.reason.strip():
        raise UsageError("an adjustment needs a reason: give one with --reason")
    item = item_named(connection, wanted.document, wanted.customer_id) if wanted.document else None
    to_item = item_named(connection, wanted.to_document, wanted.customer_id or (item.customer_id if item else "")) if wanted.to_document and wanted.kind == "apply_credit" else None
    receipt = _receipt(connection, wanted.receipt_key) if wanted.receipt_key else None
    currency = item.currency if item else receipt.currency if receipt else wanted.currency
    subject = Subject(
        wanted.kind, currency, item.customer_id if item else wanted.customer_id or (receipt.customer_id if receipt else None),
        item.item_id if item else None, receipt.receipt_id if receipt else None, to_item.item_id if to_item else None, wanted.to_customer or None)
    if wanted.amount:
        try:
            return subject, to_minor(wanted.amount, currency)
        except AmountError as error:
            raise UsageError(f"{wanted.amount}: {error}") from error
    whole = abs(item.open_minor) if item else receipt.unapplied_minor if receipt else 0
    if whole == 0:
        raise UsageError("how much? give --amount")
    return subject, whole


def item_named(connection: Connection, number: str, customer_id: str) -> Row[*tuple[object, ...]]:
    """The open item of this number, of the customer where one is named."""
    item = schema.open_item
    conditions = [item.c.document_number == number, item.c.open_minor != 0, *([item.c.customer_id == customer_id] if customer_id else [])]
    found = connection.execute(select(item).where(*conditions).order_by(item.c.item_id)).all()
    if len(found) != 1:
        raise UsageError(f"{number}: {'no open item' if not found else f'{len(found)} open items'} with this number"
                         f"{f' at {customer_id}' if customer_id else ' – name the customer with --customer' if found else ''}")
    return found[0]


def _receipt(connection: Connection, key: str) -> Row[*tuple[object, ...]]:
    receipt = schema.receipt
    row = connection.execute(select(receipt).where(receipt.c.receipt_key == key)).first()
    if row is None:
        raise UsageError(f"there is no receipt {key}; `cashapp export receipts` lists them")
    return row


def may_post(connection: Connection, kind: str, item_id: int, amount_minor: int, by: Signed) -> bool:
    """Whether the person may post so much more of a kind (write_off, deduction) on an item alone, with what they have posted or asked for already."""
    row = connection.execute(select(schema.open_item).where(schema.open_item.c.item_id == item_id)).one()
    table = schema.adjustment
    asked = connection.execute(select(func.sum(table.c.amount_minor)).where(*_by_one(kind, row.currency, by.actor), table.c.item_id == item_id)).scalar_one()
    return authority.may_post(connection, by.roles, by.actor, kind, amount_minor + int(asked or 0) + _with_cash(connection, kind, item_id, by.actor), row.currency)


def _by_one(kind: str, currency: str, actor: str) -> list[ColumnElement[bool]]:
    """What one person has posted or asked for of a kind, and no second one has looked at."""
    table = schema.adjustment
    return [table.c.kind == kind, table.c.currency == currency, table.c.status.in_(("posted", "pending")), table.c.requested_by == actor, table.c.decided_by == ""]


def _with_cash(connection: Connection, kind: str, item_id: int, actor: str) -> int:
    """What a person has taken off an item of the kind together with cash, and stands."""
    rows, reversal = schema.application, schema.journal_entry.alias()
    column = {"write_off": rows.c.write_off_minor, "deduction": rows.c.deduction_minor}.get(kind)
    if column is None:
        return 0
    query = select(func.sum(column)).outerjoin(reversal, reversal.c.reverses == rows.c.entry_id).where(
        rows.c.item_id == item_id, rows.c.actor == actor, rows.c.source == "clerk", reversal.c.reverses.is_(None))
    return int(connection.execute(query).scalar_one() or 0)


def _in_slices(connection: Connection, adjustment_id: int) -> int:
    """The amount, with what the same person has posted or asked for of the same kind on the same item, receipt or (for new documents) customer and day."""
    table = schema.adjustment
    row = get(connection, adjustment_id)
    same = _by_one(row.kind, row.currency, row.requested_by)
    if row.item_id is not None:
        same.append(table.c.item_id == row.item_id)
    elif row.receipt_id is not None:
        same.append(table.c.receipt_id == row.receipt_id)
    else:
        same += [table.c.customer_id == row.customer_id, table.c.requested_on == row.requested_on]
    beside = _with_cash(connection, row.kind, row.item_id, row.requested_by) if row.item_id is not None else 0
    return int(connection.execute(select(func.sum(table.c.amount_minor)).where(*same)).scalar_one()) + beside


def _post(connection: Connection, adjustment_id: int, by: Signed, approved: str) -> int:
    """Write the entry; the books may have changed since it was asked for, so everything is checked anew."""
    row = get(connection, adjustment_id)
    subject = Subject(row.kind, row.currency, row.customer_id, row.item_id, row.receipt_id, row.to_item_id, row.to_customer_id)
    adjustment_legs.check(connection, subject, row.amount_minor)
    made, legs = adjustment_legs.legs(connection, subject, row.amount_minor, adjustment_legs.Paper(adjustment_id, by.on, row.due_date, row.reason, row.document_number))
    receipt = connection.execute(select(schema.receipt).where(schema.receipt.c.receipt_id == row.receipt_id)).first()
    entry_id = ledger.post_one(connection, kind="adjustment", on=by.on, source_key=f"adjustment:{adjustment_id}", actor=by.actor, reason=row.reason, legs=legs,
                               memo=f"{row.kind.replace('_', ' ')} {adjustment_id}, asked for by {row.requested_by}{approved}")
    table = schema.adjustment
    connection.execute(table.update().where(table.c.adjustment_id == adjustment_id).values(status="posted", entry_id=entry_id, made_item_id=made))
    _note(connection, adjustment_id, by.actor, "posted", entry_id=entry_id)
    if receipt is not None:
        _after_receipt(connection, row, receipt, entry_id, by)
    elif row.exception_id is not None:
        exceptions.record(connection, row.exception_id, by.actor, row.kind.replace("_", "-"), row.reason, entry_id)
    return entry_id


def _after_receipt(connection: Connection, row: Row[*tuple[object, ...]], receipt: Row[*tuple[object, ...]], entry_id: int, by: Signed) -> None:
    """A receipt that went elsewhere whole is not the customers' money any more; its case follows what is left."""
    reversals.keep_before(connection, entry_id, receipt)
    if receipt.unapplied_minor == receipt.amount_minor == row.amount_minor:
        connection.execute(schema.receipt.update().where(schema.receipt.c.receipt_id == receipt.receipt_id).values(state="non_ar"))
    case = schema.exception_case
    open_case = connection.execute(
        select(case.c.exception_id).where(case.c.receipt_id == receipt.receipt_id, case.c.status == "open").order_by(case.c.exception_id)).scalars().first()
    if open_case is not None:
        exceptions.settle(connection, open_case, receipt.receipt_id, by.actor, row.kind.replace("_", "-"), row.reason, entry_id)


def _note(connection: Connection, adjustment_id: int, actor: str, action: str, detail: str = "", entry_id: int | None = None) -> None:
    connection.execute(schema.adjustment_event.insert().values(
        event_id=db.next_id(connection, schema.adjustment_event.c.event_id), adjustment_id=adjustment_id, at=clock.now().replace(tzinfo=None),
        actor=actor, action=action, detail=detail, entry_id=entry_id))
