"""The verbs of a case, the same for the pages and the API: a decision in, one call into the middle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NamedTuple

import msgspec
from sqlalchemy import Connection

from cashapp import desk, desk_adjustments, desk_allocations, duplicates, remittance_requests, returns
from cashapp.adjustments import Signed
from cashapp.config import Config
from cashapp.desk import By
from cashapp.desk_allocations import Share
from cashapp.errors import UsageError
from cashapp.web.desk_context import Asked, Form, all_of, by, desk_of, text_of

Short = Annotated[str, msgspec.Meta(max_length=200)]
Amount = Annotated[str, msgspec.Meta(pattern=r"^(-?[0-9]{1,15}(\.[0-9]{1,4})?)?$")]


class Allocation(msgspec.Struct, forbid_unknown_fields=True):
    """A share of the payment, amounts as decimal text in its currency: on an invoice, or without one on the customer's account."""

    invoice_number: Short = ""
    amount: Amount = ""
    customer_id: Short = ""
    discount: Amount = ""
    deduction: Amount = ""
    reason: Short = ""
    write_off: Amount = ""


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What to do with a case; each verb takes the fields it needs. `seen`: the version that was read; with it, a case that has changed since is left alone."""

    verb: Annotated[str, msgspec.Meta(pattern="^(accept|apply|split|on_account|non_ar|write_off|deduct|transfer|refund|return|duplicate|close|ask|assign|note|undo)$")]
    rank: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    to: Annotated[list[Allocation], msgspec.Meta(max_length=500)] = []
    customer_id: Short = ""
    invoice_number: Short = ""
    receipt_id: Short = ""
    amount: Amount = ""
    reason: Short = ""
    gl_account: Short = ""
    user: Short = ""
    text: Annotated[str, msgspec.Meta(max_length=4000)] = ""
    seen: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Acting(NamedTuple):
    """Who acts, under which settings; `company` signs mails."""

    by: By
    config: Config
    company: str

    @property
    def signed(self) -> Signed:
        """With the limits of roles."""
        return Signed.under(self.config, self.by.actor, self.by.on)


def acting(request: Asked) -> Acting:
    """Who asks, today, in this workspace."""
    workspace = desk_of(request).workspace
    return Acting(by(request), workspace.config, workspace.config.desk.company or workspace.home.resolve().name)


Verb = Callable[[Connection, int, Decision, Acting], object]


def _allocate(connection: Connection, number: int, told: Decision, who: Acting) -> object:
    shares = [Share(one.invoice_number, one.amount, one.customer_id, one.discount, one.deduction, one.reason, one.write_off) for one in told.to]
    if told.verb == "split" and len({share.customer_id for share in shares}) < 2:
        raise UsageError("a split names two customers or more, each with an amount")
    return desk_allocations.allocate(connection, number, shares, who.signed, action=told.verb)


VERBS: dict[str, Verb] = {
    "accept": lambda c, number, told, who: desk_allocations.accept(c, number, told.rank, who.signed),
    "apply": _allocate,
    "split": _allocate,
    "on_account": lambda c, number, told, who: desk.on_account(c, number, told.customer_id, who.by),
    "non_ar": lambda c, number, told, who: desk.non_ar(c, number, told.gl_account, who.by),
    "write_off": lambda c, number, told, who: desk_adjustments.write_off(c, number, told.amount, told.reason, told.invoice_number, who.signed),
    "deduct": lambda c, number, told, who: desk_adjustments.deduct(c, number, told.amount, told.reason, told.invoice_number, who.signed),
    "transfer": lambda c, number, told, who: desk_adjustments.transfer(c, number, told.customer_id, told.invoice_number, told.reason, who.signed),
    "refund": lambda c, number, told, who: desk_adjustments.refund(c, number, told.amount, told.reason, who.signed),
    "return": lambda c, number, told, who: desk_adjustments.came_back(
        c, number, told.receipt_id, told.reason, returns.Act(who.by.actor, who.by.on, who.config.returns)),
    "duplicate": lambda c, number, told, who: duplicates.give_way(c, number, told.receipt_id, who.by),
    "close": lambda c, number, told, who: desk.close(c, number, told.reason, who.by),
    "ask": lambda c, number, told, who: remittance_requests.ask(c, number, who.company, who.by),  # noqa: ARG005 - one shape for all verbs
    "assign": lambda c, number, told, who: desk.assign(c, number, told.user, who.by),
    "note": lambda c, number, told, who: desk.note(c, number, told.text, who.by),
    "undo": lambda c, number, told, who: desk.undo(c, number, who.by),  # noqa: ARG005
}
"""The verbs by their name in URLs and in the API."""


def do(connection: Connection, number: int, told: Decision, who: Acting) -> object:
    """Do it; a CashappError says why it cannot be."""
    return VERBS[told.verb](connection, number, told, who)


_SHARE = ("invoice", "amount", "share_customer", "discount", "deduction", "deduction_reason", "write_off")
"""The fields of a line of the forms Match and Split, in the order of an Allocation's."""


def of_form(verb: str, form: Form) -> Decision:
    """The decision that a form posts; UsageError where the rank is none."""
    rank = text_of(form, "rank") or "1"
    if not rank.isdecimal() or not rank.isascii():
        raise UsageError(f"{rank!r} is no rank")
    columns = [[value.strip() for value in all_of(form, name)] for name in _SHARE]
    lines = max(len(column) for column in columns)
    rows = [[column[at] if at < len(column) else "" for column in columns] for at in range(lines)]
    return Decision(
        verb, int(rank[:4]), [_allocation(row) for row in rows if (row[0] or row[2]) and any(row[at] for at in (1, 3, 4, 6))],
        customer_id=text_of(form, "customer"), invoice_number=text_of(form, "document"), receipt_id=text_of(form, "receipt"), amount=plain(text_of(form, "amount")),
        reason=text_of(form, "reason"), gl_account=text_of(form, "gl"), user=text_of(form, "user"), text=text_of(form, "note")[:4000])


def _allocation(row: list[str]) -> Allocation:
    invoice, amount, customer, discount, deduction, reason, write_off = row
    return Allocation(invoice, plain(amount), customer, plain(discount), plain(deduction), reason, plain(write_off))


def plain(amount: str) -> str:
    """An amount as the pages show it, `1,234.50` or `−5.00`, as decimal text."""
    return amount.replace(",", "").replace("−", "-")
