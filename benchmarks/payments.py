"""What the writers put into bank files: payments, the statements that book them, and what the payer says it pays.

Amounts are minor units; money into our account is positive. Everything here is what a bank knows; who the customer is and
what is right stands in `benchmarks.world`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Literal, NamedTuple

Rail = Literal["wire", "sepa", "ach", "debit", "check", "book"]
"""How the money moved; `debit`: we drew it from the payer's account (a preauthorised ACH debit)."""
Kind = Literal["receipt", "disbursement", "return", "fee", "interest", "lockbox_deposit", "transfer"]


class Told(NamedTuple):
    """One line of remittance advice: `amount_minor` is the net cash for the document, negative for a credit memo."""

    document_number: str
    amount_minor: int
    discount_minor: int = 0
    deduction_minor: int = 0
    deduction_reason: str = ""

    @property
    def gross_minor(self) -> int:
        """What the document is reduced by."""
        return self.amount_minor + self.discount_minor + self.deduction_minor


class Payment(NamedTuple):
    """One entry on an account, or one payment inside a batch entry (`details`, whose amounts add up to the entry's).

    `fee_minor` was taken by a bank on the way: the payer sent amount + fee. `payer_account` is an IBAN or `routing/account`.
    """

    amount_minor: int
    booking_date: dt.date
    value_date: dt.date
    bank_reference: str
    currency: str = "USD"
    customer_reference: str = ""
    kind: Kind = "receipt"
    rail: Rail = "wire"
    payer_name: str = ""
    payer_account: str = ""
    payer_bank: str = ""
    check_number: str = ""
    text: str = ""
    structured_reference: str = ""
    fee_minor: int = 0
    return_reason: str = ""
    original_reference: str = ""
    remittance: tuple[Told, ...] = ()
    details: tuple[Payment, ...] = ()


class Statement(NamedTuple):
    """One account's entries up to the end of `date`; `payments` may be iterated more than once."""

    account: str
    date: dt.date
    opening_minor: int
    payments: Collection[Payment]
    currency: str = "USD"
    statement_id: str = "1"
    sequence: int = 1
    opening_date: dt.date | None = None
    bank: str = ""
    owner: str = ""

    @property
    def credit_minor(self) -> int:
        """All money in."""
        return sum(payment.amount_minor for payment in self.payments if payment.amount_minor > 0)

    @property
    def debit_minor(self) -> int:
        """All money out, as a positive figure."""
        return -sum(payment.amount_minor for payment in self.payments if payment.amount_minor < 0)

    @property
    def closing_minor(self) -> int:
        """Opening balance and every entry."""
        return self.opening_minor + self.credit_minor - self.debit_minor
