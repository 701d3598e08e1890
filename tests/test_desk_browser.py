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
from tests.desks import PASSWORD, served, work_monday
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


def press(page: Page, *strokes: str) -> None:
    """Keys by their names; what begins with `=` is typed."""
    for stroke in strokes:
        if stroke.startswith("="):
            page.keyboard.type(stroke[1:])
        else:
            page.keyboard.press(stroke)


DAY = [  # the cases as they lie in the queue: reason, keys, and what the desk says was done
    ("over payment", ("o", "Enter"), "Case 1: on-account – C-1008"),
    ("unknown payer", ("s", "=C-1018", "Tab", "=1,000.00", "Tab", "Tab", "=C-1028", "Tab", "=975.00", "Enter"), "Case 2: split – C-1018=1000.00, C-1028=975.00"),
    ("short payment", ("d", "Tab", "=shortage", "Tab", "Tab", "Enter"), "Case 3: deduction – 150.00 of INV-10415: shortage"),
    ("ambiguous payer", ("2", "Enter"), "Case 4: accept – suggestion 2"),
    ("late discount", ("Enter",), "Case 5: accept – suggestion 1"),
    ("already paid", ("u",), ""),
    ("reopened", ("y", "Enter"), "Case 5: apply – INV-10375=3920.00 with discount 80.00"),
    ("already paid", ("t", "Tab", "=C-1028", "Tab", "=their parent's", "Enter"), "Case 6: transfer – to C-1028: their parent's"),
    ("short payment", ("w", "Tab", "Tab", "=kept by their bank", "Enter"), "Case 7: write-off – 40.00 of INV-10403: kept by their bank"),
    ("ambiguous payer", ("e",), ""),
    ("ambiguous payer", ("f", "Tab", "=1,150.00", "Enter"), ""),
    ("over payment", ("o", "Enter"), "Case 8: on-account – C-1010"),
    ("already paid", ("n", "=paid in September, too", "Tab", "Enter"), ""),
    ("already paid", ("i", "=cleo", "Enter"), ""),
    ("already paid", ("j",), ""),
    ("unknown payer", ("g", "=4900", "Enter"), "Case 10: non-ar – 4900"),
    ("unknown payer", ("m", "Enter"), ""),
]


def test_a_day_of_exceptions_is_worked_by_keyboard_alone(browser: Browser, office: tuple[Workspace, Engine]) -> None:
    """Eleven cases one after the other, each by another way out; one is undone. The hands never leave the keys, the page is never called up by its address."""
    workspace, engine = office
    work_monday(workspace)
    with served(workspace, engine) as base:
        page = log_in(browser, base, "sam")
        with page.expect_navigation():
            press(page, "Enter")
        for reason, strokes, told in DAY:
            assert page.locator(".chip").first.inner_text() == reason, strokes
            press(page, *strokes[:-1])
            with page.expect_navigation():
                press(page, strokes[-1])
            assert page.locator(".trouble").count() == 0, strokes
            if told:
                assert told in page.locator(".toast").inner_text()
        assert "asked for remittance on" in page.locator(".note").inner_text()
        press(page, "x")
        page.wait_for_selector("text=No other report told of 312.50 USD")
    case, rows = schema.exception_case, schema.application
    with db.reading(engine) as connection:
        left = connection.execute(select(case.c.exception_id, case.c.assignee, case.c.note).where(case.c.status == "open").order_by(case.c.exception_id)).all()
        taken = connection.execute(select(rows.c.deduction_minor, rows.c.deduction_reason).where(rows.c.deduction_minor != 0, rows.c.actor == "sam")).all()
    assert [tuple(row)[:2] for row in left] == [(9, "cleo"), (11, "")]
    assert left[0].note == "paid in September, too"
    assert [tuple(row) for row in taken] == [(150_00, "shortage")]
    assert cashapp(workspace.home, "check").exit_code == 0


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
