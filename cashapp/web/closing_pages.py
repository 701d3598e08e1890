"""Month end at the desk: what waits for a second person, each account's month against the books, signatures, periods, what was learned."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
from litestar import Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy import Connection, select

from cashapp import adjustments, clock, db, learning, periods, schema
from cashapp.adjustments import Signed
from cashapp.errors import CashappError, UsageError
from cashapp.reconciliation import decisions, lines, matching_run, picture, signing, table
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, Form, all_of, desk_of, page, text_of

ROWS_MAX = 400


def signed_by(request: Asked) -> Signed:
    """Who acts, under the limits of `cashapp.toml`."""
    return Signed(request.user.login, clock.today(), desk_of(request).workspace.config.roles, desk_of(request).workspace.config.deduction_reasons())


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
        if not number.isdigit():
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
    line, entry = schema.bank_line, schema.cashbook_entry

    def ask(connection: Connection) -> dict[str, object]:
        at_bank = db.distinct(connection, line.c.account)
        in_book = connection.execute(select(entry.c.account).distinct()).scalars().all()
        known = [lines.find(connection, name) for name in sorted({*at_bank, *in_book})]
        names = sorted({account.name for account in known})
        months = list(reversed(periods.known(connection)))[:24]
        return {"accounts": names, "months": months, "states": periods.states(connection),
                "signatures": {(account.name, month): signing.signed(connection, account, month) for account in known for month in months}}

    return page("reconciliations", **desk_of(request).read(ask))


@get("/reconciliation/month", sync_to_thread=True)
def month(request: Asked) -> Template:
    """One account's month: balances of both sides, what explains the difference, every row."""
    return _month(request, request.query_params.get("account", ""), request.query_params.get("period", ""))


def _month(request: Asked, account: str, period: str, trouble: str = "") -> Template:
    def ask(connection: Connection) -> dict[str, object]:
        found, wanted = lines.find(connection, account), periods.month(period)
        drawn = picture.draw(connection, found, wanted)
        rows = table.of_month(drawn)
        groups = drawn.units.group_by("group", "currency").agg(pl.col("closing").sum().alias("amount")).sort("group", "currency")
        return {"drawn": drawn, "rows": list(rows.head(ROWS_MAX).iter_rows(named=True)), "more": max(0, rows.height - ROWS_MAX), "counts": rows["status"].value_counts().rows(),
                "groups": list(groups.iter_rows(named=True)), "signed": signing.signed(connection, found, wanted.name), "charges": decisions.charges(drawn).height,
                "state": periods.states(connection).get(wanted.name, periods.OPEN)}

    shown = page("reconciliation", account=account, period=period, trouble=trouble, **desk_of(request).read(ask))
    shown.status_code = 422 if trouble else 200
    return shown


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
        return _month(request, account, period, str(error))
    return Redirect(f"/reconciliation/month?account={account}&period={period}", status_code=303)


@get("/rules", sync_to_thread=True)
def rules(request: Asked) -> Template:
    """What persons' decisions have taught, and whether it acts yet."""
    config = desk_of(request).workspace.config
    told = desk_of(request).read(lambda c: learning.rules(c, config.learning.act_after))
    rows = [row | {"value": learning.in_words(row["kind"], row["value"])} for row in told.iter_rows(named=True)]
    return page("rules", rules=rows, act_after=config.learning.act_after, policy=config.policy)
