"""The doctor's parts: bug or rounding, one language or two, curves beyond what was measured, where lines cross 1."""

from __future__ import annotations

import pytest
import torch

from specviz.doctor import passes
from specviz.doctor.choices import acceptance, by_rank, lengths, stops_at
from specviz.doctor.diagnosis import ContextPoint, Point
from specviz.doctor.divergence import explained, first_divergence, read_again
from specviz.doctor.examine import compare_checkpoints
from specviz.doctor.passes import Curve, never_falling
from specviz.doctor.texts import bare_prompts, compare_templates, compare_vocabularies, in_template
from specviz.engine.costs import repeat
from specviz.engine.run import generate
from specviz.model.sampling import SamplingSettings
from specviz.model.text import Text
from tests.helpers import Bench, byte_tokenizer, fresh_logits, letter_tokenizer, load, random_model, save


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Bench:
    return Bench(tmp_path_factory.mktemp("models"))


def twins():
    """A model to which tokens 7 and 8 are the same, and the likeliest of all after anything that ends in token 5."""
    model = random_model()
    with torch.no_grad():
        model.lm_head.weight[8] = model.lm_head.weight[7]
    return model


def test_equal_texts_do_not_diverge(made):
    assert first_divergence(made.pair("close"), 0, [1, 2, 3], [4, 5], [4, 5]) is None


def test_a_tie_is_floating_point(made):
    pair = load(made.folder("twins", twins))
    found = first_divergence(pair, 3, [1, 2, 3, 5], [9, 7, 1], [9, 8, 1])
    assert (found.prompt, found.position, found.plain, found.other) == (3, 1, 7, 8)
    assert abs(found.margin) <= found.tolerance < 1e-2
    assert found.verdict == "floating point"


def test_a_token_the_target_did_not_prefer_is_a_bug(made):
    pair = made.pair("close")
    prompt = pair.text.encode("def add(first")
    plain = generate(pair, prompt, "autoregressive", 6).tokens
    logits = fresh_logits(pair.target, [*prompt, *plain[:3]])[-1]
    second = int(logits.topk(2).indices[1])
    found = first_divergence(pair, 0, prompt, plain, [*plain[:3], second, *plain[4:]])
    assert found.position == 3
    assert found.margin == pytest.approx(float(logits.max() - logits[second]), rel=1e-3)
    assert found.verdict == "bug"
    assert found.tolerance < found.margin


def test_a_text_that_ends_too_early_is_a_bug(made):
    found = first_divergence(made.pair("close"), 0, [1, 2, 3], [4, 5, 6], [4, 5])
    assert (found.position, found.other, found.verdict) == (2, -1, "bug")


def test_the_logits_are_read_in_several_orders(made):
    pair = made.pair("close")
    tokens = list(range(10, 40))
    readings = read_again(pair, tokens)
    assert readings.shape == (4, pair.target.config.vocab)
    torch.testing.assert_close(readings, fresh_logits(pair.target, tokens)[-1].double().expand_as(readings), atol=1e-3, rtol=1e-3)


def test_a_pass_that_is_wrong_at_some_width_is_no_excuse():
    right = torch.linspace(-5, 10, 50, dtype=torch.float64).repeat(4, 1)
    wrong = right.clone()
    wrong[2] += 4 * torch.randn(50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert explained(right, torch.float32) < 1e-5
    assert explained(wrong, torch.float32) < 1e-3
    assert explained(wrong, torch.bfloat16) < 2.5


def test_two_tokenizers_are_compared_id_by_id(made, tmp_path):
    target = made.family("llama")
    other = byte_tokenizer()
    renamed = letter_tokenizer(20)
    renamed.eos_token = "b"
    renamed.save_pretrained(tmp_path)
    same = compare_vocabularies(Text(target), None, (320, 384))
    assert (same.differing, same.target_size, same.draft_rows, same.specials) == (0, len(other), 384, ())
    differ = compare_vocabularies(Text(target), Text(tmp_path), (320, 20))
    assert differ.differing == len(other)
    assert differ.draft_size == 20
    assert differ.examples[0][2] == "a"
    assert ("eos_token", "<|end|> (id 0)", "b (id 1)") in differ.specials


def test_checkpoints_that_are_no_pair_are_diagnosed_without_loading_them(made, tmp_path):
    draft = save(random_model(vocab_size=20), tmp_path, letter_tokenizer(20))
    target = made.family("llama")
    found = compare_checkpoints(str(target), str(draft))
    assert [advice.cause for advice in found.advice] == ["vocabularies differ"]
    assert found.speed is None
    assert any("nothing was timed" in note for note in found.notes)
    assert compare_checkpoints(str(target), str(target)) is None


def test_prompts_outside_the_template_are_found(made):
    text = Text(made.family("llama"))
    inside = in_template(text, "Add 1 and 2.")
    assert inside == "<|user|>Add 1 and 2.<|assistant|>"
    assert bare_prompts(text, ["Add 1 and 2.", inside, "def f():"]) == [0, 2]


def test_differing_and_foreign_templates_are_told_apart(made, tmp_path):
    other = byte_tokenizer()
    kept = other.chat_template
    try:
        other.chat_template = "{% for m in messages %}[INST]{{ m['content'] }}[/INST]{% endfor %}"
        other.save_pretrained(tmp_path)
    finally:
        other.chat_template = kept
    target, draft = Text(made.family("llama")), Text(tmp_path)
    found = compare_templates(target, draft, ["[INST]Hello[/INST]", "<|user|>Hello<|assistant|>"])
    assert not found.is_same
    assert found.target_hash == target.template_hash
    assert found.draft_hash not in {None, found.target_hash}
    assert dict(found.foreign).keys() == {"[INST]", "[/INST]"}
    assert compare_templates(draft, None, ["[INST]Hello[/INST]"]).foreign == ()  # marks of several tokens, but its own


def test_a_template_without_a_place_for_the_user_is_no_complaint(made, tmp_path):
    tokenizer = letter_tokenizer(20)
    tokenizer.save_pretrained(tmp_path)
    assert bare_prompts(Text(tmp_path), ["abc"]) == []


def test_a_curve_goes_through_its_points_and_on_along_their_upper_half():
    curve = Curve(tuple(Point(m, 1 + 0.1 * m, 0.0, 9.0) for m in (1, 2, 4, 8, 16)))
    assert curve(4) == pytest.approx(1.4)
    assert curve(6) == pytest.approx(1.6)
    assert curve(100) == pytest.approx(11.0)
    assert Curve((Point(1, 1.0, 1.0, 1.0),))(50) == 1.0
    assert Curve((Point(8, 2.0, 2.0, 2.0), Point(16, 1.0, 1.0, 1.0)))(50) == pytest.approx(1.5)  # noise is no reason to draft more
    assert Curve(())(50) == 0.0


def test_falling_neighbours_are_pooled_and_rising_ones_stay():
    assert never_falling([1.0, 3.0, 2.0, 4.0, 3.0, 2.0, 9.0]) == [1.0, 2.5, 2.5, 3.0, 3.0, 3.0, 9.0]
    assert never_falling([1.0, 2.0, 3.0]) == [1.0, 2.0, 3.0]
    assert never_falling([]) == []
    noisy = Curve((Point(1, 1.0, 1, 1), Point(2, 0.9, 1, 1), Point(5, 1.6, 1, 1), Point(6, 1.2, 1, 1)))
    assert (noisy(1), noisy(2), noisy(5), noisy(6)) == (1.0, 0.9, pytest.approx(1.4), pytest.approx(1.4))


def point(context, speedup):
    return ContextPoint(context, 1.0, 0.1, 1.0, speedup)


def test_the_crossing_is_between_the_points_and_once_for_all():
    assert stops_at([point(32, 2.0), point(64, 1.5), point(128, 0.5)]) == 80
    assert stops_at([point(32, 2.0), point(64, 0.9), point(128, 1.2)]) is None
    assert stops_at([point(32, 0.9), point(64, 0.8)]) == 32
    assert stops_at([]) is None


@pytest.mark.parametrize(("widest_s", "counts"), [(0.1, range(1, 65)), (1.7, passes.FEW_COUNTS)])
def test_where_wide_passes_are_slow_only_a_few_are_timed(made, monkeypatch, widest_s, counts):
    asked = []

    def behind(_pair, _text, _context, counts, few, steps, rounds):
        asked.append((list(counts), rounds))
        return {m: [widest_s] * rounds for m in counts}, {m: [0.1] * rounds for m in few if steps}

    monkeypatch.setattr(passes, "passes_behind", behind)
    clock = passes.PassClock(made.pair("close"), [1, 2, 3], 20, SamplingSettings(), steps=2)
    clock.time(2)
    clock.time(3)
    assert [row for row in asked if row[1] > 1] == [(list(counts), 2), (list(counts), 3)]
    assert clock.costs.rounds == 5


def test_lengths_double_and_hold_the_typical_and_the_longest():
    assert lengths(32, 123, 1018) == [32, 64, 123, 256, 512, 1018]
    assert lengths(32, 300, 122) == [32, 64, 122]
    assert lengths(20, 20, 20) == [20]


def test_acceptance_of_nothing_is_not_a_number():
    assert acceptance([]).value != acceptance([]).value
    figure = acceptance([(3, 4), (1, 4)])
    assert figure.value == 0.5
    assert figure.low < 0.5 < figure.high


def test_ranks_are_those_of_the_target_s_choice_in_the_draft_s_law(made):
    """Of a greedy chain the first rank is its acceptance, and the others are counted with both models read afresh."""
    pair = made.pair("close")
    run = generate(pair, "def add(first", "chain", 30)
    rates, places = by_rank([run.trace])
    examined = [node for cycle in run.trace for node in cycle.nodes if node.state in ("accepted", "rejected")]
    assert places == len(examined)
    assert rates[0] * places == pytest.approx(sum(node.state == "accepted" for node in examined))
    tokens, counts = pair.text.encode("def add(first"), {}
    for cycle in run.trace:
        text = [*tokens]
        for node in cycle.nodes:
            if node.state == "ignored":
                break
            choice = int(fresh_logits(pair.target, text)[-1].argmax())
            rank = int((fresh_logits(pair.draft, text)[-1] > fresh_logits(pair.draft, text)[-1][choice]).sum())
            counts[rank] = counts.get(rank, 0) + 1
            text.append(node.token)
        tokens += cycle.committed
    for rank, rate in enumerate(rates):
        assert rate * places == pytest.approx(counts.get(rank, 0))


def test_a_tree_counts_a_place_once_and_the_accepted_sibling_is_the_choice(made):
    run = generate(made.pair("close"), "def add(first", "rsd-c", 30)
    rates, places = by_rank([run.trace])
    expected = sum(len(cycle.path) + (cycle.last_kind == "corrected") for cycle in run.trace)
    assert places == expected
    assert rates[0] <= 1


def test_text_is_set_end_to_end():
    assert repeat([1, 2, 3], 2, 5) == [3, 1, 2, 3, 1]
