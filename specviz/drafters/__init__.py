"""WHO proposes: one file per idea."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from specviz.drafters.independent import IndependentDrafter
from specviz.drafters.prompt_lookup import PromptLookupDrafter
from specviz.errors import UnexpectedValueError
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings
from specviz.types import Drafter


def _independent(pair: Pair, sampling: SamplingSettings) -> Drafter:
    if pair.draft is None:
        raise UnexpectedValueError("a pair with a draft model for the drafter 'independent'", "a target alone", "give load_pair a draft=…")
    return IndependentDrafter(pair.draft, pair.target.config.vocab, sampling)


def _prompt_lookup(pair: Pair, sampling: SamplingSettings) -> Drafter:  # noqa: ARG001  copied tokens have no law to shape
    return PromptLookupDrafter(pair.end_tokens)


@dataclass(frozen=True)
class Maker:
    """Makes a drafter for a run.

    Attributes:
        make: (pair, sampling) -> drafter.
        has_law: whether its proposals carry a law, said before there is one.
        needs: what a pair has to offer for it (see ``Pair.offers``); what a pair lacks, menus leave out and errors name.
    """

    make: Callable[[Pair, SamplingSettings], Drafter]
    has_law: bool
    needs: frozenset[str] = frozenset()

    def __call__(self, pair: Pair, sampling: SamplingSettings) -> Drafter:
        """A drafter for ``pair``."""
        return self.make(pair, sampling)


DRAFTERS: dict[str, Callable[[Pair, SamplingSettings], Drafter]] = {
    "independent": Maker(_independent, IndependentDrafter.has_law, IndependentDrafter.needs),
    "prompt-lookup": Maker(_prompt_lookup, PromptLookupDrafter.has_law),
}
