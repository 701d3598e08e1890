"""OFX: what the fields of an entry and the frame of a file mean, in tables. The shapes of files stand in fixtures/ofx_statement."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.formats import ofx_statement
from parsers.ofx.elements import Entry, clean, code_page, elements
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, StatementClosed, StatementOpened
from parsers.sources import Source, open_source

DAY = dt.date(2026, 6, 2)


def entry(fields: str = "", *, amount: str = "10.00", fitid: str = "F1", trntype: str = "CREDIT", posted: str = "20260602") -> str:
    return f"<STMTTRN><TRNTYPE>{trntype}<DTPOSTED>{posted}<TRNAMT>{amount}<FITID>{fitid}{fields}</STMTTRN>\n"


def file_of(*entries: str, currency: str = "USD", header: str = "OFXHEADER:100\nDATA:OFXSGML\n\n") -> str:
    head = f"<STMTRS><CURDEF>{currency}<BANKACCTFROM><BANKID>1<ACCTID>77</BANKACCTFROM><BANKTRANLIST><DTSTART>20260601<DTEND>20260630\n"
    tail = "</BANKTRANLIST><LEDGERBAL><BALAMT>100.00<DTASOF>20260630</LEDGERBAL></STMTRS>"
    return f"{header}<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1{head}{''.join(entries)}{tail}</STMTTRNRS></BANKMSGSRSV1></OFX>\n"


def records(content: str | bytes, profile: Profile | None = None) -> list[Record]:
    return list(ofx_statement.parse(Source(content.encode() if isinstance(content, str) else content), profile or Profile()))


def line_of(text: str, *, currency: str = "USD") -> BankLine:
    (line,) = [r for r in records(file_of(text, currency=currency)) if isinstance(r, BankLine)]
    return line


def codes(content: str | bytes) -> list[tuple[str, str]]:
    return [(r.severity, r.code) for r in records(content) if isinstance(r, Issue)]


@pytest.mark.parametrize(("trntype", "amount", "kind", "status"), [
    ("CREDIT", "10.00", "receipt", "booked"), ("DEBIT", "-10.00", "disbursement", "booked"), ("DEP", "10.00", "receipt", "booked"),
    ("DIRECTDEP", "10.00", "receipt", "booked"), ("CHECK", "-10.00", "disbursement", "booked"), ("PAYMENT", "10.00", "receipt", "booked"),
    ("FEE", "-10.00", "fee", "booked"), ("SRVCHG", "-10.00", "fee", "booked"), ("FEE", "10.00", "fee", "booked"), ("INT", "1.00", "interest", "booked"),
    ("DIV", "1.00", "interest", "booked"), ("XFER", "10.00", "transfer", "booked"), ("XFER", "-10.00", "transfer", "booked"),
    ("HOLD", "-10.00", "disbursement", "pending"), ("OTHER", "0.00", "other", "booked"), ("credit", "10.00", "receipt", "booked"),
])
def test_the_kind_comes_from_the_type_and_the_sign(trntype: str, amount: str, kind: str, status: str) -> None:
    line = line_of(entry(trntype=trntype, amount=amount))
    assert (line.kind, line.status, line.type_code) == (kind, status, trntype.upper())


@pytest.mark.parametrize(("fields", "kind", "reason", "check"), [
    ("<NAME>RETURNED DEPOSITED ITEM<MEMO>CHECK 1044 NSF", "return", "NSF", "1044"), ("<NAME>ACH RETURN R01 ACME", "return", "R01", ""),
    ("<CHECKNUM>1044<NAME>DEPOSITED ITEM RETURNED", "return", "", "1044"), ("<NAME>RETURNED ITEM FEE", "disbursement", "", ""),
    ("<NAME>RETURN ON INVESTMENT LTD", "disbursement", "", ""),
])
def test_money_out_that_says_so_is_a_returned_deposit(fields: str, kind: str, reason: str, check: str) -> None:
    line = line_of(entry(fields, trntype="DEBIT", amount="-10.00"))
    assert (line.kind, line.return_reason, line.check_number) == (kind, reason, check)


@pytest.mark.parametrize(("written", "currency", "minor"), [
    ("10.00", "USD", 1000), ("+10", "USD", 1000), (".5", "USD", 50), ("-10,5", "EUR", -1050), ("1.400,82", "EUR", 140082), ("1,400.82", "USD", 140082),
    ("- 15,90", "BRL", -1590), ("1 234.00", "USD", 123400), ("0000001500.0000", "USD", 150000), ("1200", "JPY", 1200), ("1.200", "KWD", 1200),
    ("100.000", "USD", 10000),
])
def test_amounts(written: str, currency: str, minor: int) -> None:
    assert line_of(entry(amount=written), currency=currency).amount_minor == minor


@pytest.mark.parametrize("written", ["", "$120", "null", "12.345", "1,234", "12.00 13.00", "9" * 16])
def test_an_unreadable_amount_is_told_and_its_line_not_taken(written: str) -> None:
    found = records(file_of(entry(amount=written)))
    assert ("error", "bad_amount") in [(r.severity, r.code) for r in found if isinstance(r, Issue)]
    assert not [r for r in found if isinstance(r, BankLine)]


def test_other_amounts_of_the_file_decide_what_a_comma_means() -> None:
    lines = [r for r in records(file_of(entry(amount="1,234"), entry(amount="2,500.75", fitid="F2"))) if isinstance(r, BankLine)]
    assert [line.amount_minor for line in lines] == [123400, 250075]
    lines = [r for r in records(file_of(entry(amount="1.234"), entry(amount="1.235", fitid="F2"), entry(amount="2,5", fitid="F3"))) if isinstance(r, BankLine)]
    assert [line.amount_minor for line in lines] == [123400, 123500, 250]


@pytest.mark.parametrize(("posted", "day"), [
    ("20260602", DAY), ("20260602235900[-5:EST]", DAY), ("20260602003000.123[10:AEST]", DAY), ("\n 20260602 \n", DAY),
    ("00000000", dt.date(2026, 6, 30)), ("20260231", dt.date(2026, 6, 30)), ("", dt.date(2026, 6, 30)),
])
def test_the_date_is_the_one_written_else_its_neighbour(posted: str, day: dt.date) -> None:
    assert line_of(entry(posted=posted)).booking_date == day


@pytest.mark.parametrize(("fields", "bank", "customer", "check"), [
    ("<REFNUM>R9<CHECKNUM>1044", "F1", "R9", "1044"), ("<CHECKNUM>1044", "F1", "1044", "1044"), ("<CHECKNUM>0", "F1", "", ""),
    ("<REFNUM><CHECKNUM>", "F1", "", ""), ("<REFNUM>R9", "F1", "R9", ""),
])
def test_references(fields: str, bank: str, customer: str, check: str) -> None:
    line = line_of(entry(fields))
    assert (line.bank_reference, line.customer_reference, line.check_number) == (bank, customer, check)


@pytest.mark.parametrize(("fields", "name", "text"), [
    ("<NAME>ACME<MEMO>INV 1", "ACME", "INV 1"), ("<NAME>AT&T &amp; Sons &lt;x&gt;<MEMO>", "AT&T & Sons <x>", ""),
    ("<PAYEE><NAME>ACME<ADDR1>1 Road<CITY>York</PAYEE><MEMO>INV 1", "ACME", "INV 1"),
    ("<NAME>ACME INTERNATIO<EXTDNAME>Acme International Ltd<MEMO>INV 1", "Acme International Ltd", "INV 1"),
    ("<NAME>ACME<EXTDNAME>Invoice 17 of May<MEMO>Thanks", "ACME", "Invoice 17 of May Thanks"),
    ("<NAME><![CDATA[Ben & Jerry <Ltd>]]></NAME>", "Ben & Jerry <Ltd>", ""), ("<NAME>M&#252;ller", "Müller", ""), ("<NAME>Müller", "Müller", ""),
    ("<NAME>\nACME\nLTD\n<MEMO>two\nlines", "ACME LTD", "two lines"), ("<MEMO>one<MEMO>two", "", "one two"), ("<NAME>A < B", "A < B", ""),
    ("<NAME>ORIG CO NAME:ACME INC<MEMO>ORIG ID:9000000001", "ACME INC", "ORIG ID:9000000001"), ("<NAME/><MEMO/>", "", ""),
])
def test_names_and_texts(fields: str, name: str, text: str) -> None:
    line = line_of(entry(fields))
    assert (line.payer_name, line.remittance_text) == (name, text)


@pytest.mark.parametrize(("fields", "account"), [
    ("<BANKACCTTO><BANKID>021000021<ACCTID>4711</BANKACCTTO>", "021000021/4711"), ("<CCACCTTO><ACCTID>4000</CCACCTTO>", "4000"),
    ("<BANKACCTTO><BANKID>COBADEFF<ACCTID>DE89370400440532013000</BANKACCTTO>", "DE89370400440532013000"),
])
def test_the_other_account(fields: str, account: str) -> None:
    assert line_of(entry(fields)).payer_account == account


@pytest.mark.parametrize(("fields", "currency", "amount", "instructed"), [
    ("<CURRENCY><CURRATE>1.06<CURSYM>CAD</CURRENCY>", "CAD", 1000, (None, "")), ("<CURRENCY><CURRATE>1<CURSYM>USD</CURRENCY>", "USD", 1000, (None, "")),
    ("<ORIGCURRENCY><CURRATE>0.8<CURSYM>EUR</ORIGCURRENCY>", "USD", 1000, (1250, "EUR")),
    ("<ORIGCURRENCY><CURRATE>0.0066<CURSYM>JPY</ORIGCURRENCY>", "USD", 1000, (None, "JPY")),
    ("<ORIGCURRENCY><CURRATE>0.00<CURSYM>EUR</ORIGCURRENCY>", "USD", 1000, (None, "EUR")), ("<CURRENCY><CURSYM>???</CURRENCY>", "USD", 1000, (None, "")),
])
def test_currency_of_an_entry(fields: str, currency: str, amount: int, instructed: tuple[int | None, str]) -> None:
    line = line_of(entry(fields))
    assert (line.currency, line.amount_minor, (line.instructed_minor, line.instructed_currency)) == (currency, amount, instructed)


def test_without_curdef_the_first_entry_names_the_currency() -> None:
    found = records(file_of(entry("<CURRENCY><CURSYM>AUD</CURRENCY>"), currency=""))
    assert [r.currency for r in found if isinstance(r, StatementOpened)] == ["AUD"]
    assert not [r for r in found if isinstance(r, Issue)]


def test_an_entry_of_very_many_fields_is_read_one_by_one() -> None:
    many = "".join(f"<FIELD{number}>{number}" for number in range(100))
    assert [r.bank_reference for r in records(file_of(entry(many), entry(many, fitid="F2"))) if isinstance(r, BankLine)] == ["F1", "F2"]


def test_value_date_is_when_the_money_is_available() -> None:
    assert line_of(entry("<DTAVAIL>20260605")).value_date == dt.date(2026, 6, 5)
    assert line_of(entry("<VALUEDATE>20260606")).value_date == dt.date(2026, 6, 6)
    assert line_of(entry()).value_date is None


CORRECTED = "<CORRECTFITID>F1<CORRECTACTION>"


@pytest.mark.parametrize(("entries", "booked"), [
    ([entry(), entry(f"{CORRECTED}REPLACE", fitid="F2", amount="12.00")], 1200),
    ([entry(f"{CORRECTED}REPLACE", fitid="F2", amount="12.00"), entry()], 1200),
    ([entry(), entry(f"{CORRECTED}DELETE", fitid="F2")], 0),
    ([entry(f"{CORRECTED}DELETE", fitid="F2")], -1000),
    ([entry(f"{CORRECTED}REPLACE", fitid="F2", amount="12.00")], 1200),
    ([entry(), entry(f"{CORRECTED}REPLACE", fitid="F2"), entry("<CORRECTFITID>F2<CORRECTACTION>REPLACE", fitid="F3", amount="13.00")], 1300),
])
def test_corrections_leave_the_right_sum_booked(entries: list[str], booked: int) -> None:
    lines = [r for r in records(file_of(*entries)) if isinstance(r, BankLine)]
    assert len(lines) == len(entries)
    assert sum(line.amount_minor for line in lines if line.status == "booked") == booked


@pytest.mark.parametrize(("content", "expected"), [
    (file_of(entry(), entry("<NAME>X")), [("warning", "duplicate")]), (file_of(entry(), entry()), [("warning", "duplicate")]),
    (file_of(entry(fitid=""), entry(fitid="")), [("info", "missing_record")]),
    (file_of(entry(trntype="")), [("warning", "bad_record")]), (file_of(entry(trntype="GIFT")), [("warning", "bad_record")]),
    (file_of(entry()).replace("<ACCTID>77", ""), [("warning", "missing_record")]), (file_of(entry(f"{CORRECTED}REPLACE", fitid="F2")), [("warning", "correction")]),
    (file_of(entry(trntype="DEBIT")), [("warning", "bad_record")]), (file_of(entry())[:-8], [("error", "truncated")]),
    (file_of(entry()).replace("</BANKTRANLIST>", ""), [("error", "truncated")]), (file_of(entry()).replace("</STMTRS>", ""), [("error", "truncated")]),
    (file_of(entry(), currency=""), [("warning", "unknown_currency")]), ("OFXHEADER:100\n<OFX></OFX>", [("warning", "empty")]),
    ("OFXHEADER:100\n", [("error", "truncated")]),
    (file_of(entry()).replace("<STMTRS>", "<STATUS><CODE>0<SEVERITY>WARN<MESSAGE>late</STATUS><STMTRS>"), [("warning", "bank_refused")]),
    (file_of(entry(f"<MEMO>{entry()[9:-11]}")), [("error", "bad_record")]),
])
def test_what_is_told(content: str, expected: list[tuple[str, str]]) -> None:
    assert codes(content) == expected


def test_the_same_entry_in_an_overlapping_statement_counts_once() -> None:
    one = file_of(entry(), entry(fitid="F2"))
    both = one[: one.index("</STMTTRNRS>")] + one[one.index("<STMTRS>") :]
    assert [r.status for r in records(both) if isinstance(r, BankLine)] == ["booked", "booked", "info", "info"]


@pytest.mark.parametrize("header", [
    "OFXHEADER:100\nDATA:OFXSGML\nCHARSET:1252\n\n", "OFXHEADER:100DATA:OFXSGMLVERSION:102CHARSET:1252COMPRESSION:NONE", "", "\n\n",
    '<?xml version="1.0"?>\n<?OFX OFXHEADER="200" VERSION="203"?>\n', "DATA:OFXSGML\nENCODING:UTF-8\n", "\ufeffOFXHEADER:100\n",
    "Content-Type: application/x-ofx\n\nOFXHEADER:100\n", "<!-- made by a bank -->\n",
])
def test_headers_that_banks_send(header: str) -> None:
    (source,) = open_source(file_of(entry(), header=header).encode())
    assert ofx_statement.sniff(source.head)
    assert sum(isinstance(r, BankLine) for r in ofx_statement.parse(source, Profile())) == 1


@pytest.mark.parametrize("head", [b"", b"{1:F01", b"<?xml version='1.0'?><Document/>", b":20:OFX\n", b"Date,Amount\n", b"<OFXTRA>", b"OFX"])
def test_what_is_no_ofx(head: bytes) -> None:
    assert not ofx_statement.sniff(head)


@pytest.mark.parametrize(("header", "page"), [
    (b"CHARSET:1252\n", "cp1252"), (b"CHARSET:NONE\nCOMPRESSION:NONE", "cp850"), (b"CHARSET:ISO-8859-1\n", "ISO-8859-1"), (b"CHARSET:1251COMPRESSION:NONE", "cp1251"),
    (b"CHARSET:\n", "cp850"), (b"CHARSET:99999\n", "cp850"), (b"", "cp850"),
])
def test_the_code_page_for_what_is_no_utf8(header: bytes, page: str) -> None:
    assert code_page(header, "cp850") == page


def test_bytes_are_trusted_before_the_header() -> None:
    content = file_of(entry("<NAME>Müller"), header="OFXHEADER:100\nENCODING:UTF-8\nCHARSET:1252\n\n")
    names = [r.payer_name for data in (content.encode(), content.encode("cp1252")) for r in records(data) if isinstance(r, BankLine)]
    assert names == ["Müller", "Müller"]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", ""])
def test_lines_are_counted_and_spans_cut_the_entry(newline: str) -> None:
    content = file_of(entry(), entry(fitid="F2")).replace("\n", newline).encode()
    lines = [r for r in records(content) if isinstance(r, BankLine)]
    assert [content[r.span.start : r.span.end] for r in lines] == [entry().strip().encode(), entry(fitid="F2").strip().encode()]
    assert [r.span.line for r in lines] == ([5, 6] if newline else [1, 1])


def test_a_learned_layout_reads_like_the_first_entry() -> None:
    """Layouts alternate, one has a field more, one leaves its leaves open: the fields are the same as read one by one."""
    several = [entry("<NAME>A", fitid="1"), entry("<NAME>B</NAME><MEMO>M</MEMO>", fitid="2"), entry("<NAME>C", fitid="3"), entry("<MEMO>N", fitid="4"),
               entry("<NAME>D</NAME><MEMO>O</MEMO>", fitid="5"), entry("<CURRENCY><CURSYM>USD</CURRENCY><NAME>E", fitid="6")] * 3
    together = [piece.values for piece in elements(Source(file_of(*several).encode())) if isinstance(piece, Entry)]
    alone = [piece.values for text in several for piece in elements(Source(file_of(text).encode())) if isinstance(piece, Entry)]
    assert [[clean(value, "cp1252") for value in values] for values in together] == [[clean(value, "cp1252") for value in values] for values in alone]


def test_blocks_are_cut_between_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    content = file_of(*(entry(f"<NAME>P{number}", fitid=str(number)) for number in range(50)))
    whole = records(content)
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr("parsers.ofx.elements.BLOCK_BYTES", size)
        assert records(content) == whole


def test_an_entry_beyond_all_bounds_is_cut_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parsers.ofx.elements.BLOCK_BYTES", 8)
    monkeypatch.setattr("parsers.ofx.elements.LINE_BYTES_MAX", 16)
    assert ("error", "misplaced_record") in codes(file_of(entry(f"<NAME>{'A' * 100}")))


def test_several_accounts_and_the_chain_of_their_balances() -> None:
    first = file_of(entry())
    second = first.replace("20260601", "20260701").replace("20260630", "20260731").replace("20260602", "20260702").replace("100.00", "110.00").replace(">F1", ">F2")
    other = first.replace("<ACCTID>77", "<ACCTID>78")
    found = records(first + second + other)
    assert [(r.account, r.from_date) for r in found if isinstance(r, StatementOpened)] == [
        ("77", dt.date(2026, 6, 1)), ("77", dt.date(2026, 7, 1)), ("78", dt.date(2026, 6, 1)),
    ]
    assert [r.closing_minor for r in found if isinstance(r, StatementClosed)] == [10000, 11000, 10000]
    assert [(r.name, r.stated, r.computed) for r in found if isinstance(r, Control)] == [("ledger balance", 11000, 11000), ("number of entries", 3, 3)]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([
    "<OFX>", "</OFX>", "<STMTRS>", "</STMTRS>", "<CURDEF>EUR", "<ACCTID>1", "<BANKTRANLIST>", "</BANKTRANLIST>", "<STMTTRN>", "</STMTTRN>", "<TRNAMT>1.00",
    "<TRNAMT>x", "<DTPOSTED>20260101", "<FITID>1", "<NAME>&<", "<!--", "-->", "<![CDATA[", "]]>", "<LEDGERBAL><BALAMT>1", "<CORRECTFITID>1", "\xff", " ", "\n",
]), max_size=40))
def test_any_order_of_tags_is_read_without_an_exception_and_nothing_is_lost(pieces: list[str]) -> None:
    content = "".join(pieces).encode("latin-1")
    covered = bytearray(content)
    for record in records(content):
        covered[record.span.start : record.span.end] = b" " * (record.span.end - record.span.start)
    assert not covered.strip(b" \r\n\t\0\x1a")
