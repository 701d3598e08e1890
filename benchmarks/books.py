"""Our side of the synthetic world: customers, open items, and receipts of which the truth is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from benchmarks.payments import Told

Expected = Literal["post", "ask"]
Medium = Literal["text", "file", "advice", "none"]
"""Where the payer says what it pays: in the payment's text, as remittance lines inside the bank file, in a separate advice
(remittances.csv), or nowhere."""
PayerName = Literal["exact", "typing_error", "trade_name", "foreign"]
"""`exact` also where a field cut it; `foreign` is somebody else's."""
References = Literal["exact", "garbled", "none"]


@dataclass(slots=True)
class Customer:
    """A customer as the ERP has it; `paid_from` are the accounts it really uses, known to us or not."""

    customer_id: str
    name: str
    country: str
    currency: str
    entity: str
    parent_id: str = ""
    has_twin: bool = False
    aliases: list[str] = field(default_factory=list)
    known_accounts: list[str] = field(default_factory=list)
    paid_from: list[str] = field(default_factory=list)
    payment_terms: str = "net 30"
    credit_limit_minor: int = 0
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Item:
    """An open item (or a paid one: `open_minor` 0). Amounts are positive, a credit memo's too; `owed_minor` has the sign."""

    invoice_number: str
    customer_id: str
    company: str
    currency: str
    amount_minor: int
    open_minor: int
    issue_date: dt.date
    due_date: dt.date
    kind: str = "invoice"
    discount_date: dt.date | None = None
    discount_minor: int = 0
    payment_terms: str = "net 30"
    po_number: str = ""
    structured_reference: str = ""

    @property
    def owed_minor(self) -> int:
        """What it adds to the customer's debt."""
        return -self.open_minor if self.kind == "credit_memo" else self.open_minor


class Applied(NamedTuple):
    """What of a receipt goes to which item: the four together are what the item is reduced by."""

    item: Item
    applied_minor: int
    discount_minor: int = 0
    deduction_minor: int = 0
    write_off_minor: int = 0


@dataclass(slots=True)
class Receipt:
    """One payment and the truth about it.

    `written` is what the payer says, numbers as it wrote them; `text` is the same as a bank line's text. `expected`: what an
    engine should do unattended with the evidence that reaches it; `sufficient`: whether an expert could decide from it.
    """

    behaviour: str
    amount_minor: int
    currency: str
    day: dt.date
    payer_name: str
    payer_account: str = ""
    customer: Customer | None = None
    text: str = ""
    structured_reference: str = ""
    written: tuple[Told, ...] = ()
    medium: Medium = "none"
    applied: tuple[Applied, ...] = ()
    expected: Expected = "post"
    sufficient: bool = True
    fee_minor: int = 0
    payer: PayerName = "exact"
    references: References = "exact"
    by_amount: bool = False
    """Nothing but payer and amount speaks: whether that suffices is judged when the world is complete."""
    household: tuple[Customer, ...] = ()
    """Whose items could be meant where that is more than the payer's own: the payer first."""
    format: str = ""
    bank_reference: str = ""
    customer_reference: str = ""
    check_number: str = ""
