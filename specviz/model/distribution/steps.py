"""What changes a row of logits by the text before it, one class each, as ``transformers`` defines them (frequency and presence penalties as OpenAI).

A step is called with a :class:`Level` and its logits float[rows, V], and returns new ones. What it counts of the committed text it remembers and
only adds to; rows of drafted tokens are counted on top and forgotten. One for each model of a run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

import torch
from torch import Tensor

from specviz.model.distribution.options import Biases

Branch = tuple[int, ...]
"""The drafted tokens on a row's path, from the committed text to the row's own token."""


@dataclass(frozen=True)
class Level:
    """Rows of a pass whose paths are equally long.

    Attributes:
        text: the committed tokens, prompt included: the same list throughout a run, which only grows.
        prompt_length: how many of them are the prompt.
        branches: what follows them on the path of each row.
    """

    text: Sequence[int]
    prompt_length: int
    branches: Sequence[Branch]

    @property
    def length(self) -> int:
        """Tokens on each path."""
        return len(self.text) + len(self.branches[0])

    @property
    def num_new(self) -> int:
        """Those of them behind the prompt."""
        return self.length - self.prompt_length

    def last(self, count: int) -> list[tuple[int, ...]]:
        """The last ``count`` tokens of every path, which has that many."""
        text = tuple(self.text[max(len(self.text) - count, 0) :])
        return [(text + branch)[-count:] if count else () for branch in self.branches]

    @cached_property
    def drafted(self) -> Tensor:
        """The branches as int64[rows, depth]."""
        return torch.tensor(self.branches, dtype=torch.int64).reshape(len(self.branches), -1)


Step = Callable[[Level, Tensor], Tensor]


class Counts:
    """How often each token stands on a path, from a place of the text on; what is committed is counted once."""

    def __init__(self, start: int) -> None:
        self._read = start
        self._committed: Tensor | None = None

    def of(self, level: Level, scores: Tensor) -> Tensor:
        """Counts as ``scores``, float[rows, V]."""
        if self._committed is None:
            self._committed = scores.new_zeros(scores.shape[-1])
        new = torch.tensor(level.text[self._read :], dtype=torch.int64, device=scores.device)
        self._committed.index_add_(0, new, scores.new_ones(len(new)))
        self._read = max(self._read, len(level.text))
        drafted = level.drafted.to(scores.device)
        return self._committed.repeat(len(scores), 1).scatter_add_(1, drafted, scores.new_ones(drafted.shape))


class RepetitionPenalty:
    """Divides positive logits of tokens that stand in the text, multiplies negative ones."""

    def __init__(self, penalty: float) -> None:
        self._penalty, self._counts = penalty, Counts(0)

    def __call__(self, level: Level, scores: Tensor) -> Tensor:
        """See :class:`Level`."""
        penalised = torch.where(scores < 0, scores * self._penalty, scores / self._penalty)
        return torch.where(self._counts.of(level, scores) > 0, penalised, scores)


class CountPenalties:
    """Takes something off for every time a token stands in the output, and once more where it stands there at all."""

    def __init__(self, frequency: float, presence: float, prompt_length: int) -> None:
        self._frequency, self._presence, self._counts = frequency, presence, Counts(prompt_length)

    def __call__(self, level: Level, scores: Tensor) -> Tensor:
        """See :class:`Level`."""
        counts = self._counts.of(level, scores)
        return scores - counts * self._frequency - (counts > 0) * self._presence


class NoRepeat:
    """Forbids the token that would complete n tokens which stand in the text already."""

    def __init__(self, size: int) -> None:
        self._before = size - 1
        self._after: defaultdict[tuple[int, ...], set[int]] = defaultdict(set)  # n - 1 tokens in a row -> what has followed them
        self._read = self._before

    def __call__(self, level: Level, scores: Tensor) -> Tensor:
        """See :class:`Level`."""
        for place in range(self._read, len(level.text)):
            self._after[tuple(level.text[place - self._before : place])].add(level.text[place])
        self._read = max(self._read, len(level.text))
        return scores.masked_fill(_marked([self._banned(level, branch) for branch in level.branches], scores), -inf)

    def _banned(self, level: Level, branch: Branch) -> set[int]:
        n = self._before
        tail = (*level.text[max(len(level.text) - n, 0) :], *branch)
        if len(tail) < n:
            return set()
        last = tail[len(tail) - n :]
        own = {tail[place] for place in range(max(len(tail) - len(branch), n), len(tail)) if tail[place - n : place] == last}
        return own | self._after.get(last, set())


class SequenceBias:
    """Adds to the logit of a token where the tokens before it are these."""

    def __init__(self, biases: Biases) -> None:
        self._after: defaultdict[tuple[int, ...], list[tuple[int, float]]] = defaultdict(list)
        for ids, bias in biases:
            self._after[ids[:-1]].append((ids[-1], bias))
        self._lengths = sorted(dict.fromkeys(map(len, self._after)), key=bool)  # added up in the order of transformers: single tokens first

    def __call__(self, level: Level, scores: Tensor) -> Tensor:
        """See :class:`Level`."""
        found: list[tuple[int, int, float]] = []
        for length in (length for length in self._lengths if length <= level.length):  # a shorter path has no such end
            for row, end in enumerate(level.last(length)):
                found += [(row, token, bias) for token, bias in self._after.get(end, ())]
        if not found:
            return scores
        rows, tokens, biases = zip(*found, strict=True)
        where = torch.tensor([rows, tokens], device=scores.device)
        added = torch.zeros_like(scores).index_put_(tuple(where), torch.tensor(biases, dtype=scores.dtype, device=scores.device), accumulate=True)
        return scores + added


class Forbidden:
    """Tokens that may not be said where ``holds`` says so."""

    def __init__(self, tokens: Iterable[int], holds: Callable[[Level], bool] = lambda _: True) -> None:
        self._tokens, self._holds = set(tokens), holds
        self._mask: Tensor | None = None

    def __call__(self, level: Level, scores: Tensor) -> Tensor:
        """See :class:`Level`."""
        if not self._holds(level):
            return scores
        if self._mask is None:
            self._mask = _marked([self._tokens], scores[:1])
        return scores.masked_fill(self._mask, -inf)


class Forced:
    """The tokens one of which is said in a place of the output, whatever the logits: place -> tokens."""

    def __init__(self, tokens: Callable[[Level], Sequence[int]]) -> None:
        self._tokens = tokens

    def __call__(self, level: Level, scores: Tensor) -> Tensor:
        """See :class:`Level`."""
        tokens = self._tokens(level)
        if not tokens:
            return scores
        forced = torch.full_like(scores, -inf)
        forced[:, list(tokens)] = 0.0
        return forced


def _marked(tokens: Sequence[Iterable[int]], like: Tensor) -> Tensor:
    """These tokens of each row, bool as ``like``; ids that the vocabulary lacks are left out."""
    found = [(row, token) for row, some in enumerate(tokens) for token in some if token < like.shape[-1]]
    marked = torch.zeros_like(like, dtype=torch.bool)
    marked[tuple(torch.tensor(found, dtype=torch.int64, device=like.device).reshape(-1, 2).T)] = True
    return marked
