"""A run as it happens: its text, its lock, and what is left of it when it is broken off."""

from __future__ import annotations

import threading

import pytest

import specviz as sv
from specviz.model.pair import SHIPPED
from tests.helpers import Bench, load, some_tokens

PROMPT = some_tokens(6) * 2


@pytest.mark.parametrize("method", ["autoregressive", "chain", "prompt-lookup"])
@pytest.mark.parametrize("kind", ["random", "self"])
def test_the_text_of_the_steps_is_the_text_of_the_tokens(bench: Bench, method: str, kind: str):
    """A random model's bytes are rarely whole characters: what is held back must come in the end."""
    pair = bench.pair(kind)
    broken = 0
    for seed in range(8):
        steps = list(sv.stream(pair, PROMPT, method, max_new_tokens=20, temperature=1.0, seed=seed))
        tokens = [token for step in steps for token in step.committed]
        assert "".join(step.text for step in steps) == pair.text.decode(tokens)
        broken += "\ufffd" in pair.text.decode(tokens)
    assert broken > 0


@pytest.mark.parametrize(
    "prompt", ["x = '🦜🎉👩‍👩‍👧 naïve 日本語'\nx = '🦜🎉👩‍👩‍👧 naïve 日本語'\nx = '🦜", "é" * 9, "\u200b\ufeff\t\r\n", "🇩🇪🇫🇷" * 4]
)
def test_prompts_of_any_script_run_and_stream(prompt: str):
    target = SHIPPED / "tiny" / "target"
    pair = load(target, target)
    for method in ("chain", "prompt-lookup"):
        steps = list(sv.stream(pair, prompt, method, max_new_tokens=16))
        tokens = [token for step in steps for token in step.committed]
        assert "".join(step.text for step in steps) == pair.text.decode(tokens)


def test_steps_and_run_tell_the_same_story(bench: Bench):
    pair = bench.pair("close")
    options = {"max_new_tokens": 20, "temperature": 1.0, "seed": 3}
    steps, run = list(sv.stream(pair, PROMPT, **options)), sv.generate(pair, PROMPT, **options)
    assert [step.committed for step in steps] == [tuple(cycle.committed) for cycle in run.trace.cycles]
    assert [step.prefix for step in steps] == [len(PROMPT) + sum(len(s.committed) for s in steps[:i]) for i in range(len(steps))]
    assert [step.cycle for step in steps] == list(range(len(steps)))
    assert [step.stop for step in steps] == [None] * (len(steps) - 1) + ["length"]
    for step in steps:
        assert step.p.shape == (len(step.tree) + 1, 320)
        assert len(step.coins) == len(step.tree) + 1
        assert step.times.total > 0
        assert step.draft_calls == len(step.tree)
        path = [step.tree.tokens[node] for node in step.verdict.path]
        assert step.committed == tuple([*path, step.verdict.token][: len(step.committed)])


def test_a_run_broken_off_releases_the_pair_and_keeps_its_record(bench: Bench):
    pair = bench.pair("random")
    running = sv.stream(pair, PROMPT, max_new_tokens=20)
    steps = iter(running)
    first, second = next(steps), next(steps)
    assert pair.lock.locked()
    steps.close()
    assert not pair.lock.locked()
    assert running.trace.tokens == [*first.committed, *second.committed]
    assert len(sv.generate(pair, PROMPT, max_new_tokens=5).tokens) == 5


def test_a_loop_left_early_releases_the_pair(bench: Bench):
    pair = bench.pair("random")
    for step in sv.stream(pair, PROMPT, max_new_tokens=20):
        assert step.cycle == 0
        break
    assert pair.lock.acquire(timeout=5)
    pair.lock.release()


def test_an_error_inside_a_run_releases_the_pair(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    with monkeypatch.context() as patch:
        patch.setattr(pair.draft, "score", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sv.generate(pair, PROMPT)
    assert not pair.lock.locked()
    assert len(sv.generate(pair, PROMPT, max_new_tokens=5).tokens) == 5


def test_a_second_run_in_the_middle_of_one_says_so_instead_of_waiting_for_itself(bench: Bench):
    """The thread that holds the pair can never release it while it waits."""
    pair = bench.pair("random")
    said: list[str] = []

    def run() -> None:
        outer = iter(sv.stream(pair, PROMPT, max_new_tokens=6))
        first = next(outer)
        try:
            sv.generate(pair, PROMPT, max_new_tokens=6)
        except RuntimeError as error:
            said.append(str(error))
        said.append(str(sum(len(step.committed) for step in [first, *outer])))

    worker = threading.Thread(target=run, daemon=True)
    worker.start()
    worker.join(timeout=20)
    assert not worker.is_alive(), "waits for itself"
    assert "finish or close" in said[0]
    assert said[1:] == ["6"]
    assert not pair.lock.locked()


def test_a_stream_is_read_once(bench: Bench):
    running = sv.stream(bench.pair("random"), [5], max_new_tokens=6)
    list(running)
    tokens = running.trace.tokens
    with pytest.raises(RuntimeError, match="once"):
        next(iter(running))
    assert running.trace.tokens == tokens


def test_two_threads_on_one_pair_both_get_their_own_text(bench: Bench):
    pair = bench.pair("close")
    prompts = [PROMPT, some_tokens(9, 3)]
    alone = [sv.generate(pair, prompt, max_new_tokens=24, temperature=1.0, seed=1).tokens for prompt in prompts]
    said: dict[int, list[list[int]]] = {0: [], 1: []}

    def work(number: int) -> None:
        for _ in range(3):
            said[number].append(sv.generate(pair, prompts[number], max_new_tokens=24, temperature=1.0, seed=1).tokens)

    threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert said == {number: [alone[number]] * 3 for number in (0, 1)}


def test_a_reader_in_another_thread_waits_for_its_turn(bench: Bench):
    pair = bench.pair("random")
    steps = iter(sv.stream(pair, PROMPT, max_new_tokens=4))
    next(steps)
    said: list[int] = []
    other = threading.Thread(target=lambda: said.extend(sv.generate(pair, PROMPT, max_new_tokens=3).tokens))
    other.start()
    other.join(timeout=0.3)
    assert other.is_alive()
    assert said == []
    rest = list(steps)
    other.join(timeout=60)
    assert len(said) == 3
    assert rest[-1].stop == "length"
