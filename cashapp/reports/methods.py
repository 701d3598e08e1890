"""How a payment came: lockbox check, check, ACH, wire, credit transfer, direct debit, card, other.

The file's format says it, or within a statement the bank's own type code:

    BAI2      108-118 lockbox · 140-169 ACH · 170-189 checks · 190-199, 206, 208 wires
    MT940     :61: N or F and CHK, CLR check · TRF credit transfer · DDT direct debit
    camt      family ICCN, RCHQ check · RCDT, IRCT credit transfer · IDDT direct debit · CCRD, MCRD card
    OFX       CHECK · DIRECTDEP ACH · DIRECTDEBIT · POS card
    CSV       the words of the bank's type column
"""

from __future__ import annotations

from functools import lru_cache

METHODS = ("lockbox check", "check", "ACH", "wire", "credit transfer", "direct debit", "card", "other")
_BY_FORMAT = {
    "lockbox": "lockbox check", "x12-823": "lockbox check", "nacha": "ACH", "fedwire": "wire", "mt103": "wire", "pacs": "credit transfer",
    "stripe": "card", "adyen": "card", "paypal": "card", "amazon": "card",
}
_BAI = ((108, 118, "lockbox check"), (140, 169, "ACH"), (170, 189, "check"), (190, 199, "wire"), (206, 208, "wire"))
_CODES = {
    "CHK": "check", "CLR": "check", "TRF": "credit transfer", "DDT": "direct debit", "ICCN": "check", "RCHQ": "check",
    "RCDT": "credit transfer", "IRCT": "credit transfer", "IDDT": "direct debit", "CCRD": "card", "MCRD": "card", "CHECK": "check",
    "DIRECTDEP": "ACH", "DIRECTDEBIT": "direct debit", "POS": "card", "ACH": "ACH", "FWT": "wire", "SWT": "wire", "CHQ": "check",
}
_WORDS = (
    ("LOCKBOX", "lockbox check"), ("CHECK", "check"), ("CHEQUE", "check"), ("WIRE", "wire"), ("ACH", "ACH"), ("CARD", "card"),
    ("DIRECT DEBIT", "direct debit"), ("LASTSCHRIFT", "direct debit"), ("TRANSFER", "credit transfer"), ("GUTSCHRIFT", "credit transfer"),
)


@lru_cache(maxsize=4096)
def method(format_name: str, type_code: str, *, has_check_number: bool = False, in_lockbox: bool = False) -> str:
    """The one of METHODS that the line tells of."""
    if in_lockbox:
        return "lockbox check"
    told = _BY_FORMAT.get(format_name) or _told_by_code(type_code.upper())
    return "check" if told == "other" and has_check_number else told


def _told_by_code(code: str) -> str:
    if len(code) == 3 and code.isdecimal():
        return next((name for first, last, name in _BAI if first <= int(code) <= last), "other")
    parts = [code, code[1:] if len(code) == 4 else "", *code.split("-")]
    told = next((_CODES[part] for part in parts if part in _CODES), "")
    return told or next((name for word, name in _WORDS if word in code), "other")
