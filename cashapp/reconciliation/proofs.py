"""What must hold of reconciliations at any time: standing matches tie and share no row, and reviewed months read as they were signed."""

from __future__ import annotations

from sqlalchemy import Connection, case, func, select

from cashapp import periods, schema
from cashapp.money import shown
from cashapp.reconciliation import lines, picture, signing


def untied_matches(connection: Connection) -> list[str]:
    """Matches whose bank and book sides differ though they are no `difference`, and rows that stand in two."""
    match, member, event = schema.bank_match, schema.bank_match_member, schema.bank_match_event
    broken = select(event.c.match_id).where(event.c.action == "broken")
    bank = func.sum(case((member.c.line_id.is_not(None), member.c.amount_minor), else_=0))
    book = func.sum(case((member.c.line_id.is_(None), member.c.amount_minor), else_=0))
    off = (
        select(match.c.match_id, match.c.currency, bank, book).join(member, member.c.match_id == match.c.match_id)
        .where(match.c.match_id.not_in(broken), match.c.kind != "difference").group_by(match.c.match_id, match.c.currency).having(bank != book).order_by(match.c.match_id)
    )
    found = [f"match M{match_id}: bank {shown(int(at_bank), currency)}, books {shown(int(in_books), currency)}" for match_id, currency, at_bank, in_books in connection.execute(off)]
    for column, what in ((member.c.line_id, "bank line L"), (member.c.book_account + "/" + member.c.entry_id, "entry ")):
        twice = select(column).where(member.c.match_id.not_in(broken), column.is_not(None)).group_by(column).having(func.count() > 1).order_by(column)
        found += [f"{what}{name} stands in two matches" for name in connection.execute(twice).scalars()]
    return found


def changed_after_review(connection: Connection) -> list[str]:
    """Reviewed months whose figures are not those that were signed."""
    event = schema.reconciliation_event
    months = connection.execute(select(event.c.account, event.c.period).distinct().where(event.c.action == signing.REVIEWED).order_by(event.c.account, event.c.period)).all()
    found: list[str] = []
    for name, period in months:
        account = lines.find(connection, name)
        reviewed = signing.signed(connection, account, period).reviewed
        if reviewed is not None and signing.digest(connection, picture.draw(connection, account, periods.month(period))) != reviewed.digest:
            found.append(f"account {name}, {period}: changed after {reviewed.actor} reviewed it – `cashapp report bank-reconciliation` shows what is open; reopen and sign it again")
    return found


def written_into_locked(connection: Connection) -> list[str]:
    """Journal entries dated into a locked period after it was locked."""
    entry = schema.journal_entry
    events = periods.events(connection)
    found: list[str] = []
    for period in sorted(name for name, state in periods.states(connection).items() if state == periods.LOCKED):
        locked_at = max(event.at for event in events if event.period == period)
        month = periods.month(period)
        late = select(entry.c.entry_id).where(entry.c.entry_date.between(month.first, month.last), entry.c.posted_at > locked_at).order_by(entry.c.entry_id)
        found += [f"entry {number} was dated into {period} after it was locked" for number in connection.execute(late).scalars()]
    return found
