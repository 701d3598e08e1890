"""Structured creditor references: which scheme, valid or not, and which of them free text gives away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import structured


@pytest.mark.parametrize(("reference", "kind"), [
    ("RF18539007547034", "RF"),
    ("rf18 5390 0754 7034", "RF"),
    ("RF19539007547034", ""),
    ("RF", ""),
    ("+++010/8068/17183+++", "OGM"),
    ("***010/8068/17183***", "OGM"),
    ("010806817183", "OGM"),
    ("010806817182", ""),
    ("210000000003139471430009017", "QRR"),
    ("21 00000 00003 13947 14300 09017", "QRR"),
    ("210000000003139471430009016", ""),
    ("1004510036716378", "NL"),
    ("1234561", "FI"),
    ("123456782", "KID"),  # Luhn
    ("123456785", "KID"),  # mod 11
    ("300-", "KID"),  # mod 11 gives ten
    ("301-", ""),
    ("1234567806", "OCR"),  # Luhn, and the last digit but one stands for ten digits
    ("INV-2026-17", ""),
    ("00000000", ""),
    ("", ""),
    ("12345678901234567890123456789", ""),
])
def test_kinds(reference: str, kind: str) -> None:
    assert structured.kind(reference) == kind
    assert structured.is_valid(reference) == (kind != "")


@pytest.mark.parametrize(("text", "found"), [
    ("PAYS RF18539007547034 THANKS", "RF18539007547034"),
    ("pays rf18 5390 0754 7034 inv 12", "RF18539007547034"),
    ("RF18 5390 0754 7034 INV", "RF18539007547034"),
    ("RF19 5390 0754 7034", ""),
    ("XRF18539007547034", ""),
    ("REF1853900754", ""),
    ("two: +++010/8068/17184+++ +++010/8068/17183+++", "010806817183"),
    ("***010 / 8068 / 17183***", "010806817183"),
    ("010806817183", ""),  # digits alone may be anything
    ("210000000003139471430009017", "210000000003139471430009017"),
    ("Rechnung 21 00000 00003 13947 14300 09017 danke", "210000000003139471430009017"),
    ("210000000003139471430009016", ""),
    ("1210000000003139471430009017", ""),
    ("KID 12345678903", "12345678903"),
    ("Kid-nr: 1234 5678 903", "12345678903"),
    ("KID 12345678903 faktura 118", "12345678903"),
    ("KID 12345678904", ""),
    ("KID 12345678903-1", ""),
    ("12345678903", ""),
    ("KIDS 12345678903", ""),
    ("faktura 12345682 ocr 12345682", "12345682"),
    ("OCR 118", ""),
    ("democracy 12345682", ""),
    ("Viitenumero: 12345 61 Koskela", "1234561"),
    ("VIITE 1234562", ""),
    ("ISSUER: BBA REF: 010806817183", "010806817183"),
    ("FIK 71 012345678901237", "012345678901237"),
    ("+71<012345678901237+12345678<", "012345678901237"),
    ("+71<012345678901238+12345678<", ""),
    ("", ""),
])
def test_only_the_unmistakable_ones_are_found_in_text(text: str, found: str) -> None:
    assert structured.find(text) == found


def test_normalising_takes_away_what_people_write_between() -> None:
    assert structured.normalise(" rf18.5390-0754/7034\n") == "RF18539007547034"
    assert structured.normalise("+++ 000/0000/00097 +++") == "000000000097"


@given(st.text(max_size=40))
def test_nothing_raises_and_what_is_found_is_valid(text: str) -> None:
    structured.kind(text)
    found = structured.find(text)
    assert found == "" or structured.is_valid(found)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=4, max_size=21))
def test_every_rf_reference_is_found_written_in_either_way(body: str) -> None:
    digits = "".join(str(int(character, 36)) for character in f"{body}RF00")
    reference = f"RF{98 - int(digits) % 97:02}{body}"
    groups = [reference[start:start + 4] for start in range(0, len(reference), 4)]
    assert structured.kind(reference) == "RF"
    assert structured.find(f"A {reference} B") == reference
    assert structured.find(" ".join(groups)) == reference
