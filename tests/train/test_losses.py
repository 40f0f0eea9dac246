"""Losses: golden values, where they vanish, and which way they push."""

from __future__ import annotations

import math

import pytest
import torch

from specviz.train.losses import cross_entropy, forward_kl, overlap


def logits(*rows: tuple[float, ...]) -> torch.Tensor:
    """Laws as logits [1, T, V]."""
    return torch.tensor(rows).log().unsqueeze(0)


def test_cross_entropy_of_row_t_is_about_token_t_plus_1():
    rows = logits((0.5, 0.25, 0.25), (0.1, 0.1, 0.8), (0.98, 0.01, 0.01))
    assert cross_entropy(rows, torch.tensor([[2, 0, 1]])).item() == pytest.approx((-math.log(0.5) - math.log(0.1)) / 2, abs=1e-6)


def test_forward_kl_golden():
    p, q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)
    expected = 0.5 * math.log(0.5 / 0.2) + 0.2 * math.log(0.2 / 0.5)
    assert forward_kl(logits(q), logits(p)).item() == pytest.approx(expected, abs=1e-6)
    assert forward_kl(logits(q, p), logits(p, p)).item() == pytest.approx(expected / 2, abs=1e-6)


def test_forward_kl_is_from_the_teacher_to_the_student_and_not_back():
    teacher, student = logits((0.9, 0.09, 0.01)), logits((0.3, 0.3, 0.4))
    there, back = forward_kl(student, teacher).item(), forward_kl(teacher, student).item()
    assert there == pytest.approx(sum(p * math.log(p / q) for p, q in zip((0.9, 0.09, 0.01), (0.3, 0.3, 0.4), strict=True)), abs=1e-6)
    assert abs(there - back) > 0.1


def test_forward_kl_is_zero_when_the_laws_are_equal_and_positive_otherwise():
    generator = torch.Generator().manual_seed(0)
    teacher = torch.randn(2, 5, 11, generator=generator)
    assert forward_kl(teacher + 3.0, teacher).item() == pytest.approx(0.0, abs=1e-6)
    for scale in (0.01, 0.1, 1.0):
        assert forward_kl(teacher + scale * torch.randn(2, 5, 11, generator=generator), teacher).item() > 0


def test_forward_kl_pushes_the_student_towards_the_teacher():
    student = torch.zeros(1, 1, 3, requires_grad=True)
    forward_kl(student, logits((0.7, 0.2, 0.1))).backward()
    assert student.grad.flatten().tolist() == pytest.approx([1 / 3 - 0.7, 1 / 3 - 0.2, 1 / 3 - 0.1], abs=1e-6)
    assert student.grad.sum().item() == pytest.approx(0.0, abs=1e-6)


def test_cross_entropy_pushes_up_the_token_that_came():
    rows = torch.zeros(1, 2, 4, requires_grad=True)
    cross_entropy(rows, torch.tensor([[1, 3]])).backward()
    assert rows.grad[0, 0, 3] < 0
    assert (rows.grad[0, 0, :3] > 0).all()
    assert rows.grad[0, 1].abs().sum() == 0


def test_overlap_is_the_chance_of_acceptance():
    assert overlap(logits((0.2, 0.3, 0.5)), logits((0.5, 0.3, 0.2))).item() == pytest.approx(0.7, abs=1e-6)
    assert overlap(logits((0.2, 0.8)), logits((0.2, 0.8))).item() == pytest.approx(1.0, abs=1e-6)
