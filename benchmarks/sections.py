"""Sections of a document that a benchmark writes."""

from __future__ import annotations

import re
from pathlib import Path


def put(document: Path, heading: str, told: str) -> None:
    """Replace what stands under the heading, up to the next one."""
    before, _, rest = document.read_text(encoding="utf-8").partition(f"{heading}\n")
    after = re.search("^#", rest, re.MULTILINE)
    further = "\n" + rest[after.start():] if after else ""
    document.write_text(f"{before}{heading}\n\n{told}{further}", encoding="utf-8")
