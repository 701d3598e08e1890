"""What decisions teach, when it acts, and how it is undone. On both databases; the commands on an embedded one."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select

from cashapp import db, desk, explain, frames, learning, proposals, returns, reversals, schema, undoing_files
from cashapp.books_policy import ReturnRules
from matching import engine
from matching.schema import Policy
from tests.books import DAY, accept, apply_to, bank_line, document, owe, take_in
from tests.workspaces import cashapp

BY = desk.By("carla", DAY)
NAME, ACCOUNT = "ZEBRA HOLDINGS", "DE02120300000000202051"
AMOUNTS = [10_011, 20_123, 30_457, 41_089]


@pytest.fixture
def books(engine: Engine) -> Engine:
    """Two customers with four invoices each, and four payments of a stranger over the first one's amounts."""
    lines = [bank_line(minor, payer_name="Zebra  Holdings", payer_account="DE02 1203 0000 0000 2020 51", bank_reference=f"BR{minor}", day=n) for n, minor in enumerate(AMOUNTS, 2)]
    with db.writing(engine) as connection:
        connection.execute(schema.customer.insert(), [{"customer_id": "C1", "name": "Acme Tools Inc"}, {"customer_id": "C2", "name": "Borealis Freight LLC"}])
        for who in (1, 2):
            for n, minor in enumerate(AMOUNTS, 1):
                owe(connection, 10 * who + n, f"C{who}", f"INV-{who}0{n:04}", minor * who, due_date=dt.date(2026, 11, n))
        take_in(connection, document(lines), "statement")
    return engine


def matched(connection: Connection, act_after: int) -> int:
    wanted = frames.inputs(connection, Policy(), DAY, "USD", act_after)
    return proposals.keep(connection, engine.outcomes(wanted), wanted.receipts, wanted.items, DAY, post=True).auto_count


def cases(connection: Connection) -> list[int]:
    case = schema.exception_case
    return list(connection.execute(select(case.c.exception_id).where(case.c.status == "open").order_by(case.c.exception_id)).scalars())


def told(connection: Connection, act_after: int = 2) -> list[tuple[object, ...]]:
    return learning.rules(connection, act_after).select("kind", "value", "customer_id", "confirmations", "status").rows()


def test_a_stranger_is_known_after_as_many_decisions_as_the_manager_wants(books: Engine) -> None:
    with db.writing(books) as connection:
        assert matched(connection, 2) == 0
        first, second, *_ = cases(connection)
        accept(connection, first, 1, BY)
        assert told(connection) == [("account", ACCOUNT, "C1", 1, "shadow"), ("alias", NAME, "C1", 1, "shadow")]
        assert matched(connection, 2) == 0
        accept(connection, second, 1, BY)
        assert told(connection) == [("account", ACCOUNT, "C1", 2, "acts"), ("alias", NAME, "C1", 2, "acts")]
        assert matched(connection, 0) == 0
        assert matched(connection, 2) == 2


def test_undoing_the_decision_undoes_the_lesson(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection, 2)
        first, second, *_ = cases(connection)
        for case in (first, second):
            accept(connection, case, 1, BY)
        desk.undo(connection, second, BY)
        assert told(connection) == [("account", ACCOUNT, "C1", 1, "shadow"), ("alias", NAME, "C1", 1, "shadow")]
        assert matched(connection, 2) == 0


def test_a_bank_return_undoes_no_lesson(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection, 2)
        accept(connection, cases(connection)[0], 1, BY)
        returns.expect(connection, 1, "R01 insufficient funds", returns.Act("carla", DAY, ReturnRules()))
        assert len(told(connection)) == 2


def test_a_person_who_says_that_the_money_was_returned_still_undoes_the_lesson(books: Engine) -> None:
    """What took a decision off is known by the return's history, not by the words of a reason."""
    with db.writing(books) as connection:
        matched(connection, 2)
        entry = accept(connection, cases(connection)[0], 1, BY)
        reversals.take_back(connection, entry, reversals.Why("carla", DAY, "returned to the payer's bank"))
        assert told(connection) == []


def test_a_lesson_goes_with_its_decision_though_a_return_came_and_went_between(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection, 2)
        accept(connection, cases(connection)[0], 1, BY)
        for _ in range(2):  # the bank returns it, and takes that back, twice
            number = returns.expect(connection, 1, "R01 insufficient funds", returns.Act("carla", DAY, ReturnRules()))
            returned = connection.execute(select(schema.returned_item).where(schema.returned_item.c.return_id == number)).one()
            undoing_files.take_return_back(connection, returned, reversals.Why("carla", DAY, "the return was not ours"), [])
        assert len(told(connection)) == 2
        standing = reversals.standing(connection, 1)
        reversals.take_back(connection, standing[-1].entry_id, reversals.Why("carla", DAY, "not theirs"))
        assert told(connection) == []


def test_the_same_receipt_confirms_once(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection, 2)
        first = cases(connection)[0]
        apply_to(connection, first, [("INV-100001", "50.00")], BY)
        apply_to(connection, first, [("INV-100002", "50.11")], BY)
        assert [row[3] for row in told(connection)] == [1, 1]


def test_a_name_that_points_to_two_customers_never_acts(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection, 1)
        first, second, *_ = cases(connection)
        accept(connection, first, 1, BY)
        apply_to(connection, second, [("INV-200001", "200.22")], BY)
        assert {row[4] for row in told(connection, 1)} == {"disputed"}
        assert matched(connection, 1) == 0


def test_a_decision_for_two_customers_teaches_nothing(books: Engine) -> None:
    with db.writing(books) as connection:
        matched(connection, 2)
        apply_to(connection, cases(connection)[1], [("INV-100001", "100.11"), ("INV-200001", "100.00")], BY)
        assert told(connection) == []


def settle(connection: Connection, minor: int, text: str, pairs: list[tuple[str, str]]) -> None:
    """A payment of Acme with the text, put by Carla where the pairs say."""
    line = bank_line(minor, payer_name="Acme Tools Inc", remittance_text=text, bank_reference=f"T{minor}")
    take_in(connection, document([line], reference=text), text)
    matched(connection, 0)
    case, receipt, bank = schema.exception_case, schema.receipt, schema.bank_line
    query = select(case.c.exception_id).join(receipt, receipt.c.receipt_id == case.c.receipt_id).join(bank, bank.c.line_id == receipt.c.line_id)
    apply_to(connection, connection.execute(query.where(bank.c.bank_reference == f"T{minor}")).scalar_one(), pairs, BY)


def test_a_part_of_the_number_is_learned_and_acts(engine: Engine) -> None:
    """Acme leaves out the year and the last digit of our numbers; the fourth time its own invoices are found by what is left."""
    numbers = [f"24{n}7{n}55-9" for n in (1, 2, 3, 4)]
    with db.writing(engine) as connection:
        connection.execute(schema.customer.insert(), [{"customer_id": "C1", "name": "Acme Tools Inc"}])
        for n, number in enumerate(numbers, 1):
            owe(connection, n, "C1", number, 500_00, due_date=dt.date(2026, 11, n))
        settle(connection, 101_00, f"FOR {numbers[0][2:7]}", [(numbers[0], "101.00")])
        settle(connection, 102_00, f"FOR {numbers[1][2:7]}", [(numbers[1], "102.00")])
        assert told(connection, 3) == [("shape", "99999999[2:7]", "C1", 2, "shadow")]
        assert told(connection, 2) == [("shape", "99999999[2:7]", "C1", 2, "acts")]
        line = bank_line(500_00, payer_name="Acme Tools Inc", remittance_text=f"FOR {numbers[3][2:7]}", bank_reference="LAST")
        take_in(connection, document([line], reference="last"), "last")
        assert matched(connection, 3) == 0
        assert matched(connection, 2) == 1
        paid = select(schema.open_item.c.document_number).where(schema.open_item.c.open_minor == 0)
        assert connection.execute(paid).scalars().all() == [numbers[3]]


def test_a_payer_of_the_oldest_items_gets_them_suggested(engine: Engine) -> None:
    with db.writing(engine) as connection:
        connection.execute(schema.customer.insert(), [{"customer_id": "C1", "name": "Acme Tools Inc"}])
        for n in range(1, 7):
            owe(connection, n, "C1", f"INV-{n}", 100_00 + n, due_date=dt.date(2026, 11, n))
        settle(connection, 150_00, "MONTHLY", [("INV-1", "100.01"), ("INV-2", "49.99")])
        settle(connection, 151_00, "MONTHLY AGAIN", [("INV-2", "50.03"), ("INV-3", "100.03")])
        assert told(connection, 2) == [("habit", "oldest_first", "C1", 2, "acts")]
        line = bank_line(160_00, payer_name="Acme Tools Inc", remittance_text="MONTHLY", bank_reference="LAST")
        take_in(connection, document([line], reference="last"), "last")
        for act_after, rule in ((0, "on_account"), (2, "oldest_items")):
            matched(connection, act_after)
            head, receipt = schema.proposal, schema.receipt
            first = select(head.c.rule).join(receipt, receipt.c.receipt_id == head.c.receipt_id).where(receipt.c.amount_minor == 160_00, head.c.rank == 1)
            assert connection.execute(first).scalar() == rule


def test_what_is_known_already_is_not_learned_but_a_habit_is(books: Engine) -> None:
    with db.writing(books) as connection:
        connection.execute(schema.customer_alias.insert().values(customer_id="C1", alias="Zebra Holdings", source="import"))
        connection.execute(schema.customer_account.insert().values(customer_id="C1", account=ACCOUNT, source="import"))
        line = bank_line(9_000, payer_name="Zebra Holdings", payer_account=ACCOUNT, remittance_text="INV-100001", bank_reference="SHORT")
        take_in(connection, document([line], reference="2"), "second")
        matched(connection, 0)
        case, receipt, bank = schema.exception_case, schema.receipt, schema.bank_line
        short = connection.execute(select(case.c.exception_id).join(receipt, receipt.c.receipt_id == case.c.receipt_id).join(
            bank, bank.c.line_id == receipt.c.line_id).where(bank.c.bank_reference == "SHORT")).scalar_one()
        accept(connection, short, 1, BY)
        assert told(connection) == [("habit", "short", "C1", 1, "shadow")]
        assert learning.habits(connection, "C1") == {"short": 1}
        take_in(connection, document([line._replace(bank_reference="AGAIN", amount_minor=9_001)], reference="3"), "third")
        matched(connection, 0)
        told_again = explain.explain(connection, "AGAIN", "USD")
        assert ("difference", "neutral", "The payer pays short: persons have settled 1 of its receipts so.") in told_again.thought


def statement(number: int, lines: list[tuple[str, str, str]]) -> str:
    total = sum(int(amount.replace(",", "")) for amount, _, _ in lines)
    body = "".join(f":61:2611091109C{amount}NTRFNONREF//{reference}\r\n:86:{text}\r\n" for amount, reference, text in lines)
    return f":20:S{number}\r\n:25:111222333\r\n:28C:{number}/1\r\n:60F:C261108USD0,00\r\n{body}:62F:C261109USD{total // 100},{total % 100:02}\r\n-\r\n"


@pytest.fixture
def history(home: Path, tmp_path: Path) -> Path:
    """A day on which the engine posted two receipts and a person decided a third."""
    (tmp_path / "invoices.csv").write_text(
        "invoice_number,customer_id,customer_name,amount,currency,issue_date\nINV-100201,C1,Acme Tools Inc,100.00,USD,2026-10-01\n"
        "INV-100202,C2,Borealis Freight LLC,250.50,USD,2026-10-01\nINV-100203,C3,Cedar Grove Bakery,75.25,USD,2026-10-01\n")
    assert cashapp(home, "import", "invoices", str(tmp_path / "invoices.csv")).exit_code == 0
    (tmp_path / "bank.sta").write_text(statement(1, [("100,00", "BR1", "INV-100201"), ("250,50", "BR2", "INV-100202"), ("70,00", "BR3", "INV-100203")]))
    assert cashapp(home, "run", str(tmp_path / "bank.sta"), "--as-of", "2026-11-09").exit_code == 0
    assert cashapp(home, "exceptions", "accept", "1").exit_code == 0
    return home


def replayed(home: Path, *words: str) -> dict[str, object]:
    result = cashapp(home, "rules", "replay", "--from", "2026-11-01", "--until", "2026-11-30", "--json", *words)
    assert result.exit_code == 0
    return json.loads(result.stdout)


def summed(told: dict[str, object]) -> list[tuple[object, ...]]:
    return [(row["outcome"], row["verdict"], row["receipts"], row["lines"], row["applied"]) for row in told["summary"]]


def test_the_same_rules_replayed_are_what_was_posted(history: Path) -> None:
    told = replayed(history)
    assert (told["receipts"], told["days"], summed(told)) == (3, 1, [("same", "right", 2, 2, "350.50")])


def test_stricter_rules_lose_lines(history: Path, tmp_path: Path) -> None:
    strict = tmp_path / "strict.toml"
    strict.write_text('[unattended]\nlimits = { USD = "200.00" }\n')
    told = replayed(history, "--config", str(strict))
    assert summed(told) == [("lost", "right", 1, 1, "250.50"), ("same", "right", 1, 1, "100.00")]
    assert [(row["outcome"], row["applied"]) for row in told["differences"]] == [("lost", "250.50")]


def test_generous_rules_are_held_against_what_the_clerk_decided(history: Path, tmp_path: Path) -> None:
    generous = tmp_path / "generous.toml"
    generous.write_text('[policy]\nrounding_difference = "10.00"\n')
    assert summed(replayed(history, "--config", str(generous))) == [("same", "right", 2, 2, "350.50"), ("won", "wrong", 1, 1, "70.00")]


def test_a_replay_writes_nothing_and_knows_its_days(history: Path) -> None:
    before = cashapp(history, "export", "journal").stdout
    assert replayed(history)["days"] == 1
    assert cashapp(history, "export", "journal").stdout == before
    empty = cashapp(history, "rules", "replay", "--from", "2025-01-01", "--until", "2025-01-31", "--json")
    assert json.loads(empty.stdout) == {"receipts": 0, "days": 0, "summary": [], "differences": []}
    assert cashapp(history, "rules", "replay", "--from", "2026-02-01", "--until", "2026-01-31").exit_code == 2


def test_the_commands_speak(history: Path) -> None:
    assert "pays short" in cashapp(history, "rules", "list").stdout
    assert json.loads(cashapp(history, "rules", "list", "--json").stdout)["rules"][0]["customer_id"] == "C3"
    words = cashapp(history, "rules", "replay", "--from", "2026-11-01", "--until", "2026-11-30").stdout
    assert "3 receipts of 1 days, beside what was posted then" in words
    assert "posted both times alike; as decided in the end" in " ".join(words.split())
