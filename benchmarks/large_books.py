"""Large books for the desk's benchmark: a year of weekly drops, written in bulk by the roads that the program itself writes by.

Entries go through `ledger.post` and `applications.apply`, cases through `exceptions.open_cases`, so that `cashapp check` holds; what
the matching would have found is made up.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, String, Table, cast, func, literal, select

from benchmarks import names
from cashapp import accounts, applications, db, exceptions, ledger, schema, users

WEEKS = 50
CUSTOMERS = 20_000
CLERKS = 20
PASSWORD = "a long password for clerks"
ACCOUNTS = ("4407001122", "DE89370400440532013000")
REASONS = (
    ("unknown_payer", 26), ("short_payment", 18), ("ambiguous_payer", 14), ("no_reference", 12), ("over_payment", 9), ("late_discount", 7),
    ("weak_evidence", 6), ("already_paid", 5), ("unknown_reference", 3),
)
HOW_MUCH, WHO = "the amount is what is open", "the name is the customer's"
FINDINGS = [["how_sure", "against", "There is a likely answer, but not enough speaks for it to post unattended."]]
UNPAID = 100_000_000
"""An item that nobody pays has the id of another and so much."""
WITHOUT_SUGGESTION = ("unknown_payer", "unknown_reference")


@dataclass(frozen=True)
class Size:
    """How large; one receipt in so many waits for a person."""

    receipts: int = 1_000_000
    waits_one_in: int = 10
    newest: dt.date = dt.date(2026, 11, 20)

    @property
    def weekly(self) -> int:
        """Receipts of one drop."""
        return self.receipts // WEEKS


def build(engine: Engine, archive: Path, size: Size) -> None:
    """Fill an empty database at the present schema, or go on where a build was stopped; the newest drop's file is put into the archive."""
    owners = _owners(random.Random(7))
    with db.reading(engine) as connection:
        dropped = _count(connection, schema.run_log)
        pending = _count(connection, schema.adjustment)
    if pending:
        return
    for week in range(dropped, WEEKS):
        on = size.newest - dt.timedelta(weeks=WEEKS - 1 - week)
        with db.writing(engine) as connection:
            if not week:
                _people(connection, owners)
            _drop(connection, archive, _Week(week, on, size.weekly, owners, size.waits_one_in))
        sys.stderr.write(f"\r{week + 1} of {WEEKS} drops")
    sys.stderr.write("\n")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE")
    with db.writing(engine) as connection:
        _pending(connection, size)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _owners(chance: random.Random) -> pl.DataFrame:
    """The customers: customer_id, name."""
    made = [names.make(chance, names.COUNTRIES[0]) for _ in range(CUSTOMERS)]
    return pl.DataFrame({"customer_id": [f"C{n:06d}" for n in range(CUSTOMERS)], "name": made})


def _people(connection: Connection, owners: pl.DataFrame) -> None:
    """Users of every role, and the customers with a few names to go by."""
    users.add(connection, "clerk1", "Clerk 1", "senior", PASSWORD, actor="clerk1")
    first = connection.execute(schema.app_user.select()).one()._asdict()
    others = [("clerk", f"clerk{n}") for n in range(2, CLERKS + 1)] + [("manager", "mary"), ("admin", "rita")]
    connection.execute(schema.app_user.insert(), [first | {"login": login, "name": login.title(), "role": role} for role, login in others])
    db.insert_frame(connection, schema.customer, owners.with_columns(
        pl.lit("net 30").alias("payment_terms"), pl.lit("USD").alias("currency"), pl.lit("ar@example.org").alias("email")))
    db.insert_frame(connection, schema.customer_alias, owners.filter(pl.int_range(pl.len()) % 5 == 0).select(
        "customer_id", pl.col("name").str.to_uppercase().str.slice(0, 24).alias("alias"), pl.lit("import").alias("source")))


@dataclass(frozen=True)
class _Week:
    """One drop: `first` is the id of its first receipt, line and item alike."""

    number: int
    on: dt.date
    count: int
    owners: pl.DataFrame
    waits_one_in: int

    @property
    def first(self) -> int:
        return self.number * self.count + 1

    @property
    def name(self) -> str:
        return f"drop-{self.on}.sta"

    @property
    def sha256(self) -> str:
        """As if the file were of this content."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def receipts(self) -> pl.DataFrame:
        """id, customer_id, name, amount, document, fate (applied, clerk, waits), on: one invoice for each."""
        chance = random.Random(self.number)
        ids = range(self.first, self.first + self.count)
        owners = self.owners[[chance.randrange(self.owners.height) for _ in ids]]
        reasons = chance.choices([name for name, _ in REASONS], [weight for _, weight in REASONS], k=self.count)
        return owners.with_columns(
            pl.Series("id", list(ids), dtype=pl.Int64), pl.Series("amount", [chance.randrange(500, 9_000_000) for _ in ids], dtype=pl.Int64),
            pl.Series("reason", reasons), pl.Series("day", [self.on - dt.timedelta(days=chance.randrange(7)) for _ in ids], dtype=pl.Date),
            pl.Series("fate", ["waits" if n % self.waits_one_in == self.waits_one_in - 1 else "clerk" if n % 20 == 3 else "auto" for n in ids]),
        ).with_columns(
            pl.format("INV-{}", pl.col("id") + 1_000_000).alias("document"), pl.format("FMB{}", pl.col("id") + 2_611_000_000).alias("reference"),
            pl.col("id").map_elements(lambda n: "R" + hashlib.sha256(str(n).encode()).hexdigest()[:15].upper(), return_dtype=pl.String).alias("receipt_key"),
            pl.Series("account", [ACCOUNTS[n % 2] for n in ids]),
        )


def _drop(connection: Connection, archive: Path, week: _Week) -> None:
    """A week's invoices, its statement, what was applied and what waits."""
    came = week.receipts
    _invoices(connection, came, week)
    size = _file(connection, archive, came, week)
    _lines(connection, came, week, size)
    _cash(connection, came, week)
    _suggestions(connection, came)
    _decide(connection, came, week.on)
    _queue(connection, came, week)
    _log(connection, came, week)


def _invoices(connection: Connection, came: pl.DataFrame, week: _Week) -> None:
    """An invoice for each receipt, and as many as there are waiting that nobody pays; short payments owe a tenth more than was paid."""
    owed = pl.when(pl.col("reason") == "short_payment").then(pl.col("amount") + pl.col("amount") // 10).otherwise(pl.col("amount"))
    paid = came.select(pl.col("id").alias("item_id"), "customer_id", pl.col("document").alias("document_number"),
                       pl.when(pl.col("fate") == "waits").then(owed).otherwise("amount").alias("amount_minor"))
    unpaid = paid.filter(pl.col("item_id") % week.waits_one_in == 0).with_columns(pl.col("item_id") + UNPAID, pl.col("document_number") + "-B")
    items = pl.concat([paid, unpaid])
    issued = week.on - dt.timedelta(days=40)
    db.insert_frame(connection, schema.open_item, items.with_columns(
        pl.lit("").alias("company"), pl.lit("invoice").alias("kind"), pl.lit("USD").alias("currency"), pl.col("amount_minor").alias("imported_open_minor"),
        pl.lit(0, dtype=pl.Int64).alias("open_minor"), pl.lit(0, dtype=pl.Int64).alias("discount_minor"), pl.lit(issued).alias("issue_date"),
        pl.lit(issued + dt.timedelta(days=30)).alias("due_date"), pl.lit("net 30").alias("payment_terms")))
    legs = items.select(pl.lit(0, dtype=pl.Int64).alias("n"), pl.lit(accounts.RECEIVABLE).alias("account"), pl.lit("USD").alias("currency"), "amount_minor", "customer_id",
                        "item_id", pl.lit(None, dtype=pl.Int64).alias("receipt_id"))
    contra = pl.DataFrame([(0, accounts.IMPORTED, "USD", -items["amount_minor"].sum(), None, None, None)], schema=ledger.POSTINGS, orient="row")
    _post(connection, "open_items", f"import:{week.on}", pl.concat([legs, contra]), week.on)


def _post(connection: Connection, kind: str, key: str, legs: pl.DataFrame, on: dt.date) -> None:
    entry = pl.DataFrame([(0, kind, on, key, None, key, "")], schema=ledger.ENTRIES, orient="row")
    ledger.post(connection, entry, legs.select(list(ledger.POSTINGS)), "benchmark", on)


def _file(connection: Connection, archive: Path, came: pl.DataFrame, week: _Week) -> int:
    """The file with its statements and controls; returns the bytes of one line. Only the newest stands in the archive."""
    file_id, width = week.number + 1, 120
    if week.number == WEEKS - 1:
        text = "".join(f":86:{document} {payer}"[:width - 1].ljust(width - 1) + "\n" for document, payer in came.select("document", "name").iter_rows())
        (archive / week.name).write_text(text, encoding="ascii", errors="replace")
    connection.execute(schema.source_file.insert().values(
        file_id=file_id, sha256=week.sha256, name=week.name, format="mt940", size_bytes=width * week.count,
        processed_at=dt.datetime.combine(week.on, dt.time(6)), as_of=week.on, line_count=week.count))
    sums = dict(came.group_by("account").agg(pl.col("amount").sum()).iter_rows())
    before = dict(connection.execute(select(schema.statement.c.account, func.max(schema.statement.c.closing_minor)).group_by(schema.statement.c.account)).all())
    for n, account in enumerate(ACCOUNTS):
        opening = before.get(account, 0)
        connection.execute(schema.statement.insert().values(
            statement_id=2 * week.number + n + 1, file_id=file_id, reference=f"{week.number}", account=account, currency="USD", report="statement", sequence="1",
            from_date=week.on - dt.timedelta(days=6), to_date=week.on, closing_date=week.on, opening_minor=opening, closing_minor=opening + sums[account], line=1))
        connection.execute(schema.control.insert().values(file_id=file_id, n=n, line=1, name="closing balance", stated=opening + sums[account], computed=opening + sums[account], currency="USD"))
    return width


def _lines(connection: Connection, came: pl.DataFrame, week: _Week, width: int) -> None:
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    named = pl.when(pl.col("reason").is_in(["no_reference", "unknown_payer"])).then(pl.lit("PAYMENT, THANK YOU")).otherwise(
        pl.format("PAYMENT OF {} BY {}", "document", "name"))
    lines = came.select(
        pl.col("id").alias("line_id"), pl.lit(week.number + 1, dtype=pl.Int64).alias("file_id"),
        (2 * week.number + 1 + (pl.col("account") == ACCOUNTS[1]).cast(pl.Int64)).alias("statement_id"), (place + 1).alias("line"),
        (place * width).alias("byte_start"), ((place + 1) * width).alias("byte_end"), "account", pl.lit("statement").alias("report"),
        pl.col("amount").alias("amount_minor"), pl.lit("USD").alias("currency"), pl.lit("receipt").alias("kind"), pl.col("day").alias("booking_date"),
        pl.col("day").alias("value_date"), pl.col("reference").alias("bank_reference"), pl.col("name").str.to_uppercase().alias("payer_name"),
        named.alias("remittance_text"), pl.lit("booked").alias("status"), pl.lit(0, dtype=pl.Int64).alias("fee_minor"))
    db.insert_frame(connection, schema.bank_line, lines)
    db.insert_frame(connection, schema.receipt, came.select(
        pl.col("id").alias("receipt_id"), "receipt_key", pl.col("id").alias("line_id"), "account", pl.lit("USD").alias("currency"),
        pl.col("amount").alias("amount_minor"), pl.col("day").alias("value_date"), "customer_id", pl.lit(0, dtype=pl.Int64).alias("unapplied_minor")))


def _cash(connection: Connection, came: pl.DataFrame, week: _Week) -> None:
    """One entry for each account and day: the bank against each receipt's unapplied cash."""
    days = came.select("account", "day").unique().sort("account", "day").with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    placed = came.join(days, on=["account", "day"])
    none = pl.lit(None, dtype=pl.Int64)
    credit = placed.select("n", pl.lit(accounts.UNAPPLIED).alias("account"), pl.lit("USD").alias("currency"), (-pl.col("amount")).alias("amount_minor"),
                           pl.lit(None, dtype=pl.String).alias("customer_id"), none.alias("item_id"), pl.col("id").alias("receipt_id"))
    debit = placed.group_by("n", "account").agg(pl.col("amount").sum()).select(
        "n", (pl.lit(accounts.bank("")) + pl.col("account")).alias("account"), pl.lit("USD").alias("currency"), pl.col("amount").alias("amount_minor"),
        pl.lit(None, dtype=pl.String).alias("customer_id"), none.alias("item_id"), none.alias("receipt_id"))
    entries = days.select("n", pl.lit("cash").alias("kind"), pl.col("day").alias("entry_date"), pl.format("cash:{}:{}:{}:USD", pl.lit(week.sha256), (pl.col("account") == ACCOUNTS[1]).cast(pl.Int64), "day").alias("source_key"),
                          none.alias("reverses"), pl.lit("cash").alias("memo"), pl.lit("").alias("reason"))
    ledger.post(connection, entries, pl.concat([credit, debit]).sort("n", "receipt_id"), "benchmark", week.on)


def _suggestions(connection: Connection, came: pl.DataFrame) -> None:
    """One certain answer for what was posted; two for most of what waits, with the evidence."""
    posted = came.filter(pl.col("fate") != "waits").with_columns(pl.lit(1, dtype=pl.Int64).alias("rank"), pl.col("id").alias("item"))
    asked = came.filter((pl.col("fate") == "waits") & ~pl.col("reason").is_in(WITHOUT_SUGGESTION))
    first, second = (asked.with_columns(pl.lit(rank, dtype=pl.Int64).alias("rank"), (pl.col("id") + shift).alias("item")) for rank, shift in ((1, 0), (2, -8)))
    heads = pl.concat([posted, first, second])
    certain = pl.col("fate") != "waits"
    db.insert_frame(connection, schema.proposal, heads.select(
        pl.col("id").alias("receipt_id"), "rank", "customer_id", pl.when(certain).then(pl.lit("one_item")).otherwise(pl.lit("partial")).alias("rule"),
        pl.lit("name").alias("payer_evidence"), pl.lit("exact").alias("amount_evidence"), pl.lit(0, dtype=pl.Int64).alias("rivals"),
        pl.when(certain).then(1000).otherwise(950 - 200 * (pl.col("rank") - 1)).cast(pl.Int64).alias("confidence"), certain.alias("unattended"),
        pl.when(pl.col("fate") != "auto").then(pl.format(f"{{}} is named and open; {HOW_MUCH}; {WHO}.", "document")).alias("explanation"),
        pl.format("{} is named and open", "document").str.len_chars().cast(pl.Int64).alias("what_chars"),
        pl.lit(len(HOW_MUCH), dtype=pl.Int64).alias("how_much_chars"), pl.lit(len(WHO), dtype=pl.Int64).alias("who_chars")))
    zero = pl.lit(0, dtype=pl.Int64)
    db.insert_frame(connection, schema.proposal_line, heads.filter(pl.col("fate") != "auto").select(
        pl.col("id").alias("receipt_id"), "rank", zero.alias("n"), pl.col("item").alias("item_id"), pl.col("amount").alias("applied_minor"), zero.alias("discount_minor"),
        zero.alias("deduction_minor"), zero.alias("write_off_minor")))
    db.insert_frame(connection, schema.evidence, asked.select(pl.col("id").alias("receipt_id"), pl.lit(json.dumps(FINDINGS)).alias("findings")))


def _decide(connection: Connection, came: pl.DataFrame, on: dt.date) -> None:
    for fate, source, actor in (("auto", "auto", "cashapp"), ("clerk", "clerk", "clerk1")):
        mine = came.filter(pl.col("fate") == fate)
        heads = mine.select(pl.col("id").alias("receipt_id"), "receipt_key", pl.lit("USD").alias("currency"), "customer_id", pl.lit(source).alias("source"),
                            pl.lit("one_item").alias("rule"), pl.lit(1000, dtype=pl.Int64).alias("confidence"), pl.lit("named and open").alias("memo"))
        zero = pl.lit(0, dtype=pl.Int64)
        lines = mine.select(pl.col("id").alias("receipt_id"), pl.col("id").alias("item_id"), "customer_id", pl.col("amount").alias("applied_minor"),
                            zero.alias("discount_minor"), zero.alias("deduction_minor"), pl.lit("").alias("deduction_reason"), zero.alias("write_off_minor"),
                            pl.lit(None, dtype=pl.Int64).alias("item_minor"), pl.lit("").alias("rate"))
        applications.apply(connection, heads, lines.select(list(applications.LINES)), actor=actor, on=on)


def _queue(connection: Connection, came: pl.DataFrame, week: _Week) -> None:
    """The cases that wait, every second one given to a clerk; and those that clerks have decided, with their events."""
    told = ("receipt_id", "reason", "currency", "amount_minor", "customer_id")
    cases = came.select(pl.col("id").alias("receipt_id"), "reason", pl.lit("USD").alias("currency"), pl.col("amount").alias("amount_minor"), "customer_id", "fate")
    exceptions.open_cases(connection, cases.filter(pl.col("fate") == "waits").select(told), week.on)
    table = schema.exception_case
    place = table.c.exception_id % 40
    mine = table.c.status == "open", place.between(1, CLERKS), table.c.opened_on == week.on
    connection.execute(table.update().where(*mine).values(assignee=literal("clerk").concat(cast(place, String))))
    first = db.next_id(connection, table.c.exception_id)
    decided = cases.filter(pl.col("fate") == "clerk")
    exceptions.open_cases(connection, decided.select(told), week.on)
    connection.execute(table.update().where(table.c.exception_id >= first).values(status="resolved", closed_at=dt.datetime.combine(week.on, dt.time(15))))
    event = db.next_id(connection, schema.exception_event.c.event_id)
    n = pl.int_range(pl.len(), dtype=pl.Int64)
    db.insert_frame(connection, schema.exception_event, decided.select(
        (n + event).alias("event_id"), (n + first).alias("exception_id"), pl.lit(dt.datetime.combine(week.on, dt.time(15))).alias("at"),
        (pl.lit("clerk") + ((n % CLERKS) + 1).cast(pl.String)).alias("actor"), pl.lit("accept").alias("action"), pl.lit("suggestion 1").alias("detail")))


def _log(connection: Connection, came: pl.DataFrame, week: _Week) -> None:
    posted = came.filter(pl.col("fate") == "auto")
    total, done = (f"{frame['amount'].sum() / 100:.2f}" for frame in (came, posted))
    summary = {
        "as_of": week.on.isoformat(), "files": [{"path": f"inbox/{week.name}", "format": "mt940", "status": "processed", "transactions": came.height}],
        "receipts": {"count": came.height, "amount": {"USD": total}}, "applied": {"auto_count": posted.height, "auto_amount": {"USD": done}},
        "exceptions": {}, "returned": 0, "unapplied": {"USD": "1.00"}, "timings": {}}
    connection.execute(schema.run_log.insert().values(run_id=week.number + 1, run_key=f"week {week.number}", started_at=dt.datetime.combine(week.on, dt.time(6)),
                                                      finished_at=dt.datetime.combine(week.on, dt.time(6, 1)), as_of=week.on, actor="cashapp",
                                                      summary=json.dumps(summary)))


def _pending(connection: Connection, size: Size) -> None:
    """Adjustments that wait for a second person."""
    rows = [{"adjustment_id": n, "kind": "write_off", "status": "pending", "item_id": UNPAID + size.waits_one_in * n, "currency": "USD", "amount_minor": 12_345, "reason": "small",
             "requested_by": f"clerk{n % CLERKS + 1}", "requested_on": size.newest} for n in range(1, min(40, size.receipts // size.waits_one_in) + 1)]
    connection.execute(schema.adjustment.insert(), rows)
