"""Who may work at the desk, and what each role may do. Passwords are kept as argon2id hashes, session and
API tokens as SHA-256 digests; a session is a row, so logging out, or barring a user, ends it at once. What is changed of users,
their tokens and sessions is recorded (`user_event`); logging in and out is not."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection, Select, delete, func, select

from cashapp import clock, db, schema
from cashapp.errors import UsageError

if TYPE_CHECKING:
    from pwdlib import PasswordHash

ROLES = ("clerk", "senior", "manager", "auditor", "admin")
"""From the one who works the queue to the one who only lets people in."""

_CLERK = frozenset({
    "read", "accept", "apply", "split", "on_account", "non_ar", "write_off", "deduct", "transfer", "refund", "return", "duplicate", "close", "ask", "assign", "note", "undo", "upload",
})
_SENIOR = _CLERK | {"bulk", "approve", "reconcile"}
_MANAGER = _SENIOR | {"rules", "lock_period"}
ALLOWED: dict[str, frozenset[str]] = {
    "clerk": _CLERK, "senior": _SENIOR, "manager": _MANAGER, "auditor": frozenset({"read"}), "admin": frozenset({"read", "users"}),
}
"""What a role may do; whatever does not stand here it may not."""

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 1000
SESSION_LENGTH = dt.timedelta(hours=12)
FAILURES_WITHIN = dt.timedelta(minutes=15)
FAILURES_OF_LOGIN = 10
FAILURES_FROM_ADDRESS = 50
"""So many wrong passwords for one login, or from one address (which an office may share), and the next try has to wait."""


class User(NamedTuple):
    """Somebody who is logged in."""

    login: str
    name: str
    role: str

    def may(self, verb: str) -> bool:
        """Whether the role allows it."""
        return verb in ALLOWED[self.role]


@cache
def _hasher() -> PasswordHash:
    from pwdlib import PasswordHash

    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash to check against when there is no such user, so that the answer takes as long."""
    return _hasher().hash(secrets.token_urlsafe(16))


def any_user(connection: Connection) -> bool:
    """Whether the desk has been set up."""
    return bool(connection.execute(select(func.count()).select_from(schema.app_user)).scalar())


def add(connection: Connection, login: str, name: str, role: str, password: str, *, actor: str) -> None:
    """Let somebody in. UsageError names what is wrong with the login, the role or the password."""
    _insert(connection, login, name, role, password_hash=_hashed(password), subject=None)
    _record(connection, actor, "add", login, f"as {role}")


def _insert(connection: Connection, login: str, name: str, role: str, *, password_hash: str, subject: str | None) -> None:
    if not login or login != login.strip().lower() or any(c.isspace() for c in login):
        raise UsageError(f"{login!r} is no login – small letters without blanks")
    if role not in ROLES:
        raise UsageError(f"{role!r} is no role – one of {', '.join(ROLES)}")
    table = schema.app_user
    if connection.execute(select(table.c.login).where(table.c.login == login)).first() is not None:
        raise UsageError(f"there is a user {login} already")
    connection.execute(table.insert().values(
        login=login, name=name or login, role=role, password_hash=password_hash, active=True, created_at=_now(), subject=subject))


def _hashed(password: str) -> str:
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise UsageError(f"a password has {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")
    return _hasher().hash(password)


def find(connection: Connection, login: str) -> User | None:
    """An active user."""
    table = schema.app_user
    row = connection.execute(select(table.c.login, table.c.name, table.c.role).where(table.c.login == login, table.c.active)).first()
    return User(*row) if row else None


def verify(connection: Connection, login: str, password: str) -> User | None:
    """The user, if the password is theirs; takes as long for a login that does not exist."""
    table = schema.app_user
    kept = connection.execute(select(table.c.password_hash).where(table.c.login == login, table.c.active)).scalar()
    right = _hasher().verify(password, kept or _nobody())
    return find(connection, login) if right and kept else None


def of_company(connection: Connection, subject: str, login: str, name: str, role: str) -> User:
    """The user behind the company's login, let in at the first time, their role brought up to date at every other.

    The provider's name for a person counts, not the login: nobody takes over a user by a login that is free to choose.
    """
    table = schema.app_user
    row = connection.execute(select(table).where(table.c.subject == subject)).first()
    if row is None:
        _insert(connection, login, name, role, password_hash="", subject=subject)
        _record(connection, login, "add", login, f"as {role}, by the company's login")
        return User(login, name or login, role)
    if not row.active:
        raise UsageError(f"{row.login} is barred from the desk")
    connection.execute(table.update().where(table.c.subject == subject).values(role=role, name=name or row.name))
    if role != row.role:
        _record(connection, row.login, "role", row.login, f"{row.role} to {role}, by the company's login")
    return User(row.login, name or row.name, role)


def change(connection: Connection, login: str, *, actor: str, role: str | None = None, active: bool | None = None, password: str | None = None) -> None:
    """Change a user; whoever is barred or gets a new password is logged out everywhere, and their tokens end."""
    if role is not None and role not in ROLES:
        raise UsageError(f"{role!r} is no role – one of {', '.join(ROLES)}")
    values: dict[str, object] = {}
    if role is not None:
        values["role"] = role
    if active is not None:
        values["active"] = active
    if password is not None:
        values["password_hash"] = _hashed(password)
    table = schema.app_user
    before = connection.execute(select(table).where(table.c.login == login)).first()
    if before is None:
        raise UsageError(f"there is no user {login}")
    if before.subject is not None and (role is not None or password is not None):
        raise UsageError(f"{login} logs in through the company's login, which gives the role and keeps the password")
    if values:
        connection.execute(table.update().where(table.c.login == login).values(values))
    if role not in {None, before.role}:
        _record(connection, actor, "role", login, f"{before.role} to {role}")
    if active not in {None, before.active}:
        _record(connection, actor, "admit" if active else "bar", login)
    if password is not None:
        _record(connection, actor, "password", login)
    if active is False or password is not None:
        _end_all(connection, login, actor)
    if active is not None or role is not None:
        _keep_an_admin(connection)


def _end_all(connection: Connection, login: str, actor: str) -> None:
    """Log somebody out everywhere, and end their tokens."""
    for table, action in ((schema.web_session, "end session"), (schema.api_token, "end token")):
        ended = connection.execute(delete(table).where(table.c.login == login)).rowcount
        if ended:
            _record(connection, actor, action, login, f"all {ended}")


def _record(connection: Connection, actor: str, action: str, login: str, detail: str = "") -> None:
    """Add to the trail who did what to a user; no secret stands in `detail`."""
    table = schema.user_event
    connection.execute(table.insert().values(
        event_id=db.next_id(connection, table.c.event_id), at=_now(), actor=actor, action=action, login=login, detail=detail))


def _keep_an_admin(connection: Connection) -> None:
    table = schema.app_user
    if not connection.execute(select(func.count()).where(table.c.role == "admin", table.c.active)).scalar():
        raise UsageError("the last admin stays: make somebody else one first")


def everybody(connection: Connection) -> list[tuple[str, str, str, bool, bool]]:
    """login, name, role, active, whether by the company's login; of all users, by login."""
    table = schema.app_user
    return [(r.login, r.name, r.role, r.active, r.subject is not None) for r in connection.execute(select(table).order_by(table.c.login))]


def tried_too_often(connection: Connection, login: str, address: str) -> bool:
    """Whether so many passwords were wrong of late that the next try has to wait."""
    table = schema.login_failure
    lately = select(func.count()).select_from(table).where(table.c.at > _now() - FAILURES_WITHIN)
    of_login = connection.execute(lately.where(table.c.login == login)).scalar_one()
    from_address = connection.execute(lately.where(table.c.address == address)).scalar_one()
    return of_login >= FAILURES_OF_LOGIN or from_address >= FAILURES_FROM_ADDRESS


def note_failure(connection: Connection, login: str, address: str) -> None:
    """Remember a wrong password; those that no longer count are forgotten."""
    table = schema.login_failure
    connection.execute(delete(table).where(table.c.at <= _now() - FAILURES_WITHIN))
    connection.execute(table.insert().values(at=_now(), login=login, address=address))


class Opened(NamedTuple):
    """A session that is open; `session_id` is the digest of what the cookie holds."""

    session_id: str
    login: str
    opened_at: dt.datetime
    expires_at: dt.datetime
    address: str
    agent: str


def open_session(connection: Connection, login: str, address: str = "", agent: str = "") -> str:
    """A new session; what is returned goes into the cookie, and only its digest is kept."""
    token, now, table = secrets.token_urlsafe(32), _now(), schema.web_session
    connection.execute(delete(table).where(table.c.expires_at <= now))
    connection.execute(table.insert().values(session_id=_digest(token), login=login, opened_at=now, expires_at=now + SESSION_LENGTH, address=address, agent=agent[:200]))
    return token


def sessions(connection: Connection) -> list[Opened]:
    """Every session that is open, by login, the newest first."""
    table = schema.web_session
    query = select(*(table.c[name] for name in Opened._fields)).where(table.c.expires_at > _now()).order_by(table.c.login, table.c.opened_at.desc(), table.c.session_id)
    return [Opened(*row) for row in connection.execute(query)]


def end_session(connection: Connection, session_id: str, actor: str) -> None:
    """End somebody's session by its digest, as the admin does."""
    table = schema.web_session
    row = connection.execute(select(table).where(table.c.session_id == session_id)).first()
    if row is not None:
        connection.execute(delete(table).where(table.c.session_id == session_id))
        _record(connection, actor, "end session", row.login, f"from {row.address}" if row.address else "")


def by_session(connection: Connection, token: str) -> User | None:
    """Whose session it is, unless it has run out or was ended."""
    table = schema.web_session
    return _owner(connection, select(table.c.login).where(table.c.session_id == _digest(token), table.c.expires_at > _now()))


def _owner(connection: Connection, login: Select[tuple[str]]) -> User | None:
    """The active user whom the query names, in one question to the database: every request asks it."""
    table = schema.app_user
    row = connection.execute(select(table.c.login, table.c.name, table.c.role).where(table.c.login == login.scalar_subquery(), table.c.active)).first()
    return User(*row) if row else None


def close_session(connection: Connection, token: str) -> None:
    """Log out: end one's own session."""
    connection.execute(delete(schema.web_session).where(schema.web_session.c.session_id == _digest(token)))


def issue_token(connection: Connection, login: str, name: str) -> str:
    """A new token for programs that act as this user; only its digest is kept, so it is shown once."""
    token = f"ca_{secrets.token_urlsafe(32)}"
    connection.execute(schema.api_token.insert().values(digest=_digest(token), login=login, name=name, created_at=_now()))
    _record(connection, login, "token", login, name)
    return token


def by_token(connection: Connection, token: str) -> User | None:
    """Whose token it is."""
    table = schema.api_token
    return _owner(connection, select(table.c.login).where(table.c.digest == _digest(token)))


def tokens(connection: Connection, login: str) -> list[tuple[str, str, dt.datetime]]:
    """digest, name and moment of a user's tokens, oldest first."""
    table = schema.api_token
    query = select(table.c.digest, table.c.name, table.c.created_at).where(table.c.login == login).order_by(table.c.created_at, table.c.digest)
    return [(row.digest, row.name, row.created_at) for row in connection.execute(query)]


def end_token(connection: Connection, login: str, digest: str) -> None:
    """End one of the user's own tokens."""
    table = schema.api_token
    mine = (table.c.login == login, table.c.digest == digest)
    name = connection.execute(select(table.c.name).where(*mine)).scalar()
    if name is not None:
        connection.execute(delete(table).where(*mine))
        _record(connection, login, "end token", login, name)


def _now() -> dt.datetime:
    return clock.now().replace(tzinfo=None)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
