"""Structured creditor references: numbers that an invoice asks its payer to quote, with check digits of their own.

| kind | where | form and check |
| --- | --- | --- |
| RF | ISO 11649, worldwide | `RF`, two check digits, up to 21 letters and digits: mod 97 |
| OGM | Belgium, OGM-VCS | `+++ddd/dddd/ddddd+++`: the last two of 12 digits are the first ten mod 97 |
| QRR, ISR | Switzerland | 27 digits (ISR also 16): mod 10 recursive |
| NL | Netherlands, betalingskenmerk | 16 digits, the first is the check: weights 2 4 8 5 10 9 7 3 6 1, mod 11 |
| OCR | Sweden, OCR with length digit | up to 25 digits: Luhn, the last but one is the length mod 10 |
| FI | Finland, viitenumero | 4 to 20 digits: weights 7 3 1, mod 10 |
| KID | Norway | 2 to 25 digits: Luhn, or mod 11 with `-` for ten |
| FIK | Denmark, slips 71 and 75 | 15 or 16 digits: Luhn |

A check digit is evidence, not proof: one random number in ten passes most of them, one in 97 passes RF and OGM. A number of
digits alone does not say which country made it; `kind` names the scheme that is hardest to meet by chance.

>>> kind("RF18 5390 0754 7034"), kind("+++010/8068/17183+++"), kind("21 00000 00003 13947 14300 09017")
('RF', 'OGM', 'QRR')
>>> find("YOUR INVOICE 12 +++010/8068/17183+++ THANK YOU")
'010806817183'

In free text only what cannot be mistaken is found: RF, OGM between its marks, the 27 digits of a QR reference, and any other where the
scheme's own word stands before it (`KID 12345678903`, `OCR-NR: ..`, `VIITE ..`, `ISSUER: BBA REF: ..`, `+71<..`) and its check digits tie.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable

_SEPARATORS = str.maketrans("", "", " \t\r\n\u00a0+*/.,:_-")
_CARRIES = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5) * 2
_ZERO = ord("0")
_LETTERS_AS_NUMBERS = {ord(letter): str(number) for number, letter in enumerate(string.ascii_uppercase, 10)}
_RF_IN_TEXT = re.compile(r"(?<![A-Z0-9])RF\d\d(?:[A-Z0-9]{4,21}(?![A-Z0-9])|(?: [A-Z0-9]{4}){1,5}(?: [A-Z0-9]{1,4})?(?![A-Z0-9]))")
_QRR_IN_TEXT = re.compile(r"(?<!\d)\d\d(?: ?\d{5}){5}(?!\d)")
_OGM_IN_TEXT = re.compile(r"(?:\+{3}|\*{3}) ?(\d{3}) ?/? ?(\d{4}) ?/? ?(\d{5}) ?(?:\+{3}|\*{3})")


_ANNOUNCED = re.compile(
    r"(?<![A-Z0-9])(?:(?P<KID>KID)|(?P<OCR>OCR)|(?P<FI>VIITE)(?:NUMERO|NRO)?|(?P<OGM>OGM|BBA)|(?P<FIK>FIK ?(?:71|75) ?<?))"
    r"(?:[- ]?(?:NR|NO|REF|NUMMER|NUMBER))?[.:#=/ ]{0,3}(?P<digits>\d(?:[ /]?\d){3,30})(?!-?[A-Z0-9])|(?P<SLIP>\+7[15] ?< ?)(?P<on_slip>\d{15,16})(?!\d)",
)
_WORDS = (form for word in ("KID", "OCR", "VIITE", "OGM", "BBA", "FIK") for form in (word, word.title(), word.lower()))
LONG_NUMBER_DIGITS = 27
MARK = "|".join(map(re.escape, ("RF", "Rf", "rf", "rF", "+++", "***", "+71", "+75", *_WORDS)))
LONG_NUMBER = f"[0-9][0-9 ]{{{LONG_NUMBER_DIGITS - 1}}}"
"""A text without the one and the other holds no reference that `find` finds."""

_MARK, _LONG_NUMBER = re.compile(MARK), re.compile(LONG_NUMBER)
_WHOLE_GROUP_DIGITS_MIN = 6


def normalise(text: str) -> str:
    """The reference without what people write between its characters, in capitals. Leading zeros stay."""
    return text.translate(_SEPARATORS).upper()


def is_valid(reference: str) -> bool:
    """Whether the check digits of some scheme tie."""
    return kind(reference) != ""


def kind(reference: str) -> str:
    """The scheme whose form and check digits the reference meets; "" for none."""
    bare = normalise(reference)
    if bare.startswith("RF"):
        return "RF" if _is_rf(bare) else ""
    if not (bare.isascii() and bare.isdigit() and bare.strip("0")):
        return ""
    if reference.rstrip().endswith("-"):
        return "KID" if 1 <= len(bare) < 25 and _weighted(bare, (2, 3, 4, 5, 6, 7)) % 11 == 1 else ""
    return next((name for name, is_met in _OF_DIGITS.items() if is_met(bare)), "")


def find(text: str) -> str:
    """The first reference in free text that cannot be mistaken; "" for none."""
    if _MARK.search(text) and (found := _marked(text)):
        return found
    if _LONG_NUMBER.search(text):
        for digits in _QRR_IN_TEXT.findall(text):
            if kind(digits) == "QRR":
                return normalise(digits)
    return ""


def _marked(text: str) -> str:
    """The first reference of those that a mark or a word tells."""
    for found in _OGM_IN_TEXT.finditer(text):
        if _is_ogm("".join(found.groups())):
            return "".join(found.groups())
    capitals = text.upper()
    for groups in _RF_IN_TEXT.findall(capitals):
        if longest := _longest_rf(groups):
            return longest
    return next((reference for found in _ANNOUNCED.finditer(capitals) if (reference := _announced(found))), "")


def _announced(found: re.Match[str]) -> str:
    """The digits behind a scheme's word: the first group where it is long enough to be all of the reference, else all of them."""
    is_met = next(check for scheme, check in _OF_WORDS.items() if found[scheme])
    digits = found["digits"] or found["on_slip"]
    first, whole = normalise(digits.partition(" ")[0]), normalise(digits)
    return next((each for each in (first, whole) if is_met(each) and (each == whole or len(each) >= _WHOLE_GROUP_DIGITS_MIN)), "")


def _longest_rf(groups: str) -> str:
    """Groups of four may be followed by a word that is none of the reference's."""
    while len(bare := groups.replace(" ", "")) > 7:
        if _is_rf(bare):
            return bare
        groups = groups.rpartition(" ")[0]
    return ""


def _is_rf(bare: str) -> bool:
    """ISO 7064 mod 97-10 over the characters with the first four behind them, letters as 10 to 35. Written out: files hold
    many of them."""
    return 5 <= len(bare) <= 25 and bare.isascii() and bare.isalnum() and int((bare[4:] + bare[:4]).translate(_LETTERS_AS_NUMBERS)) % 97 == 1


def _is_ogm(bare: str) -> bool:
    from stdnum.be import ogm_vcs

    return len(bare) == 12 and bool(ogm_vcs.is_valid(bare))


def _is_swiss(bare: str) -> bool:
    """Mod 10 recursive: each digit moves the carry, the check digit moves it to 0. Written out as `_is_rf`."""
    carry = 0
    for digit in bare.encode():
        carry = _CARRIES[carry + digit - _ZERO]
    return carry == 0


def _is_luhn(bare: str) -> bool:
    from stdnum import luhn

    return bool(luhn.is_valid(bare))


def _weighted(digits: str, weights: Iterable[int]) -> int:
    """The digits' sum by weights that repeat, from the right."""
    cycle = tuple(weights)
    return sum(int(digit) * cycle[place % len(cycle)] for place, digit in enumerate(reversed(digits)))


def _is_dutch(bare: str) -> bool:
    check = 11 - _weighted(bare[1:], (2, 4, 8, 5, 10, 9, 7, 3, 6, 1)) % 11
    return len(bare) == 16 and int(bare[0]) == {10: 1, 11: 0}.get(check, check)


def _is_swedish(bare: str) -> bool:
    return 3 <= len(bare) <= 25 and int(bare[-2]) == len(bare) % 10 and _is_luhn(bare)


def _is_finnish(bare: str) -> bool:
    return 4 <= len(bare) <= 20 and (_weighted(bare[:-1], (7, 3, 1)) + int(bare[-1])) % 10 == 0


def _is_norwegian(bare: str) -> bool:
    mod_11 = (_weighted(bare[:-1], (2, 3, 4, 5, 6, 7)) + int(bare[-1])) % 11 == 0
    return 2 <= len(bare) <= 25 and (mod_11 or _is_luhn(bare))


def _is_danish(bare: str) -> bool:
    return len(bare) in {15, 16} and _is_luhn(bare)


_OF_DIGITS: dict[str, Callable[[str], bool]] = {
    "OGM": _is_ogm,
    "QRR": lambda bare: len(bare) == 27 and _is_swiss(bare),
    "NL": _is_dutch,
    "OCR": _is_swedish,
    "ISR": lambda bare: len(bare) == 16 and _is_swiss(bare),
    "FI": _is_finnish,
    "KID": _is_norwegian,
}
_OF_WORDS: dict[str, Callable[[str], bool]] = {
    "KID": _is_norwegian, "OCR": _is_luhn, "FI": _is_finnish, "OGM": _is_ogm, "FIK": _is_danish, "SLIP": _is_danish,
}
