"""OFX, Open Financial Exchange: what web banks give for download as .ofx, .qfx (Quicken) and .qbo (QuickBooks).

Standard: OFX 1.02 to 1.6 (SGML) and 2.0 to 2.3 (XML), section 11 (bank and credit card statements) and the bank entries
of section 13 (investment statements). One reader takes both, see `parsers.ofx.elements`.

    OFX                                the header before it (KEY:VALUE lines, or <?OFX …?>) may be missing or on one line
      SIGNONMSGSRSV1                   sign-on; a STATUS of severity ERROR here or below means there is no statement
      BANKMSGSRSV1 | CREDITCARDMSGSRSV1 | INVSTMTMSGSRSV1
        STMTTRNRS | CCSTMTTRNRS | INVSTMTTRNRS      TRNUID, STATUS
          STMTRS | CCSTMTRS | INVSTMTRS             one statement of one account, several in a file
            CURDEF, BANKACCTFROM {BANKID, ACCTID}
            BANKTRANLIST {DTSTART, DTEND, STMTTRN …}        one or more; BANKTRANLISTP {STMTTRNP …} is pending
            LEDGERBAL {BALAMT, DTASOF}

    STMTTRN   TRNTYPE, DTPOSTED, DTAVAIL, TRNAMT (signed), FITID, CORRECTFITID + CORRECTACTION, CHECKNUM, REFNUM,
              NAME or PAYEE {NAME …}, EXTDNAME, BANKACCTTO, MEMO, CURRENCY or ORIGCURRENCY {CURRATE, CURSYM}

Controls: OFX states no totals and no opening balance. Checked are the number of entries (tags in the bytes against entries
read) and, where statements of one account follow each other without a gap and each balance is as of its last day, the
ledger balance. A file without `</OFX>`, or with a list or statement that does not end, is truncated.

Quirks tolerated: unclosed leaves, CDATA, bare `&`, a wrong CHARSET (UTF-8 is tried first), amounts with a comma or with
thousands, a FITID that is empty or used again, elements out of order, entries without end tag, an empty CURDEF.
The date is the one that is written: the offset behind it (`[-5:EST]`) never moves it. CURRENCY means that TRNAMT is in that
currency, ORIGCURRENCY that it was converted from it. A correction that meets its original in the same file leaves the
original as information only; otherwise DELETE books the amount back and REPLACE is told to a person. Brokers keep cash with
four decimals: an investment account's amount below the minor unit is shown cut, for information, and the file is refused.
Security trades are no bank lines.

    <OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>021000021<ACCTID>4711</BANKACCTFROM>
    <BANKTRANLIST><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260131235900[-5:EST]<TRNAMT>120.00<FITID>F1<NAME>ACME</STMTTRN>
    </BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from parsers.ofx.elements import Entry, code_page, corrected_in_file, elements, occurrences
from parsers.ofx.entries import EntryReader
from parsers.ofx.reading import Reading
from parsers.profile import Profile
from parsers.records import Record
from parsers.sources import Source

if TYPE_CHECKING:
    from parsers.documents import Document

NAME = "ofx"
TITLE = "OFX, QFX and QBO statements (SGML and XML)"
IDENTIFIED_BY = "an OFXHEADER or a <?OFX header, else the root element <OFX>"

_HEADER = re.compile(rb"\s*(?:OFXHEADER\s*[:=]|DATA\s*:\s*OFXSGML)|[^\0]{0,2048}?<\?OFX\s|[^<]{0,2048}(?:<[?!][^>]*>\s*)*<OFX\s*>", re.IGNORECASE)


def sniff(head: bytes) -> bool:
    """An OFX header or the root element, after at most a short preamble."""
    return _HEADER.match(head) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records in order."""
    booked, ended, pending, corrections = occurrences(source, b"<STMTTRN>", b"</STMTTRN>", b"<STMTTRNP>", b"<CORRECTFITID")
    page = code_page(source.head, profile.encoding)
    told: list[Record] = []
    entries = EntryReader(source, page, corrected_in_file(source) if corrections else frozenset(), told)
    reading = Reading(profile, entries, told)
    for piece in elements(source):
        line = None
        if isinstance(piece, Entry):
            line = reading.entry(piece)
        else:
            reading.element(piece)
        if told:
            yield from told
            told.clear()
        if line is not None:
            yield line
    reading.finish(max(booked, ended) + pending)
    yield from told


def parse_columns(source: Source, profile: Profile) -> Iterator[Document]:
    """The same in columns; imported where it is used, as the engine behind it takes its time to start."""
    from parsers.ofx import columns

    return columns.parts(source, profile, NAME)
