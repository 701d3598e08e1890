"""Getting in and out: the first admin, login, logout."""

from __future__ import annotations

from typing import Annotated

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.enums import RequestEncodingType
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import Body
from litestar.response import Redirect, Template
from sqlalchemy import Connection

from cashapp import users
from cashapp.errors import UsageError
from cashapp.web.access import COOKIE
from cashapp.web.desk_context import Asked, desk_of, page

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]
_SLOWLY = RateLimitConfig(rate_limit=("minute", 10), set_rate_limit_headers=False)


@get("/login", sync_to_thread=True)
def login_page(request: Request[None, None, State]) -> Template | Redirect:
    """The form; where nobody has been let in yet, the set-up instead."""
    if not desk_of(request).read(users.any_user):  # type: ignore[arg-type]  # no user is logged in here
        return Redirect("/setup", status_code=303)
    return page("login", wrong=False)


@post("/login/enter", sync_to_thread=True, middleware=[_SLOWLY.middleware])
def login(request: Request[None, None, State], data: Form) -> Response[bytes]:
    """Check the password and open a session."""
    desk = desk_of(request)  # type: ignore[arg-type]
    name = data.get("login", "").strip().lower()
    user = desk.read(lambda c: users.verify(c, name, data.get("password", "")))
    if user is None:
        return _again(name)
    token = desk.write(lambda c: users.open_session(c, user.login))
    return _with_session(request, token)


def _again(name: str) -> Response[bytes]:
    answer: Response[bytes] = page("login", wrong=True, login=name)
    answer.status_code = 401
    return answer


def _with_session(request: Request[None, None, State], token: str) -> Response[bytes]:
    secure = bool(request.app.state.secure)
    cookie = Cookie(COOKIE, value=token, httponly=True, secure=secure, samesite="lax", max_age=int(users.SESSION_LENGTH.total_seconds()), path="/")
    return Redirect("/queue", status_code=303, cookies=[cookie])


@get("/setup", sync_to_thread=True)
def setup_page(request: Request[None, None, State]) -> Template | Redirect:
    """The form for the first admin."""
    if desk_of(request).read(users.any_user):  # type: ignore[arg-type]
        return Redirect("/login", status_code=303)
    return page("setup", wrong="")


@post("/setup/first", sync_to_thread=True, middleware=[_SLOWLY.middleware])
def setup(request: Request[None, None, State], data: Form) -> Response[bytes]:
    """Let the first admin in, who makes the users."""
    desk = desk_of(request)  # type: ignore[arg-type]

    def first(connection: Connection) -> str:
        if users.any_user(connection):
            raise UsageError("the desk has been set up; log in")
        users.add(connection, data.get("login", "").strip().lower(), data.get("name", ""), "admin", data.get("password", ""))
        return users.open_session(connection, data.get("login", "").strip().lower())

    try:
        token = desk.write(first)
    except UsageError as error:
        answer: Response[bytes] = page("setup", wrong=str(error))
        answer.status_code = 400
        return answer
    return _with_session(request, token)


@post("/logout", sync_to_thread=True)
def logout(request: Asked) -> Redirect:
    """End this session, here and on the server."""
    token = request.cookies.get(COOKIE, "")
    desk_of(request).write(lambda c: users.close_session(c, token))
    return Redirect("/login", status_code=303, cookies=[Cookie(COOKIE, value="", max_age=0, path="/")])
