"""How far a person may go alone: the roles of `cashapp.toml`, by the person's name and by the role that the person has at the desk."""

from __future__ import annotations

from sqlalchemy import Connection, select

from cashapp import schema
from cashapp.books_policy import Role, roles_of


def may_post(connection: Connection, roles: list[Role], actor: str, kind: str, amount_minor: int, currency: str) -> bool:
    """Whether the person may post that much of the kind without a second one."""
    return all(role.may_post(kind, amount_minor, currency) for role in _roles(connection, roles, actor))


def may_approve(connection: Connection, roles: list[Role], actor: str, amount_minor: int, currency: str) -> bool:
    """Whether the person may approve that much of what another one asked for."""
    return all(role.may_approve(amount_minor, currency) for role in _roles(connection, roles, actor))


def _roles(connection: Connection, roles: list[Role], actor: str) -> tuple[Role, ...]:
    """A user who was barred from the desk keeps to its role on the command line, too."""
    user = schema.app_user
    at_desk = connection.execute(select(user.c.role).where(user.c.login == actor.strip().lower())).scalar()
    return roles_of(roles, actor, at_desk)
