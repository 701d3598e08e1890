"""BAI2 in columns: the same documents as the record reader's, whatever the file and wherever a block ends."""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.payments import Payment, Statement
from benchmarks.writers import bai2 as writer
from parsers.bai import codes, columns, records, sheets
from parsers.bai import details as bai_details
from parsers.documents import Document
from parsers.formats import bai2
from parsers.profile import Profile
from parsers.sources import Source
from tests.columns import assert_same, damaged
from tests.conftest import FIXTURES

DAY = dt.date(2026, 11, 9)
INPUTS = sorted(path for path in FIXTURES.glob("bai2/**/*.bai2"))
NAMES = ("CASCADE PAPER INC", "BLUE HERON BAKERY & SONS", "O'NEILL FARMS", "3M SUPPLY", "JUNIPER  FARMS", "A/B TOOLS", "CO")
TEXTS = ("INV 10455", "INVOICES 10455, 10456 AND 10457 LESS FREIGHT OF THE LAST DELIVERY, AS AGREED ON THE TELEPHONE WITH YOUR MS. HALE", "",
         "EREF: PO-77120", "IND ID:00441 TRACE#:021000021234567", "TRANSFER FROM DDA XXXXX4321", "CHECK #7002 / RETURN REASON: NSF", "X " * 70)


def same(content: bytes, block_bytes: int = columns.BLOCK_BYTES) -> Document:
    parts = columns.parts(Source(content), Profile(), bai2.NAME, block_bytes)
    return assert_same(parts, bai2.NAME, bai2.parse(Source(content), Profile()))


def payments(count: int, seed: int) -> Iterator[Payment]:
    chance = random.Random(seed)
    for number in range(count):
        kind = chance.choices(("receipt", "disbursement", "return", "fee", "interest", "lockbox_deposit"), (70, 12, 8, 4, 3, 3))[0]
        amount = chance.randrange(1, 10 ** chance.choice((4, 7, 7, 7, 12))) if chance.random() < 0.99 else 10**12
        yield Payment(
            amount if kind in {"receipt", "interest", "lockbox_deposit"} else -amount, DAY, DAY + dt.timedelta(days=chance.random() < 0.2),
            f"B{number:012d}" if chance.random() < 0.8 else chance.choice(("", "000")), "USD", chance.choice(("", "0", f"E2E{number}", f"{number}")),
            kind=kind, rail=chance.choice(("wire", "ach", "debit", "check", "book")), payer_name=chance.choice(NAMES),
            payer_account=chance.choice(("", "021000021/4407")), check_number=str(number), text=chance.choice(TEXTS),
            return_reason=chance.choice(("", "R01 INSUFFICIENT FUNDS")), original_reference=chance.choice(("", "091000012345678")))


def written(rows: int, seed: int = 1, accounts: int = 4) -> bytes:
    out = io.StringIO(newline="")
    writer.write_bai2(out, [Statement(f"44070{number}", DAY + dt.timedelta(days=number // 2), 5_000, list(payments(rows // accounts, seed + number)))
                            for number in range(accounts)])
    return out.getvalue().encode()


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("block_bytes", [columns.BLOCK_BYTES, 1, 90, 700])
def test_fixtures(path: Path, block_bytes: int) -> None:
    same(path.read_bytes(), block_bytes)


@pytest.mark.parametrize("block_bytes", [columns.BLOCK_BYTES, 100_000])
def test_a_generated_file(block_bytes: int) -> None:
    assert same(written(20_000), block_bytes).lines.height == 20_000


def test_by_the_book_nearly_every_detail_is_plain() -> None:
    text = written(2_000).decode()
    sheet = sheets.sheet(records.Block(text, 0, 1, []), 80)
    assert sheet is not None
    assert sheet.is_plain.sum() > 1_900


@pytest.mark.parametrize(("old", "new"), [
    (b"\n", b"\r\n"), (b"\n", b"\r"), (b"\n", b"/\n"), (b"\n", b" /  \r\n"), (b"\n16,", b"\n\n16,"), (b"\n16,", b"/16,"), (b"\n16,", b"/  16,"), (b"\n98,", b"/98,"), (b"88,", b"88:"),
    (b"PAPER", "PÄPER".encode()), (b"PAPER", b"P\xc4PER"), (b"PAPER", b"P\x1fPER"), (b"PAPER", b"P\x1ePER"), (b"PAPER", b"P\x0bPER"), (b"INV", b"\nINV"),
    (b",,,2/", b",60,,2/"), (b",,,2/", b",66,,2/"), (b",,,2/", b",0,,2/"), (b"02,", b"01,X,Y,261109,,2,40,,2/\n02,"), (b",1,261109,", b",4,261109,"),
    (b",261109,", b",,"), (b"V,261110,,", b"V,261199,,"), (b"V,261110,,", b"V,261101,1200,"), (b"V,261110,,", b"V,20261110,,"), (b",Z,", b",,"),
    (b",Z,", b",S,1,2,3,"), (b",Z,", b",z,"), (b"16,142,", b"16,143,"), (b"16,451,", b"16,452,"), (b"16,195,", b"16,930,"), (b"16,195,", b"16,890,"),
    (b"\n03,", b"\n16,165,7,Z,,,\n03,"), (b"\n49,", b"\n49,x"), (b"\n49,", b"\n"), (b"01,121", b"$$ADD\n\n01,121"), (b"01,121", b"02,121"), (b"USD", b"XXX"),
])
def test_dialects(old: bytes, new: bytes) -> None:
    content = written(240)
    assert old in content
    for changed in (content.replace(old, new), content[:9_000] + content[9_000:].replace(old, new, 1)):
        same(changed)
        same(changed, 3_000)


@pytest.mark.parametrize("code", ["01", "02", "03", "16", "49", "88", "98", "99"])
def test_a_record_is_missing(code: str) -> None:
    """What is told of it, and where, does not depend on the blocks."""
    lines = written(240).splitlines(keepends=True)
    for number in [number for number, line in enumerate(lines) if line.startswith(code.encode())][:: 40 if code in {"16", "88"} else 1]:
        changed = b"".join([*lines[:number], *lines[number + 1 :]])
        same(changed)
        same(changed, 3_000)


@pytest.mark.parametrize("seed", range(12))
def test_damage(seed: int) -> None:
    for content in damaged(written(120, seed, accounts=2), seed, 8, b"\n\r,/ 0168VZ4"):
        same(content)
        same(content, 1_000)


FIELD = st.sampled_from(["", "0", "000", "B12", " B 1 ", "AB/12", "0001042", "7002 ", "\t9"])
WORDS = st.lists(st.sampled_from([*NAMES, *TEXTS, "ORG:=", "ORIG CO NAME:", "B/O: ", "/", "  ", ",", "/ABC/", "INDN:", "ZBA", "\x1a", "x" * 60, " CO ENTRY", "DESCR:X ", " ORIG", "ID:7", "ID#7", "Name:X", "CO NAME=Y ", "B/O=X,BBK=Y", ",OBI="]), max_size=4)
CODE = st.sampled_from(["165", "115", "116", "475", "555", "206", "506", "930", "890", *codes.ITEM_OF_PACKAGE])
DETAIL = st.tuples(CODE, st.sampled_from(["0", "5", "0099", "1" * 12, "1" * 13, "1" * 16, "-7", "", "1.50"]),
                   st.sampled_from(["Z", "0", "", "V,261110,", "V,,", "V,2611,", "S,1,2,3", "D,1,0,5", "X"]), FIELD, FIELD,
                   st.lists(WORDS.map("".join), min_size=1, max_size=4), st.sampled_from(["\n88,", "/\n88,", "  \n88,", "\n"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(DETAIL, max_size=8), st.sampled_from([80, 60, 30]), st.booleans())
def test_details_of_any_kind(details: list[tuple[str, str, str, str, str, list[str], str]], width: int, is_folded: bool) -> None:
    lines = [f"01,A,B,261120,0600,1,{width},,2/", "02,A,B,1,261109,,USD,2/", "03,1,,010,5,,,015,9,,/"]
    for code, amount, funds, bank, customer, texts, joint in [("165", "1", "Z", "B", "C", ["X"], "")] * 4 + details:
        line = f"16,{code},{amount},{funds},{bank},{customer},{joint.join(texts)}"
        lines += folded(line, width) if is_folded else [line]
    same("\n".join([*lines, "49,1,1/", "98,1,1,1/", "99,1,1,1/"]).encode())


def folded(line: str, width: int) -> list[str]:
    """A record cut at the width of a line, as some banks do."""
    return [line[:width], *(f"88,{line[start : start + width - 3]}" for start in range(width, len(line), width - 3))]


def test_an_account_goes_on_over_many_blocks() -> None:
    content = written(600, accounts=1)
    parts = list(columns.parts(Source(content), Profile(), bai2.NAME, 5_000))
    assert len(parts) > 8
    assert [len(part.statements) for part in parts] == [1, *[0] * (len(parts) - 1)]
    assert parts[0].statements[0].closed is not None
    assert {number for part in parts for number in part.lines["statement"]} == {0}


def test_a_plain_detail_is_the_same_on_both_roads() -> None:
    """The record reader takes the last detail of a block the long road, so no road may know better than the other."""
    content = written(300)
    for size in (200, 1_000):
        blocks = records.blocks(Source(content), size)
        book = bai_details.Book(Profile())
        by_blocks = [record for block in blocks for record in bai_details.records_of(block, book)]
        assert by_blocks == list(bai2.parse(Source(content), Profile()))[: len(by_blocks)]
