"""Which code page a file is in that says nothing of it: told by letters, and only where these leave no doubt."""

from __future__ import annotations

import pytest

from parsers import documents
from parsers.code_page import with_letters_page
from parsers.profile import Profile


@pytest.mark.parametrize(("text", "written", "page"), [
    ("Płatność za fakturę", "cp1250", "cp1250"),
    ("PRZELEW WPŁATA", "cp1250", "cp1250"),
    ("Tytuł: FV 17", "cp1250", "cp1250"),
    ("KSIĄŻKA", "cp1250", "cp1250"),
    ("wpłata własna", "iso8859-2", "cp1250"),          # both pages have these letters in one place
    ("Płatność za książkę", "iso8859-2", "iso8859-2"),
    ("Přijatá platba za měsíc", "cp1250", "cp1250"),
    ("Ľubomír, koľko", "cp1250", "cp1250"),
    ("Müller & Söhne, Straße", "cp1252", "cp1252"),
    ("Crème brûlée à la française, cœur", "cp1252", "cp1252"),
    ("Jørgen på Ærø", "cp1252", "cp1252"),
    ("Señor Peña, ¿qué? 100 m³ = 10 hl, 7 cm³, £100, A£", "cp1252", "cp1252"),
    ("Qualità, così", "cp1252", "cp1252"),
    ("Müller", "utf-8", "cp1252"),                     # UTF-8 is read as that whatever the page
    ("Płatność", "utf-8", "cp1252"),
    ("Привет, мир", "cp1251", "cp1252"),
    ("付款人公司名称有限公司", "gb18030", "cp1252"),
    ("付款人公司名稱有限公司", "big5", "cp1252"),
    ("株式会社アイウエオ", "cp932", "cp1252"),
])
def test_letters_tell_the_page(text: str, written: str, page: str) -> None:
    assert with_letters_page(text.encode(written), Profile()).encoding == page


def test_a_page_of_the_profile_stays() -> None:
    assert with_letters_page("Płatność".encode("cp1250"), Profile(encoding="cp1251")).encoding == "cp1251"


@pytest.mark.parametrize("page", ["cp1250", "iso8859-2", "utf-8"])
def test_a_polish_statement_names_its_payers(page: str) -> None:
    entry = ":61:2611091109C10,00S034NONREF\n:86:034^00PRZELEW^20płatność^32Wójcik Książki^33Łódź\n"
    content = f":20:MT940\n:25:PL61109010140000071219812874\n:28C:1\n:60F:C261109PLN0,00\n{entry}:62F:C261109PLN10,00\n-\n"
    assert documents.read(content.encode(page)).lines["payer_name"].to_list() == ["Wójcik Książki Łódź"]
