"""Payers who leave something open: look-alike names, numbers copied wrongly, sums that fit twice, numbers already paid.

Behaviours as in `benchmarks.paying`. Where an expert could not tell, or should not alone, the receipt is to be asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import documents, names
from benchmarks.books import Customer, Item, Receipt, References
from benchmarks.paying import SILENT_TEXTS, exact_reference, in_full, told_in_full
from benchmarks.payments import Told

if TYPE_CHECKING:
    from benchmarks.world import Maker


def _chosen(make: Maker, one: list[Item], other: list[Item]) -> list[Item]:
    """Which of two sets a payer pays: that which is due in full first, or, `out_of_turn`, the other."""
    in_turn = sorted((one, other), key=lambda items: max(item.due_date for item in items))
    return in_turn[make.chance.random() < make.dials.out_of_turn]


def same_amount_trap(make: Maker) -> Receipt:
    """Two of the payer's invoices have the amount; nothing says which."""
    customer = make.customer()
    first = make.item(customer)
    second = make.item(customer, amount_minor=first.open_minor)
    return make.asked(make.by_amount(_chosen(make, [first], [second])), sufficient=False)


def same_sum_trap(make: Maker) -> Receipt:
    """A + B = C + D: two sets of the payer's invoices give the amount."""
    customer = make.customer()
    pair = [make.item(customer), make.item(customer)]
    shift = make.chance.randrange(1, min(item.open_minor for item in pair))
    others = [make.item(customer, amount_minor=pair[0].open_minor - shift), make.item(customer, amount_minor=pair[1].open_minor + shift)]
    return make.asked(make.by_amount(_chosen(make, pair, others)), sufficient=False)


def parent_without_reference(make: Maker) -> Receipt | None:
    family = make.family()
    if family is None:
        return None
    parent, children = family
    receipt = make.by_amount([make.item(children[0])], payer=parent)
    receipt.household = (parent, *children)
    return receipt


def third_party(make: Maker) -> Receipt:
    """Somebody who is not in the books pays a customer's invoice and names it."""
    receipt = exact_reference(make)
    make.paid_by_stranger(receipt)
    return receipt


def name_mangled(make: Maker) -> Receipt:
    """The number is right, the name is a typing error, a trade name or a transliteration, the account is new."""
    receipt = exact_reference(make)
    make.mangle_name(receipt)
    receipt.payer_account = make.account(receipt.currency)
    return receipt


def name_only(make: Maker) -> Receipt:
    """Nothing but a mangled name and an amount."""
    receipt = make.by_amount([make.item(make.customer())])
    make.mangle_name(receipt)
    receipt.payer_account = make.account(receipt.currency)
    return receipt


def unknown_payer(make: Maker) -> Receipt:
    currency = make.customer().currency
    receipt = Receipt("", make.amount(), currency, make.day(), make.stranger(currency), make.account(currency),
                      text=make.chance.choice(SILENT_TEXTS), payer="foreign", references="none")
    return make.asked(receipt, sufficient=False)


def twin_trap(make: Maker) -> Receipt | None:
    """Two look-alike customers owe the same; the bank's short name fits both."""
    pair = make.twins()
    if pair is None:
        return None
    item = make.item(pair[0])
    make.item(pair[1], amount_minor=item.open_minor)
    receipt = make.by_amount([item])
    receipt.payer_name = _common_name(*pair)
    receipt.payer_account = make.account(receipt.currency)
    return make.asked(receipt, sufficient=False)


def twin_with_reference(make: Maker) -> Receipt | None:
    """Two look-alike customers owe the same; the number tells them apart."""
    pair = make.twins()
    if pair is None:
        return None
    item = make.item(pair[0])
    make.item(pair[1], amount_minor=item.open_minor)
    receipt = make.paid([item])
    receipt.payer_account = make.account(receipt.currency)
    return receipt


def _common_name(first: Customer, second: Customer) -> str:
    """The beginning that both names share, cut inside a word so that it is nobody's whole name."""
    left, right = names.upper(first.name), names.upper(second.name)
    shared = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    return left[: max(shared, 6)].rstrip()[:-2]


def _garbled(make: Maker, garble: str) -> Receipt:
    customer = make.customer()
    items = [make.item(customer) for _ in range(make.chance.choice((1, 1, 1, 2, 3)))]
    written = tuple(Told(documents.GARBLES[garble](make.chance, item.invoice_number), item.open_minor) for item in items)
    kind: References = "exact" if all(told.document_number == item.invoice_number for told,
                                      item in zip(written, items, strict=True)) else "garbled"
    return make.paid(items, written=written, references=kind)


def zero_stripped(make: Maker) -> Receipt:
    return _garbled(make, "zero_stripped")


def prefix_less(make: Maker) -> Receipt:
    return _garbled(make, "prefix_less")


def repunctuated(make: Maker) -> Receipt:
    return _garbled(make, "repunctuated")


def one_edit(make: Maker) -> Receipt:
    return _garbled(make, "one_edit")


def split(make: Maker) -> Receipt:
    return _garbled(make, "split")


def glued(make: Maker) -> Receipt:
    customer = make.customer()
    items = [make.item(customer) for _ in range(2)]
    return make.paid(items, text="".join(item.invoice_number for item in items))


def paid_reference(make: Maker) -> Receipt:
    """The number is of an invoice that was paid weeks ago; another open one happens to have the amount."""
    customer = make.customer()
    paid = make.item(customer)
    paid.open_minor = 0
    if make.chance.random() < 0.3:
        make.item(customer, amount_minor=paid.amount_minor)
    receipt = make.received(customer, paid.amount_minor, written=(Told(paid.invoice_number, paid.amount_minor),), medium="text")
    receipt.text = make.sentence((paid.invoice_number,))
    return make.asked(receipt, sufficient=True)


def duplicate_payment(make: Maker) -> Receipt:
    """The same invoice is paid twice in one run: the earlier payment settles it, the later is a question."""
    receipt = exact_reference(make)
    later = make.again(receipt)
    make.asked(later, sufficient=True)
    if later.day == receipt.day:
        make.asked(receipt, sufficient=True)
    return receipt


def currency_mismatch(make: Maker) -> Receipt | None:
    customer = make.customer()
    other = make.other_currency(customer.currency)
    if other is None:
        return None
    item = make.item(customer)
    receipt = make.paid([item], applied=())
    receipt.currency = other
    return make.asked(receipt, sufficient=False)


def number_at_two_customers(make: Maker) -> Receipt | None:
    """Two customers have an item of the same number and amount; the payer's name and account tell whose it is."""
    customer, other = make.customer(), make.customer()
    if other is customer or other.currency != customer.currency:
        return None
    item = make.item(customer)
    make.item(other, number=item.invoice_number, amount_minor=item.open_minor)
    return make.paid([item])


def number_of_nobody(make: Maker) -> Receipt | None:
    """The same, and the payer is a stranger: either could be meant."""
    receipt = number_at_two_customers(make)
    if receipt is None:
        return None
    make.paid_by_stranger(receipt)
    return make.asked(receipt, sufficient=False)


def wrong_amount_reference(make: Maker) -> Receipt:
    """The number says one invoice, the amount another."""
    customer = make.customer()
    named, amount = make.item(customer), make.item(customer)
    amount.amount_minor = amount.open_minor = named.open_minor + make.chance.randrange(700, 90_000)
    receipt = make.paid([amount], written=(Told(named.invoice_number, amount.open_minor),))
    return make.asked(receipt, sufficient=False)


def remittance_mismatch(make: Maker) -> Receipt:
    """The advice adds up to more than came."""
    customer = make.customer()
    items = [make.item(customer) for _ in range(3)]
    receipt = make.paid(items, medium="advice", amount_minor=items[0].open_minor + items[1].open_minor,
                        written=told_in_full(items),
                        applied=in_full(items[:2]))
    return make.asked(receipt, sufficient=False)
