"""A chapter's cells run in a process apart, in order and once; what they put out comes back as data. No model is loaded."""

from __future__ import annotations

import plotly.io as pio
import pytest

from specviz.course import outputs
from specviz.course.chapters import parse
from specviz.course.running import Run, Shelf
from specviz.theory import speedup
from specviz.trace import read_trace
from specviz.verifiers import VERIFIERS


def chapter(*cells: str, name: str = "x"):
    return parse(name, "# 1 · X\n\n" + "".join(f"```{{code-cell}} ipython3\n{cell}\n```\n\n" for cell in cells))


@pytest.fixture
def run():
    """Makes runs that are ended after the test."""
    made = []

    def make(*cells: str) -> Run:
        made.append(Run(chapter(*cells)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def finish(run: Run, upto: int | None = None) -> list[int]:
    """Run, and return the numbers the waiting reader was told."""
    told: list[int] = []
    run.run_to(len(run.chapter.cells) if upto is None else upto, told.append)
    return sorted(set(told))


def test_cells_share_their_names_and_put_out_what_a_notebook_would_show(run):
    one = run(
        "import pandas as pd\nfrom specviz import figures, widgets\nx = 2\nprint('x is', x)",
        "display(x)\nprint('then')\npd.DataFrame({'<b>': [x]})",
        "figures.speedup_curve(alpha=0.7, c=0.1, longest=8)",
        "checks = widgets.load_checks('01_first_run')\nchecks.tokens_per_pass.guess(None)\nchecks.tokens_per_pass.reveal(x + 0.5)",
    )
    assert finish(one) == [0, 1, 2, 3]
    assert one.done[0].outputs == (outputs.Printed("x is 2\n"),)
    value, then, table = one.done[1].outputs
    assert (value, then) == (outputs.Printed("2"), outputs.Printed("then\n"))
    assert "&lt;b&gt;" in table.html
    assert pio.from_json(one.done[2].of(outputs.Figure).json).data
    assert one.done[3].outputs == (outputs.Revealed("tokens_per_pass", 2.5),)


def test_players_and_explorables_come_back_as_data_with_their_runs(run):
    one = run(
        "import numpy as np\nimport specviz as sv\nfrom specviz import widgets\nfrom specviz.trace import sample_names",
        "kept = sv.load_trace(sample_names()[0])\nplayer = widgets.play(kept)\nplayer",
        "widgets.explore('recorded-run', trace=kept, cycle=np.int64(1))",
    )
    finish(one)
    played, explored = one.done[1].of(outputs.Played), one.done[2].of(outputs.Explorable)
    assert len(read_trace(played.trace)) == len(read_trace(explored.traces["trace"])) > 0
    assert explored.values == {"cycle": 1}
    assert type(explored.values["cycle"]) is int


def test_a_cell_that_fails_says_where_and_stops_the_rest_until_it_is_tried_again(run):
    one = run("x = 1", "y = 2\nprint('before')\n1 / 0", "z = 3")
    finish(one)
    assert one.failed == 1
    assert one.done[1].outputs == (outputs.Printed("before\n"), outputs.Failed("ZeroDivisionError", "division by zero", 3))
    assert 2 not in one.done
    assert not one.is_alive
    one.forget_failure()
    assert finish(one, 1) == []
    assert finish(one, 2) == [0, 1]


def test_a_process_that_dies_is_a_failure_that_is_said(run):
    one = run("import os\nos._exit(3)")
    finish(one)
    assert one.done[0].failure.error == "ProcessEnded"


def test_what_has_run_is_not_run_again_and_going_on_starts_where_it_stopped(run):
    one = run("import uuid\nx = uuid.uuid4().hex\nx", "x", "x")
    assert finish(one, 1) == [0]
    first = one.done[0].outputs
    assert finish(one, 2) == [1]
    assert one.done[1].outputs == first
    one.close()
    assert finish(one, 3) == [0, 1, 2], "a new process begins again, for its names are gone"
    assert one.done[0].outputs == first, "what was shown stays"


def test_a_reader_who_leaves_in_the_middle_of_a_cell_loses_nothing(run):
    one = run("import time\ntime.sleep(1.5)\nprint('once')")

    def leave(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one.run_to(1, leave)
    finish(one)
    assert one.done[0].outputs == (outputs.Printed("once\n"),)


def test_a_chapter_that_takes_the_package_apart_spoils_nothing_here(run):
    one = run("from specviz.theory import speedup\nfrom specviz.verifiers import VERIFIERS\nVERIFIERS.clear()\nspeedup.expected_tokens = None")
    finish(one)
    assert not one.failed
    assert "rejection" in VERIFIERS
    assert callable(speedup.expected_tokens)


def test_a_changed_chapter_or_other_weights_make_another_run_and_end_the_old():
    shelf = Shelf()
    one = shelf.of(chapter("1"), weights="a")
    finish(one)
    assert shelf.of(chapter("1"), weights="a") is one
    assert shelf.of(chapter("2"), weights="a") is not one
    assert not one.is_alive


def test_only_two_processes_stay_and_the_longest_unused_gives_way():
    shelf = Shelf()
    runs = [shelf.of(chapter("1", name=name), weights=0) for name in ("a", "b", "c")]
    for one in runs:
        shelf.make_room(one)
        finish(one)
    assert [one.is_alive for one in runs] == [False, True, True]
    for one in runs:
        one.close()
