"""X12 cutting under every kind of separator, and what RMR loops say a payment is for."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import sources
from parsers.records import RemittanceLine, Span
from parsers.sources import LINE_BYTES_MAX, Source, SourceError
from parsers.x12 import segments as x12

ISA = "ISA*00*          *00*          *ZZ*ACMEPAY        *ZZ*SELLERINC      *260130*1200*^*00501*000000007*0*P*:"
SEGMENTS = [ISA, "GS*RA*A*B*20260130*1200*7*X*005010", "ST*820*0001", "BPR*C*980*C*ACH", "RMR*IV*INV-1**980", "SE*4*0001", "GE*1*7", "IEA*1*000000007"]


def elements(text: str) -> list[list[str]]:
    return [segment.elements for segment in x12.cut(text)]


@pytest.mark.parametrize("separator", ["*", "|", "^", "\x1d", ","])
@pytest.mark.parametrize("terminator", ["~", "~\n", "~\r\n", "\\", "'\n", "\n", "\r\n", "\x1c", "\x15"])
def test_the_isa_declares_the_separators(separator: str, terminator: str) -> None:
    isa = ISA.replace("^*", "U*") if separator == "^" else ISA
    segments = [isa, *SEGMENTS[1:]]
    text = "".join(segment.replace("*", separator) + terminator for segment in segments)
    wanted = [segment.split("*") for segment in segments]
    assert [[e.strip() for e in found] for found in elements(text)] == [[e.strip() for e in one] for one in wanted]


@pytest.mark.parametrize("isa", [
    "ISA*00**00**ZZ*ACMEPAY*ZZ*SELLERINC*260130*1200*^*00501*000000007*0*P*:",  # blanks squeezed out
    ISA.replace("ACMEPAY  ", "ACMEPAY    "),  # a blank too many
    ISA[:-1],  # no component separator
])
@pytest.mark.parametrize("terminator", ["~", "\\", "~\n"])
def test_an_isa_of_another_length_is_counted_by_its_elements(isa: str, terminator: str) -> None:
    found = elements("".join(segment + terminator for segment in [isa, *SEGMENTS[1:]]))
    assert [segment[0] for segment in found] == ["ISA", "GS", "ST", "BPR", "RMR", "SE", "GE", "IEA"]


@pytest.mark.parametrize("text", ["ISA*00*~GS*RA~ST*820*0001~SE*2*0001~", "ISA*~", "ISA", "ISAAC PAID"])
def test_a_broken_isa_is_still_cut(text: str) -> None:
    assert elements(text)[0][0][:3] == "ISA"


def test_wrapping_inside_segments_is_no_content() -> None:
    text = "".join(segment + "~" for segment in SEGMENTS)
    wrapped = "\r\n".join(text[at : at + 80] for at in range(0, len(text), 80))
    assert elements(wrapped) == elements(text)


@pytest.mark.parametrize("text", [
    "ST*820*0001~BPR*C*980*C*ACH~RMR*IV*INV-1**980~SE*4*0001~",
    "ST*820*0001\nBPR*C*980*C*ACH\nRMR*IV*INV-1**980\nSE*4*0001",
    "ST|820|0001\\BPR|C|980|C|ACH\\RMR|IV|INV-1||980\\SE|4|0001\\",
    "  ST*820*0001!BPR*C*980*C*ACH!RMR*IV*INV-1**980!SE*4*0001",
])
def test_without_an_isa_the_text_shows_its_separators(text: str) -> None:
    assert [segment[0] for segment in elements(text)] == ["ST", "BPR", "RMR", "SE"]


@pytest.mark.parametrize(("text", "last"), [
    ("RMR*IV*INV-1**100.00\\", "100.00"), ("RMR*IV*INV-1**100.00~", "100.00"), ("RMR*IV*INV-1**100.00", "100.00"), ("RMR*IV*INV-1**100.00'  ", "100.00"),
])
def test_one_segment_of_a_ccd_addenda(text: str, last: str) -> None:
    assert elements(text) == [["RMR", "IV", "INV-1", "", last]] or elements(text) == [["RMR", "IV", "INV-1", "", last + "  "]]


@pytest.mark.parametrize(("text", "is_x12"), [
    ("RMR*IV*1\\", True), ("  TRN*1*5\\", True), ("ISA*00*", True), ("REMITTANCE ADVICE", False), ("INVOICE 5", False), ("", False), ("ST PAUL FOODS", False),
])
def test_recognition_of_a_segment(text: str, is_x12: bool) -> None:
    assert x12.looks_like_x12(text) is is_x12
    assert (x12.advice_of_text(text, "USD", None) is not None) is is_x12


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ISARMRSTBPR*~\\|:\n\r \0\x1c09AZé"), max_size=300))
def test_any_text_is_cut_without_loss(text: str) -> None:
    spans = [segment.span for segment in x12.cut(text)]
    lost = [c for at, c in enumerate(text) if c not in " \t\r\n\0\x1a" and not any(s.start <= at < s.end for s in spans)]
    assert not lost
    assert all(a.end <= b.start for a, b in pairwise(spans))


def test_spans_of_a_file_count_bytes() -> None:
    content = "ST*820*0001~N1*PR*BÄCKER*VOILÀ~SE*3*0001~".encode()  # the last byte of the À alone would be a blank
    (_, name, last) = x12.cut_source(Source(content))
    assert name.elements == ["N1", "PR", "BÄCKER", "VOILÀ"]
    assert content[last.span.start : last.span.end] == b"SE*3*0001~"


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("ISARMRSTBPR*~\\|:\n\r \0\x1c09AZÉ"), max_size=300), st.integers(1, 40))
def test_a_file_in_blocks_is_cut_as_one(text: str, block: int) -> None:
    content = f"{ISA}~{text}~{ISA.replace('*', '|')}!{text}".encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "refuse_unmarked", lambda *_: None)  # it looks at blocks of megabytes
        patch.setattr(sources, "LINE_BYTES_MAX", block)
        found = list(x12.cut_source(Source(content)))
    assert found == list(x12.cut_source(Source(content)))


def test_a_segment_without_an_end_is_refused() -> None:
    content = f"{ISA}~{ISA}^{'NTE*~' * LINE_BYTES_MAX}".encode()  # the second interchange ends its segments by another character
    with pytest.raises(SourceError, match="no segment ends in the"):
        list(x12.cut_source(Source(content)))


def test_places_are_told_by_the_caller() -> None:
    advice = x12.advice_of_text("TRN*1*5~RMR*IV*INV-1**9~", "USD", 900, lambda *_: Span(7, 70, 80))
    assert advice is not None
    assert advice.lines[0].span == Span(7, 70, 80)


def advice(text: str, paid: int | None) -> x12.Advice:
    return x12.read_advice(x12.cut(text), "USD", paid)


# segments, payment in cents -> lines as number:amount[:discount[:deduction[:reason[:type]]]]
LINES = [
    ("RMR*IV*A**980*1000*20~", 98000, "A:98000:2000:0::invoice"),
    ("RMR*IV*A**900*1000~ADX*-100*01~", 90000, "A:90000:0:10000:01:invoice"),
    ("RMR*IV*A**900*1000~ADX*100*01~", 90000, "A:90000:0:10000:01:invoice"),  # the sign left out, shown by gross and net
    ("RMR*IV*A**1000*1000~ADX*-100*01~", 90000, "A:90000:0:10000:01:invoice"),  # RMR04 before the adjustment
    ("RMR*IV*A**1000~ADX*-60*01~ADX*-40*02~", 90000, "A:90000:0:10000:01, 02:invoice"),
    ("RMR*IV*A**1000*1000*20~", 98000, "A:98000:2000:0::invoice"),  # RMR04 before the discount
    ("RMR*IV*A**1000*1020*20~ADX*-100*01~", 90000, "A:90000:2000:10000:01:invoice"),  # after the discount, before the adjustment
    ("RMR*IV*A***1000*20~", 98000, "A:98000:2000:0::invoice"),  # no net amount
    ("RMR*IV*A**1050*1000**IP*50~", 105000, "A:105000:0:-5000:IP:invoice"),  # late interest paid
    ("RMR*IV*A**1000~RMR*CM*B**-150~", 85000, "A:100000:0:0::invoice B:-15000:0:0::credit_memo"),
    ("RMR*IV*A**1000~RMR*CM*B**150~", 85000, "A:100000:0:0::invoice B:-15000:0:0::credit_memo"),  # a memo without its sign
    ("RMR*IV*A**1000~RMR*CM*B**150~", 115000, "A:100000:0:0::invoice B:15000:0:0::credit_memo"),  # truly paid: proven by the total
    ("RMR*IV*A**1000~RMR*CM*B**150~", None, "A:100000:0:0::invoice B:-15000:0:0::credit_memo"),
    ("RMR*IV*A**1000~RMR*IV*B**-150~", 85000, "A:100000:0:0::invoice B:-15000:0:0::credit_memo"),
    ("ENT*1~ADX*-15*L1~RMR*IV*A**1000~", 98500, ":-1500:0:0:L1:other A:100000:0:0::invoice"),
    ("ENT*1~ADX*-15*L1*CM*CB-9~RMR*IV*A**1000~", 98500, "CB-9:-1500:0:0:L1:credit_memo A:100000:0:0::invoice"),
    ("RMR*IV*A**1000~ENT*2~ADX*-15*L1~", 98500, "A:100000:0:0::invoice :-1500:0:0:L1:other"),
    ("RMR*PO*P-1**10~RMR*IV*A*PO*20~RMR*DB*D**30~RMR*AZ*X**40~", 10000,
     "P-1:1000:0:0::purchase_order A:2000:0:0::on_account D:3000:0:0::debit_memo X:4000:0:0::other"),
    ("RMR*IV*A~RMR*IV*B~", 5000, "A:None:0:0::invoice B:None:0:0::invoice"),
    ("RMR*IV*A**.5~", 50, "A:50:0:0::invoice"),
]


def told(line: RemittanceLine) -> str:
    return f"{line.document_number}:{line.amount_minor}:{line.discount_minor}:{line.deduction_minor}:{line.deduction_reason}:{line.document_type}"


@pytest.mark.parametrize(("text", "paid", "lines"), LINES)
def test_remittance_lines(text: str, paid: int | None, lines: str) -> None:
    found = advice(text, paid)
    assert " ".join(map(told, found.lines)) == lines
    assert found.unexplained_minor == 0


def test_what_no_reading_explains_is_left() -> None:
    assert advice("RMR*IV*A**900~", 98000).unexplained_minor == 8000


def test_notes_belong_to_the_line_they_follow() -> None:
    found = advice("NTE*PMT*JANUARY~REF*VV*VENDOR-9~TRN*1*PAY-1~N1*PR*ACME~N1*PE*SELLER~ENT*1~RMR*IV*A**5~REF*PO*PO-7*FOUR PALLETS~"
                   "DTM*003*20260105~DTM*582*20260106~NTE**DAMAGED~IT1*1~ADX*-1*01*IV*CB-5~", 500)
    assert (found.text, found.trace, found.payer_name) == ("JANUARY VENDOR-9", "PAY-1", "ACME")
    assert found.lines[0].memo == "PO-7 FOUR PALLETS 20260105 DAMAGED CB-5"
    assert found.lines[0].span.end > 150


@pytest.mark.parametrize("amount", ["9OO", "1.005", "1,000.00", "9" * 40, "9" * 5000])
def test_an_unreadable_remittance_amount_is_told_and_left_open(amount: str) -> None:
    found = advice(f"RMR*IV*A**{amount}~", 500)
    assert found.lines[0].amount_minor is None
    assert [issue.code for issue in found.issues] == ["bad_amount"]


@pytest.mark.parametrize(("bank", "account", "known_as"), [
    ("021000021", "123", "021000021/123"), ("", "123", ""), ("021000021", "", ""), ("DEUTDEFF", "DE89370400440532013000", "DE89370400440532013000"),
])
def test_accounts_as_master_data_names_them(bank: str, account: str, known_as: str) -> None:
    assert x12.account_of(bank, account) == known_as
