"""The columnar reader of CSV exports held against the record reader."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parsers.booking_text import INTEREST_STEMS, STEMS, kind_of
from parsers.delimited import columns
from parsers.delimited.entries import CsvEntryReader
from parsers.delimited.layout import find_layout
from parsers.delimited.reading import Reading
from parsers.delimited.sheet import sheet
from parsers.documents import Document
from parsers.formats import bank_csv
from parsers.profile import CsvColumns, Profile
from parsers.sources import Source, open_source
from tests.columns import assert_same, damaged
from tests.conftest import FIXTURES

INPUTS = sorted(path for path in FIXTURES.glob("bank_csv/**/*") if path.is_file() and path.suffix != ".jsonl")


def same(content: bytes, block_bytes: int = columns.BLOCK_BYTES, profile: Profile | None = None) -> Document | None:
    """Both readers on each source of a file; the last one's document."""
    profile, found = profile or Profile(), None
    for source in open_source(content):
        layout = find_layout(source.head, profile)
        if layout is not None:
            reading = Reading(layout, CsvEntryReader(layout, profile, bank_csv.survey(source, layout, profile)))
            parts = columns.parts(source, reading, profile, bank_csv.NAME, block_bytes)
            found = assert_same(parts, bank_csv.NAME, bank_csv.parse(source, profile))
    return found


def written(rows: int, seed: int = 1, header: str = "Date,Value Date,Amount,Currency,Account,Reference,Check Number,Payer,Description,Type,Balance") -> str:
    """A statement that stands for many: two accounts one after the other, quoted cells, fees, checks, some returns."""
    chance, out = random.Random(seed), io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header.split(","))
    balance = 0
    for row in range(rows):
        minor = chance.choice([1, -1, 1]) * chance.randrange(1, 2_000_000)
        balance = (0 if row == rows // 2 else balance) + minor
        text = chance.choice(["Invoice INV-{}, thank you", "MONTHLY SERVICE FEE", "INTEREST PAID", "Grüße {}", "CHECK {}", "ORIG CO NAME:ACME INC {}", "Café, 12"] * 3
                             + ["RETURNED ITEM {}"])
        writer.writerow([f"2026-01-{1 + row * 28 // rows:02d}", "", f"{minor / 100:.2f}", "USD", "111" if row < rows // 2 else "222", f"B{row:06d}",
                         chance.choice(["", "", "1042", "7"]), chance.choice(["", "ACME INC", "Müller GmbH"]), text.format(row), chance.choice(["", "ACH", "WIRE FEE"]),
                         f"{balance / 100:.2f}"])
    return out.getvalue()


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: path.stem)
@pytest.mark.parametrize("block_bytes", [columns.BLOCK_BYTES, 1, 90, 700])
def test_fixtures(path: Path, block_bytes: int) -> None:
    same(path.read_bytes(), block_bytes)


@pytest.mark.parametrize("block_bytes", [columns.BLOCK_BYTES, 100_000])
def test_a_generated_file(block_bytes: int) -> None:
    found = same(written(20_000).encode(), block_bytes)
    assert found is not None
    assert found.lines.height == 20_000


def test_nearly_every_row_is_by_the_book() -> None:
    source = Source(written(2_000).encode())
    layout = find_layout(source.head, Profile())
    assert layout is not None
    reading = Reading(layout, CsvEntryReader(layout, Profile(), bank_csv.survey(source, layout, Profile())))
    rows = list(csv.reader(io.StringIO(written(2_000))))
    returned = sum("RETURNED" in ",".join(row) for row in rows)
    assert sheet(rows, reading, 1).rows.size >= 2_000 - returned


@pytest.mark.parametrize(("old", "new"), [
    ("\n", "\r\n"), ("\n", "\r"), (",USD,", ",,"), (",USD,", ",usd,"), (",USD,", ",XXX,"), (",USD,", ",EUR,"), (",USD,", ",JPY,"), ("2026-01-0", "2026/1/"),
    ("2026-01-02", "2026-02-30"), ("2026-01-02", ""), ("2026-01-02", "pending"), ("2026-01-02", "01/02/2026"), ("Invoice", "Inv\noice"), ("Invoice", "Inv\toice"), ("Invoice", ' "Inv" '),
    (",ACH,", ",Debit,"), (",ACH,", ",RETURN,"), (",WIRE FEE,", ",FEE,"), ("Grüße", "Gr\x1c"), ("B0000", " B0000 "), (",111,", ",,"), (".00,", ",,"),
    ("5.", "5,"), ("-", "−"), ("Balance\n", "Balance,\n"), ("\n", ",\n"), ("\n", ",x\n"), ("Amount", "Money"), ("Type", "Status"), ("Payer,", "Invoice Number,"),
    ("Value Date", "Fee"), (",2026-01-0", ",Total"), ("CHECK ", "Closing balance "),
])
def test_dialects(old: str, new: str) -> None:
    text = written(240)
    for changed in (text.replace(old, new), text[:9_000] + text[9_000:].replace(old, new, 1), text[:100] + text[100:].replace(old, new)):
        same(changed.encode())
        same(changed.encode(), 3_000)
        same(changed.encode("cp1252", "replace"), 3_000)


@pytest.mark.parametrize(("header", "row", "profile"), [
    ("Date,Description,Debit,Credit,Balance", "{day},A,{out},{in_},", CsvColumns()),
    ("Date,Description,Withdrawal,Deposit", "{day},A,-{out},{in_}", CsvColumns()),
    ("Date,Description,Amount,Dr/Cr", "{day},A,{amount},{word}", CsvColumns()),
    ("Trans. Date,Post Date,Description,Amount,Category", "{day},{day},A,{amount},X", CsvColumns()),
    ("Datum;Text;Betrag;Gebühr", '{day};A;"1.{amount}";0,50', CsvColumns(delimiter=";", fee="gebuhr", decimal_mark=",")),
    ("a|b|c", "{day}|A|$1,2{amount}", CsvColumns(has_header=False, date="1", amount="3", text=("2",), delimiter="|", preamble_rows=1)),
])
def test_ways_of_writing_money(header: str, row: str, profile: CsvColumns) -> None:
    chance = random.Random(3)
    rows = []
    for number in range(400):
        cents = f"{chance.randrange(100, 999)}.{chance.randrange(100):02d}"
        out, in_ = (cents, "") if chance.random() < 0.4 else ("", cents)
        day = f"{1 + number % 12:02d}/{1 + number % 28:02d}/2026" if number > 300 else f"{1 + number % 12:02d}/{1 + number % 12:02d}/2026"
        rows.append(row.format(day=day, out=out, in_=in_, amount=cents.replace(".", ",") if ";" in header else cents, word=chance.choice(["DR", "CR"])))
    content = "\n".join([header, *rows, ""])
    for changed in (content, content.replace("-", "", 5), content.replace("DR", "XX", 2)):
        for block_bytes in (columns.BLOCK_BYTES, 2_000):
            same(changed.encode(), block_bytes, Profile(csv=profile if profile != CsvColumns() else None))


REFERENCES = ("RF18539007547034", "KID 12345678903", "ocr 12345682", "kid 12345678904", "+++010/8068/17183+++", "21 00000 00003 13947 14300 09017",
              "210000000003139471430009017", "Viite 1234561", "Gruß Ocr 12345682", "INV 7", "", "1" * 40)


def test_payer_payee_unnamed_columns_and_references() -> None:
    chance = random.Random(4)
    rows = ["Datum;Auftraggeber;Zahlungsempfänger*in;Verwendungszweck;;Währung;Umsatz; "]
    for number in range(300):
        said, more = chance.choice(REFERENCES), chance.choice(REFERENCES)
        rows.append(f"{1 + number % 28:02d}.11.2026;Kunde {number};{chance.choice(('', 'Lieferant'))};{said};{more};EUR;{number},50;{chance.choice('HS')}")
    content = "\n".join([*rows, ""])
    found = same(content.encode())
    same(content.encode(), 2_000)
    same(content.encode("cp1252"), 2_000)
    assert found is not None
    assert set(found.lines["kind"]) == {"receipt", "disbursement"}
    assert set(found.lines["structured_reference"]) == {"RF18539007547034", "12345678903", "12345682", "010806817183", "210000000003139471430009017", "1234561", ""}


@pytest.mark.parametrize("seed", range(8))
def test_damage(seed: int) -> None:
    for content in damaged(written(120, seed).encode(), seed, 8, b'\n\r,"; 0-.'):
        same(content)
        same(content, 1_000)


CELL = st.sampled_from(["", "-", "5", "5.00", "-5.00", "+5.00", "(5.00)", "1,234.50", "1,234", "5,00", "$5", "5 EUR", "x", "5.005", "999999999999.00", "9" * 16, "5.00CR", '"5"'])
DAY = st.sampled_from(["2026-01-02", "1/2/2026", "13/2/2026", "2/13/2026", "Jan 3, 2026", "31.02.2026", "", "x", "20260103"])
ROW = st.tuples(DAY, st.sampled_from(["A", "FEE", "RETURNED ITEM", "A:B", "", '"A\nB"', "Total", "Closing balance"]), CELL, CELL, st.sampled_from(["", "EUR", "JPY", "ZZZ"]),
                st.sampled_from(["", "posted", "pending", "what"]))


@settings(max_examples=150, deadline=None)
@given(st.lists(ROW, max_size=12), st.integers(20, 400))
@example([("2026-01-02", "A", "", "", "ZZZ", ""), ("2026-01-02", "A", "5", "", "", "")], 48)
def test_rows_of_any_kind(rows: list[tuple[str, ...]], block_bytes: int) -> None:
    head = ["Date,Description,Amount,Balance,Currency,Status", "2026-01-01,OPEN,1.00,1.00,USD,posted", "2026-01-01,OPEN,1.00,2.00,USD,posted"]
    same("\n".join([*head, *(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows), ""]).encode(), block_bytes)


@given(st.lists(st.sampled_from([*STEMS, " ", "E", "S", "A", "RN", "PAYMENT", "Ü", "SERVICE ", "MONTHLY "]), max_size=5).map("".join), st.sampled_from([-1, 0, 1]))
def test_a_text_without_stem_says_nothing_but_its_sign(text: str, sign: int) -> None:
    if text.isascii() and not any(stem in text.upper() for stem in (STEMS if sign < 0 else INTEREST_STEMS)):
        assert kind_of(text, sign) == {-1: "disbursement", 0: "other", 1: "receipt"}[sign]


@pytest.mark.parametrize("block_bytes", [columns.BLOCK_BYTES, 60])
def test_rows_that_go_on_with_those_above(block_bytes: int) -> None:
    rows = "".join(f"{day:02}/10/2026,GIRO,{day}.00\n,KESTREL AIR,\n,INV {day},\n" for day in range(13, 29))
    found = same(f"Date,Description,Amount\n{rows}".encode(), block_bytes)
    assert found is not None
    assert found.lines["remittance_text"].to_list() == [f"GIRO KESTREL AIR INV {day}" for day in range(13, 29)]
