"""What a Fedwire message says about the documents it pays: structured remittance {8400} to {8750}, or an X12 820 in {8200}.

{8400}CINVRE-17*                 document: type code (4), number (35), issuer (35); `PROP` and a code of their own
{8450}USD990.00*                 actually paid;  {8500} gross;  {8550} discount
{8600}01CRDTUSD10.00*MISSING*    adjustment: reason, CRDT reduces what is paid and DBIT adds to it, amount, text
{8750}two cartons missing*       free text
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from parsers import issues
from parsers.amounts import AmountError, to_text
from parsers.profile import Profile
from parsers.records import Issue, RemittanceLine, Span
from parsers.sources import decode
from parsers.swift.entry import minor
from parsers.x12 import segments

_AMOUNT = re.compile(r"([A-Z]{3})\s*([\d.,]+)")
_ADJUSTMENT = re.compile(r"(\w\w)\s*(CRDT|DBIT)([A-Z]{3})\s*([\d.,]+)")
_DOCUMENT_TAGS = frozenset(["8450", "8500", "8550", "8600", "8650", "8700", "8750"])
_DOCUMENT_TYPES: dict[str, Literal["invoice", "credit_memo", "debit_memo", "purchase_order", "other"]] = {
    "CINV": "invoice", "HIRI": "invoice", "MSIN": "invoice", "SBIN": "invoice", "CREN": "credit_memo", "DEBN": "debit_memo",
    "DNFA": "debit_memo", "PUOR": "purchase_order", "AROI": "invoice", "CNFA": "credit_memo",
}


class Tag(NamedTuple):
    """One tag with its text, line ends and all, and its place; `at` is where the text begins."""

    number: str
    text: str
    span: Span
    at: int


@dataclass(slots=True)
class Document:
    """{8400} to {8750}: one document that the wire pays."""

    span: Span
    number: str
    type: Literal["invoice", "credit_memo", "debit_memo", "purchase_order", "other"]
    paid: int | None = None
    gross: int | None = None
    discount: int = 0
    adjustment: int = 0
    reasons: list[str] = field(default_factory=list)
    memo: list[str] = field(default_factory=list)


def documents_of(tags: list[Tag], profile: Profile) -> tuple[list[Document], list[Issue]]:
    """The documents of structured remittance; amounts that cannot be read are told and left out."""
    documents: list[Document] = []
    problems: list[Issue] = []
    for tag in tags:
        if tag.number == "8400":
            code, _, number, _ = _document_elements(tag, profile)
            documents.append(Document(tag.span, number, _DOCUMENT_TYPES.get(code, "invoice" if not code else "other")))
        elif documents and tag.number in _DOCUMENT_TAGS:
            current = documents[-1]
            current.span = Span(current.span.line, current.span.start, tag.span.end)
            try:
                _amend(current, tag, profile)
            except AmountError as error:
                problems.append(issues.warning(tag.span, "bad_amount", f"{{{tag.number}}}: {error}; the wire itself is read", tag.text))
    for document in documents:
        if document.paid is not None and document.gross is not None and _rest(document) == 2 * document.adjustment:
            document.adjustment = -document.adjustment  # the three amounts tell which way the payer meant it
    return documents, problems


def _rest(document: Document) -> int:
    """What is paid beyond gross less discount and adjustment."""
    return (document.paid or 0) - ((document.gross or 0) - document.discount - document.adjustment)


def _document_elements(tag: Tag, profile: Profile) -> list[str]:
    """{8400}: type code (4), proprietary code (35), number (35), issuer (35); the code is glued to the element behind it."""
    text = tag.text.strip("\r\n")
    if "*" not in text:
        return elements(tag, (4, 35, 35, 35), profile)
    pieces = [" ".join(piece.split()) for piece in decode(text.encode("latin-1"), profile.encoding).split("*")]
    code, rest = pieces[0][:4], pieces[0][4:]
    if code == "PROP":
        return [code, rest, *pieces[1:], "", ""][:4]
    return [code, "", rest or next((piece for piece in pieces[1:] if piece), ""), ""]


def _amend(document: Document, tag: Tag, profile: Profile) -> None:
    """One tag behind {8400} into its document; `AmountError` when its amount cannot be read or is in another currency."""
    if tag.number in {"8450", "8500", "8550"}:
        found = _AMOUNT.match(tag.text)
        value = _dollars(found)
        if tag.number == "8450":
            document.paid = value
        elif tag.number == "8500":
            document.gross = value
        else:
            document.discount = value
    elif tag.number == "8600":
        found = _ADJUSTMENT.match(tag.text)
        if found is None:
            raise AmountError("the adjustment cannot be read")
        value = minor(found[4], "USD") if found[3] == "USD" else _dollars(None)
        document.adjustment += value if found[2] == "CRDT" else -value
        document.reasons.append(found[1])
    elif tag.number == "8750":
        document.memo.extend(filter(None, elements(tag, (140, 140, 140), profile)))


def _dollars(found: re.Match[str] | None) -> int:
    if found is None or found[1] != "USD":
        raise AmountError("not an amount of US dollars")
    return minor(found[2], "USD")


def told(document: Document) -> RemittanceLine:
    """{8600} CRDT reduces what is paid, DBIT adds to it."""
    return RemittanceLine(
        document.span, document.number, _paid(document), document.discount, document.adjustment, ", ".join(document.reasons), document.type,
        " ".join(document.memo),
    )


def _paid(document: Document) -> int | None:
    """The net paid, negative for a credit note."""
    paid = document.paid
    if paid is None and document.gross is not None:
        paid = document.gross - document.discount - document.adjustment
    return -paid if paid is not None and document.type == "credit_memo" else paid


def unexplained(documents: list[Document]) -> Iterator[Issue]:
    """What the payer says of a document must add up; the wire's own amount stands in any case."""
    for document in documents:
        if document.paid is not None and document.gross is not None and _rest(document):
            message = f"{document.number}: gross less discount and adjustment is not what was paid, by {to_text(abs(_rest(document)), 'USD')}"
            yield issues.warning(document.span, "bad_amount", message)


def advice_of(tag: Tag | None, amount: int) -> segments.Advice | None:
    """{8200} as an X12 820; other addenda (ISO, SWIFT, free text) are not remittance that we read."""
    if tag is None:
        return None
    text = tag.text
    skipped = 4 if text[:4].isdigit() and not segments.looks_like_x12(text) else 0
    start, line = tag.at + skipped, tag.span.line
    return segments.advice_of_text(text[skipped:], "USD", amount, lambda _number, first, last: Span(line, start + first, start + last))


def elements(tag: Tag | None, widths: tuple[int, ...], profile: Profile) -> list[str]:
    """The elements: ended by `*`, or cut by their widths. The one-character id code is glued to the id that follows it."""
    if tag is None:
        return [""] * len(widths)
    text = tag.text.strip("\r\n\x1a\x00")
    said = text if text.isascii() else decode(text.encode("latin-1"), profile.encoding)
    if "*" not in said:
        pieces, at = [], 0
        for width in widths:
            pieces.append(said[at:at + width])
            at += width
    else:
        pieces = said.split("*")
        if widths[0] == 1:
            pieces[:1] = [pieces[0][:1], pieces[0][1:]]
    return [" ".join(piece.split()) for piece in (pieces + [""] * len(widths))[:len(widths)]]
