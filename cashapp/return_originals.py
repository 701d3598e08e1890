"""Which payment a return takes back: by what the bank names, then by payer, amount and date; never by a guess.

In this order, each needing exactly one answer: the original's trace or reference, the check's serial, the payer's reference
(end-to-end id) with the amount; the same with the bank's fee inside the line; the payer's name with the amount within
the longest ordinary window. Two that fit equally well are told apart by the payer's name, else a person decides.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from rapidfuzz import fuzz, process
from sqlalchemy import ColumnElement, Connection, Row, or_, select

from cashapp import schema
from cashapp.books_policy import ReturnRules, scaled
from cashapp.errors import CashappError

Line = Mapping[str, object]
_WINDOW = dt.timedelta(days=65)  # the longest ordinary return window (unauthorised debits: 60 days) and some days of mail
_AHEAD = dt.timedelta(days=5)
_NAMES_AGREE = 85


class Found(NamedTuple):
    """The receipt, by what it was found, and what of the line is the bank's fee."""

    receipt: Row[*tuple[object, ...]]
    how: str
    bank_fee_minor: int = 0


def find(connection: Connection, line: Line, rules: ReturnRules, gone: Collection[int] = ()) -> Found | None:
    """The one receipt that a negative line takes back; None where none or several fit. `gone`: receipts that others take back."""
    taken, stated = -minor(line, "amount_minor"), minor(line, "fee_minor")
    for reference in references(line):
        named = [row for row in _candidates(connection, line, _named(reference)) if row.receipt_id not in gone]
        if not named:
            continue
        most = scaled(rules.bank_fee_limit, str(line["currency"]))
        for amounts, why in (({taken}, ""), ({taken - stated}, ""), (range(taken - most, taken), ", the rest is the bank's fee")):
            fitting = [row for row in named if row.amount_minor in amounts]
            chosen = _only(fitting, line)
            if chosen is not None:
                return Found(chosen, f"it names {reference}{why}", taken - chosen.amount_minor)
            if fitting:
                return None
    near = _of_payer(connection, line, {taken, taken - stated}, gone)
    if len(near) != 1:
        return None
    original = _candidates(connection, line, schema.receipt.c.receipt_id == near[0])[0]
    return Found(original, "the payer and the amount fit it alone", taken - original.amount_minor)


def references(line: Line) -> list[str]:
    """What the line names, the strongest first."""
    told = [str(line[name]) for name in ("original_reference", "check_number", "customer_reference") if line[name]]
    return list(dict.fromkeys(told))


def _named(reference: str) -> ColumnElement[bool]:
    return or_(*schema.bearing(schema.bank_line, reference))


def _candidates(connection: Connection, line: Line, condition: ColumnElement[bool]) -> Sequence[Row[*tuple[object, ...]]]:
    """Receipts whose money we hold, of the line's currency, come before it; the latest first."""
    receipt, told = schema.receipt, schema.bank_line
    query = (
        select(receipt, told.c.payer_name, told.c.bank_reference, told.c.customer_reference, told.c.check_number)
        .join(told, told.c.line_id == receipt.c.line_id)
        .where(*_may_be(line), condition)
        .order_by(receipt.c.value_date.desc(), receipt.c.receipt_key)
    )
    return connection.execute(query).all()


def _of_payer(connection: Connection, line: Line, amounts: Collection[int], gone: Collection[int]) -> list[int]:
    """Of the receipts of these amounts within the longest ordinary window those whose payer the line names; very many may have a round amount."""
    receipt, told, text = schema.receipt, schema.bank_line, _said(line)
    near = select(receipt.c.receipt_id, told.c.payer_name).join(told, told.c.line_id == receipt.c.line_id).where(
        *_may_be(line), receipt.c.amount_minor.in_(amounts), receipt.c.value_date >= date_of(line) - _WINDOW, told.c.payer_name != "")
    names = {receipt_id: name for receipt_id, name in connection.execute(near) if receipt_id not in gone} if text else {}
    return [receipt_id for _, _, receipt_id in process.extract_iter(text, names, scorer=fuzz.token_set_ratio, processor=str.upper, score_cutoff=_NAMES_AGREE)]


def _may_be(line: Line) -> list[ColumnElement[bool]]:
    """The conditions that we hold a receipt's money, of the line's currency, come before it."""
    receipt = schema.receipt
    return [receipt.c.currency == line["currency"], receipt.c.state.in_(("open", "non_ar")), receipt.c.line_id != line["line_id"], receipt.c.value_date <= date_of(line) + _AHEAD]


def _only(rows: Sequence[Row[*tuple[object, ...]]], line: Line) -> Row[*tuple[object, ...]] | None:
    """The single one, or of several the single one whose payer the line names."""
    if len(rows) > 1:
        rows = [row for row in rows if alike(row.payer_name, line)]
    return rows[0] if len(rows) == 1 else None


def alike(name: str, line: Line) -> bool:
    """Whether the line's payer or text names them."""
    text = _said(line)
    return bool(name and text) and fuzz.token_set_ratio(name.upper(), text) >= _NAMES_AGREE


def _said(line: Line) -> str:
    return f"{line['payer_name']} {line['remittance_text']}".upper().strip()


def minor(line: Line, name: str) -> int:
    """An amount of the line."""
    value = line[name]
    if not isinstance(value, int):
        raise CashappError(f"bank line {line['line_id']} has no {name}")
    return value


def date_of(line: Line) -> dt.date:
    """The day the bank booked the line."""
    value = line["booking_date"]
    if not isinstance(value, dt.date):
        raise CashappError(f"bank line {line['line_id']} has no booking date")
    return value


def fitting(connection: Connection, currency: str, amount_minor: int, bank_fee_minor: int, on: dt.date) -> Sequence[Row[*tuple[object, ...]]]:
    """Receipts that a return of the amount may take back, for a person to choose from; the latest first."""
    receipt, told = schema.receipt, schema.bank_line
    return connection.execute(
        select(receipt, told.c.payer_name).join(told, told.c.line_id == receipt.c.line_id)
        .where(receipt.c.currency == currency, receipt.c.state.in_(("open", "non_ar")), receipt.c.value_date <= on + _AHEAD,
               receipt.c.amount_minor.between(amount_minor - bank_fee_minor, amount_minor))
        .order_by(receipt.c.value_date.desc(), receipt.c.receipt_key)).all()
