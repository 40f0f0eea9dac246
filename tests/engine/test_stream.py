"""A run as it happens: its text, its lock, and what is left of it when it is broken off."""

from __future__ import annotations

import copy
import gc
import pickle
import threading

import pytest
import torch

import specviz as sv
from specviz.errors import WrongMomentError
from specviz.model import holding
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


def test_a_with_block_closes_its_stream(bench: Bench):
    pair = bench.pair("random")
    with sv.stream(pair, PROMPT, max_new_tokens=20) as steps:
        reading = iter(steps)
        first = next(reading)
        assert pair.lock.locked()
    assert not pair.lock.locked()
    assert steps.trace.tokens == [*first.committed]
    assert list(reading) == []
    with sv.stream(pair, PROMPT, max_new_tokens=5) as steps:
        assert sum(len(step.committed) for step in steps) == 5
    steps.close()  # once more does nothing


def test_a_stream_closed_before_it_was_read_says_so(bench: Bench):
    steps = sv.stream(bench.pair("random"), PROMPT, max_new_tokens=4)
    held = iter(steps)
    steps.close()
    for read in (held, iter(steps)):
        with pytest.raises((WrongMomentError, StopIteration)):
            next(read)
    with pytest.raises(WrongMomentError, match="got one that was closed"):
        list(steps)


def test_a_stream_that_is_dropped_is_closed(bench: Bench):
    pair = bench.pair("random")
    steps = iter(sv.stream(pair, PROMPT, max_new_tokens=20))
    next(steps)
    assert pair.lock.locked()
    del steps
    assert not pair.lock.locked()


def test_a_stream_in_the_middle_of_a_step_is_not_closed_from_elsewhere(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    running, inside, go_on = sv.stream(pair, PROMPT, "autoregressive", max_new_tokens=3), threading.Event(), threading.Event()
    score = pair.target.score

    def slow(*arguments, **options):
        inside.set()
        assert go_on.wait(60)
        return score(*arguments, **options)

    monkeypatch.setattr(pair.target, "score", slow)
    reader = threading.Thread(target=lambda: list(running))
    reader.start()
    assert inside.wait(60)
    with pytest.raises(WrongMomentError, match="in the middle of a step"):
        running.close()
    go_on.set()
    reader.join(60)
    assert not pair.lock.locked()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits says so almost at once."""
    monkeypatch.setattr(holding, "FIRST_WORD_S", 0.01)


def wait_until_said(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], threading.Event]:
    """What is said by whoever waits, and when."""
    said: list[str] = []
    heard = threading.Event()

    def warn(words: str, *_: object, **__: object) -> None:
        said.append(words)
        heard.set()

    monkeypatch.setattr(holding.warnings, "warn", warn)
    return said, heard


@pytest.mark.usefixtures("impatient")
def test_whoever_waits_is_told_for_which_run_and_how_to_end_it(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    said, heard = wait_until_said(monkeypatch)
    running = sv.stream(pair, "def add(", "chain:gamma=2", max_new_tokens=9)
    steps = iter(running)
    next(steps)
    made: list[int] = []
    other = threading.Thread(target=lambda: made.extend(sv.generate(pair, PROMPT, max_new_tokens=3).tokens))
    other.start()
    assert heard.wait(60)
    running.close()
    other.join(60)
    assert len(made) == 3
    assert len(said) == 1
    for words in ("the method 'chain:gamma=2' on 'def add('", "s ago in the thread 'MainThread'", "stream.close()", "with specviz.stream"):
        assert words in said[0]
    assert "which has ended" not in said[0]


@pytest.mark.usefixtures("impatient")
def test_an_open_stream_whose_thread_has_ended_is_named_as_such(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    pair = bench.pair("random")
    said, heard = wait_until_said(monkeypatch)
    kept: list[object] = []

    def begin() -> None:
        kept.append(iter(sv.stream(pair, PROMPT, max_new_tokens=9)))
        next(kept[0])  # type: ignore[call-overload]

    first = threading.Thread(target=begin, name="the first")
    first.start()
    first.join(60)
    made: list[int] = []
    other = threading.Thread(target=lambda: made.extend(sv.generate(pair, PROMPT, max_new_tokens=3).tokens))
    other.start()
    assert heard.wait(60)
    assert "in the thread 'the first', which has ended" in said[0]
    kept.clear()  # the last who could have gone on with it
    other.join(60)
    assert len(made) == 3


@pytest.mark.usefixtures("impatient")
def test_a_stream_that_nobody_can_reach_any_more_gives_the_pair_back(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """It hangs in a ring of references, so that only the garbage collector finds it."""
    pair = bench.pair("random")
    said, _ = wait_until_said(monkeypatch)

    def begin() -> None:
        ring: list[object] = [iter(sv.stream(pair, PROMPT, max_new_tokens=9))]
        next(ring[0])  # type: ignore[call-overload]
        ring.append(ring)

    gc.disable()
    try:
        first = threading.Thread(target=begin)
        first.start()
        first.join(60)
        assert pair.lock.locked()
        assert len(sv.generate(pair, PROMPT, max_new_tokens=3).tokens) == 3
    finally:
        gc.enable()
    assert said == []


def test_whoever_goes_on_with_a_stream_in_another_thread_holds_the_pair_there(bench: Bench):
    pair = bench.pair("random")
    steps = iter(sv.stream(pair, PROMPT, "autoregressive", max_new_tokens=9))
    began = threading.Thread(target=lambda: next(steps))
    began.start()
    began.join(60)
    next(steps)
    next(steps)
    with pytest.raises(WrongMomentError, match=r"got the method 'autoregressive' .*finish or close"):
        sv.generate(pair, PROMPT)
    steps.close()


def copies(thing):
    return [
        pickle.loads(pickle.dumps(thing)),  # noqa: S301  written here
        copy.deepcopy(thing),
        copy.copy(thing),
    ]


@pytest.mark.parametrize("detail", ["light", "full", "exact"])
def test_a_run_is_the_same_after_pickling_and_copying(bench: Bench, detail: str, tmp_path):
    pair = bench.pair("close")
    options = {"max_new_tokens": 20, "temperature": 1.0, "seed": 3, "detail": detail}
    whole = sv.generate(pair, PROMPT, "sequoia:nodes=6", save=tmp_path / "run.arrow", **options)
    for run in (whole, sv.generate(pair, [PROMPT, PROMPT], "sequoia:nodes=6", **options)[1]):
        for again in copies(run):
            assert again == run
            assert (again.text, again.tokens) == (run.text, run.tokens)
            assert (again.trace.header, again.logprobs, again.trace.is_complete) == (run.trace.header, run.logprobs, True)
            assert again.trace.table.equals(run.trace.table)
            assert repr(again.stats) == repr(run.stats)  # by words: no number equals another that is none
            assert repr(again) == repr(run)
    assert repr(copies(whole)[0].trace.cycle(1)) == repr(whole.trace.cycle(1))


def test_all_that_a_run_is_made_of_is_pickled(bench: Bench):
    pair = bench.pair("close")
    steps = list(sv.stream(pair, PROMPT, "sequoia:nodes=6", max_new_tokens=12, temperature=1.0))
    for step in steps:
        for again in copies(step):
            assert (again.committed, again.tree.tokens, again.tree.parents, again.verdict.path) == (
                step.committed,
                step.tree.tokens,
                step.tree.parents,
                step.verdict.path,
            )
            assert again.verdict.decisions == step.verdict.decisions
            assert torch.equal(again.p, step.p)
    run = sv.generate(pair, PROMPT, max_new_tokens=6)
    assert repr(copies(run.stats)[0]) == repr(run.stats)
    assert [cycle.committed for cycle in copies(run.trace)[0]] == [cycle.committed for cycle in run.trace]
    compared = sv.compare(pair, ["ab ab"], ["chain"], repeats=1, max_new_tokens=4)
    assert copies(compared)[0].table.equals(compared.table)
    assert copies(sv.METHODS["auto"]) == [sv.METHODS["auto"]] * 3
