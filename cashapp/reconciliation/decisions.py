"""What a clerk decides about an account's open items: make a match, break one, confirm a suggestion, book the bank's charges.

Each decision is signed and kept; none touches a month that was reviewed or locked (ControlError, exit status 4).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

import polars as pl
from sqlalchemy import ColumnElement, Connection, or_

from cashapp import clock, periods, schema
from cashapp.errors import UsageError
from cashapp.money import shown
from cashapp.reconciliation import lines as sides
from cashapp.reconciliation import signing, store
from cashapp.reconciliation.lines import Account
from cashapp.reconciliation.picture import Picture

CHARGE_KINDS = {"fee": "bank charge", "interest": "interest"}


def match(connection: Connection, account: Account, line_references: Sequence[str], entry_ids: Sequence[str], *, reason: str, actor: str) -> int:
    """Make a match of bank lines (by bank reference, or `L` and the line's id) and entries; the amounts may differ only with a reason."""
    lines = sides.bank_lines(connection, account, which=_named(line_references))
    book = sides.cash_book(connection, account, entry_ids=entry_ids)
    mine = _chosen(lines.with_columns(pl.format("L{}", "line_id").alias("by_id")), ("bank_reference", "customer_reference", "by_id"), line_references, "bank line")
    theirs = _chosen(book, ("entry_id",), entry_ids, "cash book entry")
    if mine.is_empty() and theirs.height < 2:
        raise UsageError("a match needs a bank line and an entry, or two entries that cancel out – name them with --line and --entry")
    _refuse_taken(store.holding(connection, account, mine["line_id"].to_list(), theirs["entry_id"].to_list()), mine, theirs)
    _refuse_closed(connection, account, [*mine["date"], *theirs["date"]])
    gap = int(mine["amount_minor"].sum()) - int(theirs["amount_minor"].sum())
    currency = pl.concat([mine["currency"], theirs["currency"]]).unique()
    if len(currency) > 1:
        raise UsageError("bank lines and entries of different currencies are not the same money")
    if gap and (not reason or mine.is_empty()):
        raise UsageError(f"bank and books differ by {shown(gap, currency[0])} – say why with --reason, or choose other rows")
    kind = _kind(mine.height, theirs.height, gap)
    matches = pl.DataFrame({"m": [0], "currency": [currency[0]], "kind": [kind], "status": ["matched"], "confidence": [1000], "reason": [reason or f"matched by {actor}"]})
    columns = ["m", "line_id", "book_account", "entry_id", "amount_minor", "date"]
    members = pl.concat([
        mine.select(pl.lit(0, pl.Int64).alias("m"), "line_id", pl.lit(None, pl.String).alias("book_account"), pl.lit(None, pl.String).alias("entry_id"), "amount_minor", "date").select(columns),
        theirs.select(pl.lit(0, pl.Int64).alias("m"), pl.lit(None, pl.Int64).alias("line_id"), "book_account", "entry_id", "amount_minor", "date").select(columns),
    ])
    return store.add(connection, account, matches, members, actor)


def _named(references: Sequence[str]) -> ColumnElement[bool]:
    """The condition that a bank line may be meant by one of the references."""
    line, ids = schema.bank_line, [int(name[1:]) for name in references if re.fullmatch("L[0-9]{1,18}", name)]
    return or_(line.c.bank_reference.in_(references), line.c.customer_reference.in_(references), line.c.line_id.in_(ids))


def unmatch(connection: Connection, account: Account, match_ids: Sequence[str], *, reason: str, actor: str) -> int:
    """Break matches; the rows are open again. How many."""
    chosen = _matches(connection, account, match_ids)
    store.mark(connection, chosen, "broken", actor, reason)
    return len(chosen)


def confirm(connection: Connection, account: Account, match_ids: Sequence[str], *, actor: str) -> int:
    """A person vouches for suggestions. How many."""
    chosen = _matches(connection, account, match_ids)
    store.mark(connection, chosen, "confirmed", actor, "")
    return len(chosen)


def charges(drawn: Picture) -> pl.DataFrame:
    """The bank's charges and interest up to the month's end that the books lack, as entries ready to book: line_id, date, currency, amount_minor, kind, description."""
    return drawn.rows.filter(
        pl.col("bank_kind").is_in(list(CHARGE_KINDS)) & (pl.col("status") == "unmatched") & (pl.col("bank_date") <= drawn.month.last),
    ).select("line_id", pl.col("bank_date").alias("date"), "currency", pl.col("bank_minor").alias("amount_minor"),
             pl.col("bank_kind").replace_strict(CHARGE_KINDS, return_dtype=pl.String).alias("kind"), "bank_reference", pl.col("bank_text").alias("description")).sort("date", "line_id")


def book_charges(connection: Connection, account: Account, drawn: Picture, line_references: Sequence[str], *, actor: str) -> int:
    """Book the ready entries (all, or those of the named lines) into the cash book, each matched with its line. How many."""
    if not account.in_book:
        raise UsageError(f"{account.name} has no cash book: the journal booked its charges when the statement came")
    ready = charges(drawn).with_columns(pl.format("L{}", "line_id").alias("by_id"))
    wanted = _chosen(ready, ("bank_reference", "by_id"), line_references, "charge or interest that the books lack") if line_references else ready
    _refuse_closed(connection, account, wanted["date"].to_list())
    for row in wanted.iter_rows(named=True):
        entry_id = f"BANK-{row['line_id']}"
        connection.execute(schema.cashbook_entry.insert().values(
            account=account.in_book[0], entry_id=entry_id, entry_date=row["date"], amount_minor=row["amount_minor"], currency=row["currency"], reference=row["bank_reference"],
            description=f"{row['description']} (booked from the bank reconciliation)".strip(), kind=row["kind"],
            known_at=clock.now().replace(tzinfo=None)))
        match(connection, account, [row["by_id"]], [entry_id], reason=f"{row['kind']} booked by {actor}", actor=actor)
    return wanted.height


def _kind(lines: int, entries: int, gap: int) -> str:
    if not lines:
        return "offset"
    if gap:
        return "difference"
    return "one_to_one" if lines == entries == 1 else "one_to_many" if lines == 1 else "many_to_one"


def _chosen(frame: pl.DataFrame, names: tuple[str, ...], wanted: Sequence[str], what: str) -> pl.DataFrame:
    """The rows that are named, each exactly once."""
    found: list[pl.DataFrame] = [frame.clear()]
    for name in sorted(set(wanted)):
        rows = frame.filter(pl.any_horizontal(pl.col(column) == name for column in names))
        if rows.height != 1:
            raise UsageError(f"{name!r} names {rows.height} rows, not one {what}" + (": name it by its id, as the reconciliation shows it" if rows.height else ""))
        found.append(rows)
    return pl.concat(found)


def _refuse_taken(stands: store.Stored, lines: pl.DataFrame, entries: pl.DataFrame) -> None:
    taken = pl.concat([
        stands.members.join(lines.select("line_id"), on="line_id", how="semi"),
        stands.members.join(entries.select("book_account", "entry_id"), on=["book_account", "entry_id"], how="semi"),
    ])
    if taken.height:
        raise UsageError(f"already matched in M{taken['match_id'].sort()[0]} – `cashapp reconcile unmatch` it first")


def _matches(connection: Connection, account: Account, wanted: Sequence[str]) -> list[int]:
    """The ids of standing matches; nothing of a closed month among them."""
    chosen = [int(name[1:]) if re.fullmatch("[Mm][0-9]{1,18}", name) else -1 for name in wanted]
    stands = store.standing(connection, account, of=chosen)
    known = set(stands.matches["match_id"])
    unknown = [name for name, number in zip(wanted, chosen, strict=True) if number not in known]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no standing match of {account.name} – `cashapp reconcile` shows them as M1, M2 …")
    _refuse_closed(connection, account, stands.members["date"].to_list())
    return chosen


def _refuse_closed(connection: Connection, account: Account, dates: list[dt.date]) -> None:
    """Nothing whose newest part lies in a month that is locked or reviewed may change."""
    if dates:
        period = periods.of(max(dates))
        periods.refuse_locked(connection, period, f"the reconciliation of {account.name} cannot be changed")
        signing.refuse_reviewed(connection, account, period)

