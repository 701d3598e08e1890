"""The contract of a format, run over every fixture: recognised by one, goldens hold, no byte lost, no damage raises.

`fixtures/<folder>/<file>` has its records in `<file>.jsonl`; `fixtures/<folder>/broken/` is the gallery of errors, held the
same way. The folder is named after the module in `parsers/formats`.
"""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

import pytest

from parsers import records, registry
from parsers.documents import drain
from parsers.profile import Profile
from parsers.sources import Source, open_source
from tests.conftest import FIXTURES

MODULES = {module.__name__.rpartition(".")[2]: module for module in registry.all_formats().values()}
INPUTS = sorted(p for folder in MODULES for p in FIXTURES.glob(f"{folder}/**/*") if p.is_file() and p.suffix != ".jsonl")
WHOLE = [p for p in INPUTS if p.parent.name != "broken"]
LINE_FORMATS_SKIP_BYTES = b"\r\n \t\0\x1a"


def name_of(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


def format_of(path: Path) -> registry.Format:
    return MODULES[path.relative_to(FIXTURES).parts[0]]


def read(path: Path, content: bytes | None = None) -> list[records.Record]:
    sources = [Source(content)] if content is not None else open_source(path.read_bytes())
    return [record for source in sources for record in format_of(path).parse(source, Profile())]


def as_json(record: records.Record) -> str:
    """The record's name and what it says, leaving out what is empty."""
    def plain(value: object) -> object:
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, records.RemittanceLine):
            return told(value)
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        return value

    def told(item: records.Record | records.RemittanceLine) -> dict[str, object]:
        return {k: plain(v) for k, v in item._asdict().items() if v not in (None, "", ())}

    return json.dumps({"record": type(record).__name__} | told(record), ensure_ascii=False)


@pytest.mark.parametrize("path", INPUTS, ids=name_of)
def test_records_equal_the_golden(path: Path, update_goldens: bool) -> None:
    golden = path.with_name(path.name + ".jsonl")
    got = "".join(as_json(record) + "\n" for record in read(path))
    if update_goldens:
        golden.write_text(got, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == got


def test_every_golden_has_its_input_and_every_format_a_fixture() -> None:
    for golden in FIXTURES.glob("*/**/*.jsonl"):
        if golden.relative_to(FIXTURES).parts[0] in MODULES:
            assert golden.with_suffix("").exists(), golden
    for folder in MODULES:
        assert any(format_of(p).__name__.endswith(folder) for p in WHOLE), f"{folder} has no fixture"


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_exactly_its_own_format_claims_it(path: Path) -> None:
    for source in open_source(path.read_bytes()):
        assert [f.NAME for f in registry.candidates(source.head)] == [format_of(path).NAME]


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_whole_fixtures_have_no_errors_and_tie(path: Path) -> None:
    found = read(path)
    assert not [r for r in found if isinstance(r, records.Issue) and r.severity == "error"]
    assert [r for r in found if isinstance(r, records.Control)], "a fixture proves something"
    assert all(r.ties for r in found if isinstance(r, records.Control))


@pytest.mark.parametrize("path", INPUTS, ids=name_of)
def test_every_byte_belongs_to_a_record(path: Path) -> None:
    for source in open_source(path.read_bytes()):
        assert uncovered(source.read(), list(format_of(path).parse(source, Profile()))) == b""


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_damage_yields_records_and_issues_never_an_exception(path: Path) -> None:
    """Any truncation and byte flips: the reader goes on, and no byte is silently lost."""
    whole = open_source(path.read_bytes())[0].read()
    chance = random.Random(7)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        check_damaged(path, bytes(damaged))
    for _ in range(40):
        check_damaged(path, whole[: chance.randrange(len(whole))])


def check_damaged(path: Path, content: bytes) -> None:
    found = read(path, content)
    drain("damaged", iter(found))
    assert uncovered(content, found) == b"", f"lost bytes of a damaged {path.name}"


def uncovered(content: bytes, found: list[records.Record]) -> bytes:
    """The non-blank bytes that no record's span covers."""
    seen = bytearray(content)
    for record in found:
        start, end = record.span.start, min(record.span.end, len(content))
        seen[start:end] = b" " * max(0, end - start)
    return bytes(byte for byte in seen if byte not in LINE_FORMATS_SKIP_BYTES)
