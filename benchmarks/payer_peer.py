"""Who paid, by name and account alone: our matching beside Splink, which a user would take to link the payers of a bank file to customers.

    python -m benchmarks.payer_peer --receipts 10000 50000 [--world DIR]

Both are given the same receipts (name, account) and the same customers, no item and no text, in a process of its own each; seconds are those of the linking,
without imports and reading. Splink is set up as its guide does for names and one identifier: Jaro-Winkler on the name, equality of the account; pairs from equal accounts, equal
first five letters, or equal last word; trained by estimation; the best pair of a receipt counts from a probability of `LIKELY` on. Receipts that somebody else pays than
the customer they are for are left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks import day
from cashapp.bank_accounts import normalised_accounts
from matching import normalize, schema
from matching.engine import outcomes
from parsers import documents

LIKELY = 0.9
PAID_BY_OTHERS = ("parent_pays_child", "parent_without_reference", "third_party", "unknown_payer")


def receipts(world: Path) -> pl.DataFrame:
    """receipt_id, payer_name, payer_account, truth (the customer)."""
    truth = pl.read_csv(world / "truth.csv", infer_schema=False).unique("bank_reference").filter(~pl.col("behaviour").is_in(PAID_BY_OTHERS))
    lines = pl.concat([documents.read(path).lines for path in sorted((world / "bank").iterdir())])
    told = lines.join(truth.select("bank_reference", pl.col("payer_customer_id").alias("truth")), on="bank_reference")
    return told.sort("bank_reference").with_row_index("receipt_id").select(
        pl.col("receipt_id").cast(pl.Int64), "payer_name", normalised_accounts(pl.col("payer_account")).alias("payer_account"), "currency", "amount_minor", "value_date", "truth")


def customers(world: Path) -> pl.DataFrame:
    """customer_id, name, account: the first of those that are known."""
    told = pl.read_csv(world / "customers.csv", infer_schema=False)
    return told.select("customer_id", "name", normalised_accounts(pl.col("bank_accounts").fill_null("").str.split("|").list.first()).alias("account"))


def ours(told: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """receipt_id, customer_id: who paid for certain, by the whole of our matching over books without items."""
    inputs = schema.Inputs(
        receipts=told.select(
            "receipt_id", pl.format("R{}", "receipt_id").alias("receipt_key"), "currency", "amount_minor", "value_date", "payer_name", "payer_account",
            pl.lit("").alias("structured_reference"), pl.lit("").alias("text"), pl.lit(0, pl.Int64).alias("fee_minor"), pl.lit(None, pl.String).alias("customer_id")),
        remittance=schema.empty(schema.REMITTANCE), customers=known.select("customer_id", "name", pl.lit(None, pl.String).alias("parent_id")), aliases=schema.empty(schema.ALIASES),
        accounts=known.filter(pl.col("account") != "").select("customer_id", "account"), items=schema.empty(schema.ITEMS), closed_items=schema.empty(schema.CLOSED_ITEMS),
    )
    return pl.concat([piece.verdicts for piece in outcomes(inputs)]).drop_nulls("customer_id").select("receipt_id", "customer_id")


def splink(told: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """receipt_id, customer_id: the likeliest customer of each receipt, from `LIKELY` on."""
    import splink.comparison_library as compare
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    left, right = _for_splink(told.select(pl.col("receipt_id").cast(pl.String), "payer_name", "payer_account")), _for_splink(known.select("customer_id", "name", "account"))
    api = DuckDBAPI()
    rules: list[Any] = [block_on("account"), block_on("substr(name, 1, 5)"), block_on("last_word")]
    linker = Linker([api.register(left.to_arrow(), dataset_display_name="receipts"), api.register(right.to_arrow(), dataset_display_name="customers")], SettingsCreator(
        link_type="link_only", comparisons=[compare.JaroWinklerAtThresholds("name", [0.95, 0.88]), compare.ExactMatch("account")], blocking_rules_to_generate_predictions=rules))
    linker.training.estimate_probability_two_random_records_match([block_on("account"), block_on("name")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("account"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("substr(name, 1, 5)"))
    pairs = pl.from_arrow(linker.inference.predict(threshold_match_probability=LIKELY).as_duckdbpyrelation().arrow().read_all())
    assert isinstance(pairs, pl.DataFrame)
    is_left = pl.col("source_dataset_l") == "receipts"
    return pairs.select(
        pl.when(is_left).then("unique_id_l").otherwise("unique_id_r").cast(pl.Int64).alias("receipt_id"), pl.when(is_left).then("unique_id_r").otherwise("unique_id_l").alias("customer_id"),
        "match_probability").sort("match_probability", "customer_id", descending=True).unique("receipt_id", keep="first").select("receipt_id", "customer_id")


def _for_splink(frame: pl.DataFrame) -> pl.DataFrame:
    key, name, account = frame.columns
    named = frame.hstack(normalize.name_parts(frame[name]).select("core"))
    return named.select(pl.col(key).alias("unique_id"), pl.col("core").alias("name"), pl.col("core").str.split(" ").list.last().alias("last_word"),
                        pl.when(pl.col(account) != "").then(account).alias("account"))


READERS: dict[str, Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]] = {"ours": ours, "splink": splink}


def once(reader: str, world: Path) -> dict[str, float]:
    """What linking cost and how good it was."""
    told, known = receipts(world), customers(world)
    READERS[reader](told.head(200), known.head(2000))  # imports
    wall, processor = time.perf_counter(), time.process_time()
    found = READERS[reader](told, known)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    right = found.join(told, left_on=["receipt_id", "customer_id"], right_on=["receipt_id", "truth"]).height
    return {"wall": wall, "processor": processor, "recall": right / told.height, "precision": right / found.height,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--receipts", type=int, nargs="+", default=[10_000])
    parser.add_argument("--world", type=Path, help="One that was made before.")
    parser.add_argument("--reader", choices=READERS, help="Only this one, in this process; told as JSON.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--several", type=float, default=0.1)
    parser.add_argument("--format", default="mt940")
    options = parser.parse_args()
    if options.reader:
        print(json.dumps(once(options.reader, options.world)))
        return
    print("| receipts | linked by | wall s | processor s | peak MB | of the receipts, right | of those linked, right |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for count in options.receipts:
        with tempfile.TemporaryDirectory() as name:
            world = options.world or day.world(Path(name) / "world", options, count)
            for reader in READERS:
                done = subprocess.run([sys.executable, "-m", "benchmarks.payer_peer", "--reader", reader, "--world", str(world)], check=True, capture_output=True)
                cost = json.loads(done.stdout.splitlines()[-1])
                print(f"| {count:,} | {reader} | {cost['wall']:.1f} | {cost['processor']:.1f} | {cost['peak_mb']:,.0f} | {cost['recall']:.1%} | {cost['precision']:.2%} |", flush=True)


if __name__ == "__main__":
    main()
