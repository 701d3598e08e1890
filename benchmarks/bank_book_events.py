"""What happens on a bank account in a month: each function is one event, with its lines at the bank, its entries in the books and the truth about them.

Names, texts and numbers are made up here and not shared with the engine, so that the world knows nothing of how it is solved.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field

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
