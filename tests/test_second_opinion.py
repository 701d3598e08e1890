"""What mt-940 and ofxparse make of our fixtures: whatever they read differently in a sound file is a known fault of theirs."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from cashapp.cli import cli
from parsers import documents, second_opinion
from parsers.second_opinion.entries import Opinion
from parsers.sources import Source
from tests.conftest import FIXTURES

INPUTS = sorted(p for name in ("swift_mt940", "ofx_statement") for p in (FIXTURES / name).rglob("*") if p.is_file() and p.suffix != ".jsonl")
WHOLE = [p for p in INPUTS if p.parent.name != "broken"]


def opinion(content: bytes) -> Opinion:
    told = second_opinion.ask(Source(content), documents.read(content))
    assert told is not None
    return told


def name_of(path: Path) -> str:
    return str(path.relative_to(FIXTURES))


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_in_a_sound_file_they_differ_only_where_a_fault_of_theirs_is_known(path: Path) -> None:
    assert [each for each in opinion(path.read_bytes()).disagreements if not each.known_fault] == []


def test_on_most_entries_they_agree() -> None:
    """Else the comparison itself would be idle."""
    told = {path: opinion(path.read_bytes()) for path in WHOLE}
    agreed = [path for path, each in told.items() if not each.disagreements and each.lines]
    assert len(agreed) > len(WHOLE) // 3


@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_whatever_is_in_the_file_nothing_is_raised(path: Path) -> None:
    whole = path.read_bytes()
    chance = random.Random(11)
    for _ in range(8):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        for content in (bytes(damaged), whole[: chance.randrange(len(whole))]):
            document = documents.read(content)
            second_opinion.ask(Source(content), document)


def mt940(*entries: str, number: str = "1/1") -> bytes:
    """A statement around the entries; what they add up to is nobody's business here."""
    fields = ":20:S1", ":25:NL91ABNA0417164300", f":28C:{number}", ":60F:C260301EUR100,00", *entries, ":62F:C260331EUR100,00", "-"
    return "\r\n".join([*fields, ""]).encode()


def ofx(*entries: str, charset: str = "1252") -> bytes:
    """A statement of account 77 around the entries; the first one is on line 13."""
    head = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:103\nSECURITY:NONE\nENCODING:USASCII\n" f"CHARSET:{charset}\n\n"
    body = ("<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1", "<STMTRS><CURDEF>USD", "<BANKACCTFROM><BANKID>1<ACCTID>77</BANKACCTFROM>",
            "<BANKTRANLIST>", "<DTSTART>20260301<DTEND>20260331", *entries, "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>")
    return (head + "\n".join(body) + "\n").encode()


def trn(posted: str, amount: str, fitid: str, more: str = "") -> str:
    return f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{posted}<TRNAMT>{amount}<FITID>{fitid}{more}</STMTTRN>"


CUT = "it cuts references behind 16 characters (wolph/mt940#111)"
POINT = "it reads an amount only up to a decimal point"
LOST = "it overwrites an entry without type code with the next one"
TABLE: list[tuple[str, bytes, list[tuple[object, ...]]]] = [
    ("a reversal of a credit is money out for both", mt940(":61:2603020302RC10,00NTRFA//B1"), []),
    ("the year of an entry date", mt940(":61:2512310102C10,00NTRFA//B1"), []),
    ("blanks in references do not count", mt940(":61:2603020302C1,00NTRFA 1//B 1"), []),
    ("a reference in :86: with subfields", mt940(":61:2603020302C1,00NTRFNONREF//B1", ":86:166?00TEXT?20EREF+E2E-1?21SVWZ+Rg 7"), []),
    ("a long reference hides the bank's", mt940(":61:2603020302C1,00NTRFINVOICE-2026-000471//B1"),
     [(5, "bank_reference", "B1", "", CUT), (5, "customer_reference", "INVOICE-2026-000471", "INVOICE-2026-000", CUT)]),
    ("a decimal point", mt940(":61:2603020302C10.50NTRFA//B1"),
     [(5, "amount", "10.50", "10", POINT), (5, "customer_reference", "A", ".50NTRFA", POINT)]),
    ("an entry without type code", mt940(":61:2603020302C1,00", ":61:2603030303C2,00NTRFB//B2"),
     [(1, "count", "2 entries", "1 entry", LOST), (5, "entry", "1.00 2026-03-02", "not read", LOST)]),
    ("Dutch details", mt940(":61:2603020302C1,00NTRFEREF//B1", ":86:/TRTP/SEPA OVERBOEKING/EREF/KLANT-7/NAME/ACME"),
     [(5, "customer_reference", "KLANT-7", "", "it leaves details without ?-subfields as one text")]),
    ("a date that is none", mt940(":61:2602300230C1,00NTRFA//B1"),
     [(1, "failure", "1 entry", "the other reader fails: ValueError: day is out of range for month", "it raises on dates that no calendar has")]),
    ("a number that is none", mt940(":61:2603020302C1,00NTRFA//B1", number=" /1"),
     [(1, "failure", "1 entry", "the other reader fails: RuntimeError: Unable to parse <mt940.tags.StatementNumber> from '/1'",
       "it raises on a statement number that is not digits / digits")]),
    ("lines that end in CR alone", mt940(":61:2603020302C1,00NTRFA//B1").replace(b"\r\n", b"\r"),
     [(1, "count", "1 entry", "0 entries", "it takes a field only at the start of a line, and a line only behind LF")]),
    ("one statement that fails does not hide the next", mt940(":61:2602300230C1,00NTRFA//B1") + mt940(":61:2603020302C1,00NTRFA//B1"),
     [(1, "failure", "1 entry", "the other reader fails: ValueError: day is out of range for month", "it raises on dates that no calendar has")]),
    ("an evening in New York", ofx(trn("20260331235959[-5:EST]", "10.00", "F1")),
     [(13, "booking_date", "2026-03-31", "2026-04-01", "it moves DTPOSTED to UTC")]),
    ("an entry without FITID", ofx(trn("20260302", "10.00", ""), trn("20260302", "11.00", "F2")),
     [(9, "count", "2 entries", "1 entry", "it refuses an entry without FITID or with an empty element"),
      (13, "entry", "10.00 2026-03-02", "refused: Empty FIT id (a required field)", "it refuses an entry without FITID or with an empty element")]),
    ("an entry deleted", ofx(trn("20260302", "10.00", "F1", "<CORRECTFITID>F0<CORRECTACTION>DELETE")),
     [(13, "amount", "-10.00", "10.00", "it knows no corrections")]),
    ("a check number of zeros is none", ofx(trn("20260302", "-10.00", "F1", "<CHECKNUM>000").replace("CREDIT", "CHECK")), []),
    ("CHARSET:NONE", ofx(trn("20260302", "10.00", "F1"), charset="NONE"),
     [(1, "failure", "1 entry", "the other reader fails: LookupError: unknown encoding: cpNONE",
       "it raises on a CHARSET that is not a code page (jseutter/ofxparse#154)")]),
]


@pytest.mark.parametrize(("content", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_disagreements(content: bytes, expected: list[tuple[object, ...]]) -> None:
    assert [tuple(each) for each in opinion(content).disagreements] == expected


def test_what_has_no_other_reader_is_not_asked() -> None:
    content = (FIXTURES / "bai2" / "prior_day.bai2").read_bytes()
    assert second_opinion.ask(Source(content), documents.read(content)) is None


def test_too_large_a_file_is_not_given_to_a_reader_that_would_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from parsers.second_opinion import ofxparse_library

    monkeypatch.setattr(ofxparse_library, "BYTES_MAX", 100)
    [only] = opinion(ofx(trn("20260302", "10.00", "F1"))).disagreements
    assert (only.what, only.ours, only.known_fault) == ("failure", "1 entry", "")
    assert only.theirs.startswith("not asked")


def run(*arguments: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["parse", *map(str, arguments)], standalone_mode=False)
    status = result.return_value if isinstance(result.return_value, int) else result.exit_code
    return status, result.stdout, result.stderr


def test_disagreements_are_shown_and_do_not_change_the_exit_status(tmp_path: Path) -> None:
    file, issues = FIXTURES / "swift_mt940" / "us_bank.sta", tmp_path / "issues.jsonl"
    status, out, err = run(file, "--check", "--issues", issues)
    assert status == 0
    assert err == ""
    assert "second opinion: mt-940" in out
    assert "1106900112FF" in out
    told = [json.loads(line) for line in issues.read_text().splitlines()]
    assert {(each["severity"], each["code"], each["line"]) for each in told} == {("info", "second_opinion", 5)}


def test_a_control_that_differs_makes_the_exit_status_3(tmp_path: Path) -> None:
    file = tmp_path / "off.sta"
    file.write_bytes(mt940(":61:2603020302C1,00NTRFA//B1"))
    status, out, err = run(file, "--check")
    assert status == 3
    assert "DIFFERS" in out
    assert "all as we do" in out
    assert "control_mismatch" in err


def test_check_as_json(tmp_path: Path) -> None:
    sound, plain = FIXTURES / "swift_mt940" / "us_bank.sta", FIXTURES / "bai2" / "prior_day.bai2"
    broken = tmp_path / "broken.ofx"
    broken.write_bytes(ofx(trn("20260302", "10.00", "F1"))[:-30])
    status, out, _ = run(sound, plain, broken, "--check", "--json")
    files = json.loads(out)["files"]
    assert status == 3, "the broken file is truncated"
    assert [(Path(each["file"]).name, each["format"]) for each in files] == [("us_bank.sta", "mt940"), ("prior_day.bai2", "bai2"), ("broken.ofx", "ofx")]
    assert files[0]["controls"] == [
        {"line": 26, "name": "closing balance", "stated": "59619.38", "computed": "59619.38", "currency": "USD", "ties": True},
    ]
    assert files[0]["second_opinion"]["lines"] == 9
    assert files[0]["second_opinion"]["disagreements"][0] == {
        "line": 5, "what": "bank_reference", "ours": "1106900112FF", "theirs": "", "known_fault": CUT,
    }
    assert files[1]["second_opinion"] is None
    assert files[1]["controls"][1]["currency"] is None


def test_each_file_of_an_archive_is_asked_about(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "day.zip", "w") as archive:
        archive.writestr("a.sta", mt940(":61:2603020302C10.50NTRFA//B1"))
        archive.writestr("b.ofx", ofx(trn("20260302", "10.00", "F1")))
    _, out, _ = run(tmp_path / "day.zip", "--check", "--json")
    told = json.loads(out)["files"][0]["second_opinion"]
    assert [name.split()[0] for name in told["reader"].split(", ")] == ["mt-940", "ofxparse"]
    assert (told["lines"], len(told["disagreements"])) == (2, 2)


def test_a_file_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "steering.sta"
    file.write_bytes(mt940(":61:2603020302C1,00NTRF\x1b[2J[red]-LONGER-THAN-16//B1"))
    _, out, _ = run(file, "--check")
    assert "\x1b" not in out
    assert "[red]" in out


def test_json_needs_check() -> None:
    result = CliRunner().invoke(cli, ["parse", str(WHOLE[0]), "--json"], standalone_mode=False)
    assert "--to jsonl" in str(result.exception)
