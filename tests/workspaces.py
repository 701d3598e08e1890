"""Workspaces driven as a user would: the command line, in this process or in one that can be killed."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cashapp.cli import cli
from cashapp.errors import CashappError


def cashapp(home: Path, *words: str) -> Result:
    """Run a command in this process; the exit status is the contract's."""
    result = CliRunner().invoke(cli, ["--home", str(home), *words], standalone_mode=False)
    if isinstance(result.exception, CashappError):
        result.exit_code = result.exception.exit_status
    elif result.exception is not None:
        raise result.exception
    else:
        result.exit_code = result.return_value or 0
    return result


def start(home: Path, *words: str) -> subprocess.Popen[bytes]:
    """Start a command in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "cashapp", "--home", str(home), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def table(home: Path, what: str) -> list[dict[str, str]]:
    """An export as rows."""
    result = cashapp(home, "export", what)
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh workspace."""
    folder = tmp_path / "home"
    assert cashapp(folder, "init", str(folder)).exit_code == 0
    return folder
