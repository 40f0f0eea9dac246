"""Where two greedy runs of one prompt part, and whether rounding can be the reason: read off two records, no model needed.

If the logits of two programs differ by at most ``noise`` at a place, their choices differ there only when the gaps between the two
tokens, one in each program, add up to at most ``2 * noise``. A larger sum is no rounding. (``specviz doctor`` asks the same of a model at hand
and reads its logits afresh.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from specviz.errors import UnexpectedValueError
from specviz.trace.schema import Entry
from specviz.trace.store import Trace

Law = Sequence[Entry]


@dataclass(frozen=True)
class Parting:
    """The first place where two greedy runs differ.

    Attributes:
        place: number of the new token, from 0.
        token: what the first run wrote there; ``other`` what the second did.
        gap: by how much the first run's logit of its own token exceeds that of the other's; infinite when that one is not in the record.
        other_gap: the same in the second run, for its own token.
    """

    place: int
    token: int
    other: int
    gap: float
    other_gap: float

    def is_rounding(self, noise: float) -> bool:
        """Whether logits that differ by at most ``noise`` between the runs can explain it."""
        return self.gap + self.other_gap <= 2 * noise


def parting(trace: Trace, other: Trace) -> Parting | None:
    """The first new token that differs, with both gaps; None where one text begins with the other.

    Raises:
        ValueError: for runs that are not greedy, on different prompts, or recorded without laws.
    """
    _check(trace, other)
    for place, (mine, theirs) in enumerate(zip(_laws(trace), _laws(other), strict=False)):
        (token, law), (changed, other_law) = mine, theirs
        if token != changed:
            return Parting(place, token, changed, _gap(law, token, changed), _gap(other_law, changed, token))
    return None


def noise(trace: Trace, other: Trace) -> list[float]:
    """For every place up to the first that differs: the largest change of a log probability, over the tokens both records hold.

    Raises:
        ValueError: as :func:`parting`.
    """
    _check(trace, other)
    changes = []
    for (token, law), (changed, other_law) in zip(_laws(trace), _laws(other), strict=False):
        after = {entry.token: entry.prob for entry in other_law}
        common = [(entry.prob, after[entry.token]) for entry in law if entry.token in after]
        changes.append(max((abs(math.log(p / q)) for p, q in common if p > 0 and q > 0), default=math.inf))
        if token != changed:
            break
    return changes


def margins(trace: Trace) -> list[float]:
    """For every new token of a greedy run: by how much the best logit exceeds the second; infinite where the record holds one token only.

    Raises:
        ValueError: for a run that is not greedy, or recorded without laws.
    """
    _check(trace, trace)
    return [_gap(law, law[0].token, law[1].token) if len(law) > 1 else math.inf for _, law in _laws(trace)]


def _laws(trace: Trace) -> Iterator[tuple[int, Law]]:
    """Every new token with the target's law at its place."""
    for cycle in trace:
        laws = [cycle.nodes[node].top_p for node in cycle.path] + [cycle.last_top]
        yield from zip(cycle.committed, laws, strict=False)  # the end of a text cuts the last block


def _gap(law: Law, token: int, other: int) -> float:
    """Log p(token) - log p(other), which is the difference of their logits."""
    found = {entry.token: entry.prob for entry in law}
    if found.get(token, 0.0) <= 0 or found.get(other, 0.0) <= 0:
        return math.inf
    return math.log(found[token] / found[other])


def _check(trace: Trace, other: Trace) -> None:
    for run in (trace, other):
        if run.header.settings.get("temperature", 0.0) != 0.0:
            got = f"one at temperature {run.header.settings['temperature']}, whose coins may differ for any reason"
            raise UnexpectedValueError("greedy runs", got, "record them at temperature 0")
        if run.header.detail == "light":
            raise UnexpectedValueError("runs recorded with their laws", "detail 'light'", "run again with detail='full'")
    if trace.header.prompt_tokens != other.header.prompt_tokens:
        raise UnexpectedValueError("two runs on one prompt", "two prompts", "their texts differ for a better reason than rounding")
