"""Why money came back: the codes of the clearings in one vocabulary of categories.

NACHA return codes R01-R85 (Operating Rules, appendix on return entries; R61-R77 are about returns themselves), check
return codes of image exchange (ANSI X9.100-187, letters and digits), ISO 20022 external status reasons (SEPA, RTP, wires).
A statement that has no code says it in words: `in_words` knows the usual ones.

>>> lookup("R01")
ReturnReason(code='R01', category='insufficient_funds', label='Insufficient funds')
>>> in_words("RETURNED ITEM NSF 2ND TIME").category
'insufficient_funds'
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

CATEGORIES: dict[str, str] = {
    "insufficient_funds": "no funds yet; may be presented again",
    "account_closed": "the account is closed",
    "no_account": "no such account or routing number; ask the payer for the right one",
    "account_blocked": "the account is frozen or takes no such entries",
    "stop_payment": "the payer stopped it; ask before presenting again",
    "unauthorised": "the payer says it was not authorised; do not debit again without a new authorisation",
    "refused": "the receiver refused our credit",
    "refer_to_maker": "the bank gives no reason; ask the payer",
    "deceased": "the account holder has died",
    "duplicate": "it was presented twice",
    "fraud": "forged, altered or counterfeit",
    "document": "the check itself is defective: date, signature, endorsement, image",
    "requested": "the sender or its bank asked for it back",
    "administrative": "a field, a rule or the clearing failed; correct and send again",
    "dishonoured": "our bank or theirs refuses the return: the money moves once more",
    "contested": "the refusal of the return is contested: the return stands",
    "unspecified": "no reason is told",
}
"""Each category with what it means for us."""


class ReturnReason(NamedTuple):
    """A native code, its category and its meaning in words."""

    code: str
    category: str
    label: str


_TABLE = """
R01 insufficient_funds Insufficient funds
R02 account_closed Account closed
R03 no_account No account, or name and number do not go together
R04 no_account Account number has an invalid structure
R05 unauthorised Consumer account debited with a corporate entry class without authorisation
R06 requested Returned at the request of the originating bank
R07 unauthorised Authorisation revoked by the customer
R08 stop_payment Payment stopped
R09 insufficient_funds Funds not yet collected
R10 unauthorised Originator not known to the customer, or debit not authorised
R11 unauthorised Debit not in accordance with the terms of the authorisation
R12 no_account Account moved to another bank with its branch
R13 no_account Routing number does not take part in the clearing
R14 deceased Representative payee deceased or unable to continue
R15 deceased Beneficiary or account holder deceased
R16 account_blocked Account frozen, or entry held by order of an authority
R17 administrative File record edit criteria, or entry under questionable circumstances
R18 administrative Improper effective entry date
R19 administrative Amount field error
R20 account_blocked Account takes no such transactions
R21 administrative Invalid company identification
R22 administrative Invalid individual identification number
R23 refused Credit refused by the receiver
R24 duplicate Duplicate entry
R25 administrative Addenda error
R26 administrative Mandatory field error
R27 administrative Trace number error
R28 no_account Check digit of the routing number is wrong
R29 unauthorised Corporate customer says that the debit is not authorised
R30 administrative Bank does not take part in check truncation
R31 unauthorised Late return of a corporate entry, agreed between the banks
R32 administrative Receiving bank cannot settle
R33 administrative Destroyed-check entry returned
R34 administrative Receiving bank's participation is limited
R35 administrative Debit not allowed in this entry class
R36 administrative Credit not allowed in this entry class
R37 duplicate Source document was presented for payment as well
R38 stop_payment Stop payment on the source document
R39 document Source document is improper
R40 administrative Enrolment returned by a federal agency
R41 administrative Enrolment has an invalid transaction code
R42 no_account Enrolment has a wrong routing number
R43 no_account Enrolment has an invalid account number
R44 administrative Enrolment has an invalid individual identification
R45 administrative Enrolment has an invalid name
R46 administrative Enrolment has an invalid representative payee indicator
R47 duplicate Enrolment sent twice
R50 document State law does not let the check be re-presented electronically
R51 unauthorised Re-presented check is ineligible, or its notice was not given
R52 stop_payment Stop payment on a re-presented check
R53 duplicate Check and its electronic re-presentment were both presented
R61 dishonoured Return went to the wrong bank
R62 dishonoured Return of an erroneous or reversing debit
R63 dishonoured Return has the wrong amount
R64 dishonoured Return has the wrong identification
R65 dishonoured Return has the wrong transaction code
R66 dishonoured Return has the wrong company identification
R67 dishonoured Return is a duplicate
R68 dishonoured Return is late
R69 dishonoured Return has field errors
R70 dishonoured Permissible return was not agreed or not asked for
R71 contested Dishonoured return went to the wrong bank
R72 contested Dishonoured return is late
R73 contested Original return was in time
R74 contested Return is corrected
R75 contested Original return was no duplicate
R76 contested Original return had no errors
R77 contested Dishonour of R62 is not accepted
R80 administrative International entry is wrongly coded
R81 administrative Bank does not take part in international entries
R82 no_account Foreign receiving bank is wrongly identified
R83 administrative Foreign receiving bank cannot settle
R84 administrative Gateway did not process the entry
R85 administrative Outbound international payment is wrongly coded
A insufficient_funds Not sufficient funds
B insufficient_funds Uncollected funds hold
C stop_payment Stop payment
D account_closed Account closed
E no_account Unable to locate account
F account_blocked Account frozen or blocked
G document Stale dated
H document Post dated
I document Endorsement missing
J document Endorsement irregular
K document Signature missing
L document Signature irregular
M document Non-cash item
N fraud Altered or fictitious
O administrative Unable to process
P account_blocked Item exceeds the stated limit
Q unauthorised Not authorised
R no_account Branch or account sold to another bank
S refer_to_maker Refer to maker
T refer_to_maker Item may not be presented again
U document Image unusable
V document Image fails a security check
W document Amount cannot be determined
X document Refer to image
Y duplicate Duplicate presentment
Z fraud Forgery
1 administrative Does not conform with the exchange agreement
3 fraud Breach of warranty
4 fraud Breach of warranty on a remotely created check
5 fraud Forged and counterfeit: breach of warranty
6 document Bank notes or items out of circulation
AC01 no_account Account number incorrect
AC02 no_account Debtor account number invalid
AC03 no_account Creditor account number invalid
AC04 account_closed Account closed
AC06 account_blocked Account blocked
AC07 account_closed Creditor account closed
AC13 account_blocked Debtor account is of a kind that cannot be debited
AC14 account_blocked Creditor account is of a kind that cannot be credited
AG01 account_blocked Transaction forbidden on this account
AG02 administrative Bank operation code invalid
AG03 administrative Transaction not supported
AM01 administrative Amount is zero
AM02 administrative Amount exceeds the allowed maximum
AM03 administrative Currency not allowed
AM04 insufficient_funds Insufficient funds
AM05 duplicate Duplication
AM06 administrative Amount too low
AM07 account_blocked Amount blocked by an authority
AM09 administrative Amount wrong
AM10 administrative Control sum wrong
ARDT requested Already returned
BE01 no_account Name and account do not go together
BE04 administrative Creditor address missing or wrong
BE05 unauthorised Initiating party not recognised
BE06 no_account Customer not known at the bank
BE07 administrative Debtor address missing or wrong
CNOR administrative Creditor bank not reachable
CURR administrative Currency wrong
CUST requested Requested by the customer
DNOR administrative Debtor bank not reachable
DS28 administrative Returned for technical reasons
DT01 administrative Date invalid
DUPL duplicate Duplicate payment
ED05 administrative Settlement failed
ERIN administrative Extended remittance information not supported
FF01 administrative File format invalid
FF05 administrative Direct debit type incorrect
FOCR requested Returned after a cancellation request
FR01 fraud Fraud
FRAD fraud Fraudulent origin
MD01 unauthorised No mandate
MD02 unauthorised Mandate data missing or wrong
MD05 requested Collection not due
MD06 unauthorised Refund requested by the debtor
MD07 deceased Account holder deceased
MS02 unspecified Refused by the customer without a reason
MS03 unspecified Refused by the bank without a reason
NARR unspecified Reason told in words
NOAS unspecified Customer did not answer
NOOR administrative Original payment not found
PINL account_blocked Data protection or legal restriction
RC01 no_account Bank identifier incorrect
RC04 no_account Creditor bank identifier invalid
RC07 no_account Creditor BIC incorrect
RF01 duplicate Reference is not unique
RR01 administrative Regulatory: debtor account missing
RR02 administrative Regulatory: debtor name or address missing
RR03 administrative Regulatory: creditor name or address missing
RR04 administrative Regulatory reason
RUTA administrative Returned after an inquiry
SL01 account_blocked Service of the debtor's bank
SL11 account_blocked Creditor is not on the debtor's list of allowed ones
SL12 account_blocked Creditor is on the debtor's list of blocked ones
SL13 account_blocked Debtor's limit on the amount
SL14 account_blocked Debtor's limit on the frequency
SVNR requested Service not rendered
TECH administrative Technical problem
TM01 administrative After the cut-off time
UPAY requested Undue payment
"""

_REASONS = {code: ReturnReason(code, category, label)
            for code, category, label in (line.split(" ", 2) for line in _TABLE.strip().splitlines())}

_WORDS = tuple((re.compile(pattern), code) for pattern, code in (
    (r"\bNSF\b|INSUFFICIENT|NOT SUFFICIENT|NON[- ]SUFFICIENT|MANGELS DECKUNG", "A"),
    (r"\bUCF\b|UNCOLLECTED", "B"),
    (r"STOP(PED)? PAY|PAYMENT STOP|STOPPED BY", "C"),
    (r"(ACCOUNT|ACCT|A/C) CLOSED|CLOSED ACC|KONTO (ERLOSCHEN|GESCHLOSSEN)", "D"),
    (r"UNABLE TO LOCATE|\bUTL\b|NO (SUCH )?ACCOUNT|INVALID ACCOUNT", "E"),
    (r"(ACCOUNT|ACCT) (FROZEN|BLOCKED)", "F"),
    (r"STALE[- ]DATED?", "G"),
    (r"POST[- ]?DATED", "H"),
    (r"REFER TO MAKER|\bRTM\b", "S"),
    (r"UNAUTHORI[SZ]ED|NOT AUTHORI[SZ]ED|AUTHORI[SZ]ATION REVOKED|WIDERSPRUCH", "Q"),
    (r"FORGE(D|RY)|COUNTERFEIT|FRAUD", "Z"),
    (r"ALTERED|FICTITIOUS", "N"),
    (r"ENDORSEMENT", "J"),
    (r"SIGNATURE", "L"),
    (r"DUPLICATE", "Y"),
))


def lookup(code: str) -> ReturnReason | None:
    """The reason of a native code (`R01`, `A`, `AM04`); None for a code that no clearing lists."""
    return _REASONS.get(code.strip().upper())


@lru_cache(maxsize=4096)
def in_words(text: str) -> ReturnReason | None:
    """The reason that a text tells: a NACHA or ISO code standing alone in it, else the usual words; None for neither."""
    upper = text.upper()
    for code in re.findall(r"\b(?:R\d\d|[A-Z]{2}\d\d)\b", upper):
        if code in _REASONS:
            return _REASONS[code]
    return next((_REASONS[code] for pattern, code in _WORDS if pattern.search(upper)), None)
