"""Every quick path is tried in its own form, once, whatever the process made torch's defaults; each is taken away in turn, and the text stays."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

import specviz as sv
from specviz.kernels import packed_linear, quick, remembered, rms_norm
from specviz.kernels.chain_judge import chain_judge, plain_chain_judge
from specviz.kernels.greedy_path import greedy_path, plain_greedy_path
from specviz.kernels.split_attention import split_attention
from specviz.model import fixed, hardware
from tests.helpers import Bench, load, some_tokens

PACKAGE = Path(sv.__file__).parent
CPU, CARD = torch.device("cpu"), torch.device("cuda")
FORM = quick.form_of(CPU, torch.float32, 3)
PROMPT = some_tokens(12)
CHAIN, TREE = "chain", "specinfer:branching=2/2/1:gamma=3"


@pytest.fixture(autouse=True)
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was tried yet in this process."""
    monkeypatch.setattr(quick, "_reasons", {})


def take_away(monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    """Make every trial of these paths fail."""
    run = quick.run_trial

    def run_or_fail(path: str, work: Callable[[], Any]) -> Any:
        if path in paths:
            raise NotImplementedError(f"this machine has no {path}")
        return run(path, work)

    monkeypatch.setattr(quick, "run_trial", run_or_fail)


def fails() -> None:
    raise KeyError("no such operator")


def test_a_trial_is_made_once_for_each_form_and_its_reason_is_kept():
    asked = []
    for _ in range(2):
        assert quick.works("packed products", FORM, lambda: asked.append(FORM))
        assert not quick.works("fused norms", FORM, fails)
    assert asked == [FORM]
    other = FORM._replace(dtype="bfloat16")
    assert quick.works("packed products", other, lambda: asked.append(other))
    assert asked == [FORM, other]
    assert quick.fallen([(CPU, torch.float32)]) == ["fused norms in float32 are not used, plain ones instead (KeyError: 'no such operator')"]
    assert quick.fallen([(CPU, torch.bfloat16), (CARD, torch.float32)]) == []


def test_an_interrupt_is_no_reason():
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick.works("packed products", FORM, interrupted)
    assert quick.works("packed products", FORM, lambda: None)


@pytest.mark.parametrize("wrong", [torch.full((2, 2), 1.1), torch.full((2, 2), torch.nan), torch.ones(2), torch.ones(2, 2) * torch.inf])
def test_wrong_numbers_are_a_reason(wrong: torch.Tensor):
    assert not quick.works("packed products", FORM, lambda: quick.hold(wrong, torch.ones(2, 2, dtype=torch.float64)))
    quick.hold(torch.ones(2, 2), torch.ones(2, 2, dtype=torch.float64))


def test_a_path_that_is_not_listed_cannot_be_used():
    with pytest.raises(KeyError, match="cleverness"):
        quick.works("cleverness", FORM, lambda: None)
    with pytest.raises(KeyError, match="cleverness"):
        quick.attempted("cleverness", FORM, lambda: None)


@pytest.mark.parametrize(
    ("value", "is_plain"), [("1", True), ("yes", True), ("TRUE", True), *((word, False) for word in ("0", "", "false", "No", " off ", None))]
)
def test_the_switch_is_read_when_something_is_chosen(monkeypatch: pytest.MonkeyPatch, value: str | None, is_plain: bool):
    if value is None:
        monkeypatch.delenv(quick.SWITCH, raising=False)
    else:
        monkeypatch.setenv(quick.SWITCH, value)
    assert quick.is_plain() is is_plain
    assert quick.works("packed products", FORM, lambda: None) is not is_plain
    with quick.plainly():
        assert quick.is_plain()
    assert quick.is_plain() is is_plain


# ------------------------------------------------------------------------------------------------------ torch's defaults


@contextmanager
def default_of(name: str) -> Iterator[None]:
    """A process that made something else torch's default."""
    before = torch.get_default_dtype(), torch.get_num_threads(), torch.is_grad_enabled()
    try:
        match name:
            case "float64":
                torch.set_default_dtype(torch.float64)
            case "meta":
                torch.set_default_device("meta")
            case "no gradients":
                torch.set_grad_enabled(False)
            case "other threads":
                torch.set_num_threads(2)
            case "autocast":
                with torch.autocast("cpu", torch.bfloat16):
                    yield
                return
        yield
    finally:
        torch.set_default_dtype(before[0])
        torch.set_default_device(None)
        torch.set_num_threads(before[1])
        torch.set_grad_enabled(before[2])


def verdicts() -> dict[tuple[str, quick.Form], bool]:
    """What is found of everything that a processor is asked for."""
    for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.float64):
        packed_linear.can_pack(70, 48, dtype)
        quick.works("fused norms", quick.form_of(CPU, dtype, 48), lambda dtype=dtype: rms_norm._try(48, dtype, 1e-5))
    hardware.lacking(CPU, torch.bfloat16)
    return {what: not why for what, why in quick._reasons.items()}


@pytest.mark.parametrize("name", ["float64", "meta", "no gradients", "other threads", "autocast"])
def test_no_default_of_torch_changes_what_is_found(monkeypatch: pytest.MonkeyPatch, name: str):
    expected = verdicts()
    monkeypatch.setattr(quick, "_reasons", {})
    with default_of(name):
        assert verdicts() == expected


@pytest.mark.parametrize("name", ["float64", "meta", "no gradients"])
def test_no_default_of_torch_changes_a_text(name: str):
    expected = sv.generate(sv.load_pair("tiny", dtype="float32"), "def add(a, b):", CHAIN, 16).text
    with default_of(name):
        assert sv.generate(sv.load_pair("tiny", dtype="float32"), "def add(a, b):", CHAIN, 16).text == expected


def test_a_wrong_packed_product_is_not_used(monkeypatch: pytest.MonkeyPatch):
    pack, multiply = packed_linear._operators()
    monkeypatch.setattr(packed_linear, "_operators", lambda: (pack, lambda x, *rest: multiply(x, *rest).roll(1, -1)))
    assert not packed_linear.can_pack(70, 48, torch.float32)


@pytest.mark.parametrize("shape", [(70, 48), (64, 64), (1, 5), (1000, 384), (2048, 64)])
@pytest.mark.parametrize("has_bias", [True, False])
def test_a_product_is_its_twin_whichever_way_it_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shape: tuple[int, int], has_bias: bool):
    weight, bias = torch.randn(shape), torch.randn(shape[0]) if has_bias else None
    x = torch.randn(5, 2 * shape[1])[:, : shape[1]]
    for times in ({"packed": 1.0, "plain": 2.0}, {"packed": 2.0, "plain": 1.0}):
        monkeypatch.setenv("SPECVIZ_DTYPES", str(tmp_path / f"{times['plain']}.json"))
        monkeypatch.setattr(packed_linear, "_timed", lambda *_, times=times: times)
        found = packed_linear.packed_linear(weight, bias)(x)
        torch.testing.assert_close(found, packed_linear.plain_linear(weight, bias)(x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("packed_s", [1.0, 3.0])
def test_a_product_is_packed_where_that_was_measured_to_pay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, packed_s: float):
    monkeypatch.setenv("SPECVIZ_DTYPES", str(tmp_path / "times.json"))
    measured, made = [], []
    monkeypatch.setattr(packed_linear, "_timed", lambda *_: measured.append(1) or {"packed": packed_s, "plain": 2.0})
    monkeypatch.setattr(packed_linear, "_packed", lambda *_: made.append(1) or (lambda x: x))
    quick._reasons["packed products", packed_linear._form(70, 48, torch.float32, has_bias=False)] = ""
    for _ in range(3):
        packed_linear.packed_linear(torch.randn(70, 48))
    assert (len(measured), len(made)) == (1, 3 if packed_s < 2.0 else 0)


@pytest.mark.parametrize(
    ("dtype", "scale"), [(dtype, scale) for dtype in (torch.float32, torch.bfloat16, torch.float64) for scale in (1e-6, 1.0, 1e4, 1e15)]
    + [(torch.float16, scale) for scale in (1e-6, 1.0, 500.0)]
)  # fmt: skip
def test_a_fused_norm_is_its_twin_for_small_and_for_large_numbers(dtype: torch.dtype, scale: float):
    drawn = torch.randn(7, 3, 96, generator=torch.Generator().manual_seed(1))
    drawn[:, :, 5] *= 30.0
    x, weight = (drawn * scale).to(dtype), torch.randn(96, generator=torch.Generator().manual_seed(2)).to(dtype)
    fused, plain = rms_norm.fused_rms_norm(weight, 1e-6), rms_norm.plain_rms_norm(weight, 1e-6)
    assert quick.fallen([(CPU, dtype)]) == []
    for part in (x, x[:, 1], x[:1, 0]):
        torch.testing.assert_close(fused(part), plain(part), rtol=2e-2 if dtype.itemsize == 2 else 1e-4, atol=1e-6)


# ------------------------------------------------------------------------------------------------- each taken away in turn


ON_CARDS = {"cards", "kernels of attention", "kernels of chains", "kernels of greedy paths"}
"""Paths that are only asked for where there is a card; see the test below."""


@pytest.fixture(scope="module")
def plain_texts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, dict[tuple[str, str], list[int]]]:
    """A pair, and what it says with every quick path switched off."""
    bench = Bench(tmp_path_factory.mktemp("models"))
    with quick.plainly():
        return bench, texts(bench)


def texts(bench: Bench) -> dict[tuple[str, str], list[int]]:
    """Greedy texts in both types, by a chain and by a tree."""
    found = {}
    for dtype in ("float32", "bfloat16"):
        pair = load(bench.pair("close").target_path, bench.pair("close").draft_path, dtype=dtype)
        for method in (CHAIN, TREE, "autoregressive"):
            found[dtype, method] = sv.generate(pair, PROMPT, method, 24).tokens
    return found


@pytest.mark.parametrize("path", [path for path in quick.QUICK_PATHS if path not in ON_CARDS])
def test_each_quick_path_can_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plain_texts, path: str):
    """The texts are those of the plain twins, and the pair says in one line what it lacks and why. Recordings are stood in for."""
    bench, expected = plain_texts
    monkeypatch.setenv("SPECVIZ_DTYPES", str(tmp_path / "times.json"))
    take_away(monkeypatch, path)
    if path.startswith("recorded"):
        monkeypatch.setattr("specviz.model.loader.fixed_passes", lambda transformer: fixed.FixedPasses(transformer, lambda run: run))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if path.startswith("recorded") else "error")
        assert texts(bench) == expected
        pair = load(bench.pair("close").target_path, bench.pair("close").draft_path, dtype="auto")
        chosen = sv.generate(pair, PROMPT, CHAIN, 24).tokens
    assert chosen == sv.generate(pair, PROMPT, "autoregressive", 24).tokens
    said = pair.describe()
    assert f"this machine has no {path}" in said
    assert "\n" not in said


CHOICES = {
    "kernels of chains": (chain_judge, plain_chain_judge),
    "kernels of greedy paths": (greedy_path, plain_greedy_path),
    "kernels of attention": (split_attention, None),
}


@pytest.mark.parametrize("path", CHOICES)
def test_each_kernel_of_a_card_can_be_missing(monkeypatch: pytest.MonkeyPatch, path: str):
    take_away(monkeypatch, path)
    choose, twin = CHOICES[path]
    with pytest.warns(RuntimeWarning, match=f"this machine has no {path}"):
        assert choose(CARD) is twin
    (said,) = quick.fallen([(CARD, torch.float32)])
    assert said.startswith(f"{path} are not used")


def test_a_card_that_does_not_work_can_be_missing(monkeypatch: pytest.MonkeyPatch):
    take_away(monkeypatch, "cards")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    chosen = hardware.place("auto", "float32")
    assert chosen.device == CPU
    assert "its cuda does not work: NotImplementedError: this machine has no cards" in chosen.why


def test_every_path_is_taken_away_by_one_of_these_tests():
    assert {"cards", *CHOICES} == ON_CARDS < set(quick.QUICK_PATHS)


def test_the_switch_takes_all_away_without_a_word(monkeypatch: pytest.MonkeyPatch, plain_texts):
    bench, expected = plain_texts
    monkeypatch.setenv(quick.SWITCH, "1")
    monkeypatch.setattr(quick, "run_trial", lambda *_: pytest.fail("tried"))
    monkeypatch.setattr(remembered, "remembered", lambda *_: pytest.fail("measured"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert texts(bench) == expected
        assert (chain_judge(CARD), greedy_path(CARD), split_attention(CARD)) == (plain_chain_judge, plain_greedy_path, None)
    pair = load(bench.pair("close").target_path, dtype="auto")
    assert pair.target.dtype == torch.float32
    assert "every quick path is switched off by SPECVIZ_PLAIN" in pair.describe()


# ------------------------------------------------------------------------------------------------- none that is not listed

MARKS = (
    *(f"torch.{name}" for name in ("ops", "compile", "jit", "_C", "_inductor", "_dynamo", "layer_norm")),
    *("triton", "CUDAGraph", "cpp_extension", "numba"),
)
"""What quick paths are made of."""


def quick_things(source: str) -> set[str]:
    """Which of the marks a file's code names; its words are no code."""
    names = {ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute | ast.Name)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {f"{getattr(node, 'module', None) or ''}.{alias.name}".strip(".") for alias in node.names}
    return {mark for mark in MARKS if any(mark == name or name.startswith(f"{mark}.") or name.endswith(f".{mark}") for name in names)}


def test_what_is_quick_stands_in_a_file_that_the_list_names():
    listed = {home for path in quick.QUICK_PATHS.values() for home in path.homes}
    found = {file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.py") if quick_things(file.read_text(encoding="utf-8"))}
    assert found <= listed
    assert {"kernels/packed_linear.py", "kernels/rms_norm.py", "kernels/chain_judge_triton.py", "model/fixed.py"} <= found
    assert all((PACKAGE / home).is_file() for home in listed)


@pytest.mark.parametrize(
    "source", ["import torch\nf = torch.compile(g)", "from torch.utils import cpp_extension", "import numba", "torch.ops.aten.x(1)"]
)
def test_a_planted_quick_path_is_found(source: str):
    assert quick_things(source)
    assert not quick_things("x = torch.nn.functional.layer_norm(y)\n'torch.compile'")


def test_in_the_home_of_nobody_nothing_is_kept_and_all_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPECVIZ_DTYPES", "~nobody-of-this-name/times.json")
    assert remembered.remembered("this alone", ["one"], lambda: {"one": 0.5}) == {"one": 0.5}
    assert not list(tmp_path.iterdir())
