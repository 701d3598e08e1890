"""Where a camt entry (`Ntry`) and its details (`TxDtls`) say what, in every version of camt.052, 053 and 054.

Ntry   NtryRef  Amt@Ccy  CdtDbtInd  RvslInd  Sts[/Cd]  BookgDt/Dt|DtTm  ValDt/Dt|DtTm  AcctSvcrRef  BkTxCd  Chrgs  AmtDtls
NtryDtls
Btch     MsgId  PmtInfId  NbOfTxs  TtlAmt
TxDtls   Refs  Amt@Ccy  CdtDbtInd  AmtDtls  Chrgs  RltdPties  RltdAgts  RmtInf  RtrInf  AddtlTxInf
AddtlNtryInf
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from parsers.iso.messages import SILENT, Money, Party, Slot, all_money, money, party, slot, slots
from parsers.iso.remittance import Remittance, remittance
from parsers.xml.elements import Element


@dataclass(frozen=True, slots=True)
class Code:
    """`BkTxCd`: the ISO code, the bank's own, and whose own that is."""

    domain: Slot
    family: Slot
    sub_family: Slot
    proprietary: Slot
    issuer: Slot


class Charge(NamedTuple):
    """One charge of `Chrgs`, with its direction and whether it is included in the amount."""

    money: Money
    indicator: Slot
    included: Slot


class Batch(NamedTuple):
    """`Btch`: what the file says of a batch as a whole."""

    number: Slot
    total: Money | None
    reference: Slot


@dataclass(frozen=True, slots=True)
class DetailOutline:
    """Where a `TxDtls` says what."""

    amounts: tuple[Money, ...]
    instructed: Money | None
    indicator: Slot
    charges: tuple[Charge, ...]
    code: Code
    servicer_reference: Slot
    end_to_end_id: Slot
    transaction_id: Slot
    original_ids: tuple[Slot, ...]
    check_number: Slot
    debtor: Party
    creditor: Party
    remittance: Remittance
    is_return: bool
    return_reason: Slot
    information: Slot


@dataclass(frozen=True, slots=True)
class EntryOutline:
    """Where an `Ntry` says what; `details` only where they are not cut out of it."""

    amount: Money | None
    indicator: Slot
    reversal: Slot
    status: Slot
    booking_date: Slot
    value_date: Slot
    code: Code
    servicer_reference: Slot
    entry_reference: Slot
    instructed: Money | None
    charges: tuple[Charge, ...]
    batches: tuple[Batch, ...]
    groups: int
    """How many groups of details (`NtryDtls`) there are, each of which may be a batch of its own."""
    information: Slot
    details: tuple[DetailOutline, ...]


def outline_entry(entry: Element) -> EntryOutline:
    """An entry's fields, in all versions; the first one has its details and its batch outside `NtryDtls`."""
    return EntryOutline(
        amount=money(entry, "Amt"),
        indicator=slot(entry, "CdtDbtInd"),
        reversal=slot(entry, "RvslInd"),
        status=slot(entry, "Sts/Cd", "Sts", "Sts/Prtry"),
        booking_date=slot(entry, "BookgDt/Dt", "BookgDt/DtTm"),
        value_date=slot(entry, "ValDt/Dt", "ValDt/DtTm"),
        code=_code(entry),
        servicer_reference=slot(entry, "AcctSvcrRef"),
        entry_reference=slot(entry, "NtryRef"),
        instructed=_instructed(entry),
        charges=_charges(entry),
        batches=tuple(_batch(batch) for path in ("NtryDtls/Btch", "Btch") for batch in entry.all(path)),
        groups=len(entry.all("NtryDtls")),
        information=slot(entry, "AddtlNtryInf"),
        details=tuple(outline_detail(detail) for path in ("NtryDtls/TxDtls", "TxDtls") for detail in entry.all(path)),
    )


def outline_detail(detail: Element) -> DetailOutline:
    """A detail's fields, in all versions."""
    parties, agents = detail.first("RltdPties") or detail, detail.first("RltdAgts") or detail
    return DetailOutline(
        amounts=all_money(detail, "Amt", *(f"AmtDtls/{kind}/Amt" for kind in ("TxAmt", "CntrValAmt", "AnncdPstngAmt", "InstdAmt"))),
        instructed=_instructed(detail),
        indicator=slot(detail, "CdtDbtInd"),
        charges=_charges(detail),
        code=_code(detail),
        servicer_reference=slot(detail, "Refs/AcctSvcrRef"),
        end_to_end_id=slot(detail, "Refs/EndToEndId"),
        transaction_id=slot(detail, "Refs/TxId", "Refs/UETR", "Refs/ClrSysRef"),
        original_ids=slots(detail, "Refs/EndToEndId", "Refs/InstrId", "Refs/TxId", "Refs/UETR", "Refs/ChqNb", "Refs/PmtInfId"),
        check_number=slot(detail, "Refs/ChqNb"),
        debtor=party(parties, agents, "Dbtr"),
        creditor=party(parties, agents, "Cdtr"),
        remittance=remittance(detail.first("RmtInf")),
        is_return=detail.first("RtrInf") is not None,
        return_reason=slot(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry", "RtrInf/RtrRsn/Cd"),
        information=slot(detail, "AddtlTxInf"),
    )


def _code(parent: Element) -> Code:
    domain = "BkTxCd/Domn"
    return Code(
        slot(parent, f"{domain}/Cd"), slot(parent, f"{domain}/Fmly/Cd"), slot(parent, f"{domain}/Fmly/SubFmlyCd"),
        slot(parent, "BkTxCd/Prtry/Cd"), slot(parent, "BkTxCd/Prtry/Issr"),
    )


def _instructed(parent: Element) -> Money | None:
    return money(parent, "AmtDtls/InstdAmt/Amt", "InstdAmt")


def _charges(parent: Element) -> tuple[Charge, ...]:
    """Since version 3 in `Rcrd`, with a total beside them; in version 2 one `Chrgs` for each."""
    recorded = parent.all("Chrgs/Rcrd") or parent.all("Chrgs")
    found = [Charge(amount, slot(one, "CdtDbtInd"), slot(one, "ChrgInclInd")) for one in recorded if (amount := money(one, "Amt"))]
    total = money(parent, "Chrgs/TtlChrgsAndTaxAmt")
    return tuple(found) or ((Charge(total, SILENT, SILENT),) if total else ())


def _batch(batch: Element) -> Batch:
    return Batch(slot(batch, "NbOfTxs"), money(batch, "TtlAmt"), slot(batch, "PmtInfId", "MsgId"))


NO_DETAIL = outline_detail(Element("TxDtls", {}, 0))
"""The details of an entry that has none."""
