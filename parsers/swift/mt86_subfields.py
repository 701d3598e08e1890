"""Subfields of `:86:`: German and Austrian banks (DK Anlage 3), Polish banks and Triodos.

    166?00GUTSCHRIFT?10931?20EREF+E2E-1?21SVWZ+RE 47?2211?30BIC?31IBAN?32Name?33more name?34return key?60purpose goes on

Three digits (GVC) say what was booked, the fourth character is the delimiter, two digits name a subfield: 00 posting text,
10 journal number, 20 to 29 and 60 to 63 purpose, 30 bank, 31 account, 32 and 33 name, 34 return key, 38 IBAN. Line ends are
nothing. A purpose subfield holds 27 characters: a full one goes on in the next, a shorter one ended there, unless a number
plainly goes on. SEPA key words end in `+`; with a colon (`EREF:`) they are the payer's own text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from parsers import structured
from parsers.swift.mt86_details import Details, stated

SUBFIELD_WIDTH = 27
REFERENCE_WIDTH = 35
_DELIMITERS = frozenset("?~^<>@|#$!")
_BARE_DELIMITERS = frozenset("?~^<>")
PURPOSE = frozenset([str(n) for n in range(20, 30)] + [str(n) for n in range(60, 66)])
FIRST_KEYS = PURPOSE | frozenset(["00", "10", "30", "31", "32"])
KEYWORDS = frozenset([
    "EREF", "KREF", "MREF", "CRED", "DEBT", "COAM", "OAMT", "SVWZ", "ABWA", "ABWE", "IBAN", "BIC", "PURP", "MDAT", "RREF", "RTRN", "SQTP",
    "ANAM", "MTLG",
])
TEXT_KEYWORDS, NAME_KEYWORDS = frozenset(["", "SVWZ", "MTLG"]), frozenset(["ABWA", "ABWE"])
_SEAM, _BLANKS = "\x1f", "\x1f "
"""Stands where a short subfield ended: a blank in text, the end of a reference."""

RETURN_CODES = {
    "901": "AC01", "902": "AC04", "903": "AC06", "904": "AG01", "906": "AM04", "907": "AM05", "908": "BE04", "909": "MD01",
    "910": "MD02", "912": "MD06", "913": "MD07", "915": "RC01",
}
"""Subfield 34 of a returned item (DK Anlage 3) as the ISO 20022 reason, where public sources agree; the others stay as they are."""

RETURN_BUSINESS = frozenset(["009", "059", "108", "109", "110", "111", "159", "160", "181", "182", "183", "184"])
"""Business codes (GVC) of returned direct debits, cards, cheques and transfers, in both directions."""
_ISO_REASON = re.compile(r"\b((?:A[CGM]|BE|ED|FF|MD|MS|RC|RR|SL|TM)\d\d|FOCR|DUPL|CUST|TECH|FRAD|CNOR|DNOR|NOAS|NOOR|ARDT|LEGL)\b")
_RETURN_TEXT = re.compile(r"RETOURE|R(?:UE|Ü)CKLASTSCHRIFT|R(?:UE|Ü)CKBELASTUNG|R(?:UE|Ü)CK(?:Ü|UE)BERWEISUNG", re.IGNORECASE)


def read(text: str) -> Details | None:
    """The details; None where the text has no such subfields. Line ends may still be in it."""
    if text[3:4] in _DELIMITERS and text[:3].isdecimal() and text[4:6] in FIRST_KEYS:
        return _subfields(text[:3], text[3], text.replace("\n", ""))
    flat = text.replace("\n", "").lstrip()
    if flat[3:4] in _DELIMITERS and flat[:3].isdecimal() and flat[4:6] in FIRST_KEYS:
        return _subfields(flat[:3], flat[3], flat)
    if flat[:1] in _BARE_DELIMITERS and flat[1:3] in FIRST_KEYS:
        return _subfields("", flat[0], flat)
    return None


def _subfields(business: str, delimiter: str, flat: str) -> Details:
    """German and Polish subfields: a delimiter and two digits. What follows from the first of the thirties on names the
    counterparty, and counterparties come again: `_party` remembers them."""
    cut = flat.find(delimiter + "3")
    party = _NOBODY
    if cut > 0 and flat[cut + 2:cut + 3].isdecimal():
        party = _party(flat[cut:], delimiter)
        flat = flat[:cut]
    posting, journal, purpose = _before_party(flat, delimiter)
    name = party.name or (_polish_name(flat, delimiter) if business and delimiter != "?" else "")
    said = _joined(purpose + party.purpose if party.purpose else purpose)
    values, text = _keywords(said) if "+" in said or "MTLG:" in said else (_NO_VALUES, said)
    if _SEAM in text:
        text = text.replace(_SEAM, " ")
    is_return = business in RETURN_BUSINESS or (posting != "" and says_return(posting))
    return Details(
        text.strip() or posting, name or values.get("ABWA", ""), party.account or values.get("IBAN") or journal,
        stated(values["EREF"]) if "EREF" in values else "", stated(values["KREF"]) if "KREF" in values else "",
        structured.find(text), business, posting, is_return, _return_reason(party.reason, said) if is_return else "",
        values.get("OAMT", ""),
    )


def _before_party(flat: str, delimiter: str) -> tuple[str, str, list[str]]:
    """Posting text, the account that Triodos puts into the journal number, and the purpose subfields."""
    pieces = flat.split(delimiter)
    del pieces[0]
    posting = journal = ""
    purpose: list[str] = []
    for piece in pieces:
        key = piece[:2]
        if key in PURPOSE:
            purpose.append(piece[2:])
        elif key == "00":
            posting = piece[2:].strip()
        elif key == "10":
            journal = piece[2:].lstrip("0") if len(piece) > 10 and piece.isdecimal() else ""
        elif not key.isdecimal():
            if purpose:
                purpose[-1] += delimiter + piece
            else:
                posting += delimiter + piece
    return posting, journal, purpose


def _polish_name(flat: str, delimiter: str) -> str:
    """The counterparty of Polish banks that put name and address into 27 to 29, behind a title that ends before 26."""
    fields = {piece[:2]: piece[2:].strip() for piece in flat.split(delimiter)[1:]}
    return "" if fields.get("26") else " ".join(fields[key] for key in ("27", "28", "29") if fields.get(key))


class _Party(NamedTuple):
    """The counterparty of subfields 30 to 38, and purpose subfields that stand behind it."""

    name: str = ""
    account: str = ""
    reason: str = ""
    purpose: list[str] = []  # noqa: RUF012 - never changed


_NOBODY = _Party()
_NO_VALUES: dict[str, str] = {}


@lru_cache(maxsize=16384)
def _party(tail: str, delimiter: str) -> _Party:
    fields: dict[str, str] = {}
    key = ""
    for piece in tail.split(delimiter)[1:]:
        if piece[:2].isdecimal() and len(piece) >= 2:
            key = piece[:2]
            fields[key] = fields.get(key, "") + piece[2:]
        else:
            fields[key] = fields.get(key, "") + delimiter + piece
    name = _joined([fields[key] for key in ("32", "33") if key in fields]).replace(_SEAM, " ").strip()
    return _Party(name, _account(fields), fields.get("34", ""), [fields[key] for key in fields if key in PURPOSE])


def _account(fields: dict[str, str]) -> str:
    """The counterparty's IBAN, or its bank code and account number as `routing/account`."""
    account = (fields.get("38") or fields.get("31") or "").replace(" ", "")
    bank = fields.get("30", "").strip() if account.isdecimal() else ""
    return f"{bank}/{account}" if bank.isdecimal() else account


@lru_cache(maxsize=1024)
def says_return(posting: str) -> bool:
    """Whether the bank's own posting text names a return; banks use few such texts."""
    return _RETURN_TEXT.search(posting) is not None


def _joined(pieces: list[str]) -> str:
    """Subfields as one text, `_SEAM` where a short one, or one before an empty one, ended for good."""
    if len(pieces) < 2:
        return pieces[0] if pieces else ""
    text = left = ""
    has_gap = False
    for right in pieces:
        if right:
            is_direct = not left or (not has_gap and (len(left) >= SUBFIELD_WIDTH or goes_on(left, right)))
            text += right if is_direct else _SEAM + right
            left = right
        has_gap = not right
    return text


def goes_on(left: str, right: str) -> bool:
    """Whether a short subfield is broken inside a number, `RE-2024-0` + `0017`, or at a mark, `FV/` + `17`."""
    last, first = left[-1], right[0]
    if not last.isalnum():
        return last not in ",;" and not (last in ".:" and first.isalpha() and first.isupper())
    return not first.isalnum() or (first.isdigit() and last.isdigit())


def _keywords(said: str) -> tuple[dict[str, str], str]:
    """SEPA key words and their values; and the remaining text: SVWZ+, or what stands outside of all of them."""
    pieces = (said.replace("MTLG:", "MTLG+") if "MTLG:" in said else said).split("+")
    values: dict[str, str] = {}
    free: list[str] = []
    key, value = "", pieces[0]
    for piece in pieces[1:]:
        following = value[-4:]
        if following in KEYWORDS or (following := value[-3:]) == "BIC":
            _keep(key, value[:-len(following)], values, free)
            key, value = following, piece
        else:
            value += "+" + piece
    _keep(key, value, values, free)
    return values, free[0] if len(free) == 1 else _SEAM.join([part.strip(_BLANKS) for part in free])


def _keep(key: str, value: str, values: dict[str, str], free: list[str]) -> None:
    """A key word's value up to the end of a short subfield; what stands behind it is text."""
    if key in TEXT_KEYWORDS:
        if value:
            free.append(value)
        return
    rest = ""
    if _SEAM in value:
        value, _, rest = value.partition(_SEAM)
    if len(value) > REFERENCE_WIDTH:  # a SEPA reference has 35 characters; what goes on behind it is text
        value, rest = value[:REFERENCE_WIDTH], value[REFERENCE_WIDTH:] + _SEAM + rest
    if key not in values:
        values[key] = value.strip()
    if rest and key not in NAME_KEYWORDS:
        free.append(rest)


def _return_reason(code: str, said: str) -> str:
    """The ISO 20022 reason where it is stated or translates, else the bank's own code."""
    code = code.strip()[:3]
    if code in RETURN_CODES:
        return RETURN_CODES[code]
    found = _ISO_REASON.search(said)
    return found[1] if found else code
