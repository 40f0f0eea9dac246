"""What was aimed at (issues 4 and 5, "what shows that it works"), and what the reports under benchmarks/results say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from specviz.figures.peers import data_types
from specviz.model.pair import DEFAULT_DRAFT

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Value:
    """One number for a target: what it is of, its median (or count) and its spread; None where it has none."""

    of: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Target:
    """Something aimed at.

    Attributes:
        what: in words.
        kind: the reports that can tell, see :func:`kind_of`.
        bound: what was aimed at.
        is_floor: whether larger is better.
        read: report -> numbers; empty where it holds none.
        unit: how numbers are written: ``x`` for times, ``%`` for a share, nothing for a plain ratio.
    """

    what: str
    kind: str
    bound: float
    is_floor: bool
    read: Callable[[Report], Iterator[Value]]
    unit: str = "x"

    def is_met(self, found: Value) -> bool:
        """Whether the number itself, not its interval, reaches the bound."""
        return found.value >= self.bound if self.is_floor else found.value <= self.bound

    def write(self, number: float) -> str:
        """A number as the page has it."""
        return f"{100 * number:.1f} %" if self.unit == "%" else f"{number:.2f}{self.unit}"

    @property
    def aim(self) -> str:
        """The bound in words."""
        return f"{'at least' if self.is_floor else 'at most'} {self.write(self.bound)}"


_PARTS = {
    "zoo": {"drafts", "target"},
    "methods": {"families", "costs"},
    "rules": {"rows", "claims"},
    "batch": {"rows", "crossing"},
    "doctor": {"speed", "advice"},
    "endurance": {"soak", "same_as_plain_twin"},
    "passes": {"passes", "gamma"},
}


def kind_of(report: Report) -> str:
    """Which command wrote it: ``peers``, ``zoo``, ``methods``, ``rules``, ``batch``, ``doctor``, ``endurance`` or ``passes``.

    Raises:
        ValueError: for none of them, or a diagnosis in which nothing was timed.
    """
    if data_types(report):
        return "peers"
    for kind, parts in _PARTS.items():
        if parts <= report.keys() and all(report[part] is not None for part in parts):
            return kind
    raise ValueError(
        f"expected a report of bench peers, zoo, methods, rules, batch, endurance or passes, or of doctor, got one with {', '.join(report)}"
    )


def _ratio(name: str) -> Callable[[Report], Iterator[Value]]:
    def read(report: Report) -> Iterator[Value]:
        for kind in data_types(report):
            found = report[kind]["ratios"].get(name)
            if found:
                yield Value(kind, found["median"], found["min"], found["max"])

    return read


def _added(name: str) -> Callable[[Report], Iterator[Value]]:
    """What recording adds to the time of a call: tokens a second without it, over with it, less 1."""

    def read(report: Report) -> Iterator[Value]:
        yield from (Value(v.of, v.value - 1, (v.low or 0) - 1, (v.high or 0) - 1) for v in _ratio(f"chain / chain recorded {name}")(report))

    return read


def _best(report: Report) -> Iterator[tuple[str, dict[str, Mapping[str, float]]]]:
    """The speeds of the pair that is loaded when no draft is named; the others are there to be compared with it."""
    drafts = report["drafts"]
    for draft in [DEFAULT_DRAFT] if DEFAULT_DRAFT in drafts else drafts:
        yield draft, {family: row["speed"]["best"] for family, row in drafts[draft]["families"].items()}


def _mean_speed(report: Report) -> Iterator[Value]:
    for draft, speeds in _best(report):
        yield Value(
            f"{draft}, mean over {len(speeds)} kinds of text", *(fmean(s[part] for s in speeds.values()) for part in ("median", "min", "max"))
        )


def _least_speed(report: Report) -> Iterator[Value]:
    for draft, speeds in _best(report):
        family = min(speeds, key=lambda name: speeds[name]["median"])
        yield Value(f"{draft}, {family}", *(speeds[family][part] for part in ("median", "min", "max")))


def _predicted(report: Report) -> Iterator[Value]:
    speed = report["speed"]
    yield Value(report["pair"], *(speed["measured"][part] / speed["predicted"]["value"] for part in ("value", "low", "high")))


def _housekeeping(report: Report) -> Iterator[Value]:
    ms = report["cycle"]["ms"]
    yield Value(report["pair"], sum(ms[part] for part in ("judge", "commit", "host")) / sum(ms.values()))


def _same_texts(report: Report) -> Iterator[Value]:
    yield Value(f"{report['prompts']} prompts", report["same_as_plain_twin"] / report["prompts"])


def _memory_growth(report: Report) -> Iterator[Value]:
    """From the first tenth of a soak, by which everything is loaded, to its end."""
    held = [mb for mb in report["soak"]["resident_mb"] if mb is not None]
    if held:
        yield Value(f"{report['soak']['runs']} runs", held[-1] / held[0] - 1)


def _of_floor(report: Report) -> Iterator[Value]:
    yield from (Value(dtype, figures["of_floor"]) for dtype, figures in report["passes"].items())


def _unexplained_growth(report: Report) -> Iterator[Value]:
    """What a cycle costs more behind the longest text than behind the shortest, beyond what its attention alone does, of the shorter one."""
    for dtype, figures in report["passes"].items():
        first, last = figures["contexts"][0], figures["contexts"][-1]
        grown, must = (last[name] - first[name] for name in ("cycle_ms", "attention_of_cycle_ms"))
        yield Value(f"{dtype}, from {first['context']} to {last['context']} tokens", (grown - must) / first["cycle_ms"])


_EXPECTED_GAIN = "chain:controller=expected-gain:gamma=12"
_SHAPES = ("dyspec:nodes=32", "eagle-2:nodes=32", "opt-tree:nodes=32")


def _more_tokens(report: Report) -> Iterator[Value]:
    """Tokens per cycle of the best dynamic tree of 32 nodes over the best chain's, by kind of text."""
    gains: dict[str, float] = {}
    for family, row in report["families"].items():
        tau = {name: figures["tau"] for name, figures in row["methods"].items()}
        chains, trees = ([tau[name] for name in tau if chosen(name)] for chosen in (lambda n: n.startswith("chain:gamma"), _SHAPES.__contains__))
        if chains and trees:
            gains[family] = max(trees) / max(chains)
    if gains:
        yield Value(f"mean, least and most of {len(gains)} kinds of text", fmean(gains.values()), min(gains.values()), max(gains.values()))


def _choosing(name: str, key: str) -> Callable[[Report], Iterator[Value]]:
    """What an automatic choice reaches of the best fixed method, on the kind of text where it reaches least."""

    def read(report: Report) -> Iterator[Value]:
        found = {family: row["choosing"][name][key] for family, row in report["families"].items() if name in row["choosing"]}
        medians = {family: of["median"] if isinstance(of, Mapping) else of for family, of in found.items() if of is not None}
        if medians:
            least = min(medians, key=medians.__getitem__)
            spread = found[least] if isinstance(found[least], Mapping) else {}
            yield Value(f"{least}, the least of {len(medians)}", medians[least], spread.get("min"), spread.get("max"))

    return read


def _over_plain(report: Report) -> Iterator[Value]:
    found = {family: row["methods"]["auto"]["speedup"] for family, row in report["families"].items() if "auto" in row["methods"]}
    if found:
        least = min(found, key=lambda family: found[family]["median"])
        yield Value(f"{least}, the least of {len(found)}", *(found[least][part] for part in ("median", "min", "max")))


TARGETS: tuple[Target, ...] = (
    Target("chain over our plain decoding, best γ, mean over the kinds of text", "zoo", 2.3, True, _mean_speed),
    Target("chain over our plain decoding, best γ, the least of the kinds of text", "zoo", 1.5, True, _least_speed),
    Target("our plain decoding over `transformers` plain", "peers", 1.4, True, _ratio("plain / transformers plain")),
    Target("our best chain over `transformers` assisted at its best", "peers", 2.0, True, _ratio("chain / transformers assisted")),
    Target("our prompt lookup over theirs", "peers", 1.3, True, _ratio("prompt-lookup / transformers prompt lookup")),
    Target("recording at detail full adds", "peers", 0.05, False, _added("full"), "%"),
    Target("recording at detail light adds", "peers", 0.01, False, _added("light"), "%"),
    Target("`auto` over plain decoding, whole runs", "methods", 0.97, True, _over_plain, ""),
    Target("`auto` of the best fixed method, beyond the first 64 tokens", "methods", 0.95, True, _choosing("auto", "of_best_settled"), ""),
    Target("expected gain of the best fixed chain, whole runs", "methods", 0.95, True, _choosing(_EXPECTED_GAIN, "of_best"), ""),
    Target("tokens per cycle, best dynamic tree of 32 nodes over the best chain", "methods", 1.25, True, _more_tokens),
    Target("measured over predicted speed-up", "doctor", 0.92, True, _predicted, ""),
    Target("judging, committing and the loop, of a cycle", "doctor", 0.08, False, _housekeeping, "%"),
    Target("a one-token step over its bandwidth floor", "passes", 2.0, False, _of_floor),
    Target("growth of a cycle with the text before it, beyond its attention's", "passes", 0.05, False, _unexplained_growth, "%"),
    Target("texts of optimised passes that are those of the plain twin", "endurance", 1.0, True, _same_texts, "%"),
    Target("memory over many runs grows by", "endurance", 0.02, False, _memory_growth, "%"),
)
RATIO_TARGETS = {
    "plain / transformers plain": 1.4,
    "chain / transformers assisted": 2.0,
    "prompt-lookup / transformers prompt lookup": 1.3,
}
"""The targets that the picture of ``bench peers`` can mark."""
