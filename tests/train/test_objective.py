"""What counts in a step of training, and which tokens a draft is taught."""

from __future__ import annotations

import pytest
import torch

from specviz.train import losses
from specviz.train.objective import Batch, Objective, row_logits, whole
from tests.helpers import random_model

TOKENS = torch.randint(0, 320, (3, 9), generator=torch.Generator().manual_seed(1))


def some_counted() -> Batch:
    counted = torch.zeros(3, 9, dtype=torch.bool)
    counted[0, 4:], counted[1, 2:5], counted[2, 8] = True, True, True
    return Batch(TOKENS, counted)


def test_the_row_before_a_counted_token_predicts_it():
    model, batch = random_model("llama", 1).eval(), some_counted()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        all_logits = model(TOKENS).logits
    expected = torch.stack([all_logits[row, column - 1] for row, column in batch.counted.nonzero().tolist()])
    with torch.no_grad():
        assert torch.equal(row_logits(model, batch), expected)
    assert batch.targets.tolist() == [int(TOKENS[row, column]) for row, column in batch.counted.nonzero().tolist()]


def test_every_token_but_the_first_of_a_row_counts_in_a_whole_text():
    assert whole(TOKENS).counted.sum(1).tolist() == [8, 8, 8]
    assert not whole(TOKENS).counted[:, 0].any()


def test_padding_changes_nothing():
    model, batch = random_model("llama", 1).eval(), some_counted()
    padded = Batch(torch.cat((TOKENS, torch.full((3, 4), 7)), dim=1), torch.cat((batch.counted, torch.zeros(3, 4, dtype=torch.bool)), dim=1))
    with torch.no_grad():
        (short, count), (long, same) = Objective()(model, batch), Objective()(model, padded)
    assert count == same == int(batch.counted.sum())
    assert float(short) == pytest.approx(float(long), rel=1e-2)


def test_without_a_teacher_the_loss_is_the_cross_entropy_of_the_counted_tokens():
    model, batch = random_model("llama", 1).eval(), some_counted()
    with torch.no_grad():
        loss, count = Objective()(model, batch)
        assert float(loss) == pytest.approx(float(losses.cross_entropy(row_logits(model, batch), batch.targets).sum()))
    assert count == 9


@pytest.mark.parametrize("name", sorted(losses.DIVERGENCES))
def test_a_teacher_is_followed_by_the_chosen_divergence_with_a_share_of_the_text(name: str):
    student, teacher, batch = random_model("llama", 1).eval(), random_model("llama", 2).eval(), some_counted()
    with torch.no_grad():
        loss, _ = Objective(teacher, name, text_share=0.25)(student, batch)
        rows, theirs = row_logits(student, batch), row_logits(teacher, batch)
        expected = 0.75 * losses.DIVERGENCES[name](rows, theirs).sum() + 0.25 * losses.cross_entropy(rows, batch.targets).sum()
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_wrong_tokens_are_those_on_which_student_and_teacher_would_choose_differently():
    student, teacher, batch = random_model("llama", 1).eval(), random_model("llama", 2).eval(), whole(TOKENS)
    with torch.no_grad():
        differ = row_logits(student, batch).argmax(-1) != row_logits(teacher, batch).argmax(-1)
        _, count = Objective(teacher, tokens="wrong")(student, batch)
        _, none = Objective(student, tokens="wrong")(student, batch)
    assert count == int(differ.sum()) > 0
    assert none == 0


def test_learnable_tokens_are_the_share_on_which_the_student_lags_most_behind_the_reference():
    student, teacher, reference = (random_model("llama", seed).eval() for seed in (1, 2, 3))
    batch = whole(TOKENS)
    objective = Objective(teacher, text_share=0.0, tokens="learnable", reference=reference, kept=0.25)
    with torch.no_grad():
        rows, theirs, refs = (row_logits(model, batch) for model in (student, teacher, reference))
        gap = losses.forward_kl(rows, theirs) - losses.forward_kl(refs, theirs)
        loss, count = objective(student, batch)
    best = gap.argsort(descending=True)[:6]
    assert count == 6 == round(0.25 * 24)
    assert float(loss) == pytest.approx(float(losses.forward_kl(rows, theirs)[best].sum()), rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"divergence": "l2"}, "divergence of forward-kl"),
        ({"tokens": "wrong"}, "expected a teacher"),
        ({"tokens": "some"}, "all, wrong or learnable"),
        ({"tokens": "learnable", "teacher": 1}, "expected a reference"),
        ({"reference": 1, "teacher": 1}, "expected a reference for learnable"),
        ({"kept": 0.0}, "share in"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, object], words: str):
    with pytest.raises(ValueError, match=words):
        Objective(**settings)
