"""How the desk is run, as `cashapp.toml` states it: when cases are due, who is told of late ones, how mails are signed."""

from __future__ import annotations

import msgspec

from parsers.amounts import to_minor

ROLES = ("clerk", "senior", "manager")
"""Whom a late case may go up to."""


class DueRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cases of these reasons (empty: any) from this amount on (decimal text; empty: any) are decided within so many working days."""

    days: int
    reasons: list[str] = []
    at_least: str = ""


class DeskRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The desk's own settings. The first of `due` that fits a case counts, else `due_days`; `escalate` is in working days late."""

    due_days: int = 5
    due: list[DueRule] = []
    escalate: dict[str, int] = msgspec.field(default_factory=lambda: {"senior": 2, "manager": 5})
    company: str = ""


def refused(rules: DeskRules) -> str:
    """What cannot be used in the settings, in words; empty where all can. AmountError where an amount is none."""
    for days in (rules.due_days, *(rule.days for rule in rules.due), *rules.escalate.values()):
        if not 0 <= days <= 250:
            return f"desk: {days} is no number of working days from 0 to 250"
    for rule in rules.due:
        if rule.at_least and to_minor(rule.at_least, "USD") <= 0:
            return f"desk.due: at_least {rule.at_least!r} is more than nothing, or empty"
    late = list(rules.escalate.values())
    if len(set(late)) < len(late) or 0 in late:
        return "desk.escalate: each role has its own number of working days, from 1"
    stranger = next((role for role in rules.escalate if role not in ROLES), None)
    return "" if stranger is None else f"desk.escalate: {stranger!r} is no role that decides; the roles are {', '.join(ROLES)}"
