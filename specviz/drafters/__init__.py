"""WHO proposes: one file per idea."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from specviz.drafters.independent import IndependentDrafter
from specviz.drafters.prompt_lookup import PromptLookupDrafter
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings
from specviz.types import Drafter


def _independent(pair: Pair, sampling: SamplingSettings) -> Drafter:
    if pair.draft is None:
        raise ValueError(f"expected a pair with a draft model for the drafter 'independent', got {pair.name!r} without one; give load_pair a draft=…")
    return IndependentDrafter(pair.draft, pair.target.config.vocab, sampling)


def _prompt_lookup(pair: Pair, sampling: SamplingSettings) -> Drafter:  # noqa: ARG001  copied tokens have no law to shape
    return PromptLookupDrafter(pair.end_tokens)


@dataclass(frozen=True)
class Maker:
    """Makes a drafter for a run; ``has_law`` says, before there is one, whether its proposals carry a law."""

    make: Callable[[Pair, SamplingSettings], Drafter]
    has_law: bool

    def __call__(self, pair: Pair, sampling: SamplingSettings) -> Drafter:
        """A drafter for ``pair``."""
        return self.make(pair, sampling)


DRAFTERS: dict[str, Callable[[Pair, SamplingSettings], Drafter]] = {
    "independent": Maker(_independent, IndependentDrafter.has_law),
    "prompt-lookup": Maker(_prompt_lookup, PromptLookupDrafter.has_law),
}
