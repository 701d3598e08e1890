"""Returned items: the receipt that a return takes back is found, its applications are reversed, its cash leaves again.

The original is found by what the return names (trace, bank or payer reference, check serial) and the amount; else by
payer and amount within the return window when only one receipt fits. A return whose receipt is not found, or whose money has
moved on, waits in returns clearing with an exception; nothing is guessed.
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from rapidfuzz import fuzz
from sqlalchemy import Connection, Row, or_, select

from cashapp import accounts, applications, exceptions, ledger, schema
from cashapp.errors import CashappError
from cashapp.ledger import Leg

_WINDOW = dt.timedelta(days=65)  # the longest ordinary return window (unauthorised debits: 60 days) and some days of mail
_NAMES_AGREE = 85


def take_back(connection: Connection, lines: pl.DataFrame, as_of: dt.date, actor: str) -> int:
    """Work the return lines of a file (as stored bank lines); returns how many receipts were taken back."""
    done = 0
    for line in lines.sort("line_id").iter_rows(named=True):
        found = _original(connection, line) if line["amount_minor"] < 0 else None
        if found is not None and _take_back_one(connection, line, found[0], found[1], as_of, actor):
            done += 1
            continue
        _park(connection, line, as_of, actor, "return_unmatched" if found is None else "return_conflict")
    return done


def _original(connection: Connection, line: dict[str, object]) -> tuple[Row[*tuple[object, ...]], str] | None:
    """The one receipt that the line takes back, and by what it was found."""
    receipt, told = schema.receipt, schema.bank_line
    date = line["booking_date"]
    assert isinstance(date, dt.date)
    base = (
        select(receipt, told.c.payer_name, told.c.bank_reference, told.c.customer_reference, told.c.check_number)
        .join(told, told.c.line_id == receipt.c.line_id)
        .where(receipt.c.currency == line["currency"], receipt.c.amount_minor == -int(str(line["amount_minor"])), receipt.c.state.in_(("open", "non_ar")),
               receipt.c.line_id != line["line_id"], receipt.c.value_date <= date + dt.timedelta(days=5))
        .order_by(receipt.c.value_date.desc(), receipt.c.receipt_key)
    )
    named = [str(line[name]) for name in ("original_reference", "check_number", "customer_reference") if line[name]]
    for reference in named:
        by_name = connection.execute(base.where(or_(
            told.c.bank_reference == reference, told.c.customer_reference == reference, told.c.check_number == reference,
        ))).all()
        if len(by_name) == 1:
            return by_name[0], f"it names {reference}"
        if len(by_name) > 1:
            return None
    near = connection.execute(base.where(receipt.c.value_date >= date - _WINDOW)).all()
    text = f"{line['payer_name']} {line['remittance_text']}".upper()
    alike = [row for row in near if row.payer_name and fuzz.token_set_ratio(row.payer_name.upper(), text) >= _NAMES_AGREE]
    return (alike[0], "the payer and the amount fit it alone") if len(alike) == 1 else None


def _take_back_one(connection: Connection, line: dict[str, object], original: Row[*tuple[object, ...]], how: str, as_of: dt.date, actor: str) -> bool:
    """Reverse the receipt's decisions, newest first, and let its cash leave; False when its money has moved on."""
    reason = f"returned {line['return_reason']}".strip()
    entries = sorted([*applications.entries_of(connection, original.receipt_id), *_posted_elsewhere(connection, original.receipt_id)], reverse=True)
    receipt = schema.receipt
    savepoint = connection.begin_nested()
    try:
        for entry_id in entries:
            applications.take_off(connection, entry_id, on=as_of, reason=reason, actor=actor)
    except CashappError:
        savepoint.rollback()
        return False
    savepoint.commit()
    amount, currency, date = -int(str(line["amount_minor"])), str(line["currency"]), line["booking_date"]
    assert isinstance(date, dt.date)
    ledger.post_one(connection, kind="return", on=date, source_key=f"return:{line['line_id']}", actor=actor, reason=str(line["return_reason"]), late=True,
                    memo=f"{original.receipt_key} came back", legs=[
                        Leg(accounts.UNAPPLIED, currency, amount, original.customer_id, receipt_id=original.receipt_id),
                        Leg(_money(line), currency, -amount)])
    connection.execute(receipt.update().where(receipt.c.receipt_id == original.receipt_id).values(state="returned"))
    connection.execute(schema.returned_item.insert().values(
        line_id=line["line_id"], receipt_id=original.receipt_id, amount_minor=amount, return_reason=line["return_reason"], how=how))
    exceptions.resolve_where(connection, "receipt_id", original.receipt_id, actor, "the payment came back")
    return True


def _posted_elsewhere(connection: Connection, receipt_id: int) -> list[int]:
    """The standing entries by which money of the receipt was posted to an account of the general ledger."""
    entry, leg = schema.journal_entry, schema.posting
    reversal = entry.alias()
    query = (
        select(entry.c.entry_id).distinct().join(leg, leg.c.entry_id == entry.c.entry_id).outerjoin(reversal, reversal.c.reverses == entry.c.entry_id)
        .where(leg.c.receipt_id == receipt_id, entry.c.kind == "non_ar", reversal.c.entry_id.is_(None))
    )
    return list(connection.execute(query).scalars())


def _park(connection: Connection, line: dict[str, object], as_of: dt.date, actor: str, reason: str) -> None:
    amount, currency, date = int(str(line["amount_minor"])), str(line["currency"]), line["booking_date"]
    assert isinstance(date, dt.date)
    ledger.post_one(connection, kind="return", on=date, source_key=f"return:{line['line_id']}", actor=actor, reason=str(line["return_reason"]), late=True,
                    memo="a return that waits for a person", legs=[Leg(_money(line), currency, amount), Leg(accounts.RETURNS, currency, -amount)])
    exceptions.open_cases(connection, pl.DataFrame({
        "line_id": [line["line_id"]], "reason": [reason], "currency": [currency], "amount_minor": [amount], "note": [str(line["return_reason"])],
    }), as_of)


def _money(line: dict[str, object]) -> str:
    """The account that the money leaves."""
    return accounts.bank(str(line["account"])) if line["report"] == "statement" else accounts.TRANSIT
