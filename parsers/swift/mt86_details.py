"""What the dialects of `:86:` have in common: the details of one entry, and references that can be trusted."""

from __future__ import annotations

import re
from typing import NamedTuple


class Details(NamedTuple):
    """What `:86:` tells of one entry; empty where it is silent."""

    text: str = ""
    payer_name: str = ""
    payer_account: str = ""
    end_to_end: str = ""
    reference: str = ""
    """The payer's or the file's reference besides the end-to-end one: KREF+, PREF."""
    structured_reference: str = ""
    business_code: str = ""
    """The German Geschäftsvorfallcode (GVC): what kind of business was booked."""
    posting_text: str = ""
    is_return: bool = False
    return_reason: str = ""
    original_amount: str = ""
    """OAMT+: what the returned payment was, without the banks' charges."""
    payee_name: str = ""
    """Who gets money that goes out, where the payer is named beside."""
    is_free_text: bool = False
    """Nothing but the text's own wording tells what was booked."""


NOTHING = Details()
NO_REFERENCE = frozenset(["NOTPROVIDED", "NONREF", "NOREF", "NONE"])
_DUTCH_IBAN = re.compile(r"NL\d\d[A-Z]{4}\d{10}")
_IBAN_FORM = re.compile(r"[A-Z]{2}\d\d[A-Z0-9]{11,30}")


def stated(reference: str) -> str:
    """A reference that says something; `NOTPROVIDED` and the like do not, however a line end has cut them."""
    return "" if reference.replace(" ", "") in NO_REFERENCE else reference


def is_iban(text: str) -> bool:
    """Whether the text is an IBAN by its check digits, or a Dutch one by its form (banks mask digits in samples)."""
    if _DUTCH_IBAN.fullmatch(text):
        return True
    from stdnum.iso7064 import mod_97_10

    return _IBAN_FORM.fullmatch(text) is not None and bool(mod_97_10.is_valid(text[4:] + text[:4]))
