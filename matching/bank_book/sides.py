"""Both sides of the account read for comparison: what a row says in words, which numbers it names, which check it is.

Rows are put into an order of their own content, so that nothing depends on the order in which they came; `b` and `e` are the places of
bank lines and entries in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from matching.bank_book.words import Lexicon
from matching.normalize import plain

_NOISE = """
    ACH CREDIT CREDITS DEBIT DEBITS PAYMENT PAYMENTS PAYMT PYMT PYMTS PMT PMTS DEPOSIT DEPOSITS DEP CHECK CHECKS CHEQUE CHK CHQ CK CKS WIRE WIRES XFER TRANSFER
    TRF ONLINE MOBILE REMOTE BRANCH PPD CCD CTX WEB TEL ORIG ORIGINATOR CO COMPANY ID NAME INDN DES DESC SEC TRN TRACE REF REFERENCE INV INVOICE INVOICES NO NR
    NUM NUMBER BILL BILLS INC LLC LTD CORP CORPORATION INCORPORATED LIMITED GMBH AG SA BV PLC LP LLP THE OF AND FOR FROM TO BY VIA PER ON IN AT A PAID PAY
    PAYABLE VENDOR CUSTOMER CUST SUPPLIER RECEIPT RECEIPTS RECEIVED RCVD DIRECT ENTRY BATCH BTCH SLIP LOCKBOX MERCHANT BANKCARD SETTLEMENT SETTLMT OUTGOING INCOMING
    CARD CARDS SALES PROCESSING PAYOUT PAYOUTS DOMESTIC ELECTRONIC EFT BOOK CASH TRANSACTION TXN TRAN BANK VOID VOIDED REVERSAL REVERSE REVERSED CORRECTION CORRECTED REISSUE REISSUED CANCEL CANCELLED RETURN
    RETURNED ITEM NSF STOP MEMO MISC SUNDRY OWN ACCOUNT ACCT CHECKING SAVINGS CLEARING CLEARED DRAFT POS PURCHASE RECURRING AUTOPAY AUTO EPAY BILLPAY MONTHLY WEEKLY FUNDS IAT CR DR
    PREAUTHORIZED EDI PYMNT PYMNTS DESCR TYPE DATE BNF BENEFICIARY PAYEE TRN DEBITED CREDITED INCLEARING SUBSTITUTE CAPTURE VAULT REDEPOSIT REDEPOSITED DEPOSITED INSUFFICIENT CHARGEBACK
    ZBA SWEEP AUTOMATIC CONCENTRATION POSTED ERROR CORRECT CORR REV REVERSE REVERSING REVERSES ADJ ADJUSTMENT ADJUST MISPOST MISPOSTED VOIDING DUPLICATE REPLACES REPLACEMENT
    JOURNAL GENERAL GL AP AR EXPENSE EXPENSES
"""
NOISE = frozenset(_NOISE.split())
"""Words that bank and books use of any payment: they tell nobody apart."""
VOIDED = r"\b(?:VOID\w*|CANCEL\w*|STOP(?:PED)? PA?Y?M?E?N?T|STOPPED|DUPLICATE\w*)\b"
TAKEN_BACK = r"\b(?:VOID\w*|CANCEL\w*|STOP(?:PED)?|REVERS\w*|REV|CORRECT\w*|CORR|ADJ\w*|REISSUE\w*|DUPLICATE\w*|ERROR|MISPOST\w*|REPLAC\w*)\b"
CHARGE = r"\b(?:FEES?|CHARGES?|COMMISSIONS?|CREDITS?|MEMOS?|REFUNDS?|REBATES?)\b"
RETURNED = r"\b(?:NSF|RETURN\w*|RTN|BOUNCE\w*|CHARGEBACK\w*|UNPAID|INSUFFICIENT|DISHONOU?RED|R0[0-9])\b"
_CHECK = r"\b(?:CHECK|CHEQUE|CHQ|CHK|CK)S?(?: ?(?:NO|NUMBER|NUM|NR|PAID|CLEARED|PRESENTED|WITHDRAWAL))?[ #.:-]*0*([0-9]{2,10})\b"
_CHECK_WORD = r"\b(?:CHECK|CHEQUE|CHQ|CHK|CK)S?(?:[ #.:-]|\b|[0-9])"
_OWN_ACCOUNT = r"\b(TO|FROM) +(?:ACCOUNT |ACCT )?(?:CHECKING|CHK|SAVINGS|SAV|MMA|ACCOUNT|ACCT)\b[ #.:*X-]*[0-9]*"
"""`ONLINE TRANSFER TO CHK ...4448` names an account and no check."""
_NUMBERED = r"(?:[A-Z]+[-/#]?)?[0-9][A-Z0-9]*(?:[-/.][A-Z0-9]+)*"
_CUT = r" ([A-Z]{1,2})(?: [0-9]+)*$"
"""The end of a bank text: where it is one or two letters of a name that was cut off, they are no noise."""
_RUNNING = r"^[A-Z]+0{4}"
"""A number that is counted up, with room for many more: its last digits alone name nothing."""
_DATE = r"^(?:20[0-9]{2}|20[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])|(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])(?:20)?2[0-9])$"

WAYS = {
    "clearing": r"\b(?:ACH|EFT|SEPA|CCD|PPD|CTX|PREAUTHORIZED)\b", "wire": r"\b(?:WIRES?|FEDWIRE|SWIFT)\b",
    "paper": r"\b(?:CHECKS?|CHEQUES?|CHK|DEPOSIT(?:S|ED)?|LOCKBOX)\b", "card": r"\b(?:BANKCARD|BANKCD|MERCHANT|CARDS?|VISA|MASTERCARD|AMEX|SQUARE|STRIPE|SHOPIFY|CLOVER|WORLDPAY|ADYEN|ELAVON|MTOT)\b",
    "own": r"\b(?:SWEEP|ZBA|INTERACCOUNT|INTERBANK|INTERCOMPANY|OWN ACCOUNT)\b|\bTRANSFER$",
}
"""How money goes, by the words that say so."""
_GATHERS = r"\b(?:DEPOSITS?|LOCKBOX|BATCH|SETTLE\w*|ORIGINATION|PAYROLL|RUN|VAULT|CAPTURE)\b"
"""Words of what is put together of many: a deposit, a payment run."""
_FOREIGN = r"\b(?:FX|FOREX|FOREIGN|INTL|INTERNATIONAL|EXCHANGE|RATE)\b"
_CODES = r"\b(?:AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|ILS|INR|JPY|KRW|MXN|NOK|NZD|PLN|SEK|SGD|TRY|USD|ZAR)\b"
ROWS = ("place", "currency", "amount", "date", "day", "kind", "words", "check", "is_check", "voided", "taken_back", "returned", "charge", "foreign", "way", "gathers")
BOOK_ROWS = (*ROWS, "order", "again")


@dataclass(frozen=True, slots=True)
class Sides:
    """What is still to be matched. `bank` has ROWS, `book` BOOK_ROWS: `order`, which entry in the order of their ids, and `again`, on how
    many earlier days the books have the same amount with the same text, a number in it. The numbers have `place`, `number` and how many rows name it."""

    bank: pl.DataFrame
    book: pl.DataFrame
    bank_numbers: pl.DataFrame
    book_numbers: pl.DataFrame
    lexicon: Lexicon  # the words of all entries, matched or not

    def without(self, lines: pl.Series, entries: pl.Series) -> Sides:
        """What is left when these are matched."""
        return Sides(_left(self.bank, lines), _left(self.book, entries), _left(self.bank_numbers, lines), _left(self.book_numbers, entries), self.lexicon)


def _left(frame: pl.DataFrame, gone: pl.Series) -> pl.DataFrame:
    return frame.join(pl.DataFrame({"place": gone.cast(pl.Int64)}), on="place", how="anti", maintain_order="left")


def read(bank: pl.DataFrame, book: pl.DataFrame) -> Sides:
    """Both sides, read; the frames are in their order of content (`in_order`)."""
    lines = bank.with_row_index("place").select(
        pl.col("place").cast(pl.Int64), "currency", pl.col("amount_minor").alias("amount"), "date", "kind", pl.col("check_number").alias("numbered"),
        pl.concat_str("name", "text", separator=" ").alias("full"),
    )
    entries = book.with_row_index("place").select(
        pl.col("place").cast(pl.Int64), "currency", pl.col("amount_minor").alias("amount"), "date", "kind", pl.col("reference").alias("numbered"),
        pl.concat_str("description", "kind", separator=" ").alias("full"),
    )
    told, kept = _in_pieces(lines, partial(_rows, is_book=False)), _entered(_in_pieces(entries, partial(_rows, is_book=True)), book["entry_id"])
    return Sides(told.select(ROWS), kept, _numbers(lines), _numbers(entries), Lexicon(kept["words"].to_list()))


_AT_ONCE = 100_000


def _in_pieces(rows: pl.DataFrame, read: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
    """What is read of the rows, of so many at a time: what is on the way to it is many times as much."""
    return pl.concat([read(rows.slice(first, _AT_ONCE)) for first in range(0, max(rows.height, 1), _AT_ONCE)])


def _entered(rows: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """The entries with `order` and `again`, without their whole text."""
    order = pl.DataFrame({"place": rows["place"], "id": ids}).sort(pl.col("id").str.len_chars(), "id").with_row_index("order").select("place", pl.col("order").cast(pl.Int64))
    again = pl.when(pl.col("full").str.contains("[0-9]{3}")).then(pl.col("day").rank("dense").over("currency", "amount", "full") - 1).otherwise(0)
    return rows.with_columns(again.alias("again")).join(order, on="place", maintain_order="left").select(BOOK_ROWS)


def in_order(frame: pl.DataFrame, identity: str) -> pl.DataFrame:
    """The rows in order of what they say, their identity last."""
    return frame.sort("date", *(name for name in frame.columns if name not in {"date", identity}), identity)


def _rows(rows: pl.DataFrame, *, is_book: bool) -> pl.DataFrame:
    text = rows.with_columns(plain(rows["full"]).str.replace_all("_", " ", literal=True).str.replace_all(_OWN_ACCOUNT, "$1 OWN ACCOUNT").alias("full"), plain(rows["numbered"]).alias("numbered"), plain(rows["kind"]).alias("said"))
    both = pl.concat_str("said", pl.lit(" "), "numbered", pl.lit(" "), "full")
    says_check = both.str.contains(_CHECK_WORD) & (pl.col("amount") < 0 if is_book else pl.lit(value=True))
    plain_number = pl.col("numbered").str.extract(r"^[^0-9]{0,8}0*([0-9]{2,10})$", 1)
    named_number = pl.coalesce(pl.col("numbered").str.extract(_CHECK, 1), pl.col("full").str.extract(_CHECK, 1))
    check = pl.when(says_check | (pl.lit(value=not is_book) & (pl.col("numbered") != ""))).then(pl.coalesce(plain_number, named_number))
    drawn = says_check & (pl.col("amount") < 0) & ~both.str.contains(RETURNED) & ~both.str.contains(r"\bDEPOSIT")
    words = pl.col("full").str.replace_all(r"['`.&]", "").str.extract_all(r"[A-Z][A-Z]+|\b[A-Z]\b").list.eval(pl.element().filter(~pl.element().is_in(list(NOISE))))
    said = pl.col("w").list.join(" ").str.replace_all(r"\b[A-Z]( |$)" if is_book else r"\b[A-Z] ", "")  # a bank's last letter may begin a word
    said = pl.concat_str(said, "cut").str.strip_chars()
    return text.with_columns(
        pl.concat_str("numbered", "full", "said", separator=" ").alias("full"), check.alias("check"), drawn.alias("drawn"), words.alias("w"),
        (pl.lit("") if is_book else _cut_off()).alias("cut"),
        pl.col("date").to_physical().cast(pl.Int64).alias("day"), pl.col("said").alias("kind"),
    ).with_columns(
        said.alias("words"), (pl.col("check").is_not_null() | pl.col("drawn")).alias("is_check"),
        *(pl.col("full").str.contains(told).alias(name) for name, told in (("voided", VOIDED), ("taken_back", TAKEN_BACK), ("charge", CHARGE), ("gathers", _GATHERS))),
        (pl.col("full").str.contains(RETURNED) | (pl.col("kind") == "RETURN")).alias("returned"), _foreign(), _way(),
    ).select(*ROWS, "full")


def _cut_off() -> pl.Expr:
    """The last letters of a bank text that are a word of NOISE, and may be the beginning of a name's next word."""
    last = pl.col("full").str.extract(_CUT, 1)
    return pl.when(last.is_in(list(NOISE))).then(pl.format(" {}", last)).otherwise(pl.lit(""))


def _foreign() -> pl.Expr:
    """Whether the row speaks of another currency than the account's."""
    other = pl.col("full").str.extract_all(_CODES).list.set_difference(pl.concat_list("currency")).list.len() > 0
    return (other | pl.col("full").str.contains(_FOREIGN)).alias("foreign")


def _way() -> pl.Expr:
    """How the money went, one of WAYS, where the row says just one."""
    said = {way: pl.col("full").str.contains(words) for way, words in WAYS.items()}
    said["paper"] = said["paper"] & ~said["card"]  # card sales are deposited, too
    only = pl.sum_horizontal(said.values()) == 1
    own = pl.when(pl.col("kind") == "TRANSFER").then(pl.lit("own"))
    check = pl.when((pl.col("check").is_not_null() | pl.col("drawn")) & (pl.col("amount") < 0)).then(pl.lit("paper"))
    return pl.coalesce(own, check, *(pl.when(only & told).then(pl.lit(way)) for way, told in said.items())).alias("way")


def _numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """place, number, spread: the numbers each row names, squeezed, without leading zeros, as digits alone too; how many rows name each."""
    told = _in_pieces(rows, _named).unique().sort("place", "number")
    return told.with_columns(pl.len().over("number").cast(pl.Int64).alias("spread"))


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """place, number of the numbers that the rows name."""
    text = plain(rows.select(pl.concat_str("numbered", pl.lit(" "), "full"))["numbered"])
    found = pl.DataFrame({"place": rows["place"], "number": text.str.extract_all(_NUMBERED)}).explode("number").drop_nulls()
    squeezed = pl.col("number").str.replace_all(r"[^A-Z0-9]", "")
    spelled = found.with_columns(squeezed.alias("whole")).with_columns(pl.col("whole").str.replace_all(r"[^0-9]", "").str.strip_chars_start("0").alias("digits"))
    both = pl.concat([
        spelled.filter(pl.col("digits").str.len_chars() >= 1).select("place", pl.col("whole").str.replace(r"^([A-Z]*)0+", "$1").alias("number")),
        spelled.filter(~pl.col("whole").str.contains(_RUNNING)).select("place", pl.col("digits").alias("number")),
    ])
    return both.filter((pl.col("number").str.len_chars() >= 3) & ~pl.col("number").str.contains(_DATE))
