"""What a SWIFT statement says, entry by entry: sign, kind, dates, amounts, references; and which statements hold together."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import mt940
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import documents, sources
from parsers.documents import Document, drain
from parsers.formats import swift_mt940
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record
from parsers.sources import Source, SourceError
from parsers.swift import fields
from parsers.swift.entry import EntryError, entry_dates, minor
from tests.conftest import FIXTURES


def records(text: str, **profile: str) -> list[Record]:
    return list(swift_mt940.parse(Source(text.encode()), Profile(**profile)))


def statement(*entries: str, currency: str = "EUR", opening: str = "C260101{}0,") -> str:
    head = f":20:REF\n:25:12345678/99\n:28C:1/1\n:60F:{opening.format(currency)}\n"
    return head + "".join(entry + "\n" for entry in entries) + f":62F:C260131{currency}0,\n-\n"


def lines(text: str, **profile: str) -> list[BankLine]:
    return [record for record in records(text, **profile) if isinstance(record, BankLine)]


def line(entry: str, details: str = "", currency: str = "EUR") -> BankLine:
    text = statement(entry, *([f":86:{details}"] if details else []), currency=currency)
    return lines(text)[0]


def issues(text: str) -> list[tuple[str, str]]:
    return [(record.severity, record.code) for record in records(text) if isinstance(record, Issue)]


@pytest.mark.parametrize(("mark", "amount", "kind", "status"), [
    # mark      means                                    amount kind           status
    ("C",     +1000, "receipt",      "booked"),   # credit
    ("D",     -1000, "disbursement", "booked"),   # debit
    ("RC",    -1000, "reversal",     "booked"),   # reversal of a credit takes money back
    ("RD",    +1000, "reversal",     "booked"),   # reversal of a debit gives it back
    ("CR",    +1000, "receipt",      "booked"),   # credit, funds code R (third letter of EUR)
    ("DR",    -1000, "disbursement", "booked"),
    ("RCR",   -1000, "reversal",     "booked"),
    ("RDR",   +1000, "reversal",     "booked"),
    ("EC",    +1000, "receipt",      "pending"),  # expected credit
    ("ED",    -1000, "disbursement", "pending"),
    ("c",     +1000, "receipt",      "booked"),   # small letters occur
])
def test_the_sign_comes_from_the_mark_alone(mark: str, amount: int, kind: str, status: str) -> None:
    got = line(f":61:260115{mark}10,00NTRFX")
    assert (got.amount_minor, got.kind, got.status) == (amount, kind, status)


@pytest.mark.parametrize(("amount", "currency", "minor_units"), [
    ("1500,00", "EUR", 150000),
    ("1500,5", "EUR", 150050),
    ("1500,", "EUR", 150000),
    ("1500", "EUR", 150000),
    ("1500.50", "EUR", 150050),       # a point as the mark
    ("000000000001,62", "EUR", 162),
    (",02", "EUR", 2),
    ("1.234.567,89", "EUR", 123456789),
    ("1,234,567.89", "EUR", 123456789),
    ("1.234,5", "EUR", 123450),
    ("1,234.5", "EUR", 123450),
    ("1 234,50", "EUR", 123450),
    ("50,0000", "EUR", 5000),         # zeros beyond the currency's digits are harmless
    ("1200,", "JPY", 1200),
    ("1,250", "KWD", 1250),           # three digits are the currency's own
    ("1.250", "KWD", 1250),
])
def test_amounts_in_every_spelling(amount: str, currency: str, minor_units: int) -> None:
    assert minor(amount, currency) == minor_units


@pytest.mark.parametrize("amount", ["1.500", "50,005", "5.0.0,0", "12 34", "1,2,3", "", ",", "10000000000000,00", "1500,00 EUR", "9" * 5000])
def test_amounts_that_could_mean_two_things_are_refused(amount: str) -> None:
    with pytest.raises(ValueError):
        minor(amount, "EUR")


@pytest.mark.parametrize(("value", "entry", "value_date", "booked", "impossible"), [
    ("260131", "0131", "2026-01-31", "2026-01-31", False),
    ("260131", "",     "2026-01-31", "2026-01-31", False),   # without an entry date the value date is the booking date
    ("260131", "    ", "2026-01-31", "2026-01-31", False),   # four blanks in its place
    ("251231", "0102", "2025-12-31", "2026-01-02", False),   # the year that brings it nearest
    ("260102", "1231", "2026-01-02", "2025-12-31", False),
    ("260703", "0309", "2026-07-03", "2026-03-09", False),   # months apart
    ("260230", "0301", "2026-02-28", "2026-03-01", True),    # German banks value on 30 February
    ("260227", "0230", "2026-02-27", "2026-02-28", True),
    ("990131", "0131", "1999-01-31", "1999-01-31", False),
    ("261340", "0131", None,         None,         True),
])
def test_dates(value: str, entry: str, value_date: str | None, booked: str | None, impossible: bool) -> None:
    def date(text: str | None) -> dt.date | None:
        return dt.date.fromisoformat(text) if text else None

    assert entry_dates(value, entry) == (date(value_date), date(booked), impossible)


@pytest.mark.parametrize(("entry", "type_code", "customer", "bank"), [
    ("260115C1,NTRFINV-1//B1",                       "NTRF", "INV-1", "B1"),
    ("260115C1,NTRFNONREF//B1",                      "NTRF", "", "B1"),
    ("260115C1,NTRFNONREF",                          "NTRF", "", ""),
    ("260115C1,NTRFN",                               "NTRF", "", ""),
    ("260115C1,NTRF//B1",                            "NTRF", "", "B1"),
    ("260115C1,NTRFBIPI-dvT1FzfMqvz-and-more//B1",   "NTRF", "BIPI-dvT1FzfMqvz-and-more", "B1"),  # longer than 16
    ("260115C1,NMSCFOOBAR/123//HERP-DERP",           "NMSC", "FOOBAR/123", "HERP-DERP"),          # a slash inside
    ("260115C1,NTRF SVC//200101ZCPB067071",          "NTRF", "SVC", "200101ZCPB067071"),
    ("260115C1,NMSC341241773/1X//O/341241774",       "NMSC", "341241773/1X", "O/341241774"),
    ("260115C1,NTRFEREF\n//B1 more",                 "NTRF", "", "B1"),                           # on the further line
    ("260115C1,S103REF 17",                          "S103", "REF 17", ""),
    ("260115C1,FMSC8327",                            "FMSC", "8327", ""),
    ("260115C1,N0510000234982341123",                "N051", "0000234982341123", ""),
    ("260115CN1,NZ10NONREF",                         "NZ10", "", ""),
    ("260115C1,NOV NONREF",                          "NOV", "", ""),                              # ING
    ("260115C1, NRTIKREF+//B1",                      "NRTI", "", "B1"),                           # a blank before the type
    ("260115C1,MCI0NONREF//B1",                      "MCI0", "", "B1"),
    ("260115C1,",                                    "", "", ""),
    ("260115C\n1,NTRFX",                             "NTRF", "X", ""),                            # broken behind the mark
])
def test_type_and_references(entry: str, type_code: str, customer: str, bank: str) -> None:
    got = line(f":61:{entry}")
    assert (got.type_code, got.customer_reference, got.bank_reference) == (type_code, customer, bank)


@pytest.mark.parametrize(("entry", "details", "customer"), [
    ("NTRFINV-1", "166?20EREF+E2E-9?21SVWZ+x", "INV-1"),               # :61: first
    ("NTRFNONREF", "166?20EREF+E2E-9?21KREF+K-1", "E2E-9"),            # else the end-to-end reference
    ("NTRFKREF+", "166?20KREF+K-1?21SVWZ+x", "K-1"),
    ("NTRFEREF", "/EREF/E2E-9//REMI/USTD//text/", "E2E-9"),
    ("NTRFPREF", "/PREF/P-7/REMI/text", "P-7"),
    ("NTRFNONREF", "166?20EREF+NOTPROVIDED?21SVWZ+x", ""),
    ("NTRFNONREF", "/EREF/NOTPROV\nIDED/REMI/text", ""),
])
def test_the_customer_reference_is_looked_for_in_order(entry: str, details: str, customer: str) -> None:
    assert line(f":61:260115C1,{entry}", details).customer_reference == customer


@pytest.mark.parametrize(("entry", "details", "text"), [
    ("NTRFINV-1", "166?20EREF+E2E-9?21SVWZ+Rechnung 17", "Rechnung 17 EREF+E2E-9"),
    ("NTRFINV-1", "166?20EREF+INV-1?21SVWZ+Rechnung 17", "Rechnung 17"),          # the same reference twice
    ("NTRFNONREF", "166?20EREF+E2E-9?21SVWZ+Rechnung 17", "Rechnung 17"),         # it is the customer's reference then
    ("NTRFINV-1", "/EREF/E2E-9//REMI/USTD//Factuur 17/", "Factuur 17 EREF+E2E-9"),
    ("NTRFINV-1", "/EREF/NOTPROVIDED//REMI/USTD//Factuur 17/", "Factuur 17"),
    ("NTRFINV-1", "166?20EREF+E2E-9", "EREF+E2E-9"),
])
def test_an_end_to_end_id_beside_another_reference_is_kept_in_the_text(entry: str, details: str, text: str) -> None:
    assert line(f":61:260115C1,{entry}", details).remittance_text == text


@pytest.mark.parametrize(("entry", "details", "kind"), [
    ("D1,NCHGX", "", "fee"),
    ("D1,NCOMX", "", "fee"),
    ("D1,NMSCX", "808?20Entgelt", "fee"),
    ("C1,NMSCX", "809?20Entgelt erstattet", "fee"),
    ("C1,NINTX", "", "interest"),
    ("D1,NMSCX", "814?20Zinsen", "interest"),
    ("D1,NCMZX", "", "transfer"),
    ("C1,NTRFX", "833?20Cash Pool", "transfer"),
    ("C1,NLBXX", "", "lockbox_deposit"),
    ("D1,NRTIX", "", "return"),
    ("RC1,NRTIX", "", "return"),
    ("D1,NMSCX", "109?20SVWZ+x", "return"),
    ("C1,NTRFX", "159?20SVWZ+x", "return"),                             # our own transfer comes back
    ("D1,NMSCX", "071?00RUECKLASTSCHRIFT?20x", "return"),               # the bank's posting text says so
    ("D1,NMSCX", "808?00RUECKLASTSCHRIFTENTGELT?20x", "fee"),           # but its fee is a fee
    ("D1,NTRFX", "/RTRN/AC04/REMI/x", "return"),
    ("C1,NTRFX", "899?20x", "reversal"),
    ("RD1,NMSCX", "809?20x", "reversal"),
    ("C1,NDIVX", "", "other"),                                          # money in that is no payment
    ("C0,00NMSCX", "", "other"),
    ("D1,NMSCX", "RETURNED ITEM NSF", "return"),
    ("D1,NMSCX", "RETURNED ITEM FEE", "fee"),
    ("C1,NMSCX", "INTEREST PAID", "interest"),
    ("C1,NTRFX", "INTEREST ON INVOICE 12", "receipt"),                  # the payer's words behind a transfer
    ("D1,NTRFX", "", "disbursement"),
])
def test_kinds(entry: str, details: str, kind: str) -> None:
    assert line(f":61:260115{entry}", details).kind == kind


@pytest.mark.parametrize(("entry", "details", "reason", "original", "fee", "instructed"), [
    ("D12,35NRTINONREF\n/OCMT/EUR11,85//CHGS/EUR0,50/", "109?20EREF+E-1?21SVWZ+x?34906", "AM04", "E-1", 50, 1185),
    ("D64,20NMSCNONREF", "108?20EREF+E-2?21OAMT+60,00?22SVWZ+x?34914", "914", "E-2", 420, 6000),
    ("D64,20NMSCNONREF", "108?20EREF+E-2?21SVWZ+Grund MD06?34914", "MD06", "E-2", 0, None),
    ("D5,NTRFCUST-1", "/RTRN/MS03/REMI/x", "MS03", "CUST-1", 0, None),
    ("D5,NRTINONREF", "RETURNED ITEM REASON: STOP PAYMENT\nORIG TRACE 021000021234567", "STOP PAYMENT", "021000021234567", 0, None),
])
def test_returns_tell_why_and_what(entry: str, details: str, reason: str, original: str, fee: int, instructed: int | None) -> None:
    got = line(f":61:260115{entry}", details)
    assert (got.kind, got.return_reason, got.original_reference, got.fee_minor, got.instructed_minor) == (
        "return", reason, original, fee, instructed)


@pytest.mark.parametrize(("entry", "details", "fee", "instructed"), [
    ("C95,NTRFX\n/OCMT/EUR100,/CHGS/EUR5,", "", 5_00, (100_00, "EUR")),      # sent less charge
    ("C95,NTRFX", "/OCMT/EUR100,/CHGS/EUR5,/REMI/x", 5_00, (100_00, "EUR")),
    ("C100,NTRFX\n/OCMT/EUR100,/CHGS/EUR5,", "", 0, (100_00, "EUR")),        # charged apart: not taken from the payment
    ("C92,NTRFX\n/OCMT/USD100,/CHGS/EUR5,", "", 5_00, (100_00, "USD")),
    ("D92,NTRFX\n/OCMT/USD100,/CHGS/EUR5,", "", 0, (100_00, "USD")),
    ("C95,NTRFX\n/CHGS/EUR5,", "", 5_00, (None, "")),
    ("D95,NTRFX\n/CHGS/EUR5,", "", 0, (None, "")),
    ("C95,NTRFX\n/CHGS/USD5,", "", 0, (None, "")),
    ("C95,NTRFX\n/OCMT/EUR1.0.0,/CHGS/EUR1.0.0,", "", 0, (None, "")),
    ("C95,NTRFX\n/OCMT/JPY100,", "", 0, (100, "JPY")),
])
def test_charges_count_only_where_the_message_says_they_were_taken(entry: str, details: str, fee: int, instructed: tuple[object, str]) -> None:
    got = line(f":61:260115{entry}", details)
    assert (got.fee_minor, (got.instructed_minor, got.instructed_currency)) == (fee, instructed)


def test_a_check_has_its_number_and_a_further_line_is_text_or_an_account() -> None:
    assert line(":61:260115D1,NCHK16703074").check_number == "16703074"
    assert line(":61:260115D1,NCHKNONREF").check_number == ""
    assert line(":61:260115C1,NTRFX\nCard transaction", "Shop").remittance_text == "Card transaction Shop"
    with_account = line(":61:260115C1,N541X\nNL91ABNA0417164300", "/REMI/x")
    assert (with_account.payer_account, with_account.remittance_text) == ("NL91ABNA0417164300", "x")


@pytest.mark.parametrize(("account", "currency", "bare"), [
    ("NL68INGB0000012345EUR", "EUR", "NL68INGB0000012345"),
    ("NL50RABO0123456789 EUR", "EUR", "NL50RABO0123456789"),
    ("UBRTHUHB/1234/HUF", "HUF", "UBRTHUHB/1234"),
    ("20041111/301086000EUR", "EUR", "20041111/301086000"),
    ("BPHKPLPK/320000546101", "PLN", "BPHKPLPK/320000546101"),
    ("/4711", "USD", "4711"),
    ("ACCOUNTEUR", "EUR", "ACCOUNTEUR"),            # a word, no currency behind digits
    ("4711USD", "EUR", "4711USD"),                  # another currency belongs to the name
])
def test_a_currency_that_hangs_on_the_account_goes(account: str, currency: str, bare: str) -> None:
    text = statement(":61:260115C1,NTRFX", currency=currency).replace("12345678/99", account)
    assert drain("mt940", records(text)).statements[0].opened.account == bare


def test_the_currency_comes_from_the_account_or_the_profile_where_no_balance_says_it() -> None:
    bare = ":20:X\n:25:4711{}\n:28C:1\n:13D:2601151200\n:61:260115C10,NTRFX\n"
    assert lines(bare.format("CHF"))[0].currency == "CHF"
    assert lines(bare.format(""), currency="NOK")[0].currency == "NOK"
    assert ("warning", "unknown_currency") in issues(bare.format(""))
    assert drain("mt940", swift_mt940.parse(Source(bare.replace(":25:4711{}\n", "").encode()), Profile(account="MINE"))).statements[0].opened.account == "MINE"


@pytest.mark.parametrize(("change", "code"), [
    (("10,00NTRF", "10,0x5NTRF"), None),                     # the type is not where it should be, the money is
    (("C10,00", "C1.500"), "bad_amount"),
    (("C10,00", "X10,00"), "bad_record"),
    ((":60F:C260101EUR0,\n", ""), "missing_record"),
    ((":62F:C260131EUR0,\n-\n", ""), "truncated"),
    ((":62F:C260131EUR0,", ":62F:"), "bad_record"),
    ((":62F:C260131EUR0,", ":62F:C260131USD0,"), "bad_record"),
    ((":62F:C260131EUR0,", ":62F:C260131EUR1.500"), "bad_amount"),
])
def test_what_makes_a_statement_unfit_to_book(change: tuple[str, str], code: str | None) -> None:
    text = statement(":61:260115C10,00NTRFX").replace(*change)
    assert {found for severity, found in issues(text) if severity == "error"} == ({code} if code else set())


@pytest.mark.parametrize("cut", range(20, 96, 3))
def test_a_statement_cut_anywhere_before_its_closing_balance_is_an_error(cut: int) -> None:
    text = statement(":61:260115C10,00NTRFX", ":86:166?20SVWZ+x")
    assert text.index(":62F:") > cut or cut > 80
    assert any(severity == "error" for severity, _ in issues(text[:cut]))


def test_an_unknown_currency_is_an_error_of_both_balances() -> None:
    assert issues(statement(":61:260115C10,00NTRFX", currency="EUX")).count(("error", "unknown_currency")) == 2


def test_a_training_message_is_refused() -> None:
    whole = "{1:F01X}{2:I940BANKDEFFXXXXN}{4:\n" + statement().replace("\n-\n", "\n-}{5:{CHK:1}}\n")
    assert issues(whole) == []
    assert issues(whole.replace("{CHK:1}", "{CHK:1}{TNG:}")) == [("error", "test_file")]


def controls(text: str) -> list[tuple[str, bool]]:
    return [(record.name, record.ties) for record in records(text) if isinstance(record, Control)]


def test_pages_are_proven_one_by_one_and_carry_over() -> None:
    pages = (FIXTURES / "swift_mt940" / "german_pages.sta").read_text()
    assert controls(pages) == [("closing balance", True), ("opening balance carried from the page before", True),
                               ("closing balance", True), ("closing balance", True)]
    assert ("opening balance carried from the page before", False) in controls(pages.replace("60M:C260102EUR150", "60M:C260102EUR151"))


def test_a_lone_dash_ends_a_message_only_before_another_one() -> None:
    inside, outside = lines(statement(":61:260115C1,NTRFX", ":86:one\n-\ntwo") + statement(":61:260115C2,NTRFY"))
    assert (inside.remittance_text, outside.amount_minor) == ("one - two", 200)
    cut = lines(statement(":61:260115C1,NTRFX", ":86:one").replace(":62F:C260131EUR0,\n", "") + statement(":61:260115C2,NTRFY"))
    assert [got.remittance_text for got in cut] == ["one", ""]


def test_the_same_statement_whatever_ends_its_lines() -> None:
    def told(name: str) -> list[object]:
        found = lines((FIXTURES / "swift_mt940" / name).read_bytes().decode("latin-1"))
        return [(got.amount_minor, got.booking_date, got.customer_reference, got.remittance_text[-2:]) for got in found]

    assert told("at_separated.sta") == told("carriage_returns.sta") == told("crlf.sta") == told("latin1.sta") == told("glued.sta")


@pytest.mark.parametrize(("head", "claimed"), [
    (b":20:X\r\n:25:1\r\n:28C:1\r\n", True),
    (b"\n\n  :60F:C260101EUR0,\n", True),
    (b":61:260101C1,NTRFX\n", True),
    (b"{1:F01BANK}{2:I940BANKXXXXN}{4:\n", True),
    (b"{1:F01BANK}{2:O9421200260101BANK}{4:\n", True),
    (b"{1:F01BANK}{2:I103BANKXXXXN}{4:\n:20:X\n:32A:260101EUR1,\n", False),
    (b"{1:F01BANK}{2:I910BANKXXXXN}{4:\n:20:X\n:28C:1\n", False),
    (b":20:X\n:23B:CRED\n:32A:260101EUR1,\n", False),
    (b":20:X:25:1:28C:1:60F:C260101EUR0,", True),
    (b"ABNANL2A\n940\nABNANL2A\n:20:X\n:28:1\n", True),
    (b":86:only details\n", False),
    (b":NS:\n", False),
    (b"date,amount\n2026-01-01,:61:260101C1\n", False),
])
def test_recognition(head: bytes, claimed: bool) -> None:
    assert swift_mt940.sniff(head) is claimed


def test_a_statement_of_many_blocks_reads_as_one_of_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = (FIXTURES / "swift_mt940" / "german_sepa.sta").read_text() * 3
    at_once = records(whole)
    monkeypatch.setattr(fields, "BLOCK_BYTES", 100)
    assert records(whole) == at_once


def test_a_file_without_any_field_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "BLOCK_BYTES", 100)
    monkeypatch.setattr(fields, "MESSAGE_BYTES_MAX", 1000)
    with pytest.raises(SourceError):
        records("x" * 5000)


DIGITS = st.integers(min_value=0, max_value=10**11)


@settings(max_examples=60, deadline=None)
@given(opening=st.integers(-10**9, 10**9), entries=st.lists(st.tuples(st.sampled_from(["C", "D", "RC", "RD"]), DIGITS), max_size=20))
def test_whatever_the_entries_the_closing_balance_is_their_sum(opening: int, entries: list[tuple[str, int]]) -> None:
    """A bank writes its statement from its ledger; we read the ledger back, and so does the other library."""
    def told(value: int) -> str:
        return f"{abs(value) // 100},{abs(value) % 100:02}"

    closing = opening + sum(value if mark in {"C", "RD"} else -value for mark, value in entries)
    text = (f":20:R\n:25:1\n:28C:1/1\n:60F:{'D' if opening < 0 else 'C'}260101EUR{told(opening)}\n"
            + "".join(f":61:2601020102{mark}R{told(value)}NTRFX-{number}\n:86:text {number}\n" for number, (mark, value) in enumerate(entries))
            + f":62F:{'D' if closing < 0 else 'C'}260102EUR{told(closing)}\n-\n")
    document: Document = drain("mt940", records(text))
    assert not document.issues
    assert document.lines["amount_minor"].sum() == closing - opening
    theirs = mt940.parse(text, options=mt940.Options.all())
    assert [int(entry.data["amount"].amount * 100) for entry in theirs] == document.lines["amount_minor"].to_list()


NOT_FOR_MT_940 = {"currencies", "at_separated", "glued", "dutch_ing"}
"""The library does not read points as decimal marks, files without line ends, and ING's broken /TRCD/."""


@pytest.mark.parametrize("path", sorted(p for p in (FIXTURES / "swift_mt940").glob("*.sta") if p.stem not in NOT_FOR_MT_940),
                         ids=lambda p: p.name)
def test_the_second_opinion_agrees_on_money_and_dates(path: Path) -> None:
    """`mt-940` with every correctness option on."""
    text = path.read_text(encoding="latin-1" if path.stem == "latin1" else "utf-8")
    if ":61:2602300305" in text:
        text = text.replace(":61:2602300305", ":61:2602280305")  # it knows no 30 February
    ours = lines(text)
    theirs = [entry.data for entry in mt940.parse(text, options=mt940.Options.all())]
    assert [got.amount_minor for got in ours] == [int(entry["amount"].amount * 100) for entry in theirs]
    assert [got.value_date for got in ours] == [dt.date(*entry["date"].timetuple()[:3]) for entry in theirs]


def test_sources_cut_lines_where_we_count_them() -> None:
    text = (FIXTURES / "swift_mt940" / "german_sepa.sta").read_bytes()
    starts = {found.number: found.start for found in sources.Source(text).lines()}
    assert all(starts[got.span.line] == got.span.start for got in lines(text.decode()))


def test_an_entry_that_cannot_be_read_names_its_code() -> None:
    assert EntryError("bad_amount", "x").code == "bad_amount"


@pytest.mark.parametrize(("behind", "told"), [
    (":28C:1/2\n:60M:C261109EUR5,00\n:61:2611091109C7,00NTRFABC\n:62F:C261109EUR12,00\n", [("1", 0, 500), ("1", 500, 1200)]),
    (":25:2\n:28C:1\n:60F:C261108EUR1,00\n:61:2611091109C7,00NTRFABC\n:62F:C261109EUR8,00\n", [("1", 0, 500), ("2", 100, 800)]),
])
def test_a_page_or_an_account_that_follows_without_a_reference(behind: str, told: list[tuple[str, int, int]]) -> None:
    closing = "M" if "60M" in behind else "F"
    content = f":20:X\n:25:1\n:28C:1/1\n:60F:C261108EUR0,00\n:61:2611091109C5,00NTRFABC\n:62{closing}:C261109EUR5,00\n{behind}-\n"
    found = documents.read(content.encode())
    assert [(each.opened.account, each.opened.opening_minor, each.closed and each.closed.closing_minor) for each in found.statements] == told
    assert all(control.ties for control in found.controls)
    assert not found.issues


def test_a_text_that_looks_like_a_field_of_a_payment_leaves_a_statement_a_statement() -> None:
    content = b":20:X\n:25:1\n:28C:1\n:60F:C261108EUR0,00\n:61:2611091109C5,00NTRFABC\n:86:PAYMENT OF\n:59:ACME INC\n:62F:C261109EUR5,00\n-\n"
    found = documents.read(content)
    assert found.format == "mt940"
    assert found.lines["remittance_text"].to_list() == ["PAYMENT OF :59:ACME INC"]
