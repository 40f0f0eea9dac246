"""What a drawn tree says: its heading, its hovers, and its words for a reader who does not see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from specviz.figures import theme, words
from specviz.trace import Cycle, Node, Trace

By = Literal["q", "p"]
NAMES: dict[By, str] = {"q": "draft's probability q", "p": "target's probability p"}
STATES = ("accepted", "rejected", "ignored", "pruned")


def title(cycle: Cycle) -> str:
    """The heading of a recorded cycle."""
    return f"Cycle {cycle.cycle}: {len(cycle.nodes)} drafted, {len(cycle.path)} accepted, {words.count(len(cycle.committed), 'token')} gained"


def subtitle(trace: Trace, cycle: Cycle, by: By) -> str:
    """What sizes and lines mean, and what is special about the cycle."""
    parts = [f"Method {words.safe(trace.header.method)}."]
    if not cycle.nodes:
        return " ".join([*parts, "Nothing was drafted: the target's pass gave one token."])
    parts.append(f"Marker area: {NAMES[by]}. Thick: the accepted path and the token the target added.")
    if any(n.parent == m.parent for n, m in zip(cycle.nodes, cycle.nodes[1:], strict=False)):
        parts.append("Straight on: the first draw; below: its siblings in drawing order.")
    if not cycle.is_last_kept:
        parts.append("The text ended inside the block: what came after is not kept.")
    if words.is_greedy(trace):
        parts.append("Greedy run: a draft stays only if it is the target's likeliest token.")
    return " ".join(parts)


def replay_title(rule: str, now: Cycle, before: Cycle) -> str:
    """The heading of a cycle that was judged again."""
    accepted = f"{len(now.path)} accepted" + ("" if len(now.path) == len(before.path) else f" instead of {len(before.path)}")
    return f"Cycle {now.cycle} judged again by {words.safe(rule)}: {accepted}"


def replay_subtitle(by: By, changed: int) -> str:
    """What the marks of a replay mean."""
    return (
        f"Marker area: {NAMES[by]}. Thick: what is accepted now. Grey band: the path that was recorded. "
        f"Purple rings: {words.count(changed, 'node')} judged otherwise than in the record."
    )


def siblings(cycle: Cycle) -> dict[int, list[int]]:
    """Parent -> its drafted children in drawing order, without what was cut before the target saw it."""
    found: dict[int, list[int]] = {}
    for n in cycle.nodes:
        if n.state != "pruned":
            found.setdefault(n.parent, []).append(n.id)
    return found


def hover(n: Node, cycle: Cycle, group: Sequence[int]) -> str:
    """The whole decision about a node; ``group`` holds it and its siblings."""
    chosen = theme.look(n.state)
    lines = [
        f"<b>{words.quoted(n.text, n.token, 40)}</b>  token {n.token}",
        f"{chosen.glyph} {chosen.word}: {chosen.meaning}",
        f"node {n.id}, draft {n.depth}{_among(n, cycle, group)}",
        f"p (target)    {words.number(n.p)}",
        f"q (draft)     {words.number(n.q)}",
        f"min(1, p/q)   {words.number(words.ratio(n))}",
        words.coin_words(n),
    ]
    if cycle.is_behind_end(n.id):
        lines.append("the text had ended before it")
    return "<br>".join(lines)


def _among(n: Node, cycle: Cycle, group: Sequence[int]) -> str:
    """Which of its siblings a node is, and how many of them were refused before it."""
    if len(group) < 2 or n.id not in group:
        return ""
    rank = list(group).index(n.id)
    refused = sum(cycle.nodes[i].state == "rejected" for i in group[:rank])
    after = f", after {words.count(refused, 'refusal')}" if refused and n.state in ("accepted", "rejected") else ""
    return f", sibling {rank + 1} of {len(group)}{after}"


def last_hover(cycle: Cycle, *, is_kept: bool) -> str:
    """The last token: what it is and its coin."""
    chosen = theme.look(cycle.last_kind)
    lines = [f"<b>{words.quoted(cycle.last_text, cycle.last_token, 40)}</b>  token {cycle.last_token}"]
    lines.append(f"{chosen.glyph} {chosen.word}: {chosen.meaning}")
    lines.append(f"coin u = {words.number(cycle.last_u)}" if is_kept else "drawn, not kept: the text had ended before it")
    return "<br>".join(lines)


def alt(cycle: Cycle) -> str:
    """The tree in words."""
    path = ", ".join(words.plain(cycle.nodes[i].text, cycle.nodes[i].token) for i in cycle.path) or "none"
    states = ", ".join(f"{sum(n.state == s for n in cycle.nodes)} {theme.look(s).word}" for s in STATES)
    last = words.plain(cycle.last_text, cycle.last_token)
    size = f"{words.count(len(cycle.nodes), 'node')} ({states})"
    kind = cycle.last_kind if cycle.is_last_kept else f"{cycle.last_kind}, not kept"
    return f"Draft tree of cycle {cycle.cycle}: {size}. Accepted path: {path}. Last token: {last}, {kind}."
