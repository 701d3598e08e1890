"""Users, their sessions, tokens and saved filters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    """Add the tables of the clerks' desk."""
    op.create_table("app_user",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("role IN ('clerk', 'senior', 'manager', 'auditor', 'admin')", name=op.f("ck_app_user_role")),
        sa.PrimaryKeyConstraint("login", name="pk_app_user"),
    )
    op.create_table("web_session",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["app_user.login"], name="fk_web_session_login"),
        sa.PrimaryKeyConstraint("session_id", name="pk_web_session"),
    )
    op.create_index("ix_web_session_login", "web_session", ["login"], unique=False)
    op.create_table("api_token",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["app_user.login"], name="fk_api_token_login"),
        sa.PrimaryKeyConstraint("digest", name="pk_api_token"),
    )
    op.create_table("saved_filter",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["login"], ["app_user.login"], name="fk_saved_filter_login"),
        sa.PrimaryKeyConstraint("login", "name", name="pk_saved_filter"),
    )
