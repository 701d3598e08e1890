"""Real worker processes that die in the middle, once or always; and what is said where there are none."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from benchmarks import match_scale
from cashapp import crews
from cashapp.errors import CashappError
from matching import engine
from matching.crew import THREADS, Alone, in_order
from matching.schema import joined
from tests.workspaces import cashapp


def doubled(part: int, more: int) -> int:
    return 2 * part + more


def doubled_by_a_survivor(part: int, more: int, died: Path) -> int:
    """The first worker that is given 3 dies over it, as a machine does: without a word."""
    if part == 3 and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return doubled(part, more)


def fatal(_part: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def same(value: int) -> int:
    return value


def test_one_process_has_some_parts_in_hand_and_gives_them_in_order() -> None:
    made: list[int] = []

    def parts() -> Iterator[int]:
        for part in range(10):
            made.append(part)
            yield part

    second_is_done = threading.Event()

    def first_after_second(part: int) -> int:
        if part == 0:
            assert second_is_done.wait(10)
        elif part == 1:
            second_is_done.set()
        return part

    coming = in_order(first_after_second, parts())
    assert next(coming) == 0
    assert len(made) == THREADS + 1
    assert list(coming) == list(range(1, 10))


def test_who_listens_hears_how_many_receipts_are_begun() -> None:
    heard: list[tuple[str, int, int, str]] = []
    inputs, _ = match_scale.make(60, 60, 10)
    list(engine.outcomes(inputs, 20, Alone(lambda *told: heard.append(told))))
    assert heard[:3] == [("matching: what receipts say", done, 60, "receipts") for done in (0, 20, 40)]
    assert {told[0] for told in heard} == {"matching: what receipts say", "matching: amounts and what is near", "matching: suggestions"}


def test_what_is_wrong_with_a_part_is_told() -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda part: 1 // part, [1, 0, 2]))


def test_a_worker_that_dies_loses_nothing(tmp_path: Path) -> None:
    died = tmp_path / "died"
    with crews.workers("local:2") as crew:
        first = crew.each(doubled, range(6), crew.share(1))
        made = crew.each(doubled_by_a_survivor, range(6), 100, died)
        assert crew.told(same, made) == [100, 102, 104, 106, 108, 110]
        assert died.exists()
        assert crew.told(same, first) == [1, 3, 5, 7, 9, 11]  # what the dead one had made is made again


class DyingOnce(crews.Workers):
    """Whose workers all die over the first thing that they share, and take it along."""

    died = False

    def share(self, thing: object, /) -> object:
        shared = super().share(thing)
        if not self.died:
            self.died = True
            for worker in self._client.run(os.getpid).values():
                os.kill(worker, signal.SIGKILL)
        return shared


def test_matching_begins_anew_where_what_was_shared_is_lost() -> None:
    inputs, _ = match_scale.make(60, 60, 10)
    with crews.workers("local:2") as crew:
        dying = DyingOnce(crew._client)
        told = joined(list(crews.outcomes(dying, 20, inputs)))
    alone = joined(list(engine.outcomes(inputs)))
    assert dying.died
    assert told.proposals.equals(alone.proposals)
    assert told.lines.equals(alone.lines)


def test_a_part_that_kills_every_worker_ends_the_run_in_words() -> None:
    with crews.workers("local:1") as crew, pytest.raises(CashappError, match="nothing was posted; run again"):
        crew.told(same, crew.each(fatal, [1]))


@pytest.mark.parametrize(("engine", "why"), [("local:0", "say how many processes"), ("local:two", "say how many processes"), ("nowhere", "no workers there")])
def test_an_engine_that_is_none_is_refused(home: Path, engine: str, why: str) -> None:
    done = cashapp(home, "run", "--engine", engine)
    assert done.exit_code == 2
    assert why in str(done.exception)


def test_workers_that_cannot_start_are_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource_tracker.ensure_running()  # by a Python that can start; else its end is told too, where no test before this one needed it
    monkeypatch.setenv("PYTHONHOME", str(home / "no-python-here"))
    done = cashapp(home, "run", "--engine", "local:1")
    assert done.exit_code == 2
    assert "no workers there" in str(done.exception)
