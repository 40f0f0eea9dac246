"""What a recorded run looks like: the header, the columns, and their plain-Python twins that pictures are drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from specviz.types import nodes_behind

FORMAT = "specviz-trace"
FORMAT_VERSION = 1
METADATA_KEY = b"specviz"
TOP = 20
"""How many entries of each law are kept at detail ``full``."""

Detail = Literal["light", "full", "exact"]
STAGES = ("draft", "build", "verify", "judge", "commit", "other")

_TOP = pa.list_(pa.struct([("token", pa.int32()), ("text", pa.string()), ("prob", pa.float32())]))
_NODE_LIGHT = [
    ("id", pa.int32()),
    ("parent", pa.int32()),
    ("depth", pa.int32()),
    ("token", pa.int32()),
    ("text", pa.string()),
    ("q", pa.float64()),
    ("p", pa.float64()),
    ("u", pa.float64()),
    ("threshold", pa.float64()),
    ("state", pa.string()),
]
_NODE_FULL = [
    *_NODE_LIGHT,
    ("alpha", pa.float32()),
    ("entropy_p", pa.float32()),
    ("entropy_q", pa.float32()),
    ("top_p", _TOP),
    ("top_q", _TOP),
    ("top_residual", _TOP),
]
_CYCLE = [
    ("cycle", pa.int32()),
    ("prefix", pa.int32()),
    ("committed", pa.list_(pa.int32())),
    ("text", pa.string()),
    ("last_token", pa.int32()),
    ("last_text", pa.string()),
    ("last_kind", pa.string()),
    ("last_u", pa.float64()),
    ("times_ms", pa.list_(pa.float32(), len(STAGES))),
    ("draft_calls", pa.int32()),
    ("target_calls", pa.int32()),
    ("cache_target", pa.int32()),
    ("cache_draft", pa.int32()),
    ("stop", pa.string()),
    ("sampling", pa.string()),
]
_ROW = pa.list_(pa.float64())


def as_given_out(cycle: Cycle) -> Cycle:
    """A cycle as it is recorded now. Older versions counted what a stop string cut off as accepted."""
    if cycle.is_last_kept or not cycle.committed:
        return cycle
    behind = nodes_behind([node.parent for node in cycle.nodes], cycle.path[: len(cycle.committed)])
    nodes = [replace(n, state="ignored", threshold=None) if n.id in behind and n.state in ("accepted", "rejected") else n for n in cycle.nodes]
    return replace(cycle, nodes=tuple(nodes))


def schema(detail: Detail) -> pa.Schema:
    """The Arrow schema of a detail level; each level adds columns to the one before."""
    node = _NODE_LIGHT if detail == "light" else _NODE_FULL
    columns = [*_CYCLE, ("nodes", pa.list_(pa.struct(node)))]
    if detail != "light":
        columns.append(("last_top", _TOP))
    if detail == "exact":
        columns += [("p_rows", pa.list_(_ROW)), ("q_rows", pa.list_(_ROW)), ("q_row", pa.list_(pa.int32()))]
    return pa.schema(columns)


@dataclass(frozen=True)
class Header:
    """How a run was made. Everything needed to make it again, and nothing that names a person or a folder.

    Attributes:
        target: id, architecture, parameters and weight hash of the target; ``draft`` likewise, or empty.
        settings: every setting of the method (temperature, top_k, top_p, gamma, max_new_tokens, stop …).
        prompt_tokens: ids of the prompt; ``prompt_pieces`` the text of each.
        law_temperature: the temperature p and q were recorded at: the run's own, or 1 for a greedy run.
    """

    method: str
    detail: Detail
    prompt: str
    prompt_tokens: list[int]
    prompt_pieces: list[str]
    seed: int
    settings: dict[str, Any]
    target: dict[str, Any]
    draft: dict[str, Any]
    verifier: str
    device: str = "cpu"
    dtype: str = "float32"
    machine: dict[str, Any] = field(default_factory=dict)
    law_temperature: float = 1.0
    vocab_size: int = 0
    chat_template_hash: str | None = None
    prefill_s: float = 0.0
    started: str = ""
    package_version: str = ""
    format: str = FORMAT
    format_version: int = FORMAT_VERSION

    def __post_init__(self) -> None:
        # JSON knows lists only: a header is to equal itself read back from a file
        settings = {name: list(value) if isinstance(value, tuple) else value for name, value in self.settings.items()}
        object.__setattr__(self, "settings", settings)


@dataclass(frozen=True)
class Entry:
    """One entry of a recorded law."""

    token: int
    text: str
    prob: float


@dataclass(frozen=True)
class Node:
    """One drafted token with its decision; laws are empty at detail ``light``.

    ``top_p`` and ``top_q`` are the laws at the place where the token was drafted (after its parent), ``top_residual`` what
    the target would draw from after refusing it; ``alpha`` = sum(min(p, q)) there; entropies in nats; ``threshold`` is None
    and ``p``/``alpha`` may be NaN where nothing was measured.
    """

    id: int
    parent: int
    depth: int
    token: int
    text: str
    q: float
    p: float
    u: float
    threshold: float | None
    state: str
    alpha: float = float("nan")
    entropy_p: float = float("nan")
    entropy_q: float = float("nan")
    top_p: tuple[Entry, ...] = ()
    top_q: tuple[Entry, ...] = ()
    top_residual: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Cycle:
    """One recorded cycle. ``times_ms`` maps each stage to milliseconds; ``last_top`` is the law of the last token.

    Where the text ended inside the accepted block, the drafts behind its end are ``ignored``, with those that were refused there, although the rule
    had looked at them: nothing counts that was not given out. The rule's last token (``last_token``, ``last_kind``, ``last_u``) stays in the record,
    drawn and not kept (see ``is_last_kept``), so that the cycle can be judged again.
    """

    cycle: int
    prefix: int
    committed: tuple[int, ...]
    text: str
    last_token: int
    last_text: str
    last_kind: str
    last_u: float
    times_ms: dict[str, float]
    draft_calls: int
    target_calls: int
    cache_target: int
    cache_draft: int
    stop: str | None
    sampling: str
    nodes: tuple[Node, ...]
    last_top: tuple[Entry, ...] = ()
    p_rows: np.ndarray | None = None
    q_rows: np.ndarray | None = None
    q_row: tuple[int, ...] = ()

    @property
    def path(self) -> list[int]:
        """Accepted nodes, root to leaf."""
        return [node.id for node in self.nodes if node.state == "accepted"]

    @property
    def is_last_kept(self) -> bool:
        """Whether the last token is in the text, which may have ended before it."""
        return len(self.committed) > len(self.path)

    def is_behind_end(self, node: int) -> bool:
        """Whether a draft stood behind the end of the text: below the last token of a text that ended inside the block."""
        path = self.path
        if self.is_last_kept or not path:
            return False
        above = self.nodes[node].parent
        while above not in (-1, *path):
            above = self.nodes[above].parent
        return above == path[-1]

    @property
    def total_ms(self) -> float:
        """Milliseconds of the whole cycle."""
        return sum(self.times_ms.values())
