"""X12 in columns: a usual advice says what the reader of segments says; all others are left to it."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.byte_columns import PADDING, Places, block
from parsers.records import Span
from parsers.x12 import columns, segments

ISA = "ISA*00*          *00*          *ZZ*ACMEPAY        *ZZ*SELLERINC      *260130*1200*^*00501*000000007*0*P*>"
# text ("|" stands for the terminator), payment in cents -> is it usual?
TABLE = """
RMR*IV*INV-1**980                           98000  yes  an amount without decimals
RMR*IV*INV-1**980.5                         98050  yes
RMR*IV*INV-1**980.00*1000*20                98000  yes  gross and discount
RMR*IV*INV-1***1000*20                      98000  yes  the gross alone: what is paid follows
RMR*IV*INV-1***1000                        100000  yes
RMR*CM*CM-1**-20|RMR*IV*INV-1**1000         98000  yes  a credit memo
RMR*CM*CM-1**20|RMR*IV*INV-1**1000          98000  yes  a credit memo without its sign
RMR*IV*INV-1**-20|RMR*IV*INV-2**1000        98000  yes  an invoice below zero is a credit memo
RMR*PO*4711*PO*980                          98000  yes  paid on account
RMR*IV*INV-1*PA*980                         98000  yes
RMR*ZZZZZZZZZZ*INV-1**980                   98000  yes  an unknown qualifier
RMR*IV* INV-1 **980                         98000  yes  blanks around an element
RMR*IV*INV-1**123456789012.34      12345678901234  yes  as many digits as an amount may have here
TRN*1*EFT-88|RMR*IV*INV-1**980              98000  yes
REF*TN*A*B|REF*CK*77|REF*ZZ|RMR*IV*1**980   98000  yes  notes, but for the check number
N1*PE*US|N1*PR*ACME OHIO|N1*PR*OTHER|ENT*1|RMR*IV*1**980|SE*4*1  98000  yes  the first payer counts
TRN*1*|TRN*1*EFT-2|N1*PR|DTM*097*260130     98000  yes  no lines: nothing to add up
RMR*IV*INV-1**980                           98001  no   the lines are not the payment
RMR*IV*INV-1**980*1000*20*CM*-5             98000  no   an adjustment
RMR*IV*INV-1*980                            98000  no   too few elements
RMR*IV*INV-1                                98000  no
RMR*IV*INV-1**                              98000  no   no amount
RMR*IV*INV-1**98O                           98000  no   no number
RMR*IV*INV-1**.5                               50  no
RMR*IV*INV-1**5.                              500  no
RMR*IV*INV-1**-                                 0  no
RMR*IV*INV-1**9.805                           981  no
RMR*IV*INV-1** 980                          98000  no
RMR*IV*INV-1**1234567890123       123456789012300  no   more digits than here
RMR*IV*INV-1**980|REF*PO*4711               98000  no   a note about a line
ADX*-20*01|RMR*IV*INV-1**1000               98000  no
RMR*IV*INV-1**980|NTE**PALLETS              98000  no
RMR*IV*INV-1**980|ENT*2|RMR*IV*INV-2**0     98000  no   a second loop
RMR*IV*INV~1**980                           98000  no   what ends segments elsewhere
RMR*IV*INV_1**980                           98000  no   may end segments, too
RMR|RMR*IV*INV-1**980                       98000  no
|RMR*IV*INV-1**980                          98000  no
"""


def found(texts: list[str], paid: list[int]) -> dict[int, segments.Advice]:
    """What the columns say of the usual ones of the texts, by index."""
    bodies = [text.strip(" ") for text in texts]
    ends = np.cumsum([len(text) + 1 for text in bodies]) - 1
    said = columns.advices(block(" ".join(bodies).encode() + PADDING), Places(ends - [len(text) for text in bodies], ends), np.array(paid))
    told = list(zip(*(column.tolist() if isinstance(column, np.ndarray) else column.to_list() for column in said.lines), strict=True))
    answer = {}
    for nth, index in enumerate(said.indexes.tolist()):
        lines = tuple(segments.RemittanceLine(Span(0, start, end), number, amount, discount, document_type=kind)
                      for of, start, end, number, amount, discount, kind in told if of == nth)
        answer[index] = segments.Advice(lines, said.notes.get(nth, ""), said.traces.get(nth, ""), said.payers.get(nth, ""))
    return answer


def expected(texts: list[str], paid: list[int]) -> list[segments.Advice | None]:
    """What the reader of segments says, at the same places."""
    bodies, at, answer = [text.strip(" ") for text in texts], 0, []
    for body, cents in zip(bodies, paid, strict=True):
        answer.append(segments.advice_of_text(body, "USD", cents, lambda _, start, end, at=at: Span(0, at + start, at + end)))
        at += len(body) + 1
    return answer


@pytest.mark.parametrize("row", TABLE.strip().splitlines())
@pytest.mark.parametrize("terminator", ["\\", "~"])
@pytest.mark.parametrize("head", ["", f"{ISA}|GS*RA*A*B|ST*820*1|BPR*C*980|"])
def test_what_is_usual(row: str, terminator: str, head: str) -> None:
    said, paid, usual = re.fullmatch(r"(\S.*?)  +(\d+)  (yes|no).*", row).groups()
    text = f"{head}{said}|".replace("|", terminator)
    answer = found([text], [int(paid)])
    if not head or not {"~", "_"} & set(said):  # in a whole 820, which declares its separators, these are nothing special
        assert bool(answer) is (usual == "yes")
    for index, advice in answer.items():
        assert advice == expected([text], [int(paid)])[index]


@pytest.mark.parametrize("text", ["RMR*IV*1**5", "RMR*IV*1**5x", "RMR|IV|1||5\\", "RMR*IV*1**5\\RMR*IV*2**5", "ISA*00\\RMR*IV*1**5\\", f"{ISA}~\\RMR*IV*1**5\\", f"{ISA}\\ISA*0\\"])
def test_separators_that_are_not_sure_are_not_usual(text: str) -> None:
    assert found([text], [500]) == {}


parts = st.sampled_from([
    "RMR*IV*INV-1**5", "RMR*IV*INV-2**2.50*3*.50", "RMR*CM*C**-1", "RMR*CM*C**1", "RMR*PO*77*PO*10", "RMR*IV*A***4*1", "RMR*IV*B", "ADX*-1*01", "REF*TN*A*B", "REF*CK*9",
    "TRN*1*T-1", "TRN*1", "N1*PR*ACME*9*8", "N1*PE*US", "N1* PR *X Y", "ENT*1", "ST*820*1", "SE*3*1", "GE*1*1", "IEA*1*7", "DTM*097*1", "NTE**N", "", "XX*1", "IT1*1", f"{ISA}",
])
texts_of_parts = st.tuples(st.lists(parts, min_size=1, max_size=7), st.sampled_from(["\\", "~", "\\", "^"]), st.booleans(), st.integers(0, 1200))


@settings(max_examples=300, deadline=None)
@given(st.lists(texts_of_parts, min_size=1, max_size=8))
def test_the_usual_ones_are_read_alike(drawn: list[tuple[list[str], str, bool, int]]) -> None:
    texts = [("" if first else f"{ISA}{end}") + "".join(f"{part}{end}" for part in chosen) for chosen, end, first, _ in drawn]
    paid = [cents for *_, cents in drawn]
    looks = [segments.looks_like_x12(text) for text in texts]
    texts, paid = ([each for each, is_x12 in zip(column, looks, strict=True) if is_x12] for column in (texts, paid))
    if texts:
        wanted = expected(texts, paid)
        for index, advice in found(texts, paid).items():
            assert advice == wanted[index]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*segments.TAGS, "RM", "X", "REFUND", "INVOICE", ""]), st.sampled_from(["*", "", " ", "|", "A", "1", "-", "**", " *"]), st.sampled_from(["", " ", "   "])), min_size=1))
def test_what_looks_like_x12(drawn: list[tuple[str, str, str]]) -> None:
    texts = [f"{blanks}{tag}{mark}REST" for tag, mark, blanks in drawn]
    begins = np.array([int.from_bytes(text.ljust(8)[:8].encode(), "little") for text in texts], np.uint64)
    assert columns.look_like_x12(begins, pl.Series(texts)).tolist() == [segments.looks_like_x12(text) for text in texts]
