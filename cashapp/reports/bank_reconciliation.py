"""A bank account's month for the controller and the auditor: both balances brought to one adjusted balance, the four-column proof of cash, every open
item with its age, every match with how it was made, and who signed.

Balance per bank + deposits in transit − outstanding payments = adjusted bank balance; balance per books ± what the bank shows and the books lack =
adjusted book balance; what is left between the two is unexplained and has an owner.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import accounts, periods, schema
from cashapp.periods import Month
from cashapp.reconciliation import lines as sides
from cashapp.reconciliation import picture, signing, table
from cashapp.reconciliation.lines import Account
from cashapp.reconciliation.picture import GROUPS, OUTSTANDING, TRANSIT, VOIDS, Picture
from cashapp.reports import ledger_side
from cashapp.reports.model import CURRENCY, Column, Proof, Report, Section, When

AT_BANK = (TRANSIT, OUTSTANDING, VOIDS)
"""Groups that bring the bank's balance to the adjusted one; the others bring the books'."""
LISTED = 4_000
"""Rows of matches that a report lists; of more it gives the sums, and the export has the rows."""
_READY = {
    picture.CHARGES: "Dr bank fees / Cr bank", picture.INTEREST: "Dr bank / Cr interest income", picture.RETURNED: "Dr receivable / Cr bank: take the receipt back",
    picture.BANK_IN: "find the customer: Dr bank / Cr unapplied cash", picture.BANK_OUT: "ask who paid what: Cr bank",
}


def bank_reconciliation(connection: Connection, when: When, account: str | None = None, known_at: dt.datetime | None = None) -> Report:
    """The report of the month in which the days end, for one account or for all."""
    month = Month(periods.of(when.until), when.since or when.until.replace(day=1), when.until)
    names = [account] if account is not None else _all_accounts(connection)
    told = [_of_account(connection, sides.find(connection, name), month, known_at, several=len(names) > 1) for name in names]
    sections = tuple(section for one in told for section in one.sections)
    title = "Bank reconciliation" + (f", account {told[0].name}" if len(told) == 1 else "")
    return Report(name="bank-reconciliation", title=title, when=When(month.first, month.last), sections=sections or (_nothing(),),
                  proofs=tuple(proof for one in told for proof in one.proofs), notes=tuple(note for one in told for note in one.notes))


class _Told(NamedTuple):
    """What the report says of an account."""

    name: str
    sections: list[Section]
    proofs: list[Proof]
    notes: list[str]


def _of_account(connection: Connection, account: Account, month: Month, known_at: dt.datetime | None, *, several: bool) -> _Told:
    """That of one account; of its picture nothing is kept, so that the memory is that of the largest."""
    drawn = picture.draw(connection, account, month, known_at)
    return _Told(account.name, _sections(connection, drawn, several=several), _proofs(connection, drawn), _notes(connection, drawn))


def _all_accounts(connection: Connection) -> list[str]:
    """Each account once, however it is written."""
    line, entry = schema.bank_line, schema.cashbook_entry
    written = [*connection.execute(select(line.c.account).distinct().where(line.c.report == "statement", line.c.account != "")).scalars(),
               *connection.execute(select(entry.c.account).distinct()).scalars()]
    found: dict[tuple[tuple[str, ...], tuple[str, ...]], str] = {}
    for name in sorted(written, key=lambda one: (len(one), one)):
        one = sides.find(connection, name)
        found.setdefault((one.at_bank, one.in_book), name)
    if not found and connection.execute(select(func.count()).select_from(line)).scalar():
        return [""]
    return sorted(found.values())


def _nothing() -> Section:
    """The books know no bank account."""
    shape = {"account": pl.String, "currency": pl.String, "balance": pl.Int64}
    return Section("balances", "Bank accounts", (Column("account"), CURRENCY, Column("balance", "money")), pl.DataFrame(schema=shape))


def _sections(connection: Connection, drawn: Picture, *, several: bool) -> list[Section]:
    rows = table.order(drawn.rows, drawn.month)
    sums = table.sums(drawn, rows).filter(pl.col("status") != "unmatched")

    def listed(wanted: pl.Expr) -> _Listed:
        return _Listed(table.first(connection, drawn, rows, wanted, LISTED), int(sums.filter(wanted)["matches"].sum()))

    made = [
        _balances(drawn), _proof_of_cash(drawn), _signatures(connection, drawn), _waiting(drawn, TRANSIT, "deposits_in_transit", "Deposits in transit"),
        _waiting(drawn, OUTSTANDING, "outstanding", "Outstanding checks and payments"), _not_booked(drawn), _differences(drawn, rows),
        _suggested(listed(pl.col("status") == "suggested")), _deposits(listed(pl.col("kind") == "one_to_many")), _voids(listed(pl.col("kind") == "offset")), _how(sums),
        _matched(listed((pl.col("status") == "matched") & (pl.col("kind") != "offset"))),
    ]
    if not several:
        return made
    return [section._replace(name=f"{section.name}_{drawn.account.name}", title=f"{drawn.account.name}: {section.title}") for section in made]


def _frame(rows: list[tuple[object, ...]], shape: dict[str, type[pl.DataType]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(shape), orient="row")


def _balances(drawn: Picture) -> Section:
    """Both balances, brought to one."""
    rows: list[tuple[object, ...]] = []
    for currency in drawn.currencies:
        stated = drawn.stated.get(currency)
        bank, book = drawn.bank[currency]["closing"] if stated is None else stated, drawn.book[currency]["closing"]
        items = {group: _closing(drawn, currency, group) for group in GROUPS}
        rows.append((f"Balance per bank, {drawn.month.last}{'' if stated is not None else ' (computed: the statements state none)'}", currency, None, bank))
        rows += [(f"    {_adding(items[group])} {group}", currency, items[group], None) for group in AT_BANK if items[group]]
        adjusted_bank = bank + sum(items[group] for group in AT_BANK)
        rows += [("Adjusted bank balance", currency, None, adjusted_bank), (f"Balance per {'cash book' if drawn.has_cash_book else 'journal'}, {drawn.month.last}", currency, None, book)]
        rows += [(f"    {_adding(-items[group])} {group}", currency, -items[group], None) for group in GROUPS if group not in AT_BANK and items[group]]
        adjusted_book = book - sum(items[group] for group in GROUPS if group not in AT_BANK)
        rows += [("Adjusted book balance", currency, None, adjusted_book), ("Unexplained difference", currency, None, adjusted_bank - adjusted_book)]
    frame = _frame(rows, {"line": pl.String, "currency": pl.String, "item": pl.Int64, "balance": pl.Int64})
    return Section("balances", "Reconciliation", (Column("line", title=" "), CURRENCY, Column("item", "money", title="reconciling item"), Column("balance", "money")), frame, apart=True, totalled=False,
                   strong=("Balance", "Adjusted", "Unexplained"))


def _adding(minor: int) -> str:
    return "add" if minor > 0 else "less"


def _closing(drawn: Picture, currency: str, group: str) -> int:
    return int(drawn.units.filter((pl.col("currency") == currency) & (pl.col("group") == group))["closing"].sum())


def _proof_of_cash(drawn: Picture) -> Section:
    """Four columns: opening, receipts, disbursements, closing; from the bank to the books."""
    rows: list[tuple[object, ...]] = []
    for currency in drawn.currencies:
        bank, book = drawn.bank[currency], drawn.book[currency]
        rows.append(("Per bank statement", currency, *(bank[name] for name in picture.COLUMNS)))
        sums = [bank[name] for name in picture.COLUMNS]
        for group in GROUPS:
            own = drawn.units.filter((pl.col("currency") == currency) & (pl.col("group") == group))
            amounts = [int(own[name].sum()) for name in picture.COLUMNS]
            if any(amounts):
                rows.append((f"    {group}", currency, *amounts))
                sums = [total + amount for total, amount in zip(sums, amounts, strict=True)]
        rows += [("Per books", currency, *(book[name] for name in picture.COLUMNS)),
                 ("Left unexplained", currency, *(total - book[name] for total, name in zip(sums, picture.COLUMNS, strict=True)))]
    shape = {"line": pl.String, "currency": pl.String, **dict.fromkeys(picture.COLUMNS, pl.Int64)}
    columns = (Column("line", title=" "), CURRENCY, *(Column(name, "money") for name in picture.COLUMNS))
    return Section("proof_of_cash", "Proof of cash", columns, _frame(rows, shape), apart=True, totalled=False, strong=("Per ", "Left"))


def _signatures(connection: Connection, drawn: Picture) -> Section:
    """Who prepared, who reviewed, who owns what is unexplained, and how old that is."""
    signed = signing.signed(connection, drawn.account, drawn.month.name, drawn.known_at)
    rows: list[tuple[object, ...]] = [
        (role, event.actor if event else "– not yet –", event.at if event else None, event.note if event else "")
        for role, event in (("prepared by", signed.prepared), ("reviewed by", signed.reviewed))
    ]
    if signed.owner or any(drawn.unexplained(currency) for currency in drawn.currencies):
        owner = signed.owner
        age = f"{(owner.at.date() - drawn.month.last).days} days after the month's end; " if owner else ""
        rows.append(("unexplained difference, owner", owner.actor if owner else "– nobody yet –", owner.at if owner else None, f"{age}{owner.note}" if owner else ""))
    frame = _frame(rows, {"role": pl.String, "name": pl.String, "at": pl.Datetime, "note": pl.String})
    return Section("signatures", "Signatures", (Column("role", title=" "), Column("name"), Column("at", "moment", title="on (UTC)"), Column("note")), frame, totalled=False)


def _open_rows(drawn: Picture) -> pl.DataFrame:
    """The rows up to the month's end whose unit is open then, with age in days and when the other side came."""
    open_units = drawn.units.filter(pl.col("closing") != 0).select("unit")
    cleared = drawn.rows.group_by("unit").agg(pl.col("bank_date").max().alias("cleared"), pl.col("entry_date").max().alias("booked"))
    date = pl.coalesce("bank_date", "entry_date")
    return drawn.rows.join(open_units, on="unit", how="semi").filter(date <= drawn.month.last).join(cleared, on="unit", how="left").with_columns(
        date.alias("date"), (pl.lit(drawn.month.last) - date).dt.total_days().alias("age_days")).sort("currency", "date", "unit", "entry_id", nulls_last=True)


def _waiting(drawn: Picture, group: str, name: str, title: str) -> Section:
    """Entries that the bank has not shown by the month's end."""
    rows = _open_rows(drawn).filter((pl.col("group") == group) & pl.col("entry_id").is_not_null()).select(
        "date", "currency", pl.coalesce(pl.col("reference").replace("", None), "entry_id").alias("reference"), "entry_id", pl.col("entry_text").alias("description"), "age_days",
        pl.col("entry_minor").alias("amount"), pl.when(pl.col("cleared") > drawn.month.last).then("cleared").alias("cleared_on"))
    columns = (Column("date", "date"), CURRENCY, Column("reference"), Column("entry_id", shown="data"), Column("description"), Column("age_days", "number", title="age, days"),
               Column("amount", "money"), Column("cleared_on", "date", title="cleared since", optional=True))
    return Section(name, title, columns, rows, apart=True)


def _not_booked(drawn: Picture) -> Section:
    """Bank lines that the books lack, with the entry that is ready to be booked."""
    rows = _open_rows(drawn).filter(~pl.col("group").is_in([*AT_BANK, picture.DIFFERENCES]) & pl.col("line_id").is_not_null()).select(
        "date", "currency", pl.col("group").str.replace(" not yet booked", "").alias("what"), pl.col("bank_reference").alias("reference"), pl.col("bank_text").alias("description"), "age_days",
        pl.col("bank_minor").alias("amount"), pl.col("group").replace_strict(_READY, default="", return_dtype=pl.String).alias("entry"),
        pl.when(pl.col("booked") > drawn.month.last).then("booked").alias("booked_on"))
    columns = (Column("date", "date"), CURRENCY, Column("what"), Column("reference", shown="data"), Column("description"), Column("age_days", "number", title="age, days"), Column("amount", "money"),
               Column("entry", title="ready entry"), Column("booked_on", "date", title="booked since", optional=True))
    return Section("not_booked", "At the bank, not yet in the books", columns, rows, apart=True)


def _differences(drawn: Picture, rows: pl.DataFrame) -> Section:
    """Matches whose two sides differ: an error of the bank or of the books, or a fee. They are never settled."""
    differing = table.filled(drawn.rows, rows.filter((pl.col("kind") == "difference") & ~pl.col("is_open")))
    units = differing.group_by("match_id", "currency", maintain_order=True).agg(
        pl.col("bank_date").max(), pl.col("bank_reference").drop_nulls().first(), pl.col("entry_text").drop_nulls().first(), pl.col("bank_amount").sum(), pl.col("entry_amount").sum(),
        pl.col("difference").first(), pl.col("reason").first())
    columns = (Column("match_id", title="match"), CURRENCY, Column("bank_date", "date", title="at the bank"), Column("bank_reference", shown="data"), Column("entry_text", title="entry"),
               Column("bank_amount", "money", title="bank"), Column("entry_amount", "money", title="books"), Column("difference", "money"), Column("reason"))
    return Section("differences", "Differences between bank and books", columns, units, apart=True)


class _Listed(NamedTuple):
    """The rows of the first LISTED matches, and how many matches there are."""

    rows: pl.DataFrame
    matches: int

    @property
    def note(self) -> str:
        """What a reader must know where they are not all."""
        return f"The first {LISTED:,} of {self.matches:,}; `cashapp export reconciliation` has them all." if self.matches > LISTED else ""


_IN_ORDER = ("currency", "bank_date", "entry_date", "match_id")


def _side_by_side(rows: pl.DataFrame) -> pl.DataFrame:
    """Each match in one row: the bank's side, the books' side, how it was made."""
    def listed(name: str) -> pl.Expr:
        told = pl.col(name).drop_nulls()
        return pl.when(told.len() > 3).then(pl.format("{} and {} more", told.first(), told.len() - 1)).otherwise(told.str.join(", ")).alias(name)

    return rows.group_by("match_id", "currency", maintain_order=True).agg(
        pl.col("kind", "status", "confidence", "reason", "confirmed_by").first(), pl.col("bank_date").max(), listed("bank_reference"), pl.col("bank_text").drop_nulls().first(),
        pl.col("bank_amount").sum(), pl.col("entry_date").min(), listed("entry_id"), pl.col("entry_text").drop_nulls().first(), pl.col("entry_amount").sum()).sort(_IN_ORDER)


_PAIR = (
    Column("match_id", title="match"), CURRENCY, Column("bank_date", "date", title="bank"), Column("bank_reference", shown="data"), Column("bank_text", title="bank text", shown="page"),
    Column("bank_amount", "money", title="at the bank"), Column("entry_date", "date", title="books"), Column("entry_id", title="entry"), Column("entry_text", title="entry text", shown="page"),
    Column("entry_amount", "money", title="in the books"),
)


def _suggested(listed: _Listed) -> Section:
    """Matches that a person should look at."""
    note = "`cashapp reconcile confirm` vouches for one, `unmatch` breaks it. They count as matched in the balances above. " + listed.note
    return Section("suggested", "Suggested matches that nobody has confirmed", (*_PAIR, Column("confidence", "number", shown="data"), Column("reason")), _side_by_side(listed.rows), apart=True, totalled=False, note=note.strip())


def _deposits(listed: _Listed) -> Section:
    """Deposits opened into what they hold."""
    deposits = listed.rows
    whole = deposits.filter(pl.col("bank_amount") > 0).select("match_id", pl.col("bank_date").alias("deposited"), pl.col("bank_amount").alias("deposit"))
    parts = deposits.filter(pl.col("entry_amount").is_not_null()).join(whole, on="match_id").with_columns((pl.int_range(pl.len()).over("match_id") == 0).alias("is_first"))
    told = parts.select(
        pl.when("is_first").then("match_id").otherwise(pl.lit("")).alias("match"), "currency", pl.when("is_first").then("deposited").alias("deposited"), pl.when("is_first").then("deposit").alias("deposit"),
        "entry_date", pl.coalesce(pl.col("check_number").replace("", None), pl.col("entry_reference").replace("", None), "entry_id").alias("reference"), "entry_text", "entry_amount")
    columns = (Column("match"), CURRENCY, Column("deposited", "date"), Column("deposit", "money"), Column("entry_date", "date", title="received"), Column("reference"), Column("entry_text", title="from"),
               Column("entry_amount", "money", title="receipt"))
    return Section("deposits", "Deposits and what they hold", columns, told, apart=True, totalled=not listed.note, note=listed.note)


def _voids(listed: _Listed) -> Section:
    """Entries that cancel out."""
    told = listed.rows.select("match_id", "currency", "entry_date", "entry_id", "entry_reference", "entry_text", "entry_amount", "reason")
    columns = (Column("match_id", title="match"), CURRENCY, Column("entry_date", "date", title="date"), Column("entry_id", title="entry"), Column("entry_reference", title="reference", shown="page"),
               Column("entry_text", title="text"), Column("entry_amount", "money", title="amount"), Column("reason", shown="data"))
    return Section("voids", "Entries and their voids or corrections", columns, told, apart=True, totalled=not listed.note, note=listed.note)


def _how(sums: pl.DataFrame) -> Section:
    """How the matches were made, in sums."""
    by = pl.when("by_hand").then(pl.lit("a person")).otherwise(pl.col("status"))
    told = sums.group_by("kind", "currency", by.alias("by")).agg(pl.col("matches", "bank_amount", "entry_amount").sum()).sort("currency", "kind", "by")
    columns = (Column("kind", "code", title="how"), CURRENCY, Column("by", title="status"), Column("matches", "count"), Column("bank_amount", "money", title="at the bank"),
               Column("entry_amount", "money", title="in the books"))
    return Section("how", "Matched, by how", columns, told, apart=True)


def _matched(listed: _Listed) -> Section:
    """Every match of the month."""
    return Section("matched", "Matched items", (*_PAIR, Column("reason", title="how")), _side_by_side(listed.rows), apart=True, totalled=not listed.note, note=listed.note)


def _proofs(connection: Connection, drawn: Picture) -> list[Proof]:
    """All statement lines of the account ever taken in, against its account in the ledger."""
    shown = sides.total(connection, drawn.account)
    kept: dict[str, int] = {}
    for name in drawn.account.at_bank:
        for currency, minor in ledger_side.moved(connection, When(None, dt.date.max), ledger_side.on_account(accounts.bank(name))).items():
            kept[currency] = kept.get(currency, 0) + minor
    return [Proof(f"{accounts.bank(drawn.account.name)}, all statement lines", currency, shown.get(currency, 0), kept.get(currency, 0)) for currency in sorted(shown.keys() | kept.keys())]


def _notes(connection: Connection, drawn: Picture) -> list[str]:
    """What a reader must know beside the figures."""
    notes: list[str] = []
    name = drawn.account.name
    signed = signing.signed(connection, drawn.account, drawn.month.name, drawn.known_at)
    if signed.reviewed is not None and drawn.month == periods.month(drawn.month.name) and signed.reviewed.digest != signing.digest(connection, drawn):
        hint = "" if drawn.known_at else f"; print them with --known-at '{signed.reviewed.at:%Y-%m-%d %H:%M:%S}'"
        notes.append(f"{name}: BROKEN – these figures are not those that {signed.reviewed.actor} reviewed on {signed.reviewed.at:%Y-%m-%d %H:%M} UTC{hint}.")
    if drawn.has_cash_book and not drawn.is_matched:
        notes.append(f"{name}: nothing has been matched yet – `cashapp reconcile --account {name} --period {drawn.month.name}` does it.")
    if not drawn.has_cash_book:
        notes.append(f"{name}: the account has no imported cash book; its books are the program's journal, which posts each statement line when it comes.")
    if drawn.known_at is not None:
        notes.append(f"{name}: as it was known at {drawn.known_at:%Y-%m-%d %H:%M:%S} UTC.")
    return notes
