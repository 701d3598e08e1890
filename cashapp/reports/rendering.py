"""A report in the format that somebody asks for; a format's own module is loaded only then."""

from __future__ import annotations

from collections.abc import Iterator

from cashapp.reports.model import Report

FORMATS: dict[str, str] = {
    "text": "text/plain; charset=utf-8", "html": "text/html; charset=utf-8", "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "csv": "text/csv; charset=utf-8", "json": "application/json",
}
"""The formats and their media types."""


def rendered(report: Report, to: str, base_currency: str, width: int) -> Iterator[bytes]:
    """The report as one of FORMATS, in pieces; `width` in columns is for text."""
    from cashapp.reports import as_data, as_text, pages

    match to:
        case "html":
            yield pages.as_html(report).encode()
        case "pdf":
            yield pages.as_pdf(report, base_currency)
        case "xlsx":
            from cashapp.reports import as_xlsx

            yield as_xlsx.as_xlsx(report)
        case "csv":
            yield from as_data.as_csv(report)
        case "json":
            yield from (piece.encode() for piece in as_data.as_json(report))
        case _:
            yield as_text.text(report, width).encode()
