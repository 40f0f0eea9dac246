"""Exact match: a drafted token stays when it is the one the target would have chosen (temperature 0)."""

from __future__ import annotations

from collections.abc import Sequence

from specviz.types import ROOT, SAMPLINGS, Array, Decision, DraftTree, State, Verdict
from specviz.verifiers.checks import check_input
from specviz.verifiers.siblings import at


class Greedy:
    """Walk from the root to the child that equals the target's most likely token (lowest id wins a tie) until there is none.

    Lossless with respect to greedy decoding, for any tree; the coins are not looked at (2211.17192, section 2.2, T = 0).
    """

    name = "greedy"
    lossless = True
    chains_only = False
    is_joint = False
    samplings = frozenset(SAMPLINGS)

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node; p float[N+1, V], u float[N+1] (recorded, not used)."""
        check_input(self, tree, p, u)
        best: list[int] = p.argmax(-1).tolist()
        states: list[State] = ["ignored"] * len(tree)
        path: list[int] = []
        node = ROOT
        while True:
            children = tree.children(node)
            chosen = next((child for child in children if tree.tokens[child] == best[node + 1]), None)
            for child in children:
                states[child] = "accepted" if child == chosen else "rejected"
            if chosen is None:
                break
            path.append(chosen)
            node = chosen
        return Verdict(path, best[node + 1], "corrected" if tree.children(node) else "bonus", _decisions(tree, p, u, states), p[node + 1])


def _decisions(tree: DraftTree, p: Array, u: Array, states: Sequence[State]) -> list[Decision]:
    """What is recorded of every node; p and q are fetched at once."""
    drafted = [node for node, row in enumerate(tree.q_row) if row >= 0]
    q = dict(zip(drafted, at(tree.q, [tree.q_row[node] for node in drafted], [tree.tokens[node] for node in drafted]), strict=True))
    px = at(p, [parent + 1 for parent in tree.parents], tree.tokens)
    # a sibling that repeats the token is refused too
    thresholds = [None if state == "ignored" else float(state == "accepted") for state in states]
    return [Decision(state, px[i], q.get(i, 1.0), float(u[i]), thresholds[i]) for i, state in enumerate(states)]
