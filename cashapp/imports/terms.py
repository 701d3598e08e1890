"""Payment terms as people write them, and what follows from them: the due date, the discount and its date.

    2/10 net 30    2%10 net30    2% 10 days, net 30    2/10, n/30    net 30    n30    30 days    due on receipt

`2/10 net 30`: two percent off within ten days of the issue date, the whole amount within thirty. The discount is counted
on the whole amount; half a cent rounds up (away from zero), as in commerce.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

import polars as pl

_TERMS = re.compile(
    r"""(?:(?P<percent>\d{1,2}(?:\.\d{1,4})?)\s*(?:%\s*/?|/)\s*(?:within\s+|in\s+)?(?P<days>\d{1,3})(?:\s*days?)?\s*[,;-]?\s*)?
        (?:(?:net|n)\s*/?\s*(?P<net>\d{1,3})(?:\s*days?)?)?""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_DAYS = re.compile(r"(?P<net>\d{1,3})\s*days?", re.IGNORECASE | re.ASCII)
_AT_ONCE = frozenset({"due on receipt", "due upon receipt", "on receipt", "cod", "cash on delivery"})
_LAST_DATE = dt.date(9999, 12, 31)
_MILLION = 10**6


class Terms(NamedTuple):
    """`percent_e4`: the discount in ten-thousandths of a percent; null parts are not agreed."""

    percent_e4: int | None = None
    discount_days: int | None = None
    net_days: int | None = None


def parse(text: str) -> Terms | None:
    """The terms, or None where the words are not understood.

    >>> parse("2/10 net 30")
    Terms(percent_e4=20000, discount_days=10, net_days=30)
    """
    words = " ".join(text.split())
    if words.lower() in _AT_ONCE:
        return Terms(net_days=0)
    found = _TERMS.fullmatch(words) or _DAYS.fullmatch(words)
    if not words or found is None:
        return None
    parts = found.groupdict()
    return Terms(_e4(parts.get("percent")), _int(parts.get("days")), _int(parts.get("net")))


def _e4(percent: str | None) -> int | None:
    whole, _, fraction = (percent or "").partition(".")
    return int(whole + fraction.ljust(4, "0")) if whole else None


def _int(digits: str | None) -> int | None:
    return int(digits) if digits else None


def from_terms(rows: pl.DataFrame, texts: str, prefix: str) -> pl.DataFrame:
    """Adds `<prefix>due_date`, `<prefix>discount_date` and `<prefix>discount_minor` from the terms in column `texts`,
    the `issue_date` and the signed `amount_minor`; null where the terms do not say."""
    known = {text: parse(text) or Terms() for text in rows[texts].unique().drop_nulls()}

    def part(name: str) -> pl.Expr:
        return pl.col(texts).replace_strict({text: getattr(terms, name) for text, terms in known.items()}, default=None, return_dtype=pl.Int64)

    def later(days: pl.Expr) -> pl.Expr:
        return pl.min_horizontal(pl.col("issue_date") + pl.duration(days=days), pl.lit(_LAST_DATE)).alias("later")

    percent, days, net = part("percent_e4"), part("discount_days"), part("net_days")
    return rows.with_columns(
        pl.when(net.is_not_null(), pl.col("issue_date").is_not_null()).then(later(net)).alias(f"{prefix}due_date"),
        pl.when(days.is_not_null(), pl.col("issue_date").is_not_null()).then(later(days)).alias(f"{prefix}discount_date"),
        pl.when(percent.is_not_null(), pl.col("issue_date").is_not_null()).then(_share(pl.col("amount_minor"), percent)).alias(f"{prefix}discount_minor"),
    )


def _share(amount: pl.Expr, percent_e4: pl.Expr) -> pl.Expr:
    """The percentage of the amount, half rounded away from zero; in two parts, so that no product leaves 64 bits."""
    size = amount.abs()
    share = (size // _MILLION) * percent_e4 + ((size % _MILLION) * percent_e4 + _MILLION // 2) // _MILLION
    return share * amount.sign()
