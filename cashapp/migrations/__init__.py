"""Numbered changes of the schema, run by `db.migrate`."""
