"""Plain and speculative decoding of a tiny language, many runs at once, and the exact law of what comes out.

The real rules judge. A rule's verdict on a draft depends on the coins only through thresholds it reports itself, so each draft
that turns up is put to the rule once for every way it can end (:func:`specviz.theory.outcomes.outcomes`), and the coins of all
runs with that draft are held against those thresholds together. That gives every run the verdict the rule gives it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from specviz.errors import UnexpectedValueError
from specviz.labs.bugs import BUGS, Bug
from specviz.labs.laws import Floats, Ints, draw_many, tempered
from specviz.labs.markov import Pair
from specviz.theory.outcomes import Outcome, outcomes
from specviz.types import ROOT, DraftTree, Rule, Sampling
from specviz.verifiers import VERIFIERS
from specviz.verifiers.residual import excluding

Tokens = tuple[int, ...]
NEEDS_NO_COINS = "greedy"
"""The rule for temperature 0: it follows the argmax, so there is no law to compare."""


@dataclass(frozen=True, eq=False)
class Runs:
    """What many runs put out.

    Attributes:
        counts: int[V**length], how often each text came out, in the order of :meth:`specviz.labs.markov.Pair.law`.
        cycles: passes of the target, all runs together.
        made: tokens those passes made, the ones beyond the text's end included.
        drafted: tokens drafted.
        accepted: drafted tokens that were accepted.
    """

    counts: Ints
    cycles: int
    made: int
    drafted: int = 0
    accepted: int = 0


def plain(pair: Pair, length: int, runs: int, seed: int) -> Runs:
    """Decode ``runs`` texts of ``length`` tokens, one token a pass of the target."""
    coins = _coins(seed, "plain").random((length, runs))
    texts, contexts = np.zeros(runs, dtype=np.int64), np.full(runs, pair.start)
    for row in coins:
        contexts = _draw_each(contexts, row, pair.p)
        texts = texts * pair.vocab + contexts
    return Runs(np.bincount(texts, minlength=pair.vocab**length), runs * length, runs * length)


@dataclass(frozen=True, eq=False)
class Decoder:
    """Speculative decoding with one draft shape in every cycle.

    Attributes:
        pair: the models.
        rule: a name of ``VERIFIERS``, but ``greedy``.
        gamma: tokens of a chain (k = 1).
        k: siblings of one level (gamma = 1).
        sampling: how siblings are drawn.
        bug: a name of ``BUGS``, or None.

    Raises:
        ValueError: for a decoder that cannot be: an unknown rule or bug, a draft the rule cannot judge, a bug without its place.
    """

    pair: Pair
    rule: str = "rejection"
    gamma: int = 2
    k: int = 1
    sampling: Sampling = "iid"
    bug: str | None = None

    def __post_init__(self) -> None:
        rules = [name for name in VERIFIERS if name != NEEDS_NO_COINS]
        if self.rule not in rules:
            raise UnexpectedValueError(f"a rule among {', '.join(rules)}", repr(self.rule))
        if min(self.gamma, self.k) < 1 or (self.k > 1 and self.gamma > 1) or self.k > self.pair.vocab:
            raise UnexpectedValueError(
                f"a chain (k = 1) or one level of at most {self.pair.vocab} siblings (gamma = 1)", f"gamma {self.gamma}, k {self.k}"
            )
        if self.bug is not None and self.bug not in BUGS:
            raise UnexpectedValueError(f"a bug among {', '.join(BUGS)}", repr(self.bug))
        if self.bug is not None and not BUGS[self.bug].suits(self.rule, self.k, self.sampling):
            raise UnexpectedValueError(
                f"a decoder with the step that {self.bug!r} breaks",
                f"the rule {self.rule!r}, k {self.k}, {self.sampling!r}",
                "see Bug.rule and Bug.least_k",
            )
        some_draft, _ = next(self.drafts(self.pair.start))
        self.outcomes_of(self.pair.start, some_draft)  # the rule itself says whether it can judge this

    @property
    def nodes(self) -> int:
        """N, the tokens drafted in a cycle."""
        return self.gamma * self.k

    @cached_property
    def judged_by(self) -> Rule:
        """The rule, with the bug in it."""
        return self._bug.plant(VERIFIERS[self.rule])

    @cached_property
    def _bug(self) -> Bug:
        return BUGS[self.bug] if self.bug else Bug("none", "", "", "")

    @cached_property
    def _drawn_from(self) -> Floats:
        """The laws the draft really draws from, float[V+1, V]; those handed to the rule are ``pair.q``."""
        return tempered(self.pair.q, self._bug.draft_heat)

    @cached_property
    def _known(self) -> dict[tuple[int, Tokens], list[Outcome]]:
        return {}

    def draft_law(self, context: int, drafted: Tokens) -> Floats:
        """The law float[V] of the cycle's next drafted token, after those drafted so far."""
        law: Floats = self._drawn_from[drafted[-1] if drafted and self.k == 1 else context]
        is_picked = self.sampling == "deterministic" or (self.sampling == "greedy" and len(drafted) < self.k - 1)
        if self.k > 1 and self.sampling != "iid" and drafted:
            law = excluding(law, drafted)
        return np.asarray(np.eye(len(law))[np.argmax(law)]) if is_picked else law

    def drafts(self, context: int) -> Iterator[tuple[Tokens, float]]:
        """Every draft after a context, with its probability."""
        todo: list[tuple[Tokens, float]] = [((), 1.0)]
        while todo:
            drafted, weight = todo.pop()
            if len(drafted) == self.nodes:
                yield drafted, weight
                continue
            law = self.draft_law(context, drafted)
            todo += [((*drafted, int(token)), weight * float(law[token])) for token in np.flatnonzero(law)]

    def tree(self, context: int, drafted: Tokens) -> tuple[DraftTree, Floats]:
        """The draft as the rule gets it, and the target's laws p float[N+1, V]."""
        is_chain = self.k == 1
        before = [context, *drafted[:-1]] if is_chain else [context]
        parents = range(ROOT, self.nodes - 1) if is_chain else [ROOT] * self.nodes
        rows = range(self.nodes) if is_chain else [0] * self.nodes
        tree = DraftTree(drafted, tuple(parents), self.pair.q[before], tuple(rows), self.sampling)
        return tree, self.pair.p[[context, *drafted]]

    def outcomes_of(self, context: int, drafted: Tokens) -> list[Outcome]:
        """Every way the rule may end this draft; worked out once."""
        known = self._known.get((context, drafted))
        if known is None:
            known = self._known[context, drafted] = list(outcomes(self.judged_by, *self.tree(context, drafted)))
        return known

    def run(self, length: int, runs: int, seed: int) -> Runs:
        """Decode ``runs`` texts of ``length`` tokens; the same seed gives the same texts."""
        rng, vocab = _coins(seed, "speculative"), self.pair.vocab
        texts = np.full((runs, length + self.nodes + 1), -1)
        sizes, contexts = np.zeros(runs, dtype=np.int64), np.full(runs, self.pair.start)
        cycles = made = accepted = 0
        while len(active := np.flatnonzero(sizes < length)):
            drafting, judging = rng.random((self.nodes, len(active))), rng.random((len(active), self.nodes + 1))
            blocks, lengths = self.cycle(contexts[active], drafting, judging)
            places = sizes[active][:, None] + np.arange(self.nodes + 1)
            inside = np.arange(self.nodes + 1) < lengths[:, None]
            texts[np.repeat(active, lengths), places[inside]] = blocks[inside]
            sizes[active] += lengths
            contexts[active] = blocks[np.arange(len(active)), lengths - 1]
            cycles, made, accepted = cycles + len(active), made + int(lengths.sum()), accepted + int((lengths - 1).sum())
        keys = texts[:, :length] @ vocab ** np.arange(length - 1, -1, -1)
        return Runs(np.bincount(keys, minlength=vocab**length), cycles, made, cycles * self.nodes, accepted)

    def cycle(self, contexts: Ints, drafting: Floats, judging: Floats) -> tuple[Ints, Ints]:
        """One cycle of n runs.

        Args:
            contexts: int[n], the last token of each.
            drafting: float[N, n], the coins of the drafted tokens.
            judging: float[n, N+1], the coins the rule gets.

        Returns:
            int[n, N+1], the tokens each run gained, -1 beyond; and int[n], how many.
        """
        base = self.pair.vocab + 1
        codes, size = contexts.astype(np.int64), 0
        for coins in drafting:
            drawn = np.zeros_like(codes)
            for code, who in _groups(codes):
                context, *drafted = _digits(code, base, size + 1)
                drawn[who] = draw_many(self.draft_law(context, tuple(drafted)), coins[who])
            codes, size = codes * base + drawn, size + 1
        blocks, lengths = np.full((len(codes), size + 1), -1), np.zeros(len(codes), dtype=np.int64)
        for code, who in _groups(codes):
            context, *drafted = _digits(code, base, size + 1)
            for outcome in self.outcomes_of(context, tuple(drafted)):
                mine = who[_is_outcome(outcome, judging[who])]
                path = [drafted[node] for node in outcome.verdict.path]
                blocks[mine, : len(path)] = path
                blocks[mine, len(path)] = draw_many(np.asarray(outcome.verdict.law), judging[mine, -1])
                lengths[mine] = len(path) + 1
        return blocks, lengths

    def law(self, length: int) -> Floats:
        """The exact law of this decoder's texts, float[V**length]: every draft, every verdict, every last token."""
        return self._law_after(self.pair.start, length, {})

    def _law_after(self, context: int, left: int, known: dict[tuple[int, int], Floats]) -> Floats:
        if left == 0:
            return np.ones(1)
        if (context, left) not in known:
            law, vocab = np.zeros(self.pair.vocab**left), self.pair.vocab
            for block, weight in self._blocks(context):
                kept = block[:left]
                rest = vocab ** (left - len(kept))
                start = int(np.ravel_multi_index(kept, (vocab,) * len(kept))) * rest
                law[start : start + rest] += weight * self._law_after(kept[-1], left - len(kept), known)
            known[context, left] = law
        return known[context, left]

    def _blocks(self, context: int) -> Iterator[tuple[Tokens, float]]:
        """What one cycle may add after a context, with its probability."""
        for drafted, weight in self.drafts(context):
            for outcome in self.outcomes_of(context, drafted):
                path = tuple(drafted[node] for node in outcome.verdict.path)
                for token, chance in enumerate(outcome.verdict.law):
                    if chance > 0.0:
                        yield (*path, token), weight * outcome.probability * float(chance)


def _coins(seed: int, lane: str) -> np.random.Generator:
    return np.random.default_rng([seed, {"plain": 0, "speculative": 1}[lane]])


def _draw_each(contexts: Ints, coins: Floats, laws: Floats) -> Ints:
    drawn = np.zeros_like(contexts)
    for context, who in _groups(contexts):
        drawn[who] = draw_many(laws[context], coins[who])
    return drawn


def _groups(codes: Ints) -> Iterator[tuple[int, Ints]]:
    """Each value with the places where it stands."""
    order = np.argsort(codes, kind="stable")
    values, starts = np.unique(codes[order], return_index=True)
    yield from zip(values.tolist(), np.split(order, starts[1:]), strict=True)


def _digits(code: int, base: int, count: int) -> Tokens:
    return tuple(code // base**place % base for place in range(count - 1, -1, -1))


def _is_outcome(outcome: Outcome, coins: Floats) -> np.ndarray:
    """Which of the rows of coins float[n, N+1] bring this outcome about, bool[n]."""
    holds = np.ones(len(coins), dtype=bool)
    for node, (is_below, threshold) in outcome.coins.items():
        holds &= (coins[:, node] < threshold) == is_below
    return holds
