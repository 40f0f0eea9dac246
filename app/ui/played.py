"""A recorded run inside a chapter: stepped decision by decision, as the notebook's player does."""

from __future__ import annotations

from html import escape

import streamlit as st

from specviz.figures import distributions, draft_tree, legend_html, text_around_html, theme
from specviz.trace import Trace
from ui import decisions, runs, style
from ui.charts import Picked, ring, show, show_clickable
from ui.pages import EXPLORER


@st.fragment
def stepper(trace: Trace, key: str) -> None:
    """The text around a cycle, its tree, the decision at a token, and both laws there."""
    cycle_key, node_key = f"{key}_cycle", f"{key}_node"
    st.html(text_around_html(trace, cycle=st.session_state.get(cycle_key, 0)) + legend_html(refused=True))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"controls_{key}"):
        st.button("step", icon=":material/chevron_left:", key=f"{key}_back", on_click=_step, args=(trace, key, -1))
        st.button("step", icon=":material/chevron_right:", key=f"{key}_on", on_click=_step, args=(trace, key, 1))
        cycle = int(st.slider(f"Cycle, 0 to {len(trace) - 1}", 0, len(trace) - 1, key=cycle_key)) if len(trace) > 1 else 0
    node = _node(trace, key)

    def pick(place: Picked | None) -> None:
        if place and place[0] >= 0:
            st.session_state[cycle_key], st.session_state[node_key] = place

    figure = draft_tree(trace, cycle=cycle)
    ring(figure, f"{key}_tree", node)
    show_clickable(figure, f"{key}_tree", pick)
    st.html(_verdict(trace, cycle, node))
    if trace.header.detail != "light":
        show(distributions(trace, cycle=cycle, node=node, top=8), key=f"{key}_laws")
    if st.button("Open in the Explorer", icon=EXPLORER.icon, key=f"{key}_explore"):
        st.switch_page(EXPLORER.file, query_params={"trace": runs.keep_live(trace), "cycle": str(cycle), "node": str(node)})


def _node(trace: Trace, key: str) -> int:
    """The node asked for if this cycle has it, else the decisive one."""
    record, wish = trace.cycle(st.session_state.get(f"{key}_cycle", 0)), st.session_state.get(f"{key}_node")
    return wish if wish in decisions.nodes(record) else decisions.decisive(record)


def _step(trace: Trace, key: str, by: int) -> None:
    """One decision on or back, into the next or the last cycle."""
    from specviz.widgets.controller import Moment, step  # brings ipywidgets along, which only those who step need

    at = step(trace, Moment(st.session_state.get(f"{key}_cycle", 0), _node(trace, key)), by)
    st.session_state[f"{key}_cycle"], st.session_state[f"{key}_node"] = at


def _verdict(trace: Trace, cycle: int, node: int) -> str:
    said = decisions.decision(trace, cycle, node)
    look = theme.look(said.state)
    head = f'{style.glyph(said.state)} <span class="sv-tok">{escape(said.token)}</span> {escape(look.word)}'
    body = f'<div style="margin:.45rem 0 .5rem">{escape(said.sentence)}</div>{style.table(said.rows)}'
    place = f'<div class="sv-muted">{escape(said.place)}</div>'
    return f'<div class="sv-verdict" style="border-color:{look.colour}"><div class="t">{head}</div>{place}{body}</div>'
