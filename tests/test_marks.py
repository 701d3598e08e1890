"""Which characters of a bank's text are marked, and as what."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashapp.web import marks

REFERENCE, NAME, ACCOUNT = marks.reference("INV-10415"), marks.name("ACME TOOLS"), marks.account("121870054/7715500231")
# what is looked for | text with the expected marks in [ ]
ROWS = [
    (REFERENCE, "PAYS [INV-10415] AND [inv 10415], NOT INV-104150"), (REFERENCE, "PAYS [10415]. 2010415 104151"), (marks.reference("7"), "PAYS 7"),
    (NAME, "ORG:=[Acme  Tools] INC"), (NAME, "NAME:[ACME\nTOOLS] INC"), (ACCOUNT, "ORG ID:=[121870054/7715500231] OBI"), (ACCOUNT, "DFI 121870054 ACCT [7715500231]"),
    (marks.account("DE89370400440532013000"), "IBAN [DE89 3704 0044 0532 0130 00]"), (marks.amount(133000, "USD"), "[1330.00] [1,330.00] [1.330,00] [133000] 21330.00 1330.001"),
    (marks.amount(133000, "USD"), "16,142,[133000],Z,121 [00133000]"), (marks.amount(1200, "JPY"), "C[1200], [1,200] [01200]"), (marks.amount(100, "USD"), "C[1,]NTRF"),
    (marks.amount(1234500, "KWD"), "[1234.500] [1,234.500]"), (marks.amount(5, "USD"), "[0.05] [005]"),
]


@pytest.mark.parametrize(("facts", "expected"), ROWS)
def test_what_was_read_is_marked_as_banks_write_it(facts: list[marks.Fact], expected: str) -> None:
    text = re.sub(r"[\[\]]", "", expected)
    shown = "".join(f"[{text[start:end]}]" if kind else text[start:end] for start, end, kind in _pieces(text, facts))
    assert shown == expected


def _pieces(text: str, facts: list[marks.Fact]) -> list[tuple[int, int, str]]:
    pieces, at = [], 0
    for start, end, kind in marks.spans(text, facts):
        pieces += [(at, start, ""), (start, end, kind)]
        at = end
    return [*pieces, (at, len(text), "")]


@given(st.text(max_size=80), st.text(max_size=12), st.integers(0, 10**9))
def test_marks_change_nothing_but_the_marks(text: str, value: str, minor: int) -> None:
    facts = [*marks.reference(value), *marks.name(value), *marks.account(value), *marks.amount(minor, "USD")]
    shown = str(marks.marked(text, facts))
    assert html.unescape(re.sub(r"</?mark[^>]*>", "", shown)) == text
