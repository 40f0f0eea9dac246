"""Course: a chapter page by page. Text and explorables are painted first; cells run when they are asked for."""

from __future__ import annotations

import re
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from ui import chapter_run, chapter_style, chapter_tasks, learner
from ui.explore import explorable
from ui.said import plain

from specviz.course import outputs
from specviz.course.chapters import Block, Cell, Chapter, Page, chapter_names, explored, load_chapter
from specviz.course.outputs import Done
from specviz.explorables import find_explorable

# a page shows strings that stand alone, so constants here are explained in comments: where the reader was when they left for another view
LAST = "course_place"


# ------------------------------------------------------------------------------------------------------- where the reader is
def place() -> tuple[Chapter, int]:
    """Chapter and page from the address; without one, where the reader was last. What does not exist is said to be ignored."""
    names = chapter_names()
    last = st.session_state.get(LAST, (names[0], 0))
    asked = st.query_params.get("chapter")
    if asked is not None and asked not in names:
        st.warning(f"There is no chapter ‘{plain(asked, 80)}’ in this course. This is its beginning.")
    name = asked if asked in names else last[0] if asked is None else names[0]
    chapter = load_chapter(name)
    number = _page_asked(chapter) if asked in names else last[1] if asked is None else 0
    st.session_state[LAST] = (name, number)
    write(name, number)
    return chapter, number


def _page_asked(chapter: Chapter) -> int:
    text = st.query_params.get("page", "1")
    if re.fullmatch("[0-9]{1,9}", text) and 1 <= int(text) <= len(chapter.pages):
        return int(text) - 1
    st.warning(f"The address asks for page {plain(text, 80)}, and this chapter has pages 1 to {len(chapter.pages)}. This is the first.")
    return 0


def write(name: str, number: int) -> None:
    """Chapter and page into the address."""
    for word, value in (("chapter", name), ("page", str(number + 1))):
        if st.query_params.get(word) != value:
            st.query_params[word] = value


def go(name: str, number: int) -> None:
    """Turn to a page; the values of the explorables left behind leave the address, too."""
    st.query_params.from_dict({"chapter": name, "page": str(number + 1)})
    st.session_state.pop(chapter_run.WANTED, None)
    st.session_state.seen = st.session_state.get("seen", set()) | {(name, number)}


def turn(chapter: Chapter, number: int, by: int) -> None:
    """A page on or back, into the next chapter or the last one; stays at the ends."""
    names = chapter_names()
    if 0 <= number + by < len(chapter.pages):
        go(chapter.name, number + by)
    elif by > 0 and chapter.name != names[-1]:
        go(names[names.index(chapter.name) + 1], 0)
    elif by < 0 and chapter.name != names[0]:
        before = load_chapter(names[names.index(chapter.name) - 1])
        go(before.name, len(before.pages) - 1)


# ------------------------------------------------------------------------------------------------------------ around the text
def bar(chapter: Chapter, number: int) -> None:
    """Where one is, and the ways on."""
    names, pages = chapter_names(), [f"{i + 1} of {len(chapter.pages)} · {page.title}" for i, page in enumerate(chapter.pages)]
    st.session_state.chapter_menu, st.session_state.page_menu = chapter.name, number
    is_first, is_last = chapter.name == names[0] and number == 0, chapter.name == names[-1] and number == len(pages) - 1
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="bar"):
        _turner(chapter, number, -1, is_end=is_first)
        st.selectbox("Chapter", names, key="chapter_menu", format_func=_chapter_title, on_change=_to_chapter, label_visibility="collapsed")
        places = range(len(pages))
        st.selectbox("Page", places, key="page_menu", format_func=lambda i: pages[i], on_change=_to_page, label_visibility="collapsed")
        _turner(chapter, number, 1, is_end=is_last)
    seen = st.session_state.get("seen", set())
    marks = ("here" if i == number else "seen" if (chapter.name, i) in seen else "" for i in range(len(pages)))
    st.html(f'<div class="sv-steps" aria-hidden="true">{"".join(f"<i class={mark!r}></i>" if mark else "<i></i>" for mark in marks)}</div>')


def _chapter_title(name: str) -> str:
    return load_chapter(name).title


def _to_chapter() -> None:
    go(st.session_state.chapter_menu, 0)


def _to_page() -> None:
    go(st.session_state.chapter_menu, st.session_state.page_menu)


def _turner(chapter: Chapter, number: int, by: int, *, is_end: bool) -> None:
    """The button that turns the page, and its key."""
    word, shortcut, icon = ("Next", "Right", "chevron_right") if by > 0 else ("Back", "Left", "chevron_left")
    kind: Literal["primary", "secondary"] = "primary" if by > 0 else "secondary"
    arguments = (chapter, number, by)
    st.button(word, f"turn_{word}", icon=f":material/{icon}:", shortcut=shortcut, type=kind, disabled=is_end, on_click=turn, args=arguments)


def contents(chapter: Chapter, number: int) -> None:
    """The chapter's pages with what is solved in them, and the learner's record."""
    reader = learner.current()
    with st.container(key="contents"):
        st.caption(chapter.title)
        for i, page in enumerate(chapter.pages):
            tasks = {block.task for block in page.blocks if block.kind in ("prediction", "exercise")}
            done = sum(bool((record := reader.record.of(chapter.name, task)) and record.solved) for task in tasks)
            label = f"{plain(page.title)}{f' :gray[{done}/{len(tasks)}]' if tasks else ''}"
            with st.container(key=f"here_{i}" if i == number else f"page_{i}"):
                st.button(label, key=f"to_{i}", type="tertiary", width="stretch", on_click=go, args=(chapter.name, i))


def running(chapter: Chapter, page: Page) -> DeltaGenerator:
    """The button that runs the page, and the switch; returns where progress is told."""
    needed = [cell.number for block in page.blocks if block.kind not in ("prediction", "exercise") for cell in block.cells]
    upto = max(needed, default=-1) + 1
    with st.container(horizontal=True, vertical_alignment="center", key="running"):
        if upto:
            ran = not chapter_run.is_open(chapter, upto) and not chapter_run.has_failed(chapter, upto)
            label, icon = ("This page has run", ":material/check:") if ran else ("Run this page", ":material/play_arrow:")
            st.button(label, icon=icon, key="run_page", on_click=chapter_run.want, args=(chapter, upto), disabled=ran)
            st.toggle("Run as I read", key="as_i_read", help="Runs every page you turn to, with all cells before it. The first takes some seconds.")
        status = st.empty()
        with st.popover("My progress", icon=":material/school:"):
            learner.panel()
    is_open = chapter_run.is_open(chapter, upto) and not chapter_run.has_failed(chapter, upto)
    if is_open and st.session_state.get("as_i_read") and not chapter_run.wanted(chapter):
        chapter_run.want(chapter, upto)
    return status


# ------------------------------------------------------------------------------------------------------------------ the page
def body(chapter: Chapter, page: Page) -> dict[int, DeltaGenerator]:
    """Draw every block; returns the places of cells that have not run."""
    places: dict[int, DeltaGenerator] = {}
    for i, block in enumerate(page.blocks):
        if block.kind == "text":
            with st.container(key=f"text_{i}"):
                st.markdown(block.markdown)
        elif block.kind == "prediction":
            chapter_tasks.prediction(chapter, block)
        elif block.kind == "exercise":
            chapter_tasks.exercise(chapter, block)
        else:
            if block.kind == "explorable":
                inline(chapter, block)
            places |= code(chapter, page, block.cells[0])
    return places


def code(chapter: Chapter, page: Page, cell: Cell) -> dict[int, DeltaGenerator]:
    """A cell, folded, with what it put out; its place if that is still to come."""
    with st.container(key=f"cell_{cell.number}"):
        done = chapter_run.opened(chapter, cell.number)
        with st.expander("Code" if done else "Code, not run yet", icon=":material/code:"):
            st.code(cell.code, language="python")
        if done is not None:
            output(chapter, page, cell.number, done)
            return {}
        return {cell.number: st.empty()}


def output(chapter: Chapter, page: Page, number: int, done: Done) -> None:
    """What a cell put out. Before there is a guess, nothing of one that answers a prediction, and nothing behind it: that mostly shows the answer."""
    if all(isinstance(shown, outputs.Explorable) for shown in done.outputs):  # has a place of its own
        return
    if awaits_guess(chapter, page, number) and not done.of(outputs.Failed):
        st.caption(":material/lock: Hidden until you have made a guess above and pressed Reveal.")
        return
    chapter_run.draw(done, f"out_{chapter.name}_{number}", lambda answer: chapter_tasks.say(chapter, answer))


def awaits_guess(chapter: Chapter, page: Page, number: int) -> bool:
    """Whether this cell, or one before it on the page, answers a prediction that was not made."""
    ran = (chapter_run.opened(chapter, cell.number) for cell in page.cells if cell.number <= number)
    answers = (found for done in ran if done and (found := done.of(outputs.Revealed)))
    return not all(chapter_tasks.is_revealed(chapter, found) for found in answers)


@st.fragment
def inline(chapter: Chapter, block: Block) -> None:
    """An explorable, drawn at once; its values come from the run when there is one."""
    asked, cell = explored(block), block.cells[0].number
    done = chapter_run.opened(chapter, cell)
    found = done.of(outputs.Explorable) if done else None
    given, start = chapter_run.start_of(found) if found else ({}, asked.given)
    with st.container(key=f"explorable_{cell}"):
        explorable(asked.name, f"x{cell}", given, prefix=_prefix(cell), start=start)
        if asked.of_run and not found:
            st.caption(f"It begins at values of its own. Run this page, and it begins at yours ({_labels(asked.name, asked.of_run)}).")


def _labels(name: str, controls: tuple[str, ...]) -> str:
    declared = find_explorable(name).controls
    return "; ".join(declared[control].label for control in controls)


def _prefix(cell: int) -> str:
    return f"x{cell}_"


def forget_values(page: Page) -> None:
    """After a run: explorables that take values from it begin anew."""
    for block in page.blocks:
        if block.kind == "explorable" and explored(block).of_run:
            prefix = _prefix(block.cells[0].number)
            for key in [str(key) for key in st.session_state if str(key).startswith(prefix)]:
                del st.session_state[key]
            for word in [word for word in st.query_params if word.startswith(prefix)]:
                del st.query_params[word]


def run_wanted(chapter: Chapter, page: Page, places: dict[int, DeltaGenerator], status: DeltaGenerator) -> None:
    """Run what was asked for; every output appears as its cell ends, and the page is drawn anew at the end."""
    if not chapter_run.wanted(chapter):
        return
    fresh = set(places)

    def on_done(number: int, done: Done) -> None:
        if number in places and not done.of(outputs.Played):
            with places[number].container():
                output(chapter, page, number, done)

    chapter_run.execute(chapter, status, on_done)
    if any(block.cells and block.cells[0].number in fresh for block in page.blocks if block.kind == "explorable"):
        forget_values(page)
    for cell in chapter.cells:
        done = chapter_run.opened(chapter, cell.number)
        if done and (found := done.of(outputs.Revealed)):
            chapter_tasks.compare(chapter, found)
    st.rerun()


st.html(f"<style>{chapter_style.CSS}</style>")
chapter, number = place()
page = chapter.pages[number]
bar(chapter, number)
with st.container(key="course"):
    left, right = st.columns([1, 3.5], gap="medium")
with left:
    contents(chapter, number)
with right, st.container(key="page"):
    status = running(chapter, page)
    places = body(chapter, page)
run_wanted(chapter, page, places, status)
