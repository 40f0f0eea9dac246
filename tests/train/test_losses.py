"""Losses: golden values, where they vanish, and which way they push."""

from __future__ import annotations

import math

import pytest
import torch

from specviz.train.losses import DIVERGENCES, cross_entropy, forward_kl, jensen_shannon, overlap, reverse_kl, total_variation


def logits(*rows: tuple[float, ...]) -> torch.Tensor:
    """Laws as logits [R, V]."""
    return torch.tensor(rows).log()


P, Q = (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)


def test_cross_entropy_golden():
    rows = logits((0.5, 0.25, 0.25), (0.1, 0.1, 0.8))
    assert cross_entropy(rows, torch.tensor([0, 1])).tolist() == pytest.approx([-math.log(0.5), -math.log(0.1)], abs=1e-6)


def kl(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return sum(x * math.log(x / y) for x, y in zip(a, b, strict=True))


def test_divergences_golden():
    middle = tuple((x + y) / 2 for x, y in zip(P, Q, strict=True))
    teacher, student = logits(P, P), logits(Q, P)
    for divergence, expected in (
        (forward_kl, kl(P, Q)),
        (reverse_kl, kl(Q, P)),
        (jensen_shannon, 0.5 * kl(P, middle) + 0.5 * kl(Q, middle)),
        (total_variation, 0.3),
    ):
        assert divergence(student, teacher).tolist() == pytest.approx([expected, 0.0], abs=1e-6), divergence


def test_forward_kl_is_from_the_teacher_to_the_student_and_not_back():
    teacher, student = (0.9, 0.09, 0.01), (0.3, 0.3, 0.4)
    there, back = forward_kl(logits(student), logits(teacher)).item(), reverse_kl(logits(student), logits(teacher)).item()
    assert there == pytest.approx(kl(teacher, student), abs=1e-6)
    assert back == pytest.approx(kl(student, teacher), abs=1e-6)
    assert abs(there - back) > 0.1


def test_the_weighted_divergence_tends_to_either_kl():
    teacher, student = logits(P), logits(Q)
    assert jensen_shannon(student, teacher, 1e-4).item() / 1e-4 == pytest.approx(kl(P, Q), rel=0.01)
    assert jensen_shannon(student, teacher, 1 - 1e-4).item() / 1e-4 == pytest.approx(kl(Q, P), rel=0.01)


@pytest.mark.parametrize("name", sorted(DIVERGENCES))
def test_every_divergence_is_zero_when_the_laws_are_equal_and_positive_otherwise(name: str):
    generator = torch.Generator().manual_seed(0)
    teacher = torch.randn(10, 11, generator=generator)
    divergence = DIVERGENCES[name]
    assert divergence(teacher + 3.0, teacher).tolist() == pytest.approx([0.0] * 10, abs=1e-6)
    for scale in (0.01, 0.1, 1.0):
        assert bool((divergence(teacher + scale * torch.randn(10, 11, generator=generator), teacher) > 0).all())


@pytest.mark.parametrize("name", sorted(DIVERGENCES))
def test_every_divergence_pulls_the_student_to_the_teacher(name: str):
    student, teacher = torch.tensor([[0.3, 0.0, 0.1]], requires_grad=True), logits((0.7, 0.2, 0.1))
    before = DIVERGENCES[name](student, teacher)
    before.sum().backward()
    assert DIVERGENCES[name](student.detach() - 0.05 * student.grad, teacher).item() < before.item()
    assert student.grad.sum().item() == pytest.approx(0.0, abs=1e-6)


def test_forward_kl_has_the_gradient_q_minus_p():
    student = torch.zeros(1, 3, requires_grad=True)
    forward_kl(student, logits((0.7, 0.2, 0.1))).sum().backward()
    assert student.grad.flatten().tolist() == pytest.approx([1 / 3 - 0.7, 1 / 3 - 0.2, 1 / 3 - 0.1], abs=1e-6)


def test_cross_entropy_pushes_up_the_token_that_came():
    rows = torch.zeros(1, 4, requires_grad=True)
    cross_entropy(rows, torch.tensor([3])).sum().backward()
    assert rows.grad[0, 3] < 0
    assert (rows.grad[0, :3] > 0).all()


def test_overlap_is_the_chance_of_acceptance():
    assert overlap(logits((0.2, 0.3, 0.5)), logits((0.5, 0.3, 0.2))).item() == pytest.approx(0.7, abs=1e-6)
    assert overlap(logits((0.2, 0.8)), logits((0.2, 0.8))).item() == pytest.approx(1.0, abs=1e-6)
