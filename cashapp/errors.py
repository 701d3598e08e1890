"""What an operator can be told. Each error carries the exit status of the contract; anything else that is raised is a bug."""

from __future__ import annotations


class CashappError(Exception):
    """A failure in words for the operator: what happened, then what to do. Exit status 1, nothing half-written."""

    exit_status = 1


class UsageError(CashappError):
    """The command was given something that cannot be used: an unknown name, a missing file. Exit status 2."""

    exit_status = 2


class ControlError(CashappError):
    """A control failed: an out-of-balance ledger, a broken chain, a locked period. Exit status 4."""

    exit_status = 4
