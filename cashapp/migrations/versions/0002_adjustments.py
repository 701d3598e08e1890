"""Returned items as cases, adjustments with approvals, undo: what was taken back, by whom, and what a decision overwrote."""

import sqlalchemy as sa
from alembic import op

revision = "0002_adjustments"
down_revision = "0001"

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
APPEND_ONLY = ("undone_file", "receipt_before", "return_event", "adjustment_event", "undo_log")


def upgrade() -> None:
    """New tables; returned items change from events to cases; a content may be taken in again once its file was taken back."""
    connection = op.get_bind()
    dialect = connection.dialect.name
    before = connection.execute(sa.text(
        "SELECT t.line_id, t.receipt_id, r.customer_id, r.currency, t.amount_minor, t.return_reason, t.how, l.booking_date, e.entry_id "
        "FROM returned_item t JOIN receipt r ON r.receipt_id = t.receipt_id JOIN bank_line l ON l.line_id = t.line_id "
        "JOIN journal_entry e ON e.source_key = 'return:' || CAST(t.line_id AS TEXT) ORDER BY t.line_id")).all()
    op.drop_table("returned_item")
    op.create_table("undone_file",
        sa.Column("file_id", BIG, autoincrement=False, nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=False),
        sa.Column("undone_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.file_id"], name="fk_undone_file_file_id"),
        sa.PrimaryKeyConstraint("file_id", name="pk_undone_file")
    )
    op.create_table("receipt_before",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name="fk_receipt_before_entry_id"),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name="fk_receipt_before_receipt_id"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_receipt_before")
    )
    op.create_table("adjustment",
        sa.Column("adjustment_id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("item_id", BIG, nullable=True),
        sa.Column("receipt_id", BIG, nullable=True),
        sa.Column("to_item_id", BIG, nullable=True),
        sa.Column("to_customer_id", sa.Text(), nullable=True),
        sa.Column("exception_id", BIG, nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("owner", sa.Text(), server_default="", nullable=False),
        sa.Column("document_number", sa.Text(), server_default="", nullable=False),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("made_item_id", BIG, nullable=True),
        sa.CheckConstraint("status IN ('pending', 'posted', 'rejected', 'reversed')", name="status"),
        sa.CheckConstraint("amount_minor > 0", name="positive"),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name="fk_adjustment_entry_id"),
        sa.ForeignKeyConstraint(["exception_id"], ["exception_case.exception_id"], name="fk_adjustment_exception_id"),
        sa.ForeignKeyConstraint(["item_id"], ["open_item.item_id"], name="fk_adjustment_item_id"),
        sa.ForeignKeyConstraint(["made_item_id"], ["open_item.item_id"], name="fk_adjustment_made_item_id"),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name="fk_adjustment_receipt_id"),
        sa.ForeignKeyConstraint(["to_item_id"], ["open_item.item_id"], name="fk_adjustment_to_item_id"),
        sa.PrimaryKeyConstraint("adjustment_id", name="pk_adjustment")
    )
    op.create_index("ix_adjustment_entry", "adjustment", ["entry_id"], unique=False)
    op.create_index("ix_adjustment_status", "adjustment", ["status"], unique=False)
    op.create_table("adjustment_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("adjustment_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustment.adjustment_id"], name="fk_adjustment_event_adjustment_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name="fk_adjustment_event_entry_id"),
        sa.PrimaryKeyConstraint("event_id", name="pk_adjustment_event")
    )
    op.create_index("ix_adjustment_event_adjustment", "adjustment_event", ["adjustment_id"], unique=False)
    op.create_table("returned_item",
        sa.Column("return_id", BIG, autoincrement=False, nullable=False),
        sa.Column("line_id", BIG, nullable=True),
        sa.Column("receipt_id", BIG, nullable=True),
        sa.Column("adjustment_id", BIG, nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("bank_fee_minor", BIG, nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("category", sa.Text(), server_default="", nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.Column("returned_on", sa.Date(), nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.Column("fee_state", sa.Text(), server_default="none", nullable=False),
        sa.Column("fee_minor", BIG, nullable=False),
        sa.Column("fee_item_id", BIG, nullable=True),
        sa.Column("fee_entry_id", BIG, nullable=True),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("retry_on", sa.Date(), nullable=True),
        sa.CheckConstraint("fee_state IN ('none', 'charged', 'waived')", name="fee_state"),
        sa.CheckConstraint("method IN ('waiting', 'mirror', 'debit_memo', 'refund', 'expected', 'decided', 'undone')", name="method"),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustment.adjustment_id"], name="fk_returned_item_adjustment_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name="fk_returned_item_entry_id"),
        sa.ForeignKeyConstraint(["fee_entry_id"], ["journal_entry.entry_id"], name="fk_returned_item_fee_entry_id"),
        sa.ForeignKeyConstraint(["fee_item_id"], ["open_item.item_id"], name="fk_returned_item_fee_item_id"),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.line_id"], name="fk_returned_item_line_id"),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name="fk_returned_item_receipt_id"),
        sa.PrimaryKeyConstraint("return_id", name="pk_returned_item")
    )
    op.create_index("ix_returned_item_customer", "returned_item", ["customer_id"], unique=False)
    op.create_index("ix_returned_item_line", "returned_item", ["line_id"], unique=False)
    op.create_index("ix_returned_item_receipt", "returned_item", ["receipt_id"], unique=False)
    op.create_table("return_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("return_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name="fk_return_event_entry_id"),
        sa.ForeignKeyConstraint(["return_id"], ["returned_item.return_id"], name="fk_return_event_return_id"),
        sa.PrimaryKeyConstraint("event_id", name="pk_return_event")
    )
    op.create_index("ix_return_event_return", "return_event", ["return_id"], unique=False)
    op.create_table("undo_log",
        sa.Column("undo_id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("undone_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("files", BIG, nullable=False),
        sa.Column("entries", BIG, nullable=False),
        sa.PrimaryKeyConstraint("undo_id", name="pk_undo_log")
    )
    op.add_column("receipt", sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    for name in ("first_file", "last_file", "first_entry", "last_entry"):
        op.add_column("run_log", sa.Column(name, BIG, nullable=True))
    _allow_content_again(dialect)
    for number, row in enumerate(before, start=1):
        connection.execute(sa.text(
            "INSERT INTO returned_item (return_id, line_id, receipt_id, customer_id, currency, amount_minor, bank_fee_minor, code, category, method, "
            "how, returned_on, entry_id, fee_minor, attempts) VALUES (:number, :line_id, :receipt_id, :customer_id, :currency, :amount_minor, 0, "
            ":return_reason, '', 'mirror', :how, :booking_date, :entry_id, 0, 1)"), {"number": number, **row._mapping})  # noqa: SLF001 - SQLAlchemy's documented name
    for statement in _guards(dialect, APPEND_ONLY):
        op.execute(statement)


def _allow_content_again(dialect: str) -> None:
    """The digest of a file is no longer unique: SQLite makes the table anew, and its guards with it."""
    if dialect == "sqlite":
        op.create_table("source_file_new",
            sa.Column("file_id", BIG, autoincrement=False, nullable=False),
            sa.Column("sha256", sa.String(length=64), nullable=False),
            sa.Column("name", sa.Text(), nullable=False),
            sa.Column("format", sa.Text(), nullable=False),
            sa.Column("size_bytes", BIG, nullable=False),
            sa.Column("processed_at", sa.DateTime(), nullable=False),
            sa.Column("as_of", sa.Date(), nullable=False),
            sa.Column("line_count", BIG, nullable=False),
            sa.PrimaryKeyConstraint("file_id", name="pk_source_file"),
        )
        op.execute("INSERT INTO source_file_new SELECT file_id, sha256, name, format, size_bytes, processed_at, as_of, line_count FROM source_file")
        op.drop_table("source_file")
        op.rename_table("source_file_new", "source_file")
        for statement in _guards(dialect, ("source_file",)):
            op.execute(statement)
    else:
        op.drop_constraint("uq_source_file_sha256", "source_file", type_="unique")
    op.create_index("ix_source_file_sha256", "source_file", ["sha256"], unique=False)


def _guards(dialect: str, tables: tuple[str, ...]) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in tables for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in tables
    ]
