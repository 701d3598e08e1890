"""The migrations make exactly the schema that the program works with, on both databases."""

from __future__ import annotations

import datetime as dt

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import DBAPIError

from cashapp import db, schema


def test_migrated_and_declared_schema_are_the_same(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    assert db.revision(engine) == db.HEAD


def test_sqlite_tables_and_indexes_are_the_same_to_the_letter(tmp_path: object) -> None:
    """Partial indexes, checks and WITHOUT ROWID, which the comparison above does not see."""
    def shapes(url: str, *, migrated: bool) -> dict[str, str]:
        engine = db.connect(url) if migrated else create_engine(url)
        if migrated:
            db.migrate(engine)
        else:
            schema.metadata.create_all(engine)
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger' AND name <> 'alembic_version'"))
            found = {name: " ".join(sorted(sql.replace("(", " ( ").replace(")", " ) ").replace(",", " ").replace('"', "").split())) for name, sql in rows}
        engine.dispose()
        return found

    assert shapes(f"sqlite:///{tmp_path}/a.db", migrated=True) == shapes(f"sqlite:///{tmp_path}/b.db", migrated=False)


def test_books_of_the_first_schema_keep_their_returned_items(db_url: str) -> None:
    """A payment that came back before returned items were cases, and a file whose content may come again."""
    engine = db.connect(db_url)
    config = Config()
    config.set_main_option("script_location", "cashapp:migrations")
    with db.writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in (
            "INSERT INTO source_file VALUES (1, 'aa', 'f', 'bai2', 1, '2026-11-09 00:00:00', '2026-11-09', 2)",
            "INSERT INTO statement (statement_id, file_id, line) VALUES (1, 1, 1)",
            *(f"INSERT INTO bank_line (line_id, file_id, statement_id, line, byte_start, byte_end, account, report, amount_minor, currency, kind, "
              f"booking_date, value_date, fee_minor) VALUES ({n}, 1, 1, {n}, 0, 0, 'A', 'statement', {minor}, 'USD', '{kind}', '2026-11-09', '2026-11-09', 0)"
              for n, minor, kind in ((1, 500, "receipt"), (2, -500, "return"))),
            "INSERT INTO customer (customer_id, name) VALUES ('C1', 'Acme')",
            "INSERT INTO receipt VALUES (1, 'R1', 1, 'A', 'USD', 500, '2026-11-09', 'C1', 'returned', 0)",
            "INSERT INTO journal_entry (entry_id, kind, entry_date, posted_at, source_key, actor) VALUES (7, 'return', '2026-11-09', '2026-11-09 00:00:00', 'return:2', 't')",
            "INSERT INTO returned_item VALUES (2, 1, 500, 'R01', 'it names T')",
        ):
            connection.exec_driver_sql(statement)
    db.migrate(engine)
    table = schema.returned_item
    with db.reading(engine) as connection:
        row = connection.execute(select(table)).one()
        kept = (row.line_id, row.receipt_id, row.customer_id, row.currency, row.amount_minor, row.code, row.method, row.entry_id, row.returned_on, row.fee_state)
        assert kept == (2, 1, "C1", "USD", 500, "R01", "mirror", 7, dt.date(2026, 11, 9), "none")
        assert connection.execute(select(schema.receipt.c.held)).scalar_one() is False
    with db.writing(engine) as connection:
        connection.exec_driver_sql("INSERT INTO source_file VALUES (2, 'aa', 'f', 'bai2', 1, '2026-11-09 00:00:00', '2026-11-09', 2)")
    with pytest.raises(DBAPIError, match="append-only"), db.writing(engine) as connection:
        connection.exec_driver_sql("DELETE FROM source_file")
    engine.dispose()


def test_every_append_only_table_is_guarded(engine: Engine) -> None:
    names = {"sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'",
             "postgresql": "SELECT event_object_table FROM information_schema.triggers"}
    with engine.connect() as connection:
        guarded = set(connection.execute(text(names[engine.dialect.name])).scalars())
    assert guarded == {table.name for table in schema.APPEND_ONLY}
