"""Which characters of a text gave what: references, the payer's name and account, the amount, each found as banks write them and marked in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from parsers.amounts import minor_digits

KINDS = {"reference": "reference", "name": "payer’s name", "account": "payer’s account", "amount": "amount"}
"""What a mark may be, with the words of the legend; the first that finds a place keeps it."""
_DIGITS_MIN = 4


class Fact(NamedTuple):
    """Something that the program read out of the text."""

    kind: str
    pattern: re.Pattern[str]


class Span(NamedTuple):
    """A place in the text, and what it gave."""

    start: int
    end: int
    kind: str


def reference(value: str) -> list[Fact]:
    """A document number: as it is, with other punctuation, or its long digits alone."""
    runs = re.findall(r"[^\W_]+", value)
    if len("".join(runs)) < _DIGITS_MIN - 1:
        return []
    spelled = r"[\W_]{0,2}".join(map(re.escape, runs))
    digits = max(re.findall(r"[0-9]+", value), key=len, default="")
    alone = [rf"(?<![0-9]){digits}(?![0-9])"] if len(digits) >= _DIGITS_MIN else []
    return [Fact("reference", re.compile(pattern, re.IGNORECASE)) for pattern in (rf"(?<![^\W_]){spelled}(?![^\W_])", *alone)]


def name(value: str) -> list[Fact]:
    """A name, broken over lines wherever a blank may be."""
    words = value.split()
    return [Fact("name", re.compile(r"[\s/]{1,4}".join(map(re.escape, words)), re.IGNORECASE))] if len(value.strip()) > 2 else []


def account(value: str) -> list[Fact]:
    """An account as it was normalised: with blanks between its characters; or what follows the bank's own number."""
    plain = "".join(value.split())
    own = plain.rpartition("/")[2]
    found = [r"\s?".join(map(re.escape, plain)), *([rf"(?<![^\W_]){re.escape(own)}(?![^\W_])"] if own != plain else [])]
    return [Fact("account", re.compile(pattern, re.IGNORECASE)) for pattern in found] if len(own) >= _DIGITS_MIN else []


def amount(minor: int, currency: str) -> list[Fact]:
    """An amount with point or comma, grouped or not; in minor units, zeros before it or not."""
    digits = minor_digits(currency)
    units = str(abs(minor)).zfill(digits + 1)
    whole, fraction = (units[:-digits], units[-digits:]) if digits else (units, "")
    grouped = r"[., '’]?".join(f"{int(whole):,}".split(","))
    written = rf"{grouped}(?:[.,]{fraction}{'|[.,](?![0-9])' if fraction.strip('0') == '' else ''})" if digits else grouped
    return [Fact("amount", re.compile(rf"(?<![0-9.,]){written}(?![0-9])")), Fact("amount", re.compile(rf"(?<![0-9])0*{units}(?![0-9])"))]


def spans(text: str, facts: Iterable[Fact]) -> list[Span]:
    """Every place, in order; where two overlap, the fact that comes first has it."""
    found: list[Span] = []
    for kind, pattern in facts:
        for hit in pattern.finditer(text):
            if hit.end() > hit.start() and all(hit.end() <= other.start or hit.start() >= other.end for other in found):
                found.append(Span(hit.start(), hit.end(), kind))
    return sorted(found)


def marked(text: str, facts: Sequence[Fact]) -> Markup:
    """The text, escaped, with every place in a `<mark>` of its kind."""
    parts, at = [], 0
    for start, end, kind in spans(text, facts):
        parts += [escape(text[at:start]), Markup('<mark class="{}" title="{}">{}</mark>').format(kind, KINDS[kind], text[start:end])]
        at = end
    return Markup("").join([*parts, escape(text[at:])])
