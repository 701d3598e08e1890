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
    "numbers with letters behind digits, glued to other words, split and in lists": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A AR-7-00451-B 210.10
            A AR-7-00452-B 310.11
            A AR-7-00453-B 410.12
            A AR-7-00454-B 510.13
            A INV-2026-0099 610.14
            A AR-7-00455-B 710.15
            B AR-7-00461-B 710.15
            B AR-7-00462-B 810.16
        receipts
            210.10  | Orion Metalworks Inc. | /INV/AR-7-00451-B            => posted: AR-7-00451-B 210.10
            310.11  | Orion Metalworks Inc. | Rechnung AR 7 00452 B         => posted: AR-7-00452-B 310.11
            920.25  | Orion Metalworks Inc. | ar-7-00453-b/AR-7-00454-B     => posted: AR-7-00453-B 410.12, AR-7-00454-B 510.13
            1320.29 | PAYMASTER AGENCY      | INV-2026-0099,AR-7-00455-B    => posted: AR-7-00455-B 710.15, INV-2026-0099 610.14
            710.15  | Halden Foods LLC      | Invoice AR-7-00499-B          => reference_not_found: AR-7-00461-B 710.15
        """,
    "numbers of nobody, in eight languages and beyond what was issued": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
            C | Calloway Timber Inc.
        items
            A 1061/2026 210.10
            A 1062/2026 310.11
            A 1063/2026 410.12
            A 1064/2026 510.13
            B SI006804 610.14
            B SI006805 710.15
            C 50001 810.16
            C 50002 910.17
            C 50003 1010.18
        receipts
            210.10  | Orion Metalworks Inc. | Faktura nr 1485/2026         => reference_not_found: 1061/2026 210.10
            310.11  | Orion Metalworks Inc. | Fattura n. 1485/2026         => reference_not_found: 1062/2026 310.11
            410.12  | Orion Metalworks Inc. | Facture n° 1485/2026         => reference_not_found: 1063/2026 410.12
            510.13  | Orion Metalworks Inc. | payment of 1485/2026         => reference_not_found: 1064/2026 510.13
            610.14  | Halden Foods LLC      | SI006999                     => reference_not_found: SI006804 610.14
            710.15  | Halden Foods LLC      | Lasku 7713                   => reference_not_found: SI006805 710.15
            810.16  | Calloway Timber Inc.  | Szamla 50417                 => reference_not_found: 50001 810.16
            910.17  | Calloway Timber Inc.  | payment of 910.17            => posted: 50002 910.17
            1010.18 | Calloway Timber Inc.  | order 50417                  => posted: 50003 1010.18
        """,
    "the payer says which invoice is not paid, or that money comes back": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-1001 210.10
            A INV-1002 310.11
            A INV-1003 410.12
            A INV-1004 510.13
            A INV-1005 610.14
            A INV-1006 710.15
            A INV-1007 810.16
            A INV-1008 910.17
            A INV-1009 1010.18
        receipts
            210.10  | Orion Metalworks Inc. | INV-1001 disputed, not paid   => weak_evidence: on account 210.10 or INV-1001 210.10
            310.11  | Orion Metalworks Inc. | Storno Rechnung INV-1002      => weak_evidence: on account 310.11 or INV-1002 310.11
            410.12  | Orion Metalworks Inc. | refund for INV-1003           => weak_evidence: on account 410.12 or INV-1003 410.12
            510.13  | Orion Metalworks Inc. | do not book against INV-1004  => weak_evidence: on account 510.13 or INV-1004 510.13
            610.14  | Orion Metalworks Inc. | nicht für Rechnung INV-1005   => weak_evidence: on account 610.14 or INV-1005 610.14
            710.15  | Orion Metalworks Inc. | returned payment, thank you   => weak_evidence: INV-1006 710.15
            810.16  | Orion Metalworks Inc. | INV-1007 ohne 2 % Skonto      => posted: INV-1007 810.16
            910.17  | Orion Metalworks Inc. | without discount INV-1008     => posted: INV-1008 910.17
            1010.18 | Orion Metalworks Inc. | INV-1002 disputed, see advice => posted: INV-1009 1010.18
            - INV-1009 1010.18
        """,
    "a paid invoice is named, and the money is its neighbour's": """
        customers
            A | Orion Metalworks Inc.
        items
            A 1073/2026 780.52
        closed
            A 1083/2026 512.00
        receipts
            780.52 | Orion Metalworks Inc. | Facture 1083/2026 => already_paid: 1073/2026 780.52
        """,
    "a number with its customer's number before it, which is the number of another customer's invoice": """
        customers
            D02251 | Orion Metalworks Inc.
            D01504 | Halden Foods LLC
        items
            D02251 05127 210.10
            D02251 05134 310.11
            D01504 02251 50.00
        receipts
            520.21 | Orion Metalworks Inc. | Kd.-Nr. D02251 Rechnung 05127 und 05134 => posted: 05127 210.10, 05134 310.11
        """,
    "a short number after the word for invoice is another customer's, or nobody's": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
            C | Calloway Timber Inc.
        items
            A 3732 693.04
            A 3741 700.00
            B 5362 223.98
            B 5363 224.99
            C 5371 115.01
        receipts
            223.98 | Halden Foods LLC     | Faktura nr 3732     => reference_not_found: 5362 223.98
            224.99 | Halden Foods LLC     | 3732 Main Street    => posted: 5363 224.99
            115.01 | Calloway Timber Inc. | Inv. no. 9917       => reference_not_found: 5371 115.01
        """,
    "short numbers of one customer come to the amount, and nobody knows the payer": """
        customers
            A | Orion Metalworks Inc.
        items
            A 3722 110.10
            A 3726 567.51
            A 3727 831.64
        receipts
            1509.25 | TREUHAND KANZLEI MEIER | Rechnung Nr. 3722 et 3726 et 3727 => weak_evidence: 3722 110.10, 3726 567.51, 3727 831.64
        """,
    "a paid number whose figures are another customer's as well, with a year before them": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A RE/26/2221 500.00
            B INV-2026-02234 1542.64
        closed
            A RE/26/2234 4331.98
        receipts
            500.00 | Orion Metalworks Inc. | Facture n° RE/26/2234 => already_paid: RE/26/2221 500.00
        """,
    "a number of nobody with a day behind it": """
        customers
            A | Orion Metalworks Inc.
        items
            A 90004645 150.40
            A 90004646 250.41
        receipts
            150.40 | Orion Metalworks Inc. | PAYMENT 90008822 261102 => reference_not_found: 90004645 150.40
            250.41 | Orion Metalworks Inc. | PAYMENT 90004646 261102 => posted: 90004646 250.41
        """,
    "one figure is left of the next number where the field was too short": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A 2954 766.15
            A 2953 8921.71
            A 2952 8921.71
            B 1001 100.01
            B 1002 200.02
        receipts
            9687.86 | Orion Metalworks Inc. | INV 2954 2  => over_payment: 2953 8921.71, 2954 766.15 or 2952 8921.71, 2954 766.15 or 2954 766.15
            300.03  | Halden Foods LLC      | INV 1001/2  => posted: 1001 100.01, 1002 200.02
        """,
    "what payers' own departments and banks add to a name": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
            C | Calloway Timber Inc.
            D | Rocky Mountain Optics LLC
            E | Great Atlantic Tea Corp.
        items
            A INV-1001 1101.01
            B INV-1002 1102.02
            C INV-1003 1103.03
            D INV-1004 1104.04
            E INV-1005 1105.05
        receipts
            1101.01 | ORION METALWORKS INC. AP DEPT        | => posted: INV-1001 1101.01
            1102.02 | HALDEN FOODS LLC ACCOUNTS PAYABLE    | => posted: INV-1002 1102.02
            1103.03 | ACH CREDIT CALLOWAY TIMBER INC.      | => posted: INV-1003 1103.03
            1104.04 | 1/ROCKY MOUNTAIN OPTICS LLC          | => posted: INV-1004 1104.04
            1105.05 | GREAT ATLANTIC TEA CORP VENDOR PMT   | => posted: INV-1005 1105.05
        """,
    "money paid ahead, in other languages": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 99.00
            B INV-2001 99.00
        receipts
            99.00 | Orion Metalworks Inc. | a conto   => no_reference: on account 99.00 or INV-1001 99.00
            99.00 | Halden Foods LLC      | voorschot => no_reference: on account 99.00 or INV-2001 99.00
        """,
    "a word for paying ahead beside the number of an open item: a part of it": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-1001 900.00
            A INV-1002 800.00
        receipts
            300.00 | Orion Metalworks Inc. | acompte facture INV-1001        => short_payment: INV-1001 300.00
            200.00 | Orion Metalworks Inc. | Anzahlung Auftrag 7781          => no_reference: on account 200.00
        """,
    "one number and others: another receipt has paid one of the others": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-100451 29.52
            A INV-100452 502.86
            A INV-100453 502.86
        receipts
            532.38 | Orion Metalworks Inc. | INV-100451 and others => over_payment: INV-100451 29.52, INV-100452 502.86 or INV-100451 29.52
            502.86 | Orion Metalworks Inc. | INV-100453            => posted: INV-100453 502.86
        """,
    "the same payment twice, of a payer whom only the number tells": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-100451 600.00
        receipts
            600.00 | PAYMASTER AGENCY | INV-100451 => contested_item: INV-100451 600.00
            600.00 | PAYMASTER AGENCY | INV-100451 => contested_item: on account 600.00 or INV-100451 600.00
        """,
    "an advice found in part: other items make up the whole": """
        customers
            A | Orion Metalworks Inc.
        items
            A INV-100451 642.37
            A INV-100488 310.11
            A INV-100499 75.50
        receipts
            952.48 | Orion Metalworks Inc. | => reference_not_found: INV-100451 642.37, INV-100488 310.11 or INV-100451 642.37
            - INV-100451 642.37
            - INV-777777 310.11
        """,
    "a line of an advice states the amount of another open item than it names": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
            C | Cedar Milling Co
            D | Delta Brass Ltd
            E | Elm Paper AG
        items
            A INV-1001 500.00
            A INV-1010 700.00
            A INV-1020 300.00
            B INV-2001 500.00
            B INV-2010 200.00
            B INV-2020 300.00
            C INV-3001 500.00
            C INV-3010 500.04
            D INV-4001 500.00
            D INV-4010 300.00
            E INV-5001 490.00
            E INV-5010 500.00 discount=10.00 until=2026-11-05
        receipts
            800.00 | Orion Metalworks Inc. | => remittance_mismatch: INV-1001 500.00, INV-1020 300.00 or INV-1010 500.00, INV-1020 300.00
            - INV-1010 500.00
            - INV-1020 300.00
            800.00 | Halden Foods LLC      | => remittance_mismatch: INV-2001 500.00, INV-2020 300.00 or INV-2010 200.00, INV-2020 300.00
            - INV-2010 500.00
            - INV-2020 300.00
            500.00 | Cedar Milling Co      | => remittance_mismatch: INV-3001 500.00 or INV-3010 500.00 write-off 0.04
            - INV-3010 500.00
            800.00 | Delta Brass Ltd       | => remittance_mismatch: INV-4001 500.00, INV-4010 300.00
            - INV-4001 300.00
            - INV-4010 500.00
            490.00 | Elm Paper AG          | => posted: INV-5010 490.00 discount 10.00
            - INV-5010 490.00
        """,
    "a line states the amount of an item of the payer under the number of somebody else, or takes off a claim on another invoice": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 500.00
            A INV-1002 310.00
            B INV-2001 245.00
            A INV-1005 700.00
            A INV-1006 900.00
        receipts
            810.00 | Orion Metalworks Inc. | => remittance_mismatch: INV-1001 500.00, INV-1002 310.00 or INV-1001 500.00, INV-2001 245.00
            - INV-1001 500.00
            - INV-2001 310.00
            680.00 | Orion Metalworks Inc. | => deduction: INV-1005 680.00 deduction 20.00 INV-1006
            - INV-1005 700.00
            - INV-1006 -20.00
        """,
    "more came than the lines say, and another open item is just the rest": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 500.00
            A INV-1002 300.00
            B INV-2001 500.00
            B INV-2002 310.00
        receipts
            800.00 | Orion Metalworks Inc. | => over_payment: INV-1001 500.00, INV-1002 300.00 or INV-1001 500.00
            - INV-1001 500.00
            800.00 | Halden Foods LLC      | => posted: INV-2001 500.00
            - INV-2001 500.00
        """,
    "of several numbers one may be wrong: what is over and one of the items are together another item": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 500.00
            A INV-1003 200.00
            A INV-1010 300.00
            B INV-2001 500.00
            B INV-2003 200.00
            B INV-2010 310.00
        receipts
            800.00 | Orion Metalworks Inc. | INV-1001 INV-1003 => over_payment: INV-1001 500.00, INV-1003 200.00 or INV-1001 500.00, INV-1010 300.00
            800.00 | Halden Foods LLC      | INV-2001 INV-2003 => posted: INV-2001 500.00, INV-2003 200.00
        """,
    "another customer's item beside the payer's own, who owes the same amount once more": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 500.00
            A INV-1003 200.00
            B INV-1002 500.00
            A INV-1004 210.00
            B INV-2004 333.00
        receipts
            700.00 | Orion Metalworks Inc. | => weak_evidence: INV-1003 200.00, INV-1002 500.00 or INV-1001 500.00, INV-1003 200.00
            - INV-1002 500.00
            - INV-1003 200.00
            543.00 | Orion Metalworks Inc. | => posted: INV-1004 210.00, INV-2004 333.00
            - INV-1004 210.00
            - INV-2004 333.00
        """,
    "a line deducts just what is open as a credit": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 500.00
            A CM-77 -80.00
            B INV-2001 500.00
            B CM-88 -81.00
            B INV-2002 600.00
            B CM-89 -50.00
        receipts
            420.00 | Orion Metalworks Inc. | => deduction: CM-77 -80.00, INV-1001 500.00 or INV-1001 420.00 deduction 80.00 RETURN
            - INV-1001 420.00 deduction=80.00 reason=RETURN
            420.00 | Halden Foods LLC      | => posted: INV-2001 420.00 deduction 80.00 RETURN
            - INV-2001 420.00 deduction=80.00 reason=RETURN
            500.00 | Halden Foods LLC      | => posted: CM-89 -50.00, INV-2002 550.00 deduction 50.00 FREIGHT
            - INV-2002 550.00 deduction=50.00 reason=FREIGHT
            - CM-89 -50.00
        """,
    "nothing is rounded to an item where another has the amount to the cent": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 500.00
            A INV-1010 500.04
            B INV-2010 600.04
        receipts
            500.00 | Orion Metalworks Inc. | INV-1010 => weak_evidence: INV-1010 500.00 write-off 0.04 or INV-1001 500.00
            600.00 | Halden Foods LLC      | INV-2010 => posted: INV-2010 600.00 write-off 0.04
        """,
    "a part of something is not the item that happens to have the amount": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-1001 1000.00
            A INV-1010 500.00
            B INV-2001 600.00
        receipts
            500.00 | Orion Metalworks Inc. | 1st installment, 2 to follow => weak_evidence: INV-1010 500.00
            600.00 | Halden Foods LLC      | final partial payment INV-2001 => posted: INV-2001 600.00
        """,
    "the place stands behind the payer's legal form": """
        customers
            A | Orion Metalworks of Texas LLC
            B | Halden Foods LLC
            C | Cedar Milling
            D | Brown Tools Ltd
        items
            A INV-1001 500.00
            B INV-2001 600.00
            C INV-3001 700.00
            D INV-4001 800.00
        receipts
            500.00 | ORION METALWORKS OF TEXAS LLC DALLAS TX | => posted: INV-1001 500.00
            600.00 | HALDEN FOODS LLC, DENVER CO 80202 US    | => posted: INV-2001 600.00
            700.00 | CEDAR MILLING SUPPLY CO                 | => unknown_payer: INV-3001 700.00
            800.00 | BROWN TOOLS LTD MACHINE HIRE PA         | => unknown_payer: INV-4001 800.00
        """,
    "what is named is paid already, is held back or comes back": """
        customers
            A | Orion Metalworks Inc.
            B | Muster GmbH
        items
            A INV-1001 500.00
            A INV-1002 600.00
            B RE-2026-1001 700.00
            B RE-2026-1002 800.00
            B RE-2026-1003 900.00
        receipts
            500.00 | Orion Metalworks Inc. | INV-1001 ALREADY PAID BY CHECK                  => weak_evidence: on account 500.00 or INV-1001 500.00
            600.00 | Orion Metalworks Inc. | INV-1002 on hold                                => weak_evidence: on account 600.00 or INV-1002 600.00
            900.00 | Muster GmbH           | RE-2026-1003 bereits gezahlt                    => weak_evidence: on account 900.00 or RE-2026-1003 900.00
            800.00 | Muster GmbH           | RE-2026-1002 Fehlüberweisung                    => weak_evidence: on account 800.00 or RE-2026-1002 800.00
            700.00 | Muster GmbH           | RETOURE SEPA-UEBERWEISUNG AC01 RE-2026-1001     => weak_evidence: on account 700.00 or RE-2026-1001 700.00
        """,
    "an amount before a comma is no number": """
        customers
            A | Orion Metalworks Inc.
        items
            A 125000 123.00
        receipts
            123.00 | | amount 1250.00, thank you => unknown_payer: 125000 123.00
        """,
    "look-alikes owe the same: the name that begins as the payer's is written": """
        customers
            A | Delta Dental Group Inc.
            B | The Delta Dental Co.
            C | Summit Brewing Ltd
            D | The Summit Brewing Group Ltd
        items
            A INV-100451 725.48
            B INV-100452 725.48
            C INV-100453 641.61
            D INV-100454 641.61
        receipts
            725.48 | DELTA DENTAL | => ambiguous_payer: INV-100451 725.48 or INV-100452 725.48
            641.61 | THE SUMMIT   | => ambiguous_payer: INV-100454 641.61 or INV-100453 641.61
        """,
    "a whole name in the text speaks against the items of others": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
            C | Halden Foods Texas LLC | parent=B
            D | Twin Pine Group | alias="Grand Meadow Lodges"
        items
            A INV-100451 210.10
            B INV-200451 310.11
            B INV-200452 320.12
            B INV-200453 330.13
            B INV-200454 340.14
            B INV-200455 350.15
            B INV-200456 360.16
            B INV-200457 370.17
            C INV-300451 410.12
            B 77001 510.51
        receipts
            310.11 |          | ORION METALWORKS INC INV-200451                 => third_party_payer: INV-200451 310.11
            320.12 | J SMITH  | B/O ORION METALWORKS INC INV-200452             => third_party_payer: INV-200452 320.12
            330.13 |          | GRAND MEADOW LODGES INV-200453                  => third_party_payer: INV-200453 330.13
            340.14 | J SMITH  | HALDEN FOODS INV-200454                         => posted: INV-200454 340.14
            350.15 |          | HALDEN FOODS LLC FOR ORION METALWORKS INV-200455 => posted: INV-200455 350.15
            410.12 |          | HALDEN FOODS LLC INV-300451                     => posted: INV-300451 410.12
            570.26 |          | ORION METALWORKS INC INV-100451 INV-200456      => posted: INV-100451 210.10, INV-200456 360.16
            370.17 | J SMITH  | HALDEN FOODS PAYMENT                            => unknown_payer: INV-200457 370.17
            510.51 | J SMITH  | HALDEN FOODS 001                                => weak_evidence: 77001 510.51
        """,
    "a bank cut the name in the text": """
        customers
            A | Halden Foods Ltd
            B | Halden Foods Holdings Ltd
            C | Cedar Ceramics (UK) Ltd
            D | Cedar Ceramics LLP
            E | Ironwood Seeds Holdings Ltd
            F7731 | Kelso Textiles Ltd
        items
            B INV-200451 310.11
            B INV-200452 311.11
            A INV-200453 312.11
            C INV-200454 313.11
            E INV-200455 314.11
            F7731 INV-200456 315.11
            A INV-200457 316.11
            D INV-200458 317.11
            C INV-200459 317.11
            F7731 INV-200460 318.11
            C INV-200461 319.11
        receipts
            310.11 | | HALDEN FOODS HOLDI INV-200451         => posted: INV-200451 310.11
            311.11 | | HALDEN FOODS HOLDI                    => ambiguous_payer: INV-200452 311.11
            312.11 | | HALDEN FOODS HOLDI                    => ambiguous_payer: INV-200453 312.11
            313.11 | | CEDAR CERAMICS ( INV-200454           => posted: INV-200454 313.11
            314.11 | | IRONWOOD SEEDS HOL                    => unknown_payer: INV-200455 314.11
            315.11 | | IRONWOOD SEEDS HOL INV-200456         => third_party_payer: INV-200456 315.11
            316.11 | | HALDEN FOODS INV-200457               => posted: INV-200457 316.11
            317.11 | | CEDAR CERAMICS                        => ambiguous_payer: INV-200458 317.11 or INV-200459 317.11
            318.11 | | HALDEN FOODS INV-200460 A/C F7731     => ambiguous_payer: INV-200460 318.11
            319.11 | | CEDAR CERAMICS ( INV-200461 A/C C     => posted: INV-200461 319.11
        """,
    "several have the name, and the closed number is one's": """
        customers
            A | Cedar Ceramics (UK) Ltd
            B | Cedar Ceramics Holdings Ltd
        items
            A INV-100452 310.11
        closed
            B INV-100451 310.11
        receipts
            310.11 | Cedar Ceramics | INV-100451 => already_paid: on account 310.11 or INV-100452 310.11
        """,
    "damaged numbers of a certain payer, one of which is another's": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A FA-26-02407 119.11
            A FA-26-02408 60.49
            A FA-26-02410 650.55
            A FA-26-02431 77.77
            B FA-26-02427 83.19
        receipts
            830.15 | Orion Metalworks Inc. | FA-26-02427; FA-26-08408; FA-26-02411 => posted: FA-26-02407 119.11, FA-26-02408 60.49, FA-26-02410 650.55
        """,
    "a short number alone is nobody's, another customer's, or the payer's own for another amount": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
            C | Calloway Timber Inc.
        items
            A 4957 66.05
            A 4958 67.06
            A 4959 68.07
            A 4960 69.08
            B 3539 799.56
            C 05847 100.01
            C 02848 101.02
            C INV-1001 102.03
        receipts
            66.05  | Orion Metalworks Inc. | PAYMENT 5410 261102     => reference_not_found: 4957 66.05
            67.06  | Orion Metalworks Inc. | PAYMENT 3539 261102     => reference_not_found: 4958 67.06
            68.07  | Orion Metalworks Inc. | PAYMENT 4960            => weak_evidence: 4959 68.07 or 4960 68.07
            100.01 | Calloway Timber Inc.  | PAYMENT 24030 261102    => reference_not_found: 05847 100.01
            101.02 | Calloway Timber Inc.  | thank you for 9030      => reference_not_found: 02848 101.02
        """,
    "a short number alone that is something else": """
        customers
            7713 | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            7713 4951 61.01
            7713 4952 62.02
            7713 4953 63.03
            7713 4954 64.04
            7713 4955 65.05
            7713 4956 66.06
            7713 4957 67.07
            7713 4958 68.08
            7713 4959 5420.00
            7713 4960 70.10
            7713 4961 71.11
            B INV-2026-02001 72.12
        receipts
            61.01   | Orion Metalworks Inc. | PAYMENT 261102              => posted: 4951 61.01
            62.02   | Orion Metalworks Inc. | your order 5410             => posted: 4952 62.02
            63.03   | Orion Metalworks Inc. | Auftrags-Nr. 5410           => posted: 4953 63.03
            64.04   | Orion Metalworks Inc. | cheque no. 5410             => posted: 4954 64.04
            65.05   | Orion Metalworks Inc. | payment run 5410            => posted: 4955 65.05
            66.06   | Orion Metalworks Inc. | services November 2026      => posted: 4956 66.06
            67.07   | Orion Metalworks Inc. | 5410 Main Street            => posted: 4957 67.07
            68.08   | Orion Metalworks Inc. | PAYMENT 7713                => posted: 4958 68.08
            5420.00 | Orion Metalworks Inc. | wire 5420                   => posted: 4959 5420.00
            70.10   | Orion Metalworks Inc. | 5410.55 less 5340.45        => posted: 4960 70.10
            71.11   | Orion Metalworks Inc. | TEL 0555 5410               => posted: 4961 71.11
            72.12   | Halden Foods LLC      | PAYMENT 5410                => posted: INV-2026-02001 72.12
        """,
    "a number is another customer's as it stands, and nearly the payer's own": """
        customers
            A | Orion Metalworks Inc.
            B | Halden Foods LLC
        items
            A INV-2026-02465 147.97
            A INV-2026-03111 250.50
            B INV-2026-02645 90.90
        closed
            B INV-2026-03112 90.91
        receipts
            147.97 | Orion Metalworks Inc. | Lasku INV-2026-02645 => weak_evidence: INV-2026-02465 147.97 or INV-2026-02645 90.90
            250.50 | Orion Metalworks Inc. | Lasku 2026-03112     => reference_not_found: INV-2026-03111 250.50
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
