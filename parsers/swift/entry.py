"""The statement line `:61:` of MT940, MT942 and MT950 as a bank line.

    :61:2509040904CR1500,00NTRFINV-4711//BANK-REF-1      value date YYMMDD, entry date MMDD, mark, funds code, amount,
    supplementary details                                 type, customer reference // bank reference, further line

The sign comes from the mark alone: C and RD are money in, D and RC money out; EC and ED (MT942) are expected entries. The
letter behind the mark is the funds code (third letter of the currency), so `DR` is a debit and `RCR` a reversed credit.
Amounts have a decimal comma; a point, one digit or none behind the comma, and blanks occur. The entry date has no year: it
is the year that brings it nearest to the value date. References longer than 16 characters are read whole. Where :61: names one
reference and :86: another end-to-end id, the id goes to the end of the text.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import NamedTuple

from parsers import bank_text, booking_text
from parsers.amounts import AmountError, minor_digits, to_minor
from parsers.dates import PIVOT, clamped, yymmdd
from parsers.records import BankLine, Kind, Span, Status
from parsers.swift.mt86_details import Details, is_iban

LINE = re.compile(
    r"(\d{6})(\d{4}|    )?(R[CD]|E[CD]|[CD])([A-Z])?\s?([\d.,]+) ?([SNF][A-Z0-9]{2}[A-Z0-9 ]|[A-Z][A-Z0-9]{3}(?=NONREF|//|\s|$))?([^\n]*)(?:\n([\s\S]*))?",
)
_LINE_ANY_CASE = re.compile(LINE.pattern, re.IGNORECASE)
AMOUNT_CHARACTERS_MAX = 40
_SIGNS = {"C": 1, "RD": 1, "EC": 1, "D": -1, "RC": -1, "ED": -1}
POINTERS = frozenset([
    "", "N", "NONREF", "NOREF", "NOTPROVIDED", "EREF", "EREF+", "KREF", "KREF+", "PREF", "PREF+", "MARF", "MARF+", "MREF", "MREF+",
    "CREF", "CREF+", "IREF", "IREF+",
])
"""No reference, or a hint that it stands in :86:."""

_FEES = frozenset(["CHG", "COM", "BRF", "ODC"])
UNTOLD = frozenset(["", "MSC"])
_TRANSFERS = frozenset(["CMZ", "CMS", "CMT", "CMP", "CMN"])
_INVESTMENTS = frozenset(["DIV", "CPN", "MAT", "RED", "SEC", "SLE", "FEX", "SWP", "LDP", "VDA"])
_FEE_BUSINESS = frozenset(["801", "802", "803", "804", "805", "806", "807", "808", "809", "810", "811", "813"])
_INTEREST_BUSINESS = frozenset(["812", "814", "815", "816", "817"])
_TRANSFER_BUSINESS = frozenset(["820", "823", "833", "834"])
_REVERSAL_BUSINESS = "899"
_GROUPED = re.compile(r"\d{1,3}([., ])\d{3}((?:\1\d{3})*)([.,]\d*)?")
_CHARGES = re.compile(r"/CHGS/+([A-Z]{3}) ?([\d.,]+)")
_ORIGINAL = re.compile(r"/OCMT/+([A-Z]{3}) ?([\d.,]+)")
_WRITTEN_ORIGINAL = re.compile(r"([A-Z]{3})? ?([\d.,]+) ?([A-Z]{3})?")
END_TO_END_MARK = "EREF+"
"""Before an end-to-end id that stands in the text, because :61: names another reference."""

CODED_SUPPLEMENT = re.compile(r"/(?:OCMT|CHGS|TRCD|EXCH|IACC)/")


class EntryError(ValueError):
    """The entry cannot be taken; `code` is one of `parsers.issues.REMEDIES`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Dates(NamedTuple):
    """Value date and booking date; `impossible` when the calendar has no such day and a neighbouring one stands for it."""

    value: dt.date | None
    booking: dt.date | None
    impossible: bool


def read(raw: str, details: Details, said: str, currency: str, span: Span) -> tuple[BankLine, bool]:
    """The bank line of a :61: and whether a date of it is impossible. `said` is the raw :86: for its amounts. `EntryError`
    when mark or amount cannot be read."""
    found = LINE.match(raw) or _LINE_ANY_CASE.match(raw)
    if found is None:
        raise EntryError("bad_record", "the statement line is not date, mark and amount")
    value, entry, mark, _, amount_text, type_code, references, supplement = found.groups("")
    mark = mark.upper()
    try:
        amount = minor(amount_text, currency)
    except AmountError as error:
        raise EntryError("bad_amount", str(error)) from None
    if _SIGNS[mark] < 0:
        amount = -amount
    dates = entry_dates(value, entry)
    customer, _, bank = references.partition("//")
    customer, bank, type_code = customer.strip(), bank.strip(), type_code.rstrip().upper()
    bank = "" if bank in POINTERS else bank
    account = details.payer_account
    if supplement:
        supplement, bank = _supplement(supplement, bank)
        if not account and is_iban(supplement):
            account, supplement = supplement, ""
    stated = "" if customer in POINTERS else customer
    kind = kind_of(mark, type_code[1:], details.business_code, details.is_return, (amount > 0) - (amount < 0))
    if details.is_free_text and (kind == "disbursement" or (kind == "receipt" and type_code[1:] in UNTOLD)):
        kind = booking_text.kind_of(details.text, amount)
    text = f"{supplement} {details.text}".strip() if supplement and not CODED_SUPPLEMENT.match(supplement) else details.text
    if details.end_to_end and stated and stated != details.end_to_end:
        text = f"{text} {END_TO_END_MARK}{details.end_to_end}".lstrip()
    status: Status = "pending" if mark[0] == "E" else "booked"
    line = BankLine(
        span, amount, currency, kind, dates.booking, dates.value, type_code, bank, stated or details.end_to_end or details.reference,
        stated if type_code[1:] == "CHK" and stated.isdecimal() else "",
        details.payee_name if amount < 0 and details.payee_name else details.payer_name, account,
        details.structured_reference, text, status=status,
    )
    if kind == "return" or kind == "reversal":  # noqa: PLR1714 - runs for every entry
        line = _returned(line, details, stated, said)
    if details.original_amount or supplement or "/OCMT/" in said or "/CHGS/" in said:
        line = _with_amounts(line, f"{raw}\n{said}", details.original_amount)
    return line, dates.impossible


def _returned(line: BankLine, details: Details, stated: str, said: str) -> BankLine:
    """Why the payment came back and which one it was."""
    line = line._replace(
        return_reason=details.return_reason or bank_text.return_reason(said),
        original_reference=details.end_to_end or stated or details.reference or bank_text.original_trace(said),
    )
    if not details.is_free_text:
        return line
    return line._replace(
        payer_name=bank_text.returned_payer_name(said) or line.payer_name, check_number=line.check_number or bank_text.check_serial(said),
    )


def _supplement(supplement: str, bank: str) -> tuple[str, str]:
    """The further line; a bank reference that slipped into it goes where it belongs."""
    said = " ".join(supplement.split())
    if not bank and said.startswith("//"):
        bank, _, said = said[2:].partition(" ")
    return said, bank


@lru_cache(maxsize=4096)
def kind_of(mark: str, code: str, business: str, is_return: bool, direction: int) -> Kind:
    """What the entry is for us, from the mark, the SWIFT type without its first letter and the German business code."""
    if mark[0] == "R" or business == _REVERSAL_BUSINESS:
        return "return" if code == "RTI" or is_return else "reversal"
    if code in _FEES or business in _FEE_BUSINESS:
        return "fee"
    if code == "RTI" or is_return:
        return "return"
    if code == "INT" or business in _INTEREST_BUSINESS:
        return "interest"
    if code in _TRANSFERS or business in _TRANSFER_BUSINESS:
        return "transfer"
    if direction < 0:
        return "disbursement"
    if code == "LBX":
        return "lockbox_deposit"
    return "other" if code in _INVESTMENTS or not direction else "receipt"


def minor(text: str, currency: str) -> int:
    """`1500,00` as minor units. Comma or point is the decimal mark; groups of three may be parted by the other one or by blanks.
    A lone point before more digits than the currency has could be either: `AmountError`."""
    whole, _, fraction = text.partition(",")
    if len(fraction) == 2 and whole.isdecimal() and fraction.isdecimal() and len(whole) < 14 and minor_digits(currency) == 2:
        return int(whole + fraction)
    if len(text) > AMOUNT_CHARACTERS_MAX:
        raise AmountError(f"{text[:20]!r}… is longer than any amount can be")
    grouped = _GROUPED.fullmatch(text)
    if grouped and not (grouped[3] or "").startswith(grouped[1]) and (grouped[2] or grouped[3] or grouped[1] == " "):
        text = text.replace(grouped[1], "")
    elif "." in text and len(text) - text.rfind(".") - 1 > minor_digits(currency):
        raise AmountError(f"{text!r} could mean thousands or a fraction")
    return to_minor(text, currency, decimal_marks=",.")


@lru_cache(maxsize=8192)
def entry_dates(value: str, entry: str) -> Dates:
    """`"251231", "0102"` → value date 2025-12-31, booked 2026-01-02."""
    exact = yymmdd(value)
    year = int(value[:2])
    date = exact or clamped(year + (2000 if year < PIVOT else 1900), int(value[2:4]), int(value[4:6]))
    if not entry.strip() or date is None:
        return Dates(date, date, exact is None)
    month, day = int(entry[:2]), int(entry[2:])
    near = [d for year in (date.year - 1, date.year, date.year + 1) if (d := clamped(year, month, day))]
    booking = min(near, key=lambda d: abs(d - date)) if near else date
    return Dates(date, booking, exact is None or booking.month != month or booking.day != day)


def _with_amounts(line: BankLine, said: str, original: str) -> BankLine:
    """The instructed amount (/OCMT/, OAMT+) and the charge that the message says was taken from it (/CHGS/)."""
    fee = _stated(_CHARGES.search(said), line.currency)
    stated = _ORIGINAL.search(said)
    written = None if stated else _WRITTEN_ORIGINAL.fullmatch(original)
    instructed_currency, text = (stated[1], stated[2]) if stated else (line.currency, original)
    if written:
        instructed_currency, text = written[1] or written[3] or line.currency, written[2]
    try:
        instructed = minor(text, instructed_currency) if text else None
    except AmountError:
        instructed = None
    if instructed is None:
        return line._replace(fee_minor=fee if line.amount_minor > 0 else 0)
    line = line._replace(instructed_minor=instructed, instructed_currency=instructed_currency)
    if instructed_currency != line.currency:
        return line._replace(fee_minor=fee if line.amount_minor > 0 else 0)
    taken = instructed - line.amount_minor if line.amount_minor > 0 else -line.amount_minor - instructed
    return line._replace(fee_minor=taken if taken > 0 and (fee == taken or (not fee and line.kind == "return")) else 0)


def _stated(found: re.Match[str] | None, currency: str) -> int:
    if found is None or found[1] != currency:
        return 0
    try:
        return minor(found[2], currency)
    except AmountError:
        return 0
