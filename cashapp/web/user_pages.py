"""People: who may come in and as what, one's own password and tokens, and the trail of everything anybody did."""

from __future__ import annotations

from typing import Annotated

from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Template
from sqlalchemy import Connection

from cashapp import trail as deeds
from cashapp import users
from cashapp.errors import UsageError
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, desk_of, page

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/users", sync_to_thread=True, guards=[requires("users")])
def users_page(request: Asked) -> Template:
    """Everybody, and who is logged in from where."""
    return _users(request)


def _users(request: Asked, trouble: str = "") -> Template:
    told = desk_of(request).read(lambda c: {"everybody": users.everybody(c), "sessions": users.sessions(c)})
    shown = page("users", roles=users.ROLES, allowed=users.ALLOWED, trouble=trouble, **told)
    shown.status_code = 422 if trouble else 200
    return shown


@post("/users/change", sync_to_thread=True, guards=[requires("users")])
def change_user(request: Asked, data: Form) -> Response[bytes]:
    """Let somebody in, or change what they may."""
    login, password = data.get("login", "").strip().lower(), data.get("password", "")

    def act(connection: Connection) -> None:
        if data.get("deed") == "add":
            users.add(connection, login, data.get("name", "").strip(), data.get("role", ""), password, actor=request.user.login)
        else:
            active = {"bar": False, "admit": True}.get(data.get("deed", ""))
            users.change(connection, login, actor=request.user.login, role=data.get("role") or None, active=active, password=password or None)

    try:
        desk_of(request).keep(act)
    except UsageError as error:
        return _users(request, str(error))
    return Redirect("/users", status_code=303)


@post("/users/sessions/end", sync_to_thread=True, guards=[requires("users")])
def end_session(request: Asked, data: Form) -> Redirect:
    """Log somebody out, there and now."""
    desk_of(request).keep(lambda c: users.end_session(c, data.get("session", ""), request.user.login))
    return Redirect("/users", status_code=303)


@get("/me", sync_to_thread=True)
def me(request: Asked) -> Template:
    """One's own page: password and tokens."""
    return _me(request)


def _me(request: Asked, *, trouble: str = "", token: str = "") -> Template:
    return page("me", tokens=desk_of(request).read(lambda c: users.tokens(c, request.user.login)), trouble=trouble, token=token)


@post("/me/change", sync_to_thread=True)
def change_me(request: Asked, data: Form) -> Response[bytes]:
    """A new token, the end of one, or a new password, which ends all sessions and tokens of the old one."""
    login, new = request.user.login, data.get("new_password", "")
    if data.get("deed") == "token":
        token = desk_of(request).keep(lambda c: users.issue_token(c, login, data.get("name", "").strip()[:60]))
        return _me(request, token=token)
    if data.get("deed") == "end_token":
        desk_of(request).keep(lambda c: users.end_token(c, login, data.get("token", "")))
        return Redirect("/me", status_code=303)
    if desk_of(request).read(lambda c: users.tried_too_often(c, login, "")):
        return _me(request, trouble="too many wrong passwords; wait a quarter of an hour")
    if desk_of(request).read(lambda c: users.verify(c, login, data.get("password", ""))) is None:
        desk_of(request).keep(lambda c: users.note_failure(c, login, ""))
        return _me(request, trouble="the present password is not right")
    try:
        desk_of(request).keep(lambda c: users.change(c, login, actor=login, password=new))
    except UsageError as error:
        return _me(request, trouble=str(error))
    return Redirect("/login", status_code=303)


@get("/trail", sync_to_thread=True)
def trail(request: Asked) -> Template:
    """What was done, newest first; by one person, or to one thing."""
    who, about, after = (request.query_params.get(name, "").strip()[:200] for name in ("who", "about", "after"))
    return page("trail", told=desk_of(request).read(lambda c: deeds.page(c, who, about, after)), who=who, about=about)
