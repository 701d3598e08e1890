"""The tables. What happened (files, bank lines, journal, applications) is append-only and guarded by triggers; what is known
at present (customers, open items, receipts' balances, the queue) may change, and every change of money in it is proven
against the journal by `cashapp check`.

Amounts are signed minor units beside a currency. Ids are given out by the one writer (`db.next_id`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
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
    and_,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, FromClause

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
    Column("sha256", String(64), nullable=False),  # stands once among the files that were not taken back
    Column("name", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("size_bytes", BIG, nullable=False),
    Column("processed_at", DateTime, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("line_count", BIG, nullable=False),
    Index("ix_source_file_sha256", "sha256"),
)
undone_file = Table(  # the file was taken back: its lines count for nothing, its content may come again
    "undone_file", metadata,
    Column("file_id", BIG, ForeignKey("source_file.file_id"), primary_key=True, autoincrement=False),
    Column("undone_at", DateTime, nullable=False), Column("undone_on", Date, nullable=False),
    Column("actor", Text, nullable=False), _text("reason"),
)
statement = Table(
    "statement", metadata,
    _key("statement_id"),
    _ref("file_id", "source_file.file_id"),
    _text("reference"), _text("account"), _text("currency"), _text("report"), _text("sequence"), _text("lockbox"),
    _text("copy"),  # the bank's mark on a copy of what it told before; "" where copies count
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
    _minor("batch_amount_minor", nullable=True), Column("batch_key", BIG),
    _minor("fee_minor"), _minor("instructed_minor", nullable=True), _text("instructed_currency"), _text("status"),
    Index("ix_bank_line_date", "booking_date"),
    Index("ix_bank_line_file", "file_id"),
    Index("ix_bank_line_bank_reference", "bank_reference"),  # of the three references only this one stands in nearly every line
    Index("ix_bank_line_customer_reference", "customer_reference", sqlite_where=Column("customer_reference") != "", postgresql_where=Column("customer_reference") != ""),
    Index("ix_bank_line_check_number", "check_number", sqlite_where=Column("check_number") != "", postgresql_where=Column("check_number") != ""),
    Index("ix_bank_line_payer_name", "payer_name", "line_id"),  # a payer's latest lines without a look at the others
    Index("ix_bank_line_account", "account"),
)
line_link = Table(  # this line tells of money that another line already counts, or settles what others announced; a line that
    # was taken back with its file, or is a copy of nothing known, repeats itself, so that it never counts
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
_HALF_FULL: dict[str, Any] = {"postgresql_with": {"fillfactor": 50}}
"""Pages with room for each row once more: a balance then changes within its page, and no index of other columns hears of it."""
_STILL_OPEN: dict[str, Any] = {"sqlite_where": Column("open_minor") != 0, "postgresql_where": Column("open_minor") != 0}
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
    Index("ix_open_item_open", "item_id", **_STILL_OPEN),
    Index("ix_open_item_closed_on", "closed_on", sqlite_where=Column("closed_on").is_not(None), postgresql_where=Column("closed_on").is_not(None)),
    Index("ix_open_item_number", "document_number"),
    Index("ix_open_item_open_number", "document_number", postgresql_ops={"document_number": "text_pattern_ops"}, **_STILL_OPEN),
    Index("ix_open_item_open_order", "po_number", postgresql_ops={"po_number": "text_pattern_ops"}, **_STILL_OPEN),
    Index("ix_open_item_open_minor", "open_minor", **_STILL_OPEN),
    Index("ix_open_item_customer", "customer_id", "open_minor"),
    **_HALF_FULL,
)
remittance_line = Table(
    "remittance_line", metadata,
    _key("remittance_id"),
    Column("line_id", BIG, ForeignKey("bank_line.line_id")),  # told inside a bank file
    _text("payment_reference"),  # or imported, naming its payment
    Column("content_key", Text),  # imported rows: payment, document and their how-manieth: a changed row updates
    Column("line_number", BIG, nullable=False),
    _text("document_number"),
    _minor("amount_minor", nullable=True), _minor("discount_minor"), _minor("deduction_minor"), _text("deduction_reason"), _text("memo"),
    _text("payer_name"), Column("payment_date", Date), _minor("payment_minor", nullable=True), _text("currency"),
    Index("ix_remittance_line_line", "line_id", sqlite_where=Column("line_id").is_not(None), postgresql_where=Column("line_id").is_not(None)),
    Index("ix_remittance_line_content_key", "content_key", unique=True, sqlite_where=Column("content_key").is_not(None),
          postgresql_where=Column("content_key").is_not(None)),
    Index("ix_remittance_line_reference", "payment_reference"),
    Index("ix_remittance_line_payment", "payment_minor", "payment_date", sqlite_where=Column("payment_minor").is_not(None),
          postgresql_where=Column("payment_minor").is_not(None)),
)
cashbook_entry = Table(
    "cashbook_entry", metadata,
    Column("account", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("entry_date", Date, nullable=False),
    _minor("amount_minor"), Column("currency", String(3), nullable=False), _text("reference"), _text("description"), _text("kind"),
    Column("known_at", DateTime, nullable=False),  # when the import brought it as it reads
)
cashbook_entry_before = Table(  # how a changed entry read before, so that a month can be printed as it was known
    "cashbook_entry_before", metadata,
    Column("account", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("entry_date", Date, nullable=False),
    _minor("amount_minor"), Column("currency", String(3), nullable=False), _text("reference"), _text("description"), _text("kind"),
    Column("known_at", DateTime, nullable=False),
    Column("replaced_at", DateTime, primary_key=True),
)
receipt = Table(
    "receipt", metadata,
    _key("receipt_id"),
    Column("receipt_key", String(16), nullable=False),
    Column("line_id", BIG, nullable=False),  # of a line stored before it in the same transaction
    Column("account", Text, nullable=False), Column("currency", String(3), nullable=False), _minor("amount_minor"),
    Column("value_date", Date, nullable=False),
    Column("customer_id", Text),  # no customer is ever deleted, and who is named here was looked up
    Column("state", Text, nullable=False, server_default="open"),  # linked: counted by its details, or its file was taken back
    _minor("unapplied_minor"),  # kept by the ledger, proven against its postings
    Column("held", Boolean, nullable=False, server_default=text("false")),  # a person took its application back: none is posted unattended
    CheckConstraint("state IN ('open', 'non_ar', 'returned', 'linked')", name="state"),
    CheckConstraint("amount_minor > 0", name="positive"),
    Index("ix_receipt_key", "receipt_key", unique=True),
    Index("ix_receipt_line", "line_id", unique=True),
    Index("ix_receipt_amount", "amount_minor"),
    Index("ix_receipt_customer", "customer_id", "value_date", sqlite_where=Column("customer_id").is_not(None), postgresql_where=Column("customer_id").is_not(None)),
    Index("ix_receipt_date", "value_date", "state", "currency", "amount_minor"),
    Index("ix_receipt_unapplied", "receipt_id", "currency", "value_date", "unapplied_minor",  # what is unapplied is summed from nothing else
          sqlite_where=Column("unapplied_minor") != 0, postgresql_where=Column("unapplied_minor") != 0),
    **_HALF_FULL,
)
journal_entry = Table(
    "journal_entry", metadata,
    _key("entry_id"),
    Column("kind", Text, nullable=False),
    Column("entry_date", Date, nullable=False),
    Column("posted_at", DateTime, nullable=False),
    Column("source_key", Text, nullable=False, unique=True),
    Column("reverses", BIG, ForeignKey("journal_entry.entry_id")),
    _text("memo"), _text("reason"),
    Column("actor", Text, nullable=False),
    Index("ix_journal_entry_reverses", "reverses", unique=True, sqlite_where=Column("reverses").is_not(None), postgresql_where=Column("reverses").is_not(None)),
    Index("ix_journal_entry_kind", "kind", "actor", "entry_date"),
)
posting = Table(
    "posting", metadata,
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id"), primary_key=True, autoincrement=False),
    Column("n", BIG, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    _minor("amount_minor"),  # debit positive, credit negative
    Column("customer_id", Text), Column("item_id", BIG), Column("receipt_id", BIG),  # the ledger refuses to move a balance that is not there
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
    Column("item_id", BIG),  # null: left on account; else its entry's postings name it too
    _minor("applied_minor"), _minor("discount_minor"), _minor("deduction_minor"), _minor("write_off_minor"),
    _text("deduction_reason"),
    _minor("item_minor", nullable=True), _text("rate"),  # what an item in another currency is reduced by, and at which rate; else null and ""
    Column("source", Text, nullable=False), Column("rule", Text, nullable=False), Column("confidence", BIG, nullable=False),
    Column("applied_on", Date, nullable=False), Column("actor", Text, nullable=False),
    CheckConstraint("(item_minor IS NULL) = (rate = '')", name="exchanged"),
    Index("ix_application_receipt", "receipt_id"),
    Index("ix_application_entry", "entry_id"),
)
receipt_before = Table(  # what a clerk's decision overwrote on the receipt, so that undoing it is exact
    "receipt_before", metadata,
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id"), primary_key=True, autoincrement=False),
    _ref("receipt_id", "receipt.receipt_id"),
    Column("customer_id", Text), Column("state", Text, nullable=False),
)
returned_item = Table(  # a payment that came back: from the bank's line, or told by a person before the bank says so
    "returned_item", metadata,
    _key("return_id"),
    Column("line_id", BIG, ForeignKey("bank_line.line_id")),
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id")),  # what it takes back, once that is known
    Column("adjustment_id", BIG, ForeignKey("adjustment.adjustment_id")),  # or the refund of ours that came back
    Column("customer_id", Text),
    Column("currency", String(3), nullable=False), _minor("amount_minor"),  # of the item; positive, negative where our refund came back
    _minor("bank_fee_minor"),  # what the bank kept within the same line
    _text("code"), _text("category"),
    Column("method", Text, nullable=False),
    _text("how"),
    Column("returned_on", Date, nullable=False),
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id")),
    Column("fee_state", Text, nullable=False, server_default="none"),
    _minor("fee_minor"), Column("fee_item_id", BIG, ForeignKey("open_item.item_id")), Column("fee_entry_id", BIG, ForeignKey("journal_entry.entry_id")),
    Column("attempts", BIG, nullable=False),  # how often the item was presented and came back, this return included
    Column("retry_on", Date),
    CheckConstraint("method IN ('waiting', 'mirror', 'debit_memo', 'refund', 'expected', 'decided', 'undone')", name="method"),
    CheckConstraint("fee_state IN ('none', 'charged', 'waived')", name="fee_state"),
    Index("ix_returned_item_method", "method"), Index("ix_returned_item_line", "line_id"), Index("ix_returned_item_receipt", "receipt_id"), Index("ix_returned_item_customer", "customer_id"),
)
return_event = Table(
    "return_event", metadata,
    _key("event_id"),
    _ref("return_id", "returned_item.return_id"),
    Column("at", DateTime, nullable=False), Column("actor", Text, nullable=False), Column("action", Text, nullable=False), _text("detail"),
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id")),
    Index("ix_return_event_return", "return_id"),
)
adjustment = Table(  # money moved without a bank: requested by one person, above limits approved by another, then one journal entry
    "adjustment", metadata,
    _key("adjustment_id"),
    Column("kind", Text, nullable=False), Column("status", Text, nullable=False),
    Column("customer_id", Text), Column("item_id", BIG, ForeignKey("open_item.item_id")), Column("receipt_id", BIG, ForeignKey("receipt.receipt_id")),
    Column("to_item_id", BIG, ForeignKey("open_item.item_id")), Column("to_customer_id", Text),
    Column("exception_id", BIG, ForeignKey("exception_case.exception_id")),
    Column("currency", String(3), nullable=False), _minor("amount_minor"),
    Column("reason", Text, nullable=False), _text("note"), _text("owner"), _text("document_number"), Column("due_date", Date),
    Column("requested_by", Text, nullable=False), Column("requested_on", Date, nullable=False),
    _text("decided_by"), Column("decided_on", Date),
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id")), Column("made_item_id", BIG, ForeignKey("open_item.item_id")),
    CheckConstraint("status IN ('pending', 'posted', 'rejected', 'reversed')", name="status"),
    CheckConstraint("amount_minor > 0", name="positive"),
    Index("ix_adjustment_status", "status"), Index("ix_adjustment_entry", "entry_id"),
)
adjustment_event = Table(
    "adjustment_event", metadata,
    _key("event_id"),
    _ref("adjustment_id", "adjustment.adjustment_id"),
    Column("at", DateTime, nullable=False), Column("actor", Text, nullable=False), Column("action", Text, nullable=False), _text("detail"),
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id")),
    Index("ix_adjustment_event_adjustment", "adjustment_id"),
)
proposal = Table(
    "proposal", metadata,
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id"), primary_key=True, autoincrement=False),
    Column("rank", BIG, primary_key=True, autoincrement=False),
    Column("customer_id", Text),
    Column("rule", Text, nullable=False), _text("payer_evidence"), _text("amount_evidence"),
    Column("rivals", BIG, nullable=False), Column("confidence", BIG, nullable=False),
    Column("unattended", Boolean, nullable=False),
    Column("explanation", Text),  # null where it was posted whole: the journal has its words and its lines then, until it is taken back
    *(Column(f"{phrase}_chars", BIG, nullable=False) for phrase in ("what", "how_much", "who")),  # how long its phrases are (matching.steps)
    sqlite_with_rowid=False,
)
proposal_line = Table(
    "proposal_line", metadata,
    *(Column(name, BIG, primary_key=True, autoincrement=False) for name in ("receipt_id", "rank", "n")),
    Column("item_id", BIG),  # no item is ever deleted, and what is suggested is checked when it is posted
    _minor("applied_minor"), _minor("discount_minor"), _minor("deduction_minor"), _text("deduction_reason"), _minor("write_off_minor"),
    _minor("item_minor", nullable=True), _text("rate"),  # as in `application`
    Index("ix_proposal_line_item", "item_id"),
    sqlite_with_rowid=False,
)
evidence = Table(  # what else spoke for and against, of receipts where that is more than the first proposal says
    "evidence", metadata,
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id"), primary_key=True, autoincrement=False),
    Column("findings", Text, nullable=False),  # JSON: [[question, speaks, finding], …]
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
    Column("size_minor", BIG, Computed("abs(amount_minor)", persisted=True)),  # what the queue is sorted and searched by
    CheckConstraint("status IN ('open', 'resolved')", name="status"),
    Index("ix_exception_case_open", "status", "opened_on", "exception_id"),
    Index("ix_exception_case_counts", "status", "reason", "currency", "assignee", "opened_on", "amount_minor"),  # the queue's counts and sums read nothing else
    Index("ix_exception_case_owner", "status", "assignee", "opened_on"),
    Index("ix_exception_case_size", "status", "size_minor", "exception_id"),
    Index("ix_exception_case_customer", "customer_id"),
    Index("ix_exception_case_receipt", "receipt_id"),
)
case_word = Table(  # what a case is found by (cashapp.case_search)
    "case_word", metadata,
    Column("exception_id", BIG, ForeignKey("exception_case.exception_id"), primary_key=True, autoincrement=False),
    Column("word", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Index("ix_case_word_word", "word", "exception_id"),
    sqlite_with_rowid=False,
)
exception_event = Table(
    "exception_event", metadata,
    _key("event_id"),
    _ref("exception_id", "exception_case.exception_id"),
    Column("at", DateTime, nullable=False),
    Column("actor", Text, nullable=False), Column("action", Text, nullable=False), _text("detail"),
    Column("entry_id", BIG, ForeignKey("journal_entry.entry_id")),  # the journal entry it made, for undo
    Index("ix_exception_event_exception", "exception_id"),
    Index("ix_exception_event_actor", "actor", "event_id"),
)
app_user = Table(
    "app_user", metadata,
    Column("login", Text, primary_key=True),
    _text("name"), Column("role", Text, nullable=False), Column("password_hash", Text, nullable=False),
    Column("active", Boolean, nullable=False), Column("created_at", DateTime, nullable=False),
    Column("subject", Text, unique=True),  # who logs in through the company's provider: its issuer and the provider's own name for them
    CheckConstraint("role IN ('clerk', 'senior', 'manager', 'auditor', 'admin')", name="role"),
)
web_session = Table(  # kept here, so that logging out, or barring a user, ends it at once
    "web_session", metadata,
    Column("session_id", String(64), primary_key=True),
    Column("login", Text, ForeignKey("app_user.login"), nullable=False),
    Column("opened_at", DateTime, nullable=False), Column("expires_at", DateTime, nullable=False),
    _text("address"), _text("agent"),  # from where, and with which browser
    Index("ix_web_session_login", "login"),
)
login_failure = Table(  # wrong passwords of the last quarter of an hour
    "login_failure", metadata,
    Column("at", DateTime, nullable=False), Column("login", Text, nullable=False), Column("address", Text, nullable=False),
    Index("ix_login_failure_at", "at"),
)
api_token = Table(
    "api_token", metadata,
    Column("digest", String(64), primary_key=True),
    Column("login", Text, ForeignKey("app_user.login"), nullable=False),
    _text("name"), Column("created_at", DateTime, nullable=False),
)
user_event = Table(  # who let whom in, and what was changed of them; never a password, a token or a digest
    "user_event", metadata,
    _key("event_id"),
    Column("at", DateTime, nullable=False), Column("actor", Text, nullable=False), Column("action", Text, nullable=False), Column("login", Text, nullable=False), _text("detail"),
)
saved_filter = Table(
    "saved_filter", metadata,
    Column("login", Text, ForeignKey("app_user.login"), primary_key=True),
    Column("name", Text, primary_key=True),
    _text("query"),
)
lesson = Table(  # what a person's decision taught; it stands as long as its entry does (cashapp.learning)
    "lesson", metadata,
    _key("lesson_id"),
    Column("kind", Text, nullable=False),
    Column("customer_id", Text, ForeignKey("customer.customer_id"), nullable=False),
    Column("value", Text, nullable=False),
    _ref("receipt_id", "receipt.receipt_id"),
    _ref("entry_id", "journal_entry.entry_id"),
    Column("actor", Text, nullable=False),
    Column("learned_on", Date, nullable=False),
    CheckConstraint("kind IN ('alias', 'account', 'habit', 'shape')", name="kind"),
    Index("ix_lesson_entry", "entry_id"), Index("ix_lesson_customer", "customer_id", "kind"),
)
unlearned = Table(  # a person took back what was taught: lessons up to this one count for nothing, later ones do
    "unlearned", metadata,
    _key("unlearn_id"),
    Column("kind", Text, nullable=False), Column("value", Text, nullable=False), Column("customer_id", Text, ForeignKey("customer.customer_id"), nullable=False),
    _ref("last_lesson", "lesson.lesson_id"),
    Column("at", DateTime, nullable=False), Column("unlearned_on", Date, nullable=False), Column("actor", Text, nullable=False), _text("reason"),
)
audit_sample = Table(  # certain answers that go to a person, who is not told so (cashapp.strata)
    "audit_sample", metadata,
    Column("receipt_id", BIG, ForeignKey("receipt.receipt_id"), primary_key=True, autoincrement=False),
    Column("rule", Text, nullable=False), _text("payer_evidence"), _text("amount_evidence"),
    Column("drawn_on", Date, nullable=False),
)
run_log = Table(
    "run_log", metadata,
    _key("run_id"),
    Column("run_key", Text, nullable=False, unique=True),  # stands in each line that the run logged
    Column("started_at", DateTime, nullable=False), Column("finished_at", DateTime, nullable=False), Column("as_of", Date, nullable=False), Column("actor", Text, nullable=False),
    _text("summary"),  # the JSON that `cashapp run --json` prints
    Column("first_file", BIG), Column("last_file", BIG), Column("first_entry", BIG), Column("last_entry", BIG),  # what it brought, for undo
)
run_count = Table(  # what a run did, in whole numbers that add up over all runs (cashapp.daily.Summary.counts)
    "run_count", metadata,
    Column("run_id", BIG, ForeignKey("run_log.run_id"), primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),
    Column("of", Text, primary_key=True),  # a format, a currency, a stage, or nothing
    Column("n", BIG, nullable=False),
)
undo_log = Table(
    "undo_log", metadata,
    _key("undo_id"),
    Column("at", DateTime, nullable=False), Column("undone_on", Date, nullable=False), Column("actor", Text, nullable=False),
    Column("what", Text, nullable=False), Column("name", Text, nullable=False), _text("reason"),
    Column("files", BIG, nullable=False), Column("entries", BIG, nullable=False),
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
    source_file, statement, control, file_issue, bank_line, line_link, journal_entry, posting, seal, application,
    exception_event, run_log, run_count, undone_file, receipt_before, return_event, adjustment_event, undo_log, lesson, unlearned, audit_sample,
    bank_match, bank_match_member, bank_match_event, reconciliation_event, period_event, cashbook_entry_before, user_event,
)
"""Tables whose rows are never changed nor deleted; triggers refuse it."""


def bearing(line: FromClause, reference: str | ColumnElement[str]) -> Sequence[ColumnElement[bool]]:
    """For each column of a bank line in which a payment's reference may stand the condition that it does; lines without one are in no index of it."""
    return [and_(line.c[name] == reference, line.c[name] != "") for name in ("bank_reference", "customer_reference", "check_number")]
