"""The queue: filters in the URL, counts by reason, one page at a time, and one decision for many cases after a preview."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy import Connection, delete, select

from cashapp import desk, queue, schema
from cashapp.errors import UsageError
from cashapp.queue import Filter
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, Form, all_of, by, desk_of, page, text_of

BULK_MAX = 200


def filter_of(request: Asked) -> Filter:
    """The filter that the URL asks for; what is no filter is left out."""
    asked = request.query_params
    age = asked.get("age", "")
    return Filter(
        status=asked.get("status", "open"), reason=asked.get("reason", ""), owner=asked.get("owner", ""), age=int(age) if age.isdigit() and len(age) < 5 else 0,
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
    at = desk_of(request).deadlines()
    told = desk_of(request).read(lambda c: {
        "page": queue.page(c, wanted, at, after), "counts": queue.counts(c, wanted, at), "totals": queue.totals(c, wanted, at), "lateness": queue.lateness(c, wanted, at),
        "owners": queue.owners(c), "saved": _saved(c, request.user.login), "newest": queue.newest(c),
    })
    return page("queue", wanted=wanted, after=after, query=query_of(wanted), query_of=query_of, at=at, done=just_done(request), **told)


def just_done(request: Asked) -> dict[str, object] | None:
    """What was just done, to be told with its undo: the case that `?done=` names and its last event."""
    number = request.query_params.get("done", "")
    if not number.isdigit():
        return None
    history = desk_of(request).read(lambda c: queue.history(c, int(number)))
    return {"exception_id": int(number), "event": history[-1], "version": history[-1].event_id} if history else None


@get("/queue/news", sync_to_thread=True)
def news(request: Asked) -> Template:
    """Whether cases have come since the list was drawn; asked for by the list itself."""
    since = request.query_params.get("since", "0")
    count = desk_of(request).read(lambda c: queue.opened_since(c, int(since) if since.isdigit() else 0))
    return page("parts/news", count=count, since=since)


@post("/queue/bulk", sync_to_thread=True, guards=[requires("bulk")])
def bulk(request: Asked, data: Form) -> Response[bytes]:
    """Accept the first suggestion of the ticked cases: first a preview with count and sum, then, confirmed, the deed."""
    ids = _ticked(data)
    if not ids:
        return Redirect("/queue", status_code=303)
    found = desk_of(request).read(lambda c: [case for case in queue.by_id(c, ids) if case.status == "open" and case.rule])
    if text_of(data, "confirmed") != "yes":
        return page("bulk", cases=found, left_out=len(ids) - len(found), total=sums_of(found))
    refused: list[tuple[int, str]] = []
    for case in found:
        try:
            desk_of(request).write(lambda c, number=case.exception_id: desk.accept(c, number, 1, by(request)))  # type: ignore[misc]
        except UsageError as error:
            refused.append((case.exception_id, str(error)))
    return page("bulk_done", count=len(found) - len(refused), refused=refused, total=sums_of([c for c in found if c.exception_id not in dict(refused)]))


def _ticked(data: Form) -> list[int]:
    return sorted({int(number) for number in all_of(data, "case") if number.isdigit()})[:BULK_MAX]


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

    desk_of(request).write(keep)
    return Redirect(f"/queue?{query}" if query and name else "/queue", status_code=303)


def _saved(connection: Connection, login: str) -> list[tuple[str, str]]:
    table = schema.saved_filter
    return [(row.name, row.query) for row in connection.execute(select(table).where(table.c.login == login).order_by(table.c.name))]
