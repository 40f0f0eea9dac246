"""Live run: a prompt, a method, the text as it comes, and a measured race against plain decoding."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from ui import live, models, runs, style
from ui.charts import show
from ui.live import PLAIN, LiveRun, Progress, Wish
from ui.pages import EXPLORER
from ui.said import plain, what_went_wrong

from specviz.figures import legend_html, measured_costs, timeline
from specviz.trace import Trace, summarise


@dataclass(frozen=True)
class Example:
    """A prompt to begin with: a text to go on from, or a message to answer."""

    prompt: str
    is_chat: bool = False


EXAMPLES = {
    "a story": Example('Mara the cat and Enzo the sheep wanted to build a boat at the mill. "We shall paint it green," said Mara,'),
    "sorting": Example('def quicksort(items):\n    """Return a sorted copy of items."""\n    if len(items) <= 1:\n        return items\n'),
    "a class": Example(
        'class Stack:\n    """Last in, first out."""\n\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n'
    ),
    "a sum": Example("A small puzzle: Ivan has 40 euros. Ivan pays for 2 scones at 7 euros each. How much money is left?", is_chat=True),
    "a translation": Example("Say this in Velami: The otter does not drop the round golden bucket.", is_chat=True),
    "a summary": Example(
        "Read this diary page and sum it up in two sentences.\n\nSunday\nDear diary, it is Sunday, and I, Sara, am very tired. I went to see Fern, "
        "who was in the garden. There was onion soup for lunch, again. My left shoe is still wet. After much laughing, I could dive too. "
        "A cloud went by, slowly. And guess what I brought home: a purple pan!",
        is_chat=True,
    ),
    "a question": Example(
        "Answer from the text.\n\nWhat one hears on the bridge.\n- Captain Mila brings 32 violins to Rockferry on the Periwinkle.\n"
        "- Lila wants to learn how to juggle from Gus.\n- The Kingfisher sails with Captain Yara to Driftwood on Monday.\n\n"
        "How many violins does Captain Mila bring to Rockferry?",
        is_chat=True,
    ),
    "a chat": Example("We need a biscuit, some honey and a melon for the picnic. Please share that among Rafi, Ivan and Wanda.", is_chat=True),
}
_FIRST = "a story"
_TEXT_HEIGHT = 400


def use_example() -> None:
    """Put the chosen example into the prompt."""
    if st.session_state.example:
        chosen = EXAMPLES[st.session_state.example]
        st.session_state.prompt, st.session_state.is_chat = chosen.prompt, chosen.is_chat


def settings(run: LiveRun) -> Wish:
    """Draw the controls and return what they say."""
    from specviz.methods import METHODS

    st.session_state.setdefault("prompt", EXAMPLES[_FIRST].prompt)
    own = models.named("own")
    has_own = any(own)
    known = None
    examples = st.container()  # what comes and goes has a place of its own, so that nothing below closes or loses its focus
    if not has_own:  # the examples, and what is said of them, are the shipped pair's
        examples.pills("Examples", list(EXAMPLES), key="example", on_change=use_example, wrap=True)
        known = "The shipped models know Python code, short stories, and the small tasks of the examples; little else."
    prompt = st.text_area("Prompt", key="prompt", height=150, max_chars=8000, help=known)
    note = "Put the prompt into the target's chat template, as a user's message. Off: the model goes on from the text as it stands."
    is_chat = st.toggle("It is a message to answer", key="is_chat", help=note)
    spot = st.container()  # the buttons stand here, but need what the settings below say
    method = models.choose_method("method", own)
    st.caption(METHODS[method].summary[:1].upper() + METHODS[method].summary[1:] + ".")
    gamma, shipped_draft = None, ""
    with st.container():
        if METHODS[method].drafter is not None:
            gamma = st.slider("γ, tokens drafted in a cycle", 1, 16, METHODS[method].gamma, key=f"gamma_{method}")
            shipped_draft = "" if has_own else models.choose_draft("draft")
    temperature = st.slider("Temperature", 0.0, 1.5, 0.0, 0.1, key="temperature", help="0 always takes the most likely token.")
    max_new_tokens = st.number_input("Most new tokens", 1, 1024, 96, key="max_new_tokens")
    with st.expander("More settings"):
        is_greedy = temperature == 0
        top_p = st.slider(
            "Top-p", 0.05, 1.0, 1.0, 0.05, key="top_p", disabled=is_greedy, help="Draw from the fewest tokens with this mass; 1 is off."
        )
        top_k = st.number_input("Top-k", 0, 1000, 0, key="top_k", disabled=is_greedy, help="Draw from the k most likely tokens; 0 is off.")
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", help="Same seed, same coins, same run.")
        dtype = st.selectbox("Data type", models.DTYPES, key="dtype", help="float32 makes near-ties rare; auto is what is quick on this machine.")
    target, draft = models.own_models("own", "Both must share one vocabulary. ", shipped_draft)
    with_plain = method != PLAIN and st.checkbox("Race against plain decoding", value=True, key="with_plain")
    top = int(top_k) or None, top_p if top_p < 1 else None
    wish = Wish(prompt, method, gamma, int(max_new_tokens), temperature, *top, int(seed), with_plain, dtype, is_chat, target, draft)
    with spot:
        buttons(run)
    return wish


def want(is_wanted: bool) -> None:
    """Ask for a run, or no longer. What is run is read from the settings afterwards, so that the last change counts."""
    live.current().is_wanted = is_wanted


def buttons(run: LiveRun) -> None:
    """Generate and Stop, whichever fits."""
    left, right = st.columns(2)
    icon = ":material/play_arrow:"
    left.button("Generate", type="primary", icon=icon, width="stretch", key="generate", on_click=want, args=(True,), disabled=run.is_wanted)
    # any click ends the running script at its next drawing; what was recorded until then stays
    right.button("Stop", icon=":material/stop:", width="stretch", key="stop", on_click=want, args=(False,), disabled=not run.is_wanted)


def lanes(run: LiveRun, wish: Wish) -> None:
    """The texts: streaming when a run is wanted, else as they were recorded."""
    asked = wish if run.is_wanted else run.done
    if asked is None:
        st.info("Choose a prompt and press Generate. The text will appear here, coloured by where each token came from.")
        return
    status = st.empty()
    has_plain = asked.with_plain and asked.method != PLAIN
    columns = st.columns(2) if has_plain else [st.container()]
    slots = [_slot(column, name) for column, name in zip(columns, [asked.method, "plain decoding"], strict=False)]
    if not run.is_wanted:
        for slot, trace in zip(slots, [run.trace, run.plain], strict=False):
            if trace is not None:
                slot(live.text_html(trace), Progress.of(trace))
        return
    try:
        models.check_method(wish.method, wish.target, wish.draft)
        with status.container():
            pair = models.load(wish.target, wish.draft, wish.dtype)
        live.execute(run, wish, pair, slots[0], slots[-1], lambda text: _say(status, text))
    except Exception as error:  # noqa: BLE001  bad settings, missing models, no memory, whatever a library raises: the page stays
        run.is_wanted, run.error = False, what_went_wrong(error)
    st.rerun()  # draw the page at rest: buttons, figures and the finished texts


def _say(place: DeltaGenerator, text: str) -> None:
    place.markdown(f":material/hourglass_top: {text}")


def _slot(column: DeltaGenerator, name: str) -> live.Draw:
    """A lane: its name, its speed, its text. Returns what draws it."""
    column.markdown(f"**{name}**")
    speed, text = column.empty(), column.empty()
    speed.caption("…")

    def draw(html: str, progress: Progress) -> None:
        speed.caption(progress.words())
        # the box is filled from below once it is full, so that the newest line stays in sight without a script
        text.html(f'<div class="sv-lane" style="height:{_TEXT_HEIGHT}px"><div>{html}</div></div>')

    return draw


def outcome(run: LiveRun) -> None:
    """What the run measured, once it is over."""
    if run.error:
        st.error(plain(run.error))
    if run.trace is None or not len(run.trace):
        return
    if run.was_stopped:
        st.warning("Stopped. What had been decoded until then is shown and can be opened in the Explorer.")
    st.html(legend_html())
    st.html(style.facts(_facts(run.trace, run.plain)))
    race(run, run.trace)
    keep(run, run.trace)
    st.caption(f"Ran {plain(run.models)}.")


def _facts(trace: Trace, plain: Trace | None) -> list[tuple[str, str]]:
    stats, badge = summarise(trace), style.badge("measured")
    rows = [(f"{stats.tokens_per_cycle:.2f}", f"tokens per pass of the target {badge}")]
    rows.append((f"{stats.tokens_per_second:.1f}", f"tokens per second {badge}"))
    if plain is not None and len(plain):
        other = summarise(plain)
        rows.append((f"{other.tokens_per_second:.1f}", f"tokens per second, plain {badge}"))
        rows.append((f"{stats.tokens_per_second / other.tokens_per_second:.2f}×", f"speed-up, one run of each on this machine {badge}"))
    if stats.drafted:
        rows.append((f"{stats.acceptance:.0%}", f"of the examined drafts accepted {badge}"))
    return rows


def race(run: LiveRun, trace: Trace) -> None:
    """Both lanes on one clock, and whether they wrote the same."""
    is_same, words = live.sameness(run)
    if words:
        icon = {True: ":material/check_circle:", False: ":material/call_split:", None: ":material/casino:"}[is_same]
        {True: st.success, False: st.warning, None: st.info}[is_same](words, icon=icon)
    has_plain = run.plain is not None and len(run.plain) > 0
    show(timeline(trace, compare=run.plain if has_plain else None), key="race")
    if has_plain and summarise(trace).drafted:
        costs = measured_costs(trace, run.plain)
        v, other = costs.v or 0.0, costs.other or 0.0
        st.caption(
            f"Why: a cycle costs γ·c + v + all else = {costs.gamma:.1f} × {costs.c:.2f} + {v:.2f} + {other:.2f} = "
            f"**{costs.gamma * costs.c + v + other:.2f} plain steps** and gains **{costs.tau:.2f} tokens** (measured). "
            "Drafting pays when the gain is the larger number."
        )


def keep(run: LiveRun, trace: Trace) -> None:
    """Where a run can go from here."""
    if run.name is None:
        run.name = runs.keep_live(trace)
    left, right = st.columns(2)
    if left.button("Open in the Explorer", type="primary", icon=":material/account_tree:", width="stretch", key="explore"):
        place = runs.first_question(trace)
        where = {"cycle": str(place[0]), "node": str(place[1])} if place else {}
        st.switch_page(EXPLORER.file, query_params={"trace": run.name or "", **where})
    icon, file = ":material/download:", f"{trace.header.method}.arrow"
    right.download_button("Record (.arrow)", trace.to_bytes, file, on_click="ignore", icon=icon, width="stretch", key="download")


st.title("Live run", anchor=False)
run = live.current()
run.settle()
with st.container(key="bench"):
    side, main = st.columns([1, 2.4], gap="medium")
with side:
    wish = settings(run)
with main:
    lanes(run, wish)
    outcome(run)
