"""Who paid by the phrases of each country's banks, one row for each, and the same from every format that has such texts."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import documents, payer_phrase_columns, payer_phrases

PHRASES = [
    ("UPI/CR/412345678901/KESTREL TRADERS/HDFC/kestrel@okhdfc/INV 118", "KESTREL TRADERS"),
    ("BY TRANSFER-UPI/CR/412345678901/KESTREL TRADERS/HDFC/kestrel@ok/Pay--", "KESTREL TRADERS"),
    ("UPI/P2A/412345678901/KESTREL TRADERS/HDFC/INV", "KESTREL TRADERS"),
    ("UPI-KESTREL TRADERS-KESTREL@YBL-SBIN0001234-451234567890-RENT", "KESTREL TRADERS"),
    ("UPI/KESTREL TRADERS/kestrel.t@okicici/INV 118/ICICI/41234", "KESTREL TRADERS"),
    ("UPI/412345678901/INV 118/kestrel@okhdfc/HDFC", ""),  # what stands second is the payer's text, or his name
    ("MMT/IMPS/307612641236/INV 118/KESTREL/SBIN0070663", ""),
    ("NEFT CR-SBIN0007631-KESTREL TRADERS-OUR NAME-SBINN52025021511431836", "KESTREL TRADERS"),
    ("RTGS CR-HDFC0000001-KESTREL LTD-US-HDFCR52026110911431836", "KESTREL LTD"),
    ("BY TRANSFER-NEFT*HDFC0000240*N263211642123*KESTREL LTD--", "KESTREL LTD"),
    ("NEFT-N123210012345678-KESTREL LTD-INV 118-12345-HDFC0000001", "KESTREL LTD"),
    ("NEFT/CITIN22123456789/KESTREL LTD/CITIBANK", "KESTREL LTD"),
    ("NEFT-INVOICE 118-KESTREL LTD", ""),  # no clearing reference, so nothing says which part is what
    ("IMPS/P2A/500612128168/KESTREL LTD/KOTAKMAH/INV", "KESTREL LTD"),
    ("IMPS-500612128168-KESTREL LTD-HDFC-XXXX123-INV", "KESTREL LTD"),
    ("REAL TIME TRANSFER RECD FROM ABA/CONTR BNK-021000021  FROM: BNF-KESTREL AIR REF: 212 INFO: TEXT-  IID: 2026 RECD: 11:01:14", "KESTREL AIR"),
    ("REAL TIME PAYMENT CREDIT RECD FROM ABA/322271627 FROM: KESTREL AIR REF: 212", "KESTREL AIR"),
    ("Zelle payment from KESTREL AIR BACk2j3l4k5j", "KESTREL AIR"),
    ('Zelle payment from KESTREL AIR for "INV 118"; Conf# ab12', "KESTREL AIR"),
    ("ELECTRONIC DEPOSIT FROM KESTREL AIR INC REF=263130012345670N00 1234567890VENDOR PAY", "KESTREL AIR INC"),
    ("ZELLE FROM KESTREL AIR ON 11/09 REF # WFCT0ABC INV 118", "KESTREL AIR"),
    ("Zelle payment to Kestrel Air", ""),
    ("Transferência recebida pelo Pix - KESTREL LTDA - 23.705.524/0001-83 - BCO DO BRASIL S.A. (0001) Agência: 1", "KESTREL LTDA"),
    ("PIX RECEBIDO DE KESTREL LTDA", "KESTREL LTDA"),
    ("PIX RECEBIDO", ""),
    ("TRANSFERENCIA PIX REM: KESTREL LTDA 09/11", "KESTREL LTDA"),
    ("VIR SEPA RECU /DE MAISON BEAULIEU /MOTIF FACTURE 77 /REF E2E-77", "MAISON BEAULIEU"),
    ("VIR RECU 9876543210S DE: MAISON BEAULIEU MOTIF: FACTURE 77 REF: E2E-77", "MAISON BEAULIEU"),
    ("VIR SEPA RECU", ""),
    ("TRANSFERENCIA DE GARCIA SL, CONCEPTO FACTURA 118/2026", "GARCIA SL"),
    ("TRANSFERENCIA DE FONDOS", ""),
    ("BONIFICO DA: ROSSI SRL IBAN IT60X0542811101000000123456 CAUSALE: SALDO FATTURA 118", "ROSSI SRL"),
    ("BONIFICO A VOSTRO FAVORE ORDINANTE: ROSSI SRL CAUSALE: SALDO", "ROSSI SRL"),
    ("ICT Incoming PayNow Ref 5877687 From: KESTREL PTE LTD OTHR INV 118", "KESTREL PTE LTD"),
    ("FASTER PAYMENTS RECEIPT REF.INV 118 FROM KESTREL LTD", "KESTREL LTD"),
    ("DIRECT CREDIT FROM KESTREL LTD REF: INV 118", "KESTREL LTD"),
    ("KREDITERING AFSENDER: KUNDE APS TEKST: FAKTURA 118", "KUNDE APS"),
    ("Avsändare: Kund AB, Meddelande: faktura 118", "Kund AB"),
    ("Maksaja: Koskela Oy", "Koskela Oy"),
    ("Auftraggeber: MUSTER AG Buchungstext: Rechnung 17", "MUSTER AG"),
    ("GUTSCHRIFT ABSENDER: MUSTER AG MITTEILUNGEN: RE 17, REFERENZEN: 123", "MUSTER AG"),
    ("CRÉDIT EXPÉDITEUR: MUSTER SA COMMUNICATIONS: FACTURE 17", "MUSTER SA"),
    ("Rachunek nadawcy: 61 Nazwa nadawcy: KOWALSKI SP. Z O.O. Adres nadawcy: UL. DLUGA 1 Tytuł: FV 118", "KOWALSKI SP. Z O.O."),
    ("GELEN EFT GÖNDEREN: KESTREL LTD ŞTİ AÇIKLAMA: FATURA", "KESTREL LTD ŞTİ"),
    ("HAVALE GONDEREN : KESTREL LTD, SORGU NO: 12", "KESTREL LTD"),
    ("Auftraggeber: 4711", ""),  # a number is no name
    ("SENDER: KESTREL", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "payer"), PHRASES)
def test_phrases(text: str, payer: str) -> None:
    assert payer_phrases.payer_name(text) == payer


def test_a_column_is_told_the_same_where_it_has_no_name() -> None:
    texts, expected = zip(*PHRASES, strict=True)
    said = pl.Series(texts)
    assert payer_phrase_columns.with_told(pl.Series([""] * len(texts)), said).to_list() == list(expected)
    assert payer_phrase_columns.with_told(pl.Series(["KNOWN"] * len(texts)), said).to_list() == ["KNOWN"] * len(texts)


@given(st.lists(st.sampled_from([text for text, _ in PHRASES]) | st.text(max_size=20), max_size=3), st.sampled_from(["", " ", "ß", "ſ", "\n"]))
def test_any_mixture_is_told_the_same_by_columns(pieces: list[str], between: str) -> None:
    said = between.join(pieces)
    for text in (said, said.lower(), said.upper()):
        assert payer_phrase_columns.with_told(pl.Series([""]), pl.Series([text])).to_list() == [payer_phrases.payer_name(text)]


FROM = ("AFSENDER: KUNDE APS TEKST: FAKTURA 118", "KUNDE APS")
FORMATS = {
    "csv": "Date,Description,Amount,Currency\n2026-11-09,{},5.00,EUR\n",
    "mt940": ":20:X\n:25:1\n:28C:1\n:60F:C261108EUR0,\n:61:2611091109C5,00NTRFNONREF\n:86:{}\n:62F:C261109EUR5,\n",
    "ofx": ("<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>1</BANKACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT"
            "<DTPOSTED>20261109<TRNAMT>5.00<FITID>1<MEMO>{}</STMTTRN></BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"),
    "bai2": ("01,1,2,261109,0600,1,,,2/\n02,2,1,1,261109,2400,EUR,2/\n03,1,,015,500,,/\n16,195,500,Z,B,C,{}\n49,1000,3/\n98,1000,1,5/\n99,1000,1,7/\n"),
    "camt": ('<Document><BkToCstmrStmt><GrpHdr/><Stmt><Id>S</Id><Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
             "<AddtlNtryInf>{}</AddtlNtryInf></Ntry></Stmt></BkToCstmrStmt></Document>"),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize(("text", "payer"), [FROM, ("TRANSFERENCIA DE GARCIA SL, CONCEPTO FACTURA 118/2026", "GARCIA SL"), ("FAKTURA 118", "")])
def test_every_format_with_free_text(name: str, text: str, payer: str) -> None:
    if name == "csv":
        text = f'"{text}"'
    found = documents.read(FORMATS[name].format(text).encode())
    assert (found.format, found.lines["payer_name"].to_list()) == (name, [payer])
