"""Free text of `:86:` as columns: the reading of `parsers.mt86` where nothing but words stands, many entries at a time.

    ZAHLUNGSEINGANG MEIER METALLBAU AG RECHNUNG 88          FEDWIRE CREDIT B/O: ACME INC REF: INVOICE 10017

Covered: text that begins with a letter. What could be one of the dialects that begin so is doubted, which leaves it to the
record reader: `SEPA ` and `GIRO ` of ABN AMRO, a leading IBAN, Knab's `REK:`, mBank's semicolons, a code word further on.
"""

from __future__ import annotations

import numpy as np

from parsers import bank_text, mt86
from parsers.byte_columns import BLANK, Block, Flags, Ints, Places, chosen, empty, rows_holding, trimmed, word, word_set
from parsers.mt86_detail_columns import DetailColumns, collapse, dutch_suspects, put
from parsers.mt86_details import structured_reference
from parsers.swift_block_columns import Entries

_OTHER_OPENINGS = word_set(["SEPA", "GIRO"])
_TELLING = word_set(known for known in mt86.TELLING_CODE_WORDS if len(known) == 4)
_SHORT_TELLING = frozenset(known for known in mt86.TELLING_CODE_WORDS if len(known) != 4)
_LABEL_MARKS = ":", "="
"""Without one of them a text has no label that tells its payer (`bank_text`)."""


def read(text: Block, slashes: Ints, details: Places, is_free: Flags, raw: tuple[bytes, Places], entries: Entries) -> DetailColumns:
    """The details of the entries in free text; `raw` is the block before its texts were unfolded, and where they stand there."""
    nothing = empty(entries.rows)
    said = trimmed(text, chosen(is_free, details, nothing))
    _doubt(text, slashes, said, entries)
    suspects = dutch_suspects(text, said)
    name = _payer_names(text, said, raw, entries)
    collapse(text, said)
    structured = empty(entries.rows)
    for row in suspects.tolist():
        told = text.text(said.start[row], said.end[row])
        put(text, structured, row, mt86.dutch_reference(told) or structured_reference(told))
    return DetailColumns(said, name, nothing, nothing, nothing, structured, nothing)


def _doubt(text: Block, slashes: Ints, said: Places, entries: Entries) -> None:
    """Texts that may be another dialect."""
    start = said.start
    are_capitals = (text.octets[start] - np.uint8(ord("A")) < 26) & (text.octets[start + 1] - np.uint8(ord("A")) < 26)
    are_digits = (text.octets[start + 2] - np.uint8(ord("0")) < 10) & (text.octets[start + 3] - np.uint8(ord("0")) < 10)
    opens = (are_capitals & are_digits) | (np.isin(text.quads[start], _OTHER_OPENINGS) & (text.octets[start + 4] == BLANK))
    entries.doubt(said.is_filled & opens)
    entries.doubt(rows_holding(text.places_of(";"), said))
    width = np.diff(slashes) - 1
    words = slashes[:-1][(width == 4) & np.isin(text.quads[slashes[:-1] + 1], _TELLING)]
    entries.doubt(rows_holding(words, said))
    for known in _SHORT_TELLING:
        entries.doubt(rows_holding(text.places_of(f"/{known}/"), said))


def _payer_names(text: Block, said: Places, raw: tuple[bytes, Places], entries: Entries) -> Places:
    """Who paid, where a label says so."""
    data, places = raw
    names = empty(entries.rows)
    labelled = np.unique(np.concatenate([rows_holding(text.places_of(mark), said) for mark in _LABEL_MARKS]))
    for row in labelled[entries.sure[labelled]].tolist():
        told = data[places.start[row]:places.end[row]].decode("latin-1").replace("\r", "").strip()
        if "REK:" in told:
            entries.sure[row] = False
        else:
            put(text, names, row, bank_text.payer_name(told))
    return names
