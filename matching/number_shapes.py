"""Parts of document numbers by which a payer tells them, learned from decisions: `311980` for `SO0311980-1`.

A shape is a form of numbers (`SO99999999`: letters as they are, 9 for any digit) and a run of digits in it. It is a lesson only where the
number as it stands would not have been found, and where the run tells it from the customer's other numbers of that form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

RUN_MIN = 4
"""Fewer digits of a number are no shape of it."""
_WRITTEN = re.compile(r"([A-Z0-9]+)\[([0-9]+):([0-9]+)\]")


class Shape(NamedTuple):
    """The characters from `start` to before `stop` of squeezed numbers of the form."""

    form: str
    start: int
    stop: int

    def __str__(self) -> str:
        return f"{self.form}[{self.start}:{self.stop}]"


def read(written: str) -> Shape:
    """A shape from its text.

    >>> read("SO99999999[2:8]")
    Shape(form='SO99999999', start=2, stop=8)
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no shape of a number")
    return Shape(found[1], int(found[2]), int(found[3]))


def taught(text: str, number: str, others: Iterable[str]) -> Shape | None:
    """The shape by which `text` tells `number` from the customer's `others` of the same form; None where it tells it in full, or not.

    >>> taught("PMT 311980 THANKS", "SO0311980-1", ["SO0311990-1"])
    Shape(form='SO99999999', start=3, stop=9)
    >>> taught("PMT SO0311980-1", "SO0311980-1", ["SO0311990-1"]), taught("PMT 2026", "RE-2026-00123", ["RE-2026-00124"])
    (None, None)
    """
    own = squeezed(number)
    runs = sorted(set(re.findall(rf"[0-9]{{{RUN_MIN},}}", text)), key=lambda run: (-len(run), run))
    if re.sub("[^0-9]", "", own).lstrip("0") in {run.lstrip("0") for run in runs} or own in squeezed(text):
        return None
    peers = [squeezed(other) for other in others if other != number and form_of(squeezed(other)) == form_of(own)]
    for run in runs:
        if own.count(run) == 1:
            shape = Shape(form_of(own), own.index(run), own.index(run) + len(run))
            if peers and all(peer[shape.start:shape.stop] != run for peer in peers):
                return shape
    return None


def squeezed(number: str) -> str:
    """Letters and digits alone, in capitals."""
    return re.sub(r"[^A-Z0-9]", "", number.upper())


def form_of(number: str) -> str:
    """A squeezed number with 9 for every digit."""
    return re.sub(r"[0-9]", "9", number)
