"""A seeded world of customers, open items and receipts with known truth, written as import files and bank files.

    python -m benchmarks.world --seed 1 --receipts 10000 --customers 5000 --out DIR [--format mt940|camt|bai2|…|mix] [--mess 1.0]

DIR then holds customers.csv, invoices.csv, remittances.csv in the program's import columns, the bank files in `bank/`, and
truth.csv: one row for each receipt and item. The same seed and dials give the same bytes. Nothing depends on clock or machine.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bank_files, documents, judge, names, tables
from benchmarks.behaviours import BEHAVIOURS
from benchmarks.books import Applied, Customer, Item, Medium, Receipt, References
from benchmarks.paying import SILENT_TEXTS, in_full, told_in_full
from benchmarks.payments import Told

FIRST_DAY = dt.date(2026, 11, 9)
COUNTRY_WEIGHTS = {"US": 60, "DE": 12, "FR": 5, "NL": 5, "IT": 3, "ES": 2, "FI": 2, "GR": 1, "GB": 6, "CH": 4}
PRICE_LIST = (4900, 9900, 12500, 19900, 25000, 49900, 100000, 150000, 250000)
SENTENCES = {
    "US": ("{}", "INV {}", "INVOICE {}", "Payment for {}", "Inv# {} thank you", "PAYMENT {} PER STATEMENT", "{} A/P RUN 1109"),
    "DE": ("{}", "Rechnung {}", "RG {} KD 10443", "Re.-Nr. {} vom 02.11.2026", "RNR {}", "Rechnungsnr. {} danke"),
    "FR": ("{}", "FACTURE {}", "Règlement facture {}", "FACT {} NOV"), "NL": ("{}", "Factuur {}", "Fact.nr. {} klant 10443"),
}


@dataclass(frozen=True, slots=True)
class Dials:
    """How big and how messy: `mess` 0 gives a world in which every payer is orderly, 1 an ordinary one, 2 a bad one. `several` 1 gives the
    ordinary share of receipts that pay several items, 0 none. `out_of_turn`: so often the payer of one of two sets of one sum pays the
    one that is due later; 0.5 is a coin, and nobody publishes what payers do."""

    seed: int = 1
    receipts: int = 1000
    customers: int = 500
    mess: float = 1.0
    several: float = 1.0
    out_of_turn: float = 0.5
    days: int = 1
    open_items_beside: float = 3.0
    format: str = "mix"


@dataclass(slots=True)
class World:
    """Customers with their items, and receipts, complete and judged."""

    dials: Dials
    customers: list[Customer] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def items(self) -> list[Item]:
        """All open and paid items, customer by customer."""
        return [item for customer in self.customers for item in customer.items]


def build(dials: Dials) -> World:
    """The world of these dials."""
    chance = random.Random(dials.seed)
    make = Maker(chance, dials)
    weights = [weight.of(dials.mess, dials.several) for weight in BEHAVIOURS]
    for weight in chance.choices(BEHAVIOURS, weights, k=2 * dials.receipts):
        if len(make.receipts) >= dials.receipts:
            break
        before = len(make.receipts)
        receipt = weight.behave(make)
        if receipt is not None:
            receipt.behaviour = weight.behave.__name__
            make.receipts.insert(before, receipt)
    world = World(dials, make.customers, make.receipts[: dials.receipts])
    make.add_other_items()
    bank_files.assign(world.receipts, dials.format, chance)
    known = judge.known(world.customers)
    for receipt in world.receipts:
        judge.judge(receipt, known, account_told=receipt.format in bank_files.TELL_ACCOUNT,
                    name_width=bank_files.NAME_WIDTHS.get(receipt.format, 140))
    return world


def write(world: World, out: Path) -> None:
    """Everything into a folder."""
    (out / "bank").mkdir(parents=True, exist_ok=True)
    for path in (out / "bank").iterdir():
        if path.name.rpartition("_")[0] in bank_files.FORMATS:  # of an earlier world in the same folder
            path.unlink()
    tables.write_customers(out / "customers.csv", world.customers)
    tables.write_invoices(out / "invoices.csv", world.items)
    tables.write_remittances(out / "remittances.csv", world.receipts)
    tables.write_truth(out / "truth.csv", world.receipts)
    bank_files.write(world.receipts, out / "bank")


class Maker:
    """What behaviours make their receipts from: chance, customers, document numbers."""

    def __init__(self, chance: random.Random, dials: Dials) -> None:
        self.chance, self.dials = chance, dials
        self.receipts: list[Receipt] = []
        calendar = (FIRST_DAY + dt.timedelta(number) for number in range(dials.days * 2))
        self.days = [day for day in calendar if day.weekday() < 5][: dials.days]
        self._countries = [c for c in names.COUNTRIES if c.currency in bank_files.currencies(dials.format)]
        self._numbers = {entity.code: entity.first for entity in documents.ENTITIES}
        self._twins: list[tuple[Customer, Customer]] = []
        self._families: dict[str, list[Customer]] = {}
        self._references = 0
        self.customers: list[Customer] = []
        self._by_id: dict[str, Customer] = {}
        for _ in range(dials.customers):
            self._add_customer()
        shuffled = chance.sample(self.customers, len(self.customers))
        quiet = len(shuffled) // 5
        self._quiet, self._busy = shuffled[:quiet], shuffled[quiet:]

    def _add_customer(self) -> None:
        chance = self.chance
        roll = chance.random()
        near = chance.choice(self.customers) if self.customers and roll < 0.18 else None
        country = next((c for c in self._countries if near and c.code == near.country), None) or chance.choices(
            self._countries, [COUNTRY_WEIGHTS[c.code] for c in self._countries])[0]
        if near and roll < 0.06:
            name = names.twin(chance, near.name, country)
        elif near:
            name = names.child(chance, near.name, country)
        else:
            name = names.make(chance, country)
        entity = chance.choice([e for e in documents.ENTITIES if e.currency == country.currency])
        account = self.account(country.currency, country.code)
        customer = Customer(f"C{len(self.customers) + 1:06d}", name, country.code, country.currency, entity.code,
                            paid_from=[account],
                            payment_terms=chance.choice(("net 30", "net 30", "net 45", "2/10 net 30")),
                            credit_limit_minor=chance.randrange(1, 200) * 100_000)
        if chance.random() < 0.85:
            customer.known_accounts.append(account)
        if chance.random() < 0.10:
            customer.aliases.append(names.trade_name(chance, country))
        if near and roll < 0.06:
            self._twins.append((near, customer))
            near.has_twin = customer.has_twin = True
        elif near and not near.parent_id:
            customer.parent_id = near.customer_id
            self._families.setdefault(near.customer_id, []).append(customer)
        self.customers.append(customer)
        self._by_id[customer.customer_id] = customer

    def customer(self, *, structured: bool = False) -> Customer:
        """One of those that trade every day; a few trade much more than the rest."""
        for _ in range(20):
            found = self._busy[int(len(self._busy) * self.chance.random() ** 1.5)]
            if not structured or found.currency in {"EUR", "CHF"}:
                break
        return found

    def quiet_customer(self) -> Customer:
        """One that has nothing else open, while there are any."""
        return self._quiet.pop() if self._quiet else self.customer()

    def twins(self) -> tuple[Customer, Customer] | None:
        """Two customers with look-alike names."""
        return self.chance.choice(self._twins) if self._twins else None

    def family(self) -> tuple[Customer, list[Customer]] | None:
        """A parent and its children."""
        if not self._families:
            return None
        parent_id = self.chance.choice(list(self._families))
        return self._by_id[parent_id], self._families[parent_id]

    def day(self) -> dt.date:
        return self.chance.choice(self.days)

    def account(self, currency: str, country: str = "") -> str:
        """A bank account as that currency's payers have it."""
        if currency == "USD":
            return documents.routing_account(self.chance)
        return documents.iban(self.chance, country or {"EUR": "DE", "GBP": "GB", "CHF": "CH"}[currency])

    def other_currency(self, currency: str) -> str | None:
        others = [c for c in sorted(bank_files.currencies(self.dials.format)) if c != currency]
        return self.chance.choice(others) if others else None

    def stranger(self, currency: str) -> str:
        """A name that is not in the books."""
        country = self.chance.choice([c for c in names.COUNTRIES if c.currency == currency])
        return names.upper(f"Unlisted {names.make(self.chance, country)}")

    def amount(self) -> int:
        """Mostly a few hundred to a few thousand; some from the price list, so that equal amounts meet."""
        if self.chance.random() < 0.05 * self.dials.mess:
            return self.chance.choice(PRICE_LIST)
        return max(500, int(self.chance.lognormvariate(12, 1.2)))

    def purchase_order(self) -> str:
        return f"45{self.chance.randrange(10**8):08d}"

    def number(self, code: str, kind: str) -> str:
        """The entity's next document number; numbers run up with gaps."""
        self._numbers[code] += self.chance.randrange(1, 6)
        entity = next(e for e in documents.ENTITIES if e.code == code)
        return (entity.credit if kind == "credit_memo" else entity.invoice).format(self._numbers[code])

    def item(self, customer: Customer, *, amount_minor: int | None = None, amount_min: int = 0, kind: str = "invoice",
             number: str = "",
             discount_date: dt.date | None = None, structured: bool = False) -> Item:
        """A new open item; the first payment day is on or after its issue date."""
        chance = self.chance
        amount = amount_minor or max(amount_min, self.amount())
        issue = discount_date - dt.timedelta(10) if discount_date else FIRST_DAY - dt.timedelta(chance.randrange(12, 80))
        terms = "2/10 net 30" if discount_date else "net 45" if customer.payment_terms == "net 45" else "net 30"
        item = Item(number or self.number(customer.entity, kind), customer.customer_id, customer.entity, customer.currency,
                    amount, amount, issue,
                    issue + dt.timedelta(int(terms[-2:])), kind, discount_date, (amount * 2 + 50) // 100 if discount_date else 0,
                    terms)
        if chance.random() < 0.3:
            item.po_number = self.purchase_order()
        if structured or (customer.currency in {"EUR", "CHF"} and chance.random() < 0.2):
            self._references += 1
            make = documents.qr_reference if customer.country == "CH" else documents.creditor_reference
            item.structured_reference = make(10**6 + self._references)
        customer.items.append(item)
        return item

    def received(self, customer: Customer, amount_minor: int, *, day: dt.date | None = None, payer: Customer | None = None,
                 text: str = "",
                 medium: Medium = "none", written: tuple[Told, ...] = (), references: References = "exact") -> Receipt:
        """A receipt of a known payer, with the name as banks send it."""
        source = payer or customer
        roll = self.chance.random()
        shown = names.upper(source.name) if roll < 0.5 else names.cut(source.name, 35) if roll < 0.7 else source.name
        return Receipt("", amount_minor, customer.currency, day or self.day(), shown, source.paid_from[0], customer, text=text,
                       medium=medium,
                       written=written, references=references)

    def paid(self, items: list[Item], *, amount_minor: int | None = None, day: dt.date | None = None,
             payer: Customer | None = None,
             medium: Medium = "text", written: tuple[Told, ...] | None = None, text: str | None = None,
             applied: tuple[Applied, ...] | None = None, references: References = "exact",
             structured_reference: str = "") -> Receipt:
        """A receipt for items of one customer (or one family); in full unless said otherwise, told in the text unless
        elsewhere."""
        customer = next(self._customer_of(item) for item in items)
        total = sum(item.owed_minor for item in items) if amount_minor is None else amount_minor
        told = told_in_full(items) if written is None else written
        receipt = self.received(customer, total, day=day, payer=payer, medium=medium, references=references,
                                written=() if structured_reference else told)
        receipt.structured_reference = structured_reference
        receipt.applied = in_full(items) if applied is None else applied
        if text is not None:
            receipt.text = text
        elif medium == "text":
            receipt.text = self.sentence(tuple(line.document_number for line in told))
        return receipt

    def by_amount(self, items: list[Item], payer: Customer | None = None) -> Receipt:
        """A receipt in full that says nothing of what it is for."""
        receipt = self.paid(items, payer=payer, medium="none", written=(), references="none")
        receipt.text, receipt.by_amount = self.chance.choice(SILENT_TEXTS), True
        return receipt

    def asked(self, receipt: Receipt, *, sufficient: bool) -> Receipt:
        """A person must decide; `sufficient` when an expert could do so from what is there."""
        receipt.expected, receipt.sufficient = "ask", sufficient
        return receipt

    def again(self, receipt: Receipt) -> Receipt:
        """The same payment a second time, on a later day if the world has one."""
        later = [day for day in self.days if day > receipt.day]
        second = Receipt("duplicate_payment_later", receipt.amount_minor, receipt.currency, later[0] if later else receipt.day,
                         receipt.payer_name,
                         receipt.payer_account, receipt.customer, text=receipt.text, written=receipt.written,
                         medium=receipt.medium)
        self.receipts.append(second)
        return second

    def sentence(self, numbers: tuple[str, ...]) -> str:
        """The numbers in a payer's words."""
        if not numbers:
            return ""
        words = self.chance.choice(SENTENCES[self.chance.choice(tuple(SENTENCES))] if self.dials.mess else ("{}",))
        return words.format(self.chance.choice((", ", " ", " + ", "; ", " / ")).join(numbers))

    def paid_by_stranger(self, receipt: Receipt) -> None:
        """The same payment from somebody who is not in the books."""
        receipt.payer_name, receipt.payer = self.stranger(receipt.currency), "foreign"
        receipt.payer_account = self.account(receipt.currency)

    def mangle_name(self, receipt: Receipt) -> None:
        """A typing error, a hard cut of the name, or a trade name."""
        customer = receipt.customer
        assert customer is not None
        roll = self.chance.random()
        if roll < 0.5:
            receipt.payer_name, receipt.payer = names.typed_wrong(self.chance, customer.name), "typing_error"
        elif roll < 0.75:
            receipt.payer_name = names.cut(customer.name, 22)
        else:
            country = next(c for c in names.COUNTRIES if c.code == customer.country)
            receipt.payer_name, receipt.payer = f"{names.trade_name(self.chance, country)} DBA", "trade_name"

    def add_other_items(self) -> None:
        """What is open beside what was paid, at every customer that trades."""
        for customer in self._busy:
            for _ in range(int(self.chance.expovariate(1 / self.dials.open_items_beside)) if self.dials.open_items_beside else 0):
                self.item(customer, kind="credit_memo" if self.chance.random() < 0.05 else "invoice")

    def _customer_of(self, item: Item) -> Customer:
        return self._by_id[item.customer_id]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Write a synthetic world with known truth.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--receipts", type=int, default=1000)
    parser.add_argument("--customers", type=int, default=500)
    parser.add_argument("--mess", type=float, default=1.0)
    parser.add_argument("--several", type=float, default=1.0, help="Share of the usual receipts that pay several items.")
    parser.add_argument("--out-of-turn", type=float, default=0.5, help="How often the payer of one of two sets of one sum pays what is due later.")
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--open-items-beside", type=float, default=3.0)
    parser.add_argument("--format", default="mix", choices=[*sorted(bank_files.FORMATS), "mix"])
    parser.add_argument("--out", type=Path, required=True)
    given = vars(parser.parse_args())
    out = given.pop("out")
    world = build(Dials(**given))
    write(world, out)
    posts = sum(receipt.expected == "post" for receipt in world.receipts)
    print(f"{len(world.customers)} customers, {len(world.items)} items, {len(world.receipts)} receipts ({posts} to post, "
          f"{len(world.receipts) - posts} to ask) in {out}")


if __name__ == "__main__":
    main()
