"""CSV exports: which column is what, signs, marks, dates, statuses, proofs, in tables. Whole files stand in fixtures/bank_csv."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import documents
from parsers.delimited.balances import chain, is_running, prove
from parsers.delimited.layout import find_layout
from parsers.delimited.profiles import SHIPPED
from parsers.delimited.rows import fold
from parsers.delimited.words import ROLES, names
from parsers.formats import bank_csv
from parsers.profile import CsvColumns, Profile
from parsers.records import BankLine, Control, Issue, Record, StatementClosed, StatementOpened
from parsers.sources import Source

BANK = Profile(name="a bank whose currency is known")


def records(content: str, profile: Profile = BANK, *, encoding: str = "utf-8") -> list[Record]:
    return list(bank_csv.parse(Source(content.encode(encoding)), profile))


def lines(content: str, profile: Profile = BANK) -> list[BankLine]:
    return [r for r in records(content, profile) if isinstance(r, BankLine)]


def codes(content: str, profile: Profile = BANK) -> list[tuple[str, str]]:
    return [(r.severity, r.code) for r in records(content, profile) if isinstance(r, Issue)]


def layout_name(content: str, encoding: str = "utf-8") -> str:
    found = find_layout(content.encode(encoding), Profile())
    return found.rules.name if found else ""


BANKS = [
    # layout, header and rows, then of the first row: date, amount, currency, payer, text, own account
    ("chase_account", "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\nDEBIT,01/31/2026,ACME,-12.50,ACH_DEBIT,87.50,,\n",
     ("2026-01-31", -1250, "USD", "", "ACME", "")),
    ("chase_card", "Transaction Date,Post Date,Description,Category,Type,Amount,Memo\n01/02/2026,01/03/2026,ACME,Shopping,Sale,-12.50,\n",
     ("2026-01-03", -1250, "USD", "", "ACME", "")),
    ("bank_of_america_card", 'Posted Date,Reference Number,Payee,Address,Amount\n01/05/2026,2401,"ACME","NEW YORK NY",-12.50\n',
     ("2026-01-05", -1250, "USD", "ACME", "ACME NEW YORK NY", "")),
    ("citi_card", "Status,Date,Description,Debit,Credit\nCleared,01/05/2026,PAYMENT,,-50.00\n", ("2026-01-05", 5000, "USD", "", "PAYMENT", "")),
    ("amex_card", "Date,Description,Card Member,Account #,Amount\n01/05/2026,ACME,ADA,-11001,12.50\n", ("2026-01-05", -1250, "USD", "", "ACME", "-11001")),
    ("amex_card_details", ("Date,Description,Amount,Extended Details,Appears On Your Statement As,Address,City/State,Zip Code,Country,Reference,Category\n"
     "11/13/2026,PAYMENT RECEIVED - THANK YOU,-12.50,,,,,,,'3202',\n"), ("2026-11-13", 1250, "USD", "", "PAYMENT RECEIVED - THANK YOU", "")),
    ("qonto", ("Transaction ID,Settlement date (UTC),Operation date (UTC),Status,Operation type,Amount (debit),Amount (credit),Currency (local),"
     "Counterparty name,Reference,Note\nt1,05-01-2026 10:00:00,05-01-2026 10:00:00,settled,income,,12.50,EUR,ACME,FACT 118,\n"),
     ("2026-01-05", 1250, "EUR", "ACME", "FACT 118", "")),
    ("comdirect", ('"Neuer Kontostand";"12,50 EUR";\n"Buchungstag";"Wertstellung (Valuta)";"Vorgang";"Buchungstext";"Umsatz in EUR";\n'
     '"05.01.2026";"05.01.2026";"Überweisung";"Auftraggeber: ACME";"12,50";\n"offen";"--";"Lastschrift";"X";"-20,00";\n'),
     ("2026-01-05", 1250, "EUR", "ACME", "Auftraggeber: ACME", "")),
    ("natwest", ("Date, Type, Description, Value, Balance, Account Name, Account Number\n13/01/2026,BAC,\"ACME , INV118\",12.50,12.50,\"'US\",\"'600000-12345678\",\n"),
     ("2026-01-13", 1250, "GBP", "", "ACME , INV118", "600000-12345678")),
    ("discover_card", "Trans. Date,Post Date,Description,Amount,Category\n01/05/2026,01/06/2026,ACME,12.50,Shop\n",
     ("2026-01-06", -1250, "USD", "", "ACME", "")),
    ("capital_one_account", ("Account Number,Transaction Description,Transaction Date,Transaction Type,Transaction Amount,Balance\n"
     "1234,Withdrawal ACME,01/05/26,Debit,12.50,100.00\n"), ("2026-01-05", -1250, "USD", "", "Withdrawal ACME", "1234")),
    ("barclays", "Number,Date,Account,Amount,Subcategory,Memo\n ,02/01/2026,20-00-00 12345678,100.00,Counter Credit,ACME\t INV 5\n",
     ("2026-01-02", 10000, "GBP", "", "ACME INV 5", "20-00-00 12345678")),
    ("lloyds", ("Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Description,Debit Amount,Credit Amount,Balance\n"
     "02/01/2026,FPI,'11-22-33,12345678,ACME LTD,,100.00,100.00\n"), ("2026-01-02", 10000, "GBP", "", "ACME LTD", "12345678")),
    ("nationwide", ('"Account Name:","Flex ****1"\n"Account Balance:","£90.00"\n\n"Date","Transaction type","Description","Paid out","Paid in","Balance"\n'
     '"05 Jan 2026","Bank credit","ACME","","£100.00","£100.00"\n'), ("2026-01-05", 10000, "GBP", "", "ACME", "")),
    ("starling", "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes\n02/01/2026,Acme,INV 5,FASTER PAYMENT,100.00,100.00,INCOME,\n",
     ("2026-01-02", 10000, "GBP", "Acme", "INV 5", "")),
    ("hsbcnet", ("Account name,Account number,Bank name,Currency,Location,BIC,IBAN,Bank reference,Narrative,Customer reference,TRN type,Value date,Credit amount,"
     "Debit amount,Time,Post date\nUs,001-2,HSBC,HKD,HK,X,,B1,ACME PAYS 7,C1,CREDIT,05/01/2026,100.00,,,05/01/2026\n"),
     ("2026-01-05", 10000, "HKD", "", "ACME PAYS 7", "001-2")),
    ("wise", ('"TransferWise ID",Date,Amount,Currency,Description,"Payment Reference","Running Balance","Payer Name","Payee Name","Payee Account Number"\n'
     "TRANSFER-1,04-01-2026,100.00,EUR,Received money,INV-7,100.00,Acme,,\n"), ("2026-01-04", 10000, "EUR", "Acme", "Received money INV-7", "")),
    ("n26", ('"Date","Payee","Account number","Transaction type","Payment reference","Amount (EUR)","Amount (Foreign Currency)"\n'
     '"2026-01-05","Acme GmbH","DE89","Income","RE 1","100.0",""\n'), ("2026-01-05", 10000, "EUR", "Acme GmbH", "RE 1", "")),
    ("sparkasse_camt", ('"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";"Kundenreferenz (End-to-End)";'
     '"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"Betrag";"Waehrung";"Info"\n'
     '"DE02";"31.01.26";"31.01.26";"GUTSCHR. UEBERWEISUNG";"RE-100";"E2E-1";"Müller GmbH";"DE89";"1.234,56";"EUR";"Umsatz gebucht"\n'),
     ("2026-01-31", 123456, "EUR", "Müller GmbH", "RE-100", "DE02")),
    ("dkb", ('"Girokonto";"DE02"\n""\n"Kontostand vom 05.02.2026:";"1.234,56 €"\n""\n"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";'
     '"Zahlungsempfänger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)"\n"04.02.26";"04.02.26";"Gebucht";"Acme GmbH";"Wir";"RE 5";"Eingang";"DE89";"100,5"\n'),
     ("2026-02-04", 10050, "EUR", "Acme GmbH", "RE 5", "")),
    ("deutsche_bank", ("Umsätze Girokonto\n\nBuchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN / Kontonummer;Betrag;Soll;Haben;Währung\n"
     "31.1.2026;31.1.2026;SEPA-Gutschrift;Acme;RE 1;DE89;;;1.000,00;EUR\nKontostand;31.01.2026;;;2.000,00;EUR\n"),
     ("2026-01-31", 100000, "EUR", "Acme", "RE 1", "")),
    ("ing_netherlands", ('"Datum","Naam / Omschrijving","Rekening","Tegenrekening","Code","Af Bij","Bedrag (EUR)","Mutatiesoort","Mededelingen"\n'
     '"20260104","Beta","NL00INGB0001","NL92","BA","Af","9,50","Betaalautomaat","Bon 1"\n'), ("2026-01-04", -950, "EUR", "Beta", "Bon 1", "NL00INGB0001")),
    ("boursorama", "dateOp;dateVal;label;category;amount;accountNum;accountbalance\n2026-01-04;2026-01-04;VIR ACME;x;1 234,56;0001;2 000,00\n",
     ("2026-01-04", 123456, "EUR", "", "VIR ACME", "0001")),
    ("xero", "*Date,*Amount,Payee,Description,Reference,Check Number\n2026-01-05,100.00,Acme,Payment,INV-1,\n", ("2026-01-05", 10000, "USD", "Acme", "Payment", "")),
    ("generic", "Date,Description,Amount\n1/20/2026,Acme,100.00\n", ("2026-01-20", 10000, "USD", "", "Acme", "")),
    ("generic", "Date,Description,Credit,Debit\n1/20/2026,Rent,,50\n", ("2026-01-20", -5000, "USD", "", "Rent", "")),
    ("generic", "Date;Libellé;Débit euros;Crédit euros;\n04/02/2026;VIREMENT ACME;;1 234,56;\n", ("2026-02-04", 123456, "EUR", "", "VIREMENT ACME", "")),
    ("generic", "Fecha Operación;Fecha Valor;Concepto;Importe;Saldo\n05/02/2026;05/02/2026;De Acme;+1.000,00EUR;1.500,00EUR\n",
     ("2026-02-05", 100000, "EUR", "", "De Acme", "")),
    ("generic", "Data Registrazione;Data valuta;Descrizione;Importo (EUR)\n05/02/2026;05/02/2026;BONIFICO ACME;1.000,00\n",
     ("2026-02-05", 100000, "EUR", "", "BONIFICO ACME", "")),
    ("generic", "#Data operacji;#Opis operacji;#Rachunek;#Kwota;\n2026-02-05;PRZELEW ACME;konto;1 000,00 PLN;;\n", ("2026-02-05", 100000, "PLN", "", "PRZELEW ACME", "")),
    ("generic", '"Dato";"Tekst";"Beløb";"Saldo"\n"05.02.2026";"Acme";"1.000,00";"1.500,00"\n', ("2026-02-05", 100000, "USD", "", "Acme", "")),
    ("generic", "sep=;\nDatum;Name;Zweck;Soll/Haben;Betrag\n05.02.2026;Acme;RE 1;S;10,00\n", ("2026-02-05", -1000, "USD", "Acme", "RE 1", "")),
    ("generic", "Movimientos;;\nF. VALOR;CATEGORÍA;DESCRIPCIÓN;IMPORTE (€);SALDO (€)\n15/01/2026;c;ACME;100,00 €;500,00 €\n",
     ("2026-01-15", 10000, "EUR", "", "ACME", "")),
    ("generic", "Buchungsdatum;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Valuta;Saldo in CHF\n15.01.2026;ACME;1'000.00;;15.01.2026;2'000.00\n",
     ("2026-01-15", 100000, "CHF", "", "ACME", "")),
    ("generic", ",ID,Datetime,Type,Status,Note,From,To,Amount (total)\n,331,2026-01-15T10:00:00,Payment,Complete,Lunch,Ada,Bob,+ $20.00\n",
     ("2026-01-15", 2000, "USD", "", "Lunch", "")),
    ("generic", "Date|Value|Narrative|Cr/Dr\n05-Feb-2026|10.00|Acme|DR\n", ("2026-02-05", -1000, "USD", "", "Acme", "")),
]


@pytest.mark.parametrize(("layout", "content", "expected"), BANKS, ids=[f"{number}-{bank[0]}" for number, bank in enumerate(BANKS)])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_exports_of_banks(layout: str, content: str, expected: tuple[object, ...], encoding: str) -> None:
    content = content.replace("\n", "\r\n") if encoding == "cp1252" else content
    assert layout_name(content, encoding) == layout
    found = records(content, encoding=encoding)
    first = next(r for r in found if isinstance(r, BankLine))
    opened = next(r for r in found if isinstance(r, StatementOpened))
    assert first.booking_date is not None
    told = (first.booking_date.isoformat(), first.amount_minor, first.currency, first.payer_name, first.remittance_text, opened.account)
    assert told == expected
    assert not [r for r in found if isinstance(r, Issue)]


def test_each_shipped_layout_is_the_one_for_its_own_header_and_its_names_are_folded() -> None:
    known = {name for groups in ROLES.values() for group in groups for name in names(group).whole}
    for shipped in SHIPPED:
        assert shipped.header == tuple(map(fold, shipped.header)), shipped.name
        fitting = [other.name for other in SHIPPED if set(other.header) <= set(shipped.header) and len(other.header) >= len(shipped.header)]
        assert fitting == [shipped.name]
        assert known & set(shipped.header), shipped.name


@pytest.mark.parametrize("content", [
    "", "name,phone\nA,1\n", "invoice_number,customer_id,amount,currency,issue_date\n1,C1,10.00,USD,2026-01-01\n",
    "entry_id,date,amount,currency,account\n1,2026-01-01,10.00,USD,1\n", "customer_id,name,date,amount\nC1,A,2026-01-01,1.00\n",
    "payment_reference,invoice_number,amount,payment_date\nP1,I1,1.00,2026-01-01\n", "Date,Amount\nsoon,much\n", "01,ACME,BANK,260131,0600,1,,,2/\n",
    "Dear Sir, the date, the amount\nand, so, on\n", "id,amount,amount refunded,currency,converted amount,fee,status,date\n1,1,0,usd,1,0,paid,2026-01-01\n",
    "psp reference,net debit (nc),net credit (nc),type,date,amount\n1,,1,Settled,2026-01-01,1.00\n", "2026-01-01,1.00\n", "2026-01-01,1.00,2.00,text\n",
    "2026-01-01,text,1.00,,9.00\n2026-01-02,text,,1.00,5.00\n",
    "Transaction Date,Type,Payout Status,Payout ID,Amount,Fee,Net,Currency\n2026-01-01,charge,paid,1,100.00,3.20,96.80,USD\n",
    "Date,Currency,Amount,Status,ID,Description,Settlement reference\n2026-01-01,EUR,1.00,paidout,tr_1,Order 1,1234.2601.01\n",
])
def test_what_is_not_claimed(content: str) -> None:
    assert not bank_csv.sniff(content.encode())
    assert [code for _, code in codes(content)] == ["bad_record"]


@pytest.mark.parametrize(("rows", "columns"), [
    ("01/31/2026,-12.34,*,,ACH ACME\n01/30/2026,100.00,*,1022,DEPOSIT\n", {"date": 0, "amount": 1, "check_number": 3}),
    ('05/02/2026,"-12.34",SHOP,"+100.00"\n04/02/2026,"50.00",ACME,"+112.34"\n', {"date": 0, "amount": 1, "balance": 3}),
    ("02/05/2026,SHOP,12.34,,100.00\n02/04/2026,ACME,,50.00,112.34\n", {"date": 0, "debit": 2, "credit": 3, "balance": 4}),
    ("02/04/2026,ACME,50.00,,112.34\n02/05/2026,SHOP,,12.34,100.00\n", {"date": 0, "credit": 2, "debit": 3, "balance": 4}),
    ("2026-02-04,2026-02-05,ACME LTD,50.00\n", {"date": 0, "value_date": 1, "amount": 3}),
])
def test_a_file_without_header_is_read_by_its_content(rows: str, columns: dict[str, int]) -> None:
    found = find_layout(rows.encode(), Profile())
    assert found is not None
    assert found.columns == columns


@pytest.mark.parametrize(("header", "row", "amount"), [
    ("Date,Text,Amount,Dr/Cr", "2026-01-01,A,5.00,CR", 500), ("Date,Text,Amount,Dr/Cr", "2026-01-01,A,5.00,DR", -500),
    ("Date,Text,Amount,Type", "2026-01-01,A,5.00,Credit", 500), ("Date,Text,Amount,Type", "2026-01-01,A,5.00,Debit", -500),
    ("Date,Text,Amount,Type", "2026-01-01,A,-5.00,Credit", -500), ("Date,Text,Withdrawals,Deposits", "2026-01-01,A,5.00,", -500),
    ("Date,Text,Withdrawals,Deposits", "2026-01-01,A,-5.00,", -500), ("Date,Text,Withdrawals,Deposits", "2026-01-01,A,,5.00", 500),
    ("Date,Text,Withdrawals,Deposits", "2026-01-01,A,0.00,5.00", 500), ("Date,Text,Withdrawals,Deposits", "2026-01-01,A,-,-5.00", 500),
    ("Date,Text,Withdrawals,Deposits", "2026-01-01,A,0.00,0.00", 0), ("Date,Text,Amount", "2026-01-01,A,(5.00)", -500),
    ("Date,Text,Amount", "2026-01-01,A,5.00-", -500), ("Date,Text,Amount", "2026-01-01,A,$5.00", 500),
])
def test_signs(header: str, row: str, amount: int) -> None:
    assert [line.amount_minor for line in lines(f"{header}\n{row}\n")] == [amount]


@pytest.mark.parametrize(("text", "type_code", "amount", "kind"), [
    ("ACME INV 1", "", "5.00", "receipt"), ("ACME", "", "-5.00", "disbursement"), ("MONTHLY SERVICE FEE", "", "-5.00", "fee"), ("Wire fee", "", "-5.00", "fee"),
    ("Kontoführung Januar", "", "-5.00", "fee"), ("FRAIS DE TENUE DE COMPTE", "", "-5.00", "fee"), ("COMISIÓN MANTENIMIENTO", "", "-5.00", "fee"),
    ("Interest payment", "", "5.00", "interest"), ("PINTEREST", "", "5.00", "receipt"), ("Zinsabschluss", "", "5.00", "interest"),
    ("DEPOSITED ITEM RETURNED NSF", "", "-5.00", "return"), ("Returned check fee", "", "-5.00", "fee"), ("Rücklastschrift RE 1", "", "-5.00", "return"),
    ("REJET PRELEVEMENT", "", "-5.00", "return"), ("ACME", "Retoure", "-5.00", "return"), ("ACME", "FEE", "-5.00", "fee"),
    ("FEE ADVISORS LLP", "", "5.00", "receipt"), ("FINTECH FEE SERVICES INV 9", "", "-5.00", "disbursement"), ("", "", "0.00", "other"),
])
def test_kinds(text: str, type_code: str, amount: str, kind: str) -> None:
    assert [line.kind for line in lines(f"Date,Description,Amount,Type\n2026-01-01,{text},{amount},{type_code}\n")] == [kind]


@pytest.mark.parametrize(("status", "expected"), [
    ("Posted", "booked"), ("COMPLETED", "booked"), ("", "booked"), ("Pending", "pending"), ("vorgemerkt", "pending"), ("Declined", "info"), ("REVERTED", "info"),
])
def test_statuses(status: str, expected: str) -> None:
    content = f"Date,Description,Amount,Status\n2026-01-01,A,5.00,{status}\n2026-01-02,B,5.00,Posted\n"
    assert [line.status for line in lines(content)] == [expected, "booked"]


@pytest.mark.parametrize(("header", "row", "customer", "bank", "text"), [
    ("Date,Description,Reference,Amount", "13/01/2026,ACME,INV 118,5.00", "", "INV 118", "ACME INV 118"),   # whose reference it is nobody says
    ("Bokföringsdag,Referens,Beskrivning,Belopp", "2026-01-13,FAKTURA 118,ACME AB,5.00", "FAKTURA 118", "", "ACME AB"),
    ("Kirjauspäivä;Määrä;Maksaja;Nimi;Otsikko;Viitenumero", "2026/01/13;5,00;;ACME OY;Lasku 118;1234561", "1234561", "", "Lasku 118"),
    ("IBAN/BBAN,Munt,Volgnr,Datum,Rentedatum,Bedrag,Saldo na trn,Transactiereferentie,Betalingskenmerk,Omschrijving-1",
     'NL91RABO0417164300,EUR,0017,2026-01-13,2026-01-13,"+5,00","+5,00",E2E-1,1004510036716378,Factuur', "E2E-1", "0017", "1004510036716378 Factuur"),
])
def test_references(header: str, row: str, customer: str, bank: str, text: str) -> None:
    """What the payer may have written must reach the customer's reference or the text."""
    (line,) = lines(f"{header}\n{row}\n")
    assert (line.customer_reference, line.bank_reference, line.remittance_text) == (customer, bank, text)


@pytest.mark.parametrize("word", ["offen", "Pending", "vorgemerkt"])
def test_a_word_in_the_place_of_the_date_says_that_it_is_not_booked(word: str) -> None:
    found = lines(f"Date,Description,Amount\n01/31/2026,ACME,5.00\n{word},SHOP,-2.00\n")
    assert [(line.status, line.amount_minor) for line in found] == [("booked", 500), ("pending", -200)]
    assert codes(f"Date,Description,Amount\n01/31/2026,ACME,5.00\n{word},SHOP,-2.00\n") == []


def test_a_pending_row_may_have_no_date_yet() -> None:
    assert [(line.booking_date, line.status) for line in lines("Date,Description,Amount,Status\n,A,5.00,Pending\n2026-01-02,B,5.00,Posted\n")] == [
        (None, "pending"), (dt.date(2026, 1, 2), "booked"),
    ]


@pytest.mark.parametrize(("first", "second", "day", "told"), [
    ("01/02/2026", "13/02/2026", dt.date(2026, 2, 1), []), ("01/02/2026", "02/13/2026", dt.date(2026, 1, 2), []),
    ("01/02/2026", "01/03/2026", dt.date(2026, 1, 2), [("warning", "bad_date")]), ("02/02/2026", "03/03/2026", dt.date(2026, 2, 2), []),
])
def test_days_and_months(first: str, second: str, day: dt.date, told: list[tuple[str, str]]) -> None:
    content = f"Date,Description,Amount\n{first},A,5.00\n{second},B,6.00\n"
    assert lines(content)[0].booking_date == day
    assert codes(content) == told


@pytest.mark.parametrize(("currency", "day"), [("USD", dt.date(2026, 1, 2)), ("GBP", dt.date(2026, 2, 1))])
def test_without_evidence_the_currency_decides_which_is_the_month(currency: str, day: dt.date) -> None:
    assert lines("Date,Description,Amount\n01/02/2026,A,5.00\n", Profile(currency=currency))[0].booking_date == day


@pytest.mark.parametrize(("rules", "content", "amount"), [
    (CsvColumns(date="When", amount="What", text=("Why",), date_format="%d/%m/%Y"), "When,Why,What\n01/02/2026,A,5.00\n", 500),
    (CsvColumns(date="1", amount="3", text=("2",), has_header=False), "2026-02-01,A,5.00\n", 500),
    (CsvColumns(date="1", amount="3", text=("2",), has_header=False, preamble_rows=1), "Export\n2026-02-01,A,5.00\n", 500),
    (CsvColumns(negate=True), "Date,Description,Amount\n2026-02-01,A,5.00\n", -500),
    (CsvColumns(decimal_mark=","), "Date;Description;Amount\n2026-02-01;A;1.234\n", 123400),
    (CsvColumns(delimiter=";"), "Date;Description;Amount\n2026-02-01;A;1,50\n", 150),
    (CsvColumns(fee="Charge"), "Date,Description,Amount,Charge\n2026-02-01,A,5.00,0.50\n", 450),
    (CsvColumns(preamble_rows=1), "Date,Amount\nDate,Description,Amount\n2026-02-01,A,5.00\n", 500),
])
def test_a_profile_says_what_the_file_does_not(rules: CsvColumns, content: str, amount: int) -> None:
    (line,) = lines(content, Profile(csv=rules))
    assert (line.amount_minor, line.booking_date, line.remittance_text) == (amount, dt.date(2026, 2, 1), "A")


@pytest.mark.parametrize("rules", [CsvColumns(date="When", amount="What"), CsvColumns(delimiter=";;")])
def test_a_profile_that_does_not_fit_is_told(rules: CsvColumns) -> None:
    assert codes("Date,Description,Amount\n2026-01-01,A,5.00\n", Profile(csv=rules)) == [("error", "bad_record")]


@pytest.mark.parametrize(("amounts", "balances", "opening", "closing", "broken"), [
    ([5, 7, -2], [105, 112, 110], 100, 110, None), ([-2, 7, 5], [110, 112, 105], 100, 110, None), ([7, -2, 5], [112, 110, 105], 100, 110, None),
    ([5], [105], 100, 105, None), ([5, 7, 1, 1], [105, 112, 114, 115], 100, 115, 2), ([1, 1, 7, 5], [115, 114, 112, 105], 100, 115, 1),
])
def test_a_running_balance_is_a_chain(amounts: list[int], balances: list[int], opening: int, closing: int, broken: int | None) -> None:
    found = chain(amounts, balances)
    assert (found.opening_minor, found.closing_minor, found.broken_at) == (opening, closing, broken)


@pytest.mark.parametrize(("amounts", "balances", "expected"), [
    ([5, 7, -2], [None, 112, 110], (100, 110)), ([-2, 7, 5], [110, 112, None], (100, 110)), ([5, 7, -2], [None, 112, None], None),
    ([5, 7, -2, 3], [105, None, 110, None], (100, 113)), ([5, 7], [None, None], None), ([5, 7, -2], [None, 113, 110], None),
])
def test_balances_that_only_some_rows_state(amounts: list[int], balances: list[int | None], expected: tuple[int, int] | None) -> None:
    found = prove(amounts, balances)
    assert (found and (found.opening_minor, found.closing_minor)) == expected


@given(st.integers(-1000, 1000), st.lists(st.integers(-500, 500), min_size=1, max_size=20), st.randoms())
def test_any_order_of_the_rows_proves_the_same_balances(opening: int, amounts: list[int], shuffle: object) -> None:
    balances = [opening + sum(amounts[: count + 1]) for count in range(len(amounts))]
    pairs = list(zip(amounts, balances, strict=True))
    assert is_running(amounts, balances)
    shuffle.shuffle(pairs)  # type: ignore[attr-defined]  # hypothesis hands out a random.Random
    found = chain([amount for amount, _ in pairs], [balance for _, balance in pairs])
    assert found.broken_at is not None or found.closing_minor - found.opening_minor == sum(amounts)


def test_stated_balances_and_totals_are_compared() -> None:
    content = ("Beginning balance,,100.00\nTotal deposits,,12.00\nTotal withdrawals,,-2.00\nEnding balance,,110.00\nDate,Description,Amount\n"
               "2026-01-01,A,12.00\n2026-01-02,B,-2.00\nGrand total,,10.00\n")
    found = records(content)
    assert [(r.name, r.stated, r.computed) for r in found if isinstance(r, Control)] == [
        ("closing balance", 11000, 11000), ("total credits", 1200, 1200), ("total debits", 200, 200),
    ]
    assert [r.closing_minor for r in found if isinstance(r, StatementClosed)] == [11000]


def test_a_stated_balance_that_cannot_be_read_is_told() -> None:
    assert codes("Ending balance,,1.234\nDate,Description,Amount\n2026-01-01,A,12.00\n") == [("warning", "bad_amount")]


def test_an_account_that_changes_beside_a_name_is_the_payers() -> None:
    content = "Date,Name,Description,Amount,Account\n2026-01-01,Acme,A,1.00,DE1\n2026-01-02,Beta,B,2.00,DE2\n"
    assert [(line.payer_name, line.payer_account) for line in lines(content)] == [("Acme", "DE1"), ("Beta", "DE2")]
    assert sum(isinstance(r, StatementOpened) for r in records(content)) == 1


def test_statements_begin_anew_with_the_account() -> None:
    content = "Date,Description,Amount,Account\n2026-01-01,A,1.00,X\n2026-01-02,B,2.00,X\n2026-01-03,C,3.00,Y\n2026-01-04,D,4.00,X\n"
    assert [r.account for r in records(content) if isinstance(r, StatementOpened)] == ["X", "Y", "X"]


def test_a_repeated_header_and_blank_rows_are_no_entries() -> None:
    content = "Date,Description,Amount\n2026-01-01,A,1.00\n\n,,\nDate,Description,Amount\n2026-01-02,B,2.00\n\x1a"
    assert [line.remittance_text for line in lines(content)] == ["A", "B"]
    assert codes(content) == []


def test_positions_cover_rows_of_several_lines() -> None:
    content = 'Date,Description,Amount\n2026-01-01,"two\nlines",1.00\n2026-01-02,"a ""quoted"" word",2.00\n'
    found = lines(content)
    assert [(line.span.line, line.remittance_text) for line in found] == [(2, "two lines"), (4, 'a "quoted" word')]
    assert content.encode()[found[0].span.start : found[0].span.end] == b'2026-01-01,"two\nlines",1.00\n'


def test_a_row_with_more_cells_than_the_header_is_not_guessed_at() -> None:
    content = "Date,Description,Amount\n2026-01-01,ACME, INC,1.00\n2026-01-02,B,1,234.50\n2026-01-03,C,3.00,,\n"
    assert codes(content) == [("error", "bad_record"), ("error", "bad_record")]
    assert [line.amount_minor for line in lines(content)] == [300]


def test_a_cell_larger_than_any_cell_is_told() -> None:
    assert codes(f'Date,Description,Amount\n2026-01-01,A,1.00\n2026-01-02,"{"x" * 200_000}",2.00\n') == [("error", "bad_record")]


@pytest.mark.parametrize(("type_code", "amount", "told"), [
    ("Debit", "5.00", ["bad_amount"]), ("DR", "5.00", ["bad_amount"]), ("Debit", "-5.00", []), ("Check", "5.00", []), ("Fee", "-5.00", []),
])
def test_a_type_that_contradicts_the_sign_is_not_guessed_at(type_code: str, amount: str, told: list[str]) -> None:
    """A type column that names other things beside credit and debit is no direction; the amounts must have their signs then."""
    found = records(f"Date,Description,Type,Amount\n2026-01-30,A,Credit,10.00\n2026-01-30,B,Wire,4.00\n2026-01-30,C,{type_code},{amount}\n")
    assert [record.code for record in found if isinstance(record, Issue)] == told


def test_a_row_shorter_than_the_columns_of_the_profile_is_no_entry() -> None:
    profile = Profile(name="ours", csv=CsvColumns(has_header=False, date="1", amount="5", text=("3",)))
    found = list(bank_csv.parse(Source(b"2026-01-30,a,b,c,10.00\nfoo,bar\n2026-01-31,x\n2026-01-31,a,b,c,5.00\n"), profile))
    assert [record.amount_minor for record in found if isinstance(record, BankLine)] == [1000, 500]
    assert [record.code for record in found if isinstance(record, Issue)] == ["bad_amount"]


@pytest.mark.parametrize(("rows", "amounts"), [
    ("1;EUR;20261109;749,50;2000,00;1250,50;KESTREL\n1;EUR;20261110;2000,00;1995,00;-5,00;KOSTEN\n", [125050, -500]),
    ("1;EUR;20261109;-5,00;1995,00;2000,00;KOSTEN\n1;EUR;20261110;5,00;2000,00;1995,00;KESTREL\n", [-500, 500]),
    ("1;EUR;20261109;749,50;2000,00;1250,50;KESTREL\n", None),  # which of two numbers is the balance before cannot be told
    ("1;EUR;20261109;749,50;2000,00;1250,50;KESTREL\n1;EUR;20261110;3000,00;2995,00;-5,00;KOSTEN\n", None),  # the balances are no chain
    ("1;EUR;20261109;50,00;150,00;200,00;KESTREL\n1;EUR;20261110;200,00;200,00;400,00;HARBOR\n", None),  # either of two columns may be the balance before
])
def test_an_amount_between_the_balances_before_and_after_it(rows: str, amounts: list[int] | None) -> None:
    found = documents.read(rows.encode())
    assert (found.lines["amount_minor"].to_list() if found.format == "csv" else None) == amounts
    assert amounts is None or found.lines["check_number"].to_list() == [""] * len(amounts)


CONTINUED = """Account details for:,0000001
Transaction date,Value date,Description,Withdrawals (SGD),Deposits (SGD)
13/10/2026,13/10/2026,FAST PAYMENT,,100.00
,,KESTREL AIR PTE LTD,,
,,INV 4711,,
14/10/2026,14/10/2026,GIRO,25.50,
,,Total,,
"""


def test_rows_go_on_with_the_text_of_the_entry_above() -> None:
    found = records(CONTINUED)
    assert [(r.amount_minor, r.remittance_text, r.span.line) for r in found if isinstance(r, BankLine)] == [
        (10000, "FAST PAYMENT KESTREL AIR PTE LTD INV 4711", 3), (-2550, "GIRO", 6),
    ]
    (first, _) = (r for r in found if isinstance(r, BankLine))
    assert CONTINUED.encode()[first.span.start : first.span.end].endswith(b",,INV 4711,,\n")
    assert not [r for r in found if isinstance(r, Issue)]


@pytest.mark.parametrize(("entry", "problem"), [
    ("15/10/2026,15/10/2026,GIRO,,1,100.00", "error bad_record"),
    ("15/10/2026,15/10/2026,GIRO,,", "error bad_amount"),
    ("15/10/2026,15/10/2026,GIRO,,1OO.00", "error bad_amount"),
    (",,GIRO,,100.00", "error bad_date"),
])
def test_a_damaged_row_stays_an_error_where_rows_go_on(entry: str, problem: str) -> None:
    """A thousands comma without quotes makes a cell too many, which the row below must not hide."""
    entries = "".join(f"{day}/10/2026,{day}/10/2026,GIRO,,{day}.00\n,,KESTREL AIR PTE LTD,,\n" for day in range(16, 29))
    damaged = f"{CONTINUED}{entries}{entry}\n,,KESTREL AIR PTE LTD,,\n"
    assert [line.amount_minor for line in lines(damaged)] == [10000, -2550, *range(1600, 2900, 100)]
    assert [" ".join(code) for code in codes(damaged)] == [problem]


def test_a_note_below_the_entries_belongs_to_none_of_them() -> None:
    """Where the first rows are entries each, a bank does not go on below."""
    entries = "".join(f"{day:02}/10/2026,GIRO,1.00\n" for day in range(1, 29)) * 30
    found = lines(f"Date,Description,Amount\n{entries},NO FURTHER ENTRIES THIS MONTH,\n")
    assert found[-1].remittance_text == "GIRO"


def test_the_banks_own_number_goes_before_a_reference_that_may_be_the_payers() -> None:
    (line,) = lines("Settlement date;Total amount;Currency;Counterparty name;Reference;Transaction ID\n09-11-2026;250,00;EUR;KESTREL SAS;FACTURE 4711;tx-1\n")
    assert (line.bank_reference, line.payer_name, line.remittance_text) == ("tx-1", "KESTREL SAS", "FACTURE 4711")
