"""An account's month as the reconciliation shows it: every row with its match, the open items of both sides, the balances, the proof of cash.

A *unit* is a match, or a row without one. What a unit has in the books less what it has at the bank is its reconciling amount at a day:
zero when both sides have it, the whole of it while one side waits. So bank balance + reconciling amounts = book balance, column by column
(opening, receipts, disbursements, closing), whatever the units are; what is left over is unexplained. Nothing here is stored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, or_, tuple_

from cashapp import schema
from cashapp.periods import Month
from cashapp.reconciliation import lines as sides
from cashapp.reconciliation import store
from cashapp.reconciliation.lines import OPENING, Account

ROWS: dict[str, type[pl.DataType]] = {
    "unit": pl.String, "match_id": pl.String, "kind": pl.String, "status": pl.String, "confidence": pl.Int64, "reason": pl.String, "confirmed_by": pl.String, "currency": pl.String,
    "line_id": pl.Int64, "bank_reference": pl.String, "bank_date": pl.Date, "bank_minor": pl.Int64, "bank_kind": pl.String, "bank_text": pl.String,
    "customer_reference": pl.String, "check_number": pl.String,
    "entry_id": pl.String, "entry_date": pl.Date, "entry_minor": pl.Int64, "entry_kind": pl.String, "entry_text": pl.String, "reference": pl.String, "source": pl.String,
}
"""One row for each bank line and each entry; those of one match share `unit`."""

TRANSIT, OUTSTANDING, CHARGES, INTEREST, RETURNED, BANK_IN, BANK_OUT, DIFFERENCES, VOIDS = (
    "deposits in transit", "outstanding checks and payments", "bank charges not yet booked", "interest not yet booked", "returned items not yet booked",
    "receipts not yet booked", "payments not yet booked", "differences between bank and books", "entries and their voids",
)
GROUPS = (TRANSIT, OUTSTANDING, RETURNED, CHARGES, INTEREST, BANK_IN, BANK_OUT, DIFFERENCES, VOIDS)
COLUMNS = ("opening", "receipts", "disbursements", "closing")


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Everything the report and the export say; amounts in minor units by currency."""

    account: Account
    month: Month
    rows: pl.DataFrame  # ROWS with `group`: of the month, and of other days at least what is not the same on both sides
    units: pl.DataFrame  # unit, currency, group, since, the four COLUMNS (book less bank), net
    bank: dict[str, dict[str, int]]  # by currency the four COLUMNS per bank
    book: dict[str, dict[str, int]]
    stated: dict[str, int]  # closing balances that the statements state at the month's end
    has_cash_book: bool
    is_matched: bool  # any entry of the cash book, with anything
    known_at: dt.datetime | None

    @property
    def currencies(self) -> list[str]:
        """The account's currencies."""
        return sorted(self.bank)

    def explained(self, currency: str) -> int:
        """What the reconciling items at the month's end add up to: the books less the bank."""
        return int(self.units.filter(pl.col("currency") == currency)["closing"].sum())

    def unexplained(self, currency: str) -> int:
        """Bank balance as stated and the reconciling items, less the book balance: zero where everything is explained."""
        stated = self.stated.get(currency, self.bank[currency]["closing"])
        return stated + self.explained(currency) - self.book[currency]["closing"]


def draw(connection: Connection, account: Account, month: Month, known_at: dt.datetime | None = None) -> Picture:
    """The picture of the month, as known now or at a moment; midnight means the whole of its day."""
    if known_at is not None and known_at.time() == dt.time():
        known_at += dt.timedelta(days=1, seconds=-1)
    past = _past(connection, account, month, known_at)
    lines = sides.bank_lines(connection, account, known_at, which=past.other_lines, without=past.members and past.members.lines, names=sides.SHOWN)
    told = sides.journal(connection, account, lines, known_at, month)
    book = sides.cash_book(connection, account, known_at, without=past.members and past.members.entries)
    is_opening = book["kind"].str.to_lowercase().is_in(OPENING)
    base = sides.first_balance(connection, account, known_at)
    stored = store.standing(connection, account, known_at, without=past.matches)
    if account.in_book:
        entries, units = _with_cash_book(lines, book.filter(~is_opening), stored, told, sides.decided(connection, known_at))
        bases = dict(book.filter(is_opening).group_by("currency").agg(pl.col("amount_minor").sum()).iter_rows()) or base
    else:
        entries, units, bases = told.entries, _from_origins(told.origins, lines, told.entries), base
    charges, at_bank, in_books = sides.batch_charges(lines), pl.concat([past.at_bank, lines.select(_MOVES)]), pl.concat([past.in_books, entries.select(_MOVES)])
    is_matched = not (stored.matches.is_empty() and past.in_books.is_empty())
    del told, book, stored  # many rows with their texts: what follows needs the moves only
    rows = _rows(lines.select(_OF_LINES), entries, units)
    del lines, entries, units
    rows = _grouped(rows, month)
    currencies = sorted({*at_bank["currency"].unique(), *in_books["currency"].unique(), *base})
    return Picture(
        account=account, month=month, rows=rows, units=_flows(rows, charges, month), has_cash_book=bool(account.in_book), is_matched=is_matched, known_at=known_at,
        bank={c: _columns(at_bank, charges, c, base.get(c, 0), month) for c in currencies},
        book={c: _columns(in_books, charges.clear(), c, bases.get(c, 0), month) for c in currencies},
        stated=_stated(connection, account, at_bank, month, known_at),
    )


_MOVES = tuple(sides.MOVES)
_OF_LINES = (*_MOVES, "line_id", "bank_reference", "kind", "name", "remittance_text", "customer_reference", "check_number")


class _Past(NamedTuple):
    """What is not drawn of the days before the month, since bank and books have it alike: the `sides.MOVES` of each, and the condition of the other lines, or
    which matches it is and what belongs to them; where None, all is drawn."""

    at_bank: pl.DataFrame
    in_books: pl.DataFrame
    other_lines: ColumnElement[bool] | None = None
    matches: Select[int] | None = None
    members: store.Members | None = None


def _past(connection: Connection, account: Account, month: Month, known_at: dt.datetime | None) -> _Past:
    """Without a cash book the lines that the journal posted, day for day, of all months but this one; with a cash book what was matched and has nothing left,
    as it is known now: what stood at an earlier moment is drawn from all there was."""
    date = schema.bank_line.c.booking_date
    if not account.in_book:
        plain = sides.plain(known_at)
        moved = sides.bank_moves(connection, account, and_(date < month.first, plain), known_at)
        return _Past(moved, moved, or_(date.between(month.first, month.last), ~plain))
    if known_at is not None:
        return _Past(pl.DataFrame(schema=sides.MOVES), pl.DataFrame(schema=sides.MOVES))
    settled = store.settled(account, month.first)
    known, line, entry = store.members_of(settled), schema.bank_line, schema.cashbook_entry
    at_bank = sides.bank_moves(connection, account, line.c.line_id.in_(known.lines))
    in_books = sides.book_moves(connection, account, tuple_(entry.c.account, entry.c.entry_id).in_(known.entries))
    return _Past(at_bank, in_books, matches=settled, members=known)


def _with_cash_book(lines: pl.DataFrame, book: pl.DataFrame, stored: store.Stored, told: sides.Journal, decided: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cash book's entries and the journal's that it lacks; and the units: what stands in the database, and deposits the journal alone explains."""
    matched = stored.members.drop_nulls("line_id").select("line_id")
    is_announced = pl.col("entry_id").str.starts_with("J/R")
    ours = told.origins.filter(is_announced | pl.col("line_id").is_in(decided["line_id"].implode()))
    origins = ours.join(matched, on="line_id", how="anti").join(lines.select("line_id"), on="line_id", how="semi")
    lacking = told.entries.join(origins.select("entry_id"), on="entry_id", how="semi")
    entries = pl.concat([book, lacking])
    units = stored.members.join(stored.matches, on="match_id").select(
        pl.format("M{}", "match_id").alias("unit"), pl.format("M{}", "match_id").alias("match_id"), "kind", "status", "confidence", "reason", "confirmed_by", "line_id", "book_account", "entry_id")
    return entries, pl.concat([units, _from_origins(origins, lines, lacking)])


def _from_origins(origins: pl.DataFrame, lines: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """Units of lines whose entries in the journal are known: posted from them, or the receipts of a deposit."""
    both = origins.join(lines.select("line_id", pl.col("amount_minor").alias("bank_minor")), on="line_id").join(entries.select("entry_id", "book_account", "amount_minor"), on="entry_id")
    counted = both.with_columns(pl.len().over("line_id").alias("n"), pl.col("amount_minor").sum().over("line_id").alias("told"), pl.col("line_id").n_unique().over("entry_id").alias("k"))
    kind = pl.when(pl.col("told") != pl.col("bank_minor")).then(pl.lit("difference")).when(pl.col("n") > 1).then(pl.lit("one_to_many")).otherwise(pl.lit("one_to_one"))
    reason = pl.when(pl.col("n") > 1).then(pl.format("the deposit of {} receipts", "n")).when(pl.col("entry_id").str.starts_with("J/")).then(
        pl.lit("the deposit of a receipt told before")).otherwise(pl.lit("the entry was posted from this bank line"))
    told = counted.filter(pl.col("k") == 1).with_columns(kind.alias("kind"), reason.alias("reason"), pl.format("L{}", "line_id").alias("unit"))
    shape = [pl.col("unit"), pl.col("unit").alias("match_id"), pl.col("kind"), pl.lit("matched").alias("status"), pl.lit(1000, pl.Int64).alias("confidence"), pl.col("reason"),
             pl.lit(None, pl.String).alias("confirmed_by")]
    of_lines = told.unique("line_id", keep="first", maintain_order=True).select(*shape, "line_id", pl.lit(None, pl.String).alias("book_account"), pl.lit(None, pl.String).alias("entry_id"))
    return pl.concat([of_lines, told.select(*shape, pl.lit(None, pl.Int64).alias("line_id"), "book_account", "entry_id")])


def _rows(lines: pl.DataFrame, entries: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """ROWS: every line and every entry with its unit, or as a unit of its own."""
    said = pl.col("remittance_text").str.contains(pl.col("name"), literal=True)
    text = pl.when(said).then("remittance_text").otherwise(pl.concat_str("name", "remittance_text", separator=" ")).str.strip_chars()
    bank = lines.select("line_id", "currency", "bank_reference", pl.col("date").alias("bank_date"), pl.col("amount_minor").alias("bank_minor"), pl.col("kind").alias("bank_kind"),
                        text.alias("bank_text"), "customer_reference", "check_number")
    book = entries.select("book_account", "entry_id", "currency", pl.col("date").alias("entry_date"), pl.col("amount_minor").alias("entry_minor"), pl.col("kind").alias("entry_kind"),
                          pl.col("description").alias("entry_text"), "reference", "source")
    of_bank = bank.join(units.drop_nulls("line_id").drop("book_account", "entry_id"), on="line_id", how="left", maintain_order="left")
    of_book = book.join(units.drop_nulls("entry_id").drop("line_id"), on=["book_account", "entry_id"], how="left", maintain_order="left")
    both = pl.concat([of_bank, of_book], how="diagonal")
    alone = pl.coalesce("unit", pl.format("B{}", "line_id"), pl.format("E{}|{}", "book_account", "entry_id"))
    single = pl.col("kind").is_null()
    kind = pl.when(~single).then("kind").when(pl.col("line_id").is_not_null()).then(pl.lit("unmatched_bank")).otherwise(pl.lit("unmatched_book"))
    waiting = pl.when(pl.col("line_id").is_not_null()).then(pl.lit("the books have nothing for it yet")).otherwise(pl.lit("the bank has not shown it yet"))
    told = both.with_columns(
        alone.alias("unit"), kind.alias("kind"), pl.col("status").fill_null("unmatched"), pl.col("confidence").fill_null(0), pl.coalesce("reason", waiting).alias("reason"),
    ).select(list(ROWS))
    del bank, book, of_bank, of_book, both
    return _sorted(told, "unit", "line_id", "entry_id")


def _sorted(rows: pl.DataFrame, *names: str) -> pl.DataFrame:
    """The rows in order of these columns, taken over column by column: the whole of them is never held twice."""
    order = rows.select(pl.arg_sort_by(names, nulls_last=True)).to_series()
    return pl.DataFrame([rows.drop_in_place(name).gather(order) for name in rows.columns])


def _grouped(rows: pl.DataFrame, month: Month) -> pl.DataFrame:
    """The rows with the `group` that their unit belongs to as long as one side waits."""
    facts = rows.group_by("unit").agg(
        pl.col("entry_id").is_not_null().any().alias("has_book"),
        ((pl.col("bank_date") <= month.last).any() & (pl.col("entry_date") <= month.last).any()).fill_null(value=False).alias("is_whole"), pl.col("kind").first().alias("k"),
        pl.sum("bank_minor").alias("b"), pl.sum("entry_minor").alias("e"), pl.col("bank_kind").drop_nulls().first().alias("bk"),
        (pl.col("entry_date").min() <= pl.col("bank_date").min()).alias("books_first"))
    from_books = pl.col("has_book") & pl.col("books_first").fill_null(value=True)
    net = pl.when(pl.col("has_book")).then("e").otherwise("b")
    waiting_at_bank = pl.when(net > 0).then(pl.lit(TRANSIT)).otherwise(pl.lit(OUTSTANDING))
    waiting_in_books = (
        pl.when(pl.col("bk") == "fee").then(pl.lit(CHARGES)).when(pl.col("bk") == "interest").then(pl.lit(INTEREST))
        .when(pl.col("bk").is_in(["return", "reversal"])).then(pl.lit(RETURNED)).when(net > 0).then(pl.lit(BANK_IN)).otherwise(pl.lit(BANK_OUT))
    )
    group = pl.when(pl.col("k") == "offset").then(pl.lit(VOIDS)).when((pl.col("k") == "difference") & pl.col("is_whole")).then(pl.lit(DIFFERENCES)).when(from_books).then(waiting_at_bank).otherwise(waiting_in_books)
    return rows.hstack(rows.select("unit").join(facts.select("unit", group.alias("group")), on="unit", how="left", maintain_order="left").select("group"))


def _flows(rows: pl.DataFrame, charges: pl.DataFrame, month: Month) -> pl.DataFrame:
    """For each unit the four COLUMNS, book less bank, where any is not zero; `since` is its first date."""
    moves = pl.concat([
        rows.filter(pl.col("line_id").is_not_null()).select("unit", "currency", "group", pl.col("bank_date").alias("date"), -pl.col("bank_minor").alias("minor"), pl.col("bank_minor").alias("sign")),
        rows.filter(pl.col("entry_id").is_not_null()).select("unit", "currency", "group", pl.col("entry_date").alias("date"), pl.col("entry_minor").alias("minor"), pl.col("entry_minor").alias("sign")),
        charges.with_row_index("n").select(pl.format("C{}", "n").alias("unit"), "currency", pl.lit(CHARGES).alias("group"), "date", -pl.col("amount_minor").alias("minor"), pl.col("amount_minor").alias("sign")),
    ])
    inside = pl.col("date").is_between(month.first, month.last)
    told = moves.filter(pl.col("date") <= month.last).group_by("unit", "currency", "group").agg(
        pl.col("date").min().alias("since"),
        pl.col("minor").filter(pl.col("date") < month.first).sum().alias("opening"),
        pl.col("minor").filter(inside & (pl.col("sign") > 0)).sum().alias("receipts"),
        -pl.col("minor").filter(inside & (pl.col("sign") < 0)).sum().alias("disbursements"),
        pl.col("minor").sum().alias("closing"),
    )
    return told.filter(pl.any_horizontal(pl.col(*COLUMNS) != 0)).sort("group", "since", "unit")


def _columns(rows: pl.DataFrame, charges: pl.DataFrame, currency: str, base: int, month: Month) -> dict[str, int]:
    """Opening, receipts, disbursements and closing of one side."""
    moves = pl.concat([rows.select(_MOVES), charges.select(_MOVES)]).filter((pl.col("currency") == currency) & (pl.col("date") <= month.last))
    inside = moves.filter(pl.col("date") >= month.first)["amount_minor"]
    opening = base + int(moves.filter(pl.col("date") < month.first)["amount_minor"].sum())
    receipts, disbursements = int(inside.filter(inside > 0).sum()), -int(inside.filter(inside < 0).sum())
    return {"opening": opening, "receipts": receipts, "disbursements": disbursements, "closing": opening + receipts - disbursements}


def _stated(connection: Connection, account: Account, lines: pl.DataFrame, month: Month, known_at: dt.datetime | None) -> dict[str, int]:
    """The closing balance that the last statement of the month (or before it) states, where no line comes after that statement."""
    found: dict[str, int] = {}
    for currency, date, minor in sides.stated_balances(connection, account, known_at):
        if str(date) <= month.last.isoformat():
            found[currency] = minor
            after = lines.filter((pl.col("currency") == currency) & (pl.col("date") > pl.lit(str(date)).str.to_date("%Y-%m-%d")) & (pl.col("date") <= month.last))
            if after.height:
                del found[currency]
    return found
