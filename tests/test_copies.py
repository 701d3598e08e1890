"""Statements that the bank marks as copies of others, from their files into the books, in either order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workspaces import cashapp, table

ACCOUNT = "DE02120300000000202051"
ENTRIES = [("100.00", "CRDT", "NTX-0001", "ACME GMBH"), ("100.00", "CRDT", "NTX-0002", "ACME GMBH"), ("7.50", "DBIT", "NTX-0003", "")]


def camt(statement_id: str, entries: list[tuple[str, str, str, str]], mark: str = "", message: str = "Stmt") -> str:
    """A camt.053 (or, with message=Rpt, a camt.052): amount, indicator, bank reference, payer for each entry."""
    def entry(amount: str, indicator: str, reference: str, payer: str) -> str:
        named = f"<RltdPties><Dbtr><Nm>{payer}</Nm></Dbtr></RltdPties>" if payer else ""
        own = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
        return (f"<Ntry><Amt Ccy='EUR'>{amount}</Amt><CdtDbtInd>{indicator}</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-09</Dt></BookgDt>{own}"
                f"<NtryDtls><TxDtls>{named}</TxDtls></NtryDtls></Ntry>")

    container, code = {"Stmt": ("BkToCstmrStmt", "053"), "Rpt": ("BkToCstmrAcctRpt", "052")}[message]
    copy = f"<CpyDplctInd>{mark}</CpyDplctInd>" if mark else ""
    return (f"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.{code}.001.02'><{container}><GrpHdr><MsgId>M</MsgId></GrpHdr><{message}><Id>{statement_id}</Id>{copy}"
            f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>{''.join(entry(*one) for one in entries)}</{message}></{container}></Document>\n")


def take(home: Path, *files: str) -> None:
    """Each file on a run of its own; the books hold after each."""
    for content in files:
        (home / "inbox" / f"{len(list((home / 'archive').rglob('*.xml')))}.xml").write_text(content)
        done = cashapp(home, "run", "--as-of", "2026-11-10")
        assert done.exit_code == 0, done.stdout + done.stderr
        assert cashapp(home, "check").exit_code == 0


def cash(home: Path) -> dict[str, int]:
    """Cents that the journal has on the bank's and the announced money's accounts, and the receipts and what waits."""
    journal = [(row["account"], row["debit"], row["credit"]) for row in table(home, "journal")]
    on = {name: sum(round(float(debit or 0) * 100) - round(float(credit or 0) * 100) for account, debit, credit in journal if account == name)
          for name in (f"bank:{ACCOUNT}", "cash in transit")}
    return {"bank": on[f"bank:{ACCOUNT}"], "transit": on["cash in transit"], "receipts": len(table(home, "receipts")),
            "waiting": sum(row["reason"] == "copy_of_nothing" for row in table(home, "exceptions") if row["status"] == "open")}


WITHOUT_REFERENCES = [(amount, indicator, "", payer) for amount, indicator, _, payer in ENTRIES]
ONCE = {"bank": 19250, "transit": 0, "receipts": 2, "waiting": 0}


@pytest.mark.parametrize("mark", ["DUPL", "CODU", "COPY"])
@pytest.mark.parametrize("entries", [ENTRIES, WITHOUT_REFERENCES])
def test_a_copy_after_its_statement_counts_nothing(home: Path, mark: str, entries: list[tuple[str, str, str, str]]) -> None:
    take(home, camt("S-1", ENTRIES), camt("COPY-9", entries, mark))
    assert cash(home) == ONCE


@pytest.mark.parametrize("entries", [ENTRIES, WITHOUT_REFERENCES])
def test_a_copy_before_its_statement_waits_for_it(home: Path, entries: list[tuple[str, str, str, str]]) -> None:
    take(home, camt("COPY-9", entries, "DUPL"))
    assert cash(home) == {"bank": 0, "transit": 0, "receipts": 0, "waiting": 3}
    take(home, camt("S-1", ENTRIES))
    assert cash(home) == ONCE


def test_what_a_copy_has_more_waits_for_a_person(home: Path) -> None:
    take(home, camt("S-1", ENTRIES), camt("COPY-9", [*WITHOUT_REFERENCES, ("55.00", "CRDT", "", "ZENITH AG")], "CODU"))
    assert cash(home) == ONCE | {"waiting": 1}


def test_announced_copied_and_booked_is_counted_once(home: Path) -> None:
    take(home, camt("R-1", ENTRIES[:2], message="Rpt"), camt("COPY-9", WITHOUT_REFERENCES, "COPY"))
    assert cash(home) == {"bank": 0, "transit": 20000, "receipts": 2, "waiting": 3}
    take(home, camt("S-1", ENTRIES))
    assert cash(home) == ONCE


def test_a_bank_that_sends_nothing_but_copies(home: Path) -> None:
    with (home / "cashapp.toml").open("a") as settings:
        settings.write('\n[[profiles]]\nname = "agent"\nfiles = "*.xml"\ncopies = "take"\n')
    take(home, camt("S-1", ENTRIES, "COPY"))
    assert cash(home) == ONCE


def test_a_copy_whose_statement_never_comes_counts_when_a_person_says_so(home: Path) -> None:
    copy = camt("COPY-9", ENTRIES, "DUPL")
    take(home, copy)
    [name] = [path.name for path in (home / "archive").rglob("*.xml")]
    assert cashapp(home, "undo", "file", name, "--reason", "its statement never comes").exit_code == 0
    with (home / "cashapp.toml").open("a") as settings:
        settings.write('\n[[profiles]]\nname = "agent"\nfiles = "*.xml"\ncopies = "take"\n')
    take(home, copy)
    assert cash(home) == ONCE


def test_a_copy_that_waits_can_be_taken_back(home: Path) -> None:
    take(home, camt("COPY-9", ENTRIES, "DUPL"))
    [name] = [path.name for path in (home / "archive").rglob("*.xml")]
    done = cashapp(home, "undo", "file", name, "--reason", "not ours")
    assert done.exit_code == 0, done.stdout + done.stderr
    assert cash(home) == {"bank": 0, "transit": 0, "receipts": 0, "waiting": 0}
    assert cashapp(home, "check").exit_code == 0
