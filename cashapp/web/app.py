"""The application: routes, security and the one Desk that every handler works with."""

from __future__ import annotations

import logging
import secrets

from litestar import Litestar, MediaType, Request, Response, get
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.template import TemplateConfig
from litestar.types import Message, Scope
from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from cashapp import __version__, logs, metrics
from cashapp.errors import CashappError, UsageError
from cashapp.web import access, api, case_pages, closing_pages, entry, money_pages, queue_pages, user_pages
from cashapp.web.desk_context import HERE, Asked, Desk, desk_of, dress, page
from cashapp.workspace import Workspace

FORM_BYTES_MAX = 1024 * 1024
_LOGGER = logging.getLogger("cashapp.desk")


def create(workspace: Workspace, engine: Engine, *, secure: bool = False) -> Litestar:
    """The desk of a workspace. `secure`: cookies only over TLS, for everything but loopback."""
    return Litestar(
        route_handlers=[
            entry.login_page, entry.to_company, entry.from_company, entry.login, entry.setup_page, entry.setup, entry.logout, healthz, figures,
            queue_pages.home, queue_pages.queue_page, queue_pages.news, queue_pages.bulk, queue_pages.save_filter,
            case_pages.case_page, case_pages.others, case_pages.items, case_pages.act,
            money_pages.overview, money_pages.customers, money_pages.customer, money_pages.files, money_pages.file, money_pages.original,
            money_pages.upload, money_pages.report,
            closing_pages.approvals, closing_pages.decide, closing_pages.accounts, closing_pages.month, closing_pages.do, closing_pages.rules, closing_pages.forget,
            user_pages.users_page, user_pages.change_user, user_pages.end_session, user_pages.me, user_pages.change_me, user_pages.trail,
            api.router,
            create_static_files_router(path="/static", directories=[HERE / "static"], include_in_schema=False),
        ],
        middleware=[DefineMiddleware(access.Authentication, exclude=access.OPEN)],
        csrf_config=CSRFConfig(secret=access.secret_of(workspace.home), exclude=["^/api/"], cookie_secure=secure),
        template_config=TemplateConfig(directory=HERE / "templates", engine=JinjaTemplateEngine, engine_callback=dress),
        include_in_schema=False,  # pages are for people; the API's router says otherwise of itself
        openapi_config=OpenAPIConfig(title="cashapp", version=__version__, path="/api/schema", components=Components(security_schemes={
            "token": SecurityScheme(type="http", scheme="bearer", description="A token from one's own page at the desk")}), security=[{"token": []}]),
        exception_handlers={NotAuthorizedException: access.to_login, HTTPException: _refused, UsageError: _not_so, CashappError: _not_now,
                            OverflowError: _unfit, UnicodeEncodeError: _unfit, DataError: _unfit, HTTP_500_INTERNAL_SERVER_ERROR: _failed},
        before_send=[_with_headers],
        state=State({"desk": Desk(workspace, engine), "secure": secure}),
        request_max_body_size=FORM_BYTES_MAX,
    )


@get("/healthz", sync_to_thread=False, include_in_schema=False)
def healthz() -> dict[str, str]:
    """For whoever watches over the server."""
    return {"status": "up"}


@get("/metrics", sync_to_thread=True, include_in_schema=False, guards=[access.requires("read")])
def figures(request: Asked) -> Response[bytes]:
    """For Prometheus, with the token of any user: what is unapplied and how much waits is nobody else's business."""
    desk = desk_of(request)
    return Response(metrics.text(desk.workspace, desk.engine), media_type=metrics.CONTENT_TYPE)


async def _with_headers(message: Message, scope: Scope) -> None:
    """Every answer carries the security headers; only what is the same for everybody may be kept by the browser."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in access.HEADERS.items():
            headers.setdefault(name, value)
        if scope["litestar_app"].state.secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if not scope["path"].startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")


def _refused(request: Request[object, object, State], error: HTTPException) -> Response[bytes] | Response[dict[str, object]]:
    """An error as a page for people, as JSON for programs."""
    if access.for_programs(request.url.path):
        told: dict[str, object] = {"status_code": error.status_code, "detail": error.detail}
        return Response(told, status_code=error.status_code, media_type=MediaType.JSON)
    shown: Response[bytes] = page("error", status=error.status_code, detail=error.detail)
    shown.status_code = error.status_code
    return shown


def _not_so(request: Request[object, object, State], error: UsageError) -> Response[bytes] | Response[dict[str, object]]:
    """What the verbs refuse: 404 where a thing is not there, and the words that say so."""
    return _refused(request, HTTPException(status_code=404, detail=str(error)))


def _not_now(request: Request[object, object, State], error: CashappError) -> Response[bytes] | Response[dict[str, object]]:
    """What the books, or somebody who holds them, do not allow at present."""
    return _refused(request, HTTPException(status_code=409, detail=str(error)))


def _failed(request: Request[object, object, State], error: Exception) -> Response[bytes] | Response[dict[str, object]]:
    """A bug, or a server that is not well: an id to quote, under which the server's log has the places it came through."""
    key = secrets.token_hex(4)
    _LOGGER.error("error %s: %s in %s %s: %s", key, type(error).__name__, request.method, request.url.path, ", ".join(logs.places(error)))
    told = f"This is our fault, not yours; what was not finished was not kept. Quote error {key} to whoever looks after cashapp."
    return _refused(request, HTTPException(status_code=HTTP_500_INTERNAL_SERVER_ERROR, detail=told))


def _unfit(request: Request[object, object, State], _error: Exception) -> Response[bytes] | Response[dict[str, object]]:
    """What no database can hold: a number beyond 64 bits, half a character, a NUL."""
    return _refused(request, HTTPException(status_code=400, detail="what was sent holds a number or a character that cannot be"))
