"""An account of a BAI2 file between its 03 and its 49: its details as bank lines, its sums, the proof of its closing balance."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parsers import bank_text, issues, payer_phrases
from parsers.bai import codes
from parsers.bai.codes import TypeCode
from parsers.records import BankLine, Envelope, Kind, Record, Report, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.bai.records import Logical

_TURNED_BY_MINUS = frozenset({"receipt", "lockbox_deposit", "payout", "disbursement"})


@dataclass(slots=True)
class Tally:
    """What a trailer states of the records since its header: amounts, members one level below, records; `uncoded` lines may count."""

    total: int = 0
    members: int = 0
    records: int = 0
    uncoded: int = 0

    def count(self, record: Logical) -> None:
        """Count one logical record."""
        self.records += record.records
        self.uncoded += len(record.uncoded)

    def take_in(self, member: Tally, total: int) -> None:
        """Count a member with the total that it states."""
        self.total += total
        self.members += 1
        self.records += member.records
        self.uncoded += member.uncoded


@dataclass(slots=True)
class Package:
    """A deposit and the items that follow it, until we know whether they add up."""

    deposit: BankLine
    items: list[BankLine] = field(default_factory=list)


@dataclass(slots=True)
class Account:
    """An account between its 03 and its 49. `taken`: its lines count, being neither deleted nor a test."""

    number: str
    currency: str
    as_of: dt.date | None
    report: Report
    taken: bool
    balances: dict[str, int]
    item_counts: dict[str, int | None]
    tally: Tally
    credits: int = 0
    credit_count: int = 0
    debits: int = 0
    debit_count: int = 0
    package: Package | None = None

    @property
    def takes_plain_details(self) -> bool:
        """Whether a detail needs no more than to be taken."""
        return self.taken and self.package is None

    def entered(self, credit: int, credit_count: int, debit: int, debit_count: int, records: int) -> None:
        """Count details by their amounts as written."""
        self.credits += credit
        self.credit_count += credit_count
        self.debits += debit
        self.debit_count += debit_count
        self.tally.total += credit + debit
        self.tally.records += records

    def uncount(self, amount: int, count: int, *, is_credit: bool) -> None:
        """Take back what was counted twice: items that stand beside their deposit."""
        if is_credit:
            self.credits -= amount
            self.credit_count -= count
        else:
            self.debits -= amount
            self.debit_count -= count

    def enter(self, sign: int, minor: int) -> None:
        """Count one detail; its records are counted already."""
        if sign > 0:
            self.entered(minor, 1, 0, 0, 0)
        else:
            self.entered(0, 0, minor, 1, 0)


def bank_line(
    span: Span, account: Account, meaning: TypeCode, minor: int, value_date: dt.date | None,
    bank_reference: str, customer_reference: str, words: str,
) -> BankLine:
    """A detail as a bank line. `words`: its text with a line break where the bank began a new line."""
    code, sign, kind, _, names_payer, is_special = meaning
    payer = check_number = reason = original = ""
    if kind == "return":
        payer, reason, original = bank_text.returned_payer_name(words), bank_text.return_reason(words), bank_text.original_trace(words)
    elif names_payer:
        payer = payer_phrases.payer_told(words)
    if is_special:
        if code in codes.SERIAL_IS_CUSTOMER_REFERENCE:
            check_number = _check_number(kind, customer_reference, words)
            original = original or (check_number if kind == "return" else "")
        elif bank_text.is_between_own_accounts(words):
            kind = "transfer"
    if minor < 0 and kind in _TURNED_BY_MINUS:
        kind = "reversal"
    if not bank_reference.strip("0"):
        bank_reference = bank_text.clearing_reference(words)
    if not customer_reference.strip("0"):
        customer_reference = bank_text.payer_reference(words)
    return BankLine(
        span, minor * sign, account.currency, kind, account.as_of, value_date, code, bank_reference, customer_reference,
        check_number, payer, "", "", words.replace("\n", " ").strip(" ,"), reason, original,
    )


def _check_number(kind: Kind, customer_reference: str, words: str) -> str:
    """The serial number: of a returned check as the text names it, for the reference may be the deposit's."""
    serial = customer_reference.lstrip("0") if customer_reference.isdecimal() else ""
    return (bank_text.check_serial(words) or serial) if kind == "return" else (serial or bank_text.check_serial(words))


def in_package(account: Account, line: BankLine) -> Iterator[Record]:
    """The line, held back while it may be a deposit whose items follow."""
    if account.package and codes.ITEM_OF_PACKAGE[account.package.deposit.type_code] == line.type_code:
        account.package.items.append(line)
        return
    yield from unpacked(account)
    if line.type_code in codes.ITEM_OF_PACKAGE:
        account.package = Package(line)
    else:
        yield line


def unpacked(account: Account) -> Iterator[Record]:
    """The held deposit: as the batch of its items where they add up to it, else alone."""
    package, account.package = account.package, None
    if package is None:
        return
    deposit, items = package.deposit, package.items
    if not items:
        yield deposit
        return
    of_items = sum(item.amount_minor for item in items)
    adds_up = of_items == deposit.amount_minor
    account.uncount(abs(of_items), len(items) - 1 if adds_up else len(items), is_credit=deposit.amount_minor > 0)
    if adds_up:
        yield Envelope(deposit.span, "deposit")
        batch = deposit.bank_reference or deposit.customer_reference
        yield from (item._replace(batch_reference=batch, batch_amount_minor=deposit.amount_minor, batch_key=deposit.span.line) for item in items)
        return
    yield deposit
    yield from (Envelope(item.span, "item of a deposit") for item in items)
    yield issues.warning(deposit.span, "bad_record", f"items listed: {len(items)}; they do not add up to the deposit, which was taken as one line")


def proofs(account: Account) -> Iterator[tuple[str, int, int]]:
    """Name, stated and computed figure of the balances and totals that can be proven.

    Many banks list only a part of the entries, so a total of credits or debits is held against the details only where the bank
    states as many items as there are details; the closing ledger, where nothing speaks against the details being complete, else
    against the bank's own totals.
    """
    known = account.balances
    totals = ((codes.TOTAL_CREDITS, "total credits", account.credits, account.credit_count),
              (codes.TOTAL_DEBITS, "total debits", account.debits, account.debit_count))
    for code, name, amount, count in totals:
        if code in known and count and account.item_counts.get(code) == count:
            yield name, known[code], amount
    opening, closing = known.get(codes.OPENING_LEDGER), known.get(codes.CLOSING_LEDGER)
    if account.report == "statement" and opening is not None and closing is not None and (opening or closing):
        net = _net(account)
        if net is not None:
            yield "closing balance", closing, opening + net


def _net(account: Account) -> int | None:
    """What the entries add to the ledger: by the details where the totals do not contradict them, else by the totals."""
    known = account.balances
    incomes = account.credits + known.get(codes.CREDITS_NOT_DETAILED, 0)
    outgoes = account.debits + known.get(codes.DEBITS_NOT_DETAILED, 0)
    total_credits, total_debits = known.get(codes.TOTAL_CREDITS, incomes), known.get(codes.TOTAL_DEBITS, outgoes)
    if account.credit_count + account.debit_count and (incomes, outgoes) == (total_credits, total_debits):
        return incomes - outgoes
    both_stated = codes.TOTAL_CREDITS in known and codes.TOTAL_DEBITS in known
    return total_credits - total_debits if both_stated else None
