"""Answers about the books that are kept until the books change.

What many people ask again and again, and what reads many rows, is asked once. The books are as they were as long as nothing was decided, opened,
posted or run since: each of these adds a row at the end of a table (`moment`), and a row that is looked up there costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from sqlalchemy import Connection, func, select

from cashapp import schema

KEPT_MAX = 64
Answer = TypeVar("Answer")
_WORDS_ONLY = ("note", "ask")
"""Deeds that change nothing which is counted."""


@dataclass
class Kept:
    """Answers by their question and the books' moment; the oldest go first. Safe among threads."""

    _answers: dict[Hashable, object] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, connection: Connection, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The answer as of the connection's snapshot."""
        key = (moment(connection), question)
        with self._lock:
            if key in self._answers:
                return cast("Answer", self._answers[key])
        answer = ask()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > KEPT_MAX:
                del self._answers[next(iter(self._answers))]
        return answer


def moment(connection: Connection) -> tuple[int, ...]:
    """The numbers of the last decision, case, journal entry and run: the same numbers, the same cases and money."""
    event, case, entry, run = schema.exception_event, schema.exception_case, schema.journal_entry, schema.run_log
    decided = select(event.c.event_id).where(event.c.action.not_in(_WORDS_ONLY)).order_by(event.c.event_id.desc()).limit(1)
    last = [decided.scalar_subquery(), *(select(func.max(column)).scalar_subquery() for column in (case.c.exception_id, entry.c.entry_id, run.c.run_id))]
    return tuple(number or 0 for number in connection.execute(select(*last)).one())
