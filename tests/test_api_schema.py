"""The API against its own description: whatever is sent, no answer is a failure of ours, and each is what the description says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance
from sqlalchemy import Engine

from cashapp import db, proof, users
from cashapp.workspace import Workspace
from tests.desks import served

EXAMPLES = 40
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
def api(office: tuple[Workspace, Engine]) -> Iterator[tuple[schemathesis.BaseSchema, dict[str, str], Engine]]:
    workspace, engine = office
    with db.writing(engine) as connection:
        headers = {"Authorization": f"Bearer {users.issue_token(connection, 'mia', 'robot')}"}
    with served(workspace, engine) as base:
        yield schemathesis.openapi.from_url(f"{base}/api/schema/openapi.json", headers=headers), headers, engine


@pytest.mark.parametrize("mode", schemathesis.GenerationMode)
def test_no_request_breaks_the_api(api: tuple[schemathesis.BaseSchema, dict[str, str], Engine], mode: schemathesis.GenerationMode) -> None:
    schema, headers, engine = api
    tried: list[str] = []
    for operation in (found.ok() for found in schema.get_all_operations()):
        tried.append(operation.label)

        @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        ask()
    assert sorted(tried) == ["GET /api/cases", "GET /api/cases/{number}", "POST /api/cases/{number}/decisions"]
    with db.reading(engine) as connection:
        assert not [found.what for found in proof.prove(connection) if found.broken]
