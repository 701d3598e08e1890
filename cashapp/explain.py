"""Why a receipt stands where it stands: what came, what the engine thought, what was decided, down to the bytes."""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy import Connection, Row, or_, select

from cashapp import advices, learning, schema
from cashapp.advices import Remitted
from cashapp.errors import UsageError
from cashapp.exceptions import REASONS
from cashapp.money import shown
from cashapp.proposals import HEAD, lines_of
from matching.steps import Answer, Finding, first_steps


class Explanation(NamedTuple):
    """Everything that is known of one receipt, ready to print."""

    receipt_id: str
    came: list[tuple[str, str]]  # fact, value
    thought: list[Finding]
    proposals: list[dict[str, object]]
    happened: list[str]
    waits_for: str

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "receipt_id": self.receipt_id, "came": dict(self.came),
            "evidence": [each._asdict() for each in self.thought],
            "proposals": self.proposals, "happened": self.happened, "waits_for": self.waits_for,
        }


def find_receipt(connection: Connection, name: str) -> Row[*tuple[object, ...]]:
    """The receipt by its id, the beginning of its id, or a reference of its payment that is its alone."""
    receipt, line = schema.receipt, schema.bank_line
    found = connection.execute(
        select(receipt).join(line, line.c.line_id == receipt.c.line_id)
        .where(or_(receipt.c.receipt_key.startswith(name, autoescape=True), *schema.bearing(line, name))).order_by(receipt.c.receipt_key).limit(3)).all()
    exact = [row for row in found if row.receipt_key == name] or found
    if len(exact) != 1:
        raise UsageError(f"{name!r} names {'no receipt' if not exact else 'several receipts'}; `cashapp export receipts` lists them")
    return exact[0]


def explain(connection: Connection, name: str, base_currency: str) -> Explanation:
    """Gather what the books hold on the receipt; `base_currency` is that of advices which name none."""
    receipt = find_receipt(connection, name)
    return Explanation(
        receipt.receipt_key, _came(connection, receipt, base_currency), [*findings(connection, receipt.receipt_id), *_habits(connection, receipt)], _proposals(connection, receipt),
        _happened(connection, receipt), _waits_for(connection, receipt.receipt_id),
    )


def _came(connection: Connection, receipt: Row[*tuple[object, ...]], base_currency: str) -> list[tuple[str, str]]:
    line, file, link = schema.bank_line, schema.source_file, schema.line_link
    row = connection.execute(select(line, file.c.name, file.c.format).join(file, file.c.file_id == line.c.file_id).where(line.c.line_id == receipt.line_id)).one()
    facts = [
        ("amount", shown(receipt.amount_minor, receipt.currency)), ("value date", receipt.value_date.isoformat()), ("account", row.account),
        ("payer", row.payer_name), ("payer account", row.payer_account), ("bank reference", row.bank_reference),
        ("payer reference", row.customer_reference), ("check number", row.check_number), ("structured reference", row.structured_reference),
        ("text", row.remittance_text), ("told by", f"{row.name} ({row.format}), line {row.line}, bytes {row.byte_start}–{row.byte_end}"),
    ]
    others = connection.execute(
        select(file.c.name, line.c.line, link.c.how, link.c.why).join(line, line.c.line_id == link.c.line_id).join(file, file.c.file_id == line.c.file_id)
        .where(link.c.counted_by == receipt.line_id).order_by(line.c.line_id)).all()
    verbs = {"repeat": "told again by", "settles": "seen on the statement", "details": "opened by"}
    facts += [(verbs[other.how], f"{other.name}, line {other.line} ({other.why})") for other in others]
    remitted = advices.lines_read(connection, receipt.receipt_id, row, base_currency)
    facts += [("pays", _pays(told)) for told in remitted]
    return [(fact, value) for fact, value in facts if value]


def _less(line: Remitted) -> str:
    parts = [f"discount {shown(line.discount_minor, line.currency)}"] if line.discount_minor else []
    if line.deduction_minor:
        parts.append(f"deduction {shown(line.deduction_minor, line.currency)} {line.deduction_reason}".strip())
    return f", {', '.join(parts)}" if parts else ""


def _pays(line: Remitted) -> str:
    """A line of remittance: number, amount where it has one, what is taken off, and whose word it is."""
    amount = [] if line.amount_minor is None else [shown(line.amount_minor, line.currency)]
    return " ".join([line.document_number, *amount]).strip() + _less(line) + _by(line)


def _by(line: Remitted) -> str:
    """Which advice has the line, where it did not come with the payment."""
    if not line.advice:
        return ""
    sender = f" of {line.sender}" if line.sender else ""
    return f", says the advice {line.advice}{sender}"


def findings(connection: Connection, receipt_id: int) -> list[Finding]:
    """What the engine found about the receipt, in the order of its thought."""
    head, beside = schema.proposal, schema.evidence
    column = {column.name: column for column in HEAD}
    first = connection.execute(select(*(column[name] for name in Answer._fields)).where(head.c.receipt_id == receipt_id, head.c.rank == 1)).first()
    told = connection.execute(select(beside.c.findings).where(beside.c.receipt_id == receipt_id)).scalar()
    return [*(first_steps(Answer(*first)) if first else []), *(Finding(*each) for each in json.loads(told or "[]"))]


def _habits(connection: Connection, receipt: Row[*tuple[object, ...]]) -> list[Finding]:
    """What persons have settled for this payer before, while money of the receipt waits."""
    if receipt.unapplied_minor == 0 or receipt.customer_id is None:
        return []
    return [Finding("difference", "neutral", f"The payer {learning.in_words(learning.HABIT, habit)}: persons have settled {count} of its receipts so.")
            for habit, count in learning.habits(connection, receipt.customer_id).items()]


def _proposals(connection: Connection, receipt: Row[*tuple[object, ...]]) -> list[dict[str, object]]:
    head, told, item = schema.proposal, lines_of(receipt.receipt_id), schema.open_item
    proposals = []
    for row in connection.execute(select(*HEAD).where(head.c.receipt_id == receipt.receipt_id).order_by(head.c.rank)):
        lines = connection.execute(
            select(told, item.c.document_number, item.c.currency.label("item_currency")).outerjoin(item, item.c.item_id == told.c.item_id)
            .where(told.c.rank == row.rank).order_by(told.c.n)).all()
        proposals.append({
            "rank": row.rank, "customer_id": row.customer_id, "rule": row.rule, "payer_evidence": row.payer_evidence,
            "amount_evidence": row.amount_evidence, "confidence": row.confidence, "rivals": row.rivals, "explanation": row.explanation,
            "lines": [
                {"invoice_number": line.document_number or "", "applied": shown(line.applied_minor, receipt.currency),
                 **{name: shown(value, receipt.currency) for name, value in (
                     ("discount", line.discount_minor), ("deduction", line.deduction_minor), ("write_off", line.write_off_minor)) if value},
                 **({"pays": shown(line.item_minor, line.item_currency), "rate": line.rate} if line.rate else {})}
                for line in lines
            ],
        })
    return proposals


def _happened(connection: Connection, receipt: Row[*tuple[object, ...]]) -> list[str]:
    entry, leg, item = schema.journal_entry, schema.posting, schema.open_item
    ids = select(leg.c.entry_id).where(leg.c.receipt_id == receipt.receipt_id)
    rows = connection.execute(select(entry).where(entry.c.entry_id.in_(ids)).order_by(entry.c.entry_id)).all()
    told = []
    for row in rows:
        items = connection.execute(
            select(item.c.document_number).join(leg, leg.c.item_id == item.c.item_id).where(leg.c.entry_id == row.entry_id)
            .group_by(item.c.document_number).order_by(item.c.document_number)).scalars().all()
        on = f" on {', '.join(items)}" if items else ""
        told.append(f"{row.entry_date.isoformat()} entry {row.entry_id}: {row.kind}{on} by {row.actor}{' – ' + row.reason if row.reason else ''}")
    return told


def _waits_for(connection: Connection, receipt_id: int) -> str:
    case = schema.exception_case
    row = connection.execute(select(case).where(case.c.receipt_id == receipt_id, case.c.status == "open").order_by(case.c.exception_id)).first()
    return f"exception {row.exception_id}: {row.reason} – {REASONS[row.reason]}" if row else ""
