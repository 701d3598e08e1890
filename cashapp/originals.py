"""The bytes of a file as the bank sent it, out of the archive: a line, and what stands around it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from parsers.sources import SourceError, open_source


class Excerpt(NamedTuple):
    """A part of a file as text, and what stands before and after it."""

    before: str
    there: str
    after: str


def excerpt(archive: Path, name: str, sha256: str, start: int, end: int, around: int = 0) -> Excerpt | None:
    """The bytes from `start` to `end` of the unpacked file, and so many around them; None where the archive no longer has it."""
    plain = archive / name
    for path in (plain.with_name(f"{plain.stem}.{sha256[:12]}{plain.suffix}"), plain):
        if path.is_file():
            first = max(0, start - around)
            content = _bytes(path, first, end + around)
            return Excerpt(*(_shown(part) for part in (content[:start - first], content[start - first:end - first], content[end - first:])))
    return None


def _bytes(path: Path, start: int, end: int) -> bytes:
    """Part of the content; files in one archive follow each other. What cannot be opened is empty."""
    found, at = b"", 0
    try:
        for source in open_source(path):
            with source.open() as stream:
                stream.seek(max(0, start - at))
                found += stream.read(max(0, end - max(start, at)))
            at += source.size
    except (SourceError, OSError):
        return b""
    return found


def _shown(content: bytes) -> str:
    return content.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
