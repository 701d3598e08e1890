"""`cashapp.toml`: every setting, read strictly. An unknown key or a wrong type is refused with its place in the file."""

from __future__ import annotations

import datetime as dt
import fnmatch
import os
import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from cashapp import books_policy, desk_policy
from cashapp.books_policy import BadDebt, ReturnRules, Role
from cashapp.desk_policy import DeskRules
from cashapp.errors import UsageError
from matching import deduction_codes
from matching.deduction_codes import Reason
from matching.schema import Exchange, Policy, Rates, RuleSet
from parsers.amounts import AmountError, minor_digits, to_minor
from parsers.profile import CsvColumns, LockboxColumns, Profile

MILLION = 1_000_000
SPREAD_PERMILLE_MAX = 100
"""What is off by more than that is no bank's share of a rate."""
Mismatch = Literal["quarantine", "flag"]
Copies = Literal["hold", "take"]
"""A statement that the bank marks as a copy: what no statement told before waits for a person · counts like any other, for a bank
that sends nothing but copies."""


class Controls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to a file whose own totals do not tie."""

    mismatch: Mismatch = "quarantine"


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The manager's policy; amounts are decimal text in a currency with two digits and scale with the currency's own."""

    discount_grace_days: int = 3
    rounding_difference: str = "0.05"
    rounding_difference_no_minor: str = "5"
    bank_fee_limit: str = "35.00"
    unattended_limit: str = ""
    unattended_rules: list[str] = []
    name_score: int = 90
    name_margin: int = 4
    subset_items: int = 10
    exchange_spread: str = "1.0"
    rate_days: int = 31


Enforce = Literal["off", "disproven", "unproven"]


class Unattended(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The error budget: what may post without a person, and how that is watched. Limits are decimal text by currency."""

    wrong_in: int = 2000
    confidence: int = 95
    enforce: Enforce = "off"
    history_days: int = 365
    audit_one_in: int = 0
    audit_seed: str = "cashapp"
    open_strata: list[str] = []
    closed_strata: list[str] = []
    limits: dict[str, str] = {}


class Learning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From how many confirmations on a learned name or account counts as the customer's own; 0: never."""

    act_after: int = 3


class DayRates(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one unit of other currencies is worth in the base currency, as decimal text, from a day on."""

    since: dt.date
    worth: dict[str, str]

    def as_rates(self, base_currency: str) -> Rates:
        """In millionths, the base currency among them."""
        return Rates(self.since, {base_currency: MILLION} | {currency: _millionths(currency, text) for currency, text in sorted(self.worth.items())})


class DeductionReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reason for which payers deduct: its code, its meaning, and the words by which payers mean it."""

    code: str
    name: str
    words: list[str] = []


Discounts = Literal["none", "earned", "earned_and_unearned"]
Remainder = Literal["unapplied", "on_account"]
AutoCashRule = Literal["match", "clear_account", "past_due", "by_term", "exclusion", "combination", "oldest_first"]


class AutoCash(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule set for payers whose money names nothing; `late_charges` and `disputed` are patterns of document numbers."""

    name: str
    customers: list[str]
    rules: list[AutoCashRule]
    post: list[AutoCashRule] = []
    discounts: Discounts = "earned"
    late_charges: list[str] = []
    include_late_charges: bool = True
    disputed: list[str] = []
    include_disputed: bool = False
    partial: bool = False
    remainder: Remainder = "unapplied"

    def as_rule_set(self) -> RuleSet:
        """As the matching engine takes it."""
        left_out = ([] if self.include_late_charges else self.late_charges) + ([] if self.include_disputed else self.disputed)
        return RuleSet(self.name, tuple(self.customers), tuple(self.rules), frozenset(self.post), self.discounts, tuple(left_out), self.partial, self.remainder)


class Links(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When two reports show the same money."""

    banking_days: int = 3
    calendar: str = "FED"


class Lockbox(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a lockbox's deposits arrive."""

    number: str
    account: str
    currency: str = ""


class BankProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Quirks of the files whose name fits `files` (a pattern such as `"acme-*.csv"`)."""

    name: str
    files: str
    currency: str = ""
    encoding: str = "cp1252"
    account: str = ""
    mismatch: Mismatch | None = None
    copies: Copies = "hold"
    lockbox: LockboxColumns | None = None
    csv: CsvColumns | None = None


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Events of a run for programs; `file` is relative to the workspace, empty: standard error."""

    format: Literal["none", "text", "json"] = "none"
    file: str = ""

    @property
    def on_stderr(self) -> bool:
        """Whether events stand on standard error, in place of the lines for people."""
        return self.format != "none" and not self.file


class Workers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who matches, as `--engine` takes it (empty: the program itself), and how many receipts are a worker's part at once."""

    engine: str = ""
    part: Annotated[int, msgspec.Meta(ge=1)] = 25_000


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the textfile collector of a node exporter finds this workspace's figures; empty: nowhere."""

    textfile: str = ""


class Oidc(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The company's own login (OpenID Connect), off without an issuer. `address`: how browsers reach the desk. `roles`: a value of the role
    claim and the role it gives, the first that fits; nobody becomes an admin this way."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""  # else CASHAPP_OIDC_SECRET; without one the client is a public one
    address: str = ""
    label: str = "company account"
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    login_claim: str = "preferred_username"
    role_claim: str = "groups"
    roles: dict[str, Literal["clerk", "senior", "manager", "auditor"]] = {}

    @property
    def back(self) -> str:
        """Where the provider sends the browser back to; it is registered there."""
        return f"{self.address.rstrip('/')}/login/company/back"

    def secret(self) -> str:
        """What the desk shows the provider, out of the environment before the file."""
        return os.environ.get("CASHAPP_OIDC_SECRET") or self.client_secret

    def refused(self) -> str:
        """What cannot be used, in words; empty where all can, or the login is off."""
        if not self.issuer:
            return ""
        for name, value in (("issuer", self.issuer), ("address", self.address)):
            if not value.startswith("https://") and not only_local(value):
                return f"oidc: {name} {value!r} is not https"
        if not self.client_id or not self.roles or "openid" not in self.scopes:
            return "oidc: client_id and [oidc.roles] are needed, and openid among the scopes"
        return ""


def only_local(address: str) -> bool:
    """Whether a plain http address never leaves this machine."""
    return re.match(r"http://(127\.[0-9.]+|localhost|\[::1\])(:[0-9]+)?(/|$)", address) is not None


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings of a workspace."""

    base_currency: str = "USD"
    database: str = ""
    controls: Controls = Controls()
    policy: Rules = Rules()
    unattended: Unattended = Unattended()
    learning: Learning = Learning()
    rates: list[DayRates] = []
    autocash: list[AutoCash] = []
    deductions: list[DeductionReason] = []
    links: Links = Links()
    lockboxes: list[Lockbox] = []
    profiles: list[BankProfile] = []
    returns: ReturnRules = ReturnRules()
    roles: list[Role] = []
    bad_debt: BadDebt = BadDebt()
    desk: DeskRules = DeskRules()
    log: Log = Log()
    metrics: Metrics = Metrics()
    workers: Workers = Workers()
    oidc: Oidc = Oidc()

    def profile_for(self, name: str) -> tuple[Profile, Mismatch]:
        """The reader's profile for a file of that name, and what a control mismatch does to it."""
        bank = self._bank_of(name)
        if bank is None:
            return Profile(currency=self.base_currency), self.controls.mismatch
        profile = Profile(
            name=bank.name, currency=bank.currency or self.base_currency, encoding=bank.encoding, account=bank.account,
            lockbox=bank.lockbox or LockboxColumns(), csv=bank.csv,
        )
        return profile, bank.mismatch or self.controls.mismatch

    def copies_of(self, name: str) -> Copies:
        """What becomes of statements in a file of that name that are marked as copies."""
        bank = self._bank_of(name)
        return bank.copies if bank else "hold"

    def _bank_of(self, name: str) -> BankProfile | None:
        return next((p for p in self.profiles if fnmatch.fnmatch(name, p.files)), None)

    def deduction_reasons(self) -> tuple[Reason, ...]:
        """The closed list: the company's own reasons, then the usual ones that it did not replace by the same code."""
        own = tuple(Reason(told.code, told.name, tuple(word.upper() for word in told.words)) for told in self.deductions)
        return (*own, *(reason for reason in deduction_codes.DEFAULTS if reason.code not in {told.code for told in own}))

    def exchange(self) -> Exchange:
        """The rates at which money pays items in another currency, and what is allowed of them."""
        return Exchange(tuple(told.as_rates(self.base_currency) for told in self.rates), self.policy.rate_days, books_policy.thousandths(self.policy.exchange_spread))

    def matching_policy(self) -> Policy:
        """The rules as the matching engine takes them: minor units by minor digits."""
        def by_digits(amount: str, no_minor: str) -> tuple[tuple[int, int], ...]:
            cents = to_minor(amount, "USD")
            return ((0, to_minor(no_minor, "JPY")), (2, cents), (3, cents * 10))

        rules = self.policy
        fee = to_minor(rules.bank_fee_limit, "USD")
        return Policy(
            discount_grace_days=rules.discount_grace_days,
            rounding=by_digits(rules.rounding_difference, rules.rounding_difference_no_minor),
            bank_fee_limit=((0, fee), (2, fee), (3, fee * 10)),
            unattended_limit_minor=to_minor(rules.unattended_limit, "USD") if rules.unattended_limit else None,
            unattended_rules=frozenset(rules.unattended_rules) or None,
            name_score=rules.name_score, name_margin=rules.name_margin, subset_items=rules.subset_items,
            unattended_limits=tuple((currency, to_minor(limit, currency)) for currency, limit in sorted(self.unattended.limits.items())),
            open_strata=tuple(self.unattended.open_strata), closed_strata=tuple(self.unattended.closed_strata),
            exchange=self.exchange(),
            rule_sets=tuple(chosen.as_rule_set() for chosen in self.autocash),
            deductions=self.deduction_reasons(),
        )


def load(path: Path) -> Config:
    """Read and check `cashapp.toml`; UsageError names the key that is wrong."""
    try:
        config = msgspec.toml.decode(path.read_bytes(), type=Config)
        minor_digits(config.base_currency)
        config.matching_policy()
        refused = books_policy.refused(config.returns, config.roles, config.bad_debt) or desk_policy.refused(config.desk) or config.oidc.refused()
        _check_budget(config.unattended)
        _check_exchange(config.exchange())
        _check_reasons(config.deductions)
    except (msgspec.DecodeError, AmountError) as error:
        raise UsageError(f"{path}: {error} – correct the key; `cashapp init` in an empty folder writes a commented file") from error
    if refused:
        raise UsageError(f"{path}: {refused} – correct the key")
    return config


def _millionths(currency: str, text: str) -> int:
    """A rate with up to six decimals."""
    minor_digits(currency)
    found = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?", text)
    if found is None or not int(found[1] + (found[2] or "")):
        raise AmountError(f"{text!r} is no rate of {currency} – write it with a point and up to six decimals, such as 1.0842")
    return int(found[1]) * MILLION + int((found[2] or "").ljust(6, "0"))


def _check_reasons(reasons: list[DeductionReason]) -> None:
    for reason in reasons:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", reason.code) or [told.code for told in reasons].count(reason.code) > 1:
            raise AmountError(f"[[deductions]] {reason.code!r} is no code – lower-case letters, digits and _, each code once")


def _check_exchange(exchange: Exchange) -> None:
    if not 0 <= exchange.spread_permille <= SPREAD_PERMILLE_MAX or exchange.days < 0:
        raise AmountError("[policy] takes exchange_spread from 0 to 10 per cent, rate_days from 0")


def _check_budget(rules: Unattended) -> None:
    if rules.wrong_in < 1 or not 50 <= rules.confidence <= 99 or rules.audit_one_in < 0 or rules.history_days < 1:
        raise AmountError("[unattended] takes wrong_in and history_days from 1, confidence from 50 to 99, audit_one_in from 0")
