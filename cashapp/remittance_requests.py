"""Asking a payer what a payment is for: the mail as a draft, and the note that it was asked. The program sends nothing; the clerk's own mail does."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from sqlalchemy import Connection, select

from cashapp import desk, exceptions, schema
from cashapp.desk import By
from cashapp.money import shown


class Draft(NamedTuple):
    """A mail to copy, or to open in a mail program."""

    to: str
    subject: str
    body: str

    @property
    def link(self) -> str:
        """As a `mailto:` address."""
        return f"mailto:{quote(self.to)}?subject={quote(self.subject)}&body={quote(self.body)}"


def draft(connection: Connection, exception_id: int, company: str) -> Draft:
    """The mail for the case's receipt, to the customer whom the case, or its first suggestion, names."""
    receipt = desk.open_receipt(connection, exception_id)
    case = desk.case(connection, exception_id)
    line, customer, head = schema.bank_line, schema.customer, schema.proposal
    paid = connection.execute(select(line).where(line.c.line_id == receipt.line_id)).one()
    suggested = connection.execute(select(head.c.customer_id).where(head.c.receipt_id == receipt.receipt_id, head.c.rank == 1)).scalar()
    whose = connection.execute(select(customer).where(customer.c.customer_id == (case.customer_id or suggested))).first()
    amount, reference = shown(receipt.amount_minor, receipt.currency), paid.customer_reference or paid.bank_reference
    facts = [("Amount", amount), ("Value date", receipt.value_date.isoformat()), ("Payer", paid.payer_name), ("Your reference", paid.customer_reference),
             ("Bank reference", paid.bank_reference), ("Check", paid.check_number), ("Text", paid.remittance_text)]
    told = "\n".join(f"  {name}: {value}" for name, value in facts if value)
    left = "" if receipt.unapplied_minor == receipt.amount_minor else f"\nOf it {shown(receipt.unapplied_minor, receipt.currency)} is still open.\n"
    body = (f"Dear {whose.name if whose else paid.payer_name or 'customer'},\n\nwe have received this payment:\n\n{told}\n{left}\nWhich invoices is it for, and if you deducted "
            f"anything, how much from which, and why? A list with invoice number, amount paid and deduction is enough.\n\nKind regards\n{company}\n")
    return Draft(whose.email if whose else "", f"Remittance for your payment of {amount}{f', {reference}' if reference else ''}", body)


def ask(connection: Connection, exception_id: int, company: str, by: By) -> Draft:
    """Note on the case that the payer was asked today; returns the mail."""
    written = draft(connection, exception_id, company)
    note = f"asked for remittance on {by.on}{f' at {written.to}' if written.to else ''}"
    table = schema.exception_case
    connection.execute(table.update().where(table.c.exception_id == exception_id).values(note=note))
    exceptions.record(connection, exception_id, by.actor, "ask for remittance", written.subject)
    return written
