"""How far every rule falls short of the bound on real p and q: k siblings at places along the target's own text.

Confirms or refutes on our own data what 2502.18779 reports: that drawing without replacement has the higher optimum, and that
the rules in use stay below the optimum of either way of drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray

from specviz.bench.measure import report_head
from specviz.engine.run import generate
from specviz.errors import UnexpectedValueError
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.model.sampling import SamplingSettings, law
from specviz.theory.acceptance import Z_95
from specviz.theory.rules import RATES, Place, bound, place, rate
from specviz.types import SAMPLINGS, Sampling

Floats = NDArray[np.float64]
Laws = tuple[Floats, Floats]
"""p and q at one place, float64[V] each."""

KS = tuple(range(1, 9))
TEMPERATURES = (0.6, 1.0)


def rule_gap(
    pair: Pair,
    prompts: Sequence[str | Sequence[int]],
    *,
    ks: Sequence[int] = KS,
    temperatures: Sequence[float] = TEMPERATURES,
    places: int = 96,
    max_new_tokens: int = 64,
    draws: int = 64,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure every rule's rate and the bound for k siblings, at ``places`` places of text the target draws itself.

    Args:
        pair: with a draft model.
        prompts: texts or token ids; the target goes on from each, at each temperature; the places are spread evenly over all that it wrote.
        ks: numbers of siblings.
        temperatures: of target and draft alike, above 0.
        places: most places a temperature.
        max_new_tokens: tokens drawn after each prompt.
        draws: sequences drawn for a rate that has no short sum (``recursive`` and ``naive`` without replacement, k >= 3).
        seed: of the texts and the draws.

    Returns:
        JSON-ready: ``pair``, ``machine``, ``date``, ``settings``; ``rows``, one per temperature, k, sampling and rule (see
        :func:`_row`); ``claims``, one per temperature and k, on with against without replacement.

    Raises:
        ValueError: without a draft model, without prompts, or for a temperature of 0.
    """
    if pair.draft is None:
        raise UnexpectedValueError("a pair with a draft model, whose laws are compared with the target's", "one without", "load one with draft=…")
    if not prompts or not temperatures or not all(t > 0.0 for t in temperatures):
        raise UnexpectedValueError(
            "prompts and temperatures above 0", f"{len(prompts)} prompts and {list(temperatures)}", "at 0 every rule is exact match"
        )
    rows, claims = [], []
    for temperature in temperatures:
        laws = real_laws(pair, prompts, temperature, places=places, max_new_tokens=max_new_tokens, seed=seed)
        for k in ks:
            bounds: dict[Sampling, Floats] = {}
            for sampling in SAMPLINGS:
                found = list(_measured(laws, k, sampling, draws, seed))
                bounds[sampling] = found[0][1]
                rows += [_row(temperature, k, sampling, *measured) for measured in found]
            claims.append(_claim(temperature, k, bounds))
    return report_head("how often k siblings at one place are passed, by rule, and the most any lossless rule could (bound)") | {
        "pair": {"target": pair.target.describe(), "draft": pair.draft.describe()},
        "settings": {"prompts": len(prompts), "places": places, "max_new_tokens": max_new_tokens, "draws": draws, "seed": seed},
        "rows": rows,
        "claims": claims,
    }


def real_laws(pair: Pair, prompts: Iterable[str | Sequence[int]], temperature: float, *, places: int, max_new_tokens: int, seed: int) -> list[Laws]:
    """The laws p and q at places spread evenly over text that the target draws after each prompt."""
    settings = SamplingSettings(temperature)
    found: list[Laws] = []
    for i, prompt in enumerate(prompts):
        run = generate(pair, prompt, "autoregressive", max_new_tokens, temperature, seed=seed + i, detail="light")
        given = run.trace.header.prompt_tokens
        tokens = [*given, *run.tokens][: pair.drafted_context]  # as far as both models can read it
        count = len(tokens) - len(given)
        if count < 1:
            continue
        with pair.held():
            p, q = (_rows(model, tokens, count, pair.target.config.vocab, settings) for model in _models(pair))
        found += zip(p, q, strict=True)
    kept = np.unique(np.linspace(0, len(found) - 1, min(places, len(found))).round().astype(int))
    return [found[i] for i in kept]


def _models(pair: Pair) -> Iterator[Model]:
    yield pair.target
    if pair.draft is not None:
        yield pair.draft


def _rows(model: Model, tokens: list[int], count: int, vocab: int, settings: SamplingSettings) -> Floats:
    """The model's laws of the last ``count`` tokens, float64[count, V], read in one pass."""
    known = [token if token < model.config.vocab else 0 for token in tokens[:-1]]
    model.cache.rollback(0)
    logits = model.score(known, rows=count)
    model.cache.rollback(0)
    missing = max(vocab - logits.shape[-1], 0)  # padded ids that only the target has are never drafted
    laws = law(F.pad(logits, (0, missing), value=float("-inf"))[..., :vocab], settings)
    return np.asarray(laws.double().cpu().numpy())


def _measured(laws: Sequence[Laws], k: int, sampling: Sampling, draws: int, seed: int) -> Iterator[tuple[str, Floats, Floats, Floats]]:
    """Rule, bounds, rates and their own errors, float[places] each; rules of one formula are worked out once."""
    where: list[Place] = [place(p, q, k, sampling, draws=draws, seed=seed + i) for i, (p, q) in enumerate(laws)]
    bounds = np.array([bound(at) for at in where])
    done: dict[Any, tuple[Floats, Floats]] = {}
    for name, known in RATES.items():
        if sampling not in known.samplings or (known.chains_only and k > 1):
            continue
        if name == "transport":
            done[known.formula] = bounds, np.zeros(len(where))
        if known.formula not in done:
            rates = [rate(name, at) for at in where]
            done[known.formula] = np.array([r.value for r in rates]), np.array([r.error for r in rates])
        yield name, bounds, *done[known.formula]


def _row(temperature: float, k: int, sampling: str, rule: str, bounds: Floats, rates: Floats, errors: Floats) -> dict[str, Any]:
    """One line of the table.

    ``acceptance`` and ``gap`` (bound - acceptance, place by place) are means over the places, each with the half width of its 95 %
    interval over places; ``drawn_error`` is what drawing adds to both, 0 where every rate is exact.
    """
    return {
        "temperature": temperature,
        "k": k,
        "sampling": sampling,
        "rule": rule,
        "places": len(rates),
        "bound": float(bounds.mean()),
        "acceptance": float(rates.mean()),
        "acceptance_error": _half_width(rates),
        "gap": float((bounds - rates).mean()),
        "gap_error": _half_width(bounds - rates),
        "largest_gap": float((bounds - rates).max()),
        "drawn_error": float(np.sqrt((errors**2).sum()) / len(errors)),
    }


def _claim(temperature: float, k: int, bounds: dict[Sampling, Floats]) -> dict[str, Any]:
    """With against without replacement: the mean difference of the two bounds, and at how many places which one is higher."""
    more = bounds["without_replacement"] - bounds["iid"]
    return {
        "temperature": temperature,
        "k": k,
        "bound_with": float(bounds["iid"].mean()),
        "bound_without": float(bounds["without_replacement"].mean()),
        "without_minus_with": float(more.mean()),
        "without_minus_with_error": _half_width(more),
        "places_without_higher": int((more > 1e-9).sum()),
        "places_with_higher": int((more < -1e-9).sum()),
        "places": len(more),
    }


def _half_width(values: Floats) -> float:
    return float(Z_95 * values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")
