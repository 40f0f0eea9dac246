"""The maths family: right arithmetic, splits that share no sum, and a checker that is not fooled."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product

import pytest

from specviz.zoo.corpus.base import SPLITS, Example, Split, split_of
from specviz.zoo.corpus.maths import FAMILY, KINDS
from specviz.zoo.corpus.maths_draw import plan_of, plural
from specviz.zoo.corpus.maths_steps import apply, hard_steps, is_known, read_problems, step_name, worked, wrong_steps

MANY = 600
STEP = re.compile(r"(\d+) ([-+×÷]) (\d+) = (\d+)")


def examples(split: Split, count: int = MANY) -> list[Example]:
    return [FAMILY.example(split, index) for index in range(count)]


@pytest.fixture(scope="module")
def train() -> list[Example]:
    return examples("train", 3000)


@pytest.mark.parametrize("split", SPLITS)
def test_the_reference_answer_is_right_in_every_step(split: Split) -> None:
    for example in examples(split):
        checked = FAMILY.check(example, example.answer)
        assert (checked.right, checked.of, checked.why) == (1, 1, ""), example


def test_the_last_step_or_the_comparison_gives_the_answer(train: list[Example]) -> None:
    # computed from the text of the answer alone: the last result of a step is the answer wherever the answer is a plain number
    # that steps lead to; the other kinds end with a word, a time, a rest or a number out of the question
    others = {"two sums", "true or false", "ends", "bigger", "most", "parity", "leftover"}
    plain = [example for example in train if example.facts["kind"] not in others]
    assert len(plain) > len(train) / 2
    assert all(STEP.findall(example.answer)[-1][3] == example.facts["answer"] for example in plain)


def test_no_sum_to_be_worked_out_is_shown_in_another_split(train: list[Example]) -> None:
    for example in train:
        answers = "\n".join(turn.text for turn in example.turns if turn.role == "assistant")
        for a, op, b, _ in STEP.findall(answers):
            assert is_known(op, int(a), int(b)) or split_of(f"maths:{step_name(op, int(a), int(b))}") == "train", (a, op, b, example)


def test_held_out_sums_are_never_the_content_of_training(train: list[Example]) -> None:
    seen = frozenset().union(*(example.content for example in train))
    assert not seen & frozenset().union(*(example.content for example in examples("test")))


def test_every_kind_is_drawn(train: list[Example]) -> None:
    assert {example.facts["kind"] for example in train} == set(KINDS)
    assert len(KINDS) >= 25


def test_texts_are_complete_and_tidy(train: list[Example]) -> None:
    for example in train:
        for turn in example.turns:
            assert turn.text == turn.text.strip(), turn
            assert not re.search(r"  |[{}|~]", turn.text), turn
            assert not re.search(r"\b[Aa] [aeiou]|\ban (?!hour)[^aeiou]", turn.text), turn
        assert example.answer.splitlines()[-1] == f"Answer: {example.facts['answer']}"


def test_a_changed_digit_is_wrong() -> None:
    for example in examples("test", 200):
        if example.facts["answer"].isdigit():
            wrong = example.answer[:-1] + str((int(example.answer[-1]) + 1) % 10)
            checked = FAMILY.check(example, wrong)
            assert not checked.is_right
            assert f"expected the answer {example.facts['answer']}" in checked.why


def test_a_swapped_word_or_time_is_wrong() -> None:
    swaps = {"yes": "no", "no": "yes", "even": "odd", "odd": "even"}
    judged = 0
    for example in examples("test"):
        if (expected := example.facts["answer"]).isdigit():
            continue
        wrong = example.answer.removesuffix(expected) + swaps.get(expected, expected[::-1] + "a")
        assert not FAMILY.check(example, wrong).is_right
        judged += 1
    assert judged > 20


@pytest.mark.parametrize(
    "garbage", ["", "\n", "Answer:", "Answer: ", "Answer", "answer 12", "Answer: " + "9" * 9000, "1 ÷ 0 = 3", "\x00\ud800 = ", "٣ + ٤ = ٧"]
)
def test_garbage_is_wrong_and_never_raises(garbage: str) -> None:
    for example in examples("test", 30):
        checked = FAMILY.check(example, garbage)
        assert (checked.right, checked.of) == (0, 1)
        assert "expected" in checked.why


def test_a_truncated_answer_is_wrong() -> None:
    for example in examples("test", 100):
        assert not any(FAMILY.check(example, example.answer[:end]).is_right for end in range(0, len(example.answer), 7))


def test_an_answer_without_the_last_line_is_wrong_although_the_number_is_there() -> None:
    example = FAMILY.example("test", 0)
    checked = FAMILY.check(example, example.answer.rsplit("\n", 1)[0])
    assert not checked.is_right
    assert "last line 'Answer: " in checked.why


def test_the_last_of_several_answer_lines_counts() -> None:
    example = FAMILY.example("test", 0)
    assert FAMILY.check(example, f"Answer: 0\n{example.answer}").is_right
    assert not FAMILY.check(example, f"{example.answer}\nAnswer: 0").is_right


def test_other_steps_to_the_same_answer_are_right_and_a_wrong_step_is_named() -> None:
    example = replace(FAMILY.example("train", 0), facts={"answer": "85"})
    assert FAMILY.check(example, "37 + 50 = 87, 87 - 2 = 85.\nAnswer: 85.").why == ""
    slipped = FAMILY.check(example, "30 + 40 = 70, 7 + 8 = 16, 70 + 15 = 85.\nAnswer: 85")
    assert slipped.is_right
    assert slipped.why == "the step '7 + 8 = 16' is wrong: expected 15, got 16"
    failed = FAMILY.check(example, "30 + 40 = 70, 7 + 8 = 16, 70 + 16 = 86.\nAnswer: 86")
    assert not failed.is_right
    assert failed.why == "expected the answer 85, got 86; the step '7 + 8 = 16' is wrong: expected 15, got 16"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("2 + 2 = 5", 1),
        ("83 is 70 + 12", 1),
        ("2 × 3 = 6, so 6 ÷ 3 = 3", 1),
        ("8 / 0 = 1", 1),
        ("1 + 2 + 3 = 6", 0),
        ("x + 7 = 19", 0),
        ("6 * 7 = 42", 0),
    ],
)
def test_wrong_steps_are_found_and_chains_are_left_alone(text: str, wrong: int) -> None:
    assert len(list(wrong_steps(text))) == wrong


def test_every_sum_up_to_two_hundred_is_worked_out_without_a_slip() -> None:
    pairs = [(op, a, b) for a, b in product(range(2, 200), range(2, 200)) for op in "+-" if (a > b if op == "-" else a + b <= 200)]
    products = [("×", a, b) for a, b in product(range(2, 11), range(2, 40))]
    halves = [("÷", a, 2) for a in range(4, 201, 2)]
    for step in [*pairs, *products, *halves]:
        text = worked(*step)
        assert not list(wrong_steps(text)), text
        assert STEP.findall(text)[-1][3] == str(apply(*step)), text


def test_what_is_shown_on_the_way_is_known_or_counted() -> None:
    for step in [(op, a, b) for a, b in product(range(11, 99), range(2, 40)) for op in "+-×" if a > b and (op != "×" or b <= 10)]:
        counted = {step_name(*hard) for hard in hard_steps(*step)}
        shown = [(op, int(a), int(b)) for a, op, b, _ in STEP.findall(worked(*step))]
        assert all(is_known(*line) or step_name(*line) in counted for line in shown), worked(*step)


def test_commuted_sums_are_one_combination() -> None:
    assert step_name("+", 37, 48) == step_name("+", 48, 37)
    assert step_name("×", 4, 23) == step_name("×", 23, 4)
    assert step_name("-", 83, 47) != step_name("-", 47, 83)


def test_plurals_are_right() -> None:
    assert [plural(noun) for noun in ("brush", "cherry", "toy", "leaf", "sheep", "box", "potato")] == [
        *("brushes", "cherries", "toys", "leaves", "sheep", "boxes", "potatoes")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gain a:2-9", "expected a first line"),
        ("[gain] a:2-9 b:2-9 p<a+b\n! What?", "expected a line that starts"),
        ("[gain] p<a+b\n? Hm?\n= So.", "one '-' for each step"),
    ],
)
def test_a_problem_that_cannot_be_read_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        read_problems(text)


def test_numbers_that_cannot_be_read_say_what_was_expected() -> None:
    with pytest.raises(ValueError, match="expected a statement like"):
        plan_of("a:2-9 b=?")
    with pytest.raises(ValueError, match="without a rest"):
        apply("÷", 7, 2)
    with pytest.raises(ValueError, match="one of"):
        apply("^", 7, 2)
