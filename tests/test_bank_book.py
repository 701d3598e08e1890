"""Bank lines against the cash book: each behaviour as a table a clerk could read, and what must hold of any month."""

from __future__ import annotations

import datetime as dt
import random
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from benchmarks import bank_book_world
from matching import bank_book
from matching.bank_book import assign, differences, equal, pairs, party_sets, sides, subsets
from matching.bank_book.schema import BANK, BOOK, MEMBERS
from matching.bank_book.words import Lexicon

Line = tuple[int, int, str]  # day of November, cents, text (a check as `CHECK 1001`)
Entry = tuple[int, int, str, str]  # day of November, cents, reference, description


def day(number: int) -> dt.date:
    return dt.date(2026, 11, 1) + dt.timedelta(number - 1)


def bank(rows: list[Line]) -> pl.DataFrame:
    def check(text: str) -> str:
        return text.partition(" ")[2] if text.startswith("CHECK ") else ""

    return pl.DataFrame([(n, "USD", minor, day(d), "fee" if "FEE" in text else "receipt" if minor > 0 else "disbursement", check(text), "", text)
                         for n, (d, minor, text) in enumerate(rows)], schema=BANK, orient="row")


def book(rows: list[Entry]) -> pl.DataFrame:
    return pl.DataFrame([(f"E{n}", "USD", minor, day(d), "check" if reference.isdecimal() and minor < 0 else "", reference, text)
                         for n, (d, minor, reference, text) in enumerate(rows)], schema=BOOK, orient="row")


def told(lines: list[Line], entries: list[Entry]) -> set[str]:
    """The answer as sentences: `0 = E0 one_to_one matched`."""
    matches, members = bank_book.reconcile(bank(lines), book(entries))
    rows = members.group_by("m").agg(pl.col("line_id").drop_nulls().sort(), pl.col("entry_id").drop_nulls().sort()).join(matches, on="m")
    return {
        f"{'+'.join(map(str, mine)) or '-'} = {'+'.join(theirs) or '-'} {kind} {status}".replace(" unmatched_bank", "").replace(" unmatched_book", "")
        for mine, theirs, kind, status in rows.select("line_id", "entry_id", "kind", "status").iter_rows()
    }


CASES: dict[str, tuple[list[Line], list[Entry], set[str]]] = {
    "a check clears after ten days, by its number": (
        [(12, -50000, "CHECK 1001")], [(2, -50000, "1001", "Landlord")], {"0 = E0 one_to_one matched"}),
    "two checks of one amount, by their numbers": (
        [(9, -50000, "CHECK 1002"), (10, -50000, "CHECK 1001")], [(2, -50000, "1001", "Landlord"), (3, -50000, "1002", "Insurance")],
        {"0 = E1 one_to_one matched", "1 = E0 one_to_one matched"}),
    "another check number is another check": (
        [(9, -50000, "CHECK 1077")], [(2, -50000, "1001", "Landlord")], {"0 = - unmatched", "- = E0 unmatched"}),
    "ACH over a weekend, by name": (
        [(9, 120050, "ACH CREDIT ACME CORP 77120")], [(6, 120050, "PV-1", "Payment from Acme Corporation")], {"0 = E0 one_to_one matched"}),
    "a cut name": (
        [(4, 80050, "ACH BOREALIS FRE 8831")], [(3, 80050, "PV-1", "Borealis Freight LLC"), (3, 80050, "PV-2", "Cascade Dental Inc")],
        {"0 = E0 one_to_one matched", "- = E1 unmatched"}),
    "a name without vowels": (
        [(4, 80050, "BRLS FRGHT 8831")], [(3, 80050, "PV-1", "Borealis Freight LLC"), (3, 80050, "PV-2", "Cascade Dental Inc")],
        {"0 = E0 one_to_one matched", "- = E1 unmatched"}),
    "a cryptic text and an odd amount that nothing else has": (
        [(4, 80153, "EFT 99120043")], [(3, 80153, "PV-1", "Borealis Freight LLC")], {"0 = E0 one_to_one matched"}),
    "a cryptic text and a round amount are a suggestion": (
        [(4, 100000, "EFT 99120043")], [(3, 100000, "PV-1", "Borealis Freight LLC")], {"0 = E0 one_to_one suggested"}),
    "somebody else of the books is never claimed": (
        [(4, 80153, "ACH CREDIT CASCADE DENTAL")], [(3, 80153, "PV-1", "Borealis Freight LLC"), (3, 555, "PV-2", "Cascade Dental Inc")],
        {"0 = - unmatched", "- = E0 unmatched", "- = E1 unmatched"}),
    "look-alikes of one day, by name": (
        [(4, 50000, "ACH CREDIT CASCADE DENTAL"), (4, 50000, "ACH CREDIT BOREALIS")], [(3, 50000, "PV-1", "Borealis Freight LLC"), (3, 50000, "PV-2", "Cascade Dental Inc")],
        {"0 = E1 one_to_one matched", "1 = E0 one_to_one suggested"}),
    "look-alikes without a name are taken in order and only suggested": (
        [(4, 50013, "ACH CREDIT"), (5, 50013, "ACH CREDIT")], [(3, 50013, "PV-1", "Borealis Freight LLC"), (4, 50013, "PV-2", "Cascade Dental Inc")],
        {"0 = E0 one_to_one suggested", "1 = E1 one_to_one suggested"}),
    "a weekly series with one not yet cleared": (
        [(4, -25013, "AUTOPAY 1"), (11, -25013, "AUTOPAY 2"), (25, -25013, "AUTOPAY 3")],
        [(2, -25013, "PV-1", "Subscription"), (9, -25013, "PV-2", "Subscription"), (16, -25013, "PV-3", "Subscription"), (23, -25013, "PV-4", "Subscription")],
        {"0 = E0 one_to_one suggested", "1 = E1 one_to_one suggested", "2 = E3 one_to_one suggested", "- = E2 unmatched"}),
    "a deposit of a day": (
        [(5, 30017, "DEPOSIT")], [(4, 10000, "", "Check from Alder"), (4, 15017, "", "Check from Birch"), (4, 5000, "", "Check from Cedar"), (3, 700, "", "Check from Dunmore")],
        {"0 = E0+E1+E2 one_to_many matched", "- = E3 unmatched"}),
    "a deposit slip's number": (
        [(5, 25017, "DEPOSIT DS-00301")],
        [(4, 10000, "DS-00301", "Check from Alder"), (4, 15017, "DS-00301", "Check from Birch"), (4, 25000, "DS-00302", "Check from Cedar"), (4, 17, "DS-00302", "Check from Elm")],
        {"0 = E0+E1 one_to_many matched", "- = E2 unmatched", "- = E3 unmatched"}),
    "a subset of a payer's entries": (
        [(9, 31112, "ACH CREDIT ACME CORP")],
        [(5, 10101, "PV-1", "Acme Corporation inv 1"), (6, 21011, "PV-2", "Acme Corporation inv 2"), (6, 40404, "PV-3", "Acme Corporation inv 3"), (6, 7777, "PV-4", "Borealis Freight LLC")],
        {"0 = E0+E1 one_to_many matched", "- = E2 unmatched", "- = E3 unmatched"}),
    "two subsets make the sum: nobody's": (
        [(9, 30000, "ACH CREDIT ACME CORP")],
        [(5, 10000, "PV-1", "Acme Corporation"), (6, 20000, "PV-2", "Acme Corporation"), (6, 5000, "PV-3", "Acme Corporation"), (6, 25000, "PV-4", "Acme Corporation")],
        {"0 = - unmatched", "- = E0 unmatched", "- = E1 unmatched", "- = E2 unmatched", "- = E3 unmatched"}),
    "a payroll booked in one": (
        [(6, -120011, "PAYROLL 771"), (6, -98022, "PAYROLL 772"), (6, -101033, "PAYROLL 773")], [(5, -319066, "PR-11", "Payroll run")],
        {"0+1+2 = E0 many_to_one matched"}),
    "a void and its new check, the bank without the number": (
        [(14, -50000, "CHECK PAID")],
        [(2, -50000, "1001", "Paper Mill"), (6, 50000, "1001", "VOID check 1001 Paper Mill"), (6, -50000, "1002", "Paper Mill reissue")],
        {"- = E0+E1 offset matched", "0 = E2 one_to_one suggested"}),
    "a self-correcting series": (
        [(5, 45210, "ACH CREDIT ACME CORP")],
        [(3, 42510, "PV-7", "Receipt Acme Corporation"), (4, -42510, "PV-7", "Correction Acme Corporation"), (4, 45210, "PV-8", "Receipt Acme Corporation corrected")],
        {"- = E0+E1 offset matched", "0 = E2 one_to_one matched"}),
    "a returned deposit is no void: the bank shows both": (
        [(4, 50013, "ACH CREDIT ACME CORP"), (9, -50013, "RETURNED ITEM NSF ACME CORP")], [(3, 50013, "PV-1", "Check Acme Corporation"), (10, -50013, "PV-2", "NSF Acme Corporation")],
        {"0 = E0 one_to_one matched", "1 = E1 one_to_one matched"}),
    "a returned deposit that the books do not know yet": (
        [(4, 50013, "ACH CREDIT ACME CORP"), (9, -50013, "RETURNED ITEM NSF ACME CORP"), (9, -1500, "RETURNED ITEM FEE")], [(3, 50013, "PV-1", "Check Acme Corporation")],
        {"0 = E0 one_to_one matched", "1 = - unmatched", "2 = - unmatched"}),
    "digits exchanged, by the check's number": (
        [(9, -58210, "CHECK 1001")], [(2, -52810, "1001", "Utility")], {"0 = E0 difference matched"}),
    "digits exchanged, by name": (
        [(5, 58210, "ACH CREDIT ACME CORP")], [(4, 52810, "PV-1", "Payment Acme Corporation")], {"0 = E0 difference matched"}),
    "a wire less the bank's fee": (
        [(5, 98500, "WIRE IN ACME CORP")], [(4, 100000, "PV-1", "Wire Acme Corporation")], {"0 = E0 difference matched"}),
    "outstanding on both sides": (
        [(5, -1500, "SERVICE FEE")], [(4, -77700, "1009", "Lumber Yard"), (29, 4400, "", "Check from Birch")], {"0 = - unmatched", "- = E0 unmatched", "- = E1 unmatched"}),
    "checks of one slip, one of them like a payment of the same party": (
        [(5, 25017, "DEPOSIT"), (6, 10000, "ACH ALDER FRE 8331")], [(4, 10000, "DS-00301", "Check from Alder Freight"), (4, 15017, "DS-00301", "Check from Birch Tools"), (5, 10000, "PV-7", "Payment from Alder Freight")],
        {"0 = E0+E1 one_to_many matched", "1 = E2 one_to_one matched"}),
    "a slip's checks are not a line's that names somebody else": (
        [(5, 25000, "BRLS DNTL 4600324"), (5, 25000, "DEPOSIT")], [(5, 10000, "DS-00301", "Check from Alder Freight"), (5, 15000, "DS-00301", "Check from Birch Tools"), (5, 25000, "PV-7", "Payment from Borealis Dental")],
        {"0 = E2 one_to_one matched", "1 = E0+E1 one_to_many matched"}),
    "a wire and a clearing payment of one amount": (
        [(5, 75000, "ACH 5959750 PPD"), (5, 75000, "WIRE 99")], [(5, 75000, "PV-1", "Wire Sable Foods"), (5, 75000, "PV-2", "ACH Yarrow Steel")],
        {"0 = E1 one_to_one suggested", "1 = E0 one_to_one suggested"}),
    "the cut word's two letters": (
        [(5, 50000, "ACH CASCADE ASHLAND LO")], [(4, 50000, "PV-1", "Cascade Ashland Office Supply"), (4, 50000, "PV-2", "Cascade Ashland Logistics")],
        {"- = E0 unmatched", "0 = E1 one_to_one suggested"}),
    "two words of three are another's": (
        [(9, 14339, "SABLEASHLANDFREIGH DES:PYMT")], [(6, 7170, "PV-1", "Juniper Ashland Catering"), (7, 7169, "PV-2", "Juniper Ashland Catering"), (7, 999, "PV-3", "Sable Ashland Freight")],
        {"- = E0 unmatched", "- = E1 unmatched", "- = E2 unmatched", "0 = - unmatched"}),
    "sets that differ in equal amounts": (
        [(9, 20101, "ACH CREDIT ACME CORP")], [(5, 10000, "PV-1", "Acme Corporation"), (6, 10000, "PV-2", "Acme Corporation"), (7, 10101, "PV-3", "Acme Corporation")],
        {"- = E1 unmatched", "0 = E0+E2 one_to_many suggested"}),
    "round checks of a day": (
        [(5, 250000, "DEPOSIT")], [(4, 25000, "", "Check from Alder"), (4, 25000, "", "Check from Birch"), (4, 100000, "", "Check from Cedar"), (4, 100000, "", "Check from Dunmore")],
        {"0 = E0+E1+E2+E3 one_to_many matched"}),
    "a subset of a named party before a round amount that nothing names": (
        [(9, 105333, "ACH ELKHORN SOFT"), (8, 75000, "MISC CR 4505272")], [(8, 75000, "PV-1", "Elkhorn Software LLC inv 1"), (8, 30333, "PV-2", "Elkhorn Software LLC inv 2")],
        {"0 = E0+E1 one_to_many matched", "1 = - unmatched"}),
    "card sales less the processor's fee, entered apart": (
        [(5, 97070, "SQUARE DEP 811")], [(4, 100000, "", "Square card sales"), (4, -2930, "", "Square processing fee")], {"0 = E0+E1 one_to_many matched"}),
    "card sales of which the processor kept its share": (
        [(5, 97070, "MERCHANT BANKCARD DEP 811")], [(4, 100000, "", "Merchant bankcard card sales")], {"0 = E0 difference suggested"}),
    "an invoice in another currency at another rate": (
        [(5, -41287, "INTL WIRE NOVA MEDICAL FX EUR")], [(5, -41609, "", "Nova Medical EUR invoice")], {"0 = E0 difference suggested"}),
    "an entry with the wrong sign": (
        [(5, 13487, "HARBOR LOGISTICS DEPOSIT CCD")], [(5, -13487, "", "Payment Harbor Logistics")], {"0 = E0 difference suggested"}),
    "an invoice entered twice: the bank paid the first": (
        [(6, -85412, "ACH MERIDIAN FOODS")], [(4, -85412, "", "Meridian Foods inv 69207"), (6, -85412, "", "Meridian Foods inv 69207")], {"0 = E0 one_to_one matched", "- = E1 unmatched"}),
    "a check is voided and written anew on one day": (
        [], [(3, -54148, "24622", "Quarry Freight"), (9, 54148, "", "Reversal Quarry Freight"), (9, -54148, "24624", "Quarry Freight reissue")],
        {"- = E0+E1 offset matched", "- = E2 unmatched"}),
    "a transfer names an account and no check": (
        [(14, -500000, "ONLINE TRANSFER TO CHK ...1062")], [(7, -500000, "", "Sweep operating"), (14, -500000, "", "Sweep operating")],
        {"0 = E1 one_to_one suggested", "- = E0 unmatched"}),
    "a deposit entered in one go among other entries of its day": (
        [(6, 61537, "DEPOSIT")],
        [(5, 12011, "", "Alder Tools"), (5, 20003, "", "Birch Foods"), (5, 20005, "", "Cedar Steel"), (5, 21529, "", "Dunmore Paper"), (5, 20003, "", "Elm Roofing"), (5, 9001, "", "Fir Print")],
        {"0 = E1+E2+E3 one_to_many suggested", "- = E0 unmatched", "- = E4 unmatched", "- = E5 unmatched"}),
    "a middle word of the books that is another party's": (
        [(5, 50000, "ACH CREDIT HARBOR BRISTOL PACKAGING")], [(4, 50000, "", "Harbor Dover Packaging"), (20, 7001, "", "Harbor Bristol Packaging")],
        {"0 = - unmatched", "- = E0 unmatched", "- = E1 unmatched"}),
    "the cut word's one letter": (
        [(5, 99900, "ACH BOREALIS ASHLAND F"), (5, 99900, "ACH BOREALIS ASHLAND L")], [(4, 99900, "", "Borealis Ashland Landscaping"), (4, 99900, "", "Borealis Ashland Foods")],
        {"0 = E1 one_to_one matched", "1 = E0 one_to_one matched"}),
    "one payment, and two entries of the party in these days": (
        [(6, 50013, "ACH CREDIT GRANITE ROOFING")], [(5, 50013, "V1", "Granite Roofing"), (9, 50013, "V2", "Payment Granite Roofing")],
        {"0 = E0 one_to_one suggested", "- = E1 unmatched"}),
    "a sum of which another day's equal entry may be a part": (
        [(7, 348898, "ACH HARBOR LEGAL")], [(5, 5000, "V1", "Harbor Legal"), (5, 343898, "V2", "Harbor Legal"), (3, 5000, "V3", "Harbor Legal")],
        {"0 = E0+E1 one_to_many suggested", "- = E2 unmatched"}),
    "two checks paid on one day are no third check": (
        [(13, -75000, "CHECK PAID"), (13, -75000, "CHECK PAID")], [(3, -150000, "4941", "Larch Security")], {"0+1 = E0 many_to_one suggested"}),
    "a word of corrections is nobody's name": (
        [], [(3, 5285, "", "Meridian Farms LLC"), (4, -5285, "", "correct Meridian Farms LLC")], {"- = E0+E1 offset matched"}),
    "a deposit brought again names nobody": (
        [(9, 53623, "REDEPOSITED ITEM")], [(8, 53623, "", "Horizon Optics Ltd"), (2, 71177, "", "Silver Freight redeposit")],
        {"0 = E0 one_to_one matched", "- = E1 unmatched"}),
    "a transfer between own accounts, in other words": (
        [(4, -5002444, "AUTOMATIC SWEEP TO INVESTMENT")], [(4, -5002444, "", "Transfer concentration acct"), (1, 4400, "", "Sweep interest investment")],
        {"0 = E0 one_to_one matched", "- = E1 unmatched"}),
    "initials are a name where the amounts differ by two digits": (
        [(23, -32811, "OCUI")], [(21, -23811, "", "Orion Canyon Uniforms Inc")], {"0 = E0 difference suggested"}),
    "a fee of odd cents": (
        [(6, -351926, "ACH DEBIT VALLEY PLUMBING")], [(5, -351831, "", "Valley Plumbing West")], {"0 = E0 difference suggested"}),
    "a digit keyed wrong, at the front": (
        [(21, -719722, "ACH CANYON PLUMBING")], [(20, -819722, "", "Canyon Plumbing")], {"0 = E0 difference suggested"}),
    "a digit keyed wrong, on a check without a number": (
        [(19, -216956, "CHECK PAID")], [(8, -216156, "9664", "Vanguard Logistics")], {"0 = E0 difference suggested"}),
    "a fee of nobody's": (
        [(6, 994755, "PREAUTHORIZED ACH CREDIT")], [(5, 995755, "", "Beacon Foods Partners")], {"0 = E0 difference suggested"}),
    "the last digits of a check's number": (
        [(26, -851196, "CHECK 231")], [(19, -851196, "31231", "Meridian Catering")], {"0 = E0 one_to_one matched"}),
    "card sales less the processor's charge": (
        [(9, 36851, "BANKCARD 8076 MTOT DEP 535730")],
        [(8, 12827, "", "Visa/MC sales"), (8, 25074, "", "Visa/MC sales"), (8, 30011, "", "Card sales"), (8, -1050, "", "Merchant processing fee")],
        {"0 = E0+E1+E3 one_to_many suggested", "- = E2 unmatched"}),
    "a deposit entered in one go over two days": (
        [(6, 61538, "DEPOSIT")],
        [(3, 12011, "", "Alder Tools"), (4, 20003, "", "Birch Foods"), (5, 20005, "", "Cedar Steel"), (5, 21530, "", "Dunmore Paper"), (9, 9001, "", "Fir Print")],
        {"0 = E1+E2+E3 one_to_many suggested", "- = E0 unmatched", "- = E4 unmatched"}),
    "lines of a party beside one that names nobody": (
        [(6, 323275, "ACH CANYON STEEL HOLDINGS"), (7, 22674, "ACH CANYONSTEELH"), (7, 24408, "ACH 5588434"), (7, 31009, "ACH 5588435")], [(5, 370357, "", "Canyon Steel Holdings")],
        {"0+1+2 = E0 many_to_one suggested", "3 = - unmatched"}),
    "a deposit that the bank took in two": (
        [(6, 296523, "DEPOSIT JUNIPER FOODS"), (6, 5405, "DEPOSIT JUNIPER FOODS")], [(6, 301928, "", "Deposit Juniper Foods Co")], {"0+1 = E0 many_to_one matched"}),
    "one number of two parties makes no group": (
        [(9, 133594, "CSCD CMDN LNDSCP")],
        [(6, 33594, "V1", "Cascade Camden Landscaping inv 7422"), (3, 100000, "V2", "Larch Bristol Freight inv 7422")],
        {"0 = - unmatched", "- = E0 unmatched", "- = E1 unmatched"}),
    "a number that happens to be a check's": (
        [(6, -25000, "PAYROLL DIRECT DEP 4512")], [(9, -25000, "4512", "Redwater Legal"), (1, -70001, "", "Payroll run")],
        {"0 = - unmatched", "- = E0 unmatched", "- = E1 unmatched"}),
    "an entry over zero": ([], [(4, 0, "1010", "void")], {"- = E0 offset matched"}),
}


@pytest.mark.parametrize("case", CASES)
def test_behaviour(case: str) -> None:
    lines, entries, wanted = CASES[case]
    assert told(lines, entries) == wanted


@pytest.mark.parametrize("case", CASES)
def test_the_order_of_rows_does_not_matter(case: str) -> None:
    lines, entries, _ = CASES[case]
    one = bank_book.reconcile(bank(lines), book(entries))
    other = bank_book.reconcile(bank(lines).reverse(), book(entries).reverse())
    assert [frame.to_dicts() for frame in one] == [frame.to_dicts() for frame in other]


def test_nothing_against_nothing() -> None:
    matches, members = bank_book.reconcile(bank([]), book([]))
    assert (matches.height, members.height) == (0, 0)


AMOUNTS = st.sampled_from([-50000, -50000, -25013, -1500, 10000, 10000, 15000, 25000, 30017, 45210, 42510])
TEXTS = st.sampled_from(["ACH CREDIT ACME CORP", "DEPOSIT", "CHECK 1001", "CHECK 1002", "EFT 99120043", "WIRE BOREALIS", "SERVICE FEE"])
ENTRY_TEXTS = st.sampled_from(["Acme Corporation", "Borealis Freight", "VOID Acme Corporation", "Check from Alder", "Payroll"])
LINES = st.lists(st.tuples(st.integers(1, 30), AMOUNTS, TEXTS), max_size=12)
ENTRIES = st.lists(st.tuples(st.integers(1, 30), AMOUNTS, st.sampled_from(["", "1001", "1002", "PV-1", "DS-301"]), ENTRY_TEXTS), max_size=14)


@settings(max_examples=120, deadline=None)
@given(LINES, ENTRIES, st.integers(0, 99))
def test_every_row_is_in_one_match_and_matches_tie(lines: list[Line], entries: list[Entry], seed: int) -> None:
    left, right = bank(lines), book(entries)
    matches, members = bank_book.reconcile(left, right)
    assert sorted(members["line_id"].drop_nulls()) == sorted(left["line_id"])
    assert sorted(members["entry_id"].drop_nulls()) == sorted(right["entry_id"])
    sums = members.join(left.select("line_id", pl.col("amount_minor").alias("b")), on="line_id", how="left").join(
        right.select("entry_id", pl.col("amount_minor").alias("e")), on="entry_id", how="left").group_by("m").agg(pl.sum("b"), pl.sum("e")).join(matches, on="m")
    tied = sums.filter(~pl.col("kind").is_in(["difference", "unmatched_bank", "unmatched_book"]))
    assert tied.filter(pl.col("b") != pl.col("e")).is_empty()
    assert sums.filter((pl.col("kind") == "difference") & (pl.col("b") == pl.col("e"))).is_empty()
    shuffled = bank_book.reconcile(left.sample(fraction=1, shuffle=True, seed=seed), right.sample(fraction=1, shuffle=True, seed=seed))
    assert [frame.to_dicts() for frame in shuffled] == [matches.to_dicts(), members.to_dicts()]


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=9), st.integers(-12, 12))
def test_subsets_are_all_found(amounts: list[int], target: int) -> None:
    wanted = {tuple(n for n in range(len(amounts)) if mask >> n & 1) for mask in range(1 << len(amounts))}
    wanted = {chosen for chosen in wanted if len(chosen) > 1 and sum(amounts[n] for n in chosen) == target}
    found = subsets.ways(amounts, target)
    assert set(found) <= wanted
    assert len(found) == min(len(wanted), subsets.FOUND_MAX)


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10**6))
def test_the_assignment_is_the_best(rows: int, columns: int, seed: int) -> None:
    import itertools

    import numpy as np

    chance = random.Random(seed)
    score = np.array([[float(chance.randint(-5, 20)) for _ in range(columns)] for _ in range(rows)])
    found = assign.best(score)
    places = [*range(columns), *([None] * rows)]
    best = max(sum(max(0.0, score[row, column]) for row, column in enumerate(chosen) if column is not None) for chosen in set(itertools.permutations(places, rows)))
    assert sum(score[row, column] for row, column in found) == best
    assert len({column for _, column in found}) == len(found)


@pytest.mark.parametrize(("at_bank", "in_books", "wanted"), [
    (-58210, -52810, "transposed"), (98500, 100000, "fee"), (12000, 1200, "slipped"), (45670, 45170, "keyed"), (970700, 1000000, "share"), (500, 99900, "other"), (500, -500, "sign"), (500, -501, "other"),
    (-10, -1, "slipped"), (1234567, 1243567, "transposed"), (1234567, 2234567, "keyed"), (12, 21, "transposed"), (1000000012, 1000000021, "transposed"),
])
def test_differences(at_bank: int, in_books: int, wanted: str) -> None:
    assert pl.select(differences.pattern(pl.lit(at_bank, pl.Int64), pl.lit(in_books, pl.Int64))).item() == wanted


@pytest.mark.parametrize(("text", "who"), [
    ("BOREALIS FREIGHT", "BOREALIS FREIGHT"), ("BOREALIS FRE", "BOREALIS FREIGHT"), ("BOREALISFREIGH", "BOREALIS FREIGHT"), ("BRLS FRGHT", "BOREALIS FREIGHT"),
    ("BOREALIS FRIEGHT", "BOREALIS FREIGHT"), ("CASCADE FREIGHT", "CASCADE FREIGHT"),
    ("QRRY FRGHT", "QUARRY FREIGHT"), ("QRR FRGHT", "QUARRY FREIGHT"),
])
def test_a_spelling_is_likest_its_own_party(text: str, who: str) -> None:
    names = ["BOREALIS FREIGHT", "CASCADE FREIGHT", "BOREALIS DENTAL", "SUMMIT STEEL", "QUARRY FREIGHT"]
    lexicon = Lexicon(names)
    scored = {name: lexicon.likeness(text, name) or 0 for name in names}
    assert max(scored, key=scored.__getitem__) == who
    assert scored[who] >= 72 > max(score for name, score in scored.items() if name != who)


def test_rows_that_say_the_same_may_be_exchanged() -> None:
    """Exchanging equal rows is no error to the score; a row that differs in its date alone is another."""
    lines, entries = bank([(9, -5000, "CHECK PAID"), (9, -5000, "CHECK PAID"), (10, -5000, "CHECK PAID")]), book([(d, -5000, "", who) for d, who in ((2, "A"), (3, "B"), (4, "C"))])
    world = bank_book_world.World(lines, entries, [("check", frozenset([n]), frozenset([f"E{n}"])) for n in range(3)])

    def right(pairs: dict[int, str]) -> int:
        matches = pl.DataFrame({"m": list(pairs), "status": ["matched"] * len(pairs)})
        told_lines = pl.DataFrame({"m": list(pairs), "line_id": list(pairs), "entry_id": [None] * len(pairs)}, schema=MEMBERS)
        told_entries = pl.DataFrame({"m": list(pairs), "line_id": [None] * len(pairs), "entry_id": list(pairs.values())}, schema=MEMBERS)
        score = bank_book_world.score(world, matches, pl.concat([told_lines, told_entries]))["all"]
        assert score.certain_wrong == score.claimed - score.right
        return score.right

    assert right({0: "E0", 1: "E1", 2: "E2"}) == 3
    assert right({0: "E1", 1: "E0", 2: "E2"}) == 3
    assert right({0: "E2", 1: "E1", 2: "E0"}) == 1


_PLACES = ("ALDER", "BIRCH", "CEDAR", "DOVER", "EASTON", "FALCON", "GARNET", "HUDSON", "IRVING", "JASPER", "KINGSTON", "LEBANON", "MADISON", "NEWPORT", "OXFORD",
           "PRINCETON", "QUINCY", "RICHMOND")


def test_a_round_amount_that_very_many_pay_is_told_by_names() -> None:
    """More lines times entries of one amount than `equal.CROWDED`: a word alone, `ALDER` say, is in too many of them, the whole name is not."""
    names = list(map(" ".join, combinations(_PLACES, 2)))
    lines = [(4 + n % 20, 100000, f"ACH CREDIT {name}") for n, name in enumerate(names)]
    entries = [(3 + n % 20, 100000, f"PV-{7 * n}", name.title()) for n, name in enumerate(names)]
    assert len(lines) * len(entries) > equal.CROWDED
    assert told(lines, entries) == {f"{n} = E{n} one_to_one matched" for n in range(len(names))}


def test_one_partys_very_many_equal_amounts_are_suggested_within_a_few_days() -> None:
    lines = [(4 + n // 10, 100000, f"ACH CREDIT ALDER DENTAL {90000 + n}") for n in range(200)]
    entries = [(4 + n // 10, 100000, f"PV-{n}", "Alder Dental") for n in range(200)]
    assert len(lines) * len(entries) > equal.CROWDED
    matches, members = bank_book.reconcile(bank(lines), book(entries))
    assert set(matches["status"]) == {"suggested"}
    assert set(matches["kind"]) == {"one_to_one"}
    pairs = members.group_by("m").agg(pl.col("line_id").drop_nulls().first(), pl.col("entry_id").drop_nulls().first())
    assert {int(line) // 10 - int(entry[1:]) // 10 for line, entry in pairs.select("line_id", "entry_id").iter_rows()} == {0}


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_a_month_with_known_truth(seed: int) -> None:
    world = bank_book_world.build(seed, 250, 1.0)
    told_of = bank_book_world.score(world, *bank_book.reconcile(world.bank, world.book))
    assert told_of["all"].f1 >= 0.97
    assert told_of["all"].certain_wrong <= told_of["all"].certain // 100


def test_how_many_pairs_are_looked_at_at_once_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    world = bank_book_world.build(104, 400, 2.0)
    whole = bank_book.reconcile(world.bank, world.book)
    monkeypatch.setattr(pairs, "_JOINED_AT_ONCE", 7)
    monkeypatch.setattr(pairs, "_PAIRS_AT_ONCE", 11)
    monkeypatch.setattr(equal, "_AT_ONCE", 5)
    monkeypatch.setattr(sides, "_AT_ONCE", 13)
    monkeypatch.setattr(party_sets, "_SUMS_AT_ONCE", 2_000)
    for one, other in zip(whole, bank_book.reconcile(world.bank, world.book), strict=True):
        assert_frame_equal(one, other)
