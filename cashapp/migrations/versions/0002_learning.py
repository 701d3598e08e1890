"""What was learned from decisions, and which certain answers were drawn for an audit."""

import sqlalchemy as sa
from alembic import op

revision = "0002_learning"
down_revision = "0002_adjustments"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("lesson", "audit_sample")


def upgrade() -> None:
    """Create both tables and the triggers that keep them append-only."""
    op.create_table("lesson",
        sa.Column("lesson_id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("learned_on", sa.Date(), nullable=False),
        sa.CheckConstraint("kind IN ('alias', 'account', 'habit')", name="kind"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name="fk_lesson_customer_id"),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name="fk_lesson_receipt_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name="fk_lesson_entry_id"),
        sa.PrimaryKeyConstraint("lesson_id", name="pk_lesson")
    )
    op.create_index("ix_lesson_entry", "lesson", ["entry_id"], unique=False)
    op.create_table("audit_sample",
        sa.Column("receipt_id", BIG, autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("payer_evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name="fk_audit_sample_receipt_id"),
        sa.PrimaryKeyConstraint("receipt_id", name="pk_audit_sample")
    )
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
