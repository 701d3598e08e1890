"""What is particular to one bank's files. The default is by the book; each field relaxes or completes one thing."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LockboxColumns:
    """1-based inclusive columns of the bank-specific part of BAI lockbox records; the default is `contract`'s 104 columns."""

    check_amount: tuple[int, int] = (8, 17)
    routing: tuple[int, int] = (18, 26)
    account: tuple[int, int] = (27, 36)
    check_number: tuple[int, int] = (37, 46)
    check_date: tuple[int, int] = (47, 52)
    remitter: tuple[int, int] = (53, 82)
    overflow_invoice: tuple[int, int] = (12, 31)
    overflow_amount: tuple[int, int] = (32, 41)
    overflow_pairs: int = 1


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """How a bank's CSV is laid out: column names (matched without case), or 1-based positions as text."""

    date: str = ""
    value_date: str = ""
    amount: str = ""
    credit: str = ""
    debit: str = ""
    payer_name: str = ""
    payer_account: str = ""
    reference: str = ""
    check_number: str = ""
    text: tuple[str, ...] = ()
    currency: str = ""
    account: str = ""
    type_code: str = ""
    balance: str = ""
    date_format: str = "%Y-%m-%d"
    decimal_mark: str = "."
    delimiter: str = ","
    preamble_rows: int = 0
    negate: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """Quirks of one bank's files.

    currency: where the file names none. encoding: where the bytes are not UTF-8. account: where the file names none.
    """

    name: str = "default"
    currency: str = "USD"
    encoding: str = "cp1252"
    account: str = ""
    lockbox: LockboxColumns = field(default_factory=LockboxColumns)
    csv: CsvColumns | None = None
