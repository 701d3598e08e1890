"""`python -m cashapp` and the `cashapp` command."""

from __future__ import annotations

import sys

from cashapp import memory


def main() -> None:
    """Run the command line; an error for the operator is one line on stderr and its exit status."""
    memory.hold_little()
    from cashapp.cli import cli
    from cashapp.errors import CashappError

    try:
        status = cli.main(prog_name="cashapp", standalone_mode=False)
    except CashappError as error:
        print(f"cashapp: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_status)
    except Exception as error:  # noqa: BLE001 - told apart below: operating errors are words, all else is a bug with its trace
        status = _explain(error)
    sys.exit(status if isinstance(status, int) else 0)


def _explain(error: Exception) -> int:
    import click

    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, click.Abort):
        print("cashapp: interrupted", file=sys.stderr)  # noqa: T201
        return 1
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        return 1
    if isinstance(error, OSError):
        print(f"cashapp: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        return 1
    from cashapp.db import operating_error

    words = operating_error(error)
    if words is None:
        raise error
    print(f"cashapp: {words}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    main()
