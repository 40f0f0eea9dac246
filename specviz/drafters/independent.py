"""A smaller model of the same vocabulary drafts token by token (2211.17192, section 2; 2302.01318)."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from specviz.model.attention import tree_mask, with_prefix
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

    def start(self, context: Context) -> None:
        """Read the prompt, but for its last token."""
        self._context = context
        self._fed = []
        self.model.cache.rollback(0)
        if len(context.tokens) > 1:
            self.model.score(self._known(context.tokens[:-1]), rows=1)

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        """One pass over ``nodes``; a law for each."""
        logits = self._score_text() if list(nodes) == [ROOT] else self._score_nodes(sketch, nodes)
        laws = law(self._fit(logits), self._sampling)
        return [Proposal(law=laws[i]) for i in range(len(nodes))]

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:  # noqa: ARG002  a fixed model learns nothing from p
        """Keep the cache of the accepted path, forget the rest."""
        start = self.model.cache.length - len(self._fed)
        slot = {node: i for i, node in enumerate(self._fed)}
        self.model.cache.keep(start, [slot[node] for node in verdict.path if node in slot])
        self._fed = []

    def _score_text(self) -> Tensor:
        return self.model.score(self._known(self._context.tokens[self.model.cache.length :]), rows=1)

    def _score_nodes(self, sketch: Sketch, nodes: Sequence[int]) -> Tensor:
        self._fed.extend(nodes)
        tokens = [sketch.tokens[node] for node in nodes]
        if self._is_chain(sketch):
            return self.model.score(tokens)
        # a node sees the committed text, its ancestors and itself; slots follow the order of feeding
        among_all = tree_mask(sketch.parents)[1:, 1:]
        mask = with_prefix(among_all[nodes][:, self._fed], sketch.prefix)
        positions = [sketch.prefix - 1 + sketch.depths[node] for node in nodes]
        return self.model.score(tokens, positions, mask)

    def _is_chain(self, sketch: Sketch) -> bool:
        return all(sketch.parents[node] == node - 1 for node in self._fed) and self._fed == list(range(len(self._fed)))

    def _known(self, tokens: list[int]) -> list[int]:
        """A padded id of the target that the draft has no embedding for is read as id 0: a poorer draft, never a wrong output."""
        vocab = self.model.config.vocab
        return tokens if vocab >= self._target_vocab else [token if token < vocab else 0 for token in tokens]

    def _fit(self, logits: Tensor) -> Tensor:
        """Checkpoints of one tokenizer may pad their vocabularies differently; a padded entry is never drafted."""
        missing = self._target_vocab - logits.shape[-1]
        return F.pad(logits, (0, missing), value=float("-inf")) if missing > 0 else logits[..., : self._target_vocab]
