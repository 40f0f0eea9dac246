"""A sample of the sweep over all model families of transformers; ``make sweep`` runs them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.model.sweep import families, outcome

SAMPLE = {
    **dict.fromkeys(("llama", "qwen3"), "native"),
    **dict.fromkeys(("apertus", "bert", "cohere2", "deepseek_v2", "exaone4", "glm4", "granite", "helium", "modernbert-decoder"), "adapted"),
    **dict.fromkeys(("gemma4_unified_text", "nemotron", "olmoe", "persimmon", "qwen2_moe", "seed_oss", "starcoder2"), "adapted"),
    **dict.fromkeys(("bart", "bloom", "falcon_mamba", "jamba", "roberta", "whisper", "xlnet"), "refused"),
}
"""Families and what has to become of them: natives, attention of every kind, and each reason to refuse."""


@pytest.mark.parametrize("family", SAMPLE)
def test_a_family_says_what_transformers_says_with_every_method_or_is_refused(family: str, tmp_path: Path):
    found = outcome(family, tmp_path)
    assert found.kind == SAMPLE[family], found.why
    assert found.kind != "refused" or found.why.startswith("expected ")


def test_layers_that_are_not_recurrent_are_not_called_so(tmp_path: Path):
    said = outcome("deepseek_v32", tmp_path).why
    assert "with layers of another kind than attention over every position (indexed_attention)" in said


def test_the_sweep_knows_as_many_families_as_transformers_has():
    assert len(families()) >= 150
    assert set(SAMPLE) <= set(families())
