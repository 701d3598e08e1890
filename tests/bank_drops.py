"""Bank files for tests, written as tables: a BAI2 statement of one account, a NACHA file of returns and changes."""

from __future__ import annotations

from pathlib import Path

from tests.workspaces import cashapp

ACCOUNT = "111222333"


class Bank:
    """One account whose statements chain; each call is one day's file, dropped and run."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.balance_minor = 1_000_000

    def statement(self, day: str, table: str) -> None:
        """`type | amount | bank reference | customer reference | text`, one line each; types of 400 and more are debits."""
        rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
        details, total, moved = [], 0, 0
        for code, amount, bank_reference, reference, text in rows:
            minor = round(float(amount) * 100)
            total += minor
            moved += -minor if int(code) >= 400 else minor
            details.append(f"16,{code},{minor},Z,{bank_reference},{reference},{text}")
        opening, self.balance_minor = self.balance_minor, self.balance_minor + moved
        date = day.replace("-", "")[2:]
        records = [
            f"01,121000000,CASHAPP,{date},0600,1,,,2/", f"02,CASHAPP,121000000,1,{date},2359,USD,2/",
            f"03,{ACCOUNT},USD,010,{opening},,,015,{self.balance_minor},,/", *details,
        ]
        total += opening + self.balance_minor
        body = len(details) + 2
        records += [f"49,{total},{body}/", f"98,{total},1,{body + 2}/", f"99,{total},1,{body + 4}/"]
        self.drop(f"{day}.bai", "\n".join(records) + "\n", day)

    def returns(self, day: str, table: str) -> None:
        """`code | amount | original trace | individual id | name`: R codes come back, C codes are changes of details without money."""
        rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
        date = day.replace("-", "")[2:]
        debit, body, checksum = 0, [], 0
        for number, (code, amount, trace, person, name) in enumerate(rows, start=1):
            minor = round(float(amount) * 100)
            debit += minor
            checksum += 9100001
            own = f"02100002{number:07d}"
            body.append(f"626091000019123456789        {minor:010d}{person:<15}{name:<22}  1{own}")
            kind, tail = ("98", f"{'':6}{'998877665':<29}{'':15}") if code.startswith("C") else ("99", f"{'':6}{'09100001'}{'':44}")
            detail = f"7{kind}{code}{trace:<15}{tail}"
            body.append(f"{detail[:79]:<79}{own}")
        count = len(body)
        head = [f"101 026009593 021000021{date}0200A094101{'OUR BANK':<23}{'FEDERAL RESERVE BANK':<23}{'':8}",
                f"5225{'OUR COMPANY':<16}{'':20}1234567890PPD{'INVOICE':<10}{'':6}{date}{'':3}1091000010000001"]
        foot = [f"8225{count:06d}{checksum:010d}{debit:012d}{0:012d}1234567890{'':25}091000010000001"]
        blocks = -(-(len(head) + count + 2) // 10)
        foot.append(f"9{1:06d}{blocks:06d}{count:08d}{checksum:010d}{debit:012d}{0:012d}{'':39}")
        records = [*head, *body, *foot]
        records += ["9" * 94] * (blocks * 10 - len(records))
        self.drop(f"{day}.ach", "\n".join(records) + "\n", day)

    def drop(self, name: str, content: str, day: str) -> None:
        """Put the file into the inbox and run the day."""
        (self.home / "inbox" / name).write_text(content)
        done = cashapp(self.home, "run", "--as-of", day)
        assert done.exit_code == 0, done.stdout + done.stderr
