r"""BAI2: cash management balance reporting, prior-day statements and intraday reports.

Issued by the Bank Administration Institute ("Cash Management Balance Reporting Specifications, Version 2"); the layouts are in
its chapter 3, the type codes in appendix A. Fields are separated by commas, a slash ends a record, amounts are whole numbers
of the currency's smallest unit:

    01 file header       sender, receiver, created YYMMDD, HHMM, file id, [line length], [block size], version 2
    02 group header      [receiver], originator, status 1-4, as of YYMMDD, [HHMM], [currency], [modifier 1-4]
    03 account           account, [currency], then any number of: type code, amount, [items], [funds type ...]
    16 detail            type code, amount, [funds type ...], [bank reference], [customer reference], [text]
    88 continuation      of the record before it, from the next field on, or of its text
    49 account trailer   total of all amounts of 03 and 16 as written, number of records
    98 group trailer     total of the 49, number of accounts, number of records
    99 file trailer      total of the 98, number of groups, number of records

A funds type S is followed by three amounts, V by value date and time, D by n and n pairs of days and amount.

Report: modifier 2 (previous day, final) makes a statement; 1 (previous day, interim), 3 and 4 (same day) make an announcement, for
the final report follows; without one, current balances (030, 059, 060) and no closing balance mean the running day. Group status 2
(delete) is an error, for a person must undo what was taken before; 3 (correct) gives its lines as a copy and a warning, for they
replace earlier ones; 4 (test) gives no lines and a warning.

Sign and kind come from the type code (`parsers.bai.codes`); a minus on a detail turns both. Payer, check number, trace and reason
come from the text where the bank labels them (`parsers.bank_text`). The references are those of the 16 record; where it has none,
a clearing or end-to-end reference from the text. Items (116 ...) that add up to the deposit (115 ...) before them are the lines,
and the deposit is their batch.

Controls: totals and counts of 49, 98 and 99; opening ledger (010) and entries against closing ledger (015) where the account lists
its entries, else against its own totals (100, 400). An account whose ledger balances are both zero does not report balances.

Tolerated: what `parsers.bai.records` lists; surplus empty fields; a missing funds type; empty trailer totals; decimal points.

An example:

    01,121000248,ACME,261120,0600,1,,,2/
    02,ACME,121000248,1,261119,2400,USD,2/
    03,1234567890,,010,100000,,,015,110000,,/
    16,165,10000,Z,REF77,,ORIG CO NAME:BETA INC
    49,220000,3/
    98,220000,1,5/
    99,220000,1,7/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parsers.bai import details, levels, records
from parsers.bai.levels import Book

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.documents import Document
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source

NAME = "bai2"
TITLE = "BAI2 cash management balance reporting (prior day and intraday)"
IDENTIFIED_BY = "a first record 01,sender,receiver,date,time,... that ends with a slash or is followed by a 02"


def sniff(head: bytes) -> bool:
    """Whether a 01 record stands at the start of a line, after nothing but mailbox cards."""
    text = head.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    found = records.HEADER.search(text)
    before = text[: found.start()].split("\n") if found else []
    return found is not None and all(line.lstrip()[:2] in {"", "$$", "//"} or line.startswith("*") for line in before)


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records; details as bank lines in file order."""
    book = Book(profile)
    for block in records.blocks(source):
        yield from details.records_of(block, book)
    yield from levels.ended(book)


def parse_columns(source: Source, profile: Profile) -> Iterator[Document]:
    """The same as documents, in columns: for files that are worth the start of the engine."""
    from parsers.bai import columns

    return columns.parts(source, profile, NAME)
