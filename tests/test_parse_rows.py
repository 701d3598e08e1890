"""`cashapp parse` in parts: the same rows whatever the parts, whole files or none on disk, issues as they come."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from cashapp import reading, tabular
from cashapp.cli import cli
from parsers import documents, registry
from parsers.profile import Profile
from parsers.sources import open_source
from tests.conftest import FIXTURES

FILES = [
    FIXTURES / name for name in (
        "swift_mt940/currencies.sta", "bai2/prior_day.bai2", "ofx_statement/bank_and_card.ofx", "iso_camt/two_statements_v02_wrapped.xml",
        "nacha_ach/payments.ach", "lockbox_bai/two_boxes_one_total.bai", "bank_csv/two_accounts_semicolon.csv", "edi_820/several_sets.edi",
    )
]


def run(*arguments: str | Path) -> tuple[int, bytes, str]:
    result = CliRunner().invoke(cli, ["parse", *map(str, arguments)], standalone_mode=False)
    if result.exception:
        raise result.exception
    return result.return_value or 0, result.stdout_bytes, result.stderr


def cut(path: Path, rows_max: int, monkeypatch: pytest.MonkeyPatch) -> list[reading.Part]:
    """The file in parts of so many rows."""
    [source] = open_source(path)
    [fmt] = registry.candidates(source.head)
    drained = documents.drained(fmt.NAME, fmt.parse(source, Profile()), rows_max)
    monkeypatch.setattr(documents, "stream", lambda *_, **__: drained)
    return list(reading.parts(path, None))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("rows_max", [1, 2, 5])
def test_the_rows_of_a_file_do_not_depend_on_its_parts(path: Path, rows_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reading.rows(list(reading.parts(path, None)))
    parts = cut(path, rows_max, monkeypatch)
    assert whole.height > 0
    assert_frame_equal(reading.rows(parts), whole)
    assert_frame_equal(pl.concat([reading.rows([part]) for part in parts]), whole)


@pytest.mark.parametrize("to", ["csv", "jsonl"])
def test_many_files_in_one_call_are_the_rows_of_each(to: str, tmp_path: Path) -> None:
    status, together, _ = run(*FILES, "--to", to)
    assert status == 0
    each = [run(path, "--to", to)[1] for path in FILES]
    if to == "csv":
        each = [each[0], *(text.split(b"\n", 1)[1] for text in each[1:])]
    assert together == b"".join(each)
    out = tmp_path / f"rows.{to}"
    run(*FILES, "--out", out)
    assert out.read_bytes() == together
    assert list(tmp_path.iterdir()) == [out], "the part file is gone"


def test_columns_and_values() -> None:
    _, out, _ = run(FIXTURES / "lockbox_bai" / "two_boxes_one_total.bai", "--to", "jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    assert list(rows[0])[:9] == ["file", "format", "statement_id", "account", "currency", "line", "booking_date", "value_date", "amount"]
    assert {row["format"] for row in rows} == {"lockbox"}
    assert all(row["check_number"] for row in rows)


def test_a_file_without_lines_gives_the_header_alone(tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_bytes(b"")
    status, out, err = run(empty)
    assert status == 3
    assert out.startswith(b"file,format,statement_id,account,currency,line,")
    assert out.count(b"\n") == 1
    assert "empty: the file has no content" in err


def test_frames_are_filled_but_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "FRAME_ROWS", 12)
    found = (part for path in FILES for part in reading.parts(path, None))
    heights = [frame.height for frame in reading.row_frames(found)]
    assert len(heights) > 1
    assert max(heights) < 12 + max(part.document.lines.height for path in FILES for part in reading.parts(path, None))
    assert sum(heights) == sum(reading.rows(list(reading.parts(path, None))).height for path in FILES)


def test_nothing_is_written_where_a_file_is_missing_or_a_format_unknown(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    out.write_text("as it was")
    for arguments, words in ((["missing.sta"], "no such file"), (["--format", "mt999"], "is not a format")):
        result = CliRunner().invoke(cli, ["parse", str(FILES[0]), *arguments, "--out", str(out)], standalone_mode=False)
        assert words in str(result.exception)
    assert out.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [out]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    out.write_text("as it was")
    with pytest.raises(OSError, match="disk"):
        write_until_the_disk_is_full(out)
    assert out.read_text() == "as it was"
    assert list(tmp_path.iterdir()) == [out]


def write_until_the_disk_is_full(out: Path) -> None:
    with tabular.appended("csv", out) as put:
        put(pl.DataFrame({"a": [1]}))
        assert out.with_name(out.name + ".part").exists()
        raise OSError("disk full")


def test_issues_go_to_stderr_and_to_a_file(tmp_path: Path) -> None:
    file, issues = tmp_path / "cut.sta", tmp_path / "issues.jsonl"
    file.write_bytes(FILES[0].read_bytes()[:300])
    status, _, err = run(file, "--issues", issues)
    assert status == 3
    assert f"{file}:" in err
    told = [json.loads(line) for line in issues.read_text().splitlines()]
    assert [list(each) for each in told] == [["file", "line", "severity", "code", "message"]] * len(told)
    assert "error" in {each["severity"] for each in told}


@pytest.mark.parametrize("to", ["parquet", "xlsx"])
def test_tables_are_not_for_a_terminal(to: str) -> None:
    result = CliRunner().invoke(cli, ["parse", str(FILES[0]), "--to", to], standalone_mode=False)
    assert "name a file with --out" in str(result.exception)
