"""The same money told again: which new bank line repeats, settles or details a line that is already in the books.

Three ways. *repeat*: the new line tells of money that an earlier line already counts (an advice after the statement, a
statement sent twice). *settles*: the new statement line is the cash of what was announced or received before (an intraday
line, the checks of a lockbox). *details*: the new lines open a deposit that a statement already booked.

One to one by reference first, then by account, date and amount; then groups against totals. Two lines of one file are never
the same money, and where two answers fit equally well none is taken: money told twice is found by a clerk, money lost is not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rapidfuzz import fuzz

from cashapp import calendars
from cashapp.bank_accounts import same_account

How = Literal["repeat", "settles", "details"]
_NAMES_AGREE = 60
_REFERENCE_LENGTH = 4


class Told(NamedTuple):
    """A bank line as linking sees it.

    `open`: an announced line whose cash no statement has shown, or a statement line whose details may still come.
    `counting`: it stands for its money itself (false for a statement line that settles what was announced before).
    `told_by`: the formats that have told of this money so far. `advice`: it tells of money that moves by another way (a
    remittance without cash) and never counts; whatever shows the cash counts for both.
    """

    line_id: int
    file_id: int
    format: str
    report: str
    statement: str  # account, number and sequence of its statement; "" where it has no number
    account: str
    lockbox: str
    currency: str
    amount_minor: int
    kind: str
    date: dt.date
    bank_reference: str
    customer_reference: str
    check_number: str
    payer_name: str
    text: str
    batch_reference: str
    open: bool
    counting: bool
    told_by: frozenset[str]
    advice: bool


class Link(NamedTuple):
    """`line_id` tells of money that `counted_by` stands for; `counted_by` is the earlier line, save for an advice that came first."""

    line_id: int
    counted_by: int
    how: How
    why: str


@dataclass(frozen=True, slots=True)
class Window:
    """How far apart in banking days two reports of the same money may lie."""

    banking_days: int = 3
    calendar: str = "FED"

    def holds(self, one: dt.date, other: dt.date) -> bool:
        """Whether the two dates are near enough."""
        first, second = min(one, other), max(one, other)
        return second <= calendars.shift(first, self.banking_days, self.calendar)


def find(new: Sequence[Told], old: Sequence[Told], window: Window) -> list[Link]:
    """Links from new lines (of one file) to earlier ones; each new line and each open earlier line is used once."""
    single = _one_to_one(new, old, window)
    linked = {link.line_id for link in single} | {link.counted_by for link in single}
    rest_new = [line for line in new if line.line_id not in linked]
    rest_old = [line for line in old if line.line_id not in linked and line.open]
    return [*single, *_totals(rest_new, rest_old, window)]


def _one_to_one(new: Sequence[Told], old: Sequence[Told], window: Window) -> list[Link]:
    by_amount: dict[tuple[str, int], list[Told]] = defaultdict(list)
    for line in old:
        by_amount[line.currency, line.amount_minor].append(line)
    pairs = sorted(
        (tier, abs((line.date - earlier.date).days), _content(line), _content(earlier), line.line_id, earlier.line_id, line, earlier)
        for line in new
        for earlier in by_amount.get((line.currency, line.amount_minor), ())
        if (tier := _tier(line, earlier, window)) is not None
    )
    links: list[Link] = []
    used: set[int] = set()
    for tier, *_, line, earlier in pairs:
        if line.line_id not in used and earlier.line_id not in used:
            used |= {line.line_id, earlier.line_id}
            links.append(_link(line, earlier, _WHY[tier]))
    return links


_WHY = ("same bank reference", "same payer reference", "same statement", "same account, date and amount")


def _content(line: Told) -> tuple[str, ...]:
    """What orders equal candidates, so that the outcome does not hang on the order of files or rows."""
    return (line.date.isoformat(), line.bank_reference, line.customer_reference, line.check_number, line.payer_name, line.text)


def _link(line: Told, earlier: Told, why: str) -> Link:
    if earlier.advice and not line.advice:
        return Link(earlier.line_id, line.line_id, "repeat", why)
    settles = line.report == "statement" and earlier.report != "statement"
    return Link(line.line_id, earlier.line_id, "settles" if settles else "repeat", why)


def _tier(line: Told, earlier: Told, window: Window) -> int | None:
    """How strongly two lines of equal amount are the same money (an index of `_WHY`), None when they are not."""
    if not same_account(line.account, earlier.account) or not window.holds(line.date, earlier.date):
        return None
    if line.report == "statement":
        if earlier.report == "statement":
            return _statement_tier(line, earlier)
        return _cross_tier(line, earlier) if earlier.open else None
    if not earlier.counting and not earlier.advice:
        return None
    if line.report == earlier.report:
        return _same_report_tier(line, earlier)
    return _cross_tier(line, earlier)


def _cross_tier(line: Told, earlier: Told) -> int | None:
    """Two reports of different weight: a shared reference, else account, date and amount, once for each format."""
    if _agree(line.bank_reference, earlier.bank_reference):
        return 0
    if _shares_reference(line, earlier):
        return 1
    told = line.format in earlier.told_by
    return 3 if not told and line.account and earlier.account and not _names_conflict(line, earlier) else None


def _same_report_tier(line: Told, earlier: Told) -> int | None:
    """Two advices, or two cash reports, of one day: the same reference, or (intraday reports add up) the same content."""
    if line.date != earlier.date:
        return None
    if _agree(line.bank_reference, earlier.bank_reference):
        return 0
    if _shares_reference(line, earlier):
        return 1
    same_series = line.report == "announcement" and line.format == earlier.format and bool(line.account)
    return 2 if same_series and _content(line) == _content(earlier) else None


def _statement_tier(line: Told, earlier: Told) -> int | None:
    """Two booked statements of one account: the same line only when the whole content is, or another format tells the same day."""
    if line.date != earlier.date or not line.account:
        return None
    if line.format != earlier.format:
        return 3 if not _names_conflict(line, earlier) else None
    same_content = _content(line) == _content(earlier)
    if same_content and _agree(line.bank_reference, earlier.bank_reference):
        return 0
    if same_content and _agree(line.customer_reference, earlier.customer_reference):
        return 1
    return 2 if same_content and line.statement and line.statement == earlier.statement else None


def _agree(one: str, other: str) -> bool:
    return len(one) >= _REFERENCE_LENGTH and one.strip("0") != "" and one == other


def _shares_reference(line: Told, earlier: Told) -> bool:
    ours = {line.bank_reference, line.customer_reference, line.check_number}
    theirs = {earlier.bank_reference, earlier.customer_reference, earlier.check_number}
    return any(_agree(reference, reference) for reference in ours & theirs)


def _names_conflict(line: Told, earlier: Told) -> bool:
    if not line.payer_name or not earlier.payer_name:
        return False
    return fuzz.token_set_ratio(line.payer_name.upper(), earlier.payer_name.upper()) < _NAMES_AGREE


def _totals(new: Sequence[Told], old: Sequence[Told], window: Window) -> list[Link]:
    """Statement deposits against the details whose total they are, whichever came first."""
    deposits_new = [line for line in new if line.report == "statement" and line.amount_minor > 0]
    links = [
        Link(deposit.line_id, detail.line_id, "settles", "the deposit of these details")
        for deposit, group in _fits(deposits_new, _groups(line for line in old if _is_detail(line)), window)
        for detail in group
    ]
    deposits_old = [line for line in old if line.report == "statement" and line.amount_minor > 0]
    links += [
        Link(detail.line_id, deposit.line_id, "details", "the details of this deposit")
        for deposit, group in _fits(deposits_old, _groups(line for line in new if _is_detail(line)), window)
        for detail in group
    ]
    return [*links, *_return_totals(new, old, window)]


def _return_totals(new: Sequence[Told], old: Sequence[Told], window: Window) -> list[Link]:
    """Returned items that the bank took back in one sum, against the file that lists them, whichever came first."""
    settled = _fits([line for line in new if _takes_back(line)], _return_groups(old), window)
    detailed = _fits([line for line in old if _takes_back(line)], _return_groups(new), window)
    return [
        *(Link(sum_line.line_id, detail.line_id, "settles", "the sum of these returns") for sum_line, group in settled for detail in group),
        *(Link(detail.line_id, sum_line.line_id, "details", "the details of this return") for sum_line, group in detailed for detail in group),
    ]


def _takes_back(line: Told) -> bool:
    return line.report == "statement" and line.kind == "return" and line.amount_minor < 0


def _return_groups(lines: Iterable[Told]) -> list[list[Told]]:
    """The returns of a batch, and of a whole file."""
    groups: dict[tuple[object, ...], list[Told]] = defaultdict(list)
    for line in lines:
        if line.report != "statement" and line.kind == "return" and line.amount_minor < 0:
            groups["batch", line.file_id, line.statement].append(line)
            groups["file", line.file_id].append(line)
    distinct = {tuple(sorted(detail.line_id for detail in group)): group for group in groups.values() if len(group) > 1}
    return [distinct[key] for key in sorted(distinct)]


def _is_detail(line: Told) -> bool:
    """Whether it may have arrived within a deposit: cash reported elsewhere, or a detail of an announced batch."""
    return not line.advice and (line.report == "cash_report" or (line.report == "announcement" and bool(line.batch_reference)))


def _groups(lines: Iterable[Told]) -> list[list[Told]]:
    """The sets of details that may arrive as one deposit: a batch, a lockbox or statement, the whole file's credits."""
    groups: dict[tuple[object, ...], list[Told]] = defaultdict(list)
    for line in lines:
        if line.kind == "return" and line.amount_minor < 0:
            continue
        keys: set[tuple[object, ...]] = {("batch", line.file_id, line.batch_reference)}
        if line.report == "cash_report":
            keys |= {("statement", line.file_id, line.lockbox, line.statement), ("file", line.file_id)}
        for key in keys:
            groups[key].append(line)
    distinct = {tuple(sorted(detail.line_id for detail in group)): group for group in groups.values() if len(group) > 1 or group[0].lockbox}
    return [distinct[key] for key in sorted(distinct)]


def _fits(deposits: Sequence[Told], groups: list[list[Told]], window: Window) -> list[tuple[Told, list[Told]]]:
    """Deposits and groups that fit each other and nothing else equally well; larger groups are not split by smaller ones."""
    chosen: list[tuple[Told, list[Told]]] = []
    used: set[int] = set()
    for deposit in sorted(deposits, key=lambda line: (line.kind != "lockbox_deposit", _content(line), line.line_id)):
        fitting = [
            (_group_rank(deposit, group), group) for group in groups
            if _group_fits(deposit, group, window) and not any(detail.line_id in used for detail in group)
        ]
        fitting.sort(key=lambda pair: pair[0])
        if fitting and (len(fitting) == 1 or fitting[0][0] < fitting[1][0]):
            group = fitting[0][1]
            used |= {detail.line_id for detail in group}
            chosen.append((deposit, group))
    return chosen


def _group_fits(deposit: Told, group: list[Told], window: Window) -> bool:
    first = group[0]
    total = sum(detail.amount_minor for detail in group)
    named = _names_box(deposit, first)
    return (
        deposit.currency == first.currency and deposit.amount_minor == total
        and any(window.holds(deposit.date, detail.date) for detail in group)
        and (named or (bool(first.account) and bool(deposit.account) and same_account(deposit.account, first.account))
             or (not first.account and deposit.kind in {"lockbox_deposit", "return"}))
    )


def _names_box(deposit: Told, detail: Told) -> bool:
    """Whether the deposit's text has the number of the details' lockbox, with or without its padding."""
    number = detail.lockbox.lstrip("0")
    return bool(number) and re.search(rf"(?<!\d)0*{re.escape(number)}(?!\d)", deposit.text) is not None


def _group_rank(deposit: Told, group: list[Told]) -> tuple[int, int]:
    """Better first: the box is named, then the nearest date."""
    return (0 if _names_box(deposit, group[0]) else 1, min(abs((deposit.date - detail.date).days) for detail in group))
