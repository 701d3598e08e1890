"""How banks write: a made-up entry in each one's dialect, and what must be told of it.

None of these rows is anybody's data.
"""

from __future__ import annotations

import re

import pytest

from parsers import documents
from parsers.formats import swift_mt940
from parsers.profile import Profile
from parsers.records import BankLine
from parsers.sources import Source

MT940 = [
    # bank, :61:, :86:, then amount, payer, its account, customer's reference, bank's reference, structured reference, text
    ("Deutsche Bank", "2611090911CR1250,00NTRFNONREF//1234567890123456\n/OCMT/EUR1250,00/",
     ("166?00SEPA-GUTSCHRIFT?109075/633?20EREF+2026-INV-100455?21SVWZ+Rechnung RE-100455 vom?22 03.11.2026 Kd-Nr "
      "4711?30DEUTDEFFXXX?31DE02120300000000202051?32MUELLER MASCHINENBAU GMBH?33 UND CO KG?34000"),
     (125000, "MUELLER MASCHINENBAU GMBH UND CO KG", "DE02120300000000202051", "2026-INV-100455", "1234567890123456", "",
      "Rechnung RE-100455 vom 03.11.2026 Kd-Nr 4711")),
    ("Commerzbank", "2611091109CR98,50N062NONREF",
     ("166?00GUTSCHR. UEBERW. DAUERAUF?100599?20EREF+E2E-7?21KREF+00123?22SVWZ+MIETE NOV 2026?30COBADEFFXXX?"
      "31DE89370400440532013000?32ERIKA MUSTERMANN?34997"),
     (9850, "ERIKA MUSTERMANN", "DE89370400440532013000", "E2E-7", "", "", "MIETE NOV 2026")),
    ("Commerzbank, from abroad", "2611091109CR900,00NTRFNONREF//0000123456",
     ("202?00AUSLANDSUEBERWEISUNG?100599?20/ROC/INV-2026-77?21USD 1.000,00 KURS 1,1000?22ENTGELT 10,00 EUR?32ACME "
      "INC?33BOSTON MA US"),
     (90000, "ACME INC BOSTON MA US", "", "", "0000123456", "", "/ROC/INV-2026-77 USD 1.000,00 KURS 1,1000 ENTGELT 10,00 EUR")),
    ("ABN AMRO, Belgian reference", "2611091109C1250,50N247NONREF",
     ("/TRTP/SEPA OVERBOEKING/IBAN/BE68539007547034/BIC/GKCCBEBB/NAME/DUBOIS/REMI/ISSUER: BBA       REF: 010806817183/"
      "EREF/NOTPROVIDED"),
     (125050, "DUBOIS", "BE68539007547034", "", "", "010806817183", "ISSUER: BBA REF: 010806817183")),
    ("ING", "2611091109C1250,50NTRFEREF//26313123456789\n/TRCD/00100/",
     ("/EREF/E2E-INV-77//CNTP/NL20INGB0001234567/INGBNL2A/BAKKERIJ JANSEN BV/AMSTE\nRDAM//REMI/USTD//Factuur "
      "2026-118 klant 55/"),
     (125050, "BAKKERIJ JANSEN BV", "NL20INGB0001234567", "E2E-INV-77", "26313123456789", "", "Factuur 2026-118 klant 55")),
    ("ING, structured", "2611091109C1250,50NTRFEREF//26313123456789\n/TRCD/00100/",
     "/CNTP/NL20INGB0001234567/INGBNL2A/BAKKERIJ JANSEN BV/AMSTERDAM//REMI/STR\nD/CUR/1004510036716378/",
     (125050, "BAKKERIJ JANSEN BV", "NL20INGB0001234567", "", "26313123456789", "1004510036716378", "1004510036716378")),
    ("Rabobank", "261109C000000001250,50N541EREF//OM1B002345678901\n/OCMT/EUR1250,50/",
     ("/EREF/E2E-118/TRTP/SEPA OVERBOEKING/ORDP//NAME/Bakkerij Jansen BV/ADDR/Dorpstraat 1/ID/12345/REMI/Factuur "
      "2026-118/ISDT/2026-11-09"),
     (125050, "Bakkerij Jansen BV", "", "E2E-118", "OM1B002345678901", "", "Factuur 2026-118")),
    ("Rabobank, account below", "261109C000000010,00N541NONREF\nNL20INGB0001234567",
     "/TRCD/00100//ORDP//NAME/J de Vries//REMI/Contributie 2026/EREF/E9",
     (1000, "J de Vries", "NL20INGB0001234567", "E9", "", "", "Contributie 2026")),
    ("Rabobank, paid", "261109D000000010,00N544NONREF\nNL20INGB0001234567",
     "/TRCD/544//BENM//NAME/Leverancier BV/REMI/Uw factuur 77",
     (-1000, "Leverancier BV", "NL20INGB0001234567", "", "", "", "Uw factuur 77")),
    ("Standard Chartered, both parties", "2611091109C98,50NTRF118//N1",
     "/BENM//NAME/OUR NAME PTE/ORDP//NAME/KESTREL PTE LTD/REMI/INV 118/ORDP/X",
     (9850, "KESTREL PTE LTD", "", "118", "N1", "", "INV 118/ORDP/X")),
    ("Standard Chartered, paid", "2611091109D98,50NTRF118//N1",
     "/ORDP//NAME/OUR NAME PTE/BENM//NAME/SUPPLIER LTD/REMI/PO 7",
     (-9850, "SUPPLIER LTD", "", "118", "N1", "", "PO 7")),
    ("ABN AMRO", "2611091109C1250,50N247NONREF",
     ("/TRTP/SEPA OVERBOEKING/IBAN/NL20INGB0001234567/BIC/INGBNL2A/NAME/BAK\nKERIJ JANSEN BV/REMI/FACTUUR 2026-118/"
      "EREF/E2E-118"),
     (125050, "BAKKERIJ JANSEN BV", "NL20INGB0001234567", "E2E-118", "", "", "FACTUUR 2026-118")),
    ("BNP Paribas", "2611091109C1250,50NTRFNONREF//VIR SEPA 123\nVIR SEPA RECU",
     "/BO/MAISON BEAULIEU SARL/RFB/FACT-2026-77/EREF/E2E-77",
     (125050, "MAISON BEAULIEU SARL", "", "E2E-77", "VIR SEPA 123", "", "VIR SEPA RECU FACT-2026-77")),
    ("BNP Paribas Fortis", "2611091109C1250,50NTRFNONREF//0000123",
     ("VIREMENT EN EUROS DE BE68539007547034 BIC GEBABEBB ATELIER DUBOIS SPRL COMMUNICATION STRUCTUREE ***010/8068/"
      "17183***"),
     (125050, "", "", "", "0000123", "010806817183",
      ("VIREMENT EN EUROS DE BE68539007547034 BIC GEBABEBB ATELIER DUBOIS SPRL COMMUNICATION STRUCTUREE ***010/8068/"
       "17183***"))),
    ("mBank", "2611091109CN1250,50NTRFNONREF//PRZELEW\n910;PRZELEW ZEWN.",
     ("910;PRZELEW ZEWN.; OD: KOWALSKI SP. Z O.O. UL. DLUGA 1; Z RACH.: 61 1090 1014 0000 0712 1981 2874; TYT.: FV "
      "118/2026; TNR: 145.1"),
     (125050, "KOWALSKI SP. Z O.O. UL. DLUGA 1", "61109010140000071219812874", "", "PRZELEW", "",
      "910;PRZELEW ZEWN. FV 118/2026")),
    ("PKO", "2611091109CN1250,50N051NONREF//BR123456",
     ("020~00PRZELEW PRZYCHODZACY~20FAKTURA FV/118/2026~21~22~23~24~25~3010901014~310000071219812874~32KOWALSKI SP. "
      "Z O.O.~33UL. DLUGA 1~38PL61109010140000071219812874~60~63"),
     (125050, "KOWALSKI SP. Z O.O. UL. DLUGA 1", "PL61109010140000071219812874", "", "BR123456", "", "FAKTURA FV/118/2026")),
    ("PKO, split payment", "2611091109CN1230,00N051NONREF//BR1",
     ("020~00PRZELEW SPLIT~20/VAT/230,00/IDC/5261040567/INV~21/FV/118/2026/TXT/zaplata~32KOWALSKI SP. Z O.O.~"
      "38PL61109010140000071219812874"),
     (123000, "KOWALSKI SP. Z O.O.", "PL61109010140000071219812874", "", "BR1", "",
      "/VAT/230,00/IDC/5261040567/INV/FV/118/2026/TXT/zaplata")),
    ("Pekao", "2611091109CN1250,50N051NONREF//BR1",
     ("020<00PRZELEW<20FV 118/2026<27KOWALSKI SP. Z O.O.<28DLUGA "
      "1<29WARSZAWA<3010901014<310000071219812874<38PL61109010140000071219812874"),
     (125050, "KOWALSKI SP. Z O.O. DLUGA 1 WARSZAWA", "PL61109010140000071219812874", "", "BR1", "",
      "FV 118/2026 KOWALSKI SP. Z O.O. DLUGA 1 WARSZAWA")),
    ("ING Poland, title of seven subfields", "2611091109CN1250,50N051NONREF//BR1",
     "020^00PRZELEW^20FV 118/2026^25I NOTA 9^26 Z DNIA^27 3.11.2026^32KOWALSKI SP. Z O.O.^38PL61109010140000071219812874",
     (125050, "KOWALSKI SP. Z O.O.", "PL61109010140000071219812874", "", "BR1", "", "FV 118/2026 I NOTA 9 Z DNIA 3.11.2026")),
    ("Raiffeisen, Austria", "2611091109CR98,50NTRFNONREF//123",
     "166?00Gutschrift?20EREF+E1?21SVWZ+Rechnung 17?30RZBAATWW?31AT483200000012345864?32Huber GmbH",
     (9850, "Huber GmbH", "AT483200000012345864", "E1", "123", "", "Rechnung 17")),
    ("Raiffeisen, Czechia", "2611091109C1250,50NTRF118//000012345",
     ("051?00Prichozi uhrada?2000000?21VS:2026118?22KS:0308?23SS:77?24FAKTURA 118?300800?3119-2000145399?32NOVAK "
      "S.R.O."),
     (125050, "NOVAK S.R.O.", "19-2000145399", "118", "000012345", "", "00000 VS:2026118 KS:0308 SS:77 FAKTURA 118")),
    ("Raiffeisen, Switzerland", "2611091109C1250,50NTRFNONREF//123",
     "Gutschrift Muster AG, 8000 Zuerich 210000000003139471430009017",
     (125050, "", "", "", "123", "210000000003139471430009017",
      "Gutschrift Muster AG, 8000 Zuerich 210000000003139471430009017")),
    ("HypoVereinsbank", "2611091109CR98,50NTRFNONREF",
     ("166?00SEPA-CT HABEN EINZELBUCHUNG?109310?20EREF+E1?21SVWZ+Rechnung 17?30HYVEDEMMXXX?31DE89370400440532013000?"
      "32Huber GmbH?34000"),
     (9850, "Huber GmbH", "DE89370400440532013000", "E1", "", "", "Rechnung 17")),
    ("UniCredit", "2611091109C98,50NTRFNONREF//123",
     "BONIFICO DA: ROSSI SRL IBAN IT60X0542811101000000123456 CAUSALE: SALDO FATTURA 118 DEL 03/11/2026",
     (9850, "ROSSI SRL", "", "", "123", "",
      "BONIFICO DA: ROSSI SRL IBAN IT60X0542811101000000123456 CAUSALE: SALDO FATTURA 118 DEL 03/11/2026")),
    ("Nordea", "2611091109C98,50NTRF1234561//2611091234567",
     "VIITESIIRTO KOSKELA OY 1234561",
     (9850, "", "", "1234561", "2611091234567", "", "VIITESIIRTO KOSKELA OY 1234561")),
    ("SEB", "2611091109C98,50NTRFNONREF//123",
     "/ORDP/KUND AB/REMI/FAKTURA 118/EREF/E1",
     (9850, "KUND AB", "", "E1", "123", "", "FAKTURA 118")),
    ("Danske Bank", "2611091109C98,50NTRFNONREF//123",
     "KREDITERING AFSENDER: KUNDE APS TEKST: FAKTURA 118 FIK 71 012345678901237",
     (9850, "KUNDE APS", "", "", "123", "012345678901237", "KREDITERING AFSENDER: KUNDE APS TEKST: FAKTURA 118 FIK 71 012345678901237")),
    ("Handelsbanken", "2611091109C98,50NTRFNONREF//123", "BG KUND AB OCR 12345682",
     (9850, "", "", "", "123", "12345682", "BG KUND AB OCR 12345682")),
    ("DNB", "2611091109C98,50NTRFNONREF//123", "/ORDP/KUNDE AS/REMI/KID: 12345678903",
     (9850, "KUNDE AS", "", "", "123", "12345678903", "KID: 12345678903")),
    ("HSBC", "2611091109C98,50NTRFNONREF//GB123\n/OCMT/USD120,00/EXCH/1,2",
     "FROM ACME INC REF INVOICE 118 /ORDP/ACME INC",
     (9850, "ACME INC", "", "", "GB123", "", "FROM ACME INC REF INVOICE 118")),
    ("Citi", "2611091109C98,50NTRFINV118//123456",
     "/PT/FT/PY/INVOICE 118 NOV/BN/OUR NAME/BO/ACME INC/BO1/BOSTON/OB/FIRST BANK",
     (9850, "ACME INC", "", "INV118", "123456", "", "INVOICE 118 NOV")),
    ("Citi, accounts first", "2611091109CP98,50NTRFINV118//123456\n/CTC/271/CREDIT TRANSFER RECD",
     "/PT/DE/EI/INVOICE 118 ACME INC/BI/12345678/BO/04982601/BO1/ACME INC",
     (9850, "ACME INC", "", "INV118", "123456", "", "/CTC/271/CREDIT TRANSFER RECD INVOICE 118 ACME INC")),
    ("J.P. Morgan, code words", "2611091109C98,50S103REF118//JPM123",
     "/ORDP/ACME INC/OGB/FIRST BANK/REMI//RFB/INV 118///ROC/XYZ",
     (9850, "ACME INC", "", "REF118", "JPM123", "", "INV 118")),
    ("J.P. Morgan", "2611091109C98,50NTRFINV118//JPM123",
     "B/O:ACME INC NEW YORK ORG:/123456 OGB:FIRST BANK REF:INVOICE 118 OBI:THANK YOU",
     (9850, "ACME INC NEW YORK", "", "INV118", "JPM123", "",
      "B/O:ACME INC NEW YORK ORG:/123456 OGB:FIRST BANK REF:INVOICE 118 OBI:THANK YOU")),
    ("J.P. Morgan, CHIPS", "2611091109C98,50FTRFNONREF//JPM123",
     ("CHIPS CREDIT VIA: CITIBANK/0008 B/O: ACME INC BOSTON MA REF: NBNF=LARKSPUR-123 ORG=/4455 ACME INC OGB=CITI "
      "OBI=INV 118 SSN: 0123456"),
     (9850, "ACME INC BOSTON MA", "", "", "JPM123", "",
      ("CHIPS CREDIT VIA: CITIBANK/0008 B/O: ACME INC BOSTON MA REF: NBNF=LARKSPUR-123 ORG=/4455 ACME INC OGB=CITI "
       "OBI=INV 118 SSN: 0123456"))),
    ("Bank of America", "2611091109C98,50S103E2E-118//903123",
     "/ORDP/ACME INC/REMI//RFB/INV 118/OCMT/USD98,50/",
     (9850, "ACME INC", "", "E2E-118", "903123", "", "INV 118")),
    ("Postbank", "2611091109CR98,50N051NONREF",
     "051?00GUTSCHRIFT?20REF. 0012345678?21RECHNUNG 17?30PBNKDEFF?31DE89370400440532013000?32Huber GmbH",
     (9850, "Huber GmbH", "DE89370400440532013000", "", "", "", "REF. 0012345678 RECHNUNG 17")),
    ("Erste Bank", "2611091109C98,50NTRFNONREF//8091",
     "/EREF/E1/ORDP/NAME/Huber GmbH/REMI/Rechnung 17",
     (9850, "Huber GmbH", "", "E1", "8091", "", "Rechnung 17")),
    ("Santander", "2611091109C98,50NTRFNONREF//123",
     "TRANSFERENCIA DE GARCIA SL, CONCEPTO FACTURA 118/2026",
     (9850, "GARCIA SL", "", "", "123", "", "TRANSFERENCIA DE GARCIA SL, CONCEPTO FACTURA 118/2026")),
    ("Société Générale", "2611091109C98,50NTRFNONREF//8091",
     "VIR RECU 9876543210S DE: MAISON BEAULIEU MOTIF: FACTURE 77 REF: E2E-77",
     (9850, "MAISON BEAULIEU", "", "", "8091", "", "VIR RECU 9876543210S DE: MAISON BEAULIEU MOTIF: FACTURE 77 REF: E2E-77")),
]


@pytest.mark.parametrize("original", ["50,00", "50,00 EUR", "EUR50,00"])
def test_a_returned_direct_debit_tells_what_the_bank_took_for_it(original: str) -> None:
    details = f"109?00RUECKLASTSCHRIFT?20EREF+E1?21OAMT+{original} COAM+3,00 EUR?22SVWZ+RUECKLASTSCHRIFT MS03?32HANS KUNDE?34914"
    content = f":20:X\n:25:1\n:28C:1/1\n:60F:C261108EUR53,\n:61:2611091109DR53,00N109NONREF\n:86:{details}\n:62F:C261109EUR0,\n"
    (line,) = (found for found in swift_mt940.parse(Source(content.encode()), Profile()) if isinstance(found, BankLine))
    assert (line.kind, line.amount_minor, line.instructed_minor, line.fee_minor) == ("return", -5300, 5000, 300)


@pytest.mark.parametrize(("bank", "entry", "details", "expected"), MT940, ids=[row[0] for row in MT940])
def test_mt940(bank: str, entry: str, details: str, expected: tuple[object, ...]) -> None:
    content = f":20:X\n:25:1\n:28C:1/1\n:60F:C261108EUR0,\n:61:{entry}\n:86:{details}\n:62F:C261109EUR1,\n"
    (line,) = (found for found in swift_mt940.parse(Source(content.encode()), Profile()) if isinstance(found, BankLine))
    told = (line.payer_name, line.payer_account, line.customer_reference, line.bank_reference, line.structured_reference)
    assert (line.amount_minor, *told, line.remittance_text) == expected


CAMT = [
    # whose reference, how the bank marks it, its issuer, the reference, and whether its check digits must be told not to tie
    ("Switzerland, QR", "<Prtry>QRR</Prtry>", "", "210000000003139471430009017", False),
    ("Switzerland, QR, mistyped", "<Prtry>QRR</Prtry>", "", "210000000003139471430009018", True),
    ("Switzerland, orange slip", "<Prtry>ISR Reference</Prtry>", "", "210000000003139471430009017", False),
    ("Netherlands", "<Cd>SCOR</Cd>", "CUR", "1004510036716378", False),
    ("Belgium", "<Cd>SCOR</Cd>", "BBA", "010806817183", False),
    ("Norway, KID", "<Cd>SCOR</Cd>", "", "12345678903", False),
    ("Sweden, OCR", "<Prtry>OCR</Prtry>", "", "12345682", False),
    ("Finland", "<Cd>SCOR</Cd>", "", "1234561", False),
    ("Finland, international", "<Cd>SCOR</Cd>", "ISO", "RF18539007547034", False),
]


@pytest.mark.parametrize(("country", "marked", "issuer", "reference", "is_wrong"), CAMT, ids=[row[0] for row in CAMT])
def test_camt_references(country: str, marked: str, issuer: str, reference: str, is_wrong: bool) -> None:
    issued = f"<Issr>{issuer}</Issr>" if issuer else ""
    told = f"<CdtrRefInf><Tp><CdOrPrtry>{marked}</CdOrPrtry>{issued}</Tp><Ref>{reference}</Ref></CdtrRefInf>"
    entry = (f'<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-09</Dt></BookgDt>'
             f"<NtryDtls><TxDtls><RmtInf><Strd>{told}</Strd></RmtInf></TxDtls></NtryDtls></Ntry>")
    whole = f"<Document><BkToCstmrStmt><GrpHdr/><Stmt><Id>S</Id>{entry}</Stmt></BkToCstmrStmt></Document>"
    found = documents.read(whole.encode())
    assert found.lines["structured_reference"].to_list() == [reference]
    assert ("bad_reference" in {issue.code for issue in found.issues}) is is_wrong


CSV = [
    # bank, header, a row; then amount, currency, the other side, its account, the payer's reference, the creditor's reference, text
    ("KBC", ("Rekeningnummer;Rubrieknaam;Naam;Munt;Afschriftnummer;Datum;Omschrijving;Valuta;Bedrag;Saldo;credit;debet;rekeningnummer tegenpartij;"
             "BIC tegenpartij;Naam tegenpartij;Adres tegenpartij;gestructureerde mededeling;Vrije mededeling"),
     "BE1;;WIJ;EUR;2026001;09/11/2026;OVERSCHRIJVING;09/11/2026;1250,50;2000,00;1250,50;;BE71096123456769;GKCCBEBB;DUBOIS;;***010/8068/17183***;",
     (125050, "EUR", "DUBOIS", "BE71096123456769", "", "010806817183", "***010/8068/17183*** OVERSCHRIJVING")),
    ("BNP Paribas Fortis", ("Volgnummer;Uitvoeringsdatum;Valutadatum;Bedrag;Valuta rekening;Rekeningnummer;Type verrichting;Tegenpartij;"
                            "Naam van de tegenpartij;Mededeling;Details"),
     "2026-001;09/11/2026;09/11/2026;1250,50;EUR;BE1;Overschrijving;BE71096123456769;DUBOIS;Factuur 118;vandaag",
     (125050, "EUR", "DUBOIS", "BE71096123456769", "", "", "Factuur 118 vandaag")),
    ("Volksbank, signs apart", ("Buchungstag;Valuta;Auftraggeber/Zahlungsempfänger;Empfänger/Zahlungspflichtiger;Konto-Nr.;IBAN;BLZ;BIC;"
                                "Vorgang/Verwendungszweck;Kundenreferenz;Währung;Umsatz; "),
     "09.11.2026;09.11.2026;Wir;Vermieter;;DE89;;X;Miete;;EUR;500,00;S",
     (-50000, "EUR", "Vermieter", "DE89", "", "", "Miete")),
    ("DKB, paid", ("Buchungsdatum;Wertstellung;Status;Zahlungspflichtige*r;Zahlungsempfänger*in;Verwendungszweck;Umsatztyp;IBAN;Betrag (€)"),
     "09.11.26;09.11.26;Gebucht;Wir;Lieferant GmbH;RE 5;Ausgang;DE89;-100,5",
     (-10050, "EUR", "Lieferant GmbH", "DE89", "", "", "RE 5")),
    ("DKB, received", ("Buchungsdatum;Wertstellung;Status;Zahlungspflichtige*r;Zahlungsempfänger*in;Verwendungszweck;Umsatztyp;IBAN;Betrag (€)"),
     "09.11.26;09.11.26;Gebucht;Kunde GmbH;Wir;RE 5;Eingang;DE89;100,5",
     (10050, "EUR", "Kunde GmbH", "DE89", "", "", "RE 5")),
    ("Finland", ("Kirjauspäivä;Maksupäivä;Summa;Tapahtumalaji;Maksaja;Saajan nimi;Saajan tilinumero;Saajan BIC-tunnus;Viitenumero;Viesti;"
                 "Arkistointitunnus"),
     "09.11.2026;09.11.2026;-98,50;TILISIIRTO;Me Oy;Koskela Oy;FI1;NDEAFIHH;1234561;Lasku 118;2611090001",
     (-9850, "USD", "Koskela Oy", "FI1", "1234561", "", "Lasku 118")),
    ("Norway", "Bokføringsdato;Beløp;Avsender;KID;Melding", "09.11.2026;98,50;Kunde AS;12345678903;",
     (9850, "USD", "Kunde AS", "", "12345678903", "", "")),
    ("Nordea", "Booking date;Amount;Sender;Recipient;Name;Title;Message;Reference number;Balance;Currency",
     "2026/11/09;98,50;FI1;FI2;Koskela Oy;Lasku;OCR 12345682;RF18539007547034;100,00;EUR",
     (9850, "EUR", "Koskela Oy", "", "RF18539007547034", "12345682", "Lasku OCR 12345682")),
    ("Brazil", "Data;Lançamento;Valor (R$);Saldo (R$)", "09/11/2026;TED RECEBIDA ACME;1.250,50;2.000,00",
     (125050, "BRL", "", "", "", "", "TED RECEBIDA ACME")),
    ("Türkiye", "Tarih;Açıklama;Tutar;Bakiye", "09.11.2026;GELEN EFT ACME;1.250,50 TRY;2.000,00 TRY",
     (125050, "TRY", "", "", "", "", "GELEN EFT ACME")),
    ("Czechia", "Datum zaúčtování;Částka;Měna;Protistrana;Název protistrany;VS;KS;SS;Zpráva",
     "09.11.2026;1 250,50;CZK;19-2000145399/0800;NOVAK S.R.O.;2026118;0308;;FAKTURA",
     (125050, "CZK", "NOVAK S.R.O.", "19-2000145399/0800", "2026118", "", "FAKTURA")),
    ("PKO, text in unnamed columns", "Data operacji,Data waluty,Typ transakcji,Kwota,Waluta,Saldo po transakcji,Opis transakcji,,",
     "2026-11-09,2026-11-09,Przelew na konto,+1250.50,PLN,+2000.00,Rachunek nadawcy: 61,Nazwa nadawcy: KOWALSKI,Tytuł: FV 118",
     (125050, "PLN", "KOWALSKI", "", "", "", "Rachunek nadawcy: 61 Nazwa nadawcy: KOWALSKI Tytuł: FV 118")),
    ("Erste Bank, George", ("Buchungsdatum;Valutadatum;Partner Name;Partner IBAN;BIC/SWIFT;Partner Kontonummer;Bankleitzahl;Betrag;Währung;"
                            "Buchungs-Details;Buchungsreferenz;Notiz"),
     "09.11.2026;09.11.2026;Huber GmbH;AT48;X;;;1.250,50;EUR;RE 118;R1;",
     (125050, "EUR", "Huber GmbH", "AT48", "", "", "RE 118")),
    ("Raiffeisen Austria, no header", "09.11.2026;Rechnung 17 Huber GmbH;09.11.2026;1.250,50;EUR;09.11.2026 10:00:00:123",
     "09.11.2026;Entgelt;09.11.2026;-5,00;EUR;09.11.2026 10:00:00:123",
     (-500, "EUR", "", "", "", "", "Entgelt")),
    ("Intesa Sanpaolo", "Data,Operazione,Dettagli,Conto o carta,Contabilizzazione,Categoria ,Valuta,Importo",
     "09/11/2026,Bonifico da Rossi,FATTURA 118,Conto 1,CONTABILIZZATO,x,EUR,1250.50",
     (125050, "EUR", "", "", "", "", "Bonifico da Rossi FATTURA 118")),
    ("Estonia", ("Kliendi konto;Dokumendi number;Kuupäev;Saaja/maksja konto;Saaja/maksja nimi;Saaja panga kood;Tühi;Deebet/Kreedit (D/C);Summa;"
                 "Viitenumber;Arhiveerimistunnus;Selgitus;Teenustasu;Valuuta"),
     "EE1;1;09.11.2026;EE2;KLIENT OU;;;D;1250,50;1234561;A1;Arve 118;;EUR",
     (-125050, "EUR", "KLIENT OU", "EE2", "1234561", "", "Arve 118")),
    ("A counterparty that is a name", "Account,Date,Amount,Currency,Debit/Credit,Counterparty,Description",
     "1,2026-11-09,1250.50,EUR,C,ACME OU,INV 118",
     (125050, "EUR", "ACME OU", "", "", "", "INV 118")),
    ("Unsigned amounts with BAI codes", "As Of,Currency,Account Number,BAI Code,Description,Amount,Customer Reference,Bank Reference,Text",
     "11/09/2026,USD,123,475,Check Paid,100.00,1042,B1,",
     (-10000, "USD", "", "", "1042", "", "Check Paid")),
    ("Raiffeisen, Switzerland", "Datum;Valuta;Buchungstext;Belastung;Gutschrift;Saldo CHF", "09.11.2026;09.11.2026;Zahlung Muster AG;;1250.50;2000.50",
     (125050, "CHF", "", "", "", "", "Zahlung Muster AG")),
    ("Debtor and creditor", "Booking date,Value date,Debtor,Creditor,Amount,Currency,Remittance information,End to end ID",
     "2026-11-09,2026-11-09,US,LANDLORD,-50.00,EUR,Rent,E2",
     (-5000, "EUR", "LANDLORD", "", "E2", "", "Rent")),
    ("HDFC", "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance",
     "09/11/26,NEFT CR-AXIS-ACME,N313,09/11/26,,125000.50,200000.00",
     (12500050, "INR", "", "", "N313", "", "NEFT CR-AXIS-ACME")),
    ("HDFC, the payer in the chain", "Date,Narration,Chq./Ref.No.,Value Dt,Withdrawal Amt.,Deposit Amt.,Closing Balance",
     "09/11/26,NEFT CR-UTIB0001506-KESTREL LTD-US-AXISN1,N313,09/11/26,,125000.50,200000.00",
     (12500050, "INR", "KESTREL LTD", "", "N313", "", "NEFT CR-UTIB0001506-KESTREL LTD-US-AXISN1")),
    ("Russia", "Дата операции;Контрагент;Назначение платежа;Приход;Расход;Валюта;Остаток", "09.11.2026;ООО РОМАШКА;Счёт 118;1 250,50;;RUB;2 000,00",
     (125050, "RUB", "ООО РОМАШКА", "", "", "", "Счёт 118")),
    ("Russia, card in another currency", "Дата операции;Статус;Сумма операции;Валюта операции;Сумма платежа;Валюта платежа;Описание",
     "09.11.2026;OK;-100,00;USD;-9050,00;RUB;ROMASHKA", (-905000, "RUB", "", "", "", "", "ROMASHKA")),
    ("Ukraine, card in another currency", ("Дата i час операції,Деталі операції,Сума в валюті картки (UAH),Сума в валюті операції,Валюта,"
                                           "Залишок після операції"),
     "09.11.2026 10:11:12,KESTREL,-4150.00,-100.00,USD,2000.50", (-415000, "UAH", "", "", "", "", "KESTREL")),
    ("Bulgaria", "Дата;Основание за плащане;Наредител/Получател;Сума;Дт/Кт;Валута", "09.11.2026;Фактура 118;АКМЕ ООД;1250,50;Кт;BGN",
     (125050, "BGN", "АКМЕ ООД", "", "", "", "Фактура 118")),
    ("Serbia", "Датум књижења;Сврха плаћања;Дугује;Потражује;Стање (RSD)", "09.11.2026;Рачун 118;;1.250,50;2.000,00",
     (125050, "RSD", "", "", "", "", "Рачун 118")),
    ("Greece", "Ημερομηνία;Αιτιολογία;Ποσό;Πρόσημο;Υπόλοιπο (€)", "09/11/2026;ΤΙΜΟΛΟΓΙΟ 118;1.250,50;Χ;2.000,00",
     (-125050, "EUR", "", "", "", "", "ΤΙΜΟΛΟΓΙΟ 118")),
    ("Türkiye, two columns", "Tarih;Açıklama;Borç;Alacak;Bakiye;Döviz cinsi", "09.11.2026;GELEN EFT GÖNDEREN: KESTREL LTD AÇIKLAMA: 118;;1.250,50;2.000,00;TRY",
     (125050, "TRY", "KESTREL LTD", "", "", "", "GELEN EFT GÖNDEREN: KESTREL LTD AÇIKLAMA: 118")),
    ("China", "交易日期,摘要,借方发生额(支取),贷方发生额(收入),余额,对方户名,对方账号,币种", "20261109,货款118,,1250.50,2000.00,某某有限公司,6222000011,CNY",
     (125050, "CNY", "某某有限公司", "6222000011", "", "", "货款118")),
    ("China, a direction in words", "交易时间,交易对方,商品说明,收/支,金额(元),交易状态,币种", "2026-11-09 10:11:12,某某,货款118,支出,5.00,交易成功,CNY",
     (-500, "CNY", "某某", "", "", "", "货款118")),
    ("Taiwan", "交易日期,摘要,支出金額,存入金額,餘額,幣別,備註", '2026/11/09,轉帳,,"1,250.50","2,000.00",TWD,發票118',
     (125050, "TWD", "", "", "", "", "轉帳 發票118")),
    ("Japan", "日付,摘要,お引出し,お預入れ,残高(円)", '2026/11/09,振込 カ)ヤマダ,,"1,250","2,000"',
     (1250, "JPY", "", "", "", "", "振込 カ)ヤマダ")),
    ("Japan, one column and an era", "取引日,入出金(円),残高(円),入出金先内容", "令和8年11月9日,-1250,2000,テスウリヨウ",
     (-1250, "JPY", "", "", "", "", "テスウリヨウ")),
    ("Korea", "거래일시,적요,출금액(원),입금액(원),잔액(원),보낸분/받는분", '2026.11.09 10:11:12,타행이체,0,"125,000","200,000",홍길동',
     (125000, "KRW", "홍길동", "", "", "", "타행이체")),
    ("Israel, one signed column", "תאריך,תיאור,אסמכתא,₪ זכות/חובה,₪ יתרה", '09/11/2026,העברה,123,"1,250.50","2,000.00"',
     (125050, "ILS", "", "", "", "", "העברה")),
    ("Saudi Arabia", "التاريخ,البيان,مدين,دائن,الرصيد,العملة", "09/11/2026,حوالة 118,,1250.50,2000.00,SAR",
     (125050, "SAR", "", "", "", "", "حوالة 118")),
    ("Thailand, Buddhist year", "วันที่,รายการ,ถอนเงิน (THB),ฝากเงิน (THB),ยอดคงเหลือ", '09/11/2569,โอนเงิน 118,,"1,250.50","2,000.00"',
     (125050, "THB", "", "", "", "", "โอนเงิน 118")),
    ("Vietnam", "Ngày giao dịch,Nội dung,Ghi nợ,Ghi có,Số dư,Loại tiền", '09/11/2026,KESTREL CK 118,,"1,250,000","2,000,000",VND',
     (1250000, "VND", "", "", "", "", "KESTREL CK 118")),
    ("Indonesia, a direction behind the amount", "Tanggal,Keterangan,Cabang,Jumlah,,Saldo,Mata Uang", '09/11/2026,BIAYA,0000,"5,000.00",DB,"1,995,000.00",IDR',
     (-500000, "IDR", "", "", "", "", "BIAYA")),
    ("Croatia", "Datum knjiženja;Opis plaćanja;Isplate;Uplate;Stanje;Valuta", "09.11.2026;Račun 118;;1.250,50;2.000,00;EUR",
     (125050, "EUR", "", "", "", "", "Račun 118")),
    ("Hungary", "Könyvelés dátuma;Közlemény;Összeg;Devizanem;Partner neve", "2026.11.09.;Számla 118;125000;HUF;ACME KFT",
     (12500000, "HUF", "ACME KFT", "", "", "", "Számla 118")),
    ("Boursorama, balances with another decimal mark",
     "dateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;accountNum;accountLabel;accountbalance",
     "2026-11-09;2026-11-09;VIR ACME;Virements;Virements;acme;1 250,50;;123;CPT;2000.00",
     (125050, "EUR", "", "", "", "", "VIR ACME")),
    ("Qonto, days told by no cell but the currency", ("Transaction ID,Settlement date (local),Operation date (local),Total amount (incl. VAT),Currency,"
                                                       "Counterparty name,Reference,Payment method,Status"),
     "x,09-11-2026 10:11:12,09-11-2026 10:11:12,1250.50,EUR,ACME,INV118,transfer,Executed", (125050, "EUR", "ACME", "", "", "", "INV118")),
    ("AIB", "Posted Account, Posted Transactions Date, Description1, Description2, Description3, Debit Amount, Credit Amount,Balance,Posted Currency",
     '"123","09/11/2026","ACME","INV118","",,"1,250.50","2,000.00",EUR', (125050, "EUR", "", "", "", "", "ACME INV118")),
    ("ČSOB", "číslo účtu;datum zaúčtování;částka;měna;zůstatek;číslo účtu protiúčtu;název účtu protiúčtu;variabilní symbol;ID transakce;poznámka",
     "1;09.11.2026;1250,50;CZK;2000,00;2;ACME;118;9;FA 118", (125050, "CZK", "ACME", "2", "118", "", "FA 118")),
    ("The header's currency is that of its amounts", "Date,Payee,Amount (EUR),Amount (Foreign Currency),Currency,Description", "2026-11-09,KESTREL,-92.50,-100.00,USD,Inv 118",
     (-9250, "EUR", "KESTREL", "", "", "", "Inv 118")),
]


@pytest.mark.parametrize(("bank", "header", "row", "expected"), CSV, ids=[row[0] for row in CSV])
def test_csv(bank: str, header: str, row: str, expected: tuple[object, ...]) -> None:
    found = documents.read(f"{header}\n{row}\n".encode(), format_name="csv")
    line = found.lines.to_dicts()[-1]
    told = (line["payer_name"], line["payer_account"], line["customer_reference"], line["structured_reference"], line["remittance_text"])
    assert (line["amount_minor"], line["currency"], *told) == expected
    assert line["booking_date"].isoformat() == "2026-11-09"
    is_assumed = line["currency"] == "USD" and "Currency" not in header
    assert ("unknown_currency" in {issue.code for issue in found.issues}) is is_assumed


@pytest.mark.parametrize("code", ["010", "100", "400", "890"])
def test_a_balance_or_a_sum_among_bai_codes_is_no_entry(code: str) -> None:
    found = documents.read(f"Date,Currency,BAI Code,Text,Amount\n2026-11-09,USD,195,ACME,5.00\n2026-11-09,USD,{code},Sum,5.00\n".encode())
    assert found.lines["amount_minor"].to_list() == [500]
    assert [issue.code for issue in found.errors] == ["bad_amount"]


def camt(entry: str) -> documents.Document:
    head = "<Id>S</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>"
    return documents.read(f"<Document><BkToCstmrStmt><GrpHdr/><Stmt>{head}{entry}</Stmt></BkToCstmrStmt></Document>".encode())


@pytest.mark.parametrize(("page", "header", "row", "payer", "text"), [
    ("cp1250", "Datum zaúčtování;Částka;Měna;Název protistrany;Zpráva", "09.11.2026;1250,50;CZK;NOVÁK ŘEMESLO;FAKTURA", "NOVÁK ŘEMESLO", "FAKTURA"),
    ("cp1250", "#Data księgowania;#Tytuł;#Nadawca/Odbiorca;#Obciążenia;#Uznania", "2026-11-09;FV 118;ŁÓDŹ SP. Z O.O.;;5,00", "ŁÓDŹ SP. Z O.O.", "FV 118"),
    ("cp1254", "Tarih;Açıklama;İşlem Tutarı", "09.11.2026;GELEN EFT ŞİRKET;1.250,50", "", "GELEN EFT ŞİRKET"),
    ("cp1254", "Tarih;Açıklama;Borç;Alacak", "09.11.2026;GELEN EFT ŞİRKET;;1.250,50", "", "GELEN EFT ŞİRKET"),
    ("cp1251", "Дата;Контрагент;Назначение платежа;Сумма", "09.11.2026;ООО РОМАШКА;Счет 118;1250,50", "ООО РОМАШКА", "Счет 118"),
    ("cp1253", "Ημερομηνία;Αιτιολογία;Ποσό", "09/11/2026;ΤΙΜΟΛΟΓΙΟ 118;1.250,50", "", "ΤΙΜΟΛΟΓΙΟ 118"),
    ("gbk", "交易日期,摘要,对方户名,支出金额,收入金额", "20261109,货款118,某某有限公司,,1250.50", "某某有限公司", "货款118"),
    ("big5", "交易日期,摘要,支出金額,存入金額", "2026/11/09,轉帳,,1250.50", "", "轉帳"),
    ("cp932", "日付,摘要,振込依頼人名,出金金額(円),入金金額(円)", "2026/11/09,振込,カ)ヤマダ,,1250", "カ)ヤマダ", "振込"),
    ("cp949", "거래일자,적요,보낸분,출금액,입금액", "2026.11.09,타행이체,홍길동,,1250.50", "홍길동", "타행이체"),
    ("cp1255", "תאריך,תיאור,חובה,זכות", "09/11/2026,העברה,,1250.50", "", "העברה"),
    ("cp1256", "التاريخ,البيان,مدين,دائن", "09/11/2026,حوالة,,1250.50", "", "حوالة"),
    ("cp1252", "Datum;Begünstigter;Verwendungszweck;Betrag", "09.11.2026;Müller;Gebühr;5,00", "Müller", "Gebühr"),
])
def test_code_pages_of_csv(page: str, header: str, row: str, payer: str, text: str) -> None:
    found = documents.read(f"{header}\n{row}\n".encode(page))
    assert (found.format, *found.lines.select("payer_name", "remittance_text").row(0)) == ("csv", payer, text)


@pytest.mark.parametrize(("code", "direction", "kind"), [
    ("NTRF+166+9310", "CRDT", "receipt"), ("NRTI+109+9310+914", "DBIT", "return"), ("NCHG+808+9310", "DBIT", "fee"),
    ("NMSC+805", "DBIT", "fee"), ("NINT+814+9310", "CRDT", "interest"), ("NDDT+105+0599", "DBIT", "disbursement"),
    ("NCMZ+833+9310", "CRDT", "transfer"), ("N099", "DBIT", "disbursement"),
])
def test_german_codes_in_camt(code: str, direction: str, kind: str) -> None:
    found = camt(f'<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-09</Dt></BookgDt>'
                 f"<BkTxCd><Prtry><Cd>{code}</Cd><Issr>DK</Issr></Prtry></BkTxCd></Ntry>")
    assert found.lines["kind"].to_list() == [kind]


@pytest.mark.parametrize(("debtor", "told"), [
    ("<Dbtr><Nm>NOTPROVIDED</Nm></Dbtr><UltmtDbtr><Nm>Kunde GmbH</Nm></UltmtDbtr>", "Kunde GmbH"),
    ("<Dbtr><Nm>Not provided</Nm></Dbtr>", ""), ("<Dbtr><Nm>Nonesuch Ltd</Nm></Dbtr>", "Nonesuch Ltd"),
])
def test_a_name_that_is_not_provided_is_none(debtor: str, told: str) -> None:
    found = camt('<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-09</Dt></BookgDt>'
                 f"<NtryDtls><TxDtls><RltdPties>{debtor}</RltdPties></TxDtls></NtryDtls></Ntry>")
    assert found.lines["payer_name"].to_list() == [told]


@pytest.mark.parametrize("text", ["OCR 12345682", "Rechnung 21 00000 00003 13947 14300 09017", "kid: 12345678903 faktura 118"])
def test_the_same_words_tell_the_same_reference_in_camt_mt940_and_csv(text: str) -> None:
    entry = ('<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-09</Dt></BookgDt>'
             f"<NtryDtls><TxDtls><RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>")
    swift = f":20:X\n:25:1\n:28C:1\n:60F:C261108EUR0,\n:61:2611091109C5,00NTRFNONREF\n:86:{text}\n:62F:C261109EUR5,\n"
    table = f"Date,Description,Amount,Currency\n2026-11-09,{text},5.00,EUR\n"
    by_bank = re.sub("<NtryDtls>.*</NtryDtls>", f"<AddtlNtryInf>{text}</AddtlNtryInf>", entry)
    told = [found.lines["structured_reference"].item() for found in (camt(entry), camt(by_bank), documents.read(swift.encode()), documents.read(table.encode()))]
    assert told[0]
    assert told == [told[0]] * 4


def test_bai2_totals_with_a_decimal_point_where_amounts_have_one() -> None:
    content = ("01,121000248,ACME,261120,0600,1,,,2/\n02,ACME,121000248,1,261119,2400,USD,2/\n03,123,USD,010,0,,,015,100.00,,/\n"
               "16,195,100.00,0,B,C,W/\n49,200.00,3/\n98,200.00,1,5/\n99,200.00,1,7/\n")
    found = documents.read(content.encode())
    assert found.lines["amount_minor"].to_list() == [10000]
    assert len([control for control in found.controls if control.ties and control.currency]) == 4
    assert not found.issues


def test_a_statement_with_the_balances_of_each_of_its_days_is_proven_from_the_first_to_the_last() -> None:
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'
        for code, amount, day in (("CLBD", "8.00", "2026-11-10"), ("OPBD", "5.00", "2026-11-10"), ("CLBD", "5.00", "2026-11-09"), ("OPBD", "0.00", "2026-11-09")))
    entries = "".join(f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts></Ntry>' for amount in ("5.00", "3.00"))
    found = camt(balances + entries)
    assert [(control.stated, control.computed) for control in found.controls] == [(800, 800)]
    assert (found.statements[0].opened.opening_minor, found.statements[0].closed and found.statements[0].closed.closing_minor) == (0, 800)


def test_a_batch_in_one_of_several_groups_of_details_says_nothing_of_the_others() -> None:
    detail = '<TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs><Amt Ccy="EUR">{}</Amt></TxDtls>'
    groups = f"<NtryDtls><Btch><NbOfTxs>1</NbOfTxs></Btch>{detail.format('A', 2)}</NtryDtls><NtryDtls>{detail.format('B', 3)}</NtryDtls>"
    found = camt(f'<Ntry><Amt Ccy="EUR">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-09</Dt></BookgDt>{groups}</Ntry>')
    assert found.lines["customer_reference"].to_list() == ["A", "B"]
    assert [control.name for control in found.controls if control.ties] == ["sum of the details"]
    assert not found.issues
