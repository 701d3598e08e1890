"""BAI lockbox: whose money, which documents, which deposit. The shapes of files stand in fixtures/lockbox_bai."""

from __future__ import annotations

import inspect
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.documents import drain
from parsers.formats import bai2, lockbox_bai
from parsers.lockbox import records as lockbox_records
from parsers.profile import LockboxColumns, Profile
from parsers.records import BankLine, Control, Issue, Record, RemittanceLine, StatementOpened
from parsers.registry import Format
from parsers.sources import Source
from tests.conftest import FIXTURES

HEAD = ("100FIRSTBANK 00999999992611200600", "2FIRSTBANK 00999999990000000000400104010401")
BOX = "50000000022222261119FIRSTBANK 0099999999"
CHECK = "6001001000012500002100002100012345670000010421111826BETA INC"


def records(content: str | bytes, profile: Profile | None = None) -> list[Record]:
    return list(lockbox_bai.parse(Source(content.encode() if isinstance(content, str) else content), profile or Profile()))


def file_of(*lines: str) -> str:
    return "\n".join([*HEAD, BOX, *lines, "8", "9"]) + "\n"


def checks(*lines: str, profile: Profile | None = None) -> list[BankLine]:
    return [r for r in records(file_of(*lines), profile) if isinstance(r, BankLine)]


def documents(*overflows: str, profile: Profile | None = None, check: str = CHECK) -> list[tuple[object, ...]]:
    (line,) = checks(check, *overflows, profile=profile)
    return [(x.document_number, x.amount_minor, x.discount_minor, x.deduction_minor, x.deduction_reason, x.document_type) for x in line.remittance]


def test_a_check() -> None:
    (line,) = checks(CHECK)
    assert (line.amount_minor, line.currency, line.kind, line.type_code) == (125000, "USD", "receipt", "lockbox")
    assert (line.bank_reference, line.customer_reference, line.check_number) == ("0022222-001-001", "10421", "10421")
    assert (line.payer_name, line.payer_account) == ("BETA INC", "021000021/0001234567")
    assert (str(line.booking_date), str(line.value_date)) == ("2026-11-19", "2026-11-19")
    assert (line.batch_reference, line.batch_amount_minor, line.batch_key) == ("0022222-001", 125000, 3)


@pytest.mark.parametrize(("record", "expected"), [
    # what stands from column 12 on, and the documents it means: number, net, kind
    ("INV-1001            0000125000", [("INV-1001", 125000, "invoice")]),
    ("INV-1001", [("INV-1001", None, "invoice")]),
    ("CE554               ", [("CE554", None, "invoice")]),
    ("INV-1001            0000000000", [("INV-1001", None, "invoice")]),  # the bank keyed no amount
    ("000000000000000000000000000000", []),
    ("CM-9                -000005000", [("CM-9", -5000, "credit_memo")]),
    ("CM-9                000005000-", [("CM-9", -5000, "credit_memo")]),
    ("CM-9                000000500}", [("CM-9", -5000, "credit_memo")]),
    ("CM-9                000000500J", [("CM-9", -5001, "credit_memo")]),
    ("INV-1001            000000500{", [("INV-1001", 5000, "invoice")]),
    ("INV-1001            0000500.25", [("INV-1001", 50025, "invoice")]),
    ("                    0000005000", [("", 5000, "other")]),
    ("INV-1001            0000125000INV-1002            0000000100", [("INV-1001", 125000, "invoice"), ("INV-1002", 100, "invoice")]),
    ("INV-1001            0000125000SHORT SHIPPED 2 BOXES", [("INV-1001", 125000, "invoice")]),  # text, not a second pair
    ("", []),
])
def test_documents_in_an_overflow_record(record: str, expected: list[tuple[str, int | None, str]]) -> None:
    assert [(number, amount, kind) for number, amount, *_, kind in documents(f"40010016019{record}")] == expected


def test_text_after_the_last_document_is_kept() -> None:
    (line,) = checks(CHECK, "40010016010INV-1001            0000125000SHORT SHIPPED 2 BOXES", "40010016029INV-1002            00OO000100")
    assert line.remittance_text == "SHORT SHIPPED 2 BOXES INV-1002            00OO000100"


def test_overflow_records_follow_one_another_past_99() -> None:
    many = [f"40010016{n % 99 or 99:02d}0INV-{n:<16}0000000001" for n in range(1, 121)] + ["40010016229INV-121             0000000001"]
    assert len(documents(*many)) == 121


def test_bai2_lockbox_with_deduction_and_reason() -> None:
    columns = LockboxColumns(overflow_invoice=(12, 27), overflow_amount=(28, 37), overflow_deduction=(38, 47), overflow_reason=(48, 50),
                             overflow_text=(51, 80), overflow_pairs=1)
    record = "40010014019INV-1001        00001250000000002500053SHORT SHIPPED"
    assert documents(record, profile=Profile(lockbox=columns)) == [("INV-1001", 125000, 0, 2500, "053", "invoice")]
    (line,) = checks(CHECK, record, profile=Profile(lockbox=columns))
    assert line.remittance_text == "SHORT SHIPPED"


def test_gross_amounts_become_the_net_cash_for_the_document() -> None:
    columns = LockboxColumns(overflow_invoice=(12, 21), overflow_amount=(22, 31), overflow_discount=(32, 41), overflow_deduction=(42, 51),
                             overflow_pairs=1, amounts_are_gross=True)
    record = "40010016019" + "INV-1001  " + "0000100000" + "0000002000" + "0000003000"
    assert documents(record, profile=Profile(lockbox=columns)) == [("INV-1001", 95000, 2000, 3000, "", "invoice")]


def test_several_pairs_of_ten_and_ten_columns_and_the_first_in_the_check_record() -> None:
    columns = LockboxColumns(remitter=(0, 0), detail_invoice=(47, 56), detail_amount=(57, 66), overflow_invoice=(12, 21),
                             overflow_amount=(22, 31), overflow_pairs=3)
    check = "60010010000125000021000021000123456700000104210000018005000000500" + "0"
    overflow = "40010016019" + "00000180060000060000" + "00000180070000010000" + "00000180080000005000"
    found = documents(overflow, profile=Profile(lockbox=columns), check=check)
    assert [(number, amount) for number, amount, *_ in found] == [
        ("0000018005", 5000), ("0000018006", 60000), ("0000018007", 10000), ("0000018008", 5000)]


@pytest.mark.parametrize(("routing", "account", "expected"), [
    ("021000021", "0001234567", "021000021/0001234567"),
    ("02100002 ", "   1234567", "021000021/1234567"),  # eight digits: the check digit is computed
    ("         ", "1234567   ", "/1234567"),
    ("000000000", "0000000000", ""),
    ("         ", "          ", ""),
    ("MICR?    ", "1234567   ", "MICR?/1234567"),
])
def test_payer_account(routing: str, account: str, expected: str) -> None:
    (line,) = checks(f"60010010000125000{routing}{account}0000010421")
    assert line.payer_account == expected


def test_amounts_in_the_digits_of_the_profiles_currency() -> None:
    (line,) = checks(CHECK, profile=Profile(currency="JPY"))
    assert (line.amount_minor, line.currency) == (125000, "JPY")


def test_a_deposit_is_lockbox_and_date_not_a_batch() -> None:
    content = "\n".join([
        *HEAD, BOX, "60010010000001000", "7", BOX.replace("5000", "5002"), "60020010000002000", "7", "8",
        BOX.replace("261119", "261120"), "60010010000004000", "8", BOX.replace("0022222", "0033333"), "60010010000008000", "8", "9",
    ])
    found = records(content)
    assert [(r.lockbox, str(r.from_date)) for r in found if isinstance(r, StatementOpened)] == [
        ("0022222", "2026-11-19"), ("0022222", "2026-11-20"), ("0033333", "2026-11-19")]
    assert [(r.batch_reference, r.batch_amount_minor, r.batch_key) for r in found if isinstance(r, BankLine)] == [
        ("0022222-001", 3000, 3), ("0022222-002", 3000, 3), ("0022222-001", 4000, 10), ("0033333-001", 8000, 13)]


def test_the_profiles_account_stands_in_for_a_missing_lockbox_header() -> None:
    content = "\n".join([*HEAD, CHECK, "9"])
    found = records(content, Profile(account="0044444"))
    assert [r.lockbox for r in found if isinstance(r, StatementOpened)] == ["0044444"]
    assert not [r for r in found if isinstance(r, Issue) and r.severity == "error"]


@pytest.mark.parametrize("path", sorted((FIXTURES / "lockbox_bai").glob("*.bai")), ids=lambda p: p.stem)
def test_line_ends_and_trimmed_blanks_change_nothing_but_positions(path: object) -> None:
    def told(content: bytes) -> list[tuple[object, ...]]:
        return [plain(r) for r in records(content)]

    def plain(item: Record | RemittanceLine) -> tuple[object, ...]:
        values = [tuple(plain(x) for x in v) if isinstance(v, tuple) and v and isinstance(v[0], RemittanceLine) else v for v in item[1:]]
        return (type(item).__name__, item.span.line, *values)

    unix = path.read_bytes().replace(b"\r\n", b"\n")  # type: ignore[attr-defined]  # parametrised by pytest, a Path
    trimmed = b"\n".join(line.rstrip() for line in unix.split(b"\n"))
    assert told(unix.replace(b"\n", b"\r\n")) == told(unix.replace(b"\n", b"\r")) == told(unix) == told(trimmed)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 10**10 - 1), max_size=5), max_size=4), st.sampled_from([80, 104]), st.booleans())
def test_trailers_tie_on_any_file_written_by_the_book(batches: list[list[int]], width: int, glued: bool) -> None:
    out = [*HEAD, BOX]
    for number, amounts in enumerate(batches, 1):
        out += [f"6{number:03d}{item:03d}{cents:010d}" for item, cents in enumerate(amounts, 1)]
        out.append(f"7{number:03d}0000022222261119{len(amounts):03d}{sum(amounts):010d}")
    everything = [cents for amounts in batches for cents in amounts]
    out += [f"80000000022222261119{len(everything):04d}{sum(everything):010d}", f"9{len(out) + 2:06d}"]
    found = records(("" if glued else "\n").join(line.ljust(width) for line in out))
    if all(sum(amounts) < 10**10 for amounts in [*batches, everything]):
        assert all(r.ties for r in found if isinstance(r, Control))
        assert not [r for r in found if isinstance(r, Issue)]
    assert [r.amount_minor for r in found if isinstance(r, BankLine)] == everything
    assert {r.batch_amount_minor for r in found if isinstance(r, BankLine)} <= {sum(everything)}


PIECES = st.sampled_from([
    *HEAD, BOX, CHECK, "1", "2", "5", "6", "6001001", "60010010000X25000", "40010016019INV-1            0000000100", "4", "400100160", "7", "8", "9",
    "700100000222222611190010000125000", "8000000", "9000008", "9XX", "$$ADD ID=X", "X", "\x00", "\u00fc\u4e2d", HEAD[0].ljust(80) + HEAD[1].ljust(80) + BOX,
])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\r\n", "\r", ""])), max_size=20))
def test_no_mixture_of_records_raises_or_loses_a_byte(pieces: list[tuple[str, str]]) -> None:
    content = "".join(part for piece in pieces for part in piece).encode()
    found = records(content)
    drain("lockbox", iter(found))
    seen = bytearray(content)
    for record in found:
        seen[record.span.start : record.span.end] = b" " * len(seen[record.span.start : record.span.end])
    assert not seen.strip(b" \r\n\0")


@pytest.mark.parametrize(("head", "claimed"), [
    ("\n".join([*HEAD, BOX]), True),
    ("\n".join([HEAD[0], BOX]), True),
    ("\n\n".join(["$$ADD ID=X", *HEAD]), True),
    ("".join(line.ljust(80) for line in [*HEAD, BOX]), True),
    ("".join(line.ljust(104) for line in [*HEAD, BOX]), True),
    ("\r\n".join(["1  FIRSTBANK           261120    ", HEAD[1]]), True),
    ("101 091000019 12104288202611200600A094101FIRST BANK             ACME\n5220ACME", False),  # NACHA
    ("110049150000001234562611012611302000000000123459783ACME\n22    0049261101261101", False),  # a Spanish cuaderno 43
    (HEAD[0], False),
    ("1,2,3\n2,3,4", False),
    ("", False),
])
def test_recognition(head: str, claimed: bool) -> None:
    assert lockbox_bai.sniff(head.encode()) is claimed


@pytest.mark.parametrize("module", [bai2, lockbox_bai])
def test_the_example_of_the_documentation_is_a_whole_file(module: Format) -> None:
    assert module.__doc__ is not None
    example = textwrap.dedent(inspect.getdoc(module).rpartition("An example")[2].partition(":\n")[2]).strip() + "\n"  # type: ignore[union-attr]  # asserted
    found = list(module.parse(Source(example.encode()), Profile()))
    assert module.sniff(example.encode())
    assert [r for r in found if isinstance(r, BankLine)]
    assert not [r for r in found if isinstance(r, Issue)]
    assert all(r.ties for r in found if isinstance(r, Control))


def test_a_check_digit_makes_the_weighted_sum_a_multiple_of_ten() -> None:
    assert [lockbox_bai._with_check_digit(eight) for eight in ("02100002", "12100024", "07100001", "ABCDEFGH")] == [
        "021000021", "121000248", "071000013", "ABCDEFGH"]


def test_only_documents_are_signed() -> None:
    assert lockbox_records.readable("000005000-", "USD") is None
    assert lockbox_records.readable("-000005000", "USD") is None
    assert lockbox_records.readable("000005000-", "USD", signed=True) == -5000
    assert lockbox_records.readable("", "USD") is None
