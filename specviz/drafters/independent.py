"""A smaller model of the same vocabulary drafts token by token (2211.17192, section 2; 2302.01318)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from specviz.model.attention import with_prefix
from specviz.model.loader import Model
from specviz.model.sampling import SamplingSettings, law
from specviz.types import ROOT, Array, Context, DraftTree, Proposal, Sketch, Verdict


class IndependentDrafter:
    """Runs the draft model over the growing tree; every node costs one of its positions.

    After a cycle in which everything was accepted, the cache lacks the last drafted token as well as the bonus token: the
    first pass of a cycle feeds whatever committed tokens it has not seen, one or two.
    """

    has_law = True

    def __init__(self, model: Model, target_vocab: int, sampling: SamplingSettings) -> None:
        self.model = model
        self._target_vocab = target_vocab
        self._sampling = sampling
        self._fed: list[int] = []  # nodes of the growing tree in the order of their slots
        self._slot: dict[int, int] = {}  # node -> its place among the fed ones
        self._seen = np.zeros((0, 0), dtype=bool)  # who among them sees whom
        self._sketch: Sketch | None = None

    def start(self, context: Context) -> None:
        """Read the prompt, but for its last token."""
        self._context = context
        self._forget()
        self.model.cache.rollback(0)
        if len(context.tokens) > 1:
            self.model.score(self._known(context.tokens[:-1]), rows=1)

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        """One pass over ``nodes``; a law for each."""
        self._sketch = sketch
        logits = self._score_text() if list(nodes) == [ROOT] else self._score_nodes(sketch, nodes)
        laws = law(fit(logits, self._target_vocab), self._sampling)
        return [Proposal(law=laws[i]) for i in range(len(nodes))]

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:  # noqa: ARG002  a fixed model learns nothing from p
        """Keep the cache of the accepted path, forget the rest."""
        start = self.model.cache.length - len(self._fed)
        kept = self._sketch.kept if self._sketch else None  # where the builder cut nodes, the tree counts differently
        path = verdict.path if kept is None else [kept[node] for node in verdict.path]
        self.model.cache.keep(start, [self._slot[node] for node in path if node in self._slot])
        self._forget()

    def _forget(self) -> None:
        self._fed, self._slot, self._seen, self._sketch = [], {}, np.zeros((0, 0), dtype=bool), None

    def _score_text(self) -> Tensor:
        return self.model.score(self._known(self._context.tokens[self.model.cache.length :]), rows=1)

    def _score_nodes(self, sketch: Sketch, nodes: Sequence[int]) -> Tensor:
        self._feed(sketch, nodes)
        tokens = [sketch.tokens[node] for node in nodes]
        if self._is_chain(sketch):
            return self.model.score(tokens)
        mask = with_prefix(torch.from_numpy(self._seen[-len(nodes) :]), sketch.prefix)
        positions = [sketch.prefix - 1 + sketch.depths[node] for node in nodes]
        return self.model.score(tokens, positions, mask)

    def _feed(self, sketch: Sketch, nodes: Sequence[int]) -> None:
        """Give the nodes their slots: each sees what its parent sees, and itself. Only new rows are made, whatever the tree's size."""
        old = len(self._fed)
        seen = np.eye(old + len(nodes), dtype=bool)
        seen[:old, :old] = self._seen
        for slot, node in enumerate(nodes, start=old):
            self._slot[node] = slot
            parent = sketch.parents[node]
            if parent != ROOT:
                seen[slot] |= seen[self._slot[parent]]
        self._fed.extend(nodes)
        self._seen = seen

    def _is_chain(self, sketch: Sketch) -> bool:
        return all(sketch.parents[node] == node - 1 for node in self._fed) and self._fed == list(range(len(self._fed)))

    def _known(self, tokens: list[int]) -> list[int]:
        """A padded id of the target that the draft has no embedding for is read as id 0: a poorer draft, never a wrong output."""
        vocab = self.model.config.vocab
        return tokens if vocab >= self._target_vocab else [token if token < vocab else 0 for token in tokens]


def fit(logits: Tensor, vocab: int) -> Tensor:
    """Logits over the target's ``vocab``: checkpoints of one tokenizer may pad their vocabularies differently; a padded entry is never drafted."""
    missing = vocab - logits.shape[-1]
    return F.pad(logits, (0, missing), value=float("-inf")) if missing > 0 else logits[..., :vocab]
