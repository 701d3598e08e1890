"""Whether the payer agrees with the customer whose item a reference names.

`SAME`: clerk, bank account, exact name or alias say it is this customer. `FAMILY`: they say it is its parent, child or sibling, and
parents pay for children. `ALIKE`: the payer's name is written much like this customer's, or like that of one in its family. `SILENT`:
nothing is known of the payer but the reference. `CONTRADICTED`: they, or another customer's whole name in the text, say it is somebody
else, so this is a third party's payment, or a wrong number.
"""

from __future__ import annotations

import polars as pl

from matching import customers

SAME, FAMILY, ALIKE, SILENT, CONTRADICTED = 4, 3, 2, 1, 0
EVIDENCE = {FAMILY: "family", ALIKE: "name_similar", SILENT: "reference", CONTRADICTED: "contradicted"}
AGREEMENT = {"r": pl.UInt32, "c": pl.UInt32, "grade": pl.Int8, "payer_evidence": pl.String}


def agree(pairs: pl.DataFrame, candidates: pl.DataFrame, alike: pl.DataFrame, roots: pl.DataFrame) -> pl.DataFrame:
    """r, c, grade, payer_evidence for each pair of a receipt and the customer of an item it may pay."""
    strong = candidates.filter((pl.col("level") >= customers.CERTAIN) | pl.col("evidence").is_in(["bank_account", "name", "alias"]))
    same = pairs.join(strong.select("r", "c", pl.col("evidence").alias("payer_evidence")), on=["r", "c"])
    same = same.with_columns(pl.lit(SAME, pl.Int8).alias("grade")).select(list(AGREEMENT))
    rest = pairs.join(same, on=["r", "c"], how="anti").join(roots, on="c")
    families = strong.join(roots, on="c").select("r", "root").unique()
    related = rest.join(families, on=["r", "root"], how="semi")
    rest = rest.join(related, on=["r", "c"], how="anti")
    others = strong.select("r").unique()
    similar = candidates.filter(pl.col("level") == customers.SIMILAR)
    in_text = similar.filter(pl.col("evidence") == customers.IN_TEXT).select("r")
    numbered = pl.col("evidence") == customers.BY_NUMBER
    similar = pl.concat([similar.filter(~numbered), similar.filter(numbered).join(in_text, on="r", how="anti")])
    mentioned = candidates.filter(pl.col("evidence") == customers.MENTIONED)
    like = rest.join(others, on="r", how="anti").join(pl.concat([alike.select("r", "c"), _kin(similar, roots)]), on=["r", "c"], how="semi")
    rest = rest.join(like, on=["r", "c"], how="anti")
    elsewhere = pl.concat([others, similar.select("r"), mentioned.select("r")]).unique()
    against = rest.join(elsewhere, on="r", how="semi").join(_kin(mentioned, roots), on=["r", "c"], how="anti")
    silent = rest.join(against, on=["r", "c"], how="anti")
    written = like.join(similar.filter(pl.col("evidence") == customers.IN_TEXT), on=["r", "c"], how="semi")
    like = like.join(written, on=["r", "c"], how="anti")
    graded = [_graded(frame, grade, EVIDENCE[grade]) for frame, grade in ((related, FAMILY), (like, ALIKE), (silent, SILENT), (against, CONTRADICTED))]
    return pl.concat([same, *graded, _graded(written, ALIKE, customers.IN_TEXT)])


def _kin(candidates: pl.DataFrame, roots: pl.DataFrame) -> pl.DataFrame:
    """r, c: everybody in the candidates' families."""
    return candidates.join(roots, on="c").select("r", "root").join(roots, on="root").select("r", "c").unique()


def _graded(pairs: pl.DataFrame, grade: int, evidence: str) -> pl.DataFrame:
    return pairs.with_columns(pl.lit(grade, pl.Int8).alias("grade"), pl.lit(evidence).alias("payer_evidence")).select(list(AGREEMENT))
