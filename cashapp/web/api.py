"""The same verbs for programs: JSON in, JSON out, a bearer token, described at /api/schema."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, JSONBody, PathParameter
from sqlalchemy import Connection

from cashapp import desk, dossier, explain, money, queue, schema
from cashapp.errors import CashappError, UsageError
from cashapp.web import verbs
from cashapp.web.access import requires
from cashapp.web.desk_context import Asked, desk_of
from cashapp.web.verbs import Decision

Number = Annotated[int, PathParameter(ge=1, le=2**53)]


class CaseLine(msgspec.Struct):
    """A case as the list shows it; the amount is decimal text."""

    exception_id: int
    reason: str
    status: str
    assignee: str
    opened_on: str
    currency: str
    amount: str
    payer_name: str
    bank_reference: str
    customer_id: str
    confidence: int | None
    explanation: str


class Listed(msgspec.Struct):
    """A page of cases; `after` asks for the next one, "" where there is none."""

    cases: list[CaseLine]
    after: str


class Done(msgspec.Struct):
    """The case after a decision."""

    exception_id: int
    status: str
    version: int


class Refused(msgspec.Struct):
    """Why something was not done."""

    status_code: int
    detail: str


_WHY = {400: "what was sent cannot be read", 401: "no token, or one that has ended", 403: "the role of the token's user does not allow it",
        404: "there is no such case", 409: "the case has changed since it was read", 422: "the books refuse, in words"}


def _may_answer(*codes: int) -> dict[int, ResponseSpec]:
    return {code: ResponseSpec(Refused, description=_WHY[code], generate_examples=False) for code in codes}


def _line(case: queue.Case) -> CaseLine:
    amount = money.shown(case.amount_minor, case.currency).partition(" ")[0]
    return CaseLine(case.exception_id, case.reason, case.status, case.assignee, case.opened_on.isoformat(), case.currency or "", amount, case.payer_name,
                    case.bank_reference, case.customer_id or "", case.confidence, case.explanation or "")


@get("/cases", sync_to_thread=True, guards=[requires("read")], responses=_may_answer(400, 401, 403))
def cases(request: Asked, status: FromQuery[str] = "open", reason: FromQuery[str] = "", owner: FromQuery[str] = "", search: FromQuery[str] = "",
          order: FromQuery[str] = "oldest", after: FromQuery[str] = "") -> Listed:
    """The queue, a page at a time."""
    wanted = queue.Filter(status=status, reason=reason, owner=owner, search=search[:200], order=order)
    try:
        found = desk_of(request).read(lambda c: queue.page(c, wanted, desk_of(request).deadlines(), after))
    except UsageError as error:
        raise HTTPException(status_code=400, detail=str(error)) from error
    return Listed([_line(case) for case in found.cases], found.after)


@get("/cases/{number:int}", sync_to_thread=True, guards=[requires("read")], responses=_may_answer(400, 401, 403, 404))
def case(request: Asked, number: Number) -> dict[str, object]:
    """A case with everything that `cashapp explain` says of its receipt, and its version."""
    def ask(connection: Connection) -> dict[str, object]:
        config = desk_of(request).workspace.config
        found = dossier.gather(connection, number, desk_of(request).fee_limit, config.deduction_reasons(), config.base_currency)
        told = explain.explain(connection, found.receipt.receipt_key, config.base_currency).as_json() if found.receipt else {}
        return {"exception_id": number, "reason": found.case.reason, "status": found.case.status, "assignee": found.case.assignee, "note": found.case.note,
                "version": found.version, "receipt": told}

    try:
        return desk_of(request).read(ask)
    except UsageError as error:
        raise HTTPException(status_code=404, detail=str(error)) from error


@post("/cases/{number:int}/decisions", sync_to_thread=True, guards=[requires("note")], responses=_may_answer(400, 401, 403, 404, 409, 422))
def decide(request: Asked, number: Number, data: JSONBody[Decision]) -> Done:
    """Do one thing with the case; 409 where it has changed, 422 where the books refuse."""
    requires(data.verb)(request, None)  # type: ignore[arg-type]  # the guard looks at the user only
    who = verbs.acting(request)

    def act(connection: Connection) -> Done:
        _ = desk.case(connection, number)
        if data.seen is not None and queue.last_event(connection, number) != data.seen:
            raise HTTPException(status_code=409, detail="the case has changed since it was read")
        try:
            verbs.do(connection, number, data, who)
        except UsageError as error:
            raise HTTPException(status_code=422, detail=str(error)) from error
        status = connection.execute(schema.exception_case.select().where(schema.exception_case.c.exception_id == number)).one().status
        return Done(number, status, queue.last_event(connection, number))

    try:
        return desk_of(request).write(act)
    except UsageError as error:
        raise HTTPException(status_code=404, detail=str(error)) from error
    except CashappError as error:
        raise HTTPException(status_code=422, detail=str(error)) from error


router = Router(path="/api", route_handlers=[cases, case, decide], tags=["cases"], include_in_schema=True)
