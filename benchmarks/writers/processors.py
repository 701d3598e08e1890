"""What payment processors report of a payout: each payment gross, fee and net, and the payout that the bank will show.

    Stripe   payout reconciliation, CSV, major units             PayPal   settlement report (STL), minor units with CR and DR
    Adyen    settlement detail, CSV, debit and credit columns    Amazon   settlement report (flat file V2), tab delimited

A payment's amount is net, as everywhere here: the processor took `fee_minor` of what the customer paid. Refunds are negative.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Collection
from typing import TextIO

from benchmarks.payments import Payment
from benchmarks.writers.fields import decimal


def write_stripe(out: TextIO, payments: Collection[Payment], *, payout: str, paid: dt.date) -> None:
    """The payments, then the payout."""
    write = csv.writer(out).writerow
    write(["automatic_payout_id", "automatic_payout_effective_at", "balance_transaction_id", "created_utc", "available_on_utc",
           "currency", "gross", "fee", "net", "reporting_category", "source_id", "description", "customer_name"])
    for number, payment in enumerate(payments):
        category = "charge" if payment.amount_minor > 0 else "refund"
        money = (payment.amount_minor + payment.fee_minor, payment.fee_minor, payment.amount_minor)
        write([payout, f"{paid} 00:00:00", f"txn_{number}", f"{payment.booking_date} 10:00:00",
               f"{payment.value_date} 00:00:00", payment.currency.lower(), *(decimal(minor, payment.currency) for minor in money),
               category, payment.bank_reference, payment.text, payment.payer_name])
    total, currency = _sum(payments), next(iter(payments)).currency
    write([payout, f"{paid} 00:00:00", "txn_payout", f"{paid} 00:00:00", f"{paid} 00:00:00", currency.lower(),
           decimal(-total, currency), "0.00", decimal(-total, currency), "payout", payout, "STRIPE PAYOUT", ""])


def write_paypal(out: TextIO, payments: Collection[Payment], *, day: dt.date, opening_minor: int) -> None:
    """A settlement report of one day and one currency. The money stays at PayPal."""
    currency = next(iter(payments)).currency
    gross = [payment.amount_minor + payment.fee_minor for payment in payments]
    credits_, debits = sum(minor for minor in gross if minor > 0), -sum(minor for minor in gross if minor < 0)
    fees = sum(payment.fee_minor for payment in payments)
    closing = opening_minor + credits_ - debits - fees
    opened, closed = (f'"CR",{minor}' for minor in (opening_minor, closing))
    totals = f'"{currency}",{credits_},{debits},0,{fees},{opened},{closed},{opened},{closed},"CR",0,"CR",0'
    count = len(payments)
    out.write(f'"RH",{day:%Y/%m/%d} 04:00:00 +0000,"A","MERCHANT1",009,\n"FH",01\n')
    out.write(f'"SH",{day:%Y/%m/%d} 00:00:00 +0000,{day:%Y/%m/%d} 23:59:59 +0000,"MERCHANT1",""\n')
    out.write('"CH","Transaction ID","Invoice ID","PayPal Reference ID","PayPal Reference ID Type","Transaction Event Code",'
              '"Transaction Initiation Date","Transaction Completion Date","Transaction Debit or Credit",'
              '"Gross Transaction Amount","Gross Transaction Currency","Fee Debit or Credit","Fee Amount","Fee Currency",'
              '"Custom Field"\n')
    for payment, minor in zip(payments, gross, strict=True):
        event, side = ("T0006", "CR") if minor > 0 else ("T1107", "DR")
        stamp = f"{payment.booking_date:%Y/%m/%d} 10:00:00 +0000"
        out.write(f'"SB","{payment.bank_reference}","{payment.customer_reference}","","","{event}",{stamp},{stamp},"{side}",'
                  f'{abs(minor)},"{currency}","DR",{payment.fee_minor},"{currency}","{_quoted(payment.text)}"\n')
    out.write(f'"SF",{totals}\n"SC",{count}\n"RF",{totals},{count}\n"RC",{count}\n"FF",{count}\n')


def write_adyen(out: TextIO, payments: Collection[Payment], *, batch: str, paid: dt.date) -> None:
    """The payments of a settlement batch, then its payout."""
    write = csv.writer(out).writerow
    write(["Merchant Account", "Psp Reference", "Merchant Reference", "Creation Date", "TimeZone", "Type",
           "Modification Reference", "Gross Currency", "Gross Debit (GC)", "Gross Credit (GC)", "Net Currency", "Net Debit (NC)",
           "Net Credit (NC)", "Commission (NC)", "Markup (NC)", "Scheme Fees (NC)", "Interchange (NC)", "Batch Number"])
    for payment in payments:
        kind = "Settled" if payment.amount_minor > 0 else "Refunded"
        currency, gross = payment.currency, payment.amount_minor + payment.fee_minor
        write(["Shop", payment.bank_reference, payment.customer_reference, f"{payment.booking_date} 10:00:00", "CET", kind, "",
               currency, *_sides(gross, currency), currency, *_sides(payment.amount_minor, currency),
               decimal(payment.fee_minor, currency), "", "", "", batch])
    total, currency = _sum(payments), next(iter(payments)).currency
    write(["Shop", "", "", f"{paid} 03:00:00", "CET", "MerchantPayout", f"batch {batch}", "", "", "", currency,
           *_sides(-total, currency), "", "", "", "", batch])


def write_amazon(out: TextIO, payments: Collection[Payment], *, settlement: str, paid: dt.date) -> None:
    """The summary of a settlement, then its orders: what the customer paid, and the commission."""
    currency = next(iter(payments)).currency
    write = csv.writer(out, delimiter="\t", lineterminator="\n").writerow
    write(["settlement-id", "deposit-date", "total-amount", "currency", "transaction-type", "order-id", "amount-type",
           "amount-description", "amount", "posted-date"])
    write([settlement, f"{paid} 00:00:00 UTC", decimal(_sum(payments), currency), currency, *[""] * 6])
    for payment in payments:
        kind = "Order" if payment.amount_minor > 0 else "Refund"
        parts = [("ItemPrice", "Principal", payment.amount_minor + payment.fee_minor)]
        if payment.fee_minor:
            parts.append(("ItemFees", "Commission", -payment.fee_minor))
        for group, name, minor in parts:
            write([settlement, "", "", "", kind, payment.bank_reference, group, name, decimal(minor, currency), payment.booking_date])


def _sum(payments: Collection[Payment]) -> int:
    return sum(payment.amount_minor for payment in payments)


def _sides(minor: int, currency: str) -> tuple[str, str]:
    """The debit and the credit column."""
    written = decimal(abs(minor), currency)
    return (written, "") if minor < 0 else ("", written)


def _quoted(text: str) -> str:
    return text.replace('"', '""')
