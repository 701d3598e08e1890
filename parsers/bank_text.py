"""What US banks label inside the free text of an entry: who paid, which check, which trace, why a payment came back.

Every bank has its own labels, so this is a table of styles rather than a grammar:

    ORIG CO NAME:ACME INC   ORIG ID:9215986202 DESC DATE:260119 ... TRACE#:021000021234567     (ACH, one long line)
    ACME INC DES:PAYMENTS ID:12345 INDN:OUR NAME CO ID:9215986202 CCD                           (ACH, name first)
    WT FED#01234 FIRST BANK /ORG=ACME INC SRF# 2026011900001234 TRN#260119012345 RFB# INV 17    (wire, slashes)
    SENDER BNK:=FIRST BANK | ORG:=ACME INC | OBI:=INVOICE 17                                    (wire, one label a line)
    FED WIRE CREDIT VIA: FIRST BANK/121000248 B/O: ACME INC REF: ... IMAD: 0119B1QGC01R012345   (wire, sentences)
    Check Return,Return From: Acme Inc, Check Serial Number: 0009000000, Return Reason: "NSF"   (returned check)

A line break in the text is where the bank began a new line. What is found is a reading aid: the whole text stays with the entry.
"""

from __future__ import annotations

import re
from functools import lru_cache

LABEL = re.compile(r"/?[A-Z][A-Z0-9/. #]{0,24}?[:=]|/[A-Z]{2,6}/")
"""A line that opens like this begins something new, even after a full line."""

BEFORE = r"[ ,/;|\n]"
"""What stands before a label; each search begins with one character class, which `re` skips to quickly."""

VALUE = r"[:=]=?([^\n:=;#|\\]*[:=#]?)"
"""What follows a label up to the next sign, which is kept: only before one can another label stand."""
PAYER = re.compile(
    BEFORE + r"(?:ORIG(?:INATOR|INATING)?(?: CO(?:MPANY)?)?(?: NAME)?|ORG(?: NAME)?|B/O(?: CUSTOMER)?|BY ORDER OF|REMITTER(?: NAME)?"
    r"|ORDERING (?:CUSTOMER|PARTY)|DBNM|DEBTOR(?: NAME)?|PAY[EO]R(?: NAME)?|REC(?:EIVE)?D? FROM|SENDER NAME|CO(?:MPANY)? NAME)" + VALUE,
)
RETURNED_PAYER = re.compile(BEFORE + r"(?:RETURN FROM|MAKER|DRAWER|PAY[EO]R(?: NAME)?|IND(?:IVIDUAL)? NAME|INDN)" + VALUE)
NAME_FIRST = re.compile(r" ([A-Z][^\n:=]*?) +DES:")
NEXT_LABELS = frozenset({
    "ID", "ORIG ID", "ORIGINATOR ID", "ORG ID", "CO ID", "IND ID", "DESC DATE", "CO ENTRY DESCR", "SEC", "TRACE", "ORIG TRACE", "TRN", "EED",
    "IND NAME", "INDN", "DES", "SND BK", "SENDER BNK", "ORG", "OGB", "ORG BK", "BNF", "BEN", "BENE", "OBI", "RFB", "REF", "YOUR REF", "SRF", "BBI", "IMAD", "OMAD",
    "PMT DET", "PMT INFO", "ORG ADDRESS", "ORIG ADDR", "ADDR", "ADDRESS", "VIA", "CTR", "DATE", "TIME", "DETAILS", "INFO", "REMARK", "REMARKS",
    "REMITTANCE", "REMITTANCE INFO", "REMITTANCE INFORMATION", "REMIT INFO",
    "A/C", "AC", "ACCT", "INV", "INVOICE", "BANK", "FED", "SSN", "AMT", "REASON", "RETURN REASON", "CHECK", "CHECK NUMBER",
    "CHECK SERIAL NUMBER", "CLIENT REF ID",
})
"""Labels that end the name before them when both stand on one line."""

_PAYER_LABEL = re.compile(PAYER.pattern.removeprefix(BEFORE).removesuffix(VALUE))
_OPENING_LABEL = re.compile(r"([A-Za-z][A-Za-z0-9 ]{0,24}?)[:=#]")
_LAST_TWO_WORDS = re.compile(r"(?:[A-Za-z0-9]+ )?[A-Za-z0-9]+$")
_NEAR_END = 40
_END_NAMES = frozenset({"CO", "ORG", "BANK"})
"""Words of labels that are just as well the end of a name, where what follows is a label by itself."""

LABELS_GO_ON_WITH = frozenset(word for label in NEXT_LABELS for word in label.split()[1:]) | {"CO", "COMPANY", "CUSTOMER", "FROM", "OF", "ORDER", "PARTY"}
"""The words of labels but for the first ones; those of PAYER are told apart."""

ACCOUNT_BEFORE_NAME = re.compile(r" *(?:/[A-Z0-9-]+ +|\d/|\d{6,} +)")
CLEARING_REFERENCE = re.compile(
    BEFORE + r"(?:IMAD|FED NO|FED REF(?:ERENCE)?|TRACE(?: NO| NUMBER)?|TRN)\.?#?[:= ]{0,3}([A-Z0-9]{6,40})\b",
)
PAYER_REFERENCE = re.compile(
    BEFORE + r"(?:EREF|E2E(?: ID)?|END ?TO ?END(?: ID)?|YOUR REF|CUST(?:OMER)? REF|IND ID|RFB)[:=# ]{1,3}((?=[A-Z-]*\d)[A-Z0-9-]{3,35})\b",
)
SERIAL = re.compile(
    BEFORE + r"(?:CHECK SERIAL|CHECK|CHK|CK|SERIAL)\.? ?(?:NUMBER|NUM|NO\.?|NBR|SERIAL(?: NUMBER)?)?[:=# ]{0,3}(\d{3,15})\b",
)
ORIGINAL_TRACE = re.compile(BEFORE + r"ORIG(?:INAL)? (?:TRACE|TRN|ITEM|REF)(?: NO| NUMBER)?\.?#?[:= ]{0,3}([A-Z0-9]{6,40})\b")
REASON = re.compile(BEFORE + r'(?:RETURN |RTN )?(?:REASON|RSN)(?: CODE| CD)?[:=] *"?([^"\n,;]{1,60})')
REASON_WORDS = re.compile(
    BEFORE + r"(R\d\d|NSF|NON-?SUFFICIENT FUNDS|INSUFFICIENT FUNDS|UNCOLLECTED(?: FUNDS)?|STOP(?:PED)? PAY(?:MENT)?|ACC(?:OUN)?T CLOSED"
    r"|CLOSED ACC(?:OUN)?T|UNAUTHORI[SZ]ED|REFER TO MAKER|UNABLE TO LOCATE|FROZEN|ENDORSEMENT|STALE DATED?|DUPLICATE)(?:[^A-Z0-9]|$)",
)


CODE_AT_END = "[/,][A-Za-z0-9]{1,6}$"
"""A short label right behind a slash or comma."""

_CODE_AT_END = re.compile(CODE_AT_END)
_SIGNS = (":", "=", "#")
OWN_ACCOUNTS = re.compile(
    BEFORE + r"(?:ZBA|SWEEP|CONCENTRATION|INTERCOMPANY|OWN ACC(?:OUN)?T|(?:TRANSFER|XFER|TFR|TRF) (?:FROM|FR|TO) (?:ACC?T|ACCOUNT|DDA|CHECKING|CHK"
    r"|SAVINGS?|SAV|MMA))(?:[^A-Z]|$)",
)


def payer_name(text: str) -> str:
    """Who paid, in the bank's spelling; empty where no known label says so."""
    value = _first(PAYER, text)
    if not value and " DES:" in text:
        value = _first(NAME_FIRST, text)
    return _name(value) if value else ""


def returned_payer_name(text: str) -> str:
    """Whose payment came back: the maker of the check or the individual that was debited."""
    return _name(_first(RETURNED_PAYER, text)) or payer_name(text)


def clearing_reference(text: str) -> str:
    """The IMAD, trace number or Fed reference that stands in the text."""
    return _first(CLEARING_REFERENCE, text)


def payer_reference(text: str) -> str:
    """The end-to-end id, individual id or reference for the beneficiary that stands in the text."""
    return _first(PAYER_REFERENCE, text)


def check_serial(text: str) -> str:
    """The number of the check that the text names, without leading zeros."""
    return _first(SERIAL, text).lstrip("0")


def original_trace(text: str) -> str:
    """The trace of the payment that a return takes back."""
    return _first(ORIGINAL_TRACE, text)


def return_reason(text: str) -> str:
    """Why a payment came back: a stated reason, else an ACH return code or one of the usual words."""
    return (_first(REASON, text) or _first(REASON_WORDS, text)).strip()


def is_between_own_accounts(text: str) -> bool:
    """Whether a book transfer says that it only moves our own money."""
    padded = f" {text}"
    return OWN_ACCOUNTS.search(padded.upper()) is not None


def joint(before: str, after: str, *, is_full: bool) -> str:
    """What stands between two lines of a text: nothing where a full line ends inside a word, a blank where any line ends inside a label
    (`CO ENTRY`, `DESCR:`), else a line break."""
    if is_full and not LABEL.match(after):
        return ""
    opening, last = _OPENING_LABEL.match(after), _LAST_TWO_WORDS.search(before, max(len(before) - _NEAR_END, 0))
    if opening and last:
        head, tail = opening[1].upper(), last[0].upper()
        for words in dict.fromkeys((tail, tail.rpartition(" ")[2])):
            if _is_label(f"{words} {head}") and not (words in _END_NAMES and _is_label(head)):
                return " "
            if is_full and _is_label(words + head) and not _is_label(head):
                return ""
    return "\n"


def _is_label(text: str) -> bool:
    return text in NEXT_LABELS or _PAYER_LABEL.fullmatch(text) is not None


def _first(pattern: re.Pattern[str], text: str) -> str:
    """What the pattern's group finds, sought in capitals of the same length and behind a space, so that a label may open the text."""
    padded = f" {text}"
    found = pattern.search(padded.upper() if text.isascii() else padded)
    if found is None:
        return ""
    start, end = found.span(1)
    return padded[start:end]


@lru_cache(maxsize=4096)
def _name(value: str) -> str:
    """The name that a value begins with, after the account or line number of a wire and up to a double space or the next label;
    nothing where only a number stands. The same payers come again and again, so the work is done once for each spelling."""
    before = ACCOUNT_BEFORE_NAME.match(value)
    name = value[before.end() :] if before else value.lstrip()
    name = name.partition("  ")[0]
    if name.endswith(_SIGNS):
        name = _before_next_label(name[:-1])
    name = name.strip(" /,:=-.\"'")
    return "" if name.replace(" ", "").isdecimal() else name


def _before_next_label(value: str) -> str:
    """`ACME INC ORIG ID`, `ACME INC/OBI`, `ACME INC,OBI` → `ACME INC`: the value ran on to the next colon, equals or number sign."""
    words = value.split(" ")
    for count in (3, 2, 1):
        if " ".join(words[-count:]).upper() in NEXT_LABELS:
            return " ".join(words[:-count])
    return _CODE_AT_END.sub("", value)
