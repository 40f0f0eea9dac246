"""One recorded decision in words and numbers: what an inspector says. Plain text out; the page escapes it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from specviz.figures import words
from specviz.figures.pieces import LAST
from specviz.trace import Cycle, Node, Trace

Row = tuple[str, str, str]


@dataclass(frozen=True)
class Said:
    """A decision as shown: the token, its state, the verdict in a sentence, and the numbers behind it."""

    token: str
    state: str
    place: str
    sentence: str
    rows: list[Row]


def decision(trace: Trace, cycle: int, node: int) -> Said:
    """What was decided about a node, or about the cycle's last token (``node=-1``).

    Raises:
        IndexError: when there is no such cycle or node.
    """
    record = trace.cycle(cycle)
    if node == LAST:
        token = words.visible(record.last_text, record.last_token)
        return Said(token, record.last_kind, f"cycle {cycle}, the target's own token", _last_sentence(trace, record), _last_rows(trace, record))
    drafted = trace.node(cycle, node)
    place = f"cycle {cycle}, node {node}, draft position {drafted.depth}"
    return Said(words.visible(drafted.text, drafted.token), drafted.state, place, _sentence(trace, record, drafted), _rows(trace, record, drafted))


def nodes(cycle: Cycle) -> list[int]:
    """The places of a cycle in the order the keys step through them; the last token comes last."""
    return [*(node.id for node in cycle.nodes), LAST]


def decisive(cycle: Cycle) -> int:
    """The place to look at first: the refusal that ended the draft, else the last token."""
    return next((node.id for node in cycle.nodes if node.state == "rejected"), LAST)


def _sentence(trace: Trace, cycle: Cycle, node: Node) -> str:
    if node.state == "pruned":
        return "pruned: the tree builder dropped it before the target saw it."
    if cycle.is_behind_end(node.id):
        return "ignored: the text had ended before it, so it does not count."
    if node.state == "ignored":
        return "ignored: the target's pass covered it, but no rule looked at it, because the walk through the draft ended or turned off before it."
    if words.is_greedy(trace):
        return _greedy_sentence(node)
    return _coin_sentence(cycle, node)


def _greedy_sentence(node: Node) -> str:
    if node.state == "accepted":
        return "accepted: it is the target's most likely token here. At temperature 0 nothing else counts."
    if not node.top_p:
        return "refused: it is not the target's most likely token here. At temperature 0 nothing else counts."
    best = node.top_p[0]
    choice = f"‘{words.visible(best.text, best.token)}’ (p = {words.number(best.prob)})"
    return f"refused: the target's most likely token here was {choice}. At temperature 0 nothing else counts."


def _coin_sentence(cycle: Cycle, node: Node) -> str:
    if node.threshold is None or math.isnan(node.threshold):
        return f"{'accepted' if node.state == 'accepted' else 'refused'}: the rule of this run used no coin of its own for it."
    name = _threshold_name(cycle, node)
    coin, bar = _apart(node.u, node.threshold)
    if node.state == "accepted":
        sure = " A threshold of 1 accepts every coin." if node.threshold >= 1 else ""
        return f"accepted: the coin {coin} is below {name} = {bar}.{sure}"
    return f"refused: the coin {coin} is above {name} = {bar}."


def _threshold_name(cycle: Cycle, node: Node) -> str:
    """What the threshold is; named by its formula only where the record agrees with it."""
    is_ratio = node.q > 0 and math.isclose(min(1.0, node.p / node.q), node.threshold or 0.0, rel_tol=1e-6, abs_tol=1e-9)
    if is_ratio and _is_picked(cycle, node):
        return "p (a token that was picked, not drawn, counts as q = 1)"
    if is_ratio:
        return "p/q" if node.p < node.q else "min(1, p/q)"
    return "the rule's threshold"


def _is_picked(cycle: Cycle, node: Node) -> bool:
    """Whether the token was judged as a one-hot law: copied, or picked without a coin."""
    return cycle.sampling == "deterministic" and node.q == 1.0


def _apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in (2, 3, 4, 6, 9):
        texts = f"{a:.{digits}f}", f"{b:.{digits}f}"
        if texts[0] != texts[1]:
            return texts
    return repr(a), repr(b)


def _last_sentence(trace: Trace, cycle: Cycle) -> str:
    is_greedy = words.is_greedy(trace)
    how = "the target's most likely token" if is_greedy else "drawn"
    if not cycle.nodes:
        return f"{how}{' after the text so far' if is_greedy else ' from the target’s law p'}: nothing was drafted in this cycle."
    if cycle.last_kind == "bonus":
        source = "after the whole accepted path" if is_greedy else "from the target's law p after the accepted path"
        return f"bonus: a whole path was accepted, and the same pass gives one token more: {how} {source}."
    source = "where the draft was refused" if is_greedy else "from the residual: what is left of p where the draft claimed too much"
    return f"corrected: {how} {source}."


def _rows(trace: Trace, cycle: Cycle, node: Node) -> list[Row]:
    ratio = node.p / node.q if node.q > 0 else math.nan
    at = _law_temperature(trace)
    rows = [
        ("p, the target", words.number(node.p), at),
        ("q, the draft", words.number(node.q), "picked, not drawn, so 1" if _is_picked(cycle, node) else at),
        ("p / q", words.number(ratio), "the target likes it more" if ratio > 1 else "the draft likes it at least as much"),
    ]
    if words.is_greedy(trace):
        return [*rows, ("coin u", "not used", "temperature 0 decides without one")]
    return [
        *rows,
        ("coin u", words.number(node.u), "uniform in [0, 1), from the seed and the place"),
        ("threshold", "none" if node.threshold is None else words.number(node.threshold), "accepted when u is below it"),
        ("α here", words.number(node.alpha), "Σ min(p, q): the chance that any token drawn from q is accepted"),
    ]


def _last_rows(trace: Trace, cycle: Cycle) -> list[Row]:
    prob = next((entry.prob for entry in cycle.last_top if entry.token == cycle.last_token), math.nan)
    coin = ("coin u", "not used", "temperature 0 decides without one")
    if not words.is_greedy(trace):
        coin = ("coin u", words.number(cycle.last_u), "picks the token on the summed law (inverse CDF)")
    source = "in the residual" if cycle.last_kind == "corrected" and not words.is_greedy(trace) else f"in p, at {_law_temperature(trace)}"
    kept = cycle.is_last_kept
    was_kept = ("kept", "yes" if kept else "no", "in the text" if kept else "the text had ended before it")
    return [("probability", words.number(prob), source), coin, was_kept]


def _law_temperature(trace: Trace) -> str:
    return f"temperature {trace.header.law_temperature:g}"
