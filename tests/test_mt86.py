"""What the dialects of :86: tell: who paid, from which account, for what, and which words are the payer's own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import structured
from parsers.swift import mt86
from parsers.swift.mt86_details import NOTHING, is_iban


def told(text: str) -> dict[str, object]:
    """What is told, leaving out what is not."""
    return {name: value for name, value in mt86.read(text)._asdict().items() if value and name != "is_free_text"}


GERMAN = [
    # one line of text is what the bank sent, the next what a clerk reads
    ("166?00GUTSCHRIFT?10931?20EREF+RE-1?21SVWZ+Rechnung 1?30COBADEFF?31DE89370400440532013000?32ACME?33GmbH",
     {"text": "Rechnung 1", "payer_name": "ACME GmbH", "payer_account": "DE89370400440532013000", "end_to_end": "RE-1",
      "business_code": "166", "posting_text": "GUTSCHRIFT"}),
    # a full subfield (27) goes on in the next, a name too
    ("166?20SVWZ+Rechnung Nr. 2026-00017?2100 vom Maerz?32Muster Maschinenbau GmbH &?33Co",
     {"text": "Rechnung Nr. 2026-0001700 vom Maerz", "payer_name": "Muster Maschinenbau GmbH &Co", "business_code": "166"}),
    # a short one ended there, unless a number goes on
    ("166?20EREF+RE-2026-0?210017?22SVWZ+Auftrag?23Nr. 4711?2411,", {
        "text": "Auftrag Nr. 471111,", "end_to_end": "RE-2026-00017", "business_code": "166"}),
    ("166?20Miete;?21Maerz,?22Garage.?23Danke?24-Otto", {"text": "Miete; Maerz, Garage. Danke-Otto", "business_code": "166"}),
    # key words in the middle of a line, a plus sign and a question mark that are none
    ("835?20Cie.?21EREF+ 123 PAYPAL?22MREF+ 12AB CRED+ A?24B12?25SVWZ+ A+B, oder? Nein",
     {"text": "Cie. B12 A+B, oder? Nein", "end_to_end": "123 PAYPAL", "business_code": "835"}),
    ("177?20EREF+NOTPROVIDED?21KREF+K-1?22SVWZ+Rest EREF: 99", {"text": "Rest EREF: 99", "reference": "K-1", "business_code": "177"}),
    ("166?20BIC+COBADEFF?21IBAN+DE02120300000000202051?22SVWZ+x?23ABWA+Oma Schmidt", {
        "text": "x", "payer_name": "Oma Schmidt", "payer_account": "DE02120300000000202051", "business_code": "166"}),
    # a reference ends with its subfield or after 35 characters; what stands behind it is text
    ("159?20EREF+TFNR 1?21MTLG:Konto gesperrt?34903", {"text": "Konto gesperrt", "end_to_end": "TFNR 1", "business_code": "159",
                                                       "is_return": True, "return_reason": "AC06"}),
    ("105?20EREF+123456789012345678901234567890123456789", {"text": "6789", "end_to_end": "12345678901234567890123456789012345", "business_code": "105"}),
    ("105?20EREF+1?21EREF+2", {"end_to_end": "1", "business_code": "105"}),
    # posting text alone, account and bank code without IBAN, subfields that nobody defines
    ("999?00SCHECK?10931?70Empfaenger?3010020030?3112345", {"text": "SCHECK", "payer_account": "10020030/12345", "business_code": "999",
                                                          "posting_text": "SCHECK"}),
    ("808?00ENTGELT?Konto?20Maerz?31XX1?3299? in Worten", {"text": "Maerz", "payer_account": "XX1", "payer_name": "99? in Worten",
                                                           "business_code": "808", "posting_text": "ENTGELT?Konto"}),
    (" 020?00Wyplata?20Rata?38PL61109010140000071219812874", {"text": "Rata", "payer_account": "PL61109010140000071219812874",
                                                              "business_code": "020", "posting_text": "Wyplata"}),
    ("?20EREF+E-1?21SVWZ+ohne Code", {"text": "ohne Code", "end_to_end": "E-1"}),
    ("020~00P~20OPLATA~21~32ENERGA", {"text": "OPLATA", "payer_name": "ENERGA", "business_code": "020", "posting_text": "P"}),
    ("020^20OPLATA^60DALEJ", {"text": "OPLATA DALEJ", "business_code": "020"}),
    ("000>100390123456>20HUUR", {"text": "HUUR", "payer_account": "390123456", "business_code": "000"}),
    ("109?20SVWZ+weil?34914", {"text": "weil", "business_code": "109", "is_return": True, "return_reason": "914"}),
    ("109?20SVWZ+Grund: MS03", {"text": "Grund: MS03", "business_code": "109", "is_return": True, "return_reason": "MS03"}),
    ("116?00RÜCKLASTSCHRIFT?20x", {"text": "x", "business_code": "116", "posting_text": "RÜCKLASTSCHRIFT", "is_return": True}),
]


@pytest.mark.parametrize(("text", "expected"), GERMAN)
def test_subfields(text: str, expected: dict[str, object]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize("text", ["105 EUR for 20 boxes", "123-45 invoice", "#4711 invoice", "?99 nobody knows", "100,00 EUR", "2026?"])
def test_text_that_only_begins_like_subfields_is_free_text(text: str) -> None:
    assert mt86.read(text).text == text
    assert mt86.read(text).is_free_text


CODE_WORDS = [
    ("/TRTP/SEPA OVERBOEKING/IBAN/NL91ABNA0417164300/BIC/ABNANL2A/NAME/J DE BOER/REMI/FACTUUR 17/EREF/NOTPROVIDED",
     {"text": "FACTUUR 17", "payer_name": "J DE BOER", "payer_account": "NL91ABNA0417164300", "posting_text": "SEPA OVERBOEKING"}),
    # slashes and even key words inside the payer's text are text
    ("/NAME/A/REMI/see /EREF/ on letter 1/2/EREF/E-1", {"text": "see /EREF/ on letter 1/2", "payer_name": "A", "end_to_end": "E-1"}),
    ("/EREF/E-1//CNTP/NL20INGB0001234567/INGBNL2A/A. Bakker/Delft//REMI/USTD//Factuur/",
     {"text": "Factuur", "payer_name": "A. Bakker", "payer_account": "NL20INGB0001234567", "end_to_end": "E-1"}),
    ("/CNTP/0001234500////", {"payer_account": "0001234500"}),
    ("/REMI/STRD/CUR/9001123412341234/", {"text": "9001123412341234", "structured_reference": "9001123412341234"}),
    ("/NAME/X/REMI/ISSUER: CUR      REF: 1004510036716378", {"text": "ISSUER: CUR REF: 1004510036716378", "payer_name": "X",
                                                             "structured_reference": "1004510036716378"}),
    ("/BENM//NAME/Stichting/REMI/huur/ULTD//NAME/Kind", {"text": "huur", "payer_name": "Stichting"}),
    ("/ORDP/ACME INC/REMI/INV 7/ROC/77", {"text": "INV 7", "payer_name": "ACME INC", "reference": "77"}),
    ("/ORDP/NAME/Huber GmbH/REMI/Rechnung 17", {"text": "Rechnung 17", "payer_name": "Huber GmbH"}),   # code words share a slash
    ("/BO/MAISON BEAULIEU SARL/RFB/FACT-77/EREF/E-77", {"text": "FACT-77", "payer_name": "MAISON BEAULIEU SARL", "end_to_end": "E-77"}),
    ("/ORDP/ACME INC/REMI//RFB/INV 118", {"text": "INV 118", "payer_name": "ACME INC"}),
    ("/ORDP/ACME INC/REMI/INV 117/RFB/INV 118", {"text": "INV 117 INV 118", "payer_name": "ACME INC"}),
    ("/CNTP/NL20INGB0001234567/INGBNL2A/J. Smit///REMI/STRD/ISO/RF18539007547034/",
     {"text": "RF18539007547034", "payer_name": "J. Smit", "payer_account": "NL20INGB0001234567", "structured_reference": "RF18539007547034"}),
    ("/PT/FT/PY/INVOICE 118 NOV/BN/OUR NAME/BO/ACME INC/BO1/BOSTON/OB/FIRST BANK", {"text": "INVOICE 118 NOV", "payer_name": "ACME INC"}),
    ("/NAME/ACME/REMI/see 12/OB/17", {"text": "see 12/OB/17", "payer_name": "ACME"}),                  # Citi's words are its own
    ("/RTRN/AC04/closed/EREF/E-1/PY/our text", {"text": "our text", "end_to_end": "E-1", "is_return": True, "return_reason": "AC04"}),
    ("IDEAL 17 /TRTP/IDEAL/NAME/SHOP", {"text": "IDEAL 17", "payer_name": "SHOP", "posting_text": "IDEAL"}),
    ("/TRTP/GEA/NAME/BANK", {"text": "GEA", "payer_name": "BANK", "posting_text": "GEA"}),
    # a line is full with 65 characters (61 in the first where the tag counts): no blank; one less lost a blank
    ("/NAME/" + "A" * 55 + "\nBBB/REMI/x", {"text": "x", "payer_name": "A" * 55 + "BBB"}),
    ("/NAME/" + "A" * 54 + "\nBBB/REMI/x", {"text": "x", "payer_name": "A" * 54 + " BBB"}),
    ("/NAME/A" + "B" * 55 + "/R\nEMI/x", {"text": "x", "payer_name": "A" + "B" * 55}),
    ("/NAME/A/REMI/" + "x" * 52 + "\ny", {"text": "x" * 52 + "y", "payer_name": "A"}),
]


@pytest.mark.parametrize(("text", "expected"), CODE_WORDS)
def test_code_words(text: str, expected: dict[str, object]) -> None:
    assert told(text) == expected


OTHERS = [
    (("SEPA OVERBOEKING                 IBAN: NL20INGB0001234567\nBIC: INGBNL2A                    NAAM: BAKKERIJ JANSEN B.V.\n"
      "OMSCHRIJVING: FACTUUR 118\nKENMERK: KLANT-55"),
     {"text": "FACTUUR 118", "payer_name": "BAKKERIJ JANSEN B.V.", "payer_account": "NL20INGB0001234567", "end_to_end": "KLANT-55",
      "posting_text": "SEPA OVERBOEKING"}),
    ("SEPA ACCEPTGIROBETALING          IBAN: NL86INGB0002445588\nNAAM: FISCUS\nBETALINGSKENM.: 1004510036716378",
     {"text": "1004510036716378", "payer_name": "FISCUS", "payer_account": "NL86INGB0002445588", "structured_reference": "1004510036716378",
      "posting_text": "SEPA ACCEPTGIROBETALING"}),
    ("SEPA without labels", {"text": "SEPA without labels"}),
    ("GIRO   428428 KPN - TELECOM      BETALINGSKENM.  0000000120357271\nFACTUUR D.D. 20-02-2026",
     {"text": "GIRO 428428 KPN - TELECOM BETALINGSKENM. 0000000120357271 FACTUUR D.D. 20-02-2026", "payer_name": "KPN - TELECOM",
      "payer_account": "428428", "structured_reference": "0000000120357271"}),
    ("52.89.39.882 MYCOM DEN HAAG", {"text": "52.89.39.882 MYCOM DEN HAAG", "payer_name": "MYCOM DEN HAAG", "payer_account": "528939882"}),
    ("NL91ABNA0417164300 p.j. visser\nContributie 2026", {"text": "Contributie 2026", "payer_name": "p.j. visser", "payer_account": "NL91ABNA0417164300"}),
    ("NL91ABNA0417164300 ABNANL2A J. DE BOER NOTPROVIDED FACTUUR 17", {"text": "FACTUUR 17", "payer_name": "J. DE BOER",
                                                                       "payer_account": "NL91ABNA0417164300"}),
    ("NL91ABNA0417164300 ABNANL2A J. DE BOER FACTUUR", {"text": "ABNANL2A J. DE BOER FACTUUR", "payer_account": "NL91ABNA0417164300"}),
    ("DE89370400440532013000 Otto Meier\nDanke", {"text": "Danke", "payer_name": "Otto Meier", "payer_account": "DE89370400440532013000"}),
    ("EJ46GREENP100610T1456 CLIEOP", {"text": "EJ46GREENP100610T1456 CLIEOP"}),                     # looks like an IBAN, is none
    ("0111111111 V. DE JONG", {"text": "0111111111 V. DE JONG", "payer_account": "0111111111"}),
    ("Overboeking REK: NL91ABNA0417164300/NAAM: J. Jansen", {"text": "Overboeking", "payer_name": "J. Jansen", "payer_account": "NL91ABNA0417164300"}),
    ("910;PRZELEW; OD: SKLEP; Z RACH.: 27 1140 2004; TYT.: FV 18; TNR: 1.1", {"text": "FV 18", "payer_name": "SKLEP", "payer_account": "2711402004",
                                                                             "posting_text": "910;PRZELEW"}),
    ("911 OPLATA; dla: BANK", {"text": "911 OPLATA", "payer_name": "BANK", "posting_text": "911 OPLATA"}),
    ("FEDWIRE B/O: ACME INC\nREF: INVOICE 7", {"text": "FEDWIRE B/O: ACME INC REF: INVOICE 7", "payer_name": "ACME INC"}),
    ("VOTRE +++010/8068/17183+++ MERCI", {"text": "VOTRE +++010/8068/17183+++ MERCI", "structured_reference": "010806817183"}),
    ("x" * 65 + "\ny", {"text": "x" * 65 + "y"}),
    ("x" * 65 + "\nREF: y", {"text": "x" * 65 + " REF: y"}),     # a label begins anew even behind a full line
    ("x" * 64 + "\ny", {"text": "x" * 64 + " y"}),
    ("x" * 70 + "\ny", {"text": "x" * 70 + " y"}),              # no bank wraps there: the line ended
    ("one\ntwo", {"text": "one two"}),
]


@pytest.mark.parametrize(("text", "expected"), OTHERS)
def test_other_dialects(text: str, expected: dict[str, object]) -> None:
    assert told(text) == expected


def test_multicash_lines() -> None:
    assert mt86.read_ns("01Rechnung\n02 4711\n15ACME\n16GmbH\n17GUTSCHRIFT\n1812\nxx").text == "Rechnung 4711"
    assert mt86.read_ns("01Rechnung\n15ACME\n16GmbH").payer_name == "ACME GmbH"
    assert mt86.read_ns("17GUTSCHRIFT").text == "GUTSCHRIFT"


def test_silence() -> None:
    assert mt86.read("") == mt86.read(" \n ") == NOTHING


@pytest.mark.parametrize(("text", "reference"), [
    ("RF18 5390 0754 7034", "RF18539007547034"),
    ("ref RF19539007547034 is wrong", ""),
    ("210000000003139471430009017", "210000000003139471430009017"),
    ("21 00000 00003 13947 14300 09017", "210000000003139471430009017"),
    ("210000000003139471430009018", ""),
    ("nothing of the kind in a text that is long", ""),
])
def test_structured_references_need_their_check_digits(text: str, reference: str) -> None:
    assert structured.find(text) == reference


@pytest.mark.parametrize(("text", "answer"), [
    ("DE89370400440532013000", True), ("DE88370400440532013000", False), ("NL20INGB0001234567", True), ("hello", False), ("", False),
])
def test_ibans(text: str, answer: bool) -> None:
    assert is_iban(text) is answer


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("?+~/:;\n 0123456789ABEFIKLMNORSTVWZabc-.²"), max_size=120))
def test_any_text_is_read(text: str) -> None:
    """No text is too strange, and what is told comes from it."""
    details = mt86.read(text)
    assert all(character in text + " /" for character in details.text + details.payer_name)
