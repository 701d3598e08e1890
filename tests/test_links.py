"""The same money told again: tables of what is in the books, what comes, and how it is linked."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashapp import linking
from cashapp import links as pairs
from cashapp.links import TOLD, Link, Told, Window

REPORTS = {"S": "statement", "C": "cash_report", "A": "announcement"}


def told(row: str, line_id: int, file_id: int) -> Told:
    """`S 9 100 acct=1 ref=X payer=ACME box=77 batch=B fmt=bai2 kind=lockbox_deposit text=… stmt=12 closed`."""
    words = row.split()
    more = dict(word.split("=", 1) for word in words[3:] if "=" in word)
    report = REPORTS[words[0]]
    return Told(
        line_id=line_id, file_id=file_id, format=more.get("fmt", {"S": "mt940", "C": "nacha", "A": "mt942"}[words[0]]), report=report,
        statement=more.get("stmt", ""), account=more.get("acct", "111222333"), lockbox=more.get("box", ""), currency="USD",
        amount_minor=int(words[2]), kind=more.get("kind", "receipt"), date=dt.date(2026, 11, int(words[1])),
        bank_reference=more.get("ref", ""), customer_reference=more.get("cust", ""), check_number=more.get("check", ""),
        payer_name=more.get("payer", "").replace("_", " "), text=more.get("text", ""), batch_reference=more.get("batch", ""),
        open="closed" not in words, counting="settling" not in words,
        told_by=more.get("fmt", {"S": "mt940", "C": "nacha", "A": "mt942"}[words[0]]), advice="advice" in words, copy="copy" in words,
    )


def find(new: list[Told], old: list[Told]) -> list[Link]:
    return linking.find(*(pl.DataFrame(lines, schema=TOLD, orient="row") for lines in (new, old)), Window())


def links(old: str, new: str) -> list[str]:
    """Links as `new->old how`, lines numbered from 1 in the books and from 101 in the new file."""
    earlier = [told(row.strip(), n, 1) for n, row in enumerate(old.strip().splitlines(), 1) if row.strip()]
    fresh = [told(row.strip(), n, 2) for n, row in enumerate(new.strip().splitlines(), 101) if row.strip()]
    return sorted(f"{link.line_id}->{link.counted_by} {link.how}" for link in find(fresh, earlier))


ONE_TO_ONE = [
    ("intraday, then the statement: by reference", "A 9 100 ref=ABC123", "S 10 100 ref=ABC123", ["101->1 settles"]),
    ("intraday, then the statement: by amount", "A 9 100 payer=ACME", "S 10 100 payer=ACME_INC", ["101->1 settles"]),
    ("the payer differs: not the same money", "A 9 100 payer=ACME", "S 9 100 payer=ZENITH", []),
    ("four banking days apart is too far", "A 9 100", "S 16 100", []),
    ("over a weekend is near: Friday to Wednesday", "A 13 100", "S 18 100", ["101->1 settles"]),
    ("another account", "A 9 100 acct=999888777", "S 9 100", []),
    ("an advice after the statement repeats it", "S 9 100 ref=ABC123", "A 9 100 ref=ABC123", ["101->1 repeat"]),
    ("two payments, one announced: one is linked", "A 9 100", "S 9 100\nS 9 100", ["101->1 settles"]),
    ("two announced, two booked: one to one", "A 9 100\nA 9 100", "S 9 100\nS 9 100", ["101->1 settles", "102->2 settles"]),
    ("what is settled is not settled twice", "A 9 100 ref=ABC123 closed", "S 10 100 ref=ABC123", []),
    ("zeros and short numbers are no references", "A 9 100 ref=0000 payer=ACME", "S 9 100 ref=0000 payer=ZENITH", []),
    ("a statement sent twice: same number, same content", "S 9 100 stmt=12 text=X", "S 9 100 stmt=12 text=X", ["101->1 repeat"]),
    ("two statements, equal lines without references", "S 9 100 stmt=12", "S 9 100 stmt=13", []),
    ("overlapping downloads: same bank reference and content", "S 9 100 ref=FIT0001 text=X", "S 9 100 ref=FIT0001 text=X", ["101->1 repeat"]),
    ("the same reference on another text is another payment", "S 9 100 ref=FIT0001 text=X", "S 9 100 ref=FIT0001 text=Y", []),
    ("one account told by two formats", "S 9 100 fmt=mt940", "S 9 100 fmt=camt", ["101->1 repeat"]),
    ("cumulative intraday reports repeat themselves", "A 9 100 payer=ACME", "A 9 100 payer=ACME", ["101->1 repeat"]),
    ("a payer's wire is not his check in the lockbox", "C 9 100 box=77 payer=ACME check=4451", "S 10 100 payer=ACME", []),
    ("a payer's wire, then his check in the lockbox", "S 9 100 payer=ACME", "C 10 100 box=77 payer=ACME check=4451", []),
    ("the check itself in the statement", "C 9 100 box=77 payer=ACME check=4451", "S 10 100 payer=ACME check=4451", ["101->1 settles"]),
    ("the trace number stands in the text of one of two", "C 9 100 ref=021000020000001 payer=ACME",
     "S 9 100 payer=ACME text=WIRE\nS 9 100 payer=ACME text=TRACE#:021000020000001", ["102->1 settles"]),
    ("the trace number with a label right behind it", "C 9 100 ref=021000020000001 payer=ACME", "S 9 100 payer=ZENITH text=TRACE#:021000020000001EED:261109",
     ["101->1 settles"]),
    ("a part of a longer number is no trace number", "C 9 100 ref=0210000200 payer=ACME", "S 9 100 payer=ZENITH text=TRACE#:021000020000001", []),
    ("a word for no reference is none", "C 9 100 ref=NOTPROVIDED payer=ACME", "S 9 100 payer=ZENITH text=EREF:NOTPROVIDED", []),
    ("zeros in a text are no reference", "C 9 100 ref=0000000000 payer=ACME", "S 9 100 payer=ZENITH text=TRN:0000000000", []),
    ("a remittance advice first: the cash counts", "A 9 100 cust=TRN777 advice fmt=x12-820", "S 10 100 cust=TRN777", ["1->101 repeat"]),
    ("a statement line that settled is known when it is sent again", "A 9 100 ref=ABC123 closed\nS 9 100 ref=ABC123 text=X settling",
     "S 9 100 ref=ABC123 text=X", ["101->2 repeat"]),
    ("a marked copy without references under another number", "S 9 100 stmt=12 ref=ABC123 text=X", "S 9 100 stmt=C12 copy", ["101->1 repeat"]),
    ("the copy came first", "S 9 100 stmt=C12 copy", "S 9 100 stmt=12 ref=ABC123", ["1->101 repeat"]),
    ("a copy of the copy", "S 9 100 stmt=C12 copy", "S 9 100 stmt=D12 copy", ["101->1 repeat"]),
    ("the copy in the statement's own file", "S 9 999", "S 9 100 ref=ABC123\nS 9 100 copy", ["102->101 repeat"]),
    ("two equal payments, two copies", "S 9 100\nS 9 100", "S 9 100 copy\nS 9 100 copy", ["101->1 repeat", "102->2 repeat"]),
    ("one more in the copy is a copy of nothing", "S 9 100", "S 9 100 copy\nS 9 100 copy", ["101->1 repeat"]),
    ("a copy of another day", "S 9 100", "S 10 100 copy", []),
    ("a copy with another bank reference", "S 9 100 ref=ABC123", "S 9 100 ref=ABC124 copy", []),
    ("a copied statement does not settle what was announced", "A 9 100 ref=ABC123", "S 9 100 ref=ABC123 copy", []),
    ("announced, copied, then booked: one settles, one repeats", "A 9 100 ref=ABC123\nS 9 100 copy", "S 9 100 ref=ABC123", ["101->1 settles", "2->101 repeat"]),
    ("a copy of an advice after the statement", "S 9 100 ref=ABC123", "A 9 100 ref=ABC123 copy", ["101->1 repeat"]),
    ("a copy of an advice after the advice", "A 9 100 payer=ACME", "A 9 100 copy", ["101->1 repeat"]),
]


@pytest.mark.parametrize(("why", "old", "new", "expected"), ONE_TO_ONE)
def test_one_to_one(why: str, old: str, new: str, expected: list[str]) -> None:
    assert links(old, new) == expected, why


@pytest.mark.parametrize(("why", "old", "new", "expected"), ONE_TO_ONE)
def test_the_same_among_many_of_one_amount(monkeypatch: pytest.MonkeyPatch, why: str, old: str, new: str, expected: list[str]) -> None:
    monkeypatch.setattr(pairs, "_PAIRS_MAX", 0)
    assert links(old, new) == expected, why


def test_a_payroll_of_equal_amounts_finds_each_its_own() -> None:
    """Announced one day and booked the next, in another order: by reference, and where there is none by name."""
    names = [f"WORKER_{chr(65 + n % 26)}{chr(65 + n // 26)}" for n in range(600)]
    announced = [told(f"A 9 100 ref=TRACE{n:05d} payer={name}" if n % 2 else f"A 9 100 payer={name}", n, 1) for n, name in enumerate(names, 1)]
    booked = [told(f"S 10 100 ref=TRACE{n:05d}" if n % 2 else f"S 10 100 payer={name}", 1000 + n, 2) for n, name in enumerate(names, 1)]
    found = find(booked[::-1], announced)
    assert sorted((link.line_id - 1000, link.counted_by) for link in found) == [(n, n) for n in range(1, 601)]


def test_effort_grows_with_the_lines_and_not_with_their_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    compare = pairs._tier
    monkeypatch.setattr(pairs, "_tier", lambda *lines: (compared.append(1), compare(*lines))[1])
    lines = 2000
    first = [told(f"C 9 100 ref=TRACE{n:05d}", n, 1) for n in range(1, lines + 1)]
    second = [told(f"C 9 100 ref=OTHER{n:05d}", 10_000 + n, 2) for n in range(1, lines + 1)]
    find(second, first)
    assert len(compared) <= lines * pairs._TRIED_MAX * len(pairs._CROWD_KEYS)


def test_an_ach_file_sent_again_with_other_traces_is_other_money() -> None:
    first = [told(f"C 9 100 ref=TRACE{n:05d}", n, 1) for n in range(1, 301)]
    second = [told(f"C 9 100 ref=OTHER{n:05d}", 1000 + n, 2) for n in range(1, 301)]
    assert find(second, first) == []


@pytest.mark.parametrize(("why", "old", "new", "expected"), [
    ("the deposit line of a lockbox", "C 9 100 box=77 acct= batch=b1\nC 9 50 box=77 acct= batch=b1", "S 10 150 kind=lockbox_deposit",
     ["101->1 settles", "101->2 settles"]),
    ("the box is named: its own checks", "C 9 100 box=7700 acct= batch=b1\nC 9 50 box=7700 acct= batch=b1", "S 10 150 text=BOX-7700",
     ["101->1 settles", "101->2 settles"]),
    ("the deposit came first", "S 9 150 kind=lockbox_deposit", "C 10 100 box=77 acct= batch=b1\nC 10 50 box=77 acct= batch=b1",
     ["101->1 details", "102->1 details"]),
    ("a deposit that somebody has worked with is left alone", "S 9 150 closed", "C 9 100 batch=b1\nC 9 50 batch=b1", []),
    ("an ACH file's total", "C 9 100 ref=T000001\nC 9 70 ref=T000002", "S 9 170", ["101->1 settles", "101->2 settles"]),
    ("an announced batch, then the entry that holds it", "A 9 100 ref=T000001 batch=B1\nA 9 70 ref=T000002 batch=B1\nA 9 5 ref=T000003", "S 10 170",
     ["101->1 settles", "101->2 settles"]),
    ("two boxes with equal totals: nobody guesses", "C 9 60 box=71 acct= batch=a\nC 9 40 box=71 acct= batch=a\nC 9 70 box=72 acct= batch=b\nC 9 30 box=72 acct= batch=b",
     "S 9 100 kind=lockbox_deposit", []),
    ("two boxes, one is named", "C 9 60 box=7100 acct= batch=a\nC 9 40 box=7100 acct= batch=a\nC 9 70 box=7200 acct= batch=b\nC 9 30 box=7200 acct= batch=b",
     "S 9 100 kind=lockbox_deposit text=LOCKBOX_7200", ["101->3 settles", "101->4 settles"]),
])
def test_deposits_and_their_details(why: str, old: str, new: str, expected: list[str]) -> None:
    assert links(old, new) == expected, why


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("SCA"), st.integers(9, 13), st.sampled_from([100, 200, 300])), max_size=8),
       st.sampled_from("SCA"), st.lists(st.tuples(st.integers(9, 13), st.sampled_from([100, 200, 300, 400])), max_size=8))
def test_no_line_is_linked_twice_and_order_does_not_matter(
        old: list[tuple[str, int, int]], report: str, new: list[tuple[int, int]]) -> None:
    earlier = [told(f"{r} {day} {minor}", n, 1) for n, (r, day, minor) in enumerate(old, 1)]
    fresh = [told(f"{report} {day} {minor}", n, 2) for n, (day, minor) in enumerate(new, 101)]
    found = find(fresh, earlier)
    singles = [link for link in found if link.how == "repeat"] + [link for link in found if link.how != "repeat"]
    assert len({link.counted_by for link in singles if link.how == "settles"}) == len([link for link in singles if link.how == "settles"])
    by_amount = {line.line_id: (line.amount_minor, line.date) for line in (*earlier, *fresh)}

    def shape(links: list[Link]) -> list[object]:
        return sorted((by_amount[link.line_id], by_amount[link.counted_by], link.how) for link in links)

    assert shape(found) == shape(find(fresh[::-1], earlier[::-1]))
