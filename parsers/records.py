"""What a reader yields, in file order. Every non-blank byte of a file lies in the span of at least one record.

Money is a signed integer of minor units beside its ISO 4217 code; money into our account is positive. Text fields are
empty, never None, when the file is silent; numbers and dates are None.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal, NamedTuple

Report = Literal["statement", "cash_report", "announcement"]
"""How much a file's money counts: booked on our account · received, not yet on a statement (lockbox, NACHA, 820 with
BPR01 C/D/P/U, processor payouts) · announced only (intraday, advices)."""

Kind = Literal[
    "receipt", "disbursement", "return", "reversal", "fee", "interest", "transfer", "lockbox_deposit", "payout", "other",
]
"""What a bank line is for us. `return`: a payment of ours or to us comes back (NSF and the like). `reversal`: the bank takes
back its own booking. `payout`: a card processor's or marketplace's net settlement. `other`: money in that is no payment."""

Status = Literal["booked", "pending", "info"]
Severity = Literal["error", "warning", "info"]


class Span(NamedTuple):
    """Where a record stands: 1-based line (or record) number, byte offsets `[start, end)` in the decoded file."""

    line: int
    start: int
    end: int


class Envelope(NamedTuple):
    """Bytes that hold a file together and carry no money: headers, trailers, padding, comments."""

    span: Span
    name: str


class StatementOpened(NamedTuple):
    """A statement, report, batch or lockbox begins; the lines up to `StatementClosed` belong to it.

    `copy`: the bank's word for telling again what it has told before (`DUPL`, `correction`); empty where it tells it for the first time.
    """

    span: Span
    statement_id: str
    account: str
    currency: str
    report: Report = "statement"
    sequence: str = ""
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    opening_minor: int | None = None
    lockbox: str = ""
    copy: str = ""


class RemittanceLine(NamedTuple):
    """What the payer says it pays. `amount_minor` is the net cash for the document, a credit memo's is negative;
    gross = amount + discount + deduction. None where the payer gives a number and no amount."""

    span: Span
    document_number: str
    amount_minor: int | None = None
    discount_minor: int = 0
    deduction_minor: int = 0
    deduction_reason: str = ""
    document_type: Literal["invoice", "credit_memo", "debit_memo", "purchase_order", "on_account", "other"] = "invoice"
    memo: str = ""


class BankLine(NamedTuple):
    """One booked entry, or one detail of a batch entry whose details are in the file.

    A detail names its entry by `batch_key` (a number that no other entry of the file has: its line, or where lines mean nothing,
    as in XML and X12, its first byte), `batch_reference` and `batch_amount_minor`; a line that is no detail leaves the three empty. `fee_minor` is a charge that the message says was taken from the payer's
    payment before it reached `amount_minor` (payer sent amount + fee). `original_reference` is what a return takes back.
    """

    span: Span
    amount_minor: int
    currency: str
    kind: Kind
    booking_date: dt.date | None = None
    value_date: dt.date | None = None
    type_code: str = ""
    bank_reference: str = ""
    customer_reference: str = ""
    check_number: str = ""
    payer_name: str = ""
    payer_account: str = ""
    structured_reference: str = ""
    remittance_text: str = ""
    return_reason: str = ""
    original_reference: str = ""
    batch_reference: str = ""
    batch_amount_minor: int | None = None
    batch_key: int | None = None
    fee_minor: int = 0
    instructed_minor: int | None = None
    instructed_currency: str = ""
    status: Status = "booked"
    remittance: tuple[RemittanceLine, ...] = ()


class DetailChange(NamedTuple):
    """A notification of change (NACHA addenda 98): the payer's bank details are to be corrected; no money moved."""

    span: Span
    code: str
    original_reference: str
    payer_name: str
    corrected: str


class Control(NamedTuple):
    """A figure that the file states about itself beside the one we computed: a balance, total, count or hash.

    `currency` is set when both are minor units, empty for counts and hashes. A mismatch becomes an issue when drained.
    """

    span: Span
    name: str
    stated: int
    computed: int
    currency: str = ""

    @property
    def ties(self) -> bool:
        """Whether the file agrees with itself."""
        return self.stated == self.computed


class StatementClosed(NamedTuple):
    """The statement ends; `closing_minor` as the file states it."""

    span: Span
    closing_minor: int | None = None
    closing_date: dt.date | None = None


class Issue(NamedTuple):
    """A problem of the data, told with its place; `raw` is the offending text, cut to what a person wants to see.

    `error`: the file must not be taken as it is. `warning`: something a person should know; the money is right.
    """

    span: Span
    severity: Severity
    code: str
    message: str
    raw: str = ""


Record = Envelope | StatementOpened | BankLine | DetailChange | Control | StatementClosed | Issue
