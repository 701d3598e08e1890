r"""What the addenda of a NACHA entry say about the payment: text, X12 segments, card terminals. Columns 1-based.

    705  4-83 payment information · 84-87 sequence · 88-94 the entry's last digits     (CCD+, PPD+, WEB: one; CTX: up to 9,999)
    717  4-83 remittance of an IAT entry, as 705                                       710-716, 718 parties and banks of an IAT entry
    702  4-10, 11-13 references · 36-62 place · 63-77 city · 78-79 state               (POS, SHR, MTE)

CCD+ and PPD+ hold one segment (`RMR*IV*INV-1**100.00\`); CTX holds a whole 820, with or without ISA and GS, cut every 80
columns. What is no X12 is the payer's own text.
"""

from __future__ import annotations

from typing import NamedTuple

from parsers import issues
from parsers.amounts import to_text
from parsers.nacha.records import Record, clean
from parsers.records import DetailChange, Issue, RemittanceLine, Span
from parsers.x12 import segments

Told = list[Issue | DetailChange]
_WRITTEN = ("05", "17")
_KNOWN = {"02", "05", "10", "11", "12", "13", "14", "15", "16", "17", "18", "98", "99"}


class Notes(NamedTuple):
    """What a payer says: its text, its remittance lines, and its name and trace where X12 gives them."""

    text: str = ""
    remittance: tuple[RemittanceLine, ...] = ()
    payer_name: str = ""
    trace: str = ""


NOTHING = Notes()


def span_of(record: Record) -> Span:
    """Where a record stands."""
    return Span(record.number, record.start, record.end)


def read_notes(entry: Record, addenda: list[Record], paid_minor: int, told: Told) -> Notes:
    """The notes in an entry's addenda; addenda of another entry, of no known kind or out of order are told."""
    if len(addenda) == 1 and addenda[0].text[1:3] == "05" and addenda[0].text[87:94] == entry.text[87:94]:
        notes = addenda
    else:
        notes = _in_order(entry, addenda, told)
    written = "".join(addendum.text[3:83].ljust(80) for addendum in notes).replace("\0", "")
    if written and segments.looks_like_x12(written):
        return _advised(entry, notes, written, paid_minor, told)
    cards = [a.text[3:10] + " " + a.text[35:79] for a in addenda if a.text[1:3] == "02"] if notes is not addenda else []
    return Notes(" ".join(f"{written} {' '.join(cards)}".split()))


def _in_order(entry: Record, addenda: list[Record], told: Told) -> list[Record]:
    """The addenda that hold written information, by their sequence numbers."""
    notes = [addendum for addendum in addenda if addendum.text[1:3] in _WRITTEN]
    numbers = [addendum.text[83:87] for addendum in notes]
    if numbers != sorted(numbers):
        told.append(issues.warning(span_of(notes[0]), "sequence", "the addenda are not in the order of their numbers"))
        notes.sort(key=lambda addendum: addendum.text[83:87])
    trace = entry.text[87:94]
    stranger = next((addendum for addendum in notes if addendum.text[87:94] != trace), None)
    if stranger:
        message = f"the addenda names entry {stranger.text[87:94]!r} and stands under {trace!r}"
        told.append(issues.warning(span_of(stranger), "misplaced_record", message, stranger.text))
    for addendum in addenda:
        if addendum.text[1:3] not in _KNOWN:
            message = f"addenda of type {addendum.text[1:3]!r} are not NACHA's"
            told.append(issues.warning(span_of(addendum), "unknown_record", message, addendum.text))
    return notes


def _advised(entry: Record, notes: list[Record], written: str, paid_minor: int, told: Told) -> Notes:
    advice = segments.advice_of_text(written, "USD", paid_minor, _places(notes)) or segments.Advice()
    told.extend(advice.issues)
    if advice.unexplained_minor:
        message = f"the remittance lines in the addenda leave {to_text(advice.unexplained_minor, 'USD')} of the entry unexplained"
        told.append(issues.warning(span_of(entry), "remittance_mismatch", message))
    whole = written.lstrip().startswith(("ISA", "ST"))
    text = f"{advice.text} {advice.trace}".strip() if whole else " ".join(written.split())
    return Notes(text, advice.lines, advice.payer_name, advice.trace)


def _places(notes: list[Record]) -> segments.Place:
    """Offsets of the joined information back to the addenda that hold them."""
    def place(_: int, start: int, end: int) -> Span:
        first, last = (notes[min(at // 80, len(notes) - 1)] for at in (start, max(start, end - 1)))
        return Span(first.number, first.start, last.end)
    return place


def field_of(addenda: list[Record], kind: str, start: int, stop: int) -> str:
    """A field of the first addenda of a kind; empty where there is none."""
    return next((clean(a.text[start:stop]) for a in addenda if a.text[1:3] == kind), "")
