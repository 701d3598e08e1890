"""camt entries of one shape as columns of bank lines: what `parsers.iso.entry` says of one entry, said of thousands.

Only what is plainly by the standard is read here: amounts with the currency's digits, known indicators and statuses, texts in the
usual letters. `lines` leaves every other entry out, and the record reader tells it.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

import polars as pl

from parsers import structured
from parsers.amounts import is_currency, minor_digits
from parsers.documents import LINES
from parsers.iso.codes import meaning
from parsers.iso.entry_outline import NO_DETAIL
from parsers.iso.messages import NO_REFERENCE, SILENT

if TYPE_CHECKING:
    from parsers.iso.entry_outline import DetailOutline, EntryOutline
    from parsers.iso.messages import Money, Slot
    from parsers.iso.statement import Statement

_UNUSUAL = "[^ -~\u00c0-\u024f\u0400-\u045f\u4e00-\u9fa5]"
_NO_REFERENCE = "(?i)^(?:" + "|".join(sorted(NO_REFERENCE)).replace("I", "[iI\u0131]") + ")$"
_DATE = "^[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
_REFERENCE_IN_TEXT = r"[rR][fF]|\+\+\+|\*\*\*|[^\x00-\x7f]"
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_NOTHING = pl.lit("")


def is_plain(outline: EntryOutline) -> bool:
    """Whether entries of the shape are one payment each, without charges, documents or routing numbers."""
    detail = _detail(outline)
    amounts = [outline.amount, *detail.amounts, *filter(None, (outline.instructed, detail.instructed))]
    return (
        outline.amount is not None and outline.amount.currency != "" and len(outline.details) < 2 and not outline.batches
        and all(amount is not None and is_currency(amount.currency) for amount in amounts)
        and not (outline.charges or detail.charges or detail.remittance.documents)
        and outline.indicator != SILENT and detail.debtor.routing == detail.creditor.routing == SILENT
    )


def lines(texts: pl.DataFrame, places: pl.DataFrame, outline: EntryOutline, statement: Statement, number: int) -> pl.DataFrame:
    """The bank lines of those entries that can be told in columns, each with its `row`; they count into the statement."""
    return _Shape(_resolved(texts), places, outline, statement, number).lines()


def _detail(outline: EntryOutline) -> DetailOutline:
    return outline.details[0] if outline.details else NO_DETAIL


def _resolved(texts: pl.DataFrame) -> pl.DataFrame:
    """The texts with XML's own entities resolved."""
    has_entity = texts.select(pl.all().str.contains("&", literal=True).any()).row(0)
    named = [name for name, has in zip(texts.columns, has_entity, strict=True) if has]
    return texts.with_columns(pl.col(named).str.replace_many(_ENTITIES)) if named else texts


class _Shape:
    """Entries of one shape on their way to bank lines. `sure`: what must hold for an entry to be told here."""

    def __init__(self, texts: pl.DataFrame, places: pl.DataFrame, outline: EntryOutline, statement: Statement, number: int) -> None:
        self.texts, self.places, self.outline, self.statement, self.number = texts, places, outline, statement, number
        self.detail = _detail(outline)
        self.sure: list[pl.Expr] = []
        assert outline.amount is not None, "a plain shape has an amount"
        self.amount, self.currency = outline.amount, outline.amount.currency

    def lines(self) -> pl.DataFrame:
        """The frame of bank lines, with `row`."""
        outline, detail = self.outline, self.detail
        indicator = pl.col(str(outline.indicator))
        self.sure.append(indicator.is_in(["CRDT", "DBIT"]))
        absolute = self._minor(self.amount)
        columns = {
            "amount_minor": pl.when(indicator == "DBIT").then(-absolute).otherwise(absolute), "status": self._status(),
            "booked": self._date(outline.booking_date), "value_date": self._date(outline.value_date), "reversal": self._reversal(),
            "bank_reference": self._first_of([self._reference(detail.servicer_reference), self._reference(outline.servicer_reference),
                                              self._own_reference(), self._reference(detail.transaction_id)]),
            "customer_reference": self._reference(detail.end_to_end_id), "check_number": self._reference(detail.check_number),
            "return_reason": self._text(detail.return_reason),
            "original": self._first_of([self._reference(place) for place in detail.original_ids]),
            "debtor": self._first_of([self._text(detail.debtor.name), self._text(detail.debtor.ultimate)]),
            "creditor": self._first_of([self._text(detail.creditor.name), self._text(detail.creditor.ultimate)]),
            "debtor_account": self._account(detail.debtor.account), "creditor_account": self._account(detail.creditor.account),
            "said": self._said(), "information": self._first_of([self._text(detail.information), self._text(outline.information)]),
            "code": self._code(),
        }
        instructed, instructed_currency = self._instructed()
        columns |= {"instructed_minor": instructed, "instructed_currency": pl.lit(instructed_currency)}
        read = self.texts.select(**columns, sure=reduce(lambda one, other: one & other, self.sure).fill_null(False))
        read = pl.concat([read, self.places], how="horizontal")
        if not read["sure"].all():
            read = read.filter(pl.col("sure"))
        return self._lines(read)

    def _lines(self, read: pl.DataFrame) -> pl.DataFrame:
        own = self.statement.own
        read = self._meant(read).with_columns(comes_back=pl.col("kind").is_in(["return", "reversal"]))
        is_debtor = (pl.col("amount_minor") >= 0) != pl.col("comes_back")
        first_account = pl.when(is_debtor).then("debtor_account").otherwise("creditor_account")
        other_account = pl.when(is_debtor).then("creditor_account").otherwise("debtor_account")
        read = read.with_columns(
            name=pl.when(is_debtor).then("debtor").otherwise("creditor"), account=first_account,
            other_name=pl.when(is_debtor).then("creditor").otherwise("debtor"), other_account=other_account,
        )
        account, other = pl.col("account"), pl.col("other_account")
        is_own = ((account != "") & (account == own.account)) | ((account == "") & (pl.col("name") == ""))
        is_others = pl.when(other != "").then(other != own.account).otherwise(pl.col("comes_back") & (pl.col("other_name") != own.name))
        turns = is_own & is_others
        booking = pl.when(pl.col("booked").is_null() & (pl.col("status") == "booked")).then(
            pl.coalesce("value_date", pl.lit(own.closing_date, dtype=pl.Date))).otherwise("booked")
        made: dict[str, pl.Expr | pl.Series] = {
            "statement": pl.lit(self.number), "currency": pl.lit(self.currency), "booking_date": booking,
            "payer_name": pl.when(turns).then("other_name").otherwise("name"), "payer_account": pl.when(turns).then(other).otherwise(account),
            "structured_reference": self._found(read),
            "remittance_text": pl.when(pl.col("said") != "").then("said").otherwise("information"),
            "original_reference": pl.when("comes_back").then("original").otherwise(_NOTHING), "batch_reference": _NOTHING,
            "batch_amount_minor": pl.lit(None), "batch_line": pl.lit(None), "fee_minor": pl.lit(0),
        }
        found = read.select("row", *((made[name] if name in made else pl.col(name)).cast(dtype).alias(name) for name, dtype in LINES.items()))
        self._count(found)
        return found

    def _count(self, found: pl.DataFrame) -> None:
        """The entries into the statement's figures."""
        is_booked, is_credit = found["status"] == "booked", found["amount_minor"] >= 0
        for booked in (True, False):
            for credit in (True, False):
                amounts = found["amount_minor"].filter((is_booked == booked) & (is_credit == credit))
                if len(amounts):
                    key = self.currency, booked, credit
                    self.statement.counts[key] = self.statement.counts.get(key, 0) + len(amounts)
                    self.statement.sums[key] = self.statement.sums.get(key, 0) + int(amounts.sum())

    def _column(self, place: Slot) -> pl.Expr:
        return pl.col(str(place))

    def _text(self, place: Slot) -> pl.Expr:
        """A text as one line."""
        if place == SILENT:
            return _NOTHING
        self.sure.append(~self._column(place).str.contains(_UNUSUAL))
        return self._column(place).str.strip_chars(" ")

    def _reference(self, place: Slot) -> pl.Expr:
        text = self._text(place)
        return text if place == SILENT else pl.when(text.str.contains(_NO_REFERENCE)).then(_NOTHING).otherwise(text)

    def _own_reference(self) -> pl.Expr:
        """`NtryRef`, unless it only numbers the entries."""
        own = self._reference(self.outline.entry_reference)
        if self.outline.entry_reference == SILENT:
            return own
        self.sure.append(~own.str.contains("[^ -~]"))
        return pl.when(own.str.contains("^[0-9]{1,5}$")).then(_NOTHING).otherwise(own)

    def _first_of(self, texts: list[pl.Expr]) -> pl.Expr:
        """The first text that is not empty."""
        told = [text for text in texts if text is not _NOTHING]
        if not told:
            return _NOTHING
        return reduce(lambda later, text: pl.when(text != "").then(text).otherwise(later), reversed(told))

    def _account(self, place: Slot) -> pl.Expr:
        return self._text(place) if place == SILENT else self._text(place).str.replace_all(" ", "", literal=True)

    def _minor(self, stated: Money) -> pl.Expr:
        digits = minor_digits(stated.currency)
        fraction = rf"\.[0-9]{{{digits}}}" if digits else ""
        self.sure.append(self._column(stated.slot).str.contains(f"^[0-9]{{1,{15 - digits}}}{fraction}$"))
        return self._column(stated.slot).str.replace(".", "", literal=True).cast(pl.Int64, strict=False)

    def _date(self, place: Slot) -> pl.Expr:
        if place == SILENT:
            return pl.lit(None, dtype=pl.Date)
        text = self._column(place)
        date = text.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        self.sure.append((text == "") | (text.str.contains(_DATE) & date.is_not_null()))
        return date

    def _status(self) -> pl.Expr:
        if self.outline.status == SILENT:
            return pl.lit("booked")
        text = self._column(self.outline.status)
        self.sure.append(text.is_in(["BOOK", "PDNG", "FUTR", "INFO"]))
        return pl.when(text == "BOOK").then(pl.lit("booked")).when(text == "INFO").then(pl.lit("info")).otherwise(pl.lit("pending"))

    def _reversal(self) -> pl.Expr:
        if self.outline.reversal == SILENT:
            return pl.lit(False)
        text = self._column(self.outline.reversal)
        self.sure.append(text.is_in(["true", "false", "1", "0", ""]))
        return text.is_in(["true", "1"])

    def _said(self) -> pl.Expr:
        texts = [self._text(place) for place in self.detail.remittance.text]
        return pl.concat_str(texts, separator=" ") if len(texts) > 1 else texts[0] if texts else _NOTHING

    def _code(self) -> pl.Expr:
        """The texts of the code that counts, as one."""
        place, of_entry = self.detail.code, self.outline.code
        if place.domain < 0 and (of_entry.domain >= 0 or place.proprietary < 0):
            place = of_entry
        parts = (place.domain, place.family, place.sub_family, place.proprietary, place.issuer)
        return pl.concat_str([_NOTHING if part == SILENT else self._column(part) for part in parts], separator="\x1f")

    def _instructed(self) -> tuple[pl.Expr, str]:
        """What was instructed. An amount of the detail in the entry's currency must be the booked one."""
        stated = self.detail.instructed or self.outline.instructed
        for found in () if stated else self.detail.amounts:
            if found.currency != self.currency:
                stated = found
                break
            self.sure.append(self._column(found.slot) == self._column(self.amount.slot))
        return (self._minor(stated), stated.currency) if stated else (pl.lit(None, dtype=pl.Int64), "")

    def _meant(self, read: pl.DataFrame) -> pl.DataFrame:
        """Type code and kind, asked once for each code."""
        asked = read.select("code", "reversal", credit=pl.col("amount_minor") >= 0)
        keys = asked.unique()
        told = [meaning(*code.split("\x1f"), credit, self.detail.is_return, reversal) for code, reversal, credit in keys.iter_rows()]
        keys = keys.with_columns(type_code=pl.Series([one.type_code for one in told], dtype=pl.String),
                                 kind=pl.Series([one.kind for one in told], dtype=pl.String))
        answers = asked.join(keys, on=["code", "reversal", "credit"], how="left", maintain_order="left")
        return read.with_columns(answers["type_code"], answers["kind"])

    def _found(self, read: pl.DataFrame) -> pl.Series:
        """The references in the texts that cannot be mistaken."""
        found = pl.repeat("", read.height, dtype=pl.String, eager=True)
        rows = read["said"].str.contains(_REFERENCE_IN_TEXT).arg_true()
        if not len(rows):
            return found
        return found.scatter(rows, pl.Series([structured.find(text) for text in read["said"].gather(rows)], dtype=pl.String))
