"""OFX bank statement download, 1.x (SGML, `OFXHEADER:100`) and 2.x (XML, `<?OFX OFXHEADER="200"?>`), specification 11.4.

    OFX > SIGNONMSGSRSV1 · BANKMSGSRSV1 > STMTTRNRS > STMTRS > CURDEF, BANKACCTFROM, BANKTRANLIST > STMTTRN*, LEDGERBAL, AVAILBAL

Version 1 leaves the leaf elements unclosed, as its DTD allows and banks do. NAME holds 32 characters, MEMO 255. OFX has no place
for the payer's account or for remittance lines.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal, TextIO
from xml.sax.saxutils import escape

from benchmarks.payments import Payment, Statement
from benchmarks.writers.fields import decimal, yyyymmdd

Version = Literal["1", "2"]

HEADS = {
    "1": "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:103\r\nSECURITY:NONE\r\nENCODING:UTF-8\r\nCHARSET:NONE\r\nCOMPRESSION:NONE\r\n"
         "OLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n",
    "2": '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\r\n'
         '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\r\n',
}
TYPES = {"receipt": "CREDIT", "disbursement": "PAYMENT", "return": "DEBIT", "fee": "FEE", "interest": "INT",
         "lockbox_deposit": "DEP",
         "transfer": "XFER"}


def write_ofx(out: TextIO, statements: Iterable[Statement], version: Version = "2") -> None:
    """One sign-on, then a statement response for each statement; the ledger balance is the closing balance."""
    listed = list(statements)
    created = _stamp(max(statement.date for statement in listed), dt.time(23, 0))
    out.write(f"{HEADS[version]}<OFX>\r\n{_sign_on(version, created, listed[0].owner)}<BANKMSGSRSV1>\r\n")
    for number, statement in enumerate(listed, 1):
        _write_statement(out, statement, version, number)
    out.write("</BANKMSGSRSV1>\r\n</OFX>\r\n")


def _leaf(version: Version, tag: str, value: str) -> str:
    return f"<{tag}>{value}</{tag}>\r\n" if version == "2" else f"<{tag}>{value}\r\n"


def _stamp(day: dt.date, time: dt.time = dt.time(12, 0)) -> str:
    return f"{yyyymmdd(day)}{time:%H%M%S}.000[-5:EST]"


def _status(version: Version) -> str:
    return f"<STATUS>\r\n{_leaf(version, 'CODE', '0')}{_leaf(version, 'SEVERITY', 'INFO')}</STATUS>\r\n"


def _sign_on(version: Version, created: str, owner: str) -> str:
    institution = _leaf(version, "ORG", escape(owner or "BANK")) + _leaf(version, "FID", "1001")
    head = f"{_status(version)}{_leaf(version, 'DTSERVER', created)}{_leaf(version, 'LANGUAGE', 'ENG')}"
    return f"<SIGNONMSGSRSV1>\r\n<SONRS>\r\n{head}<FI>\r\n{institution}</FI>\r\n</SONRS>\r\n</SIGNONMSGSRSV1>\r\n"


def _write_statement(out: TextIO, statement: Statement, version: Version, number: int) -> None:
    first, last = _stamp(statement.opening_date or statement.date), _stamp(statement.date)
    account = (("BANKID", statement.bank or "0"), ("ACCTID", statement.account), ("ACCTTYPE", "CHECKING"))
    leaves = "".join(_leaf(version, tag, value) for tag, value in account)
    out.write(f"<STMTTRNRS>\r\n{_leaf(version, 'TRNUID', str(number))}{_status(version)}"
              f"<STMTRS>\r\n{_leaf(version, 'CURDEF', statement.currency)}<BANKACCTFROM>\r\n{leaves}</BANKACCTFROM>\r\n"
              f"<BANKTRANLIST>\r\n{_leaf(version, 'DTSTART', first)}{_leaf(version, 'DTEND', last)}")
    net = 0
    for payment in statement.payments:
        net += payment.amount_minor
        out.write(_entry(payment, version))
    balance = (f"{_leaf(version, 'BALAMT', decimal(statement.opening_minor + net, statement.currency))}"
               f"{_leaf(version, 'DTASOF', _stamp(statement.date, dt.time(23, 0)))}")
    out.write(f"</BANKTRANLIST>\r\n<LEDGERBAL>\r\n{balance}</LEDGERBAL>\r\n<AVAILBAL>\r\n{balance}</AVAILBAL>\r\n"
              "</STMTRS>\r\n</STMTTRNRS>\r\n")


def _entry(payment: Payment, version: Version) -> str:
    leaves = (
        ("TRNTYPE", "CHECK" if payment.rail == "check" and payment.kind == "disbursement" else TYPES[payment.kind]),
        ("DTPOSTED", _stamp(payment.booking_date)),
        ("DTAVAIL", _stamp(payment.value_date) if payment.value_date != payment.booking_date else ""),
        ("TRNAMT", decimal(payment.amount_minor, payment.currency)),
        ("FITID", payment.bank_reference),
        ("CHECKNUM", payment.check_number[:12]),
        ("REFNUM", escape((payment.original_reference if payment.kind == "return" else payment.customer_reference)[:32])),
        ("NAME", escape(payment.payer_name[:32].rstrip())),
        ("MEMO", escape(_memo(payment)[:255].rstrip())),
    )
    return f"<STMTTRN>\r\n{''.join(_leaf(version, tag, value) for tag, value in leaves if value)}</STMTTRN>\r\n"


def _memo(payment: Payment) -> str:
    return " ".join(part for part in (payment.return_reason, payment.structured_reference, payment.text) if part)
