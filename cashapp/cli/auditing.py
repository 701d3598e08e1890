"""`cashapp audit …`: the folder that an auditor takes along, and the proof that nothing was changed."""

from __future__ import annotations

from pathlib import Path

import click

from cashapp.cli.context import Session, print_json, tell, where

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group()
def audit() -> None:
    """The audit folder, and the proof of the chain."""


@audit.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@_JSON
@click.pass_obj
@where
def verify(session: Session, folder: Path | None, as_json: bool) -> int:
    """Prove an audit FOLDER offline; without one, the books' whole chain and the archive. Exit status 4 when something does not hold."""
    from cashapp import audit_proof, db

    if folder is not None:
        verdicts = audit_proof.of_folder(folder)
    else:
        workspace, engine = session.open()
        with db.reading(engine) as connection:
            verdicts = audit_proof.of_books(connection, workspace.folder("archive"))
    if as_json:
        print_json({"holds": not any(told.broken for told in verdicts), "proofs": [{"what": told.what, "holds": not told.broken, "broken": told.broken} for told in verdicts]})
    else:
        for told in verdicts:
            click.echo(f"{'holds ' if not told.broken else 'BROKEN'}  {told.what}")
            for line in told.broken:
                click.echo(f"        {line}")
    return 4 if any(told.broken for told in verdicts) else 0


@audit.command()
@click.option("--period", required=True, metavar="YYYY-MM", help="The month.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder to make (else reports/audit-YYYY-MM in the workspace).")
@_JSON
@click.pass_obj
@where
def pack(session: Session, period: str, out: Path | None, as_json: bool) -> None:
    """Make the audit folder of a month: reports, source files, journal, proof, manifest."""
    from cashapp import audit_pack, db, reports

    workspace, engine = session.open()
    when = reports.month(period)
    with db.reading(engine) as connection:
        made = audit_pack.pack(connection, workspace, when, out or workspace.folder("reports") / f"audit-{period}")
    for line in made.lacking:
        tell(f"cashapp: not in the folder: {line}")
    if as_json:
        print_json({"folder": str(made.folder), "files": made.files, "manifest_sha256": made.manifest_sha256, "lacking": made.lacking})
    else:
        click.echo(f"{made.folder}: {made.files} files; SHA-256 of its manifest, to be kept elsewhere:\n{made.manifest_sha256}")
