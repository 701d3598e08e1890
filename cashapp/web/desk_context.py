"""What every page works with: the workspace, the books, who is on which case, and how amounts and texts are shown."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import floor
from pathlib import Path
from typing import Annotated, TypeVar

from litestar import Request
from litestar.datastructures import State
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from sqlalchemy import Connection, Engine, Row

from cashapp import clock, db
from cashapp.books_policy import scaled
from cashapp.deadlines import Deadlines
from cashapp.desk import By
from cashapp.exceptions import REASONS
from cashapp.kept import Kept
from cashapp.learning import in_words
from cashapp.users import User
from cashapp.web import marks
from cashapp.workspace import Workspace
from parsers.amounts import minor_digits, to_text

HERE = Path(__file__).resolve().parent
_PRESENT_FOR = dt.timedelta(seconds=45)
Answer = TypeVar("Answer")
Asked = Request[User, None, State]


@dataclass
class Presence:
    """Who has which case on the screen; told by the screens themselves, forgotten after 45 seconds."""

    _seen: dict[int, dict[str, dt.datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def others(self, exception_id: int, login: str) -> list[str]:
        """Note that `login` looks at the case; who else does."""
        now = clock.now()
        with self._lock:
            here = {who: at for who, at in self._seen.get(exception_id, {}).items() if now - at < _PRESENT_FOR} | {login: now}
            self._seen[exception_id] = here
        return sorted(set(here) - {login})


@dataclass(frozen=True)
class Desk:
    """The workspace and its books, as the handlers get them."""

    workspace: Workspace
    engine: Engine
    presence: Presence = field(default_factory=Presence)
    kept: Kept = field(default_factory=Kept)

    def deadlines(self) -> Deadlines:
        """When cases are due, as of today."""
        config = self.workspace.config
        return Deadlines(config.desk, config.links.calendar, clock.today())

    def fee_limit(self, currency: str) -> int:
        """The largest bank fee that is written off, in minor units."""
        return scaled(self.workspace.config.policy.bank_fee_limit, currency)

    def read(self, ask: Callable[[Connection], Answer]) -> Answer:
        """Ask the books, in one consistent state."""
        with db.reading(self.engine) as connection:
            return ask(connection)

    def write(self, act: Callable[[Connection], Answer]) -> Answer:
        """Act on the books in one transaction, alone among writers."""
        with self.workspace.locked(30), db.writing(self.engine) as connection:
            return act(connection)

    def keep(self, act: Callable[[Connection], Answer]) -> Answer:
        """Change what is the desk's own (users, sessions, saved filters): one transaction, not held up by a run, which locks the workspace."""
        with db.writing(self.engine) as connection:
            return act(connection)


Form = Annotated[dict[str, list[str] | str], Body(media_type=RequestEncodingType.URL_ENCODED)]
"""A posted form: a field that stands several times is a list."""


def text_of(form: Mapping[str, list[str] | str], name: str) -> str:
    """The field, or the first of several; "" where there is none."""
    value = form.get(name, "")
    return (value if isinstance(value, str) else value[0] if value else "").strip()


def all_of(form: Mapping[str, list[str] | str], name: str) -> list[str]:
    """Every value of the field, as it stands in the form."""
    value = form.get(name, [])
    return [value] if isinstance(value, str) else value


def desk_of(request: Asked) -> Desk:
    """The application's desk."""
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


def by(request: Asked) -> By:
    """Who acts, today."""
    return By(request.user.login, clock.today())


def page(name: str, **context: object) -> Template:
    """A page; every template knows the user through `request`."""
    return Template(template_name=f"{name}.html", context=context)


def money(minor: int | None, currency: str | None) -> str:
    """`1,234.50`: the amount in its currency's own digits, grouped; "" where there is none."""
    if minor is None or not currency:
        return ""
    whole, point, fraction = to_text(abs(minor), currency).partition(".")
    return f"{'−' if minor < 0 else ''}{int(whole):,}{point}{fraction}"


def facts_of_line(line: Row[*tuple[object, ...]], references: Iterable[str] = ()) -> list[marks.Fact]:
    """What was read out of a bank line, to be marked in its text: the references that answers rest on, the payer, the account, the amount."""
    told = [*references, line.structured_reference, line.bank_reference, line.customer_reference, line.check_number]
    return [*(fact for number in told for fact in marks.reference(number)), *marks.account(line.payer_account), *marks.name(line.payer_name),
            *marks.amount(line.amount_minor, line.currency)]


def words(code: str) -> str:
    """`short_payment` → `short payment`."""
    return code.replace("_", " ")


def percent(per_mille: int | None) -> str:
    """A confidence of 0 to 1000 in words that a clerk may act on."""
    if per_mille is None:
        return ""
    return "certain" if per_mille >= 990 else "likely" if per_mille >= 900 else "possible" if per_mille >= 600 else "a guess"


def grouped(amount: str) -> str:
    """`1234.50` → `1,234.50`."""
    whole, point, fraction = amount.partition(".")
    return f"{int(whole):,}{point}{fraction}" if whole.isdecimal() else amount


def short(minor: int, currency: str) -> str:
    """An amount for the top of a bar: `950`, `12k`, `1.2m`; rounded down, "" for nothing."""
    units = minor // 10 ** minor_digits(currency)
    for size, name in ((10**9, "bn"), (10**6, "m"), (10**3, "k")):
        if units >= size:
            tenths = units * 10 // size
            return f"{tenths // 10}{f'.{tenths % 10}' if tenths < 100 else ''}{name}"
    return str(units) if minor else ""


def share(part: float) -> str:
    """A share as per cent, rounded down: what is not all is never shown as 100."""
    hundredths = floor(part * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02}" if hundredths < 10_000 else "100"


def dress(engine: JinjaTemplateEngine) -> None:
    """Teach the templates our filters."""
    engine.engine.filters.update({"money": money, "marked": marks.marked, "words": words, "sure": percent, "grouped": grouped, "short": short, "share": share})
    engine.engine.globals.update({"REASONS": REASONS, "in_words": in_words, "KINDS": marks.KINDS, "today": clock.today})
