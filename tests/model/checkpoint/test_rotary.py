"""Rotary positions against transformers' own: every native family, type and spelling, over 200 positions."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from specviz.errors import SpecvizError
from tests.helpers import CONFIGS, Bench, load, random_model, reference_logits, save, some_tokens
from tests.model.checkpoint.made import in_our_form, refusal, spoil

POSITIONS = 200
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}
KINDS: dict[str, dict[str, Any]] = {
    "default": {"rope_type": "default"},
    "nothing but a base": {"rope_theta": 500.0},
    "default with a factor, which means nothing": {"rope_type": "default", "factor": 4.0},
    "linear": {"rope_type": "linear", "factor": 4.0},
    "linear, a whole number": {"rope_type": "linear", "factor": 2},
    "linear below 1": {"rope_type": "linear", "factor": 0.5},
    "llama3": LLAMA3,
    "llama3 without a length": {name: value for name, value in LLAMA3.items() if name != "original_max_position_embeddings"},
    "llama3, low above high": LLAMA3 | {"low_freq_factor": 4.0, "high_freq_factor": 1.0},
    "yarn": YARN,
    "yarn below 1": YARN | {"factor": 0.5},
    "yarn of 1": YARN | {"factor": 1.0},
    "yarn, factor null": YARN | {"factor": None},
    "yarn without a length": {"rope_type": "yarn", "factor": 4.0},
    "yarn not truncated": YARN | {"truncate": False},
    "yarn truncated": YARN | {"truncate": True},
    "yarn, attention factor": YARN | {"attention_factor": 1.3},
    "yarn, attention factor 0": YARN | {"attention_factor": 0.0},
    "yarn, attention factor null": YARN | {"attention_factor": None},
    "yarn, betas": YARN | {"beta_fast": 16, "beta_slow": 2.0},
    "yarn, betas null": YARN | {"beta_fast": None, "beta_slow": None},
    "yarn, betas 0": YARN | {"beta_fast": 0, "beta_slow": 0},
    "yarn, one beta beyond the other": YARN | {"beta_fast": 1.0, "beta_slow": 32.0},
    "yarn, mscale": YARN | {"mscale": 0.7},
    "yarn, mscale of all dimensions": YARN | {"mscale_all_dim": 0.7},
    "yarn, both mscales": YARN | {"mscale": 0.7, "mscale_all_dim": 1.0},
    "yarn, both mscales and an attention factor": YARN | {"mscale": 0.7, "mscale_all_dim": 1.0, "attention_factor": 0.9},
    "partial": {"rope_type": "default", "partial_rotary_factor": 0.5},
    "partial of 1": {"rope_type": "linear", "factor": 2.0, "partial_rotary_factor": 1.0},
}
SPELLINGS = ("rope_parameters", "rope_scaling", "rope_scaling with type", "both, rope_scaling counts", "rope_scaling null", "rope_scaling empty")


def written(spelling: str, rope: dict[str, Any], theta: float | None) -> dict[str, Any]:
    """The entries of a config.json that say it."""
    base = {} if theta is None else {"rope_theta": theta}
    other = {"rope_type": "linear", "factor": 3.0, "rope_theta": 700.0}
    typed = {("type" if name == "rope_type" else name): value for name, value in rope.items()}
    return {
        "rope_parameters": {"rope_parameters": base | rope},
        "rope_scaling": {"rope_scaling": rope, **base},
        "rope_scaling with type": {"rope_scaling": typed, **base},
        "both, rope_scaling counts": {"rope_parameters": other, "rope_scaling": rope, **base},
        "rope_scaling null": {"rope_parameters": base | rope, "rope_scaling": None},
        "rope_scaling empty": {"rope_parameters": base | rope, "rope_scaling": {}},
    }[spelling]


def with_rope(bench: Bench, family: str, entries: dict[str, Any]) -> Path:
    """A folder of this family with these rotary entries and no others."""
    source = bench.folder(f"{family}-long", lambda: random_model(family, 3, spread=0.2, max_position_embeddings=256))
    folder = bench.fresh()
    for file in source.iterdir():
        if file.name != "config.json":
            (folder / file.name).symlink_to(file)
    raw = {name: value for name, value in json.loads((source / "config.json").read_text()).items() if not name.startswith("rope_")}
    (folder / "config.json").write_text(json.dumps(raw | entries))
    return folder


def check_same_or_refused(folder: Path) -> bool:
    """Logits are those of transformers; True when it was native. What transformers does not take, we do not either."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            reference = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
            expected = reference_logits(reference, some_tokens(POSITIONS))
        except Exception:  # noqa: BLE001  whatever it raises
            assert refusal(folder)
            return False
        if not expected.isfinite().all():
            with pytest.raises(SpecvizError):
                load(folder)
            return False
        model = load(folder).target
        torch.testing.assert_close(model.score(some_tokens(POSITIONS)), expected, atol=2e-4, rtol=2e-4)
        return model.is_native


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", CONFIGS)
def test_every_kind_in_every_family_turns_as_transformers_turns(bench: Bench, family: str, kind: str):
    is_native = check_same_or_refused(with_rope(bench, family, written("rope_parameters", KINDS[kind], 1e4)))
    assert is_native == (kind != "partial")


@pytest.mark.parametrize("theta", [None, 750.0])
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", ["default", "linear", "llama3", "yarn", "yarn below 1", "partial"])
def test_every_spelling_is_read_as_transformers_reads_it(bench: Bench, kind: str, spelling: str, theta: float | None):
    for family in ("llama", "smollm3"):  # the second has a base of its own where none is given
        check_same_or_refused(with_rope(bench, family, written(spelling, KINDS[kind], theta)))


@pytest.mark.parametrize(
    "extra", [{"original_max_position_embeddings": 64}, {"partial_rotary_factor": 0.5}, {"head_dim": 8}], ids=lambda extra: next(iter(extra))
)
@pytest.mark.parametrize("kind", ["default", "linear", "llama3", "yarn"])
def test_what_stands_beside_the_settings_counts_as_in_transformers(bench: Bench, kind: str, extra: dict[str, Any]):
    check_same_or_refused(with_rope(bench, "llama", written("rope_scaling", KINDS[kind], 1e4) | extra))


@pytest.mark.parametrize("kind", ["su", "mrope", "longrope", "dynamic", "proportional", "ntk", "", None, 3, ["yarn"]], ids=str)
@pytest.mark.parametrize("family", CONFIGS)
def test_other_kinds_go_through_transformers_or_are_refused_in_words(bench: Bench, family: str, kind: object):
    factors = {"short_factor": [1.0] * 4, "long_factor": [2.0] * 4, "factor": 2.0, "original_max_position_embeddings": 256}
    folder = with_rope(bench, family, {"rope_parameters": {"rope_type": kind, "rope_theta": 1e4, **factors}})
    assert not check_same_or_refused(folder)


WRONG = [None, "x", "4.0", True, 0, -1, [], {}, [4.0], float("nan"), float("inf"), 10**400]


@pytest.mark.parametrize("value", WRONG, ids=str)
@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (kind, key)
        for kind, keys in (("linear", ("factor", "rope_theta")), ("llama3", tuple(LLAMA3)), ("yarn", (*YARN, "beta_fast", "truncate")))
        for key in keys
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_or_means_what_it_means_to_transformers(bench: Bench, kind: str, key: str, value: object):
    folder = with_rope(bench, "llama", written("rope_parameters", KINDS[kind] | {key: value}, 1e4 if key != "rope_theta" else None))
    with in_our_form():
        load(folder)
        check_same_or_refused(folder)


@pytest.mark.parametrize("kind", ["linear", "llama3", "yarn"])
def test_a_missing_setting_is_named(bench: Bench, kind: str):
    for key in set(KINDS[kind]) - {"rope_type", "original_max_position_embeddings"}:
        rope = {name: value for name, value in KINDS[kind].items() if name != key}
        assert f"'{key}' in the rotary settings of config.json" in refusal(with_rope(bench, "llama", written("rope_parameters", rope, 1e4)))


def test_settings_of_no_object_are_refused(tmp_path):
    folder = save(random_model("llama"), tmp_path)
    for key in ("rope_parameters", "rope_scaling"):
        for value in ("yarn", [1], 3, True):
            assert key in refusal(spoil(folder, **{"rope_parameters": None, "rope_scaling": None, key: value}))
