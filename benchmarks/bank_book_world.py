"""A seeded month of a bank account and its cash book with known truth, and how well `matching.bank_book` does on it.

    python -m benchmarks.bank_book_world --seed 1 --events 2000 [--mess 1.0] [--out DIR]

An event is one thing that happened (a check, a payment run, a void with its new check …) with its lines at the bank, its entries in the
books and the truth about them. `--out` writes bank.csv, cashbook.csv and truth.csv. The same seed and dials give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import polars as pl

from benchmarks.bank_book_events import BEHAVIOURS, Maker
from matching import bank_book
from matching.bank_book.schema import BANK, BOOK


class World(NamedTuple):
    """The two sides as the engine takes them, and the truth: for each set its behaviour, line ids and entry ids."""

    bank: pl.DataFrame
    book: pl.DataFrame
    truth: list[tuple[str, frozenset[int], frozenset[str]]]


def build(seed: int, events: int, mess: float) -> World:
    """The world of these dials; ids are given in shuffled order so that they tell nothing."""
    maker = Maker(seed, events, mess)
    weights = [clean + messy * mess for _, clean, messy in BEHAVIOURS]
    made = [behave(maker) for behave, _, _ in maker.chance.choices(BEHAVIOURS, weights, k=events)]
    line_ids = maker.chance.sample(range(1, 1 + sum(len(e.lines) for e in made)), sum(len(e.lines) for e in made))
    entry_ids = maker.chance.sample(range(1, 1 + sum(len(e.entries) for e in made)), sum(len(e.entries) for e in made))
    bank: list[tuple[object, ...]] = []
    book: list[tuple[object, ...]] = []
    truth: list[tuple[str, frozenset[int], frozenset[str]]] = []
    for event in made:
        lines = [line_ids[len(bank) + n] for n in range(len(event.lines))]
        entries = [f"E{entry_ids[len(book) + n]:07d}" for n in range(len(event.entries))]
        bank += [(i, "USD", x.amount, x.date, x.kind, x.check, x.name, f"B{i:08d} {x.text}") for i, x in zip(lines, event.lines, strict=True)]
        book += [(i, "USD", x.amount, x.date, x.kind, x.reference, x.description) for i, x in zip(entries, event.entries, strict=True)]
        truth += [(event.behaviour, frozenset(lines[n] for n in some), frozenset(entries[n] for n in others)) for some, others in event.truth]
        matched = {n for some, _ in event.truth for n in some}, {n for _, others in event.truth for n in others}
        truth += [(event.behaviour, frozenset([i]), frozenset[str]()) for n, i in enumerate(lines) if n not in matched[0]]
        truth += [(event.behaviour, frozenset[int](), frozenset([i])) for n, i in enumerate(entries) if n not in matched[1]]
    return World(pl.DataFrame(bank, schema=BANK, orient="row"), pl.DataFrame(book, schema=BOOK, orient="row"), truth)


Pair = tuple[object, object]


def pairs_of(lines: frozenset[int], entries: frozenset[str]) -> set[Pair]:
    """The pairs of a match: each line with each entry; of an offset, the entries with each other."""
    if not lines:
        ordered = sorted(entries)
        return {(a, b) for n, a in enumerate(ordered) for b in ordered[n + 1:]}
    return {(line, entry) for line in lines for entry in entries}


@dataclass
class Score:
    """Pairs claimed, true, and both; those claimed as `matched` and how many of them are wrong."""

    claimed: int = 0
    true: int = 0
    right: int = 0
    certain: int = 0
    certain_wrong: int = 0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, self.claimed + self.true)


def _said(world: World) -> dict[object, object]:
    """What each row says, by its id: all but the id, which a bank line has as its reference, too."""
    lines = {line: (*rest, text.removeprefix(f"B{line:08d} ")) for line, *rest, text in world.bank.iter_rows()}
    return {**lines, **{entry: tuple(rest) for entry, *rest in world.book.iter_rows()}}


def score(world: World, matches: pl.DataFrame, members: pl.DataFrame) -> dict[str, Score]:
    """By behaviour, and `all`. A wrong pair counts for the behaviour of its line, or of its first entry. Rows that say the same in everything but their id may be
    exchanged; each true pair counts once."""
    behaviour: dict[object, str] = {}
    said = _said(world)
    truth: dict[Pair, list[str]] = {}
    for name, lines, entries in world.truth:
        behaviour |= dict.fromkeys([*lines, *entries], name)
        for one, other in pairs_of(lines, entries):
            truth.setdefault((said[one], said[other]), []).append(name)
    scores: dict[str, Score] = {"all": Score()}
    for name in sorted({name for name, _, _ in world.truth}):
        scores[name] = Score()
    for names in truth.values():
        for name in names:
            scores[name].true += 1
    told = members.group_by("m").agg(pl.col("line_id").drop_nulls(), pl.col("entry_id").drop_nulls()).join(matches, on="m").sort("m")
    for lines, entries, status in told.select("line_id", "entry_id", "status").iter_rows():
        for one, other in sorted(pairs_of(frozenset(lines), frozenset(entries)), key=str):
            meant = truth.get((said[one], said[other]), [])
            is_right = bool(meant)
            mine = scores[meant.pop() if is_right else behaviour[one]]
            mine.claimed += 1
            mine.right += is_right
            mine.certain += status == "matched"
            mine.certain_wrong += status == "matched" and not is_right
    for name, one_score in scores.items():
        if name != "all":
            for what in ("claimed", "true", "right", "certain", "certain_wrong"):
                setattr(scores["all"], what, getattr(scores["all"], what) + getattr(one_score, what))
    return scores


def write(world: World, out: Path) -> None:
    """bank.csv (a bank's download), cashbook.csv (for `cashapp import`), truth.csv."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "bank.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["Date", "Description", "Amount", "Reference", "Check Number", "Name"])
        for line, _, minor, date, _, check, name, text in world.bank.sort("date", "line_id").iter_rows():
            rows.writerow([date, text.partition(" ")[2], f"{minor / 100:.2f}", f"B{line:08d}", check, name])
    with (out / "cashbook.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["entry_id", "date", "amount", "currency", "account", "reference", "description", "kind"])
        for entry, currency, minor, date, kind, reference, description in world.book.sort("date", "entry_id").iter_rows():
            rows.writerow([entry, date, f"{minor / 100:.2f}", currency, "111222333", reference, description, kind])
    with (out / "truth.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["match", "behaviour", "bank_reference", "entry_id"])
        for n, (behaviour, lines, entries) in enumerate(world.truth):
            rows.writerows([n, behaviour, f"B{line:08d}", ""] for line in sorted(lines))
            rows.writerows([n, behaviour, "", entry] for entry in sorted(entries))


def main() -> None:
    """Score one world, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--mess", type=float, default=1.0)
    parser.add_argument("--out", type=Path)
    dials = parser.parse_args()
    world = build(dials.seed, dials.events, dials.mess)
    if dials.out:
        write(world, dials.out)
        return
    began, cpu = time.perf_counter(), time.process_time()
    matches, members = bank_book.reconcile(world.bank, world.book)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"seed {dials.seed}, mess {dials.mess}: {world.bank.height:,} lines, {world.book.height:,} entries, {wall:.1f} s wall, {cpu:.1f} s CPU")
    print(f"{'behaviour':30}{'true':>8}{'claimed':>9}{'precision':>11}{'recall':>9}{'F1':>8}{'matched':>9}{'wrong':>7}")
    for name, told in score(world, matches, members).items():
        print(f"{name:30}{told.true:8,}{told.claimed:9,}{told.right / max(1, told.claimed):11.2%}{told.right / max(1, told.true):9.2%}{told.f1:8.2%}{told.certain:9,}{told.certain_wrong:7}")


if __name__ == "__main__":
    main()
