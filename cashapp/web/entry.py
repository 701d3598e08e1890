"""Getting in and out: the first admin, login, logout."""

from __future__ import annotations

from typing import Annotated

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie, State
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body
from litestar.response import Redirect, Template
from sqlalchemy import Connection

from cashapp import users
from cashapp.errors import CashappError, UsageError
from cashapp.web import oidc
from cashapp.web.access import COOKIE
from cashapp.web.desk_context import Asked, desk_of, page

NAME_LENGTH_MAX = 200
ATTEMPT = "cashapp_company_login"
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/login", sync_to_thread=True)
def login_page(request: Request[None, None, State]) -> Template | Redirect:
    """The form; where nobody has been let in yet, the set-up instead."""
    if not desk_of(request).read(users.any_user):  # type: ignore[arg-type]  # no user is logged in here
        return Redirect("/setup", status_code=303)
    return page("login", trouble="", login="", company=_company(request))


def _company(request: Request[None, None, State]) -> str:
    """What the company's login is called, "" where there is none."""
    config = desk_of(request).workspace.config.oidc  # type: ignore[arg-type]
    return config.label if config.issuer else ""


@get("/login/company", sync_to_thread=True)
def to_company(request: Request[None, None, State]) -> Response[bytes]:
    """Off to the company's own login, with what this browser must bring back in a cookie."""
    config, attempt = desk_of(request).workspace.config.oidc, oidc.Attempt.fresh()  # type: ignore[arg-type]
    if not config.issuer:
        raise NotFoundException("no company login is set up")
    try:
        where = oidc.begin(config, attempt)
    except CashappError as error:
        return _again(request, "", str(error), 502)
    return Redirect(where, status_code=303, cookies=[_attempt_cookie(request, attempt.cookie, 600)])


@get("/login/company/back", sync_to_thread=True)
def from_company(request: Request[None, None, State]) -> Response[bytes]:
    """Back from it: who it is, checked, and in."""
    desk = desk_of(request)  # type: ignore[arg-type]
    config = desk.workspace.config.oidc
    if not config.issuer:
        raise NotFoundException("no company login is set up")
    try:
        person = oidc.finish(config, oidc.Attempt.read(request.cookies.get(ATTEMPT, "")), dict(request.query_params))
        user = desk.keep(lambda c: users.of_company(c, *person))
        answer = with_session(request, user.login)
    except CashappError as error:
        answer = _again(request, "", str(error), 403)
    answer.set_cookie(_attempt_cookie(request, "", 0))
    return answer


def _attempt_cookie(request: Request[None, None, State], value: str, seconds: int) -> Cookie:
    """Lax, not strict: the browser comes back from another site."""
    return Cookie(ATTEMPT, value=value, httponly=True, secure=bool(request.app.state.secure), samesite="lax", max_age=seconds, path="/login/company")


@post("/login/enter", sync_to_thread=True)
def login(request: Request[None, None, State], data: Form) -> Response[bytes]:
    """Check the password and open a session; after many wrong ones nobody is let in for a while, whatever the password."""
    desk = desk_of(request)  # type: ignore[arg-type]
    name, address = data.get("login", "").strip().lower()[:NAME_LENGTH_MAX], address_of(request)
    if desk.read(lambda c: users.tried_too_often(c, name, address)):
        return _again(request, name, "Too many wrong passwords. Wait a quarter of an hour, or ask the admin.", 429)
    user = desk.read(lambda c: users.verify(c, name, data.get("password", "")))
    if user is None:
        desk.keep(lambda c: users.note_failure(c, name, address))
        return _again(request, name, "Login or password is wrong.", 401)
    return with_session(request, user.login)


def _again(request: Request[None, None, State], name: str, trouble: str, status: int) -> Response[bytes]:
    answer: Response[bytes] = page("login", trouble=trouble, login=name, company=_company(request))
    answer.status_code = status
    return answer


def address_of(request: Request[None, None, State]) -> str:
    """Where the request comes from; behind a proxy it is the proxy's word for it (`cashapp serve --behind-proxy`)."""
    return request.client.host if request.client else ""


def with_session(request: Request[None, None, State], login: str) -> Response[bytes]:
    """Open a session for somebody who has shown who they are, and lead to the queue."""
    agent = request.headers.get("user-agent", "")
    token = desk_of(request).keep(lambda c: users.open_session(c, login, address_of(request), agent))  # type: ignore[arg-type]
    secure = bool(request.app.state.secure)
    cookie = Cookie(COOKIE, value=token, httponly=True, secure=secure, samesite="lax", max_age=int(users.SESSION_LENGTH.total_seconds()), path="/")
    return Redirect("/queue", status_code=303, cookies=[cookie])


@get("/setup", sync_to_thread=True)
def setup_page(request: Request[None, None, State]) -> Template | Redirect:
    """The form for the first admin."""
    if desk_of(request).read(users.any_user):  # type: ignore[arg-type]
        return Redirect("/login", status_code=303)
    return page("setup", wrong="")


@post("/setup/first", sync_to_thread=True)
def setup(request: Request[None, None, State], data: Form) -> Response[bytes]:
    """Let the first admin in, who makes the users."""
    desk = desk_of(request)  # type: ignore[arg-type]

    name = data.get("login", "").strip().lower()

    def first(connection: Connection) -> None:
        if users.any_user(connection):
            raise UsageError("the desk has been set up; log in")
        users.add(connection, name, data.get("name", ""), "admin", data.get("password", ""), actor=name)

    try:
        desk.keep(first)
    except UsageError as error:
        answer: Response[bytes] = page("setup", wrong=str(error))
        answer.status_code = 400
        return answer
    return with_session(request, name)


@post("/logout", sync_to_thread=True)
def logout(request: Asked) -> Redirect:
    """End this session, here and on the server."""
    token = request.cookies.get(COOKIE, "")
    desk_of(request).keep(lambda c: users.close_session(c, token))
    return Redirect("/login", status_code=303, cookies=[Cookie(COOKIE, value="", max_age=0, path="/")])
