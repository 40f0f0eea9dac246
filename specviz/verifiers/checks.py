"""What every rule demands of its input, said in one place."""

from __future__ import annotations

from specviz.types import Array, DraftTree, Rule


def check_input(rule: Rule, tree: DraftTree, p: Array, u: Array) -> None:
    """Raise ValueError unless ``rule`` can judge this tree with laws p [N+1, V] and coins u [N+1].

    A law that is not checked here is a law that decides wrongly without a word: sizes are cheap to compare.
    """
    n = len(tree)
    if tree.sampling not in rule.samplings:
        raise ValueError(
            f"expected a tree sampled {' or '.join(sorted(rule.samplings))} for the rule {rule.name!r}, got {tree.sampling!r}; "
            f"choose a rule whose .samplings include {tree.sampling!r}"
        )
    if rule.chains_only and not tree.is_chain():
        raise ValueError(f"expected a chain for the rule {rule.name!r}, got a tree with siblings; choose a rule made for several drafts")
    if tuple(p.shape[:1]) != (n + 1,) or p.ndim != 2:
        raise ValueError(f"expected p of shape [{n + 1}, V] for {n} nodes, got {tuple(p.shape)}; row 0 is the root's, row i+1 node i's")
    if len(u) != n + 1:
        raise ValueError(f"expected {n + 1} coins for {n} nodes, got {len(u)}; u[{n}] draws the last token")
    vocab = p.shape[1]
    if any(token >= vocab for token in tree.tokens):
        raise ValueError(f"expected tokens below {vocab}, got {max(tree.tokens)}; draft and target must share one vocabulary")
    if tree.sampling != "deterministic" and tree.q is not None and n and tree.q.shape[1] != vocab:
        raise ValueError(f"expected q over the target's {vocab} tokens, got {tree.q.shape[1]}; map the draft's law to the target's vocabulary first")
