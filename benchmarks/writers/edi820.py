"""ASC X12 820 payment order/remittance advice (005010, functional group RA), one transaction set for each payment.

    ISA GS (ST BPR TRN REF DTM N1*PR N1*PE ENT RMR* SE)* GE IEA

RMR04 is the net cash paid for the document, RMR05 its gross, RMR06 the discount taken; a deduction follows as RMR07/08. A
credit memo is an RMR with qualifier CM and a negative amount. BPR02 is the sum of the RMR04. Amounts have their decimal point.
BPR01 says whether money moves: C (payment with remittance), I (remittance only).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Literal, TextIO

from benchmarks.payments import Payment, Told
from benchmarks.writers.fields import ascii_text, yymmdd, yyyymmdd

Handling = Literal["C", "I"]

_SERVICE = re.compile(r"[*~\\>]")


def write_820(out: TextIO, payments: Iterable[Payment], *, created: dt.date, payee: str, handling: Handling = "C") -> None:
    """One interchange, one group, a transaction set for each payment; segments end with `~` and a line feed."""
    out.write(f"{isa(created, '~')}\n{_gs(created)}~\n")
    sets = 0
    for sets, payment in enumerate(payments, 1):
        segments = list(_segments(payment, payee, handling, f"{sets:04d}"))
        out.writelines(f"{segment}~\n" for segment in segments)
    out.write(f"GE*{sets}*1~\nIEA*1*000000001~\n")


def interchange(payment: Payment, *, payee: str, terminator: str) -> str:
    """One payment as a whole interchange on one line, as CTX addenda carry it."""
    parts = [_gs(payment.booking_date), *_segments(payment, payee, "C", "0001"), "GE*1*1", "IEA*1*000000001"]
    return isa(payment.booking_date, terminator) + "".join(f"{part}{terminator}" for part in parts)


def money(minor: int) -> str:
    """Type R: 123450 → `1234.50`."""
    whole, cents = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole}.{cents:02d}"


def remittance(told: Told) -> str:
    """An RMR segment without its terminator; elements at the end that are empty are left out."""
    qualifier = "CM" if told.amount_minor < 0 else "IV"
    gross = money(told.gross_minor) if told.discount_minor or told.deduction_minor else ""
    discount = money(told.discount_minor) if told.discount_minor else ""
    reason, deduction = (_reason(told), money(told.deduction_minor)) if told.deduction_minor else ("", "")
    elements = ("RMR", qualifier, plain(told.document_number), "", money(told.amount_minor), gross, discount, reason, deduction)
    return "*".join(elements).rstrip("*")


def isa(created: dt.date, terminator: str) -> str:
    """The interchange header, 106 characters: every element has its fixed width."""
    parties = f"ZZ*{'PAYER':<15}*ZZ*{'PAYEE':<15}"
    return f"ISA*00*{'':10}*00*{'':10}*{parties}*{yymmdd(created)}*0600*^*00501*000000001*0*P*>{terminator}"


def _gs(created: dt.date) -> str:
    return f"GS*RA*PAYER*PAYEE*{yyyymmdd(created)}*0600*1*X*005010"


def _segments(payment: Payment, payee: str, handling: Handling, control: str) -> Iterator[str]:
    body = list(_body(payment, payee, handling))
    yield f"ST*820*{control}"
    yield from body
    yield f"SE*{len(body) + 2}*{control}"


def _body(payment: Payment, payee: str, handling: Handling) -> Iterator[str]:
    routing, _, account = payment.payer_account.partition("/")
    method = {"wire": "FWT*", "check": "CHK*", "ach": "ACH*CTX"}.get(payment.rail, "ACH*CTX")
    payer_bank = f"01*{routing}*DA*{account}" if account else "***"
    yield f"BPR*{handling}*{money(payment.amount_minor)}*C*{method}*{payer_bank}*******{yyyymmdd(payment.value_date)}"
    yield f"TRN*1*{plain(payment.bank_reference)}"
    if payment.customer_reference:
        yield f"REF*TN*{plain(payment.customer_reference)}"
    yield f"DTM*097*{yyyymmdd(payment.booking_date)}"
    yield f"N1*PR*{plain(payment.payer_name)[:60]}"
    yield f"N1*PE*{plain(payee)[:60]}"
    yield "ENT*1"
    for told in payment.remittance:
        yield remittance(told)


REASONS = {"damaged": "01", "short shipment": "06", "freight": "L1", "price": "72", "promotion": "55"}
"""Adjustment reason codes (element 426) of the reasons that the synthetic payers give."""


def _reason(told: Told) -> str:
    return next((code for word, code in REASONS.items() if word in told.deduction_reason), "ZZ")


def plain(text: str) -> str:
    """A text as a data element, which cannot hold the separators."""
    return _SERVICE.sub(" ", ascii_text(text))
