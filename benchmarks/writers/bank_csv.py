"""A bank's CSV download with a header row: RFC 4180, UTF-8, dates ISO 8601, signed amounts with a point, running balance.

    Date,Value Date,Amount,Currency,Account,Reference,Customer Reference,Check Number,Payer,Payer Account,Description,Type,Balance
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from benchmarks.payments import Statement
from benchmarks.writers.fields import decimal

HEADER = ("Date", "Value Date", "Amount", "Currency", "Account", "Reference", "Customer Reference", "Check Number", "Payer",
          "Payer Account", "Description", "Type", "Balance")
TYPES = {"receipt": "PAYMENT RECEIVED", "disbursement": "PAYMENT SENT", "return": "RETURN", "fee": "FEE", "interest": "INTEREST",
         "lockbox_deposit": "DEPOSIT", "transfer": "TRANSFER"}


def write_csv(out: TextIO, statements: Iterable[Statement]) -> None:
    """The entries of all statements under one header."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    for statement in statements:
        balance = statement.opening_minor
        for payment in statement.payments:
            balance += payment.amount_minor
            own = payment.original_reference if payment.kind == "return" else payment.customer_reference
            text = " ".join(part for part in (payment.return_reason, payment.structured_reference, payment.text) if part)
            writer.writerow((payment.booking_date, payment.value_date, decimal(payment.amount_minor, payment.currency),
                             payment.currency,
                             statement.account, payment.bank_reference, own, payment.check_number, payment.payer_name,
                             payment.payer_account, text, TYPES[payment.kind], decimal(balance, statement.currency)))
