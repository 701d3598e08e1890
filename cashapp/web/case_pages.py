"""One case: what came on the left, what is suggested on the right, and the verbs. A screen that is out of date is told so."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import Connection

from cashapp import desk, dossier, queue
from cashapp.errors import CashappError
from cashapp.web import verbs
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, Form, desk_of, page, text_of
from cashapp.web.queue_pages import filter_of, just_done, query_of

_STAY = frozenset({"note", "assign", "undo", "ask"})
"""Verbs after which the clerk stays with the case."""


@get("/cases/{number:int}", sync_to_thread=True)
def case_page(request: Asked, number: FromPath[int]) -> Template:
    """The case."""
    return _case(request, number)


def _case(request: Asked, number: int, trouble: str = "", status: int = 200) -> Template:
    wanted, at = filter_of(request), desk_of(request).deadlines()

    def gather(connection: Connection) -> dict[str, object]:
        before, after = queue.neighbours(connection, wanted, at, number)
        return {"d": dossier.gather(connection, number), "before": before, "after": after, "alike": queue.alike(connection, number)}

    told = desk_of(request).read(gather)
    shown = page("case", number=number, trouble=trouble, query=query_of(wanted), others=desk_of(request).presence.others(number, request.user.login),
                 at=at, done=just_done(request), **told)
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
    if verb not in verbs.VERBS:
        return _case(request, number, f"there is no verb {verb!r}", 404)
    requires(verb)(request, None)  # type: ignore[arg-type]  # the guard looks at the user only
    seen = text_of(data, "seen")

    def once(connection: Connection) -> bool:
        if str(queue.last_event(connection, number)) != seen:
            return False
        verbs.do(connection, number, verbs.of_form(verb, data), verbs.acting(request))
        return True

    try:
        if not desk_of(request).write(once):
            return _case(request, number, _overtaken(request, number), 409)
    except CashappError as error:
        return _case(request, number, str(error), 422)
    return Redirect(_next(request, number, verb), status_code=303)


def _overtaken(request: Asked, number: int) -> str:
    history = desk_of(request).read(lambda c: queue.history(c, number))
    if not history:
        return "This screen is not of this case as it is. Nothing was done; look again."
    last = history[-1]
    return f"{last.actor} was here first: {last.action.replace('_', ' ')} {last.detail}. Nothing of yours was done; look again."


def _next(request: Asked, number: int, verb: str) -> str:
    """Where the clerk goes on: the next case of the list after a decision, the same one after a note."""
    query = query_of(filter_of(request))
    case, after = desk_of(request).read(lambda c: (desk.case(c, number), queue.neighbours(c, filter_of(request), desk_of(request).deadlines(), number)[1]))
    if verb in _STAY or case.status == "open":
        return f"/cases/{number}?{query}"
    return f"/cases/{after}?{query}&done={number}" if after else f"/queue?{query}&done={number}"
