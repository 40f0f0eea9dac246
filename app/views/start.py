"""Start: a recorded run that is already playing. Loads no model and nothing that needs torch."""

from __future__ import annotations

import streamlit as st
from ui import player, runs, style
from ui.pages import COURSE, DISTRIBUTION, EXPLORER, LIVE, LOSSLESSNESS, SPEEDUP, PageOf

from specviz.figures import theme
from specviz.trace import Trace, summarise

_CAPTIONS = (
    (theme.DRAFT, "A cheap guess", "The draft model is small and fast. It writes a few tokens ahead, and is often right."),
    (
        theme.TARGET,
        "One pass checks them all",
        "The target model reads all guesses in one pass. Where moving its weights is what takes the time, that is hardly slower than one token.",
    ),
    ("#0072B2", "Nothing is lost", ""),
)

_NEXT: tuple[tuple[PageOf, str], ...] = (
    (COURSE, "Why does it work? Guess, look, prove it, and build the rule yourself."),
    (DISTRIBUTION, "Why is a guess kept or refused? Shape both laws by hand."),
    (LOSSLESSNESS, "Is the text really the target’s? Plant a bug and see a test find it."),
    (SPEEDUP, "How much faster, and when is it slower? Find the line; let the doctor measure."),
)


def exactness(trace: Trace) -> str:
    """What stays the same, said for this recording's temperature."""
    if trace.header.settings.get("temperature") == 0:
        return "A guess stays only if it is the target's own choice; the first wrong one is replaced. The text is the target's, token for token."
    return "A guess stays with a probability that makes up for the draft's opinion. The text follows the target's law, exactly."


def sample() -> tuple[str, Trace] | None:
    """The recording to play: the chain if it is there, else any."""
    for name in runs.samples():
        trace = runs.find(name)
        if trace is not None and len(trace):
            return name, trace
    return None


def open_player(name: str, trace: Trace) -> None:
    """Play, with what was measured and where to go next."""
    asked = player.play(name, trace, on_asked=lambda: None)
    if asked:
        st.switch_page(EXPLORER.file, query_params={"trace": name, "cycle": str(asked[0]), "node": str(asked[1])})
    st.html(style.legend())
    st.html(measured(trace))
    go_on(name, trace)
    for column, (colour, title, text) in zip(st.columns(3), _CAPTIONS, strict=True):
        column.html(f'<div class="sv-caption" style="border-color:{colour}"><b>{title}</b>{text or exactness(trace)}</div>')


def measured(trace: Trace) -> str:
    """The recording's one figure, with its convention."""
    stats = summarise(trace)
    return (
        f'<p class="sv-lead">This recording: <b>{stats.tokens_per_cycle:.2f} tokens per pass of the target</b> {style.badge("measured")} '
        f"({stats.tokens} tokens in {stats.cycles} passes; the corrected or bonus token counts). Plain decoding makes 1 per pass.</p>"
    )


def go_on(name: str, trace: Trace) -> None:
    """The two ways on."""
    left, right, _ = st.columns([1, 1, 1.4])
    if left.button("Run it yourself", type="primary", icon=":material/bolt:", width="stretch", key="to_live"):
        st.switch_page(LIVE.file)
    if right.button("Question a decision", icon=":material/help_center:", width="stretch", key="to_explorer"):
        place = runs.first_question(trace)
        where = {"cycle": str(place[0]), "node": str(place[1])} if place else {}
        st.switch_page(EXPLORER.file, query_params={"trace": name, **where})


def where_next() -> None:
    """The labs, each with the question it answers."""
    st.subheader("Where next", anchor=False)
    for column, (page, question) in zip(st.columns(len(_NEXT)), _NEXT, strict=True):
        with column:
            if st.button(page.title, icon=page.icon, key=f"to_{page.name}", width="stretch"):
                st.switch_page(page.file)
            st.caption(question)


st.title("Speculative decoding, watched at work", anchor=False)
st.html(
    '<p class="sv-lead">A small <b>draft</b> model guesses the next few tokens. A large <b>target</b> model checks them all in <b>one pass</b>, '
    "keeps those it agrees with and adds one of its own.</p>"
)
found = sample()
if found:
    open_player(*found)
else:
    st.info("No recorded run is here to play: specviz/trace/samples is empty. Run the models yourself instead; the run will be recorded.")
    if st.button("Run it yourself", type="primary", key="to_live"):
        st.switch_page(LIVE.file)
where_next()
