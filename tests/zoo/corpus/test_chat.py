"""Conversations: they fit together, their splits share nothing, and what they say is right."""

import re
from collections import Counter

import pytest

from specviz.zoo.corpus.base import SPLITS, rng_for, split_of
from specviz.zoo.corpus.chat import DRAWS, FAMILY, SCRIPTS
from specviz.zoo.corpus.chat_parts import Noun, amount, capitals, in_a_row, read_scripts
from specviz.zoo.corpus.words import chat as words
from specviz.zoo.corpus.words.chat_facts import EXPLAIN
from specviz.zoo.corpus.words.chat_howto import HOW_TO, RHYMES
from specviz.zoo.corpus.words.common import NAMES

COUNT = 1500
EXAMPLES = {split: [FAMILY.example(split, index) for index in range(COUNT)] for split in SPLITS}
EVERY = [example for examples in EXAMPLES.values() for example in examples]


def texts(example):
    return [turn.text for turn in example.turns]


def of_kind(kind):
    found = [example for example in EVERY if example.facts["kind"] == kind]
    assert found
    return found


def drawn(kind, count=300):
    return [DRAWS[kind](rng_for("test", "train", index)) for index in range(count)]


def test_no_two_splits_share_a_question():
    asked = {split: {(texts(example)[0], texts(example)[2]) for example in examples} for split, examples in EXAMPLES.items()}
    assert not asked["train"] & asked["test"]
    assert not asked["train"] & asked["validation"]
    assert not asked["validation"] & asked["test"]


def test_content_names_only_what_is_spoken_of():
    # Otherwise one and the same text could stand in two splits, under two names.
    example = next(example for example in of_kind("weekday") if "before" in texts(example)[2])
    (content,) = example.content
    assert "second=" not in content
    assert split_of(content) in SPLITS


def test_every_example_has_four_turns_of_clean_text():
    for example in EVERY:
        assert [turn.role for turn in example.turns] == ["user", "assistant"] * 2
        for text in texts(example):
            assert text == text.strip()
            assert not re.search(r"[{}|]|  | \n|\n\n", text), text


def test_sentences_begin_with_a_capital():
    for example in EVERY:
        for text in texts(example):
            assert not re.search(r"(^|[.!?] )[a-z](?!-)", text), text


def test_articles_fit_their_nouns():
    for example in EVERY:
        for text in texts(example):
            assert not re.search(r"\b[Aa] [aeio]|\b[Aa]n (?!hour)[^aeiou\W]|\b[Aa]n? (bread|cheese|butter|honey|jam|rice)\b", text), text


def test_the_facts_stand_in_the_last_answer():
    for example in EVERY:
        facts = {name: word for name, word in example.facts.items() if name != "kind"}
        assert all(capitals(word).lower() in example.answer.lower() for word in facts.values()), example


def test_every_second_answer_needs_something_to_remember():
    assert all(len(example.facts) > 1 for example in EVERY)


def test_every_kind_occurs_in_every_split():
    for examples in EXAMPLES.values():
        assert {example.facts["kind"] for example in examples} == set(SCRIPTS)
    assert len(SCRIPTS) >= 20


def test_hardly_any_text_repeats():
    assert max(Counter(tuple(texts(example)) for example in EXAMPLES["train"]).values()) == 1


def test_every_script_can_be_asked_answered_and_filled():
    assert set(SCRIPTS) == set(DRAWS)
    for kind, script in SCRIPTS.items():
        fields = DRAWS[kind](rng_for("test", "train", 0))
        assert len(script.follow_ups) >= 3, kind
        for exchange in (script.opening, *script.follow_ups.values()):
            assert exchange.asks, kind
            assert exchange.answers, kind
            assert all(frame.names <= set(fields) for frame in (*exchange.asks, *exchange.answers)), kind


def test_everything_drawn_is_spoken_of_somewhere():
    for kind, script in SCRIPTS.items():
        frames = [frame for part in (script.opening, *script.follow_ups.values()) for frame in (*part.asks, *part.answers)]
        unused = set(DRAWS[kind](rng_for("test", "train", 0))) - frozenset().union(*(frame.names for frame in frames))
        assert unused <= {"name", "he", "him", "his", "r"}, kind


@pytest.mark.parametrize("kind", ["sum", "shop", "compare", "boat", "length", "salad", "hours", "count"])
def test_every_sum_in_an_answer_is_right(kind):
    sums = re.findall(r"(\d+) ([-+x]) (\d+) = (\d+)", "\n".join(text for example in of_kind(kind) for text in texts(example)[1::2]))
    assert sums
    for left, sign, right, result in sums:
        assert {"+": int(left) + int(right), "-": int(left) - int(right), "x": int(left) * int(right)}[sign] == int(result)


def test_nothing_costs_less_than_nothing():
    assert all(fields["back"] > 0 and fields["note"] - fields["cost"] == fields["back"] for fields in drawn("shop"))
    assert all(2 <= fields["less"] < fields["total"] for fields in drawn("sum"))


def test_the_cheaper_thing_has_the_lower_price():
    for fields in drawn("compare"):
        assert fields["low_colour"] == (fields["c"] if fields["p"] < fields["q"] else fields["d"])
        assert fields["newer"] > fields["high"] > fields["low"]


def test_a_shop_is_open_between_its_hours_alone():
    assert all(fields["e"] < fields["o"] < fields["i"] < fields["c"] < fields["l"] for fields in drawn("hours"))


def test_words_are_sorted_by_alphabet_and_length():
    for fields in drawn("alphabet"):
        assert [fields[letter] for letter in "abcd"] == sorted(fields["listing"].split(", "))
    for fields in drawn("length"):
        assert fields["la"] < fields["lb"] < fields["lc"] == len(fields["c"])


def test_the_odd_one_is_of_another_group():
    members = {group: set(names) for group, _, names in words.GROUPS.values()}
    for fields in drawn("odd"):
        assert fields["odd"] not in members[fields["group"]]
        assert {fields[letter] for letter in "abcd"} <= members[fields["group"]]


def test_counting_counts_the_list():
    for fields in drawn("count"):
        assert fields["n"] == len(fields["listing"].split(", ")) == fields["fewer"] + 1
        assert fields["extra"] not in fields["listing"].split(", ")


def test_a_misspelled_word_is_never_a_right_one():
    right = {fields["right"] for fields in drawn("spelling")}
    assert right.isdisjoint({fields["wrong"] for fields in drawn("spelling")})


def test_no_group_shares_a_member_with_another():
    counted = Counter(member for *_, members in words.GROUPS.values() for member in members)
    assert max(counted.values()) == 1


def test_everybody_in_the_word_lists_has_one_pronoun():
    assert set(words.HE_NAMES) <= set(NAMES)
    assert set(words.SHE_NAMES) <= set(NAMES)
    assert not set(words.HE_NAMES) & set(words.SHE_NAMES)
    for fields in drawn("person"):
        assert (fields["he"] == "he") == (fields["name"] in words.HE_NAMES)


def test_the_tables_are_complete():
    assert {len(row) for row in EXPLAIN} == {5}
    assert {len(row) for row in HOW_TO} == {5}
    assert {len(row) for row in RHYMES} == {3}
    assert {len(row) for row in words.RIDDLES} == {3}
    assert {len(row) for row in words.HELP} == {4}
    assert set(words.SIGHTS) <= set(words.AT)


def test_a_fact_is_shorter_when_said_shortly_and_holds_its_word():
    for question, clause, long, short, word in EXPLAIN:
        assert question.endswith("?")
        assert clause[0].islower()
        assert len(short) < len(long)
        assert word in long.lower()


@pytest.mark.parametrize(
    ("word", "article", "some", "plural"),
    [("apple", "an apple", "an apple", "apples"), ("bread", "a bread", "some bread", "bread"), ("cherry", "a cherry", "a cherry", "cherries"),
     ("goose", "a goose", "a goose", "geese"), ("brush", "a brush", "a brush", "brushes"), ("key", "a key", "a key", "keys")],
)  # fmt: skip
def test_a_noun_knows_its_forms(word, article, some, plural):
    assert f"{Noun(word):a}/{Noun(word):some}/{Noun(word):many}" == f"{article}/{some}/{plural}"


def test_amounts_rows_and_capitals_read_well():
    assert amount(1, "coin") == "1 coin"
    assert amount(3, "cherry") == "3 cherries"
    assert in_a_row(["a kite"]) == "a kite"
    assert in_a_row(["a", "b", "c"]) == "a, b and c"
    assert capitals("yes. it is!\nsee\n- a kite") == "Yes. It is!\nSee\n- a kite"


def test_a_script_line_without_a_mark_is_refused():
    with pytest.raises(ValueError, match="'hello'"):
        read_scripts("# kind\nhello")


def test_a_conversation_cannot_be_judged_by_rule():
    assert not FAMILY.has_checker
    with pytest.raises(TypeError, match="has_checker"):
        FAMILY.check(EVERY[0], "anything")
