"""The migrations make exactly the schema that the program works with, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

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


def test_every_append_only_table_is_guarded(engine: Engine) -> None:
    names = {"sqlite": "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'",
             "postgresql": "SELECT event_object_table FROM information_schema.triggers"}
    with engine.connect() as connection:
        guarded = set(connection.execute(text(names[engine.dialect.name])).scalars())
    assert guarded == {table.name for table in schema.APPEND_ONLY}
