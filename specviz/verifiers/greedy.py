"""Exact match: a drafted token stays when it is the one the target would have chosen (temperature 0)."""

from __future__ import annotations

from specviz.types import ROOT, SAMPLINGS, Array, Decision, DraftTree, State, Verdict
from specviz.verifiers.checks import check_input


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
        best = [int(token) for token in p.argmax(-1)]
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
        decisions = [self._decision(tree, p, u, i, states[i]) for i in range(len(tree))]
        return Verdict(path, best[node + 1], "corrected" if tree.children(node) else "bonus", decisions, p[node + 1])

    @staticmethod
    def _decision(tree: DraftTree, p: Array, u: Array, i: int, state: State) -> Decision:
        row = tree.parents[i] + 1
        threshold = None if state == "ignored" else float(state == "accepted")  # a sibling that repeats the token is refused too
        q = float(tree.q[tree.q_row[i], tree.tokens[i]]) if tree.q_row[i] >= 0 else 1.0
        return Decision(state, float(p[row, tree.tokens[i]]), q, float(u[i]), threshold)
