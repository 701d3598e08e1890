"""Around the queue: the manager's overview, customers, files with their controls, and the reports."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Annotated

from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template
from sqlalchemy import Connection, Row, func, select

from cashapp import clock, originals, queue, queue_figures, reports, schema
from cashapp import overview as overview_of
from cashapp.errors import UsageError
from cashapp.reports import pages, rendering
from cashapp.reports.aging import of_customer
from cashapp.reports.model import Report
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, desk_of, facts_of_line, page
from parsers.returns import lookup

Upload = Annotated[dict[str, object], Body(media_type=RequestEncodingType.MULTI_PART)]
DAYS = 14
FILE_BYTES_MAX = 256 * 1024 * 1024
_TEXT_WIDTH = 132


@get("/overview", sync_to_thread=True)
def overview(request: Asked) -> Template:
    """The last drop, how much went through without a person and how right that was, cash by day, what waits and for how long."""
    desk, today = desk_of(request), clock.today()

    def ask(connection: Connection) -> dict[str, object]:
        runs = _runs(connection)
        since = (dt.date.fromisoformat(str(runs[0]["as_of"])) if runs else today) - overview_of.HISTORY
        waiting = queue_figures.figures(connection, queue.Filter(), desk.deadlines(), desk.kept)
        drawn = desk.kept.get(connection, ("overview", since, today), lambda: {
            "precision": overview_of.precision(connection, since), "unapplied": overview_of.unapplied_by_age(connection, today),
            "cash": overview_of.cash_by_day(connection, today)})
        return {"runs": runs, "days": _applied_by_day(runs, today), "counts": waiting.counts, "ages": _ages(waiting), "base": desk.workspace.config.base_currency, **drawn}

    return page("overview", **desk.read(ask))


def _runs(connection: Connection) -> list[dict[str, object]]:
    """The last runs, newest first, as `cashapp run --json` told them."""
    log = schema.run_log
    rows = connection.execute(select(log).order_by(log.c.run_id.desc()).limit(200)).all()
    return [json.loads(row.summary) | {"started_at": row.started_at, "actor": row.actor} for row in rows]


def _applied_by_day(runs: list[dict[str, object]], today: dt.date) -> list[dict[str, object]]:
    """day, label, received and applied receipts of the last days on which something came, oldest first."""
    days: dict[str, dict[str, int]] = {}
    for run in runs:
        day = days.setdefault(str(run["as_of"]), {"received": 0, "applied": 0})
        day["received"] += int(run["receipts"]["count"])  # type: ignore[index]  # the object of `cashapp run --json`
        day["applied"] += int(run["applied"]["auto_count"])  # type: ignore[index]
    return [{"day": day, "label": f"{dt.date.fromisoformat(day):%d %b}", **days[day]} for day in sorted(days) if day <= today.isoformat()][-DAYS:]


def _ages(told: queue_figures.Figures) -> list[dict[str, object]]:
    """Open cases by age: label, count, and from how many days."""
    since = [(0, sum(count for _, count in told.counts)), *told.ages]
    until = [count for _, count in told.ages] + [0]
    labels = ("today", "1–2 days", "3–6 days", "1–2 weeks", "2–4 weeks", "older")
    return [{"label": label, "count": count - older, "age": days} for label, (days, count), older in zip(labels, since, until, strict=True)]


@get("/customers", sync_to_thread=True)
def customers(request: Asked) -> Template:
    """Customers by name or number, with what they owe."""
    search = request.query_params.get("search", "").strip()[:100]
    customer, item = schema.customer, schema.open_item

    def ask(connection: Connection) -> dict[str, object]:
        query = select(customer.c.customer_id, customer.c.name)
        if search:
            query = query.where(customer.c.name.icontains(search, autoescape=True) | (customer.c.customer_id == search))
        found = connection.execute(query.order_by(customer.c.name, customer.c.customer_id).limit(100)).all()
        owed = connection.execute(
            select(item.c.customer_id, item.c.currency, func.count(), func.sum(item.c.open_minor))
            .where(item.c.open_minor != 0, item.c.customer_id.in_([row.customer_id for row in found])).group_by(item.c.customer_id, item.c.currency)
            .order_by(item.c.customer_id, item.c.currency)).all()
        by_customer: dict[str, list[tuple[str, int, int]]] = {}
        for customer_id, currency, count, minor in owed:
            by_customer.setdefault(customer_id, []).append((currency, count, int(minor)))
        return {"found": found, "owed": by_customer}

    return page("customers", search=search, **desk_of(request).read(ask))


@get("/customers/{customer_id:str}", sync_to_thread=True)
def customer(request: Asked, customer_id: FromPath[str]) -> Template:
    """One customer: open items, payments, what came back, statements, what they are known by."""
    today = clock.today()
    table, item, receipt, line = schema.customer, schema.open_item, schema.receipt, schema.bank_line

    def ask(connection: Connection) -> dict[str, object]:
        row = connection.execute(select(table).where(table.c.customer_id == customer_id)).first()
        if row is None:
            raise NotFoundException(f"there is no customer {customer_id}")
        items = connection.execute(select(item).where(item.c.customer_id == customer_id, item.c.open_minor != 0)
                                   .order_by(item.c.due_date, item.c.item_id).limit(500)).all()
        payments = connection.execute(
            select(receipt, line.c.payer_name, line.c.bank_reference).join(line, line.c.line_id == receipt.c.line_id)
            .where(receipt.c.customer_id == customer_id).order_by(receipt.c.value_date.desc(), receipt.c.receipt_id.desc()).limit(50)).all()
        known = [(kind, values) for kind, names in (("alias", schema.customer_alias), ("account", schema.customer_account))
                 if (values := list(connection.execute(select(names.c[kind], names.c.source).where(names.c.customer_id == customer_id).order_by(names.c[kind])).all()))]
        return {"customer": row, "items": items, "payments": payments, "known": known, "returned": _came_back(connection, customer_id),
                "aging": list(of_customer(connection, customer_id, today).iter_rows(named=True))}

    return page("customer", **desk_of(request).read(ask))


def _came_back(connection: Connection, customer_id: str) -> list[tuple[Row[*tuple[object, ...]], str]]:
    """The customer's returned payments, newest first, each with its reason in words."""
    taken, receipt = schema.returned_item, schema.receipt
    rows = connection.execute(
        select(taken, receipt.c.receipt_key).outerjoin(receipt, receipt.c.receipt_id == taken.c.receipt_id)
        .where(taken.c.customer_id == customer_id, taken.c.method != "undone").order_by(taken.c.returned_on.desc(), taken.c.return_id.desc()).limit(50)).all()
    return [(row, reason.label if (reason := lookup(row.code)) else "") for row in rows]


@get("/files", sync_to_thread=True)
def files(request: Asked) -> Template:
    """The files taken, newest first, and those refused, with their reasons."""
    return _files(request)


def _files(request: Asked, trouble: str = "") -> Template:
    table, control = schema.source_file, schema.control

    def ask(connection: Connection) -> dict[str, object]:
        rows = connection.execute(select(table).order_by(table.c.file_id.desc()).limit(100)).all()
        ids = [row.file_id for row in rows]
        broken: dict[int, int] = dict(connection.execute(select(control.c.file_id, func.count()).where(control.c.file_id.in_(ids), control.c.stated != control.c.computed)
                                         .group_by(control.c.file_id)).all())
        controls: dict[int, int] = dict(connection.execute(select(control.c.file_id, func.count()).where(control.c.file_id.in_(ids)).group_by(control.c.file_id)).all())
        return {"taken": rows, "broken": broken, "controls": controls}

    folder = desk_of(request).workspace.folder
    shown = page("files", quarantine=_quarantine(folder("quarantine")), waiting=_waiting(folder("inbox")), uploaded=request.query_params.get("uploaded", ""), trouble=trouble,
                 **desk_of(request).read(ask))
    shown.status_code = 422 if trouble else 200
    return shown


def _quarantine(folder: Path) -> list[tuple[str, str]]:
    reasons = sorted(folder.glob("*.reason.txt"), key=lambda path: path.stat().st_mtime, reverse=True)[:50] if folder.is_dir() else []
    return [(path.name.removesuffix(".reason.txt"), path.read_text(encoding="utf-8", errors="replace")[:4000]) for path in reasons]


def _waiting(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))[:50] if folder.is_dir() else []


@get("/files/{file_id:int}", sync_to_thread=True)
def file(request: Asked, file_id: FromPath[int]) -> Template:
    """One file: its statements, controls as stated and as computed, issues."""
    def ask(connection: Connection) -> dict[str, object]:
        row = connection.execute(select(schema.source_file).where(schema.source_file.c.file_id == file_id)).first()
        if row is None:
            raise NotFoundException(f"there is no file {file_id}")
        told = {name: connection.execute(select(table).where(table.c.file_id == file_id).limit(500)).all()
                for name, table in (("statements", schema.statement), ("controls", schema.control), ("issues", schema.file_issue))}
        return {"file": row, **told}

    return page("file", **desk_of(request).read(ask))


@get("/files/{file_id:int}/original", sync_to_thread=True)
def original(request: Asked, file_id: FromPath[int]) -> Template:
    """The bytes of a line in the file as the bank sent it, with what stands around them."""
    asked = request.query_params
    start, end = (int(asked.get(name, "0")) if asked.get(name, "0").isdecimal() else 0 for name in ("from", "to"))
    file, line = schema.source_file, schema.bank_line

    def ask(connection: Connection) -> tuple[Row[*tuple[object, ...]] | None, Row[*tuple[object, ...]] | None]:
        there = select(line).where(line.c.file_id == file_id, line.c.byte_start == start, line.c.byte_end == end).order_by(line.c.line_id)
        return connection.execute(select(file).where(file.c.file_id == file_id)).first(), connection.execute(there).first()

    row, read = desk_of(request).read(ask)
    if row is None:
        raise NotFoundException(f"there is no file {file_id}")
    told = originals.excerpt(desk_of(request).workspace.folder("archive"), row.name, row.sha256, start, min(end, start + 20_000), 1500)
    return page("original", file=row, told=told, facts=facts_of_line(read) if read else [], start=start, end=end)


@post("/files/upload", sync_to_thread=True, guards=[requires("upload")], request_max_body_size=FILE_BYTES_MAX)
def upload(request: Asked, data: Upload) -> Response[bytes]:
    """Put files into the inbox, all or none; the next run takes them."""
    from cashapp.tabular import replace_file

    given = data.get("data", [])
    handed = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, UploadFile)]
    inbox = desk_of(request).workspace.folder("inbox")
    names = [Path(one.filename.replace("\\", "/")).name for one in handed]
    trouble = _unusable(inbox, names)
    if trouble:
        return _files(request, trouble)
    for name, one in zip(names, handed, strict=True):
        replace_file(inbox / name, one.file.read())
    return Redirect(f"/files?uploaded={len(names)}", status_code=303)


def _unusable(inbox: Path, names: list[str]) -> str:
    """Why files of these names cannot be put there, in words; "" where they can."""
    if not names:
        return "choose a file first"
    for name in names:
        if not name or name.startswith(".") or name.endswith(".part") or len(name.encode()) > 200 or not name.isprintable():
            return f"{name or 'a file without a name'}: give the file another name; the inbox leaves such names alone"
        if (inbox / name).exists() or names.count(name) > 1:
            return f"{name} is in the inbox already; let a run take it first, or give this one another name"
    return ""


@get("/reports/{name:str}", sync_to_thread=True)
def report(request: Asked, name: FromPath[str]) -> Response[bytes]:
    """A report on the screen, or with `?to=` as a file."""
    asked = request.query_params
    if name not in reports.REPORTS:
        raise NotFoundException(f"there is no report {name}")
    period, as_of, to, of_whom = (asked.get(field, "") for field in ("period", "as_of", "to", "customer"))
    workspace = desk_of(request).workspace

    def make(connection: Connection) -> Report:
        day = dt.date.fromisoformat(as_of) if as_of else None
        when = reports.days(connection, name, day, reports.month(period) if period else None, clock.today())
        return reports.make(connection, name, when, workspace.home.resolve().name, reports.Asked(workspace.config, of_whom, asked.get("account") or None))

    try:
        made = desk_of(request).read(make)
    except ValueError as error:
        raise UsageError(f"{as_of!r} is no date – write it YYYY-MM-DD") from error
    if to in rendering.FORMATS:
        content = b"".join(rendering.rendered(made, to, workspace.config.base_currency, _TEXT_WIDTH))
        ending = "txt" if to == "text" else to
        about = re.sub("[^A-Za-z0-9-]", "_", f"-{of_whom}" if of_whom else "")
        return Response(content, media_type=rendering.FORMATS[to], headers={"Content-Disposition": f'attachment; filename="{name}{about}.{ending}"'})
    return page("report", report=name, customer=of_whom, account=asked.get("account", ""), names=list(reports.REPORTS), told=pages.page(made), period=period, as_of=as_of)
