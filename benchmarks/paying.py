"""Payers who know what they pay and say so, in full or with a difference: discounts, credits, deductions, fees, part payments.

Each behaviour is one function: it takes a `Maker`, makes the items it needs, and returns a receipt with its truth, or None where
the world is too small for it.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from benchmarks.books import Applied, Item, Medium, Receipt
from benchmarks.payments import Told

if TYPE_CHECKING:
    from benchmarks.world import Maker

SILENT_TEXTS = ("", "PAYMENT", "THANK YOU", "ACH PMT", "Zahlung", "VIREMENT", "invoice payment", "ACCT 10443 PAYMENT",
                "TEL 555 0142")
REASONS = ("damaged goods", "short shipment", "freight", "price difference", "promotion allowance")


def told_in_full(items: list[Item]) -> tuple[Told, ...]:
    return tuple(Told(item.invoice_number, item.owed_minor) for item in items)


def in_full(items: list[Item]) -> tuple[Applied, ...]:
    return tuple(Applied(item, item.owed_minor) for item in items)


def exact_reference(make: Maker) -> Receipt:
    return make.paid([make.item(make.customer())])


def multi_reference(make: Maker) -> Receipt:
    customer = make.customer()
    return make.paid([make.item(customer) for _ in range(make.chance.randrange(2, 7))])


def advice_in_file(make: Maker) -> Receipt:
    customer = make.customer()
    return make.paid([make.item(customer) for _ in range(make.chance.randrange(1, 9))], medium="file")


def advice_separate(make: Maker) -> Receipt:
    customer = make.customer()
    return make.paid([make.item(customer) for _ in range(make.chance.randrange(1, 12))], medium="advice")


def structured_reference(make: Maker) -> Receipt:
    item = make.item(make.customer(structured=True), structured=True)
    return make.paid([item], medium="none", structured_reference=item.structured_reference, references="exact")


def po_reference(make: Maker) -> Receipt:
    item = make.item(make.customer())
    item.po_number = item.po_number or make.purchase_order()
    return make.paid([item], written=(Told(item.po_number, item.open_minor),), text=f"PO {item.po_number}")


def _discounted(make: Maker, days_after: int, behaviour_days: tuple[int, int]) -> Receipt:
    """Pay net of 2 % so many days after the discount date (negative: before it)."""
    customer = make.customer()
    day = make.day()
    discount_date = day - dt.timedelta(days_after + make.chance.randrange(*behaviour_days))
    item = make.item(customer, discount_date=discount_date)
    net = item.open_minor - item.discount_minor
    medium: Medium = make.chance.choice(("text", "file", "advice"))
    return make.paid([item], day=day, amount_minor=net, medium=medium,
                     written=(Told(item.invoice_number, net, item.discount_minor),),
                     applied=(Applied(item, net, item.discount_minor),))


def discount_earned(make: Maker) -> Receipt:
    return _discounted(make, -9, (0, 10))


def discount_in_grace(make: Maker) -> Receipt:
    return _discounted(make, 1, (0, 3))


def discount_late(make: Maker) -> Receipt:
    return make.asked(_discounted(make, 5, (0, 12)), sufficient=True)


def credit_memo_used(make: Maker) -> Receipt:
    customer = make.customer()
    invoices = [make.item(customer) for _ in range(make.chance.randrange(1, 4))]
    credited = max(100, invoices[0].open_minor * make.chance.randrange(5, 40) // 100)
    credit = make.item(customer, kind="credit_memo", amount_minor=credited)
    return make.paid([*invoices, credit], medium=make.chance.choice(("text", "file", "advice")))


def deduction_stated(make: Maker) -> Receipt:
    item = make.item(make.customer())
    deduction = max(1, item.open_minor * make.chance.randrange(1, 15) // 100)
    net = item.open_minor - deduction
    return make.paid([item], amount_minor=net, medium="file" if make.chance.random() < 0.5 else "advice",
                     written=(Told(item.invoice_number, net, 0, deduction, make.chance.choice(REASONS)),),
                     applied=(Applied(item, net, 0, deduction),))


def _short(make: Maker, short_minor: int, item: Item) -> Receipt:
    net = item.open_minor - short_minor
    return make.paid([item], amount_minor=net, written=(Told(item.invoice_number, net),), applied=(Applied(item, net),))


def short_unexplained(make: Maker) -> Receipt:
    item = make.item(make.customer())
    return make.asked(_short(make, max(6, item.open_minor * make.chance.randrange(2, 30) // 100), item), sufficient=False)


def partial_stated(make: Maker) -> Receipt:
    item = make.item(make.customer())
    net = item.open_minor * make.chance.choice((25, 30, 50)) // 100
    receipt = make.paid([item], amount_minor=net, written=(Told(item.invoice_number, net),), applied=(Applied(item, net),))
    receipt.text = f"{item.invoice_number} 1st instalment"
    return make.asked(receipt, sufficient=True)


def fee_not_stated(make: Maker) -> Receipt:
    return make.asked(_short(make, make.chance.choice((1000, 1500, 2500)), make.item(make.customer(), amount_min=10_000)),
                      sufficient=False)


def fee_stated(make: Maker) -> Receipt:
    fee = make.chance.choice((1000, 1500, 2500))
    item = make.item(make.customer(), amount_min=10_000)
    receipt = _short(make, fee, item)
    receipt.fee_minor, receipt.applied = fee, (Applied(item, item.open_minor - fee, write_off_minor=fee),)
    return receipt


def rounding(make: Maker) -> Receipt:
    cents = make.chance.randrange(1, 6)
    item = make.item(make.customer())
    receipt = _short(make, cents, item)
    receipt.applied = (Applied(item, item.open_minor - cents, write_off_minor=cents),)
    return receipt


def overpayment(make: Maker) -> Receipt:
    item = make.item(make.customer())
    return make.paid([item], amount_minor=item.open_minor + item.open_minor * make.chance.randrange(2, 40) // 100 + 100,
                     written=(Told(item.invoice_number, item.open_minor),))


def prepayment(make: Maker) -> Receipt:
    amount, customer = make.amount(), make.customer()
    text = make.chance.choice(("PREPAYMENT ORDER 99120", "DEPOSIT Q4", "Anzahlung"))
    return make.asked(make.received(customer, amount, text=text), sufficient=False)


def no_reference_single(make: Maker) -> Receipt:
    customer = make.quiet_customer()
    item = make.item(customer)
    for _ in range(make.chance.randrange(4)):
        make.item(customer)
    return make.by_amount([item])


def clear_account(make: Maker) -> Receipt | None:
    customer = make.quiet_customer()
    if any(item.open_minor for item in customer.items):
        return None
    items = [make.item(customer) for _ in range(make.chance.randrange(2, 7))]
    if make.chance.random() < 0.3:
        items.append(make.item(customer, kind="credit_memo", amount_minor=max(100, items[0].open_minor // 10)))
    return make.by_amount(items)


def parent_pays_child(make: Maker) -> Receipt | None:
    family = make.family()
    if family is None:
        return None
    parent, children = family
    items = [make.item(customer) for customer in children[:2] for _ in range(make.chance.randrange(1, 3))]
    return make.paid(items, medium=make.chance.choice(("text", "advice")), payer=parent)
