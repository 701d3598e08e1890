"""A camt entry that is a batch: one bank line for each of its details (`TxDtls`), which add up to what was booked.

A detail amounts to its `Amt`, else to the one of `AmtDtls` in the entry's currency; its sign is its own indicator's, else the
entry's (netted entries hold both). Where the details less their charges give the entry, they stand net with the charge beside
them; a charge on the whole batch becomes a line of its own. Details that do not say what they amount to leave a statement's
entry in one piece, so that the money stays right: with the payer that they have in common, and with their sum where all are in one
other currency. In an announcement each stands as it is.

Controls: sum of the details against the entry; number and total of the batch as `Btch` states them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from parsers import issues
from parsers.amounts import AmountError, to_minor
from parsers.iso.entry import (
    NO_DETAILS,
    SIGNS,
    Detail,
    Entry,
    Own,
    as_detail,
    bank_line,
    charges_minor,
    fee_of,
    said,
    unreadable_charges,
)
from parsers.iso.messages import Money, amount_issue
from parsers.records import BankLine, Control, Envelope, Issue

Line = BankLine | Control | Envelope | Issue


def lines(entry: Entry, own: Own) -> Iterator[Line]:
    """One line for each detail; for the whole entry where the details do not say what each amounts to."""
    yield Envelope(entry.span, "Ntry")
    yield from entry.problems
    yield from unreadable_charges(entry)
    amounts = [_amount(entry, detail) for detail in entry.details]
    yield from (amount for amount in amounts if isinstance(amount, Issue))
    known = [amount for amount in amounts if isinstance(amount, int)]
    if len(known) == len(amounts):
        yield from _split(entry, own, known)
        yield from _batch_controls(entry, sum(known))
    elif own.is_statement or any(isinstance(amount, Issue) for amount in amounts):
        yield from _undivided(entry, own)
    else:
        yield from _announced(entry, own, amounts)


def _amount(entry: Entry, detail: Detail) -> int | Issue | None:
    """The detail's signed amount in the entry's currency; None where it names none."""
    stated = next((found for found in detail.outline.amounts if found.currency in {entry.currency, ""}), None)
    return _signed(entry, detail, stated, entry.currency) if stated else None


def _signed(entry: Entry, detail: Detail, stated: Money, currency: str) -> int | Issue:
    text = detail.values[stated.slot]
    sign = SIGNS.get(detail.values[detail.outline.indicator].strip()) or (1 if entry.amount_minor >= 0 else -1)
    try:
        return sign * to_minor(text, currency)
    except AmountError as error:
        return amount_issue(error, currency, text, detail.span)


def _split(entry: Entry, own: Own, amounts: list[int]) -> Iterator[Line]:
    """The details as lines that add up to the entry: net of their charges, or with a line for the entry's charge."""
    own_charges = [charges_minor(detail.outline.charges, detail.values, entry.currency) for detail in entry.details]
    of_entry = charges_minor(entry.outline.charges, entry.values, entry.currency)
    missing = sum(amounts) - entry.amount_minor
    fees, rest = [0] * len(amounts), 0
    if missing and missing == sum(own_charges):
        fees = own_charges
    elif missing and missing == of_entry:
        rest = of_entry
    elif missing and missing == sum(own_charges) + of_entry:
        fees, rest = own_charges, of_entry
    computed = sum(amounts) - sum(fees) - rest
    yield Control(entry.span, "sum of the details", entry.amount_minor, computed, entry.currency)
    for detail, amount, fee in zip(entry.details, amounts, fees, strict=True):
        line, problems = bank_line(entry, detail, own, amount - fee, fee or fee_of(entry, detail, amount))
        yield as_detail(line, entry, detail.span)
        yield from problems
    if rest:
        line, _ = bank_line(entry, NO_DETAILS, own, -rest, 0)
        yield as_detail(line._replace(kind="fee"), entry, entry.span)


def _announced(entry: Entry, own: Own, amounts: Sequence[int | Issue | None]) -> Iterator[Line]:
    """Details of an announced entry that do not all amount to something in its currency: each as it stands, in the currency it is
    told in; one without any amount is information and no money."""
    yield issues.warning(entry.span, "bad_record", f"the details do not all say their amount in {entry.currency}, the entry's currency")
    for detail, amount in zip(entry.details, amounts, strict=True):
        stated = next(iter(detail.outline.amounts), None)
        currency = stated.currency if stated and amount is None else entry.currency
        found = _signed(entry, detail, stated, currency) if stated and amount is None else amount
        if isinstance(found, Issue):
            yield found
            continue
        line, problems = bank_line(entry, detail, own, found or 0, 0)
        line = as_detail(line._replace(currency=currency, status=entry.status if stated else "info"), entry, detail.span)
        yield line if currency == entry.currency else line._replace(batch_amount_minor=None)
        yield from problems


def _undivided(entry: Entry, own: Own) -> Iterator[Line]:
    """One line for all details, with their texts, what they come to in another currency, and their payer where they have but one."""
    line, _ = bank_line(entry, NO_DETAILS, own, entry.amount_minor, 0)
    texts = (said(detail, entry.currency).text for detail in entry.details)
    line = line._replace(remittance_text=" ".join(text for text in texts if text) or line.remittance_text)
    parts = [bank_line(entry, detail, own, entry.amount_minor, 0)[0] for detail in entry.details]
    if len(payers := {(part.payer_name, part.payer_account) for part in parts}) == 1:
        (name, account), = payers
        line = line._replace(payer_name=name, payer_account=account)
    signs = {SIGNS.get(detail.values[detail.outline.indicator].strip()) for detail in entry.details}
    instructed = [part.instructed_minor for part in parts if part.instructed_minor is not None]
    if len(signs) == len({part.instructed_currency for part in parts}) == 1 and len(instructed) == len(parts):
        line = line._replace(instructed_minor=sum(instructed), instructed_currency=parts[0].instructed_currency)
    yield line
    yield issues.warning(entry.span, "bad_record", f"the details do not all say their amount in {entry.currency}: one line for all")


def _batch_controls(entry: Entry, total: int) -> Iterator[Line]:
    """What `Btch` says of number and total, where all batches of the entry say it and each group of details is one."""
    batches = entry.outline.batches
    if len(batches) < entry.outline.groups:
        return
    counts = [entry.values[batch.number].strip() for batch in batches]
    if counts and all(count.isdigit() for count in counts):
        yield Control(entry.span, "number of details", sum(map(int, counts)), len(entry.details))
    totals = [entry.values[batch.total.slot] for batch in batches if batch.total and batch.total.currency == entry.currency]
    if totals and len(totals) == len(batches):
        try:
            stated = sum(to_minor(text, entry.currency) for text in totals)
        except AmountError as error:
            yield issues.warning(entry.span, "bad_record", f"the total of the batch: {error}")
        else:
            yield Control(entry.span, "total of the batch", stated, abs(total), entry.currency)
