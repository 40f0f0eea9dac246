"""Losslessness lab: thousands of tiny texts with and without speculation, the test that compares them, and bugs it must find."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st
from ui import address, style
from ui.charts import show
from ui.trials import Found, Wish, examine

from specviz.figures.lossless import distances, outputs
from specviz.labs.bugs import BUGS, Bug
from specviz.labs.decoder import NEEDS_NO_COINS
from specviz.types import Sampling
from specviz.verifiers import VERIFIERS

RULES = [name for name in VERIFIERS if name != NEEDS_NO_COINS]
SIZES = [1000, 5000, 20_000, 100_000, 500_000]
_SIZE = 20_000
_NO_BUG = "none"
_SAMPLINGS: dict[str, Sampling] = {"without": "without_replacement", "with": "iid", "greedy": "greedy"}
_SAMPLING_WORDS = {"without": "without replacement", "with": "with replacement", "greedy": "k − 1 picked, one drawn"}
# p-values between this and FAILS say neither: a right decoder is that unlucky once in a thousand samples
_DOUBT = 1e-3
# a distance below this is rounding
_EXACT = 1e-12


# ------------------------------------------------------------------------------------------------------------ what is chosen
def make_room() -> None:
    """A bug that needs several drafts, or one rule, brings them along."""
    bug = BUGS.get(st.session_state.bug)
    if bug is not None and bug.rule:
        st.session_state.rule = bug.rule
    if bug is not None and bug.least_k > 1:
        st.session_state.k = max(st.session_state.get("k_last", 1), bug.least_k)
        st.session_state.siblings = "without"


def controls() -> Wish:
    """The language, the decoder and the test."""
    st.markdown("**The language**")
    vocab = int(st.slider("Tokens in the vocabulary", 3, 8, 4, key="vocab", bind="query-params"))
    quality = float(
        st.slider("Quality of the draft", 0.0, 1.0, 0.4, 0.05, key="quality", bind="query-params", help="0 knows nothing of the target, 1 equals it.")
    )
    temperature = float(st.slider("Temperature", 0.3, 2.0, 1.0, 0.1, key="heat", bind="query-params"))
    st.markdown("**The decoder**")
    address.read("rule", RULES, "rejection")
    rule = str(st.selectbox("Rule", RULES, key="rule", format_func=_rule_title))
    address.write("rule", "rejection")
    gamma, k, sampling = draft(rule)
    st.markdown("**The test**")
    length = int(st.segmented_control("Tokens in a text", [1, 2, 3], default=2, key="length", bind="query-params", required=True) or 2)
    address.read("runs", SIZES, _SIZE)
    runs = int(st.select_slider("Runs of each", SIZES, key="runs", format_func=lambda n: f"{n:,}".replace(",", " ")))
    address.write("runs", _SIZE)
    seed = int(st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params", help="Other coins, same everything else."))
    bug = None if st.session_state.bug == _NO_BUG else str(st.session_state.bug)
    return Wish(vocab, quality, temperature, rule, gamma, k, sampling, bug, length, runs, seed)


def draft(rule: str) -> tuple[int, int, Sampling]:
    """The draft's shape: a chain, or siblings for the rules that can judge them."""
    known = VERIFIERS[rule]
    ways = [name for name, sampling in _SAMPLINGS.items() if sampling in known.samplings]
    if known.chains_only:
        return int(st.slider("γ, tokens in a chain", 1, 3, 2, key="gamma", bind="query-params")), 1, "iid"
    k = int(st.slider("k, drafts at one place", 1, 3, 1, key="k", bind="query-params", help="With several there is one level of them."))
    st.session_state.k_last = k
    if k == 1:
        gamma = int(st.slider("γ, tokens in a chain", 1, 3, 2, key="gamma", bind="query-params"))
        return gamma, 1, _SAMPLINGS["with" if "with" in ways else ways[0]]
    way = ways[0]
    if len(ways) > 1:
        address.read("siblings", ways, ways[0])
        way = str(st.selectbox("Drawn", ways, key="siblings", format_func=_SAMPLING_WORDS.__getitem__))
        address.write("siblings", ways[0])
    return 1, k, _SAMPLINGS[way]


def _rule_title(rule: str) -> str:
    return rule if VERIFIERS[rule].lossless else f"{rule} (lossy)"


# ------------------------------------------------------------------------------------------------------------ what is shown
def bugs() -> None:
    """The switches."""
    names = [_NO_BUG, *BUGS]
    address.read("bug", names, _NO_BUG)
    st.pills("Plant a bug", names, key="bug", on_change=make_room, required=True, wrap=True, format_func=_bug_title)
    address.write("bug", _NO_BUG)


def _bug_title(name: str) -> str:
    return "no bug" if name == _NO_BUG else BUGS[name].title


def explain(bug: Bug, found: Found, rule: str) -> None:
    """What the bug did, why the law moved, how people meet it."""
    links = ", ".join(f'<a href="{escape(address)}" target="_blank" rel="noreferrer">{escape(words)}</a>' for words, address in bug.sources)
    rows = (("What the code did", bug.did), ("Why the law moves", bug.moves), ("How people meet it", bug.met))
    cells = "".join(
        f"<tr><td style='white-space:nowrap'><b>{escape(name)}</b></td><td style='font-weight:400;white-space:normal'>{escape(text)}</td></tr>"
        for name, text in rows
    )
    reports = f"<tr><td><b>Reports</b></td><td style='font-weight:400'>{links} {style.badge('literature')}</td></tr>"
    st.html(f'<table class="sv-table">{cells}{reports}</table>')
    if found.exact < _EXACT:
        st.info(f"Here the bug does no harm: the rule ‘{rule}’ gives out the target’s law all the same. Can you say why?")


def verdict(found: Found, wish: Wish) -> None:
    """The test's outcome in a sentence."""
    test = found.speculative
    p_value = f"p = {test.p_value:.2g}" if test.p_value > 0 else "p below 1e-300"
    how = f"chi-square {test.chi2:.1f} over {test.cells} cells, {p_value}" if np.isfinite(test.chi2) else "a text came out that the target never says"
    if test.has_failed:
        st.error(f"**The test fails.** Speculation changed the law of the output: {how}.", icon=":material/cancel:")
    elif test.p_value < _DOUBT:
        st.warning(f"**Suspicious.** {how.capitalize()}. Take more runs, or another seed.", icon=":material/help:")
    else:
        luck = f" A right decoder looks at least this odd in {test.p_value:.0%} of all samples." if test.cells > 1 else ""
        st.success(f"**Nothing found:** {how}.{luck}", icon=":material/check_circle:")
    if found.exact >= _EXACT and not test.has_failed:
        runs = f"{wish.runs:,}".replace(",", " ")
        st.caption(
            f"And yet this decoder is wrong: by enumeration its law is {found.exact:.2g} away from the target’s. {runs} runs are too few to see it."
        )


def facts(found: Found, *, has_bug: bool) -> list[tuple[str, str]]:
    """The test's numbers, each with its badge."""
    measured, modelled = style.badge("measured"), style.badge("modelled")
    test, runs = found.speculative, found.runs
    without = f" ({found.sound.made / found.sound.cycles:.2f} without the bug)" if has_bug else ""
    merged = f", {test.merged} rare texts merged" if test.merged else ""
    return [
        (f"{test.p_value:.2g}" if test.p_value > 0 else "< 1e-300", f"p-value of the chi-square test{merged} {measured}"),
        (f"{test.low:.3f}–{test.high:.3f}", f"TV from the target’s law, 95 % interval {measured}"),
        (f"{found.exact:.4f}" if found.exact >= _EXACT else "0", f"that TV by enumeration {modelled}"),
        (
            f"{runs.made / runs.cycles:.2f}",
            f"tokens per pass of the target{without}, {runs.accepted / runs.drafted:.0%} of the drafts kept {measured}",
        ),
    ]


st.title("Losslessness lab", anchor=False)
st.html(
    '<p class="sv-lead">A language of a few letters, small enough to know its law exactly. Write thousands of tiny texts <b>with</b> and '
    "<b>without</b> speculation: if the rule is right, nobody can tell them apart. Then plant a bug that a real engine had.</p>"
)
with st.container(key="bench"):
    main, side = st.columns([2.6, 1], gap="medium")
with main:
    st.markdown("**Predict first.** Which of these bugs will the test find, and which of them makes decoding look *faster*?")
    bugs()
with side:
    wish = controls()
with main:
    if wish.bug and not BUGS[wish.bug].suits(wish.rule, wish.k, wish.sampling):
        needed = BUGS[wish.bug]
        st.info(f"‘{needed.title}’ breaks a step that this decoder lacks. It takes the rule ‘{needed.rule}’ and several drafts without replacement.")
        st.stop()
    found = examine(wish)
    verdict(found, wish)
    st.html(style.facts(facts(found, has_bug=wish.bug is not None)))
    if wish.bug:
        explain(BUGS[wish.bug], found, wish.rule)
    show(outputs(found.plain, found.speculative, vocab=wish.vocab, length=wish.length), key="outputs")
    show(distances(found.plain, found.speculative, found.exact), key="distances")
    st.caption(
        "The real rules of specviz.verifiers judge; coins come from a seeded generator. Interval: 400 samples drawn from the sample, and 400 from "
        "the law, show how far a sample strays; by the triangle inequality the decoder’s own TV lies no further from the sample’s. "
        "A good draft hides a bad rule: raise its quality and see which bugs the test still finds."
    )
