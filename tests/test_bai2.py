"""BAI2: what each record means, in tables. The shapes of files stand in fixtures/bai2."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers.bai import codes
from parsers.bai import records as bai_records
from parsers.documents import drain
from parsers.formats import bai2
from parsers.profile import Profile
from parsers.records import BankLine, Control, Issue, Record, StatementClosed, StatementOpened
from parsers.sources import Source
from tests.conftest import FIXTURES

AS_OF = dt.date(2026, 11, 19)
GROUP = "02,ACME,121000248,1,261119,2400,USD,2/"


def records(content: str | bytes, profile: Profile | None = None) -> list[Record]:
    return list(bai2.parse(Source(content.encode() if isinstance(content, str) else content), profile or Profile()))


def file_of(*lines: str, group: str = GROUP, account: str = "03,0012345678,,/") -> str:
    """A file of one account; its trailers state no totals and so prove nothing."""
    return "\n".join(["01,121000248,ACME,261120,0600,1,,,2/", group, account, *lines, "49,,/", "98,,,/", "99,,,/"]) + "\n"


def lines_of(*lines: str, group: str = GROUP, account: str = "03,0012345678,,/") -> list[BankLine]:
    return [r for r in records(file_of(*lines, group=group, account=account)) if isinstance(r, BankLine)]


def line_of(*lines: str) -> BankLine:
    (line,) = lines_of(*lines)
    return line


def opened(content: str) -> StatementOpened:
    (found,) = [r for r in records(content) if isinstance(r, StatementOpened)]
    return found


def issue_codes(content: str) -> list[str]:
    return [f"{r.severity} {r.code}" for r in records(content) if isinstance(r, Issue)]


def controls(content: str) -> dict[str, tuple[int, int]]:
    return {r.name: (r.stated, r.computed) for r in records(content) if isinstance(r, Control)}


@pytest.mark.parametrize(("code", "amount", "signed", "kind"), [
    # code, amount as written, minor units for us, kind
    ("108", "5000", 5000, "receipt"),
    ("115", "5000", 5000, "lockbox_deposit"),
    ("142", "5000", 5000, "receipt"),
    ("147", "5000", 5000, "payout"),
    ("158", "5000", 5000, "receipt"),
    ("165", "5000", 5000, "receipt"),
    ("165", "+5000", 5000, "receipt"),
    ("165", "-5000", -5000, "reversal"),
    ("168", "5000", 5000, "return"),
    ("195", "5000", 5000, "receipt"),
    ("201", "5000", 5000, "transfer"),
    ("206", "5000", 5000, "receipt"),
    ("252", "5000", 5000, "reversal"),
    ("255", "5000", 5000, "return"),
    ("275", "5000", 5000, "transfer"),
    ("354", "5000", 5000, "interest"),
    ("398", "5000", 5000, "fee"),
    ("399", "5000", 5000, "receipt"),
    ("451", "5000", -5000, "disbursement"),
    ("468", "5000", -5000, "return"),
    ("475", "5000", -5000, "disbursement"),
    ("475", "-5000", 5000, "reversal"),
    ("495", "5000", -5000, "disbursement"),
    ("552", "5000", -5000, "reversal"),
    ("555", "5000", -5000, "return"),
    ("557", "5000", -5000, "return"),
    ("567", "5000", -5000, "fee"),
    ("575", "5000", -5000, "transfer"),
    ("661", "5000", -5000, "fee"),
    ("695", "5000", -5000, "other"),
    ("698", "5000", -5000, "fee"),
    ("699", "5000", -5000, "disbursement"),
    ("722", "5000", 5000, "other"),
    ("930", "5000", 5000, "receipt"),
    ("970", "5000", -5000, "disbursement"),
])
def test_sign_and_kind_by_type_code(code: str, amount: str, signed: int, kind: str) -> None:
    line = line_of(f"16,{code},{amount},0,REF1,,/")
    assert (line.type_code, line.amount_minor, line.kind) == (code, signed, kind)


@pytest.mark.parametrize(("code", "text", "kind"), [
    ("206", "BOOK TRANSFER CREDIT B/O: JUNIPER FARMS", "receipt"),
    ("206", "TRANSFER FROM DDA XXXXX4321", "transfer"),
    ("191", "SWEEP FROM INVESTMENT", "transfer"),
    ("506", "XFER TO CHECKING 4321", "transfer"),
    ("506", "RENT NOVEMBER", "disbursement"),
    ("195", "TRANSFER FROM ACCOUNT 55", "receipt"),  # a wire is never our own by its text alone
])
def test_book_transfers_are_our_own_only_if_they_say_so(code: str, text: str, kind: str) -> None:
    assert line_of(f"16,{code},5000,0,REF1,,{text}").kind == kind


@pytest.mark.parametrize(("modifier", "account", "report"), [
    ("1", "03,1,,010,1,,,015,1,,/", "announcement"),  # interim: the final report of the day follows
    ("2", "03,1,,030,500,,/", "statement"),
    ("3", "03,1,,010,1,,,015,1,,/", "announcement"),
    ("4", "03,1,,010,1,,,015,1,,/", "announcement"),
    ("9", "03,1,,/", "statement"),  # nobody defines it
    ("", "03,1,,010,500,,,015,700,,/", "statement"),
    ("", "03,1,,/", "statement"),
    ("", "03,1,,030,500,,/", "announcement"),
    ("", "03,1,,060,500,,,100,7,1,0/", "announcement"),
    ("", "03,1,,060,500,,,045,500,,/", "statement"),
])
def test_only_a_final_prior_day_is_a_statement(modifier: str, account: str, report: str) -> None:
    assert opened(file_of(group=f"02,ACME,121000248,1,261119,2400,USD,{modifier}/", account=account)).report == report


@pytest.mark.parametrize(("status", "rows", "issues"), [
    ("1", 1, []),
    ("2", 0, ["error withdrawn"]),
    ("3", 1, ["warning correction"]),
    ("4", 0, ["warning test_file"]),
    ("7", 1, ["warning bad_record"]),
    ("", 1, []),
])
def test_group_status(status: str, rows: int, issues: list[str]) -> None:
    group = f"02,ACME,121000248,{status},261119,2400,USD,2/"
    content = file_of("16,165,5000,0,REF1,,/", group=group)
    assert len([r for r in records(content) if isinstance(r, BankLine)]) == rows
    assert issue_codes(content) == issues


@pytest.mark.parametrize(("record", "bank_reference", "customer_reference", "text", "value_date"), [
    ("16,165,5000,,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-19"),
    ("16,165,5000,Z,B1,C1,TEXT/", "B1", "C1", "TEXT", "2026-11-19"),
    ("16,165,5000,1,B1,C1,INVOICES 7, 8 AND 9/A", "B1", "C1", "INVOICES 7, 8 AND 9/A", "2026-11-19"),
    ("16,165,5000,V,261123,,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-23"),
    ("16,165,5000,V,261123,2400,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-23"),
    ("16,165,5000,V,261101,,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-19"),  # the standard: never before the as-of date
    ("16,165,5000,S,1000,2000,2000,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-19"),
    ("16,165,5000,S,,,5000,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-19"),
    ("16,165,5000,D,2,0,1000,3,4000,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-19"),
    ("16,165,5000,D,0,B1,C1,TEXT", "B1", "C1", "TEXT", "2026-11-19"),
    ("16,165,5000,0,B1,C1/", "B1", "C1", "", "2026-11-19"),
    ("16,165,5000,0,B1/", "B1", "", "", "2026-11-19"),
    ("16,165,5000/", "", "", "", "2026-11-19"),
    ("16,165,5000,0,000000,0000,/", "", "", "", "2026-11-19"),  # a field filled with zeros says nothing
    ("16,165,5000,0/\n88,B1/\n88,C1,TEXT", "B1", "C1", "TEXT", "2026-11-19"),
    ("16,165,5000,S/\n88,1000,2000/\n88,2000,B1,C1,TEXT\n88,/MORE/TEXT", "B1", "C1", "TEXT /MORE/TEXT", "2026-11-19"),
    ("16,165,5000,0,B1,MIAMI/\n88,DEPOSIT LOCATION, ITEM COUNT 00004/", "B1", "MIAMI", "DEPOSIT LOCATION, ITEM COUNT 00004", "2026-11-19"),
    ("16,165,5000,0,B1/\n88,CHECK DEPOSIT, BRANCH 4", "B1", "", "CHECK DEPOSIT, BRANCH 4", "2026-11-19"),
    ("16,165,5000,0,,,\n88,FIRST\n88,SECOND/", "", "", "FIRST SECOND", "2026-11-19"),
])
def test_a_detail_is_a_stream_of_fields(record: str, bank_reference: str, customer_reference: str, text: str, value_date: str) -> None:
    line = line_of(record)
    assert (line.amount_minor, line.bank_reference, line.customer_reference, line.remittance_text) == (5000, bank_reference, customer_reference, text)
    assert (str(line.booking_date), str(line.value_date)) == ("2026-11-19", value_date)


def test_references_missing_in_the_record_come_from_the_text() -> None:
    line = line_of("16,195,5000,0,,,B/O: ACME IMAD: 1119B1QGC01R012345 EREF: PO-77120")
    assert (line.bank_reference, line.customer_reference) == ("1119B1QGC01R012345", "PO-77120")
    line = line_of("16,195,5000,0,B1,C1,B/O: ACME IMAD: 1119B1QGC01R012345 EREF: PO-77120")
    assert (line.bank_reference, line.customer_reference) == ("B1", "C1")


@pytest.mark.parametrize(("code", "customer_reference", "text", "check_number", "original"), [
    ("475", "0000001042", "", "1042", ""),
    ("475", "", "CHECK NUMBER: 0001042", "1042", ""),
    ("395", "1042", "", "1042", ""),
    ("555", "7002", "RETURNED ITEM", "7002", "7002"),
    ("555", "990001", "RETURNED CHECK #7002 NSF", "7002", "7002"),  # the reference may be the deposit's
    ("557", "7002", "ORIG TRACE#:091000012345678", "", "091000012345678"),
    ("165", "7002", "CHECK NUMBER: 0001042", "", ""),
])
def test_check_numbers(code: str, customer_reference: str, text: str, check_number: str, original: str) -> None:
    line = line_of(f"16,{code},5000,0,B1,{customer_reference},{text}")
    assert (line.check_number, line.original_reference) == (check_number, original)


def test_a_label_broken_over_two_lines_ends_the_name() -> None:
    line = line_of("16,165,5000,0,,,ORIG CO NAME:ACME INC CO ENTRY", "88,DESCR:PAYMENTS SEC:CCD IND", "88,ID:INV-4001")
    assert (line.payer_name, line.customer_reference) == ("ACME INC", "INV-4001")
    assert line.remittance_text == "ORIG CO NAME:ACME INC CO ENTRY DESCR:PAYMENTS SEC:CCD IND ID:INV-4001"


@pytest.mark.parametrize(("fields", "opening", "closing"), [
    ("010,100,,,015,250,,/", 100, 250),
    ("010,+100,,,015,-250,,/", 100, -250),
    ("010,100,,,,,015,250/", 100, 250),  # surplus empty fields
    ("010,100,015,250/", 100, 250),  # balances without count and funds type
    ("010,100,,,015/\n88,250,,/", 100, 250),  # cut inside a group
    ("010,100/\n88,,,015,250,,/", 100, 250),
    ("010,100,,,015,/\n88,250,,/", 100, 250),  # a comma and a slash
    ("010,100,,,015,/\n88,2500,,,100,5000,3,0/", 100, 2500),
    ("010,/\n88,100,,,015,/\n88,250,,/", 100, 250),
    ("010,100,,,015,,,/\n88,,,072,7,,/", 100, 0),  # no amount by the book
    ("010,100,,,/\n88,015,250,,/", 100, 250),
    ("190,70,4,0,010,100,,,015,250,,/", 100, 250),
    ("190,70,4,015,250,,/", None, 250),  # a total without funds type
    ("100,70,4,S,1,2,3,010,100,,/", 100, None),
    ("100,70,4,V,261119,,010,100,,/", 100, None),
    ("100,70,4,D,3,0,20,1,30,3,20,010,100,,,015,250,,/", 100, 250),
    ("/", None, None),
    (",,,,/", None, None),
])
def test_balances_of_an_account(fields: str, opening: int | None, closing: int | None) -> None:
    found = records(file_of(account=f"03,1,,{fields}"))
    assert [r.opening_minor for r in found if isinstance(r, StatementOpened)] == [opening]
    assert [r.closing_minor for r in found if isinstance(r, StatementClosed)] == [closing]
    assert not [r for r in found if isinstance(r, Issue)]


@pytest.mark.parametrize(("group_currency", "account_currency", "expected"), [
    ("USD", "EUR", "EUR"), ("GBP", "", "GBP"), ("", "", "CAD"), ("usd", "", "USD"),
])
def test_currency_of_the_account_else_the_group_else_the_profile(group_currency: str, account_currency: str, expected: str) -> None:
    content = file_of("16,165,5000,0,B1,,/", group=f"02,ACME,1,1,261119,,{group_currency},2/", account=f"03,1,{account_currency}/")
    found = records(content, Profile(currency="CAD"))
    assert {r.currency for r in found if isinstance(r, StatementOpened | BankLine)} == {expected}


@pytest.mark.parametrize(("account", "details", "expected"), [
    # what the account says, and whether its closing balance can be proven
    ("010,100,,,015,150,,/", ["16,165,80,0,,,/", "16,475,30,0,,,/"], (150, 150)),
    ("010,100,,,015,160,,/", ["16,165,80,0,,,/", "16,475,30,0,,,/"], (160, 150)),
    ("010,100,,,015,150,,,100,80,1,0,400,30,1,0/", ["16,165,80,0,,,/", "16,475,30,0,,,/"], (150, 150)),
    ("010,100,,,015,150,,,100,80,9,0,400,30,9,0/", ["16,165,80,0,,,/"], (150, 150)),  # details are a part: the bank's totals prove it
    ("010,100,,,015,150,,,100,80,9,0/", ["16,165,20,0,,,/"], None),  # a part, and only one total
    ("010,100,,,015,150,,,105,30,,,406,10,,/", ["16,165,50,0,,,/", "16,475,20,0,,,/"], (150, 150)),  # not detailed, but told
    ("010,100,,,015,150,,,100,80,3,0,400,30,2,0/", [], (150, 150)),
    ("010,100,,,015,150,,/", [], None),
    ("010,000,,,015,000,,/", ["16,165,80,0,,,/"], None),  # the bank fills its balances with zeros
    ("010,100,,/", ["16,165,80,0,,,/"], None),
])
def test_the_closing_balance_is_proven_where_the_account_says_enough(
        account: str, details: list[str], expected: tuple[int, int] | None) -> None:
    assert controls(file_of(*details, account=f"03,1,,{account}")).get("account 1 closing balance") == expected


def test_a_running_day_has_no_closing_balance_to_prove() -> None:
    content = file_of("16,165,80,0,,,/", group="02,ACME,1,1,261119,1200,USD,3/", account="03,1,,010,100,,,015,999,,/")
    assert "account 1 closing balance" not in controls(content)


def test_totals_are_held_against_details_where_the_bank_counts_as_many() -> None:
    details = ["16,165,80,0,,,/", "16,195,20,0,,,/", "16,475,30,0,,,/"]
    assert controls(file_of(*details, account="03,1,,100,101,2,0,400,30,1,0/")) == {
        "account 1 total credits": (101, 100), "account 1 total debits": (30, 30)}
    assert controls(file_of(*details, account="03,1,,100,101,7,0,400,30,,/")) == {}


def test_items_become_the_lines_of_their_deposit_only_if_they_add_up() -> None:
    deposit, first, second = "16,115,300,0,LBX1,,/", "16,116,120,0,A,501,/", "16,116,180,0,B,502,/"
    found = lines_of(deposit, first, second)
    assert [(x.amount_minor, x.batch_reference, x.batch_amount_minor, x.batch_key, x.check_number) for x in found] == [
        (120, "LBX1", 300, 4, "501"), (180, "LBX1", 300, 4, "502")]
    assert [x.amount_minor for x in lines_of(deposit, first)] == [300]
    assert [x.amount_minor for x in lines_of(first, second)] == [120, 180]
    assert [x.amount_minor for x in lines_of(deposit, "16,165,120,0,A,,/", first)] == [300, 120, 120]


def test_the_bytes_of_a_name_outside_ascii_are_read_by_the_profile() -> None:
    content = file_of("16,165,5000,0,B1,,ORIG:MÜLLER", "16,475,5000,0,B2,1042,/")
    for content_bytes in (content.encode(), content.encode("cp1252")):
        first, second = [r for r in records(content_bytes) if isinstance(r, BankLine)]
        assert (first.payer_name, second.check_number) == ("MÜLLER", "1042")
        assert content_bytes[second.span.start : second.span.end] == b"16,475,5000,0,B2,1042,/\n"


@pytest.mark.parametrize("name", ["prior_day", "who_paid", "eighty_columns", "deposit_items", "correction_and_test"])
def test_line_ends_change_nothing_but_positions(name: str) -> None:
    def told(content: bytes) -> list[tuple[object, ...]]:
        return [(type(r).__name__, r.span.line, *r[1:]) for r in records(content) if not isinstance(r, Issue)]

    unix = (FIXTURES / "bai2" / f"{name}.bai2").read_bytes()
    assert told(unix.replace(b"\n", b"\r\n")) == told(unix.replace(b"\n", b"\r")) == told(unix)
    assert told(unix.rstrip(b"\n")) == told(unix)


@pytest.mark.parametrize("path", sorted((FIXTURES / "bai2").glob("*.bai2")), ids=lambda p: p.stem)
@pytest.mark.parametrize("block", [1, 7, 64, 300])
def test_blocks_of_any_size_give_the_same_records(path: object, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = path.read_bytes()  # type: ignore[attr-defined]  # parametrised by pytest, a Path
    whole = records(content)
    monkeypatch.setattr(bai_records, "BLOCK_BYTES", block)
    assert records(content) == whole


FIELD = st.text("ABCXYZ0123456789-", min_size=1, max_size=12)
WORDS = st.lists(st.text("ABCXYZ123#.&", min_size=1, max_size=8), max_size=6).map(" ".join)


@settings(max_examples=60, deadline=None)
@given(bank=FIELD, customer=FIELD, text=WORDS, cuts=st.sets(st.integers(1, 5)), funds=st.sampled_from(["", "Z", "V,261123,", "S,1,2,3"]))
def test_a_detail_may_be_cut_after_any_field(bank: str, customer: str, text: str, cuts: set[int], funds: str) -> None:
    fields = ["16,165", "5000", *funds.split(","), bank, customer]
    content = fields[0]
    for number, value in enumerate(fields[1:], 1):
        content += ("/\n88," if number in cuts else ",") + value
    whole, cut = line_of(f"{','.join(fields)},{text}"), line_of(f"{content},{text}")
    assert cut._replace(span=whole.span) == whole


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.tuples(st.sampled_from(sorted(filter(None, codes.details_with_money()))), st.integers(0, 10**9)), max_size=6), max_size=4))
def test_trailers_tie_on_any_file_written_by_the_book(accounts: list[list[tuple[str, int]]]) -> None:
    out = ["01,121000248,ACME,261120,0600,1,,,2/", GROUP]
    for number, details in enumerate(accounts):
        out += [f"03,{number},,072,7,,/", *(f"16,{code},{amount},0,B{amount},,X" for code, amount in details)]
        out.append(f"49,{7 + sum(amount for _, amount in details)},{len(details) + 2}/")
    total = sum(7 + sum(amount for _, amount in details) for details in accounts)
    out += [f"98,{total},{len(accounts)},{len(out)}/", f"99,{total},1,{len(out) + 2}/"]
    found = records("\n".join(out))
    assert all(r.ties for r in found if isinstance(r, Control))
    assert len([r for r in found if isinstance(r, Control)]) == 2 * len(accounts) + 6
    assert sum(abs(r.amount_minor) for r in found if isinstance(r, BankLine)) <= total


PIECES = st.sampled_from([
    "01,121000248,ACME,261120,0600,1,,,2/", "02,ACME,121000248,1,261119,2400,USD,2/", "02,A,B,2,999999,,XXX,9", "03,1,,010,100,,,015,90,,/",
    "03,1,JPY/", "03", "16,165,5000,Z,REF,,ORIG:X", "16,115,300,0,L,,/", "16,116,300,S,1,/", "16,475,-5,D,999,1", "16,165,,V,,", "16,,,,", "16,1X5,9",
    "88,MORE/TEXT", "88,", "88", "49,5000,3/", "49,,/", "49,X,Y", "98,1,1,1/", "98", "99,1,1,1/", "99", "/", ",", "\x00", "\u00fc\u4e2d", "7", " ",
])


@settings(max_examples=300, deadline=None)
@example([("02,A,B,2,999999,,XXX,9", "\n"), ("03,1,,010,100,,,015,90,,/", "\n"), ("49,,/", "\n")])
@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\r\n", "\r", "/", "", ","])), max_size=25))
def test_no_mixture_of_records_raises_or_loses_a_byte(pieces: list[tuple[str, str]]) -> None:
    content = "".join(part for piece in pieces for part in piece).encode()
    found = records(content)
    drain("bai2", iter(found))
    seen = bytearray(content)
    for record in found:
        seen[record.span.start : record.span.end] = b" " * len(seen[record.span.start : record.span.end])
    assert not seen.strip(b" \r\n\0")


@pytest.mark.parametrize(("head", "claimed"), [
    (b"01,121000248,ACME,261120,0600,1,,,2/\n02,", True),
    (b"\n \n01,121000248,ACME,261120,0600,1,80,,2/   \r\n02,ACME", True),
    (b"$$ADD ID=X BID='BAI'\n01,NWBKGB2L,9876543,100215,14:59:35,2215,,,2/\n02,", True),
    (b"01,121000248,ACME,261120,0600,1,,,2/02,ACME,121000248,1,261119", True),
    (b"01,121000248,ACME,261120,,1/\n88,,,2/\n", True),
    (b"00,0004,1/2/345,06/0321,0829,001,80,1,2/\n", False),
    (b"Date,Description,Amount\n01,2,3,261120,0600,1\n", False),
    (b"100FIRSTBANK  00999999992611200600\n", False),
    (b"01,a,b\n", False),
    (b"", False),
])
def test_recognition(head: bytes, claimed: bool) -> None:
    assert bai2.sniff(head) is claimed


def test_every_code_of_the_table_has_a_sign_or_is_a_message() -> None:
    for code, meaning in codes.details_with_money().items():
        assert meaning.sign in {1, -1}
        assert meaning.label, code
    assert codes.type_code("890").sign == codes.type_code("015").sign == codes.type_code("1X5").sign == 0
