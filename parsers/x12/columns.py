r"""What payers say in X12, many texts at once: advices of the usual shape in columns.

    RMR*IV*INV-1**980*1000*20\                                                           a line, or several
    ISA*…\GS*…\ST*820*…\BPR*…\TRN*1*…\N1*PR*…\REF*…\ENT*1\RMR*…\RMR*…\SE*…\GE*…\IEA*…\   a whole 820

Plain is an advice of these segments in this order, of lines without adjustments that add up to the payment as they stand: for
it `x12.read_advice` has but one reading, so it can be read here. All others are for that function, which weighs readings and
tells what is wrong. A differential test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import polars as pl

from parsers.x12.segments import ON_ACCOUNT, TAGS, TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes: TypeAlias = NDArray[np.uint8]
    Numbers: TypeAlias = NDArray[np.int64]
    Marks: TypeAlias = NDArray[np.bool_]

LOOKS_LIKE_X12 = rf"^ *{TAGS}[^A-Za-z0-9 ]"
"""`x12.looks_like_x12` as a pattern for printable texts."""

_AMOUNT = r"^-?\d{1,12}(?:\.\d{1,2})?$"
_STAR, _BLANK = b"* "
_TERMINATORS = np.frombuffer(b"\\~", np.uint8)
_ISA_MARK, _ISA_TERMINATOR, _ISA_ELEMENTS = 103, 105, 16
_CONTENT = np.zeros(256, np.bool_)
_CONTENT[list(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,-/()*")] = True
"""Characters that are no separator to `x12` where the text declares none, and the `*` that is one here."""

_FRAME, _LINE, _END, _UNUSUAL = range(4)
_RANKS = {b"RMR*": _LINE, b"SE*": _END, b"GE*": _END, b"IEA*": _END} | dict.fromkeys(
    (b"ISA*", b"GS*", b"ST*", b"BPR*", b"TRN*", b"CUR*", b"PER*", b"REF*", b"DTM*", b"N1*", b"N2*", b"N3*", b"N4*", b"ENT*"), _FRAME)


class Advices(NamedTuple):
    """The plain texts, `indexes` into those given, with what each says; and their remittance lines: `of` is the index of the text
    given, `start` and `end` the place of the segment in it."""

    indexes: Numbers
    notes: pl.Series
    traces: pl.Series
    payers: pl.Series
    lines: pl.DataFrame


class _Segments(NamedTuple):
    """The segments of all texts: `of` the text, `starts` and `stops` in the bytes without the terminator, `tags` the first four bytes,
    `star` the number of the first `*` among all `stars`."""

    data: Bytes
    of: Numbers
    starts: Numbers
    stops: Numbers
    tags: Numbers
    star: Numbers
    stars: Numbers

    def only(self, chosen: Marks) -> _Segments:
        """Some of them."""
        return self._replace(of=self.of[chosen], starts=self.starts[chosen], stops=self.stops[chosen], tags=self.tags[chosen], star=self.star[chosen])

    def element(self, position: int) -> tuple[Numbers, Numbers]:
        """Where an element begins and stops; nothing where the segment is shorter."""
        starts = np.minimum(self.stars[self.star + position - 1] + 1, self.stops)
        return starts, np.minimum(self.stars[self.star + position], self.stops)

    def text(self, position: int) -> pl.Series:
        """An element without its padding."""
        starts, stops = self.element(position)
        whole = pl.Series([self.data.tobytes()], dtype=pl.Binary).new_from_index(0, len(starts))
        return whole.bin.slice(pl.Series(starts), pl.Series(stops - starts)).cast(pl.String).str.strip_chars(" ")
