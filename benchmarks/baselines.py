"""What others do, written anew from public descriptions, to stand beside our engine on the same frames.

    exact     every number in text or lines that is exactly an open item's; posts where the items make the amount
    greedy    words of the text that occur in an item's number or its customer's name, best first, items taken as receipts come
    autocash  payer by account, exact name or reference; numbers, then match, clear the account, past due, combination; a tie goes
              to the earliest due date, as the public rule says
    points    40 for the amount, 30 for the number, 15 for the name, 15 for the date; posts from 70 points

None of them knows discounts beyond an earned one, deductions, garbled numbers or look-alikes: neither do the systems they stand
for. A baseline answers with ranked sets of items; the money goes to them in order, as far as it goes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz

from benchmarks.seen import Shares
from matching.schema import Inputs

POINTS_TO_POST = 70
NAME_ALIKE = 85
SUGGESTIONS = 3
COMBINED_MAX, SEARCHED_MAX = 3, 12


@dataclass(slots=True)
class Answer:
    """What an engine says of one receipt: whether it posts its first suggestion, and the suggestions, each by items' keys."""

    posted: bool = False
    suggestions: list[dict[str, Shares]] = field(default_factory=list)


class Owed(NamedTuple):
    """An open item; `due` is what is owed on the day, net of an earned discount."""

    key: str
    customer: str
    number: str
    open: int
    due_date: object
    discount_date: object
    discount: int


class Books:
    """The open items and the customers, ready to be looked up; `taken` holds what a run has paid already."""

    def __init__(self, inputs: Inputs) -> None:
        self.by_number: dict[tuple[str, str], list[Owed]] = defaultdict(list)
        self.by_amount: dict[tuple[str, int], list[Owed]] = defaultdict(list)
        self.by_customer: dict[tuple[str, str], list[Owed]] = defaultdict(list)
        self.taken: set[str] = set()
        self.names = dict(inputs.customers.select("customer_id", "name").iter_rows())
        self.by_name: dict[str, set[str]] = defaultdict(set)
        self.by_account = {account: customer for customer, account in inputs.accounts.iter_rows()}
        for customer, name in [*self.names.items(), *inputs.aliases.iter_rows()]:
            self.by_name[name.upper()].add(customer)
        for row in inputs.items.iter_rows(named=True):
            item = Owed(row["item_key"], row["customer_id"], row["document_number"], row["open_minor"], row["due_date"], row["discount_date"],
                        row["discount_minor"])
            for number in {row["document_number"].upper(), row["structured_reference"], row["po_number"]} - {""}:
                self.by_number[row["currency"], number].append(item)
            self.by_amount[row["currency"], item.open].append(item)
            self.by_customer[row["currency"], item.customer].append(item)

    def left(self, items: Iterable[Owed]) -> list[Owed]:
        """Those that nobody has taken, oldest first."""
        return sorted((item for item in items if item.key not in self.taken), key=lambda item: (item.due_date, item.key))


class Came(NamedTuple):
    """One receipt as a baseline reads it."""

    currency: str
    amount: int
    day: object
    payer_name: str
    payer_account: str
    words: list[str]


def exact(inputs: Inputs) -> list[Answer]:
    """Numbers and amount, or nothing."""
    return _each(inputs, _by_exact_reference)


def greedy(inputs: Inputs) -> list[Answer]:
    """The item with most words in common, and the amount."""
    return _each(inputs, _by_common_words)


def autocash(inputs: Inputs) -> list[Answer]:
    """Numbers, then an AutoCash rule set."""
    return _each(inputs, _by_rule_set)


def points(inputs: Inputs) -> list[Answer]:
    """A sum of points for one item."""
    return _each(inputs, _by_points)


ENGINES: dict[str, Callable[[Inputs], list[Answer]]] = {"exact": exact, "greedy": greedy, "autocash": autocash, "points": points}


def _each(inputs: Inputs, decide: Callable[[Came, Books], tuple[bool, list[list[Owed]]]]) -> list[Answer]:
    """The answers in order of receipts; what is posted is taken."""
    books = Books(inputs)
    numbers: dict[int, list[str]] = defaultdict(list)
    for receipt, number in inputs.remittance.select("receipt_id", "document_number").iter_rows():
        numbers[receipt].append(number.upper())
    answers = []
    for row in inputs.receipts.sort("receipt_id").iter_rows(named=True):
        words = [*_words(row["text"]), *numbers[row["receipt_id"]], row["structured_reference"]]
        came = Came(row["currency"], row["amount_minor"], row["value_date"], row["payer_name"], row["payer_account"], words)
        posted, sets = decide(came, books)
        answers.append(Answer(posted, [_shares(came, chosen) for chosen in sets[:SUGGESTIONS]]))
        if posted:
            books.taken.update(item.key for item in sets[0])
    return answers


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,;+]+", text.upper()) if word.strip("/.:")]


def _due(item: Owed, day: object) -> int:
    return item.open - item.discount if item.discount_date and day <= item.discount_date else item.open  # type: ignore[operator]  # two dates


def _shares(came: Came, chosen: list[Owed]) -> dict[str, Shares]:
    """Net of earned discounts where that makes the amount, else as far as the money goes."""
    if sum(_due(item, came.day) for item in chosen) == came.amount:
        return {item.key: Shares(_due(item, came.day), item.open - _due(item, came.day)) for item in chosen}
    left, shares = came.amount, {}
    for item in sorted(chosen, key=lambda item: item.open):
        paid = min(item.open, left)
        left -= paid
        if paid:
            shares[item.key] = Shares(paid)
    return shares


def _makes(came: Came, chosen: list[Owed]) -> bool:
    return bool(chosen) and came.amount in {sum(item.open for item in chosen), sum(_due(item, came.day) for item in chosen)}


def _named(came: Came, books: Books) -> list[Owed]:
    """The items whose number stands in text or lines; a number of several items names none."""
    found = {}
    for word in came.words:
        items = books.left(books.by_number.get((came.currency, word), []))
        if len(items) == 1:
            found[items[0].key] = items[0]
    return list(found.values())


def _by_exact_reference(came: Came, books: Books) -> tuple[bool, list[list[Owed]]]:
    named = _named(came, books)
    return _makes(came, named), [named] if named else []


def _by_common_words(came: Came, books: Books) -> tuple[bool, list[list[Owed]]]:
    """As open-source reconciliation widgets propose: any word of number or name in common, the amount first, the oldest first."""
    named = _named(came, books)
    if _makes(came, named):
        return True, [named]
    said = {word for word in (*came.words, *_words(came.payer_name)) if len(word) > 3}
    scored = []
    for item in books.left(books.by_amount.get((came.currency, came.amount), [])):
        common = len(said & {item.number.upper(), *_words(books.names[item.customer])})
        if common:
            scored.append((-common, item.due_date, item.key, item))
    ranked = [[entry[-1]] for entry in sorted(scored, key=lambda entry: entry[:3])]
    return bool(ranked), ranked or ([named] if named else [])


def _by_rule_set(came: Came, books: Books) -> tuple[bool, list[list[Owed]]]:
    named = _named(came, books)
    if named:
        return _makes(came, named), [named]
    payer = books.by_account.get(came.payer_account)
    namesakes = books.by_name.get(came.payer_name.upper(), set())
    if payer is None and len(namesakes) == 1:
        payer = next(iter(namesakes))
    items = books.left(books.by_customer.get((came.currency, payer), [])) if payer else []
    fired = next(_rules(came, items), None)
    return (True, [fired]) if fired else (False, [_oldest_first(came, items)] if items else [])


def _rules(came: Came, items: list[Owed]) -> Iterator[list[Owed]]:
    yield from ([item] for item in items if item.open > 0 and _makes(came, [item]))
    if _makes(came, items):
        yield items
    past_due = [item for item in items if item.due_date < came.day]  # type: ignore[operator]  # two dates
    if _makes(came, past_due):
        yield past_due
    for size in range(2, COMBINED_MAX + 1):
        yield from (list(chosen) for chosen in combinations(items[:SEARCHED_MAX], size) if _makes(came, list(chosen)))


def _oldest_first(came: Came, items: list[Owed]) -> list[Owed]:
    chosen, left = [], came.amount
    for item in items:
        if left <= 0:
            break
        chosen.append(item)
        left -= item.open
    return chosen


def _by_points(came: Came, books: Books) -> tuple[bool, list[list[Owed]]]:
    said = set(came.words)
    near = {item.key: item for item in _named(came, books)} | {
        item.key: item for item in books.left(books.by_amount.get((came.currency, came.amount), []))}
    scored = []
    for item in near.values():
        alike = fuzz.token_set_ratio(came.payer_name.upper(), books.names[item.customer].upper())
        days = abs((came.day - item.due_date).days)  # type: ignore[operator]  # two dates
        score = (40 if came.amount == item.open else 0) + (30 if item.number.upper() in said else 0) + (15 if alike >= NAME_ALIKE else 0) + (
            15 if days <= 15 else 7 if days <= 30 else 0)
        scored.append((-score, item.due_date, item.key, item))
    ranked = sorted(scored, key=lambda entry: entry[:3])
    return bool(ranked) and -ranked[0][0] >= POINTS_TO_POST, [[entry[-1]] for entry in ranked]
