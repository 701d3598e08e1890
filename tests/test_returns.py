"""The vocabulary of return reasons: every code has a category with a meaning, and words are understood where codes lack."""

from __future__ import annotations

import doctest

import pytest

from parsers import returns

# native code -> category
CODES = """
R01 insufficient_funds   R09 insufficient_funds   R02 account_closed    R03 no_account        R04 no_account
R16 account_blocked      R20 account_blocked      R08 stop_payment      R05 unauthorised      R07 unauthorised
R10 unauthorised         R11 unauthorised         R29 unauthorised      R14 deceased          R15 deceased
R06 requested            R23 refused              R24 duplicate         R17 administrative    R61 dishonoured
R70 dishonoured          R71 contested            R77 contested         A insufficient_funds  B insufficient_funds
C stop_payment           D account_closed         E no_account          S refer_to_maker      Z fraud
Y duplicate              U document               AM04 insufficient_funds AC04 account_closed MD01 unauthorised
MD06 unauthorised        MS03 unspecified         FOCR requested        AM05 duplicate        am04 insufficient_funds
"""

# words of a statement -> category
WORDS = """
RETURNED ITEM NSF                    | insufficient_funds
RETURN R10 ACME 0001                 | unauthorised
CHECK RETURNED - STOP PAYMENT        | stop_payment
Rueckgabe mangels Deckung            | insufficient_funds
RETURN R99 NSF                       | insufficient_funds
RETOUR AC04                          | account_closed
DEPOSITED ITEM RTN ACCT CLOSED       | account_closed
REFER TO MAKER                       | refer_to_maker
WIDERSPRUCH DURCH ZAHLUNGSPFLICHTIGEN| unauthorised
RETURN ITEM FEE                      |
TRANSFER 4711                        |
"""


@pytest.mark.parametrize(("code", "category"), list(zip(CODES.split()[::2], CODES.split()[1::2], strict=True)))
def test_category_of_a_code(code: str, category: str) -> None:
    reason = returns.lookup(code)
    assert reason is not None
    assert reason.category == category


@pytest.mark.parametrize("row", WORDS.strip().splitlines())
def test_category_of_words(row: str) -> None:
    text, category = (part.strip() for part in row.split("|"))
    reason = returns.in_words(text)
    assert (reason.category if reason else "") == category


def test_unknown_codes_are_unknown() -> None:
    assert [returns.lookup(code) for code in ("R97", "", "NSF", "C01", "XX99")] == [None] * 5


def test_every_category_is_used_and_explained() -> None:
    codes = [f"R{n:02}" for n in range(1, 86)] + [chr(n) for n in range(65, 91)] + ["MS02"]
    used = {reason.category for code in codes if (reason := returns.lookup(code))}
    assert used == set(returns.CATEGORIES)


def test_examples_hold() -> None:
    assert doctest.testmod(returns).failed == 0
