"""What a run was asked for, checked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from specviz.arguments import whole_number
from specviz.errors import UnexpectedValueError
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
        object.__setattr__(self, "max_new_tokens", whole_number("max_new_tokens", self.max_new_tokens, 1))
        object.__setattr__(self, "seed", whole_number("seed", self.seed, 0, 2**64 - 1))
        if self.gamma is not None:
            object.__setattr__(self, "gamma", whole_number("gamma", self.gamma, do="0 drafts nothing, None is the method's own"))
        if not all(self.stop):
            raise UnexpectedValueError("stop strings with at least one character", "an empty one")
        _ = self.sampling  # its own checks

    @property
    def sampling(self) -> SamplingSettings:
        """How laws are made from logits."""
        return SamplingSettings(self.temperature, self.top_k, self.top_p)

    def as_dict(self) -> dict[str, Any]:
        """All settings but the seed, for a record."""
        return {name: value for name, value in vars(self).items() if name != "seed"}
