"""The translation family: a regular language, exact checking, and content that no two splits share."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator

import pytest

from specviz.zoo.corpus.base import SPLITS, Example, Split, all_in
from specviz.zoo.corpus.translate import FAMILY
from specviz.zoo.corpus.velami import ENDINGS, PAST, STEM, Clause, Noun, Sentence, adverb, english, plural, third_person, translate
from specviz.zoo.corpus.words import common
from specviz.zoo.corpus.words.translate import INTRANSITIVE, SETS, SUITS, TRANSITIVE
from specviz.zoo.corpus.words.velami import STEMS

FOX, KITE, ADA = Noun("fox", "the"), Noun("kite", "a"), Noun("Ada")


def _examples(split: Split = "train", count: int = 400) -> list[Example]:
    return [FAMILY.example(split, index) for index in range(count)]


def _first(kind: str, lines: int) -> Example:
    return next(e for e in _examples() if e.facts["kind"] == kind and e.facts["glosses"].count("\n") + 1 == lines)


@pytest.mark.parametrize(
    ("clause", "in_english", "in_velami"),
    [
        (Clause((FOX,), "carry", objects=(KITE,)), "The fox carries a kite.", "Suzuma koluma retaten."),
        (Clause((FOX,), "carry", "past", (Noun("kite", "", True, ("red",), "two"),)), "The fox carried two red kites.",
         "Suzumos koluma retatelin pevu dulai."),
        (Clause((FOX,), "carry", "future", (KITE,), negated=True, short=True), "The fox won't carry a kite.", "Sa suzumei koluma retaten."),
        (Clause((Noun("i"),), "be", state="happy"), "I am happy.", "Tora va ditu."),
        (Clause((ADA, FOX), "be", "past", state="happy", asks="yes"), "Were Ada and the fox happy?", "Tu toros Ada ku koluma ditu?"),
        (Clause((ADA,), "sing", manner="quiet", time="at_night", fronted=True), "At night Ada sings quietly.", "Rokala Ada rartum teles."),
        (Clause((ADA,), "sing", "past", asks="why"), "Why did Ada sing?", "Tu rokalos Ada pinta?"),
        (Clause((Noun("who"),), "find", "past", (KITE,), asks="who"), "Who found a kite?", "Tu narunos masape retaten?"),
        (Clause((ADA,), "see", objects=(Noun("what"),), asks="what"), "What does Ada see?", "Tu desela Ada vonton?"),
        (Clause((Noun("you"),), "open", objects=(Noun("box", "the"),), mode="please"), "Open the box, please.", "Na tedum pudakon."),
        (Clause((ADA,), "help", objects=(Noun("Omar"),), mode="must"), "Ada must help Omar.", "Ni rizol Ada Omar."),
        (Clause((FOX,), "find", "past", (Noun("kite", owner="i"),)), "The fox found my kite.", "Narunos koluma retaten ti va."),
    ],
)  # fmt: skip
def test_the_grammar_holds_in_both_languages(clause: Clause, in_english: str, in_velami: str) -> None:
    sentence = Sentence((clause,))
    assert (english(sentence), translate(sentence)) == (in_english, in_velami)


def test_two_clauses_keep_their_joining_word() -> None:
    both = Sentence((Clause((ADA,), "sing"), Clause((FOX,), "sleep", negated=True)), "but")
    assert english(both) == "Ada sings, but the fox does not sleep."
    assert translate(both) == "Rokala Ada ko sa vukina koluma."


@pytest.mark.parametrize(("one", "many"), [("kite", "kites"), ("box", "boxes"), ("cherry", "cherries"), ("key", "keys"), ("mouse", "mice")])
def test_english_plurals_are_right(one: str, many: str) -> None:
    assert plural(one) == many


def test_english_verbs_and_adverbs_are_formed_right() -> None:
    assert [third_person(verb) for verb in ("see", "carry", "watch", "play")] == ["sees", "carries", "watches", "plays"]
    assert [adverb(word) for word in ("quick", "happy", "gentle", "careful")] == ["quickly", "happily", "gently", "carefully"]


# ----------------------------------------------------------------------------------------------------------------- lexicon
def _forms(kind: str, stem: str) -> Iterator[str]:
    nouns = {"animals", "things", "foods", "places", "jobs", "kin", "sky"}
    yield stem
    if kind in nouns:
        yield from (stem + ENDINGS["object"], stem + ENDINGS["plural"], stem + ENDINGS["plural"] + ENDINGS["object"])
    elif kind == "verbs":
        yield from (stem + ENDINGS[tense] for tense in ("present", "past", "future"))
    elif kind in ("qualities", "colours"):
        yield stem + ENDINGS["manner"]


def test_no_two_words_sound_the_same_in_any_form() -> None:
    forms = Counter(form for kind, table in STEMS.items() for stem in table.values() for form in _forms(kind, stem))
    assert len(STEM) == sum(len(table) for table in STEMS.values()) >= 400
    assert [form for form, count in forms.items() if count > 1] == []


def test_no_stem_resembles_its_english_word() -> None:
    alike = [(word, stem) for word, stem in STEM.items() if stem in word or any(stem[i : i + 3] in word for i in range(len(stem) - 2))]
    assert alike == []


def test_every_shared_word_has_a_stem() -> None:
    shared = {*common.ANIMALS, *common.OBJECTS, *common.FOODS, *common.PLACES, *common.JOBS, *common.COLOURS}
    assert shared - set(STEM) == set(), "add a stem for each to words/velami.py"


def test_word_lists_name_known_words_and_kinds_alone() -> None:
    known = {*STEM, *STEMS, *SETS, "beings", "people", "portable"}
    named = {word for line in TRANSITIVE + INTRANSITIVE for word in line.split("|")[1].split()}
    suited = {word for words in SUITS.values() for word in words}
    assert (named | suited) - known == set()
    assert set(PAST) == set(STEMS["verbs"]) - {"be"}
    assert set(STEMS["qualities"]) - suited == set()


def test_every_word_is_practised_often() -> None:
    heard = Counter(
        word.split(".")[0] for e in _examples(count=6000) for line in e.facts["glosses"].split("\n") for word in line.split()
    )  # fmt: skip
    # 100 times in 15 000 examples are 40 in 6 000; chance may take a few of those away.
    assert {word: heard[word] for word in STEM if heard[word] < 30} == {}


# ---------------------------------------------------------------------------------------------------------------- examples
@pytest.mark.parametrize("split", SPLITS)
def test_contents_belong_to_the_split_and_answers_check_right(split: Split) -> None:
    for example in _examples(split):
        assert example.content
        assert all_in(split, example.content)
        assert FAMILY.check(example, example.answer).is_right


def test_text_is_tidy() -> None:
    texts = [turn.text for e in _examples(count=1500) for turn in e.turns]
    assert [text for text in texts if text != text.strip() or "  " in text or re.search(r"[{}_|]| [.,?]|\n\n", text)] == []
    assert [text for text in texts if re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]|\?\"\?", text)] == []


def test_few_examples_come_twice() -> None:
    examples = _examples(count=4000)
    assert len({e.turns for e in examples}) > 0.995 * len(examples)


# ----------------------------------------------------------------------------------------------------------------- checker
def test_white_space_and_line_breaks_do_not_matter() -> None:
    example = _first("sentences", 3)
    assert FAMILY.check(example, "\n\n  " + example.answer.replace("\n", "  ") + " \n").is_right


@pytest.mark.parametrize("kind", ["sentences", "words"])
def test_any_other_word_is_wrong(kind: str) -> None:
    for example in [e for e in _examples(count=120) if e.facts["kind"] == kind]:
        words = re.findall(r"\S+|\s+", example.answer)
        at = random.Random(0).randrange(0, len(words), 2)
        other = "".join([*words[:at], "velumo", *words[at + 1 :]])
        checked = FAMILY.check(example, other)
        assert not checked.is_right
        assert checked.why


def test_each_sentence_counts_and_the_reason_names_the_word() -> None:
    example = _first("sentences", 3)
    first, second, third = example.answer.split("\n")
    checked = FAMILY.check(example, "\n".join((first, second.replace(second.split()[1], "velumo", 1), third)))
    assert (checked.right, checked.of) == (2, 3)
    assert "line 2, word 2" in checked.why
    assert "got 'velumo'" in checked.why


def test_changed_order_case_ending_or_end_is_wrong() -> None:
    example = _first("sentences", 1)
    head, *rest = example.answer.split()
    for answer in (" ".join([*rest, head]), example.answer.lower(), example.answer[:-1], example.answer[:-2] + "n.", example.answer + "."):
        assert not FAMILY.check(example, answer).is_right


@pytest.mark.parametrize("answer", ["", " \n", "I do not know.", "\x00\ufffd .?.?", "? . ? .", "a: b: c", "." * 500])
def test_garbage_is_wrong_and_never_raises(answer: str) -> None:
    for example in _examples(count=60):
        checked = FAMILY.check(example, answer)
        assert not checked.is_right
        assert checked.why


def test_truncated_or_longer_answers_are_wrong() -> None:
    for example in _examples(count=100):
        assert not FAMILY.check(example, example.answer[:-3]).is_right
        assert not FAMILY.check(example, example.answer + "\n" + example.answer.split("\n")[0]).is_right
        assert "got no such line" in FAMILY.check(example, "").why
