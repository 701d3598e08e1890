"""The world as CSV files: master data, open items and advices in the program's import columns, and the truth to measure
against."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.books import Applied, Customer, Item, Receipt
from benchmarks.writers.fields import decimal

CUSTOMERS = ("customer_id", "name", "parent_id", "aliases", "bank_accounts", "currency", "payment_terms", "credit_limit")
INVOICES = ("invoice_number", "customer_id", "kind", "amount", "currency", "issue_date", "due_date", "open_amount", "po_number",
            "structured_reference", "discount_date", "discount_amount", "payment_terms", "company")
REMITTANCES = ("payment_reference", "invoice_number", "amount", "discount_amount", "deduction_amount", "deduction_reason",
               "payer_name",
               "payment_date", "payment_amount", "currency")
TRUTH = ("bank_reference", "invoice_number", "item_customer_id", "company", "applied_amount", "discount_amount",
         "deduction_amount",
         "write_off_amount", "currency", "amount", "value_date", "payer_customer_id", "behaviour", "expected", "sufficient",
         "format")


def write_customers(path: Path, customers: Iterable[Customer]) -> None:
    _write(path, CUSTOMERS, (
        (c.customer_id, c.name, c.parent_id, "|".join(c.aliases), "|".join(c.known_accounts), c.currency, c.payment_terms,
         decimal(c.credit_limit_minor, c.currency))
        for c in customers))


def write_invoices(path: Path, items: Iterable[Item]) -> None:
    _write(path, INVOICES, (
        (i.invoice_number, i.customer_id, i.kind, decimal(i.amount_minor, i.currency), i.currency, i.issue_date, i.due_date,
         decimal(i.open_minor, i.currency), i.po_number, i.structured_reference, i.discount_date or "",
         decimal(i.discount_minor, i.currency) if i.discount_minor else "", i.payment_terms, i.company)
        for i in items))


def write_remittances(path: Path, receipts: Iterable[Receipt]) -> None:
    """Only what payers sent apart from the money."""
    _write(path, REMITTANCES, (row for receipt in receipts if receipt.medium == "advice" for row in _advice(receipt)))


def _advice(receipt: Receipt) -> Iterator[tuple[object, ...]]:
    currency = receipt.currency
    for told in receipt.written:
        yield (receipt.check_number or receipt.bank_reference, told.document_number, decimal(told.amount_minor, currency),
               decimal(told.discount_minor, currency) if told.discount_minor else "",
               decimal(told.deduction_minor, currency) if told.deduction_minor else "", told.deduction_reason,
               receipt.payer_name, receipt.day, decimal(receipt.amount_minor, currency), currency)


def write_truth(path: Path, receipts: Iterable[Receipt]) -> None:
    """A row for each receipt and item; a receipt that pays nothing known has one row with an empty invoice number."""
    _write(path, TRUTH, (row for receipt in receipts for row in _truth(receipt)))


def _truth(receipt: Receipt) -> Iterator[tuple[object, ...]]:
    about = (receipt.currency, decimal(receipt.amount_minor, receipt.currency), receipt.day,
             receipt.customer.customer_id if receipt.customer else "", receipt.behaviour, receipt.expected,
             "yes" if receipt.sufficient else "no", receipt.format)
    if not receipt.applied:
        yield (receipt.bank_reference, "", "", "", "", "", "", "", *about)
    for applied in receipt.applied:
        yield (receipt.bank_reference, *_application(applied), *about)


def _application(applied: Applied) -> tuple[str, ...]:
    item = applied.item
    amounts = (applied.applied_minor, applied.discount_minor, applied.deduction_minor, applied.write_off_minor)
    return (item.invoice_number, item.customer_id, item.company, *(decimal(minor, item.currency) for minor in amounts))


def _write(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
