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
from matching.schema import Policy, Rates, RuleSet
from parsers.amounts import AmountError, minor_digits, to_minor
from parsers.profile import CsvColumns, LockboxColumns, Profile

MILLION = 1_000_000
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
            rates=tuple(told.as_rates(self.base_currency) for told in self.rates),
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


def _check_budget(rules: Unattended) -> None:
    if rules.wrong_in < 1 or not 50 <= rules.confidence <= 99 or rules.audit_one_in < 0 or rules.history_days < 1:
        raise AmountError("[unattended] takes wrong_in and history_days from 1, confidence from 50 to 99, audit_one_in from 0")


TEMPLATE = """\
# Settings of this cashapp workspace. Every key is optional; what stands here are the defaults.

# Currency of files and lockboxes that name none (ISO 4217).
base_currency = "USD"

# Where the books are. Empty: cashapp.db in this folder. A team: postgresql+psycopg://user@host/name
database = ""

[controls]
# A file whose own totals do not tie: "quarantine" refuses it whole, "flag" takes it and opens an exception.
mismatch = "quarantine"

[policy]
# Days after its date within which a cash discount still counts as earned.
discount_grace_days = 3
# Differences up to this are written off as rounding (second key: currencies without minor digits).
rounding_difference = "0.05"
rounding_difference_no_minor = "5"
# A bank fee that the message states is written off up to this amount.
bank_fee_limit = "35.00"
# Receipts above this amount always wait for a person. Empty: no limit.
unattended_limit = ""
# Rules that may post without a person; empty: every rule whose evidence suffices.
unattended_rules = []
# How alike (0-100) a name must be, and by how much better than the next, to count as a hint.
name_score = 90
name_margin = 4
# Above this many open items of a payer a sum that fits is no evidence by itself.
subset_items = 10

[unattended]
# The error budget: at most one wrong in so many unattended postings.
wrong_in = 2000
# What is enforced: "off"; "disproven" closes a kind of evidence once its decided history shows, at this confidence (per cent), more
# errors than the budget; "unproven" lets only those post whose history shows that they keep it. `cashapp report match-rate` shows both.
enforce = "off"
confidence = 95
history_days = 365
# One in so many certain answers goes to a person instead, who is not told so; 0: none.
audit_one_in = 0
audit_seed = "cashapp"
# Which kinds of evidence may post, or may not: "rule", "rule/payer evidence" or "rule/payer evidence/amount evidence", with * and ?.
open_strata = []
closed_strata = []
# Limits by currency, where they differ from unattended_limit above.
# limits = { USD = "25000.00", JPY = "3000000" }

[learning]
# A name or account that a person's decisions showed counts as the customer's own from so many receipts on; before that it is in shadow
# (`cashapp rules list`). 0: it never acts.
act_after = 3

# What other currencies are worth in the base currency, from a day on: a payment in another currency than its invoice is explained by it.
# [[rates]]
# since = 2026-11-01
# worth = { EUR = "1.0842", GBP = "1.2615" }

# What becomes of a payer's money that names nothing: rules in order, the first that fires answers. Equal answers always wait
# for a person, and every answer does unless its rule stands in `post`. The first block that fits a customer's id (or its parent's) counts.
# Rules: match, clear_account, past_due, by_term, exclusion, combination, oldest_first.
# [[autocash]]
# name = "retail chains"
# customers = ["C0001*", "P-200"]
# rules = ["match", "clear_account", "past_due", "by_term", "oldest_first"]
# post = ["match", "clear_account"]
# discounts = "earned"            # none, earned, earned_and_unearned
# late_charges = ["LC-*"]         # document numbers of late charges; left out with include_late_charges = false
# disputed = ["INV-4711"]         # left out unless include_disputed = true
# partial = false                 # oldest_first pays the last item in part
# remainder = "unapplied"         # or on_account: where oldest_first leaves the rest

# Reasons for which payers deduct, beside or instead of (same code) the usual ones: damage, shortage, return, pricing, freight, promotion,
# rebate, compliance, discount, tax, bank_fee, duplicate, other. `words`: how payers say it; a text with one is read so.
# [[deductions]]
# code = "slotting"
# name = "fee for shelf space"
# words = ["SLOTTING", "SHELF"]

[links]
# The same money in two reports lies at most this many banking days apart; calendar: FED or ECB.
banking_days = 3
calendar = "FED"

# The company's own login for the desk (OpenID Connect). The provider sends browsers back to ADDRESS/login/company/back.
# [oidc]
# issuer = "https://login.example.com"
# client_id = "cashapp"
# client_secret = ""               # better in CASHAPP_OIDC_SECRET
# address = "https://cash.example.com"
# login_claim = "preferred_username"
# role_claim = "groups"
# [oidc.roles]                    # the first that fits; there is no road to admin here
# "ar-managers" = "manager"
# "ar-clerks" = "clerk"

# A lockbox and the account its deposits arrive on. One block for each box.
# [[lockboxes]]
# number = "7654321"
# account = "1234567890"
# currency = "USD"

[log]
# What a run does, as lines for programs: "none", "text" (key=value) or "json"; on standard error, or in a file (a path from this folder).
format = "none"
file = ""

[workers]
# Who matches: "" for the program itself, "local:2" for two processes of this machine, "tcp://HOST:8786" for a Dask cluster (docs/scale.md).
engine = ""
# So many receipts are one worker's part at once. The answers do not depend on it.
part = 25000

[metrics]
# A file for the textfile collector of a Prometheus node exporter, written after each run and each check. It ends in .prom.
textfile = ""

# What is particular to one bank's files, chosen by file name.
# [[profiles]]
# name = "acme"
# files = "acme-*.csv"
# encoding = "cp1252"
# mismatch = "flag"
# copies = "take"     # statements that this bank marks as copies count; default "hold": what no statement told before waits for a person
""" + books_policy.TEMPLATE + desk_policy.TEMPLATE
