"""What to do with a difference: the ways to bring a suggestion's remainder to nothing, ready to post, the likeliest first.

Less came than the item has open: the discount it offers (late or not), what a bank may have taken, a deduction with a reason, or a part payment. More came:
another open item of exactly that amount, or the customer's account. Ways that the customer's earlier payments were settled in come first, a deduction with
the reason that it had.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cashapp.desk_allocations import Share
from matching.schema import DEDUCTS
from parsers.amounts import to_text

_CODES_MAX = 2
_HABITS = {"discount": ("late_discount",), "fee": ("unstated_fee",), "deduction": ("stated_deduction", "claimed_deduction"), "part": ("short",), "rest": ("over",)}


class Way(NamedTuple):
    """One way, with the shares that it posts. `code` is its kind, or the habit that it follows; the clerk chooses a reason where it `needs_reason`; `left_minor`
    stays open on the item."""

    code: str
    words: str
    shares: list[Share]
    left_minor: int = 0
    needs_reason: bool = False


class Part(NamedTuple):
    """A line of a suggestion with its item, as far as it has one; amounts in minor units."""

    document: str
    customer_id: str
    open_minor: int
    applied_minor: int
    discount_minor: int  # that the item offers
    discount_until: dt.date | None


class Money(NamedTuple):
    """What there is to put somewhere, and the largest bank fee that may be written off."""

    left_minor: int
    currency: str
    fee_limit_minor: int


def ways(parts: Sequence[Part], others: Sequence[Part], money: Money, habits: Mapping[str, int], on: dt.date) -> list[Way]:
    """The ways for a suggestion's parts; `others` are further open items of the customer. Nothing where the amounts come out."""
    short = [part for part in parts if part.open_minor > part.applied_minor > 0]
    rest = money.left_minor - sum(part.applied_minor for part in parts)
    if len(short) == 1 and rest == 0:
        found = _of_short(parts, short[0], money, habits, on)
    elif rest > 0 and not short and parts:
        found = _of_rest(parts, others, rest, money.currency)
    else:
        found = []
    return sorted(found, key=lambda way: -sum(habits.get(habit, 0) for habit in _HABITS.get(way.code, (way.code,))))


def _of_short(parts: Sequence[Part], short: Part, money: Money, habits: Mapping[str, int], on: dt.date) -> list[Way]:
    gap = short.open_minor - short.applied_minor
    missing = to_text(gap, money.currency)

    def with_gap(**taken: str) -> list[Share]:
        shares = [_share(part, money.currency) for part in parts]
        return [share._replace(**taken) if share.document == short.document else share for share in shares]

    found: list[Way] = []
    if gap <= short.discount_minor:
        until = short.discount_until
        late = f", {(on - until).days} days late" if until and on > until else ""
        found.append(Way("discount", f"the discount of {missing} on {short.document}{late}", with_gap(discount=missing)))
    if gap <= money.fee_limit_minor:
        found.append(Way("fee", f"{missing} written off as what a bank took", with_gap(write_off=missing)))
    usual = sorted((habit for habit in habits if habit.startswith(DEDUCTS)), key=lambda habit: (-habits[habit], habit))[:_CODES_MAX]
    for habit in usual:
        reason = habit.removeprefix(DEDUCTS)
        found.append(Way(habit, f"{missing} deducted for {reason.replace('_', ' ')}, as before", with_gap(deduction=missing, reason=reason)))
    found.append(Way("deduction", f"{missing} deducted, for a reason", with_gap(deduction=missing), needs_reason=True))
    found.append(Way("part", f"a part payment: {missing} of {short.document} stays open", with_gap(), gap))
    return found


def _of_rest(parts: Sequence[Part], others: Sequence[Part], rest: int, currency: str) -> list[Way]:
    shares, over = [_share(part, currency) for part in parts], to_text(rest, currency)
    taken = {part.document for part in parts}
    exact = [part for part in others if part.open_minor == rest and part.document not in taken]
    found = [Way("item", f"{part.document} has exactly the {over} that is left", [*shares, Share(part.document, over, part.customer_id)]) for part in exact[:3]]
    owners = {part.customer_id for part in parts}
    if len(owners) == 1:
        found.append(Way("rest", f"the {over} that is left on the customer's account", [*shares, Share("", over, next(iter(owners)))]))
    return found


def _share(part: Part, currency: str) -> Share:
    return Share(part.document, to_text(part.applied_minor, currency), part.customer_id)
