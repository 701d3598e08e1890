"""What a SWIFT payment or advice says: direction, kind, parties, references, charges; and which messages move no money."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.formats import swift_mt103, swift_mt940
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, StatementOpened
from parsers.sources import Source


def message(kind: str, *fields: str, block_3: str = "", trailer: str = "{5:{CHK:1}}") -> str:
    return f"{{1:F01BANKDEFFAXXX0000000000}}{{2:I{kind}CUSTDEFFXXXXN}}{block_3}{{4:\n" + "".join(f":{each}\n" for each in fields) + f"-}}{trailer}\n"


def records(text: str) -> list[Record]:
    return list(swift_mt103.parse(Source(text.encode()), Profile()))


def lines(text: str) -> list[BankLine]:
    return [record for record in records(text) if isinstance(record, BankLine)]


def payment(*fields: str, amount: str = "EUR100,") -> BankLine:
    return lines(message("103", "20:REF", "23B:CRED", f"32A:260320{amount}", *fields, "59:/4711\nUS"))[0]


@pytest.mark.parametrize(("kind", "fields", "amount", "line_kind", "bank", "customer"), [
    ("103", ["20:REF", "23B:CRED"],               +100_00, "receipt", "REF", "REF"),
    ("103", ["20:REF", "23B:CRED", "23E:INTC"],   +100_00, "transfer", "REF", "REF"),     # between companies of one group
    ("103", ["20:REF", "72:/RETN/59\n/AC04/"],    +100_00, "return", "REF", "REF"),
    ("103", ["20:REF", "72:/REJT/59"],            +100_00, "return", "REF", "REF"),
    ("910", ["20:REF", "21:REL", "25:4711"],      +100_00, "receipt", "REF", "REL"),
    ("910", ["20:REF", "21:NONREF", "25:4711"],   +100_00, "receipt", "REF", "REF"),
    ("900", ["20:REF", "21:REL", "25:4711"],      -100_00, "disbursement", "REF", "REL"),
    ("202", ["20:REF", "21:REL", "58A:BANKDEFF"], +100_00, "transfer", "REF", "REL"),
    ("205", ["20:REF", "21:REL", "58A:BANKDEFF"], +100_00, "transfer", "REF", "REL"),
    ("200", ["20:REF"],                           +100_00, "transfer", "REF", "REF"),
])
def test_direction_kind_and_references(kind: str, fields: list[str], amount: int, line_kind: str, bank: str, customer: str) -> None:
    line, = lines(message(kind, *fields, "32A:260320EUR100,"))
    assert (line.amount_minor, line.kind, line.bank_reference, line.customer_reference) == (amount, line_kind, bank, customer)
    assert line.type_code == f"MT{kind}"


def test_a_payment_of_nothing_is_no_receipt() -> None:
    assert payment(amount="EUR0,").kind == "other"


@pytest.mark.parametrize("kind", ["101", "192", "195", "196", "199", "299", "999", "104"])
def test_other_types_are_told_and_move_nothing(kind: str) -> None:
    text = message(kind, "20:REF", "21:REL", "32B:GBP5,", "79:TEXT OF\nTHE BANK")
    line, = lines(text)
    assert (line.amount_minor, line.status, line.kind, line.currency) == (0, "info", "other", "GBP")
    assert line.remittance_text == "TEXT OF THE BANK"
    assert [record.code for record in records(text) if isinstance(record, Issue)] == ["unknown_record"]


@pytest.mark.parametrize(("field", "name", "account"), [
    ("50K:/DE89370400440532013000\nACME GMBH\nBERLIN", "ACME GMBH", "DE89370400440532013000"),
    ("50K:/00057 03363591001 84\nFOO SARL", "FOO SARL", "000570336359100184"),
    ("50K:ACME GMBH\nBERLIN", "ACME GMBH", ""),
    ("50K:/-\nACME", "ACME", ""),
    ("50A:/C/998877\nACMEDEFF", "ACMEDEFF", "998877"),
    ("50A:ACMEDEFF", "ACMEDEFF", ""),
    ("50F:/4712\n1/SMITH JOHN\n1/AND SONS\n2/PARK AVENUE\n3/US/NEW YORK", "SMITH JOHN AND SONS", "4712"),
    ("50F:DRLC/BE/BRUSSELS/NB0949042\n1/DUPONT JACQUES", "DUPONT JACQUES", ""),
    ("52D://FW021000021\nNAMELESS BANK", "NAMELESS BANK", ""),
    ("72:/BNF/nobody", "", ""),
])
def test_who_pays(field: str, name: str, account: str) -> None:
    got = payment(field)
    assert (got.payer_name, got.payer_account) == (name, account)


def test_the_customer_is_the_payer_before_his_bank() -> None:
    line, = lines(message("202", "20:C", "21:R", "32A:260320EUR1,", "52A:BANKDEFF", "58A:BANKNL2A", "50K:ACME", "59:US"))
    assert line.payer_name == "ACME"


@pytest.mark.parametrize(("text", "told", "documents"), [
    ("INVOICE 17", "INVOICE 17", []),
    ("/INV/RE-17", "/INV/RE-17", ["RE-17"]),
    ("/INV/RE-17//RE-18///ROC/4711", "/INV/RE-17//RE-18///ROC/4711", ["RE-17", "RE-18"]),
    ("/RFB/X\n/INV/RE-17", "/RFB/X /INV/RE-17", ["RE-17"]),
    ("/INV/RE-17\n/INV/RE-18", "/INV/RE-17 /INV/RE-18", ["RE-17", "RE-18"]),
    ("PAYMENT OF OUR ORDERS FROM JANUARY 2\n//026", "PAYMENT OF OUR ORDERS FROM JANUARY 2026", []),    # a full line goes on
    ("SHORT\n//LINE", "SHORT LINE", []),
    ("SHORT  \nLINE", "SHORT LINE", []),
])
def test_remittance(text: str, told: str, documents: list[str]) -> None:
    got = payment(f"70:{text}")
    assert (got.remittance_text, [line.document_number for line in got.remittance]) == (told, documents)


def test_a_structured_reference_is_found_and_notes_stand_in_for_a_missing_purpose() -> None:
    assert payment("70:RF18539007547034").structured_reference == "RF18539007547034"
    assert payment("72:/BNF/MARGIN\n//CALL").remittance_text == "/BNF/MARGIN CALL"


@pytest.mark.parametrize(("notes", "reason", "original"), [
    ("/RETN/59\n/AC01/NO ACCOUNT\n/MREF/PAY-17", "AC01", "PAY-17"),
    ("/REJT/59\n/BE04/\n/MREF/Sample A /CHGS/EUR20,", "BE04", "Sample A"),
    ("/RETN/99", "", ""),
    ("/ACC/no return /AC01/", "", ""),
])
def test_why_a_payment_comes_back(notes: str, reason: str, original: str) -> None:
    got = payment(f"72:{notes}")
    assert (got.return_reason, got.original_reference) == (reason, original)


@pytest.mark.parametrize(("settled", "fields", "amount", "fee", "instructed", "ties"), [
    ("EUR985,", ["33B:EUR1000,", "71F:EUR10,", "71F:EUR5,"], 985_00, 15_00, (1000_00, "EUR"), [True]),
    ("EUR985,", ["33B:EUR1000,", "71F:EUR10,"],              985_00, 10_00, (1000_00, "EUR"), [False]),
    ("EUR985,", ["33B:EUR1000,"],                            985_00, 15_00, (1000_00, "EUR"), []),   # not itemised: the rest
    ("EUR1000,", ["33B:EUR1000,"],                           1000_00, 0, (1000_00, "EUR"), [True]),
    ("EUR1012,", ["33B:EUR1000,", "71G:EUR12,"],             1000_00, 0, (1000_00, "EUR"), [True]),  # the receiver's charges stay with our bank
    ("EUR1012,", ["33B:EUR1000,"],                           1012_00, 0, (1000_00, "EUR"), []),
    ("EUR920,", ["33B:USD1000,", "36:0,92", "71F:EUR5,"],    920_00, 5_00, (1000_00, "USD"), []),
    ("EUR920,", ["33B:USD1000,", "71F:USD5,"],               920_00, 0, (1000_00, "USD"), []),
    ("EUR920,", ["33B:EUX1000,"],                            920_00, 0, (None, ""), []),
    ("EUR920,", ["33B:nothing"],                             920_00, 0, (None, ""), []),
    ("JPY920,", ["33B:JPY1000,", "71F:JPY80,"],              920, 80, (1000, "JPY"), [True]),
])
def test_charges(settled: str, fields: list[str], amount: int, fee: int, instructed: tuple[object, str], ties: list[bool]) -> None:
    text = message("103", "20:REF", "23B:CRED", f"32A:260320{settled}", *fields, "59:/1\nUS")
    line, = lines(text)
    assert (line.amount_minor, line.fee_minor, (line.instructed_minor, line.instructed_currency)) == (amount, fee, instructed)
    assert [record.ties for record in records(text) if isinstance(record, Control)] == ties


def test_what_was_refused_or_may_be_a_repetition_is_told() -> None:
    whole = message("103", "20:REF", "32A:260320EUR1,", "59:US")
    refused = records("{1:F21X}{4:{177:1}{451:1}}" + whole)
    assert [record.status for record in refused if isinstance(record, BankLine)] == ["info"]
    acknowledged = records("{1:F21X}{4:{177:1}{451:0}}" + whole)
    assert [record.status for record in acknowledged if isinstance(record, BankLine)] == ["booked"]
    again = records(message("103", "20:REF", "32A:260320EUR1,", "59:US", trailer="{5:{PDM:}}"))
    assert [record.code for record in again if isinstance(record, Issue)] == ["duplicate"]


def test_a_training_message_moves_no_money() -> None:
    found = records(message("103", "20:REF", "32A:260320EUR1,", "59:US", trailer="{5:{CHK:1}{TNG:}}"))
    assert [record.status for record in found if isinstance(record, BankLine)] == ["info"]
    assert [(record.severity, record.code) for record in found if isinstance(record, Issue)] == [("warning", "test_file")]


@pytest.mark.parametrize(("text", "kind"), [
    (":20:A\n:23B:CRED\n:32A:260320EUR1,\n:59:US\n", "MT103"),
    (":20:A\n:21:B\n:25:1\n:32A:260320EUR1,\n", "MT910"),
    (":20:A\n:21:B\n:32A:260320EUR1,\n:58A:BANKDEFF\n", "MT202"),
    (":20:A\n:32A:260320EUR1,\n:59:US\n-\n", "MT103"),
    ("{4:\n:20:A\n:32A:260320EUR1,\n:59:US\n-}", "MT103"),
    ("{2:I103BANKDEFFXXXXN}{4:\n:20:A\n:32A:260320EUR1,\n:59:US\n-}", "MT103"),
    ("{4:\n:20:A\n:79:TALK\n-}", "MT199"),
])
def test_messages_without_all_their_blocks(text: str, kind: str) -> None:
    assert [line.type_code for line in lines(text)] == [kind]


def test_our_account_is_the_one_advised_else_the_beneficiarys() -> None:
    def account(text: str) -> str:
        return next(record.account for record in records(text) if isinstance(record, StatementOpened))

    assert account(message("910", "20:A", "25P:/NL91ABNA0417164300\nBANKNL2A", "32A:260320EUR1,")) == "NL91ABNA0417164300"
    assert account(message("103", "20:A", "32A:260320EUR1,", "59:/4711\nUS")) == "4711"
    assert account(message("101", "20:A", "59:/4711\nNOT US")) == ""


@pytest.mark.parametrize(("head", "claimed"), [
    ("{1:F01BANK}{2:I103BANKXXXXN}{4:\n", True),
    ("{1:F01BANK}{2:O1991200260101BANK}{4:\n", True),
    ('{"message": "{1:F01BANK}{2:I103BANKXXXXN}{4:\\n:20:X"}', True),
    (":20:X\n:23B:CRED\n:32A:260101EUR1,\n", True),
    (":20:X\n:21:Y\n:25:1\n:32A:260101EUR1,\n", True),
    ("{1:F01BANK}{2:I940BANKXXXXN}{4:\n", False),
    (":20:X\n:25:1\n:28C:1\n:60F:C260101EUR1,\n", False),
    (":20:X\n:32A:260101EUR1,\n", False),
    ("{1510}1000{1520}20260101", False),
])
def test_recognition(head: str, claimed: bool) -> None:
    assert swift_mt103.sniff(head.encode()) is claimed
    assert not (claimed and swift_mt940.sniff(head.encode()))


@settings(max_examples=60, deadline=None)
@given(amounts=st.lists(st.integers(0, 10**12), min_size=1, max_size=8), ends=st.sampled_from(["\n", "\r\n", "\r"]), between=st.sampled_from(["", "$", "\n\n"]))
def test_every_message_of_a_file_is_one_line(amounts: list[int], ends: str, between: str) -> None:
    text = between.join(
        message("103", f"20:R{number}", f"32A:260320EUR{amount // 100},{amount % 100:02}", "59:/1\nUS") for number, amount in enumerate(amounts))
    got = lines(text.replace("\n", ends))
    assert [line.amount_minor for line in got] == amounts
    assert [line.bank_reference for line in got] == [f"R{number}" for number in range(len(amounts))]
