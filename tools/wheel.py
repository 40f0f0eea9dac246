"""A build hook: a wheel carries app/ and tutorial/ as specviz/_app and specviz/_tutorial.

An editable install must not: a copy would grow old beside the folders that are being edited.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = {"app": "specviz/_app", "tutorial": "specviz/_tutorial"}


class CarryAppAndTutorial(BuildHookInterface[Any]):
    """Adds the top-level folders to a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it builds; ``version`` is ``standard`` or ``editable``."""
        if version == "standard":
            build_data["force_include"].update(CARRIED)
