"""Bytes as a reader wants them: unpacked, decoded where a whole file is in UTF-16 or EBCDIC, cut into lines with positions.

Positions count bytes of the unpacked content; for a transcoded file, of its UTF-8 form. Either is made block by block, so that memory
is flat in the size of the file. Limits stand here: an archive is opened one level deep and only as far as `UNPACKED_BYTES_MAX`, a line
never grows past `LINE_BYTES_MAX`.
"""

from __future__ import annotations

import codecs
import gzip
import io
import tempfile
import zipfile
import zlib
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD_BYTES = 16 * 1024
BLOCK_BYTES = 4 * 1024 * 1024
LINE_BYTES_MAX = 4 * 1024 * 1024
UNPACKED_BYTES_MAX = 4 * 1024**3
_RATIO_MAX = 200
_PIECE_BYTES = 16 * 1024 * 1024
_MEMBERS_MAX = 1000
_MEMORY_BYTES_MAX = 32 * 1024 * 1024
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


class SourceError(Exception):
    """The bytes cannot be opened; `code` is one of `parsers.issues.REMEDIES`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Line(NamedTuple):
    """One physical line without its line end; `end` is the offset after the line end."""

    number: int
    start: int
    end: int
    data: bytes


class Source:
    """The decoded content of one bank file: `head` for recognition, `lines()` or `open()` for readers, both repeatable. `file`: a temporary
    one that is deleted with the source."""

    def __init__(self, content: bytes | Path, file: object = None) -> None:
        self._content = content
        self._file = file
        with self.open() as stream:
            self.head = stream.read(HEAD_BYTES)

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return len(self._content) if isinstance(self._content, bytes) else self._content.stat().st_size

    def open(self) -> BinaryIO:
        """A fresh stream over the whole content."""
        return _opened(self._content)

    def read(self) -> bytes:
        """The whole content at once."""
        return self._content if isinstance(self._content, bytes) else self._content.read_bytes()

    def marked_blocks(self, mark: bytes) -> Iterator[bytes]:
        """The content in blocks, an empty one at last, of a format that has the mark in every few lines; `SourceError` where `LINE_BYTES_MAX`
        bytes do without it."""
        offset = 0
        with self.open() as stream:
            while block := stream.read(LINE_BYTES_MAX):
                if len(block) == LINE_BYTES_MAX:
                    refuse_unmarked(block, mark, offset)
                yield block
                offset += len(block)
        yield b""

    def lines(self, first: int = 1, start: int = 0) -> Iterator[Line]:
        """Lines ended by LF, CRLF or CR, numbered from 1, in memory flat in the size of the file; from the line `first` on, which begins at
        the byte `start`."""
        number, offset, rest = first - 1, start, b""
        with self.open() as stream:
            stream.seek(start)
            while block := stream.read(BLOCK_BYTES):
                pieces = (rest + block).splitlines(keepends=True)
                ends_open = not pieces[-1].endswith(b"\n")  # a lone CR at the block's end may be half of a CRLF
                rest = pieces.pop() if ends_open else b""
                for piece in pieces:
                    number += 1
                    yield Line(number, offset, offset + len(piece), piece.rstrip(b"\r\n"))
                    offset += len(piece)
                if len(rest) > LINE_BYTES_MAX:
                    raise SourceError("hostile", f"line {number + 1} is longer than {LINE_BYTES_MAX} bytes")
        for piece in rest.splitlines(keepends=True):
            number += 1
            yield Line(number, offset, offset + len(piece), piece.rstrip(b"\r\n"))
            offset += len(piece)


def refuse_unmarked(block: bytes, mark: bytes, offset: int) -> None:
    """`SourceError` where a block of `LINE_BYTES_MAX` bytes, which stands at this offset, has no such mark."""
    if mark not in block:
        raise SourceError("hostile", f"{len(block)} bytes from byte {offset} on hold no {mark.decode('latin-1')!r}")


def decode(data: bytes, fallback: str = "cp1252") -> str:
    """A field's text: UTF-8 when the bytes are that, else the bank's own code page; never an error, never a loss of length."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(fallback, "replace")


def open_source(content: bytes | Path) -> list[Source]:
    """The readable files inside `content`: itself, what gzip holds, or each member of a zip (one level, no nesting)."""
    with _opened(content) as stream:
        magic = stream.read(4)
    if magic.startswith(_GZIP):
        return [_plain(_kept(_gunzip(content)))]
    if magic == _ZIP:
        return [_plain(member) for member in _unzip(content)]
    return [_plain(Source(content))]


def _kept(blocks: Iterator[bytes]) -> Source:
    """What comes unpacked or transcoded: in memory, or where it is large in a file that is there as long as the source."""
    held, size = [], 0
    for block in blocks:
        held.append(block)
        size += len(block)
        if size > _MEMORY_BYTES_MAX:
            file = tempfile.NamedTemporaryFile(prefix="cashapp-")  # noqa: SIM115 - it goes with the source
            file.writelines(chain(held, blocks))
            file.flush()
            return Source(Path(file.name), file)
    return Source(b"".join(held))


def _plain(source: Source) -> Source:
    encoding = _whole_file_encoding(source.head)
    return _kept(_transcoded(source, encoding)) if encoding else source


def _transcoded(source: Source, encoding: str) -> Iterator[bytes]:
    """The content in UTF-8."""
    decoder, taken = codecs.getincrementaldecoder(encoding)(), 0
    with source.open() as stream:
        while True:
            block = stream.read(BLOCK_BYTES)
            taken += len(block)
            try:
                yield decoder.decode(block, final=not block).replace("\x85", "\n").encode()
            except UnicodeDecodeError as error:
                at = taken - len(error.object) + error.start
                raise SourceError("encoding", f"the file announces {encoding} and breaks it at byte {at}") from error
            if not block:
                return


def _whole_file_encoding(head: bytes) -> str | None:
    """UTF-16 by BOM or by its zero bytes, a UTF-8 BOM, EBCDIC by its digits and spaces; None when bytes can be read as they are."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    sample = head[:512]
    if len(sample) >= 4 and sample[1::2].count(0) > len(sample) * 0.4:
        return "utf-16-le"
    if len(sample) >= 4 and sample[::2].count(0) > len(sample) * 0.4:
        return "utf-16-be"
    ebcdic = sum(byte == 0x40 or 0xF0 <= byte <= 0xF9 for byte in sample)
    if len(sample) >= 40 and ebcdic > len(sample) * 0.5:
        return "cp037"
    return None


def _opened(content: bytes | Path) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _gunzip(content: bytes | Path) -> Iterator[bytes]:
    unpacked = 0
    try:
        with _opened(content) as packed, gzip.GzipFile(fileobj=packed) as stream:
            for block in _unpacked(stream):
                unpacked += len(block)
                _refuse_bomb(unpacked, packed.tell())
                yield block
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError("truncated", f"the gzip container is damaged: {error}") from error


def _unzip(content: bytes | Path) -> list[Source]:
    try:
        with _opened(content) as packed, zipfile.ZipFile(packed) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            if not files or len(files) > _MEMBERS_MAX:
                raise SourceError("hostile" if files else "empty", f"the zip holds {len(files)} files")
            _refuse_bomb(sum(info.file_size for info in files), packed.seek(0, io.SEEK_END))  # a member yields no more than it declares
            return [_kept(_unpacked(archive.open(info))) for info in files]
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise SourceError("truncated", f"the zip container is damaged or locked: {error}") from error


def _unpacked(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """What an archive holds, which is no archive itself."""
    is_first = True
    while block := stream.read(BLOCK_BYTES):
        if is_first and block.startswith((_GZIP, _ZIP)):
            raise SourceError("hostile", "an archive inside an archive is not opened")
        is_first = False
        yield block


def _refuse_bomb(unpacked_bytes: int, packed_bytes: int) -> None:
    """`SourceError` where so much comes, or is to come, out of so few bytes that no bank packed them."""
    limit = min(UNPACKED_BYTES_MAX, max(packed_bytes * _RATIO_MAX, _PIECE_BYTES))
    if unpacked_bytes > limit:
        raise SourceError("hostile", f"the archive unpacks {packed_bytes} bytes to more than {limit}")
