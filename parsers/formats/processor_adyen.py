"""Adyen: the settlement detail report, one file for each settlement batch or a range of them.

Issuer: Adyen, https://docs.adyen.com/reporting/settlement-reconciliation. CSV, UTF-8, amounts in major units with a point; the
order of the columns changes between versions, so they are read by name (GC: currency of the payment, NC: of the settlement).

    Merchant Account, Psp Reference, Merchant Reference, Creation Date, Type, Modification Reference, Gross Currency,
    Gross Debit (GC), Gross Credit (GC), Net Currency, Net Debit (NC), Net Credit (NC), Commission (NC), Markup (NC),
    Scheme Fees (NC), Interchange (NC), Batch Number, …

    Type   Settled · Refunded · Chargeback, ChargebackReversed, SecondChargeback · Fee, InvoiceDeduction, MiscCosts ·
           Balancetransfer, DepositCorrection (money kept back or given free) · MerchantPayout

A payment is what is settled (net) with what Adyen kept beside it. The payout of a batch is its MerchantPayout row (kind `payout`);
every other row carries the batch and its payout.

Controls: the payout of each batch against its other rows. A file without a MerchantPayout row proves nothing.

Tolerated: rows before the header, columns in any order, several merchant accounts, currencies and batches in one file.

    Psp Reference,Merchant Reference,Creation Date,Type,Net Currency,Net Debit (NC),Net Credit (NC),Batch Number
    8815000000000001,INV-1,2026-01-30 10:00:00,Settled,EUR,,98.50,7
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers import issues
from parsers.amounts import AmountError
from parsers.delimited.rows import Row, rows
from parsers.processors.headers import ADYEN, delimiter_of, fits
from parsers.processors.rows import Table, currency_of, table, unreadable
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Kind, Record, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.written_dates import written_date

NAME = "adyen"
TITLE = "Adyen settlement detail report"
IDENTIFIED_BY = "a header with Psp Reference, Type, Net Debit (NC) and Net Credit (NC)"

_FEES = ("commission nc", "markup nc", "scheme fees nc", "interchange nc", "payment fees nc")
_KINDS: dict[str, Kind] = {
    "settled": "receipt", "settledbulk": "receipt", "settledinstallment": "receipt", "refunded": "return", "refundedbulk": "return",
    "refundedreversed": "return", "chargeback": "reversal", "chargebackreversed": "reversal", "secondchargeback": "reversal",
    "chargebackexternallywithinfo": "reversal", "fee": "fee", "invoicededuction": "fee", "misccosts": "fee", "bankinstructionreturned": "transfer",
    "balancetransfer": "transfer", "depositcorrection": "transfer", "internalcompanypayout": "transfer", "reserveadjustment": "transfer",
    "merchantpayout": "payout", "paidout": "disbursement",
}


def sniff(head: bytes) -> bool:
    """Whether one of the first rows is the report's header."""
    return delimiter_of(head, ADYEN) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records in order."""
    delimiter = delimiter_of(source.head, ADYEN, profile.encoding)
    if delimiter is None:
        span = Span(1, 0, len(source.read()))
        yield issues.error(span, "bad_record", "no row is the header of an Adyen settlement report")
        yield Envelope(span, "unread")
        return
    reading = _Reading(profile, _batches(source, delimiter, profile))
    for row in rows(source, delimiter, profile.encoding):
        yield from reading.row(row)
    last = reading.last
    end = last._replace(start=last.end)
    if reading.open is None:
        yield issues.warning(last, "empty", "the report has no rows")
        yield StatementOpened(end, "", "adyen", profile.currency, "cash_report")
    yield StatementClosed(end)


class _Movement(NamedTuple):
    """A row's money in the currency of the settlement."""

    currency: str
    net_minor: int
    fee_minor: int
    type: str
    batch: str


@dataclass(slots=True)
class _Batch:
    """A settlement batch: its payout where the file has it, and the sum of its other rows."""

    payout_line: int | None = None
    payout_minor: int | None = None
    settled_minor: int = 0


def _batches(source: Source, delimiter: str, profile: Profile) -> dict[tuple[str, str], _Batch]:
    """Every batch of the file by number and currency, looked up before its rows are read."""
    found: dict[tuple[str, str], _Batch] = {}
    reading = _Reading(profile, {})
    for row in rows(source, delimiter, profile.encoding):
        moved = reading.movement(row)
        if moved is None or not moved.batch:
            continue
        batch = found.setdefault((moved.batch, moved.currency), _Batch())
        if moved.type == "merchantpayout":
            batch.payout_line, batch.payout_minor = row.span.line, (batch.payout_minor or 0) - moved.net_minor
        else:
            batch.settled_minor += moved.net_minor
    return found


@dataclass(slots=True)
class _Reading:
    """Where the reader stands; `told` are issues of the row at hand."""

    profile: Profile
    batches: dict[tuple[str, str], _Batch]
    columns: Table | None = None
    open: tuple[str, str, str] | None = None
    told: list[Record] = field(default_factory=list)
    last: Span = field(default_factory=lambda: Span(1, 0, 0))

    def row(self, row: Row) -> Iterator[Record]:
        """A row as a line, or as an envelope."""
        self.last = row.span
        is_header = self.columns is None and fits(row.cells, ADYEN)
        moved = self.movement(row)
        yield from self.told
        self.told = []
        if moved is None or self.columns is None:
            yield Envelope(row.span, "header" if is_header else "unread")
            return
        batch = self.batches.get((moved.batch, moved.currency))
        account = self.columns.cell(row, "merchant account")
        if (account, moved.currency, moved.batch) != self.open:
            start = row.span._replace(end=row.span.start)
            if self.open is not None:
                yield StatementClosed(start)
            self.open = (account, moved.currency, moved.batch)
            yield StatementOpened(start, moved.batch, account, moved.currency, "cash_report")
        line = _line(row, self.columns, moved)
        if line.kind == "payout":
            yield line
            if batch is not None and batch.payout_minor is not None and batch.payout_line == row.span.line:
                yield Control(row.span, f"payout of batch {moved.batch}", batch.payout_minor, batch.settled_minor, moved.currency)
        elif batch is not None:
            paid = batch.payout_minor if batch.payout_minor is not None else batch.settled_minor
            yield line._replace(batch_reference=moved.batch, batch_amount_minor=paid, batch_key=batch.payout_line)
        else:
            yield line

    def movement(self, row: Row) -> _Movement | None:
        """The money of a row; None for the header, rows before it and what cannot be read (told)."""
        if self.columns is None:
            if fits(row.cells, ADYEN):
                self.columns = table(row.cells)
                self.columns.mark = "."
            return None
        columns = self.columns
        if row.is_open or len(row.cells) < 2:
            self.told.append(issues.error(row.span, "bad_record", "the row is cut off or a quote is never closed", ",".join(row.cells)))
            return None
        code = columns.cell(row, "net currency", "currency")
        currency = currency_of(code, row.span, self.told, self.profile.currency)
        try:
            net = columns.minor(row, currency, "net credit nc") - columns.minor(row, currency, "net debit nc")
            fee = sum(columns.minor(row, currency, name) for name in _FEES)
            if columns.cell(row, "gross currency", "gross").upper() == currency and columns.has("gross credit gc", "gross debit gc"):
                gross = columns.minor(row, currency, "gross credit gc") - columns.minor(row, currency, "gross debit gc")
                fee = gross - net if gross else 0
        except AmountError as reason:
            self.told.append(unreadable(row, reason))
            return None
        return _Movement(currency, net, fee, columns.cell(row, "type").lower(), columns.cell(row, "batch number"))


def _line(row: Row, columns: Table, moved: _Movement) -> BankLine:
    kind = _KINDS.get(moved.type, "receipt" if moved.net_minor > 0 else "disbursement")
    payment, change = columns.cell(row, "psp reference"), columns.cell(row, "modification reference")
    is_taken_back = kind in {"return", "reversal"}
    booked = columns.cell(row, "booking date") or columns.cell(row, "creation date")
    return BankLine(
        row.span, moved.net_minor, moved.currency, kind, written_date(booked, "DMY"), None, columns.cell(row, "type"),
        (change or payment) if is_taken_back else (payment or change), columns.cell(row, "merchant reference"),
        remittance_text=change if kind == "payout" else columns.cell(row, "payment method"),
        original_reference=payment if is_taken_back else "", fee_minor=moved.fee_minor if kind in {"receipt", "return", "reversal"} else 0,
    )
