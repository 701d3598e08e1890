"""How right the engine is, beside four re-implemented baselines, on seeded worlds whose truth is known.

    python -m benchmarks.quality [--seeds 101,102,103] [--receipts 4000] [--customers 2000] [--out-of-turn 0.5] [--write docs]

Three degrees of mess: easy (every payer orderly), normal, hard. With `--write` the tables go to quality.md in that folder and
the charts beside it; without, the tables are printed. The same seeds give the same figures on every machine.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks import baselines, charts, scores, seen
from benchmarks.baselines import Answer
from benchmarks.books import Receipt
from benchmarks.charts import Row
from benchmarks.scores import Score, share
from benchmarks.seen import Shares
from benchmarks.world import Dials, build
from matching.engine import propose
from matching.schema import Inputs, Outcome

MESS = {"easy": 0.0, "normal": 1.0, "hard": 2.0}
OURS = "cashapp"
NAMES = {OURS: "cashapp", "exact": "exact reference + amount", "greedy": "greedy words", "autocash": "AutoCash rule set", "points": "points 40/30/15/15"}

TRAPS = ("same_amount_trap", "same_sum_trap", "twin_trap", "unknown_payer", "paid_reference", "duplicate_payment_later", "number_of_nobody")
"""Behaviours of which the right answer is always to ask a person."""

Results = dict[str, dict[str, list[Answer]]]
"""By mess and engine; the receipts of all seeds one after the other."""


def ours(inputs: Inputs) -> list[Answer]:
    """Our engine's answers, in order of receipts."""
    return as_answers(propose(inputs), inputs)


def as_answers(outcome: Outcome, inputs: Inputs) -> list[Answer]:
    """An outcome by items' keys; money left on account is no item."""
    keys = dict(inputs.items.select("item_id", "item_key").iter_rows())
    answers = [Answer() for _ in range(inputs.receipts.height)]
    heads = outcome.proposals.sort("receipt_id", "rank")
    for receipt, unattended in heads.select("receipt_id", "unattended").iter_rows():
        answers[receipt].posted |= unattended
        answers[receipt].suggestions.append({})
    lines = outcome.lines.filter(pl.col("item_id").is_not_null())
    for row in lines.iter_rows(named=True):
        answers[row["receipt_id"]].suggestions[row["rank"] - 1][keys[row["item_id"]]] = Shares(
            row["applied_minor"], row["discount_minor"], row["deduction_minor"], row["write_off_minor"])
    return answers


def run(seeds: list[int], dials: Dials) -> tuple[dict[str, list[Receipt]], Results]:
    """Every engine on the worlds of these dials, of every seed and degree of mess."""
    truths: dict[str, list[Receipt]] = {}
    results: Results = {}
    for mess, degree in MESS.items():
        truths[mess], results[mess] = [], {name: [] for name in NAMES}
        for seed in seeds:
            world = build(replace(dials, seed=seed, mess=degree))
            frames = seen.inputs(world)
            truths[mess] += world.receipts
            for name in NAMES:
                results[mess][name] += ours(frames) if name == OURS else baselines.ENGINES[name](frames)
    return truths, results


def percent(rate: float) -> str:
    """Two decimals; 100 only where it is all."""
    shown = f"{100 * rate:.2f}"
    return "99.99" if shown == "100.00" and rate < 1 else "100" if rate == 1 else shown


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(head)} |", f"|{' --- |'}{' ---: |' * (len(head) - 1)}", *(f"| {' | '.join(row)} |" for row in rows), ""]


def _engines(by_engine: dict[str, Score]) -> list[str]:
    head = ("engine", "straight, receipts", "lines", "cash", "of what an expert could post", "wrong receipts", "precision by line", "95 % interval",
            "posted in traps (wrong)", "hit@1", "hit@3", "pairs F1", "F1 without traps")
    return _table(head, [_engine_row(NAMES[name], score) for name, score in by_engine.items()])


def _engine_row(name: str, score: Score) -> tuple[str, ...]:
    low, high = score.precision_interval()
    precision = share(score.posted_lines - score.wrong_lines, score.posted_lines)
    return (
        name, percent(share(score.straight_receipts, score.receipts)), percent(share(score.straight_lines, score.lines)),
        percent(share(score.straight_cash, score.cash)), percent(share(score.enough_straight, score.enough)), f"{score.wrong_receipts}", percent(precision),
        f"{percent(low)}–{percent(high)}", f"{score.traps_posted} ({score.traps_wrong}) of {score.traps}", percent(share(score.hit_first, score.waiting)),
        percent(share(score.hit_three, score.waiting)), percent(score.f1),
        percent(score.f1_knowable),
    )


def _behaviours(by_behaviour: dict[str, Score]) -> list[str]:
    head = ("behaviour", "receipts", "straight", "wrong", "an expert could post", "of these straight", "waiting with an answer", "hit@1", "hit@3", "pairs F1")
    return _table(head, [
        (name.replace("_", " "), f"{s.receipts}", f"{s.straight_receipts}", f"{s.wrong_receipts}", f"{s.enough}", percent(share(s.enough_straight, s.enough)),
         f"{s.waiting}", percent(share(s.hit_first, s.waiting)), percent(share(s.hit_three, s.waiting)), percent(s.f1))
        for name, s in by_behaviour.items()
    ])


def _traps(truths: dict[str, list[Receipt]], results: Results) -> list[str]:
    """Receipts of each trap, and how many each engine posted."""
    receipts = [receipt for mess in MESS for receipt in truths[mess]]
    posted = {name: [answer.posted for mess in MESS for answer in results[mess][name]] for name in NAMES}
    rows = []
    for trap in TRAPS:
        places = [place for place, receipt in enumerate(receipts) if receipt.behaviour == trap]
        rows.append((trap.replace("_", " "), f"{len(places)}", *(f"{sum(posted[name][place] for place in places)}" for name in NAMES)))
    return _table(("trap", "receipts", *(f"posted by {told}" for told in NAMES.values())), rows)


def document(truths: dict[str, list[Receipt]], results: Results, command: str) -> str:
    """The page, from its figures."""
    lines = [
        "# How right it is", "",
        f"`{command}` – worlds that nothing was tuned on, made by `benchmarks/world.py` with known truth. What the figures mean stands in",
        "`benchmarks/scores.py`, what the baselines do in `benchmarks/baselines.py`. A receipt is right when every item, cash, discount, deduction and",
        "write-off is that of the truth. An expert could post a receipt whose evidence suffices; a trap is one that nobody could decide from what came.",
        "`--out-of-turn`: how often a payer means, of two equal sums, the one that is due later; 0.5 is a coin.", "",
    ]
    for mess in MESS:
        lines += [f"## {mess.capitalize()}", "", f"{len(truths[mess]):,} receipts.", "", f"![{mess}](quality-{mess}.svg)", ""]
        lines += _engines({name: scores.score(truths[mess], answers) for name, answers in results[mess].items()})
    lines += ["## Traps", "", "Where the right answer is always to ask a person; all seeds and degrees of mess together.", ""]
    lines += _traps(truths, results)
    lines += ["## By behaviour, hard", "", "![by behaviour](quality-behaviours.svg)", ""]
    lines += _behaviours(scores.by_behaviour(truths["hard"], results["hard"][OURS]))
    return "\n".join(lines)


def engine_chart(mess: str, by_engine: dict[str, Score]) -> str:
    """What each engine posts rightly and wrongly, and what it leaves."""
    rows = [Row(NAMES[name], (("right", share(s.straight_receipts, s.receipts)), ("wrong", s.wrong_receipts / s.receipts), ("none", 1 - s.posted_receipts / s.receipts)),
                f"{s.wrong_receipts} wrong")
            for name, s in by_engine.items()]
    return charts.bars(f"Posted without a person, {mess} mess, % of receipts", (("right", "right"), ("wrong", "wrong"), ("none", "left to a person")), rows)


def behaviour_chart(by_behaviour: dict[str, Score]) -> str:
    """What becomes of each behaviour's receipts."""
    rows = []
    for name, s in by_behaviour.items():
        known = (("right", s.straight_receipts), ("wrong", s.wrong_receipts), ("first", s.hit_first), ("later", s.hit_three - s.hit_first))
        parts = (*known, ("none", s.receipts - sum(count for _, count in known)))
        rows.append(Row(name.replace("_", " "), tuple((colour, count / s.receipts) for colour, count in parts), f"{s.receipts}"))
    legend = (("right", "posted, right"), ("wrong", "posted, wrong"), ("first", "asked, first suggestion right"), ("later", "among the first three"),
              ("none", "asked, no answer or another"))
    return charts.bars("What becomes of a receipt, by behaviour, hard mess, %", legend, rows)


def write(folder: Path, truths: dict[str, list[Receipt]], results: Results, command: str) -> None:
    """The page and its charts."""
    for mess in MESS:
        by_engine = {name: scores.score(truths[mess], answers) for name, answers in results[mess].items()}
        (folder / f"quality-{mess}.svg").write_text(engine_chart(mess, by_engine), encoding="utf-8")
    (folder / "quality-behaviours.svg").write_text(behaviour_chart(scores.by_behaviour(truths["hard"], results["hard"][OURS])), encoding="utf-8")
    (folder / "quality.md").write_text(document(truths, results, command), encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Measure our engine and the baselines on seeded worlds.")
    parser.add_argument("--seeds", default="101,102,103")
    parser.add_argument("--receipts", type=int, default=4000)
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--out-of-turn", type=float, default=0.5, help="How often payers pay what is due later; 0.5 is a coin.")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    dials = Dials(receipts=given.receipts, customers=given.customers, days=2, out_of_turn=given.out_of_turn)
    truths, results = run([int(seed) for seed in given.seeds.split(",")], dials)
    command = f"python -m benchmarks.quality --seeds {given.seeds} --receipts {given.receipts} --customers {given.customers} --out-of-turn {given.out_of_turn}"
    if given.write:
        write(given.write, truths, results, command)
    else:
        print(document(truths, results, command))
    for mess, receipts in truths.items():
        posted_wrongly = Counter(receipt.behaviour for receipt, _ in scores.wrong(receipts, results[mess][OURS]))
        print(f"{mess}: {sum(posted_wrongly.values())} wrong unattended {dict(posted_wrongly)}")


if __name__ == "__main__":
    main()
