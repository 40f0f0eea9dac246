"""What every rule demands of its input, said in one place."""

from __future__ import annotations

from specviz.errors import UnexpectedValueError
from specviz.types import Array, DraftTree, Rule


def check_input(rule: Rule, tree: DraftTree, p: Array, u: Array) -> None:
    """Raise ValueError unless ``rule`` can judge this tree with laws p [N+1, V] and coins u [N+1].

    A law that is not checked here is a law that decides wrongly without a word: sizes are cheap to compare.
    """
    n = len(tree)
    if tree.sampling not in rule.samplings:
        raise UnexpectedValueError(
            f"a tree sampled {' or '.join(sorted(rule.samplings))} for the rule {rule.name!r}",
            repr(tree.sampling),
            f"choose a rule whose .samplings include {tree.sampling!r}",
        )
    if rule.chains_only and not tree.is_chain():
        raise UnexpectedValueError(f"a chain for the rule {rule.name!r}", "a tree with siblings", "choose a rule made for several drafts")
    if tuple(p.shape[:1]) != (n + 1,) or p.ndim != 2:
        raise UnexpectedValueError(f"p of shape [{n + 1}, V] for {n} nodes", str(tuple(p.shape)), "row 0 is the root's, row i+1 node i's")
    if len(u) != n + 1:
        raise UnexpectedValueError(f"{n + 1} coins for {n} nodes", str(len(u)), f"u[{n}] draws the last token")
    vocab = p.shape[1]
    if any(token >= vocab for token in tree.tokens):
        raise UnexpectedValueError(f"tokens below {vocab}", str(max(tree.tokens)), "draft and target must share one vocabulary")
    if tree.sampling != "deterministic" and tree.q is not None and n and tree.q.shape[1] != vocab:
        raise UnexpectedValueError(
            f"q over the target's {vocab} tokens", str(tree.q.shape[1]), "map the draft's law to the target's vocabulary first"
        )
