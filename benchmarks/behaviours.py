"""How often payers behave in which way: of a thousand receipts, in a clean world and with each unit of mess."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import muddling, paying
from benchmarks.books import Receipt

if TYPE_CHECKING:
    from benchmarks.world import Maker


class Weight(NamedTuple):
    """How many of a thousand receipts behave so: always, and more for each unit of mess; whether they pay several items."""

    clean: int
    messy: int
    behave: Callable[[Maker], Receipt | None]
    several: bool = False

    def of(self, mess: float, several: float) -> float:
        """The weight in a world of so much mess, with so much of the usual share of receipts that pay several items."""
        return (self.clean + self.messy * mess) * (several if self.several else 1)


BEHAVIOURS = (
    Weight(420, 0, paying.exact_reference),
    Weight(130, 0, paying.multi_reference, several=True),
    Weight(110, 0, paying.advice_in_file, several=True),
    Weight(70, 0, paying.advice_separate, several=True),
    Weight(80, 0, paying.discount_earned),
    Weight(50, 0, paying.structured_reference),
    Weight(50, 0, paying.no_reference_single),
    Weight(12, 0, paying.clear_account, several=True),
    Weight(25, 0, paying.credit_memo_used, several=True),
    Weight(12, 5, paying.po_reference),
    Weight(10, 15, paying.parent_pays_child, several=True),
    Weight(8, 12, paying.deduction_stated),
    Weight(0, 8, paying.discount_in_grace),
    Weight(0, 8, paying.discount_late),
    Weight(0, 16, paying.short_unexplained),
    Weight(0, 8, paying.partial_stated),
    Weight(0, 6, paying.fee_not_stated),
    Weight(0, 6, paying.fee_stated),
    Weight(0, 8, paying.rounding),
    Weight(0, 12, paying.overpayment),
    Weight(0, 6, paying.prepayment),
    Weight(0, 8, muddling.same_amount_trap),
    Weight(0, 8, muddling.same_sum_trap),
    Weight(0, 4, muddling.parent_without_reference),
    Weight(0, 8, muddling.third_party),
    Weight(0, 30, muddling.name_mangled),
    Weight(0, 8, muddling.name_only),
    Weight(0, 10, muddling.unknown_payer),
    Weight(0, 6, muddling.twin_trap),
    Weight(0, 8, muddling.twin_with_reference),
    Weight(0, 20, muddling.zero_stripped),
    Weight(0, 20, muddling.prefix_less),
    Weight(0, 20, muddling.repunctuated),
    Weight(0, 12, muddling.one_edit),
    Weight(0, 8, muddling.split),
    Weight(0, 6, muddling.glued),
    Weight(0, 8, muddling.paid_reference),
    Weight(0, 8, muddling.duplicate_payment),
    Weight(0, 4, muddling.currency_mismatch),
    Weight(0, 4, muddling.number_at_two_customers),
    Weight(0, 4, muddling.number_of_nobody),
    Weight(0, 6, muddling.wrong_amount_reference),
    Weight(0, 5, muddling.remittance_mismatch),
)
