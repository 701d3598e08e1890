"""Why payers take something off: a closed list of reason codes, each with the words by which payers mean it.

The defaults are the reasons that deduction desks of the field keep apart (X12 data element 426 names the same ones by number);
a company extends or replaces them in `cashapp.toml`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Reason(NamedTuple):
    """A code, what it means, and the words of payers, in capitals."""

    code: str
    name: str
    words: tuple[str, ...] = ()


DEFAULTS = (
    Reason("damage", "goods damaged or defective", ("DAMAGE", "DAMAGED", "DAMAGES", "DEFECT", "DEFECTIVE", "BROKEN", "SPOILED", "SPOILAGE")),
    Reason("shortage", "less delivered than invoiced", ("SHORTAGE", "SHORTAGES", "SHORT SHIP", "SHORT SHIPPED", "SHORTSHIP", "MISSING")),
    Reason("return", "goods sent back", ("RETURN", "RETURNS", "RETURNED GOODS", "RTV", "RMA")),
    Reason("pricing", "price other than agreed", ("PRICE", "PRICING", "OVERCHARGE", "OVERCHARGED")),
    Reason("freight", "freight or handling", ("FREIGHT", "FRT", "SHIPPING", "HANDLING", "DELIVERY CHARGE")),
    Reason("promotion", "promotion, allowance or advertising", ("PROMO", "PROMOTION", "ALLOWANCE", "COOP", "CO-OP", "ADVERTISING", "BILLBACK", "MARKDOWN")),
    Reason("rebate", "volume rebate or bonus", ("REBATE", "BONUS", "VOLUME DISCOUNT")),
    Reason("compliance", "penalty under the customer's rules", ("COMPLIANCE", "PENALTY", "FINE", "CHARGEBACK", "LATE DELIVERY", "ASN")),
    Reason("discount", "cash discount that was not earned", ("DISCOUNT", "DISC", "SKONTO", "ESCOMPTE", "SCONTO")),
    Reason("tax", "tax withheld or not owed", ("TAX", "VAT", "WITHHOLDING", "WHT", "TDS")),
    Reason("bank_fee", "a bank's charge", ("BANK FEE", "BANK CHARGE", "BANK CHARGES", "WIRE FEE", "FEE")),
    Reason("duplicate", "billed or paid twice", ("DUPLICATE", "DUPLICATE BILLING", "BILLED TWICE")),
    Reason("other", "another reason"),
)


def code_of(text: str, reasons: tuple[Reason, ...] = DEFAULTS) -> str:
    """The first code of which the text (in capitals) is the code or has a word, whole; empty without one.

    >>> code_of("INV 1003 LESS 20.00 FREIGHT ALLOWANCE"), code_of("FREIGHTLINER"), code_of("freight")
    ('freight', '', 'freight')
    """
    upper = text.upper()
    for reason in reasons:
        if upper == reason.code.upper() or (reason.words and _any_of(reason.words).search(upper)):
            return reason.code
    return ""


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """What finds one of the words, whole."""
    return re.compile(rf"(?<![A-Z])(?:{'|'.join(map(re.escape, words))})(?![A-Z])")
