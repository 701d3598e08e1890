"""Every question of `bank_text` has the same answer for a column as for each of its texts."""

from __future__ import annotations

from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import bank_text, bank_text_columns

QUESTIONS = ("payer_name", "returned_payer_name", "clearing_reference", "payer_reference", "check_serial", "original_trace", "return_reason",
             "is_between_own_accounts")
LABELS = ("ORIG CO NAME:", "orig co name: ", "ORG:=", "/ORG=", "B/O: ", "B/O CUSTOMER:", "BY ORDER OF:", "REMITTER=", "Payor Name:", "INDN:", "MAKER: ",
          "RETURN FROM:", "CO NAME:", "RECD FROM:", "DBNM:", "FOREORIG:", "")
NAMES = ("CASCADE PAPER", "Acme, Inc.", "1/ACME", "1/ ACME", "1/  ACME", "/12345678 ACME", "123456789", "12345678  BETA", "ACME  LTD", "ACME INC ORIG ID",
         "ACME ID  X", "ID", " ID", "ORIG ID", "ACME/OBI", "ACME/TOOLONGX", "A/B PAPER", "  ACME", "ACME ", "\tACME", "ACME CHECK SERIAL NUMBER", "'ACME'", "3M CO",
         "9/", "- 12", "12 34", "", "ACME\nLTD", "ACME=BETA", "FIRST BANK", "FIRST BANK BANK: X", "SKOV A/S", "SKOV A/S=1", "ACME #", "ACME # 12", "BANK", "BANK:", "ACME REF :", "ACME DES:PAY", "ACME   DES:PAY", "DES:PAY")
PIECES = (*LABELS, *NAMES, "TRACE#:021000021234567", "IMAD: 1119B1QGC01R012345", "TRN#260119012345", "FED REF 123456", "EREF: PO-77120", "E2E ID:ABCDEF",
          "E2E ID:ABC RFB=X9Z1", "IND ID:00441", "CUST REF AB-1", "END TO END ID: A", "CHECK NUMBER: 0001042", "CHECK #7002", "CK 000", "SERIAL 12",
          "ORIG TRACE#:091000012345678", 'RETURN REASON: "NSF"', "REASON:", "R01", "R012", "NSF", "NSFX", "TRANSFER FROM DDA 4", "XFER TO CHECKING", "SWEEP",
          "SWEEPS", "ZBA", " DES:", "\n", " ", "  ", ",", ";", "|", "/")


@pytest.mark.parametrize("question", QUESTIONS)
def test_labels_and_names(question: str) -> None:
    texts = [f"{before}{label}{name}{after}" for label, name, before, after in product(LABELS, NAMES, ("", "WIRE IN ", "X\n"), ("", " ID:7", "\nOBI:X"))]
    assert answers(question, texts) == [getattr(bank_text, question)(text) for text in texts]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), min_size=1, max_size=30), st.sampled_from(["", " "]))
def test_any_mixture(texts: list[str], before: str) -> None:
    for question in QUESTIONS:
        assert answers(question, [before + text for text in texts]) == [getattr(bank_text, question)(before + text) for text in texts], question


def answers(question: str, texts: list[str]) -> list[object]:
    found: list[object] = getattr(bank_text_columns, question)(pl.Series(texts)).to_list()
    return found
