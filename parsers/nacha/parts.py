"""The documents of a file that is read in columns, one after the other: how their statements are numbered and which one is open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from parsers.documents import Document, Statement, drain, mismatch
from parsers.records import BankLine, Control, DetailChange, Issue, Record, StatementClosed, StatementOpened


@dataclass(slots=True)
class Parts:
    """The documents so far: how many statements they open, and the last of these."""

    format: str
    statements: int = 0
    statement: Statement | None = None

    def begun(self, records: list[Record]) -> tuple[Document, list[Document]]:
        """The document that goes on behind these records, and one of their own where they hold bank lines."""
        if any(isinstance(record, BankLine) for record in records):
            return self._empty(), [self.drained(records)]
        document = self._empty()
        self.take(document, records)
        return document, []

    def _empty(self) -> Document:
        return Document(format=self.format)

    def drained(self, records: list[Record]) -> Document:
        """Records as a document; it goes on in the statement that was open before them."""
        before = [] if self.statement is None else [self.statement.opened]
        document = drain(self.format, [*before, *records])
        if self.statement is not None:
            again = document.statements.pop(0)
            self.statement.closed = again.closed or self.statement.closed
        document.lines = document.lines.with_columns(pl.col("statement") + (self.statements - len(before)))
        self.opened(document.statements)
        return document

    def take(self, document: Document, records: Iterable[Record]) -> None:
        """Puts records other than bank lines into a document."""
        for record in records:
            match record:
                case StatementOpened():
                    document.statements.append(Statement(record))
                    self.opened(document.statements[-1:])
                case StatementClosed():
                    assert self.statement is not None, "a statement closes that was never opened"
                    self.statement.closed = record
                case Control():
                    document.controls.append(record)
                    if not record.ties:
                        document.issues.append(mismatch(record))
                case Issue():
                    document.issues.append(record)
                case DetailChange():
                    document.changes.append(record)

    def opened(self, statements: list[Statement]) -> None:
        """These are in a document now."""
        self.statements += len(statements)
        self.statement = statements[-1] if statements else self.statement
