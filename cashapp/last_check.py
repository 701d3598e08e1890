"""What `cashapp check` found when it last ran, kept beside the books: proving them takes too long to be done for every figure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from cashapp import clock
from cashapp.proof import Proof
from cashapp.tabular import replace_file

_NAME = ".last-check.json"


class Found(NamedTuple):
    """When the books were proven, and how many of the proofs did not hold."""

    at: dt.datetime
    broken: int


def keep(home: Path, proofs: Iterable[Proof]) -> None:
    """Remember the result in the workspace."""
    told = {"at": clock.now().isoformat(), "broken": sum(bool(proof.broken) for proof in proofs)}
    replace_file(home / _NAME, json.dumps(told).encode())


def find(home: Path) -> Found | None:
    """The last result; None where the books were never proven."""
    path = home / _NAME
    if not path.exists():
        return None
    told = json.loads(path.read_bytes())
    return Found(dt.datetime.fromisoformat(told["at"]), told["broken"])
