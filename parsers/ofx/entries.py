"""One OFX statement entry as a bank line: amount, date, kind, references, currency, correction.

OFX section 11.4.3 (STMTTRN), 5.2 (CURRENCY, ORIGCURRENCY) and 11.4.3 (corrections); what banks make of it is told in
`parsers.formats.ofx_statement`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from parsers import bank_text, issues, payer_phrases
from parsers.amounts import AmountError, is_currency, minor_digits, to_minor
from parsers.booking_text import is_return
from parsers.dates import iso, yyyymmdd
from parsers.ofx.elements import FIELDS, Entry, clean, elements
from parsers.records import BankLine, Kind, Record, Span, Status
from parsers.sources import Source
from parsers.written_amounts import AMBIGUOUS, mark_of, read_minor

_CENTS = re.compile(r"[+-]?[0-9]{1,12}\.[0-9]{2}")
_DECIMALS = re.compile(r"[+-]?0*[0-9]{1,12}\.[0-9]+")
_NUMBER = re.compile(r"[+-]?[0-9.,]*[0-9][0-9.,]*")
_RATE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,12})?")
_KINDS: dict[str, Kind] = {"FEE": "fee", "SRVCHG": "fee", "INT": "interest", "DIV": "interest", "XFER": "transfer"}
KNOWN_TYPES = frozenset({*_KINDS, "CREDIT", "DEBIT", "DEP", "ATM", "POS", "CHECK", "PAYMENT", "CASH", "DIRECTDEP", "DIRECTDEBIT", "MERCHANT",
                          "REPEATPMT", "HOLD", "OTHER"})
_USUAL_SIGN = {"CREDIT": 1, "DEP": 1, "DIRECTDEP": 1, "DEBIT": -1, "POS": -1}


class _Others(NamedTuple):
    """What the rarer fields of an entry say."""

    currency: str
    payer_name: str
    payer_account: str
    text: str
    value_date: dt.date | None
    instructed_currency: str
    rate: str
    original_reference: str
    correction: str


class Told(NamedTuple):
    """An entry that has been told: a hash of its content, the statement and line where it stands."""

    content: int
    statement: int
    line: int


@dataclass(slots=True)
class EntryReader:
    """Reads the entries of one file, statement after statement; `told` collects what is wrong with them.

    `elsewhere`: who told an account's FITID before, beside this reader (`parsers.ofx.columns`).
    """

    source: Source
    page: str
    corrected: frozenset[tuple[str, str]]
    told: list[Record] = field(default_factory=list)
    elsewhere: Callable[[str, str], Told | None] | None = None
    without_fitid: int = 0
    account: str = ""
    currency: str = ""
    _has_cents: bool = False
    _is_investment: bool = False
    _last_date: dt.date | None = None
    _statement: int = 0
    _seen: dict[str, dict[str, Told]] = field(default_factory=dict)
    _fitids: dict[str, Told] = field(default_factory=dict)
    _mark: str | None = None

    def begin_statement(self, account: str, currency: str, *, is_investment: bool, date: dt.date | None) -> None:
        """What holds for the entries to come; `date` for one that comes first and has none."""
        self.account, self.currency, self._is_investment, self._last_date = account, currency, is_investment, date
        self._has_cents = minor_digits(currency) == 2
        self._fitids = self._seen.setdefault(account, {})
        self._statement += 1

    def entered(self, last_date: dt.date, without_fitid: int) -> None:
        """Plain entries that somebody else has read: the last one's date, and how many have no FITID."""
        self._last_date = last_date
        self.without_fitid += without_fitid

    def identity(self, entry: Entry, currency: str) -> tuple[str, int]:
        """FITID and content of an entry that was told without a word."""
        _, posted, _, written, fitid, _, _, name, memo = self._texts(entry)
        return fitid, _content(yyyymmdd(posted[:8]), self.minor(written, currency), name, memo)

    def line(self, entry: Entry, span: Span) -> BankLine | None:
        """The bank line, or None where the amount cannot be read."""
        trntype, posted, available, written, fitid, reference, check, name, memo = self._texts(entry)
        others = None if entry.others is None else self._others(entry.others, name, memo)
        status: Status = "booked"
        if self._has_cents and others is None and _CENTS.fullmatch(written):
            amount = int(written.replace(".", ""))
        else:
            read = self._amount(written, others.currency if others else self.currency, span)
            if read is None:
                return None
            amount, status = read
        date = yyyymmdd(posted[:8]) or iso(posted) or self._neighbouring_date(posted, entry, span)
        self._last_date = date
        if not fitid:
            self.without_fitid += entry.name == "STMTTRN"  # a pending entry gets its FITID when it is booked
        elif self._is_told_again(fitid, Told(_content(date, amount, name, memo), self._statement, entry.line), span):
            status = "info"
        check = check if check.strip("0") else ""
        code = trntype.upper()
        line = BankLine(
            span, amount, self.currency, self._kind(code, amount, name, memo, span), date,
            yyyymmdd(available[:8]) if available else None, code, fitid,
            reference or check, check, name, "", "", memo, "", "", "", None, None, 0, None, "", status,
        )
        line = _with_bank_labels(line)
        if others is None and entry.name == "STMTTRN" and code != "HOLD" and not self.corrected:
            return line
        return self._completed(line, others, entry)

    def _texts(self, entry: Entry) -> Iterable[str]:
        """The everyday fields as `clean` reads them, without the work where there is nothing to do."""
        joined = "".join(entry.values)
        if joined.isascii() and "&" not in joined and "<" not in joined:
            texts = tuple(map(str.strip, entry.values))
            joined = "".join(texts)
            if "\n" not in joined and "\r" not in joined:
                return texts
        return [clean(value, self.page) for value in entry.values]

    # -- the rarer fields --------------------------------------------------------------------------------------------

    def _others(self, fields: dict[str, str], name: str, memo: str) -> _Others:
        """CURRENCY puts the amount in another currency than the account's, ORIGCURRENCY says what it was converted from."""
        told = {key: clean(value, self.page) for key, value in fields.items()}
        symbol = told.get("CURSYM", "").upper()
        symbol = symbol if is_currency(symbol) else ""
        was_converted = "ORIGCURRENCY" in told
        extended = told.get("EXTDNAME", "")
        is_longer_name = extended != "" and extended.upper().startswith(name.upper())
        account, bank = told.get("ACCTID", ""), told.get("BANKID", "")
        return _Others(
            currency=self.currency if was_converted or not symbol else symbol,
            payer_name=extended if is_longer_name else "",
            payer_account=f"{bank}/{account}" if bank and account and not account[:2].isalpha() else account,
            text=memo if is_longer_name else " ".join(text for text in (extended, memo) if text),
            value_date=yyyymmdd(told.get("VALUEDATE", "")[:8]),
            instructed_currency=symbol if was_converted else "",
            rate=told.get("CURRATE", ""),
            original_reference=told.get("CORRECTFITID", ""),
            correction=told.get("CORRECTACTION", "").upper(),
        )

    def _completed(self, line: BankLine, others: _Others | None, entry: Entry) -> BankLine:
        """The line with what its rarer fields say, and what corrections make of it."""
        if others is not None:
            line = line._replace(
                currency=others.currency, payer_name=others.payer_name or line.payer_name, payer_account=others.payer_account,
                remittance_text=others.text, value_date=line.value_date or others.value_date,
                original_reference=others.original_reference or line.original_reference, instructed_currency=others.instructed_currency,
                instructed_minor=_before_conversion(line, others),
            )
        if entry.name == "STMTTRNP" or line.type_code == "HOLD":
            line = line._replace(status="pending")
        if others is not None and others.original_reference:
            line = self._correction(line, others.correction)
        if (self.account, line.bank_reference) in self.corrected and line.original_reference != line.bank_reference:
            line = line._replace(status="info")  # another entry of this file takes its place
        return line

    def _correction(self, line: BankLine, action: str) -> BankLine:
        """REPLACE and DELETE of an entry that the file holds need no booking beyond the right one; else the books must be told."""
        if (self.account, line.original_reference) in self.corrected:
            return line._replace(status="info") if action == "DELETE" else line
        if action == "DELETE":
            return line._replace(amount_minor=-line.amount_minor, kind="reversal")
        message = f"replaces {line.original_reference}, which is not in this file: take the earlier line back by hand"
        self.told.append(issues.warning(line.span, "correction", message, line.bank_reference))
        return line

    # -- amount, date, kind, uniqueness ------------------------------------------------------------------------------

    def minor(self, written: str, currency: str) -> int:
        """`-1.234,50` and the like. A comma before three digits says nothing by itself: the file's other amounts decide."""
        if _CENTS.fullmatch(written) and minor_digits(currency) == 2:
            return int(written.replace(".", ""))
        squeezed = "".join(written.split())
        if not _NUMBER.fullmatch(squeezed):
            raise AmountError(f"{written!r} is not an amount")
        mark = mark_of(squeezed)
        if mark == AMBIGUOUS:
            mark = self._mark_of_file() or ("." if "." in squeezed else "")
        return read_minor(squeezed, currency, mark)

    def _amount(self, written: str, currency: str, span: Span) -> tuple[int, Status] | None:
        """Minor units, read the long way; what cannot be read is told. A broker's fourth decimal is cut, for information."""
        try:
            return self.minor(written, currency), "booked"
        except AmountError as reason:
            self.told.append(issues.error(span, "bad_amount", f"TRNAMT: {reason}", written))
        if not self._is_investment or not _DECIMALS.fullmatch(written):
            return None
        whole, _, fraction = written.partition(".")
        return to_minor(f"{whole}.{fraction[:minor_digits(currency)]}", currency), "info"

    def _mark_of_file(self) -> str:
        """The decimal mark of the first amount that is certain, empty where none is; looked up only when it is needed."""
        if self._mark is None:
            place = FIELDS.index("TRNAMT")
            marks = (mark_of(piece.values[place].strip()) for piece in elements(self.source) if isinstance(piece, Entry))
            self._mark = next((mark for mark in marks if mark in {".", ","}), "")
        return self._mark

    def _neighbouring_date(self, posted: str, entry: Entry, span: Span) -> dt.date | None:
        """DTTRAN for a pending entry; else the date of the entry before, which is told."""
        pending = yyyymmdd((entry.others or {}).get("DTTRAN", "").strip()[:8])
        if pending is not None:
            return pending
        message = f"DTPOSTED {posted!r} is no date" if posted else "the entry has no DTPOSTED"
        self.told.append(issues.warning(span, "bad_date", message, posted))
        return self._last_date

    def _kind(self, code: str, amount: int, name: str, memo: str, span: Span) -> Kind:
        if contradicts(code, amount):
            self.told.append(issues.warning(span, "bad_record", f"{code} contradicts the sign of the amount; the sign was kept"))
        if code not in KNOWN_TYPES:
            message = f"TRNTYPE {code!r} is none of OFX; the kind was taken from the sign" if code else "the entry has no TRNTYPE"
            self.told.append(issues.warning(span, "bad_record", message, code))
        kind = kind_of(code, amount)
        return "return" if kind == "disbursement" and is_return(f"{name} {memo}".upper()) else kind

    def _is_told_again(self, fitid: str, told: Told, span: Span) -> bool:
        """FITID is to be unique in an account. Only the same content in another statement is surely the same entry again."""
        known = self._fitids.get(fitid) or (self.elsewhere(self.account, fitid) if self.elsewhere else None)
        self._fitids[fitid] = known or told
        if known is None:
            return False
        same = known.content == told.content
        again = same and known.statement != told.statement
        means = "in an overlapping statement; counted once" if again else f"with {'the same' if same else 'another'} content"
        self.told.append(issues.warning(span, "duplicate", f"FITID {fitid} stands on line {known.line} already, {means}", fitid))
        return again


def kind_of(code: str, amount_minor: int) -> Kind:
    """What the type says, else the sign; money out may yet say in words that it is a return."""
    return _KINDS.get(code) or ("receipt" if amount_minor > 0 else "disbursement" if amount_minor < 0 else "other")


def contradicts(code: str, amount_minor: int) -> bool:
    """Whether the type is one of the other direction."""
    return _USUAL_SIGN.get(code, 0) * amount_minor < 0


def payer_named(name: str, memo: str) -> str:
    """Who paid: as a phrase or a label in the name says, or in the memo where there is no name; else the name."""
    words = name or memo
    by_label = bank_text.payer_name(f"{name} {memo}") if ":" in words else ""
    return payer_phrases.payer_name(words) or by_label or name


def return_labels(text: str) -> tuple[str, str, str]:
    """The reason of a return, what it takes back, and the check's number, where the text says so."""
    return bank_text.return_reason(text), bank_text.original_trace(text), bank_text.check_serial(text)


def _content(date: dt.date | None, amount_minor: int, name: str, memo: str) -> int:
    """What makes two entries with one FITID the same one."""
    return hash((date, amount_minor, name, memo))


def _with_bank_labels(line: BankLine) -> BankLine:
    """What banks say inside the text: the payer (`ORIG CO NAME:…`), the reason of a return and what it takes back."""
    text = f"{line.payer_name} {line.remittance_text}"
    if line.kind != "return":
        payer = payer_named(line.payer_name, line.remittance_text)
        return line if payer == line.payer_name else line._replace(payer_name=payer)
    reason, original, serial = return_labels(text)
    return line._replace(return_reason=reason, original_reference=original, check_number=line.check_number or serial)


def _before_conversion(line: BankLine, others: _Others) -> int | None:
    """ORIGCURRENCY: the amount divided by the rate, where that is exact; what the rate has rounded away is not made up."""
    if not others.instructed_currency or not _RATE.fullmatch(others.rate) or not others.rate.strip("0."):
        return None
    scale = Fraction(10) ** (minor_digits(others.instructed_currency) - minor_digits(line.currency))
    original = Fraction(line.amount_minor) * scale / Fraction(others.rate)
    return int(original) if original.denominator == 1 else None
