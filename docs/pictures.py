"""Draws the pictures of the desk anew, into docs/screens: `python -m docs.pictures`. Every page after the demo week, light and dark, wide and narrow."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import Browser, sync_playwright

from cashapp import db, users
from cashapp.cli import cli
from cashapp.workspace import Workspace
from tests.desks import PASSWORD, served

SCREENS = Path(__file__).with_name("screens")
PEOPLE = {"rita": ("Rita Alvarez", "admin"), "mia": ("Mia Chen", "manager")}
PAGES = {
    "queue": "/queue", "case": "/cases/5", "match": "/cases/3?edit=1", "overview": "/overview", "customers": "/customers", "customer": "/customers/C-1018", "files": "/files", "file": "/files/1",
    "original": "/files/3/original?from=276&to=435", "approvals": "/approvals", "reconciliations": "/reconciliation",
    "reconciliation": "/reconciliation/month?account=4407001122&period=2026-11", "report": "/reports/aging", "rules": "/rules", "trail": "/trail", "me": "/me",
}


def main() -> None:
    """All of them."""
    shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir()
    chromium = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, _desk(Path(folder) / "larkspur") as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for scheme in ("light", "dark"):
            for width in (1440, 400):
                _draw(browser, base, scheme, width)
        browser.close()


@contextmanager
def _desk(home: Path) -> Iterator[str]:
    """The demo company's desk after its week, on a port of its own."""
    CliRunner().invoke(cli, ["demo", str(home)], standalone_mode=False, catch_exceptions=False)
    workspace = Workspace(home)
    engine = db.opened(workspace.db_url)
    with db.writing(engine) as connection:
        for login, (name, role) in PEOPLE.items():
            users.add(connection, login, name, role, PASSWORD)
    with served(workspace, engine) as base:
        yield base
    engine.dispose()


def _draw(browser: Browser, base: str, scheme: str, width: int) -> None:
    for login, pages in (("mia", PAGES), ("rita", {"users": "/users"})):
        context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900})
        page = context.new_page()
        page.goto(f"{base}/login")
        if login == "mia":
            page.screenshot(path=SCREENS / f"login-{scheme}-{width}.png")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/queue")
        for name, path in pages.items():
            page.goto(f"{base}{path}")
            page.screenshot(path=SCREENS / f"{name}-{scheme}-{width}.png")
        context.close()


if __name__ == "__main__":
    main()
