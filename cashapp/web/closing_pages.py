"""Month end at the desk: what waits for a second person, each account's month against the books, signatures, periods, what was learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl
from litestar import Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy import Connection, select

from cashapp import adjustments, clock, learning, periods, schema
from cashapp.adjustments import Signed
from cashapp.errors import CashappError, UsageError
from cashapp.reconciliation import decisions, lines, matching_run, picture, signing, table
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, Form, all_of, desk_of, page, text_of

ROWS_MAX = 400


def signed_by(request: Asked) -> Signed:
    """Who acts, under the limits of `cashapp.toml`."""
    return Signed.under(desk_of(request).workspace.config, request.user.login, clock.today())


@get("/approvals", sync_to_thread=True)
def approvals(request: Asked) -> Template:
    """Adjustments that wait for a second person."""
    return _approvals(request)


def _approvals(request: Asked, trouble: str = "") -> Template:
    wanted, item, receipt = schema.adjustment, schema.open_item, schema.receipt
    query = (
        select(wanted, item.c.document_number.label("about"), receipt.c.receipt_key).outerjoin(item, item.c.item_id == wanted.c.item_id)
        .outerjoin(receipt, receipt.c.receipt_id == wanted.c.receipt_id)
    )
    waiting = query.where(wanted.c.status == "pending").order_by(wanted.c.adjustment_id)
    lately = query.where(wanted.c.status != "pending").order_by(wanted.c.adjustment_id.desc()).limit(50)
    told = desk_of(request).read(lambda c: {"waiting": c.execute(waiting).all(), "lately": c.execute(lately).all()})
    shown = page("approvals", trouble=trouble, **told)
    shown.status_code = 422 if trouble else 200
    return shown


@post("/approvals/decide", sync_to_thread=True, guards=[requires("approve")])
def decide(request: Asked, data: Form) -> Response[bytes]:
    """Approve, which posts, or reject; never one's own."""
    number = text_of(data, "adjustment")

    def act(connection: Connection) -> None:
        if not number.isdecimal():
            raise UsageError("which adjustment?")
        if text_of(data, "deed") == "approve":
            adjustments.approve(connection, int(number), signed_by(request))
        else:
            adjustments.reject(connection, int(number), text_of(data, "reason") or "not approved", signed_by(request))

    try:
        desk_of(request).write(act)
    except CashappError as error:
        return _approvals(request, str(error))
    return Redirect("/approvals", status_code=303)


@get("/reconciliation", sync_to_thread=True)
def accounts(request: Asked) -> Template:
    """The accounts and months that the books know, with who signed what."""
    def ask(connection: Connection) -> dict[str, object]:
        known = lines.known(connection)
        return {"accounts": [account.name for account in known], "months": lines.months(connection)[:24], "states": periods.states(connection),
                "signatures": {account.name: signing.by_month(connection, account) for account in known}}

    return page("reconciliations", **desk_of(request).read(ask))


@get("/reconciliation/month", sync_to_thread=True)
def month(request: Asked) -> Template:
    """One account's month: balances of both sides, what explains the difference, every row."""
    return _month(request, request.query_params.get("account", ""), request.query_params.get("period", ""))


def _month(request: Asked, account: str, period: str, trouble: str = "", given: Form | None = None) -> Template:
    """The page; after a refusal with what was ticked and written, as it was."""
    def ask(connection: Connection) -> dict[str, object]:
        found, wanted = lines.find(connection, account), periods.month(period)
        drawn = picture.draw(connection, found, wanted)
        groups = drawn.units.group_by("group", "currency").agg(pl.col("closing").sum().alias("amount")).filter(pl.col("amount") != 0).sort("group", "currency")
        return {"drawn": drawn, "sides": _sides(connection, drawn), "groups": list(groups.iter_rows(named=True)), "signed": signing.signed(connection, found, wanted.name),
                "charges": decisions.charges(drawn).height, "state": periods.states(connection).get(wanted.name, periods.OPEN)}

    ticked = {value for name in ("line", "entry", "match") for value in all_of(given or {}, name)}
    shown = page("reconciliation", account=account, period=period, trouble=trouble, ticked=ticked, why=text_of(given or {}, "reason"), **desk_of(request).read(ask))
    shown.status_code = 422 if trouble else 200
    return shown


class Match(NamedTuple):
    """Rows of both sides that are one money."""

    match_id: str
    kind: str
    reason: str
    confirmed_by: str
    bank: list[dict[str, object]]
    book: list[dict[str, object]]
    difference: int


class Sides(NamedTuple):
    """A month's rows as a person works them: what is open on either side, what the program suggests, what is matched; `more` rows are not shown."""

    bank: list[dict[str, object]]
    book: list[dict[str, object]]
    suggested: list[Match]
    matched: list[Match]
    more: int


def _sides(connection: Connection, drawn: picture.Picture) -> Sides:
    is_open, at_bank, rows = pl.col("status") == "unmatched", pl.col("line_id").is_not_null(), table.order(drawn.rows, drawn.month)
    bank = rows.filter(is_open & at_bank).sort("bank_date", "line_id")
    book = rows.filter(is_open & ~at_bank).sort("entry_date", "entry_id")
    matches = dict(table.sums(drawn, rows).group_by("status").agg(pl.col("matches").sum()).iter_rows())
    more = sum(max(0, count - ROWS_MAX) for count in (bank.height, book.height, matches.get("suggested", 0), matches.get("matched", 0)))
    suggested, matched = (_matches(table.first(connection, drawn, rows, pl.col("status") == status, ROWS_MAX)) for status in ("suggested", "matched"))
    waiting, outstanding = (list(table.filled(drawn.rows, each.head(ROWS_MAX)).iter_rows(named=True)) for each in (bank, book))
    return Sides(waiting, outstanding, suggested, matched, more)


def _matches(rows: pl.DataFrame) -> list[Match]:
    """The matches that the rows make up, in their order."""
    found: dict[str, Match] = {}
    for row in rows.iter_rows(named=True):
        match = found.setdefault(row["match_id"], Match(row["match_id"], row["kind"], row["reason"], row["confirmed_by"] or "", [], [], row["difference"] or 0))
        (match.book if row["line_id"] is None else match.bank).append(row)
    return list(found.values())


Deed = Callable[[Connection, lines.Account, periods.Month, Form, str], object]


def _charges(connection: Connection, account: lines.Account, month: periods.Month, _data: Form, actor: str) -> object:
    return decisions.book_charges(connection, account, picture.draw(connection, account, month), [], actor=actor)


def _match(connection: Connection, account: lines.Account, _month: periods.Month, data: Form, actor: str) -> object:
    return decisions.match(connection, account, all_of(data, "line"), all_of(data, "entry"), reason=text_of(data, "reason"), actor=actor)


DEEDS: dict[str, tuple[str, Deed]] = {
    "run": ("reconcile", lambda c, account, month, data, actor: matching_run.run(c, account, month.last, actor)),  # noqa: ARG005 - one shape for all deeds
    "match": ("reconcile", _match),
    "unmatch": ("reconcile", lambda c, account, month, data, actor: decisions.unmatch(c, account, all_of(data, "match"), reason=text_of(data, "reason"), actor=actor)),  # noqa: ARG005
    "confirm": ("reconcile", lambda c, account, month, data, actor: decisions.confirm(c, account, all_of(data, "match"), actor=actor)),  # noqa: ARG005
    "charges": ("reconcile", _charges),
    "own": ("reconcile", lambda c, account, month, data, actor: signing.own(c, account, month, owner=text_of(data, "owner"), note=text_of(data, "reason"), actor=actor)),
    "prepare": ("reconcile", lambda c, account, month, data, actor: signing.prepare(c, picture.draw(c, account, month), actor=actor, note=text_of(data, "reason"))),
    "review": ("reconcile", lambda c, account, month, data, actor: signing.review(c, picture.draw(c, account, month), actor=actor, note=text_of(data, "reason"))),
    "reopen": ("reconcile", lambda c, account, month, data, actor: signing.reopen(c, account, month, actor=actor, reason=text_of(data, "reason"))),
    "soft_close": ("lock_period", lambda c, account, month, data, actor: periods.change(c, month, "soft_closed", actor, text_of(data, "reason"))),  # noqa: ARG005
    "lock": ("lock_period", lambda c, account, month, data, actor: periods.change(c, month, "locked", actor, text_of(data, "reason"))),  # noqa: ARG005
    "open": ("lock_period", lambda c, account, month, data, actor: periods.change(c, month, "open", actor, text_of(data, "reason"))),  # noqa: ARG005
}
"""What may be done with an account's month: the right it needs, and the deed."""


@post("/reconciliation/do", sync_to_thread=True, guards=[requires("reconcile")])
def do(request: Asked, data: Form) -> Response[bytes]:
    """Do one of DEEDS with an account's month."""
    account, period, deed = text_of(data, "account"), text_of(data, "period"), text_of(data, "deed")
    if deed not in DEEDS:
        return _month(request, account, period, f"there is nothing called {deed!r} to do")
    verb, act = DEEDS[deed]
    requires(verb)(request, None)  # type: ignore[arg-type]  # the guard looks at the user only
    try:
        desk_of(request).write(lambda c: act(c, lines.find(c, account), periods.month(period), data, request.user.login))
    except CashappError as error:
        return _month(request, account, period, str(error), data)
    return Redirect(f"/reconciliation/month?account={account}&period={period}", status_code=303)


@get("/rules", sync_to_thread=True)
def rules(request: Asked) -> Template:
    """What persons' decisions have taught, and whether it acts yet; and the manager's rules, with where they are written."""
    return _rules(request)


def _rules(request: Asked, trouble: str = "") -> Template:
    workspace = desk_of(request).workspace
    config, gone = workspace.config, schema.unlearned

    def ask(connection: Connection) -> dict[str, object]:
        told = learning.rules(connection, config.learning.act_after)
        lately = connection.execute(select(gone).order_by(gone.c.unlearn_id.desc()).limit(50)).all()
        return {"rules": list(told.iter_rows(named=True)), "taken_back": lately}

    shown = page("rules", act_after=config.learning.act_after, config=config, settings=workspace.toml.name, trouble=trouble, **desk_of(request).read(ask))
    shown.status_code = 422 if trouble else 200
    return shown


@post("/rules/forget", sync_to_thread=True, guards=[requires("rules")])
def forget(request: Asked, data: Form) -> Response[bytes]:
    """Take back what was taught; the decisions that taught it stand."""
    kind, value, customer_id, reason = (text_of(data, name) for name in ("kind", "value", "customer", "reason"))
    try:
        desk_of(request).write(lambda c: learning.forget(c, kind, value, customer_id, reason, request.user.login, clock.today()))
    except CashappError as error:
        return _rules(request, str(error))
    return Redirect("/rules", status_code=303)
