"""One run of the matching for an account: what stands is kept, suggestions nobody confirmed are made anew, the rest is matched."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection

from cashapp import periods
from cashapp.reconciliation import signing, store
from cashapp.reconciliation.lines import OPENING, Account
from matching import bank_book
from matching.bank_book.schema import BANK, BOOK

MARGIN = dt.timedelta(days=35)
"""So far beyond the period's end rows are looked at: what is late in the books, or at the bank."""


_SAID = ("bank_reference", "customer_reference", "structured_reference", "batch_reference", "remittance_text")
"""What a bank line says beside its name."""


class Ran(NamedTuple):
    """What a run did: new matches, and matches broken because an entry was changed or a suggestion is made otherwise now."""

    made: int
    broken: int


def run(connection: Connection, account: Account, until: dt.date, actor: str) -> Ran:
    """Match what is open up to `until`, and a little beyond."""
    if not account.in_book:
        return Ran(0, 0)  # the program's own journal knows from which line each of its entries came
    stands = store.standing(connection, account, of=store.weigh(connection, account).unsettled)
    lines, entries = _sides(connection, account, stands, until)
    stale = _stale(stands, entries, periods.states(connection))
    if stale:
        store.mark(connection, stale, "broken", actor, "an entry was changed after it was matched")
    kept = stands.matches.filter(~pl.col("match_id").is_in(stale) & ~_is_loose())
    loose = stands.matches.filter(~pl.col("match_id").is_in(stale) & _is_loose())
    members = stands.members.join(kept.select("match_id"), on="match_id", how="semi")
    open_lines = lines.join(members.drop_nulls("line_id").select("line_id"), on="line_id", how="anti", maintain_order="left")
    open_entries = entries.join(members.drop_nulls("entry_id").select("book_account", "entry_id"), on=["book_account", "entry_id"], how="anti", maintain_order="left")
    del lines, entries
    matches, found = _matched(open_lines, open_entries)
    matches, found = _in_open_months(connection, account, matches, found)
    matches, found, gone = _unless_known(matches, found, loose, stands.members)
    if gone:
        store.mark(connection, gone, "broken", actor, "the matching suggests otherwise now")
    return Ran(store.add(connection, account, matches, found, actor), len(stale) + len(gone))


def _sides(connection: Connection, account: Account, stands: store.Stored, until: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """BANK and ENTRIES up to a little beyond that day: what stands in no match, or in one of these."""
    parts = [store.left_over(connection, account, {*BANK, *_SAID}), store.of_matches(connection, account, stands.members, {*BANK, *_SAID})]
    lines, entries = (pl.concat(part).filter(pl.col("date") <= until + MARGIN) for part in zip(*parts, strict=True))
    return _as_told(lines).sort("line_id"), entries.filter(~pl.col("kind").str.to_lowercase().is_in(OPENING)).sort("book_account", "entry_id")


def _is_loose() -> pl.Expr:
    """A suggestion of the program that nobody has confirmed."""
    return (pl.col("status") == "suggested") & pl.col("confirmed_by").is_null()


def _stale(stands: store.Stored, entries: pl.DataFrame, closed: dict[str, str]) -> list[int]:
    """Matches with an entry that reads otherwise now; what lies in a locked period stays as it was signed."""
    key = ["book_account", "entry_id"]
    told = stands.members.drop_nulls("entry_id").join(entries.select(*key, pl.col("amount_minor").alias("now_minor"), pl.col("date").alias("now")), on=key, how="left")
    changed = told.filter(pl.col("now_minor").is_not_null() & ((pl.col("amount_minor") != pl.col("now_minor")) | (pl.col("date") != pl.col("now"))))
    return sorted({match_id for match_id, date in changed.select("match_id", "date").iter_rows() if closed.get(periods.of(date)) != periods.LOCKED})


def _as_told(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines as BANK, with all that they say beside a name as one text."""
    return lines.with_columns(pl.concat_str(_SAID, separator=" ").str.strip_chars().alias("text")).select(list(BANK))


def _matched(lines: pl.DataFrame, entries: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """New matches (m, currency, kind …) and their members, of more than one row."""
    ordered = entries.with_columns(pl.concat_str("entry_id", pl.lit("\x1f"), "book_account").alias("key"))  # an id may stand in two spellings of one account
    book = ordered.select(pl.col("key").alias("entry_id"), *[name for name in BOOK if name != "entry_id"])
    matches, members = bank_book.reconcile(lines, book)
    real = matches.filter(pl.col("status") != bank_book.UNMATCHED)
    of_lines = members.join(real.select("m"), on="m", how="semi").drop_nulls("line_id").join(lines.select("line_id", "currency", "amount_minor", "date"), on="line_id")
    of_entries = members.join(real.select("m"), on="m", how="semi").drop_nulls("entry_id").rename({"entry_id": "key"}).join(
        ordered.select("key", "book_account", "entry_id", "currency", "amount_minor", "date"), on="key")
    columns = ["m", "line_id", "book_account", "entry_id", "amount_minor", "date", "currency"]
    both = pl.concat([of_lines.with_columns(pl.lit(None, pl.String).alias("book_account")).select(columns), of_entries.select(columns)])
    currency = both.group_by("m").agg(pl.col("currency").first())
    return real.join(currency, on="m"), both.drop("currency")


def _in_open_months(connection: Connection, account: Account, matches: pl.DataFrame, members: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Without matches that would change a month that was reviewed or is locked."""
    frozen = signing.frozen_until(connection, account)
    locked = [name for name, state in periods.states(connection).items() if state == periods.LOCKED]
    newest = members.group_by("m").agg(pl.col("date").max())
    closed = pl.col("date").dt.strftime("%Y-%m").is_in(locked) | (pl.col("date") <= pl.lit(frozen) if frozen else pl.lit(value=False))
    kept = newest.filter(~closed).select("m")
    return matches.join(kept, on="m", how="semi"), members.join(kept, on="m", how="semi")


def _unless_known(matches: pl.DataFrame, members: pl.DataFrame, loose: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, list[int]]:
    """Leaves out what stands as a suggestion just so already; and tells which suggestions do not stand any more."""
    def content(frame: pl.DataFrame, number: str) -> dict[tuple[str, ...], int]:
        row = pl.concat_str(pl.col("line_id").cast(pl.String).fill_null(""), pl.lit("\x1f"), pl.col("entry_id").fill_null(""))
        grouped = frame.with_columns(row.alias("row")).group_by(number).agg(pl.col("row").sort())
        return {tuple(rows): one for one, rows in grouped.iter_rows()}

    suggested = matches.filter(pl.col("status") == "suggested")
    old = content(known.join(loose.select("match_id"), on="match_id", how="semi"), "match_id")
    new = content(members.join(suggested.select("m"), on="m", how="semi"), "m")
    same = {new[rows] for rows in new.keys() & old.keys()}
    gone = sorted(match_id for rows, match_id in old.items() if rows not in new)
    left = matches.filter(~pl.col("m").is_in(sorted(same)))
    return left, members.join(left.select("m"), on="m", how="semi"), gone
