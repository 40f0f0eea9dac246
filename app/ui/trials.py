"""One trial of the losslessness lab: what was chosen, and what came of it. Readers who choose the same share the work."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from specviz.labs.decoder import Decoder, Runs, plain
from specviz.labs.fit import Fit, fit
from specviz.labs.markov import markov_pair
from specviz.types import Sampling


@dataclass(frozen=True)
class Wish:
    """Everything a reader chose."""

    vocab: int
    quality: float
    temperature: float
    rule: str
    gamma: int
    k: int
    sampling: Sampling
    bug: str | None
    length: int
    runs: int
    seed: int

    def decoder(self) -> Decoder:
        """The decoder under test."""
        pair = markov_pair(self.vocab, self.quality, self.temperature)
        return Decoder(pair, self.rule, 1 if self.k > 1 else self.gamma, self.k, self.sampling, self.bug)


@dataclass(frozen=True, eq=False)
class Found:
    """What a test found."""

    plain: Fit
    speculative: Fit
    runs: Runs
    exact: float
    sound: Runs
    """The same decoder without the bug."""


@st.cache_data(show_spinner="Decoding …", max_entries=64)
def examine(wish: Wish) -> Found:
    """Decode both ways, and compare each with the exact law."""
    decoder = wish.decoder()
    law = decoder.pair.law(wish.length)
    runs = decoder.run(wish.length, wish.runs, wish.seed)
    baseline = fit(plain(decoder.pair, wish.length, wish.runs, wish.seed).counts, law)
    exact = float(np.abs(decoder.law(wish.length) - law).sum() / 2)
    sound = replace(wish, bug=None).decoder().run(wish.length, wish.runs, wish.seed) if wish.bug else runs
    return Found(baseline, fit(runs.counts, law), runs, exact, sound)
