"""The manager's rules for returned items and adjustments, as `cashapp.toml` states them.

Numbers that law, a clearing house or a bank agreement fixes (retries, days, thresholds, fees) are settings, never code: the
defaults are Nacha's and Regulation CC's as commonly published, and the user's own agreements rule. Amounts are decimal text
in a currency with two digits and scale with the currency's own.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

from parsers.amounts import AmountError, minor_digits, to_minor

LIMITS = {
    "write_off": "100.00", "small_difference": "5.00", "deduction": "1000.00", "credit_memo": "1000.00", "debit_memo": "1000.00",
    "charge": "500.00", "credit": "500.00", "late_fee": "500.00", "refund": "1000.00", "deposit": "", "deposit_refund": "1000.00",
    "transfer": "", "split": "", "apply_credit": "",
}
"""Each kind of adjustment with what one person may post alone; empty: any amount."""


FINAL_BANKING_DAYS = {"check": 5, "lockbox check": 5, "ACH": 2, "direct debit": 5}


class FeeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer is charged for a returned item: for these codes or categories, from a date on."""

    codes: list[str]
    amount: str
    currency: str = "USD"
    since: dt.date = dt.date(1970, 1, 1)
    customers: list[str] = []


class ReturnRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Returned items: fees, retries, when money is final, when a payer must bring certified funds."""

    bank_fee_limit: str = "50.00"
    charge_fees: Literal["automatically", "by_hand"] = "automatically"
    fees: list[FeeRule] = []
    retries: int = 2
    retry_days: int = 180
    certified_after: int = 2
    certified_days: int = 365
    final_banking_days: dict[str, int] = msgspec.field(default_factory=lambda: dict(FINAL_BANKING_DAYS))
    unauthorised_days: int = 60
    threshold_unauthorised: str = "0.5"
    threshold_administrative: str = "3.0"
    threshold_overall: str = "15.0"

    def fee(self, code: str, category: str, customer_id: str, currency: str, on: dt.date) -> int:
        """The customer's fee in minor units: the latest rule that fits, one that names the customer before one for all; 0 without one."""
        fitting = [
            rule for rule in self.fees
            if ({code, category} & set(rule.codes)) and rule.currency == currency and rule.since <= on and (not rule.customers or customer_id in rule.customers)
        ]
        if not fitting:
            return 0
        return to_minor(max(fitting, key=lambda rule: (bool(rule.customers), rule.since)).amount, currency)


BAD_DEBT_RATES = {"current": "1.0", "1-30": "2.0", "31-60": "10.0", "61-90": "25.0", "90+": "50.0"}


class BadDebt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of receivables is expected to stay unpaid, per cent by days past due."""

    rates: dict[str, str] = msgspec.field(default_factory=lambda: dict(BAD_DEBT_RATES))


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What its members may post alone, by kind (a kind that is not named: the default), and up to what they approve others' work."""

    name: str
    members: list[str] = []  # empty: everybody who is in no other role
    limits: dict[str, str] = {}
    approves: str = ""  # empty: any amount; "0": nothing

    def may_post(self, kind: str, amount_minor: int, currency: str) -> bool:
        """Whether the amount is within what one person may post alone."""
        limit = self.limits.get(kind, LIMITS[kind])
        return limit == "" or amount_minor <= scaled(limit, currency)

    def may_approve(self, amount_minor: int, currency: str) -> bool:
        """Whether the amount is within what the role may approve."""
        return self.approves == "" or amount_minor <= scaled(self.approves, currency)


EVERYBODY = Role("clerk")
NOBODY = Role("", limits=dict.fromkeys(LIMITS, "0.00"), approves="0.00")
DESK_ROLES = {
    "clerk": Role("clerk", approves="0.00"), "senior": Role("senior"), "manager": Role("manager"),
    "auditor": msgspec.structs.replace(NOBODY, name="auditor"), "admin": msgspec.structs.replace(NOBODY, name="admin"),
}
"""What the desk's roles may post and approve where `cashapp.toml` has no role of that name."""


def scaled(amount: str, currency: str) -> int:
    """`100.00` in the minor units of a currency: ten times as many where it counts in thousandths, the same number where in wholes."""
    cents = to_minor(amount, "USD")
    return cents * 10 if minor_digits(currency) == 3 else cents


def roles_of(roles: list[Role], actor: str, at_desk: str | None) -> tuple[Role, ...]:
    """The roles whose limits a person keeps to, all of them: the one that names the person, and that of the desk (`at_desk`, None for
    who is no user there). Who has neither: the first one without members, else the default."""
    named = [role for role in roles if same_person(actor, *role.members)]
    if at_desk is not None:
        named.append(next((role for role in roles if role.name == at_desk), DESK_ROLES[at_desk]))
    return tuple(named) or (next((role for role in roles if not role.members), EVERYBODY),)


def same_person(name: str, *others: str) -> bool:
    """Whether a name is among others, however it is capitalised or padded."""
    return name.strip().casefold() in {other.strip().casefold() for other in others}


def refused(rules: ReturnRules, roles: list[Role], bad_debt: BadDebt) -> str:
    """What cannot be used in the settings, in words; empty where all can."""
    for name, rate in bad_debt.rates.items():
        if name not in BAD_DEBT_RATES or not 0 <= thousandths(rate) <= 1000:
            return f"bad_debt: {name} {rate!r} is no rate from 0 to 100 per cent for one of {', '.join(BAD_DEBT_RATES)}"
    for rule in rules.fees:
        to_minor(rule.amount, rule.currency)
    to_minor(rules.bank_fee_limit, "USD")
    for share in (rules.threshold_unauthorised, rules.threshold_administrative, rules.threshold_overall):
        thousandths(share)
    seen: list[str] = []
    called = [role.name for role in roles]
    for role in roles:
        if called.count(role.name) > 1:
            return f"two roles are called {role.name}"
        for kind, limit in role.limits.items():
            if kind not in LIMITS:
                return f"role {role.name}: {kind!r} is no kind of adjustment; the kinds are {', '.join(LIMITS)}"
            scaled(limit or "0", "USD")
        scaled(role.approves or "0", "USD")
        twice = next((member for member in role.members if same_person(member, *seen)), None)
        if twice is not None:
            return f"{twice} is in two roles"
        seen += role.members
    return ""


def thousandths(percent: str) -> int:
    """`0.5` per cent → 5 thousandths. Raises AmountError where it has more decimals: nothing is rounded."""
    whole, rest = divmod(to_minor(percent, "USD"), 10)
    if rest:
        raise AmountError(f"{percent!r} per cent has more than one decimal")
    return whole
