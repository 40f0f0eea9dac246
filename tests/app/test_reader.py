"""The reader of the course without a browser: pages, predictions, exercises, progress, and whose code is run."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from specviz import progress
from specviz.course.chapters import chapter_names, load_chapter, parse
from specviz.progress import Progress, Task
from tests.app.conftest import APP, RUN_TIMEOUT_S

CHAPTER = "01_first_run"
EXERCISES = [page.title for page in load_chapter(CHAPTER).pages].index("Exercises") + 1
RIGHT = "def accepts(p_x, q_x, u):\n    return u * q_x < p_x\n"
SMALL = """# 1 · Small

```{code-cell} ipython3
from specviz import widgets
checks = widgets.load_checks("01_first_run")
print("<i>ran</i>")
```

## Guess

```{code-cell} ipython3
:tags: [prediction]

my_guess = None
checks.tokens_per_pass.guess(my_guess)
```

```{code-cell} ipython3
print("a secret")
checks.tokens_per_pass.reveal(2.5)
```

```{code-cell} ipython3
widgets.explore("geometric-law", gamma=3, alpha=0.5 + 0.25)
```

```{code-cell} ipython3
print("a table that tells")
```

## Break it

```{code-cell} ipython3
1 / 0
```
"""


@pytest.fixture
def open_page(samples) -> Callable[..., AppTest]:
    """Open the course. Its address is not its file's name, so the app must have said which pages there are."""

    def opened(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(APP / "streamlit_app.py"), default_timeout=RUN_TIMEOUT_S).run().switch_page(f"views/{name}.py")
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return opened


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose owner lets learners' code run."""
    monkeypatch.setenv("SPECVIZ_ALLOW_CODE", "1")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch):
    """Chapter 01 replaced by a few cells that need no model; its run is ended after the test."""
    from ui import chapter_run

    chapter = parse(CHAPTER, SMALL)
    from specviz.course import chapters

    monkeypatch.setattr(chapters, "load_chapter", lambda name: chapter if name == CHAPTER else load_chapter(name))
    yield chapter
    chapter_run.run_of(chapter).close()


def html_of(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def text_of(app: AppTest) -> str:
    return "\n".join(element.value for element in [*app.markdown, *app.caption])


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def learner(app: AppTest):
    return app.session_state["learner"]


@pytest.mark.parametrize("name", chapter_names())
def test_every_page_of_a_chapter_shows_its_text_and_its_explorables_and_runs_nothing(open_page, name, monkeypatch):
    from specviz.course import running

    monkeypatch.setattr(running, "start", lambda *_: pytest.fail("a page that was only opened started a process"))
    app = open_page("reader", chapter=name)
    for number, page in enumerate(load_chapter(name).pages):
        app.query_params["page"] = str(number + 1)
        app.run()
        assert not app.exception, (number, app.exception[0].value)
        assert not app.warning
        shown = {element.value for element in app.markdown}
        assert {textwrap.dedent(block.markdown).strip() for block in page.blocks if block.kind == "text"} <= shown
        assert len(charts(app)) == sum(block.kind == "explorable" for block in page.blocks)


def test_reading_loads_neither_torch_nor_the_compute_side():
    code = f"""
        import sys
        from streamlit.testing.v1 import AppTest
        app = AppTest.from_file({str(APP / "streamlit_app.py")!r}, default_timeout=120).run().switch_page("views/reader.py")
        for page in "12367":
            app.query_params["page"] = page
            assert not app.run().exception, app.exception
        heavy = ("torch", "transformers", "specviz.model", "specviz.engine", "specviz.drafters", "specviz.kernels", "ipywidgets")
        print([name for name in sys.modules if name in heavy or name.startswith(tuple(h + "." for h in heavy))])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=200, check=False, cwd=APP.parent)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


# ------------------------------------------------------------------------------------------------------------ turning pages
def test_pages_turn_into_the_next_chapter_and_back_and_the_address_follows(open_page):
    names = chapter_names()
    app = open_page("reader", chapter=names[0], page=str(len(load_chapter(names[0]).pages)), x1_alpha="0.5")
    app.button(key="turn_Next").click().run()
    assert app.query_params["chapter"] == names[1]
    assert app.query_params["page"] == "1"
    assert "x1_alpha" not in app.query_params
    app.button(key="turn_Back").click().run()
    assert app.query_params["chapter"] == names[0]
    assert app.query_params["page"] == str(len(load_chapter(names[0]).pages))


def test_the_first_page_has_nothing_before_it_and_the_last_nothing_after(open_page):
    names = chapter_names()
    assert open_page("reader").button(key="turn_Back").disabled
    assert open_page("reader", chapter=names[-1], page=str(len(load_chapter(names[-1]).pages))).button(key="turn_Next").disabled


def test_menus_and_contents_lead_to_pages(open_page):
    app = open_page("reader")
    app.selectbox(key="page_menu").select(2).run()
    assert app.query_params["page"] == "3"
    app.button(key="to_4").click().run()
    assert app.query_params["page"] == "5"
    app.selectbox(key="chapter_menu").select(chapter_names()[3]).run()
    assert (app.query_params["chapter"], app.query_params["page"]) == (chapter_names()[3], "1")


@pytest.mark.parametrize(("query", "said"), [({"chapter": "99_nothing"}, "99_nothing"), ({"chapter": CHAPTER, "page": "77"}, "page 77")])
def test_an_address_that_names_no_page_is_said_to_and_a_page_is_shown(open_page, query, said):
    app = open_page("reader", **query)
    assert not app.exception
    assert said in app.warning[0].value
    assert app.query_params["page"] == "1"


def test_who_leaves_for_a_lab_comes_back_to_the_same_page(open_page):
    app = open_page("reader", chapter=chapter_names()[1], page="3")
    app.switch_page("views/start.py").run()
    app.query_params.clear()
    app.switch_page("views/reader.py").run()
    assert (app.query_params["chapter"], app.query_params["page"]) == (chapter_names()[1], "3")


# ------------------------------------------------------------------------------------------------------------ running cells
def test_a_page_runs_when_asked_and_turning_back_shows_it_at_once(open_page, small):
    app = open_page("reader", chapter=CHAPTER)
    assert "ran" not in html_of(app)
    app.button(key="run_page").click().run()
    assert not app.exception
    assert "&lt;i&gt;ran&lt;/i&gt;" in html_of(app)
    app.button(key="turn_Next").click().run()
    app.button(key="turn_Back").click().run()
    assert "&lt;i&gt;ran&lt;/i&gt;" in html_of(app)
    assert app.button(key="run_page").disabled


def test_another_readers_run_is_not_shown_before_one_asks(open_page, small):
    open_page("reader", chapter=CHAPTER).button(key="run_page").click().run()
    other = open_page("reader", chapter=CHAPTER)
    assert "ran" not in html_of(other)


def test_an_answer_stays_hidden_until_there_is_a_guess(open_page, small):
    app = open_page("reader", chapter=CHAPTER, page="2")
    app.button(key="run_page").click().run()
    assert "a secret" not in html_of(app)
    assert "a table that tells" not in html_of(app)
    assert text_of(app).count("Hidden until") == 2
    assert app.button(key="reveal_tokens_per_pass").disabled
    app.number_input(key=f"guess_{CHAPTER}_tokens_per_pass").set_value(2.4).run()
    app.button(key="reveal_tokens_per_pass").click().run()
    assert "a secret" in html_of(app)
    assert "a table that tells" in html_of(app)
    assert "you said 2.4. Close." in html_of(app)
    record = learner(app).record.of(CHAPTER, "tokens_per_pass")
    assert (record.kind, record.tries, record.solved) == ("prediction", 1, True)
    app.run()
    assert learner(app).record.of(CHAPTER, "tokens_per_pass").tries == 1, "a page that is drawn again is no second guess"


def test_reveal_runs_what_it_needs(open_page, small):
    app = open_page("reader", chapter=CHAPTER, page="2")
    app.number_input(key=f"guess_{CHAPTER}_tokens_per_pass").set_value(4.9).run()
    app.button(key="reveal_tokens_per_pass").click().run()
    assert "Far off, and worth a thought" in html_of(app)


def test_an_explorable_is_there_at_once_and_takes_the_runs_values_after_it(open_page, small):
    app = open_page("reader", chapter=CHAPTER, page="2")
    assert len(charts(app)) == 1
    assert (app.slider(key="x3_gamma").value, app.slider(key="x3_alpha").value) == (3, 0.7)
    assert "begins at values of its own" in text_of(app)
    app.button(key="run_page").click().run()
    assert (app.slider(key="x3_gamma").value, app.slider(key="x3_alpha").value) == (3, 0.75)
    app.slider(key="x3_alpha").set_value(0.9).run()
    assert app.query_params["x3_alpha"] == "0.9"


def test_a_link_brings_an_explorables_values(open_page, small):
    assert open_page("reader", chapter=CHAPTER, page="2", x3_alpha="0.25").slider(key="x3_alpha").value == 0.25


def test_a_cell_that_fails_is_shown_kindly_and_can_be_tried_again(open_page, small):
    app = open_page("reader", chapter=CHAPTER, page="3")
    app.button(key="run_page").click().run()
    assert not app.exception
    assert "ZeroDivisionError" in app.error[0].value
    app.button(key="run_page").click().run()
    assert "ZeroDivisionError" in app.error[0].value


def test_run_as_i_read_runs_every_page_that_is_turned_to(open_page, small):
    app = open_page("reader", chapter=CHAPTER)
    app.toggle(key="as_i_read").set_value(True).run()
    assert "&lt;i&gt;ran" in html_of(app)
    app.button(key="turn_Next").click().run()
    assert app.button(key="run_page").disabled
    assert app.slider(key="x3_alpha").value == 0.75


# ------------------------------------------------------------------------------------------------------------ exercises
def check(app: AppTest, task: str, code: str) -> AppTest:
    app.text_area(key=f"code_{CHAPTER}_{task}").set_value(code).run()
    return app.button(key=f"check_{task}").click().run()


def test_a_right_answer_is_praised_and_kept_with_its_code(open_page, local):
    app = check(open_page("reader", chapter=CHAPTER, page=str(EXERCISES)), "accept_rule", RIGHT)
    assert not app.exception
    assert "Right, down to the strict inequality" in html_of(app)
    assert learner(app).record.of(CHAPTER, "accept_rule").solved
    app.button(key="turn_Next").click().run()
    app.button(key="turn_Back").click().run()
    assert app.text_area(key=f"code_{CHAPTER}_accept_rule").value == RIGHT
    assert "1/4" in next(button.label for button in app.button if "Exercises" in str(button.label))


def test_a_wrong_answer_names_its_mistake_and_is_counted(open_page, local):
    app = check(open_page("reader", chapter=CHAPTER, page=str(EXERCISES)), "residual", "def what_is_left(p, q):\n    return p\n")
    assert "You resampled from p, not from the residual" in html_of(app)
    record = learner(app).record.of(CHAPTER, "residual")
    assert (record.tries, record.solved, list(record.mistakes)) == (1, False, ["you resampled from p, not from the residual"])


def test_a_stub_is_no_try_and_an_error_stays_text(open_page, local):
    app = open_page("reader", chapter=CHAPTER, page=str(EXERCISES))
    app.button(key="check_faster").click().run()
    assert "Not written yet" in html_of(app)
    check(app, "faster", "raise ValueError('<script>alert(1)</script>')")
    assert "<script>" not in html_of(app)
    assert learner(app).record.of(CHAPTER, "faster") is None


def test_hints_come_one_by_one_and_a_solution_seen_is_noted(open_page, local):
    app = open_page("reader", chapter=CHAPTER, page=str(EXERCISES))
    app.button(key="hint_residual").click().run()
    assert "Hint 1 of" in html_of(app)
    app.button(key="hint_residual").click().run()
    assert "Hint 2 of" in html_of(app)
    app.button(key="solution_residual").click().run()
    assert "One solution" in html_of(app)
    record = learner(app).record.of(CHAPTER, "residual")
    assert (record.hints, record.saw_solution) == (2, True)


def test_two_readers_do_not_meet(open_page, local):
    one, other = (open_page("reader", chapter=CHAPTER, page=str(EXERCISES)) for _ in range(2))
    one.button(key="hint_residual").click().run()
    other.button(key="hint_residual").click().run()
    assert "Hint 1 of" in html_of(other)
    assert "Hint 2 of" not in html_of(one)


# ------------------------------------------------------------------------------------------------------- whose code is run
@pytest.mark.parametrize(("said", "may"), [("1", True), ("0", False), ("yes", False)])
def test_the_owner_has_the_last_word(monkeypatch, said, may):
    from ui import gate, learner as module

    monkeypatch.setattr(gate, "is_own_machine", lambda: not may)
    monkeypatch.setenv("SPECVIZ_ALLOW_CODE", said)
    assert module.may_run_code() is may


def test_a_shared_server_offers_no_box_and_runs_no_code(open_page, monkeypatch):
    from ui import chapter_tasks

    monkeypatch.setenv("SPECVIZ_ALLOW_CODE", "0")
    monkeypatch.setattr(chapter_tasks, "try_answer", lambda *_: pytest.fail("code was run"))
    app = open_page("reader", chapter=CHAPTER, page=str(EXERCISES))
    assert not app.text_area
    assert "make notebooks" in app.info[0].value
    assert [button.key for button in app.button if str(button.key).startswith("check_")] == []
    app.button(key="hint_residual").click().run()
    assert "Hint 1 of" in html_of(app)


def test_a_box_that_was_open_when_code_was_forbidden_runs_nothing(open_page, local, monkeypatch):
    from ui import chapter_tasks

    app = open_page("reader", chapter=CHAPTER, page=str(EXERCISES))
    monkeypatch.setenv("SPECVIZ_ALLOW_CODE", "0")
    monkeypatch.setattr(chapter_tasks, "try_answer", lambda *_: pytest.fail("code was run"))
    app.button(key="check_accept_rule").click().run()
    assert not app.exception


# ------------------------------------------------------------------------------------------------------------ the record
def test_progress_is_taken_up_from_a_file_and_merged_and_no_file_is_written(open_page, local, tmp_path, monkeypatch):
    monkeypatch.setenv("SPECVIZ_PROGRESS", str(tmp_path / "server.json"))
    app = check(open_page("reader", chapter=CHAPTER, page=str(EXERCISES)), "accept_rule", RIGHT)
    there = Progress("Ada").having(CHAPTER, "faster", Task(tries=3, solved=True, solved_at_try=3))
    app.get("file_uploader")[0].upload("ada.json", there.as_json().encode(), "application/json").run()
    assert "2 tasks are solved" in app.success[0].value
    assert app.text_input(key="learner_name").value == "Ada"
    assert learner(app).record.of(CHAPTER, "faster").tries == 3
    assert not (tmp_path / "server.json").exists()


@pytest.fixture
def own_file(local, tmp_path, monkeypatch) -> Path:
    """The learner sits at the server's own machine: the file that notebooks use."""
    from ui import gate

    monkeypatch.setattr(gate, "is_own_machine", lambda: True)
    path = tmp_path / "progress.json"
    monkeypatch.setenv("SPECVIZ_PROGRESS", str(path))
    return path


def test_on_ones_own_machine_progress_outlives_a_reload_and_is_that_of_the_notebooks(open_page, own_file):
    """What a notebook wrote is there, and what is solved here is there for the next visit and for the notebook."""
    progress.save(Progress("Ada").having(CHAPTER, "faster", Task(tries=3, solved=True, solved_at_try=3)))
    first = check(open_page("reader", chapter=CHAPTER, page=str(EXERCISES)), "accept_rule", RIGHT)
    assert learner(first).record.of(CHAPTER, "faster").tries == 3
    assert progress.load().of(CHAPTER, "accept_rule").solved
    again = open_page("reader", chapter=CHAPTER, page=str(EXERCISES))
    assert learner(again).record == progress.load()
    assert again.text_input(key="learner_name").value == "Ada"
    again.text_input(key="learner_name").set_value("Ada L").run()
    assert progress.load().learner == "Ada L"
    assert progress.load().of(CHAPTER, "faster").solved


def test_a_damaged_file_on_ones_own_machine_is_left_alone_and_named(open_page, own_file):
    own_file.write_text("{}")
    app = check(open_page("reader", chapter=CHAPTER, page=str(EXERCISES)), "accept_rule", RIGHT)
    assert learner(app).record.of(CHAPTER, "accept_rule").solved
    assert own_file.read_text() == "{}"


def test_a_file_that_is_no_progress_is_refused_kindly(open_page):
    app = open_page("reader")
    app.get("file_uploader")[0].upload("x.json", b"[]", "application/json").run()
    assert not app.exception
    assert "record of progress" in app.error[0].value


def test_a_name_stays_with_the_record(open_page):
    app = open_page("reader")
    app.text_input(key="learner_name").set_value("Ada").run()
    app.button(key="turn_Next").click().run()
    assert learner(app).record.learner == "Ada"
