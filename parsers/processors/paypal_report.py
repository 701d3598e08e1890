"""PayPal's settlement and transaction detail reports: records by their first cell, see `parsers.formats.processor_paypal`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers import issues
from parsers.amounts import AmountError, implied_minor
from parsers.delimited.rows import Row, rows
from parsers.processors.paypal_codes import kind_of_code
from parsers.processors.rows import Table, currency_of, table, unreadable
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Record, RemittanceLine, Span, StatementClosed, StatementOpened, Status
from parsers.sources import Source
from parsers.written_dates import written_date

RECORD_TYPES = frozenset({"RH", "FH", "SH", "CH", "SB", "SF", "SC", "RF", "RC", "FF"})
_UNCLEAR_DIGITS = frozenset({"JPY", "HUF", "TWD"})
_STATUSES: dict[str, Status] = {"P": "pending", "D": "info"}
_BALANCES_FROM = 6  # of SF: available balance before, then after, each as direction and amount


@dataclass(slots=True)
class _Totals:
    """What the SB rows of one section and currency add up to."""

    gross_credits: int = 0
    gross_debits: int = 0
    fee_credits: int = 0
    fee_debits: int = 0

    def net(self) -> int:
        """The change of the balance."""
        return self.gross_credits - self.gross_debits + self.fee_credits - self.fee_debits


@dataclass(slots=True)
class PaypalReport:
    """Reads a report row by row."""

    profile: Profile
    columns: Table = field(default_factory=lambda: Table({}))
    account: str = ""
    open: tuple[str, str] | None = None
    totals: dict[str, _Totals] = field(default_factory=dict)
    section_rows: int = 0
    report_rows: int = 0
    is_section_open: bool = False
    told_digits: set[str] = field(default_factory=set)
    last: Span = field(default_factory=lambda: Span(1, 0, 0))

    def records(self, source: Source, delimiter: str) -> Iterator[Record]:
        """The whole file."""
        for row in rows(source, delimiter, self.profile.encoding):
            self.last = row.span
            kind = row.cells[0].strip() if row.cells else ""
            if kind == "SB" and not row.is_open:
                yield from self._body(row)
            else:
                yield from self._frame(row, kind)
        if self.is_section_open:
            yield issues.error(self.last, "truncated", "the last section has no SC record: the report is cut off")
        end = self.last._replace(start=self.last.end)
        if self.open is None:
            yield issues.warning(self.last, "empty", "the report has no movements")
            yield StatementOpened(end, "", self.account or self.profile.account, self.profile.currency, "cash_report")
        yield StatementClosed(end)

    def _frame(self, row: Row, kind: str) -> Iterator[Record]:
        """Headers and footers, with what the footers prove."""
        cells = [*map(str.strip, row.cells), *[""] * 12]
        if kind == "SH":
            if self.is_section_open:
                yield issues.error(row.span, "missing_record", "a section begins before the one above has ended with SC")
            self.account, self.totals, self.section_rows, self.is_section_open = cells[3], {}, 0, True
        elif kind == "CH":
            self.columns = table(row.cells)
        elif kind == "SF" and not self.columns.has("transactional status"):
            yield from self._section_totals(row.span, cells)
        elif kind == "SC":
            self.is_section_open = False
            yield from _count(row.span, "rows of the section", cells[1], self.section_rows)
        elif kind == "RC":
            yield from _count(row.span, "rows of the report", cells[1], self.report_rows)
        elif kind not in RECORD_TYPES or row.is_open:
            yield issues.error(row.span, "unknown_record", f"{kind!r} is no record of a PayPal report", ",".join(row.cells))
        yield Envelope(row.span, kind or "unread")

    def _section_totals(self, span: Span, cells: list[str]) -> Iterator[Record]:
        currency = cells[1].upper()
        summed = self.totals.get(currency, _Totals())
        computed = (summed.gross_credits, summed.gross_debits, summed.fee_credits, summed.fee_debits)
        try:
            stated = [implied_minor(cell or "0", currency) for cell in cells[2:6]]
            balances = [_signed(cells[at], cells[at + 1] or "0", currency) for at in (_BALANCES_FROM, _BALANCES_FROM + 2)]
        except AmountError as reason:
            yield issues.warning(span, "bad_amount", f"section footer: {reason}", ",".join(cells).rstrip(","))
            return
        for name, one, other in zip(("gross credits", "gross debits", "fee credits", "fee debits"), stated, computed, strict=True):
            yield Control(span, f"{name} {currency}", one, other, currency)
        if cells[_BALANCES_FROM]:
            yield Control(span, f"closing balance {currency}", balances[1], balances[0] + summed.net(), currency)

    def _body(self, row: Row) -> Iterator[Record]:
        """A movement."""
        self.section_rows += 1
        self.report_rows += 1
        told: list[Record] = []
        columns = self.columns
        currency = currency_of(columns.cell(row, "gross transaction currency"), row.span, told, self.profile.currency)
        fee_currency = columns.cell(row, "fee currency").upper() or currency
        try:
            gross = _signed(columns.cell(row, "transaction debit or credit"), columns.cell(row, "gross transaction amount"), currency)
            fee = -_signed(columns.cell(row, "fee debit or credit"), columns.cell(row, "fee amount") or "0", fee_currency)
        except AmountError as reason:
            yield unreadable(row, reason)
            yield Envelope(row.span, "SB")
            return
        if fee and fee_currency != currency:
            told.append(issues.warning(row.span, "unknown_currency", f"the fee is in {fee_currency} and was left out of the {currency} amount"))
            fee = 0
        if currency in _UNCLEAR_DIGITS and currency not in self.told_digits:
            self.told_digits.add(currency)
            told.append(issues.warning(row.span, "bad_amount", f"read as minor units of {currency}; compare one amount with PayPal's own screen"))
        yield from told
        if self.open != (self.account, currency):
            start = row.span._replace(end=row.span.start)
            if self.open is not None:
                yield StatementClosed(start)
            self.open = (self.account, currency)
            yield StatementOpened(start, "", self.account, currency, "cash_report")
        line = _line(row, columns, currency, gross, fee)
        self._add(currency, gross, fee)
        yield line

    def _add(self, currency: str, gross: int, fee: int) -> None:
        summed = self.totals.setdefault(currency, _Totals())
        summed.gross_credits += max(gross, 0)
        summed.gross_debits += max(-gross, 0)
        summed.fee_credits += max(-fee, 0)
        summed.fee_debits += max(fee, 0)


def _line(row: Row, columns: Table, currency: str, gross: int, fee: int) -> BankLine:
    code = columns.cell(row, "transaction event code")
    kind = kind_of_code(code, gross)
    invoice = columns.cell(row, "invoice id")
    person = f"{columns.cell(row, 'first name')} {columns.cell(row, 'last name')}".strip()
    texts = (columns.cell(row, name) for name in ("transaction subject", "transaction note", "item name", "custom field"))
    completed = columns.cell(row, "transaction completion date") or columns.cell(row, "transaction initiation date")
    status: Status = "info" if code.startswith("T13") else _STATUSES.get(columns.cell(row, "transactional status"), "booked")
    return BankLine(
        row.span, gross - fee, currency, kind, written_date(completed, "MDY"), None, code, columns.cell(row, "transaction id"), invoice, "",
        columns.cell(row, "consumer business name") or person or columns.cell(row, "payer s account id"),
        remittance_text=" ".join(text for text in texts if text),
        original_reference=columns.cell(row, "paypal reference id") if kind in {"return", "reversal"} else "",
        fee_minor=fee, status=status, remittance=(RemittanceLine(row.span, invoice),) if invoice and kind == "receipt" else (),
    )


def _signed(direction: str, amount: str, currency: str) -> int:
    """An unsigned amount of minor units with its direction; zero needs none."""
    minor = implied_minor(amount, currency)
    if minor < 0 or (minor and direction not in {"CR", "DR"}):
        raise AmountError(f"{direction!r} {amount!r} is not an unsigned amount with CR or DR before it")
    return -minor if direction == "DR" else minor


def _count(span: Span, name: str, stated: str, computed: int) -> Iterator[Record]:
    if stated.isdecimal():
        yield Control(span, name, int(stated), computed)
    else:
        yield issues.warning(span, "bad_record", f"{name}: {stated!r} is no count", stated)
