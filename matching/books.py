"""The inputs of one run with small integer keys in stable order.

Receipts, items and customers are sorted by their content keys and numbered: `r`, `i` and `c` are those numbers. Everything inside
works on them, and every tie is broken by them, so that neither the order of rows nor the number of threads shows in the result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from matching import money, schema
from matching.places import nth

ANCESTORS_MAX = 8
"""A parent's parent and so on is followed this far; a longer chain ends there, and so does a circle."""


@dataclass(frozen=True, slots=True)
class Books:
    """What one run looks at, numbered."""

    receipts: pl.DataFrame  # r, receipt_id, amount, currency, date, fee, rounding, fee_limit, given, and the texts
    remittance: pl.DataFrame  # r, line, document_number, stated, stated_discount, stated_deduction, reason
    customers: pl.DataFrame  # c, customer_id, name, parent, root
    names: pl.DataFrame  # c, name, alias
    accounts: pl.DataFrame  # c, account
    items: pl.DataFrame  # i, item_id, c, open, discount, currency, dates, and the numbers
    closed: pl.DataFrame  # c, document_number, currency, amount, closed_on
    habits: pl.DataFrame  # c, habit, times
    shapes: pl.DataFrame  # c, form, start, stop
    policy: schema.Policy


def read(inputs: schema.Inputs) -> Books:
    """The inputs, checked against their schemas, sorted and numbered."""
    customers = _customers(inputs)
    numbered = customers.select("c", "customer_id")
    receipts = _receipts(schema.check(inputs.receipts, schema.RECEIPTS, "receipts"), numbered, inputs.policy)
    return Books(
        receipts=receipts,
        remittance=_remittance(schema.check(inputs.remittance, schema.REMITTANCE, "remittance"), receipts),
        customers=customers,
        names=_names(customers, schema.check(inputs.aliases, schema.ALIASES, "aliases")),
        accounts=_of_customer(schema.check(inputs.accounts, schema.ACCOUNTS, "accounts"), numbered).select("c", "account").drop_nulls(),
        items=_items(schema.check(inputs.items, schema.ITEMS, "items"), numbered),
        closed=_of_customer(schema.check(inputs.closed_items, schema.CLOSED_ITEMS, "closed_items"), numbered)
        .select("c", "document_number", "currency", pl.col("amount_minor").alias("amount"), "closed_on"),
        habits=_of_customer(schema.check(inputs.habits, schema.HABITS, "habits"), numbered).select("c", "habit", "times").sort("c", "habit"),
        shapes=_of_customer(schema.check(inputs.shapes, schema.SHAPES, "shapes"), numbered).select("c", "form", "start", "stop").sort("c", "form", "start", "stop"),
        policy=inputs.policy,
    )


TEXTS = ("payer_name", "payer_account", "structured_reference", "text")


def with_receipts(books: Books, receipts: pl.DataFrame) -> Books:
    """The books with only these receipts (r)."""
    return replace(books, receipts=books.receipts.join(receipts, on="r", how="semi"), remittance=books.remittance.join(receipts, on="r", how="semi"))


def without_numbers(books: Books) -> Books:
    """The books when the items' numbers beside the documents' own have been read."""
    return replace(books, items=books.items.drop("po_number", "structured_reference"))


def without_texts(books: Books) -> Books:
    """The books when nobody needs to read the receipts again."""
    return replace(books, receipts=books.receipts.drop(TEXTS))


def on_their_own(receipts: pl.DataFrame) -> pl.DataFrame:
    """The receipts with texts that are copies: as they come from among others, few of them keep the texts of all in memory."""
    return receipts.with_columns(pl.col(TEXTS) + "")


def with_items_of(asked: pl.DataFrame, books: Books) -> pl.DataFrame:
    """`asked` (c, currency, open, …) with each item (`other`) of the customer that is open with just this amount."""
    items = books.items.select(pl.col("i").alias("other"), "c", "currency", "open")
    as_much = items.filter(pl.col("open").is_in(asked["open"].unique().implode()))
    return asked.join(as_much, on=["c", "currency", "open"])


def _customers(inputs: schema.Inputs) -> pl.DataFrame:
    """Everybody who is named as a customer anywhere, with parent and root of the family as numbers."""
    named = schema.check(inputs.customers, schema.CUSTOMERS, "customers").drop_nulls("customer_id").sort("customer_id", "name")
    known = named.unique("customer_id", keep="first", maintain_order=True)
    others = pl.concat([inputs.items.select("customer_id"), inputs.aliases.select("customer_id"), inputs.accounts.select("customer_id")])
    unlisted = others.drop_nulls().unique().join(known, on="customer_id", how="anti")
    everybody = pl.concat([known, unlisted], how="diagonal").sort("customer_id").with_row_index("c")
    parents = everybody.select(pl.col("customer_id").alias("parent_id"), pl.col("c").alias("parent"))
    with_parent = everybody.join(parents, on="parent_id", how="left", maintain_order="left")
    return with_parent.select("c", "customer_id", "name", "parent").with_columns(_root(with_parent["parent"]))


def _root(parent: pl.Series) -> pl.Series:
    """The topmost ancestor of each customer, or as far up as `ANCESTORS_MAX` steps lead."""
    root = pl.Series("root", range(len(parent)), dtype=pl.UInt32)
    for _ in range(ANCESTORS_MAX):
        above = parent.gather(root)
        if above.null_count() == len(above):
            break
        root = pl.select(pl.coalesce(above, root)).to_series().alias("root")
    return root.rename("root")


def _receipts(receipts: pl.DataFrame, customers: pl.DataFrame, policy: schema.Policy) -> pl.DataFrame:
    given = customers.select(pl.col("customer_id"), pl.col("c").alias("given"))
    return (
        receipts.sort("receipt_key", "receipt_id")
        .with_row_index("r")
        .join(given, on="customer_id", how="left", maintain_order="left")
        .select(
            "r", "receipt_id", pl.col("amount_minor").alias("amount"), "currency", pl.col("value_date").alias("date"),
            pl.col("fee_minor").fill_null(0).alias("fee"),
            money.limit_minor(pl.col("currency"), policy.rounding).alias("rounding"),
            money.limit_minor(pl.col("currency"), policy.bank_fee_limit).alias("fee_limit"),
            "given", pl.col(TEXTS).fill_null(""),
        )
    )


def _remittance(remittance: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """The lines in net cash. Some payers write the gross amount beside what they take off it: so it is read where only that
    comes to the payment."""
    told = (
        remittance.join(receipts.select("receipt_id", "r"), on="receipt_id")
        .sort("r", "line_number", "document_number", "amount_minor", nulls_last=True)
        .select(
            "r", nth("r").cast(pl.UInt32).alias("line"), pl.col("document_number").fill_null(""),
            pl.col("amount_minor").alias("stated"), pl.col("discount_minor").fill_null(0).alias("stated_discount"),
            pl.col("deduction_minor").fill_null(0).alias("stated_deduction"), pl.col("deduction_reason").fill_null("").alias("reason"),
        )
    )
    off = pl.col("stated_discount") + pl.col("stated_deduction")
    paid = told.join(receipts.select("r", "amount"), on="r", maintain_order="left")
    gross = (
        pl.col("stated").is_not_null().all().over("r") & (pl.col("stated").sum().over("r") > pl.col("amount"))
        & ((pl.col("stated") - off).sum().over("r") == pl.col("amount"))
    )
    return paid.with_columns(pl.when(gross).then(pl.col("stated") - off).otherwise("stated").alias("stated")).drop("amount")


def _names(customers: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    """Every name a customer goes by."""
    own = customers.select("c", "name", pl.lit(value=False).alias("alias"))
    other = _of_customer(aliases, customers).select("c", pl.col("alias").alias("name"), pl.lit(value=True).alias("alias"))
    return pl.concat([own, other]).drop_nulls("name").unique(["c", "name"], keep="first", maintain_order=True).sort("c", "alias", "name")


def _of_customer(frame: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    return frame.join(customers.select("customer_id", "c"), on="customer_id")


def _items(items: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """What is still open; a discount that is not smaller than the open amount is none."""
    discount = pl.col("discount_minor").fill_null(0)
    owned = items.select("item_key", "item_id", "customer_id", "open_minor").with_row_index("at").filter(pl.col("open_minor") != 0)
    ordered = _of_customer(owned, customers).sort("item_key", "item_id").select("at", "c")  # only then the other columns, so that each is copied once
    return items.drop("item_key", "customer_id")[ordered["at"]].hstack(ordered.select("c")).with_row_index("i").select(
        "i", "item_id", "c", pl.col("open_minor").alias("open"), "currency", "issue_date", "due_date", "discount_date",
        pl.when((discount > 0) & (discount < pl.col("open_minor"))).then(discount).otherwise(0).alias("discount"),
        pl.col("document_number", "po_number", "structured_reference").fill_null(""),
    )
