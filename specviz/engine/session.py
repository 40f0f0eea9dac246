"""One request: its tokens, its coins, and when it ends."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from specviz.coins import Purpose, toss
from specviz.engine.settings import RunSettings
from specviz.model.attention import tree_mask
from specviz.model.pair import Pair
from specviz.model.sampling import law
from specviz.model.text import TextStream
from specviz.types import DraftTree, InvalidTreeError, Verdict


class Session:
    """Owns the committed tokens. The target's cache always holds all of them but the last, which is the next pass's root.

    Raises:
        ValueError: when the prompt is empty or leaves no room for a new token.
    """

    def __init__(self, pair: Pair, prompt: Sequence[int], settings: RunSettings) -> None:
        if not prompt:
            raise ValueError("expected a prompt with at least one token, got none")
        vocab = pair.target.config.vocab
        if not all(0 <= token < vocab for token in prompt):
            raise ValueError(f"expected prompt tokens in [0, {vocab}), got {[t for t in prompt if not 0 <= t < vocab][:3]}")
        if len(prompt) >= pair.context:
            raise ValueError(
                f"expected a prompt of fewer than {pair.context} tokens, got {len(prompt)}; shorten it, or load the pair with a larger context "
                f"(the target was made for {pair.target.config.context})"
            )
        self.tokens = list(prompt)
        self.prompt_length = len(prompt)
        self.settings = settings
        self.stop: str | None = None
        self.committed: tuple[int, ...] = ()
        self.text = ""
        self._pair = pair
        self._stream = TextStream(pair.text)
        self._tail = ""  # enough of the text to find a stop string that began in an earlier cycle
        self._draft_coins: np.ndarray | None = None
        self._cycle = -1

    @property
    def done(self) -> bool:
        """Whether the run has ended; ``stop`` says why."""
        return self.stop is not None

    @property
    def is_greedy(self) -> bool:
        """Whether the temperature is 0."""
        return self.settings.sampling.is_greedy

    @property
    def end_tokens(self) -> tuple[int, ...]:
        """Ids that end a text."""
        return self._pair.end_tokens

    @property
    def room(self) -> int:
        """Most drafts worth making: every cycle adds one token of its own, within the length limit and the context."""
        return min(self.settings.max_new_tokens - self.num_new, self._pair.context - len(self.tokens)) - 1

    @property
    def slots(self) -> int:
        """Most nodes a draft may have: the root and all of them have to fit the models' memories behind the text."""
        return self._pair.context - len(self.tokens)

    @property
    def num_new(self) -> int:
        """New tokens so far."""
        return len(self.tokens) - self.prompt_length

    def prefill(self) -> None:
        """Read the prompt, but for its last token."""
        target = self._pair.target
        target.cache.rollback(0)
        if self.prompt_length > 1:
            target.score(self.tokens[:-1], rows=1)

    def next_cycle(self) -> int:
        """The number of the cycle that just ended, from 0."""
        self._cycle += 1
        return self._cycle

    def draft_coin(self, node: int) -> float:
        """The coin that draws node ``node`` of this cycle's draft."""
        if self._draft_coins is None or node >= len(self._draft_coins):
            self._draft_coins = self.draft_coins(max(8, 2 * node))
        return float(self._draft_coins[node])

    def draft_coins(self, count: int) -> np.ndarray:
        """The coins that draw the first ``count`` nodes of this cycle's draft."""
        return toss(self.settings.seed, len(self.tokens), Purpose.DRAFT, count)

    def verify_coins(self, count: int) -> np.ndarray:
        """The coins that judge this cycle's draft, the last one for the last token."""
        return toss(self.settings.seed, len(self.tokens), Purpose.VERIFY, count)

    def score(self, tree: DraftTree) -> Tensor:
        """One pass of the target over the root and the tree: laws float[N+1, V].

        Raises:
            InvalidTreeError: for a token that the target does not know.
        """
        vocab = self._pair.target.config.vocab
        if max(tree.tokens, default=0) >= vocab:
            raise InvalidTreeError(f"drafted tokens in [0, {vocab})", str(max(tree.tokens)), "draft from the target's vocabulary")
        tokens = [self.tokens[-1], *tree.tokens]
        if tree.is_chain():
            logits = self._pair.target.score(tokens)
        else:
            prefix = len(self.tokens) - 1
            positions = [prefix, *(prefix + depth for depth in tree.depths())]
            logits = self._pair.target.score(tokens, positions, tree_mask(tree.parents))
        return law(logits, self.settings.sampling)

    def commit(self, verdict: Verdict, tree: DraftTree) -> None:
        """Add the accepted path and the last token, cut where the text ends; keep their part of the cache."""
        start = len(self.tokens) - 1
        self._pair.target.cache.keep(start, [0, *(node + 1 for node in verdict.path)])
        self.text = ""
        added: list[int] = []
        for token in (*(tree.tokens[node] for node in verdict.path), verdict.token):
            added.append(token)
            self.tokens.append(token)
            self.text += self._stream.push(token)
            self.stop = self._reason_to_stop(token)
            if self.done:
                self.text += self._stream.flush()
                break
        self._pair.target.cache.rollback(len(self.tokens) - 1)  # shorter where the text ended inside the accepted path
        self.committed = tuple(added)
        longest = max((len(s) for s in self.settings.stop), default=0)
        self._tail = (self._tail + self.text)[-longest:] if longest else ""
        self._draft_coins = None

    def _reason_to_stop(self, token: int) -> str | None:
        if token in self.end_tokens:
            return "end"
        if any(stop in self._tail + self.text for stop in self.settings.stop):
            return "stop string"
        if self.num_new >= self.settings.max_new_tokens:
            return "length"
        return "context" if len(self.tokens) >= self._pair.context else None
