r"""NACHA – the file of the US Automated Clearing House: payments, returns, notifications of change. NACHA Operating Rules,
appendix three (record formats). Records of 94 columns, ten to a block, the last block filled with lines of nines.

    1  file header     4-13 destination · 14-23 origin · 24-29 date · 34 modifier · 35-40 "094101"
    5  batch header    2-4 class (200 mixed, 220 credits, 225 debits, 280 ADV) · 5-20 company · 41-50 its id · 51-53 entry class
                       54-63 description · 70-75 effective date · 76-78 settlement day · 80-87 bank · 88-94 number
    6  entry           see parsers/nacha/entry.py
    7  addenda         02 terminal, 05 payment information, 10-18 IAT, 98 notification of change, 99 return
    8  batch control   5-10 entries and addenda · 11-20 hash · 21-32 debits · 33-44 credits (ADV 21-40, 41-60) · 88-94 number
    9  file control    2-7 batches · 8-13 blocks · 14-21 entries and addenda · 22-31 hash · 32-43 debits · 44-55 credits

    101 026009593 0210000212601301200A094101OUR BANK               FED RESERVE
    5220ACME CORP                           1234567890CCDINVOICE         2601310311021000020000001
    622026009593998877           0000098000PAY-4711       SELLER INC              1021000020000001
    705RMR*IV*INV-1**980*1000*20\                                                      00010000001
    822000000200026009590000000000000000000980001234567890                         021000020000001
    9000001000001000000020002600959000000000000000000098000

The file reports entries delivered to our account: a credit (x2) is money in, a debit (x7) money out, and the company of the
batch is the other side. Where an entry comes back (x1, x6, addenda 99) the individual is: a debit of ours that is returned
takes money out, a returned credit puts it back; refusals of returns (R61-R77) move money as their code says. Prenotes,
zero-dollar entries and notifications of change are lines of amount 0. Where the entries of a batch name parties that have
nothing in common they cannot all be us: then the individuals are the payers. A line's date is the settlement day, else the
effective date, else the file's; a return never takes the effective date, which is its original's.

Controls: entry hash, counts, debits, credits of each batch and of the file, number and class of each batch, batches, blocks.
Told: routing check digits, traces out of order, masked accounts, header fields that deviate.
Tolerated: trimmed lines, no line ends, records glued together, missing block filling, UTF-8 names, several files in one,
lines of a transmission before the header. A missing 8 or 9 is an error: the file was cut off.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from parsers.nacha import file
from parsers.nacha.entry import other_side
from parsers.nacha.records import stretches
from parsers.nacha.state import State
from parsers.records import Record

if TYPE_CHECKING:
    from parsers.documents import Document
    from parsers.profile import Profile
    from parsers.sources import Source

NAME = "nacha"
TITLE = "NACHA (ACH) file"
IDENTIFIED_BY = "a record 1 whose record size is 094, or a batch header 5 with class 200, 220, 225 or 280 and an entry class"

_BATCH_HEADER = rb"5(?:200|220|225|280)[^\r\n]{46}[A-Z]{3}"
_BEGINS = re.compile(
    rb"(?:\A|[\r\n])\s*1\d\d[^\r\n]{31}094"
    rb"|\A\s*1\d\d[^\r\n]{20,91}[\r\n]+" + _BATCH_HEADER +
    rb"|\A\s*" + _BATCH_HEADER,
)


def sniff(head: bytes) -> bool:
    """A file header, or for want of one a batch header at the very beginning."""
    return _BEGINS.search(head) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records; a statement for each batch, and for each of our accounts in it."""
    state = State(profile.account, *other_side(source))
    for stretch in stretches(source):
        yield from file.read(state, stretch, 0, len(stretch.kinds))
    yield from file.end(state)


def parse_columns(source: Source, profile: Profile) -> Iterator[Document]:
    """The same in documents, column by column."""
    from parsers.nacha import columns  # it loads an engine that a small file does without

    state = State(profile.account, *other_side(source))
    return columns.read(NAME, state, source)
