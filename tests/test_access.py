"""Who gets in and for how long: wrong passwords, sessions, tokens, what the browser is told, what the server may listen on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from litestar.testing import TestClient
from sqlalchemy import Engine

from cashapp import db, schema, users
from cashapp.web.app import create
from cashapp.web.desk_context import HERE
from cashapp.workspace import Workspace
from tests.desks import PASSWORD, PEOPLE, Client, served
from tests.workspaces import cashapp


@pytest.fixture
def desk(office: tuple[Workspace, Engine]) -> Iterator[tuple[str, Engine]]:
    with served(*office) as base:
        yield base, office[1]


def log_in(base: str, login: str, password: str = PASSWORD) -> int:
    return Client(base).post("/login/enter", login=login, password=password).status_code


def test_after_many_wrong_passwords_the_right_one_waits_too(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    assert [log_in(base, "Cleo ", "not the password") for _ in range(users.FAILURES_OF_LOGIN)] == [401] * users.FAILURES_OF_LOGIN
    assert log_in(base, "cleo") == 429
    assert log_in(base, "mia") == 200
    table = schema.login_failure
    with db.writing(engine) as connection:
        connection.execute(table.update().values(at=dt.datetime.now(dt.UTC).replace(tzinfo=None) - users.FAILURES_WITHIN - dt.timedelta(minutes=1)))
    assert log_in(base, "cleo") == 200
    with db.writing(engine) as connection:
        users.note_failure(connection, "cleo", "")
        assert len(connection.execute(table.select()).all()) == 1


def test_one_address_may_not_try_everybody(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    with db.writing(engine) as connection:
        for number in range(users.FAILURES_FROM_ADDRESS):
            users.note_failure(connection, f"nobody{number}", "127.0.0.1")
    assert log_in(base, "mia") == 429


def test_an_office_behind_one_address_logs_in_at_once(desk: tuple[str, Engine]) -> None:
    assert [log_in(desk[0], "cleo") for _ in range(15)] == [200] * 15


def test_the_present_password_cannot_be_guessed_from_a_session(desk: tuple[str, Engine]) -> None:
    cleo = Client(desk[0], "cleo")
    for _ in range(users.FAILURES_OF_LOGIN):
        assert "not right" in cleo.post("/me/change", password="guess", new_password="another long password").text
    assert "wait" in cleo.post("/me/change", password=PASSWORD, new_password="another long password").text


def test_the_admin_sees_sessions_and_ends_one(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    here, there, rita = Client(base, "cleo"), Client(base, "cleo"), Client(base, "rita")
    with db.reading(engine) as connection:
        opened = [session for session in users.sessions(connection) if session.login == "cleo"]
    assert {session.address for session in opened} == {"127.0.0.1"}
    text = rita.get("/users").text
    assert text.count('>cleo</td><td class="when">') == 2
    assert "httpx" in text
    for session in opened[:1]:
        assert rita.post("/users/sessions/end", session=session.session_id).status_code == 200
    assert sorted(str(client.get("/queue").url).endswith("/queue") for client in (here, there)) == [False, True]
    assert here.post("/users/sessions/end", session=opened[1].session_id).status_code in {200, 403}
    assert PASSWORD not in text


def test_a_token_ends_when_its_owner_says_so(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    cleo, sam, program = Client(base, "cleo"), Client(base, "sam"), Client(base)
    token = re.search(r"ca_[\w-]+", cleo.post("/me/change", deed="token", name="robot").text)
    assert token
    program.http.headers["Authorization"] = f"Bearer {token[0]}"
    with db.reading(engine) as connection:
        [(digest, name, _)] = users.tokens(connection, "cleo")
    assert name == "robot"
    sam.post("/me/change", deed="end_token", token=digest)
    assert program.get("/api/cases").status_code == 200
    cleo.post("/me/change", deed="end_token", token=digest)
    assert program.get("/api/cases").status_code == 401


def test_what_is_changed_of_users_stands_in_the_trail_without_secrets(desk: tuple[str, Engine]) -> None:
    base, engine = desk
    rita, cleo, otto = Client(base, "rita"), Client(base, "cleo"), Client(base, "otto")
    rita.post("/users/change", deed="add", login="noor", name="Noor", role="clerk", password="noor's long password")
    rita.post("/users/change", deed="role", login="noor", role="senior")
    rita.post("/users/change", deed="role", login="noor", role="senior")
    token = re.search(r"ca_[\w-]+", cleo.post("/me/change", deed="token", name="robot").text)
    assert token
    with db.reading(engine) as connection:
        [(digest, _, _)] = users.tokens(connection, "cleo")
        [session] = [one for one in users.sessions(connection) if one.login == "cleo"]
    cleo.post("/me/change", deed="end_token", token=digest)
    cleo.post("/me/change", deed="end_token", token=digest)
    rita.post("/users/sessions/end", session=session.session_id)
    cleo = Client(base, "cleo")
    cleo.post("/me/change", deed="token", name="second robot")
    cleo.post("/me/change", password=PASSWORD, new_password="another long password")
    rita.post("/users/change", deed="bar", login="noor")
    rita.post("/users/change", deed="admit", login="noor")
    rita.post("/users/change", deed="bar", login="rita")
    text = otto.get("/trail").text
    told = re.findall(r'who=\w+">(\w+)</a></td><td class="wrap"><b>([^<]*)</b> ([^<]*)</td><td>user (\w+)</td>', text)
    assert told[:-len(PEOPLE)] == [
        ("rita", "admit", "", "noor"), ("rita", "bar", "", "noor"),
        ("cleo", "end token", "all 1", "cleo"), ("cleo", "end session", "all 1", "cleo"), ("cleo", "password", "", "cleo"), ("cleo", "token", "second robot", "cleo"),
        ("rita", "end session", "from 127.0.0.1", "cleo"), ("cleo", "end token", "robot", "cleo"), ("cleo", "token", "robot", "cleo"),
        ("rita", "role", "clerk to senior", "noor"), ("rita", "add", "as clerk", "noor"),
    ]
    assert re.findall(r"<td>user (\w+)</td>", otto.get("/trail?about=noor").text) == ["noor"] * 4
    with db.reading(engine) as connection:
        kept = str(connection.execute(schema.user_event.select()).all()) + text
        hashes = connection.execute(schema.app_user.select()).all()
    assert [secret for secret in (token[0], digest, session.session_id, PASSWORD, "long password", *(row.password_hash for row in hashes)) if secret in kept] == []


def test_templates_hold_no_script_and_no_style_of_their_own() -> None:
    """The policy lets the browser run and draw from the server's files only."""
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on")
    assert [(path.name, found[0]) for path in sorted(HERE.glob("templates/**/*.html")) if (found := inline.search(path.read_text()))] == []


def test_the_policy_names_no_other_source(desk: tuple[str, Engine]) -> None:
    answer = Client(desk[0]).get("/login")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert {name: value for name, value in policy.items() if value not in {"'none'", "'self'"}} == {"img-src": "'self' data:"}
    assert {"default-src", "script-src", "style-src", "form-action", "frame-ancestors", "base-uri", "object-src"} <= set(policy)
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers


def test_behind_tls_cookies_and_addresses_stay_there(office: tuple[Workspace, Engine]) -> None:
    with TestClient(create(*office, secure=True), base_url="https://testserver.local") as client:
        answer = client.get("/login")
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        client.post("/login/enter", data={"_csrf_token": client.cookies["csrftoken"], "login": "mia", "password": PASSWORD}, follow_redirects=False)
        assert {cookie.name: cookie.secure for cookie in client.cookies.jar} == {"csrftoken": True, "cashapp_session": True}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "desk.example.com"])
def test_nothing_but_loopback_is_served_without_tls(office: tuple[Workspace, Engine], host: str) -> None:
    done = cashapp(office[0].home, "serve", "--host", host, "--port", "0")
    assert done.exit_code == 2
    assert "--behind-proxy" in str(done.exception)


@pytest.mark.parametrize("path", ["/cases/99999999999999999999", "/queue?after=x", "/queue?after=2026-13-45~1", "/queue?order=due&after=٣~٣~٣", "/queue?since=٣", "/files/9223372036854775808",
                                  "/queue/news?since=99999999999999999999", "/trail?after=99999999999999999999", "/queue?done=²", "/queue?at_least=1e9", "/trail?about=²"])
def test_what_nobody_types_is_no_failure_of_ours(desk: tuple[str, Engine], path: str) -> None:
    assert Client(desk[0], "mia").get(path).status_code < 500


def test_an_error_that_nobody_foresaw_is_told_with_an_id_and_without_a_trace(desk: tuple[str, Engine], caplog: pytest.LogCaptureFixture) -> None:
    base, engine = desk
    mia, program = Client(base, "mia"), Client(base)
    with db.writing(engine) as connection:
        program.http.headers["Authorization"] = f"Bearer {users.issue_token(connection, 'mia', 'robot')}"
        schema.case_word.drop(connection)
    shown, told = mia.get("/queue?search=ridgeline"), program.get("/api/cases?search=ridgeline")
    assert (shown.status_code, told.status_code) == (500, 500)
    assert "<h1>Something broke</h1>" in shown.text
    assert "Log out" in shown.text
    assert set(told.json()) == {"status_code", "detail"}
    for answer in (shown.text, told.json()["detail"]):
        key = re.search(r"Quote error ([0-9a-f]{8}) ", answer)
        assert key
        [line] = [record.getMessage() for record in caplog.records if key[1] in record.getMessage()]
        assert "OperationalError in GET /" in line
        assert "case_search.py" in line or "queue.py" in line
        assert "ridgeline" not in line
        assert not re.search("Traceback|case_word|sqlite|OperationalError", answer)
    assert mia.get("/queue").status_code == 200
