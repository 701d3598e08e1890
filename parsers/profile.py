"""What is particular to one bank's files. The default is by the book; each field relaxes or completes one thing."""

from __future__ import annotations

from dataclasses import dataclass, field

NOT_SENT = (0, 0)
"""Columns of a field that the bank does not send."""


@dataclass(frozen=True, slots=True)
class LockboxColumns:
    """1-based inclusive columns of BAI lockbox records; the default is the 104-column layout of `docs/formats.md`.

    `detail_…`: remittance in the check record (6); `overflow_…`: in the overflow record (4). Where a record holds several
    documents, `…_pairs` says up to how many; each has the columns of the first, moved by the first one's width. `amounts_are_gross`:
    the amount is that of the document, before discount and deduction.
    """

    lockbox: tuple[int, int] = (8, 14)
    deposit_date: tuple[int, int] = (15, 20)
    check_amount: tuple[int, int] = (8, 17)
    routing: tuple[int, int] = (18, 26)
    account: tuple[int, int] = (27, 36)
    check_number: tuple[int, int] = (37, 46)
    remitter: tuple[int, int] = (53, 82)
    detail_invoice: tuple[int, int] = NOT_SENT
    detail_amount: tuple[int, int] = NOT_SENT
    detail_pairs: int = 1
    overflow_invoice: tuple[int, int] = (12, 31)
    overflow_amount: tuple[int, int] = (32, 41)
    overflow_discount: tuple[int, int] = NOT_SENT
    overflow_deduction: tuple[int, int] = NOT_SENT
    overflow_reason: tuple[int, int] = NOT_SENT
    overflow_text: tuple[int, int] = NOT_SENT
    overflow_pairs: int = 3
    amounts_are_gross: bool = False
    batch_count: tuple[int, int] = (21, 23)
    batch_total: tuple[int, int] = (24, 33)
    lockbox_count: tuple[int, int] = (21, 24)
    lockbox_total: tuple[int, int] = (25, 34)
    file_records: tuple[int, int] = (2, 7)


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """How a bank's CSV deviates from what `parsers.delimited.layout` finds out by itself: only what is set here is taken from here.

    A column is given by its header name (case, accents and punctuation do not matter) or by its 1-based position (`"3"`).
    Money: `amount` is signed (or unsigned with `direction`), or `credit` and `debit` stand apart; `fee` is taken off. `payee_name`
    is the other side of money that goes out, where it has a column of its own. `reference` is the bank's own,
    `customer_reference` the payer's. `header`: the names that together tell a shipped layout apart.
    """

    name: str = "custom"
    header: tuple[str, ...] = ()
    date: str = ""
    value_date: str = ""
    amount: str = ""
    credit: str = ""
    debit: str = ""
    direction: str = ""
    fee: str = ""
    payer_name: str = ""
    payee_name: str = ""
    payer_account: str = ""
    reference: str = ""
    customer_reference: str = ""
    check_number: str = ""
    text: tuple[str, ...] = ()
    currency: str = ""
    account: str = ""
    type_code: str = ""
    status: str = ""
    balance: str = ""
    invoices: str = ""
    date_format: str = ""  # "DMY", "MDY" or a pattern such as "%d/%m/%Y"; empty: the column tells
    decimal_mark: str = ""  # empty: the column tells
    delimiter: str = ""  # empty: the header tells
    currency_code: str = ""  # of a bank whose exports never name it
    preamble_rows: int = 0  # rows before the header (or before the first data row) that are no table
    has_header: bool = True
    negate: bool = False  # money in is written negative, as some card exports do


@dataclass(frozen=True, slots=True)
class Profile:
    """Quirks of one bank's files.

    currency: where the file names none. encoding: where the bytes are not UTF-8; the default gives way to what letters show. account: where the file names none.
    """

    name: str = "default"
    currency: str = "USD"
    encoding: str = "cp1252"
    account: str = ""
    lockbox: LockboxColumns = field(default_factory=LockboxColumns)
    csv: CsvColumns | None = None
