"""What PayPal's event codes (T0006) and the types of its activity download mean for us.

The first two digits are the group of the code; single codes that differ from their group stand beside it.
"""

from __future__ import annotations

import re

from parsers.records import Kind

_GROUPS: dict[str, Kind] = {
    "T01": "fee", "T02": "transfer", "T03": "transfer", "T04": "payout", "T06": "payout", "T07": "transfer", "T08": "other", "T09": "other",
    "T11": "reversal", "T12": "reversal", "T14": "interest", "T15": "transfer", "T16": "other", "T17": "payout", "T18": "other", "T19": "other",
    "T20": "transfer", "T21": "transfer", "T22": "transfer",
}
_CODES: dict[str, Kind] = {
    "T1105": "transfer", "T1107": "return", "T1108": "fee", "T1109": "fee", "T1110": "transfer", "T1111": "transfer", "T1115": "return",
    "T1200": "other", "T1207": "fee",
}
_TYPES: tuple[tuple[str, Kind], ...] = (
    (r"hold|einbehalt|einbehaltung|retenue|blocage|retenci|trattenut|blokker|reserve|r(?:é|e)serve|open authori", "transfer"),
    (r"currency conversion|w(?:ä|ae)hrungsumrechnung|conversion de devise|conversi(?:ó|o)n de divisa|conversione di valuta|valutaomrekening", "transfer"),
    (r"(?:chargeback|dispute) fee|\bfees?\b|geb(?:ü|ue)hr|entgelt|\bfrais\b|tarifa|tariffa|\bkosten\b", "fee"),
    (r"chargeback|reversal|r(?:ü|ue)ckbuchung|annulation|contre-?passation|reversi(?:ó|o)n|storno|terugboeking", "reversal"),
    (r"refund|r(?:ü|ue)ckzahlung|r(?:ü|ue)ckerstattung|remboursement|reembolso|rimborso|terugbetaling", "return"),
    (r"bank deposit|add(?:ed)? (?:funds|to balance)|bankgutschrift|einzahlung|d(?:é|e)p(?:ô|o)t|ingreso desde|ricarica|storting", "transfer"),
    (r"withdraw|transfer to bank|abbuchung auf|abhebung|auszahlung|virement standard|retrait|retirada|prelievo|opname|overboeking naar", "payout"),
    (r"interest|zinsen", "interest"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), kind) for pattern, kind in _TYPES)


def kind_of_code(code: str, amount_minor: int) -> Kind:
    """The kind of an event code; payments (T00) by their sign."""
    by_sign: Kind = "receipt" if amount_minor > 0 else "disbursement" if amount_minor < 0 else "other"
    return _CODES.get(code) or _GROUPS.get(code[:3], by_sign)


def kind_of_type(words: str, amount_minor: int) -> Kind:
    """The kind of an activity's type in words; anything else by its sign."""
    by_sign: Kind = "receipt" if amount_minor > 0 else "disbursement" if amount_minor < 0 else "other"
    return next((kind for pattern, kind in _PATTERNS if pattern.search(words)), by_sign)
