"""Distribution lab: shape p and q, and see at once what is kept, what is refused, what every rule and the bound make of it."""

from __future__ import annotations

import streamlit as st
from ui import address, placing, runs, shaper, style
from ui.charts import show
from ui.placing import Placed
from ui.said import plain

from specviz.figures import lab, rules, words
from specviz.labs.place import Place
from specviz.types import Sampling

DRAWN: dict[str, tuple[Sampling, str]] = {
    "with": ("iid", "with replacement"),
    "without": ("without_replacement", "without replacement"),
    "picked": ("deterministic", "the likeliest k"),
    "greedy": ("greedy", "the likeliest k − 1, and one drawn"),
}
TEMPERATURES = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0, 3.0]
# a token counts as possible after a refusal when the residual gives it more than this
_POSSIBLE = 5e-4


def choose_shape() -> None:
    """A shape was chosen: start from it."""
    if st.session_state.shape_name:
        begin(placing.of_shape(st.session_state.shape_name, placing.arrive().place.size))


def choose_size() -> None:
    """More or fewer tokens."""
    placing.keep(placing.sized(placing.arrive(), st.session_state.tokens_count))


def take_shaped() -> None:
    """A bar was dragged: what is seen is what there is, so the temperatures are back at 1."""
    now = placing.arrive()
    drawn = shaper.shaped(now.place.names)
    if drawn is not None:
        begin(placing.by_hand(now, drawn))


def take_node() -> None:
    """Laws of a recorded node."""
    try:
        begin(placing.of_node(st.session_state.from_run, st.session_state.from_cycle, st.session_state.from_node))
    except (LookupError, ValueError) as error:
        st.session_state.node_problem = str(error)


def begin(placed: Placed) -> None:
    """Show a new place, with both temperatures at 1."""
    placing.keep(placed)
    st.session_state.tp = st.session_state.tq = 1.0


# ------------------------------------------------------------------------------------------------------------ what is shown
@st.fragment
def play() -> None:
    """The whole lab: every control redraws it and nothing else."""
    placed = placing.arrive()
    placing.write_address(placed)
    with st.container(key="bench"):
        main, side = st.columns([2.15, 1], gap="medium")
    with side:
        here = controls(placed)
    with main:
        shaper.shape(here, take_shaped)
        is_open = ask(here)
    if not is_open:
        st.info("The answer is hidden until you have checked a guess.", icon=":material/visibility_off:")
        return
    show(lab.mass_flow(here), key="mass")
    several(here, is_pooled=bool(placed.node))


def controls(placed: Placed) -> Place:
    """What shapes the laws without dragging; returns them at their temperatures."""
    st.session_state.shape_name = placed.shape or None
    st.pills("Start from", list(placing.PRESETS), key="shape_name", on_change=choose_shape, wrap=True)
    st.caption(_about(placed))
    st.session_state.tokens_count = placed.place.size
    st.slider("Tokens", placing.LEAST, placing.MOST, key="tokens_count", on_change=choose_size)
    warm, hot = st.columns(2)
    for column, key, name in ((warm, "tp", "Temperature of p"), (hot, "tq", "Temperature of q")):
        address.read(key, TEMPERATURES, 1.0)
        column.select_slider(name, TEMPERATURES, key=key, help="Below 1 sharpens the law, above 1 flattens it.")
        address.write(key, 1.0)
    take()
    return placed.place.heated(st.session_state.tp, st.session_state.tq)


def _about(placed: Placed) -> str:
    if placed.shape:
        return placing.PRESETS[placed.shape][0].capitalize() + "."
    if placed.node:
        run, cycle, node = placed.node.rsplit(".", 2)
        begin = "Names from" if placed.is_own else "From"
        where = f"{begin} the run ‘{plain(run, 80)}’, cycle {plain(cycle, 20)}, node {plain(node, 20)}."
        return f"{where} Tokens without room are pooled in two: those p finds likelier, those q does."
    return "Shaped by hand."


def take() -> None:
    """Take the laws of a recorded node."""
    names = [name for name in runs.names() if _has_laws(name)]
    if not names:
        return
    with st.popover("Take them from a recorded run", icon=":material/account_tree:", width="stretch"):
        name = st.selectbox("Run", names, key="from_run", format_func=runs.title)
        trace = runs.find(name)
        if trace is None:
            return
        cycle = int(st.number_input("Cycle", 0, len(trace) - 1, key="from_cycle"))
        nodes = trace.cycle(cycle).nodes
        if not nodes:
            st.caption("Nothing was drafted in this cycle.")
            return
        labels = [f"{n.id}: {words.visible(n.text, n.token)}, {n.state}" for n in nodes]
        st.selectbox("Node", range(len(nodes)), key="from_node", format_func=lambda i: labels[i])
        st.button("Take these laws", key="take_node", on_click=take_node, type="primary")
    if problem := st.session_state.pop("node_problem", None):
        st.warning(f"These laws cannot be taken: {plain(problem)}.")


def _has_laws(name: str) -> bool:
    trace = runs.find(name)
    return trace is not None and trace.header.detail != "light" and any(cycle.nodes for cycle in trace)


def ask(here: Place) -> bool:
    """The question, with a check of the guess; says whether the answer may be seen."""
    names = [words.visible(name) for name in here.names]
    with st.container(border=True):
        st.markdown("**Predict first.** One token is drafted from q and refused. Which tokens may take its place?")
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        guess = left.pills(
            "Your guess",
            range(here.size),
            format_func=lambda i: plain(names[i], 40),
            selection_mode="multi",
            key="guess",
            label_visibility="collapsed",
            wrap=True,
        )
        is_checked = right.button("Check", key="check", width="stretch", disabled=not guess)
        is_hidden = st.toggle("Hide the answer until I have guessed", key="hide", bind="query-params")
        law = (here.p.tobytes(), here.q.tobytes())
        if is_checked:
            st.session_state.checked = law
        has_guessed = st.session_state.get("checked") == law
        if has_guessed and guess:
            say_outcome(here, names, {int(i) for i in guess})
    return has_guessed or not is_hidden


def say_outcome(here: Place, names: list[str], guess: set[int]) -> None:
    """Whether the guess is right, and why."""
    possible = {i for i, x in enumerate(here.residual.tolist()) if x > _POSSIBLE} if here.distance > _POSSIBLE else set()
    if not possible:
        st.info("None: p and q are equal, so nothing is ever refused.", icon=":material/check:")
    elif guess == possible:
        st.success("Right: exactly the tokens that p likes more than q does. Of these the draft proposed too few.", icon=":material/check:")
    else:
        wrong = [f"{names[i]} cannot: q proposes it at least as often as p wants it" for i in sorted(guess - possible)]
        missing = [f"{names[i]} can: p wants it more often than q proposes it" for i in sorted(possible - guess)]
        st.warning("Not quite. " + plain("; ".join((wrong + missing)[:3])) + ".", icon=":material/close:")


def several(here: Place, *, is_pooled: bool) -> None:
    """Several drafts: every rule and the bound."""
    st.subheader("Several drafts at this place", anchor=False)
    st.markdown(
        "Before you move k: a second draft is tried when the first is refused. Does it help more if it may repeat the first one, or if it may not?"
    )
    left, right = st.columns([1, 1.6], gap="medium", vertical_alignment="bottom")
    k = int(left.slider("k, drafts", 1, 8, 2, key="k", bind="query-params"))
    address.read("drawn", list(DRAWN), "without")
    drawn = right.segmented_control("Drawn", list(DRAWN), key="drawn", format_func=lambda name: DRAWN[name][1], required=True, wrap=True)
    address.write("drawn", "without")
    sampling = DRAWN[drawn or "without"][0]
    rates = rules.place_rates(here.p, here.q, ks=(1, k) if k > 1 else (1,), samplings=(sampling,))
    st.html(style.facts(facts(here, rates, k)))
    if is_pooled and k > 1:
        st.caption("The tokens without room count as two here. For one draft that changes nothing; for several it makes this a model of the place.")
    bars, growth, lossy = st.tabs(["Rules and the bound", "As k grows", "Giving up exactness"])
    with bars:
        show(rules.rules_against_bound(rates, sampling=sampling), key="rules")
    with growth:
        others: tuple[Sampling, ...] = ("iid", "without_replacement") if sampling in {"iid", "without_replacement"} else ("iid", sampling)
        show(rules.acceptance_by_k(rules.place_rates(here.p, here.q, ks=range(1, 9), samplings=others, draws=64), samplings=others), key="growth")
    with lossy:
        show(lab.lossy_prices(here), key="lossy")


def facts(here: Place, rates: rules.RuleRates, k: int) -> list[tuple[str, str]]:
    """The lab's numbers; all from formulas."""
    badge = style.badge("modelled")
    own = [r for r in rates.rates if r.k == k]
    best = max(own, key=lambda r: r.acceptance)
    drafts = words.count(k, "draft")
    return [
        (words.number(here.alpha), f"α = Σ min(p, q): one draft from q is kept {badge}"),
        (words.number(here.distance), f"TV(p, q) = 1 − α: it is refused {badge}"),
        (words.number(best.acceptance), f"one of {drafts} is kept by the best rule here, {best.rules[0]} {badge}"),
        (words.number(best.bound), f"the most any lossless rule could keep with {drafts} {badge}"),
    ]


st.title("Distribution lab", anchor=False)
st.html(
    '<p class="sv-lead">One place in a text: the target’s law <b>p</b>, the draft’s law <b>q</b>. How much of one draft survives is decided by '
    "how much the two overlap, and by nothing else.</p>"
)
play()
