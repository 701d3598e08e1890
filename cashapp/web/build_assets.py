"""Build hook: puts htmx, which comes in a wheel at build time, beside the desk's own files. Nothing third-party is in the repository."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PLACE = "cashapp/web/static/htmx.min.js"


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Copies into the wheel, or for an editable install into the (git-ignored) place in the checkout."""

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Called by hatchling before it builds."""
        found = find_spec("django_htmx")
        assert found is not None
        assert found.origin is not None
        script = Path(found.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"
        if version == "editable":
            shutil.copyfile(script, Path(self.root) / _PLACE)
        else:
            included = build_data["force_include"]
            assert isinstance(included, dict)
            included[str(script)] = _PLACE
