"""`ofxparse` as a second reader of OFX, with `fail_fast` off: an entry that it refuses does not hide the others.

The library takes the bytes of the whole file; its accounts are set against our statements by account number, in order. It
knows no value date, no REFNUM, no currency of an entry, no corrections and no pending entries. Its faults that are known:

- it moves DTPOSTED to UTC and drops the zone, so that an evening's entry stands on the next day;
- it reads a DELETE as one more entry with the amount of what it deletes, `null` as zero, and does not see STMTTRNP;
- it refuses an entry without FITID, with an empty element or an impossible date, and reads 00000000 as no date;
- it raises on CHARSET:NONE (jseutter/ofxparse#154), on an ENCODING that it does not know, on bytes that the header does not
  fit, UTF-8 in OFX 2 among them (#133), on a header in one line and on empty elements of a statement's head.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
from collections import defaultdict
from decimal import Decimal
from importlib.metadata import version

from ofxparse import OfxParser
from ofxparse.ofxparse import Account, Transaction

from parsers.dates import yyyymmdd
from parsers.documents import Document
from parsers.profile import Profile
from parsers.second_opinion.entries import Answer, Entry, Library, Told
from parsers.sources import Source

BYTES_MAX = 2 * 1024 * 1024
"""A larger file is not asked about: the library's time grows faster than the file, 10 seconds at 12,000 entries, a minute at
32,000."""

_ZONE = re.compile(r"<DTPOSTED>[^<]*\[", re.IGNORECASE)
_DATE = re.compile(r"<DTPOSTED>\s*([^<]*)", re.IGNORECASE)
_EMPTY = re.compile(r"<(?:TRNTYPE|NAME|FITID|CHECKNUM)>\s*(?:<|$)", re.IGNORECASE)
_FAILURES = {
    "LookupError": "it raises on a CHARSET that is not a code page (jseutter/ofxparse#154)",
    "UnboundLocalError": "it raises on an ENCODING other than USASCII, UNICODE and UTF-8",
    "UnicodeDecodeError": "it decodes by the header alone and strictly (jseutter/ofxparse#133)",
    "ValueError": "it wants each KEY:VALUE of the header on a line of its own",
    "IndexError": "it raises on empty elements of a statement's head",
}


def read(source: Source, document: Document, profile: Profile) -> Answer:  # noqa: ARG001 - it has no settings of a bank
    """What the library reads, its accounts in the order of our statements."""
    if source.size > BYTES_MAX:
        return Answer([], f"not asked: the file is larger than {BYTES_MAX // 1024**2} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it calls bs4 by names that are going away
            accounts = OfxParser.parse(io.BytesIO(source.read()), fail_fast=False).accounts
        told = [_told(account) for account in accounts]
    except Exception as error:  # noqa: BLE001 - a foreign reader may raise anything; here and only here it is caught
        message = " ".join(str(error).split())[:160]
        known = _FAILURES.get(type(error).__name__, "")
        return Answer([], f"the other reader fails: {type(error).__name__}: {message}", known)
    return Answer(_in_our_order(told, document))


def _told(account: Account) -> Told:
    statement = account.statement
    entries = [_entry(each) for each in statement.transactions if isinstance(each, Transaction)]
    refused = tuple(" ".join(str(each["error"]).split()) for each in statement.discarded_entries)
    return Told(entries, refused, account=account.account_id.strip())


def _entry(found: Transaction) -> Entry:
    check = str(found.checknum or "")
    amount = found.amount
    assert isinstance(amount, Decimal | int), "an entry that it takes has an amount"
    date = found.date.date() if isinstance(found.date, dt.datetime) else None
    return Entry(Decimal(amount), date, bank_reference=str(found.id or ""), check_number=check if check.strip("0") else "")


def _in_our_order(told: list[Told], document: Document) -> list[Told]:
    """For each of our statements its account's next one, then what we do not have."""
    waiting: dict[str, list[Told]] = defaultdict(list)
    for each in told:
        waiting[each.account].append(each)
    ordered = [
        waiting[account].pop(0) if waiting[account] else Told([]) for account in (s.opened.account for s in document.statements)
    ]
    return ordered + [each for rest in waiting.values() for each in rest if each.entries]


def fault(what: str, raw: str, ours: Entry | None, theirs: Entry | None) -> str:
    """The library's fault that explains the disagreement, where one of those above does."""
    upper = raw.upper()
    if theirs is None:
        if "<STMTTRNP>" in upper:
            return "it does not read pending entries (STMTTRNP)"
        if "<FITID>" not in upper or _EMPTY.search(raw):
            return "it refuses an entry without FITID or with an empty element"
        date = _DATE.search(raw)
        return "" if date and yyyymmdd(date[1][:8]) else "it refuses an entry whose date it cannot read"
    if ours is None:
        return "it reads `null` as zero" if not theirs.amount else ""
    if what == "booking_date" and theirs.booking_date is None:
        return "it reads 00000000 as no date"
    if what == "booking_date" and _ZONE.search(raw):
        return "it moves DTPOSTED to UTC"
    if what == "amount" and "<CORRECTACTION>DELETE" in upper and ours.amount == -theirs.amount:
        return "it knows no corrections"
    return ""


LIBRARY = Library(f"ofxparse {version('ofxparse')}", ("amount", "booking_date", "bank_reference", "check_number"), read, fault)
