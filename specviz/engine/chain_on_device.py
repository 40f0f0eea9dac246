"""A chain's cycle as three functions over tensors that stay where they are: draft, verify, judge. Nothing in them waits for the host.

Each writes its results into those tensors and changes nothing that it reads, so that it may be run any number of times, recorded, and
replayed: what differs from cycle to cycle (length, last tokens, coins, room) is written before, and what a cycle leaves is taken over after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from specviz.drafters.independent import fit
from specviz.kernels.chain_judge import at, chain_judge
from specviz.kernels.greedy_path import greedy_path
from specviz.kernels.inverse_cdf import inverse_cdf
from specviz.model.attention import Sight
from specviz.model.fixed import Run
from specviz.model.loader import Model
from specviz.model.memory import Fixed
from specviz.model.sampling import SamplingSettings, is_not_finite, unchecked_law


@dataclass(frozen=True)
class Heard:
    """What one read of the device says of a cycle.

    Attributes:
        counted: drafts that were judged: as many as there was room for, and none behind an end token.
        accepted: drafts that stay.
        token: the last token.
        committed: tokens that the cycle adds, no more than up to the first end token.
        is_end: whether an end token is among them.
        is_bad: whether some logits were no numbers.
        drafted: int[γ], the drafted tokens.
        p, q, thresholds: float[γ], both laws at them, and what their coins had to stay below.
    """

    counted: int
    accepted: int
    token: int
    committed: int
    is_end: bool
    is_bad: bool
    drafted: list[int]
    p: list[float]
    q: list[float]
    thresholds: list[float]


class ChainOnDevice:
    """The tensors of a chain of γ drafts, and what is done with them; without a draft model γ is 0 and decoding is plain.

    Where the room left is smaller, or a draft is an end token, all γ are drafted and the first ones are judged as if there were no more.
    """

    def __init__(self, target: Model, draft: Model | None, gamma: int, sampling: SamplingSettings, ends: Sequence[int]) -> None:
        device, vocab = target.device, target.config.vocab
        self.gamma = gamma
        self._target, self._draft, self._sampling = target, draft, sampling
        self._find, self._judge_chain = greedy_path(device), chain_judge(device)
        numbers = partial(torch.zeros, dtype=torch.float64, device=device)
        places = partial(torch.arange, dtype=torch.int64, device=device)
        self._laws = numbers(2 * gamma + 2, vocab)
        self._p, self._q, self._last = self._laws[: gamma + 1], self._laws[gamma + 1 : -1], self._laws[-1:]
        self.state, self._after = torch.zeros(2, 3, dtype=torch.int64, device=device)  # committed tokens: how many, and the last two
        self._drafted = places(gamma)
        self._told, self._said = numbers(2 * gamma + 2), numbers(6 + 4 * gamma)
        self._room, self._draft_coins, self._verify_coins = self._told[:1], self._told[1 : gamma + 1], self._told[gamma + 1 :]
        hand = partial(torch.zeros, dtype=torch.float64, device="cpu", pin_memory=device.type == "cuda")  # what the card reads and writes by itself
        self._to_tell, self._heard = hand(self._told.shape), hand(self._said.shape)
        self._steps, self._parents = places(gamma + 2), places(-1, gamma - 1)
        self._ends = torch.tensor(ends, dtype=torch.int64, device=device)

    def begin(self, tokens: Sequence[int]) -> None:
        """Start behind these committed tokens. A single one stands for both of the last two, at one position: see :meth:`draft`."""
        self.state.copy_(torch.tensor([len(tokens), *tokens[-2:][:1], tokens[-1]]))

    def tell(self, allowed: int, draft_coins: np.ndarray, verify_coins: np.ndarray) -> None:
        """Send what a cycle needs to know; nobody waits, and the last cycle was read, so that its numbers may be written over."""
        self._to_tell.numpy()[:] = np.concatenate(([allowed], draft_coins, verify_coins))
        self._told.copy_(self._to_tell, non_blocking=True)

    def stages(self, span: int) -> tuple[Run, Run, Run]:
        """Draft, verify and judge with attention to the first ``span`` slots."""
        return partial(self.draft, span), partial(self.verify, span), self.judge

    def draft(self, span: int) -> Tensor:
        """Draft γ tokens, one after the other; their laws float[γ, V].

        The first pass always reads the last two committed tokens: after a cycle in which all drafts stayed the draft model has not seen the
        last but one; otherwise its keys and values are written once more. Behind a single token both are that one, at position 0.
        """
        assert self._draft is not None  # noqa: S101  a chain without a draft model has no drafts
        length = self.state[:1]
        tokens, positions = self.state[1:], (length - 2 + self._steps[:2]).clamp(min=0)
        for i in range(self.gamma):
            logits = self._forward(self._draft, tokens, positions, span, self._steps[len(tokens) - 1 : len(tokens)])
            law = unchecked_law(fit(logits, self._laws.shape[1]), self._sampling)[0]
            self._q[i].copy_(law)
            drawn = law.argmax(0, keepdim=True) if self._sampling.is_greedy else inverse_cdf(law, self._draft_coins[i : i + 1])
            self._drafted[i : i + 1].copy_(drawn)
            tokens, positions = drawn, length + i
        return self._q

    def verify(self, span: int) -> Tensor:
        """The target's laws after the last committed token and after every draft, float[γ+1, V]."""
        tokens = torch.cat((self.state[2:], self._drafted))
        logits = self._forward(self._target, tokens, self.state[:1] - 1 + self._steps[: self.gamma + 1], span)
        return self._p.copy_(unchecked_law(logits, self._sampling))

    def judge(self) -> Tensor:
        """Decide on the drafts, draw the last token, look for the end of the text; all of :class:`Heard` as one float[6+4γ]."""
        allowed = self._counted()
        if self._sampling.is_greedy:
            path = self._find(self._p.argmax(-1), self._drafted, self._parents, allowed)
            accepted, token, law = path.accepted, path.token, self._p.index_select(0, path.row)
            p, q, thresholds = at(self._p[:-1], self._drafted), at(self._q, self._drafted), path.stays.to(torch.float64)
        else:
            accepted, token, law, p, q, thresholds = self._judge_chain(self._p, self._q, self._drafted, self._verify_coins, allowed)
        self._last.copy_(law)
        committed, is_end = self._add(accepted, token)
        parts = (allowed, accepted, token, committed, is_end, self._is_bad(allowed), self._drafted, p, q, thresholds)
        return self._said.copy_(torch.cat([part.to(torch.float64) for part in parts]))

    def take_over(self) -> None:
        """Make what the cycle left the state of the next one."""
        self.state.copy_(self._after)

    def laws(self) -> Tensor:
        """A copy of all laws of the cycle: p float[γ+1, V], q float[γ, V], and the last token's float[1, V]; the next cycle writes over them."""
        return self._laws.clone()

    def say(self) -> None:
        """Send what was decided to the host; it is there when the device has come so far."""
        self._heard.copy_(self._said, non_blocking=True)

    def hear(self) -> Heard:
        """What :meth:`say` sent."""
        counted, accepted, token, committed, is_end, is_bad, *rest = self._heard.tolist()
        drafted, p, q, thresholds = (rest[i * self.gamma : (i + 1) * self.gamma] for i in range(4))
        numbers = int(counted), int(accepted), int(token), int(committed)
        return Heard(*numbers, bool(is_end), bool(is_bad), [int(t) for t in drafted], p, q, thresholds)

    def _forward(self, model: Model, tokens: Tensor, positions: Tensor, span: int, wanted: Tensor | None = None) -> Tensor:
        """One pass over tokens int64[n] at these positions, which are their slots; every one sees all before it. Logits as ``forward_rows``."""
        if model.config.vocab < self._laws.shape[1]:  # as IndependentDrafter reads what it has no embedding for
            tokens = torch.where(tokens < model.config.vocab, tokens, 0)
        start = positions[:1]
        sight = Sight(start, start + self._steps[: len(tokens)] <= positions.unsqueeze(1))
        memory = Fixed(model.cache.buffer, positions, sight, span, model.config.heads)
        return model.transformer.forward_rows(tokens, positions, memory, wanted)

    def _counted(self) -> Tensor:
        """Drafts to judge, int64[1]: within the room, and up to the first end token, as the trees of the loop are grown."""
        room, steps = self._room.to(torch.int64), self._steps[1:-1]
        return torch.cat((torch.where(self._ends_text(self._drafted), steps, self.gamma), room)).amin(0, keepdim=True)

    def _ends_text(self, tokens: Tensor) -> Tensor:
        """Which tokens int64[n] are end tokens, bool[n]."""
        return (tokens.unsqueeze(1) == self._ends).any(1)

    def _add(self, accepted: Tensor, token: Tensor) -> tuple[Tensor, Tensor]:
        """Count the tokens that the cycle adds, int64[1], up to the first end token; whether there is one, bool[1]. Leaves the next state."""
        added = torch.where(self._steps[: self.gamma + 1] == accepted, token, torch.cat((self._drafted, token)))
        steps = self._steps[1:]
        is_end = self._ends_text(added) & (steps <= accepted + 1)
        committed = torch.where(is_end, steps, accepted + 1).amin(0, keepdim=True)
        text = torch.cat((self.state[2:], added))
        self._after.copy_(torch.cat((self.state[:1] + committed, text.index_select(0, committed - 1 + self._steps[:2]))))
        return committed, is_end.any(0, keepdim=True)

    def _is_bad(self, allowed: Tensor) -> Tensor:
        """Whether a law that counts is not of numbers, bool[1]."""
        steps = self._steps[: self.gamma + 1]
        bad_p, bad_q = is_not_finite(self._p) & (steps <= allowed), is_not_finite(self._q) & (steps[:-1] < allowed)
        return torch.cat((bad_p, bad_q)).any(0, keepdim=True)
