"""Bugs that real engines had, planted around the real rules: what each does, why the law moves, where it was met."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from specviz.coins import draw
from specviz.types import ROOT, Array, DraftTree, Rule, Sampling, Verdict
from specviz.verifiers import VERIFIERS
from specviz.verifiers.siblings import Draft, drafts
from specviz.verifiers.walk import one_by_one, walk

Judge = Callable[[Rule, DraftTree, Array, Array], Verdict]


class Planted:
    """A rule that is judged through a bug."""

    def __init__(self, rule: Rule, judge: Judge) -> None:
        self.name = rule.name
        self.lossless = False
        self.chains_only = rule.chains_only
        self.is_joint = rule.is_joint
        self.samplings: frozenset[Sampling] = rule.samplings
        self._rule = rule
        self._judge = judge

    def judge(self, tree: DraftTree, p: Array, u: Array) -> Verdict:
        """Decide every node as the bug has it; p float[N+1, V], u float[N+1]."""
        return self._judge(self._rule, tree, p, u)


def _from_p_again(rule: Rule, tree: DraftTree, p: Array, u: Array) -> Verdict:
    """After a refusal the last token is drawn from p, as if nothing had been tried."""
    verdict = rule.judge(tree, p, u)
    if verdict.kind == "bonus":
        return verdict
    law = p[(verdict.path[-1] if verdict.path else ROOT) + 1]
    return replace(verdict, token=draw(law, float(u[len(tree)])), law=law)


def _compare_then_draw_again(rule: Rule, tree: DraftTree, p: Array, u: Array) -> Verdict:  # noqa: ARG001  the rule is replaced
    """Naive sampling up to the mismatch, whose own draw from p is then thrown away for a fresh one."""
    return _from_p_again(VERIFIERS["naive"], tree, p, u)


def _next_row(rule: Rule, tree: DraftTree, p: Array, u: Array) -> Verdict:
    """Every law is read one row too far down; the last row serves twice."""
    return rule.judge(tree, p[np.minimum(np.arange(1, len(p) + 1), len(p) - 1)], u)


def _shrunk_siblings(rule: Rule, tree: DraftTree, p: Array, u: Array) -> Verdict:  # noqa: ARG001  only the recursive rule has this step
    """Recursive rejection in which q loses the earlier siblings but is not scaled back to a law."""
    return walk(tree, p, u, lambda children, row: one_by_one(row, _not_renormalised(tree, children)))


def _not_renormalised(tree: DraftTree, children: Sequence[int]) -> Iterator[Draft]:
    tried: list[int] = []
    for draft in drafts(tree, children):
        law = np.array(tree.q[tree.q_row[draft.node]])
        law[tried] = 0.0
        tried.append(draft.token)
        yield replace(draft, law=law)


@dataclass(frozen=True)
class Bug:
    """A planted bug.

    Attributes:
        title: its name on a switch.
        did: what the code did.
        moves: why the output's law moves.
        met: how people meet it.
        sources: where that was reported, as (words, address).
        judge: how a verdict comes about; None where the rule is left as it is.
        draft_heat: the draft is drawn at this many times the temperature of the q that is handed to the rule.
        rule: the only rule that has the step it breaks; None for any.
        least_k: siblings it takes.
    """

    title: str
    did: str
    moves: str
    met: str
    sources: tuple[tuple[str, str], ...] = ()
    judge: Judge | None = None
    draft_heat: float = 1.0
    rule: str | None = None
    least_k: int = 1

    def plant(self, rule: Rule) -> Rule:
        """The rule with the bug in it."""
        return rule if self.judge is None else Planted(rule, self.judge)

    def suits(self, rule: str, k: int, sampling: Sampling) -> bool:
        """Whether the bug has a place in this decoder."""
        return self.rule in {None, rule} and k >= self.least_k and (self.least_k == 1 or sampling == "without_replacement")


_GITHUB = "https://github.com/"
BUGS: dict[str, Bug] = {
    "residual": Bug(
        title="residual left out",
        did="After a refusal the replacement is drawn from p instead of from the residual (p − q)₊.",
        moves="Refusals happen where q is too large. Drawing from p there hands the same tokens a second chance, so what the draft "
        "overrates stays overrated.",
        met="The text reads well and the speed is right, so nobody looks. EAGLE's first code corrected only the refused token's own "
        "entry instead of subtracting the whole law; a reader asked why.",
        sources=(("EAGLE #20", f"{_GITHUB}SafeAILab/EAGLE/issues/20"),),
        judge=_from_p_again,
    ),
    "temperature": Bug(
        title="q from the wrong temperature",
        did="The draft draws at half the temperature of the law q that it hands to the rule.",
        moves="p/q corrects for the law in the denominator. If tokens come from a sharper one, the draft's favourites come more "
        "often than the ratio pays for.",
        met="The draft's sampler ignores the request's temperature or top-k, or picks the argmax and reports its softmax.",
        sources=(
            ("dflash #74", f"{_GITHUB}z-lab/dflash/issues/74"),
            ("transformers #47932", f"{_GITHUB}huggingface/transformers/issues/47932"),
            ("jaymody #3", f"{_GITHUB}jaymody/speculative-sampling/issues/3"),
        ),
        draft_heat=0.5,
    ),
    "sibling": Bug(
        title="sibling not renormalised",
        did="The first sibling is removed from q, but what is left is not scaled back to sum 1 before the second is judged.",
        moves="The second sibling was drawn from the scaled law. With the smaller q its ratio p/q is too large, so it is accepted too often.",
        met="Trees of several drafts, sampling without replacement: two laws per place have to change after each refusal, in the right order.",
        sources=(("EAGLE #74", f"{_GITHUB}SafeAILab/EAGLE/issues/74"), ("TensorRT-LLM #15098", f"{_GITHUB}NVIDIA/TensorRT-LLM/pull/15098")),
        judge=_shrunk_siblings,
        rule="recursive",
        least_k=2,
    ),
    "equal": Bug(
        title="compare, then draw again",
        did="The target draws y from p; a draft equal to y is accepted; otherwise y is thrown away and a fresh token is drawn from p.",
        moves="Keeping y would be exact (the rule ‘naive’). Throwing it away gives the draft's token a second lot: x comes out with "
        "p(x)(1 + q(x) − Σpq) instead of p(x).",
        met="Accept-if-equal looks like a shortcut for rejection sampling. It is one only when the very draw that was compared is put out; "
        "a report against OpenVINO GenAI describes a sampler that discards it and draws again.",
        sources=(
            ("openvino.genai #4190", f"{_GITHUB}openvinotoolkit/openvino.genai/issues/4190"),
            ("mlx-swift-lm #459", f"{_GITHUB}ml-explore/mlx-swift-lm/pull/459"),
        ),
        judge=_compare_then_draw_again,
    ),
    "row": Bug(
        title="p one row off",
        did="Row i + 1 of the target's pass is used where row i belongs: the law after the drafted token judges that token.",
        moves="Every token is judged and replaced by the law of the place after it.",
        met="The pass returns one row more than there are drafts, and a slice begins at 1 instead of 0, or a sample is taken one step late.",
        sources=(
            ("mlx-node #11", f"{_GITHUB}mlx-node/mlx-node/pull/11"),
            ("openvino.genai #4190", f"{_GITHUB}openvinotoolkit/openvino.genai/issues/4190"),
        ),
        judge=_next_row,
    ),
}
"""Name in an address -> bug."""
