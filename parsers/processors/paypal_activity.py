"""PayPal's activity download: a CSV in the language of the account, see `parsers.formats.processor_paypal`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from parsers import issues
from parsers.amounts import AmountError
from parsers.delimited.balances import prove
from parsers.delimited.rows import Row, fold, rows
from parsers.processors.headers import PAYPAL, fits
from parsers.processors.paypal_codes import kind_of_type
from parsers.processors.rows import Sums, Table, currency_of, decimal_mark, table, unreadable
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Record, RemittanceLine, Span, StatementClosed, StatementOpened, Status
from parsers.sources import Source
from parsers.written_dates import Order, needs_order, order_of, written_date

_DATE = ("date", "datum", "fecha", "data")
_NAME = ("name", "nom", "nombre", "nome", "naam")
_TYPE = ("type", "typ", "tipo", "description", "beschreibung")
_STATUS = ("status", "etat", "estado", "stato")
_CURRENCY = ("currency", "wahrung", "devise", "divisa", "moneda", "valuta")
_GROSS = ("gross", "brutto", "avant commission", "brut", "bruto", "lordo")
_NET = ("net", "netto", "neto")
_ID = ("transaction id", "transaktionscode", "numero de transaction", "n de transaction", "id de transaccion", "id de la transaccion",
       "codice transazione", "transactiereferentie", "transactie id")
_ORIGINAL = ("reference txn id", "zugehoriger transaktionscode", "numero de la transaction de reference", "numero de transaction de reference",
             "id de referencia de trans", "id de transaccion de referencia", "codice di riferimento transazione", "referentie txn id")
_INVOICE = ("invoice number", "invoice id", "rechnungsnummer", "numero de facture", "numero de factura", "numero fattura", "numero di fattura",
            "factuurnummer")
_TEXTS = ("subject", "betreff", "objet", "asunto", "oggetto", "item title", "artikelbezeichnung", "titre de l objet", "note", "hinweis", "notiz",
          "remarque", "nota", "custom number", "individuelle nummer")
_BALANCE = ("balance", "guthaben", "solde", "saldo")
_EMAIL = ("from email address", "absender e mail adresse", "de l adresse email", "correo electronico del remitente", "indirizzo email mittente")
_IMPACT = ("balance impact", "auswirkung auf guthaben", "impact sur le solde", "efecto en el saldo", "impatto sul saldo")
_PENDING = frozenset({"pending", "offen", "en attente", "pendiente", "in sospeso", "in behandeling", "unclaimed", "created", "active"})
_NO_MONEY = frozenset({"denied", "failed", "canceled", "cancelled", "expired", "voided", "abgelehnt", "storniert", "fehlgeschlagen", "refuse", "annule",
                       "denegado", "cancelado", "rifiutato", "annullato", "geweigerd", "geannuleerd"})
_MEMO = frozenset({"memo", "notiz", "keine", "aucun"})


@dataclass(slots=True)
class _Ledger:
    """The booked rows of one currency, for the proof of the running balance."""

    amounts: list[int] = field(default_factory=list)
    balances: list[int | None] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


@dataclass(slots=True)
class PaypalActivity:
    """Reads an activity download row by row."""

    profile: Profile
    columns: Table | None = None
    order: Order = ""
    is_order_assumed: bool = False
    open_currency: str = ""
    sums: Sums = field(default_factory=Sums)
    ledgers: dict[str, _Ledger] = field(default_factory=dict)
    last: Span = field(default_factory=lambda: Span(1, 0, 0))

    def records(self, source: Source, delimiter: str) -> Iterator[Record]:
        """The whole file."""
        for row in rows(source, delimiter, self.profile.encoding):
            self.last = row.span
            if self.columns is None:
                if fits(row.cells, PAYPAL):
                    self._begin(row, source, delimiter)
                yield Envelope(row.span, "header")
            elif row.is_open or not any(map(str.strip, row.cells)):
                if row.is_open:
                    yield issues.error(row.span, "bad_record", "a quote is opened here and never closed")
                yield Envelope(row.span, "unread")
            else:
                yield from self._row(row, self.columns)
        yield from self._finish()

    def _begin(self, row: Row, source: Source, delimiter: str) -> None:
        """The header, and from the rows below it the decimal mark and the order of day and month."""
        self.columns = table(row.cells)
        page = self.profile.encoding
        money = [place for name, place in self.columns.places.items() if name in {*_GROSS, *_NET, *_BALANCE}]
        self.columns.mark = decimal_mark(source, delimiter, page, money)
        below = (self.columns.cell(other, *_DATE) for other in rows(source, delimiter, page) if other.span.line > row.span.line)
        first = next(below, "")
        self.order = order_of(chain((first,), below)) if needs_order(first) else "DMY"
        if not self.order:
            is_american = "date" in self.columns.places and self.columns.mark == "."
            self.order, self.is_order_assumed = "MDY" if is_american else "DMY", is_american

    def _row(self, row: Row, columns: Table) -> Iterator[Record]:
        told: list[Record] = []
        currency = currency_of(columns.cell(row, *_CURRENCY), row.span, told, self.profile.currency)
        try:
            gross, net = columns.minor(row, currency, *_GROSS), columns.minor(row, currency, *_NET)
            fee = columns.minor(row, currency, "fee", "gebuhr", "entgelt", "commission", "comision", "tarifa", "tariffa", "kosten", "tarif")
            balance = columns.minor(row, currency, *_BALANCE) if columns.cell(row, *_BALANCE) else None
        except AmountError as reason:
            yield unreadable(row, reason)
            yield Envelope(row.span, "unread")
            return
        date = written_date(columns.cell(row, *_DATE), self.order)
        if date is None:
            told.append(issues.warning(row.span, "bad_date", f"{columns.cell(row, *_DATE)!r} is no date"))
        if self.is_order_assumed:
            self.is_order_assumed = False
            told.append(issues.warning(row.span, "bad_date", f"{columns.cell(row, *_DATE)} is read with the month first; no date shows the order"))
        yield from told
        if currency != self.open_currency:
            start = row.span._replace(end=row.span.start)
            if self.open_currency:
                yield StatementClosed(start)
            self.open_currency = currency
            yield StatementOpened(start, "", self.profile.account or "paypal", currency, "cash_report")
        status = _status(row, columns)
        if status == "booked":
            self.sums.add(currency, gross + fee, net)
            ledger = self.ledgers.setdefault(currency, _Ledger())
            ledger.amounts.append(net)
            ledger.balances.append(balance)
            ledger.spans.append(row.span)
        kind = kind_of_type(columns.cell(row, *_TYPE), gross)
        invoice = columns.cell(row, *_INVOICE)
        yield BankLine(
            row.span, net, currency, kind, date, None, columns.cell(row, *_TYPE), columns.cell(row, *_ID), invoice, "",
            columns.cell(row, *_NAME) or columns.cell(row, *_EMAIL),
            remittance_text=" ".join(text for name in _TEXTS if (text := columns.cell(row, name))),
            original_reference=columns.cell(row, *_ORIGINAL) if kind in {"return", "reversal"} else "",
            fee_minor=gross - net, status=status, remittance=(RemittanceLine(row.span, invoice),) if invoice and kind == "receipt" else (),
        )

    def _finish(self) -> Iterator[Record]:
        end = self.last._replace(start=self.last.end)
        if not self.open_currency:
            yield issues.warning(self.last, "empty", "the download has no rows")
            yield StatementOpened(end, "", self.profile.account or "paypal", self.profile.currency, "cash_report")
        yield from self.sums.controls(self.last)
        for currency, ledger in self.ledgers.items():
            found = prove(ledger.amounts, ledger.balances)
            if found is not None and found.broken_at is not None:
                at = found.broken_at
                yield Control(ledger.spans[at], f"running balance {currency}", ledger.balances[at] or 0, found.expected_minor, currency)
            elif found is not None:
                reached = found.opening_minor + sum(ledger.amounts)
                yield Control(self.last, f"running balance {currency}", found.closing_minor, reached, currency)
        yield StatementClosed(end)


def _status(row: Row, columns: Table) -> Status:
    """Rows that only inform, wait or failed do not move the balance."""
    state = fold(columns.cell(row, *_STATUS))
    if fold(columns.cell(row, *_IMPACT)) in _MEMO or state in _NO_MONEY:
        return "info"
    return "pending" if state in _PENDING else "booked"
