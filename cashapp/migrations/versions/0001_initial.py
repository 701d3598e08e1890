"""The first schema."""

from alembic import op

from cashapp import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables and the guards of the append-only ones."""
    schema.metadata.create_all(op.get_bind())
    for statement in schema.guard_statements(op.get_bind().dialect.name):
        op.execute(statement)
