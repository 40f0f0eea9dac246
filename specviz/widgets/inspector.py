"""A decision in words: what was proposed, what the target thought of it, how the coin fell, and what followed. HTML, escaped."""

from __future__ import annotations

import math

from specviz.figures import theme, words
from specviz.figures.pieces import LAST
from specviz.trace import Cycle, Node, Trace


def verdict_html(trace: Trace, *, cycle: int, node: int) -> str:
    """Explain one decision of a recorded run.

    Args:
        trace: the recorded run.
        cycle: the cycle.
        node: the drafted node, -1 for the token the target added.

    Raises:
        IndexError: when there is no such cycle or node.
    """
    record = trace.cycle(cycle)
    if node == LAST:
        token, state = words.quoted(record.last_text, record.last_token), record.last_kind
        return _page(token, state, _last_sentences(trace, record), [("coin u", words.number(record.last_u))])
    chosen = trace.node(cycle, node)
    return _page(words.quoted(chosen.text, chosen.token), chosen.state, _node_sentences(trace, record, chosen), _numbers(trace, chosen))


def verdict_text(trace: Trace, *, cycle: int, node: int) -> str:
    """The name of a decision for a menu, unescaped: glyph, place, token, state."""
    record = trace.cycle(cycle)
    if node == LAST:
        chosen = theme.look(record.last_kind)
        return f"{chosen.glyph} last token {words.plain(record.last_text, record.last_token)}: {chosen.word}"
    n = trace.node(cycle, node)
    chosen = theme.look(n.state)
    return f"{chosen.glyph} draft {n.depth} {words.plain(n.text, n.token)}: {chosen.word}"


def _page(token: str, state: str, sentences: list[str], numbers: list[tuple[str, str]]) -> str:
    look = theme.look(state)
    head = f'<b style="border-left:6px solid {look.colour};padding-left:8px">{look.glyph} <code style="{_CODE}">{token}</code> {look.word}</b>'
    rows = "".join(f'<tr><th scope="row" style="{_TH}">{name}</th><td style="{_TD}">{value}</td></tr>' for name, value in numbers)
    return f'<div style="{_CARD}">{head}<p style="margin:8px 0">{" ".join(sentences)}</p><table style="border-collapse:collapse">{rows}</table></div>'


_CARD = f"font:14px/1.5 {theme.SANS};color:{theme.INK};background:{theme.CARD};padding:12px 16px;max-width:72ch;white-space:normal"
_CODE = f"font-family:{theme.MONO};background:{theme.GRID};color:{theme.INK};padding:1px 4px"
_TH = f"text-align:left;font-weight:400;color:{theme.MUTED};padding:1px 24px 1px 0"
_TD = f"font-family:{theme.MONO};text-align:right;padding:1px 0"


def _numbers(trace: Trace, node: Node) -> list[tuple[str, str]]:
    rows = [("p, target's probability", words.number(node.p)), ("q, draft's probability", words.number(node.q))]
    if node.threshold is not None and not words.is_greedy(trace):
        rows += [("accepted when u is below", words.number(node.threshold)), ("u, the coin", words.number(node.u))]
    if not math.isnan(node.alpha):
        rows.append(("α = Σ min(p, q) in this place", words.number(node.alpha)))
    return rows


def _node_sentences(trace: Trace, cycle: Cycle, node: Node) -> list[str]:
    if node.state == "pruned":
        return ["The tree builder scored this draft and cut it: the target never saw it."]
    if node.state == "ignored":
        return [_why_ignored(cycle, node)]
    return _greedy(cycle, node) if words.is_greedy(trace) else _sampled(cycle, node)


def _why_ignored(cycle: Cycle, node: Node) -> str:
    if cycle.is_behind_end(node.id):
        return "It does not count: the text had ended before it."
    parent = cycle.nodes[node.parent] if node.parent >= 0 else None
    if parent is None or parent.state == "accepted":
        return "It was never examined: a sibling was accepted first, and the walk went on from there."
    before = parent
    while before.state == "ignored" and before.parent >= 0 and cycle.nodes[before.parent].state != "accepted":
        before = cycle.nodes[before.parent]
    return f"It was never examined: it continues {words.quoted(before.text, before.token)}, which is not part of the text."


def _sampled(cycle: Cycle, node: Node) -> list[str]:
    said = [_why(node)]
    if node.threshold is None:
        return said
    coin, limit = words.number(node.u), words.number(node.threshold)
    if node.state == "accepted":
        return [*said, f"The coin fell on {coin}, below {limit}: accepted."]
    said.append(f"The coin fell on {coin}, not below {limit}: refused.")
    if any(other.parent == node.parent and other.id > node.id and other.state in ("accepted", "rejected") for other in cycle.nodes):
        return [*said, "The next draft for this place is then judged against what is left of p."]
    return [*said, "The replacement is drawn from what the draft left of p, norm((p − q)₊)."]


def _why(node: Node) -> str:
    if node.threshold is not None and abs(node.threshold - words.ratio(node)) > 1e-6:  # a rule that does not go by p/q alone
        return f"This rule keeps it with probability {words.number(node.threshold)}."
    if node.q == 1.0 and len(node.top_q) <= 1:
        return "This token was copied or picked, not drawn, so its law q is a single spike: it stays with the target's own probability p."
    if node.p >= node.q:
        return "The target gives it at least the probability the draft did (p ≥ q), so no coin can refuse it."
    return "The draft was more eager for it than the target is (q &gt; p), so it stays only with probability p/q."


def _greedy(cycle: Cycle, node: Node) -> list[str]:
    if node.state == "accepted":
        return ["At temperature 0 a draft stays when it is the target's likeliest token. This one is."]
    said = ["At temperature 0 a draft stays when it is the target's likeliest token. This one is not:"]
    if node.top_p:
        return [*said, f"the target's choice here is {words.quoted(node.top_p[0].text, node.top_p[0].token)}."]
    return [*said, f"the token the cycle ended with is {words.quoted(cycle.last_text, cycle.last_token)}."]


def _last_sentences(trace: Trace, cycle: Cycle) -> list[str]:
    how = "the target's likeliest token" if words.is_greedy(trace) else "drawn by the target's own law"
    if not cycle.nodes:
        said = [f"Nothing was drafted in this cycle; the token is {how}."]
    elif cycle.last_kind == "bonus":
        said = [
            "Nothing on the path was refused. The same pass of the target already holds the law of the token after it,",
            f"so one more comes free: {how}.",
        ]
    elif words.is_greedy(trace):
        said = [f"A draft was refused here. The pass that refused it also says what belongs in its place: {how}."]
    else:
        said = ["A draft was refused here. The replacement is drawn from the residual: what the target has beyond the draft, made to sum to 1."]
    if not cycle.is_last_kept:
        said.append("It was not kept: the text had ended before it.")
    return said
