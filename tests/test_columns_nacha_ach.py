"""NACHA in columns: the documents of the columnar reader are those of the record reader, on whole, damaged and odd files alike."""

from __future__ import annotations

import datetime as dt
import io
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.payments import Payment, Told
from benchmarks.writers import nacha as nacha_writer
from parsers.documents import Document
from parsers.formats import nacha_ach
from parsers.nacha import batch as nacha_batch
from parsers.nacha import columns, plain
from parsers.nacha.records import whole_entries
from parsers.nacha.statements import BatchControls
from parsers.profile import Profile
from parsers.records import Control, Span
from parsers.sources import LINE_BYTES_MAX, Source, SourceError
from tests.columns import assert_same, damaged
from tests.conftest import FIXTURES
from tests.test_nacha_ach import HEADER, RETURN, batch_header, batch_of, entries, entry, note, record, whole

INPUTS = sorted(path for path in FIXTURES.glob("nacha_ach/**/*") if path.is_file() and path.suffix != ".jsonl")
DAY = dt.date(2026, 11, 9)
LIKELY = b"\r\n 0569789ABx*\\~\x00\xc3\x1d\x7f"
BLOCKS = [None, 500, 9_999, 95_000]


@pytest.fixture(autouse=True)
def _short_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "RECORDS_MIN", 2)


def assert_equal(content: bytes, profile: Profile | None = None) -> Document:
    source, profile = Source(content), profile or Profile()
    return assert_same(nacha_ach.parse_columns(source, profile), nacha_ach.NAME, nacha_ach.parse(source, profile))


def payments(count: int, seed: int) -> list[Payment]:
    chance = random.Random(seed)
    payers = [(f"{name} {number}", f"0{chance.randrange(10**7):07}") for number, name in enumerate(("Cedar Logistics", "Juniper Market", "Oak & Ash", "Elm-Süd") * 3)]
    found: list[Payment] = []
    while len(found) < count:
        payer, bank = chance.choice(payers)
        shape = chance.choices(("silent", "text", "line", "lines", "return", "odd lines"), (20, 30, 20, 10, 10, 10))[0]
        found += [payment(chance, len(found) + nth, payer, bank, shape) for nth in range(chance.randint(1, 20))]
    return found[:count]


def payment(chance: random.Random, number: int, payer: str, bank: str, shape: str) -> Payment:
    amount = chance.choice((chance.randrange(1, 10**7), 1, 10**10 - 1, 0))
    said = Payment(amount, DAY, DAY, f"{bank}{number:07}", customer_reference=chance.choice((f"E2E-{number}", "", "two  words")), rail="ach", payer_name=payer)
    rest, credit = amount // 3, chance.randrange(1, 9999)
    lines = {
        "line": (Told(f"INV-{number}", amount),), "lines": (Told(f"INV-{number}", amount - rest), Told(f"INV-{number}/2", rest)),
        "odd lines": chance.choice((
            (Told(f"INV-{number}", amount, discount_minor=150),), (Told(f"INV-{number}", amount + credit), Told("CM-1", -credit)),
            (Told(f"INV-{number}", amount, deduction_minor=70, deduction_reason="01"),), (Told(f"INV-{number}", amount + 1), Told("INV-X", 0)))),
    }
    if shape == "return":
        return said._replace(amount_minor=-amount, kind="return", payer_account=f"{chance.choice(('091400046', '091400047'))}/55443322", text=chance.choice(("", "NO FUNDS")),
                             return_reason=chance.choice(("R01", "R03", "R15", "R68", "R73", "R99")), original_reference="121007010000318")
    return said._replace(remittance=lines.get(shape, ()), text=chance.choice(("INVOICE 4711", " two  blanks", "REF 12", "ST*1", " RMR*IV*X**5\\")) if shape == "text" else "")


def written(count: int, seed: int = 1) -> bytes:
    out = io.StringIO(newline="")
    nacha_writer.write_nacha(out, payments(count, seed), created=DAY, company="Larkspur Trading", routing="121007018", account="4407001122")
    return out.getvalue().encode()


def test_controls_in_columns_tell_those_that_do_not_tie() -> None:
    first, second = Span(4, 300, 395), Span(9, 760, 855)
    controls = BatchControls(
        [first, second],
        stated=np.array([[2, 18280008, 0, 900, 200, 1], [3, 18280008, 50, 901, 200, 2]]),
        computed=np.array([[2, 18280008, 0, 900, 200, 1], [3, 18280008, 50, 900, 200, 2]]),
    )
    assert list(controls.untied()) == [Control(second, "batch 2 credit total", 901, 900, "USD")]
    assert list(controls)[:3] == [
        Control(first, "batch 1 entry and addenda count", 2, 2), Control(first, "batch 1 entry hash", 18280008, 18280008),
        Control(first, "batch 1 debit total", 0, 0, "USD"),
    ]
    assert controls.frame().rows() == [(c.span.line, c.name, c.stated, c.computed, c.currency) for c in controls]


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FIXTURES)))
@pytest.mark.parametrize("block", BLOCKS)
def test_fixtures(path: Path, block: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BLOCK_BYTES", block or columns.BLOCK_BYTES)
    assert_equal(path.read_bytes())


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("account", ["", "OPERATING"])
def test_generated(block: int | None, account: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BLOCK_BYTES", block or columns.BLOCK_BYTES)
    document = assert_equal(written(600), Profile(account=account))
    assert document.lines.height == 600
    assert document.remittance.height > 100


def test_twenty_thousand_entries_are_read_in_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "RECORDS_MIN", 512)
    monkeypatch.setattr(columns, "BLOCK_BYTES", 1_000_000)
    plain_ones = [said for said in payments(24_000, seed=2) if said.kind != "return" and said.amount_minor]
    out = io.StringIO(newline="")
    nacha_writer.write_nacha(out, plain_ones, created=DAY, company="Larkspur Trading", routing="121007018", account="4407001122")
    content = out.getvalue().encode()
    found = assert_equal(content)
    assert found.lines.height == len(plain_ones)
    one_by_one: list[object] = []
    read = nacha_batch.entry_records
    monkeypatch.setattr(nacha_batch, "entry_records", lambda *arguments: one_by_one.append(arguments) or read(*arguments))
    assert sum(part.lines.height for part in nacha_ach.parse_columns(Source(content), Profile())) == len(plain_ones)
    assert len(one_by_one) < len(plain_ones) / 50


# what stands in the file -> what stands there instead
DIALECTS = [
    (b"\n", b"\r\n"), (b"\n", b"\r"), (b"\n", b""), (b"\n", b"\n\n"), (b"   \n", b"\n"), (b"\n", b"      \n"), (b"\n622", b"622"),
    (b"PPDPAYMENT ", b"WEBREVERSAL"), *((b"PPD", name) for name in (b"TEL", b"ARC", b"POP", b"TRC", b"CIE", b"MTE", b"SHR", b"IAT", b"ADV", b"COR", b"   ")),
    (b"CTX", b"TRX"), (b"CCD", b"CTX"), (b"\n622", b"\n627"), (b"\n622", b"\n632"), (b"\n622", b"\n623"), (b"\n622", b"\n655"), (b"\n622", b"\n62X"), (b"\n622", b"\n621"),
    (b"121007018", b"121007019"), (b"4407001122", b"XXXXXXXXXX"), (b"4407001122", b"          "), (b"4407001122", b"44 7001122"), (b"\n705", b"\n702"), (b"\n705", b"\n798"),
    (b"\n705", b"\n799"), (b"\n799", b"\n798"), (b"\n799", b"\n705"), (b"\n822", b"\n522"), (b"\n822", b"\n8 2"), (b"\n5225", b"\n5200"), (b"\n5220", b"\n5225"), (b"\n5", b"\n9"), (b"\n8", b"\n7"),
    (b"261109261109313", b"      260230   "), (b"261109261109313", b"261109     1314"), (b"Larkspur Trading", b"                "), (b"Larkspur Trading", b"0000000000000000"),
    (b"Cedar", b"C\xc3\xa9ar"), (b"Cedar", b"C\xe9dar"), (b"Cedar", b"Ce\x01ar"), (b"Cedar", b"Ced\x7fr"), (b"Cedar", b"C\x00dar"), (b"INVOICE", b"INVO CE"), (b"INVOICE", b"IN  ICE"), (b"INVOICE", b"IN\tOICE"),
    (b"*", b"|"), (b"\\", b"~"), (b"\\", b"^"), (b"\\", b" "), (b"RMR*", b"ADX*"), (b"RMR*IV", b"RMR*CM"), (b"**", b"*PO*"), (b"**", b"* *"), (b"**", b"*"), (b"INV-", b"I~V-"), (b"TRN*1", b"NTE**"),
    (b"N1*PR", b"N1* PR"), (b"REF*TN", b"REF*CK"), (b"DTM*", b"DTM **"), (b"ENT*1", b"ENT*2"), (b"ISA*", b"ISB*"), (b"ISA*", b"I A*"), (b"ST*820", b"ISA*20"), (b"SE*", b"REF*"), (b".", b","),
]


@pytest.mark.parametrize(("old", "new"), DIALECTS)
def test_dialects(old: bytes, new: bytes) -> None:
    content = written(300, seed=3)
    assert old in content
    assert_equal(content.replace(old, new))
    middle = len(content) // 2
    assert_equal(content[:middle] + content[middle:].replace(old, new, 1))


@pytest.mark.parametrize("seed", range(12))
def test_damage(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BLOCK_BYTES", random.Random(seed).choice((1_000, 20_000, 8_000_000)))
    for content in damaged(written(80, seed), seed, 10, LIKELY):
        assert_equal(content)


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_damaged_fixtures(path: Path) -> None:
    for content in damaged(path.read_bytes(), len(path.name), 6, LIKELY):
        assert_equal(content)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries, st.integers(0, 30), st.sampled_from(["", "OPERATING"]), st.sampled_from([200, 1_000, 8_000_000]))
def test_any_entries(drawn: list[tuple[str, int, str, str, str | None, str]], repeat: int, account: str, block: int) -> None:
    content = "".join(f"{line}\n" for line in batch_of([*drawn, *(drawn[-1:] * repeat)])).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "BLOCK_BYTES", block)
        assert_equal(content, Profile(account=account))


# the places at which a statement opens in the middle of a batch, or a batch in the middle of a file
SEQUENCES = {
    "accounts that change": whole(batch_header(), *(entry(number=n, account=account) for n, account in enumerate(("998877", "998877", "55", "998877", "XX", "55"), 1))),
    "a return between entries": whole(batch_header(), entry(), entry("26", 500, number=2, addenda=True), RETURN.format(""), entry(number=3)),
    "a batch of returns": whole(batch_header(), entry("26", 500, number=1, addenda=True), RETURN.format("TEXT"), entry("21", 500, number=2, addenda=True), RETURN.format("")),
    "traces that descend": whole(batch_header(), entry(number=5), entry(number=4), entry(number=5)),
    "addenda of another entry": whole(batch_header(), entry(addenda=True), note("ONE", number=2), entry(number=2, addenda=True), note("TWO", number=2)),
    "addenda out of order": whole(batch_header(), *(r for n in range(1, 5) for r in (entry(number=n, addenda=True), note("B", 2, n), note("A", 1, n), note("C", 3, n)))),
    "several addenda": whole(batch_header(), *(r for n in range(1, 5) for r in (entry(number=n, addenda=True), note("A  ", 1, n), note("  B", 2, n), note("", 3, n)))),
    "addenda in blanks": whole(batch_header(), entry(addenda=True), note(""), entry(number=2, addenda=True), note("RMR*IV*1**980\\", number=2)),
    "no entries": whole(batch_header()),
    "a batch of another class": [*whole(batch_header(), entry())[:-1], batch_header("IAT"), *whole(batch_header(), entry(number=2))[2:]],
    "two files": [*whole(batch_header(), entry()), *whole(batch_header(), entry(number=2), header=HEADER.replace("260130", "260131"))],
    "filling between": [*whole(batch_header(), entry()), *["9" * 94] * 5, *whole(batch_header(), entry())],
    "no header": whole(batch_header(), entry(), entry(number=2))[1:],
    "blank records": [part for line in whole(batch_header(), entry(), entry(number=2)) for part in (line, record(""))],
}


@pytest.mark.parametrize("name", SEQUENCES)
@pytest.mark.parametrize("copies", [1, 7])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("block", [None, 400])
def test_sequences(name: str, copies: int, end: str, block: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "BLOCK_BYTES", block or columns.BLOCK_BYTES)
    first, *middle, last = SEQUENCES[name]
    assert_equal("".join(f"{line}{end}" for line in (first, *middle * copies, last)).encode())


def test_a_line_without_end_is_not_read() -> None:
    with pytest.raises(SourceError, match="longer than"):
        list(nacha_ach.parse_columns(Source(HEADER.encode() + b"\n" + b"6" * (LINE_BYTES_MAX + 5_000_000)), Profile()))


def test_one_odd_line_leaves_the_others_together() -> None:
    records = whole(batch_header(), *(entry(number=n) for n in range(1, 2_000)))
    records[1_000] = records[1_000].replace("SELLER INC ", "SELLER KÖLN")
    content = "".join(f"{line}\n" for line in records).encode()
    cut = [len(stretch.kinds) for stretch, _ in whole_entries(Source(content), columns.BLOCK_BYTES)]
    assert cut == [1_000, 1, len(records) - 1_001]
    assert assert_equal(content).lines.height == 1_999
