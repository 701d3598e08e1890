"""ISO 20022 pacs.008.001.08 customer credit transfer and pacs.004.001.09 payment return.

    Document > FIToFICstmrCdtTrf > GrpHdr, CdtTrfTxInf*
    CdtTrfTxInf > PmtId, IntrBkSttlmAmt, IntrBkSttlmDt, InstdAmt, ChrgsInf, Dbtr, Cdtr, RmtInf
    Document > PmtRtr > GrpHdr, TxInf* > RtrId, OrgnlEndToEndId, RtrdIntrBkSttlmAmt, IntrBkSttlmDt, RtrRsnInf

The group header has number, control sum and settlement total of its payments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TextIO
from xml.sax.saxutils import escape

from benchmarks.payments import Payment
from benchmarks.writers.camt import account_id, amount_of, remittance_information
from benchmarks.writers.fields import decimal


def write_pacs_008(out: TextIO, payments: Collection[Payment], *, owner: str, account: str) -> None:
    """Payments to us in one message; `owner` and `account` are ours."""
    us = f"<Cdtr><Nm>{escape(owner)}</Nm></Cdtr><CdtrAcct>{account_id(account)}</CdtrAcct>"
    records = (f"<CdtTrfTxInf>{_transfer(payment, us)}</CdtTrfTxInf>" for payment in payments)
    _write(out, "pacs.008.001.08", "FIToFICstmrCdtTrf", _header(payments, "TtlIntrBkSttlmAmt"), records)


def write_pacs_004(out: TextIO, payments: Collection[Payment]) -> None:
    """Payments of ours that come back, in one message."""
    records = (f"<TxInf>{_returned(payment)}</TxInf>" for payment in payments)
    _write(out, "pacs.004.001.09", "PmtRtr", _header(payments, "TtlRtrdIntrBkSttlmAmt"), records)


def _write(out: TextIO, schema: str, root: str, header: str, records: Iterable[str]) -> None:
    out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{schema}">'
              f"<{root}>{header}")
    out.writelines(records)
    out.write(f"</{root}></Document>\n")


def _header(payments: Collection[Payment], total: str) -> str:
    first = next(iter(payments))
    settled = sum(payment.amount_minor for payment in payments)
    return (f"<GrpHdr><MsgId>MSG-1</MsgId><CreDtTm>{first.booking_date}T10:00:00</CreDtTm><NbOfTxs>{len(payments)}</NbOfTxs>"
            f"<CtrlSum>{decimal(settled, first.currency)}</CtrlSum>{amount_of(settled, first.currency, total)}"
            f"<IntrBkSttlmDt>{first.booking_date}</IntrBkSttlmDt></GrpHdr>")


def _transfer(payment: Payment, us: str) -> str:
    currency = payment.currency
    charges = ""
    if payment.fee_minor:
        charges = (f"{amount_of(payment.amount_minor + payment.fee_minor, currency, 'InstdAmt')}<ChrgBr>SHAR</ChrgBr>"
                   f"<ChrgsInf>{amount_of(payment.fee_minor, currency)}</ChrgsInf>")
    end_to_end = escape(payment.customer_reference or "NOTPROVIDED")
    payer = f"<Dbtr><Nm>{escape(payment.payer_name)}</Nm></Dbtr><DbtrAcct>{account_id(payment.payer_account)}</DbtrAcct>"
    return (f"<PmtId><EndToEndId>{end_to_end}</EndToEndId><TxId>{escape(payment.bank_reference)}</TxId></PmtId>"
            f"{amount_of(payment.amount_minor, currency, 'IntrBkSttlmAmt')}<IntrBkSttlmDt>{payment.value_date}</IntrBkSttlmDt>"
            f"{charges}{payer}{us}{remittance_information(payment, '08')}")


def _returned(payment: Payment) -> str:
    code, _, words = payment.return_reason.partition(" ")
    more = f"<AddtlInf>{escape(words)}</AddtlInf>" if words else ""
    amount = amount_of(payment.amount_minor, payment.currency, "RtrdIntrBkSttlmAmt")
    original = f"<OrgnlEndToEndId>{escape(payment.original_reference)}</OrgnlEndToEndId>"
    reason = f"<RtrRsnInf><Rsn><Cd>{code}</Cd></Rsn>{more}</RtrRsnInf>"
    return (f"<RtrId>{escape(payment.bank_reference)}</RtrId>{original}{amount}"
            f"<IntrBkSttlmDt>{payment.value_date}</IntrBkSttlmDt>{reason}")
