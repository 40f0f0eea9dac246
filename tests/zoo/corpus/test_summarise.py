"""The summarise family: facts that stand in the passage, splits that share nothing, and a checker that is not fooled."""

from __future__ import annotations

import re

import pytest

from specviz.zoo.corpus.base import Example
from specviz.zoo.corpus.passages import Slot, judged_kind, kind_of, parse, plural, slots_of, stated
from specviz.zoo.corpus.summarise import FAMILY, TEXT_KINDS
from specviz.zoo.corpus.words.passages import KINDS, TextKind

SENTENCE_WORDS = {"one sentence": 1, "two sentences": 2, "three sentences": 3}


@pytest.fixture(scope="module")
def train() -> list[Example]:
    return [FAMILY.example("train", index) for index in range(3000)]


def slots_in(nodes) -> set[str]:
    """The slots of a frame, those of every alternative included."""
    slots: set[str] = set()
    for node in nodes:
        if isinstance(node, Slot):
            slots.add(node.slot)
        elif not isinstance(node, str):
            slots = slots.union(*(slots_in(option) for option in node.options))
    return slots


def another(slot: str, taken: set[str]) -> str:
    return next(value for value in KINDS[kind_of(slot)] if value not in taken)


def written(value: str) -> str:
    """A pattern for a value as it may stand in an answer."""
    return rf"(?i)\b(?:{value}|{plural(value)})\b"


def swapped(text: str, one: str, other: str) -> str:
    names = {one: other, other: one}
    return re.sub(rf"\b({one}|{other})\b", lambda found: names[found[0]], text)


def test_the_reference_answer_is_right_and_asks_for_at_least_two_facts(train):
    for example in train:
        checked = FAMILY.check(example, example.answer)
        assert checked.is_right, checked.why
        assert checked.of >= 2


def test_every_fact_asked_for_stands_in_the_passage(train):
    for example in train:
        for slot, value in example.facts.items():
            assert value in stated(example.turns[0].text, judged_kind(slot)), (slot, value, example.turns[0].text)


@pytest.mark.parametrize("kind", TEXT_KINDS, ids=lambda kind: kind.noun)
def test_all_frames_of_a_part_state_the_same_facts_of_the_summary(kind: TextKind):
    asked = {slot for frame in kind.summary for slot in slots_of(frame)}
    for frames in kind.parts:
        stated_by_frame = [slots_in(parse(frame)) & asked for frame in frames]
        repeated = {slot for other in kind.parts if other is not frames for frame in other for slot in slots_in(parse(frame))}
        assert len({frozenset(slots - repeated) for slots in stated_by_frame}) == 1, stated_by_frame
    assert asked >= set(kind.core)


def test_the_answer_has_as_many_sentences_as_asked_for(train):
    for example in train:
        count = next(number for words, number in SENTENCE_WORDS.items() if words in example.turns[0].text.lower())
        assert example.answer.count(".") == count


def test_a_wrong_value_in_place_of_any_fact_is_noticed(train):
    for example in train[:500]:
        for slot, value in example.facts.items():
            wrong = another(slot, set(example.facts.values()))
            answer = re.sub(written(value), wrong, example.answer)
            checked = FAMILY.check(example, answer)
            assert not checked.is_right
            assert checked.right >= checked.of - 2, (answer, checked)
            assert wrong in checked.why


def test_a_changed_digit_is_noticed(train):
    with_numbers = [example for example in train if re.search(r"\d", example.answer)]
    assert len(with_numbers) > 500
    for example in with_numbers:
        answer = re.sub(r"\d", lambda found: str((int(found[0]) + 1) % 10), example.answer, count=1)
        assert not FAMILY.check(example, answer).is_right


def test_swapped_names_are_noticed(train):
    with_two = [example for example in train if {"name1", "name2"} <= set(example.facts)]
    assert len(with_two) > 300
    for example in with_two:
        assert not FAMILY.check(example, swapped(example.answer, example.facts["name1"], example.facts["name2"])).is_right


def test_a_further_name_beside_the_right_one_is_noticed(train):
    example = next(example for example in train if "name1" in example.facts)
    extra = another("name1", set(example.facts.values()))
    assert not FAMILY.check(example, f"{example.answer} {extra} helped.").is_right


@pytest.mark.parametrize("answer", ["", " ", "\n", "The", "{name1} [", "\x00\ufffd🦊", "." * 5000, "17 " * 3000])
def test_empty_text_and_garbage_score_nothing(train, answer):
    for example in train[:100]:
        checked = FAMILY.check(example, answer)
        assert (checked.right, bool(checked.why)) == (0, True)


def test_an_endless_answer_is_judged_soon_and_wrong(train):
    endless = " ".join([*KINDS["name"], *KINDS["place"], *map(str, range(5000))])
    assert not any(FAMILY.check(example, endless).is_right for example in train[:50])


def test_an_answer_cut_off_before_its_last_fact_is_noticed(train):
    for example in train[:500]:
        last_mention = max(re.search(written(value), example.answer).start() for value in example.facts.values())
        assert not FAMILY.check(example, example.answer[:last_mention]).is_right


def test_other_words_with_the_same_facts_are_right():
    example = Example("summarise", (FAMILY.example("train", 0).turns[0],), frozenset(), {"name1": "Nora", "thing1": "kite", "place1": "mill"})
    assert FAMILY.check(example, "In the mill, a kite got lost, to the grief of Nora").is_right
    assert FAMILY.check(example, "In the barn, a kite got lost, to the grief of Nora").why == "place: expected mill; got barn"


def test_twenty_thousand_examples_hardly_repeat():
    texts = [FAMILY.example("train", index).turns for index in range(20_000)]
    assert len(set(texts)) > 0.995 * len(texts)


def test_articles_agree_and_no_slot_or_bracket_is_left(train):
    text = "\n".join(turn.text for example in train for turn in example.turns)
    assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n (?!hour)[^aeiou]|[\[\]{}|]|  | [.,]|\.\.", text)


def test_every_sentence_begins_with_a_capital_or_a_number(train):
    for example in train:
        assert not re.search(r"(?:^|[.!?] |\n)[a-z]", "\n".join(turn.text for turn in example.turns))
        assert example.answer == example.answer.strip()


def test_all_kinds_of_text_occur(train):
    nouns = {kind.noun for kind in TEXT_KINDS}
    seen = {noun for example in train for noun in nouns if noun in example.turns[0].text}
    assert len(nouns) == len(TEXT_KINDS) == 17
    assert seen == nouns


def test_a_new_record_is_higher_than_the_old_one(train):
    records = [example.facts for example in train if {"large1", "small1"} <= set(example.facts)]
    assert records
    assert all(int(facts["large1"]) > int(facts["small1"]) for facts in records)
