"""Amounts, dates and texts as bank files carry them: decimal marks, character sets, widths."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import lru_cache

from anyascii import anyascii

DIGITS = {"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "XOF": 0, "KWD": 3, "BHD": 3, "TND": 3, "OMR": 3, "JOD": 3}
"""Minor digits that are not two (ISO 4217)."""

_OUTSIDE_SWIFT = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


def decimal(minor: int, currency: str, mark: str = ".") -> str:
    """An amount with its decimal mark: 123456, "USD" → `1234.56`; with `","` a SWIFT amount, which always has its comma."""
    digits = DIGITS.get(currency, 2)
    if digits == 0:
        return f"{minor}," if mark == "," else str(minor)
    whole, fraction = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}{mark}{fraction:0{digits}d}"


@lru_cache(maxsize=4096)
def yymmdd(day: dt.date) -> str:
    """2026-11-09 → `261109`."""
    return f"{day:%y%m%d}"


@lru_cache(maxsize=4096)
def yyyymmdd(day: dt.date) -> str:
    """2026-11-09 → `20261109`."""
    return f"{day:%Y%m%d}"


@lru_cache(maxsize=65536)
def ascii_text(text: str) -> str:
    """The text in ASCII, transliterated as banks do (`Müller` → `Muller`), control characters as spaces."""
    plain = text if text.isascii() else anyascii(text)
    return plain if plain.isprintable() else "".join(c if c.isprintable() else " " for c in plain)


@lru_cache(maxsize=65536)
def swift_text(text: str) -> str:
    """The text in SWIFT's character set x; what lies outside it becomes a full stop."""
    return _OUTSIDE_SWIFT.sub(".", ascii_text(text))


def chunks(text: str, width: int) -> Iterator[str]:
    """Pieces of at most `width` that neither end with a space nor start a line with `:` or `-`, so that joining them without
    a separator gives the text again even where line ends are trimmed."""
    start = 0
    while len(text) - start > width:
        end = start + width
        while end > start + 1 and (text[end - 1] == " " or text[end] in ":-"):
            end -= 1
        yield text[start:end]
        start = end
    yield text[start:]


def words(text: str, width: int) -> Iterator[str]:
    """Pieces of at most `width`, broken between words; only a word longer than a line is cut. Join with a space."""
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) <= width:
            line += f" {word}"
            continue
        if line:
            yield line
        *whole, line = [word[start : start + width] for start in range(0, max(len(word), 1), width)]
        yield from whole
    yield line


@lru_cache(maxsize=65536)
def check_digit(routing: str) -> str:
    """The ninth digit of an ABA routing number: weights 3-7-1, the sum a multiple of ten."""
    total = sum(int(digit) * weight for digit, weight in zip(routing[:8], (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return str(-total % 10)
