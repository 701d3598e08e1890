"""OFX files read in columns, some megabytes after the other: the documents of the record reader, only faster.

`parsers.ofx_sheet` lays a block out. Runs of plain entries are counted into their statement at once; what stands between the runs goes
to the record reader, piece by piece in the file's order and into the same `Reading`, so that the frame of a file, odd entries, dialects
and issues are decided in one place. An entry whose FITID may have been told before goes there, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
import polars as pl

from parsers import documents, ofx_sheet
from parsers.amounts import AMOUNT_LIMIT_MINOR, minor_digits
from parsers.document_parts import Parts
from parsers.ofx_elements import Block, BlockReader, Entry, block_at, blocks, code_page, corrected_in_file, newline_of, occurrences, odd_case
from parsers.ofx_entries import EntryReader, Told
from parsers.ofx_fitids import Fitids
from parsers.ofx_reading import Reading
from parsers.records import BankLine, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.byte_columns import Flags, Ints
    from parsers.documents import Document
    from parsers.ofx_sheet import Sheet
    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source

_SILENT = {
    name: pl.lit(default, dtype=documents.LINES[name]) for name, default in BankLine._field_defaults.items() if name in documents.LINES
}


def parts(source: Source, profile: Profile, format_name: str) -> Iterator[Document]:
    """The file's documents: one for each block, one for what its end says."""
    (corrections,) = occurrences(source, b"<CORRECTFITID")
    page = code_page(source.head, profile.encoding)
    entries = EntryReader(source, page, corrected_in_file(source) if corrections else frozenset())
    so_far = Parts(format_name)
    with source.open() as stream:
        walk = _Walk(Reading(profile, entries, entries.told), BlockReader(newline_of(source.head)), stream, is_odd=odd_case(source.head))
        entries.elsewhere = walk.told_before
        for block in blocks(source):
            sheet = ofx_sheet.sheet(block.text, walk.reader.newline, page)
            runs = walk.read(block, sheet)
            yield so_far.part(walk.taken(), _lines(sheet, runs, block.offset, walk.line) if sheet and runs else None)
            ...
