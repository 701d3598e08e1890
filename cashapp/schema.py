"""The tables. What happened (files, bank lines, journal, applications) is append-only and guarded by triggers; what is known
at present (customers, open items, receipts' balances, the queue) may change, and every change of money in it is proven
against the journal by `cashapp check`.

Amounts are signed minor units beside a currency. Ids are given out by the one writer (`db.next_id`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(naming_convention={
    "pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s",
})
BIG = BigInteger().with_variant(Integer, "sqlite")


def _key(name: str) -> Column[int]:
    return Column(name, BIG, primary_key=True, autoincrement=False)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BIG, ForeignKey(target), nullable=nullable)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _minor(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BIG, nullable=nullable)


source_file = Table(
    "source_file", metadata,
    _key("file_id"),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("size_bytes", BIG, nullable=False),
    Column("processed_at", DateTime, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("line_count", BIG, nullable=False),
)
statement = Table(
    "statement", metadata,
    _key("statement_id"),
    _ref("file_id", "source_file.file_id"),
    _text("reference"), _text("account"), _text("currency"), _text("report"), _text("sequence"), _text("lockbox"),
    Column("from_date", Date), Column("to_date", Date), Column("closing_date", Date),
    _minor("opening_minor", nullable=True), _minor("closing_minor", nullable=True),
    Column("line", BIG, nullable=False),
    Index("ix_statement_account", "account", "to_date"),
)
control = Table(
    "control", metadata,
    _ref("file_id", "source_file.file_id"),
    Column("n", BIG, nullable=False),
    Column("line", BIG, nullable=False),
    _text("name"),
    _minor("stated"), _minor("computed"), _text("currency"),
    UniqueConstraint("file_id", "n"),
)
file_issue = Table(
    "file_issue", metadata,
    _ref("file_id", "source_file.file_id"),
    Column("n", BIG, nullable=False),
    Column("line", BIG, nullable=False),
    _text("severity"), _text("code"), _text("message"),
    UniqueConstraint("file_id", "n"),
)
bank_line = Table(
    "bank_line", metadata,
    _key("line_id"),
    _ref("file_id", "source_file.file_id"),
    _ref("statement_id", "statement.statement_id"),
    Column("line", BIG, nullable=False), Column("byte_start", BIG, nullable=False), Column("byte_end", BIG, nullable=False),
    Column("account", Text, nullable=False), Column("report", Text, nullable=False),
    _minor("amount_minor"), Column("currency", String(3), nullable=False), Column("kind", Text, nullable=False),
    Column("booking_date", Date, nullable=False), Column("value_date", Date, nullable=False),
    _text("type_code"), _text("bank_reference"), _text("customer_reference"), _text("check_number"),
    _text("payer_name"), _text("payer_account"), _text("structured_reference"), _text("remittance_text"),
    _text("return_reason"), _text("original_reference"), _text("batch_reference"),
    _minor("batch_amount_minor", nullable=True), Column("batch_line", BIG),
    _minor("fee_minor"), _minor("instructed_minor", nullable=True), _text("instructed_currency"), _text("status"),
    Index("ix_bank_line_date", "booking_date"),
    Index("ix_bank_line_file", "file_id"),
    Index("ix_bank_line_bank_reference", "bank_reference"),
    Index("ix_bank_line_customer_reference", "customer_reference"),
)
line_link = Table(  # this line tells of money that another line already counts, or settles what others announced
    "line_link", metadata,
    _ref("line_id", "bank_line.line_id"),
    _ref("counted_by", "bank_line.line_id"),
    Column("how", Text, nullable=False),  # repeat, settles
    Column("why", Text, nullable=False),
    UniqueConstraint("line_id", "counted_by"),
    Index("ix_line_link_counted_by", "counted_by"),
)
customer = Table(
    "customer", metadata,
    Column("customer_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("parent_id", Text), _text("email"), _text("currency"), _text("payment_terms"), _minor("credit_limit_minor", nullable=True),
)
customer_alias = Table(
    "customer_alias", metadata,
    Column("customer_id", Text, ForeignKey("customer.customer_id"), primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("source", Text, nullable=False),  # import, clerk
)
customer_account = Table(
    "customer_account", metadata,
    Column("customer_id", Text, ForeignKey("customer.customer_id"), primary_key=True),
    Column("account", Text, primary_key=True),
    Column("source", Text, nullable=False),
)
open_item = Table(
    "open_item", metadata,
    _key("item_id"),
    _text("company"),
    Column("customer_id", Text, ForeignKey("customer.customer_id"), nullable=False),
    Column("document_number", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    _minor("amount_minor"),  # signed: credit memos and on-account credits are negative
    _minor("imported_open_minor"),  # what the source system last said is open
    _minor("open_minor"),  # kept by the ledger, proven against its postings
    Column("issue_date", Date), Column("due_date", Date), Column("discount_date", Date), _minor("discount_minor"),
    _text("payment_terms"), _text("po_number"), _text("structured_reference"), _text("description"),
    Column("closed_on", Date),
    UniqueConstraint("company", "customer_id", "document_number"),
    CheckConstraint("kind IN ('invoice', 'debit_memo', 'credit_memo', 'on_account')", name="kind"),
    Index("ix_open_item_open", "item_id", sqlite_where=Column("open_minor") != 0, postgresql_where=Column("open_minor") != 0),
    Index("ix_open_item_closed_on", "closed_on"),
    Index("ix_open_item_number", "document_number"),
)
remittance_line = Table(
    "remittance_line", metadata,
    _key("remittance_id"),
    Column("line_id", BIG, ForeignKey("bank_line.line_id")),  # told inside a bank file
    _text("payment_reference"),  # or imported, naming its payment
    Column("content_key", Text, unique=True),  # imported rows: payment, document and their how-manieth: a changed row updates
    Column("line_number", BIG, nullable=False),
    _text("document_number"),
    _minor("amount_minor", nullable=True), _minor("discount_minor"), _minor("deduction_minor"), _text("deduction_reason"), _text("memo"),
    _text("payer_name"), Column("payment_date", Date), _minor("payment_minor", nullable=True), _text("currency"),
    Index("ix_remittance_line_line", "line_id"),
    Index("ix_remittance_line_reference", "payment_reference"),
)
cashbook_entry = Table(
    "cashbook_entry", metadata,
    Column("account", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("entry_date", Date, nullable=False),
    _minor("amount_minor"), Column("currency", String(3), nullable=False), _text("reference"), _text("description"), _text("kind"),
)
receipt = Table(
    "receipt", metadata,
    _key("receipt_id"),
    Column("receipt_key", String(16), nullable=False, unique=True),
    Column("line_id", BIG, ForeignKey("bank_line.line_id"), nullable=False, unique=True),
    Column("account", Text, nullable=False), Column("currency", String(3), nullable=False), _minor("amount_minor"),
    Column("value_date", Date, nullable=False),
    Column("customer_id", Text, ForeignKey("customer.customer_id")),
    Column("state", Text, nullable=False, server_default="open"),  # linked: its money is counted by its details
    _minor("unapplied_minor"),  # kept by the ledger, proven against its postings
    CheckConstraint("state IN ('open', 'non_ar', 'returned', 'linked')", name="state"),
    CheckConstraint("amount_minor > 0", name="positive"),
    Index("ix_receipt_unapplied", "receipt_id", sqlite_where=Column("unapplied_minor") != 0, postgresql_where=Column("unapplied_minor") != 0),
)
journal_entry = Table(
    "journal_entry", metadata,
    _key("entry_id"),
    Column("kind", Text, nullable=False),
    Column("entry_date", Date, nullable=False),
    Column("posted_at", DateTime, nullable=False),
    Column("source_key", Text, nullable=False, unique=True),
    Column("reverses", BIG, ForeignKey("journal_entry.entry_id"), unique=True),
    _text("memo"), _text("reason"),
    Column("actor", Text, nullable=False),
)
posting = Table(
    "posting", metadata,
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id"), primary_key=True, autoincrement=False),
    Column("n", BIG, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    _minor("amount_minor"),  # debit positive, credit negative
    Column("customer_id", Text), _ref("item_id", "open_item.item_id", nullable=True), _ref("receipt_id", "receipt.receipt_id", nullable=True),
    Index("ix_posting_item", "item_id", sqlite_where=Column("item_id").is_not(None), postgresql_where=Column("item_id").is_not(None)),
    Index("ix_posting_receipt", "receipt_id", sqlite_where=Column("receipt_id").is_not(None), postgresql_where=Column("receipt_id").is_not(None)),
    sqlite_with_rowid=False,
)
seal = Table(  # one for each writing transaction: its entries' digest, chained to the seal before
    "seal", metadata,
    _key("seal_id"),
    Column("first_entry", BIG, nullable=False), Column("last_entry", BIG, nullable=False),
    Column("digest", String(64), nullable=False),
)
application = Table(
    "application", metadata,
    _key("application_id"),
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id"), nullable=False),
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id"), nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("item_id", BIG, ForeignKey("open_item.item_id")),  # null: left on account
    _minor("applied_minor"), _minor("discount_minor"), _minor("deduction_minor"), _minor("write_off_minor"),
    _text("deduction_reason"),
    Column("source", Text, nullable=False), Column("rule", Text, nullable=False), Column("confidence", BIG, nullable=False),
    Column("applied_on", Date, nullable=False), Column("actor", Text, nullable=False),
    Index("ix_application_receipt", "receipt_id"),
    Index("ix_application_entry", "entry_id"),
)
returned_item = Table(  # the bank line that took a receipt back
    "returned_item", metadata,
    Column("line_id", BIG, ForeignKey("bank_line.line_id"), primary_key=True, autoincrement=False),
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id"), nullable=False),
    _minor("amount_minor"), _text("return_reason"), _text("how"),
)
proposal = Table(
    "proposal", metadata,
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id"), primary_key=True, autoincrement=False),
    Column("rank", BIG, primary_key=True, autoincrement=False),
    Column("customer_id", Text),
    Column("rule", Text, nullable=False), _text("payer_evidence"), _text("amount_evidence"),
    Column("rivals", BIG, nullable=False), Column("confidence", BIG, nullable=False),
    Column("unattended", Boolean, nullable=False),
    _text("explanation"),
)
proposal_line = Table(
    "proposal_line", metadata,
    Column("receipt_id", BIG, nullable=False), Column("rank", BIG, nullable=False), Column("n", BIG, nullable=False),
    Column("item_id", BIG, ForeignKey("open_item.item_id")),
    _minor("applied_minor"), _minor("discount_minor"), _minor("deduction_minor"), _text("deduction_reason"), _minor("write_off_minor"),
    UniqueConstraint("receipt_id", "rank", "n"),
)
evidence = Table(
    "evidence", metadata,
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id"), primary_key=True, autoincrement=False),
    Column("step", BIG, primary_key=True, autoincrement=False),
    _text("question"), _text("speaks"), _text("finding"),
)
exception_case = Table(
    "exception_case", metadata,
    _key("exception_id"),
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id")),
    Column("line_id", BIG, ForeignKey("bank_line.line_id")),
    Column("file_id", BIG, ForeignKey("source_file.file_id")),
    Column("reason", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="open"),
    _text("assignee"), _text("note"),
    Column("opened_on", Date, nullable=False), Column("opened_at", DateTime, nullable=False), Column("closed_at", DateTime),
    Column("currency", String(3)), _minor("amount_minor", nullable=True),
    Column("customer_id", Text),
    CheckConstraint("status IN ('open', 'resolved')", name="status"),
    Index("ix_exception_case_open", "status", "opened_on"),
    Index("ix_exception_case_receipt", "receipt_id"),
)
exception_event = Table(
    "exception_event", metadata,
    _key("event_id"),
    _ref("exception_id", "exception_case.exception_id"),
    Column("at", DateTime, nullable=False),
    Column("actor", Text, nullable=False), Column("action", Text, nullable=False), _text("detail"),
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id")),  # the journal entry it made, for undo
    Index("ix_exception_event_exception", "exception_id"),
)
run_log = Table(
    "run_log", metadata,
    _key("run_id"),
    Column("started_at", DateTime, nullable=False), Column("as_of", Date, nullable=False), Column("actor", Text, nullable=False),
    _text("summary"),  # the JSON that `cashapp run --json` prints
)

bank_match = Table(  # a bank reconciliation's claim that these lines and entries are the same money
    "bank_match", metadata,
    _key("match_id"),
    Column("account", Text, nullable=False), Column("currency", String(3), nullable=False),
    Column("kind", Text, nullable=False), Column("status", Text, nullable=False),  # matched, suggested
    Column("confidence", BIG, nullable=False), _text("reason"),
    Column("made_at", DateTime, nullable=False), Column("actor", Text, nullable=False),
    Index("ix_bank_match_account", "account", "currency"),
)
bank_match_member = Table(  # amounts and dates as they were when it was made: an entry that is changed later breaks it
    "bank_match_member", metadata,
    _ref("match_id", "bank_match.match_id"),
    Column("line_id", BIG, ForeignKey("bank_line.line_id")),
    Column("book_account", Text), Column("entry_id", Text),
    _minor("amount_minor"), Column("date", Date, nullable=False),
    Index("ix_bank_match_member_match", "match_id"),
)
bank_match_event = Table(  # confirmed by a person, or broken: a match is never changed
    "bank_match_event", metadata,
    _ref("match_id", "bank_match.match_id"),
    Column("action", Text, nullable=False),  # confirmed, broken
    Column("at", DateTime, nullable=False), Column("actor", Text, nullable=False), _text("reason"),
    Index("ix_bank_match_event_match", "match_id"),
)
reconciliation_event = Table(  # what people did with an account's month: prepared, reviewed, reopened, owner
    "reconciliation_event", metadata,
    _key("event_id"),
    Column("account", Text, nullable=False), Column("period", String(7), nullable=False),
    Column("action", Text, nullable=False), Column("at", DateTime, nullable=False), Column("actor", Text, nullable=False),
    _text("note"), _text("digest"),
    Index("ix_reconciliation_event_period", "account", "period"),
)
period_event = Table(  # a month is what its last event says: soft_closed, locked, open (again); without one it is open
    "period_event", metadata,
    _key("event_id"),
    Column("period", String(7), nullable=False),
    Column("state", Text, nullable=False), Column("at", DateTime, nullable=False), Column("actor", Text, nullable=False), _text("reason"),
    CheckConstraint("state IN ('open', 'soft_closed', 'locked')", name="state"),
    Index("ix_period_event_period", "period"),
)

APPEND_ONLY = (
    source_file, statement, control, file_issue, bank_line, line_link, journal_entry, posting, seal, application, returned_item,
    exception_event, run_log, bank_match, bank_match_member, bank_match_event, reconciliation_event, period_event,
)
"""Tables whose rows are never changed nor deleted; triggers refuse it."""
