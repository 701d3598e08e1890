"""Which formats there are, and which one a file is in. Recognition looks at content alone: names lie."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from parsers import formats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from parsers.documents import Document
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


Columns = Callable[["Source", "Profile"], "Iterator[Document]"]
"""A columnar reader, `parse_columns` of a format's module: the same documents as the records of `parse` drained, only faster.
A differential test holds the two equal."""


def columnar(fmt: Format) -> Columns | None:
    """The format's columnar reader, where a benchmark has shown that it is worth having."""
    found: Columns | None = getattr(fmt, "parse_columns", None)
    return found


@lru_cache(maxsize=1)
def all_formats() -> dict[str, Format]:
    """Every format by name, in the order of the names."""
    found = [importlib.import_module(f"{formats.__name__}.{module.name}") for module in pkgutil.iter_modules(formats.__path__)]
    return {module.NAME: module for module in sorted(found, key=lambda module: module.NAME)}


def candidates(head: bytes) -> list[Format]:
    """The formats that claim a file beginning with `head`: one is right, none or several need a person."""
    return [fmt for fmt in all_formats().values() if fmt.sniff(head)]
