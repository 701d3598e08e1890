"""Draws the pictures of the README anew: `python docs/pictures.py`. Runs the demo week and keeps what the terminal shows."""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from cashapp.cli import cli, show


def main() -> None:
    """The queue after the demo week, as SVG."""
    screen = Console(record=True, width=118, file=io.StringIO(), highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        home = str(Path(folder) / "week")
        show.console = lambda: Console(file=io.StringIO())
        cli.main(["demo", home], standalone_mode=False)
        show.console = lambda: screen
        screen.print("[dim]$[/] cashapp exceptions list")
        cli.main(["--home", home, "exceptions", "list", "--as-of", "2026-11-13"], standalone_mode=False)
        screen.print("\n[dim]$[/] cashapp exceptions show 4")
        cli.main(["--home", home, "exceptions", "show", "4"], standalone_mode=False)
    picture = re.sub(r"@font-face \{.*?\}\s*", "", screen.export_svg(title="cashapp", font_aspect_ratio=0.61), flags=re.DOTALL)
    picture = re.sub(r"<!--.*?-->", "", picture)
    Path(__file__).with_name("queue.svg").write_text(picture.replace("Fira Code, ", ""), encoding="utf-8")  # no font from the net


if __name__ == "__main__":
    main()
