"""Month-end bank reconciliation of an account: matching what is open, the picture of a month, people's decisions, sign-offs.

    lines ──► matching_run ──► store (matches that stand) ──► picture ──► table, report
                                   ▲ decisions: match, unmatch, confirm, book charges · signing: prepared, reviewed

`lines` reads both sides, `picture` derives everything that is shown. A month that was reviewed, or whose period is locked, takes no change.
"""
