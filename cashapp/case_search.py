"""Finding cases by what a clerk remembers: words of the payer, the text or a reference, an invoice, an amount, a number.

The words of a case's bank line are kept beside it (`case_word`) when it is opened, folded: small letters without accents, letters and
digits only. What is searched for is folded alike; each of its words must begin a word of the case. So a search costs what it finds.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import polars as pl
from sqlalchemy import ColumnElement, CompoundSelect, Connection, Select, and_, exists, func, or_, select, union

from cashapp import db, schema
from parsers.amounts import AmountError, to_minor

WORDS_MAX = 60
WORD_LENGTH_MAX = 40
ASKED_MAX = 6
_TOLD = ("payer_name", "bank_reference", "customer_reference", "check_number", "structured_reference", "remittance_text")
_case, _line, _receipt, _word = schema.exception_case, schema.bank_line, schema.receipt, schema.case_word
_LAST = "\U0010ffff"


def remember(connection: Connection, first: int) -> None:
    """Keep the words of the cases from number `first` on."""
    line_id = func.coalesce(_receipt.c.line_id, _case.c.line_id)
    query = (
        select(_case.c.exception_id, *(_line.c[name] for name in _TOLD)).outerjoin(_receipt, _receipt.c.receipt_id == _case.c.receipt_id)
        .join(_line, _line.c.line_id == line_id).where(_case.c.exception_id >= first)
    )
    with ThreadPoolExecutor(1) as beside:  # while the next rows are read
        kept = pl.concat(beside.map(_words, db.frames(connection, query, {"exception_id": pl.Int64} | dict.fromkeys(_TOLD, pl.String))))
    db.insert_frame(connection, _word, kept.sort("exception_id", "word"))


def _words(told: pl.DataFrame) -> pl.DataFrame:
    """The words of each case, each once: exception_id, word."""
    every = _folded(pl.concat_str(_TOLD, separator=" ")).list.eval(pl.element().str.slice(0, WORD_LENGTH_MAX))
    words = told.select("exception_id", every.list.unique(maintain_order=True).list.head(WORDS_MAX).alias("word"))
    return words.explode("word", empty_as_null=False)


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
