"""The loop of ``loop.py`` for the case that matters most on a card: a chain drafted by a model, or plain decoding, as recorded CUDA graphs.

Launched one by one, the kernels of small passes keep the card waiting for the host; here a cycle is three replays and one read. It yields the
same steps: same coins, same laws, same decisions. Everything else, and whatever cannot be recorded, is left to :func:`decode`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from time import perf_counter
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import Tensor

from specviz.engine.chain_on_device import ChainOnDevice, Heard
from specviz.engine.clock import Marks, TimedDrafter
from specviz.engine.loop import NO_DRAFT, decode
from specviz.engine.session import Session
from specviz.errors import UnsolvedError, WrongMomentError
from specviz.kernels import quick
from specviz.methods import Method
from specviz.model.fixed import Run, span_of
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.model.sampling import not_finite
from specviz.types import Decision, DraftTree, State, Step, Times, Verdict

_PATH = "recorded cycles"
_MOST_CHAINS = 8  # kept for a pair, each with its laws: 2 γ + 2 rows of V numbers
_MOST_SPANS = 16  # recordings kept of a chain; a long text goes through many spans
_CLOSE = 0.05  # of a probability: far above rounding, far below a replay that read the wrong numbers

_made: WeakKeyDictionary[Pair, dict[object, RecordedCycles]] = WeakKeyDictionary()


def decoded(pair: Pair, session: Session, drafter: TimedDrafter | None, method: Method) -> Iterator[Step]:
    """Decode a prefilled session until it is done: with recorded cycles as far as they go, else with :func:`decode`."""
    cycles = cycles_for(pair, session, method)
    if cycles is not None:
        yield from cycles.run(session)
    if not session.done:
        yield from decode(pair, session, drafter, method)


def cycles_for(pair: Pair, session: Session, method: Method) -> RecordedCycles | None:
    """The recorded cycles of this pair, method and way of sampling; None where the method is another, or passes are not recorded here.

    What the text before a row does to its distribution is done on the host: such runs are not recorded.
    """
    draft = pair.draft if method.drafter else None
    if draft is not None and len(session.tokens) >= draft.capacity:
        draft = None  # its memory is full from the beginning: what is left is plain decoding
    settings = session.settings
    if settings.shaping is not None or not _is_chain(method, settings.temperature):
        return None
    if not all(_is_recorded(model) for model in (pair.target, draft) if model is not None):
        return None
    if draft is not None and draft.device != pair.target.device:
        return None
    gamma = method.gamma if draft is not None else 0
    buffers = tuple(model.cache.buffer.data_ptr() for model in (pair.target, draft) if model is not None)
    key = (gamma, settings.sampling, tuple(session.end_tokens), buffers)
    known = _made.setdefault(pair, {})
    if any(cycles.is_broken for cycles in known.values()):
        return None
    form = quick.form_of(pair.target.device, pair.target.dtype, gamma)
    cycles = known.pop(key, None) or quick.attempted(_PATH, form, lambda: RecordedCycles(pair, draft, gamma, session))
    if cycles is None:
        return None
    known[key] = cycles  # the latest used stands last
    if len(known) > _MOST_CHAINS:
        del known[next(iter(known))]
    return cycles


def _is_chain(method: Method, temperature: float) -> bool:
    rule = method.rule(temperature).name
    if method.drafter is None:
        return rule in {"greedy", "rejection"}
    parts = (method.drafter, method.tree, method.controller)
    return parts == ("independent", "chain", "constant") and (rule == "greedy" or (rule == "rejection" and method.drawn == "iid"))


def _is_recorded(model: Model) -> bool:
    return model.fixed is not None and not model.fixed.is_broken


class RecordedCycles:
    """The cycles of one chain: its tensors, what was recorded over them for each span of slots, and what becomes of them on the host.

    Any failure to record is said once; the run then goes on without, from the very cycle in which it happened.
    """

    def __init__(self, pair: Pair, draft: Model | None, gamma: int, session: Session) -> None:
        assert pair.target.fixed is not None  # noqa: S101  asked before
        self.is_broken = False
        self._target, self._draft, self._capture = pair.target, draft, pair.target.fixed.capture
        self._capacity = min(model.cache.capacity for model in (pair.target, draft) if model is not None)  # beyond it the loop goes on
        self._chain = ChainOnDevice(pair.target, draft, gamma, session.settings.sampling, tuple(session.end_tokens))
        self._marks = Marks(pair.target.device, 4)
        self._recorded: dict[int, tuple[Run, ...]] = {}

    def run(self, session: Session) -> Iterator[Step]:
        """Yield a step a cycle until the session is done, the memory too full for a whole chain, or something cannot be recorded."""
        self._chain.begin(session.tokens)
        while not session.done and self._fits(session):
            begin = perf_counter()
            room, coins = self._tell(session)
            with torch.cuda.device_of(self._chain.state):  # kernels and events go to the current card; off a card this does nothing
                stages = self._stages(len(session.tokens) + self._chain.gamma)
                if stages is None:
                    return
                heard, laws = self._replay(stages, room)
            yield self._step(session, heard, laws, coins, begin)

    def _fits(self, session: Session) -> bool:
        """Whether all slots that a chain writes are there, and the draft model has read all but the last two tokens."""
        length, gamma = len(session.tokens), self._chain.gamma
        has_read = self._draft is None or not gamma or self._draft.cache.length >= length - 2
        return length + gamma <= self._capacity and has_read

    def _tell(self, session: Session) -> tuple[int, np.ndarray]:
        """Send how many drafts there is room for, and the cycle's coins; returns that number, and the coins that judge and draw the last token."""
        gamma = self._chain.gamma
        room = min(gamma, session.room, session.slots)
        draft_coins = np.zeros(gamma) if session.is_greedy or not room else session.draft_coins(gamma)
        verify_coins = session.verify_coins(gamma + 1)
        self._chain.tell(room, draft_coins, verify_coins)
        return room, verify_coins

    def _stages(self, end: int) -> tuple[Run, ...] | None:
        """Draft, verify and judge for a chain up to slot ``end``, recorded when first asked for; None when that fails."""
        span = span_of(end, self._capacity)
        if span not in self._recorded:
            stages = self._chain.stages(span)
            made = [self._record(stage) for stage in (stages if self._chain.gamma else stages[1:])]
            if self.is_broken:
                return None
            self._recorded[span] = tuple(made)
            if len(self._recorded) > _MOST_SPANS:
                del self._recorded[next(iter(self._recorded))]
        return self._recorded[span]

    def _record(self, stage: Run) -> Run:
        """Record a stage and hold its replay against the stage itself; the stage as it is where that fails."""
        if self.is_broken:
            return stage

        def record() -> Run:
            expected = stage().clone()
            replay = self._capture(stage)
            if not torch.allclose(replay(), expected, rtol=1e-6, atol=_CLOSE, equal_nan=True):
                raise UnsolvedError("the numbers of the cycle itself", "others from its replay")
            return replay

        form = quick.form_of(self._target.device, self._target.dtype, self._chain.gamma)
        replay = quick.attempted(_PATH, form, record)
        return self._give_up(stage, quick.why_not(_PATH, form, record)) if replay is None else replay

    def _give_up(self, stage: Run, why: str) -> Run:
        self.is_broken = True
        self._recorded.clear()
        warnings.warn(
            f"cycles cannot be recorded as CUDA graphs here ({why}); decoding goes on pass by pass and is slower", RuntimeWarning, stacklevel=2
        )
        return stage

    def _replay(self, stages: tuple[Run, ...], room: int) -> tuple[Heard, Tensor]:
        """A cycle on the device, and the one wait for it."""
        *draft, verify, judge = stages
        marks, chain = self._marks, self._chain
        marks.set(0)
        if room:
            draft[0]()
        marks.set(1)
        verify()
        marks.set(2)
        judge()
        chain.say()
        marks.set(3)
        laws = chain.laws()
        chain.take_over()
        marks.wait()
        return chain.hear(), laws

    def _step(self, session: Session, heard: Heard, laws: Tensor, coins: np.ndarray, begin: float) -> Step:
        """Commit what the device decided, on the host: text, stop strings, memories' lengths."""
        if heard.is_bad:
            raise not_finite()
        gamma, counted, prefix = self._chain.gamma, heard.counted, len(session.tokens)
        coins = coins[: counted + 1]
        tree = self._tree(session, heard, laws[gamma + 1 : gamma + 1 + counted])
        verdict = _verdict(heard, coins, laws[-1])
        start = perf_counter()
        self._target.cache.advance(counted + 1)
        verdict = session.commit(verdict, tree)
        if self._draft is not None and counted:  # the last draft that counts was never fed
            self._draft.cache.advance(prefix - self._draft.cache.length + min(len(verdict.path), counted - 1))
        _check(session, prefix, heard)
        end = perf_counter()
        draft_s, verify_s, judge_s = self._marks.gaps()
        other = max(start - begin - draft_s - verify_s - judge_s, 0.0)
        return Step(
            tree,
            laws[: counted + 1],
            verdict,
            Times(draft_s, 0.0, verify_s, judge_s, end - start, other),
            cycle=session.next_cycle(),
            prefix=prefix,
            committed=session.committed,
            text=session.text,
            coins=coins,
            draft_calls=gamma if counted else 0,
            cache_lengths=(self._target.cache.length, self._draft.cache.length if self._draft else 0),
            stop=session.stop,
        )

    def _tree(self, session: Session, heard: Heard, q: Tensor) -> DraftTree:
        if self._draft is None:
            return NO_DRAFT
        n = len(q)
        return DraftTree(heard.drafted[:n], range(-1, n - 1), q if n else None, range(n), "deterministic" if session.is_greedy else "iid")


def _verdict(heard: Heard, coins: np.ndarray, law: Tensor) -> Verdict:
    """What the rules of ``verifiers`` return, from what the device said."""
    kept, counted = heard.accepted, heard.counted
    decisions = []
    for i, u in enumerate(coins[:counted].tolist()):
        state: State = "accepted" if i < kept else "rejected" if i == kept else "ignored"
        decisions.append(Decision(state, heard.p[i], heard.q[i], u, heard.thresholds[i] if i <= kept else None))
    return Verdict(list(range(kept)), heard.token, "corrected" if kept < counted else "bonus", decisions, law)


def _check(session: Session, prefix: int, heard: Heard) -> None:
    """The device knows the text's length, and the host does; they may only differ where the host ended the text."""
    if not session.done and (heard.is_end or len(session.tokens) != prefix + heard.committed):
        raise WrongMomentError(
            f"{prefix + heard.committed} committed tokens, as the device counts",
            f"{len(session.tokens)} on the host",
            "please report this with the method and the prompt",
        )
