"""SWIFT MT103 customer credit transfer and MT910 confirmation of credit, in their envelopes, line ends CRLF.

    MT103   :20: reference · :23B:CRED · :32A: date, currency, amount · :33B: instructed · :50K: payer · :59: we
            :70: remittance · :71A: · :71F: charges taken on the way
    MT910   :20: the advice's own reference · :21: related reference · :25: our account · :32A: · :50K: · :72:

Remittance documents stand behind /INV/, parted by `//`; text of :70: has four lines of 35, each further one led by `//`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from benchmarks.payments import Payment
from benchmarks.writers.fields import decimal, swift_text, yymmdd

_LINE = 35


def write_mt103(out: TextIO, payments: Iterable[Payment], *, owner: str, account: str) -> None:
    """One message for each payment; `owner` and `account` are ours."""
    for payment in payments:
        _write(out, "103", _customer_transfer(payment, owner, account))


def write_mt910(out: TextIO, payments: Iterable[Payment], *, account: str) -> None:
    """One advice for each payment on our account."""
    for payment in payments:
        _write(out, "910", _advice(payment, account))


def _write(out: TextIO, message: str, fields: Iterable[str]) -> None:
    out.write(f"{{1:F01OURSDEFFAXXX0000000000}}{{2:O{message}1200261109BANKDEFFAXXX00000000002611091200N}}{{4:\r\n")
    out.writelines(f":{field}\r\n" for field in fields)
    out.write("-}\r\n")


def _customer_transfer(payment: Payment, owner: str, account: str) -> Iterator[str]:
    currency = payment.currency
    yield f"20:{payment.bank_reference}"
    if payment.customer_reference:
        yield f"21:{payment.customer_reference}"
    yield "23B:CRED"
    yield f"32A:{_settled(payment)}"
    if payment.fee_minor:
        yield f"33B:{currency}{decimal(payment.amount_minor + payment.fee_minor, currency, ',')}"
    yield from _ordering_customer(payment)
    yield f"59:/{account}\r\n{swift_text(owner)[:_LINE]}"
    documents = "//".join(told.document_number for told in payment.remittance)
    purpose = f"/INV/{documents}" if documents else swift_text(f"{payment.structured_reference} {payment.text}".strip())
    if purpose:
        yield f"70:{_lines(purpose)}"
    yield "71A:SHA"
    if payment.fee_minor:
        yield f"71F:{currency}{decimal(payment.fee_minor, currency, ',')}"


def _advice(payment: Payment, account: str) -> Iterator[str]:
    yield f"20:{payment.bank_reference}"
    yield f"21:{payment.customer_reference or 'NONREF'}"
    yield f"25:{account}"
    yield f"32A:{_settled(payment)}"
    yield from _ordering_customer(payment)
    if payment.text:
        yield f"72:{_lines(swift_text(payment.text))}"


def _settled(payment: Payment) -> str:
    return f"{yymmdd(payment.value_date)}{payment.currency}{decimal(payment.amount_minor, payment.currency, ',')}"


def _ordering_customer(payment: Payment) -> Iterator[str]:
    account = f"/{payment.payer_account}\r\n" if payment.payer_account else ""
    yield f"50K:{account}{swift_text(payment.payer_name)[:_LINE]}"


def _lines(text: str) -> str:
    """Lines of 35, each further one led by `//`, which counts as part of it."""
    first, rest = text[:_LINE], text[_LINE:]
    width = _LINE - 2
    return "\r\n//".join([first, *(rest[start:start + width] for start in range(0, len(rest), width))])
