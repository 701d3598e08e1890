"""The proofs of a report as one more section, for every renderer that shows sections."""

from __future__ import annotations

import polars as pl

from cashapp.reports.model import CURRENCY, Column, Report, Section

TITLE = "Proof against the ledger"


def proof_section(report: Report) -> Section:
    """What, currency, the report's amount, the ledger's, and whether they tie."""
    rows = [(proof.what, proof.currency, proof.reported_minor, proof.ledger_minor, "ties" if proof.ties else "BROKEN") for proof in report.proofs]
    shape = {"what": pl.String, "currency": pl.String, "report": pl.Int64, "ledger": pl.Int64, "result": pl.String}
    columns = (Column("what", title="ledger account"), CURRENCY, Column("report", "money"), Column("ledger", "money"), Column("result", title=""))
    return Section("proof", TITLE, columns, pl.DataFrame(rows, schema=shape, orient="row"), totalled=False)
