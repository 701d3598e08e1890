"""The frame of a camt statement, report or notification: account, balances, what it says of its entries, and their proof.

Acct       Id/IBAN | Id/Othr/Id, Ccy, Ownr/Nm        version 1: Id/PrtryAcct/Id
Bal*       Tp/CdOrPrtry/Cd (OPBD, PRCD, CLBD, ITBD ...), Tp/SubTp/Cd INTM = of this page, Amt@Ccy, CdtDbtInd, Dt/Dt|DtTm
TxsSummry  TtlNtries, TtlCdtNtries, TtlDbtNtries: NbOfNtries, Sum; TtlNtries also the net amount
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers import dates, issues
from parsers.amounts import AmountError, to_minor
from parsers.iso.entry import Entry, Own
from parsers.iso.messages import amount_issue, line_of
from parsers.profile import Profile
from parsers.records import Control, Issue, Report, Span, StatementClosed, StatementOpened
from parsers.xml.elements import Element, Part

_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_INTERIM = "ITBD"
_TRUE = frozenset({"true", "1"})


NOBODY = Own("", "", "", None, is_statement=True)
"""The account before the head has been read."""


class Balance(NamedTuple):
    """A booked balance, signed."""

    span: Span
    code: str
    of_page: bool
    minor: int
    currency: str
    date: dt.date | None


@dataclass(slots=True)
class Statement:
    """A statement while it is read."""

    span: Span
    report: Report
    group: Element
    header_copy: str = ""
    head: Element = field(default_factory=lambda: Element("", {}, 0))
    spans: dict[int, Span] = field(default_factory=dict)
    balances: list[Balance] = field(default_factory=list)
    own: Own = NOBODY
    is_open: bool = False
    unreadable: int = 0
    counts: dict[tuple[str, bool, bool], int] = field(default_factory=dict)
    sums: dict[tuple[str, bool, bool], int] = field(default_factory=dict)
    """Entries by currency, whether booked, and whether a credit."""

    def take(self, part: Part) -> Iterator[Issue]:
        """One more element of the head."""
        self.head.children.append(part.element)
        self.spans[id(part.element)] = part.span
        if part.element.name == "Bal":
            found = _balance(part)
            if isinstance(found, Issue):
                yield found
            elif found:
                self.balances.append(found)

    def add(self, entry: Entry) -> None:
        """One more entry."""
        key = entry.currency, entry.status == "booked", entry.amount_minor >= 0
        self.counts[key] = self.counts.get(key, 0) + 1
        self.sums[key] = self.sums.get(key, 0) + entry.amount_minor


def _balance(part: Part) -> Balance | Issue | None:
    """A booked balance; None for available, forward and informative ones, which prove nothing."""
    element = part.element
    code = element.value("Tp/CdOrPrtry/Cd", "Tp/Cd")
    amount = element.first("Amt")
    if amount is None or code not in {*_OPENING, *_CLOSING, _INTERIM}:
        return None
    currency = amount.attributes.get("Ccy", "")
    try:
        minor = to_minor(amount.text, currency)
    except AmountError as error:
        return amount_issue(error, currency, amount.text, part.span)
    sign = -1 if element.value("CdtDbtInd") == "DBIT" else 1
    of_page = "INTM" in {element.value("Tp/SubTp/Cd"), element.value("Tp/SubTp/Prtry")}
    return Balance(part.span, code, of_page, sign * minor, currency, dates.iso(element.value("Dt/Dt", "Dt/DtTm")))


def opened(statement: Statement, profile: Profile, entry_currency: str) -> StatementOpened:
    """The statement's opening. The currency is the account's, else of its balances, else of its first entry, else the profile's."""
    head = statement.head
    account = head.value("Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN", "Acct/Id/UPIC").replace(" ", "")
    of_balances = next((balance.currency for balance in statement.balances), "")
    currency = head.value("Acct/Ccy") or of_balances or entry_currency or profile.currency
    opening, closing = opening_and_closing(statement.balances, currency)
    statement.own = Own(account, line_of(head.value("Acct/Ownr/Nm")), currency, closing.date if closing else None, statement.report == "statement")
    statement.is_open = True
    return StatementOpened(
        statement.span, head.value("Id"), account or profile.account, currency, statement.report,
        head.value("ElctrncSeqNb", "LglSeqNb"),
        dates.iso(head.value("FrToDt/FrDtTm", "FrToDt/FrDt")),
        dates.iso(head.value("FrToDt/ToDtTm", "FrToDt/ToDt")) or statement.own.closing_date,
        opening.minor if opening else None, copy=copy_of(statement),
    )


def announced(statement: Statement, profile: Profile, entry_currency: str) -> Iterator[StatementOpened | Issue]:
    """The statement's opening, once, before its first entry or its end; and what is odd about it."""
    if statement.is_open:
        return
    record = opened(statement, profile, entry_currency)
    yield record
    if record.copy:
        yield issues.warning(record.span, "duplicate", "the bank marks the statement as a copy: its entries may have been told before", record.copy)


def copy_of(statement: Statement) -> str:
    """The bank's mark on a statement that it told before: DUPL, CODU, COPY."""
    return statement.head.value("CpyDplctInd") or statement.header_copy


def opening_and_closing(balances: list[Balance], currency: str) -> tuple[Balance | None, Balance | None]:
    """The two balances that the entries in that currency stand between."""
    mine = [balance for balance in balances if balance.currency == currency]
    interim = [balance for balance in mine if balance.code == _INTERIM]
    opening = next((found[0] for code in _OPENING if (found := _of_code(mine, code))), interim[0] if len(interim) > 1 else None)
    closing = next((found[-1] for code in _CLOSING if (found := _of_code(mine, code))), interim[-1] if interim else None)
    return opening, closing


def _of_code(balances: list[Balance], code: str) -> list[Balance]:
    """The page's own balance, where a page also tells that of the whole statement; those of several days by day, where a
    statement tells them all; else the first."""
    found = [balance for balance in balances if balance.code == code]
    of_page = [balance for balance in found if balance.of_page]
    by_day = {balance.date: balance for balance in reversed(found) if balance.date}
    if not of_page and len(by_day) > 1:
        return [by_day[day] for day in sorted(by_day)]
    return (of_page or found)[:1]


def closed(statement: Statement, span: Span) -> Iterator[Control | Issue | StatementClosed]:
    """What the statement says of itself beside what was read, and its end."""
    yield from _balance_controls(statement)
    summary = statement.head.first("TxsSummry")
    if summary is not None:
        yield from _summary_controls(statement, summary, statement.spans[id(summary)])
    closing = opening_and_closing(statement.balances, statement.own.currency)[1]
    yield StatementClosed(span, closing.minor if closing else None, closing.date if closing else None)


def fingerprint(statement: Statement) -> tuple[object, ...]:
    """What two statements with entries cannot share without being one: identity, balances, numbers and sums."""
    head = statement.head
    identity = (statement.own.account, head.value("Id"), head.value("ElctrncSeqNb", "LglSeqNb"), page_of(statement))
    balances = tuple(balance[1:] for balance in statement.balances)
    return *identity, balances, *sorted(statement.counts.items()), *sorted(statement.sums.items())


def _balance_controls(statement: Statement) -> Iterator[Control | Issue]:
    page = page_of(statement)
    for currency in dict.fromkeys(balance.currency for balance in statement.balances):
        opening, closing = opening_and_closing(statement.balances, currency)
        if opening is None or closing is None or statement.unreadable or (closing.code == _INTERIM and not statement.own.is_statement):
            continue
        net = sum(statement.sums.get((currency, True, is_credit), 0) for is_credit in (True, False))
        control = Control(closing.span, "closing balance", closing.minor, opening.minor + net, currency)
        if control.ties or not page:
            yield control
        else:
            yield issues.warning(closing.span, "sequence", f"{page}: the balances stand for all pages and cannot be proven from one")


def page_of(statement: Statement) -> str:
    """Which page of several this is, in words; "" where it is the only one."""
    pagination = statement.head.first("StmtPgntn", "RptPgntn", "NtfctnPgntn") or statement.group.first("MsgPgntn")
    if pagination is None:
        return ""
    number, last = pagination.value("PgNb"), pagination.value("LastPgInd") in {*_TRUE, ""}
    return "" if number in {"", "1"} and last else f"page {number}{' is the last one' if last else ', more follow'}"


def _summary_controls(statement: Statement, summary: Element, span: Span) -> Iterator[Control | Issue]:
    """A bank sums all entries, or the booked ones only: it agrees with itself if either ties."""
    currency = statement.own.currency
    every, booked = _figures(statement, (True, False)), _figures(statement, (True,))
    every["TtlNtries/NbOfNtries"] += statement.unreadable
    is_summable = not statement.unreadable and all(entry_currency == currency for entry_currency, _, _ in statement.counts)
    for path, name in _SUMMARY.items():
        text = summary.value(path)
        is_count = path.endswith("NbOfNtries")
        if not text or not (is_count or is_summable):
            continue
        try:
            stated = int(text) if is_count else to_minor(text, currency)
        except ValueError as error:
            yield issues.warning(span, "bad_record", f"the {name} in the summary: {error}", text)
            continue
        if "Net" in path and summary.value("TtlNtries/TtlNetNtry/CdtDbtInd", "TtlNtries/CdtDbtInd") == "DBIT":
            stated = -stated
        yield Control(span, name, stated, stated if stated in {every[path], booked[path]} else every[path], "" if is_count else currency)


_SUMMARY = {
    "TtlNtries/NbOfNtries": "number of entries", "TtlNtries/Sum": "sum of entries",
    "TtlNtries/TtlNetNtry/Amt": "net of entries", "TtlNtries/TtlNetNtryAmt": "net of entries",
    "TtlCdtNtries/NbOfNtries": "number of credits", "TtlCdtNtries/Sum": "sum of credits",
    "TtlDbtNtries/NbOfNtries": "number of debits", "TtlDbtNtries/Sum": "sum of debits",
}


def _figures(statement: Statement, booked: tuple[bool, ...]) -> dict[str, int]:
    def total(figures: dict[tuple[str, bool, bool], int], *, is_credit: bool) -> int:
        return sum(figure for (_, is_booked, credit), figure in figures.items() if is_booked in booked and credit == is_credit)

    credit_count, debit_count = total(statement.counts, is_credit=True), total(statement.counts, is_credit=False)
    credit, debit = total(statement.sums, is_credit=True), total(statement.sums, is_credit=False)
    return {
        "TtlNtries/NbOfNtries": credit_count + debit_count, "TtlNtries/Sum": credit - debit,
        "TtlNtries/TtlNetNtry/Amt": credit + debit, "TtlNtries/TtlNetNtryAmt": credit + debit,
        "TtlCdtNtries/NbOfNtries": credit_count, "TtlCdtNtries/Sum": credit,
        "TtlDbtNtries/NbOfNtries": debit_count, "TtlDbtNtries/Sum": -debit,
    }
