"""What banks put into `:86:` as columns: the dialects of `parsers.swift.mt86` that most files are in, many entries at a time.

Told apart by how the text begins: `166?00` are German subfields (`parsers.swift.mt86_subfield_columns`), `/TRTP/` and the like are
code words (`parsers.swift.mt86_code_word_columns`), a letter is free text (`parsers.swift.mt86_free_columns`); an entry without :86: is
silent. All others are doubted, which leaves them to the record reader.

Texts are unfolded first: line ends, and what stands between subfields of one text, are taken out of the block or become
blanks. From then on places are those of the unfolded block.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parsers import bank_text
from parsers.byte_columns import BLANK, Block, Flags, Ints, Places, block, spread
from parsers.swift import mt86, mt86_code_word_columns, mt86_free_columns, mt86_subfield_columns
from parsers.swift.block_columns import Entries, Scan
from parsers.swift.mt86_detail_columns import DetailColumns, either, silent
from parsers.swift.mt86_subfield_columns import KEY_WIDTH, Pieces

_GONE = 0
"""Stands for a byte that is taken out. A file's own odd bytes are replaced before; the entries that hold them are doubted."""
_REPLACED = ord("x")
_TAG_WIDTH = 4
_KEY_AT_LINE_END = 5
"""A code word that a line end has cut begins among the last characters of the line."""


class Unfolded(NamedTuple):
    """A block with its texts unfolded: `head` is what stands behind `:61:` in its line, `further` the line below it, `details`
    what stands behind `:86:`. `seams` are the blanks where a short subfield ended. The flags tell the dialect, `raw` where the
    details stood before."""

    text: Block
    head: Places
    further: Places
    details: Places
    pieces: Pieces
    seams: Ints
    has_joined_account: Flags
    slashes: Ints
    is_subfields: Flags
    is_code_words: Flags
    is_free: Flags
    raw: Places


class _Joints(NamedTuple):
    """Line ends inside a text: whose they are, where they stand, and whether the text goes on without a blank."""

    row: Ints
    at: Ints
    direct: Flags


def read(scan: Scan, unfolded: Unfolded) -> DetailColumns:
    """The details of all entries."""
    text, entries = unfolded.text, scan.entries
    found = silent(entries.rows)
    if unfolded.is_subfields.any():
        found = mt86_subfield_columns.read(text, unfolded.pieces, unfolded.seams, unfolded.has_joined_account, entries)
    if unfolded.is_code_words.any():
        words = mt86_code_word_columns.read(text, unfolded.slashes, unfolded.details, unfolded.is_code_words, entries)
        found = either(unfolded.is_code_words, words, found)
    if unfolded.is_free.any():
        raw = scan.data, unfolded.raw
        free = mt86_free_columns.read(text, unfolded.details, unfolded.is_free, raw, entries)
        found = either(unfolded.is_free, free, found)
    return found


def unfold(scan: Scan) -> Unfolded:
    """The block with one line for each :86:. Entries in another dialect, or with several further lines, are doubted."""
    entries, line_start, line_end = scan.entries, scan.line_start, scan.line_end
    opens = scan.fields.start[entries.field + 1] + _TAG_WIDTH
    raw = Places(opens, np.where(entries.has_details, line_end[entries.after - 1], opens))
    is_subfields, is_code_words, is_free = _dialects(scan.text, opens, entries)
    entries.doubt(entries.details - entries.line > 2)
    data, moved = _without_line_ends(scan, is_subfields)
    text = block(data)
    below = np.minimum(entries.line + 1, entries.details - 1)
    head = Places(entries.start + _TAG_WIDTH - moved[entries.line], line_end[entries.line] - moved[entries.line])
    further = Places(np.where(below > entries.line, line_start[below] - moved[below], head.end), line_end[below] - moved[below])
    details = Places(opens - moved[entries.details], raw.end - moved[np.maximum(entries.after - 1, entries.details)])
    pieces = mt86_subfield_columns.find(text, np.flatnonzero(is_subfields), details, entries)
    lines = _line_joints(scan, moved, is_code_words, is_free)
    subfields = mt86_subfield_columns.joints(text, pieces, entries)
    nowhere = np.zeros(0, np.int64)
    flat = Unfolded(text, head, further, details, pieces, nowhere, is_subfields, nowhere, is_subfields, is_code_words, is_free, raw)
    return _joined(flat, lines, subfields)


def _dialects(text: Block, opens: Ints, entries: Entries) -> tuple[Flags, Flags, Flags]:
    """Which details are subfields, code words, free text. Others are doubted."""
    is_subfields = entries.has_details & mt86_subfield_columns.are_subfields(text.eights[opens])
    is_code_words = entries.has_details & mt86_code_word_columns.are_code_words(text, opens)
    is_free = entries.has_details & ((text.octets[opens] | np.uint8(0x20)) - np.uint8(ord("a")) < 26)
    entries.doubt(entries.has_details & ~(is_subfields | is_code_words | is_free))
    return is_subfields, is_code_words, is_free


def _without_line_ends(scan: Scan, is_subfields: Flags) -> tuple[bytes | bytearray, Ints]:
    """The block without the line ends of German subfields and without CR, and how far each line has moved."""
    entries, lines = scan.entries, scan.line_start.size
    inside = np.zeros(lines + 1, np.int8)
    inside[entries.details[is_subfields]] = 1
    inside[entries.after[is_subfields]] -= 1
    leaves = np.cumsum(inside[:scan.returns.size])
    moved = np.zeros(lines + 1, np.int64)
    np.cumsum(scan.returns + leaves, out=moved[1:scan.returns.size + 1])
    moved[scan.returns.size + 1:] = moved[scan.returns.size]
    octets = scan.text.octets
    octets[scan.odd] = _REPLACED
    line_feeds = scan.line_end[:scan.returns.size] + scan.returns
    octets[line_feeds[leaves > 0]] = _GONE
    octets[line_feeds[scan.returns > 0] - 1] = _GONE
    return scan.text.data.translate(None, bytes([_GONE])), moved


def _line_joints(scan: Scan, moved: Ints, is_code_words: Flags, is_free: Flags) -> _Joints:
    """The line ends inside code words and free text: a full line goes on without a blank (`mt86.unfolded`)."""
    entries = scan.entries
    rows = np.flatnonzero((is_code_words | is_free) & (entries.after - entries.details > 1))
    last = entries.after[rows] - 1
    start = scan.line_start[last]
    indented = rows[(scan.text.octets[start] <= BLANK) & (scan.text.octets[start + 1] <= BLANK)]
    entries.doubt(np.array([row for row in indented.tolist() if _is_blank(scan, entries.after[row] - 1)], np.int64))
    line, of = spread(entries.details[rows], last - entries.details[rows])
    row = rows[of]
    first = line == entries.details[row]
    length = scan.line_end[line] - scan.line_start[line] - _TAG_WIDTH * first
    short, full = mt86.LINE_WIDTHS
    width = np.where(first & ((length == short) | (length == short - 1)), short, full)
    is_full = (length == width) | (length == width + 1)
    direct = np.where(is_free[row], is_full, length != width - 1)
    entries.doubt(row[(length == 0) | (_is_word_cut(scan, line) & (is_free[row] | ~direct))])
    for index in np.flatnonzero(is_full & is_free[row]).tolist():
        after = line[index] + 1
        if bank_text.LABEL.match(scan.data[scan.line_start[after]:scan.line_end[after]].decode("latin-1")):
            entries.sure[row[index]] = False
    return _Joints(row, scan.line_end[line] - moved[line], direct)


def _is_blank(scan: Scan, line: int) -> bool:
    """Whether nothing stands in a line."""
    return not scan.data[scan.line_start[line]:scan.line_end[line]].strip()


def _is_word_cut(scan: Scan, line: Ints) -> Flags:
    """Whether the line may end within a code word: a slash and nothing but capitals."""
    is_cut, are_capitals = np.zeros(line.size, np.bool_), np.ones(line.size, np.bool_)
    for back in range(1, _KEY_AT_LINE_END + 1):
        octets = scan.text.octets[scan.line_end[line] - back]
        is_cut |= are_capitals & (octets == ord("/"))
        are_capitals &= octets - np.uint8(ord("A")) < 26
    return is_cut


def _joined(flat: Unfolded, lines: _Joints, subfields: tuple[Ints, Ints, Ints]) -> Unfolded:
    """The block with its joints taken out or made blank, and where everything stands then."""
    pieces, rows = flat.pieces, flat.is_free.size
    direct, short, accounts = subfields
    leaves = np.zeros(pieces.row.size, np.int64)
    leaves[direct], leaves[short], leaves[accounts] = KEY_WIDTH, KEY_WIDTH - 1, KEY_WIDTH - 1
    of_pieces = np.zeros(rows, np.int64)
    if pieces.rows.size:
        of_pieces[pieces.rows] = np.add.reduceat(leaves, pieces.first)
    left = of_pieces + np.bincount(lines.row[lines.direct], minlength=rows)
    before = np.cumsum(left) - left
    moved = np.cumsum(leaves) + (before - (np.cumsum(of_pieces) - of_pieces))[pieces.row]
    has_joined_account = np.zeros(rows, np.bool_)
    has_joined_account[pieces.row[accounts]] = True
    head, further, details = (Places(places.start - before, places.end - before) for places in (flat.head, flat.further, flat.details))
    text = block(_with_joints(flat, lines, leaves, short, accounts))
    text.find_both("+", "/")
    return flat._replace(text=text, head=head, further=further, details=details._replace(end=details.end - left),
                         pieces=pieces._replace(start=pieces.start - moved, end=pieces.end - moved), seams=pieces.start[short] - moved[short] - 1,
                         has_joined_account=has_joined_account, slashes=text.places_of("/"))


def _with_joints(flat: Unfolded, lines: _Joints, leaves: Ints, short: Ints, accounts: Ints) -> bytes | bytearray:
    """The bytes of the block with its joints taken out or made blank."""
    starts = flat.pieces.start
    octets = flat.text.octets
    joint = starts[np.flatnonzero(leaves)]
    for back in range(1, KEY_WIDTH + 1):
        octets[joint - back] = _GONE
    octets[starts[short] - 1] = BLANK
    octets[starts[accounts] - 1] = ord("/")
    octets[lines.at] = np.where(lines.direct, _GONE, BLANK)
    return flat.text.data.translate(None, bytes([_GONE]))
