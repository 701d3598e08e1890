"""The parts of matching by themselves: spelling of names and numbers, money, sums, similar names."""

from __future__ import annotations

import doctest
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from iso4217 import Currency

from matching import books, combine, money, names, near_references, normalize, numbers, references, schema
from tests.test_matching_tables import read


@pytest.mark.parametrize("module", [names, normalize])
def test_examples_in_the_documentation(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]  # any module


def test_minor_digits_are_those_of_iso_4217() -> None:
    listed = {currency.code: currency.exponent for currency in Currency if currency.exponent is not None}
    ours = dict(pl.DataFrame({"code": list(listed)}).select("code", money.minor_digits(pl.col("code")).alias("digits")).iter_rows())
    assert ours == listed


@pytest.mark.parametrize(("amount", "currency", "expected"), [
    (123450, "USD", "USD 1234.50"), (-5, "USD", "USD -0.05"), (1234, "JPY", "JPY 1234"), (1234, "KWD", "KWD 1.234"), (12345, "CLF", "CLF 1.2345"),
])
def test_amounts_as_text(amount: int, currency: str, expected: str) -> None:
    frame = pl.DataFrame({"amount": [amount], "currency": [currency]})
    assert frame.select(money.as_text(pl.col("amount"), pl.col("currency"))).item() == expected


NAME_TABLE = """
    Acme Inc.                              | ACME                     | INC
    The Acme Company                       | ACME                     | CO
    J. Müller & Söhne GmbH                 | J MULLER SOHNE           | GMBH
    Mueller und Soehne                     | MULLER SOHNE             |
    ACME S. A.                             | ACME                     | SA
    Foo GmbH & Co. KG                      | FOO                      | GMBHCOKG
    Kowalski Sp. z o.o.                    | KOWALSKI                 | SPZOO
    Flores S.A. de C.V.                    | FLORES                   | SADECV
    ООО Ромашка                            | ROMASHKA                 | OOO
    GLOBAL LOGISTICS PARTNERS INCORPORA    | GLOBAL LOGISTICS PARTNERS | INC
    O'Brien Intl Mfg                       | OBRIEN INTERNATIONAL MANUFACTURING |
    Łódź Steel A/S                         | LODZ STEEL               | AS
    Company                                | COMPANY                  |
"""


@pytest.mark.parametrize("row", NAME_TABLE.strip().splitlines(), ids=lambda row: row.split("|")[0].strip())
def test_names(row: str) -> None:
    name, core, form = (part.strip() for part in row.split("|"))
    parts = normalize.name_parts(pl.Series([name]))
    assert parts.select("core", "form").row(0) == (core, form)


def test_a_field_with_two_names() -> None:
    parts = normalize.name_parts(pl.Series(["John Smith DBA Smith Plumbing", "", "Acme"]))
    assert parts.select("n", "core").rows() == [(0, "JOHN SMITH"), (0, "SMITH PLUMBING"), (2, "ACME")]


@pytest.mark.parametrize(("written", "key"), [
    ("DE89 3704 0044 0532 0130 00", "37040044/532013000"), ("37040044/0532013000", "37040044/532013000"), ("021000021 000123456", "021000021/123456"),
    ("/123456", "123456"), ("NL91ABNA0417164300", "NL91ABNA0417164300"), ("GB29NWBK60161331926819", "601613/31926819"), ("", ""),
])
def test_bank_accounts(written: str, key: str) -> None:
    assert normalize.account_keys(pl.Series([written])).to_list() == [key]


NUMBER_TABLE = """
    INV-2026-00123 | payment inv 2026 123                | 4
    INV-2026-00123 | PAYMENTINV202600123                 | 4
    INV-2026-00123 | no 2026-00123                       | 3
    INV-2026-00123 | CM 2026-00123                       | 3
    INV-2026-00123 | INV-2026-001234                     |
    INV-2026-00123 | 12026001230                         |
    90071234       | ref 0090071234                      | 4
    90071234       | tel 90071234                        | 2
    4711           | invoice 4711                        | 2
    RE100          | re: 100                             | 2
    RE10023        | re: 10023                           | 4
"""


@pytest.mark.parametrize("row", NUMBER_TABLE.strip().splitlines(), ids=str.strip)
def test_numbers_in_text(row: str) -> None:
    number, text, strength = (part.strip() for part in row.split("|"))
    table = read(f"""
        customers
            A | Acme Inc.
        items
            A {number} 500.00
        receipts
            500.00 | | {text}
    """)
    seen = books.read(table.inputs())
    hits = references.in_text(references.groups(seen.receipts), numbers.read(seen.items), pl.DataFrame(schema={"r": pl.UInt32, "c": pl.UInt32}))
    assert hits["strength"].to_list() == ([int(strength)] if strength else [])


NEAR_TABLE = """
    INV-2026-00123 | INV202600132   | near
    INV-2026-00123 | INV20260123    | near
    INV-2026-00123 | 1NV2O26OO123   | near
    INV-2026-00123 | 00123          | near
    INV-2026-00123 | INV202600      | near
    INV-2026-00123 | INV2026        |
    INV-2026-00123 | INV202600456   |
    INV-2026-00123 | 23             |
    12345          | 12354          | near
    1234           | 1243           | near
    123            | 132            |
"""


@pytest.mark.parametrize("row", NEAR_TABLE.strip().splitlines(), ids=str.strip)
def test_numbers_that_are_nearly_an_items(row: str) -> None:
    number, token, expected = (part.strip() for part in row.split("|"))
    table = read(f"""
        customers
            A | Acme Inc.
        items
            A {number} 500.00
    """)
    found = nearly_the_first_items([token], books.read(table.inputs()))
    assert len(found) == bool(expected)


def nearly_the_first_items(words: list[str], its_books: books.Books) -> pl.DataFrame:
    """HITS of the words, mentions 0, 1 …, each held beside the first item of the first customer."""
    tokens = pl.DataFrame({"m": range(len(words)), "r": 0, "token": words}, schema=near_references.TOKENS)
    pairs = tokens.select("m", *(pl.lit(0, pl.UInt32).alias(name) for name in "ric"))
    return near_references.resembling(pairs, tokens, its_books)


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=100_000, max_value=10**12).map(str))
def test_a_figure_changed_left_out_put_in_or_swapped_anywhere_is_one_edit(number: str) -> None:
    places = range(len(number) + 1)
    edited = {number[:at] + figure + number[at + gone :] for at in places for figure in ("", "7") for gone in (0, 1)}
    edited |= {number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :] for at in places[1:-1]}
    table = read(f"""
        customers
            A | Acme Inc.
        items
            A {number} 500.00
    """)
    found = nearly_the_first_items(sorted(edited), books.read(table.inputs()))
    assert found["m"].to_list() == list(range(len(edited)))


def test_a_broken_number_at_the_end_of_the_last_text_is_put_together() -> None:
    receipts = pl.DataFrame({"r": [0], "amount": [100], "structured_reference": [""], "text": ["INV 2026 00211"]},
                            schema_overrides={"r": pl.UInt32, "amount": pl.Int64})
    known = numbers.read(books.read(read("items").inputs()).items)
    nobody = pl.DataFrame(schema={"r": pl.UInt32, "c": pl.UInt32})
    found = near_references.text_tokens(receipts, nobody, known, known)
    assert set(found["token"]) == {"00211", "2026", "INV2026", "202600211", "INV202600211"}


@pytest.mark.parametrize(("written", "known", "expected"), [
    ("ACME FOOD", "ACME FOODS", True), ("JO SMITH", "JI SMITH", False), ("STORE 12", "STORE 13", False), ("SMITH JOHN", "JOHN SMITH", True),
    ("MANUF PARTS", "MANUFACTURING PARTS", True), ("ACME WEST", "ACME", False), ("ACMEWEST", "ACME WEST", True),
])
def test_names_that_only_typing_separates(written: str, known: str, *, expected: bool) -> None:
    assert names._only_typing(written, known, long=False) is expected


def test_the_beginning_of_a_name_in_another_spelling() -> None:
    assert names._only_typing("PACIFIC COST INDUSTRI", "PACIFIC COAST INDUSTRIES INTERNATIONAL", long=True)
    assert not names._only_typing("PACIFIC COAST INDUSTRI", "PACIFIC COAST INDUSTRIES INTERNATIONAL", long=False)


def by_hand(amounts: list[int], target: int, size_max: int) -> set[tuple[int, ...]]:
    """All sets, and the runs of any length, that make the target."""
    few = {chosen for size in range(1, size_max + 1) for chosen in combinations(range(len(amounts)), size) if sum(amounts[i] for i in chosen) == target}
    runs = {tuple(range(start, end)) for start in range(len(amounts)) for end in range(start + 1, len(amounts) + 1) if sum(amounts[start:end]) == target}
    return few | runs


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=combine.SMALL), st.integers(1, 200))
def test_all_sets_of_few_items(amounts: list[int], target: int) -> None:
    found = combine.find(np.array([amounts], dtype=np.int64), np.array([target], dtype=np.int64))[0]
    expected = by_hand(amounts, target, len(amounts))
    assert set(found) <= expected
    assert set(found) == expected or len(found) >= combine.FOUND_MAX


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5000), min_size=combine.SMALL + 1, max_size=16), st.data())
def test_likely_sets_of_many_items(amounts: list[int], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(0, len(amounts) - 1), min_size=1, max_size=4))
    target = sum(amounts[i] for i in chosen)
    found = combine.find(np.array([amounts, amounts], dtype=np.int64), np.array([target, 10**9], dtype=np.int64))
    assert found[1] == []
    assert tuple(sorted(chosen)) in found[0] or len(found[0]) >= combine.FOUND_MAX
    assert all(sum(amounts[i] for i in members) == target for members in found[0])


def test_everything_but_one_or_two_items_and_runs_among_many() -> None:
    amounts = np.array([[1 << place for place in range(40)]], dtype=np.int64)
    total = int(amounts.sum())
    assert combine.find(amounts, np.array([total])) == [[tuple(range(40))]]
    assert combine.find(amounts, np.array([total - (1 << 7) - (1 << 9)])) == [[tuple(i for i in range(40) if i not in (7, 9))]]
    assert combine.find(amounts, np.array([sum(1 << place for place in range(10, 30))])) == [[tuple(range(10, 30))]]


@pytest.mark.parametrize("count", [combine.RUNS_MAX + 20, combine.MANY_SETS + 1])
def test_oldest_items_among_very_many(count: int) -> None:
    amounts = np.array([[1000 + 7 * place * place for place in range(count)]], dtype=np.int64)
    assert tuple(range(100)) in combine.find(amounts, amounts[:, :100].sum(axis=1))[0]


def test_sets_that_only_add_what_cancels_out_are_left_out() -> None:
    assert combine.in_order([(0, 1, 2), (0,)], 4) == [(0,)]
    assert combine.in_order([(0, 1, 2), (0,)], 3) == [(0,), (0, 1, 2)]
    assert combine.in_order([(1, 3), (0, 2), (2, 3), (0, 1), (1,)], 4) == [(1,), (0, 2), (2, 3)]


def test_of_equally_many_items_those_due_in_full_first_come_first() -> None:
    assert combine.in_order([(0, 5), (3, 4), (1, 3)], 6) == [(1, 3), (3, 4), (0, 5)]
    assert combine.in_order([(1, 3), (3, 4, 5)], 7) == [(3, 4, 5), (1, 3)]


def test_a_circle_of_parents_ends() -> None:
    table = read("""
        customers
            A | Acme Inc. | parent=B
            B | Bravo Inc. | parent=A
            C | Charlie Inc. | parent=C
            D | Delta Inc. | parent=nobody
    """)
    assert books.read(table.inputs()).customers["root"].to_list() == [0, 1, 2, 3]


def test_customers_that_only_items_name() -> None:
    table = read("""
        items
            Z INV-1001 500.00
    """)
    assert books.read(table.inputs()).customers.select("customer_id", "name").rows() == [("Z", None)]


def test_schema_has_words_for_every_reason() -> None:
    assert all(words and code == code.lower() for code, words in schema.REASONS.items())
