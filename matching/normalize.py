"""One spelling for what people write in many: plain text, names, document numbers, bank accounts.

A name becomes words without accents, punctuation and connectives; its legal form stands apart, because payers drop it and two
customers may differ by nothing else. A document number becomes its letters and its digits: payers change case, punctuation, blanks,
leading zeros and prefixes, hardly ever a digit.
"""

from __future__ import annotations

from string import ascii_uppercase

import polars as pl
from anyascii import anyascii

_FORMS = (
    "INC", "CORP", "CO", "LLC", "LLP", "LP", "PLLC", "PC", "PA", "LTD", "PLC", "GMBH", "MBH", "UG", "AG", "KG", "KGAA", "OHG",
    "EK", "EKFR", "EV", "SE", "SA", "SARL", "SAS", "SASU", "SNC", "EURL", "SCI", "SPA", "SRL", "SRLS", "SL", "SLU", "BV", "NV",
    "CV", "VOF", "AB", "OY", "OYJ", "AS", "ASA", "APS", "KS", "HB", "KFT", "ZRT", "NYRT", "BT", "SRO", "SPZOO", "DOO", "DD",
    "EOOD", "OOD", "AD", "OOO", "ZAO", "OAO", "PAO", "PTY", "PTE", "SDN", "BHD", "KK", "GK", "YK", "PVT", "PT", "TBK", "LDA",
    "LTDA", "EIRELI", "SADECV", "SAPIDECV", "SDERLDECV", "ULC", "CIC", "GBR", "PARTG", "STG", "JSC", "PJSC", "FZE", "FZCO",
    "DMCC", "WLL",
)
LEGAL_FORMS: dict[str, str] = dict(zip(_FORMS, _FORMS, strict=True)) | {
    "INCORPORATED": "INC", "CORPORATION": "CORP", "COMPANY": "CO", "LIMITED": "LTD", "GESELLSCHAFT": "GMBH", "PRIVATE": "PVT",
    "AKTIENGESELLSCHAFT": "AG", "KOMMANDITGESELLSCHAFT": "KG", "BERHAD": "BHD", "PROPRIETARY": "PTY", "LIMITADA": "LTDA",
    "AKTIEBOLAG": "AB", "AKTIESELSKAB": "AS",
}
CUT_FORMS: dict[str, str] = {
    word[:size]: form for word, form in LEGAL_FORMS.items() for size in range(3, len(word)) if len(word) >= 6 and word[:size] not in LEGAL_FORMS
}
"""The beginnings of long legal forms, as they stand at the end of a field that was too short."""

CONNECTIVES = frozenset(("AND", "THE", "UND", "ET"))
LEADING_FORMS = frozenset(("OOO", "ZAO", "OAO", "PAO", "PT"))
SHORTENED: dict[str, str] = {
    "INTL": "INTERNATIONAL", "INTERNATL": "INTERNATIONAL", "MFG": "MANUFACTURING", "SVCS": "SERVICES", "SVC": "SERVICE", "SERV": "SERVICES",
    "BROS": "BROTHERS", "ASSOC": "ASSOCIATES", "ASSN": "ASSOCIATION", "DIST": "DISTRIBUTION", "DISTR": "DISTRIBUTION", "MGMT": "MANAGEMENT",
    "MGT": "MANAGEMENT", "TECH": "TECHNOLOGY", "IND": "INDUSTRIES", "INDS": "INDUSTRIES", "HLDGS": "HOLDINGS", "HLDG": "HOLDING",
    "GRP": "GROUP", "NATL": "NATIONAL", "CTR": "CENTER", "DEPT": "DEPARTMENT", "ENT": "ENTERPRISES", "ENTPR": "ENTERPRISES",
    "EQUIP": "EQUIPMENT", "CONSTR": "CONSTRUCTION", "CONST": "CONSTRUCTION", "ELEC": "ELECTRIC", "ENG": "ENGINEERING", "ENGR": "ENGINEERING",
    "LOGIST": "LOGISTICS", "SOLNS": "SOLUTIONS", "SYS": "SYSTEMS", "PROD": "PRODUCTS", "PRODS": "PRODUCTS", "PTNRS": "PARTNERS",
    "PROP": "PROPERTIES", "PROPS": "PROPERTIES", "SUPP": "SUPPLY", "TRANSP": "TRANSPORT", "UNIV": "UNIVERSITY", "NW": "NORTHWEST",
    "NE": "NORTHEAST", "SW": "SOUTHWEST", "SE": "SOUTHEAST", "MTN": "MOUNTAIN", "MT": "MOUNT", "FT": "FORT", "SAINT": "ST", "STREET": "ST",
    "CENTRE": "CENTER", "HOSP": "HOSPITAL", "CNTY": "COUNTY", "GOVT": "GOVERNMENT", "WHSE": "WAREHOUSE", "PKG": "PACKAGING", "STE": "SOCIETE",
    "ETS": "ETABLISSEMENTS", "CIE": "COMPAGNIE", "GEBR": "GEBRUEDER",
}
"""How banks and payers shorten the words of a company's name; `ST` is Saint and Street alike."""

BEFORE_NAMES = (
    "ACH", "BO", "BY", "CCD", "CTX", "DEPOSIT", "DES", "EDI", "EFT", "FROM", "INDN", "NAME", "ORIG", "PAYMENT", "PMT", "PPD", "PYMT", "REMITTER", "SENDER", "SEPA",
    "TRF", "TRN", "WIRE", "XFER", "(?:ACH|EFT|SEPA|WIRE|BANK) CREDIT",
)
BEHIND_NAMES = (
    "ACH", "AP", "BILLPAY", "CCD", "CTX", "DES", "EDI", "EFT", "INDN", "INV", "INVOICE", "PAYMENT", "PAYMENTS", "PAYMNT", "PMT", "PMTS", "PPD", "PYMT", "REF",
    "SEPA", "TRF", "TRN", "XFER", "USD", "EUR", "GBP", "HAUPTKONTO", "AP DEPT", "ACC(?:OUN)?TS? PAYABLE", "VENDOR (?:PMTS?|PAYMENTS?)",
)
"""What banks and their customers write before and behind a payer's name, in its own field; no words that names end or begin with (`Farm Credit`)."""
LINE_NUMBER = "^[1-9]/"
"""What stands before a name in the numbered lines of SWIFT's field 50F."""

TRUNCATED_FROM = 15
"""A name of at least so many characters may be the beginning of a longer one: 16, 22, 27, 32 and 35 are common field lengths."""

NAME_PARTS = ("core", "form", "key", "full", "whole", "long")
_TRADES_AS = (
    r"\b(?:D/B/A|DBA|D\.B\.A\.|T/A|A/K/A|AKA|F/K/A|FKA|C/O|O/B/O|OBO|TRADING AS|DOING BUSINESS AS|ON BEHALF OF|FORMERLY)[ :]"
)
_FORM_AT_END = r"((?: (?:" + "|".join(sorted(LEGAL_FORMS, key=len, reverse=True)) + r"))+)$"
_STATE = "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|PR|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
_ONLY_STATE = "A[KRZ]|C[AT]|DC|FL|GA|I[AL]|K[SY]|M[INOST]|N[CDHJMY]|OH|PR|RI|SD|T[NX]|UT|V[AT]|W[AIVY]"
"""The states whose letters are no word and no legal form: `SMITH CO DENTISTRY PA` stands in no state."""
PLACE_BEHIND_FORM = (
    r"^(.* (?:INC|LLC|LLP|LP|LTD|CORP|CORPORATION|INCORPORATED|COMPANY|CO|PLLC)\.?) .*\b"
    rf"(?:(?:{_STATE}) [0-9]{{5}}|{_ONLY_STATE})(?: USA?)?$"
)
"""A legal form, and behind it an address that ends in an American state: wires give both in one field."""
_FORM_AT_START = r"^((?:" + "|".join(sorted(LEADING_FORMS)) + r") )"
_WORDS = {f" {word} ": "" for word in sorted(CONNECTIVES)} | {f" {short} ": f" {word} " for short, word in SHORTENED.items()}
_FORMS_OF_WORDS = {" SP ZOO": " SPZOO", " SP Z OO": " SPZOO", " SA DE CV": " SADECV", " S DE RL DE CV": " SDERLDECV", " SAPI DE CV": " SAPIDECV"}
_UMLAUTS = {"Ä": "AE", "Ö": "OE", "Ü": "UE", "Ø": "OE", "Å": "AA", "Æ": "AE", "Œ": "OE"}


def name_parts(names: pl.Series) -> pl.DataFrame:
    """Every name read apart, in rows of `n` (its place in `names`), `core` and the other parts.

    `core` are the words without accents, connectives and legal form, `form` is the legal form. `key` is the core without blanks:
    what two spellings of one name share; `full` is the key with the form. `whole` are all words as written, of which a truncated
    spelling is the beginning; `long` tells whether the name may have been cut. A field that holds two names (`J. Smith DBA Smith Plumbing`) has
    a row for each.
    """
    upper = names.fill_null("").str.to_uppercase().rename("name")
    separate = pl.DataFrame({"name": _in_ascii(upper)}).with_row_index("n").with_columns(_apart(pl.col("name"))).explode("name")
    words = _words(pl.col("name")).alias("words")
    return (
        separate.with_columns(words, (pl.col("name").str.strip_chars().str.len_chars() >= TRUNCATED_FROM).alias("long"))
        .filter(pl.col("words") != "")
        .pipe(_without_form)
        .pipe(_respelled, "core")
        .with_columns(_folded(_without_connectives(pl.col("words")).str.replace_all(" ", "", literal=True)).alias("whole"))
        .with_columns(pl.col("core").str.replace_all(" ", "", literal=True).alias("key"))
        .with_columns(pl.concat_str("key", pl.lit(" "), "form").alias("full"))
        .select("n", *NAME_PARTS)
    )


def without_bank_words(names: pl.Series) -> pl.Series:
    """The names without the banks' words and long figures at either end, and without the place: `ACH PMT ACME INC 00811` and `ACME INC DALLAS TX 75201`
    are `ACME INC`."""
    before, behind = (rf"(?:{'|'.join(sorted(words))}|[0-9]{{3,}})" for words in (BEFORE_NAMES, BEHIND_NAMES))
    spaced = names.str.to_uppercase().str.replace(LINE_NUMBER, "").str.replace_all(r"[^\p{L}\p{M}0-9&'.]+", " ").str.strip_chars()
    return spaced.str.replace(rf"^(?:{before} +)+", "").str.replace(rf"(?: +{behind})+$", "").str.replace(PLACE_BEHIND_FORM, "$1")


def name_words(texts: pl.Series) -> pl.Series:
    """The words of a text spelled as the cores of names are."""
    return pl.DataFrame({"text": plain(texts)}).with_columns(_words(pl.col("text"))).pipe(_respelled, "text")["text"].str.split(" ")


def _in_ascii(upper: pl.Series) -> pl.Series:
    odd = upper.filter(upper.str.len_bytes() != upper.str.len_chars()).unique().sort()
    if odd.is_empty():
        return upper
    latin = odd.str.replace_many(_UMLAUTS).str.normalize("NFKD").str.replace_all(r"\p{M}", "").to_list()
    return upper.replace(odd, pl.Series([text if text.isascii() else anyascii(text).upper() for text in latin], dtype=pl.String))


def _apart(name: pl.Expr) -> pl.Expr:
    """The names on both sides of `DBA` and the like, as a list."""
    return name.str.replace_all(_TRADES_AS, "\x1f").str.split("\x1f")


def _words(name: pl.Expr) -> pl.Expr:
    """Letters and digits, with letters that stand alone put together: `S. A.` is `SA`."""
    spaced = name.str.replace_all(r"['`.]", "").str.replace_all(r"[^A-Z0-9]+", " ").str.strip_chars(" ")
    marked = spaced.str.replace_all(r"\b([A-Z])\b", "\x01$1\x01")
    return marked.str.replace_all("\x01 \x01", "", literal=True).str.replace_all("\x01", "", literal=True).str.replace_many(_FORMS_OF_WORDS)


def _without_form(frame: pl.DataFrame) -> pl.DataFrame:
    """Splits `words` into `core` and `form`; a form cut off at the end of a long field is completed, an only word is the core."""
    last = pl.col("words").str.extract(r" ([A-Z]{3,})$", 1)
    cut = pl.when("long").then(last.replace_strict(CUT_FORMS, default=None, return_dtype=pl.String))
    completed = pl.coalesce(pl.concat_str(pl.col("words").str.replace(r"[A-Z]+$", ""), cut), "words")
    found = pl.coalesce(pl.col("words").str.extract(_FORM_AT_END, 1), pl.col("words").str.extract(_FORM_AT_START, 1), pl.lit(""))
    core = pl.col("words").str.replace(_FORM_AT_END, "").str.replace(_FORM_AT_START, "")
    split = frame.with_columns(completed.alias("words")).with_columns(found.alias("found"), core.alias("core"))
    forms = split["found"].unique()
    spelled = {text: "".join(LEGAL_FORMS[word] for word in text.split()) for text in forms}
    return split.with_columns(pl.col("found").replace_strict(spelled, return_dtype=pl.String).alias("form")).drop("found")


def _respelled(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The words of a column with connectives dropped, shortened ones written out, umlauts in one spelling, one blank between them; connectives that
    are all there is stay."""
    doubled = pl.concat_str(pl.lit("  "), pl.col(column).str.replace_all(" ", "  ", literal=True), pl.lit("  "))
    written_out = doubled.str.replace_many(_WORDS).str.replace_all("  ", " ", literal=True).str.strip_chars(" ").alias("written_out")
    words = pl.when(pl.col("written_out") == "").then(column).otherwise("written_out")
    return frame.with_columns(written_out).with_columns(_folded(words).alias(column)).drop("written_out")


def _without_connectives(words: pl.Expr) -> pl.Expr:
    return words.str.replace_all(rf"\b(?:{'|'.join(sorted(CONNECTIVES))})\b", "")


def _folded(words: pl.Expr) -> pl.Expr:
    """`MUELLER`, `MULLER` and what `MÜLLER` became are one name."""
    return words.str.replace_many({"AA": "A", "AE": "A", "OE": "O", "UE": "U"})


def plain(values: pl.Series) -> pl.Series:
    """Upper case in ASCII; only the few texts that have other letters are transliterated."""
    return _in_ascii(values.fill_null("").str.to_uppercase())


WORDS_FOR_NUMBER = r"\b(?:(?:NUMBERS?|NUMERO|NUMMER|NOS?|NRS?|NUM)\b|N(?:[.]|DEG))[ .:]*"
WORDS_FOR_INVOICE = r"\b(?:INVOICES?|INVS|INVOIC)\b"


def plain_numbers(values: pl.Series) -> pl.Series:
    """Text in which document numbers are looked for: the words for "number" are gone, those for "invoice" are one."""
    text = plain(values)
    return text.str.replace_all(WORDS_FOR_NUMBER, " ").str.replace_all(WORDS_FOR_INVOICE, "INV")


KEY_DIGITS = 18
"""As many digits, from the right, are compared as one integer; the rest is compared as text."""


def number_parts(numbered: pl.DataFrame) -> pl.DataFrame:
    """The document numbers (`number`) read apart: `squeezed` (letters and digits), `letters` before the first digit, `digits`."""
    squeezed = numbered.with_columns(pl.col("number").str.replace_all(r"[^A-Z0-9]", "").alias("squeezed"))
    parted = squeezed.with_columns(pl.col("squeezed").str.strip_chars_start(ascii_uppercase).alias("digits"))
    letters = pl.col("squeezed").str.len_bytes() - pl.col("digits").str.len_bytes()
    return parted.with_columns(pl.col("squeezed").str.head(letters).alias("letters"), pl.col("digits").str.replace_all(r"[^0-9]+", ""))


def digit_key(digits: pl.Expr) -> pl.Expr:
    """The digits as one integer, so that leading zeros do not count; null without digits."""
    return digits.str.tail(KEY_DIGITS).cast(pl.UInt64, strict=False)


def without_zeros(number: pl.Expr) -> pl.Expr:
    """The number with the leading zeros of every run of digits gone: `INV-2024-00123` → `INV-2024-123`."""
    return number.str.replace_all(r"(^|[^0-9])0+([0-9])", "$1$2")


DOMESTIC: dict[str, tuple[int, int]] = {"DE": (4, 12), "AT": (4, 9), "CH": (4, 9), "GB": (8, 14)}
"""Where the national bank code and account number stand in an IBAN (ISO 13616 registry)."""
_NATIONAL = rf"^(?:{'|'.join(f'{country}.{{{start - 2}}}(.{{{end - start}}})' for country, (start, end) in DOMESTIC.items())})0*(.*)$"
_BANK_BEFORE_NUMBER = "".join(f"${{{group}}}" for group in range(1, len(DOMESTIC) + 1)) + f"/${{{len(DOMESTIC) + 1}}}"
"""What is found of the bank code, which is one country's, and of the account number."""
_BANK_AND_NUMBER = r"^(?://?[A-Z]{2})?(?P<bank>[0-9]{5,9})[ /:-]+(?P<number>[A-Z0-9 .-]+)$"


def account_keys(accounts: pl.Series) -> pl.Series:
    """IBANs, or bank codes and account numbers, in one spelling (`key`); an IBAN that holds both is told the national way.

    >>> account_keys(pl.Series(["DE89 3704 0044 0532 0130 00", "37040044/0532013000", "021000021 000123456"])).to_list()
    ['37040044/532013000', '37040044/532013000', '021000021/123456']
    """
    written = pl.DataFrame({"account": accounts.str.to_uppercase().str.strip_chars()})
    squeezed, divided = pl.col("account").str.replace_all(r"[^A-Z0-9]", ""), pl.col("account").str.extract_groups(_BANK_AND_NUMBER)
    read = written.select(squeezed.alias("squeezed"), divided.alias("divided")).unnest("divided")
    iban = pl.col("squeezed").str.contains(r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$")
    number = pl.col("number").str.replace_all(r"[^A-Z0-9]", "").str.strip_chars_start("0")
    key = (
        pl.when(iban).then(pl.col("squeezed").str.replace(_NATIONAL, _BANK_BEFORE_NUMBER))
        .when(pl.col("bank").is_not_null()).then(pl.concat_str("bank", pl.lit("/"), number)).otherwise(pl.col("squeezed").str.strip_chars_start("0"))
    )
    return read.select(key.alias("key"))["key"]
