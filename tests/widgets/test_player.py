from __future__ import annotations

import re
import subprocess
import sys

import pytest

from specviz import widgets
from specviz.figures import alt_text, distributions, draft_tree, pieces, pieces_html
from tests.figures.make_trace import chain, light, make_trace
from tests.widgets.helpers import click


@pytest.fixture
def player(trace):
    return widgets.play(trace)


def pictured(player):
    """What cycle and node the tree and the laws on the page are of."""
    cycle = int(re.search(r"Cycle (\d+)", player.tree.plot.layout.title.text)[1])
    return cycle, player.laws.plot.layout.title.text


def agrees(player):
    """Whether all parts of the player show the moment it is at."""
    cycle, node = player.at
    tree = draft_tree(player.trace, cycle=cycle, node=node)
    laws = distributions(player.trace, cycle=cycle, node=node, top=8)
    return (
        player.tree.plot.layout.title == tree.layout.title
        and player.laws.plot.layout.title == laws.layout.title
        and player.cycle.value == cycle
        and player.node.value == node
        and player.inspector.value == widgets.player.verdict_html(player.trace, cycle=cycle, node=node)
        and alt_text(tree).split("(")[0] in player.tree.description.value
        and player.errors.outputs == ()
    )


def test_it_opens_on_a_refusal_with_everything_painted(player):
    assert player.at == (0, 2)
    assert agrees(player)


def test_scrubbing_the_cycles_moves_every_part(player, trace):
    for cycle in [4, 2, 1, 3, 0]:
        player.cycle.value = cycle
        assert player.at[0] == cycle
        assert agrees(player)


def test_the_play_button_runs_over_the_same_cycles_as_the_slider(player, trace):
    assert (player.play.min, player.play.max) == (player.cycle.min, player.cycle.max) == (0, len(trace) - 1)
    assert player.play.interval > 0


def test_the_buttons_step_through_the_decisions_and_stop_at_the_ends(player, trace):
    seen = {player.at}
    for _ in range(20):
        player.forward.click()
        seen.add(player.at)
        assert agrees(player)
    assert player.at == (4, -1)
    for _ in range(20):
        player.back.click()
        seen.add(player.at)
    assert player.at == (0, 0)
    examined = sum(n.state in ("accepted", "rejected") for c in trace for n in c.nodes)
    assert len(seen) == examined + len(trace)


def test_a_click_on_a_draft_selects_it_also_one_that_was_never_examined(player):
    click(player.tree, "nodes", 3)
    assert player.at == (0, 3)
    assert agrees(player)
    assert "never examined" in player.inspector.value
    player.cycle.value = 1
    click(player.tree, "nodes", 5)
    assert player.at == (1, 5)


def test_a_click_beside_the_drafts_changes_nothing(player):
    click(player.tree, "root", 0)
    assert player.at == (0, 2)
    assert player.errors.outputs == ()


def test_the_menu_lists_every_draft_and_the_last_token(player, trace):
    assert [value for _, value in player.node.options] == [0, 1, 2, 3, -1]
    player.node.value = -1
    assert player.at == (0, -1)
    assert agrees(player)


def test_the_place_can_be_set_from_code_and_nonsense_is_reported_on_the_page(player):
    player.at = (1, 4)
    assert agrees(player)
    player.at = (1, 400)
    [said] = player.errors.outputs
    assert "expected a node" in said["text"]
    player.at = (0, 1)
    assert player.errors.outputs == ()


def test_another_run_can_be_put_in(player):
    player.cycle.value = 4
    player.trace = make_trace([chain(0, 2), chain(1, 2)])
    assert player.at == (0, 0)
    assert player.cycle.max == player.play.max == 1
    assert agrees(player)


def test_of_a_long_run_the_text_around_the_cycle_is_shown():
    player = widgets.play(make_trace([chain(1, 2, seed=i) for i in range(60)]))
    for cycle in (0, 30, 59):
        player.cycle.value = cycle
        numbers = {int(n) for n in re.findall(r'data-cycle="(-?\d+)"', player.text.value)}
        assert cycle in numbers
        assert len(numbers) < 20
        outlined = pieces_html(pieces(player.trace.cycle(cycle), refused=True), cycle=cycle)
        assert outlined in player.text.value
        assert ("… <" in player.text.value, "> …" in player.text.value) == (cycle > 8, cycle < 54)


def test_a_run_without_laws_plays_and_says_what_is_missing():
    plain = chain(1, 3)
    plain = type(plain)(**{**plain.__dict__, "nodes": [light(n) for n in plain.nodes], "last_top": ()})
    player = widgets.play(make_trace([plain], detail="light"))
    assert "recorded without its laws" in player.laws.description.value
    assert "refused" in player.inspector.value


def test_a_recorded_sample_is_played_by_its_name():
    player = widgets.play("chain-sampled", at=(1, -1))
    assert player.at == (1, -1)
    assert agrees(player)


def test_it_cannot_be_opened_at_a_place_that_is_not_there(trace):
    with pytest.raises(IndexError, match="expected a cycle"):
        widgets.play(trace, at=(99, 0))


def test_the_exported_page_is_of_this_moment_and_needs_nothing_from_outside(player, trace):
    player.at = (1, 4)
    page = player.to_html()
    assert widgets.player.verdict_html(trace, cycle=1, node=4) in page
    assert f'aria-label="{alt_text(draft_tree(trace, cycle=1, node=4)).split(":")[0]}' in page
    assert not re.search(r"<(script|link|img|iframe)\b[^>]*\b(src|href)\s*=", page)
    assert page.count("plotly.js v") == 1
    assert 'showSendToCloud": false' in page
    body = re.sub(r"<script\b.*?</script>", "", page, flags=re.S)
    assert "<script" not in body
    assert "&lt;script&gt;" in body


def test_reading_and_playing_a_run_never_loads_torch():
    code = "import sys; from specviz import widgets; widgets.play('chain'); widgets.explore('speedup'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
