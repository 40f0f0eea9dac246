"""The whole of speculative decoding on one page: draft, verify, judge, commit, and again."""

from __future__ import annotations

from collections.abc import Iterator

from specviz.engine.clock import Stopwatch, TimedDrafter
from specviz.engine.costs import settled
from specviz.engine.session import Session
from specviz.methods import Method
from specviz.model.pair import Pair
from specviz.types import DraftTree, Step

NO_DRAFT = DraftTree((), (), None, (), "deterministic")


def decode(pair: Pair, session: Session, drafter: TimedDrafter | None, method: Method) -> Iterator[Step]:
    """Decode a prefilled session until it is done; one :class:`Step` a cycle."""
    method = settled(pair, method)
    if drafter:
        session.draft_capacity = drafter.capacity
    build, controller, verifier = method.builder(), method.new_controller(), method.rule(session.settings.temperature)
    while not session.done:
        watch = Stopwatch(pair.target.device)
        prefix = len(session.tokens)
        tree = build(drafter, controller, session) if drafter else NO_DRAFT
        watch.lap("build")
        p = session.score(tree)
        watch.lap("verify")
        coins = session.verify_coins(len(tree) + 1)
        verdict = verifier.judge(tree, p, coins)
        watch.lap("judge")
        verdict = session.commit(verdict, tree)  # cut where the text ends
        controller.observe(tree, verdict)
        if drafter:
            drafter.observe(tree, p, verdict)
        watch.lap("commit")
        draft_s, draft_calls = drafter.take() if drafter else (0.0, 0)
        yield Step(
            tree,
            p,
            verdict,
            watch.times(draft_s),
            cycle=session.next_cycle(),
            prefix=prefix,
            committed=session.committed,
            text=session.text,
            coins=coins,
            draft_calls=draft_calls,
            cache_lengths=(pair.target.cache.length, pair.draft.cache.length if drafter and drafter.has_law and pair.draft else 0),
            stop=session.stop,
        )
