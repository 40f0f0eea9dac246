"""The losslessness lab's decoder: it does what the rules do, and its exact law is the law of what it does."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from specviz.labs.bugs import BUGS
from specviz.labs.decoder import NEEDS_NO_COINS, Decoder, plain
from specviz.labs.fit import FAILS, fit
from specviz.labs.markov import LETTERS, markov_pair, spelled
from specviz.types import Sampling
from specviz.verifiers import LOSSLESS, LOSSY, VERIFIERS

RUNS = 20_000
SOUND: list[tuple[str, int, int, Sampling]] = [
    ("rejection", 2, 1, "iid"),
    ("rejection", 3, 1, "deterministic"),
    ("block", 3, 1, "iid"),
    ("naive", 2, 1, "iid"),
    ("recursive", 2, 1, "iid"),
    ("recursive", 1, 2, "without_replacement"),
    ("recursive", 1, 3, "iid"),
    ("k-seq", 1, 2, "iid"),
    ("traversal", 3, 1, "iid"),
    ("traversal", 1, 3, "without_replacement"),
    ("transport", 1, 2, "without_replacement"),
    ("greedy-multidraft", 1, 3, "greedy"),
    ("naive", 1, 2, "deterministic"),
]
# the decoder in which each bug is shown when a reader chooses nothing else
PLANTED: dict[str, tuple[str, int, int, Sampling]] = dict.fromkeys(BUGS, ("rejection", 2, 1, "iid")) | {
    "sibling": ("recursive", 1, 2, "without_replacement")
}


def off(decoder: Decoder, length: int) -> float:
    """TV of the decoder's exact law from the target's."""
    return float(np.abs(decoder.law(length) - decoder.pair.law(length)).sum() / 2)


@pytest.mark.parametrize(("rule", "gamma", "k", "sampling"), SOUND)
@pytest.mark.parametrize("vocab", [3, 5])
def test_a_lossless_rule_gives_exactly_the_targets_law(rule, gamma, k, sampling, vocab):
    assert VERIFIERS[rule] in LOSSLESS
    for quality in (0.0, 0.4, 1.0):
        assert off(Decoder(markov_pair(vocab, quality), rule, gamma, k, sampling), 3) < 1e-12


@pytest.mark.parametrize("rule", [rule.name for rule in LOSSY])
def test_a_lossy_rule_does_not(rule):
    assert off(Decoder(markov_pair(), rule), 2) > 0.02


@pytest.mark.parametrize("planted", [*SOUND, *((*shape, name) for name, shape in PLANTED.items())], ids=str)
def test_many_runs_at_once_are_judged_as_the_rule_judges_each_alone(planted):
    decoder = Decoder(markov_pair(4), *planted)
    rng = np.random.default_rng(5)
    n = 200
    contexts = rng.integers(0, 5, n)
    drafting, judging = rng.random((decoder.nodes, n)), rng.random((n, decoder.nodes + 1))
    blocks, lengths = decoder.cycle(contexts, drafting, judging)
    for i in range(n):
        drafted: tuple[int, ...] = ()
        for coins in drafting:
            cdf = np.cumsum(decoder.draft_law(int(contexts[i]), drafted))
            drafted = (*drafted, int(np.searchsorted(cdf, coins[i] * cdf[-1], side="right")))
        verdict = decoder.judged_by.judge(*decoder.tree(int(contexts[i]), drafted), judging[i])
        assert blocks[i, : lengths[i]].tolist() == [*(drafted[node] for node in verdict.path), verdict.token]
        assert (blocks[i, lengths[i] :] == -1).all()


def test_a_decoders_draft_is_what_its_description_says():
    pair = markov_pair(4)
    chain, siblings = Decoder(pair, gamma=2), Decoder(pair, "recursive", 1, 3, "without_replacement")
    assert np.allclose(chain.draft_law(pair.start, (2,)), pair.q[2])
    assert sum(weight for _, weight in siblings.drafts(1)) == pytest.approx(1.0, abs=1e-12)
    for drafted, weight in siblings.drafts(1):
        assert len(set(drafted)) == 3
        a, b, c = (pair.q[1][token] for token in drafted)
        assert weight == pytest.approx(a * b / (1 - a) * c / (1 - a - b), abs=1e-12)
    greedy = Decoder(pair, "greedy-multidraft", 1, 2, "greedy")
    assert {drafted[0] for drafted, _ in greedy.drafts(0)} == {int(pair.q[0].argmax())}


def test_the_targets_law_is_the_product_of_its_rows():
    pair = markov_pair(3)
    law = pair.law(3)
    for index, (a, b, c) in enumerate(product(range(3), repeat=3)):
        assert law[index] == pytest.approx(pair.p[3, a] * pair.p[a, b] * pair.p[b, c], abs=1e-15)
        assert spelled(index, 3, 3) == LETTERS[a] + LETTERS[b] + LETTERS[c]


def test_quality_and_temperature_do_what_they_are_called():
    assert np.allclose(markov_pair(5, 1.0).p, markov_pair(5, 1.0).q)
    alphas = [np.minimum(pair.p, pair.q).sum(axis=1).mean() for pair in (markov_pair(5, x) for x in (0.0, 0.5, 0.9, 1.0))]
    assert alphas == sorted(alphas)
    assert markov_pair(5, temperature=0.3).p.max(axis=1).mean() > markov_pair(5, temperature=2.0).p.max(axis=1).mean() + 0.2


def test_the_same_seed_gives_the_same_texts_and_another_gives_others():
    decoder = Decoder(markov_pair(4))
    assert (decoder.run(2, 500, 1).counts == decoder.run(2, 500, 1).counts).all()
    assert (decoder.run(2, 500, 1).counts != decoder.run(2, 500, 2).counts).any()


def test_every_run_is_counted_and_every_pass_too():
    decoder = Decoder(markov_pair(4), gamma=2)
    runs = decoder.run(3, 1000, 0)
    assert runs.counts.sum() == 1000
    assert runs.made == runs.accepted + runs.cycles
    assert runs.drafted == 2 * runs.cycles
    assert plain(decoder.pair, 3, 1000, 0).cycles == 3000


# ---------------------------------------------------------------------------------------------------------------- the promise
SEEDS = range(10)


@pytest.mark.parametrize(("rule", "gamma", "k", "sampling"), [SOUND[0], SOUND[2], SOUND[5], SOUND[7], SOUND[9], SOUND[10]])
def test_without_a_bug_the_test_passes_over_several_seeds(rule, gamma, k, sampling):
    """Ten p-values of a right decoder: the least stays above 1 % / 10 (Bonferroni), for plain decoding as well."""
    decoder = Decoder(markov_pair(), rule, gamma, k, sampling)
    law = decoder.pair.law(2)
    for lane in (lambda seed: decoder.run(2, RUNS, seed), lambda seed: plain(decoder.pair, 2, RUNS, seed)):
        values = [fit(lane(seed).counts, law).p_value for seed in SEEDS]
        assert min(values) > 0.01 / len(SEEDS), values


@pytest.mark.parametrize("bug", BUGS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_planted_bug_fails_the_test_at_the_default_size(bug, seed):
    decoder = Decoder(markov_pair(), *PLANTED[bug], bug)
    found = fit(decoder.run(2, RUNS, seed).counts, decoder.pair.law(2))
    assert found.p_value < FAILS
    assert found.low > 0.0
    assert found.low <= off(decoder, 2) <= found.high


@pytest.mark.parametrize("bug", BUGS)
def test_a_buggy_decoder_follows_its_own_exact_law(bug):
    """So the diamond in the picture is where the bar should be."""
    decoder = Decoder(markov_pair(), *PLANTED[bug], bug)
    assert off(decoder, 2) > 0.01
    assert fit(decoder.run(2, RUNS, 3).counts, decoder.law(2)).p_value > 1e-3


def test_accepting_what_equals_the_targets_own_sample_is_exact_only_if_the_sample_is_kept():
    pair = markov_pair(4)
    assert off(Decoder(pair, "naive", 1), 1) < 1e-12
    p, q = pair.p[pair.start], pair.q[pair.start]
    expected = p * (1 + q - (p * q).sum())  # as the lab's own words say
    assert np.allclose(Decoder(pair, "rejection", 1, bug="equal").law(1), expected, atol=1e-12)


def test_without_the_residual_a_token_comes_out_with_the_mass_it_should():
    pair = markov_pair(4)
    p, q = pair.p[pair.start], pair.q[pair.start]
    kept = np.minimum(p, q)
    assert np.allclose(Decoder(pair, "rejection", 1, bug="residual").law(1), kept + (1 - kept.sum()) * p, atol=1e-12)


def test_a_rule_that_never_looks_at_q_does_not_mind_a_wrong_one():
    assert off(Decoder(markov_pair(4), "naive", bug="temperature"), 2) < 1e-12
    assert off(Decoder(markov_pair(4), "rejection", bug="temperature"), 2) > 0.01


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"rule": "greedy"}, "expected a rule"),
        ({"rule": "nonsense"}, "expected a rule"),
        ({"gamma": 2, "k": 2, "rule": "recursive"}, "one level"),
        ({"gamma": 1, "k": 9, "rule": "recursive"}, "at most 4 siblings"),
        ({"bug": "nonsense"}, "expected a bug"),
        ({"bug": "sibling"}, "expected a decoder with the step"),
        ({"gamma": 1, "k": 2, "rule": "rejection"}, "chain"),
        ({"gamma": 1, "k": 2, "rule": "k-seq", "sampling": "without_replacement"}, "k-seq"),
    ],
)
def test_a_decoder_that_cannot_be_says_why(settings, words):
    with pytest.raises(ValueError, match=words):
        Decoder(markov_pair(4), **settings)


@pytest.mark.parametrize(
    ("settings", "words"), [({"vocab": 2}, "3 to 8"), ({"vocab": 9}, "3 to 8"), ({"quality": 1.5}, "quality"), ({"temperature": 0.0}, "temperature")]
)
def test_a_language_that_cannot_be_says_why(settings, words):
    with pytest.raises(ValueError, match=words):
        markov_pair(**settings)


def test_every_rule_but_greedy_can_be_tried():
    for name in VERIFIERS:
        if name != NEEDS_NO_COINS:
            sampling: Sampling = "iid" if "iid" in VERIFIERS[name].samplings else "greedy"
            assert Decoder(markov_pair(3), name, 1, 1, sampling).run(1, 50, 0).counts.sum() == 50


def test_every_bug_tells_its_story():
    for bug in BUGS.values():
        assert all(text.endswith(".") and len(text) > 40 for text in (bug.did, bug.moves, bug.met))
        assert bug.sources
        assert all(address.startswith("https://github.com/") for _, address in bug.sources)
