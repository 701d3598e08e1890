"""Lists as text columns with line numbers; amounts, dates and terms read a column at a time."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Iterable
from decimal import Decimal

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from cashapp.bank_accounts import normalise_account, normalised_accounts
from cashapp.imports import columns, tables, terms
from cashapp.imports.faults import FileFault
from parsers.amounts import AmountError, to_minor

WANTED = ("number", "amount", "text")


def whole(content: bytes) -> tables.Table:
    """The table of the content."""
    return together(tables.pieces(content, WANTED))


def together(pieces: Iterable[tables.Table]) -> tables.Table:
    """The pieces as one."""
    rows, found = zip(*pieces, strict=True)
    return tables.Table(pl.concat(rows), [fault for faults in found for fault in faults])


def rows(content: bytes) -> list[tuple[object, ...]]:
    return whole(content).rows.rows()


def faults(content: bytes) -> list[tuple[int, str]]:
    return [(fault.line, fault.code) for fault in whole(content).faults]


# CSV: the same two rows however they are written


@pytest.mark.parametrize("content", [
    b"number,amount,text\nA1,1.00,x\nA2,2.00,\n",
    b"number,amount,text\r\nA1,1.00,x\r\nA2,2.00,\r\n",
    b"number,amount,text\rA1,1.00,x\rA2,2.00,\r",
    b"number,amount,text\nA1,1.00,x\nA2,2.00,",
    b"\xef\xbb\xbfnumber,amount,text\nA1,1.00,x\nA2,2.00,\n",
    b"Number, AMOUNT ,Text\nA1, 1.00 ,x\nA2,2.00,\n",
    b'"number","amount","text"\n"A1","1.00","x"\n"A2","2.00",""\n',
    b'number,amount,text\n"A1",1.00,x\nA2,"2.00",\n',
    b"number;amount;text\nA1;1.00;x\nA2;2.00;\n",
    b"number\tamount\ttext\nA1\t1.00\tx\nA2\t2.00\t\n",
    b"number,amount,text,,\nA1,1.00,x,,\nA2,2.00,,,\n",
    "number,amount,text\nA1,1.00,x\nA2,2.00,\n".encode("utf-16"),
])
def test_csv_is_read_however_it_is_written(content: bytes) -> None:
    assert rows(content) == [(2, "A1", "1.00", "x"), (3, "A2", "2.00", "")]


def test_columns_come_in_any_order_and_unknown_ones_are_ignored() -> None:
    table = whole(b"colour,Text,number,size\nred,x,A1,9\n")
    assert table.rows.to_dicts() == [{"line": 2, "text": "x", "number": "A1"}]


def test_line_numbers_are_physical_lines() -> None:
    content = b'\nnumber,amount,text\nA1,1.00,"two\nlines"\n\nA2,2.00,x\n,,\n\nA3,3.00,"a\r\nb\r\nc"\nA4,4.00,y\n'
    assert [(line, number) for line, number, *_ in rows(content)] == [(3, "A1"), (6, "A2"), (9, "A3"), (12, "A4")]


@pytest.mark.parametrize("last", [b"z", b'"z"', b'","'])
@pytest.mark.parametrize(("broken", "told"), [
    (b"A2,2.00", "the row has 2 fields, the header has 3"),
    (b"A2,2,00,x", "the row has 4 fields, the header has 3"),
    (b'A2,"2.00"x,y', "the row cannot be read"),
    (b'A2,2.00,"never closed', "the row cannot be read"),
])
def test_a_broken_row_is_refused_alone(broken: bytes, told: str, last: bytes) -> None:
    table = whole(b"number,amount,text\nA1,1.00,x\n" + broken + b"\nA3,3.00,x\nA4,4.00," + last + b"\n")
    assert [number for _, number, *_ in table.rows.rows()] == ["A1", "A3", "A4"]
    assert [(fault.line, fault.code) for fault in table.faults] == [(3, "bad_row")]
    assert told in table.faults[0].what


def test_what_is_not_utf8_is_read_as_windows_1252_and_told() -> None:
    table = whole("number,amount,text\nA1,1.00,x\nA2,2.00,Müller\n".encode("cp1252"))
    assert table.rows["text"].to_list() == ["x", "Müller"]
    assert [(fault.line, fault.code) for fault in table.faults] == [(3, "encoding")]


@pytest.mark.parametrize(("content", "code"), [
    (b"", "empty"),
    (b" \r\n\n", "empty"),
    (b"\xef\xbb\xbf", "empty"),
    (b"number,amount,Number\nA1,1.00,x\n", "repeated_column"),
    (b'number,"amount\nA1,1.00\n', "unreadable"),
    (b"PK\x03\x04 no archive", "unreadable"),
    (b"\xd0\xcf\x11\xe0 an old workbook", "unreadable"),
    (b"PAR1 no such thing PAR1", "unreadable"),
])
def test_a_file_without_a_table_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(FileFault) as refusal:
        whole(content)
    assert refusal.value.fault.code == code


CELLS = st.text(st.sampled_from(list('aZ9 ,;"\t\'\n\r.é-')), max_size=5)
LISTS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6)


def written(cells: list[tuple[str, str, str]], line_end: str, quoting: int) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=line_end, quoting=quoting).writerows([WANTED, *cells])  # type: ignore[arg-type]
    return buffer.getvalue().encode()


@settings(deadline=None, max_examples=150)
@given(LISTS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), st.sampled_from([1, 40, 1000]))
def test_the_quick_reader_and_the_careful_one_agree(cells: list[tuple[str, str, str]], line_end: str, quoting: int, block_bytes: int) -> None:
    content = written(cells, line_end, quoting)
    quick, careful = tables._plain(content, WANTED, block_bytes), tables._careful(content, WANTED)
    if quick is not None:
        assert together(quick).rows.with_columns(pl.col(pl.String).fill_null("")).rows() == careful.rows.rows()
        assert not careful.faults


@settings(deadline=None, max_examples=100)
@given(LISTS, st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_read_again(cells: list[tuple[str, str, str]], line_end: str) -> None:
    careful = tables._careful(written(cells, line_end, csv.QUOTE_ALL), WANTED)
    assert [row[1:] for row in careful.rows.rows()] == cells


def test_a_plain_file_takes_the_quick_road() -> None:
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL):
        assert tables._plain(written([("A1", "1.00", "x, y"), ("A2", "", "")], "\n", quoting), WANTED) is not None


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from(list('number,amount;"\n\r 1')), max_size=60))
def test_no_text_makes_the_reader_fail(text: str) -> None:
    try:
        whole(text.encode())
    except FileFault:
        return


# XLSX and Parquet


def workbook(cells: dict[tuple[int, int], object]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    date = book.add_format({"num_format": "dd.mm.yyyy"})
    for (row, column), value in cells.items():
        if isinstance(value, dt.date):
            sheet.write_datetime(row, column, value, date)
        elif isinstance(value, str) and value.startswith("="):
            sheet.write_formula(row, column, value, None, "#N/A" if "NA" in value else 7)
        else:
            sheet.write(row, column, value)
    book.close()
    return buffer.getvalue()


HEADER = {(0, 0): "Number", (0, 1): "Amount", (0, 2): "Text"}


@pytest.mark.parametrize(("cell", "text"), [
    (1234.5, "1234.5"), (12, "12"), (0.1, "0.1"), (999999999999.99, "999999999999.99"), (123456789012.345, "123456789012.345"),
    (12.00000000049, "12.00000000049"),  # not rounded away: it has more digits than any currency
    (4.35, "4.35"), (-0.05, "-0.05"), (10000000000000000, "10000000000000000"),
    ("0012", "0012"), ("12.50", "12.50"), (" x ", "x"), (True, "true"), ("=1+6", "7"), (dt.date(2026, 1, 31), "2026-01-31 00:00:00"),
])
def test_a_cell_of_a_sheet_becomes_the_text_that_means_the_same(cell: object, text: str) -> None:
    assert rows(workbook({**HEADER, (1, 0): "A1", (1, 1): cell})) == [(2, "A1", text, "")]


def test_rows_of_a_sheet_keep_their_numbers() -> None:
    content = workbook({(2, 1): "number", (2, 2): "amount", (3, 1): "A1", (3, 2): 1, (6, 1): "A2", (6, 2): 2, (9, 1): "  "})
    assert rows(content) == [(4, "A1", "1"), (7, "A2", "2")]


def test_an_error_in_a_wanted_column_refuses_its_row() -> None:
    content = workbook({**HEADER, (0, 3): "Other", (1, 0): "A1", (1, 1): "=NA()", (2, 0): "A2", (2, 1): 2, (2, 3): "=NA()"})
    table = whole(content)
    assert table.rows["number"].to_list() == ["A2"]
    assert [(fault.line, fault.code, fault.what) for fault in table.faults] == [(2, "error_cell", "amount is #N/A")]


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(FileFault, match="cannot be read"):
        whole(buffer.getvalue())


def parquet(**cells: pl.Series) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(cells).write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(("values", "text"), [
    (pl.Series([Decimal("12.50")], dtype=pl.Decimal(12, 2)), "12.50"), (pl.Series([12]), "12"), (pl.Series(["12.5"]), "12.5"),
    (pl.Series([12.5]), "12.5"), (pl.Series([12.0]), "12"), (pl.Series([0.1 + 0.2]), "0.30000000000000004"), (pl.Series([float("nan")]), "NaN"),
    (pl.Series([dt.date(2026, 1, 31)]), "2026-01-31"), (pl.Series([dt.datetime(2026, 1, 31, 23, 59)]), "2026-01-31"),
    (pl.Series([["a", "b"]]), "a|b"), (pl.Series([None], dtype=pl.String), ""),
])
def test_a_parquet_column_becomes_text(values: pl.Series, text: str) -> None:
    assert rows(parquet(number=pl.Series(["A1"]), amount=values)) == [(1, "A1", text)]


def test_a_parquet_column_that_is_no_value_refuses_the_file() -> None:
    with pytest.raises(FileFault, match="amount is of the type"):
        rows(parquet(amount=pl.Series([{"a": 1}])))


# Columns

AMOUNT_TEXTS = st.one_of(
    st.text(st.sampled_from(list("0123456789.,+- e")), max_size=22),
    st.from_regex(r"[+-]?[0-9]{0,18}(\.[0-9]{0,9})?", fullmatch=True),
    st.sampled_from(["nan", "inf", "-inf", "1e5", "NaN", "１２", "١٢", "1_000", "0x10", "٫", "1.٢"]),
)


def by_definition(text: str, code: str) -> tuple[int | None, str | None]:
    try:
        return (to_minor(text, code) if text else None), None
    except AmountError as error:
        return None, str(error)


@settings(deadline=None, max_examples=400)
@given(st.lists(st.tuples(AMOUNT_TEXTS, st.sampled_from(["USD", "JPY", "KWD", "CLF", "EUR"])), min_size=1, max_size=8))
def test_columns_of_amounts_are_read_as_single_amounts_are(cells: list[tuple[str, str]]) -> None:
    reading = columns.amounts(pl.Series([text for text, _ in cells], dtype=pl.String), pl.Series([code for _, code in cells]))
    assert list(zip(reading.values, reading.wrong, strict=True)) == [by_definition(text, code) for text, code in cells]


@pytest.mark.parametrize(("text", "date"), [
    ("2026-01-31", dt.date(2026, 1, 31)), ("20260131", dt.date(2026, 1, 31)), ("2024-02-29", dt.date(2024, 2, 29)),
    ("2026-01-31 00:00:00", dt.date(2026, 1, 31)), ("2026-01-31T23:59:00+10:00", dt.date(2026, 1, 31)), ("2026-01-31T23:59Z", dt.date(2026, 1, 31)),
    ("2026-02-30", None), ("2026-02-29", None), ("2026-13-01", None), ("0000-01-01", None), ("31.01.2026", None), ("01/31/2026", None),
    ("2026-1-5", None), ("2026-01-31x", None), ("2026-01-311", None), ("202601-31", None), ("46053", None), ("today", None), ("２０２６-01-31", None),
])
def test_dates(text: str, date: dt.date | None) -> None:
    reading = columns.dates(pl.Series([text, ""]))
    assert reading.values.to_list() == [date, None]
    assert reading.wrong.is_not_null().to_list() == [date is None, False]


@pytest.mark.parametrize(("text", "percent_e4", "discount_days", "net_days"), [
    ("2/10 net 30", 20000, 10, 30), ("2%10 net30", 20000, 10, 30), ("2% 10 days, net 30 days", 20000, 10, 30), ("2/10, n/30", 20000, 10, 30),
    ("2/10 N30", 20000, 10, 30), ("1.5/10 Net 45", 15000, 10, 45), ("2/10", 20000, 10, None), ("2% within 10 days net 30", 20000, 10, 30),
    ("net 30", None, None, 30), ("NET30", None, None, 30), ("n/60", None, None, 60), ("30 days", None, None, 30), ("Due on receipt", None, None, 0),
])
def test_terms_are_understood(text: str, percent_e4: int | None, discount_days: int | None, net_days: int | None) -> None:
    assert terms.parse(text) == (percent_e4, discount_days, net_days)


@pytest.mark.parametrize("text", ["", "2/10 EOM", "net 30/60", "Z030", "30/60/90", "2/10 net 30 or else", "as agreed"])
def test_other_terms_are_not_guessed(text: str) -> None:
    assert terms.parse(text) is None


@pytest.mark.parametrize(("amount_minor", "text", "discount_minor"), [
    (10000, "2/10 net 30", 200), (1225, "2/10 net 30", 25),  # 24.5 cents round up
    (1224, "2/10 net 30", 24), (-1225, "2/10 net 30", -25), (10**15 - 1, "99.9999/10", 999999 * 10**9 - 1), (5, "2/10", 0), (100, "net 30", None),
])
def test_half_a_cent_of_discount_rounds_up(amount_minor: int, text: str, discount_minor: int | None) -> None:
    frame = pl.DataFrame({"amount_minor": [amount_minor], "terms": [text], "issue_date": [dt.date(2026, 1, 1)]})
    assert terms.from_terms(frame, "terms", "")["discount_minor"].to_list() == [discount_minor]


@given(st.text(st.sampled_from(list("de 89.-–/\u00a0\tß0")), max_size=12))
def test_accounts_have_one_spelling_alone_and_in_columns(account: str) -> None:
    assert pl.select(normalised_accounts(pl.lit(account))).item() == normalise_account(account)
