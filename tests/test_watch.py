"""`cashapp run --watch` as a process: files dropped as senders drop them, signals, a kill, settings that break."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cashapp.inbox import Arrivals, Seen, is_being_written
from tests.test_daily import DAY, GOOD, books, mt940
from tests.test_operation import set_key
from tests.workspaces import cashapp, start

PATIENCE_SECONDS = 120  # only a program that hangs needs them


class Watched:
    """A workspace with a watcher at work in it."""

    def __init__(self, home: Path, *words: str) -> None:
        self.home, self.words = home, words
        self.process = self.begin()

    def begin(self) -> subprocess.Popen[bytes]:
        self.process = start(self.home, "run", "--watch", "--as-of", DAY, "--settle", "0.5", *self.words)
        return self.process

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    def archived(self) -> set[str]:
        return {path.name for path in (self.home / "archive").iterdir()}

    def happened(self, event: str) -> int:
        log = self.home / "log"
        return sum(json.loads(line)["event"] == event for line in log.read_text().splitlines()) if log.exists() else 0

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert self.process.poll() is None, "the watcher has ended"
            assert time.monotonic() < deadline, "it does not come"
            time.sleep(0.02)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture(params=[(), ("--poll", "0.2")], ids=["told", "polling"])
def watched(request: pytest.FixtureRequest, home: Path) -> Iterator[Watched]:
    yield from _watched(home, *request.param)


@pytest.fixture
def told(home: Path) -> Iterator[Watched]:
    yield from _watched(home)


def _watched(home: Path, *words: str) -> Iterator[Watched]:
    set_key(home, "log", "format", "json")
    set_key(home, "log", "file", "log")
    watcher = Watched(home, *words)
    yield watcher
    watcher.process.kill()
    watcher.process.wait()


def statements(count: int, lines: int) -> list[str]:
    """A chain of statements, each of so many lines."""
    made, opening = [], 0
    for number in range(1, count + 1):
        rows = [("1,00", f"BR{number:03}{n:04}", f"PAYER {number} {n}") for n in range(lines)]
        made.append(mt940(rows, number=str(number), opening=opening))
        opening += 100 * lines
    return made


def test_files_are_taken_when_they_are_whole_and_not_before(watched: Watched) -> None:
    first, second, third = statements(3, 2)
    with (watched.inbox / "growing.sta").open("w") as growing:
        growing.write(first[:90])
        growing.flush()
        (watched.inbox / "transfer.sta.filepart").write_text(second[:50])
        (watched.inbox / "whole.sta").write_text(third)
        watched.wait_until(lambda: "whole.sta" in watched.archived())
        assert watched.archived() == {"whole.sta"}
        assert {path.name for path in watched.inbox.iterdir()} == {"growing.sta", "transfer.sta.filepart"}
        growing.write(first[90:])
    (watched.inbox / "transfer.sta.filepart").write_text(second)
    (watched.inbox / "transfer.sta.filepart").rename(watched.inbox / "transfer.sta")
    watched.wait_until(lambda: len(watched.archived()) == 3)
    assert (watched.home / "archive" / "growing.sta").read_bytes() == first.encode()
    assert (watched.home / "archive" / "transfer.sta").read_bytes() == second.encode()
    watched.wait_until(lambda: watched.happened("file_processed") == 3)
    assert watched.end() == 0
    assert cashapp(watched.home, "check").exit_code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_after_the_file_in_hand(told: Watched, number: signal.Signals) -> None:
    for n, text in enumerate(statements(20, 400)):
        (told.inbox / f"{n:02}.sta.part").write_text(text)
    for path in sorted(told.inbox.iterdir()):
        path.rename(path.with_suffix(""))
    told.wait_until(lambda: told.happened("file_processed") >= 1)
    assert told.end(number) == 0
    taken = told.happened("file_processed")
    assert len(told.archived()) == taken < 20
    assert len(list(told.inbox.iterdir())) == 20 - taken
    assert told.happened("run_finished") == told.happened("run_started"), "what was taken was matched, and the run is in the books"
    assert cashapp(told.home, "check").exit_code == 0


def test_killed_and_started_again_it_comes_to_the_same_books(told: Watched, tmp_path: Path) -> None:
    drops = {f"{n:02}.sta": text for n, text in enumerate(statements(8, 100))}
    for name, text in drops.items():
        (told.inbox / name).write_text(text)
    told.wait_until(lambda: bool(told.archived()))
    told.end(signal.SIGKILL)
    told.begin()
    told.wait_until(lambda: not list(told.inbox.iterdir()))
    assert told.end() == 0
    peace = tmp_path / "peace"
    cashapp(peace, "init", str(peace))
    for name, text in drops.items():
        (peace / "inbox" / name).write_text(text)
    assert cashapp(peace, "run", "--as-of", DAY).exit_code == 0
    receipts, _, _, exceptions, *_ = books(told.home)
    assert (receipts, len(exceptions)) == (books(peace)[0], len(books(peace)[3]))
    assert cashapp(told.home, "check").exit_code == 0


def test_it_goes_on_after_a_run_that_failed_and_reads_the_settings_again(told: Watched) -> None:
    told.wait_until(lambda: told.happened("run_finished") == 1)
    toml = told.home / "cashapp.toml"
    good = toml.read_text()
    toml.write_text(good.replace('mismatch = "quarantine"', 'mismatch = "forgive"', 1))
    off = mt940([("5,00", "BR9", "X")], off=100)
    (told.inbox / "off.sta").write_text(off)
    told.wait_until(lambda: told.happened("run_failed") >= 1)
    assert (told.inbox / "off.sta").read_bytes() == off.encode(), "nothing is taken under settings that cannot be read"
    toml.write_text(good.replace('mismatch = "quarantine"', 'mismatch = "flag"', 1))
    told.wait_until(lambda: "off.sta" in told.archived())
    (told.inbox / "good.sta").write_text(GOOD)
    told.wait_until(lambda: "good.sta" in told.archived())
    assert told.end() == 0


def test_a_file_that_is_refused_is_quarantined_and_the_watch_goes_on(told: Watched) -> None:
    (told.inbox / "noise.bin").write_text("this is no bank file")
    told.wait_until((told.home / "quarantine" / "noise.bin.reason.txt").exists)
    (told.inbox / "good.sta").write_text(GOOD)
    told.wait_until(lambda: "good.sta" in told.archived())
    assert told.end() == 0


def test_what_does_not_go_with_watching_is_wrong_usage(home: Path) -> None:
    for words in (("--watch", "--json"), ("--watch", "some.sta"), ("--poll", "5")):
        assert cashapp(home, "run", *words).exit_code == 2


A, B, PART = Path("a.sta"), Path("b.sta"), Path("a.sta.part")


@pytest.mark.parametrize(("looks", "expected"), [
    ([(0, {A: Seen(1, 10, 0)}), (4, {A: Seen(1, 10, 0)}), (5, {A: Seen(1, 10, 0)})], [[], [], [A]]),
    ([(0, {A: Seen(1, 10, 0)}), (4, {A: Seen(1, 20, 4)}), (8, {A: Seen(1, 20, 4)}), (9, {A: Seen(1, 20, 4)})], [[], [], [], [A]]),
    ([(0, {A: Seen(1, 10, 0)}), (4, {A: Seen(1, 10, 4)}), (6, {A: Seen(1, 10, 4)})], [[], [], []]),
    ([(0, {A: Seen(1, 10, 0)}), (4, {A: Seen(2, 10, 0)}), (6, {A: Seen(2, 10, 0)})], [[], [], []]),
    ([(0, {PART: Seen(1, 10, 0)}), (9, {PART: Seen(1, 10, 0)})], [[], []]),
    ([(0, {PART: Seen(1, 10, 0)}), (1, {A: Seen(1, 10, 0)})], [[], [A]]),
    ([(0, {PART: Seen(1, 10, 0)}), (1, {A: Seen(2, 10, 0)})], [[], []]),
    ([(0, {B: Seen(2, 5, 0), A: Seen(1, 10, 0)}), (5, {B: Seen(2, 5, 0), A: Seen(1, 10, 0)})], [[], [A, B]]),
    ([(0, {A: Seen(1, 10, 0)}), (3, {}), (5, {A: Seen(1, 10, 0)}), (10, {A: Seen(1, 10, 0)})], [[], [], [], [A]]),
], ids=["settled", "grew", "touched", "replaced", "unfinished name", "renamed", "another under the final name", "by name", "went and came"])
def test_when_a_file_counts_as_complete(looks: list[tuple[float, dict[Path, Seen]]], expected: list[list[Path]]) -> None:
    arrivals = Arrivals(5.0)
    assert [arrivals.complete(seen, now) for now, seen in looks] == expected


def test_what_a_run_left_lying_is_offered_again_only_when_it_changed() -> None:
    arrivals = Arrivals(0.0)
    seen = {A: Seen(1, 10, 0)}
    assert arrivals.complete(seen, 0) == [A]
    arrivals.taken([A])
    assert arrivals.complete(seen, 1) == []
    assert arrivals.complete({A: Seen(1, 11, 2)}, 2) == [A]


def test_a_file_that_somebody_writes_is_told_from_one_that_lies_there(tmp_path: Path) -> None:
    path = tmp_path / "a.sta"
    path.write_text("x")
    assert not is_being_written(path)
    with path.open("a"):
        assert is_being_written(path)
    assert not is_being_written(path)
    assert not is_being_written(tmp_path / "gone.sta")
