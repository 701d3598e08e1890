r"""BAI lockbox: the checks that a bank opened and deposited for us, in records of fixed columns.

After the Bank Administration Institute's "Lockbox Communications Standards for Banks"; every bank fills the columns its own
way, so `parsers.profile.LockboxColumns` says where things stand. 80 or 104 columns, trailing blanks may be missing:

    1 file header      2-3 priority, 4-13 destination, 14-23 origin, 24-29 YYMMDD, 30-33 HHMM
    2 service          2-21 destination and origin, 22-31 reference, 32-34 400, 35-37 record size, 38-41 block size
    5 lockbox header   2-4 batch, 5-7 reference, 8-14 lockbox, 15-20 deposit YYMMDD, 21-40 destination and origin
    6 check            2-4 batch, 5-7 item, 8-17 amount, 18-26 routing, 27-36 account, 37-46 check number, 53-82 remitter
    4 overflow         2-4 batch, 5-7 item, 8 continued record, 9-10 sequence (99 is followed by 01), 11 0 more / 9 last,
                       12-31 document, 32-41 amount; further pairs follow where the record has room (42-71, 72-101)
    7 batch total      8-14 lockbox, 15-20 date, 21-23 checks, 24-33 amount
    8 lockbox total    8-14 lockbox, 15-20 date, 21-24 checks, 25-34 amount
    9 trailer          2-7 number of records with 1 and 9

Order: 1 2 (5 (6 4*)* 7)* 8 ... 9. "BAI2 lockbox" (SAP's name) has one document in each record 4, with deduction and reason:
`overflow_invoice = [12, 27]`, `overflow_amount = [28, 37]`, `overflow_deduction = [38, 47]`, `overflow_reason = [48, 50]`.

A lockbox and deposit date is a statement, a check is a line. The money reaches the bank statement as one credit for lockbox and
date, not one for each batch (a batch is what one clerk opened, some fifty checks), so `batch_amount_minor` is that deposit and
`batch_reference` still says in which batch to look. Amounts are in the profile's currency, decimals implied unless a point is
written; a minus before or after, or an overpunched last digit, makes a credit memo.

Controls: checks and amount of 7, of 8 (a total since the 8 before it, for some banks send one for all boxes), records of 9. Banks
count checks, or checks with their overflow records: both tie. That the documents of a check do not add up to it is the payer's
business, not the file's, and is no issue here.

Tolerated: mailbox cards before the 1; records without line ends; 5 repeated for each batch; 7 or 8 missing (a missing 8 is told);
a document without amount, or with a field of zeros for it; an 8-digit routing number, which gets its check digit.

An example (trailing blanks left off):

    100FIRSTBANK 00999999992611200600
    2FIRSTBANK 00999999990000000000400104010401
    50000000022222261119FIRSTBANK 0099999999
    6001001000012500002100002100012345670000010421111826BETA INC
    40010016019INV-1001            0000125000
    700100000222222611190010000125000
    8000000002222226111900010000125000
    9000008
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parsers.lockbox import book
from parsers.lockbox.records import opens_lockbox_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.documents import Document
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source

NAME = "lockbox"
TITLE = "BAI lockbox (fixed width, 80 or 104 columns)"
IDENTIFIED_BY = "a first record 1 with date and time in columns 24-33, then a record 2 or 5, and no NACHA record size"


def sniff(head: bytes) -> bool:
    """Whether the first record is a lockbox header, and a service record for lockboxes or a lockbox header follows."""
    return opens_lockbox_file(head)


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records; a check with its overflow records is one bank line."""
    return book.records_of(source, profile)


def parse_columns(source: Source, profile: Profile) -> Iterator[Document]:
    """The same as documents, in columns: for files that are worth the start of the engine."""
    from parsers.lockbox import columns

    return columns.parts(source, profile, NAME)
