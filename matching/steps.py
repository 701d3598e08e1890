"""What the sentence of a first proposal says, question by question: for the one receipt that somebody asks about.

The sentence (`explain`) is made of three phrases; it comes with their lengths, so that nothing of it is kept twice.
"""

from __future__ import annotations

from typing import NamedTuple

from matching import certainty, reasons

BETWEEN = "; "
"""What stands between the phrases of a sentence."""

_AGAINST_PAYER = frozenset(("contradicted", "disputed", "ambiguous", "name_twin", "none"))
_EXPLAINED = certainty.SETTLED | certainty.WRITTEN_OFF | {"stated_deduction", certainty.EXCHANGED}


class Finding(NamedTuple):
    """What spoke for or against an answer (`speaks`: for, against, neutral), and to which question."""

    question: str
    speaks: str
    finding: str


class Answer(NamedTuple):
    """A proposal, as far as it is read here; lengths are in characters."""

    rule: str
    payer_evidence: str
    amount_evidence: str
    rivals: int
    explanation: str
    what_chars: int
    how_much_chars: int
    who_chars: int


def first_steps(first: Answer) -> list[Finding]:
    """Who, what, how much, and how many other answers are as good. What else was found (`schema.EVIDENCE`) comes after it."""
    what, how_much, who = _phrases(first)
    found = [
        Finding("what", "for" if first.rule in reasons.BY_REFERENCE else "neutral", what),
        Finding("how_much", _speaks_of_amount(first.amount_evidence), how_much),
    ]
    if first.payer_evidence != "reference":
        found.insert(0, Finding("who", _speaks_of_payer(first.payer_evidence), who))
    if first.rivals:
        found.append(Finding("how_sure", "against", f"Answers that are as good: {first.rivals}."))
    return found


def _phrases(first: Answer) -> list[str]:
    """The phrases of the sentence, each a sentence of its own."""
    phrases, begin = [], 0
    for length in (first.what_chars, first.how_much_chars, first.who_chars):
        phrase = first.explanation[begin:begin + length]
        phrases.append(f"{phrase[:1].upper()}{phrase[1:]}.")
        begin += length + len(BETWEEN)
    return phrases


def _speaks_of_payer(evidence: str) -> str:
    return "for" if evidence in certainty.AGREEING else "against" if evidence in _AGAINST_PAYER else "neutral"


def _speaks_of_amount(evidence: str) -> str:
    return "for" if evidence in _EXPLAINED else "neutral" if evidence == certainty.UNDECIDED else "against"
