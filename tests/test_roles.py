"""Who may do what: each role against each verb over HTTP, and how far a person may go alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy import Engine, select

from cashapp import adjustments, authority, db, schema, users
from cashapp.adjustments import Signed, Wanted
from cashapp.books_policy import Role, roles_of
from cashapp.errors import ControlError
from cashapp.web import verbs
from cashapp.web.app import create
from cashapp.workspace import Workspace
from tests.books import DAY
from tests.desks import PEOPLE, Client, served

TABLE = """
verb          clerk  senior  manager  auditor  admin
read          yes    yes     yes      yes      yes
accept        yes    yes     yes      -        -
apply         yes    yes     yes      -        -
split         yes    yes     yes      -        -
deduct        yes    yes     yes      -        -
transfer      yes    yes     yes      -        -
duplicate     yes    yes     yes      -        -
close         yes    yes     yes      -        -
ask           yes    yes     yes      -        -
on_account    yes    yes     yes      -        -
non_ar        yes    yes     yes      -        -
write_off     yes    yes     yes      -        -
refund        yes    yes     yes      -        -
return        yes    yes     yes      -        -
assign        yes    yes     yes      -        -
note          yes    yes     yes      -        -
undo          yes    yes     yes      -        -
upload        yes    yes     yes      -        -
bulk          -      yes     yes      -        -
approve       -      yes     yes      -        -
reconcile     -      yes     yes      -        -
lock_period   -      -       yes      -        -
users         -      -       -        -        yes
"""
MAY = {(row[0], role): answer == "yes" for row in map(str.split, TABLE.strip().splitlines()[1:]) for role, answer in zip(TABLE.split()[1:6], row[1:], strict=True)}
VERBS = [row.split()[0] for row in TABLE.strip().splitlines()[1:]]
ON_A_CASE = set(verbs.VERBS)
ELSEWHERE = {
    "bulk": ("/queue/bulk", {"case": "1"}), "approve": ("/approvals/decide", {"deed": "approve", "adjustment": "999"}),
    "reconcile": ("/reconciliation/do", {"deed": "run", "account": "nobody's", "period": "2026-11"}),
    "lock_period": ("/reconciliation/do", {"deed": "lock", "account": "nobody's", "period": "2026-11"}),
    "users": ("/users/sessions/end", {"session": "none"}),
}
OF_ONES_OWN = {"/login/enter", "/setup/first", "/logout", "/me/change", "/queue/saved"}
"""What is posted without a right of its own: it touches nobody else's."""


@pytest.fixture
def desk(office: tuple[Workspace, Engine]) -> Iterator[tuple[str, Engine]]:
    with served(*office) as base:
        yield base, office[1]


REFUSED_UPLOAD = pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
"""The framework has read the form for its token before the guard refuses it, and leaves its temporary file to the collector."""


def tried(client: Client, verb: str) -> int:
    """The status of an attempt that changes nothing even where it is allowed: on a screen that is out of date, or with nothing that exists."""
    if verb == "read":
        return client.get("/overview").status_code
    if verb == "upload":
        client.get("/files")
        return client.http.post("/files/upload", data={"_csrf_token": client.http.cookies["csrftoken"]}, files={"data": (".hidden", b"x", "text/plain")}).status_code
    if verb in ON_A_CASE:
        return client.post(f"/cases/1/{verb}", seen="987654321").status_code
    path, fields = ELSEWHERE[verb]
    return client.post(path, **fields).status_code


@REFUSED_UPLOAD
@pytest.mark.parametrize("role", users.ROLES)
def test_a_role_does_what_the_table_says(desk: tuple[str, Engine], role: str) -> None:
    base, engine = desk
    login = next(login for login, its in PEOPLE.items() if its == role)
    client, program = Client(base, login), Client(base)
    with db.writing(engine) as connection:
        program.http.headers["Authorization"] = f"Bearer {users.issue_token(connection, login, 'robot')}"
    on_pages = {verb: tried(client, verb) for verb in VERBS}
    assert {verb: status != 403 for verb, status in on_pages.items()} == {verb: MAY[verb, role] for verb in VERBS}
    assert not [verb for verb, status in on_pages.items() if status >= 500]
    asked = {verb: program.http.post("/api/cases/1/decisions", json={"verb": verb, "seen": 987654321}).status_code for verb in sorted(ON_A_CASE)}
    assert asked == {verb: 409 if MAY[verb, role] else 403 for verb in sorted(ON_A_CASE)}
    assert program.get("/api/cases").status_code == 200


def test_the_table_has_every_verb_that_a_role_has() -> None:
    assert set().union(*users.ALLOWED.values()) - {"rules"} == set(VERBS)


def test_whoever_only_reads_posts_nothing(desk: tuple[str, Engine], office: tuple[Workspace, Engine]) -> None:
    """Every road of the application, so that a new one without a guard is found."""
    otto = Client(desk[0], "otto")
    roads = sorted((route.path for route in create(*office).routes if isinstance(route, HTTPRoute) and "POST" in route.methods), key=OF_ONES_OWN.__contains__)
    refused = {road: otto.post(re.sub(r"\{verb:\w+\}", "note", re.sub(r"\{\w+:int\}", "1", road)), case="1", verb="note").status_code for road in roads if not road.startswith("/api")}
    assert {road for road, status in refused.items() if status != 403} == OF_ONES_OWN


LIMITS = [
    # name in cashapp.toml, role at the desk, roles whose limits count
    ("Ann", None, ["tellers"]), (" ann ", None, ["tellers"]), ("zoe", None, ["others"]),
    ("zoe", "clerk", ["clerk"]), ("zoe", "senior", ["senior"]), ("ann", "senior", ["tellers", "senior"]), ("zoe", "auditor", ["auditor"]),
]


@pytest.mark.parametrize(("actor", "at_desk", "names"), LIMITS)
def test_limits_follow_the_name_and_the_role_at_the_desk(actor: str, at_desk: str | None, names: list[str]) -> None:
    given = [Role("tellers", ["ann"]), Role("others"), Role("senior", limits={"write_off": "7.00"})]
    assert [role.name for role in roles_of(given, actor, at_desk)] == names


ALONE = [
    # who, kind, amount in cents, may post it alone, may approve it
    ("cleo", "write_off", 2500, True, False), ("cleo", "write_off", 2501, False, False),
    ("sam", "write_off", 10_000, True, True), ("sam", "write_off", 10_001, False, True),
    ("mia", "write_off", 50_000, True, True), ("mia", "write_off", 90_000_000, False, False),
    ("otto", "write_off", 1, False, False), ("rita", "transfer", 1, False, False),
    ("CLEO", "write_off", 2501, False, False), ("nobody at the desk", "write_off", 2500, True, False), ("nobody at the desk", "write_off", 2501, False, False),
]


def test_a_desk_users_role_gives_the_limit(office: tuple[Workspace, Engine]) -> None:
    given = [Role("clerk", limits={"write_off": "25.00"}, approves="0"), Role("manager", limits={"write_off": "500.00"}, approves="50000.00")]
    with db.reading(office[1]) as connection:
        found = [(who, kind, minor, authority.may_post(connection, given, who, kind, minor, "USD"), authority.may_approve(connection, given, who, minor, "USD"))
                 for who, kind, minor, _, _ in ALONE]
    assert found == ALONE


def test_two_people_approve_each_others_work_and_never_their_own(office: tuple[Workspace, Engine]) -> None:
    _, engine = office
    item = schema.open_item
    with db.writing(engine) as connection:
        owed = connection.execute(select(item).where(item.c.open_minor > 20_000, item.c.kind == "invoice").order_by(item.c.item_id).limit(2)).all()
        mine, theirs = (adjustments.request(connection, Wanted("write_off", "lost", "150.00", customer_id=row.customer_id, document=row.document_number), Signed(who, DAY, []))
                        for row, who in zip(owed, ("sam", "mia"), strict=True))
        assert (mine.status, theirs.status) == ("pending", "pending")
        for number, who in ((mine.adjustment_id, "sam"), (mine.adjustment_id, " Sam"), (theirs.adjustment_id, "MIA")):
            with pytest.raises(ControlError, match="a second person"):
                adjustments.approve(connection, number, Signed(who, DAY, []))
        with pytest.raises(ControlError, match="above what"):
            adjustments.approve(connection, mine.adjustment_id, Signed("cleo", DAY, []))
        assert adjustments.approve(connection, mine.adjustment_id, Signed("mia", DAY, []))
        assert adjustments.approve(connection, theirs.adjustment_id, Signed("sam", DAY, []))
