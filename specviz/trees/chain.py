"""The simplest tree: one token after another."""

from __future__ import annotations

from specviz.trees.layout import DraftingSession, finish, pick
from specviz.types import ROOT, Controller, Drafter, DraftTree, Sketch


def build(drafter: Drafter, controller: Controller, session: DraftingSession) -> DraftTree:
    """Draft a chain until the controller, the drafter or the room left says stop."""
    sketch = Sketch(prefix=len(session.tokens))
    node = ROOT
    while len(sketch) < session.room and controller.wants_more(sketch):
        proposal = drafter.propose(sketch, [node])[0]
        token, row = pick(proposal, sketch, session)
        if token is None:
            break
        node = sketch.add(token, node, row)
    return finish(sketch, drafter, session)
