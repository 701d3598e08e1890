r"""MT103, MT202, MT205, MT200, MT910 and MT900: payments and advices of single credits and debits, of SWIFT.

Issuer: SWIFT, Standards MT categories 1, 2 and 9. One message is one payment.

    {1:F01BANKDEFFAXXX..}{2:O1031101051102..}{3:{119:STP}{121:uetr}}{4:     header, type, user header, text
    :20:SENDERS-REF                        reference of the sending bank (MT910: of the advice)
    :21:RELATED-REF                        related reference (MT202, MT900, MT910)
    :32A:260320EUR1250,50                  value date, currency, amount
    :33B:EUR1260,50                        instructed amount;   :71F: sender's, :71G: receiver's charges
    :50K:/DE89370400440532013000           ordering customer (A: BIC, F: numbered lines, K: name and address)
    ACME GMBH
    :59:/NL91ABNA0417164300                beneficiary (MT900, MT910: own account in :25:)
    :70:/INV/RE-2026-17                    remittance information; lines of 35, `//` goes on
    :72:/RETN/59                           sender to receiver; /RETN/ and /REJT/ mark a payment that comes back
    -}{5:{CHK:..}}                         end of text, trailers

All are announcements. The file is what our bank gives us, so a payment is money in and MT900 money out, whatever side of
SWIFT (`I` or `O`) it was copied from. MT202, MT205 and MT200 move money between banks: kind transfer. Any other type (MT101,
MT199 ..) moves none on our account: one line of zero with status info, so that a person sees it. A training message (trailer
TNG) keeps its amount and moves no money either.
Bank reference :20:, customer reference :21:, else :20:.

Control: instructed amount less charges = settled amount, where both are in one currency and charges are itemised.
Tolerated: several messages with or without `$` between them, block 4 alone, acknowledgements before a message (a negative one
is told), messages kept in JSON with `\n`, blanks before the terminator, text behind the last block.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

from parsers import issues, structured
from parsers.amounts import AmountError, is_currency
from parsers.dates import PIVOT, clamped, yymmdd
from parsers.profile import Profile
from parsers.records import BankLine, Control, Envelope, Kind, Record, RemittanceLine, Span, StatementClosed, StatementOpened
from parsers.sources import Source
from parsers.swift.entry import minor
from parsers.swift.fields import TRAINING, Field, first_type
from parsers.swift.messages import Between, Message, messages

NAME = "mt103"
TITLE = "SWIFT MT103, MT202, MT910, MT900 payment and advice"
IDENTIFIED_BY = "a block 2 of a type other than statements, or fields :20: and :32A: with :23B:, :50a:, :58a:, :59: or :25:"

_STATEMENTS = frozenset(["940", "941", "942", "950"])
_BETWEEN_BANKS = frozenset(["200", "202", "205"])
_PAYMENTS = frozenset(["103", "900", "910"]) | _BETWEEN_BANKS
_TAG = re.compile(r"(?:^|[\r\n]|\{4:|\\n)\s*:(\d\d[A-Z]?):")
_AMOUNT = re.compile(r"([A-Z]{3})\s?([\d.,]+)")
_DATED_AMOUNT = re.compile(r"(\d{6})([A-Z]{3})\s?([\d.,]+)")
_COMES_BACK = re.compile(r"/(?:RETN|REJT)/")
_REASON = re.compile(r"/([A-Z]{2}\d\d)(?:/|\s|$)")
_ORIGINAL = re.compile(r"/MREF/([^/\n]*)")
_INVOICES = re.compile(r"/INV/(.+?)(?=///|/(?:INV|RFB|ROC|IPI|CNC|PUR|TSU|EREF|URI)/|$)", re.DOTALL)
_NARRATIVE_WIDTH = 35


def sniff(head: bytes) -> bool:
    """Whether the bytes are a SWIFT message that is no statement."""
    text = head.decode("latin-1")
    if stated := first_type(text):
        return stated not in _STATEMENTS
    tags = set(_TAG.findall(text))
    return {"20", "32A"} <= tags and bool(tags & {"23B", "50A", "50F", "50K", "58A", "58D", "59", "59A", "59F", "25", "25P"})


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The records of all messages of the file."""
    seen: set[str] = set()
    rejected = False
    for message in messages(source, profile):
        if isinstance(message, Between):
            rejected = "{451:1}" in message.text
            yield Envelope(message.span, "envelope")
            if rejected:
                yield issues.warning(message.span, "bad_record", "SWIFT refused the message that follows", message.text)
            continue
        yield from _read(message, profile, rejected=rejected)
        name = f"MT{message.type} {message.text('20').strip()}"
        if name in seen:
            yield issues.warning(message.body, "duplicate", f"{name} stands in the file twice")
        seen.add(name)
        rejected = False
    if not seen:
        yield issues.error(Span(1, 0, 0), "unrecognised", "there is no payment message in the file")


def _read(message: Message, profile: Profile, *, rejected: bool) -> Iterator[Record]:
    """Opening, line, controls and closing of one message; SWIFT may have `rejected` it."""
    settled = message.first("32A")
    found = _DATED_AMOUNT.match(settled.text) if settled else None
    currency = found[2] if found else _currency(message, profile)
    date = _date(found[1]) if found else None
    yield StatementOpened(
        message.header, message.text("20").strip(), _own_account(message) or profile.account, currency, "announcement",
        from_date=date, to_date=date,
    )
    if message.type in _STATEMENTS:
        yield Envelope(message.body, f"MT{message.type}")
        yield issues.warning(message.body, "unknown_record", f"an MT{message.type} among payments was not read")
    elif message.type in _PAYMENTS:
        yield from _payment(message, found, date, currency, rejected=rejected)
    else:
        yield _information(message, currency)
        yield issues.issue(message.body, "info", "unknown_record", f"MT{message.type} moves no money on our account")
    yield StatementClosed(message.trailer)
    if not message.closed:
        yield issues.error(message.body, "truncated", f"block 4 of MT{message.type} {message.text('20').strip()} is not closed")
    if TRAINING in message.trailer_text:
        yield issues.warning(message.trailer, "test_file", "the message is a training message (TNG): it moves no money")
    if re.search(r"\{PD[EM]:", message.trailer_text):
        yield issues.warning(message.trailer, "duplicate", "the bank marks the message as possibly sent before")


def _currency(message: Message, profile: Profile) -> str:
    found = _AMOUNT.search(message.text("32A", "32B", "33B"))
    return found[1] if found and is_currency(found[1]) else profile.currency


def _payment(message: Message, found: re.Match[str] | None, date: dt.date | None, currency: str, *, rejected: bool) -> Iterator[Record]:
    """The line of a payment; an error when its amount cannot be read."""
    if found is None:
        yield Envelope(message.body, f"MT{message.type}")
        code = "bad_amount" if message.first("32A") else "missing_record"
        yield issues.error(message.body, code, f"MT{message.type} has no readable :32A:", message.text("32A"))
        return
    try:
        amount = minor(found[3], currency)
    except AmountError as problem:
        yield Envelope(message.body, f"MT{message.type}")
        yield issues.error(message.body, "bad_amount", str(problem), found[0])
        return
    line = _line(message, amount, currency, date)
    if rejected:
        line = line._replace(status="info")
    yield from _charged(message, line)
    if yymmdd(found[1]) is None:
        yield issues.warning(message.body, "bad_date", f"no calendar has the value date {found[1]}", found[0])
    if message.type == "103" and message.first("59", "59A", "59F") is None:
        yield issues.warning(message.body, "missing_record", "the payment names no beneficiary (:59:)")


def _line(message: Message, amount: int, currency: str, date: dt.date | None) -> BankLine:
    own, related = message.text("20").strip(), message.text("21").strip()
    purpose, notes = _narrative(message.text("70")), message.text("72")
    comes_back = bool(_COMES_BACK.search(notes))
    name, account = _party(message.first("50A", "50F", "50K") or message.first("52A", "52D"))
    reason, original = _REASON.search(notes), _ORIGINAL.search(notes)
    return BankLine(
        message.body, -amount if message.type == "900" else amount, currency, _kind(message, comes_back, amount), date, date,
        f"MT{message.type}", own, related if related and related != "NONREF" else own, payer_name=name, payer_account=account,
        structured_reference=structured.find(purpose), remittance_text=purpose or _narrative(notes),
        return_reason=reason[1] if comes_back and reason else "",
        original_reference=(original[1].strip() if original else related) if comes_back else "",
        status="info" if TRAINING in message.trailer_text else "booked", remittance=_invoices(message),
    )


def _kind(message: Message, comes_back: bool, amount: int) -> Kind:
    if comes_back:
        return "return"
    if message.type in _BETWEEN_BANKS or "INTC" in message.text("23E"):
        return "transfer"
    if message.type == "900":
        return "disbursement"
    return "receipt" if amount else "other"


def _charged(message: Message, line: BankLine) -> Iterator[Record]:
    """The line with the instructed amount (:33B:) and the charges taken on the way (:71F:), and their control."""
    instructed = _amount(message.first("33B"))
    if instructed is None:
        yield line
        return
    wanted, currency = instructed
    settled = line.amount_minor
    line = line._replace(instructed_minor=wanted, instructed_currency=currency)
    taken, added = _charges(message, "71F", line.currency), _charges(message, "71G", line.currency)
    if currency != line.currency or line.type_code != "MT103":
        yield line._replace(fee_minor=taken)
        return
    if added and wanted + added == settled:  # the receiver's charges travel with the payment and stay with our bank
        line = line._replace(amount_minor=wanted)
    yield line._replace(fee_minor=taken or max(wanted - line.amount_minor, 0))
    if taken or added or wanted == settled:
        yield Control(line.span, "settled amount", settled, wanted - taken + added, currency)


def _charges(message: Message, tag: str, currency: str) -> int:
    found = [_amount(each) for each in message.fields if each.tag == tag]
    return sum(each[0] for each in found if each and each[1] == currency)


def _amount(each: Field | None) -> tuple[int, str] | None:
    found = _AMOUNT.match(each.text) if each else None
    if found is None:
        return None
    try:
        return minor(found[2], found[1]), found[1]
    except AmountError:
        return None


def _information(message: Message, currency: str) -> BankLine:
    """A message without money for us, kept as a line of zero."""
    own, related = message.text("20").strip(), message.text("21").strip()
    said = message.text("79") or message.text("70") or message.text("72") or message.text("77E")
    return BankLine(
        message.body, 0, currency, "other", type_code=f"MT{message.type}", bank_reference=own, customer_reference=related or own,
        remittance_text=" ".join(said.split()), status="info",
    )


def _own_account(message: Message) -> str:
    """Our account: the one advised, or the beneficiary's."""
    advised = message.text("25", "25P").partition("\n")[0].strip().lstrip("/")
    return advised or (_party(message.first("59", "59A", "59F", "58A", "58D"))[1] if message.type in _PAYMENTS else "")


def _party(each: Field | None) -> tuple[str, str]:
    """Name and account of a party field, in the options A (BIC), F (numbered lines), D and K (name and address)."""
    if each is None:
        return "", ""
    lines = [line.strip() for line in each.text.split("\n") if line.strip()]
    account = ""
    if lines and lines[0].startswith("/"):
        account = re.sub(r"^/+(?:[CD]/)?", "", lines.pop(0)) if not lines[0].startswith("//") else lines.pop(0) and ""
        account = account.replace(" ", "") if account.strip("-") else ""
    elif lines and each.tag.endswith("F") and not lines[0].startswith("1/"):
        lines.pop(0)
    numbered = [line[2:] for line in lines if line.startswith("1/")]
    return (" ".join(numbered) if numbered else (lines[0] if lines else "")), account


def _narrative(text: str) -> str:
    """Lines of 35 as one text: a full line goes on directly, `//` only says that the line goes on."""
    whole = ""
    full = True
    for line in text.split("\n"):
        said = (line[2:] if line.startswith("//") and whole else line).rstrip()
        whole += said if full else " " + said
        full = len(line.rstrip()) >= _NARRATIVE_WIDTH
    return " ".join(whole.split())


def _invoices(message: Message) -> tuple[RemittanceLine, ...]:
    """Document numbers behind /INV/ in :70:; several stand between `//`."""
    field = message.first("70")
    if field is None:
        return ()
    told = [number.strip(" /") for found in _INVOICES.finditer(_narrative(field.text)) for number in found[1].split("//")]
    return tuple(RemittanceLine(field.span, number) for number in told if number)


def _date(text: str) -> dt.date | None:
    year = int(text[:2])
    return yymmdd(text) or clamped(year + (2000 if year < PIVOT else 1900), int(text[2:4]), int(text[4:6]))
