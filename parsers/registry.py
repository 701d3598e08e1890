"""Which formats there are, and which one a file is in. Recognition looks at content alone: names lie."""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from parsers import formats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.profile import Profile
    from parsers.records import Record
    from parsers.sources import Source


class Format(Protocol):
    """What a module in `parsers.formats` offers."""

    NAME: str
    """Short and stable: users type it after `--format`."""
    TITLE: str
    """What an operator calls it."""
    IDENTIFIED_BY: str
    """What in the content tells it apart, in words."""

    def sniff(self, head: bytes) -> bool:
        """Whether the first bytes (up to `sources.HEAD_BYTES`, decoded) are this format's and no other's."""

    def parse(self, source: Source, profile: Profile) -> Iterator[Record]:
        """The file's records in order. Data problems are `Issue` records; an exception is a bug of the reader."""


@lru_cache(maxsize=1)
def all_formats() -> dict[str, Format]:
    """Every format by name, in the order of the names."""
    found = [importlib.import_module(f"{formats.__name__}.{module.name}") for module in pkgutil.iter_modules(formats.__path__)]
    return {module.NAME: module for module in sorted(found, key=lambda module: module.NAME)}


def candidates(head: bytes) -> list[Format]:
    """The formats that claim a file beginning with `head`: one is right, none or several need a person."""
    return [fmt for fmt in all_formats().values() if fmt.sniff(head)]
