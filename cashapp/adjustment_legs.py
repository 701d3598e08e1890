"""The postings of each kind of adjustment, and what must hold before they are made.

Debits are positive. An item that is owed to us (an invoice, a debit memo) has a positive open amount, a credit a negative one;
an adjustment takes an item towards zero and never beyond it.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, select

from cashapp import accounts, memos, schema
from cashapp.errors import UsageError
from cashapp.ledger import Leg
from cashapp.money import shown

KINDS: dict[str, tuple[str, str]] = {
    "write_off": ("item or receipt", accounts.WRITE_OFF), "small_difference": ("item or receipt", accounts.SMALL_DIFFERENCES),
    "deduction": ("debit item", accounts.DEDUCTION), "credit_memo": ("debit item or customer", accounts.CREDITS_GRANTED),
    "credit": ("debit item or customer", accounts.MISCELLANEOUS), "debit_memo": ("customer", accounts.MISCELLANEOUS), "charge": ("customer", accounts.MISCELLANEOUS),
    "late_fee": ("customer", accounts.LATE_FEES), "refund": ("credit item or receipt", accounts.REFUNDS), "deposit": ("receipt", accounts.DEPOSITS),
    "deposit_refund": ("customer", accounts.REFUNDS), "transfer": ("item", ""), "split": ("item", ""), "apply_credit": ("credit item", ""),
}
"""Each kind with what it is about, and the account on its other side."""
_NUMBERS = {"credit_memo": "CM", "credit": "CR", "debit_memo": "DB", "charge": "CH", "late_fee": "LF"}


class Subject(NamedTuple):
    """What an adjustment is about, as ids."""

    kind: str
    currency: str
    customer_id: str | None
    item_id: int | None = None
    receipt_id: int | None = None
    to_item_id: int | None = None
    to_customer_id: str | None = None


class Paper(NamedTuple):
    """What a new document of it says."""

    adjustment_id: int
    on: dt.date
    due: dt.date | None
    reason: str
    number: str = ""


def check(connection: Connection, subject: Subject, amount_minor: int) -> None:
    """UsageError, in words, where the adjustment cannot be made of these records now."""
    if amount_minor <= 0:
        raise UsageError("an adjustment is over more than nothing")
    item, receipt = _item(connection, subject.item_id), _receipt(connection, subject.receipt_id)
    fits = KINDS[subject.kind][0]
    if item is not None:
        _check_item(subject, fits, item, amount_minor)
    elif receipt is not None:
        _check_receipt(subject, fits, receipt, amount_minor)
    elif "customer" not in fits or not subject.customer_id or not subject.currency:
        raise UsageError(f"a {subject.kind.replace('_', ' ')} is about a{'n' if fits[0] == 'i' else ''} {fits}: name it"
                         f"{', with its --currency' if 'customer' in fits else ''}")
    if subject.kind == "deposit_refund":
        _check_deposit(connection, subject, amount_minor)
    if subject.kind == "deposit" and not subject.customer_id:
        raise UsageError("whose deposit is it? name the customer with --customer")
    if subject.kind == "transfer" and (not subject.to_customer_id or subject.to_customer_id == subject.customer_id):
        raise UsageError("a transfer goes to another customer: name it with --to-customer")
    if subject.kind == "apply_credit":
        _check_target(_item(connection, subject.to_item_id), item, amount_minor)


def _check_item(subject: Subject, fits: str, item: Row[*tuple[object, ...]], amount_minor: int) -> None:
    side = "debit item" if item.open_minor > 0 else "credit item"
    if "item" not in fits or ("debit item" in fits or "credit item" in fits) and side not in fits:  # noqa: RUF021 - read as a clerk would say it
        raise UsageError(f"a {subject.kind.replace('_', ' ')} is about a {fits}, and {item.document_number} is a {side}")
    if amount_minor > abs(item.open_minor):
        raise UsageError(f"{item.document_number} has {shown(abs(item.open_minor), item.currency)} open, less than {shown(amount_minor, item.currency)}")
    if subject.kind == "split" and amount_minor == abs(item.open_minor):
        raise UsageError(f"a split leaves something of {item.document_number}: its whole open amount is no part of it")


def _check_receipt(subject: Subject, fits: str, receipt: Row[*tuple[object, ...]], amount_minor: int) -> None:
    if "receipt" not in fits:
        raise UsageError(f"a {subject.kind.replace('_', ' ')} is about a {fits}, not about a receipt")
    if receipt.state != "open" or amount_minor > receipt.unapplied_minor:
        raise UsageError(f"receipt {receipt.receipt_key} has {shown(receipt.unapplied_minor, receipt.currency)} unapplied, less than {shown(amount_minor, receipt.currency)}")


def _check_deposit(connection: Connection, subject: Subject, amount_minor: int) -> None:
    leg = schema.posting
    held = -int(connection.execute(select(func.sum(leg.c.amount_minor)).where(
        leg.c.account == accounts.DEPOSITS, leg.c.customer_id == subject.customer_id, leg.c.currency == subject.currency)).scalar() or 0)
    if amount_minor > held:
        raise UsageError(f"of {subject.customer_id} {shown(held, subject.currency)} is held as security, less than {shown(amount_minor, subject.currency)}")


def _check_target(target: Row[*tuple[object, ...]] | None, credit: Row[*tuple[object, ...]] | None, amount_minor: int) -> None:
    if target is None or credit is None:
        raise UsageError("which invoice takes the credit? name it with --to")
    if target.open_minor < amount_minor or target.currency != credit.currency or target.customer_id != credit.customer_id:
        raise UsageError(f"{target.document_number} of {target.customer_id} has {shown(target.open_minor, target.currency)} open: "
                         f"it cannot take {shown(amount_minor, credit.currency)} of {credit.document_number} of {credit.customer_id}")


def legs(connection: Connection, subject: Subject, amount_minor: int, paper: Paper) -> tuple[int | None, list[Leg]]:
    """The document that it makes, if any, and the postings."""
    contra = KINDS[subject.kind][1]
    currency, who = subject.currency, subject.customer_id
    item = _item(connection, subject.item_id)
    if subject.receipt_id is not None:
        return None, [Leg(accounts.UNAPPLIED, currency, amount_minor, who, receipt_id=subject.receipt_id), Leg(contra, currency, -amount_minor, who)]
    if subject.kind == "deposit_refund":
        return None, [Leg(accounts.DEPOSITS, currency, amount_minor, who), Leg(contra, currency, -amount_minor, who)]
    if item is None:
        sign = -1 if subject.kind in {"credit_memo", "credit"} else 1
        made = memos.make(connection, _memo(subject, sign * amount_minor, paper), paper.on)
        return made, [Leg(accounts.RECEIVABLE, currency, sign * amount_minor, who, made), Leg(contra, currency, -sign * amount_minor, who)]
    sign = 1 if item.open_minor > 0 else -1
    off = Leg(accounts.RECEIVABLE, currency, -sign * amount_minor, item.customer_id, item.item_id)
    if subject.kind == "apply_credit":
        target = _item(connection, subject.to_item_id)
        return None, [off, Leg(accounts.RECEIVABLE, currency, -amount_minor, target.customer_id if target else who, subject.to_item_id)]
    if subject.kind in {"transfer", "split"}:
        owner = subject.to_customer_id or item.customer_id
        number = paper.number or (f"{item.document_number}-A{paper.adjustment_id}" if subject.kind == "split" else item.document_number)
        made = memos.make(connection, memos.Memo(owner, number, item.kind, currency, sign * amount_minor, item.due_date,
                                                 f"{subject.kind} of {item.document_number}", item.company), item.issue_date or paper.on)
        return made, [off, Leg(accounts.RECEIVABLE, currency, sign * amount_minor, owner, made)]
    return None, [off, Leg(contra, currency, sign * amount_minor, item.customer_id)]


def _memo(subject: Subject, signed_minor: int, paper: Paper) -> memos.Memo:
    kind = "credit_memo" if signed_minor < 0 else "debit_memo"
    number = f"{_NUMBERS[subject.kind]}-{paper.adjustment_id:06}"
    return memos.Memo(subject.customer_id or "", number, kind, subject.currency, signed_minor, paper.due or paper.on, paper.reason)


def _item(connection: Connection, item_id: int | None) -> Row[*tuple[object, ...]] | None:
    item = schema.open_item
    return connection.execute(select(item).where(item.c.item_id == item_id)).first() if item_id is not None else None


def _receipt(connection: Connection, receipt_id: int | None) -> Row[*tuple[object, ...]] | None:
    receipt = schema.receipt
    return connection.execute(select(receipt).where(receipt.c.receipt_id == receipt_id)).first() if receipt_id is not None else None
