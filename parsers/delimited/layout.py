"""Which column of a bank's CSV is what: by its header in the languages that `parsers.delimited.words` knows.

A layout is found in three steps. (1) A shipped layout (`parsers.delimited.profiles`) whose header names all stand in one row, the
one with the most names; it settles what its bank does in its own way. (2) The words of `parsers.delimited.words` settle all else.
(3) A file without header is read by what its columns hold. The first rows must then read as dates and amounts, else the
file is not taken for a bank's CSV. Files of payment processors, known here or not, and our own import files have headers of their
own and are left to others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations

from parsers.amounts import AmountError, is_currency
from parsers.code_page import begins_as_utf8
from parsers.delimited.balances import is_running
from parsers.delimited.profiles import SHIPPED
from parsers.delimited.rows import DELIMITERS, fold, head_rows
from parsers.delimited.words import AMBIGUOUS_NAMES, ROLES, TEXTS, direction_of, names, status_of
from parsers.processors.headers import is_of_no_bank, is_processor_header
from parsers.profile import CsvColumns, Profile
from parsers.written_amounts import currency_of_symbol, looks_like_amount, mark_of, read_minor
from parsers.written_dates import Order, written_date

_ROWS_BEFORE_HEADER_MAX = 40

_BAI_CODES = frozenset({"bai code", "bai type code", "bai type"})
_OTHER_PAGES = ("cp1250", "cp1254", "cp1251", "cp1253", "gb18030", "cp932", "cp949", "big5", "cp1255", "cp1256", "cp874")
_UNIT = re.compile(r"(.*?)(?: in| en| em)? (eur|euros?|euroa|usd|gbp|chf|cad|aud|nzd|sek|nok|dkk|pln|zl|czk|kc|huf|jpy|inr|sgd|hkd|brl|mxn|zar|ron|bgn|try|aed|cny|rmb|krw|twd|thb|ils|rub|uah|rsd|sar|円|元|원|руб|грн|лв)")
_UNIT_CODES = {"euro": "EUR", "euros": "EUR", "euroa": "EUR", "zl": "PLN", "kc": "CZK", "rmb": "CNY", "円": "JPY", "원": "KRW", "руб": "RUB", "грн": "UAH", "лв": "BGN"}
"""The yuan sign 元 is also the dollar's of Taiwan."""

_ORDERS: tuple[Order, ...] = ("DMY", "MDY")
_Holds = Callable[[str], bool]
_OURS = (  # our own import files, see the master data that `cashapp import` reads
    {"invoice number", "customer id"}, {"entry id"}, {"payment reference", "invoice number"}, {"customer id", "name"},
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things stand in the rows of one file; a column that is not there is -1. Rows up to `header_line` are no entries."""

    rules: CsvColumns
    delimiter: str
    header_line: int
    width: int
    columns: dict[str, int]
    texts: tuple[int, ...]
    unit: str
    date_name: str

    def __getitem__(self, role: str) -> int:
        """The column of a role."""
        return self.columns.get(role, -1)


def with_code_page(head: bytes, profile: Profile) -> Profile:
    """The profile with the code page under which the header can be read: the profile's own, else one of other scripts."""
    if head.isascii() or profile.csv is not None or begins_as_utf8(head):
        return profile
    own = find_layout(head, profile)
    if own is not None and _line(head, own.header_line).isascii():
        return profile
    pages = (profile, *(replace(profile, encoding=page) for page in _OTHER_PAGES))
    return max(pages, key=lambda page: _columns_told(find_layout(head, page)))


def _line(head: bytes, number: int) -> bytes:
    lines = head.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else b""


def _columns_told(layout: Layout | None) -> int:
    """How many columns a layout can name; the first page with the most is the file's own."""
    return 0 if layout is None else len({*layout.columns.values(), *layout.texts})


def find_layout(head: bytes, profile: Profile) -> Layout | None:
    """The layout of the file, or None where it is no bank's CSV (or not one that can be told with certainty)."""
    if profile.csv is not None and profile.csv.delimiter:
        return _layout(head, profile.csv.delimiter, profile) if len(profile.csv.delimiter) == 1 else None
    found = [layout for delimiter in DELIMITERS if delimiter.encode() in head and (layout := _layout(head, delimiter, profile))]
    return max(found, key=lambda layout: len(layout.columns), default=None)


def _layout(head: bytes, delimiter: str, profile: Profile) -> Layout | None:
    rows = head_rows(head, delimiter, profile.encoding)
    rules = profile.csv
    if rules is not None and not rules.has_header:
        before = rows[: rules.preamble_rows]
        return _resolved(rules, [], [row.cells for row in rows[len(before) :]], delimiter, before[-1].line if before else 0)
    head_of_file = rows[:_ROWS_BEFORE_HEADER_MAX]
    if any(is_processor_header(row.cells) or (rules is None and is_of_no_bank(row.cells)) for row in head_of_file):
        return None
    start = rules.preamble_rows if rules is not None else 0
    for number, (line, cells) in enumerate(rows[start:_ROWS_BEFORE_HEADER_MAX], start=start):
        header = {fold(cell) for cell in cells} if len(cells) > 1 else set()
        dated = (*ROLES["date"], *ROLES["value_date"])
        names_no_date = rules is None and not any(names(group).have(name) for name in header for group in dated)
        if names_no_date or any(ours <= header for ours in _OURS):
            continue
        below = [row.cells for row in rows[number + 1 :]]
        layout = _resolved(rules or _shipped(header), cells, below, delimiter, line)
        if layout is not None and (rules is not None or _is_plausible(layout, below)):
            return layout
    return _without_header([row.cells for row in rows], delimiter) if rules is None else None


def _shipped(header: set[str]) -> CsvColumns:
    """The shipped layout that knows the most of these names, else one without rules."""
    fitting = (known for known in SHIPPED if set(known.header) <= header)
    return max(fitting, key=lambda known: len(known.header), default=CsvColumns(name="generic"))


def _is_plausible(layout: Layout, rows: list[list[str]]) -> bool:
    """The rows below the header read as dates and amounts (or there are none, which a bank sends for an empty period)."""
    if not rows:
        return layout.rules.name != "generic" or bool(layout.texts)
    good = sum(1 for row in rows[:12] if _reads(layout, row))
    return good > 0 and good * 3 >= min(len(rows), 12)


def _reads(layout: Layout, row: list[str]) -> bool:
    date = layout["date"]
    has_date = date < len(row) and _is_date(row[date])
    return has_date and any(0 <= layout[role] < len(row) and looks_like_amount(row[layout[role]]) for role in ("amount", "credit", "debit"))


def _resolved(rules: CsvColumns, header: list[str], rows: list[list[str]], delimiter: str, header_line: int) -> Layout | None:
    """Columns for the roles: those of the rules first, then by their names. None without a date and money."""
    folded = [fold(cell) for cell in header]
    units = [_UNIT.fullmatch(name) for name in folded]
    plain = [unit[1] if unit else name for name, unit in zip(folded, units, strict=True)]
    columns = {role: place for role in (*ROLES, "fee") if (place := _place(getattr(rules, role), folded)) >= 0}
    told = [place for name in rules.text if (place := _place(name, folded)) >= 0]
    for role, groups in ROLES.items():
        if not getattr(rules, role):
            taken = {*columns.values(), *told}
            place = _named(groups, plain, taken, _COLUMN_HOLDS.get(role), rows)
            if place >= 0:
                columns[role] = place
    _settle(columns, rows)
    has_money = "amount" in columns or ("credit" in columns and "debit" in columns)
    if "date" not in columns or not has_money:
        return None
    if "amount" in columns and "direction" not in columns and (place := _other_direction(columns["amount"], folded, rows)) >= 0:
        columns["direction"] = place
    if any(_currency_of(units[place]) for role in ("amount", "credit", "debit") if 0 <= (place := columns.get(role, -1)) < len(units)) and not rules.currency:
        columns.pop("currency", None)  # the amount's own name says its currency, so the column tells another amount's
    taken = set(columns.values()) - {columns.get("type_code", -1), columns.get("reference", -1)}
    texts = told or _text_columns(plain, taken)
    money = [place for role in ("amount", "credit", "debit", "balance") if 0 <= (place := columns.get(role, -1)) < len(header)]
    unit = next((code for place in money if (code := _currency_of(units[place]) or currency_of_symbol(header[place]))), "")
    date_name = folded[columns["date"]] if header else ""
    return Layout(rules, delimiter, header_line, len(header), columns, tuple(texts), unit, date_name)


def _text_columns(header: list[str], taken: set[int]) -> list[int]:
    """The columns of words; unnamed ones behind such a column go on with it."""
    found: list[int] = []
    for place, name in enumerate(header):
        if place not in taken and (names(TEXTS).have(name) if name else place - 1 in found):
            found.append(place)
    return found


def _other_direction(amount: int, header: list[str], rows: list[list[str]]) -> int:
    """The column that tells which way unsigned amounts go where none is called so: one without a name right behind them (`H`, `S`),
    or the bank's BAI codes; -1 where there is none."""
    behind = amount + 1
    if behind < len(header) and not header[behind]:
        cells = [row[behind] for row in rows if behind < len(row) and row[amount]]
        return behind if cells and all(map(direction_of, cells)) else -1
    return -1 if _is_signed(amount, rows) else next((place for place, name in enumerate(header) if name in _BAI_CODES), -1)


def _is_signed(place: int, rows: list[list[str]]) -> bool:
    return any("-" in row[place] or "(" in row[place] for row in rows if 0 <= place < len(row))


def _place(wanted: str, header: list[str]) -> int:
    """The column of a name or of a 1-based position; -1 where the file has none."""
    if wanted.isdecimal():
        return int(wanted) - 1
    name = fold(wanted)
    return header.index(name) if name and name in header else -1


def _named(groups: tuple[str, ...], header: list[str], taken: set[int], holds: _Holds | None, rows: list[list[str]]) -> int:
    """The left-most free column with a name of the surest group, if its first cells hold what the role needs: half of them (what
    does not fit is told with its row), or all where the name can mean another thing."""
    for group in groups:
        for place, name in enumerate(header):
            if place not in taken and name and names(group).have(name):
                cells = [row[place] for row in rows[:20] if place < len(row) and row[place].strip("-")]
                good = len(cells) if holds is None else sum(1 for cell in cells if holds(cell))
                if good == len(cells) or (name not in AMBIGUOUS_NAMES and 2 * good >= len(cells)):
                    return place
    return -1


def _settle(columns: dict[str, int], rows: list[list[str]]) -> None:
    """Roles that depend on each other: a value date is the date where there is no other, a signed amount goes before a pair; a direction needs an amount; of an account number
    that changes from row to row beside a name, the account is the payer's."""
    if "value_date" in columns:
        columns.setdefault("date", columns["value_date"])
    if "amount" in columns or not {"credit", "debit"} <= columns.keys():
        columns.pop("credit", None)
        columns.pop("debit", None)
    place = columns.get("amount", -1)
    if "direction" in columns and (place < 0 or _is_signed(place, rows)):
        columns.setdefault("type_code", columns.pop("direction"))
    if "payee_name" in columns and "payer_name" not in columns:
        columns["payer_name"] = columns.pop("payee_name")
    place = columns.get("account", -1)
    accounts = {row[place] for row in rows if 0 <= place < len(row) and row[place]}
    if len(accounts) > 1 and "payer_name" in columns and "payer_account" not in columns:
        columns["payer_account"] = columns.pop("account")


def _currency_of(found: re.Match[str] | None) -> str:
    unit = found[2] if found else ""
    code = _UNIT_CODES.get(unit, unit.upper())
    return code if is_currency(code) else ""


def _is_date(cell: str) -> bool:
    return any(written_date(cell, order) for order in _ORDERS)


def _is_currency(cell: str) -> bool:
    return is_currency(cell.upper())


def _has_digit(cell: str) -> bool:
    return any(map(str.isdecimal, cell))


def _is_direction(cell: str) -> bool:
    return not cell.isdecimal() and direction_of(cell) != 0


def _is_status(cell: str) -> bool:
    return status_of(cell) is not None


_COLUMN_HOLDS: dict[str, _Holds] = {
    "date": _is_date, "value_date": _is_date, "amount": looks_like_amount, "credit": looks_like_amount, "debit": looks_like_amount,
    "payer_account": _has_digit, "balance": looks_like_amount, "currency": _is_currency, "direction": _is_direction, "status": _is_status,
}


# -- files without a header --------------------------------------------------------------------------------------------

def _without_header(rows: list[list[str]], delimiter: str) -> Layout | None:
    """By content alone: one date column, one signed amount (a second one must prove to be the running balance), some text."""
    sample = rows[:20]
    width = len(sample[0]) if sample else 0
    if width < 3 or any(len(row) != width for row in sample):
        return None
    columns = [[row[place] for row in sample] for place in range(width)]
    dates = [place for place, cells in enumerate(columns) if all(cells) and _all_dates(cells)]
    amounts = [place for place, cells in enumerate(columns) if place not in dates and _all_amounts(cells)]
    currency = next((place for place, cells in enumerate(columns) if all(map(_is_currency, cells))), -1)
    known = {*dates, *amounts, currency}
    texts = [place for place, cells in enumerate(columns) if place not in known and any(re.search("[A-Za-z]{3}", cell) for cell in cells)]
    money = _money_columns(columns, amounts)
    if not dates or not texts or money is None:
        return None
    found = {"date": dates[0], **money} | ({"value_date": dates[1]} if len(dates) > 1 else {})
    found |= {"currency": currency} if currency >= 0 else {}
    checks = [place for place, cells in enumerate(columns) if place not in {*known, *texts} and any(cells)
              and (len(set(cells)) > 1 or len(cells) == 1) and all(re.fullmatch(r"\d{0,10}", cell) for cell in cells)]
    if checks:
        found["check_number"] = checks[0]
    return Layout(CsvColumns(name="headerless"), delimiter, 0, width, found, tuple(texts), "", "")


def _all_dates(cells: list[str]) -> bool:
    return any(all(written_date(cell, order) for cell in cells) for order in _ORDERS)


def _all_amounts(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(map(looks_like_amount, filled)) and any(re.search(r"[.,]\d\d$|^[-+]|-$", cell) for cell in filled)


def _money_columns(columns: list[list[str]], amounts: list[int]) -> dict[str, int] | None:
    """One column is the amount; of two always filled the second is the balance, if it proves to be; of three where the first
    two exclude each other, they are debit and credit in the order that the balance proves; of three always filled two are the balances
    before and after the third."""
    if len(amounts) == 1:
        return {"amount": amounts[0]} if all(columns[amounts[0]]) else None
    mark = next((mark for place in amounts for cell in columns[place] if (mark := mark_of(cell)) in {".", ","}), ".")
    values = {place: [_cents(cell, mark) for cell in columns[place]] for place in amounts}
    if len(amounts) == 2:
        amount, balance = amounts
        return {"amount": amount, "balance": balance} if _runs(values[amount], values[balance]) else None
    if len(amounts) == 3 and all(map(all, (columns[place] for place in amounts))):
        return _between_balances(amounts, values)
    if len(amounts) == 3 and all(bool(one) != bool(other) for one, other in zip(columns[amounts[0]], columns[amounts[1]], strict=True)):
        first, second, balance = amounts
        for debit, credit in ((first, second), (second, first)):
            signed = [abs(c or 0) - abs(d or 0) for c, d in zip(values[credit], values[debit], strict=True)]
            if _runs(signed, values[balance]):
                return {"debit": debit, "credit": credit, "balance": balance}
    return None


def _between_balances(amounts: list[int], values: dict[int, list[int | None]]) -> dict[str, int] | None:
    """The amount that leads in each row from one balance to the other, of which the one before is the one after of the row before;
    None where two columns could be it."""
    found = []
    for before, after, amount in permutations(amounts):
        opening, closing, moved = ([value or 0 for value in values[place]] for place in (before, after, amount))
        adds_up = all(start + move == end for start, move, end in zip(opening, moved, closing, strict=True))
        if adds_up and len(moved) > 1 and opening[1:] == closing[:-1]:
            found.append({"amount": amount, "balance": after})
    return found[0] if len(found) == 1 else None


def _runs(amounts: list[int | None] | list[int], balances: list[int | None]) -> bool:
    """Whether the balances follow from the amounts, upwards or downwards; a single row proves nothing."""
    if len(amounts) < 2 or None in amounts or None in balances:
        return False
    return is_running([amount or 0 for amount in amounts], [balance or 0 for balance in balances])


def _cents(cell: str, mark: str) -> int | None:
    try:
        return read_minor(cell, "USD", mark) if cell else None
    except AmountError:
        return None
