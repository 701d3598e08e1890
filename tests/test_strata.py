"""The error budget: what the history of a kind of evidence is, what it closes, who is drawn for the audit. On both databases."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Connection, Engine, select

from cashapp import config, db, desk, frames, proposals, returns, reversals, schema, strata
from cashapp.books_policy import ReturnRules
from cashapp.config import Unattended
from cashapp.errors import UsageError
from cashapp.reversals import Why
from cashapp.workspace import Workspace
from matching import certainty, engine
from matching.schema import Policy
from tests.books import DAY, accept, apply_to, bank_line, document, owe, take_in
from tests.workspaces import cashapp, table

BY = desk.By("carla", DAY)
MANY = 6

WRONG = Why("carla", DAY, "wrong invoice")


def customers(connection: Connection) -> None:
    connection.execute(schema.customer.insert(), [{"customer_id": "C1", "name": "Acme Tools Inc"}])


def invoices(connection: Connection, *amounts: int) -> None:
    for n, minor in enumerate(amounts, 1):
        owe(connection, n, "C1", f"INV-10{n:04}", minor, due_date=dt.date(2026, 11, 1))


def take_off(connection: Connection, receipt_id: int, why: Why = WRONG) -> None:
    reversals.take_back(connection, reversals.standing(connection, receipt_id)[0].entry_id, why)


def matched(connection: Connection, policy: Policy | None = None, *, post: bool = True, audit: proposals.Audit | None = None) -> proposals.Matched:
    wanted = frames.inputs(connection, policy or Policy(), DAY, "USD")
    return proposals.keep(connection, engine.outcomes(wanted), wanted.receipts, wanted.items, DAY, post=post, audit=audit or proposals.Audit())


@pytest.fixture
def books(engine: Engine) -> Engine:
    """Six invoices of one payer, and a payment for each that names it."""
    amounts = [10_011 + 977 * n for n in range(MANY)]
    lines = [bank_line(minor, payer_name="Acme Tools Inc", remittance_text=f"INV-10{n:04}", bank_reference=f"BR{n}") for n, minor in enumerate(amounts, 1)]
    with db.writing(engine) as connection:
        customers(connection)
        invoices(connection, *amounts)
        take_in(connection, document(lines), "statement")
    return engine


def counts(connection: Connection) -> list[tuple[str, int, int]]:
    return list(strata.history(connection).select(pl.concat_str(strata.STRATUM, separator="/"), "decided", "wrong").iter_rows())


def cases(connection: Connection) -> list[int]:
    case = schema.exception_case
    return list(connection.execute(select(case.c.exception_id).where(case.c.status == "open").order_by(case.c.exception_id)).scalars())


NUMBER = "reference_exact/name/exact"


def test_what_stands_is_right_and_what_a_person_took_back_is_wrong(books: Engine) -> None:
    with db.writing(books) as connection:
        assert matched(connection).auto_count == MANY
        assert counts(connection) == [(NUMBER, MANY, 0)]
        take_off(connection, 1)
        assert counts(connection) == [(NUMBER, MANY, 1)]


def test_a_bank_return_is_nobodys_error(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection)
        returns.expect(connection, 1, "R01 insufficient funds", returns.Act("carla", DAY, ReturnRules()))
        assert counts(connection) == [(NUMBER, MANY, 0)]


def test_what_a_person_took_back_does_not_post_again(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection)
        take_off(connection, 1)
        assert matched(connection).auto_count == 0
        assert len(cases(connection)) == 1


def test_a_persons_decision_is_held_against_the_suggestion(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection, post=False)
        first, second, *_ = cases(connection)
        accept(connection, first, 1, BY)
        apply_to(connection, second, [("INV-100006", "100.00")], BY)
        assert counts(connection) == [(NUMBER, 2, 1)]


@pytest.mark.parametrize(("enforce", "wrong", "is_closed"), [
    ("off", 3, False), ("disproven", 0, False), ("disproven", 3, True), ("unproven", 0, True), ("unproven", 3, True),
])
def test_what_the_budget_closes(books: Engine, enforce: str, wrong: int, *, is_closed: bool) -> None:
    with db.writing(books) as connection:
        matched(connection)
        for receipt in range(1, wrong + 1):
            take_off(connection, receipt)
        assert (NUMBER in strata.closed(connection, Unattended(enforce=enforce), DAY)) == is_closed


def test_a_generous_budget_is_kept_by_six_right_ones(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection)
        rules = Unattended(enforce="unproven", wrong_in=2)
        assert NUMBER not in strata.closed(connection, rules, DAY)
        assert len(strata.closed(connection, rules, DAY)) == len(certainty.names()) - 1


@pytest.mark.parametrize(("policy", "posts"), [
    (Policy(closed_strata=("reference_exact/name/exact",)), False), (Policy(closed_strata=("reference_exact",)), False),
    (Policy(closed_strata=("reference_exact/name",)), False), (Policy(closed_strata=("*/name/*",)), False), (Policy(closed_strata=("single_item",)), True),
    (Policy(open_strata=("reference_*",)), True), (Policy(open_strata=("remittance_advice",)), False),
    (Policy(open_strata=("reference_exact",), closed_strata=("reference_exact/name",)), False),
    (Policy(unattended_limits=(("USD", 5_000),)), False), (Policy(unattended_limits=(("EUR", 5_000),)), True),
    (Policy(unattended_limit_minor=5_000, unattended_limits=(("USD", 5_000_000),)), True),
])
def test_the_managers_lists_and_limits(books: Engine, policy: Policy, *, posts: bool) -> None:
    with db.writing(books) as connection:
        assert matched(connection, policy).auto_count == (MANY if posts else 0)


def test_the_drawn_ones_wait_and_are_told_like_any_other(books: Engine) -> None:
    with db.writing(books) as connection:
        assert matched(connection, audit=proposals.Audit(1, "x")).auto_count == 0
        assert matched(connection, audit=proposals.Audit(1, "x")).auto_count == 0
        case = schema.exception_case
        assert set(connection.execute(select(case.c.reason)).scalars()) == {"weak_evidence"}
        first, second, *_ = cases(connection)
        accept(connection, first, 1, BY)
        apply_to(connection, second, [("INV-100006", "100.00")], BY)
        assert strata.audited(connection, None, DAY).rows() == [("reference_exact", MANY, 2, 1)]


def test_the_draw_is_a_share_and_always_the_same() -> None:
    keys = pl.Series([f"R{n:015x}" for n in range(20_000)])
    share = strata.drawn(keys, 100, "seed")
    assert 150 < share.sum() < 250
    assert strata.drawn(keys.reverse(), 100, "seed").reverse().equals(share)
    assert not strata.drawn(keys, 100, "another").equals(share)
    assert strata.drawn(keys, 0, "seed").sum() == 0


@pytest.mark.parametrize("line", ["wrong_in = 0", "confidence = 100", "audit_one_in = -1", 'enforce = "perhaps"', 'limits = { USD = "1.234" }'])
def test_senseless_settings_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "cashapp.toml"
    path.write_text(f"[unattended]\n{line}\n")
    with pytest.raises(UsageError, match="correct the key"):
        config.load(path)


def test_a_new_workspace_spells_the_defaults(tmp_path: Path) -> None:
    new = Workspace(tmp_path / "new")
    new.create()
    assert new.config == config.Config()


def test_the_report_shows_strata_and_audit(home: Path, tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text("invoice_number,customer_id,customer_name,amount,currency\nINV-100201,C1,Acme Tools Inc,100.00,USD\n")
    (tmp_path / "bank.sta").write_text(":20:S1\r\n:25:111222333\r\n:28C:1/1\r\n:60F:C261108USD0,00\r\n:61:2611091109C100,00NTRFNONREF//BR1\r\n"
                                       ":86:INV-100201\r\n:62F:C261109USD100,00\r\n-\r\n")
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv")).exit_code == 0
    assert cashapp(home, "run", str(tmp_path / "bank.sta"), "--as-of", "2026-11-09").exit_code == 0
    assert [row["invoice_number"] for row in table(home, "applications")] == ["INV-100201"]
    told = json.loads(cashapp(home, "report", "match-rate", "--as-of", "2026-11-09", "--to", "json").stdout)
    sections = {section["name"]: section for section in told["sections"]}
    [row] = sections["by_stratum"]["rows"]
    assert (row["rule"], row["decided"], row["wrong"], row["at_least"], row["at_most"]) == ("reference_exact", 1, 0, "0.00", "95.00")
    assert sections["audit"]["rows"] == []
