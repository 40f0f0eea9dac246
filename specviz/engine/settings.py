"""What a run was asked for, checked before any work is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specviz.engine.stops import Stop, checked_stops
from specviz.errors import UnexpectedTypeError, shown
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
    stop: Stop = ()
    ignore_eos: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", checked_stops(self.stop))
        if self.max_new_tokens < 1:
            raise ValueError(f"expected max_new_tokens >= 1, got {self.max_new_tokens}")
        if not 0 <= self.seed < 2**64:
            raise ValueError(f"expected a seed in [0, 2**64), got {self.seed}")
        if self.gamma is not None and self.gamma < 0:
            raise ValueError(f"expected gamma >= 0 or None, got {self.gamma}; 0 drafts nothing")
        if not isinstance(self.ignore_eos, bool):
            raise UnexpectedTypeError("ignore_eos as True or False", shown(self.ignore_eos))
        _ = self.sampling  # its own checks

    @property
    def sampling(self) -> SamplingSettings:
        """How laws are made from logits."""
        return SamplingSettings(self.temperature, self.top_k, self.top_p)

    @property
    def stop_strings(self) -> tuple[str, ...]:
        """The strings that end the text."""
        return tuple(stop for stop in checked_stops(self.stop) if isinstance(stop, str))

    @property
    def stop_tokens(self) -> tuple[int, ...]:
        """The token ids that end the text."""
        return tuple(stop for stop in checked_stops(self.stop) if isinstance(stop, int))

    def as_dict(self) -> dict[str, Any]:
        """All settings but the seed, for a record."""
        return {name: value for name, value in vars(self).items() if name != "seed"}
