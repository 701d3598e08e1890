"""`mt-940` as a second reader of MT940, MT942 and MT950, with every correctness option on, one statement at a time.

The library is given each message by itself, from our `StatementOpened` to the next, decoded as we decode it; so what it
cannot read in one statement does not hide the others. Its faults that are known, with the upstream thread where there is one:

- an amount ends at a decimal point, what follows it becomes the reference;
- an entry without type code is overwritten by the next one, and a blank before the type code hides it;
- references end after 16 characters (wolph/mt940#111), Dutch and Polish details stay one text, a keyword of :86: runs on
  into the next one that the library does not know;
- it raises on dates that no calendar has, on the marks EC and ED of MT942, on a second supplementary line of :61:, on
  statement numbers that are not digits / digits;
- it takes a statement only from a :20: on, a field only at the start of a line, a line only behind LF;
- its two-digit years are always 20xx, and it moves the year of an entry date only across 330 days.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import re
from importlib.metadata import version

import mt940

from parsers.documents import Document
from parsers.profile import Profile
from parsers.second_opinion.entries import Answer, Entry, Library, Told, squeezed
from parsers.sources import Source, decode

BYTES_MAX = 64 * 1024 * 1024
"""A larger file is not asked about: the library takes a minute for each 150 MB and keeps some 15 times the file in memory."""

REFERENCE_CHARACTERS = 16
_POINTERS = ("EREF", "KREF", "PREF", "MARF", "MREF", "CREF", "IREF")
_NO_REFERENCE = frozenset(["", "N", "NONREF", "NOREF", "NOTPROVIDED", *_POINTERS, *(f"{word}+" for word in _POINTERS)])
"""No reference, or a hint that it stands in :86:."""

_ADDRESS = re.compile(r" object at 0x[0-9a-f]+")
_STATEMENT_START = re.compile(r"^:20:", re.MULTILINE)
_ENTRY_START = re.compile(r"^:61:", re.MULTILINE)
_AMOUNT = re.compile(r":61:\d{6}(?:\d{4}|    )?R?[CD][A-Z]?\s?([\d.,]+)( ?)([A-Z][A-Z0-9 ]{3})?", re.IGNORECASE)
_SUBFIELDS = re.compile(r":86:\d{3}\?")
_FAILURES = (
    (re.compile(r"month must be in|day is out of range|day must be in"), "it raises on dates that no calendar has"),
    (re.compile(r"Statement> from '\d{6}(\d{4}|    )?E[CD]"), "it does not know the marks EC and ED of MT942"),
    (re.compile(r"Statement> from '[^']*\\n[^']*\\n"), "it takes one supplementary line of :61: only"),
    (re.compile(r"StatementNumber"), "it raises on a statement number that is not digits / digits"),
)


def read(source: Source, document: Document, profile: Profile) -> Answer:
    """What the library reads in each message."""
    if source.size > BYTES_MAX:
        return Answer([], f"not asked: the file is larger than {BYTES_MAX // 1024**2} MB")
    content = source.read()
    starts = [statement.opened.span.start for statement in document.statements] or [0]
    ends = [*starts[1:], len(content)]
    return Answer([_message(decode(content[start:end], profile.encoding)) for start, end in zip(starts, ends, strict=True)])


def _message(text: str) -> Told:
    logging.getLogger("mt940").setLevel(logging.CRITICAL)  # it logs its own pattern for each line that it cannot read
    try:
        found = mt940.parse_statements(io.StringIO(text), options=mt940.Options.all())
        entries = [_entry(each.data) for statement in found for each in statement]
    except Exception as error:  # noqa: BLE001 - a foreign reader may raise anything; here and only here it is caught
        message = " ".join(_ADDRESS.sub("", str(error.args[0] if error.args else error)).split())[:160]
        known = next((words for pattern, words in _FAILURES if pattern.search(message)), "")
        return Told([], failure=f"the other reader fails: {type(error).__name__}: {message}", known_fault=known)
    return Told(entries, known_fault=_of_structure(text))


def _of_structure(text: str) -> str:
    if ":61:" in text and not _ENTRY_START.search(text):
        return "it takes a field only at the start of a line, and a line only behind LF"
    return "" if _STATEMENT_START.search(text) else "it takes a statement only from a :20: on"


def _entry(data: dict[str, object]) -> Entry:
    """Its transaction as an entry. A field that several tags fill holds one line for each."""
    amount, value, booked = data.get("amount"), data.get("date"), data.get("entry_date")
    assert isinstance(amount, mt940.models.Amount), "every :61: that it takes has an amount"
    assert isinstance(value, dt.date), "and a date"
    told = [str(data.get(name) or "") for name in ("customer_reference", "end_to_end_reference")]
    references = dict.fromkeys(line.strip() for text in told for line in text.split("\n"))
    bank = str(data.get("bank_reference") or "").strip()
    return Entry(
        amount.amount, booked if isinstance(booked, dt.date) else value, value, "" if bank in _NO_REFERENCE else bank,
        tuple(reference for reference in references if reference not in _NO_REFERENCE),
    )


def fault(what: str, raw: str, ours: Entry | None, theirs: Entry | None) -> str:
    """The library's fault that explains the disagreement, where one of those above does."""
    found = _AMOUNT.match(raw)
    if found is None or ours is None:
        return ""
    if theirs is None:
        return "" if found[3] and not found[2] and "." not in found[1] else "it overwrites an entry without type code with the next one"
    if "." in found[1] and what in {"amount", "customer_reference"}:
        return "it reads an amount only up to a decimal point"
    if what in {"booking_date", "value_date"}:
        return _of_dates(getattr(ours, what), getattr(theirs, what))
    if found[2]:
        return "a blank behind the amount hides the type code from it"
    if len(re.split(r"//|[\r\n]", raw[found.end():])[0]) > REFERENCE_CHARACTERS:
        return "it cuts references behind 16 characters (wolph/mt940#111)"
    return _of_reference(raw, ours, theirs) if what == "customer_reference" else ""


def _of_dates(ours: dt.date | None, theirs: dt.date | None) -> str:
    if ours is None or theirs is None or (ours.month, ours.day) != (theirs.month, theirs.day):
        return ""
    return "its two-digit years are always 20xx" if ours.year < 2000 else "it moves the year of an entry date only across 330 days"


def _of_reference(raw: str, ours: Entry, theirs: Entry) -> str:
    """Our reference comes from :86:; how the library takes that field apart decides what it has."""
    mine = squeezed("".join(ours.customer_reference))
    others = [squeezed(text) for text in theirs.customer_reference]
    if mine and any(text.startswith(mine) for text in others):
        return "it lets a keyword of :86: run on into the next one that it does not know"
    if _SUBFIELDS.search(raw) and any(text and mine.startswith(text) for text in others):
        return "it does not read a text on in ?60 to ?63"
    if mine and mine in squeezed(raw) and not _SUBFIELDS.search(raw):
        return "it leaves details without ?-subfields as one text"
    return ""


LIBRARY = Library(
    f"mt-940 {version('mt-940')}", ("amount", "booking_date", "value_date", "bank_reference", "customer_reference"), read, fault,
)
