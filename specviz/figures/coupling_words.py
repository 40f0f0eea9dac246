"""A coupling in words: what its picture says in its heading, its cells, its hovers and to a reader who does not see it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from specviz.figures import theme, words
from specviz.theory.coupling import Coupling, Floats
from specviz.theory.rules import Place, bound
from specviz.types import Rule

DRAWN_AS: dict[str, str] = {
    "iid": "drawn with replacement",
    "without_replacement": "drawn without replacement",
    "greedy": "the likeliest picked, the last one drawn",
    "deterministic": "the likeliest picked",
}
EXACT = 1e-9
NIL = 1e-12
"""What sums of float64 leave where nothing is."""


@dataclass(frozen=True, eq=False)
class CouplingRows:
    """What is drawn: a coupling and a name, safe to draw, for every row and column."""

    joint: Coupling
    at: Place
    rule: Rule
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def loss(self) -> float:
        """How far the columns' sums are from p, in total variation."""
        return self.joint.total_variation(self.at.p)


def title(drawn: CouplingRows) -> str:
    """Which rule, how many drafts, how much of it passes."""
    return f"{words.safe(drawn.rule.name)}, {words.count(drawn.at.k, 'draft')}: {drawn.joint.acceptance:.1%} given out as drafted"


def subtitle(drawn: CouplingRows, kind: str) -> str:
    """How to read it, whether it is lossless, and how far from the best."""
    kinds = {"set": "the set of tokens drafted", "first": "the first draft", "list": "the drafts in drawing order"}
    row = kinds[kind] if drawn.at.k > 1 else "the draft"
    how = f" ({DRAWN_AS[drawn.at.sampling]})" if drawn.at.k > 1 else ""
    text = f"Rows: {row}{how}; columns: the token given out; cells: how often both happen. "
    if drawn.loss < EXACT:
        gap = bound(drawn.at) - drawn.joint.acceptance
        best = "no lossless rule does better" if gap < EXACT else f"the best lossless rule reaches {bound(drawn.at):.1%}"
        return f"{text}Columns sum to p exactly: lossless; {best}."
    return f"{text}Columns miss p, total variation {drawn.loss:.3f}: this rule is lossy."


def cell_texts(joint: Coupling, values: Floats) -> list[list[str]]:
    """The number in each cell; a cell that is both says the smaller part too."""
    texts = []
    for row in range(len(values)):
        line = []
        for column, value in enumerate(values[row]):
            given, drawn = float(joint.given[row, column]), float(joint.drawn[row, column])
            smaller, glyph = (drawn, theme.look("corrected").glyph) if given >= drawn else (given, theme.look("accepted").glyph)
            more = f"<br>of it {short(smaller)} {glyph}" if smaller >= 0.0005 else ""
            line.append(short(float(value)) + more if value >= 0.0005 else "")
        texts.append(line)
    return texts


def short(value: float) -> str:
    """A probability in three digits, without its leading zero."""
    return "&lt;.001" if 0.0 < value < 0.0005 else f"{value:.3f}".removeprefix("0")


def hovers(drawn: CouplingRows) -> list[list[str]]:
    """What each cell says when it is pointed at."""
    lines = []
    for row, (name, chance) in enumerate(zip(drawn.rows, drawn.joint.chances, strict=True)):
        line = []
        for column, output in enumerate(drawn.columns):
            given, other = float(drawn.joint.given[row, column]), float(drawn.joint.drawn[row, column])
            share = (given + other) / chance if chance > 0.0 else 0.0
            line.append(
                f"<b>drafted {name}, given out {output.replace('<br>', ' ')}</b><br>given out as drafted: {words.number(given)}"
                f"<br>drawn after refusal: {words.number(other)}<br>of all times {name} is drafted: {share:.1%}"
            )
        lines.append(line)
    return lines


def alt_text(drawn: CouplingRows) -> str:
    """The rule, what passes, whether columns sum to p, and the three likeliest cells."""
    joint = drawn.joint.joint
    likeliest = np.argsort(-joint, axis=None, kind="stable")[:3]
    cells = []
    for cell in likeliest.tolist():
        row, column = divmod(cell, joint.shape[1])
        cells.append(f"drafted {_spoken(drawn.rows[row])} and given out {_spoken(drawn.columns[column])}, {joint[row, column]:.3f}")
    state = "columns sum to p" if drawn.loss < EXACT else f"columns miss p by a total variation of {drawn.loss:.3f}"
    return (
        f"Joint law of draft and output under the rule {drawn.rule.name} with {words.count(drawn.at.k, 'draft')} {DRAWN_AS[drawn.at.sampling]}: "
        f"{drawn.joint.acceptance:.3f} is given out as drafted, the bound is {bound(drawn.at):.3f}; {state}. Likeliest: {'; '.join(cells)}."
    )


def _spoken(label: str) -> str:
    return label.replace("<br>", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&#36;", "$")
