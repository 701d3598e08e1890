"""What decisions of persons teach: under which names and from which accounts a customer pays, by which part of a number it tells an
invoice, and what it is in the habit of.

A lesson belongs to the journal entry of the decision and stands as long as the entry does: undo the decision and the lesson is gone
with it (a bank's return leaves it standing). It acts only after the manager's number of confirmations, each by another receipt, and
never while a name or an account points to two customers; until then it is in shadow. Habits never identify anybody; they rank suggestions.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, Row, select

from cashapp import db, schema
from cashapp.strata import RETURNED
from matching import number_shapes
from matching.deduction_codes import DEFAULTS, Reason, code_of
from matching.habits import DEDUCTION, OLDEST_FIRST, STATEMENT_TOTAL

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
    reasons: tuple[Reason, ...] = DEFAULTS  # why payers deduct


def learn(connection: Connection, taught: Taught, customer_ids: set[str], amount_evidence: str = "") -> None:
    """Write down what the decision shows; a decision for several customers shows nothing about the payer."""
    if len(customer_ids) != 1:
        return
    customer_id = next(iter(customer_ids))
    line = schema.bank_line
    told = (line.c.payer_name, line.c.payer_account, line.c.remittance_text, line.c.customer_reference)
    payer = connection.execute(select(*told).where(line.c.line_id == taught.receipt.line_id)).one()
    items = _applied(connection, taught.entry_id)
    shown = [
        (ALIAS, spelled(payer.payer_name), _names(connection, customer_id)),
        (ACCOUNT, "".join(payer.payer_account.upper().split()), _accounts(connection, customer_id)),
        *((HABIT, habit, set()) for habit in _shown_habits(connection, items, customer_id, amount_evidence, taught.reasons)),
        *((SHAPE, shape, set()) for shape in _shapes(connection, items, customer_id, f"{payer.remittance_text} {payer.customer_reference}")),
    ]
    first = db.next_id(connection, schema.lesson.c.lesson_id)
    fresh = [(kind, value) for kind, value, known in shown if value and value not in known]
    for place, (kind, value) in enumerate(fresh):
        connection.execute(schema.lesson.insert().values(
            lesson_id=first + place, kind=kind, customer_id=customer_id, value=value, receipt_id=taught.receipt.receipt_id, entry_id=taught.entry_id,
            actor=taught.actor, learned_on=taught.on))


def spelled(name: str) -> str:
    """A name as lessons keep it: capitals, single blanks."""
    return " ".join(name.upper().split())


def standing(connection: Connection, until: dt.date | None = None) -> pl.DataFrame:
    """LESSONS whose decision stands; `until`: learned before that day."""
    lesson, reversal = schema.lesson, schema.journal_entry
    query = (
        select(*(lesson.c[name] for name in LESSONS), reversal.c.reason).outerjoin(reversal, reversal.c.reverses == lesson.c.entry_id)
        .order_by(lesson.c.lesson_id)
    )
    told = db.frame(connection, query.where(lesson.c.learned_on < until) if until else query, LESSONS | {"reason": pl.String})
    return told.filter(pl.col("reason").is_null() | pl.col("reason").str.starts_with(RETURNED[:-1])).drop("reason")


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
        return f"deducts for {value.removeprefix(DEDUCTION).replace('_', ' ')}" if value.startswith(DEDUCTION) else HABITS.get(value, value)
    if kind == SHAPE:
        shape = number_shapes.read(value)
        return f"writes only characters {shape.start + 1} to {shape.stop} of numbers like {shape.form}"
    return value


def habits(connection: Connection, customer_id: str) -> dict[str, int]:
    """How many receipts of the customer a person has settled in each of HABITS' ways."""
    told = standing(connection).filter((pl.col("kind") == HABIT) & (pl.col("customer_id") == customer_id))
    counted = told.group_by("value").agg(pl.col("receipt_id").n_unique().cast(pl.Int64)).sort("value")
    return dict(counted.iter_rows())


def _applied(connection: Connection, entry_id: int) -> list[Row[*tuple[object, ...]]]:
    """The items that the entry put money on, with the deduction on each and what is still open."""
    application, item = schema.application, schema.open_item
    columns = (item.c.item_id, item.c.document_number, item.c.currency, item.c.due_date, item.c.open_minor, application.c.deduction_minor,
               application.c.deduction_reason)
    query = select(*columns).join(item, item.c.item_id == application.c.item_id).where(application.c.entry_id == entry_id).order_by(item.c.item_id)
    return list(connection.execute(query).all())


def _shown_habits(connection: Connection, items: list[Row[*tuple[object, ...]]], customer_id: str, amount_evidence: str,
                  reasons: tuple[Reason, ...]) -> list[str]:
    """The habits of HABITS that the decision shows."""
    shown = [amount_evidence] if amount_evidence in HABITS else []
    codes = {code_of(row.deduction_reason, reasons) for row in items if row.deduction_minor}
    return [*shown, *sorted(f"{DEDUCTION}{code}" for code in codes if code), *_choice(connection, items, customer_id)]


def _choice(connection: Connection, items: list[Row[*tuple[object, ...]]], customer_id: str) -> list[str]:
    """Whether several items that were paid are all that was open, or the oldest of it."""
    item = schema.open_item
    if len(items) < 2:
        return []
    paid = {row.item_id for row in items}
    query = select(item.c.item_id, item.c.due_date).where(item.c.customer_id == customer_id, item.c.currency == items[0].currency, item.c.open_minor > 0)
    left = [row.due_date for row in connection.execute(query) if row.item_id not in paid]
    if not left and all(row.open_minor == 0 for row in items):
        return [STATEMENT_TOTAL]
    dated = all(row.due_date is not None for row in items) and all(due is not None for due in left)
    return [OLDEST_FIRST] if left and dated and max(row.due_date for row in items) <= min(left) else []


def _shapes(connection: Connection, items: list[Row[*tuple[object, ...]]], customer_id: str, text: str) -> list[str]:
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
