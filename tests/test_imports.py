"""Lists of customers, invoices, remittances and cash book entries into the books. On both databases."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, func, select

from cashapp import db, imports, ledger, proof, schema
from cashapp.accounts import IMPORTED, RECEIVABLE, UNAPPLIED
from cashapp.cli import cli
from cashapp.config import Config
from cashapp.errors import UsageError
from cashapp.imports import Imported, faults
from cashapp.ledger import Leg

DAY = dt.date(2026, 11, 9)
Counts = tuple[int, int, int, int]


def table(text: str) -> bytes:
    """A CSV file from a table with ` | ` between its columns."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


def bring(engine: Engine, kind: str, content: bytes | str, folder: Path, *, name: str = "list", on: dt.date = DAY, config: Config | None = None) -> Imported:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else table(content))
    [file] = imports.run(engine, config or Config(), kind, [path], as_of=on, actor="test")
    return file


def counts(file: Imported) -> Counts:
    return file.new, file.changed, file.unchanged, file.refused


def told(file: Imported) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in file.faults]


def fetch(engine: Engine, *columns: object) -> list[tuple[object, ...]]:
    with db.reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(*columns))]  # type: ignore[call-overload]


def item(engine: Engine, number: str, *names: str) -> tuple[object, ...]:
    with db.reading(engine) as connection:
        row = schema.open_item
        return tuple(connection.execute(select(*(row.c[name] for name in names)).where(row.c.document_number == number)).one())


def entries(engine: Engine) -> int:
    with db.reading(engine) as connection:
        return connection.execute(select(func.count()).select_from(schema.journal_entry)).scalar_one()


def assert_books_hold(engine: Engine) -> None:
    with db.reading(engine) as connection:
        assert [sentence for one in proof.prove(connection) for sentence in one.broken] == []


INVOICES = """
    invoice_number | customer_id | customer_name | amount  | currency | kind        | issue_date | due_date   | payment_terms | open_amount
    INV-1          | C1          | Acme          | 100.00  | USD      |             | 2026-10-01 |            | 2/10 net 30   |
    INV-2          | C1          |               | 250.5   | USD      | invoice     | 2026-10-01 | 2026-12-31 |               | 50.50
    CM-1           | C1          |               | 20.00   | USD      | Credit Memo | 2026-10-02 |            |               |
    OA-1           | C1          |               | -5.00   | USD      | on_account  |            |            |               |
    DM-1           | C2          | Böck & Co     | 1200    | JPY      | debit_memo  |            |            |               |
    INV-0          | C2          |               | 0       | EUR      |             |            |            |               |
    INV-9          | C2          |               | 70.00   | EUR      |             |            |            |               | 0.00
"""


# Invoices


def test_open_items_come_in_and_are_posted(engine: Engine, tmp_path: Path) -> None:
    file = bring(engine, "invoices", INVOICES, tmp_path)
    assert counts(file) == (7, 0, 0, 0)
    assert file.complete
    row = schema.open_item
    assert fetch(engine, row.c.document_number, row.c.kind, row.c.amount_minor, row.c.open_minor, row.c.imported_open_minor, row.c.closed_on) == [
        ("CM-1", "credit_memo", -2000, -2000, -2000, None),
        ("DM-1", "debit_memo", 1200, 1200, 1200, None),
        ("INV-0", "invoice", 0, 0, 0, DAY),
        ("INV-1", "invoice", 10000, 10000, 10000, None),
        ("INV-2", "invoice", 25050, 5050, 5050, None),
        ("INV-9", "invoice", 7000, 0, 0, DAY),
        ("OA-1", "on_account", -500, -500, -500, None),
    ]
    leg = schema.posting
    assert fetch(engine, leg.c.account, leg.c.currency, leg.c.amount_minor) == [
        (IMPORTED, "JPY", -1200), (IMPORTED, "USD", -12550),
        (RECEIVABLE, "JPY", 1200), (RECEIVABLE, "USD", -2000), (RECEIVABLE, "USD", -500), (RECEIVABLE, "USD", 5050), (RECEIVABLE, "USD", 10000),
    ]
    entry = schema.journal_entry
    assert fetch(engine, entry.c.kind, entry.c.entry_date, entry.c.memo, entry.c.actor) == [("open_items", DAY, "open items of list", "test")] * 2
    assert fetch(engine, schema.customer.c.customer_id, schema.customer.c.name) == [("C1", "Acme"), ("C2", "Böck & Co")]
    assert_books_hold(engine)


def test_dates_and_discount_follow_from_the_terms(engine: Engine, tmp_path: Path) -> None:
    bring(engine, "customers", "customer_id | name | payment_terms\nC9 | Nine | 1/5 net 20", tmp_path)
    bring(engine, "invoices", """
        invoice_number | customer_id | amount | currency | issue_date | due_date   | payment_terms | discount_date | discount_amount | kind
        TERMS          | C9          | 12.25  | USD      | 2026-10-01 |            | 2/10 net 30   |               |                 |
        GIVEN          | C9          | 100.00 | USD      | 2026-10-01 | 2026-10-15 | 2/10 net 30   | 2026-10-05    | 3.00            |
        CUSTOMERS      | C9          | 100.00 | USD      | 2026-10-01 |            |               |               |                 |
        DUE-ONLY       | C9          | 100.00 | USD      | 2026-10-01 | 2026-10-31 |               |               |                 |
        NO-DATE        | C9          | 100.00 | USD      |            |            | 2/10 net 30   |               |                 |
        CREDIT         | C9          | 100.00 | USD      | 2026-10-01 |            | 2/10 net 30   |               |                 | credit_memo
    """, tmp_path)
    row = schema.open_item
    assert fetch(engine, row.c.document_number, row.c.due_date, row.c.discount_date, row.c.discount_minor) == [
        ("CREDIT", dt.date(2026, 10, 31), dt.date(2026, 10, 11), -200),
        ("CUSTOMERS", dt.date(2026, 10, 21), dt.date(2026, 10, 6), 100),
        ("DUE-ONLY", dt.date(2026, 10, 31), None, 0),
        ("GIVEN", dt.date(2026, 10, 15), dt.date(2026, 10, 5), 300),
        ("NO-DATE", None, None, 0),
        ("TERMS", dt.date(2026, 10, 31), dt.date(2026, 10, 11), 25),
    ]


def test_the_same_file_again_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    bring(engine, "invoices", INVOICES, tmp_path)
    row = schema.open_item
    before = fetch(engine, *row.c), entries(engine)
    assert counts(bring(engine, "invoices", INVOICES, tmp_path, on=DAY + dt.timedelta(days=1))) == (0, 0, 7, 0)
    assert (fetch(engine, *row.c), entries(engine)) == before


def pay(engine: Engine, number: str, minor: int) -> None:
    """An application of so much cash, as the desk would post it."""
    with db.writing(engine) as connection:
        row = schema.open_item
        item_id, customer = connection.execute(select(row.c.item_id, row.c.customer_id).where(row.c.document_number == number)).one()
        ledger.post_one(connection, kind="application", on=DAY, source_key=f"test:{number}:{minor}", actor="test",
                        legs=[Leg(UNAPPLIED, "USD", minor), Leg(RECEIVABLE, "USD", -minor, customer, item_id)])


@pytest.mark.parametrize(("amount", "stated", "paid", "open_after", "imported_after", "posts"), [
    # the source first said 100.00 of 100.00 is open; we have applied `paid`; now it says `amount` and `stated`
    ("100.00", "100.00", 4000, 6000, 10000, False),  # it does not know of our posting yet
    ("100.00", "60.00", 4000, 6000, 6000, False),  # it has caught up
    ("100.00", "30.00", 4000, 3000, 3000, True),  # it knows of more than we do
    ("100.00", "0.00", 0, 0, 0, True),  # it was paid elsewhere
    ("120.00", "120.00", 0, 12000, 12000, True),  # it was corrected
    ("100.00", "", 4000, 6000, 10000, False),  # nothing is stated, nothing changed
    ("120.00", "", 4000, 8000, 12000, True),  # 20.00 more are owed, what was paid stays paid
    ("60.00", "", 4000, 2000, 6000, True),  # not 60.00: that the amounts are equal is chance
])
def test_the_books_follow_what_the_source_says_is_open(
    engine: Engine, tmp_path: Path, amount: str, stated: str, paid: int, open_after: int, imported_after: int, posts: bool,
) -> None:
    head = "invoice_number | customer_id | customer_name | amount | currency | open_amount"
    bring(engine, "invoices", f"{head}\nINV-1 | C1 | Acme | 100.00 | USD | 100.00", tmp_path)
    if paid:
        pay(engine, "INV-1", paid)
    before = entries(engine)
    bring(engine, "invoices", f"{head}\nINV-1 | C1 | Acme | {amount} | USD | {stated}", tmp_path)
    assert item(engine, "INV-1", "open_minor", "imported_open_minor") == (open_after, imported_after)
    assert (entries(engine) > before) == posts


def test_an_item_that_opens_again_after_a_file_came_before_posts_again(engine: Engine, tmp_path: Path) -> None:
    for day, open_amount in enumerate(["100.00", "0.00", "100.00", "0.00"]):
        on = DAY + dt.timedelta(days=day)
        content = f"invoice_number | customer_id | customer_name | amount | currency | open_amount\nINV-1 | C1 | Acme | 100.00 | USD | {open_amount}"
        bring(engine, "invoices", content, tmp_path, on=on)
        expected = (0, on) if open_amount == "0.00" else (10000, None)
        assert item(engine, "INV-1", "open_minor", "closed_on") == expected
    keys = [str(key) for [key] in fetch(engine, schema.journal_entry.c.source_key)]
    assert [key.split(":", 2)[2] for key in sorted(keys, key=lambda key: (key[7:15], key))].count("USD:2") == 2
    assert_books_hold(engine)


def test_a_column_the_file_lacks_stays_and_an_empty_cell_clears(engine: Engine, tmp_path: Path) -> None:
    bring(engine, "invoices", """
        invoice_number | customer_id | customer_name | amount | currency | kind        | issue_date | payment_terms | po_number | description
        CM-1           | C1          | Acme          | 50.00  | USD      | credit_memo | 2026-10-01 | net 30        | PO 7      | goods back
    """, tmp_path)
    lacking = "invoice_number | customer_id | amount | currency\nCM-1 | C1 | 50.00 | USD"
    assert counts(bring(engine, "invoices", lacking, tmp_path)) == (0, 0, 1, 0)
    cleared = "invoice_number | customer_id | amount | currency | po_number\nCM-1 | C1 | 50.00 | USD |"
    assert counts(bring(engine, "invoices", cleared, tmp_path)) == (0, 1, 0, 0)
    assert item(engine, "CM-1", "kind", "amount_minor", "due_date", "po_number", "description") == (
        "credit_memo", -5000, dt.date(2026, 10, 31), "", "goods back")


def test_the_same_number_is_another_item_at_another_customer_or_company(engine: Engine, tmp_path: Path) -> None:
    file = bring(engine, "invoices", """
        invoice_number | customer_id | customer_name | amount | currency | company
        1001           | C1          | Acme          | 10.00  | USD      |
        1001           | C2          | Beta          | 20.00  | USD      |
        1001           | C1          | Acme          | 30.00  | USD      | North
    """, tmp_path)
    assert counts(file) == (3, 0, 0, 0)


BAD = {  # what is wrong with the second of three rows → the code it is told under
    "amount=NaN": "bad_amount", "amount=inf": "bad_amount", "amount=1e3": "bad_amount", "amount=1,000.00": "bad_amount", "amount=12.345": "bad_amount",
    "amount=10000000000000.00": "bad_amount", "amount=ten": "bad_amount", "amount=": "missing_value", "open_amount=1.001": "bad_amount",
    "currency=XYZ": "unknown_currency", "currency=US$": "unknown_currency", "currency=": "missing_value",
    "currency=XAU": "unknown_currency", "currency=JPY;amount=1.5": "bad_amount",
    "kind=refund": "unknown_kind", "issue_date=2026-02-30": "bad_date", "due_date=10/31/2026": "bad_date", "discount_date=soon": "bad_date",
    "customer_id=": "missing_value", "invoice_number=": "missing_value", "customer_id=C404": "unknown_customer",
    "amount=-10.00": "negative_amount", "open_amount=-1.00": "negative_amount", "discount_amount=10.01": "bad_discount", "discount_amount=-1": "negative_amount",
    "invoice_number=A": "repeated_key", "invoice_number=" + "9" * 201: "bad_text",
}


@pytest.mark.parametrize("wrong", BAD)
def test_a_bad_row_is_refused_alone(engine: Engine, tmp_path: Path, wrong: str) -> None:
    good = {"invoice_number": "B", "customer_id": "C1", "amount": "10.00", "currency": "USD", "customer_name": "", "kind": "invoice", "issue_date": "",
            "due_date": "", "discount_date": "", "discount_amount": "", "open_amount": ""}
    bad = good | dict(change.split("=", 1) for change in wrong.split(";"))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(good))
    writer.writeheader()
    writer.writerows([good | {"invoice_number": "A", "customer_name": "Acme", "amount": "1.00"}, bad, good | {"invoice_number": "C"}])
    file = bring(engine, "invoices", buffer.getvalue().encode(), tmp_path)
    assert (counts(file), told(file)) == ((2, 0, 0, 1), [(3, BAD[wrong])])
    assert fetch(engine, schema.open_item.c.document_number) == [("A",), ("C",)]
    assert not file.complete


def test_every_fault_of_a_row_is_told_and_the_row_counted_once(engine: Engine, tmp_path: Path) -> None:
    file = bring(engine, "invoices", """
        invoice_number | customer_id | customer_name | amount | currency | issue_date
                       | C1          | Acme          | x      | EUR      | 2026-99-99
    """, tmp_path)
    assert told(file) == [(2, "bad_amount"), (2, "bad_date"), (2, "missing_value")]
    assert counts(file) == (0, 0, 0, 1)
    assert fetch(engine, schema.customer.c.name) == []


def test_a_row_that_is_there_twice_is_one_item(engine: Engine, tmp_path: Path) -> None:
    file = bring(engine, "invoices", """
        invoice_number | customer_id | customer_name | amount | currency
        INV-1          | C1          | Acme          | 10.00  | USD
        INV-1          | C1          | Acme          | 10.00  | USD
        INV-1          | C1          | Acme          | 11.00  | USD
    """, tmp_path)
    assert (counts(file), told(file)) == ((1, 0, 1, 1), [(4, "repeated_key")])
    assert item(engine, "INV-1", "open_minor") == (1000,)


def test_the_currency_of_a_known_item_does_not_change(engine: Engine, tmp_path: Path) -> None:
    bring(engine, "invoices", "invoice_number | customer_id | customer_name | amount | currency\nINV-1 | C1 | Acme | 10.00 | USD", tmp_path)
    file = bring(engine, "invoices", "invoice_number | customer_id | amount | currency\nINV-1 | C1 | 10.00 | EUR", tmp_path)
    assert (counts(file), told(file)) == ((0, 0, 0, 1), [(2, "currency_changed")])


def test_terms_nobody_understands_are_told_and_refuse_nothing(engine: Engine, tmp_path: Path) -> None:
    file = bring(engine, "invoices", """
        invoice_number | customer_id | customer_name | amount | currency | issue_date | payment_terms
        INV-1          | C1          | Acme          | 10.00  | USD      | 2026-10-01 | Z030
        INV-2          | C1          | Acme          | 10.00  | USD      | 2026-10-01 | Z030
    """, tmp_path)
    assert (counts(file), told(file), file.complete) == ((2, 0, 0, 0), [(2, "unknown_terms")], True)


def test_amounts_beyond_what_a_posting_can_hold_refuse_the_file(engine: Engine, tmp_path: Path) -> None:
    rows = pl.DataFrame({"invoice_number": pl.int_range(9224, eager=True), "customer_id": "C1", "customer_name": "Acme", "amount": 10**15 - 1, "currency": "JPY"})
    rows.write_parquet(tmp_path / "huge")
    [file] = imports.run(engine, Config(), "invoices", [tmp_path / "huge"], as_of=DAY, actor="test")
    assert told(file) == [(1, "too_large")]
    assert fetch(engine, schema.customer.c.name) == []


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_sheet_says_what_a_csv_file_says(engine: Engine, tmp_path: Path, kind: str) -> None:
    rows = pl.DataFrame({
        "Invoice Number": ["INV-1", "INV-2", "INV-3"], "Customer_ID": [17, 17, 17], "customer_name": ["Acme"] * 3, "amount": [1234.5, 12.345, 4.35],
        "currency": ["USD"] * 3, "issue_date": [dt.date(2026, 10, 1)] * 3,
    })
    if kind == "xlsx":
        rows.write_excel(tmp_path / "sheet")
    else:
        rows.write_parquet(tmp_path / "sheet")
    file = bring(engine, "invoices", next(path.read_bytes() for path in tmp_path.glob("sheet*")), tmp_path)
    assert counts(file) == (2, 0, 0, 1)
    row = schema.open_item
    assert fetch(engine, row.c.document_number, row.c.customer_id, row.c.open_minor, row.c.issue_date) == [
        ("INV-1", "17", 123450, dt.date(2026, 10, 1)), ("INV-3", "17", 435, dt.date(2026, 10, 1))]


# Customers

CUSTOMERS = """
    customer_id ; name  ; parent_id ; aliases            ; bank_accounts                                ; currency ; payment_terms ; credit_limit ; email
    C1          ; Acme  ;           ; ACME INC | Acme Ltd ; de89 3704 0044 0532 0130 00 | 021000021/12-345 ; EUR      ; 2/10 net 30   ; 5000.00      ; ar@acme.example
    C2          ; Beta  ; C1        ;                    ;                                              ; JPY      ;               ; 5000         ;
    C3          ; Gamma ; C2        ; Gamma              ;                                              ;          ;               ; 1.50         ;
"""


def semicolons(text: str) -> bytes:
    """Lists within cells need the bar."""
    return "\n".join(";".join(cell.strip() for cell in line.split(";")) for line in text.strip().splitlines()).encode()


def test_customers_come_in_with_their_names_and_accounts(engine: Engine, tmp_path: Path) -> None:
    assert counts(bring(engine, "customers", semicolons(CUSTOMERS), tmp_path)) == (3, 0, 0, 0)
    row = schema.customer
    assert fetch(engine, row.c.customer_id, row.c.name, row.c.parent_id, row.c.currency, row.c.credit_limit_minor) == [
        ("C1", "Acme", None, "EUR", 500000), ("C2", "Beta", "C1", "JPY", 5000), ("C3", "Gamma", "C2", "", 150)]
    alias, account = schema.customer_alias, schema.customer_account
    assert fetch(engine, alias.c.customer_id, alias.c.alias, alias.c.source) == [
        ("C1", "ACME INC", "import"), ("C1", "Acme Ltd", "import"), ("C3", "Gamma", "import")]
    assert fetch(engine, account.c.account, account.c.customer_id) == [("021000021/12345", "C1"), ("DE89370400440532013000", "C1")]
    assert counts(bring(engine, "customers", semicolons(CUSTOMERS), tmp_path)) == (0, 0, 3, 0)


def test_an_import_replaces_imported_names_and_leaves_what_a_clerk_taught(engine: Engine, tmp_path: Path) -> None:
    bring(engine, "customers", semicolons(CUSTOMERS), tmp_path)
    with db.writing(engine) as connection:
        for name in ("Acme GmbH", "Acme Holding"):
            connection.execute(schema.customer_alias.insert().values(customer_id="C1", alias=name, source="clerk"))
    changed = "customer_id;name;aliases\nC1;Acme;ACME INC|Acme Holding|Acme SA\nC2;Beta;\nC3;Gamma;"
    assert counts(bring(engine, "customers", changed.encode(), tmp_path)) == (0, 2, 1, 0)
    alias = schema.customer_alias
    assert fetch(engine, alias.c.customer_id, alias.c.alias, alias.c.source) == [
        ("C1", "ACME INC", "import"), ("C1", "Acme GmbH", "clerk"), ("C1", "Acme Holding", "clerk"), ("C1", "Acme SA", "import")]
    assert len(fetch(engine, schema.customer_account.c.account)) == 2
    assert fetch(engine, schema.customer.c.credit_limit_minor)[-1] == (500000,)
    assert counts(bring(engine, "customers", changed.encode(), tmp_path)) == (0, 0, 3, 0)


@pytest.mark.parametrize(("known", "file", "refused"), [
    ({}, {"A": "A"}, [2]),
    ({}, {"A": "B", "B": "A"}, [3]),
    ({}, {"A": "B", "B": "C", "C": "A", "D": "C"}, [4]),
    ({"A": "B", "B": ""}, {"B": "A"}, [2]),
    ({"A": "B", "B": ""}, {"B": "A", "A": ""}, []),
    ({"A": "B", "B": "C", "C": ""}, {"C": "A", "B": ""}, []),
    ({"A": "B", "B": ""}, {"A": "X", "X": "A", "B": "A"}, [3]),
    ({}, {"A": "B", "B": "C"}, []),
])
def test_nobody_is_above_himself(engine: Engine, tmp_path: Path, known: dict[str, str], file: dict[str, str], refused: list[int]) -> None:
    def parents(rows: dict[str, str]) -> str:
        return "\n".join(["customer_id|name|parent_id", *(f"{name}|{name}|{parent}" for name, parent in rows.items())])

    bring(engine, "customers", parents(known), tmp_path)
    came = bring(engine, "customers", parents(file), tmp_path)
    assert [line for line, code in told(came) if code == "bad_parent"] == refused


def test_a_parent_nobody_knows_is_told(engine: Engine, tmp_path: Path) -> None:
    file = bring(engine, "customers", "customer_id | name | parent_id\nC1 | Acme | C9\nC2 | Beta | C1", tmp_path)
    assert (counts(file), told(file), file.complete) == ((2, 0, 0, 0), [(2, "unknown_parent")], True)


@pytest.mark.parametrize("row", [
    "customer_id | name | credit_limit\nC2 | Beta | 5000",  # without a currency this would be 5000.00 USD of a customer in JPY
    "customer_id | name | currency\nC2 | Beta | EUR",  # the limit of 5000 JPY would be 50.00 EUR
])
def test_a_limit_and_its_currency_change_together(engine: Engine, tmp_path: Path, row: str) -> None:
    bring(engine, "customers", semicolons(CUSTOMERS), tmp_path)
    assert told(bring(engine, "customers", row, tmp_path)) == [(2, "limit_currency")]


def test_a_customer_made_by_an_invoice_is_completed_by_the_list(engine: Engine, tmp_path: Path) -> None:
    bring(engine, "invoices", INVOICES, tmp_path)
    assert counts(bring(engine, "customers", "customer_id | name\nC1 | Acme Incorporated", tmp_path)) == (0, 1, 0, 0)
    assert fetch(engine, schema.customer.c.name) == [("Acme Incorporated",), ("Böck & Co",)]


# Remittances and cash book

REMITTANCES = """
    payment_reference | invoice_number | amount | discount_amount | deduction_amount | deduction_reason | payer_name | payment_date | payment_amount | currency
    CHK 1             | INV-1          | 98.00  | 2.00            |                  |                  | Acme       | 2026-11-02   | 90.00          | USD
    CHK 1             | INV-2          | 2.00   |                 | 1.00             | damaged          | Acme       | 2026-11-02   | 90.00          | USD
    CHK 1             | CM-1           | -10.00 |                 |                  |                  | Acme       | 2026-11-02   | 90.00          | USD
    CHK 1             | INV-2          | 3.00   |                 |                  |                  | Acme       | 2026-11-02   | 90.00          | USD
    CHK 1             | INV-2          | 3.00   |                 |                  |                  | Acme       | 2026-11-02   | 90.00          | USD
    E2E-7             | 4711           |        |                 |                  |                  |            |              |                |
"""


def test_remittances_come_in_once(engine: Engine, tmp_path: Path) -> None:
    assert counts(bring(engine, "remittances", REMITTANCES, tmp_path)) == (5, 0, 1, 0)
    row = schema.remittance_line
    lines = fetch(engine, row.c.payment_reference, row.c.line_number, row.c.document_number, row.c.amount_minor, row.c.discount_minor, row.c.deduction_minor,
                  row.c.deduction_reason, row.c.payment_minor, row.c.currency)
    assert lines == [
        ("CHK 1", 1, "INV-1", 9800, 200, 0, "", 9000, "USD"), ("CHK 1", 2, "INV-2", 200, 0, 100, "damaged", 9000, "USD"),
        ("CHK 1", 3, "CM-1", -1000, 0, 0, "", 9000, "USD"), ("CHK 1", 4, "INV-2", 300, 0, 0, "", 9000, "USD"),
        ("E2E-7", 1, "4711", None, 0, 0, "", None, ""),
    ]
    assert counts(bring(engine, "remittances", REMITTANCES, tmp_path)) == (0, 0, 6, 0)
    assert counts(bring(engine, "remittances", REMITTANCES.replace("98.00", "97.00"), tmp_path)) == (0, 1, 5, 0)
    assert len(fetch(engine, row.c.amount_minor)) == 5


def test_the_cash_book_comes_in_once(engine: Engine, tmp_path: Path) -> None:
    cashbook = """
        entry_id | date       | amount  | currency | account    | reference | description | kind
        1        | 2026-11-02 | 100.00  | USD      | 111 222 33 | DEP 1     | deposit     | deposit
        2        | 2026-11-03 | -20.00  | USD      | 111 222 33 | 1001      | check       | check
        3        | 2026-11-03 | 0.00    | USD      | 111 222 33 | 1002      | void        | check
        4        | 2026-11-31 | 1.00    | USD      | 111 222 33 |           |             |
    """
    file = bring(engine, "cashbook", cashbook, tmp_path)
    assert (counts(file), told(file)) == ((3, 0, 0, 1), [(5, "bad_date")])
    assert counts(bring(engine, "cashbook", cashbook.replace("-20.00", "-21.00"), tmp_path)) == (0, 1, 2, 1)
    row = schema.cashbook_entry
    assert fetch(engine, row.c.account, row.c.entry_id, row.c.entry_date, row.c.amount_minor) == [
        ("11122233", "1", dt.date(2026, 11, 2), 10000), ("11122233", "2", dt.date(2026, 11, 3), -2100), ("11122233", "3", dt.date(2026, 11, 3), 0)]


# Files and the command


@pytest.mark.parametrize(("kind", "content", "code"), [
    ("invoices", "invoice_number | customer_id | amount\nINV-1 | C1 | 10.00", "missing_column"),
    ("customers", "name\nAcme", "missing_column"),
    ("cashbook", "a file about | something else\n1 | 2", "missing_column"),
    ("remittances", b"", "empty"),
])
def test_a_file_that_is_no_such_list_is_refused_whole(engine: Engine, tmp_path: Path, kind: str, content: bytes | str, code: str) -> None:
    file = bring(engine, kind, content, tmp_path)
    assert (counts(file), [fault.code for fault in file.faults], file.complete) == ((0, 0, 0, 0), [code], False)


@pytest.mark.parametrize("header", ["customer_id | name", "customer_id | name | parent_id | aliases | bank_accounts | credit_limit | currency"])
def test_a_list_without_rows_is_no_fault(engine: Engine, tmp_path: Path, header: str) -> None:
    file = bring(engine, "customers", header, tmp_path)
    assert (counts(file), file.complete) == ((0, 0, 0, 0), True)


@pytest.mark.parametrize("kind", ["invoices", "remittances", "cashbook"])
def test_other_lists_without_rows(engine: Engine, tmp_path: Path, kind: str) -> None:
    names = " | ".join(field.name for field in imports._KINDS[kind].FIELDS)
    assert counts(bring(engine, kind, names, tmp_path)) == (0, 0, 0, 0)


def test_a_message_stays_on_its_line() -> None:
    fault = faults.Fault(7, "bad_amount", "amount 'a\nb\x1b[31m' is not an amount")
    assert faults.text("a.csv", fault) == r"a.csv:7: bad_amount: amount 'a\nb\x1b[31m' is not an amount – write the amount as digits with a point: 1234.50"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert CliRunner().invoke(cli, ["init", str(tmp_path / "home")]).exit_code == 0
    (tmp_path / "good.csv").write_bytes(table(INVOICES))
    (tmp_path / "bad.csv").write_bytes(table("invoice_number | customer_id | amount | currency\nX | C1 | 1.234 | USD\nY | C1 | 1.23 | USD"))
    return tmp_path


def command(home: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["--home", str(home / "home"), "import", *arguments], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.return_value, result.stdout, result.stderr


def test_the_command_says_what_became_of_each_file(home: Path) -> None:
    good, bad = str(home / "good.csv"), str(home / "bad.csv")
    assert command(home, "invoices", good) == (0, f"{good}: 7 rows: 7 new, 0 changed, 0 unchanged, 0 refused\n", "")
    status, out, err = command(home, "invoices", good, bad, "--json", "--as-of", "2026-11-01")
    assert status == 3
    assert json.loads(out) == {"files": [
        {"path": good, "kind": "invoices", "rows": 7, "new": 0, "changed": 0, "unchanged": 7, "refused": 0},
        {"path": bad, "kind": "invoices", "rows": 2, "new": 1, "changed": 0, "unchanged": 0, "refused": 1},
    ]}
    assert f"{bad}:2: bad_amount: amount '1.234' has more digits than USD has (2) – write the amount" in err


def test_a_missing_file_is_a_wrong_usage_and_nothing_is_read(home: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        command(home, "invoices", str(home / "good.csv"), str(home / "none.csv"))
    assert command(home, "invoices", str(home / "good.csv"))[1].endswith("7 new, 0 changed, 0 unchanged, 0 refused\n")
