"""What NACHA entries mean for us: direction, kind, payer, references, dates; and that the way a file was cut does not matter."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.formats import nacha_ach
from parsers.nacha.entry import routing_ties
from parsers.profile import Profile
from parsers.records import BankLine, Control, DetailChange, Issue, Record, StatementOpened
from parsers.sources import LINE_BYTES_MAX, Source, SourceError

HEADER = "101 026009593 0210000212601301200A094101OUR BANK               FEDERAL RESERVE BANK           "
RETURN = "799R01026009590000101      02600959{:<44}021000020000001"


def record(text: str) -> str:
    assert len(text) <= 94, text
    return text.ljust(94)


def batch_header(entry_class: str = "CCD", company: str = "ACME CORP", description: str = "INVOICE",
                 effective: str = "260130", settlement: str = "030") -> str:
    return record(f"5200{company:<16}{'':20}1234567890{entry_class}{description:<10}{'':6}{effective:<6}{settlement:<3}1021000020000001")


def entry(code: str = "22", amount: int = 98000, middle: str = f"{'PAY-4711':<15}{'SELLER INC':<22}", number: int = 1,
          addenda: bool = False, account: str = "998877", routing: str = "026009593") -> str:
    return record(f"6{code}{routing}{account:<17}{amount:010}{middle:<37}  {int(addenda)}02100002{number:07}")


def note(text: str, sequence: int = 1, number: int = 1) -> str:
    return record(f"705{text:<80}{sequence:04}{number:07}")


def whole(*records: str, header: str = HEADER) -> list[str]:
    """The records of a batch between a file header and the controls that prove them."""
    count = sum(r[0] in "67" for r in records)
    entries = [r for r in records if r[0] == "6"]
    hashed = sum(int(r[3:11]) for r in entries) % 10**10
    debits = sum(int(r[29:39]) for r in entries if r[2] in "6789")
    credits_ = sum(int(r[29:39]) for r in entries) - debits
    figures = f"{hashed:010}{debits:012}{credits_:012}"
    blocks = -(-(len(records) + 3) // 10)
    return [header, *records, record(f"8200{count:06}{figures}1234567890{'':25}021000020000001"), record(f"9000001{blocks:06}{count:08}{figures}")]


def read(records: list[str] | bytes, profile: Profile | None = None, end: str = "\n") -> list[Record]:
    content = records if isinstance(records, bytes) else "".join(r + end for r in records).encode()
    return list(nacha_ach.parse(Source(content), profile or Profile()))


def lines(found: list[Record]) -> list[BankLine]:
    return [r for r in found if isinstance(r, BankLine)]


def codes(found: list[Record]) -> list[str]:
    return [f"{r.severity} {r.code}" for r in found if isinstance(r, Issue)]


def one(*records: str, header: str = HEADER) -> BankLine:
    (line,) = lines(read(whole(*records, header=header)))
    return line


# transaction code, addenda 99, batch description -> what it does to our account, what it is
DIRECTIONS = """
22 -   INVOICE    +  receipt        a credit to our checking account
32 -   INVOICE    +  receipt        to our savings account
42 -   INVOICE    +  receipt        to our general ledger account
52 -   INVOICE    +  receipt        to our loan account
27 -   INVOICE    -  disbursement   somebody debits us
37 -   INVOICE    -  disbursement
55 -   INVOICE    -  reversal       a loan credit is taken back
27 -   REVERSAL   -  reversal       the originator takes its credit back
22 -   REVERSAL   +  reversal
26 99  INVOICE    -  return         a debit of ours comes back
36 99  INVOICE    -  return
56 99  INVOICE    -  return
21 99  INVOICE    +  return         a credit of ours comes back
31 99  INVOICE    +  return
27 99  INVOICE    -  return         banks that leave the original's code on the return
22 99  INVOICE    +  return
"""


@pytest.mark.parametrize("row", DIRECTIONS.strip().splitlines())
def test_direction_and_kind(row: str) -> None:
    code, addenda, description, sign, kind = row.split()[:5]
    back = [RETURN.format("")] if addenda == "99" else []
    line = one(batch_header(description=description), entry(code, 500, addenda=bool(back)), *back)
    assert (line.amount_minor, line.kind) == (500 if sign == "+" else -500, kind)


@pytest.mark.parametrize("code", ["23", "28", "24", "29", "33", "38", "34", "39"])
def test_prenotes_and_zero_dollar_entries_move_no_money(code: str) -> None:
    line = one(batch_header(), entry(code, 0))
    assert (line.amount_minor, line.kind) == (0, "other")


# entry class, columns 40-76 -> payer name, customer reference, check number
PARTIES = """
CCD |PAY-4711       SELLER INC            |ACME CORP  |PAY-4711       |
PPD |PAY-4711       SELLER INC            |ACME CORP  |PAY-4711       |
WEB |PAY-4711       SELLER INC            |ACME CORP  |PAY-4711       |
CTX |REMIT-88       0001SELLER INC        |ACME CORP  |REMIT-88       |
CIE |JANE DOE       CUST-00042            |JANE DOE   |CUST-00042     |
CIE |CUST-00042     JANE DOE              |JANE DOE   |CUST-00042     |
MTE |JANE DOE              031300010000001|ACME CORP  |031300010000001|
ARC |5501           PAUL JONES            |PAUL JONES |5501           |5501
BOC |5501                                 |ACME CORP  |5501           |5501
POP |123456789PHILPAWADE ARNOLD           |WADE ARNOLD|123456789      |123456789
RCK |5503           ERIC BACHMAN          |ERIC BACHMAN|5503          |5503
TRC |5504           PROC01ITEM000000000042|ACME CORP  |5504           |5504
SHR |0829DOC00000042000123456789112345678 |ACME CORP  |DOC00000042    |
"""


@pytest.mark.parametrize("row", PARTIES.strip().splitlines())
def test_other_side_and_references_by_entry_class(row: str) -> None:
    entry_class, middle, payer, reference, check = row.split("|")
    line = one(batch_header(entry_class.strip()), entry("22", 500, middle))
    assert (line.payer_name, line.customer_reference, line.check_number) == (payer.strip(), reference.strip(), check.strip())
    assert (line.type_code, line.bank_reference) == (entry_class.strip(), "021000020000001")


def test_credits_name_our_account_and_never_the_payers() -> None:
    found = read(whole(batch_header(), entry(), entry(number=2, account="554433"), entry(number=3)))
    opened = [(r.statement_id, r.account, r.report) for r in found if isinstance(r, StatementOpened)]
    assert opened == [("260130A-1", "998877", "cash_report"), ("260130A-1.2", "554433", "cash_report"), ("260130A-1.3", "998877", "cash_report")]
    assert [line.payer_account for line in lines(found)] == ["", "", ""]


def test_the_profile_names_our_account() -> None:
    found = read(whole(batch_header(), entry(), entry(number=2, account="554433")), Profile(account="OPERATING"))
    assert [r.account for r in found if isinstance(r, StatementOpened)] == ["OPERATING"]


def test_a_return_names_the_customer_its_account_reason_and_original() -> None:
    line = one(batch_header("WEB", "SELLER INC"), entry("26", 500, f"{'TENANT-1':<15}{'PAUL JONES':<22}", addenda=True), RETURN.format("TEXT"))
    assert (line.payer_name, line.payer_account, line.customer_reference) == ("PAUL JONES", "026009593/998877", "TENANT-1")
    assert (line.return_reason, line.original_reference, line.remittance_text) == ("R01", "026009590000101", "TEXT")


# reason, columns 36-79 of the addenda 99 -> text
@pytest.mark.parametrize(("reason", "columns", "text"), [
    ("R03", "NO SUCH ACCOUNT", "NO SUCH ACCOUNT"),
    ("R68", "   12104288000000701201UNTIMELY RETURN", "UNTIMELY RETURN"),
    ("R73", "01212104288000000701301026009590000444016 68", ""),
    ("R15", "", "date of death 2026-01-20"),
])
def test_layouts_of_the_return_addenda(reason: str, columns: str, text: str) -> None:
    said = record(f"799{reason}026009590000101{'260120' if reason == 'R15' else '':6}02600959{columns:<44}021000020000001")
    line = one(batch_header(), entry("26", 500, addenda=True), said)
    assert (line.return_reason, line.original_reference, line.remittance_text) == (reason, "026009590000101", text)


def test_of_several_return_addenda_the_last_one_holds() -> None:
    said = [record(f"799{reason}026009590000{n}{'':6}02600959{'':44}021000020000001") for n, reason in ((101, "R07"), (102, "R68"), (103, "R71"))]
    line = one(batch_header(), entry("26", 500, addenda=True), *said)
    assert (line.return_reason, line.original_reference) == ("R71", "026009590000103")


def test_a_notification_of_change_corrects_and_moves_nothing() -> None:
    change = record(f"798C01026009590000101{'':6}02600959{'19 18171614':<29}{'':15}021000020000001")
    found = read(whole(batch_header("COR", "SELLER INC"), entry("21", 0, f"{'TENANT-1':<15}{'PAUL JONES':<22}", addenda=True), change))
    (line,) = lines(found)
    (changed,) = (r for r in found if isinstance(r, DetailChange))
    assert (line.amount_minor, line.kind, line.return_reason) == (0, "other", "")
    assert (changed.code, changed.original_reference, changed.payer_name, changed.corrected) == ("C01", "026009590000101", "PAUL JONES", "19 18171614")


# effective date, settlement day, is a return -> date of the line; the file is of 30 January 2026
@pytest.mark.parametrize(("effective", "settlement", "back", "date"), [
    ("260128", "029", False, dt.date(2026, 1, 29)),
    ("260128", "   ", False, dt.date(2026, 1, 28)),
    ("      ", "   ", False, dt.date(2026, 1, 30)),
    ("251230", "364", False, dt.date(2025, 12, 30)),
    ("260128", "000", False, dt.date(2026, 1, 28)),
    ("251202", "   ", True, dt.date(2026, 1, 30)),  # the effective date of a return is its original's
    ("251202", "029", True, dt.date(2026, 1, 29)),
])
def test_dates(effective: str, settlement: str, back: bool, date: dt.date) -> None:
    header = batch_header(effective=effective, settlement=settlement)
    line = one(header, entry("26" if back else "22", 500, addenda=back), *([RETURN.format("")] if back else []))
    assert (line.booking_date, line.value_date) == (date, date)


def test_ccd_addenda_become_text_and_remittance_lines() -> None:
    line = one(batch_header(), entry(addenda=True), note(r"RMR*IV*INV-1**980*1000*20" + "\\"))
    (told,) = line.remittance
    assert (told.document_number, told.amount_minor, told.discount_minor) == ("INV-1", 98000, 2000)
    assert line.remittance_text == "RMR*IV*INV-1**980*1000*20\\"


@pytest.mark.parametrize("trimmed", [False, True])
def test_ctx_addenda_are_one_820_across_records(trimmed: bool) -> None:
    isa = "ISA*00*          *00*          *ZZ*ACMEPAY        *ZZ*SELLERINC      *260130*1200*U*00401*000000007*0*P*>\\"
    sets = "GS*RA*A*B*20260130*1200*7*X*004010\\ST*820*0001\\BPR*C*980*C*ACH\\TRN*1*EFT-88\\N1*PR*ACME CORPORATION OF OHIO\\ENT*1\\"
    text = isa + sets + "RMR*IV*INV-1**700\\NTE**BALANCE FOLLOWS\\RMR*IV*INV-2**280\\SE*9*0001\\GE*1*7\\IEA*1*000000007\\"
    notes = [note(text[at : at + 80], at // 80 + 1) for at in range(0, len(text), 80)]
    records = whole(batch_header("CTX"), entry(middle=f"{'':15}{len(notes):04}{'SELLER INC':<18}", addenda=True), *notes)
    (line,) = lines(read([r.rstrip() for r in records] if trimmed else records))
    assert [(told.document_number, told.amount_minor, told.memo) for told in line.remittance] == [("INV-1", 70000, "BALANCE FOLLOWS"), ("INV-2", 28000, "")]
    assert (line.payer_name, line.customer_reference, line.remittance_text) == ("ACME CORPORATION OF OHIO", "EFT-88", "EFT-88")


def test_addenda_out_of_order_are_read_by_their_numbers() -> None:
    found = read(whole(batch_header(), entry(addenda=True), note("SECOND", 2), note("FIRST", 1)))
    assert lines(found)[0].remittance_text == "FIRST SECOND"
    assert codes(found) == ["warning sequence"]


def test_individuals_pay_where_they_have_nothing_in_common() -> None:
    people = [("PAUL JONES", "091000019", "123"), ("ANNA KARENINA", "121042882", "456"), ("WADE ARNOLD", "021000021", "789")]
    found = read(whole(batch_header("PPD", "RENT COLLECTION"), *(
        entry("22", 500, f"{'':15}{name:<22}", number, account=account, routing=routing)
        for number, (name, routing, account) in enumerate(people, 1))))
    assert [(line.payer_name, line.payer_account) for line in lines(found)] == [(name, f"{routing}/{account}") for name, routing, account in people]


def test_a_long_run_of_individuals_who_pay_into_one_account() -> None:
    names = [f"TENANT{n} JONES" for n in range(20)]
    found = read(whole(batch_header("PPD", "RENT COLLECTION"), *(entry("22", 500, f"{'':15}{name:<22}", n) for n, name in enumerate(names, 1))))
    assert [(line.payer_name, line.payer_account) for line in lines(found)] == [(name, "") for name in names]


def test_our_name_in_several_spellings_is_still_us() -> None:
    found = read(whole(batch_header(), *(entry("22", 500, f"{'':15}{name:<22}", n) for n, name in enumerate(("SELLER INC", "Seller Incorporated", "SELLER"), 1))))
    assert {line.payer_name for line in lines(found)} == {"ACME CORP"}


# how the bytes may arrive: each gives the same lines as the file by the book
def cuts(records: list[str]) -> dict[str, bytes]:
    return {
        "LF": "".join(r + "\n" for r in records).encode(),
        "CRLF": "".join(r + "\r\n" for r in records).encode(),
        "CR": "".join(r + "\r" for r in records).encode(),
        "trimmed": "".join(r.rstrip() + "\r\n" for r in records).encode(),
        "no line ends": "".join(records).encode(),
        "glued in blocks of ten": "\n".join("".join(records[at : at + 10]) for at in range(0, len(records), 10)).encode(),
        "blanks after column 94": "".join(r + "      \n" for r in records).encode(),
        "blank lines and ^Z": b"\n" + "\n\n".join(records).encode() + b"\n\x1a",
    }


def without_places(found: list[Record]) -> list[tuple[object, ...]]:
    return [(*line[1:-1], [told[1:] for told in line.remittance]) for line in lines(found)]


@pytest.mark.parametrize("how", list(cuts([HEADER])))
@pytest.mark.parametrize("many", [3, 2000])
def test_the_cut_does_not_matter(how: str, many: int) -> None:
    records = whole(batch_header(), *(r for n in range(1, many) for r in (entry(number=n, amount=n, addenda=n % 2 == 0), *([note(f"INVOICE {n}", number=n)] if n % 2 == 0 else []))))
    found = read(cuts(records)[how])
    assert codes(found) == []
    assert all(r.ties for r in found if isinstance(r, Control))
    assert without_places(found) == without_places(read(records))
    assert len(lines(found)) == many - 1


def test_blank_records_and_blanks_at_the_end_are_nothing() -> None:
    records = whole(batch_header(), entry())
    assert codes(read([records[0], " " * 94, *records[1:], " " * 94])) == []
    assert codes(read("".join([*records, " " * 200, "\x1a"]).encode())) == []


def test_digits_of_other_scripts_are_no_digits() -> None:
    records = whole(batch_header(), entry(routing="026009593"))
    assert "warning bad_reference" in codes(read([r.replace("026009593998877", "02600959\N{SUPERSCRIPT ONE}998877") for r in records]))
    assert "error bad_amount" in codes(read([r.replace("0000098000PAY", "000009800\N{SUPERSCRIPT ONE}PAY") for r in records]))


def test_a_control_character_alone_is_an_unknown_record() -> None:
    records = whole(batch_header(), entry())
    assert codes(read([*records[:2], "\x1d", *records[2:]])) == ["error unknown_record"]


def test_a_line_without_end_is_not_read() -> None:
    with pytest.raises(SourceError, match="longer than"):
        read(HEADER.encode() + b"\n" + b"6" * (LINE_BYTES_MAX + 5_000_000))


def test_spans_are_the_bytes_of_the_entries() -> None:
    records = whole(batch_header(company="BÄCKER"), entry(middle=f"{'PAY-1':<15}{'SELLER KÖLN':<22}"), entry(number=2, addenda=True), note("ÜBERWEISUNG", number=2))
    for content in (v for k, v in cuts(records).items() if k != "glued in blocks of ten"):
        for line in lines(read(content)):
            assert content[line.span.start : line.span.end].lstrip().startswith(b"622026009593998877")


entries = st.lists(st.tuples(
    st.sampled_from(["22", "22", "22", "27", "32", "23"]), st.integers(0, 10**10 - 1), st.sampled_from(["998877", "998877", "998877", "XXXX", "12"]),
    st.sampled_from(["SELLER INC", "SELLER INC", "SELLER INC", "", "000", "PAUL JONES"]),
    st.sampled_from([None, None, "INVOICE 9", "RMR*IV*INV-1**5\\", "  TWO   BLANKS "]), st.sampled_from(["026009593"] * 4 + ["026009594"]),
), max_size=40)


def batch_of(drawn: list[tuple[str, int, str, str, str | None, str]], first: int = 1) -> list[str]:
    records = [batch_header()]
    for number, (code, amount, account, name, text, routing) in enumerate(drawn, first):
        records.append(entry(code, amount, f"{f'PAY-{number}':<15}{name:<22}", number, text is not None, account, routing))
        if text is not None:
            records.append(note(text, number=number))
    return whole(*records)


@settings(max_examples=120, deadline=None)
@given(entries)
def test_every_entry_is_one_line_and_the_lines_make_the_totals(drawn: list[tuple[str, int, str, str, str | None, str]]) -> None:
    found = read(batch_of(drawn))
    assert len(lines(found)) == len(drawn)
    assert all(r.ties for r in found if isinstance(r, Control))
    assert sum(line.amount_minor for line in lines(found)) == sum(-amount if code == "27" else amount for code, amount, *_ in drawn)


def test_each_of_many_entries_has_its_own_x12() -> None:
    records = whole(batch_header(), *(r for n in range(1, 12) for r in (entry(number=n, amount=500, addenda=True), note(f"RMR*IV*INV-{n}**5\\", number=n))))
    assert [line.remittance[0].document_number for line in lines(read(records))] == [f"INV-{n}" for n in range(1, 12)]


@pytest.mark.parametrize(("routing", "ties"), [("026009593", True), ("026009594", False), ("02600959", False), ("0260O9593", False), ("", False)])
def test_routing_check_digit(routing: str, ties: bool) -> None:
    assert routing_ties(routing) is ties


def test_the_example_in_the_description_is_a_file() -> None:
    example = re.findall(r"^    ([1-9]\d{2}.*|705.*)$", nacha_ach.__doc__ or "", re.MULTILINE)
    found = read(example)
    assert codes(found) == []
    assert [line.amount_minor for line in lines(found)] == [98000]
    assert all(r.ties for r in found if isinstance(r, Control))


@pytest.mark.parametrize(("head", "claimed"), [
    (b"$$ADD ID=X\n" + HEADER.encode(), True),
    (b"\r\n" + HEADER.encode(), True),
    (batch_header().encode(), True),
    (b"100000000000000000000000000000000000000000000000", False),  # a lockbox file header
    (b"01,SENDER,RECEIVER,260130,1200,1,,,2/", False),
    (b"", False),
])
def test_recognition(head: bytes, claimed: bool) -> None:
    assert nacha_ach.sniff(head) is claimed
