"""What pacs, pain and recall messages mean to their receiver."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers import documents, registry
from parsers.formats import iso_pacs
from parsers.profile import Profile
from parsers.records import BankLine, StatementOpened
from parsers.sources import Source

ACCOUNTS = "<DbtrAcct><Id><IBAN>DEBTOR</IBAN></Id></DbtrAcct><CdtrAcct><Id><IBAN>CREDITOR</IBAN></Id></CdtrAcct>"
PARTIES = f"<Dbtr><Nm>Debtor Co</Nm></Dbtr><Cdtr><Nm>Creditor Co</Nm></Cdtr>{ACCOUNTS}"


def message(root: str, record: str, content: str, *, group: str = "<GrpHdr><MsgId>M</MsgId></GrpHdr>", batch: str = "") -> bytes:
    body = f"<{record}>{content}</{record}>"
    body = f"<{batch}>{body}</{batch}>" if batch else body
    return f"<Document><{root}>{group}{body}</{root}></Document>".encode()


def line(content: bytes) -> BankLine:
    assert [fmt.NAME for fmt in registry.candidates(content)] == ["pacs"]
    return next(record for record in iso_pacs.parse(Source(content), Profile()) if isinstance(record, BankLine))


SETTLED = '<IntrBkSttlmAmt Ccy="EUR">10.00</IntrBkSttlmAmt>'
ORIGINAL = '<OrgnlEndToEndId>O</OrgnlEndToEndId><OrgnlIntrBkSttlmAmt Ccy="EUR">11.00</OrgnlIntrBkSttlmAmt>'
RETURNED = ORIGINAL + '<RtrdIntrBkSttlmAmt Ccy="EUR">10.00</RtrdIntrBkSttlmAmt>'


@pytest.mark.parametrize(("root", "record", "content", "batch", "minor", "kind", "status", "payer"), [
    ("FIToFICstmrCdtTrf", "CdtTrfTxInf", SETTLED, "", 1000, "receipt", "booked", "Debtor Co"),
    ("pacs.008.001.01", "CdtTrfTxInf", SETTLED, "", 1000, "receipt", "booked", "Debtor Co"),
    ("FICdtTrf", "CdtTrfTxInf", SETTLED, "", 1000, "receipt", "booked", "Debtor Co"),
    ("FIToFICstmrDrctDbt", "DrctDbtTxInf", SETTLED, "", -1000, "disbursement", "booked", "Creditor Co"),
    ("FIDrctDbt", "DrctDbtTxInf", SETTLED, "CdtInstr", -1000, "disbursement", "booked", "Creditor Co"),
    ("PmtRtr", "TxInf", RETURNED, "", 1000, "return", "booked", "Creditor Co"),
    ("PmtRtr", "TxInf", f"<OrgnlGrpInf><OrgnlMsgNmId>pacs.003.001.08</OrgnlMsgNmId></OrgnlGrpInf>{RETURNED}", "", -1000, "return", "booked", "Debtor Co"),
    ("FIToFIPmtRvsl", "TxInf", '<RvsdIntrBkSttlmAmt Ccy="EUR">10.00</RvsdIntrBkSttlmAmt>', "", 1000, "reversal", "booked", "Creditor Co"),
    ("CstmrCdtTrfInitn", "CdtTrfTxInf", '<Amt><InstdAmt Ccy="EUR">10.00</InstdAmt></Amt>', "PmtInf", -1000, "disbursement", "info", "Creditor Co"),
    ("CstmrCdtTrfInitn", "CdtTrfTxInf", '<Amt><EqvtAmt><Amt Ccy="EUR">10.00</Amt></EqvtAmt></Amt>', "PmtInf", -1000, "disbursement", "info", "Creditor Co"),
    ("CstmrDrctDbtInitn", "DrctDbtTxInf", '<InstdAmt Ccy="EUR">10.00</InstdAmt>', "PmtInf", 1000, "receipt", "info", "Debtor Co"),
    ("FIToFIPmtCxlReq", "TxInf", ORIGINAL, "Undrlyg", -1100, "return", "info", "Debtor Co"),
    ("CstmrPmtCxlReq", "TxInf", '<OrgnlInstdAmt Ccy="EUR">10.00</OrgnlInstdAmt>', "OrgnlPmtInfAndCxl", 1000, "return", "info", "Creditor Co"),
])
def test_money_is_told_from_the_receiver(
    root: str, record: str, content: str, batch: str, minor: int, kind: str, status: str, payer: str,
) -> None:
    found = line(message(root, record, content + PARTIES, batch=batch))
    assert (found.amount_minor, found.kind, found.status, found.payer_name) == (minor, kind, status, payer)


@pytest.mark.parametrize(("ids", "bank_reference", "customer_reference"), [
    ("<InstrId>I</InstrId><EndToEndId>E</EndToEndId><TxId>T</TxId><UETR>U</UETR>", "T", "E"),
    ("<EndToEndId>NOTPROVIDED</EndToEndId><UETR>U</UETR>", "U", ""),
    ("<InstrId>I</InstrId>", "I", ""),
])
def test_references(ids: str, bank_reference: str, customer_reference: str) -> None:
    found = line(message("FIToFICstmrCdtTrf", "CdtTrfTxInf", f"<PmtId>{ids}</PmtId>{SETTLED}"))
    assert (found.bank_reference, found.customer_reference) == (bank_reference, customer_reference)


@pytest.mark.parametrize(("clearing", "message_id", "expected"), [
    ("FDW", "20260130B1QDRCQR000621", "20260130B1QDRCQR000621"), ("TCH", "20260130B1QDRCQR000621", "T"), ("FDW", "OTHER", "T"),
])
def test_fedwires_message_identifier_is_the_imad(clearing: str, message_id: str, expected: str) -> None:
    group = f"<GrpHdr><MsgId>{message_id}</MsgId><SttlmInf><ClrSys><Cd>{clearing}</Cd></ClrSys></SttlmInf></GrpHdr>"
    content = message("FIToFICstmrCdtTrf", "CdtTrfTxInf", f"<PmtId><TxId>T</TxId></PmtId>{SETTLED}", group=group)
    assert line(content).bank_reference == expected


@pytest.mark.parametrize(("told", "fee", "instructed"), [
    ("", 0, (None, "")),
    ('<InstdAmt Ccy="EUR">12.00</InstdAmt><ChrgBr>SHAR</ChrgBr><ChrgsInf><Amt Ccy="EUR">2.00</Amt></ChrgsInf>', 200, (1200, "EUR")),
    ('<InstdAmt Ccy="EUR">10.00</InstdAmt><ChrgsInf><Amt Ccy="EUR">2.00</Amt></ChrgsInf>', 0, (1000, "EUR")),
    ('<ChrgBr>DEBT</ChrgBr><ChrgsInf><Amt Ccy="EUR">2.00</Amt></ChrgsInf>', 0, (None, "")),
    ('<InstdAmt Ccy="USD">12.00</InstdAmt><ChrgsInf><Amt Ccy="EUR">1.00</Amt></ChrgsInf><ChrgsInf><Amt Ccy="EUR">1.50</Amt></ChrgsInf>', 250, (1200, "USD")),
])
def test_charges_on_the_way(told: str, fee: int, instructed: tuple[int | None, str]) -> None:
    found = line(message("FIToFICstmrCdtTrf", "CdtTrfTxInf", SETTLED + told))
    assert (found.amount_minor, found.fee_minor) == (1000, fee)
    assert (found.instructed_minor, found.instructed_currency) == instructed


def test_returns_name_reason_and_original() -> None:
    why = "<RtrRsnInf><Rsn><Cd>AC04</Cd></Rsn></RtrRsnInf>"
    found = line(message("PmtRtr", "TxInf", RETURNED + why))
    assert (found.return_reason, found.original_reference, found.customer_reference) == ("AC04", "O", "O")


def test_in_the_chain_of_the_return_the_original_creditor_pays() -> None:
    chain = "<RtrChain><Dbtr><Pty><Nm>Who gives back</Nm></Pty></Dbtr><CdtrAcct><Id><IBAN>OURS</IBAN></Id></CdtrAcct></RtrChain>"
    content = message("PmtRtr", "TxInf", RETURNED + chain + "<OrgnlTxRef><PmtTpInf/></OrgnlTxRef>")
    assert line(content).payer_name == "Who gives back"
    assert documents.read(content).statements[0].opened.account == "OURS"


@pytest.mark.parametrize(("service", "told"), [("TEST", ["test_file"]), ("PROD", []), ("swift.cbprplus.02", [])])
@pytest.mark.parametrize("body", [
    message("FIToFICstmrCdtTrf", "CdtTrfTxInf", SETTLED),
    b"<Document><BkToCstmrStmt><GrpHdr/><Stmt><Id>S</Id></Stmt></BkToCstmrStmt></Document>",
])
def test_the_header_of_a_test_refuses_the_file(body: bytes, service: str, told: list[str]) -> None:
    head = f"<X><h:AppHdr xmlns:h='head'><h:BizMsgIdr>1</h:BizMsgIdr><h:BizSvc>{service}</h:BizSvc></h:AppHdr>".encode()
    assert [error.code for error in documents.read(head + body + b"</X>").errors] == told


def test_dates() -> None:
    group = "<GrpHdr><IntrBkSttlmDt>2026-01-30</IntrBkSttlmDt></GrpHdr>"
    own = "<IntrBkSttlmDt>2026-01-31</IntrBkSttlmDt>"
    assert line(message("FIToFICstmrCdtTrf", "CdtTrfTxInf", SETTLED, group=group)).value_date == dt.date(2026, 1, 30)
    assert line(message("FIToFICstmrCdtTrf", "CdtTrfTxInf", SETTLED + own, group=group)).booking_date == dt.date(2026, 1, 31)


def test_a_run_of_one_account_is_a_statement() -> None:
    one = f"<CdtTrfTxInf>{SETTLED}<CdtrAcct><Id><IBAN>{{}}</IBAN></Id></CdtrAcct></CdtTrfTxInf>"
    body = "".join(one.format(account) for account in ("A", "A", "", "B"))
    content = f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>M</MsgId></GrpHdr>{body}</FIToFICstmrCdtTrf>".encode()
    found = list(iso_pacs.parse(Source(content), Profile()))
    assert [record.account for record in found if isinstance(record, StatementOpened)] == ["A", "B"]
    assert documents.read(content).lines["statement"].to_list() == [0, 0, 0, 1]


def test_the_account_of_the_profile_where_the_message_names_none() -> None:
    content = message("FIToFICstmrCdtTrf", "CdtTrfTxInf", SETTLED)
    found = iso_pacs.parse(Source(content), Profile(account="OURS"))
    assert [record.account for record in found if isinstance(record, StatementOpened)] == ["OURS"]


@pytest.mark.parametrize("head", [
    b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.002.001.10"><FIToFIPmtStsRpt>',
    b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:admi.007.001.01">',
    b"<Document xmlns='urn:swift:xsd:pain.013.001.07'>",
    b'<x:CdtrPmtActvtnReq xmlns:x="urn:whatever">',
])
def test_every_other_message_is_recognised(head: bytes) -> None:
    assert [fmt.NAME for fmt in registry.candidates(head)] == ["pacs"]


def test_status_reports_hold_no_lines_and_no_issue() -> None:
    content = message("FIToFIPmtStsRpt", "TxInf", SETTLED)
    document = documents.read(content)
    assert (document.lines.height, document.issues) == (0, [])


def test_another_message_in_the_file_is_not_passed_over() -> None:
    stranger = b"<Document><BkToCstmrStmt><Stmt/></BkToCstmrStmt></Document>"
    document = documents.read(message("FIToFICstmrCdtTrf", "CdtTrfTxInf", SETTLED) + stranger)
    assert [(issue.severity, issue.code) for issue in document.issues] == [("error", "misplaced_record")]


def test_controls_of_a_batch() -> None:
    paid = '<CdtTrfTxInf><Amt><InstdAmt Ccy="EUR">10.00</InstdAmt></Amt></CdtTrfTxInf>'
    content = f"<CstmrCdtTrfInitn><PmtInf><PmtInfId>P</PmtInfId><NbOfTxs>2</NbOfTxs><CtrlSum>9.00</CtrlSum>{paid}</PmtInf></CstmrCdtTrfInitn>"
    document = documents.read(content.encode())
    assert [(c.name, c.stated, c.computed) for c in document.controls] == [("number of payments of P", 2, 1), ("control sum of P", 900, 1000)]


def test_batches_inside_of_batches() -> None:
    cancelled = '<TxInf><OrgnlInstdAmt Ccy="EUR">10.00</OrgnlInstdAmt></TxInf>'
    inner = f"<OrgnlPmtInfAndCxl><OrgnlPmtInfId>P</OrgnlPmtInfId>{cancelled}</OrgnlPmtInfAndCxl>"
    content = f"<CstmrPmtCxlReq><Assgnmt><Id>A</Id></Assgnmt><CtrlData><NbOfTxs>1</NbOfTxs></CtrlData><Undrlyg>{inner}</Undrlyg></CstmrPmtCxlReq>"
    document = documents.read(content.encode())
    assert [(c.name, c.stated, c.computed) for c in document.controls] == [("number of payments", 1, 1)]
    assert document.statements[0].opened.statement_id == "A"
