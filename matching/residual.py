"""Why too little or too much came: the likeliest reasons for the difference of a first suggestion, in words, the likeliest first.

A hypothesis is arithmetic that comes out to the cent; where several do, all are told in this order:

    late_discount    the discount is right and its time is over, by so many days
    transposed       two neighbouring digits of the amount are swapped
    slipped          the decimal mark is off by one or two places
    sibling          somebody in the payer's family has an open item of exactly the amount
    old_invoice      a closed item of the payer has exactly the amount: paid again, or at the old price
    paid_twice       what is too much is a closed item, or the item itself a second time
    tax              the difference is the tax at a common rate that the gross amount contains
    round_part       the difference is a round percentage of what is open: a discount nobody gave, withholding, retention
    fee              a bank on the way may have taken it
    small            no reason comes out; the difference is less than one part in a hundred
    other_currency   what is named is in another currency, and what that is worth at the rate of the day; where nothing is named, a
                     single item of the payer in another currency that is worth what came, or nearly so

Nothing here changes what is suggested or posted. Sources: common rates of VAT in Europe; ISO 20022 calls such differences
`AdjustmentAmountAndReason` (remt.001).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from matching import amounts, money
from matching.books import Books
from matching.schema import Rates
from matching.stages import Stage

HYPOTHESES = {"r": pl.UInt32, "rank": pl.Int64, "hypothesis": pl.String, "finding": pl.String}
TOLD_MAX = 3
DIFFERING = (amounts.SHORT, amounts.OVER, amounts.REST, amounts.LATE)
TAX_RATES = (190, 200, 210, 220, 70, 81, 100, 55, 90, 130, 170, 230, 240, 250)
"""In thousandths of the net amount."""
ROUND_PARTS = (10, 20, 30, 50, 100, 150, 15, 25, 40)
"""In thousandths of what is open."""
SMALL_PART = 100
RATE_PART = 25
"""At the day's rate an amount may be off by one part in so many: banks take their share of the rate."""


class Case(NamedTuple):
    """A first suggestion that does not come out: what is open on its items, what came, and who pays."""

    r: int
    c: int | None
    currency: str
    amount: int
    date: dt.date | None
    fee_limit: int
    open: int
    late_discount: int
    discount_ended: dt.date | None

    @property
    def gap(self) -> int:
        """What is missing; negative where it is too much."""
        return self.open - self.amount


class Around(NamedTuple):
    """What else the books know of a payer: by customer and currency closed amounts, by family and currency open ones as what came, with their numbers."""

    closed: dict[tuple[int, str, int], str]
    open: dict[tuple[int, str, int], list[tuple[int, str]]]
    root: dict[int, int]


def explained(firsts: pl.DataFrame, suggested: Stage, books: Books) -> pl.DataFrame:
    """HYPOTHESES for the receipts among `firsts` (r, a, c, amount_evidence), waiting or posted with something left over, whose amount is not that of their items; at most `TOLD_MAX` each."""
    differing = firsts.filter(pl.col("amount_evidence").is_in(DIFFERING))
    cases = _cases(differing, suggested.lines, books)
    around = _around(cases, books)
    rows = [
        (case.r, place, code, finding)
        for case in cases for place, (code, finding) in enumerate(list(_hypotheses(case, around))[:TOLD_MAX], 1)
    ]
    return pl.DataFrame(rows, schema=HYPOTHESES, orient="row")


def in_other_currency(waiting: pl.DataFrame, payers: pl.DataFrame, foreign: pl.DataFrame, books: Books) -> pl.DataFrame:
    """HYPOTHESES for waiting receipts (r) whose items may be in another currency, at the rates of the day, the nearest first: what they name
    (r, i in `foreign`), whatever it is worth; else single items of their payer (r, c in `payers`) that are worth about what came."""
    if not books.policy.rates:
        return pl.DataFrame(schema=HYPOTHESES)
    items = books.items.select("i", "c", "open", "document_number", pl.col("currency").alias("theirs"))
    receipts = books.receipts.select("r", "currency", "amount", "date").join(waiting, on="r", how="semi")
    named = receipts.join(foreign.select("r", "i"), on="r").join(items, on="i").sort("r", "i")
    together = named.group_by("r", "currency", "theirs", "amount", "date", maintain_order=True).agg(
        pl.col("open").sum(), pl.col("document_number").implode().list.join(", ").first())
    silent = receipts.join(named, on="r", how="anti").join(payers.select("r", "c"), on="r").join(items, on="c").sort("r", "i")
    single = silent.filter((pl.col("theirs") != pl.col("currency")) & (pl.col("open") > 0)).select(together.columns)
    found = []
    for part, near in ((together, 0), (single, RATE_PART)):
        for r, currency, theirs, amount, date, opened, numbers in part.iter_rows():
            worth = _worth(opened, theirs, currency, books.policy.rates, date)
            if worth is not None and abs(worth - amount) * near <= amount:
                came = f"{money.shown(amount, currency)} came{_beside(amount - worth, currency)}"
                found.append((r, abs(worth - amount), f"{numbers} is {money.shown(opened, theirs)}, at the day's rate {money.shown(worth, currency)}; {came}"))
    ranked = pl.DataFrame(found, schema={"r": pl.UInt32, "off": pl.Int64, "finding": pl.String}, orient="row").sort("r", "off", "finding")
    placed = ranked.with_columns((pl.int_range(pl.len(), dtype=pl.Int64).over("r") + 1).alias("rank"), pl.lit("other_currency").alias("hypothesis"))
    return placed.filter(pl.col("rank") <= TOLD_MAX).select(list(HYPOTHESES))


def _beside(more: int, currency: str) -> str:
    """How much more or less than the rate gives."""
    return f", {money.shown(abs(more), currency)} {'more' if more > 0 else 'less'}" if more else ""


def _worth(amount_minor: int, currency: str, wanted: str, rates: tuple[Rates, ...], date: dt.date | None) -> int | None:
    """An amount in another currency's minor units at the latest rates of the day or before; None where they lack a currency."""
    known = [told for told in rates if date is not None and told.since <= date]
    table = max(known, key=lambda told: told.since).millionths if known else {}
    if currency not in table or wanted not in table:
        return None
    digits, others = (money.OTHER_DIGITS.get(code, money.DEFAULT_DIGITS) for code in (wanted, currency))
    return _rounded(amount_minor * table[currency] * 10**digits, table[wanted] * 10**others)


def _cases(differing: pl.DataFrame, lines: pl.DataFrame, books: Books) -> list[Case]:
    grace = pl.duration(days=books.policy.discount_grace_days)
    items = books.items.select("i", "open", "discount", "discount_date")
    priced = lines.join(differing.select("r", "a", "c"), on=["r", "a"]).join(items, on="i").join(books.receipts.select("r", "date"), on="r")
    late = (pl.col("discount") > 0) & (pl.col("date") > pl.col("discount_date") + grace)
    totals = priced.group_by("r").agg(
        pl.first("c"), pl.sum("open"), pl.col("discount").filter(late).sum().alias("late"), pl.col("discount_date").filter(late).min().alias("ended"))
    told = totals.join(books.receipts.select("r", "currency", "amount", "date", "fee_limit"), on="r").sort("r")
    return [Case(*row) for row in told.select("r", "c", "currency", "amount", "date", "fee_limit", "open", "late", "ended").iter_rows()]


def _around(cases: list[Case], books: Books) -> Around:
    payers = pl.DataFrame({"c": sorted({case.c for case in cases if case.c is not None})}, schema={"c": pl.UInt32})
    roots = books.customers.select("c", "root").join(payers, on="c", how="semi")
    closed = books.closed.join(payers, on="c", how="semi").sort("c", "currency", "amount", "document_number")
    family = books.customers.select("c", "root").join(roots.select("root").unique(), on="root", how="semi")
    worth = pl.Series([case.amount for case in cases], dtype=pl.Int64).unique()
    siblings = books.items.filter(pl.col("open").is_in(worth.implode())).join(family, on="c").sort("root", "currency", "open", "i")
    by_amount: dict[tuple[int, str, int], list[tuple[int, str]]] = defaultdict(list)
    for root, currency, opened, c, number in siblings.select("root", "currency", "open", "c", "document_number").iter_rows():
        by_amount[root, currency, opened].append((c, number))
    return Around(
        {(c, currency, amount): number for c, currency, amount, number in closed.select("c", "currency", "amount", "document_number").iter_rows()},
        by_amount, dict(roots.iter_rows()),
    )


def _hypotheses(case: Case, around: Around) -> Iterator[tuple[str, str]]:
    """Code and sentence of all that come out."""
    gap, missing = case.gap, money.shown(abs(case.gap), case.currency)
    if case.late_discount and gap == case.late_discount and case.discount_ended and case.date:
        days = (case.date - case.discount_ended).days
        yield "late_discount", f"the discount of {missing} was taken {days} days after its last day"
    if _is_transposed(case.open, case.amount):
        yield "transposed", f"two digits are swapped: {money.shown(case.amount, case.currency)} came for {money.shown(case.open, case.currency)}"
    if any(case.amount * slip == case.open or case.open * slip == case.amount for slip in (10, 100)):
        yield "slipped", f"the decimal mark slipped: {money.shown(case.amount, case.currency)} came for {money.shown(case.open, case.currency)}"
    yield from _elsewhere(case, around)
    if gap > 0:
        yield from _taken_off(case, missing)
    if gap and abs(gap) * SMALL_PART <= case.open:
        yield "small", f"the difference of {missing} is less than one part in {SMALL_PART}"


def _elsewhere(case: Case, around: Around) -> Iterator[tuple[str, str]]:
    """The amount, or what is too much, is that of something else of the payer or its family."""
    if case.c is None:
        return
    others = around.open.get((around.root.get(case.c, -1), case.currency, case.amount), [])
    sibling = next((number for c, number in others if c != case.c), None)
    if sibling:
        yield "sibling", f"{sibling} of another company of the family has exactly the amount"
    old = around.closed.get((case.c, case.currency, case.amount))
    if old:
        yield "old_invoice", f"{old}, which is closed, had exactly the amount: it may be paid again, or at the old price"
    again = around.closed.get((case.c, case.currency, -case.gap))
    if case.gap < 0 and (again or -case.gap == case.open):
        yield "paid_twice", f"what is too much is {f'{again}, which is closed' if again else 'the same once more'}: it may be paid twice"


def _taken_off(case: Case, missing: str) -> Iterator[tuple[str, str]]:
    rate = next((rate for rate in TAX_RATES if case.gap == _rounded(case.open * rate, 1000 + rate)), None)
    if rate:
        yield "tax", f"{missing} is the tax of {_percent(rate)} in what is open: the net amount came"
    part = next((part for part in ROUND_PARTS if case.gap == _rounded(case.open * part, 1000)), None)
    if part:
        yield "round_part", f"{missing} is {_percent(part)} of what is open: a discount that nobody gave, or tax withheld"
    if case.gap <= case.fee_limit <= case.gap * amounts.FEE_PARTS:
        yield "fee", f"{missing} may be what a bank on the way took"


def _is_transposed(one: int, other: int) -> bool:
    """Equal but for two neighbouring digits that are swapped."""
    left, right = str(one), str(other)
    if len(left) != len(right) or (one - other) % 9 or one == other:
        return False
    differing = [at for at, (a, b) in enumerate(zip(left, right, strict=True)) if a != b]
    first, last = differing[0], differing[-1]
    return len(differing) == 2 and last == first + 1 and left[first] == right[last] and left[last] == right[first]


def _rounded(numerator: int, denominator: int) -> int:
    """To the nearest, a half upwards."""
    return (2 * numerator + denominator) // (2 * denominator)


def _percent(thousandths: int) -> str:
    return f"{thousandths // 10} %" if thousandths % 10 == 0 else f"{thousandths // 10}.{thousandths % 10} %"
