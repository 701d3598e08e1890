"""What decisions of persons teach: under which names and from which accounts a customer pays, by which part of a number it tells an
invoice, and what it is in the habit of.

A lesson belongs to the journal entry of the decision and stands as long as the entry does: undo the decision and the lesson is gone
with it (a bank's return leaves it standing). A person may take back what was taught and leave the decision. It acts only after the manager's
number of confirmations, each by another receipt, and never while a name or an account points to two customers; until then it is in shadow.
Habits never identify anybody; they rank suggestions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Row, exists, func, select

from cashapp import clock, db, reversals, schema, strata
from cashapp.errors import UsageError
from matching import number_shapes
from matching.deduction_codes import Reason, code_of
from matching.schema import DEDUCTS, OLDEST_FIRST, STATEMENT_TOTAL

ALIAS, ACCOUNT, HABIT, SHAPE = "alias", "account", "habit", "shape"
HABITS: dict[str, str] = {
    "late_discount": "takes discounts late", "short": "pays short", "over": "pays too much", "stated_deduction": "deducts and says why",
    "claimed_deduction": "deducts by claims of its own", "unstated_fee": "lets its bank's fee come off the payment",
    OLDEST_FIRST: "pays the oldest items first", STATEMENT_TOTAL: "pays everything that is open at once",
}
"""The evidence of the amount that a person accepted, or the choice of items, in words; a deduction's reason stands behind `deduction:`."""
LESSONS = {"kind": pl.String, "value": pl.String, "customer_id": pl.String, "receipt_id": pl.Int64, "actor": pl.String, "learned_on": pl.Date}


class Taught(NamedTuple):
    """The decision that teaches: its receipt, its journal entry, who took it and when."""

    receipt: Row[*tuple[object, ...]]
    entry_id: int
    actor: str
    on: dt.date
    reasons: tuple[Reason, ...]  # why payers deduct


class Paid(NamedTuple):
    """An item that a decision puts money on, what it leaves open, and the deduction on it."""

    item_id: int
    document_number: str
    currency: str
    due_date: dt.date | None
    open_minor: int
    deduction_minor: int
    deduction_reason: str


class Intended(NamedTuple):
    """A decision that may be taken: its receipt, for which customers, what speaks for its amount and what it would put where."""

    receipt: Row[*tuple[object, ...]]
    customer_ids: set[str]
    amount_evidence: str
    paid: list[Paid]


class Lesson(NamedTuple):
    """What decisions would teach: from how many receipts among them, and how many other receipts have shown it before."""

    kind: str
    value: str
    customer_id: str
    receipts: int
    confirmations: int


def learn(connection: Connection, taught: Taught, customer_ids: set[str], amount_evidence: str = "") -> None:
    """Write down what the decision shows; a decision for several customers shows nothing about the payer."""
    first = db.next_id(connection, schema.lesson.c.lesson_id)
    paid = _applied(connection, taught.entry_id)
    shown = _shown(connection, taught.receipt.line_id, customer_ids, amount_evidence, paid, taught.reasons)
    for place, (kind, value, customer_id) in enumerate(shown):
        connection.execute(schema.lesson.insert().values(
            lesson_id=first + place, kind=kind, customer_id=customer_id, value=value, receipt_id=taught.receipt.receipt_id, entry_id=taught.entry_id,
            actor=taught.actor, learned_on=taught.on))


def foretold(connection: Connection, decisions: Sequence[Intended], reasons: tuple[Reason, ...]) -> list[Lesson]:
    """What the decisions would teach before they are taken, each looked at as if it were the only one; in the order in which they show it."""
    fresh: dict[tuple[str, str, str], set[int]] = {}
    for one in decisions:
        for shown in _shown(connection, one.receipt.line_id, one.customer_ids, one.amount_evidence, one.paid, reasons):
            fresh.setdefault(shown, set()).add(one.receipt.receipt_id)
    if not fresh:
        return []
    before: dict[tuple[str, str, str], set[int]] = {}
    told = standing(connection, None, schema.lesson.c.customer_id.in_(sorted({customer_id for _, _, customer_id in fresh})))
    for kind, value, customer_id, receipt_id in told.select("kind", "value", "customer_id", "receipt_id").iter_rows():
        before.setdefault((kind, value, customer_id), set()).add(receipt_id)
    return [Lesson(*what, len(receipts), len(before.get(what, set()) - receipts)) for what, receipts in fresh.items()]


def _shown(connection: Connection, line_id: int, customer_ids: set[str], amount_evidence: str, paid: list[Paid],
           reasons: tuple[Reason, ...]) -> list[tuple[str, str, str]]:
    """kind, value, customer of what a decision shows that the master data does not have."""
    if len(customer_ids) != 1:
        return []
    customer_id = next(iter(customer_ids))
    line = schema.bank_line
    told = (line.c.payer_name, line.c.payer_account, line.c.remittance_text, line.c.customer_reference)
    payer = connection.execute(select(*told).where(line.c.line_id == line_id)).one()
    shown = [
        (ALIAS, spelled(payer.payer_name), _names(connection, customer_id)),
        (ACCOUNT, "".join(payer.payer_account.upper().split()), _accounts(connection, customer_id)),
        *((HABIT, habit, set()) for habit in _shown_habits(connection, paid, customer_id, amount_evidence, reasons)),
        *((SHAPE, shape, set()) for shape in _shapes(connection, paid, customer_id, f"{payer.remittance_text} {payer.customer_reference}")),
    ]
    return [(kind, value, customer_id) for kind, value, known in shown if value and value not in known]


def spelled(name: str) -> str:
    """A name as lessons keep it: capitals, single blanks."""
    return " ".join(name.upper().split())


def forget(connection: Connection, kind: str, value: str, customer_id: str, reason: str, actor: str, on: dt.date) -> None:
    """A person takes back what was taught: what has been shown so far counts for nothing. UsageError where nothing stands."""
    lesson, table = schema.lesson, schema.unlearned
    if not reason:
        raise UsageError("why is it wrong? give a reason")
    same = (lesson.c.kind == kind, lesson.c.value == value, lesson.c.customer_id == customer_id)
    if standing(connection, None, *same).is_empty():
        raise UsageError(f"nothing of this kind stands: {kind} {value} of {customer_id}")
    last = connection.execute(select(func.max(lesson.c.lesson_id)).where(*same)).scalar_one()
    connection.execute(table.insert().values(
        unlearn_id=db.next_id(connection, table.c.unlearn_id), kind=kind, value=value, customer_id=customer_id, last_lesson=last,
        at=clock.now().replace(tzinfo=None), unlearned_on=on, actor=actor, reason=reason))


def standing(connection: Connection, until: dt.date | None = None, *only: ColumnElement[bool]) -> pl.DataFrame:
    """LESSONS whose decision stands and that nobody took back; `until`: learned, and taken back, before that day. A decision that was put back
    after an undone return stands as its new entry."""
    lesson, gone = schema.lesson, schema.unlearned
    taken_back = exists().where(
        gone.c.kind == lesson.c.kind, gone.c.value == lesson.c.value, gone.c.customer_id == lesson.c.customer_id, gone.c.last_lesson >= lesson.c.lesson_id,
        *([gone.c.unlearned_on < until] if until else []))
    query = select(*(lesson.c[name] for name in LESSONS), lesson.c.entry_id).where(~taken_back, *only).order_by(lesson.c.lesson_id)
    told = db.frame(connection, query.where(lesson.c.learned_on < until) if until else query, LESSONS | {"entry_id": pl.Int64})
    by_bank = connection.execute(strata.by_returns().where(schema.return_event.c.entry_id.in_(select(lesson.c.entry_id)))).first()
    if by_bank is not None:  # it may have been put back since
        told = told.with_columns(pl.col("entry_id").replace(reversals.stands_as(connection)))
    entry = schema.journal_entry
    by_persons = select(entry.c.reverses).where(entry.c.reverses.not_in(strata.by_returns()))
    undone = db.frame_of(connection, by_persons, entry.c.reverses, told["entry_id"].unique().sort().to_list(), {"entry_id": pl.Int64})
    return told.join(undone, on="entry_id", how="anti", maintain_order="left").drop("entry_id")


def rules(connection: Connection, act_after: int, until: dt.date | None = None) -> pl.DataFrame:
    """kind, value, customer_id, confirmations, since, taught_by, status (acts, shadow, disputed), sorted."""
    told = standing(connection, until)
    per_rule = told.group_by("kind", "value", "customer_id").agg(
        pl.col("receipt_id").n_unique().cast(pl.Int64).alias("confirmations"), pl.col("learned_on").min().alias("since"),
        pl.col("actor").unique().sort().implode().list.join(", ").first().alias("taught_by"))
    disputed = pl.col("kind").is_in([ALIAS, ACCOUNT]) & (pl.len().over("kind", "value") > 1)
    enough = pl.lit(act_after > 0) & (pl.col("confirmations") >= act_after)
    status = pl.when(disputed).then(pl.lit("disputed")).when(enough).then(pl.lit("acts")).otherwise(pl.lit("shadow"))
    return per_rule.with_columns(status.alias("status")).sort("kind", "customer_id", "value")


def acting(connection: Connection, act_after: int, until: dt.date | None = None) -> pl.DataFrame:
    """kind, value, customer_id, confirmations of the lessons that act."""
    return rules(connection, act_after, until).filter(pl.col("status") == "acts").select("kind", "value", "customer_id", "confirmations")


def in_words(kind: str, value: str) -> str:
    """What a lesson says, as a clerk reads it.

    >>> in_words("habit", "deduction:freight"), in_words("shape", "SO99999999[3:9]")
    ('deducts for freight', 'writes only characters 4 to 9 of numbers like SO99999999')
    """
    if kind == HABIT:
        return f"deducts for {value.removeprefix(DEDUCTS).replace('_', ' ')}" if value.startswith(DEDUCTS) else HABITS.get(value, value)
    if kind == SHAPE:
        shape = number_shapes.read(value)
        return f"writes only characters {shape.start + 1} to {shape.stop} of numbers like {shape.form}"
    return value


def habits(connection: Connection, customer_id: str) -> dict[str, int]:
    """How many receipts of the customer a person has settled in each of HABITS' ways."""
    lesson = schema.lesson
    told = standing(connection, None, lesson.c.kind == HABIT, lesson.c.customer_id == customer_id)
    counted = told.group_by("value").agg(pl.col("receipt_id").n_unique().cast(pl.Int64)).sort("value")
    return dict(counted.iter_rows())


def _applied(connection: Connection, entry_id: int) -> list[Paid]:
    """The items that the entry put money on."""
    application, item = schema.application, schema.open_item
    columns = (item.c.item_id, item.c.document_number, item.c.currency, item.c.due_date, item.c.open_minor, application.c.deduction_minor,
               application.c.deduction_reason)
    query = select(*columns).join(item, item.c.item_id == application.c.item_id).where(application.c.entry_id == entry_id).order_by(item.c.item_id)
    return [Paid(*row) for row in connection.execute(query)]


def _shown_habits(connection: Connection, items: list[Paid], customer_id: str, amount_evidence: str,
                  reasons: tuple[Reason, ...]) -> list[str]:
    """The habits of HABITS that the decision shows."""
    shown = [amount_evidence] if amount_evidence in HABITS else []
    codes = {code_of(row.deduction_reason, reasons) for row in items if row.deduction_minor}
    return [*shown, *sorted(f"{DEDUCTS}{code}" for code in codes if code), *_choice(connection, items, customer_id)]


def _choice(connection: Connection, items: list[Paid], customer_id: str) -> list[str]:
    """Whether several items that were paid are all that was open, or the oldest of it."""
    item = schema.open_item
    if len(items) < 2:
        return []
    paid = {row.item_id for row in items}
    query = select(item.c.item_id, item.c.due_date).where(item.c.customer_id == customer_id, item.c.currency == items[0].currency, item.c.open_minor > 0)
    left = [row.due_date for row in connection.execute(query) if row.item_id not in paid]
    if not left and all(row.open_minor == 0 for row in items):
        return [STATEMENT_TOTAL]
    mine, theirs = [row.due_date for row in items if row.due_date], [due for due in left if due]
    dated = len(mine) == len(items) and len(theirs) == len(left) > 0
    return [OLDEST_FIRST] if dated and max(mine) <= min(theirs) else []


def _shapes(connection: Connection, items: list[Paid], customer_id: str, text: str) -> list[str]:
    """The shapes by which the text tells the numbers of the items."""
    item = schema.open_item
    if not any(letter.isdigit() for letter in text) or not items:
        return []
    numbers = connection.execute(select(item.c.document_number).where(item.c.customer_id == customer_id)).scalars().all()
    found = {str(shape) for row in items if (shape := number_shapes.taught(text, row.document_number, numbers))}
    return sorted(found)


def _names(connection: Connection, customer_id: str) -> set[str]:
    customer, alias = schema.customer, schema.customer_alias
    own = connection.execute(select(customer.c.name).where(customer.c.customer_id == customer_id)).scalars()
    others = connection.execute(select(alias.c.alias).where(alias.c.customer_id == customer_id)).scalars()
    return {spelled(name) for name in (*own, *others)}


def _accounts(connection: Connection, customer_id: str) -> set[str]:
    account = schema.customer_account
    return {"".join(known.upper().split()) for known in
            connection.execute(select(account.c.account).where(account.c.customer_id == customer_id)).scalars()}
