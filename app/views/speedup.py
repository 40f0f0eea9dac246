"""Speed-up lab: what decides how much faster it gets, where it loses, and the doctor who says why a pair is slow."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from ui import address, diagnosed, examining, models, style
from ui.examining import Examination, Wish
from ui.explore import explorable
from ui.said import plain, what_went_wrong

from specviz.figures.measured import MeasuredPoint, diagnosed_point, recorded_points

PICTURES = {
    "surface": ("Speed-up surface", "speedup-surface"),
    "length": ("Best length", "best-length"),
    "tokens": ("Tokens a cycle", "geometric-law"),
    "verify": ("v(m), checking many", "verify-price"),
    "roofline": ("Roofline", "roofline"),
    "batch": ("A batch, row by row", "row-cursors"),
}
# the letters of a situation that lies on one side of the line
SITUATIONS: dict[str, dict[str, float | int]] = {
    "it pays": {},
    "the draft is slow": {"draft": 0.6},
    "the draft is weak": {"alpha": 0.2, "gamma": 6},
    "the draft is too long": {"alpha": 0.5, "gamma": 16},
    "the batch is full": {"batch": 256, "thousands": 0},
    "a full batch of long texts": {"batch": 256, "thousands": 8},
    "too much other work": {"other": 2.0},
}
SOURCES = {"shipped": "the shipped pair’s own test texts", "own": "my prompt", "file": "a file of prompts"}
_LOSS = "at_"
_LETTERS = ("alpha", "gamma", "draft", "batch", "thousands", "other", "view")
_PROMPT = 'def quicksort(items):\n    """Return a sorted copy of items."""\n    if len(items) <= 1:\n        return items\n'


# ------------------------------------------------------------------------------------------------------------ the letters
@st.fragment
def letters() -> None:
    """One picture at a time; the letters stay when the picture changes."""
    points = measured_points()
    address.read("show", list(PICTURES), "surface")
    shown = st.segmented_control(
        "Picture", list(PICTURES), key="show", format_func=lambda name: PICTURES[name][0], required=True, wrap=True, label_visibility="collapsed"
    )
    address.write("show", "surface")
    shown = shown or "surface"
    explorable(PICTURES[shown][1], shown, {"points": points} if shown == "surface" else None)
    if shown == "surface" and points:
        compare(points)


def measured_points() -> tuple[MeasuredPoint, ...]:
    """Recorded runs, and what the doctor measured here."""
    own = diagnosed_point(examining.current().report) if examining.current().report else None
    return (*recorded_points(), *((own,) if own else ()))


def compare(points: tuple[MeasuredPoint, ...]) -> None:
    """The measured runs beside the formula, each at its own costs, and a button that brings the map to them."""
    rows = [
        (p.name, f"{p.speedup:.2f}×", f"measured; {p.modelled:.2f}× modelled at its own α = {p.alpha:.2f}, γ = {p.gamma:.1f}, c = {p.c:.2f}")
        for p in points
    ]
    left, right = st.columns([2.5, 1], gap="medium")
    left.html(f'<div class="sv-muted">Diamonds are measured runs, filled with the colour of what was measured.</div>{style.table(rows)}')
    with right:
        for place, point in enumerate(points):
            st.button(
                f"Costs of ‘{plain(point.name, 40)}’",
                key=f"take_{place}",
                on_click=take,
                args=(point,),
                width="stretch",
                icon=":material/straighten:",
            )


def take(point: MeasuredPoint) -> None:
    """Bring the letters to a measured run's."""
    st.session_state.update({"gamma": max(1, round(point.gamma)), "alpha": point.alpha, "c": point.c, "slope": point.slope})


# ------------------------------------------------------------------------------------------------------- where it loses
@st.fragment
def losing() -> None:
    """The conditions, and ways across the line."""
    st.pills("Situations", list(SITUATIONS), key="situation", on_change=situate, label_visibility="collapsed", wrap=True)
    explorable("where-it-loses", "losing", prefix=_LOSS)


def situate() -> None:
    """Set the letters of a situation; those it does not name go back to where it pays."""
    chosen = st.session_state.situation
    if chosen:
        for letter in _LETTERS:
            st.session_state.pop(_LOSS + letter, None)
            st.query_params.pop(_LOSS + letter, None)
        st.session_state.update({_LOSS + letter: value for letter, value in SITUATIONS[chosen].items()})


# ------------------------------------------------------------------------------------------------------------ the doctor
def settings(asked: Examination) -> Wish | None:
    """What to examine; None while it cannot be said."""
    from specviz.methods import METHODS, default_method

    own = models.named("patient")
    has_own = any(own)
    left, middle, right = st.columns([1.5, 1, 1], gap="medium")
    with left:
        prompts = choose_prompts(has_own=has_own)
    with middle:
        method = models.choose_method("method", own, drafting=True)
        address.write("method", default_method(models.offers(*own)))
        gamma = int(st.slider("γ, tokens drafted in a cycle", 1, 16, METHODS[method].gamma, key=f"length_{method}"))
        shipped_draft = "" if has_own else models.choose_draft("doctor_draft")
        temperature = float(st.slider("Temperature", 0.0, 1.5, 0.0, 0.1, key="heat", bind="query-params"))
    with right:
        tokens = int(st.slider("New tokens of each prompt", 16, 128, 48, 16, key="new", bind="query-params"))
        repeats = int(st.slider("Repeats", 1, 5, 3, key="repeats", bind="query-params", help="Medians and spread come from them."))
        dtype = str(st.selectbox("Data type", models.DTYPES, key="dtype"))
    target, draft = models.own_models("patient", "", shipped_draft)
    buttons(asked, is_ready=prompts is not None)
    return None if prompts is None else Wish(prompts, method, gamma, tokens, temperature, repeats, dtype, target, draft)


def choose_prompts(*, has_own: bool) -> tuple[str, ...] | None:
    """The prompts: none stand for the shipped texts, which are the shipped pair's alone; None when there is nothing to examine yet."""
    sources = [name for name in SOURCES if not (has_own and name == "shipped")]
    address.read("prompts", sources, sources[0])
    source = st.segmented_control("Prompts", sources, key="prompts", format_func=SOURCES.__getitem__, required=True, wrap=True)
    address.write("prompts", sources[0])
    if source == "own":
        st.session_state.setdefault("patient", _PROMPT)
        text = st.text_area("Prompt", key="patient", height=130, max_chars=8000)
        if not (text or "").strip():
            st.warning("There is no prompt yet: write a few words for the models to go on from.")
            return None
        return (text or "",)
    if source == "file":
        return open_file()
    st.caption("One text of each kind the shipped models know, from the split they were not trained on.")
    return ()


def open_file() -> tuple[str, ...] | None:
    """The prompts of an uploaded file."""
    file = st.file_uploader("One prompt a line, or blocks with blank lines between", type=["txt", "md", "py", "prompts"], key="prompt_file")
    if file is None:
        return None
    try:
        prompts = examining.read_file(file.getvalue())
    except ValueError as error:
        st.warning(f"This file cannot be used: {plain(error)}.")
        return None
    st.caption(f"{len(prompts)} prompts.")
    return prompts


def want(is_wanted: bool) -> None:
    """Ask for an examination, or no longer."""
    asked = examining.current()
    asked.is_wanted, asked.error = is_wanted, ""


def buttons(asked: Examination, *, is_ready: bool) -> None:
    """Examine and Stop, whichever fits."""
    icon, is_busy = ":material/stethoscope:", asked.is_wanted
    with st.container(horizontal=True):
        st.button("Examine", type="primary", icon=icon, key="examine", on_click=want, args=(True,), disabled=is_busy or not is_ready)
        st.button("Stop", icon=":material/stop:", key="stop", on_click=want, args=(False,), disabled=not is_busy)


def examine(asked: Examination, wish: Wish) -> None:
    """Run it, and draw the page again at rest."""
    status = st.empty()
    try:
        examining.execute(asked, wish, lambda text: say(status, text))
    except Exception as error:  # noqa: BLE001  bad settings, missing models, no memory, whatever a library raises: the page stays
        asked.is_wanted, asked.was_stopped, asked.error = False, False, what_went_wrong(error)
    st.rerun()


def say(status: DeltaGenerator, text: str) -> None:
    """One line of progress; a bar where runs are counted."""
    with status.container():
        done, _, of = text.rpartition("run ")[2].removesuffix(" …").partition(" of ")
        if done.isdecimal() and of.isdecimal():
            st.progress(int(done) / max(int(of), 1), plain(text))
        else:
            st.markdown(f":material/hourglass_top: {plain(text)}")
        st.caption("Leave the machine alone meanwhile: everything that runs beside it is measured as well.")


st.title("Speed-up lab", anchor=False)
st.html(
    '<p class="sv-lead">A cycle yields <b>τ</b> tokens and costs <b>γ·c</b> for drafting, <b>v(γ + 1)</b> for checking, and the rest. '
    "Speed-up is the one over the other. Move the letters; then let the doctor measure them on this machine.</p>"
)
letters()
st.subheader("Where speculation loses", anchor="loses")
st.markdown("Nothing makes it faster by itself. Each panel moves **one** letter and keeps the others: find the line, and cross it.")
losing()
st.subheader("The doctor: why is my pair not faster?", anchor="doctor")
st.markdown("It times the passes, the cycle and whole runs on this machine, a minute or two, and says where the time went and what to try.")
asked = examining.current()
wish = settings(asked)
if asked.is_wanted and wish is not None:
    examine(asked, wish)
if asked.error:
    st.error(plain(asked.error))
if asked.was_stopped:
    st.info("Stopped before the end: half a diagnosis would mislead, so nothing is kept. Examine again when you like.")
diagnosed.outcome(asked)
