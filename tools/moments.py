"""Find and record the runs that each show one thing (``specviz/trace/moments.py``): on a quiet machine, after the weights have changed.

Every lesson says what has to happen in a run. Prompts and seeds are tried one after the other, and the first run in which it happens is
kept: nothing is staged. The instructor's table is written from what was found.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

import specviz as sv
from specviz.bench.zoo import prompts_of
from specviz.figures.pieces import LAST
from specviz.trace import Cycle, Trace, summarise
from specviz.trace.moments import Moment, moments
from specviz.trace.store import MOMENTS, SAMPLES
from specviz.zoo.corpus.families import FAMILIES

Place = tuple[int, int]
Find = Callable[[Trace, Trace | None], Place | None]
"""(run, the run beside it) -> cycle and node at which it happens, or None."""

FOLDER = SAMPLES / MOMENTS
GUIDE = Path(__file__).parent.parent / "tutorial" / "INSTRUCTOR.md"
BEGIN, END = "<!-- moments: written by tools/moments.py -->", "<!-- end of moments -->"
_PROMPTS, _SEEDS = 12, 5
_CLOSE = 0.03  # from its threshold: such a coin decides by a hair
_SLOW = 0.8  # of plain decoding's speed: clear of the noise of a shared machine
_EASY, _HARD = 5.0, 1.5  # accepted drafts a cycle, of eight


def all_accepted(trace: Trace, _: Trace | None = None) -> Place | None:
    """A cycle in which every draft of four or more stays."""
    return next(((c.cycle, LAST) for c in trace if c.last_kind == "bonus" and len(c.path) >= 4), None)


def refused_at_a_name(trace: Trace, _: Trace | None = None) -> Place | None:
    """A name of the text before is wanted, in the middle of a sentence, and the draft has another one."""
    before = trace.header.prompt
    for cycle in trace:
        end = before + "".join(node.text for node in cycle.nodes if node.state == "accepted")
        refused = next((node for node in cycle.nodes if node.state == "rejected"), None)
        if refused and any(node.state == "ignored" for node in cycle.nodes) and _is_name_of(cycle.last_text, end) and _is_name(refused.text):
            return cycle.cycle, refused.id
        before += cycle.text
    return None


def _is_name_of(token: str, before: str) -> bool:
    """Whether it is a name that stands in the text before, and goes on in the middle of a sentence."""
    is_inside = before[-1:].isalpha() or before.endswith(",")
    return is_inside and _is_name(token) and re.search(rf"\b{token.strip()}\b", before) is not None


def _is_name(token: str) -> bool:
    return bool(re.fullmatch(r" [A-Z][a-z]{2,}", token))


def a_tree_saves_a_cycle(trace: Trace, _: Trace | None = None) -> Place | None:
    """A first child is refused, a sibling stays, and drafts behind it too."""
    for cycle in trace:
        for node in cycle.nodes:
            if node.state == "accepted" and _refused_before(cycle, node.id) and any(cycle.nodes[i].parent == node.id for i in cycle.path):
                return cycle.cycle, node.id
    return None


def rescued_by_the_residual(trace: Trace, _: Trace | None = None) -> Place | None:
    """A sibling stays although its coin lies above p/q, p being the target's law as it was before the refusals: they moved it."""
    for cycle in trace:
        for node in cycle.nodes:
            at_first = next((entry.prob for entry in node.top_p if entry.token == node.token), 1.0)
            if node.state == "accepted" and _refused_before(cycle, node.id) and node.u > 1.25 * at_first / node.q:
                return cycle.cycle, node.id
    return None


def _refused_before(cycle: Cycle, node: int) -> bool:
    parent = cycle.nodes[node].parent
    return any(other.parent == parent and other.state == "rejected" for other in cycle.nodes[:node])


def a_lossy_rule(trace: Trace, exact: Trace | None) -> Place | None:
    """A draft stays that the exact rule refuses with the same coin, and the two answers differ."""
    assert exact is not None  # noqa: S101  the lesson has a twin
    ours, theirs = _answer(trace.text), _answer(exact.text)
    if ours is None or theirs is None or ours == theirs:
        return None
    for cycle, other in zip(trace, exact, strict=False):
        for node, twin in zip(cycle.nodes, other.nodes, strict=False):
            if (node.token, node.u) == (twin.token, twin.u) and (node.state, twin.state) == ("accepted", "rejected"):
                return cycle.cycle, node.id
        if cycle.committed != other.committed:
            return None
    return None


def _answer(text: str) -> str | None:
    found = re.search(r"Answer: (\S+)", text)
    return found[1] if found else None


def speculation_loses(trace: Trace, plain: Trace | None) -> Place | None:
    """Clearly slower than plain decoding of the same prompt; the place is the cycle that kept least for its time."""
    assert plain is not None  # noqa: S101  the lesson has a twin
    whole = trace.cycles[:-1]  # the last one is cut by the end of the text
    if not whole or summarise(trace).tokens_per_second > _SLOW * summarise(plain).tokens_per_second:
        return None
    worst = min(whole, key=lambda cycle: len(cycle.committed) / cycle.total_ms)
    return worst.cycle, LAST


def the_best_length_changes(trace: Trace, _: Trace | None = None) -> Place | None:
    """Some cycles keep most of their eight drafts, and those after (or before) them next to none; the place is where that turns."""
    kept = [len(cycle.path) for cycle in trace.cycles[:-1]]
    for cut in range(4, len(kept) - 3):
        first, second = mean(kept[max(0, cut - 6) : cut]), mean(kept[cut : cut + 6])
        if max(first, second) >= _EASY and min(first, second) <= _HARD:
            return cut, LAST
    return None


def a_coin_decides(trace: Trace, _: Trace | None = None) -> Place | None:
    """A coin lies a hair from its threshold, and the threshold is neither a sure yes nor a sure no."""
    for cycle in trace:
        for node in cycle.nodes:
            if node.threshold is not None and 0.2 < node.threshold < 0.8 and 0 < abs(node.u - node.threshold) < _CLOSE:
                return cycle.cycle, node.id
    return None


@dataclass(frozen=True)
class Lesson:
    """One run to find: on which kinds of text, decoded how, what has to happen, and what to say about it."""

    name: str
    shows: str
    look: str
    find: Find
    families: tuple[str, ...]
    method: str = "chain"
    settings: dict[str, Any] = field(default_factory=dict)
    twin: tuple[str, str] | None = None  # name and method of the run beside it
    detail: str = "full"


LESSONS = (
    Lesson(
        "all-accepted",
        "a cycle in which every draft stays: γ + 1 tokens from one pass",
        "the star at the end: a bonus, free of charge",
        all_accepted,
        ("code",),
    ),
    Lesson(
        "refused-at-a-name",
        "the draft follows until the text needs a fact it does not have",
        "both laws at the name; what was drafted after it is *ignored*",
        refused_at_a_name,
        ("story", "summarise", "chat"),
    ),
    Lesson(
        "a-tree-saves-a-cycle",
        "the first child is refused, its sibling goes on",
        "the accepted path beside the place where a chain would have ended",
        a_tree_saves_a_cycle,
        ("story",),
        method="sequoia:nodes=16:gamma=5",
    ),
    Lesson(
        "rescued-by-the-residual",
        "a second sibling passes because the first one's refusal moved the law",
        "the target's law before and after the first refusal",
        rescued_by_the_residual,
        ("story", "chat"),
        method="rsd-c:branching=3/2/1",
        settings={"temperature": 0.8},
    ),
    Lesson(
        "a-lossy-rule",
        "a relaxed rule keeps a plausible token, and the answer changes",
        "the same prompt under the exact rule, beside it: `a-lossy-rule-exact`",
        a_lossy_rule,
        ("maths",),
        method="chain:verifier=typical",
        settings={"temperature": 0.7, "max_new_tokens": 72},
        twin=("a-lossy-rule-exact", "chain"),
    ),
    Lesson(
        "speculation-loses",
        "a long draft, rarely right: slower than the target alone",
        "the lanes: draft time is longer than what it saves",
        speculation_loses,
        ("code", "story"),
        method="chain:gamma=12",
        settings={"temperature": 1.2},
        twin=("speculation-loses-plain", "autoregressive"),
    ),
    Lesson(
        "the-best-length-changes",
        "one text, an easy half and a hard half: no single γ fits both",
        "accepted length, cycle by cycle",
        the_best_length_changes,
        tuple(FAMILIES),
        method="chain:gamma=8",
        settings={"max_new_tokens": 96},
    ),
    Lesson(
        "a-coin-decides",
        "one coin near its threshold: move it, and the rest of the text is another",
        "the tab *Judge again*, and move the coin by hand",
        a_coin_decides,
        ("story",),
        settings={"temperature": 0.8, "top_k": 10, "max_new_tokens": 40},
        detail="exact",
    ),
)


def record(lesson: Lesson) -> Moment:
    """Try prompts and seeds until it happens; keep that run, and the one beside it.

    Raises:
        LookupError: when it happens nowhere.
    """
    pair = sv.load_pair("tiny", dtype="float32")
    for prompt, seed in _tries(pair, lesson):
        settings: dict[str, Any] = {"max_new_tokens": 64, "seed": seed, "detail": lesson.detail} | lesson.settings
        run = sv.generate(pair, prompt, lesson.method, **settings)
        twin = sv.generate(pair, prompt, lesson.twin[1], **settings) if lesson.twin else None
        place = lesson.find(run.trace, twin.trace if twin else None)
        if place is None:
            continue
        run.trace.save(FOLDER / f"{lesson.name}.arrow")
        if twin and lesson.twin:
            twin.trace.save(FOLDER / f"{lesson.twin[0]}.arrow")
        return Moment(lesson.name, lesson.shows, lesson.look, *place, beside=lesson.twin[0] if lesson.twin else "")
    raise LookupError(f"expected a run that shows {lesson.name!r} among {_PROMPTS} prompts of {', '.join(lesson.families)}, found none")


def _tries(pair: sv.Pair, lesson: Lesson) -> Iterator[tuple[list[int], int]]:
    """Prompts of the test split, kinds of text taking turns, and the seeds worth trying."""
    kinds = [prompts_of(pair, family, _PROMPTS) for family in lesson.families]
    is_greedy = lesson.settings.get("temperature", 0.0) == 0.0
    return ((kind[index], seed) for seed in range(1 if is_greedy else _SEEDS) for index in range(_PROMPTS) for kind in kinds)


def table(found: Sequence[Moment]) -> str:
    """The instructor's table."""
    rows = ["| | name | shows | look at | moment |", "|---|---|---|---|---|"]
    for number, each in enumerate(found, start=1):
        place = f"cycle {each.cycle}" + (f", node {each.node}" if each.node != LAST else "")
        rows.append(f"| {number} | `{each.run}` | {each.shows} | {each.look} | {place}: `{each.address}` |")
    return "\n".join(rows)


def main(names: Sequence[str] = ()) -> None:
    """Record the lessons named, or all, and write the list and the guide's table.

    Raises:
        ValueError: for a name that is no lesson's.
    """
    known = {lesson.name: lesson for lesson in LESSONS}
    if unknown := set(names) - set(known):
        raise ValueError(f"expected lessons among {', '.join(known)}, got {', '.join(sorted(unknown))}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = {each.run: each for each in moments()}
    for name in names or known:
        found[name] = record(known[name])
        print(f"{name:24} {found[name].address}")
        _write([found[name] for name in known if name in found])  # at once: the next search may fail


def _write(found: Sequence[Moment]) -> None:
    """The list that ships, and the guide's table."""
    (FOLDER / "moments.json").write_text(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = GUIDE.read_text(encoding="utf-8")
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    GUIDE.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
