"""What a chain is worth where many requests share a machine: pass times of the roofline put into the speed-up formula.

Letters as in ``specviz.theory.speedup`` and ``specviz.theory.roofline``. All times are lower bounds, on both sides of the ratio.
That drafting loses once the arithmetic is busy: arXiv 2211.17192, section 3.4; under load: 2406.14066. That long texts, whose caches
keep even large batches on the memory's side, turn this round when the draft's cache is small: 2408.11049.
"""

from __future__ import annotations

from dataclasses import dataclass

from specviz.theory.roofline import Machine, Shape, kv_bytes, pass_operations, pass_seconds
from specviz.theory.speedup import expected_tokens, general_speedup


@dataclass(frozen=True)
class Serving:
    """Everything that decides what a chain is worth on a given machine.

    Attributes:
        alpha: acceptance of one drafted token, everywhere the same.
        gamma: drafted tokens per cycle, 0 for plain decoding.
        draft: size of the draft over the target's: of its weights and of its arithmetic; c where memory is the limit and caches are empty.
        draft_cache: size of the draft's cache of a token over the target's.
        batch: requests that share every pass.
        context: positions in the cache of each.
        other: everything else in a cycle (judging, commits, host), in plain steps.
    """

    alpha: float = 0.7
    gamma: int = 4
    draft: float = 0.1
    draft_cache: float = 0.1
    batch: int = 1
    context: int = 0
    other: float = 0.0


def draft_seconds(at: Serving, shape: Shape, machine: Machine) -> float:
    """Least time of a draft step of all requests: the larger of moving its weights and caches and of its arithmetic."""
    attention = pass_operations(shape, context=at.context) - 2 * shape.weights
    moving = at.draft * shape.weights * shape.weight_bytes + at.batch * at.draft_cache * kv_bytes(shape, at.context)
    computing = at.batch * (at.draft * 2 * shape.weights + at.draft_cache * attention)
    return max(moving / machine.bandwidth, computing / machine.compute)


def served_speedup(at: Serving, shape: Shape, machine: Machine) -> float:
    """Speed-up over plain decoding of the same batch: tau / (gamma c + v(gamma + 1) + other), with c and v from the roofline.

    Raises:
        ValueError: for an acceptance that is no probability, or a negative length.
    """
    where = {"context": at.context, "batch": at.batch}
    plain = pass_seconds(shape, machine, 1, **where)
    v = pass_seconds(shape, machine, at.gamma + 1, **where) / plain
    c = draft_seconds(at, shape, machine) / plain
    return float(general_speedup(expected_tokens(at.alpha, at.gamma), at.gamma, c, v, at.other))
