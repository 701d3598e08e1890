"""The queue: filters in the URL, counts beside them, one page at a time, and one decision for many cases after a preview."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy import Connection, delete, select

from cashapp import dossier, queue, queue_figures, schema
from cashapp.adjustments import Done
from cashapp.errors import CashappError, UsageError
from cashapp.queue import Filter
from cashapp.web import verbs
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, Form, all_of, desk_of, page, text_of
from parsers.amounts import to_text

BULK_MAX = 200


def filter_of(request: Asked) -> Filter:
    """The filter that the URL asks for; what is no filter is left out."""
    asked = request.query_params
    age = asked.get("age", "")
    return Filter(
        status=asked.get("status", "open"), reason=asked.get("reason", ""), owner=asked.get("owner", ""), age=int(age) if age.isdecimal() and len(age) < 5 else 0,
        due=asked.get("due", ""), currency=asked.get("currency", ""), at_least=asked.get("at_least", ""), at_most=asked.get("at_most", ""), search=asked.get("search", ""),
        order=asked.get("order", "oldest"),
    )


def query_of(wanted: Filter, **changes: object) -> str:
    """The URL's query for a filter, without what is as it is anyway."""
    plain = Filter()
    told = wanted._replace(**changes)._asdict() if changes else wanted._asdict()  # type: ignore[arg-type]  # fields of the filter by name
    return urlencode({name: value for name, value in told.items() if value != getattr(plain, name)})


@get("/", sync_to_thread=False)
def home() -> Redirect:
    """The day begins at the queue."""
    return Redirect("/queue", status_code=303)


@get("/queue", sync_to_thread=True)
def queue_page(request: Asked) -> Template:
    """The list."""
    wanted, after = filter_of(request), request.query_params.get("after", "")
    desk = desk_of(request)
    at = desk.deadlines()

    def ask(connection: Connection) -> dict[str, object]:
        narrowed = queue.searched(connection, wanted)
        return {"page": queue.page(connection, narrowed, at, after), **queue_figures.figures(connection, narrowed, at, desk.kept)._asdict(),
                "saved": _saved(connection, request.user.login), "since": queue.newest(connection), "seen": queue.last_of_all(connection)}

    told = desk.read(ask)
    return page("queue", wanted=wanted, after=after, query=query_of(wanted), query_of=query_of, at=at, bulk=BULK, count=0, oob=False, done=just_done(request), **told)


def just_done(request: Asked) -> dict[str, object] | None:
    """What was just done, to be told with its undo: the case that `?done=` names and its last event."""
    number = request.query_params.get("done", "")
    if not number.isdecimal():
        return None
    history = desk_of(request).read(lambda c: queue.history(c, int(number)))
    return {"exception_id": int(number), "event": history[-1], "version": history[-1].event_id} if history else None


@get("/queue/news", sync_to_thread=True)
def news(request: Asked) -> Response[bytes]:
    """What has changed since the list was drawn: how many cases have come, and the counts; asked for by the list itself. 204 while nothing has happened."""
    wanted, at, asked = filter_of(request), desk_of(request).deadlines(), request.query_params
    since, seen = (int(asked.get(name, "0")) if asked.get(name, "0").isdecimal() else 0 for name in ("since", "seen"))

    def ask(connection: Connection) -> dict[str, object] | None:
        last = queue.last_of_all(connection)
        if (queue.newest(connection), last) == (since, seen):
            return None
        return {"count": queue.opened_since(connection, since), "seen": last, **queue_figures.figures(connection, wanted, at, desk_of(request).kept)._asdict()}

    told = desk_of(request).read(ask)
    if told is None:
        return Response(b"", status_code=204)
    return page("parts/news", since=since, wanted=wanted, query=query_of(wanted), query_of=query_of, oob=True, **told)


class Bulk(NamedTuple):
    """A verb for many cases: the right it needs, what it is called, and the fields that it asks for (name, label, needed)."""

    verb: str
    right: str
    words: str
    fields: tuple[tuple[str, str, bool], ...] = ()


BULK = {
    "accept": Bulk("accept", "bulk", "Accept the first suggestion"),
    "on_account": Bulk("on_account", "bulk", "Put on account", (("customer", "Customer (empty: each case’s own)", False),)),
    "non_ar": Bulk("non_ar", "bulk", "Post to the general ledger", (("gl", "General-ledger account", True),)),
    "write_off": Bulk("write_off", "bulk", "Write off", (("reason", "Why", True),)),
    "assign": Bulk("assign", "assign", "Assign", (("user", "To", True),)),
    "note": Bulk("note", "note", "Note", (("note", "Note", True),)),
}
"""What may be done with many cases at once."""


@post("/queue/bulk", sync_to_thread=True)
def bulk(request: Asked, data: Form) -> Response[bytes]:
    """One verb for the ticked cases: first a preview with count and sum, then, confirmed, the deed, case by case. What has changed since the preview is left alone."""
    chosen, seen = BULK.get(text_of(data, "verb") or "accept"), _ticked(data)
    if chosen is None:
        raise UsageError(f"{text_of(data, 'verb')!r} is nothing to do with many cases; there are {', '.join(BULK)}")
    requires(chosen.right)(request, None)  # type: ignore[arg-type]  # the guard looks at the user only
    requires(chosen.verb)(request, None)  # type: ignore[arg-type]
    if not seen:
        return Redirect("/queue", status_code=303)
    given = {name: text_of(data, name) for name, _, _ in chosen.fields}

    if text_of(data, "confirmed") != "yes" or any(needed and not given[name] for name, _, needed in chosen.fields):
        return _preview(request, chosen, list(seen), given)
    fitting = desk_of(request).read(lambda c: _fitting(c, chosen.verb, list(seen), given))
    refused: list[tuple[int, str]] = []
    waiting = 0
    for case in fitting:
        try:
            waiting += desk_of(request).write(lambda c, case=case: _one(request, c, case, chosen, given, seen[case.exception_id]))  # type: ignore[misc]
        except CashappError as error:
            refused.append((case.exception_id, str(error)))
    done = [case for case in fitting if case.exception_id not in dict(refused)]
    return page("bulk_done", bulk=chosen, count=len(done), waiting=waiting, refused=refused, total=sums_of(done))


def _preview(request: Asked, chosen: Bulk, ticked: list[int], given: dict[str, str]) -> Template:
    """What would be done with the cases, to be confirmed; of suggestions that are accepted also what they teach. All of it is of one state of the books."""
    config = desk_of(request).workspace.config

    def look(connection: Connection) -> dict[str, object]:
        cases = _fitting(connection, chosen.verb, ticked, given)
        numbers = [case.exception_id for case in cases]
        return {"cases": cases, "left_out": len(ticked) - len(cases), "total": sums_of(cases),
                "versions": {number: queue.last_event(connection, number) for number in numbers},
                "teaches": dossier.accepted_together(connection, numbers, config.deduction_reasons()) if chosen.verb == "accept" else []}

    return page("bulk", bulk=chosen, given=given, login=request.user.login, act_after=config.learning.act_after, **desk_of(request).read(look))


def _fitting(connection: Connection, verb: str, ticked: list[int], given: dict[str, str]) -> list[queue.Case]:
    """The open ones of the cases that the verb can be done with."""
    return [case for case in queue.by_id(connection, ticked) if case.status == "open" and _fits(verb, case, given)]


def _fits(verb: str, case: queue.Case, given: dict[str, str]) -> bool:
    """Whether the verb can be done with the case."""
    if verb in {"assign", "note"}:
        return True
    if verb == "accept":
        return bool(case.rule)
    return bool(case.amount_minor) and (verb != "on_account" or bool(given["customer"] or case.customer_id))


def _one(request: Asked, connection: Connection, case: queue.Case, chosen: Bulk, given: dict[str, str], seen: int | None) -> int:
    """Do the verb with one case; 1 where it waits for a second person. UsageError where somebody was here first."""
    if seen is not None and queue.last_event(connection, case.exception_id) != seen:
        raise UsageError("it has changed since the preview; nothing was done")
    told = verbs.Decision(chosen.verb, customer_id=given.get("customer") or case.customer_id or "", gl_account=given.get("gl", ""), reason=given.get("reason", ""),
                          user=given.get("user", ""), text=given.get("note", ""))
    if chosen.verb == "write_off" and case.currency and case.amount_minor is not None:
        told.amount = to_text(case.amount_minor, case.currency)
    done = verbs.do(connection, case.exception_id, told, verbs.acting(request))
    return int(isinstance(done, Done) and done.status == "pending")


def _ticked(data: Form) -> dict[int, int | None]:
    """The ticked cases with the version that the preview showed of each (`7~12`), if it did."""
    found: dict[int, int | None] = {}
    for value in all_of(data, "case")[:BULK_MAX]:
        number, _, seen = value.partition("~")
        if number.isdecimal() and len(number) < 16:
            found[int(number)] = int(seen) if seen.isdecimal() else None
    return found


def sums_of(cases: list[queue.Case]) -> list[tuple[str, int]]:
    """Currency and sum in minor units of the cases' amounts."""
    sums: dict[str, int] = {}
    for case in cases:
        if case.currency and case.amount_minor is not None:
            sums[case.currency] = sums.get(case.currency, 0) + case.amount_minor
    return sorted(sums.items())


@post("/queue/saved", sync_to_thread=True)
def save_filter(request: Asked, data: Form) -> Redirect:
    """Keep the filter under a name, or with an empty one forget it."""
    name, query, forget = (text_of(data, field)[:200] for field in ("name", "query", "forget"))
    table, login = schema.saved_filter, request.user.login

    def keep(connection: Connection) -> None:
        connection.execute(delete(table).where(table.c.login == login, table.c.name == (forget or name)))
        if name:
            connection.execute(table.insert().values(login=login, name=name, query=query))

    desk_of(request).keep(keep)
    return Redirect(f"/queue?{query}" if query and name else "/queue", status_code=303)


def _saved(connection: Connection, login: str) -> list[tuple[str, str]]:
    table = schema.saved_filter
    return [(row.name, row.query) for row in connection.execute(select(table).where(table.c.login == login).order_by(table.c.name))]
