"""A seeded month of a bank account and its cash book with known truth, and how well `matching.bank_book` does on it.

    python -m benchmarks.bank_book_world --seed 1 --events 2000 [--mess 1.0] [--out DIR]

An event is one thing that happened (a check, a payment run, a void with its new check …) with its lines at the bank, its entries in the
books and the truth about them. `--out` writes bank.csv, cashbook.csv and truth.csv. The same seed and dials give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from matching import bank_book
from matching.bank_book.schema import BANK, BOOK

FIRST = dt.date(2026, 10, 1)
DAYS = 31
_ROOTS = ("Alder", "Borealis", "Cascade", "Dunmore", "Elkhorn", "Fairview", "Granite", "Hollis", "Ironwood", "Juniper", "Kestrel", "Larch", "Meridian", "Norwood",
          "Orchard", "Pinnacle", "Quarry", "Redwater", "Sable", "Tamarack", "Upland", "Vantage", "Westbrook", "Yarrow", "Zephyr", "Oakmont", "Harbor", "Summit")
_TRADES = ("Freight", "Plumbing", "Office Supply", "Dental", "Foods", "Printing", "Landscaping", "Software", "Legal Services", "Properties", "Electric", "Packaging",
           "Steel", "Roofing", "Catering", "Insurance", "Logistics", "Chemicals", "Textiles", "Security")
_TOWNS = ("Ashland", "Bristol", "Camden", "Dover", "Easton", "Franklin", "Georgetown", "Hudson", "Irving", "Jackson", "Kingston", "Lebanon", "Madison", "Newport",
          "Oxford", "Princeton", "Quincy", "Richmond", "Salem", "Trenton", "Union", "Vienna", "Winchester", "York", "Arlington", "Burlington", "Clinton", "Dayton")
_FORMS = ("LLC", "Inc", "Co", "Corp", "LP", "")
_CRYPTIC = ("ORIG CO NAME:{a} CO ENTRY DESCR:PAYMENT SEC:CCD TRACE#:{n}", "PREAUTHORIZED ACH {n}", "EFT {n} CCD", "INTERNET TRF {n}", "MISC CR {n}", "ACH {n} PPD ID 9{n}")


@dataclass
class Line:
    """A bank line."""

    amount: int
    date: dt.date
    text: str
    name: str = ""
    check: str = ""
    kind: str = "other"


@dataclass
class Entry:
    """An entry of the books."""

    amount: int
    date: dt.date
    description: str
    reference: str = ""
    kind: str = ""


@dataclass
class Event:
    """What happened; `truth` are sets of places of lines and entries that are the same money."""

    behaviour: str
    lines: list[Line] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    truth: list[tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=list)


class Maker:
    """Chance, names and numbers."""

    def __init__(self, seed: int, events: int, mess: float) -> None:
        self.chance, self.mess = random.Random(seed), mess
        towns = ("", *_TOWNS)[: 1 + events // 1000]
        self.names = sorted({f"{a}{town and ' '}{town} {t} {self.chance.choice(_FORMS)}".strip() for a in _ROOTS for town in towns for t in _TRADES if self.chance.random() < 0.3})
        self._check, self._voucher, self._slip = 4000 + seed % 900, 10_000, 300
        self._taken: set[tuple[str, dt.date]] = set()

    def check(self) -> str:
        self._check += 1
        return str(self._check)

    def voucher(self) -> str:
        self._voucher += 1
        return self.chance.choice(("PV-{}", "V{}", "{}")).format(self._voucher)

    def slip(self) -> str:
        self._slip += 1
        return f"DS-{self._slip:05d}"

    def first_of(self, what: str, day: dt.date) -> bool:
        """Whether nothing of that kind was made for the day yet: what has no number of its own happens once a day."""
        known = (what, day) in self._taken
        self._taken.add((what, day))
        return not known

    def name(self) -> str:
        return self.chance.choice(self.names)

    def amount(self) -> int:
        if self.chance.random() < 0.12 * self.mess:
            return self.chance.choice((5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 250_000))
        return int(10 ** self.chance.uniform(3.6, 6.3))

    def day(self) -> dt.date:
        return working(FIRST + dt.timedelta(self.chance.randrange(DAYS)))

    def later(self, day: dt.date, low: int, high: int) -> dt.date:
        return working(day + dt.timedelta(self.chance.randint(low, high)))

    def at_bank(self, name: str) -> tuple[str, str]:
        """Name and text as the bank shows them: whole, cut off, without vowels, or not at all."""
        roll, plain = self.chance.random(), name.upper()
        number = self.chance.randrange(10**6, 10**7)
        if roll < 1 - 0.6 * self.mess:
            return plain, f"ACH CREDIT {plain}"
        if roll < 1 - 0.35 * self.mess:
            return "", f"ACH {plain[: self.chance.randint(9, 14)]} {number}"
        if roll < 1 - 0.2 * self.mess:
            return "", f"{''.join(c for c in plain if c not in 'AEIOU')[:16]} {number}"
        if roll < 1 - 0.1 * self.mess:
            return "", f"{plain.replace(' ', '')[:18]} DES:PYMT ID:{number}"
        return "", self.chance.choice(_CRYPTIC).format(n=number, a=self.chance.choice(("PAYMNTS", "BILLTRUST", "AVIDPAY", "SAP AG")))


def working(day: dt.date) -> dt.date:
    """The day, or the Monday after."""
    return day + dt.timedelta(max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def one(event: Event, line: Line | None, entry: Entry | None) -> Event:
    """Adds a line, an entry, or both as one money."""
    if line is not None:
        event.lines.append(line)
    if entry is not None:
        event.entries.append(entry)
    if line is not None and entry is not None:
        event.truth.append(((len(event.lines) - 1,), (len(event.entries) - 1,)))
    return event


def check_clears(m: Maker) -> Event:
    number, amount, name, day = m.check(), -m.amount(), m.name(), m.day()
    return one(Event("check"), Line(amount, m.later(day, 3, 14), f"CHECK {number}", check=number, kind="disbursement"), Entry(amount, day, name, number, "check"))


def check_without_number(m: Maker) -> Event:
    number, amount, name, day = m.check(), -m.amount(), m.name(), m.day()
    return one(Event("check without number"), Line(amount, m.later(day, 3, 14), "CHECK PAID", kind="disbursement"), Entry(amount, day, f"Check {number} {name}", number, "check"))


def ach_in(m: Maker) -> Event:
    amount, name, day = m.amount(), m.name(), m.day()
    shown, text = m.at_bank(name)
    return one(Event("ACH in"), Line(amount, m.later(day, 0, 3), text, shown, kind="receipt"), Entry(amount, day, f"Payment from {name}", m.voucher(), "receipt"))


def ach_out(m: Maker) -> Event:
    amount, name, day = -m.amount(), m.name(), m.day()
    shown, text = m.at_bank(name)
    return one(Event("ACH out"), Line(amount, m.later(day, 1, 4), text.replace("CREDIT", "DEBIT"), shown, kind="disbursement"), Entry(amount, day, f"ACH {name}", m.voucher(), "payment"))


def booked_late(m: Maker) -> Event:
    amount, name, day = m.amount(), m.name(), m.day()
    shown, text = m.at_bank(name)
    return one(Event("booked after the bank"), Line(amount, day, text, shown, kind="receipt"), Entry(amount, m.later(day, 1, 4), f"{name} receipt", m.voucher(), "receipt"))


def day_deposit(m: Maker) -> Event:
    """Checks taken to the bank together: the slip's number on the entries and half the time at the bank, or the only deposit of its day."""
    day, slip = m.day(), m.slip()
    with_slip = not m.first_of("deposit", day)
    entries = [Entry(m.amount(), day, f"Check from {m.name()}", slip if with_slip else m.voucher(), "deposit") for _ in range(m.chance.randint(2, 6))]
    text = f"DEPOSIT {slip}" if with_slip and m.chance.random() < 0.5 else "DEPOSIT"
    return Event("deposit of a day", [Line(sum(e.amount for e in entries), m.later(day, 0, 3), text, kind="receipt")], entries, [((0,), tuple(range(len(entries))))])


def payee_subset(m: Maker) -> Event:
    name, day = m.name(), m.day()
    entries = [Entry(m.amount(), working(day - dt.timedelta(m.chance.randint(0, 8))), f"{name} inv {m.chance.randrange(1000, 9999)}", m.voucher(), "receipt") for _ in range(m.chance.randint(3, 7))]
    chosen = tuple(sorted(m.chance.sample(range(len(entries)), m.chance.randint(2, len(entries) - 1))))
    shown, text = m.at_bank(name)
    return Event("subset of a payee's entries", [Line(sum(entries[n].amount for n in chosen), m.later(day, 1, 3), text, shown, kind="receipt")], entries, [((0,), chosen)])


def payroll(m: Maker) -> Event:
    day, batch = m.day(), m.chance.randrange(10**6, 10**7)
    words = f"BATCH {batch} PAYEE" if not m.first_of("payroll", day) else "DIRECT DEP"
    paid = m.later(day, 1, 1)
    lines = [Line(-m.amount(), paid, f"PAYROLL {words} {m.chance.randrange(10**5)}", kind="disbursement") for _ in range(m.chance.randint(2, 6))]
    return Event("several lines, one entry", lines, [Entry(sum(line.amount for line in lines), day, "Payroll run", m.voucher(), "payroll")], [(tuple(range(len(lines))), (0,))])


def void_reissue(m: Maker) -> Event:
    old, new, amount, name, day = m.check(), m.check(), -m.amount(), m.name(), m.day()
    void = m.later(day, 2, 8)
    event = Event("void and reissue", [], [Entry(amount, day, name, old, "check"), Entry(-amount, void, m.chance.choice((f"VOID check {old}", f"Void {name}")), old, "void")], [((), (0, 1))])
    if m.chance.random() < 0.6:
        return one(event, Line(amount, m.later(void, 3, 12), f"CHECK {new}", check=new, kind="disbursement"), Entry(amount, void, f"{name} reissue", new, "check"))
    return one(event, Line(amount, m.later(void, 3, 12), "CHECK PAID", kind="disbursement"), Entry(amount, void, f"{name} reissue", new, "check"))


def corrected(m: Maker) -> Event:
    amount, name, day = m.amount() // 10 * 10 + 3, m.name(), m.day()
    wrong = int("".join([*str(amount)[:-3], str(amount)[-2], str(amount)[-3], str(amount)[-1]]))
    wrong = wrong if wrong != amount else amount + 900
    voucher, shown, text = m.voucher(), *m.at_bank(name)
    event = Event("self-correcting series", [], [Entry(wrong, day, f"Receipt {name}", voucher, "receipt"), Entry(-wrong, m.later(day, 1, 3), f"Correction {name}", voucher, "journal")], [((), (0, 1))])
    return one(event, Line(amount, m.later(day, 0, 3), text, shown, kind="receipt"), Entry(amount, m.later(day, 1, 3), f"Receipt {name} corrected", m.voucher(), "receipt"))


def nsf(m: Maker) -> Event:
    amount, name, day = m.amount(), m.name(), m.day()
    back, (shown, text) = m.later(day, 3, 6), m.at_bank(name)
    event = one(Event("returned deposit"), Line(amount, m.later(day, 0, 2), text, shown, kind="receipt"), Entry(amount, day, f"Check {name}", m.voucher(), "receipt"))
    booked = m.chance.random() < 0.7
    entry = Entry(-amount, m.later(back, 0, 3), f"NSF {name}", m.voucher(), "nsf") if booked else None
    one(event, Line(-amount, back, f"RETURNED DEPOSITED ITEM NSF {name.upper()[:12]}", kind="return"), entry)
    return one(event, Line(-m.chance.choice((1200, 1500, 3500)), back, "RETURNED ITEM FEE", kind="fee"), None)


def fee(m: Maker) -> Event:
    amount, name, day = m.amount() + 50_000, m.name(), m.day()
    kept = m.chance.choice((1000, 1250, 1500, 1800, 2500, 3000, 3500))
    return one(Event("fee"), Line(amount - kept, m.later(day, 0, 2), f"WIRE IN {name.upper()[: m.chance.randint(10, 30)]}", kind="receipt"), Entry(amount, day, f"Wire {name}", m.voucher(), "receipt"))


def transposed(m: Maker) -> Event:
    digits = list(str(m.amount() + 10_007))
    places = [n for n in range(len(digits) - 1) if digits[n] != digits[n + 1] and (n or digits[1] != "0")]
    if not places:
        return check_clears(m)
    n = m.chance.choice(places)
    keyed = [*digits[:n], digits[n + 1], digits[n], *digits[n + 2:]]
    amount, wrong, name, day = int("".join(digits)), int("".join(keyed)), m.name(), m.day()
    if m.chance.random() < 0.5:
        number = m.check()
        return one(Event("digits exchanged"), Line(-amount, m.later(day, 3, 14), f"CHECK {number}", check=number, kind="disbursement"), Entry(-wrong, day, name, number, "check"))
    return one(Event("digits exchanged"), Line(amount, m.later(day, 0, 3), f"ACH CREDIT {name.upper()[:20]}", kind="receipt"), Entry(wrong, day, f"Payment {name}", m.voucher(), "receipt"))


def recurring(m: Maker) -> Event:
    name, start, cryptic = m.name(), m.chance.randrange(5), m.chance.random() < 0.5
    amount = -m.amount() - 13 if cryptic else -m.chance.choice((4_999, 12_500, m.amount()))
    event, step = Event("recurring equal amounts"), m.chance.choice((7, 7, 14))
    for day in range(start, DAYS, step):
        booked = working(FIRST + dt.timedelta(day))
        line = None if m.chance.random() < 0.1 else Line(amount, m.later(booked, 1, 3), f"AUTOPAY {m.chance.randrange(10**6)}" if cryptic else f"ACH DEBIT {name.upper()[:16]}", kind="disbursement")
        one(event, line, Entry(amount, booked, f"{name} subscription", m.voucher(), "payment"))
    return event


def look_alikes(m: Maker) -> Event:
    """Equal amounts of one day: told apart by name, or by nothing but their order on the days after one another."""
    event, day, named = Event("look-alikes"), m.day(), m.chance.random() < 0.7
    amount = m.chance.choice((50_000, 99_900, m.amount())) if named else m.amount() + 11
    for name in m.chance.sample(m.names, m.chance.randint(2, 3)):
        if named:
            one(event, Line(amount, m.later(day, 1, 2), f"ACH CREDIT {name.upper()[:18]}", kind="receipt"), Entry(amount, day, f"Payment {name}", m.voucher(), "receipt"))
        else:
            one(event, Line(amount, working(day + dt.timedelta(1)), "ACH CREDIT", kind="receipt"), Entry(amount, day, f"Payment {name}", m.voucher(), "receipt"))
            day = working(day + dt.timedelta(1))
    return event


def only_bank(m: Maker) -> Event:
    roll, day = m.chance.random(), m.day()
    if roll < 0.4:
        return one(Event("not in the books"), Line(-m.chance.choice((1500, 2500, 3500, m.amount() // 100)), day, "MONTHLY SERVICE CHARGE", kind="fee"), None)
    if roll < 0.6:
        return one(Event("not in the books"), Line(m.amount() // 50, day, "INTEREST PAID", kind="interest"), None)
    shown, text = m.at_bank(m.name())
    return one(Event("not in the books"), Line(m.amount(), day, text, shown, kind="receipt"), None)


def only_book(m: Maker) -> Event:
    day = m.day()
    if m.chance.random() < 0.6:
        return one(Event("outstanding"), None, Entry(-m.amount(), day, m.name(), m.check(), "check"))
    return one(Event("outstanding"), None, Entry(m.amount(), day, f"Payment from {m.name()}", m.voucher(), "receipt"))


def strangers(m: Maker) -> Event:
    """The bank shows one customer's money, the books wait for another's: equal amounts, nothing to match."""
    amount, day = m.chance.choice((50_000, 100_000, m.amount())), m.day()
    first, second = m.chance.sample(m.names, 2)
    event = one(Event("strangers of equal amount"), Line(amount, m.later(day, 1, 2), f"ACH CREDIT {first.upper()}", first.upper(), kind="receipt"), None)
    return one(event, None, Entry(amount, day, f"Payment from {second}", m.voucher(), "receipt"))


BEHAVIOURS: tuple[tuple[Callable[[Maker], Event], float, float], ...] = (
    (check_clears, 22, 0), (ach_in, 22, 0), (ach_out, 14, 0), (check_without_number, 1, 3), (booked_late, 2, 3), (day_deposit, 6, 2), (payee_subset, 1, 4), (payroll, 1, 2),
    (void_reissue, 0.5, 3), (corrected, 0.2, 2), (nsf, 1, 2), (fee, 0.2, 3), (transposed, 0.2, 3), (recurring, 1, 1), (look_alikes, 0.3, 2), (only_bank, 3, 3), (only_book, 4, 3),
    (strangers, 0, 1),
)
"""Behaviour, its weight in an orderly month, and what mess adds."""


class World(NamedTuple):
    """The two sides as the engine takes them, and the truth: for each set its behaviour, line ids and entry ids."""

    bank: pl.DataFrame
    book: pl.DataFrame
    truth: list[tuple[str, frozenset[int], frozenset[str]]]


def build(seed: int, events: int, mess: float) -> World:
    """The world of these dials; ids are given in shuffled order so that they tell nothing."""
    maker = Maker(seed, events, mess)
    weights = [clean + messy * mess for _, clean, messy in BEHAVIOURS]
    made = [behave(maker) for behave, _, _ in maker.chance.choices(BEHAVIOURS, weights, k=events)]
    line_ids = maker.chance.sample(range(1, 1 + sum(len(e.lines) for e in made)), sum(len(e.lines) for e in made))
    entry_ids = maker.chance.sample(range(1, 1 + sum(len(e.entries) for e in made)), sum(len(e.entries) for e in made))
    bank: list[tuple[object, ...]] = []
    book: list[tuple[object, ...]] = []
    truth: list[tuple[str, frozenset[int], frozenset[str]]] = []
    for event in made:
        lines = [line_ids[len(bank) + n] for n in range(len(event.lines))]
        entries = [f"E{entry_ids[len(book) + n]:07d}" for n in range(len(event.entries))]
        bank += [(i, "USD", x.amount, x.date, x.kind, x.check, x.name, f"B{i:08d} {x.text}") for i, x in zip(lines, event.lines, strict=True)]
        book += [(i, "USD", x.amount, x.date, x.kind, x.reference, x.description) for i, x in zip(entries, event.entries, strict=True)]
        truth += [(event.behaviour, frozenset(lines[n] for n in some), frozenset(entries[n] for n in others)) for some, others in event.truth]
        matched = {n for some, _ in event.truth for n in some}, {n for _, others in event.truth for n in others}
        truth += [(event.behaviour, frozenset([i]), frozenset[str]()) for n, i in enumerate(lines) if n not in matched[0]]
        truth += [(event.behaviour, frozenset[int](), frozenset([i])) for n, i in enumerate(entries) if n not in matched[1]]
    return World(pl.DataFrame(bank, schema=BANK, orient="row"), pl.DataFrame(book, schema=BOOK, orient="row"), truth)


Pair = tuple[object, object]


def pairs_of(lines: frozenset[int], entries: frozenset[str]) -> set[Pair]:
    """The pairs of a match: each line with each entry; of an offset, the entries with each other."""
    if not lines:
        ordered = sorted(entries)
        return {(a, b) for n, a in enumerate(ordered) for b in ordered[n + 1:]}
    return {(line, entry) for line in lines for entry in entries}


@dataclass
class Score:
    """Pairs claimed, true, and both; those claimed as `matched` and how many of them are wrong."""

    claimed: int = 0
    true: int = 0
    right: int = 0
    certain: int = 0
    certain_wrong: int = 0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(1, self.claimed + self.true)


def score(world: World, matches: pl.DataFrame, members: pl.DataFrame) -> dict[str, Score]:
    """By behaviour, and `all`. A wrong pair counts for the behaviour of its line, or of its first entry."""
    behaviour: dict[object, str] = {}
    truth: dict[Pair, str] = {}
    for name, lines, entries in world.truth:
        behaviour |= dict.fromkeys([*lines, *entries], name)
        truth |= dict.fromkeys(pairs_of(lines, entries), name)
    scores: dict[str, Score] = {"all": Score()}
    for name in sorted({name for name, _, _ in world.truth}):
        scores[name] = Score()
    for name in truth.values():
        scores[name].true += 1
    told = members.group_by("m").agg(pl.col("line_id").drop_nulls(), pl.col("entry_id").drop_nulls()).join(matches, on="m").sort("m")
    for lines, entries, status in told.select("line_id", "entry_id", "status").iter_rows():
        for pair in pairs_of(frozenset(lines), frozenset(entries)):
            mine = scores[truth.get(pair) or behaviour[pair[0]]]
            mine.claimed += 1
            mine.right += pair in truth
            mine.certain += status == "matched"
            mine.certain_wrong += status == "matched" and pair not in truth
    for name, one_score in scores.items():
        if name != "all":
            for what in ("claimed", "true", "right", "certain", "certain_wrong"):
                setattr(scores["all"], what, getattr(scores["all"], what) + getattr(one_score, what))
    return scores


def write(world: World, out: Path) -> None:
    """bank.csv (a bank's download), cashbook.csv (for `cashapp import`), truth.csv."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / "bank.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["Date", "Description", "Amount", "Reference", "Check Number", "Name"])
        for line, _, minor, date, _, check, name, text in world.bank.sort("date", "line_id").iter_rows():
            rows.writerow([date, text.partition(" ")[2], f"{minor / 100:.2f}", f"B{line:08d}", check, name])
    with (out / "cashbook.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["entry_id", "date", "amount", "currency", "account", "reference", "description", "kind"])
        for entry, currency, minor, date, kind, reference, description in world.book.sort("date", "entry_id").iter_rows():
            rows.writerow([entry, date, f"{minor / 100:.2f}", currency, "111222333", reference, description, kind])
    with (out / "truth.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["match", "behaviour", "bank_reference", "entry_id"])
        for n, (behaviour, lines, entries) in enumerate(world.truth):
            rows.writerows([n, behaviour, f"B{line:08d}", ""] for line in sorted(lines))
            rows.writerows([n, behaviour, "", entry] for entry in sorted(entries))


def main() -> None:
    """Score one world, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--mess", type=float, default=1.0)
    parser.add_argument("--out", type=Path)
    dials = parser.parse_args()
    world = build(dials.seed, dials.events, dials.mess)
    if dials.out:
        write(world, dials.out)
        return
    began, cpu = time.perf_counter(), time.process_time()
    matches, members = bank_book.reconcile(world.bank, world.book)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"seed {dials.seed}, mess {dials.mess}: {world.bank.height:,} lines, {world.book.height:,} entries, {wall:.1f} s wall, {cpu:.1f} s CPU")
    print(f"{'behaviour':30}{'true':>8}{'claimed':>9}{'precision':>11}{'recall':>9}{'F1':>8}{'matched':>9}{'wrong':>7}")
    for name, told in score(world, matches, members).items():
        print(f"{name:30}{told.true:8,}{told.claimed:9,}{told.right / max(1, told.claimed):11.2%}{told.right / max(1, told.true):9.2%}{told.f1:8.2%}{told.certain:9,}{told.certain_wrong:7}")


if __name__ == "__main__":
    main()
