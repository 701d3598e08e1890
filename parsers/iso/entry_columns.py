"""camt entries of one shape as columns of bank lines: what `parsers.iso.entry` says of one entry, said of thousands.

Only what is plainly by the standard is read here: payments of one detail without charges, amounts with the currency's digits, known
indicators and statuses. `read` leaves every other entry out, and the record reader tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parsers.amounts import is_currency
from parsers.byte_columns import Flags, Ints, Places, chosen, first_stated
from parsers.iso import remittance_columns
from parsers.iso.codes import meaning
from parsers.iso.entry_outline import NO_DETAIL
from parsers.iso.leaf_columns import NO_DAY, Leaves, repeated
from parsers.iso.messages import SILENT, line_of, reference_of
from parsers.xml.runs import skeleton

if TYPE_CHECKING:
    from parsers.iso.entry import Own
    from parsers.iso.entry_outline import DetailOutline, EntryOutline
    from parsers.iso.line_columns import LineColumns
    from parsers.iso.messages import Money, Party, Slot
    from parsers.iso.remittance_columns import Stretch
    from parsers.xml.runs import Skeleton

STATUSES = ["booked", "pending", "info"]
BOOKED = 0
_STATUS_CODES = ["BOOK", "PDNG", "FUTR", "INFO"]
_STATUS_OF_CODE = np.array([0, 1, 1, 2, 0])  # the last one: where it is in doubt
_COMING_BACK = ("return", "reversal")
_TRUTHS = ["false", "true", "0", "1", ""]
_FALSE, _TRUE = 0, (1, 3)
_ENTRY_NUMBER_MAX = 6


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of entries that can be read in columns."""

    skeleton: Skeleton
    outline: EntryOutline
    detail: DetailOutline
    documents: list[Stretch]
    amount: Money


def shape(record: str, outline: EntryOutline) -> Shape | None:
    """The shape of a proven record; None where its entries are no plain payments: batches, charges, routing numbers."""
    detail = outline.details[0] if outline.details else NO_DETAIL
    amounts = [outline.amount, *detail.amounts, *filter(None, (outline.instructed, detail.instructed))]
    made = skeleton(record)
    is_plain = (
        len(outline.details) < 2 and not outline.batches and not (outline.charges or detail.charges)
        and all(amount is not None and is_currency(amount.currency) for amount in amounts)
        and outline.indicator != SILENT and detail.debtor.routing == detail.creditor.routing == SILENT
    )
    if made is None or not is_plain or outline.amount is None or not remittance_columns.is_plain(detail.remittance, outline.amount.currency):
        return None
    stretches = remittance_columns.stretches(record, len(detail.remittance.documents))
    return Shape(made, outline, detail, stretches, outline.amount)


def read(leaves: Leaves, of: Shape, own: Own, lines: LineColumns) -> None:
    """The entries of a shape into the run's lines."""
    rows = leaves.rows
    is_debit = leaves.words(of.outline.indicator, ["CRDT", "DBIT"]) == 1
    amount = leaves.minor(of.amount)
    amount = np.where(is_debit, -amount, amount)
    reversal = leaves.words(of.outline.reversal, _TRUTHS)
    is_credit = amount >= 0
    comes_back = _put_meanings(leaves, of, is_credit, np.isin(reversal, _TRUE), lines)
    name, account = _counterparty(leaves, of.detail, own, is_credit, comes_back)
    _put_dates(leaves, of, own, lines)
    _put_instructed(leaves, of, lines)
    said = remittance_columns.text(leaves, of.detail.remittance)
    texts = {
        "bank_reference": _bank_reference(leaves, of), "customer_reference": leaves.texts(of.detail.end_to_end_id, reference_of),
        "check_number": leaves.texts(of.detail.check_number, reference_of), "payer_name": name, "payer_account": account,
        "structured_reference": remittance_columns.references(leaves, of.detail.remittance),
        "remittance_text": _first_line(leaves, said, of.detail.information, of.outline.information),
        "return_reason": leaves.texts(of.detail.return_reason, str.strip), "original_reference": _original(leaves, of.detail, comes_back),
    }
    for column, places in texts.items():
        if places is not leaves.none:
            lines.put_text(column, rows, places)
    lines.told += remittance_columns.documents(leaves, of.detail.remittance, of.amount.currency, of.documents)
    lines.amount_minor[rows] = amount
    lines.put_words("currency", rows, [of.amount.currency], 0)
    lines.known[rows] = leaves.sure
    lines.is_said[rows] = said.is_filled


def _put_meanings(leaves: Leaves, of: Shape, is_credit: Flags, is_reversal: Flags, lines: LineColumns) -> Flags:
    """Type code and kind, asked where they may change from one entry to the next; whether each entry takes something back."""
    place, of_entry = of.detail.code, of.outline.code
    if place.domain < 0 and (of_entry.domain >= 0 or place.proprietary < 0):
        place = of_entry
    slots = (place.domain, place.family, place.sub_family, place.proprietary, place.issuer)
    stated = [slot for slot in slots if slot != SILENT]
    leaves.plain(stated)
    firsts = leaves.changes(stated, is_credit, is_reversal)
    told = [meaning(*(leaves.told(slot, row) for slot in slots), bool(is_credit[row]), of.detail.is_return,
                    bool(is_reversal[row])) for row in firsts.tolist()]
    which = repeated(np.arange(len(told)), firsts, leaves.rows.size)
    lines.put_words("type_code", leaves.rows, [one.type_code for one in told], which)
    lines.put_words("kind", leaves.rows, [one.kind for one in told], which)
    return np.array([one.kind in _COMING_BACK for one in told])[which]


def _put_dates(leaves: Leaves, of: Shape, own: Own, lines: LineColumns) -> None:
    status = _STATUS_OF_CODE[leaves.words(of.outline.status, _STATUS_CODES)]
    booked, valued = leaves.days(of.outline.booking_date), leaves.days(of.outline.value_date)
    missing = (booked == NO_DAY) & (status == BOOKED)
    if missing.any():
        closing = NO_DAY if own.closing_date is None else int(np.datetime64(own.closing_date, "D").astype(np.int64))
        booked = np.where(missing, np.where(valued == NO_DAY, closing, valued), booked)
    lines.booking_date[leaves.rows], lines.value_date[leaves.rows] = booked, valued
    lines.put_words("status", leaves.rows, STATUSES, status)


def _put_instructed(leaves: Leaves, of: Shape, lines: LineColumns) -> None:
    """What was instructed. An amount of the detail in the entry's currency must be the booked one."""
    stated = of.detail.instructed or of.outline.instructed
    for found in () if stated else of.detail.amounts:
        if found.currency != of.amount.currency:
            stated = found
            break
        leaves.sure &= leaves.same(found.slot, of.amount.slot)
    if stated:
        lines.instructed_minor[leaves.rows], lines.is_instructed[leaves.rows] = leaves.minor(stated), True
        lines.put_words("instructed_currency", leaves.rows, [stated.currency], 0)


def _bank_reference(leaves: Leaves, of: Shape) -> Places:
    """The detail's reference by the bank, else the entry's, else one that the clearing gave it."""
    found = leaves.none
    for made in (
        lambda: leaves.texts(of.detail.servicer_reference, reference_of), lambda: leaves.texts(of.outline.servicer_reference, reference_of),
        lambda: _entry_reference(leaves, of.outline.entry_reference), lambda: leaves.texts(of.detail.transaction_id, reference_of),
    ):
        found = first_stated(found, made()) if found is not leaves.none else made()
        if found.is_filled.all():
            break
    return found


def _entry_reference(leaves: Leaves, slot: Slot) -> Places:
    """`NtryRef`, unless it only numbers the entries of the statement."""
    places = leaves.texts(slot, reference_of)
    if slot == SILENT:
        return places
    end = places.end.copy()
    for row in np.flatnonzero(places.is_filled & (places.length < _ENTRY_NUMBER_MAX)).tolist():
        if leaves.block.text(int(places.start[row]), int(places.end[row])).isdigit():
            end[row] = places.start[row]
    return Places(places.start, end)


def _first_line(leaves: Leaves, found: Places, *slots: Slot) -> Places:
    """A text, else the first of those that is not empty, as one line."""
    for slot in slots:
        if slot != SILENT and not found.is_filled.all():
            found = first_stated(found, leaves.texts(slot, line_of)) if found is not leaves.none else leaves.texts(slot, line_of)
    return found


def _original(leaves: Leaves, detail: DetailOutline, comes_back: Flags) -> Places:
    """The reference of the payment that is taken back."""
    if not comes_back.any():
        return leaves.none
    found = first_stated(leaves.none, *(leaves.texts(slot, reference_of) for slot in detail.original_ids))
    return chosen(comes_back, found, leaves.none)


def _counterparty(leaves: Leaves, detail: DetailOutline, own: Own, is_credit: Flags, comes_back: Flags) -> tuple[Places, Places]:
    """Name and account of the other side; a side that is silent or our own gives way to the other, unless that is ours."""
    is_debtor = is_credit != comes_back
    debtor, creditor = _party(leaves, detail.debtor, own), _party(leaves, detail.creditor, own)
    name, account, is_own = _side(is_debtor, debtor, creditor)
    other_name, other, is_other_own = _side(is_debtor, creditor, debtor)
    gives_way = is_own | ~(account.is_filled | name.is_filled)
    if not gives_way.any() or (other is leaves.none and other_name is leaves.none and not comes_back.any()):
        return name, account
    is_others = np.where(other.is_filled, ~is_other_own, comes_back)
    for row in np.flatnonzero(gives_way & is_others & ~other.is_filled).tolist():
        is_others[row] = leaves.block.text(int(other_name.start[row]), int(other_name.end[row])) != own.name
    turns = gives_way & is_others
    return chosen(turns, other_name, name), chosen(turns, other, account)


def _party(leaves: Leaves, party: Party, own: Own) -> tuple[Places, Places, Flags]:
    """A party's name, its account, and whether that is our own."""
    account, is_own = leaves.accounts(party.account, own.account)
    return _first_line(leaves, leaves.none, party.name, party.ultimate), account, is_own & account.is_filled


def _side(is_debtor: Flags, one: tuple[Places, Places, Flags], other: tuple[Places, Places, Flags]) -> tuple[Places, Places, Flags]:
    """Row by row the one side or the other; mostly all entries of a shape have one direction."""
    if is_debtor.all():
        return one
    if not is_debtor.any():
        return other
    return chosen(is_debtor, one[0], other[0]), chosen(is_debtor, one[1], other[1]), np.where(is_debtor, one[2], other[2])
