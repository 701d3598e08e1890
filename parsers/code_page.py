"""The code page of a file that declares none and is not UTF-8, where its letters leave no doubt.

Banks of Central Europe write Windows-1250 or ISO 8859-2. Read as Windows-1252 their letters are signs that stand inside no word: `p³atnoœæ`
is `płatność`, `WP£ATA` is `WPŁATA`. One such word is enough; a Czech text shows itself by `ø` and `ì` together (`ř`, `ě`). All else stays in
the profile's page, and so does a file with long runs of bytes outside ASCII, which may be of a script of its own.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import replace

from parsers.profile import Profile

_WINDOWS, _ISO = "cp1250", "iso8859-2"


def _in_words(small: str, capital: str) -> re.Pattern[bytes]:
    """One of these bytes inside a word: behind a letter of ASCII, before any letter of either page."""
    small_word = rf"[A-Za-z][{small}][a-z\x9a-\x9f\xb3\xb6\xb9-\xbf\xe0-\xff]"
    capital_word = rf"[A-Z][{capital}][A-Z\x8a-\x8f\xa1\xa3\xa5\xa6\xaa-\xaf\xc0-\xdf]"
    return re.compile(f"{small_word}|{capital_word}".encode("latin-1"))


_SIGNS_IN_WORDS, _ISO_SIGNS_IN_WORDS = _in_words("\xb3\xb9\xbe", "\xa3\xa5"), _in_words("\xb1\xb6", "\xa1\xa6")
_WINDOWS_SIGNS_IN_WORDS = _in_words("\xb9\x9c", "\xa5\x8c")
_L_BEHIND_A_VOWEL = re.compile(rb"[A-Za-z][aeiouy]\xb3")
"""`tytu³`, but not `cm³`."""

_CZECH = (re.compile(rb"[A-Za-z]\xf8[a-z]"), re.compile(rb"[A-Za-z]\xec[a-z]"))
_OTHER_SCRIPT = re.compile(rb"[\x80-\xff]{5}")


def with_letters_page(head: bytes, profile: Profile) -> Profile:
    """The profile with the page that the letters show; a page that the profile itself names stays."""
    if head.isascii() or profile.encoding != Profile().encoding or _OTHER_SCRIPT.search(head) or begins_as_utf8(head):
        return profile
    if _ISO_SIGNS_IN_WORDS.search(head) and not _WINDOWS_SIGNS_IN_WORDS.search(head):
        return replace(profile, encoding=_ISO)
    if _SIGNS_IN_WORDS.search(head) or _L_BEHIND_A_VOWEL.search(head) or all(pattern.search(head) for pattern in _CZECH):
        return replace(profile, encoding=_WINDOWS)
    return profile


def begins_as_utf8(head: bytes) -> bool:
    """Whether the head is UTF-8, its last character cut or not."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True
