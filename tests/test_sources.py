"""How bank files arrive: encodings, line ends, containers; and what is built to harm a reader is refused, cheaply."""

from __future__ import annotations

import gc
import gzip
import io
import tempfile
import zipfile
from pathlib import Path

import polars as pl
import pytest

from parsers import documents, sources
from parsers.sources import Source, SourceError, open_source
from tests.conftest import FIXTURES

ONE_OF_EACH = [
    "bai2/prior_day.bai2", "bank_csv/chase_account.csv", "edi_820/one_line.edi", "edi_823/two_batches.edi", "fedwire_faim/customer_wire.txt",
    "iso_camt/two_statements_v02_wrapped.xml", "iso_pacs/pacs_004_returns.xml", "iso_remt/remt_001_documents.xml", "lockbox_bai/two_batches.bai",
    "nacha_ach/payments.ach", "ofx_statement/bank_and_card.ofx", "processor_adyen/settlement_detail.csv",
    "processor_amazon/seller_settlement.txt", "processor_paypal/settlement_STL.csv", "processor_stripe/balance_history.csv",
    "swift_mt103/customer_payments.fin", "swift_mt940/german_sepa.sta",
]
PLACES = ("line", "byte_start", "byte_end", "batch_key")


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def said(content: bytes | Path) -> pl.DataFrame:
    """What the lines of a file say, wherever they stand; it must be without errors."""
    document = documents.read(content)
    assert document.errors == []
    return document.lines.drop(PLACES)


def refusal(content: bytes | Path) -> list[str]:
    return [error.code for error in documents.read(content).errors]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_every_format_in_every_unicode_encoding(name: str, encoding: str) -> None:
    plain = (FIXTURES / name).read_bytes()
    assert said(plain.decode().encode(encoding)).equals(said(plain))


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_every_format_packed(name: str) -> None:
    plain = (FIXTURES / name).read_bytes()
    for packed in (gzip.compress(plain), gzip.compress(plain[:99]) + gzip.compress(plain[99:]), zipped(a=plain)):
        assert said(packed).equals(said(plain))


def test_a_zip_of_several_files_is_read_as_one_after_the_other() -> None:
    one, other = ((FIXTURES / name).read_bytes() for name in ONE_OF_EACH[:2])
    together = said(zipped(b=one, a=other))
    assert together.drop("statement").equals(pl.concat([said(one), said(other)]).drop("statement"))


@pytest.mark.parametrize("line_end", ["\n", "\x85", "", "\r\n"], ids=["LF", "NEL", "glued", "CRLF"])
@pytest.mark.parametrize("name", ["lockbox_bai/two_batches.bai", "nacha_ach/payments.ach"])
def test_records_of_a_mainframe(name: str, line_end: str) -> None:
    """EBCDIC, with its own line ends or none."""
    plain = (FIXTURES / name).read_text(encoding="ascii")
    width = len(plain.partition("\n")[0])
    records = [record.ljust(width) for record in plain.splitlines()]
    assert said("".join(record + line_end for record in records).encode("cp037")).equals(said(plain.encode()))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("name", [name for name in ONE_OF_EACH if not name.endswith(".fin")])
def test_every_format_with_every_line_end(name: str, line_end: bytes) -> None:
    plain = (FIXTURES / name).read_bytes().replace(b"\r\n", b"\n")
    assert said(plain.replace(b"\n", line_end)).equals(said(plain))


@pytest.mark.parametrize(("content", "code"), [
    (b"\xff\xfeD\x00a\x00\x00\xd8", "encoding"),          # half of a surrogate pair
    (gzip.compress(bytes(range(256)))[:99], "truncated"),
    (zipped(a=b"x")[:30], "truncated"),
    (zipped(), "unrecognised"),                            # no member, so it does not begin as a zip
    (zipped(**{"folder/": b""}), "empty"),
    (b"", "empty"),
    (b" \r\n\t", "empty"),
    (b"\0" * 5000, "unrecognised"),
], ids=["half a character", "cut gzip", "cut zip", "zip of nothing", "empty member", "nothing", "blanks", "nulls"])  # packed bytes hold the time of day
def test_what_cannot_be_opened_says_why(content: bytes, code: str) -> None:
    assert refusal(content) == [code]


NULLS = b"\0" * (64 * 1024 * 1024)
DEEP = gzip.compress(gzip.compress(b":20:X"))
XML_BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>')
XML_FILE = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY c SYSTEM "file:///etc/passwd">]>'
CAMT = b"<Document><BkToCstmrStmt><GrpHdr><MsgId>&c;</MsgId></GrpHdr></BkToCstmrStmt></Document>"
PACS = b"<Document><FIToFICstmrCdtTrf><GrpHdr><MsgId>&c;</MsgId></GrpHdr></FIToFICstmrCdtTrf></Document>"
REMT = b"<Document><RmtAdvc><GrpHdr><MsgId>&c;</MsgId></GrpHdr></RmtAdvc></Document>"
OFX = b'<?OFX OFXHEADER="200"?><OFX><SIGNONMSGSRSV1><SONRS><FI><ORG>&c;</ORG></FI></SONRS></SIGNONMSGSRSV1></OFX>'
HOSTILE = {
    "gzip bomb": gzip.compress(NULLS), "zip bomb": zipped(a=NULLS), "zip bomb of many": zipped(**{str(n): NULLS[: 1 << 20] for n in range(64)}),
    "gzip of gzip": DEEP, "zip of gzip": zipped(a=DEEP), "zip of zip": zipped(a=zipped(b=b"x")), "gzip of zip": gzip.compress(zipped(b=b"x")),
    "zip of too many": zipped(**{str(n): b"x" for n in range(1001)}),
    **{f"{what}, {name}": head + body for what, head in (("entity bomb", XML_BOMB), ("external entity", XML_FILE))
       for name, body in (("camt", CAMT), ("pacs", PACS), ("remt", REMT), ("ofx", OFX))},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_built_to_harm_is_refused(name: str) -> None:
    assert refusal(HOSTILE[name]) == ["hostile"]


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of a gzip comes no more than what its ratio allows; a zip says how much would come."""
    monkeypatch.setattr(sources, "Source", lambda *_: pytest.fail("it was unpacked"))
    for bomb in ("gzip bomb", "zip bomb", "zip bomb of many"):
        with pytest.raises(SourceError):
            open_source(HOSTILE[bomb])


ENDLESS = [
    ("nacha_ach/payments.ach", b""), ("lockbox_bai/two_batches.bai", b""), ("processor_stripe/balance_history.csv", b""),
    ("bai2/prior_day.bai2", b"01,121000248,ACME,261120,0600,1,,,2/\n02,ACME,121000248,1,261119,2400,USD,2/\n03,1,,/\n16,165,1,Z,"),
    ("bank_csv/chase_account.csv", b"Date,Description,Amount\n2026-01-01,"),
    ("edi_820/one_line.edi", b"ST*820*0001~BPR*C*1*C*ACH~NTE*"), ("edi_823/two_batches.edi", b"ST*823*0001~DEP*1*20260101~NTE*"),
    ("fedwire_faim/customer_wire.txt", b"{1510}1000{1520}20260320B1QGC01R000123{2000}000000125050{6000}"),
    ("iso_camt/batches_v04.xml", b"<Document><BkToCstmrStmt><GrpHdr><MsgId>"), ("iso_pacs/pacs_004_returns.xml", b"<Document><PmtRtr><GrpHdr><MsgId>"),
    ("swift_mt103/customer_payments.fin", b":20:A\n:23B:CRED\n:32A:260320EUR1,\n:59:US\n:70:"),
]


@pytest.mark.parametrize(("name", "head"), ENDLESS, ids=[name.partition("/")[0] for name, _ in ENDLESS])
def test_a_line_without_end_is_refused(name: str, head: bytes, tmp_path: Path) -> None:
    """Of a file of that size, of which most never reaches the memory."""
    path = tmp_path / Path(name).name
    with path.open("wb") as out:
        out.write(head or (FIXTURES / name).read_bytes())
        out.write(b"A" * (3 * sources.LINE_BYTES_MAX))
    assert "hostile" in refusal(path)


@pytest.mark.parametrize("block", [1, 2, 7, 4096])
@pytest.mark.parametrize(("content", "expected"), [
    (b"a\nb\r\nc\rd", [b"a", b"b", b"c", b"d"]), (b"\n\r\n\r", [b"", b"", b""]), (b"a\r\n", [b"a"]), (b"", []), (b"a\r\r\nb", [b"a", b"", b"b"]),
])
def test_lines_and_their_places(content: bytes, expected: list[bytes], block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the reads fall, also between CR and LF."""
    monkeypatch.setattr(sources, "BLOCK_BYTES", block)
    lines = list(Source(content).lines())
    assert [line.data for line in lines] == expected
    assert [line.number for line in lines] == list(range(1, len(expected) + 1))
    assert b"".join(content[line.start:line.end] for line in lines) == content


TEXT = "ACME Ltd;100,00\r\nMüller & Söhne;Łódź 27,5 €\rlast;ünd\x85next\n" * 20
PLAIN = TEXT.replace("\x85", "\n").encode()
WRITTEN: dict[str, bytes] = {
    "as it is": PLAIN,
    "UTF-8 with BOM": TEXT.encode("utf-8-sig"),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-16, big end first, no BOM": TEXT.encode("utf-16-be"),
    "gzip": gzip.compress(PLAIN),
    "gzip of several parts": gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:]),
    "zip": zipped(a=PLAIN),
    "UTF-16 in gzip": gzip.compress(TEXT.encode("utf-16")),
}


@pytest.fixture(params=["in memory", "on disk"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where temporary files would lie; blocks are so small that characters are torn by them."""
    monkeypatch.setattr(sources, "BLOCK_BYTES", 7)
    monkeypatch.setattr(sources, "_MEMORY_BYTES_MAX", 10 if request.param == "on disk" else 10**6)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("as_path", [True, False])
def test_what_is_made_block_by_block_reads_like_the_plain_file(name: str, as_path: bool, kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(WRITTEN[name])
    (source,) = open_source(path if as_path else WRITTEN[name])
    plain = Source(PLAIN)
    assert (source.read(), source.size, source.head) == (plain.read(), plain.size, plain.head)
    assert list(source.lines()) == list(source.lines()) == list(plain.lines())
    with source.open() as stream:
        stream.seek(-9, io.SEEK_END)
        assert stream.read() == plain.read()[-9:]


def test_a_temporary_file_goes_with_its_source(kept: Path) -> None:
    (source,) = open_source(gzip.compress(PLAIN))
    assert len(list(kept.iterdir())) == (len(PLAIN) > sources._MEMORY_BYTES_MAX)
    del source
    gc.collect()
    assert not list(kept.iterdir())


@pytest.mark.parametrize(("content", "code", "message"), [
    (gzip.compress(PLAIN)[:-20], "truncated", "gzip container is damaged"),
    (gzip.compress(PLAIN)[:-8] + bytes(8), "truncated", "gzip container is damaged"),
    (zipped(a=PLAIN)[:-30], "truncated", "zip container is damaged"),
    (gzip.compress(gzip.compress(PLAIN)), "hostile", "an archive inside an archive"),
    (zipped(a=zipped(b=PLAIN)), "hostile", "an archive inside an archive"),
    (gzip.compress(bytes(20_000)), "hostile", "to more than 10000"),
    (zipped(a=PLAIN, b=bytes(20_000)), "hostile", "to more than 10000"),
    (b"\xef\xbb\xbfACME;100\nM\xfcller;5\n", "encoding", "announces utf-8-sig and breaks it at byte 13"),
    ("ACME\n".encode("utf-16") + b"\x00\xdc\n\0", "encoding", "announces utf-16 and breaks it at byte 12"),
    ("ACME\n".encode("utf-16") + b"x", "encoding", "announces utf-16 and breaks it at byte 12"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_what_breaks_on_the_way_leaves_no_temporary_file(content: bytes, code: str, message: str, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "UNPACKED_BYTES_MAX", 10_000)
    with pytest.raises(SourceError, match=message) as refused:
        open_source(content)
    assert refused.value.code == code
    del refused
    gc.collect()
    assert not list(kept.iterdir())
