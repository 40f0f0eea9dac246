"""The pages without a browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
import threading
from dataclasses import asdict, replace
from statistics import median
from time import process_time

import pytest
from streamlit.testing.v1 import AppTest

from specviz.trace import TraceError
from tests.app.conftest import APP
from tests.figures.make_trace import chain, make_trace
from tests.trace.mutations import file_of


def html_of(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.get("html"))


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def place(app: AppTest) -> tuple[str, str]:
    """The cycle and node the inspector names."""
    text = html_of(app)
    return text.split('data-cycle="')[-1].split('"')[0], text.split('class="sv-verdict"')[1].split('data-node="')[1].split('"')[0]


@pytest.mark.parametrize("name", ["start", "live", "explorer"])
def test_page_renders_without_an_exception(open_page, name):
    app = open_page(name)
    assert not app.exception
    assert len(app.title) == 1


def test_start_loads_neither_torch_nor_transformers_nor_the_compute_side():
    code = f"""
        import sys
        from streamlit.testing.v1 import AppTest
        app = AppTest.from_file({str(APP / "streamlit_app.py")!r}, default_timeout=120).run()
        assert not app.exception, app.exception
        heavy = ("torch", "transformers", "specviz.model", "specviz.engine", "specviz.drafters", "specviz.kernels", "specviz.train")
        print([name for name in sys.modules if name in heavy or name.startswith(tuple(h + "." for h in heavy))])
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=200, check=False, cwd=APP.parent)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_start_plays_the_recording_and_gives_its_measured_tokens_per_pass(open_page, trace):
    from specviz.trace import summarise

    app = open_page("start")
    assert f"{summarise(trace).tokens_per_cycle:.2f} tokens per pass" in html_of(app)
    data = next(json.loads(element.proto.json) for element in app.get("bidi_component"))
    assert len(data["cycles"]) == len(trace)
    assert "".join(piece["text"] for cycle in data["cycles"] for piece in cycle["pieces"]) == trace.text


def test_start_says_so_when_there_is_no_recording(open_page, samples):
    for file in samples.glob("*.arrow"):
        file.unlink()
    app = open_page("start")
    assert not app.exception
    assert "No recorded run" in app.info[0].value


def test_a_token_that_looks_like_markup_stays_text(open_page):
    """The made-up runs hold <script>, <b> and &."""
    app = open_page("explorer", trace="chain", cycle="2")
    assert not app.exception
    for body in (html_of(app), json.dumps(charts(app))):
        assert "<script>" not in body


def test_question_a_decision_opens_the_explorer_at_a_refused_node(open_page, trace):
    app = open_page("start")
    app.button("to_explorer").click().run()
    assert not app.exception
    cycle, node = place(app)
    assert trace.node(int(cycle), int(node)).state == "rejected"


def test_a_deep_link_lands_on_its_cycle_and_node(open_page, trace):
    app = open_page("explorer", trace="chain", cycle="3", node="1")
    assert place(app) == ("3", "1")
    assert app.slider("cycle").value == 3
    assert f"Cycle 3: {len(trace.cycle(3).nodes)} drafted" in json.dumps(charts(app))


def test_stepping_keeps_the_node_and_moves_the_cycle_and_the_address(open_page):
    app = open_page("explorer", trace="chain", cycle="3", node="1")
    app.button("cycle_on").click().run()
    assert place(app) == ("4", "1")
    app.button("cycle_back").click().run().button("cycle_back").click().run()
    assert place(app) == ("2", "1")
    assert app.query_params["node"] == "1"
    assert app.query_params["trace"] == "chain"


def test_stepping_stops_at_both_ends(open_page, trace):
    app = open_page("explorer", trace="chain", cycle="0", node="0")
    app.button("cycle_back").click().run().button("node_back").click().run()
    assert place(app) == ("0", "0")
    app = open_page("explorer", trace="chain", cycle=str(len(trace) - 1), node="-1")
    app.button("cycle_on").click().run().button("node_on").click().run()
    assert place(app) == (str(len(trace) - 1), "-1")


def test_node_keys_walk_through_every_node_to_the_last_token(open_page, trace):
    app = open_page("explorer", trace="chain", cycle="1", node="0")
    seen = [place(app)[1]]
    for _ in trace.cycle(1).nodes:
        app.button("node_on").click().run()
        seen.append(place(app)[1])
    assert seen == [str(node.id) for node in trace.cycle(1).nodes] + ["-1"]


def test_every_decision_of_a_run_has_words_and_numbers(trace):
    from ui.decisions import decision, nodes

    from tests.figures.make_trace import sample_chain, sample_plain

    for run in (trace, sample_chain(6, 3, temperature=0.0), sample_plain(4), sample_chain(3, 2, detail="light")):
        for record in run:
            for node in nodes(record):
                said = decision(run, record.cycle, node)
                assert said.sentence.endswith(".")
                assert said.token
                assert all(value for _, value, _ in said.rows)


@pytest.mark.parametrize("name", ["autoregressive", "chain-greedy"])
def test_the_explorer_shows_plain_and_greedy_runs(open_page, name):
    for node in ("-1", "0") if name == "chain-greedy" else ("-1",):
        app = open_page("explorer", trace=name, cycle="1", node=node)
        assert not app.exception
        assert place(app) == ("1", node)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"trace": "chain", "cycle": "99"}, "cycle=99"),
        ({"trace": "chain", "cycle": "<b>x</b>"}, "cycle="),
        ({"trace": "chain", "node": "77"}, "node=77"),
        ({"trace": "no-such-run"}, "no-such-run"),
    ],
)
def test_a_place_that_does_not_exist_is_ignored_with_a_message(open_page, query, says):
    app = open_page("explorer", **query)
    assert not app.exception
    assert any(says in warning.value for warning in app.warning)
    assert place(app)[0] == "0"


def test_a_click_is_read_from_the_markers_own_data():
    from ui import charts as wrapper

    assert wrapper.picked({"selection": {"points": [{"point_index": 7, "customdata": [3, 2]}]}}) == (3, 2)
    assert wrapper.picked({"selection": {"points": [{"point_index": 7}]}}) is None
    assert wrapper.picked({"selection": {"points": []}}) is None


def test_the_verdict_names_the_coin_and_the_ratio_it_was_held_against(open_page, trace):
    from ui.runs import first_question

    cycle, node = first_question(trace)
    app = open_page("explorer", trace="chain", cycle=str(cycle), node=str(node))
    refused = trace.node(cycle, node)
    assert f"refused: the coin {refused.u:.2f} is above p/q = {refused.threshold:.2f}" in html_of(app)


def test_a_greedy_verdict_names_the_token_the_target_wanted(open_page, samples):
    from ui.runs import first_question

    from specviz.trace import load_trace

    greedy = load_trace(samples / "chain-greedy.arrow")
    cycle, node = first_question(greedy)
    app = open_page("explorer", trace="chain-greedy", cycle=str(cycle), node=str(node))
    assert "the target&#x27;s most likely token here was" in html_of(app)


def test_an_uploaded_record_is_shown(open_page):
    app = open_page("explorer")
    content = make_trace([chain(2, 3), chain(0, 3)]).to_bytes()
    app.file_uploader("upload").upload("mine.arrow", content, "application/octet-stream").run()
    assert not app.exception
    assert not app.error
    assert app.selectbox("run").value.startswith("file-")


@pytest.mark.parametrize("damage", [b"no arrow at all", b"", slice(40), slice(-400, None)])
def test_a_damaged_upload_is_refused_kindly(open_page, damage):
    app = open_page("explorer")
    before = app.selectbox("run").value
    whole = make_trace([chain(2, 3), chain(0, 3)]).to_bytes()
    content = whole[damage] if isinstance(damage, slice) else damage
    app.file_uploader("upload").upload("bad.arrow", content, "application/octet-stream").run()
    assert not app.exception
    assert "cannot be shown" in app.error[0].value
    assert app.selectbox("run").value == before


def test_what_a_files_header_says_is_shown_as_text(open_page):
    trace = make_trace([chain(2, 3)])
    content = file_of(asdict(trace.header) | {"format": "![p](http://outside/p.png)"}, [row for batch in trace.batches for row in batch.to_pylist()])
    app = open_page("explorer")
    app.file_uploader("upload").upload("[x](http://outside).arrow", content, "application/octet-stream").run()
    assert not app.exception
    said = app.error[0].value
    assert "\\[p](http" in said
    assert not re.search(r"(?<!\\)\[|http://", said)


def test_a_file_that_unpacks_to_too_much_is_refused_in_the_page(open_page, monkeypatch):
    from ui import runs

    from specviz.trace import STRANGERS

    read = runs.read_trace
    monkeypatch.setattr(runs, "read_trace", lambda content, name: read(content, name, limits=replace(STRANGERS, columns=100)))
    app = open_page("explorer")
    app.file_uploader("upload").upload("bomb.arrow", make_trace([chain(2, 3)]).to_bytes(), "application/octet-stream").run()
    assert not app.exception
    assert "columns of at most" in app.error[0].value


def test_an_error_that_has_words_is_said_on_the_page_and_others_are_not_hidden(open_page, monkeypatch):
    from ui import runs

    from specviz.errors import UnexpectedValueError

    def fail() -> list[str]:
        raise UnexpectedValueError("a run", "[none](x)", "make one")

    monkeypatch.setattr(runs, "samples", fail)
    app = open_page("start")
    assert not app.exception
    assert app.error[0].value == "expected a run, got \\[none](x); make one"
    monkeypatch.setattr(runs, "samples", lambda: 1 / 0)
    assert open_page("start").exception


def test_a_record_that_breaks_off_is_shown_up_to_its_last_whole_cycle(open_page):
    app = open_page("explorer")
    content = make_trace([chain(2, 3), chain(0, 3), chain(1, 3)]).to_bytes()
    app.file_uploader("upload").upload("killed.arrow", content[: int(len(content) * 0.8)], "application/octet-stream").run()
    assert not app.exception
    assert any("breaks off" in warning.value for warning in app.warning)


def test_a_step_costs_the_server_less_than_half_a_second(open_page):
    """CPU time, which other programs on the machine do not change; it even draws the tabs below, which a browser's step leaves alone."""
    app = open_page("explorer", trace="chain", cycle="1", node="0")
    times = []
    for _ in range(4):
        start = process_time()
        app.button("cycle_on").click().run()
        times.append(process_time() - start)
    sys.stdout.write(f"a step with the whole page: {median(times) * 1e3:.0f} ms of CPU (median of {len(times)})\n")
    assert median(times) < 0.5, times


def test_the_shelf_forgets_a_visitors_own_oldest_run_first(trace):
    from ui.runs import Shelf

    shelf = Shelf(most_runs_each=2)
    for name in ("a", "b"):
        shelf.put(trace, name, "ada")
    assert shelf.get("a") is trace  # looked at: now younger than b
    shelf.put(trace, "c", "ada")
    assert shelf.get("b") is None
    assert shelf.get("a") is shelf.get("c") is trace


def test_a_visitor_who_fills_the_shelf_pushes_out_nobody_elses_run(trace):
    from ui.runs import Shelf

    shelf = Shelf(most_bytes=8 * trace.size, most_bytes_each=100 * trace.size, most_runs_each=100)
    for name in ("ada-1", "ada-2"):
        shelf.put(trace, name, "ada")
    for number in range(100):
        shelf.put(trace, f"bob-{number}", "bob")
    assert shelf.get("ada-1") is shelf.get("ada-2") is shelf.get("bob-99") is trace
    assert [number for number in range(100) if shelf.get(f"bob-{number}")] == list(range(94, 100))


def test_a_visitors_runs_are_limited_in_bytes(trace):
    from ui.runs import Shelf

    shelf = Shelf(most_bytes_each=3 * trace.size)
    for number in range(5):
        shelf.put(trace, str(number), "ada")
    assert [number for number in range(5) if shelf.get(str(number))] == [2, 3, 4]
    with pytest.raises(TraceError, match="expected a run of at most"):
        Shelf(most_bytes_each=trace.size - 1).put(trace, "large", "ada")


def test_what_another_visitor_kept_stays_theirs(trace):
    from ui.runs import Shelf

    shelf = Shelf(most_runs_each=1)
    shelf.put(trace, "same", "ada")
    shelf.put(trace, "same", "bob")
    shelf.put(trace, "other", "bob")
    assert shelf.get("same") is shelf.get("other") is trace


def test_a_turn_is_given_back_when_the_run_in_it_ends_badly():
    from ui import models

    with pytest.raises(RuntimeError, match="stop"), models.turn(lambda: None):
        raise RuntimeError("stop")
    assert not models.turns().locked()


def test_a_second_run_waits_for_its_turn_and_says_so():
    from ui import models

    said, had_turn = threading.Event(), threading.Event()

    def second() -> None:
        with models.turn(said.set):
            had_turn.set()

    with models.turn(lambda: None):
        thread = threading.Thread(target=second)
        thread.start()
        assert said.wait(20)
        assert not had_turn.is_set()
    thread.join(20)
    assert had_turn.is_set()


@pytest.fixture
def exact(samples):
    """A run that holds its whole laws, of trees with siblings, under a name that says so."""
    from tests.trace.replays import recorded

    run, _ = recorded("recursive", "pairs", "iid", cycles=8)
    run.save(samples / "tree-exact.arrow")
    return run


def again(app: AppTest) -> str:
    """The sentence of what changed."""
    return html_of(app).split('id="again"')[1].split('class="sv-pair"')[0]


def open_again(open_page, **query: str) -> AppTest:
    app = open_page("explorer", trace="tree-exact", **query)
    app.session_state["detail"] = "Judge again"
    return app.run()


def test_judging_again_begins_with_the_record(open_page, exact):
    app = open_again(open_page, cycle="2", node="0")
    assert not app.exception
    assert "This is the record, judged by recursive with its own coins" in again(app)
    assert app.selectbox("judge_rule").value == "recursive"
    assert app.slider("coin").value == pytest.approx(exact.node(2, 0).u, abs=0.001)


def test_a_coin_moved_over_its_threshold_turns_the_decision_and_the_way_back_restores_it(open_page, exact):
    cycle, node = next((c.cycle, n) for c in exact for n in c.nodes if n.state == "accepted" and n.threshold < 0.95)
    app = open_again(open_page, cycle=str(cycle), node=str(node.id))
    app.slider("coin").set_value(0.999).run()
    assert f"with the coin of node {node.id} at 0.999" in again(app)
    assert f"(node {node.id}) accepted → refused" in again(app)
    assert place(app) == (str(cycle), str(node.id))  # the place and the record above stay what they were
    app.button("restore").click().run()
    assert "This is the record" in again(app)


def test_another_rule_is_judged_for_real(open_page, exact):
    from specviz.trace.replay import judge_by

    cycle = next(i for i in range(len(exact)) if judge_by(exact, i, "naive").changed)
    app = open_again(open_page, cycle=str(cycle))
    app.selectbox("judge_rule").select("naive").run()
    replay = judge_by(exact, cycle, "naive")
    assert "Judged by naive" in again(app)
    drawn = next(spec for spec in charts(app) if "judged again by naive" in spec["layout"]["title"]["text"])
    markers = next(line for line in drawn["data"] if line.get("name") == "nodes")
    from specviz.figures import theme

    assert markers["marker"]["symbol"][:6] == [theme.look(d.state).symbol for d in replay.verdict.decisions]


def test_rules_that_cannot_judge_a_cycle_are_listed_with_the_reason_and_not_offered(open_page, exact):
    app = open_again(open_page, cycle="1")
    offered = app.selectbox("judge_rule").options
    assert not any(option.startswith(("rejection", "block")) for option in offered)
    assert "expected a chain for the rule &#x27;block&#x27;, got a tree with siblings" in html_of(app)
    app.selectbox("judge_rule").select("typical").run()
    assert any("lossy" in caption.value for caption in app.caption)


def test_rerolling_takes_the_coins_of_another_seed_and_a_new_cycle_its_own(open_page, exact):
    from specviz.trace.replay import reroll

    app = open_again(open_page, cycle="3", node="1")
    app.button("reroll").click().run()
    assert app.slider("coin").value == pytest.approx(reroll(exact, 3, 0).u[1], abs=0.001)
    assert "with the coins of seed 0" in again(app)
    app.button("cycle_on").click().run()
    assert "This is the record" in again(app)


def test_the_last_tokens_coin_runs_along_its_law(open_page, exact):
    app = open_again(open_page, cycle="3", node="-1")
    assert not app.exception
    said = []
    for coin in (0.001, 0.25, 0.5, 0.75, 0.999):
        app.slider("coin").set_value(coin).run()
        assert "Every node is judged as in the record" in again(app)
        said.append("The last token is" in again(app))
    assert any(said)


def test_a_record_that_says_nothing_of_the_cache_is_shown_without_its_mask(open_page, exact):
    """The recorder of the made-up run knows no cache: its column is 0."""
    app = open_page("explorer", trace="tree-exact", cycle="1")
    app.session_state["detail"] = "Mask and KV"
    app.run()
    assert not app.exception
    assert any("does not say what became of the cache" in info.value for info in app.info)


def test_a_run_without_whole_laws_says_how_to_record_them(open_page, exact):
    app = open_page("explorer", trace="chain", cycle="1")
    app.session_state["detail"] = "Judge again"
    app.run()
    assert not app.exception
    said = " ".join(info.value for info in app.info)
    assert "--detail exact" in said
    assert "tree-exact" in said


def test_the_mask_of_a_step_follows_the_node(open_page):
    app = open_page("explorer", trace="chain", cycle="1", node="1")
    app.session_state["detail"] = "Mask and KV"
    app.run()
    assert any("one pass over 5 tokens" in spec["layout"]["title"]["text"] and "Node 1 " in spec["layout"]["title"]["text"] for spec in charts(app))
    app.button("node_on").click().run()
    assert any("Node 2 " in spec["layout"]["title"]["text"] for spec in charts(app))


@pytest.mark.parametrize("lab", ["distribution", "losslessness", "speedup"])
def test_start_leads_to_every_lab(open_page, lab):
    app = open_page("start")
    app.button(f"to_{lab}").click().run()
    assert not app.exception
    assert app.title[0].value == {"distribution": "Distribution lab", "losslessness": "Losslessness lab", "speedup": "Speed-up lab"}[lab]


def test_start_leads_to_the_course_s_first_chapter(open_page):
    app = open_page("start")
    app.button("to_reader").click().run()
    assert not app.exception
    assert any("A first run" in text for text in (html_of(app), *(element.value for element in app.markdown)))


def test_a_selected_node_s_laws_can_be_taken_to_the_distribution_lab(open_page, trace):
    from specviz.labs.place import at_node

    app = open_page("explorer", trace="chain", cycle="3", node="1")
    app.button("to_distribution").click().run()
    assert not app.exception
    assert app.query_params["from"] == "chain.3.1"
    assert f'class="v">{at_node(trace, 3, 1).alpha:.3f}<' in html_of(app)


def test_the_last_token_has_no_draft_s_law_to_take(open_page):
    app = open_page("explorer", trace="chain", cycle="3", node="-1")
    assert "to_distribution" not in {button.key for button in app.button}


def test_a_run_s_letters_can_be_taken_to_the_speed_up_lab(open_page, trace):
    from specviz.figures import measured_costs

    app = open_page("explorer", trace="chain")
    app.button("to_speedup").click().run()
    assert not app.exception
    assert app.slider("alpha").value == pytest.approx(measured_costs(trace).alpha, abs=0.026)
    assert app.slider("gamma").value == round(measured_costs(trace).gamma)


def test_what_the_rule_left_behind_is_shown_for_runs_with_whole_laws(open_page, exact):
    app = open_page("explorer", trace="tree-exact")
    app.session_state["overview"] = "Missed acceptance"
    app.run()
    assert not app.exception
    assert any("recursive: " in spec["layout"]["title"]["text"] and "possible" in spec["layout"]["title"]["text"] for spec in charts(app))
    app = open_page("explorer", trace="chain")
    app.session_state["overview"] = "Missed acceptance"
    app.run()
    assert any("--detail exact" in info.value for info in app.info)


def test_a_moment_is_listed_explained_and_one_click_away(open_page, samples, trace):
    from specviz.trace import store

    place = {"run": "shows-it", "shows": "a cycle", "look": "the star", "cycle": 3, "node": -1, "beside": "chain"}
    folder = samples / store.MOMENTS
    folder.mkdir()
    trace.save(folder / "shows-it.arrow")
    (folder / "moments.json").write_text(json.dumps([place]))
    app = open_page("explorer")
    app.button("moment_shows-it").click().run()
    assert not app.exception
    assert (app.selectbox("run").value, app.slider("cycle").value) == ("shows-it", 3)
    assert any("**Look at** the star" in text.value for text in app.markdown)
    app.button("to_beside").click().run()
    assert app.selectbox("run").value == "chain"
    assert any("**Look at** the star" in text.value for text in app.markdown)


def test_a_figure_stays_on_its_line_and_a_long_text_may_break():
    from ui import style

    rows = style.table([("prompt", "word " * 20, ""), ("speed", "12.5 tokens/s", "measured")])
    assert rows.count("<td class=long>") == 1
    assert "<td>12.5 tokens/s</td>" in rows
