"""A read bank file into the books: rows, links to money already told, receipts, cash postings, returned items.

One call is one file in one database transaction of the caller's: all of it or none of it. What a statement shows is posted
to the account's cash; what is received or announced elsewhere waits in cash in transit until a statement shows it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from sqlalchemy import Connection, func, select

from cashapp import accounts, clock, db, exceptions, ledger, linking, returns, schema
from cashapp.bank_accounts import normalise_account
from matching.crew import Hearer, nobody
from parsers.amounts import minor_digits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cashapp.config import Config
    from parsers.documents import Document

_CONTRA = {
    "fee": accounts.BANK_FEES, "interest": accounts.INTEREST, "disbursement": accounts.DISBURSEMENTS, "transfer": accounts.TRANSFERS,
    "payout": accounts.PROCESSORS, "return": accounts.RETURNS, "reversal": accounts.SUSPENSE, "other": accounts.SUSPENSE,
    "receipt": accounts.SUSPENSE, "lockbox_deposit": accounts.TRANSIT,
}
"""Where the other side of a bank line goes that is neither a receipt of ours nor linked to one."""


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What is known of a file beside its content."""

    name: str
    sha256: str
    size_bytes: int


@dataclass
class Taken:
    """What a file brought."""

    file_id: int
    lines: int = 0
    receipts: int = 0
    linked: int = 0
    returned: int = 0
    received: dict[str, int] = field(default_factory=dict)  # minor units by currency
    fresh: pl.DataFrame = field(default_factory=pl.DataFrame)  # the receipts that are new, as their table has them
    told: pl.DataFrame = field(default_factory=pl.DataFrame)  # the lines, as their table has them


def take_in(connection: Connection, document: Document, facts: FileFacts, config: Config, as_of: dt.date, actor: str, at: Hearer = nobody) -> Taken:
    """Write the document into the books; see the module's head for what that means. `at` hears how that goes on."""
    step = partial(at, f"storing {facts.name}")
    step(0, _STEPS, "steps")
    taken = Taken(db.next_id(connection, schema.source_file.c.file_id), lines=document.lines.height)
    statements = _store_file(connection, document, facts, config, taken.file_id, as_of)
    first_line = db.next_id(connection, schema.bank_line.c.line_id)
    lines = _lines(document, statements, taken.file_id, first_line, as_of)
    step(1, _STEPS, "steps")
    links = linking.links_of(connection, lines, statements, document.format, config)
    of_nothing = pl.col("line_id") == pl.col("counted_by")
    taken.linked = links.filter(~of_nothing)["line_id"].n_unique()
    fates = links.group_by("line_id").agg(pl.col("how").first(), pl.col("counted_by").first())
    told = _beside(lines, "line_id", fates).with_columns(pl.lit(document.format).alias("format"))
    came_back = told.filter(_is_return(returns.reversed_refunds(connection, told)))
    with db.loading(connection, schema.bank_line, schema.remittance_line, *ledger.TABLES) as load:
        cash, key, before = ledger.Batch(connection, load, actor, as_of), _entry_key(connection, facts), _receipts_before(connection, lines.height)
        first_remittance = db.next_id(connection, schema.remittance_line.c.remittance_id)
        for piece, left in _in_pieces(lines):  # whatever is asked from here on waits until the lines are there
            load.expect(piece.height, left)
            load.add(schema.bank_line.name, piece)
        load.add(schema.remittance_line.name, _remittance(document, first_line, first_remittance))
        load.complete()
        receipts, fresh = _receipts(connection, told, before)
        taken.receipts, taken.fresh, taken.told = receipts.height, fresh, lines
        taken.received = dict(receipts.group_by("currency").agg(pl.col("amount_minor").sum()).sort("currency").iter_rows())
        step(2, _STEPS, "steps")
        rest = told.select(_POSTED).join(came_back, on="line_id", how="anti", maintain_order="left")
        cash.add(*_days(_cash(told, rest, receipts), facts, key), late=True)
        cash.bring(fresh)
        cash.close()
    step(3, _STEPS, "steps")
    linking.keep(connection, links)
    linking.release_detailed(connection, links, as_of, actor)
    linking.release_copies(connection, links, actor)
    act = returns.Act(actor, as_of, config.returns)
    for line_id in links.filter(pl.col("how") == "details")["counted_by"].unique().sort():
        returns.release_detailed(connection, line_id, act)
    taken.returned = returns.take_back(connection, came_back, act)
    _open_exceptions(connection, rest, document, taken.file_id, as_of)
    copies = lines.join(links.filter(of_nothing), on="line_id", how="semi", maintain_order="left")
    exceptions.open_for_lines(connection, copies.select("line_id", pl.lit("copy_of_nothing").alias("reason"), "currency", "amount_minor"), as_of)
    return taken


_STEPS = 4
"""Of `take_in`: lines, links and receipts, cash, what follows from them."""
_LINES_AT_ONCE = 350_000
"""So many lines are on their way into the books while the next are handed over."""
_POSTED = (
    "line_id", "statement_id", "account", "report", "amount_minor", "currency", "kind", "booking_date", "status", "batch_key", "batch_amount_minor", "how", "format",
)
"""What posting needs of a line: of a large file the other columns are not copied."""


def _in_pieces(lines: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, int]]:
    """The lines, some at a time, each time with the number of those that are left, these included."""
    for start in range(0, lines.height, _LINES_AT_ONCE):
        yield lines.slice(start, _LINES_AT_ONCE), lines.height - start


def _beside(frame: pl.DataFrame, key: str, other: pl.DataFrame) -> pl.DataFrame:
    """The frame with the columns of the other's row that has its key; none of its own is copied, as a join would."""
    return frame.hstack(frame.select(key).join(other, on=key, how="left", maintain_order="left").drop(key))


def _store_file(connection: Connection, document: Document, facts: FileFacts, config: Config, file_id: int, as_of: dt.date) -> pl.DataFrame:
    """The file, its statements, controls and issues; returns the statements as stored, with their `index` in the document."""
    connection.execute(schema.source_file.insert().values(
        file_id=file_id, sha256=facts.sha256, name=facts.name, format=document.format, size_bytes=facts.size_bytes,
        processed_at=clock.now().replace(tzinfo=None), as_of=as_of, line_count=document.lines.height,
    ))
    held = config.copies_of(facts.name) == "hold"
    boxes = {box.number.lstrip("0"): box for box in config.lockboxes}
    first = db.next_id(connection, schema.statement.c.statement_id)
    rows = []
    for index, statement in enumerate(document.statements):
        opened, closed = statement.opened, statement.closed
        box = boxes.get(opened.lockbox.lstrip("0")) if opened.lockbox else None
        account = box.account if box else ("" if opened.lockbox else opened.account)
        rows.append({
            "index": index, "statement_id": first + index, "file_id": file_id, "reference": opened.statement_id,
            "account": normalise_account(account), "currency": (box.currency if box else "") or opened.currency, "report": opened.report,
            "sequence": opened.sequence, "lockbox": opened.lockbox, "copy": opened.copy if held else "", "from_date": opened.from_date, "to_date": opened.to_date,
            "closing_date": closed.closing_date if closed else None, "opening_minor": opened.opening_minor,
            "closing_minor": closed.closing_minor if closed else None, "line": opened.span.line,
        })
    frame = pl.DataFrame(rows, schema={
        "index": pl.Int32, "statement_id": pl.Int64, "file_id": pl.Int64, "reference": pl.String, "account": pl.String, "currency": pl.String,
        "report": pl.String, "sequence": pl.String, "lockbox": pl.String, "copy": pl.String, "from_date": pl.Date, "to_date": pl.Date, "closing_date": pl.Date,
        "opening_minor": pl.Int64, "closing_minor": pl.Int64, "line": pl.Int64,
    })
    frame = _clean(frame)
    db.insert_frame(connection, schema.statement, frame.drop("index"))
    controls = document.controls.frame().with_row_index("n").with_columns(pl.lit(file_id, dtype=pl.Int64).alias("file_id"), pl.col("n").cast(pl.Int64))
    db.insert_frame(connection, schema.control, _clean(controls))
    found = [(file_id, n, i.span.line, i.severity, i.code, i.message) for n, i in enumerate(document.issues)]
    db.insert_frame(connection, schema.file_issue, _clean(pl.DataFrame(found, orient="row", schema={
        "file_id": pl.Int64, "n": pl.Int64, "line": pl.Int64, "severity": pl.String, "code": pl.String, "message": pl.String})))
    return frame


def _lines(document: Document, statements: pl.DataFrame, file_id: int, first: int, as_of: dt.date) -> pl.DataFrame:
    """Bank lines as their table has them, numbered from `first` on."""
    context = statements.select(
        pl.col("index").alias("statement"), "statement_id", "account", "report", "closing_date", "to_date",
        pl.when(pl.col("lockbox") != "").then(pl.col("currency")).alias("box_currency"),
    )
    booked = pl.coalesce("booking_date", "value_date", "closing_date", "to_date", pl.lit(as_of))
    lines = (
        _beside(document.lines, "statement", context).with_row_index("row")
        .with_columns(
            (pl.col("row").cast(pl.Int64) + first).alias("line_id"), pl.lit(file_id, dtype=pl.Int64).alias("file_id"),
            booked.alias("booking_date"), pl.coalesce("value_date", booked).alias("value_date"),
            _same_digits("box_currency"), pl.col("payer_account").map_batches(_normalised_accounts, return_dtype=pl.String),
        )
    )
    return _clean(lines.select(column.name for column in schema.bank_line.columns))


def _remittance(document: Document, first_line: int, first: int) -> pl.DataFrame:
    """The remittance lines of the bank lines, which are numbered from `first_line` on, as their table has them, numbered from `first` on."""
    return _clean(document.remittance.with_row_index("n").select(
        (pl.col("n").cast(pl.Int64) + first).alias("remittance_id"), (pl.col("row") + first_line).alias("line_id"),
        pl.int_range(pl.len()).over("row").alias("line_number"), "document_number", "amount_minor", "discount_minor",
        "deduction_minor", "deduction_reason", "memo",
    ))


def _normalised_accounts(column: pl.Series) -> pl.Series:
    known = {account: normalise_account(account) for account in column.unique()}
    return column.replace_strict(known, return_dtype=pl.String)


def _same_digits(box_currency: str) -> pl.Expr:
    """A lockbox file names no currency: the mapped box's stands when it counts in the same minor digits."""
    def digits(column: pl.Series) -> pl.Series:
        return column.replace_strict({c: minor_digits(c) if c else None for c in column.unique() if c is not None}, default=None, return_dtype=pl.Int64)

    mapped = pl.col(box_currency).map_batches(digits, return_dtype=pl.Int64) == pl.col("currency").map_batches(digits, return_dtype=pl.Int64)
    return pl.when(mapped).then(pl.col(box_currency)).otherwise(pl.col("currency")).alias("currency")


def _clean(frame: pl.DataFrame) -> pl.DataFrame:
    """Text without NUL, which no database takes; missing text is empty."""
    text = pl.col(pl.String)
    found = frame.select(text.str.contains("\x00", literal=True).any())
    odd = [name for name in found.columns if found[name][0]]
    return frame.with_columns(text.fill_null("")).with_columns(pl.col(odd).str.replace_all("\x00", " ", literal=True))


def _is_return(reversed_refunds: list[int]) -> pl.Expr:
    """A booked line that takes money of ours back (or brings back what we sent), told for the first time or as the detail of a sum."""
    told_first = pl.col("how").is_null() | (pl.col("how") == "details")
    return (pl.col("status") == "booked") & told_first & (
        (pl.col("kind") == "return") | ((pl.col("kind") == "reversal") & (pl.col("amount_minor") < 0)) | pl.col("line_id").is_in(reversed_refunds)
    )


def _is_receipt() -> pl.Expr:
    """A booked payment by a payer that no other line counts; the checks that detail a known deposit are receipts too."""
    told_first = pl.col("how").is_null() | (pl.col("how") == "details")
    return (pl.col("status") == "booked") & (pl.col("kind") == "receipt") & (pl.col("amount_minor") > 0) & told_first & ~linking.is_advice()


_TOLD_OF_IT = ("bank_reference", "customer_reference", "check_number", "payer_name", "remittance_text")


class _Before(NamedTuple):
    """What the books know of receipts before a file comes: the first free id, those whose file was taken back – the same payment, told again, is the
    same receipt –, and the keys of all, or None where they are many and are asked for one by one."""

    first: int
    back: pl.DataFrame  # receipt_key, known_id
    keys: pl.Series | None


def _receipts_before(connection: Connection, lines: int) -> _Before:
    """For a file of so many lines."""
    receipt, line = schema.receipt, schema.bank_line
    first = db.next_id(connection, receipt.c.receipt_id)
    query = (
        select(receipt.c.receipt_key, receipt.c.receipt_id).join(line, line.c.line_id == receipt.c.line_id)
        .where(line.c.file_id.in_(select(schema.undone_file.c.file_id)))
    )
    keys = db.frame(connection, select(receipt.c.receipt_key), {"receipt_key": pl.String})["receipt_key"] if first <= lines else None
    return _Before(first, db.frame(connection, query, {"receipt_key": pl.String, "known_id": pl.Int64}), keys)


def _receipts(connection: Connection, told: pl.DataFrame, before: _Before) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One receipt for each payment; its key follows from its content and its how-manieth equal, not from its place. Second, those of them
    that are new: the ledger adds them with their cash."""
    mine = told.select(*_POSTED, "value_date", *_TOLD_OF_IT).filter(_is_receipt())
    if mine.is_empty():
        none = mine.select("line_id", "account", "currency", "amount_minor", "value_date").with_columns(
            pl.lit(None, dtype=pl.Int64).alias("receipt_id"), pl.lit("").alias("receipt_key"))
        return none, none
    first, back = before.first, before.back
    content = pl.concat_str("account", "currency", "amount_minor", "booking_date", *_TOLD_OF_IT, separator="\x1f")
    keys = _free_keys(connection, mine.select(content.alias("content")).to_series(), before)
    keyed = mine.select("line_id", "account", "currency", "amount_minor", "value_date", keys).sort(_number("receipt_key"))
    receipts = keyed.join(back, on="receipt_key", how="left", maintain_order="left").with_columns(
        pl.col("known_id").is_null().cast(pl.Int64).cum_sum().alias("n")).select(
        pl.coalesce("known_id", pl.col("n") - 1 + first).alias("receipt_id"), "receipt_key", "line_id", "account", "currency", "amount_minor", "value_date",
    )
    for key, line_id, date in receipts.join(back, on="receipt_key", how="semi", maintain_order="left").select("receipt_key", "line_id", "value_date").iter_rows():
        again = schema.receipt.update().where(schema.receipt.c.receipt_key == key)
        connection.execute(again.values(line_id=line_id, value_date=date, state="open", held=False, customer_id=None))
    return receipts, receipts.join(back, on="receipt_key", how="anti", maintain_order="left")


def _free_keys(connection: Connection, contents: pl.Series, before: _Before) -> pl.Series:
    """The payments' keys; where the books already hold one of the same content that was not taken back, the next in count."""
    nths, back = _among_equals(contents), set(before.back["receipt_key"])
    keys = receipt_keys(contents, nths)
    taken = _standing(connection, keys, before) - back
    if not taken and keys.n_unique() == keys.len():
        return keys
    wanted = keys.to_list()
    asked = set(wanted)
    for row, (content, nth) in enumerate(zip(contents, nths, strict=True)):
        while wanted[row] in taken or (wanted[row] not in asked and wanted[row] not in back and _stands(connection, wanted[row])):
            nth += 1  # noqa: PLW2901 - the count goes on where the books stand
            wanted[row] = receipt_keys(pl.Series([content]), pl.Series([nth])).item()
        taken.add(wanted[row])
    return pl.Series(keys.name, wanted)


def _among_equals(contents: pl.Series) -> pl.Series:
    """How many before it are the same; looked for only among those of one hash, of which there are few."""
    rows = pl.DataFrame([contents.rename("content")]).with_row_index("row").filter(contents.hash().is_duplicated())
    counts = rows.select("row", pl.int_range(pl.len()).over("content").alias("nth"))
    return pl.zeros(contents.len(), dtype=pl.Int64, eager=True).scatter(counts["row"], counts["nth"])


def _standing(connection: Connection, keys: pl.Series, before: _Before) -> set[str]:
    """Those of the keys that receipts have."""
    column = schema.receipt.c.receipt_key
    if before.keys is not None:
        return set(before.keys.filter(before.keys.is_in(keys.implode())))
    return set(db.frame_of(connection, select(column), column, keys.unique().sort().to_list(), {"receipt_key": pl.String})["receipt_key"])


def _stands(connection: Connection, key: str) -> bool:
    column = schema.receipt.c.receipt_key
    return connection.execute(select(column).where(column == key)).first() is not None


def receipt_keys(contents: pl.Series, nths: pl.Series) -> pl.Series:
    """`R` and fifteen hexadecimal digits each: 60 bits of the SHA-256 over the payment's content and its count among equals."""
    told = pl.DataFrame([contents.rename("content"), nths.rename("nth")]).select(pl.concat_str("content", "nth", separator="\x1e").cast(pl.Binary)).to_series()
    digests = pl.DataFrame({"digest": [hashlib.sha256(each).digest() for each in told]}, schema={"digest": pl.Binary})
    return digests.select(receipt_key="R" + pl.col("digest").bin.encode("hex").str.head(15).str.to_uppercase()).to_series()


def _number(key: str) -> pl.Expr:
    """A receipt's key as the number that it is, which is sorted sooner and in the same order."""
    return pl.col(key).str.slice(1).str.to_integer(base=16)


def _cash(told: pl.DataFrame, rest: pl.DataFrame, receipts: pl.DataFrame) -> pl.DataFrame:
    """The legs of what was booked: cash against receipts, transit and the rest, summed by account but for the receipts; `rest` is without returns."""
    on_statement = (pl.col("status") == "booked") & (pl.col("report") == "statement") & (pl.col("how").fill_null("") != "repeat")
    booked = (
        pl.concat([rest.filter(on_statement), rest.filter((pl.col("report") != "statement") & _is_receipt())])
        .join(receipts.select("line_id", "receipt_id"), on="line_id", how="left", maintain_order="left")
        .with_columns(_money_account(), _contra_account())
    )
    fees = _batch_charges(told.filter(on_statement).with_columns(_money_account()))
    contra = booked.select(*_GROUP, pl.col("contra").alias("leg_account"), (-pl.col("amount_minor")).alias("leg_minor"), "receipt_id")
    money = booked.select(*_GROUP, pl.col("money").alias("leg_account"), pl.col("amount_minor").alias("leg_minor"))
    nobodys = pl.concat([money, contra.filter(pl.col("receipt_id").is_null()).drop("receipt_id"), fees])
    summed = nobodys.group_by(*_GROUP, "leg_account").agg(pl.col("leg_minor").sum()).filter(pl.col("leg_minor") != 0)
    return pl.concat([contra.filter(pl.col("receipt_id").is_not_null()), summed.with_columns(pl.lit(None, dtype=pl.Int64).alias("receipt_id"))])


_GROUP = ("statement_id", "booking_date", "currency")


def _money_account() -> pl.Expr:
    on_statement = pl.col("report") == "statement"
    return pl.when(on_statement).then(pl.lit(accounts.bank("")) + pl.col("account")).otherwise(pl.lit(accounts.TRANSIT)).alias("money")


def _contra_account() -> pl.Expr:
    return (
        pl.when(pl.col("receipt_id").is_not_null()).then(pl.lit(accounts.UNAPPLIED))
        .when(pl.col("how") == "settles").then(pl.lit(accounts.TRANSIT))
        .otherwise(pl.col("kind").replace_strict(_CONTRA, default=accounts.SUSPENSE, return_dtype=pl.String)).alias("contra")
    )


def _batch_charges(lines: pl.DataFrame) -> pl.DataFrame:
    """Where the details of a booked batch add up to more than was booked, the bank kept the difference as its charge."""
    batches = (
        lines.filter(pl.col("batch_key").is_not_null() & pl.col("batch_amount_minor").is_not_null())
        .group_by(*_GROUP, "batch_key", "money", maintain_order=True)
        .agg(pl.col("batch_amount_minor").first() - pl.col("amount_minor").sum())
        .filter(pl.col("batch_amount_minor") != 0)
    )
    return pl.concat([
        batches.select(*_GROUP, pl.col("money").alias("leg_account"), pl.col("batch_amount_minor").alias("leg_minor")),
        batches.select(*_GROUP, pl.lit(accounts.BANK_FEES).alias("leg_account"), (-pl.col("batch_amount_minor")).alias("leg_minor")),
    ])


def _days(legs: pl.DataFrame, facts: FileFacts, key: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Entries and postings as the ledger has them: legs of one statement, day and currency make an entry, whose source key begins with `key`."""
    days = legs.select(_GROUP).unique().sort(_GROUP).with_row_index("n").with_columns(pl.col("n").cast(pl.Int64))
    first_statement = days["statement_id"].min() or 0
    entries = days.select(
        "n", pl.lit("cash").alias("kind"), pl.col("booking_date").alias("entry_date"),
        pl.format(f"{key}:{{}}:{{}}:{{}}", pl.col("statement_id") - pl.lit(first_statement), "booking_date", "currency").alias("source_key"),
        pl.lit(None, dtype=pl.Int64).alias("reverses"), pl.lit(f"cash of {facts.name}").alias("memo"), pl.lit("").alias("reason"),
    )
    postings = legs.join(days, on=_GROUP).sort("n", "leg_account", "receipt_id", nulls_last=False).select(
        "n", pl.col("leg_account").alias("account"), "currency", pl.col("leg_minor").alias("amount_minor"),
        pl.lit(None, dtype=pl.String).alias("customer_id"), pl.lit(None, dtype=pl.Int64).alias("item_id"), "receipt_id",
    )
    return entries, postings


def _entry_key(connection: Connection, facts: FileFacts) -> str:
    """How the source keys of the file's entries begin; with `#2` where the same content was taken in and back before: its postings are made anew."""
    file = schema.source_file
    times = connection.execute(select(func.count()).select_from(file).where(file.c.sha256 == facts.sha256)).scalar_one()
    return f"cash:{facts.sha256}" + (f"#{times}" if times > 1 else "")


def _open_exceptions(connection: Connection, told: pl.DataFrame, document: Document, file_id: int, as_of: dt.date) -> None:
    """What the file itself leaves for a person: deposits without details, money nobody explains, totals that do not tie."""
    unexplained = told.filter(
        (pl.col("status") == "booked") & (pl.col("report") == "statement") & pl.col("how").is_null()
        & ((pl.col("kind") == "lockbox_deposit") | (pl.col("kind") == "other") | ((pl.col("kind") == "reversal") & (pl.col("amount_minor") > 0)))
    ).with_columns(
        pl.when(pl.col("kind") == "lockbox_deposit").then(pl.lit("deposit_without_detail")).otherwise(pl.lit("unexplained_line")).alias("reason"),
    )
    exceptions.open_for_lines(connection, unexplained.select("line_id", "reason", "currency", "amount_minor"), as_of)
    for control in document.controls.untied():
        exceptions.open_for_file(connection, file_id, "control_mismatch", f"{control.name}: stated {control.stated}, computed {control.computed}", as_of)
    for change in document.changes:
        note = f"{change.code}: {change.payer_name}, trace {change.original_reference}: {change.corrected}"
        exceptions.open_for_file(connection, file_id, "bank_details_change", note, as_of)


def is_known(connection: Connection, sha256: str) -> str | None:
    """The name under which the same content was processed before, or None."""
    file = schema.source_file
    found = connection.execute(select(file.c.name).where(file.c.sha256 == sha256, linking.not_undone(file.c.file_id))).scalar()
    return str(found) if found is not None else None


def line_count(connection: Connection) -> int:
    """How many bank lines the books hold."""
    return connection.execute(select(func.count()).select_from(schema.bank_line)).scalar() or 0
