"""Exercises of chapter 2, why decoding is slow: the size of a cache, operations per byte, where arithmetic catches up, the price of m tokens."""

from __future__ import annotations

from specviz.theory import roofline
from specviz.theory.roofline import Machine, Shape

from .exercise import Exercise, Mistake
from .prediction import Prediction

eight_tokens = Prediction(
    question="How long does a pass over 8 tokens take, measured in passes over one?",
    unit="passes over one token",
    low=1,
    high=8,
    thought="what fills the time of a pass: fetching the weights, or computing with them?",
)

crowd = Prediction(
    question="64 requests share one pass, and each has 5 tokens verified instead of 1. How many times as long does the pass take?",
    unit="times as long",
    low=1,
    high=5,
    thought="how many tokens are in the pass already when each request has only one?",
)


def cache_bytes(layers, heads, kv_heads, head_width, positions, number_bytes):  # noqa: ARG001  heads: the query's are not stored
    """A key and a value for every layer, key/value head and position; query heads are not stored."""
    return 2 * layers * kv_heads * head_width * positions * number_bytes


def _package_cache(layers: int, heads: int, kv_heads: int, head_width: int, positions: int, number_bytes: int) -> float:
    return roofline.kv_bytes(Shape("", 1, 1, layers, heads, kv_heads, head_width, number_bytes), positions)


cache_size = Exercise(
    task="Return the bytes of a KV cache that holds this many positions.",
    reference=_package_cache,
    cases=[(32, 32, 8, 128, 4096, 2), (8, 6, 6, 64, 1000, 4), (80, 64, 8, 128, 1, 2), (2, 4, 1, 16, 10, 1), (12, 12, 4, 64, 0, 2)],
    model=cache_bytes,
    mistakes=[
        Mistake(
            "keys without their values",
            "Attention compares with the keys and then mixes the values; both are kept. Twice as much.",
            lambda lay, _h, k, d, n, b: lay * k * d * n * b,
        ),
        Mistake(
            "query heads were counted",
            "Only keys and values are kept, and several query heads may share one of them: count kv_heads. That sharing is what makes caches small.",
            lambda lay, h, _k, d, n, b: 2 * lay * h * d * n * b,
        ),
        Mistake(
            "one layer only",
            "Every layer has keys and values of its own: multiply by the layers.",
            lambda _l, _h, k, d, n, b: 2 * k * d * n * b,
        ),
        Mistake(
            "numbers were counted, not bytes",
            "Right up to the last factor: each number takes number_bytes.",
            lambda lay, _h, k, d, n, _b: 2 * lay * k * d * n,
        ),
    ],
    hints=[
        "What does one attention head keep of one position? Two vectors of head_width numbers.",
        "How many such pairs are there for one position? One for every layer and key/value head.",
        "2 · layers · kv_heads · head_width numbers a position; times positions, times bytes.",
    ],
    praise="Right. It grows with every token of every request, and a pass has to read all of it.",
)


def operations_per_byte(m, weights, weight_bytes):
    """2 operations for each weight and token; each weight is fetched once, whatever m is."""
    return (2 * weights * m) / (weights * weight_bytes)


intensity = Exercise(
    task="Return how many operations a pass over m tokens does for every byte of weights it fetches (no cache).",
    reference=lambda m, weights, size: roofline.intensity(Shape("", weights, size, 1, 1, 1, 1), m),
    cases=[(1, 8e9, 2), (5, 8e9, 2), (1, 15e6, 4), (64, 7e9, 0.5), (8, 1e6, 1)],
    model=operations_per_byte,
    mistakes=[
        Mistake(
            "the weights were fetched again for every token",
            "One pass fetches each weight once and uses it for all m tokens. That is the whole point: more tokens, no more bytes.",
            lambda _m, _w, b: 2 / b,
        ),
        Mistake(
            "one operation a weight",
            "Each weight is multiplied with a number, and the product is added to a sum: two operations.",
            lambda m, _w, b: m / b,
        ),
        Mistake("upside down", "That is bytes for each operation. Divide operations by bytes.", lambda m, _w, b: b / (2 * m)),
        Mistake("not divided by the bytes", "These are the operations of the pass; how many fall on a byte?", lambda m, w, _b: 2 * w * m),
    ],
    hints=[
        "Count operations first: a weight meets m tokens, and each meeting is a multiplication and an addition.",
        "Then bytes: the weights are fetched once in a pass.",
        "Which letter cancels?",
    ],
    praise="Right: 2m / b. The size of the model cancels; only the tokens in the pass are left.",
)


def arithmetic_catches_up(compute, bandwidth, weight_bytes):
    """2 P m / F = P b / W, solved for m."""
    return weight_bytes * compute / (2 * bandwidth)


_HERE = Shape("", 1e6, 2, 1, 1, 1, 1)


crossing = Exercise(
    task="Return m*: the tokens in a pass at which computing takes as long as fetching the weights (no cache).",
    reference=lambda compute, bandwidth, size: roofline.crossing(Shape("", 1e6, size, 1, 1, 1, 1), Machine("", bandwidth, compute)),
    cases=[(989e12, 3.35e12, 2), (165e12, 1.008e12, 2), (1e12, 60e9, 4), (312e12, 2.039e12, 0.5), (20e9, 40e9, 1)],
    model=arithmetic_catches_up,
    mistakes=[
        Mistake(
            "upside down",
            "A machine with more arithmetic for its bandwidth can take more tokens: compute belongs above the line.",
            lambda f, w, b: 2 * w / (b * f),
        ),
        Mistake(
            "one operation a weight",
            "Each weight costs a multiplication and an addition for every token: the 2 is missing below the line.",
            lambda f, w, b: b * f / w,
        ),
        Mistake(
            "the bytes of a weight are missing",
            "Fetching takes P·b / W: a weight of 4 bytes takes twice as long to come as one of 2, and leaves time for twice the tokens.",
            lambda f, w, _b: f / (2 * w),
        ),
        Mistake(
            "the bytes of a weight went below the line",
            "Smaller weights come sooner, so there is less time to compute in: m* shrinks with b, it does not grow.",
            lambda f, w, b: f / (2 * w * b),
        ),
    ],
    hints=[
        "Write both times: fetching takes P·b / W; computing takes 2·P·m / F.",
        "Set them equal. P cancels.",
    ],
    praise="Right: b F / (2 W). Up to there the arithmetic waits for the weights, and further tokens cost next to nothing.",
)


def price_of_m(m, m_star):
    """Time over m tokens / time over one: each is the larger of fetching (1) and computing (m / m*)."""
    return max(1, m / m_star) / max(1, 1 / m_star)


price = Exercise(
    task="Return v(m), a pass over m tokens in passes over one, for a machine that meets the bound and has this m*.",
    reference=lambda m, star: roofline.verify_cost(_HERE, Machine("", 1.0, star), m),
    cases=[(5, 100.0), (100, 100.0), (250, 100.0), (1, 30.0), (12, 8.0), (4, 0.5), (1, 0.25)],
    model=price_of_m,
    mistakes=[
        Mistake(
            "every token was charged",
            "m passes over one token cost that. One pass fetches the weights once for all m.",
            lambda m, _s: m,
        ),
        Mistake(
            "free for ever",
            "Past m* the arithmetic takes longer than the fetching, and the pass takes as long as the arithmetic.",
            lambda _m, _s: 1,
        ),
        Mistake(
            "cheaper than one token",
            "m / m* is the computing alone. The weights have to come in any case: v is never below 1.",
            lambda m, s: m / s,
        ),
        Mistake(
            "moving and computing were added",
            "A machine that meets the bound fetches the next weights while it computes with the last: the longer time counts, not the sum.",
            lambda m, s: (1 + m / s) / (1 + 1 / s),
        ),
        Mistake(
            "all right but for m* below 1",
            "Then one token already keeps the arithmetic busy, and its own pass takes 1 / m*, not 1. Divide by that.",
            lambda m, s: max(1, m / s),
        ),
    ],
    hints=[
        "Measure both times in units of the fetching: fetching is 1; what is computing, if it equals 1 at m = m*?",
        "The pass takes the longer of the two. v(m) divides by the same thing at m = 1.",
        "What is that divisor when m* is below 1?",
    ],
    praise="Right. Speculative decoding lives on the flat part: verify while m stays below m*, and a pass over γ + 1 tokens costs about one.",
)

EXERCISES = {"cache_size": cache_size, "intensity": intensity, "crossing": crossing, "price": price}
