"""What a camt entry means: sign, kind, status, dates, references, parties, charges, batches, remittance, controls."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from parsers import documents
from parsers.formats import iso_camt
from parsers.iso.messages import NO_REFERENCE
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Issue, Record, StatementOpened
from parsers.sources import Source
from parsers.xml import records, shapes
from tests.conftest import FIXTURES

OURS = "DE89370400440532013000"


def message(*entries: str, head: str = "", statement: str = "Stmt", container: str = "BkToCstmrStmt") -> bytes:
    """A statement of our account in EUR around the entries."""
    account = f"<Acct><Id><IBAN>{OURS}</IBAN></Id><Ccy>EUR</Ccy><Ownr><Nm>Us</Nm></Ownr></Acct>"
    body = f"<{statement}><Id>S</Id>{account}{head}{''.join(entries)}</{statement}>"
    return f"<Document><{container}>{body}</{container}></Document>".encode()


def entry(amount: str = "10.00", more: str = "", *, sign: str = "CRDT", currency: str = "EUR", dates: str = "<BookgDt><Dt>2026-01-30</Dt></BookgDt>") -> str:
    return f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd>{dates}{more}</Ntry>'


def details(*contents: str) -> str:
    return f"<NtryDtls>{''.join(f'<TxDtls>{content}</TxDtls>' for content in contents)}</NtryDtls>"


def detail_amount(amount: str, currency: str = "EUR") -> str:
    return f'<Amt Ccy="{currency}">{amount}</Amt>'


def read(content: bytes) -> list[Record]:
    return list(iso_camt.parse(Source(content), Profile()))


def lines(*entries: str, **frame: str) -> list[BankLine]:
    return [record for record in read(message(*entries, **frame)) if isinstance(record, BankLine)]


def line(*entries: str) -> BankLine:
    found = lines(*entries)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(("sign", "reversal", "expected"), [
    ("CRDT", "", 1000),
    ("DBIT", "", -1000),
    ("CRDT", "<RvslInd>true</RvslInd>", 1000),  # a reversed debit: money came back, the indicator says so already
    ("DBIT", "<RvslInd>true</RvslInd>", -1000),
    ("DBIT", "<RvslInd>false</RvslInd>", -1000),
])
def test_the_indicator_alone_is_the_sign(sign: str, reversal: str, expected: int) -> None:
    assert line(entry(more=reversal, sign=sign)).amount_minor == expected


@pytest.mark.parametrize(("code", "sign", "extra", "kind"), [
    ("PMNT RCDT ESCT", "CRDT", "", "receipt"),
    ("PMNT ICDT ESCT", "DBIT", "", "disbursement"),
    ("PMNT RCDT ESCT", "DBIT", "", "disbursement"),
    ("PMNT IDDT UPDD", "DBIT", "", "return"),
    ("PMNT RCHQ UPCQ", "DBIT", "", "return"),
    ("PMNT ICDT RRTN", "CRDT", "", "return"),
    ("PMNT IDDT PRDD", "DBIT", "", "reversal"),
    ("PMNT RCDT ESCT", "DBIT", "<RvslInd>true</RvslInd>", "reversal"),
    ("ACMT MDOP CHRG", "DBIT", "", "fee"),
    ("PMNT RCDT COMM", "DBIT", "", "fee"),
    ("ACMT MCOP INTR", "CRDT", "", "interest"),
    ("CAMT ACCB ZABA", "CRDT", "", "transfer"),
    ("PMNT LBOX LBDP", "CRDT", "", "lockbox_deposit"),
    ("PMNT RCDT AUTT", "CRDT", "", "receipt"),  # so Swiss banks code payments by ISR
    ("PMNT MCRD POSP", "CRDT", "", "payout"),
    ("SECU SETT TRAD", "CRDT", "", "other"),
    ("SECU SETT TRAD", "DBIT", "", "disbursement"),
    ("", "CRDT", "", "receipt"),
])
def test_kinds_by_iso_code(code: str, sign: str, extra: str, kind: str) -> None:
    domain, family, sub_family = code.split() or ("", "", "")
    coded = f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>"
    found = line(entry(more=extra + (coded if code else ""), sign=sign))
    assert found.kind == kind
    assert found.type_code == code.replace(" ", "-")


@pytest.mark.parametrize(("code", "issuer", "sign", "kind"), [
    ("115", "BAI", "CRDT", "lockbox_deposit"),
    ("555", "BAI2", "DBIT", "return"),
    ("195", "BAI", "CRDT", "receipt"),
    ("475", "BAI", "CRDT", "receipt"),  # a code of the other direction says nothing
    ("555", "OURBANK", "DBIT", "disbursement"),
    ("NTRF+166", "", "CRDT", "receipt"),
])
def test_kinds_by_the_banks_own_code(code: str, issuer: str, sign: str, kind: str) -> None:
    found = line(entry(more=f"<BkTxCd><Prtry><Cd>{code}</Cd><Issr>{issuer}</Issr></Prtry></BkTxCd>", sign=sign))
    assert (found.kind, found.type_code) == (kind, code)


def test_the_details_code_stands_before_the_entrys_and_an_iso_code_before_a_banks_own() -> None:
    iso = "<BkTxCd><Domn><Cd>{}</Cd></Domn></BkTxCd>"
    own = "<BkTxCd><Prtry><Cd>{}</Cd></Prtry></BkTxCd>"
    assert line(entry(more=iso.format("PMNT") + details(iso.format("ACMT")))).type_code == "ACMT"
    assert line(entry(more=iso.format("PMNT") + details(own.format("166")))).type_code == "PMNT"
    assert line(entry(more=own.format("544") + details(own.format("166")))).type_code == "166"


@pytest.mark.parametrize(("status", "expected"), [
    ("", "booked"), ("<Sts>BOOK</Sts>", "booked"), ("<Sts><Cd>BOOK</Cd></Sts>", "booked"), ("<Sts>PDNG</Sts>", "pending"),
    ("<Sts><Cd>FUTR</Cd></Sts>", "pending"), ("<Sts>INFO</Sts>", "info"), ("<Sts><Prtry>WHAT</Prtry></Sts>", "info"),
])
def test_statuses(status: str, expected: str) -> None:
    assert line(entry(more=status)).status == expected


def test_only_booked_entries_make_the_balance() -> None:
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt></Bal>'
        for code, amount in (("OPBD", "1.00"), ("CLBD", "11.00"))
    )
    found = read(message(entry(), entry("5.00", "<Sts>PDNG</Sts>"), entry("7.00", "<Sts>INFO</Sts>"), head=balances))
    assert [(c.stated, c.computed) for c in found if isinstance(c, Control)] == [(1100, 1100)]


JANUARY_30, JANUARY_31 = dt.date(2026, 1, 30), dt.date(2026, 1, 31)


@pytest.mark.parametrize(("told", "booking_date", "value_date"), [
    ("<BookgDt><Dt>2026-01-30</Dt></BookgDt><ValDt><Dt>2026-01-31</Dt></ValDt>", JANUARY_30, JANUARY_31),
    ("<BookgDt><DtTm>2026-01-30T23:59:00-08:00</DtTm></BookgDt>", JANUARY_30, None),
    ("<BookgDt><DtTm>2026-01-30T00:01:00Z</DtTm></BookgDt>", JANUARY_30, None),
    ("<BookgDt><Dt>2026-01-30+01:00</Dt></BookgDt>", JANUARY_30, None),
    ("<ValDt><Dt>2026-01-31</Dt></ValDt>", JANUARY_31, JANUARY_31),
    ("<Sts>PDNG</Sts><ValDt><Dt>2026-01-31</Dt></ValDt>", None, JANUARY_31),
    ("", None, None),
])
def test_dates_are_the_banks_local_ones(told: str, booking_date: dt.date | None, value_date: dt.date | None) -> None:
    found = line(entry(dates=told))
    assert (found.booking_date, found.value_date) == (booking_date, value_date)


def test_an_entry_without_any_date_stands_under_the_closing_balances() -> None:
    closing = '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1</Amt><Dt><DtTm>2026-01-30T12:00:00</DtTm></Dt></Bal>'
    assert lines(entry(dates=""), head=closing)[0].booking_date == JANUARY_30


@pytest.mark.parametrize(("of_entry", "of_detail", "bank_reference", "customer_reference"), [
    ("<AcctSvcrRef>ENTRY</AcctSvcrRef>", "<AcctSvcrRef>DETAIL</AcctSvcrRef><EndToEndId>E2E</EndToEndId>", "DETAIL", "E2E"),
    ("<AcctSvcrRef>ENTRY</AcctSvcrRef>", "<EndToEndId>E2E</EndToEndId><TxId>TX</TxId>", "ENTRY", "E2E"),
    ("<AcctSvcrRef>ENTRY</AcctSvcrRef>", "<EndToEndId>NOTPROVIDED</EndToEndId>", "ENTRY", ""),
    ("<AcctSvcrRef>NONREF</AcctSvcrRef><NtryRef>2026013000017</NtryRef>", "<EndToEndId>notprovided</EndToEndId>", "2026013000017", ""),
    ("<NtryRef>17</NtryRef>", "<TxId>TX</TxId><UETR>U</UETR>", "TX", ""),  # 17 only counts the statement's entries
    ("<NtryRef>17</NtryRef>", "<UETR>U</UETR>", "U", ""),
    ("", "<InstrId>I</InstrId>", "", ""),
])
def test_references(of_entry: str, of_detail: str, bank_reference: str, customer_reference: str) -> None:
    found = line(entry(more=of_entry + details(f"<Refs>{of_detail}</Refs>")))
    assert (found.bank_reference, found.customer_reference) == (bank_reference, customer_reference)


PAYER = "<{0}>{1}</{0}><{0}Acct><Id><IBAN>{2}</IBAN></Id></{0}Acct>"


@pytest.mark.parametrize(("sign", "returned", "parties", "name", "account"), [
    ("CRDT", "", PAYER.format("Dbtr", "<Nm>Payer</Nm>", "X1") + PAYER.format("Cdtr", "<Nm>Us</Nm>", OURS), "Payer", "X1"),
    ("CRDT", "", "<Dbtr><Pty><Nm>Payer</Nm></Pty></Dbtr>", "Payer", ""),
    ("CRDT", "", "<Dbtr><Agt><FinInstnId><Nm>A Bank</Nm></FinInstnId></Agt></Dbtr>", "A Bank", ""),
    ("CRDT", "", "<UltmtDbtr><Nm>Payer behind</Nm></UltmtDbtr>", "Payer behind", ""),
    ("DBIT", "", PAYER.format("Dbtr", "<Nm>Us</Nm>", OURS) + "<Cdtr><Nm>Supplier</Nm></Cdtr>", "Supplier", ""),
    ("CRDT", "", PAYER.format("Cdtr", "<Nm>Named here</Nm>", "X2"), "Named here", "X2"),  # the bank knows one role only
    ("CRDT", "", "<Cdtr><Nm>Us Ltd</Nm></Cdtr>", "", ""),  # without an account that is more likely ourselves
    ("DBIT", "<RtrInf/>", PAYER.format("Dbtr", "<Nm>Bounced</Nm>", "X3") + PAYER.format("Cdtr", "<Nm>Us</Nm>", OURS), "Bounced", "X3"),
    ("DBIT", "<RtrInf/>", PAYER.format("Dbtr", "<Nm>Us</Nm>", OURS) + PAYER.format("Cdtr", "<Nm>Bounced</Nm>", "X3"), "Bounced", "X3"),
    ("CRDT", "<RtrInf/>", "<Cdtr><Nm>Refunded</Nm></Cdtr>", "Refunded", ""),
    ("CRDT", "<RtrInf/>", "<Dbtr><Nm>Refunded</Nm></Dbtr>", "Refunded", ""),
    ("CRDT", "", "<Dbtr><Nm>\n   Broken\n   Name\n</Nm></Dbtr>", "Broken Name", ""),
])
def test_the_other_party(sign: str, returned: str, parties: str, name: str, account: str) -> None:
    found = line(entry(more=details(f"<RltdPties>{parties}</RltdPties>{returned}"), sign=sign))
    assert (found.payer_name, found.payer_account) == (name, account)


@pytest.mark.parametrize(("account", "agent", "expected"), [
    ("<Othr><Id>12 34</Id></Othr>", "021000021", "021000021/1234"),
    ("<Othr><Id>1234</Id></Othr>", "123456789", "1234"),  # no routing number: its check digit does not tie
    ("<PrtryAcct><Id>1234</Id></PrtryAcct>", "", "1234"),
    ("<BBAN>1234</BBAN>", "", "1234"),
    ("<IBAN>DE02 1203 0000 0000 2020 51</IBAN>", "", "DE02120300000000202051"),
])
def test_accounts(account: str, agent: str, expected: str) -> None:
    bank = f"<RltdAgts><DbtrAgt><FinInstnId><ClrSysMmbId><MmbId>{agent}</MmbId></ClrSysMmbId></FinInstnId></DbtrAgt></RltdAgts>"
    assert line(entry(more=details(f"<RltdPties><DbtrAcct><Id>{account}</Id></DbtrAcct></RltdPties>{bank}"))).payer_account == expected


@pytest.mark.parametrize(("of_detail", "reason", "original"), [
    ("<Refs><EndToEndId>E2E</EndToEndId></Refs><RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>", "AC04", "E2E"),
    ("<Refs><EndToEndId>NOTPROVIDED</EndToEndId><InstrId>INS</InstrId></Refs><RtrInf><Rsn><Prtry>914</Prtry></Rsn></RtrInf>", "914", "INS"),
    ("<Refs><ChqNb>77</ChqNb></Refs><RtrInf/>", "", "77"),
])
def test_returns_name_their_reason_and_their_original(of_detail: str, reason: str, original: str) -> None:
    found = line(entry(more=details(of_detail), sign="DBIT"))
    assert (found.kind, found.return_reason, found.original_reference) == ("return", reason, original)


@pytest.mark.parametrize(("amount", "sign", "told", "fee"), [
    ("99.00", "CRDT", detail_amount("100.00") + '<Chrgs><Amt Ccy="EUR">1.00</Amt></Chrgs>', 100),  # version 2
    ("99.00", "CRDT", '<AmtDtls><InstdAmt><Amt Ccy="EUR">100.00</Amt></InstdAmt></AmtDtls><Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt></Rcrd></Chrgs>', 100),
    ("99.00", "CRDT", '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">1.00</TtlChrgsAndTaxAmt></Chrgs>', 100),
    ("99.00", "CRDT", '<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt><ChrgInclInd>false</ChrgInclInd></Rcrd></Chrgs>', 0),
    ("99.00", "CRDT", detail_amount("99.00") + '<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt></Rcrd></Chrgs>', 0),  # charged apart
    ("99.00", "CRDT", detail_amount("99.00") + '<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt><ChrgInclInd>true</ChrgInclInd></Rcrd></Chrgs>', 100),
    ("99.00", "CRDT", '<Chrgs><Rcrd><Amt Ccy="USD">1.00</Amt></Rcrd></Chrgs>', 0),
    ("99.00", "CRDT", '<Chrgs><Rcrd><Amt Ccy="EUR">3.00</Amt></Rcrd><Rcrd><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Rcrd></Chrgs>', 200),
    ("101.00", "DBIT", detail_amount("100.00") + '<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt></Rcrd></Chrgs>', 100),
    ("101.00", "DBIT", '<Chrgs><Rcrd><Amt Ccy="EUR">1.00</Amt></Rcrd></Chrgs>', 0),
])
def test_charges_taken_from_the_payment(amount: str, sign: str, told: str, fee: int) -> None:
    found = line(entry(amount, details(told), sign=sign))
    assert found.fee_minor == fee
    assert abs(found.amount_minor) == int(Decimal(amount) * 100), "the booked amount stays"


@pytest.mark.parametrize(("told", "instructed"), [
    (detail_amount("120.00", "USD"), (12000, "USD")),
    ('<AmtDtls><InstdAmt><Amt Ccy="USD">120.00</Amt></InstdAmt><TxAmt><Amt Ccy="USD">119.00</Amt></TxAmt></AmtDtls>', (12000, "USD")),
    ('<AmtDtls><CntrValAmt><Amt Ccy="JPY">15000</Amt></CntrValAmt></AmtDtls>', (15000, "JPY")),
    (detail_amount("0"), (None, "")),
    (detail_amount("100.0"), (None, "")),
    (detail_amount("97.00"), (9700, "EUR")),  # a return of 97.00 and its fee of 3.00 booked in one figure
])
def test_no_amount_of_a_single_detail_replaces_the_booked_one(told: str, instructed: tuple[int | None, str]) -> None:
    found = line(entry("100.00", details(told)))
    assert (found.amount_minor, found.currency) == (10000, "EUR")
    assert (found.instructed_minor, found.instructed_currency) == instructed


def test_a_batch_is_a_line_for_each_detail_under_the_entrys_reference_and_amount() -> None:
    content = message(entry("300.00", "<AcctSvcrRef>B</AcctSvcrRef>" + details(detail_amount("100.00"), detail_amount("200.00"))))
    found = read(content)
    bank_lines = [record for record in found if isinstance(record, BankLine)]
    assert [(b.amount_minor, b.batch_reference, b.batch_amount_minor, b.batch_key) for b in bank_lines] == [
        (10000, "B", 30000, content.index(b"<Ntry")), (20000, "B", 30000, content.index(b"<Ntry")),
    ]
    assert [record.name for record in found if isinstance(record, Envelope)].count("Ntry") == 1
    assert all(record.ties for record in found if isinstance(record, Control))


@pytest.mark.parametrize(("booked", "charges", "contents", "amounts"), [
    ("300.00", "", [detail_amount("400.00"), detail_amount("100.00") + "<CdtDbtInd>DBIT</CdtDbtInd>"], [40000, -10000]),
    ("290.00", '<Chrgs><Amt Ccy="EUR">10.00</Amt></Chrgs>', [detail_amount("100.00"), detail_amount("200.00")], [10000, 20000, -1000]),
    ("290.00", "", [detail_amount("100.00") + '<Chrgs><Amt Ccy="EUR">10.00</Amt></Chrgs>', detail_amount("200.00")], [9000, 20000]),
    ("285.00", '<Chrgs><Amt Ccy="EUR">5.00</Amt></Chrgs>',
     [detail_amount("100.00") + '<Chrgs><Amt Ccy="EUR">10.00</Amt></Chrgs>', detail_amount("200.00")], [9000, 20000, -500]),
    ("300.00", "", ['<AmtDtls><InstdAmt><Amt Ccy="EUR">100.00</Amt></InstdAmt></AmtDtls>', detail_amount("200.00")], [10000, 20000]),
])
def test_the_lines_of_a_batch_add_up_to_what_was_booked(booked: str, charges: str, contents: list[str], amounts: list[int]) -> None:
    found = lines(entry(booked, charges + details(*contents)))
    assert [b.amount_minor for b in found] == amounts
    assert sum(amounts) == int(Decimal(booked) * 100)


def test_a_namespace_on_every_tag_changes_nothing() -> None:
    content = message(entry("600.00", details(*(detail_amount(f"{number}00.00") for number in (1, 2, 3)))))
    repeated = re.sub(rb"<(\w+)", rb'<\1 xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"', content)
    assert [b.amount_minor for b in read(repeated) if isinstance(b, BankLine)] == [10000, 20000, 30000]


# details in another currency -> payer and instructed amount of the one line
@pytest.mark.parametrize(("contents", "payer", "instructed"), [
    (["7.00 USD ACME", "3.00 USD ACME"], "ACME", (1000, "USD")),
    (["7.00 USD ACME", "3.00 USD KESTREL"], "", (1000, "USD")),
    (["7.00 USD ACME", "3.00 GBP ACME"], "ACME", (None, "")),
    (["7.00 USD ACME", "3.00 USD ACME CRDT"], "ACME", (None, "")),  # one of them has a direction of its own
])
def test_a_batch_in_another_currency_stays_whole(contents: list[str], payer: str, instructed: tuple[int | None, str]) -> None:
    told = []
    for amount, currency, name, *sign in map(str.split, contents):
        indicator = f"<CdtDbtInd>{sign[0]}</CdtDbtInd>" if sign else ""
        told.append(f"{detail_amount(amount, currency)}{indicator}<RltdPties><Dbtr><Nm>{name}</Nm></Dbtr></RltdPties>")
    (found,) = lines(entry("9.25", details(*told)))
    assert (found.amount_minor, found.currency, found.payer_name) == (925, "EUR", payer)
    assert (found.instructed_minor, found.instructed_currency) == instructed


def test_details_that_do_not_say_what_they_amount_to_leave_a_statements_entry_whole() -> None:
    contents = ["<RmtInf><Ustrd>INV 1</Ustrd></RmtInf>", detail_amount("7.00", "USD") + "<RmtInf><Ustrd>INV 2</Ustrd></RmtInf>"]
    whole = line(entry("10.00", details(*contents)))
    assert (whole.amount_minor, whole.remittance_text) == (1000, "INV 1 INV 2")
    announced = lines(entry("10.00", details(*contents)), statement="Ntfctn", container="BkToCstmrDbtCdtNtfctn")
    assert [(b.amount_minor, b.currency, b.status) for b in announced] == [(0, "EUR", "info"), (700, "USD", "booked")]


@pytest.mark.parametrize(("container", "statement", "report"), [
    ("BkToCstmrStmt", "Stmt", "statement"), ("BkToCstmrStmtV01", "Stmt", "statement"),
    ("BkToCstmrAcctRpt", "Rpt", "announcement"), ("BkToCstmrDbtCdtNtfctn", "Ntfctn", "announcement"),
])
def test_a_statement_books_and_the_others_announce(container: str, statement: str, report: str) -> None:
    content = message(entry(), container=container, statement=statement)
    assert iso_camt.sniff(content)
    assert [record.report for record in read(content) if isinstance(record, StatementOpened)] == [report]


@pytest.mark.parametrize(("remittance", "text", "reference"), [
    ("<Ustrd>INV 1</Ustrd><Ustrd>INV 2</Ustrd>", "INV 1 INV 2", ""),
    ("<Ustrd>pays RF18 5390 0754 7034 today</Ustrd>", "pays RF18 5390 0754 7034 today", "RF18539007547034"),
    ("<Ustrd>+++010/8068/17183+++</Ustrd>", "+++010/8068/17183+++", "010806817183"),
    ("<Strd><CdtrRefInf><Ref>RF18 5390 0754 7034</Ref></CdtrRefInf></Strd>", "", "RF18539007547034"),
    ("<Strd><CdtrRefInf><Ref>our own no. 5</Ref></CdtrRefInf><AddtlRmtInf>thanks</AddtlRmtInf></Strd>", "thanks", "our own no. 5"),
])
def test_text_and_reference_stay_apart(remittance: str, text: str, reference: str) -> None:
    found = line(entry(more=details(f"<RmtInf>{remittance}</RmtInf>")))
    assert (found.remittance_text, found.structured_reference, found.remittance) == (text, reference, ())


DUE, REMITTED, NOTE = (f'<{name} Ccy="EUR">{{}}</{name}>'.format for name in ("DuePyblAmt", "RmtdAmt", "CdtNoteAmt"))


def adjusted(amount: str, sign: str = "") -> str:
    return f'<AdjstmntAmtAndRsn><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd></AdjstmntAmtAndRsn>'


@pytest.mark.parametrize(("code", "amounts", "net", "discount", "deduction", "document_type"), [
    ("CINV", REMITTED("100.00"), 10000, 0, 0, "invoice"),
    ("", DUE("100.00"), 10000, 0, 0, "invoice"),
    ("CINV", DUE("100.00") + '<DscntApldAmt Ccy="EUR">2.00</DscntApldAmt>', 9800, 200, 0, "invoice"),
    ("CINV", DUE("100.00") + '<DscntApldAmt><Amt Ccy="EUR">2.00</Amt></DscntApldAmt>' + REMITTED("98.00"), 9800, 200, 0, "invoice"),
    ("CINV", DUE("100.00") + REMITTED("60.00"), 6000, 0, 0, "invoice"),  # a payment in part, no deduction
    ("CINV", DUE("100.00") + adjusted("5.00") + REMITTED("95.00"), 9500, 0, 500, "invoice"),
    ("CINV", DUE("100.00") + adjusted("5.00", "CRDT") + REMITTED("95.00"), 9500, 0, 500, "invoice"),  # the sum decides
    ("CINV", DUE("100.00") + adjusted("5.00", "CRDT"), 10500, 0, -500, "invoice"),
    ("CINV", DUE("100.00") + NOTE("30.00") + REMITTED("70.00"), 7000, 0, 3000, "invoice"),
    ("CREN", NOTE("30.00"), -3000, 0, 0, "credit_memo"),
    ("CREN", REMITTED("30.00"), -3000, 0, 0, "credit_memo"),
    ("CREN", REMITTED("-30.00"), -3000, 0, 0, "credit_memo"),
    ("DEBN", REMITTED("9.00"), 900, 0, 0, "debit_memo"),
    ("PUOR", "", None, 0, 0, "purchase_order"),
    ("DISP", "", None, 0, 0, "other"),
])
def test_documents(code: str, amounts: str, net: int | None, discount: int, deduction: int, document_type: str) -> None:
    strd = f"<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Nb>D-1</Nb></RfrdDocInf><RfrdDocAmt>{amounts}</RfrdDocAmt></Strd>"
    told = line(entry(more=details(f"<RmtInf>{strd}</RmtInf>"))).remittance[0]
    assert (told.document_number, told.amount_minor, told.discount_minor, told.deduction_minor) == ("D-1", net, discount, deduction)
    assert told.document_type == document_type


def test_each_document_has_its_own_place() -> None:
    one = "<Strd><RfrdDocInf><Nb>{}</Nb></RfrdDocInf></Strd>"
    content = message(entry(more=details(f"<RmtInf>\n{one.format('D-1')}\n{one.format('D-2')}\n</RmtInf>")))
    told = next(record for record in read(content) if isinstance(record, BankLine)).remittance
    assert [(t.span.line, content[t.span.start:t.span.end].decode()) for t in told] == [(2, one.format("D-1")), (3, one.format("D-2"))]


def test_a_document_in_another_currency_keeps_its_figures_as_text() -> None:
    strd = '<Strd><RfrdDocInf><Nb>D-1</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="USD">5.00</RmtdAmt></RfrdDocAmt></Strd>'
    told = line(entry(more=details(f"<RmtInf>{strd}</RmtInf>"))).remittance[0]
    assert (told.amount_minor, told.memo) == (None, "5.00 USD")


def test_several_references_become_documents() -> None:
    one = "<Strd><RfrdDocAmt>{}</RfrdDocAmt><CdtrRefInf><Ref>{}</Ref></CdtrRefInf></Strd>".format
    told = line(entry(more=details(f"<RmtInf>{one(REMITTED('6.00'), '123')}{one(REMITTED('4.00'), '456')}</RmtInf>")))
    assert told.structured_reference == "123"
    assert [(t.document_number, t.amount_minor) for t in told.remittance] == [("123", 600), ("456", 400)]


def balance(code: str, amount: str, sign: str = "CRDT", currency: str = "EUR", sub_type: str = "") -> str:
    kind = f"<Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry>{sub_type}</Tp>"
    return f'<Bal>{kind}<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd></Bal>'


PAGE = "<SubTp><Cd>INTM</Cd></SubTp>"


@pytest.mark.parametrize(("balances", "controls"), [
    ([balance("OPBD", "5.00"), balance("CLBD", "15.00")], [(1500, 1500)]),
    ([balance("OPBD", "5.00", "DBIT"), balance("CLBD", "5.00")], [(500, 500)]),
    ([balance("PRCD", "5.00"), balance("CLBD", "16.00")], [(1600, 1500)]),
    ([balance("OPBD", "5.00"), balance("PRCD", "7.00"), balance("CLBD", "15.00")], [(1500, 1500)]),
    ([balance("ITBD", "5.00"), balance("ITBD", "15.00")], [(1500, 1500)]),
    ([balance("OPBD", "0.00"), balance("OPBD", "5.00", sub_type=PAGE), balance("CLBD", "15.00", sub_type=PAGE)], [(1500, 1500)]),
    ([balance("CLBD", "15.00")], []),
    ([balance("OPAV", "5.00"), balance("CLAV", "99.00")], []),
    ([balance("OPBD", "5.00"), balance("CLBD", "15.00"), balance("OPBD", "1", currency="JPY"), balance("CLBD", "1", currency="JPY")],
     [(1500, 1500), (1, 1)]),
])
def test_balances(balances: list[str], controls: list[tuple[int, int]]) -> None:
    found = read(message(entry("10.00"), head="".join(balances)))
    assert [(c.stated, c.computed) for c in found if isinstance(c, Control)] == controls


def test_a_report_proves_its_balance_only_at_the_days_end() -> None:
    interim = balance("OPBD", "5.00") + balance("ITBD", "99.00")
    found = read(message(entry("10.00"), head=interim, statement="Rpt", container="BkToCstmrAcctRpt"))
    assert not [record for record in found if isinstance(record, Control)]


@pytest.mark.parametrize(("pages", "closing", "codes"), [
    ("<PgNb>1</PgNb><LastPgInd>true</LastPgInd>", "99.00", ["control_mismatch"]),
    ("<PgNb>1</PgNb><LastPgInd>false</LastPgInd>", "99.00", ["sequence"]),
    ("<PgNb>2</PgNb><LastPgInd>true</LastPgInd>", "99.00", ["sequence"]),
    ("<PgNb>2</PgNb>", "15.00", []),
])
def test_one_page_of_several_cannot_be_proven(pages: str, closing: str, codes: list[str]) -> None:
    head = f"<StmtPgntn>{pages}</StmtPgntn>" + balance("OPBD", "5.00") + balance("CLBD", closing)
    assert [issue.code for issue in documents.read(message(entry("10.00"), head=head)).issues] == codes


def test_a_summary_may_count_all_entries_or_the_booked_ones() -> None:
    for number, total in (("2", "15.00"), ("1", "10.00")):
        head = f"<TxsSummry><TtlNtries><NbOfNtries>{number}</NbOfNtries><Sum>{total}</Sum></TtlNtries></TxsSummry>"
        found = read(message(entry("10.00"), entry("5.00", "<Sts>PDNG</Sts>"), head=head))
        assert [c.ties for c in found if isinstance(c, Control)] == [True, True]


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(names=st.lists(NAMES, min_size=20, max_size=40), amounts=st.lists(st.integers(0, 10**9), min_size=20, max_size=20))
def test_any_text_comes_back_and_the_learned_expressions_read_what_expat_reads(names: list[str], amounts: list[int]) -> None:
    entries = [
        entry(f"{minor // 100}.{minor % 100:02}", details(f"<RltdPties><Dbtr><Nm>{escape(name)}</Nm></Dbtr></RltdPties>"))
        for name, minor in zip(names, amounts, strict=False)
    ]
    found = lines(*entries)
    assert [b.amount_minor for b in found] == amounts
    told = [name.strip() if name.isprintable() else " ".join(name.split()) for name in names[:20]]
    assert [b.payer_name for b in found] == ["" if name.upper() in NO_REFERENCE else name for name in told]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shapes, "_SEEN_BEFORE_COMPILING", 10**9)
        assert lines(*entries) == found


def test_learned_expressions_read_every_fixture_like_expat() -> None:
    for path in sorted(FIXTURES.glob("iso_camt/**/*.xml")):
        with pytest.MonkeyPatch.context() as patched:
            content = path.read_bytes()
            by_expat = read(content)
            patched.setattr(shapes, "_SEEN_BEFORE_COMPILING", 1)
            assert read(content) == by_expat, path.name


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 1000])
def test_where_the_file_is_cut_into_blocks_changes_nothing(block_bytes: int) -> None:
    def without_envelopes(content: bytes) -> list[Record]:
        return [r for r in read(content) if not isinstance(r, Envelope) and not (isinstance(r, Issue) and r.code == "encoding")]

    for path in sorted(FIXTURES.glob("iso_camt/**/*.xml")):
        with pytest.MonkeyPatch.context() as patched:
            content = path.read_bytes()
            whole = without_envelopes(content)
            patched.setattr(records, "BLOCK_BYTES", block_bytes)
            assert without_envelopes(content) == whole, path.name


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("iso_camt/*.xml")), ids=lambda path: path.name)
def test_entries_are_those_that_lxml_finds(path: Path) -> None:
    """The second opinion on where entries begin and end."""
    content = path.read_bytes()
    mine = {content.count(b"\n", 0, record.batch_key) + 1 if record.batch_key else record.span.line for record in read(content) if isinstance(record, BankLine)}
    assert mine == {found.sourceline for found in etree.fromstring(content).iter("{*}Ntry", "Ntry")}


def test_documents_one_after_the_other_and_what_stands_around_them() -> None:
    one = message(entry())
    content = b"HTTP/1.1 200 OK\r\n\r\n" + b'<?xml version="1.0"?>' + one + b"\n" + b'<?xml version="1.0"?>' + one.replace(b"<Id>S<", b"<Id>T<") + b"\x1a\0\0"
    found = read(content)
    assert [record.statement_id for record in found if isinstance(record, StatementOpened)] == ["S", "T"]
    assert not [record for record in found if isinstance(record, Issue)]


@pytest.mark.parametrize(("content", "code"), [
    (entry("10.00", details(detail_amount("4.00"), detail_amount("6.00")).replace("<TxDtls>", '<Btch><TtlAmt Ccy="EUR">?</TtlAmt></Btch><TxDtls>', 1)), "bad_record"),
    (entry("10.00", details('<AmtDtls><InstdAmt><Amt Ccy="EUR">?</Amt></InstdAmt></AmtDtls>')), "bad_record"),
    ("<Ntry/>", "bad_amount"),
    ("<Ntry></Ntry >", "bad_amount"),
    (entry("10.00").replace("CRDT", "credit"), "bad_amount"),
])
def test_what_cannot_be_read_is_told(content: str, code: str) -> None:
    assert [issue.code for issue in documents.read(message(content)).issues] == [code]


def test_documents_that_cannot_be_told_apart_stand_at_their_entry() -> None:
    content = message(entry(more=details("<RmtInf><Strd/><Strd><RfrdDocInf><Nb>D-1</Nb></RfrdDocInf></Strd></RmtInf>")))
    found = next(record for record in read(content) if isinstance(record, BankLine))
    assert found.remittance[0].span == found.span


def test_another_message_in_the_file_is_not_passed_over() -> None:
    stranger = b"<Document><FIToFICstmrCdtTrf><CdtTrfTxInf/></FIToFICstmrCdtTrf></Document>"
    assert [(i.severity, i.code) for i in documents.read(message(entry()) + stranger).issues] == [("error", "misplaced_record")]


def test_entries_whose_texts_all_hold_entities_are_learned_too() -> None:
    party = details("<RltdPties><Dbtr><Nm>A &amp; B &lt;C&gt;</Nm></Dbtr></RltdPties>")
    assert {b.payer_name for b in lines(*[entry(more=party)] * 40)} == {"A & B <C>"}
    accented = details("<RltdPties><Dbtr><Nm>caf&#233; &amp; bar</Nm></Dbtr></RltdPties>")
    assert {b.payer_name for b in lines(*[entry(more=accented)] * 40)} == {"café & bar"}


def test_shapes_without_end_cost_time_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_SHAPES_MAX", 3)
    monkeypatch.setattr(shapes, "_SEEN_BEFORE_COMPILING", 2)
    entries = [entry(f"{number}.00", "<X>" * (number % 7) + "</X>" * (number % 7)) for number in range(1, 60)]
    entries += [entry("60.00", more) for more in ("loose text", "<X>&#65;</X>", '<X a="1>2">t</X>', "<Y>1</Y>", "<Z>2</Z>") for _ in range(6)]
    assert [b.amount_minor for b in lines(*entries)] == [*(number * 100 for number in range(1, 60)), *[6000] * 30]
    monkeypatch.setattr(shapes, "_SHAPES_MAX", 99)
    assert [b.amount_minor for b in lines(*entries)] == [*(number * 100 for number in range(1, 60)), *[6000] * 30]


@pytest.mark.parametrize(("header", "own", "expected"), [
    ("", "", ""), ("", "<CpyDplctInd>CODU</CpyDplctInd>", "CODU"), ("<CpyDplct>DUPL</CpyDplct>", "", "DUPL"),
    ("<Rltd><CpyDplct>DUPL</CpyDplct></Rltd>", "", ""), ("<CpyDplct>DUPL</CpyDplct>", "<CpyDplctInd>COPY</CpyDplctInd>", "COPY"),
])
def test_a_copy_is_marked_by_the_statement_or_by_the_application_header(header: str, own: str, expected: str) -> None:
    statement = f"<Document><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S</Id>{own}</Stmt></BkToCstmrStmt></Document>"
    found = read(f"<Envelope><AppHdr>{header}</AppHdr>{statement}<AppHdr/>{statement.replace(own, '') if own else ''}</Envelope>".encode())
    assert [record.copy for record in found if isinstance(record, StatementOpened)] == [expected, *([""] if own else [])]
