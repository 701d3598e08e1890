"""One payment of a pacs or pain message, of a return, a reversal or a request for cancellation, as a bank line.

    CdtTrfTxInf | DrctDbtTxInf    PmtId (EndToEndId, TxId, UETR, InstrId), IntrBkSttlmAmt, InstdAmt, ChrgBr, ChrgsInf,
                                  Dbtr, DbtrAcct, DbtrAgt, Cdtr ..., RmtInf, UndrlygCstmrCdtTrf (cover)
    TxInf                         RtrId | RvslId | CxlId, OrgnlEndToEndId, OrgnlTxId, OrgnlUETR, RtrdIntrBkSttlmAmt,
                                  RtrRsnInf | RvslRsnInf | CxlRsnInf, OrgnlTxRef with the parties of the original, or
                                  RtrChain with those of the return: there the original creditor is the debtor

Money is told from the receiver of the message: a credit transfer pays us, a returned one gives back what we paid, a returned
direct debit takes back what we collected. What we send or what asks for something (pain, cancellation) is information.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal, NamedTuple

from parsers import dates, issues
from parsers.amounts import AmountError, to_minor
from parsers.iso.messages import (
    Money,
    Party,
    Slot,
    account_of,
    all_money,
    amount_issue,
    money,
    name_of,
    party,
    reference_of,
    slot,
    slots,
)
from parsers.iso.remittance import Remittance, remittance, told
from parsers.records import BankLine, Issue, Kind, Span, Status
from parsers.xml.elements import Element
from parsers.xml.records import Record
from parsers.xml.shapes import Values

RECORDS = ("CdtTrfTxInf", "DrctDbtTxInf", "TxInf")
_IMAD = re.compile(r"\d{8}[A-Z0-9]{8}\d{6}")
_SETTLED = (
    "IntrBkSttlmAmt", "RtrdIntrBkSttlmAmt", "RvsdIntrBkSttlmAmt", "RtrdInstdAmt", "RvsdInstdAmt", "OrgnlIntrBkSttlmAmt", "OrgnlInstdAmt",
    "InstdAmt", "Amt/InstdAmt", "Amt/EqvtAmt/Amt",
)
_REASONS = (("Rtr", "Rsn/"), ("Rvsl", "Rsn/"), ("Cxl", "Rsn/"), ("Rtr", "RtrRsn/"))


class Meaning(NamedTuple):
    """What a message does to us: the sign of its amounts, which of the two parties we are, and how far it counts."""

    sign: Literal[1, -1]
    own_role: Literal["Cdtr", "Dbtr"]
    kind: Kind
    status: Status


MEANINGS = {
    "pacs.003": Meaning(-1, "Dbtr", "disbursement", "booked"),
    "pacs.004": Meaning(1, "Dbtr", "return", "booked"),
    "pacs.007": Meaning(1, "Dbtr", "reversal", "booked"),
    "pacs.008": Meaning(1, "Cdtr", "receipt", "booked"),
    "pacs.009": Meaning(1, "Cdtr", "receipt", "booked"),
    "pacs.010": Meaning(-1, "Dbtr", "disbursement", "booked"),
    "pain.001": Meaning(-1, "Dbtr", "disbursement", "info"),
    "pain.007": Meaning(-1, "Cdtr", "reversal", "info"),
    "pain.008": Meaning(1, "Cdtr", "receipt", "info"),
    "camt.055": Meaning(1, "Dbtr", "return", "info"),
    "camt.056": Meaning(-1, "Cdtr", "return", "info"),
}
"""Messages whose records are money."""

_RETURNED_COLLECTION = Meaning(-1, "Cdtr", "return", "booked")
WITHOUT_MONEY = frozenset({"pacs.002", "pacs.028", "pain.002", "pain.013", "pain.014", "camt.029"})
"""Answers, status reports and requests to pay: no record of theirs moves anything."""


class PaymentOutline(NamedTuple):
    """Where a record says what."""

    amount: Money | None
    instructed: Money | None
    charges: tuple[Money, ...]
    bearer: Slot
    date: Slot
    end_to_end_id: Slot
    transaction_id: Slot
    original_ids: tuple[Slot, ...]
    original_message: Slot
    reason: Slot
    debtor: Party
    creditor: Party
    remittance: Remittance


class Group(NamedTuple):
    """What the message says for all its payments."""

    message: str
    meaning: Meaning
    date: str
    imad: str
    own: str
    original_message: str


def outline_payment(payment: Element) -> PaymentOutline:
    """A record's fields, whatever the message."""
    parties, roles = _parties(payment)
    ids = ("OrgnlEndToEndId", "OrgnlTxId", "OrgnlUETR", "OrgnlInstrId")
    return PaymentOutline(
        amount=money(payment, *_SETTLED),
        instructed=money(payment, "InstdAmt", "Amt/InstdAmt"),
        charges=all_money(payment, "ChrgsInf/Amt", "ChrgsInf/ChrgsAmt"),
        bearer=slot(payment, "ChrgBr"),
        date=slot(payment, "IntrBkSttlmDt", "OrgnlIntrBkSttlmDt", "ReqdExctnDt/Dt", "ReqdExctnDt", "ReqdColltnDt"),
        end_to_end_id=slot(payment, "PmtId/EndToEndId", "OrgnlEndToEndId"),
        transaction_id=slot(payment, "PmtId/TxId", "PmtId/UETR", "PmtId/ClrSysRef", "PmtId/InstrId", "RtrId", "RvslId", "CxlId"),
        original_ids=slots(payment, *ids),
        original_message=slot(payment, "OrgnlGrpInf/OrgnlMsgNmId"),
        reason=slot(payment, *(f"{why}RsnInf/{step}{form}" for why, step in _REASONS for form in ("Cd", "Prtry"))),
        debtor=party(parties, parties, roles[0]),
        creditor=party(parties, parties, roles[1]),
        remittance=remittance(payment.first("RmtInf", "UndrlygCstmrCdtTrf/RmtInf", "OrgnlTxRef/RmtInf")),
    )


def _parties(payment: Element) -> tuple[Element, tuple[str, str]]:
    """Under which element the parties of the original stand, and who in it is its debtor and who its creditor."""
    for path in ("UndrlygCstmrCdtTrf", "OrgnlTxRef", "RtrChain"):
        found = payment.first(path)
        if found is not None and found.first("Dbtr", "Cdtr", "DbtrAcct", "CdtrAcct") is not None:
            return found, ("Cdtr", "Dbtr") if path == "RtrChain" else ("Dbtr", "Cdtr")
    return payment, ("Dbtr", "Cdtr")


def imad_of(message_id: str, clearing: str) -> str:
    """Fedwire's message identifier is the IMAD."""
    return message_id if clearing == "FDW" and _IMAD.fullmatch(message_id) else ""


def bank_line(outline: PaymentOutline, values: Values, piece: Record, group: Group) -> tuple[BankLine | None, list[Issue]]:
    """The payment as a bank line; without one the issues say why."""
    span = piece.span
    if outline.amount is None:
        return None, [issues.error(span, "bad_amount", "the payment names no amount")]
    currency = outline.amount.currency
    try:
        minor = to_minor(values[outline.amount.slot], currency)
    except AmountError as error:
        return None, [amount_issue(error, currency, values[outline.amount.slot], span)]
    meaning = _meaning(outline, values, group)
    other = outline.debtor if meaning.own_role == "Cdtr" else outline.creditor
    said = told(outline.remittance, values, currency, span, piece.data)
    fee, instructed, doubts = _amounts(outline, values, currency, minor, span)
    date, text = _date(outline, values, group)
    if text and date is None:
        doubts.append(issues.warning(span, "bad_date", f"{text!r} is no date", text))
    comes_back = meaning.kind in {"return", "reversal"}
    line = BankLine(
        span, meaning.sign * minor, currency, meaning.kind, date if meaning.status == "booked" else None, date, group.message,
        group.imad or reference_of(values[outline.transaction_id]), reference_of(values[outline.end_to_end_id]), "",
        name_of(other, values), account_of(other, values), said.structured_reference, said.text,
        values[outline.reason].strip(), _original(outline, values) if comes_back else "",
        fee_minor=fee if meaning.sign > 0 else 0, instructed_minor=instructed[0], instructed_currency=instructed[1],
        status=meaning.status, remittance=said.lines,
    )
    return line, [*said.issues, *doubts]


def own_account(outline: PaymentOutline, values: Values, group: Group) -> str:
    """Our account: the payment's own side, else what the message says for all."""
    mine = outline.creditor if _meaning(outline, values, group).own_role == "Cdtr" else outline.debtor
    return "".join(values[mine.account].split()) or group.own


def _meaning(outline: PaymentOutline, values: Values, group: Group) -> Meaning:
    """A returned direct debit takes money from us, every other return gives some back."""
    original = values[outline.original_message].strip() or group.original_message
    return _RETURNED_COLLECTION if group.message == "pacs.004" and original.startswith(("pacs.003", "pain.008")) else group.meaning


def _original(outline: PaymentOutline, values: Values) -> str:
    return next((found for place in outline.original_ids if (found := reference_of(values[place]))), "")


def _date(outline: PaymentOutline, values: Values, group: Group) -> tuple[dt.date | None, str]:
    text = values[outline.date].strip() or group.date
    return dates.iso(text), text


def _amounts(
    outline: PaymentOutline, values: Values, currency: str, minor: int, span: Span,
) -> tuple[int, tuple[int | None, str], list[Issue]]:
    """The charges that were taken from the payment, what was instructed, and what of it cannot be read."""
    doubts: list[Issue] = []

    def read(stated: Money) -> int | None:
        try:
            return to_minor(values[stated.slot], stated.currency)
        except AmountError as error:
            doubts.append(issues.warning(span, "bad_record", f"an amount beside the payment's own: {error}", values[stated.slot]))
            return None

    instructed = read(outline.instructed) if outline.instructed else None
    instructed_currency = outline.instructed.currency if outline.instructed and instructed is not None else ""
    charge = sum(read(charge) or 0 for charge in outline.charges if charge.currency == currency)
    is_whole = instructed_currency == currency and instructed == minor
    is_payers_own = values[outline.bearer].strip() == "DEBT"
    return 0 if is_whole or is_payers_own else charge, (instructed, instructed_currency), doubts
