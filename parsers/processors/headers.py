"""Which header rows belong to the exports of payment processors and marketplaces, so that each file has one reader only.

A header is told by a few names that stand together in that processor's reports and nowhere else; names are folded as in
`parsers.delimited.rows.fold`, so the order, the case and further columns do not matter.
"""

from __future__ import annotations

from parsers.delimited.rows import DELIMITERS, fold, head_rows

STRIPE = (
    {"balance transaction id", "gross", "fee", "net"},
    {"automatic payout id", "gross", "fee", "net"},
    {"id", "type", "source", "amount", "fee", "net", "currency", "available on utc"},
    {"id", "type", "source id", "amount", "fee", "net", "currency"},
    {"id", "type", "source", "amount", "fee", "net", "currency", "created utc"},
    {"id", "amount", "amount refunded", "currency", "converted amount", "fee", "status"},
    {"id", "amount", "amount refunded", "currency", "converted amount", "status", "captured"},
    {"id", "amount", "arrival date utc", "currency", "method", "status"},
)
PAYPAL = (
    {"transaction id", "transaction event code", "transaction debit or credit", "gross transaction amount"},
    {"time zone", "gross", "fee", "net", "transaction id"},
    {"timezone", "gross", "fee", "net", "transaction id"},
    {"time", "gross", "fee", "net", "transaction id", "status"},
    {"zeitzone", "brutto", "netto", "transaktionscode"},
    {"fuseau horaire", "avant commission", "commission", "net"},
    {"zona horaria", "bruto", "neto"},
    {"fuso orario", "lordo", "netto"},
    {"tijdzone", "bruto", "netto"},
)
AMAZON = (
    {"settlement id", "total amount", "transaction type", "order id"},
    {"order id", "order url", "items", "total", "payments"},
)
ADYEN = (
    {"psp reference", "net debit nc", "net credit nc", "type"},
)
_OF_NO_BANK = tuple({name} for name in (
    "payout id", "payout status", "payout reference", "settlement id", "settlement reference", "settlement batch id", "disbursement id",
    "deposit id", "gross sales",
))
"""What processors without a reader of their own name in their exports (Shopify, Mollie, GoCardless, Square), and banks never do."""

_RECORD_TYPES_OF_PAYPAL = frozenset({"RH", "FH", "SH"})


def fits(row: list[str], signatures: tuple[set[str], ...]) -> bool:
    """Whether the row is a header of that processor."""
    names = {fold(cell) for cell in row}
    return any(signature <= names for signature in signatures)


def is_processor_header(row: list[str]) -> bool:
    """Whether the row opens a report of any processor."""
    is_paypal_record = len(row) > 1 and row[0] in _RECORD_TYPES_OF_PAYPAL
    return is_paypal_record or any(fits(row, signatures) for signatures in (STRIPE, PAYPAL, AMAZON, ADYEN))


def is_of_no_bank(row: list[str]) -> bool:
    """Whether the row opens an export of sales and payouts: its gross amounts never stood on a bank account."""
    return fits(row, _OF_NO_BANK)


def delimiter_of(head: bytes, signatures: tuple[set[str], ...], page: str = "cp1252") -> str | None:
    """The delimiter under which one of the first rows is a header of that processor; None where none is."""
    return next(
        (delimiter for delimiter in DELIMITERS if delimiter.encode() in head
         and any(fits(row.cells, signatures) for row in head_rows(head, delimiter, page, count=12))),
        None,
    )
