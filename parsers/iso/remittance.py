"""Remittance information of ISO 20022 messages (`RmtInf`): what the payer says it pays.

    RmtInf
      Ustrd*                                     free text
      Strd*                                      one document, or the creditor's reference
        RfrdDocInf      Tp/CdOrPrtry/Cd, Nb      CINV invoice, CREN credit note, DEBN debit note, PUOR order ...
        RfrdDocAmt      DuePyblAmt - DscntApldAmt -/+ AdjstmntAmtAndRsn - CdtNoteAmt = RmtdAmt
        CdtrRefInf      Tp (SCOR, QRR ...), Ref
        AddtlRmtInf*

Whether an adjustment adds or subtracts is told by the sum; where the sum is not given, `CdtDbtInd` CRDT adds. What is due and
not remitted is a deduction only where an adjustment or a credit note says so: else it is a payment in part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from parsers import issues, structured
from parsers.amounts import AmountError, to_minor
from parsers.iso.messages import Money, Slot, all_money, line_of, money, slot, slots
from parsers.records import Issue, RemittanceLine, Span
from parsers.xml.elements import Element
from parsers.xml.records import cuts
from parsers.xml.shapes import Values

DocumentType = Literal["invoice", "credit_memo", "debit_memo", "purchase_order", "on_account", "other"]

DOCUMENT_TYPES: dict[str, DocumentType] = {
    "": "invoice", "CINV": "invoice", "MSIN": "invoice", "HIRI": "invoice", "SBIN": "invoice", "AROI": "invoice",
    "CREN": "credit_memo", "DEBN": "debit_memo", "DNFA": "debit_memo", "PUOR": "purchase_order",
}
"""ISO external document type codes; one that is not here is some other document."""


class Document(NamedTuple):
    """Where one `Strd` says what."""

    numbers: tuple[Slot, ...]
    type_code: Slot
    due: Money | None
    remitted: Money | None
    credit_notes: tuple[Money, ...]
    discounts: tuple[Money, ...]
    adjustments: tuple[tuple[Money, Slot], ...]
    """Each with the slot of its `CdtDbtInd`."""
    reasons: tuple[Slot, ...]
    reference: Slot
    reference_type: Slot
    memo: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Remittance:
    """Where `RmtInf` says what."""

    text: tuple[Slot, ...]
    documents: tuple[Document, ...]


class Told(NamedTuple):
    """What the payer said."""

    text: str
    structured_reference: str
    lines: tuple[RemittanceLine, ...] = ()
    issues: tuple[Issue, ...] = ()


def remittance(element: Element | None) -> Remittance:
    """Where a `RmtInf` says what."""
    if element is None:
        return Remittance((), ())
    return Remittance(slots(element, "Ustrd"), tuple(_document(strd) for strd in element.all("Strd")))


def currency_of(outline: Remittance) -> str:
    """The currency that the documents are told in."""
    return next((found.currency for document in outline.documents for found in (document.remitted, document.due) if found), "")


def _document(strd: Element) -> Document:
    adjusted = strd.all("RfrdDocAmt/AdjstmntAmtAndRsn")
    return Document(
        numbers=slots(strd, "RfrdDocInf/Nb", "RfrdDocInf/RfrdDocNb"),
        type_code=slot(strd, "RfrdDocInf/Tp/CdOrPrtry/Cd", "RfrdDocInf/Tp/Cd", "RfrdDocInf/RfrdDocTp/Cd"),
        due=money(strd, "RfrdDocAmt/DuePyblAmt"),
        remitted=money(strd, "RfrdDocAmt/RmtdAmt"),
        credit_notes=all_money(strd, "RfrdDocAmt/CdtNoteAmt"),
        discounts=all_money(strd, "RfrdDocAmt/DscntApldAmt", "RfrdDocAmt/DscntApldAmt/Amt"),
        adjustments=tuple((found, slot(one, "CdtDbtInd")) for one in adjusted if (found := money(one, "Amt"))),
        reasons=tuple(place for one in adjusted for place in slots(one, "Rsn", "AddtlInf")),
        reference=slot(strd, "CdtrRefInf/Ref", "CdtrRefInf/CdtrRef"),
        reference_type=slot(strd, "CdtrRefInf/Tp/CdOrPrtry/Cd", "CdtrRefInf/Tp/CdOrPrtry/Prtry", "CdtrRefInf/CdtrRefTp/Cd"),
        memo=slots(strd, "AddtlRmtInf"),
    )


def text_alone(outline: Remittance, values: Values) -> Told:
    """Free text, with a reference where it holds one that cannot be mistaken."""
    text = line_of(values[outline.text[0]]) if len(outline.text) == 1 else " ".join([line_of(values[place]) for place in outline.text])
    return Told(text, structured.find(text) if text else "")


def told(outline: Remittance, values: Values, currency: str, span: Span, data: bytes) -> Told:
    """Text, reference and documents; `data` is what stands at `span`, so that each document gets its own place."""
    text, found_in_text, _, _ = text_alone(outline, values)
    if not outline.documents:
        return Told(text, found_in_text)
    spans = document_spans(data, span, len(outline.documents))
    references = [creditor_reference(values[document.reference]) for document in outline.documents]
    lines: list[RemittanceLine] = []
    found: list[Issue] = []
    for document, reference, place in zip(outline.documents, references, spans, strict=True):
        memo = " ".join(line_of(values[part]) for part in document.memo)
        numbers = [number for part in document.numbers if (number := values[part].strip())]
        if not numbers and len(outline.documents) > 1 and reference:
            numbers = [reference]
        if not numbers:
            text = f"{text} {memo}".strip()
        try:
            lines += _lines(document, values, numbers, currency, memo, place)
        except AmountError as error:
            lines += [RemittanceLine(place, number, memo=memo) for number in numbers]
            found.append(issues.warning(place, "bad_record", f"the remittance for {', '.join(numbers)}: {error}"))
        if not ties(values[document.reference_type], reference):
            found.append(issues.warning(place, "bad_reference", "the check digits of the creditor's reference do not tie", reference))
    first = next((reference for reference in references if reference), "")
    return Told(text, first or found_in_text, tuple(lines), tuple(found))


def document_spans(data: bytes, span: Span, count: int) -> list[Span]:
    """Where each `Strd` stands in the record."""
    prefix, colon, _ = data[1:data.index(b">")].split()[0].rpartition(b":")
    found = [] if b"<!" in data else cuts(data, prefix + colon + b"Strd")
    if len(found) != count:
        return [span] * count
    return [Span(span.line + data.count(b"\n", 0, begin), span.start + begin, span.start + end) for begin, end in found]


def creditor_reference(text: str) -> str:
    """The creditor's reference; blanks and marks go where its check digits tie without them."""
    bare = text.strip()
    return structured.normalise(bare) if not bare.isalnum() and structured.is_valid(bare) else bare


def ties(reference_type: str, reference: str) -> bool:
    """Whether the check digits of a reference that is named as RF or QRR tie; any other is the creditor's own affair."""
    if reference_type == "QRR":
        return structured.kind(reference) == "QRR"
    return not (reference_type == "SCOR" and reference.startswith("RF")) or structured.kind(reference) == "RF"


def _lines(document: Document, values: Values, numbers: list[str], currency: str, memo: str, span: Span) -> Iterator[RemittanceLine]:
    document_type = DOCUMENT_TYPES.get(values[document.type_code].strip(), "other")
    if len(numbers) != 1 or _is_foreign(document, currency):
        for number in numbers:
            yield RemittanceLine(span, number, document_type=document_type, memo=f"{memo} {_as_written(document, values)}".strip())
        return
    amount, discount, deduction = _amounts(document, values, currency)
    sign = -1 if document_type == "credit_memo" and (amount or 0) > 0 else 1
    reason = " ".join(line_of(values[part]) for part in document.reasons)
    if deduction and not reason and document.credit_notes:
        reason = "credit note"
    net = None if amount is None else sign * amount
    yield RemittanceLine(span, numbers[0], net, sign * discount, sign * deduction, reason, document_type, memo)


def _is_foreign(document: Document, currency: str) -> bool:
    """Whether the document is told in another currency than the payment: its figures are then no part of the payment's."""
    told_in = [document.due, document.remitted, *document.credit_notes, *document.discounts, *(found for found, _ in document.adjustments)]
    return any(found and found.currency not in {currency, ""} for found in told_in)


def _as_written(document: Document, values: Values) -> str:
    stated = document.remitted or document.due
    return f"{values[stated.slot].strip()} {stated.currency}".strip() if stated else ""


def _amounts(document: Document, values: Values, currency: str) -> tuple[int | None, int, int]:
    """Net amount, discount and deduction; gross is their sum."""
    def minor(stated: Money) -> int:
        return to_minor(values[stated.slot], currency)

    discount = sum(minor(stated) for stated in document.discounts)
    credited = sum(minor(stated) for stated in document.credit_notes)
    adjusted = sum(-minor(stated) if values[mark].strip() == "CRDT" else minor(stated) for stated, mark in document.adjustments)
    due = minor(document.due) if document.due else None
    remitted = minor(document.remitted) if document.remitted else None
    if due is None:
        only_credit = credited if document.credit_notes and not document.adjustments else None
        return (only_credit, discount, 0) if remitted is None else (remitted, discount, adjusted)
    deducted = credited + adjusted
    if remitted is None:
        return due - discount - deducted, discount, deducted
    stated_sums = (deducted, credited - adjusted)
    return remitted, discount, next((total for total in stated_sums if due - discount - total == remitted), deducted)
