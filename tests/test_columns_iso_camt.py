"""camt in columns: the documents of the columnar reader are those of the record reader, on whole, damaged and odd files alike."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.payments import Payment, Statement, Told
from benchmarks.writers import camt
from parsers import documents
from parsers.documents import Document
from parsers.formats import iso_camt
from parsers.iso import columns as iso_columns
from parsers.profile import Profile
from parsers.sources import Source
from parsers.xml import records, runs
from tests.conftest import FIXTURES

IBAN = "DE02120300000000202051"
INPUTS = sorted(path for path in FIXTURES.glob("iso_camt/**/*") if path.is_file() and path.suffix != ".jsonl")
ENTRY = re.compile(rb"\s*<((?:\w+:)?Ntry)>.*?</\1>", re.DOTALL)
TEXT = re.compile(rb">[^<>]+<")
ODD = [*(bytes([letter]) for letter in b"0123456789ABZnN.-+ \n\t'\x7f"), "é".encode(), b"&amp;", b"\xe9", b">"]
AMOUNTS = ("100", "100.0", "100.00", "12.5", ".5", "0.005", "00012.30", "99999999999.99", "999999999999999", "9999999999999", "1e3", "-5.00", "+5.00",
           "1,00", "5.", "12345678.9", "123456789.01", "0.0001", "1.230", " 7.00", "7.00 ", "", "0", "123456789012", "1.1.1", "1..1")
DAY = dt.date(2026, 11, 9)
TEXTS = ("Rechnung RE2026/10455", "", " INV-7  two  blanks ", "RF71 0000 0026 0209 danke", "+++010/8068/17183+++", "Müller & Söhne <x>",
         "Ελλάδα 12", "a\nb\tc", "NOTPROVIDED", "Оплата 77", "x" * 300, "'quoted' \"twice\" &amp; once",
         "KID 12345678903", "ocr 12345682", "Kid 12345678904", "210000000003139471430009017", "Rechnung 21 00000 00003 13947 14300 09017")


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "RECORDS_MIN", 8)
    monkeypatch.setattr(iso_columns, "RECORDS_MIN", 8)


def payments(count: int, seed: int) -> list[Payment]:
    chance = random.Random(seed)
    return [payment(chance, number) for number in range(count)]


def payment(chance: random.Random, number: int) -> Payment:
    kind = chance.choices(("plain", "out", "return", "fee", "charged", "document", "reference", "batch", "bare"), (60, 8, 4, 4, 4, 4, 4, 2, 4))[0]
    amount = chance.choice((chance.randrange(1, 10**7), 1, 10**11))
    value = DAY + dt.timedelta(days=chance.randrange(3))
    said = Payment(amount, DAY, value, f"HK{number:08d}", "EUR", chance.choice((f"E2E-{number}", "notprovided", "")), rail="sepa",
                   payer_name=chance.choice(("Koskela Oy", "Müller & Söhne", "", "Łódź Sp. z o.o.", "NOTPROVIDED", "Not provided", "Nonesuch Ltd")),
                   payer_account=chance.choice(("DE89370400440532013000", IBAN, "", "4407 0011")), text=chance.choice(TEXTS))
    changed = {
        "out": {"amount_minor": -amount, "kind": "disbursement"},
        "return": {"amount_minor": -amount, "kind": "return", "return_reason": "AM04 no funds", "original_reference": f"O-{number}"},
        "fee": {"amount_minor": -1250, "kind": "fee", "payer_name": "", "payer_account": ""},
        "charged": {"fee_minor": 500}, "document": {"remittance": (Told(f"INV-{number}", amount),)},
        "reference": {"structured_reference": chance.choice(("RF71000000260209", "RF00000000260209"))},
        "batch": {"details": tuple(said._replace(amount_minor=part, details=()) for part in (amount - amount // 3, amount // 3))},
        "bare": {"payer_name": "", "payer_account": "", "text": ""},
    }
    return said._replace(**changed.get(kind, {}))


def written(count: int = 240, seed: int = 1, statements: int = 2, version: camt.Version = "08", message: camt.Message = "053") -> bytes:
    every = payments(count, seed)
    size = count // statements
    out = io.StringIO(newline="")
    camt.write_camt(out, [Statement(IBAN, DAY, 1_000_000, every[start : start + size], "EUR", f"ST-{start}", start + 1, DAY)
                          for start in range(0, count, size)], message, version)
    return out.getvalue().encode()


def columns(content: bytes | Path) -> list[Document]:
    return list(iso_camt.parse_columns(Source(content), Profile()))


def assert_equal(content: bytes | Path) -> Document:
    found = documents.joined(columns(content))
    expected = documents.drain(iso_camt.NAME, iso_camt.parse(Source(content), Profile()))
    assert found.lines.schema == expected.lines.schema
    for name in documents.LINES:
        assert found.lines[name].to_list() == expected.lines[name].to_list(), name
    assert found.remittance.equals(expected.remittance)
    assert found.statements == expected.statements
    assert list(found.controls) == list(expected.controls)
    assert found.issues == expected.issues
    assert replace(found, lines=expected.lines, remittance=expected.remittance) == replace(expected)
    return found


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixtures(path: Path) -> None:
    assert_equal(path.read_bytes())


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_fixtures_with_each_entry_many_times(path: Path) -> None:
    """So that every shape of the fixtures comes to be read in columns; their texts muddled, too."""
    content = path.read_bytes()
    many = ENTRY.sub(lambda found: found[0] * 40, content) if len(content) < 100_000 else content
    assert_equal(many)
    chance = random.Random(path.name)
    assert_equal(TEXT.sub(lambda found: muddled(found[0], chance), many))


def muddled(text: bytes, chance: random.Random) -> bytes:
    """A text between two tags, in one of ten cases with another character in it."""
    place = chance.randrange(1, len(text) - 1)
    return text[:place] + chance.choice(ODD) + text[place + 1 :] if chance.random() < 0.1 else text


@pytest.mark.parametrize("reference", [b"A&amp;B-7", b"A\x7f7\x7f", b" two  blanks ", "Ä-7".encode(), b"a\tb", b"NOT&amp;PROVIDED"])
def test_odd_texts_of_leaves_that_are_two_fields(reference: bytes) -> None:
    """The end-to-end id of a payment is what its return takes back."""
    content = re.sub(rb"(?<=<EndToEndId>)[^<]*", lambda _: reference, written())
    assert content.count(reference) > 200
    assert_equal(content)


@pytest.mark.parametrize("own", [IBAN, "", "Ä1", "9" * 65])
def test_statements_begin_with_entries_in_columns(own: str) -> None:
    """The currency of the first entry is the statement's where its head names none; odd account numbers of ours are read one by one."""
    head = re.compile(rb"<Acct>.*?</Acct>", re.DOTALL)
    content = head.sub(f"<Acct><Id><Othr><Id>{own}</Id></Othr></Id></Acct>".encode(), written(statements=8))
    found = assert_equal(re.sub(rb"<Bal>.*?</Bal>", b"", content, flags=re.DOTALL))
    assert {statement.opened.currency for statement in found.statements} == {"EUR"}


@pytest.mark.parametrize("message", ["053", "054"])
@pytest.mark.parametrize("version", ["02", "08"])
@pytest.mark.parametrize("block", [None, 1_000, 20_000, 77_777])
def test_generated(version: camt.Version, message: camt.Message, block: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if block:
        monkeypatch.setattr(records, "BLOCK_BYTES", block)
    assert assert_equal(written(version=version, message=message)).lines.height > 240


@pytest.mark.parametrize("statements", [24, 60, 320])
def test_many_small_statements_are_few_documents(statements: int) -> None:
    content = written(960, statements=statements)
    assert len(assert_equal(content).statements) == statements
    assert len(columns(content)) <= 3


def plain(count: int) -> bytes:
    """Entries of one shape."""
    payments = [Payment(100 + number, DAY, DAY, f"HK{number}", "EUR", f"E-{number}", payer_name="Koskela Oy") for number in range(count)]
    out = io.StringIO(newline="")
    camt.write_camt(out, [Statement(IBAN, DAY, 0, payments, "EUR")])
    return out.getvalue().encode()


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CLF", "XXX"])
def test_amounts(currency: str) -> None:
    written_as = itertools.cycle(AMOUNTS)

    def amounts(entry: re.Match[bytes]) -> bytes:
        text = next(written_as).encode()
        return re.sub(rb'(<Amt Ccy="EUR">)[^<]*', lambda found: found[1] + text, entry[0])

    assert_equal(ENTRY.sub(amounts, plain(400)).replace(b"EUR", currency.encode()))


@pytest.mark.parametrize(("old", "texts"), [
    (b"HK", ("none", "NOTPROVIDED", "notprovided", "N/A", "n", "NONE1", " NONE ", "NONREF", "")),
    (b"<BookgDt><Dt>2026-11-09", ("<BookgDt><Dt>", "<BookgDt><Dt>2026-02-30", "<BookgDt><Dt>2026-11-9", "<BookgDt><Dt>2026-11-10")),
    (b">CRDT<", (">DBIT<", ">CRDT<", "><", ">crdt<")), (b">BOOK<", (">INFO<", ">PDNG<", "><", ">FUTR<", ">book<")),
    (b">ESCT<", (">UPDD<", ">CHRG<", "><", ">PRDD<", "> ESCT<")), (b"Koskela Oy", (" Koskela", "Kos&amp;kela ", "Łódź", "Ko\nskela", "", "Oy\u00a0")),
])
def test_texts(old: bytes, texts: tuple[str, ...]) -> None:
    other = itertools.cycle(texts)
    assert_equal(re.sub(old, lambda found: found[0] if found.start() % 3 else next(other).encode(), plain(400)))


def test_most_entries_are_read_in_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    one_by_one = iso_camt.records_of
    monkeypatch.setattr(iso_camt, "records_of", lambda reading, piece: read.append(piece) or one_by_one(reading, piece))
    assert documents.joined(columns(plain(500))).lines.height == 500
    assert sum(isinstance(piece, records.Record) for piece in read) < 50


@pytest.mark.parametrize(("old", "new"), [
    (b"</Ntry>\n<Ntry>", b"</Ntry>\r\n<Ntry>"), (b"\n", b"\r"), (b"</Ntry>\n<Ntry>", b"</Ntry><Ntry>"), (b"<Ntry>", b"  <Ntry>"), (b"\n", b"\r\n"),
    (b"><", b">\n  <"), (b"</Ntry>", b"</Ntry><!-- -->"), (b"CRDT", b" CRDT"), (b"<Sts><Cd>BOOK</Cd></Sts>", b"<Sts><Cd>PDNG</Cd></Sts>"),
    (b"BookgDt><Dt>2026-11-09<", b"BookgDt><DtTm>2026-11-09T10:00:00<"), (b"2026-11-10<", b"2026-02-30<"), (b"2026-11-10<", b" 2026-11-10<"),
    (b"2026-11-10<", b"<"), (b"Koskela", b"Ko&#65;skela"), (b"Koskela", b"Ko&eacute;skela"), (b"Koskela", b"Ko\xe9skela"), (b"Koskela", b"Ko\x01skela"),
    (b"Koskela", "Ko\u00a0skela\u2003".encode()), (b"Koskela", "Ko\uffffskela".encode()), (b"Koskela", b"Ko\x1e\x1fskela"), (b"Koskela", b"TxDtls>"),
    (b">1000000000.00<", b">1<"), (b">1000000000.00<", b">-1.00<"), (b">1000000000.00<", b">1.001<"), (b">1000000000.00<", b">99999999999999.99<"),
    (b"EUR", b"JPY"), (b"EUR", b"XYZ"), (b"EUR", b"KWD"), (b"<Ntry>", b"<Ntry><RvslInd>true</RvslInd>"), (b"<Ntry>", b"<Ntry><NtryRef>123</NtryRef>"),
    (b"</Ntry>", b"<AddtlNtryInf>more of it</AddtlNtryInf></Ntry>"), (b'<TxAmt><Amt Ccy="EUR">', b'<TxAmt><Amt Ccy="USD">'),
    (b"UTF-8", b"ISO-8859-1"), (b"UTF-8", b"US-ASCII"), (b"Ntry>", b"n:Ntry>"), (b"<TtlAmt", b"<!-- x --><TtlAmt"), (b"</Ntry>", b"</Ntry >"),
    (b"<Ntry>", b"<Ntry>x"), (b"<Ntry>", b"x<Ntry>"), (b"</Nm>", b"</Nm><Nm/>"), (b"Koskela Oy</Nm>", b"</Nm>"), (b"ESCT", b""), (b"BOOK", b"booked"),
])
def test_dialects(old: bytes, new: bytes) -> None:
    content = written()
    assert old in content
    assert_equal(content.replace(old, new))
    middle = len(content) // 2
    assert_equal(content[:middle] + content[middle:].replace(old, new, 1))


@pytest.mark.parametrize("seed", range(16))
def test_damage(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(records, "BLOCK_BYTES", chance.choice((5_000, 50_000, 4_000_000)))
    content = bytearray(written(150, seed))
    for _ in range(chance.randrange(1, 4)):
        place = chance.randrange(len(content))
        content[place] = chance.choice((chance.randrange(256), *b"<>&/! \n0"))
    assert_equal(bytes(content))
    assert_equal(bytes(content[: chance.randrange(len(content))]))
