"""Explorer: every decision of a recorded run, cycle by cycle and node by node. The address names the place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import streamlit as st
from ui import decisions, judge, onward, runs, style
from ui.charts import Picked, ring, show, show_clickable
from ui.pages import LIVE
from ui.said import plain

from specviz.figures import (
    acceptance_by_position,
    block_html,
    distributions,
    draft_tree,
    mask_and_cache,
    missed_acceptance,
    pieces_html,
    theme,
    timeline,
    token_strip,
    trace_pieces,
    words,
)
from specviz.figures.page import to_html
from specviz.figures.pieces import LAST, prompt_pieces
from specviz.trace import Trace, TraceError, summarise
from specviz.trace.moments import Moment, moments
from specviz.trace.replay_run import RunReplay, replay_run

# a page shows strings that stand alone, so constants here are explained in comments: tokens shown before the cycle, trees on a page that is
# downloaded (a second for twenty), width of the runs' menu
_CONTEXT = 24
_MOST_TREES = 300
_RUN_MENU_PX = 520


# ---------------------------------------------------------------------------------------------- which run, cycle and node
def arrive() -> str:
    """Take the place from the address on the first run of a visit; say what in it does not exist."""
    asked = st.query_params.get("trace")
    options = runs.names()
    if asked and asked not in options and runs.find(asked) is not None:
        options.append(asked)
    if "run" not in st.session_state or st.session_state.run not in options:
        first = asked if asked in options else options[0]
        if asked and asked not in options:
            st.warning(f"No run called ‘{plain(asked, 80)}’ is here any more; runs made here are kept until the server restarts. This is ‘{first}’.")
        st.session_state.run = first
        trace = runs.find(first)
        st.session_state.wish = _asked_node(trace) if trace else None
    name = str(st.selectbox("Run", options, key="run", format_func=runs.title, on_change=start_over, label_visibility="collapsed"))
    if asked != name:
        st.query_params["trace"] = name
    return name


def _asked_node(trace: Trace) -> int | None:
    """The node of the address; a cycle or node that is not there is said to be ignored."""
    cycle = _whole(st.query_params.get("cycle"), "cycle", 0, len(trace) - 1)
    return _whole(st.query_params.get("node"), "node", LAST, len(trace.cycle(cycle or 0).nodes) - 1)


def _whole(text: str | None, name: str, least: int, most: int) -> int | None:
    if text is None:
        return None
    if re.fullmatch("-?[0-9]{1,9}", text) and least <= int(text) <= most:
        return int(text)
    st.warning(f"The address asks for {name}={plain(text, 80)}, which is not in this run (it has {name}s {least} to {most}). It was ignored.")
    return None


def start_over() -> None:
    """Another run: begin at its first cycle."""
    st.session_state.cycle = 0
    st.session_state.wish = None


def node_of(trace: Trace, cycle: int) -> int:
    """The node to show: the one that was asked for if this cycle has it, else the decisive one.

    A cycle that lacks the wish does not forget it: the next one may have it again.
    """
    record, wish = trace.cycle(cycle), st.session_state.get("wish")
    return wish if wish in decisions.nodes(record) else decisions.decisive(record)


def step_cycle(by: int, count: int) -> None:
    """One cycle back or on."""
    st.session_state.cycle = max(0, min(count - 1, st.session_state.get("cycle", 0) + by))


def step_node(trace: Trace, by: int) -> None:
    """One node back or on, the last token being the last; stays at the ends."""
    cycle = st.session_state.get("cycle", 0)
    order = decisions.nodes(trace.cycle(cycle))
    at = order.index(node_of(trace, cycle))
    st.session_state.wish = order[max(0, min(len(order) - 1, at + by))]


def pick(place: Picked | None) -> None:
    """A click in the tree or the text. A click that takes a selection away means the marker that was clicked before."""
    place = place or st.session_state.get("clicked")
    st.session_state.clicked = place
    if place and place[0] >= 0:
        st.session_state.cycle, st.session_state.wish = place


# ------------------------------------------------------------------------------------------------------------ what is shown
@st.fragment
def explore(name: str, trace: Trace) -> None:
    """Everything that changes with the cycle or the node; a step draws this part of the page only."""
    cycle = controls(trace)
    node = node_of(trace, cycle)
    if st.query_params.get("node") != str(node):
        st.query_params["node"] = str(node)
    st.html(context(trace, cycle))
    with st.container(key="stage"):
        left, right = st.columns([1.6, 1], gap="medium")
    with left:
        figure = draft_tree(trace, cycle=cycle)
        ring(figure, "tree", node)
        show_clickable(figure, "tree", pick)
        st.caption("Click a token, or use Shift with the arrow keys. The ringed one is explained here.")
    with right:
        st.html(inspector(trace, cycle, node))
    details(name, trace, cycle, node)
    st.subheader("The whole text", anchor=False)
    show_clickable(token_strip(trace, cycle=cycle), "strip", pick)


def details(name: str, trace: Trace, cycle: int, node: int) -> None:
    """What lies behind the ringed token; only the tab that is open is worked out, so that a step stays quick."""
    laws, mask, again = st.tabs(["Laws p and q", "Mask and KV", "Judge again"], key="detail", on_change="rerun")
    if laws.open:
        with laws:
            if trace.header.detail == "light":
                st.info("This record holds no laws (detail ‘light’). Record with detail ‘full’ to see p, q and the residual.")
            else:
                show(distributions(trace, cycle=cycle, node=node), key="laws")
                onward.to_distribution(name, trace, cycle, node)
    if mask.open:
        with mask:
            try:
                show_clickable(mask_and_cache(trace, cycle=cycle, node=node), "mask", pick)
            except TraceError as error:  # an engine of someone else's may write what it likes into this column
                st.info(f"This record does not say what became of the cache: {plain(error)}")
    if again.open:
        with again:
            judge.panel(name, trace, cycle, node, pick)


def controls(trace: Trace) -> int:
    """Step and scrub; returns the cycle."""
    count = len(trace)
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        st.button("Cycle", icon=":material/chevron_left:", shortcut="Left", key="cycle_back", on_click=step_cycle, args=(-1, count))
        st.button("Cycle", icon=":material/chevron_right:", shortcut="Right", key="cycle_on", on_click=step_cycle, args=(1, count))
        st.button("Node", icon=":material/expand_less:", shortcut="Shift+Left", key="node_back", on_click=step_node, args=(trace, -1))
        st.button("Node", icon=":material/expand_more:", shortcut="Shift+Right", key="node_on", on_click=step_node, args=(trace, 1))
        if count == 1:
            return 0
        return int(st.slider(f"Cycle, 0 to {count - 1}", 0, count - 1, key="cycle", bind="query-params"))


def context(trace: Trace, cycle: int) -> str:
    """A few tokens before the cycle, and what it added, outlined."""
    before = prompt_pieces(trace) + trace_pieces(trace, cycles=(trace.cycle(i) for i in range(cycle)))
    now = trace_pieces(trace, refused=True, cycles=[trace.cycle(cycle)])
    dots = '<span style="color:#57606A">… </span>' if len(before) > _CONTEXT else ""
    text = block_html(dots + pieces_html(before[-_CONTEXT:]) + pieces_html(now, cycle=cycle))
    return f'<div class="sv-lane" style="height:8.6rem"><div>{text}</div></div>'  # of one height, so that the tree stays where it is


def inspector(trace: Trace, cycle: int, node: int) -> str:
    """One decision: the token, the verdict in words, the numbers."""
    said = decisions.decision(trace, cycle, node)
    look = theme.look(said.state)
    head = f'{style.glyph(said.state)} <span class="sv-tok">{escape(said.token)}</span> {escape(look.word)}'
    return (
        f'<div class="sv-verdict" style="border-color:{look.colour}" data-cycle="{cycle}" data-node="{node}">'
        f'<div class="t">{head}</div><div class="sv-muted">{escape(said.place)}</div>'
        f'<div style="margin:.45rem 0 .5rem">{escape(said.sentence)}</div>{style.table(said.rows)}</div>'
    )


@st.fragment
def overview(name: str, trace: Trace) -> None:
    """What does not change with the cycle: positions, clock, what was missed, figures, origin."""
    names = ["Acceptance by position", "Timeline", "Missed acceptance", "Figures of the run", "How it was made"]
    where, clock, missed, figures, origin = st.tabs(names, key="overview", on_change="rerun")
    drafted = any(cycle.nodes for cycle in trace)
    with where:
        if drafted:
            show(acceptance_by_position(trace), key="positions")
            onward.to_speedup(trace)
        else:
            st.info("Plain decoding drafts nothing, so there is nothing to accept.")
    with clock:
        show(timeline(trace), key="clock")
    if missed.open:  # seconds of work
        with missed:
            left_behind(name, trace)
    with figures:
        machine = str(trace.header.machine.get("processor", trace.header.device))
        st.html(f"<p>{style.badge('measured')} on {escape(machine)}</p>{style.table(measures(trace))}")
    with origin:
        st.html(style.table(provenance(trace)))


def left_behind(name: str, trace: Trace) -> None:
    """What the run's rule left of the bound, cycle by cycle."""
    if trace.header.detail != "exact":
        st.info(judge.how_to_record(trace))
        return
    try:
        show(missed_acceptance(trace, replay=_replayed(name, trace.header.started, trace)), key="missed")
    except ValueError as error:  # a run that drafted nothing, a rule without a formula
        st.info(f"What was missed cannot be said of this run: {plain(error)}")


@st.cache_resource(show_spinner="Judging the whole run by every rule …", max_entries=16)
def _replayed(name: str, started: str, _trace: Trace) -> RunReplay:  # noqa: ARG001  they tell runs apart
    return replay_run(_trace)


def measures(trace: Trace) -> list[tuple[str, str, str]]:
    """The run's figures, each with its convention."""
    s = summarise(trace)
    drafting = []
    if s.drafted:
        examined = s.accepted + s.rejected
        drafting = [
            ("acceptance", f"{s.acceptance:.1%}", f"{s.accepted} accepted / {examined} examined; drafts that no rule looked at do not count"),
            ("of all drafted", f"{s.accepted / s.drafted:.1%}", f"{s.accepted} accepted / {s.drafted} drafted, ignored ones included"),
            ("mean α", words.number(s.alpha), f"Σ min(p, q), averaged over examined places, at temperature {trace.header.law_temperature:g}"),
        ]
    return [
        (
            "tokens per pass (τ)",
            f"{s.tokens_per_cycle:.2f}",
            f"{s.tokens} new / {s.cycles} passes of the target; the corrected or bonus token counts",
        ),
        *drafting,
        ("tokens per second", f"{s.tokens_per_second:.1f}", "new tokens / time of all cycles; reading the prompt is not included"),
        ("drafting", f"{s.draft_s:.3f} s", "in the drafter"),
        ("checking", f"{s.verify_s:.3f} s", "in the target's passes"),
        ("all else", f"{s.other_s:.3f} s", "judging, keeping caches in step, the host"),
        ("reading the prompt", f"{s.prefill_s:.3f} s", "once, before the first cycle"),
        ("ended by", s.stop or "was cut off", "end of text, a stop, length or the context"),
    ]


def provenance(trace: Trace) -> list[tuple[str, str, str]]:
    """How the run was made."""
    h = trace.header
    rows = [("method", h.method, f"rule: {h.verifier}"), ("target", str(h.target.get("id", "")), f"weights {h.target.get('weights', 'unknown')}")]
    if h.draft:
        rows.append(("draft", str(h.draft.get("id", "")), f"weights {h.draft.get('weights', 'unknown')}"))
    rows += [(name, str(value), "") for name, value in h.settings.items() if value not in (None, [], ())]
    rows += [("seed", str(h.seed), "coins are a function of the seed and the place"), ("detail", h.detail, "what the record holds")]
    rows += [("device", f"{h.device}, {h.dtype}", ""), ("recorded", h.started, f"specviz {h.package_version}")]
    return rows + [(name, str(value), "of the machine") for name, value in h.machine.items()]


def take_upload() -> None:
    """Read the uploaded file and show it; say kindly what is wrong with it."""
    file = st.session_state.upload
    if file is None:
        return
    try:
        st.session_state.run = runs.keep_upload(file.getvalue(), file.name)
        start_over()
    except TraceError as error:
        st.session_state.upload_error = str(error)


def go(run: str, cycle: int, node: int) -> None:
    """Show a place of a recorded run."""
    st.session_state.run, st.session_state.cycle, st.session_state.wish = run, cycle, node


def choose_moment(listed: Sequence[Moment]) -> None:
    """The runs that each show one thing, in the order in which they teach."""
    for number, each in enumerate(listed, start=1):
        label = f"{number} · {each.run.replace('-', ' ')}"
        st.button(label, key=f"moment_{each.run}", on_click=go, args=(each.run, each.cycle, each.node), type="tertiary")
        st.caption(each.shows)


def remark(name: str, listed: Sequence[Moment]) -> None:
    """What a run that shows one thing shows, and the way there."""
    here = next((each for each in listed if name in (each.run, each.beside)), None)
    if here is None:
        return
    text, way = st.columns([4, 1.2], vertical_alignment="center")
    text.markdown(f"**This run shows** {here.shows}. **Look at** {here.look}.")
    way.button(f"Go to cycle {here.cycle}", key="to_moment", on_click=go, args=(here.run, here.cycle, here.node), width="stretch")
    if here.beside:
        other = here.beside if name == here.run else here.run
        way.button("The run beside it", key="to_beside", on_click=go, args=(other, here.cycle, here.node), width="stretch", help=other)


def downloads(name: str, trace: Trace) -> None:
    """The record, and the run as a page that needs no server."""
    st.download_button("Record (.arrow)", trace.to_bytes, f"{name}.arrow", on_click="ignore", icon=":material/database:", key="get_arrow")
    page = f"{name}.html"
    st.download_button(
        "Page (.html)", lambda: to_html(trace, most_trees=_MOST_TREES), page, "text/html", on_click="ignore", icon=":material/html:", key="get_html"
    )


st.title("Explorer", anchor=False)
bar = st.container(horizontal=True, vertical_alignment="bottom")  # what has no room wraps, so that no label is cut
left = bar.container(width=_RUN_MENU_PX)
if listed := moments():
    with bar.popover("Moments", icon=":material/lightbulb:"):
        choose_moment(listed)
with bar.popover("Open a file", icon=":material/upload_file:"):
    st.file_uploader("A recorded run (.arrow)", type=["arrow"], key="upload", on_change=take_upload)
if problem := st.session_state.pop("upload_error", None):
    st.error(f"This file cannot be shown: {plain(problem)}", icon=":material/error:")
if not runs.names() and runs.find(st.query_params.get("trace", "")) is None:
    st.info("No recorded run is here yet. Make one, or open a file.")
    if st.button("Run it yourself", type="primary", key="to_live"):
        st.switch_page(LIVE.file)
    st.stop()
with left:
    name = arrive()
trace = runs.find(name)
if trace is None:
    st.warning("This run gave way to newer ones; choose another.")
    st.stop()
with bar.popover("Download", icon=":material/download:"):
    downloads(name, trace)
if not trace.is_complete:
    st.warning("This record breaks off: the run was killed while it was written. Every whole cycle is shown.")
remark(name, listed)
explore(name, trace)
overview(name, trace)
