"""camt entries of one shape as columns of bank lines: what `parsers.iso.entry` says of one entry, said of thousands.

Only what is plainly by the standard is read here: payments of one detail without charges, amounts with the currency's digits, known
indicators and statuses. `read` leaves every other entry out, and the record reader tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from parsers.amounts import is_currency
from parsers.byte_columns import Flags, Places, chosen, first_stated
from parsers.iso import remittance_columns
from parsers.iso.codes import meaning
from parsers.iso.entry_outline import NO_DETAIL
from parsers.iso.leaf_columns import NO_DAY, Leaves, Part, repeated
from parsers.iso.messages import SILENT, line_of, reference_of, stated_name
from parsers.xml.runs import skeleton

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from parsers.iso.entry import Own
    from parsers.iso.entry_outline import DetailOutline, EntryOutline
    from parsers.iso.line_columns import LineColumns
    from parsers.iso.messages import Slot
    from parsers.iso.remittance_columns import Stretch
    from parsers.xml.runs import Alike, Run, Skeleton

STATUSES = ["booked", "pending", "info"]
BOOKED = 0
_STATUS_CODES = ["BOOK", "PDNG", "FUTR", "INFO"]
_STATUS_OF_CODE = np.array([0, 1, 1, 2, 0])  # the last one: where it is in doubt
_COMING_BACK = ("return", "reversal")
_TRUTHS = ["false", "true", "0", "1", ""]
_TRUE = (1, 3)
_ENTRY_NUMBER_MAX = 6
_CODE = ("domain", "family", "sub_family", "proprietary", "issuer")


class Family(NamedTuple):
    """What shapes must share to be read together: currencies, of the entry, its details' amounts and what was instructed, and texts."""

    currency: str
    amounts: tuple[str, ...]
    instructed: str
    is_return: bool
    texts: int
    is_stripped: bool


class DocumentShape(NamedTuple):
    """A document of a shape: its fields, and where it stands."""

    fields: dict[str, Slot]
    stretch: Stretch


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of entries that can be read in columns."""

    skeleton: Skeleton
    family: Family
    fields: dict[str, Slot]
    documents: list[DocumentShape]


def shape(record: str, outline: EntryOutline) -> Shape | None:
    """The shape of a proven record; None where its entries are no plain payments: batches, charges, routing numbers."""
    detail = outline.details[0] if outline.details else NO_DETAIL
    said, stated = detail.remittance, detail.instructed or outline.instructed
    if outline.amount is None or not _is_plain(outline, detail) or not remittance_columns.is_plain(said, outline.amount.currency):
        return None
    family = Family(
        outline.amount.currency, () if stated else tuple(amount.currency for amount in detail.amounts), stated.currency if stated else "",
        detail.is_return, max(1, len(said.text)), len(said.text) > 1 and any(not document.numbers for document in said.documents),
    )
    stretches = remittance_columns.stretches(record, len(said.documents))
    documents = [DocumentShape(remittance_columns.document_fields(document), stretch)
                 for document, stretch in zip(said.documents, stretches, strict=True) if document.numbers]
    fields = _fields(outline, detail) | remittance_columns.fields(said)
    return Shape(skeleton(record), family, _stated(fields), [document._replace(fields=_stated(document.fields)) for document in documents])


def _is_plain(outline: EntryOutline, detail: DetailOutline) -> bool:
    amounts = [outline.amount, *detail.amounts, *filter(None, (outline.instructed, detail.instructed))]
    return (
        len(outline.details) < 2 and not outline.batches and not (outline.charges or detail.charges)
        and all(amount is not None and is_currency(amount.currency) for amount in amounts)
        and outline.indicator != SILENT and detail.debtor.routing == detail.creditor.routing == SILENT
    )


def _stated(fields: dict[str, Slot]) -> dict[str, Slot]:
    return {name: slot for name, slot in fields.items() if slot != SILENT}


def _fields(outline: EntryOutline, detail: DetailOutline) -> dict[str, Slot]:
    """Which leaf of the entry is what."""
    assert outline.amount is not None, "a plain entry has an amount"
    code = detail.code
    if code.domain < 0 and (outline.code.domain >= 0 or code.proprietary < 0):
        code = outline.code
    stated = detail.instructed or outline.instructed
    parties = {f"{role}_{name}": slot for role, party in (("debtor", detail.debtor), ("creditor", detail.creditor))
               for name, slot in (("name", party.name), ("ultimate", party.ultimate), ("account", party.account))}
    return {
        "amount": outline.amount.slot, "indicator": outline.indicator, "reversal": outline.reversal, "status": outline.status,
        "booking_date": outline.booking_date, "value_date": outline.value_date, "entry_reference": outline.entry_reference,
        "servicer_reference": outline.servicer_reference, "detail_servicer_reference": detail.servicer_reference,
        "transaction_id": detail.transaction_id, "end_to_end_id": detail.end_to_end_id, "check_number": detail.check_number,
        "return_reason": detail.return_reason, "information": detail.information, "entry_information": outline.information,
        "instructed": stated.slot if stated else SILENT, **parties, **{name: getattr(code, name) for name in _CODE},
        **{f"amount_{number}": amount.slot for number, amount in enumerate(() if stated else detail.amounts)},
        **{f"original_{number}": slot for number, slot in enumerate(detail.original_ids)},
    }


def read(run: Run, shapes: Sequence[tuple[Alike, Shape]], own: Own, lines: LineColumns) -> None:
    """The entries of shapes of one family into the run's lines."""
    family = shapes[0][1].family
    leaves = Leaves(run, [Part(alike, shape.skeleton, shape.fields) for alike, shape in shapes])
    rows = leaves.rows
    amount = leaves.minor("amount", family.currency)
    amount = np.where(leaves.words("indicator", ["CRDT", "DBIT"]) == 1, -amount, amount)
    is_credit = amount >= 0
    comes_back = _put_meanings(leaves, family, is_credit, np.isin(leaves.words("reversal", _TRUTHS), _TRUE), lines)
    name, account = _counterparty(leaves, own, is_credit, comes_back)
    _put_dates(leaves, own, lines)
    _put_instructed(leaves, family, lines)
    said = remittance_columns.text(leaves, family.texts, is_stripped=family.is_stripped)
    documents = [(Part(alike, shape.skeleton, one.fields), one.stretch) for alike, shape in shapes for one in shape.documents]
    texts = {
        "bank_reference": _bank_reference(leaves), "customer_reference": leaves.texts("end_to_end_id", reference_of),
        "check_number": leaves.texts("check_number", reference_of), "payer_name": name, "payer_account": account,
        "structured_reference": remittance_columns.references(leaves),
        "remittance_text": _first_line(leaves, said, "information", "entry_information"),
        "return_reason": leaves.texts("return_reason", str.strip), "original_reference": _original(leaves, comes_back),
    }
    for column, places in texts.items():
        if places is not leaves.none:
            lines.put_text(column, rows, places)
    lines.amount_minor[rows], lines.known[rows] = amount, leaves.sure
    lines.put_words("currency", rows, [family.currency], np.zeros(rows.size, np.int64))
    if documents:
        of_documents = Leaves(run, [part for part, _ in documents])
        lines.told.append(remittance_columns.documents(of_documents, family.currency, [stretch for _, stretch in documents]))
        lines.known[of_documents.rows[~of_documents.sure]] = False


def _put_meanings(leaves: Leaves, family: Family, is_credit: Flags, is_reversal: Flags, lines: LineColumns) -> Flags:
    """Type code and kind, asked where they may change from one entry to the next; whether each entry takes something back."""
    leaves.plain(_CODE)
    firsts = leaves.changes(_CODE, is_credit, is_reversal)
    keys = [*zip(*(leaves.octets(name, firsts) for name in _CODE), is_credit[firsts].tolist(), is_reversal[firsts].tolist(), strict=True)]
    number = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    told = [meaning(*(part.decode() for part in code), credit, family.is_return, reversal) for *code, credit, reversal in number]
    which = repeated(np.array([number[key] for key in keys]), firsts, leaves.rows.size)
    lines.put_words("type_code", leaves.rows, [one.type_code for one in told], which)
    lines.put_words("kind", leaves.rows, [one.kind for one in told], which)
    return np.array([one.kind in _COMING_BACK for one in told])[which]


def _put_dates(leaves: Leaves, own: Own, lines: LineColumns) -> None:
    status = _STATUS_OF_CODE[leaves.words("status", _STATUS_CODES)]
    booked, valued = leaves.days("booking_date"), leaves.days("value_date")
    missing = (booked == NO_DAY) & (status == BOOKED)
    if missing.any():
        closing = NO_DAY if own.closing_date is None else int(np.datetime64(own.closing_date, "D").astype(np.int64))
        booked = np.where(missing, np.where(valued == NO_DAY, closing, valued), booked)
    lines.booking_date[leaves.rows], lines.value_date[leaves.rows] = booked, valued
    lines.put_words("status", leaves.rows, STATUSES, status)


def _put_instructed(leaves: Leaves, family: Family, lines: LineColumns) -> None:
    """What was instructed. An amount of the detail in the entry's currency must be the booked one."""
    stated, currency = "instructed", family.instructed
    for number, told_in in enumerate(family.amounts):
        if told_in != family.currency:
            stated, currency = f"amount_{number}", told_in
            break
        leaves.sure &= leaves.same(f"amount_{number}", "amount")
    if currency:
        lines.instructed_minor[leaves.rows], lines.is_instructed[leaves.rows] = leaves.minor(stated, currency), True
        lines.put_words("instructed_currency", leaves.rows, [currency], np.zeros(leaves.rows.size, np.int64))


def _bank_reference(leaves: Leaves) -> Places:
    """The detail's reference by the bank, else the entry's, else one that the clearing gave it."""
    found = leaves.none
    for name in ("detail_servicer_reference", "servicer_reference", "entry_reference", "transaction_id"):
        if leaves.has(name) and not found.is_filled.all():
            other = _entry_reference(leaves) if name == "entry_reference" else leaves.texts(name, reference_of)
            found = other if found is leaves.none else first_stated(found, other)
    return found


def _entry_reference(leaves: Leaves) -> Places:
    """`NtryRef`, unless it only numbers the entries of the statement."""
    places = leaves.texts("entry_reference", reference_of)
    end = places.end.copy()
    for row in np.flatnonzero(places.is_filled & (places.length < _ENTRY_NUMBER_MAX)).tolist():
        if leaves.block.text(int(places.start[row]), int(places.end[row])).isdigit():
            end[row] = places.start[row]
    return Places(places.start, end)


def _first_line(leaves: Leaves, found: Places, *names: str, rule: Callable[[str], str] = line_of) -> Places:
    """A text, else the first of those that is not empty, as one line."""
    for name in names:
        if leaves.has(name) and not found.is_filled.all():
            found = leaves.texts(name, rule) if found is leaves.none else first_stated(found, leaves.texts(name, rule))
    return found


def _original(leaves: Leaves, comes_back: Flags) -> Places:
    """The reference of the payment that is taken back."""
    if not comes_back.any():
        return leaves.none
    stated = [leaves.texts(f"original_{number}", reference_of) for number in range(leaves.count("original"))]
    return chosen(comes_back, first_stated(leaves.none, *stated), leaves.none)


def _counterparty(leaves: Leaves, own: Own, is_credit: Flags, comes_back: Flags) -> tuple[Places, Places]:
    """Name and account of the other side; a side that is silent or our own gives way to the other, unless that is ours."""
    is_debtor = is_credit != comes_back
    debtor, creditor = _party(leaves, "debtor", own), _party(leaves, "creditor", own)
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


def _party(leaves: Leaves, role: str, own: Own) -> tuple[Places, Places, Flags]:
    """A party's name, its account, and whether that is our own."""
    account, is_own = leaves.accounts(f"{role}_account", own.account)
    name = _first_line(leaves, leaves.none, f"{role}_name", f"{role}_ultimate", rule=stated_name)
    return name, account, is_own & account.is_filled


def _side(is_debtor: Flags, one: tuple[Places, Places, Flags], other: tuple[Places, Places, Flags]) -> tuple[Places, Places, Flags]:
    """Row by row the one side or the other; mostly all entries of a shape have one direction."""
    if is_debtor.all():
        return one
    if not is_debtor.any():
        return other
    return chosen(is_debtor, one[0], other[0]), chosen(is_debtor, one[1], other[1]), np.where(is_debtor, one[2], other[2])
