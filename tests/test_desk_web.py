"""The desk over HTTP, as a browser without JavaScript uses it, and its API as a program does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from cashapp import db, proof, queue, reversals, schema, users
from cashapp.workspace import Workspace
from tests.desks import PASSWORD, PEOPLE, Client, served


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
    assert "Accept 2 suggestions" in preview.text
    assert "1 of the ticked cases" in preview.text
    assert "5,250.00" in preview.text
    assert [status_of(engine, int(n)) for n in numbers] == ["open"] * 3
    done = sam.post("/queue/bulk", case=numbers, confirmed="yes")
    assert "2 posted" in done.text
    assert [status_of(engine, int(n)) for n in numbers] == ["resolved", "resolved", "open"]
    assert holds(engine)


FILTERS = [
    ("", 6), ("reason=short_payment", 1), ("owner=-", 6), ("owner=mia", 0), ("at_least=1500", 2), ("at_most=1,200", 3), ("search=3920.00", 1),
    ("search=ridgeline", 1), ("search=INV-10404", 1), ("search=FMB2611090288", 1), ("search=nobody+at+all", 0), ("status=all", 6), ("age=9999", 0),
    ("order=largest", 6), ("order=smallest", 6), ("order=newest", 6), ("search=%27%3B--", 0), ("order=no+such", 6), ("age=x", 6),
]


def test_filters_find_what_they_say(desk: tuple[str, Engine]) -> None:
    cleo = Client(desk[0], "cleo")
    assert [(query, cleo.get(f"/queue?{query}").text.count("<tr data-href=")) for query, _ in FILTERS] == FILTERS


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
    assert "<mark>INV-10409</mark>" in text
    link = text.split('href="/files/')[1].split('"')[0].replace("&amp;", "&")
    original = Client(base, "otto").get(f"/files/{link}").text
    assert "<mark>" in original
    assert "RIDGELINE" in original.split("<mark>")[1].split("</mark>")[0]


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
