"""Payers who say that they pay ahead: money for which there is no invoice yet, even where an open one happens to have the amount.

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


def ahead(receipts: pl.DataFrame, books: Books) -> pl.DataFrame:
    """R of the receipts among `receipts` whose text says that they are paid ahead."""
    texts = books.receipts.select("r", "text").join(receipts.select("r"), on="r", how="semi").filter(pl.col("text") != "")
    said = texts.with_columns(normalize.plain(texts["text"]).alias("said"))
    deposit = pl.col("said").str.contains(DEPOSIT) & ~pl.col("said").str.contains(BANKS_DEPOSIT)
    return said.filter(pl.col("said").str.contains(AHEAD) | deposit).select("r")
