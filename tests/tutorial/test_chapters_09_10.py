"""Chapters 9 and 10: the exercises know the usual mistakes, and the notebooks show what their texts say where no clock and no model has a say."""

from __future__ import annotations

import re
from types import ModuleType

import numpy as np
import pytest

from specviz import widgets
from specviz.types import ROOT
from tests.tutorial.test_chapters_02_03 import assert_exercises_ship_open_and_solved_pass, output, run
from tests.tutorial.test_chapters_06_13 import cells
from tests.tutorial.test_chapters_11_12 import numbers


@pytest.fixture
def verification() -> ModuleType:
    return widgets.load_checks("09_verification")


@pytest.fixture
def trees() -> ModuleType:
    return widgets.load_checks("10_token_trees")


# ------------------------------------------------------------------------------------------------ solutions, far from the cases


def test_solutions_of_verification_agree_with_the_package_far_from_the_checked_cases(verification):
    rng = np.random.default_rng(0)
    for _ in range(100):
        p, q = rng.dirichlet(np.full(5, 0.5), size=4), rng.dirichlet(np.full(5, 0.5))
        rounded = p.round(1)  # full of ties
        drafts = [int(x) for x in rng.integers(0, 5, size=3)]
        drafts = [int(np.argmax(row)) if rng.random() < 0.6 else x for row, x in zip(rounded, drafts, strict=False)]
        assert verification.committed(rounded, drafts) == verification.exact_match.reference(rounded, drafts)
        lenience = float(rng.uniform(0.05, 1.0))
        np.testing.assert_allclose(verification.lenient_law(p[0], q, lenience), verification.lenient.reference(p[0], q, lenience))
        floor, factor = rng.random(2)
        assert verification.limit(p[0], floor, factor) == pytest.approx(verification.typical_limit.reference(p[0], floor, factor))


def test_the_suspect_is_the_sample_with_the_smallest_p_value(verification):
    rng = np.random.default_rng(1)
    for _ in range(30):
        law = rng.dirichlet(np.full(4, 5.0))
        guilty = int(rng.integers(3))
        other = rng.dirichlet(np.full(4, 5.0))
        samples = [rng.multinomial(int(10 ** rng.uniform(4, 6)), 0.7 * law + 0.3 * other if i == guilty else law) for i in range(3)]
        # a p-value may round to 0 for one alone: the others are honest
        assert verification.which_is_lossy(samples, law) == verification.suspect.reference(samples, law)


def test_solutions_of_token_trees_agree_with_the_package_on_random_trees(trees):
    rng = np.random.default_rng(2)
    for _ in range(40):
        n = int(rng.integers(1, 16))
        parents = [int(rng.integers(ROOT, node)) for node in range(n)]
        np.testing.assert_array_equal(trees.who_sees_whom(parents), trees.mask.reference(parents))
        prefix = int(rng.integers(0, 9))
        assert trees.positions(parents, prefix) == trees.places.reference(parents, prefix)
        node, path = int(rng.integers(n)), []
        while node != ROOT:
            path.insert(0, node)
            node = parents[node]
        slots = rng.integers(0, 1000, size=prefix + n + 1).astype(float)
        np.testing.assert_array_equal(trees.gathered(slots, prefix, path), trees.gather.reference(slots, prefix, path))
        a = sorted(rng.dirichlet(np.ones(4))[:3].tolist(), reverse=True)
        assert trees.best_worth(a, n) == pytest.approx(trees.best_tree.reference(a, n), abs=1e-12)


# ----------------------------------------------------------------------------------------- mistakes, written as a learner would


def tie_kept(p, drafts):
    out = []
    for row, x in zip(p, drafts, strict=False):
        if row[x] < max(row):
            return [*out, int(row.argmax())]
        out.append(x)
    return [*out, int(p[len(drafts)].argmax())]


def greedy_chain(p, drafts, pick=np.argmax, offset=0, bonus=True):
    out = []
    for i, x in enumerate(drafts):
        wanted = int(pick(p[i + offset]))
        if wanted != x:
            return [*out, wanted]
        out.append(x)
    return [*out, int(pick(p[len(drafts)]))] if bonus else out


def went_on(p, drafts):
    return [int(row.argmax()) for row in p[: len(drafts) + 1]]


def last_equal(row):
    return max(range(len(row)), key=lambda token: (row[token], token))


def kept_only(p, q, l):  # noqa: E741
    return [min(b, a / l) for a, b in zip(p, q, strict=True)]


def rescaled(p, q, l):  # noqa: E741
    kept = np.array(kept_only(p, q, l))
    return kept / kept.sum()


def exact_weight(p, q, l):  # noqa: E741
    return np.array(kept_only(p, q, l)) + (p - q).clip(0)


def drew_from_p(p, q, l):  # noqa: E741
    kept = np.array(kept_only(p, q, l))
    return kept + p * (1 - sum(kept))


def stricter(p, q, l):  # noqa: E741
    kept, left = np.minimum(q, l * p), (p - q).clip(0)
    return kept + (1 - kept.sum()) * (left / left.sum() if left.sum() else p)


def typical(p, floor, factor, log=np.log, sign=-1, join=min):
    entropy = -sum(x * log(x) for x in p if x > 0)
    return join(floor, factor * np.exp(sign * entropy))


def nan_entropy(p, floor, factor):
    with np.errstate(all="ignore"):
        return np.minimum(floor, factor * np.exp((p * np.log(p)).sum()))


def by(score):
    return lambda samples, law: max(range(3), key=lambda i: score(samples[i], law))


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("exact_match", tie_kept, "a draft that ties was kept"),
        ("exact_match", lambda p, d: greedy_chain(p, d, pick=last_equal), "the last of equals was taken"),
        ("exact_match", lambda p, d: greedy_chain(p, d, offset=1), "the row after the draft was read"),
        ("exact_match", lambda p, d: greedy_chain(p, d, bonus=False), "the bonus token is missing"),
        ("exact_match", went_on, "it went on after a mismatch"),
        ("lenient", stricter, "the lenience made the test stricter"),
        ("lenient", kept_only, "what is redrawn is missing"),
        ("lenient", rescaled, "the refusals were left out and the rest scaled up"),
        ("lenient", exact_weight, "the residual was added with its weight in the exact rule"),
        ("lenient", drew_from_p, "a refusal drew from p"),
        ("typical_limit", lambda p, f, d: typical(p, d, f), "the two knobs changed places"),
        ("typical_limit", lambda p, f, d: typical(p, f, d, join=max), "the larger limit, not the smaller"),
        ("typical_limit", lambda p, f, d: typical(p, f, d, log=np.log2), "the entropy is in bits"),
        ("typical_limit", lambda p, f, d: typical(p, f, d, sign=1), "the sign of the entropy"),
        ("typical_limit", nan_entropy, "zeros spoilt the entropy"),
        ("suspect", by(lambda n, law: abs(n / n.sum() - law).sum()), "the sample's distance was compared"),
        ("suspect", by(lambda n, law: ((n / n.sum() - law) ** 2 / law).sum()), "shares were put in place of counts"),
        ("suspect", by(lambda n, law: abs(n - n.sum() * law).sum()), "the differences of counts were compared as they are"),
        ("suspect", by(lambda n, law: ((n - n.sum() * law) / (n.sum() * law)).sum()), "the differences were not squared"),
        ("suspect", by(lambda n, law: ((n - n.sum() * law) ** 2 / n).sum()), "divided by what was counted, not by what was expected"),
        ("suspect", by(lambda n, law: (abs(n - n.sum() * law) / np.sqrt(n.sum() * law)).max()), "only the worst text was looked at"),
    ],
)
def test_a_usual_mistake_in_verification_is_called_by_its_name(verification, exercise, answer, name):
    reply = verification.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


def ancestors(parents, node):
    return [] if node == ROOT else [node + 1, *ancestors(parents, parents[node])]


def drawn_mask(parents, seen):
    mask = np.zeros((len(parents) + 1, len(parents) + 1), dtype=bool)
    mask[0, 0] = True
    for node in range(len(parents)):
        mask[node + 1, seen(node)] = True
    return mask


def whole_levels(parents):
    depth = [0] + [len(ancestors(parents, node)) for node in range(len(parents))]
    return drawn_mask(parents, lambda node: [i for i, d in enumerate(depth) if d < depth[node + 1] or i == node + 1])


def not_itself(parents):
    mask = drawn_mask(parents, lambda node: [0, *ancestors(parents, node)[1:]])
    mask[0, 0] = False
    return mask


def rows_of_nodes(parents):
    mask = np.eye(len(parents) + 1, dtype=bool)
    for node, parent in enumerate(parents):
        mask[node + 1] = mask[node + 1] | mask[parent]
    return mask


def depths(parents):
    return [len(ancestors(parents, node)) for node in range(len(parents))]


def from_the_back(slots, prefix, path):
    slots = slots.copy()
    for j in range(len(path) - 1, -1, -1):
        slots[prefix + 1 + j] = slots[prefix + 1 + path[j]]
    return slots[: prefix + 1 + len(path)]


def worth_of(a, nodes):
    """By brute force: the values of all paths of ranks, the largest first."""
    values, level = [], [1.0]
    for _ in range(nodes):
        level = sorted((above * share for above in level for share in a), reverse=True)[: max(nodes, 1)]
        values += level
    return 1 + sum(sorted(values, reverse=True)[:nodes])


def first_level_only(a, nodes):
    return 1 + sum(a[:nodes])


def in_list_order(a, nodes):
    values = [1.0]
    for above in values:  # grows while it is read
        for share in a:
            if len(values) <= nodes:
                values.append(above * share)
        if len(values) > nodes:
            break
    return sum(values)


def unmultiplied(a, nodes):
    return 1 + a[0] * nodes


@pytest.mark.parametrize(
    ("exercise", "answer", "name"),
    [
        ("mask", lambda parents: np.tri(len(parents) + 1, dtype=bool), "that is the mask of a chain"),
        ("mask", lambda parents: drawn_mask(parents, lambda node: [node + 1, parents[node] + 1]), "only the parent is seen"),
        ("mask", whole_levels, "whole levels are seen"),
        ("mask", not_itself, "a token does not see itself"),
        ("mask", rows_of_nodes, "the root's row was forgotten"),
        ("places", lambda parents, prefix: list(range(prefix, prefix + len(parents) + 1)), "the slot was taken for the position"),
        ("places", lambda parents, prefix: [prefix + 1 + d for d in [0, *depths(parents)]], "the root stands one place too late"),
        ("places", lambda parents, prefix: [prefix] + [prefix + d - 1 for d in depths(parents)], "the first level stands beside the root"),
        ("places", lambda parents, prefix: [prefix + d for d in depths(parents)], "the root is missing"),
        ("gather", lambda s, n, path: np.concatenate([s[:n], s[[n + 1 + i for i in path]]]), "the root's slot was lost"),
        ("gather", lambda s, n, path: np.concatenate([s[: n + 1], s[[n + i for i in path]]]), "the root's slot was counted as node 0's"),
        ("gather", lambda s, n, path: s[: n + len(path) + 1], "only the length was cut"),
        ("gather", from_the_back, "a slot was overwritten before it was read"),
        ("gather", lambda s, n, path: s[: n + 2 + max(path, default=-1)], "everything up to the last accepted node was kept"),
        ("best_tree", lambda a, n: worth_of(a, n) - 1, "the last token is missing"),
        ("best_tree", lambda a, n: sum(a[0] ** i for i in range(n + 1)), "that is a chain"),
        ("best_tree", first_level_only, "only the root has children"),
        ("best_tree", in_list_order, "nodes were filled level by level"),
        ("best_tree", unmultiplied, "acceptances were not multiplied along the path"),
    ],
)
def test_a_usual_mistake_in_token_trees_is_called_by_its_name(trees, exercise, answer, name):
    reply = trees.EXERCISES[exercise].check(answer)
    assert not reply
    assert reply.mistake == name


# ------------------------------------------------------------------------------------------------------------- the notebooks


def table(notebook, text):
    """The rows of numbers in a cell's output."""
    rows = cells(output(notebook, text)).items()
    return {name: [float(x) for x in row] for name, row in rows if all(re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", x) for x in row)}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_ninth_chapter_runs_and_tells_exact_rules_from_lossy_ones(root):
    notebook = run(root, "09_verification")
    assert "draft 0: accepted, written: [0, 2]\ndraft 1: rejected, written: [0]" in output(notebook, "tied = np.array")
    tied = table(notebook, "def ties(dtype)")
    assert tied["float32"][1:] == [0.0, 0.0]
    assert tied["bfloat16"][1] >= 1, "rounded logits tie"
    masses = table(notebook, "def at_one_place(")
    assert all(masses[name][2] == 0.0 for name in ("rejection", "block", "naive"))
    assert all(masses[name][2] > 0.01 for name in ("lenience", "typical", "top-m"))
    assert masses["lenience"][1] > 0.01
    assert masses["top-m"][1] < 0, "a sound test with the wrong residual, as the text says"
    relaxed = table(notebook, "relaxed.round(3)")
    assert relaxed.pop("rejection")[1] == 0.0
    assert all(distance > 0.0 for _, distance in relaxed.values())
    lenient = [relaxed[f"lenience, l = {knob}"] for knob in (0.8, 0.5, 0.2)]
    assert lenient == sorted(lenient)
    grown = table(notebook, "def off(rule, n)")
    assert all(set(grown[name]) == {0.0} for name in ("rejection", "block", "naive"))
    assert all(seen <= most + 1e-4 for seen, most in zip(grown["lenience"], grown["the bound for lenience"], strict=True))
    p_values = table(notebook, "p_values = ")
    assert min(row[0] for row in p_values.values()) > 1e-6, "the right one is not called guilty"
    assert p_values["10^5"][1] < 1e-6
    perfect = table(notebook, "perfect = {")
    assert all((row[1] == 0.0) == name.startswith("lenience") for name, row in perfect.items())
    assert float(re.match(r"[\d.]+", output(notebook, "careless = "))[0]) > 4.5, "near the best that is possible"
    assert "expected a temperature above 0" in output(notebook, 'sv.Method(verifier="typical"), temperature=0.0')
    assert_exercises_ship_open_and_solved_pass(notebook, "09_verification")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_tenth_chapter_runs_and_its_trees_are_what_the_text_says(root):
    notebook = run(root, "10_token_trees")
    gaps = table(notebook, "gaps = {}")
    right, wrong = gaps.pop("tree mask, depths"), list(gaps.values())
    assert right[0] < 1e-3
    assert right[1] == 0
    assert min(row[0] for row in wrong) > 100 * right[0]
    assert float(re.search(r"largest difference: (\S+)", output(notebook, "def read_afresh(tokens)"))[1]) < 1e-3
    assert len(re.findall(r": expected node \d's parent", output(notebook, "broken = {"))) == 5
    worth = table(notebook, "worth = {}")
    assert all(row[0] == pytest.approx(row[1], abs=1e-3) for row in worth.values())
    assert worth["eagle-2, picked"][2] == pytest.approx(worth["eagle-2, picked"][0], abs=1e-3)
    assert worth["sequoia, drawn"][2] < worth["sequoia, drawn"][0]
    best = table(notebook, "programme = best_values(")
    assert best["Sequoia's programme"] == best["the heap"]
    assert all(best["Sequoia's programme"][i] >= best["two children each"][i] for i in range(5))
    assert output(notebook, "checks.best_size.reveal(")
    accounts = output(notebook, "def account(method)")
    chain, *shapes = [numbers(accounts, name)[0] for name in ("chain of 6", "medusa-paths", "sequoia", "dyspec", "eagle-2", "opt-tree")]
    assert len({chain, *shapes}) > 2, "the shapes differ in what they keep"
    assert max(shapes) > chain, "siblings are worth something here"
    selected = table(notebook, "selected = np.zeros(3)")
    assert selected["one draft from q"][-1] == 0.0
    assert selected["two drawn, the likelier verified"][-1] == pytest.approx(0.1393, abs=1e-4), "5.5 of the methods notes"
    broken = table(notebook, '"tokens before a difference"')
    assert broken["right"][0] == broken["right"][1], "the right run agrees to the end"
    assert_exercises_ship_open_and_solved_pass(notebook, "10_token_trees")
