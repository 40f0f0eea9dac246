"""The type of numbers is chosen by the passes of a run, measured once a machine; what cannot be built or measured is not chosen."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import specviz as sv
from specviz.bench.shapes_models import find_shape
from specviz.kernels import quick, remembered
from specviz.kernels.remembered import Times
from specviz.model import quick_dtype, timed_passes
from specviz.model.config import ModelConfig
from specviz.model.hardware import place
from specviz.model.pair import load_pair
from tests.helpers import Bench, byte_tokenizer, random_model

SHAPE = ModelConfig("llama", 320, 32, 48, 2, 4, 2, 8, 128, 1e-5, tied_head=True)
SLOW, FAST, FLAT, STEEP = 64.0, 26.0, (1.0, 1.1, 1.34, 2.7), (1.0, 4.7, 9.4, 33.0)
"""Milliseconds of a plain step of 135 M parameters in float32 and in bfloat16 where neither instructions nor packed products help, and their v(m)."""


def times_of(float32: float, bfloat16: float, flat: tuple[float, ...] = FLAT, steep: tuple[float, ...] = FLAT) -> Times:
    """Seconds of passes, as they would have been measured."""
    each = zip(timed_passes.COUNTS, flat, steep, strict=True)
    return {timed_passes.named(name, m): one * v for m, f, b in each for name, one, v in (("float32", float32, f), ("bfloat16", bfloat16, b))}


@pytest.fixture(autouse=True)
def times_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of what was measured, empty."""
    path = tmp_path / "cache" / "dtypes.json"
    monkeypatch.setenv("SPECVIZ_DTYPES", str(path))
    monkeypatch.delenv(quick.SWITCH, raising=False)
    return path


def layers_in(path: Path) -> list[Times]:
    """What the file holds of layers, not of single products."""
    return [times for key, times in json.loads(path.read_text()).items() if "layers" in key]


def measured_as(monkeypatch: pytest.MonkeyPatch, times: Times | Callable[[ModelConfig], Times]) -> list[ModelConfig]:
    """Measurements find this; what was asked for."""
    asked: list[ModelConfig] = []

    def measure(part: ModelConfig, *, is_native: bool) -> Times:
        assert is_native
        asked.append(part)
        return times(part) if callable(times) else times

    monkeypatch.setattr(quick_dtype, "measure", measure)
    return asked


def test_the_quicker_type_is_measured_once_and_remembered(times_file: Path, monkeypatch: pytest.MonkeyPatch):
    first = place("cpu", shape=SHAPE)
    assert "measured here: in bfloat16" in first.why
    (times,) = layers_in(times_file)
    assert {timed_passes.named("float32", count) for count in timed_passes.COUNTS} < times.keys()
    monkeypatch.setattr(remembered, "_known", {})  # as another process
    monkeypatch.setattr(quick_dtype, "measure", None)  # calling it would fail
    assert place("cpu", shape=SHAPE) == first


def test_two_loads_of_a_process_choose_alike_where_nothing_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SPECVIZ_DTYPES", str(tmp_path / "file" / "dtypes.json"))
    asked = measured_as(monkeypatch, times_of(1.0, 0.5))
    assert [place("cpu", shape=SHAPE).dtype for _ in range(3)] == [torch.bfloat16] * 3
    assert len(asked) == 1


@pytest.mark.parametrize(("seconds", "chosen"), [((2.0, 1.0), torch.bfloat16), ((1.0, 2.0), torch.float32), ((1.0, 0.97), torch.float32)])
def test_bfloat16_is_taken_only_where_it_is_clearly_quicker(times_file: Path, monkeypatch: pytest.MonkeyPatch, seconds, chosen):
    measured_as(monkeypatch, times_of(*seconds))
    assert place("cpu", shape=SHAPE).dtype == chosen
    assert times_file.exists()


@pytest.mark.parametrize("role", ["target", "draft"])
def test_float32_wins_where_passes_of_bfloat16_grow_with_their_tokens(monkeypatch: pytest.MonkeyPatch, role):
    """Though its plain step takes two fifths of float32's, and a draft makes little else: a prompt is read by both."""
    measured_as(monkeypatch, times_of(SLOW, FAST, FLAT, STEEP))
    chosen = place("cpu", shape=SHAPE, role=role)
    assert chosen.dtype == torch.float32
    assert f"of 1 to 32 tokens of a {role}'s run take {2.06 if role == 'target' else 0.99} times as long as in float32" in chosen.why


def test_a_type_without_a_time_is_not_taken(monkeypatch: pytest.MonkeyPatch):
    times = times_of(1.0, 0.1)
    measured_as(monkeypatch, {name: seconds for name, seconds in times.items() if name != timed_passes.named("bfloat16", 32)})
    assert place("cpu", shape=SHAPE).dtype == torch.float32


def test_a_measurement_that_fails_means_float32(monkeypatch: pytest.MonkeyPatch):
    def fails(_: ModelConfig) -> Times:
        raise RuntimeError("path needs the cpu support of another cpu")

    measured_as(monkeypatch, fails)
    chosen = place("cpu", shape=SHAPE)
    assert (chosen.dtype, chosen.why.count("could not be measured")) == (torch.float32, 1)


def test_a_type_that_cannot_be_built_is_no_candidate(monkeypatch: pytest.MonkeyPatch):
    build = timed_passes._built

    def built(part, tensors, dtype, *, is_native):
        if dtype == torch.bfloat16:
            raise RuntimeError("bf16 path needs the cpu support of another cpu")
        return build(part, tensors, dtype, is_native=is_native)

    monkeypatch.setattr(timed_passes, "_built", built)
    times = timed_passes.measure(timed_passes.part_of(SHAPE))
    assert {name.split()[0] for name in times if not name.startswith(timed_passes.ALONE)} == {"float32"}
    assert place("cpu", shape=SHAPE).dtype == torch.float32


class Clocked:
    """A candidate on a clock of its own: a pass takes as long as it says."""

    clock = 0.0

    def __init__(self, seconds: Callable[[int], float]) -> None:
        self.of, self.asked = seconds, list[int]()

    def seconds(self, count: int) -> float:
        Clocked.clock += self.of(count)
        self.asked.append(count)
        return self.of(count)


@pytest.mark.parametrize("slow", [0.002, 0.2, 20.0], ids=["alike", "slower", "hopeless"])
def test_a_measurement_ends_soon_however_slow_a_type_is(monkeypatch: pytest.MonkeyPatch, slow: float):
    """One round is made in any case, but not of passes that can only lose."""
    Clocked.clock = 0.0
    monkeypatch.setattr(timed_passes, "perf_counter", lambda: Clocked.clock)
    made = {"float32": Clocked(lambda _: 0.002), "bfloat16": Clocked(lambda m: slow * m / 8)}
    monkeypatch.setattr(timed_passes, "_candidates", lambda *_, **__: made)
    times = timed_passes.measure(timed_passes.part_of(SHAPE))
    asked = made["bfloat16"].asked
    if slow == 20.0:
        assert asked == [1]
        assert timed_passes.named("bfloat16", 4) not in times
    assert asked.count(1) <= timed_passes._ROUNDS
    assert made["float32"].asked.count(32) == asked.count(1)
    assert Clocked.clock < 3.0


def test_layers_are_timed_that_do_not_lie_in_a_cache_and_fit_every_laptop(monkeypatch: pytest.MonkeyPatch):
    asked = measured_as(monkeypatch, times_of(2.0, 1.0))
    place("cpu", shape=replace(find_shape("llama-3.1-8b").config, heads=71, kv_heads=1))
    place("cpu", shape=replace(SHAPE, width=576, hidden=1536, heads=9, kv_heads=3, head_width=64, layers=30))
    place("cpu", shape=SHAPE)
    large, middle, small = asked
    assert (large.layers, large.width, large.hidden) == (2, 1024, 4096)
    assert large.heads % large.kv_heads == 0
    assert 4 <= middle.layers < 30
    assert small.layers == SHAPE.layers, "of a small one all, which is what a run reads"


def test_layers_share_what_is_drawn_but_not_where_it_lies():
    part = timed_passes.part_of(replace(SHAPE, layers=3))
    tensors = timed_passes._alike(part)
    assert tensors("model.layers.2.mlp.up_proj.weight") is tensors("model.layers.0.mlp.up_proj.weight")
    assert tensors("model.layers.0.self_attn.q_norm.weight") is None
    assert tensors("model.embed_tokens.weight").shape == (part.vocab, part.width)


def test_a_pass_of_transformers_is_timed_without_packed_products(monkeypatch: pytest.MonkeyPatch):
    seen = []
    monkeypatch.setattr(quick_dtype, "measure", lambda _, *, is_native: seen.append(is_native) or times_of(2.0, 1.0))
    place("cpu", shape=replace(SHAPE, family="gpt2"))
    place("cpu", shape=SHAPE)
    assert seen == [False, True]
    made = []
    monkeypatch.setattr(timed_passes, "Transformer", lambda *_: made.append(quick.is_plain()) or pytest.skip("built"))
    for is_native in (True, False):
        with pytest.raises(pytest.skip.Exception):
            timed_passes._built(SHAPE, lambda _: None, torch.float32, is_native=is_native)
    assert made == [False, True]


@pytest.mark.parametrize("change", ["threads", "isa", "version"])
def test_what_the_times_depend_on_is_measured_anew(monkeypatch: pytest.MonkeyPatch, change: str):
    asked = measured_as(monkeypatch, times_of(2.0, 1.0))
    place("cpu", shape=SHAPE)
    if change == "threads":
        monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    elif change == "isa":
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "SSE41")
    else:
        monkeypatch.setattr(remembered, "_VERSION", 99)
    place("cpu", shape=SHAPE)
    place("cpu", shape=SHAPE)
    assert len(asked) == 2


def test_the_switch_means_float32_without_a_measurement(monkeypatch: pytest.MonkeyPatch):
    asked = measured_as(monkeypatch, times_of(2.0, 1.0))
    monkeypatch.setenv(quick.SWITCH, "1")
    assert place("cpu", shape=SHAPE).dtype == torch.float32
    assert place("cpu", "bfloat16", SHAPE).dtype == torch.bfloat16, "what is asked for is not switched off"
    assert asked == []


def test_a_draft_has_the_type_that_is_quick_for_its_own_size_unless_one_type_was_asked_for(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    target = bench.folder("wide", lambda: random_model("llama", 1, hidden_size=64), byte_tokenizer(300))
    draft = bench.folder("narrow", lambda: random_model("llama", 2, hidden_size=32), byte_tokenizer(300))
    measured_as(monkeypatch, lambda part: times_of(2.0, 1.0) if part.width == 64 else times_of(1.0, 2.0))

    def types(**wanted: str) -> tuple[torch.dtype, torch.dtype]:
        pair = load_pair(target=target, draft=draft, device="cpu", **wanted)
        assert ("draft in" in pair.describe()) == (pair.target.dtype != pair.draft.dtype)
        assert pair.draft.describe()["dtype"] == str(pair.draft.dtype).removeprefix("torch.")
        return pair.target.dtype, pair.draft.dtype

    assert types() == types(dtype="bfloat16", draft_dtype="auto") == (torch.bfloat16, torch.float32)
    assert types(dtype="bfloat16") == (torch.bfloat16, torch.bfloat16)
    assert types(dtype="float32", draft_dtype="bfloat16") == (torch.float32, torch.bfloat16)
    pair = load_pair(target=target, draft=draft, device="cpu", dtype="float32", draft_dtype="bfloat16")
    plain, chain = (sv.generate(pair, [1, 2, 3, 4], method, 16).tokens for method in ("autoregressive", "chain"))
    assert chain == plain


# -------------------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"a": 1}', '{"a": {"float32": 0, "bfloat16": 1}}', "\x00\xff", "[" * 20_000, '{"a": {"disturbed": null, "made at": "x"}}']
)
def test_a_damaged_file_is_measured_anew(times_file: Path, monkeypatch: pytest.MonkeyPatch, content: str):
    times_file.parent.mkdir()
    times_file.write_text(content)
    measured_as(monkeypatch, times_of(2.0, 1.0))
    assert place("cpu", shape=SHAPE).dtype == torch.bfloat16
    assert len(layers_in(times_file)) == 1


def test_an_entry_that_lacks_a_time_is_measured_anew(times_file: Path, monkeypatch: pytest.MonkeyPatch):
    asked = measured_as(monkeypatch, times_of(2.0, 1.0))
    place("cpu", shape=SHAPE)
    kept = json.loads(times_file.read_text())
    for times in kept.values():
        times.pop(timed_passes.named("float32", 8), None)
    times_file.write_text(json.dumps(kept))
    monkeypatch.setattr(remembered, "_known", {})
    place("cpu", shape=SHAPE)
    assert len(asked) == 2


def test_what_another_process_wrote_meanwhile_stays(times_file: Path):
    def measure() -> Times:
        remembered._write({"theirs": remembered._undisturbed(lambda: {"x": 1.0})})
        return {"x": 2.0}

    remembered.remembered("ours", ["x"], measure)
    assert sorted(key.split(" | ")[-1] for key in json.loads(times_file.read_text())) == ["ours", "theirs"]


@pytest.mark.parametrize(("share", "hours", "asked"), [(1.0, 1000, 1), (0.5, 0.5, 1), (0.5, 2, 2)])
def test_a_disturbed_measurement_is_believed_for_an_hour(monkeypatch: pytest.MonkeyPatch, share: float, hours: float, asked: int):
    """The thread that measures had only a share of the time that passed: others took the processor."""
    now, made = [1e9], []

    def measure() -> Times:
        now[0] += 10.0
        made.append(1)
        return {"x": 1.0}

    monkeypatch.setattr(remembered, "perf_counter", lambda: now[0])
    monkeypatch.setattr(remembered, "thread_time", lambda: share * now[0])
    monkeypatch.setattr(remembered, "time", lambda: now[0])
    for _ in range(2):
        assert remembered.remembered("passes", ["x"], measure) == {"x": 1.0}
        now[0] += 3600.0 * hours
        monkeypatch.setattr(remembered, "_known", {})
    assert len(made) == asked


# ------------------------------------------------------------------------------------------------- threads, a busy machine


def test_threads_that_stand_in_each_others_way_are_said_and_left_to_the_user(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    measured_as(monkeypatch, times_of(2.0, 1.0) | {"one thread bfloat16": 0.4, "one thread float32": 9.0})
    assert "one thread takes 0.40 times as long for a step as all 4: try OMP_NUM_THREADS=1" in place("cpu", shape=SHAPE).why


def test_no_word_of_threads_where_several_are_quicker(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    measured_as(monkeypatch, times_of(2.0, 1.0) | {"one thread bfloat16": 2.0})
    assert "thread" not in place("cpu", shape=SHAPE).why


def test_the_number_of_threads_is_what_it_was_after_a_measurement():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        times = timed_passes.measure(timed_passes.part_of(SHAPE))
        assert torch.get_num_threads() == 2
        assert {"one thread float32", "one thread bfloat16"} < times.keys()
        with pytest.raises(ZeroDivisionError):
            timed_passes._by_one_thread({"float32": Clocked(lambda _: 1 / 0)})  # type: ignore[dict-item]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_busy_machine_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(remembered, "cores", lambda: 2)
    pair = bench.pair("close")
    monkeypatch.setattr(os, "getloadavg", lambda: (5.25, 1.0, 1.0))
    assert pair.describe().endswith("the machine is busy (load 5.2 on 2 processors): times vary, and one thread may be quicker than several")
    monkeypatch.setattr(os, "getloadavg", lambda: (2.1, 9.0, 9.0))
    assert "busy" not in pair.describe()
    monkeypatch.delattr(os, "getloadavg")  # as on Windows
    assert "busy" not in pair.describe()
