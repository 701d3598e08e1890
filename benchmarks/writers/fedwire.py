"""Fedwire Funds Service advice in the FAIM tag format (3.0), elements ended by `*`.

    {1500} sender · {1510} 1000 · {1520} IMAD · {2000} amount · {3100} sender · {3320} reference · {3400} receiver · {3600} CTR
    {3700} charges borne by us, {3710} instructed amount · {4200} beneficiary · {5000} originator · {5100} its bank
    {6000} originator to beneficiary · {8300}… related remittance

The IMAD (`bank_reference`) is the cycle date, eight characters of source and six of sequence. One remittance line is carried
structured (business code CTR with local instrument RMTS: {8400} document, {8450} paid, {8500} gross, {8550} discount, {8600}
adjustment); more than one stands in the text of {6000}, four lines of 35.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TextIO

from benchmarks.payments import Payment, Told
from benchmarks.writers.fields import ascii_text, check_digit, decimal, words


def imad(day: dt.date, sequence: int, source: str = "B1QGC01R") -> str:
    """The input message accountability data of the n-th message: 20261109B1QGC01R000001."""
    return f"{day:%Y%m%d}{source}{sequence % 10**6:06d}"


def write_fedwire(out: TextIO, payments: Iterable[Payment], *, owner: str, account: str, routing: str) -> None:
    """One advice after another; `owner`, `account` and `routing` are ours."""
    for payment in payments:
        out.writelines(f"{tag}\n" for tag in _tags(payment, owner, account, routing))


def _tags(payment: Payment, owner: str, account: str, routing: str) -> Iterator[str]:
    sender, _, payer_account = payment.payer_account.partition("/")
    sender = sender if sender.isdigit() else "02600959" + check_digit("02600959")
    structured = len(payment.remittance) == 1
    yield "{1500}30        P "
    yield "{1510}1000"
    yield f"{{1520}}{payment.bank_reference}"
    yield f"{{2000}}{payment.amount_minor:012d}"
    yield f"{{3100}}{sender}SENDING BANK*"
    if payment.customer_reference:
        yield f"{{3320}}{_text(payment.customer_reference, 16)}*"
    yield f"{{3400}}{routing}OUR BANK*"
    yield "{3600}CTR"
    if structured:
        yield "{3610}RMTS"
    if payment.fee_minor:
        yield f"{{3700}}B{payment.currency}{decimal(payment.fee_minor, payment.currency, ',')}*"
        yield f"{{3710}}{payment.currency}{decimal(payment.amount_minor + payment.fee_minor, payment.currency, ',')}*"
    yield f"{{4200}}D{account}*{_text(owner, 35)}*"
    yield f"{{5000}}D{payer_account or payment.payer_account}*{_text(payment.payer_name, 35)}*"
    yield f"{{5100}}F{sender}*SENDING BANK*"
    text = " ".join(part for part in (payment.structured_reference, payment.text) if part)
    if text:
        yield "{6000}" + "".join(f"{line}*" for line in list(words(_text(text, 140), 35))[:4])
    if structured:
        yield from _remittance(payment, payment.remittance[0], owner)


def _remittance(payment: Payment, told: Told, owner: str) -> Iterator[str]:
    currency = payment.currency
    yield f"{{8300}}OI{'':4}*{_text(payment.payer_name, 140)}*"
    yield f"{{8350}}{_text(owner, 140)}*"
    yield f"{{8400}}{'CREN' if told.amount_minor < 0 else 'CINV'}*{_text(told.document_number, 35)}*"
    yield f"{{8450}}{currency}{decimal(told.amount_minor, currency)}*"
    yield f"{{8500}}{currency}{decimal(told.gross_minor, currency)}*"
    if told.discount_minor:
        yield f"{{8550}}{currency}{decimal(told.discount_minor, currency)}*"
    if told.deduction_minor:
        yield f"{{8600}}04DBIT{currency}{decimal(told.deduction_minor, currency)}*{_text(told.deduction_reason, 140)}*"


def _text(text: str, width: int) -> str:
    """`*` and braces mark elements and tags and cannot stand inside."""
    return ascii_text(text).translate(str.maketrans("*{}", ".()"))[:width].rstrip()
