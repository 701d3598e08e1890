"""ISO 20022 camt.052 report, camt.053 statement and camt.054 notification, message versions 001.02 and 001.08.

    Document > BkToCstmrStmt > GrpHdr, Stmt > Id, ElctrncSeqNb, CreDtTm, Acct, Bal OPBD, Bal CLBD, TxsSummry, Ntry*
    Ntry > Amt, CdtDbtInd, Sts, BookgDt, ValDt, AcctSvcrRef, BkTxCd, NtryDtls > [Btch], TxDtls*

A payment with `details` is one entry with a `Btch` and, here or in another message, a TxDtls for each. Remittance lines become
`RmtInf/Strd`, one each, with the document's number and its remitted, discounted and due amounts; a credit memo's amount stands as
CdtNoteAmt. An entry's amount is what the account saw; a charge taken on the way stands in `Chrgs`, and InstdAmt has what the
payer sent.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Literal, TextIO
from xml.sax.saxutils import escape

from benchmarks.payments import Payment, Statement, Told
from benchmarks.writers.fields import decimal

Version = Literal["02", "08"]
Message = Literal["052", "053", "054"]
Details = Literal["here", "elsewhere"]
"""Whether the TxDtls of a batch entry stand in this message, or only their number and sum, because a camt.054 has them."""

CONTAINERS = {"052": ("BkToCstmrAcctRpt", "Rpt"), "053": ("BkToCstmrStmt", "Stmt"), "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
BANK_TRANSACTION_CODES = {
    "receipt": ("PMNT", "RCDT", "ESCT"), "disbursement": ("PMNT", "ICDT", "ESCT"), "return": ("PMNT", "RDDT", "UPDD"),
    "fee": ("ACMT", "MDOP", "CHRG"), "interest": ("ACMT", "MCOP", "INTR"), "lockbox_deposit": ("PMNT", "LBOX", "LBDB"),
    "transfer": ("PMNT", "RCDT", "BOOK"),
}


def write_camt(out: TextIO, statements: Iterable[Statement], message: Message = "053", version: Version = "08",
               details: Details = "here") -> None:
    """All statements in one document; the message id names the first."""
    listed = list(statements)
    container, _ = CONTAINERS[message]
    first = listed[0]
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n'
              f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}">\n<{container}>\n'
              f"<GrpHdr><MsgId>{escape(first.statement_id)}</MsgId>{_created(first)}</GrpHdr>\n")
    for statement in listed:
        _write_statement(out, statement, message, version, details)
    out.write(f"</{container}>\n</Document>\n")


def _write_statement(out: TextIO, statement: Statement, message: Message, version: Version, details: Details) -> None:
    _, report = CONTAINERS[message]
    bic = "BICFI" if version == "08" else "BIC"
    servicer = f"<Svcr><FinInstnId><{bic}>{statement.bank}</{bic}></FinInstnId></Svcr>" if statement.bank else ""
    owner = f"<Ownr><Nm>{escape(statement.owner)}</Nm></Ownr>" if statement.owner else ""
    out.write(f"<{report}>\n<Id>{escape(statement.statement_id)}</Id><ElctrncSeqNb>{statement.sequence}</ElctrncSeqNb>"
              f"{_created(statement)}\n<Acct>{account_id(statement.account)}"
              f"<Ccy>{statement.currency}</Ccy>{owner}{servicer}</Acct>\n")
    if message == "053":
        out.write(_balance("OPBD", statement.opening_minor, statement.opening_date or statement.date, statement.currency))
        out.write(_balance("CLBD", statement.closing_minor, statement.date, statement.currency))
    out.write(_summary(statement))
    out.writelines(_entry(payment, version, details) for payment in statement.payments)
    out.write(f"</{report}>\n")


def _created(statement: Statement) -> str:
    return f"<CreDtTm>{statement.date}T23:30:00+01:00</CreDtTm>"


def account_id(number: str) -> str:
    """An IBAN begins with its country; any other number is a number of its bank."""
    return f"<Id><IBAN>{number}</IBAN></Id>" if number[:2].isalpha() else f"<Id><Othr><Id>{escape(number)}</Id></Othr></Id>"


def _balance(code: str, minor: int, day: dt.date, currency: str) -> str:
    return (f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount_of(abs(minor), currency)}{_indicator(minor)}"
            f"<Dt><Dt>{day}</Dt></Dt></Bal>\n")


def _summary(statement: Statement) -> str:
    currency, count = statement.currency, len(statement.payments)
    credit_count = sum(payment.amount_minor > 0 for payment in statement.payments)
    parts = (("TtlCdtNtries", credit_count, statement.credit_minor),
             ("TtlDbtNtries", count - credit_count, statement.debit_minor))
    totals = "".join(f"<{tag}><NbOfNtries>{number}</NbOfNtries><Sum>{decimal(minor, currency)}</Sum></{tag}>" for tag, number,
                     minor in parts)
    return f"<TxsSummry><TtlNtries><NbOfNtries>{count}</NbOfNtries></TtlNtries>{totals}</TxsSummry>\n"


def amount_of(minor: int, currency: str, tag: str = "Amt") -> str:
    """An amount with its currency, under the tag."""
    return f'<{tag} Ccy="{currency}">{decimal(minor, currency)}</{tag}>'


def _indicator(minor: int) -> str:
    return "<CdtDbtInd>DBIT</CdtDbtInd>" if minor < 0 else "<CdtDbtInd>CRDT</CdtDbtInd>"


def _entry(payment: Payment, version: Version, where: Details) -> str:
    domain, family, sub_family = BANK_TRANSACTION_CODES[payment.kind]
    booked = "<Sts><Cd>BOOK</Cd></Sts>" if version == "08" else "<Sts>BOOK</Sts>"
    batch = ""
    if payment.details:
        total = amount_of(abs(payment.amount_minor), payment.currency, "TtlAmt")
        batch = f"<Btch><NbOfTxs>{len(payment.details)}</NbOfTxs>{total}</Btch>"
    told = () if batch and where == "elsewhere" else payment.details or (payment,)
    details = "".join(_details(detail, version) for detail in told)
    return (f"<Ntry>{amount_of(abs(payment.amount_minor), payment.currency)}{_indicator(payment.amount_minor)}{booked}"
            f"<BookgDt><Dt>{payment.booking_date}</Dt></BookgDt><ValDt><Dt>{payment.value_date}</Dt></ValDt>"
            f"<AcctSvcrRef>{escape(payment.bank_reference)}</AcctSvcrRef>"
            f"<BkTxCd><Domn><Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub_family}</SubFmlyCd></Fmly></Domn></BkTxCd>"
            f"<NtryDtls>{batch}{details}</NtryDtls></Ntry>\n")


def _details(payment: Payment, version: Version) -> str:
    original = payment.original_reference if payment.kind == "return" else ""
    end_to_end = escape(original or payment.customer_reference or payment.check_number or "NOTPROVIDED")
    amount = amount_of(abs(payment.amount_minor), payment.currency)
    sent = charges = ""
    if payment.fee_minor:
        sent = f"<InstdAmt>{amount_of(payment.amount_minor + payment.fee_minor, payment.currency)}</InstdAmt>"
        charges = f"{amount_of(payment.fee_minor, payment.currency)}<CdtDbtInd>DBIT</CdtDbtInd>"
        charges = f"<Chrgs><Rcrd>{charges}</Rcrd></Chrgs>" if version == "08" else f"<Chrgs>{charges}</Chrgs>"
    own = f"{amount}{_indicator(payment.amount_minor)}" if version == "08" else ""
    references = f"<AcctSvcrRef>{escape(payment.bank_reference)}</AcctSvcrRef><EndToEndId>{end_to_end}</EndToEndId>"
    return (f"<TxDtls><Refs>{references}</Refs>{own}<AmtDtls>{sent}<TxAmt>{amount}</TxAmt></AmtDtls>{charges}"
            f"{_parties(payment, version)}{remittance_information(payment, version)}{_return(payment)}</TxDtls>")


def _parties(payment: Payment, version: Version) -> str:
    if not payment.payer_name and not payment.payer_account:
        return ""
    role = "Cdtr" if payment.kind == "disbursement" else "Dbtr"
    name = f"<Nm>{escape(payment.payer_name[:140])}</Nm>" if payment.payer_name else ""
    party = f"<{role}><Pty>{name}</Pty></{role}>" if version == "08" else f"<{role}>{name}</{role}>"
    account = ""
    if payment.payer_account:
        account = f"<{role}Acct>{account_id(payment.payer_account)}</{role}Acct>"
    return f"<RltdPties>{party if name else ''}{account}</RltdPties>"


def remittance_information(payment: Payment, version: Version) -> str:
    """`RmtInf`: free text in pieces of 140, documents, and the creditor's reference; nothing where nothing is told."""
    parts = [f"<Ustrd>{escape(payment.text[start : start + 140])}</Ustrd>" for start in range(0, len(payment.text), 140)]
    parts += [_structured(told, payment.currency, version) for told in payment.remittance]
    if payment.structured_reference:
        parts.append(f"<Strd><CdtrRefInf>{_reference_type(payment.structured_reference)}"
                     f"<Ref>{escape(payment.structured_reference)}</Ref></CdtrRefInf></Strd>")
    return f"<RmtInf>{''.join(parts)}</RmtInf>" if parts else ""


def _reference_type(reference: str) -> str:
    code = "<Cd>SCOR</Cd>" if reference.startswith("RF") else "<Prtry>QRR</Prtry>"
    return f"<Tp><CdOrPrtry>{code}</CdOrPrtry></Tp>"


def _structured(told: Told, currency: str, version: Version) -> str:
    """One document; the adjustment amount carries a deduction and its reason."""
    credit = told.amount_minor < 0
    amounts = amount_of(abs(told.gross_minor), currency, "CdtNoteAmt" if credit else "DuePyblAmt")
    if told.discount_minor:
        discount = amount_of(told.discount_minor, currency, "Amt" if version == "08" else "DscntApldAmt")
        amounts += f"<DscntApldAmt>{discount}</DscntApldAmt>" if version == "08" else discount
    if told.deduction_minor:
        amounts += (f"<AdjstmntAmtAndRsn>{amount_of(told.deduction_minor, currency)}<CdtDbtInd>DBIT</CdtDbtInd>"
                    f"<AddtlInf>{escape(told.deduction_reason)}</AddtlInf></AdjstmntAmtAndRsn>")
    if not credit:
        amounts += amount_of(told.amount_minor, currency, "RmtdAmt")
    kind = "CREN" if credit else "CINV"
    document = f"<Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Nb>{escape(told.document_number)}</Nb>"
    return (f"<Strd><RfrdDocInf>{document}</RfrdDocInf>"
            f"<RfrdDocAmt>{amounts}</RfrdDocAmt></Strd>")


def _return(payment: Payment) -> str:
    if payment.kind != "return":
        return ""
    code, _, words = payment.return_reason.partition(" ")
    more = f"<AddtlInf>{escape(words)}</AddtlInf>" if words else ""
    return f"<RtrInf><Rsn><Cd>{escape(code)}</Cd></Rsn>{more}</RtrInf>"
