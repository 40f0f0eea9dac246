"""Planted bugs: every rule is broken in several ways, and the enumeration must find each of them.

A mutant is a copy of specviz/verifiers with one line edited, so that shared parts (residuals, sibling laws, the walk) are broken
as they would be in earnest, seen through the rule that uses them.
"""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import specviz.verifiers
from specviz.types import Rule
from specviz.verifiers import VERIFIERS
from tests.verifiers.enumeration import Context, Table, all_trees, random_table
from tests.verifiers.instances import SHAPES, Instance, instances
from tests.verifiers.test_goldens import ACCEPTANCE, PLACES

HERE = Path(specviz.verifiers.__file__).parent
CLEAR = 1e-6  # a deviation nobody would call rounding
POOL = 72  # instances a mutant must survive to go unnoticed; the rules themselves pass them all (test_lossless)


@dataclass(frozen=True)
class Bug:
    """One edit of one file, looked at through one rule."""

    rule: str
    says: str
    file: str
    old: str
    new: str


SHARED = [  # through every rule that tests one sibling after the other
    ("the residual is left out", "walk.py", "p, _ = draft.surplus(p)", "draft.surplus(p)"),
    (">= where < belongs", "walk.py", "is_accepted = coin < look.threshold", "is_accepted = coin <= look.threshold"),
    ("the ratio upside down", "residual.py", "px / qx", "px * qx"),
    ("the residual is not cut at 0", "residual.py", "xp.clip(weight * p - q, 0.0, None)", "abs(weight * p - q)"),
]
TOP_DOWN = [
    ("the law of the node before", "walk.py", "look_at(children, p[node + 1])", "look_at(children, p[max(node, 0)])"),
    (
        "the bonus comes from the row above",
        "walk.py",
        'draw(p[node + 1], float(u[len(tree)])), "bonus", decisions, p[node + 1]',
        'draw(p[node], float(u[len(tree)])), "bonus", decisions, p[node]',
    ),
]
SIBLINGS = [
    ("earlier siblings stay in q", "siblings.py", "excluding(row, tried)", "row"),
    ("q without siblings is not renormalised", "residual.py", "return _normalised(left, left)[0]", "return left"),
    ("siblings are removed though drawn with replacement", "siblings.py", 'tree.sampling == "iid" or not tried', "not tried"),
    ("picked siblings are judged by q", "siblings.py", 'tree.sampling == "deterministic" or', "False or"),
    ("an exhausted q drops the even rest", "residual.py", "left = xp.ones_like(q)", "left = xp.zeros_like(q)"),
]
PICKED = ("a refused pick stays in p", "residual.py", "left[token] = 0.0", "left[token] = left[token]")

BUGS = [
    *(Bug("rejection", *bug) for bug in [*SHARED, *TOP_DOWN, PICKED, SIBLINGS[3]]),
    *(Bug("recursive", *bug) for bug in [*SHARED, *TOP_DOWN, *SIBLINGS, PICKED]),
    *(Bug("naive", *bug) for bug in [SHARED[0], SHARED[1], *TOP_DOWN, PICKED]),
    Bug("naive", "p without the child is not renormalised", "residual.py", "return _normalised(weight * left, p)", "return weight * left, 1.0"),
    Bug("naive", "refused children are forgotten", "walk.py", "    return p\n", "    return p * 0 + 1 / p.shape[0]\n"),
    *(Bug("greedy-multidraft", *bug) for bug in [*SHARED, *TOP_DOWN, PICKED]),
    Bug("greedy-multidraft", "the sampled sibling is tested with q", "siblings.py", "excluding(row, tried)", "row"),
    Bug(
        "greedy-multidraft",
        "the sampled sibling counts as picked",
        "siblings.py",
        '(tree.sampling == "greedy" and not is_last)',
        'tree.sampling == "greedy"',
    ),
    Bug("greedy-multidraft", "the first sibling counts as sampled", "greedy_multidraft.py", "*picks, sampled = drafts", "sampled, *picks = drafts"),
    Bug("block", "c may not fall", "block.py", "acceptance(weights[-1] * node.p, node.q)", "acceptance(node.p, node.q)"),
    Bug("block", "c is not cut at 1", "block.py", "acceptance(weights[-1] * node.p, node.q)", "weights[-1] * node.p / max(node.q, 1e-300)"),
    Bug("block", "the residual forgets c", "block.py", "chain[kept].surplus(p[kept], weights[kept])[0]", "chain[kept].surplus(p[kept])[0]"),
    Bug("block", "the threshold forgets c", "block.py", "chain[length].surplus(p[length], weight)[1]", "chain[length].surplus(p[length])[1]"),
    Bug("block", "the threshold is c everywhere", "block.py", "threshold = weight if length == len(chain) else", "threshold = weight if length else"),
    Bug("block", "<= where < belongs", "block.py", "seen.u < threshold", "seen.u <= threshold"),
    Bug("block", "the residual of the row above", "block.py", "surplus(p[kept], weights[kept])[0]", "surplus(p[kept - 1], weights[kept])[0]"),
    Bug("block", "h loses its second part", "residual.py", "total = mass + (1.0 - weight)", "total = mass + 1.0"),
    Bug("block", "the first failure ends it", "block.py", "kept -= 1", "kept = 0"),
    Bug("block", "a refusal draws from p", "block.py", "law = p[n] if kept == n else", "law = p[kept] if kept <= n else"),
    *(Bug("k-seq", *bug) for bug in [SHARED[1], *TOP_DOWN]),
    Bug("k-seq", "the factor is left out of the test", "k_seq.py", "acceptance(px, rho * qx)", "acceptance(px, qx)"),
    Bug("k-seq", "the factor is left out of the residual", "k_seq.py", "taken = xp.minimum(q, p / rho)", "taken = xp.minimum(q, p)"),
    Bug("k-seq", "the residual of one sibling for all", "k_seq.py", "return _left(p, q, rho, len(children))", "return _left(p, q, rho, 1)"),
    Bug("k-seq", "the min is left out of the residual", "k_seq.py", "taken = xp.minimum(q, p / rho)", "taken = p / rho"),
    Bug("k-seq", "the factor of one sibling for all", "k_seq.py", "rho = smallest_factor(p, q, len(children))", "rho = smallest_factor(p, q, 1)"),
    Bug(
        "k-seq",
        "the chain residual",
        "k_seq.py",
        "left = xp.clip(p - taken * _looks(float(taken.sum()), k), 0.0, None)",
        "left = xp.clip(p - q, 0.0, None)",
    ),
    *(Bug("transport", *bug) for bug in [SHARED[1], *TOP_DOWN]),
    Bug("transport", "the set's own chance is left out", "transport.py", "amount / mass[tokens]", "amount"),
    Bug("transport", "a sibling's share is not conditional", "transport.py", "min(1.0, share / open_)", "min(1.0, share)"),
    Bug("transport", "the rest is p", "transport.py", "left[x] = max(left[x] - amount, 0.0)", "pass"),
    Bug("transport", "sets drawn with replacement", "transport.py", "before if excludes else frozenset()", "frozenset()"),
    Bug("transport", "a repeated token is offered twice", "transport.py", "shares.pop(draft.token, 0.0)", "shares.get(draft.token, 0.0)"),
    Bug(
        "transport", "an exhausted q ends the set", "transport.py", "open_ = open_ or [(token, 1.0) for", "open_ = open_ or [(token, 2.0 + token) for"
    ),
    *(Bug("traversal", *bug) for bug in [SHARED[2], SHARED[3], SIBLINGS[0], SIBLINGS[1], SIBLINGS[2], SIBLINGS[3], PICKED]),
    Bug("traversal", "<= where < belongs", "traversal.py", "float(u[place.node]) < place.weight", "float(u[place.node]) <= place.weight"),
    Bug("traversal", "the weight above is left out", "traversal.py", "acceptance(place.weight * px, qx)", "acceptance(px, qx)"),
    Bug("traversal", "the weight is not updated", "traversal.py", "parent.weight = survival(parent.weight, mass)", "pass"),
    Bug("traversal", "the law is not updated", "traversal.py", "parent.law, mass = child", "_, mass = child"),
    Bug("traversal", "the residual forgets the weight", "traversal.py", "child.surplus(parent.law, parent.weight)", "child.surplus(parent.law)"),
    Bug(
        "traversal", "the last token comes from the untouched row", "traversal.py", "kind, decisions, leaf.law)", "kind, decisions, p[leaf.node + 1])"
    ),
    Bug("traversal", "h loses its second part", "residual.py", "total = mass + (1.0 - weight)", "total = mass + 1.0"),
    Bug("greedy", "the least likely", "greedy.py", "p.argmax(-1)", "p.argmin(-1)"),
    Bug("greedy", "the row above", "greedy.py", "== best[node + 1]), None)", "== best[max(node, 0)]), None)"),
    Bug("greedy", "any child", "greedy.py", "if tree.tokens[child] == best[node + 1]", "if tree.tokens[child] >= 0"),
    Bug("greedy", "the last token of the row above", "greedy.py", "return Verdict(path, best[node + 1]", "return Verdict(path, best[node]"),
    Bug("typical", "the entropy's sign", "typical.py", "entropy = -xp.sum", "entropy = xp.sum"),
    Bug("typical", "the floor is left out", "typical.py", "None, self.floor)", "None, 1.0)"),
    Bug("typical", "the knobs are swapped", "typical.py", "self.floor = floor", "self.floor = entropy_factor"),
    Bug("typical", "the limit of the row below", "typical.py", "px > limits[parent + 1]", "px > limits[node + 1]"),
    Bug("lenience", "twice", "lenience.py", "acceptance(px, self.lenience * qx)", "acceptance(px, self.lenience**2 * qx)"),
    Bug("lenience", "the wrong way", "lenience.py", "acceptance(px, self.lenience * qx)", "acceptance(px * self.lenience, qx)"),
    Bug("lenience", "a refusal draws from p", "lenience.py", "return draft.surplus(p)[0]", "return p"),
    Bug("lenience", "<= where < belongs", "walk.py", "is_accepted = coin < look.threshold", "is_accepted = coin <= look.threshold"),
    Bug("top-m", "one too many", "top_m.py", "ranked[: self.m]", "ranked[: self.m + 1]"),
    Bug("top-m", "the least likely", "top_m.py", "xp.argsort(-p, stable=True)", "xp.argsort(p, stable=True)"),
    Bug("top-m", "what the target never says is kept", "top_m.py", "return kept & (p > 0.0)", "return kept"),
    Bug("top-m", "everything", "top_m.py", "float(kept[draft.token])", "1.0"),
]


def mutant(bug: Bug, folder: Path) -> Rule:
    """The rule with its bug, from an edited copy of the package."""
    package = f"mutant{BUGS.index(bug) if bug in BUGS else bug.rule.encode().hex()}"
    shutil.copytree(HERE, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    edited = folder / package / bug.file
    source = edited.read_text(encoding="utf-8")
    assert source.count(bug.old) == 1, f"expected {bug.old!r} once in {bug.file}, found it {source.count(bug.old)} times; mend this bug"
    edited.write_text(source.replace(bug.old, bug.new), encoding="utf-8")
    for path in (folder / package).glob("*.py"):
        path.write_text(path.read_text(encoding="utf-8").replace("specviz.verifiers", package), encoding="utf-8")
    return importlib.import_module(package).VERIFIERS[bug.rule]


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import mutants from, which leaves no trace."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("mutant")]:
        del sys.modules[name]


def is_noticed(rule: Rule) -> bool:
    """Whether ``rule`` is told from the true one of its name: by its law, by a record that contradicts it, or by a golden acceptance."""
    if rule.name == "greedy":
        return any(is_wrong_text(rule, random_table(3, seed), parents) for seed in range(4) for parents in SHAPES[:8])
    problems = [*instances(VERIFIERS[rule.name], POOL), *([UNSURE] if not rule.lossless else [])]
    return any(is_wrong_here(rule, problem) for problem in problems) or is_short_of_golden(rule)


def is_wrong_here(rule: Rule, problem: Instance) -> bool:
    true = VERIFIERS[rule.name]
    try:
        found = problem.solve(rule)
    except AssertionError:
        return True
    except ValueError as error:
        if "mass" not in str(error):
            raise  # a bug must change decisions, not break the program
        return True
    if true.lossless:
        return found.error > CLEAR
    has_one_draft = len(problem.parents) == 1 and problem.sampling != "deterministic"
    return has_one_draft and bool(np.abs(found.first - true.output_law(problem.p(()), problem.q(()))).max() > CLEAR)  # type: ignore[attr-defined]


def is_short_of_golden(rule: Rule) -> bool:
    """A rule may give out the right law and accept too little."""
    for (name, sampling), expected in ACCEPTANCE.items():
        for (p, q, k), share in zip(PLACES.values(), expected, strict=True):
            if name == rule.name:
                here = Instance("golden", lambda _, p=p: p, lambda _, q=q: q, (-1,) * k, sampling, len(p))
                if abs(here.solve(rule).accepted - share) > CLEAR:
                    return True
    return False


def unsure_then_sure(context: Context) -> np.ndarray:
    """A law of high entropy, where the limit of typical acceptance lies below its floor, and a sure one after it."""
    return np.eye(6)[0] if context else np.array([0.07, *[0.186] * 5])


UNSURE = Instance("unsure", unsure_then_sure, lambda _: np.full(6, 1 / 6), (-1,), "iid", 6)


def is_wrong_text(rule: Rule, p: Table, parents: tuple[int, ...]) -> bool:
    """Whether some tree of this shape makes the rule emit anything but the longest start of the target's greedy text."""
    for tree, contexts, _ in all_trees(parents, "iid", lambda _: np.full(3, 1 / 3)):
        verdict = rule.judge(tree, np.array([p(context) for context in [(), *contexts]]), np.zeros(len(tree) + 1))
        text: tuple[int, ...] = ()
        while (*text, int(p(text).argmax())) in contexts:
            text = (*text, int(p(text).argmax()))
        emitted = (*(tree.tokens[node] for node in verdict.path), verdict.token)
        distinct = all(len({tree.tokens[c] for c in tree.children(node)}) == len(tree.children(node)) for node in range(-1, len(tree)))
        if distinct and emitted != (*text, int(p(text).argmax())):
            return True
    return False


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.rule}: {bug.says}")
def test_a_planted_bug_is_found(bug: Bug, workshop: Path):
    assert is_noticed(mutant(bug, workshop))


@pytest.mark.parametrize("name", VERIFIERS)
def test_an_unbroken_copy_is_found_innocent(name: str, workshop: Path):
    assert not is_noticed(mutant(Bug(name, "nothing", "residual.py", "px / qx", "px / qx"), workshop))


def test_every_rule_is_broken_in_at_least_four_ways():
    assert {name: sum(bug.rule == name for bug in BUGS) >= 4 for name in VERIFIERS} == dict.fromkeys(VERIFIERS, True)
    assert len({(bug.rule, bug.file, bug.old, bug.new) for bug in BUGS}) == len(BUGS)
