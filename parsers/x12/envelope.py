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
from typing import TYPE_CHECKING, TypeAlias

from parsers import issues
from parsers.dates import yymmdd, yyyymmdd
from parsers.records import Control, Envelope, Issue, Span
from parsers.x12.segments import Segment, cut_source

if TYPE_CHECKING:
    from parsers.sources import Source

Outside: TypeAlias = Envelope | Control | Issue
_OUTSIDE = frozenset(["ISA", "GS", "ST", "GE", "IEA"])
"""Segments that are in no set."""


@dataclass(slots=True)
class TransactionSet:
    """An open set: its ST, what its envelopes say, and its `segments`, ST and SE among them. These are read from the file as they are
    taken; all of them have to be, before the next set is asked for.

    `count`, `last`: how many were taken, and the last of them. `following`: what ended a set that has no SE.
    """

    header: Segment
    interchange: str
    date: dt.date | None
    is_test: bool
    last: Segment
    count: int = 0
    following: Segment | None = None
    segments: Iterator[Segment] = field(init=False)

    @property
    def identifier(self) -> str:
        """The kind of set: 820, 823."""
        return self.header.value(1)

    @property
    def statement_id(self) -> str:
        """Interchange and set control number: unique at the sender."""
        return "-".join(filter(None, (self.interchange, self.header.value(2))))

    @property
    def span(self) -> Span:
        """From ST to the end of what was taken."""
        return Span(self.header.span.line, self.header.span.start, self.last.span.end)

    def passed_over(self) -> Span:
        """Where it stands, when nobody reads what it says."""
        for _ in self.segments:
            pass
        return self.span


@dataclass(slots=True)
class _Open:
    """What is open while reading: interchange and group, and what was counted in them."""

    interchange: Segment | None = None
    group: Segment | None = None
    groups: int = 0
    sets: int = 0


def read_sets(source: Source) -> Iterator[TransactionSet | Outside]:
    """Each set as it begins, before it the records of what surrounds it, after it its controls."""
    state, found = _Open(), cut_source(source)
    segment, span = next(found, None), Span(1, 0, 0)
    while segment:
        following = None
        tag, span = segment.value(0), segment.span
        if tag in _OUTSIDE:
            yield from _unclosed(state, tag, span, "missing_record")
        if tag == "ST":
            state.sets += 1
            report = _set(state, segment, found)
            yield report
            span, following = report.last.span, report.following
            yield from _closed_set(report)
        elif tag in ("ISA", "GS"):
            yield from _opened(state, tag, segment)
        elif tag == "GE" and state.group:
            yield from _trailer(segment, state.group.value(6), state.sets, "group")
            state.group = None
        elif tag == "IEA" and state.interchange:
            yield from _trailer(segment, state.interchange.value(13), state.groups, "interchange")
            state.interchange = None
        else:
            yield from _stray(segment)
        segment = following or next(found, None)
    yield from _unclosed(state, "ISA", span, "truncated")


def _set(state: _Open, header: Segment, found: Iterator[Segment]) -> TransactionSet:
    group, interchange = state.group, state.interchange
    date = (yyyymmdd(group.value(4)) or yymmdd(group.value(4))) if group else None
    report = TransactionSet(
        header, interchange.value(13) if interchange else "", date, is_test=interchange is not None and _is_test(interchange), last=header)
    report.segments = _members(report, found)
    return report


def _members(report: TransactionSet, found: Iterator[Segment]) -> Iterator[Segment]:
    """The segments of a set, up to its SE or to what stands outside of sets."""
    segment: Segment | None = report.header
    while segment:
        report.last = segment
        report.count += 1
        yield segment
        if segment.elements[0] == "SE":
            return
        segment = next(found, None)
        if segment and segment.elements[0] in _OUTSIDE:
            report.following = segment
            return


def _closed_set(report: TransactionSet) -> Iterator[Outside]:
    """The trailer of a set, or that it has none."""
    name = report.header.value(2)
    if report.last.value(0) == "SE":
        yield from _trailer(report.last, name, report.count, "set")
    elif report.following:
        yield issues.error(report.following.span, "missing_record", f"set {name} has no SE")
    else:
        yield issues.error(report.last.span, "truncated", f"set {name} has no SE")


def _opened(state: _Open, tag: str, segment: Segment) -> Iterator[Outside]:
    yield Envelope(segment.span, "functional group header" if tag == "GS" else "interchange header")
    if tag == "GS":
        state.group, state.groups, state.sets = segment, state.groups + 1, 0
        return
    state.interchange, state.group, state.groups, state.sets = segment, None, 0, 0
    if _is_test(segment):
        yield issues.warning(segment.span, "test_file", "ISA15 marks the interchange as a test: it moves no money")


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


def _unclosed(state: _Open, tag: str, span: Span, code: str) -> Iterator[Outside]:
    """What a header, an outer trailer or the end of the file finds open: told, so that half a file does not pass for a whole one."""
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
