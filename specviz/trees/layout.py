"""What all trees share: drawing siblings from a proposal, growing level by level, and turning a sketch into a tree.

What keeps a sampled tree lossless: whether a node is drawn is settled *before* its token is known, its token is drawn from exactly
the law that the tree states, and what was drawn is never taken back. Choosing among drawn tokens by their value ("sample, then
select") changes the output; only picked tokens, which are judged as one-hot laws, may be ranked and cut.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from typing import Protocol

from array_api_compat import array_namespace

from specviz.coins import draw
from specviz.types import ROOT, Array, Controller, Drafter, DraftTree, Proposal, Pruned, Sampling, Sketch


class DraftingSession(Protocol):
    """What building a tree needs to know of a session."""

    tokens: list[int]
    end_tokens: Container[int]  # what ends the text: nothing is drafted behind one, for nothing that came there would stay

    @property
    def room(self) -> int:
        """Most levels that are worth drafting now."""

    @property
    def slots(self) -> int:
        """Most nodes that the models' memories still hold."""

    @property
    def is_greedy(self) -> bool:
        """Whether drafts are the most likely tokens instead of draws."""

    def draft_coin(self, node: int) -> float:
        """The coin that draws this node."""


Expand = Callable[[Sketch, Sequence[int], Sequence[Proposal]], list[int]]
"""Adds the next level below the given nodes and returns the nodes to be proposed for after it."""


def sampling_of(wanted: Sampling, drafter: Drafter, session: DraftingSession) -> Sampling:
    """How siblings are drawn now: as wanted, but picked at temperature 0 and from a drafter that copies tokens."""
    return "deterministic" if session.is_greedy or not drafter.has_law else wanted


def grow(drafter: Drafter, controller: Controller, session: DraftingSession, expand: Expand, sketch: Sketch | None = None) -> Sketch:
    """Grow a sketch level by level, one pass of the drafter each, until controller, room, memory or tree say stop, or every path has ended.

    Whatever a pass proposes for stands in the sketch, so a sketch smaller than the memory never feeds the draft more than it holds.
    """
    sketch = sketch if sketch is not None else Sketch(prefix=len(session.tokens))
    level, depth = [ROOT], 0
    while level and depth < session.room and len(sketch) < session.slots and controller.wants_more(sketch):
        added = expand(sketch, level, drafter.propose(sketch, level))
        level = [node for node in added if sketch.tokens[node] not in session.end_tokens]
        depth += 1
    return sketch


def add_siblings(sketch: Sketch, parent: int, proposal: Proposal, count: int, session: DraftingSession, sampling: Sampling) -> list[int]:
    """Draw up to ``count`` children of ``parent`` in the way ``sampling`` says and add them; fewer where tokens with mass run out.

    Node i is drawn by the session's draft coin i.
    """
    if count < 1:
        return []
    if proposal.law is None:
        tokens, row = list(proposal.tokens[:count]), -1
    else:
        coins = [] if sampling == "deterministic" else [session.draft_coin(len(sketch) + i) for i in range(count)]
        tokens = _tokens(proposal.law, count, sampling, coins)
        row = sketch.add_law(proposal.law)
    return [sketch.add(token, parent, row) for token in tokens]


def _tokens(law: Array, count: int, sampling: Sampling, coins: Sequence[float]) -> list[int]:
    if sampling == "iid":
        return [draw(law, coin) for coin in coins]
    if sampling == "without_replacement":
        return _drawn_without_replacement(law, coins)
    picked = largest(law, count)
    if sampling == "deterministic":
        return picked
    # greedy (2502.18779): all but the last are picked, the last is drawn from the rest
    return [*picked[:-1], draw(without(law, picked[:-1]), coins[len(picked) - 1])]


def _drawn_without_replacement(law: Array, coins: Sequence[float]) -> list[int]:
    tokens: list[int] = []
    for coin in coins:
        left = without(law, tokens) if tokens else law
        if not float(left.sum()) > 0.0:
            break
        tokens.append(draw(left, coin))
    return tokens


def fill(
    drafter: Drafter, controller: Controller, session: DraftingSession, children: Callable[[int], Sequence[int]], sampling: Sampling
) -> DraftTree:
    """Fill a shape that was settled before the cycle.

    What has no room, no token with mass, or comes after the controller's stop is left out.

    Args:
        drafter: who proposes.
        controller: says when to stop.
        session: coins and room.
        children: a node of the shape (``ROOT`` for the root) -> the nodes below it, by rank.
        sampling: how siblings are drawn.
    """
    drawn = sampling_of(sampling, drafter, session)
    place = {ROOT: ROOT}  # node of the sketch -> node of the shape

    def expand(sketch: Sketch, level: Sequence[int], proposals: Sequence[Proposal]) -> list[int]:
        added: list[int] = []
        for node, proposal in zip(level, proposals, strict=True):
            planned = children(place[node])
            drafted = add_siblings(sketch, node, proposal, min(len(planned), session.slots - len(sketch)), session, drawn)
            place.update(zip(drafted, planned, strict=False))
            added += drafted
        return [node for node in added if children(place[node])]  # a leaf costs no pass

    return finish(grow(drafter, controller, session, expand), drawn)


def without(law: Array, tokens: Iterable[int]) -> Array:
    """A copy of ``law`` float[V] with these tokens' mass removed; not normalised."""
    left = array_namespace(law).asarray(law, copy=True)
    for token in tokens:
        left[token] = 0.0
    return left


def ranked(law: Array, count: int) -> list[tuple[int, float]]:
    """The ``count`` most likely tokens with their probabilities, best first; tokens without mass are left out."""
    count = min(count, law.shape[0])
    if count == 1:
        token = int(law.argmax())
        return [(token, q)] if (q := float(law[token])) > 0.0 else []
    # torch has topk, and it is several times faster than a sort
    found = law.topk(count).indices if hasattr(law, "topk") else array_namespace(law).argsort(law, descending=True, stable=True)[:count]
    return [(token, q) for token, q in zip(found.tolist(), law[found].tolist(), strict=True) if q > 0.0]


def largest(law: Array, count: int) -> list[int]:
    """The ``count`` most likely tokens, best first; tokens without mass are left out."""
    return [token for token, _ in ranked(law, count)]


def finish(sketch: Sketch, sampling: Sampling, kept: Sequence[int] | None = None, cut: Sequence[int] = ()) -> DraftTree:
    """The finished tree: all of the sketch, or only the nodes ``kept``, with ``cut`` as its ``pruned`` ones; both in the order of adding."""
    if kept is None:
        return DraftTree(sketch.tokens, sketch.parents, _stack(sketch.laws), sketch.q_row, sampling)
    sketch.kept = list(kept)
    place = {old: new for new, old in enumerate([*kept, *cut])} | {ROOT: ROOT}
    rows = {row: i for i, row in enumerate(sorted({sketch.q_row[node] for node in kept}))}
    return DraftTree(
        [sketch.tokens[node] for node in kept],
        [place[sketch.parents[node]] for node in kept],
        _stack([sketch.laws[row] for row in rows]),
        [rows[sketch.q_row[node]] for node in kept],
        sampling,
        tuple(Pruned(sketch.tokens[i], place[sketch.parents[i]], float(sketch.laws[sketch.q_row[i]][sketch.tokens[i]])) for i in cut),
    )


def _stack(laws: Sequence[Array]) -> Array:
    return array_namespace(*laws).stack(list(laws)) if laws else None
