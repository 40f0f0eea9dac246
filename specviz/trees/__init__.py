"""WHAT SHAPE is proposed: one file per idea."""

from __future__ import annotations

from collections.abc import Callable

from specviz.trees import chain
from specviz.trees.layout import DraftingSession
from specviz.types import Controller, Drafter, DraftTree

TREES: dict[str, Callable[[Drafter, Controller, DraftingSession], DraftTree]] = {"chain": chain.build}
