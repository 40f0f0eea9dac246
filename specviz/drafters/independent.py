"""A smaller model of the same vocabulary drafts token by token (2211.17192, section 2; 2302.01318)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.model.loader import Model
from specviz.model.pair import DRAFT_MODEL
from specviz.model.sampling import SamplingSettings, law
from specviz.types import ROOT, Array, Context, DraftTree, Proposal, Sketch, Verdict


class IndependentDrafter:
    """Runs the draft model over the growing tree; every node costs one of its positions.

    After a cycle in which everything was accepted, the cache lacks the last drafted token as well as the bonus token: the
    first pass of a cycle feeds whatever committed tokens it has not seen, one or two.

    Where its memory ends, ``capacity`` positions, nothing more is asked of it: what it has not read by then it never reads.
    """

    has_law = True
    needs = frozenset({DRAFT_MODEL})

    def __init__(self, model: Model, target_vocab: int, sampling: SamplingSettings) -> None:
        self.model = model
        self._target_vocab = target_vocab
        self._sampling = sampling
        self._fed = _Fed()
        self._sketch: Sketch | None = None

    @property
    def capacity(self) -> int:
        """Positions that its memory holds."""
        return self.model.capacity

    def start(self, context: Context) -> None:
        """Read the prompt, but for its last token; one behind which nothing can be drafted is left unread."""
        self._context = context
        self._shaper = self._sampling.shaping.shaper(len(context.tokens)) if self._sampling.shaping else None
        self._forget()
        self.model.cache.rollback(0)
        if 1 < len(context.tokens) < self.capacity:
            self.model.score(self._known(context.tokens[:-1]), rows=1)

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        """One pass over ``nodes``; a law for each."""
        self._sketch = sketch
        logits = self._score_text() if list(nodes) == [ROOT] else self._score_nodes(sketch, nodes)
        logits = fit(logits, self._target_vocab)
        if self._shaper is not None:
            logits = self._shaper(logits, self._context.tokens, [sketch.branch(node) for node in nodes])
        laws = law(logits, self._sampling)
        return [Proposal(law=row) for row in laws.unbind()]

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:  # noqa: ARG002  a fixed model learns nothing from p
        """Keep the cache of the accepted path, forget the rest."""
        start = self.model.cache.length - len(self._fed)
        kept = self._sketch.kept if self._sketch else None  # where the builder cut nodes, the tree counts differently
        path = verdict.path if kept is None else [kept[node] for node in verdict.path]
        self.model.cache.keep(start, [self._fed.slot[node] for node in path if node in self._fed.slot])
        self._forget()

    def _forget(self) -> None:
        self._fed, self._sketch = _Fed(), None

    def _score_text(self) -> Tensor:
        return self.model.score(self._known(self._context.tokens[self.model.cache.length :]), rows=1)

    def _score_nodes(self, sketch: Sketch, nodes: Sequence[int]) -> Tensor:
        self._fed.add(sketch, nodes)
        tokens = self._known([sketch.tokens[node] for node in nodes])
        if self._fed.is_chain:
            return self.model.score(tokens)
        mask = torch.from_numpy(self._fed.seen()[-len(nodes) :])
        positions = [sketch.prefix - 1 + sketch.depths[node] for node in nodes]
        return self.model.score(tokens, positions, mask)

    def _known(self, tokens: list[int]) -> list[int]:
        """A padded id of the target that the draft has no embedding for is read as id 0: a poorer draft, never a wrong output."""
        vocab = self.model.config.vocab
        return tokens if vocab >= self._target_vocab else [token if token < vocab else 0 for token in tokens]


def fit(logits: Tensor, vocab: int) -> Tensor:
    """Logits over the target's ``vocab``: checkpoints of one tokenizer may pad their vocabularies differently; a padded entry is never drafted."""
    missing = vocab - logits.shape[-1]
    if not missing:
        return logits
    return F.pad(logits, (0, missing), value=float("-inf")) if missing > 0 else logits[..., :vocab]


class _Fed:
    """The nodes of the growing tree that the model has read, in the order of their slots."""

    def __init__(self) -> None:
        self.slot: dict[int, int] = {}
        self.is_chain = True
        self._parents: list[int] = []  # slots
        self._seen = np.zeros((0, 0), dtype=bool)

    def __len__(self) -> int:
        return len(self._parents)

    def add(self, sketch: Sketch, nodes: Sequence[int]) -> None:
        """Give the nodes their slots."""
        for node in nodes:
            slot, parent = len(self), sketch.parents[node]
            self.slot[node] = slot
            self._parents.append(ROOT if parent == ROOT else self.slot[parent])
            self.is_chain = self.is_chain and self._parents[slot] == slot - 1

    def seen(self) -> np.ndarray:
        """Who sees whom, bool[n, n]: each what its parent sees, and itself. Only new rows are made, whatever the tree's size."""
        old = len(self._seen)
        seen = np.eye(len(self), dtype=bool)
        seen[:old, :old] = self._seen
        for slot in range(old, len(self)):
            if self._parents[slot] != ROOT:
                seen[slot] |= seen[self._parents[slot]]
        self._seen = seen
        return seen
