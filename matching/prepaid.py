"""Payers who say that their money is for no whole invoice, even where an open one happens to have the amount: they pay ahead, or in part.

`DEPOSIT` is such a word in a payer's mouth only: banks write it beside lockboxes, checks and direct credits.
"""

from __future__ import annotations

import polars as pl

from matching import normalize
from matching.books import Books

AHEAD = (
    r"(^|[^A-Z])(PRE ?-?PAYMENTS?|PREPAID|PREPAY|ADVANCE PAYMENT|PAYMENT IN ADVANCE|DOWN ?-?PAYMENT|RETAINER|ANZAHLUNG|VORAUSZAHLUNG|VORKASSE|A ?[CK]ONTO|"
    r"ACOMPTE|ARRHES|ANTICIPO|A CUENTA|PREPAGO|ACCONTO|CAPARRA|ADIANTAMENTO|AANBETALING|VOORUITBETALING|VOORSCHOT|FORSKUDD?|FOE?RSKOTT|ENNAKKO(?:MAKSU)?|"
    r"ZALICZKA|PRZEDPLATA|ZALOHA|ELOLEG|AVANS|ON ACCOUNT)($|[^A-Z])"
)
DEPOSIT = r"(^|[^A-Z])DEPOSIT($|[^A-Z])"
BANKS_DEPOSIT = r"(LOCKBOX|MOBILE|DIRECT|REMOTE|ACH|EDI|CHECK|CASH|BANK|BRANCH|WIRE|CREDIT|COIN|CURRENCY|PREAUTHORI[SZ]ED) DEPOSIT|DEPOSIT (SLIP|TICKET|NUMBER|NO|CORRECTION)"
IN_PART = (
    r"(^|[^A-Z])(PARTIAL|PART ?-?(?:PAYMENT|PAYMT|PMT)|INSTALL?MENTS?|TEIL ?-?(?:ZAHLUNG|BETRAG)|ABSCHLAG(?:SZAHLUNG)?|RATENZAHLUNG|RATE [0-9]+/[0-9]+|"
    r"[0-9]+\. ?RATE|PAIEMENT PARTIEL|PAGO PARCIAL|PAGAMENTO PARZIALE|RATA|DEELBETALING|DELBETALING|SPLIT [0-9]+/[0-9]+|[0-9]+ OF [0-9]+)($|[^A-Z])"
)


def said(receipts: pl.DataFrame, books: Books) -> pl.DataFrame:
    """r, said: the texts of `receipts` (r), plainly."""
    texts = books.receipts.select("r", "text").join(receipts.select("r"), on="r", how="semi").filter(pl.col("text") != "")
    return texts.select("r", normalize.plain(texts["text"]).alias("said"))


def ahead(texts: pl.DataFrame) -> pl.DataFrame:
    """R of the receipts whose text (`said`) says that they are paid ahead."""
    deposit = pl.col("said").str.contains(DEPOSIT) & ~pl.col("said").str.contains(BANKS_DEPOSIT)
    return texts.filter(pl.col("said").str.contains(AHEAD) | deposit).select("r")


def in_part(texts: pl.DataFrame) -> pl.DataFrame:
    """R of the receipts whose text (`said`) says that they are a part of something."""
    return texts.filter(pl.col("said").str.contains(IN_PART)).select("r")
