"""What the doctor found, as plain data: every figure says whether it was measured or modelled, and how.

Letters as everywhere: c = one draft pass / one target pass over one token, v(m) = a target pass over m tokens / over one, alpha = accepted /
examined drafts, tau = tokens of a cycle with the last one counted. "Passes" are target passes over one token behind the same text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

How = Literal["measured", "modelled"]
Stage = Literal["predicted", "measured", "whole call", "recorded"]
STAGES: tuple[Stage, ...] = ("predicted", "measured", "whole call", "recorded")
PARTS = ("draft", "build", "verify", "judge", "commit", "host")
"""Where the time of a cycle goes; ``host`` is what no stage claims, the loop itself."""


@dataclass(frozen=True)
class Figure:
    """A number with its badge.

    Attributes:
        value: the number.
        how: measured or modelled.
        by: how, in words.
        low: smallest repeat, or the lower end of an interval; ``by`` says which. None where there is none.
        high: likewise.
    """

    value: float
    how: How
    by: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Point:
    """A pass over ``m`` tokens: the median of the rounds in passes, with the smallest and largest round."""

    m: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PassCosts:
    """What passes cost behind ``context`` tokens of text; all measured, interleaved, medians of ``rounds``.

    Attributes:
        target_ms: a target pass over one token, in milliseconds.
        c: a draft pass over one token.
        v: target passes over 1, 2, ... tokens.
        draft_v: draft passes over several tokens, in target passes; empty without a draft model.
        laws: turning the logits of several rows into laws, in target passes: every pass of either model is followed by it.
    """

    context: int
    rounds: int
    target_ms: Figure
    c: Figure
    v: tuple[Point, ...]
    draft_v: tuple[Point, ...] = ()
    laws: tuple[Point, ...] = ()


@dataclass(frozen=True)
class CycleCosts:
    """A cycle's milliseconds by part (:data:`PARTS`), of the repeat with the median speed-up; and what recording adds to it.

    Attributes:
        ms: part -> milliseconds a cycle, measured without recording.
        recording: detail -> share of the cycle's time that recording adds (median of the repeats, smallest and largest).
    """

    ms: dict[str, float]
    recording: dict[str, Figure]
    how: How = "measured"

    @property
    def total_ms(self) -> float:
        """The whole cycle."""
        return sum(self.ms.values())

    def share(self, *parts: str) -> float:
        """Share of the cycle in these parts."""
        return sum(self.ms[part] for part in parts) / self.total_ms


@dataclass(frozen=True)
class Position:
    """Acceptance at one draft position, given that all before were accepted; ``low`` to ``high`` is Wilson's 95 % interval."""

    position: int
    examined: int
    accepted: int
    low: float
    high: float

    @property
    def rate(self) -> float:
        """Accepted / examined."""
        return self.accepted / self.examined if self.examined else math.nan


@dataclass(frozen=True)
class Term:
    """One part of the difference between what the costs alone promise and what came.

    Attributes:
        name: what it is.
        stage: the rung that it leads to; the terms of a stage add up to its step.
        passes: what it adds to the cost of a cycle, in steps of plain decoding (less than 0 where it helps).
        speedup: what it does to the speed-up, in times plain decoding: the step shared out in proportion to cost.
    """

    name: str
    stage: Stage
    passes: float
    speedup: float
    how: How = "measured"


@dataclass(frozen=True)
class Gap:
    """Measured speed-up beside the predicted one, and where the difference went.

    Attributes:
        tau: tokens a cycle.
        from_costs: tau / (v(gamma + 1) + gamma c), passes alone.
        predicted: the same with the other work of a cycle, and of a plain step, counted.
        measured: decoding alone, nothing recorded; median repeat, smallest and largest.
        whole_call: with the prompt's processing.
        recorded: likewise, recorded at detail ``full``, over an unrecorded plain call.
        terms: from one to the next; ``sum(term.speedup)`` of a stage is that stage's step, exactly.
    """

    tau: Figure
    from_costs: Figure
    predicted: Figure
    measured: Figure
    whole_call: Figure
    recorded: Figure
    terms: tuple[Term, ...]

    def rungs(self) -> list[tuple[str, Figure]]:
        """The speed-ups in order."""
        first = [("passes alone", self.from_costs), ("predicted", self.predicted)]
        return [*first, ("measured", self.measured), ("whole call", self.whole_call), ("recorded", self.recorded)]


@dataclass(frozen=True)
class Tree:
    """The best fixed tree at these costs; ``speedup`` over plain decoding is modelled."""

    nodes: int
    levels: int
    speedup: Figure


@dataclass(frozen=True)
class Choice:
    """What would be best at these costs and this acceptance.

    Attributes:
        alpha: accepted / examined drafts over all positions; the model takes it as the same everywhere.
        now: speed-up the same model gives for the run's own gamma, to compare ``chain`` with; None for a method that is no chain.
        gamma: the best length of a chain, 0 when plain decoding is best; ``chain`` its speed-up.
        longest: the longest chain considered.
        by_length: the same model's speed-up of a chain of 0, 1, ..., ``longest`` tokens.
        by_rank: how often the target's choice was the draft's likeliest token, second likeliest, ...; ``places`` were looked at.
        tree: the best tree; None where ``places`` are too few.
    """

    alpha: Figure
    now: Figure | None
    gamma: int
    chain: Figure
    longest: int
    by_length: tuple[float, ...]
    by_rank: tuple[float, ...]
    places: int
    tree: Tree | None


@dataclass(frozen=True)
class ContextPoint:
    """Costs behind ``context`` tokens (measured) and the speed-up they would give at the run's acceptance (modelled)."""

    context: int
    target_ms: float
    c: float
    v: float
    speedup: float


@dataclass(frozen=True)
class Limits:
    """Where it stops paying.

    Attributes:
        contexts: measured behind growing texts.
        typical: the median length of the text that the run's cycles stood behind.
        stops_at: the context length from which the modelled speed-up is below 1; None when that is not within ``longest`` positions.
        longest: the longest context measured.
        batch: (rows, modelled speed-up).
        batch_stops_at: the fewest rows below 1; None when that is not within the rows considered.
        extrapolated_from: from this many rows on v lies beyond what was measured and goes on straight.
    """

    contexts: tuple[ContextPoint, ...]
    typical: int
    stops_at: int | None
    longest: int
    batch: tuple[tuple[int, float], ...]
    batch_stops_at: int | None
    extrapolated_from: int
    how: How = "modelled"


@dataclass(frozen=True)
class Divergence:
    """The first token that differs from plain greedy decoding, judged on the target's logits there.

    Attributes:
        prompt: its number, from 0.
        position: the new token's number, from 0.
        plain, other: the two tokens' ids, with their text; -1 and "" where that text had ended.
        margin: logit of ``plain`` minus logit of ``other``, read afresh.
        tolerance: the margin that another summation order explains here.
        verdict: ``floating point`` or ``bug``.
    """

    prompt: int
    position: int
    plain: int
    plain_text: str
    other: int
    other_text: str
    margin: float
    tolerance: float
    verdict: Literal["floating point", "bug"]
    how: How = "measured"


@dataclass(frozen=True)
class Vocabulary:
    """The two tokenizers beside each other.

    Attributes:
        target_size, draft_size: tokens of each tokenizer.
        target_rows, draft_rows: rows of each model's embedding, padding included.
        differing: ids that stand for different text, or for none, in one of the two.
        examples: up to five of them: (id, in the target's, in the draft's).
        specials: names of special tokens with different ids or text: (role, target's, draft's).
    """

    target_size: int
    draft_size: int
    target_rows: int
    draft_rows: int
    differing: int
    examples: tuple[tuple[int, str, str], ...] = ()
    specials: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Templates:
    """Chat templates, and whether the prompts carry the right one.

    Attributes:
        target_hash, draft_hash: of the two templates; None where there is none.
        is_same: whether both tokenizers have the same one; True without a draft model.
        foreign: marks in the prompts that look like a chat template's and that this tokenizer does not know: (mark, how many tokens it became).
        bare: prompts without the target's template, though it has one.
        without: acceptance on (some of) the bare prompts as given; ``with_template`` on the same prompts inside the template.
    """

    target_hash: str | None
    draft_hash: str | None
    is_same: bool
    foreign: tuple[tuple[str, int], ...] = ()
    bare: int = 0
    without: Figure | None = None
    with_template: Figure | None = None


@dataclass(frozen=True)
class Advice:
    """One cause with the number that shows it and what to try.

    Attributes:
        cause: a short name, such as ``slow draft``.
        sentence: the cause and the number that shows it.
        remedy: what to try.
        gain: modelled speed-up with it cured over the speed-up now; None where that cannot be said.
    """

    cause: str
    sentence: str
    remedy: str
    gain: float | None = None


@dataclass(frozen=True)
class Diagnosis:
    """All that was found. What was not measured is None, and ``notes`` say why."""

    pair: str
    method: str
    head: Mapping[str, Any]
    vocabulary: Vocabulary | None
    templates: Templates | None = None
    costs: PassCosts | None = None
    cycle: CycleCosts | None = None
    positions: tuple[Position, ...] = ()
    speed: Gap | None = None
    choice: Choice | None = None
    limits: Limits | None = None
    divergences: tuple[Divergence, ...] = ()
    compared: int = 0
    advice: tuple[Advice, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def as_plain(self) -> dict[str, Any]:
        """Everything as JSON has it; what is not a number is None."""
        plain: dict[str, Any] = _plain(asdict(self) | {"head": dict(self.head)})
        return plain


def _plain(value: Any) -> Any:  # noqa: ANN401  whatever the dataclasses hold
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
