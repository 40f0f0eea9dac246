"""Judge again: a recorded cycle under another rule, with a coin moved by hand or with new coins, beside what was recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

import streamlit as st

from specviz.figures import block_html, draft_tree, pieces, pieces_html, theme, words
from specviz.figures.pieces import LAST
from specviz.trace import Cycle, Trace, sample_names
from specviz.trace.replay import Replay, as_cycle, find_rule, judge_again, rebuild
from specviz.trace.replay_odds import reach
from specviz.trace.replay_run import LARGEST_PROGRAMME
from specviz.trees import TREES
from specviz.types import Rule
from specviz.verifiers import VERIFIERS
from ui import style
from ui.charts import Picked, ring, show_clickable
from ui.said import plain

_CSS = f"""
.sv-coin {{ position: relative; height: 2.1rem; margin: .1rem .45rem 1.2rem; font-size: .84rem; color: {theme.INK}; }}
.sv-coin .part {{ position: absolute; top: 0; bottom: 0; border: 1px solid; overflow: hidden; white-space: nowrap; }}
.sv-coin .part {{ line-height: 2rem; padding: 0 .4rem; }}
.sv-coin .at {{ position: absolute; top: -.35rem; bottom: -.35rem; width: 3px; margin-left: -1px; background: {theme.INK}; border-radius: 2px; }}
.sv-coin .was {{ position: absolute; top: 0; bottom: 0; width: 0; border-left: 2px dotted {theme.MUTED}; }}
.sv-pair {{ display: grid; grid-template-columns: max-content 1fr; gap: .3rem .9rem; align-items: center; margin: .2rem 0 .1rem; }}
.sv-pair .k {{ color: {theme.MUTED}; font-size: .88rem; }}
"""


@dataclass
class Trial:
    """What the reader changed in one cycle: the seed whose coins are taken, and coins moved by hand."""

    place: tuple[str, int]
    seed: int | None = None
    coins: dict[int, float] = field(default_factory=dict)


def panel(name: str, trace: Trace, cycle: int, node: int, on_pick: Callable[[Picked | None], None]) -> None:
    """The whole tab; ``node`` is the one whose coin the slider moves, -1 for the last token."""
    if trace.header.detail != "exact":
        st.info(how_to_record(trace))
        return
    able, unable = rules_for(name, trace, cycle)
    if not able:
        st.info("No rule can judge this cycle: nothing was drafted, or its drafts were drawn in a way that none knows.")
        return
    trial = _trial(name, cycle)
    rule = _controls(trace, able)
    replay = judge_again(trace, cycle, rule=rule, seed=trial.seed, coins=trial.coins)
    _coin(trace, cycle, node, replay)
    record, now = trace.cycle(cycle), as_cycle(trace, cycle, replay)
    st.html(outcome(trace, record, now, replay, trial) + _average(name, trace, cycle, rule, record))
    figure = draft_tree(trace, cycle=cycle, replay=replay)
    ring(figure, "again", node)
    show_clickable(figure, "again", on_pick)
    if unable:
        with st.expander(f"{words.count(len(unable), 'rule')} cannot judge this cycle"):
            st.html(style.table((rule, reason, "") for rule, reason in unable.items()))


def how_to_record(trace: Trace) -> str:
    """What to do with a run that cannot be judged again."""
    exact = [sample for sample in sample_names() if sample.endswith("exact")]
    ready = f" The recorded run ‘{exact[0]}’ above is one." if exact else ""
    return (
        f"Judging again takes the whole laws p and q, and this record (detail ‘{trace.header.detail}’) holds only the top of them. "
        f"Record a run with `specviz run --detail exact --save run.arrow`, and open it here.{ready}"
    )


# ------------------------------------------------------------------------------------------------------- which rules, and state
def rules_for(name: str, trace: Trace, cycle: int) -> tuple[list[str], dict[str, str]]:
    """The rules that can judge this cycle, the run's own first, and for each of the others the reason why not."""
    return _rules_for(name, trace.header.started, cycle, trace)


@st.cache_data(show_spinner=False, max_entries=256)
def _rules_for(name: str, started: str, cycle: int, _trace: Trace) -> tuple[list[str], dict[str, str]]:  # noqa: ARG001  they tell runs apart
    seen, own = rebuild(_trace, cycle), _trace.header.verifier
    able: list[str] = []
    unable: dict[str, str] = {}
    for rule in VERIFIERS.values():
        if rule.name == "transport" and (vocab := _trace.header.vocab_size) > LARGEST_PROGRAMME:
            unable[rule.name] = f"it solves a linear programme over {vocab} tokens at every place: too slow for a page; specviz.trace.replay has it"
            continue
        try:
            rule.judge(seen.tree, seen.p, seen.u)  # the only test that knows all of a rule's conditions
            able.append(rule.name)
        except (ValueError, ImportError) as error:
            unable[rule.name] = str(error)
    return sorted(able, key=lambda rule: rule != own), unable


def _trial(name: str, cycle: int) -> Trial:
    """What the reader changed in this cycle; another cycle begins with its record."""
    trial: Trial | None = st.session_state.get("trial")
    if trial is None or trial.place != (name, cycle):
        trial = st.session_state.trial = Trial((name, cycle))
    return trial


def _move() -> None:
    trial: Trial = st.session_state.trial
    trial.coins[st.session_state.coin_of] = st.session_state.coin


def _reroll() -> None:
    trial: Trial = st.session_state.trial
    trial.seed, trial.coins = (0 if trial.seed is None else trial.seed + 1), {}


def _restore(own: str) -> None:
    trial: Trial = st.session_state.trial
    trial.seed, trial.coins = None, {}
    st.session_state.judge_rule = own


# ------------------------------------------------------------------------------------------------------------------ what is shown
def _controls(trace: Trace, able: list[str]) -> str:
    """Rule, re-roll and the way back; returns the rule."""
    own = able[0]
    if st.session_state.get("judge_rule") not in able:
        st.session_state.judge_rule = own
    left, middle, right = st.columns([2, 1, 1], vertical_alignment="bottom")
    rule = str(left.selectbox("Rule", able, key="judge_rule", format_func=lambda rule: _title(rule, trace), persist_state="page"))
    middle.button("Re-roll all coins", icon=":material/casino:", key="reroll", on_click=_reroll, width="stretch")
    right.button("Back to the record", icon=":material/undo:", key="restore", on_click=_restore, args=(own,), width="stretch")
    if note := caution(find_rule(rule, trace), trace):
        st.caption(f":material/warning: {plain(note)}")
    return rule


def _title(rule: str, trace: Trace) -> str:
    note = "the rule of this run" if rule == trace.header.verifier else "" if VERIFIERS[rule].lossless else "lossy"
    return f"{rule} ({note})" if note else rule


def caution(rule: Rule, trace: Trace) -> str:
    """What must be known before the outcome of a rule is believed; empty for a rule that keeps the run's law."""
    is_greedy = words.is_greedy(trace)
    if not rule.lossless:
        return f"{rule.name} is lossy: what it gives out does not follow the target's law."
    if (rule.name == "greedy") != is_greedy:
        return (
            "This run was greedy; its laws were recorded at temperature 1, and this rule answers for that temperature."
            if is_greedy
            else "greedy is made for temperature 0: here it would always give out the target's likeliest token."
        )
    shape = TREES.get(str(trace.header.settings.get("tree")))
    if rule.is_joint and shape is not None and not shape.settles_counts:
        return f"{rule.name} judges siblings jointly, and this tree lets drawn tokens decide how many there are: together they are not lossless."
    return ""


def _coin(trace: Trace, cycle: int, node: int, replay: Replay) -> None:
    """The slider of the selected coin, and under it what each of its values would do."""
    record = trace.cycle(cycle)
    if node != LAST and record.nodes[node].state == "pruned":
        st.caption("The selected token was cut before the target saw it: it has no coin.")
        return
    st.session_state.coin_of = node
    # the slider shows three digits, the rule gets all of them until the reader moves it
    st.session_state.coin = min(0.999, round(float(replay.u[node]), 3))
    text = (record.last_text, record.last_token) if node == LAST else (record.nodes[node].text, record.nodes[node].token)
    what = "the last token" if node == LAST else f"node {node} ‘{plain(words.visible(*text), 16)}’"
    st.slider(f"Coin u of {what}", 0.0, 0.999, step=0.001, format="%.3f", key="coin", on_change=_move)
    was = record.last_u if node == LAST else record.nodes[node].u
    parts = _ladder(trace, cycle, replay) if node == LAST else _threshold(replay, node)
    st.html(f"<style>{_CSS}</style>{strip(parts, float(replay.u[node]), was)}")


Part = tuple[float, float, str, str]
"""From, to, a state for the colour, and words that are plain text."""


def _threshold(replay: Replay, node: int) -> list[Part]:
    """What each coin of a node does under the rule, given what was decided before it."""
    threshold = replay.verdict.decisions[node].threshold
    if threshold is None:
        return [(0.0, 1.0, "ignored", "no coin of its own was looked at: the rule did not come here, or decided without one")]
    at = min(1.0, max(0.0, threshold))
    return [(0.0, at, "accepted", f"accept if u < {words.number(at)}"), (at, 1.0, "rejected", f"refuse if u ≥ {words.number(at)}")]


def _ladder(trace: Trace, cycle: int, replay: Replay) -> list[Part]:
    """The law of the last token laid end to end in the order of token ids: the coin takes the token it falls on."""
    law = replay.verdict.law
    names = {entry.token: entry.text for node in trace.cycle(cycle).nodes for entry in (*node.top_p, *node.top_q)}
    names |= {entry.token: entry.text for entry in trace.cycle(cycle).last_top}
    parts: list[Part] = []
    at, total = 0.0, float(law.sum())
    for token in law.nonzero()[0].tolist():
        share = float(law[token]) / total
        state = replay.verdict.kind if token == replay.verdict.token else "ignored"
        parts.append((at, at + share, state, words.visible(names.get(token, ""), token)))
        at += share
    return parts


def strip(parts: Iterable[Part], coin: float, was: float) -> str:
    """The unit interval as HTML: its parts, the coin, and dotted where the recorded one fell."""
    cells = []
    for left, right, state, text in parts:
        if right - left < 0.0005:
            continue
        look = theme.look(state)
        said = escape(f"{look.glyph} {text}") if right - left > 0.05 else ""
        box = f"left:{left:.2%};width:{right - left:.2%};background:{theme.rgba(look.colour, 0.28)};border-color:{look.colour}"
        pad = "" if said else ";padding:0"
        cells.append(f'<div class="part" style="{box}{pad}" title="{escape(text)}: {left:.3f} to {right:.3f}">{said}</div>')
    marks = f'<div class="was" style="left:{was:.2%}" title="the recorded coin {was:.3f}"></div><div class="at" style="left:{coin:.2%}"></div>'
    return f'<div class="sv-coin" role="img" aria-label="coin {coin:.3f}">{"".join(cells)}{marks}</div>'


def outcome(trace: Trace, record: Cycle, now: Cycle, replay: Replay, trial: Trial) -> str:
    """What changed in a sentence, and both outputs token by token."""
    lines = (("recorded", record), ("now", now))
    pair = "".join(f'<div class="k">{name}</div>{block_html(pieces_html(pieces(at, refused=True)))}' for name, at in lines)
    purple = f"border-color:{theme.BADGES['modelled']}"
    said = escape(sentence(trace, record, now, replay, trial))
    return f'<div class="sv-verdict" id="again" style="{purple}">{said} {style.badge("modelled")}<div class="sv-pair">{pair}</div></div>'


def sentence(trace: Trace, record: Cycle, now: Cycle, replay: Replay, trial: Trial) -> str:
    """What was changed, and what came of it. Plain text."""
    cause = _cause(trace, replay, trial)
    if not cause:
        return f"This is the record, judged by {replay.rule} with its own coins. Move the coin, re-roll, or choose another rule."
    nodes = [_change(record, now, node) for node in replay.changed[:3]]
    more = f", and {words.count(len(replay.changed) - 3, 'node')} more" if len(replay.changed) > 3 else ""
    changes = f"{'; '.join(nodes)}{more}." if nodes else "Every node is judged as in the record."
    if now.last_token != record.last_token:
        old, new = (words.visible(at.last_text, at.last_token) for at in (record, now))
        changes += f" The last token is ‘{new}’, not ‘{old}’."
    if replay.is_same_output:
        return f"{cause}: the same tokens come out. {changes}"
    gained = f"{words.count(len(now.committed), 'token')} instead of {len(record.committed)}"
    if len(now.committed) == len(record.committed):
        gained = f"{words.count(len(now.committed), 'token')} as before, but others"
    return f"{cause}: {gained}. {changes}"


def _cause(trace: Trace, replay: Replay, trial: Trial) -> str:
    parts = [f"by {replay.rule}"] if replay.rule != trace.header.verifier else []
    if trial.seed is not None:
        parts.append(f"with the coins of seed {trial.seed}")
    if trial.coins:
        names = [f"{'the last token' if node == LAST else f'node {node}'} at {coin:.3f}" for node, coin in trial.coins.items()]
        parts.append(f"with the coin of {', '.join(names)}")
    return f"Judged {' and '.join(parts)}" if parts else ""


def _change(record: Cycle, now: Cycle, node: int) -> str:
    text = words.visible(record.nodes[node].text, record.nodes[node].token)
    return f"‘{text}’ (node {node}) {theme.look(record.nodes[node].state).word} → {theme.look(now.nodes[node].state).word}"


def _average(name: str, trace: Trace, cycle: int, rule: str, record: Cycle) -> str:
    """How many of these drafts the rule accepts over all coins: a single outcome is luck."""
    value, error = _expected(name, trace.header.started, cycle, rule, trace)
    near = f" ± {error:.2f}" if error else ""
    said = f"Over all coins, {escape(rule)} accepts {value:.2f}{near} of these drafts on average; in the record: {len(record.path)}."
    return f'<p class="sv-muted" style="margin:.4rem 0 0">{said} {style.badge("modelled")}</p>'


@st.cache_data(show_spinner=False, max_entries=512)
def _expected(name: str, started: str, cycle: int, rule: str, _trace: Trace) -> tuple[float, float]:  # noqa: ARG001  they tell runs apart
    seen = rebuild(_trace, cycle)
    rate: Any = reach(VERIFIERS[rule], seen.tree, seen.p)[1]
    return rate.value, rate.error
