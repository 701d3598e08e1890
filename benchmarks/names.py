"""Names of customers, and what banks and payers make of them: upper case, cuts, typing errors, trade names, transliteration.

Every name is drawn by the seeded chance that is passed in; nothing here is taken from a real register.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import NamedTuple

from anyascii import anyascii


class Country(NamedTuple):
    """Where a customer sits: its currency, the legal forms there, and the surnames and places that sound like it."""

    code: str
    currency: str
    forms: tuple[str, ...]
    surnames: tuple[str, ...]
    places: tuple[str, ...]


_US_SURNAMES = ("Abbott", "Barlow", "Calloway", "Delgado", "Ellison", "Fairbanks", "Garrison", "Hollis", "Ibarra", "Jessup",
                "Kendrick",
                "Langford", "McAllister", "Nakamura", "O'Connell", "Pruitt", "Quigley", "Rutledge", "Stockton", "Thibodeaux",
                "Underhill",
                "Vasquez", "Whitaker", "Yarbrough", "Zimmerman", "Boone", "Crenshaw", "Dunning", "Everhart", "Figueroa")
_US_PLACES = ("Cedar Falls", "Boulder Creek", "Lake Arden", "Fort Wilder", "Maple Grove", "Red Rock", "Silver Spring",
              "Stony Brook",
              "Twin Oaks", "Union City", "West Haven", "Bay Harbor", "Clear Lake", "Eagle Pass", "Glen Ridge", "Iron Mountain")
COUNTRIES = (
    Country("US", "USD", ("Inc.", "LLC", "Corp.", "Co.", "L.P.", "Company", "Incorporated", "LLP", "Ltd.", ""), _US_SURNAMES,
            _US_PLACES),
    Country("DE", "EUR", ("GmbH", "AG", "GmbH & Co. KG", "e.K.", "KG", "UG (haftungsbeschränkt)"),
            ("Müller", "Schröder", "Weiß", "Köhler", "Brandt", "Lindemann", "Jäger", "Böttcher", "Hoffmann", "Krüger", "Günther",
             "Voß"),
            ("Lübeck", "Göttingen", "Erfurt", "Münster", "Fürth", "Oldenburg", "Bad Homburg", "Würzburg")),
    Country("FR", "EUR", ("SARL", "SAS", "SA", "SNC", "EURL"),
            ("Lefèvre", "Géraud", "Moreau", "Côté", "Beaulieu", "Thévenin", "Dufour", "Rousseau", "Hébert", "Chauvin"),
            ("Angoulême", "Saint-Étienne", "Besançon", "Nîmes", "Orléans", "Le Havre")),
    Country("NL", "EUR", ("B.V.", "N.V.", "V.O.F."), ("van den Berg", "de Vries", "Jansen", "Hoekstra", "Kuiper", "Dijkstra",
                                                      "van Loon"),
            ("Zwolle", "Haarlem", "Breda", "'s-Hertogenbosch", "Leiden")),
    Country("IT", "EUR", ("S.p.A.", "S.r.l.", "S.n.c."),
            ("Rossetti", "Bianchi", "D'Angelo", "Ferraro", "Gallo", "Moretti", "Lo Presti"),
            ("Cefalù", "Forlì", "Bergamo", "Lecce", "Reggio Emilia")),
    Country("ES", "EUR", ("S.L.", "S.A.", "S.L.U."), ("Muñoz", "Ibáñez", "Cortés", "Peña", "Vidal", "Echeverría"),
            ("A Coruña", "Cádiz", "Logroño", "Gijón", "León")),
    Country("FI", "EUR", ("Oy", "Oyj", "Ky"), ("Mäkinen", "Lehtonen", "Järvi", "Koskela", "Hämäläinen"),
            ("Jyväskylä", "Oulu", "Hämeenlinna")),
    Country("GR", "EUR", ("A.E.", "E.Π.E."), ("Παπαδόπουλος", "Νικολάου", "Γεωργίου", "Καραμανλής"), ("Πάτρα", "Βόλος")),
    Country("GB", "GBP", ("Ltd", "PLC", "LLP", "Limited"),
            ("Ashworth", "Blackwood", "Cartwright", "Fairclough", "Hargreaves", "Pemberton"),
            ("Harrogate", "Stow-on-the-Wold", "Kirkcaldy", "St Albans")),
    Country("CH", "CHF", ("AG", "GmbH", "SA", "Sàrl"), ("Zürcher", "Aebischer", "Brügger", "Dubois", "Keller"),
            ("Neuchâtel", "Winterthur", "Chur")),
)
TRADES = ("Logistics", "Hardware", "Foods", "Marine Supply", "Dental Group", "Interiors", "Textiles", "Packaging", "Electric",
          "Plumbing",
          "Garden Centers", "Brewing", "Office Products", "Roofing", "Pharmacy", "Auto Parts", "Cold Storage", "Timber",
          "Print & Media",
          "Catering", "Machine Works", "Veterinary Clinic", "Solar", "Optics", "Trading")
TRADES_LOCAL = {
    "DE": ("Logistik", "Maschinenbau", "Möbelhaus", "Elektrotechnik", "Baustoffe", "Großhandel", "Spedition", "Werkzeugbau"),
    "FR": ("Transports", "Ameublement", "Électricité", "Boulangerie", "Vins & Spiritueux", "Outillage"),
    "NL": ("Groothandel", "Transport", "Bloemen", "Techniek"), "IT": ("Ceramiche", "Arredamenti", "Alimentari", "Trasporti"),
    "ES": ("Construcciones", "Muebles", "Conservas", "Transportes"), "FI": ("Puutavara", "Kuljetus", "Rakennus"),
    "GR": ("Τρόφιμα", "Ναυτιλιακή", "Εμπορική"), "CH": ("Uhren", "Holzbau", "Treuhand", "Confiserie"),
}
FIRST_NAMES = ("Dolores", "Everett", "Francine", "Gus", "Harriet", "Ines", "Jürgen", "Kwame", "Lucía", "Marek", "Noriko",
               "Øystein")
PUBLIC_BODIES = ("City of {place}", "{place} Unified School District", "County of {place}", "{place} Regional Hospital",
                 "University of {place}")


def make(chance: random.Random, country: Country) -> str:
    """A name of one of many kinds: firms by surname, by place, by trade, partnerships, people, public bodies."""
    surname, other, place = chance.choice(country.surnames), chance.choice(country.surnames), chance.choice(country.places)
    trade = chance.choice(TRADES_LOCAL.get(country.code, TRADES))
    form = chance.choice(country.forms)
    kind = chance.random()
    if kind < 0.05 and country.code == "US":
        return chance.choice(PUBLIC_BODIES).format(place=place)
    if kind < 0.08:
        return f"{chance.choice(FIRST_NAMES)} {surname}"
    if kind < 0.45:
        core = f"{surname} {trade}"
    elif kind < 0.65:
        core = f"{place} {trade}"
    elif kind < 0.80 and surname != other:
        core = f"{surname} & {other} {trade}"
    elif kind < 0.90:
        core = f"{surname} {trade} {place}"
    else:
        core = f"{''.join(chance.choice('ABCDEFGHKLMNPRSTVW') for _ in range(3))} {trade}"
    return f"{core} {form}".strip()


def twin(chance: random.Random, name: str, country: Country) -> str:
    """Another customer's name that differs from `name` by little: legal form, place, numeral, a plural."""
    form = next((f for f in country.forms if f and name.endswith(f" {f}")), "")
    core = name[: len(name) - len(form)].strip()
    choices = [f"{core} II {form}", f"{core} {chance.choice(country.places)} {form}", f"{core} Holding {form}",
               f"{core} International {form}"]
    choices += [f"{core} {other}" for other in country.forms if other and other != form]
    return chance.choice(choices).strip()


def child(chance: random.Random, parent: str, country: Country) -> str:
    """A branch or subsidiary that carries its parent's name."""
    first = parent.split(" ", maxsplit=1)[0]
    return chance.choice((f"{parent} - {chance.choice(country.places)}",
                          f"{first} {chance.choice(country.places)} {chance.choice(country.forms)}".strip()))


def trade_name(chance: random.Random, country: Country) -> str:
    """The sign over the shop, which shares nothing with the register."""
    place, trade = chance.choice(country.places), chance.choice(TRADES)
    return f"{chance.choice(('The', 'Old', 'Corner', 'Blue Door', 'Sunrise'))} {place.split(' ')[-1]} {trade}"


_FORMS = sorted({plain_form for country in COUNTRIES for form in country.forms if (plain_form := anyascii(form).upper())},
                key=len, reverse=True)


@lru_cache(maxsize=65536)
def core(name: str) -> str:
    """Upper case, plain, without the legal form: what two look-alikes share."""
    shown = anyascii(name).upper()
    form = next((form for form in _FORMS if shown.endswith(f" {form}")), "")
    return shown[: len(shown) - len(form)].strip()


@lru_cache(maxsize=65536)
def plain(name: str) -> str:
    """What a bank without special characters prints."""
    return name if name.isascii() else anyascii(name)


def upper(name: str) -> str:
    """As most banks send it."""
    return plain(name).upper()


def cut(name: str, width: int) -> str:
    """As short fields leave it."""
    return plain(name).upper()[:width].rstrip()


def typed_wrong(chance: random.Random, name: str) -> str:
    """Two slips of a keyboard: swapped, dropped or doubled letters."""
    letters = list(plain(name))
    for _ in range(2):
        at = chance.randrange(1, max(2, len(letters) - 1))
        slip = chance.random()
        if slip < 0.4:
            letters[at - 1 : at + 1] = reversed(letters[at - 1 : at + 1])
        elif slip < 0.7:
            del letters[at]
        else:
            letters.insert(at, letters[at - 1])
    return "".join(letters)
