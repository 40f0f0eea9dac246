"""A recorded cycle judged again: by another rule, with a coin moved by hand, or with new coins. Needs no torch and no model.

Only runs recorded with ``detail="exact"`` hold the whole laws this takes. A greedy run (temperature 0) records its laws at
temperature 1; rules other than ``greedy`` then answer "what if the target had been sampled at temperature 1 with these drafts".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from specviz.arguments import whole_number
from specviz.coins import Purpose, toss
from specviz.errors import OutOfRangeError, UnexpectedValueError, shown
from specviz.theory.outcomes import ALMOST_ONE
from specviz.trace.limits import TraceError
from specviz.trace.schema import Cycle, Entry, Node
from specviz.trace.store import Trace
from specviz.types import Decision, DraftTree, Kind, Rule, Sampling, State, Verdict, cut_short
from specviz.verifiers import VERIFIERS

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Recorded:
    """A cycle as its rule saw it.

    Attributes:
        cycle: its number.
        tree: the draft, with the laws q it was drawn from.
        p: float[N+1, V], the target's laws; row 0 after the committed text, row i+1 after node i.
        u: float[N+1], the coins; u[i] is node i's, u[N] draws the last token.
        verdict: what was decided, as far as the text goes; ``law`` is None, for the record keeps only its largest entries.
        committed: the tokens that came of it.
        stop: why the text ended with it, or None.
    """

    cycle: int
    tree: DraftTree
    p: Floats
    u: Floats
    verdict: Verdict
    committed: tuple[int, ...] = ()
    stop: str | None = None

    @property
    def behind(self) -> set[int]:
        """The drafts that stood behind the end of the text: below the last token of a text that ended inside the block."""
        if self.stop is None or len(self.committed) > len(self.verdict.path) or not self.verdict.path:
            return set()
        found, end = set[int](), self.verdict.path[-1]
        for node, parent in enumerate(self.tree.parents):
            if parent == end or parent in found:
                found.add(node)
        return found

    def judged_by(self, rule: Rule, u: Floats) -> Verdict:
        """What a rule decides with these coins, as far as the text goes."""
        verdict = rule.judge(self.tree, self.p, u)
        return cut_short(verdict, self.tree.parents, len(self.given_out(verdict)))

    def given_out(self, verdict: Verdict) -> tuple[int, ...]:
        """The tokens that come of a verdict."""
        tokens = (*(self.tree.tokens[node] for node in verdict.path), verdict.token)
        return tokens[: num_given_out(tokens, self.committed, self.stop)]


def num_given_out(tokens: Sequence[int], committed: Sequence[int], stop: str | None) -> int:
    """How many of a cycle's ``tokens`` are given out, where the recorded ones ended the text for the reason ``stop``, or did not.

    A limit cuts whatever comes; any other end is met again where the same tokens come. That others may end the text, too, no record can say.
    """
    count = len(committed)
    ends = stop in ("length", "context") or (stop is not None and tuple(tokens[:count]) == tuple(committed))
    return min(count, len(tokens)) if ends else len(tokens)


@dataclass(frozen=True, eq=False)
class Replay:
    """A cycle judged again.

    Attributes:
        rule: name of the rule.
        u: float[N+1], the coins it was judged with.
        verdict: what it decided.
        before: the verdict it is compared with (which one, each function says).
        is_same_output: whether the cycle gives out the same tokens as before, by the same path.
    """

    rule: str
    u: Floats
    verdict: Verdict
    before: Verdict
    is_same_output: bool

    @property
    def changed(self) -> tuple[int, ...]:
        """Nodes whose state is another one than before."""
        pairs = zip(self.before.decisions, self.verdict.decisions, strict=True)
        return tuple(node for node, (old, new) in enumerate(pairs) if old.state != new.state)


def require_exact(trace: Trace) -> None:
    """Raise ValueError unless ``trace`` holds whole laws."""
    if trace.header.detail != "exact":
        raise UnexpectedValueError(
            "a trace of detail 'exact' to replay",
            f"{trace.header.detail!r}, which does not hold the whole laws",
            'record the run again with detail="exact" (specviz run --detail exact)',
        )


def rebuild(trace: Trace, cycle: int) -> Recorded:
    """The tree, laws and coins of a recorded cycle.

    Raises:
        ValueError: unless the trace is of detail ``exact``.
        IndexError: when there is no such cycle.
        TraceError: when the record of the cycle does not fit together.
    """
    require_exact(trace)
    recorded = trace.cycle(cycle)
    p = _rows(recorded.p_rows)
    n = len(p) - 1
    nodes = recorded.nodes[:n]  # what the builder pruned is written after them: the target never saw it
    if n < 0 or len(nodes) < n or len(recorded.q_row) != n or any(node.state == "pruned" for node in nodes):
        raise TraceError(f"{len(recorded.nodes)} nodes and a law after each in cycle {cycle}", f"{len(p)} laws", "the file is damaged")
    q = _rows(recorded.q_rows)
    sampling: Sampling = recorded.sampling  # type: ignore[assignment]  # DraftTree checks it
    tree = DraftTree([node.token for node in nodes], [node.parent for node in nodes], q if len(q) else None, recorded.q_row, sampling)
    u = np.array([*(node.u for node in nodes), recorded.last_u])
    return Recorded(cycle, tree, p, u, _verdict(recorded, n), recorded.committed, recorded.stop)


def find_rule(rule: str | Rule | None, trace: Trace) -> Rule:
    """The rule of this name, a rule as it is, or for None the one the run was made with.

    Raises:
        ValueError: when there is no such rule.
    """
    name = trace.header.verifier if rule is None else rule
    if not isinstance(name, str):
        return name
    if name not in VERIFIERS:
        raise UnexpectedValueError(f"a rule ({', '.join(VERIFIERS)})", shown(name), "give the rule itself if it is one of your own")
    return VERIFIERS[name]


def judge_by(trace: Trace, cycle: int, rule: str | Rule | None = None) -> Replay:
    """Judge a recorded cycle by another rule with the recorded coins; compared with what was recorded.

    With the run's own rule (None) the recorded verdict comes out again: path, token, kind and every state. A p, q or threshold
    behind a refusal may differ in its last bits, where the engine's arrays add up a residual in another order than numpy.

    Raises:
        ValueError: when the rule cannot judge this tree (both are named), and as :func:`rebuild` and :func:`find_rule`.
    """
    seen, chosen = rebuild(trace, cycle), find_rule(rule, trace)
    return _replayed(seen, chosen, seen.u, seen.verdict)


def move_coins(trace: Trace, cycle: int, coins: Mapping[int, float], rule: str | Rule | None = None) -> Replay:
    """Judge a recorded cycle with some coins moved by hand; compared with the same rule on the recorded coins.

    Args:
        trace: of detail ``exact``.
        cycle: its number.
        coins: node -> coin in [0, 1); N, the number of nodes, or -1 names the coin that draws the last token.
        rule: None for the run's own.

    Raises:
        ValueError: for a coin outside [0, 1), and as :func:`judge_by`.
        IndexError: for a node that the cycle does not have.
    """
    seen, chosen = rebuild(trace, cycle), find_rule(rule, trace)
    u = seen.u.copy()
    _move(u, coins, cycle)
    return _replayed(seen, chosen, u, seen.judged_by(chosen, seen.u))


def reroll(trace: Trace, cycle: int, seed: int, rule: str | Rule | None = None) -> Replay:
    """Judge a recorded cycle with the coins another seed would have tossed there; compared with the same rule on the recorded coins.

    Raises:
        ValueError: for a seed outside [0, 2**64), and as :func:`judge_by`.
    """
    seen, chosen = rebuild(trace, cycle), find_rule(rule, trace)
    u = _tossed(trace, cycle, seed, len(seen.u))
    return _replayed(seen, chosen, u, seen.judged_by(chosen, seen.u))


def judge_again(
    trace: Trace, cycle: int, *, rule: str | Rule | None = None, seed: int | None = None, coins: Mapping[int, float] | None = None
) -> Replay:
    """Judge a recorded cycle by any rule, with another seed's coins, with some coins moved by hand; compared with what was recorded.

    Args:
        trace: of detail ``exact``.
        cycle: its number.
        rule: None for the run's own.
        seed: whose coins to take; None for the recorded ones.
        coins: node -> coin, put in place of those, as in :func:`move_coins`.

    Raises:
        ValueError: for a seed or a coin out of range, and as :func:`judge_by`.
        IndexError: for a node that the cycle does not have.
    """
    seen, chosen = rebuild(trace, cycle), find_rule(rule, trace)
    u = seen.u.copy() if seed is None else _tossed(trace, cycle, seed, len(seen.u))
    _move(u, coins or {}, cycle)
    return _replayed(seen, chosen, u, seen.verdict)


def as_cycle(trace: Trace, cycle: int, replay: Replay) -> Cycle:
    """The cycle as it would have been recorded, had it been judged so; no times or law are known. It ends where the recorded text would have.

    Raises:
        ValueError: when the replay is of a tree with another number of nodes.
    """
    recorded, verdict = trace.cycle(cycle), replay.verdict
    drafted = sum(node.state != "pruned" for node in recorded.nodes)
    if len(verdict.decisions) != drafted:
        raise UnexpectedValueError(f"a replay of cycle {cycle} with its {drafted} nodes", f"one of {len(verdict.decisions)}", "replay this cycle")
    decided = [
        replace(node, state=d.state, p=d.p, q=d.q, u=d.u, threshold=d.threshold)
        for node, d in zip(recorded.nodes[:drafted], verdict.decisions, strict=True)
    ]
    tokens = (*(recorded.nodes[node].token for node in verdict.path), verdict.token)
    return replace(
        recorded,
        nodes=(*decided, *recorded.nodes[drafted:]),
        committed=tokens[: num_given_out(tokens, recorded.committed, recorded.stop)],
        last_token=verdict.token,
        last_text=text_of(trace, cycle, verdict.token),
        last_kind=verdict.kind,
        last_u=float(replay.u[-1]),
        last_top=(),
    )


def text_of(trace: Trace, cycle: int, token: int) -> str:
    """A token's text as some law of the run recorded it, this cycle's first; empty when none did (a record holds no whole vocabulary)."""
    others = (trace.cycle(i) for i in range(len(trace)) if i != cycle)
    found = (entry.text for at in (trace.cycle(cycle), *others) for entry in _named(at) if entry.token == token)
    prompt = (piece for known, piece in zip(trace.header.prompt_tokens, trace.header.prompt_pieces, strict=True) if known == token)
    return next(found, None) or next(prompt, "")


def _named(cycle: Cycle) -> Iterator[Entry | Node]:
    """Whatever in a cycle has a token and a text."""
    yield from cycle.nodes
    yield from cycle.last_top
    for node in cycle.nodes:
        yield from (*node.top_p, *node.top_q)


def _replayed(seen: Recorded, rule: Rule, u: Floats, before: Verdict) -> Replay:
    verdict = seen.judged_by(rule, u)
    is_same = before.path == verdict.path and seen.given_out(before) == seen.given_out(verdict)
    return Replay(rule.name, u, verdict, before, is_same)


def _move(u: Floats, coins: Mapping[int, float], cycle: int) -> None:
    n = len(u) - 1
    for node, coin in coins.items():
        if not -1 <= node <= n:
            raise OutOfRangeError(f"a node in [0, {n}] of cycle {cycle} ({n} or -1: the last token's coin)", shown(node))
        if not 0.0 <= coin < 1.0:
            raise UnexpectedValueError("a coin in [0, 1)", f"{coin} for node {node}", f"{ALMOST_ONE} is the largest")
        u[node] = coin


def _tossed(trace: Trace, cycle: int, seed: int, count: int) -> Floats:
    whole_number("a seed", seed, 0, 2**64 - 1)
    return toss(seed, trace.cycle(cycle).prefix, Purpose.VERIFY, count)


def _rows(rows: np.ndarray | None) -> Floats:
    if rows is None or not rows.size:
        return np.zeros((0, 0))
    if rows.ndim != 2:
        raise TraceError("laws of one length in a cycle", f"{len(rows)} of different lengths", "the file is damaged")
    return np.asarray(rows, dtype=np.float64)


def _verdict(cycle: Cycle, n: int) -> Verdict:
    decisions = []
    for node in cycle.nodes[:n]:
        state: State = node.state  # type: ignore[assignment]  # written by a Decision
        decisions.append(Decision(state, node.p, node.q, node.u, node.threshold))
    kind: Kind = cycle.last_kind  # type: ignore[assignment]  # written by a Verdict
    return Verdict(cycle.path, cycle.last_token, kind, decisions)
