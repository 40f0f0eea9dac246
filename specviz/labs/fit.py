"""Whether a sample follows a law: the chi-square test, and how far off it is with an interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specviz.errors import UnexpectedValueError
from specviz.labs.laws import Floats, Ints

FAILS = 1e-6
"""Below this p-value a decoder is called wrong: one in a million samples of a right one would look so bad."""
_LEAST = 5.0  # expected counts below it are merged: the chi-square law is only a limit
_RESAMPLES = 400
_LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Fit:
    """A sample against a law.

    Attributes:
        runs: the sample's size.
        observed: float[C], the share of each text.
        expected: float[C], the law.
        distance: TV of the two.
        low: lower end of a 95 % interval of the TV between the law and what was sampled from.
        high: its upper end.
        chi2: Pearson's statistic over the cells left after merging.
        cells: how many these are.
        merged: how many texts were put into one cell because each was expected less than 5 times.
        p_value: chance of a statistic at least as large if the sample follows the law; 0 when something impossible was seen.
    """

    runs: int
    observed: Floats
    expected: Floats
    distance: float
    low: float
    high: float
    chi2: float
    cells: int
    merged: int
    p_value: float

    @property
    def has_failed(self) -> bool:
        """Whether the sample cannot have come from the law."""
        return self.p_value < FAILS

    @property
    def surprise(self) -> Floats:
        """(seen - expected) / sqrt(expected) of each text's count, float[C]; 0 where nothing was expected or seen."""
        seen, due = self.observed * self.runs, self.expected * self.runs
        return np.asarray(np.divide(seen - due, np.sqrt(due), out=np.zeros_like(due), where=due > 0.0))


def fit(counts: Ints, law: Floats, *, seed: int = 0) -> Fit:
    """Compare counts with a law.

    The sample's TV to the law is never 0, even where the sampler is right. The interval allows for that: by the triangle
    inequality the sampler's own TV differs from the sample's by no more than TV(sample, sampler). Its 95 % point is
    found by drawing 400 samples of the same size from the sample (parametric bootstrap) and 400 from the law, whichever is
    larger: a sample lacks the rarest texts and so strays less than what it came from; for a right sampler the law's is exact.

    Args:
        counts: int[C].
        law: float[C], sums to 1.
        seed: of the resamples.

    Raises:
        ValueError: when counts and law differ in length or nothing was counted.
    """
    runs = int(counts.sum())
    if counts.shape != law.shape or not runs:
        raise UnexpectedValueError(f"counts of {len(law)} texts and at least one run", f"{len(counts)} texts and {runs} runs")
    observed = counts / runs
    distance = _distance(observed, law)
    rng = np.random.default_rng(seed)
    reach = max(_reach(observed, runs, rng), _reach(law, runs, rng))
    chi2, cells, merged, p_value = chi_square(counts, law * runs)
    return Fit(runs, observed, law, distance, max(0.0, distance - reach), min(1.0, distance + reach), chi2, cells, merged, p_value)


def chi_square(seen: Ints, due: Floats) -> tuple[float, int, int, float]:
    """Pearson's test (1900): statistic, cells, texts merged into one cell, p-value.

    Texts expected less than 5 times are merged, the rarest first, together with as many more as it takes to expect 5.
    """
    if (seen[due <= 0.0] > 0).any():
        return float("inf"), len(seen), 0, 0.0
    order = np.argsort(due, kind="stable")
    total = np.cumsum(due[order])
    rare = int(np.count_nonzero(due < _LEAST))
    merged = max(rare, int(np.searchsorted(total, _LEAST)) + 1) if rare else 0
    kept = order[merged:]
    seen_cells, due_cells = (np.append(x[kept], [x[order[:merged]].sum()] if merged else []) for x in (seen, due))
    cells = len(due_cells)
    if cells < 2:
        return 0.0, cells, merged, 1.0  # one text is all there can be, and it is all there was
    from scipy.stats import chi2  # late: half a second that a page without a test need not pay

    statistic = float(((seen_cells - due_cells) ** 2 / due_cells).sum())
    return statistic, cells, merged, float(chi2.sf(statistic, cells - 1))


def _reach(law: Floats, runs: int, rng: np.random.Generator) -> float:
    """The distance from ``law`` that 95 % of all samples of this size stay within."""
    samples = rng.multinomial(runs, law, size=_RESAMPLES) / runs
    return float(np.quantile(np.abs(samples - law).sum(axis=1) / 2, _LEVEL))


def _distance(a: Floats, b: Floats) -> float:
    return float(np.abs(a - b).sum() / 2)
