"""Predictions and exercises on a page of the course."""

from __future__ import annotations

from html import escape
from math import floor, log10
from typing import Any

import streamlit as st

from specviz.course.answering import Reply, try_answer
from specviz.course.chapters import Block, Chapter
from specviz.course.outputs import Revealed
from ui import chapter_run, gate, learner

_LETTERS = 88  # in a line of the box
_ELSEWHERE = (
    "This server is shared, and code of its visitors is not run on it. Write this one on your own machine: `make notebooks` in a checkout, "
    "or `specviz app`. Hints and the solution are here."
)


def prediction(chapter: Chapter, block: Block) -> None:
    """A question, a number, and the answer once the cells that find it have run."""
    reader, key = learner.current(), (chapter.name, block.task)
    asked = reader.task(*key)
    with st.container(border=True, key=f"prediction_{block.task}"):
        st.markdown(f":material/psychology_alt: **Predict.** {asked.question}")
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        with left:
            guess = st.number_input(
                f"Your guess, {asked.low:g} to {asked.high:g} {asked.unit}",
                float(asked.low), float(asked.high), reader.guesses.get(key), _step(asked),
                key=f"guess_{chapter.name}_{block.task}", placeholder="a number", format="%g", disabled=key in reader.replies,
            )  # fmt: skip
        with right:
            is_over = key in reader.replies or key in reader.asked
            st.button(
                "Reveal", key=f"reveal_{block.task}", type="primary", icon=":material/visibility:", width="stretch",
                disabled=guess is None or is_over, on_click=_reveal, args=(chapter, block.task, guess),
            )  # fmt: skip
        if key in reader.replies:
            st.html(reader.replies[key])
        elif key in reader.asked:
            st.caption("The answer comes when its cells have run …")


def _step(asked: Any) -> float:
    """A hundredth to a tenth of the span, a power of ten."""
    return float(10.0 ** floor(log10((asked.high - asked.low) / 10)))


def _reveal(chapter: Chapter, task: str, guess: float) -> None:
    reader, key = learner.current(), (chapter.name, task)
    number = chapter.revealed_in(task)
    if number is not None:
        reader.guesses[key] = guess
        reader.asked.add(key)
        chapter_run.want(chapter, number + 1)


def compare(chapter: Chapter, found: Revealed) -> None:
    """The answer has come: compare it with the guess, once."""
    reader, key = learner.current(), (chapter.name, found.task)
    if key in reader.asked:
        reader.asked.discard(key)
        asked = reader.task(*key)
        asked.guess(reader.guesses[key])
        reader.replies[key] = asked.reveal(found.answer)._repr_html_()


def is_revealed(chapter: Chapter, found: Revealed) -> bool:
    """Whether this learner has guessed and asked."""
    compare(chapter, found)
    return (chapter.name, found.task) in learner.current().replies


def say(chapter: Chapter, found: Revealed) -> None:
    """What stands below the cell that finds the answer; the reply to the guess stands with the guess."""
    asked = learner.current().task(chapter.name, found.task)
    st.caption(f"{asked.how}: {found.answer:.3g} {asked.unit}.")


# ------------------------------------------------------------------------------------------------------------ exercises
def exercise(chapter: Chapter, block: Block) -> None:
    """A place for code, and what is said about it."""
    reader, key = learner.current(), (chapter.name, block.task)
    may = learner.may_run_code()
    with st.container(border=True, key=f"exercise_{block.task}"):
        record = reader.record.of(*key)
        state = " :material/check_circle: **solved**" if record and record.solved else ""
        st.markdown(f":material/edit_square: **Exercise.** {reader.task(*key).task}{state}")
        if may:
            _box(chapter, block)
        else:
            st.code(block.stub, language="python")
            st.info(f"Code is not run yet. {gate.NO_TOKEN}" if gate.lacks_token() else _ELSEWHERE, icon=":material/lock:")
        _buttons(chapter, block, may)
        if key in reader.replies:
            st.html(reader.replies[key])


def _box(chapter: Chapter, block: Block) -> None:
    reader, key = learner.current(), (chapter.name, block.task)
    field = f"code_{chapter.name}_{block.task}"
    st.session_state.setdefault(field, reader.answers.get(key, block.stub))
    height = 40 + 22 * max(4, min(24, _lines(st.session_state[field]) + 1))
    reader.answers[key] = st.text_area("Your code", key=field, height=height, max_chars=20_000, label_visibility="collapsed")


def _lines(code: str) -> int:
    """How many lines code takes in its box, where long ones go on below."""
    return sum(1 + len(line) // _LETTERS for line in code.split("\n"))


def _buttons(chapter: Chapter, block: Block, may: bool) -> None:
    with st.container(horizontal=True):
        if may:
            st.button(
                "Check", key=f"check_{block.task}", type="primary", icon=":material/rule:", on_click=_check, args=(chapter, block),
            )  # fmt: skip
        st.button("Hint", key=f"hint_{block.task}", icon=":material/lightbulb:", on_click=_say, args=(chapter, block.task, "hint"))
        st.button("Solution", key=f"solution_{block.task}", icon=":material/key:", on_click=_say, args=(chapter, block.task, "solution"))
        if may:
            st.button("Start over", key=f"again_{block.task}", icon=":material/restart_alt:", type="tertiary", on_click=_again, args=(chapter, block))


def _check(chapter: Chapter, block: Block) -> None:
    """Asked again here whether code may run: a button of an old page must not get around it."""
    reader, key = learner.current(), (chapter.name, block.task)
    if not learner.may_run_code():
        return
    code = st.session_state.get(f"code_{chapter.name}_{block.task}", "")
    reply = try_answer(chapter.name, block.task, code, block.function)
    if reply.is_attempted and reply.is_checked:
        reader.hear(chapter.name, block.task, "exercise", "tried", is_right=reply.is_passed, mistake=reply.mistake)
    reader.replies[key] = _html(reply)


def _html(reply: Reply) -> str:
    """As a notebook shows it."""
    colour, glyph = ("#009E73", "✓") if reply.is_passed else ("#D55E00", "✗")
    if not reply.is_attempted:
        colour, glyph = "#6A737D", "○"
    said = escape(reply.message).replace("\n", "<br>")
    printed = f'<pre class="sv-out">{escape(reply.printed.rstrip())}</pre>' if reply.printed.strip() else ""
    return f'<div class="sv-reply" style="border-color:{colour}"><b>{glyph}</b> {said}</div>{printed}'


def _say(chapter: Chapter, task: str, what: str) -> None:
    reader = learner.current()
    note = getattr(reader.task(chapter.name, task), what)()
    reader.replies[(chapter.name, task)] = note._repr_html_()


def _again(chapter: Chapter, block: Block) -> None:
    st.session_state[f"code_{chapter.name}_{block.task}"] = block.stub
    learner.current().replies.pop((chapter.name, block.task), None)
