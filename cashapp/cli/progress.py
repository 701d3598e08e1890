"""Who is told how a piece of work goes on: lines on stderr, and a bar there when it is a terminal (`cashapp.cli.bar`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cashapp.cli.context import tell
from cashapp.logs import Events

if TYPE_CHECKING:
    from cashapp.daily import Watcher
    from cashapp.reading import Part


class Plain:
    """Lines on stderr, no bar. Where events go to stderr, they say the same."""

    def __init__(self, events: Events) -> None:
        self.events = events

    def tell(self, line: str) -> None:
        """One line."""
        if not self.events.on_stderr:
            tell(line)

    def stage(self, what: str, done: int = 0, total: int = 0, of: str = "bytes") -> None:
        """Nobody looks."""


@contextmanager
def watching(events: Events | None = None, *, is_drawn: bool = True) -> Iterator[Watcher]:
    """A watcher for one piece of work. Not `is_drawn`: standard output goes to the same terminal and leaves no place for a bar."""
    given = events or Events()
    if is_drawn and sys.stderr.isatty() and not given.on_stderr:
        from cashapp.cli import bar

        with bar.drawn(given) as watcher:
            yield watcher
    else:
        yield Plain(given)


def through(found: Iterable[Part], paths: Iterable[Path], watcher: Watcher) -> Iterator[Part]:
    """The same parts of these files; the watcher hears where each ends."""
    sizes = {str(path): path.stat().st_size for path in paths}
    total, before, file = sum(sizes.values()), 0, ""
    for part in found:
        if part.file != file:
            before += sizes.get(file, 0)
            file = part.file
        at = part.document.lines["byte_end"][-1] if part.document.lines.height else 0
        watcher.stage(f"reading {Path(file).name}", min(before + at, total), total)
        yield part
