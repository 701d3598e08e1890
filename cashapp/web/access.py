"""Who gets in: sessions by cookie for people, bearer tokens for programs, guards for verbs, headers against the rest of the web."""

from __future__ import annotations

import secrets
from pathlib import Path

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.response import Redirect
from litestar.types import Guard

from cashapp import db, users
from cashapp.users import User

COOKIE = "cashapp_session"
OPEN = ["^/static/", "^/login(/enter|/company|/company/back)?$", "^/setup(/first)?$", "^/healthz$"]
"""Paths that need no session."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                               "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

Connection = ASGIConnection[BaseRouteHandler, User, None, State]


class Authentication(AbstractAuthenticationMiddleware):
    """Finds the user of a request, or refuses it with 401."""

    async def authenticate_request(self, connection: ASGIConnection[BaseRouteHandler, object, object, State]) -> AuthenticationResult:
        """By `Authorization: Bearer` where programs come, by cookie elsewhere: a page's cookie opens no API, a token no page."""
        engine = connection.app.state.desk.engine
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if for_programs(connection.url.path):
            find, secret = users.by_token, token if scheme.lower() == "bearer" else ""
        else:
            find, secret = users.by_session, connection.cookies.get(COOKIE, "")
        if secret:
            with db.reading(engine) as books:
                user = find(books, secret)
            if user is not None:
                return AuthenticationResult(user=user, auth=None)
        raise NotAuthorizedException("log in first")


def for_programs(path: str) -> bool:
    """Whether the path is one that programs ask for, with a token."""
    return path.startswith("/api/") or path == "/metrics"


def requires(verb: str) -> Guard:
    """A guard that lets those through whose role allows the verb."""
    def guard(connection: ASGIConnection[BaseRouteHandler, User, object, State], handler: BaseRouteHandler) -> None:
        del handler
        if not connection.user.may(verb):
            raise PermissionDeniedException(f"a {connection.user.role} may not do this ({verb.replace('_', ' ')})")

    return guard


def to_login(request: Request[object, object, State], error: NotAuthorizedException) -> Response[object]:
    """A page without a session leads to the login; a program gets 401."""
    if for_programs(request.url.path):
        return Response({"status_code": 401, "detail": error.detail}, status_code=401, headers={"WWW-Authenticate": "Bearer"})
    if request.headers.get("hx-request"):
        return Response("", status_code=401, headers={"HX-Redirect": "/login"})
    return Redirect("/login", status_code=303)


def secret_of(home: Path) -> str:
    """The key that signs CSRF tokens, made at the first start and readable by its owner only."""
    path = home / ".desk-secret"
    if not path.exists():
        part = path.with_name(f"{path.name}.part")
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(48), encoding="ascii")
        part.replace(path)
    return path.read_text(encoding="ascii")
