"""Draws the pictures of the desk anew, into docs/screens: `python -m docs.pictures`. Every page after the demo week, light and dark, wide and narrow."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine

from cashapp import db, users
from cashapp.cli import cli
from cashapp.workspace import Workspace
from tests.desks import PASSWORD, served

SCREENS = Path(__file__).with_name("screens")
PEOPLE = {"rita": ("Rita Alvarez", "admin"), "mia": ("Mia Chen", "manager")}
PAGES = {
    "queue": "/queue", "case": "/cases/5", "match": "/cases/3?edit=1", "overview": "/overview", "customers": "/customers", "customer": "/customers/C-1018", "files": "/files", "file": "/files/1",
    "original": "/files/3/original?from=276&to=435", "approvals": "/approvals", "reconciliations": "/reconciliation",
    "reconciliation": "/reconciliation/month?account=4407001122&period=2026-11", "report": "/reports/aging", "rules": "/rules", "trail": "/trail", "me": "/me", "error": "/files/999",
}


def main() -> None:
    """All of them."""
    shutil.rmtree(SCREENS, ignore_errors=True)
    SCREENS.mkdir()
    chromium = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, _desk(Path(folder) / "larkspur") as (base, engine), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        looks = [(scheme, width) for scheme in ("light", "dark") for width in (1440, 400)]
        for scheme, width in looks:
            _draw_setup(browser, base, scheme, width)
        with db.writing(engine) as connection:
            for login, (name, role) in PEOPLE.items():
                users.add(connection, login, name, role, PASSWORD, actor="rita")
        for scheme, width in looks:
            _draw(browser, base, scheme, width)
        browser.close()


@contextmanager
def _desk(home: Path) -> Iterator[tuple[str, Engine]]:
    """The demo company's desk after its week, on a port of its own; nobody has been let in yet."""
    CliRunner().invoke(cli, ["demo", str(home)], standalone_mode=False, catch_exceptions=False)
    workspace = Workspace(home)
    engine = db.opened(workspace.db_url)
    with served(workspace, engine) as base:
        yield base, engine
    engine.dispose()


def _opened(browser: Browser, scheme: str, width: int) -> Page:
    return browser.new_context(color_scheme="dark" if scheme == "dark" else "light", viewport={"width": width, "height": 900}).new_page()


def _draw_setup(browser: Browser, base: str, scheme: str, width: int) -> None:
    page = _opened(browser, scheme, width)
    page.goto(f"{base}/setup")
    page.screenshot(path=SCREENS / f"setup-{scheme}-{width}.png")
    page.context.close()


def _draw(browser: Browser, base: str, scheme: str, width: int) -> None:
    for login, pages in (("mia", PAGES), ("rita", {"users": "/users"})):
        page = _opened(browser, scheme, width)
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
        if login == "mia":
            page.goto(f"{base}/queue")
            page.locator("tr[data-row] input").evaluate_all("boxes => boxes.forEach((each) => each.click())")
            page.keyboard.press("a")
            page.wait_for_selector("h1 >> text=Accept the first suggestion")
            page.screenshot(path=SCREENS / f"bulk-{scheme}-{width}.png")
        page.context.close()


if __name__ == "__main__":
    main()
