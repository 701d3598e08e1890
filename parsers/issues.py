"""The closed list of issue codes, each with its meaning and what to do about it."""

from __future__ import annotations

from parsers.records import Issue, Severity, Span

REMEDIES: dict[str, str] = {
    "unrecognised": "name the format with --format, or ask the bank what it sent",
    "ambiguous_format": "name the format with --format",
    "empty": "ask the bank to send the file again",
    "truncated": "the file ends too early: fetch it again from the bank",
    "hostile": "the file is built to harm a reader and was not opened; ask the sender",
    "too_large": "split the file, or raise the limit",
    "encoding": "set the encoding in the bank's profile",
    "bad_amount": "correct the amount with the bank; the line was not taken",
    "bad_date": "check the date with the bank; the line stands under its neighbouring date",
    "bad_reference": "the check digits do not tie; compare with the invoice",
    "bad_record": "compare the record with the bank's layout; set the profile if the bank deviates",
    "unknown_record": "the record was read as an envelope; tell us if it carries money",
    "missing_record": "a record the standard requires is absent: fetch the file again or ask the bank",
    "misplaced_record": "the record stands where the standard does not allow it: ask the bank",
    "unknown_currency": "set the currency in the bank's profile",
    "control_mismatch": "do not book before the bank has explained the difference",
    "duplicate": "compare both lines; they may be one payment told twice",
    "sequence": "a statement seems to be missing or sent twice: compare the numbers with the bank",
    "remittance_mismatch": "ask the payer what the difference is for; the payment itself is right",
    "test_file": "ask the bank: a file marked as a test usually stands for no money",
    "bank_refused": "the bank did not deliver the statement: ask for it again",
    "correction": "take the earlier line back, then book this one",
    "withdrawn": "the bank takes back what it reported before: compare with the lines already taken",
    "second_opinion": "another reader reads this differently: compare with the bank's own screen",
}


def issue(span: Span, severity: Severity, code: str, message: str, raw: bytes | str = "") -> Issue:
    """An issue with a known code; `raw` is decoded for display and cut to 120 characters."""
    assert code in REMEDIES, f"unlisted issue code {code}"
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return Issue(span, severity, code, message, text[:120])


def error(span: Span, code: str, message: str, raw: bytes | str = "") -> Issue:
    """An issue for which the file must not be taken."""
    return issue(span, "error", code, message, raw)


def warning(span: Span, code: str, message: str, raw: bytes | str = "") -> Issue:
    """An issue that a person should know of; the money is right."""
    return issue(span, "warning", code, message, raw)
