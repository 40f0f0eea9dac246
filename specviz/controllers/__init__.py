"""HOW LONG to draft: one file per idea."""

from __future__ import annotations

from collections.abc import Callable

from specviz.controllers.constant import Constant
from specviz.types import Controller

CONTROLLERS: dict[str, Callable[[int], Controller]] = {"constant": Constant}
