"""What the doctor found, on a page: the verdict, the advice, the pictures, and the words the terminal has as well."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go
import streamlit as st

from specviz.figures import theme
from specviz.figures.diagnosis import cycle_split, speed_bridge
from specviz.figures.diagnosis_limits import acceptance_found, limits_found, settings_found
from specviz.figures.verify import measured_price
from ui import style
from ui.charts import show
from ui.examining import Examination
from ui.said import plain

if TYPE_CHECKING:
    from specviz.doctor.diagnosis import Advice, Diagnosis

Draw = Callable[[dict[str, Any]], go.Figure]


def outcome(asked: Examination) -> None:
    """Everything, the most important first."""
    found = asked.found
    if found is None:
        return
    st.html(head(found))
    st.html(advice(found.advice))
    if found.speed:
        st.html(style.facts(facts(found)))
        pictures(found, asked.report)
    st.html(language(found))
    if found.notes:
        st.html('<p class="sv-muted"><b>To weigh this.</b> ' + " ".join(escape(note) for note in found.notes) + "</p>")
    content = json.dumps(asked.report, indent=1, ensure_ascii=False, allow_nan=False)
    st.download_button(
        "Diagnosis (.json)", content, "diagnosis.json", "application/json", on_click="ignore", icon=":material/download:", key="get_json"
    )


def head(found: Diagnosis) -> str:
    """The verdict with what was run."""
    from specviz.doctor import wording

    speed = found.speed
    colour = theme.look("accepted" if speed and wording.is_faster(speed) else "rejected").colour
    said = wording.verdict(speed) if speed else "The two cannot be loaded as a pair: nothing was timed."
    badges = f"{style.badge('measured')} {style.badge('modelled')}" if speed else style.badge("measured")
    return (
        f'<div class="sv-verdict" id="verdict" style="border-color:{colour}"><div class="t">{escape(said)} {badges}</div>'
        f'<div class="sv-muted">{escape(found.pair)}<br>{escape(wording.circumstances(found))}</div></div>'
    )


def advice(entries: tuple[Advice, ...]) -> str:
    """What to do, worst cause first."""
    from specviz.doctor import wording

    if not entries:
        return f'<p class="sv-lead" id="advice">{escape(wording.NO_ADVICE)}</p>'
    items = "".join(
        f"<li><b>{escape(entry.cause[:1].upper() + entry.cause[1:])}.</b> {escape(entry.sentence)}"
        f'<br><span style="color:{theme.look("accepted").colour}">→ {escape(entry.remedy)}</span></li>'
        for entry in entries
    )
    return f'<ol class="sv-lead" id="advice" style="padding-left:1.4rem">{items}</ol>'


def facts(found: Diagnosis) -> list[tuple[str, str]]:
    """The numbers that decide it."""
    measured, modelled = style.badge("measured"), style.badge("modelled")
    rows: list[tuple[str, str]] = []
    if found.costs:
        rows.append((f"{found.costs.c.value:.3f}", f"c, a draft pass in target passes {measured}"))
    if found.choice:
        rows.append((f"{found.choice.alpha.value:.0%}", f"of the examined drafts accepted {measured}"))
    if found.speed:
        rows.append((f"{found.speed.tau.value:.2f}", f"τ, tokens a cycle {measured}"))
    if found.choice:
        best = found.choice
        rows.append((f"γ = {best.gamma}", f"the best chain, {best.chain.value:.2f}× {modelled}"))
        if best.tree:
            rows.append((f"{best.tree.nodes} nodes", f"the best tree, {best.tree.speedup.value:.2f}× {modelled}"))
    return rows


def pictures(found: Diagnosis, report: dict[str, Any]) -> None:
    """A tab a question; all are drawn at once, so that turning a page takes no time."""
    from specviz.doctor import wording

    cycle, limits, choice = found.cycle, found.limits, found.choice
    pages: list[tuple[str, Draw, str]] = [("Where the difference went", speed_bridge, "")]
    pages.append(("A cycle", cycle_split, f"Recording: {wording.recording(cycle)} (measured)." if cycle else ""))
    if choice:
        pages.append(("Acceptance", acceptance_found, f"Ranks: {wording.ranks(choice)}."))
    if found.costs:
        pages.append(("Passes, v(m)", measured_price, ""))
    if choice:
        pages.append(("Best settings", settings_found, f"Chain: {wording.chain(choice)}. Tree: {wording.tree(choice)}."))
    if limits:
        pages.append(("Where it stops paying", limits_found, f"Context: {wording.context(limits)}. Batch: {wording.batch(limits)}."))
    for place, (tab, (_, draw, words)) in enumerate(zip(st.tabs([name for name, _, _ in pages]), pages, strict=True)):
        with tab:
            show(draw(report), key=f"found_{place}")
            if words:
                st.caption(plain(words))


def language(found: Diagnosis) -> str:
    """Whether both models, and the prompts, speak one language."""
    from specviz.doctor import wording

    rows = wording.language(found)
    heading = f"<b>Do they speak one language, and is the text right?</b> {style.badge('measured')}"
    return heading + style.table((what, "", sentence) for what, sentence in rows) if rows else ""
