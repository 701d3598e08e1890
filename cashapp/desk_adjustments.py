"""The verbs of the queue that make adjustments and returns: write off, deduct, transfer, refund, send back. They keep to the limits of roles."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, Row, select

from cashapp import adjustments, desk, desk_allocations, return_cases, return_originals, returns, schema
from cashapp.adjustments import Done, Signed, Wanted
from cashapp.applications import Line
from cashapp.errors import UsageError
from parsers.amounts import AmountError, to_minor


def write_off(connection: Connection, exception_id: int, amount: str, reason: str, document: str, by: Signed) -> Done:
    """Write off what an item lacks, or what is left of the receipt.

    With a document: of that item. Where the first suggestion leaves exactly one item short, it is posted and the item's rest
    written off with it. Else, and always where the amount is all that is left of the receipt: of the receipt's unapplied cash.
    """
    receipt = desk.open_receipt(connection, exception_id)
    if document:
        return adjustments.request(connection, Wanted("write_off", reason, amount, document=document, exception_id=exception_id), by)
    minor = _minor(amount, receipt.currency)
    short = None if minor == receipt.unapplied_minor else _short_suggestion(connection, exception_id, receipt, minor)
    if short is None:
        return adjustments.request(connection, Wanted("write_off", reason, amount, receipt_key=receipt.receipt_key, exception_id=exception_id), by)
    return _accept_short(connection, exception_id, receipt, short, Wanted("write_off", reason, amount), by)


def deduct(connection: Connection, exception_id: int, amount: str, reason: str, document: str, by: Signed) -> Done:
    """Take what an item lacks off as a deduction with a reason code, which somebody answers for.

    With a document: off that item. Else the first suggestion must leave exactly one item short: it is posted, and the deduction with it.
    """
    receipt = desk.open_receipt(connection, exception_id)
    reason = adjustments.listed(reason, by.reasons)
    if document:
        return adjustments.request(connection, Wanted("deduction", reason, amount, document=document, exception_id=exception_id), by)
    short = _short_suggestion(connection, exception_id, receipt, _minor(amount, receipt.currency))
    if short is None:
        raise UsageError("which invoice is short? name it")
    return _accept_short(connection, exception_id, receipt, short, Wanted("deduction", reason, amount), by)


def transfer(connection: Connection, exception_id: int, to_customer: str, document: str, reason: str, by: Signed) -> Done:
    """Give another customer what stands under the wrong one: the item that is named, else the credit that the receipt left on account, else what is undecided of it."""
    row = desk.case(connection, exception_id)
    desk.known_customer(connection, to_customer)
    if not reason:
        raise UsageError("why is it the other customer's? give a reason")
    credits_left = credits_of(connection, row.receipt_id)
    if not document and not credits_left:
        entry_id = desk.on_account(connection, exception_id, to_customer, desk.By.of(by), action="transfer", detail=f"to {to_customer}: {reason}")
        return Done(0, "posted", entry_id)
    if not document and len(credits_left) > 1:
        raise UsageError(f"which of {', '.join(item.document_number for item in credits_left)}? name it")
    item = next((one for one in credits_left if one.document_number == document or not document), None)
    number, owner = (item.document_number, item.customer_id) if item else (document, "")
    return adjustments.request(connection, Wanted("transfer", reason, customer_id=owner, document=number, to_customer=to_customer, exception_id=exception_id), by)


def credits_of(connection: Connection, receipt_id: int | None) -> list[Row[*tuple[object, ...]]]:
    """The credits that the receipt left on account and that are still open."""
    leg, item = schema.posting, schema.open_item
    if receipt_id is None:
        return []
    made = select(leg.c.item_id).where(leg.c.receipt_id == receipt_id, leg.c.item_id.is_not(None))
    query = select(item).where(item.c.item_id.in_(made), item.c.kind == "on_account", item.c.open_minor != 0).order_by(item.c.item_id)
    return list(connection.execute(query).all())


class Short(NamedTuple):
    """A suggestion that leaves one item short: its rank, the line, the item's number and owner."""

    rank: int
    line: Line
    document: str
    customer_id: str


def _accept_short(connection: Connection, exception_id: int, receipt: Row[*tuple[object, ...]], short: Short, wanted: Wanted, by: Signed) -> Done:
    """Post the suggestion with the amount taken off, or, above the person's limit, without it, and ask for it."""
    minor, line = _minor(wanted.amount, receipt.currency), short.line
    if not adjustments.may_post(connection, wanted.kind, line.item_id or 0, minor, by):
        desk_allocations.accept(connection, exception_id, short.rank, by)
        return adjustments.request(connection, wanted._replace(document=short.document, customer_id=short.customer_id, exception_id=exception_id), by)
    proposal, lines = desk.suggestion(connection, exception_id, receipt.receipt_id, short.rank)
    if wanted.kind == "deduction":
        taken = line._replace(deduction_minor=line.deduction_minor + minor, deduction_reason=wanted.reason)
    else:
        taken = line._replace(write_off_minor=line.write_off_minor + minor)
    entry_id = desk.post(connection, exception_id, receipt, [taken if one == line else one for one in lines], desk.By.of(by), rule=proposal.rule,
                         confidence=proposal.confidence, action=wanted.kind.replace("_", "-"), detail=f"{wanted.amount} of {short.document}: {wanted.reason}")
    return Done(0, "posted", entry_id)


def _short_suggestion(connection: Connection, exception_id: int, receipt: Row[*tuple[object, ...]], minor: int) -> Short | None:
    """The first suggestion, where nothing is decided yet and exactly one item stays open by at least the amount."""
    head, item = schema.proposal, schema.open_item
    first = connection.execute(select(head.c.rank).where(head.c.receipt_id == receipt.receipt_id, head.c.rank == 1)).first()
    if first is None or receipt.unapplied_minor != receipt.amount_minor:
        return None
    _, lines = desk.suggestion(connection, exception_id, receipt.receipt_id, 1)
    rows = {row.item_id: row for row in connection.execute(select(item).where(item.c.item_id.in_([line.item_id for line in lines]))).all()}
    short = [
        line for line in lines
        if line.item_id in rows and line.item_minor is None and rows[line.item_id].open_minor - line.applied_minor - line.discount_minor - line.deduction_minor - line.write_off_minor >= minor
    ]
    if len(short) != 1:
        return None
    row = rows[short[0].item_id]
    return Short(1, short[0], row.document_number, row.customer_id)


def refund(connection: Connection, exception_id: int, amount: str, reason: str, by: Signed) -> Done:
    """Give back what is left of the receipt, or a part of it."""
    receipt = desk.open_receipt(connection, exception_id)
    return adjustments.request(connection, Wanted("refund", reason, amount, receipt_key=receipt.receipt_key, exception_id=exception_id), by)


def came_back(connection: Connection, exception_id: int, receipt_key: str, reason: str, act: returns.Act) -> str:
    """A case about a return: it takes back the receipt named, or the only one it can be. A case about a receipt: that came back.

    Returns the receipt's id.
    """
    case = desk.case(connection, exception_id)
    if case.status != "open":
        raise UsageError(f"exception {exception_id} is {case.status}")
    if case.receipt_id is not None:
        receipt = desk.open_receipt(connection, exception_id)
        returns.expect(connection, receipt.receipt_id, reason, act)
        return str(receipt.receipt_key)
    table = schema.returned_item
    row = connection.execute(select(table).where(table.c.line_id == case.line_id, table.c.method == "waiting")).first()
    if row is None:
        raise UsageError(f"exception {exception_id} ({case.reason}) is about no returned payment")
    key = receipt_key or _only_candidate(connection, row.return_id, act)
    returns.link(connection, row.return_id, key, act)
    return key


def _only_candidate(connection: Connection, return_id: int, act: returns.Act) -> str:
    row = return_cases.get(connection, return_id)
    fitting = return_originals.fitting(connection, row.currency, row.amount_minor, return_cases.bank_fee_limit(act.rules, row.currency), row.returned_on)
    exact = [told for told in fitting if told.amount_minor == row.amount_minor] or fitting
    if len(exact) != 1:
        names = ", ".join(f"{told.receipt_key} ({told.payer_name or 'no name'}, {told.value_date})" for told in exact[:8])
        raise UsageError(f"{'several receipts fit' if exact else 'no receipt fits'}: name it with --receipt{f'; {names}' if names else ''}")
    return str(exact[0].receipt_key)


def _minor(amount: str, currency: str) -> int:
    try:
        return to_minor(amount, currency)
    except AmountError as error:
        raise UsageError(f"{amount}: {error}") from error
