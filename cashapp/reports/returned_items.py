"""Returned items: what banks took back in certain days, why, from whom, what is open again, what it cost, and whether there are too many.

The rates are of the sixty days up to the end of the report: items that came back, of all payments that can (checks, ACH, direct
debits), against the thresholds in `cashapp.toml` (Nacha's: not authorised 0.5, administrative 3.0, overall 15.0 per cent).
"""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import Connection, select

from cashapp import accounts, db, return_cases, schema
from cashapp.books_policy import ReturnRules, thousandths
from cashapp.reports import ledger_side
from cashapp.reports.ledger_side import within
from cashapp.reports.model import CURRENCY, Column, Report, Section, When, amounts, proofs
from cashapp.reports.payments import payments
from cashapp.strata import TOOK_OFF
from parsers.returns import ReturnReason, in_words, lookup

_DAYS = 60
_SHAPE: db.Shape = {
    "return_id": pl.Int64, "date": pl.Date, "line_payer": pl.String, "receipt_payer": pl.String, "customer": pl.String, "account": pl.String,
    "check_number": pl.String, "original_reference": pl.String, "customer_reference": pl.String, "bank_reference": pl.String, "told": pl.String,
    "text": pl.String, "currency": pl.String, "amount": pl.Int64, "item_amount": pl.Int64, "bank_fee": pl.Int64, "receipt_id": pl.String, "how": pl.String,
    "method": pl.String, "fee": pl.Int64, "fee_state": pl.String, "retry_on": pl.Date, "attempts": pl.Int64, "category": pl.String,
}
def returned_items(connection: Connection, when: When, rules: ReturnRules) -> Report:
    """Each returned item, the sums by reason, rates against thresholds, fees, and who must bring certified funds."""
    rows = _returns(connection, when).join(_reopened(connection), on="return_id", how="left").sort("date", "return_id")
    entry = schema.journal_entry
    reversal = entry.alias()
    stands = entry.c.entry_id.not_in(select(reversal.c.reverses).where(reversal.c.reverses.is_not(None)))
    certified = _certified(connection, rules, when.until)
    return Report(
        name="returned-items", title="Returned items", when=when,
        sections=(_listed(rows), _by_reason(rows), _rates(connection, rules, when.until), _fees(rows), *([certified] if certified.rows.height else [])),
        proofs=proofs("bank accounts and cash in transit, entries of kind return", amounts(rows, "amount"),
                      ledger_side.moved(connection, when, entry.c.kind == "return", stands, ledger_side.on_cash(), sign=-1)),
    )


def _returns(connection: Connection, when: When) -> pl.DataFrame:
    """The returned items that the bank booked, with the receipt that each takes back where it was found."""
    line, taken, receipt, customer = schema.bank_line, schema.returned_item, schema.receipt, schema.customer
    paid = line.alias("paid")
    query = (
        select(taken.c.return_id, line.c.booking_date, line.c.payer_name, paid.c.payer_name, customer.c.customer_id, line.c.account, line.c.check_number,
               line.c.original_reference, line.c.customer_reference, line.c.bank_reference, taken.c.code, line.c.remittance_text, line.c.currency,
               -line.c.amount_minor, taken.c.amount_minor, taken.c.bank_fee_minor, receipt.c.receipt_key, taken.c.how, taken.c.method, taken.c.fee_minor,
               taken.c.fee_state, taken.c.retry_on, taken.c.attempts, taken.c.category)
        .join(line, line.c.line_id == taken.c.line_id).outerjoin(receipt, receipt.c.receipt_id == taken.c.receipt_id)
        .outerjoin(paid, paid.c.line_id == receipt.c.line_id).outerjoin(customer, customer.c.customer_id == taken.c.customer_id)
        .where(taken.c.method != "undone", *within(when, line.c.booking_date))
    )
    rows = db.frame(connection, query, _SHAPE)
    reasons = [_reason(told, text) for told, text in rows.select("told", "text").iter_rows()]
    return rows.with_columns(
        pl.when(pl.col("told") != "").then("told").otherwise(pl.Series([reason.code for reason in reasons], dtype=pl.String)).alias("code"),
        pl.Series("label", [reason.label for reason in reasons], dtype=pl.String), _first_said("receipt_payer", "line_payer").alias("payer"),
        _first_said("check_number", "original_reference", "customer_reference", "bank_reference").alias("reference"),
        pl.col("method").replace_strict(return_cases.OUTCOMES, default="", return_dtype=pl.String).alias("outcome"),
        pl.when(pl.col("fee_state") == "charged").then("fee").otherwise(0).alias("customer_fee"),
    )


def _first_said(*names: str) -> pl.Expr:
    return pl.coalesce(pl.when(pl.col(name) != "").then(pl.col(name)) for name in names).fill_null("")


def _reason(told: str, text: str) -> ReturnReason:
    """The reason behind the bank's code or words; its own words where nobody knows them."""
    return lookup(told) or in_words(f"{told} {text}") or ReturnReason(told, "unspecified", "")


def _reopened(connection: Connection) -> pl.DataFrame:
    """For each returned item the documents that it opened again."""
    event, application, item = schema.return_event, schema.application, schema.open_item
    query = (
        select(event.c.return_id, item.c.document_number).join(application, application.c.entry_id == event.c.entry_id)
        .join(item, item.c.item_id == application.c.item_id).where(event.c.action == TOOK_OFF)
        .distinct().order_by(event.c.return_id, item.c.document_number)
    )
    rows = db.frame(connection, query, {"return_id": pl.Int64, "document_number": pl.String})
    return rows.group_by("return_id").agg(pl.col("document_number").str.join(", ").alias("items_reopened"))


def _listed(rows: pl.DataFrame) -> Section:
    columns = (
        Column("date", "date"), Column("payer"), Column("customer", shown="page"), Column("reference"), Column("code"), Column("label", title="reason"),
        CURRENCY, Column("amount", "money"), Column("bank_fee", "money", shown="page", optional=True), Column("customer_fee", "money", shown="page", optional=True),
        Column("receipt_id", title="receipt"), Column("items_reopened"), Column("attempts", "number", shown="page", title="time"),
        Column("retry_on", "date", shown="page", optional=True), Column("outcome", shown="page"), Column("how", title="found by", shown="data"),
        Column("account", shown="data"),
    )
    return Section("items", "Items taken back", columns, rows, note="A line without a receipt waits in returns clearing for a person.")


def _by_reason(rows: pl.DataFrame) -> Section:
    summed = rows.group_by("code", "label", "currency").agg(pl.len().cast(pl.Int64).alias("items"), pl.col("amount").sum()).sort("code", "currency")
    columns = (Column("code"), Column("label", title="reason"), CURRENCY, Column("items", "count"), Column("amount", "money"))
    return Section("by_reason", "By reason", columns, summed)


def _rates(connection: Connection, rules: ReturnRules, until: dt.date) -> Section:
    """Returned items of the last sixty days among the payments of these days that can come back, by what the clearing watches."""
    span = When(until - dt.timedelta(days=_DAYS - 1), until)
    came = int(payments(connection, span).filter(pl.col("method").is_in(list(rules.final_banking_days)))["receipts"].sum())
    back = _returns(connection, span).filter(pl.col("amount") > 0)
    watched = (
        ("not authorised", ("unauthorised",), rules.threshold_unauthorised), ("administrative", ("account_closed", "no_account"), rules.threshold_administrative),
        ("all", None, rules.threshold_overall),
    )
    found = []
    for name, categories, threshold in watched:
        items = back.filter(pl.col("category").is_in(list(categories))).height if categories else back.height
        exceeds = came and items * 1000 > thousandths(threshold) * came
        found.append((name, items, came, thousandths(threshold), 1000, "too high" if exceeds else "within"))
    rows = pl.DataFrame(found, orient="row", schema={
        "watched": pl.String, "items": pl.Int64, "payments": pl.Int64, "limit_part": pl.Int64, "whole": pl.Int64, "verdict": pl.String})
    columns = (
        Column("watched", title="returned as"), Column("items", "count"), Column("payments", "count", title="payments that can come back"),
        Column("rate", "share", title="per cent", of=("items", "payments")), Column("limit", "share", title="threshold", of=("limit_part", "whole")), Column("verdict", title=""),
    )
    return Section("rates", f"Return rates, {span.since} to {until}", columns, rows, totalled=False)


def _fees(rows: pl.DataFrame) -> Section:
    """What returned items cost and what customers were charged for them."""
    summed = rows.group_by("currency").agg(
        pl.col("bank_fee").sum(), pl.col("customer_fee").sum(), (pl.col("fee_state") == "waived").sum().cast(pl.Int64).alias("waived"),
    ).filter((pl.col("bank_fee") != 0) | (pl.col("customer_fee") != 0) | (pl.col("waived") != 0)).sort("currency")
    columns = (CURRENCY, Column("bank_fee", "money", title="kept by banks in these lines"), Column("customer_fee", "money", title="charged to customers"),
               Column("waived", "count", title="fees waived"))
    return Section("fees", "Fees", columns, summed, totalled=False, note=f"Fees that banks book in lines of their own stand in the account {accounts.BANK_FEES}.")


def _certified(connection: Connection, rules: ReturnRules, until: dt.date) -> Section:
    flagged = return_cases.certified_only(connection, rules, until)
    names = dict(connection.execute(select(schema.customer.c.customer_id, schema.customer.c.name).where(schema.customer.c.customer_id.in_(flagged))).all())
    rows = pl.DataFrame([(customer, names.get(customer, ""), count) for customer, count in flagged.items()], orient="row",
                        schema={"customer": pl.String, "name": pl.String, "items": pl.Int64})
    title = f"Certified funds only: {rules.certified_after} or more items within {rules.certified_days} days"
    return Section("certified", title, (Column("customer"), Column("name"), Column("items", "count")), rows, totalled=False)
