r"""NACHA – the file of the US Automated Clearing House: payments, returns, notifications of change. NACHA Operating Rules,
appendix three (record formats). Records of 94 columns, ten to a block, the last block filled with lines of nines.

    1  file header     4-13 destination · 14-23 origin · 24-29 date · 34 modifier · 35-40 "094101"
    5  batch header    2-4 class (200 mixed, 220 credits, 225 debits, 280 ADV) · 5-20 company · 41-50 its id · 51-53 entry class
                       54-63 description · 70-75 effective date · 76-78 settlement day · 80-87 bank · 88-94 number
    6  entry           see parsers/nacha/entry.py
    7  addenda         02 terminal, 05 payment information, 10-18 IAT, 98 notification of change, 99 return
    8  batch control   5-10 entries and addenda · 11-20 hash · 21-32 debits · 33-44 credits (ADV 21-40, 41-60) · 88-94 number
    9  file control    2-7 batches · 8-13 blocks · 14-21 entries and addenda · 22-31 hash · 32-43 debits · 44-55 credits

    101 026009593 0210000212601301200A094101OUR BANK               FED RESERVE
    5220ACME CORP                           1234567890CCDINVOICE         2601310311021000020000001
    622026009593998877           0000098000PAY-4711       SELLER INC              1021000020000001
    705RMR*IV*INV-1**980*1000*20\                                                      00010000001
    822000000200026009590000000000000000000980001234567890                         021000020000001
    9000001000001000000020002600959000000000000000000098000

The file reports entries delivered to our account: a credit (x2) is money in, a debit (x7) money out, and the company of the
batch is the other side. Where an entry comes back (x1, x6, addenda 99) the individual is: a debit of ours that is returned
takes money out, a returned credit puts it back; refusals of returns (R61-R77) move money as their code says. Prenotes,
zero-dollar entries and notifications of change are lines of amount 0. Where the entries of a batch name parties that have
nothing in common they cannot all be us: then the individuals are the payers. A line's date is the settlement day, else the
effective date, else the file's; a return never takes the effective date, which is its original's.

Controls: entry hash, counts, debits, credits of each batch and of the file, number and class of each batch, batches, blocks.
Told: routing check digits, traces out of order, masked accounts, header fields that deviate.
Tolerated: trimmed lines, no line ends, records glued together, missing block filling, UTF-8 names, several files in one,
lines of a transmission before the header. A missing 8 or 9 is an error: the file was cut off.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import issues
from parsers.dates import yymmdd
from parsers.nacha.addenda import Told
from parsers.nacha.entry import Batch, bank_line, other_side, routing_ties
from parsers.nacha.records import Record as Columns
from parsers.nacha.records import Stretch, clean, stretches
from parsers.nacha.run import read_run, run_end
from parsers.records import BankLine, Control, Envelope, Record, Span, StatementClosed, StatementOpened

if TYPE_CHECKING:
    from parsers.profile import Profile
    from parsers.sources import Source

NAME = "nacha"
TITLE = "NACHA (ACH) file"
IDENTIFIED_BY = "a record 1 whose record size is 094, or a batch header 5 with class 200, 220, 225 or 280 and an entry class"

_BATCH_HEADER = rb"5(?:200|220|225|280)[^\r\n]{46}[A-Z]{3}"
_BEGINS = re.compile(
    rb"(?:\A|[\r\n])\s*1\d\d[^\r\n]{31}094"
    rb"|\A\s*1\d\d[^\r\n]{20,91}[\r\n]+" + _BATCH_HEADER +
    rb"|\A\s*" + _BATCH_HEADER,
)
_ORIGIN = re.compile(r"[A-Z0-9]?\d{8,9}")
_HASH_MODULUS = 10**10
_CONTROL_COLUMNS = {"8": 54, "9": 55}


def sniff(head: bytes) -> bool:
    """A file header, or for want of one a batch header at the very beginning."""
    return _BEGINS.search(head) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records; a statement for each batch, and for each of our accounts in it."""
    state = _State(profile.account, *other_side(source))
    entry: Columns | None = None
    addenda: list[Columns] = []
    record = Columns(1, 0, 0, "")
    for stretch in stretches(source):
        nth, looked_at, last = 0, 0, len(stretch.kinds)
        while nth < last:
            kind = stretch.kinds[nth]
            if kind == "7" and entry is not None:
                addenda.append(stretch.record(nth))
                nth += 1
                continue
            if entry is not None:
                yield from _entry(state, entry, addenda)
                entry = None
            batch = state.batch
            if kind == "6" and nth >= looked_at and batch and batch.account is not None:
                looked_at = run_end(stretch, nth)
                if looked_at > nth and (lines := _run(state, batch, stretch, nth, looked_at)):
                    yield from lines
                    nth = looked_at
                    continue
            record = stretch.record(nth)
            nth += 1
            if kind == "6" and state.batch is not None:
                entry, addenda = record, []
            elif record.text.strip(" \t"):
                yield from _structure(state, kind, record)
    if entry is not None:
        yield from _entry(state, entry, addenda)
    yield from _end(state, _span(record))


def _run(state: _State, batch: _OpenBatch, stretch: Stretch, first: int, end: int) -> list[BankLine]:
    """A long run of entries about which there is nothing to say, read together; empty where they are to be read one by one."""
    accounts = set() if state.account else {batch.account or ""}
    run = read_run(stretch, first, end, batch.facts, accounts, batch.trace)
    if run is None:
        return []
    batch.sums.entries += run.records
    state.file.records += run.records
    batch.sums.hash += run.hash
    batch.sums.credits += max(run.amount_minor, 0)
    batch.sums.debits -= min(run.amount_minor, 0)
    batch.trace = run.trace
    return run.lines


@dataclass(slots=True)
class _Sums:
    """What a control record states, as we count it."""

    entries: int = 0
    hash: int = 0
    debits: int = 0
    credits: int = 0


@dataclass(slots=True)
class _OpenBatch:
    """The batch being read; `account`: whose statement is open, None before the first entry."""

    header: Columns
    facts: Batch
    sums: _Sums = field(default_factory=_Sums)
    trace: str = ""
    account: str | None = None
    statements: int = 0

    @property
    def label(self) -> str:
        """`batch 12`."""
        return f"batch {self.header.text[87:94].strip().lstrip('0') or '0'}"


@dataclass(slots=True)
class _File:
    """What was counted in the file being read; bytes may hold several."""

    header: Columns | None = None
    date: dt.date | None = None
    sums: _Sums = field(default_factory=_Sums)
    batches: int = 0
    records: int = 0
    advices: bool = False
    closed: bool = False
    headless: bool = False


@dataclass(slots=True)
class _State:
    """What the reader knows at a record. `account`: ours, where the profile names it; `seen`: banks and accounts told about."""

    account: str
    individuals_pay: bool
    accounts_pay: bool
    file: _File = field(default_factory=_File)
    batch: _OpenBatch | None = None
    seen: set[str] = field(default_factory=set)


def _span(record: Columns) -> Span:
    return Span(record.number, record.start, record.end)


def _entry(state: _State, entry: Columns, addenda: list[Columns]) -> list[Record]:
    """The records of one entry; the batch's sums grow by what it holds."""
    batch = state.batch
    assert batch is not None
    told: Told = []
    line = bank_line(entry, addenda, batch.facts, told)
    text, sums = entry.text, batch.sums
    count = 1 + len(addenda)
    sums.entries += count
    state.file.records += count
    routing, trace = text[3:12], text[79:94]
    if routing[:8].isdecimal():
        sums.hash += int(routing[:8])
    if routing not in state.seen:
        state.seen.add(routing)
        if not routing_ties(routing):
            told.append(issues.warning(_span(entry), "bad_reference", f"the check digit of routing number {routing!r} is wrong", text))
    if not text.isprintable() and not clean(text).isprintable():
        told.append(issues.warning(_span(entry), "bad_record", "the entry holds control characters", text))
    if trace.strip() and trace <= batch.trace and batch.facts.entry_class != "ADV":
        told.append(issues.warning(_span(entry), "sequence", f"trace number {trace} does not follow {batch.trace}", text))
    batch.trace = trace
    if line is None:
        end = addenda[-1].end if addenda else entry.end
        opened = _statement(state, batch) if batch.account is None else ()
        return [*opened, *told, Envelope(Span(entry.number, entry.start, end), "unreadable entry")]
    if line.amount_minor < 0:
        sums.debits -= line.amount_minor
    else:
        sums.credits += line.amount_minor
    account = text[12:29].strip() if line.kind in ("receipt", "disbursement", "reversal") and not line.payer_account else ""
    if account and account not in state.seen:
        state.seen.add(account)
        if not any(map(str.isdigit, account)) and batch.facts.entry_class != "IAT":
            told.append(issues.warning(_span(entry), "bad_reference", f"the account number {account!r} is masked", text))
    if batch.account is None or (account and account != batch.account):
        return [*_statement(state, batch, account, line.value_date), *told, line]
    return [*told, line] if told else [line]


def _statement(state: _State, batch: _OpenBatch, account: str = "", date: dt.date | None = None) -> Iterator[Record]:
    """Opens the statement of an account of ours; the one before it ends. A batch that changes account numbers them."""
    account = state.account or (account if batch.facts.entry_class not in ("IAT", "ADV") and any(map(str.isdigit, account)) else "")
    if batch.account == account:
        return
    if batch.account is not None:
        yield StatementClosed(_span(batch.header))
    batch.account, batch.statements = account, batch.statements + 1
    modifier = state.file.header.text[23:29] + state.file.header.text[33:34] if state.file.header else ""
    part = f".{batch.statements}" if batch.statements > 1 else ""
    statement_id = "-".join(filter(None, (modifier.strip(), batch.header.text[87:94].strip().lstrip("0")))) + part
    date = date or batch.facts.date
    yield StatementOpened(_span(batch.header), statement_id, account, "USD", "cash_report", from_date=date, to_date=date)


def _structure(state: _State, kind: str, record: Columns) -> Iterator[Record]:
    """Records that frame entries, and whatever stands where it should not."""
    if kind == "9" and len(record.text) > 1 and not record.text.strip("9"):
        yield Envelope(_span(record), "block filling")
        return
    if state.file.header is None and state.batch is None and kind not in "156789" and not state.file.headless:
        yield Envelope(_span(record), "transmission line")
        return
    state.file.records += 1
    if kind == "1" and record.text[1:3].isdigit():
        yield from _file_header(state, record)
    elif state.file.closed and kind != "1":
        yield Envelope(_span(record), "record after the file control")
        yield issues.error(_span(record), "misplaced_record", "a record stands after the file control", record.text)
    elif kind == "5":
        yield from _batch_header(state, record)
    elif kind == "8" and state.batch is not None:
        yield from _batch_control(state, state.batch, record)
    elif kind == "9":
        yield from _file_control(state, record)
    elif kind in "678":
        yield Envelope(_span(record), f"record {kind} outside its batch or entry")
        yield from _without_header(state, record)
        yield issues.error(_span(record), "misplaced_record", f"a record {kind} stands outside its batch or entry", record.text)
    else:
        yield Envelope(_span(record), "unknown record")
        yield issues.error(_span(record), "unknown_record", f"a record of type {kind!r} is not NACHA's", record.text)


def _file_header(state: _State, record: Columns) -> Iterator[Record]:
    if (state.file.header or state.file.headless) and not state.file.closed:
        yield from _end(state, _span(record), code="missing_record")
    state.file = _File(record, yymmdd(record.text[23:29]), records=1)
    yield Envelope(_span(record), "file header")
    text, place = record.text, _span(record)
    if text[34:40] != "094101":
        yield issues.warning(place, "bad_record", f"record size, blocking and format are {text[34:40]!r} instead of '094101'", text)
    if state.file.date is None:
        yield issues.warning(place, "bad_date", f"the file's date {text[23:29]!r} is no date", text)
    if not _ORIGIN.fullmatch(text[13:23].strip()):
        yield issues.warning(place, "bad_reference", f"the origin {text[13:23]!r} is no routing or company number", text)
    if not routing_ties(text[3:13].strip()):
        yield issues.warning(place, "bad_reference", f"the check digit of the destination {text[3:13]!r} is wrong", text)


def _without_header(state: _State, record: Columns) -> Iterator[Record]:
    if state.file.header is None and not state.file.headless:
        state.file.headless = True
        yield issues.error(_span(record), "missing_record", "the file has no file header (record 1)")


def _batch_header(state: _State, record: Columns) -> Iterator[Record]:
    yield from _without_header(state, record)
    yield from _unclosed_batch(state, _span(record), "missing_record")
    text, place = record.text, _span(record)
    entry_class, international = text[50:53].strip(), text[50:53] == "IAT"
    company = "" if international else clean(text[4:20])
    effective = yymmdd(text[69:75])
    if effective is None and text[69:75].strip("0 "):
        yield issues.warning(place, "bad_date", f"the effective date {text[69:75]!r} is no date", text)
    for name, value in (("company name", company or ("IAT" if international else "")), ("entry description", clean(text[53:63]))):
        if not value.strip("0"):
            yield issues.warning(place, "bad_record", f"the batch has no {name}", text)
    settled = _settlement(text[75:78], state.file.date or effective)
    facts = Batch(
        entry_class, company, settled or effective or state.file.date, settled or state.file.date or effective,
        text[53:63].strip().upper().startswith("REVERSAL"), state.individuals_pay, state.accounts_pay,
    )
    state.batch = _OpenBatch(record, facts)
    state.file.batches += 1
    state.file.advices = state.file.advices or entry_class == "ADV"
    yield Envelope(place, "batch header")


def _settlement(day: str, near: dt.date | None) -> dt.date | None:
    """The day of the year that the operator stamped: in the year that puts it nearest to the file's own date."""
    if near is None or not (day.isascii() and day.isdigit()) or not 1 <= int(day) <= 366:
        return None
    candidates = [dt.date(near.year + years, 1, 1) + dt.timedelta(int(day) - 1) for years in (-1, 0, 1)]
    return min(candidates, key=lambda candidate: abs(candidate - near))


def _batch_control(state: _State, batch: _OpenBatch, record: Columns) -> Iterator[Record]:
    text, place, sums = record.text, _span(record), batch.sums
    yield from _statement(state, batch) if batch.account is None else ()
    yield Envelope(place, "batch control")
    wide = batch.facts.entry_class == "ADV"
    debits, credits_ = (text[20:40], text[40:60]) if wide else (text[20:32], text[32:44])
    yield from _controls(record, batch.label, (
        ("entry and addenda count", text[4:10], sums.entries, ""), ("entry hash", text[10:20], sums.hash % _HASH_MODULUS, ""),
        ("debit total", debits, sums.debits, "USD"), ("credit total", credits_, sums.credits, "USD"),
        ("service class", text[1:4], _number(batch.header.text[1:4]), ""), ("number", text[87:94], _number(batch.header.text[87:94]), ""),
    ))
    if (text[1:4] == "220" and sums.debits) or (text[1:4] == "225" and sums.credits):
        yield issues.warning(place, "bad_record", f"{batch.label} holds entries that its class {text[1:4]} does not allow", text)
    state.file.sums.entries += sums.entries
    state.file.sums.hash += sums.hash
    state.file.sums.debits += sums.debits
    state.file.sums.credits += sums.credits
    yield StatementClosed(place, closing_date=batch.facts.date)
    state.batch = None


def _file_control(state: _State, record: Columns) -> Iterator[Record]:
    yield from _without_header(state, record)
    yield from _unclosed_batch(state, _span(record), "missing_record")
    yield Envelope(_span(record), "file control")
    text, sums = record.text, state.file.sums
    debits, credits_ = (text[31:51], text[51:71]) if state.file.advices else (text[31:43], text[43:55])
    yield from _controls(record, "file", (
        ("batch count", text[1:7], state.file.batches, ""), ("block count", text[7:13], -(-state.file.records // 10), ""),
        ("entry and addenda count", text[13:21], sums.entries, ""), ("entry hash", text[21:31], sums.hash % _HASH_MODULUS, ""),
        ("debit total", debits, sums.debits, "USD"), ("credit total", credits_, sums.credits, "USD"),
    ))
    state.file.closed = True


def _controls(record: Columns, label: str, figures: tuple[tuple[str, str, int | None, str], ...]) -> Iterator[Record]:
    """Each stated figure beside ours; one that cannot be read is an error, for nothing proves the file then."""
    if len(record.text) < _CONTROL_COLUMNS[record.text[0]]:
        yield issues.error(_span(record), "truncated", f"the {label} control is cut off after column {len(record.text)}", record.text)
        return
    for name, stated_text, computed, currency in figures:
        stated = _number(stated_text)
        if stated is None:
            yield issues.error(_span(record), "bad_record", f"the {label} {name} {stated_text!r} is not a number", record.text)
        elif computed is not None:
            yield Control(_span(record), f"{label} {name}", stated, computed, currency)


def _number(text: str) -> int | None:
    stripped = text.strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() else None


def _unclosed_batch(state: _State, place: Span, code: str) -> Iterator[Record]:
    if state.batch is None:
        return
    yield from _statement(state, state.batch) if state.batch.account is None else ()
    yield StatementClosed(place)
    yield issues.error(place, code, f"{state.batch.label} has no batch control (record 8)", state.batch.header.text)
    state.batch = None


def _end(state: _State, place: Span, code: str = "truncated") -> Iterator[Record]:
    """What is still open where the file ends or the next one begins."""
    yield from _unclosed_batch(state, place, code)
    if not state.file.closed:
        yield issues.error(place, code, "the file has no file control (record 9)")
