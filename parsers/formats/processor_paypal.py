"""PayPal: settlement report (STL), transaction detail report (TRR) and the activity download of the web site.

Issuer: PayPal, https://developer.paypal.com/docs/reports/. STL and TRR come by SFTP, comma or tab delimited, UTF-8:

    RH  report header   generated at, window, account, version
    FH  file header     number of the file
    SH  section header  from, until, account: one section for each account
    CH  column header   the names of the columns of SB
    SB  body            one movement: Transaction ID, Invoice ID, Transaction Event Code, dates, amount, fee, …
    SF  section footer  by currency: gross credits and debits, fee credits and debits, balances before and after
    SC  section count   number of SB rows
    RF, RC, FF          the same for the report and the file

Amounts there are unsigned, in minor units without a mark, their direction stands in the column before (CR or DR). The activity
download is a CSV with signed, localised Gross, Fee and Net and a running Balance by currency; its columns are known in English,
German, French, Spanish, Italian and Dutch.

A payment is what reaches our PayPal balance (gross less fee), with the fee beside it. Event codes: T00 payments, T01 fees, T02
currency conversion, T03 transfers from our bank, T04 withdrawals to it (kind `payout`), T11 reversals and refunds, T12
adjustments, T15 and T21 holds. T1107 (refund by us) is a return, other T11 and T12 are reversals.

Controls: SC and RC row counts, SF totals and balances; in the activity download net = gross + fee and the running balance.

Quirks tolerated: denied, pending and voided rows (by status); rows that only inform (no balance impact); yen, forint and Taiwan
dollars, of which the specification does not say how many digits PayPal writes, are told.

    "SB","5TY05013RG002845M","INV-1","","","T0006",2026/01/30 10:00:00 -0800,2026/01/30 10:00:00 -0800,"CR",10000,"USD","DR",320,"USD"
"""

from __future__ import annotations

from collections.abc import Iterator

from parsers import issues
from parsers.delimited.rows import DELIMITERS, head_rows
from parsers.processors.headers import PAYPAL, delimiter_of
from parsers.processors.paypal_activity import PaypalActivity
from parsers.processors.paypal_report import PaypalReport
from parsers.profile import Profile
from parsers.records import Envelope, Record, Span
from parsers.sources import Source

NAME = "paypal"
TITLE = "PayPal settlement (STL) and transaction detail (TRR) reports, activity download"
IDENTIFIED_BY = "a first record RH (or FH, SH), or the header of the activity download"


def sniff(head: bytes) -> bool:
    """A report by its first record type, a download by its header."""
    return _report_delimiter(head) is not None or delimiter_of(head, PAYPAL) is not None


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The file's records in order."""
    report = _report_delimiter(source.head)
    activity = delimiter_of(source.head, PAYPAL, profile.encoding)
    if report is not None:
        yield from PaypalReport(profile).records(source, report)
    elif activity is not None:
        yield from PaypalActivity(profile).records(source, activity)
    else:
        span = Span(1, 0, len(source.read()))
        yield issues.error(span, "bad_record", "no record and no header of PayPal begins the file")
        yield Envelope(span, "unread")


def _report_delimiter(head: bytes) -> str | None:
    """The delimiter of a report whose first row is a record of PayPal's with its fields."""
    for delimiter in DELIMITERS:
        first = next(iter(head_rows(head, delimiter, "utf-8", count=4)), None)
        if first is not None and len(first.cells) > 1 and first.cells[0] in {"RH", "FH", "SH"}:
            return delimiter
    return None
