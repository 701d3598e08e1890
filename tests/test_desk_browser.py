"""A day at the desk in a real browser: Debian's Chromium, the keyboard alone, nothing from outside the server."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine, select

from cashapp import db, exceptions, proof, schema
from cashapp.workspace import Workspace
from tests.desks import PASSWORD, served
from tests.workspaces import cashapp


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    assert chromium, "the browser tests need Debian's chromium: make test installs it"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"])
        yield opened
        opened.close()


@pytest.fixture
def desk(office: tuple[Workspace, Engine]) -> Iterator[tuple[str, Workspace, Engine]]:
    workspace, engine = office
    with served(workspace, engine) as base:
        yield base, workspace, engine


def log_in(browser: Browser, base: str, login: str, **how: object) -> Page:
    """A page of somebody's own browser, at the queue; whatever it asks of another server fails the test."""
    page = browser.new_context(**how).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(15_000)
    page.on("request", lambda request: pytest.fail(f"asked for {request.url}") if not request.url.startswith((base, "data:")) else None)
    page.on("pageerror", lambda error: pytest.fail(f"script: {error}"))
    page.goto(f"{base}/login")
    page.wait_for_function("document.activeElement.name === 'login'")
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    return page


def reasons(engine: Engine) -> list[str]:
    case = schema.exception_case
    with db.reading(engine) as connection:
        return sorted(connection.execute(select(case.c.reason).where(case.c.status == "open")).scalars())


def open_case(page: Page, base: str, reason: str) -> None:
    """By keyboard: search the queue for the case, go to its row, open it."""
    page.goto(f"{base}/queue?reason={reason}")
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    page.locator("tr[aria-selected=true] a").press("Enter")
    page.wait_for_url("**/cases/**")


def test_the_queue_is_worked_by_keyboard_alone(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    page = log_in(browser, base, "sam")
    assert reasons(engine) == ["already_paid", "ambiguous_payer", "late_discount", "over_payment", "short_payment", "unknown_payer"]

    open_case(page, base, "late_discount")
    page.locator("body").press("Enter")
    page.wait_for_url("**done=*")
    assert "accept" in page.locator(".toast").inner_text()
    page.keyboard.press("u")
    page.wait_for_url("**/cases/*")
    assert "reopened" in reasons(engine)

    open_case(page, base, "reopened")
    page.locator("body").press("Enter")
    page.wait_for_url("**done=*")

    open_case(page, base, "already_paid")
    page.keyboard.press("o")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")

    open_case(page, base, "unknown_payer")
    page.keyboard.press("n")
    page.keyboard.type("an agent; asked by mail")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note >> text=asked by mail")
    page.keyboard.press("i")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=sam’s")
    page.keyboard.press("g")
    page.keyboard.type("2210")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")

    open_case(page, base, "short_payment")
    page.keyboard.press("f")
    page.keyboard.type("INV-10415")
    page.keyboard.press("Tab")
    page.keyboard.type("1330.00")
    assert page.locator("#match [data-remaining]").inner_text() == "0.00"
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")

    open_case(page, base, "ambiguous_payer")
    page.keyboard.press("2")
    assert page.locator("details.suggestion[open]").get_attribute("data-rank") == "2"
    page.keyboard.press("/")
    page.goto(f"{base}/queue")
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    page.keyboard.press("Escape")

    assert reasons(engine) == ["ambiguous_payer", "over_payment"]
    with db.reading(engine) as connection:
        assert not [found.what for found in proof.prove(connection) if found.broken]


def test_many_cases_are_ticked_and_accepted(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    page = log_in(browser, base, "sam")
    for key in ("j", "j", "j", "Space", "j", "j", "Shift+Space"):
        page.keyboard.press(key)
    assert page.locator("[data-ticked]").inner_text() == "3 ticked · 6,450.00 USD"
    page.keyboard.press("a")
    page.wait_for_selector("text=Accept the first suggestion: 3 cases")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=3 done")
    assert len(reasons(engine)) == 3
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    for key in ("j", "Space", "Shift+ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("i")
    page.wait_for_selector("text=Assign: 2 cases")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=2 done")


def test_a_payment_is_split_deducted_and_asked_about_by_keyboard(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    page = log_in(browser, base, "sam")

    open_case(page, base, "unknown_payer")
    page.keyboard.press("m")
    assert page.locator("#mail").input_value().startswith("Dear ATLAS PROCUREMENT SERVICES")
    page.keyboard.press("Enter")
    page.wait_for_selector(".note >> text=asked for remittance on")
    page.keyboard.press("x")
    page.wait_for_selector("text=No other report told of 1,975.00 USD")
    page.keyboard.press("s")
    page.keyboard.type("C-1018")
    page.keyboard.press("Tab")
    page.keyboard.type("1,000.00")
    assert page.locator("details[data-verb=s] [data-remaining]").inner_text() == "975.00"
    for field in ("", "C-1028", "975.00"):
        page.keyboard.press("Tab")
        page.keyboard.type(field)
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")

    open_case(page, base, "short_payment")
    page.keyboard.press("d")
    page.keyboard.type("150.00")
    page.keyboard.press("Tab")
    page.keyboard.type("shortage")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")

    open_case(page, base, "already_paid")
    page.keyboard.press("t")
    page.keyboard.press("Tab")
    page.keyboard.type("C-1028")
    page.keyboard.press("Tab")
    page.keyboard.type("their parent's")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")
    assert "transfer" in page.locator(".toast").inner_text()
    with db.reading(engine) as connection:
        rows = schema.application
        taken = connection.execute(select(rows.c.deduction_minor, rows.c.deduction_reason).where(rows.c.deduction_minor != 0, rows.c.actor == "sam")).all()
        assert [tuple(row) for row in taken] == [(150_00, "shortage")]
        assert not [found.what for found in proof.prove(connection) if found.broken]


def test_a_case_takes_few_keys(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    page = log_in(browser, base, "sam")
    page.goto(f"{base}/queue?reason=late_discount")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    page.keyboard.press("y")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=*")
    assert "apply" in page.locator(".toast").inner_text()

    page.goto(f"{base}/queue?reason=short_payment")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/**")
    page.keyboard.press("d")
    assert page.locator("[data-verb=d] [name=amount]").input_value() == "150.00"
    page.keyboard.press("Tab")
    page.keyboard.type("shortage")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**done=*")
    assert not {"late_discount", "short_payment"} & set(reasons(engine))

    page.goto(f"{base}/queue")
    page.keyboard.press("*")
    assert page.locator("[data-ticked]").inner_text() == "4 ticked · 4,575.00 USD"
    page.keyboard.press("*")
    assert page.locator("tr[data-row] input:checked").count() == 0


def test_what_is_above_a_limit_is_approved_by_another_person(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    sam, mia = log_in(browser, base, "sam"), log_in(browser, base, "mia")
    open_case(sam, base, "unknown_payer")
    sam.keyboard.press("r")
    sam.keyboard.press("Tab")
    sam.keyboard.type("not ours")
    sam.keyboard.press("Enter")
    sam.wait_for_selector("text=refund")
    assert "unknown_payer" in reasons(engine)
    mia.goto(f"{base}/approvals")
    mia.locator("text=Approve").last.press("Enter")
    mia.wait_for_selector("text=Nothing waits for a second person")
    assert "unknown_payer" not in reasons(engine)
    with db.reading(engine) as connection:
        assert not [found.what for found in proof.prove(connection) if found.broken]


def test_items_are_found_while_typing_and_taken(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    page = log_in(browser, base, "sam")
    open_case(page, base, "unknown_payer")
    page.keyboard.press("f")
    page.keyboard.press("Escape")
    page.type("#match [name=find]", "ridge")
    page.wait_for_selector("#items >> text=INV-10434")
    page.locator("[data-take='INV-10434']").press("Enter")
    assert page.locator("#match [name=amount]").first.input_value() == "1,975.00"
    assert page.locator("#match [data-remaining]").inner_text() == "0.00"
    page.click("#match >> text=Match >> nth=-1")
    page.wait_for_url("**done=*")
    assert "unknown_payer" not in reasons(engine)


def test_new_cases_come_without_a_reload_and_nothing_jumps(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    page = log_in(browser, base, "sam")
    for key in ("j", "j", "Space"):
        page.keyboard.press(key)
    page.evaluate("window.samePage = true")
    top = page.locator("table.list").bounding_box()
    with db.writing(engine) as connection:
        exceptions.open_cases(connection, pl.DataFrame({"reason": ["control_mismatch"]}), dt.date.today())
    page.evaluate("htmx.ajax('GET', document.getElementById('news').getAttribute('hx-get'), {target: '#news', swap: 'outerHTML'})")
    page.wait_for_selector("text=1 new")
    assert "7" in page.locator("#counts [aria-current=true]").inner_text()
    assert page.locator("table.list").bounding_box() == top
    assert page.locator("tr[data-row]").count() == 6
    page.keyboard.press(".")
    page.wait_for_selector("tr[data-row] >> text=case 7")
    assert page.locator("tr[data-row]").count() == 7
    assert page.locator("tr[data-row] input:checked").count() == 1
    assert page.locator("tr[aria-selected=true]").count() == 1
    assert page.evaluate("window.samePage")


def test_a_month_is_matched_by_keyboard_signed_by_two_and_locked(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    month = f"{base}/reconciliation/month?account=4407001122&period=2026-11"
    sam, mia = log_in(browser, base, "sam"), log_in(browser, base, "mia")
    sam.goto(month)
    for key in ("j", "Space", "ArrowRight", "Space"):
        sam.keyboard.press(key)
    assert sam.locator("output").inner_text() == "bank −1,890.00 · books −1,890.00 · difference 0.00 USD"
    with sam.expect_navigation():
        sam.keyboard.press("m")
    sam.wait_for_selector("text=matched by sam")
    for key in ("j", "Space", "ArrowRight", "j", "Space"):
        sam.keyboard.press(key)
    with sam.expect_navigation():
        sam.keyboard.press("m")
    assert "say why" in sam.locator(".trouble").inner_text()
    assert sam.locator("tr[data-row] input:checked").count() == 2
    with sam.expect_navigation():
        sam.keyboard.press("r")
    sam.fill("[name=reason]", "the difference is looked for")
    for label in ("Owns the difference", "Sign as preparer"):
        sam.click(f"text={label}")
    sam.wait_for_selector("text=prepared by sam")
    mia.goto(month)
    mia.click("text=Sign as reviewer")
    mia.wait_for_selector("text=reviewed by mia")
    mia.fill("[name=reason]", "month end")
    mia.click("text=Lock 2026-11")
    mia.wait_for_selector("text=the month is locked")
    with db.reading(engine) as connection:
        assert not [found.what for found in proof.prove(connection) if found.broken]


def test_single_keys_can_be_turned_off(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    page = log_in(browser, desk[0], "sam")
    page.keyboard.press("?")
    page.check("#keys-off")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert page.locator("tr[aria-selected=true]").count() == 0


def test_two_clerks_meet_on_one_case(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, _, engine = desk
    sam, cleo = log_in(browser, base, "sam"), log_in(browser, base, "cleo")
    open_case(sam, base, "late_discount")
    open_case(cleo, base, "late_discount")
    assert "sam has this case open, too" in " ".join(cleo.locator("#others").inner_text().split())
    sam.locator("body").press("Enter")
    sam.wait_for_url("**done=*")
    cleo.locator("body").press("Enter")
    cleo.wait_for_selector("text=sam was here first")
    assert "late_discount" not in reasons(engine)


def test_a_file_is_handed_in(browser: Browser, desk: tuple[str, Workspace, Engine], tmp_path: Path) -> None:
    base, workspace, _ = desk
    page = log_in(browser, base, "cleo")
    given = tmp_path / "tuesday.sta"
    given.write_bytes(b":20:X\n")
    page.goto(f"{base}/files")
    page.set_input_files("[type=file]", given)
    page.click("text=Put into the inbox")
    page.wait_for_selector("text=the next run takes it")
    assert (workspace.folder("inbox") / "tuesday.sta").exists()


def test_files_are_dropped_and_a_refused_one_says_why(browser: Browser, desk: tuple[str, Workspace, Engine]) -> None:
    base, workspace, _ = desk
    page = log_in(browser, base, "cleo")
    page.goto(f"{base}/files")
    handed = page.evaluate_handle("""() => {
        const files = new DataTransfer();
        files.items.add(new File([":20:X\\n:25:4407001122\\n:28C:1\\n:60F:C261120USD0,00\\n:62F:C261120USD5,00\\n-\\n"], "wrong-sum.sta"));
        files.items.add(new File(["no bank writes this"], "letter.txt"));
        return files;
    }""")
    page.dispatch_event("[data-drop]", "dragover", {"dataTransfer": handed})
    assert page.locator(".drop.over").count() == 1
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": handed})
    page.wait_for_selector("text=The files are in the inbox")
    assert "letter.txt, wrong-sum.sta" in page.locator("main").inner_text()
    assert sorted(path.name for path in workspace.folder("inbox").iterdir()) == ["letter.txt", "wrong-sum.sta"]
    assert cashapp(workspace.home, "run", "--as-of", "2026-11-20").exit_code == 3
    page.goto(f"{base}/files")
    refused = page.locator(".refused")
    for one in refused.locator("summary").all():
        if one.evaluate("summary => !summary.parentElement.open"):
            one.click()
    told = refused.inner_text()
    assert "wrong-sum.sta" in told
    assert "stated" in told
    assert "letter.txt" in told
    assert "claims the file" in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_shuts_anybody_out(browser: Browser, desk: tuple[str, Workspace, Engine], scheme: str) -> None:
    base = desk[0]
    page = log_in(browser, base, "mia", color_scheme=scheme, viewport={"width": 400, "height": 900})
    paths = ["/queue", "/cases/1", "/cases/4", "/cases/5", "/cases/3?edit=1", "/overview", "/customers", "/customers/C-1018", "/files", "/files/1", "/approvals", "/reconciliation",
             "/reconciliation/month?account=4407001122&period=2026-11", "/rules", "/reports/aging", "/trail", "/me"]
    for path in paths:
        page.goto(f"{base}{path}")
        page.evaluate("document.querySelectorAll('main details:not(.suggestion)').forEach((each) => { each.open = true; })")
        found = Axe().run(page)
        assert found.violations_count == 0, (path, found.generate_report())
        assert page.evaluate("document.documentElement.scrollWidth") <= 400, path
    admin = log_in(browser, base, "rita", color_scheme=scheme)
    for path in ("/users", "/login", "/cases/99999"):
        admin.goto(f"{base}{path}")
        found = Axe().run(admin)
        assert found.violations_count == 0, (path, found.generate_report())
