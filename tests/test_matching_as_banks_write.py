"""Matching beside what others' banks and payers write: tables as in `test_matching_tables`, none of it from our own generator."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from matching import engine, schema
from tests.test_matching_tables import read, told

TABLES = {
    "letters for digits and digits for letters": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-100451 1210.10
            A INV-100452 1310.10
            A INV-100453 1410.10
            A INV-100454 1510.10
            B SI0098761 2001.01
            B SI0098762 2002.02
            B SI0098763 2003.03
        receipts
            1210.10 | Orion Metalworks     | INV-IOO45I => posted: INV-100451 1210.10
            1310.10 | Orion Metalworks     | lNV-l00452 => posted: INV-100452 1310.10
            1410.10 | ORION METALWORKS INC | INV 1OO453 => posted: INV-100453 1410.10
            1510.10 | ORION METALWORKS INC | 1NV-100454 => posted: INV-100454 1510.10
            2001.01 | HALDEN FOODS         | S10098761  => posted: SI0098761 2001.01
            2002.02 | HALDEN FOODS         | SIOO98762  => posted: SI0098762 2002.02
            2003.03 | HALDEN FOODS         | 98763      => posted: SI0098763 2003.03
        """,
    "glued to each other, to words, to amounts": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV100451 210.10
            A INV100452 310.11
            A INV100453 410.12
            A INV100454 510.13
            A INV100455 610.14
            A 7700123 55.01
            A 7700124 66.02
        receipts
            520.21 | Orion Metalworks | INV100451INV100452                => posted: INV100451 210.10, INV100452 310.11
            920.25 | Orion Metalworks | INV100453/410,12;INV100454/510,13 => posted: INV100453 410.12, INV100454 510.13
            610.14 | Orion Metalworks | PMTINV100455THANKS                => posted: INV100455 610.14
            121.03 | Orion Metalworks | 77001237700124                    => posted: 7700123 55.01, 7700124 66.02
        """,
    "two digits of the number are exchanged, another item has the other order": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV100451 210.10
            A INV100541 310.11
            B 5550198 410.12
            B 5550918 410.12
        receipts
            210.10 | Orion Metalworks | INV100541 => weak_evidence: INV100451 210.10 or INV100541 210.10
            410.12 | Halden Foods     | 5550189   => posted: 5550198 410.12
        """,
    "a text full of other numbers": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A 40021001 310.01
            A 40021002 320.02
            A 40021005 330.03
            B 40021003 310.01
            B 40021004 999.99
            B 40021006 44.44
        receipts
            310.01 | ORION METALWORKS | /RFB/40021001/ORDP/ORION/ACC/40021003 REF 20261101 TRN 9988776655 => posted: 40021001 310.01
            320.02 | ORION METALWORKS | ORIG CO NAME:ORION ORIG ID:9000012345 DESC DATE:261101 SEC:CTX TRACE#:021000029988776 IND ID:40021002 => posted: 40021002 320.02
            330.03 | ORION METALWORKS | 40021005 as agreed on 40021006 => posted: 40021005 330.03
        """,
    "an item in full and a rest, where the text may mean another item as well": """
        customers
            A | Orion Metalworks Inc.
        items
            A 1001-2 370.07
            A 1001 380.08
        receipts
            800.00 | Orion Metalworks | 1001-2 and 1001 => over_payment: 1001-2 370.07 or 1001 380.08, 1001-2 370.07
        """,
    "banks' words around a name, shortened words, words without vowels, initials": """
        customers
            A | The Great Atlantic Tea Company, Inc.
            B | Saint Mary's Hospital
            C | Rocky Mountain Electrical Contractors, Inc.
            D | Northwest Regional Medical Center
            E | Société Générale de Fournitures SARL
            F | International Business Products Corporation
            G | Acme Works Inc.
        items
            A INV-1001 1101.01
            B INV-1002 1102.02
            C INV-1003 1103.03
            D INV-1004 1104.04
            E INV-1005 1105.05
            F INV-1006 1106.06
            G INV-1007 1107.07
        receipts
            1101.01 | THE GREAT ATLANTIC TEA COMPANY INC ACH PMT | => posted: INV-1001 1101.01
            1102.02 | ST MARYS HOSPITAL           | => posted: INV-1002 1102.02
            1103.03 | ROCKY MTN ELECTRICAL CONTR  | => posted: INV-1003 1103.03
            1104.04 | NW REGIONAL MED CTR         | => posted: INV-1004 1104.04
            1105.05 | STE GENERALE DE FOURNITURES | => posted: INV-1005 1105.05
            1106.06 | IBP CORP                    | => unknown_payer: INV-1006 1106.06
            1107.07 | WIRE FROM ACME WORKS 00811  | => posted: INV-1007 1107.07
        """,
    "what stands beside the name may be the name": """
        customers
            A | Energy Inc.
            B | Farm Supply Inc.
        items
            A INV-1001 1101.01
            B INV-1002 1102.02
        receipts
            1101.01 | DIRECT ENERGY      | => unknown_payer: INV-1001 1101.01
            1102.02 | FARM SUPPLY CREDIT | => unknown_payer: INV-1002 1102.02
        """,
    "shortened words fit two": """
        customers
            A | Rocky Mountain Electrical Contractors, Inc.
            B | Rocky Mountain Electrical Construction, Inc.
        items
            A INV-1003 1103.03
            B INV-1004 1103.03
        receipts
            1103.03 | ROCKY MTN ELECTRICAL CON | => ambiguous_payer: INV-1003 1103.03 or INV-1004 1103.03
        """,
    "the customer's own number": """
        customers
            C00012 | Twin Pine LLC
            10443 | Halden Foods
        items
            C00012 INV-1003 103.03
            10443 INV-1004 104.04
            10443 INV-1005 105.05
        receipts
            103.03 | SOMEBODY | PAYMENT C00012 => posted: INV-1003 103.03
            104.04 | SOMEBODY | CUST 10443     => posted: INV-1004 104.04
            105.05 | SOMEBODY | 10443          => unknown_payer: INV-1005 105.05
        """,
    "a property manager pays for several others, by their full numbers": """
        customers
            A | Oak Street Apartments
            B | Elm Street Apartments
            C | Pine Court Apartments
            D | Greystone Property Management | account=021000021/55512
        items
            A RENT-1001 1500.00
            B RENT-1002 1600.00
            C RENT-1003 1700.00
            A RENT-1004 1510.00
            B RENT-1005 1610.00
            C RENT-1006 1710.00
        receipts
            4800.00 | GREYSTONE PROPERTY MANAGEMENT | RENT-1001 RENT-1002 RENT-1003 | account=021000021/55512 => posted: RENT-1001 1500.00, RENT-1002 1600.00, RENT-1003 1700.00
            3120.00 | GREYSTONE PROPERTY MANAGEMENT |           | => posted: RENT-1004 1510.00, RENT-1005 1610.00
            - RENT-1004 1510.00
            - RENT-1005 1610.00
            1710.00 | GREYSTONE PROPERTY MANAGEMENT | RENT-1006 | => third_party_payer: RENT-1006 1710.00
        """,
    "the second look-alike's item is always shown": """
        customers
            A | Twin Pine LLC
            B | Twin Pine Corp.
        items
            A INV-1003 103.03
            A INV-1004 103.03
            A INV-1005 103.03
            A INV-1006 103.03
            B INV-2004 103.03
        receipts
            103.03 | TWIN PINE | => ambiguous_payer: INV-1003 103.03 or INV-1004 103.03 or INV-2004 103.03
        """,
    "the number decides between look-alikes which other item is meant": """
        customers
            A | Twin Pine LLC
            B | Twin Pine Corp.
        items
            A INV-1003 100.00
            A INV-1007 177.77
            B INV-2004 177.77
        receipts
            177.77 | TWIN PINE | INV-1003 => ambiguous_payer: INV-1007 177.77 or INV-1003 100.00
        """,
    "a reason in the text, with and without its amount": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-1003 800.00
            A INV-1004 900.00
            A INV-1005 1000.00
        receipts
            780.00 | Orion Metalworks | INV-1003 LESS 20.00 FREIGHT ALLOWANCE => deduction: INV-1003 780.00 deduction 20.00 freight or INV-1003 780.00 or INV-1003 780.00 write-off 20.00
            850.00 | Orion Metalworks | INV-1004 DAMAGED GOODS  => short_payment: INV-1004 850.00 or INV-1004 850.00 deduction 50.00 damage
            900.00 | Orion Metalworks | INV-1005 LESS 100 SHORTAGE => deduction: INV-1005 900.00 deduction 100.00 shortage or INV-1004 900.00 or INV-1005 900.00
        """,
    "lines with the gross amount beside what is taken off": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-1002 2310.10
            A INV-1003 500.00 discount=10.00 until=2026-11-10
        receipts
            2210.10 | Orion Metalworks | => posted: INV-1002 2210.10 deduction 100.00 FREIGHT
            - INV-1002 2310.10 deduction=100.00 reason=FREIGHT
            490.00  | Orion Metalworks | => posted: INV-1003 490.00 discount 10.00
            - INV-1003 500.00 discount=10.00
        """,
    "lines that pay their items exactly, and a check over more: nobody but the lines says who paid": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-1001 1210.10
            A INV-1002 500.00
            A INV-1003 700.00
        receipts
            1300.00 |                  | => posted: INV-1001 1210.10
            - INV-1001 1210.10
            550.00  |                  | => over_payment: INV-1002 500.00
            - INV-1002 550.00
            750.00  | Orion Metalworks | => posted: INV-1003 700.00
            - INV-1003 700.00
        """,
    "what was posted in the same run is suggested to nobody": """
        customers
            A | Acme Works Inc.
            B | Bravo Inc.
        items
            A INV-1001 512.34
        receipts
            512.34 | Acme Works | => posted: INV-1001 512.34
            512.34 | Zebra Zoo  | => unknown_payer: nothing
        """,
    "one number of several is damaged, and the amount is that of all": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV100451 210.10
            A INV100455 310.11
            A INV100472 410.12
            B 7700123 55.01
            B 7700124 66.02
            B 7700138 77.03
            B 7700144 88.04
        receipts
            520.21 | Orion Metalworks Inc. | INV100451, INV1004S5 => posted: INV100451 210.10, INV100455 310.11
            410.12 | Orion Metalworks Inc. | INV100427            => posted: INV100472 410.12
            132.04 | Halden Foods LLC      | 7700123 + 770138     => posted: 7700123 55.01, 7700138 77.03
            154.06 | Halden Foods LLC      | 7700124 and 7700141  => posted: 7700124 66.02, 7700144 88.04
        """,
    "ends of numbers behind one in full say whose they are, though nobody knows the payer's name": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A SINV006804 210.10
            A SINV006805 310.11
            A SINV006806 410.12
            A SINV006807 510.13
            A SINV006818 610.14
            A SINV006821 710.15
            B SINV006822 810.16
            B 90013822 280.11
            B 90013823 380.12
            B 90013824 380.11
            B 90013825 400.13
            B 90013826 500.14
        receipts
            1440.46 | SHARED SERVICES CENTRE | SINV006804-807       => posted: SINV006804 210.10, SINV006805 310.11, SINV006806 410.12, SINV006807 510.13
            1440.47 | SHARED SERVICES CENTRE | INV 90013822 THRU 25  => posted: 90013822 280.11, 90013823 380.12, 90013824 380.11, 90013825 400.13
            1320.29 | SHARED SERVICES CENTRE | SINV006818/821       => posted: SINV006818 610.14, SINV006821 710.15
            810.16  | SHARED SERVICES CENTRE | CLAIM 822            => weak_evidence: SINV006822 810.16
        """,
    "a year in two digits, and one before the number that others continue": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A 523/2025 210.10
            A 523/2026 310.11
            A 2025-611 410.12
            B 2026-7337 510.13
            B 2026-7339 610.14
            B 2026-7342 710.15
        receipts
            210.10  | Orion Metalworks Inc. | RG 523/25             => posted: 523/2025 210.10
            410.12  | Orion Metalworks Inc. | RG 25-611             => posted: 2025-611 410.12
            1830.42 | Halden Foods LLC      | RE 2026-7337/339/342  => posted: 2026-7337 510.13, 2026-7339 610.14, 2026-7342 710.15
        """,
}


@pytest.mark.parametrize("title", TABLES)
def test_table(title: str) -> None:
    table = read(TABLES[title])
    assert told(table, engine.propose(table.inputs())) == table.expected


SHORT = """
    customers
        A | Orion Metalworks Inc.
    items
        A INV-1003 800.00
    receipts
        785.00 | Orion Metalworks | INV-1003
    """


@pytest.mark.parametrize(("habit", "expected"), [
    ("", "short_payment: INV-1003 785.00 or INV-1003 785.00 write-off 15.00"),
    ("short", "short_payment: INV-1003 785.00 or INV-1003 785.00 write-off 15.00"),
    ("unstated_fee", "short_payment: INV-1003 785.00 write-off 15.00 or INV-1003 785.00"),
    ("deduction:freight", "deduction: INV-1003 785.00 deduction 15.00 freight or INV-1003 785.00 or INV-1003 785.00 write-off 15.00"),
])
def test_what_the_payer_is_used_to_do_comes_first(habit: str, expected: str) -> None:
    table = read(SHORT)
    habits = pl.DataFrame([("A", habit, 3)] if habit else [], schema=schema.HABITS, orient="row")
    outcome = engine.propose(replace(table.inputs(), habits=habits))
    assert told(table, outcome) == [expected]
    assert not outcome.proposals["unattended"].any()
