"""A desk for tests: the demo company's week, users of every role, and clients that log in as people do."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import httpx2
import pytest
import uvicorn
from sqlalchemy import Engine

from cashapp import db, logs, users
from cashapp.web.app import create
from cashapp.workspace import Workspace

PASSWORD = "correct horse battery"
PEOPLE = {"rita": "admin", "mia": "manager", "sam": "senior", "cleo": "clerk", "otto": "auditor"}


class Quiet:
    """A watcher that has nothing to say."""

    events = logs.Events()

    def tell(self, line: str) -> None:
        pass

    def stage(self, what: str, done: int = 0, total: int = 0) -> None:
        pass


@pytest.fixture(scope="session")
def worked_week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's workspace after its five days, and the people of PEOPLE; to be copied, not to be worked in."""
    home = tmp_path_factory.mktemp("week") / "larkspur"
    workspace = Workspace(home)
    engine = _demo(workspace)
    with db.writing(engine) as connection:
        for login, role in PEOPLE.items():
            users.add(connection, login, login.title(), role, PASSWORD, actor="rita")
    engine.dispose()
    return home


def _demo(workspace: Workspace) -> Engine:
    from tests.workspaces import cashapp

    assert cashapp(workspace.home.parent, "demo", str(workspace.home)).exit_code == 0
    return db.connect(workspace.db_url)


@pytest.fixture
def office(worked_week: Path, tmp_path: Path) -> Iterator[tuple[Workspace, Engine]]:
    """A copy of the worked week, with its books open."""
    home = tmp_path / "larkspur"
    shutil.copytree(worked_week, home)
    workspace = Workspace(home)
    engine = db.opened(workspace.db_url)
    yield workspace, engine
    engine.dispose()


MONDAY = """\
Date,Value Date,Amount,Currency,Account,Reference,Customer Reference,Check Number,Payer,Payer Account,Description,Type,Balance
2026-11-16,2026-11-16,2600.00,USD,88200417,PCB-20261116-01,,,Fairweather Marine LLC,,INV-10403,PAYMENT RECEIVED,29921.12
2026-11-16,2026-11-16,1200.00,USD,88200417,PCB-20261116-02,,,TWIN RIVERS SUPPLY,,PAYMENT,PAYMENT RECEIVED,31121.12
2026-11-16,2026-11-16,640.00,USD,88200417,PCB-20261116-03,,,Gables Scrap Metal,,PALLETS,PAYMENT RECEIVED,31761.12
2026-11-16,2026-11-16,312.50,USD,88200417,PCB-20261116-04,,,M. Okafor,,THANK YOU,PAYMENT RECEIVED,32073.62
2026-11-16,2026-11-16,720.00,USD,88200417,PCB-20261116-05,,,Oakhurst Veterinary Clinic,,INV-10397,PAYMENT RECEIVED,32793.62
"""
"""The company's next working day: five payments, none of which can be posted without a person."""


def work_monday(workspace: Workspace) -> None:
    """Take in MONDAY: the six cases of the week become eleven."""
    from tests.workspaces import cashapp

    (workspace.folder("inbox") / "monday.csv").write_text(MONDAY)
    assert cashapp(workspace.home, "run", "--as-of", "2026-11-16").exit_code == 0


@contextmanager
def served(workspace: Workspace, engine: Engine) -> Iterator[str]:
    """The desk on a port of its own, in a thread; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create(workspace, engine), host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    while Client.opened:
        Client.opened.pop().close()
    server.should_exit = True
    thread.join(10)


class Client:
    """Somebody with a browser that has no JavaScript: follows redirects, sends the token of the form."""

    opened: ClassVar[list[httpx2.Client]] = []  # closed when the desk closes

    def __init__(self, base: str, login: str | None = None) -> None:
        self.http = httpx2.Client(base_url=base, follow_redirects=True, timeout=30)
        self.opened.append(self.http)
        if login:
            answer = self.post("/login/enter", login=login, password=PASSWORD)
            assert answer.status_code == 200, answer.text

    def get(self, path: str) -> httpx2.Response:
        return self.http.get(path)

    def post(self, path: str, **fields: object) -> httpx2.Response:
        if "csrftoken" not in self.http.cookies:
            self.get("/login")
        return self.http.post(path, data={"_csrf_token": self.http.cookies["csrftoken"], **fields})

    def seen(self, number: int) -> str:
        """The version of a case that its page was drawn from."""
        found = re.search(r'name="seen" value="(\d+)"', self.get(f"/cases/{number}").text)
        return found[1] if found else "0"
