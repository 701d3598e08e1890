"""The words over the columns of the world's banks: written as they are compared, and one meaning each where it matters."""

from __future__ import annotations

import datetime as dt

import pytest

from parsers.delimited.rows import fold
from parsers.delimited.words import AMBIGUOUS_NAMES, ROLES, TEXTS, names
from parsers.written_amounts import currency_of_symbol, read_minor
from parsers.written_dates import written_date

OF_MONEY = ("amount", "credit", "debit", "balance")


@pytest.mark.parametrize("role", [*ROLES, "text"])
def test_each_word_is_in_the_form_in_which_it_is_compared(role: str) -> None:
    for group in (TEXTS,) if role == "text" else ROLES[role]:
        assert [word for word in names(group).whole if fold(word) != word] == []


def test_no_word_puts_money_into_two_columns() -> None:
    of_role = {role: {word for group in ROLES[role] for word in names(group).whole} for role in OF_MONEY}
    told_twice = [word for place, one in enumerate(OF_MONEY) for other in OF_MONEY[place + 1 :] for word in of_role[one] & of_role[other]]
    assert set(told_twice) <= AMBIGUOUS_NAMES


@pytest.mark.parametrize(("header", "folded"), [
    ("Gläubiger-ID", "glaubiger id"), ("Başlangıç", "baslangic"), ("İşlem Tutarı", "islem tutari"), ("Счёт", "счет"), ("Назначение  платежа:", "назначение платежа"),
    ("Ημ/νία", "ημ νια"), ("贷方发生额(收入)", "贷方发生额 收入"), ("残高（円）", "残高 円"), ("ﾒﾓ", "メモ"), ("데빗", "데빗"), ("יתרה בש״ח", "יתרה בש ח"), ("إيداع", "ايداع"),
    ("Balance_Amount", "balance amount"), ("№ документа", "no документа"),
])
def test_folding(header: str, folded: str) -> None:
    assert fold(header) == folded


@pytest.mark.parametrize(("cell", "date"), [
    ("2026年11月9日", dt.date(2026, 11, 9)), ("2026年11月09日 10:11", dt.date(2026, 11, 9)), ("2026년 11월 9일", dt.date(2026, 11, 9)),
    ("令和8年11月9日", dt.date(2026, 11, 9)), ("令和元年12月1日", dt.date(2019, 12, 1)), ("R8.11.9", dt.date(2026, 11, 9)), ("R08/11/09", dt.date(2026, 11, 9)),
    ("09/11/2569", dt.date(2026, 11, 9)), ("2569-11-09", dt.date(2026, 11, 9)), ("29/02/2567", dt.date(2024, 2, 29)),
    ("令和8年13月9日", None), ("昭和50年1月1日", None), ("H31.4.30", None), ("8年11月9日", None),
])
def test_dates_of_other_calendars(cell: str, date: dt.date | None) -> None:
    assert written_date(cell, "DMY") == date


@pytest.mark.parametrize(("cell", "currency", "minor"), [
    ("1,250円", "JPY", 1250), ("￥1,250", "JPY", 1250), ("1.250", "JPY", 1250), ("12,345,678", "KRW", 12345678), ("1 250,50 руб.", "RUB", 125050), ("₪1,250.50", "ILS", 125050),
])
def test_a_lone_mark_groups_where_the_currency_has_no_decimals(cell: str, currency: str, minor: int) -> None:
    assert read_minor(cell, currency, "") == minor


@pytest.mark.parametrize(("header", "currency"), [("残高(円)", "JPY"), ("잔액(원)", "KRW"), ("₪ יתרה", "ILS"), ("余额(元)", ""), ("Balance ($)", "")])
def test_a_sign_that_several_currencies_have_names_none(header: str, currency: str) -> None:
    assert currency_of_symbol(header) == currency
