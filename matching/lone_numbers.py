"""Short numbers that stand alone in a text and look like the payer's document numbers: `PAYMENT 5410` of a payer whose items are 4957 and 5003.

So short a number is too often something else to lead to an item by itself. But where it is none of the items that the amount points to, it
says that the payer means another one, or one that we do not know. What says something else is left out: amounts, days, years, the
customer's own number, figures of an address, and those beside a word for an order, a cheque, a payment run and the like.
"""

from __future__ import annotations

import polars as pl

from matching import normalize, references
from matching.hearing import Heard

SIZE_MIN, SIZE_MAX = 3, 6
_PLAIN = rf"^0*[1-9][0-9]{{{SIZE_MIN - 1},{SIZE_MAX - 1}}}$"
_STEMS = (
    "ORDER", "AUFTRAG", "BESTELL", "COMMANDE", "PEDIDO", "ORDINE", "CHECK", "CHEQUE", "SCHECK", "CHQ", "RUN", "BATCH", "ZAHLLAUF", "ZAHLUNGSLAUF", "LAUF",
    "CONTRACT", "VERTRAG", "CONTRAT", "CONTRATO", "CONTRATTO", "PROJECT", "PROJEKT", "POLICY", "TICKET", "DELIVERY", "LIEFERSCHEIN", "CUSTOMER", "KUNDE", "VENDOR", "SUPPLIER",
    "LIEFERANT", "ACCOUNT", "KONTO", "CARD", "KARTE", "TERMINAL", "STORE", "FILIALE", "BRANCH", "SUITE", "ROOM", "APT", "FLAT", "FLOOR", "POSTCODE", "PLZ",
)
_ELSE = rf"(?:{'|'.join(references.OTHER_THINGS)}|(?:{'|'.join(_STEMS)})[A-Z]*)"
_ANNOUNCED = rf"(^|[^A-Z]){_ELSE}[^A-Z0-9]{{0,4}}[0-9]+"
_TELEPHONE = r"(^|[^A-Z])(?:TEL|PHONE|FAX|FON)[^A-Z]*[0-9]"
_COUNTED = r"[0-9]+ ?(?:EUR|EURO|USD|GBP|CHF|PLN|CZK|HUF|SEK|NOK|DKK|PCS|STK|KG|DAYS|TAGE)($|[^A-Z])"
_ADDRESS = r"[0-9]+ (?:[A-Z]+[.]? ){0,3}(?:STREET|ST|AVENUE|AVE|ROAD|RD|DRIVE|DR|LANE|LN|BOULEVARD|BLVD|WAY|SUITE|FLOOR)($|[^A-Z])"
_AMOUNT = r"(^|[^0-9])(?:[0-9]{1,3}(?:[.,][0-9]{3})+(?:[.,][0-9]{2})?|[0-9]{1,3}(?:[ '][0-9]{3})+[.,][0-9]{2}|[0-9]+[.,][0-9]{2})($|[^0-9])"
_SHORT_DAY, _SHORT_MONTH = "(?:0[1-9]|[12][0-9]|3[01])", "(?:0[1-9]|1[0-2])"
_DAY = rf"^(?:[0-4][0-9]{_SHORT_MONTH}{_SHORT_DAY}|{_SHORT_DAY}{_SHORT_MONTH}[0-4][0-9]|{_SHORT_MONTH}{_SHORT_DAY}[0-4][0-9])$"


def told(receipts: pl.DataFrame, heard: Heard, items: pl.DataFrame) -> pl.DataFrame:
    """R of the `receipts` (r, amount, structured_reference, text) whose text has such a number, somebody's or nobody's; `items` (c, document_number) are the open ones."""
    numbers = _standing_alone(receipts.join(heard.candidates.select("r").unique(), on="r", how="semi"))
    if numbers.is_empty():
        return numbers.select("r")
    payers = heard.candidates.select("r", "c").join(numbers.select("r").unique(), on="r", how="semi")
    own = heard.payers.known.numbers.join(payers, on="c").select("r", normalize.digit_key(pl.col("key").str.replace_all("[^0-9]", "")).alias("key"))
    theirs = items.filter(pl.col("c").is_in(payers["c"].unique().implode()) & pl.col("document_number").str.contains(_PLAIN))
    sizes = theirs.select("c", *_sizes("document_number")).unique().join(payers, on="c").select("r", "written", "bare").unique()
    pairs = numbers.join(own, on=["r", "key"], how="anti").join(sizes, on="r", suffix="_item")
    return pairs.filter((pl.col("written") == pl.col("written_item")) | (pl.col("bare") == pl.col("bare_item"))).select("r").unique()


def _standing_alone(receipts: pl.DataFrame) -> pl.DataFrame:
    """r, key, written, bare: the short numbers of the texts with nothing else to say for them, and how many digits they have."""
    texts = receipts.select("r", "amount", pl.concat_str("structured_reference", pl.lit(" | "), "text").alias("text")).filter(
        pl.col("text").str.contains(f"[0-9]{{{SIZE_MIN}}}"))
    plain = normalize.plain_numbers(texts["text"])
    for other in (_TELEPHONE, _AMOUNT, _AMOUNT, _ANNOUNCED, _COUNTED, _ADDRESS):
        plain = plain.str.replace_all(other, " | ")
    words = texts.select("r", "amount", plain.str.replace_all(r"[^A-Z0-9./-]+", " ").str.split(" ").alias("word")).explode("word")
    numbers = words.with_columns(pl.col("word").str.strip_chars("./-").alias("word")).filter(
        pl.col("word").str.contains(_PLAIN) & ~pl.col("word").str.contains(_DAY) & ~pl.col("word").str.contains(f"^{references.YEAR}$"))
    keyed = numbers.select("r", "amount", normalize.digit_key(pl.col("word")).alias("key"), *_sizes("word"))
    return keyed.filter((pl.col("amount") != pl.col("key")) & (pl.col("amount") != 100 * pl.col("key"))).drop("amount")


def _sizes(number: str) -> tuple[pl.Expr, pl.Expr]:
    """How many digits the number has, as written and without zeros before it."""
    return pl.col(number).str.len_chars().alias("written"), pl.col(number).str.strip_chars_start("0").str.len_chars().alias("bare")
