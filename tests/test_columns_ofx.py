"""OFX in columns: the documents of the columnar reader are those of the record reader, on whole, damaged and odd files alike."""

from __future__ import annotations

import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import parse_files
from benchmarks.payments import Statement
from benchmarks.writers import ofx
from parsers.documents import Document
from parsers.formats import ofx_statement
from parsers.ofx import columns as ofx_columns
from parsers.ofx import elements
from parsers.profile import Profile
from parsers.sources import Source, open_source
from tests.columns import assert_same, damaged
from tests.conftest import FIXTURES

INPUTS = sorted(path for path in FIXTURES.glob("ofx_statement/**/*") if path.is_file() and path.suffix != ".jsonl")
LIKELY = b"<>/&! \n\r\t\0;#P0.,-+\xc3\xe9"
NAMES = ("ACME INC", "Müller & Söhne", "", "ORIG CO NAME:ACME INC", "Łódź Sp. z o.o. <x>", "AT&T", " two  blanks ", "RETURNED DEPOSITED ITEM", "ß:ſ",
         "Ελλάδα 12", "ACH RETURN R01", "x" * 32, "&eacute;&#252;&amp;amp;", "\u00a0hard\u2003", "A\tB", "CO NAME:ACME/OBI", "DES: x")
MEMOS = ("Invoice INV-2026-1 of 3 January", "", "CHECK 1044 NSF", "one\r\ntwo", "ORIG ID:9215986202 DESC DATE:260119", "return reason: nsf", "INV-7\tINV-8",
         "ORIG TRACE: 021000021234567", "\x1c\x1f", "ACME INC DES:PAY", "Оплата 77", "'quoted' \"twice\"", "&", "&lt;b&gt;", "x" * 255)
AMOUNTS = ("10.00", "-10.00", "+7", ".5", "0.00", "-0.00", "1,5", "1234567.89", "999999999999.99", "9999999999999.99", "12.345", "1,234", "1.234,50", "", "x",
           " 3.10 ", "- 3.10", "00012.30", "10.0", "-", ".", "12.", "10.000")
TYPES = ("CREDIT", "CREDIT", "CREDIT", "DEBIT", "DEBIT", "PAYMENT", "REPEATPMT", "DIRECTDEBIT", "DIRECTDEP", "MERCHANT", "FEE", "INT", "XFER", "HOLD", "OTHER",
         "credit", "GIFT", "", "DIRECTDEBITS", "REPEATPM")
DATES = ("20260602120000.000[-5:EST]", "20260602", "20260602", "20260603", "20260231", "", "2026060", " 20260604 ", "00010101", "99991231", "2026-06-02")
OTHERS = ("<CURRENCY><CURRATE>1.06<CURSYM>CAD</CURRENCY>", "<CORRECTFITID>F3<CORRECTACTION>DELETE", "<EXTDNAME>ACME INCORPORATED", "<NAME>twice", "<SIC>1234",
          "<DTUSER>20260601", "<SRVRTID>9", "<BANKACCTTO><BANKID>1<ACCTID>2</BANKACCTTO>", "<!-- a word -->", "<MEMO><![CDATA[a <b> c]]>", "<Name>x", "</3>",
          "<MEMO/>", "</STMTTRNP>", "a < b")


def entry(chance: random.Random, number: int) -> str:
    """An entry with something odd in one of three."""
    odd = chance.randrange(3) == 0
    leaves = {
        "TRNTYPE": "CREDIT", "DTPOSTED": "20260602120000[-5:EST]", "DTAVAIL": "", "TRNAMT": f"{chance.randrange(1, 10**6)}.{number % 100:02}",
        "FITID": f"F{number}", "REFNUM": chance.choice(("", f"R{number}")), "CHECKNUM": "", "NAME": "ACME INC", "MEMO": f"INV-{number}",
    }
    if odd:
        one = chance.choice(list(leaves))
        leaves[one] = chance.choice({
            "TRNTYPE": TYPES, "DTPOSTED": DATES, "DTAVAIL": DATES, "TRNAMT": AMOUNTS, "NAME": NAMES, "MEMO": MEMOS, "CHECKNUM": ("0", "0000", "1044", "010", " 7 "),
            "FITID": ("", f"F{number // 2}", "é1", "a&amp;b", "a\r\nb", f" F{number} ", "F" * 40), "REFNUM": ("R\u00a0", "R&lt;", "R\nS"),
        }[one])
        if one in {"NAME", "MEMO"} and chance.randrange(2):
            leaves |= {"TRNTYPE": "DEBIT", "TRNAMT": "-5.00", "NAME": chance.choice(NAMES)}
    is_xml = chance.randrange(2)
    texts = [f"<{name}>{text}" + (f"</{name}>" if is_xml else "") for name, text in leaves.items() if text or chance.randrange(8) == 0]
    if odd and chance.randrange(4) == 0:
        texts.insert(chance.randrange(len(texts) + 1), chance.choice(OTHERS))
    end = "" if odd and chance.randrange(30) == 0 else "</STMTTRN>"
    return "\r\n".join(("<STMTTRN>", *texts, end)) + chance.choice(("\r\n", "\r\n", "\r\n", "\n", "", " \t\r\n", "x", "\0"))


def file_of(seed: int, count: int = 60, statements: int = 3) -> bytes:
    """Statements of few accounts with entries of all sorts."""
    chance = random.Random(seed)
    pending = "<BANKTRANLISTP><STMTTRNP><TRNTYPE>DEBIT<DTTRAN>20260603<TRNAMT>-1.00<NAME>SHOP</STMTTRNP></BANKTRANLISTP>"
    pieces = ["OFXHEADER:100\r\nCHARSET:1252\r\n\r\n<OFX><BANKMSGSRSV1>"]
    for number in range(statements):
        currency = chance.choice(("USD", "USD", "USD", "JPY", "KWD", "", "XYZ"))
        head = f"<STMTTRNRS><TRNUID>{number}<STMTRS><CURDEF>{currency}<BANKACCTFROM><BANKID>1<ACCTID>{chance.choice((77, 78))}</BANKACCTFROM>"
        entries = "".join(entry(chance, chance.choice((place, place + number * count))) for place in range(count))
        tail = "<LEDGERBAL><BALAMT>100.00<DTASOF>20260630</LEDGERBAL></STMTRS></STMTTRNRS>\r\n"
        middle = chance.choice(("", "", pending, "</BANKTRANLIST><BANKTRANLIST>" + entry(chance, 7)))
        pieces.append(f"{head}<BANKTRANLIST><DTSTART>20260601<DTEND>20260630\r\n{entries}{middle}</BANKTRANLIST>{tail}")
    return "".join((*pieces, "</BANKMSGSRSV1></OFX>\r\n")).encode()


def written(version: ofx.Version = "1", count: int = 300) -> bytes:
    out = io.StringIO(newline="")
    ofx.write_ofx(out, [Statement("4407", parse_files.FIRST_DAY, 100, parse_files.Payments("ofx", first, first + count // 3)) for first in range(0, count, count // 3)],
                  version)
    return out.getvalue().encode()


def assert_equal(content: bytes) -> Document:
    source, profile = Source(content), Profile()
    return assert_same(ofx_statement.parse_columns(source, profile), ofx_statement.NAME, ofx_statement.parse(source, profile))


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ofx_columns, "RUN_MIN", 2)


@pytest.mark.parametrize("block", [None, 300])
@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixtures(path: Path, block: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if block:
        monkeypatch.setattr(elements, "BLOCK_BYTES", block)
    for source in open_source(path.read_bytes()):
        assert_equal(source.read())


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_large_file(version: ofx.Version) -> None:
    out = io.StringIO(newline="")
    ofx.write_ofx(out, [Statement("4407", parse_files.FIRST_DAY, 100, parse_files.Payments("ofx", first, first + 5_000)) for first in range(0, 20_000, 5_000)], version)
    assert assert_equal(out.getvalue().encode()).lines.height == 20_000


def test_most_entries_are_read_in_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    one_by_one = ofx_columns.Reading.entry
    monkeypatch.setattr(ofx_columns.Reading, "entry", lambda reading, piece: read.append(piece) or one_by_one(reading, piece))
    content = written()
    list(ofx_statement.parse_columns(Source(content), Profile()))
    assert not read
    assert assert_equal(content).lines.height == 300
    assert len(read) == 300


@pytest.mark.parametrize("block", [None, 500, 5_000, 22_222])
@pytest.mark.parametrize("seed", range(12))
def test_entries_of_all_sorts(seed: int, block: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if block:
        monkeypatch.setattr(elements, "BLOCK_BYTES", block)
    assert assert_equal(file_of(seed)).lines.height > 50


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\r", b"\n\n", b"", b"\n\r", b" \r\n\t", b"\x0b\r\n"])
@pytest.mark.parametrize("make", [written, lambda: file_of(3)])
def test_line_ends(make: object, newline: bytes) -> None:
    assert_equal(make().replace(b"\r\n", newline))  # type: ignore[operator]  # one of the two above


@pytest.mark.parametrize(("old", "new"), [
    (b"<STMTTRN>", b"<stmttrn>"), (b"CREDIT", b"credit"), (b"CREDIT", b" CREDIT\t"), (b"CREDIT", b"DEBIT"), (b"CREDIT", b"GIFT"), (b"<TRNTYPE>CREDIT", b""),
    (b"<NAME>", b"<NAME><![CDATA["), (b"<NAME>", b"<PAYEE><NAME>"), (b"<NAME>", b"<EXTDNAME>"), (b"<NAME>", b"<NAME >"), (b"<NAME>", b"<NAME>\r\n"),
    (b"<NAME>", b"<NAME>ORIG CO NAME:"), (b"<MEMO>", b"<MEMO>&#65;&amp;amp;"), (b"<MEMO>", b"<MEMO>caf\xe9 "), (b"<MEMO>", "<MEMO>\u00a0".encode()),
    (b"Invoice", b"Inv\r\n oice"), (b"Invoice", b"Inv\xffoice"), (b"Invoice", b"I < n"), (b"<FITID>OF", b"<FITID>"), (b"<FITID>OF00000000000", b"<FITID>"),
    (b"<FITID>OF0", b"<FITID> OF0"), (b"<FITID>", b"<FITID>\xc3\xa9"), (b"<FITID>", b"<SRVRTID>"), (b"<TRNAMT>", b"<TRNAMT>-"), (b"<TRNAMT>", b"<TRNAMT>+"),
    (b"<TRNAMT>", b"<TRNAMT>1 "), (b"<TRNAMT>", b"<TRNAMT>00000000000"), (b".", b","), (b"<TRNAMT>1", b"<TRNAMT>1,0"), (b"USD", b"JPY"), (b"USD", b"KWD"), (b"USD", b""),
    (b"USD", b"XYZ"), (b"20260105", b"20260230"), (b"20260105", b"2026 105"), (b"20260105", b""), (b"</STMTTRN>", b"</STMTTRN>\r\n<!-- x -->"),
    (b"</STMTTRN>", b""), (b"</STMTTRN>", b"</STMTTRN >"), (b"<STMTTRN>", b""), (b"<STMTTRN>", b"<STMTTRNP>"), (b"STMTTRN>", b"STMTTRNP>"),
    (b"<STMTTRN>", b"<STMTTRN>x"), (b"<STMTTRN>", b"x<STMTTRN>"), (b"4407", b""), (b"<ACCTID>4407", b"<ACCTID>44&amp;07"), (b"<MEMO>", b"<CORRECTFITID>OF000000000003<MEMO>"),
    (b"<MEMO>", b"<NAME>"), (b"<MEMO>", b"<CHECKNUM>000<MEMO>"), (b"<MEMO>", b"<CHECKNUM>0017<MEMO>"), (b"<MEMO>", b"<DTAVAIL>20260106<MEMO>"),
    (b"<MEMO>", b"<DTAVAIL>never<MEMO>"), (b"<MEMO>", b"<MEMO>RETURNED ITEM CHECK 1044 "), (b"<STMTTRN>", b"<STMTTRN>\0"), (b"</STMTTRN>", b"</STMTTRN>\x1a"),
    (b"<BANKTRANLIST>", b"<BANKTRANLISTP>"), (b"<STMTRS>", b"<INVSTMTRS>"),
])
def test_dialects(old: bytes, new: bytes) -> None:
    content = written()
    assert old in content
    assert_equal(content.replace(old, new))
    middle = len(content) // 2
    assert_equal(content[:middle] + content[middle:].replace(old, new, 1))
    assert_equal(content[:middle] + content[middle:].replace(old, new))


@pytest.mark.parametrize("block", [1_000, 4_000_000])
@pytest.mark.parametrize("seed", range(8))
def test_damage(seed: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "BLOCK_BYTES", block)
    for content in damaged(file_of(seed, 20, 2), seed, 12, LIKELY):
        assert_equal(content)
    for content in damaged(written("2" if seed % 2 else "1", 30), seed, 12, LIKELY):
        assert_equal(content)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([
    "<OFX>", "</OFX>", "<STMTRS>", "</STMTRS>", "<CURDEF>EUR", "<ACCTID>1", "<BANKTRANLIST>", "</BANKTRANLIST>", "<STMTTRN>", "</STMTTRN>", "<TRNAMT>1.00",
    "<TRNTYPE>CREDIT", "<TRNAMT>x", "<DTPOSTED>20260101", "<FITID>1", "<NAME>&<", "<!--", "-->", "<![CDATA[", "]]>", "<LEDGERBAL><BALAMT>1", "<CORRECTFITID>1", "\xff",
    " ", "\n", "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260101<TRNAMT>5.00<FITID>", "</STMTTRN>\n<STMTTRN><TRNTYPE>INT<DTPOSTED>20260101<TRNAMT>5.00",
    "<STMTTRN><TRNTYPE>FEE<DTPOSTED>20260101<TRNAMT>5.00<FITID>2</STMTTRN>",
]), max_size=40))
def test_any_order_of_tags(pieces: list[str]) -> None:
    assert_equal("".join(pieces).encode("latin-1"))
