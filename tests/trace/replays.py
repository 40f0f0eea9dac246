"""Runs of drafts made up on the spot, judged by real rules and recorded by the real recorder: no model is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from specviz.coins import Purpose, toss
from specviz.trace import Trace
from specviz.trace.recorder import Recorder
from specviz.trace.schema import Detail, Header
from specviz.types import ROOT, DraftTree, Rule, Step, Times, Verdict
from specviz.verifiers import VERIFIERS

SHAPES: dict[str, Sequence[int]] = {
    "chain": (-1, 0, 1),
    "pairs": (-1, -1, 0, 0, 1, 1),
    "ragged": (-1, -1, 0, -1, 2, 2, 4),
    "one": (-1,),
    "none": (),
}
SEED = 9
VOCAB = 6


def can_judge(rule: Rule, shape: str, sampling: str) -> bool:
    return sampling in rule.samplings and not (rule.chains_only and SHAPES[shape] != tuple(range(-1, len(SHAPES[shape]) - 1)))


def random_draft(parents: Sequence[int], sampling: str, seed: int, vocab: int = VOCAB) -> tuple[DraftTree, np.ndarray]:
    """A tree drawn as ``sampling`` says from random laws q, one after every node, and the target's rows p."""
    rng = np.random.default_rng(seed)
    n = len(parents)
    p = rng.dirichlet(np.full(vocab, 0.6), n + 1)
    q = 0.6 * p + 0.4 * rng.dirichlet(np.full(vocab, 0.6), n + 1)
    tokens = [0] * n
    for parent in sorted(set(parents)):
        children = [i for i, above in enumerate(parents) if above == parent]
        for child, token in zip(children, _siblings(q[parent + 1], len(children), sampling, rng), strict=True):
            tokens[child] = int(token)
    return DraftTree(tokens, parents, q if n else None, [parent + 1 for parent in parents], sampling), p  # type: ignore[arg-type]


def _siblings(q: np.ndarray, k: int, sampling: str, rng: np.random.Generator) -> list[int]:
    best = np.argsort(-q, kind="stable").tolist()
    if sampling == "deterministic":
        return best[:k]
    if sampling == "greedy":
        rest = np.where(np.isin(np.arange(len(q)), best[: k - 1]), 0.0, q)
        return [*best[: k - 1], int(rng.choice(len(q), p=rest / rest.sum()))]
    return rng.choice(len(q), k, p=q, replace=sampling == "iid").tolist()


def recorded(
    rule: str | Rule, shape: str = "chain", sampling: str = "iid", *, cycles: int = 6, detail: Detail = "exact", vocab: int = VOCAB, kind: Any = None
) -> tuple[Trace, list[Verdict]]:
    """A recorded run and the verdicts it was recorded from; ``kind`` makes the arrays the rule judges (torch.tensor, say)."""
    rule = VERIFIERS[rule] if isinstance(rule, str) else rule
    settings = {"temperature": 0.0 if rule.name == "greedy" else 1.0}
    header = Header("made-up", detail, "a", [0], ["a"], SEED, settings, {"id": "t"}, {"id": "d"}, rule.name, vocab_size=vocab)
    recorder, prefix, verdicts = Recorder(header, lambda token: chr(97 + token % 26)), 1, []
    for cycle in range(cycles):
        tree, p = random_draft(SHAPES[shape], sampling, cycle, vocab)
        if kind is not None:
            tree = DraftTree(tree.tokens, tree.parents, None if tree.q is None else kind(tree.q), tree.q_row, tree.sampling)
            p = kind(p)
        u = toss(SEED, prefix, Purpose.VERIFY, len(tree) + 1)
        verdict = rule.judge(tree, p, u)
        committed = (*(tree.tokens[node] for node in verdict.path), verdict.token)
        times = Times(0.001, 0.0, 0.002, 0.0, 0.0)
        recorder.add(Step(tree, p, verdict, times, cycle, prefix, committed, "x" * len(committed), u))
        prefix += len(committed)
        verdicts.append(verdict)
    return recorder.trace, verdicts


def path_of(tree: DraftTree, node: int) -> list[int]:
    """Root to ``node``."""
    path: list[int] = []
    while node != ROOT:
        path.append(node)
        node = tree.parents[node]
    return path[::-1]
