"""Finding cases by what a clerk remembers: words of the payer, the text or a reference, an invoice, an amount, a number.

The words of a case's bank line are kept beside it (`case_word`) when it is opened, folded: small letters without accents, letters and
digits only. What is searched for is folded alike; each of its words must begin a word of the case. So a search costs what it finds.
"""

from __future__ import annotations

from typing import TypeAlias

import polars as pl
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, and_, exists, or_, select, union

from cashapp import db, schema
from parsers.amounts import AmountError, to_minor

WORDS_MAX = 60
WORD_LENGTH_MAX = 40
ASKED_MAX = 6
_TOLD = ("payer_name", "bank_reference", "customer_reference", "check_number", "structured_reference", "remittance_text")
_case, _line, _receipt, _word = schema.exception_case, schema.bank_line, schema.receipt, schema.case_word
_LAST = "\U0010ffff"


Query: TypeAlias = tuple[Select[*tuple[object, ...]], db.Shape]


def lines_of(connection: Connection, cases: pl.DataFrame) -> tuple[Query, Query]:
    """What asks for the bank lines of cases, of those with a receipt (receipt_id) and of those with a line of their own (line_id)."""
    texts, shape = [_line.c[name] for name in _TOLD], dict.fromkeys(_TOLD, pl.String)
    received = select(_receipt.c.receipt_id, *texts).join(_line, _line.c.line_id == _receipt.c.line_id)
    return (
        (received.where(db.among(connection, _receipt.c.receipt_id, cases["receipt_id"].drop_nulls().sort().to_list())), {"receipt_id": pl.Int64} | shape),
        (select(_line.c.line_id, *texts).where(db.among(connection, _line.c.line_id, cases["line_id"].drop_nulls().sort().to_list())), {"line_id": pl.Int64} | shape),
    )


def words(cases: pl.DataFrame, of_receipts: pl.DataFrame, of_lines: pl.DataFrame) -> pl.DataFrame:
    """The words by which the cases are found, each once and in order: exception_id, word. The others are the lines of `lines_of`."""
    told = pl.concat(cases.select("exception_id", key).join(lines, on=key).drop(key) for key, lines in (("receipt_id", of_receipts), ("line_id", of_lines)))
    every = _folded(pl.concat_str(_TOLD, separator=" ")).list.eval(pl.element().str.slice(0, WORD_LENGTH_MAX))
    kept = told.select("exception_id", every.list.unique(maintain_order=True).list.head(WORDS_MAX).alias("word"))
    return kept.explode("word", empty_as_null=False).sort("exception_id", "word")


def _folded(text: pl.Expr) -> pl.Expr:
    """The words of a text as a list."""
    plain = text.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return plain.str.extract_all(r"[\p{L}\p{N}]+")


def found(asked: str) -> CompoundSelect[int]:
    """The numbers of the cases that a search stands for, each once, in no order."""
    words = sorted(pl.DataFrame({"asked": [asked]}).select(_folded(pl.col("asked"))).item().to_list(), key=len, reverse=True)[:ASKED_MAX]
    ways = [_of_invoice(asked), _of_customer(asked), *_of_amount(asked)]
    if words:
        ways.append(_with_words([word[:WORD_LENGTH_MAX] for word in words]))
    if asked.isascii() and asked.isdigit() and len(asked) < 18:
        ways.append(select(_case.c.exception_id).where(_case.c.exception_id == int(asked)))
    return union(*ways)


def _with_words(words: list[str]) -> Select[tuple[int]]:
    """Cases with words that begin so: found by the longest, which is the rarest, and tested for the others."""
    other = _word.alias()
    rest = [exists().where(other.c.exception_id == _word.c.exception_id, _begins(other.c.word, word)) for word in words[1:]]
    return select(_word.c.exception_id).where(_begins(_word.c.word, words[0]), *rest)


def _begins(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return and_(column >= word, column < word + _LAST)


def _of_invoice(asked: str) -> Select[tuple[int]]:
    """Cases of receipts that a suggestion puts on the document of this number."""
    item, told = schema.open_item, schema.proposal_line
    return (
        select(_case.c.exception_id).join(told, told.c.receipt_id == _case.c.receipt_id).join(item, item.c.item_id == told.c.item_id)
        .where(item.c.document_number == asked)
    )


def _of_customer(asked: str) -> Select[tuple[int]]:
    customer = schema.customer
    named = select(customer.c.customer_id).where(or_(customer.c.customer_id == asked, customer.c.name.icontains(asked, autoescape=True)))
    return select(_case.c.exception_id).where(_case.c.customer_id.in_(named))


def _of_amount(asked: str) -> list[Select[tuple[int]]]:
    """`1,250.00` in the minor units of currencies with no, two and three digits."""
    minor: set[int] = set()
    for currency in ("JPY", "USD", "KWD"):
        try:
            minor.add(abs(to_minor(asked.replace(",", ""), currency)))
        except AmountError:
            continue
    states = _case.c.status.in_(("open", "resolved"))  # all there are: the index of amounts begins with them
    return [select(_case.c.exception_id).where(states, _case.c.size_minor.in_(sorted(minor)))] if minor else []
