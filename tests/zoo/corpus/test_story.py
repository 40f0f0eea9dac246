import re
from collections import Counter

import pytest

from specviz.zoo.corpus import story as module
from specviz.zoo.corpus.base import Example, Turn
from specviz.zoo.corpus.story import FACT_SLOTS, FAMILY, PLOTS, memory_words
from specviz.zoo.corpus.story_cast import cast_story, draw_core
from specviz.zoo.corpus.story_plot import read_plot
from specviz.zoo.corpus.words import common, story as words, story_requests as requests
from specviz.zoo.corpus.words.story_places import PLACE_SETS, PLACES

SLOT = re.compile(r"\{(\w+)\}")


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [FAMILY.example("train", index) for index in range(1500)]


def test_stories_come_as_answers_and_about_a_third_as_plain_text(examples):
    roles = Counter(tuple(turn.role for turn in example.turns) for example in examples)
    assert set(roles) == {("user", "assistant"), ("text",)}
    assert 0.28 < roles["text",] / len(examples) < 0.39


def test_stories_have_80_to_250_words(examples):
    lengths = sorted(len(example.answer.split()) for example in examples)
    assert lengths[0] >= 75
    assert lengths[-1] <= 260


def test_no_slot_or_choice_is_left_open_and_articles_spaces_and_quotes_are_right(examples):
    for example in examples:
        for turn in example.turns:
            assert not re.search(r"[{}\[\]|#~]|  | $|^ |\n\n|\n$| [.,!?]", turn.text), turn.text
            assert not re.search(r"\b[Aa] [aeiouAEIOU](?!ne\b)", turn.text), turn.text
            assert not re.search(r"\b[Aa]n [^aeiouhAEIOU]", turn.text), turn.text
            assert turn.text.count('"') % 2 == 0, turn.text
            assert not re.search(r'[.!?]"? [a-z]', re.sub(r'[.!?]"', "", turn.text)), turn.text
            assert turn.text[0].isupper() or turn.text[0] == '"', turn.text


def test_a_helper_is_introduced_by_trade_or_kind_and_hero_and_friend_by_name(examples):
    for example in examples:
        facts = example.facts
        if "helper" in facts:
            assert re.search(rf"\b{facts['helper']} the {facts.get('gkind')}\b", example.answer), example.answer
        assert re.search(rf"\b{facts['hero']}\b", example.answer), example.answer


def test_hero_and_friend_never_share_a_pronoun():
    for index in range(300):
        rng = module.rng_for("story", "train", index)
        plot = rng.choice(PLOTS)
        slots = cast_story(plot, draw_core(plot, "train", rng), rng).slots
        assert slots["he"] != slots["fhe"]
        assert len({slots["hero"], slots["friend"], slots["helper"]}) == 3
        assert len({slots["kind"], slots["fkind"], slots["gkind"]}) == 3
        assert len({slots["colour"], slots["colour2"], slots["colour3"]}) == 3


def test_every_shared_name_is_a_she_or_a_he_and_no_name_is_both():
    assert sorted((*words.SHE_NAMES, *words.HE_NAMES)) == sorted(common.NAMES)


def test_every_line_of_every_plot_and_request_can_be_filled():
    rng = module.rng_for("story", "train", 0)
    slots = set(cast_story(PLOTS[0], draw_core(PLOTS[0], "train", rng), rng).slots)
    for plot in PLOTS:
        lines = [line for scene in plot.scenes for line in scene.lines] + [*plot.titles, *plot.topics]
        assert set(SLOT.findall(" ".join(lines))) <= slots, plot.name
        assert all(line.count("[") == line.count("]") and line.count('"') % 2 == 0 for line in lines), plot.name
        assert words.OBJECT_SETS[plot.objects]
        assert PLACE_SETS[plot.places]
    asked = " ".join((*requests.REQUEST_PARTS, *requests.NOTE_REQUESTS, *requests.PLAIN_REQUESTS))
    assert set(SLOT.findall(asked)) <= slots | {"topic", "lesson"}
    assert set(FACT_SLOTS) <= slots


def test_every_suitable_thing_and_place_is_described():
    assert {thing for things in words.OBJECT_SETS.values() for thing in things} <= set(words.OBJECTS)
    assert {place for places in PLACE_SETS.values() for place in places} == set(PLACES) <= set(common.PLACES)


def test_the_stories_are_as_rich_as_the_brief_asks(examples):
    frames = {line for plot in PLOTS for scene in plot.scenes for line in scene.lines}
    vocabulary = {word for example in examples for turn in example.turns for word in re.findall(r"[a-z']+", turn.text.lower())}
    assert len(PLOTS) >= 14
    assert len(frames) >= 300
    assert len(vocabulary) >= 1500
    assert {example.facts["plot"] for example in examples} == {plot.name for plot in PLOTS}
    assert len({example.turns for example in examples}) == len(examples)


def test_stories_return_to_words_of_their_beginning(examples):
    for example in examples:
        words_again = memory_words(example)
        assert len(words_again) >= 4, example.answer
        late = example.answer.lower()[len(example.answer) // 2 :]
        assert any(re.search(rf"\b{word}\b", late) for word in words_again), example.answer


def test_memory_words_are_facts_that_are_said_twice():
    facts = {"plot": "lost", "hero": "Mila", "object": "kite", "colour": "red", "place": "mill", "spot": "behind the millstone", "helper": "Otto"}
    story = "Lost: Mila lost a red kite at the mill. Mila found the kite behind the millstone, lost no time, and thanked Otto."
    assert memory_words(Example("story", (Turn("text", story),), frozenset(), facts)) == {"mila", "kite"}
    asked = (Turn("user", "A story about a red kite at the mill."), Turn("assistant", story))
    assert memory_words(Example("story", asked, frozenset(), facts)) == {"mila", "kite", "red", "mill"}


def test_every_fact_is_in_the_story(examples):
    for example in examples:
        for name, value in example.facts.items():
            assert name == "plot" or re.search(rf"\b{value}\b", example.answer, re.IGNORECASE), (name, value, example.answer)


def test_hero_thing_colour_and_place_are_in_every_story_and_no_request_asks_for_what_is_not(examples):
    for example in examples:
        (content,) = example.content
        assert content == "story:{hero}|{object}|{place}".format_map(example.facts), example.answer
        assert "colour" in example.facts
        asked = set(re.findall(r"\w+", example.turns[0].text))
        named = set(re.findall(r"\w+", example.answer))
        assert asked & set(common.NAMES) <= named, example.turns


def test_check_refuses_and_says_why():
    with pytest.raises(TypeError, match="cannot be judged by rule"):
        FAMILY.check(FAMILY.example("test", 0), "Once upon a time.")


def test_memory_words_refuse_examples_of_other_families():
    with pytest.raises(ValueError, match=r"'story'.*'maths'"):
        memory_words(Example("maths", (), frozenset()))


def test_a_plot_without_titles_or_with_an_empty_scene_is_refused():
    head = "plot: p\nobjects: any\nplaces: any\ntopics: t\nlessons: l\n"
    with pytest.raises(ValueError, match="titles"):
        read_plot(head + "# begin\nOne line.")
    with pytest.raises(ValueError, match="begin"):
        read_plot(head + "titles: T\n# begin\n# end\nOne line.")


def test_marks_and_wrapped_lines_of_a_plot_are_read():
    plot = read_plot("plot: p\nobjects: any\nplaces: any\ntopics: t | u\nlessons: l\ntitles: T\n# /?go\nA long\n  line.\nB.\n# ~on\nC.")
    assert plot.topics == ("t", "u")
    first, second = plot.scenes
    assert (first.lines, first.new_paragraph, first.optional, first.movable) == (("A long line.", "B."), True, True, False)
    assert (second.new_paragraph, second.optional, second.movable) == (False, False, True)
