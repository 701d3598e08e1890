"""What a well-known library makes of a file that we have read: the second opinion of `cashapp parse --check`.

MT940 and its kin are given to `mt-940`, OFX to `ofxparse`. The libraries are never the reader: what they say differently is
told with its place, and where it is a known fault of theirs, with the name of the fault. Each stands behind one module
(`mt940_library`, `ofxparse_library`), the only places where anything that they raise is caught.
"""

from __future__ import annotations

from parsers.documents import Document
from parsers.profile import Profile
from parsers.second_opinion.comparing import compared
from parsers.second_opinion.entries import Opinion
from parsers.sources import Source

FORMATS = frozenset({"mt940", "ofx"})
"""The formats that another reader can be asked about."""


def ask(source: Source, document: Document, profile: Profile | None = None) -> Opinion | None:
    """What the library for the document's format reads in `source`, set against the document; None where there is no library.

    `document` is the whole file, read from `source` alone.
    """
    match document.format:
        case "mt940":
            from parsers.second_opinion import mt940_library

            return compared(mt940_library.LIBRARY, source, document, profile or Profile())
        case "ofx":
            from parsers.second_opinion import ofxparse_library

            return compared(ofxparse_library.LIBRARY, source, document, profile or Profile())
        case _:
            return None
