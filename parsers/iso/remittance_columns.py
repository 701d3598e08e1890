"""What the payers of camt entries of one shape say, in columns: `parsers.iso.remittance` for thousands.

Told here are free text and documents of one number each, with what is due, discounted and remitted in the entry's currency. A shape
with adjustments, credit notes or notes to a document is none of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parsers.byte_columns import Coded, Ints, Places, first_stated
from parsers.iso import remittance
from parsers.iso.leaf_columns import repeated
from parsers.iso.line_columns import Told
from parsers.iso.messages import SILENT, line_of
from parsers.records import Span

if TYPE_CHECKING:
    from parsers.byte_columns import Flags
    from parsers.iso.leaf_columns import Leaves
    from parsers.iso.messages import Money
    from parsers.iso.remittance import Document, Remittance

DOCUMENT_TYPES = [*dict.fromkeys([*remittance.DOCUMENT_TYPES.values(), "other"])]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where an element stands in a record: the numbers of its first and its last tag, and the bytes of the last one."""

    first: int
    last: int
    size: int


def is_plain(outline: Remittance, currency: str) -> bool:
    """Whether what the shape says can be told here."""
    documents = outline.documents
    return all(
        len(one.numbers) < 2 and not (one.credit_notes or one.adjustments or one.memo or len(one.discounts) > 1)
        and (one.numbers or len(documents) == 1 or one.reference == SILENT)
        and all(stated.currency in {currency, ""} for stated in (one.due, one.remitted, *one.discounts) if stated)
        for one in documents
    )


def stretches(record: str, count: int) -> list[Stretch]:
    """Where the documents stand in a record, or the record itself where they cannot be told apart."""
    data = record.encode()
    found = remittance.document_spans(data, Span(1, 0, len(data)), count)
    return [Stretch(data.count(b"<", 0, span.start), data.count(b"<", 0, span.end) - 1, span.end - data.rfind(b"<", 0, span.end)) for span in found]


def text(leaves: Leaves, outline: Remittance) -> Places:
    """Free text as one line."""
    if len(outline.text) < 2:
        return leaves.texts(outline.text[0], line_of) if outline.text else leaves.none
    joined = [" ".join(line_of(leaves.told(slot, row)) for slot in outline.text) for row in range(leaves.rows.size)]
    return leaves.block.add_all(text.strip() if _has_unnumbered(outline) else text for text in joined)


def _has_unnumbered(outline: Remittance) -> bool:
    return any(not document.numbers for document in outline.documents)


def references(leaves: Leaves, outline: Remittance) -> Places:
    """The first reference that a document states; an entry with one whose check digits do not tie is not told here."""
    return first_stated(leaves.none, *(_reference(leaves, document) for document in outline.documents if document.reference != SILENT))


def _reference(leaves: Leaves, document: Document) -> Places:
    told = [remittance.creditor_reference(leaves.told(document.reference, row)) for row in range(leaves.rows.size)]
    for row, reference in enumerate(told):
        if reference and not remittance.ties(leaves.told(document.reference_type, row) if document.reference_type != SILENT else "", reference):
            leaves.sure[row] = False
    return leaves.block.add_all(told)


def documents(leaves: Leaves, outline: Remittance, currency: str, places: list[Stretch]) -> list[Told]:
    """The remittance lines, document by document."""
    return [_document(leaves, document, currency, place) for document, place in zip(outline.documents, places, strict=True) if document.numbers]


def _document(leaves: Leaves, document: Document, currency: str, place: Stretch) -> Told:
    number = leaves.texts(document.numbers[0], str.strip)
    leaves.sure &= number.is_filled
    kinds = _types(leaves, document)
    discount = _minor(leaves, document.discounts[0] if document.discounts else None, currency)
    if document.remitted or not document.due:
        amount = _minor(leaves, document.remitted, currency)
        if document.due:
            _minor(leaves, document.due, currency)
    else:
        amount = _minor(leaves, document.due, currency) - discount
    sign = np.where((kinds == DOCUMENT_TYPES.index("credit_memo")) & (amount > 0), -1, 1)
    is_known: Flags = np.full(leaves.rows.size, bool(document.remitted or document.due))
    first_tags, brackets = leaves.run.first_tags[leaves.rows], leaves.run.laid.brackets
    start, end = brackets[first_tags + place.first], brackets[first_tags + place.last] + place.size
    return Told(leaves.rows, start, end, number, Coded(DOCUMENT_TYPES, kinds), sign * amount, is_known, sign * discount)


def _types(leaves: Leaves, document: Document) -> Ints:
    """What the documents are, by their codes; the code changes seldom from one entry to the next."""
    if document.type_code == SILENT:
        return np.full(leaves.rows.size, DOCUMENT_TYPES.index(remittance.DOCUMENT_TYPES[""]))
    firsts = leaves.changes([document.type_code])
    told = [remittance.DOCUMENT_TYPES.get(leaves.told(document.type_code, row).strip(), "other") for row in firsts.tolist()]
    return repeated(np.array([DOCUMENT_TYPES.index(one) for one in told]), firsts, leaves.rows.size)


def _minor(leaves: Leaves, stated: Money | None, currency: str) -> Ints:
    return leaves.minor(stated._replace(currency=currency)) if stated else np.zeros(leaves.rows.size, np.int64)
