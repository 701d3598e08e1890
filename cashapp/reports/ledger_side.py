"""The ledger's own figures, asked of the postings alone: what a report must tie to."""

from __future__ import annotations

from sqlalchemy import BigInteger, Cast, ColumnElement, Connection, Select, cast, func, select

from cashapp import accounts, periods, schema
from cashapp.reports.model import When


def minor_sum(column: ColumnElement[int]) -> Cast[int]:
    """The sum of an amount as a 64-bit integer (PostgreSQL would make it a decimal)."""
    return cast(func.sum(column), BigInteger)


def within(when: When, column: ColumnElement[object]) -> list[ColumnElement[bool]]:
    """Conditions that keep a date inside the days of a report."""
    upto = [column <= when.until]
    return [column >= when.since, *upto] if when.since else upto


def on_account(name: str) -> ColumnElement[bool]:
    """The postings of one account."""
    return schema.posting.c.account == name


def on_cash() -> ColumnElement[bool]:
    """The postings of the bank accounts and of cash in transit."""
    account = schema.posting.c.account
    return account.startswith(accounts.bank(""), autoescape=True) | (account == accounts.TRANSIT)


def moved(connection: Connection, when: When, *conditions: ColumnElement[bool], sign: int = 1) -> dict[str, int]:
    """What the postings dated within the days and fulfilling the conditions add up to, by currency; debits positive times `sign`."""
    entry, leg = schema.journal_entry, schema.posting
    query = (
        select(leg.c.currency, minor_sum(leg.c.amount_minor)).join(entry, entry.c.entry_id == leg.c.entry_id)
        .where(*within(when, entry.c.entry_date), *conditions).group_by(leg.c.currency)
    )
    return {currency: sign * minor for currency, minor in connection.execute(query)}


def moved_at_bank(connection: Connection, when: When, *conditions: ColumnElement[bool], sign: int = 1) -> dict[str, int]:
    """The same by the days on which the bank booked it: what came late for a closed month counts in the month it belongs to."""
    entry, leg = schema.journal_entry, schema.posting
    date = periods.bank_date()
    inside = [date <= when.until.isoformat(), *([date >= when.since.isoformat()] if when.since else [])]
    query = select(leg.c.currency, minor_sum(leg.c.amount_minor)).join(entry, entry.c.entry_id == leg.c.entry_id).where(*inside, *conditions).group_by(leg.c.currency)
    return {currency: sign * minor for currency, minor in connection.execute(query)}


def by_currency(connection: Connection, query: Select[str, int]) -> dict[str, int]:
    """A query of currencies and amounts as what it is."""
    return dict(connection.execute(query).all())


def balance(connection: Connection, account: str, when: When, sign: int = 1) -> dict[str, int]:
    """The account's balance at the end of the days, by currency; debits positive times `sign`."""
    return moved(connection, When(None, when.until), on_account(account), sign=sign)


def state_of_journal(connection: Connection) -> str:
    """The last seal, which fixes every entry before it; a later `cashapp check` shows whether it still holds."""
    seal = schema.seal
    last = connection.execute(select(seal.c.last_entry, seal.c.digest).order_by(seal.c.seal_id.desc()).limit(1)).first()
    return f"journal to entry {last.last_entry}, seal {last.digest[:16]}" if last else "journal without entries"
