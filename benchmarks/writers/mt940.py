"""SWIFT MT940 customer statement and MT942 interim transaction report (User Handbook, category 9).

    :20: reference · :25: account · :28C: number/page · :60F: opening · (:61: entry, :86: information)* · :62F: closing · -
    MT942: :34F: floor limit · :13D: time · entries · :90D: and :90C: count and sum

Two dialects of :86: are written: "german" (DK: GVC and subfields `?00`…`?63`, 27 characters each, SEPA keywords) and "slash"
(`/NAME/…/REMI/…`, lines of 65 joined without a separator). Texts are in SWIFT's character set; what exceeds the field is cut, as
banks do.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Literal, TextIO

from benchmarks.payments import Payment, Statement
from benchmarks.writers.fields import chunks, decimal, swift_text, yymmdd

Dialect = Literal["german", "slash"]

TYPES = {"receipt": "NTRF", "disbursement": "NTRF", "return": "NRTI", "fee": "NCHG", "interest": "NINT",
         "lockbox_deposit": "NLBX",
         "transfer": "NTRF"}
GVC = {"receipt": "166", "disbursement": "116", "return": "109", "fee": "808", "interest": "814", "lockbox_deposit": "070",
       "transfer": "835"}
POSTING_TEXTS = {"166": "GUTSCHRIFT", "116": "UEBERWEISUNG", "109": "RUECKLASTSCHRIFT", "808": "GEBUEHREN", "814": "ZINSEN",
                 "070": "SCHECKEINREICHUNG", "835": "UEBERTRAG", "201": "AUSLANDSEINGANG"}
PURPOSE_FIELDS = (*range(20, 30), *range(60, 64))


def write_mt940(out: TextIO, statements: Iterable[Statement], dialect: Dialect = "german") -> None:
    """Statements one after another, each closed with its balance."""
    for statement in statements:
        opened = statement.opening_date or statement.date
        out.write(_head(statement) + f":60F:{_balance(statement.opening_minor, opened, statement.currency)}\r\n")
        net = _write_entries(out, statement.payments, dialect)
        closing = _balance(statement.opening_minor + net, statement.date, statement.currency)
        out.write(f":62F:{closing}\r\n:64:{closing}\r\n-\r\n")


def write_mt942(out: TextIO, statements: Iterable[Statement], dialect: Dialect = "german",
                time: dt.time = dt.time(10, 30)) -> None:
    """Interim reports: what was booked today up to `time`, proven by counts and sums instead of balances."""
    for statement in statements:
        currency = statement.currency
        floor = f":34F:{currency}{decimal(0, currency, ',')}\r\n"
        out.write(f"{_head(statement)}{floor}:13D:{yymmdd(statement.date)}{time:%H%M}+0100\r\n")
        _write_entries(out, statement.payments, dialect)
        for mark, sign, total in (("D", -1, statement.debit_minor), ("C", 1, statement.credit_minor)):
            count = sum(payment.amount_minor * sign > 0 for payment in statement.payments)
            out.write(f":90{mark}:{count}{currency}{decimal(total, currency, ',')}\r\n")
        out.write("-\r\n")


def _head(statement: Statement) -> str:
    iban = statement.account[:2].isalpha()
    account = f"{statement.bank}/{statement.account}" if statement.bank and not iban else statement.account
    return f":20:{statement.statement_id[:16]}\r\n:25:{account}\r\n:28C:{statement.sequence:05d}/001\r\n"


def _balance(minor: int, day: dt.date, currency: str) -> str:
    return f"{'D' if minor < 0 else 'C'}{yymmdd(day)}{currency}{decimal(abs(minor), currency, ',')}"


def _write_entries(out: TextIO, payments: Iterable[Payment], dialect: Dialect) -> int:
    information = _german if dialect == "german" else _slash
    net = 0
    for payment in payments:
        net += payment.amount_minor
        out.write(f"{_entry(payment)}:86:{information(payment)}\r\n")
    return net


def _entry(payment: Payment) -> str:
    mark = "C" if payment.amount_minor > 0 else "D"
    amount = decimal(abs(payment.amount_minor), payment.currency, ",")
    own, bank = _short_reference(payment), swift_text(payment.bank_reference)[:16]
    entry = f":61:{yymmdd(payment.value_date)}{payment.booking_date:%m%d}{mark}{amount}{TYPES[payment.kind]}{own}//{bank}\r\n"
    if payment.fee_minor:
        sent = decimal(payment.amount_minor + payment.fee_minor, payment.currency, ",")
        fee = decimal(payment.fee_minor, payment.currency, ",")
        entry += f"/OCMT/{payment.currency}{sent}//CHGS/{payment.currency}{fee}\r\n"
    return entry


def _payer_reference(payment: Payment) -> str:
    """The end-to-end id; of a return it is the original's."""
    own = payment.customer_reference or payment.check_number
    return swift_text(payment.original_reference if payment.kind == "return" else own)


def _short_reference(payment: Payment) -> str:
    """The reference where it fits the 16 characters of :61:, else a hint that :86: has it."""
    reference = _payer_reference(payment)
    return reference if reference and len(reference) <= 16 and "/" not in reference else "NONREF"


def _german(payment: Payment) -> str:
    code = "201" if payment.rail == "wire" and payment.kind == "receipt" else GVC[payment.kind]
    fields = [f"{code}", f"?00{POSTING_TEXTS[code]}", "?109200"]
    fields += [f"?{number}{text}" for number, text in zip(PURPOSE_FIELDS, _purpose(payment), strict=False)]
    if payment.payer_bank:
        fields.append(f"?30{payment.payer_bank}")
    if payment.payer_account:
        fields.append(f"?31{swift_text(payment.payer_account)[:34]}")
    fields += [f"?{number}{text}" for number, text in zip((32, 33), chunks(_german_text(payment.payer_name), 27),
                                                          strict=False) if text]
    return _folded(fields)


def _purpose(payment: Payment) -> Iterator[str]:
    """Subfields of 27 characters; each SEPA keyword begins one of its own."""
    reference = _payer_reference(payment)
    if reference:
        yield from chunks(f"EREF+{reference.replace('?', '.')}", 27)
    text = " ".join(part for part in (payment.structured_reference, payment.return_reason, payment.text) if part)
    if text:
        yield from chunks(f"SVWZ+{_german_text(text)}", 27)


def _german_text(text: str) -> str:
    """`?` separates subfields and cannot stand inside one."""
    return swift_text(text).replace("?", ".")


def _folded(fields: list[str]) -> str:
    """Lines of at most 65 characters, broken only before a subfield; the tag `:86:` counts on the first."""
    lines, line = [], "    "
    for field in fields:
        if len(line) + len(field) > 65:
            lines.append(line)
            line = ""
        line += field
    return "\r\n".join((*lines, line))[4:]


def _slash(payment: Payment) -> str:
    reference = _payer_reference(payment)
    parts = (("TRTP", POSTING_TEXTS[GVC[payment.kind]]), ("IBAN", payment.payer_account), ("BIC", payment.payer_bank),
             ("NAME", payment.payer_name[:70]), ("RTRN", payment.return_reason), ("EREF", reference),
             ("REMI", _remittance_information(payment)))
    text = "".join(f"/{word}/{swift_text(value)}" for word, value in parts if value)
    return "\r\n".join(list(chunks(text, 61))[:6])


def _remittance_information(payment: Payment) -> str:
    if payment.structured_reference:
        return f"STRD/CUR/{payment.structured_reference}"
    return f"USTD//{payment.text}" if payment.text else ""
