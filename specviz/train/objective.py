"""What one step of training minimises: which tokens count, and how far each is from where it should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from specviz.errors import UnexpectedValueError
from specviz.train import losses


@dataclass(frozen=True)
class Batch:
    """Rows of text, each from its own beginning.

    Attributes:
        tokens: int64[B, T], padded on the right with anything: causal attention never looks there.
        counted: bool[B, T], the tokens that are to be predicted; never the first of a row, never padding.
    """

    tokens: Tensor
    counted: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on another device."""
        return Batch(self.tokens.to(device), self.counted.to(device))

    @property
    def targets(self) -> Tensor:
        """The counted tokens, int64[R], row after row."""
        return self.tokens[self.counted]


def whole(tokens: Tensor) -> Batch:
    """A batch in which every token but the first counts; tokens int64[B, T]."""
    counted = torch.ones_like(tokens, dtype=torch.bool)
    counted[:, 0] = False
    return Batch(tokens, counted)


def row_logits(model: nn.Module, batch: Batch) -> Tensor:
    """Logits [R, V] for the counted tokens alone: the head is the widest product of a small model, and most rows are prompts."""
    parts: Any = model  # a Llama of transformers: its body and its head
    with torch.autocast(batch.tokens.device.type, dtype=torch.bfloat16):
        states = parts.model(batch.tokens, use_cache=False).last_hidden_state
        logits: Tensor = parts.lm_head(states[:, :-1][batch.counted[:, 1:]])
    return logits


@dataclass(frozen=True, eq=False)
class Objective:
    """Follow the text, or a teacher (methods: DistillSpec 2310.08461, AdaSPEC 2510.19779, Online SD 2310.07177).

    Attributes:
        teacher: None to follow the text alone.
        divergence: how far the student's law is from the teacher's: a name of ``losses.DIVERGENCES``.
        text_share: weight of the text itself beside a teacher; a little keeps the student from drifting where the teacher is unsure.
        tokens: ``all``; ``wrong``: only where student and teacher would choose differently; ``learnable``: the share
            ``kept`` of tokens on which the student lags most behind ``reference``, a student distilled before.
        reference: for ``learnable``.
        kept: for ``learnable``, the share in (0, 1].

    Raises:
        ValueError: for settings that do not go together.
    """

    teacher: nn.Module | None = None
    divergence: str = "forward-kl"
    text_share: float = 0.1
    tokens: Literal["all", "wrong", "learnable"] = "all"
    reference: nn.Module | None = None
    kept: float = 0.4

    def __post_init__(self) -> None:
        if self.divergence not in losses.DIVERGENCES:
            raise UnexpectedValueError(f"a divergence of {', '.join(losses.DIVERGENCES)}", repr(self.divergence))
        if self.tokens not in ("all", "wrong", "learnable"):
            raise UnexpectedValueError("tokens all, wrong or learnable", repr(self.tokens))
        if self.tokens != "all" and self.teacher is None:
            raise UnexpectedValueError(f"a teacher to choose {self.tokens} tokens by", "none")
        if (self.tokens == "learnable") != (self.reference is not None):
            raise UnexpectedValueError(
                "a reference for learnable tokens and for no others",
                f"{'none' if self.reference is None else 'one'} for {self.tokens} tokens",
                "a reference is a student distilled before",
            )
        if not 0.0 < self.kept <= 1.0:
            raise UnexpectedValueError("a share in (0, 1] to keep", str(self.kept))

    def __call__(self, model: nn.Module, batch: Batch) -> tuple[Tensor, int]:
        """The sum of the loss over the tokens that count, and how many there are."""
        logits = row_logits(model, batch)
        text = losses.cross_entropy(logits, batch.targets)
        if self.teacher is None:
            return text.sum(), len(text)
        with torch.no_grad():
            teacher_logits = row_logits(self.teacher, batch)
        distance = losses.DIVERGENCES[self.divergence](logits, teacher_logits)
        loss = (1 - self.text_share) * distance + self.text_share * text
        chosen = self._chosen(batch, logits.detach(), teacher_logits, distance.detach())
        return loss[chosen].sum(), int(chosen.sum())

    def _chosen(self, batch: Batch, logits: Tensor, teacher_logits: Tensor, distance: Tensor) -> Tensor:
        if self.tokens == "wrong":
            return logits.argmax(-1) != teacher_logits.argmax(-1)
        chosen = torch.ones_like(distance, dtype=torch.bool)
        if self.reference is not None:
            with torch.no_grad():
                gap = distance - losses.DIVERGENCES[self.divergence](row_logits(self.reference, batch), teacher_logits)
            chosen = gap >= gap.topk(max(1, round(self.kept * len(gap)))).values[-1]
        return chosen
