"""A receipt put where a person says: on items by number, with discounts, deductions and write-offs beside the cash, over one customer or several.

One decision is one entry, undone at once. An item in another currency is paid at the rate of the receipt's day. What a person may not take off
alone is not in the entry: it is asked for, and waits for a second person.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Row, select

from cashapp import adjustments, desk, schema
from cashapp.adjustments import Done, Signed, Wanted
from cashapp.applications import Line
from cashapp.errors import UsageError
from cashapp.money import shown
from matching import exchange
from parsers.amounts import AmountError, to_minor, to_text

Item = Row[*tuple[object, ...]]


class Share(NamedTuple):
    """One item's share, amounts as decimal text; without a document the cash stays on the customer's account."""

    document: str
    amount: str
    customer_id: str = ""
    discount: str = ""
    deduction: str = ""
    reason: str = ""
    write_off: str = ""


def accept(connection: Connection, exception_id: int, rank: int, by: Signed) -> Done:
    """Post a proposal as it stands. `pending` where a part of what it takes off waits for a second person; the cash is posted all the same."""
    receipt = desk.open_receipt(connection, exception_id)
    proposal, lines = desk.suggestion(connection, exception_id, receipt.receipt_id, rank)
    allowed = [_within_limits(connection, line, by) for line in lines]
    entry_id = desk.post(connection, exception_id, receipt, allowed, desk.By.of(by), rule=proposal.rule, confidence=proposal.confidence,
                         action="accept", detail=f"suggestion {rank}: {proposal.explanation}", amount_evidence=proposal.amount_evidence)
    return _asked(connection, exception_id, lines, allowed, entry_id, by)


def allocate(connection: Connection, exception_id: int, shares: Sequence[Share], by: Signed, *, action: str = "apply") -> Done:
    """Put the receipt's money on the shares. `pending` where a part of what is taken off waits for a second person; the cash is posted all the same."""
    receipt = desk.open_receipt(connection, exception_id)
    lines = [_line(connection, receipt, share, by) for share in shares]
    if not any(line.applied_minor or line.deduction_minor or line.write_off_minor or line.discount_minor for line in lines):
        raise UsageError("name an invoice or a customer, and an amount")
    items = [line.item_id for line in lines]
    twice = next((share.document for share, line in zip(shares, lines, strict=True) if line.item_id is not None and items.count(line.item_id) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice} stands twice – put its amounts on one line")
    allowed = [_within_limits(connection, line, by) for line in lines]
    entry_id = desk.post(connection, exception_id, receipt, allowed, desk.By.of(by), rule="clerk", confidence=1000, action=action,
                         detail=", ".join(_told(share) for share in shares))
    return _asked(connection, exception_id, lines, allowed, entry_id, by)


def _told(share: Share) -> str:
    beside = [f"{what} {amount}" for what, amount in (("discount", share.discount), (f"deduction {share.reason}", share.deduction), ("write-off", share.write_off)) if amount]
    return f"{share.document or share.customer_id}={share.amount or '0'}{' with ' if beside else ''}{', '.join(beside)}"


def _line(connection: Connection, receipt: Item, share: Share, by: Signed) -> Line:
    applied, discount, deduction, write_off = (_minor(share, amount, receipt.currency) for amount in (share.amount, share.discount, share.deduction, share.write_off))
    if not share.document:
        desk.known_customer(connection, share.customer_id)
        if discount or deduction or write_off:
            raise UsageError(f"{share.customer_id}: only an invoice can be short – name it")
        return Line(None, share.customer_id, applied)
    item = item_named(connection, receipt, share)
    if min(discount, deduction, write_off) < 0 or (item.open_minor < 0 and (discount or deduction or write_off)):
        raise UsageError(f"{share.document}: a discount, deduction or write-off is taken off an invoice, and is more than nothing")
    if discount > item.discount_minor:
        raise UsageError(f"{share.document} has a discount of {shown(item.discount_minor, item.currency)} at most; deduct the rest with a reason")
    reason = adjustments.listed(share.reason, by.reasons) if deduction else ""
    line = Line(item.item_id, item.customer_id, applied, discount, deduction, reason, write_off)
    return line if item.currency == receipt.currency else _exchanged(receipt, item, line, by)


def _exchanged(receipt: Item, item: Item, line: Line, by: Signed) -> Line:
    """The line with what it is worth in the item's currency: all that is open where it comes to that but for the bank's share."""
    if line.discount_minor or line.deduction_minor or line.write_off_minor:
        raise UsageError(f"{item.document_number} is in {item.currency}: what is taken off it beside the cash is an adjustment of its own (`cashapp adjust`)")
    rate = exchange.rate(by.exchange, receipt.currency, item.currency, receipt.value_date)
    if rate is None:
        raise UsageError(f"{item.document_number} is in {item.currency}, and {exchange.missing(by.exchange, receipt.currency, item.currency, receipt.value_date)}"
                         " – [[rates]] in cashapp.toml takes it")
    worth = rate.worth(line.applied_minor, receipt.currency, item.currency)
    if worth == 0:
        raise UsageError(f"{shown(line.applied_minor, receipt.currency)} is worth nothing in {item.currency}")
    return line._replace(item_minor=item.open_minor if exchange.settles(by.exchange, worth, item.open_minor) else worth, rate=str(rate))


def item_named(connection: Connection, receipt: Item, share: Share) -> Item:
    """The open item of the number: the customer's who is named, else the receipt's own customer's, else the only one there is; of those one in
    another currency than the receipt only where none is in that."""
    item = schema.open_item
    query = select(item).where(item.c.document_number == share.document, item.c.open_minor != 0).order_by(item.c.item_id)
    every = connection.execute(query).all()
    whose = share.customer_id or receipt.customer_id
    theirs = [row for row in every if row.customer_id == whose] or ([] if share.customer_id else list(every))
    mine = [row for row in theirs if row.currency == receipt.currency] or theirs
    if len(mine) != 1:
        what = "no open item" if not mine else f"{len(mine)} open items at {', '.join(sorted(row.customer_id for row in mine))}"
        raise UsageError(f"{share.document}: {what} with this number{f' at {share.customer_id}' if share.customer_id else ''}"
                         " – name one of the customer's open items")
    return mine[0]


def _minor(share: Share, amount: str, currency: str) -> int:
    try:
        return to_minor(amount, currency) if amount else 0
    except AmountError as error:
        raise UsageError(f"{share.document or share.customer_id}={amount}: {error}") from error


def _within_limits(connection: Connection, line: Line, by: Signed) -> Line:
    """The line with what the person may take off alone."""
    if line.item_id is None:
        return line
    deduct = not line.deduction_minor or adjustments.may_post(connection, "deduction", line.item_id, line.deduction_minor, by)
    write_off = not line.write_off_minor or adjustments.may_post(connection, "write_off", line.item_id, line.write_off_minor, by)
    return line._replace(
        deduction_minor=line.deduction_minor if deduct else 0, deduction_reason=line.deduction_reason if deduct else "",
        write_off_minor=line.write_off_minor if write_off else 0)


def _asked(connection: Connection, exception_id: int, lines: Sequence[Line], allowed: Sequence[Line], entry_id: int, by: Signed) -> Done:
    """The entry, and the requests for what its lines lost to the limits."""
    currency, item = desk.case(connection, exception_id).currency, schema.open_item
    done = Done(0, "posted", entry_id)
    for line, kept in zip(lines, allowed, strict=True):
        for kind, wanted, posted, reason in (("deduction", line.deduction_minor, kept.deduction_minor, line.deduction_reason),
                                             ("write_off", line.write_off_minor, kept.write_off_minor, "short payment")):
            if wanted != posted:
                number = connection.execute(select(item.c.document_number).where(item.c.item_id == line.item_id)).scalar_one()
                done = adjustments.request(connection, Wanted(
                    kind, reason, to_text(wanted, currency), customer_id=line.customer_id, document=number, exception_id=exception_id), by)._replace(entry_id=entry_id)
    return done
