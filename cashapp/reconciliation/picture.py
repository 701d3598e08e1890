"""An account's month as the reconciliation shows it: what has to be looked at row by row, what is settled, the balances, the proof of cash.

What a unit has in the books less what it has at the bank is its reconciling amount at a day: zero when both sides have it, the whole of it while one side
waits. So bank balance + reconciling amounts = book balance, column by column (opening, receipts, disbursements, closing), whatever the units are; what is left
over is unexplained. Balances are added up by the database; of rows those are drawn that may explain something. Nothing here is stored.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection

from cashapp.periods import Month
from cashapp.reconciliation import lines as sides
from cashapp.reconciliation import settled, store, units
from cashapp.reconciliation.lines import OPENING, Account

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
    rows: pl.DataFrame  # units.ROWS with `group`, in order of their units: all of any month but what is the same on both sides
    settled: pl.DataFrame  # store.HEADS of what is the same on both sides within the month; none where all is drawn
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
    drawn = (_with_cash_book if account.in_book else _of_journal)(connection, account, month, known_at)
    charges = sides.batch_charges(drawn.lines)
    base = sides.first_balance(connection, account, known_at)
    at_bank = sides.bank_moves(connection, account, known_at)
    rows = _grouped(units.rows(drawn.lines, drawn.entries, drawn.units), month)
    currencies = sorted({*at_bank["currency"].unique(), *drawn.in_books["currency"].unique(), *base})
    return Picture(
        account=account, month=month, rows=rows, settled=drawn.settled, units=_flows(rows, charges, month), has_cash_book=bool(account.in_book), is_matched=drawn.is_matched, known_at=known_at,
        bank={c: _columns(at_bank, charges, c, base.get(c, 0), month) for c in currencies},
        book={c: _columns(drawn.in_books, charges.clear(), c, (drawn.opening or base).get(c, 0), month) for c in currencies},
        stated=_stated(connection, account, at_bank, month, known_at),
    )


class _Drawn(NamedTuple):
    """What has to be drawn of an account: lines, entries and their units; what is settled in the month; what all entries come to (`sides.MOVES`), and the
    balance before the first of them by currency, where the cash book states one."""

    lines: pl.DataFrame
    entries: pl.DataFrame
    units: pl.DataFrame
    settled: pl.DataFrame
    in_books: pl.DataFrame
    opening: dict[str, int]
    is_matched: bool


def _of_journal(connection: Connection, account: Account, month: Month, known_at: dt.datetime | None) -> _Drawn:
    """An account without a cash book: of lines that the journal posted as they came, day for day, nothing is drawn."""
    plain = sides.plain(known_at)
    lines = sides.bank_lines(connection, account, known_at, which=~plain, names=sides.SHOWN)
    told = sides.journal(connection, account, lines, known_at)
    in_books = pl.concat([sides.bank_moves(connection, account, known_at, which=plain), told.entries.select(list(sides.MOVES))])
    return _Drawn(lines, told.entries, units.of_origins(told.origins, lines, told.entries), settled.of_journal(connection, account, month, known_at), in_books, {}, is_matched=False)


def _with_cash_book(connection: Connection, account: Account, month: Month, known_at: dt.datetime | None) -> _Drawn:
    """An account with a cash book: its entries and the journal's that it lacks, with the matches that stand, and deposits that the journal alone explains.
    Nothing is drawn of what is settled now; as it stood at an earlier moment all is drawn."""
    if known_at is None:
        weighed = store.weigh(connection, account, month)
        stored, settled_now = store.standing(connection, account, of=weighed.unsettled), weighed.settled
        parts = [store.left_over(connection, account, sides.SHOWN), store.of_matches(connection, account, stored.members, sides.SHOWN)]
        lines, entries = (pl.concat(part) for part in zip(*parts, strict=True))
        in_books = sides.book_moves(connection, account)
    else:
        stored, settled_now = store.standing(connection, account, known_at), pl.DataFrame(schema=store.HEADS)
        lines, entries = sides.bank_lines(connection, account, known_at, names=sides.SHOWN), sides.cash_book(connection, account, known_at)
        in_books = entries.filter(~_is_opening()).select(list(sides.MOVES))
    told = sides.journal(connection, account, lines, known_at)
    ours = told.origins.filter(pl.col("entry_id").str.starts_with("J/R") | pl.col("line_id").is_in(sides.decided(connection, known_at)["line_id"].implode()))
    origins = ours.join(stored.members.drop_nulls("line_id"), on="line_id", how="anti").join(lines, on="line_id", how="semi")
    lacking = told.entries.join(origins, on="entry_id", how="semi")
    opening = dict(entries.filter(_is_opening()).group_by("currency").agg(pl.col("amount_minor").sum()).iter_rows())
    return _Drawn(lines, pl.concat([entries.filter(~_is_opening()), lacking]), pl.concat([units.of_matches(stored), units.of_origins(origins, lines, lacking)]), settled_now,
                  pl.concat([in_books, lacking.select(list(sides.MOVES))]), opening, store.is_matched(connection, account) if known_at is None else not stored.matches.is_empty())


def _is_opening() -> pl.Expr:
    """The cash book's balance before its first entry, which is no movement."""
    return pl.col("kind").str.to_lowercase().is_in(OPENING)


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
    moves = pl.concat([rows.select(list(sides.MOVES)), charges.select(list(sides.MOVES))]).filter((pl.col("currency") == currency) & (pl.col("date") <= month.last))
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
