"""The accounts of the general ledger that postings use, and which side of the balance sheet they stand on."""

from __future__ import annotations

RECEIVABLE = "receivable"
UNAPPLIED = "unapplied cash"
TRANSIT = "cash in transit"
DISCOUNT = "cash discount"
DEDUCTION = "deductions"
WRITE_OFF = "write-offs"
BANK_FEES = "bank fees"
INTEREST = "interest income"
DISBURSEMENTS = "disbursements clearing"
TRANSFERS = "transfers clearing"
RETURNS = "returns clearing"
SUSPENSE = "suspense"
PROCESSORS = "processor clearing"
IMPORTED = "imported open items"
RETURN_FEES = "returned item fee income"
SMALL_DIFFERENCES = "small differences"
CREDITS_GRANTED = "credits granted"
MISCELLANEOUS = "miscellaneous charges"
LATE_FEES = "late fee income"
REFUNDS = "refunds payable"
DEPOSITS = "security deposits"
EXCHANGE = "currency exchange"
_BANK = "bank:"


def bank(account: str) -> str:
    """The cash account of one bank account."""
    return _BANK + account
