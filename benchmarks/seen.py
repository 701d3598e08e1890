"""What an engine gets to see of a world: the frames of `matching.schema` as the bank files and import files carry them.

The same frames go to our engine and to the baselines; what a format cuts or leaves out is cut and left out for all. The truth
stays behind: `true_shares` tells it by the items' keys.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl

from benchmarks import bank_files
from benchmarks.books import Item, Receipt
from benchmarks.world import FIRST_DAY, World
from matching import schema
from matching.schema import Inputs, Policy

CLOSED_ON = FIRST_DAY - dt.timedelta(10)


class Shares(NamedTuple):
    """What an item is reduced by: cash, discount, deduction, write-off, in minor units."""

    applied: int
    discount: int = 0
    deduction: int = 0
    write_off: int = 0


def inputs(world: World, policy: Policy | None = None) -> Inputs:
    """The world's frames; a receipt's id is its place in the world."""
    return Inputs(
        receipts=_frame([_receipt(number, receipt) for number, receipt in enumerate(world.receipts)], schema.RECEIPTS),
        remittance=_frame([row for number, receipt in enumerate(world.receipts) for row in _lines(number, receipt)], schema.REMITTANCE),
        customers=_frame([(c.customer_id, c.name, c.parent_id or None) for c in world.customers], schema.CUSTOMERS),
        aliases=_frame([(c.customer_id, alias) for c in world.customers for alias in c.aliases], schema.ALIASES),
        accounts=_frame([(c.customer_id, account) for c in world.customers for account in c.known_accounts], schema.ACCOUNTS),
        items=_frame([_item(number, item) for number, item in enumerate(world.items) if item.open_minor], schema.ITEMS),
        closed_items=_frame([_closed(item) for item in world.items if not item.open_minor], schema.CLOSED_ITEMS),
        policy=policy or Policy(),
    )


def key(item: Item) -> str:
    """An item's key as the books have it."""
    return f"{item.company}|{item.customer_id}|{item.invoice_number}"


def true_shares(receipt: Receipt) -> dict[str, Shares]:
    """What the receipt really pays, by the items' keys."""
    return {key(applied.item): Shares(*applied[1:]) for applied in receipt.applied}


def _frame(rows: list[tuple[object, ...]], shape: schema.Schema) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=shape, orient="row")


def _receipt(number: int, receipt: Receipt) -> tuple[object, ...]:
    told = bank_files.payment(receipt)
    shown = receipt.payer_name[: bank_files.NAME_WIDTHS.get(receipt.format, 140)]
    account = receipt.payer_account if receipt.format in bank_files.TELL_ACCOUNT else ""
    text = " ".join(part for part in (told.text, told.structured_reference) if part)
    return (number, receipt.bank_reference, receipt.currency, receipt.amount_minor, receipt.day, shown, account, receipt.structured_reference, text,
            receipt.fee_minor, None)


def _lines(number: int, receipt: Receipt) -> list[tuple[object, ...]]:
    if receipt.medium not in {"file", "advice"}:
        return []
    bare = receipt.format == "lockbox" and receipt.medium == "file"
    return [
        (number, place, told.document_number, told.amount_minor, 0 if bare else told.discount_minor, 0 if bare else told.deduction_minor,
         told.deduction_reason)
        for place, told in enumerate(receipt.written)
    ]


def _item(number: int, item: Item) -> tuple[object, ...]:
    return (number, key(item), item.company, item.customer_id, item.invoice_number, item.kind, item.currency, item.owed_minor, item.issue_date, item.due_date,
            item.discount_date, item.discount_minor, item.po_number, item.structured_reference)


def _closed(item: Item) -> tuple[object, ...]:
    return (item.customer_id, item.invoice_number, item.currency, item.amount_minor, CLOSED_ON)
