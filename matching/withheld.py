"""Payers who say what their money is not for: a number in such a text may be the very invoice that they do not pay.

    INV-1001 disputed, not paid · Storno Rechnung 1001 · refund for 1001 · 1001 already paid · 1001 on hold · not for invoice 1001 · ohne RE 1001

`without discount`, `ohne 2 % Skonto` and the like are about the amount and say nothing of the kind.
"""

from __future__ import annotations

import polars as pl

from matching import normalize

TAKEN_BACK = (
    r"(^|[^A-Z])(CANCEL|CANCELS|CANCELL?ED|CANCELLATION|VOID|VOIDED|STORNO|STORNIERT|STORNIERUNG|ANNULATION|ANNULEE?S?|ANNULLATO|ANNULLATA|ANULACION|ANULADA|"
    r"DISPUTED?|DISPUTES|IN DISPUTE|STRITTIG|BESTRITTEN|LITIGE|CONTESTEE?S?|CONTESTATA|REFUND|REFUNDED|RETURNED PAYMENT|PAYMENT RETURNED|"
    r"RUE?CKZAHLUNG|RUE?CKERSTATTUNG|ERSTATTUNG|REMBOURSEMENT|REEMBOLSO|DEVOLUCION|RIMBORSO|TERUGBETALING|ZWROT|NOT PAID|NICHT BEZAHLT|"
    r"ALREADY PAID|WAS PAID|(?:BEREITS|SCHON) (?:BE|GE)ZAHLT|DEJA PAYEE?S?|YA PAGAD[AO]|GIA PAGAT[AO]|REEDS BETAALD|ON HOLD|"
    r"WRONG INVOICE|(?:PLEASE|PLS) (?:RETURN|REFUND)|(?:PAID|SENT) IN ERROR|MISTAKEN PAYMENT|FEHLUE?BERWEISUNG|IRRTUE?MLICH|"
    r"RUE?CKLASTSCHRIFT|LASTSCHRIFTRUE?CKGABE|RETOURE (?:SEPA|UE?BERWEISUNG|LASTSCHRIFT|ZAHLUNG))($|[^A-Z])"
)
_EXCEPT = (
    r"NOT FOR|NOT (?:BOOK|APPLY|POST|USE)[A-Z]* ?(?:TO|AGAINST|ON|FOR)?|EXCEPT|EXCLUDING|EXCL|WITHOUT|NICHT FUE?R|NICHT AUF|AUSSER|OHNE|"
    r"PAS POUR|SAUF|SANS|NO PARA|SALVO|NON PER|NIET VOOR|ZONDER"
)
_INVOICE = r"(?:INV(?:OICE)?|BILL|RE|RG|RECHNUNG|FACTURE|FACTURA|FATTURA|FACTUUR|FAKTURA)S?[ .:#/-]*(?:(?:NR|NO)[ .:]*)?"
EXCEPTED = rf"(^|[^A-Z])({_EXCEPT})[ .:]+(?:(?:THE|OUR|YOUR|UNSERE|IHRE|DIE|LA|VOTRE) )?(?:{_INVOICE})?[A-Z/-]*[0-9](?:[A-Z0-9.,/-]*)(?:$|[^A-Z0-9.,/% -]| +(?:$|[^ %]))"


def words(receipts: pl.DataFrame) -> pl.DataFrame:
    """r, word: the receipts (r, text) that take an invoice back or except it, and the first word that says so."""
    texts = receipts.select("r", "text").filter(pl.col("text") != "")
    plain = normalize.plain(texts["text"])
    return texts.select("r", pl.coalesce(plain.str.extract(TAKEN_BACK, 2), plain.str.extract(EXCEPTED, 2)).alias("word")).drop_nulls("word")
