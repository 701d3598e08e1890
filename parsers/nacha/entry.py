"""A NACHA entry (record 6) with its addenda (records 7) as a bank line. NACHA Operating Rules, appendix three; columns 1-based.

    6    2-3 transaction code · 4-12 routing number · 13-29 account · 30-39 amount · 40-54 identification · 55-76 name
         77-78 discretionary · 79 addenda follow · 80-94 trace number
    710  47-81 receiver        711  4-38 originator        715  4-18 receiver's identification           (IAT)
    799  4-6 return reason · 7-21 original trace · 36-79 text; dishonoured (R61-R70) 59-79; IAT 46-79
    798  4-6 change code · 7-21 original trace · 36-64 corrected data

Columns 40-76 differ by entry class: CIE has a name of 15 and an identification of 22, MTE a name of 22 and an identification
of 15, CTX and its kin the number of addenda in 55-58, checks (ARC, BOC, POP, RCK, XCK, TRC) a serial number in 40-54.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from parsers import issues, returns
from parsers.dates import yymmdd
from parsers.nacha.addenda import NOTHING, Told, field_of, read_notes, span_of
from parsers.nacha.records import Record, clean, records
from parsers.records import BankLine, DetailChange, Issue, Kind, Span
from parsers.sources import Source

_MOVEMENTS: dict[str, tuple[int, Kind]] = {
    "1": (1, "return"), "2": (1, "receipt"), "3": (1, "other"), "4": (1, "other"),
    "6": (-1, "return"), "7": (-1, "disbursement"), "8": (-1, "other"), "9": (-1, "other"),
}
DIRECTIONS: dict[str, tuple[int, Kind]] = {account + digit: movement for account in "2345" for digit, movement in _MOVEMENTS.items()}
DIRECTIONS["55"] = (-1, "reversal")
DIRECTIONS |= {f"8{digit}": (1 if digit % 2 else -1, "other") for digit in range(1, 9)}  # ADV: advices of accounting
"""Transaction code → sign for the account the entry is delivered to, and what it is. x3, x8 are prenotes, x4, x9 zero-dollar."""

CHECKS = {"ARC", "BOC", "POP", "RCK", "XCK", "TRC"}
COUNTED = {"CTX", "ATX", "TRX", "ENR"}
"""Entry classes with the number of addenda before the name."""
NAMED = {"PPD", "WEB", "TEL", "CCD", "CTX"}
"""Entry classes in which a name is mandatory."""
OWN_LAYOUT = CHECKS | {"CIE", "MTE", "SHR", "IAT", "ADV"}
"""Other entry classes whose columns 40-76 are not identification and name."""
INDIVIDUALS = CHECKS | {"CIE"}
"""Entry classes whose individual is the payer."""
_UNUSUAL = OWN_LAYOUT | COUNTED
_CHANGE_CODES = {f"C{n:02}" for n in (*range(1, 10), 13, 14, *range(61, 70))}
_DIGIT = re.compile(r"\d")


class Batch(NamedTuple):
    """What a batch header says about each of its entries."""

    entry_class: str
    company: str
    date: dt.date | None
    return_date: dt.date | None
    reversal: bool
    individuals_pay: bool
    accounts_pay: bool


class Party(NamedTuple):
    """The other side of an entry as its record tells it."""

    identification: str
    name: str
    check_number: str = ""


def bank_line(entry: Record, addenda: list[Record], batch: Batch, told: Told) -> BankLine | None:
    """The entry as a bank line, or None where its amount or direction cannot be read; what is to be said goes to `told`."""
    text, entry_class = entry.text, batch.entry_class
    movement = DIRECTIONS.get(text[1:3])
    digits, width = (text[27:39], 12) if entry_class == "ADV" else (text[29:39], 10)
    if movement is None or len(digits) != width or not (digits.isascii() and digits.isdigit()):
        told.append(_unreadable(entry, digits, movement))
        return None
    sign, kind = movement
    amount = sign * int(digits)
    party = party_of(text, entry_class, addenda) if entry_class in _UNUSUAL else Party(clean(text[39:54]), clean(text[54:76]))
    if kind == "return" or (addenda and addenda[-1].text[1:3] in ("98", "99")):
        return _came_back(entry, addenda, party, batch, amount, told)
    if not addenda and text[78:79] == "1":
        told.append(issues.warning(span_of(entry), "missing_record", "the entry announces addenda that do not follow", text))
    if entry_class in NAMED and not party.name.strip("0"):
        told.append(issues.warning(span_of(entry), "bad_record", "the entry names no individual or company", text))
    if kind == "other" and amount and text[2] in "38" and entry_class != "ADV":
        told.append(issues.warning(span_of(entry), "bad_amount", "a prenote carries an amount", text))
    notes = read_notes(entry, addenda, abs(amount), told) if addenda else NOTHING
    return BankLine(
        Span(entry.number, entry.start, addenda[-1].end if addenda else entry.end), amount, "USD", _kind(kind, amount, batch),
        batch.date, batch.date, entry_class, text[79:94].strip(), party.identification or notes.trace, party.check_number,
        notes.payer_name or _payer(party, batch, addenda), payer_account(text) if batch.accounts_pay or entry_class in CHECKS else "",
        "", notes.text, remittance=notes.remittance,
    )


def other_side(source: Source) -> tuple[bool, bool]:
    """Whether the entries name their payers instead of us, and whether their accounts are the payers' too.

    Entries delivered to one company name that company. Where the entries of a batch share no name they name the payers, as
    some banks' reports do; their accounts are the payers' where they lie at several banks.
    """
    names: Counter[tuple[str, str]] = Counter()
    entries: Counter[str] = Counter()
    accounts: set[str] = set()
    batch, nameless = "", False
    for record in records(Source(source.head)):
        text = record.text
        if text[0] == "5":
            batch = f"{record.number} {text[50:53]}"
        elif text[0] == "6" and text[2:3] in ("2", "7") and batch[-3:] in ("PPD", "CCD", "WEB", "TEL", "CTX"):
            name = clean(text[58 if batch.endswith("CTX") else 54 : 76]).upper().partition(" ")[0]
            names[batch, name] += 1
            entries[batch] += 1
            accounts.add(text[3:29])
            nameless = nameless or not name
    several = [b for b, count in entries.items() if count > 1]
    strangers = [b for b in several if max(count for (of, _), count in names.items() if of == b) * 2 <= entries[b]]
    individuals = bool(several) and strangers == several and not nameless
    banks = {account[:9] for account in accounts}
    return individuals, individuals and len(banks) > 1 and len(accounts) * 2 > sum(entries.values())


def payer_account(text: str) -> str:
    """`routing/account`, empty for an account without a digit: masked numbers would make strangers look alike."""
    account = clean(text[12:29])
    return f"{text[3:12]}/{account}" if _DIGIT.search(account) else ""


@lru_cache(maxsize=65536)
def routing_ties(routing: str) -> bool:
    """Whether the ninth digit of a routing number is the check digit of the others (weights 3, 7, 1)."""
    if len(routing) != 9 or not (routing.isascii() and routing.isdigit()):
        return False
    return sum(int(digit) * weight for digit, weight in zip(routing, (3, 7, 1) * 3, strict=True)) % 10 == 0


def _unreadable(entry: Record, digits: str, movement: tuple[int, Kind] | None) -> Issue:
    if movement is None:
        return issues.error(span_of(entry), "bad_record", f"transaction code {entry.text[1:3]!r} is not one of NACHA's", entry.text)
    return issues.error(span_of(entry), "bad_amount", f"the amount {digits!r} is not a number", entry.text)


def _kind(kind: Kind, amount: int, batch: Batch) -> Kind:
    if amount == 0:
        return "other"
    return "reversal" if batch.reversal and kind != "other" else kind


def party_of(text: str, entry_class: str, addenda: list[Record]) -> Party:
    """Identification, name and check number from columns 40-76, as the entry class lays them out."""
    usual = Party(clean(text[39:54]), clean(text[54:76]))
    if entry_class in ("CIE", "MTE"):
        split = 54 if entry_class == "CIE" else 61
        if _DIGIT.search(usual.identification) and not _DIGIT.search(usual.name):
            return usual  # banks that send them in the columns of all other classes
        return Party(clean(text[split:76]), clean(text[39:split]))
    if entry_class in COUNTED and text[54:58].isdigit():
        return Party(usual.identification, clean(text[58:74]))
    if entry_class in CHECKS:
        serial = clean(text[39:48]) if entry_class == "POP" else usual.identification
        return Party(serial, "" if entry_class in ("TRC", "XCK") else usual.name, serial)
    if entry_class == "SHR":
        return Party(clean(text[43:54]), "")
    if entry_class == "ADV":
        return Party(clean(text[48:53]), usual.name)
    if entry_class == "IAT":
        return Party(field_of(addenda, "15", 3, 18), field_of(addenda, "10", 46, 81))
    return usual


def _payer(party: Party, batch: Batch, addenda: list[Record]) -> str:
    """Who stands on the other side: the originating company, the individual where it only carries the payer's order."""
    if batch.entry_class == "IAT":
        return field_of(addenda, "11", 3, 38) or batch.company
    if batch.individuals_pay or batch.entry_class in INDIVIDUALS:
        return party.name or batch.company
    return batch.company or party.name


def _came_back(entry: Record, addenda: list[Record], party: Party, batch: Batch, amount: int, told: Told) -> BankLine:
    """An entry of ours that came back, or came back only to correct what we know: the individual is the customer."""
    text = entry.text
    line = BankLine(
        Span(entry.number, entry.start, addenda[-1].end if addenda else entry.end), amount, "USD", "return",
        batch.return_date, batch.return_date, batch.entry_class, text[79:94].strip(), party.identification, party.check_number,
        party.name or batch.company, payer_account(text) if batch.entry_class != "IAT" else "",
    )
    if not addenda or addenda[-1].text[1:3] not in ("98", "99"):
        told.append(issues.warning(line.span, "missing_record", "the return has no addenda 99: no reason, no original trace", text))
        return line._replace(kind="other") if batch.entry_class == "COR" else line
    said = addenda[-1]
    line = line._replace(original_reference=said.text[6:21].strip())
    return _changed(line, said, told) if said.text[1:3] == "98" else _returned(line, said, batch, told)


def _returned(line: BankLine, addendum: Record, batch: Batch, told: Told) -> BankLine:
    """A return: addenda 99 says why."""
    reason = addendum.text[3:6].strip()
    known = returns.lookup(reason)
    if known is None:
        told.append(issues.warning(span_of(addendum), "bad_record", f"{reason!r} is not one of NACHA's return reasons", addendum.text))
    category = known.category if known else ""
    start = 45 if batch.entry_class == "IAT" else 58 if category == "dishonoured" else 35
    words = "" if category == "contested" else clean(addendum.text[start:79])
    if category == "deceased" and (died := yymmdd(addendum.text[21:27])):
        words = f"date of death {died} {words}".strip()
    return line._replace(return_reason=reason, remittance_text=words)


def _changed(line: BankLine, addendum: Record, told: Told) -> BankLine:
    """A notification of change: no money, a correction of what we know of the payer."""
    code, corrected = addendum.text[3:6].strip(), clean(addendum.text[35:64])
    told.append(DetailChange(span_of(addendum), code, line.original_reference, line.payer_name, corrected))
    if code not in _CHANGE_CODES:
        told.append(issues.warning(span_of(addendum), "bad_record", f"{code!r} is not one of NACHA's change codes", addendum.text))
    if line.amount_minor:
        told.append(issues.warning(line.span, "bad_amount", "a notification of change carries an amount", addendum.text))
    return line._replace(kind="other", remittance_text=f"{code} {corrected}".strip())
