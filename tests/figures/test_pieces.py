from __future__ import annotations

import numpy as np
import pytest

from specviz.figures import pieces, step_pieces
from specviz.figures.pieces import LAST, PROMPT, piece_before, prompt_pieces, trace_pieces
from specviz.types import Decision, DraftTree, Step, Times, Verdict
from tests.figures.make_trace import alone, chain, make_trace, text_of, tree


def states(cycle_pieces: list) -> list[str]:
    return [piece.state for piece in cycle_pieces]


def test_a_refusal_ends_with_the_correction():
    cycle = make_trace([chain(2, 4)]).cycle(0)
    assert states(pieces(cycle)) == ["accepted", "accepted", "corrected"]
    assert [piece.node for piece in pieces(cycle)] == [0, 1, LAST]
    assert [piece.token for piece in pieces(cycle)] == list(cycle.committed)


def test_a_whole_chain_ends_with_the_bonus():
    assert states(pieces(make_trace([chain(3, 3)]).cycle(0))) == ["accepted"] * 3 + ["bonus"]


def test_refused_drafts_stand_before_what_took_their_place():
    assert states(pieces(make_trace([chain(2, 4)]).cycle(0), refused=True)) == ["accepted", "accepted", "rejected", "corrected"]
    assert states(pieces(make_trace([tree([3, 2])]).cycle(0), refused=True)) == ["rejected", "accepted", "rejected", "accepted", "bonus"]


@pytest.mark.parametrize("kept", [1, 2])
def test_a_block_cut_at_the_end_of_the_text_gives_only_what_was_kept(kept: int):
    plain = chain(3, 4)
    cycle = make_trace([chain(3, 4, committed=[n.token for n in plain.nodes[:kept]], stop="end")]).cycle(0)
    assert states(pieces(cycle, refused=True)) == ["accepted"] * kept


def test_plain_decoding_gives_one_token_a_cycle():
    assert states(trace_pieces(make_trace([alone(0), alone(1)]))) == ["bonus", "bonus"]


def test_a_tree_hangs_from_the_token_before_it():
    trace = make_trace([chain(2, 4), chain(1, 4, seed=3)])
    root, first = piece_before(trace, 0), piece_before(trace, 1)
    assert root == prompt_pieces(trace)[-1]
    assert root is not None
    assert root.cycle == PROMPT
    assert first is not None
    assert (first.cycle, first.state, first.token) == (0, "corrected", trace.cycle(0).last_token)
    assert piece_before(make_trace([alone()], prompt=()), 0) is None


def test_a_live_step_gives_the_same_pieces_as_its_record():
    plain = chain(2, 4)
    cycle = make_trace([plain]).cycle(0)
    decisions = [Decision(n.state, n.p, n.q, n.u, n.threshold) for n in plain.nodes]
    step = Step(
        DraftTree([n.token for n in plain.nodes], [n.parent for n in plain.nodes], np.zeros((4, 24)), range(4)),
        np.zeros((5, 24)),
        Verdict([0, 1], plain.last_token, "corrected", decisions),
        Times(0, 0, 0, 0, 0),
        committed=cycle.committed,
    )
    assert step_pieces(step, text_of, refused=True) == pieces(cycle, refused=True)
