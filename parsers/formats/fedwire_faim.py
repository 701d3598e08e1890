"""Fedwire Funds Service, FAIM tag format: wires as banks delivered them until ISO 20022 took over on 2025-07-14.

Issuer: Federal Reserve Banks, "Fedwire Application Interface Manual" (FAIM) 3.0.6 and 3.0.7. One message is one wire: four
digits in braces, then elements that end with `*`, or are padded to their full width; line ends between tags are optional.

    {1500}30        P                          sender supplied: version, correlation, T test or P production, duplicate code
    {1510}1000                                 type (10 funds, 15 foreign, 16 settlement) and subtype
    {1520}20260320B1QGC01R000123               IMAD: date, source, sequence: the wire's own id
    {2000}000000125050                         amount, twelve digits of cents
    {3100}021000021JPMCHASE*  {3400}..         sender's and receiver's routing number and name
    {3320}PAY-4711*  {4320}RE-17*              sender's reference, reference for the beneficiary
    {3600}CTR   {3610}RMTS   {3710}USD1260,50  business function, kind of remittance data, instructed amount
    {4200}D12345678*OUR NAME*  {5000}D998877*ACME INC*1 MAIN ST*      beneficiary, originator: id code, id, name, address
    {6000}INVOICE RE-17*                       originator to beneficiary, four lines of 35
    {8400}CINVRE-17*  {8450}USD1250.50*  {8500}..  {8550}..  {8600}01CRDTUSD10.00*     document, paid, gross, discount, adjustment
    {8200}ISA*00*..                            addenda: an X12 820, with or without its length of four digits

The payer's account stands behind the routing number of its bank: {5100}, or the sender's where there is no {5100}.

All announce money. Bank reference: IMAD, else OMAD {1120}; customer reference {3320}, else {4320}. Subtypes: 00 and 32 move
money, 02 and 08 send an earlier wire back (kind return, {3500} names it), 01, 07, 31, 33 and 90 ask or tell and move none: a
line of zero with status info and the amount as instructed. Test messages ({1500} T) are info too, and told.

Controls: check digits of both routing numbers. Told: gross - discount +/- adjustment of a document is not what was paid.
Tolerated: tags that the Fed appended ({1100} to {1130}) and no {1500}; text before the first tag; a missing IMAD (told).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from parsers import issues, structured
from parsers.amounts import AmountError, implied_minor
from parsers.dates import yyyymmdd
from parsers.fedwire_remittance import Document, Tag, advice_of, documents_of, elements, told, unexplained
from parsers.profile import Profile
from parsers.records import (
    BankLine,
    Control,
    Envelope,
    Issue,
    Kind,
    Record,
    Span,
    StatementClosed,
    StatementOpened,
)
from parsers.sources import LINE_BYTES_MAX, Source, SourceError
from parsers.swift.entry import minor
from parsers.x12 import segments

NAME = "fedwire"
TITLE = "Fedwire FAIM tag format (retired)"
IDENTIFIED_BY = "tags of four digits in braces, {1510}, {1520} or {2000} among them"

_TAG = re.compile(r"\{(\d{4})\}")
_OWN_TAGS = frozenset(["1500", "1510", "1520", "2000", "3100", "3400", "3600"])
_APPENDED = frozenset(["1100", "1110", "1120", "1130"])
_KNOWN = _OWN_TAGS | _APPENDED | frozenset([
    "3320", "3500", "3610", "3620", "3700", "3710", "3720", "4000", "4100", "4200", "4320", "4400", "5000", "5010", "5100", "5200", "5400",
    "6000", "6100", "6110", "6200", "6210", "6300", "6310", "6400", "6410", "6420", "6500", "7033", "7050", "7052", "7056", "7057", "7059",
    "7070", "7072", "8200", "8250", "8300", "8350", "8400", "8450", "8500", "8550", "8600", "8650", "8700", "8750", "9000",
])
_REQUIRED = {"1510": "type", "3100": "sending bank", "3400": "receiving bank", "3600": "business function"}
_RETURNS = frozenset(["02", "08"])
_NO_MONEY = frozenset(["01", "07", "31", "33", "90"])
_TRANSFER_FUNCTIONS = frozenset(["BTR", "FFR", "FFS", "CKS", "DEP"])
_PARTY = (1, 34, 35, 35, 35, 35)
_LINES = (35, 35, 35, 35)
_ACCOUNT_CODES = frozenset("DTU")
_ROUTED_CODES = frozenset("FB")  # a BIC (B) is no number, so a routing number under B is one
_CHARGE = re.compile(r"([A-Z]{3})([\d.,]+)")


def sniff(head: bytes) -> bool:
    """Whether the bytes are tags of this format, two of its own at least."""
    tags = set(_TAG.findall(head.decode("latin-1")))
    return len(tags & _OWN_TAGS) >= 2


def parse(source: Source, profile: Profile) -> Iterator[Record]:
    """The records of all messages of the file."""
    found = _tags(source)
    before, first = next(found), next(found, None)
    if first is None:
        yield Envelope(before.span, "no message")
        yield issues.error(Span(1, 0, 0), "unrecognised", "there is no Fedwire message in the file")
        return
    if before.text.strip():
        yield Envelope(before.span, "text before the message")
    seen: set[str] = set()
    for tags in _messages(chain((first,), found)):
        if not any(tag.number not in _APPENDED for tag in tags):
            yield Envelope(_whole(tags), "tags that the Fed appended")
            continue
        yield from _read(tags, profile, seen)


def _messages(found: Iterable[Tag]) -> Iterator[list[Tag]]:
    """Tags by message. One begins at {1500} or a tag that the Fed appends, when the one before has its amount, and at a
    second {1510}."""
    current: list[Tag] = []
    numbers: set[str] = set()
    for tag in found:
        begins = (tag.number in _APPENDED | {"1500"} and "2000" in numbers) or (tag.number == "1510" and "1510" in numbers)
        if begins:
            yield current
            current, numbers = [], set()
        current.append(tag)
        numbers.add(tag.number)
    if current:
        yield current


def _tags(source: Source) -> Iterator[Tag]:
    """The tags of a file, in memory flat in its size, each up to the next one; the first has no number and is what stands before them."""
    number, text, line, line_end = "", "", 1, ""
    offset = at = 0  # where in the file the text begins that is at hand, and where in it the tag's own text does
    for block in source.marked_blocks(b"{"):
        text += block.decode("latin-1")
        line_end = line_end or ("\n" if "\n" in text else "\r")
        begin = 0
        for match in _TAG.finditer(text, at):
            end = match.start()
            yield Tag(number, text[at:end], Span(line, offset + begin, offset + end), offset + at)
            line += text.count(line_end, begin, end)
            number, begin, at = match[1], end, match.end()
        text, offset, at = text[begin:], offset + begin, at - begin
        if len(text) > LINE_BYTES_MAX:
            raise SourceError("hostile", f"no tag ends the {len(text)} bytes from byte {offset} on")
    yield Tag(number, text[at:], Span(line, offset, offset + len(text)), offset + at)


def _whole(tags: list[Tag]) -> Span:
    return Span(tags[0].span.line, tags[0].span.start, tags[-1].span.end)


def _read(tags: list[Tag], profile: Profile, seen: set[str]) -> Iterator[Record]:
    """Opening, line, controls, issues and closing of one message."""
    values = {tag.number: tag for tag in reversed(tags)}
    head = tags[0].span
    beneficiary = elements(values.get("4200"), _PARTY, profile)
    date = yyyymmdd(_text(values, "1520")[:8]) or yyyymmdd(_text(values, "1120")[:8])
    account = beneficiary[1] if beneficiary[0] in _ACCOUNT_CODES else ""
    yield StatementOpened(head, _reference(values), account or profile.account, "USD", "announcement", from_date=date, to_date=date)
    amount, problem = _amount(values, tags)
    if amount is not None:
        documents, problems = documents_of(tags, profile)
        advice = advice_of(values.get("8200"), amount)
        yield _line(tags, values, amount, documents, advice, profile)
        yield from problems
        yield from unexplained(documents)
        if advice:
            yield from advice.issues
    else:
        yield Envelope(_whole(tags), "message without amount")
    if problem:
        yield problem
    yield from _checked(tags, values, seen)
    last = tags[-1].span
    yield StatementClosed(Span(last.line, last.end, last.end))


def _amount(values: dict[str, Tag], tags: list[Tag]) -> tuple[int | None, Issue | None]:
    tag = values.get("2000")
    if tag is None:
        return None, issues.error(_whole(tags), "missing_record", "the message has no amount ({2000})")
    try:
        return implied_minor(tag.text.strip("* \r\n\x1a\x00")[:12], "USD", 2), None
    except AmountError as error:
        return None, issues.error(tag.span, "bad_amount", str(error), tag.text)


def _line(
    tags: list[Tag], values: dict[str, Tag], amount: int, documents: list[Document], advice: segments.Advice | None, profile: Profile,
) -> BankLine:
    subtype = _text(values, "1510")[2:4]
    date = yyyymmdd(_text(values, "1520")[:8]) or yyyymmdd(_text(values, "1120")[:8])
    moves = subtype not in _NO_MONEY
    name, account = _payer(values, profile)
    said = elements(values.get("6000"), _LINES, profile)
    text = _narrative(said) or (advice.text if advice else "") or _narrative(elements(values.get("9000"), (35,) * 12, profile))
    instructed = _instructed(values)
    return BankLine(
        _whole(tags), amount if moves else 0, "USD", _kind(values, subtype, moves=moves), date, date, f"{_text(values, '1510')[:4]} {_text(values, '3600')[:3]}".strip(),
        _reference(values), _text(values, "3320") or _text(values, "4320"), payer_name=name, payer_account=account,
        structured_reference=structured.find(text), remittance_text=text,
        original_reference=_text(values, "3500") if subtype in _RETURNS else "", fee_minor=_fee(values, amount) if moves else 0,
        instructed_minor=instructed[0] if moves else amount, instructed_currency=instructed[1] if moves else "USD",
        status="info" if not moves or _is_test(values) else "booked",
        remittance=tuple(told(each) for each in documents) or (advice.lines if advice else ()),
    )


def _kind(values: dict[str, Tag], subtype: str, *, moves: bool) -> Kind:
    if not moves:
        return "other"
    if subtype in _RETURNS:
        return "return"
    return "transfer" if _text(values, "3600")[:3] in _TRANSFER_FUNCTIONS else "receipt"


def _is_test(values: dict[str, Tag]) -> bool:
    return "1500" in values and values["1500"].text[10:11] == "T"


def _text(values: dict[str, Tag], number: str) -> str:
    """A tag with one element."""
    return values[number].text.partition("*")[0].strip(" \r\n\x1a\x00") if number in values else ""


def _reference(values: dict[str, Tag]) -> str:
    return _text(values, "1520") or _text(values, "1120")


def _payer(values: dict[str, Tag], profile: Profile) -> tuple[str, str]:
    """Name and account of the originator, plain {5000} or option F {5010}."""
    if "5000" in values:
        code, number, name, *_ = elements(values["5000"], _PARTY, profile)
        return name, _with_bank(number, values, profile) if number and code in _ACCOUNT_CODES else ""
    party, *lines = elements(values.get("5010"), (35, 35, 35, 35, 35), profile)
    name = next((line[2:] for line in lines if line.startswith("1/")), lines[0])
    return name, _with_bank(party[1:], values, profile) if len(party) > 1 and party.startswith("/") else ""


def _with_bank(account: str, values: dict[str, Tag], profile: Profile) -> str:
    """`routing/account`, as customers' accounts are known: the routing number of the originator's bank {5100}, which without that tag is
    the sender. A bank that is named in another way, an IBAN and an account that already names its bank stand alone."""
    code, routing, *_ = elements(values["5100"], _PARTY, profile) if "5100" in values else ["F", _text(values, "3100")[:9]]
    return f"{routing}/{account}" if code in _ROUTED_CODES and _is_routing_number(routing) and account.isdecimal() else account


def _is_routing_number(text: str) -> bool:
    return len(text) == 9 and text.isascii() and text.isdecimal() and text != "000000000" and _check_digit(text) == int(text[8])


def _narrative(lines: list[str]) -> str:
    return " ".join(line for line in lines if line)


def _instructed(values: dict[str, Tag]) -> tuple[int | None, str]:
    """{3710}: what the originator ordered, with a decimal comma."""
    found = _CHARGE.match(_text(values, "3710"))
    try:
        return (minor(found[2], found[1]), found[1]) if found else (None, "")
    except AmountError:
        return None, ""


def _fee(values: dict[str, Tag], amount: int) -> int:
    """{3700} B: charges borne by the beneficiary, taken on the way; only where they explain what was instructed."""
    tag = values.get("3700")
    instructed, currency = _instructed(values)
    if tag is None or not tag.text.startswith("B") or currency != "USD" or instructed is None:
        return 0
    taken = 0
    for found in _CHARGE.finditer(tag.text, 1):
        try:
            taken += minor(found[2], "USD") if found[1] == "USD" else 0
        except AmountError:
            return 0
    return taken if instructed - taken == amount else 0


def _checked(tags: list[Tag], values: dict[str, Tag], seen: set[str]) -> Iterator[Record]:
    """Routing numbers, tags that must or must not stand in a message, repetition."""
    whole = _whole(tags)
    for number, name in (("3100", "sender"), ("3400", "receiver")):
        routing = _text(values, number)[:9]
        if number in values and not _is_routing_number(routing):
            yield issues.warning(values[number].span, "bad_reference", f"the {name}'s routing number has a wrong check digit", values[number].text)
        elif number in values:
            yield Control(values[number].span, f"check digit of the {name}'s routing number", int(routing[8]), _check_digit(routing))
    missing = [f"{name} ({{{number}}})" for number, name in _REQUIRED.items() if number not in values]
    if missing and not any(tag.number >= "4000" for tag in tags):
        yield issues.error(whole, "truncated", f"the message ends early, without its {', '.join(missing)}")
    elif missing:
        yield issues.warning(whole, "missing_record", f"the message names no {', '.join(missing)}")
    if not _reference(values):
        yield issues.warning(whole, "missing_record", "the message has no IMAD ({1520}), so a repetition cannot be seen")
    elif _reference(values) in seen:
        yield issues.warning(whole, "duplicate", f"the wire {_reference(values)} stands in the file twice")
    seen.add(_reference(values))
    for tag in tags:
        if tag.number not in _KNOWN:
            yield issues.warning(tag.span, "unknown_record", f"no version of the format has a tag {{{tag.number}}}", tag.text)
    if "5000" in values and "5010" in values:
        yield issues.warning(values["5010"].span, "misplaced_record", "originator {5000} and originator option F {5010} exclude one another")
    if _is_test(values):
        yield issues.warning(values["1500"].span, "test_file", "a test message: it moves no money")


def _check_digit(routing: str) -> int:
    """ABA: weights 3, 7, 1 over the first eight digits."""
    return -sum(int(digit) * (3, 7, 1)[place % 3] for place, digit in enumerate(routing[:8])) % 10
