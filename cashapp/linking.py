"""Links in the database: gathers the lines that may be the same money, lets `links` and `link_deposits` decide, keeps the outcome."""

from __future__ import annotations

import datetime as dt

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, or_, select, true

from cashapp import accounts, db, exceptions, ledger, link_deposits, links, schema
from cashapp.config import Config
from cashapp.ledger import Leg
from cashapp.links import Link, Window

LINKS = {"line_id": pl.Int64, "counted_by": pl.Int64, "how": pl.String, "why": pl.String}
_REMITTANCE_ONLY = ("x12-820", "remt")
_MARGIN = dt.timedelta(days=10)  # wider than any window of banking days; `Window` decides
_COLUMNS = {
    "line_id": pl.Int64, "file_id": pl.Int64, "format": pl.String, "report": pl.String, "account": pl.String, "lockbox": pl.String,
    "statement_account": pl.String, "reference": pl.String, "sequence": pl.String, "currency": pl.String, "amount_minor": pl.Int64,
    "kind": pl.String, "booking_date": pl.Date, "bank_reference": pl.String, "customer_reference": pl.String, "check_number": pl.String,
    "payer_name": pl.String, "text": pl.String, "batch_reference": pl.String, "statement_id": pl.Int64, "copy": pl.Boolean,
}


def not_undone(file_id: ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that a file was not taken back."""
    return file_id.not_in(select(schema.undone_file.c.file_id))


def told_first() -> ColumnElement[bool]:
    """The condition that a bank line tells of its money for the first time: it repeats no other, and its file was not taken back (whose lines repeat
    themselves)."""
    line, link = schema.bank_line, schema.line_link
    return ~exists().where(link.c.line_id == line.c.line_id, link.c.how == "repeat")


def joined_by_hand(known_at: dt.datetime | None = None) -> Select[int, int, str, str, int]:
    """SELECT line_id, counted_by, report and account of line_id, and the receipt that counts: lines that a person said tell of the same money
    (`cashapp.duplicates`), now or as known at a moment."""
    entry, leg, receipt, line = schema.journal_entry, schema.posting, schema.receipt, schema.bank_line
    reversal, counting, counts = entry.alias(), leg.alias(), receipt.alias()
    few = select(entry.c.entry_id).where(entry.c.kind == "duplicate")  # by these to their postings, not the other way round
    stands = [reversal.c.reverses.is_(None)] if known_at is None else [
        entry.c.posted_at <= known_at, or_(reversal.c.reverses.is_(None), reversal.c.posted_at > known_at)]
    return (
        select(line.c.line_id, counts.c.line_id.label("counted_by"), line.c.report, line.c.account, counts.c.receipt_id)
        .join(receipt, receipt.c.line_id == line.c.line_id).join(leg, and_(leg.c.receipt_id == receipt.c.receipt_id, leg.c.account == accounts.UNAPPLIED))
        .join(entry, and_(entry.c.entry_id == leg.c.entry_id, leg.c.entry_id.in_(few)))
        .join(counting, and_(counting.c.entry_id == entry.c.entry_id, counting.c.account == accounts.TRANSIT))
        .join(counts, counts.c.receipt_id == counting.c.receipt_id)
        .outerjoin(reversal, reversal.c.reverses == entry.c.entry_id).where(*stands)
    )


def is_advice() -> pl.Expr:
    """A line (with its file's `format`) about money that moves by another way: it never counts itself."""
    return pl.col("format").is_in(_REMITTANCE_ONLY) & (pl.col("report") == "announcement")


def links_of(connection: Connection, lines: pl.DataFrame, statements: pl.DataFrame, format_name: str, config: Config) -> pl.DataFrame:
    """The links of a file's lines, rows that their table is to take: to lines that the books hold and to one another (columns LINKS); `statements` are rows of
    theirs. An advice or a copy that came first is linked by its own id, so `line_id` is a line of the file in all other rows. A copy of nothing that is
    known repeats itself, so that it never counts. `keep` stores them."""
    if lines.is_empty():
        return pl.DataFrame(schema=LINKS)
    begin, end = lines.select(pl.col("booking_date").min().alias("begin"), pl.col("booking_date").max().alias("end")).row(0)
    line = schema.bank_line
    earlier = and_(line.c.booking_date.between(begin - _MARGIN, end + _MARGIN), not_undone(line.c.file_id), line.c.status == "booked")
    old = _lines(connection, and_(earlier, _may_be_told_by(connection, lines)))
    twice = _twice_in_file(lines, statements, format_name)
    is_marked = bool((statements["copy"] != "").any())  # a marked copy may be one of a line of its own file
    if old.is_empty() and not is_marked:
        return twice
    booked = lines.filter(pl.col("status") == "booked")
    new = _of_file(booked, statements, format_name).join(twice, on="line_id", how="anti", maintain_order="left")
    others = find(_as_told_first(new), _as_told_before(connection, old), Window(config.links.banking_days, config.links.calendar))
    found = pl.concat([twice, pl.DataFrame(others, schema=LINKS, orient="row")])
    return pl.concat([found, _copies_of_nothing(new, found)])


def keep(connection: Connection, found: pl.DataFrame) -> None:
    """Store links whose lines are in their table."""
    db.insert_frame(connection, schema.line_link, found)


def _twice_in_file(lines: pl.DataFrame, statements: pl.DataFrame, format_name: str) -> pl.DataFrame:
    """A statement that stands twice in one file, number, balances and lines alike: its second lines repeat its first."""
    numbered = (pl.col("report") == "statement") & ((pl.col("reference") != "") | (pl.col("sequence") != ""))
    alike = (
        statements.filter(numbered).group_by("account", "reference", "sequence", "opening_minor", "closing_minor")
        .agg(pl.col("statement_id").min().alias("first"), pl.col("statement_id").max().alias("second"), pl.len().alias("times"))
        .filter(pl.col("times") == 2).sort("first")
    )
    repeats: list[Link] = []
    for first, second in alike.select("first", "second").iter_rows():
        one, other = (_of_file(lines.filter(pl.col("statement_id") == statement_id), statements, format_name) for statement_id in (first, second))
        if one.height and one.drop("line_id", "statement_id").equals(other.drop("line_id", "statement_id")):
            repeats += [Link(line, counted, "repeat", "the statement stands twice in the file") for line, counted in zip(other["line_id"], one["line_id"], strict=True)]
    return pl.DataFrame(repeats, schema=LINKS, orient="row")


def _may_be_told_by(connection: Connection, lines: pl.DataFrame) -> ColumnElement[bool]:
    """The condition that an earlier line can be the same money as lines of the file. Of statements alone those that have the amount of one; where the file has
    details, any may be their sum."""
    line, booked = schema.bank_line, pl.col("status") == "booked"
    if lines.select((booked & (pl.col("report") != "statement")).any()).item():
        return true()
    amounts = lines.lazy().filter(booked).select(pl.col("amount_minor").unique().sort()).collect()["amount_minor"]
    return or_(line.c.report != "statement", db.among(connection, line.c.amount_minor, amounts.to_list()))


def _of_file(lines: pl.DataFrame, statements: pl.DataFrame, format_name: str) -> pl.DataFrame:
    """Lines of a file, with its statements, in the columns that `_lines` has of those in the books."""
    own = statements.select("statement_id", "lockbox", pl.col("account").alias("statement_account"), "reference", "sequence", pl.col("copy") != "")
    return lines.join(own, on="statement_id", maintain_order="left").with_columns(
        pl.lit(format_name).alias("format"), pl.col("remittance_text").alias("text")).select(list(_COLUMNS))


def _copies_of_nothing(new: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The new lines of marked copies that repeat no line of the books."""
    marked = new.filter("copy").join(found, on="line_id", how="anti", maintain_order="left")
    return marked.select("line_id", pl.col("line_id").alias("counted_by"), pl.lit("repeat").alias("how"), pl.lit("a copy of what is not known").alias("why"))


def find(new: pl.DataFrame, old: pl.DataFrame, window: Window) -> list[Link]:
    """Links from new lines (of one file) to earlier ones, both with the columns TOLD; each new and each open earlier line is used once.

    Marked copies are paired first and with nothing else: they neither settle nor detail."""
    copied = links.copies(new, old, window)
    new, old = (lines.filter(~pl.col("copy")) for lines in (new, old))
    if old.is_empty():
        return copied
    single = links.one_to_one(new, old, window)
    used = pl.Series([line_id for link in single for line_id in (link.line_id, link.counted_by)], dtype=pl.Int64)
    rest = ~pl.col("line_id").is_in(used.implode())
    return [*copied, *single, *link_deposits.link(new.filter(rest), old.filter(rest & pl.col("open")), window)]


def _lines(connection: Connection, condition: object) -> pl.DataFrame:
    line, statement, file = schema.bank_line, schema.statement, schema.source_file
    query = (
        select(
            line.c.line_id, line.c.file_id, file.c.format, line.c.report, line.c.account, statement.c.lockbox, statement.c.account,
            statement.c.reference, statement.c.sequence, line.c.currency, line.c.amount_minor, line.c.kind, line.c.booking_date,
            line.c.bank_reference, line.c.customer_reference, line.c.check_number, line.c.payer_name, line.c.remittance_text,
            line.c.batch_reference, line.c.statement_id, statement.c.copy != "",
        )
        .join(statement, statement.c.statement_id == line.c.statement_id).join(file, file.c.file_id == line.c.file_id)
        .where(condition).order_by(line.c.line_id)  # type: ignore[arg-type]  # a column expression, built above
    )
    return db.frame(connection, query, _COLUMNS)


def _as_told_first(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines of _COLUMNS that nothing has become of yet, with the columns TOLD."""
    return _as_told(lines.with_columns(pl.lit(value=True).alias("open"), counting=True, told_by=pl.lit("")))


def _as_told(lines: pl.DataFrame) -> pl.DataFrame:
    numbered = (pl.col("reference") != "") | (pl.col("sequence") != "")
    number = pl.concat_str("statement_account", "reference", "sequence", separator="|")
    return lines.with_columns(
        pl.when(numbered).then(number).otherwise(pl.lit("")).alias("statement"), pl.col("booking_date").alias("date"), is_advice().alias("advice"),
    ).select(list(links.TOLD))


def _as_told_before(connection: Connection, old: pl.DataFrame) -> pl.DataFrame:
    """Earlier lines with what has become of them, with the columns TOLD; lines that repeat others are left out. Of the lines of marked
    copies those are left that are copies of nothing so far."""
    fates = _fates(connection, old)
    repeats = fates.filter((pl.col("how") == "repeat") & (pl.col("line_id") != pl.col("counted_by")))
    settling, settled = _ids(fates, "settles", "line_id"), pl.concat([_ids(fates, "settles", "counted_by"), _ids(fates, "details", "line_id")])
    taken = pl.concat([settling, _ids(fates, "details", "counted_by"), _touched_receipts(connection, old)])
    told_by = fates.group_by(line_id="counted_by").agg(pl.col("format").unique().sort().str.join(" ").alias("told_by"))
    statement = pl.col("report") == "statement"
    is_in = pl.col("line_id").is_in
    known = old.join(repeats, on="line_id", how="anti", maintain_order="left").join(told_by, on="line_id", how="left", maintain_order="left")
    return _as_told(known.with_columns(
        pl.when(statement).then(~is_in(taken.implode()) & ((pl.col("kind") != "return") | is_in(_waiting_returns(connection).implode()))).otherwise(~is_in(settled.implode()) & pl.col("kind").is_in(["receipt", "return"])).alias("open"),
        (~is_in(settling.implode()) & ~is_advice()).alias("counting"),
        pl.concat_str("told_by", "format", separator=" ", ignore_nulls=True),
    ))


def _ids(fates: pl.DataFrame, how: str, side: str) -> pl.Series:
    return fates.filter(pl.col("how") == how)[side].unique().alias("line_id")


def _fates(connection: Connection, old: pl.DataFrame) -> pl.DataFrame:
    """line_id, counted_by, how, format (of the line's file): the links that these lines have a part in."""
    link, line, file = schema.line_link, schema.bank_line, schema.source_file
    query = (
        select(link.c.line_id, link.c.counted_by, link.c.how, file.c.format)
        .join(line, line.c.line_id == link.c.line_id).join(file, file.c.file_id == line.c.file_id).where(not_undone(line.c.file_id))
    )
    shape = {"line_id": pl.Int64, "counted_by": pl.Int64, "how": pl.String, "format": pl.String}
    sides = [db.frame_of(connection, query, side, old["line_id"].to_list(), shape) for side in (link.c.line_id, link.c.counted_by)]
    return pl.concat(sides).unique().sort(list(shape))


def _touched_receipts(connection: Connection, old: pl.DataFrame) -> pl.Series:
    """Lines whose receipt has been worked with already: details can no longer take its place."""
    receipt = schema.receipt
    query = select(receipt.c.line_id).where(or_(receipt.c.state != "open", receipt.c.unapplied_minor != receipt.c.amount_minor))
    return db.frame_of(connection, query, receipt.c.line_id, old["line_id"].to_list(), {"line_id": pl.Int64})["line_id"]


def _waiting_returns(connection: Connection) -> pl.Series:
    """Lines of returns whose payment was not found: their details may still come."""
    table = schema.returned_item
    query = select(table.c.line_id).where(table.c.method == "waiting", table.c.line_id.is_not(None))
    return db.frame(connection, query, {"line_id": pl.Int64})["line_id"]


def release_detailed(connection: Connection, found: pl.DataFrame, as_of: dt.date, actor: str) -> None:
    """A deposit that stood as one receipt gives way to the receipts of its details."""
    receipt = schema.receipt
    deposits = found.filter(pl.col("how") == "details")["counted_by"].unique().sort().to_list()
    for line_id in deposits:
        exceptions.resolve_where(connection, "line_id", line_id, actor, "its details came")
    for row in connection.execute(select(receipt).where(receipt.c.line_id.in_(deposits)).order_by(receipt.c.receipt_id)).all():
        ledger.post_one(connection, kind="details", on=as_of, source_key=f"details:{row.receipt_key}", actor=actor,
                        memo="a deposit gives way to its details", legs=[
                            Leg(accounts.UNAPPLIED, row.currency, row.amount_minor, receipt_id=row.receipt_id),
                            Leg(accounts.TRANSIT, row.currency, -row.amount_minor)])
        connection.execute(receipt.update().where(receipt.c.receipt_id == row.receipt_id).values(state="linked"))


def release_copies(connection: Connection, found: pl.DataFrame, actor: str) -> None:
    """Lines of copies that waited for the statement itself."""
    case = schema.exception_case
    waiting = select(case.c.line_id).where(case.c.reason == "copy_of_nothing", case.c.status == "open")
    others = found.filter(pl.col("line_id") != pl.col("counted_by"))["line_id"]
    for line_id in sorted({*connection.execute(waiting).scalars()} & {*others}):
        exceptions.resolve_where(connection, "line_id", line_id, actor, "the statement itself came")
