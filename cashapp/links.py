"""The same money told again: which new bank line repeats, settles or details a line that is already in the books.

Three ways. *repeat*: the new line tells of money that an earlier line already counts (an advice after the statement, a
statement sent twice, or marked by the bank as a copy). *settles*: the new statement line is the cash of what was announced or received before (an intraday
line, the checks of a lockbox). *details*: the new lines open a deposit that a statement already booked.

One to one by reference first, then by account, date and amount; then deposits against their details (`cashapp.link_deposits`).
Two lines of one file are never the same money, and where two answers fit equally well none is taken: money told twice is found
by a clerk, money lost is not.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import Literal, NamedTuple

import polars as pl
from rapidfuzz import fuzz

from cashapp import calendars
from cashapp.bank_accounts import same_account

How = Literal["repeat", "settles", "details"]
_NAMES_AGREE, _NAMES_ARE_ONE = 60, 85
"""Likeness from which two names may be one payer's, and from which they are: banks cut and garble names."""
_REFERENCE_LENGTH = 4
_QUOTED_LENGTH = 10
"""A shorter reference may stand in a text by chance."""
_PAIRS_MAX = 10_000  # of lines with one amount that are all compared
_TRIED_MAX = 16  # earlier lines with one key, in order, that a line of a crowd is compared with
TOLD: dict[str, type[pl.DataType]] = {
    "line_id": pl.Int64, "file_id": pl.Int64, "format": pl.String, "report": pl.String, "statement": pl.String, "account": pl.String,
    "lockbox": pl.String, "currency": pl.String, "amount_minor": pl.Int64, "kind": pl.String, "date": pl.Date, "bank_reference": pl.String,
    "customer_reference": pl.String, "check_number": pl.String, "payer_name": pl.String, "text": pl.String, "batch_reference": pl.String,
    "open": pl.Boolean, "counting": pl.Boolean, "told_by": pl.String, "advice": pl.Boolean, "copy": pl.Boolean,
}


class Told(NamedTuple):
    """A bank line as linking sees it: a row of a frame with the columns TOLD.

    `statement`: account, number and sequence of its statement; "" where it has no number.
    `open`: an announced line whose cash no statement has shown, or a statement line whose details may still come.
    `counting`: it stands for its money itself (false for a statement line that settles what was announced before).
    `told_by`: the formats that have told of this money so far, with blanks between. `advice`: it tells of money that moves by
    another way (a remittance without cash) and never counts; whatever shows the cash counts for both. `copy`: the bank marks its
    statement as a copy, and the line itself was not told before.
    """

    line_id: int
    file_id: int
    format: str
    report: str
    statement: str
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
    told_by: str
    advice: bool
    copy: bool


def told(frame: pl.DataFrame) -> list[Told]:
    """The rows of a frame with the columns TOLD."""
    return [Told(*row) for row in frame.select(list(TOLD)).iter_rows()]


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


def one_to_one(new: pl.DataFrame, old: pl.DataFrame, window: Window) -> list[Link]:
    """Links from new lines (of one file) to earlier ones (both with the columns TOLD); each line is used once."""
    return [_link(line, earlier, _WHY[tier]) for tier, line, earlier in _pairs(new, old, window, _tier)]


def copies(new: pl.DataFrame, old: pl.DataFrame, window: Window) -> list[Link]:
    """Lines of marked copies as repeats of the lines that they are copies of, whichever came first; at most one for each line."""
    is_copy = pl.col("copy")
    originals = new.filter(~is_copy)
    pairs = [*_pairs(new.filter(is_copy), pl.concat([old, originals]), window, _copy_tier), *_pairs(old.filter(is_copy), originals, window, _copy_tier)]
    return [Link(copy.line_id, original.line_id, "repeat", f"a copy: {_WHY[tier]}") for tier, copy, original in pairs]


def _pairs(new: pl.DataFrame, old: pl.DataFrame, window: Window, tier: _Tier) -> Iterator[_Pair]:
    """Lines of the same amount that are the same money, each used once."""
    amount = ["currency", "amount_minor"]
    fresh, earlier = told(new.join(old, on=amount, how="semi", maintain_order="left")), told(old.join(new, on=amount, how="semi", maintain_order="left"))
    key = attrgetter(*amount)
    before = _by(key, earlier)
    for shared, lines in _by(key, fresh).items():
        crowded = len(lines) * len(before[shared]) > _PAIRS_MAX
        yield from (_in_crowds if crowded else _best)(lines, before[shared], window, tier)


_Pair = tuple[int, Told, Told]
_Tier = Callable[[Told, Told, Window], int | None]


def _best(new: Iterable[Told], old: Iterable[Told], window: Window, tier_of: _Tier) -> Iterator[_Pair]:
    """All pairs compared, the strongest first, then the nearest in time."""
    pairs = sorted(
        (tier, abs((line.date - earlier.date).days), _content(line), _content(earlier), line.line_id, earlier.line_id, line, earlier)
        for line in new for earlier in old if (tier := tier_of(line, earlier, window)) is not None
    )
    used: set[int] = set()
    for tier, *_, line, earlier in pairs:
        if line.line_id not in used and earlier.line_id not in used:
            used |= {line.line_id, earlier.line_id}
            yield tier, line, earlier


def _in_crowds(new: list[Told], old: list[Told], window: Window, tier_of: _Tier) -> Iterator[_Pair]:
    """Many payments of one amount, as a payroll or a subscription makes them: key by key, and within a key in order."""
    used: set[int] = set()
    for key in _CROWD_KEYS:
        before = _by(key, (line for line in old if line.line_id not in used))
        for shared, lines in sorted(_by(key, (line for line in new if line.line_id not in used)).items()):
            for pair in _in_order(lines, before.get(shared, []), window, tier_of):
                used |= {pair[1].line_id, pair[2].line_id}
                yield pair


def _content(line: Told) -> tuple[str, ...]:
    """What orders equal candidates, so that the outcome does not hang on the order of files or rows."""
    return (line.date.isoformat(), line.bank_reference, line.customer_reference, line.check_number, line.payer_name, line.text)


_CROWD_KEYS: tuple[Callable[[Told], tuple[str, ...]], ...] = (
    _content,
    lambda line: (line.bank_reference,),
    lambda line: (line.customer_reference,),
    lambda line: (line.check_number,),
    lambda line: (line.date.isoformat(), line.payer_name),
    lambda line: (line.date.isoformat(),),
    lambda line: (line.payer_name,),
    lambda _: (),
)


def _in_order(new: list[Told], old: list[Told], window: Window, tier_of: _Tier) -> Iterator[_Pair]:
    """Each line, in the order of content, with the first of the next few earlier lines that may be the same money."""
    waiting = OrderedDict((line.line_id, line) for line in sorted(old, key=_in_turn))
    for line in sorted(new, key=_in_turn):
        _drop_passed(waiting, line, window)
        for earlier in islice(waiting.values(), _TRIED_MAX):
            tier = tier_of(line, earlier, window)
            if tier is not None:
                del waiting[earlier.line_id]
                yield tier, line, earlier
                break


def _in_turn(line: Told) -> tuple[tuple[str, ...], int]:
    return _content(line), line.line_id


def _drop_passed(waiting: OrderedDict[int, Told], line: Told, window: Window) -> None:
    """Lines too old for this one are too old for all that follow."""
    while waiting:
        first = next(iter(waiting.values()))
        if first.date >= line.date or window.holds(line.date, first.date):
            return
        waiting.popitem(last=False)


def _by(key: Callable[[Told], tuple[object, ...]], lines: Iterable[Told]) -> dict[tuple[object, ...], list[Told]]:
    groups: dict[tuple[object, ...], list[Told]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return groups


_WHY = ("same bank reference", "same payer reference", "same statement", "same account, date and amount")


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
    """Two reports of different weight: a shared reference, else account, date and amount, once for each format. A check of a lockbox arrives in
    its deposit: a line that names its payer is another payment of his."""
    if _agree(line.bank_reference, earlier.bank_reference) or _quotes(line, earlier) or _quotes(earlier, line):
        return 0
    if _shares_reference(line, earlier):
        return 1
    if pays_apart(line, earlier) or pays_apart(earlier, line):
        return None
    told_before = line.format in earlier.told_by.split()
    return 3 if not told_before and line.account and earlier.account and not _names_conflict(line, earlier) else None


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


def _copy_tier(line: Told, earlier: Told, window: Window) -> int | None:
    """A line of a marked copy, and what it may be a copy of: a line of the same day; what a statement shows was on a statement."""
    if not line.account or not same_account(line.account, earlier.account):
        return None
    if line.report != earlier.report:
        return _cross_tier(line, earlier) if line.report != "statement" and window.holds(line.date, earlier.date) else None
    if line.date != earlier.date or (line.bank_reference and earlier.bank_reference and line.bank_reference != earlier.bank_reference):
        return None
    if _agree(line.bank_reference, earlier.bank_reference):
        return 0
    if _shares_reference(line, earlier):
        return 1
    return 3 if not _names_conflict(line, earlier) else None


def _agree(one: str, other: str) -> bool:
    return len(one) >= _REFERENCE_LENGTH and one.strip("0") != "" and one == other


def _shares_reference(line: Told, earlier: Told) -> bool:
    ours = {line.bank_reference, line.customer_reference, line.check_number}
    theirs = {earlier.bank_reference, earlier.customer_reference, earlier.check_number}
    return any(_agree(reference, reference) for reference in ours & theirs)


def _quotes(line: Told, other: Told) -> bool:
    """Whether the text has the other's bank reference, as statements have the trace numbers of ACH entries: no part of a longer number, and
    no mere word, as banks put it where there is no reference."""
    quoted = other.bank_reference
    if len(quoted) < _QUOTED_LENGTH or quoted not in line.text or not _agree(quoted, quoted) or not any(map(str.isdecimal, quoted)):
        return False
    return re.search(rf"(?<!\d){re.escape(quoted)}(?!\d)", line.text) is not None


def pays_apart(check: Told, line: Told) -> bool:
    """Whether `line` is a payment by the payer of a lockbox's check himself, and so no deposit of the check."""
    own = bool(check.lockbox) and not line.lockbox and line.kind != "lockbox_deposit"
    return own and _likeness(check, line) >= _NAMES_ARE_ONE


def _names_conflict(line: Told, earlier: Told) -> bool:
    if not line.payer_name or not earlier.payer_name:
        return False
    return _likeness(line, earlier) < _NAMES_AGREE


def _likeness(line: Told, other: Told) -> float:
    """How alike two payers' names are, of 100; 0 where a line names none."""
    return fuzz.token_set_ratio(line.payer_name.upper(), other.payer_name.upper()) if line.payer_name and other.payer_name else 0
