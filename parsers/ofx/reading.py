"""The frame of an OFX file: statements with their account, period and balance, and what a file says about itself.

`Reading` takes the elements and entries of `parsers.ofx.elements` one by one and tells the records; what the elements mean stands in
`parsers.formats.ofx_statement`. Entries that need no look may be taken in bulk (`takes_plain_entries`, `entered`): the columnar reader
does so, and counts them into the same statements.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field

from parsers import issues
from parsers.amounts import AmountError, is_currency
from parsers.dates import yyyymmdd
from parsers.ofx.elements import Element, Entry, clean
from parsers.ofx.entries import EntryReader
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Record, Span, StatementClosed, StatementOpened

_STRUCTURE = re.compile(r"OFX|[A-Z]+MSGSRSV[0-9]|[A-Z]*TRNRS|[A-Z]*STMTRS|[A-Z]*TRANLISTP?|INVBANKTRAN")
_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS", "INVSTMTRS"})
_ACCOUNTS = frozenset({"BANKACCTFROM", "CCACCTFROM", "INVACCTFROM"})
_CONTEXTS = _ACCOUNTS | {"LEDGERBAL", "AVAILBAL", "STATUS", "BANKACCTTO"}
_START = Span(1, 0, 0)
_ONCE = frozenset({"TRNAMT", "FITID", "DTPOSTED", "TRNTYPE"})
_ENTITY = b"<!ENTITY"
_UNREAD = {
    "INVTRAN": "security trade", "XFERINFO": "transfer confirmation", "PMTINFO": "payment order", "LOANSTMTTRN": "loan entry",
}


@dataclass(slots=True)
class _Statement:
    """What has been read of one statement."""

    name: str
    transaction_id: str
    account: str = ""
    currency: str = ""
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    is_opened: bool = False
    ledger_text: str | None = None
    ledger_span: Span = _START
    ledger_minor: int | None = None
    ledger_date: dt.date | None = None
    net_minor: int = 0
    earliest: dt.date | None = None
    is_foreign: bool = False


@dataclass(slots=True)
class Reading:
    """Where the reader stands in the frame of a file. `gap` is the stretch that no record covers yet; `told` is to be yielded."""

    profile: Profile
    entries: EntryReader
    told: list[Record]
    open_tags: list[tuple[str, Span]] = field(default_factory=list)
    open_counts: Counter[str] = field(default_factory=Counter)
    context: str = ""
    transaction_id: str = ""
    status: dict[str, str] = field(default_factory=dict)
    statement: _Statement | None = None
    previous: dict[str, _Statement] = field(default_factory=dict)
    statements: int = 0
    lines: int = 0
    gap: Span | None = None
    last: Span = _START
    unread: dict[str, tuple[Span, int]] = field(default_factory=dict)
    has_root: bool = False
    is_refused: bool = False

    def element(self, element: Element) -> None:
        """A tag outside an entry: the frame of statements, their account, period and balance; never a bank line."""
        span = self.last = Span(element.line, element.start, element.end)
        name = element.name
        if name in _STATEMENTS:
            self._cover("OFX")
        self.gap = span if self.gap is None else self.gap._replace(end=element.end)
        if name.startswith("/"):
            self._ends(name[1:], span)
        elif name:
            self._begins(name, clean(element.text, self.entries.page), span)

    def entry(self, entry: Entry) -> BankLine | None:
        """An entry as a bank line of the open statement; None where it cannot be read, which is told."""
        span = self.last = Span(entry.line, entry.start, entry.end)
        statement = self.statement
        if statement is None or entry.end_tag != "present" or entry.repeated:
            statement = self._damaged_entry(entry, span)
        if self.gap is not None or not statement.is_opened:
            self._reaches_entries(statement, (entry.others or {}).get("CURSYM", "").strip().upper())
        is_unreadable = entry.end_tag == "cut off" or "TRNAMT" in entry.repeated
        line = None if is_unreadable else self.entries.line(entry, span)
        if line is None:
            self.told.append(Envelope(span, "STMTTRN"))
            return None
        self.lines += 1
        if line.status == "booked":
            statement.net_minor += line.amount_minor
            statement.is_foreign |= line.currency != statement.currency
            if line.booking_date and (statement.earliest is None or line.booking_date < statement.earliest):
                statement.earliest = line.booking_date
        return line

    def takes_plain_entries(self, first: Span) -> _Statement | None:
        """The statement that plain entries from this one on belong to; None where an entry must be looked at."""
        if self.statement is not None and (self.gap is not None or not self.statement.is_opened):
            self.last = first
            self._reaches_entries(self.statement, "")
        return self.statement

    def entered(self, count: int, net_minor: int, earliest: dt.date, last: Span) -> None:
        """Plain entries, counted into the open statement; `last` is the last one's place."""
        statement = self.statement
        assert statement is not None, "entries are counted into a statement"
        self.last = last
        self.lines += count
        statement.net_minor += net_minor
        statement.earliest = earliest if statement.earliest is None else min(statement.earliest, earliest)

    def finish(self, tagged: int) -> None:
        """What is left at the end of the file, and whether it is the end. `tagged`: the number of entries by their tags."""
        if self.open_tags or not self.has_root:
            where = f"inside <{self.open_tags[-1][0]}> of line {self.open_tags[-1][1].line}" if self.open_tags else "without <OFX>"
            self.told.append(issues.error(self.last, "truncated", f"the file ends {where}"))
        self._close()
        self._cover("OFX")
        if _ENTITY in self.entries.source.head:
            self.told.append(issues.error(_START, "hostile", "the file declares entities: no bank needs any, an attacker does"))
        for name, (span, count) in self.unread.items():
            message = f"{count} × {_UNREAD[name]} ({name}) was read as an envelope: no bank line"
            self.told.append(issues.issue(span, "info" if name == "INVTRAN" else "warning", "unknown_record", message))
        if self.entries.without_fitid:
            message = f"{self.entries.without_fitid} × entry without FITID: only its content tells whether it was reported before"
            self.told.append(issues.issue(self.last, "info", "missing_record", message))
        if not self.statements and not self.is_refused and self.has_root:
            self.told.append(issues.warning(self.last, "empty", "the file holds no statement"))
        self.told.append(Control(_START, "number of entries", tagged, self.lines))

    # -- tags --------------------------------------------------------------------------------------------------------

    def _begins(self, name: str, value: str, span: Span) -> None:
        if _STRUCTURE.fullmatch(name):
            self.open_tags.append((name, span))
            self.open_counts[name] += 1
            self.has_root |= name == "OFX"
        if name in _STATEMENTS:
            self._close()
            self.statement = _Statement(name, self.transaction_id)
        elif name in _CONTEXTS:
            self.context, self.status = name, {}
        elif name in _UNREAD:
            first, count = self.unread.get(name, (span, 0))
            self.unread[name] = (first, count + 1)
        elif name == "TRNUID":
            self.transaction_id = value
        elif self.context == "STATUS":
            self.status[name] = value
        elif self.statement is not None and (value or name == "BALAMT"):
            self._statement_field(self.statement, name, value, span)

    def _ends(self, name: str, span: Span) -> None:
        if name == "STATUS":
            self._judge_status(span)
        if name in _CONTEXTS:
            self.context = ""
        if name in {"STMTTRN", "STMTTRNP"}:
            self.told.append(issues.error(span, "misplaced_record", "an entry ends here that did not begin: its start is damaged"))
        if not self.open_counts[name]:
            return
        while self.open_tags[-1][0] != name:
            inner, where = self.open_tags.pop()
            self.open_counts[inner] -= 1
            self.told.append(issues.error(where, "truncated", f"<{inner}> of line {where.line} does not end before </{name}>"))
        self.open_tags.pop()
        self.open_counts[name] -= 1
        if name in _STATEMENTS:
            self._close()

    def _statement_field(self, statement: _Statement, name: str, value: str, span: Span) -> None:
        if name == "CURDEF":
            self._currency(statement, value.upper(), span)
        elif name == "ACCTID" and self.context in _ACCOUNTS:
            statement.account = value
        elif name == "DTSTART":
            statement.from_date = statement.from_date or yyyymmdd(value[:8])
        elif name == "DTEND":
            statement.to_date = yyyymmdd(value[:8]) or statement.to_date
        elif name == "DTASOF" and self.context == "LEDGERBAL":
            statement.ledger_date = yyyymmdd(value[:8])
        elif name == "BALAMT" and self.context == "LEDGERBAL":
            statement.ledger_text, statement.ledger_span = value, span

    def _currency(self, statement: _Statement, code: str, span: Span) -> None:
        if not is_currency(code):
            self.told.append(issues.error(span, "unknown_currency", f"CURDEF {code!r} is no currency of ISO 4217", code))
        elif statement.is_opened and code != statement.currency:
            message = f"CURDEF {code} comes after amounts that were read as {statement.currency}"
            self.told.append(issues.error(span, "misplaced_record", message, code))
        else:
            statement.currency = code

    def _judge_status(self, span: Span) -> None:
        """Section 3.1.4: severity ERROR means that the request was not fulfilled."""
        answer = f"the bank answers {self.status.get('CODE', '')} {self.status.get('MESSAGE', '')}".rstrip()
        severity = self.status.get("SEVERITY", "").upper()
        if severity == "ERROR":
            self.is_refused = True
            self.told.append(issues.error(span, "bank_refused", f"{answer} instead of a statement"))
        elif severity == "WARN":
            self.told.append(issues.warning(span, "bank_refused", answer))

    # -- statements --------------------------------------------------------------------------------------------------

    def _reaches_entries(self, statement: _Statement, symbol: str) -> None:
        """What stood before an entry: the statement's head, or more than one list of entries."""
        self._open(statement, symbol)
        self._cover(statement.name)

    def _open(self, statement: _Statement, symbol: str) -> None:
        """Says once that the statement begins, as late as its head can still be completed. `symbol`: its first entry's currency."""
        if statement.is_opened:
            return
        statement.is_opened = True
        span = self.gap or self.last._replace(end=self.last.start)
        self.gap = None
        statement.account = statement.account or self.profile.account
        if not statement.currency:
            statement.currency = symbol if is_currency(symbol) else self.profile.currency
            if statement.currency != symbol:
                message = f"the statement names no currency and is read as {statement.currency}"
                self.told.append(issues.warning(span, "unknown_currency", message))
        if not statement.account:
            self.told.append(issues.warning(span, "missing_record", "the statement names no account: set it in the profile"))
        self.told.append(StatementOpened(
            span, statement.transaction_id, statement.account, statement.currency,
            from_date=statement.from_date, to_date=statement.to_date,
        ))
        self.statements += 1
        self.entries.begin_statement(
            statement.account, statement.currency,
            is_investment=statement.name == "INVSTMTRS", date=statement.to_date or statement.from_date,
        )

    def _close(self) -> None:
        """The statement's end: its balance, and whether it follows from the statement before."""
        statement, self.statement = self.statement, None
        if statement is None:
            return
        self._open(statement, "")
        closing = self._ledger_balance(statement)
        span = self.gap or self.last
        if closing is not None and (opening := _opening(self.previous.get(statement.account), statement)) is not None:
            self.told.append(Control(span, "ledger balance", closing, opening + statement.net_minor, statement.currency))
        statement.ledger_minor = closing
        self.previous[statement.account] = statement
        self.told.append(StatementClosed(span, closing, statement.ledger_date))
        self.gap = None

    def _ledger_balance(self, statement: _Statement) -> int | None:
        if statement.ledger_text is None:
            return None
        try:
            return self.entries.minor(statement.ledger_text, statement.currency)
        except AmountError as reason:
            message = f"the ledger balance: {reason}"
            self.told.append(issues.warning(statement.ledger_span, "bad_amount", message, statement.ledger_text))
            return None

    def _damaged_entry(self, entry: Entry, span: Span) -> _Statement:
        """An entry that stands outside a statement, does not end or says things twice; returns the statement it counts to."""
        if self.statement is None:
            self.statement = _Statement("STMTRS", self.transaction_id)
            self.told.append(issues.error(span, "misplaced_record", "entries stand outside a statement: its start is damaged"))
        if entry.end_tag == "missing":
            self.told.append(issues.warning(span, "bad_record", "the entry has no end tag and was read up to the next one"))
        twice = [name for name in entry.repeated if name in _ONCE]
        if twice:
            self.told.append(issues.error(span, "bad_record", f"{', '.join(twice)} stands twice: two entries run into each other"))
        return self.statement

    def _cover(self, name: str) -> None:
        """The stretch so far as an envelope."""
        if self.gap is not None:
            self.told.append(Envelope(self.gap, name))
            self.gap = None


def _opening(before: _Statement | None, statement: _Statement) -> int | None:
    """The balance that a statement starts from: that of the account's statement before, where both are as of their last day,
    nothing lies between them and no entry reaches back."""
    if before is None or before.ledger_minor is None or before.to_date is None or statement.from_date is None or statement.is_foreign:
        return None
    adjoins = statement.from_date in {before.to_date, before.to_date + dt.timedelta(days=1)}
    are_dated = before.ledger_date == before.to_date and statement.ledger_date == statement.to_date
    begins_after = statement.earliest is None or statement.earliest > before.to_date
    return before.ledger_minor if adjoins and are_dated and begins_after and before.currency == statement.currency else None
