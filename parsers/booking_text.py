"""What the words of a booking say about its kind, where the bank gives no code of its own (OFX, CSV).

Only wordings that banks print themselves and payers hardly write: a word too few costs a clerk one look, a word too many
hides a customer's payment. Money out that says it is a returned deposit is a return; the fee for it is a fee.
"""

from __future__ import annotations

import re

from parsers.records import Kind

RETURN = re.compile(
    r"RETURN(?:ED)? (?:OF )?(?:DEPOSIT(?:ED)?|ITEM|CHECK|CHEQUE|ACH|PAYMENT|DEBIT)|DEPOSIT(?:ED)?(?: ITEM)? RETURN|ACH RETURN|"
    r"\bRETURN ITEM|CHARGEBACK|\bNSF (?:RETURN|ITEM|CHECK)|UNPAID (?:CHEQUE|CHECK|DIRECT DEBIT|ITEM)|CHEQUE RETURNED|"
    r"R(?:Ü|UE|U)CK(?:LAST|BUCH|GABE|SCHECK|ÜBERW|RUF)|\bRETOURE\b|RETOUR (?:SEPA|DOMICILIATION|PRELEVEMENT)|"
    r"IMPAY[EÉ]|REJET (?:DE )?(?:PRELEVEMENT|PRÉLÈVEMENT|CHEQUE|CHÈQUE|PRLV)|DEVOLUCI[OÓ]N (?:DE )?(?:RECIBO|CHEQUE|ADEUDO)",
)
_FEE_IN_RETURN = re.compile(r"\b(?:FEE|CHARGE|CHG)\b(?!BACK)|ENTGELT|GEB(?:Ü|UE)HR|FRAIS|COMISI[OÓ]N")
_FEE = re.compile(
    r"(?:MONTHLY |ACCOUNT |WIRE |BANK |ANNUAL |OVERDRAFT |ACCOUNT ANALYSIS |INCOMING WIRE |OUTGOING WIRE |NSF |ATM |"
    r"MAINTENANCE |MONTHLY MAINTENANCE |MONTHLY SERVICE |MONTHLY ACCOUNT |FOREIGN TRANSACTION )?(?:SERVICE )?(?:FEES?|CHARGES?)\b(?! ?BACK)|"
    r"ANALYSIS (?:FEE|CHARGE)|KONTOF(?:Ü|UE)HRUNG|ENTGELT(?:ABSCHLUSS|ABRECHNUNG)?\b|BANKENTGELT|BANKGEB(?:Ü|UE)HR|ABSCHLUSSPOSTEN|"
    r"FRAIS (?:BANCAIRES|DE TENUE|DE GESTION)|COTISATION CARTE|COMMISSIONS? (?:D.INTERVENTION|BANCAIRE)|"
    r"COMISI[OÓ]N(?:ES)?\b|GASTOS (?:DE )?(?:CORREO|ADMINISTRACI)|BANKKOSTEN|KOSTEN (?:ZAKELIJK|REKENING)|SPESE (?:BANCARIE|TENUTA)|COMMISSIONI\b",
)
_INTEREST = re.compile(
    r"(?:CREDIT |DEBIT |NET |GROSS |SAVINGS |DEPOSIT )?INTEREST\b|ZINS(?:EN|ABSCHLUSS|GUTSCHRIFT)|HABENZINSEN|SOLLZINSEN|"
    r"INT[EÉ]R[EÊ]TS\b|INTERESES\b|INTERESSI\b|RENTE\b",
)

INTEREST_STEMS = ("INTER", "ZINS", "RENTE")
STEMS = (*INTEREST_STEMS, "FEE", "CHARGE", "KONTOF", "ENTGELT", "BANKGEB", "ABSCHLUSS", "FRAIS", "COTISATION", "COMMISSION", "COMISI",
         "GASTOS", "KOSTEN", "SPESE", "RET", "CK", "NSF", "IMPAY", "REJ", "DEVOL", "UNPAID")
"""A text in ASCII has one of these in it where more than its sign says what it is; one of money in has one of interest."""


def is_return(text: str) -> bool:
    """Whether money out is a deposit that comes back unpaid. `text` in upper case."""
    has_stem = (  # written out: this is asked of every line with money out
        "RET" in text or "CK" in text or "CHARGEBACK" in text or "NSF" in text or "IMPAY" in text or "REJ" in text
        or "DEVOL" in text or "UNPAID" in text
    )
    return has_stem and RETURN.search(text) is not None and _FEE_IN_RETURN.search(text) is None


def kind_of(text: str, amount_minor: int) -> Kind:
    """The kind by sign, refined by what the bank's own wording begins with."""
    upper = text.upper()
    if amount_minor < 0 and is_return(upper):
        return "return"
    if _INTEREST.match(upper):
        return "interest"
    if amount_minor < 0 and (_FEE.match(upper) or ("RETURN" in upper and _FEE_IN_RETURN.search(upper))):
        return "fee"
    return "receipt" if amount_minor > 0 else "disbursement" if amount_minor < 0 else "other"
