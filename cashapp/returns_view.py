"""Returned items as a person or a program wants to see them: rows for a list, and everything about one."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, Row, Select, select

from cashapp import return_cases, return_originals, schema
from cashapp.config import Config
from cashapp.money import shown
from cashapp.strata import TOOK_OFF
from parsers.returns import lookup


def listing(connection: Connection, config: Config, as_of: dt.date) -> list[dict[str, object]]:
    """The items, newest first; `retry` is the day planned or proposed, `flag` whether the payer must bring certified funds."""
    table = schema.returned_item
    certified = return_cases.certified_only(connection, config.returns, as_of)
    rows = connection.execute(_query().where(table.c.method != "undone").order_by(table.c.returned_on.desc(), table.c.return_id.desc())).all()
    return [_row(connection, row, config, as_of, certified) for row in rows]


def details(connection: Connection, return_id: int, config: Config, as_of: dt.date) -> dict[str, object]:
    """One item with what it reopened, the receipts it may be about while it waits, and its history."""
    return_cases.get(connection, return_id)
    row = connection.execute(_query().where(schema.returned_item.c.return_id == return_id)).one()
    reason = lookup(row.code)
    waits = row.method == "waiting" and row.amount_minor > 0
    fitting = return_originals.fitting(
        connection, row.currency, row.amount_minor, return_cases.bank_fee_limit(config.returns, row.currency), row.returned_on) if waits else ()
    plan = return_cases.retry_plan(connection, row, config.returns, as_of, config.links.calendar)
    return {
        **_row(connection, row, config, as_of, return_cases.certified_only(connection, config.returns, as_of)),
        "meaning": reason.label if reason else "", "category": row.category, "found_by": row.how, "attempts": row.attempts,
        "bank_fee": shown(row.bank_fee_minor, row.currency) if row.bank_fee_minor else "", "retry_rule": plan.why,
        "told_by": f"{row.file_name}, line {row.line}" if row.file_name else "a person",
        "reopened": _reopened(connection, return_id),
        "candidates": [f"{told.receipt_key} {shown(told.amount_minor, told.currency)} {told.payer_name} {told.value_date}" for told in fitting[:10]],
        "history": _history(connection, return_id),
    }


def _query() -> Select[*tuple[object, ...]]:
    table, receipt, told, line, file = schema.returned_item, schema.receipt, schema.bank_line.alias("told"), schema.bank_line, schema.source_file
    return (
        select(table, receipt.c.receipt_key, told.c.payer_name.label("paid_by"), line.c.payer_name, line.c.line, file.c.name.label("file_name"))
        .outerjoin(receipt, receipt.c.receipt_id == table.c.receipt_id).outerjoin(told, told.c.line_id == receipt.c.line_id)
        .outerjoin(line, line.c.line_id == table.c.line_id).outerjoin(file, file.c.file_id == line.c.file_id)
    )


def _row(connection: Connection, row: Row[*tuple[object, ...]], config: Config, as_of: dt.date, certified: dict[str, int]) -> dict[str, object]:
    fee = {"charged": shown(row.fee_minor, row.currency), "waived": "waived"}.get(row.fee_state, "")
    plan = return_cases.retry_plan(connection, row, config.returns, as_of, config.links.calendar)
    proposed = f"may be on {plan.on}" if plan.on else ""
    return {
        "return_id": row.return_id, "returned_on": row.returned_on.isoformat(), "payer": row.paid_by or row.payer_name or "", "customer_id": row.customer_id,
        "amount": shown(row.amount_minor, row.currency), "code": row.code, "method": row.method, "outcome": return_cases.OUTCOMES.get(row.method, row.method), "receipt_id": row.receipt_key, "fee": fee,
        "retry": row.retry_on.isoformat() if row.retry_on else proposed, "flag": "certified funds only" if row.customer_id in certified else "",
    }


def _reopened(connection: Connection, return_id: int) -> list[str]:
    event, application, item, receipt = schema.return_event, schema.application, schema.open_item, schema.receipt
    query = (
        select(item.c.document_number, application.c.customer_id, receipt.c.currency, application.c.applied_minor, application.c.discount_minor,
               application.c.deduction_minor, application.c.write_off_minor)
        .join(application, application.c.entry_id == event.c.entry_id).join(item, item.c.item_id == application.c.item_id)
        .join(receipt, receipt.c.receipt_id == application.c.receipt_id)
        .where(event.c.return_id == return_id, event.c.action == TOOK_OFF).order_by(application.c.application_id)
    )
    return [f"{row.document_number} of {row.customer_id}: {shown(row.applied_minor, row.currency)}"
            + "".join(f", {name} {shown(minor, row.currency)}" for name, minor in (
                ("discount", row.discount_minor), ("deduction", row.deduction_minor), ("write-off", row.write_off_minor)) if minor)
            for row in connection.execute(query)]


def _history(connection: Connection, return_id: int) -> list[str]:
    event = schema.return_event
    rows = connection.execute(select(event).where(event.c.return_id == return_id).order_by(event.c.event_id))
    return [f"{row.at:%Y-%m-%d %H:%M} {row.actor}: {row.action}{f' {row.detail}' if row.detail else ''}{f' (entry {row.entry_id})' if row.entry_id else ''}" for row in rows]
