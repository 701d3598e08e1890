"""AutoCash: what the manager's rule set for a payer makes of money that names nothing.

The rules are those of Oracle Receivables (Using Receivables Credit to Cash, "AutoCash rules") with the exclusion and combination
of JD Edwards; a rule set names some of them in order, and the first that fires answers. Where a public rule breaks a tie by
date or number, this one does not: equal answers stand side by side in the queue. Each item owes `due(i, d)` on the
receipt's date d, net of the discounts that the set allows; items left out (late charges, disputed) owe nothing here.

    match           one debit item owes the amount
    clear_account   all items together, credits taken off
    past_due        all items past due, credits taken off
    by_term         the items past due of one payment term (days from issue to due date), credits taken off
    exclusion       all items but one to three
    combination     two items or more, among few
    oldest_first    no test of the amount: pays by due date while the money lasts
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from matching import amounts, combine
from matching.books import Books
from matching.schema import RuleSet

PREFIX = "autocash_"
ANSWERS = {
    "r": pl.UInt32, "a": pl.UInt32, "rule": pl.String, "payer_evidence": pl.String, "amount_evidence": pl.String, "rivals": pl.Int64, "c": pl.UInt32,
    "may_post": pl.Boolean,
}
EXCLUDED_MAX, EXCLUDED_AMONG = 3, 60
COMBINED_AMONG, COMBINED_MAX = 20, 4
ANSWERS_MAX = 6
OTHER_TERM = -1


class Owed(NamedTuple):
    """What an open item owes on the receipt's date; `late`: the discount in it came too late."""

    i: int
    open: int
    due: int
    late: bool
    due_date: dt.date | None
    term: int

    @property
    def is_credit(self) -> bool:
        """Whether it takes off."""
        return self.open < 0


class Share(NamedTuple):
    """Cash and discount for an item; `i` None is money left on account."""

    i: int | None
    applied: int
    discount: int = 0


def rule_set_of(customer_ids: tuple[str, ...], rule_sets: tuple[RuleSet, ...]) -> RuleSet | None:
    """The first set whose patterns fit the customer or its parent."""
    return next((chosen for chosen in rule_sets if any(fnmatchcase(name, pattern) for name in customer_ids for pattern in chosen.customers)), None)


def sets_of(books: Books) -> dict[int, RuleSet]:
    """The rule set of each customer that has one."""
    if not books.policy.rule_sets:
        return {}
    names = books.customers["customer_id"].to_list()
    found = {c: rule_set_of((names[c], *([names[parent]] if parent is not None else [])), books.policy.rule_sets)
             for c, parent in books.customers.select("c", "parent").iter_rows()}
    return {c: chosen for c, chosen in found.items() if chosen is not None}


def answers(payers: pl.DataFrame, sets: dict[int, RuleSet], books: Books) -> tuple[pl.DataFrame, pl.DataFrame]:
    """ANSWERS and `amounts.LINES` for the receipts of `payers` (r, c, evidence), all of whom have a rule set."""
    heads: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    asked = payers.join(books.receipts.select("r", "currency", "amount", "date"), on="r").sort("r")
    owned = _owned(asked, books)
    for r, c, evidence, currency, amount, date in asked.select("r", "c", "evidence", "currency", "amount", "date").iter_rows():
        chosen = sets[c]
        items = [_owed(row, date, chosen, books) for row in owned.get((c, currency), []) if not _left_out(row["document_number"], chosen)]
        rule, found = _fired(chosen, items, amount, date)
        for a, shares in enumerate(found[:ANSWERS_MAX]):
            told = _amount_evidence(shares, items, amount)
            heads.append((r, a, PREFIX + rule, evidence, told, len(found) - 1, c, rule in chosen.post))
            lines += [(r, a, share.i, share.applied, share.discount, 0, "", 0) for share in shares]
    return pl.DataFrame(heads, schema=ANSWERS, orient="row"), pl.DataFrame(lines, schema=amounts.LINES, orient="row")


def _owned(asked: pl.DataFrame, books: Books) -> dict[tuple[int, str], list[dict[str, object]]]:
    """The open items of each payer and currency, by due date."""
    items = books.items.join(asked.select("c", "currency").unique(), on=["c", "currency"], how="semi").sort("c", "due_date", "i", nulls_last=True)
    owned: dict[tuple[int, str], list[dict[str, object]]] = {}
    for row in items.iter_rows(named=True):
        owned.setdefault((row["c"], row["currency"]), []).append(row)
    return owned


def _left_out(number: object, chosen: RuleSet) -> bool:
    return any(fnmatchcase(str(number), pattern) for pattern in chosen.left_out)


def _owed(row: dict[str, object], date: dt.date | None, chosen: RuleSet, books: Books) -> Owed:
    i, opened, discount = (int(str(row[name])) for name in ("i", "open", "discount"))
    issued, due_date, until = (row[name] if isinstance(row[name], dt.date) else None for name in ("issue_date", "due_date", "discount_date"))
    grace = dt.timedelta(books.policy.discount_grace_days)
    in_time = date is not None and isinstance(until, dt.date) and date <= until + grace
    taken = discount if chosen.discounts == "earned_and_unearned" or (chosen.discounts == "earned" and in_time) else 0
    term = (due_date - issued).days if isinstance(due_date, dt.date) and isinstance(issued, dt.date) else OTHER_TERM
    return Owed(i, opened, opened - taken, taken > 0 and not in_time, due_date if isinstance(due_date, dt.date) else None, term)


def _fired(chosen: RuleSet, items: list[Owed], amount: int, date: dt.date | None) -> tuple[str, list[list[Share]]]:
    """The first rule that has an answer, with all its equal answers."""
    for rule in chosen.rules:
        if rule == "oldest_first":
            walked = _oldest_first(chosen, items, amount)
            found = [walked] if any(share.i is not None for share in walked) else []
        else:
            found = [[Share(item.i, item.due, item.open - item.due) for item in paid] for paid in _distinct(RULES[rule](items, amount, date))]
        if found:
            return rule, found
    return "", []


def _distinct(sets: Iterator[list[Owed]]) -> list[list[Owed]]:
    return list({tuple(item.i for item in paid): paid for paid in sets}.values())


def _match(items: list[Owed], amount: int, _date: dt.date | None) -> Iterator[list[Owed]]:
    yield from ([item] for item in items if item.due == amount)


def _clear_account(items: list[Owed], amount: int, _date: dt.date | None) -> Iterator[list[Owed]]:
    if items and sum(item.due for item in items) == amount:
        yield items


def _past_due(items: list[Owed], amount: int, date: dt.date | None) -> Iterator[list[Owed]]:
    overdue = _overdue(items, date)
    if any(not item.is_credit for item in overdue) and sum(item.due for item in overdue) == amount:
        yield overdue


def _by_term(items: list[Owed], amount: int, date: dt.date | None) -> Iterator[list[Owed]]:
    credits_open = [item for item in items if item.is_credit]
    overdue = [item for item in _overdue(items, date) if not item.is_credit]
    for term in dict.fromkeys(item.term for item in overdue):
        group = [*credits_open, *(item for item in overdue if item.term == term)]
        if sum(item.due for item in group) == amount:
            yield group


def _exclusion(items: list[Owed], amount: int, _date: dt.date | None) -> Iterator[list[Owed]]:
    """Newest first: what is not paid is usually what came last."""
    over = sum(item.due for item in items) - amount
    if over <= 0 or len(items) > EXCLUDED_AMONG:
        return
    for size in range(1, min(EXCLUDED_MAX, len(items) - 1) + 1):
        for without in combinations(list(reversed(items)), size):
            if sum(item.due for item in without) == over:
                yield [item for item in items if item not in without]


def _combination(items: list[Owed], amount: int, _date: dt.date | None) -> Iterator[list[Owed]]:
    if not 2 <= len(items) <= COMBINED_AMONG:
        return
    dues = np.array([[item.due for item in items]], dtype=np.int64)
    for chosen in combine.find(dues, np.array([amount], dtype=np.int64), combine.MANY_SETS)[0]:
        if 2 <= len(chosen) <= COMBINED_MAX:
            yield [items[at] for at in chosen]


def _overdue(items: list[Owed], date: dt.date | None) -> list[Owed]:
    """Past due on the date; credits count as due."""
    return [item for item in items if item.is_credit or (date is not None and item.due_date is not None and item.due_date < date)]


def _oldest_first(chosen: RuleSet, items: list[Owed], amount: int) -> list[Share]:
    """Debit and credit items by due date while the money lasts; the last one in part, and the rest, as the set says."""
    left, shares = amount, []
    for item in items:
        if item.due <= left:
            shares.append(Share(item.i, item.due, item.open - item.due))
            left -= item.due
        else:
            if chosen.partial and left > 0:
                shares.append(Share(item.i, left))
                left = 0
            break
    return [*shares, Share(None, left)] if left and chosen.remainder == "on_account" else shares


def _amount_evidence(shares: list[Share], items: list[Owed], amount: int) -> str:
    owed = {item.i: item for item in items}
    paid = [owed[share.i] for share in shares if share.i is not None]
    if any(share.i is not None and share.applied + share.discount != owed[share.i].open for share in shares):
        return amounts.SHORT
    if sum(share.applied for share in shares if share.i is not None) < amount:
        return amounts.OVER
    if any(item.late for item in paid):
        return amounts.LATE
    return amounts.NET if any(item.due != item.open for item in paid) else amounts.EXACT


RULES: dict[str, Callable[[list[Owed], int, dt.date | None], Iterator[list[Owed]]]] = {
    "match": _match, "clear_account": _clear_account, "past_due": _past_due, "by_term": _by_term, "exclusion": _exclusion, "combination": _combination,
}
NAMES = (*RULES, "oldest_first")
