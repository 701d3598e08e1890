"""`cashapp parse`: bank files to rows, issues, controls and a second opinion, without any database.

Files pass through in parts: memory is flat in their size, whatever is not asked for is dropped at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from cashapp import money
from cashapp.errors import UsageError
from parsers import documents, registry, second_opinion, sources
from parsers.amounts import to_text
from parsers.issues import REMEDIES, issue
from parsers.records import Control, Issue, Span
from parsers.second_opinion.entries import Opinion

FRAME_ROWS = 25_000
"""From so many rows on a frame is written: a whole part of a large file at once, many small files together."""

AMOUNTS = ("amount", "batch_amount", "fee", "instructed_amount")
_DIRECT = (
    "booking_date", "value_date", "type_code", "kind", "bank_reference", "customer_reference", "check_number",
    "payer_name", "payer_account", "structured_reference", "remittance_text", "return_reason", "original_reference", "batch_reference",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file as its reader yields it. `statements`: those that its lines can belong to, the first with number `first`."""

    file: str
    document: documents.Document
    statements: list[documents.Statement]
    first: int


def require(paths: Iterable[Path], format_name: str | None) -> None:
    """A missing file or an unknown format name is a usage error, told before anything is read."""
    for path in paths:
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
    if format_name and format_name not in registry.all_formats():
        raise UsageError(f"{format_name!r} is not a format; `cashapp formats` lists them")


def parts(path: Path, format_name: str | None) -> Iterator[Part]:
    """The file part by part, in memory flat in its size."""
    first = 0
    before: list[documents.Statement] = []  # the one that was open when the part before ended
    for document in documents.stream(path, format_name=format_name):
        statements = before + document.statements
        yield Part(str(path), document, statements, first)
        before = statements[-1:]
        first += len(statements) - len(before)


def row_frames(found: Iterable[Part]) -> Iterator[pl.DataFrame]:
    """The rows of all parts, at least one frame: small files are made rows together, for a frame costs more than a file."""
    waiting: list[Part] = []
    count = 0
    is_told = False
    for part in found:
        if part.document.lines.height:
            waiting.append(part)
            count += part.document.lines.height
        if count >= FRAME_ROWS:
            yield rows(waiting)
            is_told, waiting, count = True, [], 0
        del part  # before the next one is read
    if waiting or not is_told:
        yield rows(waiting)


def rows(found: Sequence[Part]) -> pl.DataFrame:
    """The contract's columns, one row for each bank line or detail; empty text becomes null."""
    lines = pl.concat([part.document.lines for part in found]) if found else pl.DataFrame(schema=documents.LINES)
    full = lines.with_columns(
        *_origin(found),
        money.text(lines["amount_minor"], lines["currency"]).alias("amount"),
        money.text(lines["batch_amount_minor"], lines["currency"]).alias("batch_amount"),
        money.text(lines["fee_minor"], lines["currency"]).alias("fee"),
        money.text(lines["instructed_minor"], lines["instructed_currency"]).alias("instructed_amount"),
        pl.Series("remittance_lines", [text for part in found for text in _remittance_texts(part.document)], dtype=pl.String),
    )
    chosen = full.select(
        "file", "format", "statement_id", "account", "currency", "line", "booking_date", "value_date", "amount",
        *_DIRECT[2:], "batch_amount", "remittance_lines", "fee", "instructed_amount", "instructed_currency", "status",
    )
    return chosen.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))


def _origin(found: Sequence[Part]) -> list[pl.Series]:
    """File, format, statement and account of each row; what belongs to no statement has none."""
    told: list[tuple[str, str, str | None, str | None]] = []
    places: list[pl.Series] = []
    for part in found:
        file, name = part.file, part.document.format
        places.append(part.document.lines["statement"].cast(pl.Int64) - part.first + 1 + len(told))
        told.append((file, name, None, None))
        told += [(file, name, statement.opened.statement_id, statement.opened.account) for statement in part.statements]
    place = pl.concat(places) if places else pl.Series([], dtype=pl.Int64)
    columns = zip(*told, strict=True) if told else ([] for _ in range(4))
    names = ("file", "format", "statement_id", "account")
    return [pl.Series(name, column, dtype=pl.String).gather(place) for name, column in zip(names, columns, strict=True)]


def _remittance_texts(document: documents.Document) -> list[str | None]:
    """For each row the JSON list of its remittance lines, null where it has none."""
    lines, remittance = document.lines, document.remittance
    if remittance.is_empty():
        return [None] * lines.height
    currencies = lines["currency"].gather(remittance["row"])
    amounts = (money.text(remittance[name], currencies).to_list() for name in ("amount_minor", "discount_minor", "deduction_minor"))
    told: dict[int, list[dict[str, str | None]]] = {}
    columns = (remittance["row"], remittance["document_number"], *amounts, remittance["deduction_reason"])
    for row, number, amount, discount, deduction, reason in zip(*columns, strict=True):
        told.setdefault(row, []).append({
            "invoice_number": number, "amount": amount, "discount_amount": discount, "deduction_amount": deduction, "reason": reason,
        })
    return [json.dumps(told[row], ensure_ascii=False) if row in told else None for row in range(lines.height)]


def issue_text(file: str, found: Issue) -> str:
    """`file:line: code: what – what to do`."""
    raw = f" ({found.raw.strip()!r})" if found.raw.strip() else ""
    return f"{file}:{found.span.line}: {found.code}: {found.message}{raw} – {REMEDIES[found.code]}"


def issue_json(file: str, found: Issue) -> str:
    """The same for programs."""
    return json.dumps(
        {"file": file, "line": found.span.line, "severity": found.severity, "code": found.code, "message": found.message}, ensure_ascii=False,
    )


def _on_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")


@dataclass(slots=True)
class Telling:
    """Issues told as they come: on stderr, and as JSON lines where a stream for them is given."""

    stream: BinaryIO | None = None
    errors: int = 0
    tell: Callable[[str], object] = _on_stderr

    def through(self, found: Iterable[Part]) -> Iterator[Part]:
        """The same parts; the issues of each are told before it is passed on."""
        for part in found:
            for told in part.document.issues:
                self.errors += told.severity == "error"
                self.tell(issue_text(part.file, told))
                self._keep(part.file, told)
            yield part

    def opinion(self, file: str, opinion: Opinion) -> None:
        """Disagreements of another reader, for information, among the JSON lines; on the screen they stand in their table."""
        for each in opinion.disagreements:
            known = f" (a known fault: {each.known_fault})" if each.known_fault else ""
            message = f"{opinion.reader} differs in {each.what}: {each.theirs!r} where we read {each.ours!r}{known}"
            self._keep(file, issue(Span(each.line, 0, 0), "info", "second_opinion", message))

    def _keep(self, file: str, found: Issue) -> None:
        if self.stream:
            self.stream.write(f"{issue_json(file, found)}\n".encode())


@dataclass(frozen=True, slots=True)
class Check:
    """What a file states about itself beside what we computed, and what another reader makes of it, where there is one."""

    file: str
    format: str
    controls: list[Control]
    opinion: Opinion | None

    @property
    def ties(self) -> bool:
        """Whether the file agrees with itself. What the other reader says is no part of that."""
        return all(control.ties for control in self.controls)

    def as_json(self) -> dict[str, object]:
        """For programs: amounts as decimal text, counts and hashes as text of their digits, without a currency."""
        opinion = self.opinion
        controls = [
            {"line": c.span.line, "name": c.name, "stated": shown(c, c.stated), "computed": shown(c, c.computed), "currency": c.currency or None,
             "ties": c.ties}
            for c in self.controls
        ]
        return {
            "file": self.file, "format": self.format, "controls": controls,
            "second_opinion": opinion and opinion._asdict() | {"disagreements": [each._asdict() for each in opinion.disagreements]},
        }


def shown(control: Control, value: int) -> str:
    """A control's figure: an amount in its currency's digits, a count as it is."""
    return to_text(value, control.currency) if control.currency else str(value)


def check(path: Path, found: Iterable[Part], format_name: str | None) -> Check:
    """The controls of a file; its lines are kept only for a second opinion."""
    name = ""
    controls: list[Control] = []
    kept: list[documents.Document] = []
    for part in found:
        name = name or part.document.format
        controls += part.document.controls
        if part.document.format in second_opinion.FORMATS:
            kept.append(part.document)
    return Check(str(path), name, controls, _second_opinion(path, kept, format_name) if kept else None)


def _second_opinion(path: Path, kept: list[documents.Document], format_name: str | None) -> Opinion | None:
    """The other reader on the whole file, or on each file in an archive."""
    found = sources.open_source(path)
    if len(found) == 1:
        return second_opinion.ask(found[0], documents.joined(kept))
    each = [second_opinion.ask(source, documents.read(source.read(), format_name=format_name)) for source in found]
    told = [opinion for opinion in each if opinion]
    disagreements = [disagreement for opinion in told for disagreement in opinion.disagreements]
    return Opinion(", ".join(dict.fromkeys(opinion.reader for opinion in told)), sum(opinion.lines for opinion in told), disagreements)
