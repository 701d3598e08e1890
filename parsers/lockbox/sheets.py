"""A block of a BAI lockbox file as a sheet: its records in groups, and the plain checks with their documents in columns.

A check and its overflow records are a group, and so is every other record. A check is plain if the group is in ASCII, amounts and
documents stand in their columns as digits, and nothing is to be told about it; all others are for `parsers.lockbox.book`, and what a
plain check says is the same there and here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers import byte_columns
from parsers.amounts import is_currency
from parsers.byte_columns import PADDING, Places, trimmed
from parsers.digit_columns import number
from parsers.documents import REMITTANCE
from parsers.lockbox.book import with_check_digit
from parsers.lockbox.records import Deposits, glued_width, is_blank, readable
from parsers.profile import NOT_SENT
from parsers.sources import LINE_BYTES_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.lockbox.records import Places as DocumentPlaces
    from parsers.profile import LockboxColumns, Profile
    from parsers.digit_columns import Flags, Numbers
    from parsers.sources import Source

_LENGTH_MAX = 200
_DIGITS_MAX = 14
_FIRST_OF_GROUP = {b"1", b"2", b"5", b"6", b"7", b"8", b"9"}
_MARKS_OF_DEPOSITS = list(b"1589")
_BLANKS = list(b" \t\0\x1a")
_LONE_RETURN = re.compile(rb"\r(?!\n)")
_CHECK, _OVERFLOW = ord("6"), ord("4")
_BATCH, _ITEM, _FLAG = (2, 4), (5, 7), 11
_NUMBER_MAX = 15
_SIX_LETTERS = np.uint64(0xFFFFFFFFFFFF)


class Block(NamedTuple):
    """Whole groups of records; `offset` and `line` are those of the first byte."""

    data: bytes
    offset: int
    line: int


class Lines(NamedTuple):
    """The lines of a block that are not blank: where each starts and ends in it, where the next one starts, its number and its code."""

    text: byte_columns.Block
    start: Numbers
    end: Numbers
    next: Numbers
    number: Numbers
    code: Numbers

    def record(self, at: int) -> bytes:
        """The bytes of one line without its line end."""
        return bytes(self.text.data[self.start[at] : self.end[at]])


class Sheet(NamedTuple):
    """The groups of a block: the first line of each (and one beyond the last), and whether it is a plain check.

    `checks` has a row for each that is one, of columns of `documents.LINES` and the number of overflow records; `remittance` their
    documents, `row` counting these rows.
    """

    lines: Lines
    group: Numbers
    is_plain: Flags
    checks: pl.DataFrame
    remittance: pl.DataFrame


def blocks(source: Source, size: int) -> Iterator[Block]:
    """The file in pieces of about `size` bytes, each cut before a record that is no overflow record."""
    offset, line, rest = 0, 1, b""
    with source.open() as stream:
        while data := stream.read(size):
            while data.endswith(b"\r") and (more := stream.read(1)):
                data += more
            data = rest + _evened(data)
            cut = len(data) if len(data) > LINE_BYTES_MAX + size else _last_group(data)
            if cut:
                yield Block(data[:cut], offset, line)
            offset, line, rest = offset + cut, line + data.count(b"\n", 0, cut), data[cut:]
    if rest:
        yield Block(rest, offset, line)


def _evened(data: bytes) -> bytes:
    """With a line feed for each carriage return that stands alone."""
    return data if data.count(b"\r") == data.count(b"\r\n") else _LONE_RETURN.sub(b"\n", data)


def _last_group(data: bytes) -> int:
    """Where the last record begins that surely begins a group, 0 if none does after the first."""
    at = len(data)
    while (at := data.rfind(b"\n", 0, at)) >= 0:
        if data[at + 1 : at + 2] in _FIRST_OF_GROUP:
            return at + 1
    return 0


def deposit_totals(source: Source, profile: Profile, size: int) -> list[int] | None:
    """The sum of the checks of each deposit, as `lockbox_records.deposit_totals` adds them up. None where all of the file is for the
    record reader: several records on a line, lines or groups without end."""
    deposits, totals = Deposits(profile.lockbox), [0]
    for block in blocks(source, size):
        lines = _lines(block)
        if len(block.data) > LINE_BYTES_MAX + size or (lines.end - lines.start).max(initial=0) > _LENGTH_MAX:
            return None
        checks = np.flatnonzero(lines.code == _CHECK)
        sums = np.append(0, np.cumsum(_amounts(lines, checks, profile)))
        marks = np.flatnonzero(np.isin(lines.code, _MARKS_OF_DEPOSITS))
        done = 0
        for mark, count in zip([*marks.tolist(), None], [*np.searchsorted(checks, marks).tolist(), len(checks)], strict=True):
            if count > done:
                totals += [0] * (deposits.of(b"6") + 1 - len(totals))
                totals[deposits.number] += int(sums[count] - sums[done])
            done = count
            if mark is None:
                break
            record = lines.record(mark)
            if glued_width(record):
                return None
            totals += [0] * (deposits.of(record) + 1 - len(totals))
    return totals


def _amounts(lines: Lines, checks: Numbers, profile: Profile) -> Numbers:
    """The amounts of check records, 0 for those that nobody can read."""
    first, last = profile.lockbox.check_amount
    amount, is_number = _amount(lines, checks, profile.lockbox)
    for row in np.flatnonzero(~is_number).tolist():
        amount[row] = readable(lines.record(checks[row])[first - 1 : last].decode("latin-1").strip(), profile.currency) or 0
    return amount


def _amount(lines: Lines, checks: Numbers, columns: LockboxColumns) -> tuple[Numbers, Flags]:
    """The amounts of check records, and whether all their columns are digits."""
    start, end = lines.start[checks] + columns.check_amount[0] - 1, lines.start[checks] + columns.check_amount[1]
    amount, is_number = number(lines.text.octets, np.minimum(start, lines.end[checks]), np.minimum(end, lines.end[checks]), _DIGITS_MAX)
    return amount, is_number & (end <= lines.end[checks])


def _lines(block: Block) -> Lines:
    text = byte_columns.block(block.data + PADDING)
    breaks = np.flatnonzero(text.octets[: text.size] == ord("\n"))
    start = np.append(0, breaks + 1)
    following = np.append(breaks + 1, text.size)
    end = np.append(breaks - (text.octets[breaks - 1] == ord("\r")), text.size)
    code = text.octets[start].astype(np.int64)
    is_blank_line = start == end
    for at in np.flatnonzero(np.isin(code, _BLANKS) & ~is_blank_line).tolist():
        is_blank_line[at] = is_blank(block.data[start[at] : end[at]])
    kept = np.flatnonzero(~is_blank_line)
    return Lines(text, start[kept], end[kept], following[kept], kept + block.line, code[kept])


def sheet(block: Block, profile: Profile, in_check: DocumentPlaces | None, in_overflow: DocumentPlaces | None) -> Sheet:
    """The sheet of a block; `in_check` and `in_overflow` say where its records have their documents."""
    lines, columns = _lines(block), profile.lockbox
    is_first = np.append(lines.code != _OVERFLOW, [True])
    is_first[0] = True
    group = np.flatnonzero(is_first)
    checks, overflows = np.flatnonzero(lines.code == _CHECK), np.flatnonzero(~is_first)
    amount, has_amount = _amount(lines, checks, columns)
    in_checks, are_usual = _documents(lines, checks, in_check, profile)
    in_overflows, are_usual_too = _documents(lines, overflows, in_overflow, profile)
    is_usual = np.zeros(lines.code.size, np.bool_)
    is_usual[checks] = has_amount & are_usual
    is_usual[overflows] = are_usual_too & _is_continued(lines, overflows, group) & ~_field(lines, overflows, columns.overflow_text).is_filled
    is_plain = np.logical_and.reduceat(is_usual & _is_ascii(lines), group[:-1])
    first, last = group[:-1][is_plain], group[1:][is_plain] - 1
    told = _checks(lines, first, columns).with_columns(
        line=lines.number[first], byte_start=lines.start[first] + block.offset, byte_end=lines.next[last] + block.offset,
        amount_minor=amount[np.searchsorted(checks, first)], overflows=last - first)
    row = np.repeat(np.where(is_plain, np.cumsum(is_plain) - 1, -1), np.diff(group))
    return Sheet(lines, group, is_plain, told, _remittance(lines, [*in_checks, *in_overflows], row, block.offset))


def _checks(lines: Lines, rows: Numbers, columns: LockboxColumns) -> pl.DataFrame:
    """The texts of check records."""
    def text(place: tuple[int, int]) -> pl.Series:
        return lines.text.column(_field(lines, rows, place))

    routing, account = text(columns.routing), text(columns.account)
    eight = routing.filter(routing.str.len_bytes() == len("02100002")).unique().to_list()
    told = pl.DataFrame({
        "batch": text(_BATCH), "item": text(_ITEM), "check_number": text(columns.check_number).str.strip_chars_start("0"),
        "payer_name": text(columns.remitter), "routing": routing.replace(eight, [with_check_digit(short) for short in eight]), "account": account,
    })
    is_unread = pl.col("routing").str.contains("^0*$") & pl.col("account").str.contains("^0*$")
    return told.with_columns(payer_account=pl.when(is_unread).then(pl.lit("")).otherwise(pl.concat_str("routing", pl.lit("/"), "account"))).drop("routing", "account")


def _remittance(lines: Lines, found: list[_Documents], row: Numbers, offset: int) -> pl.DataFrame:
    """The documents of plain checks as remittance lines; `row` says for each line which row its check is, -1 for none."""
    frames = [pl.DataFrame({
        "row": row[documents.line], "line": lines.number[documents.line],
        "byte_start": lines.start[documents.line] + offset, "byte_end": lines.next[documents.line] + offset,
        "document_number": lines.text.column(documents.number), "amount_minor": documents.amount, "discount_minor": documents.discount,
        "deduction_minor": documents.deduction, "deduction_reason": lines.text.column(documents.reason), "has_amount": documents.has_amount,
    }) for documents in found]
    if not frames:
        return pl.DataFrame(schema=REMITTANCE)
    told = pl.concat(frames).filter(pl.col("row") >= 0)
    is_credit = pl.col("has_amount") & (pl.col("amount_minor") < 0)
    told = told.with_columns(
        amount_minor=pl.when("has_amount").then("amount_minor"), memo=pl.lit(""),
        document_type=pl.when(is_credit).then(pl.lit("credit_memo")).otherwise(pl.lit("invoice")))
    return (told if len(frames) == 1 else told.sort("line", maintain_order=True)).select(list(REMITTANCE))


def _is_continued(lines: Lines, overflows: Numbers, group: Numbers) -> Flags:
    """Whether overflow records name the check before them, and the last of each does not announce another one."""
    first = group[np.searchsorted(group, overflows, side="right") - 1]
    octets, eights = lines.text.octets, lines.text.eights
    is_long = (lines.end - lines.start >= _ITEM[1])
    names_check = is_long[first] & is_long[overflows] & (
        (eights[lines.start[first] + 1] ^ eights[lines.start[overflows] + 1]) & _SIX_LETTERS == 0)
    is_last = np.isin(overflows + 1, group)
    announces = (lines.end[overflows] - lines.start[overflows] >= _FLAG) & (octets[lines.start[overflows] + _FLAG - 1] == ord("0"))
    return names_check & ~(is_last & announces)


def _is_ascii(lines: Lines) -> Flags:
    """Which lines have no letter outside ASCII and no control character."""
    octets = lines.text.octets[: lines.text.size]
    odd = np.flatnonzero(((octets < ord(" ")) & (octets != ord("\n")) & (octets != ord("\r"))) | (octets > ord("~")))
    found = np.ones(lines.code.size, np.bool_)
    found[byte_columns.rows_with(odd, lines.start, lines.end)] = False
    return found


def _field(lines: Lines, rows: Numbers, columns: tuple[int, int], shift: int = 0) -> Places:
    """Where `lockbox_records.cut` finds the text of a field."""
    first, last = columns
    start, end = lines.start[rows], lines.end[rows]
    if not first:
        return Places(start, start)
    return trimmed(lines.text, Places(np.minimum(start + first - 1 + shift, end), np.minimum(start + last + shift, end)))


class _Documents(NamedTuple):
    """The nth documents of records: index of the record's line, document number and reason, the amounts."""

    line: Numbers
    number: Places
    reason: Places
    amount: Numbers
    has_amount: Flags
    discount: Numbers
    deduction: Numbers


def _documents(lines: Lines, rows: Numbers, places: DocumentPlaces | None, profile: Profile) -> tuple[list[_Documents], Flags]:
    """The first, second ... documents of records, as `parsers.lockbox.book` takes them, and which records hold nothing unusual."""
    is_usual, goes_on, found = np.ones(rows.size, np.bool_), np.ones(rows.size, np.bool_), []
    for nth, shift in enumerate(places.shifts if places else ()):
        assert places is not None
        goes_on &= lines.end[rows] - lines.start[rows] >= places.start + shift
        named, paid, *taken, reason = (_field(lines, rows, columns, shift) for columns in places.columns)
        has_number = trimmed(lines.text, named, "0").is_filled
        amount, has_amount = _money(lines, paid, is_signed=is_currency(profile.currency))
        (discount, has_discount), (deduction, has_deduction) = (_money(lines, text, is_signed=False) for text in taken)
        is_document = goes_on & has_number & (has_amount if nth else True)
        is_odd = (paid.is_filled & ~has_amount) | (taken[0].is_filled & ~has_discount) | (taken[1].is_filled & ~has_deduction)
        if nth == 0:
            is_doubtful = ~paid.is_filled & (named.length == places.number_width) & (places.number_width > _NUMBER_MAX)
            is_usual &= ~(goes_on & (is_odd | (~has_number & (amount != 0)) | is_doubtful))
        else:
            is_usual &= ~(is_document & is_odd)
            if profile.lockbox.overflow_text == NOT_SENT:
                rest = _field(lines, rows, (places.start, _LENGTH_MAX), shift)
                is_usual &= ~(goes_on & ~is_document & rest.is_filled)
        goes_on, at = is_document, np.flatnonzero(is_document)
        amount -= (discount + deduction) * has_amount * profile.lockbox.amounts_are_gross
        has_amount &= (amount != 0) | (discount != 0) | (deduction != 0)
        found.append(_Documents(rows[at], _taken(named, at), _taken(reason, at), amount[at], has_amount[at], discount[at], deduction[at]))
    return found, is_usual


def _taken(places: Places, at: Numbers) -> Places:
    return Places(places.start[at], places.end[at])


def _money(lines: Lines, field: Places, *, is_signed: bool) -> tuple[Numbers, Flags]:
    """The amounts in fields, and whether there is one: digits, perhaps behind a minus."""
    is_negative = field.is_filled & (lines.text.octets[field.start] == ord("-")) & is_signed
    amount, is_number = number(lines.text.octets, field.start + is_negative, field.end, _DIGITS_MAX)
    return np.where(is_number, np.where(is_negative, -amount, amount), 0), is_number
