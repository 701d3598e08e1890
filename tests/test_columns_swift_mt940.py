"""MT940 in columns: the documents of the columnar reader are those of the record reader, on whole, damaged and odd files alike."""

from __future__ import annotations

import datetime as dt
import io
import random
from pathlib import Path

import pytest

from benchmarks.payments import Payment, Statement
from benchmarks.writers.mt940 import Dialect, write_mt940, write_mt942
from parsers.documents import Document
from parsers.formats import swift_mt940
from parsers.profile import Profile
from parsers.sources import Source
from parsers.swift import columns as swift_columns
from parsers.swift import fields
from tests.columns import assert_same, damaged
from tests.conftest import FIXTURES
from tests.test_dialects import MT940

INPUTS = sorted(path for path in FIXTURES.glob("swift_mt940/**/*") if path.is_file() and path.suffix != ".jsonl")
DAY = dt.date(2026, 11, 9)
IBAN = "DE02120300000000202051"
NAMES = ("Koskela Oy", "Muster Maschinenbau GmbH & Co. KG Zweigniederlassung", "", "Łódź Sp. z o.o.", "A" * 27, "B.V. De Vries", "Skov A/S", "ACME INC/OGB/FIRST BANK")
TEXTS = (
    "Rechnung RE2026/10455", "", " INV-7  two  blanks ", "RF71 0000 0026 0209 danke", "RF18539007547034", "+++010/8068/17183+++", "***010/8068/17183***",
    "210000000003139471430009017", "21 00000 00003 13947 14300 09017", "Müller & Söhne", "NOTPROVIDED", "x" * 300, "1" * 60, "Rechnung 4711, 4712; 4713",
    "a question? Yes", "EREF+ is what you want", "KREF+K-1", "MTLG:Hallo", "less -2%, thank you: all paid", "betalingskenmerk 1004510036716378", "/REMI/",
    "KID 12345678903", "Ocr-nr: 1234 5682", "viite 1234561", "Kid 12345678904", "ISSUER: BBA REF: 010806817183", "+71<012345678901237+12345678<",
)
LIKELY = b"?+/:,-\n\r @0CDN86"


@pytest.fixture(autouse=True)
def _small_blocks_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swift_columns, "BYTES_MIN", 0)


def payment(chance: random.Random, number: int) -> Payment:
    kind = chance.choices(("plain", "out", "return", "fee", "charged", "reference", "check", "interest"), (60, 10, 4, 4, 4, 6, 4, 2))[0]
    amount = chance.choice((chance.randrange(1, 10**7), 1, 10**11, 10**13))
    value = DAY + dt.timedelta(days=chance.randrange(3))
    own = chance.choice((f"E2E-{number}", "notprovided", "", "R" + "7" * chance.randrange(40)))
    said = Payment(
        amount, DAY, value, f"HK{number:08d}", "EUR", own, rail=chance.choice(("sepa", "sepa", "wire")), payer_name=chance.choice(NAMES),
        payer_account=chance.choice(("DE89370400440532013000", IBAN, "", "44070011")), payer_bank=chance.choice(("COBADEFFXXX", "", "10020030")),
        text=chance.choice(TEXTS) if number % 3 else f"Invoice INV-2026-{number:07d} of 3 January",
    )
    changed = {
        "out": {"amount_minor": -amount, "kind": "disbursement"},
        "return": {"amount_minor": -amount, "kind": "return", "return_reason": "AM04 no funds", "original_reference": f"O-{number}"},
        "fee": {"amount_minor": -1250, "kind": "fee", "payer_name": "", "payer_account": ""}, "charged": {"fee_minor": 500},
        "reference": {"structured_reference": chance.choice(("RF71000000260209", "RF00000000260209"))},
        "check": {"kind": "lockbox_deposit", "check_number": f"{1000 + number}"}, "interest": {"kind": "interest", "text": ""},
    }
    return said._replace(**changed.get(kind, {}))


def written(count: int, seed: int = 1, statements: int = 3, dialect: Dialect = "german", *, interim: bool = False) -> bytes:
    chance, size, out = random.Random(seed), count // statements, io.StringIO(newline="")
    balance, every = 1_000_000, []
    for start in range(0, size * statements, size):
        payments = [payment(chance, number) for number in range(start, start + size)]
        every.append(Statement(IBAN, DAY, balance, payments, "EUR", f"ST-{start}", start + 1, DAY))
        balance = every[-1].closing_minor
    (write_mt942 if interim else write_mt940)(out, every, dialect)
    return out.getvalue().encode()


def compared(content: bytes | Path, block_bytes: int = fields.BLOCK_BYTES, **profile: str) -> Document:
    """The columns, read in blocks of this size, against the records of the file as a whole."""
    source = Source(content)
    expected = list(swift_mt940.parse(source, Profile(**profile)))
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(fields, "BLOCK_BYTES", block_bytes)
        found = list(swift_mt940.parse_columns(source, Profile(**profile)))
    return assert_same(found, swift_mt940.NAME, expected)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixtures(path: Path) -> None:
    compared(path)
    compared(path.read_bytes() * 3)


@pytest.mark.parametrize("block_bytes", [60, 500])
@pytest.mark.parametrize("path", [path for path in INPUTS if path.stem != "at_separated"], ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixtures_in_blocks(path: Path, block_bytes: int) -> None:
    """Whether fields are parted by `@@` is settled by block, so a file of these is read whole."""
    compared(path.read_bytes() * 2, block_bytes)


@pytest.mark.parametrize(("bank", "entry", "details", "_told"), MT940, ids=[row[0] for row in MT940])
def test_dialects_of_banks(bank: str, entry: str, details: str, _told: object) -> None:
    compared(f":20:{bank}\n:25:1\n:28C:1/1\n:60F:C261108EUR0,\n:61:{entry}\n:86:{details}\n:62F:C261109EUR1,\n".encode())


@pytest.mark.parametrize("interim", [False, True])
@pytest.mark.parametrize("dialect", ["german", "slash"])
def test_twenty_thousand_entries(dialect: Dialect, interim: bool) -> None:
    assert compared(written(20_000, dialect=dialect, interim=interim), 1_000_000).lines.height >= 19_900


@pytest.mark.parametrize("dialect", ["german", "slash"])
@pytest.mark.parametrize("block_bytes", [200, 1000, 7_777, 50_000])
def test_blocks_of_any_size(dialect: Dialect, block_bytes: int) -> None:
    compared(written(600, 7, dialect=dialect), block_bytes)


@pytest.mark.parametrize("line_end", [b"\n", b"\r", b"\r\n", b"@@", b"\r\r\n", b"\n\n"])
def test_line_ends(line_end: bytes) -> None:
    compared(written(300, 9).replace(b"\r\n", line_end))
    compared(written(300, 9, dialect="slash").replace(b"\r\n", line_end, 900))


@pytest.mark.parametrize(("old", "new"), [
    (b"EUR", b"USD"), (b"EUR", b"JPY"), (b"EUR", b"KWD"), (b"EUR", b"XXX"), (b",00N", b",N"), (b"?20", b"?25"), (b"?32", b"?60"), (b"?31", b"?38"),
    (b"?00", b"?0\r\n0"), (b"?", b"~"), (b"166?", b"?"), (b"?10", b"?1"), (b"?109200", b"?100012345678"), (b"NTRF", b"NMSC"), (b"NTRF", b"NCHK"),
    (b"NTRF", b"N TF"), (b"NTRF", b"S103"), (b"2611091109", b"261109"), (b"2611091109", b"261109    "), (b"2611091109", b"2611311131"),
    (b"C1", b"RC1"), (b"C1", b"ED1"), (b"C1", b"CR1"), (b"C1", b"c1"), (b"C1", b"C.1"), (b":86:", b":86: "), (b":86:166", b":NS:01166"),
    (b":86:166", b":86:\r\n166"), (b"GUTSCHRIFT", b"RETOURE"), (b"GUTSCHRIFT", b"Gutschrift  2"), (b"Invoice", b"In\xe9voice"), (b"Invoice", "Iñvoice".encode()),
    (b"Invoice", b"In\x00voice"), (b"Invoice", b"\r\n-\r\n"), (b"Invoice", b"\r\n:99:\r\n"), (b"NONREF", b"KREF+"), (b"NONREF", b"INV-1"), (b"NONREF", b""), (b"//HK", b"/HK"),
    (b"//HK", b"////HK"), (b"//HK", b"\r\n//HK"), (b"//HK", b"\r\nfurther //HK"), (b":62F:", b":62M:"), (b":61:", b":20:X\r\n:61:"), (b"-\r\n:20:", b":20:"),
    (b":28C:", b":NS:"), (b"SVWZ+", b"SVWZ+ABWA+X"), (b"SVWZ+", b"OAMT+EUR3,00"), (b"SVWZ+", b"IBAN+DE1"), (b"SVWZ+", b""), (b"EREF+", b"EREF+EREF+"),
])
def test_oddities(old: bytes, new: bytes) -> None:
    """In every entry that has it, and in one of many."""
    content = written(240, 5)
    assert old in content
    compared(content.replace(old, new), 15_000)
    middle = len(content) // 2
    compared(content[:middle] + content[middle:].replace(old, new, 1), 15_000)


@pytest.mark.parametrize(("old", "new"), [
    (b"/NAME/", b"/ORDP/"), (b"/NAME/", b"/CNTP/"), (b"/REMI/USTD//", b"/REMI/"), (b"/REMI/", b"/EREF/"), (b"/REMI/", b"/PY/"), (b"/REMI/USTD//", b"/RFB/"), (b"/NAME/", b"/ORDP/NAME/"), (b"/TRTP/", b"/PT/"),
    (b"/REMI/USTD//", b"/REMI/STRD/ISO/"), (b"/EREF/", b"/PREF/"),
    (b"/EREF/", b"//"), (b"/TRTP/", b""), (b"/TRTP/", b"SEPA /TRTP/"), (b"/IBAN/", b"/RTRN/MD06/IBAN/"), (b"/BIC/", b"/NAME/X/BIC/"), (b"/REMI/", b"/OCMT/EUR5,00/REMI/"),
    (b":86:/", b":86:NL91ABNA0417164300 x\r\n/"), (b"GUTSCHRIFT", b"GUT /NAME/ SCHRIFT"), (b"Invoice", b"CUR 9001123412341234"),
    (b":86:/TRTP/", b":86:ORIG CO NAME:ACME INC ID:/"), (b":86:/TRTP/", b":86:FEE /"), (b":86:/TRTP/", b":86:Zahlung REK: NL1/NAAM: X "),
])
def test_oddities_among_code_words(old: bytes, new: bytes) -> None:
    content = written(240, 5, dialect="slash")
    assert old in content
    compared(content.replace(old, new), 15_000)
    compared(content.replace(old, new, 7), 15_000)


@pytest.mark.parametrize("dialect", ["german", "slash"])
@pytest.mark.parametrize("seed", range(4))
def test_damage(dialect: Dialect, seed: int) -> None:
    content = written(90, seed, dialect=dialect, interim=seed == 3)
    for each in damaged(content, seed, 12, LIKELY):
        compared(each, 5000 if seed % 2 else fields.BLOCK_BYTES, encoding="cp1252")


@pytest.mark.parametrize("dialect", ["german", "slash"])
def test_most_entries_are_read_in_columns(dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one, alone = swift_columns.statement.entry, []
    monkeypatch.setattr(swift_columns.statement, "entry", lambda *given: alone.append(given) or one_by_one(*given))
    plain = [Payment(100 + number, DAY, DAY, f"HK{number}", "EUR", f"E-{number}", payer_name="Koskela Oy", text=f"Invoice {number}") for number in range(500)]
    out = io.StringIO(newline="")
    write_mt940(out, [Statement(IBAN, DAY, 0, plain, "EUR")], dialect)
    assert sum(part.lines.height for part in swift_mt940.parse_columns(Source(out.getvalue().encode()), Profile())) == 500
    assert not alone
