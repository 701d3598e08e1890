"""What is kept of each returned item: its code, how it was worked, the bank's and the customer's fee, its presentments.

Fees and retries follow the rules in `cashapp.toml`: a fee by the table there, one for each item; a retry only for want of
funds, so often and so long as the clearing house allows (Nacha Operating Rules, reinitiation: twice within 180 days, the
same amount, described RETRY PYMT), and never with the fee inside it.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import Connection, Row, func, or_, select

from cashapp import accounts, calendars, db, ledger, memos, reversals, schema
from cashapp.books_policy import ReturnRules, scaled
from cashapp.errors import UsageError
from cashapp.ledger import Leg
from cashapp.money import shown
from cashapp.return_originals import Line, date_of
from cashapp.reversals import Why
from parsers.amounts import AmountError, to_minor
from parsers.returns import in_words, lookup

TAKEN_BACK = ("mirror", "debit_memo", "expected")
OUTCOMES = {
    "mirror": "taken back", "debit_memo": "owed anew by debit memo", "refund": "our refund, owed again", "waiting": "waits for a person",
    "expected": "told before the bank did", "decided": "decided by a person",
}
"""How an item was worked, in words."""
_PAY_DAYS = (1, 15)


class Case(NamedTuple):
    """A returned item as it is worked. `amount_minor`: of the item, negative where a refund of ours came back."""

    line: Line
    receipt_id: int | None
    customer_id: str | None
    amount_minor: int
    bank_fee_minor: int
    method: str
    how: str
    entry_id: int
    adjustment_id: int | None = None


def record(connection: Connection, case: Case, actor: str, return_id: int | None = None) -> int:
    """Keep the item, new or as what a waiting one has become; returns its id."""
    table = schema.returned_item
    number = return_id or db.next_id(connection, table.c.return_id)
    values: dict[str, object] = {
        "line_id": case.line["line_id"], "receipt_id": case.receipt_id, "adjustment_id": case.adjustment_id, "customer_id": case.customer_id,
        "currency": case.line["currency"], "amount_minor": case.amount_minor, "bank_fee_minor": case.bank_fee_minor, "method": case.method,
        "how": case.how, "returned_on": date_of(case.line), "entry_id": case.entry_id, "attempts": 1 + _presented_before(connection, case), **coded(case.line),
    }
    if return_id is None:
        connection.execute(table.insert().values(return_id=number, fee_minor=0, **values))
    else:
        connection.execute(table.update().where(table.c.return_id == number).values(**values))
    reversals.note_return(connection, number, actor, case.method.replace("_", " "), case.how, case.entry_id)
    return number


def coded(line: Line) -> dict[str, str]:
    """Code and category of the bank's reason; its words where nobody knows a code."""
    told = str(line["return_reason"])
    reason = lookup(told) or in_words(f"{told} {line['remittance_text']}")
    return {"code": told or (reason.code if reason else ""), "category": reason.category if reason else "unspecified"}


def _presented_before(connection: Connection, case: Case) -> int:
    """How often the same item came back before: the same check, or the same payer reference, and the same amount."""
    table, receipt, told = schema.returned_item, schema.receipt, schema.bank_line
    if case.receipt_id is None:
        return 0
    this = connection.execute(select(told).join(receipt, receipt.c.line_id == told.c.line_id).where(receipt.c.receipt_id == case.receipt_id)).one()
    same = [told.c[name] == getattr(this, name) for name in ("check_number", "customer_reference") if getattr(this, name)]
    if not same:
        return 0
    return connection.execute(
        select(func.count()).select_from(table).join(receipt, receipt.c.receipt_id == table.c.receipt_id).join(told, told.c.line_id == receipt.c.line_id)
        .where(table.c.method.in_(TAKEN_BACK), table.c.amount_minor == case.amount_minor, table.c.currency == case.line["currency"],
               table.c.receipt_id != case.receipt_id, or_(*same))).scalar_one()


def get(connection: Connection, return_id: int) -> Row[*tuple[object, ...]]:
    """The item, or a usage error that says where to look."""
    table = schema.returned_item
    row = connection.execute(select(table).where(table.c.return_id == return_id)).first()
    if row is None:
        raise UsageError(f"there is no return {return_id}; `cashapp returns list` shows them")
    return row


def bank_fee_limit(rules: ReturnRules, currency: str) -> int:
    """Up to this a line's excess over its item is the bank's fee."""
    return scaled(rules.bank_fee_limit, currency)


def charge(connection: Connection, return_id: int, amount: str | None, rules: ReturnRules, actor: str, on: dt.date) -> int | None:
    """Charge the customer's fee: by the table, or the amount a person names; returns the entry, None where the table has no fee.

    One for each item, and not for the second return of the same item.
    """
    row = get(connection, return_id)
    if row.customer_id is None or row.method not in TAKEN_BACK:
        if amount is None:
            return None
        raise UsageError(f"return {return_id} has no customer who could be charged")
    if row.fee_state != "none":
        raise UsageError(f"the fee of return {return_id} is {row.fee_state} already")
    if amount is None and row.attempts > 1:
        return None
    minor = _named(amount, row.currency) if amount is not None else rules.fee(row.code, row.category, row.customer_id, row.currency, row.returned_on)
    if minor == 0:
        return None
    item_id = memos.make(connection, memos.Memo(row.customer_id, f"NSF-{return_id:06}", "debit_memo", row.currency, minor, on, "returned item fee"), on)
    entry_id = ledger.post_one(
        connection, kind="return_fee", on=on, source_key=_free_key(connection, f"return_fee:{return_id}"), actor=actor, memo=f"fee for return {return_id}",
        reason=row.code, legs=[Leg(accounts.RECEIVABLE, row.currency, minor, row.customer_id, item_id), Leg(accounts.RETURN_FEES, row.currency, -minor, row.customer_id)])
    table = schema.returned_item
    connection.execute(table.update().where(table.c.return_id == return_id).values(fee_state="charged", fee_minor=minor, fee_item_id=item_id, fee_entry_id=entry_id))
    reversals.note_return(connection, return_id, actor, "fee charged", shown(minor, row.currency), entry_id)
    return entry_id


def _named(amount: str, currency: str) -> int:
    try:
        minor = to_minor(amount, currency)
    except AmountError as error:
        raise UsageError(f"{amount}: {error}") from error
    if minor <= 0:
        raise UsageError(f"{amount}: a fee is more than nothing; `cashapp returns waive` waives it")
    return minor


def _free_key(connection: Connection, key: str) -> str:
    entry = schema.journal_entry
    count = connection.execute(select(func.count()).where(entry.c.source_key.like(f"{key}:%"))).scalar_one()
    return f"{key}:{count + 1}"


def waive(connection: Connection, return_id: int, reason: str, actor: str, on: dt.date) -> None:
    """Take the fee back, or rule it out, for a reason that stays on record."""
    row = get(connection, return_id)
    if not reason.strip():
        raise UsageError("a fee is waived for a reason: give one with --reason")
    if row.fee_state == "waived":
        raise UsageError(f"the fee of return {return_id} is waived already")
    if row.fee_entry_id is not None:
        reversals.take_back(connection, row.fee_entry_id, Why(actor, on, f"fee waived: {reason}"))
    table = schema.returned_item
    connection.execute(table.update().where(table.c.return_id == return_id).values(fee_state="waived"))
    reversals.note_return(connection, return_id, actor, "fee waived", reason)


class Retry(NamedTuple):
    """Whether an item may be presented again; `on` is the day proposed, None with the reason why not."""

    on: dt.date | None
    why: str


def retry_plan(connection: Connection, row: Row[*tuple[object, ...]], rules: ReturnRules, today: dt.date, calendar: str) -> Retry:
    """What the clearing house allows: only for want of funds, so often and so long; the day is the next usual pay day."""
    if row.category != "insufficient_funds" or row.method not in TAKEN_BACK:
        return Retry(None, "only an item that came back for want of funds may be presented again")
    if row.attempts > rules.retries:
        return Retry(None, f"it was presented {row.attempts} times; the clearing house allows {rules.retries} retries")
    receipt = schema.receipt
    settled: dt.date = connection.execute(select(receipt.c.value_date).where(receipt.c.receipt_id == row.receipt_id)).scalar_one()
    last = _first_settled(connection, row, settled) + dt.timedelta(days=rules.retry_days)
    day = _next_pay_day(max(today, row.returned_on), calendar)
    if day > last:
        return Retry(None, f"the last day was {last}: {rules.retry_days} days after it first settled")
    return Retry(day, f"retry {row.attempts} of {rules.retries}, {shown(row.amount_minor, row.currency)} exactly, described RETRY PYMT, not after {last}")


def _first_settled(connection: Connection, row: Row[*tuple[object, ...]], settled: dt.date) -> dt.date:
    """The day the item first settled: that of its earliest presentment, where it came back before."""
    table, receipt, told = schema.returned_item, schema.receipt, schema.bank_line
    if row.attempts == 1:
        return settled
    this = connection.execute(select(told).join(receipt, receipt.c.line_id == told.c.line_id).where(receipt.c.receipt_id == row.receipt_id)).one()
    same = [told.c[name] == getattr(this, name) for name in ("check_number", "customer_reference") if getattr(this, name)]
    first = connection.execute(
        select(func.min(receipt.c.value_date)).join(table, table.c.receipt_id == receipt.c.receipt_id).join(told, told.c.line_id == receipt.c.line_id)
        .where(table.c.amount_minor == row.amount_minor, table.c.currency == row.currency, or_(*same))).scalar()
    return min(first or settled, settled)


def _next_pay_day(after: dt.date, calendar: str) -> dt.date:
    """The next 1st or 15th after the day, or the banking day that follows it."""
    day = after + dt.timedelta(days=1)
    while day.day not in _PAY_DAYS:
        day += dt.timedelta(days=1)
    return calendars.shift(day - dt.timedelta(days=1), 1, calendar)


def retry(connection: Connection, return_id: int, wanted: dt.date | None, rules: ReturnRules, actor: str, on: dt.date, calendar: str) -> Retry:
    """Plan the next presentment for the day proposed or named; UsageError where it may not be."""
    row = get(connection, return_id)
    plan = retry_plan(connection, row, rules, on, calendar)
    if plan.on is None:
        raise UsageError(f"return {return_id}: {plan.why}")
    day = wanted or plan.on
    last = retry_plan(connection, row, rules, day - dt.timedelta(days=1), calendar)
    if day <= on or last.on is None:
        raise UsageError(f"return {return_id} cannot be presented on {day}: {last.why if last.on is None else 'the day has passed'}")
    table = schema.returned_item
    connection.execute(table.update().where(table.c.return_id == return_id).values(retry_on=day))
    reversals.note_return(connection, return_id, actor, "retry planned", day.isoformat())
    return Retry(day, plan.why)


def certified_only(connection: Connection, rules: ReturnRules, as_of: dt.date) -> dict[str, int]:
    """Customers with too many returned items of late, and how many: they must bring certified funds."""
    table = schema.returned_item
    count = func.count()
    query = (
        select(table.c.customer_id, count).where(
            table.c.customer_id.is_not(None), table.c.method.in_(TAKEN_BACK), table.c.category.not_in(("requested", "administrative", "duplicate")),
            table.c.returned_on.between(as_of - dt.timedelta(days=rules.certified_days), as_of))
        .group_by(table.c.customer_id).having(count >= rules.certified_after).order_by(table.c.customer_id)
    )
    return {str(customer): int(number) for customer, number in connection.execute(query)}
