"""What a run was asked for, checked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from specviz.model.sampling import SamplingSettings


@dataclass(frozen=True)
class RunSettings:
    """The settings of one run; see :func:`specviz.generate` for their meaning."""

    max_new_tokens: int = 128
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0
    gamma: int | None = None
    stop: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", (self.stop,) if isinstance(self.stop, str) else tuple(self.stop))
        if self.max_new_tokens < 1:
            raise ValueError(f"expected max_new_tokens >= 1, got {self.max_new_tokens}")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"expected a seed in [0, 2**64), got {self.seed}")
        if self.gamma is not None and self.gamma < 0:
            raise ValueError(f"expected gamma >= 0 or None, got {self.gamma}; 0 drafts nothing")
        if not all(self.stop):
            raise ValueError("expected stop strings with at least one character, got an empty one")
        _ = self.sampling  # its own checks

    @property
    def sampling(self) -> SamplingSettings:
        """How laws are made from logits."""
        return SamplingSettings(self.temperature, self.top_k, self.top_p)

    def as_dict(self) -> dict[str, Any]:
        """All settings but the seed, for a record."""
        return {name: value for name, value in vars(self).items() if name != "seed"}
