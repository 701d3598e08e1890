"""`cashapp init`, `run` and `check`: the workspace, the daily job, the proof of the books."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from cashapp.cli.context import Session, closing, print_json, tell, where


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.pass_obj
@where
def init(session: Session, folder: Path | None) -> None:
    """Make a workspace: cashapp.toml, the database, inbox/ archive/ quarantine/ reports/."""
    from cashapp import db
    from cashapp.workspace import find

    workspace = find(folder or session.home, session.db)
    workspace.create()
    engine = closing(db.connect(workspace.db_url))
    if db.revision(engine) != db.HEAD:
        db.migrate(engine)
    tell(f"{workspace.home} is ready: settings in {workspace.toml}, drop bank files into {workspace.folder('inbox')}")


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "format_name", metavar="NAME", help="Skip recognition.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The business date (else today).")
@click.option("--no-post", is_flag=True, help="Propose only: nothing is applied unattended.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--workers", type=click.IntRange(min=1), default=1, help="Processes that read files.")
@click.option("--engine", "matchers", default="", metavar="ENGINE", help="Who matches: local:2 for two processes, tcp://HOST:PORT for a Dask cluster (else this process).")
@click.option("--wait", type=float, default=60.0, show_default=True, help="Seconds to wait for another run to finish.")
@click.option("--watch", is_flag=True, help="Stay, and run whenever files in the inbox are complete.")
@click.option("--poll", type=click.FloatRange(min=0.1), metavar="SECONDS", help="With --watch: look every so often instead of waiting to be told.")
@click.option("--settle", type=click.FloatRange(min=0), default=5.0, show_default=True, metavar="SECONDS",
              help="With --watch: how long a file stays unchanged before it is taken.")
@click.pass_obj
@where
def run(session: Session, files: tuple[Path, ...], format_name: str | None, as_of: dt.datetime | None, no_post: bool, as_json: bool,
        workers: int, matchers: str, wait: float, watch: bool, poll: float | None, settle: float) -> int:
    """Take the named files, or all in the inbox, into the books; apply what is certain, queue the rest."""
    from cashapp import clock, daily, watching
    from cashapp.cli import running, show
    from cashapp.errors import UsageError

    def options() -> daily.Options:
        day = as_of.date() if as_of else clock.today()
        return daily.Options(files or None, format_name, day, post=not no_post, actor=session.who, workers=workers, engine=matchers)

    if watch:
        if files or as_json:
            raise UsageError("--watch takes what comes into the inbox: give it no files and no --json; `[log]` in cashapp.toml tells programs of each run")
        return running.stay(session, options, wait, watching.Pace(settle, poll))
    if poll is not None:
        raise UsageError("--poll goes with --watch")
    workspace, engine = session.open()
    summary = running.once(workspace, engine, options(), wait)
    if as_json:
        print_json(summary.as_json())
    else:
        show.summary(summary)
    return 3 if summary.refused else 0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
@where
def check(session: Session, as_json: bool) -> int:
    """Prove the books: entries balance, balances follow postings, seals hold. Exit status 4 when something does not."""
    from cashapp import db, proof
    from cashapp.cli import running

    workspace, engine = session.open()
    with db.reading(engine) as connection:
        results = proof.prove(connection)
    running.keep_check(workspace, engine, results)
    if as_json:
        print_json({"holds": all(not result.broken for result in results), "proofs": [result.as_json() for result in results]})
    else:
        for result in results:
            click.echo(f"{'holds ' if not result.broken else 'BROKEN'}  {result.what}")
            for line in result.broken:
                click.echo(f"        {line}")
    return 4 if any(result.broken for result in results) else 0


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="demo")
def demo(folder: Path) -> int:
    """Run a small company's week of bank files in a new workspace, and leave it to play with."""
    from cashapp import demo as company
    from cashapp.cli import progress, show

    workspace, engine = company.prepare(folder)
    closing(engine)
    with progress.watching() as watcher:
        for summary in company.week(workspace, engine, watcher):
            show.summary(summary)
    proofs = company.proofs(engine)
    show.farewell(folder, proofs)
    return 4 if any(proof.broken for proof in proofs) else 0
