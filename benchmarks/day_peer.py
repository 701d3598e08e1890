"""What a user would assemble for the same day: `mt-940`, a merge in pandas by the numbers, rapidfuzz for the payer, SQLAlchemy's ORM.

    python -m benchmarks.day_peer WORLD

It reads every statement, applies a payment where the numbers in its text make the amount, or the payer's one open item does, and
writes payments, applications and a two-line journal into SQLite. Nothing else of what the program does: no totals proven, no
repeats found, no queue, no seals.
"""

from __future__ import annotations

import argparse
import csv
import logging
import re
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path

import mt940
import pandas as pd
from rapidfuzz import fuzz, process
from sqlalchemy import BigInteger, ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from parsers.amounts import to_minor

NAME_ALIKE = 90
ACCOUNT_BEFORE = re.compile(r"^[A-Z]{0,2}[\d/]{8,}")  # mt-940 leaves the payer's account in its name


class Base(DeclarativeBase):
    """The peer's tables."""


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(index=True)
    customer_id: Mapped[str]
    open_minor: Mapped[int] = mapped_column(BigInteger)


class Payment(Base):
    __tablename__ = "payment"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(index=True)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str]


class Application(Base):
    __tablename__ = "application"
    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    applied_minor: Mapped[int] = mapped_column(BigInteger)


class Leg(Base):
    __tablename__ = "leg"
    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payment.id"), index=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("world", type=Path)
    folder: Path = parser.parse_args().world
    logging.disable(logging.WARNING)
    items = [Item(id=n, number=row["invoice_number"], customer_id=row["customer_id"], open_minor=to_minor(row["open_amount"] or row["amount"], row["currency"]))
             for n, row in enumerate(_rows(folder / "invoices.csv"))]
    by_customer = defaultdict(list)
    for item in items:
        by_customer[item.customer_id].append(item)
    customers = {row["customer_id"]: row["name"].upper() for row in _rows(folder / "customers.csv")}

    @cache
    def payer(name: str) -> str:
        found = process.extractOne(name.upper(), customers, scorer=fuzz.ratio, score_cutoff=NAME_ALIKE)
        return found[2] if found else ""

    payments, names = _payments(folder / "bank")
    named = _named(payments, items)
    applications: list[Application] = []
    for payment, name in zip(payments, names, strict=True):
        chosen = [items[n] for n in named.get(payment.id, ()) if items[n].open_minor > 0]
        if not chosen:
            chosen = [item for item in by_customer.get(payer(name), ()) if item.open_minor == payment.amount_minor][:1]
        if chosen and sum(item.open_minor for item in chosen) == payment.amount_minor:
            for item in chosen:
                applications.append(Application(payment_id=payment.id, item_id=item.id, applied_minor=item.open_minor))
                item.open_minor = 0
    _write(items, payments, applications)
    print(f"{len(payments):,} payments, {len({each.payment_id for each in applications}):,} applied")


def _payments(folder: Path) -> tuple[list[Payment], list[str]]:
    """The payments of all statements, and their payers' names."""
    payments: list[Payment] = []
    names: list[str] = []
    for path in sorted(folder.iterdir()):
        for told in mt940.parse(str(path)).transactions:
            text = str(told.data.get("purpose") or "")
            names.append(ACCOUNT_BEFORE.sub("", str(told.data.get("applicant_name") or "")))
            payments.append(Payment(id=len(payments), reference=str(told.data.get("bank_reference") or ""), amount_minor=int(told.data["amount"].amount * 100), text=text))
    return payments, names


def _named(payments: list[Payment], items: list[Item]) -> dict[int, list[int]]:
    """The items whose number stands as a word in a payment's text, by payment."""
    words = pd.DataFrame({"payment": [payment.id for payment in payments], "number": [re.findall(r"[\w/-]+", payment.text) for payment in payments]}).explode("number")
    numbers = pd.DataFrame({"item": [item.id for item in items], "number": [item.number for item in items]})
    hits = words.merge(numbers, on="number").drop_duplicates(["payment", "item"])
    return {int(payment): list(found) for payment, found in hits.groupby("payment")["item"]}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(items: list[Item], payments: list[Payment], applications: list[Application]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/peer.db")
        Base.metadata.create_all(engine)
        with Session(engine, expire_on_commit=False) as session:
            legs = [Leg(account=account, amount_minor=sign * payment.amount_minor, payment_id=payment.id)
                    for payment in payments for account, sign in (("bank", 1), ("receivable", -1))]
            for rows in (items, payments, applications, legs):
                session.add_all(rows)
                session.flush()
            session.commit()


if __name__ == "__main__":
    main()
