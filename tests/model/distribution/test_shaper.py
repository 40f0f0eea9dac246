"""Logits of a tree's rows, each shaped by its own path: what transformers makes of that path read alone."""

from __future__ import annotations

import random
from math import inf
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings, strategies as st
from torch import Tensor
from transformers import LogitsProcessor, RepetitionPenaltyLogitsProcessor, SuppressTokensLogitsProcessor

from specviz.errors import UnexpectedTypeError, UnexpectedValueError
from specviz.model.distribution.options import Distribution
from specviz.model.distribution.shaper import Shaper, Shaping, branches_of
from specviz.model.distribution.steps import CountPenalties, Level
from specviz.model.sampling import SamplingSettings, law
from tests.model.distribution import theirs

V = 9
ENDS = (7, 8)
LIMIT = 6
IDS = st.integers(0, V - 1)
PENALTY = st.sampled_from([0.5, 0.9, 1.0, 1.3, 2.0])
OPTIONS: dict[str, st.SearchStrategy[Any]] = {
    "repetition_penalty": PENALTY,
    "no_repeat_ngram_size": st.integers(0, 4),
    "sequence_bias": st.lists(st.tuples(st.lists(IDS, min_size=1, max_size=3).map(tuple), st.floats(-4, 4, width=32)), min_size=1).map(dict),
    "suppress_tokens": st.lists(st.integers(0, 5), max_size=4),
    "begin_suppress_tokens": st.lists(IDS, max_size=4),
    "bad_words_ids": st.lists(st.lists(IDS, min_size=1, max_size=3), min_size=1, max_size=6),
    "forced_bos_token_id": st.integers(6, 8),  # transformers refuses to force what is suppressed
    "forced_eos_token_id": st.integers(6, 8),
    "min_new_tokens": st.integers(0, 5),
    "min_length": st.integers(0, 12),
}
WARPERS = {"min_p": st.floats(0.01, 1.0), "typical_p": st.floats(0.05, 0.99), "top_k": st.integers(1, V), "top_p": st.floats(0.05, 1.0)}


def shaper(prompt_length: int, ends: tuple[int, ...] = ENDS, **options: Any) -> Shaper:
    return Shaping(Distribution(**options), ends, LIMIT).shaper(prompt_length)


def rows(count: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(count, V, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype) * 2


def is_possible(branch: tuple[int, ...], scored: dict[tuple[int, ...], Tensor]) -> bool:
    """Whether a text can come to this path and go on behind it."""
    steps = [(branch[:i], token) for i, token in enumerate(branch)]
    return all(token not in ENDS and bool((scored[before] > -inf).any()) and float(scored[before][token]) > -inf for before, token in steps)


@st.composite
def some_of(draw: st.DrawFn, options: dict[str, st.SearchStrategy[Any]], most: int) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(options)), unique=True, max_size=most))
    return {name: draw(options[name]) for name in names}


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    prompt=st.lists(IDS, min_size=1, max_size=6),
    cycles=st.lists(st.tuples(st.lists(st.tuples(IDS, st.integers(-1, 5)), max_size=6), st.lists(IDS, min_size=1, max_size=2)), max_size=3),
    options=some_of(OPTIONS, 4),
    wide=st.booleans(),
)
def test_every_row_of_a_tree_is_what_transformers_makes_of_its_path(prompt: list[int], cycles: list[Any], options: dict[str, Any], *, wide: bool):
    """The text grows from cycle to cycle, so what is counted once and kept is held to what is counted anew."""
    ours, made = shaper(len(prompt), **options), theirs.processors(len(prompt), LIMIT, ENDS, **options)
    text = list(prompt)
    for number, (nodes, committed) in enumerate(cycles):
        branches = branches_of([token for token, _ in nodes], [min(parent, i - 1) for i, (_, parent) in enumerate(nodes)])
        logits = rows(len(branches), number, torch.float64 if wide else torch.float32)
        shaped = ours(logits, text, branches)
        scored: dict[tuple[int, ...], Tensor] = {}
        for row, branch in enumerate(branches):
            expected = theirs.scores(logits[row], [*text, *branch], made)
            can_go_on = is_possible(branch, scored) and bool((expected > -inf).any())
            scored.setdefault(branch, expected)
            torch.testing.assert_close(shaped[row], expected if can_go_on else logits[row], rtol=0, atol=0 if not wide else 1e-6)
        text += committed


def test_a_path_shorter_than_a_biased_sequence_takes_no_shorter_one_twice():
    biases, logits = {(0, 0): 1.0, (0, 0, 1): 2.0}, rows(1, 0)
    made = theirs.processors(1, LIMIT, ENDS, sequence_bias=biases)
    shaped = shaper(1, sequence_bias=biases)(logits, [0], [()])
    assert torch.equal(shaped[0], theirs.scores(logits[0], [0], made))
    assert torch.equal(shaped - logits > 0.5, torch.eye(1, V, dtype=torch.bool))


@pytest.mark.parametrize("seed", range(60))
def test_several_biases_of_one_token_are_added_up_in_transformers_order(seed: int):
    """To the last bit: in another order the sum may round otherwise."""
    rng = random.Random(seed)
    biases = {tuple(rng.choices((0, 1), k=rng.randint(1, 4))): rng.uniform(-4, 4) for _ in range(8)}
    path = rng.choices((0, 1), k=6)
    made = theirs.processors(len(path), LIMIT, ENDS, sequence_bias=biases)
    logits = rows(1, seed)
    assert torch.equal(shaper(len(path), sequence_bias=biases)(logits, path, [()])[0], theirs.scores(logits[0], path, made))


@settings(max_examples=200, deadline=None)
@given(options=some_of(WARPERS, 4), temperature=st.floats(0.3, 2.0), seed=st.integers(0, 10_000))
def test_distributions_equal_those_of_transformers_warpers_in_their_order(options: dict[str, Any], temperature: float, seed: int):
    logits = rows(1, seed, torch.float64)
    made = theirs.processors(1, LIMIT, ENDS, do_sample=True, **{"top_k": 0, **options}, temperature=temperature)
    expected = torch.softmax(theirs.scores(logits[0], [1], made), -1)
    ours = law(logits, SamplingSettings(temperature, **options))[0]
    if bool(((ours > 0) == (expected > 0)).all()):
        torch.testing.assert_close(ours, expected, atol=1e-12, rtol=0)
    else:  # a mass that rounds to either side of a cut: then the last digits of it decide
        cuts = {name: value for name, value in options.items() if name != "top_k"}
        moved = [
            law(logits, SamplingSettings(temperature, **options | {name: min(value * m, 1.0)}))[0]
            for name, value in cuts.items()
            for m in (1 - 1e-9, 1 + 1e-9)
        ]
        assert any(((row > 0) != (ours > 0)).any() for row in moved)


@pytest.mark.parametrize(("option", "harmless"), [("min_p", 0.0), ("typical_p", 1.0), ("top_k", 0), ("top_p", 1.0)])
def test_values_that_ask_for_nothing_change_nothing(option: str, harmless: float):
    logits = rows(5, 1)
    assert torch.equal(law(logits, SamplingSettings(0.8, **{option: harmless})), law(logits, SamplingSettings(0.8)))


def test_min_p_keeps_what_is_likely_enough_and_typical_p_what_surprises_as_expected():
    logits = torch.tensor([[0.5, 0.25, 0.15, 0.10]]).log()
    assert law(logits, SamplingSettings(1.0, min_p=0.49))[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0])
    assert law(logits, SamplingSettings(1.0, min_p=1.0))[0].tolist() == [1, 0, 0, 0]
    # entropy 1.208: the surprises 0.693, 1.386, 1.897 and 2.303 stand 0.51, 0.18, 0.69 and 1.10 from it
    assert law(logits, SamplingSettings(1.0, typical_p=0.2))[0].tolist() == [0, 1, 0, 0]
    assert law(logits, SamplingSettings(1.0, typical_p=0.3))[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0])


def test_frequency_and_presence_count_the_output_alone_each_path_for_itself():
    logits = torch.zeros(4, V)
    ours = shaper(2, frequency_penalty=0.5, presence_penalty=0.25)
    shaped = ours(logits, [1, 1, 2, 3, 3], [(), (2,), (2, 2), (4,)])
    expected = torch.zeros(4, V)
    expected[:, 2], expected[:, 3] = -0.75, -1.25
    expected[1, 2], expected[2, 2], expected[3, 4] = -1.25, -1.75, -0.75
    assert torch.equal(shaped, expected)
    assert torch.equal(ours(logits[:1], [1, 1, 2, 3, 3, 2], [()])[0], expected[1])  # the next cycle counts what was committed, once


def test_penalties_come_in_the_order_of_vllm():
    """Bias, repetition, then frequency and presence."""
    logits = torch.full((1, V), 2.0)
    ours = shaper(1, logit_bias={1: 1.0}, repetition_penalty=2.0, frequency_penalty=0.25, presence_penalty=0.5)
    assert ours(logits, [0, 1], [()])[0].tolist() == [1.0, 0.75, *[2.0] * (V - 2)]


def test_tokens_are_forced_in_their_places():
    shaped = shaper(3, forced_tokens={0: 4, 2: 5})(rows(3, 0), [1, 2, 3], [(), (4,), (4, 1)])
    assert [(row > -inf).nonzero().flatten().tolist() for row in shaped] == [[4], list(range(V)), [5]]


def test_a_row_behind_a_forbidden_token_or_an_end_is_not_asked_about():
    asked: list[list[int]] = []

    def strict(ids: Tensor, scores: Tensor) -> Tensor:
        asked.extend(ids.tolist())
        assert not (ids == 4).any()
        scores[:, 4] = -inf
        return scores

    logits = rows(6, 3)
    shaped = shaper(1, processors=[strict])(logits, [1], [(), (4,), (4, 2), (7,), (2,), (2, 3)])
    assert asked == [[1], [1, 2], [1, 2, 3]]
    assert torch.equal(shaped[1:4], logits[1:4])


def test_rows_of_one_length_are_asked_about_together():
    sizes: list[tuple[int, ...]] = []

    def counting(ids: Tensor, scores: Tensor) -> Tensor:
        sizes.append(tuple(ids.shape))
        return scores

    shaper(2, processors=[counting])(rows(4, 3), [1, 2], [(), (3,), (4,), (3, 5)])
    assert sizes == [(1, 2), (2, 3), (1, 4)]


def test_what_a_processor_writes_into_its_scores_stays_its_own():
    def writes(_: Tensor, scores: Tensor) -> Tensor:
        return scores.fill_(0.0)

    logits = rows(2, 3)
    before = logits.clone()
    assert torch.equal(shaper(1, processors=writes)(logits, [1], [(), (2,)]), torch.zeros(2, V))
    assert torch.equal(logits, before)


def test_a_row_without_a_token_is_an_error_only_where_the_text_goes_through_it():
    ours = shaper(1, bad_words_ids=[[2, token] for token in range(V)], ends=())
    logits = rows(3, 4)
    shaped = ours(logits, [1], [(), (2,), (3,)])
    assert torch.equal(shaped[1], logits[1])
    ours.check([0, 2])
    with pytest.raises(
        UnexpectedValueError, match=r"bad_words_ids allow in place 1 of the output, got none: every token is forbidden behind \[1, 2\]"
    ):
        ours.check([0, 1])


class Suppress(SuppressTokensLogitsProcessor):
    """A class of the user's own."""


def test_a_processor_of_transformers_class_takes_the_options_place_as_there():
    for handed_in in ([RepetitionPenaltyLogitsProcessor(1.9)], [Suppress([3]), RepetitionPenaltyLogitsProcessor(0.7)]):
        options = {"repetition_penalty": 1.2, "forced_eos_token_id": 3, "suppress_tokens": [2]}
        ours, made = shaper(1, processors=handed_in, **options), theirs.processors(1, LIMIT, ENDS, handed_in, **options)
        for text in ([1], [1, 4, 4], [1, 4, 5, 6, 4, 5]):
            logits = rows(1, 5)
            expected = theirs.scores(logits[0], text, made)
            assert torch.equal(ours(logits, text, [()])[0], expected if (expected > -inf).any() else logits[0])


# ----------------------------------------------------------------------------------------------- processors that cannot be used


class Remembers(LogitsProcessor):
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _: Tensor, scores: Tensor) -> Tensor:
        self.calls += 1
        return scores - self.calls


def fails(_: Tensor, __: Tensor) -> Tensor:
    raise KeyError("state")


CANNOT = {
    "remembers": (
        Remembers(),
        "the same answer from the processor Remembers to the same question, got another one; .* arguments|input_ids and scores",
    ),
    "is chance": (lambda _, scores: scores + torch.rand(scores.shape), "the same answer from the processor"),
    "fails": (fails, "the processor fails to answer for 1 texts of 3 tokens, got KeyError: 'state'"),
    "shape": (lambda _, scores: scores[:, :-1], r"scores of shape \(1, 9\) from the processor <lambda>, got \(1, 8\)"),
    "dtype": (lambda _, scores: scores.double(), r"scores of dtype torch.float32 .* got torch.float64"),
    "nan": (lambda _, scores: scores * float("nan"), "finite scores .* got NaN or infinite"),
    "infinite": (lambda _, scores: scores + inf, "finite scores"),
}


@pytest.mark.parametrize("why", CANNOT)
def test_a_processor_that_cannot_be_used_is_named_before_any_work(why: str):
    processor, said = CANNOT[why]
    with pytest.raises(UnexpectedValueError, match=said):
        Shaping(Distribution(processors=[processor]), ENDS, LIMIT).check([1, 2, 3], V, torch.device("cpu"))


def test_a_processor_that_returns_no_tensor_is_named():
    with pytest.raises(UnexpectedTypeError, match="a tensor from the processor <lambda>, got a NoneType"):
        Shaping(Distribution(processors=[lambda _, __: None]), ENDS, LIMIT).check([1], V, torch.device("cpu"))


def test_counting_is_of_the_text_not_of_how_often_it_was_asked():
    step = CountPenalties(1.0, 0.0, 1)
    level = Level([0, 3, 3], 1, [()])
    first = step(level, torch.zeros(1, V))
    assert torch.equal(first, step(level, torch.zeros(1, V)))
    assert first[0].tolist() == [0, 0, 0, -2, 0, 0, 0, 0, 0]
