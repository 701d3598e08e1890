"""Free text of `:86:` as columns: the reading of `parsers.swift.mt86` where nothing but words stands, many entries at a time.

    ZAHLUNGSEINGANG MEIER METALLBAU AG RECHNUNG 88          FEDWIRE CREDIT B/O: ACME INC REF: INVOICE 10017

Covered: text that begins with a letter. What could be one of the dialects that begin so is doubted, which leaves it to the
record reader: `SEPA ` and `GIRO ` of ABN AMRO, a leading IBAN, Knab's `REK:`, mBank's semicolons, a code word further on.
"""

from __future__ import annotations

import numpy as np

from parsers import bank_text, payer_phrases
from parsers.byte_columns import BLANK, Block, Flags, Places, chosen, empty, is_one_of, trimmed, word_set
from parsers.swift import mt86
from parsers.swift.block_columns import Entries
from parsers.swift.mt86_detail_columns import DetailColumns, collapse, dutch_references, put, suspects, texts

_OTHER_OPENINGS = word_set(["SEPA", "GIRO"])
_OTHER_DIALECTS = "|".join([";", "REK:", *(f"/{known}/" for known in mt86.TELLING_CODE_WORDS)])
_LABEL_MARKS = "[:=]"
"""Without one of them a text has no label that tells its payer (`bank_text`)."""

_PHRASE_MARKS = f"(?i){'|'.join(payer_phrases.MARKS)}"


def read(text: Block, details: Places, is_free: Flags, raw: tuple[bytes, Places], entries: Entries) -> DetailColumns:
    """The details of the entries in free text; `raw` is the block before its texts were unfolded, and where they stand there."""
    nothing = empty(entries.rows)
    said = trimmed(text, chosen(is_free, details, nothing))
    _doubt(text, said, entries)
    name = _payer_names(text, said, raw, entries)
    where, said = said, Places(said.start.copy(), said.end.copy())
    collapse(text, said)
    _add_phrases(text, said, name, entries)
    return DetailColumns(said, name, nothing, nothing, nothing, dutch_references(text, where, said, said), nothing)


def _doubt(text: Block, said: Places, entries: Entries) -> None:
    """Texts that may be another dialect."""
    start = said.start
    are_capitals = (text.octets[start] - np.uint8(ord("A")) < 26) & (text.octets[start + 1] - np.uint8(ord("A")) < 26)
    are_digits = (text.octets[start + 2] - np.uint8(ord("0")) < 10) & (text.octets[start + 3] - np.uint8(ord("0")) < 10)
    opens = (are_capitals & are_digits) | (is_one_of(text.quads[start], _OTHER_OPENINGS) & (text.octets[start + 4] == BLANK))
    entries.doubt(said.is_filled & opens)
    entries.doubt(suspects(text, said, _OTHER_DIALECTS)[0])


def _payer_names(text: Block, said: Places, raw: tuple[bytes, Places], entries: Entries) -> Places:
    """Who paid, where a label says so."""
    data, places = raw
    rows, _ = suspects(text, said, _LABEL_MARKS)
    rows = rows[entries.sure[rows]]
    names = empty(entries.rows)
    put(text, names, rows, [bank_text.payer_name(data[start:end].decode("latin-1").replace("\r", "").strip())
                            for start, end in zip(places.start[rows].tolist(), places.end[rows].tolist(), strict=True)])
    return names


def _add_phrases(text: Block, said: Places, name: Places, entries: Entries) -> None:
    """Who paid where no label says so, but a phrase does."""
    rows, _ = suspects(text, said, _PHRASE_MARKS)
    rows = rows[entries.sure[rows] & ~name.is_filled[rows]]
    put(text, name, rows, [payer_phrases.payer_name(each) for each in texts(text, said, rows)])
