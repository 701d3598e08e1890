"""Matching as a clerk would write it down: customers, open items, what came in, and behind `=>` what becomes of it.

    => posted: INV-1001 500.00                 posted without a person
    => short_payment: INV-1001 450.00          a person decides; the suggestions, the likeliest first, with `or` between them

Leaving money on account is told only where it is the first suggestion. Under a receipt its remittance lines stand behind a `-`:
number, net cash, then discount, deduction and its reason. Money is in US dollars on 2026-11-01 unless a line says otherwise.
"""

from __future__ import annotations

import datetime as dt
import shlex
from dataclasses import dataclass, field

import polars as pl
import pytest

from matching import engine, schema

TODAY = dt.date(2026, 11, 1)
Row = dict[str, object]


@dataclass
class Table:
    """The frames that a table spells, and what it expects of each receipt."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in SECTIONS})
    expected: list[str] = field(default_factory=list)

    def inputs(self, policy: schema.Policy | None = None) -> schema.Inputs:
        frames = {name: pl.DataFrame(self.rows[name], schema=columns, orient="row") for name, columns in SECTIONS.items()}
        return schema.Inputs(**frames, policy=policy or schema.Policy())


SECTIONS = {
    "receipts": schema.RECEIPTS, "remittance": schema.REMITTANCE, "customers": schema.CUSTOMERS, "aliases": schema.ALIASES, "accounts": schema.ACCOUNTS,
    "items": schema.ITEMS, "closed_items": schema.CLOSED_ITEMS,
}


def minor(text: str, digits: int = 2) -> int:
    whole, _, cents = text.partition(".")
    return int(whole + cents.ljust(digits, "0")) if "." in text else int(whole) * 10**digits


def settings(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)


def read(text: str) -> Table:
    """A table from its text; `customers`, `items`, `closed` and `receipts` begin their sections."""
    table, section = Table(), ""
    for line in map(str.strip, text.strip().splitlines()):
        if line in ("customers", "items", "closed", "receipts"):
            section = line
        elif line.startswith("-"):
            _read_line(table, shlex.split(line[1:]))
        elif line:
            {"customers": _read_customer, "items": _read_item, "closed": _read_closed, "receipts": _read_receipt}[section](table, line)
    return table


def _read_customer(table: Table, line: str) -> None:
    customer, name, *more = (part.strip() for part in line.split("|"))
    told = settings(shlex.split(more[0])) if more else {}
    table.rows["customers"].append({"customer_id": customer, "name": name, "parent_id": told.get("parent")})
    table.rows["aliases"] += [{"customer_id": customer, "alias": alias} for alias in told.get("alias", "").split(";") if alias]
    table.rows["accounts"] += [{"customer_id": customer, "account": account} for account in told.get("account", "").split(";") if account]


def _read_item(table: Table, line: str) -> None:
    customer, number, amount, *more = shlex.split(line)
    told = settings(more)
    at = len(table.rows["items"]) + 1
    table.rows["items"].append({
        "item_id": at, "item_key": f"{told.get('company', 'X')}|{customer}|{number}", "company": told.get("company", "X"), "customer_id": customer,
        "document_number": number, "kind": "invoice" if not amount.startswith("-") else "credit_memo", "currency": told.get("in", "USD"),
        "open_minor": minor(amount), "issue_date": dt.date(2026, 10, 1), "due_date": dt.date(2026, 10, 1) + dt.timedelta(days=at),
        "discount_date": dt.date.fromisoformat(told["until"]) if "until" in told else None, "discount_minor": minor(told.get("discount", "0")),
        "po_number": told.get("po"), "structured_reference": told.get("ref"),
    })


def _read_closed(table: Table, line: str) -> None:
    customer, number, amount = shlex.split(line)
    table.rows["closed_items"].append({
        "customer_id": customer, "document_number": number, "currency": "USD", "amount_minor": minor(amount), "closed_on": dt.date(2026, 10, 15),
    })


def _read_receipt(table: Table, line: str) -> None:
    told, _, expected = line.partition("=>")
    amount, name, text, *more = (part.strip() for part in told.split("|"))
    extra = settings(shlex.split(more[0])) if more else {}
    at = len(table.rows["receipts"]) + 1
    table.rows["receipts"].append({
        "receipt_id": at, "receipt_key": f"key {at:03d}", "currency": extra.get("in", "USD"), "amount_minor": minor(amount),
        "value_date": dt.date.fromisoformat(extra.get("date", TODAY.isoformat())), "payer_name": name or None, "payer_account": extra.get("account"),
        "structured_reference": extra.get("ref"), "text": text or None, "fee_minor": minor(extra.get("fee", "0")), "customer_id": extra.get("customer"),
    })
    table.expected.append(expected.strip())


def _read_line(table: Table, words: list[str]) -> None:
    number, amount, *more = words
    told = settings(more)
    receipt = len(table.rows["receipts"])
    table.rows["remittance"].append({
        "receipt_id": receipt, "line_number": len(table.rows["remittance"]), "document_number": number, "amount_minor": None if amount == "?" else minor(amount),
        "discount_minor": minor(told.get("discount", "0")), "deduction_minor": minor(told.get("deduction", "0")), "deduction_reason": told.get("reason", ""),
    })


def told(table: Table, outcome: schema.Outcome) -> list[str]:
    """What became of each receipt, in the words of the tables."""
    numbers = {row["item_id"]: row["document_number"] for row in table.rows["items"]}
    reasons = dict(outcome.verdicts.select("receipt_id", "reason").iter_rows())
    answers: dict[int, dict[int, list[str]]] = {}
    for line in outcome.lines.iter_rows(named=True):
        parts = [("", "applied_minor"), (" discount", "discount_minor"), (" deduction", "deduction_minor"), (" write-off", "write_off_minor")]
        words = "".join(f"{name} {line[column] / 100:.2f}" for name, column in parts if line[column] or not name)
        reason = f" {line['deduction_reason']}" if line["deduction_reason"] else ""
        answers.setdefault(line["receipt_id"], {}).setdefault(line["rank"], []).append(f"{numbers.get(line['item_id'], 'on account')}{words}{reason}")
    sentences = []
    for row in table.rows["receipts"]:
        ranked = [", ".join(lines) for _, lines in sorted(answers.get(row["receipt_id"], {}).items())]
        kept = [words for at, words in enumerate(ranked) if at == 0 or not words.startswith("on account")]
        sentences.append(f"{reasons[row['receipt_id']] or 'posted'}: {' or '.join(kept) or 'nothing'}")
    return sentences


TABLES = {
    "a number in full, in any spelling": """
        customers
            A | Acme Inc.
            B | Globex Corporation
        items
            A INV-2026-00123 500.00
            A INV-2026-00124 700.00
            A INV-2026-00125 900.00
            A INV-2026-00126 910.00
            A INV-2026-00127 920.00
            A INV-2026-00128 930.00
            B 90071234 80.00
        receipts
            500.00 | Acme Inc. | Payment INV-2026-00123           => posted: INV-2026-00123 500.00
            700.00 | ACME      | inv 2026 124 thank you           => posted: INV-2026-00124 700.00
            900.00 | Acme Inc  | INVOICE NO. 2026/00125           => posted: INV-2026-00125 900.00
            910.00 | Acme Inc  | paymentINV202600126of 2026-10-30 => posted: INV-2026-00126 910.00
            920.00 | Acme Inc  | INV-2026-001 27                  => posted: INV-2026-00127 920.00
            930.00 | Acme Inc  | your number 202600128            => posted: INV-2026-00128 930.00
            80.00  | Globex    | 0090071234                       => posted: 90071234 80.00
        """,
    "the payer is unknown or silent: the number and the exact amount suffice": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
            A INV-1003 700.00
        receipts
            500.00 |                     | INV-1001 => posted: INV-1001 500.00
            600.00 | WELLS FARGO LOCKBOX | INV-1002 => posted: INV-1002 600.00
            690.00 | WELLS FARGO LOCKBOX | INV-1003 => short_payment: INV-1003 690.00 or INV-1003 690.00 write-off 10.00
        """,
    "the payer is certainly another customer": """
        customers
            A | Acme Inc.
            B | Globex Corporation | account=021000021/4711
        items
            A INV-1001 500.00
            A INV-1002 600.00
        receipts
            500.00 | Globex Corp. | INV-1001                          => third_party_payer: INV-1001 500.00
            600.00 |              | INV-1002 | account=021000021/4711 => third_party_payer: INV-1002 600.00
        """,
    "parents pay for children, children for each other": """
        customers
            P | Holding Group AG | account=37040044/532013000
            A | Acme Inc. | parent=P
            B | Bravo Inc. | parent=P
        items
            A INV-1001 500.00
            B INV-1002 600.00
            A INV-1003 700.00
            B INV-1004 800.00
            A INV-1005 900.00
        receipts
            500.00  | Holding Group AG | INV-1001                                          => posted: INV-1001 500.00
            600.00  | Acme Inc.        | INV-1002                                          => posted: INV-1002 600.00
            1500.00 | Holding Group AG | INV-1003 and INV-1004                             => posted: INV-1003 700.00, INV-1004 800.00
            900.00  |                  | | account="DE89 3704 0044 0532 0130 00"           => posted: INV-1005 900.00
        """,
    "one receipt for several customers": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 500.00
            B INV-1002 600.00
        receipts
            1100.00 | PROPERTY AGENTS | INV-1001 INV-1002 => posted: INV-1001 500.00, INV-1002 600.00
        """,
    "the same number at two customers is never matched by number alone": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A 100001 500.00
            B 100001 600.00
            A 100002 70.00
            B 100002 70.00
        receipts
            500.00 | Acme Inc. | 100001 => posted: 100001 500.00
            600.00 |           | 100001 => ambiguous_payer: 100001 600.00
            70.00  |           | 100002 => ambiguous_payer: 100002 70.00 or 100002 70.00
        """,
    "digits inside longer digits, dates and short digits are no references": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A 12345 500.00
            A 1101 600.00
            B 4711 700.00
            B 4712 800.00
        receipts
            500.00 | SOMEBODY ELSE | trace 99123459      => unknown_payer: 12345 500.00
            600.00 | SOMEBODY ELSE | sent 2026-11-01     => unknown_payer: 1101 600.00
            700.00 | SOMEBODY ELSE | no 4711             => weak_evidence: 4711 700.00
            800.00 | Bravo Inc.    | no 4712             => posted: 4712 800.00
        """,
    "a word before the digits may say that they are something else": """
        customers
            A | Acme Inc.
        items
            A 100234 500.00
            A 100235 600.00
        receipts
            500.00 | SOMEBODY | ACCT 100234 => weak_evidence: 100234 500.00
            600.00 | SOMEBODY | BILL 100235 => posted: 100235 600.00
        """,
    "one edit away, with the payer and the amount to check it": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-2026-00123 500.00
            A INV-2026-00456 600.00
            A INV-2026-00789 700.00
            B INV-2026-00800 800.00
            B INV-2026-00900 900.00
        closed
            B INV-2026-00777 900.00
        receipts
            500.00 | Acme Inc.  | INV-2O26-OO123  => posted: INV-2026-00123 500.00
            600.00 | Acme Inc.  | INV-2026-0456   => posted: INV-2026-00456 600.00
            650.00 | Acme Inc.  | INV-2026-00798  => short_payment: INV-2026-00789 650.00
            800.00 |            | INV-2026-00808  => weak_evidence: INV-2026-00800 800.00
            900.00 | Bravo Inc. | INV-2026-00901  => reference_not_found: INV-2026-00900 900.00
        """,
    "a number that tells which of two equal items": """
        customers
            A | Acme Inc.
        items
            A INV-2026-00123 500.00
            A INV-2026-00456 500.00
        receipts
            500.00 | Acme Inc. | INV-2026-0456 => posted: INV-2026-00456 500.00
        """,
    "several numbers": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
            A INV-1003 700.00
            A INV-1004 800.00
            A CM-0007 -100.00
            A INV-1005 900.00
        receipts
            1800.00 | Acme Inc. | INV-1001, 1002, 1003    => posted: INV-1001 500.00, INV-1002 600.00, INV-1003 700.00
            700.00  | Acme Inc. | INV-1004 less CM-0007   => posted: CM-0007 -100.00, INV-1004 800.00
            900.00  | Acme Inc. | INV-1005 INV-1099       => posted: INV-1005 900.00
        """,
    "a credit that is not named, and an invoice that is not": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 500.00
            A CM-0007 -100.00
            B INV-2001 500.00
            B INV-2002 300.00
        receipts
            400.00 | Acme Inc.  | INV-1001 => short_payment: CM-0007 -100.00, INV-1001 500.00 or INV-1001 400.00
            800.00 | Bravo Inc. | INV-2001 => over_payment: INV-2001 500.00, INV-2002 300.00 or INV-2001 500.00
        """,
    "paid less, paid more": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
            A INV-1003 700.00
        receipts
            450.00 | Acme Inc. | INV-1001             => short_payment: INV-1001 450.00
            610.00 | Acme Inc. | INV-1002             => posted: INV-1002 600.00
            710.00 |           | INV-1003             => over_payment: INV-1003 700.00
        """,
    "one of two that are named is paid": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
        receipts
            600.00 | Acme Inc. | INV-1001 INV-1002 => short_payment: INV-1002 600.00 or INV-1001 500.00, INV-1002 100.00
        """,
    "discounts: in time, within grace, too late": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00 discount=10.00 until=2026-11-01
            A INV-1002 500.00 discount=10.00 until=2026-10-29
            A INV-1003 500.00 discount=10.00 until=2026-10-28
            A INV-1004 333.33 discount=6.67 until=2026-11-10
            A INV-1005 100.00 discount=2.00 until=2026-11-10
            A INV-1006 200.00 discount=4.00 until=2026-11-10
        receipts
            490.00 | Acme Inc. | INV-1001          => posted: INV-1001 490.00 discount 10.00
            490.00 | Acme Inc. | INV-1002          => posted: INV-1002 490.00 discount 10.00
            490.00 | Acme Inc. | INV-1003          => late_discount: INV-1003 490.00 discount 10.00
            326.67 | Acme Inc. | INV-1004          => posted: INV-1004 326.67 discount 6.66
            296.00 | Acme Inc. | INV-1005 INV-1006 => posted: INV-1005 100.00, INV-1006 196.00 discount 4.00
        """,
    "rounding and stated fees": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
            A INV-1003 700.00
            A INV-1004 800.00
            A INV-1005 900.00
            A INV-1006 950.00 discount=10.00 until=2026-11-10
        receipts
            499.95 | Acme Inc. | INV-1001            => posted: INV-1001 499.95 write-off 0.05
            599.94 | Acme Inc. | INV-1002            => short_payment: INV-1002 599.94
            685.00 | Acme Inc. | INV-1003 | fee=15   => posted: INV-1003 685.00 write-off 15.00
            785.00 | Acme Inc. | INV-1004            => short_payment: INV-1004 785.00 or INV-1004 785.00 write-off 15.00
            860.00 | Acme Inc. | INV-1005 | fee=40   => short_payment: INV-1005 860.00
            925.00 | Acme Inc. | INV-1006 | fee=15   => posted: INV-1006 925.00 discount 10.00 write-off 15.00
        """,
    "the rounding difference follows the currency": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00 in=KWD
            A INV-1002 600.00 in=JPY
            A INV-1003 700.00 in=CLF
        receipts
            499.50 | Acme Inc. | INV-1001 | in=KWD => posted: INV-1001 499.50 write-off 0.50
            599.94 | Acme Inc. | INV-1002 | in=JPY => short_payment: INV-1002 599.94
            699.99 | Acme Inc. | INV-1003 | in=CLF => short_payment: INV-1003 699.99
        """,
    "remittance lines": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
            A INV-1003 700.00 discount=14.00 until=2026-11-10
            A INV-1004 800.00 discount=16.00 until=2026-10-10
            A CM-0007 -50.00
            A INV-1005 900.00
            A INV-1006 1000.00
        receipts
            1100.00 | Acme Inc. |                         => posted: INV-1001 500.00, INV-1002 600.00
            - 1001 500.00
            - INV1002 600.00
            686.00  | Acme Inc. |                         => posted: INV-1003 686.00 discount 14.00
            - INV-1003 686.00 discount=14.00
            784.00  | Acme Inc. |                         => late_discount: INV-1004 784.00 discount 16.00
            - INV-1004 784.00 discount=16.00
            825.00  | Acme Inc. |                         => posted: CM-0007 -50.00, INV-1005 875.00 deduction 25.00 FREIGHT
            - INV-1005 875.00 deduction=25.00 reason=FREIGHT
            - CM-0007 -50.00
            970.00  | Acme Inc. |                         => posted: INV-1006 970.00 deduction 30.00 DAMAGE
            - INV-1006 1000.00
            - "" -30.00 reason=DAMAGE
        """,
    "remittance lines that are short, wrong, or for nothing known": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
            A INV-1003 700.00
            A INV-1004 800.00
            A INV-1005 900.00
            A INV-1006 1000.00
            A INV-1007 1100.00
        receipts
            450.00  | Acme Inc. |  => short_payment: INV-1001 450.00
            - INV-1001 450.00
            550.00  | Acme Inc. |  => remittance_mismatch: INV-1002 550.00
            - INV-1002 600.00
            800.00  | Acme Inc. |  => reference_not_found: INV-1003 700.00
            - INV-1003 700.00
            - INV-9999 100.00
            785.00  | Acme Inc. | | fee=15 => posted: INV-1004 785.00 write-off 15.00
            - INV-1004 800.00
            950.00  | Acme Inc. |  => posted: INV-1005 900.00
            - INV-1005 950.00
            1000.00 | Acme Inc. |  => posted: INV-1006 1000.00
            - INV-1006 ?
            1200.00 | Acme Inc. |  => posted: INV-1007 1100.00
            - INV-1007 1100.00
        """,
    "a deduction by a number that is not known": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
        receipts
            450.00 | Acme Inc. |  => deduction: INV-1001 450.00 deduction 50.00 CB-778
            - INV-1001 500.00
            - CB-778 -50.00
        """,
    "lists that leave out the beginning, and ranges": """
        customers
            A | Acme Inc.
        items
            A INV-2026-00123 101.01
            A INV-2026-00124 202.02
            A INV-2026-00125 303.03
            A 90071234 404.04
            A 90071235 505.05
            A INV-3001 1.01
            A INV-3002 2.02
            A INV-3003 4.04
            A INV-3004 8.08
            A INV-3005 16.16
        receipts
            606.06 | Acme Inc. | INV-2026-00123/124/25     => posted: INV-2026-00123 101.01, INV-2026-00124 202.02, INV-2026-00125 303.03
            909.09 | Acme Inc. | 90071234, 35              => posted: 90071234 404.04, 90071235 505.05
            15.15  | Acme Inc. | INV-3001 thru INV-3004    => posted: INV-3001 1.01, INV-3002 2.02, INV-3003 4.04, INV-3004 8.08
        """,
    "more came than is named: is it for several others?": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 101.01
            A INV-1003 202.02
        receipts
            803.03 | Acme Inc. | INV-1001 => over_payment: INV-1001 500.00, INV-1002 101.01, INV-1003 202.02 or INV-1001 500.00
        """,
    "a number in the lines that is nearly right": """
        customers
            A | Acme Inc.
        items
            A INV-2026-00123 500.00
            A INV-2026-00124 600.00
        receipts
            1100.00 | Acme Inc. |  => posted: INV-2026-00123 500.00, INV-2026-00124 600.00
            - INV-2O26-00123 500.00
            - INV-2026-00124 600.00
        """,
    "lines with shared numbers: the amounts of one customer tell": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A 1001 500.00
            A 1002 600.00
            B 1001 510.00
            B 1002 610.00
        receipts
            1100.00 |  |  => posted: 1001 500.00, 1002 600.00
            - 1001 500.00
            - 1002 600.00
        """,
    "purchase orders and structured references": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 500.00 po=4500012345
            A INV-1002 600.00 po=4500012345
            A INV-1003 700.00 po=4500099999
            A INV-1004 800.00 po=4500099999
            B INV-1005 900.00 ref="RF18 5390 0754 7034"
            B INV-1006 950.00 ref="+++090/9337/55493+++"
        receipts
            1100.00 | Acme Inc. | PO 4500012345            => posted: INV-1001 500.00, INV-1002 600.00
            800.00  | Acme Inc. | your order 4500099999    => posted: INV-1004 800.00
            900.00  |           | | ref=RF18539007547034   => posted: INV-1005 900.00
            950.00  |           | 090/9337/55493           => posted: INV-1006 950.00
        """,
    "numbers with letters inside": """
        customers
            A | Acme Inc.
        items
            A 24A1701 500.00
            A 24B1701 600.00
        receipts
            600.00 | Acme Inc. | for 24b1701 => posted: 24B1701 600.00
        """,
    "what is named is paid already": """
        customers
            A | Acme Inc.
        items
            A INV-1002 500.00
            A INV-1003 700.00
        closed
            A INV-1001 500.00
            A INV-0999 250.00
        receipts
            500.00  | Acme Inc. | INV-1001          => already_paid: on account 500.00 or INV-1002 500.00
            1200.00 | Acme Inc. | INV-1003 INV-1001 => already_paid: INV-1003 700.00 or INV-1002 500.00, INV-1003 700.00
            250.00  | Acme Inc. |                   => already_paid: on account 250.00
        """,
    "two payments of one invoice": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
        receipts
            500.00 | Acme Inc. | INV-1001                   => posted: INV-1001 500.00
            500.00 | Acme Inc. | INV-1001 | date=2026-11-03 => already_paid: on account 500.00
            600.00 | Acme Inc. | INV-1002                   => contested_item: INV-1002 600.00
            600.00 | Acme Inc. | INV-1002                   => contested_item: on account 600.00 or INV-1002 600.00
        """,
    "a number beats an amount": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 500.00
            A INV-1003 700.00
        receipts
            500.00 | Acme Inc. |          => posted: INV-1002 500.00
            500.00 | Acme Inc. | INV-1001 => posted: INV-1001 500.00
            700.00 | Acme Inc. |          => contested_item: INV-1003 700.00
            650.00 | Acme Inc. | INV-1003 => short_payment: INV-1003 650.00
        """,
    "no reference: one item of the amount, everything, a small set": """
        customers
            A | Acme Inc. | account=021000021/1111111
            B | Bravo Inc.
            C | Charlie Inc. | alias="Chuck's Diner"
            D | Delta Inc.
        items
            A INV-1001 500.17
            A INV-1002 600.23
            B INV-2001 110.17
            B INV-2002 220.29
            B INV-2003 -30.11
            C INV-3001 1310.17
            C INV-3002 1420.29
            C INV-3003 1530.41
            C INV-3004 2200.77
            D INV-4001 98.00 discount=2.00 until=2026-11-05
            D INV-4002 77.00
        receipts
            600.23  |               | | account=021000021/1111111 => posted: INV-1002 600.23
            300.35  | Bravo Inc.    | => posted: INV-2001 110.17, INV-2002 220.29, INV-2003 -30.11
            2950.70 | CHUCKS DINER  | => posted: INV-3002 1420.29, INV-3003 1530.41
            96.00   | Delta         | => posted: INV-4001 96.00 discount 2.00
        """,
    "ties are never broken": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 500.00
            A INV-1002 500.00
            B INV-2001 300.00
            B INV-2002 100.00
            B INV-2003 200.00
        receipts
            500.00 | Acme Inc.  | => ambiguous_items: INV-1001 500.00 or INV-1002 500.00
            500.00 | Acme Inc.  | => ambiguous_items: INV-1002 500.00 or INV-1001 500.00
            300.00 | Bravo Inc. | => ambiguous_items: INV-2001 300.00 or INV-2002 100.00, INV-2003 200.00
        """,
    "round amounts add up by chance": """
        customers
            A | Acme Inc.
        items
            A INV-1001 100.00
            A INV-1002 200.00
            A INV-1003 400.00
            A INV-1004 800.00
            A INV-1005 1600.00
        receipts
            1300.00 | Acme Inc. | => no_reference: INV-1001 100.00, INV-1003 400.00, INV-1004 800.00
        """,
    "a name cut by its field, and several numbers that are misspelt at once": """
        customers
            A | Calloway Timber
            B | Calloway Timber International Company
            C | Noriko Nakamura
            D | Noriko Nakamura Glen Ridge
            E | Leiden Bloemen B.V.
        items
            B INV-2001 600.00
            C INV-3001 2971.19
            D INV-4001 2971.19
            E FA-26-02225 843.39
            E FA-26-02229 2500.00
            E FA-26-02233 26842.72
        receipts
            600.00   | CALLOWAY TIMBER     | INV-2001 => posted: INV-2001 600.00
            2971.19  | NORIKO NAKAMU       |          => ambiguous_payer: INV-3001 2971.19 or INV-4001 2971.19
            30186.11 | Leiden Bloemen B.V. | FA-26-0222; FA-26-02223; FA-26-02238 => posted: FA-26-02225 843.39, FA-26-02229 2500.00, FA-26-02233 26842.72
        """,
    "a telephone number is no invoice, and a few figures do not choose between equal invoices": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A RE2026/10139 448.45
            A RE2026/10142 448.45
            B RE2026/20142 448.45
        receipts
            448.45 | Acme Inc.  | TEL 555 0142 => ambiguous_items: RE2026/10139 448.45 or RE2026/10142 448.45
            448.45 | Acme Inc.  | thanks 0142  => ambiguous_items: RE2026/10142 448.45 or RE2026/10139 448.45
            448.45 | Bravo Inc. | thanks 0142  => posted: RE2026/20142 448.45
        """,
    "money that is paid ahead": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
            C | Charlie Inc.
            D | Delta Inc.
        items
            A INV-1001 99.00
            B INV-2001 99.00
            C INV-3001 99.00
            D INV-4001 99.00
        receipts
            99.00 | Acme Inc.    | PREPAYMENT ORDER 99120   => no_reference: on account 99.00 or INV-1001 99.00
            99.00 | Bravo Inc.   | Anzahlung                => no_reference: on account 99.00 or INV-2001 99.00
            99.00 | Charlie Inc. | LOCKBOX DEPOSIT          => posted: INV-3001 99.00
            99.00 | Delta Inc.   | DEPOSIT for INV-4001     => posted: INV-4001 99.00
        """,
    "a parent owes what its child owes": """
        customers
            P | Holding Group AG
            A | Acme Inc. | parent=P
        items
            P INV-1001 125.00
            A INV-2001 125.00
            P INV-1002 333.33
        receipts
            125.00 | Holding Group AG | => ambiguous_payer: INV-1001 125.00
            125.00 | Acme Inc.        | => posted: INV-2001 125.00
            333.33 | Holding Group AG | => posted: INV-1002 333.33
        """,
    "two names that begin alike, and both owe the amount": """
        customers
            A | Blue Canyon Marine Supply Inc.
            B | Blue Canyon Marine Supply International Inc.
        items
            A INV-1001 2662.62
            B INV-2001 2662.62
            A INV-1002 333.33
        receipts
            2662.62 | BLUE CANYON MARINE SUPPLY | => ambiguous_payer: INV-1001 2662.62 or INV-2001 2662.62
            333.33  | BLUE CANYON MARINE SUPPLY | => posted: INV-1002 333.33
        """,
    "an advice that is longer than the payment": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1002 600.00
            A INV-1003 700.00
            A INV-1004 811.00
        receipts
            1200.00 | Acme Inc. |  => remittance_mismatch: INV-1001 500.00, INV-1003 700.00 or INV-1001 500.00, INV-1002 600.00, INV-1003 100.00
            - INV-1001 500.00
            - INV-1002 600.00
            - INV-1003 700.00
        """,
    "digits that another customer's item has in another currency": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
            C | Charlie GmbH
        items
            A INV-1001 500.00
            B INV-2001 600.00
            B FA-77533 610.00 in=EUR
            C SI/078253 700.00 in=EUR
        receipts
            500.00 | Acme Inc.  | PAYMENT E2E000078253 => posted: INV-1001 500.00
            600.00 | Bravo Inc. | PAYMENT E2E000077533 => currency_mismatch: INV-2001 600.00
        """,
    "numbers with zeros in front, broken behind the zeros": """
        customers
            A | Acme Inc.
        items
            A 0001312195 3237.51
            A 0001312196 29507.53
            A 0001312197 422.35
        receipts
            33167.39 | Acme Inc. | Factuur 00013 12195, 00 01312196, 000 1312197 => posted: 0001312195 3237.51, 0001312196 29507.53, 0001312197 422.35
        """,
    "money beyond a number that stands beside a damaged one": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A 0001344983 9152.85
            A 0001348188 4998.15
            B 0002344983 852.85
        receipts
            9300.00 | Acme Inc.  | INVOICE 0001344983. 000134483 => reference_not_found: 0001344983 9152.85
            900.00  | Bravo Inc. | INVOICE 0002344983. 15         => posted: 0002344983 852.85
        """,
    "two lines of an advice lead to one invoice": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
            C | Charlie Inc.
        items
            A 40213002 131.19
            A 40213005 1482.99
            B 50213002 131.19
            B 50213005 1482.99
            C 60213005 1482.99
            C 60213008 900.00
        receipts
            1614.18 | Acme Inc. |    => over_payment: 40213002 131.19, 40213005 1482.99 or 40213005 1482.99
            - 40213005 131.19
            - 40231005 1482.99
            1614.18 | Bravo Inc. |   => over_payment: 50213002 131.19, 50213005 1482.99 or 50213005 1482.99
            - 50213005 131.19
            - 50213005 1482.99
            1614.18 | Charlie Inc. | => remittance_mismatch: 60213005 1482.99
            - 60213005 131.19
            - 60213005 1482.99
            900.00 | Charlie Inc. |  => posted: 60213008 900.00
            - 60213008 250.00
            - 60213008 650.00
        """,
    "a line of an advice states more than its invoice": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 131.19
            A INV-1002 1482.99
            B INV-2001 131.19
            B INV-2002 1482.99
        receipts
            1614.18 | Acme Inc. |  => over_payment: INV-1001 131.19, INV-1002 1482.99 or INV-1002 1482.99
            - INV-1002 1614.18
            1500.00 | Bravo Inc. | => posted: INV-2002 1482.99
            - INV-2002 1500.00
        """,
    "nothing fits": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
            C | Charlie Inc.
        items
            A INV-1001 500.00
            A INV-1002 900.00
            B INV-2001 300.00
            B INV-2002 100.00 discount=2.00 until=2026-10-10
        receipts
            470.00  | Acme Inc.    | => no_reference: on account 470.00 or INV-1001 470.00
            2000.00 | Acme Inc.    | => no_reference: on account 2000.00 or INV-1001 500.00, INV-1002 900.00
            98.00   | Bravo Inc.   | => no_reference: INV-2002 98.00 discount 2.00
            77.00   | Charlie Inc. | => no_reference: on account 77.00
        """,
    "money that comes near an item, and money that does not": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 500.00
            A INV-1002 900.00
            B INV-2001 100.00
        receipts
            530.00 | Acme Inc.  | => no_reference: on account 530.00 or INV-1001 500.00
            700.00 | Acme Inc.  | => no_reference: on account 700.00 or INV-1002 700.00
            60.00  | Bravo Inc. | => no_reference: on account 60.00 or INV-2001 60.00
        """,
    "the payer names one item and pays the amount of another": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1777 612.34
        receipts
            612.34 | Acme Inc. | INV-1001 => weak_evidence: INV-1777 612.34 or INV-1001 500.00
        """,
    "an unknown payer with a familiar amount": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 512.34
            B INV-2001 75.00
            A INV-1002 75.00
        receipts
            512.34 | Zebra Zoo | => unknown_payer: INV-1001 512.34
            75.00  |           | => unknown_payer: INV-2001 75.00 or INV-1002 75.00
            1.00   | Zebra Zoo | => unknown_payer: nothing
        """,
    "what is named is not there": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00
            A INV-1999 600.00
        receipts
            500.00 | Acme Inc. | INV-1555 => reference_not_found: INV-1001 500.00
            800.00 | Acme Inc. | INV-1001 and INV-1666 => reference_not_found: INV-1001 500.00
            900.00 | Acme Inc. | INV-1999, 1666        => reference_not_found: INV-1999 600.00
        """,
    "names: twins, names within names, legal forms, cut, mistyped": """
        customers
            A | Acme Inc.
            B | Acme West Inc.
            C | Twin Pine LLC
            D | Twin Pine Corp.
            E | Pacific Coast Industries International Ltd.
            F | Müller & Söhne GmbH
            G | Blue Star Logistics LLC
            H | Smith Plumbing
            I | Intermountain Manufacturing Co.
        items
            A INV-1001 101.01
            B INV-1002 102.02
            C INV-1003 103.03
            D INV-1004 104.04
            E INV-1005 105.05
            F INV-1006 106.06
            G INV-1007 107.07
            H INV-1008 108.08
            I INV-1009 109.09
            C INV-1010 110.10
        receipts
            101.01 | ACME                           | => posted: INV-1001 101.01
            102.02 | Acme West                      | => posted: INV-1002 102.02
            102.02 | Acme East                      | => unknown_payer: nothing
            103.03 | TWIN PINE                      | => ambiguous_payer: INV-1003 103.03
            104.04 | TWIN PINE CORP                 | => posted: INV-1004 104.04
            110.10 | TWIN PINE INC                  | => ambiguous_payer: INV-1010 110.10
            105.05 | PACIFIC COAST INDUSTRI         | => posted: INV-1005 105.05
            106.06 | MUELLER UND SOEHNE             | => posted: INV-1006 106.06
            107.07 | BLUESTAR LOGISTCS LLC          | => posted: INV-1007 107.07
            108.08 | JOHN SMITH DBA SMITH PLUMBING  | => posted: INV-1008 108.08
            109.09 | INTERMOUNTAIN MFG COMPANY      | => posted: INV-1009 109.09
        """,
    "bank account and name contradict each other": """
        customers
            A | Acme Inc. | account=021000021/1111111
            B | Bravo Inc.
        items
            A INV-1001 500.00
            B INV-2001 500.00
            B INV-2002 600.00
        receipts
            500.00 | Bravo Inc. | | account=021000021/1111111          => ambiguous_payer: INV-1001 500.00 or INV-2001 500.00
            600.00 | Bravo Inc. | INV-2002 | account=021000021/1111111 => posted: INV-2002 600.00
        """,
    "an account number without its bank, a shared account": """
        customers
            A | Acme Inc. | account=021000021/1111111
            B | Bravo Inc. | account=026009593/7777777
            C | Charlie Inc. | account=026009593/7777777
        items
            A INV-1001 500.00
            B INV-2001 600.00
            C INV-3001 700.00
        receipts
            500.00 |  |          | account=1111111            => posted: INV-1001 500.00
            600.00 |  |          | account=026009593/7777777  => ambiguous_payer: INV-2001 600.00
            700.00 |  | INV-3001 | account=026009593/7777777  => posted: INV-3001 700.00
        """,
    "a clerk has said who paid": """
        customers
            A | Acme Inc.
            B | Bravo Inc.
        items
            A INV-1001 500.00
            B INV-2001 600.00
        receipts
            500.00 | Zebra Zoo | | customer=A           => posted: INV-1001 500.00
            600.00 | Zebra Zoo | INV-2001 | customer=A  => third_party_payer: INV-2001 600.00
        """,
    "the name stands in the text": """
        customers
            A | Acme West Inc.
            B | Bravo Coast Inc.
        items
            A INV-1001 500.00
        receipts
            500.00 | | ACH CREDIT ACME WEST INC 0811 => posted: INV-1001 500.00
        """,
    "a number that nearly everybody has": """
        customers
            A | Acme Inc.
            B | Bravo Logistics Inc.
            C | Charlie Inc.
            D | Delta Inc.
            E | Echo Inc.
            F | Foxtrot Lines Inc.
            G | Golf Inc.
            H | Hotel Inc.
            I | India Inc.
            J | Juliett Inc.
        items
            A 100001 10.01
            B 100001 20.02
            C 100001 30.03
            D 100001 40.04
            E 100001 50.05
            F 100001 60.06
            G 100001 70.07
            H 100001 80.08
            I 100001 90.09
            J 100001 99.99
        receipts
            10.01 | Acme Inc.           | 100001 => posted: 100001 10.01
            20.02 | BRAVO LOGISTCS INC. | 100001 => posted: 100001 20.02
            30.03 |                     | 100001 => weak_evidence: 100001 30.03
            77.77 |                     | 100001 => unknown_payer: nothing
            55.00 | FOXTROT LNES INC.   | 100001 => short_payment: 100001 55.00 or 100001 55.00 write-off 5.06
        """,
    "which of two equal discounts was taken does not show": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00 discount=10.00 until=2026-11-10
            A INV-1002 500.00 discount=10.00 until=2026-11-10
        receipts
            990.00 | Acme Inc. | INV-1001 INV-1002 => short_payment: INV-1001 500.00, INV-1002 490.00 or INV-1001 500.00, INV-1002 490.00 write-off 10.00
        """,
    "one of the orders and a number": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00 po=4500012345
            A INV-1002 600.00 po=4500012345
            A INV-1003 700.00
        receipts
            1300.00 | Acme Inc. | PO 4500012345 and INV-1003 => posted: INV-1002 600.00, INV-1003 700.00
        """,
    "an order of which less is paid than any of its invoices": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00 po=4500012345
            A INV-1002 600.00 po=4500012345
            A INV-1003 700.00
        receipts
            650.00  | Acme Inc. | PO 4500012345 and INV-1003 => short_payment: INV-1001 500.00, INV-1002 150.00
        """,
    "money in another currency": """
        customers
            A | Acme Inc.
        items
            A INV-1001 500.00 in=EUR
        receipts
            500.00 | Acme Inc. | INV-1001 => currency_mismatch: on account 500.00
        """,
    "a family pays: the parent from its children's items": """
        customers
            P | Holding Group AG
            A | Acme Inc. | parent=P
            B | Bravo Inc. | parent=P
        items
            A INV-1001 512.34
            B INV-1002 600.00
        receipts
            512.34 | Holding Group AG | => posted: INV-1001 512.34
            600.00 | Acme Inc.        | => weak_evidence: INV-1002 600.00
        """,
}


@pytest.mark.parametrize("title", TABLES)
def test_table(title: str) -> None:
    table = read(TABLES[title])
    assert told(table, engine.propose(table.inputs())) == table.expected
