"""What matching costs as the books grow: synthetic receipts, items and customers, made by columns, matched once.

    python -m benchmarks.match_scale --receipts 1000000 --items 1000000 --customers 50000

The mix: 60 % one exact number, 10 % an amount alone, 5 % a number with a wrong digit, 4 % short paid, 4 % two numbers, 2 % two items
without numbers, 15 % of strangers. Names in capitals, cut at 35, every tenth with a letter lost; four of ten accounts unknown.
The outcome is taken piece by piece, as `cashapp run` takes it. Printed: processor and wall seconds, peak memory, and how much was posted
and how much of that is right.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import time

import numpy as np
import polars as pl

from matching import schema
from matching.engine import outcomes
from matching.schema import Inputs, Outcome

DAY = dt.date(2026, 11, 9)
FIRST = ("ALDER", "BIRCH", "CEDAR", "DELTA", "EAGLE", "FALCON", "GARNET", "HARBOR", "IRON", "JASPER", "KESTREL", "LARK", "MAPLE", "NOBLE", "ORCHID", "PINE",
         "QUARTZ", "RIVER", "SILVER", "TIMBER", "UNION", "VALLEY", "WILLOW", "YARROW", "ZEPHYR")
SECOND = ("BROOK", "CREST", "DALE", "FIELD", "FORD", "GATE", "HILL", "LAKE", "MILL", "PEAK", "POINT", "RIDGE", "SHORE", "STONE", "VIEW", "WOOD")
TRADE = ("LOGISTICS", "FOODS", "DENTAL", "HARDWARE", "TEXTILES", "OPTICS", "ROOFING", "ELECTRIC", "PACKAGING", "MARINE", "PHARMACY", "BREWING", "SOLAR", "FARMS")
FORM = ("INC", "LLC", "CORP", "LTD", "CO")
MIX = {"number": 60, "amount": 10, "wrong_digit": 5, "short": 4, "two_numbers": 4, "two_amounts": 2, "stranger": 15}


def make(receipts: int, items: int, customers: int, seed: int = 1) -> tuple[Inputs, pl.DataFrame]:
    """The frames, and the truth: receipt_id, item_id."""
    chance = np.random.default_rng(seed)
    names = _names(customers)
    accounts = [f"021000021/{10_000_000 + n}" for n in range(customers)]
    owner = np.sort(chance.integers(0, customers, items))
    opened = chance.lognormal(12, 1.2, items).astype(np.int64) + 500
    numbers = np.arange(items) * 3 + 10_000_000
    item_frame = pl.DataFrame({
        "item_id": np.arange(items), "item_key": [f"|C{c:06}|INV-{n}" for c, n in zip(owner.tolist(), numbers.tolist(), strict=True)], "company": [""] * items,
        "customer_id": [f"C{c:06}" for c in owner.tolist()], "document_number": [f"INV-{n}" for n in numbers.tolist()], "kind": ["invoice"] * items,
        "currency": ["USD"] * items, "open_minor": opened, "issue_date": [DAY - dt.timedelta(40)] * items, "due_date": [DAY - dt.timedelta(10)] * items,
        "discount_date": [None] * items, "discount_minor": [0] * items, "po_number": [""] * items, "structured_reference": [""] * items,
    }, schema=schema.ITEMS)
    kinds = chance.choice(len(MIX), receipts, p=[share / 100 for share in MIX.values()])
    chosen = chance.permutation(items)[np.arange(receipts) % items]
    rows, truth = [], []
    followed = np.append(owner[1:] == owner[:-1], values=False)
    for n, (kind, at) in enumerate(zip(kinds.tolist(), chosen.tolist(), strict=True)):
        told = tuple(MIX)[kind]
        paid = [at, at + 1] if told.startswith("two") and followed[at] else [at]
        amount = int(opened[paid].sum())
        text = " ".join(f"INV-{numbers[i]}" for i in paid) if told in {"number", "two_numbers", "short"} else "PAYMENT"
        payer = names[owner[at]][:35]
        if told == "wrong_digit":
            text = f"INV-{numbers[at] + 1}"
        elif told == "stranger":
            payer, text, amount = f"UNKNOWN {names[(at * 7) % customers]} {n}", "", amount + 1
        elif told == "short":
            amount = amount * 9 // 10
        if n % 10 == 0 and told != "stranger":
            payer = payer[: n % 7 + 2] + payer[n % 7 + 3 :]
        account = accounts[owner[at]] if n % 10 >= 4 and told != "stranger" else ""
        rows.append((n, f"R{n:09}", "USD", amount, DAY, payer, account, "", text, 0, None))
        truth += [] if told == "stranger" else [(n, i) for i in paid]
    inputs = Inputs(
        pl.DataFrame(rows, schema=schema.RECEIPTS, orient="row"), schema.empty(schema.REMITTANCE),
        pl.DataFrame({"customer_id": [f"C{c:06}" for c in range(customers)], "name": names, "parent_id": [None] * customers}, schema=schema.CUSTOMERS),
        schema.empty(schema.ALIASES),
        pl.DataFrame({"customer_id": [f"C{c:06}" for c in range(customers)], "account": accounts}, schema=schema.ACCOUNTS),
        item_frame, schema.empty(schema.CLOSED_ITEMS),
    )
    return inputs, pl.DataFrame(truth, schema={"receipt_id": pl.Int64, "item_id": pl.Int64}, orient="row")


def _names(customers: int) -> list[str]:
    """Distinct names of three words and a form; numbers make the last ones distinct."""
    words = (FIRST, SECOND, TRADE, FORM)
    names = []
    for n in range(customers):
        left, parts = n, []
        for choices in words:
            left, at = divmod(left, len(choices))
            parts.append(choices[at])
        names.append(f"{parts[0]}{parts[1]} {parts[2]} {left or ''} {parts[3]}".replace("  ", " "))
    return names


def posted_lines(outcome: Outcome) -> pl.DataFrame:
    """receipt_id, item_id of what is posted."""
    posted = outcome.proposals.filter("unattended").select("receipt_id", "rank")
    return outcome.lines.join(posted, on=["receipt_id", "rank"], how="semi").select("receipt_id", "item_id")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Time matching on synthetic books of any size.")
    parser.add_argument("--receipts", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--customers", type=int, default=5_000)
    given = parser.parse_args()
    inputs, truth = make(given.receipts, given.items, given.customers)
    wall, processor = time.perf_counter(), time.process_time()
    pieces = outcomes(inputs)
    del inputs
    taken = [posted_lines(piece) for piece in pieces]
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    lines = pl.concat(taken)
    posted = lines["receipt_id"].n_unique()
    right = lines.join(truth, on=["receipt_id", "item_id"], how="semi").height
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{given.receipts:,} receipts, {given.items:,} items, {given.customers:,} customers: {processor:.1f} s processor, {wall:.1f} s wall, {peak:,} MB peak; "
          f"{posted:,} posted, {lines.height - right:,} of {lines.height:,} lines wrong")


if __name__ == "__main__":
    main()
