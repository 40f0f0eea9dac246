"""One request: its tokens, its coins, and when it ends."""

from __future__ import annotations

from collections.abc import KeysView, Sequence

import numpy as np
from torch import Tensor

from specviz.coins import Purpose, toss
from specviz.engine.settings import RunSettings
from specviz.engine.stops import StopStrings
from specviz.errors import UnexpectedValueError
from specviz.model.attention import tree_mask
from specviz.model.distribution.shaper import Shaper, branches_of
from specviz.model.pair import Pair
from specviz.model.sampling import law
from specviz.model.text_stream import TextStream
from specviz.types import DraftTree, InvalidTreeError, Verdict, cut_short


class Session:
    """Owns the committed tokens. The target's cache always holds all of them but the last, which is the next pass's root.

    Raises:
        ValueError: when the prompt is empty or leaves no room for a new token.
    """

    _shaper: Shaper | None = None
    """What the text does to the target's logits; None where it does nothing, and no path is looked at."""

    def __init__(self, pair: Pair, prompt: Sequence[int], settings: RunSettings) -> None:
        if not prompt:
            raise UnexpectedValueError("a prompt with at least one token", "none")
        vocab = pair.target.config.vocab
        if not all(0 <= token < vocab for token in prompt):
            found = [token for token in prompt if not 0 <= token < vocab][:3]
            raise UnexpectedValueError(f"prompt tokens in [0, {vocab})", str(found), "encode the prompt with the target's own tokenizer")
        if max(settings.stop_tokens, default=0) >= vocab:
            raise UnexpectedValueError(f"stop tokens in [0, {vocab})", str(max(settings.stop_tokens)), "stop at ids that the target has")
        if len(prompt) >= pair.context:
            made_for = pair.target.config.context
            larger = f", or load the pair with a larger context (the target was made for {made_for})" if made_for > pair.context else ""
            raise UnexpectedValueError(f"a prompt of fewer than {pair.context} tokens", str(len(prompt)), f"shorten it{larger}")
        self.tokens = list(prompt)
        self.prompt_length = len(prompt)
        self.settings = settings.settled(pair)
        shaping = self.settings.shaping
        if shaping is not None:
            shaping.check(self.tokens, vocab, pair.target.device)
            self._shaper = shaping.shaper(len(prompt))
        self.draft_capacity: int | None = None  # positions that the drafter's own memory holds, where it has one
        self.stop: str | None = None
        self.committed: tuple[int, ...] = ()
        self.text = ""
        self._pair = pair
        self._stream = TextStream(pair.text)
        self._stops = StopStrings(pair.text, self.settings.stop_strings, prompt)
        of_model = () if settings.ignore_eos else pair.end_tokens
        self._ends = dict.fromkeys(settings.stop_tokens, "stop token") | dict.fromkeys(of_model, "end")
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
    def end_tokens(self) -> KeysView[int]:
        """Ids that end the text: the model's, unless they are ignored, and those that were asked for."""
        return self._ends.keys()

    @property
    def room(self) -> int:
        """Most drafts worth making: every cycle adds one token of its own, within the length limit and the context."""
        return min(self.settings.max_new_tokens - self.num_new, self._pair.context - len(self.tokens)) - 1

    @property
    def slots(self) -> int:
        """Most nodes a draft may have: the root and all of them have to fit the models' memories behind the text; 0 where the draft's is full."""
        context = self._pair.context
        return max(0, min(context, context if self.draft_capacity is None else self.draft_capacity) - len(self.tokens))

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
        if self._shaper is not None:
            logits = self._shaper(logits, self.tokens, branches_of(tree.tokens, tree.parents))
        return law(logits, self.settings.sampling)

    def commit(self, verdict: Verdict, tree: DraftTree) -> Verdict:
        """Add the accepted path and the last token, cut where the text ends; keep their part of the cache.

        Returns:
            The verdict as far as the text goes: what was decided behind its end counts nowhere.
        """
        start = len(self.tokens) - 1
        self._pair.target.cache.keep(start, [0, *(node + 1 for node in verdict.path)])
        added: list[int] = []
        for token in (*(tree.tokens[node] for node in verdict.path), verdict.token):
            added.append(token)
            self.tokens.append(token)
            self.stop = self._reason_to_stop(token)
            if self.done:
                break
        self.text = self._stream.push(*added) + (self._stream.flush() if self.done else "")
        self._pair.target.cache.rollback(len(self.tokens) - 1)  # shorter where the text ended inside the accepted path
        if self._shaper is not None:
            self._shaper.check([0, *(node + 1 for node in verdict.path)][: len(added)])
        self.committed = tuple(added)
        self._draft_coins = None
        return cut_short(verdict, tree.parents, len(added))

    def _reason_to_stop(self, token: int) -> str | None:
        is_string = self._stops.are_completed_by(token)  # asked in any case: it has to see every token
        if token in self._ends:
            return self._ends[token]
        if is_string and self.num_new >= self.settings.asked.least_new(self.prompt_length):
            return "stop string"
        if self.num_new >= self.settings.max_new_tokens:
            return "length"
        return "context" if len(self.tokens) >= self._pair.context else None
