"""Numbers of documents and accounts, with their check digits, and what payers make of a number when they copy it.

Invoice numbers have the shape of the legal entity that issued them. References follow ISO 11649 (RF) and the Swiss QR reference;
IBANs follow ISO 13616; routing numbers carry the ABA check digit. Banks and accounts are invented.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.writers.fields import check_digit

Garble = Callable[[random.Random, str], str]

_QR_TABLE = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)
_IBAN_BODIES = {"DE": "n18", "FR": "n10 n11 n2", "NL": "BANKn10", "IT": "Xn22", "ES": "n20", "FI": "n14", "GR": "n23",
                "GB": "BANKn14", "CH": "n17"}


class Entity(NamedTuple):
    """A legal entity of ours: what its document numbers look like and in which currency it invoices."""

    code: str
    currency: str
    invoice: str
    credit: str
    first: int


ENTITIES = (
    Entity("US01", "USD", "INV-2026-{0:06d}", "CM-2026-{0:05d}", 4100),
    Entity("US02", "USD", "{0:08d}", "9{0:07d}", 40210000),
    Entity("US03", "USD", "SO{0:07d}-1", "SO{0:07d}-C", 310000),
    Entity("DE01", "EUR", "RE2026/{0:05d}", "GS2026/{0:05d}", 8100),
    Entity("FR01", "EUR", "FA-26-{0:05d}", "AV-26-{0:05d}", 2200),
    Entity("NL01", "EUR", "2026{0:06d}", "2626{0:06d}", 50200),
    Entity("GB01", "GBP", "SI/{0:06d}", "SC/{0:06d}", 77000),
    Entity("CH01", "CHF", "{0:010d}", "C{0:09d}", 1260000),
)


def creditor_reference(number: int) -> str:
    """RF and two check digits over a body of digits: 98 minus the remainder of body + "RF00" by 97."""
    body = f"{number:012d}"
    return f"RF{98 - int(body + '271500') % 97:02d}{body}"


def qr_reference(number: int) -> str:
    """27 digits, the last by the recursive modulo 10 of the Swiss payment slip."""
    body, carry = f"{number:026d}", 0
    for digit in body:
        carry = _QR_TABLE[(carry + int(digit)) % 10]
    return f"{body}{(10 - carry) % 10}"


def iban(chance: random.Random, country: str) -> str:
    """An IBAN of the country's length whose check digits tie."""
    body = re.sub(r"n(\d+) ?", lambda found: "".join(chance.choices("0123456789", k=int(found[1]))), _IBAN_BODIES[country])
    digits = "".join(str(int(char, 36)) for char in f"{body}{country}00")
    return f"{country}{98 - int(digits) % 97:02d}{body}"


def routing_account(chance: random.Random) -> str:
    """`routing/account`: nine digits with their check digit and up to ten of account."""
    district = f"{chance.randrange(1, 13):02d}{chance.randrange(10**6):06d}"
    return f"{district}{check_digit(district)}/{chance.randrange(10**6, 10**10)}"


def zero_stripped(chance: random.Random, number: str) -> str:  # noqa: ARG001 - every garble takes the same two
    """`INV-2026-004711` → `INV-2026-4711`; `00471100` → `471100`."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", number)


def prefix_less(chance: random.Random, number: str) -> str:  # noqa: ARG001
    """`INV-2026-004711` → `004711`: the part after the last separator, or the digits."""
    parts = [part for part in re.split(r"[^0-9A-Za-z]+", number) if part.isdigit()]
    return max(parts, key=len) if parts and len(parts[-1]) > 3 else re.sub(r"\D", "", number)


def repunctuated(chance: random.Random, number: str) -> str:
    """`INV-2026-004711` → `INV 2026/004711`, `INV2026004711`, `inv.2026.004711`."""
    mark = chance.choice((" ", "", ".", "/", "_"))
    spread = re.sub(r"[^0-9A-Za-z]+", mark, number)
    if spread == number:
        spread = f"{number[:4]}{mark or '-'}{number[4:]}"
    return spread.lower() if chance.random() < 0.3 else spread


def one_edit(chance: random.Random, number: str) -> str:
    """One digit wrong, missing, or two neighbours swapped."""
    places = [at for at, char in enumerate(number) if char.isdigit()]
    at = chance.choice(places[-5:])
    slip = chance.random()
    if slip < 0.6:
        return number[:at] + str((int(number[at]) + chance.randrange(1, 10)) % 10) + number[at + 1 :]
    if slip < 0.8 or at == 0 or number[at - 1] == number[at] or not number[at - 1].isdigit():
        return number[:at] + number[at + 1 :]
    return number[: at - 1] + number[at] + number[at - 1] + number[at + 1 :]


def split(chance: random.Random, number: str) -> str:
    """A blank in the middle, as line breaks leave it: `INV-2026-00 4711`."""
    at = chance.randrange(2, len(number) - 1)
    return f"{number[:at]} {number[at:]}"


GARBLES: dict[str, Garble] = {"zero_stripped": zero_stripped, "prefix_less": prefix_less, "repunctuated": repunctuated,
                              "one_edit": one_edit, "split": split}
