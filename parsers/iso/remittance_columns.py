"""What the payers of camt entries of one shape say, in columns: `parsers.iso.remittance` for thousands.

Told here are free text and documents of one number each, with what is due, discounted and remitted in the entry's currency. A shape
with adjustments, credit notes or notes to a document is none of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from parsers.byte_columns import Ints, Places, first_stated
from parsers.iso import remittance
from parsers.iso.leaf_columns import repeated
from parsers.iso.line_columns import DOCUMENT_TYPES, Told
from parsers.iso.messages import SILENT, line_of
from parsers.records import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from parsers.iso.leaf_columns import Leaves
    from parsers.iso.messages import Slot
    from parsers.iso.remittance import Document, Remittance



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


def fields(outline: Remittance) -> dict[str, Slot]:
    """What a shape's remittance information says for the entry as a whole."""
    texts = {f"text_{number}": slot for number, slot in enumerate(outline.text)}
    stated = [document for document in outline.documents if document.reference != SILENT]
    references = {f"reference_{number}": document.reference for number, document in enumerate(stated)}
    return texts | references | {f"reference_type_{number}": document.reference_type for number, document in enumerate(stated)}


def document_fields(document: Document) -> dict[str, Slot]:
    """What a document of a shape says for itself."""
    amounts = {"due": document.due, "remitted": document.remitted, "discount": next(iter(document.discounts), None)}
    return {"number": document.numbers[0], "type": document.type_code} | {name: stated.slot for name, stated in amounts.items() if stated}


def text(leaves: Leaves, count: int, *, is_stripped: bool) -> Places:
    """Free text as one line, of so many parts."""
    if count < 2:
        return leaves.texts("text_0", line_of)
    joined = [" ".join(line_of(leaves.told(f"text_{number}", row)) for number in range(count)) for row in range(leaves.rows.size)]
    return leaves.block.add_all(text.strip() if is_stripped else text for text in joined)


def references(leaves: Leaves) -> Places:
    """The first reference that a document states; an entry with one whose check digits do not tie is not told here."""
    stated = [_reference(leaves, number) for number in range(leaves.count("reference"))]
    return first_stated(leaves.none, *stated) if stated else leaves.none


def _reference(leaves: Leaves, number: int) -> Places:
    told = [""] * leaves.rows.size
    for row in np.flatnonzero(leaves.raw(f"reference_{number}").is_filled).tolist():
        told[row] = remittance.creditor_reference(leaves.told(f"reference_{number}", row))
        leaves.sure[row] &= not told[row] or remittance.ties(leaves.told(f"reference_type_{number}", row), told[row])
    return leaves.block.add_all(told)


def documents(leaves: Leaves, currency: str, stretches: Sequence[Stretch]) -> Told:
    """The remittance lines of documents, whose leaves these are, in the order of the entries; `stretches` are those of the leaves' parts."""
    number = leaves.texts("number", str.strip)
    leaves.sure &= number.is_filled
    kinds = _types(leaves)
    discount, due, remitted = (leaves.minor(name, currency) for name in ("discount", "due", "remitted"))
    is_due, is_remitted = leaves.is_there("due"), leaves.is_there("remitted")
    amount = np.where(is_remitted, remitted, np.where(is_due, due - discount, 0))
    sign = np.where((kinds == DOCUMENT_TYPES.index("credit_memo")) & (amount > 0), -1, 1)
    part = np.repeat(np.arange(len(stretches)), leaves.sizes)[leaves.order]
    first, last, size = (np.array(every)[part] for every in zip(*((one.first, one.last, one.size) for one in stretches), strict=True))
    first_tags, brackets = leaves.run.first_tags[leaves.rows], leaves.run.laid.brackets
    return Told(leaves.rows, brackets[first_tags + first], brackets[first_tags + last] + size, *number, kinds,
                sign * amount, is_due | is_remitted, sign * discount)


def _types(leaves: Leaves) -> Ints:
    """What the documents are, by their codes; the code changes seldom from one document to the next."""
    leaves.plain(["type"])
    firsts = leaves.changes(["type"])
    told = [remittance.DOCUMENT_TYPES.get(leaves.told("type", row).strip(), "other") for row in firsts.tolist()]
    return repeated(np.array([DOCUMENT_TYPES.index(one) for one in told]), firsts, leaves.rows.size)
