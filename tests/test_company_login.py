"""The company's own login, against a real provider over HTTP, and what an attacker would try at it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import Engine

from cashapp import config, db, schema, users
from cashapp.errors import UsageError
from cashapp.workspace import Workspace
from tests.desks import Client, served
from tests.providers import CLIENT, SECRET, Provider, provider

Company = tuple[str, Provider, Engine]


@pytest.fixture
def company(office: tuple[Workspace, Engine], monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    workspace, engine = office
    monkeypatch.setenv("CASHAPP_OIDC_SECRET", SECRET)
    with provider() as asked, served(workspace, engine) as base:
        with workspace.toml.open("a") as toml:
            toml.write(f'[oidc]\nissuer = "{asked.address}"\nclient_id = "{CLIENT}"\naddress = "{base}"\n'
                       '[oidc.roles]\n"ar-managers" = "manager"\n"ar-clerks" = "clerk"\n')
        vars(workspace).pop("config", None)  # read before
        yield base, asked, engine


def log_in(base: str) -> Client:
    client = Client(base)
    client.landed = client.get("/login/company")  # type: ignore[attr-defined]
    return client


def user(engine: Engine, login: str) -> tuple[str, str] | None:
    with db.reading(engine) as connection:
        found = users.find(connection, login)
    return (found.name, found.role) if found else None


def test_somebody_of_the_company_comes_in_by_their_role(company: Company) -> None:
    base, asked, engine = company
    assert "Log in with your company account" in Client(base).get("/login").text
    jane = log_in(base)
    assert str(jane.landed.url).endswith("/queue")
    assert user(engine, "jane.doe") == ("Jane Doe", "clerk")
    assert jane.post("/queue/bulk", case="1").status_code == 403
    asked.person["groups"] = "ar-managers"
    assert log_in(base).post("/queue/bulk").status_code == 200
    assert user(engine, "jane.doe") == ("Jane Doe", "manager")
    assert Client(base).post("/login/enter", login="jane.doe", password="").status_code == 401


def test_who_was_barred_stays_out(company: Company) -> None:
    base, _, engine = company
    assert str(log_in(base).landed.url).endswith("/queue")
    rita = Client(base, "rita")
    assert rita.post("/users/change", login="jane.doe", deed="bar").status_code == 200
    assert (log_in(base).landed.status_code, user(engine, "jane.doe")) == (403, None)
    assert rita.post("/users/change", login="jane.doe", role="admin").status_code == 422


def test_nobody_takes_over_a_user_by_a_login(company: Company) -> None:
    base, asked, engine = company
    asked.person |= {"preferred_username": "Rita", "groups": ["ar-managers"]}
    refused = log_in(base)
    assert (refused.landed.status_code, user(engine, "rita")) == (403, ("Rita", "admin"))
    assert "there is a user rita already" in refused.landed.text
    assert str(refused.get("/queue").url).endswith("/login")


NOW = int(time.time())
FORGED = {
    "another nonce": {"tamper": {"nonce": "another"}}, "no nonce": {"tamper": {"nonce": None}}, "run out": {"tamper": {"exp": NOW - 3600}}, "no end": {"tamper": {"exp": None}},
    "of tomorrow": {"tamper": {"iat": NOW + 86_400, "nbf": NOW + 86_400}}, "for another": {"tamper": {"aud": "payroll"}},
    "for several": {"tamper": {"aud": [CLIENT, "payroll"]}}, "by another": {"tamper": {"azp": "payroll"}}, "of another issuer": {"tamper": {"iss": "https://evil.example"}},
    "nobody": {"tamper": {"sub": None}}, "no login": {"tamper": {"preferred_username": None}}, "a login with a blank": {"tamper": {"preferred_username": "jane doe"}},
    "no role": {"tamper": {"groups": ["staff"]}}, "roles of another kind": {"tamper": {"groups": {"ar-clerks": True}}},
    "another key": {"sign_with": RSAKey.generate_key(2048, {"kid": "k1"}, auto_kid=False)},
    "no signature": {"header": {"alg": "none"}, "sign_with": OctKey.generate_key()}, "a shared secret": {"header": {"alg": "HS256"}, "sign_with": OctKey.import_key(SECRET.ljust(32))},
    "a provider by another name": {"described": {"issuer": "https://evil.example"}}, "a plain address": {"described": {"token_endpoint": "http://evil.example/token"}},
    "an answer without its issuer": {"described": {"authorization_response_iss_parameter_supported": True}},
}


@pytest.mark.parametrize("what", FORGED)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_what_does_not_hold_lets_nobody_in(company: Company, what: str) -> None:
    base, asked, engine = company
    for name, value in FORGED[what].items():
        setattr(asked, name, value)
    client = log_in(base)
    assert client.landed.status_code in {403, 502}, client.landed.text
    assert user(engine, "jane.doe") is None
    assert str(client.get("/queue").url).endswith("/login")


def test_an_answer_counts_once_and_only_where_it_was_asked_for(company: Company) -> None:
    base, _, _ = company
    jane, other = Client(base), Client(base)
    for client in (jane, other):
        client.http.follow_redirects = False
    there = jane.get("/login/company").headers["location"]
    assert parse_qs(urlsplit(there).query)["code_challenge_method"] == ["S256"]
    back = jane.http.get(there).headers["location"]
    assert other.get(back).status_code == 403
    other.get("/login/company")
    assert other.get(back).status_code == 403
    assert jane.get(back.replace("state=", "state=x")).status_code == 403
    there = jane.get("/login/company").headers["location"]
    back = jane.http.get(there).headers["location"]
    assert jane.get(back).status_code == 303
    assert jane.get(back).status_code == 403
    assert jane.get("/login/company/back?error=access_denied&state=x").status_code == 403


def test_a_provider_that_is_away_leaves_the_password(company: Company) -> None:
    base, asked, _ = company
    asked.described = {"token_endpoint": None}
    assert Client(base).get("/login/company").status_code == 502
    assert Client(base, "mia").get("/queue").status_code == 200


@pytest.mark.parametrize(("settings", "why"), [
    ('issuer = "http://login.example.com"\nclient_id = "x"\naddress = "https://a"', "not https"),
    ('issuer = "https://login.example.com"\nclient_id = "x"\naddress = "http://cash.example.com"', "not https"),
    ('issuer = "https://login.example.com"\nclient_id = "x"\naddress = "https://a"\n[oidc.roles]', "roles"),
    ('issuer = "https://login.example.com"\nclient_id = "x"\naddress = "https://a"\n[oidc.roles]\nboss = "admin"', "admin"),
])
def test_settings_that_would_let_the_wrong_ones_in_are_refused(office: tuple[Workspace, Engine], settings: str, why: str) -> None:
    path = office[0].home / "other.toml"
    path.write_text(f"[oidc]\n{settings}\n")
    with pytest.raises(UsageError, match=why):
        config.load(path)


def test_without_settings_there_is_no_such_road(office: tuple[Workspace, Engine]) -> None:
    with served(*office) as base:
        stranger = Client(base)
        assert [stranger.get(path).status_code for path in ("/login/company", "/login/company/back")] == [404, 404]
        assert "company" not in stranger.get("/login").text
    with db.reading(office[1]) as connection:
        assert connection.execute(schema.app_user.select().where(schema.app_user.c.subject.is_not(None))).first() is None
