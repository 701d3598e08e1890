"""One case: what came on the left, what is suggested on the right, and the verbs. A screen that is out of date is told so."""

from __future__ import annotations

from urllib.parse import parse_qsl

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import Connection

from cashapp import desk, dossier, originals, queue, remittance_requests
from cashapp.desk import POSTS_NOTHING
from cashapp.errors import CashappError
from cashapp.web import verbs
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, Desk, Form, desk_of, facts_of_line, page, text_of
from cashapp.web.queue_pages import filter_of, just_done, query_of, sums_of

_STAY = frozenset({"note", "assign", "undo", "ask"})
"""Verbs after which the clerk stays with the case."""


@get("/cases/{number:int}", sync_to_thread=True)
def case_page(request: Asked, number: FromPath[int]) -> Template:
    """The case."""
    return _case(request, number)


def _case(request: Asked, number: int, trouble: str = "", status: int = 200) -> Template:
    wanted, desk, asked = filter_of(request), desk_of(request), request.query_params
    at, company = desk.deadlines(), verbs.acting(request).company
    reasons = desk.workspace.config.deduction_reasons()
    find, everybody = asked.get("find", "").strip()[:100], asked.get("scope", "") == "all"

    def gather(connection: Connection) -> dict[str, object]:
        before, after = queue.neighbours(connection, wanted, at, number)
        d = dossier.gather(connection, number, desk.fee_limit, reasons, desk.workspace.config.base_currency)
        alike = queue.by_id(connection, queue.alike(connection, number))
        items = dossier.open_items(connection, d.customer.customer_id if d.customer else None, d.case.currency, find, everybody=everybody) if find else d.items
        return {"d": d, "before": before, "after": after, "alike": alike, "alike_sums": sums_of(alike), "items": items,
                "mail": remittance_requests.draft(connection, number, company) if d.receipt and d.case.status == "open" else None}

    told = desk.read(gather)
    d = told["d"]
    assert isinstance(d, dossier.Dossier)
    edited = next((one for one in d.suggestions if str(one.rank) == asked.get("edit", "")), None)
    shown = page("case", number=number, trouble=trouble, query=query_of(wanted), pairs=parse_qsl(query_of(wanted)), others=desk.presence.others(number, request.user.login), at=at,
                 posts_nothing=d.case.reason in POSTS_NOTHING, done=just_done(request), original=_original(desk, d), facts=facts_of_line(d.line, d.references) if d.line else [], find=find, everybody=everybody,
                 edited=edited, reasons=reasons, act_after=desk.workspace.config.learning.act_after, **told)
    shown.status_code = status
    return shown


def _original(desk: Desk, d: dossier.Dossier) -> str:
    """What the bank wrote, where the archive has it."""
    if d.line is None:
        return ""
    told = originals.excerpt(desk.workspace.folder("archive"), d.line.file_name, d.line.sha256, d.line.byte_start, min(d.line.byte_end, d.line.byte_start + _ORIGINAL_MAX))
    return told.there.rstrip("\n") if told else ""


_ORIGINAL_MAX = 4000
"""So many bytes of a line stand on the page; the whole of it is one link away."""


@get("/cases/{number:int}/others", sync_to_thread=True)
def others(request: Asked, number: FromPath[int]) -> Template:
    """Who else has the case open, and whether it has changed under the reader; asked for by the page itself."""
    seen = request.query_params.get("seen", "0")
    version = desk_of(request).read(lambda c: queue.last_event(c, number))
    last = desk_of(request).read(lambda c: queue.history(c, number))[-1:] if str(version) != seen else []
    return page("parts/others", number=number, seen=seen, others=desk_of(request).presence.others(number, request.user.login), changed=last[0] if last else None)


@get("/cases/{number:int}/items", sync_to_thread=True)
def items(request: Asked, number: FromPath[int]) -> Template:
    """Open items by number, order, name or amount, the customer's or everybody's, as the clerk types."""
    asked = request.query_params
    search, whose, everybody = asked.get("find", "").strip()[:100], asked.get("whose", "") or None, asked.get("scope", "") == "all"

    def find(connection: Connection) -> dict[str, object]:
        case = desk.case(connection, number)
        return {"items": dossier.open_items(connection, whose, case.currency, search, everybody=everybody), "find": search}

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
