"""The parse benchmark measures sound files: every entry is read back, nothing is told, all controls tie."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from benchmarks import parse, parse_files, parse_readers
from parsers import documents


@pytest.mark.parametrize("format_name", parse_files.FORMATS)
def test_every_file_is_sound(format_name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, value in (("STATEMENT_LINES", 25), ("BOX_CHECKS", 10), ("FILE_BOXES", 4)):
        monkeypatch.setattr(parse_files, limit, value)
    out = io.StringIO(newline="")
    parse_files.write(format_name, 65, out)
    document = documents.read(out.getvalue().encode())
    assert document.lines.height == 65
    assert document.issues == []
    assert all(control.ties for control in document.controls)
    assert document.lines.n_unique(["bank_reference", "customer_reference"]) == 65


def test_every_format_has_our_readers_and_the_libraries_are_known_by_name() -> None:
    for name in parse.FORMATS:
        assert [reader.name for reader in parse_readers.READERS if name in reader.formats][:2] == ["cashapp", "cashapp records"]


@pytest.mark.parametrize("reader", [each for each in parse_readers.READERS if each.is_here], ids=lambda reader: reader.name)
def test_readers_count_what_was_written(reader: parse_readers.Reader, tmp_path: Path) -> None:
    read = reader.load()
    for name in sorted(reader.formats - {"ofx"}):  # ofxparse cannot decode OFX 2
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as out:
            parse_files.write(name, 30, out)
        assert read(tmp_path / name) == 30


def test_results_as_a_document() -> None:
    results = [
        parse.Result("mt940", 1, 0.0, "cashapp", 0.0013, 0.001, 60.0),
        parse.Result("mt940", 1000, 0.2, "cashapp", 0.01, 0.01, 60.0),
        parse.Result("mt940", 1000, 0.2, "mt-940", 0.2, 0.2, 21.0, "one reading"),
        parse.Result("mt940", 2000, 0.4, "cashapp", 0.04, 0.04, 61.0),
        parse.Result("mt940", 2000, 0.4, "mt-940", None, 0.0, 0.0, "stopped after 900 s"),
    ]
    text = parse.markdown(results, 3)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")]
    assert ["1", "cashapp", "0.0013", "0.0010", "769", "0.0", "60", "", "", ""] in rows
    assert ["1,000", "mt-940", "0.200", "0.200", "5,000", "1.0", "21", "20.0", "20.0", "one reading"] in rows
    assert ["2,000", "mt-940", "", "", "", "", "", "", "", "stopped after 900 s"] in rows
    assert ["mt940", "cashapp", "1,000", "2,000", "2.00"] in rows
