"""What a Fedwire message says: which messages move money, who paid, which documents, and how the message was cut."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import sources
from parsers.formats import fedwire_faim
from parsers.profile import Profile
from parsers.records import BankLine, Issue, Record, StatementOpened
from parsers.sources import LINE_BYTES_MAX, Source, SourceError

BASE = {
    "1500": "30        P ", "1510": "1000", "1520": "20260320B1QGC01R000123", "2000": "000000125050", "3100": "021000021JPMCHASE*",
    "3400": "121042882WELLS*", "3600": "CTR*", "3320": "PAY-4711*", "4200": "D1234567890*US*", "4320": "RE-17*", "5000": "D998877*ACME INC*",
    "6000": "INVOICE*RE-17*",
}


def wire(*extra: str, **changes: str | None) -> str:
    """The usual wire; `t1510="1002"` changes a tag, None takes it out."""
    tags = {**BASE, **{name[1:]: value for name, value in changes.items()}}
    return "".join(f"{{{number}}}{text}\n" for number, text in tags.items() if text is not None) + "".join(each + "\n" for each in extra)


def records(text: str) -> list[Record]:
    return list(fedwire_faim.parse(Source(text.encode()), Profile()))


def line(text: str) -> BankLine:
    return next(record for record in records(text) if isinstance(record, BankLine))


def issues(text: str) -> list[tuple[str, str]]:
    return [(record.severity, record.code) for record in records(text) if isinstance(record, Issue)]


@pytest.mark.parametrize(("kind_of_message", "function", "amount", "kind", "status"), [
    ("1000", "CTR", 125050, "receipt", "booked"),        # customer transfer
    ("1000", "CTP", 125050, "receipt", "booked"),        # with structured remittance
    ("1500", "CTR", 125050, "receipt", "booked"),        # foreign
    ("1032", "DRW", 125050, "receipt", "booked"),        # a drawdown request that was honoured
    ("1000", "BTR", 125050, "transfer", "booked"),       # between banks
    ("1600", "FFR", 125050, "transfer", "booked"),       # federal funds returned
    ("1002", "CTR", 125050, "return", "booked"),         # a wire of ours comes back
    ("1508", "CTR", 125050, "return", "booked"),
    ("1001", "CTR", 0,      "other", "info"),            # somebody asks us to send a wire back
    ("1031", "DRC", 0,      "other", "info"),            # somebody asks us to pay
    ("1633", "DRB", 0,      "other", "info"),
    ("1090", "SVC", 0,      "other", "info"),            # service message
])
def test_which_messages_move_money(kind_of_message: str, function: str, amount: int, kind: str, status: str) -> None:
    got = line(wire(t1510=kind_of_message, t3600=function))
    assert (got.amount_minor, got.kind, got.status, got.type_code) == (amount, kind, status, f"{kind_of_message} {function}")
    assert got.instructed_minor == (None if amount else 125050)


def test_references_dates_and_accounts() -> None:
    got = line(wire())
    assert (got.bank_reference, got.customer_reference) == ("20260320B1QGC01R000123", "PAY-4711")
    assert (got.booking_date, got.currency) == (dt.date(2026, 3, 20), "USD")
    assert line(wire(t3320=None)).customer_reference == "RE-17"
    appended = wire(t1500=None, t1520=None)
    assert line("{1120}20260320B1QGC08C00055603201102FT01" + appended).bank_reference == "20260320B1QGC08C00055603201102FT01"
    assert line(wire(t1510="1002", t3500="20260318B1QGC01R000077")).original_reference == "20260318B1QGC01R000077"
    assert next(record.account for record in records(wire()) if isinstance(record, StatementOpened)) == "1234567890"
    assert next(record.account for record in records(wire(t4200="1PASSPORT*US*")) if isinstance(record, StatementOpened)) == ""


@pytest.mark.parametrize(("tag", "text", "name", "account"), [
    ("5000", "D998877*ACME INC*5 ELM ST*", "ACME INC", "021000021/998877"),
    ("5000", "1PASSPORT*JOHN DOE*", "JOHN DOE", ""),
    ("5000", "*JOHN DOE*", "JOHN DOE", ""),
    ("5000", "D" + "998877".ljust(34) + "ACME INC".ljust(35) + "5 ELM ST", "ACME INC", "021000021/998877"),
    ("5010", "/998877*1/ACME INC*1/WEST*2/5 ELM ST*", "ACME INC", "021000021/998877"),
    ("5010", "TXID/123-45-6789*1/ACME INC*", "ACME INC", ""),
    ("5010", "TXID/123-45-6789*ACME INC*", "ACME INC", ""),
    ("5100", "B021000021*JPM*", "", ""),
])
def test_who_paid(tag: str, text: str, name: str, account: str) -> None:
    got = line(wire(f"{{{tag}}}{text}", t5000=None))
    assert (got.payer_name, got.payer_account) == (name, account)


@pytest.mark.parametrize(("bank", "originator", "account"), [
    (None, "D998877", "021000021/998877"),
    ("F121042882*WELLS*", "D998877", "121042882/998877"),
    ("B121042882*WELLS*", "D998877", "121042882/998877"),
    ("BCHASUS33*JPM*", "D998877", "998877"),
    ("D12345*BRANCH*", "D998877", "998877"),
    ("F121042883*WELLS*", "D998877", "998877"),
    (None, "DDE02120300000000202051", "DE02120300000000202051"),
    (None, "T998877", "021000021/998877"),
])
def test_the_payers_account_names_its_bank(bank: str | None, originator: str, account: str) -> None:
    assert line(wire(t5100=bank, t5000=f"{originator}*ACME INC*")).payer_account == account


@pytest.mark.parametrize(("tags", "fee", "instructed"), [
    ("{3700}BUSD10,00*USD2,50*\n{3710}USD1263,00*", 1250, (126300, "USD")),
    ("{3700}SUSD12,50*\n{3710}USD1263,00*", 0, (126300, "USD")),        # the sender bears them
    ("{3700}BUSD10,00*\n{3710}USD1263,00*", 0, (126300, "USD")),        # they do not explain the difference
    ("{3700}BUSD10,00*\n{3710}EUR1000,00*", 0, (100000, "EUR")),
    ("{3700}BUSD1.0.0*\n{3710}USD1263,00*", 0, (126300, "USD")),
    ("{3710}USD1,2,3*", 0, (None, "")),
    ("", 0, (None, "")),
])
def test_charges(tags: str, fee: int, instructed: tuple[object, str]) -> None:
    got = line(wire(tags))
    assert (got.fee_minor, (got.instructed_minor, got.instructed_currency)) == (fee, instructed)


@pytest.mark.parametrize(("tags", "told"), [
    # number, net paid, discount, deduction, type
    ("{8400}CINV*RE-1*\n{8450}USD90.00*\n{8500}USD100.00*\n{8550}USD2.00*\n{8600}01CRDTUSD8.00*", ("RE-1", 9000, 200, 800, "invoice")),
    ("{8400}CINV*RE-1*\n{8450}USD90.00*\n{8500}USD100.00*\n{8600}01DBITUSD10.00*", ("RE-1", 9000, 0, 1000, "invoice")),  # the amounts tell the sign
    ("{8400}CINV*RE-1*\n{8450}USD110.00*\n{8500}USD100.00*\n{8600}01DBITUSD10.00*", ("RE-1", 11000, 0, -1000, "invoice")),
    ("{8400}CINV*RE-1*\n{8500}USD100.00*\n{8550}USD2.00*", ("RE-1", 9800, 200, 0, "invoice")),
    ("{8400}CREN*CM-1*\n{8450}USD10.00*", ("CM-1", -1000, 0, 0, "credit_memo")),
    ("{8400}PROPOUR CODE*X-1*\n{8450}USD1.00*", ("X-1", 100, 0, 0, "other")),
    ("{8400}CINVRE-1*", ("RE-1", None, 0, 0, "invoice")),
    ("{8400}" + "CINV".ljust(39) + "RE-1".ljust(35), ("RE-1", None, 0, 0, "invoice")),
    ("{8200}RMR*IV*RE-1**90.00*92.00*2.00~", ("RE-1", 9000, 200, 0, "invoice")),
    ("{8200}0035RMR*IV*RE-1**90.00*92.00*2.00~", ("RE-1", 9000, 200, 0, "invoice")),       # with its length
])
def test_documents(tags: str, told: tuple[object, ...]) -> None:
    document, = line(wire(tags)).remittance
    assert (document.document_number, document.amount_minor, document.discount_minor, document.deduction_minor, document.document_type) == told


def test_text_comes_from_the_originator_else_from_the_addenda_or_the_service_message() -> None:
    assert line(wire()).remittance_text == "INVOICE RE-17"
    assert line(wire("{8200}NTE**TWO BOXES~", t6000=None)).remittance_text == "TWO BOXES"
    assert line(wire("{9000}PLEASE*CALL*", t6000=None)).remittance_text == "PLEASE CALL"
    assert line(wire("{8200}0012PLAIN WORDS", t6000=None)).remittance == ()


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, []),
    ({"t2000": None}, [("error", "missing_record")]),
    ({"t2000": "12,50"}, [("error", "bad_amount")]),
    ({"t3600": None}, [("warning", "missing_record")]),
    ({"t1520": None}, [("warning", "missing_record")]),
    ({"t3100": "021000022JPM*"}, [("warning", "bad_reference")]),
    ({"t3400": "WELLS*"}, [("warning", "bad_reference")]),
    ({"t1500": "30        T "}, [("warning", "test_file")]),
    ({"t1599": "x"}, [("warning", "unknown_record")]),
    ({"t5010": "/1*1/A*"}, [("warning", "misplaced_record")]),
])
def test_what_is_told(changes: dict[str, str | None], expected: list[tuple[str, str]]) -> None:
    assert issues(wire(**changes)) == expected


def test_a_message_that_ends_early_is_truncated() -> None:
    whole = wire()
    for end in ("{3100}", "{3400}", "{3600}"):
        assert ("error", "truncated") in issues(whole[: whole.index(end)])


@pytest.mark.parametrize(("head", "claimed"), [
    (b"{1500}30        P {1510}1000", True), (b"YFT811 {1100}30P N{1510}1000\r\n{1520}2026", True), (b"{1510}1000", False),
    (b"{1:F01BANK}{2:I103}{4:\n", False), (b"a {0001} b {0002}", False), (b"", False),
])
def test_recognition(head: bytes, claimed: bool) -> None:
    assert fedwire_faim.sniff(head) is claimed


@settings(max_examples=60, deadline=None)
@given(amounts=st.lists(st.integers(0, 10**12 - 1), min_size=1, max_size=8), ends=st.sampled_from(["\n", "\r\n", "\r", ""]), fed=st.booleans())
def test_every_message_of_a_file_is_one_line(amounts: list[int], ends: str, fed: bool) -> None:
    """Whatever parts the tags, and whether the sender's or the Fed's tag leads."""
    lead = {"t1500": None} if fed else {}
    text = "".join(("{1100}30P N\n{1110}03201101\n" if fed else "") + wire(t2000=f"{amount:012}", t1520=f"20260320B1QGC01R{number:06}", **lead)
                   for number, amount in enumerate(amounts))
    got = [record for record in records(text.replace("\n", ends)) if isinstance(record, BankLine)]
    assert [each.amount_minor for each in got] == amounts
    assert len({each.bank_reference for each in got}) == len(amounts)


@pytest.mark.parametrize("block", [20, 21, 64, 200])
@pytest.mark.parametrize("before", ["", "a note of the bank\n", "\n\n"])
def test_a_file_in_blocks_is_read_as_one(before: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = before + wire() + wire(t1520="20260320B1QGC01R000124", t6000="ÜBERWEISUNG*") + wire("{8200}RMR*IV*INV-1**1250.50~")
    whole = records(text)
    monkeypatch.setattr(sources, "refuse_unmarked", lambda *_: None)  # it looks at blocks of megabytes
    monkeypatch.setattr(sources, "LINE_BYTES_MAX", block)
    assert records(text) == whole


def test_a_tag_without_an_end_is_refused() -> None:
    with pytest.raises(SourceError, match="no tag ends the"):
        records(wire() + "{1" * LINE_BYTES_MAX)
