"""What banks label in free text, one row for each style."""

from __future__ import annotations

import pytest

from parsers import bank_text


@pytest.mark.parametrize(("text", "payer"), [
    ("ORIG CO NAME:CASCADE PAPER INC      ORIG ID:1930000017 DESC DATE:261119", "CASCADE PAPER INC"),
    ("ORIG CO NAME:CASCADE PAPER INC ORIG ID:1930000017", "CASCADE PAPER INC"),
    ("Orig CO Name:Cascade Paper, Inc. Orig ID:1930000017", "Cascade Paper, Inc"),
    ("CASCADE PAPER      DES:PAYMENTS  ID:4001 INDN:OUR NAME CO ID:1930000017 CCD", "CASCADE PAPER"),
    ("WT FED#04417 FIRST BANK /ORG=CASCADE PAPER SRF# 2026111900004417", "CASCADE PAPER"),
    ("/ORG=CASCADE PAPER/OBI=INV 7", "CASCADE PAPER"),
    ("SENDER BNK:=FIRST BANK\nORG:=CASCADE PAPER\nORG ADDRESS:=14 HARBOUR ROAD", "CASCADE PAPER"),
    ("B/O: CASCADE PAPER REF: INV 7", "CASCADE PAPER"),
    ("BY ORDER OF: CASCADE PAPER\nINV 7", "CASCADE PAPER"),
    ("TRN:20261119 ORIG:CASCADE PAPER ID:000123456 SND BK:FIRST BANK", "CASCADE PAPER"),
    ("ORIG:1/CASCADE PAPER", "CASCADE PAPER"),
    ("ORIG:/12345678 CASCADE PAPER", "CASCADE PAPER"),
    ("ORIGINATOR:CASCADE PAPER|OBI: INV 7", "CASCADE PAPER"),
    ("REMITTER=CASCADE PAPER REF=INV 7", "CASCADE PAPER"),
    ("ORDERING CUSTOMER: CASCADE PAPER;INV 7", "CASCADE PAPER"),
    ("ORDERING CUSTOMER: CASCADE PAPER REMITTANCE INFO: INV 7", "CASCADE PAPER"),
    ("DBNM: CASCADE PAPER", "CASCADE PAPER"),
    ("RECD FROM: CASCADE PAPER", "CASCADE PAPER"),
    ("COMPANY NAME: CASCADE PAPER INVOICE: 7", "CASCADE PAPER"),
    ("ORG=A/B PAPER", "A/B PAPER"),
    ("YOUR REF=INV 7, B/O=CASCADE PAPER, INC,BBK=FIRST BANK,OBI=INV 7", "CASCADE PAPER, INC"),
    ("B/O=CASCADE PAPER,LLC", "CASCADE PAPER,LLC"),
    ("ORIG CO NAME:FIRST BANK", "FIRST BANK"),  # what could be a label is a name where no sign follows
    ("ORIG CO NAME:FIRST BANK      ORIG ID:1930000017", "FIRST BANK"),
    ("B/O: FIRST BANK BANK: SECOND BANK", "FIRST BANK"),
    ("B/O: SKOV A/S", "SKOV A/S"),
    ("B/O:ACME INC NEW YORK ORG:/123456 OGB:FIRST BANK", "ACME INC NEW YORK"),
    ("ORIG:MÜLLER & SÖHNE", "MÜLLER & SÖHNE"),
    ("ORIG:123456789", ""),  # a number is no name
    ("LOCKBOX 68751 ITEMS 12", ""),
    ("FOREORIG:NO LABEL", ""),
    ("", ""),
])
def test_payer_name(text: str, payer: str) -> None:
    assert bank_text.payer_name(text) == payer


@pytest.mark.parametrize(("text", "payer", "serial", "reason", "original"), [
    ('Check Return,Return From: Kestrel Air, Check Serial Number: 0000007001, Return Reason: "Refer to maker", Client Ref ID: 1',
     "Kestrel Air", "7001", "Refer to maker", ""),
    ("ACH RETURN R01 INDN:LINDEN CO-OP ORIG TRACE#:091000012345678", "LINDEN CO-OP", "", "R01", "091000012345678"),
    ("RETURNED DEPOSITED ITEM CK#0001042 NSF MAKER: KESTREL AIR", "KESTREL AIR", "1042", "NSF", ""),
    ("RETURN ITEM REASON: ACCOUNT CLOSED", "", "", "ACCOUNT CLOSED", ""),
    ("STOP PAYMENT SERIAL NO 1042", "", "1042", "STOP PAYMENT", ""),
    ("DEPOSITED ITEM RETURNED", "", "", "", ""),
])
def test_returned_payments(text: str, payer: str, serial: str, reason: str, original: str) -> None:
    assert (bank_text.returned_payer_name(text), bank_text.check_serial(text), bank_text.return_reason(text), bank_text.original_trace(text)) == (
        payer, serial, reason, original)


@pytest.mark.parametrize(("text", "clearing", "payers"), [
    ("IMAD: 1119B1QGC01R012345 EREF: PO-77120", "1119B1QGC01R012345", "PO-77120"),
    ("FED NO: 20261119L1B77D1C000001", "20261119L1B77D1C000001", ""),
    ("TRACE#:021000021234567 IND ID:INV-4001 IND NAME:US", "021000021234567", "INV-4001"),
    ("TRN#261119043210 RFB# INV-4003", "261119043210", "INV-4003"),
    ("IND ID:PAYROLL", "", ""),  # a reference has a digit
    ("PATRN:123456789", "", ""),
])
def test_references(text: str, clearing: str, payers: str) -> None:
    assert (bank_text.clearing_reference(text), bank_text.payer_reference(text)) == (clearing, payers)


# a line, the next one, and what stands between them where the first is full and where it is not
@pytest.mark.parametrize(("before", "after", "full", "not_full"), [
    ("ORIG CO NAME:ACME INC CO ENTRY", "DESCR:PAYMENTS SEC:CCD", " ", " "),
    ("ORIG CO NAME:ACME INC CO", "ENTRY DESCR:PAYMENTS", " ", " "),
    ("Orig CO Name:Acme Inc Orig", "ID:1930000017", " ", " "),
    ("WIRE IN ORIG CO", "NAME:ACME INC", " ", " "),
    ("WIRE IN BY ORDER", "OF: ACME INC", " ", " "),
    ("ORIG CO NAME:ACME INC TRA", "CE#:021000021234567", "", "\n"),
    ("ORIG CO NAME:ACME INC CO ENTR", "Y DESCR:PAYMENTS", "", "\n"),
    ("ORIG CO NAME:ACME PAPER CO", "ID:1930000017", "\n", "\n"),      # as likely the end of the name
    ("ORG:=FIRST BANK", "REF:=INV 7", "\n", "\n"),
    ("INVOICE 4711 OF MAR", "CH LESS FREIGHT", "", "\n"),
    ("INVOICE 4711", "/ABC/7", "\n", "\n"),
    ("", "ID:7", "\n", "\n"),
])
def test_what_stands_between_two_lines(before: str, after: str, full: str, not_full: str) -> None:
    assert (bank_text.joint(before, after, is_full=True), bank_text.joint(before, after, is_full=False)) == (full, not_full)


def test_the_words_that_labels_go_on_with() -> None:
    """Every label that may break has its further words in the list by which the columnar reader looks for them."""
    further = {word for label in bank_text.NEXT_LABELS for word in label.split(" ")[1:]}
    assert further <= bank_text.LABELS_GO_ON_WITH
