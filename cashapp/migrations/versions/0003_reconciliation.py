"""Bank reconciliation: matches of bank lines with entries, what people did with them, sign-offs, and the states of periods."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002_learning"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("bank_match", "bank_match_member", "bank_match_event", "reconciliation_event", "period_event")


def upgrade() -> None:
    """Create the tables, then their guards."""
    op.create_table("bank_match",
        sa.Column("match_id", BIG, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("confidence", BIG, nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("match_id", name="pk_bank_match")
    )
    op.create_index("ix_bank_match_account", "bank_match", ["account", "currency"], unique=False)
    op.create_table("bank_match_member",
        sa.Column("match_id", BIG, nullable=False),
        sa.Column("line_id", BIG, nullable=True),
        sa.Column("book_account", sa.Text(), nullable=True),
        sa.Column("entry_id", sa.Text(), nullable=True),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["match_id"], ["bank_match.match_id"], name="fk_bank_match_member_match_id"),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.line_id"], name="fk_bank_match_member_line_id")
    )
    op.create_index("ix_bank_match_member_match", "bank_match_member", ["match_id"], unique=False)
    op.create_table("bank_match_event",
        sa.Column("match_id", BIG, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["match_id"], ["bank_match.match_id"], name="fk_bank_match_event_match_id")
    )
    op.create_index("ix_bank_match_event_match", "bank_match_event", ["match_id"], unique=False)
    op.create_table("reconciliation_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_reconciliation_event")
    )
    op.create_index("ix_reconciliation_event_period", "reconciliation_event", ["account", "period"], unique=False)
    op.create_table("period_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('open', 'soft_closed', 'locked')", name="state"),
        sa.PrimaryKeyConstraint("event_id", name="pk_period_event")
    )
    op.create_index("ix_period_event_period", "period_event", ["period"], unique=False)
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)


def _guards(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
    ]
