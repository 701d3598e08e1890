"""The running balance of an export as its proof: after each row the balance must be the one before plus the amount.

Banks list the newest row first or last, and now and then rows of one day out of order. So the balances are joined end to
end without regard to order: each row leads from the balance before it to the one after it, and if all rows form one chain,
exactly one balance is only left (the opening one) and one only reached (the closing one).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from parsers.delimited.rows import fold


class Chain(NamedTuple):
    """Where the rows lead from and to; `broken_at` is the first row that does not follow, None where all do."""

    opening_minor: int
    closing_minor: int
    broken_at: int | None
    expected_minor: int = 0


def is_running(amounts: list[int], balances: list[int]) -> bool:
    """Whether each balance follows from its neighbour, read downwards or upwards."""
    return _break(amounts, balances) is None or _break(amounts[::-1], balances[::-1]) is None


def chain(amounts: Sequence[int], balances: Sequence[int]) -> Chain:
    """The rows as a chain, in the order of the file, against it, or in any order; else the first break of the better order."""
    down = _break(amounts, balances)
    if down is None:
        return Chain(balances[0] - amounts[0], balances[-1], None)
    up = _break(amounts[::-1], balances[::-1])
    if up is None:
        return Chain(balances[-1] - amounts[-1], balances[0], None)
    reached = Counter(balances)
    left = Counter(balance - amount for amount, balance in zip(amounts, balances, strict=True))
    first, last = list((left - reached).elements()), list((reached - left).elements())
    if len(first) == 1 and len(last) == 1:
        return Chain(first[0], last[0], None)
    if down >= up:
        return Chain(balances[0] - amounts[0], balances[-1], down, balances[down - 1] + amounts[down])
    at = len(amounts) - 1 - up
    return Chain(balances[-1] - amounts[-1], balances[0], at, balances[at + 1] + amounts[at])


def _break(amounts: Sequence[int], balances: Sequence[int]) -> int | None:
    """The first row whose balance does not follow from the row above."""
    return next((i for i in range(1, len(amounts)) if balances[i] != balances[i - 1] + amounts[i]), None)


OPENING = "opening balance"
CLOSING = "closing balance"
CREDITS = "total credits"
DEBITS = "total debits"
BALANCE = "balance"  # as of the export, not of the period: told, not proven
_LABELS = {
    OPENING: r"(?:beginning|opening|start(?:ing)?|previous|initial) balance.*|balance brought forward|alter (?:konto|saldo)stand.*|alter saldo.*|anfangssaldo.*|"
             r"solde (?:initial|precedent|d ouverture).*|saldo (?:inicial|anterior|iniziale|poczatkowe).*|beginsaldo.*|ingaende saldo.*",
    CLOSING: r"(?:ending|closing|final|new) balance.*|balance carried forward|neuer (?:konto|saldo)stand.*|neuer saldo.*|endsaldo.*|solde final.*|"
             r"saldo (?:final|finale|koncowe).*|eindsaldo.*|utgaende saldo.*",
    CREDITS: r"total (?:credits?|deposits?|paid in|money in|credit amount)|summe (?:gutschriften|haben|eingange)|total (?:des )?credits?|total abonos",
    DEBITS: r"total (?:debits?|withdrawals?|paid out|money out|debit amount)|summe (?:lastschriften|soll|ausgange)|total (?:des )?debits?|total cargos",
    BALANCE: r"(?:account |current |available )?balance(?: as of.*)?|kontostand.*|saldo(?: am.*)?|solde(?: au.*| en.*)?|saldo (?:contable|disponible|actual).*",
}
_PATTERNS = {what: re.compile(pattern) for what, pattern in _LABELS.items()}
_SUM = re.compile(r"(?:grand |sub ?)?totals?\b.*|sum(?:me|a|mary)?\b.*|totaal\b.*|somma\b.*|razem\b.*")


def label_of(cells: list[str]) -> str:
    """Which figure a row states that is no entry: the first of its cells that is a known label; empty where none is."""
    for cell in cells:
        name = fold(cell) if cell else ""
        for what, pattern in _PATTERNS.items():
            if name and pattern.fullmatch(name):
                return what
    return ""


def is_sum(cells: list[str]) -> bool:
    """Whether the row says that it adds up others."""
    return any(_SUM.fullmatch(fold(cell)) for cell in cells if cell)


def prove(amounts: Sequence[int], balances: Sequence[int | None]) -> Chain | None:
    """The chain of the rows; where only some rows state a balance, amounts without one add up to the next. None: nothing to prove."""
    known = [balance for balance in balances if balance is not None]
    if not known or len(known) == len(balances):
        return chain(amounts, known) if known else None
    for order in (1, -1):
        joined, reached, rest = _joined(amounts[::order], balances[::order])
        if len(reached) > 1 and _break(joined, reached) is None:
            return Chain(reached[0] - joined[0], reached[-1] + rest, None)
    return None


def _joined(amounts: Sequence[int], balances: Sequence[int | None]) -> tuple[list[int], list[int], int]:
    """Amounts summed up to each stated balance, the balances, and what comes after the last one."""
    joined, reached, carried = [], [], 0
    for amount, balance in zip(amounts, balances, strict=True):
        carried += amount
        if balance is not None:
            joined.append(carried)
            reached.append(balance)
            carried = 0
    return joined, reached, carried
