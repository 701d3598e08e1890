"""A NACHA batch: its header (record 5), its entries one after the other, its control (record 8). Columns 1-based.

    5  2-4 class · 5-20 company · 51-53 entry class · 54-63 description · 70-75 effective date · 76-78 settlement day · 88-94 number
    8  2-4 class · 5-10 entries and addenda · 11-20 hash · 21-32 debits · 33-44 credits (ADV 21-40, 41-60) · 88-94 number

Each batch is a statement of the account that its entries name, or several where they name several.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import lru_cache

from parsers import issues
from parsers.dates import yymmdd
from parsers.nacha.addenda import Told, span_of
from parsers.nacha.entry import Batch, bank_line, routing_ties
from parsers.nacha.records import Record as Columns
from parsers.nacha.records import clean
from parsers.nacha.state import OpenBatch, State
from parsers.records import Control, Envelope, Issue, Record, Span, StatementClosed, StatementOpened

HASH_MODULUS = 10**10
FIGURES = (
    ("entry and addenda count", ""), ("entry hash", ""), ("debit total", "USD"), ("credit total", "USD"), ("service class", ""), ("number", ""),
)
"""What a batch control states: names and currencies."""

_CONTROL_COLUMNS = {"8": 54, "9": 55}


def opened(state: State, record: Columns) -> OpenBatch:
    """The batch that a header opens; the file counts it."""
    facts = facts_of(record.text, state.file.date, state.individuals_pay, state.accounts_pay)
    state.file.batches += 1
    state.file.advices = state.file.advices or facts.entry_class == "ADV"
    return OpenBatch(record, facts)


def facts_of(text: str, file_date: dt.date | None, individuals_pay: bool, accounts_pay: bool) -> Batch:
    """What a batch header says about each of its entries."""
    effective = yymmdd(text[69:75])
    settled = _settlement(text[75:78], file_date or effective)
    return Batch(
        text[50:53].strip(), _company(text), settled or effective or file_date, settled or file_date or effective,
        text[53:63].strip().upper().startswith("REVERSAL"), individuals_pay, accounts_pay,
    )


def header_faults(record: Columns) -> Iterator[Record]:
    """What is to be said about a batch header."""
    text, place = record.text, span_of(record)
    if yymmdd(text[69:75]) is None and text[69:75].strip("0 "):
        yield issues.warning(place, "bad_date", f"the effective date {text[69:75]!r} is no date", text)
    company = _company(text) or ("IAT" if text[50:53] == "IAT" else "")
    for name, value in (("company name", company), ("entry description", clean(text[53:63]))):
        if not value.strip("0"):
            yield issues.warning(place, "bad_record", f"the batch has no {name}", text)


def _company(text: str) -> str:
    return "" if text[50:53] == "IAT" else clean(text[4:20])


@lru_cache(maxsize=1024)
def _settlement(day: str, near: dt.date | None) -> dt.date | None:
    """The day of the year that the operator stamped: in the year that puts it nearest to the file's own date."""
    if near is None or not (day.isascii() and day.isdigit()) or not 1 <= int(day) <= 366:
        return None
    candidates = [dt.date(near.year + years, 1, 1) + dt.timedelta(int(day) - 1) for years in (-1, 0, 1)]
    return min(candidates, key=lambda candidate: abs(candidate - near))


def entry_records(state: State, batch: OpenBatch, entry: Columns, addenda: list[Columns]) -> list[Record]:
    """The records of one entry; the batch's sums grow by what it holds."""
    told: Told = []
    line = bank_line(entry, addenda, batch.facts, told)
    text, sums = entry.text, batch.sums
    count = 1 + len(addenda)
    sums.entries += count
    state.file.records += count
    routing, trace = text[3:12], text[79:94]
    if routing[:8].isdecimal():
        sums.hash += int(routing[:8])
    if not routing_ties(routing) and routing not in state.banks_told:
        state.banks_told.add(routing)
        told.append(issues.warning(span_of(entry), "bad_reference", f"the check digit of routing number {routing!r} is wrong", text))
    if not text.isprintable() and not clean(text).isprintable():
        told.append(issues.warning(span_of(entry), "bad_record", "the entry holds control characters", text))
    if trace.strip() and trace <= batch.trace and batch.facts.entry_class != "ADV":
        told.append(issues.warning(span_of(entry), "sequence", f"trace number {trace} does not follow {batch.trace}", text))
    batch.trace = trace
    if line is None:
        end = addenda[-1].end if addenda else entry.end
        opening = statement(state, batch) if batch.account is None else ()
        return [*opening, *told, Envelope(Span(entry.number, entry.start, end), "unreadable entry")]
    if line.amount_minor < 0:
        sums.debits -= line.amount_minor
    else:
        sums.credits += line.amount_minor
    account = text[12:29].strip() if line.kind in ("receipt", "disbursement", "reversal") and not line.payer_account else ""
    if account and is_masked(account) and account not in state.accounts_told and batch.facts.entry_class != "IAT":
        state.accounts_told.add(account)
        told.append(issues.warning(span_of(entry), "bad_reference", f"the account number {account!r} is masked", text))
    if batch.account is None or (account and account != batch.account):
        return [*statement(state, batch, account, line.value_date), *told, line]
    return [*told, line] if told else [line]


@lru_cache(maxsize=4096)
def is_masked(account: str) -> bool:
    """Whether an account number has no digit: `XXXXXXXX`."""
    return not any(map(str.isdigit, account))


def statement(state: State, batch: OpenBatch, account: str = "", date: dt.date | None = None) -> Iterator[Record]:
    """Opens the statement of an account of ours; the one before it ends. A batch that changes account numbers them."""
    account = state.account or ("" if batch.facts.entry_class in ("IAT", "ADV") else own_account(account))
    if batch.account == account:
        return
    if batch.account is not None:
        yield StatementClosed(span_of(batch.header))
    batch.account, batch.statements = account, batch.statements + 1
    name = statement_id(state.file.label, batch.header.text[87:94].strip().lstrip("0"))
    name += f".{batch.statements}" if batch.statements > 1 else ""
    date = date or batch.facts.date
    yield StatementOpened(span_of(batch.header), name, account, "USD", "cash_report", from_date=date, to_date=date)


def own_account(account: str) -> str:
    """An account number; empty where it is masked."""
    return "" if is_masked(account) else account


def statement_id(file_label: str, batch_number: str) -> str:
    """`260130A-12`: the file's date and modifier, the batch's number; what is missing is left out."""
    return "-".join(filter(None, (file_label, batch_number)))


def statement_ids(file_label: str, batch_numbers: list[int]) -> list[str]:
    """The same for many batches, whose numbers are digits."""
    before = f"{file_label}-" if file_label else ""
    return [f"{before}{number}" if number else file_label for number in batch_numbers]


def closing(state: State, batch: OpenBatch, record: Columns) -> Iterator[Record]:
    """The batch control and what it proves."""
    text, place, sums = record.text, span_of(record), batch.sums
    yield from statement(state, batch) if batch.account is None else ()
    yield Envelope(place, "batch control")
    wide = batch.facts.entry_class == "ADV"
    debits, credits_ = (text[20:40], text[40:60]) if wide else (text[20:32], text[32:44])
    stated = (text[4:10], text[10:20], debits, credits_, text[1:4], text[87:94])
    yield from controls(record, label(batch.header), FIGURES, stated, computed(batch))
    if (text[1:4] == "220" and sums.debits) or (text[1:4] == "225" and sums.credits):
        yield class_fault(batch, record)
    state.file.sums.add(sums)
    yield StatementClosed(place, closing_date=batch.facts.date)
    state.batch = None


def computed(batch: OpenBatch) -> tuple[int | None, ...]:
    """The `FIGURES` of a batch as we count them."""
    sums, header = batch.sums, batch.header.text
    return sums.entries, sums.hash % HASH_MODULUS, sums.debits, sums.credits, _number(header[1:4]), _number(header[87:94])


def class_fault(batch: OpenBatch, record: Columns) -> Issue:
    """What is said of a batch of credits that holds debits, or the other way round."""
    message = f"{label(batch.header)} holds entries that its class {record.text[1:4]} does not allow"
    return issues.warning(span_of(record), "bad_record", message, record.text)


def label(header: Columns) -> str:
    """`batch 12`."""
    return f"batch {header.text[87:94].strip().lstrip('0') or '0'}"


def unclosed(state: State, place: Span, code: str) -> Iterator[Record]:
    """Where a batch is still open and something else begins."""
    batch = state.batch
    if batch is None:
        return
    yield from statement(state, batch) if batch.account is None else ()
    yield StatementClosed(place)
    yield issues.error(place, code, f"{label(batch.header)} has no batch control (record 8)", batch.header.text)
    state.batch = None


def controls(
    record: Columns, name: str, figures: tuple[tuple[str, str], ...], stated: tuple[str, ...], ours: tuple[int | None, ...],
) -> Iterator[Record]:
    """Each stated figure beside ours; one that cannot be read is an error, for nothing proves the file then."""
    if len(record.text) < _CONTROL_COLUMNS[record.text[0]]:
        yield issues.error(span_of(record), "truncated", f"the {name} control is cut off after column {len(record.text)}", record.text)
        return
    for (figure, currency), text, ours_ in zip(figures, stated, ours, strict=True):
        value = _number(text)
        if value is None:
            yield issues.error(span_of(record), "bad_record", f"the {name} {figure} {text!r} is not a number", record.text)
        elif ours_ is not None:
            yield Control(span_of(record), f"{name} {figure}", value, ours_, currency)


def _number(text: str) -> int | None:
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() else None
