"""The schema: files, bank lines, open items, the journal, the queue, what people decide, learn and sign."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
APPEND_ONLY = (
    "source_file", "statement", "control", "file_issue", "bank_line", "line_link", "journal_entry", "posting", "seal",
    "application", "exception_event", "run_log", "run_count", "undone_file", "receipt_before", "return_event",
    "adjustment_event", "undo_log", "lesson", "unlearned", "audit_sample", "bank_match", "bank_match_member",
    "bank_match_event", "reconciliation_event", "period_event", "cashbook_entry_before", "user_event",
)


def upgrade() -> None:
    """Create the tables, then the triggers that keep the append-only ones so."""
    op.create_table("app_user",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.CheckConstraint("role IN ('clerk', 'senior', 'manager', 'auditor', 'admin')", name=op.f("ck_app_user_role")),
        sa.PrimaryKeyConstraint("login", name=op.f("pk_app_user")),
        sa.UniqueConstraint("subject", name=op.f("uq_app_user_subject"))
    )
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
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_bank_match"))
    )
    op.create_index("ix_bank_match_account", "bank_match", ["account", "currency"], unique=False)
    op.create_table("cashbook_entry",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("entry_date", sa.Date(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("known_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", "entry_id", name=op.f("pk_cashbook_entry"))
    )
    op.create_table("cashbook_entry_before",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("entry_date", sa.Date(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), server_default="", nullable=False),
        sa.Column("known_at", sa.DateTime(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("account", "entry_id", "replaced_at", name=op.f("pk_cashbook_entry_before"))
    )
    op.create_table("customer",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_terms", sa.Text(), server_default="", nullable=False),
        sa.Column("credit_limit_minor", BIG, nullable=True),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer"))
    )
    op.create_table("journal_entry",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry_date", sa.Date(), nullable=False),
        sa.Column("posted_at", sa.DateTime(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("reverses", BIG, nullable=True),
        sa.Column("memo", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["reverses"], ["journal_entry.entry_id"], name=op.f("fk_journal_entry_reverses")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("source_key", name=op.f("uq_journal_entry_source_key"))
    )
    op.create_index("ix_journal_entry_kind", "journal_entry", ["kind", "actor", "entry_date"], unique=False)
    op.create_index("ix_journal_entry_reverses", "journal_entry", ["reverses"], unique=True, sqlite_where=sa.text("reverses IS NOT NULL"), postgresql_where=sa.text("reverses IS NOT NULL"))
    op.create_table("login_failure",
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False)
    )
    op.create_index("ix_login_failure_at", "login_failure", ["at"], unique=False)
    op.create_table("period_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('open', 'soft_closed', 'locked')", name=op.f("ck_period_event_state")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_period_event"))
    )
    op.create_index("ix_period_event_period", "period_event", ["period"], unique=False)
    op.create_table("proposal_line",
        sa.Column("receipt_id", BIG, autoincrement=False, nullable=False),
        sa.Column("rank", BIG, autoincrement=False, nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("item_id", BIG, nullable=True),
        sa.Column("applied_minor", BIG, nullable=False),
        sa.Column("discount_minor", BIG, nullable=False),
        sa.Column("deduction_minor", BIG, nullable=False),
        sa.Column("deduction_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("write_off_minor", BIG, nullable=False),
        sa.Column("item_minor", BIG, nullable=True),
        sa.Column("rate", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", "rank", "n", name=op.f("pk_proposal_line")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_proposal_line_item", "proposal_line", ["item_id"], unique=False)
    op.create_table("reconciliation_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("period", sa.String(length=7), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_reconciliation_event"))
    )
    op.create_index("ix_reconciliation_event_period", "reconciliation_event", ["account", "period"], unique=False)
    op.create_table("run_log",
        sa.Column("run_id", BIG, autoincrement=False, nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), server_default="", nullable=False),
        sa.Column("first_file", BIG, nullable=True),
        sa.Column("last_file", BIG, nullable=True),
        sa.Column("first_entry", BIG, nullable=True),
        sa.Column("last_entry", BIG, nullable=True),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_log")),
        sa.UniqueConstraint("run_key", name=op.f("uq_run_log_run_key"))
    )
    op.create_table("seal",
        sa.Column("seal_id", BIG, autoincrement=False, nullable=False),
        sa.Column("first_entry", BIG, nullable=False),
        sa.Column("last_entry", BIG, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seal_id", name=op.f("pk_seal"))
    )
    op.create_table("source_file",
        sa.Column("file_id", BIG, autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("size_bytes", BIG, nullable=False),
        sa.Column("processed_at", sa.DateTime(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("line_count", BIG, nullable=False),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_source_file"))
    )
    op.create_index("ix_source_file_sha256", "source_file", ["sha256"], unique=False)
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
        sa.PrimaryKeyConstraint("undo_id", name=op.f("pk_undo_log"))
    )
    op.create_table("user_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_user_event"))
    )
    op.create_table("api_token",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["login"], ["app_user.login"], name=op.f("fk_api_token_login")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_api_token"))
    )
    op.create_table("bank_match_event",
        sa.Column("match_id", BIG, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["match_id"], ["bank_match.match_id"], name=op.f("fk_bank_match_event_match_id"))
    )
    op.create_index("ix_bank_match_event_match", "bank_match_event", ["match_id"], unique=False)
    op.create_table("control",
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.Column("line", BIG, nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("stated", BIG, nullable=False),
        sa.Column("computed", BIG, nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.file_id"], name=op.f("fk_control_file_id")),
        sa.UniqueConstraint("file_id", "n", name=op.f("uq_control_file_id"))
    )
    op.create_table("customer_account",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_account_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "account", name=op.f("pk_customer_account"))
    )
    op.create_table("customer_alias",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_customer_alias_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "alias", name=op.f("pk_customer_alias"))
    )
    op.create_table("file_issue",
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.Column("line", BIG, nullable=False),
        sa.Column("severity", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.file_id"], name=op.f("fk_file_issue_file_id")),
        sa.UniqueConstraint("file_id", "n", name=op.f("uq_file_issue_file_id"))
    )
    op.create_table("open_item",
        sa.Column("item_id", BIG, autoincrement=False, nullable=False),
        sa.Column("company", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("document_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("imported_open_minor", BIG, nullable=False),
        sa.Column("open_minor", BIG, nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("discount_date", sa.Date(), nullable=True),
        sa.Column("discount_minor", BIG, nullable=False),
        sa.Column("payment_terms", sa.Text(), server_default="", nullable=False),
        sa.Column("po_number", sa.Text(), server_default="", nullable=False),
        sa.Column("structured_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("kind IN ('invoice', 'debit_memo', 'credit_memo', 'on_account')", name=op.f("ck_open_item_kind")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_open_item_customer_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_open_item")),
        sa.UniqueConstraint("company", "customer_id", "document_number", name=op.f("uq_open_item_company")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_open_item_closed_on", "open_item", ["closed_on"], unique=False, sqlite_where=sa.text("closed_on IS NOT NULL"), postgresql_where=sa.text("closed_on IS NOT NULL"))
    op.create_index("ix_open_item_customer", "open_item", ["customer_id", "open_minor"], unique=False)
    op.create_index("ix_open_item_number", "open_item", ["document_number"], unique=False)
    op.create_index("ix_open_item_open", "open_item", ["item_id"], unique=False, sqlite_where=sa.text("open_minor != 0"), postgresql_where=sa.text("open_minor != 0"))
    op.create_index("ix_open_item_open_minor", "open_item", ["open_minor"], unique=False, sqlite_where=sa.text("open_minor != 0"), postgresql_where=sa.text("open_minor != 0"))
    op.create_index("ix_open_item_open_number", "open_item", ["document_number"], unique=False, postgresql_ops={"document_number": "text_pattern_ops"}, postgresql_where=sa.text("open_minor != 0"), sqlite_where=sa.text("open_minor != 0"))
    op.create_index("ix_open_item_open_order", "open_item", ["po_number"], unique=False, postgresql_ops={"po_number": "text_pattern_ops"}, postgresql_where=sa.text("open_minor != 0"), sqlite_where=sa.text("open_minor != 0"))
    op.create_table("posting",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("item_id", BIG, nullable=True),
        sa.Column("receipt_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_posting_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "n", name=op.f("pk_posting")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_posting_item", "posting", ["item_id"], unique=False, sqlite_where=sa.text("item_id IS NOT NULL"), postgresql_where=sa.text("item_id IS NOT NULL"))
    op.create_index("ix_posting_receipt", "posting", ["receipt_id"], unique=False, sqlite_where=sa.text("receipt_id IS NOT NULL"), postgresql_where=sa.text("receipt_id IS NOT NULL"))
    op.create_table("receipt",
        sa.Column("receipt_id", BIG, autoincrement=False, nullable=False),
        sa.Column("receipt_key", sa.String(length=16), nullable=False),
        sa.Column("line_id", BIG, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("unapplied_minor", BIG, nullable=False),
        sa.Column("held", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("state IN ('open', 'non_ar', 'returned', 'linked')", name=op.f("ck_receipt_state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_receipt_positive")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt")),
        postgresql_with={"fillfactor": 50},
    )
    op.create_index("ix_receipt_amount", "receipt", ["amount_minor"], unique=False)
    op.create_index("ix_receipt_customer", "receipt", ["customer_id", "value_date"], unique=False, sqlite_where=sa.text("customer_id IS NOT NULL"), postgresql_where=sa.text("customer_id IS NOT NULL"))
    op.create_index("ix_receipt_date", "receipt", ["value_date", "state", "currency", "amount_minor"], unique=False)
    op.create_index("ix_receipt_key", "receipt", ["receipt_key"], unique=True)
    op.create_index("ix_receipt_line", "receipt", ["line_id"], unique=True)
    op.create_index("ix_receipt_unapplied", "receipt", ["receipt_id", "currency", "value_date", "unapplied_minor"], unique=False, sqlite_where=sa.text("unapplied_minor != 0"), postgresql_where=sa.text("unapplied_minor != 0"))
    op.create_table("run_count",
        sa.Column("run_id", BIG, autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run_log.run_id"], name=op.f("fk_run_count_run_id")),
        sa.PrimaryKeyConstraint("run_id", "what", "of", name=op.f("pk_run_count"))
    )
    op.create_table("saved_filter",
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["login"], ["app_user.login"], name=op.f("fk_saved_filter_login")),
        sa.PrimaryKeyConstraint("login", "name", name=op.f("pk_saved_filter"))
    )
    op.create_table("statement",
        sa.Column("statement_id", BIG, autoincrement=False, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("account", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("report", sa.Text(), server_default="", nullable=False),
        sa.Column("sequence", sa.Text(), server_default="", nullable=False),
        sa.Column("lockbox", sa.Text(), server_default="", nullable=False),
        sa.Column("copy", sa.Text(), server_default="", nullable=False),
        sa.Column("from_date", sa.Date(), nullable=True),
        sa.Column("to_date", sa.Date(), nullable=True),
        sa.Column("closing_date", sa.Date(), nullable=True),
        sa.Column("opening_minor", BIG, nullable=True),
        sa.Column("closing_minor", BIG, nullable=True),
        sa.Column("line", BIG, nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.file_id"], name=op.f("fk_statement_file_id")),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_statement"))
    )
    op.create_index("ix_statement_account", "statement", ["account", "to_date"], unique=False)
    op.create_table("undone_file",
        sa.Column("file_id", BIG, autoincrement=False, nullable=False),
        sa.Column("undone_at", sa.DateTime(), nullable=False),
        sa.Column("undone_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.file_id"], name=op.f("fk_undone_file_file_id")),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_undone_file"))
    )
    op.create_table("web_session",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("agent", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["login"], ["app_user.login"], name=op.f("fk_web_session_login")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_web_session"))
    )
    op.create_index("ix_web_session_login", "web_session", ["login"], unique=False)
    op.create_table("application",
        sa.Column("application_id", BIG, autoincrement=False, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("item_id", BIG, nullable=True),
        sa.Column("applied_minor", BIG, nullable=False),
        sa.Column("discount_minor", BIG, nullable=False),
        sa.Column("deduction_minor", BIG, nullable=False),
        sa.Column("write_off_minor", BIG, nullable=False),
        sa.Column("deduction_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("item_minor", BIG, nullable=True),
        sa.Column("rate", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("confidence", BIG, nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.CheckConstraint("(item_minor IS NULL) = (rate = '')", name=op.f("ck_application_exchanged")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_application_entry_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_application_receipt_id")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application"))
    )
    op.create_index("ix_application_entry", "application", ["entry_id"], unique=False)
    op.create_index("ix_application_receipt", "application", ["receipt_id"], unique=False)
    op.create_table("audit_sample",
        sa.Column("receipt_id", BIG, autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("payer_evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_audit_sample_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_audit_sample"))
    )
    op.create_table("bank_line",
        sa.Column("line_id", BIG, autoincrement=False, nullable=False),
        sa.Column("file_id", BIG, nullable=False),
        sa.Column("statement_id", BIG, nullable=False),
        sa.Column("line", BIG, nullable=False),
        sa.Column("byte_start", BIG, nullable=False),
        sa.Column("byte_end", BIG, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("booking_date", sa.Date(), nullable=False),
        sa.Column("value_date", sa.Date(), nullable=False),
        sa.Column("type_code", sa.Text(), server_default="", nullable=False),
        sa.Column("bank_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("customer_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("check_number", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_account", sa.Text(), server_default="", nullable=False),
        sa.Column("structured_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("remittance_text", sa.Text(), server_default="", nullable=False),
        sa.Column("return_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("original_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("batch_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("batch_amount_minor", BIG, nullable=True),
        sa.Column("batch_key", BIG, nullable=True),
        sa.Column("fee_minor", BIG, nullable=False),
        sa.Column("instructed_minor", BIG, nullable=True),
        sa.Column("instructed_currency", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.file_id"], name=op.f("fk_bank_line_file_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.statement_id"], name=op.f("fk_bank_line_statement_id")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_bank_line"))
    )
    op.create_index("ix_bank_line_account", "bank_line", ["account"], unique=False)
    op.create_index("ix_bank_line_bank_reference", "bank_line", ["bank_reference"], unique=False)
    op.create_index("ix_bank_line_check_number", "bank_line", ["check_number"], unique=False, sqlite_where=sa.text("check_number != ''"), postgresql_where=sa.text("check_number != ''"))
    op.create_index("ix_bank_line_customer_reference", "bank_line", ["customer_reference"], unique=False, sqlite_where=sa.text("customer_reference != ''"), postgresql_where=sa.text("customer_reference != ''"))
    op.create_index("ix_bank_line_date", "bank_line", ["booking_date"], unique=False)
    op.create_index("ix_bank_line_file", "bank_line", ["file_id"], unique=False)
    op.create_index("ix_bank_line_payer_name", "bank_line", ["payer_name", "line_id"], unique=False)
    op.create_table("evidence",
        sa.Column("receipt_id", BIG, autoincrement=False, nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_evidence_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_evidence"))
    )
    op.create_table("lesson",
        sa.Column("lesson_id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("entry_id", BIG, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("learned_on", sa.Date(), nullable=False),
        sa.CheckConstraint("kind IN ('alias', 'account', 'habit', 'shape')", name=op.f("ck_lesson_kind")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_lesson_customer_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_lesson_entry_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_lesson_receipt_id")),
        sa.PrimaryKeyConstraint("lesson_id", name=op.f("pk_lesson"))
    )
    op.create_index("ix_lesson_customer", "lesson", ["customer_id", "kind"], unique=False)
    op.create_index("ix_lesson_entry", "lesson", ["entry_id"], unique=False)
    op.create_table("proposal",
        sa.Column("receipt_id", BIG, autoincrement=False, nullable=False),
        sa.Column("rank", BIG, autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("payer_evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("rivals", BIG, nullable=False),
        sa.Column("confidence", BIG, nullable=False),
        sa.Column("unattended", sa.Boolean(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("what_chars", BIG, nullable=False),
        sa.Column("how_much_chars", BIG, nullable=False),
        sa.Column("who_chars", BIG, nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_proposal_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", "rank", name=op.f("pk_proposal")),
        sqlite_with_rowid=False,
    )
    op.create_table("receipt_before",
        sa.Column("entry_id", BIG, autoincrement=False, nullable=False),
        sa.Column("receipt_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_receipt_before_entry_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_receipt_before_receipt_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_receipt_before"))
    )
    op.create_table("bank_match_member",
        sa.Column("match_id", BIG, nullable=False),
        sa.Column("line_id", BIG, nullable=True),
        sa.Column("book_account", sa.Text(), nullable=True),
        sa.Column("entry_id", sa.Text(), nullable=True),
        sa.Column("amount_minor", BIG, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.line_id"], name=op.f("fk_bank_match_member_line_id")),
        sa.ForeignKeyConstraint(["match_id"], ["bank_match.match_id"], name=op.f("fk_bank_match_member_match_id"))
    )
    op.create_index("ix_bank_match_member_match", "bank_match_member", ["match_id"], unique=False)
    op.create_table("exception_case",
        sa.Column("exception_id", BIG, autoincrement=False, nullable=False),
        sa.Column("receipt_id", BIG, nullable=True),
        sa.Column("line_id", BIG, nullable=True),
        sa.Column("file_id", BIG, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="open", nullable=False),
        sa.Column("assignee", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("amount_minor", BIG, nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("size_minor", BIG, sa.Computed("abs(amount_minor)", persisted=True), nullable=True),
        sa.CheckConstraint("status IN ('open', 'resolved')", name=op.f("ck_exception_case_status")),
        sa.ForeignKeyConstraint(["file_id"], ["source_file.file_id"], name=op.f("fk_exception_case_file_id")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.line_id"], name=op.f("fk_exception_case_line_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_exception_case_receipt_id")),
        sa.PrimaryKeyConstraint("exception_id", name=op.f("pk_exception_case"))
    )
    op.create_index("ix_exception_case_counts", "exception_case", ["status", "reason", "currency", "assignee", "opened_on", "amount_minor"], unique=False)
    op.create_index("ix_exception_case_customer", "exception_case", ["customer_id"], unique=False)
    op.create_index("ix_exception_case_open", "exception_case", ["status", "opened_on", "exception_id"], unique=False)
    op.create_index("ix_exception_case_owner", "exception_case", ["status", "assignee", "opened_on"], unique=False)
    op.create_index("ix_exception_case_receipt", "exception_case", ["receipt_id"], unique=False)
    op.create_index("ix_exception_case_size", "exception_case", ["status", "size_minor", "exception_id"], unique=False)
    op.create_table("line_link",
        sa.Column("line_id", BIG, nullable=False),
        sa.Column("counted_by", BIG, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["counted_by"], ["bank_line.line_id"], name=op.f("fk_line_link_counted_by")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.line_id"], name=op.f("fk_line_link_line_id")),
        sa.UniqueConstraint("line_id", "counted_by", name=op.f("uq_line_link_line_id"))
    )
    op.create_index("ix_line_link_counted_by", "line_link", ["counted_by"], unique=False)
    op.create_table("remittance_line",
        sa.Column("remittance_id", BIG, autoincrement=False, nullable=False),
        sa.Column("line_id", BIG, nullable=True),
        sa.Column("payment_reference", sa.Text(), server_default="", nullable=False),
        sa.Column("content_key", sa.Text(), nullable=True),
        sa.Column("line_number", BIG, nullable=False),
        sa.Column("document_number", sa.Text(), server_default="", nullable=False),
        sa.Column("amount_minor", BIG, nullable=True),
        sa.Column("discount_minor", BIG, nullable=False),
        sa.Column("deduction_minor", BIG, nullable=False),
        sa.Column("deduction_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("memo", sa.Text(), server_default="", nullable=False),
        sa.Column("payer_name", sa.Text(), server_default="", nullable=False),
        sa.Column("payment_date", sa.Date(), nullable=True),
        sa.Column("payment_minor", BIG, nullable=True),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.line_id"], name=op.f("fk_remittance_line_line_id")),
        sa.PrimaryKeyConstraint("remittance_id", name=op.f("pk_remittance_line"))
    )
    op.create_index("ix_remittance_line_content_key", "remittance_line", ["content_key"], unique=True, sqlite_where=sa.text("content_key IS NOT NULL"), postgresql_where=sa.text("content_key IS NOT NULL"))
    op.create_index("ix_remittance_line_line", "remittance_line", ["line_id"], unique=False, sqlite_where=sa.text("line_id IS NOT NULL"), postgresql_where=sa.text("line_id IS NOT NULL"))
    op.create_index("ix_remittance_line_payment", "remittance_line", ["payment_minor", "payment_date"], unique=False, sqlite_where=sa.text("payment_minor IS NOT NULL"), postgresql_where=sa.text("payment_minor IS NOT NULL"))
    op.create_index("ix_remittance_line_reference", "remittance_line", ["payment_reference"], unique=False)
    op.create_table("unlearned",
        sa.Column("unlearn_id", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("last_lesson", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("unlearned_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.customer_id"], name=op.f("fk_unlearned_customer_id")),
        sa.ForeignKeyConstraint(["last_lesson"], ["lesson.lesson_id"], name=op.f("fk_unlearned_last_lesson")),
        sa.PrimaryKeyConstraint("unlearn_id", name=op.f("pk_unlearned"))
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
        sa.CheckConstraint("status IN ('pending', 'posted', 'rejected', 'reversed')", name=op.f("ck_adjustment_status")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_adjustment_positive")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_adjustment_entry_id")),
        sa.ForeignKeyConstraint(["exception_id"], ["exception_case.exception_id"], name=op.f("fk_adjustment_exception_id")),
        sa.ForeignKeyConstraint(["item_id"], ["open_item.item_id"], name=op.f("fk_adjustment_item_id")),
        sa.ForeignKeyConstraint(["made_item_id"], ["open_item.item_id"], name=op.f("fk_adjustment_made_item_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_adjustment_receipt_id")),
        sa.ForeignKeyConstraint(["to_item_id"], ["open_item.item_id"], name=op.f("fk_adjustment_to_item_id")),
        sa.PrimaryKeyConstraint("adjustment_id", name=op.f("pk_adjustment"))
    )
    op.create_index("ix_adjustment_entry", "adjustment", ["entry_id"], unique=False)
    op.create_index("ix_adjustment_status", "adjustment", ["status"], unique=False)
    op.create_table("case_word",
        sa.Column("exception_id", BIG, autoincrement=False, nullable=False),
        sa.Column("word", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["exception_id"], ["exception_case.exception_id"], name=op.f("fk_case_word_exception_id")),
        sa.PrimaryKeyConstraint("exception_id", "word", name=op.f("pk_case_word")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_case_word_word", "case_word", ["word", "exception_id"], unique=False)
    op.create_table("exception_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("exception_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_exception_event_entry_id")),
        sa.ForeignKeyConstraint(["exception_id"], ["exception_case.exception_id"], name=op.f("fk_exception_event_exception_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_exception_event"))
    )
    op.create_index("ix_exception_event_actor", "exception_event", ["actor", "event_id"], unique=False)
    op.create_index("ix_exception_event_exception", "exception_event", ["exception_id"], unique=False)
    op.create_table("adjustment_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("adjustment_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustment.adjustment_id"], name=op.f("fk_adjustment_event_adjustment_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_adjustment_event_entry_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_adjustment_event"))
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
        sa.CheckConstraint("fee_state IN ('none', 'charged', 'waived')", name=op.f("ck_returned_item_fee_state")),
        sa.CheckConstraint("method IN ('waiting', 'mirror', 'debit_memo', 'refund', 'expected', 'decided', 'undone')", name=op.f("ck_returned_item_method")),
        sa.ForeignKeyConstraint(["adjustment_id"], ["adjustment.adjustment_id"], name=op.f("fk_returned_item_adjustment_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_returned_item_entry_id")),
        sa.ForeignKeyConstraint(["fee_entry_id"], ["journal_entry.entry_id"], name=op.f("fk_returned_item_fee_entry_id")),
        sa.ForeignKeyConstraint(["fee_item_id"], ["open_item.item_id"], name=op.f("fk_returned_item_fee_item_id")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.line_id"], name=op.f("fk_returned_item_line_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_returned_item_receipt_id")),
        sa.PrimaryKeyConstraint("return_id", name=op.f("pk_returned_item"))
    )
    op.create_index("ix_returned_item_customer", "returned_item", ["customer_id"], unique=False)
    op.create_index("ix_returned_item_line", "returned_item", ["line_id"], unique=False)
    op.create_index("ix_returned_item_method", "returned_item", ["method"], unique=False)
    op.create_index("ix_returned_item_receipt", "returned_item", ["receipt_id"], unique=False)
    op.create_table("return_event",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("return_id", BIG, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("entry_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.entry_id"], name=op.f("fk_return_event_entry_id")),
        sa.ForeignKeyConstraint(["return_id"], ["returned_item.return_id"], name=op.f("fk_return_event_return_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_return_event"))
    )
    op.create_index("ix_return_event_return", "return_event", ["return_id"], unique=False)
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)


def _guards(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in APPEND_ONLY for verb in ("UPDATE", "DELETE")
        ]
    refuse = (
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    return [refuse, *(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
    )]
