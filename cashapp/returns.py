"""Returned items: a payment came back. Its receipt is found, its decisions are taken back, its cash leaves; all in one transaction.

    waiting      no receipt was found, or its money moved on and no customer is known: returns clearing, and an exception
    mirror       every decision on the receipt reversed, newest first: items, discounts, write-offs stand as they stood before
    debit_memo   the money has moved on (refunded, its credit used): applications stay, the customer owes the amount anew
    refund       what came back is a refund of ours: it is owed to the customer again, and never money for invoices
    expected     a person told of it before the bank did; the bank's line then closes it

Dates are the bank's booking dates; a line brings its return once, whoever tells of it again.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, Row, select

from cashapp import accounts, exceptions, ledger, memos, return_cases, return_originals, reversals, schema
from cashapp.books_policy import ReturnRules
from cashapp.errors import CashappError, UsageError
from cashapp.ledger import Head, Leg
from cashapp.return_originals import Found, Line, date_of, minor
from cashapp.reversals import Why
from cashapp.strata import TOOK_OFF


class Act(NamedTuple):
    """Who works the return, on which business date, by which rules."""

    actor: str
    on: dt.date
    rules: ReturnRules


class Work(NamedTuple):
    """A line whose payment is known. `money`: the account that its money moves on; `return_id`: of the item where it waited before."""

    line: Line
    found: Found
    money: str
    return_id: int | None = None

    @property
    def receipt_id(self) -> int:
        """The receipt it takes back."""
        number: int = self.found.receipt.receipt_id
        return number


def take_back(connection: Connection, lines: pl.DataFrame, act: Act) -> int:
    """Work the return lines of a file (as stored bank lines); returns how many receipts were taken back.

    All are looked up first, a receipt for one line only, and posted together.
    """
    expected = 0
    works: list[Work] = []
    gone: set[int] = set()
    strangers: list[Line] = []
    for line in lines.sort("line_id").iter_rows(named=True):
        if line["amount_minor"] > 0:
            _money_came(connection, line, act)
        elif line["amount_minor"] < 0:
            if _was_expected(connection, line, act):
                expected += 1
                continue
            found = return_originals.find(connection, line, act.rules, gone)
            if found is None:
                strangers.append(line)
            else:
                works.append(Work(line, found, money_of(line)))
                gone.add(works[-1].receipt_id)
    conflicts = _settle(connection, works, act)
    _park(connection, strangers, "return_unmatched", act)
    _park(connection, [work.line for work in conflicts], "return_conflict", act)
    return expected + len(works) - len(conflicts)


def _settle(connection: Connection, works: list[Work], act: Act) -> list[Work]:
    """Take the receipts back by mirror, or by debit memo where their money has moved on; returns those for which neither can be."""
    taken_off: dict[int, list[int]] = {}
    for reason, same in itertools.groupby(sorted(works, key=_reason), _reason):
        taken_off |= _take_off(connection, list(same), Why(act.actor, act.on, f"returned {reason}".strip(), decision=False))
    settled: list[Work] = []
    conflicts: list[Work] = []
    for work in works:
        (settled if work.receipt_id in taken_off or work.found.receipt.customer_id is not None else conflicts).append(work)
    firsts = [_mirror(work) if work.receipt_id in taken_off else _debit_memo(connection, work.found.receipt, act) for work in settled]
    heads = [Head("return", date_of(work.line), _source_key(connection, work.line), f"{work.found.receipt.receipt_key} came back", _reason(work)) for work in settled]
    entries = ledger.post_all(connection, list(zip(heads, map(_legs, settled, firsts), strict=True)), actor=act.actor, on=act.on, late=True)
    for work, entry_id in zip(settled, entries, strict=True):
        _keep(connection, work, entry_id, taken_off.get(work.receipt_id), act)
    return conflicts


def _reason(work: Work) -> str:
    return str(work.line["return_reason"])


def _legs(work: Work, first: Leg) -> list[Leg]:
    currency, fee = str(work.line["currency"]), work.found.bank_fee_minor
    return [first, *([Leg(accounts.BANK_FEES, currency, fee)] if fee else []), Leg(work.money, currency, minor(work.line, "amount_minor"))]


def _mirror(work: Work) -> Leg:
    receipt = work.found.receipt
    return Leg(accounts.UNAPPLIED, receipt.currency, receipt.amount_minor, receipt.customer_id, receipt_id=receipt.receipt_id)


def _keep(connection: Connection, work: Work, entry_id: int, taken_off: list[int] | None, act: Act) -> None:
    """Receipt, returned item, its history, the queue and the customer's fee after the return was posted."""
    receipt, found = work.found.receipt, work.found
    connection.execute(schema.receipt.update().where(schema.receipt.c.receipt_id == receipt.receipt_id).values(state="returned"))
    method = "debit_memo" if taken_off is None else "mirror"
    case = return_cases.Case(work.line, receipt.receipt_id, receipt.customer_id, receipt.amount_minor, found.bank_fee_minor, method, found.how, entry_id)
    number = return_cases.record(connection, case, act.actor, work.return_id)
    for entry in taken_off or ():
        reversals.note_return(connection, number, act.actor, TOOK_OFF, entry_id=entry)
    exceptions.resolve_where(connection, "receipt_id", receipt.receipt_id, act.actor, "the payment came back")
    if act.rules.charge_fees == "automatically":
        return_cases.charge(connection, number, None, act.rules, act.actor, act.on)


def _take_off(connection: Connection, works: list[Work], why: Why) -> dict[int, list[int]]:
    """Reverse every decision on the receipts; by receipt what was reversed, newest first, without those whose money has moved on.

    All together; where one cannot be, each by itself.
    """
    decided = {work.receipt_id: [entry.entry_id for entry in reversals.standing(connection, work.receipt_id)] for work in works}
    staying = {number: entries for number, entries in decided.items() if not _was_paid_out(connection, entries)}
    savepoint = connection.begin_nested()
    try:
        reversals.take_back_many(connection, [entry for entries in staying.values() for entry in entries], why)
    except CashappError:
        savepoint.rollback()
        if len(works) == 1:
            return {}
        return {number: entries for work in works for number, entries in _take_off(connection, [work], why).items()}
    savepoint.commit()
    return staying


def _was_paid_out(connection: Connection, entries: Sequence[int]) -> bool:
    """Whether money of the receipt was refunded: a refund is not undone by a return, the customer has it."""
    table = schema.adjustment
    return connection.execute(select(table.c.adjustment_id).where(table.c.entry_id.in_(entries), table.c.kind == "refund")).first() is not None


def _debit_memo(connection: Connection, receipt: Row[*tuple[object, ...]], act: Act) -> Leg:
    """The customer owes the amount anew, due at once; what was done with the money stays."""
    memo = memos.Memo(receipt.customer_id, f"DM-{receipt.receipt_key}", "debit_memo", receipt.currency, receipt.amount_minor, act.on, "returned payment")
    return Leg(accounts.RECEIVABLE, receipt.currency, receipt.amount_minor, receipt.customer_id, memos.make(connection, memo, act.on), receipt.receipt_id)


def _was_expected(connection: Connection, line: Line, act: Act) -> bool:
    """A return that a person told of: the bank's line is its cash, nothing else happens."""
    table, receipt, told = schema.returned_item, schema.receipt, schema.bank_line
    named = return_originals.references(line)
    waiting = connection.execute(
        select(table, told.c.bank_reference, told.c.customer_reference, told.c.check_number).join(receipt, receipt.c.receipt_id == table.c.receipt_id)
        .join(told, told.c.line_id == receipt.c.line_id)
        .where(table.c.method == "expected", table.c.currency == line["currency"], table.c.amount_minor == -minor(line, "amount_minor"))
        .order_by(table.c.return_id)).all()
    fitting = [row for row in waiting if {row.bank_reference, row.customer_reference, row.check_number} & set(named)]
    chosen = fitting or ([] if named else waiting)
    if len(chosen) != 1:
        return False
    ledger.post_one(connection, kind="return", on=date_of(line), source_key=_source_key(connection, line), actor=act.actor, late=True, reason=str(line["return_reason"]),
                    memo="the bank's line of a return that was told before",
                    legs=[Leg(money_of(line), str(line["currency"]), minor(line, "amount_minor")), Leg(accounts.RETURNS, str(line["currency"]), -minor(line, "amount_minor"))])
    method = "debit_memo" if reversals.standing(connection, chosen[0].receipt_id) else "mirror"
    connection.execute(table.update().where(table.c.return_id == chosen[0].return_id).values(
        method=method, line_id=line["line_id"], returned_on=date_of(line), **return_cases.coded(line)))
    reversals.note_return(connection, chosen[0].return_id, act.actor, "the bank booked it")
    return True


def _money_came(connection: Connection, line: Line, act: Act) -> None:
    """A refund of ours came back: owed again. Anything else waits; it is never a receipt."""
    refund = _refund_of(connection, line)
    currency, amount = str(line["currency"]), minor(line, "amount_minor")
    if refund is None:
        _park(connection, [line], "return_unmatched" if line["kind"] == "return" else "unexplained_line", act)
        return
    entry_id = ledger.post_one(
        connection, kind="return", on=date_of(line), source_key=_source_key(connection, line), actor=act.actor, late=True, reason=str(line["return_reason"]),
        memo=f"refund {refund.adjustment_id} came back", legs=[Leg(money_of(line), currency, amount), Leg(accounts.REFUNDS, currency, -amount, refund.customer_id)])
    case = return_cases.Case(line, None, refund.customer_id, -amount, 0, "refund", f"it is refund {refund.adjustment_id}", entry_id, refund.adjustment_id)
    return_cases.record(connection, case, act.actor)
    exceptions.open_cases(connection, pl.DataFrame({
        "line_id": [line["line_id"]], "reason": ["refund_returned"], "currency": [currency], "amount_minor": [amount], "customer_id": [refund.customer_id],
    }, schema_overrides={"customer_id": pl.String}), act.on)


def _refund_of(connection: Connection, line: Line) -> Row[*tuple[object, ...]] | None:
    """The one standing refund of the amount that the line can be about and that has not come back yet."""
    table, back, customer = schema.adjustment, schema.returned_item, schema.customer
    came_back = select(back.c.adjustment_id).where(back.c.adjustment_id.is_not(None), back.c.method == "refund")
    rows = connection.execute(
        select(table, customer.c.name).outerjoin(customer, customer.c.customer_id == table.c.customer_id)
        .where(table.c.kind.in_(("refund", "deposit_refund")), table.c.status == "posted", table.c.currency == line["currency"],
               table.c.amount_minor == line["amount_minor"], table.c.adjustment_id.not_in(came_back)).order_by(table.c.adjustment_id)).all()
    named = [row for row in rows if return_originals.alike(row.name or "", line) or str(row.document_number) in return_originals.references(line)]
    return named[0] if len(named) == 1 else None


def _park(connection: Connection, lines: list[Line], reason: str, act: Act) -> None:
    """What waits for a person: its money in clearing, the item, and a place in the queue."""
    if not lines:
        return
    clearing = accounts.SUSPENSE if reason == "unexplained_line" else accounts.RETURNS
    posted = [(Head("return", date_of(line), _source_key(connection, line), "a return that waits for a person", str(line["return_reason"])),
               [Leg(money_of(line), str(line["currency"]), minor(line, "amount_minor")), Leg(clearing, str(line["currency"]), -minor(line, "amount_minor"))])
              for line in lines]
    entries = ledger.post_all(connection, posted, actor=act.actor, on=act.on, late=True)
    for line, entry_id in zip(lines, entries, strict=True):
        return_cases.record(connection, return_cases.Case(line, None, None, -minor(line, "amount_minor"), 0, "waiting", "", entry_id), act.actor)
    exceptions.open_cases(connection, pl.DataFrame(
        [(line["line_id"], reason, line["currency"], minor(line, "amount_minor"), line["return_reason"]) for line in lines], orient="row",
        schema={"line_id": pl.Int64, "reason": pl.String, "currency": pl.String, "amount_minor": pl.Int64, "note": pl.String}), act.on)


def link(connection: Connection, return_id: int, receipt_key: str, act: Act) -> None:
    """A waiting return takes back the receipt that a person names; the excess of the line over it is the bank's fee, within its limit."""
    case = return_cases.get(connection, return_id)
    if case.method != "waiting" or case.line_id is None or case.amount_minor <= 0:
        raise UsageError(f"return {return_id} does not wait for its payment ({case.method.replace('_', ' ')})")
    told, receipt = schema.bank_line, schema.receipt
    line = dict(connection.execute(select(told).where(told.c.line_id == case.line_id)).one()._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    row = connection.execute(select(receipt).where(receipt.c.receipt_key == receipt_key)).one()
    if row.state not in {"open", "non_ar"} or row.currency != case.currency:
        raise UsageError(f"receipt {receipt_key} is {row.state}, {row.currency}: a return of {case.currency} cannot take it back")
    fee = case.amount_minor - row.amount_minor
    if not 0 <= fee <= return_cases.bank_fee_limit(act.rules, case.currency):
        raise UsageError(f"receipt {receipt_key} has another amount than return {return_id}, and the difference is no bank fee within the limit")
    dated = line | {"booking_date": max(act.on, date_of(line))}
    if _settle(connection, [Work(dated, Found(row, f"named by {act.actor}", fee), accounts.RETURNS, return_id)], act):
        raise CashappError(f"the money of {receipt_key} has moved on, and no customer is known who owes it – put the receipt on a customer first")
    exceptions.resolve_where(connection, "line_id", case.line_id, act.actor, f"it takes back {receipt_key}")


def expect(connection: Connection, receipt_id: int, reason: str, act: Act) -> int:
    """A person says that the receipt came back before the bank does: taken back now, closed by the bank's line. Returns the return's id."""
    receipt = schema.receipt
    row = connection.execute(select(receipt, schema.bank_line).join(schema.bank_line, schema.bank_line.c.line_id == receipt.c.line_id)
                             .where(receipt.c.receipt_id == receipt_id)).one()
    if row.state not in {"open", "non_ar"}:
        raise UsageError(f"receipt {row.receipt_key} is {row.state}; it cannot come back")
    line = {"line_id": row.line_id, "currency": row.currency, "amount_minor": -row.amount_minor, "booking_date": act.on, "return_reason": reason,
            "remittance_text": reason, "check_number": row.check_number, "original_reference": row.bank_reference, "customer_reference": row.customer_reference}
    original = connection.execute(select(receipt).where(receipt.c.receipt_id == receipt_id)).one()
    if _settle(connection, [Work(line, Found(original, f"told by {act.actor}"), accounts.RETURNS)], act):
        raise CashappError(f"the money of {row.receipt_key} has moved on, and no customer is known who owes it – put the receipt on a customer first")
    table = schema.returned_item
    number: int = connection.execute(select(table.c.return_id).order_by(table.c.return_id.desc()).limit(1)).scalar_one()
    connection.execute(table.update().where(table.c.return_id == number).values(method="expected", line_id=None))
    return number


def money_of(line: Line) -> str:
    """The account that the money moves on: the bank's where a statement shows it, else cash in transit."""
    return accounts.bank(str(line["account"])) if line["report"] == "statement" else accounts.TRANSIT


def _source_key(connection: Connection, line: Line) -> str:
    """`return:LINE`; counted on where a person works the same line again."""
    taken, number = schema.journal_entry.c.source_key, 1
    name = key = f"return:{line['line_id']}"
    while connection.execute(select(taken).where(taken == name)).first() is not None:
        number += 1
        name = f"{key}:{number}"
    return name


def release_detailed(connection: Connection, line_id: int, act: Act) -> None:
    """A return that a statement showed as one sum gives way to its details: what waited in returns clearing is in transit to them."""
    table = schema.returned_item
    row = connection.execute(select(table).where(table.c.line_id == line_id, table.c.method == "waiting")).first()
    if row is None:
        return
    ledger.post_one(connection, kind="details", on=act.on, source_key=f"details:return:{row.return_id}", actor=act.actor,
                    memo="a return gives way to its details", legs=[
                        Leg(accounts.TRANSIT, row.currency, row.amount_minor), Leg(accounts.RETURNS, row.currency, -row.amount_minor)])
    connection.execute(table.update().where(table.c.return_id == row.return_id).values(method="decided"))
    reversals.note_return(connection, row.return_id, act.actor, "its details came")




def reversed_refunds(connection: Connection, told: pl.DataFrame) -> list[int]:
    """Lines by which the bank reverses a refund of ours: they are returns of it, not money that nobody explains."""
    reversals_in = told.filter((pl.col("kind") == "reversal") & (pl.col("amount_minor") > 0) & (pl.col("status") == "booked") & pl.col("how").is_null())
    return [line["line_id"] for line in reversals_in.iter_rows(named=True) if _refund_of(connection, line) is not None]
