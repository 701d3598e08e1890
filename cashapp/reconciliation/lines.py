"""The two sides of a bank account out of the database: its bank lines, and the entries of its books.

The bank side is every booked statement line that tells of money for the first time. The book side is the imported cash book where the account
has one, and the receipts that the program has dealt with and the cash book lacks; else the program's own journal, entry by entry: what a statement line posted, and what lockbox files and advices announced and no
statement has shown yet (deposits in transit). An account may be written in several ways; all of them are one account. Both sides can be told as
they were known at a moment (`known_at`, UTC; None is now).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, union_all

from cashapp import accounts, db, linking, periods, schema
from cashapp.bank_accounts import normalise_account, same_account
from cashapp.errors import UsageError
from cashapp.reconciliation import moment

LINES: db.Shape = {
    "line_id": pl.Int64, "currency": pl.String, "amount_minor": pl.Int64, "date": pl.Date, "kind": pl.String, "check_number": pl.String, "name": pl.String,
    "bank_reference": pl.String, "customer_reference": pl.String, "structured_reference": pl.String, "remittance_text": pl.String, "batch_reference": pl.String,
    "account": pl.String, "statement_id": pl.Int64, "sha256": pl.String, "receipt_key": pl.String, "batch_key": pl.Int64, "batch_amount_minor": pl.Int64,
}
SHOWN = tuple(name for name in LINES if name not in {"structured_reference", "batch_reference", "account"})
"""What a month's picture says of a line."""
ENTRIES: db.Shape = {
    "book_account": pl.String, "entry_id": pl.String, "currency": pl.String, "amount_minor": pl.Int64, "date": pl.Date, "kind": pl.String, "reference": pl.String,
    "description": pl.String, "source": pl.String,  # cashbook, journal
}
UNNAMED = "(unnamed)"
"""What an account is called whose files do not name it."""
MOVES: db.Shape = {"currency": pl.String, "date": pl.Date, "amount_minor": pl.Int64}
"""What a side comes to on a day, what came in apart from what went out."""
OPENING = ("opening", "opening_balance", "opening balance")
"""Kinds of cash book entries that are a balance and no movement."""


class Account(NamedTuple):
    """A bank account: its name as printed, and how the bank's files and the cash book write it."""

    name: str
    at_bank: tuple[str, ...]
    in_book: tuple[str, ...]

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every name under which something of it may be kept."""
        return tuple(sorted({self.name, *self.at_bank, *self.in_book} - {""}))


def find(connection: Connection, given: str) -> Account:
    """The account; UsageError lists the known ones. A bank file that names no account may be any account's, where nothing else is."""
    wanted = "" if given == UNNAMED else normalise_account(given)
    at_bank, in_book = _names(connection)
    mine = tuple(name for name in at_bank if name and same_account(name, wanted)) if wanted else ()
    books = tuple(name for name in in_book if same_account(name, wanted)) if wanted else ()
    if not mine and "" in at_bank and (books or not wanted):
        mine = ("",)
    if not mine and not books:
        known = ", ".join(sorted({name or UNNAMED for name in [*at_bank, *in_book]})) or "none yet"
        raise UsageError(f"{given!r} is no account of these books – known are: {known}")
    return Account(min({*mine, *books} - {""}, key=lambda name: (len(name), name), default=UNNAMED), mine, books)


def known(connection: Connection) -> list[Account]:
    """Every account that a statement or the cash book names, by name."""
    at_bank, in_book = _names(connection)
    found = {account.name: account for name in [*at_bank, *in_book] for account in [find(connection, name or UNNAMED)]}
    return [found[name] for name in sorted(found)]


def _names(connection: Connection) -> tuple[list[str], list[str]]:
    """How the bank's statements and the cash book write the accounts."""
    statement = schema.statement
    at_bank = connection.execute(select(statement.c.account).distinct().where(statement.c.report == "statement").order_by(statement.c.account)).scalars()
    return list(at_bank), db.distinct(connection, schema.cashbook_entry.c.account)


def months(connection: Connection) -> list[str]:
    """The months from the first to the last day that a bank line or the cash book tells of, the newest first."""
    edges = [connection.execute(select(edge(date))).scalar() for date in (schema.bank_line.c.booking_date, schema.cashbook_entry.c.entry_date) for edge in (func.min, func.max)]
    days = [day for day in edges if day is not None]
    return list(reversed(periods.between(min(days), max(days)))) if days else []


def bank_lines(connection: Connection, account: Account, known_at: dt.datetime | None = None, *, which: ColumnElement[bool] | None = None, without: Select[int] | None = None,
               names: Collection[str] = LINES) -> pl.DataFrame:
    """LINES of the account, or those columns; all of them, or those of `which` this is so, and `without` those of which this gives the line_id."""
    return _lines(connection, _of_account(account) if which is None else and_(_of_account(account), which), known_at, without, names)


def bank_moves(connection: Connection, account: Account, known_at: dt.datetime | None = None, *, which: ColumnElement[bool] | None = None) -> pl.DataFrame:
    """MOVES of all lines of the account, or of those of `which` this is so."""
    line, file = schema.bank_line, schema.source_file
    query = select(line.c.currency, line.c.booking_date, func.sum(line.c.amount_minor)).join(file, file.c.file_id == line.c.file_id)
    told = query.where(_of_account(account) if which is None else and_(_of_account(account), which), *_counts(known_at))
    return db.frame(connection, told.group_by(line.c.currency, line.c.booking_date, line.c.amount_minor > 0).order_by(line.c.currency, line.c.booking_date), MOVES)


def plain(known_at: dt.datetime | None) -> ColumnElement[bool]:
    """The condition that only its own entry in the journal tells of a line, on the same day and with the same amount."""
    line, link = schema.bank_line, schema.line_link
    linked = [exists().where(column == line.c.line_id, link.c.how != "repeat") for column in (link.c.line_id, link.c.counted_by)]
    by_hand = linking.joined_by_hand(known_at).subquery()
    joined = union_all(select(by_hand.c.line_id), select(by_hand.c.counted_by))
    return and_(line.c.batch_key.is_(None), *(~each for each in linked), line.c.line_id.not_in(joined))


def whole_lines(account: Account) -> ColumnElement[bool]:
    """The condition that a line of the account counts now, and stands for itself and not for a part of a batch."""
    return and_(_of_account(account), schema.bank_line.c.batch_key.is_(None), *_counts(None))


def _of_account(account: Account) -> ColumnElement[bool]:
    return and_(schema.bank_line.c.account.in_(account.at_bank), schema.bank_line.c.report == "statement")


def _lines(connection: Connection, condition: ColumnElement[bool], known_at: dt.datetime | None, without: Select[int] | None = None, names: Collection[str] = LINES) -> pl.DataFrame:
    """LINES, or those columns, that are booked, count, and meet the condition, `without` those of which this gives the line_id."""
    line, file, receipt = schema.bank_line, schema.source_file, schema.receipt
    elsewhere = {"date": line.c.booking_date, "name": line.c.payer_name, "sha256": file.c.sha256, "receipt_key": receipt.c.receipt_key}
    wanted = {name: dtype for name, dtype in LINES.items() if name in names}
    query = (
        select(*(elsewhere[name] if name in elsewhere else line.c[name] for name in wanted))
        .join(file, file.c.file_id == line.c.file_id).outerjoin(receipt, receipt.c.line_id == line.c.line_id)
        .where(condition, *_counts(known_at)).order_by(line.c.line_id)
    )
    return db.frame(connection, db.left(query, without, [line.c.line_id]), wanted)


def _counts(known_at: dt.datetime | None) -> list[ColumnElement[bool]]:
    """The conditions that a line, beside its file, is booked and tells of its money for the first time."""
    line, file = schema.bank_line, schema.source_file
    first = [linking.told_first()] if known_at is None else [line.c.line_id.not_in(moment.repeats(known_at)), file.c.processed_at <= known_at]
    return [line.c.status == "booked", *first]


def total(connection: Connection, account: Account) -> dict[str, int]:
    """By currency what all lines of the account come to, with what the bank kept back of batches: added up by the database."""
    line, file = schema.bank_line, schema.source_file
    mine = (_of_account(account), *_counts(None))
    sums = select(line.c.currency, func.sum(line.c.amount_minor).label("minor")).join(file, file.c.file_id == line.c.file_id).where(*mine).group_by(line.c.currency)
    batch = (line.c.statement_id, line.c.batch_key, line.c.batch_amount_minor, line.c.currency, line.c.booking_date)
    kept = select(line.c.currency, (line.c.batch_amount_minor - func.sum(line.c.amount_minor)).label("minor")).join(file, file.c.file_id == line.c.file_id).where(
        *mine, line.c.batch_key.is_not(None), line.c.batch_amount_minor.is_not(None)).group_by(*batch)
    every = union_all(sums, kept).subquery()
    return {currency: int(minor) for currency, minor in connection.execute(select(every.c.currency, func.sum(every.c.minor)).group_by(every.c.currency))}


def batch_charges(lines: pl.DataFrame) -> pl.DataFrame:
    """currency, date, amount_minor: what the bank kept back of batches whose details are told one by one."""
    batches = lines.filter(pl.col("batch_key").is_not_null() & pl.col("batch_amount_minor").is_not_null())
    return batches.group_by("statement_id", "batch_key", "batch_amount_minor", "currency", "date").agg(pl.col("amount_minor").sum().alias("told")).select(
        "currency", "date", (pl.col("batch_amount_minor") - pl.col("told")).alias("amount_minor")).filter(pl.col("amount_minor") != 0).sort("date", "currency")


def book_moves(connection: Connection, account: Account) -> pl.DataFrame:
    """MOVES of the cash book as it reads now, without the balance before its first entry."""
    entry = schema.cashbook_entry
    query = select(entry.c.currency, entry.c.entry_date, func.sum(entry.c.amount_minor)).where(entry.c.account.in_(account.in_book), func.lower(entry.c.kind).not_in(OPENING))
    return db.frame(connection, query.group_by(entry.c.currency, entry.c.entry_date, entry.c.amount_minor > 0).order_by(entry.c.currency, entry.c.entry_date), MOVES)


def cash_book(connection: Connection, account: Account, known_at: dt.datetime | None = None, *, entry_ids: Sequence[str] | None = None, without: Select[str, str] | None = None) -> pl.DataFrame:
    """ENTRIES of the imported cash book, as they read now or read then; of those that read so now only these, and `without` those of which this gives account
    and entry_id."""
    entry, before = schema.cashbook_entry, schema.cashbook_entry_before
    names = ("account", "entry_id", "currency", "amount_minor", "entry_date", "kind", "reference", "description")
    shape = dict(zip(names, list(ENTRIES.values())[:-1], strict=True))
    query = select(*(entry.c[name] for name in names)).where(
        entry.c.account.in_(account.in_book), *([entry.c.known_at <= known_at] if known_at else []), *([db.among(connection, entry.c.entry_id, entry_ids)] if entry_ids is not None else []))
    told = db.frame(connection, db.left(query, without, [entry.c.account, entry.c.entry_id]), shape)
    if known_at is not None:
        told = pl.concat([told, db.frame(connection, select(*(before.c[name] for name in names)).where(
            before.c.account.in_(account.in_book), before.c.known_at <= known_at, before.c.replaced_at > known_at), shape)])
    return told.rename(dict(zip(names, ENTRIES, strict=False))).with_columns(pl.lit("cashbook").alias("source")).sort("book_account", "entry_id")


class Journal(NamedTuple):
    """The journal's side: its entries, and which lines they come from (line_id, entry_id; a settled deposit has several entries)."""

    entries: pl.DataFrame
    origins: pl.DataFrame


def journal(connection: Connection, account: Account, lines: pl.DataFrame, known_at: dt.datetime | None = None) -> Journal:
    """What the journal holds of the account: one entry for each of the `lines` it posted, or for each receipt that a deposit line settles, and those
    announced that no statement shows yet."""
    links = _announced(connection, account, known_at)
    own = lines.join(links.select("line_id").drop_nulls().unique(), on="line_id", how="anti", maintain_order="left")
    days = schema.bank_line.c.booking_date.in_(own["date"].unique().sort().to_list())
    told = posted(account, own, numbers(connection, account, days, known_at))
    announced = _entries(account, links.with_columns(pl.lit(None, pl.Int64).alias("number")), pl.format("L{}", "told_id"))
    both = pl.concat([told, announced])
    return Journal(both.select(list(ENTRIES)).sort("entry_id"), both.drop_nulls("line_id").select("line_id", "entry_id").sort("line_id", "entry_id"))


def posted(account: Account, lines: pl.DataFrame, numbers: Numbers) -> pl.DataFrame:
    """The journal's entry of each line, in their order: ENTRIES with `line_id`."""
    return _entries(account, lines.join(numbers.of(lines), on="line_id", how="left", maintain_order="left"), pl.format("L{}", "line_id"))


def _entries(account: Account, told: pl.DataFrame, place: pl.Expr) -> pl.DataFrame:
    """Of lines with the `number` of their journal entry ENTRIES and `line_id`: `J12/R0A…` is the journal entry and the receipt or line in it."""
    place = pl.coalesce("receipt_key", place)
    entry_id = pl.when(pl.col("number").is_null()).then(pl.format("J/{}", place)).otherwise(pl.format("J{}/{}", "number", place))
    return told.select(
        "line_id", pl.lit(account.name).alias("book_account"), entry_id.alias("entry_id"), "currency", "amount_minor", "date", "kind",
        pl.coalesce(pl.col("check_number").replace("", None), "bank_reference").alias("reference"),
        pl.concat_str(pl.col("name"), pl.col("remittance_text"), separator=" ").str.strip_chars().alias("description"), pl.lit("journal").alias("source"))


_KEY = ("sha256", "date", "currency")


class Numbers(NamedTuple):
    """Which entry of the journal posted what: `of_returned` (line_id, number) of what the bank took back, `of_days` (statement_id, _KEY, number) of all else."""

    of_returned: pl.DataFrame
    of_days: pl.DataFrame

    def of(self, lines: pl.DataFrame) -> pl.DataFrame:
        """line_id, number of those of the lines that are known."""
        found = lines.select("line_id", "statement_id", *_KEY).join(self.of_days, on=["statement_id", *_KEY]).select("line_id", "number")
        return pl.concat([self.of_returned, found]).unique("line_id", keep="first", maintain_order=True)


def numbers(connection: Connection, account: Account, days: ColumnElement[bool], known_at: dt.datetime | None = None) -> Numbers:
    """The numbers of the account's journal entries, on some days of its lines. An entry is of one file, statement, day and currency; statements of a file are
    numbered in their order, in the entry's source key as in the database."""
    entry, leg, line, file = schema.journal_entry, schema.posting, schema.bank_line, schema.source_file
    names = [accounts.bank(name) for name in account.at_bank]
    query = select(entry.c.entry_id, entry.c.source_key).where(
        entry.c.entry_id.in_(select(leg.c.entry_id).where(leg.c.account.in_(names))), entry.c.kind.in_(("cash", "return"))).order_by(entry.c.entry_id)
    keys = db.frame(connection, query, {"number": pl.Int64, "key": pl.String}).with_columns(pl.col("key").str.split(":").alias("parts"))
    returned = keys.filter(pl.col("parts").list.first() == "return").select(pl.col("parts").list.get(1).cast(pl.Int64).alias("line_id"), "number")
    cash = keys.filter(pl.col("parts").list.first() == "cash").select(
        "number", pl.col("parts").list.get(1).alias("sha256"), pl.col("parts").list.get(2).cast(pl.Int64).alias("nth"),
        pl.col("parts").list.get(3).str.to_date("%Y-%m-%d").alias("date"), pl.col("parts").list.get(4).alias("currency"))
    ranked = cash.select(*_KEY, pl.col("nth").rank("dense").over(_KEY).alias("rank"), "number")
    received = select(line.c.statement_id, file.c.sha256, line.c.booking_date, line.c.currency).distinct().join(file, file.c.file_id == line.c.file_id).where(
        _of_account(account), days, ~db.among(connection, line.c.line_id, returned["line_id"].to_list()), *_counts(known_at))
    placed = db.frame(connection, received, {"statement_id": pl.Int64, "sha256": pl.String, "date": pl.Date, "currency": pl.String})
    of_days = placed.with_columns(pl.col("statement_id").rank("dense").over(_KEY).alias("rank")).join(ranked, on=[*_KEY, "rank"]).drop("rank")
    return Numbers(returned.unique("line_id", keep="first", maintain_order=True), of_days)


def _announced(connection: Connection, account: Account, known_at: dt.datetime | None) -> pl.DataFrame:
    """Receipts told by other reports than a statement (LINES, as `told_id`), with the statement line that settles or is opened by them (`line_id`, null: in transit)."""
    line, link, statement = schema.bank_line, schema.line_link, schema.statement
    told = _lines(connection, and_(line.c.report != "statement", line.c.line_id.in_(select(schema.receipt.c.line_id))), known_at)
    by_hand = db.frame(connection, linking.joined_by_hand(known_at), {"line_id": pl.Int64, "counted_by": pl.Int64, "report": pl.String, "account": pl.String, "receipt_id": pl.Int64})
    told = told.join(by_hand, on="line_id", how="anti", maintain_order="left")
    shown = line.alias()
    pairs = db.frame(connection, select(link.c.line_id, link.c.counted_by, link.c.how, shown.c.account, statement.c.account).join(
        line, line.c.line_id == link.c.line_id).join(statement, statement.c.statement_id == line.c.statement_id).join(shown, shown.c.line_id == link.c.counted_by).where(
        link.c.how.in_(("settles", "details")), moment.link_stands(known_at)), {"one": pl.Int64, "other": pl.Int64, "how": pl.String, "shown_account": pl.String, "line_account": pl.String})
    deposit = pl.when(pl.col("how") == "settles")
    origins = pairs.select(deposit.then("other").otherwise("one").alias("told_id"), deposit.then("one").otherwise("other").alias("line_id"),
                           deposit.then("line_account").otherwise("shown_account").alias("deposit_account"))
    shown_by_hand = by_hand.filter(pl.col("report") == "statement").select(pl.col("counted_by").alias("told_id"), "line_id", pl.col("account").alias("deposit_account"))
    origins = pl.concat([origins, shown_by_hand])
    joined = told.rename({"line_id": "told_id"}).join(origins, on="told_id", how="left")
    where = pl.coalesce("deposit_account", "account")
    return joined.filter(where.is_in(list(account.at_bank)) & (where != "")).sort("told_id")


def decided(connection: Connection, known_at: dt.datetime | None = None) -> pl.DataFrame:
    """line_id of the receipts that the program's books have dealt with (applied, on account, posted elsewhere) and of returns they took back. A receipt
    nobody has identified is money at the bank that the books do not know yet."""
    receipt, returned, link = schema.receipt, schema.returned_item, schema.line_link
    shown = select(link.c.line_id).where(link.c.how == "settles", link.c.counted_by.in_(select(returned.c.line_id)), moment.link_stands(known_at))
    query = select(receipt.c.line_id).where(receipt.c.receipt_id.in_(moment.decided(known_at))).union(
        select(returned.c.line_id).where(returned.c.line_id.is_not(None)), shown)
    return pl.DataFrame({"line_id": sorted(connection.execute(query).scalars())}, schema={"line_id": pl.Int64})


def first_balance(connection: Connection, account: Account, known_at: dt.datetime | None = None) -> dict[str, int]:
    """The balance at which each currency's oldest statement opens, where one is stated."""
    statement = schema.statement
    order = func.coalesce(statement.c.from_date, statement.c.to_date, statement.c.closing_date)
    query = select(statement.c.currency, statement.c.opening_minor).where(
        statement.c.account.in_(account.at_bank), statement.c.report == "statement", statement.c.copy == "", statement.c.opening_minor.is_not(None), moment.file_stands(statement.c.file_id, known_at)).order_by(order, statement.c.statement_id)
    found: dict[str, int] = {}
    for currency, minor in connection.execute(query):
        found.setdefault(currency, int(minor))
    return found


def stated_balances(connection: Connection, account: Account, known_at: dt.datetime | None = None) -> list[tuple[str, object, int]]:
    """currency, date, closing balance as the statements state them, in order of their dates; one that names no day is of its last line's."""
    statement, line = schema.statement, schema.bank_line
    stated = select(statement.c.statement_id, statement.c.currency, func.coalesce(statement.c.closing_date, statement.c.to_date).label("date"), statement.c.closing_minor).where(
        statement.c.account.in_(account.at_bank), statement.c.report == "statement", statement.c.copy == "", statement.c.closing_minor.is_not(None),
        moment.file_stands(statement.c.file_id, known_at))
    found = connection.execute(stated).all()
    undated = [row.statement_id for row in found if row.date is None]
    last = select(line.c.statement_id, func.max(line.c.booking_date)).where(_of_account(account), db.among(connection, line.c.statement_id, undated)).group_by(line.c.statement_id)
    dates = {row.statement_id: row.date for row in found if row.date is not None} | (dict(connection.execute(last).all()) if undated else {})
    rows = sorted((row for row in found if row.statement_id in dates), key=lambda row: (str(dates[row.statement_id]), row.statement_id))
    return [(row.currency, dates[row.statement_id], int(row.closing_minor)) for row in rows]
