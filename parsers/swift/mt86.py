"""What banks put into `:86:` of MT940 and MT942: the account owner's information, in the dialects of their countries.

SWIFT leaves the field free (6 lines of 65 characters). Banks fill it in one of these ways, told apart by content alone:

    166?00GUTSCHRIFT?20EREF+E2E-1?21SVWZ+RE 4711?31IBAN?32Name           Germany, Austria: subfields (`parsers.swift.mt86_subfields`)
    020~00..~20..~31..~32..~38IBAN      020^00..      020<20..           Poland: the same with another delimiter
    000>100390123456>20..                                               Triodos: the account stands in subfield 10
    /TRTP/SEPA OVERBOEKING/IBAN/NL..../NAME/../REMI/../EREF/..           Netherlands (ABN AMRO, Rabobank, ING): code words
    /CNTP/NL..../BIC/Name/City///REMI/USTD//text/                        ING
    SEPA OVERBOEKING      IBAN: NL....   BIC: ..   NAAM: ..   OMSCHRIJVING: ..   KENMERK: ..     ABN AMRO, columns of 32
    64.45.12.113 G.B. ROTTERDAM     AANSLAGBILJETNUMMER 30076145         ABN AMRO, domestic
    NL16ABNA0999999999 name of the payer / further lines                 SNS, ASN, RegioBank
    Overboeking REK: NL12KNAB0123456789/NAAM: Name                       Knab
    /PT/FT/PY/INVOICE 17/BN/Our name/BO/ACME INC/BO1/BOSTON              Citi
    /PT/DE/EI/INVOICE 17 ACME INC/BI/12345678/BO/87654321/BO1/ACME INC   Citi, accounts first
    910;PRZELEW; OD: NAME; Z RACH.: ...; TYT.: title; TNR: 145.1         mBank
    01Purpose / 02more purpose / 15Name / 17Posting text                 `:NS:` of MultiCash, in the place of :86:
    anything else                                                       free text

Lines are broken where the line is full, so a full line goes on without a blank, and a shorter one ended there.
"""

from __future__ import annotations

import re

from parsers import bank_text, payer_phrases, structured
from parsers.swift import mt86_subfields
from parsers.swift.mt86_details import NOTHING, Details, is_iban, stated

LINE_WIDTHS = (61, 65)
"""A first line is full with 61 characters where the bank counts the tag in, else with 65 as all others."""

CODE_WORDS = (
    "TRTP", "IBAN", "BIC", "NAME", "REMI", "EREF", "MARF", "CSID", "ORDP", "BENM", "ADDR", "ISDT", "RTRN", "PURP", "CNTP", "TRCD", "ULTD", "ULTB",
    "PREF", "IREF", "KREF", "CREF", "TREF", "OCMT", "CHGS", "EXCH", "SVCL", "ACCW", "ORDC", "BENC", "ID", "PT", "PY", "BO", "BN", "RFB", "ROC",
)
_CITI = "/PT/"
CITI_CODE_WORDS = ("PT", "PY", "EI", "BI", "RP", *(f"{party}{line}" for party in ("BO", "BN", "OB", "AB") for line in ("", "1", "2", "3", "4")))
"""Citi's, which begin with /PT/: product, payment details, further information, payment reference, and by order of, beneficiary and their banks with further lines. So short
words are no code words in the texts of other banks."""

TELLING_CODE_WORDS = ("TRTP", "IBAN", "NAME", "REMI", "EREF", "MARF", "ORDP", "BENM", "RTRN", "CNTP", "PREF", "PY")
"""The code words by which a text is known to have any."""

REMITTANCE_FORMS = ("USTD/", "STRD/CUR/", "STRD/ISO/", "STRD/")
"""What may stand before the text of /REMI/: whether it is free or structured."""

_ANOTHER_PARTY = re.compile(r"/(?:OB|OGB|OB[1-4]|BI|BBK|ORG|INS|ADDR|RF)/")
"""What may follow a name that no other code word ends: its bank, its address, a reference."""

_REMITTANCE_FORM = re.compile("|".join(REMITTANCE_FORMS))
_CODE_WORD, _CITI_CODE_WORD = (re.compile(f"/({'|'.join(words)})(?=/)") for words in (CODE_WORDS, CITI_CODE_WORDS))
_NAMED_PARTY = re.compile(rf"/(ORDP|BENM)/+(?:NAME/)?(.*?)(?=/(?:{'|'.join(CODE_WORDS)})/|$)")
_CUT_CODE_WORD = re.compile(rf"/(?:[A-Z]{{0,3}}|{'|'.join(CODE_WORDS)})$")
_CODED = re.compile(f"/(?:{'|'.join(TELLING_CODE_WORDS)})/")
_LABEL = re.compile(r"(IBAN|BIC|NAAM|OMSCHRIJVING|KENMERK|BETALINGSKENM\.|MACHTIGING|INCASSANT|ID DEBITEUR): *")
_DOMESTIC_ABN = re.compile(r"(?:GIRO +(\d{3,10})|(\d\d\.\d\d\.\d\d\.\d{3})) (.*?)(?:  |\n|$)")
_IBAN_FIRST = re.compile(r"([A-Z]{2}\d\d[A-Z0-9]{11,30}) +([^\n]*)")
_KNAB = re.compile(r"REK: *([A-Z0-9.]+) */NAAM: *([^\n]+)")
_BIC_FIRST = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?\b")
_ACCOUNT_FIRST = re.compile(r"(\d{10}) \S")
_MBANK = re.compile(r"; *(od|dla|nad|odb|z rach|na rach|tyt|tnr)\.?: *", re.IGNORECASE)
DUTCH_REFERENCE_MARKS = _CURRENT, _PAYMENT_REFERENCE = "CUR", "BETALINGSKENM"
"""Without one of them there is no Dutch payment reference."""
_DUTCH_REFERENCE = re.compile(r"(?:STRD/CUR/|ISSUER: CUR +REF: *|SCOR/CUR/|BETALINGSKENM(?:\.|ERK):? *)((?:\d ?){6,15}\d)(?! ?\d)")


def read(text: str) -> Details:
    """The details of one entry; `text` is the field's content with LF line ends."""
    found = mt86_subfields.read(text)
    if found is not None:
        return found
    stripped = text.strip()
    if not stripped:
        return NOTHING
    if stripped.startswith(_CITI) or ("/" in stripped and _CODED.search(stripped.replace("\n", ""))):
        return _code_words(stripped)
    return _other(stripped)


def read_ns(text: str) -> Details:
    """The `:NS:` of MultiCash: lines that begin with a two-digit key."""
    purpose: list[str] = []
    name: list[str] = []
    posting = ""
    for line in text.split("\n"):
        key, value = line[:2], line[2:].strip()
        if "01" <= key <= "14" and key.isdecimal():
            purpose.append(value)
        elif key in {"15", "16"}:
            name.append(value)
        elif key == "17":
            posting = value
    return Details(text=" ".join(purpose) or posting, payer_name=" ".join(name), posting_text=posting)


def _code_words(text: str) -> Details:
    """`/KEY/value` as Dutch banks and SWIFT's own code words do it; only known keys cut, remittance text may hold `/`."""
    flat = _unfolded(text, blank="")
    values = _code_word_values(flat)
    ordering, beneficiary = _both_parties(flat)
    name, account = ordering or values.get("NAME", ""), values.get("IBAN", "")
    if "CNTP" in values:
        account, _, name = [*values["CNTP"].split("/"), "", "", ""][:3]
    party = values.get("ORDP") or values.get("BENM") or _citi_party(values, "BO") or _citi_party(values, "BN")
    name = _ANOTHER_PARTY.split(name or party, maxsplit=1)[0]
    reason = values.get("RTRN", "")
    remittance = values["REMI"] if "REMI" in values else " ".join(values[known] for known in ("PY", "EI", "RP") if known in values)
    form = _REMITTANCE_FORM.match(remittance)
    purpose = (remittance[form.end() if form else 0:], values.get("RFB", ""))
    said = " ".join(" ".join(part.strip("/ ") for part in purpose).split())
    return Details(
        text=said or values.get("", "") or values.get("TRTP", ""), payer_name=name.strip("/ "), payer_account=account.strip("/ "),
        end_to_end=stated(values.get("EREF", "").strip("/ ")),
        reference=stated((values.get("PREF") or values.get("KREF") or values.get("CREF") or values.get("ROC") or "").strip("/ ")),
        structured_reference=dutch_reference(remittance) or structured.find(said), posting_text=values.get("TRTP", "").strip("/ "),
        is_return=bool(reason), return_reason=reason.strip("/ ").partition("/")[0], payee_name=beneficiary,
    )


def _both_parties(flat: str) -> tuple[str, str]:
    """The names of the ordering party and the beneficiary where both are told before the remittance text, one of which is us."""
    found = {party: name.strip("/ ") for party, name in _NAMED_PARTY.findall(flat.partition("/REMI/")[0])}
    return (found["ORDP"], found["BENM"]) if len(found) > 1 else ("", "")


def _code_word_values(flat: str) -> dict[str, str]:
    """Values by key. Of a key that occurs twice the first counts when it stands before the remittance text, else the last:
    what looks like a key inside the payer's text is text."""
    found = list((_CITI_CODE_WORD if flat.startswith(_CITI) else _CODE_WORD).finditer(flat))
    remittance = next((m.start() for m in found if m[1] == "REMI"), len(flat))
    chosen: dict[str, re.Match[str]] = {}
    for match in found:
        if match[1] not in chosen or (chosen[match[1]].start() > remittance and match[1] != "REMI"):
            chosen[match[1]] = match
    cuts = sorted(chosen.values(), key=re.Match.start)
    ends = [m.start() for m in cuts[1:]] + [len(flat)]
    values = {match[1]: flat[match.end() + 1:end] for match, end in zip(cuts, ends, strict=False)}
    values[""] = flat[:cuts[0].start()].strip() if cuts else ""
    return values


def _citi_party(values: dict[str, str], party: str) -> str:
    """The name of Citi's by order of and beneficiary; where the first line is the account, the name is the second."""
    first = values.get(party, "")
    return values.get(f"{party}1", "") if first.replace(" ", "").isdecimal() else first


def _unfolded(text: str, *, blank: str) -> str:
    """Lines as one: a full line goes on directly, a line one short of full lost a blank, others are joined by `blank`."""
    if "\n" not in text:
        return text
    whole = ""
    first, *others = text.split("\n")
    width = LINE_WIDTHS[0] if len(first) in {LINE_WIDTHS[0], LINE_WIDTHS[0] - 1} else LINE_WIDTHS[1]
    line = first
    for following in others:
        starts_anew = blank == " " and bank_text.LABEL.match(following) is not None
        if width <= len(line) <= width + 1 and not starts_anew:
            whole += line
        elif len(line) == width - 1 and not _CUT_CODE_WORD.search(line):
            whole += line + " "
        else:
            whole += line + blank
        line, width = following, LINE_WIDTHS[1]
    return whole + line


def _other(text: str) -> Details:
    """Dialects without code words: labels in columns, a leading account, mBank's semicolons, free text."""
    if text.startswith("SEPA ") and _LABEL.search(text):
        return _labelled(text)
    if found := _DOMESTIC_ABN.match(text):
        account = found[1] or found[2].replace(".", "")
        said = " ".join(text.split())  # each line holds two columns of its own
        return Details(text=said, payer_name=found[3].strip(), payer_account=account, structured_reference=dutch_reference(said))
    if (found := _IBAN_FIRST.match(text)) and is_iban(found[1]):
        return _iban_first(text, found)
    if found := _KNAB.search(text):
        return _free(text[:found.start()])._replace(payer_account=found[1], payer_name=found[2].strip())
    if found := _ACCOUNT_FIRST.match(text):
        return _free(text)._replace(payer_account=found[1])
    if _MBANK.search(text):
        return _mbank(text)
    return _free(text)


def _free(text: str) -> Details:
    said = " ".join(_unfolded(text, blank=" ").split())
    name = bank_text.payer_name(text) if ":" in text or "=" in text else ""
    name = name or payer_phrases.payer_name(said)
    return Details(text=said, payer_name=name, structured_reference=dutch_reference(said) or structured.find(said), is_free_text=True)


def _labelled(text: str) -> Details:
    """ABN AMRO's SEPA columns: `IBAN: ..`, `NAAM: ..`, `OMSCHRIJVING: ..`, `KENMERK: ..`."""
    flat = _unfolded(text, blank=" ")
    pieces = _LABEL.split(flat)
    values = {key: " ".join(value.split()) for key, value in zip(pieces[1::2], pieces[2::2], strict=True)}
    number = values.get("BETALINGSKENM.", "")
    return Details(
        text=values.get("OMSCHRIJVING", "") or number or pieces[0].strip(), payer_name=values.get("NAAM", ""),
        payer_account=values.get("IBAN", "").replace(" ", ""), end_to_end=stated(values.get("KENMERK", "")),
        structured_reference=number.replace(" ", "") or structured.find(flat), posting_text=" ".join(pieces[0].split()),
    )


def _iban_first(text: str, found: re.Match[str]) -> Details:
    """An IBAN leads. SNS and ASN give the name on the same line; ING gives BIC, name and text without a mark between them."""
    free = _free(text[found.end(1):])
    if _BIC_FIRST.match(found[2]):
        name, mark, said = free.text.partition(" ")[2].partition(" NOTPROVIDED ")
        return free._replace(payer_account=found[1], payer_name=name if mark else "", text=said if mark else free.text)
    name, _, rest = text[found.end(1):].strip().partition("\n")
    return _free(rest)._replace(payer_account=found[1], payer_name=" ".join(name.split()))


def _mbank(text: str) -> Details:
    pieces = _MBANK.split(";" + _unfolded(text, blank=" "))
    values = {key.lower(): value.strip(" ;") for key, value in zip(pieces[1::2], pieces[2::2], strict=True)}
    name = values.get("od") or values.get("nad") or values.get("dla") or values.get("odb") or ""
    account = (values.get("z rach") or values.get("na rach") or "").replace(" ", "")
    return Details(text=values.get("tyt", "") or pieces[0].strip("; "), payer_name=name, payer_account=account, posting_text=pieces[0].strip("; "))


def dutch_reference(text: str) -> str:
    """The Dutch payment reference (betalingskenmerk) that a text names as one; empty where it names none."""
    found = _DUTCH_REFERENCE.search(text) if _CURRENT in text or _PAYMENT_REFERENCE in text else None
    return found[1].replace(" ", "") if found else ""
