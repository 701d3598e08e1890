"""BAI type codes: what a three-digit code of a BAI2 record says about the money, after BAI's uniform type codes of 2005.

001-099 are balances, 100-399 credits, 400-699 debits, 700-759 credits and 760-799 debits of a loan, 890 a message without
money, 900-919 balances, 920-959 credits and 960-999 debits by agreement with the bank. The table names the codes that may
stand on a detail (16) record; a code that it lacks is taken by its range: money in is a receipt, money out a disbursement.

Choices that are ours: a book transfer (191, 206) may come from a customer at the same bank, so it is a receipt unless its text
says otherwise, while automatic, concentration, zero-balance and sweep transfers are between accounts of one company.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, get_args

from parsers.records import Kind

OPENING_LEDGER = "010"
CLOSING_LEDGER = "015"
TOTAL_CREDITS = "100"
TOTAL_DEBITS = "400"
CREDITS_NOT_DETAILED = "105"
DEBITS_NOT_DETAILED = "406"
MESSAGE = "890"
CLOSING = frozenset({"015", "045"})
CURRENT = frozenset({"030", "059", "060"})
"""Balances that only a report about the running day gives."""

SERIAL_IS_CUSTOMER_REFERENCE = frozenset({"116", "255", "266", "395", "435", "474", "475", "484", "555", "566"})
"""Details of one check: the customer reference is its serial number."""

BOOK_TRANSFERS = frozenset({"191", "206", "491", "506"})
"""Transfers inside the bank: a customer's, or between accounts of our own."""

ITEM_OF_PACKAGE = {"115": "116", "135": "136", "142": "143", "145": "143", "155": "156", "342": "345", "447": "452", "451": "452"}
"""Deposits that may be followed by their items, with the code of the items."""


class TypeCode(NamedTuple):
    """One code. `sign` is +1 for credits, -1 for debits, 0 where no money moves."""

    code: str
    sign: int
    kind: Kind
    label: str
    names_payer: bool
    """Whether the text may name who paid, or whose payment came back."""
    is_special: bool
    """Whether it is a single check or a book transfer."""


@lru_cache(maxsize=1024)
def type_code(code: str) -> TypeCode:
    """The meaning of a three-digit code; one that nobody listed gets the meaning of its range."""
    sign = _sign(code)
    kind, label = _table().get(code, ("receipt" if sign > 0 else "disbursement" if sign < 0 else "other", ""))
    names_payer = kind == "return" or (sign > 0 and kind in {"receipt", "reversal"})
    return TypeCode(code, sign, kind, label, names_payer, is_special=code in SERIAL_IS_CUSTOMER_REFERENCE or code in BOOK_TRANSFERS)


@lru_cache(maxsize=1)
def details_with_money() -> dict[str | None, TypeCode]:
    """The codes of the table that move money, and what they mean."""
    return {code: meaning for code in _table() if (meaning := type_code(code)).sign}


def is_detail(code: str) -> bool:
    """Whether the code may stand on a detail record (the standard leaves 920-999 open)."""
    return code in _table() or "920" <= code <= "999"


def _sign(code: str) -> int:
    if len(code) != 3 or not code.isdecimal():
        return 0
    if "100" <= code <= "399" or "700" <= code <= "759" or "920" <= code <= "959":
        return 1
    return -1 if "400" <= code <= "699" or "760" <= code <= "799" or "960" <= code <= "999" else 0


@lru_cache(maxsize=1)
def _table() -> dict[str, tuple[Kind, str]]:
    """Kind and label by code: a paragraph of `_CODES` opens with its kind."""
    kinds: dict[str, Kind] = {kind: kind for kind in get_args(Kind)}
    table: dict[str, tuple[Kind, str]] = {}
    for paragraph in _CODES.strip().split("\n\n"):
        heading, *rows = paragraph.splitlines()
        kind = kinds[heading.split()[0]]
        table |= {row[:3]: (kind, row[4:]) for row in rows}
    return table


_CODES = """
receipt  money from a payer
108 credit of any type
116 item in lockbox deposit
121 EDI transaction credit
122 EDIBANX credit received
136 item in DTC deposit
142 ACH credit received
143 item in ACH deposit
155 preauthorized draft credit
156 item in preauthorized draft deposit
158 real-time payment credit
164 corporate trade payment credit
165 preauthorized ACH credit
166 ACH settlement credit
169 miscellaneous ACH credit
173 bank-prepared deposit
174 other deposit
175 check deposit package
176 re-presented check deposit
184 draft deposit
187 cash letter credit
191 incoming internal money transfer
195 incoming money transfer
206 book transfer credit
208 international money transfer credit
212 foreign letter of credit
213 letter of credit
216 foreign remittance credit
218 foreign collection credit
221 foreign check purchase
222 foreign checks deposited
227 standing order credit
229 miscellaneous international credit
237 individual collection credit
295 ATM credit
301 commercial deposit
353 cash center credit
362 correspondent collection
366 currency and coin deposited
391 universal credit
392 freight payment credit
393 itemized credit over 10,000
394 cumulative credits
399 miscellaneous credit

lockbox_deposit  one total for many checks
115 lockbox deposit

payout  a card processor's settlement
147 bank card deposit

return  a payment comes back
123 EDIBANX credit return
168 ACH return item or adjustment settlement
255 check posted and returned
257 ACH return item
261 rejected credit
266 return item
423 EDIBANX return item debit
468 ACH return item or adjustment settlement
555 deposited item returned
557 ACH return item
561 rejected debit
566 return item

reversal  an entry is taken back
252 debit reversal
254 posting error correction credit
258 ACH reversal credit
395 check reversal
415 lockbox debit
552 credit reversal
554 posting error correction debit
558 ACH reversal debit
694 deposit reversal

transfer  between accounts of one company
135 DTC concentration credit
145 ACH concentration credit
201 automatic transfer credit
214 foreign exchange credit
274 cumulative zero-balance or disbursement credits
275 zero-balance credit
277 zero-balance credit transfer
278 zero-balance credit adjustment
281 controlled disbursing credit
286 DTC disbursing credit
347 sweep principal sell
445 ACH concentration debit
485 DTC debit
501 automatic transfer debit
514 foreign exchange debit
574 cumulative zero-balance debits
575 zero-balance debit
577 zero-balance debit transfer
578 zero-balance debit adjustment
581 controlled disbursing debit
656 sweep principal buy

interest  for money lent or owed
242 collection of interest income
346 sweep interest income
354 interest credit
359 interest adjustment credit
654 interest debit
659 interest adjustment debit

fee  what the bank charges or refunds
398 miscellaneous fee refund
524 commission
564 overdraft fee
567 return item fee
661 account analysis fee
698 miscellaneous fees

disbursement  money to somebody
409 debit of any type
421 EDI transaction debit
422 EDIBANX settlement debit
435 payable-through draft
447 ACH disbursement funding debit
451 ACH debit received
452 item in ACH disbursement or debit
455 preauthorized ACH debit
458 real-time payment debit
462 account holder initiated ACH debit
464 corporate trade payment debit
466 ACH settlement debit
469 miscellaneous ACH debit
472 cumulative checks paid
474 certified check debit
475 check paid
477 bank originated debit
479 list post debit
481 loan payment
484 draft
491 outgoing internal money transfer
493 customer terminal initiated money transfer
495 outgoing money transfer
506 book transfer debit
508 international money transfer debit
512 letter of credit debit
513 letter of credit
516 foreign remittance debit
518 foreign collection debit
522 foreign checks paid
527 standing order debit
529 miscellaneous international debit
543 domestic collection
595 ATM debit
597 ARP debit
629 cash center debit
658 principal payments debit
666 currency and coin shipped
673 customer payroll
677 treasury tax and loan debit
691 universal debit
692 freight payment debit
693 itemized debit over 10,000
696 regular collection debit
697 cumulative debits
699 miscellaneous debit

other  corrections, securities, loans and banks among themselves
118 lockbox adjustment credit
171 loan deposit
172 deposit correction
189 cash letter adjustment
196 money transfer adjustment
198 compensation
202 bond operations credit
224 commission
226 international money market trading
232 sale of debt security
233 securities sold
234 sale of equity security
235 matured reverse repurchase order
236 maturity of debt security
238 collection of dividends
240 coupon collections
241 bankers' acceptances
243 matured fed funds purchased
244 interest or matured principal payment
246 commercial paper
247 capital change
248 savings bonds sales adjustment
249 miscellaneous security credit
263 overdraft
268 return item adjustment
276 zero-balance float adjustment
306 fed funds sold
308 trust credit
331 escrow credit
342 broker deposit
344 back value credit
345 item in broker deposit
348 futures credit
349 principal payments credit
351 investment sold
357 credit adjustment
358 year-to-date adjustment credit
363 correspondent collection adjustment
364 loan participation
367 food stamp letter
368 food stamp adjustment
369 clearing settlement credit
372 back value adjustment
373 customer payroll
374 FRB statement recap
376 savings bond letter or adjustment
377 treasury tax and loan credit
378 transfer of treasury credit
379 FRB government checks cash letter credit
381 FRB government check adjustment
382 FRB postal money order credit
383 FRB postal money order adjustment
384 FRB cash letter auto charge credit
386 FRB cash letter auto charge adjustment
387 FRB fine-sort cash letter credit
388 FRB fine-sort adjustment
397 float adjustment
408 float adjustment
476 Federal Reserve Bank letter debit
487 cash letter debit
489 cash letter adjustment
496 money transfer adjustment
498 compensation
502 bond operations debit
526 international money market trading
531 securities purchased
533 security collection debit
535 purchase of equity securities
538 matured repurchase order
540 coupon collection debit
541 bankers' acceptances
542 purchase of debt securities
544 interest or matured principal payment
546 commercial paper
547 capital change
548 savings bonds sales adjustment
549 miscellaneous security debit
563 overdraft
568 return item adjustment
616 Federal Reserve Bank commercial bank debit
622 broker debit
627 fed funds purchased
631 debit adjustment
633 trust debit
634 year-to-date adjustment debit
641 escrow debit
644 back value debit
651 investment purchased
657 futures debit
662 correspondent collection debit
663 correspondent collection adjustment
664 loan participation
667 food stamp letter
668 food stamp adjustment
669 clearing settlement debit
672 back value adjustment
674 FRB statement recap
676 savings bond letter or adjustment
678 transfer of treasury debit
679 FRB government checks cash letter debit
681 FRB government check adjustment
682 FRB postal money order debit
683 FRB postal money order adjustment
684 FRB cash letter auto charge debit
686 FRB cash letter auto charge adjustment
687 FRB fine-sort cash letter debit
688 FRB fine-sort adjustment
695 deposit correction debit
721 amount applied to interest
722 amount applied to principal
723 amount applied to escrow
724 amount applied to late charges
725 amount applied to buydown
726 amount applied to miscellaneous fees
727 amount applied to deferred interest
728 amount applied to service charge
890 message without money
"""
