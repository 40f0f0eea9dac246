"""A recorded run as one HTML page: opens from a folder or an e-mail, fetches nothing, may not even try to."""

from __future__ import annotations

import html
import json
from pathlib import Path

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from specviz.figures import theme, words
from specviz.figures.lanes import timeline
from specviz.figures.rates import acceptance_by_position
from specviz.figures.tokens_html import legend_html, token_html
from specviz.figures.tree import draft_tree
from specviz.files import whole_file
from specviz.trace import Stats, Trace, summarise

# Whatever a token, a prompt or a later edit may hold: the browser is told to load nothing from anywhere.
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_STYLE = f"""
body {{ font-family: {theme.SANS}; color: {theme.INK}; background: #F4F5F7; max-width: 1040px; margin: 0 auto; padding: 16px; }}
h1 {{ font-size: 1.5em; }} h2 {{ font-size: 1.15em; margin-top: 1.6em; }}
section > div, table {{ background: {theme.CARD}; border-radius: 8px; }}
table {{ border-spacing: 12px 6px; width: 100%; }} th {{ text-align: left; vertical-align: top; white-space: nowrap; }}
td {{ overflow-wrap: anywhere; white-space: pre-wrap; }}
.controls {{ display: flex; gap: 10px; align-items: center; padding: 10px 16px; }} .controls input {{ flex: 1; }}
[data-cycle].now {{ outline: 2px solid {theme.INK}; }} [data-cycle]:not([data-cycle="-1"]) {{ cursor: pointer; }}
"""
_SCRIPT = """
const data = JSON.parse(document.getElementById("data").textContent);
const draw = (id, figure) => {
  const at = document.getElementById(id);
  at.setAttribute("aria-label", figure.layout.meta.alt);
  return Plotly.react(at, figure.data, figure.layout, data.config);
};
for (const [id, figure] of Object.entries(data.figures)) draw(id, figure);
const slider = document.getElementById("cycle");
const show = (cycle) => {
  slider.value = cycle = Math.max(0, Math.min(data.trees.length - 1, cycle));
  document.getElementById("which").textContent = `cycle ${cycle} of 0 to ${data.trees.length - 1}`;
  draw("tree", data.trees[cycle]);
  for (const token of document.querySelectorAll("[data-cycle]")) token.classList.toggle("now", token.dataset.cycle == cycle);
};
if (slider) {
  slider.addEventListener("input", () => show(+slider.value));
  document.getElementById("before").addEventListener("click", () => show(+slider.value - 1));
  document.getElementById("after").addEventListener("click", () => show(+slider.value + 1));
  document.getElementById("text").addEventListener("click", (event) => {
    const token = event.target.closest("[data-cycle]");
    if (token && +token.dataset.cycle >= 0) show(+token.dataset.cycle);
  });
  show(0);
}
"""
_TREE = """<section><h2>The draft of one cycle</h2>
<div class="controls"><button id="before" aria-label="the cycle before">◀</button>
<input id="cycle" type="range" min="0" max="{last}" value="0" aria-label="cycle"><button id="after" aria-label="the next cycle">▶</button>
<output id="which"></output></div>
<div id="tree" role="img"></div><p>Click a token above to see the cycle that wrote it.{left_out}</p></section>"""


def to_html(trace: Trace, path: str | Path | None = None, *, most_trees: int | None = None) -> str:
    """The run as one page: how it was made, the coloured text, every cycle's draft tree behind a slider, acceptance, timeline.

    Plotly's script is inside, once (4.9 MB of the page); nothing is fetched, and a content policy in the page forbids it.

    Args:
        trace: the recorded run.
        path: also write the page to this file.
        most_trees: draw the trees of so many cycles at most, the first ones, and say so; None draws all.

    Returns:
        The page.

    Raises:
        OSError: when the file cannot be written.
    """
    has_drafts = any(cycle.nodes for cycle in trace)
    figures = {"timeline": timeline(trace)} if len(trace) else {}
    if has_drafts:
        figures["acceptance"] = acceptance_by_position(trace)
    drawn = len(trace) if most_trees is None else min(most_trees, len(trace))
    trees = [draft_tree(trace, cycle=i) for i in range(drawn)] if has_drafts else []
    page = _page(trace, _data(figures, trees), list(figures), cycles=len(trees))
    if path is not None:
        with whole_file("html", path) as place:
            place.write_text(page, encoding="utf-8")
    return page


def _page(trace: Trace, data: str, names: list[str], *, cycles: int) -> str:
    title = html.escape(f"{trace.header.method}: {words.clip(words.visible(trace.header.prompt), 60)}")
    parts = [
        f"<h1>{title}</h1>{_facts(trace)}",
        f'<section id="text"><h2>The text</h2>{legend_html()}{token_html(trace)}</section>',
        _TREE.format(last=cycles - 1, left_out=f" The trees of {len(trace) - cycles} later ones are left out." if cycles < len(trace) else "")
        if cycles
        else "",
        *(f'<section><div id="{name}" role="img"></div></section>' for name in names),
        f'<script type="application/json" id="data">{data}</script>',
        f"<script>{get_plotlyjs()}</script><script>{_SCRIPT}</script>",
    ]
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _data(figures: dict[str, go.Figure], trees: list[go.Figure]) -> str:
    """All figures as JSON in which no ``<`` is left, so that no token can close the script element."""
    named = ", ".join(f"{json.dumps(name)}: {figure.to_json()}" for name, figure in figures.items())
    drawn = ", ".join(figure.to_json() for figure in trees)
    return f'{{"config": {json.dumps(theme.CONFIG)}, "figures": {{{named}}}, "trees": [{drawn}]}}'.replace("<", "\\u003c")


def _facts(trace: Trace) -> str:
    header, stats = trace.header, summarise(trace)
    rows = {
        "method": f"{header.method}, judged by {header.verifier}",
        "models": " + ".join(str(model.get("id", "unknown")) for model in (header.target, header.draft) if model),
        "prompt": header.prompt,
        "settings": ", ".join(f"{name} {value}" for name, value in {"seed": header.seed, **header.settings}.items() if value is not None),
        "ran on": f"{header.device}, {header.dtype}; " + ", ".join(str(value) for value in header.machine.values()),
        "recorded": f"{header.started} by specviz {header.package_version}, detail {header.detail}"
        + ("" if trace.is_complete else "; cut off before its end"),
        **_achieved(stats),
    }
    lines = (f"<tr><th>{html.escape(name)}</th><td>{html.escape(_shown(value))}</td></tr>" for name, value in rows.items())
    return f"<table>{''.join(lines)}</table>"


def _achieved(stats: Stats) -> dict[str, str]:
    return {
        "tokens per cycle": f"{stats.tokens_per_cycle:.2f} ({stats.tokens} tokens in {stats.cycles} cycles, the corrected or bonus token counted)",
        "acceptance": f"{stats.acceptance:.3f} ({stats.accepted} of {stats.accepted + stats.rejected} examined drafts)"
        if stats.drafted
        else "nothing drafted",
        "speed": f"{stats.tokens_per_second:.1f} tokens/s while decoding (measured; drafting {stats.draft_s:.2f} s, target {stats.verify_s:.2f} s)",
    }


def _shown(text: str) -> str:
    """A value as text: line breaks kept, whatever else cannot be seen written out."""
    return "".join(letter if letter in " \n" else words.visible(letter) for letter in text)
