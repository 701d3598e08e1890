"""The bar of a piece of work on a terminal: what is being done, how much of how much, rate and remaining time."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from cashapp.logs import Events


class Bar:
    """A watcher whose lines stay above the bar."""

    def __init__(self, progress: Progress, events: Events) -> None:
        self._progress = progress
        self._task, self._whole = progress.add_task("starting", total=None), (0, "")
        self.events = events

    def tell(self, line: str) -> None:
        """One line."""
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def stage(self, what: str, done: int = 0, total: int = 0, of: str = "bytes") -> None:
        """Move the bar to `done` of `total`; where no total is known it only shows that work goes on, and for how long."""
        if total and (total, of) == self._whole:
            self._progress.update(self._task, description=what, completed=done)
            return
        self._progress.remove_task(self._task)  # a known total cannot become unknown
        self._task, self._whole = self._progress.add_task(what, completed=done, total=total or None, of=of), (total, of)


class _Pace(ProgressColumn):
    """`12.3 of 169.0 MB, 41.0 MB/s, 0:00:04 left`, `50,000 of 1,000,000 receipts, 25,000/s, 0:00:38 left`; nothing where the whole is not known."""

    def render(self, task: Task) -> Text:
        if not task.total:
            return Text("")
        in_bytes = task.fields["of"] == "bytes"
        if in_bytes:
            size = f"{task.completed / 1e6:,.1f} of {task.total / 1e6:,.1f} MB"
        else:
            size = f"{task.completed:,.0f} of {task.total:,.0f} {task.fields['of']}"
        if not task.speed or task.time_remaining is None:
            return Text(size)
        rate = f"{task.speed / 1e6:,.1f} MB/s, " if in_bytes else f"{task.speed:,.0f}/s, " if task.speed >= 1 else ""
        return Text(f"{size}, {rate}{dt.timedelta(seconds=round(task.time_remaining))} left")


@contextmanager
def drawn(events: Events) -> Iterator[Bar]:
    """A bar on stderr that is gone when the work is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24), _Pace(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        yield Bar(progress, events)
