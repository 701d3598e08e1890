"""Whether the payer agrees with the customer whose item a reference names.

`SAME`: clerk, bank account, exact name or alias say it is this customer. `FAMILY`: they say it is its parent, child or sibling, and
parents pay for children. `ALIKE`: the payer's name is written much like this customer's, or like that of one in its family. `SILENT`:
nothing is known of the payer but the reference. `CONTRADICTED`: they, or another customer's whole name in the text, say it is somebody
else, so this is a third party's payment, or a wrong number.
"""

from __future__ import annotations

import polars as pl

from matching import customers
from matching.places import among

SAME, FAMILY, ALIKE, SILENT, CONTRADICTED = 4, 3, 2, 1, 0
EVIDENCE = {FAMILY: "family", ALIKE: "name_similar", SILENT: "reference", CONTRADICTED: "contradicted"}
AGREEMENT = {"r": pl.UInt32, "c": pl.UInt32, "grade": pl.Int8, "payer_evidence": pl.String}


def agree(pairs: pl.DataFrame, candidates: pl.DataFrame, alike: pl.DataFrame, roots: pl.Series) -> pl.DataFrame:
    """r, c, grade, payer_evidence for each pair of a receipt and the customer of an item it may pay. `candidates` have a customer once for each receipt;
    `roots` are the heads of the customers' families, in order of `c`."""
    theirs = candidates.filter(among("r", pairs)).pipe(_of_families, roots)
    strong = theirs.filter((pl.col("level") >= customers.CERTAIN) | pl.col("evidence").is_in(["bank_account", "name", "alias"]))
    similar = theirs.filter(pl.col("level") == customers.SIMILAR)
    in_text = similar.filter(pl.col("evidence") == customers.IN_TEXT)
    similar = similar.filter((pl.col("evidence") != customers.BY_NUMBER) | ~among("r", in_text))
    mentioned = theirs.filter(pl.col("evidence") == customers.MENTIONED)
    same = strong.select("customer", pl.col("evidence").alias("same"))
    asked = _of_families(pairs, roots).join(same, on="customer", how="left")
    like = among("customer", alike.select(_pair(pl.col("c")).alias("customer"))) | among("family", similar)
    elsewhere = pl.concat([part.select("r") for part in (strong, similar, mentioned)])
    grade = (
        pl.when(pl.col("same").is_not_null()).then(SAME).when(among("family", strong)).then(FAMILY).when(like & ~among("r", strong)).then(ALIKE)
        .when(among("r", elsewhere) & ~among("family", mentioned)).then(CONTRADICTED).otherwise(SILENT).cast(pl.Int8)
    )
    graded = asked.with_columns(grade.alias("grade"))
    written = (pl.col("grade") == ALIKE) & among("customer", in_text)
    evidence = pl.when(written).then(pl.lit(customers.IN_TEXT)).otherwise(pl.col("grade").replace_strict(EVIDENCE, default=None, return_dtype=pl.String))
    return graded.with_columns(pl.coalesce("same", evidence).alias("payer_evidence")).select(list(AGREEMENT))


def _of_families(pairs: pl.DataFrame, roots: pl.Series) -> pl.DataFrame:
    """`pairs` (r, c) with `customer` and `family`: the receipt with the customer, and with the root of the customer's family, as one number."""
    return pairs.with_columns(_pair(pl.col("c")).alias("customer"), _pair(roots.gather(pairs["c"])).alias("family"))


def _pair(other: pl.Expr | pl.Series) -> pl.Expr:
    return pl.col("r").cast(pl.UInt64) * 2**32 + other
