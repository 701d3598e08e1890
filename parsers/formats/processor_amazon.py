"""Amazon: the settlement report of a seller, and the order history of a buyer.

Issuer: Amazon. The settlement report (flat file V2, tab delimited) is what a seller is paid every fortnight:

    settlement-id, settlement-start-date, settlement-end-date, deposit-date, total-amount, currency, transaction-type, order-id,
    amount-type, amount-description, amount, posted-date, …

    summary   the first row of a settlement: the period, the deposit date and the total; no order
    part      one part of an order: principal, tax, commission, …; several rows make an order

The summary is the payout to our bank (kind `payout`, money leaves the Amazon account); each part carries the settlement as its
batch. The order history (CSV of a browser extension: order id, items, total, refund, payments) lists what we bought: money out
that the card statement will show, so it only announces cash. Orders without a total (pending, cancelled) are no lines.

Controls: the total of each settlement against its parts. An order history states no total.

Quirks tolerated: dates with a point or a slash, decimal commas of European accounts, headers repeated inside.

    settlement-id	deposit-date	total-amount	currency	transaction-type	order-id	amount-type	amount-description	amount	posted-date
    1001	2026-01-30 10:00:00 UTC	85.00	USD
    1001				Order	111-1	ItemPrice	Principal	100.00	2026-01-20
    1001				Order	111-1	ItemFees	Commission	-15.00	2026-01-20
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers import issues
from parsers.amounts import AmountError
from parsers.delimited.rows import Row, rows
from parsers.processors.headers import AMAZON, delimiter_of, fits
from parsers.processors.rows import Table, currency_of, decimal_mark, table, unreadable
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Kind, Record, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.written_dates import written_date

NAME = "amazon"
TITLE = "Amazon seller settlement report and order history"
IDENTIFIED_BY = "a header with settlement id, total amount and order id, or with order id, order url, items and payments"

_MONEY = ("total amount", "amount", "total", "refund")
_FEES = frozenset({"itemfees", "shipmentfees", "orderfees", "cost of advertising", "fba inventory fee"})


def sniff(head: bytes) -> bool:
    """Whether one of the first rows is a header of these files."""
    return delimiter_of(head, AMAZON) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records in order."""
    delimiter = delimiter_of(source.head, AMAZON, profile.encoding)
    if delimiter is None:
        span = Span(1, 0, len(source.read()))
        yield issues.error(span, "bad_record", "no row is the header of an Amazon report")
        yield Envelope(span, "unread")
        return
    reading = _Reading(source, delimiter, profile)
    for row in rows(source, delimiter, profile.encoding):
        yield from reading.row(row)
    yield from reading.finish()


@dataclass(slots=True)
class _Settlement:
    """A payout: its summary row, and the sum of its parts as they are read."""

    span: Span
    currency: str
    total_minor: int
    parts_minor: int = 0


@dataclass(slots=True)
class _Reading:
    """Where the reader stands."""

    source: Source
    delimiter: str
    profile: Profile
    columns: Table | None = None
    settlements: dict[str, _Settlement] = field(default_factory=dict)
    open: tuple[str, str] | None = None
    last: Span = field(default_factory=lambda: Span(1, 0, 0))

    def row(self, row: Row) -> Iterator[Record]:
        """A header, an order or a part of a settlement."""
        self.last = row.span
        if fits(row.cells, AMAZON) or self.columns is None:
            self._begin(row)
            yield Envelope(row.span, "header")
            return
        if row.is_open:
            yield issues.error(row.span, "bad_record", "a quote is opened here and never closed")
            yield Envelope(row.span, "unread")
            return
        try:
            yield from self._part(row, self.columns) if self.columns.has("settlement id") else self._order(row, self.columns)
        except AmountError as reason:
            yield unreadable(row, reason)
            yield Envelope(row.span, "unread")

    def _begin(self, row: Row) -> None:
        if self.columns is None and fits(row.cells, AMAZON):
            self.columns = table(row.cells)
            places = (place for name, place in self.columns.places.items() if name in _MONEY)
            self.columns.mark = decimal_mark(self.source, self.delimiter, self.profile.encoding, places)

    def _opened(self, statement_id: str, currency: str, span: Span) -> Iterator[Record]:
        """A new statement for each settlement; an order history is one."""
        if self.open == (statement_id, currency):
            return
        start = span._replace(end=span.start)
        if self.open is not None:
            yield StatementClosed(start)
        self.open = (statement_id, currency)
        yield StatementOpened(start, statement_id, "amazon", currency, "cash_report" if statement_id else "announcement")

    def _part(self, row: Row, columns: Table) -> Iterator[Record]:
        """A settlement's summary or one of its parts."""
        told: list[Record] = []
        number = columns.cell(row, "settlement id")
        known = self.settlements.get(number)
        currency = known.currency if known else currency_of(columns.cell(row, "currency"), row.span, told, self.profile.currency)
        yield from told
        if columns.cell(row, "total amount"):
            total = columns.minor(row, currency, "total amount")
            self.settlements[number] = _Settlement(row.span, currency, total)
            yield from self._opened(number, currency, row.span)
            deposited = written_date(columns.cell(row, "deposit date"), "DMY")
            yield BankLine(row.span, -total, currency, "payout", deposited, deposited, "settlement", number, number)
            return
        amount = columns.minor(row, currency, "amount")
        yield from self._opened(number, currency, row.span)
        if known is not None:
            known.parts_minor += amount
        kind = columns.cell(row, "transaction type")
        posted = written_date(columns.cell(row, "posted date time") or columns.cell(row, "posted date"), "DMY")
        yield BankLine(
            row.span, amount, currency, _kind(kind, columns.cell(row, "amount type"), amount), posted, None, kind,
            "", columns.cell(row, "order id"),
            remittance_text=" ".join(text for name in ("amount type", "amount description", "sku") if (text := columns.cell(row, name))),
            original_reference=columns.cell(row, "order id") if kind == "Refund" else "",
            batch_reference=number if known else "", batch_amount_minor=known.total_minor if known else None,
            batch_key=known.span.line if known else None,
        )

    def _order(self, row: Row, columns: Table) -> Iterator[Record]:
        """What we bought, and what came back of it."""
        currency = self.profile.currency
        date = written_date(columns.cell(row, "date"), "MDY")
        if date is None or not columns.cell(row, "total"):
            message = f"order {columns.cell(row, 'order id')} has no total (pending or cancelled) and is no line"
            yield issues.issue(row.span, "info", "unknown_record", message)
            yield Envelope(row.span, "order without a total")
            return
        total, refund = columns.minor(row, currency, "total"), columns.minor(row, currency, "refund")
        yield from self._opened("", currency, row.span)
        line = BankLine(
            row.span, -total, currency, "disbursement", date, None, "order", columns.cell(row, "order id"), columns.cell(row, "order id"),
            payer_name="Amazon", remittance_text=columns.cell(row, "items"),
        )
        yield line
        if refund:
            yield line._replace(amount_minor=refund, kind="return", original_reference=line.bank_reference)

    def finish(self) -> Iterator[Record]:
        """Each settlement's total against its parts, and the end of the last statement."""
        end = self.last._replace(start=self.last.end)
        if self.open is None:
            yield issues.warning(self.last, "empty", "the file has no orders and no settlement")
            yield StatementOpened(end, "", "amazon", self.profile.currency, "announcement")
        for number, settlement in self.settlements.items():
            yield Control(settlement.span, f"settlement {number}", settlement.total_minor, settlement.parts_minor, settlement.currency)
        yield StatementClosed(end)


def _kind(transaction: str, part: str, amount_minor: int) -> Kind:
    """Refunds and chargebacks come back; fees are Amazon's; the rest of an order is the buyer's payment."""
    lowered = transaction.lower()
    if part.lower() in _FEES or "fee" in lowered:
        return "fee"
    if "refund" in lowered:
        return "return"
    if "chargeback" in lowered or "a-to-z" in lowered:
        return "reversal"
    if lowered == "order":
        return "receipt" if amount_minor >= 0 else "disbursement"
    return "other"
