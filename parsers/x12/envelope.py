"""ASC X12 envelopes: ISA..IEA around GS..GE around ST..SE, with the counts and numbers they must agree on.

    ISA  interchange: ISA13 its control number, ISA15 P production or T test
      GS   functional group: GS01 RA payment (820), LB lockbox (823), GS04 date, GS06 control number
        ST   transaction set: ST01 820 or 823, ST02 control number
        SE   SE01 number of segments from ST to SE, SE02 = ST02
      GE   GE01 number of sets, GE02 = GS06
    IEA  IEA01 number of groups, IEA02 = ISA13

Bare ST..SE without ISA and GS is read too. The payments of a test are lines for information and move no money. An opened
envelope that is not closed means that the file ends too early.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from parsers import issues
from parsers.dates import yymmdd, yyyymmdd
from parsers.records import Control, Envelope, Issue, Span
from parsers.x12.segments import Segment, cut_source

if TYPE_CHECKING:
    from parsers.sources import Source

Outside: TypeAlias = Envelope | Control | Issue


class TransactionSet(NamedTuple):
    """The segments from ST to SE, and what its envelopes say."""

    segments: list[Segment]
    interchange: str
    date: dt.date | None
    is_test: bool

    @property
    def identifier(self) -> str:
        """The kind of set: 820, 823."""
        return self.segments[0].value(1)

    @property
    def statement_id(self) -> str:
        """Interchange and set control number: unique at the sender."""
        return "-".join(filter(None, (self.interchange, self.segments[0].value(2))))

    @property
    def span(self) -> Span:
        """From ST to the end of SE."""
        return Span(self.segments[0].span.line, self.segments[0].span.start, self.segments[-1].span.end)


@dataclass(slots=True)
class _Open:
    """What is open while reading: interchange, group, set, and what was counted in them."""

    interchange: Segment | None = None
    group: Segment | None = None
    groups: int = 0
    sets: int = 0
    segments: list[Segment] = field(default_factory=list)


def read_sets(source: Source) -> Iterator[TransactionSet | Outside]:
    """Each set when it is complete, before it the records of what surrounds it, after it its controls."""
    state, span = _Open(), Span(1, 0, 0)
    for segment in cut_source(source):
        tag, span = segment.value(0), segment.span
        if tag in ("ISA", "GS", "ST", "GE", "IEA"):
            yield from _unclosed(state, tag, segment.span)
        if tag in ("ISA", "GS", "ST"):
            yield from _opened(state, tag, segment)
        elif tag == "SE" and state.segments:
            state.segments.append(segment)
            yield _closed_set(state)
            yield from _trailer(segment, state.segments[0].value(2), len(state.segments), "set")
            state.segments = []
        elif state.segments:
            state.segments.append(segment)
        elif tag == "GE" and state.group:
            yield from _trailer(segment, state.group.value(6), state.sets, "group")
            state.group = None
        elif tag == "IEA" and state.interchange:
            yield from _trailer(segment, state.interchange.value(13), state.groups, "interchange")
            state.interchange = None
        else:
            yield from _stray(segment)
    yield from _unclosed(state, "ISA", span, at_end=True)


def _opened(state: _Open, tag: str, segment: Segment) -> Iterator[Outside]:
    if tag == "ST":
        state.segments, state.sets = [segment], state.sets + 1
        return
    yield Envelope(segment.span, "functional group header" if tag == "GS" else "interchange header")
    if tag == "GS":
        state.group, state.groups, state.sets = segment, state.groups + 1, 0
        return
    state.interchange, state.group, state.groups, state.sets = segment, None, 0, 0
    if _is_test(segment):
        yield issues.warning(segment.span, "test_file", "ISA15 marks the interchange as a test: it moves no money")


def _closed_set(state: _Open) -> TransactionSet:
    group, interchange = state.group, state.interchange
    date = (yyyymmdd(group.value(4)) or yymmdd(group.value(4))) if group else None
    if interchange is None:
        return TransactionSet(state.segments, "", date, is_test=False)
    return TransactionSet(state.segments, interchange.value(13), date, _is_test(interchange))


def _is_test(interchange: Segment) -> bool:
    return interchange.value(15) == "T"


def _trailer(segment: Segment, opened_as: str, counted: int, name: str) -> Iterator[Outside]:
    """The count and the control number of SE, GE or IEA beside what was read."""
    label = f"{name} {opened_as}".strip()
    what = {"set": "segments", "group": "sets", "interchange": "groups"}[name]
    yield Envelope(segment.span, f"{name} trailer")
    if (stated := whole_number(segment.value(1))) is None:
        yield issues.error(segment.span, "bad_record", f"{segment.value(0)}01 is no number of {what}", segment.value(1))
    else:
        yield Control(segment.span, f"{label}: number of {what}", stated, counted)
    closed_as = segment.value(2)
    if (ours := whole_number(opened_as)) is not None and (theirs := whole_number(closed_as)) is not None:
        yield Control(segment.span, f"{label}: control number", theirs, ours)
    elif closed_as != opened_as:
        message = f"the trailer closes {name} {closed_as!r}, the header opened {opened_as!r}"
        yield issues.error(segment.span, "misplaced_record", message)


def _unclosed(state: _Open, tag: str, span: Span, *, at_end: bool = False) -> Iterator[TransactionSet | Outside]:
    """What a header, an outer trailer or the end of the file finds open: told, so that no half set passes for a whole one."""
    code = "truncated" if at_end else "missing_record"
    if state.segments:
        yield _closed_set(state)
        yield issues.error(span, code, f"set {state.segments[0].value(2)} has no SE")
        state.segments = []
    if state.group and tag in ("ISA", "GS", "IEA"):
        yield issues.error(span, code, f"group {state.group.value(6)} has no GE")
        state.group = None
    if state.interchange and tag == "ISA":
        yield issues.error(span, code, f"interchange {state.interchange.value(13)} has no IEA")
        state.interchange = None


def _stray(segment: Segment) -> Iterator[Outside]:
    tag = segment.value(0)
    yield Envelope(segment.span, tag[:3])
    if tag != "TA1":
        yield issues.error(segment.span, "misplaced_record", f"{tag[:20]!r} stands outside any transaction set", "*".join(segment.elements))


def whole_number(text: str) -> int | None:
    """A count or control number; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
