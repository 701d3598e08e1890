"""The desk over HTTP, as a browser without JavaScript uses it, and its API as a program does."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import polars as pl
import pytest
from sqlalchemy import Engine, select

from cashapp import db, exceptions, periods, proof, queue, reversals, schema, trail, users
from cashapp.deadlines import Deadlines
from cashapp.desk_policy import DeskRules
from cashapp.workspace import Workspace
from tests.desks import PASSWORD, PEOPLE, Client, served, work_monday


@pytest.fixture
def desk(office: tuple[Workspace, Engine]) -> Iterator[tuple[str, Engine]]:
    workspace, engine = office
    with served(workspace, engine) as base:
        yield base, engine


def case_of(engine: Engine, reason: str) -> int:
    case = schema.exception_case
    with db.reading(engine) as connection:
        return connection.execute(select(case.c.exception_id).where(case.c.reason == reason, case.c.status == "open")).scalars().first() or 0


def status_of(engine: Engine, number: int) -> str:
    with db.reading(engine) as connection:
        return connection.execute(select(schema.exception_case.c.status).where(schema.exception_case.c.exception_id == number)).scalar_one()


def holds(engine: Engine) -> bool:
    with db.reading(engine) as connection:
        return not [found.what for found in proof.prove(connection) if found.broken]


def test_nobody_gets_in_without_a_password(desk: tuple[str, Engine]) -> None:
    base, _ = desk
    stranger = Client(base)
    for path in ("/queue", "/cases/1", "/overview", "/customers", "/files", "/reports/aging", "/users", "/trail", "/me"):
        assert str(stranger.get(path).url).endswith("/login"), path
    wrong = stranger.post("/login/enter", login="mia", password="not the password")
    assert wrong.status_code == 401
    assert "wrong" in wrong.text


def test_every_page_has_the_headers_that_keep_others_out(desk: tuple[str, Engine]) -> None:
    base, _ = desk
    client = Client(base, "mia")
    for path in ("/queue", "/cases/1", "/overview", "/customers", "/customers/C-1001", "/files", "/files/1", "/reports/aging", "/trail", "/me", "/static/desk.css"):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
        assert answer.headers["x-content-type-options"] == "nosniff"
    session = next(cookie for cookie in client.http.cookies.jar if cookie.name == "cashapp_session")
    assert session.has_nonstandard_attr("HttpOnly")


def test_a_form_of_another_site_is_refused(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    number = case_of(engine, "unknown_payer")
    client = Client(base, "mia")
    answer = client.http.post(f"/cases/{number}/non_ar", data={"gl": "4711", "seen": "0"})
    assert answer.status_code == 403
    assert status_of(engine, number) == "open"


WORK = {
    "accept": ("late_discount", {"rank": "1"}), "apply": ("short_payment", {"invoice": "INV-10415", "amount": "1330.00"}),
    "on_account": ("already_paid", {"customer": "C-1018"}), "assign": ("unknown_payer", {"user": "cleo"}),
    "note": ("unknown_payer", {"note": "asked by mail"}), "non_ar": ("unknown_payer", {"gl": "4711"}),
}
MAY = {
    "clerk": set(WORK), "senior": set(WORK), "manager": set(WORK), "auditor": set(), "admin": set(),
}


@pytest.mark.parametrize("role", users.ROLES)
def test_each_role_does_what_it_may_and_nothing_else(desk: tuple[str, Engine], role: str) -> None:
    base, engine = desk
    login = next(login for login, its in PEOPLE.items() if its == role)
    client = Client(base, login)
    for verb, (reason, fields) in WORK.items():
        number = case_of(engine, reason) or case_of(engine, "reopened")
        before = client.seen(number) if verb in MAY[role] else "0"
        answer = client.post(f"/cases/{number}/{verb}", seen=before, **fields)
        assert answer.status_code == (200 if verb in MAY[role] else 403), (role, verb, answer.text[:2000])
    bulk = client.post("/queue/bulk", case=["1"])
    assert (bulk.status_code == 200) == (role in {"senior", "manager"})
    assert (client.get("/users").status_code == 200) == (role == "admin")
    assert client.get("/queue").status_code == 200
    assert holds(engine)


def test_a_decision_is_posted_signed_and_undone(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    number = case_of(engine, "late_discount")
    cleo = Client(base, "cleo")
    assert cleo.post(f"/cases/{number}/accept", seen=cleo.seen(number), rank="1").status_code == 200
    assert status_of(engine, number) == "resolved"
    with db.reading(engine) as connection:
        assert queue.history(connection, number)[-1].actor == "cleo"
    assert cleo.post(f"/cases/{number}/undo", seen=cleo.seen(number)).status_code == 200
    assert status_of(engine, number) == "open"
    assert holds(engine)


def test_two_clerks_do_not_overwrite_each_other(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    number = case_of(engine, "unknown_payer")
    cleo, sam = Client(base, "cleo"), Client(base, "sam")
    drawn = sam.seen(number)
    assert "Cleo" not in sam.get(f"/cases/{number}").text
    cleo.get(f"/cases/{number}")
    assert "cleo has this case open, too" in " ".join(sam.get(f"/cases/{number}").text.split())
    assert cleo.post(f"/cases/{number}/note", seen=cleo.seen(number), note="theirs is mine").status_code == 200
    late = sam.post(f"/cases/{number}/non_ar", seen=drawn, gl="4711")
    assert late.status_code == 409
    assert "cleo was here first" in late.text
    assert status_of(engine, number) == "open"


def test_many_are_accepted_together_after_a_preview(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    numbers = [str(case_of(engine, reason)) for reason in ("late_discount", "short_payment", "unknown_payer")]
    sam = Client(base, "sam")
    preview = sam.post("/queue/bulk", case=numbers)
    assert "Accept the first suggestion: 2 cases" in preview.text
    assert "1 of the ticked cases is left as it is" in preview.text
    assert "5,250.00" in preview.text
    assert [status_of(engine, int(n)) for n in numbers] == ["open"] * 3
    done = sam.post("/queue/bulk", case=numbers, confirmed="yes")
    assert "Accept the first suggestion: 2 done" in done.text
    assert [status_of(engine, int(n)) for n in numbers] == ["resolved", "resolved", "open"]
    assert holds(engine)


def test_what_many_decisions_teach_is_summed_before(office: tuple[Workspace, Engine]) -> None:
    workspace, engine = office
    work_monday(workspace)
    case = schema.exception_case
    with db.reading(engine) as connection:
        numbers = connection.execute(select(case.c.exception_id).where(case.c.reason.in_(["ambiguous_payer", "late_discount", "unknown_payer"]))).scalars().all()
    with served(workspace, engine) as base:
        sam = Client(base, "sam")

        def told() -> list[str]:
            preview = sam.post("/queue/bulk", case=[str(number) for number in numbers]).text
            return re.findall(r"<li>(.*?)</li>", preview.partition('id="teaches"')[2].partition("</ul>")[0])

        name, habit = "the name <b>TWIN RIVERS SUPPLY</b> is C-1010’s", "C-1023 takes discounts late, from 1 of the cases"
        assert told() == [f"{name} (2 of 3 payments until it counts), from 2 of the cases", habit]
        first = case_of(engine, "ambiguous_payer")
        assert sam.post(f"/cases/{first}/accept", seen=sam.seen(first), rank="1").status_code == 200
        assert told() == [habit, f"{name} (2 of 3 payments until it counts), from 1 of the cases"]
        assert "Teaches" not in sam.post("/queue/bulk", verb="assign", case=[str(number) for number in numbers]).text


FILTERS = [
    ("", 6), ("reason=short_payment", 1), ("owner=-", 6), ("owner=mia", 0), ("at_least=1500", 2), ("at_most=1,200", 3), ("search=3920.00", 1),
    ("search=ridgeline", 1), ("search=INV-10404", 1), ("search=FMB2611090288", 1), ("search=nobody+at+all", 0), ("status=all", 6), ("age=9999", 0),
    ("order=largest", 6), ("order=smallest", 6), ("order=newest", 6), ("search=%27%3B--", 0), ("order=no+such", 6), ("age=x", 6), ("order=due", 6), ("due=nonsense", 6),
]


def test_filters_find_what_they_say(desk: tuple[str, Engine]) -> None:
    cleo = Client(desk[0], "cleo")
    assert [(query, cleo.get(f"/queue?{query}").text.count("<tr data-row=")) for query, _ in FILTERS] == FILTERS


def test_late_cases_are_counted_and_found_by_whom_they_went_up_to(office: tuple[Workspace, Engine]) -> None:
    workspace, engine = office
    with workspace.toml.open("a") as settings:
        settings.write('\n[desk]\ndue_days = 0\nescalate = { "senior" = 250, "manager" = 1 }\n')
    with served(Workspace(workspace.home), engine) as base:
        cleo = Client(base, "cleo")
        assert [cleo.get(f"/queue?due={due}").text.count("<tr data-row=") for due in ("late", "manager", "senior")] == [6, 6, 0]
        assert "up to the manager <b>6</b>" in cleo.get("/queue").text
        assert "d late</span>" in cleo.get("/cases/1").text


def test_what_comes_in_is_told_and_silence_costs_nothing(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    cleo = Client(base, "cleo")
    link = cleo.get("/queue").text.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert cleo.get(link).status_code == 204
    with db.writing(engine) as connection:
        exceptions.open_cases(connection, pl.DataFrame({"reason": ["control_mismatch"]}), dt.date.today())
    told = cleo.get(link).text
    assert "<b>1 new</b>" in told
    assert "control mismatch <b>1</b>" in told
    sam = Client(base, "sam")
    assert sam.post("/cases/1/note", seen=sam.seen(1), note="mine").status_code == 200
    assert "control mismatch" in cleo.get(link).text


BULK = {  # fields, how many of the first four cases it fits, what becomes of them
    "accept": ({}, 4, "resolved"), "on_account": ({"customer": "C-1018"}, 5, "resolved"), "non_ar": ({"gl": "2210"}, 5, "resolved"),
    "write_off": ({"reason": "small"}, 5, "open"), "assign": ({"user": "cleo"}, 5, "open"), "note": ({"note": "asked"}, 5, "open"),
}


@pytest.mark.parametrize("verb", BULK)
def test_many_cases_take_any_verb_after_a_preview(desk: tuple[str, Engine], verb: str) -> None:
    base, engine = desk
    fields, fitting, becomes = BULK[verb]
    sam, numbers = Client(base, "sam"), [2, 3, 4, 5, 6]
    asked = sam.post("/queue/bulk", verb=verb, case=[str(number) for number in numbers], **fields)
    shown = re.findall(r'name="case" value="(\d+~\d+)"', asked.text)
    assert len(shown) == fitting
    stale = shown[-1]
    mia = Client(base, "mia")
    mia.post(f"/cases/{stale.partition('~')[0]}/note", seen=mia.seen(int(stale.partition("~")[0])), note="mine now")
    done = sam.post("/queue/bulk", verb=verb, confirmed="yes", case=shown, **fields)
    assert f"{fitting - 1} done" in done.text
    assert "it has changed since the preview" in done.text
    if verb == "write_off":
        assert "wait for a second person" in done.text
    changed = [int(value.partition("~")[0]) for value in shown[:-1]]
    assert [status_of(engine, number) for number in changed] == [becomes] * (fitting - 1)
    with db.reading(engine) as connection:
        assert {queue.history(connection, number)[-1].actor for number in changed} == {"sam"}
    assert holds(engine)


def test_many_money_verbs_need_the_right_for_many(desk: tuple[str, Engine]) -> None:
    cleo = Client(desk[0], "cleo")
    assert [cleo.post("/queue/bulk", verb=verb, case=["1"]).status_code for verb in BULK] == [403, 403, 403, 403, 200, 200]


def test_verbs_of_a_case_are_forms_without_scripts(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    sam = Client(base, "sam")

    def act(number: int, verb: str, **fields: object) -> None:
        answer = sam.post(f"/cases/{number}/{verb}", seen=sam.seen(number), **fields)
        assert answer.status_code == 200, answer.text

    found = sam.get("/cases/2?find=1,480.00&scope=all#match").text
    assert 'aria-label="Take INV-10415"' in found
    edited = sam.get("/cases/3?edit=1").text
    assert 'value="INV-10415"' in edited
    act(3, "apply", invoice=["INV-10415", ""], amount=["1,330.00", ""], discount=["", ""], deduction=["150.00", ""], deduction_reason=["shortage", ""])
    act(4, "split", share_customer=["C-1010", "C-1011"], amount=["700.00", "500.00"], invoice=["", "INV-10406"])
    act(2, "ask")
    assert "asked for remittance on" in sam.get("/cases/2").text
    act(2, "transfer", customer="C-1018", reason="theirs")
    act(6, "deduct", amount="10.00", reason="pricing", document="INV-10432")
    assert [status_of(engine, number) for number in (2, 3, 4, 6)] == ["resolved", "resolved", "resolved", "open"]
    wrong = sam.post("/cases/1/duplicate", seen=sam.seen(1), receipt="R000")
    assert (wrong.status_code, "there is no other receipt" in wrong.text) == (422, True)
    assert holds(engine)


def test_the_ways_out_of_a_difference_are_ready_to_post(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    sam = Client(base, "sam")
    number = case_of(engine, "late_discount")
    text = sam.get(f"/cases/{number}").text
    assert "The discount of USD 80.00 was taken 19 days after its last day." in text
    ways = re.findall(r'class="way">.*?</form>', text, re.DOTALL)
    assert [re.search(r"<span>(.*?)<small>", way)[1] for way in ways] == [
        "The discount of 80.00 on INV-10375, 19 days late", "80.00 deducted, for a reason", "A part payment: 80.00 of INV-10375 stays open"]
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', ways[0]))
    assert sam.post(f"/cases/{number}/apply", **{name: value for name, value in fields.items() if name != "_csrf_token"}).status_code == 200
    with db.reading(engine) as connection:
        line = connection.execute(select(schema.application).order_by(schema.application.c.application_id.desc())).first()
    assert (line.applied_minor, line.discount_minor) == (392000, 8000)
    assert holds(engine)


def test_what_a_decision_teaches_is_told_before_and_can_be_taken_back(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    mia, number = Client(base, "mia"), case_of(engine, "ambiguous_payer")
    assert "the name <b>TWIN RIVERS SUPPLY</b> is C-1010’s (1 of 3 payments until it counts)" in " ".join(mia.get(f"/cases/{number}").text.split())
    assert mia.post(f"/cases/{number}/accept", seen=mia.seen(number), rank="1").status_code == 200
    assert "TWIN RIVERS SUPPLY" in mia.get("/rules").text.split("Taken back")[0]
    lesson = {"kind": "alias", "value": "TWIN RIVERS SUPPLY", "customer": "C-1010"}
    assert Client(base, "sam").post("/rules/forget", reason="no", **lesson).status_code == 403
    assert mia.post("/rules/forget", reason="", **lesson).status_code == 422
    assert mia.post("/rules/forget", reason="two companies", **lesson).status_code == 200
    before, _, after = mia.get("/rules").text.partition("Taken back")
    assert ("TWIN RIVERS SUPPLY" in before.split("</h1>")[1].split("<h3>")[0], "two companies" in after) == (False, True)
    assert status_of(engine, number) == "resolved"


def test_a_filter_is_kept_under_a_name(desk: tuple[str, Engine]) -> None:
    base, _ = desk
    cleo = Client(base, "cleo")
    cleo.post("/queue/saved", name="big ones", query="at_least=1500")
    assert '<a href="/queue?at_least=1500">big ones</a>' in cleo.get("/queue").text
    assert "big ones" not in Client(base, "sam").get("/queue").text
    cleo.post("/queue/saved", forget="big ones", name="")
    assert "big ones" not in cleo.get("/queue").text


def test_barring_somebody_ends_their_session_at_once(desk: tuple[str, Engine]) -> None:
    base, _ = desk
    cleo, rita = Client(base, "cleo"), Client(base, "rita")
    assert rita.post("/users/change", login="cleo", deed="bar").status_code == 200
    assert str(cleo.get("/queue").url).endswith("/login")
    assert "the last admin stays" in rita.post("/users/change", login="rita", deed="bar").text


def test_the_first_user_is_made_once(office: tuple[Workspace, Engine]) -> None:
    workspace, engine = office
    with db.writing(engine) as connection:
        connection.execute(schema.app_user.delete())
    with served(workspace, engine) as base:
        stranger = Client(base)
        assert str(stranger.get("/login").url).endswith("/setup")
        assert stranger.post("/setup/first", login="boss", password="short").status_code == 400
        assert stranger.post("/setup/first", login="boss", password=PASSWORD).status_code == 200
        assert Client(base).post("/setup/first", login="thief", password=PASSWORD).status_code == 400


def test_the_words_of_the_bank_are_shown_where_they_stand(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    number = case_of(engine, "over_payment")
    text = Client(base, "otto").get(f"/cases/{number}").text
    assert '<mark class="reference" title="reference">INV-10409</mark>' in text
    link = text.split('href="/files/')[1].split('"')[0].replace("&amp;", "&")
    original = Client(base, "otto").get(f"/files/{link}").text
    there = original.split('<span class="line">')[1].split("</span>")[0]
    assert '<mark class="name" title="payer’s name">RIDGELINE OUTDOOR CO</mark>' in there
    assert '<mark class="amount" title="amount">275000</mark>' in there


@pytest.fixture
def program(desk: tuple[str, Engine]) -> tuple[Client, Engine]:
    base, engine = desk
    with db.writing(engine) as connection:
        token = users.issue_token(connection, "cleo", "robot")
    client = Client(base)
    client.http.headers["Authorization"] = f"Bearer {token}"
    return client, engine


def test_a_program_works_the_queue(program: tuple[Client, Engine]) -> None:
    client, engine = program
    listed = client.get("/api/cases").json()
    assert [case["reason"] for case in listed["cases"]] == ["over_payment", "unknown_payer", "short_payment", "ambiguous_payer", "late_discount", "already_paid"]
    number = case_of(engine, "short_payment")
    version = client.get(f"/api/cases/{number}").json()["version"]
    stale = client.http.post(f"/api/cases/{number}/decisions", json={"verb": "accept", "seen": version + 1})
    assert stale.status_code == 409
    wrong = client.http.post(f"/api/cases/{number}/decisions", json={"verb": "apply", "to": [{"invoice_number": "NOT-THERE", "amount": "1.00"}]})
    assert wrong.status_code == 422
    done = client.http.post(f"/api/cases/{number}/decisions", json={"verb": "accept", "seen": version})
    assert (done.status_code, done.json()["status"]) == (201, "resolved")
    assert client.get("/api/cases/999999").status_code == 404
    assert holds(engine)


def test_the_api_takes_tokens_only(desk: tuple[str, Engine]) -> None:
    base, _ = desk
    assert Client(base, "mia").get("/api/cases").status_code == 401
    stranger = Client(base)
    stranger.http.headers["Authorization"] = "Bearer ca_nobody"
    assert stranger.get("/api/cases").status_code == 401


def test_what_is_above_a_limit_waits_for_another_person(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    number = case_of(engine, "over_payment")
    mia, sam = Client(base, "mia"), Client(base, "sam")
    assert mia.post(f"/cases/{number}/write_off", seen=mia.seen(number), amount="250.00", reason="paid twice").status_code == 200
    assert "paid twice" in mia.get("/approvals").text
    own = mia.post("/approvals/decide", adjustment="1", deed="approve")
    assert own.status_code == 422
    assert status_of(engine, number) == "open"
    assert Client(base, "cleo").post("/approvals/decide", adjustment="1", deed="approve").status_code == 403
    assert sam.post("/approvals/decide", adjustment="1", deed="approve").status_code == 200
    assert status_of(engine, number) == "resolved"
    assert holds(engine)


def test_a_month_is_matched_signed_by_two_and_locked(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    mia, sam = Client(base, "mia"), Client(base, "sam")
    of = {"account": sam.get("/reconciliation").text.split("account=")[1].split("&amp;")[0], "period": f"{dt.date.today():%Y-%m}"}
    for deed, reason in (("run", ""), ("own", "looked for"), ("prepare", "")):
        assert sam.post("/reconciliation/do", deed=deed, owner="sam", reason=reason, **of).status_code == 200, deed
    assert sam.post("/reconciliation/do", deed="review", **of).status_code == 422
    assert sam.post("/reconciliation/do", deed="lock", reason="month end", **of).status_code == 403
    assert mia.post("/reconciliation/do", deed="review", **of).status_code == 200
    assert "reviewed by mia" in mia.get("/reconciliation").text
    assert mia.post("/reconciliation/do", deed="lock", reason="month end", **of).status_code == 200
    assert "the month is locked" in mia.get(f"/reconciliation/month?account={of['account']}&period={of['period']}").text
    number = case_of(engine, "late_discount")
    late = sam.post(f"/cases/{number}/accept", seen=sam.seen(number), rank="1")
    assert (late.status_code, f"{of['period']} is locked" in late.text) == (422, True)
    assert holds(engine)


def test_a_customers_page_ages_what_the_report_ages(desk: tuple[str, Engine]) -> None:
    base, _ = desk
    text = Client(base, "otto").get("/customers/C-1023").text
    head = text.split('<table class="aging">')[1].split("</table>")[0]
    assert [part.split("</th>")[0] for part in head.split("<th>")[1:]] == ["current", "1-30", "31-60", "61-90", "90+", "credits", "total"]
    assert "<b>12,522.67</b>" in head


def test_the_overview_says_how_right_the_engine_was(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    mia = Client(base, "mia")
    text = " ".join(mia.get("/overview").text.split())
    assert "persons took back 0 of 34 in 90 days" in text
    assert "between 89.71 and 100 %" in text
    assert "9,825.00 USD" in text
    entry = schema.journal_entry
    with db.writing(engine) as connection:
        entry_id = connection.execute(select(entry.c.entry_id).where(entry.c.kind == "application", entry.c.actor == "cashapp").order_by(entry.c.entry_id)).scalars().first()
        reversals.take_back(connection, entry_id, reversals.Why("mia", dt.date.today(), "not theirs"))
    text = " ".join(mia.get("/overview").text.split())
    assert "persons took back 1 of 34 in 90 days" in text
    assert "between 84.67 and 99.92 %" in text


UPLOADS = [(["../../monday.sta"], 200), (["a.txt", "b.txt"], 200), (["a.txt", "a.txt"], 422), ([".hidden"], 422), (["x.part"], 422), (["x" * 201], 422), ([], 422)]


@pytest.mark.parametrize(("names", "status"), UPLOADS)
def test_files_go_into_the_inbox_all_or_none(desk: tuple[str, Engine], office: tuple[Workspace, Engine], names: list[str], status: int) -> None:
    cleo = Client(desk[0], "cleo")
    cleo.get("/files")
    token = {"_csrf_token": cleo.http.cookies["csrftoken"]}
    files = [("data", (name, b":20:X", "text/plain")) for name in names] or [("other", ("x", b"x", "text/plain"))]
    assert cleo.http.post("/files/upload", data=token, files=files).status_code == status
    kept = sorted(path.name for path in office[0].folder("inbox").iterdir())
    assert kept == (sorted(name.rpartition("/")[2] for name in names) if status == 200 else [])
    if kept:
        assert "is in the inbox already" in cleo.http.post("/files/upload", data=token, files=files).text


def test_a_customers_page_leads_to_the_statement(desk: tuple[str, Engine]) -> None:
    otto = Client(desk[0], "otto")
    page = otto.get("/customers/C-1018").text
    assert "Statement of account" in page
    pdf = otto.get("/reports/statement?customer=C-1018&to=pdf")
    assert (pdf.status_code, pdf.content[:5], pdf.headers["content-disposition"]) == (200, b"%PDF-", 'attachment; filename="statement-C-1018.pdf"')
    shown = otto.get("/reports/statement?customer=C-1018&period=2026-11").text
    assert 'name="customer" value="C-1018"' in shown
    assert otto.get("/reports/statement?customer=NOBODY").status_code == 404


def test_what_came_back_stands_on_the_customers_page(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    taken = schema.returned_item
    with db.reading(engine) as connection:
        row = connection.execute(select(taken).where(taken.c.customer_id.is_not(None), taken.c.method != "undone")).first()
    assert row is not None
    text = Client(base, "otto").get(f"/customers/{row.customer_id}").text
    assert "Came back" in text
    assert row.code in text.split("Came back")[1]


COUNTS = [  # filter, and what stands beside the list: heading and rows as a clerk reads them
    ("", "Amount: from 1,000 5, from 10,000 0, from 100,000 0", "Owner: nobody 5, cleo 1"),
    ("reason=short_payment", "Amount: from 1,000 1, from 10,000 0, from 100,000 0", "Owner: cleo 1"),
    ("owner=cleo", "Amount: from 1,000 1, from 10,000 0, from 100,000 0", "Owner: nobody 5, cleo 1"),
    ("at_least=10000", "Amount: from 1,000 5, from 10,000 0, from 100,000 0", "Owner: "),
    ("age=9999", "Waiting, calendar days: 1+ day 6, 3+ days 6, 7+ days 6, 14+ days 0, 30+ days 0", "Owner: "),
]


def test_each_count_is_what_a_click_on_it_shows(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    with db.writing(engine) as connection:
        case = schema.exception_case
        connection.execute(case.update().where(case.c.reason == "short_payment").values(assignee="cleo"))
        connection.execute(case.update().values(opened_on=dt.date.today() - dt.timedelta(8)))
    cleo = Client(base, "cleo")
    for query, *told in COUNTS:
        lists = _counts(cleo.get(f"/queue?{query}").text)
        assert set(told) <= {f"{heading}: {', '.join(f'{label} {n}' for label, n, _ in rows)}" for heading, rows in lists}, query
        for _, rows in lists:
            for label, n, link in rows:
                if "aria-current" not in link:
                    shown = cleo.get(link.partition('"')[0].replace("&amp;", "&")).text.count("<tr data-row=")
                    assert shown == int(n), (query, label)


def test_counts_follow_each_decision(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    sam, number = Client(base, "sam"), case_of(engine, "short_payment")
    before = dict(_counts(sam.get("/queue").text))
    sam.post(f"/cases/{number}/note", seen=sam.seen(number), note="looked at")
    assert dict(_counts(sam.get("/queue").text)) == before
    sam.post(f"/cases/{number}/assign", seen=sam.seen(number), user="cleo")
    assert [row[:2] for row in dict(_counts(sam.get("/queue").text))["Owner"]] == [("nobody", "5"), ("cleo", "1")]
    sam.post(f"/cases/{number}/accept", seen=sam.seen(number), rank="1")
    assert [row[:2] for row in dict(_counts(sam.get("/queue").text))["Owner"]] == [("nobody", "5")]
    sam.post(f"/cases/{number}/undo", seen=sam.seen(number))
    told = dict(_counts(sam.get("/queue").text))
    assert [row[:2] for row in told["Owner"]] == [("nobody", "5"), ("cleo", "1")]
    assert ("reopened", "1") in [row[:2] for row in told["Why they wait"]]


def _counts(page: str) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Each list beside the queue: its heading, and label, count and link of its rows."""
    beside = page.partition('<div id="counts">')[2].partition("</div>")[0]
    return [(part.partition("</h2>")[0], [(label, n, link) for link, label, n in re.findall(r'href="([^>]*)>([^<]*) <b>([0-9,]+)</b>', part)])
            for part in beside.split("<h2>")[1:]]


def test_the_trail_of_anything_tells_who_did_what_to_it(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    sam, mia = Client(base, "sam"), Client(base, "mia")
    number = case_of(engine, "short_payment")
    with db.reading(engine) as connection:
        key = connection.execute(select(schema.receipt.c.receipt_key).join(
            schema.exception_case, schema.exception_case.c.receipt_id == schema.receipt.c.receipt_id).where(schema.exception_case.c.exception_id == number)).scalar_one()
    sam.post(f"/cases/{number}/deduct", seen=sam.seen(number), amount="150.00", reason="shortage")
    sam.post(f"/cases/{number}/undo", seen=sam.seen(number))
    mia.post("/reconciliation/do", account="4407001122", period="2026-10", deed="soft_close", reason="month end")
    told = {about: [(who, what) for who, what in re.findall(r'who=\w+">(\w+)</a></td><td class="wrap"><b>([^<]*)</b>', sam.get(f"/trail?about={about}").text)]
            for about in ("", str(number), key, "INV-10415", "2026-10", "nothing")}
    assert told[str(number)] == [("sam", "undo"), ("sam", "deduction")]
    assert set(told[key]) == {("sam", "undo"), ("sam", "deduction"), ("sam", "reversal"), ("sam", "application"), ("demo", "cash")}
    assert ("sam", "reversal") in told["INV-10415"]
    assert told["2026-10"] == [("mia", "soft closed")]
    assert told["nothing"] == []
    assert sorted(told[""][:3]) == [("mia", "soft closed"), ("sam", "deduction"), ("sam", "undo")]


def test_the_trail_is_read_to_its_end_page_by_page(engine: Engine) -> None:
    with db.writing(engine) as connection:
        exceptions.open_cases(connection, pl.DataFrame({"reason": ["control_mismatch"]}), dt.date(2026, 11, 20))
        for n in range(130):
            exceptions.record(connection, 1, f"clerk{n % 3}", "note", str(n))
            periods.change(connection, periods.month(f"20{10 + n // 12:02}-{n % 12 + 1:02}"), "soft_closed", "mary", "")
    with db.reading(engine) as connection:
        for who, wanted in (("", 260), ("clerk1", 43), ("mary", 130), ("nobody", 0)):
            found, after = [], ""
            while True:
                page = trail.page(connection, who, "", after)
                found += page.deeds
                after = page.after
                if not after:
                    break
            assert (len(found), len(set(found))) == (wanted, wanted)
            assert [deed.at for deed in found] == sorted((deed.at for deed in found), reverse=True)


@pytest.mark.parametrize(("number", "status", "shown"), [(2, "open", True), (2, "resolved", False), (3, "open", False), (3, "resolved", True), (3, "all", True)])
def test_a_search_that_is_answered_once_shows_what_it_shows_in_the_query(engine: Engine, number: int, status: str, shown: bool) -> None:
    today = dt.date(2026, 11, 20)
    at, wanted = Deadlines(DeskRules(), "FED", today), queue.Filter(status=status, search=str(number))
    with db.writing(engine) as connection:
        exceptions.open_cases(connection, pl.DataFrame({"reason": ["control_mismatch"] * 3}), today)
        exceptions.resolve(connection, 3, "sam", "close", "counted anew")
    with db.reading(engine) as connection:
        narrowed = queue.searched(connection, wanted)
        assert narrowed == wanted._replace(search="", among=(number,))
        for asked in (wanted, narrowed):
            assert [case.exception_id for case in queue.page(connection, asked, at).cases] == [number] * shown


def test_a_case_without_money_is_closed_for_a_reason_and_opened_again(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    with db.writing(engine) as connection:
        exceptions.open_cases(connection, pl.DataFrame({"reason": ["control_mismatch"], "note": ["count: stated 3, computed 2"]}), dt.date.today())
    number, sam = case_of(engine, "control_mismatch"), Client(base, "sam")
    page = sam.get(f"/cases/{number}").text
    assert ('data-verb="c"' in page, 'data-verb="g"' in page) == (True, False)
    assert "say why nothing is left to do" in sam.post(f"/cases/{number}/close", seen=sam.seen(number), reason="").text
    assert "Undo" in sam.post(f"/cases/{number}/close", seen=sam.seen(number), reason="the bank counted a note").text
    assert status_of(engine, number) == "resolved"
    assert sam.post(f"/cases/{number}/undo", seen=sam.seen(number)).status_code == 200
    assert status_of(engine, number) == "open"
    money = case_of(engine, "short_payment")
    assert "is about money" in sam.post(f"/cases/{money}/close", seen=sam.seen(money), reason="no").text
    assert status_of(engine, money) == "open"
    assert holds(engine)
