"""Random months: files in any order, payments that come back, decisions, adjustments, approvals, undo; after every step the books are
proven (`cashapp check`) and every receipt's money is somewhere exactly once. On both databases, by hypothesis.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from polars.testing import assert_frame_equal
from sqlalchemy import Connection, Engine, func, select, text

from cashapp import (
    accounts,
    adjustment_legs,
    adjustments,
    db,
    desk,
    exceptions,
    frames,
    ingest,
    ledger,
    memos,
    periods,
    proof,
    reports,
    reversals,
    schema,
    undoing,
    undoing_files,
)
from cashapp.adjustments import KINDS, Signed, Wanted
from cashapp.books_policy import FeeRule, ReturnRules
from cashapp.config import Config
from cashapp.errors import CashappError
from cashapp.ledger import Leg
from cashapp.reports.model import When
from matching.schema import Exchange, Policy, Rates
from parsers.amounts import to_text
from parsers.documents import Document
from tests.books import apply_to, bank_line, document, take_in

CONFIG = Config(returns=ReturnRules(fees=[FeeRule(["insufficient_funds"], "25.00")]))
FIRST = dt.date(2026, 11, 2)
RATES = Exchange((Rates(dt.date(2026, 10, 30), {"USD": 1_000_000, "EUR": 1_087_000, "JPY": 6_500}),), days=90)
AMOUNTS = st.sampled_from([100, 2500, 2500, 4000, 10000, 12345])
TABLES = tuple(table.name for table in reversed(schema.metadata.sorted_tables))


class Month(RuleBasedStateMachine):
    """A company with two customers and a bank account; each rule is what somebody does on a day."""

    engine: Engine  # set by the test

    def __init__(self) -> None:
        super().__init__()
        self.day = FIRST
        self.files = 0
        self.references: list[tuple[str, int]] = []
        self.decisions = 0
        self.documents: dict[str, Document] = {}
        self.taken: list[ingest.Taken] = []
        self.undone: set[str] = set()
        self.pending = False

    @contextmanager
    def work(self, decisions: int = 0) -> Iterator[Connection]:
        """One transaction; what is refused in words leaves nothing behind."""
        try:
            with db.writing(self.engine) as connection:
                yield connection
        except CashappError:
            return
        self.decisions += decisions

    @property
    def signed(self) -> Signed:
        return Signed("ann", self.day, [])

    @initialize()
    def opens(self) -> None:
        _empty(self.engine)
        with db.writing(self.engine) as connection:
            for customer in ("C1", "C2"):
                connection.execute(schema.customer.insert().values(customer_id=customer, name=f"Customer {customer}"))
            for number, (customer, minor, currency) in enumerate([
                ("C1", 10000, "USD"), ("C1", 2500, "USD"), ("C2", 12345, "USD"), ("C2", 4000, "USD"), ("C2", -4000, "USD"),
                ("C1", 2300, "EUR"), ("C2", 9200, "EUR"), ("C2", 3846, "JPY"),
            ], start=1):
                kind = "invoice" if minor > 0 else "credit_memo"
                item = memos.make(connection, memos.Memo(customer, f"INV-{number}", kind, currency, minor, self.day), self.day)
                ledger.post_one(connection, kind="open_items", on=self.day, source_key=f"import:{number}", actor="test",
                                legs=[Leg(accounts.RECEIVABLE, currency, minor, customer, item), Leg(accounts.IMPORTED, currency, -minor)])

    @rule(days=st.integers(0, 3))
    def time_passes(self, days: int) -> None:
        self.day += dt.timedelta(days=days)

    @rule(amounts=st.lists(AMOUNTS, min_size=1, max_size=3), report=st.sampled_from(["statement", "statement", "cash_report"]), late=st.integers(0, 4))
    def a_file_comes(self, amounts: list[int], report: str, late: int) -> None:
        """Money of today or of some days ago: files come in any order."""
        self.files += 1
        day = max(2, min(self.day.day, 28) - late)
        lines = []
        for number, minor in enumerate(amounts):
            reference = f"REF{self.files:03}-{number}"
            lines.append(bank_line(minor, day=day, bank_reference=reference, payer_name=f"CUSTOMER C{minor % 2 + 1}"))
            self.references.append((reference, minor))
        lines.append(bank_line(-17, "fee", day=day))
        self.documents[f"file{self.files}"] = document(lines, report=report)  # type: ignore[arg-type]  # one of the reports
        with self.work() as connection:
            taken = take_in(connection, self.documents[f"file{self.files}"], f"file{self.files}", CONFIG, self.day)
            self._queue(connection)
            self.taken.append(taken)

    @precondition(lambda self: self.undone)
    @rule(data=st.data())
    def a_file_comes_again(self, data: st.DataObject) -> None:
        """After it was undone: the same payments are the same receipts."""
        name = data.draw(st.sampled_from(sorted(self.undone)))
        self.undone.remove(name)
        receipt = schema.receipt
        with self.work() as connection:
            before = set(connection.execute(select(receipt.c.receipt_key)).scalars())
            taken = take_in(connection, self.documents[name], name, CONFIG, self.day)
            assert set(connection.execute(select(receipt.c.receipt_key)).scalars()) == before
            self._queue(connection)
            self.taken.append(taken)

    @precondition(lambda self: self.taken)
    @rule(data=st.data())
    def a_run_matches(self, data: st.DataObject) -> None:
        """Whichever files it has stored itself, and whatever others did between: what it has in hand says the same as the books."""
        in_hand = frames.InHand()
        for taken, own in ((taken, data.draw(st.booleans())) for taken in self.taken):
            if own:
                in_hand.add(taken.fresh, taken.told)
        with db.reading(self.engine) as connection:
            anew, beside = frames.inputs(connection, Policy(), self.day, "USD"), frames.inputs(connection, Policy(), self.day, "USD", in_hand=in_hand)
        assert_frame_equal(beside.receipts, anew.receipts)
        assert_frame_equal(beside.remittance, anew.remittance)

    @precondition(lambda self: self.references)
    @rule(data=st.data(), fee=st.sampled_from([0, 0, 300]), named=st.booleans())
    def a_payment_comes_back(self, data: st.DataObject, fee: int, named: bool) -> None:
        self.files += 1
        reference, minor = data.draw(st.sampled_from(self.references))
        line = bank_line(-minor - fee, "return", day=min(self.day.day, 28), original_reference=reference if named else "", return_reason="R01",
                         payer_name=f"CUSTOMER C{minor % 2 + 1}")
        with self.work() as connection:
            take_in(connection, document([line]), f"back{self.files}", CONFIG, self.day)

    def _queue(self, connection: Connection) -> None:
        receipt = schema.receipt
        for receipt_id in connection.execute(select(receipt.c.receipt_id).where(receipt.c.state == "open", receipt.c.unapplied_minor > 0)).scalars().all():
            exceptions.requeue(connection, receipt_id, "test", "new", self.day)

    def _case(self, connection: Connection, data: st.DataObject, status: str) -> int:
        case = schema.exception_case
        ids = connection.execute(select(case.c.exception_id).where(case.c.status == status, case.c.receipt_id.is_not(None)).order_by(case.c.exception_id)).scalars().all()
        return data.draw(st.sampled_from(ids or [0]))

    @precondition(lambda self: self.files)
    @rule(data=st.data(), verbs=st.lists(st.sampled_from(["apply", "apply", "account", "non_ar"]), min_size=1, max_size=3))
    def a_clerk_decides(self, data: st.DataObject, verbs: list[str]) -> None:
        by = desk.By("ann", self.day)
        for verb in verbs:
            with self.work(1) as connection:
                number = self._case(connection, data, "open")
                if verb == "apply":
                    apply_to(connection, number, [self._share(connection, data, number)], by, RATES)
                elif verb == "account":
                    desk.on_account(connection, number, data.draw(st.sampled_from(["C1", "C2"])), by)
                else:
                    desk.non_ar(connection, number, "other income", by)

    def _share(self, connection: Connection, data: st.DataObject, exception_id: int) -> tuple[str, str]:
        """An open invoice in whatever currency, and as much as it and the receipt of the case bear, or a part."""
        item, receipt, case = schema.open_item, schema.receipt, schema.exception_case
        items = connection.execute(select(item).where(item.c.open_minor > 0).order_by(item.c.item_id)).all()
        left = connection.execute(select(receipt.c.unapplied_minor).join(case, case.c.receipt_id == receipt.c.receipt_id).where(case.c.exception_id == exception_id)).scalar()
        if not items or not left:
            return "NOTHING", "1.00"
        chosen = data.draw(st.sampled_from(items))
        most = min(chosen.open_minor, left)
        return chosen.document_number, to_text(data.draw(st.sampled_from([most, most, min(most, 1000)])), "USD")

    @precondition(lambda self: self.decisions)
    @rule(data=st.data())
    def a_clerk_undoes(self, data: st.DataObject) -> None:
        event, entry = schema.exception_event, schema.journal_entry
        with self.work() as connection:
            reversed_ones = select(entry.c.reverses).where(entry.c.reverses.is_not(None))
            ids = connection.execute(select(event.c.exception_id).distinct().where(
                event.c.entry_id.is_not(None), event.c.entry_id.not_in(reversed_ones)).order_by(event.c.exception_id)).scalars().all()
            desk.undo(connection, data.draw(st.sampled_from(ids or [0])), desk.By("ann", self.day))

    @rule(data=st.data(), kind=st.sampled_from(KINDS), amount=st.sampled_from(["", "1.00", "25.00", "200.00"]))
    def a_clerk_adjusts(self, data: st.DataObject, kind: str, amount: str) -> None:
        item, receipt = schema.open_item, schema.receipt
        fits = adjustment_legs.KINDS[kind][0]
        about = data.draw(st.sampled_from([word for word in ("item", "receipt", "customer") if word in fits]))
        with self.work(1) as connection:
            side = item.c.open_minor < 0 if "credit item" in fits else item.c.open_minor > 0 if "debit item" in fits else item.c.open_minor != 0
            items = connection.execute(select(item).where(side).order_by(item.c.item_id)).all()
            debits = connection.execute(select(item).where(item.c.open_minor > 0).order_by(item.c.item_id)).all()
            keys = connection.execute(select(receipt.c.receipt_key).where(receipt.c.unapplied_minor > 0).order_by(receipt.c.receipt_id)).scalars().all()
            chosen = data.draw(st.sampled_from(items)) if about == "item" and items else None
            target = data.draw(st.sampled_from(debits)) if kind == "apply_credit" and debits else None
            self.pending |= adjustments.request(connection, Wanted(
                kind, "some reason", amount or ("9.00" if about == "customer" else ""), "USD", chosen.customer_id if chosen else data.draw(st.sampled_from(["C1", "C2"])),
                chosen.document_number if chosen else "", data.draw(st.sampled_from(keys)) if about == "receipt" and keys else "",
                data.draw(st.sampled_from(["C1", "C2"])) if kind == "transfer" else "", target.document_number if target else "",
            ), self.signed).status == "pending"

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), who=st.sampled_from(["ann", "mary"]))
    def somebody_approves(self, data: st.DataObject, who: str) -> None:
        table = schema.adjustment
        with self.work() as connection:
            pending = connection.execute(select(table.c.adjustment_id).where(table.c.status == "pending").order_by(table.c.adjustment_id)).scalars().all()
            if pending:
                adjustments.approve(connection, data.draw(st.sampled_from(pending)), Signed(who, self.day, []))
                assert who != "ann", "ann approved what ann asked for"

    @precondition(lambda self: self.files and not self.undone)
    @rule(data=st.data(), dependents=st.booleans())
    def a_file_is_undone(self, data: st.DataObject, dependents: bool) -> None:
        file = schema.source_file
        with self.work() as connection:
            ids = connection.execute(select(file.c.file_id).where(undoing_files.stands(file.c.file_id)).order_by(file.c.file_id)).scalars().all()
            chosen = undoing.a_file(connection, str(data.draw(st.sampled_from(ids or [0]))))
            gone = undoing.undo(connection, chosen, reversals.Why("ann", self.day, "wrong file"), dependents=dependents)
            self.undone |= {name for name in gone.files if name in self.documents}

    @precondition(lambda self: self.decisions)
    @rule()
    def a_day_is_undone(self) -> None:
        with self.work() as connection:
            undoing.undo(connection, undoing.a_clerks_day(connection, "ann", self.day), reversals.Why("mary", self.day, "wrong day"))
        self.decisions = 0

    @rule(state=st.sampled_from(["soft_closed", "locked", "open", "open"]))
    def the_month_is_closed_or_opened(self, state: periods.State) -> None:
        """A locked month refuses people's work and sends the files' money to the next; nothing else may come of it."""
        with self.work() as connection:
            periods.change(connection, periods.month("2026-11"), state, "mary", "month end")

    @invariant()
    def the_books_hold(self) -> None:
        with db.reading(self.engine) as connection:
            assert {told.what: told.broken for told in proof.prove(connection) if told.broken} == {}

    @invariant()
    def no_receipt_is_overdrawn(self) -> None:
        receipt, item = schema.receipt, schema.open_item
        with db.reading(self.engine) as connection:
            wrong = select(func.count()).where((receipt.c.unapplied_minor < 0) | (receipt.c.unapplied_minor > receipt.c.amount_minor))
            assert connection.execute(wrong).scalar_one() == 0
            turned = select(func.count()).where(item.c.amount_minor * item.c.open_minor < 0)
            assert connection.execute(turned).scalar_one() == 0

    def teardown(self) -> None:
        """At the end of the month every report ties."""
        with db.reading(self.engine) as connection:
            if connection.execute(select(func.count()).select_from(schema.customer)).scalar_one():
                for name in reports.REPORTS.keys() - {"exceptions"}:  # the queue is filled by runs, which this month has none of
                    assert reports.make(connection, name, When(None, dt.date(2026, 12, 31))).broken == (), name


def _empty(engine: Engine) -> None:
    """An empty company again: faster than a new database for each example. Guards and references are lifted for it and put back."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")  # which a transaction would ignore
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            guards = [tuple(row) for row in connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))]
            for statement in (*(f"DROP TRIGGER {name}" for name, _ in guards), *(f"DELETE FROM {table}" for table in TABLES), *(guard for _, guard in guards)):
                connection.exec_driver_sql(statement)
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for table in TABLES:
            connection.exec_driver_sql(f"DELETE FROM {table}")


def test_the_books_hold_whatever_happens_in_a_month(engine: Engine) -> None:
    Month.engine = engine
    run_state_machine_as_test(Month, settings=settings(
        max_examples=10 if engine.dialect.name == "sqlite" else 4, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True))
