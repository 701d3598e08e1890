"""The details of a BAI2 file: 16 records as bank lines.

There are two roads. The short one takes the plain detail (no funds type that needs fields, references on the first line), which
`bai_records.RECORD` has taken apart already; the long one takes everything. A plain detail comes out of both the same, so it does
not matter which it goes: the last one of a block, of which nobody knows whether it is whole, goes the long road.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parsers import issues
from parsers.amounts import AmountError
from parsers.bai import codes
from parsers.bai import records as bai_records
from parsers.bai.account import bank_line, in_package
from parsers.bai.codes import type_code
from parsers.bai.levels import LEVELS, Book, amount_minor, date_of
from parsers.bai.records import BLANK, FILLING, Block, Logical
from parsers.records import Envelope, Record, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

_ITEM_AFTER = {package: f"16,{item}," for package, item in codes.ITEM_OF_PACKAGE.items()}


def records_of(block: Block, book: Book) -> Iterator[Record]:
    """The records of one block: a plain detail of an open account on the short road, everything else through its handler."""
    text, offset, line = block.text, block.offset, block.line
    meanings = codes.details_with_money()
    at = 0 if book.started else bai_records.preamble_length(text)
    if at:
        book.span = Span(line, offset, offset + at)
        yield Envelope(book.span, "preamble")
        line += bai_records.lines_in(block, 0, at)
    account, all_ascii = book.account, text.isascii()
    is_open = account is not None and account.takes_plain_details and not block.breaks
    incomes = outgoes = income_count = outgo_count = record_count = 0
    for found in bai_records.RECORD.finditer(text, at):
        start, end = found.span()
        code, amount, bank_reference, customer_reference, first, second, more = found.groups()
        meaning = meanings.get(code) if is_open else None
        if meaning is None or account is None or (code in _ITEM_AFTER and text.startswith(_ITEM_AFTER[code], end)):
            if account is not None:
                account.entered(incomes, income_count, outgoes, outgo_count, record_count)
                incomes = outgoes = income_count = outgo_count = record_count = 0
            record = bai_records.logical(block, start, end, line)
            yield from on_the_long_road(record, book)
            account = book.account
            is_open = account is not None and account.takes_plain_details and not block.breaks
            line += bai_records.lines_in(block, start, end)
            continue
        if second is None:
            words, records = first.rstrip(FILLING).strip(BLANK), 1
        elif first or more:
            words = bai_records.glued([first, second, *more.split("\n88,")[1:]], found.start(5) - start - 3, book.width)
            records = 2 + more.count("\n")
        else:
            words, records = second.rstrip(FILLING).strip(BLANK), 2
        bank_reference, customer_reference = bank_reference.strip(BLANK), customer_reference.strip(BLANK)
        if not all_ascii:
            bank_reference, customer_reference, words = book.decoded(bank_reference, customer_reference, words)
        minor = int(amount)
        if meaning.sign > 0:
            incomes += minor
            income_count += 1
        else:
            outgoes += minor
            outgo_count += 1
        yield bank_line(Span(line, offset + start, offset + end), account, meaning, minor, account.as_of,
                        bank_reference, customer_reference, words)
        record_count += records
        line += records
    if account is not None:
        account.entered(incomes, income_count, outgoes, outgo_count, record_count)
    book.started = True


def on_the_long_road(record: Logical, book: Book) -> Iterator[Record]:
    """What one record says, whatever it is."""
    book.span, book.has_records = record.span, True
    for number in record.uncoded:
        yield issues.warning(record.span._replace(line=number), "bad_record",
                             f"the line has no record code; it was read as the continuation of the {record.code} record before it")
    yield from (_detail if record.code == "16" else LEVELS[record.code])(book, record)


def _detail(book: Book, record: Logical) -> Iterator[Record]:
    """A 16 record on the long road: any funds type, fields in 88 lines, deposits with items, details without money."""
    account = book.account
    if account is None:
        yield issues.error(record.span, "misplaced_record", "a detail stands outside an account", "16," + record.pieces[0])
        return
    account.tally.count(record)
    told = bai_records.split_detail(record, book.width)
    if told.funds_type_missing:
        yield issues.warning(record.span, "bad_record", "the detail has no funds type; its references were read in its place", record.pieces[0])
    meaning = type_code(told.code)
    try:
        minor = amount_minor(told.amount, account.currency) if told.amount else None
    except AmountError as problem:
        yield issues.error(record.span, "bad_amount", f"detail {told.code}: {problem}", "16," + record.pieces[0])
        return
    if minor is None or meaning.sign == 0 or not account.taken:
        account.tally.total += minor or 0
        yield Envelope(record.span, "message or detail without money" if account.taken else "detail not to be taken")
        if account.taken and meaning.code != codes.MESSAGE:
            yield issues.warning(record.span, "bad_record", f"detail {told.code} has no amount or no direction and is no bank line", record.pieces[0])
        return
    if not codes.is_detail(meaning.code) and meaning.code not in book.unlisted:
        book.unlisted.add(meaning.code)
        yield issues.warning(record.span, "bad_record", f"{meaning.code} is no type code of a detail; sign and kind were taken by its range", record.pieces[0])
    value_date = date_of(told.value_date)
    if told.value_date and value_date is None:
        yield issues.warning(record.span, "bad_date", "the value date is no date; the as-of date stands in", told.value_date)
    if account.as_of and (value_date is None or value_date < account.as_of):  # the standard: an earlier value date counts as the as-of date
        value_date = account.as_of
    bank_reference, customer_reference, words = book.decoded(told.bank_reference, told.customer_reference, told.text)
    account.enter(meaning.sign, minor)
    yield from in_package(account, bank_line(record.span, account, meaning, minor, value_date, bank_reference, customer_reference, words))
