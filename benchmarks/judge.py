"""Whether the evidence of a receipt suffices: asked when the world is complete, because rivals may appear later.

The rules are an expert's, not an engine's: a payer who is certain and an amount that only one set of its few open items gives is
enough; a garbled number is enough where it can mean only one of the payer's items and the amount agrees; anything else is asked.
"""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from benchmarks import names
from benchmarks.books import Customer, Item, Receipt
from benchmarks.payments import Told

GRACE_DAYS = 3
ITEMS_MAX = 10
"""Among more open items a unique sum is chance, not evidence."""
DIGITS_MIN = 8
CUT_NAME_MIN = 12
"""Characters that the beginning of a name needs to stand for the whole."""


class Known(NamedTuple):
    """What the whole world says about a receipt's evidence: how many items share a number's core (its letters and digits), how
    many customers the core of a name (without its legal form), and all names in capitals, sorted."""

    numbers: Counter[str]
    cores: Counter[str]
    names: list[str]


def known(customers: Iterable[Customer]) -> Known:
    """Gathered once, when all items are there."""
    listed = list(customers)
    numbers = Counter(core for customer in listed for item in customer.items for core in _cores(item.invoice_number))
    return Known(numbers, Counter(names.core(customer.name) for customer in listed),
                 sorted(names.upper(customer.name) for customer in listed))


def judge(receipt: Receipt, world: Known, *, account_told: bool, name_width: int) -> None:
    """Set `expected` and `sufficient` of a receipt that should post; its bank file may tell the payer's account, and cuts its
    name."""
    customer = receipt.customer
    if receipt.expected == "ask" or customer is None:
        return
    household = receipt.household or (customer,)
    by_account = account_told and any(receipt.payer_account in member.known_accounts for member in household)
    certain = by_account or _named(receipt, household[0], world, name_width)
    if not (receipt.by_amount or receipt.references == "garbled"):
        return
    items = [item for member in household for item in open_items(member)]
    enough = certain and len(items) <= ITEMS_MAX and ways(items, receipt.amount_minor, receipt.day) == 1
    if not enough and receipt.references == "garbled":
        likely = certain or (receipt.payer == "exact" and not customer.has_twin)
        enough = all(_clear(told, receipt, world, likely=likely) for told in receipt.written)
    if not enough:
        receipt.expected, receipt.sufficient = "ask", False


def _named(receipt: Receipt, payer: Customer, world: Known, name_width: int) -> bool:
    """The name is the payer's own and can be nobody else's: whole, cut by its field, or with a slip and no look-alike about."""
    shown, own = names.upper(receipt.payer_name)[:name_width].rstrip(), names.upper(payer.name)
    if receipt.payer == "typing_error":
        return not payer.has_twin and world.cores[names.core(payer.name)] == 1
    if receipt.payer != "exact":
        return False
    if shown == own:
        return bisect_right(world.names, own) - bisect_left(world.names, own) == 1
    alike = bisect_left(world.names, shown + "\uffff") - bisect_left(world.names, shown)
    return own.startswith(shown) and len(shown) >= CUT_NAME_MIN and alike == 1


def open_items(customer: Customer) -> list[Item]:
    """What the customer has not cleared."""
    return [item for item in customer.items if item.open_minor]


def ways(items: Iterable[Item], amount_minor: int, day: dt.date) -> int:
    """How many sets of items give the amount, each in full or net of a discount that is still available; two means two or
    more."""
    sums: dict[int, int] = {0: 1}
    for item in items:
        options = [item.owed_minor]
        if item.discount_date and day <= item.discount_date + dt.timedelta(GRACE_DAYS):
            options.append(item.owed_minor - item.discount_minor)
        longer = dict(sums)
        for total, count in sums.items():
            for option in options:
                longer[total + option] = min(2, longer.get(total + option, 0) + count)
        sums = longer
    return sums.get(amount_minor, 0)


def _clear(told: Told, receipt: Receipt, world: Known, *, likely: bool) -> bool:
    """The number means one item only: of the whole world but for punctuation, or among the items of a payer who is likely."""
    cores = _cores(told.document_number)
    meant = {core for applied in receipt.applied for core in cores & _cores(applied.item.invoice_number)}
    if meant:
        return any(world.numbers[core] == 1 for core in meant)
    alone = told.amount_minor if len(receipt.written) == 1 else None
    return likely and not any(core in world.numbers for core in cores) and _meant(cores, receipt.customer, alone) == 1


def _meant(cores: frozenset[str], customer: Customer | None, amount_minor: int | None) -> int:
    """How many of the customer's items the number can mean: by its end, or else with one edit and the amount where it is
    known."""
    items = customer.items if customer else []
    ends = sum(any(own.endswith(core) for core in cores for own in _cores(item.invoice_number)) for item in items)
    return ends or sum(amount_minor in {None, item.open_minor}
                       and any(one_apart(core, own) for core in cores for own in _cores(item.invoice_number)) for item in items)


@lru_cache(maxsize=1 << 20)
def _cores(number: str) -> frozenset[str]:
    """What survives any punctuation: letters and digits alone, with and without the zeros before each run of digits; and all
    digits together where they are enough to stand for the number."""
    parts = re.sub(r"[^0-9A-Z]", " ", number.upper())
    whole = {text.replace(" ", "") for text in (parts, re.sub(r"(?<!\d)0+(?=\d)", "", parts))}
    digits = re.sub(r"\D", "", number)
    return frozenset(whole | {digits} if len(digits) >= DIGITS_MIN else whole)


def one_apart(left: str, right: str) -> bool:
    """Equal but for one character replaced, missing or too many, or two neighbours swapped."""
    if abs(len(left) - len(right)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    a, b = left[start:], right[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[2:] == b[2:] and a[:2] == b[:2][::-1])
