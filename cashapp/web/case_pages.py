"""One case: what came on the left, what is suggested on the right, and the verbs. A screen that is out of date is told so."""

from __future__ import annotations

from collections.abc import Callable

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import Connection

from cashapp import clock, desk, desk_adjustments, dossier, queue, returns
from cashapp.adjustments import Signed
from cashapp.desk import By
from cashapp.errors import CashappError, UsageError
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, Form, all_of, by, desk_of, page, text_of
from cashapp.web.queue_pages import filter_of, just_done, query_of

Act = Callable[[Connection, int, Form, By], object]




def _accept(connection: Connection, number: int, data: Form, who: By) -> object:
    rank = text_of(data, "rank") or "1"
    if not rank.isdigit():
        raise UsageError(f"{rank!r} is no rank")
    return desk.accept(connection, number, int(rank), who)


def _apply(connection: Connection, number: int, data: Form, who: By) -> object:
    pairs = [(n.strip(), a.strip().replace(",", "")) for n, a in zip(all_of(data, "invoice"), all_of(data, "amount"), strict=False) if n.strip() and a.strip()]
    if not pairs:
        raise UsageError("name an invoice and an amount")
    return desk.apply_to(connection, number, pairs, who)


def _write_off(connection: Connection, number: int, data: Form, who: Signed) -> object:
    return desk_adjustments.write_off(connection, number, text_of(data, "amount").replace(",", ""), text_of(data, "reason"), text_of(data, "document"), who)


def _refund(connection: Connection, number: int, data: Form, who: Signed) -> object:
    return desk_adjustments.refund(connection, number, text_of(data, "amount").replace(",", ""), text_of(data, "reason"), who)


ADJUSTING: dict[str, Callable[[Connection, int, Form, Signed], object]] = {"write_off": _write_off, "refund": _refund}
"""Verbs that keep to the limits of roles; above them the adjustment waits for a second person."""
VERBS: dict[str, Act] = {
    "accept": _accept,
    "apply": _apply,
    "on_account": lambda c, number, data, who: desk.on_account(c, number, text_of(data, "customer"), who),
    "non_ar": lambda c, number, data, who: desk.non_ar(c, number, text_of(data, "gl"), who),
    "undo": lambda c, number, data, who: desk.undo(c, number, who),  # noqa: ARG005 - one shape for all verbs
    "assign": lambda c, number, data, who: desk.assign(c, number, text_of(data, "user"), who),
    "note": lambda c, number, data, who: desk.note(c, number, text_of(data, "note"), who),
}
"""The verbs of a case by their name in the URL."""


@get("/cases/{number:int}", sync_to_thread=True)
def case_page(request: Asked, number: FromPath[int]) -> Template:
    """The case."""
    return _case(request, number)


def _case(request: Asked, number: int, trouble: str = "", status: int = 200) -> Template:
    wanted, today = filter_of(request), clock.today()

    def gather(connection: Connection) -> dict[str, object]:
        before, after = queue.neighbours(connection, wanted, today, number)
        return {"d": dossier.gather(connection, number), "before": before, "after": after, "alike": queue.alike(connection, number)}

    told = desk_of(request).read(gather)
    shown = page("case", number=number, trouble=trouble, query=query_of(wanted), others=desk_of(request).presence.others(number, request.user.login),
                 done=just_done(request), **told)
    shown.status_code = status
    return shown


@get("/cases/{number:int}/others", sync_to_thread=True)
def others(request: Asked, number: FromPath[int]) -> Template:
    """Who else has the case open, and whether it has changed under the reader; asked for by the page itself."""
    seen = request.query_params.get("seen", "0")
    version = desk_of(request).read(lambda c: queue.last_event(c, number))
    last = desk_of(request).read(lambda c: queue.history(c, number))[-1:] if str(version) != seen else []
    return page("parts/others", number=number, seen=seen, others=desk_of(request).presence.others(number, request.user.login), changed=last[0] if last else None)


@get("/cases/{number:int}/items", sync_to_thread=True)
def items(request: Asked, number: FromPath[int]) -> Template:
    """Open items by number or name, as the clerk types."""
    search = request.query_params.get("find", "").strip()[:100]

    def find(connection: Connection) -> dict[str, object]:
        case = desk.case(connection, number)
        return {"items": dossier.open_items(connection, case.customer_id, case.currency, search), "currency": case.currency}

    return page("parts/items", **desk_of(request).read(find))


@post("/cases/{number:int}/{verb:str}", sync_to_thread=True)
def act(request: Asked, number: FromPath[int], verb: FromPath[str], data: Form) -> Response[bytes]:
    """Do one thing with the case, unless it has changed since the screen was drawn."""
    if verb not in VERBS and verb not in ADJUSTING and verb != "return":
        return _case(request, number, f"there is no verb {verb!r}", 404)
    requires(verb)(request, None)  # type: ignore[arg-type]  # the guard looks at the user only
    seen = text_of(data, "seen")

    def once(connection: Connection) -> bool:
        if str(queue.last_event(connection, number)) != seen:
            return False
        _do(request, connection, number, verb, data)
        return True

    try:
        if not desk_of(request).write(once):
            return _case(request, number, _overtaken(request, number), 409)
    except CashappError as error:
        return _case(request, number, str(error), 422)
    return Redirect(_next(request, number, verb), status_code=303)


def _do(request: Asked, connection: Connection, number: int, verb: str, data: Form) -> None:
    config, who = desk_of(request).workspace.config, by(request)
    if verb in ADJUSTING:
        ADJUSTING[verb](connection, number, data, Signed(who.actor, who.on, config.roles, config.deduction_reasons()))
    elif verb == "return":
        desk_adjustments.came_back(connection, number, text_of(data, "receipt"), text_of(data, "reason"), returns.Act(who.actor, who.on, config.returns))
    else:
        VERBS[verb](connection, number, data, who)


def _overtaken(request: Asked, number: int) -> str:
    last = desk_of(request).read(lambda c: queue.history(c, number))[-1]
    return f"{last.actor} was here first: {last.action.replace('_', ' ')} {last.detail}. Nothing of yours was done; look again."


def _next(request: Asked, number: int, verb: str) -> str:
    """Where the clerk goes on: the next case of the list after a decision, the same one after a note."""
    query = query_of(filter_of(request))
    case, after = desk_of(request).read(lambda c: (desk.case(c, number), queue.neighbours(c, filter_of(request), clock.today(), number)[1]))
    if verb in {"note", "assign", "undo"} or case.status == "open":
        return f"/cases/{number}?{query}"
    return f"/cases/{after}?{query}&done={number}" if after else f"/queue?{query}&done={number}"
