"""What the ISO 20022 messages of a bank have in common: which message it is, amounts, parties, references, remittance.

A record (`Ntry`, `TxDtls`, `CdtTrfTxInf`, `RmtInf`) is outlined once for each shape (`parsers.xml.shapes`): `slot` says where a
field stands, and an outline is a tuple of slots under the field's name. Versions differ by a level here and there (`Dbtr/Nm`,
since 2019 `Dbtr/Pty/Nm`), so a field names all the paths it may stand at, the newest first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from parsers import issues
from parsers.amounts import AmountError, is_currency
from parsers.records import Issue, Span
from parsers.xml.elements import Element
from parsers.xml.shapes import Values

Slot: TypeAlias = int
SILENT: Slot = -1
"""The record does not say; `values[SILENT]` is empty."""

ROOTS = {
    "BkToCstmrAcctRpt": "camt.052", "BkToCstmrStmt": "camt.053", "BkToCstmrDbtCdtNtfctn": "camt.054",
    "FIToFIPmtStsRpt": "pacs.002", "FIToFICstmrDrctDbt": "pacs.003", "PmtRtr": "pacs.004", "FIToFIPmtRvsl": "pacs.007",
    "FIToFICstmrCdtTrf": "pacs.008", "FICdtTrf": "pacs.009", "FIDrctDbt": "pacs.010", "FIToFIPmtStsReq": "pacs.028",
    "CstmrCdtTrfInitn": "pain.001", "CstmrPmtStsRpt": "pain.002", "CstmrPmtRvsl": "pain.007", "CstmrDrctDbtInitn": "pain.008",
    "CdtrPmtActvtnReq": "pain.013", "CdtrPmtActvtnReqStsRpt": "pain.014", "CstmrPmtCxlReq": "camt.055",
    "FIToFIPmtCxlReq": "camt.056", "RsltnOfInvstgtn": "camt.029", "RmtAdvc": "remt.001",
}
"""Message by the name of its root element; version 1 had names like `BkToCstmrStmtV01` and `pacs.008.001.01`."""

_ROOT = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(?:(%b)(?:V\d\d)?|((?:pacs|pain|camt)\.\d{3})\.\d{3}\.\d{2})[\s/>]" % "|".join(ROOTS).encode())
_NAMESPACE = re.compile(rb"""xmlns[^=<>]{0,40}=\s*["'][^"'<>]*?\b((?:acmt|admi|auth|camt|pacs|pain|reda|remt|tsmt)\.\d{3})\b""")
NO_REFERENCE = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NOTAVAILABLE", "NOREF", "NONREF", "NONE", "N/A"})
HEADER = "AppHdr"
"""The business application header that goes before a message."""

_INITIALS_OF_NO_REFERENCE = frozenset("Nn")


def message_of(head: bytes) -> str:
    """Which message a file begins with, such as `camt.053`; "" for none. The root element decides, else the namespace."""
    found = _ROOT.search(head)
    if found:
        return (found[2] or b"").decode() or ROOTS[found[1].decode()]
    namespace = _NAMESPACE.search(head)
    return namespace[1].decode() if namespace else ""


def slot(element: Element, *paths: str) -> Slot:
    """Where the text at the first of the paths that leads to a leaf stands."""
    return next((found.slot for path in paths for found in element.all(path) if found.slot >= 0), SILENT)


def slots(element: Element, *paths: str) -> tuple[Slot, ...]:
    """Where all the texts at the paths stand."""
    return tuple(found.slot for path in paths for found in element.all(path) if found.slot >= 0)


def line_of(text: str) -> str:
    """A text as one line: what a pretty-printer broke is joined by blanks."""
    return text.strip() if text.isprintable() else " ".join(text.split())


def reference_of(text: str) -> str:
    """A reference, or "" where the sender writes that there is none."""
    bare = text.strip()
    return "" if bare[:1] in _INITIALS_OF_NO_REFERENCE and bare.upper() in NO_REFERENCE else bare


def stated_name(text: str) -> str:
    """A name as one line, or "" where the sender writes that there is none: the field is mandatory in most messages."""
    return reference_of(line_of(text))


def marked_as_test(service: str, span: Span) -> Issue | None:
    """The error of a message whose application header names the business service (`BizSvc`) of tests, as Fedwire's does."""
    if service.strip().upper() != "TEST":
        return None
    return issues.error(span, "test_file", "the application header marks the message as a test (BizSvc TEST)")


class Money(NamedTuple):
    """An amount's place and its currency, which is an attribute and so belongs to the shape."""

    slot: Slot
    currency: str


def money(element: Element, *paths: str) -> Money | None:
    """The amount at the first of the paths that leads to one."""
    return next((Money(e.slot, e.attributes.get("Ccy", "")) for p in paths for e in element.all(p) if e.slot >= 0), None)


def all_money(element: Element, *paths: str) -> tuple[Money, ...]:
    """All the amounts at the paths, in the order of the paths."""
    return tuple(Money(e.slot, e.attributes.get("Ccy", "")) for p in paths for e in element.all(p) if e.slot >= 0)


def amount_issue(error: AmountError, currency: str, text: str, span: Span) -> Issue:
    """Why an amount could not be read: the file must not be taken without it."""
    code = "bad_amount" if is_currency(currency) else "unknown_currency"
    return issues.error(span, code, str(error), text)


@dataclass(frozen=True, slots=True)
class Party:
    """A debtor or creditor: name, the one it acts for, account, and the routing number of its bank (US)."""

    name: Slot
    ultimate: Slot
    account: Slot
    routing: Slot


def party(parties: Element, agents: Element, role: str) -> Party:
    """`role` is `Dbtr` or `Cdtr`; in camt its agent stands under another element than the party itself."""
    ultimate = f"Ultmt{role}"
    account = f"{role}Acct/Id"
    return Party(
        slot(parties, f"{role}/Pty/Nm", f"{role}/Nm", f"{role}/Agt/FinInstnId/Nm", f"{role}/FinInstnId/Nm", f"{role}/FinInstnId/BICFI"),
        slot(parties, f"{ultimate}/Pty/Nm", f"{ultimate}/Nm"),
        slot(parties, f"{account}/IBAN", f"{account}/Othr/Id", f"{account}/PrtryAcct/Id", f"{account}/BBAN", f"{account}/UPIC"),
        slot(agents, f"{role}Agt/FinInstnId/ClrSysMmbId/MmbId"),
    )


def account_of(who: Party, values: Values) -> str:
    """IBAN or account number; in the US `routing/account`, where the routing number's check digit says it is one."""
    account = "".join(values[who.account].split())
    routing = values[who.routing].strip()
    return f"{routing}/{account}" if routing and account and _is_routing_number(routing) else account


def name_of(who: Party, values: Values) -> str:
    """The party's name, else the name of the one it acts for."""
    return stated_name(values[who.name]) or stated_name(values[who.ultimate])


def _is_routing_number(text: str) -> bool:
    if len(text) != 9 or not (text.isascii() and text.isdigit()) or text == "000000000":
        return False
    return sum(int(digit) * weight for digit, weight in zip(text, (3, 7, 1, 3, 7, 1, 3, 7, 1), strict=True)) % 10 == 0
