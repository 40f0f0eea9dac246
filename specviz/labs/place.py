"""One place: p and q over a few named tokens, shaped by hand or taken from a recorded run, and what giving up exactness would buy there."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from specviz.errors import UnexpectedValueError
from specviz.labs.laws import Floats, tempered
from specviz.theory.acceptance import alpha, residual, total_variation
from specviz.theory.transport import check_law
from specviz.trace import Entry, Trace
from specviz.verifiers.lenience import Lenience
from specviz.verifiers.top_m import TopM
from specviz.verifiers.typical import Typical

LEAST, MOST = 4, 8
"""Tokens a place may have."""
NAMES = ("mat", "rug", "sofa", "floor", "roof", "bed", "chair", "table")
"""What may follow ‘the cat sat on the’."""
OTHERS = ("rest\u00a0p≥q", "rest\u00a0q≥p")
"""All tokens that are not named, as two: those the target finds likelier, and those the draft does. Their no-break spaces are drawn as spaces."""
_DIGITS = 4  # of a probability in an address
_STEEP = 0.62  # each token of the target's default law has this share of the one before it


@dataclass(frozen=True, eq=False)
class Place:
    """Two laws over named tokens.

    Attributes:
        names: the tokens as they are shown, not escaped.
        p: float[V], the target's law.
        q: float[V], the draft's.
    """

    names: tuple[str, ...]
    p: Floats
    q: Floats

    @property
    def size(self) -> int:
        """V."""
        return len(self.names)

    @property
    def alpha(self) -> float:
        """Chance that one draft is accepted."""
        return float(alpha(self.p, self.q))

    @property
    def distance(self) -> float:
        """TV(p, q), the chance that one draft is refused."""
        return float(total_variation(self.p, self.q))

    @property
    def residual(self) -> Floats:
        """float[V], what a refused token is replaced from; p itself where nothing can be refused."""
        return residual(self.p, self.q)

    def heated(self, p_temperature: float, q_temperature: float) -> Place:
        """The same place with both laws at other temperatures."""
        return replace(self, p=tempered(self.p, p_temperature), q=tempered(self.q, q_temperature))


def _falling(size: int) -> Floats:
    weights = _STEEP ** np.arange(size)
    return np.asarray(weights / weights.sum())


def _halves(p: Floats) -> tuple[Floats, Floats]:
    first = np.arange(len(p)) < len(p) // 2
    return np.where(first, p, 0.0) / p[first].sum(), np.where(first, 0.0, p) / p[~first].sum()


PRESETS: dict[str, tuple[str, Callable[[Floats], tuple[Floats, Floats]]]] = {
    "disagree": ("the draft ranks the tokens the other way round", lambda p: (p, p[::-1].copy())),
    "agree": ("q equals p", lambda p: (p, p)),
    "overconfident": ("the draft has the right favourite and is far too sure of it", lambda p: (p, tempered(p, 0.35))),
    "one-hot": ("a greedy draft: all of q on one token", lambda p: (p, np.eye(len(p))[0])),
    "uniform": ("a draft that knows nothing", lambda p: (p, np.full(len(p), 1.0 / len(p)))),
    "disjoint": ("the draft only proposes what the target never says", _halves),
}
"""Name -> what it is, and the laws it makes of a falling one."""


def preset(name: str, size: int) -> Place:
    """A place of a known shape.

    Raises:
        ValueError: for an unknown name or a size outside 4 to 8.
    """
    if name not in PRESETS:
        raise UnexpectedValueError(f"a shape among {', '.join(PRESETS)}", repr(name))
    if not LEAST <= size <= MOST:
        raise UnexpectedValueError(f"{LEAST} to {MOST} tokens", str(size))
    return Place(NAMES[:size], *PRESETS[name][1](_falling(size)))


def resized(here: Place, size: int) -> Place:
    """The place with tokens cut from its end, or new ones without mass added, laws normalised again."""
    names = tuple(dict.fromkeys((*here.names[:size], *NAMES)))[:size]
    laws = []
    for law in (here.p, here.q):
        cut = np.zeros(size)
        cut[: min(size, here.size)] = law[:size]
        laws.append(cut / cut.sum() if cut.sum() > 0.0 else np.full(size, 1.0 / size))
    return Place(names, *laws)


def write_law(law: Floats) -> str:
    """A law as it stands in an address: probabilities in ten thousandths, ``4500-2500-3000``."""
    return "-".join(str(round(float(x) * 10**_DIGITS)) for x in law)


def read_law(text: str) -> Floats:
    """The law of :func:`write_law`; any weights will do.

    Raises:
        ValueError: for anything but 4 to 8 numbers, not all 0, with ``-`` between them.
    """
    if not re.fullmatch(r"\d{1,9}(-\d{1,9})*", text) or not LEAST <= len(text.split("-")) <= MOST or not int(text.replace("-", "")):
        raise UnexpectedValueError(f"{LEAST} to {MOST} weights such as 50-30-15-5", repr(text[:60]))
    weights = np.array([float(part) for part in text.split("-")])
    return np.asarray(weights / weights.sum())


def at_node(trace: Trace, cycle: int, node: int, size: int = MOST) -> Place:
    """The laws at a recorded node's place: the tokens whose p and q are both known, likeliest first, all others as two.

    The others are split by which model finds them likelier, so that nothing they disagree on is hidden: alpha and TV are the
    recorded ones. How the mass they share is divided between the two is not recorded (half each is assumed), and two tokens are
    fewer than hundreds: what several drafts would do is a model.

    Args:
        trace: of detail ``full`` or ``exact``.
        cycle: which cycle.
        node: which node of it.
        size: tokens of the place, the two pools included; 5 to 8.

    Raises:
        IndexError: when there is no such cycle or node.
        ValueError: for a record without laws, or with fewer than 2 tokens of which both are known.
    """
    found = trace.node(cycle, node)
    if trace.header.detail == "light" or not found.top_p:
        raise UnexpectedValueError("a record with laws (detail 'full' or 'exact')", "one without", "record the run again with detail='full'")
    # a token that was copied or picked without a law counts as drawn from a one-hot q
    p, q = _known(found.top_p), _known(found.top_q or (Entry(found.token, found.text, 1.0),))
    tokens = [token for token in p.keys() | q.keys() if _has(p, token) and _has(q, token)]
    tokens = sorted(tokens, key=lambda t: (-max(p.get(t, 0.0), q.get(t, 0.0)), t))[: size - len(OTHERS)]
    if len(tokens) < LEAST - len(OTHERS):
        raise UnexpectedValueError(f"at least {LEAST - len(OTHERS)} tokens with both laws", str(len(tokens)), "record with detail='exact'")
    texts = {entry.token: entry.text for entry in (*found.top_p, *found.top_q)} | {found.token: found.text}
    named = tuple(texts[token] or f"‹{token}›" for token in tokens)
    laws = [np.array([law.get(token, 0.0) for token in tokens]) for law in (p, q)]
    return _pooled(named, laws[0], laws[1], found.alpha)


def _pooled(names: tuple[str, ...], p: Floats, q: Floats, recorded_alpha: float) -> Place:
    """Add the others, so that the overlap of all is the recorded one."""
    p_rest, q_rest = max(0.0, 1.0 - p.sum()), max(0.0, 1.0 - q.sum())
    shared = min(p_rest, q_rest) if math.isnan(recorded_alpha) else recorded_alpha - float(np.minimum(p, q).sum())
    half = min(max(shared, 0.0), p_rest, q_rest) / 2.0
    p, q = np.append(p, [p_rest - half, half]), np.append(q, [half, q_rest - half])
    return Place((*names, *OTHERS), p / p.sum(), q / q.sum())


def _known(law: Sequence[Entry]) -> dict[int, float]:
    return {entry.token: entry.prob for entry in law}


def _has(law: dict[int, float], token: int) -> bool:
    """Whether the record says what the token has: it is listed, or the list is the whole law."""
    return token in law or sum(law.values()) > 0.9999


@dataclass(frozen=True)
class Price:
    """What a lossy rule does with one draft: how often it keeps it, and the TV from p that this costs."""

    rule: str
    setting: str
    accepted: float
    distance: float


def prices(here: Place) -> list[Price]:
    """Every lossy rule over its knob at this place, with one draft from q; at the strict end each is, or follows, a lossless rule.

    Whatever keeps a draft with probability a moves the output by at least a - alpha (what is kept beyond the overlap is mass
    that p does not have there); ``lenience`` reaches that line at every setting.
    """
    p, q = here.p, here.q
    found = []
    for lenience in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1):
        rule = Lenience(lenience)
        found.append(Price("lenience", f"l = {lenience:g}", float(np.minimum(q, p / lenience).sum()), rule.total_variation(p, q)))
    for m in range(here.size + 1):
        kept = TopM(m)
        found.append(Price("top-m", f"m = {m}", float(q[kept.kept(p)].sum()), kept.total_variation(p, q)))
    for floor in (0.3, 0.2, 0.09, 0.03, 0.01):
        typical = Typical(floor, math.sqrt(floor))  # the paper's choice of the second knob
        found.append(Price("typical", f"floor = {floor:g}", float(q[p > typical.limits(p)].sum()), typical.total_variation(p, q)))
    return found


def checked(names: Sequence[str], p: Sequence[float], q: Sequence[float]) -> Place:
    """A place from plain lists, checked.

    Raises:
        ValueError: for laws that are none, or lists of different lengths.
    """
    if not len(names) == len(p) == len(q):
        raise UnexpectedValueError("as many names as probabilities", f"{len(names)}, {len(p)} and {len(q)}")
    return Place(tuple(names), check_law("p", p), check_law("q", q))
