"""What a clerk does with a case: the verbs of the queue, the same for the command line and the browser.

Each verb is one transaction, signed, and undone by `undo`, which reverses exactly what it posted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, Row, select

from cashapp import accounts, adjustments, applications, exceptions, learning, ledger, reversals, schema
from cashapp.adjustments import Signed
from cashapp.applications import Line
from cashapp.errors import UsageError
from cashapp.ledger import Leg
from cashapp.reversals import Why
from matching.deduction_codes import DEFAULTS, Reason

CLOSE = "close"
"""The deed of `close`, as the case's history has it."""


@dataclass(frozen=True, slots=True)
class By:
    """Who acts and on which business date; `reasons` is the closed list of why payers deduct, from which a decision is understood."""

    actor: str
    on: dt.date
    reasons: tuple[Reason, ...] = DEFAULTS

    @classmethod
    def of(cls, signed: Signed) -> By:
        """The same person, whatever their limits."""
        return cls(signed.actor, signed.on, signed.reasons)


def case(connection: Connection, exception_id: int) -> Row[*tuple[object, ...]]:
    """The case, or a usage error that names it."""
    table = schema.exception_case
    row = connection.execute(select(table).where(table.c.exception_id == exception_id)).first()
    if row is None:
        raise UsageError(f"there is no exception {exception_id}; `cashapp exceptions list` shows the open ones")
    return row


def open_receipt(connection: Connection, exception_id: int) -> Row[*tuple[object, ...]]:
    """The receipt of an open case."""
    row = case(connection, exception_id)
    if row.status != "open":
        raise UsageError(f"exception {exception_id} is {row.status}; `cashapp exceptions undo {exception_id}` reopens it")
    receipt = schema.receipt
    found = connection.execute(select(receipt).where(receipt.c.receipt_id == row.receipt_id)).first() if row.receipt_id else None
    if found is None:
        raise UsageError(f"exception {exception_id} ({row.reason}) is about no receipt; it takes `non-ar` or a note")
    return found


def suggestion(connection: Connection, exception_id: int, receipt_id: int, rank: int) -> tuple[Row[*tuple[object, ...]], list[Line]]:
    """A proposal's head and its lines, or a usage error where there is none."""
    head, told, item = schema.proposal, schema.proposal_line, schema.open_item
    proposal = connection.execute(select(head).where(head.c.receipt_id == receipt_id, head.c.rank == rank)).first()
    if proposal is None:
        raise UsageError(f"exception {exception_id} has no suggestion {rank}")
    rows = connection.execute(
        select(told, item.c.customer_id.label("owner")).outerjoin(item, item.c.item_id == told.c.item_id)
        .where(told.c.receipt_id == receipt_id, told.c.rank == rank).order_by(told.c.n),
    ).all()
    lines = [Line(r.item_id, r.owner or proposal.customer_id, r.applied_minor, r.discount_minor, r.deduction_minor, r.deduction_reason,
                  r.write_off_minor, r.item_minor, r.rate) for r in rows]
    if not lines:
        raise UsageError(f"suggestion {rank} of exception {exception_id} puts no money anywhere")
    return proposal, lines


def on_account(connection: Connection, exception_id: int, customer_id: str, by: By, *, action: str = "on-account", detail: str = "") -> int:
    """Park what is left of the receipt on the customer's account; returns the journal entry."""
    receipt = open_receipt(connection, exception_id)
    known_customer(connection, customer_id)
    lines = [Line(None, customer_id, receipt.unapplied_minor)]
    return post(connection, exception_id, receipt, lines, by, rule="on_account", confidence=1000, action=action, detail=detail or customer_id)


def known_customer(connection: Connection, customer_id: str) -> None:
    """UsageError where there is no such customer."""
    customer = schema.customer
    if connection.execute(select(customer.c.customer_id).where(customer.c.customer_id == customer_id)).first() is None:
        raise UsageError(f"there is no customer {customer_id or 'named'}; `cashapp export open-items` has their numbers")


def post(connection: Connection, exception_id: int, receipt: Row[*tuple[object, ...]], lines: Sequence[Line], by: By, *, rule: str,
         confidence: int, action: str, detail: str, amount_evidence: str = "") -> int:
    """Put the receipt's money where the lines say, learn from it and settle the case; returns the journal entry."""
    customer_id = min(line.customer_id for line in lines)
    heads = pl.DataFrame([(receipt.receipt_id, receipt.receipt_key, receipt.currency, customer_id, "clerk", rule, confidence, detail)],
                         schema=applications.HEADS, orient="row")
    frame = pl.DataFrame([(receipt.receipt_id, line.item_id, line.customer_id, *line[2:]) for line in lines], schema=applications.LINES, orient="row")
    entry_id = applications.apply(connection, heads, frame, actor=by.actor, on=by.on)
    reversals.keep_before(connection, entry_id, receipt)
    connection.execute(schema.receipt.update().where(schema.receipt.c.receipt_id == receipt.receipt_id).values(customer_id=customer_id))
    learning.learn(connection, learning.Taught(receipt, entry_id, by.actor, by.on, by.reasons), {line.customer_id for line in lines}, amount_evidence)
    exceptions.settle(connection, exception_id, receipt.receipt_id, by.actor, action, detail, entry_id)
    return entry_id


def non_ar(connection: Connection, exception_id: int, gl_account: str, by: By) -> int:
    """The money is no customer's: post what is left to a general-ledger account; returns the journal entry."""
    row = case(connection, exception_id)
    if row.status != "open":
        raise UsageError(f"exception {exception_id} is {row.status}")
    if row.receipt_id is None:
        return _explain_line(connection, row, gl_account, by)
    receipt = open_receipt(connection, exception_id)
    entry_id = ledger.post_one(
        connection, kind="non_ar", on=by.on, source_key=f"non_ar:{receipt.receipt_key}:{_round(connection, exception_id)}", actor=by.actor,
        memo=f"{receipt.receipt_key} is no customer's money",
        legs=[Leg(accounts.UNAPPLIED, receipt.currency, receipt.unapplied_minor, receipt_id=receipt.receipt_id),
              Leg(gl_account, receipt.currency, -receipt.unapplied_minor)])
    reversals.keep_before(connection, entry_id, receipt)
    if receipt.unapplied_minor == receipt.amount_minor:
        connection.execute(schema.receipt.update().where(schema.receipt.c.receipt_id == receipt.receipt_id).values(state="non_ar"))
    exceptions.resolve(connection, exception_id, by.actor, "non-ar", gl_account, entry_id)
    return entry_id


_WAITS_IN = {"deposit_without_detail": accounts.TRANSIT, "unexplained_line": accounts.SUSPENSE, "return_unmatched": accounts.RETURNS,
             "return_conflict": accounts.RETURNS, "refund_returned": accounts.REFUNDS}


def _explain_line(connection: Connection, row: Row[*tuple[object, ...]], gl_account: str, by: By) -> int:
    """A bank line that waits in a clearing account goes to the account that a clerk names."""
    waiting = _WAITS_IN.get(row.reason)
    if waiting is None or row.amount_minor is None:
        raise UsageError(f"exception {row.exception_id} ({row.reason}) has no money to post; `cashapp exceptions close {row.exception_id}` when nothing is to be done")
    entry_id = ledger.post_one(
        connection, kind="non_ar", on=by.on, source_key=f"line:{row.line_id}:{_round(connection, row.exception_id)}", actor=by.actor,
        memo=f"bank line {row.line_id} explained",
        legs=[Leg(waiting, row.currency, row.amount_minor), Leg(gl_account, row.currency, -row.amount_minor)])
    exceptions.resolve(connection, row.exception_id, by.actor, "non-ar", gl_account, entry_id)
    return entry_id


POSTS_NOTHING = frozenset({"copy_of_nothing", "control_mismatch", "bank_details_change"})
"""Reasons of cases that hold no money: somebody looks after what they say, and closes them."""


def close(connection: Connection, exception_id: int, reason: str, by: By) -> None:
    """What the case says was looked after, or needs nothing; only where no money waits in it."""
    row = case(connection, exception_id)
    if row.status != "open":
        raise UsageError(f"exception {exception_id} is {row.status}")
    if row.reason not in POSTS_NOTHING or row.receipt_id is not None:
        raise UsageError(f"exception {exception_id} ({row.reason}) is about money; it is closed by deciding where that goes")
    if not reason:
        raise UsageError("say why nothing is left to do")
    exceptions.resolve(connection, exception_id, by.actor, CLOSE, reason)


def _round(connection: Connection, exception_id: int) -> int:
    """How many events the case has had: a decision that was undone is taken anew under a new source key."""
    event = schema.exception_event
    return len(connection.execute(select(event.c.event_id).where(event.c.exception_id == exception_id)).all())


def undo(connection: Connection, exception_id: int, by: By) -> int | None:
    """Take back the last decision on the case exactly; returns the reversal's journal entry, None where the decision posted nothing."""
    row = case(connection, exception_id)
    event = schema.exception_event
    newest = connection.execute(
        select(event).where(event.c.exception_id == exception_id, event.c.action.not_in(("note", "assign"))).order_by(event.c.event_id.desc())).first()
    if newest is not None and newest.action == CLOSE and row.status != "open":
        exceptions.reopen(connection, exception_id, by.actor, f"{CLOSE} {newest.detail}")
        return None
    decisions = connection.execute(
        select(event).where(event.c.exception_id == exception_id, event.c.entry_id.is_not(None)).order_by(event.c.event_id.desc())).all()
    last = next((d for d in decisions if not ledger.is_reversed(connection, d.entry_id)), None)
    if last is None:
        raise UsageError(f"nothing was decided on exception {exception_id} that could be undone")
    reversal = reversals.take_back(connection, last.entry_id, Why(by.actor, by.on, f"undo of {last.action}"))
    table, receipt = schema.exception_case, schema.receipt
    undone = f"{last.action} {last.detail}".strip()
    _withdraw(connection, exception_id, by)
    if row.receipt_id is not None:
        left = connection.execute(select(receipt.c.unapplied_minor).where(receipt.c.receipt_id == row.receipt_id)).scalar_one()
        if left == 0:  # the money is still where another decision put it
            exceptions.record(connection, exception_id, by.actor, "undo", undone)
            return reversal
        connection.execute(table.update().where(table.c.exception_id == exception_id).values(amount_minor=left, reason="reopened"))
    exceptions.reopen(connection, exception_id, by.actor, undone)
    return reversal


def _withdraw(connection: Connection, exception_id: int, by: By) -> None:
    """What waits for a second person because of the decision waits no more."""
    table = schema.adjustment
    waiting = select(table.c.adjustment_id).where(table.c.exception_id == exception_id, table.c.status == "pending").order_by(table.c.adjustment_id)
    for number in connection.execute(waiting).scalars().all():
        adjustments.reject(connection, number, "the decision was undone", Signed(by.actor, by.on, []))


def assign(connection: Connection, exception_id: int, user: str, by: By) -> None:
    """Give the case to somebody."""
    case(connection, exception_id)
    table = schema.exception_case
    connection.execute(table.update().where(table.c.exception_id == exception_id).values(assignee=user))
    exceptions.record(connection, exception_id, by.actor, "assign", user)


def note(connection: Connection, exception_id: int, text: str, by: By) -> None:
    """Write a note to the case; the latest one shows in the list."""
    case(connection, exception_id)
    table = schema.exception_case
    connection.execute(table.update().where(table.c.exception_id == exception_id).values(note=text))
    exceptions.record(connection, exception_id, by.actor, "note", text)
