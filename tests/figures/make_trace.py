"""Recorded runs made by hand, through Arrow like real ones: every picture is tested on what a file would give it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from specviz.trace import Entry, Header, Node, Trace
from specviz.trace.schema import STAGES, TOP, Detail, schema

_BARE = ["(", ")", ":", "=", "[", "]", "\n", "\t", "    ", "<b>", "</b>"]
_SPACED = ["the", "def", "return", "if", "x", "y", "&", "<script>alert(1)</script>", "<a href='x'>", "$x$", "quick", "sort", "pivot"]
WORDS = [word for pair in zip(_BARE, _SPACED[:11], strict=True) for word in (pair[0], " " + pair[1])] + [" sort", " pivot"]


@dataclass(frozen=True)
class Plain:
    """What one cycle needs; the rest is filled in."""

    nodes: Sequence[Node] = ()
    last_token: int = 0
    last_kind: str = "bonus"
    last_u: float = 0.37
    times_ms: Sequence[float] = (4.0, 0.2, 10.0, 0.4, 0.3, 0.6)
    committed: Sequence[int] | None = None
    last_top: Sequence[Entry] = ()
    stop: str | None = None
    sampling: str = "iid"


def text_of(token: int) -> str:
    """A text for every id."""
    return WORDS[token % len(WORDS)]


def law(seed: int, *, sharp: float = 2.0, size: int = 24) -> np.ndarray:
    """A random law over ``size`` tokens."""
    logits = np.random.default_rng(seed).normal(size=size) * sharp
    weights = np.exp(logits - logits.max())
    return np.asarray(weights / weights.sum())


def top(probs: np.ndarray) -> tuple[Entry, ...]:
    """The likeliest entries of a law, as the recorder keeps them."""
    order = np.argsort(-probs, kind="stable")[:TOP]
    return tuple(Entry(int(i), text_of(int(i)), float(probs[i])) for i in order if probs[i] > 0)


def drafted(node: int, parent: int, depth: int, state: str, *, seed: int | None = None, u: float | None = None, **changes: Any) -> Node:
    """A node whose laws, probabilities and threshold agree with each other and with its state."""
    seed = node if seed is None else seed
    p, q = law(seed), 0.5 * law(seed) + 0.5 * law(seed + 1000)
    ratios = p / q
    token = int(np.argmax(q * (ratios > 0.5)) if state != "rejected" else np.argmax(q * (ratios < 0.8)))
    threshold = float(min(1.0, ratios[token]))
    if u is None:
        u = threshold * 0.6 if state != "rejected" else threshold + (1 - threshold) * 0.5
    examined = state in ("accepted", "rejected")
    rest = np.maximum(p - q, 0)
    made = Node(
        id=node, parent=parent, depth=depth, token=token, text=text_of(token), q=float(q[token]), p=float(p[token]), u=u,
        threshold=threshold if examined else None, state=state, alpha=float(np.minimum(p, q).sum()),
        entropy_p=float(-(p * np.log(p)).sum()), entropy_q=float(-(q * np.log(q)).sum()),
        top_p=top(p), top_q=top(q), top_residual=top(rest / rest.sum()),
    )  # fmt: skip
    return replace(made, **changes)


def chain(accepted: int, gamma: int, *, seed: int = 0, **changes: Any) -> Plain:
    """A chain of ``gamma`` drafts of which the first ``accepted`` passed."""
    states = ["accepted"] * accepted + (["rejected"] if accepted < gamma else []) + ["ignored"] * (gamma - accepted - 1)
    nodes = [drafted(i, i - 1, i + 1, state, seed=seed + i) for i, state in enumerate(states)]
    last = law(seed + 77)
    made = Plain(
        nodes=nodes,
        last_token=int(np.argmax(last)),
        last_kind="bonus" if accepted == gamma else "corrected",
        last_top=top(last),
        times_ms=(1.1 * gamma + 0.1 * (seed % 3), 0.1, 9.0 + 0.3 * (seed % 5), 0.3, 0.3, 0.4),
    )
    return replace(made, **changes)


def tree(widths: Sequence[int], *, seed: int = 0, levels: int | None = None, pruned: int = 0) -> Plain:
    """A tree: every node of level i has ``widths[i]`` children; the first sibling but one is accepted down ``levels``."""
    nodes: list[Node] = []
    parents, on_path = [-1], -1
    deepest = len(widths) if levels is None else levels
    for depth, width in enumerate(widths, start=1):
        made = []
        for parent in parents:
            for rank in range(width):
                state = "ignored"
                if parent == on_path and depth <= deepest:
                    state = "accepted" if rank == min(1, width - 1) else "rejected" if rank == 0 else "ignored"
                elif parent == on_path and depth == deepest + 1:
                    state = "rejected"
                made.append(len(nodes))
                nodes.append(drafted(len(nodes), parent, depth, state, seed=seed + len(nodes)))
        passed = [i for i in made if nodes[i].state == "accepted"]
        on_path = passed[0] if passed else -2
        parents = made
    nodes += [drafted(len(nodes) + i, -1, 1, "pruned", seed=seed + 900 + i) for i in range(pruned)]
    last = law(seed + 77)
    kind = "bonus" if deepest == len(widths) else "corrected"
    return Plain(nodes=nodes, last_token=int(np.argmax(last)), last_kind=kind, last_top=top(last), sampling="without_replacement")


def alone(seed: int = 0) -> Plain:
    """One step of plain decoding: nothing drafted."""
    last = law(seed)
    return Plain(last_token=int(np.argmax(last)), last_kind="bonus", last_top=top(last), times_ms=(0, 0, 9.0 + 0.2 * (seed % 4), 0.1, 0.2, 0.3))


def copied(accepted: int, gamma: int, *, seed: int = 0) -> Plain:
    """A prompt-lookup cycle: q is one-hot, so there is no law of the draft's."""
    plain = chain(accepted, gamma, seed=seed)
    nodes = []
    for node in plain.nodes:
        threshold = None if node.threshold is None else node.p
        u = node.p / 2 if node.state != "rejected" else (1 + node.p) / 2
        nodes.append(replace(node, q=1.0, top_q=(), u=u, threshold=threshold, alpha=node.p, entropy_q=0.0))
    return replace(plain, nodes=nodes, sampling="deterministic", times_ms=(0.05, 0, 9.5, 0.2, 0.2, 0.2))


def light(node: Node) -> Node:
    """The node as detail ``light`` keeps it."""
    return replace(node, alpha=math.nan, entropy_p=math.nan, entropy_q=math.nan, top_p=(), top_q=(), top_residual=())


@dataclass
class Recipe:
    """Header fields a test may set."""

    method: str = "chain"
    detail: Detail = "full"
    temperature: float = 1.0
    prompt: Sequence[str] = ("def", " quick", "sort", "(")
    settings: dict[str, Any] = field(default_factory=dict)
    device: str = "cpu"


def make_trace(cycles: Sequence[Plain], **recipe: Any) -> Trace:
    """Write the cycles as Arrow batches and read them back as a run."""
    r = Recipe(**recipe)
    header = Header(
        method=r.method, detail=r.detail, prompt="".join(r.prompt), prompt_tokens=list(range(len(r.prompt))), prompt_pieces=list(r.prompt),
        seed=0, settings={"temperature": r.temperature, "gamma": 4, **r.settings}, target={"id": "tiny-target"}, draft={"id": "tiny-draft"},
        verifier="chain", device=r.device, law_temperature=r.temperature or 1.0, vocab_size=24,
    )  # fmt: skip
    prefix, batches = len(r.prompt), []
    for index, plain in enumerate(cycles):
        row = _row(index, prefix, plain, r.detail)
        batches.append(pa.RecordBatch.from_pylist([row], schema=schema(r.detail)))
        prefix += len(row["committed"])
    return Trace(header, batches)


def _row(index: int, prefix: int, plain: Plain, detail: Detail) -> dict[str, Any]:
    committed = plain.committed
    if committed is None:
        committed = [n.token for n in plain.nodes if n.state == "accepted"] + [plain.last_token]
    nodes = [asdict(node) for node in plain.nodes]
    return {
        "cycle": index, "prefix": prefix, "committed": list(committed), "text": "".join(map(text_of, committed)),
        "last_token": plain.last_token, "last_text": text_of(plain.last_token), "last_kind": plain.last_kind, "last_u": plain.last_u,
        "times_ms": list(plain.times_ms), "draft_calls": len(plain.nodes), "target_calls": 1,
        "cache_target": prefix - 1 + len(committed), "cache_draft": prefix,
        "stop": plain.stop, "sampling": plain.sampling, "nodes": nodes, "last_top": [asdict(e) for e in plain.last_top],
        "p_rows": None, "q_rows": None, "q_row": None,
    }  # fmt: skip


assert len(STAGES) == len(Plain().times_ms)


def sample_chain(cycles: int = 24, gamma: int = 4, **recipe: Any) -> Trace:
    """A run of chains with changing luck."""
    luck = np.random.default_rng(3).binomial(gamma, 0.65, size=cycles)
    return make_trace([chain(int(n), gamma, seed=7 * i) for i, n in enumerate(luck)], **recipe)


def sample_plain(tokens: int, **recipe: Any) -> Trace:
    """Plain decoding of ``tokens`` tokens."""
    return make_trace([alone(i) for i in range(tokens)], method="autoregressive", **recipe)
