"""All that is known of one case, as the desk shows it: what came, what is suggested and why, the customer's items, what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Row, Table, select

from cashapp import advices, desk, desk_adjustments, duplicates, explain, item_search, learning, queue, remainders, schema
from cashapp.advices import Remitted
from cashapp.duplicates import Twin
from cashapp.learning import Intended, Lesson, Paid
from cashapp.proposals import HEAD, lines_of
from cashapp.remainders import Money, Part, Way
from matching.deduction_codes import Reason
from matching.schema import DEDUCTS
from matching.steps import Finding

ITEMS_MAX = 40
EARLIER_MAX = 5
EARLIER_LINES_MAX = 40
"""Of so many lines of a payer those payments are the latest; the others only repeat, or are no receipts."""
Rows = list[Row[*tuple[object, ...]]]


class Suggestion(NamedTuple):
    """One proposal with its lines (number, due_date, open_minor, what the item offers as discount and the four amounts, in minor units), and what accepting it teaches."""

    rank: int
    customer_id: str | None
    customer_name: str
    rule: str
    confidence: int
    rivals: int
    explanation: str
    lines: Rows
    teaches: list[Lesson]

    @property
    def applied(self) -> int:
        """The cash that it puts somewhere."""
        return sum(line.applied_minor for line in self.lines)


class Dossier(NamedTuple):
    """A case whole. `line` is the bank line with its file's name and format; `left` what of the money is undecided, in minor units;
    `applied` what stands of earlier decisions on it (customer_id, document_number and the four amounts); `credits` what it left on account and is open;
    `differences` are findings, the likeliest first, and `ways` what to do about them; `twins` receipts that may be the same money."""

    case: Row[*tuple[object, ...]]
    receipt: Row[*tuple[object, ...]] | None
    line: Row[*tuple[object, ...]] | None
    left: int
    applied: Rows
    remittance: list[Remitted]
    evidence: list[Finding]
    suggestions: list[Suggestion]
    customer: Row[*tuple[object, ...]] | None
    items: Rows
    earlier: Rows
    history: Rows
    version: int
    credits: Rows
    differences: list[str]
    ways: list[Way]
    twins: list[Twin]

    @property
    def gap(self) -> int:
        """What the first suggestion leaves open of the one item that it leaves short, in minor units; 0 where there is none, or several, where it is in
        another currency, or as much as came: that amount would not say which of the two it means."""
        lines = self.suggestions[0].lines if self.suggestions and not self.applied else []
        if any(line.rate for line in lines):
            return 0
        left = [line.open_minor - line.applied_minor - line.discount_minor - line.deduction_minor - line.write_off_minor for line in lines if line.document_number]
        short = [minor for minor in left if minor > 0]
        return short[0] if len(short) == 1 and short[0] != self.left else 0

    @property
    def references(self) -> list[str]:
        """The numbers that the suggestions and the remittance name."""
        suggested = [line.document_number for one in self.suggestions for line in one.lines if line.document_number]
        return list(dict.fromkeys([*suggested, *(told.document_number for told in self.remittance if told.document_number), *(
            line.document_number for line in self.applied if line.document_number)]))


def gather(connection: Connection, exception_id: int, fee_limit: Callable[[str], int], reasons: tuple[Reason, ...], base_currency: str) -> Dossier:
    """The case, or a usage error that names it. `fee_limit` is the largest bank fee that is written off, by currency; `reasons` why payers deduct;
    `base_currency` that of remittance lines which name none."""
    case = desk.case(connection, exception_id)
    receipt = _one(connection, schema.receipt, schema.receipt.c.receipt_id, case.receipt_id)
    line = _line(connection, receipt.line_id if receipt else case.line_id)
    suggestions = _suggestions(connection, receipt, reasons) if receipt else []
    owner = (suggestions[0].customer_id if suggestions else None) or case.customer_id or (receipt.customer_id if receipt else None)
    evidence = explain.findings(connection, case.receipt_id) if case.receipt_id is not None else []
    applied, items = _applied(connection, case.receipt_id), open_items(connection, owner, case.currency)
    is_open = case.status == "open" and receipt is not None
    remittance = advices.lines_read(connection, receipt.receipt_id if receipt else None, line, base_currency) if line else []
    return Dossier(
        case, receipt, line, receipt.unapplied_minor if receipt else case.amount_minor or 0, applied, remittance,
        [step for step in evidence if step.question != _DIFFERENCE], suggestions, _one(connection, schema.customer, schema.customer.c.customer_id, owner), items,
        _earlier(connection, line, receipt), queue.history(connection, exception_id), queue.last_event(connection, exception_id),
        desk_adjustments.credits_of(connection, case.receipt_id), [step.finding for step in evidence if step.question == _DIFFERENCE],
        _ways(connection, receipt, suggestions[0], items, fee_limit, reasons) if is_open and receipt and suggestions and not applied else [],
        duplicates.twins(connection, receipt.receipt_id) if is_open and receipt and receipt.unapplied_minor == receipt.amount_minor else [],
    )


_DIFFERENCE = "difference"
"""The question under which the engine tells why an amount may not come out."""


def _ways(connection: Connection, receipt: Row[*tuple[object, ...]], first: Suggestion, items: Rows, fee_limit: Callable[[str], int],
          reasons: tuple[Reason, ...]) -> list[Way]:
    if any(line.rate for line in first.lines):
        return []  # the amounts are of two currencies
    parts = [Part(line.document_number, line.customer_id, line.open_minor, line.applied_minor, line.offered_minor, line.discount_date) for line in first.lines if line.document_number]
    others = [Part(item.document_number, item.customer_id, item.open_minor, 0, 0, None) for item in items]
    money = Money(receipt.unapplied_minor, receipt.currency, fee_limit(receipt.currency))
    known = {*learning.HABITS, *(f"{DEDUCTS}{reason.code}" for reason in reasons)}
    habits = {habit: times for habit, times in learning.habits(connection, first.customer_id).items() if habit in known} if first.customer_id else {}
    return remainders.ways(parts, others, money, habits, receipt.value_date)


def _one(connection: Connection, table: Table, column: object, value: object) -> Row[*tuple[object, ...]] | None:
    return connection.execute(select(table).where(column == value)).first() if value is not None else None  # type: ignore[arg-type]


def _line(connection: Connection, line_id: int | None) -> Row[*tuple[object, ...]] | None:
    line, file = schema.bank_line, schema.source_file
    if line_id is None:
        return None
    query = select(line, file.c.name.label("file_name"), file.c.format, file.c.sha256).join(file, file.c.file_id == line.c.file_id)
    return connection.execute(query.where(line.c.line_id == line_id)).first()


def _applied(connection: Connection, receipt_id: int | None) -> Rows:
    applied, item, reversal = schema.application, schema.open_item, schema.journal_entry
    query = (
        select(applied, item.c.document_number, item.c.currency.label("item_currency")).outerjoin(item, item.c.item_id == applied.c.item_id).outerjoin(reversal, reversal.c.reverses == applied.c.entry_id)
        .where(applied.c.receipt_id == receipt_id, reversal.c.reverses.is_(None)).order_by(applied.c.application_id)
    )
    return list(connection.execute(query).all())


def _suggestions(connection: Connection, receipt: Row[*tuple[object, ...]], reasons: tuple[Reason, ...]) -> list[Suggestion]:
    head, customer = schema.proposal, schema.customer
    heads = connection.execute(
        select(*HEAD, customer.c.name.label("customer_name")).outerjoin(customer, customer.c.customer_id == head.c.customer_id)
        .where(head.c.receipt_id == receipt.receipt_id).order_by(head.c.rank)).all()
    lines = _suggested_lines(connection, lines_of(receipt.receipt_id))
    found = []
    for row in heads:
        mine = [line for line in lines if line.rank == row.rank]
        teaches = learning.foretold(connection, [_intended(receipt, row, mine)], reasons)
        found.append(Suggestion(row.rank, row.customer_id, row.customer_name or "", row.rule, row.confidence, row.rivals, row.explanation, mine, teaches))
    return found


def accepted_together(connection: Connection, exception_ids: Sequence[int], reasons: tuple[Reason, ...]) -> list[Lesson]:
    """What accepting the first suggestion of each of the cases would teach."""
    case, head, told, receipt = schema.exception_case, schema.proposal, schema.proposal_line, schema.receipt
    theirs = select(case.c.receipt_id).where(case.c.exception_id.in_(exception_ids))
    first = {row.receipt_id: row for row in connection.execute(select(head).where(head.c.receipt_id.in_(theirs), head.c.rank == 1))}
    lines: dict[int, Rows] = {}
    for line in _suggested_lines(connection, told, told.c.receipt_id.in_(first), told.c.rank == 1):
        lines.setdefault(line.receipt_id, []).append(line)
    receipts = connection.execute(select(receipt).where(receipt.c.receipt_id.in_(first)).order_by(receipt.c.receipt_id))
    return learning.foretold(connection, [_intended(row, first[row.receipt_id], lines.get(row.receipt_id, [])) for row in receipts], reasons)


def _suggested_lines(connection: Connection, told: FromClause, *only: ColumnElement[bool]) -> Rows:
    """Lines of suggestions with what is known of their items."""
    item = schema.open_item
    of_item = (item.c.document_number, item.c.currency.label("item_currency"), item.c.due_date, item.c.open_minor, item.c.discount_minor.label("offered_minor"), item.c.discount_date, item.c.customer_id)
    query = select(told, *of_item).outerjoin(item, item.c.item_id == told.c.item_id).where(*only)
    return list(connection.execute(query.order_by(told.c.receipt_id, told.c.rank, told.c.n)).all())


def _intended(receipt: Row[*tuple[object, ...]], head: Row[*tuple[object, ...]], lines: Rows) -> Intended:
    """Accepting a suggestion."""
    customers = {line.customer_id or head.customer_id for line in lines} - {None}
    return Intended(receipt, customers, head.amount_evidence, [_paid(line) for line in lines if line.item_id])


def _paid(line: Row[*tuple[object, ...]]) -> Paid:
    """What a suggested line would do to its item."""
    in_receipt_currency = line.applied_minor + line.discount_minor + line.deduction_minor + line.write_off_minor
    taken = in_receipt_currency if line.item_minor is None else line.item_minor
    return Paid(line.item_id, line.document_number, line.item_currency, line.due_date, line.open_minor - taken, line.deduction_minor, line.deduction_reason)


def open_items(connection: Connection, customer_id: str | None, currency: str | None, search: str = "", *, everybody: bool = False) -> Rows:
    """A customer's open items in the currency, or everybody's, oldest first; with `search` those that `item_search` finds."""
    item, customer = schema.open_item, schema.customer
    if (customer_id is None or everybody) and not search:
        return []
    query = select(item, customer.c.name.label("customer_name")).join(customer, customer.c.customer_id == item.c.customer_id).where(
        item.c.open_minor != 0, item.c.currency == currency)
    mine = customer_id is not None and not everybody
    if search:
        query = query.where(item_search.within(search, currency) if mine else item_search.found(connection, search, currency))
    if mine:
        query = query.where(item.c.customer_id == customer_id)
    return list(connection.execute(query.order_by(item.c.due_date, item.c.item_id).limit(ITEMS_MAX)).all())


def _earlier(connection: Connection, line: Row[*tuple[object, ...]] | None, receipt: Row[*tuple[object, ...]] | None) -> Rows:
    """How the latest payments of the same payer were applied: value_date, amount_minor, currency, customer_id, document_number, rule, actor."""
    if line is None or receipt is None or not line.payer_name:
        return []
    other, bank, applied, item = schema.receipt, schema.bank_line, schema.application, schema.open_item
    latest = select(bank.c.line_id).where(bank.c.payer_name == line.payer_name, bank.c.line_id != line.line_id).order_by(bank.c.line_id.desc()).limit(EARLIER_LINES_MAX)
    lines = connection.execute(latest).scalars().all()
    payments = connection.execute(
        select(other.c.receipt_id).where(other.c.line_id.in_(lines)).order_by(other.c.value_date.desc(), other.c.receipt_id).limit(EARLIER_MAX)).scalars().all()
    query = (
        select(other.c.receipt_key, other.c.value_date, other.c.amount_minor, other.c.currency, applied.c.customer_id, item.c.document_number, applied.c.rule, applied.c.actor)
        .join(other, other.c.receipt_id == applied.c.receipt_id).outerjoin(item, item.c.item_id == applied.c.item_id)
        .where(applied.c.receipt_id.in_(payments)).order_by(other.c.value_date.desc(), other.c.receipt_id, item.c.document_number).limit(20)
    )
    return list(connection.execute(query).all())
