"""The verbs of the queue that make adjustments and returns: write off, refund, send back. They keep to the limits of roles."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cashapp import adjustments, authority, desk, return_cases, return_originals, returns, schema
from cashapp.adjustments import Done, Signed, Wanted
from cashapp.applications import Line
from cashapp.errors import UsageError
from parsers.amounts import AmountError, to_minor


def write_off(connection: Connection, exception_id: int, amount: str, reason: str, document: str, by: Signed) -> Done:
    """Write off what an item lacks, or what is left of the receipt.

    With a document: of that item. Where the first suggestion leaves exactly one item short, it is posted and the item's rest
    written off with it. Else: of the receipt's unapplied cash.
    """
    receipt = desk.open_receipt(connection, exception_id)
    if document:
        return adjustments.request(connection, Wanted("write_off", reason, amount, document=document, exception_id=exception_id), by)
    minor = _minor(amount, receipt.currency)
    short = _short_suggestion(connection, exception_id, receipt.receipt_id, minor) if receipt.unapplied_minor == receipt.amount_minor else None
    if short is None:
        return adjustments.request(connection, Wanted("write_off", reason, amount, receipt_key=receipt.receipt_key, exception_id=exception_id), by)
    rank, line, number, owner = short
    if not authority.may_post(connection, by.roles, by.actor, "write_off", minor, receipt.currency):
        desk.accept(connection, exception_id, rank, desk.By(by.actor, by.on))
        return adjustments.request(connection, Wanted("write_off", reason, amount, document=number, customer_id=owner, exception_id=exception_id), by)
    proposal, lines = desk.suggestion(connection, exception_id, receipt.receipt_id, rank)
    whole = [one._replace(write_off_minor=one.write_off_minor + minor) if one == line else one for one in lines]
    entry_id = desk.post(connection, exception_id, receipt, whole, desk.By(by.actor, by.on), rule=proposal.rule, confidence=proposal.confidence,
                         action="write-off", detail=f"{amount} of {number}: {reason}")
    return Done(0, "posted", entry_id)


def _short_suggestion(connection: Connection, exception_id: int, receipt_id: int, minor: int) -> tuple[int, Line, str, str] | None:
    """The first suggestion's one line whose item stays open by at least the amount: rank, line, document, owner."""
    head, item = schema.proposal, schema.open_item
    if connection.execute(select(head.c.rank).where(head.c.receipt_id == receipt_id, head.c.rank == 1)).first() is None:
        return None
    _, lines = desk.suggestion(connection, exception_id, receipt_id, 1)
    rows = {row.item_id: row for row in connection.execute(select(item).where(item.c.item_id.in_([line.item_id for line in lines]))).all()}
    short = [
        line for line in lines
        if line.item_id in rows and rows[line.item_id].open_minor - line.applied_minor - line.discount_minor - line.deduction_minor - line.write_off_minor >= minor
    ]
    if len(short) != 1:
        return None
    row = rows[short[0].item_id]
    return 1, short[0], row.document_number, row.customer_id


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
