"""Sums and their details: which statement line is the total of which lockbox checks, batch, file or returns, whichever came first.

A group of details is a batch, a lockbox's or statement's lines, or the credits of a whole file. A deposit and a group are
linked where they fit each other and nothing else equally well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl

from cashapp.bank_accounts import same_account
from cashapp.links import Link, Told, Window, pays_apart, told


class Group(NamedTuple):
    """Details that may arrive as one deposit; `total` in minor units."""

    total: int
    details: list[Told]


class _Sum(NamedTuple):
    """A kind of statement line that sums up details: which lines it is, who may be in it and in which groups, and the words for it."""

    lines: pl.Expr
    members: Callable[[pl.DataFrame], pl.DataFrame]
    settled: str
    detailed: str


def link(new: pl.DataFrame, old: pl.DataFrame, window: Window) -> list[Link]:
    """Links between deposits (or sums of returns) and details among new lines and open earlier ones (both with the columns TOLD)
    that nothing else took."""
    return [found for kind in (_deposits(), _returns()) for found in _link(kind, new, old, window)]


def _link(kind: _Sum, new: pl.DataFrame, old: pl.DataFrame, window: Window) -> list[Link]:
    links = [
        Link(total.line_id, detail.line_id, "settles", kind.settled)
        for total, group in _fits(*_candidates(kind, new, old), window) for detail in group.details
    ]
    return links + [
        Link(detail.line_id, total.line_id, "details", kind.detailed)
        for total, group in _fits(*_candidates(kind, old, new), window) for detail in group.details
    ]


def _deposits() -> _Sum:
    lines = (pl.col("report") == "statement") & (pl.col("amount_minor") > 0)
    return _Sum(lines, _in_a_deposit, "the deposit of these details", "the details of this deposit")


def _returns() -> _Sum:
    lines = (pl.col("report") == "statement") & (pl.col("kind") == "return") & (pl.col("amount_minor") < 0)
    return _Sum(lines, _in_a_return, "the sum of these returns", "the details of this return")


def _candidates(kind: _Sum, sums: pl.DataFrame, details: pl.DataFrame) -> tuple[list[Told], list[Group]]:
    """Sums, and the groups of details, whose totals meet; all else is left in its columns."""
    booked = sums.filter(kind.lines)
    if booked.is_empty() or details.is_empty():
        return [], []
    members = kind.members(details)
    if members.is_empty():
        return [], []
    key = ["file_id", "level", "part", "currency"]
    totals = members.group_by(key).agg(pl.col("amount_minor").sum())
    meeting = totals.join(booked, on=["currency", "amount_minor"], how="semi")
    met = booked.join(totals, on=["currency", "amount_minor"], how="semi", maintain_order="left")
    chosen = members.join(meeting, on=key, how="semi")
    rows = {line.line_id: line for line in told(details.join(chosen, on="line_id", how="semi", maintain_order="left"))}
    return told(met), _groups(chosen, rows)


def _in_a_deposit(details: pl.DataFrame) -> pl.DataFrame:
    """Each detail in each group that it may belong to: file_id, level, part, currency, line_id, amount_minor."""
    cash = pl.col("report") == "cash_report"
    may_arrive = ~pl.col("advice") & (cash | ((pl.col("report") == "announcement") & (pl.col("batch_reference") != "")))
    lines = details.filter(may_arrive & ((pl.col("kind") != "return") | (pl.col("amount_minor") >= 0)))
    statement = pl.concat_str("lockbox", "statement", separator="\x1f")
    return _in_levels(("batch", pl.col("batch_reference"), lines), ("statement", statement, lines.filter(cash)), ("file", pl.lit(""), lines.filter(cash)))


def _in_a_return(details: pl.DataFrame) -> pl.DataFrame:
    """The same for the returns of a batch and of a whole file."""
    lines = details.filter((pl.col("report") != "statement") & (pl.col("kind") == "return") & (pl.col("amount_minor") < 0))
    return _in_levels(("batch", pl.col("statement"), lines), ("file", pl.lit(""), lines))


def _in_levels(*levels: tuple[str, pl.Expr, pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([rows.select("file_id", pl.lit(level).alias("level"), part.alias("part"), "currency", "line_id", "amount_minor") for level, part, rows in levels])


def _groups(members: pl.DataFrame, rows: dict[int, Told]) -> list[Group]:
    """The distinct sets; a single line is a group only in a lockbox."""
    sets: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for file_id, level, part, currency, line_id, _ in members.iter_rows():
        sets[file_id, level, part, currency].append(line_id)
    distinct = {tuple(sorted(ids)) for ids in sets.values() if len(ids) > 1 or rows[ids[0]].lockbox}
    return [Group(sum(rows[line_id].amount_minor for line_id in ids), [rows[line_id] for line_id in ids]) for ids in sorted(distinct)]


def _fits(deposits: Sequence[Told], groups: Sequence[Group], window: Window) -> list[tuple[Told, Group]]:
    """Deposits and groups that fit each other and nothing else equally well; larger groups are not split by smaller ones."""
    by_total: dict[tuple[str, int], list[Group]] = defaultdict(list)
    for group in groups:
        by_total[group.details[0].currency, group.total].append(group)
    chosen: list[tuple[Told, Group]] = []
    used: set[int] = set()
    for deposit in sorted(deposits, key=_order):
        alike = by_total[deposit.currency, deposit.amount_minor]
        free = [group for group in alike if not any(detail.line_id in used for detail in group.details)]
        fitting = sorted(((_rank(deposit, group), group) for group in free if _fit(deposit, group, window)), key=lambda pair: pair[0])
        if fitting and (len(fitting) == 1 or fitting[0][0] < fitting[1][0]):
            used |= {detail.line_id for detail in fitting[0][1].details}
            chosen.append((deposit, fitting[0][1]))
            alike.remove(fitting[0][1])
    return chosen


def _order(deposit: Told) -> tuple[object, ...]:
    """Lockbox deposits first, then by content, so that the outcome does not hang on the order of files or rows."""
    return (deposit.kind != "lockbox_deposit", deposit.date, deposit.bank_reference, deposit.customer_reference, deposit.text, deposit.line_id)


def _fit(deposit: Told, group: Group, window: Window) -> bool:
    first = group.details[0]
    at_home = bool(first.account) and bool(deposit.account) and same_account(deposit.account, first.account)
    if len(group.details) == 1 and pays_apart(first, deposit) and not _names_box(deposit, first):
        return False
    may_hold = _names_box(deposit, first) or at_home or (not first.account and deposit.kind in {"lockbox_deposit", "return"})
    return may_hold and any(window.holds(deposit.date, date) for date in {detail.date for detail in group.details})


def _names_box(deposit: Told, detail: Told) -> bool:
    """Whether the deposit's text has the number of the details' lockbox, with or without its padding."""
    number = detail.lockbox.lstrip("0")
    return bool(number) and re.search(rf"(?<!\d)0*{re.escape(number)}(?!\d)", deposit.text) is not None


def _rank(deposit: Told, group: Group) -> tuple[int, int]:
    """Better first: the box is named, then the nearest date."""
    return (0 if _names_box(deposit, group.details[0]) else 1, min(abs((deposit.date - detail.date).days) for detail in group.details))
