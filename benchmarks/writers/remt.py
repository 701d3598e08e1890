"""ISO 20022 remt.001.001.04 remittance advice: what payments that travel without it are for.

    Document > RmtAdvc > GrpHdr, RmtInf* > RmtId, Ustrd*, Strd*, OrgnlPmtInf > Refs, Amt, Dbtr
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TextIO
from xml.sax.saxutils import escape

from benchmarks.payments import Payment
from benchmarks.writers.camt import amount_of, remittance_information


def write_remt(out: TextIO, payments: Iterable[Payment], *, created: dt.date) -> None:
    """One advice, a `RmtInf` for each payment."""
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:remt.001.001.04"><RmtAdvc>'
              f"<GrpHdr><MsgId>ADVICE-1</MsgId><CreDtTm>{created}T10:00:00</CreDtTm></GrpHdr>\n")
    out.writelines(f"<RmtInf>{_advice(payment)}</RmtInf>\n" for payment in payments)
    out.write("</RmtAdvc></Document>\n")


def _advice(payment: Payment) -> str:
    told = remittance_information(payment, "08").removeprefix("<RmtInf>").removesuffix("</RmtInf>")
    references = f"<EndToEndId>{escape(payment.customer_reference)}</EndToEndId><TxId>{escape(payment.bank_reference)}</TxId>"
    return (f"<RmtId>{escape(payment.bank_reference)}</RmtId>{told}<OrgnlPmtInf><Refs>{references}</Refs>"
            f"<Amt>{amount_of(payment.amount_minor, payment.currency, 'InstdAmt')}</Amt>"
            f"<Dbtr><Nm>{escape(payment.payer_name)}</Nm></Dbtr></OrgnlPmtInf>")
