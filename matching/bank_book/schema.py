"""The columns that cross the edge of bank-to-book matching. One bank account, any number of currencies; amounts are signed minor units.

`BANK` rows are bank lines, `BOOK` rows are entries of the cash book. `MATCHES` and `MEMBERS` are the answer: every row of both sides
is a member of exactly one match, those that found nothing of a match of their own (`unmatched_bank`, `unmatched_book`).
"""

from __future__ import annotations

import polars as pl

from matching.schema import Schema

BANK: Schema = {
    "line_id": pl.Int64,
    "currency": pl.String,
    "amount_minor": pl.Int64,
    "date": pl.Date,  # the day on which the bank booked it
    "kind": pl.String,  # receipt, disbursement, fee, interest …
    "check_number": pl.String,
    "name": pl.String,  # who stands behind it, where the bank says so
    "text": pl.String,  # references and remittance text, joined by a blank
}
BOOK: Schema = {
    "entry_id": pl.String,
    "currency": pl.String,
    "amount_minor": pl.Int64,
    "date": pl.Date,
    "kind": pl.String,
    "reference": pl.String,
    "description": pl.String,
}
MATCHES: Schema = {
    "m": pl.Int64,
    "kind": pl.String,  # one of KINDS
    "status": pl.String,  # matched: nothing rivals it · suggested: a person looks at it · unmatched
    "confidence": pl.Int64,  # 0..1000; 0 for what is unmatched
    "reason": pl.String,  # one sentence in a clerk's words
}
MEMBERS: Schema = {"m": pl.Int64, "line_id": pl.Int64, "entry_id": pl.String}  # exactly one of the two ids

ONE_TO_ONE, ONE_TO_MANY, MANY_TO_ONE, OFFSET, DIFFERENCE = "one_to_one", "one_to_many", "many_to_one", "offset", "difference"
UNMATCHED_BANK, UNMATCHED_BOOK = "unmatched_bank", "unmatched_book"
KINDS = (ONE_TO_ONE, ONE_TO_MANY, MANY_TO_ONE, OFFSET, DIFFERENCE, UNMATCHED_BANK, UNMATCHED_BOOK)
"""`one_to_many`: one bank line, several entries; `many_to_one`: several bank lines, one entry; `offset`: entries that cancel out."""
