"""What decoding costs at the shapes of published models, with random weights: plain, drafted and recorded, beside what its passes cost alone.

Acceptance comes from an oracle that knows the target's text, so that any of them can be asked for; no checkpoint is needed. What single passes
cost is measured behind each context; what cycles should cost follows from it, and what they do cost stands beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from statistics import median
from typing import Any, TypeVar

from specviz.bench.batch import bench_batch
from specviz.bench.costs import FILLER
from specviz.bench.measure import report_head, unrecorded
from specviz.bench.roofline import measure_machine, shape_of
from specviz.bench.shapes_models import LABEL as RANDOM_WEIGHTS, find_shape, random_pair
from specviz.bench.shapes_runs import ORACLE, Passes, Way, oracle_registered, row, take_turns
from specviz.drafters.oracle import LABEL as CHOSEN_ACCEPTANCE, OracleDrafter, falling
from specviz.engine.costs import fill, in_rounds, repeat, time_passes
from specviz.engine.loop import NO_DRAFT
from specviz.engine.session import Session
from specviz.engine.settings import RunSettings
from specviz.errors import UnexpectedValueError
from specviz.methods import METHODS, Method
from specviz.model.crossover import choices
from specviz.model.footprint import check_fits, footprint
from specviz.model.hardware import place
from specviz.model.loader import Model
from specviz.model.pair import Pair
from specviz.theory.roofline import Machine, pass_bytes
from specviz.types import DraftTree

COUNTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
PLAIN = "plain"
LEVELS = 8
"""Most levels of a drafted tree."""
_CHILDREN = 4  # of every node of the trees whose passes are timed
_COPIED_ON_A_CARD = 1 << 30  # bytes: at some TB/s a copy long enough that starting it hardly counts


@dataclass(frozen=True)
class Plan:
    """What is measured.

    Attributes:
        match: how often the oracle's likeliest token is the right one; in trees each next sibling finds it as often among what is left.
        gammas: lengths of chains.
        trees: numbers of tree nodes, to be scored, and to be drafted in the best shape for that acceptance.
        contexts: tokens of text behind which everything is measured.
        batches: numbers of requests that share every pass, behind the first context.
        new_tokens: of every run; its first cycle warms up and does not count.
        rounds: everything takes turns this often, after one round to warm up; medians count.

    Raises:
        ValueError: for sizes that leave nothing to measure.
    """

    match: float = 0.8
    gammas: tuple[int, ...] = (2, 4, 8)
    trees: tuple[int, ...] = (1, 4, 16, 64, 256)
    contexts: tuple[int, ...] = (128, 1024, 8192, 32768)
    batches: tuple[int, ...] = (1, 4, 16, 64)
    new_tokens: int = 96
    rounds: int = 5

    def __post_init__(self) -> None:
        if not 0.0 <= self.match <= 1.0:
            raise UnexpectedValueError("match in [0, 1]", str(self.match))
        for name, most in (("gammas", COUNTS[-1] - 1), ("trees", COUNTS[-1]), ("contexts", None), ("batches", None)):
            sizes = getattr(self, name)
            if min(sizes, default=1) < 1 or (most is not None and max(sizes, default=1) > most):
                raise UnexpectedValueError(f"{name} from 1 to {most or 'what the models were made for'}", str(sizes))
        if not self.gammas or not self.contexts:
            raise UnexpectedValueError("at least one of gammas and of contexts", "none")
        if self.rounds < 1:
            raise UnexpectedValueError("at least one round", str(self.rounds))
        least = 2 * (max(*self.gammas, LEVELS) + 1)
        if self.new_tokens < least:
            raise UnexpectedValueError(f"at least {least} new tokens, two cycles of the longest draft", str(self.new_tokens))

    @property
    def gamma(self) -> int:
        """The length of the chain that recording, and other engines, are measured with."""
        return sorted(self.gammas)[len(self.gammas) // 2]

    @property
    def behind(self) -> int:
        """Positions needed behind a context."""
        return self.new_tokens + COUNTS[-1] + 2


def bench_shapes(target: str, draft: str | None, plan: Plan, *, device: str = "auto", dtype: str = "auto", peers: bool = False) -> dict[str, Any]:
    """Measure a pair of shapes.

    Args:
        target: a name of ``shapes_models.SHAPES``.
        draft: likewise; None drafts at no cost.
        plan: what is measured.
        device: as for :func:`specviz.load_pair`.
        dtype: likewise.
        peers: also decode with the same weights in ``transformers``, plain and assisted.

    Returns:
        JSON-ready: ``contexts``, for each the costs of passes (``c``, ``v``, ``v_tree``), every way to decode under ``runs``, and what recording
        adds; ``batch`` (see :func:`bench_batch`); ``transformers`` if asked for; ``attention``, which of two was taken for which sizes (on a
        card); ``aims`` beside what was measured.

    Raises:
        ValueError: for an unknown shape, one that does not fit the memory, or a context beyond what it was made for.
    """
    shapes, context = [find_shape(name) for name in (target, draft) if name], max(plan.contexts) + plan.behind
    placement = place(device, dtype, shapes[0].config)
    longest = min(shape.config.context for shape in shapes)
    if context > longest:
        raise UnexpectedValueError(f"contexts of at most {longest - plan.behind} tokens for these shapes", str(max(plan.contexts)))
    check_fits([footprint(shape, placement, context) for shape in shapes] * (2 if peers else 1), placement)
    pair = random_pair(shapes, placement, context)
    machine = _machine(pair.target)
    report = report_head("decoding at published shapes: single passes and whole cycles, medians of rounds that take turns") | {
        "labels": [RANDOM_WEIGHTS, CHOSEN_ACCEPTANCE],
        "versions": {name: version(name) for name in ("torch", "transformers")},
        "target": target,
        "draft": draft,
        "device": str(pair.target.device),
        "dtype": placement.dtype_name,
        "weights_gb": [round(shape.entries * placement.dtype.itemsize / 1e9, 4) for shape in shapes],
        "bandwidth_gb_per_s": round(machine.bandwidth / 1e9, 1),
        "plan": asdict(plan),
        "contexts": [_behind(pair, context, plan, machine) for context in plan.contexts],
    }
    if peers:
        from specviz.bench.shapes_peers import beside_transformers

        report["transformers"] = beside_transformers(pair, _prompt(plan.contexts[0]), plan.gamma, plan.new_tokens, plan.rounds)
    if plan.batches:
        report["batch"] = _batches(pair, plan)
    report["attention"] = choices()
    return report | {"aims": aims(report)}


def aims(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the engine should reach on a graphics card with an 8 B shape, each aim beside its measurement behind the first context."""
    first = report["contexts"][0]
    chains = [_quickest(first["runs"], gamma) for gamma in report["plan"]["gammas"]]
    rows: list[tuple[str, str, float, float]] = [
        ("plain decoding, share of the measured bandwidth", ">=", 0.8, first["bandwidth_share"]),
        ("v(8)", "<=", 1.05, first["v"][8]),
        ("v(64)", "<=", 1.15, first["v"][64]),
        ("cycle of a chain over γc + v(γ+1), the worst γ", "<=", 1.05, max(run["over_prediction"] for run in chains)),
        ("recorded full over unrecorded", "<=", 1.03, first["recorded_over_unrecorded"]),
    ]
    if "transformers" in report:
        faster = report["transformers"]["times_faster"]
        rows.append(("plain over transformers plain", ">=", 2.0, faster["plain / transformers plain"]["median"]))
        if "chain / transformers assisted" in faster:
            rows.append(("chain over transformers assisted", ">=", 2.5, faster["chain / transformers assisted"]["median"]))
    return [
        {"aim": name, "wanted": f"{sign} {bound}", "measured": value, "met": value >= bound if sign == ">=" else value <= bound}
        for name, sign, bound, value in rows
    ]


def _batches(pair: Pair, plan: Plan) -> dict[str, Any]:
    """Batches of one prompt; the oracle's coins differ from row to row, so that rows accept, and end, at different places."""
    prompt = _prompt(plan.contexts[0])
    chains = [f"chain:drafter={ORACLE}:gamma={gamma}" for gamma in plan.gammas]
    with _oracle(pair, plan.contexts[0], plan):
        report = bench_batch(pair, [prompt], chains, plan.batches, new_tokens=plan.new_tokens, repeats=plan.rounds)
    return {name: report[name] for name in ("rows", "crossing")}


def _oracle(pair: Pair, context: int, plan: Plan) -> AbstractContextManager[list[OracleDrafter]]:
    """The drafter ``oracle``, which knows how the target goes on behind this context."""
    continuation = unrecorded(pair, METHODS["autoregressive"], RunSettings(max_new_tokens=plan.new_tokens))(_prompt(context))
    return oracle_registered(pair, continuation, falling(plan.match))


def _machine(model: Model) -> Machine:
    return measure_machine(model, largest=_COPIED_ON_A_CARD) if model.device.type == "cuda" else measure_machine(model)


def _prompt(context: int) -> list[int]:
    return repeat(FILLER, 0, context)


def _chain(gamma: int) -> str:
    return f"chain gamma={gamma}"


def _recorded(gamma: int) -> str:
    return f"{_chain(gamma)}, recorded"


Row = TypeVar("Row")


def _drafted(gamma: int) -> str:
    return f"drafted gamma={gamma}"


def _quickest(runs: Mapping[str, Row], gamma: int) -> Row:
    """A chain as people run it: drafted by the model, a cycle recorded as graphs, where that was measured; else the oracle's."""
    return runs[_drafted(gamma)] if _drafted(gamma) in runs else runs[_chain(gamma)]


def _recorded_cycles(pair: Pair, plan: Plan) -> dict[str, Way]:
    """What is measured besides where cycles are recorded as CUDA graphs: chains by the draft model itself, which random models always accept."""
    if pair.target.fixed is None or pair.draft is None:
        return {}
    chains = {_drafted(gamma): Way(Method(gamma=gamma)) for gamma in plan.gammas}
    middle = chains[_drafted(plan.gamma)]
    return chains | {
        f"{_drafted(plan.gamma)}, recorded": replace(middle, detail="full"),
        f"{_drafted(plan.gamma)}, by the loop": replace(middle, graphs=False),
        f"{PLAIN}, by the loop": Way(METHODS["autoregressive"], graphs=False),
    }


def _ways(pair: Pair, plan: Plan) -> dict[str, Way]:
    """Every way to decode that is measured; call it while the oracle is registered."""
    chains = {_chain(gamma): Way(Method(drafter=ORACLE, gamma=gamma)) for gamma in plan.gammas}
    best = Method(drafter=ORACLE, tree="sequoia", verifier="recursive", gamma=LEVELS, acceptance=falling(plan.match))
    trees = {f"tree nodes={nodes}": Way(replace(best, nodes=nodes)) for nodes in plan.trees}
    recorded = {_recorded(plan.gamma): Way(chains[_chain(plan.gamma)].method, "full")}
    return {PLAIN: Way(METHODS["autoregressive"])} | chains | recorded | trees | _recorded_cycles(pair, plan)


def _behind(pair: Pair, context: int, plan: Plan, machine: Machine) -> dict[str, Any]:
    """Everything behind one length of text."""
    target, draft = (_passes(model, context, plan.rounds) for model in (pair.target, pair.draft))
    settings = RunSettings(max_new_tokens=plan.new_tokens)
    with _oracle(pair, context, plan) as oracles:
        taken = take_turns(pair, _prompt(context), _ways(pair, plan), settings, plan.rounds, oracles)
    plain = taken[PLAIN]
    chain = _quickest(taken, plan.gamma)
    recorded = taken.get(f"{_drafted(plan.gamma)}, recorded", taken[_recorded(plan.gamma)])
    step = median(run.seconds / run.tokens for run in plain)
    return {
        "context": context,
        "target_ms": round(1e3 * target(1), 4),
        "target_ms_without_graphs": _without_graphs(pair.target, context, plan.rounds),
        "c": round(draft(1) / target(1), 4),
        "v": target.v,
        "v_draft": draft.v if pair.draft else {},
        "v_tree": _trees(pair, context, plan),
        "bandwidth_share": round(pass_bytes(shape_of(pair.target), context=context) / machine.bandwidth / step, 4),
        "recorded_over_unrecorded": round(median(a.seconds / b.seconds for a, b in zip(recorded, chain, strict=True)), 4),
        "runs": {name: row(runs, plain, target, draft) for name, runs in taken.items()},
    }


def _passes(model: Model | None, context: int, rounds: int) -> Passes:
    """Passes of the model alone, without turning logits into laws; no model costs nothing."""
    if model is None:
        return Passes({1: 0.0})
    fill(model, FILLER, context)
    times = time_passes(model, {m: repeat(FILLER, context, m) for m in COUNTS}, rounds)
    return Passes({m: median(taken) for m, taken in times.items()})


def _without_graphs(model: Model, context: int, rounds: int) -> float | None:
    """Milliseconds of a pass over one token, launch by launch; None where passes are made so anyway."""
    recorded, model.fixed = model.fixed, None
    try:
        return None if recorded is None else round(1e3 * _passes(model, context, rounds)(1), 4)
    finally:
        model.fixed = recorded


def _trees(pair: Pair, context: int, plan: Plan) -> dict[int, float]:
    """N -> scoring a tree of N nodes, with its mask and its laws, over scoring none."""
    session = Session(pair, _prompt(context), RunSettings(max_new_tokens=1))
    session.prefill()
    drafts = {0: NO_DRAFT} | {nodes: bushy(nodes) for nodes in plan.trees}
    cache = pair.target.cache
    length = cache.length
    times = in_rounds(lambda nodes: session.score(drafts[nodes]), drafts, plan.rounds, pair.target.device, after=lambda: cache.rollback(length))
    return {nodes: round(median(times[nodes]) / median(times[0]), 4) for nodes in plan.trees}


def bushy(nodes: int) -> DraftTree:
    """A tree in which every node has four children, as long as the nodes last."""
    return DraftTree(repeat(FILLER, 0, nodes), [node // _CHILDREN - 1 for node in range(nodes)], None, [-1] * nodes, "deterministic")
