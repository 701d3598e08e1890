"""Remittance advice that travels apart from its payment."""

from __future__ import annotations

import pytest

from parsers import documents

DOCUMENT = '<Strd><RfrdDocInf><Nb>{}</Nb></RfrdDocInf><RfrdDocAmt><RmtdAmt Ccy="USD">{}</RmtdAmt></RfrdDocAmt></Strd>'.format


def advice(*contents: str) -> documents.Document:
    body = "".join(f"<RmtInf>{content}</RmtInf>" for content in contents)
    return documents.read(f"<Document><RmtAdvc><GrpHdr><MsgId>A</MsgId></GrpHdr>{body}</RmtAdvc></Document>".encode())


def payment(*, amount: str = "", end_to_end_id: str = "E2E") -> str:
    stated = f'<Amt><InstdAmt Ccy="USD">{amount}</InstdAmt></Amt>' if amount else ""
    return f"<OrgnlPmtInf><Refs><EndToEndId>{end_to_end_id}</EndToEndId></Refs>{stated}<Dbtr><Nm>Payer</Nm></Dbtr></OrgnlPmtInf>"


@pytest.mark.parametrize(("content", "amounts", "codes"), [
    (DOCUMENT("I-1", "6.00") + DOCUMENT("I-2", "4.00") + payment(amount="10.00"), [1000], []),
    (DOCUMENT("I-1", "6.00") + payment(), [600], []),
    (DOCUMENT("I-1", "6.00") + payment(amount="7.00"), [700], ["control_mismatch"]),
    ("<Ustrd>invoice 17</Ustrd>" + payment(amount="7.00"), [700], []),
    ("<Ustrd>invoice 17</Ustrd>" + payment(), [0], []),
    (payment(amount="7.00"), [], []),  # explains nothing
    (DOCUMENT("I-1", "6.00") + payment(amount="seven"), [], ["bad_amount"]),
])
def test_an_advice_announces_the_payment_it_explains(content: str, amounts: list[int], codes: list[str]) -> None:
    document = advice(content)
    assert document.lines["amount_minor"].to_list() == amounts
    assert [issue.code for issue in document.issues] == codes


def test_it_names_the_payment_and_carries_the_documents() -> None:
    document = advice(DOCUMENT("I-1", "6.00") + payment(amount="6.00"), DOCUMENT("I-2", "4.00") + payment(end_to_end_id="OTHER"))
    row = document.lines.row(0, named=True)
    assert (row["customer_reference"], row["payer_name"], row["status"], row["booking_date"]) == ("E2E", "Payer", "info", None)
    assert document.statements[0].opened.report == "announcement"
    assert document.remittance.select("row", "document_number", "amount_minor").rows() == [(0, "I-1", 600), (1, "I-2", 400)]


def test_another_message_in_the_file_is_not_passed_over() -> None:
    content = b"<a><RmtAdvc/></a><a><BkToCstmrStmt/></a>"
    assert [(issue.severity, issue.code) for issue in documents.read(content).issues] == [("error", "misplaced_record")]
