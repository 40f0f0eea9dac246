"""What a method that plans for itself has to choose from: all that the pair at hand allows."""

from __future__ import annotations

from dataclasses import replace

from specviz.controllers import CONTROLLERS
from specviz.methods import Method
from specviz.model.pair import Pair


def for_pair(method: Method, pair: Pair) -> Method:
    """The method as it is; one whose controller plans what to draft copies from the text where the pair has no draft model."""
    plans = CONTROLLERS[method.controller].shapes
    return replace(method, drafter="prompt-lookup") if plans and method.drafter == "independent" and pair.draft is None else method
