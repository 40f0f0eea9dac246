"""What a run was asked for, checked before any work is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from specviz import arguments
from specviz.engine.stops import Stop, checked_stops
from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown
from specviz.model.distribution.options import Distribution
from specviz.model.distribution.shaper import Shaping
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings

_NOT_SETTINGS = {"seed", "distribution", "shaping", "sampling"}


@dataclass(frozen=True)
class RunSettings:
    """The settings of one run; see :func:`specviz.generate` for their meaning.

    ``distribution`` holds those of :class:`specviz.model.distribution.options.DistributionOptions`; ``shaping`` is what the text does to
    logits, known when the settings are :meth:`settled` for a pair.
    """

    max_new_tokens: int = 128
    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 0
    gamma: int | None = None
    stop: Stop = None
    ignore_eos: bool = False
    distribution: Distribution | Mapping[str, Any] = field(default_factory=Distribution)
    shaping: Shaping | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop", None if self.stop is None else checked_stops(self.stop))
        object.__setattr__(self, "max_new_tokens", arguments.whole_number("max_new_tokens", self.max_new_tokens, 1))
        object.__setattr__(self, "seed", arguments.whole_number("seed", self.seed, 0, 2**64 - 1))
        if self.gamma is not None:
            object.__setattr__(self, "gamma", arguments.whole_number("gamma", self.gamma, do="0 drafts nothing, None is the method's own"))
        if not isinstance(self.ignore_eos, bool):
            raise UnexpectedTypeError("ignore_eos as True or False", shown(self.ignore_eos))
        if not isinstance(self.distribution, Distribution):
            object.__setattr__(self, "distribution", Distribution.of(self.distribution))
        for name in ("temperature", "top_k", "top_p"):  # as its own checks leave them
            object.__setattr__(self, name, getattr(self.sampling, name))

    @cached_property
    def sampling(self) -> SamplingSettings:
        """How distributions are made from logits."""
        return SamplingSettings(self.temperature, self.top_k, self.top_p, self.asked.min_p, self.asked.typical_p, self.shaping)

    @property
    def asked(self) -> Distribution:
        """``distribution``, in the form that it has from the start on."""
        assert isinstance(self.distribution, Distribution)  # noqa: S101  made one at the start
        return self.distribution

    def settled(self, pair: Pair) -> RunSettings:
        """The same for this pair: what was left out is what the target's checkpoint asks for.

        Raises:
            UnexpectedValueError: for a token id that the target does not know, or a checkpoint that asks for nonsense.
        """
        file, vocab = pair.defaults, pair.target.config.vocab
        _check_ids(self.asked.ids(), vocab)
        _check_ids(file.ids(), vocab)
        file.say_what_is_not_applied(is_greedy=self.temperature == 0.0)
        asked = self.asked.over(file.options)
        cuts = {} if self.temperature == 0.0 else {name: cut for name, cut in file.cuts.items() if getattr(self, name) is None}
        ends = (*(() if self.ignore_eos else pair.end_tokens), *self.stop_tokens)
        shaping = Shaping(asked, ends, self.max_new_tokens)
        stop = file.stop_strings if self.stop is None else self.stop
        return replace(self, distribution=asked, shaping=None if shaping.is_nothing else shaping, stop=stop, **cuts)

    @property
    def stop_strings(self) -> tuple[str, ...]:
        """The strings that end the text."""
        return tuple(stop for stop in checked_stops(self.stop) if isinstance(stop, str))

    @property
    def stop_tokens(self) -> tuple[int, ...]:
        """The token ids that end the text."""
        return tuple(stop for stop in checked_stops(self.stop) if isinstance(stop, int))

    def as_dict(self) -> dict[str, Any]:
        """All settings in force but the seed, as JSON has them, for a record."""
        own = {name: value for name, value in vars(self).items() if name not in _NOT_SETTINGS}
        return own | self.asked.as_dict(is_greedy=self.temperature == 0.0)


def _check_ids(named: Mapping[str, Sequence[int]], vocab: int) -> None:
    for name, ids in named.items():
        if unknown := [id_ for id_ in ids if id_ >= vocab]:
            raise UnexpectedValueError(f"token ids in [0, {vocab}) for {name}", ", ".join(map(str, unknown[:3])), "the target knows no other")
