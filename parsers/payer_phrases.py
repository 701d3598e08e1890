"""Who paid, where the bank says it in a sentence or a chain of its own making instead of a column or a label that many share.

| where | how the bank writes |
| --- | --- |
| India | `UPI/CR/412345678901/NAME/BANK/..`, `UPI-NAME-id@bank-..`, `UPI/NAME/id@bank/..`, `NEFT CR-IFSC-NAME-..`, `NEFT*IFSC*UTR*NAME`, `RTGS-UTR-NAME-..`, `IMPS/P2A/ref/NAME/..` |
| United States | `REAL TIME PAYMENT CREDIT RECD FROM ABA/.. FROM: BNF-NAME REF: ..`, `ZELLE PAYMENT FROM NAME CONF# ..`, `ELECTRONIC DEPOSIT FROM NAME REF=..` |
| Brazil | `TRANSFERÊNCIA RECEBIDA PELO PIX - NAME - ..`, `PIX RECEBIDO DE NAME`, `TRANSFERENCIA PIX REM: NAME 09/11` |
| France | `VIR SEPA RECU /DE NAME /MOTIF ..`, `VIR RECU 123 DE: NAME MOTIF: ..` |
| Spain, Italy | `TRANSFERENCIA DE NAME, CONCEPTO ..`, `BONIFICO .. DA: NAME CAUSALE: ..`, `BONIFICO .. ORDINANTE: NAME ..` |
| Singapore | `INCOMING PAYNOW REF 123 FROM: NAME OTHR ..` |
| United Kingdom | `FASTER PAYMENTS RECEIPT REF.INV 118 FROM NAME`, `DIRECT CREDIT FROM NAME REF: ..` |
| Denmark, Finland, Germany, Norway, Poland, Sweden, Switzerland, Türkiye | their own word for the sender, and a colon |

Only where the bank's convention fixes which part is the name. `UPI/412345678901/RENT/..` and `MMT/IMPS/ref/..` put the payer's text
and the name in changing places, so they tell none.

>>> payer_name("UPI/CR/412345678901/ACME TRADERS/HDFC/acme@okhdfc/INV 118")
'ACME TRADERS'
>>> payer_name("UPI/412345678901/INV 118/acme@okhdfc/HDFC")
''
"""

from __future__ import annotations

import re

from parsers import bank_text

_BRANCH = "[A-Z]{4}0[A-Z0-9]{6}"
_CLEARING = r"[A-Z]{1,5}[A-Z0-9]{0,4}\d{8,20}"
_LABEL_OR_END = r"(?=  |[;|\n]|,? +(?:ADRES NADAWCY|RACHUNEK NADAWCY|SORGU NO|[^\s:]{1,24}) ?:|,? *$)"
_SENDER = (
    r"AFSENDER|AVSENDER|AVSÄNDARE|BETALER|INNBETALER|MAKSAJA|AUFTRAGGEBER|ABSENDER|ORDINATORE|MITTENTE|EXP[EÉ]DITEUR|DONNEUR D.ORDRE"
    r"|NAZWA NADAWCY|NADAWCA|G[OÖ]NDEREN(?: ADI?| UNVANI?)?"
)

_PHRASES: tuple[tuple[str, re.Pattern[str]], ...] = tuple((mark, re.compile(pattern, re.IGNORECASE)) for mark, pattern in (
    ("UPI", r"\bUPI/(?:CR|DR|P2A|P2M)/[A-Z]?\d{6,20}/([^/]+)/"),
    ("UPI", r"\bUPI-([^@/]+?)-[A-Z0-9._-]+@[A-Z]+"),
    ("UPI", r"\bUPI/((?!CR/|DR/|P2A/|P2M/)[^/@\d][^/@]*)/[A-Z0-9._-]+@[A-Z]"),
    ("NEFT", rf"\bNEFT (?:CR|DR)-{_BRANCH}-([^-]+)"),
    ("RTGS", rf"\bRTGS (?:CR|DR)-{_BRANCH}-([^-]+)"),
    ("NEFT", rf"\bNEFT\*{_BRANCH}\*[A-Z0-9]+\*([^*-]+)"),
    ("RTGS", rf"\bRTGS\*{_BRANCH}\*[A-Z0-9]+\*([^*-]+)"),
    ("NEFT", rf"\bNEFT([-/]){_CLEARING}\1(?P<name>[^-/]+)"),
    ("RTGS", rf"\bRTGS([-/]){_CLEARING}\1(?P<name>[^-/]+)"),
    ("IMPS", r"\bIMPS/P2A/\d{6,20}/([^/]+)"),
    ("IMPS", r"\bIMPS-\d{12}-([^-]+)"),
    ("REAL TIME ", r"\bREAL TIME (?:PAYMENT|TRANSFER)(?: CREDIT)? RECD FROM ABA/.*?\bFROM: *(?:BNF-)?(.+?) *(?:REF:|INFO:|IID:|$)"),
    ("ZELLE", r"\bZELLE (?:PAYMENT |TRANSFER |MONEY RECEIVED )?FROM (.+?)(?=\.? +(?:CONF ?#|REF ?#|FOR \"|ON \d\d?/|[A-Z]*\d[A-Z0-9]{7,})|[;\n]|  |$)"),
    ("ELECTRONIC DEPOSIT", r"\bELECTRONIC DEPOSIT FROM (.+?) +REF="),
    ("RECEBID", r"\bTRANSFER[EÊ]NCIA RECEBIDA(?: PELO PIX)? *- *([^-]+?)(?= +- |$)"),
    ("RECEBID", r"\bPIX RECEBID[OA] DE:? +(.+?)(?= +- |  |[;\n]| \d\d/\d\d|$)"),
    ("PIX", r"\bPIX REM: *(.+?)(?= +- |  |[;\n]| \d\d/\d\d|$)"),
    ("VIR", r"\bVIR(?:EMENT)?\b[^/]*?/DE (.+?)(?= */(?:MOTIF|REF)\b|$)"),
    ("VIR", r"\bVIR(?:EMENT)?\b[^:]*? DE: *(.+?)(?= +(?:MOTIF|REF|ID|DATE|CHEZ|POUR) ?:|  |[;\n]|$)"),
    ("TRANSFERENCIA", r"\bTRANSFERENCIA (?:INMEDIATA )?(?:RECIBIDA )?DE (.+?), CONCEPTO\b"),
    ("BONIF", r"\bBONIF(?:ICO)?\b.*?\b(?:DA|ORD|ORDINANTE)\.?: *(.+?)(?= +(?:IBAN|BIC|BANCA|CAUSALE|CRO|TRN|INFO|NOTE)\b|  |[;\n]|$)"),
    ("PAYNOW", r"\bINCOMING PAYNOW REF:? *\d+[ ,\n]+FROM: *(.+?)(?= +OTHR\b| +OTHER:|  |[;,\n]|$)"),
    ("FASTER", r"\bFASTER PAYMENTS? RECEIPT REF\.? ?.*? FROM (.+?)(?=  |[;\n]|$)"),
    ("DIRECT CREDIT", r"\bDIRECT CREDIT FROM (.+?) +REF:"),
    *((mark, rf"(?<![A-Z])(?:{_SENDER}) ?: *([^\s:;|][^:;|\n]*?){_LABEL_OR_END}")
      for mark in ("SENDER", "BETALER", "NDARE", "MAKSAJA", "AUFTRAGGEBER", "ORDINATORE", "MITTENTE", "DITEUR", "ORDRE", "NADAWC", "NDEREN")),
))

MARKS = tuple(dict.fromkeys(mark for mark, _ in _PHRASES))
"""In ASCII capitals; a text without one of them, in any case, tells no payer here."""

_NAME_LENGTH_MAX = 140
_SOUGHT_IN = 1000


def payer_told(text: str) -> str:
    """Who paid by a label that many banks share (`bank_text`), else by a phrase."""
    by_label = bank_text.payer_name(text) if ":" in text or "=" in text else ""
    return by_label or payer_name(text)


def payer_name(text: str) -> str:
    """Who paid, in the bank's spelling; empty where no phrase tells it."""
    text = text[:_SOUGHT_IN]
    octets = text.encode(errors="replace").upper()
    for mark, pattern in _PHRASES:
        if mark.encode() in octets and (found := pattern.search(text)):
            return _name(found.groupdict().get("name") or found[1])
    return ""


def _name(found: str) -> str:
    """The name on one line; nothing where only a number stands."""
    name = " ".join(found.split()).strip(" ,-/")
    return name if any(map(str.isalpha, name)) and len(name) <= _NAME_LENGTH_MAX else ""
