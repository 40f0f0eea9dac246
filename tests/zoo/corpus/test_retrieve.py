"""The retrieve family: answers that rest on one sentence of the passage, splits that share no fact, a checker that is not fooled."""

from __future__ import annotations

import re

import pytest

from specviz.zoo.corpus.base import Example
from specviz.zoo.corpus.passages import stated
from specviz.zoo.corpus.retrieve import FAMILY
from specviz.zoo.corpus.words.passages import JUDGED_AS, KINDS
from specviz.zoo.corpus.words.retrieve_prompts import NOT_SAID

# A skill is no help in finding a sentence: "did Otto paint" asks about "Otto painted".
TELLING_KINDS = [kind for kind in KINDS if kind not in JUDGED_AS and kind != "skill"]


@pytest.fixture(scope="module")
def train() -> list[Example]:
    return [FAMILY.example("train", index) for index in range(3000)]


@pytest.fixture(scope="module")
def said(train) -> list[Example]:
    return [example for example in train if "value" in example.facts]


@pytest.fixture(scope="module")
def not_said(train) -> list[Example]:
    return [example for example in train if "value" not in example.facts]


def sentences(example: Example) -> list[str]:
    return re.findall(r"[^.\n]+\.", example.facts["passage"].replace("- ", ""))


def values_in(text: str) -> set[tuple[str, str]]:
    return {(kind, value) for kind in TELLING_KINDS for value in stated(text, kind)}


def test_the_reference_answer_is_two_of_two(train):
    for example in train:
        checked = FAMILY.check(example, example.answer)
        assert (checked.right, checked.of, checked.why) == (2, 2, "")


def test_the_quoted_sentence_stands_in_the_passage_once_and_holds_the_value(said):
    for example in said:
        assert example.facts["passage"].count(example.facts["sentence"]) == 1
        assert example.facts["value"] in example.facts["sentence"].replace("On ", "on ", 1)


def test_no_other_sentence_answers_the_question(said):
    for example in said:
        asked = values_in(example.facts["question"])
        answering = [line.strip() for line in sentences(example) if asked <= values_in(line)]
        assert answering == [example.facts["sentence"]], (example.facts["question"], answering)


def test_what_the_text_does_not_say_cannot_be_found_in_it(not_said):
    for example in not_said:
        asked = values_in(example.facts["question"])
        assert not [line for line in sentences(example) if asked <= values_in(line)]


def test_about_one_question_in_twelve_has_no_answer(train, not_said):
    assert 0.06 < len(not_said) / len(train) < 0.10
    assert {example.answer for example in not_said} == {NOT_SAID}


def test_passages_have_four_to_seven_facts(said):
    counts = {len(example.content) for example in said}
    assert counts == {4, 5, 6, 7}


def test_quoting_another_sentence_costs_a_point(said):
    for example in said[:500]:
        other = next(line.strip() for line in sentences(example)[::-1] if line.strip() != example.facts["sentence"])
        checked = FAMILY.check(example, example.answer.replace(example.facts["sentence"], other))
        assert checked.right == 1
        assert "another sentence of the text" in checked.why


def test_a_changed_letter_in_the_quotation_costs_a_point(said):
    for example in said[:500]:
        checked = FAMILY.check(example, example.answer.replace(example.facts["sentence"], example.facts["sentence"][:-1] + "!"))
        assert checked.right == 1
        assert "which the text does not have" in checked.why


def test_a_wrong_value_costs_a_point(said):
    for example in said[:500]:
        head, _, _ = example.answer.rpartition(example.facts["value"])
        checked = FAMILY.check(example, f"{head}in the moon.")
        assert checked.right == 1
        assert example.facts["value"] in checked.why


def test_a_changed_digit_in_the_value_costs_a_point(said):
    numbers = [example for example in said if re.fullmatch(r"\d+", example.facts["value"])]
    assert len(numbers) > 100
    for example in numbers:
        head, _, _ = example.answer.rpartition(example.facts["value"])
        assert FAMILY.check(example, f"{head}{int(example.facts['value']) + 1}.").right == 1
        assert FAMILY.check(example, f"{head}{example.facts['value']}0.").right == 1


def test_a_second_value_beside_the_right_one_costs_a_point(said):
    for example in said[:500]:
        wrong = next(
            value for kind, value in sorted(values_in(example.facts["passage"])) if (kind, value) not in values_in(example.facts["sentence"])
        )
        assert FAMILY.check(example, f"{example.answer[:-1]} or {wrong}.").right == 1


def test_a_swapped_name_is_wrong_in_both(said):
    example = next(example for example in said if example.facts["value"] in KINDS["name"])
    other = next(name for name in KINDS["name"] if name != example.facts["value"])
    assert FAMILY.check(example, example.answer.replace(example.facts["value"], other)).right == 0


@pytest.mark.parametrize("answer", ["", " ", '"', '""', "“", "The text says:", "\x00\ufffd🦊", NOT_SAID, '"' * 5001, "xyzzy " * 3000])
def test_garbage_and_refusals_score_nothing(said, answer):
    for example in said[:100]:
        checked = FAMILY.check(example, answer)
        assert (checked.right, bool(checked.why)) == (0, True)


def test_a_truncated_answer_is_not_right(said):
    for example in said[:300]:
        for share in (0.3, 0.6, 0.8):
            assert not FAMILY.check(example, example.answer[: int(share * len(example.answer))]).is_right


def test_the_value_inside_the_quotation_alone_does_not_count(said):
    for example in said[:300]:
        assert FAMILY.check(example, f'The text says: "{example.facts["sentence"]}"').right == 1


def test_value_first_and_quotation_second_is_right_as_well(said):
    for example in said[:300]:
        assert FAMILY.check(example, f"It is {example.facts['value']}, for “{example.facts['sentence']}”").is_right


def test_an_invented_answer_is_wrong_where_the_text_does_not_say(said, not_said):
    for example, other in zip(not_said, said, strict=False):
        assert FAMILY.check(example, other.answer).right == 0
        assert FAMILY.check(example, "").right == 0
        assert FAMILY.check(example, f'{NOT_SAID} "{other.facts["sentence"]}"').right == 1


def test_twenty_thousand_examples_hardly_repeat():
    texts = [FAMILY.example("train", index).turns for index in range(20_000)]
    assert len(set(texts)) > 0.995 * len(texts)


def test_articles_agree_and_no_slot_or_bracket_is_left(train):
    text = "\n".join(turn.text for example in train for turn in example.turns)
    assert not re.search(r"\b[Aa] [aeiou]|\b[Aa]n (?!hour)[^aeiou]|[\[\]{}|]|  | [.,]|\.\.", text)
