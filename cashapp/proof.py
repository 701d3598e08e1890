"""`cashapp check`: what must hold in the books at any time, each with what breaks it."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, case, exists, func, select

from cashapp import accounts, ledger, linking, schema
from cashapp.money import shown
from cashapp.reconciliation import proofs as reconciled
from parsers.amounts import to_text

_SHOWN = 10


class Proof(NamedTuple):
    """One statement about the books and the sentences that contradict it (at most ten, then a count)."""

    what: str
    broken: list[str]

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {"what": self.what, "holds": not self.broken, "broken": self.broken}


def prove(connection: Connection) -> list[Proof]:
    """All proofs, in the order in which an auditor asks for them."""
    return [
        Proof("every journal entry balances in each currency", _limited(_unbalanced(connection))),
        Proof("the seals over the journal are unbroken", _limited(ledger.broken_seals(connection))),
        Proof("what postings, applications and receipts name is in the books", _limited(_missing(connection))),
        Proof("each receipt's unapplied cash is what its postings say", _limited(_receipts(connection))),
        Proof("each item's open amount is what its postings say", _limited(_items(connection))),
        Proof("each receipt is exactly unapplied, applied, on account, posted elsewhere or returned", _limited(_dispositions(connection))),
        Proof("the bank accounts in the ledger are the sum of their statement lines", _limited(_bank(connection))),
        Proof("the control accounts of the ledger are the sums of the items and the receipts", _limited(_controls(connection))),
        Proof("the exchange account holds what applications in two currencies put there", _limited(_exchanged(connection))),
        Proof("matches of bank lines with book entries tie, and none shares a row", _limited(reconciled.untied_matches(connection))),
        Proof("reviewed bank reconciliations read as they were signed", _limited(reconciled.changed_after_review(connection))),
        Proof("nothing was written into a locked period", _limited(reconciled.written_into_locked(connection))),
        Proof("statements chain: each opens with the balance at which the one before closed", _limited(_chains(connection))),
    ]


def _limited(found: list[str]) -> list[str]:
    return found if len(found) <= _SHOWN else [*found[:_SHOWN], f"and {len(found) - _SHOWN} more"]


def _unbalanced(connection: Connection) -> list[str]:
    leg = schema.posting
    total = func.sum(leg.c.amount_minor)
    query = select(leg.c.entry_id, leg.c.currency, total).group_by(leg.c.entry_id, leg.c.currency).having(total != 0).order_by(leg.c.entry_id)
    return [f"entry {entry} is out by {to_text(int(minor), currency)} {currency}" for entry, currency, minor in connection.execute(query)]


def _missing(connection: Connection) -> list[str]:
    """References that no foreign key holds, because looking each up costs more than adding its row: those that lead nowhere."""
    leg, application, receipt, item, line = schema.posting, schema.application, schema.receipt, schema.open_item, schema.bank_line
    named = (
        ("entry", leg.c.entry_id, "item", leg.c.item_id, item.c.item_id),
        ("entry", leg.c.entry_id, "receipt", leg.c.receipt_id, receipt.c.receipt_id),
        ("application", application.c.application_id, "item", application.c.item_id, item.c.item_id),
        ("receipt", receipt.c.receipt_key, "bank line", receipt.c.line_id, line.c.line_id),
        ("receipt", receipt.c.receipt_key, "customer", receipt.c.customer_id, schema.customer.c.customer_id),
    )
    return [
        f"{what} {name} names {named_as} {number}, which is not there"
        for what, key, named_as, column, there in named
        for name, number in connection.execute(select(key, column).where(column.is_not(None), ~exists().where(there == column)).order_by(column, key))
    ]


def _difference(connection: Connection, query: Select[str, str, int, int], what: str) -> list[str]:
    """Rows of (name, currency, kept, proven) where the two amounts differ, as sentences."""
    return [
        f"{what} {name}: kept as {shown(kept, currency)}, proven as {shown(int(proven or 0), currency)}"
        for name, currency, kept, proven in connection.execute(query)
    ]


def _sums(account: str, key: ColumnElement[int], sign: int) -> Select[*tuple[object, ...]]:
    leg = schema.posting
    return select(key.label("key"), (func.sum(leg.c.amount_minor) * sign).label("proven")).where(leg.c.account == account, key.is_not(None)).group_by(key)


def _receipts(connection: Connection) -> list[str]:
    receipt, leg = schema.receipt, schema.posting
    sums = _sums(accounts.UNAPPLIED, leg.c.receipt_id, -1).subquery()
    proven = func.coalesce(sums.c.proven, 0)
    query = (
        select(receipt.c.receipt_key, receipt.c.currency, receipt.c.unapplied_minor, proven)
        .outerjoin(sums, sums.c.key == receipt.c.receipt_id).where(receipt.c.unapplied_minor != proven).order_by(receipt.c.receipt_key)
    )
    return _difference(connection, query, "receipt")


def _items(connection: Connection) -> list[str]:
    item, leg = schema.open_item, schema.posting
    sums = _sums(accounts.RECEIVABLE, leg.c.item_id, 1).subquery()
    proven = func.coalesce(sums.c.proven, 0)
    query = (
        select(item.c.document_number, item.c.currency, item.c.open_minor, proven)
        .outerjoin(sums, sums.c.key == item.c.item_id).where(item.c.open_minor != proven).order_by(item.c.item_id)
    )
    return _difference(connection, query, "item")


def _controls(connection: Connection) -> list[str]:
    """Receivable against the open amounts, unapplied cash against the receipts, by currency."""
    leg, item, receipt = schema.posting, schema.open_item, schema.receipt
    found: list[str] = []
    for account, sign, kept in (
        (accounts.RECEIVABLE, 1, select(item.c.currency, func.sum(item.c.open_minor)).group_by(item.c.currency)),
        (accounts.UNAPPLIED, -1, select(receipt.c.currency, func.sum(receipt.c.unapplied_minor)).group_by(receipt.c.currency)),
    ):
        ledger_side = {currency: sign * int(minor) for currency, minor in connection.execute(
            select(leg.c.currency, func.sum(leg.c.amount_minor)).where(leg.c.account == account).group_by(leg.c.currency))}
        sub_ledger = {currency: int(minor) for currency, minor in connection.execute(kept)}
        found += [f"{account}: sub-ledger {shown(sub_ledger.get(currency, 0), currency)}, ledger {shown(ledger_side.get(currency, 0), currency)}"
                  for currency in sorted(ledger_side.keys() | sub_ledger.keys()) if ledger_side.get(currency, 0) != sub_ledger.get(currency, 0)]
    return found


def _exchanged(connection: Connection) -> list[str]:
    """The exchange account, by currency, against the applications that stand: the items' amounts less the receipts'."""
    application, item, receipt, reversal, leg = schema.application, schema.open_item, schema.receipt, schema.journal_entry.alias(), schema.posting
    standing = (
        select(application).outerjoin(reversal, reversal.c.reverses == application.c.entry_id)
        .where(application.c.item_minor.is_not(None), reversal.c.reverses.is_(None)).subquery()
    )
    applied = standing.c.applied_minor + standing.c.discount_minor + standing.c.deduction_minor + standing.c.write_off_minor
    told: dict[str, int] = {}
    for sign, query in (
        (1, select(item.c.currency, func.sum(standing.c.item_minor)).join(item, item.c.item_id == standing.c.item_id).group_by(item.c.currency)),
        (-1, select(receipt.c.currency, func.sum(applied)).join(receipt, receipt.c.receipt_id == standing.c.receipt_id).group_by(receipt.c.currency)),
    ):
        for currency, minor in connection.execute(query):
            told[currency] = told.get(currency, 0) + sign * int(minor)
    booked = select(leg.c.currency, func.sum(leg.c.amount_minor)).where(leg.c.account == accounts.EXCHANGE).group_by(leg.c.currency)
    kept = {currency: int(minor) for currency, minor in connection.execute(booked)}
    return [f"{accounts.EXCHANGE}: ledger {shown(kept.get(currency, 0), currency)}, applications {shown(told.get(currency, 0), currency)}"
            for currency in sorted(told.keys() | kept.keys()) if told.get(currency, 0) != kept.get(currency, 0)]


_MOVES_CASH = ("return", "non_ar", "details", "adjustment", "duplicate")
"""Kinds of entries that take money of a receipt elsewhere than to an open item."""


def _dispositions(connection: Connection) -> list[str]:
    """A receipt's money in, less what standing applications, returns and other entries took, is what is unapplied.

    Of a receipt whose file was taken back no money came in.
    """
    receipt, application, reversal, line = schema.receipt, schema.application, schema.journal_entry.alias(), schema.bank_line
    applied = (
        select(application.c.receipt_id, func.sum(application.c.applied_minor).label("applied"))
        .outerjoin(reversal, reversal.c.reverses == application.c.entry_id).where(reversal.c.reverses.is_(None))
        .group_by(application.c.receipt_id).subquery()
    )
    leg, entry = schema.posting, schema.journal_entry
    original = entry.alias()
    elsewhere = (
        select(leg.c.receipt_id, func.sum(leg.c.amount_minor).label("gone")).join(entry, entry.c.entry_id == leg.c.entry_id)
        .outerjoin(original, original.c.entry_id == entry.c.reverses)
        .where(leg.c.account == accounts.UNAPPLIED, func.coalesce(original.c.kind, entry.c.kind).in_(_MOVES_CASH)).group_by(leg.c.receipt_id).subquery()
    )
    undone = line.c.file_id.in_(select(schema.undone_file.c.file_id))
    zero = func.coalesce
    rest = case((undone, 0), else_=receipt.c.amount_minor) - zero(applied.c.applied, 0) - zero(elsewhere.c.gone, 0)
    query = (
        select(receipt.c.receipt_key, receipt.c.currency, receipt.c.unapplied_minor, rest).join(line, line.c.line_id == receipt.c.line_id)
        .outerjoin(applied, applied.c.receipt_id == receipt.c.receipt_id).outerjoin(elsewhere, elsewhere.c.receipt_id == receipt.c.receipt_id)
        .where(receipt.c.unapplied_minor != rest).order_by(receipt.c.receipt_key)
    )
    return _difference(connection, query, "receipt")


def _bank(connection: Connection) -> list[str]:
    """Booked statement lines that are no repeats, batches at their booked amount, against the ledger's cash accounts."""
    line, leg = schema.bank_line, schema.posting
    counted = [line.c.report == "statement", line.c.status == "booked", linking.told_first()]
    whole = case((line.c.batch_key.is_(None) | line.c.batch_amount_minor.is_(None), line.c.amount_minor), else_=0)
    shown: dict[tuple[str, str], int] = {}
    singles = select(line.c.account, line.c.currency, func.sum(whole)).where(*counted).group_by(line.c.account, line.c.currency)
    batches = (
        select(line.c.account, line.c.currency, line.c.batch_amount_minor).where(*counted, line.c.batch_key.is_not(None), line.c.batch_amount_minor.is_not(None))
        .group_by(line.c.statement_id, line.c.batch_key, line.c.batch_amount_minor, line.c.account, line.c.currency)
    )
    for query in (singles, batches):
        for account, currency, minor in connection.execute(query):
            shown[account, currency] = shown.get((account, currency), 0) + int(minor)
    booked = select(leg.c.account, leg.c.currency, func.sum(leg.c.amount_minor)).where(leg.c.account.like(accounts.bank("%"))).group_by(leg.c.account, leg.c.currency)
    kept = {(account.removeprefix(accounts.bank("")), currency): int(minor) for account, currency, minor in connection.execute(booked)}
    return [
        f"account {account or '(unnamed)'}: ledger {to_text(kept.get((account, currency), 0), currency)}, statements {to_text(shown.get((account, currency), 0), currency)} {currency}"
        for account, currency in sorted(shown.keys() | kept.keys()) if kept.get((account, currency), 0) != shown.get((account, currency), 0)
    ]


def _chains(connection: Connection) -> list[str]:
    """Statements of an account in order, those of one day as they chain; one that was told by two files counts once."""
    statement = schema.statement
    query = (
        select(statement.c.account, statement.c.currency, statement.c.reference, statement.c.to_date, statement.c.closing_date, statement.c.sequence,
               statement.c.opening_minor, statement.c.closing_minor, statement.c.statement_id)
        .where(statement.c.report == "statement", statement.c.opening_minor.is_not(None), statement.c.closing_minor.is_not(None), statement.c.account != "", statement.c.copy == "",
               statement.c.file_id.not_in(select(schema.undone_file.c.file_id)))
    )
    def day(row: Row[*tuple[object, ...]]) -> tuple[str, str, str]:
        return row.account, row.currency, str(row.closing_date or row.to_date or "")

    rows = sorted(connection.execute(query).all(), key=lambda row: (*day(row), row.statement_id))
    ordered: list[Row[*tuple[object, ...]]] = []
    for (account, currency, _), same_day in groupby(rows, day):
        before = ordered[-1] if ordered and day(ordered[-1])[:2] == (account, currency) else None
        ordered += _as_they_chain(list(same_day), before.closing_minor if before else None)
    found: list[str] = []
    for before, after in pairwise(ordered):
        if day(before)[:2] != day(after)[:2]:
            continue
        told_again = (after.opening_minor, after.closing_minor) == (before.opening_minor, before.closing_minor)
        if after.opening_minor != before.closing_minor and not told_again:
            found.append(f"account {after.account}: statement {after.reference or after.sequence} opens at "
                         f"{to_text(after.opening_minor, after.currency)}, the one before closed at {to_text(before.closing_minor, before.currency)} {after.currency}")
    return found


def _as_they_chain(left: list[Row[*tuple[object, ...]]], closing_minor: int | None) -> list[Row[*tuple[object, ...]]]:
    """A day's statements from `closing_minor` on, for their files come in any order; one told twice stands behind its like."""
    placed: list[Row[*tuple[object, ...]]] = []
    while left:
        following = next((row for row in left if row.opening_minor == closing_minor), None)
        again = next((row for row in left if _balances(row) in map(_balances, placed)), None)
        closings = {row.closing_minor for row in left if row.opening_minor != row.closing_minor}
        chosen = following or again or next((row for row in left if row.opening_minor not in closings), left[0])
        left.remove(chosen)
        if chosen is again and chosen is not following:
            placed.insert([_balances(row) for row in placed].index(_balances(chosen)) + 1, chosen)
        else:
            placed.append(chosen)
            closing_minor = chosen.closing_minor
    return placed


def _balances(row: Row[*tuple[object, ...]]) -> tuple[int, int]:
    return row.opening_minor, row.closing_minor
