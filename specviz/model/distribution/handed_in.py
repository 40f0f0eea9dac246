"""Processors that somebody else wrote: how they are called, and what is checked of what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from specviz.errors import UnexpectedTypeError, UnexpectedValueError, foreign
from specviz.model.distribution.options import FromPrompt, Processor, name_of
from specviz.model.distribution.steps import Level

PURE = "a processor is asked about several paths of drafted tokens, in any order: let its answer depend on input_ids and scores alone"
_ROUNDING = 1e-4  # a processor that is a network itself may round otherwise over two rows


class HandedIn:
    """Calls one as ``transformers`` does: input_ids int64[rows, length], scores float[rows, V], a copy that it may write into."""

    def __init__(self, processor: Processor | FromPrompt, prompt_length: int) -> None:
        self.name = name_of(processor)
        after = getattr(processor, "after", None)
        self._call: Any = processor if after is None else after(prompt_length)
        self._ids = torch.zeros(0, dtype=torch.int64)

    def __call__(self, level: Level, scores: Tensor) -> Tensor:
        """See :class:`Level`.

        Raises:
            UnexpectedValueError: for an answer that no distribution can be made of, or when it fails.
        """
        return self.ask(self._paths(level).to(scores.device), scores)

    def ask(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Its answer, checked."""
        with foreign(f"the processor {self.name} to answer for {len(ids)} texts of {ids.shape[1]} tokens", PURE):
            answer = self._call(ids, scores.clone())
        return self._checked(answer, scores)

    def _paths(self, level: Level) -> Tensor:
        """The tokens of every path, int64[rows, length]; those committed before are not made into a tensor again."""
        self._ids = torch.cat((self._ids, torch.tensor(level.text[len(self._ids) :], dtype=torch.int64)))
        return torch.cat((self._ids.expand(len(level.branches), -1), level.drafted), dim=1)

    def _checked(self, answer: Any, scores: Tensor) -> Tensor:  # noqa: ANN401  whatever it answered
        if not isinstance(answer, Tensor):
            raise UnexpectedTypeError(f"a tensor from the processor {self.name}", f"a {type(answer).__name__}", "return the scores")
        for what in ("shape", "dtype", "device"):
            wanted, got = getattr(scores, what), getattr(answer, what)
            if wanted != got:
                words = (tuple(wanted), tuple(got)) if what == "shape" else (wanted, got)
                raise UnexpectedValueError(f"scores of {what} {words[0]} from the processor {self.name}", f"{words[1]}", "return them as they came")
        if bool((~(answer < torch.inf) & (scores < torch.inf)).any()):  # NaN or infinite, where it was neither before
            raise UnexpectedValueError(f"finite scores (or -inf) from the processor {self.name}", "NaN or infinite ones", "forbid a token with -inf")
        return answer


def check(processors: Sequence[Processor | FromPrompt], prompt: Sequence[int], vocab: int, device: torch.device) -> None:
    """Ask each about the prompt, then about the prompt twice in one call: all three answers have to be the same.

    Raises:
        UnexpectedValueError: for one that answers differently, fails, or gives no scores.
    """
    ids = torch.tensor([prompt], device=device)
    scores = torch.linspace(-1.0, 1.0, vocab, device=device).unsqueeze(0)
    for processor in processors:
        asked = HandedIn(processor, len(prompt))
        first, again = asked.ask(ids, scores), asked.ask(ids.repeat(2, 1), scores.repeat(2, 1))
        if not torch.allclose(first.expand(2, -1), again, rtol=_ROUNDING, atol=_ROUNDING):
            raise UnexpectedValueError(f"the same answer from the processor {asked.name} to the same question", "another one", PURE)
