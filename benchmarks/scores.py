"""How good the answers to a world are, in the units a controller asks about. Nothing here knows which engine answered.

    straight through     posted unattended and right to the cent; by receipt, by application line, by cash
    precision            of the lines posted unattended, the share that is right, with its exact 95 % interval
    enough               receipts whose evidence suffices for an expert: the share that went straight through
    trap                 receipts that nobody could decide from their evidence: how many were posted anyway, and how many wrongly
    hit@1, hit@3         of the receipts that wait though they have an answer: whether it is the first, or among the first three
    pairs                receipt and item: precision, recall and F1 of what is posted or else suggested first; once of all receipts and once
                         without the traps, where the first suggestion can only be luck

Two payments are alike where payer, account, amount, day and everything that the payer says are the same; by which bank's file they came, and
where that puts the payer's words, tells nothing of what they are for. Whether the first of them is for the invoice and the second is left over, or
the other way round, is then no fact of the world but the order in which its truth was written down; the books are the same either way. So the
answers to such payments are exchanged among them as it fits the truth best. Two that both take the invoice, or neither, are as wrong as before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.baselines import Answer
from benchmarks.books import Receipt
from benchmarks.seen import Shares, true_shares
from matching import binomial


@dataclass(slots=True)
class Score:
    """Counts over some receipts; rates are properties."""

    receipts: int = 0
    lines: int = 0
    cash: int = 0
    straight_receipts: int = 0
    straight_lines: int = 0
    straight_cash: int = 0
    posted_receipts: int = 0
    posted_lines: int = 0
    wrong_receipts: int = 0
    wrong_lines: int = 0
    enough: int = 0
    enough_straight: int = 0
    traps: int = 0
    traps_posted: int = 0
    traps_wrong: int = 0
    waiting: int = 0
    hit_first: int = 0
    hit_three: int = 0
    pairs_true: int = 0
    pairs_told: int = 0
    pairs_right: int = 0
    trap_pairs: int = 0
    trap_pairs_right: int = 0

    def precision_interval(self) -> tuple[float, float]:
        """Of the unattended lines that are right."""
        return binomial.interval(self.posted_lines - self.wrong_lines, self.posted_lines)

    @property
    def f1(self) -> float:
        """Of application pairs."""
        return share(2 * self.pairs_right, self.pairs_true + self.pairs_told)

    @property
    def f1_knowable(self) -> float:
        """Of application pairs, without the traps."""
        return share(2 * (self.pairs_right - self.trap_pairs_right), self.pairs_true + self.pairs_told - self.trap_pairs)


def share(part: int, whole: int) -> float:
    """A rate; of nothing, everything is right."""
    return part / whole if whole else 1.0


def score(receipts: Sequence[Receipt], answers: Sequence[Answer]) -> Score:
    """All receipts together."""
    total = Score()
    for receipt, answer in zip(receipts, exchanged(receipts, answers), strict=True):
        _add(total, receipt, answer)
    return total


def by_behaviour(receipts: Sequence[Receipt], answers: Sequence[Answer]) -> dict[str, Score]:
    """One score for each way in which payers behave."""
    scores: dict[str, Score] = {}
    for receipt, answer in zip(receipts, exchanged(receipts, answers), strict=True):
        _add(scores.setdefault(receipt.behaviour, Score()), receipt, answer)
    return dict(sorted(scores.items()))


def wrong(receipts: Sequence[Receipt], answers: Sequence[Answer]) -> Iterable[tuple[Receipt, Answer]]:
    """What was posted and is not the truth."""
    return ((receipt, answer) for receipt, answer in zip(receipts, exchanged(receipts, answers), strict=True)
            if answer.posted and answer.suggestions[0] != true_shares(receipt))


def exchanged(receipts: Sequence[Receipt], answers: Sequence[Answer]) -> list[Answer]:
    """The answers, those to payments that are alike in the order that fits the truth best."""
    alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for place, receipt in enumerate(receipts):
        alike[_said(receipt)].append(place)
    fitting = list(answers)
    for places in alike.values():
        free = list(places)
        for place in places:
            best = max(free, key=lambda other: _agreement(receipts[place], answers[other]))
            free.remove(best)
            fitting[place] = answers[best]
    return fitting


def _said(receipt: Receipt) -> tuple[object, ...]:
    """All that the payer gives of a payment."""
    return (receipt.payer_name, receipt.payer_account, receipt.currency, receipt.amount_minor, receipt.day, receipt.structured_reference,
            receipt.written or receipt.text)


def _agreement(receipt: Receipt, answer: Answer) -> tuple[bool, int]:
    """How well an answer fits: its first suggestion to the cent, and how many of its pairs more are right than wrong."""
    truth, first = true_shares(receipt), answer.suggestions[0] if answer.suggestions else {}
    return first == truth, len(truth.keys() & first.keys()) - len(first.keys() - truth.keys())


def _add(total: Score, receipt: Receipt, answer: Answer) -> None:
    truth = true_shares(receipt)
    first = answer.suggestions[0] if answer.suggestions else {}
    right = bool(answer.suggestions) and first == truth
    total.receipts += 1
    total.lines += len(truth)
    total.cash += sum(shares.applied for shares in truth.values())
    total.pairs_true += len(truth)
    total.pairs_told += len(first)
    total.pairs_right += len(truth.keys() & first.keys())
    if not receipt.sufficient:
        total.trap_pairs += len(truth) + len(first)
        total.trap_pairs_right += len(truth.keys() & first.keys())
    decidable = receipt.expected == "post"
    total.enough += decidable
    total.traps += not receipt.sufficient
    if answer.posted:
        _add_posted(total, first, truth)
        total.enough_straight += decidable and right
        total.traps_posted += not receipt.sufficient
        total.traps_wrong += not receipt.sufficient and not right
    elif truth:
        total.waiting += 1
        total.hit_first += right
        total.hit_three += truth in answer.suggestions[:3]


def _add_posted(total: Score, told: dict[str, Shares], truth: dict[str, Shares]) -> None:
    wrong_lines = sum(truth.get(key) != shares for key, shares in told.items())
    right = told == truth
    total.posted_receipts += 1
    total.wrong_receipts += not right
    total.posted_lines += len(told)
    total.wrong_lines += wrong_lines
    if right:
        total.straight_receipts += 1
        total.straight_lines += len(truth)
        total.straight_cash += sum(shares.applied for shares in truth.values())
