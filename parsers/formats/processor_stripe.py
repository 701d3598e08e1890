"""Stripe: exports of balance, payouts and payments, as the dashboard and the reporting API give them.

Issuer: Stripe, https://docs.stripe.com/reports. Amounts are in major units with the decimal mark of the user's settings,
currencies in small letters; users choose and reorder columns, so all is read by column name. Four exports are known:

    payout reconciliation   automatic_payout_id, balance_transaction_id, created_utc, currency, gross, fee, net, reporting_category, …
    balance history         id, Type, Source, Amount, Fee, Net, Currency, Created (UTC), Available On (UTC), Transfer, …
    payments                id, Created, Amount, Amount Refunded, Currency, Converted Amount, Fee, Converted Currency, Status, …
    payouts                 id, Amount, Created, Currency, Arrival Date, Method, Status, …

A payment is what reaches our Stripe balance (net), with the fee that Stripe took beside it: the payer paid both together. A
payout takes the balance to our bank account (kind `payout`); payments that name their payout carry it as their batch, whose
amount the bank shows as one deposit. Refunds are returns, disputes are reversals, both negative. In the payments export, which
has neither payouts nor net amounts, the net is the converted amount less the fee, and a refund is a line of its own.

Controls: gross less fee against net over all rows, and each payout against the rows that name it. A payments or payouts export
states neither and proves nothing.

Quirks tolerated: rows in test mode and payments that failed or are not captured (information only); a decimal comma.

    balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,automatic_payout_id
    txn_1,2026-01-30 10:00:00,usd,100.00,3.20,96.80,charge,po_1
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers import issues
from parsers.amounts import AmountError
from parsers.delimited.rows import Row, rows
from parsers.processors.headers import STRIPE, delimiter_of, fits
from parsers.processors.rows import Sums, Table, currency_of, decimal_mark, table, unreadable
from parsers.profile import Profile
from parsers.records import (
    BankLine,
    Control,
    Envelope,
    Kind,
    Record,
    RemittanceLine,
    Span,
    StatementClosed,
    StatementOpened,
    Status,
)
from parsers.sources import Source
from parsers.written_dates import written_date

NAME = "stripe"
TITLE = "Stripe balance, payout reconciliation, payments and payouts exports"
IDENTIFIED_BY = "a header with the column names of one of these exports"

_MONEY = ("gross", "net", "amount", "converted amount", "fee")
_KINDS: dict[str, Kind] = {
    "charge": "receipt", "payment": "receipt", "refund": "return", "payment refund": "return", "refund failure": "return", "charge failure": "return",
    "payment failure refund": "return", "payment reversal": "return", "dispute": "reversal", "dispute reversal": "reversal",
    "payout": "payout", "payout reversal": "payout", "payout cancel": "payout", "payout failure": "payout", "payout minimum balance hold": "transfer",
    "payout minimum balance release": "transfer", "fee": "fee", "stripe fee": "fee", "network cost": "fee", "application fee": "fee", "tax": "fee",
    "tax fee": "fee", "application fee refund": "fee", "transfer": "transfer", "transfer reversal": "transfer", "topup": "transfer",
    "topup reversal": "transfer", "risk reserved funds": "transfer", "reserve transaction": "transfer", "connect reserved funds": "transfer",
    "other adjustment": "other", "adjustment": "other",
}
_NAMES = ("customer name", "card name", "billing name", "customer description", "customer email")
_CHARGE = re.compile(r"\b(?:ch|py)_[A-Za-z0-9]+")
_PAID = frozenset({"", "paid", "succeeded", "refunded", "partially refunded", "partial refund", "disputed", "available", "in transit"})


def sniff(head: bytes) -> bool:
    """Whether one of the first rows is a header of these exports."""
    return delimiter_of(head, STRIPE) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records in order."""
    delimiter = delimiter_of(source.head, STRIPE, profile.encoding)
    if delimiter is None:
        span = Span(1, 0, len(source.read()))
        yield issues.error(span, "bad_record", "no row is the header of a Stripe export")
        yield Envelope(span, "unread")
        return
    reading = _Reading(profile, _payouts(source, delimiter, profile))
    for row in rows(source, delimiter, profile.encoding):
        yield from reading.row(row, source, delimiter)
    yield from reading.finish()


class _Movement(NamedTuple):
    """What a row says, whichever export it is from."""

    currency: str
    gross_minor: int
    fee_minor: int
    net_minor: int
    refunded_minor: int
    category: str
    source_id: str
    payout_id: str


@dataclass(slots=True)
class _Payout:
    """A payout as its own row states it (line and amount, where it has one), and the sum of the rows that name it."""

    line: int | None = None
    stated_minor: int | None = None
    paid_minor: int = 0
    currency: str = ""


def _payouts(source: Source, delimiter: str, profile: Profile) -> dict[str, _Payout]:
    """Every payout of the file, looked up before the rows that name it are read."""
    found: dict[str, _Payout] = {}
    reading = _Reading(profile, {})
    for row in rows(source, delimiter, profile.encoding):
        moved = reading.movement(row, source, delimiter)
        if moved is None or not moved.payout_id:
            continue
        payout = found.setdefault(moved.payout_id, _Payout(currency=moved.currency))
        if moved.category == "payout":
            payout.line, payout.stated_minor = row.span.line, -moved.net_minor
        else:
            payout.paid_minor += moved.net_minor
    return found


@dataclass(slots=True)
class _Reading:
    """Where the reader stands; `told` are issues of the row at hand."""

    profile: Profile
    payouts: dict[str, _Payout]
    columns: Table | None = None
    sums: Sums = field(default_factory=Sums)
    told: list[Record] = field(default_factory=list)
    open_currency: str = ""
    last: Span | None = None
    proven: set[str] = field(default_factory=set)
    has_test_rows: bool = False

    def row(self, row: Row, source: Source, delimiter: str) -> Iterator[Record]:
        """A row as lines, or as an envelope."""
        self.last = row.span
        is_header = self.columns is None and fits(row.cells, STRIPE)
        moved = self.movement(row, source, delimiter)
        yield from self.told
        self.told = []
        if moved is None or self.columns is None:
            yield Envelope(row.span, "header" if is_header else "unread")
            return
        if moved.currency != self.open_currency:
            if self.open_currency:
                yield StatementClosed(row.span._replace(end=row.span.start))
            self.open_currency = moved.currency
            yield StatementOpened(row.span._replace(end=row.span.start), "", "stripe", moved.currency, "cash_report")
        self.sums.add(moved.currency, moved.gross_minor - moved.fee_minor, moved.net_minor)
        yield from self._lines(row, moved, self.columns)

    def movement(self, row: Row, source: Source, delimiter: str) -> _Movement | None:
        """The amounts of a row; None for the header, for rows before it and for what cannot be read (told)."""
        if self.columns is None:
            if fits(row.cells, STRIPE):
                self.columns = table(row.cells)
                places = (place for name, place in self.columns.places.items() if name in _MONEY)
                self.columns.mark = decimal_mark(source, delimiter, self.profile.encoding, places)
            return None
        columns = self.columns
        code = columns.cell(row, "converted currency") or columns.cell(row, "currency")
        if row.is_open or len(row.cells) < 2:
            self.told.append(issues.error(row.span, "bad_record", "the row is cut off or a quote is never closed", ",".join(row.cells)))
            return None
        currency = currency_of(code, row.span, self.told, self.profile.currency)
        try:
            return _movement(row, columns, currency)
        except AmountError as reason:
            self.told.append(unreadable(row, reason))
            return None

    def _lines(self, row: Row, moved: _Movement, columns: Table) -> Iterator[Record]:
        line = _line(row, moved, columns, self._status(row, moved, columns))
        payout = self.payouts.get(moved.payout_id)
        if moved.category == "payout":
            yield from self.told
            self.told = []
            yield line._replace(kind="payout")
            if payout is not None and payout.stated_minor is not None and payout.paid_minor:
                yield Control(row.span, f"payout {moved.payout_id}", payout.stated_minor, payout.paid_minor, moved.currency)
            return
        if payout is not None:
            paid = payout.stated_minor if payout.stated_minor is not None else payout.paid_minor
            line = line._replace(batch_reference=moved.payout_id, batch_amount_minor=paid, batch_key=payout.line)
        yield from self.told
        self.told = []
        yield line
        if moved.refunded_minor:
            yield line._replace(
                amount_minor=-moved.refunded_minor, fee_minor=0, kind="return", bank_reference="", original_reference=moved.source_id, remittance=(),
            )

    def _status(self, row: Row, moved: _Movement, columns: Table) -> Status:
        """Test rows, failed and uncaptured payments are no money."""
        is_test = columns.cell(row, "mode").lower() == "test" or columns.cell(row, "livemode").lower() == "false"
        if is_test and not self.has_test_rows:
            self.has_test_rows = True
            self.told.append(issues.warning(row.span, "test_file", "payments in test mode are shown for information; no money moved"))
        state = columns.cell(row, "status").lower().replace("_", " ")
        is_uncaptured = columns.cell(row, "captured").lower() == "false"
        return "info" if is_test or is_uncaptured or (moved.category in {"", "payout"} and state not in _PAID) else "booked"

    def finish(self) -> Iterator[Record]:
        """The proof of the sums and the end of the last statement."""
        last = self.last or Span(1, 0, 0)
        end = last._replace(start=last.end)
        if not self.open_currency:
            yield issues.warning(last, "empty", "the export has no rows")
            yield StatementOpened(end, "", "stripe", self.profile.currency, "cash_report")
        if self.columns is not None and self.columns.has("net"):
            yield from self.sums.controls(last)
        yield StatementClosed(end)


def _movement(row: Row, columns: Table, currency: str) -> _Movement:
    """The amounts of a row in the terms of its export."""
    category = columns.cell(row, "reporting category", "type").lower().replace("_", " ")
    payout_id = columns.cell(row, "automatic payout id", "payout id", "transfer")
    source_id = columns.cell(row, "source id", "source", "id") or columns.cell(row, "balance transaction id", "id")
    fee = columns.minor(row, currency, "fee")
    if columns.has("net"):
        gross, net = columns.minor(row, currency, "gross", "amount"), columns.minor(row, currency, "net")
        return _Movement(currency, gross, fee, net, 0, category, source_id, payout_id or (source_id if category == "payout" else ""))
    if columns.has("arrival date utc"):
        paid = columns.minor(row, currency, "amount")
        return _Movement(currency, -paid, 0, -paid, 0, "payout", source_id, source_id)
    is_converted = columns.cell(row, "converted amount") != ""
    gross = columns.minor(row, currency, "converted amount" if is_converted else "amount")
    refunded = columns.minor(row, currency, "converted amount refunded" if is_converted else "amount refunded")
    return _Movement(currency, gross, fee, gross - fee, refunded, category, source_id, payout_id)


def _line(row: Row, moved: _Movement, columns: Table, status: Status) -> BankLine:
    created = columns.cell(row, "created utc", "created", "created date utc", "created at")
    available = columns.cell(row, "available on utc", "available on", "arrival date utc", "automatic payout effective at utc")
    description, invoice = columns.cell(row, "description"), columns.cell(row, "invoice number")
    kind = _kind(moved, description)
    charge = columns.cell(row, "charge id") or (found[0] if (found := _CHARGE.search(description)) else "")
    return BankLine(
        row.span, moved.net_minor, moved.currency, kind, written_date(created, "MDY"), written_date(available, "MDY") if available else None,
        moved.category.replace(" ", "_"), moved.source_id,
        columns.cell(row, "payment intent id", "payment intent", "paymentintent id") or columns.cell(row, "invoice id"), "",
        next((name for key in _NAMES if (name := columns.cell(row, key))), ""),
        remittance_text=description, original_reference=charge if kind in {"return", "reversal"} else "",
        fee_minor=moved.fee_minor, status=status, remittance=(RemittanceLine(row.span, invoice),) if invoice else (),
    )


def _kind(moved: _Movement, description: str) -> Kind:
    """By category; the balance history books disputes as adjustments and says so in words; a payments export has payments only."""
    if moved.category == "adjustment" and any(word in description.lower() for word in ("chargeback", "dispute")):
        return "reversal"
    by_sign: Kind = "receipt" if moved.net_minor > 0 or not moved.category else "disbursement"
    return _KINDS.get(moved.category, by_sign)
