r"""What payers say in X12, many texts at once: advices of the usual shape in columns.

    RMR*IV*INV-1**980*1000*20\                                                           a line, or several
    ISA*…\GS*…\ST*820*…\BPR*…\TRN*1*…\N1*PR*…\REF*…\ENT*1\RMR*…\RMR*…\SE*…\GE*…\IEA*…\   a whole 820

Plain is an advice of these segments in this order, of lines without adjustments that add up to the payment as they stand: for
it `x12.read_advice` has but one reading, so it can be read here. All others are for that function, which weighs readings and
tells what is wrong. A differential test holds the two equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from parsers.x12.segments import ON_ACCOUNT, TAGS, TYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOOKS_LIKE_X12 = rf"^ *{TAGS}[^A-Za-z0-9 ]"
"""`x12.looks_like_x12` as a pattern for printable texts."""

_TERMINATORS = ("\\", "~")
_FRAME = r"GS|ST|BPR|TRN|CUR|PER|REF|DTM|N[1-4]|ENT"
_END = r"SE|GE|IEA"
_SPEAKING = r"^(?:TRN|N1|REF)\*"
_AMOUNT = r"(?:-?\d{1,12}(?:\.\d{1,2})?)?"
_ISA_MARK, _ISA_TERMINATOR, _ISA_ELEMENTS = 103, 105, 16


class Advices(NamedTuple):
    """The plain texts, `indexes` into those given, with what each says; and their remittance lines: `of` is the place of the text
    among the plain ones, `start` and `end` that of the segment in the text."""

    indexes: NDArray[np.int64]
    notes: pl.Series
    traces: pl.Series
    payers: pl.Series
    lines: pl.DataFrame


def advices(texts: pl.Series, paid_minor: NDArray[np.int64]) -> list[Advices]:
    """The plain ones of printable ASCII texts that look like X12, by their separators; `paid_minor`: the payments in USD that carry them."""
    bodies = texts.str.strip_chars_end(" ")
    found = []
    for terminator in _TERMINATORS:
        ended = bodies.str.ends_with(terminator).arg_true()
        chosen = bodies.gather(ended)
        usual = chosen.to_frame("body").select(_is_usual(terminator)).to_series().arg_true() if len(ended) else ended
        if len(usual):
            indexes = ended.gather(usual).to_numpy().astype(np.int64)
            found.append(_read(indexes, chosen.gather(usual), paid_minor[indexes], terminator))
    return found


def _read(indexes: NDArray[np.int64], bodies: pl.Series, paid_minor: NDArray[np.int64], terminator: str) -> Advices:
    """Texts of the usual shape; those whose lines do not add up to the payment are left out."""
    pieces = bodies.str.strip_suffix(terminator).str.split(terminator)
    of = np.repeat(np.arange(len(bodies)), pieces.list.len().to_numpy())
    segments = pieces.explode()
    ends = np.cumsum(segments.str.len_bytes().to_numpy().astype(np.int64) + 1)
    starts = np.concatenate(([0], ends[:-1]))
    before = starts[np.searchsorted(of, of)]
    frame = pl.DataFrame({"of": of, "start": starts - before, "end": ends - before, "segment": segments})
    is_line = segments.str.starts_with("RMR*")
    lines = _lines(frame.filter(is_line))
    adds_up = _adds_up(paid_minor, lines["of"].to_numpy(), lines["amount_minor"])
    notes, traces, payers = (said.filter(adds_up) for said in _said(len(bodies), frame.filter(~is_line)))
    new = pl.Series(np.cumsum(adds_up) - 1)
    lines = lines.filter(adds_up[lines["of"].to_numpy()])
    return Advices(indexes[adds_up], notes, traces, payers, lines.with_columns(new.gather(lines["of"]).alias("of")))


def _is_usual(terminator: str) -> pl.Expr:
    """Whether a `body` has the usual shape, and its separators are sure to be `*` and this terminator."""
    body = pl.col("body")
    mark = rf"\{terminator}"
    line = rf"RMR\*[^*{mark}]*\*[^*{mark}]*\*[^*{mark}]*\*{_AMOUNT}(?:\*{_AMOUNT}(?:\*{_AMOUNT})?)?{mark}"
    shape = rf"^(?:ISA\*[^{mark}]*{mark})?(?:(?:{_FRAME})\*[^{mark}]*{mark})*(?:{line})*(?:(?:{_END})\*[^{mark}]*{mark})*$"
    declared = (
        (body.str.slice(_ISA_MARK, 1) == "*") & (body.str.slice(_ISA_TERMINATOR, 1) == terminator)
        & (body.str.slice(0, _ISA_MARK + 1).str.count_matches("*", literal=True) == _ISA_ELEMENTS)
    )
    shown = ~body.str.contains(rf"[^A-Za-z0-9 .,\-/()*{mark}]")
    return body.str.contains(shape) & pl.when(body.str.starts_with("ISA")).then(declared).otherwise(shown)


def _lines(segments: pl.DataFrame) -> pl.DataFrame:
    """RMR segments as remittance lines; without an amount where the segment has none."""
    number, action, qualifier = (pl.col(f"field_{n}").str.strip_chars(" ") for n in (2, 3, 1))
    paid, gross, discount = (_minor(pl.col(f"field_{n}")) for n in (4, 5, 6))
    kind = pl.when(action.is_in(ON_ACCOUNT)).then(pl.lit("on_account")).otherwise(qualifier.replace_strict(TYPES, default="invoice"))
    told = segments.lazy().with_columns(pl.col("segment").str.splitn("*", 7)).unnest("segment").select(
        "of", "start", "end", number.alias("document_number"), pl.coalesce(paid, gross - discount.fill_null(0)).alias("amount_minor"),
        discount.fill_null(0).alias("discount_minor"), kind.alias("document_type"),
    )
    amount, kind = pl.col("amount_minor"), pl.col("document_type")
    return told.with_columns(
        amount_minor=pl.when(kind == "credit_memo").then(-amount.abs()).otherwise(amount),
        document_type=pl.when((kind == "invoice") & (amount < 0)).then(pl.lit("credit_memo")).otherwise(kind),
    ).collect()


def _minor(text: pl.Expr) -> pl.Expr:
    """Cents of an amount of the usual shape; null where there is none."""
    return text.cast(pl.Decimal(18, 2), strict=False).to_physical().cast(pl.Int64)


def _adds_up(paid_minor: NDArray[np.int64], of: NDArray[np.int64], amounts: pl.Series) -> NDArray[np.bool_]:
    """Whether the lines of each text are its payment; a text without lines has nothing to add up."""
    sums, silent = np.zeros_like(paid_minor), np.ones(len(paid_minor), np.bool_)
    np.add.at(sums, of, amounts.fill_null(0).to_numpy())
    silent[of] = False
    adds_up: NDArray[np.bool_] = sums == paid_minor
    adds_up[of[amounts.is_null().to_numpy()]] = False
    return adds_up | silent


def _said(texts: int, segments: pl.DataFrame) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Notes, trace and payer of so many texts; empty where a text names none."""
    notes, traces, payers = (pl.Series([""]).new_from_index(0, texts) for _ in range(3))
    if segments.is_empty():
        return notes, traces, payers
    tag, first, second, third = (pl.col(f"field_{n}").fill_null("").str.strip_chars(" ") for n in range(4))
    speaking = segments.lazy().filter(pl.col("segment").str.contains(_SPEAKING))
    said = speaking.with_columns(pl.col("segment").str.splitn("*", 5)).unnest("segment").select(
        "of", value=second, words=pl.concat_str(second, third, separator=" ").str.strip_chars(" "),
        notes=(tag == "REF") & (first != "CK"), traces=tag == "TRN", names=(tag == "N1") & (first == "PR"),
    ).collect()
    noted = said.filter(pl.col("notes") & (pl.col("words") != "")).group_by("of", maintain_order=True).agg(pl.col("words").str.join(" "))
    traced, named = (_first_of_each(said.filter(chosen & (pl.col("value") != ""))) for chosen in (pl.col("traces"), pl.col("names")))
    return (
        notes.scatter(noted["of"], noted["words"]), traces.scatter(traced["of"], traced["value"]), payers.scatter(named["of"], named["value"]),
    )


def _first_of_each(said: pl.DataFrame) -> pl.DataFrame:
    return said.filter(np.diff(said["of"].to_numpy(), prepend=-1) != 0)
