"""A camt entry (`Ntry`) as bank lines: one for the entry, or one for each of its details (`TxDtls`) where it is a batch.

Sign: `CdtDbtInd` alone; `RvslInd` does not turn it again, the indicator already shows the movement. A detail may have the
opposite indicator (netted entries). Booked is `Ntry/Amt`, in the account's currency; no amount of the details replaces it
where the entry is one payment. A detail of a batch amounts to its `Amt`, else to the one of `AmtDtls` in the entry's currency.

Charges: `amount + fee` is what moved between the parties. Where the details less their charges give the entry, they stand net
with the charge beside them; a charge on the whole batch becomes a line of its own, so that the lines add up to what was booked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from parsers import dates, issues, payer_phrases, structured
from parsers.amounts import AmountError, to_minor
from parsers.iso.codes import meaning
from parsers.iso.entry_outline import NO_DETAIL, Charge, DetailOutline, EntryOutline
from parsers.iso.messages import Money, account_of, amount_issue, line_of, name_of, reference_of
from parsers.iso.remittance import Told, text_alone, told
from parsers.records import BankLine, Issue, Span, Status
from parsers.xml.shapes import Values

SIGNS = {"CRDT": 1, "DBIT": -1}
_STATUSES: dict[str, Status] = {"": "booked", "BOOK": "booked", "PDNG": "pending", "FUTR": "pending", "INFO": "info"}
_TRUE = frozenset({"true", "1"})
_COMING_BACK = frozenset({"return", "reversal"})
_NOT_INSTRUCTED: tuple[None, str, tuple[Issue, ...]] = (None, "", ())


class Own(NamedTuple):
    """The account that the statement is about."""

    account: str
    name: str
    currency: str
    closing_date: dt.date | None
    is_statement: bool


class Detail(NamedTuple):
    """A `TxDtls`, read; `span` and `data` are its own, or those of the entry that it is the only one of."""

    outline: DetailOutline
    values: Values
    span: Span
    data: bytes


class Entry(NamedTuple):
    """An `Ntry`, read."""

    span: Span
    outline: EntryOutline
    values: Values
    details: Sequence[Detail]
    amount_minor: int
    currency: str
    status: Status
    booking_date: dt.date | None
    value_date: dt.date | None
    is_reversal: bool
    reference: str
    problems: tuple[Issue, ...]


NO_DETAILS = Detail(NO_DETAIL, ("",), Span(1, 0, 0), b"")


def read(outline: EntryOutline, values: Values, details: Sequence[Detail], span: Span, own: Own) -> Entry | Issue:
    """The entry as a whole, or why it cannot be taken."""
    stated = outline.amount
    currency = (stated and stated.currency) or own.currency
    text = values[stated.slot] if stated else ""
    try:
        amount = to_minor(text, currency)
    except AmountError as error:
        return amount_issue(error, currency, text, span)
    sign = SIGNS.get(values[outline.indicator].strip(), 0)
    if not sign and len(details) == 1:
        sign = SIGNS.get(details[0].values[details[0].outline.indicator].strip(), 0)
    if not sign:
        return issues.error(span, "bad_amount", "the entry does not say whether it is a credit or a debit", text)
    status = _STATUSES.get(values[outline.status].strip().upper())
    booked, valued = values[outline.booking_date], values[outline.value_date]
    booking_date, value_date = dates.iso(booked), dates.iso(valued)
    problems: tuple[Issue, ...] = ()
    if amount < 0 or status is None or (booked and not booking_date) or (valued and not value_date):
        problems = tuple(_problems(span, text, values[outline.status].strip(), (booked, booking_date), (valued, value_date)))
    if booking_date is None and status == "booked":
        booking_date = value_date or own.closing_date
    return Entry(
        span, outline, values, details, sign * amount, currency, status or "info", booking_date, value_date,
        values[outline.reversal].strip() in _TRUE, _entry_reference(outline, values), problems,
    )


def _problems(span: Span, amount: str, status: str, *told_dates: tuple[str, dt.date | None]) -> Iterator[Issue]:
    if amount.strip().startswith("-"):
        yield issues.warning(span, "bad_record", "the amount has a sign of its own, which turns the entry's direction", amount)
    if status.upper() not in _STATUSES:
        yield issues.warning(span, "bad_record", "the status of the entry is none of ISO's: it was not taken as booked", status)
    for text, date in told_dates:
        if text and not date:
            yield issues.warning(span, "bad_date", f"{text.strip()!r} is no date", text)


def _entry_reference(outline: EntryOutline, values: Values) -> str:
    """The bank's reference of the entry; `NtryRef` too, unless it only numbers the entries of this statement."""
    servicer = reference_of(values[outline.servicer_reference])
    if servicer:
        return servicer
    own = reference_of(values[outline.entry_reference])
    return "" if len(own) < 6 and own.isdigit() else own


def single_line(entry: Entry, own: Own) -> tuple[BankLine | Issue, ...]:
    """The line of an entry that is one payment, with what is told of it by its only detail; then what is doubtful in it."""
    detail = entry.details[0] if entry.details else NO_DETAILS
    line, problems = bank_line(entry, detail, own, entry.amount_minor, fee_of(entry, detail, entry.amount_minor))
    batches = entry.outline.batches
    if batches and entry.details and all(entry.values[batch.number].strip() in {"", "1"} for batch in batches):
        line = as_detail(line, entry, entry.span)
    if detail.outline.charges or entry.outline.charges:
        problems += tuple(unreadable_charges(entry))
    return (line, *entry.problems, *problems)


def as_detail(line: BankLine, entry: Entry, span: Span) -> BankLine:
    """The line as a detail of the entry."""
    reference = entry.reference or next((entry.values[batch.reference].strip() for batch in entry.outline.batches), "")
    return line._replace(span=span, batch_reference=reference, batch_amount_minor=entry.amount_minor, batch_key=entry.span.start)


def bank_line(entry: Entry, detail: Detail, own: Own, amount: int, fee: int) -> tuple[BankLine, tuple[Issue, ...]]:
    """A bank line under the entry's position, without batch fields, and what is doubtful in its details."""
    outline, values = detail.outline, detail.values
    code, kind = meaning(*_code(entry, detail), amount >= 0, outline.is_return, entry.is_reversal)
    comes_back = kind in _COMING_BACK
    name, account = _counterparty(detail, own, is_credit=amount >= 0, comes_back=comes_back)
    told_by_payer = said(detail, entry.currency) if outline.remittance.documents else text_alone(outline.remittance, values)
    text = told_by_payer.text or line_of(values[outline.information]) or line_of(entry.values[entry.outline.information])
    if not name and amount > 0 and not comes_back:
        name = payer_phrases.payer_told(text)
    instructed, instructed_currency, problems = _instructed(entry, detail)
    line = BankLine(
        entry.span, amount, entry.currency, kind, entry.booking_date, entry.value_date, code,
        reference_of(values[outline.servicer_reference]) or entry.reference or reference_of(values[outline.transaction_id]),
        reference_of(values[outline.end_to_end_id]), reference_of(values[outline.check_number]), name, account,
        told_by_payer.structured_reference or structured.find(text), text,
        values[outline.return_reason].strip(), _original(outline, values) if comes_back else "", "", None, None,
        fee, instructed, instructed_currency, entry.status, told_by_payer.lines,
    )
    return line, told_by_payer.issues + problems


def _code(entry: Entry, detail: Detail) -> tuple[str, str, str, str, str]:
    """The detail's code, else the entry's; an ISO code of either before a bank's own."""
    place, of_entry, values = detail.outline.code, entry.outline.code, detail.values
    if place.domain < 0 and (of_entry.domain >= 0 or place.proprietary < 0):
        place, values = of_entry, entry.values
    return values[place.domain], values[place.family], values[place.sub_family], values[place.proprietary], values[place.issuer]


def _counterparty(detail: Detail, own: Own, *, is_credit: bool, comes_back: bool) -> tuple[str, str]:
    """Name and account of the other side. What comes back keeps the roles of the original; banks differ in that, so a side
    that is silent or our own gives way to the other, unless that is ours."""
    outline, values = detail.outline, detail.values
    first, second = (outline.debtor, outline.creditor) if is_credit != comes_back else (outline.creditor, outline.debtor)
    name, account = name_of(first, values), account_of(first, values)
    if (account and account == own.account) or not (name or account):
        other_name, other = name_of(second, values), account_of(second, values)
        if other != own.account if other else comes_back and other_name != own.name:
            return other_name, other
    return name, account


def _original(outline: DetailOutline, values: Values) -> str:
    """The reference of the payment that is taken back."""
    return next((found for place in outline.original_ids if (found := reference_of(values[place]))), "")


def said(detail: Detail, currency: str) -> Told:
    """What the payer said."""
    return told(detail.outline.remittance, detail.values, currency, detail.span, detail.data)


def _instructed(entry: Entry, detail: Detail) -> tuple[int | None, str, tuple[Issue, ...]]:
    """What the payer instructed, where the file says it: an instructed amount, else one that is not the booked one."""
    stated, values = detail.outline.instructed, detail.values
    if stated is None and entry.outline.instructed and len(entry.details) <= 1:
        stated, values = entry.outline.instructed, entry.values
    if stated is None:
        stated = _another_amount(entry, detail)
    if stated is None:
        return _NOT_INSTRUCTED
    currency = stated.currency or entry.currency
    try:
        return to_minor(values[stated.slot], currency), currency, ()
    except AmountError as error:
        return None, "", (issues.warning(detail.span, "bad_record", f"the instructed amount: {error}"),)


def _another_amount(entry: Entry, detail: Detail) -> Money | None:
    """An amount of the detail that is not the booked one: in another currency, or before something was added or taken off."""
    booked = entry.values[entry.outline.amount.slot] if entry.outline.amount and len(entry.details) == 1 else ""
    for found in detail.outline.amounts:
        if found.currency and found.currency != entry.currency:
            return found
        text = detail.values[found.slot]
        if booked and text != booked and _minor(found, detail.values, entry.currency) not in {0, None, abs(entry.amount_minor)}:
            return found
    return None


def charges_minor(charges: Sequence[Charge], values: Values, currency: str) -> int:
    """The charges in the entry's currency; one that is credited counts against the others. `unreadable_charges` tells of the rest."""
    total = 0
    for charge in charges:
        minor = _minor(charge.money, values, currency) or 0
        total += -minor if values[charge.indicator].strip() == "CRDT" else minor
    return total


def _minor(stated: Money, values: Values, currency: str) -> int | None:
    """An amount in that currency; None in another one, or where it cannot be read."""
    try:
        return to_minor(values[stated.slot], currency) if stated.currency in {currency, ""} else None
    except AmountError:
        return None


def unreadable_charges(entry: Entry) -> Iterator[Issue]:
    """Charges that cannot be read: the booked amount is right, what was taken from it is not known."""
    told_by = [(entry.outline.charges, entry.values), *((detail.outline.charges, detail.values) for detail in entry.details)]
    for charges, values in told_by:
        for charge in charges:
            if charge.money.currency in {entry.currency, ""} and _minor(charge.money, values, entry.currency) is None:
                yield issues.warning(entry.span, "bad_record", "a charge cannot be read", values[charge.money.slot])


def fee_of(entry: Entry, detail: Detail, booked: int) -> int:
    """The charge inside a booked amount: told by an amount before charges, else by the mark that it is included."""
    charges, values = detail.outline.charges, detail.values
    if not charges and len(entry.details) <= 1:
        charges, values = entry.outline.charges, entry.values
    charge = charges_minor(charges, values, entry.currency) if charges else 0
    if charge <= 0:
        return 0
    stated = [*detail.outline.amounts, *([detail.outline.instructed] if detail.outline.instructed else [])]
    before = {minor for found in stated if (minor := _minor(found, detail.values, entry.currency))}
    if abs(booked + charge) in before or any(values[one.included].strip() in _TRUE for one in charges):
        return charge
    is_apart = before or booked < 0 or any(values[one.included].strip() in {"false", "0"} for one in charges)
    return 0 if is_apart else charge
