"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the golden files anew; then read them line by line")


@pytest.fixture(scope="session")
def update_goldens(request: pytest.FixtureRequest) -> bool:
    wanted = request.config.getoption("--update-goldens")
    assert not (wanted and os.environ.get("CI")), "goldens are written by people, never by CI"
    return bool(wanted)


pytest_plugins = ["tests.databases", "tests.workspaces", "tests.desks"]
