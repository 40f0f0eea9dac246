"""Exercises of chapter 10, token trees: the mask, the positions, the gather, and the worth of the best tree."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from specviz.theory.sequoia import best_values
from specviz.types import DraftTree

from .exercise import Exercise, Mistake
from .prediction import Prediction

best_size = Prediction(
    question="Trees with at most 1, 2, 4, 8, 16 or 32 drafted tokens: which is the fastest on this machine?",
    unit="drafted tokens at most",
    low=1,
    high=32,
    thought="what is the 20th best node worth, and what does one more token in the target's pass cost? Look at v(m) above.",
)

same_start = Prediction(
    question="How many of the 48 tokens stay the target's own, counted before the first difference, when trees are read as chains?",
    unit="tokens",
    low=0,
    high=48,
    thought="whose row is right in a chain's mask? Those of the root and the first node. How often is a token decided by any other?",
)


# -------------------------------------------------------------------------------------------------------------- 1, the mask


def _package_mask(parents: list[int]) -> np.ndarray:
    from specviz.model.attention import tree_mask  # reaches torch, so only when an answer is checked

    return np.asarray(tree_mask(parents).numpy())


def who_sees_whom(parents):
    """A node sees what its parent sees, and itself; the root sees itself."""
    mask = np.eye(len(parents) + 1, dtype=bool)
    for node, parent in enumerate(parents):
        mask[node + 1] |= mask[parent + 1]
    return mask


def _eye(parents):
    return np.eye(len(parents) + 1, dtype=bool)


def _causal(parents):
    return np.tril(np.ones((len(parents) + 1, len(parents) + 1), dtype=bool))


def _parent_only(parents):
    mask = _eye(parents)
    for node, parent in enumerate(parents):
        mask[node + 1, parent + 1] = True
    return mask


def _levels(parents):
    depths = [0, *_depths(parents)]
    return np.array([[i == j or depths[j] < depths[i] for j in range(len(depths))] for i in range(len(depths))])


def _without_itself(parents):
    mask = who_sees_whom(parents)
    mask[np.arange(len(mask)), np.arange(len(mask))] = False
    return mask


def _depths(parents):
    depths = []
    for parent in parents:
        depths.append(1 if parent < 0 else depths[parent] + 1)
    return depths


def _rows_off_by_one(parents):
    """Row of the node below, not of its parent: the root's row was forgotten."""
    mask = _eye(parents)
    for node, parent in enumerate(parents):
        mask[node + 1] |= mask[parent]
    return mask


_PARENTS = ([-1, -1, 0, 0, 1, 4], [-1, 0, 1, 2], [-1, -1, -1], [-1, 0, 0, 2, 2, 1, -1], [-1], [])

mask = Exercise(
    task="Return the tree mask bool[N+1, N+1]: the root (row 0) sees itself, a node sees the root, its ancestors and itself.",
    reference=_package_mask,
    cases=[(parents,) for parents in _PARENTS],
    model=who_sees_whom,
    mistakes=[
        Mistake(
            "that is the mask of a chain",
            "Every node sees all before it here, its siblings and their children included. It must see its own path only.",
            _causal,
        ),
        Mistake(
            "only the parent is seen",
            "A node continues a whole path. It sees its grandparents as well, up to the root: take over all that the parent sees.",
            _parent_only,
        ),
        Mistake(
            "whole levels are seen",
            "A node sees the ancestors it has, not everything above it: on each level there is exactly one of them.",
            _levels,
        ),
        Mistake("a token does not see itself", "Attention at a token includes its own key and value: the diagonal is True.", _without_itself),
        Mistake(
            "the root's row was forgotten",
            "Row 0 is the root's, so node i has row i + 1, and its parent has row parent + 1. With parent = −1 that is the root's.",
            _rows_off_by_one,
        ),
    ],
    hints=[
        "Start with np.eye(N + 1, dtype=bool): everyone sees itself. Row i + 1 belongs to node i.",
        "Parents stand before their children, so the parent's row is finished when you come to a node: take it over with |=.",
        "The parent's row is parent + 1. For parent = −1 that is row 0, the root's: no special case is needed.",
    ],
    praise="Right. One line a node: a row is the parent's row and one cell more.",
)


# --------------------------------------------------------------------------------------------------------- 2, the positions


def _package_positions(parents: list[int], prefix: int) -> list[int]:
    tree = DraftTree([0] * len(parents), parents, None, [-1] * len(parents), "deterministic")
    return [prefix, *(prefix + depth for depth in tree.depths())]


def positions(parents, prefix):
    """The root comes after the prefix; a node comes one place after its parent."""
    places = [prefix]
    for parent in parents:
        places.append(places[parent + 1] + 1)
    return places


places = Exercise(
    task="Return the positions of the root and the N nodes as a list; the cache holds positions 0 to prefix − 1.",
    reference=_package_positions,
    cases=[([-1, -1, 0, 0, 1, 4], 10), ([-1, 0, 1, 2], 7), ([-1, -1, -1], 0), ([-1, 0, 0, 2, 2, 1, -1], 31), ([], 5)],
    model=positions,
    mistakes=[
        Mistake(
            "the slot was taken for the position",
            "Nodes are stored one after the other, but siblings are guesses for the same place: the position is the root's plus the depth.",
            lambda parents, prefix: [prefix + i for i in range(len(parents) + 1)],
        ),
        Mistake(
            "the root stands one place too late",
            "Positions 0 to prefix − 1 are in the cache, so the next one, prefix, is the root's.",
            lambda parents, prefix: [p + 1 for p in _package_positions(parents, prefix)],
        ),
        Mistake(
            "the first level stands beside the root",
            "The root is a token of the text, and its children follow it: depth 1 is one place further.",
            lambda parents, prefix: [prefix, *(prefix + depth - 1 for depth in _depths(parents))],
        ),
        Mistake(
            "the root is missing",
            "The pass begins with the root, the last committed token: N + 1 positions.",
            lambda parents, prefix: _package_positions(parents, prefix)[1:],
        ),
    ],
    hints=[
        "Where does the root stand, when positions 0 to prefix − 1 are taken?",
        "A node stands one place after its parent, wherever it is stored. Its parent's position is known already.",
        "In the list, the root has index 0 and node i index i + 1: the parent's position is places[parent + 1].",
    ],
    praise="Right: siblings share a position. The key of each is turned by it, so a wrong one is never noticed by shape, only by law.",
)


# ------------------------------------------------------------------------------------------------------------ 3, the gather


def _package_gather(slots: np.ndarray, prefix: int, path: list[int]) -> np.ndarray:
    """The package's cache, with one number to a slot."""
    import torch

    from specviz.model.cache import KVCache

    config = SimpleNamespace(layers=1, kv_heads=1, head_width=1)
    cache = KVCache(config, len(slots), torch.device("cpu"), torch.float32)  # type: ignore[arg-type]  # all that a cache reads of a model
    cache.buffer[0, 0, 0, :, 0] = torch.tensor(slots, dtype=torch.float32)
    cache.advance(len(slots))
    cache.keep(prefix, [0, *(node + 1 for node in path)])
    return np.asarray(cache.buffer[0, 0, 0, : cache.length, 0].numpy(), dtype=np.float64)


def gathered(slots, prefix, path):
    """The text's slots, the root's, then the accepted nodes' in the order of the path."""
    kept = [*range(prefix), prefix, *(prefix + 1 + node for node in path)]
    return slots[kept]


def _one_by_one_wrong_way(slots, prefix, path):
    """In place and from the back: a slot may be overwritten before it is read."""
    slots = np.array(slots)
    for place, node in reversed(list(enumerate(path))):
        slots[prefix + 1 + place] = slots[prefix + 1 + node]
    return slots[: prefix + 1 + len(path)]


def _slots(prefix: int, nodes: int) -> np.ndarray:
    return np.array([*(100 + i for i in range(prefix)), 50, *range(nodes)], dtype=np.float64)


gather = Exercise(
    task="Return the slots that are kept: the prefix, the root's, and those of the accepted nodes in the order of the path.",
    reference=_package_gather,
    cases=[
        (_slots(3, 6), 3, [1, 4, 5]),
        (_slots(2, 6), 2, [0, 2, 3]),
        (_slots(4, 5), 4, []),
        (_slots(1, 7), 1, [2, 3, 4]),
        (_slots(0, 4), 0, [3]),
        (_slots(3, 4), 3, [0, 1, 2, 3]),
    ],
    model=gathered,
    mistakes=[
        Mistake(
            "the root's slot was lost",
            "The pass reads the root first, so its slot lies at index prefix. It is text, and stays whatever is accepted.",
            lambda s, prefix, path: s[[*range(prefix), *(prefix + 1 + node for node in path)]],
        ),
        Mistake(
            "the root's slot was counted as node 0's",
            "Node i lies one place behind: at prefix + 1 + i, because the root comes first.",
            lambda s, prefix, path: s[[*range(prefix + 1), *(prefix + node for node in path)]],
        ),
        Mistake(
            "only the length was cut",
            "That is enough for a chain. In a tree the accepted path has gaps, and the first slots may belong to refused siblings.",
            lambda s, prefix, path: s[: prefix + 1 + len(path)],
        ),
        Mistake(
            "a slot was overwritten before it was read",
            "Moving in place from the back destroys what an earlier move still needs. Go forward, or read all of it before you write.",
            _one_by_one_wrong_way,
        ),
        Mistake(
            "everything up to the last accepted node was kept",
            "The slots between belong to refused nodes. They would stand in the text as tokens nobody wrote.",
            lambda s, prefix, path: s[: prefix + 1 + (max(path) + 1 if path else 0)],
        ),
    ],
    hints=[
        "Write the list of slots that stay. First range(prefix): the text.",
        "Then the root's slot, prefix, and for every accepted node the slot prefix + 1 + node.",
        "slots[that list] copies before anything is overwritten: this is the gather.",
    ],
    praise="Right. In the engine it is one indexing of one buffer, for keys and values of all layers at once.",
)


# ------------------------------------------------------------------------------------------------------- 4, the best worth


def best_worth(a, nodes):
    """Greedy growth: nodes times, take the most valuable place that is open; it opens the next sibling's and its first child's."""
    total, open_places = 1.0, [(a[0], 0, 1.0)]  # value, rank, value of the parent
    for _ in range(nodes):
        best = max(open_places)
        open_places.remove(best)
        value, rank, above = best
        total += value
        open_places.append((value * a[0], 0, value))
        if rank + 1 < len(a):
            open_places.append((above * a[rank + 1], rank + 1, above))
    return total


def _package_worth(a: list[float], nodes: int) -> float:
    return float(best_values(a, nodes + 1, nodes + 1)[nodes + 1, nodes + 1])


def _grown(a, nodes, *, child=lambda value, share: value * share, siblings=True, children=True):
    """Greedy growth with a part exchanged."""
    total, places = 1.0, [(a[0], 0, 1.0)]
    for _ in range(nodes):
        if not places:
            break
        best = max(places)
        places.remove(best)
        value, rank, above = best
        total += value
        if children:
            places.append((child(value, a[0]), 0, value))
        if siblings and rank + 1 < len(a):
            places.append((child(above, a[rank + 1]), rank + 1, above))
    return total


def _level_by_level(a, nodes):
    """Every node gets all its children before the next one: a full tree in list order."""
    values, total = [1.0], 1.0
    for parent in range(nodes):
        for share in a:
            if len(values) > nodes:
                return total
            values.append(values[parent] * share)
            total += values[-1]
    return total


best_tree = Exercise(
    task="Return the largest expected tokens per cycle, last token included, of any tree with this many drafted tokens; child b passes with a[b].",
    reference=_package_worth,
    cases=[
        ([0.6, 0.2, 0.1], 1),
        ([0.6, 0.2, 0.1], 4),
        ([0.6, 0.2, 0.1], 7),
        ([0.6, 0.2, 0.1], 15),
        ([0.9, 0.05], 6),
        ([0.4, 0.3, 0.2], 5),
        ([0.5], 3),
        ([0.7, 0.2], 0),
    ],
    model=best_worth,
    mistakes=[
        Mistake(
            "the last token is missing",
            "Every cycle ends with a token of the target's own, also when all drafts are refused: begin with 1.",
            lambda a, n: _package_worth(a, n) - 1,
        ),
        Mistake(
            "that is a chain",
            "A chain has first children only. When its next node is worth less than a second child further up, a tree branches.",
            lambda a, n: 1 + sum(a[0] ** (i + 1) for i in range(n)),
        ),
        Mistake(
            "only the root has children",
            "A node that is accepted may be followed by more drafts: every node opens a place for its first child.",
            lambda a, n: _grown(a, n, children=False),
        ),
        Mistake(
            "nodes were filled level by level",
            "The next node should be the one with the largest value, wherever it is; a full level spends nodes on places that are hardly reached.",
            _level_by_level,
        ),
        Mistake(
            "acceptances were not multiplied along the path",
            "a[b] is the chance given that the parent was accepted. A node deep in the tree is reached only if its whole path is.",
            lambda a, n: _grown(a, n, child=lambda _value, share: share),
        ),
    ],
    hints=[
        "Keep a list of open places, each with its value. At first there is one: the root's first child, worth a[0].",
        "Take the most valuable place. It opens two: its own first child's, value · a[0], and its next sibling's, the parent's value · a[rank + 1].",
        "Do that nodes times and add up the values, starting from 1.",
    ],
    praise="Right. It equals Sequoia's dynamic programme in a fraction of the time: with falling a the largest values form a tree by themselves.",
)

EXERCISES = {"mask": mask, "places": places, "gather": gather, "best_tree": best_tree}
