"""`docs/formats.md` is what `python -m parsers.describe` makes of the format modules, and says what a user must find there."""

from __future__ import annotations

import re

import pytest

from parsers import describe, registry
from parsers.issues import REMEDIES
from tests.conftest import FIXTURES

DOCUMENT = FIXTURES.parent / "docs" / "formats.md"
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", describe.document(), re.MULTILINE | re.DOTALL))


def test_the_committed_document_is_the_generated_one() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == describe.document(), "run: python -m parsers.describe > docs/formats.md"


@pytest.mark.parametrize("name", list(registry.all_formats()))
def test_a_format_tells_its_records_controls_quirks_and_an_example(name: str) -> None:
    section = SECTIONS[name]
    assert "Identified by" in section
    assert "```text\n" in section, "a sketch of the records"
    assert re.search(r"\bControls?:", section)
    assert re.search(r"\b[Tt]olerated:", section)
    assert all(len(line) < 150 for block in re.findall(r"```text\n(.*?)```", section, re.DOTALL) for line in block.split("\n"))


def test_every_code_has_its_remedy() -> None:
    assert re.findall(r"^\| `(\w+)` \|", SECTIONS["Issue codes"], re.MULTILINE) == sorted(REMEDIES)


@pytest.mark.parametrize(("docstring", "expected"), [
    ("One line.", ["One line.", ""]),
    ("A paragraph\nof two lines.\n\nAnother.", ["A paragraph of two lines.", "", "Another.", ""]),
    ("Records:\n\n    1 head\n\n      2 line\n\nControls: none.\nTolerated: all.",
     ["Records:", "", "```text", "1 head", "", "  2 line", "```", "", "**Controls:** none.", "", "**Tolerated:** all.", ""]),
    ("Tags <A> and `<B|C>`, ST*820~ | 823", ["Tags &lt;A> and `<B\\|C>`, ST\\*820\\~ \\| 823", ""]),
    ("\tTabs\n\n    a\tb", ["Tabs", "", "```text", "a\tb", "```", ""]),
])
def test_docstrings_as_markdown(docstring: str, expected: list[str]) -> None:
    assert list(describe._markdown(docstring)) == expected
