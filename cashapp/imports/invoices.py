"""Open items: invoices, debit memos, credit memos and on-account credits, and what the books owe to their source.

The key of an item is company, customer and number. Credit memos and on-account credits are negative whatever sign the
list gives; an invoice or debit memo below zero is refused, for it would pass as something to collect. An amount of zero
is taken (a free delivery, a memo that was set off): it is an item of its customer, closed as it comes. A column that the
file does not have leaves known items as they are; an empty cell clears.

The books follow the source. A new item posts its open amount, Dr receivable / Cr imported open items, one journal entry
for each file and currency. When the list comes again and states an open amount,

    that is what it said last        → nothing is posted: the source does not know our postings yet
    that is what the books have      → nothing is posted: the source has caught up with us
    anything else                    → the difference to the books is posted

Where it states none, the open amount moves by as much as the amount of the item was changed.

Due date and discount are as the row gives them, else from its payment terms and issue date, else, in a row that says
nothing of either, from its customer's payment terms.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, select

from cashapp import db, ledger, schema
from cashapp.accounts import IMPORTED, RECEIVABLE
from cashapp.imports import faults, fields, terms, upsert
from cashapp.imports.faults import Fault, FileFault
from cashapp.imports.fields import Batch, Field
from cashapp.imports.stored import Source, Stored

CREDITS = ("credit_memo", "on_account")
FIELDS: tuple[Field, ...] = (
    Field("invoice_number", required=True), Field("customer_id", required=True),
    Field("amount", "amount", required=True), Field("currency", "currency", required=True),
    Field("customer_name"), Field("kind", "kind", kinds=("invoice", "debit_memo", *CREDITS)),
    Field("issue_date", "date"), Field("due_date", "date"), Field("open_amount", "amount"),
    Field("po_number"), Field("structured_reference"), Field("discount_date", "date"), Field("discount_amount", "amount"),
    Field("payment_terms"), Field("description", "prose"), Field("company"),
)
_KEY = ("company", "customer_id", "document_number")
_VALUES = {
    "kind": pl.String, "currency": pl.String, "amount_minor": pl.Int64, "imported_open_minor": pl.Int64, "issue_date": pl.Date, "due_date": pl.Date,
    "discount_date": pl.Date, "discount_minor": pl.Int64, "payment_terms": pl.String, "po_number": pl.String, "structured_reference": pl.String,
    "description": pl.String,
}
_KNOWN = {**dict.fromkeys(_KEY, pl.String), "item_id": pl.Int64, "open_minor": pl.Int64, **_VALUES}
_CUSTOMER = {"customer_id": pl.String, "payment_terms": pl.String}
_MOVING = {"currency": pl.String, "delta_minor": pl.Int64, "customer_id": pl.String, "item_id": pl.Int64, "is_new": pl.Boolean}
_BIGINT_MAX = 2**63 - 1
_AT_ONCE = 100_000


def store(connection: Connection, batch: Batch, source: Source) -> Stored:
    """Bring items and books to what the list says, some items at a time, in the order of their keys: what the order of the file's rows is
    must decide nothing."""
    renamed = batch._replace(rows=batch.rows.rename({"invoice_number": "document_number", "discount_amount_minor": "discount_minor"}))
    single, repeats = fields.first_of_each(renamed, _KEY)
    named = _named_customers(single.rows)
    next_id = db.next_id(connection, schema.open_item.c.item_id)
    books = _Books(upsert.known(connection, schema.customer, ["customer_id"], single.rows, _CUSTOMER), upsert.holds_any(connection, schema.open_item))
    done: list[_Done] = []
    with db.loading(connection, schema.open_item) as load:
        for rows in single.rows.sort(_KEY).iter_slices(_AT_ONCE):
            source.at(f"storing {source.name}", len(done) * _AT_ONCE, single.rows.height, "rows")
            load.expect(rows.height, single.rows.height - len(done) * _AT_ONCE)
            done.append(_store(connection, load, single._replace(rows=rows), books, named, next_id, source))
            next_id += done[-1].new
            books = books._replace(customers=pl.concat([books.customers, done[-1].customers]))
        source.at(f"putting {source.name} into its table")
    source.at(f"posting {source.name}")
    moving = pl.concat([pl.DataFrame(schema=_MOVING), *(piece.moving for piece in done)])
    _refuse_what_overflows(moving)
    _post(connection, moving, source)
    new, changed = sum(piece.new for piece in done), sum(piece.changed for piece in done)
    unchanged = repeats + sum(piece.unchanged for piece in done)
    return Stored(new, changed, unchanged, [*single.faults, *_told_once([fault for piece in done for fault in piece.faults])])


class _Books(NamedTuple):
    """What the file is put beside: its customers that are known (_CUSTOMER), and whether there were items before it."""

    customers: pl.DataFrame
    has_items: bool


class _Done(NamedTuple):
    """What came of some of the items; `moving` (_MOVING) are those that the books must follow, `customers` (_CUSTOMER) were made for them."""

    new: int
    changed: int
    unchanged: int
    faults: list[Fault]
    moving: pl.DataFrame
    customers: pl.DataFrame


def _store(connection: Connection, load: db.Loading, batch: Batch, books: _Books, named: pl.DataFrame, first: int, source: Source) -> _Done:
    """Bring these items to what the list says; new ones are numbered from `first` on."""
    complete = _beside_the_books(connection, batch, books)
    found = _refused(complete)
    known_or_named, unknown, new_customers = _customers(faults.without(complete, found), books.customers, named)
    found += [*unknown, *_unknown_terms(known_or_named)]
    items = _numbered(known_or_named.pipe(_open_amounts), first)
    new, changed = items.filter("is_new"), items.filter(~pl.col("is_new") & upsert.differs(_VALUES))
    db.insert_frame(connection, schema.customer, new_customers)
    load.add(schema.open_item.name, _rows(new, source.as_of))
    upsert.update(connection, schema.open_item, ["item_id"], changed.select("item_id", *_VALUES))
    moving = items.filter(pl.col("delta_minor") != 0).select(list(_MOVING))
    customers = new_customers.select("customer_id", pl.lit("").alias("payment_terms"))
    return _Done(new.height, changed.height, items.height - new.height - changed.height, found, moving, customers)


def _named_customers(rows: pl.DataFrame) -> pl.DataFrame:
    """The customers that the file names, each by its first row."""
    named = rows.filter(pl.col("customer_name") != "").unique("customer_id", keep="first", maintain_order=True)
    return named.select("customer_id", pl.col("customer_name").alias("name"))


def _beside_the_books(connection: Connection, batch: Batch, books: _Books) -> pl.DataFrame:
    """Each row with its item as known, its amounts signed, its dates and discount complete."""
    found = upsert.known(connection, schema.open_item, _KEY, batch.rows, _KNOWN) if books.has_items else pl.DataFrame(schema=_KNOWN)
    kept = batch.absent & {"kind", "issue_date", "payment_terms", "po_number", "structured_reference", "description"}
    return upsert.beside(batch.rows, found, _KEY, absent=kept).pipe(_signed).pipe(_with_terms, books.customers, batch.absent)


def _signed(rows: pl.DataFrame) -> pl.DataFrame:
    """A credit is negative, whatever sign it was given."""
    credit = pl.col("kind").is_in(CREDITS)
    amounts = ("amount_minor", "open_amount_minor", "discount_minor")
    return rows.with_columns(pl.when(credit).then(-pl.col(name).abs()).otherwise(name).alias(name) for name in amounts)


def _with_terms(rows: pl.DataFrame, customers: pl.DataFrame, absent: frozenset[str]) -> pl.DataFrame:
    """Due date and discount: as given, else by the row's terms, else as known, else by the customer's terms."""
    says_nothing = (pl.col("payment_terms") == "") & pl.all_horizontal(pl.col("due_date", "discount_date", "discount_minor").is_null())
    theirs = customers.select("customer_id", pl.col("payment_terms").alias("customer_terms"))
    both = rows.join(theirs, on="customer_id", how="left", maintain_order="left").with_columns(pl.when(says_nothing).then("customer_terms").alias("customer_terms"))
    derived = both.pipe(terms.from_terms, "payment_terms", "own_").pipe(terms.from_terms, "customer_terms", "customer_")

    def first_said(name: str, given_as: str) -> pl.Expr:
        before = [pl.col(f"{name}_known")] if given_as in absent else []
        return pl.coalesce(pl.col(name), pl.col(f"own_{name}"), *before, pl.col(f"customer_{name}"))

    return derived.with_columns(
        first_said("due_date", "due_date"), first_said("discount_date", "discount_date"), first_said("discount_minor", "discount_amount_minor").fill_null(0),
    )


def _refused(rows: pl.DataFrame) -> list[Fault]:
    """What contradicts itself or the item that is known."""
    credit = pl.col("kind").is_in(CREDITS)
    owed = [("amount_minor", "amount"), ("open_amount_minor", "open_amount"), ("discount_minor", "discount_amount")]
    negative = [
        fault for column, name in owed
        for fault in faults.where(rows, ~credit & (pl.col(column) < 0), "negative_amount", pl.format(f"{name} of the {{}} is below zero", "kind"))
    ]
    more = faults.where(rows, pl.col("discount_minor").abs() > pl.col("amount_minor").abs(), "bad_discount", pl.lit("discount_amount is more than the amount"))
    other = faults.where(
        rows, pl.col("currency") != pl.col("currency_known"), "currency_changed", pl.format("the item is known in {}, not in {}", "currency_known", "currency"),
    )
    return [*negative, *more, *other]


def _customers(rows: pl.DataFrame, customers: pl.DataFrame, named: pl.DataFrame) -> tuple[pl.DataFrame, list[Fault], pl.DataFrame]:
    """The rows whose customer is known or named in the file, faults for the others, and the customers to be made."""
    strangers = rows.join(customers, on="customer_id", how="anti", maintain_order="left")
    nameless = strangers.join(named, on="customer_id", how="anti", maintain_order="left")
    found = faults.where(nameless, pl.lit(value=True), "unknown_customer", pl.format("there is no customer '{}'", faults.shown("customer_id")))
    return faults.without(rows, found), found, named.join(strangers, on="customer_id", how="semi", maintain_order="left")


def _unknown_terms(rows: pl.DataFrame) -> list[Fault]:
    """Words for terms that are not understood where something should have followed from them; once for each."""
    silent = pl.col("due_date").is_null() & (pl.col("payment_terms") != "") & pl.col("issue_date").is_not_null()
    asked = rows.filter(silent).group_by("payment_terms").agg(pl.col("line").min())
    odd = [(line, text) for text, line in asked.iter_rows() if terms.parse(text) is None]
    return [Fault(line, "unknown_terms", f"the payment terms '{text}' are not understood: no due date, no discount") for line, text in odd]


def _told_once(found: list[Fault]) -> list[Fault]:
    """Of the same words about terms, those with the first line."""
    first = {fault.what: fault for fault in sorted(found, reverse=True) if fault.code == "unknown_terms"}
    return [fault for fault in found if fault.code != "unknown_terms" or first[fault.what] == fault]


def _open_amounts(rows: pl.DataFrame) -> pl.DataFrame:
    """`imported_open_minor`: what the source says is open; `delta_minor`: by how much the books must follow."""
    stated, said, booked = pl.col("open_amount_minor"), pl.col("imported_open_minor_known"), pl.col("open_minor_known")
    moved = pl.col("amount_minor") - pl.col("amount_minor_known")
    imported = pl.when(stated.is_not_null()).then(stated).when("is_new").then("amount_minor").otherwise(said + moved)
    follow = pl.when((stated == said) | (stated == booked)).then(0).otherwise(stated - booked)
    delta = pl.when("is_new").then("imported_open_minor").when(stated.is_null()).then(moved).otherwise(follow)
    return rows.with_columns(imported.alias("imported_open_minor")).with_columns(delta.alias("delta_minor"))


def _numbered(items: pl.DataFrame, first: int) -> pl.DataFrame:
    """New items get the next ids in their order."""
    number = pl.col("is_new").cast(pl.Int64).cum_sum() - 1 + first
    return items.with_columns(pl.when("is_new").then(number).otherwise("item_id_known").alias("item_id"))


def _rows(new: pl.DataFrame, as_of: dt.date) -> pl.DataFrame:
    """The new items as the table has them, open with what the entry of their currency will post."""
    closed = pl.when(pl.col("delta_minor") == 0).then(pl.lit(as_of))
    return new.select("item_id", *_KEY, *_VALUES, pl.col("delta_minor").alias("open_minor"), closed.alias("closed_on"))


def _refuse_what_overflows(moving: pl.DataFrame) -> None:
    """The total of a posting must fit the database's integers."""
    totals = moving.group_by("currency").agg(pl.col("delta_minor").cast(pl.Int128).abs().sum())
    if totals.height and max(totals["delta_minor"]) > _BIGINT_MAX:
        raise FileFault("too_large", "the amounts of the file add up to more than the books can hold")


def _post(connection: Connection, moving: pl.DataFrame, source: Source) -> None:
    """One entry for each currency: every item that moves against the total."""
    currencies = sorted(moving["currency"].unique())
    numbers = pl.col("currency").replace_strict({code: n for n, code in enumerate(currencies)}, default=None, return_dtype=pl.Int64)
    nothing = pl.lit(None, pl.Int64)
    receivable = moving.select(
        numbers.alias("n"), pl.lit(RECEIVABLE).alias("account"), "currency", pl.col("delta_minor").alias("amount_minor"),
        "customer_id", "item_id", nothing.alias("receipt_id"),
    )
    against = receivable.group_by("n", "currency").agg(-pl.col("amount_minor").sum()).filter(pl.col("amount_minor") != 0).sort("n").select(
        "n", pl.lit(IMPORTED).alias("account"), "currency", "amount_minor",
        pl.lit(None, pl.String).alias("customer_id"), nothing.alias("item_id"), nothing.alias("receipt_id"),
    )
    entries = pl.DataFrame(
        [(n, "open_items", source.as_of, _source_key(connection, source, code), None, f"open items of {source.name}", "") for n, code in enumerate(currencies)],
        schema=ledger.ENTRIES, orient="row",
    )
    opened = moving.filter("is_new").select("item_id", pl.col("delta_minor").alias("open_minor"))
    ledger.post(connection, entries, pl.concat([receivable, against]), source.actor, source.as_of, opened=opened)


def _source_key(connection: Connection, source: Source, currency: str) -> str:
    """The file's content and the currency; counted on where the same content comes again after the items have changed."""
    key = f"import:{source.sha256}:{currency}"
    taken = schema.journal_entry.c.source_key
    candidates = itertools.chain([key], (f"{key}:{n}" for n in itertools.count(2)))
    return next(name for name in candidates if connection.execute(select(taken).where(taken == name)).first() is None)
